package compromise

import (
	"math"
)

// logChoose is ln(n over k).
func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// hypergeometric are the probabilities that of k affected among n orders 0, 1, 2, …
// are among the m of a party, from the first possible number on.
func hypergeometric(n, k, m int) (from int, p []float64) {
	from = max(0, k+m-n)
	to := min(k, m)
	all := logChoose(n, k)
	p = make([]float64, 0, to-from+1)
	for x := from; x <= to; x++ {
		p = append(p, math.Exp(logChoose(m, x)+logChoose(n-m, k-x)-all))
	}
	return from, p
}

// convolve is the distribution of the sum of two independent numbers.
func convolve(a, b []float64) []float64 {
	out := make([]float64, len(a)+len(b)-1)
	for i, x := range a {
		if x == 0 {
			continue
		}
		for j, y := range b {
			out[i+j] += x * y
		}
	}
	return out
}

// midTail is P(more than k) + P(k)/2 of a distribution that begins at from: the
// mid-p value (Lancaster 1961), which is less timid than the exact one where the
// numbers are small.
func midTail(from int, p []float64, k int) float64 {
	sum := 0.0
	for i := len(p) - 1; i >= 0 && from+i > k; i-- { // the smallest first
		sum += p[i]
	}
	if at := k - from; at >= 0 && at < len(p) {
		sum += p[at] / 2
	}
	return math.Min(sum, 1)
}

// atLeast is P(X ≥ k) of a Poisson number with a mean, by the shorter sum.
func atLeast(k int, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	if mean <= 0 {
		return 0
	}
	sum := 0.0
	term := func(i int) float64 {
		g, _ := math.Lgamma(float64(i + 1))
		return math.Exp(float64(i)*math.Log(mean) - mean - g)
	}
	if float64(k) > mean {
		for i := k; ; i++ {
			x := term(i)
			sum += x
			if x <= sum*1e-12 {
				return math.Min(sum, 1)
			}
		}
	}
	for i := range k {
		sum += term(i)
	}
	return math.Max(0, 1-sum)
}

// limits is the exact 95 % interval of a Poisson count (Garwood 1936).
func limits(k int) (low, high float64) {
	find := func(f func(mean float64) bool) float64 { // the first mean at which f holds
		a, b := 0.0, float64(k)+10*math.Sqrt(float64(k)+1)+10
		for range 60 {
			if m := (a + b) / 2; f(m) {
				b = m
			} else {
				a = m
			}
		}
		return b
	}
	if k > 0 {
		low = find(func(m float64) bool { return atLeast(k, m) >= .025 })
	}
	return low, find(func(m float64) bool { return atLeast(k+1, m) >= .975 })
}
