package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// minSpaced is the number of single letters in a row that may be a word.
	minSpaced = 4
	// minShort is the length of the shortest word that a disguise is taken off.
	minShort = 3
	// maxSpaced bounds a series of single letters that is joined.
	maxSpaced = 200
	// maxWord is the longest word, in characters, that is looked up.
	maxWord = 32
)

// known reports whether letters, look-alikes and digits undone, are a word of
// the vocabulary.
func (f *folder) known(w []unit) bool {
	f.key = f.key[:0]
	for _, u := range w {
		r := f.v.base(u.r)
		f.key = utf8.AppendRune(f.key, r)
	}
	_, ok := f.v.lookup(f.key)
	return ok
}

// write folds the words of a line and writes it.
func (f *folder) write() {
	u := f.units
	for i := 0; i < len(u); {
		if u[i].override && !lettery(u[i].class&^spacedOut) {
			f.trick(BidiOverride, len(f.out), len(f.out))
		}
		switch c := u[i].class; {
		case c == newline || c == space:
			f.space(c == newline, u[i].start, u[i].end)
			i++
		case lettery(c &^ spacedOut):
			j := i + 1
			for j < len(u) && (lettery(u[j].class) || u[j].class == mark) {
				j++
			}
			f.flush()
			f.word(u[i:j])
			i = j
		case c == kana || c == han:
			j := i + 1
			for j < len(u) && (u[j].class == kana || u[j].class == han || u[j].class == mark) {
				j++
			}
			f.flush()
			f.kanaWord(u[i:j])
			i = j
		default:
			f.flush()
			f.emit(unicode.ToLower(u[i].r), &u[i])
			i++
		}
	}
}

// word folds one word of letters, digits and signs, and writes it.
func (f *folder) word(w []unit) {
	from := len(f.out)
	t := tally(w)
	spaced := w[0].class&spacedOut != 0
	w[0].class &^= spacedOut
	mixed := f.lookAlikes(w, t)
	lower(w)
	leet := f.leet(w)
	for i := range w {
		f.emit(w[i].r, &w[i])
	}
	to := len(f.out)
	if t.hidden && t.letters >= 2 {
		f.trick(ZeroWidth, from, to)
	}
	if t.override {
		f.trick(BidiOverride, from, to)
	}
	if mixed {
		f.trick(MixedScript, from, to)
	}
	if leet {
		f.trick(Leet, from, to)
	}
	if spaced {
		f.trick(SpacedOut, from, to)
	}
	if t.wide >= 2 {
		f.trick(FullwidthLatin, from, to)
	}
}

func (f *folder) trick(kind string, from, to int) {
	if len(f.tricks) < maxTricks {
		f.tricks = append(f.tricks, Trick{Kind: kind, Span: Span{from, to}, Word: string(f.out[from:to])})
	}
}

// counts is what a word is made of.
type counts struct {
	letters, latin, more, shapes, foreign, wide int
	scripts                                     int // foreign ones, two at most
	hidden, override                            bool
}

func tally(w []unit) counts {
	var t counts
	softs, run, fragments := 0, 0, 0
	var script *unicode.RangeTable
	for i, u := range w {
		switch u.class &^ spacedOut {
		case latin:
			t.latin++
			t.letters++
		case latinMore:
			t.latin++
			t.more++
			t.letters++
		case shape:
			t.shapes++
			t.letters++
		case foreign:
			t.foreign++
			t.letters++
			if script == nil || t.scripts == 1 && !unicode.Is(script, u.r) {
				script, t.scripts = scriptOf(u.r), t.scripts+1
			}
		}
		if u.wide {
			t.wide++
		}
		t.override = t.override || u.override
		if i == 0 {
			run = 1
			continue
		}
		t.hidden = t.hidden || u.hidden
		if u.soft {
			softs++
			if run == 1 {
				fragments++
			}
			run = 0
		}
		run++
	}
	// Hyphenation leaves no single letters; a writer who hides a word does.
	t.hidden = t.hidden || softs >= 2 && fragments >= 2
	return t
}

// scriptOf returns the script of a letter that may imitate a Latin one.
func scriptOf(r rune) *unicode.RangeTable {
	for _, s := range []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Armenian} {
		if unicode.Is(s, r) {
			return s
		}
	}
	return unicode.Other_Alphabetic // any other: what follows is another one
}

// lookAlikes undoes letters that imitate others, and reports whether that is a
// trick: a word of letters of two scripts, or a known word made of look-alikes.
func (f *folder) lookAlikes(w []unit, t counts) bool {
	trick := t.shapes >= 2
	if t.shapes > 0 {
		for i := range w {
			if w[i].class == shape {
				w[i].r = f.v.shapes[w[i].r]
			}
		}
	}
	if t.foreign == 0 {
		return f.accents(w, t) || trick
	}
	foldable := 0
	for _, u := range w {
		if u.class == foreign && f.v.latinOf(u.r) != 0 {
			foldable++
		}
	}
	switch {
	case foldable == t.foreign && (t.latin+t.shapes > 0 || t.scripts > 1 || (len(w) >= minSpaced || len(w) >= minShort && f.latin) && f.known(w)):
		for i := range w {
			if w[i].class == foreign {
				w[i].r = f.v.latinOf(w[i].r)
			}
		}
		return t.letters >= minSpaced || trick
	case t.latin > 0:
		return f.toForeign(w) && t.letters >= minSpaced || trick
	}
	return trick
}

