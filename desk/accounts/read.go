package accounts

import (
	"context"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
)

// spot is where an event stands in the log, and when it came.
type spot struct {
	at       eventlog.Position
	received time.Time
}

// stretch is a part of the log, parsed: the lane's own events, and where they stand.
type stretch struct {
	events []event.Event
	spots  []spot
	err    error
}

// tellEvery is after how many events of a long reading it is told how far it is.
const tellEvery = 1 << 16

// catchUp decides what stands in the log after the lane's place. While one part
// is decided, the next is read and parsed; at most three are in memory.
func (l *lane) catchUp(ctx context.Context, g *guard.Guard, note func(*event.Event, *guard.Decision, spot)) error {
	ctx, stop := context.WithCancel(ctx)
	parts := make(chan stretch, 1)
	go func() {
		defer close(parts)
		l.readOn(ctx, l.place+1, parts)
	}()
	defer func() {
		stop()
		for range parts { // until it has ended
		}
	}()
	n := 0
	for p := range parts {
		for i := range p.events {
			d := g.Decide(&p.events[i])
			note(&p.events[i], &d, p.spots[i])
		}
		if p.err != nil {
			return p.err
		}
		if n += len(p.events); n >= tellEvery {
			n = 0
			l.reading(ctx)
		}
	}
	l.tell()
	return ctx.Err()
}

// reading tells how far a long reading is.
func (l *lane) reading(ctx context.Context) {
	l.tell()
	if f := l.desk.cfg.Watch.Reading; f != nil {
		if last, err := l.in.Last(ctx); err == nil {
			f(l.place, last)
		}
	}
}

// readOn reads the log from a place on to its end, or to the first error, which
// is part of the last stretch.
func (l *lane) readOn(ctx context.Context, from eventlog.Position, out chan<- stretch) {
	var s stretch
	give := func() bool {
		select {
		case out <- s:
			s = stretch{events: make([]event.Event, 0, len(s.events)), spots: make([]spot, 0, len(s.spots))}
			return true
		case <-ctx.Done():
			return false
		}
	}
	for r, err := range l.in.Walk(ctx, from, eventlog.End) {
		var e event.Event
		var received time.Time
		if err == nil {
			e, received, err = past.EventOf(r)
		}
		if err != nil {
			s.err = err
			break
		}
		s.events, s.spots = append(s.events, e), append(s.spots, spot{r.Position, received})
		if len(s.events) >= stretchOf && !give() {
			return
		}
	}
	give()
}

// stretchOf is how many events of the log are decided at a time while others are
// read.
const stretchOf = 2048
