package privacy_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/privacy"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sealed"
	"bonafide/store/storetest"
)

// TestEndedStaysEnded: keys that were ended, rotated, ended during their grace or
// by a new start since the backup, and somebody who was suspended, are not let in
// by the restored copy; what nobody ended is. S10.1
func TestEndedStaysEnded(t *testing.T) {
	e := storetest.SQLite()
	db := e.Open(t)
	h := founded(t, db)
	ctx := t.Context()
	who := func(login string) (people.Who, string) {
		t.Helper()
		id := h.hire(login, "Somebody", access.Analyst)
		in, err := h.people.LogIn(ctx, people.Credentials{Tenant: "main", Login: login, Password: "four words nobody says"}, people.From{})
		h.must(err)
		w, err := h.people.Who(ctx, in.Token, people.From{})
		h.must(err)
		return w, string(id)
	}
	key := func(w people.Who) (string, string) {
		t.Helper()
		secret, k, err := h.people.MakeKey(ctx, w, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 90})
		h.must(err)
		return secret, k.ID
	}
	kim, _ := who("kim@shop.example")
	lee, leeID := who("lee@shop.example")
	moe, maxID := who("max@shop.example")
	live, _ := key(kim)
	ended, endedID := key(kim)
	rotated, rotatedID := key(kim)
	grace, graceID := key(kim)
	_, _, err := h.people.RotateKey(ctx, kim, graceID) // before the backup: it ends tomorrow
	h.must(err)
	stolen, _ := key(lee)
	suspended, _ := key(moe)

	var file bytes.Buffer
	_, err = custody.New(db).Backup(ctx, h.clock(), &file)
	h.must(err)
	h.set(h.clock().Add(time.Minute))
	h.must(h.people.EndKey(ctx, kim.Actor, endedID))
	h.must(h.people.EndKey(ctx, kim.Actor, graceID))
	_, _, err = h.people.RotateKey(ctx, kim, rotatedID)
	h.must(err)
	word, err := h.people.NewStart(ctx, people.Console("main"), store.PersonID(leeID), "the notebook was stolen")
	h.must(err)
	_, err = h.people.Begin(ctx, people.Start{Word: word, Password: "five other words nobody says"}, people.From{})
	h.must(err)
	p, err := h.people.Person(ctx, people.Console("main"), store.PersonID(maxID))
	h.must(err)
	h.must(h.people.ChangePerson(ctx, people.Console("main"), p.ID, people.PersonChange{Name: p.Name, Roles: p.Roles, Suspended: true, Revision: p.Revision}))

	later, err := custody.New(db).Later(ctx)
	h.must(err)
	h.set(h.clock().Add(time.Minute)) // all graces still run
	copied := e.Open(t)
	g := open(t, copied)
	g.set(h.clock())
	var again privacy.Again
	restored := func(r store.Records) (err error) {
		again, err = g.Again(ctx, r, later)
		return err
	}
	_, err = custody.New(copied).RestoreThen(ctx, bytes.NewReader(file.Bytes()), restored)
	h.must(err)
	if again.Erased != 6 {
		t.Errorf("done again: %+v: want five keys, one of which she had before, and a suspension", again)
	}
	for what, c := range map[string]struct {
		secret string
		good   bool
	}{"one that nobody ended": {live, true}, "ended": {ended, false}, "rotated": {rotated, false}, "ended during its grace": {grace, false},
		"ended by a new start": {stolen, false}, "of a suspended person": {suspended, false}} {
		_, err := g.people.Program(ctx, c.secret, people.From{})
		if (err == nil) != c.good {
			t.Errorf("the key that is %s: %v: want good %v", what, err, c.good)
		}
	}
	if p, err := g.people.Person(ctx, people.Console("main"), store.PersonID(maxID)); err != nil || !p.Suspended {
		t.Errorf("who was suspended comes back as %+v, %v", p, err)
	}
	twice, err := g.Apply(ctx, later)
	h.must(err)
	if twice.Erased != 0 {
		t.Errorf("done twice: %+v: want nothing more", twice)
	}
}

// TestLetBack: who was let back is not suspended by a later restore.
func TestLetBack(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	ctx := t.Context()
	for _, suspended := range []bool{true, false} {
		p, err := h.people.Person(ctx, people.Console("main"), store.PersonID(h.analyst.Person))
		h.must(err)
		h.must(h.people.ChangePerson(ctx, people.Console("main"), p.ID, people.PersonChange{Name: p.Name, Roles: p.Roles, Suspended: suspended, Revision: p.Revision}))
		h.must(h.db.Read(ctx, func(r store.Records) error {
			has, err := r.Erasures.Has(context.Background(), "main", people.KindSuspension, store.Buried("main", people.KindSuspension, h.analyst.Person))
			if has != suspended {
				t.Errorf("suspended %v: noted %v", suspended, has)
			}
			return err
		}))
	}
	if got, err := h.Apply(ctx, store.Later{}); err != nil || got.Erased != 0 {
		t.Errorf("done again: %+v, %v: want nothing", got, err)
	}
}

// TestRestoreWithoutKeys: a backup whose values no key here opens is restored, and
// what was erased since is erased again. S10.1
func TestRestoreWithoutKeys(t *testing.T) {
	closed := func() (store.Store, *keyring.Sealer) {
		t.Helper()
		ring, err := keyring.New(rand.Reader, noon)
		if err != nil {
			t.Fatal(err)
		}
		s := keyring.NewSealer(ring, rand.Reader)
		return sealed.New(storetest.SQLite().Open(t), s, func() time.Time { return noon }, rand.Reader), s
	}
	db, keys := closed()
	h := founded(t, db)
	ctx := t.Context()
	gone, stays := h.send("Anna Schmidt, call 030 55501234"), h.send("your parcel waits")
	var file bytes.Buffer
	_, err := custody.WithKeys(db, keys).Backup(ctx, h.clock(), &file)
	h.must(err)
	_, err = h.reports.Erase(ctx, h.supervisor, store.ReportID(gone), "the person asks")
	h.must(err)
	later, err := custody.WithKeys(db, keys).Later(ctx)
	h.must(err)
	copied, others := closed()
	g := open(t, copied)
	var again privacy.Again
	moved, err := custody.WithKeys(copied, others).RestoreThen(ctx, bytes.NewReader(file.Bytes()), func(r store.Records) (err error) {
		again, err = g.Again(ctx, r, later)
		return err
	})
	h.must(err)
	if moved.Lacking == 0 || again.Erased != 1 || g.reportsLeft() != stays {
		t.Errorf("restored %+v, done again %+v, left %q: want values that no key opens, one erased, and %s left", moved.Lacking, again, g.reportsLeft(), stays)
	}
}
