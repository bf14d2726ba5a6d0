package accounts

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"bonafide/access"
	"bonafide/account/burst"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/window"
	"bonafide/desk/accounts/past"
	"bonafide/desk/accounts/trail"
	"bonafide/eventlog"
	"bonafide/fault"
)

// call is one submission on its way.
type call struct {
	events  []event.Event // sealed
	entries []eventlog.Event
	// received is when the events came.
	received time.Time
	decide   bool
	// receipts, decisions and err hold once done is closed.
	receipts  []eventlog.Receipt
	decisions []guard.Decision
	// look, if set, is called by the decider after the events of the call.
	look func(*lane)
	// by is the policy that decided, but for those in others, by their place.
	by     *policy.Policy
	others map[int]*policy.Policy
	err    error
	done   chan struct{}
}

// policyOf is the policy that decided the event at a place of the call.
func (c *call) policyOf(i int) *policy.Policy {
	if p := c.others[i]; p != nil {
		return p
	}
	return c.by
}

// written is what one append brought to the log.
type written struct {
	calls []*call
	// change is a policy that is to decide from now on; then there are no calls.
	change *incoming
	// behind: an append before failed, and the log may hold what no receipt tells of.
	behind bool
}

// lane is the way of one tenant's events: a queue, a writer that appends all that
// waits at once, and a decider that takes what is written in the order of the
// log. The decider owns the guard.
type lane struct {
	desk   *Desk
	tenant access.Tenant
	in     eventlog.Strand // its part of the log
	ready  chan struct{}   // closed when the log was read up to its end, or that failed
	failed error           // why it failed; holds once ready is closed
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex // guards what follows
	wake    *sync.Cond
	queue   []*call
	waiting int // events in the queue
	pending int // events that are written and not decided
	closed  bool

	toDecide chan written
	keeper   *keeper
	trail    *trail.Trail
	held     atomic.Pointer[window.Stats] // what the windows held when it was last told

	// reign is the policy that decides, trial that of the candidate (nil: none), seen
	// the last burst of declines, at the place of the last event that was decided.
	reign atomic.Pointer[reign]
	trial atomic.Pointer[trial]
	seen  atomic.Pointer[Burst]
	at    atomic.Uint64

	kick   chan struct{} // look which policy is live
	alarms chan alarm

	// Only the minder uses what follows.
	aside *incoming // a guard that may decide again
	told  reigning  // the reign of which a burst was told

	// Only the decider uses what follows.
	guard    *guard.Guard
	place    eventlog.Position // of the last event that was decided
	since    int               // events since the last snapshot
	snapshot time.Time         // when it was taken
	begun    time.Time         // when the last policy began
	unsure   *incoming         // a change that may stand in the records
	detector *burst.Detector   // nil: no bursts are looked for
}

// newLane makes a lane and has it read the log.
func (d *Desk) newLane(t access.Tenant) *lane {
	ctx, stop := context.WithCancel(context.Background())
	in := past.Strand(d.cfg.Log, t)
	l := &lane{desk: d, tenant: t, in: in, ready: make(chan struct{}), stop: stop,
		toDecide: make(chan written, 4), trail: trail.New(d.lim.Trail), kick: make(chan struct{}, 1), alarms: make(chan alarm, 1)}
	if d.cfg.Burst != (burst.Rule{}) {
		l.detector, _ = burst.New(d.cfg.Burst) // New has checked it
	}
	l.wake = sync.NewCond(&l.mu)
	l.keeper = newKeeper(d)
	l.wg.Go(func() { l.run(ctx) })
	return l
}

// run reads the log and then lets events through until the lane is closed.
func (l *lane) run(ctx context.Context) {
	defer l.stop()
	end, err := l.in.Last(ctx)
	if err == nil {
		l.keeper.until.Store(int64(end)) //nolint:gosec // positions are small
		err = l.recover(ctx)
	}
	if err != nil {
		l.failed = err
		l.desk.forget(l)
		l.desk.isRead(l.tenant, ctx.Err() != nil)
		l.desk.failed("read the log of events", err)
		close(l.ready)
		l.keeper.close()
		return
	}
	l.snapshot = l.desk.cfg.Now()
	l.desk.isRead(l.tenant, true)
	close(l.ready)
	var deciding, minding sync.WaitGroup
	deciding.Go(l.decideAll)
	care, enough := context.WithCancel(ctx)
	minding.Go(func() { l.mind(care) })
	l.writeAll(ctx)
	enough()
	minding.Wait() // it sends to the decider
	close(l.toDecide)
	deciding.Wait()
	l.keeper.close()
	l.save()
}

