package accounts_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// blind is a log of which some reads fail.
type blind struct {
	eventlog.Log
	reads atomic.Int64 // that many reads fail
}

func (b *blind) Read(ctx context.Context, partition int, from eventlog.Position, limit int) ([]eventlog.Record, error) {
	if b.reads.Add(-1) >= 0 {
		return nil, fault.New(fault.Temporary, "", "eventlog: read: the disk does not answer")
	}
	return b.Log.Read(ctx, partition, from, limit)
}

// refusing is a store that refuses to write while it is told to.
type refusing struct {
	store.Store
	kind atomic.Int32 // the fault.Kind of the refusal; 0: none
}

func (r *refusing) Write(ctx context.Context, f func(store.Records) error) error {
	if k := fault.Kind(r.kind.Load()); k != 0 {
		return fault.New(k, "", "the database refuses user, password or name: check store.dsn")
	}
	return r.Store.Write(ctx, f)
}

// eventually waits for what happens in the background.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not after 20 seconds", what)
		}
	}
}

// stopped is how many decisions other than allow are listed.
func (s *shop) stopped(d *accounts.Desk) int {
	s.t.Helper()
	page, err := d.List(s.t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(page.Decisions)
}

// TestWhatCouldNotBeReadIsDecidedLater: an append fails though it wrote, and then
// the log cannot be read: what it holds is decided all the same, in its order,
// though nobody sends anything more.
func TestWhatCouldNotBeReadIsDecidedLater(t *testing.T) {
	events := chain("a1", 0)
	ref := newShop(t)
	calm := ref.desk()
	want := whole(ref.send(calm, boss, events...).Answers)
	s := newShop(t)
	log := &blind{Log: s.log}
	broken := &gate{Log: log, open: make(chan struct{})}
	close(broken.open)
	s.log = broken
	d := s.desk()
	s.send(d, boss, events[:2]...)
	broken.fail = 1
	if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(events[2:5]...), Decide: true}); fault.KindOf(err) != fault.Temporary {
		t.Fatalf("a write that failed: %v", err)
	}
	log.reads.Store(1)
	if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(events[5:]...)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was acknowledged is decided", func() bool { return s.stopped(d) == ref.stopped(calm) })
	if got := whole(s.send(d, boss, events...).Answers); got != want {
		t.Errorf("other decisions than without the failure:\n%s\nwant\n%s", got, want)
	}
}

// TestARefusedDecisionIsNotDropped: while the database refuses everything, for a
// password that was changed, decisions wait; when it takes them, they are there.
func TestARefusedDecisionIsNotDropped(t *testing.T) {
	s := newShop(t)
	db := &refusing{Store: s.store}
	s.store = db
	d := s.desk()
	s.send(d, boss, chain("a0", 0)[:1]...)
	db.kind.Store(int32(fault.Invalid))
	got := s.send(d, boss, chain("a1", time.Hour)...)
	want := 0
	for _, a := range got.Answers {
		if a.Action != "allow" {
			want++
		}
	}
	if want == 0 {
		t.Fatal("nothing was stopped: the test shows nothing")
	}
	db.kind.Store(0)
	eventually(t, "decisions are kept", func() bool { return s.stopped(d) == want })
}

// TestClosingDoesNotWaitForADeadStore: what the records do not take is decided
// again at the next start, so closing does not wait for them.
func TestClosingDoesNotWaitForADeadStore(t *testing.T) {
	s := newShop(t)
	db := &refusing{Store: s.store}
	s.store, s.limits = db, accounts.Limits{Unkept: 1}
	d := s.desk()
	s.send(d, boss, chain("a0", 0)[:1]...)
	db.kind.Store(int32(fault.Temporary))
	for _, a := range []string{"a1", "a2", "a3"} {
		if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(chain(a, time.Hour)...)}); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- d.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("closing waits for the records")
	}
	db.kind.Store(0)
	if again := s.desk(); true {
		s.send(again, boss, chain("a4", 2*time.Hour)[:1]...)
		eventually(t, "what was not kept is decided again", func() bool { return s.stopped(again) > 0 })
	}
}

