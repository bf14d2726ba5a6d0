package compromise

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestLimits: the interval of Garwood's table.
func TestLimits(t *testing.T) {
	for k, want := range map[int][2]float64{0: {0, 3.689}, 1: {.0253, 5.572}, 5: {1.623, 11.668}, 10: {4.795, 18.390}, 100: {81.364, 121.627}} {
		low, high := limits(k)
		if math.Abs(low-want[0]) > .001 || math.Abs(high-want[1]) > .001 {
			t.Errorf("%d: %.4f to %.4f, want %v", k, low, high, want)
		}
	}
}

// TestTea: Fisher's lady who tastes tea: all four right is 1 in 70, three or more 17.
func TestTea(t *testing.T) {
	from, p := hypergeometric(8, 4, 4)
	if got := midTail(from, p, 4); math.Abs(got-1./140) > 1e-12 {
		t.Errorf("four: %g", got)
	}
	if got := midTail(from, p, 3); math.Abs(got-(1./70+8./70)) > 1e-12 {
		t.Errorf("three: %g", got)
	}
}

// TestDistributions: probabilities sum to one with the mean that they must have, also
// when strata are put together.
func TestDistributions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, p, mean := 0, []float64{1}, 0.0
		for range rapid.IntRange(1, 4).Draw(rt, "strata") {
			n := rapid.IntRange(1, 5000).Draw(rt, "n")
			k, m := rapid.IntRange(0, min(n, 60)).Draw(rt, "k"), rapid.IntRange(0, n).Draw(rt, "m")
			f, q := hypergeometric(n, k, m)
			from, p, mean = from+f, convolve(p, q), mean+float64(k)*float64(m)/float64(n)
		}
		sum, got := 0.0, 0.0
		for i, x := range p {
			sum, got = sum+x, got+x*float64(from+i)
		}
		if math.Abs(sum-1) > 1e-9 || math.Abs(got-mean) > 1e-6 {
			rt.Fatalf("sum %g, mean %g, want %g", sum, got, mean)
		}
		k := rapid.IntRange(0, 200).Draw(rt, "victims")
		if a, b := midTail(from, p, k), midTail(from, p, k+1); a < b || a > 1 || b < 0 {
			rt.Fatalf("%g, then %g", a, b)
		}
	})
}
