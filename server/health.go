package server

import (
	"context"
	"path/filepath"
	"runtime"
	"time"

	"bonafide/desk/system"
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
	// The request that asks is none of them: it changes nothing and takes no slot.
	f.Queues = append(f.Queues, system.Queue{Code: "checks", Waiting: int64(len(s.lim.slots)), Late: len(s.lim.slots) == cap(s.lim.slots)})
	return f
}
