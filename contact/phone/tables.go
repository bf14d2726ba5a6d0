package phone

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"bonafide/contact/text"
	"bonafide/ident"

	"go.yaml.in/yaml/v3"
)

// Tables holds how numbers are written and said, and the names of some places.
// It does not change after Load and may be used by several goroutines.
type Tables struct {
	words      map[string]word // words of one or more digits, joiners, plus
	sieve      *text.Sieve     // of words
	eastern    map[string]word // the same in scripts without spaces
	eastLength int             // longest of them, in bytes
	call       map[string]bool
	callWithin []string
	not        map[string]bool
	notWithin  []string
	fillers    map[string]bool
	short      map[string]bool
	regions    map[string][]string // language to countries
	tried      []string
	vanity     map[string]string
	areas      map[string]map[string]string
	areaLength int
}

// word is what a word means within a number.
type word struct {
	digits string
	repeat int // repeats the digit after it
	nought bool
	tens   bool
	joiner bool
	plus   bool
}

// wordsFile is phone/words.yaml.
type wordsFile struct {
	Digits        map[string]map[string]string `yaml:"digits"`
	Tens          map[string]map[string]string `yaml:"tens"`
	UnitFirst     map[string]string            `yaml:"unit_first"`
	Repeat        map[string]int               `yaml:"repeat"`
	Noughts       map[string]string            `yaml:"noughts"`
	Plus          []string                     `yaml:"plus"`
	Joiners       []string                     `yaml:"joiners"`
	Call          []string                     `yaml:"call"`
	CallWithin    []string                     `yaml:"call_within"`
	NotPhone      []string                     `yaml:"not_phone"`
	NotWithin     []string                     `yaml:"not_phone_within"`
	Fillers       []string                     `yaml:"fillers"`
	ShortCodeCues []string                     `yaml:"short_code"`
}

// Load reads phone/words.yaml, phone/regions.yaml and phone/areas.yaml below the
// data folder. An error names the file and what is wrong with it.
func Load(fsys fs.FS) (*Tables, error) {
	t := &Tables{words: map[string]word{}, eastern: map[string]word{}}
	var w wordsFile
	if err := readYAML(fsys, "phone/words.yaml", &w); err != nil {
		return nil, err
	}
	if err := t.addWords(&w); err != nil {
		return nil, err
	}
	var r struct {
		Language map[string][]string `yaml:"language"`
		Tried    []string            `yaml:"tried"`
		Vanity   map[string]string   `yaml:"vanity"`
	}
	if err := readYAML(fsys, "phone/regions.yaml", &r); err != nil {
		return nil, err
	}
	t.regions, t.tried, t.vanity = r.Language, r.Tried, r.Vanity
	var a struct {
		Areas map[string]map[string]string `yaml:"areas"`
	}
	if err := readYAML(fsys, "phone/areas.yaml", &a); err != nil {
		return nil, err
	}
	t.areas = a.Areas
	for prefix, names := range t.areas {
		if names["en"] == "" {
			return nil, fmt.Errorf("phone: phone/areas.yaml: prefix %q has no English name", prefix)
		}
		t.areaLength = max(t.areaLength, len(prefix))
	}
	return t, nil
}

func (t *Tables) addWords(w *wordsFile) error {
	for lang, digits := range w.Digits {
		for s, d := range digits {
			if len(d) != 1 {
				return fmt.Errorf("phone: phone/words.yaml: digit %q: %q: want one digit", s, d)
			}
			t.add(s, word{digits: d})
		}
		if join := w.UnitFirst[lang]; join != "" {
			for unit, d := range digits {
				for ten, dd := range w.Tens[lang] {
					if dd[1] == '0' && dd != "10" {
						t.add(unit+join+ten, word{digits: dd[:1] + d})
					}
				}
			}
		}
	}
	for _, tens := range w.Tens {
		for s, d := range tens {
			if len(d) != 2 {
				return fmt.Errorf("phone: phone/words.yaml: ten %q: %q: want two digits", s, d)
			}
			t.add(s, word{digits: d, tens: d[1] == '0' && d != "10"})
		}
	}
	for s, n := range w.Repeat {
		t.add(s, word{repeat: n})
	}
	for s, d := range w.Noughts {
		t.add(s, word{digits: d, nought: true})
	}
	for _, s := range w.Plus {
		t.add(s, word{plus: true})
	}
	for _, s := range w.Joiners {
		t.add(s, word{joiner: true})
	}
	t.call, t.not, t.short = set(w.Call), set(w.NotPhone), set(w.ShortCodeCues)
	t.fillers = set(w.Fillers)
	t.callWithin, t.notWithin = w.CallWithin, w.NotWithin
	t.sieve = text.SieveOf(t.words)
	return nil
}

// add files a word by its script.
func (t *Tables) add(s string, w word) {
	if r, _ := utf8.DecodeRuneInString(s); r >= 0x3000 {
		t.eastern[s] = w
		t.eastLength = max(t.eastLength, len(s))
		return
	}
	t.words[s] = w
}

func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

func readYAML(fsys fs.FS, path string, into any) error {
	b, err := fs.ReadFile(fsys, path)
	if err != nil {
		return fmt.Errorf("phone: load %s: %w", path, err)
	}
	if err := yaml.Unmarshal(b, into); err != nil {
		return fmt.Errorf("phone: load %s: %w", path, err)
	}
	return nil
}

// Area returns the name of a number's place in a language ("en", "de", "ja";
// English where there is none), "" when its prefix is not in the table.
func (t *Tables) Area(p ident.Phone, lang string) string {
	digits := strings.TrimPrefix(string(p), "+")
	for n := min(t.areaLength, len(digits)); n > 1; n-- {
		if names, ok := t.areas[digits[:n]]; ok {
			if s := names[lang]; s != "" {
				return s
			}
			return names["en"]
		}
	}
	return ""
}
