package accounts_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/burst"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
)

// counting is a small policy: it stops the n-th log-in of an account within an hour.
func counting(version, n int) []byte {
	return fmt.Appendf(nil, `policy: counting
version: %d
lateness: 1h
thresholds: {challenge: 50, hold: 90}
decides: [login]
declare:
  - {window: tries, on: login, key: event.account, measure: count, span: 1h}
  - {window: seen, on: login, key: event.device, measure: count, span: 2h}
rules:
  - {id: many, on: login, when: tries >= %d, score: 60, reason: {en: "{tries} log-ins", de: "{tries} Anmeldungen", ja: "{tries}回のログイン"}}
  - {id: shared, on: login, when: seen %% %d == 0, score: 40, reason: {en: shared, de: geteilt, ja: 共有}}
`, version, n, n+1)
}

// board says which policies are live and candidate, as desk/policies does.
type board struct {
	mu     sync.Mutex // guards what follows
	texts  [][]byte   // by number, from 1
	live   int64
	trial  int64
	since  time.Time // of the trial
	backed []burst.Alarm
}

func (b *board) text(n int64) []byte {
	if n == 0 {
		return nil
	}
	return b.texts[n-1]
}

func (b *board) set(live int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live = live
}

func (b *board) Live(context.Context, access.Tenant) ([]byte, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text(b.live), b.live, nil
}

func (b *board) Candidate(context.Context, access.Tenant) ([]byte, int64, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text(b.trial), b.trial, b.since, nil
}

// wire lets a shop's desks decide by a board.
func (s *shop) wire(b *board) {
	s.change = func(c *accounts.Config) { c.Live, c.Candidate = b.Live, b.Candidate }
}

// decides waits until the policy of a number decides.
func (s *shop) decides(d *accounts.Desk, n int64) accounts.Deciding {
	s.t.Helper()
	d.PolicyChanged("main")
	var x accounts.Deciding
	eventually(s.t, fmt.Sprintf("policy %d decides", n), func() bool {
		var err error
		x, err = d.Deciding(s.t.Context(), boss)
		return err == nil && x.Policy == n && !x.Waiting
	})
	return x
}

func (s *shop) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func try(i int, account string) event.Event {
	e := at(time.Duration(i)*time.Minute, event.LoginTried, account, "d"+account[len(account)-1:])
	e.ID = fmt.Sprint("t", i)
	return e
}

