package people_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/desk/people/onetime"
	"bonafide/fault"
	"bonafide/outside/oidc"
	"bonafide/store"
)

func TestInvitation(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	i := people.Invitation{Login: "Anna@Shop.example", Name: "Anna", Roles: []access.Role{access.Supervisor, access.Analyst, access.Analyst}}
	first, err := r.Invite(ctx, admin.Actor, i)
	must(t, first, err)
	word, err := r.Invite(ctx, admin.Actor, i)
	must(t, word, err)
	if _, err := r.Beginning(ctx, first); kind(err) != fault.NotFound {
		t.Errorf("an invitation that another took the place of: %v", err)
	}
	open, err := r.Invitations(ctx, admin.Actor)
	if must(t, open, err); len(open) != 1 || open[0].Login != "anna@shop.example" {
		t.Errorf("open %+v", open)
	}
	b, err := r.Beginning(ctx, word)
	if must(t, b, err); !b.New || b.Login != "anna@shop.example" || b.Tenant != "Main shop" {
		t.Errorf("beginning %+v", b)
	}
	if _, err := r.Begin(ctx, people.Start{Word: word, Password: "anna@shop.example"}, home); kind(err) != fault.Invalid {
		t.Errorf("weak: %v", err)
	}
	in, err := r.Begin(ctx, people.Start{Word: word, Password: other, Lang: "de"}, home)
	w := r.who(must(t, in, err))
	if !slices.Equal(w.Roles, []access.Role{access.Analyst, access.Supervisor}) || w.Lang != "de" {
		t.Errorf("%+v", w)
	}
	if _, err := r.Begin(ctx, people.Start{Word: word, Password: other}, home); kind(err) != fault.NotFound {
		t.Errorf("twice: %v", err)
	}
	if _, err := r.Invite(ctx, admin.Actor, i); kind(err) != fault.Conflict {
		t.Errorf("somebody who works here: %v", err)
	}
	if _, err := r.Invite(ctx, w.Actor, people.Invitation{Login: "eve@shop.example", Name: "Eve", Roles: []access.Role{access.Admin}}); kind(err) != fault.Forbidden {
		t.Errorf("invited by a supervisor: %v", err)
	}
	i.Login = "late@shop.example"
	late, err := r.Invite(ctx, admin.Actor, i)
	must(t, late, err)
	i.Login = "withdrawn@shop.example"
	gone, err := r.Invite(ctx, admin.Actor, i)
	must(t, gone, err)
	open, _ = r.Invitations(ctx, admin.Actor)
	for _, o := range open {
		if o.Login == "withdrawn@shop.example" {
			must(t, 0, r.Withdraw(ctx, admin.Actor, o.ID))
			if err := r.Withdraw(ctx, admin.Actor, o.ID); kind(err) != fault.NotFound {
				t.Errorf("withdrawn twice: %v", err)
			}
		}
	}
	if _, err := r.Beginning(ctx, gone); kind(err) != fault.NotFound {
		t.Errorf("withdrawn: %v", err)
	}
	r.clock.on(8 * 24 * time.Hour)
	if _, err := r.Begin(ctx, people.Start{Word: late, Password: other}, home); kind(err) != fault.NotFound {
		t.Errorf("late: %v", err)
	}
}

