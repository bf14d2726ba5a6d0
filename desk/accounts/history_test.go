package accounts_test

import (
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/lists"
	"bonafide/store"
)

// TestHistory: the log comes back in its order, of one tenant, with its labels; what
// no window can reach is left out, but for what is on lists.
func TestHistory(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	const day = 24 * time.Hour
	later := s.now
	jump := func(to time.Time) { s.mu.Lock(); defer s.mu.Unlock(); s.now = to }
	jump(start)
	s.send(d, boss, at(-time.Hour, event.LoginTried, "old", "d"))
	if _, err := s.lists(d).PutEntries(t.Context(), boss, "known_mule", []lists.NewEntry{{ListValue: lists.ListValue{Value: "m"}, Reason: "for a test"}}); err != nil {
		t.Fatal(err)
	}
	jump(later.Add(600 * day))
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
	if got, labels := read(s.now.Add(-7 * day)); got != "list.changed login login label" || labels.Len() != 1 {
		t.Errorf("%q, %d labels", got, labels.Len())
	}
	if got, _ := read(start); got != "login list.changed login login label" {
		t.Errorf("from the beginning: %q", got)
	}
	// what somebody found of a decision counts as well
	jump(s.now.Add(20 * day))
	s.send(d, boss, chain("z1", 700*day)...)
	list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil || len(list.Decisions) < 2 {
		t.Fatalf("%d decisions, %v", len(list.Decisions), err)
	}
	x, y := list.Decisions[0], list.Decisions[1]
	for v, l := range map[*accounts.DecisionView]store.Label{&x: store.LabelGood, &y: store.LabelFraud} {
		if err := d.SetLabel(t.Context(), boss, v.ID, l, v.Revision); err != nil {
			t.Fatal(err)
		}
	}
	labels := &replay.Labels{}
	if err := d.Found(t.Context(), "main", labels); err != nil {
		t.Fatal(err)
	}
	of := func(v accounts.DecisionView) replay.Truth {
		return labels.Of(&event.Event{Context: event.Context{Account: v.Account}, Order: event.Order{ID: v.Order}, Time: v.Happened})
	}
	if labels.Len() != 1 || of(x) != replay.Genuine && x.Order != y.Order || of(y) != replay.Fraud {
		t.Errorf("labels of staff: %d accounts, %s and %s", labels.Len(), of(x), of(y))
	}
}
