package window

import "math/bits"

// state is the running state of one measure over a key with many entries:
// entries from on are in its window. Each entry comes in once and goes out once.
type state struct {
	from   int   // first entry in the window
	base   int   // first entry in the history of a ratio
	in     total // what is in the window
	all    total // what is in window and history
	queue  []int // Min, Max: places of candidates, the best first
	counts map[int64]int32
	tree   *tree
	way    *progress
	steps  *[MaxSteps]int64 // Set: when each step was last seen
}

// build makes the state of a measure from the entries kept, as of now.
func build(m *Measure, c *cell) state {
	s := state{from: c.lo, base: c.lo}
	switch m.Kind {
	case Distinct:
		s.counts = map[int64]int32{}
	case Quantile:
		s.tree = &tree{}
	case Sequence:
		s.way = &progress{}
	case Set:
		s.steps = new([MaxSteps]int64)
		for i := range s.steps {
			s.steps[i] = never
		}
	}
	for i := c.lo; i < len(c.entries); i++ {
		s.enter(m, c, i)
	}
	s.advance(m, c, c.now)
	return s
}

// enter takes the entry at place i, which is the newest.
func (s *state) enter(m *Measure, c *cell, i int) {
	e := c.entries[i]
	switch m.Kind {
	case Sum, Mean, StdDev:
		s.in.add(e.value)
	case RatioCount, RatioSum, RatioMean:
		s.in.add(e.value)
		s.all.add(e.value)
	case Min, Max:
		for n := len(s.queue); n > 0; n-- {
			v := c.entries[s.queue[n-1]].value
			if m.Kind == Min && v < e.value || m.Kind == Max && v > e.value {
				break
			}
			s.queue = s.queue[:n-1]
		}
		s.queue = append(s.queue, i)
	case Distinct:
		s.counts[e.value]++
	case Quantile:
		s.tree.insert(e.value)
	case Sequence:
		s.way.step(m, e)
	case Set:
		for v := uint64(e.value) & (1<<m.Steps - 1); v != 0; v &= v - 1 {
			s.steps[bits.TrailingZeros64(v)] = e.at
		}
	}
}

// leave takes the oldest entry out of the window.
func (s *state) leave(m *Measure, c *cell) {
	e := c.entries[s.from]
	switch m.Kind {
	case Sum, Mean, StdDev, RatioCount, RatioSum, RatioMean:
		s.in.sub(e.value)
	case Min, Max:
		if len(s.queue) > 0 && s.queue[0] == s.from {
			s.queue = s.queue[1:]
		}
	case Distinct:
		if s.counts[e.value]--; s.counts[e.value] == 0 {
			delete(s.counts, e.value)
		}
	case Quantile:
		s.tree.remove(e.value)
	}
	s.from++
}

// advance moves the window to t, which is not before where it was.
func (s *state) advance(m *Measure, c *cell, t int64) {
	s.past(m, c, t-m.Span.Microseconds())
	if m.Base > 0 {
		s.pastBase(c, t-m.Base.Microseconds())
	}
}

func (s *state) past(m *Measure, c *cell, t int64) {
	for s.from < len(c.entries) && c.entries[s.from].at <= t {
		s.leave(m, c)
	}
}

func (s *state) pastBase(c *cell, t int64) {
	for s.base < len(c.entries) && c.entries[s.base].at <= t {
		s.all.sub(c.entries[s.base].value)
		s.base++
	}
}

// shift renumbers places after n entries were cut off in front.
func (s *state) shift(n int) {
	s.from -= n
	s.base = max(s.base-n, 0)
	for i := range s.queue {
		s.queue[i] -= n
	}
}

func (s *state) read(m *Measure, c *cell, t int64) Reading {
	n := len(c.entries) - s.from
	switch m.Kind {
	case Count:
		return Reading{Int: int64(n), OK: true}
	case Sum, Mean, StdDev:
		return reading(m.Kind, s.in, total{}, m)
	case RatioCount, RatioSum, RatioMean:
		return reading(m.Kind, s.in, s.all.less(s.in), m)
	case Distinct:
		return Reading{Int: int64(len(s.counts)), OK: true}
	case Sequence:
		return s.way.reading(m, t)
	case Set:
		done := int64(0)
		for i := range m.Steps {
			if s.steps[i] != never && s.steps[i] > t-m.Span.Microseconds() {
				done++
			}
		}
		return Reading{Int: done, OK: true}
	}
	if n == 0 {
		return Reading{}
	}
	switch m.Kind {
	case Min, Max:
		return Reading{Int: c.entries[s.queue[0]].value, OK: true}
	case Quantile:
		return Reading{Int: s.tree.at(rank(m.Q, n)), OK: true}
	case Last:
		return Reading{Int: c.entries[len(c.entries)-1].value, OK: true}
	case Since:
		return Reading{Int: t - c.entries[len(c.entries)-1].at, OK: true}
	}
	return Reading{}
}
