package score_test

import (
	"math"
	"testing"

	"bonafide/eval/score"
)

func TestRecallAt(t *testing.T) {
	var legitimate []float64
	for i := range 1000 {
		legitimate = append(legitimate, float64(i)/1000)
	}
	tests := []struct {
		name    string
		fraud   []float64
		legit   []float64
		rate    float64
		allowed int
		hits    int
	}{
		{"one in a hundred", []float64{0.9895, 0.98, 0.99}, legitimate, 0.01, 10, 2},
		{"one in a thousand", []float64{0.9985, 0.998, 1}, legitimate, 0.001, 1, 2},
		{"too few for the rate: no error at all", []float64{0.3, 0.5}, []float64{0.1, 0.4}, 0.01, 0, 1},
		{"a tie is no hit", []float64{0.4, 0.4}, []float64{0.1, 0.4}, 0.01, 0, 0},
		{"one legitimate case", []float64{0.4}, []float64{0.1}, 1, 0, 1},
	}
	for _, tt := range tests {
		l, ok := score.RecallAt(tt.fraud, tt.legit, tt.rate)
		if !ok || l.Allowed != tt.allowed || l.Recall.Hits != tt.hits || l.Recall.Of != len(tt.fraud) {
			t.Errorf("%s: %+v, %v; want %d allowed and %d hits", tt.name, l, ok, tt.allowed, tt.hits)
		}
	}
	if _, ok := score.RecallAt(nil, legitimate, 0.01); ok {
		t.Error("without fraud there is a recall")
	}
	if _, ok := score.RecallAt(legitimate, nil, 0.01); ok {
		t.Error("without legitimate cases there is a threshold")
	}
}

// TestLoss compares with a known example of method 10 (36, 12, 2, 0), with no
// change at all, and with a total loss, which is bounded by its Wilson interval.
func TestLoss(t *testing.T) {
	tests := []struct {
		pairs             score.Pairs
		points, low, high float64
	}{
		{score.Pairs{Both: 36, First: 12, Second: 2, Neither: 0}, 20, 5.69, 34.04},
		{score.Pairs{Both: 53, First: 0, Second: 0, Neither: 1}, 0, -7.29, 7.29},
		{score.Pairs{Both: 0, First: 30, Second: 0, Neither: 0}, 100, 83.94, 100},
	}
	for _, tt := range tests {
		l := score.NewLoss(tt.pairs)
		if math.Abs(l.Points-tt.points) > 0.005 || math.Abs(l.Low-tt.low) > 0.05 || math.Abs(l.High-tt.high) > 0.05 {
			t.Errorf("%+v: %.2f (%.2f to %.2f), want %.2f (%.2f to %.2f)", tt.pairs, l.Points, l.Low, l.High, tt.points, tt.low, tt.high)
		}
	}
	var p score.Pairs
	for i := range 4 {
		p.Add(i&1 > 0, i&2 > 0)
	}
	if p != (score.Pairs{Both: 1, First: 1, Second: 1, Neither: 1}) {
		t.Errorf("counted %+v", p)
	}
	if l := score.NewLoss(score.Pairs{}); l.Low != -100 || l.High != 100 {
		t.Errorf("nothing looked at bounds the loss: %+v", l)
	}
}
