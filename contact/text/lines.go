package text

import "unicode/utf8"

// fold folds the text line by line. A plain line needs only lower-casing; in
// any other only the words that are not plain are looked at character by
// character, unless letters of it may have to be joined.
func (f *folder) fold() {
	for at := 0; at < len(f.src); {
		end := f.lineEnd(at)
		switch {
		case plain(f.src[at:end]):
			f.ascii(at, end)
		case alone(f.src[at:end]):
			f.words(at, end)
		default:
			f.line(at, end)
		}
		at = end
	}
}

// words folds a line whose words do not depend on each other.
func (f *folder) words(at, end int) {
	from := at // what is plain since here
	for i := at; i < end; {
		if asciiClass[f.src[i]] == asciiSpace {
			i++
			continue
		}
		j := i + 1
		for j < end && asciiClass[f.src[j]] != asciiSpace {
			j++
		}
		if !plain(f.src[i:j]) {
			f.ascii(from, i)
			f.line(i, j)
			from = j
		}
		i = j
	}
	f.ascii(from, end)
}

// Kinds of characters for alone.
const (
	noLetter    = iota // white space, punctuation
	letterLike         // ASCII letters, digits and signs that stand for letters
	maybeLetter        // could be anything, or nothing
)

// alone reports whether the words of a line can be folded one by one: there are
// too few letters that may stand by themselves for a spaced-out word, and
// nothing invisible, which marks what follows or turns its order. What it cannot know without the
// tables it counts as if it were a letter by itself.
func alone(s string) bool {
	before, here, weight, singles := noLetter, noLetter, 0, 0
	for i := 0; i < len(s); {
		kind, w, n := sortOf(s[i:])
		if w < 0 {
			return false
		}
		// here is the character before this one, before the one before that
		if here != noLetter && before != letterLike && kind != letterLike {
			if singles += weight; singles >= minSpaced {
				return false
			}
		}
		before, here, weight = here, kind, w
		i += n
	}
	if here != noLetter && before != letterLike {
		singles += weight
	}
	return singles < minSpaced && utf8.ValidString(s)
}

// sortOf tells the kind and size of the character at the start of s, and of how
// many single letters it may be the origin once it is normalised; -1 when it is
// invisible.
func sortOf(s string) (kind, weight, size int) {
	c := s[0]
	switch {
	case c < utf8.RuneSelf:
		switch asciiClass[c] {
		case asciiLetter, asciiLeet:
			return letterLike, 1, 1
		case asciiHigh:
			return noLetter, -1, 1
		}
		return noLetter, 0, 1
	case c >= 0xc3 && c <= 0xc5: // U+00C0 to U+017F
		return maybeLetter, 1, 2
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == 0xad || ignorable(r):
		return noLetter, -1, n
	case r >= 0x2010 && r <= 0x2027 || r == 0xa0: // dashes, quotes, dots
		return noLetter, 0, n
	}
	return maybeLetter, 2, n // "½" has two: 1⁄2
}
