package system

import "time"

// Level is how urgent a finding is.
type Level string

// The levels. Bad means that the server cannot do its work, or that a proof is
// broken; Watch that somebody should act within days.
const (
	Bad   Level = "bad"
	Watch Level = "watch"
)

// Finding is something that somebody should do. Its texts, what it is and what to
// do, are data and go by the code.
type Finding struct {
	Code  string
	Level Level
}

// Bounds of the judgement. They are habits of operating, not measured: a backup a
// day is usual, and a week without one is long.
const (
	backupOld  = 7 * 24 * time.Hour
	sweepOld   = time.Hour
	chainOld   = 31 * 24 * time.Hour
	diskFull   = 200 << 20
	diskLow    = 2 << 30
	diskShare  = 20 // less than a twentieth is free
	youngChain = 100
)

// judge says what somebody should do, the worst first. Nothing but its argument
// decides.
func judge(h *Health) []Finding {
	var bad, watch []Finding
	when := func(yes bool, level Level, code string) {
		switch {
		case yes && level == Bad:
			bad = append(bad, Finding{code, level})
		case yes:
			watch = append(watch, Finding{code, level})
		}
	}
	when(h.Stopping, Bad, "stopping")
	when(h.Ping != nil || h.Unknown, Bad, "records")
	when(h.Log != nil && h.Log.Ping != nil, Bad, "log")
	when(h.Log != nil && h.Log.Ping == nil && h.Log.Unread > 0, Watch, "log_unread")
	when(h.Chain.Broken, Bad, "chain_broken")
	if d := h.Disk; d != nil {
		full := d.Free < diskFull
		when(full, Bad, "disk_full")
		when(!full && d.Free < diskLow && d.Free < d.Total/diskShare, Watch, "disk_low")
	}
	if !h.Unknown {
		when(h.Backup.IsZero(), Watch, "backup_none")
		when(!h.Backup.IsZero() && h.Now.Sub(h.Backup) > backupOld, Watch, "backup_old")
		never := h.Chain.When.IsZero()
		when(never && h.Entries >= youngChain, Watch, "chain_never")
		when(!never && !h.Chain.Broken && h.Now.Sub(h.Chain.When) > chainOld, Watch, "chain_old")
	}
	last := h.Swept
	if last.IsZero() {
		last = h.Started
	}
	when(h.Failed || h.Now.Sub(last) > sweepOld, Watch, "sweep")
	for _, q := range h.Queues {
		when(q.Late, Watch, "late_"+q.Code)
	}
	return append(bad, watch...)
}
