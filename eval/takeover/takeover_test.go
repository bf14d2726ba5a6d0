package takeover

import (
	"compress/gzip"
	"os"
	"testing"

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
	p, err := policy.Load(raw)
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
