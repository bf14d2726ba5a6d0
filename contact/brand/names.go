package brand

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"bonafide/contact/text"
)

// names finds the names of brands in folded text: as whole words in scripts
// with spaces, anywhere in scripts without.
type names struct {
	byWord map[string][]name // first word -> names, longest first
	first  *text.Sieve       // of those words
	inline []name            // names in scripts without spaces
	cased  map[string]map[string]bool
	close  phrases             // words with which a message speaks as the brand
	loose  phrases             // words with which it may also speak of it
	never  map[string][]string // first word of a name -> phrases that hold it and mean something else
}

// phrases are words around {brand}: what stands before it and after it.
type phrases struct {
	around [][2]string
	after  []string
	reach  int // longest of them, in bytes
}

type name struct {
	brand string
	words []string
	text  string
	weak  bool
}

// hit is a name found in a text.
type hit struct {
	name
	text.Span
	inAddress bool // part of a web or mail address
	spoken    bool // in a phrase in which a message speaks as the brand
	loose     bool // in one in which it may also speak of it
}

func (b *Book) indexNames() error {
	n := &names{byWord: map[string][]name{}, cased: map[string]map[string]bool{}, never: map[string][]string{}}
	n.close, n.loose = newPhrases(b.claims.Phrases), newPhrases(b.claims.Loose)
	for _, id := range b.order {
		n.addBrand(b.profiles[id])
	}
	for first := range n.byWord {
		list := n.byWord[first]
		sort.SliceStable(list, func(i, j int) bool { return len(list[i].words) > len(list[j].words) })
	}
	sort.SliceStable(n.inline, func(i, j int) bool { return len(n.inline[i].text) > len(n.inline[j].text) })
	n.first = text.SieveOf(n.byWord)
	b.names = n
	return nil
}

func newPhrases(byLang map[string][]string) phrases {
	var ph phrases
	for _, list := range byLang {
		for _, phrase := range list {
			head, tail, _ := strings.Cut(phrase, "{brand}")
			if head != "" {
				ph.around = append(ph.around, [2]string{head, tail})
			} else {
				ph.after = append(ph.after, tail)
			}
			ph.reach = max(ph.reach, len(head), len(tail))
		}
	}
	return ph
}

func (n *names) addBrand(p *Profile) {
	weak := set(p.Claim.Weak)
	seen := map[string]bool{}
	add := func(alias string) {
		low := strings.ToLower(alias)
		if seen[low] {
			return
		}
		seen[low] = true
		x := name{brand: p.ID, text: low, weak: weak[low]}
		if r, _ := utf8.DecodeRuneInString(low); unspaced(r) {
			n.inline = append(n.inline, x)
			return
		}
		for _, w := range words(low) {
			x.words = append(x.words, low[w.Start:w.End])
		}
		if len(x.words) > 0 {
			n.byWord[x.words[0]] = append(n.byWord[x.words[0]], x)
		}
	}
	for _, list := range p.Aliases {
		for _, a := range list {
			add(a)
		}
	}
	for _, a := range p.Claim.Words {
		add(a)
	}
	for _, c := range p.Claim.Cased {
		low := strings.ToLower(c)
		if n.cased[low] == nil {
			n.cased[low] = map[string]bool{}
		}
		n.cased[low][c] = true
	}
	for _, phrase := range p.Claim.Never {
		n.never[p.ID] = append(n.never[p.ID], strings.ToLower(phrase))
	}
}

