package playbook

import (
	"slices"
	"sort"
	"time"
)

// Plan returns the steps for a situation: merged, each step once with its most
// urgent occurrence, ordered by urgency and then by where it was first named.
// The same situation gives the same plan.
func (b *Book) Plan(s Situation) []Step {
	s.elsewhere = b.Elsewhere(s)
	entries := b.gather(s)
	for _, br := range b.f.Branches {
		if br.When.holds(s) {
			entries = br.apply(entries)
		}
	}
	steps := make([]Step, 0, len(entries))
	for _, e := range entries {
		steps = append(steps, b.step(e, s))
	}
	return steps
}

// gather merges the playbooks of the situation.
func (b *Book) gather(s Situation) []Entry {
	var out []Entry
	for _, id := range s.Done {
		for _, p := range b.f.Playbooks {
			if p.ID == id {
				out = merge(out, p.Steps)
			}
		}
	}
	return byUrgency(out)
}

// merge adds entries that are new and raises the urgency of those that are not.
func merge(into, add []Entry) []Entry {
	for _, e := range add {
		i := slices.IndexFunc(into, func(x Entry) bool { return x.Step == e.Step })
		switch {
		case i < 0:
			into = append(into, e)
		case e.Urgency.rank() < into[i].Urgency.rank():
			into[i].Urgency = e.Urgency
		}
	}
	return into
}

func byUrgency(es []Entry) []Entry {
	sort.SliceStable(es, func(i, j int) bool { return es[i].Urgency.rank() < es[j].Urgency.rank() })
	return es
}

// apply changes a plan by one branch.
func (br *branch) apply(es []Entry) []Entry {
	es = byUrgency(merge(es, br.Add))
	es = slices.DeleteFunc(es, func(e Entry) bool { return slices.Contains(br.Drop, e.Step) })
	from := slices.IndexFunc(es, func(e Entry) bool { return e.Step == br.Move })
	if from < 0 {
		return es
	}
	moved := es[from]
	if br.Urgency != "" && br.Urgency.rank() < moved.Urgency.rank() {
		moved.Urgency = br.Urgency
	}
	es = slices.Delete(es, from, from+1)
	to := slices.IndexFunc(es, func(e Entry) bool { return e.Step == br.Before })
	if br.Before == "" {
		to = 0
	}
	if to < 0 {
		return byUrgency(append(es, moved))
	}
	if to < len(es) && es[to].Urgency.rank() < moved.Urgency.rank() {
		moved.Urgency = es[to].Urgency
	}
	return slices.Insert(es, to, moved)
}

// holds reports whether every given field of the condition fits.
func (c *condition) holds(s Situation) bool {
	in := func(want, have []string) bool {
		return len(want) == 0 || slices.ContainsFunc(want, func(w string) bool { return slices.Contains(have, w) })
	}
	flag := func(want *bool, have bool) bool { return want == nil || *want == have }
	if c.Settled != nil && (s.Settled == nil || *s.Settled != *c.Settled) {
		return false
	}
	return in(c.Done, s.Done) && in(c.Gave, s.Gave) && in(c.Codes, s.Codes) &&
		in(c.Country, []string{s.Country}) && in(c.Role, []string{s.Role}) &&
		in(c.Channel, []string{s.Channel}) && in(c.Outcome, []string{s.Outcome}) &&
		flag(c.Running, s.Running) && flag(c.Ongoing, s.Ongoing) &&
		flag(c.Nothing, len(s.Done) == 0 && len(s.Gave) == 0) && flag(c.Elsewhere, s.elsewhere)
}

// Elsewhere reports whether no shop is in play: a dentist, a false policeman, a
// friend with a new number. Orders and accounts are not where to look then.
func (b *Book) Elsewhere(s Situation) bool {
	some := func(of []string) bool {
		return slices.ContainsFunc(s.Codes, func(c string) bool { return slices.Contains(of, c) })
	}
	return !s.Shop && (some(b.f.OtherCodes) || !some(b.f.ShopCodes))
}

// step fills in an entry, in the variant that fits the situation.
func (b *Book) step(e Entry, s Situation) Step {
	f := b.f.Steps[e.Step]
	st := Step{
		Code: e.Step, Urgency: e.Urgency, Who: f.Who, HaveReady: f.HaveReady, Text: f.Text, Details: f.Details,
		Menu: f.Menu, Kinds: f.Kinds, Note: f.Note, AsOf: f.AsOf, Unconfirmed: f.Unconfirmed, Source: f.Source,
	}
	for _, v := range f.Variants {
		if !v.When.holds(s) || !v.valid(s.At) {
			continue
		}
		if v.Text != nil {
			st.Text = v.Text
		}
		if v.Details != nil {
			st.Details = v.Details
		}
		if v.Note != nil {
			st.Note = v.Note
		}
		if v.Source != nil {
			st.Source = v.Source
		}
		st.AsOf, st.Unconfirmed = v.AsOf, v.Unconfirmed
		break
	}
	return st
}

func (v *variant) valid(at time.Time) bool {
	if at.IsZero() {
		return v.Until == ""
	}
	day := at.Format(time.DateOnly)
	return (v.From == "" || day >= v.From) && (v.Until == "" || day <= v.Until)
}

// CallBackLines returns the procedure by which to reach the real shop or bank
// in a situation.
func (b *Book) CallBackLines(s Situation) []CallBack {
	var out []CallBack
	for _, c := range b.f.CallBack {
		if c.When.holds(s) {
			out = append(out, c)
		}
	}
	return out
}
