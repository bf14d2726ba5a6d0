package simulate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// words disguises words of a text. Addresses and numbers stay as they are: a
// link that does not work earns nothing.
func (c *copier) words(s string) string {
	var b strings.Builder
	after := false // the last word was disguised
	for len(s) > 0 {
		if gap := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace)); gap > 0 {
			if c.kind == Spacing && after && c.wide && c.gap == " " && !strings.Contains(s[:gap], "\n") {
				b.WriteString(" \u00a0 ")
			} else {
				b.WriteString(s[:gap])
			}
			s = s[gap:]
			continue
		}
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		chunk := s[:end]
		s = s[end:]
		if address(chunk) {
			b.WriteString(chunk)
			after = false
			continue
		}
		after = c.chunk(&b, chunk)
	}
	return b.String()
}

// address reports whether a chunk between spaces is, or holds, a web or mail
// address.
func address(chunk string) bool {
	if strings.Contains(chunk, "://") || strings.Contains(chunk, "www.") || strings.Contains(chunk, "@") {
		return true
	}
	inner := strings.Trim(chunk, ".,;:!?()[]\"'…")
	dot := strings.IndexByte(inner, '.')
	return dot > 0 && dot+1 < len(inner) && (unicode.IsLetter(rune(inner[dot+1])) || strings.Contains(inner, "/"))
}

// chunk writes the words of what stands between two spaces.
func (c *copier) chunk(b *strings.Builder, s string) (disguised bool) {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if !unicode.IsLetter(r) {
			b.WriteString(s[:size])
			s = s[size:]
			continue
		}
		end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) })
		if end < 0 {
			end = len(s)
		}
		word := s[:end]
		if utf8.RuneCountInString(word) >= 3 && c.chance.Float64() < c.share {
			to := c.word([]rune(word))
			if to != word {
				c.changed++
				disguised = true
			}
			word = to
		}
		b.WriteString(word)
		s = s[end:]
	}
	return disguised
}

// word disguises one word.
func (c *copier) word(w []rune) string {
	switch c.kind {
	case ZeroWidth:
		return c.sprinkle(w)
	case Homoglyph:
		return c.swap(w)
	case Leet:
		return c.leet(w)
	case Spacing:
		parts := make([]string, len(w))
		for i, r := range w {
			parts[i] = string(r)
		}
		return strings.Join(parts, c.gap)
	case Reversed:
		var b strings.Builder
		b.WriteRune(0x202e)
		for i := len(w) - 1; i >= 0; i-- {
			b.WriteRune(w[i])
		}
		b.WriteRune(0x202c)
		return b.String()
	}
	return string(w)
}

// sprinkle puts invisible characters between letters, at least one.
func (c *copier) sprinkle(w []rune) string {
	invisible := []rune{0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad, 0x34f, 0x180e}
	one := invisible[c.chance.IntN(len(invisible))]
	must := 1 + c.chance.IntN(len(w)-1)
	var b strings.Builder
	for i, r := range w {
		if i > 0 && (i == must || c.chance.Float64() < c.share/2) {
			if c.style%2 == 0 { // tools differ: one sign all over, or many
				one = invisible[c.chance.IntN(len(invisible))]
			}
			b.WriteRune(one)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// alike lists letters of other alphabets that look like Latin ones (a choice of
// ours from Unicode's confusables).
const alike = "aаα cсϲ eе iіⅰ jј oоοօ pрρ sѕ xх yу hһ dԁ qԛ wԝ vѵν gɡց nո uս lӏⅼ kκ bЬ tт mм " +
	"AАΑ BВΒ CС EЕΕ HНΗ IІΙ JЈ KКΚ MМΜ NΝ OОΟ PРΡ SЅ TТΤ XХΧ YΥҮ ZΖ"

// dotted lists letters with marks that no language of ours uses.
const dotted = "aạą bḅ dḍ eẹę hḥ iịį kḳ lḷļ mṃ nṇņ oọǫ rṛŗ sṣş tṭţ uụų vṿ wẉ yỵ zẓ AẠ BḄ DḌ EẸ HḤ IỊ KḲ LḶ MṂ NṆ OỌ RṚ SṢ TṬ UỤ VṾ WẈ YỴ ZẒ"

// swap replaces letters by look-alikes, at least one where there is any.
func (c *copier) swap(w []rune) string {
	out := make([]rune, len(w))
	copy(out, w)
	var places []int
	for i, r := range w {
		if c.lookAlikes(r) != nil {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return string(w)
	}
	must := places[c.chance.IntN(len(places))]
	for _, i := range places {
		if i == must || c.chance.Float64() < c.share {
			to := c.lookAlikes(w[i])
			out[i] = to[c.chance.IntN(len(to))]
		}
	}
	return string(out)
}

// lookAlikes returns what a letter may be swapped for in this copy: letters of
// other alphabets, or one of the styled alphabets of mathematics and full width.
func (c *copier) lookAlikes(r rune) []rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		switch c.style {
		case 3: // dots below and other marks that a glance misses
			for _, set := range strings.Fields(dotted) {
				if rs := []rune(set); rs[0] == r {
					return rs[1:]
				}
			}
			return nil
		case 4: // full width
			return []rune{r + 0xfee0}
		case 5: // mathematical sans-serif
			if r >= 'a' {
				return []rune{0x1d5ba + r - 'a'}
			}
			return []rune{0x1d5a0 + r - 'A'}
		}
	}
	for _, set := range strings.Fields(alike) {
		rs := []rune(set)
		if rs[0] == r {
			return rs[1:]
		}
	}
	return nil
}

// leet replaces letters by digits and signs.
func (c *copier) leet(w []rune) string {
	signs := map[rune][]rune{'a': {'4', '@'}, 'e': {'3'}, 'i': {'1', '!'}, 'o': {'0'}, 's': {'5', '$'}, 't': {'7'}, 'l': {'1', '|'}, 'b': {'8'}, 'g': {'9'}, 'z': {'2'}}
	out := make([]rune, len(w))
	for i, r := range w {
		out[i] = r
		to := signs[unicode.ToLower(r)]
		if len(to) == 0 || c.chance.Float64() > max(c.share, 0.5) {
			continue
		}
		n := 0
		if c.style%2 == 1 {
			n = c.chance.IntN(len(to))
		}
		out[i] = to[n]
	}
	return string(out)
}
