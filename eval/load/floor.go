package load

import (
	"context"
	"os"
	"time"

	"bonafide/eventlog"
)

// Floor is what the disk alone takes, in the same run: so many bytes as one
// event takes in the log, appended to a plain file and synced.
type Floor struct {
	Bytes int     `json:"bytes"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	// LateP50 and LateP99 are how late the sender itself was, in milliseconds; a
	// single event's time is counted from when it was due, so it holds them.
	LateP50 float64 `json:"sender_late_p50_ms"`
	LateP99 float64 `json:"sender_late_p99_ms"`
}

// floor syncs n times at the pace of the single events, one after the other.
func (r *Result) floor(ctx context.Context, o Options, dir string, raw [][]byte) error {
	f, err := os.Create(dir + "/floor")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	took := make([]time.Duration, 0, len(raw))
	start := time.Now()
	for i, data := range raw {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		frame := eventlog.AppendFrame(nil, 0, eventlog.Position(i)+1, []eventlog.Event{{Tenant: "main", ID: "load\x1f" + dir, Key: "main", Data: data}}) //nolint:gosec // an index
		sleepUntil(start.Add(time.Duration(i) * time.Second / time.Duration(o.Rate)))
		begun := time.Now()
		if _, err := f.Write(frame); err != nil {
			return err
		}
		if err := datasync(f); err != nil {
			return err
		}
		took = append(took, time.Since(begun))
		r.Durable.Floor.Bytes = len(frame)
	}
	r.Durable.Floor.P50, r.Durable.Floor.P99 = quantiles(took)
	return nil
}
