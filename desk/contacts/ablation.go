package contacts

import (
	"slices"
	"strings"

	"bonafide/evidence"
)

// Ablation switches knowledge off, to measure what it is worth. The zero value
// switches nothing off. No door offers it: answers for people always rest on
// all that is known.
type Ablation struct {
	// Groups of evidence (data/evidence/groups.yaml) that do not count.
	Groups []string
	// Only lists the groups that count; empty means all.
	Only []string
	// Learned: what models were taught does not count (data/models, and
	// evidence of the group "model"). Rules: nothing else than that counts.
	Learned, Rules bool
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
	case a.Learned:
		c.flags = d.flags.RulesOnly()
		c.without.Groups = append(slices.Clone(a.Groups), groupModel)
	case a.Rules:
		c.flags = d.flags.LearnedOnly()
	}
	return &c
}

// groupModel is the group of evidence that no rule yields.
const groupModel = evidence.Model

// keep returns the evidence that counts.
func (a *Ablation) keep(es []evidence.Evidence) []evidence.Evidence {
	if len(a.Groups) == 0 && len(a.Only) == 0 && !a.Rules {
		return es
	}
	return slices.DeleteFunc(es, func(e evidence.Evidence) bool {
		return slices.Contains(a.Groups, e.Group) || len(a.Only) > 0 && !slices.Contains(a.Only, e.Group) ||
			a.Rules && e.Group != groupModel && !strings.HasPrefix(e.Source, "textmodel/")
	})
}

// Learned reports whether models ship that the desk was taught by.
func (d *Desk) Learned() bool {
	if slices.ContainsFunc(d.flags.Languages(), d.flags.Learned) {
		return true
	}
	return slices.ContainsFunc(d.table.Codes(), func(c evidence.Code) bool {
		w, _ := d.table.Weight(c)
		return w.Group == groupModel
	})
}
