// Package load measures what the account guard bears, in a stated scenario: 20
// windows over 5 keys, 30 rules, a seeded stream of 100,000 accounts. It runs
// PostgreSQL and Redis beside it, where they are installed, as a user would
// write the same windows there, so that the ratio holds whatever the machine.
//
// It is not for accuracy (eval/takeover) and never part of the server.
//
//	r, err := load.Run(ctx, load.Options{Dir: dir})
//	err = r.WriteText(os.Stdout)
package load

import (
	"context"
	_ "embed" // the scenario
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/eval/clock"
)

//go:embed scenario.yaml
var scenario []byte

// Options are the size of a measurement. Zero values mean the defaults.
type Options struct {
	Seed uint64
	// Accounts (100,000) and Events (1,000,000): the state when speed is measured.
	Accounts, Events int
	// Decide is over how many events speed is measured (300,000), Replay how many
	// are replayed (1,000,000).
	Decide, Replay int
	// Seconds is how long single appends are measured at Rate a second (10, 1,000).
	Seconds, Rate int
	// Batch is how many events a durable batch has (1,000), Batches how many (100).
	Batch, Batches int
	// Flood is from how many sources a flood comes (1,000,000); below 0: none.
	Flood int
	// Peers is how many events each peer takes (2,000); below 0: none.
	Peers int
	// House makes a whole server in a folder, with the policy of a file; nil: it is
	// not measured.
	House func(ctx context.Context, dir, policy string) (House, error)
	// Dir is a folder on the disk that is measured; what is made there is removed.
	Dir string
	// Policy is measured in place of the scenario.
	Policy []byte
	// Progress is told what is measured next.
	Progress func(string)
}