// rows are the policies that decided, in the order in which they began.
func (s *shop) rows() (rows []store.GuardPolicy) {
	s.t.Helper()
	if err := s.store.Read(s.t.Context(), func(r store.Records) (err error) {
		rows, err = r.GuardPolicies.List(s.t.Context(), "main")
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	slices.Reverse(rows)
	return rows
}

// replayed decides the whole log by the policies of the records, each from its place
// on, as somebody would who has nothing but log and records: by event id.
func (s *shop) replayed(events map[string]event.Event) map[string]guard.Decision {
	s.t.Helper()
	rows := s.rows()
	out := map[string]guard.Decision{}
	for i, row := range rows {
		p, err := policy.LoadFrom([]byte(row.Body), data.FS)
		if err != nil {
			s.t.Fatal(err)
		}
		g, err := guard.New(p, guard.Options{})
		if err != nil {
			s.t.Fatal(err)
		}
		end := int64(1 << 60)
		if i+1 < len(rows) {
			end = rows[i+1].Since
		}
		part := eventlog.Partition("main", "events", s.log.Partitions())
		records, err := s.log.Read(s.t.Context(), part, 1, eventlog.MaxAppend)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range records {
			raw := r.Data[bytes.IndexByte(r.Data, '{'):]
			e, err := event.Parse(raw, event.Options{})
			if err != nil {
				s.t.Fatal(err)
			}
			events[e.ID] = e
			if x := g.Decide(&e); int64(r.Position) >= row.Since && int64(r.Position) < end {
				out[e.ID] = x
			}
		}
	}
	return out
}

// TestPoliciesChangeUnderLoad: policies change at random places while events come,
// and the server is stopped and started, with and without its snapshot. What was
// answered, what is kept, and what comes out of log and records is the same.
func TestPoliciesChangeUnderLoad(t *testing.T) {
	texts := [][]byte{counting(1, 3), counting(2, 2), counting(3, 5)}
	changes := 0
	for seed := range uint64(6) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		s := newShop(t)
		s.policy = counting(9, 4)
		b := &board{texts: texts}
		s.wire(b)
		answers := map[string]accounts.EventAnswer{}
		n := 0
		for range 3 {
			d := s.desk()
			if err := d.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			var load sync.WaitGroup
			load.Go(func() {
				for range 25 {
					var batch []event.Event
					for range 1 + n%4 {
						batch = append(batch, try(n, fmt.Sprint("a", n*n%7)))
						n++
					}
					got, err := d.Submit(context.Background(), boss, accounts.Batch{Body: lines(batch...), Decide: true, Lang: "en"})
					if err != nil {
						t.Error(err)
						return
					}
					for _, a := range got.Answers {
						answers[a.ID] = a
					}
				}
			})
			for range 4 {
				time.Sleep(time.Duration(rnd.IntN(5)) * time.Millisecond)
				b.mu.Lock()
				b.live, b.trial = rnd.Int64N(4), rnd.Int64N(4)
				b.mu.Unlock()
				d.PolicyChanged("main")
			}
			load.Wait()
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if rnd.IntN(2) == 0 {
				s.shelf.m = map[string][]byte{}
			}
		}
		changes += len(s.rows()) - 1
		s.same(answers)
	}
	if changes < 12 {
		t.Errorf("the policy changed %d times: the test shows too little", changes)
	}
}

// same compares answers and what is kept with what log and records say.
func (s *shop) same(answers map[string]accounts.EventAnswer) {
	t := s.t
	t.Helper()
	events := map[string]event.Event{}
	want := s.replayed(events)
	if len(want) != len(answers) {
		t.Errorf("%d events are in the log, %d were answered", len(want), len(answers))
	}
	d := s.desk()
	kept := map[string]store.Decision{}
	if err := s.store.Read(t.Context(), func(r store.Records) error {
		list, err := r.Decisions.After(t.Context(), "main", 0, 1000)
		for _, x := range list {
			kept[string(x.ID)] = x
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for id, w := range want {
		a := answers[id]
		if a.Action != w.Action.String() || a.Score != w.Score || len(a.Rules) != len(w.Hits) {
			t.Errorf("%s: answered %s %d, by log and records %s %d", id, a.Action, a.Score, w.Action, w.Score)
		}
		e := events[id]
		x, ok := kept[hex.EncodeToString(w.ID[:])]
		if ok != (w.Action > policy.Allow) || ok && !bytes.Equal(x.Body, w.Append(nil)) {
			t.Errorf("%s: kept %v, want %s; or other bytes", id, ok, w.Action)
		}
		if ok {
			o, err := d.Open(t.Context(), boss, x.ID, "en")
			if err != nil || !o.Again || o.Version != w.Version {
				t.Errorf("%s: computed again %v by version %d, want %d, %v (event %s)", id, o.Again, o.Version, w.Version, err, e.ID)
			}
		}
	}
}

// TestARepetitionKeepsItsDecision: an event that a policy of before decided gets that
// decision when it is sent again, whatever the present one thinks of it.
func TestARepetitionKeepsItsDecision(t *testing.T) {
	s := newShop(t)
	s.policy = counting(9, 2)
	b := &board{texts: [][]byte{counting(1, 50), counting(2, 1)}}
	s.wire(b)
	d := s.desk()
	events := []event.Event{try(1, "a1"), try(2, "a1"), try(3, "a1")}
	first := s.send(d, boss, events...)
	if first.Answers[0].Action != "allow" || first.Answers[2].Action == "allow" {
		t.Fatalf("%+v", first.Answers)
	}
	for n := range int64(2) {
		b.set(n + 1)
		s.decides(d, n+1)
		if again := s.send(d, boss, events...); whole(again.Answers) != whole(first.Answers) {
			t.Errorf("under policy %d:\n%s\nwant\n%s", n+1, whole(again.Answers), whole(first.Answers))
		}
	}
}

// TestAChangeWaitsForTheRecords: while the records cannot be written the policy of
// before goes on; when they can, the change comes by itself.
func TestAChangeWaitsForTheRecords(t *testing.T) {
	s := newShop(t)
	db := &refusing{Store: s.store}
	s.store, s.policy = db, counting(9, 100)
	b := &board{texts: [][]byte{counting(1, 1)}}
	s.wire(b)
	d := s.desk()
	s.send(d, boss, try(1, "a1"))
	db.kind.Store(int32(fault.Temporary))
	b.set(1)
	d.PolicyChanged("main")
	eventually(t, "the change fails", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.broken) > 0
	})
	if got := s.send(d, boss, try(2, "a1")); got.Answers[0].Action != "allow" {
		t.Errorf("the policy of before decides: %+v", got.Answers)
	}
	if x, err := d.Deciding(t.Context(), boss); err != nil || !x.Waiting || x.Policy != 0 {
		t.Errorf("%+v, %v", x, err)
	}
	db.kind.Store(0)
	x := s.decides(d, 1)
	if x.Place != 3 || x.Version != 1 {
		t.Errorf("%+v", x)
	}
	if got := s.send(d, boss, try(3, "a1")); got.Answers[0].Action == "allow" {
		t.Errorf("the new policy decides: %+v", got.Answers)
	}
}

// TestShadowOverAStart: what was compared before a start of the server is compared
// after it, whether the server stopped in order or was killed, and from the moment on
// at which the candidate was tried or the policy that decides began.
func TestShadowOverAStart(t *testing.T) {
	for _, how := range []string{"stopped", "killed", "another policy before"} {
		t.Run(how, func(t *testing.T) {
			s := newShop(t)
			s.policy = counting(9, 3)
			b := &board{texts: [][]byte{counting(1, 2), counting(2, 4)}}
			s.wire(b)
			d := s.desk()
			s.send(d, boss, try(0, "a1"), try(1, "a1"))
			s.wait(time.Hour)
			b.mu.Lock()
			b.trial, b.since = 1, s.now
			b.mu.Unlock()
			d.PolicyChanged("main")
			eventually(t, "the candidate is tried", func() bool { _, err := d.Trial(t.Context(), boss); return err == nil })
			if how == "another policy before" {
				s.send(d, boss, try(2, "a1"), try(3, "c3"), try(4, "c3")) // under the first policy
				s.wait(time.Minute)
				b.set(2)
				s.decides(d, 2)
			}
			s.send(d, boss, try(5, "a1"), try(6, "b2"), try(7, "b2"), try(8, "c3"))
			told := func(d *accounts.Desk) (x accounts.Trial) {
				t.Helper()
				eventually(t, "four events are compared", func() bool {
					var err error
					x, err = d.Trial(t.Context(), boss)
					return err == nil && x.Behind == 0 && x.Compared == 4
				})
				return x
			}
			before := told(d)
			if before.NewlyStopped+before.Released == 0 {
				t.Fatalf("the example compares nothing: %+v", before)
			}
			s.wait(time.Hour)
			if how == "stopped" {
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			} else {
				s.shelf = &pages{m: map[string][]byte{}} // nothing of the running server is there
			}
			d = s.desk()
			after := told(d)
			want, got := fmt.Sprintf("%+v", before), fmt.Sprintf("%+v", after)
			if how == "another policy before" { // its beginning is kept in microseconds
				want = strings.ReplaceAll(want, before.Since.String(), after.Since.String())
			}
			if got != want {
				t.Errorf("after the start\n%s\nwant\n%s", got, want)
			}
			s.send(d, boss, try(9, "b2"))
			eventually(t, "it goes on", func() bool {
				x, err := d.Trial(t.Context(), boss)
				return err == nil && x.Compared == 5 && x.Missed == 0
			})
		})
	}
}

// TestShadow: the candidate is compared with what was decided, event by event; what
// it says is answered to nobody and kept nowhere.
func TestShadow(t *testing.T) {
	s := newShop(t)
	s.policy = counting(9, 3)
	b := &board{texts: [][]byte{counting(1, 2), counting(2, 4)}, trial: 1}
	s.wire(b)
	d := s.desk()
	if _, err := d.Trial(t.Context(), who("main", access.Shopper)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("without the right: %v", err)
	}
	s.send(d, boss, try(0, "a1")) // it is of the past for the candidate, or not
	eventually(t, "the candidate has read the past", func() bool {
		x, err := d.Trial(t.Context(), boss)
		return err == nil && x.Policy == 1 && x.Behind == 0
	})
	before, err := d.Trial(t.Context(), boss)
	if err != nil {
		t.Fatal(err)
	}
	got := s.send(d, boss, try(1, "a1"), try(2, "a1"), try(3, "a1"), try(4, "b2"))
	var actions []string
	for _, a := range got.Answers {
		actions = append(actions, a.Action)
	}
	if !slices.Equal(actions, []string{"allow", "challenge", "hold", "allow"}) {
		t.Fatalf("the shop is answered by the live policy: %v", actions)
	}
	var x accounts.Trial
	eventually(t, "four events are compared", func() bool {
		x, err = d.Trial(t.Context(), boss)
		return err == nil && x.Compared == before.Compared+4
	})
	if x.NewlyStopped != 1 || x.Missed != 0 || x.Agreed+x.NewlyStopped+x.Released+x.Stricter+x.Milder != x.Compared || len(x.Examples) != 1 || x.Examples[0].Rules[0] != "many" || x.Against != 0 {
		t.Errorf("%+v", x)
	}
	if n := s.stopped(d); n != 2 {
		t.Errorf("%d decisions are kept, want 2: a candidate keeps none", n)
	}
	b.mu.Lock()
	b.live, b.trial = 1, 0
	b.mu.Unlock()
	s.decides(d, 1) // the trial's guard goes on as the live one
	if _, err := d.Trial(t.Context(), boss); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no candidate: %v", err)
	}
	if got := s.send(d, boss, try(5, "c1"), try(6, "c1")); got.Answers[1].Action == "allow" {
		t.Errorf("the candidate decides now: %+v", got.Answers)
	}
}

// TestABurstBringsThePolicyBeforeBack: a policy that suddenly stops far more than
// the one before is taken back while the server runs.
func TestABurstBringsThePolicyBeforeBack(t *testing.T) {
	s := newShop(t)
	s.policy = counting(9, 1000)
	b := &board{texts: [][]byte{counting(1, 1)}}
	s.change = func(c *accounts.Config) {
		c.Live, c.Burst = b.Live, burst.Rule{Window: 10 * time.Minute, Base: time.Hour, Least: 5, Share: .5, Factor: 2}
		c.RollBack = func(_ context.Context, _ access.Tenant, number int64, seen burst.Alarm) (int64, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if number != b.live {
				return 0, fault.New(fault.Conflict, "policy", "is not live any more")
			}
			b.live, b.backed = 0, append(b.backed, seen)
			return 0, nil
		}
	}
	d := s.desk()
	n := 0
	some := func(k int) (stopped int) {
		for range k {
			n++
			if s.send(d, boss, try(n, fmt.Sprint("a", n))).Answers[0].Action != "allow" {
				stopped++
			}
		}
		return stopped
	}
	if k := some(40); k > 2 {
		t.Fatalf("the first policy stops %d", k)
	}
	b.set(1)
	s.decides(d, 1)
	if k := some(8); k < 5 { // from the fifth on it may be taken back already
		t.Fatalf("the second policy stops %d of 8", k)
	}
	x := s.decides(d, 0)
	eventually(t, "the burst is told", func() bool { x, _ = d.Deciding(t.Context(), boss); return x.Burst != nil })
	if x.Burst.Policy != 1 || !x.Burst.RolledBack || x.Burst.Stopped < 5 || len(b.backed) != 1 {
		t.Errorf("%+v, %d times", x.Burst, len(b.backed))
	}
	if k := some(8); k > 1 {
		t.Errorf("the first policy decides again, and stops %d of 8", k)
	}
	if len(s.rows()) != 3 || len(b.backed) != 1 {
		t.Errorf("%d policies decided, %d bursts: the one that was brought back is not to blame", len(s.rows()), len(b.backed))
	}
	some(90) // a quiet time
	b.set(1)
	s.decides(d, 1) // the very text again
	some(8)
	eventually(t, "it is taken back again", func() bool {
		some(1)
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.backed) == 2
	})
}

