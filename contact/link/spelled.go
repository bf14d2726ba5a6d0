package link

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSpelled bounds the dots of one address that is spelled out.
const maxSpelled = 6

// spelled finds addresses whose dots are words: "helpdesk dot support",
// "refund-center Punkt info", "amazonドットcom". It goes over the words of the
// text once, so it is linear in its length.
func (s *scanner) spelled() {
	if len(s.lists.find.Dot) == 0 {
		return
	}
	words := s.words()
	for i := 0; i < len(words) && len(s.found) < maxFound; i++ {
		if !s.signAfter(words, i) || s.kind(words[i]) != ' ' {
			continue
		}
		end, raw := s.chain(words, i)
		if raw == "" {
			continue
		}
		if !s.taken(words[i].start, words[end].end) {
			s.add(words[i].start, words[end].end, raw)
		}
		i = end
	}
	slices.SortStableFunc(s.found, func(a, b found) int { return a.start - b.start })
}

// word is a run of one sort of letters in the view.
type word struct {
	start, end int
	text       string
	glued      bool // no space before it
}

// words splits the view at spaces and where the script changes between ASCII
// and the rest. Only words that could be part of an address are worth keeping;
// any other is kept as an empty one, which ends a chain.
func (s *scanner) words() []word {
	b := s.view.b
	if !s.anyDotWord() {
		return nil
	}
	all := string(b)
	out := make([]word, 0, len(b)/5)
	for i := 0; i < len(b); {
		if b[i] == ' ' || b[i] == '\t' {
			i++
			continue
		}
		start, ascii := i, b[i] < utf8.RuneSelf
		for i < len(b) && b[i] != ' ' && b[i] != '\t' && b[i] != '\n' && (b[i] < utf8.RuneSelf) == ascii && i-start < 400 {
			i++
		}
		if i == start {
			i++ // a line break ends a chain
			out = append(out, word{start: start, end: i})
			continue
		}
		glued := start > 0 && b[start-1] != ' ' && b[start-1] != '\t' && b[start-1] != '\n'
		if w := (word{start, i, all[start:i], glued}); ascii {
			out = append(out, w)
		} else {
			out = append(out, split1(s, w)...)
		}
	}
	return out
}

// split1 cuts a Japanese run around a word for the dot that stands in it.
func split1(s *scanner, w word) []word {
	for _, d := range s.lists.find.Dot {
		if d[0] < utf8.RuneSelf {
			continue
		}
		at := strings.Index(w.text, d)
		if at < 0 {
			continue
		}
		return []word{
			{start: w.start, end: w.start + at, glued: w.glued, text: w.text[:at]},
			{start: w.start + at, end: w.start + at + len(d), glued: true, text: d},
			{start: w.start + at + len(d), end: w.end, glued: true, text: w.text[at+len(d):]},
		}
	}
	return []word{w}
}

// anyDotWord reports whether a word for the dot may stand in the text.
func (s *scanner) anyDotWord() bool {
	b := s.view.b
	var low []byte // only where there is more than ASCII
	for _, d := range s.lists.find.Dot {
		if plainASCII(d) {
			if hasFold(b, d) {
				return true
			}
			continue
		}
		if low == nil && s.view.at != nil {
			low = bytes.ToLower(b)
		}
		if bytes.Contains(low, []byte(d)) {
			return true
		}
	}
	return bytes.Contains(b, []byte(" . "))
}

// hasFold reports whether a word of small ASCII letters stands in b, whatever
// the case of its letters.
func hasFold(b []byte, word string) bool {
	first := word[0]
	for i := 0; i+len(word) <= len(b); i++ {
		if b[i] != first && b[i]|0x20 != first {
			continue
		}
		k := 1
		for k < len(word) && (b[i+k] == word[k] || b[i+k]|0x20 == word[k]) {
			k++
		}
		if k == len(word) && (i == 0 || !isAlnum(b[i-1])) && (i+k == len(b) || !isAlnum(b[i+k])) {
			return true
		}
	}
	return false
}

// signAfter reports whether the word behind words[i] may be a sign that is
// spelled out.
func (s *scanner) signAfter(words []word, i int) bool {
	for k := i + 1; k < len(words); k++ {
		w := &words[k]
		if w.text == "" && w.start == w.end {
			continue // an empty piece before or after a cut-out dot word
		}
		if w.text == "" || w.text == "." || w.text[0] >= utf8.RuneSelf {
			return w.text != ""
		}
		f := &s.lists.find
		for _, list := range [3][]string{f.Dot, f.Dash, f.Slash} {
			for _, sign := range list {
				if sign[0] == w.text[0]|0x20 || sign[0] == w.text[0] {
					return true
				}
			}
		}
		return false
	}
	return false
}

// kind tells what a word can be in a chain: '.' '-' '/' for the spelled signs,
// ' ' for a label, 0 for none.
func (s *scanner) kind(w word) byte {
	low := strings.ToLower(w.text)
	f := &s.lists.find
	switch {
	case low == "":
		return 0
	case low == "." || slices.Contains(f.Dot, low):
		return '.'
	case slices.Contains(f.Dash, low):
		return '-'
	case slices.Contains(f.Slash, low):
		return '/'
	}
	trimmed := strings.TrimRight(low, ".,;:!?)'\"")
	for i := 0; i < len(trimmed); i++ {
		if !isAlnum(trimmed[i]) && trimmed[i] != '-' && trimmed[i] != '.' {
			return 0
		}
	}
	if trimmed == "" || len(trimmed) > 63 {
		return 0
	}
	return ' '
}

// chain reads label (sign label)+ from words[i] on and returns the index of
// its last word and the address, or "".
func (s *scanner) chain(words []word, i int) (last int, raw string) {
	var out strings.Builder
	out.WriteString(words[i].text)
	dots, lone, path := 0, false, false
	last = i
	for k := i + 1; k < len(words); k++ {
		if words[k].text == "" && words[k].start == words[k].end {
			continue // an empty piece before or after a cut-out dot word
		}
		sign := s.kind(words[k])
		if sign != '.' && sign != '-' && sign != '/' {
			break
		}
		n := k + 1
		for n < len(words) && words[n].text == "" && words[n].start == words[n].end {
			n++
		}
		if n >= len(words) || s.kind(words[n]) != ' ' || out.Len() > 253 || dots > maxSpelled {
			break
		}
		if sign == '.' && !path {
			dots++
			lone = lone || words[k].text == "."
		}
		path = path || sign == '/'
		out.WriteByte(sign)
		out.WriteString(words[n].text)
		last, k = n, n
		if strings.TrimRight(words[n].text, ".,;:!?)'\"") != words[n].text {
			break
		}
	}
	raw = strings.TrimRight(out.String(), ".,;:!?)'\"")
	if dots == 0 || !s.plausible(raw, lone) {
		return i, ""
	}
	return last, raw
}

// plausible guards honest sentences: "the dot in the corner", "am Punkt Ende".
func (s *scanner) plausible(raw string, lone bool) bool {
	host, _, more := strings.Cut(raw, "/")
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	low := strings.ToLower(last)
	if !knownHost(host) || len(labels[0]) < 3 {
		return false
	}
	if s.lists.strongTLD[low] {
		return true
	}
	if lone || capitalised(last) {
		return false
	}
	return more || !s.lists.wordTLD[low] || strings.ContainsAny(labels[0], "-0123456789")
}

// taken reports whether an address found before overlaps the span.
func (s *scanner) taken(start, end int) bool {
	i, _ := slices.BinarySearchFunc(s.found, start, func(f found, at int) int { return f.end - 1 - at })
	return i < len(s.found) && s.found[i].start < end
}
