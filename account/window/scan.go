package window

import (
	"math/bits"
	"slices"
)

// scan reads a measure by walking over the entries that are not after t. It is
// the plain definition of every kind: keys with few entries and questions about
// the past are answered by it.
func (m *Measure) scan(e []entry, t int64) Reading {
	in := e[since(e, t-m.Span.Microseconds()):]
	switch m.Kind {
	case Count:
		return Reading{Int: int64(len(in)), OK: true}
	case Sum, Mean, StdDev:
		return reading(m.Kind, sumOf(in), total{}, m)
	case RatioCount, RatioSum, RatioMean:
		old := e[since(e, t-m.Base.Microseconds()) : len(e)-len(in)]
		return reading(m.Kind, sumOf(in), sumOf(old), m)
	case Min, Max:
		return extreme(m.Kind, in)
	case Distinct:
		return Reading{Int: int64(distinct(in)), OK: true}
	case Quantile:
		if len(in) == 0 {
			return Reading{}
		}
		values := make([]int64, len(in))
		for i := range in {
			values[i] = in[i].value
		}
		slices.Sort(values)
		return Reading{Int: values[rank(m.Q, len(values))], OK: true}
	case Last:
		if len(in) == 0 {
			return Reading{}
		}
		return Reading{Int: in[len(in)-1].value, OK: true}
	case Since:
		if len(in) == 0 {
			return Reading{}
		}
		return Reading{Int: t - in[len(in)-1].at, OK: true}
	case Sequence:
		var p progress
		for i := range in {
			p.step(m, in[i])
		}
		return p.reading(m, t)
	case Set:
		var mask int64
		for i := range in {
			mask |= in[i].value
		}
		return Reading{Int: int64(bits.OnesCount64(uint64(mask) & (1<<m.Steps - 1))), OK: true}
	}
	return Reading{}
}

func sumOf(e []entry) (a total) {
	for i := range e {
		a.add(e[i].value)
	}
	return a
}

func extreme(k Kind, e []entry) Reading {
	if len(e) == 0 {
		return Reading{}
	}
	v := e[0].value
	for _, x := range e[1:] {
		if k == Min && x.value < v || k == Max && x.value > v {
			v = x.value
		}
	}
	return Reading{Int: v, OK: true}
}

func distinct(e []entry) int {
	if len(e) <= small {
		n := 0
		for i := range e {
			if !slices.ContainsFunc(e[:i], func(x entry) bool { return x.value == e[i].value }) {
				n++
			}
		}
		return n
	}
	seen := make(map[int64]bool, len(e))
	for i := range e {
		seen[e[i].value] = true
	}
	return len(seen)
}

// progress is how far a sequence has come: for each number of steps the latest
// way of completing them, which is also the one that began last.
type progress [MaxSteps]struct {
	began, at int64
	done      bool
}

// step takes an entry. The steps are gone through backwards, so that one entry
// is never two steps of one way. A way that began first is never better than
// one that began later: whatever the first can still complete in time, the
// later one can.
func (p *progress) step(m *Measure, e entry) {
	gap := m.Gap.Microseconds()
	for i := m.Steps - 1; i >= 0; i-- {
		if e.value>>i&1 == 0 {
			continue
		}
		if i == 0 {
			p[0].began, p[0].at, p[0].done = e.at, e.at, true
			continue
		}
		if b := p[i-1]; b.done && (gap == 0 || e.at-b.at <= gap) {
			p[i].began, p[i].at, p[i].done = b.began, e.at, true
		}
	}
}

func (p *progress) reading(m *Measure, t int64) Reading {
	done := 0
	for i := range m.Steps {
		if p[i].done && p[i].began > t-m.Span.Microseconds() {
			done = i + 1
		}
	}
	return Reading{Int: int64(done), OK: true}
}
