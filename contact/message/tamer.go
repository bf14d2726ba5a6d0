package message

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxValue bounds one attribute value: texts are short, and the pictures of
	// an MMS stand in attributes of megabytes that nobody reads here.
	maxValue = 128 << 10
	// maxTag bounds one tag with all its values.
	maxTag = 1 << 20
)

// tamer makes XML of a backup digestible: it cuts long attribute values, joins
// emoji that were written as two references (&#55357;&#56832; is UTF-16, no
// XML), replaces characters that XML forbids, and escapes a bare "<" in a
// value. Linear, memory bounded by maxTag.
type tamer struct {
	in    *bufio.Reader
	out   []byte
	quote byte // the quote around the value that is being read; 0 outside
	inTag bool
	raw   bool // within <! or <?: quotes mean nothing
	run   int  // bytes of this value or text
	tag   int  // bytes of this tag
	high  rune // a first half of an emoji that waits for its second
	err   error
}

func newTamer(r io.Reader) *tamer { return &tamer{in: bufio.NewReaderSize(r, 64<<10)} }

// Read implements io.Reader.
func (t *tamer) Read(p []byte) (int, error) {
	for len(t.out) < len(p) && t.err == nil {
		b, err := t.in.ReadByte()
		if err != nil {
			t.flushHigh()
			t.err = err
			break
		}
		t.step(b)
		if len(t.out) >= 32<<10 {
			break
		}
	}
	if len(t.out) == 0 {
		return 0, t.err
	}
	n := copy(p, t.out)
	t.out = t.out[:copy(t.out, t.out[n:])]
	return n, nil
}

func (t *tamer) step(b byte) {
	if b == '&' && !t.raw {
		t.reference()
		return
	}
	t.flushHigh()
	switch {
	case t.quote != 0:
		t.value(b)
	case t.inTag:
		t.tagByte(b)
	case b == '<':
		next, _ := t.in.Peek(1)
		t.inTag, t.tag, t.run = true, 0, 0
		t.raw = len(next) == 1 && (next[0] == '!' || next[0] == '?')
		t.out = append(t.out, b)
	default:
		t.text(b)
	}
}

func (t *tamer) tagByte(b byte) {
	t.tag++
	if t.tag > maxTag {
		t.err = ErrTooLarge
		return
	}
	switch {
	case b == '>':
		t.inTag, t.raw, t.run = false, false, 0
	case (b == '"' || b == '\'') && !t.raw:
		t.quote, t.run = b, 0
	case b < ' ' && b != '\t' && b != '\n' && b != '\r':
		b = ' '
	}
	t.out = append(t.out, b)
}

func (t *tamer) value(b byte) {
	switch {
	case b == t.quote:
		t.quote = 0
		t.out = append(t.out, b)
	case b == '<':
		t.put("&lt;")
	default:
		t.text(b)
	}
}

func (t *tamer) text(b byte) {
	if b < ' ' && b != '\t' && b != '\n' && b != '\r' {
		b = ' '
	}
	if t.room(1) {
		t.out = append(t.out, b)
	}
}

func (t *tamer) put(s string) {
	if t.room(len(s)) {
		t.out = append(t.out, s...)
	}
}

// room counts n bytes towards the bounds and reports whether they may pass.
func (t *tamer) room(n int) bool {
	if t.run+n > maxValue || (t.inTag && t.tag+n > maxTag) {
		return false
	}
	t.run += n
	t.tag += n
	return true
}

// reference reads what follows a "&".
func (t *tamer) reference() {
	peek, _ := t.in.Peek(12)
	end := -1
	for i, b := range peek {
		if b == ';' {
			end = i
			break
		}
		if b == '&' || b == '<' || b == '"' || b == '\'' || b <= ' ' {
			break
		}
	}
	if end < 0 {
		t.flushHigh()
		t.put("&amp;")
		return
	}
	name := string(peek[:end])
	_, _ = t.in.Discard(end + 1)
	if r, ok := numeric(name); ok {
		t.rune(r)
		return
	}
	t.flushHigh()
	switch name {
	case "lt", "gt", "amp", "quot", "apos":
		t.put("&" + name + ";")
	default:
		t.put("&amp;" + name + ";")
	}
}

func numeric(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if h, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = h, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return utf8.RuneError, true
	}
	return rune(n), true
}

func (t *tamer) rune(r rune) {
	if t.high != 0 {
		joined := utf16.DecodeRune(t.high, r)
		t.high = 0
		t.put(string(joined))
		if joined != utf8.RuneError {
			return
		}
	}
	switch {
	case r >= 0xD800 && r < 0xDC00:
		t.high = r
	case r == '<' || r == '>' || r == '&' || r == '"' || r == '\'' || r == '\n' || r == '\r' || r == '\t':
		t.put("&#" + strconv.Itoa(int(r)) + ";")
	case r < ' ' || !utf8.ValidRune(r) || r == 0xFFFE || r == 0xFFFF:
		t.put("\uFFFD")
	default:
		t.put(string(r))
	}
}

func (t *tamer) flushHigh() {
	if t.high != 0 {
		t.high = 0
		t.put("\uFFFD")
	}
}
