package people_test

import (
	"slices"
	"testing"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/outside/oidc"
	"bonafide/store"
)

// roles are those that a person of main has now.
func (r *rig) roles(id string) []access.Role {
	r.t.Helper()
	p, err := r.Person(ctxOf(r.t), people.Console("main"), store.PersonID(id))
	return must(r.t, p, err).Roles
}

// TestGroupsLost: who is in no group of the provider any more is refused there and
// may do nothing by any other way either, sessions and keys of before included,
// until a group gives a role again.
func TestGroupsLost(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	r.founded()
	visit := func(id oidc.Identity) (people.Admission, error) {
		t.Helper()
		r.idp.who = id
		trip, err := r.BeginTrip(ctx, people.TripLogIn, people.Who{})
		must(t, trip, err)
		_, a, err := r.FinishTrip(ctx, people.Who{}, people.Return{Word: trip.Word, State: r.idp.q.State, Code: "code"}, home)
		return a, err
	}
	anna := oidc.Identity{Issuer: "https://idp.example", Subject: "1", Mail: "anna@shop.example", MailVerified: true, Name: "Anna", Groups: []string{"leads"}}
	in, err := visit(anna)
	w := r.who(must(t, in, err))
	secret, _, err := r.MakeKey(ctx, w, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 9})
	must(t, secret, err)
	for range 2 { // the second time there is nothing left to take
		anna.Groups = []string{"canteen"}
		if _, err := visit(anna); kind(err) != fault.Forbidden {
			t.Errorf("in no group: %v", err)
		}
		if got := r.roles(w.Person); len(got) != 0 {
			t.Errorf("in no group, and still %v", got)
		}
	}
	now, err := r.Who(ctx, in.Token, home)
	if must(t, now, err); now.Can(access.ReportRead) {
		t.Error("the session of before still reads reports")
	}
	program, err := r.Program(ctx, secret, home)
	if must(t, program, err); program.Can(access.ReportRead) {
		t.Error("the key of before still reads reports")
	}
	if n := len(slices.DeleteFunc(r.actions("main"), func(a string) bool { return a != "person.change" })); n != 1 {
		t.Errorf("%d entries of the change: want 1", n)
	}
	anna.Groups = []string{"fraud"}
	if _, err := visit(anna); err != nil || !slices.Equal(r.roles(w.Person), []access.Role{access.Analyst}) {
		t.Errorf("in a group again: %v, %v", r.roles(w.Person), err)
	}
}
