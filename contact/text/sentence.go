package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// sentenceRunes is the longest sentence, in characters.
	sentenceRunes = 400
	// wrapFrom and wrapTo are the line lengths, in bytes, at which mail
	// programs break a line within a sentence (RFC 5322, 2.1.1: 78).
	wrapFrom, wrapTo = 50, 100
)

// sentences cuts a folded text into sentences.
func sentences(s string, r *Reading, v *Folding) []Span {
	out := make([]Span, 0, len(s)/60+1)
	start, count, line, lastSpace := 0, 0, 0, -1
	add := func(end int) {
		if sp := trim(s, start, end); sp.Start < sp.End {
			out = append(out, sp)
		}
		start, count, lastSpace = end, 0, -1
	}
	for i := 0; i < len(s); {
		if quiet(s[i]) {
			i++
			if count++; count < sentenceRunes {
				continue
			}
			if lastSpace > start {
				i = lastSpace + 1
			}
			add(i)
			continue
		}
		c, n := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case c == '\n':
			if !wrapped(s, line, i, r) {
				add(i)
			}
			line, lastSpace = i+1, i
		case c == ' ':
			lastSpace = i
		case c == '。' || c == '•' || c == '●' || c == '■' || c == '・' && i == line:
			if c == '。' {
				n += closing(s[i+n:])
				add(i + n)
			} else {
				add(i)
			}
		case c == '!' || c == '?' || c == '.' && i+1 < len(s):
			n += closing(s[i+n:])
			if (c != '.' || endsSentence(s, start, i, i+n, r, v)) && stops(s, i+n, c) {
				add(i + n)
			}
		}
		i += n
		if count++; count >= sentenceRunes {
			if lastSpace > start {
				i = lastSpace + 1
			}
			add(i)
		}
	}
	add(len(s))
	return out
}

// quiet reports a byte that neither ends a sentence nor could be cut at.
func quiet(c byte) bool {
	return c > ' ' && c < utf8.RuneSelf && c != '.' && c != '!' && c != '?'
}

// closing returns the length of marks that belong to the sentence before them.
func closing(s string) int {
	n := 0
	for n < len(s) && n < 12 {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !strings.ContainsRune("!?.\"')」』】)。", r) {
			break
		}
		n += size
	}
	return n
}

// stops reports whether a mark before byte end is followed by what may begin a
// sentence: white space, the end, or after ! and ? a letter without a space in
// scripts that do without.
func stops(s string, end int, mark rune) bool {
	if end >= len(s) || s[end] == ' ' || s[end] == '\n' {
		return true
	}
	return mark != '.' && s[end] >= utf8.RuneSelf
}

// endsSentence reports whether the dot at byte dot ends a sentence: not after an
// abbreviation, a single letter or an ordinal number ("3. Mai"), nor before a
// small letter.
func endsSentence(s string, start, dot, after int, r *Reading, v *Folding) bool {
	w := dot
	for w > start && s[w-1] != ' ' && s[w-1] != '\n' && s[w-1] != '(' && dot-w < 24 {
		w--
	}
	word := s[w:dot]
	if v.short[word] || utf8.RuneCountInString(word) == 1 && !isDigit(word[0]) {
		return false
	}
	next := after
	for next < len(s) && (s[next] == ' ' || s[next] == '\n') {
		next++
	}
	if next == len(s) {
		return true
	}
	if v.number[word] && isDigit(s[next]) {
		return false
	}
	if dot > 0 && isDigit(s[dot-1]) && len(word) <= 2 {
		return s[after:next] != " " // an ordinal number
	}
	return !r.startsSmall(next)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// startsSmall reports whether a small letter stood at byte off of Folded.
func (r *Reading) startsSmall(off int) bool {
	o, _ := r.origin(Span{off, off})
	c, _ := utf8.DecodeRuneInString(r.Part.Text[o:])
	return unicode.IsLower(c)
}

// wrapped reports whether the line break at byte nl is one that a mail program
// put into a running sentence: a line of the usual length, without a mark at
// its end, and a small letter after it.
func wrapped(s string, line, nl int, r *Reading) bool {
	if nl-line < wrapFrom || nl-line > wrapTo || nl+1 >= len(s) {
		return false
	}
	switch s[nl-1] {
	case '.', '!', '?', ':', ';':
		return false
	}
	return r.startsSmall(nl + 1)
}

func trim(s string, start, end int) Span {
	for start < end && (s[start] == ' ' || s[start] == '\n') {
		start++
	}
	for end > start && (s[end-1] == ' ' || s[end-1] == '\n') {
		end--
	}
	return Span{start, end}
}
