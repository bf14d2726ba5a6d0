package phone

import (
	"strings"
	"unicode/utf8"
)

const (
	maxGap    = 5  // bytes between two groups of one number
	maxTokens = 64 // groups of one sequence
	maxWordly = 40 // bytes of a word that is looked up
)

// token is a group of digits, or a word for some.
type token struct {
	start, end int
	digits     string
	gap        string // what stands between the group before and this one
	w          word
	plus       bool
	spelled    bool // written as a word or letters
	keypad     bool // letters of a keypad
	hiragana   bool // in hiragana: where a particle looks the same ("に")
	joined     bool // words without meaning stand before it
	dead       bool // known to be something else than a part of a number
}

// lexer cuts a folded text into sequences of groups that may be one number.
type lexer struct {
	t     *Tables
	s     string
	loose bool // one typed number: skip what is not understood
	seq   []token
	gapAt int
	plus  bool
	join  bool
	upper func(off int) bool // was the letter at off a capital?
	done  func(seq []token)
}

// all reads a text that holds one number.
func (l *lexer) all() []token {
	var all []token
	l.done = func(seq []token) { all = append(all, seq...) }
	l.run()
	return all
}

// run calls done for each sequence.
func (l *lexer) run() {
	s := l.s
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			i = l.number(i)
		case 'a' <= c && c <= 'z' || c >= 0xc3 && c <= 0xc5 && i+1 < len(s):
			i = l.word(i)
		case c == '+':
			if len(l.seq) > 0 && !l.loose {
				l.flush()
			}
			l.plus = true
			i++
		case c < utf8.RuneSelf:
			if !separates(c) && !l.loose || c == '\n' && !l.lastSpelled() {
				l.flush()
			}
			i++
		default:
			i = l.east(i)
		}
		if len(l.seq) >= maxTokens {
			l.flush()
		}
	}
	l.flush()
}

// separates reports whether a character may stand between groups of digits. A
// comma may only between words.
func separates(c byte) bool {
	switch c {
	case ' ', '-', '.', '/', '(', ')', '[', ']', '~', '_', '*', ',', '\n':
		return true
	}
	return false
}

func (l *lexer) lastSpelled() bool { return len(l.seq) > 0 && l.seq[len(l.seq)-1].spelled }

func (l *lexer) flush() {
	if len(l.seq) > 0 {
		l.done(l.seq)
		l.seq = l.seq[:0]
	}
	l.plus, l.join = false, false
}

// push adds a group to the sequence, or begins another where the gap is none of
// a number.
func (l *lexer) push(tk token) {
	if n := len(l.seq); n > 0 && l.seq[n-1].hiragana != tk.hiragana && !l.loose {
		l.flush()
	}
	if n := len(l.seq); n > 0 {
		tk.gap = l.s[l.gapAt:tk.start]
		worded := tk.spelled && l.seq[n-1].spelled || l.join
		comma := strings.ContainsAny(tk.gap, ",\n")
		if !l.loose && (len(tk.gap) > maxGap && !worded || comma && !(tk.spelled || l.seq[n-1].spelled) || strings.Contains(tk.gap, "..")) {
			plus := l.plus
			l.flush()
			l.plus = plus
			tk.gap = ""
		}
	}
	tk.plus, tk.joined = l.plus, l.join
	l.plus, l.join = false, false
	l.seq = append(l.seq, tk)
	l.gapAt = tk.end
}

// number reads a run of digits and letters that begins with a digit.
func (l *lexer) number(i int) int {
	j, letters := i, 0
	for j < len(l.s) && (isDigit(l.s[j]) || isLower(l.s[j])) {
		if isLower(l.s[j]) {
			letters++
		}
		j++
	}
	if letters == 0 {
		l.push(token{start: i, end: j, digits: l.s[i:j]})
		return j
	}
	if d, ok := disguised(l.s[i:j]); ok {
		l.push(token{start: i, end: j, digits: d})
		return j
	}
	if !l.loose {
		l.flush()
	}
	return j
}

// disguised reads letters as the digits they look like, where at least half of
// a group are digits ("8oo", "o49").
func disguised(s string) (string, bool) {
	b := []byte(s)
	letters := 0
	for i, c := range b {
		switch c {
		case 'o':
			b[i] = '0'
			letters++
		case 'i', 'l':
			b[i] = '1'
			letters++
		default:
			if !isDigit(c) {
				return "", false
			}
		}
	}
	return string(b), len(b) <= 12 && (letters*2 <= len(b) || b[0] != s[0] && letters < len(b) || len(b) <= 3 && letters < len(b))
}

