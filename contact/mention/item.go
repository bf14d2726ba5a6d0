package mention

import (
	"strings"
	"unicode/utf8"

	"bonafide/contact/text"
)

const (
	maxName  = 80 // characters of the name of an article
	maxWords = 8  // words of a name in a running sentence
)

// items finds names of articles: behind a label, in quotes in a sentence about
// an order, behind words like "order for".
func (x *finder) items() {
	x.firstItem = len(x.m.Items)
	for _, sp := range x.r.Sentences {
		s := x.s[sp.Start:sp.End]
		if x.labelled(sp, s) {
			continue
		}
		if mayQuote(s) && x.aboutOrder(s) && x.quoted(sp, s) {
			continue
		}
		x.running(sp, s)
	}
}

func (x *finder) item(start, end int) bool {
	for start < end && (x.s[start] == ' ' || x.s[start] == '"' || x.s[start] == '\'' || x.s[start] == '\n') {
		start++
	}
	for end > start && strings.IndexByte(" \n\"',.;:!-(", x.s[end-1]) >= 0 {
		end--
	}
	n := utf8.RuneCountInString(x.s[start:end])
	if n < 2 || n > maxName || len(x.m.Items)-x.firstItem >= limit || strings.Trim(x.s[start:end], "0123456789 .,-#") == "" {
		return false
	}
	w := x.where(start, end)
	x.m.Items = append(x.m.Items, Item{Name: w.Quote, Told: x.told, Where: w})
	return true
}

// labelled finds "Artikel: X", "商品名:X".
func (x *finder) labelled(sp text.Span, s string) bool {
	if strings.IndexByte(s, ':') < 0 {
		return false
	}
	for _, label := range x.f.w.ItemLabel {
		for from := 0; ; {
			i := strings.Index(s[from:], label)
			if i < 0 {
				break
			}
			i += from
			from = i + len(label)
			if i > 0 && (isLower(label[0]) && (isAlnum(s[i-1]) || s[i-1] == '-') || s[i-1] >= 0xc3 && s[i-1] < 0xe3) {
				continue
			}
			rest := strings.TrimLeft(s[from:], " ")
			if !strings.HasPrefix(rest, ":") {
				continue
			}
			start := len(s) - len(rest) + 1
			end := len(s)
			if k := strings.IndexAny(s[start:], "\n;|,、。"); k >= 0 {
				end = start + k
			}
			return x.item(sp.Start+start, sp.Start+end)
		}
	}
	return false
}

func (x *finder) aboutOrder(s string) bool {
	for _, w := range x.f.w.ItemContext {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// mayQuote reports whether one of the quotes that quoted knows may stand in a
// sentence.
func mayQuote(s string) bool {
	for i := range len(s) {
		if s[i] == '"' || s[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// quoted finds the names in quotes of one sentence.
func (x *finder) quoted(sp text.Span, s string) bool {
	found := false
	for _, q := range [][2]string{{"\"", "\""}, {"「", "」"}, {"『", "』"}, {"„", "\""}, {"【", "】"}} {
		for from := 0; from < len(s); {
			i := strings.Index(s[from:], q[0])
			if i < 0 {
				break
			}
			start := from + i + len(q[0])
			k := strings.Index(s[start:], q[1])
			if k < 0 {
				break
			}
			found = x.item(sp.Start+start, sp.Start+start+k) || found
			from = start + k + len(q[1])
		}
		if found {
			return true
		}
	}
	return false
}

// running finds a name behind words like "order for" in a running sentence.
func (x *finder) running(sp text.Span, s string) {
	prev := wordSpan{}
	for i := 0; i < len(s); {
		w := nextWord(s, i)
		if w.end == w.start {
			return
		}
		i = w.end
		first := bare(s, w)
		if !x.f.itemFirst.May(first) {
			prev = w
			continue
		}
		for _, cue := range x.f.itemAfter[first] {
			if prev.end > 0 && x.f.sets.itemNot[s[prev.start:w.end]] {
				break
			}
			if rest, ok := matches(s, i, cue); ok && x.phrase(sp, s, rest) {
				return
			}
		}
		prev = w
	}
}

// span of a word within a sentence
type wordSpan struct{ start, end int }

// nextWord returns the word, with its marks, that begins at byte i or behind
// white space there.
func nextWord(s string, i int) wordSpan {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n') {
		i++
	}
	j := i
	for j < len(s) && s[j] != ' ' && s[j] != '\n' {
		j++
	}
	return wordSpan{i, j}
}

// bare returns a word without marks around it.
func bare(s string, w wordSpan) string {
	for w.start < w.end && marks(s[w.start]) {
		w.start++
	}
	for w.end > w.start && marks(s[w.end-1]) {
		w.end--
	}
	return s[w.start:w.end]
}

func marks(c byte) bool {
	switch c {
	case '"', '\'', '(', ')', ',', ':', '.', '!', '?', ';', '*':
		return true
	}
	return false
}

// matches reports whether the words of cue stand from byte i on, and where they
// end.
func matches(s string, i int, cue []string) (end int, ok bool) {
	for _, c := range cue {
		w := nextWord(s, i)
		if bare(s, w) != c {
			return 0, false
		}
		i = w.end
	}
	return i, true
}

// phrase reads a name from byte i on: without articles before it, up to a word
// that ends it or a mark.
func (x *finder) phrase(sp text.Span, s string, i int) bool {
	w := nextWord(s, i)
	for w.end > w.start && x.f.sets.articles[s[w.start:w.end]] {
		w = nextWord(s, w.end)
	}
	start, end := w.start, 0
	for n := 0; n < maxWords && w.end > w.start; n++ {
		word := s[w.start:w.end]
		plain := strings.TrimRight(word, ",.;:!?)")
		if x.f.sets.end[plain] || strings.ContainsAny(word, "$€£¥#") || n == 0 && !isAlnum(word[0]) && word[0] < utf8.RuneSelf {
			break
		}
		end = w.end
		if plain != word {
			break
		}
		w = nextWord(s, w.end)
	}
	if end == 0 || !x.free(sp.Start+start, sp.Start+end) {
		return false
	}
	return x.item(sp.Start+start, sp.Start+end)
}
