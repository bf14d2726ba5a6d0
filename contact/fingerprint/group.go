package fingerprint

import (
	"bytes"
	"cmp"
	"slices"
)

const (
	// bands of the 64 rows, bandRows each (Broder; Leskovec, Rajaraman, Ullman:
	// Mining of Massive Datasets, 3.4): texts that resemble each other by 0.8
	// share a band with a probability of 99.98 %, by 0.3 of 12 %.
	bands    = 16
	bandRows = rows / bands
	// leaders bounds how many members of a bucket each other is compared with.
	leaders = 32
)

// Group returns the campaigns among contacts: indexes of members, at least two
// in each, in ascending order; the largest group first, then by first index.
// Two members are in one group when a chain of matches connects them.
//
// Only members of one bucket are compared: those that share a band of their
// words, or a contact point. In a bucket each is compared with at most 32 that
// stand for the others, so that the work grows with n·log n. The groups do not
// depend on the order of the members.
func (r *Rules) Group(members []Member) [][]int {
	order := canonical(members)
	set := newUnion(len(members))
	var heads []int32
	flush := func(bucket []entry) {
		if len(bucket) < 2 {
			return
		}
		heads = heads[:0]
		for _, e := range bucket {
			joined := false
			for _, h := range heads {
				if set.find(e.pos) == set.find(h) {
					joined = true
				} else if r.campaign(&members[order[h]], &members[order[e.pos]]) {
					set.join(e.pos, h)
					joined = true
				}
			}
			if !joined && len(heads) < leaders {
				heads = append(heads, e.pos)
			}
		}
	}
	entries := r.entries(members, order)
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].key == entries[start].key {
			end++
		}
		flush(entries[start:end])
		start = end
	}
	return set.groups(order)
}

// entry says that the member at a place of the canonical order is in a bucket.
type entry struct {
	key uint64
	pos int32
}

// entries lists the members by bucket, those of a bucket in canonical order.
// Members that share a contact point are compared with those of like words
// first: once for all, and once for each of eight rows.
func (r *Rules) entries(members []Member, order []int) []entry {
	out := make([]entry, 0, len(order)*(bands+8))
	for pos, i := range order {
		s := &members[i].Signature
		if s.own {
			continue
		}
		if int(s.words) >= r.rule.FewWords {
			for b := range bands {
				h := join(uint64(b)+1, uint64(s.key))
				for _, row := range s.text[b*bandRows : (b+1)*bandRows] {
					h = join(h, uint64(row))
				}
				out = append(out, entry{mix(h), int32(pos)})
			}
		}
		for _, p := range s.points {
			h := join(uint64(p), uint64(s.key)^mixA)
			out = append(out, entry{mix(h), int32(pos)})
			for row := 0; row < rows && s.words > 0; row += 8 {
				out = append(out, entry{mix(join(h, uint64(row)<<16|uint64(s.text[row]))), int32(pos)})
			}
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.pos, b.pos)) })
	return out
}

// canonical orders members by what is in them, so that nothing depends on the
// order in which they were given.
func canonical(members []Member) []int {
	raw := make([][]byte, len(members))
	order := make([]int, len(members))
	for i := range members {
		doubt := byte(1)
		if members[i].Doubted {
			doubt = 0
		}
		raw[i] = append([]byte{doubt}, members[i].Signature.bytes()...)
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(raw[a], raw[b]) })
	return order
}

// union is a forest of groups.
type union struct{ up []int32 }

func newUnion(n int) *union {
	u := &union{up: make([]int32, n)}
	for i := range u.up {
		u.up[i] = int32(i)
	}
	return u
}

func (u *union) find(x int32) int32 {
	for u.up[x] != x {
		u.up[x] = u.up[u.up[x]]
		x = u.up[x]
	}
	return x
}

func (u *union) join(a, b int32) {
	a, b = u.find(a), u.find(b)
	u.up[max(a, b)] = min(a, b)
}

func (u *union) groups(order []int) [][]int {
	byRoot := map[int32][]int{}
	for pos, i := range order {
		root := u.find(int32(pos))
		byRoot[root] = append(byRoot[root], i)
	}
	var out [][]int
	for _, g := range byRoot {
		if len(g) > 1 {
			slices.Sort(g)
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b []int) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0], b[0])) })
	return out
}
