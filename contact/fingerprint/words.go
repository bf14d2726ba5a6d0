package fingerprint

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bonafide/contact"
)

// Masks: what stands in place of what differs between receivers.
const (
	maskNumber  = 1 // anything with a digit: amounts, dates, order numbers, hex ids
	maskMail    = 2
	maskAddress = 3 // a web address; contact points have what matters of it
	maskToken   = 4 // letters too long for a word
	maskName    = 5
)

const (
	// longWord is from how many letters a word is none.
	longWord = 28
	// longRun is from how many letters a run may be the address of a wallet.
	longRun = 26
	// shingle is the number of words that are hashed together, letterShingle
	// that of letters in scripts without spaces.
	shingle       = 3
	letterShingle = 5
	maxHonorific  = 3
)

// writer reads texts into a signature, word by word.
type writer struct {
	rules *Rules
	sig   *Signature
	// names are words of the receiver's own name and address.
	names map[uint64]bool
	// some has a bit set for each of them: most words are none.
	some uint64

	text   minima
	layout tally
	// last are the hashes of the last words, newest last; letters of them at
	// the end are of a script without spaces.
	last   [letterShingle]uint64
	filled int
	words  int
	begun  bool
	// line is the one that is being read.
	line   []word
	shapes [2]uint64
	lines  int
	// longRuns: somewhere stood a run that may be the address of a wallet.
	longRuns bool
}

// word is one word, letter of a script without spaces, or mask.
type word struct {
	hash   uint64
	letter bool
	// at is where it starts in the line's text; size its bytes.
	at, size int32
	mark     byte // the sign behind it: , . ! ? : ; or 0
}

func isMask(h uint64) bool { return h <= maskName }

// recipients notes the words of the receiver's name and address.
func (w *writer) recipients(c *contact.Contact) {
	if c == nil || c.Mail == nil {
		return
	}
	add := func(s string, least int) {
		for _, p := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if len(p) >= least && !w.rules.openers[hashWord(p)] {
				if w.names == nil {
					w.names = map[uint64]bool{}
				}
				h := hashWord(p)
				w.names[h] = true
				w.some |= 1 << (h >> 58)
			}
		}
	}
	for i, to := range c.Mail.To {
		if i == 8 {
			break
		}
		add(to.Name, 2)
		add(to.Mail.Local, 4)
	}
}

// read reads one text, line by line.
func (w *writer) read(folded string) {
	for folded != "" && w.words < maxWords {
		line, rest, _ := strings.Cut(folded, "\n")
		folded = rest
		w.cut(line)
		w.unname(line)
		w.shape(line)
		for i := range w.line {
			w.put(&w.line[i])
		}
	}
}

// cut cuts a line into words.
func (w *writer) cut(line string) {
	w.line = w.line[:0]
	for i := 0; i < len(line); i++ {
		start, special := i, false
		for i < len(line) && line[i] != ' ' {
			special = special || line[i] == '@' || line[i] == '/'
			i++
		}
		switch {
		case i == start:
		case special || i-start > 4 && line[start:start+4] == "www.":
			w.chunk(line, start, i)
		default:
			w.letters(line, start, i)
		}
	}
}

// chunk takes what stands between two spaces and may be an address.
func (w *writer) chunk(line string, start, end int) {
	s := line[start:end]
	if at := strings.IndexByte(s, '@'); at > 0 && at+1 < len(s) {
		w.mask(maskMail, start, end)
		return
	}
	if strings.Contains(s, "://") || strings.HasPrefix(s, "www.") || hostWithPath(s) {
		if cut := foreign(s); cut > 0 { // a script without spaces goes on behind it
			w.mask(maskAddress, start, start+cut)
			w.letters(line, start+cut, end)
			return
		}
		w.mask(maskAddress, start, end)
		return
	}
	w.letters(line, start, end)
}

// foreign is where letters of a script without spaces begin behind ASCII.
func foreign(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			if r, _ := utf8.DecodeRuneInString(s[i:]); spaceless(r) {
				return i
			}
			return 0
		}
	}
	return 0
}

// hostWithPath: "example.com/abc".
func hostWithPath(s string) bool {
	slash := strings.IndexByte(s, '/')
	return slash > 3 && strings.IndexByte(s[:slash], '.') > 0 && len(s)-slash > 1
}

// letters cuts a chunk at everything that is no letter or digit.
func (w *writer) letters(line string, start, end int) {
	for i := start; i < end; {
		from, digit, runes := i, false, 0
		for i < end {
			c := line[i]
			if c-'a' < 26 || c == '_' || c == '\'' && i > from {
				i++
			} else if c-'0' < 10 {
				digit = true
				i++
			} else if c < utf8.RuneSelf {
				break
			} else if r, n := utf8.DecodeRuneInString(line[i:end]); unicode.IsLetter(r) && !spaceless(r) || unicode.Is(unicode.M, r) {
				i += n
			} else {
				break
			}
			runes++
		}
		if i > from {
			w.word(line, from, i, runes, digit)
			continue
		}
		i += w.between(line, i)
	}
}

// word takes a run of letters and digits.
func (w *writer) word(line string, from, to, runes int, digit bool) {
	w.longRuns = w.longRuns || runes >= longRun
	h := hashWord(line[from:to])
	switch {
	case digit:
		w.mask(maskNumber, from, to)
	case runes >= longWord:
		w.mask(maskToken, from, to)
	case w.some&(1<<(h>>58)) != 0 && w.names[h]:
		w.mask(maskName, from, to)
	default:
		w.line = append(w.line, word{hash: h, at: int32(from), size: int32(to - from)})
	}
}

