package window

import (
	"fmt"
	"slices"
)

// Engine keeps all series of a plan. It is not safe for concurrent use: events
// have an order, and one owner gives it.
type Engine struct {
	plan      Plan
	late      int64
	watermark int64
	series    []shelf
	tooLate   int64
	clamped   int64
	lost      int64
	cold      Cold // nil: keys beyond MaxKeys are forgotten
	buf       []byte
	looked    cell // for a look at a key elsewhere
}

// shelf is one series: its keys on shards, and all of them in the order of recording.
type shelf struct {
	spec   Series
	reach  int64
	thin   bool
	counts bool // some measure calculates with values
	ages   []int
	empty  *cell // of a key that was never recorded; it is only read
	cells
	shards  []table
	checked ref   // the oldest when due was computed
	due     int64 // when that can say nothing any more
	keys    int
	entries int
	evicted int64
	dropped int64
}

// Stats is what an engine holds and what it had to let go.
type Stats struct {
	Keys, Entries int
	// Evicted counts keys forgotten at MaxKeys, Dropped entries at MaxEntries,
	// TooLate events older than the lateness, Clamped values beyond MaxValue.
	Evicted, Dropped, TooLate, Clamped int64
	// Cold is how many keys a store keeps (Spill), Lost counts those that it could
	// not give back.
	Cold int
	Lost int64
}

// New makes an empty engine. shards is how many maps the keys are spread over,
// at least 1; it changes no reading.
func New(p Plan, shards int) (*Engine, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("window: plan: %w", err)
	}
	if shards < 1 || shards > 4096 {
		return nil, fmt.Errorf("window: %d shards are outside of 1 to 4096", shards)
	}
	e := &Engine{plan: p, late: p.Lateness.Microseconds(), watermark: never, series: make([]shelf, len(p.Series))}
	for i := range p.Series {
		s := &e.series[i]
		s.spec = p.Series[i]
		s.spec.Measures = slices.Clone(s.spec.Measures)
		if s.spec.MaxEntries == 0 {
			s.spec.MaxEntries = 4096
		}
		if s.spec.MaxKeys == 0 {
			s.spec.MaxKeys = 1 << 20
		}
		s.thin = true
		for j := range s.spec.Measures {
			m := &s.spec.Measures[j]
			s.reach = max(s.reach, m.reach())
			s.thin = s.thin && m.thin()
			s.counts = s.counts || m.Kind.arithmetic()
			if m.Kind == Age {
				s.ages = append(s.ages, j)
			}
		}
		s.empty = &cell{}
		s.empty.reset(Key{}, len(s.ages))
		s.shards = make([]table, shards)
	}
	return e, nil
}

// Clock takes the time of the next event, in microseconds since 1970. It is
// false when the event is too late to be counted: then it may only be looked at
// (Peek). Call it once for each event, before what is recorded of it.
func (e *Engine) Clock(t int64) bool {
	if e.watermark != never && t < e.watermark-e.late {
		e.tooLate++
		return false
	}
	e.watermark = max(e.watermark, t)
	return true
}

// Watermark is the time of the newest event; ok is false before the first.
func (e *Engine) Watermark() (t int64, ok bool) { return e.watermark, e.watermark != never }

// Record puts one entry into a series and appends one reading for each of its
// measures to out, as of t. Clock must have accepted t.
func (e *Engine) Record(series int, key Key, t, value int64, out []Reading) []Reading {
	s := &e.series[series]
	if s.counts && (value > MaxValue || value < -MaxValue) {
		value = min(max(value, -MaxValue), MaxValue)
		e.clamped++
	}
	c := e.cell(series, key)
	first := len(out)
	out = s.room(out)
	got := out[first:]
	s.readAll(c, t, got, true)
	fast := t >= c.now && len(c.states) > 0
	if fast {
		s.advance(c, t)
	}
	c.now = max(c.now, t)
	for i, j := range s.ages {
		c.see(i, t, s.spec.Measures[j].Span.Microseconds())
	}
	if s.reach > 0 {
		s.entries++
		if !c.insert(entry{t, value}) {
			fast = false
		}
		if fast {
			for j := range c.states {
				c.states[j].enter(&s.spec.Measures[j], c, len(c.entries)-1)
			}
		}
		s.settle(c, e.watermark-e.late, fast)
	}
	s.readAll(c, t, got, false)
	s.forget(e.watermark - e.late)
	return out
}

// Peek reads a series at t without recording. A key that was never seen has
// the readings of an empty one. Where t is older than the lateness, entries that
// it would need may be gone.
func (e *Engine) Peek(series int, key Key, t int64, out []Reading) []Reading {
	s := &e.series[series]
	first := len(out)
	out = s.room(out)
	c := s.empty
	if r := s.shards[shard(&key, len(s.shards))].find(&s.cells, &key, tagOf(&key)); r != 0 {
		c = s.at(r)
	} else if e.cold != nil && e.cold.Len(series) > 0 {
		c = &e.looked
		c.reset(key, len(s.ages))
		e.fromCold(series, c, false)
	}
	s.readAll(c, t, out[first:], true)
	s.readAll(c, t, out[first:], false)
	return out
}

// room appends one empty reading for each measure.
func (s *shelf) room(out []Reading) []Reading {
	for range s.spec.Measures {
		out = append(out, Reading{})
	}
	return out
}