// TestALogThatWasLost: with another, empty log the present policy begins anew; what
// decided the lost one stays known, and is not taken for the one that decides.
func TestALogThatWasLost(t *testing.T) {
	s := newShop(t)
	s.policy = counting(1, 1)
	d := s.desk()
	s.send(d, boss, try(1, "a1"), try(2, "a1"))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.policy = counting(2, 2)
	d = s.desk()
	s.send(d, boss, try(3, "a1"))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.log = memory.New(memory.Options{})
	for round := range 2 {
		d = s.desk()
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x, err := d.Deciding(t.Context(), boss); err != nil || x.Place != 1 || x.Version != 2 {
			t.Errorf("start %d: %+v, %v", round, x, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	rows := s.rows()
	if len(rows) != 3 || rows[0].Since != 1 || rows[0].Version != 1 || rows[1].Since != 3 || rows[2].Since != 1 || rows[2].Version != 2 {
		t.Errorf("%+v", rows)
	}
	d = s.desk()
	list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil || len(list.Decisions) != 3 {
		t.Fatalf("%d decisions, %v", len(list.Decisions), err)
	}
	for _, v := range list.Decisions {
		if o, err := d.Open(t.Context(), boss, v.ID, "en"); err != nil || !o.Again {
			t.Errorf("what was decided of the lost log is explained as before: %v", err)
		}
	}
}

// over is data with one file another.
type over struct {
	fs.FS
	name string
	raw  []byte
}

func (o over) Open(name string) (fs.File, error) {
	if name == o.name {
		if o.raw == nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return page{bytes.NewReader(o.raw), int64(len(o.raw))}, nil
	}
	return o.FS.Open(name)
}

type page struct {
	*bytes.Reader
	size int64
}

func (p page) Stat() (fs.FileInfo, error) { return p, nil }
func (p page) Close() error               { return nil }
func (p page) Name() string               { return "model" }
func (p page) Size() int64                { return p.size }
func (p page) Mode() fs.FileMode          { return 0o444 }
func (p page) ModTime() time.Time         { return start }
func (p page) IsDir() bool                { return false }
func (p page) Sys() any                   { return nil }

// TestAnotherModelIsAnotherPolicy: with another model the same text is another
// policy: it decides nothing of before; and what was not decided yet is decided by
// the model of then, or the start says what is missing.
func TestAnotherModelIsAnotherPolicy(t *testing.T) {
	const name = "models/account.marketplace-takeover.bin"
	raw, err := data.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	use := func(o fs.FS, skip bool) {
		s.change = func(c *accounts.Config) { c.Data, c.SkipUndecided = o, skip }
	}
	use(data.FS, false)
	d := s.desk()
	events := chain("a1", 0)
	s.send(d, boss, events[:4]...)
	kept := s.stopped(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	mine := s.shelf.m
	other := over{data.FS, name, append(slices.Clone(raw), '\n')}
	use(other, false)
	s.shelf = &pages{m: map[string][]byte{}}
	d = s.desk()
	if err := d.Start(t.Context()); fault.KindOf(err) != fault.Temporary || !strings.Contains(fmt.Sprint(err), "model") || !strings.Contains(fmt.Sprint(err), "accounts.skip_undecided") {
		t.Errorf("nothing tells that all was decided, and the model of then is gone: %v", err)
	}
	s.shelf = &pages{m: mine}
	d = s.desk()
	if err := d.Start(t.Context()); err != nil {
		t.Fatalf("all was decided, so the model of then is not needed: %v", err)
	}
	s.send(d, boss, events[4:]...)
	rows := s.rows()
	if len(rows) != 2 || rows[0].Digest == rows[1].Digest || rows[1].Since != 5 || rows[0].Body != rows[1].Body {
		t.Errorf("%d policies decided", len(rows))
	}
	if s.stopped(d) <= kept {
		t.Errorf("%d decisions, %d before", s.stopped(d), kept)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.shelf = &pages{m: map[string][]byte{}}
	use(data.FS, true)
	if err := s.desk().Start(t.Context()); err != nil {
		t.Errorf("given up by the operator: %v", err)
	}
	s.change2New(t)
}

// change2New: a desk whose configured policy lacks its model is not made at all.
func (s *shop) change2New(t *testing.T) {
	t.Helper()
	c := accounts.Config{Store: s.store, Log: s.log, Data: over{data.FS, "models/account.marketplace-takeover.bin", nil}, Policy: s.policy, Key: bytes.Repeat([]byte("k"), 32), Now: time.Now}
	if _, err := accounts.New(c); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no model: %v", err)
	}
}

// TestALateRepetition: an event that comes again beyond the log's window and the
// policy's lateness is judged as a late one; where the first time is kept, that is
// the answer, and what is kept does not change.
func TestALateRepetition(t *testing.T) {
	s := newShop(t)
	s.log, s.policy = memory.New(memory.Options{Window: 4}), counting(9, 2)
	d := s.desk()
	first := s.send(d, boss, try(1, "a1"), try(2, "a1"))
	if first.Answers[1].Action == "allow" {
		t.Fatal("the second is stopped")
	}
	for i := range 6 {
		s.send(d, boss, try(600+i, fmt.Sprint("z", i)))
	}
	again := s.send(d, boss, try(2, "a1"), try(1, "a1"))
	if again.Repeated != 0 || !again.Answers[0].Repeated || again.Answers[0].Action != first.Answers[1].Action || again.Answers[0].Score != first.Answers[1].Score {
		t.Errorf("beyond the window of the log: %+v", again)
	}
	if !again.Answers[1].Late || again.Answers[1].Repeated {
		t.Errorf("what was allowed is judged as late: %+v", again.Answers[1])
	}
	if x, err := d.Open(t.Context(), boss, store.DecisionID(first.Answers[1].Decision), "en"); err != nil || x.Late {
		t.Errorf("the first decision stays: %+v, %v", x, err)
	}
}

// TestExactlyAsManyAsAreShown: nothing more is promised than there is.
func TestExactlyAsManyAsAreShown(t *testing.T) {
	s := newShop(t)
	s.policy, s.limits.Trail = counting(9, 100), 5
	d := s.desk()
	for i := range 17 {
		s.send(d, boss, try(i, "a1"))
		line, err := d.Account(t.Context(), boss, "a1", "en")
		if err != nil || len(line.Moments) != min(i+1, 5) || line.More != (i+1 > 5) {
			t.Errorf("of %d events %d are shown, more: %v, %v", i+1, len(line.Moments), line.More, err)
		}
	}
}