// between takes what stands between runs: a mark, or a letter of a script
// without spaces. It returns its bytes.
func (w *writer) between(line string, i int) int {
	if line[i] < utf8.RuneSelf {
		w.mark(line[i])
		return 1
	}
	r, n := utf8.DecodeRuneInString(line[i:])
	switch {
	case spaceless(r):
		w.line = append(w.line, word{hash: hashWord(line[i : i+n]), letter: true, at: int32(i), size: int32(n)})
	case r == '、' || r == '。':
		w.mark('.')
	}
	return n
}

// spaceless reports whether a letter is of a script that puts no spaces
// between words.
func spaceless(r rune) bool {
	return r >= 0xE00 && (r <= 0xEFF || 0x1000 <= r && r <= 0x109F || 0x1780 <= r && r <= 0x17FF ||
		0x3040 <= r && r <= 0x30FF || 0x3400 <= r && r <= 0x9FFF || 0xF900 <= r && r <= 0xFAFF || 0x20000 <= r && r <= 0x3FFFF)
}

// mask puts a mask, several of a kind as one.
func (w *writer) mask(kind uint64, start, end int) {
	if n := len(w.line); n > 0 && w.line[n-1].hash == kind {
		w.line[n-1].size = int32(end) - w.line[n-1].at
		w.line[n-1].mark = 0
		return
	}
	w.line = append(w.line, word{hash: kind, at: int32(start), size: int32(end - start)})
}

// mark notes the sign behind the last word.
func (w *writer) mark(c byte) {
	if n := len(w.line); n > 0 && strings.IndexByte(",.!?:;", c) >= 0 {
		w.line[n-1].mark = c
	}
}

// unname replaces the receiver's name behind an opening word, or before a word
// of honour, by a mask.
func (w *writer) unname(line string) {
	if len(w.line) == 0 {
		return
	}
	if w.rules.openers[w.line[0].hash] {
		end := 1
		for end < len(w.line) && end <= w.rules.nameWords && !closes(w.line[end-1]) {
			end++
		}
		if end > 1 {
			w.replace(1, end)
		}
		return
	}
	for i := 1; i < len(w.line) && int(w.line[i].at) <= w.rules.nameBytes; i++ {
		if w.line[i-1].mark != 0 {
			return
		}
		if !w.rules.honorific[line[w.line[i].at]] {
			continue
		}
		for n := 1; n <= maxHonorific && i+n <= len(w.line); n++ {
			last := w.line[i+n-1]
			if w.rules.honorifics[line[w.line[i].at:last.at+last.size]] {
				w.replace(0, i)
				return
			}
		}
	}
}

// closes reports whether a name ends at the mark behind a word; the dot of "Q."
// and "Prof." does not end it.
func closes(x word) bool { return x.mark != 0 && (x.mark != '.' || x.size > 4) }

func (w *writer) replace(from, to int) {
	w.line[from] = word{hash: maskName, at: w.line[from].at, mark: w.line[to-1].mark}
	w.line = append(w.line[:from+1], w.line[to:]...)
}

// put hashes a word with those before it.
func (w *writer) put(x *word) {
	if isMask(x.hash) && w.filled > 0 && w.last[letterShingle-1] == x.hash {
		return
	}
	if w.words >= maxWords {
		return
	}
	w.words++
	l := &w.last
	l[0], l[1], l[2], l[3], l[4] = l[1], l[2], l[3], l[4], x.hash
	w.filled++
	switch {
	case x.letter && w.filled >= letterShingle:
		w.add(mix(join(join(join(join(join(w.rules.seed, l[0]), l[1]), l[2]), l[3]), l[4])))
	case !x.letter && w.filled >= shingle:
		w.add(mix(join(join(join(w.rules.seed, l[2]), l[3]), l[4])))
	}
}

func (w *writer) add(h uint64) {
	if !w.begun {
		w.begun, w.text = true, newMinima()
	}
	w.text.add(h)
}

// shape adds the shape of a line to the layout: how long it is, how it begins
// and ends, and that of the two lines before.
func (w *writer) shape(line string) {
	n := len(w.line)
	if n == 0 {
		return
	}
	size := uint64(0)
	for k := n; k > 0; k /= 2 {
		size++
	}
	first, last := w.line[0], w.line[n-1]
	s := size
	for i, yes := range [...]bool{isMask(first.hash), first.letter, isMask(last.hash), line[0] < '0'} {
		if yes {
			s |= 1 << (8 + i)
		}
	}
	s |= uint64(last.mark) << 16
	if w.lines < 2000 {
		w.layout.add(mix(join(join(join(w.rules.seed, w.shapes[0]), w.shapes[1]), s)))
	}
	w.shapes[0], w.shapes[1] = w.shapes[1], s
	w.lines++
}

// close writes what was read into the signature.
func (w *writer) close() {
	if n := min(w.filled, letterShingle); !w.begun && n > 0 { // one or two words: they are all there is
		h := w.rules.seed
		for _, p := range w.last[letterShingle-n:] {
			h = join(h, p)
		}
		w.add(mix(h))
	}
	w.sig.words = uint16(min(w.words, 1<<16-1))
	w.sig.text = w.text.rows()
	w.sig.layout = w.layout.hash()
}
