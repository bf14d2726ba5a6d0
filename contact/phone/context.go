package phone

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// inAddress reports whether a group stands within a web or mail address.
func (f *finder) inAddress(tk *token) bool {
	if tk.spelled {
		return false
	}
	s := f.r.Folded
	i := tk.start
	for i > 0 && s[i-1] > ' ' && s[i-1] < utf8.RuneSelf && tk.start-i < 200 {
		i--
	}
	head := s[i:tk.start]
	if head == "" || f.linked(tk.start) {
		return false
	}
	if strings.Contains(head, "://") || strings.HasPrefix(head, "www.") || strings.ContainsAny(head, "@?&") {
		return true
	}
	slash := strings.IndexByte(head, '/')
	return slash > 0 && strings.Contains(head[:slash], ".") && isLower(head[0])
}

// linked reports whether the digits at byte off belong to an address that dials
// them.
func (f *finder) linked(off int) bool {
	head := f.r.Folded[max(0, off-20):off]
	return strings.HasSuffix(head, "wa.me/") || strings.HasSuffix(head, "wa.me/+") || strings.HasSuffix(head, "?phone=") || strings.HasSuffix(head, "&phone=")
}

// sentenceAt returns the index of the sentence that holds byte off, or -1.
func (f *finder) sentenceAt(off int) int {
	ss := f.r.Sentences
	i := sort.Search(len(ss), func(i int) bool { return ss[i].End > off })
	if i == len(ss) || ss[i].Start > off {
		return i - 1
	}
	return i
}

// asked reports whether a word like "call" stands in the sentence of byte off,
// or in the one before when that ends with a colon or is a short heading.
func (f *finder) asked(off int) bool {
	i := f.sentenceAt(off)
	if i < 0 {
		return false
	}
	if f.cue(i) {
		return true
	}
	if i > 0 {
		p := f.r.Sentences[i-1]
		short := p.End-p.Start <= 40 && f.r.Sentences[i].Start-p.End <= 2
		return (short || f.r.Folded[p.End-1] == ':') && f.cue(i-1)
	}
	return false
}

func (f *finder) cue(i int) bool {
	if v, ok := f.cues[i]; ok {
		return v
	}
	sp := f.r.Sentences[i]
	s := f.r.Folded[sp.Start:sp.End]
	v := false
	for _, w := range f.t.callWithin {
		if strings.Contains(s, w) {
			v = true
			break
		}
	}
	for !v && s != "" {
		var w string
		if w, s = nextWord(s); f.t.call[w] {
			v = true
		}
	}
	f.cues[i] = v
	return v
}

// nextWord cuts the next word of letters off a text.
func nextWord(s string) (word, rest string) {
	i := 0
	for i < len(s) && !isLower(s[i]) && s[i] < utf8.RuneSelf {
		i++
	}
	j := i
	for j < len(s) && (isLower(s[j]) || s[j] >= utf8.RuneSelf || s[j] == '-') {
		j++
	}
	return strings.Trim(s[i:j], "-"), s[j:]
}

// wordsBefore returns up to n words before byte off in the same line, the
// nearest first.
func (f *finder) wordsBefore(off, n int) []string {
	s := f.r.Folded[max(0, off-80):off]
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	var words []string
	for s != "" {
		var w string
		if w, s = nextWord(s); w != "" {
			words = append(words, w)
		}
	}
	if len(words) > n {
		words = words[len(words)-n:]
	}
	for i, j := 0, len(words)-1; i < j; i, j = i+1, j-1 {
		words[i], words[j] = words[j], words[i]
	}
	return words
}

// notPhone reports whether the nearest words before byte off that mean anything
// say that the digits are something else than a telephone number.
func (f *finder) notPhone(off int) bool {
	for _, w := range f.wordsBefore(off, 5) {
		if f.t.fillers[w] {
			continue
		}
		if f.t.call[w] {
			return false
		}
		if f.t.not[w] {
			return true
		}
		break
	}
	head := f.r.Folded[max(0, off-36):off]
	return lastOf(head, f.t.notWithin) > lastOf(head, f.t.callWithin)
}

// lastOf returns the end of the last place of any of some words, -1 for none;
// of words that end there the longest counts.
func lastOf(s string, words []string) int {
	last := -1
	for _, w := range words {
		if i := strings.LastIndex(s, w); i >= 0 {
			last = max(last, i+len(w))
		}
	}
	return last
}
