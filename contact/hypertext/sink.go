package hypertext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sink collects text with its white space made regular.
type sink struct {
	buf   []byte
	want  int // gap wanted before the next text
	lines int // line breaks wanted by br
	begun bool
}

func (s *sink) gap(g int) {
	if s.want < g {
		s.want = g
	}
}

// newline is a br: one ends the line, two leave an empty one.
func (s *sink) newline() {
	s.lines++
	s.gap(lineGap)
}

// mark returns the place where the next text will begin, once its gap is
// written.
func (s *sink) mark() int {
	s.flush()
	return len(s.buf)
}

// flush writes the gap that is wanted. None is written at the start.
func (s *sink) flush() {
	want, lines := s.want, s.lines
	s.want, s.lines = noGap, 0
	if len(s.buf) == 0 || want == noGap {
		return
	}
	last := s.buf[len(s.buf)-1]
	switch {
	case want == wordGap:
		if last != ' ' && last != '\n' {
			s.buf = append(s.buf, ' ')
		}
		return
	case want == paragraphGap || lines > 1:
		lines = 2
	default:
		lines = 1
	}
	for len(s.buf) > 0 && s.buf[len(s.buf)-1] == ' ' {
		s.buf = s.buf[:len(s.buf)-1]
	}
	for n := len(s.buf); n > 0 && lines > 0 && s.buf[n-1] == '\n'; n-- {
		lines--
	}
	for ; lines > 0; lines-- {
		s.buf = append(s.buf, '\n')
	}
}

// write appends text with runs of white space made one blank, or as it is in
// preformatted text. It returns where the text began and whether there was
// more than white space.
func (s *sink) write(b []byte, pre bool) (at int, wrote bool) {
	if pre {
		return s.writePre(b)
	}
	at = -1
	for i := 0; i < len(b); {
		c := b[i]
		if c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' {
			s.gap(wordGap)
			i++
			continue
		}
		if c == 0xC2 && i+1 < len(b) && b[i+1] == 0xA0 { // no-break space
			s.gap(wordGap)
			i += 2
			continue
		}
		if c < ' ' || c == 0x7F {
			i++
			continue
		}
		from := i
		for i++; i < len(b) && b[i] > ' ' && b[i] != 0x7F && (b[i] != 0xC2 || i+1 == len(b) || b[i+1] != 0xA0); i++ {
		}
		s.flush()
		if at < 0 {
			at = len(s.buf)
		}
		s.buf = append(s.buf, b[from:i]...)
	}
	return max(at, 0), at >= 0
}

func (s *sink) writePre(b []byte) (at int, wrote bool) {
	if len(b) == 0 {
		return 0, false
	}
	at = s.mark()
	for i, c := range b {
		switch {
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
		case c == '\r':
			s.buf = append(s.buf, '\n')
		case c >= ' ' && c != 0x7F || c == '\n' || c == '\t':
			s.buf = append(s.buf, c)
		}
	}
	return at, len(s.buf) > at
}

// text returns what was collected, without white space at its ends. Nothing
// is cut at the start, so that offsets stay.
func (s *sink) text() string {
	return strings.ToValidUTF8(strings.TrimRight(string(s.buf), " \n\t"), "?")
}

func letters(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
		b = b[n:]
	}
	return false
}

// lower is strings.ToLower; it allocates only when there is something to
// lower.
func lower(s string) string { return strings.ToLower(s) }

// lowerHas reports whether s contains word, which is in lower case, in any
// case.
func lowerHas(s, word string) bool { return strings.Contains(strings.ToLower(s), word) }
