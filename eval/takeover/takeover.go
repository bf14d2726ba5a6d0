// Package takeover measures the guard on a stream of events in which the
// takeovers are known: how many it stops, how much of their value it saves, how
// early, and how many honest accounts it troubles. It feeds the guard in the
// order of the file and looks at labels only afterwards.
//
// It is not for tuning by itself and never part of the server.
//
//	r, err := takeover.Measure(g, mapping.Read(file), labels)
package takeover

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
)

// Label is one known takeover of an account.
type Label struct {
	Kind string `json:"kind"`
	// Start and End are seconds since 1970.
	Start  int64    `json:"start"`
	End    int64    `json:"end"`
	Orders []string `json:"orders"`
}

// maxLabels is the largest file of labels in bytes.
const maxLabels = 64 << 20

// ReadLabels reads labels by account: {"a1": {"kind": "classic", "start": 1, "end": 2, "orders": ["o1"]}}.
func ReadLabels(r io.Reader) (map[string]Label, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxLabels+1))
	if err != nil {
		return nil, fmt.Errorf("eval: read labels: %w", err)
	}
	if len(raw) > maxLabels {
		return nil, fmt.Errorf("eval: read labels: more than %d bytes", maxLabels)
	}
	var out map[string]Label
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("eval: read labels: %w", err)
	}
	return out, nil
}

// Tally is what happened to some takeovers. Value is the sum of the amounts of
// the labelled orders in minor units; a takeover is stopped when one of them is
// challenged, held or blocked, and it and the later ones are saved.
type Tally struct {
	Takeovers       int     `json:"takeovers"`
	Stopped         int     `json:"stopped"`
	StoppedShare    float64 `json:"stopped_share"`
	Value           int64   `json:"value"`
	Saved           int64   `json:"value_saved"`
	ValueSavedShare float64 `json:"value_saved_share"`
	// FirstOrder counts those stopped at their first order.
	FirstOrder      int     `json:"stopped_at_first_order"`
	FirstOrderShare float64 `json:"stopped_at_first_order_share"`
	// OrdersBefore is the mean number of orders that passed before the stop,
	// SecondsBefore the median time from the first order to it, of those stopped.
	OrdersBefore  float64 `json:"mean_orders_before_stop"`
	SecondsBefore int64   `json:"median_seconds_to_stop"`
	delays        []int64
	passed        int
}

// Report is the result of a measurement.
type Report struct {
	Tally
	Policy         string           `json:"policy"`
	Version        int              `json:"policy_version"`
	Accounts       int              `json:"accounts"`
	Events         int              `json:"events"`
	RefusedEvents  int              `json:"refused_events"`
	FirstRefusal   string           `json:"first_refusal,omitempty"`
	LateEvents     int64            `json:"late_events"`
	FaultyEvents   int64            `json:"faulty_events"`
	WrongAccounts  int              `json:"wrong_accounts"`
	WrongShare     float64          `json:"wrong_share"`
	WrongByReason  map[string]int   `json:"wrong_by_rules"`
	PerKind        map[string]Tally `json:"per_kind"`
	Missed         []string         `json:"missed"`
	Wrong          []string         `json:"wrong"`
	DecisionBytes  float64          `json:"decision_bytes_mean"`
	WindowEntries  int              `json:"window_entries"`
	WindowKeys     int              `json:"window_keys"`
	Evicted        int64            `json:"windows_evicted"`
	DroppedEntries int64            `json:"window_entries_dropped"`
}

// placed is a labelled order that was placed.
type placed struct {
	at      time.Time
	amount  int64
	stopped bool
}

