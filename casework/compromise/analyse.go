package compromise

import (
	"cmp"
	"slices"
)

// Bounds of an analysis.
const (
	// rounds is how many parties are named at most.
	rounds = 10
	// together is from which share of common orders on two parties cannot be told apart.
	together = .95
	// othersPerAffected is how many orders there are at least for each affected one.
	othersPerAffected = 5
)

// Analyse tells which parties stand out. The same table and bounds give the same
// report. It fails where bounds are none.
func (t *Table) Analyse(b Bounds) (Report, error) {
	if err := b.check(); err != nil {
		return Report{}, err
	}
	out := Report{Outcome: CannotTell, Findings: []Finding{}, Coverage: t.coverage()}
	for i := range t.orders {
		switch o := &t.orders[i]; {
		case o.dropped:
		case o.hit:
			out.Affected++
		default:
			out.Others++
		}
	}
	named := slices.ContainsFunc(out.Coverage, func(c Coverage) bool { return c.Affected > 0 })
	switch {
	case out.Affected < b.MinAffected:
		out.Lacks = FewAffected
	case out.Others < othersPerAffected*out.Affected:
		out.Lacks = FewOthers
	case !named:
		out.Lacks = NoParties
	}
	if out.Lacks == "" {
		t.explainAway(b, &out)
	}
	return out, nil
}

// explainAway names the strongest party, takes its orders out and looks again, so
// that those who only worked with it are not named beside it.
func (t *Table) explainAway(b Bounds, out *Report) {
	gone := make([]bool, len(t.orders))
	var before []tried
	doubtful := false
	for round := range rounds {
		l := t.look(gone)
		list := l.tried()
		if round == 0 {
			out.Tried = l.nameable(b)
			out.Visible = l.visible(b, out.Tried)
		}
		l.adjust(list, out.Tried)
		stands := slices.DeleteFunc(list, func(x tried) bool { return !x.stands(b) })
		if len(out.Findings) > 0 {
			last := &out.Findings[len(out.Findings)-1]
			last.Explains = t.faded(before, stands, out.Findings)
		}
		weak := func(x tried) bool { return x.known < b.MinKnown }
		doubtful = doubtful || slices.ContainsFunc(stands, weak)
		stands = slices.DeleteFunc(stands, weak)
		if len(stands) == 0 {
			break
		}
		slices.SortFunc(stands, func(x, y tried) int {
			return cmp.Or(cmp.Compare(x.P, y.P), cmp.Compare(y.Ratio, x.Ratio), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
		})
		top := stands[0]
		f := top.Finding
		f.Same = t.same(gone, top.id)
		out.Findings = append(out.Findings, f)
		before = stands[1:]
		for i := range t.orders {
			gone[i] = gone[i] || t.has(int32(i), top.id) //nolint:gosec // at most MaxOrders
		}
	}
	switch {
	case len(out.Findings) > 0:
		out.Outcome = Found
	case doubtful:
		out.Lacks = FewKnown
	default:
		out.Outcome = None
	}
}

// faded are those that stood out before and do not any more, and are not told as
// somebody's twins.
func (t *Table) faded(before, now []tried, told []Finding) []Party {
	var out []Party
	for _, x := range before {
		if slices.ContainsFunc(now, func(y tried) bool { return y.id == x.id }) ||
			slices.ContainsFunc(told, func(f Finding) bool { return slices.Contains(f.Same, x.Party) }) {
			continue
		}
		out = append(out, x.Party)
	}
	return out
}

// has tells whether a party handled an order.
func (t *Table) has(order, party int32) bool {
	for i := t.orders[order].first; i >= 0; i = t.touches[i].next {
		if t.touches[i].party == party {
			return true
		}
	}
	return false
}

// same are the parties that handled nearly the same orders as one.
func (t *Table) same(gone []bool, party int32) []Party {
	total, common := make([]int, len(t.parties)), make([]int, len(t.parties))
	for i := range t.orders {
		if gone[i] || t.orders[i].dropped {
			continue
		}
		with := t.has(int32(i), party) //nolint:gosec // at most MaxOrders
		for j := t.orders[i].first; j >= 0; j = t.touches[j].next {
			p := t.touches[j].party
			if total[p]++; with {
				common[p]++
			}
		}
	}
	var out []Party
	for p, n := range common {
		if int32(p) != party && float64(n) >= together*float64(max(total[p], total[party])) { //nolint:gosec // at most MaxTouches
			out = append(out, t.parties[p])
		}
	}
	slices.SortFunc(out, func(x, y Party) int { return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name)) })
	return out
}

// coverage is how many orders tell who handled them, by kind.
func (t *Table) coverage() []Coverage {
	kinds := map[string]int{}
	var names []string
	for _, p := range t.parties {
		if _, ok := kinds[p.Kind]; !ok {
			kinds[p.Kind] = len(names)
			names = append(names, p.Kind)
		}
	}
	var n [2]int
	count := make([][2]int, len(names))
	for i := range t.orders {
		o := &t.orders[i]
		if o.dropped {
			continue
		}
		side := 0
		if o.hit {
			side = 1
		}
		n[side]++
		seen := make([]bool, len(names))
		for j := o.first; j >= 0; j = t.touches[j].next {
			if k := kinds[t.parties[t.touches[j].party].Kind]; !seen[k] {
				seen[k] = true
				count[k][side]++
			}
		}
	}
	out := make([]Coverage, 0, len(names))
	for k, name := range names {
		out = append(out, Coverage{name, share(count[k][1], n[1]), share(count[k][0], n[0])})
	}
	slices.SortFunc(out, func(x, y Coverage) int { return cmp.Compare(x.Kind, y.Kind) })
	return out
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
