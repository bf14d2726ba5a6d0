package redflag

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/contact/textmodel"
	"bonafide/evidence"
)

// file is one language's knowledge as it stands under redflags/.
type file struct {
	AsOf   string   `yaml:"as_of"`
	Lang   string   `yaml:"lang"`
	Source []string `yaml:"source"`
	Note   string   `yaml:"note"`
	// Concepts: name → ways to word it.
	Concepts map[string][]string `yaml:"concepts"`
	// Not lists concepts beside which no flag of the file is raised, but for
	// flags that say anyway: advisories, things told of friends.
	Not []string `yaml:"not"`
	// Quiet lists concepts that, in a sentence or in one beside it, keep what was
	// learned from raising a flag alone: a model takes warnings of a fraud for the
	// fraud at times. Compositions have their own exclusions.
	Quiet []string `yaml:"quiet"`
	// Turn: what stands behind a warning that is turned round.
	Turn turnFile `yaml:"turn"`
	// Flags: code → compositions, any of which raises it.
	Flags map[string]flagFile `yaml:"flags"`
}

// turnFile says where a sentence warns and then asks all the same: "never share
// your PIN, but tell our officer the PIN". What begins with a Turn, behind a Warns
// in the same sentence or the one before, is judged by itself as well: else a
// warning would buy silence for what it warns of.
type turnFile struct {
	Warns []string `yaml:"warns"`
	Turns []string `yaml:"turns"`
}

type flagFile struct {
	// Not lists concepts that no composition of this flag may stand beside.
	Not []string   `yaml:"not"`
	Any []ruleFile `yaml:"any"`
	// Anyway: the Not of the file does not hold for this flag.
	Anyway bool `yaml:"anyway"`
}

// ruleFile is one composition. Concepts are named; a text that begins with
// "= " is a pattern of its own.
type ruleFile struct {
	// Need: all of these in one sentence. Seq: all, in this order.
	Need []string `yaml:"need"`
	Seq  []string `yaml:"seq"`
	// Not: none of these in the sentence. DocNot: none in the whole part.
	Not    []string `yaml:"not"`
	DocNot []string `yaml:"doc_not"`
	// Near: all of Need or Seq within so many words.
	Near int `yaml:"near"`
	// Across: Need may be spread over two sentences that follow each other.
	Across bool `yaml:"across"`
	// In: "said" (by the other side) or "told" (by the person); empty: both.
	In string `yaml:"in"`
	// Channels: only these; empty: all.
	Channels []string `yaml:"channels"`
	// Strength scales the weight; 0 means 1.
	Strength float64 `yaml:"strength"`
	// Surely: what the model thinks of the sentence does not hold it back. For
	// what fraudsters ask in the words of friends.
	Surely bool `yaml:"surely"`
}

// lexicon is a compiled file.
type lexicon struct {
	lang     string
	flags    []evidence.Code
	concepts map[string]int
	names    []string
	// matchers and their index by kind.
	keys  map[matcherKey]int
	infix []matcherKey
	// prefixes and suffixes are the lengths that are looked up of a token, a bit
	// each, by its first and by its last byte.
	prefixes, suffixes [256]uint64
	// seqs are all sequences while the lexicon is compiled, programs what
	// they become.
	seqs     []sequence
	programs []program
	steps    []step
	needs    []need
	// slots is how many there are; opens lists, per matcher, those it fills.
	slots int
	opens [][]int32
	// filed, from slotFrom[s] to slotFrom[s+1], and byRef find the programs that
	// rest on a slot or a concept: on the least common part of them.
	filed    []filed
	slotFrom []int32
	byRef    [][]int32
	// byNeed finds the compositions that rest on a concept.
	byNeed [][]int32
	level  []int
	levels int
	rules  []rule
	// model is what was learned of the language, nil if nothing; learnt are
	// the numbers of the concepts in it.
	model  *textmodel.Model
	learnt []int32
	leasts []float32 // per rule, see least
	quiet  []int     // concepts that silence the model, see file
	// warns and turns: see turnFile.
	warns, turns []int
	// scanners are free for reuse; each is used by one reader at a time.
	scanners sync.Pool
}

// sequence is one way to word a concept.
type sequence struct {
	concept int
	elems   []element
}

type rule struct {
	code     evidence.Code
	need     []int
	ordered  bool
	not      []int
	docNot   []int
	near     int
	across   bool
	in       string
	channels map[contact.Channel]bool
	strength float64
	surely   bool
}

