package text

import "unicode/utf8"

// spacedOut is set in the class of the first letter of a joined word.
const spacedOut class = 0x80

// join drops the separators between the letters of spaced-out words.
func (f *folder) join() {
	u := f.units
	singles := 0
	for i := range u {
		if single(u, i) {
			singles++
		}
	}
	if singles < minShort {
		return
	}
	kept := u[:0]
	for i := 0; i < len(u); {
		n := series(u, i)
		if n == 0 {
			kept = append(kept, u[i])
			i++
			continue
		}
		kept = f.joinSeries(kept, u[i:i+n])
		i += n
	}
	f.units = kept
}

// single reports whether character i stands alone: a letter, or a digit or sign
// that may mean one, with no other next to it. An exclamation mark behind a
// letter ends a word.
func single(u []unit, i int) bool {
	return lettery(u[i].class) && (i == 0 || !lettery(u[i-1].class)) && (i+1 == len(u) || !lettery(u[i+1].class) || u[i+1].r == '!' && u[i].class != sign)
}

func lettery(c class) bool { return c >= digit && c <= foreign }

// series returns the number of units of a series of single letters that begins
// at i: letters with one and the same separator between them (spaces: one or
// more). Zero when there are too few letters.
func series(u []unit, i int) int {
	if !single(u, i) || u[i].class == digit || u[i].class == sign {
		return 0
	}
	sep, letters, end := rune(0), 1, i+1
	for letters < maxSpaced {
		j := end
		for j < len(u) && u[j].class == space {
			j++
		}
		s := ' '
		if j == end {
			if j == len(u) || lettery(u[j].class) || u[j].class != other || !separator(u[j].r) {
				break
			}
			s = u[j].r
			j++
		}
		if j >= len(u) || !single(u, j) || sep != 0 && s != sep {
			break
		}
		sep, end = s, j+1
		letters++
	}
	if letters < minShort {
		return 0
	}
	return end - i
}

func separator(r rune) bool {
	return r == '.' || r == '-' || r == '_' || r == '*' || r == '·' || r == '/' || r == '~' || r == ',' || r == '\''
}

// joinSeries appends a series without its separators; between words a space
// stays: where the gap was wide, and around words of the vocabulary. A series
// in which no word is found stays as it is unless it is long and of letters
// only.
func (f *folder) joinSeries(kept, s []unit) []unit {
	letters := make([]unit, 0, len(s))
	breaks := make([]*unit, 0, len(s)) // the space to write before a letter
	plainLetters, gaps, spaces, wide := true, 0, true, false
	for i := range s {
		if !lettery(s[i].class) {
			gaps++
			spaces = spaces && s[i].class == space
			continue
		}
		var b *unit
		if gaps > 1 {
			b, wide = &s[i-1], true
		}
		gaps = 0
		plainLetters = plainLetters && s[i].class != digit && s[i].class != sign
		letters, breaks = append(letters, s[i]), append(breaks, b)
	}
	// Signs, and spaces beside wider ones, say themselves where a word ends.
	found := f.split(letters, breaks, spaces && !wide)
	if !found && (!plainLetters || len(letters) < minSpaced+1) {
		return append(kept, s...)
	}
	for i := range letters {
		if breaks[i] != nil && i > 0 {
			kept = append(kept, *breaks[i])
		}
		letters[i].soft, letters[i].hidden = false, false
		kept = append(kept, letters[i])
	}
	return kept
}

// split marks where words begin and end in a series, and the first letter of
// each word of the vocabulary as spaced out. It reports whether there is any.
// free: nothing but the vocabulary tells where words end.
func (f *folder) split(letters []unit, breaks []*unit, free bool) bool {
	f.plain.reset()
	for _, u := range letters {
		f.plain.add(f.v, f.v.base(u.r))
	}
	found := false
	for i := 0; i < len(letters); {
		end := i + 1
		for end < len(letters) && breaks[end] == nil {
			end++
		}
		found = f.splitPiece(letters, breaks, i, end, free) || found
		i = end
	}
	return found
}

// splitPiece does so between two places of a series that are not parted by a
// wide gap.
func (f *folder) splitPiece(letters []unit, breaks []*unit, from, to int, free bool) bool {
	type place struct{ at, n int }
	var words []place
	covered := 0
	for i := from; i < to; {
		n := f.plain.longest(f.v, i, min(to, i+maxWord))
		if n == 0 || !free && i > from && !f.plain.trick(f.v, i, i+n) {
			i++
			continue
		}
		words = append(words, place{i, n})
		covered += n
		i += n
	}
	// An ending that is no word belongs to the word before it.
	if n := len(words); n > 0 {
		if last := words[n-1]; to-last.at-last.n <= maxEnding {
			covered += to - last.at - last.n
			words[n-1].n = to - last.at
		}
	}
	found := false
	for _, w := range words {
		trick := f.plain.trick(f.v, w.at, w.at+w.n)
		if trick {
			letters[w.at].class |= spacedOut
		}
		if !trick && covered*5 < (to-from)*4 {
			continue // chance: short words stand in most long ones
		}
		found = true
		if w.at > from && breaks[w.at] == nil {
			breaks[w.at] = gapBetween(&letters[w.at-1], &letters[w.at])
		}
		if end := w.at + w.n; end < to && breaks[end] == nil {
			breaks[end] = gapBetween(&letters[end-1], &letters[end])
		}
	}
	return found
}

// maxEnding is the longest ending that a word of the vocabulary may have.
const maxEnding = 3

// gapBetween returns the space to write between two letters.
func gapBetween(a, b *unit) *unit {
	return &unit{r: ' ', class: space, start: a.end, end: max(a.end, b.start)}
}

// plainText is a series of characters prepared for looking words up at each
// place of it.
type plainText struct {
	raw, key     []byte // as read, and as leetKey has it
	rawAt, keyAt []int32
	first        []rune // of the key, by place
}

func (p *plainText) reset() {
	p.raw, p.key, p.first = p.raw[:0], p.key[:0], p.first[:0]
	p.rawAt, p.keyAt = append(p.rawAt[:0], 0), append(p.keyAt[:0], 0)
}

func (p *plainText) add(v *Folding, r rune) {
	k := v.leetRune(r)
	p.first = append(p.first, k)
	p.raw, p.key = utf8.AppendRune(p.raw, r), utf8.AppendRune(p.key, k)
	p.rawAt, p.keyAt = append(p.rawAt, int32(len(p.raw))), append(p.keyAt, int32(len(p.key)))
}

// longest returns the number of characters of the longest word of the
// vocabulary that begins at place i and ends at or before limit; 0 for none.
func (p *plainText) longest(v *Folding, i, limit int) int {
	lengths := v.lengths[p.first[i]]
	for n := min(limit-i, maxWord); n >= 2; n-- {
		if lengths&(1<<n) == 0 {
			continue
		}
		for _, word := range v.keys[string(p.key[p.keyAt[i]:p.keyAt[i+n]])] {
			if v.reads(string(p.raw[p.rawAt[i]:p.rawAt[i+n]]), word) {
				return n
			}
		}
	}
	return 0
}

// trick reports whether a word of the vocabulary whose disguise is a trick
// begins at place i and ends at j or, but for an ending, before it.
func (p *plainText) trick(v *Folding, i, j int) bool {
	for k := j; k > i && k >= j-maxEnding; k-- {
		if word, ok := v.lookup(p.raw[p.rawAt[i]:p.rawAt[k]]); ok {
			return !v.further[word]
		}
	}
	return false
}
