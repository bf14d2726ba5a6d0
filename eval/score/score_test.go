package score_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"bonafide/eval/score"
)

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

// TestShare has the examples of Newcombe (1998), table I, method 3.
func TestShare(t *testing.T) {
	for _, c := range []struct {
		hits, of  int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0.0000, 0.1611},
		{1, 29, 0.0061, 0.1718},
		{20, 20, 0.8389, 1.0000},
		{0, 0, 0, 1},
	} {
		s := score.NewShare(c.hits, c.of)
		if !near(s.Low, c.low, 5e-5) || !near(s.High, c.high, 5e-5) {
			t.Errorf("share of %d in %d: interval %.4f to %.4f, want %.4f to %.4f", c.hits, c.of, s.Low, s.High, c.low, c.high)
		}
		if c.of > 0 && s.Value != float64(c.hits)/float64(c.of) {
			t.Errorf("share of %d in %d is %v", c.hits, c.of, s.Value)
		}
	}
}

func TestShareKeepsWithinItsBounds(t *testing.T) {
	if s := score.NewShare(7, 5); s.Value != 1 || s.High != 1 {
		t.Errorf("more hits than cases give %+v", s)
	}
	if s := score.NewShare(-1, 5); s.Value != 0 || s.Low != 0 {
		t.Errorf("hits below zero give %+v", s)
	}
}

// TestArea: the first case is worked by hand. Components of the positives are
// 2/3, 5/6, 1, of the negatives 1, 1, 1/2; the variance is 1/108 + 1/36 = 1/27.
func TestArea(t *testing.T) {
	for name, c := range map[string]struct {
		pos, neg         []float64
		value, low, high float64
		method           string
	}{
		"by hand":   {[]float64{3, 4, 5}, []float64{1, 2, 4}, 7.5 / 9, 0.2485, 0.9869, "delong"},
		"all equal": {[]float64{1, 1, 1}, []float64{1, 1}, 0.5, 0.1309, 0.8691, "newcombe"},
	} {
		a, ok := score.NewArea(c.pos, c.neg)
		if !ok || !near(a.Value, c.value, 1e-12) || !near(a.Low, c.low, 2e-4) || !near(a.High, c.high, 2e-4) || a.Method != c.method {
			t.Errorf("%s: %+v, want %.4f (%.4f to %.4f) by %s", name, a, c.value, c.low, c.high, c.method)
		}
	}
	if _, ok := score.NewArea(nil, []float64{1}); ok {
		t.Error("an area without a positive case was given")
	}
}

// TestPerfectAreaStaysUncertain: the bound solves Newcombe's equation, and
// more cases narrow it.
func TestPerfectAreaStaysUncertain(t *testing.T) {
	before := 0.0
	for _, n := range []int{1, 5, 25, 125} {
		pos, neg := make([]float64, n), make([]float64, n)
		for i := range pos {
			pos[i] = 1
		}
		a, _ := score.NewArea(pos, neg)
		if a.Value != 1 || a.High != 1 || a.Low <= before || a.Low >= 1 {
			t.Fatalf("%d against %d: %+v after a bound of %.3f", n, n, a, before)
		}
		l, k := a.Low, float64(n)
		variance := l * (1 - l) * (1 + (k-1)*((1-l)/(2-l)+l/(1+l))) / (k * k)
		if !near((1-l)*(1-l), 1.959964*1.959964*variance, 1e-6) {
			t.Errorf("%d against %d: %.4f does not solve the equation of the interval", n, n, l)
		}
		before = a.Low
	}
}

// TestAreaAgreesWithCountingPairs compares the ranks with the definition.
func TestAreaAgreesWithCountingPairs(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		pos, neg := make([]float64, 2+chance.IntN(30)), make([]float64, 2+chance.IntN(30))
		for i := range pos {
			pos[i] = float64(chance.IntN(8)) + 1
		}
		for i := range neg {
			neg[i] = float64(chance.IntN(8))
		}
		won := func(p, n float64) float64 {
			switch {
			case p > n:
				return 1
			case p == n:
				return 0.5
			}
			return 0
		}
		sum, byPos, byNeg := 0.0, make([]float64, len(pos)), make([]float64, len(neg))
		for i, p := range pos {
			for j, n := range neg {
				w := won(p, n)
				sum += w
				byPos[i] += w / float64(len(neg))
				byNeg[j] += w / float64(len(pos))
			}
		}
		value := sum / float64(len(pos)*len(neg))
		a, _ := score.NewArea(pos, neg)
		if !near(a.Value, value, 1e-12) {
			t.Fatalf("area %.6f, counted %.6f", a.Value, value)
		}
		if a.Method != "delong" {
			continue
		}
		half := 1.959964 * math.Sqrt(spread(byPos)/float64(len(pos))+spread(byNeg)/float64(len(neg))) / (value * (1 - value))
		if at := math.Log(value / (1 - value)); !near(math.Log(a.Low/(1-a.Low)), at-half, 1e-4) {
			t.Fatalf("lower bound %.6f is not %.6f on the logit scale", a.Low, at-half)
		}
	}
}

func spread(v []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return sum / float64(len(v)-1)
}

func TestCalibration(t *testing.T) {
	repeat := func(p float64, positive, negative int) []score.Point {
		var out []score.Point
		for range positive {
			out = append(out, score.Point{Probability: p, Positive: true})
		}
		for range negative {
			out = append(out, score.Point{Probability: p})
		}
		return out
	}
	for name, c := range map[string]struct {
		points []score.Point
		want   float64
	}{
		"none":           {nil, 0},
		"right":          {append(repeat(0.25, 1, 3), repeat(0.75, 3, 1)...), 0},
		"too sure":       {repeat(0.9, 5, 5), 0.4},
		"wrong all over": {append(repeat(0, 4, 0), repeat(1, 0, 4)...), 1},
		// Bins off by 0.15 (4 cases), 0.10 (8) and 0.65 (4).
		"two bins": {append(repeat(0.15, 0, 4), append(repeat(0.65, 6, 2), repeat(0.35, 4, 0)...)...), (4*0.15 + 8*0.10 + 4*0.65) / 16},
	} {
		got := score.NewCalibration(c.points, 1)
		if !near(got.Error, c.want, 1e-9) || got.Low > got.Error || got.High < got.Error {
			t.Errorf("%s: %.4f (%.4f to %.4f), want %.4f", name, got.Error, got.Low, got.High, c.want)
		}
		if len(got.Bins) != score.Bins || got.Count != len(c.points) {
			t.Errorf("%s: %d bins, %d cases", name, len(got.Bins), got.Count)
		}
	}
}

func TestCalibrationRepeats(t *testing.T) {
	points := []score.Point{{0.1, false}, {0.2, true}, {0.6, true}, {0.9, true}, {0.95, false}, {1, true}}
	a, b := score.NewCalibration(points, 7), score.NewCalibration(points, 7)
	if a.Low != b.Low || a.High != b.High || a.Low >= a.High {
		t.Errorf("one seed gives %v to %v and %v to %v", a.Low, a.High, b.Low, b.High)
	}
}
