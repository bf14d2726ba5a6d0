// Package score holds the statistics of measuring, each with its 95 % interval:
// shares (Wilson), areas under the ROC curve (DeLong), and expected calibration
// errors.
//
// It knows nothing of contacts, files or verdicts: numbers go in, numbers come
// out, the same ones every time.
//
//	recall := score.NewShare(412, 460)
//	area := score.NewArea(fraudProbabilities, legitimateProbabilities)
package score

import "math"

// z is the 97.5 % quantile of the normal distribution: all intervals are of
// 95 %.
const z = 1.959963984540054

// Share is a part of a number of cases with its Wilson score interval (E. B.
// Wilson, 1927; method 3 of R. G. Newcombe, "Two-sided confidence intervals
// for the single proportion", 1998). It does not collapse at 0 and 1, where
// small sets would otherwise look certain.
type Share struct {
	Hits int `json:"hits"`
	Of   int `json:"of"`
	// Value is Hits/Of; 0 with the interval 0 to 1 when Of is 0.
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// NewShare returns the share of hits among of cases. Hits outside of 0 to of
// are taken for the nearest bound.
func NewShare(hits, of int) Share {
	if of <= 0 {
		return Share{High: 1}
	}
	hits = min(max(hits, 0), of)
	n, p := float64(of), float64(hits)/float64(of)
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	s := Share{Hits: hits, Of: of, Value: p, Low: clamp(centre - half), High: clamp(centre + half)}
	if hits == 0 {
		s.Low = 0 // exactly, not by rounding
	}
	if hits == of {
		s.High = 1
	}
	return s
}

func clamp(p float64) float64 { return math.Min(1, math.Max(0, p)) }
