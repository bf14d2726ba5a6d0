package replay

import (
	"iter"
	"slices"
	"time"

	"bonafide/account/event"
)

// Truth is what is known of an event.
type Truth int8

// What can be known.
const (
	Unknown Truth = iota
	Genuine
	Fraud
)

// String is the truth's name in reports.
func (t Truth) String() string { return [...]string{"unknown", "genuine", "fraud"}[t] }

// Label is what was found to be true of an account.
type Label struct {
	Verdict Truth
	// Kind of takeover; may be empty.
	Kind string
	// Start and End bound when it was true, both included; zero for no bound.
	Start, End time.Time
	// Orders are the orders that it is true of; none where it is true of all.
	Orders []string
	// Told is when an event said so; zero for labels of a list. Of what events say of
	// the same account and orders the newest holds.
	Told time.Time
}

// Labels are what is known of a stretch of history. The zero value knows
// nothing; a nil one does, too. They are read-only once a replay has begun.
type Labels struct {
	// Rest is what accounts without a label are taken for: Genuine where the
	// labels are whole, else Unknown.
	Rest Truth

	by map[string][]Label
}

// Add notes what is known of an account. A label that was told by an event takes the
// place of an older one of the same orders: who said "fraud" by mistake can put it
// right.
func (l *Labels) Add(account string, x Label) {
	if !x.Told.IsZero() {
		same := func(o Label) bool { return !o.Told.IsZero() && slices.Equal(o.Orders, x.Orders) }
		if i := slices.IndexFunc(l.by[account], same); i >= 0 {
			if !x.Told.Before(l.by[account][i].Told) {
				l.by[account][i] = x
			}
			return
		}
	}
	if l.by == nil {
		l.by = map[string][]Label{}
	}
	l.by[account] = append(l.by[account], x)
}

// Len is how many accounts have a label.
func (l *Labels) Len() int {
	if l == nil {
		return 0
	}
	return len(l.by)
}

// Collect notes the labels that stand in a sequence of events themselves
// (type label): what came out later counts for what was decided before.
func (l *Labels) Collect(events iter.Seq2[event.Event, error]) {
	for e, err := range events {
		if err == nil {
			l.Note(&e)
		}
	}
}

// Note notes the event if it is a label.
func (l *Labels) Note(e *event.Event) {
	if e.Type != event.Labelled {
		return
	}
	x := Label{Kind: e.Label.Kind, Told: e.Time}
	switch e.Label.Verdict {
	case "fraud":
		x.Verdict = Fraud
	case "genuine":
		x.Verdict = Genuine
	default:
		return
	}
	if e.Label.Order != "" {
		x.Orders = []string{e.Label.Order}
	}
	l.Add(e.Context.Account, x)
}

// Of is the truth of one event. A label of orders says nothing of other events;
// of an account with a fraud, what lies outside of it is unknown.
func (l *Labels) Of(e *event.Event) Truth {
	if l == nil {
		return Unknown
	}
	all, ok := l.by[e.Context.Account]
	if !ok {
		return l.Rest
	}
	out := Unknown
	for i := range all {
		if all[i].covers(e) {
			out = max(out, all[i].Verdict)
		}
	}
	return out
}

func (x *Label) covers(e *event.Event) bool {
	if len(x.Orders) > 0 {
		return e.Order.ID != "" && slices.Contains(x.Orders, e.Order.ID)
	}
	return (x.Start.IsZero() || !e.Time.Before(x.Start)) && (x.End.IsZero() || !e.Time.After(x.End))
}

func (l *Labels) account(id string) (fraud, genuine bool) {
	if l == nil {
		return false, false
	}
	all, ok := l.by[id]
	for i := range all {
		fraud = fraud || all[i].Verdict == Fraud
		genuine = genuine || all[i].Verdict == Genuine
	}
	return fraud, !fraud && (genuine || !ok && l.Rest == Genuine)
}
