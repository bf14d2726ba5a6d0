// Package replay decides a stretch of history again, by another policy, and
// tells what would have been different: who would have been caught, who
// annoyed, what money stopped, which rule is worth its place. Its guards are its
// own, so nothing of the live state is read or changed; and since the same
// events give the same decisions, replay = live, which it checks where the
// decisions that were taken are given.
//
// It is not for reading files or logs (the caller brings events in the order in
// which they were decided), and not for judging: it counts.
//
//	r, err := replay.New(replay.Setup{Candidate: next, Baseline: current, Labels: labels})
//	err = r.Run(ctx, events)
//	report := r.Report()
package replay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
)

// Setup is what is replayed. Candidate is needed, and Baseline or Taken.
type Setup struct {
	// Candidate is the policy that is tried.
	Candidate *policy.Policy
	// Baseline is the policy that it is compared with.
	Baseline *policy.Policy
	// Taken finds the decision that was taken of an event, as it was kept.
	// Without a Baseline the candidate is compared with it; with one, decisions
	// of that very policy are compared with those computed now, byte for byte
	// (Report.Verified, Report.Differing).
	Taken func(guard.ID) (guard.Decision, bool)
	// Labels are what is known to be true; nil for nothing.
	Labels *Labels
	// From and To bound what is counted, To excluded; zero for no bound. Events
	// before From fill the windows, and so should begin as long before as the
	// policies look back.
	From, To time.Time
	// Stops is the mildest action that counts as stopping (Challenge if zero).
	Stops policy.Action
	// Examples bounds the examples of each kind (20 if zero, at most 1,000).
	Examples int
	// MaxAccounts bounds the accounts of which something is kept, about 200
	// bytes each (default 4,194,304); events of others are counted, and told as
	// Report.Untracked.
	MaxAccounts int
	// Guard sets both guards up; it changes no decision but by MaxRecent.
	Guard guard.Options
	// Progress, if given, is called after each batch.
	Progress func(Progress)
}

// Progress is how far a replay has come.
type Progress struct {
	// Events were taken, At is the time of the newest of the last batch,
	// Changed how many decisions differ so far.
	Events, Changed int64
	At              time.Time
	// Held is about how many bytes the replay holds: 16 for an entry of a window,
	// 200 for a key and for an account.
	Held int64
}

// batch is how many events both guards decide before they are compared.
const batch = 1024

// Replay is one replay. It is not safe for concurrent use.
type Replay struct {
	s        Setup
	base     side
	cand     side
	accounts map[string]*account
	out      Report
	changed  int64
	matrix   [4][4]int64
	money    map[string]*Money
	pairs    map[[2]int]int64 // hits of two rules of the candidate at one event
	days     map[int64]*Day   // by days since 1970
	own      work             // of Take
}

// side is one of the two that are compared.
type side struct {
	p     *policy.Policy // nil where decisions were kept and their policy is not known
	g     *guard.Guard   // nil where decisions were kept
	n     tally
	rules []ruleTally
}

type tally struct {
	actions              [4]int64
	stopped              [3]int64 // by truth
	faulty, late, capped int64
}

type ruleTally struct {
	hits, alone int64
}

// New makes a replay, with guards of its own.
func New(s Setup) (*Replay, error) {
	if s.Candidate == nil || s.Baseline == nil && s.Taken == nil {
		return nil, errors.New("replay: it needs a candidate, and a baseline or the decisions that were taken")
	}
	if s.Stops == policy.Allow {
		s.Stops = policy.Challenge
	}
	if s.Examples == 0 {
		s.Examples = 20
	}
	s.Examples = min(max(s.Examples, 0), 1000)
	if s.MaxAccounts == 0 {
		s.MaxAccounts = 1 << 22
	}
	r := &Replay{s: s, accounts: map[string]*account{}, money: map[string]*Money{}, pairs: map[[2]int]int64{}, days: map[int64]*Day{}}
	for _, x := range []struct {
		to *side
		p  *policy.Policy
	}{{&r.base, s.Baseline}, {&r.cand, s.Candidate}} {
		if x.p == nil {
			continue
		}
		g, err := guard.New(x.p, s.Guard)
		if err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
		*x.to = side{p: x.p, g: g, rules: make([]ruleTally, len(x.p.Rules))}
	}
	return r, nil
}

// work is a batch on its way: its events, and what both sides decide of them.
type work struct {
	events     []event.Event
	ahead      [2][]guard.Ahead // of both sides
	base, cand []guard.Decision
	held       int64 // about how many bytes both guards hold after it
	broken     error // what went wrong in a guard; then nothing of it is compared
}

