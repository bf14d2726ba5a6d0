package reports

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

// maxMasked is how much of a text is shown masked, in bytes.
const maxMasked = 4 << 10

// hidden stands for a word that is not shown; its length tells nothing.
const hidden = "•••"

// plainWords reads the words that stay readable in a masked text.
func plainWords(fsys fs.FS) (map[string]bool, error) {
	const name = "consent/plain.yaml"
	var file struct {
		AsOf   string              `yaml:"as_of"`
		Source string              `yaml:"source"`
		Words  map[string][]string `yaml:"words"`
	}
	raw, err := fs.ReadFile(fsys, name)
	if err == nil {
		err = yaml.Unmarshal(raw, &file)
	}
	if err != nil {
		return nil, fmt.Errorf("reports: read %s: %w", name, err)
	}
	out := map[string]bool{}
	for lang, list := range file.Words {
		for _, w := range list {
			if w != strings.ToLower(norm.NFKC.String(w)) || len([]rune(w)) > maxPlain || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != 'ー' }) {
				return nil, fmt.Errorf("reports: %s: %s: a word is not lower-case letters, at most %d", name, lang, maxPlain)
			}
			out[w] = true
		}
	}
	return out, nil
}

// maxPlain is the longest word that stays readable, in characters.
const maxPlain = 20

// readable cuts a run of letters into what stays readable and what does not. A
// word between spaces is one or the other; of a script without spaces the
// longest words that are known stay.
func (d *Desk) readable(run string, f func(part string, known bool)) {
	if d.known[strings.ToLower(norm.NFKC.String(run))] {
		f(run, true)
		return
	}
	if !strings.ContainsFunc(run, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }) {
		f(run, false)
		return
	}
	r := []rune(run)
	for i := 0; i < len(r); {
		n := 0
		for k := min(maxPlain, len(r)-i); k >= 2 && n == 0; k-- {
			if part := string(r[i : i+k]); d.known[norm.NFKC.String(part)] && unicode.In(r[i], unicode.Han, unicode.Hiragana, unicode.Katakana) {
				n = k
			}
		}
		if f(string(r[i:i+max(n, 1)]), n > 0); n == 0 {
			n = 1
		}
		i += n
	}
}

// mask hides all of a text but the words that a fraud is told by. Nobody can
// tell names from other words for certain; so it is not names that are hidden,
// but every word that the desk does not know to be none, and every digit.
func (d *Desk) mask(s string) string {
	cut := len(s) > maxMasked
	if cut {
		n := maxMasked
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	var b strings.Builder
	word := strings.Builder{}
	last := false // the last thing written stands for hidden words
	flush := func() {
		if word.Len() == 0 {
			return
		}
		w := word.String()
		word.Reset()
		d.readable(w, func(part string, known bool) {
			if known {
				b.WriteString(part)
			} else if !last {
				b.WriteString(hidden)
			}
			last = !known
		})
	}
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			word.WriteRune(r)
		case strings.ContainsRune("@_-+/\\.:", r) && (word.Len() > 0 || last):
			// Addresses and numbers are one thing: their dots say nothing.
			flush()
			if !last {
				b.WriteRune(r)
			}
		case unicode.IsSpace(r):
			flush()
			if r == '\n' {
				b.WriteRune('\n')
				last = false
			} else if !last {
				b.WriteRune(' ')
			}
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf):
		case unicode.In(r, unicode.P, unicode.Sc):
			flush()
			b.WriteRune(r)
			last = false
		default: // other signs could be a script of their own
			word.WriteRune(r)
		}
	}
	flush()
	out := spaced(b.String())
	if cut {
		out += " …"
	}
	return out
}

// spaced puts a space between what is hidden and the word after it.
func spaced(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, hidden)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		i += len(hidden)
		b.WriteString(s[:i])
		s = s[i:]
		if r, _ := utf8.DecodeRuneInString(s); unicode.IsLetter(r) {
			b.WriteByte(' ')
		}
	}
}
