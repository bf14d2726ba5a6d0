package replays

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/fault"
	"bonafide/store"
)

// Live as the number of a policy is the one that decides now.
const Live int64 = -2

// Wish asks for a replay.
type Wish struct {
	// Policy is the number of the policy that is tried (0: the shipped one, Live:
	// the one that decides), unless a Text is given.
	Policy int64
	// Text is a policy that is only tried: it is not kept.
	Text []byte
	// Against is the number of the policy that it is compared with.
	Against int64
	// From and To bound what is counted, To excluded; a zero To means now.
	From, To time.Time
}

// chosen is a policy that was read.
type chosen struct {
	side Compared
	p    *policy.Policy
}

// read loads the policy of a number, or a text.
func (d *Desk) read(ctx context.Context, t access.Tenant, number int64, text []byte) (c chosen, err error) {
	switch {
	case len(text) > 0:
		number = -1
	case number == 0:
		text = d.cfg.Shipped
	default:
		var x store.PolicyText
		err = d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
			if number == Live {
				x, err = r.Policies.Current(ctx, t, store.PolicyLive)
				return err
			}
			x, err = r.Policies.Get(ctx, t, number)
			return err
		})
		if number == Live && fault.KindOf(err) == fault.NotFound {
			return d.read(ctx, t, 0, nil)
		}
		if err != nil {
			return c, err
		}
		number, text = x.Number, []byte(x.Body)
	}
	if c.p, err = policy.LoadFrom(text, d.cfg.Data); err != nil {
		return c, err
	}
	c.side = Compared{Number: number, Name: c.p.Name, Version: c.p.Version, Digest: hex.EncodeToString(c.p.Digest[:])}
	return c, nil
}

// period checks the bounds of a wish.
func (d *Desk) period(w *Wish) error {
	now := d.cfg.Now()
	if w.To.IsZero() || w.To.After(now) {
		w.To = now
	}
	w.From, w.To = w.From.UTC().Truncate(time.Microsecond), w.To.UTC().Truncate(time.Microsecond)
	switch {
	case w.From.IsZero():
		return fault.New(fault.Invalid, "from", "is missing: name the first day of the period")
	case !w.From.Before(w.To):
		return fault.New(fault.Invalid, "from", "is not before the end of the period, or is still to come")
	case w.To.Sub(w.From) > time.Duration(d.lim.MaxDays)*24*time.Hour:
		return fault.New(fault.Invalid, "from", "is too long ago: a period has at most %d days", d.lim.MaxDays)
	}
	return nil
}

// Start begins a replay (policy.replay), or lets it wait for its turn. An error of
// a text tells line and column. fault.Conflict when too many wait already.
func (d *Desk) Start(ctx context.Context, a access.Actor, w Wish) (Run, error) {
	if err := d.may(a, access.PolicyReplay); err != nil {
		return Run{}, err
	}
	if err := d.period(&w); err != nil {
		return Run{}, err
	}
	cand, err := d.read(ctx, a.Tenant, w.Policy, w.Text)
	if err != nil {
		return Run{}, err
	}
	base, err := d.read(ctx, a.Tenant, w.Against, nil)
	if err != nil {
		return Run{}, err
	}
	j := &job{Run: Run{State: Waiting, Author: string(store.ActorOf(a)), Asked: d.cfg.Now(), Candidate: cand.side, Baseline: base.side, From: w.From, To: w.To}}
	if err := d.enter(a.Tenant, j); err != nil {
		return Run{}, err
	}
	why := fmt.Sprintf("policy %d (%.12s) against %d, %s to %s", cand.side.Number, cand.side.Digest, base.side.Number, w.From.Format(time.RFC3339), w.To.Format(time.RFC3339))
	if err := store.Change(ctx, d.cfg.Store, d.deed(a, "replay.start", j.Number, why), func(store.Records) error { return nil }); err != nil {
		d.drop(a.Tenant, j)
		return Run{}, err
	}
	return d.begin(a.Tenant, j, replay.Setup{Candidate: cand.p, Baseline: base.p, From: w.From, To: w.To, MaxAccounts: d.lim.MaxAccounts})
}

// enter gives a job its number and a place, if there is one.
func (d *Desk) enter(t access.Tenant, j *job) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fault.New(fault.Temporary, "", "the server stops: start the replay again when it is back")
	}
	b, err := d.book(t)
	if err != nil {
		return err
	}
	open := 0
	for _, other := range b.Jobs {
		if !other.State.Ended() {
			open++
		}
	}
	if open >= d.lim.Waiting {
		return fault.New(fault.Conflict, "replays", "of you are %d at work or wait already: cancel one, or wait for its end", open)
	}
	j.Number = b.Next
	b.Next++
	b.Jobs = append(b.Jobs, j)
	d.tidy(b)
	d.save(t, b)
	return nil
}

