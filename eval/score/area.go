package score

import (
	"math"
	"slices"
)

// Area is the area under the ROC curve: the probability that a fraudulent case
// drawn at random has a higher value than a legitimate one, ties counting half.
type Area struct {
	Positives int     `json:"positives"`
	Negatives int     `json:"negatives"`
	Value     float64 `json:"value"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	// Method of the interval: "delong" or "newcombe".
	Method string `json:"method"`
}

// NewArea returns the area for the values of positive and of negative cases;
// ok is false when one of the two is empty.
//
// The variance is that of DeLong, DeLong and Clarke-Pearson (1988), computed by
// mid-ranks (Sun and Xu, 2014) in O(n log n); the interval is taken on the
// logit scale so that it stays within 0 and 1. Where that variance says nothing
// (a perfect separation, a single case on one side), the interval is method 5
// of R. G. Newcombe ("Confidence intervals for an effect size measure based on
// the Mann-Whitney statistic", 2006), which does not collapse.
func NewArea(positives, negatives []float64) (a Area, ok bool) {
	m, n := len(positives), len(negatives)
	if m == 0 || n == 0 {
		return Area{}, false
	}
	all := midRanks(append(slices.Clone(positives), negatives...))
	ofPos, ofNeg := midRanks(positives), midRanks(negatives)
	above := make([]float64, m) // share of negatives below each positive
	below := make([]float64, n) // share of positives above each negative
	sum := 0.0
	for i := range above {
		above[i] = (all[i] - ofPos[i]) / float64(n)
		sum += above[i]
	}
	for i := range below {
		below[i] = 1 - (all[m+i]-ofNeg[i])/float64(m)
	}
	a = Area{Positives: m, Negatives: n, Value: clamp(sum / float64(m)), Method: "delong"}
	v := variance(above)/float64(m) + variance(below)/float64(n)
	if m < 2 || n < 2 || v <= 1e-12 || a.Value <= 0 || a.Value >= 1 {
		a.Low, a.High = newcombe(a.Value, m, n)
		a.Method = "newcombe"
		return a, true
	}
	at := math.Log(a.Value / (1 - a.Value))
	half := z * math.Sqrt(v) / (a.Value * (1 - a.Value))
	a.Low, a.High = 1/(1+math.Exp(half-at)), 1/(1+math.Exp(-half-at))
	return a, true
}

// midRanks returns the rank of each value, from 1; equal values share the mean
// of their ranks.
func midRanks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	ranks := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			ranks[order[k]] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// variance is that of a sample; 0 for fewer than two values.
func variance(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	mean := 0.0
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(values)-1)
}

// newcombe solves (area - t)² = z² var(t) for both bounds t.
func newcombe(area float64, m, n int) (low, high float64) {
	outside := func(t float64) bool {
		spread := 1 + (float64(m+n)/2-1)*((1-t)/(2-t)+t/(1+t))
		return (area-t)*(area-t) > z*z*t*(1-t)*spread/float64(m*n)
	}
	return bisect(0, area, outside), bisect(1, area, outside)
}

// bisect returns where outside ends to hold on the way from bound to inner.
func bisect(bound, inner float64, outside func(float64) bool) float64 {
	if bound == inner {
		return bound
	}
	for range 60 {
		mid := (bound + inner) / 2
		if outside(mid) {
			bound = mid
		} else {
			inner = mid
		}
	}
	return (bound + inner) / 2
}
