package load

import (
	"context"
	"os"
	"runtime"
	"time"

	"bonafide/eventlog"
)

// Floor is what the disk alone takes, in the same run: so many bytes as one
// event takes in the log, appended to a plain file and synced.
type Floor struct {
	Bytes int `json:"bytes"`
	// P50 and P99 are of one write and sync, in milliseconds.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	// DueP50 and DueP99 are from when an event was due until it was synced, by a
	// program that does nothing else: what became due during a sync goes into the
	// next. One slow sync makes all wait that come meanwhile, so that the 99th
	// percentile is far above that of the syncs. No log is better on this disk.
	DueP50 float64 `json:"due_p50_ms"`
	DueP99 float64 `json:"due_p99_ms"`
	// LateP50 and LateP99 are how late the sender itself was, in milliseconds; a
	// single event's time is counted from when it was due, so it holds them.
	LateP50 float64 `json:"sender_late_p50_ms"`
	LateP99 float64 `json:"sender_late_p99_ms"`
}

// floor writes events at the pace of the single events, and syncs what is due.
func (r *Result) floor(ctx context.Context, o Options, dir string, raw [][]byte) error {
	f, err := os.Create(dir + "/floor")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	punctual()
	took, waited := make([]time.Duration, 0, len(raw)), make([]time.Duration, 0, len(raw))
	start := time.Now()
	due := func(i int) time.Time { return start.Add(time.Duration(i) * time.Second / time.Duration(o.Rate)) }
	for i := 0; i < len(raw); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sleepUntil(due(i))
		begun := time.Now()
		events := make([]eventlog.Event, 0, 1)
		for n := i; n < len(raw) && len(events) < eventlog.MaxFrame && !due(n).After(begun); n++ {
			events = append(events, eventlog.Event{Tenant: "main", ID: "load\x1f" + dir, Key: "main", Data: raw[n]})
		}
		frame := eventlog.AppendFrame(nil, 0, eventlog.Position(i)+1, events) //nolint:gosec // an index
		if _, err := f.Write(frame); err != nil {
			return err
		}
		if err := datasync(f); err != nil {
			return err
		}
		end := time.Now()
		took = append(took, end.Sub(begun))
		for range events {
			waited = append(waited, end.Sub(due(i)))
			i++
		}
		r.Durable.Floor.Bytes = len(frame) / len(events)
	}
	r.Durable.Floor.P50, r.Durable.Floor.P99 = quantiles(took)
	r.Durable.Floor.DueP50, r.Durable.Floor.DueP99 = quantiles(waited)
	return nil
}
