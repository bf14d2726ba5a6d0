package riskmodel

import (
	"fmt"
	"math"
	"slices"
)

// MaxRows is how many rows are learned from at most.
const MaxRows = 1 << 22

// Rows are numbers with what became of them. Each row of X has one number for
// each feature, NaN where it is missing.
type Rows struct {
	X     [][]float64
	Fraud []bool
}

// Settings say how to train. Zero values are replaced by the defaults named.
type Settings struct {
	Features []Feature
	// Trees is how many there are at most (100), Depth how deep each (3).
	Trees, Depth int
	// Rate is how much of each tree is believed (0.1).
	Rate float64
	// Lambda draws leaves towards zero (1); MinWeight is the smallest sum of
	// second derivatives in a leaf (1).
	Lambda, MinWeight float64
	// FraudWeight is how many honest rows one fraud counts for (1).
	FraudWeight float64
	// RowShare and FeatureShare of rows and features are drawn for each tree (1).
	RowShare, FeatureShare float64
	// Patience ends the training after so many trees that did not lower the loss
	// of the later rows (20).
	Patience int
	Seed     uint64
}

const bins = 256 // bin 0 holds what is missing

// fixed turns derivatives into whole numbers, so that sums do not depend on
// their order: MaxRows · maxWeight · fixed stays below 2^63.
const (
	fixed     = 1 << 30
	maxWeight = 1 << 10
)

func (s *Settings) fill() {
	set := func(x *float64, to float64) {
		if *x == 0 {
			*x = to
		}
	}
	count := func(x *int, to int) {
		if *x == 0 {
			*x = to
		}
	}
	count(&s.Trees, 100)
	count(&s.Depth, 3)
	count(&s.Patience, 20)
	set(&s.Rate, 0.1)
	set(&s.Lambda, 1)
	set(&s.MinWeight, 1)
	set(&s.FraudWeight, 1)
	set(&s.RowShare, 1)
	set(&s.FeatureShare, 1)
}

func (s *Settings) check() error {
	switch {
	case len(s.Features) == 0 || len(s.Features) > MaxFeatures:
		return fmt.Errorf("%d features: give 1 to %d", len(s.Features), MaxFeatures)
	case s.Trees < 1 || s.Trees > MaxTrees || s.Depth < 1 || s.Depth > 12 || s.Trees<<(s.Depth+1) > MaxNodes:
		return fmt.Errorf("%d trees of depth %d: at most %d trees, depth 12 and %d nodes in all", s.Trees, s.Depth, MaxTrees, MaxNodes)
	case !(s.Rate > 0 && s.Rate <= 1) || !(s.RowShare > 0 && s.RowShare <= 1) || !(s.FeatureShare > 0 && s.FeatureShare <= 1):
		return fmt.Errorf("rate %v, row share %v, feature share %v: they are above 0 and at most 1", s.Rate, s.RowShare, s.FeatureShare)
	case !(s.Lambda >= 0) || !(s.MinWeight >= 0) || !(s.FraudWeight >= 1.0/maxWeight && s.FraudWeight <= maxWeight) || s.Patience < 1:
		return fmt.Errorf("lambda %v, least weight %v, fraud weight %v, patience %d: not below zero, fraud weight at most %d", s.Lambda, s.MinWeight, s.FraudWeight, s.Patience, maxWeight)
	}
	return nil
}

func (r *Rows) check(features int) error {
	if len(r.X) > MaxRows || len(r.X) != len(r.Fraud) {
		return fmt.Errorf("%d rows with %d labels: give as many of both, at most %d", len(r.X), len(r.Fraud), MaxRows)
	}
	frauds := 0
	for i, row := range r.X {
		if len(row) != features {
			return fmt.Errorf("row %d has %d numbers for %d features", i, len(row), features)
		}
		if r.Fraud[i] {
			frauds++
		}
	}
	if frauds == 0 || frauds == len(r.X) {
		return fmt.Errorf("%d of %d rows are fraud: both kinds are needed", frauds, len(r.X))
	}
	return nil
}

