package people_test

import (
	"slices"
	"testing"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/store"
)

// TestRevoke: after a copy's access was ended no key, session, invitation or new
// start of it opens anything; who knows their password still logs in.
func TestRevoke(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	boss := r.who(r.founded())
	ann := r.hired(boss, "ann@shop.example", access.Analyst)
	key, _, err := r.MakeKey(ctx, r.who(ann), people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 3})
	must(t, key, err)
	word, err := r.Invite(ctx, boss.Actor, people.Invitation{Login: "nia@shop.example", Name: "Nia", Roles: []access.Role{access.Analyst}})
	must(t, word, err)
	start, err := r.NewStart(ctx, boss.Actor, store.PersonID(r.who(ann).Person), "lost the phone")
	must(t, start, err)

	var got people.Revoked
	if err := r.store.Write(ctx, func(rec store.Records) (err error) {
		got, err = people.Revoke(ctx, rec, r.clock.now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got.Keys != 1 || got.Sessions != 2 || got.Invitations != 2 {
		t.Errorf("ended %+v: want one key, two sessions, an invitation and a new start", got)
	}
	if _, err := r.Program(ctx, key, home); err == nil {
		t.Error("the key is good still")
	}
	for _, w := range []string{word, start} {
		if _, err := r.Beginning(ctx, w); kind(err) != fault.NotFound {
			t.Errorf("a link opens still: %v", err)
		}
	}
	if _, err := r.Who(ctx, ann.Token, home); err == nil {
		t.Error("the session is good still")
	}
	if !slices.Contains(r.actions("main"), "access.revoke") {
		t.Error("the audit does not tell of it")
	}
	if _, err := r.login("root@shop.example", good, home); err != nil {
		t.Errorf("a log-in with the password: %v", err)
	}
}
