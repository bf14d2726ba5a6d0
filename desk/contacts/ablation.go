package contacts

import (
	"slices"

	"bonafide/evidence"
)

// Ablation switches knowledge off, to measure what it is worth. The zero value
// switches nothing off. No door offers it: answers for people always rest on
// all that is known.
type Ablation struct {
	// Groups of evidence (data/evidence/groups.yaml) that do not count. The
	// evidence of a fitted model is the group "model".
	Groups []string
	// Only lists the groups that count; empty means all.
	Only []string
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
	return &c
}

// keep returns the evidence that counts.
func (a *Ablation) keep(es []evidence.Evidence) []evidence.Evidence {
	if len(a.Groups) == 0 && len(a.Only) == 0 {
		return es
	}
	return slices.DeleteFunc(es, func(e evidence.Evidence) bool {
		return slices.Contains(a.Groups, e.Group) || len(a.Only) > 0 && !slices.Contains(a.Only, e.Group)
	})
}