// forget lets the next submission try with a new lane.
func (d *Desk) forget(l *lane) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lanes[l.tenant] == l {
		delete(d.lanes, l.tenant)
	}
}

// isRead notes whether the log of a tenant could be read.
func (d *Desk) isRead(t access.Tenant, is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if is {
		delete(d.unread, t)
	} else {
		d.unread[t] = true
	}
}

// begin waits until the log was read.
func (l *lane) begin(ctx context.Context) error {
	select {
	case <-l.ready:
		return l.failed
	case <-ctx.Done():
		return fault.New(fault.Temporary, "", "the guard still reads its log: try again in a moment")
	}
}

// enqueue puts a submission into the queue or refuses it.
func (l *lane) enqueue(c *call) error {
	if err := readable(c.entries); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	// One alone always fits: its own bounds are those of an append.
	if l.waiting > 0 && l.waiting+len(c.events) > l.desk.lim.Waiting {
		return fault.New(fault.Temporary, "", "%d events wait already, more than can be taken now: try again in a second, and send many events at once", l.waiting)
	}
	l.queue = append(l.queue, c)
	l.waiting += len(c.events)
	l.wake.Signal()
	return nil
}

// readable refuses what the log would not take, before it stands beside what
// others send, and what could not be read back: a few characters take more room
// in the log than they took when they came.
func readable(entries []eventlog.Event) error {
	if err := eventlog.Check(entries); err != nil {
		return err
	}
	for i := range entries {
		_, _, raw, err := past.Split(entries[i].Data)
		if err != nil {
			return err
		}
		if len(raw) > event.MaxSize {
			return fault.New(fault.TooLarge, "", "event %d has %d bytes as the log writes it: at most %d; send shorter texts", i+1, len(raw), event.MaxSize)
		}
	}
	return nil
}

// next waits for submissions and takes as many as one append holds; none means
// the end.
func (l *lane) next() (calls []*call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 {
		if l.closed {
			return nil
		}
		l.wake.Wait()
	}
	n := 0
	for len(l.queue) > 0 && (n == 0 || n+len(l.queue[0].events) <= eventlog.MaxAppend) {
		c := l.queue[0]
		n += len(c.events)
		calls, l.queue = append(calls, c), l.queue[1:]
	}
	l.waiting -= n
	l.pending += n
	return calls
}

// writeAll appends what waits until the lane is closed and its queue is empty.
func (l *lane) writeAll(ctx context.Context) {
	behind := false
	for {
		calls := l.next()
		if len(calls) == 0 {
			return
		}
		var entries []eventlog.Event
		for _, c := range calls {
			entries = append(entries, c.entries...)
		}
		var receipts []eventlog.Receipt
		var err error
		if len(entries) > 0 {
			receipts, err = l.desk.cfg.Log.Append(ctx, entries...)
		}
		if err != nil {
			behind = true
			l.answered(len(entries))
			for _, c := range calls {
				c.err = err
				close(c.done)
			}
			continue
		}
		for _, c := range calls {
			c.receipts, receipts = receipts[:len(c.events)], receipts[len(c.events):]
			c.entries = nil
			if !c.decide {
				close(c.done)
			}
		}
		l.toDecide <- written{calls: calls, behind: behind}
		behind = false
	}
}

func (l *lane) answered(n int) {
	l.mu.Lock()
	l.pending -= n
	l.mu.Unlock()
}

// decideAll decides what was written, in the order of the log.
func (l *lane) decideAll() {
	behind := false // the log holds what the guard has not read: until that was read, nothing else is decided
	for {
		w, more := l.toDo(behind)
		if !more {
			return
		}
		if w.change != nil {
			l.change(w.change)
			behind = behind || l.unsure != nil
			continue
		}
		behind = behind || w.behind
		err := l.settleChange()
		if err == nil && behind {
			err = l.catchUp(context.Background(), l.guard, l.live)
		}
		behind = err != nil
		n := 0
		for _, c := range w.calls {
			n += len(c.events)
			l.decideCall(c, err)
		}
		l.answered(n)
		if t := l.trial.Load(); t != nil {
			t.hurry()
		}
		l.tell()
		if l.since >= l.desk.lim.SnapshotEvents || l.since > 0 && l.desk.cfg.Now().Sub(l.snapshot) >= l.desk.lim.SnapshotEvery {
			l.save()
		}
	}
}

