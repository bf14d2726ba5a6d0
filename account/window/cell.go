package window

import "slices"

// entry is one thing recorded.
type entry struct{ at, value int64 }

// small is up to how many entries a key is read by walking over them; above,
// each measure keeps a running state. Most keys stay below.
const small = 24

// never is a time before all times.
const never = -1 << 62

// span is a stretch of entries without a pause longer than an age is remembered.
type span struct{ first, last int64 }

// cell is what one series keeps of one key. Entries are sorted by time, and by
// arrival among equal times.
type cell struct {
	key     Key
	entries []entry // entries[lo:] are kept
	states  []state
	lo      int
	now     int64    // up to where the running states were moved
	dropped int64    // time of the newest entry that was dropped by the cap
	ages    []span   // for each age the last stretch, then for each the one before
	first   [1]entry // most keys have one entry: it needs no memory of its own
}

// stretches are the last stretch of an age and the one before.
func (c *cell) stretches(i int) (last, before *span) { return &c.ages[i], &c.ages[len(c.ages)/2+i] }

// upTo is how many of the entries kept are not after t.
func (c *cell) upTo(t int64) int {
	e := c.entries[c.lo:]
	if n := len(e); n == 0 || e[n-1].at <= t {
		return n
	}
	n, _ := slices.BinarySearchFunc(e, t, func(e entry, t int64) int {
		if e.at <= t {
			return -1
		}
		return 1
	})
	return n
}

// since is the place of the first entry after t among the entries kept.
func since(e []entry, t int64) int {
	if len(e) <= small {
		i := len(e)
		for i > 0 && e[i-1].at > t {
			i--
		}
		return i
	}
	n, _ := slices.BinarySearchFunc(e, t, func(e entry, t int64) int {
		if e.at <= t {
			return -1
		}
		return 1
	})
	return n
}

// insert puts an entry in its place and says whether that was the end.
func (c *cell) insert(e entry) bool {
	n := c.lo + c.upTo(e.at)
	if n == len(c.entries) {
		c.push(e)
		return true
	}
	c.entries = slices.Insert(c.entries, n, e)
	return false
}

func (c *cell) push(e entry) {
	if c.lo > 0 && len(c.entries) == cap(c.entries) && c.lo >= len(c.entries)/2 {
		n := copy(c.entries, c.entries[c.lo:])
		for i := range c.states {
			c.states[i].shift(c.lo)
		}
		c.entries, c.lo = c.entries[:n], 0
	}
	c.entries = append(c.entries, e)
}

// see moves the ages by an entry at t. A pause longer than the memory begins a
// new stretch; one late entry can join the last two stretches, but never older
// ones, because the lateness is not longer than the memory.
func (c *cell) see(i int, t, memory int64) {
	r, b := c.stretches(i)
	switch {
	case r.last == never:
		*r = span{t, t}
	case t > r.last+memory:
		*b, *r = *r, span{t, t}
	case t >= r.first:
		r.last = max(r.last, t)
	case b.last != never && t <= b.last:
		// within the stretch before
	case b.last != never && t-b.last <= memory && r.first-t <= memory:
		r.first = b.first
		*b = span{never, never}
	case b.last != never && t-b.last <= memory:
		b.last = t
	case r.first-t <= memory:
		r.first = t
	default:
		*b = span{t, t}
	}
}

// age is the time since the key was first seen, as of t, and at most the memory: who
// begins to read no longer before that finds the same.
func (c *cell) age(i int, t, memory int64) Reading {
	last, before := c.stretches(i)
	for _, s := range [2]span{*last, *before} {
		if s.last != never && t >= s.first {
			if t > s.last && t-s.last > memory {
				return Reading{}
			}
			return Reading{Int: min(t-s.first, memory), OK: true}
		}
	}
	return Reading{}
}
