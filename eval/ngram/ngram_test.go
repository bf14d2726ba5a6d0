package ngram

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// examples are texts of our own: fraud asks for a call to a number, honest texts
// chat.
func examples() []Text {
	var out []Text
	for i := range 20 {
		out = append(out,
			Text{fmt.Sprintf("URGENT! Prize %d waits, call 0905550%03d now", 100+i, i), true},
			Text{fmt.Sprintf("ok see you at %d then, bring the book", i%9+1), false})
	}
	return out
}

func TestRanksLikeItsExamples(t *testing.T) {
	m := Fit(examples())
	for _, c := range []struct{ fraud, honest string }{
		{"URGENT! Call 09055501999 for your prize", "see you then"},
		{"Prize waits, call now", "bring the other book at 4"},
	} {
		if f, h := m.Score(c.fraud), m.Score(c.honest); f <= h {
			t.Errorf("%q has %.2f, %q %.2f", c.fraud, f, c.honest, h)
		}
	}
}

func TestSameTextsSameModel(t *testing.T) {
	a, b := Fit(examples()), Fit(examples())
	for _, text := range []string{"URGENT prize", "see you", "", "\xff\xfe", strings.Repeat("ü1 ", 3000)} {
		x, y := a.Score(text), b.Score(text)
		if x != y || math.IsNaN(x) || math.IsInf(x, 0) {
			t.Errorf("%.20q: %v and %v", text, x, y)
		}
	}
}

func TestNothingToLearnFrom(t *testing.T) {
	if s := Fit(nil).Score("call now"); s != 0 {
		t.Errorf("a model of nothing says %v", s)
	}
}

func TestShape(t *testing.T) {
	for w, want := range map[string]string{"09055501999": "09000000000", "80086": "00000", "£500": "£000", "c4ll": "c0ll"} {
		if got := shape(w); got != want {
			t.Errorf("%s is %s: want %s", w, got, want)
		}
	}
}

// TestLongTexts: of a long text the beginning is read.
func TestLongTexts(t *testing.T) {
	m := FitLong(examples())
	if f, h := m.Score("URGENT! Call 09055501999 for your prize"), m.Score("see you then"); f <= h {
		t.Errorf("fraud has %.2f, an honest text %.2f", f, h)
	}
	honest := strings.Repeat("bring the book ", 200)
	if a, b := m.Score(honest), m.Score(honest+"URGENT! Prize waits, call 0905550123 now"); a != b {
		t.Errorf("what stands behind the first 2000 bytes counts: %v and %v", a, b)
	}
}
