package privacy_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/persons"
	"bonafide/desk/privacy"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// keepless is a store that keeps no decisions while it is told to.
type keepless struct {
	store.Store
	on, writing atomic.Bool
}

type noDecisions struct{ store.Decisions }

func (noDecisions) Add(context.Context, []store.Decision) (int, error) {
	return 0, errors.New("no decision is kept now")
}

func (s *keepless) Write(ctx context.Context, f func(store.Records) error) error {
	return s.Store.Write(ctx, func(r store.Records) error {
		s.writing.Store(true)
		defer s.writing.Store(false)
		if s.on.Load() {
			r.Decisions = noDecisions{r.Decisions}
		}
		return f(r)
	})
}

// hasty is a guard that is not waited for, as where an event comes just then.
type hasty struct{ *accounts.Desk }

func (hasty) SettleAll(context.Context) error { return nil }

// TestErasedOnItsWay: a decision that waits for the records when its account is
// erased is not kept afterwards, nor when the log is decided again; what is decided
// later of the account is. A request that would miss what waits is told to come again.
// S10.3
func TestErasedOnItsWay(t *testing.T) {
	db := &keepless{Store: storetest.SQLite().Open(t)}
	h := founded(t, db.Store)
	h.db = db
	g := guard(t, h, memory.New(memory.Options{}))
	ctx, begin := t.Context(), noon.AddDate(0, 0, -10)
	db.on.Store(true)
	g.submit(takeover("anna1", begin))
	g.submit(takeover("bert2", begin.Add(time.Hour)))

	_, err := g.Find(ctx, g.admin, ask("anna1"))
	g.wantKind("find while decisions wait", err, fault.Temporary)
	part, err := persons.New(persons.Config{Store: db, Data: data.FS, Now: h.clock, Key: eventsKey, Log: g.log, Running: hasty{g.accounts}})
	g.must(err)
	g.Desk, err = privacy.New(privacy.Config{Store: db, Data: data.FS, Now: h.clock, Random: rand.Reader, Key: []byte(key),
		Holders: []privacy.Holder{part.Decisions(), part.Events()}})
	g.must(err)
	h.set(h.clock().Add(time.Minute))
	_, err = g.Erase(ctx, g.admin, ask("anna1"), g.certain("anna1"))
	g.must(err)
	db.on.Store(false)
	g.must(g.accounts.SettleAll(ctx))
	if anna, bert := g.decided("anna1"), g.decided("bert2"); anna != 0 || bert == 0 {
		t.Errorf("%d decisions of whom was erased while they waited, %d of another: want none, and some", anna, bert)
	}

	// What comes later of the account is kept.
	h.set(h.clock().Add(time.Minute))
	g.submit([]byte(strings.ReplaceAll(string(takeover("anna1", begin.Add(5*24*time.Hour))), `"id":"anna1`, `"id":"late`)))
	late := g.decided("anna1")
	if late == 0 {
		t.Error("what came after the erasure was stopped, and is not kept")
	}

	// Whoever reads the log anew, without what was kept, keeps no more.
	g.must(g.accounts.Close())
	g.must(db.Write(ctx, func(r store.Records) error {
		list, err := r.Decisions.After(ctx, "main", 0, store.MaxPage)
		for _, x := range list {
			err = errors.Join(err, r.Decisions.Erase(ctx, "main", x.ID))
		}
		return err
	}))
	again := guard(t, h, g.log)
	again.submit(takeover("bert2", begin.Add(time.Hour)))
	if n := again.decided("anna1"); n != late {
		t.Errorf("%d decisions of the account after the log was decided again: want %d, those of after the erasure", n, late)
	}
}

// TestDecisionsErasedAlone: where only the decisions of an account are erased, none
// that waited is kept either; the second time as well.
// S10.3
func TestDecisionsErasedAlone(t *testing.T) {
	db := &keepless{Store: storetest.SQLite().Open(t)}
	h := founded(t, db.Store)
	h.db = db
	g := guard(t, h, memory.New(memory.Options{}))
	begin := noon.AddDate(0, 0, -30)
	for n := range 2 {
		g.submit([]byte(strings.ReplaceAll(string(takeover("anna1", begin)), `"id":"anna1`, fmt.Sprintf(`"id":"%d`, n))))
		if g.decided("anna1") == 0 {
			t.Fatal("nothing was stopped: the test shows nothing")
		}
		db.on.Store(true)
		begin = begin.Add(4 * 24 * time.Hour)
		g.submit([]byte(strings.ReplaceAll(string(takeover("anna1", begin)), `"id":"anna1`, fmt.Sprintf(`"id":"%d more`, n))))
		h.set(h.clock().Add(time.Minute))
		part, err := persons.New(persons.Config{Store: db, Data: data.FS, Now: h.clock, Key: eventsKey, Log: g.log, Running: hasty{g.accounts}})
		g.must(err)
		desk, err := privacy.New(privacy.Config{Store: db, Data: data.FS, Now: h.clock, Random: rand.Reader, Key: []byte(key), Holders: []privacy.Holder{part.Decisions(), part.Events()}})
		g.must(err)
		g.Desk = desk
		var picks []privacy.Pick
		for _, p := range g.certain("anna1") {
			if p.Kind == accounts.KindDecision {
				picks = append(picks, p)
			}
		}
		_, err = g.Erase(t.Context(), g.admin, ask("anna1"), picks)
		g.must(err)
		db.on.Store(false)
		g.must(g.accounts.SettleAll(t.Context()))
		if n := g.decided("anna1"); n != 0 {
			t.Fatalf("%d decisions of the account are kept after its decisions were erased", n)
		}
		h.set(h.clock().Add(time.Minute))
		begin = begin.Add(4 * 24 * time.Hour)
	}
}

// watched is a log that counts reads, and those within a transaction that writes.
type watched struct {
	eventlog.Log
	db             *keepless
	reads, blocked atomic.Int64
}

func (w *watched) Read(ctx context.Context, partition int, from eventlog.Position, limit int) ([]eventlog.Record, error) {
	w.reads.Add(1)
	if w.db.writing.Load() {
		w.blocked.Add(1)
	}
	return w.Log.Read(ctx, partition, from, limit)
}

// TestCopyKeepsNobodyWaiting: the log is read before the transaction in which a copy
// is certified, and in ranges, not event by event.
// S10.2
func TestCopyKeepsNobodyWaiting(t *testing.T) {
	db := &keepless{Store: storetest.SQLite().Open(t)}
	h := founded(t, db.Store)
	h.db = db
	log := &watched{Log: memory.New(memory.Options{}), db: db}
	g := guard(t, h, log)
	var body []byte
	for i := range 1000 {
		for _, account := range []string{"anna1", "bert2"} {
			e := event.Event{ID: fmt.Sprint(account, i), Source: "shop", Type: event.SessionRevoked, Time: noon.Add(time.Duration(i-2000) * time.Minute),
				Context: event.Context{Account: account}, Session: event.Session{By: "user"}}
			body = append(append(body, e.JSON()...), '\n')
		}
	}
	g.submit(body)
	picks := g.certain("anna1")
	log.reads.Store(0)
	given, err := g.Copy(t.Context(), g.supervisor, ask("anna1"), picks)
	g.must(err)
	if n := strings.Count(string(given.Records[0].Data), `"event_id"`); n != 1000 {
		t.Errorf("the copy has %d events: want 1000", n)
	}
	if n, all := log.blocked.Load(), log.reads.Load(); n != 0 || all > 20 {
		t.Errorf("the log was read %d times, %d of them while nobody else could write", all, n)
	}
}
