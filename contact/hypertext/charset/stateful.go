package charset

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF7 reads UTF-7 (RFC 2152): "+" begins a run of modified base64 over
// UTF-16, "-" or any other character ends it, "+-" is a plus sign.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	out.Grow(len(b))
	for i := 0; i < len(b); {
		c := b[i]
		i++
		if c != '+' {
			writeByte(&out, c)
			continue
		}
		if i < len(b) && b[i] == '-' {
			out.WriteByte('+')
			i++
			continue
		}
		n := utf7Run(&out, b[i:])
		i += n
		if n > 0 && i < len(b) && b[i] == '-' {
			i++
		} else if n == 0 {
			out.WriteByte('+')
		}
	}
	return out.String()
}

// utf7Run writes the run at the beginning of b and returns its length.
func utf7Run(out *strings.Builder, b []byte) int {
	var bits uint32
	n, have := 0, 0
	var lead rune
	for ; n < len(b); n++ {
		v := sextet(b[n])
		if v < 0 {
			break
		}
		bits = bits<<6 | uint32(v)
		if have += 6; have < 16 {
			continue
		}
		have -= 16
		unit := rune(bits >> have & 0xFFFF)
		if lead != 0 {
			if pair := utf16.DecodeRune(lead, unit); pair != utf8.RuneError {
				out.WriteRune(pair)
				lead = 0
				continue
			}
			out.WriteRune(utf8.RuneError)
			lead = 0
		}
		if unit >= 0xD800 && unit < 0xDC00 {
			lead = unit
			continue
		}
		out.WriteRune(unit)
	}
	return n
}

func sextet(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// writeByte writes one byte as the character of Latin-1 that it is.
func writeByte(out *strings.Builder, c byte) {
	if c < utf8.RuneSelf {
		out.WriteByte(c)
		return
	}
	out.WriteRune(rune(c))
}

// shiftHigh turns ISO-2022-KR (RFC 1557) into EUC-KR: the bytes between SO and
// SI get their high bit, the designator "ESC $ ) C" goes.
func shiftHigh(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out := make([]byte, 0, len(b))
	shifted := false
	for _, c := range b {
		switch {
		case c == 0x0E:
			shifted = true
		case c == 0x0F || c == '\n':
			shifted = false
			if c == '\n' {
				out = append(out, c)
			}
		case shifted && c > 0x20:
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return out
}
