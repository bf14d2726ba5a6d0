package compromise

import (
	"cmp"
	"slices"
)

// stratum is the orders of one kind and time: how many, and how many are affected.
type stratum struct{ n, k int }

// look is a count of the orders that are left.
type look struct {
	t    *Table
	gone []bool
	all  stratum
	of   []stratum
}

// tried is a party with what the orders that are left say of it.
type tried struct {
	Finding
	id int32
}

// stands tells whether it stands out, whoever reported it.
func (x tried) stands(b Bounds) bool {
	return x.Adjusted <= b.Rate && x.Victims >= b.MinVictims && x.Low >= b.MinRatio
}

func (t *Table) look(gone []bool) *look {
	l := &look{t: t, gone: gone, of: make([]stratum, len(t.strata))}
	for i := range t.orders {
		o := &t.orders[i]
		if gone[i] || o.dropped {
			continue
		}
		s := &l.of[o.stratum]
		s.n++
		l.all.n++
		if o.hit {
			s.k++
			l.all.k++
		}
	}
	return l
}

// nameable is how many parties have enough orders to be named: for so many a p-value is
// corrected. Who has victims must not matter for that: to count only those with two or
// more takes the luckiest of many for all there are, and names somebody innocent in
// every fifth of some worlds.
func (l *look) nameable(b Bounds) int {
	handled := make([]int, len(l.t.parties))
	for i := range l.t.orders {
		o := &l.t.orders[i]
		if l.gone[i] || o.dropped || l.of[o.stratum].k == 0 {
			continue
		}
		for j := o.first; j >= 0; j = l.t.touches[j].next {
			handled[l.t.touches[j].party]++
		}
	}
	n := 0
	for _, of := range handled {
		if of >= b.MinVictims {
			n++
		}
	}
	return n
}

// tried measures each party with two victims or more; all others have none to show.
func (l *look) tried() []tried {
	t := l.t
	victims, known := make([]int, len(t.parties)), make([]int, len(t.parties))
	for i := range t.orders {
		o := &t.orders[i]
		if l.gone[i] || o.dropped || !o.hit {
			continue
		}
		for j := o.first; j >= 0; j = t.touches[j].next {
			if victims[t.touches[j].party]++; o.known {
				known[t.touches[j].party]++
			}
		}
	}
	place := make([]int32, len(t.parties)) // of a party among the tried, from 1
	var out []tried
	for id, k := range victims {
		if k >= 2 {
			out = append(out, tried{id: int32(id), Finding: Finding{Party: t.parties[id], Victims: k, known: known[id]}}) //nolint:gosec // at most MaxTouches
			place[id] = int32(len(out))                                                                                   //nolint:gosec // at most MaxTouches
		}
	}
	counts := l.counts(place, len(out))
	for i := range out {
		l.measure(&out[i], counts[i])
	}
	return out
}

// counts is how many orders each tried party has in each stratum that has affected ones.
func (l *look) counts(place []int32, tried int) []map[int32]stratum {
	t := l.t
	out := make([]map[int32]stratum, tried)
	for i := range out {
		out[i] = map[int32]stratum{}
	}
	for i := range t.orders {
		o := &t.orders[i]
		if l.gone[i] || o.dropped {
			continue
		}
		for j := o.first; j >= 0; j = t.touches[j].next {
			at := place[t.touches[j].party]
			if at == 0 {
				continue
			}
			s := out[at-1][o.stratum]
			if s.n++; o.hit {
				s.k++
			}
			out[at-1][o.stratum] = s
		}
	}
	return out
}

// measure computes ratio and p-value of a party. Given how many orders and affected
// ones each stratum has, and how many of the orders are the party's, its victims of a
// stratum are hypergeometric where it leaked nothing; the sum over the strata is
// their convolution (the exact test for stratified tables).
func (l *look) measure(x *tried, counts map[int32]stratum) {
	strata := make([]int32, 0, len(counts))
	for s := range counts {
		strata = append(strata, s)
	}
	slices.Sort(strata) // sums of floats in one order
	others := 0
	for _, s := range strata {
		own, all := counts[s], l.of[s]
		if others += own.n - own.k; all.k == 0 {
			continue
		}
		if rest := all.n - all.k; rest > 0 {
			x.Expected += float64(all.k) * float64(own.n-own.k) / float64(rest)
		} else {
			x.Expected += float64(own.k) // nothing to compare with: it says nothing
		}
	}
	x.P = 1 // who has less than their share needs no test
	if float64(x.Victims) > x.Expected {
		x.P = max(l.tail(x.Victims, strata, counts), leastP)
	}
	x.Share, x.Base = share(x.Victims, l.all.k), share(others, l.all.n-l.all.k)
	// A party that only affected orders have counts as if it had one other.
	x.Expected = max(x.Expected, share(l.all.k, l.all.n-l.all.k+1))
	x.Ratio = float64(x.Victims) / x.Expected
	low, high := limits(x.Victims)
	x.Low, x.High = low/x.Expected, high/x.Expected
}

// leastP is the smallest p-value that is told: below it floats are no more.
const leastP = 1e-300

// tail is the mid-p value of so many victims.
func (l *look) tail(victims int, strata []int32, counts map[int32]stratum) float64 {
	from, p := 0, []float64{1}
	for _, s := range strata {
		if all := l.of[s]; all.k > 0 {
			first, q := hypergeometric(all.n, all.k, counts[s].n)
			from, p = from+first, convolve(p, q)
		}
	}
	return midTail(from, p, victims)
}

// adjust corrects the p-values for the number of parties that were tried (Benjamini
// and Hochberg 1995).
func (l *look) adjust(list []tried, of int) {
	slices.SortFunc(list, func(x, y tried) int {
		return cmp.Or(cmp.Compare(x.P, y.P), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
	})
	least := 1.0
	for i := len(list) - 1; i >= 0; i-- {
		least = min(least, list[i].P*float64(of)/float64(i+1))
		list[i].Adjusted = least
	}
}

// visible is from how many victims on a party with one in a hundred of the orders
// would be named, if it were the only one.
func (l *look) visible(b Bounds, tried int) int {
	m := l.all.n / 100
	from, p := hypergeometric(l.all.n, l.all.k, m)
	mean := float64(l.all.k) / 100
	for k := b.MinVictims; k <= min(l.all.k, m); k++ {
		low, _ := limits(k)
		if midTail(from, p, k)*float64(max(tried, 1)) <= b.Rate && low >= b.MinRatio*mean {
			return k
		}
	}
	return 0
}
