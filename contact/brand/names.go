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
	start := -1
	for i, r := range s {
		in := unicode.IsLetter(r) && !unspaced(r) || unicode.IsDigit(r)
		if in && start < 0 {
			start = i
		}
		if !in && start >= 0 {
			out = append(out, text.Span{Start: start, End: i})
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, text.Span{Start: start, End: len(s)})
	}
	return out
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) || r == 'ー'
}

// maxHits bounds what is looked at in one text.
const maxHits = 400

// find returns the names in folded text. written returns what stood in the
// original for a span; nil means that the writing is not to be looked at.
func (n *names) find(folded string, written func(text.Span) string) []hit {
	var out []hit
	spans := words(folded)
	for i := 0; i < len(spans) && len(out) < maxHits; i++ {
		for _, x := range n.byWord[folded[spans[i].Start:spans[i].End]] {
			end, ok := match(folded, spans, i, x.words)
			if !ok {
				continue
			}
			sp := text.Span{Start: spans[i].Start, End: spans[end].End}
			if h, ok := n.judge(folded, sp, x, written); ok {
				out = append(out, h)
			}
			i = end
			break
		}
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

// match compares the words of a name with those of the text from i on; between
// them stand at most two bytes and no line break.
func match(s string, spans []text.Span, i int, want []string) (end int, ok bool) {
	if i+len(want) > len(spans) {
		return 0, false
	}
	for k, w := range want {
		sp := spans[i+k]
		if s[sp.Start:sp.End] != w {
			return 0, false
		}
		if k > 0 {
			gap := s[spans[i+k-1].End:sp.Start]
			if len(gap) > 2 || strings.Contains(gap, "\n") {
				return 0, false
			}
		}
	}
	return i + len(want) - 1, true
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
