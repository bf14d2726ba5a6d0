package records

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bars: the 95th percentile of pages, and of searches, in milliseconds.
const (
	PagesBar    = 200.0
	SearchesBar = 100.0
)

// allPages is the line of all pages together.
const allPages = "all pages"

// Line tells how long one kind of thing took, in milliseconds.
type Line struct {
	Kind  string  `json:"kind"`
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
	// Wrong counts searches that found nothing though there is something, or the
	// other way round.
	Wrong int `json:"wrong,omitempty"`
}

// Result is what was measured.
type Result struct {
	Engine     string  `json:"engine"`
	Reports    int     `json:"reports"`
	People     int     `json:"people"`
	Every      float64 `json:"every_seconds"`
	Processors int     `json:"processors"`
	// CPU is how many processors this process kept busy while pages were opened,
	// the people's browsers counted in; a PostgreSQL is not in it.
	CPU float64 `json:"cpu"`
	// Resident is the most memory that this process held then, in bytes; 0 where
	// the system does not tell.
	Resident int64  `json:"resident_bytes"`
	Failed   int    `json:"failed"`
	Pages    []Line `json:"pages"`
	Searches []Line `json:"searches"`
}

// Good reports whether the bars are reached and nothing failed.
func (r *Result) Good() bool {
	ok := r.Failed == 0 && len(r.Pages) > 0 && len(r.Searches) > 0
	for _, l := range r.Pages {
		ok = ok && (l.Kind != allPages || l.P95 <= PagesBar)
	}
	for _, l := range r.Searches {
		ok = ok && l.P95 <= SearchesBar && l.Wrong == 0
	}
	return ok
}

// WriteJSON writes the result as JSON.
func (r *Result) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteText writes the result as tables that can stand in a page of docs.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d reports, %d people, each a page every %gs, %d processors\n", r.Engine, r.Reports, r.People, r.Every, r.Processors)
	fmt.Fprintf(&b, "%.2f processors busy, %d MB resident, %d failed\n", r.CPU, r.Resident>>20, r.Failed)
	table := func(head string, lines []Line, bar float64) {
		fmt.Fprintf(&b, "\n| %s | count | p50 ms | p95 ms | p99 ms | most ms |\n|---|---|---|---|---|---|\n", head)
		for _, l := range lines {
			mark := ""
			if l.P95 > bar && (head == "search" || l.Kind == allPages) {
				mark = fmt.Sprintf(" (above %.0f)", bar)
			}
			if l.Wrong > 0 {
				mark += fmt.Sprintf(", %d WRONG", l.Wrong)
			}
			fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f%s | %.1f | %.1f |\n", l.Kind, l.Count, l.P50, l.P95, mark, l.P99, l.Max)
		}
	}
	table("page", r.Pages, PagesBar)
	table("search", r.Searches, SearchesBar)
	_, err := io.WriteString(w, b.String())
	return err
}

// lineOf sums up.
func lineOf(kind string, took []time.Duration) Line {
	slices.Sort(took)
	at := func(q float64) float64 {
		if len(took) == 0 {
			return 0
		}
		i := min(len(took)-1, max(0, int(q*float64(len(took))+0.9999999)-1)) // nearest rank
		return float64(took[i].Microseconds()) / 1000
	}
	return Line{Kind: kind, Count: len(took), P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

func processors() int { return runtime.GOMAXPROCS(0) }

// watchMemory looks at the resident memory twice a second until stop, which
// returns the most.
func watchMemory() (stop func() int64) {
	done, most := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		top := resident()
		for {
			select {
			case <-tick.C:
				top = max(top, resident())
			case <-done:
				most <- max(top, resident())
				return
			}
		}
	}()
	return func() int64 { close(done); return <-most }
}

// resident is the memory that the process holds, where /proc tells.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[1], 10, 64)
	return n * int64(os.Getpagesize())
}
