package fingerprint

import "math/bits"

// Constants without meaning: the offset of 64-bit FNV-1a and the multipliers of
// the finaliser of MurmurHash3.
const (
	fnvOffset = 14695981039346656037
	mixA      = 0xff51afd7ed558ccd
	mixB      = 0xc4ceb9fe1a85ec53
)

// hashWord hashes a word, eight bytes at a time.
func hashWord(s string) uint64 {
	h := fnvOffset ^ uint64(len(s))*mixA
	for len(s) >= 8 {
		h = (h ^ le64(s)) * mixB
		h ^= h >> 32
		s = s[8:]
	}
	var last uint64
	for i := 0; i < len(s); i++ {
		last |= uint64(s[i]) << (8 * i)
	}
	h = (h ^ last) * mixB
	return h ^ h>>29
}

func le64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// mix spreads a hash over all of its bits.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= mixA
	h ^= h >> 33
	h *= mixB
	return h ^ h>>33
}

// join makes one hash of two, in order.
func join(a, b uint64) uint64 { return bits.RotateLeft64(a*mixA, 31) ^ b*mixB }

// minima is a MinHash by one permutation (Li, Owen, Zhang 2012): each element
// falls into one bin, and each bin keeps the smallest of its own. One hash per
// element instead of one for each row.
type minima struct {
	bin [rows]uint64
	any bool
}

func newMinima() minima {
	var m minima
	for i := range m.bin {
		m.bin[i] = ^uint64(0)
	}
	return m
}

func (m *minima) add(h uint64) {
	const shift = 64 - 6 // 64 rows
	m.any = true
	if i := h >> shift; h < m.bin[i] {
		m.bin[i] = h
	}
}

// rows fills empty bins from others (Shrivastava 2017), so that short texts
// compare without bias too, and cuts each minimum to 16 bits: by chance one row
// in 65,536 is the same.
func (m *minima) rows() (out [rows]uint16) {
	if !m.any {
		return out
	}
	for i := range m.bin {
		v := m.bin[i]
		for try := uint64(1); v == ^uint64(0); try++ {
			v = m.bin[mix(uint64(i)<<32|try)%rows]
		}
		out[i] = uint16(mix(v))
	}
	return out
}

// alike estimates the resemblance of two sets from their minima.
func alike(a, b *[rows]uint16) float64 {
	n := 0
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return float64(n) / rows
}

// tally is a SimHash (Charikar 2002) in the making: the sign of the sum of the
// features' hashes, bit by bit.
type tally struct {
	sum [64]int32
	any bool
}

func (t *tally) add(h uint64) {
	t.any = true
	for i := range t.sum {
		t.sum[i] += int32(h>>i&1)<<1 - 1
	}
}

// hash returns the SimHash; 0 when nothing was added.
func (t *tally) hash() uint64 {
	var h uint64
	for i, n := range t.sum {
		if n > 0 {
			h |= 1 << i
		}
	}
	if t.any && h == 0 {
		h = 1
	}
	return h
}

// angle is the similarity of two SimHashes, 0 to 1: 1 minus the share of bits
// that differ, scaled so that hashes without relation give 0.
func angle(a, b uint64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(0, 1-float64(bits.OnesCount64(a^b))/32)
}