// TestWhatCannotBeReadBackIsRefused: an event that takes more room in the log than
// it took when it came is refused alone, and the log opens again.
func TestWhatCannotBeReadBackIsRefused(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	factors := make([]string, 120)
	for i := range factors {
		factors[i] = strings.Repeat("\u2028", 150)
	}
	big := at(time.Minute, event.LoginTried, "a1", "d1")
	big.Login = event.Login{Success: true, Factors: factors}
	raw := bytes.ReplaceAll(lines(big), []byte(`\u2028`), []byte("\u2028"))
	if len(raw) > event.MaxSize {
		t.Fatalf("%d bytes: it is to be one that may come in", len(raw))
	}
	if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: raw, Decide: true}); fault.KindOf(err) != fault.TooLarge {
		t.Fatalf("what cannot be read back: %v", err)
	}
	s.send(d, boss, chain("a2", time.Hour)...)
	stopped := s.stopped(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = s.desk()
	s.send(d, boss, at(2*time.Hour, event.LoginTried, "a2", "d1"))
	if n := s.stopped(d); n < stopped || n == 0 {
		t.Errorf("%d decisions after the restart, %d before", n, stopped)
	}
}

// TestNoAccountIsNotAll: an empty name is refused, so that it does not list
// everybody's decisions.
func TestNoAccountIsNotAll(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	s.send(d, boss, chain("a1", 0)...)
	if _, err := d.Account(t.Context(), boss, "", "en"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an account without a name: %v", err)
	}
}

// TestWhatWasErasedStaysErased: a start without a snapshot decides the whole log
// again; decisions whose time is over do not come back.
func TestWhatWasErasedStaysErased(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	s.send(d, boss, chain("a1", 0)...)
	if s.stopped(d) == 0 {
		t.Fatal("nothing was stopped: the test shows nothing")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.AddDate(5, 0, 0)
	if err := s.store.Write(t.Context(), func(r store.Records) error {
		due, err := r.Decisions.Due(t.Context(), s.now, store.Decision{}, 0)
		for _, x := range due {
			err = errors.Join(err, r.Decisions.Erase(t.Context(), x.Tenant, x.ID))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.shelf = &pages{m: map[string][]byte{}}
	again := s.desk()
	fresh := at(s.now.Sub(start), event.LoginTried, "a9", "d9")
	s.send(again, boss, fresh)
	if n := s.stopped(again); n != 0 {
		t.Errorf("%d decisions came back", n)
	}
}

// TestErasedAccountByItsHash: the links of pages name accounts by hashes, and answer
// the same after an erasure, when the trail has let go of the account, as by its name
// and after a restart.
func TestErasedAccountByItsHash(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	s.send(d, boss, chain("a1", 0)...)
	if s.stopped(d) == 0 {
		t.Fatal("nothing was stopped: the test shows nothing")
	}
	named, err := d.Account(t.Context(), analyst, "a1", "en")
	if err != nil {
		t.Fatal(err)
	}
	hash := named.Account
	d.Forgotten("main", hash, hash) // of a trail that is full, too
	if got, err := d.Account(t.Context(), analyst, hash, "en"); err != nil || got.Account != hash || len(got.Decisions) == 0 {
		t.Errorf("the trail let go: %q with %d decisions, %v; want %q", got.Account, len(got.Decisions), err, hash)
	}
	q := accounts.AllDecisions("en")
	q.Account = hash
	if got, err := d.List(t.Context(), analyst, q); err != nil || len(got.Decisions) == 0 {
		t.Errorf("decisions by the hash: %d, %v", len(got.Decisions), err)
	}
	if err := s.store.Write(t.Context(), func(r store.Records) error {
		rows, _, err := r.Decisions.List(t.Context(), "main", store.AnyDecision(), 0, 100)
		for _, x := range rows {
			err = errors.Join(err, r.Decisions.Erase(t.Context(), x.Tenant, x.ID))
		}
		return errors.Join(err, r.Erasures.Add(t.Context(), store.Erasure{Tenant: "main", Kind: past.KindEvent, Mark: store.Buried("main", past.KindEvent, hash), Erased: s.now}))
	}); err != nil {
		t.Fatal(err)
	}
	ask := func(d *accounts.Desk, when string) {
		t.Helper()
		for _, account := range []string{hash, "a1"} {
			if got, err := d.Account(t.Context(), analyst, account, "en"); err != nil || got.Account != hash || got.Erased == nil || len(got.Decisions) != 0 {
				t.Errorf("%s, %q: %q erased %v, %v", when, account, got.Account, got.Erased, err)
			}
		}
		if _, err := d.Account(t.Context(), analyst, "somebody else", "en"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s, nobody: %v", when, err)
		}
	}
	ask(d, "after it")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	ask(s.desk(), "after a restart")
}
