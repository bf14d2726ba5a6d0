package shop

import (
	"slices"
	"testing"

	"bonafide/account/event"
)

func TestTheSameSeedIsTheSameShop(t *testing.T) {
	a, b := Make(Options{Seed: 7, Accounts: 200}), Make(Options{Seed: 7, Accounts: 200})
	if len(a.Events) < 1000 || len(a.Events) != len(b.Events) || len(a.Truth) != 2 {
		t.Fatalf("%d and %d events, %d takeovers", len(a.Events), len(b.Events), len(a.Truth))
	}
	for i := range a.Events {
		if string(a.Events[i].JSON()) != string(b.Events[i].JSON()) {
			t.Fatalf("event %d differs", i)
		}
	}
	if c := Make(Options{Seed: 8, Accounts: 200}); len(c.Events) == len(a.Events) {
		t.Error("another seed should be another shop")
	}
}

// TestEventsAreOfTheVocabulary: what is simulated could have been posted.
func TestEventsAreOfTheVocabulary(t *testing.T) {
	s := Make(Options{Seed: 3, Accounts: 300, Takeovers: 2 * len(Kinds())})
	kinds := map[string]bool{}
	for _, x := range s.Truth {
		kinds[x.Kind] = true
		if len(x.Orders) == 0 {
			t.Errorf("a takeover of kind %s has no order", x.Kind)
		}
	}
	if len(kinds) != len(Kinds()) {
		t.Errorf("only %d of %d kinds", len(kinds), len(Kinds()))
	}
	if !slices.IsSortedFunc(s.Events, func(a, b event.Event) int { return a.Time.Compare(b.Time) }) {
		t.Error("events are out of order")
	}
	for i := range s.Events {
		e, err := event.Parse(s.Events[i].JSON(), event.Options{})
		if err != nil {
			t.Fatalf("%v: %s", err, s.Events[i].JSON())
		}
		if string(e.JSON()) != string(s.Events[i].JSON()) {
			t.Fatalf("read back it differs: %s", e.JSON())
		}
	}
}
