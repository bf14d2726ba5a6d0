package text

import (
	"math"
	"unicode/utf8"
)

// scripts counts the characters of a text by script.
type scripts struct {
	latin, kana, han, hangul, arabic, cyrillic, greek, hebrew, thai, devanagari int
	ja, zh                                                                      int
}

func (l *languages) scripts(s string) (n scripts) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				n.latin++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r < 0x250:
			n.latin++
		case r >= 0x370 && r < 0x400:
			n.greek++
		case r >= 0x400 && r < 0x530:
			n.cyrillic++
		case r >= 0x590 && r < 0x600:
			n.hebrew++
		case r >= 0x600 && r < 0x780, r >= 0xfb50 && r < 0xfe00, r >= 0xfe70 && r < 0xff00:
			n.arabic++
		case r >= 0x900 && r < 0x980:
			n.devanagari++
		case r >= 0xe00 && r < 0xe80:
			n.thai++
		case r >= 0x3041 && r <= 0x30ff && r != '・':
			n.kana++
		case r >= 0xac00 && r < 0xd7a4, r >= 0x1100 && r < 0x1200:
			n.hangul++
		case r >= 0x3400 && r < 0xa000, r >= 0x20000 && r < 0x40000, r == 0x3005:
			n.han++
			if l.ja[r] {
				n.ja++
			} else if l.zh[r] {
				n.zh++
			}
		}
	}
	return n
}

// byScript names the language that the script alone tells, with the number of
// characters that tell it. East Asian and other non-Latin characters count
// three-fold and two-fold: Latin brand names stand in all languages.
func (n scripts) byScript() (lang string, confidence float64) {
	east := n.kana + n.han + n.hangul
	best, lang := 0, ""
	for _, c := range []struct {
		n    int
		lang string
	}{{n.arabic, "ar"}, {n.cyrillic, "ru"}, {n.greek, "el"}, {n.hebrew, "he"}, {n.thai, "th"}, {n.devanagari, "hi"}, {n.hangul, "ko"}} {
		if c.n > best {
			best, lang = c.n, c.lang
		}
	}
	switch {
	case 3*east >= n.latin && east > 0 && east >= best:
		return n.east()
	case 2*best >= n.latin && best > 0:
		return lang, math.Min(1, 0.5+float64(best)/10)
	}
	return "", 0
}

// east tells Japanese, Chinese and Korean apart.
func (n scripts) east() (string, float64) {
	switch {
	case n.hangul > n.kana && n.hangul*2 >= n.han:
		return "ko", math.Min(1, 0.5+float64(n.hangul)/8)
	case n.kana > 0 && n.kana*8 >= n.han:
		return "ja", math.Min(1, 0.7+float64(n.kana)/10)
	case n.ja > n.zh:
		return "ja", 0.8
	case n.zh > n.ja:
		return "zh", 0.9
	case n.kana > 0:
		return "ja", 0.7
	}
	return "ja", 0.5 // Chinese text of any length shows forms of its own
}
