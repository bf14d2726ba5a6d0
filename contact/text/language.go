package text

import (
	"fmt"
	"io/fs"
	"math"
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxLatin    = 8     // Latin-script languages told apart, at most
	symbols     = 32    // word boundary, a to z, spare
	fineness    = 128   // table units per nat
	wordBonus   = 205   // table units for a function word of a language: 1.6 nats
	wordWeight  = 3     // times that a function word counts as training text
	caution     = 0.7   // letters of a word are not independent: share of the sum that counts
	sure        = 0.6   // below this confidence the whole text decides
	certain     = 0.9   // from this confidence on the neighbours are not asked
	fewLetters  = 12    // below this number of letters only certainty counts
	someLetters = 30    // below this number of letters other languages are thought of
	beyond      = 0.99  // from this share on no other language is
	ruledOut    = 0.003 // below this share a language is ruled out
	usual       = "en"  // the language of a text that tells none
)

// languages holds letter statistics of the Latin-script languages, trained from
// the texts in data/text/languages, and what tells scripts apart.
type languages struct {
	names []string
	tri   *triples               // log probability of a letter after two others
	marks [0x180][maxLatin]int16 // weight of an accented letter, 0 when none has it
	words map[string]uint8       // function word to the set of its languages
	short wordSets               // those of few bytes
	base  [0x180]uint8           // symbol of a letter, 0 when not a Latin one
	ja    map[rune]bool          // Han characters only Japanese writes so
	zh    map[rune]bool          // Han characters only Chinese writes so
}

// Language tells the language of a text and how sure that is (0 to 1): "" when
// there are too few letters or the script is not known. Japanese, Chinese,
// Korean and other scripts are told by their characters, Latin-script languages
// by letter triples and function words.
//
// Names that every language uses and web and mail addresses do not count.
//
// Measured on windows of the held wordings of the red flags, each by itself
// (TestLanguageWindows): of 20 characters 98 % are told right in English and
// French, 97 % in German, 96 % in Italian and Dutch, 92 % in Spanish and 90 % in
// Portuguese, which short of 40 characters are taken for each other; of 40
// characters 97 % or more, of 80 99 %. Other Latin-script languages are taken for
// the most similar of these.
func (f *Folding) Language(s string) (lang string, confidence float64) {
	if f.lang == nil {
		return "", 0
	}
	return f.lang.tell(strings.ToLower(s))
}

func (v *Folding) loadLanguages(fsys fs.FS) error {
	var file struct {
		Words map[string]string `yaml:"words"`
		Every string            `yaml:"every"`
		Ja    string            `yaml:"ja_only"`
		Zh    string            `yaml:"zh_only"`
	}
	if err := readYAML(fsys, "text/languages/words.yaml", &file); err != nil {
		return err
	}
	l := &languages{ja: runeSet(file.Ja), zh: runeSet(file.Zh), words: map[string]uint8{}}
	l.base = baseSymbols()
	for name := range file.Words {
		l.names = append(l.names, name)
	}
	sort.Strings(l.names)
	if len(l.names) > maxLatin {
		return fmt.Errorf("text: text/languages/words.yaml: %d languages: want at most %d", len(l.names), maxLatin)
	}
	tri := make([][maxLatin]int16, symbols*symbols*symbols)
	marks := make([]map[rune]float64, len(l.names))
	for i, name := range l.names {
		b, err := fs.ReadFile(fsys, "text/languages/"+name+".txt")
		if err != nil {
			return fmt.Errorf("text: load training text of %q: %w", name, err)
		}
		t := trainer{base: &l.base, marks: map[rune]float64{}}
		t.add(strings.ToLower(norm.NFC.String(comments(string(b)))), 1)
		for _, w := range strings.Fields(file.Words[name]) {
			l.words[w] |= 1 << i
			t.add(" "+w+" ", wordWeight)
		}
		t.fill(tri, i)
		marks[i] = t.marks
	}
	for _, w := range strings.Fields(file.Every) {
		l.words[w] = everyLanguage
	}
	l.fillMarks(marks)
	l.short = newWordSets(l.words)
	l.tri = &triples{}
	for i := range tri {
		l.tri[i] = packLanes(tri[i])
	}
	v.lang = l
	return nil
}

// comments drops lines that begin with "#".
func comments(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func runeSet(s string) map[rune]bool {
	m := make(map[rune]bool)
	for _, r := range s {
		m[r] = true
	}
	return m
}

// baseSymbols numbers the Latin letters below U+0180 by their base letter.
func baseSymbols() (t [0x180]uint8) {
	for r := rune(0); r < 0x180; r++ {
		if !unicode.IsLetter(r) {
			continue
		}
		c := r
		if d := norm.NFD.PropertiesString(string(r)).Decomposition(); len(d) > 0 {
			c = rune(d[0])
		}
		switch c = unicode.ToLower(c); {
		case 'a' <= c && c <= 'z':
			t[r] = uint8(c-'a') + 1
		case c == 'ß':
			t[r] = 's' - 'a' + 1
		case c == 'æ':
			t[r] = 1 // as a
		case c == 'ø' || c == 'œ':
			t[r] = 'o' - 'a' + 1
		}
	}
	return t
}

// tell names the language of a text in lower case.
func (l *languages) tell(s string) (string, float64) {
	if len(s) > 4<<10 {
		s = s[:4<<10]
	}
	if lang, sure := l.scripts(s).byScript(); lang != "" {
		return lang, sure
	}
	scores, letters := l.score(s)
	return l.best(scores, letters)
}

// best picks the most likely Latin-script language.
func (l *languages) best(scores [maxLatin]float64, letters int) (string, float64) {
	if letters < 2 || len(l.names) == 0 {
		return "", 0
	}
	share := l.shares(scores)
	k := 0
	for i := range l.names {
		if share[i] > share[k] {
			k = i
		}
	}
	return l.names[k], share[k]
}

// shares turns log-likelihoods into the probabilities of the languages.
func (l *languages) shares(scores [maxLatin]float64) (share [maxLatin]float64) {
	top, sum := math.Inf(-1), 0.0
	for i := range l.names {
		top = math.Max(top, scores[i])
	}
	for i := range l.names {
		share[i] = math.Exp((scores[i] - top) * caution)
		sum += share[i]
	}
	for i := range l.names {
		share[i] /= sum
	}
	return share
}
