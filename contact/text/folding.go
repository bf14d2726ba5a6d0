package text

import (
	"bufio"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

// Folding holds the tables by which a text is read. It does not change after
// LoadFolding and may be used by several goroutines.
type Folding struct {
	skeleton   map[rune]string // UTS #39 prototypes
	toLatin    map[rune]rune   // foreign letter to small Latin letter
	shapes     map[rune]rune   // imitating Latin letter to small Latin letter
	toCyrillic map[rune]rune
	toGreek    map[rune]rune
	kana       map[rune]rune // Han character to katakana
	leet       map[rune]string
	vocabulary map[string]struct{}
	keys       map[string][]string // leet key to words of the vocabulary
	lengths    map[rune]uint64     // first letter of a key to the lengths of its words
	short      map[string]bool     // abbreviations that end with a dot
	number     map[string]bool     // those that do so only before a number
	accented   string              // accents of real words
	brands     map[string]bool
	umlaut     map[string]bool // brands and English words
	small      *small
	lang       *languages
	// further are words that a disguise is taken off without calling it one.
	further map[string]bool
}

// With returns a folding that also knows the words that other rooms look for
// (small letters, NFKC): disguise by digits, signs, spacing or look-alikes is
// undone where one of them comes out. Doing so is no finding: people write "c4n"
// and "2nite", too, and only the words of text/vocabulary.yaml are worth the
// trouble to nobody but a fraudster. Shorter words than three letters and words
// with other characters than letters are left out.
func (v *Folding) With(words []string) *Folding {
	out := *v
	out.vocabulary, out.keys, out.lengths = maps.Clone(v.vocabulary), make(map[string][]string, len(v.keys)+len(words)), maps.Clone(v.lengths)
	for k, ws := range v.keys {
		out.keys[k] = slices.Clone(ws)
	}
	out.further = maps.Clone(v.further)
	if out.further == nil {
		out.further = make(map[string]bool, len(words))
	}
	for _, w := range words {
		n := utf8.RuneCountInString(w)
		if _, have := out.vocabulary[w]; have || n < minShort || n > maxWord || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) || r >= 0x2e80 }) {
			continue
		}
		out.further[w] = true
		out.add(w)
	}
	return &out
}

// add files a word of the vocabulary.
func (v *Folding) add(w string) {
	v.vocabulary[w] = struct{}{}
	k := string(v.leetKey(nil, []byte(w)))
	v.keys[k] = append(v.keys[k], w)
	first, _ := utf8.DecodeRuneInString(k)
	v.lengths[first] |= 1 << min(utf8.RuneCountInString(w), 63)
}

// LoadFolding reads the tables from text/* below the data folder. An error
// names the file and what is wrong with it.
func LoadFolding(fsys fs.FS) (*Folding, error) {
	v := &Folding{}
	for _, load := range []func(fs.FS) error{v.loadSkeleton, v.loadLetters, v.loadVocabulary, v.loadSentences, v.loadLanguages} {
		if err := load(fsys); err != nil {
			return nil, err
		}
	}
	v.fillSmall()
	return v, nil
}

func (v *Folding) loadSkeleton(fsys fs.FS) error {
	const path = "text/confusables.txt"
	file, err := fsys.Open(path)
	if err != nil {
		return fmt.Errorf("text: load look-alike characters: %w", err)
	}
	defer file.Close()
	v.skeleton = make(map[rune]string, 1200)
	sc := bufio.NewScanner(file)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		hex, to, ok := strings.Cut(line, " ")
		c, err := strconv.ParseUint(hex, 16, 21)
		if !ok || err != nil || to == "" {
			return fmt.Errorf("text: %s line %d: want a code point in hexadecimal, a space and what it looks like", path, n)
		}
		v.skeleton[rune(c)] = to
	}
	return sc.Err()
}

// lettersFile is text/letters.yaml.
type lettersFile struct {
	LookAlike   map[string]string `yaml:"look_alike"`
	LatinShapes map[string]string `yaml:"latin_shapes"`
	ToCyrillic  map[string]string `yaml:"to_cyrillic"`
	ToGreek     map[string]string `yaml:"to_greek"`
	Kana        map[string]string `yaml:"kana"`
	Leet        map[string]string `yaml:"leet"`
	Accents     string            `yaml:"accents"`
}

func (v *Folding) loadLetters(fsys fs.FS) error {
	var l lettersFile
	if err := readYAML(fsys, "text/letters.yaml", &l); err != nil {
		return err
	}
	var err error
	pairs := func(m map[string]string) map[rune]rune {
		out := make(map[rune]rune, len(m))
		for from, to := range m {
			if utf8.RuneCountInString(from) != 1 || utf8.RuneCountInString(to) != 1 {
				err = fmt.Errorf("text: text/letters.yaml: pair %q: %q: want one character each", from, to)
				continue
			}
			f, _ := utf8.DecodeRuneInString(from)
			out[f], _ = utf8.DecodeRuneInString(to)
		}
		return out
	}
	own := pairs(l.LookAlike)
	v.accented = l.Accents
	v.shapes, v.kana = pairs(l.LatinShapes), pairs(l.Kana)
	v.toCyrillic, v.toGreek = pairs(l.ToCyrillic), pairs(l.ToGreek)
	v.leet = make(map[rune]string, len(l.Leet))
	for from, to := range l.Leet {
		f, _ := utf8.DecodeRuneInString(from)
		v.leet[f] = to
	}
	v.toLatin = make(map[rune]rune, len(v.skeleton))
	for c, to := range v.skeleton {
		if len(to) == 1 && isASCIILetter(rune(to[0])) && unicode.IsLetter(c) && !unicode.Is(unicode.Latin, c) {
			v.toLatin[c] = unicode.ToLower(rune(to[0]))
		}
	}
	for c, to := range own {
		v.toLatin[c] = to
	}
	return err
}

