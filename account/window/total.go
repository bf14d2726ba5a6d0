package window

import (
	"math"
	"math/bits"
)

func (a *total) add(v int64) {
	a.n++
	a.sum += v
	h, l := square(v)
	var c uint64
	a.lo, c = bits.Add64(a.lo, l, 0)
	a.hi, _ = bits.Add64(a.hi, h, c)
}

func (a *total) sub(v int64) {
	a.n--
	a.sum -= v
	h, l := square(v)
	var c uint64
	a.lo, c = bits.Sub64(a.lo, l, 0)
	a.hi, _ = bits.Sub64(a.hi, h, c)
}

func square(v int64) (hi, lo uint64) {
	u := uint64(v)
	if v < 0 {
		u = uint64(-v)
	}
	return bits.Mul64(u, u)
}

// less returns a without what is in b; b is a part of a.
func (a total) less(b total) total {
	a.n -= b.n
	a.sum -= b.sum
	return a
}

// deviation is the square root of (n·Σv² − (Σv)²) / n². With |v| ≤ 2^40 and
// n ≤ 2^20 both products stay below 2^121, so nothing overflows 128 bits.
func (a total) deviation() Reading {
	if a.n == 0 {
		return Reading{}
	}
	h, l := bits.Mul64(a.lo, uint64(a.n))
	h += a.hi * uint64(a.n)
	sh, sl := square(a.sum)
	l, c := bits.Sub64(l, sl, 0)
	h, _ = bits.Sub64(h, sh, c)
	num := float64(h)*0x1p64 + float64(l)
	return Reading{Float: math.Sqrt(num) / float64(a.n), OK: true}
}
