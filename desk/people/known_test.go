package people_test

import (
	"path/filepath"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
)

// TestKeyIsKnownForAMoment: a program that asks a hundred times within a quarter of
// a second costs one look into the records; a key that ends here is refused at once,
// and one that another process ends, after that time.
func TestKeyIsKnownForAMoment(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "people.db")
	r := newRigAt(t, dsn)
	ctx := ctxOf(t)
	r.founded()
	ann := r.who(r.hired(people.Who{Actor: people.Console("main")}, "ann@shop.example", access.Analyst))
	wish := people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 9}
	secret, k, err := r.MakeKey(ctx, ann, wish)
	must(t, secret, err)
	program := func(want error) {
		t.Helper()
		if _, err := r.Program(ctx, secret, home); !isErr(err, want) && (err != nil || want != nil) {
			t.Fatalf("the key: %v, want %v", err, want)
		}
	}
	program(nil) // writes down that it was used
	before := r.store.reads.Load()
	for range 100 {
		program(nil)
		r.clock.on(2 * time.Millisecond)
	}
	if n := r.store.reads.Load() - before; n != 1 {
		t.Errorf("%d looks into the records for 100 requests in 0.2 s, want 1", n)
	}
	must(t, 0, r.EndKey(ctx, ann.Actor, k.ID))
	program(people.ErrKey)

	secret, k, err = r.MakeKey(ctx, ann, wish)
	must(t, secret, err)
	program(nil)
	program(nil)
	other := newRigAt(t, dsn) // as another process
	must(t, 0, other.EndKey(ctx, ann.Actor, k.ID))
	r.clock.on(250 * time.Millisecond)
	program(people.ErrKey)
}

// TestSuspendedAtOnce: who is suspended, or loses a role, has no key that still speaks
// for them, though it was known a moment ago.
func TestSuspendedAtOnce(t *testing.T) {
	r := newRigAt(t, filepath.Join(t.TempDir(), "people.db"))
	ctx := ctxOf(t)
	r.founded()
	console := people.Console("main")
	ann := r.who(r.hired(people.Who{Actor: console}, "ann@shop.example", access.Analyst))
	secret, k, err := r.MakeKey(ctx, ann, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 9})
	must(t, secret, err)
	for range 2 { // the second time it is known
		if _, err := r.Program(ctx, secret, home); err != nil {
			t.Fatal(err)
		}
	}
	p, err := r.Person(ctx, console, k.Person)
	must(t, p, err)
	must(t, 0, r.ChangePerson(ctx, console, p.ID, people.PersonChange{Name: p.Name, Roles: []access.Role{access.Editor}, Revision: p.Revision}))
	if a, err := r.Program(ctx, secret, home); err != nil || a.Can(access.ReportRead) {
		t.Errorf("after the role was taken: %+v, %v", a.Roles, err)
	}
	if p, err = r.Person(ctx, console, k.Person); err != nil {
		t.Fatal(err)
	}
	must(t, 0, r.ChangePerson(ctx, console, p.ID, people.PersonChange{Name: p.Name, Roles: p.Roles, Revision: p.Revision, Suspended: true}))
	if _, err := r.Program(ctx, secret, home); !isErr(err, people.ErrKey) {
		t.Errorf("after the suspension: %v", err)
	}
}
