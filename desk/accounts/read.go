package accounts

import (
	"context"
	"fmt"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/eventlog"
)

// stretch is a part of the log, parsed: the lane's own events and their places.
type stretch struct {
	events []event.Event
	places []eventlog.Position
	err    error
}

// tellEvery is after how many events of a long reading it is told how far it is.
const tellEvery = 1 << 16

// catchUp decides what stands in the log after the lane's place. While one part
// is decided, the next is read and parsed; at most three are in memory.
func (l *lane) catchUp(ctx context.Context, g *guard.Guard, note func(*event.Event, *guard.Decision, eventlog.Position)) error {
	ctx, stop := context.WithCancel(ctx)
	parts := make(chan stretch, 1)
	go func() {
		defer close(parts)
		l.readOn(ctx, l.desk.cfg.Log, l.place+1, parts)
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
			note(&p.events[i], &d, p.places[i])
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
		if last, err := l.desk.cfg.Log.Last(ctx, l.part); err == nil {
			f(l.place, last)
		}
	}
}

// readOn reads the log from a place on to its end, or to the first error, which
// is part of the last stretch.
func (l *lane) readOn(ctx context.Context, log eventlog.Log, from eventlog.Position, out chan<- stretch) {
	for more := true; more; {
		var s stretch
		records, err := log.Read(ctx, l.part, from, eventlog.MaxAppend)
		if err != nil {
			s.err = fmt.Errorf("accounts: read the log: %w", err)
		}
		for i := range records {
			r := &records[i]
			from = r.Position + 1
			if r.Tenant != l.tenant || r.Key != logKey {
				continue
			}
			e, _, err := eventOf(r)
			if err != nil {
				s.err = err
				break
			}
			s.events, s.places = append(s.events, e), append(s.places, r.Position)
		}
		more = s.err == nil && len(records) > 0
		select {
		case out <- s:
		case <-ctx.Done():
			return
		}
	}
}