// Stats sums up all series; StatsOf tells of one.
func (e *Engine) Stats() Stats {
	st := Stats{TooLate: e.tooLate, Clamped: e.clamped, Lost: e.lost}
	for i := range e.series {
		x := e.StatsOf(i)
		st.Keys, st.Entries, st.Evicted, st.Dropped, st.Cold = st.Keys+x.Keys, st.Entries+x.Entries, st.Evicted+x.Evicted, st.Dropped+x.Dropped, st.Cold+x.Cold
	}
	return st
}

// StatsOf tells what one series holds; TooLate, Clamped and Lost belong to the engine.
func (e *Engine) StatsOf(series int) Stats {
	s := &e.series[series]
	st := Stats{Keys: s.keys, Entries: s.entries, Evicted: s.evicted, Dropped: s.dropped}
	if e.cold != nil {
		st.Cold = e.cold.Len(series)
	}
	return st
}

func shard(k *Key, n int) int { return int(uint(k[0])|uint(k[1])<<8) % n }

// cell returns the cell of a key, made when it is new, as the newest recorded.
func (e *Engine) cell(n int, key Key) *cell {
	s := &e.series[n]
	tag, t := tagOf(&key), &s.shards[shard(&key, len(s.shards))]
	r := t.find(&s.cells, &key, tag)
	if r == s.newest && r != 0 {
		return s.at(r)
	}
	if r != 0 {
		s.unlink(r)
		s.link(r)
		return s.at(r)
	}
	if s.keys >= s.spec.MaxKeys {
		e.makeRoom(n)
	}
	c := s.enter(t, tag, key)
	e.fromCold(n, c, true)
	return c
}

// enter makes the cell of a key that is not there.
func (s *shelf) enter(t *table, tag uint32, key Key) *cell {
	r, c := s.take(key, len(s.ages))
	t.add(tag, r)
	s.link(r)
	s.keys++
	return c
}

func (s *shelf) drop(r ref) {
	c := s.at(r)
	s.unlink(r)
	if s.checked == r {
		s.checked = 0
	}
	s.shards[shard(&c.key, len(s.shards))].remove(tagOf(&c.key), r)
	s.keys--
	s.entries -= len(c.entries) - c.lo
	s.give(r)
}

// forget lets go of keys that can say nothing any more, at most two a call.
func (s *shelf) forget(safe int64) {
	for range 2 {
		r := s.oldest
		if r == s.newest { // none, or the only one
			return
		}
		// What is recorded moves to the end, so the oldest stays as it is. Who comes
		// back to be the oldest was recorded meanwhile: then it is looked at again
		// once it seems to be due.
		if s.checked == r && safe < s.due {
			return
		}
		s.checked, s.due = r, s.end(s.at(r))
		if safe < s.due {
			return
		}
		s.drop(r)
	}
}

// end is from when on a key can say nothing any more.
func (s *shelf) end(c *cell) int64 {
	end := int64(never)
	if len(c.entries) > c.lo {
		end = c.entries[len(c.entries)-1].at + s.reach
	}
	for i, j := range s.ages {
		last, _ := c.stretches(i)
		if last.last != never {
			end = max(end, last.last+s.spec.Measures[j].Span.Microseconds()+1)
		}
	}
	return end
}

// readAll fills in the readings of the measures that leave out the entry being
// recorded (prior), or of those that do not.
func (s *shelf) readAll(c *cell, t int64, out []Reading, prior bool) {
	var e []entry
	scanned := len(c.states) == 0 || t < c.now
	if scanned {
		e = c.entries[c.lo : c.lo+c.upTo(t)]
	} else {
		s.advance(c, t)
		c.now = t
	}
	age := 0
	for j := range s.spec.Measures {
		m := &s.spec.Measures[j]
		if m.Kind == Age {
			age++
		}
		if (m.Prior || m.Kind == Since) != prior {
			continue
		}
		switch {
		case m.Kind == Age:
			out[j] = c.age(age-1, t, m.Span.Microseconds())
			continue
		case scanned:
			out[j] = m.scan(e, t)
		default:
			out[j] = c.states[j].read(m, c, t)
		}
		out[j].Capped = c.dropped > t-m.reach()
	}
}

func (s *shelf) advance(c *cell, t int64) {
	for j := range c.states {
		c.states[j].advance(&s.spec.Measures[j], c, t)
	}
}

// settle prunes what no question can reach any more, keeps the cap, and makes,
// renews or gives up the running states.
func (s *shelf) settle(c *cell, safe int64, fast bool) {
	was := c.lo
	for c.lo < len(c.entries)-1 && c.entries[c.lo].at <= safe-s.reach {
		c.lo++
	}
	if s.thin {
		for c.lo < len(c.entries)-1 && c.entries[c.lo+1].at <= safe {
			c.lo++
		}
	}
	for len(c.entries)-c.lo > s.spec.MaxEntries {
		if fast {
			for j := range c.states {
				st, m := &c.states[j], &s.spec.Measures[j]
				if st.from == c.lo {
					st.leave(m, c)
				}
				if m.Base > 0 && st.base == c.lo {
					st.all.sub(c.entries[c.lo].value)
					st.base++
				}
			}
		}
		c.dropped = max(c.dropped, c.entries[c.lo].at)
		c.lo++
		s.dropped++
	}
	s.entries -= c.lo - was
	switch n := len(c.entries) - c.lo; {
	case s.thin: // the latest entry is found without a state
	case n <= small/2:
		c.states = nil
	case !fast && (n > small || c.states != nil):
		if c.states == nil {
			c.states = make([]state, len(s.spec.Measures))
		}
		for j := range c.states {
			c.states[j] = build(&s.spec.Measures[j], c)
		}
	}
}
