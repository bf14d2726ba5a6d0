package contacts

import (
	"context"

	"bonafide/fault"
)

// Contacts of this size take turns at the processor. Shorter ones are done in a
// fraction of a millisecond, and longer ones would make all others wait for them:
// both share it as the runtime sees fit.
const (
	turnFrom = 4 << 10
	turnTo   = 256 << 10
)

// turns lets as many checks compute at a time as there are processors, those that
// came first before the others. Checks of about equal length that share a
// processor all end late: with half of the processors' time asked for, the slowest
// of a hundred takes 3.4 times as long as it would alone, and 2.6 times in turns.
type turns chan struct{}

// turn is what one check has of them, on its own goroutine.
type turn struct {
	of   turns
	held bool
}

type turnKey struct{}

// enter waits for a turn, if the request is one to wait; leave gives it back.
// What is done with the context may put it aside while it waits for others.
func (t turns) enter(ctx context.Context, req *Request) (within context.Context, leave func(), err error) {
	if size := len(req.Raw) + len(req.Text) + len(req.Words); size < turnFrom || size > turnTo || cap(t) == 0 {
		return ctx, func() {}, nil
	}
	select {
	case t <- struct{}{}:
		x := &turn{t, true}
		return context.WithValue(ctx, turnKey{}, x), x.leave, nil
	case <-ctx.Done():
		return nil, nil, fault.New(fault.Temporary, "", "the server was busy for too long: try again in a moment")
	}
}

// aside gives the turn back while the check waits for others: a name server, a
// program that reads pictures, the shop's books. The function that it returns waits
// for the next turn.
func aside(ctx context.Context) (back func()) {
	t, ok := ctx.Value(turnKey{}).(*turn)
	if !ok {
		return func() {}
	}
	t.leave()
	return func() {
		t.of <- struct{}{}
		t.held = true
	}
}

// leave gives the turn back, where it was not put aside by what then broke.
func (t *turn) leave() {
	if t.held {
		t.held = false
		<-t.of
	}
}
