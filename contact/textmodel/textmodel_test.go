package textmodel_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"bonafide/contact/textmodel"
)

// lines are a small world: two flags, lines that do and lines that tell.
func lines() []textmodel.Line {
	var out []textmodel.Line
	add := func(flag string, does bool, texts ...string) {
		for _, s := range texts {
			out = append(out, textmodel.Line{Words: strings.Fields(s), Concepts: []string{"about-" + flag}, Flag: flag, Does: does})
		}
	}
	for _, asset := range []string{"code", "number", "pin", "token"} {
		add("code", true, "read me the "+asset, "give me your "+asset+" now", "tell me the "+asset+" you got")
		add("code", false, "never read the "+asset+" to anybody", "we never ask for your "+asset, "do not tell the "+asset+" to callers")
	}
	for _, good := range []string{"card", "voucher", "coupon", "gift"} {
		add("card", true, "buy the "+good+" for me now", "get me a "+good+" and tell me", "go and buy your "+good)
		add("card", false, "never buy a "+good+" for callers", "we never ask to buy a "+good, "do not get a "+good+" for anybody")
	}
	out = append(out, textmodel.Line{Words: strings.Fields("shall we walk to the lake")}, textmodel.Line{Words: strings.Fields("the lake is cold")})
	return out
}

func fit(t testing.TB) *textmodel.Model {
	t.Helper()
	m, err := textmodel.Fit(lines(), textmodel.Settings{Lang: "en", Bounds: textmodel.Bounds{Keep: 0.5, Topic: -0.5, Stance: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func score(m *textmodel.Model, s string) (topics []float32, stance float32) {
	sc := m.Scorer()
	sc.Begin()
	sc.Words(strings.Fields(s))
	return append([]float32(nil), sc.Topics()...), sc.Stance()
}

func TestTellsDoingFromTelling(t *testing.T) {
	m := fit(t)
	if _, does := score(m, "read me your pin now"); does <= 0 {
		t.Errorf("a demand has the stance %g, want above 0", does)
	}
	if _, tells := score(m, "we never ask you to read your pin"); tells >= 0 {
		t.Errorf("an advisory has the stance %g, want below 0", tells)
	}
	topics, _ := score(m, "give me the token")
	if m.Flags[0] != "card" || m.Flags[1] != "code" || topics[1] <= topics[0] {
		t.Errorf("topics of %v are %v, want code ahead", m.Flags, topics)
	}
}

// TestSameLinesSameBytes: training twice gives the same file, and reading the
// file gives the same scores.
func TestSameLinesSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	m := fit(t)
	if err := m.Write(&a); err != nil {
		t.Fatal(err)
	}
	if err := fit(t).Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two trainings gave two files")
	}
	back, err := textmodel.Read(bytes.NewReader(a.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"read me the code", "never buy a card", ""} {
		wantT, wantS := score(m, s)
		gotT, gotS := score(back, s)
		if wantS != gotS || fmt.Sprint(wantT) != fmt.Sprint(gotT) {
			t.Errorf("%q: read back %v %v, want %v %v", s, gotT, gotS, wantT, wantS)
		}
	}
	if back.Bounds != m.Bounds || back.Lang != "en" {
		t.Errorf("read back bounds %v and language %q", back.Bounds, back.Lang)
	}
}

// TestScorerForgets: a line leaves nothing behind for the next.
func TestScorerForgets(t *testing.T) {
	m := fit(t)
	sc := m.Scorer()
	for _, s := range []string{"never buy a card for callers", "read me the code"} {
		sc.Begin()
		sc.Words(strings.Fields(s))
		_, want := score(m, s)
		sc.Topics()
		if got := sc.Stance(); got != want {
			t.Errorf("%q after another line: %g, alone: %g", s, got, want)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	if _, err := textmodel.Fit(nil, textmodel.Settings{}); err == nil {
		t.Error("no lines gave a model")
	}
}

func TestReadRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := fit(t).Write(&b); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for name, raw := range map[string][]byte{
		"empty":     nil,
		"foreign":   []byte("PK\x03\x04"),
		"cut off":   good[:len(good)-3],
		"too long":  append(append([]byte(nil), good...), 0),
		"cut early": good[:20],
	} {
		if _, err := textmodel.Read(bytes.NewReader(raw)); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := fit(f).Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("BFTM\x02"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := textmodel.Read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		sc := m.Scorer()
		sc.Begin()
		sc.Words([]string{"read", "me", "the", "コード"})
		sc.Concept(m.Find(textmodel.ConceptKey("x")))
		for _, s := range append(sc.Topics(), sc.Stance()) {
			if math.IsNaN(float64(s)) {
				t.Fatal("a score is not a number")
			}
		}
	})
}

func BenchmarkStance(b *testing.B) {
	m := fit(b)
	sc := m.Scorer()
	words := strings.Fields("please read me the code that you got on your phone now")
	for b.Loop() {
		sc.Begin()
		sc.Words(words)
		sc.Topics()
		sc.Stance()
	}
}
