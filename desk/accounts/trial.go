package accounts

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/shadow"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
)

// trial lets a candidate decide beside the policy that decides, and counts how they
// differ. It reads the log for itself, behind the decider, which only leaves a note
// of each decision: whatever happens to the trial, the decider does not wait.
type trial struct {
	lane   *lane
	number int64
	text   []byte
	policy *policy.Policy
	digest string
	from   eventlog.Position // the last that was decided before the trial began
	first  eventlog.Position // the first that is compared, if it is not after from
	stop   context.CancelFunc
	done   chan struct{}
	wake   chan struct{}

	// Only the trial's own routine uses what follows, until done is closed.
	guard *guard.Guard
	place eventlog.Position
	// base decides again, up to from, by the policy that decided since first; nil after that.
	base *guard.Guard
	over *reign // that policy

	read atomic.Uint64 // as place, for others

	mu      sync.Mutex // guards what follows
	notes   []remark
	against *reign
	counter *shadow.Counter
	begun   time.Time // since when is compared
	failed  string
}

// remark is what the decider leaves of a decision.
type remark struct {
	at    eventlog.Position
	reign *reign
	lived shadow.Lived
}

// maxNotes bounds how far a trial may be behind before events are not compared:
// about 2 MB.
const maxNotes = 16384

// followCandidate begins the trial of a candidate, or ends it.
func (l *lane) followCandidate(ctx context.Context) error {
	if l.desk.cfg.Candidate == nil {
		return nil
	}
	text, number, since, err := l.desk.cfg.Candidate(ctx, l.tenant)
	if err != nil {
		return err
	}
	now := l.trial.Load()
	if now != nil && now.number == number && bytes.Equal(now.text, text) {
		return nil
	}
	if now != nil {
		l.trial.Store(nil)
		now.end()
	}
	if len(text) == 0 {
		return nil
	}
	p, err := policy.LoadFrom(text, l.desk.cfg.Data)
	if err != nil {
		return fmt.Errorf("candidate %d: %w", number, err)
	}
	g, err := guard.New(p, guard.Options{Cold: l.desk.cfg.Cold})
	if err != nil {
		return err
	}
	own, stop := context.WithCancel(ctx)
	t := &trial{lane: l, number: number, text: text, policy: p, digest: deciderOf(p), begun: l.desk.cfg.Now(), stop: stop, done: make(chan struct{}),
		wake: make(chan struct{}, 1), guard: g}
	l.trial.Store(t)
	err = t.lookBack(ctx, since)
	go t.run(own)
	return err
}

// lookBack finds what was decided since the candidate is tried and before this trial
// began, as at a start of the server. The policy that decides still will decide that
// again, as it did, and be compared: no count has to be kept anywhere.
func (t *trial) lookBack(ctx context.Context, since time.Time) error {
	l := t.lane
	for {
		r := l.reign.Load()
		t.from = eventlog.Position(l.at.Load())
		first, err := past.Since(ctx, l.in, t.from, since)
		if err != nil {
			return fmt.Errorf("compare policy %d with what was decided before the server started: %w", t.number, err)
		}
		if l.reign.Load() != r {
			continue // what lies before from may be of both
		}
		if t.first = max(first, r.since); t.first <= t.from {
			if t.base, err = guard.New(r.policy, guard.Options{Cold: l.desk.cfg.Cold}); err != nil {
				return err
			}
			t.over = r
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.begun = since; r.made.After(since) {
			t.begun = r.made
		}
		return nil
	}
}

// leave notes what was decided; the decider calls it and never waits for a trial
// that reads.
func (t *trial) leave(at eventlog.Position, r *reign, d *guard.Decision) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.notes) >= maxNotes {
		t.beside(t.notes[0].reign) // so that what is missed is counted from the first on
		t.notes = t.notes[1:]
	}
	t.notes = append(t.notes, remark{at, r, shadow.Lived{ID: d.ID, Action: d.Action, Hits: d.Hits}})
}

func (t *trial) hurry() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// end stops the trial and gives its guard with the place up to which it read; nil if
// it failed.
func (t *trial) end() (*guard.Guard, eventlog.Position) {
	t.stop()
	<-t.done
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != "" {
		return nil, 0
	}
	return t.guard, t.place
}

