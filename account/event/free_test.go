package event

import (
	"maps"
	"slices"
	"testing"
)

// TestCut: free texts and unknown fields are taken out whole, by path; nothing else
// is, and what was cut is cut once.
func TestCut(t *testing.T) {
	var e Event
	e.Context.Account, e.Session.By, e.Reversal.Order = "a1", "user", "o1"
	e.Session.Reason, e.Reversal.Reason, e.Label.By = "Frau Muster rief an", "stolen", "Kim"
	e.Extra = map[string]string{"note.text": `"call me"`, "age": "7"}
	got := e.Cut()
	want := map[string]string{"session_change.reason": "Frau Muster rief an", "reversal.reason": "stolen", "label.by": "Kim", "note.text": `"call me"`, "age": "7"}
	if !maps.Equal(got, want) {
		t.Errorf("cut %v: want %v", got, want)
	}
	if e.Session.Reason != "" || e.Reversal.Reason != "" || e.Label.By != "" || e.Extra != nil {
		t.Errorf("left in the event: %+v", e)
	}
	if e.Context.Account != "a1" || e.Session.By != "user" || e.Reversal.Order != "o1" {
		t.Errorf("cut too much: %+v", e)
	}
	if again := e.Cut(); again != nil {
		t.Errorf("cut again: %v", again)
	}
}

// TestCutTakesEveryFreeField: a field of class Free that is added to the vocabulary
// is cut without a change of Cut, whatever it is.
func TestCutTakesEveryFreeField(t *testing.T) {
	var e Event
	var free []string
	all := vocabulary()
	for i := range all {
		f := &all[i]
		p, ok := f.at(&e).(*string)
		if !ok {
			if f.Class == Free {
				t.Errorf("%s is free and no text: Cut leaves it", f.Path)
			}
			continue
		}
		*p = "x"
		if f.Class == Free {
			free = append(free, f.Path)
		}
	}
	got := slices.Sorted(maps.Keys(e.Cut()))
	slices.Sort(free)
	if !slices.Equal(got, free) || len(free) < 3 {
		t.Errorf("cut %v: want %v", got, free)
	}
	for i := range all {
		if p, ok := all[i].at(&e).(*string); ok && (*p == "") != (all[i].Class == Free) {
			t.Errorf("%s is %q after the cut", all[i].Path, *p)
		}
	}
}
