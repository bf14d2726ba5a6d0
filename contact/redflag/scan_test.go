package redflag

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"bonafide/data"
)

// TestScannerForgets: sentences of any length, one after the other, give what each
// gives by itself: no word of a long one is left for the short one after it.
func TestScannerForgets(t *testing.T) {
	cat, err := Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Fields("your account is locked verify your password within 24 hours or call the number below and buy gift cards to pay the fee now")
	for _, lex := range cat.languages {
		used := lex.scanner()
		seen := 0
		for i, words := range []int{12, 150, 9, 70, 64, 65, 3, 128, 129, 160, 1, 20} {
			var all []string
			for len(all) < words {
				all = append(all, line[(i*7+len(all))%len(line)])
			}
			toks := tokenise(strings.Join(all, " "), 0, nil)
			toks = toks[:min(len(toks), maxTokens)]
			fresh := &scanner{lex: lex, words: newVocabulary(), wide: 1, round: 1, there: make([]uint64, len(used.there)),
				seen: make([]sighting, len(used.seen)), waiting: make([][]waiting, len(used.waiting))}
			used.sentence(toks)
			fresh.sentence(toks)
			if got, want := sights(used), sights(fresh); !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%s: sentence %d of %d words: %d concepts, want %d, or at other places", lex.lang, i, words, len(got), len(want))
			}
			seen += len(fresh.noted)
		}
		if lex.lang == "en" && seen == 0 {
			t.Error("no sentence had a concept")
		}
	}
}

// sights are the concepts of the sentence, and where each stands.
func sights(s *scanner) map[int32][]span {
	out := map[int32][]span{}
	for _, c := range s.noted {
		out[c] = s.occurs(c)
	}
	return out
}