func (t *trial) run(ctx context.Context) {
	defer close(t.done)
	defer func() { // a policy that breaks the program breaks its trial alone
		if r := recover(); r != nil {
			t.mu.Lock()
			t.failed = "it could not be evaluated"
			t.mu.Unlock()
			t.lane.desk.failed("try a policy in the shadow; it is not tried any more", fmt.Errorf("policy %d: %v", t.number, r))
		}
	}()
	for ctx.Err() == nil {
		n, err := t.step(ctx)
		if err != nil && ctx.Err() == nil {
			t.lane.desk.failed("try a policy in the shadow; it is tried again", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-time.After(time.Second):
		}
	}
}

// step decides what the decider decided since.
func (t *trial) step(ctx context.Context) (n int, err error) {
	to := eventlog.Position(t.lane.at.Load())
	if t.place >= to {
		return 0, nil
	}
	to = min(to, t.place+trialStep)
	for r, err := range t.lane.in.Walk(ctx, t.place+1, to) {
		var e event.Event
		if err == nil {
			e, _, err = past.EventOf(r)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return n, err
		}
		d, was := t.guard.Decide(&e), t.again(&e, r.Position)
		if !d.Repeated {
			t.compare(r.Position, &e, was, &d)
		}
		t.at(r.Position)
		n++
	}
	n += int(to - t.place) //nolint:gosec // at most trialStep
	t.at(to)
	return n, nil
}

// trialStep is how many places a trial reads before it looks for what it missed.
const trialStep = 1024

// again is what was decided of an event before the trial began, or nil.
func (t *trial) again(e *event.Event, at eventlog.Position) *shadow.Lived {
	if t.base == nil {
		return nil
	}
	if at > t.from {
		t.base = nil
		return nil
	}
	d := t.base.Decide(e)
	if at < t.first {
		return nil
	}
	return &shadow.Lived{ID: d.ID, Action: d.Action, Hits: d.Hits}
}

// at notes that the log was read up to a place.
func (t *trial) at(place eventlog.Position) {
	t.place = place
	t.read.Store(uint64(place))
}

// compare counts one event beside what was decided of it: was, or what the decider
// noted.
func (t *trial) compare(at eventlog.Position, e *event.Event, was *shadow.Lived, d *guard.Decision) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if was != nil {
		t.beside(t.over)
		t.counter.Take(e, was, d)
		return // a note of it is dropped with the next
	}
	for len(t.notes) > 0 && t.notes[0].at < at {
		t.notes = t.notes[1:]
	}
	if len(t.notes) == 0 || t.notes[0].at != at {
		if at > t.from && t.counter != nil {
			t.counter.Miss(e.Type)
		}
		return
	}
	x := t.notes[0]
	t.notes = t.notes[1:]
	t.beside(x.reign)
	t.counter.Take(e, &x.lived, d)
}

// beside lets the candidate be compared with what decides; another policy than before
// begins anew. t.mu is held.
func (t *trial) beside(r *reign) {
	switch {
	case t.counter == nil:
		t.counter = shadow.New(r.policy, t.policy)
	case t.against.digest != r.digest:
		t.counter, t.begun = shadow.New(r.policy, t.policy), t.lane.desk.cfg.Now()
	}
	t.against = r
}

// Trial is how a candidate does beside the policy that decides.
type Trial struct {
	Policy  int64     `json:"policy" doc:"Number of the candidate."`
	Name    string    `json:"name"`
	Version int       `json:"version"`
	Digest  string    `json:"digest" doc:"SHA-256 of its text, or of the text's and its model's."`
	Since   time.Time `json:"since" doc:"Since when it is compared. Another policy that decides begins anew."`
	Against int64     `json:"against" doc:"Number of the policy that it is compared with; 0: the configured one."`
	// Behind is how many places of the log it still has to read.
	Behind int64  `json:"behind" doc:"Places of the log that it has to read yet: at first the whole past, without which its windows are empty."`
	Failed string `json:"failed,omitempty" doc:"Why it is not tried any more."`
	shadow.Report
}

func (t *trial) view() Trial {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := Trial{Policy: t.number, Name: t.policy.Name, Version: t.policy.Version, Digest: t.digest, Since: t.begun, Failed: t.failed,
		Behind: max(int64(t.lane.at.Load())-int64(t.read.Load()), 0)} //nolint:gosec // positions are small
	if t.counter == nil {
		out.Report = shadow.New(t.policy, t.policy).Report()
		return out
	}
	out.Against, out.Report = t.against.number, t.counter.Report()
	return out
}
