package textmodel

import "math"

// problem is a two-class problem for logistic regression with a ridge on the
// weights: least ½|w|² + Σ cᵢ log(1+exp(−yᵢ w·xᵢ)). The bias is a weight of a
// feature that every row has.
type problem struct {
	width int
	rows  [][]cell
	yes   []bool
	cost  []float64
}

func (p *problem) add(row []cell, yes bool, cost float64) {
	p.rows = append(p.rows, row)
	p.yes = append(p.yes, yes)
	p.cost = append(p.cost, cost)
}

const (
	maxNewton   = 30
	maxConjugat = 25
	gradientEnd = 0.01 // of the first gradient
)

// solve returns the weights, the bias last, by Newton steps whose direction is
// found by conjugate gradients (Lin, Weng, Keerthi 2008, "Trust region Newton
// method for logistic regression"), here with a line search.
func (p *problem) solve() []float64 {
	n := p.width + 1
	w := make([]float64, n)
	margin := make([]float64, len(p.rows))
	first := 0.0
	for round := range maxNewton {
		grad, curve := p.gradient(w, margin)
		size := norm(grad)
		if round == 0 {
			first = size
		}
		if size <= gradientEnd*first || size == 0 {
			break
		}
		dir := p.direction(grad, curve)
		if !p.search(w, margin, grad, dir) {
			break
		}
	}
	return w
}

func (p *problem) dot(w []float64, i int) float64 {
	s := w[p.width]
	for _, c := range p.rows[i] {
		s += w[c.at] * c.value
	}
	return s
}

func (p *problem) spread(out []float64, i int, by float64) {
	out[p.width] += by
	for _, c := range p.rows[i] {
		out[c.at] += by * c.value
	}
}

// gradient returns the gradient at w and each row's curvature.
func (p *problem) gradient(w, margin []float64) (grad, curve []float64) {
	grad = append([]float64(nil), w...)
	curve = make([]float64, len(p.rows))
	for i := range p.rows {
		q := 1 / (1 + math.Exp(-margin[i]))
		curve[i] = p.cost[i] * q * (1 - q)
		if p.yes[i] {
			q--
		}
		p.spread(grad, i, p.cost[i]*q)
	}
	return grad, curve
}

// direction solves (I + XᵀDX) d = −grad roughly.
func (p *problem) direction(grad, curve []float64) []float64 {
	d := make([]float64, len(grad))
	r := make([]float64, len(grad))
	for i, g := range grad {
		r[i] = -g
	}
	q := append([]float64(nil), r...)
	rr := square(r)
	stop := 0.01 * rr
	for range maxConjugat {
		if rr <= stop {
			break
		}
		h := append([]float64(nil), q...)
		for i := range p.rows {
			if curve[i] > 0 {
				p.spread(h, i, curve[i]*p.dot(q, i))
			}
		}
		a := rr / inner(q, h)
		for i := range d {
			d[i] += a * q[i]
			r[i] -= a * h[i]
		}
		next := square(r)
		for i := range q {
			q[i] = r[i] + next/rr*q[i]
		}
		rr = next
	}
	return d
}

// search goes along dir as far as the loss falls enough (Armijo), and reports
// whether it moved.
func (p *problem) search(w, margin, grad, dir []float64) bool {
	along := make([]float64, len(p.rows))
	for i := range p.rows {
		along[i] = p.dot(dir, i)
	}
	slope := inner(grad, dir)
	ww, wd, dd := square(w), inner(w, dir), square(dir)
	base := p.loss(margin, along, 0) + ww/2
	for t := 1.0; t > 1e-6; t /= 2 {
		if p.loss(margin, along, t)+(ww+2*t*wd+t*t*dd)/2 <= base+1e-4*t*slope {
			for i := range w {
				w[i] += t * dir[i]
			}
			for i := range margin {
				margin[i] += t * along[i]
			}
			return true
		}
	}
	return false
}

func (p *problem) loss(margin, along []float64, t float64) float64 {
	sum := 0.0
	for i := range p.rows {
		z := margin[i] + t*along[i]
		if p.yes[i] {
			z = -z
		}
		// log(1+exp(z)) without overflow
		if z > 0 {
			sum += p.cost[i] * (z + math.Log1p(math.Exp(-z)))
		} else {
			sum += p.cost[i] * math.Log1p(math.Exp(z))
		}
	}
	return sum
}

func inner(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func square(a []float64) float64 { return inner(a, a) }

func norm(a []float64) float64 { return math.Sqrt(square(a)) }
