package window

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"crypto/sha256"
)

// magic begins a snapshot; the digit is the version of the form. A form that
// changes gets the next digit, and older ones are still read or refused.
const magic = "BFWINDOW1\n"

var errSnapshot = errors.New("the bytes are no whole snapshot: take an older one and replay the log after it")

// ErrOtherPlan tells that a snapshot was taken of other windows: replay the log instead.
var ErrOtherPlan = errors.New("the snapshot belongs to another plan of windows: replay the log instead")

// fingerprint tells plans apart by all that changes what is kept or read.
func (p *Plan) fingerprint() [8]byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", *p))
	return [8]byte(sum[:8])
}

// Snapshot writes all that the engine knows. Its bytes depend on the events
// alone, not on the number of shards. Keys that are kept elsewhere (Spill) are in
// it; nil where they cannot be read.
func (e *Engine) Snapshot() []byte {
	cold, err := e.frozen()
	if err != nil {
		return nil
	}
	b := []byte(magic)
	fp := e.plan.fingerprint()
	b = append(b, fp[:]...)
	for _, v := range []int64{e.watermark, e.tooLate, e.clamped} {
		b = binary.AppendVarint(b, v)
	}
	for i := range e.series {
		s := &e.series[i]
		for _, v := range []int64{int64(s.keys + cold[i].keys), s.evicted, s.dropped} {
			b = binary.AppendVarint(b, v)
		}
		b = append(b, cold[i].raw...)
		for r := s.oldest; r != 0; r = s.links[r-1].newer {
			b = s.at(r).append(b)
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func (c *cell) append(b []byte) []byte { return c.appendState(append(b, c.key[:]...)) }

// appendState writes all of a cell but its key.
func (c *cell) appendState(b []byte) []byte {
	b = binary.AppendVarint(b, c.dropped)
	for i := range len(c.ages) / 2 {
		last, before := c.stretches(i)
		for _, v := range [4]int64{last.first, last.last, before.first, before.last} {
			b = binary.AppendVarint(b, v)
		}
	}
	kept := c.entries[c.lo:]
	b = binary.AppendUvarint(b, uint64(len(kept)))
	last := int64(0)
	for _, e := range kept {
		b = binary.AppendVarint(b, e.at-last)
		b = binary.AppendVarint(b, e.value)
		last = e.at
	}
	return b
}

// Restore makes an engine from a snapshot of the same plan; from then on it
// answers as the one that was written would have. Bytes that were damaged or
// belong to another plan (ErrOtherPlan) are refused.
func Restore(p Plan, shards int, in []byte) (*Engine, error) { return RestoreWith(p, shards, nil, in) }

// RestoreWith is Restore of an engine that spills (Spill); nil: it does not.
func RestoreWith(p Plan, shards int, c Cold, in []byte) (*Engine, error) {
	e, err := New(p, shards)
	if err != nil {
		return nil, err
	}
	e.cold = c
	if len(in) < len(magic)+12 || !bytes.HasPrefix(in, []byte(magic)) {
		return nil, fmt.Errorf("window: restore: %w", errSnapshot)
	}
	body, sum := in[:len(in)-4], binary.LittleEndian.Uint32(in[len(in)-4:])
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != sum {
		return nil, fmt.Errorf("window: restore: checksum: %w", errSnapshot)
	}
	fp := p.fingerprint()
	if !bytes.Equal(body[len(magic):len(magic)+8], fp[:]) {
		return nil, fmt.Errorf("window: restore: %w", ErrOtherPlan)
	}
	r := unpacker{in: body[len(magic)+8:]}
	e.watermark, e.tooLate, e.clamped = r.int(), r.int(), r.int()
	for i := range e.series {
		if !r.shelf(e, i) {
			return nil, fmt.Errorf("window: restore: series %q: %w", p.Series[i].Name, errSnapshot)
		}
	}
	if r.bad || len(r.in) > 0 {
		return nil, fmt.Errorf("window: restore: %w", errSnapshot)
	}
	return e, nil
}

type unpacker struct {
	in  []byte
	bad bool
}

func (r *unpacker) int() int64 {
	v, n := binary.Varint(r.in)
	return r.took(v, n)
}

func (r *unpacker) took(v int64, n int) int64 {
	if n <= 0 {
		r.bad, r.in = true, nil
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *unpacker) size() int {
	v, n := binary.Uvarint(r.in)
	if r.took(0, n); v > uint64(len(r.in)) { // each entry takes two bytes or more
		r.bad = true
		return 0
	}
	return int(v)
}

func (r *unpacker) shelf(e *Engine, i int) bool {
	s := &e.series[i]
	keys := r.int()
	s.evicted, s.dropped = r.int(), r.int()
	if keys < 0 || e.cold == nil && keys > int64(s.spec.MaxKeys) {
		return false
	}
	for range keys {
		if len(r.in) < len(Key{}) {
			return false
		}
		key := Key(r.in[:len(Key{})])
		r.in = r.in[len(key):]
		tag, t := tagOf(&key), &s.shards[shard(&key, len(s.shards))]
		if t.find(&s.cells, &key, tag) != 0 {
			return false
		}
		if s.keys >= s.spec.MaxKeys {
			e.makeRoom(i)
		}
		if !r.cell(s, s.enter(t, tag, key)) {
			return false
		}
	}
	return true
}

// cell reads what cell.append wrote after the key.
func (r *unpacker) cell(s *shelf, c *cell) bool {
	c.dropped = r.int()
	for i := range s.ages {
		last, before := c.stretches(i)
		*last = span{r.int(), r.int()}
		*before = span{r.int(), r.int()}
	}
	n := r.size()
	if n > s.spec.MaxEntries || r.bad {
		return false
	}
	if n > len(c.first) {
		c.entries = make([]entry, n)
	} else {
		c.entries = c.first[:n]
	}
	last := int64(0)
	for i := range c.entries {
		d := r.int()
		if i > 0 && d < 0 {
			return false
		}
		last += d
		c.entries[i] = entry{last, r.int()}
	}
	if n > 0 {
		c.now = last
	}
	s.settle(c, never, false)
	s.entries += n
	return !r.bad
}
