package text

import (
	"strings"
	"unicode/utf8"
)

// lanes are the table entries of all languages for one letter triple, each
// raised by laneZero so that none is negative: four to a word, added up two at
// a time.
type lanes [maxLatin / 4]uint64

// triples are the lanes of every three symbols, the last one in the low bits.
type triples [symbols * symbols * symbols]lanes

const (
	laneZero = 1 << 15
	laneMask = 0x0000ffff0000ffff
)

func packLanes(v [maxLatin]int16) (p lanes) {
	for k, x := range v {
		p[k/4] |= uint64(int(x)+laneZero) << (16 * (k % 4))
	}
	return p
}

// laneSums adds up lanes, at most 65,536 times.
type laneSums struct {
	even, odd [maxLatin / 4]uint64
	last      int // the last symbols, the latest in the low bits
	count     int
}

// run adds the lanes of each symbol with the two before it.
func (s *laneSums) run(tri *triples, syms []byte) {
	even0, odd0, even1, odd1 := s.even[0], s.odd[0], s.even[1], s.odd[1]
	last := s.last
	for _, c := range syms {
		last = (last*symbols | int(c)) & (len(tri) - 1)
		t := &tri[last]
		even0 += t[0] & laneMask
		odd0 += t[0] >> 16 & laneMask
		even1 += t[1] & laneMask
		odd1 += t[1] >> 16 & laneMask
	}
	s.even, s.odd = [2]uint64{even0, even1}, [2]uint64{odd0, odd1}
	s.last, s.count = last, s.count+len(syms)
}

func (s *laneSums) addTo(acc *[maxLatin]int) {
	for k := range acc {
		sum := s.even[k/4]
		if k%2 == 1 {
			sum = s.odd[k/4]
		}
		if k%4 >= 2 {
			sum >>= 32
		}
		acc[k] += int(sum&0xffffffff) - s.count*laneZero
	}
}

// wordSets are the function words of at most eight bytes with the set of their
// languages, in a table with open addressing.
type wordSets struct {
	keys []uint64
	sets []uint8
}

// maxFunctionWord is the longest function word that is looked up, in bytes.
const maxFunctionWord = 12

func newWordSets(words map[string]uint8) (t wordSets) {
	size := 1024
	for size < 4*len(words) {
		size *= 2
	}
	t.keys, t.sets = make([]uint64, size), make([]uint8, size)
	for w, set := range words {
		if len(w) > 8 {
			continue
		}
		i := t.at(wordKey(w))
		t.keys[i], t.sets[i] = wordKey(w), set
	}
	return t
}

// wordKey packs a word of at most eight bytes.
func wordKey(w string) (key uint64) {
	for i := 0; i < len(w); i++ {
		key = key<<8 | uint64(w[i])
	}
	return key
}

// at returns the place of a key, or the empty one where it would stand.
func (t *wordSets) at(key uint64) int {
	i := int(key*0x9e3779b97f4a7c15>>40) & (len(t.keys) - 1)
	for t.keys[i] != key && t.keys[i] != 0 {
		i = (i + 1) & (len(t.keys) - 1)
	}
	return i
}

// everyLanguage marks a name or a part of an address: every language uses it,
// and it is left out as if it did not stand there.
const everyLanguage = 0xff

// setOf returns the languages of which w is a function word.
func (l *languages) setOf(w string) uint8 {
	switch {
	case len(w) <= 8:
		return l.short.sets[l.short.at(wordKey(w))]
	case len(w) <= maxFunctionWord:
		return l.words[w]
	}
	return 0
}

// score adds up the log-likelihood, in nats, of a text of at most 65,536
// characters in lower case for each language, and the number of Latin letters.
func (l *languages) score(s string) (out [maxLatin]float64, letters int) {
	var acc [maxLatin]int
	var sums laneSums
	var run [256]byte // symbols not yet added up: of letters, and one 0 behind a word
	n, word := 0, -1
	var before struct { // what stood before the word
		acc        [maxLatin]int
		n, letters int
	}
	for i, next := 0, 0; i < len(s); {
		if i == next {
			end := runEnd(s, i)
			next = end + 1
			if isAddress(s[i:end]) {
				i = end
				continue
			}
		}
		c, size := byte(0), 1
		if b := s[i]; b < utf8.RuneSelf {
			c = l.base[b]
		} else {
			c, size = l.accented(s[i:], &acc)
		}
		if c != 0 {
			if word < 0 {
				if n > len(run)-maxFunctionWord-1 { // room for a word that may be taken back
					sums.run(l.tri, run[:n])
					n = 0
				}
				word = i
				before.acc, before.n, before.letters = acc, n, letters
			}
			letters++
		} else if word >= 0 {
			set := l.setOf(s[word:i])
			word = -1
			if set == everyLanguage {
				acc, n, letters = before.acc, before.n, before.letters
				i += size
				continue
			}
			bonus(set, &acc)
		} else {
			i += size
			continue // between words one 0 is enough
		}
		if n == len(run) {
			sums.run(l.tri, run[:])
			n = 0
		}
		run[n] = c
		n++
		i += size
	}
	if word >= 0 { // the text ends with a word
		set := l.setOf(s[word:])
		if set == everyLanguage {
			acc, n, letters = before.acc, before.n, before.letters
		}
		sums.run(l.tri, run[:n])
		if set != everyLanguage {
			bonus(set, &acc)
			sums.run(l.tri, []byte{0})
		}
	} else {
		sums.run(l.tri, run[:n])
	}
	sums.addTo(&acc)
	for k := range acc {
		out[k] = float64(acc[k]) / fineness
	}
	return out, letters
}

// accented reads a character beyond ASCII and weighs it.
func (l *languages) accented(s string, acc *[maxLatin]int) (symbol byte, size int) {
	r, size := utf8.DecodeRuneInString(s)
	if r >= 0x180 {
		return 0, size
	}
	for k, m := range l.marks[r] {
		acc[k] += int(m)
	}
	return l.base[r], size
}

// bonus raises the languages of which a word is a function word.
func bonus(set uint8, acc *[maxLatin]int) {
	for k := range acc {
		if set&(1<<k) != 0 {
			acc[k] += wordBonus
		}
	}
}

// runEnd returns where the run of characters without a space at byte i ends.
func runEnd(s string, i int) int {
	for i < len(s) && s[i] != ' ' && s[i] != '\n' {
		i++
	}
	return i
}

// isAddress reports whether a run of characters is a web or mail address, whose
// letters say nothing about the language around it.
func isAddress(s string) bool {
	return len(s) > 4 && (strings.Contains(s, "://") || strings.HasPrefix(s, "www.") || strings.IndexByte(s, '@') > 0)
}
