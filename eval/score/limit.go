package score

import "slices"

// Limited is the recall that is left when the threshold is set so high that no
// more than a given share of legitimate cases lies above it.
type Limited struct {
	// Rate is the share of legitimate cases that may lie above the threshold,
	// Allowed how many of them that is. With Allowed 0 there are too few
	// legitimate cases for the rate to mean anything but "no error at all".
	Rate    float64 `json:"rate"`
	Allowed int     `json:"allowed"`
	// Recall has the interval of a share: it takes the threshold as given and
	// does not tell how far the threshold itself may be off.
	Recall Share `json:"recall"`
}

// RecallAt returns the recall at a rate of false alarms; ok is false when
// positives or negatives are empty. A positive counts only when it lies above
// the threshold, not on it, so that ties never flatter.
func RecallAt(positives, negatives []float64, rate float64) (l Limited, ok bool) {
	n := len(negatives)
	if len(positives) == 0 || n == 0 {
		return Limited{}, false
	}
	l.Rate, l.Allowed = rate, min(int(rate*float64(n)+1e-9), n-1)
	sorted := slices.Clone(negatives)
	slices.Sort(sorted)
	threshold := sorted[n-1-l.Allowed]
	hits := 0
	for _, p := range positives {
		if p > threshold {
			hits++
		}
	}
	l.Recall = NewShare(hits, len(positives))
	return l, true
}