// word reads a word of letters.
func (l *lexer) word(i int) int {
	j := i
	for j < len(l.s) && (isLower(l.s[j]) || l.s[j] >= 0xc3 && l.s[j] <= 0xc5 && j+1 < len(l.s)) {
		if l.s[j] >= utf8.RuneSelf {
			j++
		}
		j++
	}
	if j == i || j > len(l.s) {
		return i + 1
	}
	w, known := word{}, false
	if j-i <= maxWordly && l.t.sieve.May(l.s[i:j]) {
		w, known = l.t.words[l.s[i:j]]
	}
	switch {
	case j < len(l.s) && isDigit(l.s[j]):
		k := j
		for k < len(l.s) && (isDigit(l.s[k]) || isLower(l.s[k])) {
			k++
		}
		if d, ok := disguised(l.s[i:k]); ok {
			l.push(token{start: i, end: k, digits: d})
			return k
		}
		if l.t.call[l.s[i:j]] || l.loose { // "tel030…"
			l.flush()
			return j
		}
		l.flush()
		return k
	case known && w.joiner:
		l.join = len(l.seq) > 0 && (l.lastSpelled() || l.loose)
		if !l.join && !l.loose {
			l.flush()
		}
	case known && w.plus:
		if len(l.seq) > 0 {
			l.flush()
		}
		l.plus = true
	case known:
		l.push(token{start: i, end: j, digits: w.digits, w: w, spelled: true})
	case len(l.seq) > 0 && strings.Trim(l.s[i:j], "o") == "" && j-i <= 3:
		l.push(token{start: i, end: j, digits: strings.Repeat("0", j-i), spelled: true})
	default:
		if k := l.keypad(i); k > 0 {
			return k
		}
		if !l.loose {
			l.flush()
		}
	}
	return j
}

// keypad reads letters that stand for digits behind a prefix of such numbers
// ("1-800-FLOWERS"), by ITU-T E.161.
func (l *lexer) keypad(i int) int {
	if len(l.seq) == 0 || len(l.seq) > 3 || l.gapAt == i || i-l.gapAt > 2 {
		return 0
	}
	prefix := ""
	for _, tk := range l.seq {
		prefix += tk.digits
	}
	region, ok := l.t.vanity[prefix]
	if !ok {
		return 0
	}
	gap := l.s[l.gapAt:i]
	if gap == " " && l.upper != nil && (!l.upper(i) || !l.upper(i+1)) {
		return 0 // "1855 Luxembourg"
	}
	var d []byte
	letters, j := 0, i
	for j < len(l.s) && len(d) < 7 {
		c := l.s[j]
		switch {
		case isLower(c):
			letters++
			d = append(d, "22233344455566677778889999"[c-'a'])
		case isDigit(c):
			d = append(d, c)
		case c != '-':
			goto end
		}
		j++
	}
end:
	if letters < 4 || region == "US" && len(d) != 7 || len(d) < 5 {
		return 0
	}
	for j < len(l.s) && isLower(l.s[j]) { // letters beyond the seventh are not dialled
		j++
	}
	for j > i && l.s[j-1] == '-' {
		j--
	}
	l.push(token{start: i, end: j, digits: string(d), spelled: true, keypad: true})
	return j
}

// east reads a word for a digit in a script without spaces.
func (l *lexer) east(i int) int {
	for n := min(l.t.eastLength, len(l.s)-i); n >= 3; n -= 3 {
		w, ok := l.t.eastern[l.s[i:i+n]]
		if !ok {
			continue
		}
		if w.joiner {
			l.join = len(l.seq) > 0
			return i + n
		}
		first, _ := utf8.DecodeRuneInString(l.s[i:])
		l.push(token{start: i, end: i + n, digits: w.digits, w: w, spelled: true, hiragana: first >= 0x3041 && first < 0x30a0})
		return i + n
	}
	_, n := utf8.DecodeRuneInString(l.s[i:])
	r := l.s[i : i+n]
	if r != "・" && r != "、" && r != "ー" && r != "―" && !l.loose {
		l.flush()
	}
	return i + n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