// Train learns from train and stops early by, and calibrates on, later: rows of
// a time after those of train, so that the model is not chosen by what it knows.
// Without later rows all trees are kept and the model is calibrated on train
// only as far as the fraud weight goes.
func Train(train, later Rows, s Settings) (*Model, error) {
	s.fill()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("riskmodel: train: %w", err)
	}
	if err := train.check(len(s.Features)); err != nil {
		return nil, fmt.Errorf("riskmodel: train: %w", err)
	}
	if len(later.X) > 0 {
		if err := later.check(len(s.Features)); err != nil {
			return nil, fmt.Errorf("riskmodel: train: later rows: %w", err)
		}
	}
	t := newTrainer(train, later, s)
	best, bestTrees := math.Inf(1), 0
	for range s.Trees {
		t.tree()
		if len(later.X) == 0 {
			continue
		}
		if loss := t.laterLoss(); loss < best-1e-9 {
			best, bestTrees = loss, len(t.m.roots)
		} else if len(t.m.roots)-bestTrees >= s.Patience {
			break
		}
	}
	if bestTrees > 0 && bestTrees < len(t.m.roots) {
		cut := t.m.roots[bestTrees]
		t.m.roots, t.m.nodes, t.m.covers = t.m.roots[:bestTrees], t.m.nodes[:cut], t.m.covers[:cut]
	}
	if err := t.m.check(); err != nil {
		return nil, fmt.Errorf("riskmodel: train: %w", err)
	}
	t.m.fill()
	from := later
	if len(later.X) == 0 {
		from = train
	}
	t.m.calibrate(from)
	t.m.card.Rows, t.m.card.Fraud = len(train.X), count(train.Fraud)
	return t.m, nil
}

func count(of []bool) (n int) {
	for _, f := range of {
		if f {
			n++
		}
	}
	return n
}

type trainer struct {
	s           Settings
	m           *Model
	cuts        [][]float64
	binned      []uint8 // row by row
	fraud       []bool
	margin      []float64
	g, h        []int64
	later       Rows
	laterMargin []float64
	order       []int32
	used        []bool
	random      uint64
}

// cell is the sum of first and second derivatives of the rows in one bin.
type cell struct{ g, h int64 }

type growing struct {
	node   int32
	rows   []int32
	hist   []cell
	sum    cell
	lo, hi float64
}

type split struct {
	gain        float64
	feature     int
	bin         int // rows up to this bin go left
	missing     uint16
	left, right cell
}

func newTrainer(train, later Rows, s Settings) *trainer {
	n, f := len(train.X), len(s.Features)
	t := &trainer{s: s, m: &Model{features: slices.Clone(s.Features), slope: 1}, fraud: train.Fraud, later: later, random: s.Seed}
	t.cuts = make([][]float64, f)
	t.binned = make([]uint8, n*f)
	column := make([]float64, 0, n)
	for j := range f {
		column = column[:0]
		for _, row := range train.X {
			if x := row[j]; x == x {
				column = append(column, x)
			}
		}
		t.cuts[j] = cutsOf(column)
		t.m.features[j].Usual = usual(train, j)
		for i, row := range train.X {
			t.binned[i*f+j] = binOf(t.cuts[j], row[j])
		}
	}
	frauds := float64(count(train.Fraud)) * s.FraudWeight
	t.m.base = math.Log(frauds / float64(n-count(train.Fraud)))
	t.margin, t.g, t.h = fill(n, t.m.base), make([]int64, n), make([]int64, n)
	t.laterMargin = fill(len(later.X), t.m.base)
	t.order, t.used = make([]int32, n), make([]bool, f)
	return t
}

