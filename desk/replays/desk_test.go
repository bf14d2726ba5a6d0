package replays_test

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/data"
	"bonafide/desk/replays"
	"bonafide/eval/simulate/shop"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// shelf is one in memory.
type shelf struct {
	mu sync.Mutex
	m  map[string][]byte // guarded by mu
}

func (s *shelf) Load(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[name], nil
}

func (s *shelf) Save(name string, raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[name] = slices.Clone(raw)
	return nil
}

// yard is what a test's desk stands on.
type yard struct {
	*replays.Desk
	t       *testing.T
	cfg     replays.Config
	now     time.Time
	mu      sync.Mutex    // guards skipped
	skipped time.Duration // what the clock went on beside now
	stream  shop.Stream
	gate    chan struct{} // where it is not nil, the history waits for it
	broken  error         // what the log answers after half of the events
}

// clock ticks each time that somebody looks.
func (y *yard) clock() time.Time {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.skipped += time.Microsecond
	return y.now.Add(y.skipped)
}

func (y *yard) skip(d time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.skipped += d
}

// shipped is a small policy, quickly read: many orders in a day are held.
const shipped = `policy: orders
version: 1
thresholds: {challenge: 50}
decides: [order.placed]
declare:
  - {window: orders_1d, on: order.placed, key: event.account, measure: count, span: 1d}
rules:
  - id: many
    on: order.placed
    when: orders_1d >= 3
    score: 60
    reason: {en: many, de: viele, ja: 多数}
`

func open(t *testing.T, limits string) *yard {
	t.Helper()
	y := &yard{t: t, stream: shop.Make(shop.Options{Seed: 4, Accounts: 30, Days: 20, Takeovers: 2})}
	y.now = y.stream.Events[len(y.stream.Events)-1].Time.Add(time.Hour)
	files := fs.FS(data.FS)
	if limits != "" {
		files = over{fstest.MapFS{"account/replays.yaml": {Data: []byte(limits)}}, files}
	}
	y.cfg = replays.Config{Store: storetest.SQLite().Open(t), Data: files, Now: y.clock, Shipped: []byte(shipped), Shelf: &shelf{m: map[string][]byte{}},
		History: func(ctx context.Context, t access.Tenant, _ time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
			return y.history(ctx, t), nil, nil
		}}
	y.restart()
	return y
}

// over looks into the first file system first.
type over struct{ upper, lower fs.FS }

func (o over) Open(name string) (fs.File, error) {
	if f, err := o.upper.Open(name); err == nil {
		return f, nil
	}
	return o.lower.Open(name)
}

