package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bonafide/contact"
)

// TestWordByWord: a line folded word by word reads as the line folded at once.
func TestWordByWord(t *testing.T) {
	v := folding(t)
	piece := rapid.SampledFrom([]string{
		"a", "Pay", "Am4zon", "аmаzon", "p a y p a l", "v.e.r.i.f.y", "a.m.", "½", "℀", "ü", "à", "é", "„x“", "—", "…", "•", "\u200b", "\u00ad", "\u202e", "\u202c",
		"\u00a0", "\u0308", "1", "2nd", "$", "l0gin", "€5", "日本", "アマゾン", "\x07", "\x80", "㏂", "ﬁ", "Ａｍａ", "-", "_", "s", "e", "c",
	})
	gap := rapid.SampledFrom([]string{" ", "", " ", "  ", "\t", "\n", ". "})
	rapid.Check(t, func(r *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 12).Draw(r, "pieces") {
			b.WriteString(piece.Draw(r, "piece") + gap.Draw(r, "gap"))
		}
		s := b.String()
		one := folder{v: v, src: s}
		for at := 0; at < len(s); {
			end := one.lineEnd(at)
			one.line(at, end)
			at = end
		}
		many := folder{v: v, src: s}
		many.fold()
		if string(one.out) != string(many.out) {
			t.Fatalf("%q: word by word %q, at once %q", s, many.out, one.out)
		}
		if diff := cmp.Diff(one.tricks, many.tricks); diff != "" {
			t.Fatalf("%q: tricks differ (at once, word by word):\n%s", s, diff)
		}
		p := contact.Part{Text: s}
		a, c := &Reading{Part: p, Folded: string(one.out), runs: one.runs}, &Reading{Part: p, Folded: string(many.out), runs: many.runs}
		for i := range a.Folded {
			for j := i; j <= len(a.Folded); j++ {
				if x, y := a.Where(Span{i, j}), c.Where(Span{i, j}); x != y {
					t.Fatalf("%q: bytes %d to %d lead to %+v word by word, to %+v at once", s, i, j, y, x)
				}
			}
		}
	})
}
