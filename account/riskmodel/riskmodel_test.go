package riskmodel

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// sample draws rows in which the first number raises the odds, the second
// matters only when the first is high, the third is noise; some are missing.
func sample(n int, seed uint64) (r Rows) {
	t := trainer{random: seed}
	for range n {
		a, b, c := t.draw(), t.draw(), t.draw()
		p := 0.02 + 0.3*a*a
		if a > 0.7 && b > 0.5 {
			p += 0.4
		}
		if t.draw() < 0.05 {
			b = math.NaN()
		}
		r.X, r.Fraud = append(r.X, []float64{a, b, c}), append(r.Fraud, t.draw() < p)
	}
	return r
}

func settings() Settings {
	return Settings{Features: []Feature{{Name: "a", Direction: Rising}, {Name: "b"}, {Name: "c"}}, Trees: 60, RowShare: 0.8, FeatureShare: 0.9, FraudWeight: 3, Seed: 7}
}

func trained(t testing.TB) *Model {
	t.Helper()
	m, err := Train(sample(4000, 1), sample(2000, 2), settings())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSameBytesAndBack(t *testing.T) {
	a, b := trained(t), trained(t)
	x, err := a.Write()
	if err != nil {
		t.Fatal(err)
	}
	if y, _ := b.Write(); !bytes.Equal(x, y) {
		t.Error("the same rows and settings gave other bytes")
	}
	back, err := Read(bytes.NewReader(x))
	if err != nil {
		t.Fatal(err)
	}
	if z, _ := back.Write(); !bytes.Equal(x, z) {
		t.Error("a model that was read writes other bytes")
	}
	for _, row := range sample(200, 3).X {
		if a.Probability(row) != back.Probability(row) {
			t.Fatalf("%v scores differently after reading", row)
		}
	}
	if a.Trees() == 0 || a.Trees() >= 60 && len(a.nodes) == 0 {
		t.Error("no trees")
	}
}

func TestLearnsAndIsCalibrated(t *testing.T) {
	m := trained(t)
	high, low := m.Probability([]float64{0.95, 0.9, 0.5}), m.Probability([]float64{0.1, 0.5, 0.5})
	if high < 0.5 || low > 0.1 {
		t.Errorf("fraud at %.2f and %.2f: it should be near .69 and .02", high, low)
	}
	rows := sample(20000, 4)
	sum := 0.0
	for _, row := range rows.X {
		sum += m.Probability(row)
	}
	if want := float64(count(rows.Fraud)); math.Abs(sum-want) > 0.1*want {
		t.Errorf("%.0f frauds expected by the model, there are %.0f", sum, want)
	}
}

func TestMonotone(t *testing.T) {
	m := trained(t)
	for _, row := range sample(300, 5).X {
		last := math.Inf(-1)
		for a := 0.0; a <= 1; a += 0.01 {
			row[0] = a
			x := m.LogOdds(row)
			if x < last-1e-12 {
				t.Fatalf("the score falls at %v", row)
			}
			last = x
		}
	}
}

func TestContributionsAddUp(t *testing.T) {
	m := trained(t)
	for _, row := range sample(300, 6).X {
		sum, parts := m.Contributions(row)
		for i, c := range parts {
			sum += c.LogOdds
			if i > 0 && math.Abs(c.LogOdds) > math.Abs(parts[i-1].LogOdds) {
				t.Fatal("not the strongest first")
			}
		}
		if math.Abs(sum-m.LogOdds(row)) > 1e-9 {
			t.Fatalf("contributions add up to %v, the score is %v", sum, m.LogOdds(row))
		}
	}
}

func TestEarlyStop(t *testing.T) {
	s := settings()
	s.Trees, s.Rate, s.Patience = 400, 0.5, 5
	m, err := Train(sample(1500, 1), sample(1500, 2), s)
	if err != nil {
		t.Fatal(err)
	}
	if m.Trees() >= 400 {
		t.Errorf("%d trees: later rows should have ended it", m.Trees())
	}
}

func TestRefusals(t *testing.T) {
	good := sample(50, 1)
	for name, f := range map[string]func(*Rows, *Settings){
		"no features": func(_ *Rows, s *Settings) { s.Features = nil },
		"rate":        func(_ *Rows, s *Settings) { s.Rate = math.NaN() },
		"depth":       func(_ *Rows, s *Settings) { s.Depth = 13 },
		"same names":  func(_ *Rows, s *Settings) { s.Features = []Feature{{Name: "a"}, {Name: "a"}, {Name: "b"}} },
		"one kind":    func(r *Rows, _ *Settings) { r.Fraud = make([]bool, len(r.X)) },
		"labels":      func(r *Rows, _ *Settings) { r.Fraud = r.Fraud[1:] },
		"short row":   func(r *Rows, _ *Settings) { r.X = append([][]float64{{1}}, r.X[1:]...) },
	} {
		r, s := good, settings()
		f(&r, &s)
		if _, err := Train(r, Rows{}, s); err == nil {
			t.Errorf("%s: trained all the same", name)
		}
	}
	if trained(t).Check([]float64{1}) == nil {
		t.Error("a short row passed")
	}
}

func TestCutsHoldInfinities(t *testing.T) {
	r := sample(300, 1)
	r.X[0][0], r.X[1][0], r.X[2][0] = math.Inf(1), math.Inf(-1), math.MaxFloat64
	if _, err := Train(r, Rows{}, settings()); err != nil {
		t.Error(err)
	}
}

// boosted is a model as XGBoost 2 writes it, by hand: f0 < 0.5 (missing to the
// left) gives -1, otherwise 2; a second tree gives 0.25 to all.
const boosted = `{"learner":{"attributes":{},"feature_names":["x","y"],"feature_types":[],"gradient_booster":{"model":{"gbtree_model_param":{"num_trees":"2"},
"tree_info":[0,0],"trees":[
{"base_weights":[0,-1,2],"default_left":[1,0,0],"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_conditions":[0.5,-1,2],"split_indices":[0,0,0],"split_type":[0,0,0],"sum_hessian":[4,3,1]},
{"base_weights":[0.25],"default_left":[0],"left_children":[-1],"right_children":[-1],"split_conditions":[0.25],"split_indices":[0],"split_type":[0],"sum_hessian":[4]}]},"name":"gbtree"},
"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"binary:logistic"}},"version":[2,1,0]}`

func TestXGBoost(t *testing.T) {
	m, err := ReadXGBoost(strings.NewReader(boosted))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range map[float64]float64{0.1: -0.75, 0.5: 2.25, 0.9: 2.25} {
		if got := m.LogOdds([]float64{x, 0}); got != want {
			t.Errorf("%v scores %v, want %v", x, got, want)
		}
	}
	if got := m.LogOdds([]float64{math.NaN(), 0}); got != -0.75 {
		t.Errorf("missing scores %v, want -0.75", got)
	}
	if expected, parts := m.Contributions([]float64{1, 0}); expected != 0 || len(parts) != 1 || parts[0].Name != "x" || parts[0].LogOdds != 2.25 {
		t.Errorf("expected %v, contributions %+v", expected, parts)
	}
	for _, change := range [][2]string{
		{`"gbtree"}`, `"dart"}`}, {"binary:logistic", "reg:squarederror"}, {`"num_class":"0"`, `"num_class":"3"`},
		{`"num_feature":"2"`, `"num_feature":"1000000"`}, {`"left_children":[1,`, `"left_children":[0,`}, {`"left_children":[1,`, `"left_children":[9,`},
		{`"split_indices":[0,0,0]`, `"split_indices":[7,0,0]`}, {`"split_type":[0,0,0]`, `"split_type":[1,0,0]`}, {`"5E-1"`, `"2"`},
		{`"left_children":[1,-1,-1],"right_children":[2,-1,-1]`, `"left_children":[1,1,-1],"right_children":[2,2,-1]`},
	} {
		if _, err := ReadXGBoost(strings.NewReader(strings.Replace(boosted, change[0], change[1], 1))); err == nil {
			t.Errorf("%s was read", change[1])
		}
	}
}

// walk uses a model that was read: it must end, whatever the bytes were.
func walk(m *Model) {
	row := make([]float64, len(m.features))
	for _, x := range []float64{0, math.NaN(), math.Inf(1), -1e300} {
		for i := range row {
			row[i] = x
		}
		m.Probability(row)
		m.Contributions(row)
	}
}

func FuzzRead(f *testing.F) {
	s := settings()
	s.Trees = 2
	m, err := Train(sample(200, 1), Rows{}, s)
	if err != nil {
		f.Fatal(err)
	}
	b, _ := m.Write()
	f.Add(b)
	f.Add(bytes.Replace(b, []byte(`"left":[1,`), []byte(`"left":[0,`), 1))
	f.Fuzz(func(t *testing.T, in []byte) {
		if m, err := Read(bytes.NewReader(in)); err == nil {
			walk(m)
			if _, err := m.Write(); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzReadXGBoost(f *testing.F) {
	f.Add([]byte(boosted))
	f.Add([]byte(strings.Replace(boosted, `"left_children":[1,`, `"left_children":[2,`, 1)))
	f.Fuzz(func(t *testing.T, in []byte) {
		if m, err := ReadXGBoost(bytes.NewReader(in)); err == nil {
			walk(m)
		}
	})
}

// BenchmarkScore: one row through 100 trees of depth 3, other rows each time.
func BenchmarkScore(b *testing.B) {
	s := settings()
	s.Trees, s.Rate = 100, 0.02
	m, err := Train(sample(20000, 1), Rows{}, s)
	if err != nil {
		b.Fatal(err)
	}
	rows := sample(4096, 9).X
	b.Run("probability", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			m.Probability(rows[i&4095])
		}
	})
	b.Run("contributions", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			m.Contributions(rows[i&4095])
		}
	})
}

// TestEitherForm: a file is told apart by what is in it, and what is usual is kept.
func TestEitherForm(t *testing.T) {
	m := trained(t)
	b, err := m.Write()
	if err != nil {
		t.Fatal(err)
	}
	own, err := ReadEither(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	honest := sample(4000, 1)
	below := 0
	for i, row := range honest.X {
		if !honest.Fraud[i] && row[0] < *own.Features()[0].Usual {
			below++
		}
	}
	if n := len(honest.X) - count(honest.Fraud); below < n/2-1 || below > n/2 {
		t.Errorf("%d of %d honest rows lie below what is usual", below, n)
	}
	if x, err := ReadEither(strings.NewReader(boosted)); err != nil || x.Features()[0].Name != "x" || x.Features()[0].Usual != nil {
		t.Errorf("XGBoost: %+v %v", x, err)
	}
	for _, bad := range []string{"", "PK\x03\x04", "{}", `{"learner":{}}`, `{"learner":7}`, strings.Replace(string(b), `"usual":`, `"usual":1e999,"x":`, 1)} {
		if _, err := ReadEither(strings.NewReader(bad)); err == nil {
			t.Errorf("%.30q was read", bad)
		}
	}
}
