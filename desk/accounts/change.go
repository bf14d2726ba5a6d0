package accounts

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"bonafide/access"
	"bonafide/account/burst"
	"bonafide/account/guard"
	"bonafide/eventlog"
	"bonafide/fault"
)

// How a policy is changed while events come: the lane's minder makes a guard of the
// new policy and lets it read the log, beside the one that decides. Between two
// batches the decider lets it read the rest, waits until the records hold what was
// decided so far, writes down from which place on the new one decides, and goes on
// with it. So a start, a replay and a recomputation find the same place.

// incoming is a guard that is to decide, or did until a moment ago.
type incoming struct {
	reign *reign
	guard *guard.Guard
	place eventlog.Position // up to which it has read the log
	at    time.Time         // when it was put aside
	// done is closed when the decider took it or refused it; then was is the guard of
	// before, or err why not.
	done chan struct{}
	was  *incoming
	err  error
}

// Times of a change.
const (
	// changeFor bounds how long a change may keep the decider.
	changeFor = 10 * time.Second
	// minding is how often a lane looks which policy is live, though nobody said that
	// it changed.
	minding = 30 * time.Second
	// keepFormer is for how long the guard of before stays in memory, so that a roll
	// back need not read the whole log.
	keepFormer = 24 * time.Hour
	// nearEnough is how many events the decider may have to read at a change.
	nearEnough = 2000
)

// PolicyChanged tells that another policy of a tenant may be live, or candidate. It
// takes effect in the background, at a place of the log that is written down.
func (d *Desk) PolicyChanged(t access.Tenant) {
	d.mu.Lock()
	l := d.lanes[t]
	d.mu.Unlock()
	if l != nil {
		l.attend()
	}
}

func (l *lane) attend() {
	select {
	case l.kick <- struct{}{}:
	default: // it looks already
	}
}

