package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/account/window"
)

// TestScenario: it is what is stated: 20 windows over 5 keys, 30 rules, and the
// stream sets rules off.
func TestScenario(t *testing.T) {
	p, err := policy.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	measures := 0
	for _, s := range p.Plan().Series {
		measures += len(s.Measures)
	}
	if measures != 20 || len(p.Rules) != 30 {
		t.Errorf("%d windows and %d rules: want 20 and 30", measures, len(p.Rules))
	}
	engine, err := window.New(p.Plan(), 1)
	if err != nil {
		t.Fatal(err)
	}
	j := policy.NewJudge(p, engine)
	hits, faults := map[int]bool{}, 0
	s, again := newStream(1, 2000, 60_000, 30), newStream(1, 2000, 60_000, 30)
	for range 60_000 {
		var e, same event.Event
		s.next(&e)
		again.next(&same)
		if e.ID != same.ID || e.Type != same.Type || !e.Time.Equal(same.Time) || e.Context != same.Context {
			t.Fatal("the same seed draws other events")
		}
		r := j.Evaluate(&e)
		faults += len(r.Faults)
		for _, h := range r.Hits {
			hits[h.Rule] = true
		}
	}
	if len(hits) < 8 || faults > 0 {
		t.Errorf("%d rules hit and %d failed", len(hits), faults)
	}
}

// TestWireIsTheEvent: what is sent is what was drawn.
func TestWireIsTheEvent(t *testing.T) {
	s := newStream(1, 100, 500, 2)
	for range 500 {
		var e event.Event
		s.next(&e)
		e.Order.Items = nil
		got, err := event.Parse(wire(&e), event.Options{})
		if err != nil || got.ID != e.ID || got.Type != e.Type || got.Context != e.Context || got.Order.Amount != e.Order.Amount || got.Login.Success != e.Login.Success ||
			!slices.Equal([]string{got.Order.ID, got.Order.Card, got.Credential.Type}, []string{e.Order.ID, e.Order.Card, e.Credential.Type}) {
			t.Fatalf("%v: %s", err, wire(&e))
		}
	}
}

// TestRun measures something small, with whatever peers there are.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Options{Seed: 1, Accounts: 200, Events: 2000, Decide: 500, Replay: 1000, Seconds: 1, Rate: 20, Batch: 20, Batches: 3, Peers: -1, Flood: 5000, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if r.Decisions <= 0 || r.AccountBytes <= 0 || r.RecoverySeconds <= 0 || r.Durable.AppendP50 <= 0 || r.Durable.EventsPerSecond <= 0 || r.ReplayEvents != 1000 {
		t.Errorf("%+v", r)
	}
	f := r.Flood.Ways
	if len(f) != 3 || f[0].Keys <= f[1].Keys || f[1].Cold == 0 || f[1].Evicted > 0 || f[1].Differing > 0 || f[2].Evicted == 0 || f[2].Keys != f[1].Keys || f[2].Differing == 0 {
		t.Errorf("flood: %+v", f)
	}
	var text, raw bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WriteJSON(&raw)); err != nil || !json.Valid(raw.Bytes()) {
		t.Errorf("%v", err)
	}
}
