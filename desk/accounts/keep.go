package accounts

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/store"
)

// keeper brings decisions into the records, many in one transaction. What it
// loses by a crash is decided again from the log: a snapshot waits for it.
type keeper struct {
	desk *Desk
	wg   sync.WaitGroup
	// until is the end of the log when the lane began to read it: decisions up to
	// there may have been kept before, and erased one by one.
	until atomic.Int64

	mu     sync.Mutex // guards what follows
	moved  *sync.Cond
	queue  []unkept
	handed uint64 // how many were ever put
	kept   uint64 // how many of them are kept, or never can be
	closed bool
	ending bool          // the desk closes: no waiting for a store that fails
	fresh  chan struct{} // closed when something was kept
	giveUp bool          // closing, and the store fails: what is left is decided again at the next start
}

func newKeeper(d *Desk) *keeper {
	k := &keeper{desk: d, fresh: make(chan struct{})}
	k.until.Store(math.MaxInt64)
	k.moved = sync.NewCond(&k.mu)
	k.wg.Go(k.run)
	return k
}

// unkept is a decision on its way to the records, of an event that came then.
type unkept struct {
	store.Decision
	received time.Time
}

// put hands a decision over; it waits while too many wait.
func (k *keeper) put(d unkept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.queue) >= k.desk.lim.Unkept && !k.giveUp {
		k.moved.Wait()
	}
	k.queue = append(k.queue, d)
	k.handed++
	k.moved.Broadcast()
}

func (k *keeper) waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return int(k.handed - k.kept) //nolint:gosec // what waits is bounded
}

// news is closed when something is kept after the call.
func (k *keeper) news() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fresh
}

// flush waits until all that was put is kept; false when the context ends before.
func (k *keeper) flush(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		k.mu.Lock()
		k.moved.Broadcast()
		k.mu.Unlock()
	})
	defer stop()
	k.mu.Lock()
	defer k.mu.Unlock()
	for want := k.handed; k.kept < want; k.moved.Wait() {
		if ctx.Err() != nil || k.giveUp {
			return false
		}
	}
	return true
}

// keepAtOnce is how many decisions go into one transaction.
const keepAtOnce = 256

func (k *keeper) run() {
	for {
		k.mu.Lock()
		for len(k.queue) == 0 && !k.closed {
			k.moved.Wait()
		}
		n := min(len(k.queue), keepAtOnce)
		list := k.queue[:n]
		k.mu.Unlock()
		if n == 0 {
			return
		}
		if !k.keep(list) {
			return
		}
		k.mu.Lock()
		k.queue = k.queue[n:]
		k.kept += uint64(n) //nolint:gosec // at most keepAtOnce
		close(k.fresh)
		k.fresh = make(chan struct{})
		k.moved.Broadcast()
		k.mu.Unlock()
	}
}

// keep writes decisions and tries again while the store fails; false when the
// desk closes meanwhile.
func (k *keeper) keep(list []unkept) bool {
	for try := 0; ; try++ {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err := k.write(ctx, list)
		cancel()
		if err == nil {
			return true
		}
		if list = k.keepable(list); len(list) == 0 {
			return true
		}
		if try == 0 {
			k.desk.failed("keep decisions; it is tried again", err)
		}
		k.mu.Lock()
		if k.ending {
			k.giveUp = true
			k.moved.Broadcast()
			k.mu.Unlock()
			return false
		}
		k.mu.Unlock()
		time.Sleep(min(time.Duration(try+1)*50*time.Millisecond, time.Second))
	}
}

// keepable leaves out what is wrong by itself and so can never be kept. What the
// database refuses for a reason of its own, a password or a right among them, is
// not given up.
func (k *keeper) keepable(list []unkept) (out []unkept) {
	for i := range list {
		if err := list[i].Check(); err != nil {
			k.desk.failed("keep a decision that can never be kept", err)
			continue
		}
		out = append(out, list[i])
	}
	return out
}

func (k *keeper) write(ctx context.Context, list []unkept) error {
	return k.desk.cfg.Store.Write(ctx, func(r store.Records) error {
		left, err := k.unburied(ctx, r, list)
		if err != nil {
			return err
		}
		_, err = r.Decisions.Add(ctx, left)
		return err
	})
}

// unburied leaves out what was erased and only came out of the log again, and what
// was on its way here when its account was erased: that had no note yet.
func (k *keeper) unburied(ctx context.Context, r store.Records, list []unkept) ([]store.Decision, error) {
	out := make([]store.Decision, 0, len(list))
	gone := map[past.Subject]time.Time{}
	for i := range list {
		x := &list[i]
		when, err := k.erasedAt(ctx, r, gone, x)
		if err != nil {
			return nil, err
		}
		if !x.received.After(when) {
			continue
		}
		if x.Place <= k.until.Load() {
			was, err := r.Erasures.Has(ctx, x.Tenant, KindDecision, store.Buried(x.Tenant, KindDecision, string(x.ID)))
			if err != nil {
				return nil, err
			}
			if was {
				continue
			}
		}
		out = append(out, x.Decision)
	}
	return out, nil
}

// erasedAt is when the account of a decision was erased, or its decisions were; the
// zero time: they were not. Answers are remembered in known.
func (k *keeper) erasedAt(ctx context.Context, r store.Records, known map[past.Subject]time.Time, x *unkept) (time.Time, error) {
	name, err := k.desk.subjectOf(x.Tenant, x.Account)
	if err != nil {
		return time.Time{}, err
	}
	s := past.Subject{Tenant: x.Tenant, Name: name}
	when, there := known[s]
	if !there {
		if when, err = past.ErasedAt(ctx, r, s); err != nil {
			return time.Time{}, err
		}
		alone, err := r.Erasures.When(ctx, x.Tenant, KindDecision, store.Buried(x.Tenant, KindDecision, past.DecisionsOf(name)))
		if err != nil {
			return time.Time{}, err
		}
		if alone.After(when) {
			when = alone
		}
		known[s] = when
	}
	return when, nil
}

// hurry says that the desk closes: from now on a store that fails is not waited
// for, and what is left is decided again at the next start.
func (k *keeper) hurry() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ending = true
}

// close waits for what was put, as far as the store takes it.
func (k *keeper) close() {
	k.mu.Lock()
	k.closed, k.ending = true, true
	k.moved.Broadcast()
	k.mu.Unlock()
	k.wg.Wait()
}

// recordOf is a decision as it is kept, by the policy that decided it. Its time begins with the
// event, so that it is the same when the log is decided again.
func (d *Desk) recordOf(t access.Tenant, r *reign, e *event.Event, x *guard.Decision, at eventlog.Position) store.Decision {
	now := d.cfg.Now()
	rules := make([]string, 0, len(x.Hits))
	for _, h := range x.Hits {
		rules = append(rules, r.policy.Rules[h.Rule].ID)
	}
	return store.Decision{Tenant: t, ID: store.DecisionID(idText(x.ID)), Made: now, Happened: e.Time, Place: int64(at), Type: string(e.Type), //nolint:gosec // positions are small
		Account: e.Context.Account, Purchase: order(e), Action: x.Action.String(), Score: x.Score, Digest: r.digest,
		Rules: rules, Body: x.Append(nil), Event: string(e.JSON()), RetainUntil: e.Time.AddDate(0, 0, d.days), Revision: 1}
}
