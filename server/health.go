package server

import (
	"context"
	"path/filepath"
	"runtime"
	"time"

	"bonafide/desk/system"
	"bonafide/eventlog"
)

// facts is what the server knows of itself, for the health page.
func (s *Server) facts(ctx context.Context) system.Facts {
	f := system.Facts{Version: s.opt.Version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Started: s.started,
		Stopping: !s.ready.Load(), Ping: s.probe.check(ctx, time.Now())}
	if f.Version == "" {
		f.Version = "dev"
	}
	if last := s.swept.Load(); last != nil {
		f.Swept, f.Failed = last.when, last.failed
	}
	if about, err := s.opt.Store.About(ctx); err == nil && about.File != "" {
		f.Disk = disk(filepath.Dir(about.File))
	}
	n, more, err := s.reports.Overdue(ctx)
	if err == nil {
		late := n > 0 && time.Since(s.started) > 2*sweepEvery
		f.Queues = append(f.Queues, system.Queue{Code: "erase", Waiting: int64(n), More: more, Late: late})
	}
	if s.accounts != nil {
		f.Log = eventLog(ctx, s.opt.Events.Log)
		f.Log.Unread, _ = s.accounts.Unread()
		events, decisions := s.accounts.Waiting()
		f.Queues = append(f.Queues, system.Queue{Code: "events", Waiting: int64(events)}, system.Queue{Code: "decisions", Waiting: int64(decisions)})
	}
	// The request that asks is none of them: it changes nothing and takes no slot.
	f.Queues = append(f.Queues, system.Queue{Code: "checks", Waiting: int64(len(s.lim.slots)), Late: len(s.lim.slots) == cap(s.lim.slots)})
	return f
}

// eventLog is what the log of events tells of itself.
func eventLog(ctx context.Context, l eventlog.Log) *system.Log {
	out := &system.Log{Partitions: l.Partitions(), Ping: l.Ping(ctx)}
	for i := range out.Partitions {
		last, err := l.Last(ctx, i)
		if err != nil {
			out.Ping = err
		}
		out.Events += int64(last) //nolint:gosec // a position counts from 1 without gaps
	}
	return out
}
