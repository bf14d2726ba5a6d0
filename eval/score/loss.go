package score

import "math"

// Loss is by how much a share fell from a first to a second look at the same
// cases. Points are percentage points; positive means that the share fell.
type Loss struct {
	Of     int     `json:"of"`
	Before Share   `json:"before"`
	After  Share   `json:"after"`
	Points float64 `json:"points"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Pairs counts cases that were looked at twice: hit both times, at first only,
// then only, never.
type Pairs struct {
	Both, First, Second, Neither int
}

// Add counts one case.
func (p *Pairs) Add(first, second bool) {
	switch {
	case first && second:
		p.Both++
	case first:
		p.First++
	case second:
		p.Second++
	default:
		p.Neither++
	}
}

// NewLoss returns the loss with the interval of method 10 of R. G. Newcombe
// ("Improved confidence intervals for the difference between binomial
// proportions based on paired data", 1998): Wilson intervals of both shares,
// joined with regard to how far the two looks agree.
func NewLoss(p Pairs) Loss {
	n := p.Both + p.First + p.Second + p.Neither
	l := Loss{Of: n, Before: NewShare(p.Both+p.First, n), After: NewShare(p.Both+p.Second, n)}
	if n == 0 {
		l.Low, l.High = -100, 100
		return l
	}
	a, b := l.Before, l.After
	phi := p.phi()
	low, high := a.Value-a.Low, a.High-a.Value
	lowAfter, highAfter := b.Value-b.Low, b.High-b.Value
	diff := a.Value - b.Value
	l.Points = 100 * diff
	l.Low = 100 * (diff - math.Sqrt(math.Max(0, low*low-2*phi*low*highAfter+highAfter*highAfter)))
	l.High = 100 * (diff + math.Sqrt(math.Max(0, high*high-2*phi*high*lowAfter+lowAfter*lowAfter)))
	return l
}

// phi is the correlation of both looks, with Newcombe's correction.
func (p Pairs) phi() float64 {
	e, f, g, h := float64(p.Both), float64(p.First), float64(p.Second), float64(p.Neither)
	product := (e + f) * (g + h) * (e + g) * (f + h)
	if product == 0 {
		return 0
	}
	n, x := e+f+g+h, e*h-f*g
	switch {
	case x > n/2:
		x -= n / 2
	case x >= 0:
		x = 0
	}
	return x / math.Sqrt(product)
}