// Measure feeds the events to the guard and compares its decisions with the
// labels. An event that cannot be read is counted and left out.
func Measure(g *guard.Guard, p *policy.Policy, events iter.Seq2[event.Event, error], labels map[string]Label) (*Report, error) {
	r := &Report{Policy: p.Name, Version: p.Version, PerKind: map[string]Tally{}, WrongByReason: map[string]int{}, Missed: []string{}, Wrong: []string{}}
	accounts := map[string]bool{}
	wrong := map[string]string{}
	orders := map[string][]placed{}
	size := 0
	var buf []byte
	for e, err := range events {
		if err != nil {
			if r.RefusedEvents++; r.RefusedEvents == 1 {
				r.FirstRefusal = err.Error()
			}
			continue
		}
		r.Events++
		d := g.Decide(&e)
		buf = d.Append(buf[:0])
		size += len(buf)
		who := e.Context.Account
		accounts[who] = true
		label, taken := labels[who]
		if d.Action >= policy.Challenge && !taken && wrong[who] == "" {
			wrong[who] = by(p, &d)
		}
		if taken && e.Type == event.OrderPlaced && slices.Contains(label.Orders, e.Order.ID) {
			orders[who] = append(orders[who], placed{e.Time, e.Order.Amount, d.Action >= policy.Challenge})
		}
	}
	if r.Events == 0 {
		return nil, fmt.Errorf("eval: no event could be read (%d refused, first: %s)", r.RefusedEvents, r.FirstRefusal)
	}
	r.Accounts, r.WrongAccounts = len(accounts), len(wrong)
	r.WrongShare = float64(len(wrong)) / float64(len(accounts))
	for who, why := range wrong {
		r.Wrong = append(r.Wrong, who)
		r.WrongByReason[why]++
	}
	slices.Sort(r.Wrong)
	for _, who := range slices.Sorted(maps.Keys(labels)) {
		l := labels[who]
		kind := r.PerKind[l.Kind]
		if !kind.add(orders[who]) {
			r.Missed = append(r.Missed, who)
		}
		r.PerKind[l.Kind] = kind
		r.add(orders[who])
	}
	r.finish()
	for k, t := range r.PerKind {
		t.finish()
		r.PerKind[k] = t
	}
	st := g.Stats()
	r.LateEvents, r.FaultyEvents = st.Windows.TooLate, st.Faulty
	r.WindowEntries, r.WindowKeys, r.Evicted, r.DroppedEntries = st.Windows.Entries, st.Windows.Keys, st.Windows.Evicted, st.Windows.Dropped
	r.DecisionBytes = float64(size) / float64(r.Events)
	return r, nil
}

// by names what made a decision: the steps of its story.
func by(p *policy.Policy, d *guard.Decision) string {
	out := ""
	for _, s := range d.Result.Story {
		if out != "" {
			out += "+"
		}
		out += fmt.Sprintf("%s %d", p.Steps[s.Step].ID, s.Score)
	}
	return out
}

func (t *Tally) add(orders []placed) bool {
	t.Takeovers++
	slices.SortStableFunc(orders, func(a, b placed) int { return a.at.Compare(b.at) })
	stop := slices.IndexFunc(orders, func(o placed) bool { return o.stopped })
	for i, o := range orders {
		t.Value += o.amount
		if stop >= 0 && i >= stop {
			t.Saved += o.amount
		}
	}
	if stop < 0 {
		return false
	}
	t.Stopped++
	t.passed += stop
	if stop == 0 {
		t.FirstOrder++
	}
	t.delays = append(t.delays, int64(orders[stop].at.Sub(orders[0].at)/time.Second))
	return true
}

func (t *Tally) finish() {
	t.StoppedShare = share(t.Stopped, t.Takeovers)
	t.FirstOrderShare = share(t.FirstOrder, t.Takeovers)
	if t.Value > 0 {
		t.ValueSavedShare = float64(t.Saved) / float64(t.Value)
	}
	if t.Stopped > 0 {
		t.OrdersBefore = float64(t.passed) / float64(t.Stopped)
		slices.Sort(t.delays)
		t.SecondsBefore = t.delays[len(t.delays)/2]
	}
}

func share(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// WriteJSON writes the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "policy %s version %d: %d events of %d accounts (%d refused, %d late, %d with a rule that failed)\n\n"+
		"%-12s %9s %9s %10s %12s %15s %14s\n", r.Policy, r.Version, r.Events, r.Accounts, r.RefusedEvents, r.LateEvents, r.FaultyEvents,
		"kind", "takeovers", "stopped", "value saved", "at 1st order", "orders before", "median seconds")
	if err != nil {
		return err
	}
	for _, k := range append(slices.Sorted(maps.Keys(r.PerKind)), "all") {
		t := r.Tally
		if k != "all" {
			t = r.PerKind[k]
		}
		if _, err := fmt.Fprintf(w, "%-12s %9d %8.1f%% %10.1f%% %11.1f%% %15.2f %14d\n", k, t.Takeovers, 100*t.StoppedShare, 100*t.ValueSavedShare,
			100*t.FirstOrderShare, t.OrdersBefore, t.SecondsBefore); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "\nwrong accounts: %d of %d (%.3f %%)\n", r.WrongAccounts, r.Accounts, 100*r.WrongShare)
	for _, k := range slices.Sorted(maps.Keys(r.WrongByReason)) {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %3d by %s\n", r.WrongByReason[k], k)
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "decisions take %.0f bytes on average; windows hold %d entries of %d keys\n", r.DecisionBytes, r.WindowEntries, r.WindowKeys)
	}
	return err
}