// Run takes all events of a sequence. An event that could not be read is
// counted as refused; the context ends the replay early, with its error, and so
// does what breaks in a guard. While
// one batch is decided on another goroutine, the next is read and the one before
// compared on this one, which alone calls what the caller gave.
func (r *Replay) Run(ctx context.Context, events iter.Seq2[event.Event, error]) error {
	in, out := make(chan *work), make(chan *work, 1)
	go func() {
		defer close(out)
		for w := range in {
			r.decide(w)
			out <- w
		}
	}()
	defer func() {
		close(in)
		for range out { // until nothing is decided any more
		}
	}()
	next, other := &work{}, &work{}
	flying := false
	var failed error
	turn := func() { // hands the next batch over, and compares the one before
		was := flying
		if was {
			<-out
		}
		flying = len(next.events) > 0
		if flying {
			in <- next
		}
		if was && failed == nil {
			if failed = other.broken; failed == nil {
				r.compareAll(other)
			}
		}
		next, other = other, next
		next.events = next.events[:0]
	}
	for e, err := range events {
		if err != nil {
			if r.out.Refused++; r.out.Refused == 1 {
				r.out.FirstRefusal = err.Error()
			}
			continue
		}
		if next.events = append(next.events, e); len(next.events) == batch {
			r.look(next)
			if err := cmp.Or(ctx.Err(), failed); err != nil {
				return err
			}
			turn()
		}
	}
	r.look(next)
	turn()
	turn()
	return cmp.Or(ctx.Err(), failed)
}

// Whole ends a sequence with the context, between any two events, and at its first
// error, which it puts into broken: of a log, all of which could be read once, a part
// must not be told as the whole.
func Whole(ctx context.Context, events iter.Seq2[event.Event, error], broken *error) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		n := 0
		for e, err := range events {
			if n++; n%256 == 0 && ctx.Err() != nil {
				return
			}
			if err != nil {
				*broken = err
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Take takes the next events, in the order in which they were decided. How they
// are cut into calls changes nothing.
func (r *Replay) Take(events []event.Event) {
	for len(events) > 0 {
		n := min(len(events), batch)
		r.own.events = events[:n]
		r.look(&r.own)
		r.decide(&r.own)
		if r.own.broken != nil {
			panic(r.own.broken)
		}
		r.compareAll(&r.own)
		events = events[n:]
	}
	r.own.events = nil
}

// look computes what needs no history of a batch, so that who decides need not.
func (r *Replay) look(w *work) {
	w.broken = nil
	defer func() {
		if p := recover(); p != nil {
			w.broken = broken(p)
		}
	}()
	for i, s := range []*side{&r.base, &r.cand} {
		if s.g == nil {
			continue
		}
		w.ahead[i] = slices.Grow(w.ahead[i][:0], len(w.events))[:len(w.events)]
		for j := range w.events {
			s.g.Look(&w.events[j], &w.ahead[i][j])
		}
	}
}

// decide lets both guards decide a batch.
func (r *Replay) decide(w *work) {
	if w.broken != nil {
		return
	}
	var other sync.WaitGroup
	var failed [2]error
	if r.base.g != nil {
		other.Go(func() { w.base, failed[0] = r.base.decide(w.events, w.ahead[0], w.base[:0]) })
	}
	w.cand, failed[1] = r.cand.decide(w.events, w.ahead[1], w.cand[:0])
	other.Wait()
	if w.held, w.broken = 0, cmp.Or(failed[0], failed[1]); w.broken != nil {
		return
	}
	for _, s := range []*side{&r.base, &r.cand} {
		if s.g != nil {
			x := s.g.Stats().Windows
			w.held += int64(16*x.Entries + 200*x.Keys)
		}
	}
}

func broken(p any) error { return fmt.Errorf("replay: the policy could not be evaluated: %v", p) }

// decide decides events. A policy that breaks the program breaks its replay alone.
func (s *side) decide(events []event.Event, ahead []guard.Ahead, in []guard.Decision) (out []guard.Decision, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = broken(p)
		}
	}()
	return s.g.DecideAll(events, ahead, in), nil
}

// compareAll counts a batch that was decided.
func (r *Replay) compareAll(w *work) {
	for i := range w.events {
		e, c := &w.events[i], &w.cand[i]
		if e.List != nil { // it is about no account
			continue
		}
		if c.Repeated {
			r.out.Repeated++
			continue
		}
		b, ok := r.before(w, i)
		if !r.s.From.IsZero() && e.Time.Before(r.s.From) || !r.s.To.IsZero() && !e.Time.Before(r.s.To) {
			r.out.Outside++
			continue
		}
		if !ok {
			r.out.Untaken++
		}
		r.compare(e, b, c)
	}
	if r.s.Progress != nil {
		r.s.Progress(Progress{Events: r.out.Events + r.out.Outside + r.out.Repeated, Changed: r.changed, At: w.events[len(w.events)-1].Time,
			Held: w.held + int64(200*len(r.accounts))})
	}
}

