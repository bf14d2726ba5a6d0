package ngram

import "math"

// What cross validation on the train parts chose (docs/evaluation.md). Long texts have
// no habits of typing: those of mails tell the year.
var (
	short = settings{most: 4000, shortest: 2, longest: 5, least: 2, cost: 1, bayes: 0.25, weight: [blocks]float64{1, 1, 0.25}}
	long  = settings{most: 2000, shortest: 4, longest: 4, least: 3, cost: 1, bayes: 0.25, weight: [blocks]float64{1, 1, 0}}
)

// Fit learns from short texts, such as SMS. The same texts in the same order give the
// same model.
func Fit(texts []Text) *Model { return fit(texts, short) }

// FitLong learns from long texts, such as those of mails, of which it reads the
// beginning.
func FitLong(texts []Text) *Model { return fit(texts, long) }

func fit(texts []Text, s settings) *Model {
	m := &Model{set: s}
	width := m.vocabulary(texts)
	rows := make([][]cell, len(texts))
	for i, t := range texts {
		rows[i] = m.row(t.Text)
	}
	if s.bayes < 1 {
		m.parts = append(m.parts, part{weights: times(machine(rows, texts, width, s.cost), 1-s.bayes)})
	}
	if s.bayes > 0 {
		ratio := ratios(rows, texts, width)
		scaled := make([][]cell, len(rows))
		for i, r := range rows {
			scaled[i] = make([]cell, len(r))
			for j, c := range r {
				scaled[i][j] = cell{c.at, c.value * ratio[c.at]}
			}
		}
		m.parts = append(m.parts, part{times(machine(scaled, texts, width, s.cost), s.bayes), ratio})
	}
	return m
}

func times(w []float64, by float64) []float64 {
	for i := range w {
		w[i] *= by
	}
	return w
}

// Score ranks a text: higher reads more like fraud. It has no unit.
func (m *Model) Score(text string) float64 {
	row, sum := m.row(text), 0.0
	for _, p := range m.parts {
		sum += p.weights[len(p.weights)-1]
		for _, c := range row {
			v := c.value * p.weights[c.at]
			if p.scale != nil {
				v *= p.scale[c.at]
			}
			sum += v
		}
	}
	return sum
}

// ratios are the logarithms of how much more often features stand in fraud.
func ratios(rows [][]cell, texts []Text, width int) []float64 {
	var n [2][]float64
	var total [2]float64
	for y := range n {
		n[y] = make([]float64, width)
		for i := range n[y] {
			n[y][i] = 1
		}
	}
	for i, r := range rows {
		y := 0
		if texts[i].Fraud {
			y = 1
		}
		total[y]++
		for _, c := range r {
			n[y][c.at]++
		}
	}
	out := make([]float64, width)
	for i := range out {
		out[i] = math.Log(n[1][i]/(total[1]+2)) - math.Log(n[0][i]/(total[0]+2))
	}
	return out
}

// passes over all texts at most.
const passes = 60

// machine solves a linear support vector machine with squared hinge loss by
// coordinate descent in the dual (Hsieh and others 2008); the bias is the last
// weight.
func machine(rows [][]cell, texts []Text, width int, cost float64) []float64 {
	w := make([]float64, width+1)
	alpha := make([]float64, len(rows))
	diagonal := make([]float64, len(rows))
	order := make([]int, len(rows))
	for i, r := range rows {
		order[i] = i
		diagonal[i] = 1 + 1/(2*cost)
		for _, c := range r {
			diagonal[i] += c.value * c.value
		}
	}
	seed := uint64(1)
	for range passes {
		for i := len(order) - 1; i > 0; i-- {
			seed = seed*6364136223846793005 + 1442695040888963407
			j := int((seed >> 33) % uint64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		most := 0.0
		for _, i := range order {
			y := -1.0
			if texts[i].Fraud {
				y = 1
			}
			dot := w[width]
			for _, c := range rows[i] {
				dot += w[c.at] * c.value
			}
			g := y*dot - 1 + alpha[i]/(2*cost)
			next := max(0, alpha[i]-g/diagonal[i])
			if d := next - alpha[i]; d != 0 {
				most = max(most, math.Abs(d*diagonal[i]))
				alpha[i] = next
				w[width] += d * y
				for _, c := range rows[i] {
					w[c.at] += d * y * c.value
				}
			}
		}
		if most < 0.01 {
			break
		}
	}
	return w
}