func orElse(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

func (o Options) filled() Options {
	o.Accounts, o.Events = orElse(o.Accounts, 100_000), orElse(o.Events, 1_000_000)
	o.Decide, o.Replay = orElse(o.Decide, 300_000), orElse(o.Replay, 1_000_000)
	o.Seconds, o.Rate = orElse(o.Seconds, 10), orElse(o.Rate, 1000)
	o.Flood = max(orElse(o.Flood, 1_000_000), 0)
	o.Batch, o.Batches, o.Peers = orElse(o.Batch, 1000), orElse(o.Batches, 100), orElse(o.Peers, 2000)
	if len(o.Policy) == 0 {
		o.Policy = scenario
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

// Result is what was measured.
type Result struct {
	Policy   string `json:"policy"`
	Rules    int    `json:"rules"`
	Series   int    `json:"series"`
	Cores    int    `json:"cores"`
	Accounts int    `json:"accounts"`
	Events   int    `json:"events_of_state"`
	// Decisions by one goroutine: a second of the clock, and a second of
	// processor time with the collector's.
	Decisions    float64 `json:"decisions_per_second"`
	DecisionsCPU float64 `json:"decisions_per_cpu_second"`
	// Active accounts and the heap of each.
	ActiveAccounts int     `json:"active_accounts"`
	AccountBytes   float64 `json:"bytes_per_active_account"`
	DecisionBytes  float64 `json:"bytes_per_decision"`
	WindowEntries  int     `json:"window_entries"`
	WindowKeys     int     `json:"window_keys"`
	// A replay against decisions that were kept.
	ReplayEvents  int     `json:"replay_events"`
	ReplaySeconds float64 `json:"replay_seconds"`
	// A snapshot of the state, and the guard made from it.
	SnapshotBytes   int     `json:"snapshot_bytes"`
	SnapshotSeconds float64 `json:"snapshot_seconds"`
	RecoverySeconds float64 `json:"recovery_seconds"`
	Durable         Durable `json:"durable"`
	Whole           *Whole  `json:"whole,omitempty"`
	Flood           Flood   `json:"flood"`
	Peers           []Peer  `json:"peers"`
}

// Durable is what the log of events bears, with parsing and deciding.
type Durable struct {
	// Rate was asked for, Done is how many a second were done.
	Rate int     `json:"rate"`
	Done float64 `json:"done_per_second"`
	// From the moment an event is due until it is synced, and until it is decided.
	AppendP50  float64 `json:"append_p50_ms"`
	AppendP99  float64 `json:"append_p99_ms"`
	DecidedP50 float64 `json:"decided_p50_ms"`
	DecidedP99 float64 `json:"decided_p99_ms"`
	Floor      Floor   `json:"floor"`
	// Batches of Batch events, parsed, synced and decided.
	Batch           int     `json:"batch"`
	BatchesPerSec   float64 `json:"batches_per_second"`
	EventsPerSecond float64 `json:"batch_events_per_second"`
}

// Peer is another way to the same windows.
type Peer struct {
	Name string `json:"name"`
	// What is measured, or why nothing was.
	How             string  `json:"how"`
	Events          int     `json:"events"`
	EventsPerSecond float64 `json:"events_per_second"`
	P50             float64 `json:"p50_ms"`
	P99             float64 `json:"p99_ms"`
	// Ratio is how many times as many decisions the guard makes a second: in
	// process, and durable in batches.
	Ratio        float64 `json:"guard_times_as_many"`
	RatioDurable float64 `json:"guard_durable_times_as_many"`
}

// Run measures. The context ends it between its parts.
func Run(ctx context.Context, o Options) (*Result, error) {
	o = o.filled()
	p, err := policy.Load(o.Policy)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "bonafide-load-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // a database runs as another user in it
		return nil, err
	}
	r := &Result{Policy: fmt.Sprintf("%s version %d", p.Name, p.Version), Rules: len(p.Rules), Series: len(p.Plan().Series), Cores: runtime.GOMAXPROCS(0), Accounts: o.Accounts, Events: o.Events}
	for _, part := range []struct {
		name string
		run  func(context.Context, Options, *policy.Policy, string) error
	}{{"decisions, memory, recovery", r.decide}, {"replay", r.replay}, {"durable log", r.durable}, {"whole server", r.whole}, {"flood", r.flood}, {"peers", r.peers}} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o.Progress(part.name)
		if err := part.run(ctx, o, p, dir); err != nil {
			return nil, fmt.Errorf("load: %s: %w", part.name, err)
		}
		runtime.GC()
	}
	for i := range r.Peers {
		if x := &r.Peers[i]; x.EventsPerSecond > 0 {
			x.Ratio, x.RatioDurable = r.Decisions/x.EventsPerSecond, r.Durable.EventsPerSecond/x.EventsPerSecond
		}
	}
	return r, nil
}

const chunk = 20_000

// decide fills the state, measures decisions in it, then snapshot and recovery.
func (r *Result) decide(ctx context.Context, o Options, p *policy.Policy, dir string) error {
	s := newStream(o.Seed, o.Accounts, o.Events, 30)
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		return err
	}
	buf := make([]event.Event, 0, chunk)
	before := heap()
	active := map[string]struct{}{}
	var spent, cpu time.Duration
	size, n := 0, 0
	var out []byte
	for done := 0; done < o.Events+o.Decide && ctx.Err() == nil; done += len(buf) {
		left := o.Events - done
		if left <= 0 {
			left += o.Decide
		}
		buf = s.part(buf, min(chunk, left))
		start, used := time.Now(), clock.CPU()
		for i := range buf {
			g.Decide(&buf[i])
		}
		if done >= o.Events {
			spent, cpu, n = spent+time.Since(start), cpu+clock.CPU()-used, n+len(buf)
			continue
		}
		for i := range buf {
			active[buf[i].Context.Account] = struct{}{}
		}
		if done+len(buf) >= o.Events {
			clear(buf[:cap(buf)])
			r.ActiveAccounts = len(active)
			active = nil
			r.AccountBytes = float64(heap()-before) / float64(r.ActiveAccounts)
			st := g.Stats().Windows
			r.WindowEntries, r.WindowKeys = st.Entries, st.Keys
		}
	}
	r.Decisions = float64(n) / spent.Seconds()
	if cpu > 0 {
		r.DecisionsCPU = float64(n) / cpu.Seconds()
	}
	for i := range min(len(buf), 2000) {
		d := g.Decide(&buf[i]) // again: the same bytes
		out = d.Append(out[:0])
		size += len(out)
	}
	r.DecisionBytes = float64(size) / float64(min(len(buf), 2000))
	return r.recover(g, p, dir)
}

func (r *Result) recover(g *guard.Guard, p *policy.Policy, dir string) error {
	start := time.Now()
	snap := g.Snapshot()
	r.SnapshotBytes, r.SnapshotSeconds = len(snap), time.Since(start).Seconds()
	path := dir + "/snapshot"
	if err := os.WriteFile(path, snap, 0o600); err != nil {
		return err
	}
	start = time.Now()
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := guard.Restore(p, guard.Options{}, raw); err != nil {
		return err
	}
	r.RecoverySeconds = time.Since(start).Seconds()
	return nil
}

// heap is how many bytes live.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below
}

// replay replays events that are drawn meanwhile, against no kept decision.
func (r *Result) replay(ctx context.Context, o Options, p *policy.Policy, _ string) error {
	x, err := replay.New(replay.Setup{Candidate: p, Taken: func(guard.ID) (guard.Decision, bool) { return guard.Decision{}, false }})
	if err != nil {
		return err
	}
	s := newStream(o.Seed, o.Accounts, o.Replay, 30)
	start := time.Now()
	err = x.Run(ctx, func(yield func(event.Event, error) bool) {
		for range o.Replay {
			var e event.Event
			s.next(&e)
			if !yield(e, nil) {
				return
			}
		}
	})
	r.ReplayEvents, r.ReplaySeconds = o.Replay, time.Since(start).Seconds()
	return err
}

