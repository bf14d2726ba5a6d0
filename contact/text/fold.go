package text

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// chunkLimit is the longest stretch that is folded at once, in bytes, so that
// a text without line breaks does not need memory in proportion.
const chunkLimit = 4 << 10

// folder turns a text into its Folded form, line by line.
type folder struct {
	v      *Folding
	src    string
	out    []byte
	runs   []run
	tricks []Trick
	units  []unit
	key    []byte
	plain  plainText
	// latin: the line has Latin letters.
	latin bool
	// reversed is the index of the first unit behind a right-to-left override,
	// -1 without one.
	reversed int
	// pending is the white space seen since the last thing written: 0, ' ' or
	// '\n', with its place.
	pending            byte
	pendStart, pendEnd int32
}

// unit is one character between decoding and writing.
type unit struct {
	r          rune  // as normalised, case kept
	start, end int32 // in the source
	class      class
	hidden     bool // something invisible stood before it
	soft       bool // a soft hyphen stood before it
	wide       bool // full-width, mathematical or enclosed Latin
	override   bool // a bidi override stood before it
	shared     bool // its origin is that of its neighbours too
}

// lineEnd returns the end of the line or chunk that begins at at.
func (f *folder) lineEnd(at int) int {
	end := min(at+chunkLimit, len(f.src))
	if nl := strings.IndexByte(f.src[at:end], '\n'); nl >= 0 {
		return at + nl + 1
	}
	if end < len(f.src) {
		end = cut(f.src, at, end)
	}
	return end
}

// cut finds a place before end where a chunk may end: after a space, else at a
// rune.
func cut(s string, at, end int) int {
	if i := strings.LastIndexAny(s[at:end], " \t"); i > chunkLimit/2 {
		return at + i + 1
	}
	for end > at+1 && !utf8.RuneStart(s[end]) {
		end--
	}
	return end
}

// plain reports whether a line needs only lower-casing: all ASCII, no digit or
// sign next to a letter, no series of single letters, no control characters.
func plain(s string) bool {
	prev, singles, length := byte(asciiOther), 0, 0
	for i := 0; i < len(s); i++ {
		c := asciiClass[s[i]]
		switch c {
		case asciiHigh:
			return false
		case asciiLetter:
			if prev == asciiLeet {
				return false
			}
			length++
		case asciiLeet:
			if prev == asciiLetter {
				return false
			}
			fallthrough
		default:
			if length == 1 {
				if singles++; singles >= minShort {
					return false
				}
			} else if length > 1 {
				singles = 0
			}
			length = 0
		}
		prev = c
	}
	return singles+min(length, 1) < minShort
}

// Classes of ASCII for the fast path.
const (
	asciiOther = iota
	asciiSpace
	asciiLetter
	asciiLeet // digits and signs that stand for letters
	asciiHigh // not ASCII, or a control character
)

var asciiClass = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			t[i] = asciiSpace
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			t[i] = asciiLetter
		case '0' <= c && c <= '9' || c == '@' || c == '$' || c == '|' || c == '!' || c == '+':
			t[i] = asciiLeet
		case c >= 0x7f || c < ' ':
			t[i] = asciiHigh
		}
	}
	return t
}()

// ascii writes a line of plain ASCII.
func (f *folder) ascii(at, end int) {
	for i := at; i < end; {
		c := f.src[i]
		if asciiClass[c] == asciiSpace {
			f.space(c == '\n', int32(i), int32(i+1))
			i++
			continue
		}
		f.flush()
		j := i
		for j < end {
			c := f.src[j]
			if asciiClass[c] == asciiSpace {
				// a single space between words keeps the run going
				if c != ' ' || j+1 >= end || asciiClass[f.src[j+1]] == asciiSpace {
					break
				}
			}
			j++
		}
		f.mark(len(f.out), int32(i), int32(j), true)
		n := len(f.out)
		f.out = append(f.out, f.src[i:j]...)
		for k := n; k < len(f.out); k++ {
			if b := f.out[k]; 'A' <= b && b <= 'Z' {
				f.out[k] = b + 'a' - 'A'
			}
		}
		i = j
	}
}

// space notes white space; it is written by flush, and not at all at the ends.
func (f *folder) space(newline bool, start, end int32) {
	if f.pending == 0 {
		f.pending, f.pendStart = ' ', start
	}
	if newline {
		f.pending = '\n'
	}
	f.pendEnd = end
}

