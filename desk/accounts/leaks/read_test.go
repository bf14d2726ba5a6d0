package leaks

import (
	"fmt"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/fault"
)

// TestReportsAreBounded: who sends reports without end makes a look refuse the period,
// not the server run out of memory; more of a report that is there is still taken in.
func TestReportsAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	r := &reading{d: &Desk{rule: rules{MaxReports: 3, WithinDays: 14}}, wish: Wish{From: now.AddDate(0, 0, -7), To: now.AddDate(0, 0, 1)}, told: map[string]*told{}}
	report := func(id string, knew bool) error {
		return r.take(&event.Event{Type: event.ContactReported, Time: now, Contact: event.Contact{ID: id, Verdict: "scam", By: "stranger", Knew: knew}})
	}
	for i := range 3 {
		if err := report(fmt.Sprint("r", i), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := report("r3", true); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("one too many: %v", err)
	}
	if err := report("r1", true); err != nil || !r.told["r1"].knew || len(r.told) != 3 {
		t.Errorf("one that is there: %v, %d reports", err, len(r.told))
	}
	if err := r.take(&event.Event{Type: event.ContactWithdrawn, Time: now, Contact: event.Contact{ID: "r0"}}); err != nil || report("r3", true) != nil {
		t.Errorf("there is room again: %v", err)
	}
}