// WriteJSON writes the result as JSON.
func (r *Result) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText writes the result for people.
func (r *Result) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s: %d rules, %d series of windows; %d accounts, %d events of state; %d cores\n\n", r.Policy, r.Rules, r.Series, r.Accounts, r.Events, r.Cores)
	for _, x := range []struct{ what, figure string }{
		{"decisions in process, one goroutine", fmt.Sprintf("%.0f/s by the clock, %.0f/s of processor time", r.Decisions, r.DecisionsCPU)},
		{"memory", fmt.Sprintf("%.0f bytes an active account (%d accounts, %d keys, %d entries)", r.AccountBytes, r.ActiveAccounts, r.WindowKeys, r.WindowEntries)},
		{"a decision as it is kept", fmt.Sprintf("%.0f bytes", r.DecisionBytes)},
		{"replay", fmt.Sprintf("%d events in %.1f s (%.0f/s; 10 million in %.0f s)", r.ReplayEvents, r.ReplaySeconds, float64(r.ReplayEvents)/max(r.ReplaySeconds, 1e-9), 1e7/max(float64(r.ReplayEvents), 1)*r.ReplaySeconds)},
		{"snapshot", fmt.Sprintf("%.1f MB in %.2f s", float64(r.SnapshotBytes)/1e6, r.SnapshotSeconds)},
		{"recovery from it", fmt.Sprintf("%.2f s", r.RecoverySeconds)},
		{fmt.Sprintf("single events at %d/s (%.0f/s done)", r.Durable.Rate, r.Durable.Done), fmt.Sprintf("synced p50 %.2f ms, p99 %.2f ms; decided p50 %.2f ms, p99 %.2f ms", r.Durable.AppendP50, r.Durable.AppendP99, r.Durable.DecidedP50, r.Durable.DecidedP99)},
		{"the disk alone, a write and sync of what is due", fmt.Sprintf("synced p50 %.2f ms, p99 %.2f ms; one sync p50 %.2f ms, p99 %.2f ms, %d bytes an event", r.Durable.Floor.DueP50, r.Durable.Floor.DueP99, r.Durable.Floor.P50, r.Durable.Floor.P99, r.Durable.Floor.Bytes)},
		{"the sender was late, which counts above", fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", r.Durable.Floor.LateP50, r.Durable.Floor.LateP99)},
		{fmt.Sprintf("durable batches of %d", r.Durable.Batch), fmt.Sprintf("%.1f batches/s, %.0f events/s parsed, synced and decided", r.Durable.BatchesPerSec, r.Durable.EventsPerSecond)},
	} {
		fmt.Fprintf(t, "%s\t%s\n", x.what, x.figure)
	}
	if w := r.Whole; w != nil {
		fmt.Fprintf(t, "the whole server, batches over HTTP\t%.0f events/s answered with their decisions; %d of %d events stopped\n", w.EventsPerSecond, w.Stopped, w.Events)
		fmt.Fprintf(t, "single events over HTTP at %d/s\tdecided p50 %.2f ms, p99 %.2f ms; a request that keeps nothing p50 %.2f ms, p99 %.2f ms\n", r.Durable.Rate, w.P50, w.P99, w.PingP50, w.PingP99)
	}
	if len(r.Flood.Ways) > 0 {
		fmt.Fprintf(t, "\nflood of %d events from ever new sources\tdecisions a CPU second\theap MB\tkeys in memory\ton disk\tforgotten\tdecided otherwise\n", r.Flood.Events)
	}
	for _, x := range r.Flood.Ways {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%d\t%d\t%d\t%d\n", x.Name, x.PerCPUSecond, float64(x.HeapBytes)/1e6, x.Keys, x.Cold, x.Evicted, x.Differing)
	}
	if len(r.Peers) > 0 {
		fmt.Fprintf(t, "\npeer\tevents/s\tp50 ms\tp99 ms\tguard, times as many\tguard durable\thow\n")
	}
	for _, x := range r.Peers {
		if x.EventsPerSecond == 0 {
			fmt.Fprintf(t, "%s\t-\t\t\t\t\t%s\n", x.Name, x.How)
			continue
		}
		fmt.Fprintf(t, "%s\t%.0f\t%.2f\t%.2f\t%.0f\t%.0f\t%s\n", x.Name, x.EventsPerSecond, x.P50, x.P99, x.Ratio, x.RatioDurable, strings.TrimSpace(x.How))
	}
	return t.Flush()
}
