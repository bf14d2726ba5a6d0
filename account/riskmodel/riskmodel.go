// Package riskmodel turns numbers about an event, mostly readings of windows,
// into the probability that it is fraud: gradient-boosted trees with a trainer,
// a scorer that walks flat arrays, and what each number contributed.
//
// It knows no event, window, file or clock, and decides nothing: a policy does,
// with the score as one value among others. Rows and bytes come in as values, and
// the same rows and settings give the same model, byte for byte, on one kind of
// processor.
//
//	m, err := riskmodel.Train(train, later, riskmodel.Settings{Features: names, Trees: 200, Depth: 4, Rate: 0.1})
//	p := m.Probability(row)
package riskmodel

import (
	"fmt"
	"math"
	"slices"
)

// Limits of a model, whether trained or read.
const (
	MaxFeatures = 512
	MaxTrees    = 4096
	MaxNodes    = 1 << 20 // of all trees
	MaxDepth    = 64
	MaxFile     = 32 << 20 // bytes
	maxName     = 128
)

// Direction is how a feature may move the score, whatever the others are.
type Direction int8

// The directions. Free is the zero value.
const (
	Free    Direction = 0
	Rising  Direction = 1
	Falling Direction = -1
)

// Feature is one number of a row. NaN says that it is missing.
type Feature struct {
	Name      string    `json:"name"`
	Direction Direction `json:"direction,omitempty"`
	// Usual is the median of the honest rows that were learned from; nil where
	// nothing is known.
	Usual *float64 `json:"usual,omitempty"`
}

// Card says what a model is, for whoever has to answer for it.
type Card struct {
	Name    string `json:"name"`
	Purpose string `json:"purpose,omitempty"`
	// Data, Licence and Period tell what it was learned from.
	Data    string `json:"data,omitempty"`
	Licence string `json:"licence,omitempty"`
	Period  string `json:"period,omitempty"`
	Limits  string `json:"limits,omitempty"`
	// Features tells by which declaration the numbers were made, so that another one
	// is noticed; empty where nobody says.
	Features string `json:"features_digest,omitempty"`
	Rows     int    `json:"rows,omitempty"`
	Fraud    int    `json:"fraud,omitempty"`
}

// node is 16 bytes. A leaf has left 0, which is no child since 0 is a root or
// lies before its parent; its threshold is its value in log-odds.
type node struct {
	threshold float64
	left      int32 // the right child is left + 1
	feature   uint16
	// missing is 1 where a missing number goes to the right.
	missing uint16
}

// Model is a trained model. It is read-only and safe for concurrent use.
type Model struct {
	card     Card
	features []Feature
	base     float64
	// slope and shift calibrate: log-odds = slope·margin + shift.
	slope, shift float64
	// single tells that numbers are rounded to 32 bits before they are compared,
	// as XGBoost does.
	single bool
	roots  []int32
	nodes  []node
	// means is the expected value below each node, by the weight of training
	// rows; of a leaf its value.
	means  []float64
	covers []float64
}

// Card returns what the model says of itself.
func (m *Model) Card() Card { return m.card }

// WithCard returns the same model with another card.
func (m *Model) WithCard(c Card) *Model {
	n := *m
	n.card = c
	return &n
}

// Features returns the numbers that a row holds, in their order.
func (m *Model) Features() []Feature { return slices.Clone(m.features) }

// Trees is how many trees the model has.
func (m *Model) Trees() int { return len(m.roots) }

// Margin is the sum of the trees in log-odds before calibration. The row must
// have as many numbers as the model has features; Check tells beforehand.
func (m *Model) Margin(row []float64) float64 {
	sum := m.base
	for _, root := range m.roots {
		sum += m.nodes[m.leaf(root, row)].threshold
	}
	return sum
}

// leaf walks one tree. NaN is greater than nothing, so it fails the comparison
// below and is told apart only on that side.
func (m *Model) leaf(at int32, row []float64) int32 {
	nodes := m.nodes
	for {
		n := &nodes[at]
		if n.left == 0 {
			return at
		}
		at = n.next(row[n.feature], m.single)
	}
}

func (n *node) next(x float64, single bool) int32 {
	if single {
		x = float64(float32(x))
	}
	if x < n.threshold {
		return n.left
	}
	if x != x {
		return n.left + int32(n.missing)
	}
	return n.left + 1
}

// LogOdds is the calibrated score in log-odds.
func (m *Model) LogOdds(row []float64) float64 { return m.slope*m.Margin(row) + m.shift }

// Probability is the calibrated probability of fraud.
func (m *Model) Probability(row []float64) float64 { return sigmoid(m.LogOdds(row)) }

// Check tells whether the row fits the model.
func (m *Model) Check(row []float64) error {
	if len(row) != len(m.features) {
		return fmt.Errorf("riskmodel: score a row: it has %d numbers, the model %d features: give one for each, NaN where it is missing", len(row), len(m.features))
	}
	return nil
}

