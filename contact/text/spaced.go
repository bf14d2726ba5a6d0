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
	if singles < minSpaced {
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
// that may mean one, with no other next to it.
func single(u []unit, i int) bool {
	return lettery(u[i].class) && (i == 0 || !lettery(u[i-1].class)) && (i+1 == len(u) || !lettery(u[i+1].class))
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
	if letters < minSpaced {
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
	plainLetters, gaps := true, 0
	for i := range s {
		if !lettery(s[i].class) {
			gaps++
			continue
		}
		var b *unit
		if gaps > 1 {
			b = &s[i-1]
		}
		gaps = 0
		plainLetters = plainLetters && s[i].class != digit && s[i].class != sign
		letters, breaks = append(letters, s[i]), append(breaks, b)
	}
	found := f.split(letters, breaks)
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

// split marks where words of the vocabulary begin and end in a series, and the
// first letter of each as spaced out. It reports whether there is any.
func (f *folder) split(letters []unit, breaks []*unit) bool {
	f.plain.reset()
	for _, u := range letters {
		f.plain.add(f.v, f.v.base(u.r))
	}
	found := false
	for i := 0; i < len(letters); {
		limit := min(len(letters), i+maxWord)
		for j := i + 1; j < limit; j++ {
			if breaks[j] != nil {
				limit = j
				break
			}
		}
		n := f.plain.longest(f.v, i, limit)
		if n == 0 {
			i++
			continue
		}
		found = true
		letters[i].class |= spacedOut
		if i > 0 && breaks[i] == nil {
			breaks[i] = gapBetween(&letters[i-1], &letters[i])
		}
		if i+n < len(letters) && breaks[i+n] == nil {
			breaks[i+n] = gapBetween(&letters[i+n-1], &letters[i+n])
		}
		i += n
	}
	return found
}

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
