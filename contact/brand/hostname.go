package brand

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// part is a brand's name within one label.
type part struct {
	brand, token string
	whole        bool // the label is the name and nothing else
	lured        bool // joined only to words that lure
}

// hostParts finds the names of brands in one label. shown is the label as it is
// written when label is a folded form of it.
func (b *Book) hostParts(label, shown string) []part {
	label = strings.ToLower(cut(label, 128))
	pieces := strings.FieldsFunc(label, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '+' })
	var out []part
	for _, t := range b.tokens {
		if !strings.Contains(label, t.Word) {
			continue
		}
		p, ok := b.inLabel(&t, label, pieces)
		if !ok {
			continue
		}
		if shown != "" {
			p.token = shown
		}
		if p.whole {
			return append([]part{p}, out...)
		}
		out = append(out, p)
	}
	return out
}

func (b *Book) inLabel(t *hostToken, label string, pieces []string) (part, bool) {
	p := part{brand: t.brand, token: t.Word, whole: label == t.Word}
	if p.whole {
		return p, true
	}
	if strings.Contains(t.Word, "-") {
		p.lured = true
		return p, strings.HasPrefix(label, t.Word+"-") || strings.HasSuffix(label, "-"+t.Word) || strings.Contains(label, "-"+t.Word+"-")
	}
	found := false
	lured := true
	for _, piece := range pieces {
		switch {
		case piece == t.Word:
			found = true
		case strings.Contains(piece, t.Word) && !b.words[piece]:
			ok, only := b.joined(t, piece)
			found = found || ok
			lured = lured && only
		default:
			lured = lured && (b.lures[piece] || digits(piece))
		}
	}
	p.lured = lured
	return p, found
}

// joined judges a name grown together with other letters: ok when it counts,
// only when the rest is words that lure.
func (b *Book) joined(t *hostToken, piece string) (ok, only bool) {
	at := strings.Index(piece, t.Word)
	before, after := piece[:at], piece[at+len(t.Word):]
	only = b.luring(before) && b.luring(after)
	switch t.In {
	case "anywhere":
		return true, only
	case "edge":
		return before == "" || after == "" || only, only
	case "lure":
		return only, only
	}
	return digits(before) && digits(after), only // "dhl24"
}

// luring reports whether s is made of at most two words that lure, or digits.
func (b *Book) luring(s string) bool {
	if s == "" || b.lures[s] || digits(s) {
		return true
	}
	for i := 2; i < len(s) && i < 20; i++ {
		if b.lures[s[:i]] && (b.lures[s[i:]] || digits(s[i:])) {
			return true
		}
	}
	return false
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// unleet undoes digits and signs for letters and takes accents off.
func unleet(s string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if to, ok := leet(r); ok {
			r = to
		}
		out.WriteRune(r)
	}
	return strings.ReplaceAll(out.String(), "vv", "w")
}

func leet(r rune) (rune, bool) {
	const from, to = "013457$@!8", "oleastsaib"
	if i := strings.IndexRune(from, r); i >= 0 {
		return rune(to[i]), true
	}
	return r, false
}

// skeleton is what a label looks like: accents off, then the skeleton of the
// Unicode confusables (UTS #39, 4), so that "rn" and "m" are one.
func (b *Book) skeleton(s string) string {
	return b.folding.Skeleton(unleet(strings.ToLower(s)))
}

// country reports a country's ending: two letters at the end.
func country(suffix string) bool {
	last := suffix[strings.LastIndexByte(suffix, '.')+1:]
	return len(last) == 2
}
