package contacts

import (
	"slices"

	"bonafide/evidence"
)

// Ablation switches knowledge off, to measure what it is worth. The zero value
// switches nothing off. No door offers it: answers for people always rest on
// all that is known.
type Ablation struct {
	// Model: red flags rest on compositions alone, not on what was learned.
	Model bool
	// Rules: nothing counts but red flags that the model sees by itself.
	Rules bool
	// Authentication: signatures and their results are not looked at.
	Authentication bool
	// Orders: neither orders nor the outbound register are consulted.
	Orders bool
}

// Without returns a desk that shares this one's knowledge but for what a
// switches off.
func (d *Desk) Without(a Ablation) *Desk {
	c := *d
	c.without = a
	switch {
	case a.Rules:
		c.flags = d.flags.ModelOnly()
	case a.Model:
		c.flags = d.flags.RulesOnly()
	}
	return &c
}

// keep returns the evidence that counts.
func (d *Desk) keep(es []evidence.Evidence) []evidence.Evidence {
	if !d.without.Rules {
		return es
	}
	return slices.DeleteFunc(es, func(e evidence.Evidence) bool {
		return !slices.ContainsFunc(d.flags.Languages(), func(l string) bool { return slices.Contains(d.flags.Flags(l), e.Code) })
	})
}