// toDo waits for what was written. Who is behind waits a second at most, and
// then reads the log again.
func (l *lane) toDo(behind bool) (w written, more bool) {
	if !behind {
		w, more = <-l.toDecide
		return w, more
	}
	select {
	case w, more = <-l.toDecide:
		return w, more
	case <-time.After(time.Second):
		return written{}, true
	}
}

// decideCall decides the events of one submission and answers it. err is why the
// log could not be read up to it. A call that wants no decision was answered
// before and is not touched.
func (l *lane) decideCall(c *call, err error) {
	if c.decide {
		c.decisions, c.err, c.by = make([]guard.Decision, len(c.events)), err, l.reign.Load().policy
		defer close(c.done) // otherwise it is closed already, and the call is the caller's
	}
	for i := range c.events {
		e, r := &c.events[i], c.receipts[i]
		switch {
		case err != nil:
			if c.decide {
				c.err = err
			}
			return
		case r.Position > l.place:
			d := l.guard.Decide(e)
			l.live(e, &d, spot{r.Position, c.received})
			if c.decide {
				c.decisions[i] = d
			}
		case c.decide && c.err == nil:
			l.repeat(c, i)
		}
	}
	if c.look != nil && err == nil {
		c.look(l)
	}
}

// repeat answers an event that was decided before.
func (l *lane) repeat(c *call, i int) {
	var by *policy.Policy
	if c.decisions[i], by, c.err = l.again(&c.events[i], c.receipts[i].Position); by != nil && by != c.by {
		if c.others == nil {
			c.others = map[int]*policy.Policy{}
		}
		c.others[i] = by
	}
}

// again is the decision of an event that was decided before, at a place of the log.
// What nobody remembers any more was either kept, or allowed; where the records
// cannot be asked, that is the answer. What a policy of before decided is not what
// the present one thinks of it.
func (l *lane) again(e *event.Event, at eventlog.Position) (guard.Decision, *policy.Policy, error) {
	id, r := guard.IDOf(e), l.reign.Load()
	if at >= r.since {
		if d, ok := l.guard.Recall(id); ok {
			return d, r.policy, nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if !l.keeper.flush(ctx) { // it may be on its way there
		return guard.Decision{}, nil, fault.New(fault.Temporary, "", "what was decided of this event cannot be looked up now: send the same again")
	}
	x, err := l.desk.kept(ctx, l.tenant, id)
	switch {
	case err == nil:
		x.decision.Repeated = true
		return x.decision, x.policy, nil
	case fault.KindOf(err) != fault.NotFound:
		return guard.Decision{}, nil, err
	}
	p := r.policy
	return guard.Decision{ID: id, Policy: p.Name, Version: p.Version, Digest: [8]byte(p.Digest[:8]), Time: e.Micros(), Type: e.Type, Repeated: true}, p, nil
}

// live notes an event that was decided now.
func (l *lane) live(e *event.Event, d *guard.Decision, x spot) {
	l.decided(e, d, x)
	r := l.reign.Load()
	if t := l.trial.Load(); t != nil {
		t.leave(x.at, r, d)
	}
	l.watch(r.policy.Decides(e.Type) && !d.Repeated && !d.Late, e.Time, d.Action > policy.Allow)
	if f := l.desk.cfg.Watch.Decided; f != nil {
		f(e.Type, d.Action)
	}
}

// decided notes what was decided of an event at a place of the log.
func (l *lane) decided(e *event.Event, d *guard.Decision, x spot) {
	l.passed(e, x.at)
	if d.Action > policy.Allow && !d.Repeated {
		// What is past its time was erased, or never should be kept.
		if row := l.desk.recordOf(l.tenant, l.reign.Load(), e, d, x.at); row.RetainUntil.After(row.Made) {
			l.keeper.put(unkept{row, x.received})
		}
	}
}

func (l *lane) waitingNow() (events, decisions int) {
	l.mu.Lock()
	events = l.waiting + l.pending
	l.mu.Unlock()
	return events, l.keeper.waiting()
}

// close lets what waits through and ends the lane.
func (l *lane) close() error {
	l.mu.Lock()
	l.closed = true
	l.wake.Broadcast()
	l.mu.Unlock()
	l.keeper.hurry()
	select {
	case <-l.ready:
	default:
		l.stop() // it still reads the log
	}
	l.wg.Wait()
	return nil
}