// usual is the median of a feature among the honest rows, the lower one of two.
func usual(of Rows, feature int) *float64 {
	var all []float64
	for i, row := range of.X {
		if x := row[feature]; !of.Fraud[i] && finite(x) {
			all = append(all, x)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return &all[(len(all)-1)/2]
}

func fill(n int, x float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// cutsOf returns up to 254 finite thresholds at even ranks; column is sorted by it.
func cutsOf(column []float64) (cuts []float64) {
	slices.Sort(column)
	distinct := slices.Compact(slices.Clone(column))
	from := distinct
	if len(distinct) > bins-1 {
		from = column
	}
	last := math.Inf(-1)
	if len(distinct) > 0 {
		last = distinct[0]
	}
	steps := min(len(from), bins-1)
	for k := 1; k < steps; k++ {
		// Halfway between the value and the one before it, so that rows between
		// two that were seen are shared out evenly.
		i := k * len(from) / steps
		x := from[i]
		if x <= last || math.IsInf(x, 0) {
			continue
		}
		at, _ := slices.BinarySearch(distinct, x)
		cut := distinct[at-1]/2 + x/2
		if !(cut > distinct[at-1]) || math.IsInf(cut, 0) {
			cut = x
		}
		cuts, last = append(cuts, cut), x
	}
	return cuts
}

func binOf(cuts []float64, x float64) uint8 {
	if x != x {
		return 0
	}
	at, found := slices.BinarySearch(cuts, x)
	if found {
		at++
	}
	return uint8(at + 1)
}

// draw is splitmix64: a room has no source of chance but the seed it is given.
func (t *trainer) draw() float64 {
	t.random += 0x9e3779b97f4a7c15
	z := t.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// tree grows one tree level by level and adds it to the margins.
func (t *trainer) tree() {
	rows := t.order[:0]
	for i := range t.margin {
		p := sigmoid(t.margin[i])
		w, y := 1.0, 0.0
		if t.fraud[i] {
			w, y = t.s.FraudWeight, 1
		}
		t.g[i], t.h[i] = int64(math.Round((p-y)*w*fixed)), int64(math.Round(p*(1-p)*w*fixed))
		if t.s.RowShare == 1 || t.draw() < t.s.RowShare {
			rows = append(rows, int32(i))
		}
	}
	any := false
	for j := range t.used {
		t.used[j] = t.s.FeatureShare == 1 || t.draw() < t.s.FeatureShare
		any = any || t.used[j]
	}
	if !any {
		t.used[int(t.draw()*float64(len(t.used)))] = true
	}
	root := int32(len(t.m.nodes))
	t.m.roots = append(t.m.roots, root)
	t.m.nodes, t.m.covers = append(t.m.nodes, node{}), append(t.m.covers, 0)
	hist, sum := t.histogram(rows), t.sum(rows)
	t.grow(growing{node: root, rows: rows, hist: hist, sum: sum, lo: math.Inf(-1), hi: math.Inf(1)}, 0)
	f := len(t.s.Features)
	for i := range t.margin {
		t.margin[i] += t.m.nodes[t.binnedLeaf(root, t.binned[i*f:(i+1)*f])].threshold
	}
	for i, row := range t.later.X {
		t.laterMargin[i] += t.m.nodes[t.m.leaf(root, row)].threshold
	}
}

func (t *trainer) sum(rows []int32) (c cell) {
	for _, i := range rows {
		c.g += t.g[i]
		c.h += t.h[i]
	}
	return c
}

func (t *trainer) histogram(rows []int32) []cell {
	f := len(t.s.Features)
	hist := make([]cell, f*bins)
	for _, i := range rows {
		g, h := t.g[i], t.h[i]
		for j, b := range t.binned[int(i)*f : (int(i)+1)*f] {
			c := &hist[j*bins+int(b)]
			c.g += g
			c.h += h
		}
	}
	return hist
}

// grow splits a node as long as it helps. Only the smaller child's histogram is
// counted; the other is what remains.
func (t *trainer) grow(at growing, depth int) {
	t.m.covers[at.node] = float64(at.sum.h) / fixed
	sp, ok := t.best(at)
	if depth == t.s.Depth || !ok {
		t.m.nodes[at.node] = node{threshold: t.s.Rate * t.weight(at.sum, at.lo, at.hi)}
		return
	}
	f := len(t.s.Features)
	goesLeft := func(i int32) bool {
		b := int(t.binned[int(i)*f+sp.feature])
		return b == 0 && sp.missing == 0 || b != 0 && b <= sp.bin
	}
	var left, right []int32
	for _, i := range at.rows {
		if goesLeft(i) {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	child := int32(len(t.m.nodes))
	t.m.nodes = append(t.m.nodes, node{}, node{})
	t.m.covers = append(t.m.covers, 0, 0)
	t.m.nodes[at.node] = node{threshold: t.cuts[sp.feature][sp.bin-1], left: child, feature: uint16(sp.feature), missing: sp.missing}
	l := growing{node: child, rows: left, sum: sp.left, lo: at.lo, hi: at.hi}
	r := growing{node: child + 1, rows: right, sum: sp.right, lo: at.lo, hi: at.hi}
	if d := t.s.Features[sp.feature].Direction; d != Free {
		mid := (t.weight(sp.left, at.lo, at.hi) + t.weight(sp.right, at.lo, at.hi)) / 2
		if d == Rising {
			l.hi, r.lo = mid, mid
		} else {
			l.lo, r.hi = mid, mid
		}
	}
	if depth+1 < t.s.Depth {
		small, large := &l, &r
		if len(right) < len(left) {
			small, large = large, small
		}
		small.hist, large.hist = t.histogram(small.rows), at.hist
		for i, c := range small.hist {
			large.hist[i].g -= c.g
			large.hist[i].h -= c.h
		}
	}
	t.grow(l, depth+1)
	t.grow(r, depth+1)
}

func (t *trainer) weight(c cell, lo, hi float64) float64 {
	w := -(float64(c.g) / fixed) / (float64(c.h)/fixed + t.s.Lambda + 1e-12)
	return math.Min(math.Max(w, lo), hi)
}

// worth is the fall of the loss, to second order, when the rows get weight w.
func (t *trainer) worth(c cell, w float64) float64 {
	return -(2*float64(c.g)/fixed*w + (float64(c.h)/fixed+t.s.Lambda)*w*w)
}

func (t *trainer) best(at growing) (best split, ok bool) {
	if at.hist == nil {
		return best, false
	}
	parent := t.worth(at.sum, t.weight(at.sum, at.lo, at.hi))
	for j := range t.s.Features {
		if !t.used[j] {
			continue
		}
		hist := at.hist[j*bins : (j+1)*bins]
		missing := hist[0]
		var run cell
		for b := 1; b <= len(t.cuts[j]); b++ {
			run.g += hist[b].g
			run.h += hist[b].h
			for side := range uint16(2) {
				left := run
				if side == 0 {
					left.g += missing.g
					left.h += missing.h
				}
				if sp, fits := t.try(at, j, left, parent); fits && sp.gain > best.gain {
					sp.bin, sp.missing = b, side
					best, ok = sp, true
				}
				if missing.h == 0 {
					break // nothing is missing: it makes no difference
				}
			}
		}
	}
	return best, ok
}

func (t *trainer) try(at growing, feature int, left cell, parent float64) (sp split, ok bool) {
	right := cell{g: at.sum.g - left.g, h: at.sum.h - left.h}
	least := t.s.MinWeight * fixed
	if float64(left.h) < least || float64(right.h) < least || left.h == 0 || right.h == 0 {
		return sp, false
	}
	wl, wr := t.weight(left, at.lo, at.hi), t.weight(right, at.lo, at.hi)
	if d := t.s.Features[feature].Direction; d == Rising && wl > wr || d == Falling && wl < wr {
		return sp, false
	}
	gain := t.worth(left, wl) + t.worth(right, wr) - parent
	return split{gain: gain, feature: feature, left: left, right: right}, gain > 1e-9
}

// binnedLeaf walks the tree just grown over bins; the cut that equals the
// threshold tells the bin.
func (t *trainer) binnedLeaf(at int32, row []uint8) int32 {
	for {
		n := &t.m.nodes[at]
		if n.left == 0 {
			return at
		}
		b := row[n.feature]
		switch cut, _ := slices.BinarySearch(t.cuts[n.feature], n.threshold); {
		case b == 0:
			at = n.left + int32(n.missing)
		case int(b) <= cut+1:
			at = n.left
		default:
			at = n.left + 1
		}
	}
}

func (t *trainer) laterLoss() float64 {
	sum, weight := 0.0, 0.0
	for i, x := range t.laterMargin {
		w := 1.0
		if t.later.Fraud[i] {
			w, x = t.s.FraudWeight, -x
		}
		sum += w * (math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))))
		weight += w
	}
	return sum / weight
}

// calibrate fits slope and shift by logistic regression of the outcome on the
// margin (Platt 1999), with his targets against overconfidence and a pull of the
// slope to 1, by Newton's method.
func (m *Model) calibrate(r Rows) {
	margins := make([]float64, len(r.X))
	for i, row := range r.X {
		margins[i] = m.Margin(row)
	}
	pos := float64(count(r.Fraud))
	yes, no := (pos+1)/(pos+2), 1/(float64(len(r.X))-pos+2)
	a, b := 1.0, 0.0
	for range 50 {
		ga, gb, haa, hab, hbb := a-1, 0.0, 1.0, 0.0, 1e-9
		for i, x := range margins {
			y := no
			if r.Fraud[i] {
				y = yes
			}
			p := sigmoid(a*x + b)
			h := p * (1 - p)
			ga, gb = ga+(p-y)*x, gb+p-y
			haa, hab, hbb = haa+h*x*x, hab+h*x, hbb+h
		}
		det := haa*hbb - hab*hab
		if !(det > 1e-12) {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		// A step is bounded, so that a start far away does not overshoot.
		scale := math.Min(1, 2/math.Max(math.Abs(da), math.Abs(db)))
		a, b = math.Max(a-scale*da, 0.01), b-scale*db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	if finite(a) && finite(b) {
		m.slope, m.shift = a, b
	}
}