// Contribution is how far one feature moved the score, in calibrated log-odds;
// positive speaks for fraud.
type Contribution struct {
	Feature int
	Name    string
	Value   float64
	LogOdds float64
}

// Contributions tells what moved the score of a row, the strongest first, without
// those of zero, and the expected log-odds before any number is known; that and
// all contributions add up to LogOdds. It is path attribution after Saabas: each
// split on the row's path gives its feature the change of the expected value. It
// is exact for the path, not a Shapley value: splits near the root get less than
// they would there.
func (m *Model) Contributions(row []float64) (expected float64, out []Contribution) {
	sums := make([]float64, len(m.features))
	expected = m.base
	for _, root := range m.roots {
		at := root
		expected += m.means[at]
		for m.nodes[at].left != 0 {
			n := &m.nodes[at]
			to := n.next(row[n.feature], m.single)
			sums[n.feature] += m.means[to] - m.means[at]
			at = to
		}
	}
	for i, s := range sums {
		if s != 0 {
			out = append(out, Contribution{Feature: i, Name: m.features[i].Name, Value: row[i], LogOdds: m.slope * s})
		}
	}
	slices.SortStableFunc(out, func(a, b Contribution) int {
		switch x, y := math.Abs(a.LogOdds), math.Abs(b.LogOdds); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return m.slope*expected + m.shift, out
}

// fill computes the expected values from leaves and covers; children follow
// their parents, so it goes backwards.
func (m *Model) fill() {
	m.means = make([]float64, len(m.nodes))
	for i := len(m.nodes) - 1; i >= 0; i-- {
		n := m.nodes[i]
		if n.left == 0 {
			m.means[i] = n.threshold
			continue
		}
		l, r := m.covers[n.left], m.covers[n.left+1]
		if l+r <= 0 {
			l, r = 1, 1
		}
		m.means[i] = m.means[n.left]*(l/(l+r)) + m.means[n.left+1]*(r/(l+r))
	}
}

// check holds a model that was read to what scoring relies on: children lie
// after their parent and within its tree, each is reached once, numbers are
// finite. So a walk ends, whatever the bytes were.
func (m *Model) check() error {
	switch {
	case len(m.features) == 0 || len(m.features) > MaxFeatures:
		return fmt.Errorf("%d features: 1 to %d are read", len(m.features), MaxFeatures)
	case len(m.roots) == 0 || len(m.roots) > MaxTrees:
		return fmt.Errorf("%d trees: 1 to %d are read", len(m.roots), MaxTrees)
	case len(m.nodes) > MaxNodes:
		return fmt.Errorf("%d nodes: at most %d are read", len(m.nodes), MaxNodes)
	case !finite(m.base) || !finite(m.slope) || !finite(m.shift) || m.slope <= 0:
		return fmt.Errorf("base %v, slope %v, shift %v: they must be finite, and the slope above zero", m.base, m.slope, m.shift)
	}
	seen := map[string]bool{}
	for i, f := range m.features {
		if f.Name == "" || len(f.Name) > maxName || seen[f.Name] {
			return fmt.Errorf("feature %d has the name %.40q: names are 1 to %d bytes and differ", i, f.Name, maxName)
		}
		if f.Usual != nil && !finite(*f.Usual) {
			return fmt.Errorf("feature %q: what is usual is no finite number", f.Name)
		}
		if f.Direction < Falling || f.Direction > Rising {
			return fmt.Errorf("feature %q has direction %d: it is -1, 0 or 1", f.Name, f.Direction)
		}
		seen[f.Name] = true
	}
	depth := make([]int, len(m.nodes))
	for t, root := range m.roots {
		end := int32(len(m.nodes))
		if t+1 < len(m.roots) {
			end = m.roots[t+1]
		}
		if err := m.checkTree(root, end, depth); err != nil {
			return fmt.Errorf("tree %d: %w", t, err)
		}
	}
	return nil
}

func (m *Model) checkTree(root, end int32, depth []int) error {
	if root >= end {
		return fmt.Errorf("it has no node")
	}
	depth[root] = 1
	for i := root; i < end; i++ {
		n := m.nodes[i]
		if depth[i] == 0 || depth[i] > MaxDepth {
			return fmt.Errorf("node %d is not reached from the root, or deeper than %d", i-root, MaxDepth)
		}
		if !finite(n.threshold) || !finite(m.covers[i]) || m.covers[i] < 0 {
			return fmt.Errorf("node %d has a number that is not finite, or a cover below zero", i-root)
		}
		if n.left == 0 {
			continue
		}
		if n.left <= i || n.left >= end-1 || int(n.feature) >= len(m.features) || n.missing > 1 {
			return fmt.Errorf("node %d splits on feature %d to node %d: children lie after it in its tree, features are below %d", i-root, n.feature, n.left-root, len(m.features))
		}
		for _, c := range [2]int32{n.left, n.left + 1} {
			if depth[c] != 0 {
				return fmt.Errorf("node %d is the child of two", c-root)
			}
			depth[c] = depth[i] + 1
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
