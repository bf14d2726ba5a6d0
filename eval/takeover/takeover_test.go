package takeover

import (
	"compress/gzip"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/eval/simulate/shop"
)

func shipped(t testing.TB) *policy.Policy {
	t.Helper()
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.LoadFrom(raw, os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mapping(t testing.TB) *event.Mapping {
	t.Helper()
	raw, err := os.ReadFile("../../data/account/mappings/takeover-chain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := event.LoadMapping(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestShippedPolicyOnTheSample: the bar of the hidden set holds on the sample.
func TestShippedPolicyOnTheSample(t *testing.T) {
	const dir = "../../../shared/corpora/transactions/takeover-chain-dev/"
	f, err := os.Open(dir + "events.jsonl.gz")
	if err != nil {
		t.Skipf("corpus takeover-chain-dev is not here: %v", err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	l, err := os.Open(dir + "labels.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	labels, err := ReadLabels(l)
	if err != nil {
		t.Fatal(err)
	}
	p := shipped(t)
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure(g, p, mapping(t).Read(z), labels)
	if err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		_ = r.WriteText(os.Stdout)
	}
	if r.StoppedShare < .98 || r.ValueSavedShare < .95 || r.WrongShare > .002 || r.RefusedEvents > 0 || r.FaultyEvents > 0 {
		t.Errorf("stopped %.3f, saved %.3f, wrong %d of %d, refused %d, faulty %d; missed %v", r.StoppedShare, r.ValueSavedShare, r.WrongAccounts, r.Accounts, r.RefusedEvents, r.FaultyEvents, r.Missed)
	}
}

// simulated measures the shipped policy on a shop of our own.
func simulated(t testing.TB, o shop.Options) *Report {
	t.Helper()
	s := shop.Make(o)
	labels := map[string]Label{}
	for who, x := range s.Truth {
		labels[who] = Label{Kind: x.Kind, Start: x.Start.Unix(), End: x.End.Unix(), Orders: x.Orders}
	}
	p := shipped(t)
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure(g, p, func(yield func(event.Event, error) bool) {
		for i := range s.Events {
			if !yield(s.Events[i], nil) {
				return
			}
		}
	}, labels)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestShippedPolicyHoldsInAnotherShop: takeovers of many kinds and honest
// accounts that look like them, other than those the thresholds were made for.
func TestShippedPolicyHoldsInAnotherShop(t *testing.T) {
	r := simulated(t, shop.Options{Seed: 1, Accounts: 4000})
	if testing.Verbose() {
		_ = r.WriteText(os.Stdout)
	}
	if r.StoppedShare < .9 || r.ValueSavedShare < .8 || r.WrongShare > .004 || r.FaultyEvents > 0 {
		t.Errorf("stopped %.3f, saved %.3f, wrong %d of %d (%v), faulty %d", r.StoppedShare, r.ValueSavedShare, r.WrongAccounts, r.Accounts, r.WrongByReason, r.FaultyEvents)
	}
}

// TestHashedIdentifiersChangeNothing: the policy asks of personal identifiers
// only whether they are equal, so a stream whose identifiers are hashed on entry,
// or one that happened at another time, is decided alike.
func TestHashedIdentifiersChangeNothing(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 5, Accounts: 600, Takeovers: 34})
	p := shipped(t)
	seal, err := event.NewSealer([]byte("a key of the tenant"))
	if err != nil {
		t.Fatal(err)
	}
	var gs [3]*guard.Guard
	for i := range gs {
		if gs[i], err = guard.New(p, guard.Options{Shards: 1 + i}); err != nil {
			t.Fatal(err)
		}
	}
	stopped := 0
	for i := range s.Events {
		plain, hashed, later := s.Events[i], seal.Seal(s.Events[i]), s.Events[i]
		later.Time = later.Time.Add(1000*time.Hour + 7*time.Second)
		a := gs[0].Decide(&plain)
		for j, e := range []*event.Event{&hashed, &later} {
			b := gs[1+j].Decide(e)
			if a.Score != b.Score || a.Action != b.Action || len(a.Hits) != len(b.Hits) || len(a.Saw) != len(b.Saw) {
				t.Fatalf("event %d (%s): %d %s against %d %s", i, plain.Type, a.Score, a.Action, b.Score, b.Action)
			}
		}
		if a.Action >= policy.Challenge {
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("nothing was stopped: the test shows nothing")
	}
}

// TestOutOfOrderDelivery: events that arrive up to a minute late, from other
// services, do not undo the guard.
func TestOutOfOrderDelivery(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 6, Accounts: 1500, Takeovers: 60})
	r := rand.New(rand.NewPCG(1, 1))
	type late struct {
		e  event.Event
		at time.Time
	}
	var all []late
	for _, e := range s.Events {
		all = append(all, late{e, e.Time.Add(time.Duration(r.Int64N(int64(30 * time.Second))))})
	}
	slices.SortStableFunc(all, func(a, b late) int { return a.at.Compare(b.at) })
	labels := map[string]Label{}
	for who, x := range s.Truth {
		labels[who] = Label{Kind: x.Kind, Orders: x.Orders}
	}
	p := shipped(t)
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := Measure(g, p, func(yield func(event.Event, error) bool) {
		for i := range all {
			if !yield(all[i].e, nil) {
				return
			}
		}
	}, labels)
	if err != nil {
		t.Fatal(err)
	}
	if rep.StoppedShare < .9 || rep.WrongShare > .004 || rep.LateEvents != 0 {
		t.Errorf("stopped %.3f, wrong %d, late %d", rep.StoppedShare, rep.WrongAccounts, rep.LateEvents)
	}
}