type matcherKind uint8

const (
	exact matcherKind = iota
	prefix
	suffix
	infix
	byClass
)

type matcherKey struct {
	kind  matcherKind
	text  string
	class class
}

func (l *lexicon) matcher(k matcherKey) int {
	if id, ok := l.keys[k]; ok {
		return id
	}
	id := len(l.keys)
	l.keys[k] = id
	switch k.kind {
	case prefix:
		l.prefixes[k.text[0]] |= 1 << len(k.text)
	case suffix:
		l.suffixes[k.text[len(k.text)-1]] |= 1 << len(k.text)
	case infix:
		l.infix = append(l.infix, k)
	}
	return id
}

// Load reads and compiles every language file under redflags/ in fsys. It
// returns an error that names file, flag or concept when something in them does
// not hold together: an unknown name, a circle, a pattern that matches nothing.
func Load(fsys fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(fsys, "redflags/*.yaml")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("redflag: find language files under redflags/: none found (%v)", err)
	}
	c := &Catalogue{languages: map[string]*lexicon{}}
	merged := map[string]*file{}
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("redflag: %w", err)
		}
		var f file
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		if err := dec.Decode(&f); err != nil {
			return nil, fmt.Errorf("redflag: read %s: %w", name, err)
		}
		want, _, _ := strings.Cut(path.Base(name), ".")
		if f.Lang != want || f.AsOf == "" {
			return nil, fmt.Errorf("redflag: %s: lang is %q, want %q, and as_of must be given", name, f.Lang, want)
		}
		f.guard()
		if merged[f.Lang] == nil {
			merged[f.Lang] = &f
		} else if err := merged[f.Lang].add(f); err != nil {
			return nil, fmt.Errorf("redflag: %s: %w", name, err)
		}
	}
	for lang, f := range merged {
		lex, err := compile(*f)
		if err != nil {
			return nil, fmt.Errorf("redflag: %s: %w", lang, err)
		}
		if err := lex.learn(fsys); err != nil {
			return nil, fmt.Errorf("redflag: %s: %w", lang, err)
		}
		c.languages[lang] = lex
		c.order = append(c.order, lang)
	}
	sort.Strings(c.order)
	return c, nil
}

// guard lays the Not of the file on every flag of it that does not say anyway,
// so that files of one language can be merged.
func (f *file) guard() {
	for code, flag := range f.Flags {
		if !flag.Anyway {
			flag.Not = append(append([]string(nil), flag.Not...), f.Not...)
			f.Flags[code] = flag
		}
	}
}

// add merges another file of the same language: "en.yaml" and "en.told.yaml".
// A concept or flag that both define is an error.
func (f *file) add(other file) error {
	for name, ways := range other.Concepts {
		if _, twice := f.Concepts[name]; twice {
			return fmt.Errorf("concept %s stands in two files", name)
		}
		f.Concepts[name] = ways
	}
	for code, flag := range other.Flags {
		if _, twice := f.Flags[code]; twice {
			return fmt.Errorf("flag %s stands in two files", code)
		}
		f.Flags[code] = flag
	}
	f.Quiet = append(f.Quiet, other.Quiet...)
	f.Turn.Warns = append(f.Turn.Warns, other.Turn.Warns...)
	f.Turn.Turns = append(f.Turn.Turns, other.Turn.Turns...)
	return nil
}

// compile turns a file into a lexicon.
func compile(f file) (*lexicon, error) {
	l := &lexicon{lang: f.Lang, concepts: map[string]int{}, keys: map[matcherKey]int{}}
	for _, name := range sortedKeys(f.Concepts) {
		l.concept(name)
	}
	for _, name := range sortedKeys(f.Concepts) {
		for _, p := range f.Concepts[name] {
			if err := l.addPattern(l.concepts[name], p); err != nil {
				return nil, fmt.Errorf("concept %s: %w", name, err)
			}
		}
	}
	for _, code := range sortedKeys(f.Flags) {
		ff := f.Flags[code]
		l.flags = append(l.flags, evidence.Code(code))
		for i, rf := range ff.Any {
			rf.Not = append(append([]string(nil), ff.Not...), rf.Not...)
			r, err := l.compileRule(evidence.Code(code), rf)
			if err != nil {
				return nil, fmt.Errorf("flag %s, composition %d: %w", code, i+1, err)
			}
			l.rules = append(l.rules, r)
		}
	}
	var err error
	if l.quiet, err = l.references(f.Quiet); err != nil {
		return nil, fmt.Errorf("quiet: %w", err)
	}
	if l.warns, err = l.references(f.Turn.Warns); err != nil {
		return nil, fmt.Errorf("turn: warns: %w", err)
	}
	if l.turns, err = l.references(f.Turn.Turns); err != nil {
		return nil, fmt.Errorf("turn: turns: %w", err)
	}
	return l, l.link()
}

