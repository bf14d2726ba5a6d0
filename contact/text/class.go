package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// ignorable reports whether a character is never visible by itself: the
// Default_Ignorable_Code_Point characters of Unicode, and control characters.
func ignorable(r rune) bool {
	if r < 0x300 {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != '\v' || r == 0x7f
	}
	switch {
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0xfeff, r >= 0xfe00 && r <= 0xfe0f, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160,
		r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f, r == 0x3164, r == 0xffa0,
		r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff, r == 0x2800:
		return true
	}
	return false
}

func isASCIILetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// class sorts characters for the reading of words.
type class uint8

const (
	other      class = iota
	space            // white space except line breaks
	newline          // line breaks
	digit            // decimal digits
	sign             // signs that stand for letters: @ $ ! | + €
	latin            // ASCII letters
	latinMore        // other Latin letters
	shape            // Latin letters that only imitate others
	foreign          // letters of other scripts with upper and lower case
	kana             // katakana and hiragana
	han              // Han characters
	otherAlpha       // other letters
	mark             // combining marks
)

// classify returns a character with typographic quotes and dashes made plain,
// and its class.
func (v *Folding) classify(r rune) (rune, class) {
	if r < utf8.RuneSelf {
		switch asciiClass[r] {
		case asciiSpace:
			if r == '\n' {
				return r, newline
			}
			return r, space
		case asciiLetter:
			return r, latin
		case asciiLeet:
			if '0' <= r && r <= '9' {
				return r, digit
			}
			return r, sign
		}
		return r, other
	}
	if r < 0xa0 {
		// A C1 control is a character of Windows-1252 that a program took for
		// ISO 8859-1 (WHATWG Encoding, 4.2 "Names and labels").
		if r = charmap.Windows1252.DecodeByte(byte(r)); r < 0xa0 {
			return ' ', space
		}
	}
	if v.small != nil && r < smallLimit {
		return v.small.r[r], v.small.class[r]
	}
	return v.classifyAny(r)
}

// smallLimit ends the Latin blocks whose classes are kept in a table.
const smallLimit = 0x250

// small is the table of classes of the first characters of Unicode.
type small struct {
	r     [smallLimit]rune
	class [smallLimit]class
	base  [smallLimit]rune
}

// fillSmall computes the table of classes once the other tables are read.
func (v *Folding) fillSmall() {
	t := &small{}
	for r := rune(0xa0); r < smallLimit; r++ {
		t.r[r], t.class[r] = v.classifyAny(r)
		t.base[r] = v.base(r)
	}
	v.small = t
}

func (v *Folding) classifyAny(r rune) (rune, class) {
	switch {
	case r == 0x2028, r == 0x2029:
		return r, newline
	case r >= 0x2018 && r <= 0x201b, r == 0xb4, r == 0x2032, r == 0x2bc:
		return '\'', other
	case r >= 0x201c && r <= 0x201f, r == 0xab, r == 0xbb, r == 0x2033:
		return '"', other
	case r >= 0x2010 && r <= 0x2015, r == 0x2212:
		return '-', other
	case r == '€', r == '£', r == '¡':
		return r, sign
	case r >= 0x3041 && r <= 0x30ff, r >= 0x31f0 && r <= 0x31ff:
		return r, kana
	case r >= 0x4e00 && r <= 0x9fff, r >= 0x3400 && r <= 0x4dbf, r >= 0x20000 && r <= 0x3ffff, r == 0x3005, r == 0x3007:
		return r, han
	case r < 0x250 && unicode.IsLetter(r):
		if _, ok := v.shapes[r]; ok {
			return r, shape
		}
		return r, latinMore
	case unicode.IsSpace(r):
		return r, space
	case unicode.Is(unicode.Mn, r):
		return r, mark
	}
	return r, v.classifyLetter(r)
}

func (v *Folding) classifyLetter(r rune) class {
	if _, ok := v.shapes[r]; ok {
		return shape
	}
	if !unicode.IsLetter(r) {
		if unicode.IsDigit(r) {
			return digit
		}
		return other
	}
	if unicode.Is(unicode.Latin, r) {
		return latinMore
	}
	if _, ok := v.toLatin[r]; ok || r >= 0x370 && r < 0x530 {
		return foreign
	}
	return otherAlpha
}
