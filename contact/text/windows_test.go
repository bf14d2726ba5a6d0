package text

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
)

// TestLanguageWindows cuts the held wordings of the red flags, which no table of
// letters was trained on, into windows of whole words and tells the language of
// each by itself, without neighbours. Whoever asks May, as the red flags do, misses
// the language less often than who believes the one answer.
func TestLanguageWindows(t *testing.T) {
	f := folding(t)
	for _, size := range []struct {
		runes int
		bar   float64
		may   float64
	}{{20, 0.88, 0.98}, {40, 0.97, 0.99}, {80, 0.99, 0.99}} {
		for _, lang := range []string{"en", "de", "fr", "es", "it", "pt", "nl"} {
			n, right, may := 0, 0, 0
			for _, w := range windows(t, lang, size.runes) {
				n++
				if Read(contact.Part{Text: w}, f).May(0, lang) {
					may++
				}
				got, sure := f.lang.tell(strings.ToLower(w))
				if got == lang {
					right++
				} else if testing.Verbose() {
					t.Logf("%s: %q read as %q (%.2f)", lang, w, got, sure)
				}
			}
			share := float64(right) / float64(n)
			possible := float64(may) / float64(n)
			t.Logf("%s, %d letters: %d of %d right (%.3f), not ruled out %.3f", lang, size.runes, right, n, share, possible)
			if share < size.bar || possible < size.may {
				t.Errorf("%s: %.3f of the windows of %d letters read right: want at least %.2f, and %.3f not ruled out: want %.2f", lang, share, size.runes, size.bar, possible, size.may)
			}
		}
	}
}

// windows cuts the held wordings of a language into pieces of at least n runes.
func windows(t *testing.T, lang string, n int) (out []string) {
	t.Helper()
	b, err := os.ReadFile("../../data/redflags/cases/" + lang + ".held.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Flags map[string]struct{ Hit, Miss []string }
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, flag := range file.Flags {
		w := ""
		for _, word := range strings.Fields(strings.Join(append(flag.Hit, flag.Miss...), " ")) {
			w = strings.TrimSpace(w + " " + word)
			if utf8.RuneCountInString(w) >= n {
				out = append(out, w)
				w = ""
			}
		}
	}
	return out
}