// drop forgets a job that never began.
func (d *Desk) drop(t access.Tenant, j *job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.books[t]
	b.Jobs = slices.DeleteFunc(b.Jobs, func(x *job) bool { return x == j })
	d.save(t, b)
}

// begin lets a job run in the background.
func (d *Desk) begin(t access.Tenant, j *job, s replay.Setup) (Run, error) {
	ctx, stop := context.WithCancelCause(d.ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		stop(nil)
		j.State, j.Ended, j.Expires = Interrupted, d.cfg.Now(), d.cfg.Now().AddDate(0, 0, d.lim.KeepDays)
		d.save(t, d.books[t])
		return j.Run, nil
	}
	j.cancel = func(to State) { stop(ended(to)) }
	d.wg.Go(func() {
		defer stop(nil)
		d.run(ctx, t, j, s)
	})
	return j.Run, nil
}

// ended is the cause of an end that is no failure.
type ended State

// Error is the state.
func (e ended) Error() string { return string(e) }

// run waits for a slot, replays, and keeps what was found.
func (d *Desk) run(ctx context.Context, t access.Tenant, j *job, s replay.Setup) {
	for _, place := range []chan struct{}{d.turn(t), d.slots} {
		select {
		case place <- struct{}{}:
			defer func() { <-place }()
		case <-ctx.Done():
			d.end(ctx, t, j, nil, ctx.Err())
			return
		}
	}
	d.change(t, func() { j.State, j.Begun = Running, d.cfg.Now() })
	rep, err := d.replay(ctx, t, j, s)
	d.end(ctx, t, j, rep, err)
}

// turn is the place of a tenant in the queue for slots. It has one, so that nobody's
// other replays stand before those of another tenant.
func (d *Desk) turn(t access.Tenant) chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.turns[t] == nil {
		d.turns[t] = make(chan struct{}, 1)
	}
	return d.turns[t]
}

func (d *Desk) change(t access.Tenant, f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	d.save(t, d.books[t])
}

// replay reads the events, and decides them.
func (d *Desk) replay(ctx context.Context, t access.Tenant, j *job, s replay.Setup) (rep *replay.Report, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	events, labels, err := d.cfg.History(ctx, t, s.From)
	if err != nil {
		return nil, err
	}
	s.Labels, s.Guard.Cold = labels, d.cfg.Cold
	s.Progress = func(p replay.Progress) {
		d.mu.Lock()
		j.Events, j.Changed, j.At = p.Events, p.Changed, p.At
		begun := j.Begun
		d.mu.Unlock()
		switch {
		case d.cfg.Now().Sub(begun) > time.Duration(d.lim.MaxMinutes)*time.Minute:
			stop(fault.New(fault.TooLarge, "", "the replay took longer than %d minutes: choose a shorter period, or replay a copy of the log (bonafide replay)", d.lim.MaxMinutes))
		case p.Events > d.lim.MaxEvents:
			stop(fault.New(fault.TooLarge, "", "the period has more than %d events: choose a shorter one, or replay a copy of the log (bonafide replay)", d.lim.MaxEvents))
		case p.Held > d.lim.MaxBytes:
			stop(fault.New(fault.TooLarge, "", "the replay needs more than %d MiB of memory: choose a shorter period, or replay a copy of the log (bonafide replay)", d.lim.MaxBytes>>20))
		}
	}
	r, err := replay.New(s)
	if err != nil {
		return nil, err
	}
	var broken error
	if err := r.Run(ctx, replay.Whole(ctx, events, &broken)); err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	if broken != nil {
		return nil, broken
	}
	rep = r.Report()
	return rep, d.unname(ctx, t, rep)
}

// unname takes the examples of erased accounts out of a report that was just made:
// the log has their events for ever. What is counted stays.
func (d *Desk) unname(ctx context.Context, t access.Tenant, rep *replay.Report) error {
	if d.cfg.Erased == nil {
		return nil
	}
	when := map[string]time.Time{}
	var failed error
	without(rep, func(x replay.Example) bool {
		at, ok := when[x.Account]
		if !ok && failed == nil {
			at, failed = d.cfg.Erased(ctx, t, x.Account)
			when[x.Account] = at
		}
		return !at.IsZero() && !x.Time.After(at)
	})
	if failed != nil {
		return fmt.Errorf("replays: ask who was erased: %w", failed)
	}
	return nil
}

