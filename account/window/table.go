package window

import (
	"hash/maphash"
	"slices"
)

// ref is the place of a cell on its shelf, from 1; 0 is none.
type ref uint32

// perBlock is how many cells are made at once: a key then costs no allocation,
// and the collector sees blocks instead of keys.
const perBlock = 64

// link is a cell's place in the order of recording. It is kept apart from the
// cell: to move a key to the end, both of its neighbours change, and they need
// not be fetched for that.
type link struct{ older, newer ref }

// cells are all cells of a shelf, those that are free among them.
type cells struct {
	blocks []*[perBlock]cell
	links  []link
	free   ref // the first; the next is its newer
	newest ref
	oldest ref
}

func (s *cells) at(r ref) *cell { return &s.blocks[(r-1)/perBlock][(r-1)%perBlock] }

// take returns a free cell, empty but for its key.
func (s *cells) take(key Key, ages int) (ref, *cell) {
	if s.free == 0 {
		s.blocks = append(s.blocks, new([perBlock]cell))
		first := len(s.links)
		s.links = append(s.links, make([]link, perBlock)...)
		for i := range perBlock {
			s.links[first+i].newer = ref(first + i + 2)
		}
		s.links[first+perBlock-1].newer = 0
		s.free = ref(first + 1)
	}
	r := s.free
	s.free = s.links[r-1].newer
	c := s.at(r)
	c.reset(key, ages)
	return r, c
}

// give makes a cell free again; it must be out of the order.
func (s *cells) give(r ref) {
	c := s.at(r)
	c.entries, c.states = nil, nil
	s.links[r-1] = link{newer: s.free}
	s.free = r
}

// link puts a cell at the end of the order.
func (s *cells) link(r ref) {
	s.links[r-1] = link{older: s.newest}
	if s.newest != 0 {
		s.links[s.newest-1].newer = r
	}
	s.newest = r
	if s.oldest == 0 {
		s.oldest = r
	}
}

func (s *cells) unlink(r ref) {
	l := s.links[r-1]
	if l.older != 0 {
		s.links[l.older-1].newer = l.newer
	} else {
		s.oldest = l.newer
	}
	if l.newer != 0 {
		s.links[l.newer-1].older = l.older
	} else {
		s.newest = l.older
	}
}

// seed keeps others from choosing keys that meet in a table. It changes no reading.
var seed = maphash.MakeSeed()

// table finds cells by key: places are tried from the key's own on, and next to
// the cell stands a part of the key's hash, so that other keys' cells are hardly
// ever looked at. It takes 8 bytes a place, and at least a quarter is empty.
type table struct {
	places []place
	n      int
}

type place struct {
	tag uint32
	ref ref
}

func tagOf(key *Key) uint32 { return uint32(maphash.Bytes(seed, key[:])) } //nolint:gosec // a part is meant

// find returns the cell of a key, 0 if there is none.
func (t *table) find(s *cells, key *Key, tag uint32) ref {
	if len(t.places) == 0 {
		return 0
	}
	mask := uint32(len(t.places) - 1) //nolint:gosec // at most 2^31
	for i := tag & mask; ; i = (i + 1) & mask {
		p := t.places[i]
		if p.ref == 0 || p.tag == tag && s.at(p.ref).key == *key {
			return p.ref
		}
	}
}

// add notes a cell; its key must not be there.
func (t *table) add(tag uint32, r ref) {
	if 4*(t.n+1) > 3*len(t.places) {
		old := t.places
		t.places = make([]place, max(16, 2*len(old)))
		for _, p := range old {
			if p.ref != 0 {
				t.put(p)
			}
		}
	}
	t.put(place{tag, r})
	t.n++
}

func (t *table) put(p place) {
	mask := uint32(len(t.places) - 1) //nolint:gosec // at most 2^31
	i := p.tag & mask
	for t.places[i].ref != 0 {
		i = (i + 1) & mask
	}
	t.places[i] = p
}

// remove forgets a cell. Those behind it move up, so that none is cut off from
// its own place.
func (t *table) remove(tag uint32, r ref) {
	mask := uint32(len(t.places) - 1) //nolint:gosec // at most 2^31
	i := tag & mask
	for t.places[i].ref != r {
		if t.places[i].ref == 0 {
			return
		}
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; t.places[j].ref != 0; j = (j + 1) & mask {
		if home := t.places[j].tag & mask; (j-home)&mask >= (j-i)&mask {
			t.places[i] = t.places[j]
			i = j
		}
	}
	t.places[i] = place{}
	t.n--
}

// reset makes a cell that of a key without entries.
func (c *cell) reset(key Key, ages int) {
	spans := slices.Grow(c.ages[:0], 2*ages)[:2*ages]
	for i := range spans {
		spans[i] = span{never, never}
	}
	*c = cell{key: key, now: never, dropped: never, ages: spans}
	c.entries = c.first[:0]
}
