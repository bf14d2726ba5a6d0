// Package memory is the log of events in memory: for tests, for trying a policy
// out, and as the reference that other logs are compared with. What it holds is
// gone when it is closed, so it is not for a server that must forget nothing.
//
//	log := memory.New(memory.Options{Partitions: 4})
package memory

import (
	"bytes"
	"context"
	"sync"

	"bonafide/eventlog"
	"bonafide/fault"
)

// Options are how a log is made. Zero values mean the defaults.
type Options struct {
	// Partitions is their number (default 8).
	Partitions int
	// Window is for how many of the newest events of a partition a repetition
	// is recognised (default 65,536).
	Window int
	// MaxBytes bounds all events together; beyond, appends are refused with
	// fault.Temporary (default 256 MiB).
	MaxBytes int
}

// Log is a log in memory.
type Log struct {
	mu     sync.Mutex // guards what follows
	parts  []part
	bytes  int
	max    int
	closed bool
}

type part struct {
	records []eventlog.Record
	recent  *eventlog.Recent
}

// New makes an empty log.
func New(o Options) *Log {
	if o.Partitions == 0 {
		o.Partitions = 8
	}
	if o.Window == 0 {
		o.Window = 1 << 16
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 256 << 20
	}
	l := &Log{parts: make([]part, min(max(o.Partitions, 1), eventlog.MaxPartitions)), max: o.MaxBytes}
	for i := range l.parts {
		l.parts[i].recent = eventlog.NewRecent(o.Window)
	}
	return l
}

// Append keeps copies of events.
func (l *Log) Append(ctx context.Context, events ...eventlog.Event) ([]eventlog.Receipt, error) {
	if err := eventlog.Check(events); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, eventlog.ErrClosed
	}
	out := make([]eventlog.Receipt, len(events))
	for i, e := range events {
		n := eventlog.Partition(e.Tenant, e.Key, len(l.parts))
		p := &l.parts[n]
		if at := p.recent.Find(&e); at > 0 {
			out[i] = eventlog.Receipt{Partition: n, Position: at, Repeated: true}
			continue
		}
		if l.bytes+e.Size() > l.max {
			return nil, fault.New(fault.Temporary, "", "eventlog: append: the memory of %d bytes for it is full: raise it, or keep the log on a disk", l.max)
		}
		l.bytes += e.Size()
		e.Data = bytes.Clone(e.Data)
		at := eventlog.Position(len(p.records) + 1) //nolint:gosec // a length
		p.records = append(p.records, eventlog.Record{Event: e, Partition: n, Position: at})
		p.recent.Add(&e, at)
		out[i] = eventlog.Receipt{Partition: n, Position: at}
	}
	return out, nil
}

// Read returns records of a partition; their data must not be changed.
func (l *Log) Read(ctx context.Context, partition int, from eventlog.Position, limit int) ([]eventlog.Record, error) {
	if err := eventlog.CheckRead(l, partition, limit); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, eventlog.ErrClosed
	}
	all := l.parts[partition].records
	start := min(uint64(max(from, 1)-1), uint64(len(all)))
	all = all[start:]
	return append([]eventlog.Record(nil), all[:min(limit, len(all))]...), nil
}

// Last is the newest position of a partition.
func (l *Log) Last(ctx context.Context, partition int) (eventlog.Position, error) {
	if err := eventlog.CheckRead(l, partition, 1); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, eventlog.ErrClosed
	}
	return eventlog.Position(len(l.parts[partition].records)), ctx.Err() //nolint:gosec // a length
}

// Partitions is how many there are.
func (l *Log) Partitions() int { return len(l.parts) }

// Ping tells whether the log is open.
func (l *Log) Ping(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return eventlog.ErrClosed
	}
	return ctx.Err()
}

// Close forgets everything.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for i := range l.parts {
		l.parts[i].records = nil
	}
	return nil
}