// before is the decision to compare with; ok is false where none was kept,
// which stands for letting it pass.
func (r *Replay) before(w *work, i int) (*guard.Decision, bool) {
	if r.s.Taken == nil {
		return &w.base[i], true
	}
	kept, ok := r.s.Taken(w.cand[i].ID)
	if r.base.g == nil {
		return &kept, ok
	}
	b := &w.base[i]
	if ok && kept.Digest == b.Digest {
		r.out.Verified++
		if !bytes.Equal(kept.Append(nil), b.Append(nil)) {
			r.out.Differing++
		}
	}
	return b, true
}

// compare counts one event.
func (r *Replay) compare(e *event.Event, b, c *guard.Decision) {
	o := &r.out
	o.Events++
	if o.First.IsZero() || e.Time.Before(o.First) {
		o.First = e.Time
	}
	if e.Time.After(o.Last) {
		o.Last = e.Time
	}
	truth := r.s.Labels.Of(e)
	a := r.account(e)
	for i, x := range []struct {
		s *side
		d *guard.Decision
	}{{&r.base, b}, {&r.cand, c}} {
		stopped := x.d.Action >= r.s.Stops
		x.s.count(x.d, truth, stopped)
		if a != nil {
			a.took(i, x.d, truth, stopped, len(x.s.rules))
		}
	}
	r.together(c)
	if b.Action != c.Action {
		r.changed++
	}
	bs, cs := b.Action >= r.s.Stops, c.Action >= r.s.Stops
	r.dated(e.Time, bs, cs)
	if r.s.Candidate.Decides(e.Type) || r.s.Baseline != nil && r.s.Baseline.Decides(e.Type) || b.Action > policy.Allow {
		o.Decided++
		r.matrix[b.Action][c.Action]++
		if e.Type == event.OrderPlaced {
			r.moneyOf(e.Order.Currency).add(e.Order.Amount, truth, bs, cs)
		}
	}
	if a != nil && bs != cs {
		which := 0
		if cs {
			which = 1
		}
		if a.first[which] == nil {
			a.first[which] = r.example(e, b, c, truth)
		}
	}
}

func (s *side) count(d *guard.Decision, truth Truth, stopped bool) {
	n := &s.n
	n.actions[d.Action]++
	if stopped {
		n.stopped[truth]++
	}
	if len(d.Faults) > 0 {
		n.faulty++
	}
	if d.Late {
		n.late++
	}
	if d.Capped {
		n.capped++
	}
	for _, h := range d.Hits {
		if h.Rule < len(s.rules) {
			t := &s.rules[h.Rule]
			t.hits++
			if len(d.Hits) == 1 {
				t.alone++
			}
		}
	}
}

// together counts which rules of the candidate hit at one event.
func (r *Replay) together(d *guard.Decision) {
	for i, h := range d.Hits {
		for _, k := range d.Hits[i+1:] {
			r.pairs[[2]int{min(h.Rule, k.Rule), max(h.Rule, k.Rule)}]++
		}
	}
}

func (r *Replay) moneyOf(currency string) *Money {
	m := r.money[currency]
	if m == nil {
		m = &Money{Currency: currency}
		r.money[currency] = m
	}
	return m
}

// account is what is kept of one account.
type account struct {
	fraud, genuine bool
	stop           [2][3]bool  // by side and truth: something was stopped
	first          [2]*Example // the first that only the one side stopped
	rules          [2][]uint64 // rules that hit, one bit each
}

func (r *Replay) account(e *event.Event) *account {
	a := r.accounts[e.Context.Account]
	if a == nil {
		if len(r.accounts) >= r.s.MaxAccounts {
			r.out.Untracked++
			return nil
		}
		a = &account{}
		a.fraud, a.genuine = r.s.Labels.account(e.Context.Account)
		r.accounts[e.Context.Account] = a
	}
	return a
}

func (a *account) took(side int, d *guard.Decision, truth Truth, stopped bool, rules int) {
	if stopped {
		a.stop[side][truth] = true
	}
	for _, h := range d.Hits {
		if h.Rule >= rules {
			continue
		}
		if a.rules[side] == nil {
			a.rules[side] = make([]uint64, (rules+63)/64)
		}
		a.rules[side][h.Rule/64] |= 1 << (h.Rule % 64)
	}
}

// stopped tells whether the side stopped anything of the account; of a
// takeover only what belongs to it counts.
func (a *account) stopped(side int) bool {
	if a.fraud {
		return a.stop[side][Fraud]
	}
	return a.stop[side][Unknown] || a.stop[side][Genuine]
}