func (l *lexicon) concept(name string) int {
	id, ok := l.concepts[name]
	if !ok {
		id = len(l.names)
		l.concepts[name] = id
		l.names = append(l.names, name)
	}
	return id
}

func (l *lexicon) addPattern(concept int, p string) error {
	seqs, err := l.parsePattern(p)
	if err != nil {
		return err
	}
	for _, s := range seqs {
		l.seqs = append(l.seqs, sequence{concept, s})
	}
	return nil
}

// reference returns the concept that a rule names, or makes one of an inline
// pattern.
func (l *lexicon) reference(name string) (int, error) {
	if strings.HasPrefix(name, "=") {
		if id, ok := l.concepts[name]; ok {
			return id, nil
		}
		id := l.concept(name)
		return id, l.addPattern(id, strings.TrimPrefix(name, "="))
	}
	id, ok := l.concepts[name]
	if !ok {
		return 0, fmt.Errorf("no concept %q (a pattern must begin with \"= \")", name)
	}
	return id, nil
}

func (l *lexicon) references(names []string) ([]int, error) {
	out := make([]int, 0, len(names))
	for _, n := range names {
		id, err := l.reference(n)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

func (l *lexicon) compileRule(code evidence.Code, rf ruleFile) (rule, error) {
	r := rule{code: code, near: rf.Near, across: rf.Across, in: rf.In, strength: rf.Strength, surely: rf.Surely, ordered: len(rf.Seq) > 0}
	if len(rf.Need) > 0 == (len(rf.Seq) > 0) {
		return r, fmt.Errorf("want either need or seq")
	}
	if r.in != "" && r.in != "said" && r.in != "told" {
		return r, fmt.Errorf("in: %q: want said or told", r.in)
	}
	if rf.Strength < 0 || rf.Strength > 1 {
		return r, fmt.Errorf("strength %g: want 0 to 1", rf.Strength)
	}
	for _, ch := range rf.Channels {
		if r.channels == nil {
			r.channels = map[contact.Channel]bool{}
		}
		r.channels[contact.Channel(ch)] = true
	}
	var err error
	if r.need, err = l.references(append(rf.Need, rf.Seq...)); err != nil {
		return r, err
	}
	if r.not, err = l.references(rf.Not); err != nil {
		return r, err
	}
	r.docNot, err = l.references(rf.DocNot)
	return r, err
}

// link resolves references between concepts, refuses circles, orders concepts
// so that each stands above those it is made of, and builds the indexes.
func (l *lexicon) link() error {
	for i := range l.seqs {
		for j := range l.seqs[i].elems {
			e := &l.seqs[i].elems[j]
			if e.kind != ref {
				continue
			}
			id, ok := l.concepts[e.name]
			if !ok {
				return fmt.Errorf("concept %s: no concept {%s}", l.names[l.seqs[i].concept], e.name)
			}
			e.concept = id
		}
	}
	if err := l.rank(); err != nil {
		return err
	}
	l.index()
	return nil
}

// rank gives every concept a level above all that it refers to.
func (l *lexicon) rank() error {
	below := make([][]int, len(l.names))
	for _, s := range l.seqs {
		for _, e := range s.elems {
			if e.kind == ref {
				below[s.concept] = append(below[s.concept], e.concept)
			}
		}
	}
	l.level = make([]int, len(l.names))
	state := make([]int8, len(l.names))
	var visit func(int) error
	visit = func(c int) error {
		if state[c] == 1 {
			return fmt.Errorf("concept %s refers to itself", l.names[c])
		}
		if state[c] == 2 {
			return nil
		}
		state[c] = 1
		for _, b := range below[c] {
			if err := visit(b); err != nil {
				return err
			}
			l.level[c] = max(l.level[c], l.level[b]+1)
		}
		state[c] = 2
		l.levels = max(l.levels, l.level[c]+1)
		return nil
	}
	for c := range l.names {
		if err := visit(c); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
