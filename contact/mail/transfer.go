package mail

import (
	"bytes"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045, 6) under the
// names it is given in the wild. ok is false when the body is not in it; the
// bytes then are the best reading.
func decodeTransfer(b []byte, encoding string) (out []byte, ok bool) {
	e := strings.ToLower(encoding)
	switch {
	case strings.Contains(e, "base64") || strings.Contains(e, "base-64"):
		if !base64ish(b) {
			return b, false
		}
		return decodeBase64(b)
	case strings.Contains(e, "quoted"):
		return decodeQuoted(b), true
	case strings.Contains(e, "uue") || strings.Contains(e, "x-uu"):
		if at := uuBegin(b); at >= 0 {
			_, data, _ := decodeUU(b[at:])
			return data, true
		}
		return b, false
	}
	return b, true
}

// base64ish reports whether a body can be base64: few blanks within its lines
// and few other characters that are none of the 64.
func base64ish(b []byte) bool {
	head := b[:min(len(b), 2048)]
	odd := 0
	for i, c := range head {
		switch {
		case base64Table[c] >= 0 || c == '=' || c == '\r' || c == '\n':
		case c == ' ' && (i+1 == len(head) || head[i+1] == '\n' || head[i+1] == '\r'):
		default:
			odd++
		}
	}
	return odd*12 <= len(head)
}

// base64Table holds the value of each character of base64 (RFC 4648, 4 and
// the other two of 5), -1 for all others.
var base64Table = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range letters {
		t[letters[i]] = int8(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// decodeBase64 decodes base64 without padding, with junk, with several padded
// pieces one after the other. ok is false when a good part was junk.
func decodeBase64(b []byte) (out []byte, ok bool) {
	out = make([]byte, 0, len(b)*3/4+3)
	var bits uint32
	n, junk := 0, 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		v := base64Table[c]
		if v < 0 {
			if c == '=' {
				out = flushBits(out, bits, n)
				n = 0
				if foreignLine(b[i+1:]) {
					break
				}
			} else if c > ' ' {
				junk++
			}
			continue
		}
		bits = bits<<6 | uint32(v)
		if n++; n == 4 {
			out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
			n = 0
		}
	}
	return flushBits(out, bits, n), junk*20 <= len(b)
}

// flushBits writes the whole bytes of an incomplete group.
func flushBits(out []byte, bits uint32, n int) []byte {
	switch n {
	case 2:
		return append(out, byte(bits>>4))
	case 3:
		return append(out, byte(bits>>10), byte(bits>>2))
	}
	return out
}

// foreignLine reports whether the line after the padding is plain words, such
// as the footer that a mailing list adds behind encoded text.
func foreignLine(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 512)], "=\r\n \t")
	end, _ := lineEnd(b, 0)
	line := b[:end]
	if len(line) == 0 {
		return false
	}
	odd := 0
	for _, c := range line {
		if base64Table[c] < 0 && c != '=' {
			odd++
		}
	}
	return odd*10 > len(line) || line[0] == '-' || line[0] == '_'
}

// decodeQuoted decodes quoted-printable (RFC 2045, 6.7). What is no escape
// stays as it is.
func decodeQuoted(b []byte) []byte {
	first := bytes.IndexByte(b, '=')
	if first < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for {
		if first < 0 {
			return append(out, b...)
		}
		out = append(out, b[:first]...)
		b = b[first:]
		var skip int
		out, skip = unquote(out, b)
		b = b[skip:]
		first = bytes.IndexByte(b, '=')
	}
}

// unquote handles the escape that b begins with and returns its length.
func unquote(out, b []byte) ([]byte, int) {
	if len(b) >= 3 {
		if hi, lo := hexValue(b[1]), hexValue(b[2]); hi >= 0 && lo >= 0 {
			return append(out, byte(hi<<4|lo)), 3
		}
	}
	// A soft line break, with blanks before the end as transports add them.
	i := 1
	for i < len(b) && i < 80 && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	if i < len(b) && b[i] == '\n' {
		return out, i + 1
	}
	if i == len(b) {
		return out, i
	}
	return append(out, '='), 1
}

// uuBegin returns where a uuencoded file begins in b, -1 for nowhere: a line
// "begin", three or four octal digits, a name.
func uuBegin(b []byte) int {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("begin "))
		if i < 0 {
			return -1
		}
		i += at
		if i > 0 && b[i-1] != '\n' {
			at = i + len("begin ")
			continue
		}
		end, next := lineEnd(b, i)
		line := b[i:end]
		mode, name, ok := bytes.Cut(line[len("begin "):], []byte(" "))
		if ok && octalMode(mode) && len(name) > 0 && uuLine(b[next:]) {
			return i
		}
		at = i + len("begin ")
	}
}

func octalMode(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '7' {
			return false
		}
	}
	return len(b) == 3 || len(b) == 4
}

// uuLine reports whether b begins with a line of uuencoded data: its first
// character tells its length.
func uuLine(b []byte) bool {
	end, _ := lineEnd(b, 0)
	if end == 0 {
		return false
	}
	n := (int(b[0]-' ') & 63)
	want := (n + 2) / 3 * 4
	return n > 0 && end-1 >= want-2 && end-1 <= want+2
}

// decodeUU decodes the file that b begins with and returns its name and how
// many bytes of b it takes.
func decodeUU(b []byte) (name string, data []byte, used int) {
	end, at := lineEnd(b, 0)
	if parts := strings.SplitN(string(b[:end]), " ", 3); len(parts) == 3 {
		name = strings.TrimSpace(parts[2])
	}
	for at < len(b) {
		end, next := lineEnd(b, at)
		line := b[at:end]
		if string(bytes.TrimSpace(line)) == "end" {
			return name, data, next
		}
		if len(line) == 0 || line[0] == '`' || line[0] < ' ' || line[0] > '`' {
			at = next
			if len(line) > 0 && line[0] > '`' {
				return name, data, at
			}
			continue
		}
		data = uuData(data, line)
		at = next
	}
	return name, data, len(b)
}

func uuData(out, line []byte) []byte {
	n := int(line[0]-' ') & 63
	line = line[1:]
	for i := 0; n > 0 && i < len(line); i += 4 {
		var v uint32
		for k := range 4 {
			v <<= 6
			if i+k < len(line) {
				v |= uint32(line[i+k]-' ') & 63
			}
		}
		three := []byte{byte(v >> 16), byte(v >> 8), byte(v)}
		out = append(out, three[:min(3, n)]...)
		n -= 3
	}
	return out
}
