package guard

import (
	"bytes"
	"math"
	"os"
	"testing"

	"bonafide/account/policy"
)

// TestDecisionsKeepTheScore: the score, its numbers and the model's digest are
// kept and come to the same when they are computed again; another model is
// refused, for decisions and for snapshots. // S4.8
func TestDecisionsKeepTheScore(t *testing.T) {
	p := shipped(t)
	g := guardOf(t, p, Options{})
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	bare, err := policy.Load(raw)
	if err != nil {
		t.Fatal(err)
	}
	digest := p.ModelDigest()
	scored := 0
	for _, e := range chain("a1") {
		d := g.Decide(&e)
		back, err := Decode(d.Append(nil))
		if err != nil || !bytes.Equal(back.Append(nil), d.Append(nil)) {
			t.Fatalf("%v: %+v", err, back)
		}
		if _, err := back.Again(p, &e); err != nil {
			t.Fatal(err)
		}
		if d.Learned == nil {
			if d.Model != [8]byte{} {
				t.Errorf("%s has a model and no score", d.Type)
			}
			continue
		}
		scored++
		if back.Learned.Chance != d.Learned.Chance || len(back.Learned.Row) != len(d.Learned.Row) || back.Model != [8]byte(digest[:8]) {
			t.Fatalf("kept %+v, was %+v", back.Learned, d.Learned)
		}
		for i, x := range d.Learned.Row {
			if math.Float64bits(x) != math.Float64bits(back.Learned.Row[i]) {
				t.Fatalf("number %d: kept %v, was %v", i, back.Learned.Row[i], x)
			}
		}
		if _, err := back.Again(bare, &e); err == nil {
			t.Error("without the model it must be refused")
		}
		back.Learned.Row[0]++
		if _, err := back.Again(p, &e); err == nil {
			t.Error("a changed number must be seen")
		}
	}
	if scored != 4 {
		t.Errorf("%d orders were scored", scored)
	}
	if _, err := Restore(bare, Options{}, g.Snapshot()); err == nil {
		t.Error("a snapshot made with another model must be refused")
	}
	if _, err := Restore(p, Options{}, g.Snapshot()); err != nil {
		t.Error(err)
	}
}

// TestOddNumbersAreKept: whatever a number is, its bits come back.
func TestOddNumbersAreKept(t *testing.T) {
	d := Decision{Result: policy.Result{Learned: &policy.Learned{Chance: 1, Row: []float64{0, math.Copysign(0, -1), -3, 1 << 51, 1 << 53, -1e300, .1, math.NaN(), math.Inf(1)}}}}
	back, err := Decode(d.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range d.Learned.Row {
		if y := back.Learned.Row[i]; math.Float64bits(x) != math.Float64bits(y) && !(x != x && y != y) {
			t.Errorf("%v came back as %v", x, y)
		}
	}
	if len(back.Learned.Row) != len(d.Learned.Row) || back.Learned.Chance != 1 {
		t.Errorf("%+v", back.Learned)
	}
}