func (f *folder) flush() {
	if f.pending != 0 && len(f.out) > 0 {
		f.mark(len(f.out), f.pendStart, f.pendEnd, f.pendEnd-f.pendStart == 1)
		f.out = append(f.out, f.pending)
	}
	f.pending = 0
}

// mark begins a run at byte at of the output, or lengthens the last one.
func (f *folder) mark(at int, start, end int32, linear bool) {
	if n := len(f.runs); n > 0 && linear {
		l := &f.runs[n-1]
		if l.linear && l.end == start && int(l.at)+int(l.end-l.start) == at {
			l.end = end
			return
		}
	}
	f.runs = append(f.runs, run{at: int32(at), start: start, end: end, linear: linear})
}

// emit writes a character in place of u, from which it came.
func (f *folder) emit(r rune, u *unit) {
	n := len(f.out)
	f.out = utf8.AppendRune(f.out, r)
	if u.shared && len(f.runs) > 0 {
		l := &f.runs[len(f.runs)-1]
		if !l.linear && l.start == u.start && l.end == u.end {
			return // a further character from the same origin
		}
	}
	f.mark(n, u.start, u.end, !u.shared && len(f.out)-n == int(u.end-u.start))
}

// line reads a line that is not plain.
func (f *folder) line(at, end int) {
	f.units, f.reversed = f.units[:0], -1
	s := f.src[at:end]
	if norm.NFKC.IsNormalString(s) {
		f.decode(s, int32(at), -1)
	} else {
		f.normalise(s, at)
	}
	f.turn()
	f.join()
	f.latin = slices.ContainsFunc(f.units, func(u unit) bool { return u.class&^spacedOut == latin })
	f.write()
}

// turn puts the characters behind a right-to-left override in the order in
// which they are seen (Unicode Bidirectional Algorithm, 2.2). They share one
// origin.
func (f *folder) turn() {
	if f.reversed < 0 || f.reversed >= len(f.units) {
		f.reversed = -1
		return
	}
	w := f.units[f.reversed:]
	start, end := w[0].start, w[0].end
	for i := range w {
		end = max(end, w[i].end)
		w[i].override = false
	}
	slices.Reverse(w)
	for i := range w {
		w[i].start, w[i].end, w[i].shared = start, end, true
	}
	w[0].override = true
	f.reversed = -1
}

// normalise decodes a line by way of NFKC, segment by segment.
func (f *folder) normalise(s string, at int) {
	var it norm.Iter
	it.InitString(norm.NFKC, s)
	for !it.Done() {
		from := it.Pos()
		seg := it.Next()
		to := it.Pos()
		if to == from { // a part of what one character stands for
			_, size := utf8.DecodeRuneInString(s[from:])
			to += size
		}
		if string(seg) == s[from:to] {
			f.decode(s[from:to], int32(at+from), -1)
			continue
		}
		n := len(f.units)
		f.decode(string(seg), int32(at+from), int32(at+to))
		f.markWide(n, s[from:to])
	}
}

// markWide marks Latin letters that came from a styled form of one character.
func (f *folder) markWide(n int, from string) {
	r, size := utf8.DecodeRuneInString(from)
	if size != len(from) || len(f.units) != n+1 || !isASCIILetter(f.units[n].r) {
		return
	}
	f.units[n].wide = r >= 0xff21 && r <= 0xff5a || r >= 0x1d400 && r <= 0x1d7ff ||
		r >= 0x24b6 && r <= 0x24e9 || r >= 0x1f110 && r <= 0x1f189
}

// decode appends the characters of s. Those of a normalised segment share the
// origin [at, end); end < 0 means that s stands at at as it is.
func (f *folder) decode(s string, at, end int32) {
	var next unit
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		u := unit{r: r, start: at + int32(i), end: at + int32(i+size), hidden: next.hidden, soft: next.soft, override: next.override}
		if end >= 0 {
			u.start, u.end, u.shared = at, end, true
		}
		i += size
		switch {
		case r == 0xad:
			next.soft = true
			continue
		case r == 0x202d:
			next.override = true
			continue
		case r == 0x202e:
			f.turn()
			f.reversed = len(f.units)
			continue
		case r == 0x202c || r == '\n':
			f.turn()
			if r == 0x202c {
				continue
			}
		case ignorable(r):
			next.hidden = true
			continue
		}
		next = unit{}
		u.r, u.class = f.v.classify(r)
		f.units = append(f.units, u)
	}
}