// mind follows which policies are live and candidate until the lane is closed.
func (l *lane) mind(ctx context.Context) {
	tick := time.NewTicker(minding)
	defer tick.Stop()
	defer func() {
		if t := l.trial.Swap(nil); t != nil {
			t.end()
		}
	}()
	for {
		if err := l.followLive(ctx); err != nil && ctx.Err() == nil {
			l.desk.failed("change the policy that decides; the one of before goes on, and it is tried again", err)
		}
		if err := l.followCandidate(ctx); err != nil && ctx.Err() == nil {
			l.desk.failed("try a policy in the shadow", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.kick:
		case a := <-l.alarms:
			l.burst(ctx, a)
		case <-tick.C:
		}
		if l.aside != nil && l.desk.cfg.Now().Sub(l.aside.at) > keepFormer {
			l.aside = nil
		}
	}
}

// followLive changes to the policy that is live, if it is not the one that decides.
func (l *lane) followLive(ctx context.Context) error {
	for {
		now := l.reign.Load()
		text, number, err := l.desk.liveText(ctx, l.tenant)
		if err != nil {
			return err
		}
		if bytes.Equal(text, now.text) {
			l.numbered(now, number)
			return nil
		}
		want, err := l.desk.reignOf(text, number)
		if err != nil {
			return err
		}
		if want.digest == now.digest {
			l.numbered(now, number)
			return nil
		}
		in, err := l.prepare(ctx, want)
		if err != nil {
			return err
		}
		if still, _, err := l.desk.liveText(ctx, l.tenant); err != nil || !bytes.Equal(still, text) {
			l.aside = in
			if err != nil {
				return err
			}
			continue // another one meanwhile
		}
		if err := l.handOver(ctx, in); err != nil {
			return err
		}
	}
}

// numbered notes the number under which the present text is live.
func (l *lane) numbered(now *reign, number int64) {
	if now.number != number {
		x := *now
		x.number = number
		l.reign.Store(&x)
	}
}

// prepare makes a guard of a policy that has read the log, near enough to its end.
func (l *lane) prepare(ctx context.Context, want *reign) (*incoming, error) {
	in := &incoming{reign: want, done: make(chan struct{})}
	t := l.trial.Load()
	switch {
	case l.aside != nil && l.aside.reign.digest == want.digest:
		in.guard, in.place = l.aside.guard, l.aside.place
	case t != nil && t.digest == want.digest:
		l.trial.Store(nil)
		in.guard, in.place = t.end()
	}
	l.aside = nil
	if in.guard == nil {
		var err error
		if in.guard, err = guard.New(want.policy, guard.Options{Cold: l.desk.cfg.Cold}); err != nil {
			return nil, err
		}
		in.place = 0
	}
	for range 20 { // faster than events come, or the decider waits a little longer
		n, err := l.feed(ctx, in.guard, &in.place, eventlog.Position(l.at.Load()))
		if err != nil {
			return nil, err
		}
		if n < nearEnough {
			break
		}
	}
	return in, nil
}

// handOver lets the decider take a guard, and keeps the one of before.
func (l *lane) handOver(ctx context.Context, in *incoming) error {
	select {
	case l.toDecide <- written{change: in}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-in.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if in.err != nil {
		l.aside = &incoming{reign: in.reign, guard: in.guard, place: in.place, at: l.desk.cfg.Now()}
		return in.err
	}
	l.aside = in.was
	return nil
}

// change makes another policy decide from the next event on, or leaves it with an
// error. The decider alone calls it, between two batches.
func (l *lane) change(in *incoming) {
	ctx, cancel := context.WithTimeout(context.Background(), changeFor)
	defer cancel()
	if _, in.err = l.feed(ctx, in.guard, &in.place, l.place); in.err != nil {
		close(in.done)
		return
	}
	if !l.keeper.flush(ctx) {
		in.err = fault.New(fault.Temporary, "", "what the policy of before decided cannot be kept now")
		close(in.done)
		return
	}
	if err := l.beginPolicy(ctx, in.reign, l.place+1); err != nil {
		l.unsure, in.err = in, err // it may stand in the records all the same
		_ = l.settleChange()
		return
	}
	l.enthrone(in)
}

// settleChange finds out whether a change that failed stands in the records. Until
// that is known nothing is decided: it is not known by whom.
func (l *lane) settleChange() error {
	in := l.unsure
	if in == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	did, err := l.began(ctx, in.reign)
	if err != nil {
		return fault.New(fault.Temporary, "", "accounts: which policy decides cannot be read now: send the same again (%s)", err)
	}
	l.unsure = nil
	if did {
		l.begun = in.reign.made
		l.enthrone(in)
		return nil
	}
	close(in.done)
	return nil
}

// enthrone goes on with another guard, which has read the log up to the lane's place.
func (l *lane) enthrone(in *incoming) {
	in.was = &incoming{reign: l.reign.Load(), guard: l.guard, place: l.place, at: l.desk.cfg.Now()}
	in.err = nil
	l.guard = in.guard
	l.reign.Store(in.reign)
	l.snapshot = time.Time{} // soon: without one of its own a start reads the whole log
	if l.detector != nil {
		l.detector.Forget()
	}
	close(in.done)
}

// alarm is a burst of declines under a policy.
type alarm struct {
	number int64
	digest string
	since  eventlog.Position
	seen   burst.Alarm
}

// Burst is the last burst of declines that was seen.
type Burst struct {
	At      time.Time `json:"at" doc:"Time of the event at which it was seen."`
	Policy  int64     `json:"policy" doc:"Number of the policy that decided; 0: the configured one."`
	Stopped int64     `json:"stopped" doc:"Events stopped in the window, of decided."`
	Decided int64     `json:"decided"`
	Before  int64     `json:"before" doc:"Events decided in the time before, of which stopped_before were stopped."`
	// StoppedBefore of Before were stopped.
	StoppedBefore int64 `json:"stopped_before"`
	// RolledBack tells that the policy before decides again, the one numbered To.
	RolledBack bool  `json:"rolled_back"`
	To         int64 `json:"to" doc:"Number of the policy that was brought back; 0: the configured one."`
}

// watch counts a live decision and tells of a burst.
func (l *lane) watch(typ bool, at time.Time, stopped bool) {
	if l.detector == nil || !typ {
		return
	}
	if seen, ok := l.detector.Take(at, stopped); ok {
		r := l.reign.Load()
		select {
		case l.alarms <- alarm{r.number, r.digest, r.since, seen}:
		default: // one is on its way
		}
	}
}

// burst takes a policy back that suddenly stops far more than the one before. The
// configured policy is never taken back: there is none before it.
func (l *lane) burst(ctx context.Context, a alarm) {
	r := l.reign.Load()
	if this := (reigning{a.digest, a.since}); r.named() != this || l.told == this {
		return
	}
	b := &Burst{At: a.seen.At, Policy: r.number, Stopped: a.seen.Stopped, Decided: a.seen.Decided, Before: a.seen.Before, StoppedBefore: a.seen.StoppedBefore}
	if r.number > 0 && l.desk.cfg.RollBack != nil {
		to, err := l.desk.cfg.RollBack(ctx, l.tenant, r.number, a.seen)
		switch {
		case err == nil:
			b.RolledBack, b.To = true, to
		case fault.KindOf(err) != fault.Conflict:
			l.desk.failed("take back a policy at a burst of declines; it is tried again", err)
			return
		}
	}
	l.told = reigning{a.digest, a.since}
	l.seen.Store(b)
	l.desk.failed("a burst of declines", fmt.Errorf("policy %d: %s; rolled back: %v", r.number, a.seen, b.RolledBack))
}
