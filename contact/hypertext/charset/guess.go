package charset

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sample is how many bytes Guess looks at.
const sample = 16 << 10

// Guess returns the name of the charset that unlabelled bytes most likely
// have: utf-8, iso-2022-jp, shift_jis, euc-jp, euc-kr, gb18030, windows-1251,
// koi8-r, or windows-1252 when nothing speaks for another. It looks at the
// first 16 KiB.
func Guess(b []byte) string {
	if bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) {
		return "iso-2022-jp"
	}
	if utf8.Valid(b) {
		return "utf-8"
	}
	if len(b) > sample {
		b = b[:sample]
	}
	high, paired, upper := highBytes(b)
	if high < 4 {
		return "windows-1252"
	}
	for _, name := range []string{"shift_jis", "euc-jp"} {
		if kana, han, other := scripts(run(lookup(name), b)); kana*5 > han+kana && kana*2 > other && kana >= 3 {
			return name
		}
	}
	// Western letters above ASCII stand alone; those of other scripts stand
	// together.
	if paired*10 < high*7 {
		return "windows-1252"
	}
	if hangul := strings.ContainsFunc(run(lookup("euc-kr"), b), func(r rune) bool { return unicode.Is(unicode.Hangul, r) }); hangul && syllables(b) {
		return "euc-kr"
	}
	if _, han, other := scripts(run(lookup("gb18030"), b)); han > 8*other && common(b) {
		return "gb18030"
	}
	if upper*2 > high {
		return "windows-1251"
	}
	return "koi8-r"
}

// highBytes counts bytes above ASCII, those of them in runs of two or more,
// and those at or above 0xE0.
func highBytes(b []byte) (high, paired, upper int) {
	length := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= 0x80 {
			length++
			if b[i] >= 0xE0 {
				upper++
			}
			continue
		}
		high += length
		if length > 1 {
			paired += length
		}
		length = 0
	}
	return high, paired, upper
}

func scripts(s string) (kana, han, other int) {
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf || unicode.IsPunct(r):
		case r >= 0x3041 && r <= 0x30FF:
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		default:
			other++
		}
	}
	return kana, han, other
}

// syllables reports whether nearly all byte pairs are in the rows of Hangul
// syllables of EUC-KR (0xB0 to 0xC8).
func syllables(b []byte) bool { return leadShare(b, 0xB0, 0xC8) > 85 }

// common reports whether most byte pairs are in the rows of frequent Chinese
// characters of GB 2312, level 1 (0xB0 to 0xD7).
func common(b []byte) bool { return leadShare(b, 0xB0, 0xD7) > 60 }

// leadShare returns how many of a hundred lead bytes lie within lo to hi.
func leadShare(b []byte, lo, hi byte) int {
	pairs, within := 0, 0
	for i := 0; i+1 < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		if b[i+1] < 0x80 {
			return 0
		}
		pairs++
		if b[i] >= lo && b[i] <= hi {
			within++
		}
		i += 2
	}
	if pairs == 0 {
		return 0
	}
	return within * 100 / pairs
}