// Words returns the words of all names of brands, sorted: where a disguise hides
// one of them, it is worth undoing.
func (b *Book) Words() []string {
	seen := map[string]bool{}
	for _, list := range b.names.byWord {
		for _, n := range list {
			for _, w := range n.words {
				seen[w] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// words cuts a text into runs of letters and digits of scripts with spaces.
func words(s string) []text.Span {
	var out []text.Span
	for sp := nextWord(s, 0); sp.End > sp.Start; sp = nextWord(s, sp.End) {
		out = append(out, sp)
	}
	return out
}

// nextWord returns the first run of letters and digits of scripts with spaces
// that begins at byte i or behind it; an empty one at the end of the text when
// there is none.
func nextWord(s string, i int) text.Span {
	start := -1
	for i < len(s) {
		in, n := false, 1
		if c := s[i]; c < utf8.RuneSelf {
			in = 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			in = unicode.IsLetter(r) && !unspaced(r) || unicode.IsDigit(r)
		}
		if in && start < 0 {
			start = i
		}
		if !in && start >= 0 {
			return text.Span{Start: start, End: i}
		}
		i += n
	}
	if start < 0 {
		start = len(s)
	}
	return text.Span{Start: start, End: len(s)}
}

func unspaced(r rune) bool {
	return r >= 0xe00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) || r == 'ー'
}

// maxHits bounds what is looked at in one text.
const maxHits = 400

// find returns the names in folded text. written returns what stood in the
// original for a span; nil means that the writing is not to be looked at.
func (n *names) find(folded string, written func(text.Span) string) []hit {
	var out []hit
	for sp := nextWord(folded, 0); sp.End > sp.Start && len(out) < maxHits; sp = nextWord(folded, sp.End) {
		word := folded[sp.Start:sp.End]
		if !n.first.May(word) {
			continue
		}
		for _, x := range n.byWord[word] {
			end, ok := match(folded, sp, x.words)
			if !ok {
				continue
			}
			sp.End = end
			if h, ok := n.judge(folded, sp, x, written); ok {
				out = append(out, h)
			}
			break
		}
	}
	if ascii(folded) {
		return out // no name in a script without spaces
	}
	for _, x := range n.inline {
		for from := 0; len(out) < maxHits; {
			at := strings.Index(folded[from:], x.text)
			if at < 0 {
				break
			}
			sp := text.Span{Start: from + at, End: from + at + len(x.text)}
			from = sp.End
			if h, ok := n.judge(folded, sp, x, nil); ok && !covered(out, sp) {
				out = append(out, h)
			}
		}
	}
	return out
}

func covered(hits []hit, s text.Span) bool {
	for i := range hits {
		if hits[i].Start <= s.Start && s.End <= hits[i].End {
			return true
		}
	}
	return false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// match compares the words of a name with those of the text, the first of which
// is at, and returns where the last of them ends; between them stand at most
// two bytes and no line break.
func match(s string, at text.Span, want []string) (end int, ok bool) {
	if s[at.Start:at.End] != want[0] {
		return 0, false
	}
	for _, w := range want[1:] {
		next := nextWord(s, at.End)
		gap := s[at.End:next.Start]
		if s[next.Start:next.End] != w || len(gap) > 2 || strings.Contains(gap, "\n") {
			return 0, false
		}
		at = next
	}
	return at.End, true
}

// judge drops names that are ordinary words where they stand, and tells how
// the name is used.
func (n *names) judge(s string, sp text.Span, x name, written func(text.Span) string) (hit, bool) {
	if forms := n.cased[x.text]; forms != nil && written != nil && !forms[written(sp)] {
		return hit{}, false
	}
	for _, phrase := range n.never[x.brand] {
		from := max(0, sp.Start-len(phrase))
		to := min(len(s), sp.End+len(phrase))
		if at := strings.Index(s[from:to], phrase); at >= 0 && from+at <= sp.Start && sp.End <= from+at+len(phrase) {
			return hit{}, false
		}
	}
	h := hit{name: x, Span: sp, inAddress: inAddress(s, sp)}
	if !h.inAddress {
		h.spoken = n.close.match(s, sp)
		h.loose = !h.spoken && n.loose.match(s, sp)
	}
	return h, true
}

// inAddress reports a name that is a piece of a web or mail address.
func inAddress(s string, sp text.Span) bool {
	if sp.Start > 0 && strings.IndexByte("@/._=&\\", s[sp.Start-1]) >= 0 && sp.Start > 1 && s[sp.Start-2] > ' ' {
		return true
	}
	if sp.End+1 >= len(s) {
		return false
	}
	next, then := s[sp.End], s[sp.End+1]
	letter := then >= 'a' && then <= 'z' || then >= '0' && then <= '9'
	return next == '@' || next == '_' || next == '/' && letter || next == '.' && letter
}

// match reports whether one of the phrases stands around a name.
func (ph *phrases) match(s string, sp text.Span) bool {
	left := level(s[runeStart(s, sp.Start-ph.reach):sp.Start])
	right := level(s[sp.End:runeStart(s, sp.End+ph.reach)])
	for _, tail := range ph.after {
		if strings.HasPrefix(right, tail) && ends(right, tail) {
			return true
		}
	}
	for _, x := range ph.around {
		head, tail := x[0], x[1]
		if strings.HasSuffix(left, head) && starts(left, head) && strings.HasPrefix(right, tail) && ends(right, tail) {
			return true
		}
	}
	return false
}

// ends reports whether a phrase's tail ends with a word (or its plural).
func ends(right, tail string) bool {
	if tail == "" {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(tail)
	next, _ := utf8.DecodeRuneInString(strings.TrimPrefix(right[len(tail):], "s"))
	return unspaced(last) || !unicode.IsLetter(last) || !unicode.IsLetter(next) || unspaced(next)
}

// starts reports whether a phrase's head begins with a word.
func starts(left, head string) bool {
	first, _ := utf8.DecodeRuneInString(head)
	before, _ := utf8.DecodeLastRuneInString(left[:len(left)-len(head)])
	return unspaced(first) || !unicode.IsLetter(first) || !unicode.IsLetter(before) || unspaced(before)
}

// level writes hyphens, line breaks and possessives as one space or nothing, so
// that "Amazon-Konto", "amazon's account" and "amazon account" are one.
func level(s string) string { return leveller.Replace(s) }

var leveller = strings.NewReplacer("'s ", " ", "-", " ", "\n", " ", ".com ", " ", "®", "", "™", "")

// runeStart moves an offset into the text and down to a rune's first byte.
func runeStart(s string, at int) int {
	at = max(0, min(at, len(s)))
	for at > 0 && at < len(s) && s[at]&0xC0 == 0x80 {
		at--
	}
	return at
}