func (v *Folding) loadVocabulary(fsys fs.FS) error {
	var file struct {
		Brands []string            `yaml:"brands"`
		Words  map[string][]string `yaml:"words"`
	}
	if err := readYAML(fsys, "text/vocabulary.yaml", &file); err != nil {
		return err
	}
	v.vocabulary = make(map[string]struct{}, 512)
	v.keys = make(map[string][]string, 512)
	v.lengths = make(map[rune]uint64, 64)
	add := func(words []string) error {
		for _, w := range words {
			if w != strings.ToLower(norm.NFKC.String(w)) || w == "" {
				return fmt.Errorf("text: text/vocabulary.yaml: %q: want a word in lower case and NFKC", w)
			}
			if _, ok := v.vocabulary[w]; ok {
				continue
			}
			v.add(w)
		}
		return nil
	}
	if err := add(file.Brands); err != nil {
		return err
	}
	v.brands, v.umlaut = make(map[string]bool, 64), make(map[string]bool, 256)
	for _, w := range file.Brands {
		v.brands[w], v.umlaut[w] = true, true
	}
	for _, w := range file.Words["en"] {
		v.umlaut[w] = true
	}
	for _, words := range file.Words {
		if err := add(words); err != nil {
			return err
		}
	}
	return nil
}

// leetKey appends to dst the letters of w as leetRune has them.
func (v *Folding) leetKey(dst, w []byte) []byte {
	for len(w) > 0 {
		r, n := utf8.DecodeRune(w)
		w = w[n:]
		dst = utf8.AppendRune(dst, v.leetRune(r))
	}
	return dst
}

// leetRune returns the first letter that a digit or sign may stand for, other
// characters as they are; letters that share a digit are made one.
func (v *Folding) leetRune(r rune) rune {
	if r >= 0x2e80 {
		return r // no sign of that kind among East Asian characters
	}
	if to, ok := v.leet[r]; ok {
		r, _ = utf8.DecodeRuneInString(to)
	}
	if r == 'l' {
		return 'i' // both are written as 1, ! and |
	}
	return r
}

// lookup finds the word of the vocabulary that w is, or becomes when its digits
// and signs are read as letters.
func (v *Folding) lookup(w []byte) (string, bool) {
	if len(w) < minShort || len(v.keys) == 0 {
		return "", false
	}
	if _, ok := v.vocabulary[string(w)]; ok {
		return string(w), true
	}
	var buf [4 * maxWord]byte
	for _, word := range v.keys[string(v.leetKey(buf[:0], w))] {
		if v.reads(string(w), word) {
			return word, true
		}
	}
	return "", false
}

// reads reports whether w may be read as word, character by character.
func (v *Folding) reads(w, word string) bool {
	for w != "" && word != "" {
		a, n := utf8.DecodeRuneInString(w)
		b, m := utf8.DecodeRuneInString(word)
		if a != b && !strings.ContainsRune(v.leet[a], b) {
			return false
		}
		w, word = w[n:], word[m:]
	}
	return w == "" && word == ""
}

func (v *Folding) loadSentences(fsys fs.FS) error {
	var file struct {
		Short        []string `yaml:"short"`
		BeforeNumber []string `yaml:"before_number"`
	}
	if err := readYAML(fsys, "text/sentences.yaml", &file); err != nil {
		return err
	}
	v.short = make(map[string]bool, len(file.Short))
	for _, s := range file.Short {
		v.short[s] = true
	}
	v.number = make(map[string]bool, len(file.BeforeNumber))
	for _, s := range file.BeforeNumber {
		v.number[s] = true
	}
	return nil
}

func readYAML(fsys fs.FS, path string, into any) error {
	b, err := fs.ReadFile(fsys, path)
	if err != nil {
		return fmt.Errorf("text: load %s: %w", path, err)
	}
	if err := yaml.Unmarshal(b, into); err != nil {
		return fmt.Errorf("text: load %s: %w", path, err)
	}
	return nil
}

// Skeleton returns what a name looks like, for comparing it with another: two
// names with the same skeleton are confusable (UTS #39, 4 "Confusable
// Detection", after NFKD instead of NFD, invisible characters removed). It is
// not meant to be shown, and case matters: pass lower case to compare without.
func (f *Folding) Skeleton(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range norm.NFKD.String(s) {
		if r == 0xad || ignorable(r) {
			continue
		}
		if to, ok := f.skeleton[r]; ok {
			b.WriteString(to)
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFD.String(b.String())
}
