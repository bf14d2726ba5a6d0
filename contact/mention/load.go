package mention

import (
	"fmt"
	"io/fs"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"bonafide/contact/text"
)

// Formats holds the formats of order and parcel numbers and the words by which
// mentions are found. It does not change after Load and may be used by several
// goroutines.
type Formats struct {
	orders   []format
	tracking []format
	w        words
	sets     struct {
		order, fillers, end, articles, cents, whole, monthFirst, code, codeNot, itemNot map[string]bool
	}
	itemAfter map[string][][]string // by first word, the words behind it
	before    []string              // longest first
	after     []string
	parts     [256][]string // number words by first byte, longest first
	second    [256]uint64   // by first byte of a number word, its second byte's low bits
	// Sieves of words that few words of a text are.
	months, itemFirst, codes *text.Sieve
}

type format struct {
	ID      string   `yaml:"id"`
	Brand   string   `yaml:"brand"`
	Pattern string   `yaml:"pattern"`
	Example string   `yaml:"example"`
	Status  string   `yaml:"status"`
	Source  []string `yaml:"source"`
	re      *regexp.Regexp
}

// words is mention/words.yaml.
type words struct {
	Order        []string          `yaml:"order"`
	OrderWithin  []string          `yaml:"order_within"`
	OrderFillers []string          `yaml:"order_fillers"`
	ItemAfter    []string          `yaml:"item_after"`
	ItemNot      []string          `yaml:"item_not"`
	ItemEnd      []string          `yaml:"item_end"`
	ItemArticles []string          `yaml:"item_articles"`
	ItemLabel    []string          `yaml:"item_label"`
	ItemContext  []string          `yaml:"item_context"`
	Before       map[string]string `yaml:"before"`
	After        map[string]string `yaml:"after"`
	Cents        []string          `yaml:"cents"`
	Whole        []string          `yaml:"whole"`
	Numbers      map[string]int64  `yaml:"numbers"`
	Kanji        map[string]int64  `yaml:"kanji"`
	Months       map[string]int    `yaml:"months"`
	MonthFirst   []string          `yaml:"month_first"`
	Eras         map[string]int    `yaml:"eras"`
	CardEnd      []string          `yaml:"card_end"`
	Code         []string          `yaml:"code"`
	CodeWithin   []string          `yaml:"code_within"`
	CodeNot      []string          `yaml:"code_not"`
}

// Load reads mention/orders.yaml and mention/words.yaml below the data folder.
// An error names the file and the entry that is wrong: a pattern that does not
// compile, or an example that it does not fit.
func Load(fsys fs.FS) (*Formats, error) {
	var file struct {
		Formats  []format `yaml:"formats"`
		Tracking []format `yaml:"tracking"`
	}
	if err := readYAML(fsys, "mention/orders.yaml", &file); err != nil {
		return nil, err
	}
	f := &Formats{orders: file.Formats, tracking: file.Tracking}
	for _, list := range [][]format{f.orders, f.tracking} {
		for i := range list {
			if err := list[i].compile(); err != nil {
				return nil, err
			}
		}
	}
	if err := readYAML(fsys, "mention/words.yaml", &f.w); err != nil {
		return nil, err
	}
	for _, m := range []map[string]string{f.w.Before, f.w.After} {
		for mark, currency := range m {
			if mark == "" || len(currency) != 3 {
				return nil, fmt.Errorf("mention: mention/words.yaml: currency %q: %q: want a mark and three letters", mark, currency)
			}
		}
	}
	delete(f.w.Numbers, "")
	w := &f.w
	s := &f.sets
	s.order, s.fillers, s.end, s.articles = set(w.Order), set(w.OrderFillers), set(w.ItemEnd), set(w.ItemArticles)
	s.cents, s.whole, s.monthFirst, s.code, s.codeNot = set(w.Cents), set(w.Whole), set(w.MonthFirst), set(w.Code), set(w.CodeNot)
	s.itemNot = set(w.ItemNot)
	f.itemAfter = map[string][][]string{}
	for _, a := range w.ItemAfter {
		if words := strings.Fields(a); len(words) > 0 {
			f.itemAfter[words[0]] = append(f.itemAfter[words[0]], words[1:])
		}
	}
	f.before, f.after = longestFirst(w.Before), longestFirst(w.After)
	for _, p := range longestFirst(w.Numbers) {
		f.parts[p[0]] = append(f.parts[p[0]], p)
		switch {
		case len(p) > 1:
			f.second[p[0]] |= 1 << (p[1] & 63)
		case p != "a": // an "a" is a number by itself only
			f.second[p[0]] = ^uint64(0)
		}
	}
	f.months, f.itemFirst, f.codes = text.SieveOf(w.Months), text.SieveOf(f.itemAfter), text.SieveOf(s.code)
	for _, word := range w.CodeNot {
		f.codes.Add(word)
	}
	for _, list := range [][]string{w.OrderWithin, w.CodeWithin, w.CardEnd, w.ItemLabel} {
		sort.Slice(list, func(i, j int) bool { return len(list[i]) > len(list[j]) })
	}
	return f, nil
}

func (f *format) compile() error {
	re, err := regexp.Compile(`^(?:` + f.Pattern + `)$`)
	if err != nil {
		return fmt.Errorf("mention: mention/orders.yaml: format %q: %w", f.ID, err)
	}
	if !re.MatchString(f.Example) {
		return fmt.Errorf("mention: mention/orders.yaml: format %q: its example %q does not fit", f.ID, f.Example)
	}
	f.re = re
	return nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

func longestFirst[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool {
		if len(out[i]) != len(out[j]) {
			return len(out[i]) > len(out[j])
		}
		return out[i] < out[j]
	})
	return out
}

func readYAML(fsys fs.FS, path string, into any) error {
	b, err := fs.ReadFile(fsys, path)
	if err != nil {
		return fmt.Errorf("mention: load %s: %w", path, err)
	}
	if err := yaml.Unmarshal(b, into); err != nil {
		return fmt.Errorf("mention: load %s: %w", path, err)
	}
	return nil
}

// Knows reports whether a brand's order numbers have a known format.
func (f *Formats) Knows(brand string) bool {
	for _, o := range f.orders {
		if o.Brand == brand {
			return true
		}
	}
	return false
}
