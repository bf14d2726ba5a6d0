package window

import "iter"

// Cold keeps the keys for which a series has no room in memory (MaxKeys),
// usually on disk: see eventlog/cold. What it holds can be computed again from
// a snapshot and the log after it, so it need not outlive its engine, which is
// the only one who uses it.
type Cold interface {
	// Put keeps what an engine writes of a key. It may be forgotten once safe of
	// a later call has reached until: then it can say nothing any more. With an
	// error it is not kept.
	Put(series int, key [16]byte, until, safe int64, raw []byte) error
	// Get returns what was kept of a key, nil if nothing is; the bytes hold until
	// the next call. With take it is not kept any longer.
	Get(series int, key [16]byte, take bool) ([]byte, error)
	// Len is how many keys of a series are kept.
	Len(series int) int
	// All yields all that is kept, in the order of Put; it ends with an error where
	// that cannot be read.
	All() iter.Seq2[ColdKey, error]
}

// ColdKey is one key that is kept elsewhere.
type ColdKey struct {
	Series int
	Key    [16]byte
	Until  int64
	Raw    []byte // holds until the next
}

// Spill has keys beyond MaxKeys go to a store and come back when they are asked
// for, so that no cap changes a reading. It is called once, before anything is
// recorded; the store must be empty. A key that the store does not take is
// evicted and counted in Stats, and one that it cannot give back any more is
// counted as lost, and its readings are Capped.
func (e *Engine) Spill(c Cold) { e.cold = c }

// makeRoom lets go of the key that was not recorded for the longest.
func (e *Engine) makeRoom(n int) {
	s := &e.series[n]
	if e.cold == nil {
		s.drop(s.oldest)
		s.evicted++
		return
	}
	c, safe := s.at(s.oldest), e.watermark-e.late
	if until := s.end(c); until > safe {
		e.buf = c.appendState(e.buf[:0])
		if e.cold.Put(n, c.key, until, safe, e.buf) != nil {
			s.evicted++
		}
	}
	s.drop(s.oldest)
}

// fromCold fills a new cell with what was kept elsewhere.
func (e *Engine) fromCold(n int, c *cell, take bool) {
	s := &e.series[n]
	if e.cold == nil || e.cold.Len(n) == 0 {
		return
	}
	raw, err := e.cold.Get(n, c.key, take)
	if err == nil && raw == nil {
		return
	}
	entries := s.entries
	if r := (unpacker{in: raw}); err != nil || !r.cell(s, c) || len(r.in) > 0 {
		c.reset(c.key, len(s.ages))
		c.dropped = e.watermark
		s.entries = entries
		e.lost++
	}
	if !take {
		s.entries = entries
	}
}

// frozen is what a snapshot holds of a series' keys that are kept elsewhere.
type frozen struct {
	keys int
	raw  []byte
}

// frozen gathers the keys that are kept elsewhere, by series, without those that
// can say nothing any more.
func (e *Engine) frozen() ([]frozen, error) {
	out := make([]frozen, len(e.series))
	if e.cold == nil {
		return out, nil
	}
	for k, err := range e.cold.All() {
		if err != nil {
			return nil, err
		}
		if k.Until <= e.watermark-e.late {
			continue
		}
		f := &out[k.Series]
		f.raw = append(append(f.raw, k.Key[:]...), k.Raw...)
		f.keys++
	}
	return out, nil
}
