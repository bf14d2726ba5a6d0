package link

import (
	"strings"
	"unicode/utf8"
)

// view is a text made plain for the search: full-width ASCII and dots turned
// into ASCII, invisible letters dropped, [.] into a dot. at maps each byte (and
// the end) back to the text; nil when the view is the text.
type view struct {
	b  []byte
	at []int32
}

// origin is where byte i of the view stood in the text.
func (v *view) origin(i int) int {
	if v.at == nil {
		return i
	}
	return int(v.at[i])
}

// plainView reports whether the view of a text is the text: all ASCII, with no
// bracketed dot.
func plainView(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return false
		case c == '[' || c == '(' || c == '{':
			if n, _ := unclickable(s[i:]); n > 0 {
				return false
			}
		}
	}
	return true
}

func newView(s string) view {
	if plainView(s) {
		return view{b: []byte(s)}
	}
	v := view{b: make([]byte, 0, len(s)), at: make([]int32, 0, len(s)+1)}
	for i := 0; i < len(s); {
		if n, c := unclickable(s[i:]); n > 0 {
			v.put(i, c)
			i += n
			continue
		}
		if c := s[i]; c < utf8.RuneSelf {
			v.put(i, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			v.put(i, ' ')
		case 0xFF01 <= r && r <= 0xFF5E:
			v.put(i, byte(r-0xFF01+'!'))
		case r == 0x3000 || r == 0xA0:
			v.put(i, ' ')
		case (r == '。' || r == '\uFF61') && i > 0 && isAlnum(s[i-1]) && i+n < len(s) && isAlnum(s[i+n]):
			v.put(i, '.')
		case invisible(r):
		default:
			for k := 0; k < n; k++ {
				v.b = append(v.b, s[i+k])
				v.at = append(v.at, int32(i))
			}
		}
		i += n
	}
	v.at = append(v.at, int32(len(s)))
	return v
}

func (v *view) put(at int, c byte) {
	v.b = append(v.b, c)
	v.at = append(v.at, int32(at))
}

// unclickable recognises the bracketed dot and colon.
func unclickable(s string) (n int, c byte) {
	if len(s) < 3 || s[0] != '[' && s[0] != '(' && s[0] != '{' {
		return 0, 0
	}
	if (s[1] == '.' || s[1] == ':') && (s[2] == ']' || s[2] == ')' || s[2] == '}') {
		return 3, s[1]
	}
	if len(s) >= 5 && strings.EqualFold(s[1:4], "dot") && (s[4] == ']' || s[4] == ')' || s[4] == '}') {
		return 5, '.'
	}
	return 0, 0
}

func invisible(r rune) bool {
	return r == 0xAD || 0x200B <= r && r <= 0x200F || 0x202A <= r && r <= 0x202E || 0x2060 <= r && r <= 0x2064 || r == 0xFEFF
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
