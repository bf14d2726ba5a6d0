package accounts_test

import (
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/replay"
)

// TestHistory: the log comes back in its order, of one tenant, with its labels; what
// no window can reach is left out.
func TestHistory(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	const day = 24 * time.Hour
	later := s.now
	s.now = start
	s.send(d, boss, at(-time.Hour, event.LoginTried, "old", "d"))
	s.now = later.Add(600 * day)
	found := at(690*day-time.Minute, event.Labelled, "a", "")
	found.Label = event.Label{Verdict: "fraud"}
	s.send(d, boss, at(690*day-3*time.Minute, event.LoginTried, "a", "d"), at(690*day-2*time.Minute, event.LoginTried, "b", "d"), found)
	s.send(d, who("other", access.Supervisor), at(690*day-time.Minute, event.LoginTried, "c", "d"))
	read := func(since time.Time) (kinds string, labels *replay.Labels) {
		events, labels, err := d.History(t.Context(), "main", since)
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range events {
			if err != nil {
				t.Fatal(err)
			}
			kinds += " " + string(e.Type)
		}
		return strings.TrimSpace(kinds), labels
	}
	if got, labels := read(s.now.Add(-7 * day)); got != "login login label" || labels.Len() != 1 {
		t.Errorf("%q, %d labels", got, labels.Len())
	}
	if got, _ := read(start); got != "login login login label" {
		t.Errorf("from the beginning: %q", got)
	}
}
