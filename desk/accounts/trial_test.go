package accounts

import (
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/eventlog"
)

const orders = `policy: orders
version: 1
thresholds: {challenge: 50}
decides: [order.placed]
declare:
  - {window: orders_1d, on: order.placed, key: event.account, measure: count, span: 1d}
rules:
  - id: many
    on: order.placed
    when: orders_1d >= 3
    score: 60
    reason: {en: many, de: viele, ja: 多数}
`

// TestTrialTellsWhatItMissed: events whose notes were dropped before the first
// comparison are counted as missed, and another policy that decides begins anew, with
// its own beginning.
func TestTrialTellsWhatItMissed(t *testing.T) {
	p, err := policy.Load([]byte(orders))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	began := now
	l := &lane{desk: &Desk{cfg: Config{Now: func() time.Time { return now }}}}
	x := &trial{lane: l, number: 1, policy: p, begun: now}
	e := &event.Event{Type: event.OrderPlaced, Time: now, Context: event.Context{Account: "a"}}
	first, second := &reign{policy: p, digest: "1", number: 1}, &reign{policy: p, digest: "2", number: 2}
	var d guard.Decision
	const late = 5
	for i := range maxNotes + late {
		x.leave(eventlog.Position(i+1), first, &d)
	}
	now = now.Add(time.Hour)
	for i := range maxNotes + late {
		x.compare(eventlog.Position(i+1), e, nil, &d)
	}
	got := x.view()
	if got.Missed != late || got.Compared != maxNotes || !got.Since.Equal(began) || got.Against != 1 {
		t.Errorf("missed %d of %d, compared %d, since %v, against %d", got.Missed, late, got.Compared, got.Since, got.Against)
	}
	x.leave(maxNotes+late+1, second, &d)
	x.compare(maxNotes+late+1, e, nil, &d)
	if got = x.view(); got.Missed != 0 || got.Compared != 1 || !got.Since.Equal(now) || got.Against != 2 {
		t.Errorf("beside another policy: %+v", got)
	}
}