func TestManage(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	annaIn := r.hired(admin, "anna@shop.example", access.Analyst)
	anna := r.who(annaIn)
	change := func(a access.Actor, id string, f func(*people.PersonChange)) error {
		t.Helper()
		p, err := r.Person(ctx, admin.Actor, store.PersonID(id))
		must(t, p, err)
		c := people.PersonChange{Name: p.Name, Roles: p.Roles, Team: p.Team, Suspended: p.Suspended, Revision: p.Revision}
		f(&c)
		return r.ChangePerson(ctx, a, store.PersonID(id), c)
	}
	if err := change(anna.Actor, anna.Person, func(c *people.PersonChange) { c.Roles = access.Roles() }); kind(err) != fault.Forbidden {
		t.Errorf("anna makes herself an administrator: %v", err)
	}
	for name, f := range map[string]func(*people.PersonChange){
		"no role":      func(c *people.PersonChange) { c.Roles = nil },
		"unknown role": func(c *people.PersonChange) { c.Roles = []access.Role{"root"} },
		"unknown team": func(c *people.PersonChange) { c.Team = "nope" },
		"old revision": func(c *people.PersonChange) { c.Revision-- },
		"no name":      func(c *people.PersonChange) { c.Name = "" },
	} {
		if err := change(admin.Actor, anna.Person, f); err == nil || kind(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := change(admin.Actor, admin.Person, func(c *people.PersonChange) { c.Roles = []access.Role{access.Editor} }); kind(err) != fault.Invalid {
		t.Errorf("the last administrator gives up: %v", err)
	}
	if err := change(admin.Actor, admin.Person, func(c *people.PersonChange) { c.Suspended = true }); kind(err) != fault.Invalid {
		t.Errorf("the last administrator is suspended: %v", err)
	}
	must(t, 0, r.AddTeam(ctx, admin.Actor, "Night shift"))
	if err := r.AddTeam(ctx, admin.Actor, "Night shift"); kind(err) != fault.Conflict {
		t.Errorf("two teams of one name: %v", err)
	}
	teams, err := r.Teams(ctx, admin.Actor)
	team := must(t, teams, err)[0].ID
	must(t, 0, change(admin.Actor, anna.Person, func(c *people.PersonChange) { c.Team = team; c.Roles = []access.Role{access.Editor} }))
	if w := r.who(annaIn); !slices.Equal(w.Roles, []access.Role{access.Editor}) {
		t.Errorf("a change of roles holds at once: %v", w.Roles)
	}
	must(t, 0, r.RemoveTeam(ctx, admin.Actor, team))
	if p, _ := r.Person(ctx, admin.Actor, store.PersonID(anna.Person)); p.Team != "" {
		t.Errorf("in a dissolved team: %q", p.Team)
	}
	must(t, 0, change(admin.Actor, anna.Person, func(c *people.PersonChange) { c.Suspended = true }))
	if _, err := r.Who(ctx, annaIn.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("a suspended person's session: %v", err)
	}
	if _, err := r.login("anna@shop.example", other, home); !isErr(err, people.ErrRefused) {
		t.Errorf("a suspended person logs in: %v", err)
	}
	must(t, 0, change(admin.Actor, anna.Person, func(c *people.PersonChange) { c.Suspended = false }))
	back, err := r.login("anna@shop.example", other, home)
	must(t, back, err)
	n, err := r.EndSessions(ctx, admin, store.PersonID(anna.Person))
	if must(t, n, err) != 1 {
		t.Errorf("%d sessions ended", n)
	}
	if _, err := r.EndSessions(ctx, anna, store.PersonID(admin.Person)); kind(err) != fault.NotFound {
		t.Errorf("anna ends another's sessions: %v", err)
	}
	list, _, err := r.People(ctx, admin.Actor, store.Page{})
	if must(t, list, err); len(list) != 2 {
		t.Errorf("%d people", len(list))
	}
}

// TestNewStart: a link from an administrator lets somebody back in and removes
// everything that proved them before.
func TestNewStart(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	in := r.hired(admin, "anna@shop.example", access.Analyst)
	anna := r.who(in)
	r.withApp(anna)
	secret, _, err := r.MakeKey(ctx, anna, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 30})
	must(t, secret, err)
	id := store.PersonID(anna.Person)
	if _, err := r.NewStart(ctx, admin.Actor, id, ""); kind(err) != fault.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := r.NewStart(ctx, anna.Actor, store.PersonID(admin.Person), "I want to be root"); kind(err) != fault.Forbidden {
		t.Errorf("by an analyst: %v", err)
	}
	word, err := r.NewStart(ctx, admin.Actor, id, "lost her phone")
	must(t, word, err)
	if _, err := r.Who(ctx, in.Token, home); err != nil {
		t.Errorf("the link alone changed something: %v", err)
	}
	again, err := r.Begin(ctx, people.Start{Word: word, Password: good}, home)
	if must(t, again, err).Token == "" {
		t.Error("not logged in")
	}
	if _, err := r.Who(ctx, in.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("the session of before: %v", err)
	}
	if _, err := r.Program(ctx, secret, home); !isErr(err, people.ErrKey) {
		t.Errorf("the key of before: %v", err)
	}
	next, err := r.login("anna@shop.example", good, home)
	if must(t, next, err).Second != "" {
		t.Error("the app of before is still asked for")
	}
	if _, err := r.Begin(ctx, people.Start{Word: word, Password: good}, home); kind(err) != fault.NotFound {
		t.Errorf("twice: %v", err)
	}
}

// TestTenantsAreApart: with every right in one tenant nothing of another is
// found, whatever id is asked for.
func TestTenantsAreApart(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	word, err := r.FirstAdmin(ctx, people.Console("other"), people.Founding{Tenant: "other", TenantName: "Other", Login: "root@shop.example", Name: "Other root"})
	must(t, word, err)
	in, err := r.Begin(ctx, people.Start{Word: word, Password: other}, home)
	them := r.who(must(t, in, err))
	them.Roles = access.Roles()
	anna := r.who(r.hired(admin, "anna@shop.example", access.Analyst))
	key, k, err := r.MakeKey(ctx, anna, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 30})
	must(t, key, err)
	must(t, 0, r.AddTeam(ctx, admin.Actor, "Team"))
	teams, _ := r.Teams(ctx, admin.Actor)
	_, err = r.Invite(ctx, admin.Actor, people.Invitation{Login: "new@shop.example", Name: "New", Roles: []access.Role{access.Editor}})
	must(t, 0, err)
	open, _ := r.Invitations(ctx, admin.Actor)
	id := store.PersonID(anna.Person)
	for name, f := range map[string]func() error{
		"person": func() error { _, err := r.Person(ctx, them.Actor, id); return err },
		"change": func() error {
			return r.ChangePerson(ctx, them.Actor, id, people.PersonChange{Name: "x", Roles: access.Roles(), Revision: 1})
		},
		"new start":    func() error { _, err := r.NewStart(ctx, them.Actor, id, "because I can"); return err },
		"end session":  func() error { return r.EndSession(ctx, them, id, anna.Session) },
		"end sessions": func() error { _, err := r.EndSessions(ctx, them, id); return err },
		"end key":      func() error { return r.EndKey(ctx, them.Actor, k.ID) },
		"rotate key":   func() error { _, _, err := r.RotateKey(ctx, them, k.ID); return err },
		"remove team":  func() error { return r.RemoveTeam(ctx, them.Actor, teams[0].ID) },
		"withdraw":     func() error { return r.Withdraw(ctx, them.Actor, open[0].ID) },
		"by login":     func() error { _, err := r.ByLogin(ctx, them.Actor, "anna@shop.example"); return err },
		"foreign actor": func() error {
			a := them.Actor
			a.Tenant = ""
			_, _, err := r.People(ctx, a, store.Page{})
			return err
		},
	} {
		if err := f(); kind(err) != fault.NotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	list, _, err := r.People(ctx, them.Actor, store.Page{})
	if must(t, list, err); len(list) != 1 {
		t.Errorf("%d people in the other tenant", len(list))
	}
	if _, err := r.FirstAdmin(ctx, admin.Actor, people.Founding{Tenant: "main"}); kind(err) != fault.Forbidden {
		t.Errorf("an administrator out of nothing: %v", err)
	}
}

func TestKeys(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	anna := r.who(r.hired(admin, "anna@shop.example", access.Analyst))
	ed := r.who(r.hired(admin, "ed@shop.example", access.Editor))
	wish := people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 30}
	for name, w := range map[string]people.KeyWish{
		"no scope":             {Name: "x", Days: 1},
		"scope one has not":    {Name: "x", Days: 1, Scopes: []access.Permission{access.PeopleRead}},
		"scope for people":     {Name: "x", Days: 1, Scopes: []access.Permission{access.AccountChange}},
		"unknown scope":        {Name: "x", Days: 1, Scopes: []access.Permission{access.ReportRead, "report.burn"}},
		"for ever":             {Name: "x", Days: 100000, Scopes: wish.Scopes},
		"over before it began": {Name: "x", Days: 0, Scopes: wish.Scopes},
		"no name":              {Days: 1, Scopes: wish.Scopes},
	} {
		if _, _, err := r.MakeKey(ctx, anna, w); kind(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := r.MakeKey(ctx, ed, wish); kind(err) != fault.Forbidden {
		t.Errorf("an editor makes keys: %v", err)
	}
	secret, k, err := r.MakeKey(ctx, anna, wish)
	must(t, secret, err)
	a, err := r.Program(ctx, secret, home)
	if must(t, a, err); a.Key != k.ID || !a.Can(access.ReportRead) || a.Can(access.ReportUnmask) || a.Can(access.AccountRead) {
		t.Errorf("%+v", a)
	}
	if err := r.EndKey(ctx, a, k.ID); kind(err) != fault.Forbidden {
		t.Errorf("a key ends keys: %v", err)
	}
	for _, bad := range []string{"", "bonafide_", "bonafide_" + strings.Repeat("x", 43), k.ID, secret + "x", strings.ToUpper(secret), strings.Repeat("x", 9999)} {
		if _, err := r.Program(ctx, bad, home); !isErr(err, people.ErrKey) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if err := r.EndKey(ctx, ed.Actor, k.ID); kind(err) != fault.Forbidden && kind(err) != fault.NotFound {
		t.Errorf("another ends the key: %v", err)
	}
	fresh, k2, err := r.RotateKey(ctx, anna, k.ID)
	if must(t, fresh, err); k2.Name != k.Name || fresh == secret || k2.ID == k.ID {
		t.Errorf("%+v", k2)
	}
	both := func() (ok int) {
		for _, s := range []string{secret, fresh} {
			if _, err := r.Program(ctx, s, home); err == nil {
				ok++
			}
		}
		return ok
	}
	if n := both(); n != 2 {
		t.Errorf("%d secrets are good right after the rotation, want 2", n)
	}
	r.clock.on(people.Grace)
	if n := both(); n != 1 {
		t.Errorf("%d secrets are good after the grace, want 1", n)
	}
	list, err := r.Keys(ctx, people.Console("main"))
	if must(t, list, err); len(list) != 2 || list[0].Used.IsZero() {
		t.Errorf("keys %+v", list)
	}
	r.clock.on(30 * 24 * time.Hour)
	if n := both(); n != 0 {
		t.Errorf("%d secrets are good after their time", n)
	}
	// A key never has more than its person: roles are taken away, so is the right.
	again, err := r.login("anna@shop.example", other, home)
	secret, k, err2 := r.MakeKey(ctx, r.who(must(t, again, err)), wish)
	must(t, secret, err2)
	p, _ := r.Person(ctx, people.Console("main"), k.Person)
	must(t, 0, r.ChangePerson(ctx, people.Console("main"), p.ID, people.PersonChange{Name: p.Name, Roles: []access.Role{access.Editor}, Revision: p.Revision}))
	if a, err := r.Program(ctx, secret, home); err != nil || a.Can(access.ReportRead) {
		t.Errorf("%+v, %v", a, err)
	}
	must(t, 0, r.EndKey(ctx, people.Console("main"), k.ID))
	if _, err := r.Program(ctx, secret, home); !isErr(err, people.ErrKey) {
		t.Errorf("an ended key: %v", err)
	}
}

func TestFederation(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	visit := func(purpose string, w people.Who, id oidc.Identity) (people.Admission, error) {
		t.Helper()
		r.idp.who = id
		trip, err := r.BeginTrip(ctx, purpose, w)
		if err != nil {
			return people.Admission{}, err
		}
		got, a, err := r.FinishTrip(ctx, w, people.Return{Word: trip.Word, State: r.idp.q.State, Code: "code"}, home)
		if err == nil && got != purpose {
			t.Errorf("purpose %q", got)
		}
		return a, err
	}
	anna := oidc.Identity{Issuer: "https://idp.example", Subject: "1", Mail: "anna@shop.example", MailVerified: true, Name: "Anna", Groups: []string{"staff", "leads", "fraud"}}
	in, err := visit(people.TripLogIn, people.Who{}, anna)
	w := r.who(must(t, in, err))
	if !slices.Equal(w.Roles, []access.Role{access.Analyst, access.Supervisor}) || w.Method != people.ByProvider {
		t.Errorf("%+v", w)
	}
	anna.Groups, anna.Mail = []string{"fraud"}, "married@shop.example"
	in, err = visit(people.TripLogIn, people.Who{}, anna)
	if got := r.who(must(t, in, err)); got.Person != w.Person || !slices.Equal(got.Roles, []access.Role{access.Analyst}) {
		t.Errorf("second time: %+v", got)
	}
	for name, id := range map[string]oidc.Identity{
		"no group":            {Issuer: "https://idp.example", Subject: "2", Mail: "x@shop.example", MailVerified: true},
		"mail not verified":   {Issuer: "https://idp.example", Subject: "3", Mail: "y@shop.example", Groups: []string{"fraud"}},
		"mail of somebody":    {Issuer: "https://idp.example", Subject: "4", Mail: "root@shop.example", MailVerified: true, Groups: []string{"fraud"}},
		"a mail that is none": {Issuer: "https://idp.example", Subject: "5", Mail: "a b", MailVerified: true, Groups: []string{"fraud"}},
	} {
		if _, err := visit(people.TripLogIn, people.Who{}, id); kind(err) != fault.Forbidden && kind(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Tie an account to an administrator, then log in with it: the group's roles
	// would leave nobody who manages people.
	root := oidc.Identity{Issuer: "https://idp.example", Subject: "9", Mail: "root@shop.example", MailVerified: true, Groups: []string{"fraud"}}
	if _, err := visit(people.TripTie, admin, root); err != nil {
		t.Fatal(err)
	}
	if _, err := visit(people.TripLogIn, people.Who{}, root); kind(err) != fault.Invalid {
		t.Errorf("the last administrator by groups: %v", err)
	}
	root.Groups = nil
	if _, err := visit(people.TripLogIn, people.Who{}, root); kind(err) != fault.Invalid || len(must(t, r.roles(admin.Person), nil)) != 1 {
		t.Errorf("the last administrator, in no group any more: %v", err)
	}
	if _, err := visit(people.TripTie, r.who(in), root); kind(err) != fault.Conflict {
		t.Errorf("tied twice: %v", err)
	}
	r.clock.on(20 * time.Minute)
	in, err = visit(people.TripLogIn, people.Who{}, anna)
	w = r.who(must(t, in, err))
	r.clock.on(20 * time.Minute)
	if _, err := visit(people.TripConfirm, w, root); !isErr(err, people.ErrRefused) {
		t.Errorf("confirmed by another's account: %v", err)
	}
	again, err := visit(people.TripConfirm, w, anna)
	if must(t, again, err).Token == in.Token {
		t.Error("the token did not change")
	}
	// A trip that another began, a wrong state, a second time, too late.
	trip, _ := r.BeginTrip(ctx, people.TripLogIn, people.Who{})
	r.idp.who = anna
	for name, ret := range map[string]people.Return{
		"word of nobody": {Word: "x", State: r.idp.q.State, Code: "code"},
		"wrong state":    {Word: trip.Word, State: "x", Code: "code"},
		"used up":        {Word: trip.Word, State: r.idp.q.State, Code: "code"},
	} {
		if name == "used up" {
			continue
		}
		if _, _, err := r.FinishTrip(ctx, people.Who{}, ret, home); kind(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := r.FinishTrip(ctx, people.Who{}, people.Return{Word: trip.Word, State: r.idp.q.State, Code: "code"}, home); kind(err) != fault.NotFound {
		t.Errorf("a trip is good once, also when it failed: %v", err)
	}
	trip, _ = r.BeginTrip(ctx, people.TripConfirm, r.who(again))
	if _, _, err := r.FinishTrip(ctx, people.Who{}, people.Return{Word: trip.Word, State: r.idp.q.State, Code: "code"}, home); kind(err) != fault.NotFound {
		t.Errorf("a trip of somebody else: %v", err)
	}
	if _, err := r.BeginTrip(ctx, people.TripTie, people.Who{}); !isErr(err, people.ErrNoSession) {
		t.Errorf("tie as nobody: %v", err)
	}
	off := newRig(t, func(c *people.Config) { c.Federation = nil })
	if _, err := off.BeginTrip(ctx, people.TripLogIn, people.Who{}); kind(err) != fault.NotConfigured {
		t.Errorf("no provider: %v", err)
	}
}

// TestSecondFactorByRole: where a role asks for a second factor, a password alone
// lets a person add one and do nothing else; removing it takes the rights away.
func TestSecondFactorByRole(t *testing.T) {
	r := newRig(t, func(c *people.Config) { c.SecondFor = []access.Role{access.Admin} })
	ctx := ctxOf(t)
	in := r.founded()
	w := r.who(in)
	if _, _, err := r.People(ctx, w.Actor, store.Page{}); !isErr(err, access.ErrSecondFactor) {
		t.Errorf("people: %v", err)
	}
	if _, err := r.Account(ctx, w); err != nil {
		t.Errorf("account: %v", err)
	}
	r.withApp(w)
	w = r.who(in)
	if _, _, err := r.People(ctx, w.Actor, store.Page{}); err != nil {
		t.Errorf("with an app: %v", err)
	}
	anna := r.who(r.hired(w, "anna@shop.example", access.Analyst))
	if _, _, err := r.MakeKey(ctx, anna, people.KeyWish{Name: "k", Days: 1, Scopes: []access.Permission{access.ReportRead}}); err != nil {
		t.Errorf("a role that asks for none: %v", err)
	}
	must(t, 0, r.RemoveApp(ctx, w))
	if _, _, err := r.People(ctx, r.who(in).Actor, store.Page{}); !isErr(err, access.ErrSecondFactor) {
		t.Errorf("without the app again: %v", err)
	}
}

func TestApp(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	w := r.who(r.founded())
	o, err := r.OfferApp(ctx, w)
	must(t, o, err)
	if _, err := r.AddApp(ctx, w, o.Word, "000000"); kind(err) != fault.Invalid {
		t.Errorf("wrong code: %v", err)
	}
	if got, err := r.Offered(ctx, w, o.Word); err != nil || got.Secret != o.Secret || len(got.Picture) == 0 {
		t.Errorf("the offer after a wrong code: %v", err)
	}
	anna := r.who(r.hired(w, "anna@shop.example", access.Analyst))
	if _, err := r.Offered(ctx, anna, o.Word); kind(err) != fault.NotFound {
		t.Errorf("another's offer: %v", err)
	}
	if _, err := r.NewRecovery(ctx, w); kind(err) != fault.Invalid {
		t.Errorf("recovery codes without an app: %v", err)
	}
	code, _ := onetime.Secret(o.Secret).Code(r.clock.now())
	old, err := r.AddApp(ctx, w, o.Word, code)
	must(t, old, err)
	fresh, err := r.NewRecovery(ctx, w)
	if must(t, fresh, err); slices.Contains(fresh, old[0]) {
		t.Error("the new codes are the old ones")
	}
	in, err := r.login("root@shop.example", good, home)
	must(t, in, err)
	if _, err := r.Second(ctx, people.SecondStep{Word: in.Second, Code: old[0]}, home); kind(err) != fault.Forbidden {
		t.Errorf("a recovery code of before: %v", err)
	}
	must(t, 0, r.RemoveApp(ctx, w))
	in, err = r.login("root@shop.example", good, home)
	if must(t, in, err).Token == "" {
		t.Error("a removed app is still asked for")
	}
	// What is kept of the secret does not show it, and opens for nobody else.
	found := false
	must(t, 0, r.store.Store.Read(ctx, func(x store.Records) error {
		for _, a := range r.actions("main") {
			found = found || a == "app.add"
		}
		return nil
	}))
	if !found {
		t.Error("no entry in the audit")
	}
}

// TestSecretsAreSealed: with a key the records do not show the app's secret;
// after a change of the key it still opens with the former one.
func TestSecretsAreSealed(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	w := r.who(r.founded())
	secret, _ := r.withApp(w)
	var f store.Factors
	must(t, 0, r.store.Store.Read(ctx, func(x store.Records) (err error) {
		f, err = x.Secrets.Get(ctx, "main", store.PersonID(w.Person))
		return err
	}))
	if f.TOTP == "" || strings.Contains(f.TOTP, string(secret)) {
		t.Errorf("kept as %q", f.TOTP)
	}
	r.clock.on(time.Minute)
	attempt := func(key string, former ...string) error {
		t.Helper()
		next := newRig(t, func(c *people.Config) {
			c.Store, c.Key, c.FormerKeys = r.store, []byte(key), nil
			for _, k := range former {
				c.FormerKeys = append(c.FormerKeys, []byte(k))
			}
		})
		next.clock.t = r.clock.now()
		in, err := next.login("root@shop.example", good, home)
		must(t, in, err)
		code, _ := secret.Code(r.clock.now())
		_, err = next.Second(ctx, people.SecondStep{Word: in.Second, Code: code}, home)
		return err
	}
	old, fresh := strings.Repeat("k", 32), strings.Repeat("n", 32)
	if err := attempt(fresh); err == nil || strings.Contains(err.Error(), string(secret)) {
		t.Errorf("opened with another key: %v", err)
	}
	if err := attempt(fresh, old); err != nil {
		t.Errorf("with the former key: %v", err)
	}
	if _, err := people.New(people.Config{}); err == nil {
		t.Error("a desk of nothing")
	}
}

// TestSecretsMoveToTheStore: what the desk sealed itself is moved over as it is
// told, and opens as before; in a store that seals it is given open.
func TestSecretsMoveToTheStore(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	w := r.who(r.founded())
	secret, _ := r.withApp(w)
	kept := func() (text string) {
		t.Helper()
		must(t, 0, r.store.Store.Read(ctx, func(x store.Records) error {
			f, err := x.Secrets.Get(ctx, "main", store.PersonID(w.Person))
			text = f.TOTP
			return err
		}))
		return text
	}
	former, err := people.Former(nil, [][]byte{[]byte(strings.Repeat("k", 32))})
	must(t, 0, err)
	moved, err := former("main/"+w.Person, kept())
	if err != nil || moved != "open:"+string(secret) {
		t.Errorf("moved as %q, %v: want open", moved, err)
	}
	if again, err := former("main/"+w.Person, moved); err != nil || again != moved {
		t.Errorf("moved twice as %q, %v", again, err)
	}
	if _, err := former("main/p-other", kept()); err == nil {
		t.Error("another person's secret opens")
	}
	if _, err := people.Former([]byte("short"), nil); err == nil {
		t.Error("a short key")
	}
	must(t, 0, r.store.Store.Write(ctx, func(x store.Records) error {
		return x.Secrets.SetTOTP(ctx, "main", store.PersonID(w.Person), moved, 0)
	}))
	r.clock.on(time.Minute)
	next := newRig(t, func(c *people.Config) { c.Store, c.Key, c.SealedBelow = r.store, nil, true })
	next.clock.t = r.clock.now()
	in, err := next.login("root@shop.example", good, home)
	must(t, in, err)
	code, _ := secret.Code(r.clock.now())
	_, err = next.Second(ctx, people.SecondStep{Word: in.Second, Code: code}, home)
	must(t, 0, err)
	again := newRig(t, func(c *people.Config) { c.SealedBelow = true })
	w2 := again.who(again.founded())
	fresh, _ := again.withApp(w2)
	must(t, 0, again.store.Store.Read(ctx, func(x store.Records) error {
		f, err := x.Secrets.Get(ctx, "main", store.PersonID(w2.Person))
		if f.TOTP != "open:"+string(fresh) {
			t.Errorf("a store that seals is given %q", f.TOTP)
		}
		return err
	}))
}

// failing refuses audit entries.
type failing struct{ store.Store }

type noAudit struct{ store.Audit }

var errAudit = errors.New("the audit is full")

func (noAudit) Append(context.Context, store.Deed) (store.Entry, error) {
	return store.Entry{}, errAudit
}

func (f failing) Write(ctx context.Context, do func(store.Records) error) error {
	return f.Store.Write(ctx, func(r store.Records) error { r.Audit = noAudit{r.Audit}; return do(r) })
}

// full refuses to write, as a full disk does.
type full struct{ store.Store }

func (full) Write(context.Context, func(store.Records) error) error {
	return fault.New(fault.Temporary, "", "store: the disk is full")
}

// TestFullDisk: who is logged in still reads; changes say what is wrong.
func TestFullDisk(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	in := r.founded()
	secret, _, err := r.MakeKey(ctx, r.who(in), people.KeyWish{Name: "k", Days: 3, Scopes: []access.Permission{access.AuditRead}})
	must(t, secret, err)
	f := newRig(t, func(c *people.Config) { c.Store = full{r.store} })
	f.clock.on(5 * time.Minute)
	w, err := f.Who(ctx, in.Token, home)
	must(t, w, err)
	if _, _, err := f.People(ctx, w.Actor, store.Page{}); err != nil {
		t.Errorf("reading: %v", err)
	}
	if _, err := f.Program(ctx, secret, home); err != nil {
		t.Errorf("a key: %v", err)
	}
	if err := f.AddTeam(ctx, w.Actor, "Team"); kind(err) != fault.Temporary {
		t.Errorf("a change: %v", err)
	}
	var said *fault.Error
	if _, err := f.login("root@shop.example", good, home); !errors.As(err, &said) || said.Kind != fault.Temporary || said.Field == people.FieldLogIn {
		t.Errorf("a log-in: %v", err)
	}
}

// TestNewPasswordEndsBegunLogIns: the second step of a log-in that the old
// password began does not go on.
func TestNewPasswordEndsBegunLogIns(t *testing.T) {
	r := newRig(t)
	w := r.who(r.founded())
	_, recovery := r.withApp(w)
	begun, err := r.login("root@shop.example", good, home)
	must(t, begun, err)
	must(t, 0, r.SetPassword(ctxOf(t), w, other))
	if _, err := r.Second(ctxOf(t), people.SecondStep{Word: begun.Second, Code: recovery[0]}, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("the second step: %v", err)
	}
}

// TestNoChangeWithoutEntry: when no entry can be written, nothing is changed.
func TestNoChangeWithoutEntry(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	in := r.founded()
	admin := r.who(in)
	anna := r.who(r.hired(admin, "anna@shop.example", access.Analyst))
	key, k, err := r.MakeKey(ctx, anna, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 3})
	must(t, key, err)
	f := newRig(t, func(c *people.Config) { c.Store = failing{r.store} })
	p, _ := r.Person(ctx, admin.Actor, store.PersonID(anna.Person))
	for name, do := range map[string]func() error{
		"log in":   func() error { _, err := f.login("anna@shop.example", other, home); return err },
		"log out":  func() error { return f.LogOut(ctx, in.Token, home) },
		"password": func() error { return f.SetPassword(ctx, admin, "yet another long password") },
		"invite": func() error {
			_, err := f.Invite(ctx, admin.Actor, people.Invitation{Login: "x@shop.example", Name: "X", Roles: []access.Role{access.Editor}})
			return err
		},
		"change": func() error {
			return f.ChangePerson(ctx, admin.Actor, p.ID, people.PersonChange{Name: "Y", Roles: p.Roles, Revision: p.Revision})
		},
		"new start": func() error { _, err := f.NewStart(ctx, admin.Actor, p.ID, "lost her phone"); return err },
		"team":      func() error { return f.AddTeam(ctx, admin.Actor, "Team") },
		"key":       func() error { return f.EndKey(ctx, anna.Actor, k.ID) },
		"sessions":  func() error { _, err := f.EndSessions(ctx, admin, p.ID); return err },
		"confirm":   func() error { _, err := f.Confirm(ctx, admin, good, home); return err },
	} {
		if err := do(); !errors.Is(err, errAudit) {
			t.Errorf("%s: %v, want the error of the audit", name, err)
		}
	}
	if _, err := r.Who(ctx, in.Token, home); err != nil {
		t.Errorf("the session: %v", err)
	}
	if _, err := r.login("root@shop.example", good, home); err != nil {
		t.Errorf("the password: %v", err)
	}
	if _, err := r.Program(ctx, key, home); err != nil {
		t.Errorf("the key: %v", err)
	}
	teams, _ := r.Teams(ctx, admin.Actor)
	open, _ := r.Invitations(ctx, admin.Actor)
	again, _ := r.Person(ctx, admin.Actor, p.ID)
	if len(teams) != 0 || len(open) != 0 || again.Name != p.Name {
		t.Errorf("%v, %v, %+v", teams, open, again)
	}
}

// TestAuditHoldsNoPersonalData: entries name pseudonyms only.
func TestAuditHoldsNoPersonalData(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	anna := r.who(r.hired(admin, "anna@shop.example", access.Analyst))
	r.withApp(anna)
	p, _ := r.Person(ctx, admin.Actor, store.PersonID(anna.Person))
	must(t, 0, r.ChangePerson(ctx, admin.Actor, p.ID, people.PersonChange{Name: "Somebody Else", Roles: p.Roles, Revision: p.Revision}))
	_ = r.EndSession(ctx, anna, store.PersonID(anna.Person), "anna@shop.example")
	must(t, 0, r.store.Store.Read(ctx, func(x store.Records) error {
		return x.Audit.Walk(ctx, "main", 1, func(e store.Entry) error {
			for _, text := range []string{string(e.Actor), e.Action, e.Object, e.Why, e.From} {
				for _, personal := range []string{"anna", "Some Body", "Somebody", "root@", "Root", "192.0.2.7"} {
					if strings.Contains(text, personal) {
						t.Errorf("entry %d (%s) holds %q", e.Sequence, e.Action, text)
					}
				}
			}
			return nil
		})
	}))
}

// TestRoleProperties: whatever roles are given in whatever order, there is
// always an administrator, and each person has exactly the roles given last.
func TestRoleProperties(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	admin := r.who(r.founded())
	ids := []store.PersonID{store.PersonID(admin.Person)}
	for _, l := range []string{"anna", "bert"} {
		ids = append(ids, store.PersonID(r.who(r.hired(admin, l+"@shop.example", access.Admin)).Person))
	}
	console := people.Console("main")
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			id := rapid.SampledFrom(ids).Draw(t, "id")
			p, err := r.Person(ctx, console, id)
			if err != nil {
				t.Fatal(err)
			}
			c := people.PersonChange{Name: "N", Roles: rapid.SliceOfN(rapid.SampledFrom([]access.Role{access.Admin, access.Editor, access.Analyst}), 0, 3).Draw(t, "roles"),
				Suspended: rapid.Bool().Draw(t, "suspended"), Revision: p.Revision}
			err = r.ChangePerson(ctx, console, id, c)
			if err != nil && kind(err) != fault.Invalid {
				t.Fatal(err)
			}
			got, _ := r.Person(ctx, console, id)
			if err == nil {
				for _, role := range access.Roles() {
					if slices.Contains(c.Roles, role) != slices.Contains(got.Roles, role) {
						t.Fatalf("given %v, has %v", c.Roles, got.Roles)
					}
				}
			} else if !slices.Equal(got.Roles, p.Roles) || got.Suspended != p.Suspended {
				t.Fatalf("refused and changed: %v", err)
			}
			active := 0
			for _, id := range ids {
				if p, _ := r.Person(ctx, console, id); slices.Contains(p.Roles, access.Admin) && !p.Suspended {
					active++
				}
			}
			if active == 0 {
				t.Fatal("nobody manages people")
			}
		}
	})
}

// TestSettingsOfATenant: what a tenant sets about its log-ins holds at once, for
// it alone, and never weakens what the server asks.
func TestSettingsOfATenant(t *testing.T) {
	r := newRig(t, func(c *people.Config) { c.SecondFor = []access.Role{access.Supervisor} })
	ctx := ctxOf(t)
	w := r.who(r.founded())
	sue := r.hired(w, "sue@shop.example", access.Supervisor)
	anna := r.hired(w, "anna@shop.example", access.Analyst)
	revision := int64(0)
	set := func(s store.TenantSettings) {
		t.Helper()
		s.Tenant, s.Changed, s.Revision = w.Tenant, r.clock.now(), revision
		must(t, 0, r.store.Write(ctx, func(x store.Records) (err error) {
			revision, err = x.Settings.Put(ctx, s)
			return err
		}))
	}
	if r.who(anna).Lacking || !r.who(sue).Lacking {
		t.Error("before any setting: a second factor is asked of others than the server says")
	}
	set(store.TenantSettings{SecondFor: []access.Role{access.Analyst}, Idle: 5 * time.Minute, Absolute: time.Hour})
	if !r.who(anna).Lacking || !r.who(sue).Lacking {
		t.Error("the tenant's choice does not hold, or weakens the server's")
	}
	if in, err := r.login("anna@shop.example", other, home); err != nil || !in.Until.Equal(r.clock.now().Add(time.Hour)) {
		t.Errorf("a session lasts until %v, %v", in.Until, err)
	}
	r.clock.on(6 * time.Minute)
	if _, err := r.Who(ctx, anna.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("a session that was not used for six minutes: %v", err)
	}
	set(store.TenantSettings{Idle: 3 * time.Hour, Absolute: 24 * time.Hour})
	r.clock.on(2 * time.Hour)
	must(t, 0, r.Sweep(ctx))
	if _, err := r.Who(ctx, anna.Token, home); err != nil {
		t.Errorf("the sweep removed a session that the tenant lets live: %v", err)
	}
}