func (y *yard) history(ctx context.Context, t access.Tenant) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		if t != "main" {
			return
		}
		for i, e := range y.stream.Events {
			if i == len(y.stream.Events)/2 {
				if y.gate != nil {
					select {
					case <-y.gate:
					case <-ctx.Done():
						yield(event.Event{}, ctx.Err())
						return
					}
				}
				if y.broken != nil {
					yield(event.Event{}, y.broken)
					return
				}
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// restart makes another desk on the same shelf.
func (y *yard) restart() {
	y.t.Helper()
	if y.Desk != nil {
		_ = y.Close()
	}
	var err error
	if y.Desk, err = replays.New(y.cfg); err != nil {
		y.t.Fatal(err)
	}
	d := y.Desk
	y.t.Cleanup(func() { _ = d.Close() })
}

func who(roles ...access.Role) access.Actor {
	return access.Actor{Tenant: "main", Person: "p-1", Roles: roles}
}

// strict is the shipped policy with a lower bound.
func (y *yard) strict() []byte {
	return []byte(strings.Replace(shipped, ">= 3", ">= 1", 1))
}

func (y *yard) wish() replays.Wish {
	return replays.Wish{Text: y.strict(), Against: replays.Live, From: y.stream.Events[0].Time}
}

// until waits for a state.
func (y *yard) until(number int64, s replays.State) replays.Run {
	y.t.Helper()
	for range 1000 {
		v, err := y.Open(y.t.Context(), who(access.Analyst), number)
		if err != nil {
			y.t.Fatal(err)
		}
		if v.State == s {
			return v
		}
		if v.State.Ended() {
			y.t.Fatalf("replay %d is %s (%s): want %s", number, v.State, v.Trouble, s)
		}
		time.Sleep(10 * time.Millisecond)
	}
	y.t.Fatalf("replay %d did not come to %s", number, s)
	return replays.Run{}
}

func (y *yard) start(w replays.Wish) replays.Run {
	y.t.Helper()
	v, err := y.Start(y.t.Context(), who(access.Analyst), w)
	if err != nil {
		y.t.Fatal(err)
	}
	return v
}

func want(t *testing.T, what string, err error, k fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != k {
		t.Errorf("%s: %v", what, err)
	}
}

// TestReplay: a text is compared with the policy that decides; the result is that
// of account/replay, outlives a restart, and ends with its time.
func TestReplay(t *testing.T) {
	y := open(t, "")
	v := y.start(y.wish())
	got := y.until(v.Number, replays.Done)
	r := got.Result
	if r == nil || r.Events == 0 || r.NewlyAnnoyed == 0 || got.Candidate.Number != -1 || got.Baseline.Number != 0 || got.Baseline.Name != "orders" || got.Share() != 1 || got.Events == 0 {
		t.Fatalf("%+v", got)
	}
	if len(r.Examples.Annoyed) == 0 || len(r.Days) == 0 {
		t.Error("no examples, or no days")
	}
	blind := access.Actor{Tenant: "main", Person: "p", Key: "k", Roles: []access.Role{access.Analyst}, Scopes: []access.Permission{access.PolicyRead}}
	if v, err := y.Open(t.Context(), blind, v.Number); err != nil || len(v.Result.Examples.Annoyed) != 0 || v.Result.NewlyAnnoyed != r.NewlyAnnoyed {
		t.Errorf("who may not read decisions sees accounts: %+v, %v", v, err)
	}
	if list, err := y.List(t.Context(), who(access.Analyst)); err != nil || len(list) != 1 || list[0].Result != nil {
		t.Errorf("the list: %+v, %v", list, err)
	}
	if n, err := y.Forget("main", r.Examples.Annoyed[0].Account); err != nil || n != 1 {
		t.Errorf("%d examples were forgotten: %v", n, err)
	}
	y.restart()
	if again := y.until(v.Number, replays.Done); len(again.Result.Examples.Annoyed) != len(r.Examples.Annoyed)-1 || again.Result.NewlyAnnoyed != r.NewlyAnnoyed {
		t.Error("the result is not the same after a restart")
	}
	if next := y.start(y.wish()); next.Number != v.Number+1 {
		t.Errorf("the next is %d", next.Number)
	}
	y.until(v.Number+1, replays.Done)
	y.now = y.now.AddDate(0, 0, y.Limits().KeepDays+1)
	_, err := y.Open(t.Context(), who(access.Analyst), v.Number)
	want(t, "past its time", err, fault.NotFound)
	var deeds []string
	if err := y.cfg.Store.Read(t.Context(), func(r store.Records) error {
		return r.Audit.Walk(t.Context(), "main", 1, func(e store.Entry) error {
			deeds = append(deeds, e.Action+" "+e.Object)
			return nil
		})
	}); err != nil || !slices.Equal(deeds, []string{"replay.start replay:1", "replay.start replay:2"}) {
		t.Errorf("the audit has %q, %v", deeds, err)
	}
}

// TestReplayNamesNobodyErased: an account that was erased before a replay, or while it
// is at work, stands in none of its examples; what is counted stays the same.
func TestReplayNamesNobodyErased(t *testing.T) {
	y := open(t, "")
	names := func(r *replay.Report) (out []string) {
		for _, list := range [][]replay.Example{r.Examples.Caught, r.Examples.Missed, r.Examples.Annoyed, r.Examples.Freed} {
			for _, x := range list {
				out = append(out, x.Account)
			}
		}
		return out
	}
	first := y.until(y.start(y.wish()).Number, replays.Done).Result
	all := names(first)
	slices.Sort(all)
	if all = slices.Compact(all); len(all) < 2 {
		t.Fatalf("examples of %d accounts are too few", len(all))
	}
	erased := map[string]time.Time{all[0]: y.now}
	y.cfg.Erased = func(_ context.Context, t access.Tenant, account string) (time.Time, error) {
		return erased[account], nil
	}
	y.restart()
	y.gate = make(chan struct{})
	v := y.start(y.wish())
	y.until(v.Number, replays.Running)
	if _, err := y.Forget("main", all[1]); err != nil {
		t.Fatal(err)
	}
	close(y.gate)
	r := y.until(v.Number, replays.Done).Result
	if left := names(r); slices.Contains(left, all[0]) || slices.Contains(left, all[1]) || r.NewlyAnnoyed != first.NewlyAnnoyed {
		t.Errorf("examples of %q though %q are erased; %d newly annoyed, before %d", left, all[:2], r.NewlyAnnoyed, first.NewlyAnnoyed)
	}
	erased[all[0]] = y.stream.Events[0].Time.Add(-time.Hour)
	if r := y.until(y.start(y.wish()).Number, replays.Done).Result; !slices.Contains(names(r), all[0]) {
		t.Error("what came after an erasure is left out")
	}
	y.cfg.Erased = func(context.Context, access.Tenant, string) (time.Time, error) {
		return time.Time{}, errors.New("no records")
	}
	y.restart()
	y.until(y.start(y.wish()).Number, replays.Failed)
}

// TestReplayRights: each right is asked for, and nothing of another tenant is there.
func TestReplayRights(t *testing.T) {
	y := open(t, "")
	v := y.start(y.wish())
	y.until(v.Number, replays.Done)
	for _, r := range access.Roles() {
		may := r == access.Analyst || r == access.Supervisor
		_, err := y.Start(t.Context(), who(r), y.wish())
		_, err2 := y.List(t.Context(), who(r))
		_, err3 := y.Open(t.Context(), who(r), v.Number)
		err4 := y.Cancel(t.Context(), who(r), v.Number)
		if may != (err == nil) || may != (err2 == nil) || may != (err3 == nil) || may != (fault.KindOf(err4) == fault.Conflict) {
			t.Errorf("%s: %v, %v, %v, %v", r, err, err2, err3, err4)
		}
	}
	stranger := access.Actor{Tenant: "other", Person: "p", Roles: access.Roles()}
	_, err := y.Open(t.Context(), stranger, v.Number)
	want(t, "of another tenant", err, fault.NotFound)
	want(t, "cancel of another tenant", y.Cancel(t.Context(), stranger, v.Number), fault.NotFound)
}

// TestReplayBounds: periods, texts, how many at once, events and memory.
func TestReplayBounds(t *testing.T) {
	y := open(t, "")
	for what, w := range map[string]replays.Wish{
		"no period":    {Policy: 0, Against: replays.Live},
		"backwards":    {From: y.now, To: y.now.Add(-time.Hour), Against: replays.Live},
		"too long":     {From: y.now.AddDate(-3, 0, 0), Against: replays.Live},
		"broken text":  {From: y.now.AddDate(0, 0, -7), Text: []byte("policy: x\nrules: 7"), Against: replays.Live},
		"unknown name": {From: y.now.AddDate(0, 0, -7), Text: []byte(strings.Replace(string(y.strict()), "orders_1d >=", "ordrs_1d >=", 1)), Against: replays.Live},
	} {
		_, err := y.Start(t.Context(), who(access.Analyst), w)
		want(t, what, err, fault.Invalid)
	}
	_, err := y.Start(t.Context(), who(access.Analyst), replays.Wish{Policy: 17, From: y.now.AddDate(0, 0, -7)})
	want(t, "no such policy", err, fault.NotFound)
	const limits = "as_of: 2026-11-22\nsource: test\nat_once: 1\nwaiting: 2\nmax_accounts: 100\nmax_minutes: 30\nmax_days: 400\nkeep_days: 1\nkeep: 3\n"
	for what, text := range map[string]string{"more than 100 events": "max_events: 100\nmax_bytes: 1000000000\n", "memory": "max_events: 1000000\nmax_bytes: 4096\n"} {
		y := open(t, limits+text)
		v := y.start(y.wish())
		for range 500 {
			if v, _ = y.Open(t.Context(), who(access.Analyst), v.Number); v.State.Ended() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if v.State != replays.Failed || !strings.Contains(v.Trouble, what) {
			t.Errorf("%s: %s, %s", what, v.State, v.Trouble)
		}
	}
	y = open(t, limits+"max_events: 1000000\nmax_bytes: 1000000000\n")
	y.gate = make(chan struct{})
	one, two := y.start(y.wish()), y.start(y.wish())
	_, err = y.Start(t.Context(), who(access.Analyst), y.wish())
	want(t, "a third", err, fault.Conflict)
	close(y.gate)
	y.until(one.Number, replays.Done)
	y.until(two.Number, replays.Done)
	for range 3 {
		y.until(y.start(y.wish()).Number, replays.Done)
	}
	if list, err := y.List(t.Context(), who(access.Analyst)); err != nil || len(list) != 3 || list[0].Number != 5 {
		t.Errorf("%d are kept, %v: want the newest 3", len(list), err)
	}
}

// TestReplayTakesTime: one that is too slow ends with words, and a tenant with many
// replays does not keep another waiting for all of them.
func TestReplayTakesTime(t *testing.T) {
	y := open(t, "")
	y.gate = make(chan struct{})
	slow := y.start(y.wish())
	y.until(slow.Number, replays.Running)
	second, third := y.start(y.wish()), y.start(y.wish())
	other := access.Actor{Tenant: "other", Person: "p-2", Roles: []access.Role{access.Analyst}}
	theirs, err := y.Start(t.Context(), other, y.wish())
	if err != nil {
		t.Fatal(err)
	}
	y.skip(time.Duration(y.Limits().MaxMinutes+1) * time.Minute)
	close(y.gate)
	if v := y.until(slow.Number, replays.Failed); !strings.Contains(v.Trouble, "longer than") {
		t.Errorf("too slow: %q", v.Trouble)
	}
	y.until(second.Number, replays.Done)
	last := y.until(third.Number, replays.Done)
	got, err := y.Open(t.Context(), other, theirs.Number)
	if err != nil || got.State != replays.Done || got.Begun.After(last.Begun) {
		t.Errorf("the other tenant's: %s, begun %v, the third of many %v; %v", got.State, got.Begun, last.Begun, err)
	}
}

// TestReplayEnds: one that is cancelled, one whose log breaks, and those that a
// stop of the server ends say so.
func TestReplayEnds(t *testing.T) {
	y := open(t, "")
	y.gate = make(chan struct{})
	one, two := y.start(y.wish()), y.start(y.wish())
	y.until(one.Number, replays.Running)
	for _, n := range []int64{one.Number, two.Number} {
		if err := y.Cancel(t.Context(), who(access.Analyst), n); err != nil {
			t.Fatal(err)
		}
		y.until(n, replays.Cancelled)
	}
	three := y.start(y.wish())
	four := y.start(y.wish())
	y.until(three.Number, replays.Running)
	raw, _ := y.cfg.Shelf.Load("main") // as it stands on the disk when the machine is switched off
	y.restart()
	for _, n := range []int64{three.Number, four.Number} {
		y.until(n, replays.Interrupted)
	}
	_ = y.cfg.Shelf.Save("main", raw)
	y.restart()
	for _, n := range []int64{three.Number, four.Number} {
		if v := y.until(n, replays.Interrupted); v.Expires.IsZero() {
			t.Error("an interrupted one is kept for ever")
		}
	}
	y.gate, y.broken = nil, errors.New("disk 4711 is gone")
	v := y.start(y.wish())
	for range 500 {
		if v, _ = y.Open(t.Context(), who(access.Analyst), v.Number); v.State.Ended() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if v.State != replays.Failed || v.Result != nil || v.Trouble == "" || strings.Contains(v.Trouble, "4711") {
		t.Errorf("%s, %q: half of the log is told as the whole, or its cause is", v.State, v.Trouble)
	}
}