// toForeign writes Latin letters as those of the other script of a word, where
// all of them have a twin there.
func (f *folder) toForeign(w []unit) bool {
	table := f.v.toCyrillic
	for _, u := range w {
		if u.class == foreign && unicode.Is(unicode.Greek, u.r) {
			table = f.v.toGreek
		}
	}
	for _, u := range w {
		if u.class == latin && table[unicode.ToLower(u.r)] == 0 || u.class == latinMore {
			return false
		}
	}
	for i := range w {
		if w[i].class == latin {
			w[i].r = table[unicode.ToLower(w[i].r)]
		}
	}
	return true
}

// accents takes needless accents off a word ("Amàzon", "pässwörd"): any off a
// brand; off an English word only those that no real word of another language
// has there ("détails" is French, "Zählung" German). Off other words only those
// of no language of ours are taken, and that is no trick.
func (f *folder) accents(w []unit, t counts) bool {
	if t.more == 0 || t.latin < minShort || len(w) > maxWord {
		return false
	}
	foreignAccent, ordinary := false, false
	f.key = f.key[:0]
	for _, u := range w {
		r := unicode.ToLower(u.r)
		foreignAccent = foreignAccent || u.class == latinMore && strings.ContainsRune(f.v.accented, r)
		ordinary = ordinary || u.class == latinMore && strings.ContainsRune("äöüßåøæœ", r)
		f.key = utf8.AppendRune(f.key, r)
	}
	if _, ok := f.v.vocabulary[string(f.key)]; ok || !f.known(w) {
		return false
	}
	word, _ := f.v.lookup(f.key) // f.key is the plain word since known
	further := f.v.further[word]
	if !further && !f.v.umlaut[word] || further && ordinary || foreignAccent && !f.v.brands[word] {
		return false
	}
	for i := range w {
		if w[i].class == latinMore {
			w[i].r = f.v.base(w[i].r)
		}
	}
	return !further
}

func lower(w []unit) {
	for i := range w {
		if r := w[i].r; 'A' <= r && r <= 'Z' {
			w[i].r = r + 'a' - 'A'
		} else if r >= utf8.RuneSelf {
			w[i].r = unicode.ToLower(r)
		}
	}
}

// leet undoes digits and signs in a word where a word of the vocabulary comes
// out, and reports whether that is a trick.
func (f *folder) leet(w []unit) bool {
	letters, signs := 0, 0
	for _, u := range w {
		switch u.class {
		case digit, sign:
			signs++
		default:
			letters++
		}
	}
	if letters < 2 && (letters == 0 || len(w) <= minSpaced) || signs == 0 || len(w) > maxWord {
		return false
	}
	for {
		f.key = f.key[:0]
		for _, u := range w {
			f.key = utf8.AppendRune(f.key, u.r)
		}
		if word, ok := f.v.lookup(f.key); ok && word != string(f.key) && f.believed(w, word) {
			i := 0
			for _, r := range word {
				w[i].r = r
				i++
			}
			return !f.v.further[word]
		}
		// punctuation at the ends is not part of the word
		switch {
		case w[len(w)-1].class == sign && len(w) > minShort:
			w = w[:len(w)-1]
		case w[0].class == sign && len(w) > minShort:
			w = w[1:]
		default:
			return false
		}
	}
}

// believed reports whether digits and signs in w may be meant as letters of
// word: not an exclamation mark behind a word, and in three letters only what
// stands in the middle ("f3e", but "1st" and "2nd" are what they are).
func (f *folder) believed(w []unit, word string) bool {
	if !f.v.further[word] {
		return len(w) >= minSpaced
	}
	first, last := w[0], w[len(w)-1]
	if last.r == '!' || last.r == '+' {
		return false
	}
	return len(w) >= minSpaced || first.class != digit && first.class != sign && last.class != digit && last.class != sign
}

// base returns the plain small Latin letter that a character looks like, or the
// character in lower case.
func (v *Folding) base(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	if v.small != nil && r >= 0xa0 && r < smallLimit {
		return v.small.base[r]
	}
	if s, ok := v.shapes[r]; ok {
		return s
	}
	if l := v.latinOf(r); l != 0 {
		return l
	}
	d := norm.NFD.PropertiesString(string(r)).Decomposition()
	if len(d) > 0 && d[0] < utf8.RuneSelf {
		return unicode.ToLower(rune(d[0]))
	}
	return unicode.ToLower(r)
}

// latinOf returns the small Latin letter that a foreign letter looks like, or 0.
func (v *Folding) latinOf(r rune) rune {
	if l, ok := v.toLatin[r]; ok {
		return l
	}
	return v.toLatin[unicode.ToLower(r)]
}
