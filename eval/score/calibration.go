package score

import (
	"math"
	"math/rand/v2"
)

// Bins is how many bins of equal width a calibration error is taken over.
const Bins = 10

// resamples is how often the bootstrap draws.
const resamples = 400

// Point is one prediction: a probability and whether the case was positive.
type Point struct {
	Probability float64
	Positive    bool
}

// Bin is one part of the scale of probabilities, low end included.
type Bin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Count int     `json:"count"`
	// Said is the mean probability in the bin, Was the share of positives.
	Said float64 `json:"said"`
	Was  float64 `json:"was"`
}

// Calibration tells how far probabilities are from what came true.
type Calibration struct {
	Count int `json:"count"`
	// Error is the expected calibration error: the mean over all cases of how
	// far the probabilities of a case's bin are from the share of positives in
	// it (M. P. Naeini and others, 2015).
	Error float64 `json:"error"`
	// Low and High are the error plus and minus 1.96 standard errors of a
	// bootstrap, within 0 and 1.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Bins []Bin   `json:"bins"`
}

// NewCalibration returns the calibration of predictions; the seed makes the
// bootstrap repeatable. Without a point all is zero.
func NewCalibration(points []Point, seed uint64) Calibration {
	c := Calibration{Count: len(points), Bins: fill(points)}
	if len(points) == 0 {
		return c
	}
	c.Error = distance(c.Bins, len(points))
	chance := rand.New(rand.NewPCG(seed, uint64(len(points))))
	drawn := make([]Point, len(points))
	errs := make([]float64, resamples)
	for i := range errs {
		for j := range drawn {
			drawn[j] = points[chance.IntN(len(points))]
		}
		errs[i] = distance(fill(drawn), len(drawn))
	}
	half := z * math.Sqrt(variance(errs))
	c.Low, c.High = clamp(c.Error-half), clamp(c.Error+half)
	return c
}

// fill sorts points into bins.
func fill(points []Point) []Bin {
	bins := make([]Bin, Bins)
	for i := range bins {
		bins[i].Low, bins[i].High = float64(i)/Bins, float64(i+1)/Bins
	}
	for _, p := range points {
		b := &bins[min(max(int(p.Probability*Bins), 0), Bins-1)]
		b.Count++
		b.Said += p.Probability
		if p.Positive {
			b.Was++
		}
	}
	for i := range bins {
		if n := float64(bins[i].Count); n > 0 {
			bins[i].Said /= n
			bins[i].Was /= n
		}
	}
	return bins
}

func distance(bins []Bin, count int) float64 {
	sum := 0.0
	for _, b := range bins {
		sum += float64(b.Count) / float64(count) * math.Abs(b.Said-b.Was)
	}
	return sum
}
