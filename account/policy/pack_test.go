package policy

import (
	"os"
	"testing"
)

func shipped(t testing.TB) *Policy {
	t.Helper()
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := LoadFrom(raw, os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShippedPolicy(t *testing.T) {
	p := shipped(t)
	for _, w := range p.Warnings {
		t.Errorf("the lint warns of the shipped policy: %s", w)
	}
	results, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, x := range r.Problems {
			t.Errorf("case %q: %s", r.Name, x)
		}
	}
}