// without takes examples out of a report and returns how many.
func without(rep *replay.Report, gone func(replay.Example) bool) (n int) {
	for _, list := range []*[]replay.Example{&rep.Examples.Caught, &rep.Examples.Missed, &rep.Examples.Annoyed, &rep.Examples.Freed} {
		kept := slices.DeleteFunc(slices.Clone(*list), gone)
		n += len(*list) - len(kept)
		*list = kept
	}
	return n
}

// end writes down how a job ended.
func (d *Desk) end(ctx context.Context, t access.Tenant, j *job, rep *replay.Report, err error) {
	state, trouble := Done, ""
	var by ended
	switch {
	case err == nil:
	case errors.As(context.Cause(ctx), &by):
		state, rep = State(by), nil
	case ctx.Err() != nil:
		state, rep = Interrupted, nil
	default:
		state, rep, trouble = Failed, nil, troubleOf(err)
		d.failed("replay", err)
	}
	d.change(t, func() {
		if rep != nil {
			without(rep, func(x replay.Example) bool { return slices.Contains(j.forgotten, x.Account) })
		}
		j.forgotten = nil
		j.State, j.Trouble, j.Result, j.Ended, j.cancel = state, trouble, rep, d.cfg.Now(), nil
		j.Expires = j.Ended.AddDate(0, 0, d.lim.KeepDays)
	})
}

// troubleOf is what may be told of an error: the text of a fault, which holds
// nothing of a record.
func troubleOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return strings.ToValidUTF8(f.Error(), "")
	}
	return "something went wrong on our side: the server's log tells what"
}

// Cancel ends a replay that waits or is at work (policy.replay).
func (d *Desk) Cancel(ctx context.Context, a access.Actor, number int64) error {
	if err := d.may(a, access.PolicyReplay); err != nil {
		return err
	}
	d.mu.Lock()
	b, err := d.book(a.Tenant)
	var j *job
	var cancel func(State)
	if err == nil {
		if j = b.find(number); j != nil {
			cancel = j.cancel
		}
	}
	d.mu.Unlock()
	switch {
	case err != nil:
		return err
	case j == nil:
		return errNone
	case cancel == nil:
		return fault.New(fault.Conflict, "state", "of the replay is an end already: nothing is to be cancelled")
	}
	if err := store.Change(ctx, d.cfg.Store, d.deed(a, "replay.cancel", number, "asked for"), func(store.Records) error { return nil }); err != nil {
		return err
	}
	cancel(Cancelled)
	return nil
}

// List returns the tenant's replays, newest first and without their reports
// (policy.read).
func (d *Desk) List(_ context.Context, a access.Actor) ([]Run, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := d.book(a.Tenant)
	if err != nil {
		return nil, err
	}
	if d.tidy(b) {
		d.save(a.Tenant, b)
	}
	out := make([]Run, 0, len(b.Jobs))
	for _, j := range slices.Backward(b.Jobs) {
		v := j.Run
		v.Result = nil
		out = append(out, v)
	}
	return out, nil
}

// Open returns a replay with its report, if it is done (policy.read). Examples,
// which name accounts by their hashes, are for those who may read decisions.
func (d *Desk) Open(_ context.Context, a access.Actor, number int64) (Run, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return Run{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := d.book(a.Tenant)
	if err != nil {
		return Run{}, err
	}
	if d.tidy(b) {
		d.save(a.Tenant, b)
	}
	j := b.find(number)
	if j == nil {
		return Run{}, errNone
	}
	v := j.Run
	if v.Result != nil && !a.Can(access.DecisionRead) {
		rep := *v.Result
		rep.Examples = replay.Examples{Caught: []replay.Example{}, Missed: []replay.Example{}, Annoyed: []replay.Example{}, Freed: []replay.Example{}}
		v.Result = &rep
	}
	return v, nil
}

// Forget takes the examples of an account, named by its hash, out of all results, and
// out of those that are being made:
// what a person whose records are erased has a right to. It returns how many it took.
func (d *Desk) Forget(t access.Tenant, account string) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := d.book(t)
	if err != nil {
		return 0, err
	}
	for _, j := range b.Jobs {
		if j.Result == nil {
			if !j.State.Ended() {
				j.forgotten = append(j.forgotten, account)
			}
			continue
		}
		rep := *j.Result // who reads the old one goes on reading it
		n += without(&rep, func(x replay.Example) bool { return x.Account == account })
		j.Result = &rep
	}
	if n > 0 {
		d.save(t, b)
	}
	return n, nil
}
