package mail

import (
	"slices"
	"strings"
	"unicode"

	"bonafide/contact"
	"bonafide/contact/hypertext"
)

// spans returns where text holds somebody else's earlier words, sorted and
// disjoint: the marks of mail programs in HTML, lines with ">", and what
// follows the header lines that programs put above a forwarded mail. Those
// lines are known by their shape, not by their words, in any language.
func spans(text string, marked []hypertext.Span) []hypertext.Span {
	out := append([]hypertext.Span(nil), marked...)
	lines := lineSpans(text)
	for i := 0; i < len(lines); i++ {
		if head := forwardHead(text, lines, i); head {
			out = append(out, hypertext.Span{Start: lines[i].Start, End: len(text)})
			break
		}
		if n := quotedRun(text, lines, i); n > 0 {
			start := i
			if i > 0 && strings.HasSuffix(line(text, lines, i-1), ":") {
				start--
			}
			out = append(out, hypertext.Span{Start: lines[start].Start, End: lines[i+n-1].End})
			i += n - 1
		}
	}
	return merge(out, len(text))
}

// maxLines bounds the lines that are looked at for quotes.
const maxLines = 200_000

func lineSpans(text string) []hypertext.Span {
	out := make([]hypertext.Span, 0, strings.Count(text, "\n")+1)
	for at := 0; at <= len(text) && len(out) < maxLines; {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			out = append(out, hypertext.Span{Start: at, End: len(text)})
			break
		}
		out = append(out, hypertext.Span{Start: at, End: at + end})
		at += end + 1
	}
	return out
}

func line(text string, lines []hypertext.Span, i int) string {
	if i >= len(lines) {
		return ""
	}
	return strings.TrimSpace(text[lines[i].Start:lines[i].End])
}

// quotedRun returns how many lines from i on are marked with ">". One such
// line alone counts only below a line that ends in a colon; it may be an
// arrow.
func quotedRun(text string, lines []hypertext.Span, i int) int {
	n := 0
	for i+n < len(lines) && strings.HasPrefix(line(text, lines, i+n), ">") {
		n++
	}
	if n == 1 && (i == 0 || !strings.HasSuffix(line(text, lines, i-1), ":")) {
		return 0
	}
	return n
}

// forwardHead reports whether line i heads a forwarded or answered mail: a
// rule of dashes with some words in it, or nothing, and then lines such as
// "Von: A <a@b.example>", "Gesendet: 1. Mai 2024 10:00". Without a rule, four
// of them are wanted.
func forwardHead(text string, lines []hypertext.Span, i int) bool {
	l := line(text, lines, i)
	want := 4
	next := i
	switch {
	case strings.HasPrefix(l, "-----") || strings.HasPrefix(l, "_____") || strings.HasPrefix(l, "====="):
		want, next = 2, i+1
	case strings.HasSuffix(l, ":") && len(l) < 80 && i+1 < len(lines):
		want, next = 3, i+1
	case label(l) == "":
		return false
	}
	for next < len(lines) && next < i+4 && line(text, lines, next) == "" {
		next++
	}
	n, address, dated := 0, false, false
	for n < 8 && next+n < len(lines) {
		one := line(text, lines, next+n)
		name := label(one)
		if name == "" {
			break
		}
		value := one[len(name):]
		address = address || strings.Contains(value, "@")
		dated = dated || hasTime(value)
		n++
	}
	return n >= want && address && dated
}

// label returns the name of a line "Name: value", empty when it is none: at
// most three words, no address of the web.
func label(l string) string {
	l = strings.TrimLeft(l, "*> ")
	colon := strings.IndexByte(l[:min(len(l), 48)], ':')
	if wide := strings.Index(l[:min(len(l), 48)], "："); wide >= 0 && (colon < 0 || wide < colon) {
		colon = wide
	}
	if colon <= 0 || colon > 40 || colon+1 >= len(l) || strings.HasPrefix(l[colon:], "://") || l[colon+1] >= '0' && l[colon+1] <= '9' {
		return ""
	}
	if strings.Count(l[:colon], " ") > 2 || strings.ContainsAny(l[:colon], ".,/@<") {
		return ""
	}
	return l[:colon+1]
}

// hasTime reports whether a value holds a time of day and a digit of a date.
func hasTime(v string) bool {
	for i := 1; i+2 < len(v); i++ {
		if v[i] == ':' && v[i-1] >= '0' && v[i-1] <= '9' && v[i+1] >= '0' && v[i+1] <= '9' && v[i+2] >= '0' && v[i+2] <= '9' {
			return true
		}
	}
	return false
}

// merge sorts spans and joins those that touch.
func merge(in []hypertext.Span, n int) []hypertext.Span {
	slices.SortFunc(in, func(a, b hypertext.Span) int { return a.Start - b.Start })
	var out []hypertext.Span
	for _, s := range in {
		s.Start, s.End = min(s.Start, n), min(s.End, n)
		if s.Start >= s.End {
			continue
		}
		if k := len(out) - 1; k >= 0 && s.Start <= out[k].End+1 {
			out[k].End = max(out[k].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// excerpt is text made of pieces of another one.
type excerpt struct {
	text   string
	pieces []piece
}

type piece struct{ from, to, at int } // bytes from to to of the source stand at at

// split parts a text into what is said and what is quoted.
func split(text string, quoted []hypertext.Span) (said, quotes excerpt) {
	if len(quoted) == 0 {
		return excerpt{text, []piece{{0, len(text), 0}}}, excerpt{}
	}
	var a, b strings.Builder
	at := 0
	add := func(out *strings.Builder, e *excerpt, from, to int) {
		if strings.TrimSpace(text[from:to]) == "" {
			return
		}
		if out.Len() > 0 && !strings.HasSuffix(out.String(), "\n") {
			out.WriteByte('\n')
		}
		e.pieces = append(e.pieces, piece{from, to, out.Len()})
		out.WriteString(text[from:to])
	}
	for _, q := range quoted {
		add(&a, &said, at, q.Start)
		add(&b, &quotes, q.Start, q.End)
		at = q.End
	}
	add(&a, &said, at, len(text))
	if said.text = strings.TrimRight(a.String(), " \n\t"); fewLetters(said.text) {
		// A mail with hardly a word of its own says what it quotes: somebody
		// passed it on, or hides a message where filters do not look.
		return excerpt{text, []piece{{0, len(text), 0}}}, excerpt{}
	}
	quotes.text = strings.TrimRight(b.String(), " \n\t")
	return said, quotes
}

// ownLetters is from how many letters on a mail says something itself.
const ownLetters = 40

func fewLetters(s string) bool {
	n := 0
	for _, c := range s {
		if unicode.IsLetter(c) {
			if n++; c >= 0x3040 { // a letter of Chinese, Japanese or Korean says more
				n += 2
			}
			if n >= ownLetters {
				return false
			}
		}
	}
	return true
}

// find returns where a place of the source stands in the excerpt.
func (e *excerpt) find(start, end int) (from, to int, ok bool) {
	for _, p := range e.pieces {
		if start >= p.from && start < p.to {
			from = p.at + start - p.from
			to = p.at + min(end, p.to) - p.from
			return min(from, len(e.text)), min(to, len(e.text)), true
		}
	}
	return 0, 0, false
}

// moveLinks sets the places of links into the parts that their text went to.
func moveLinks(links []contact.Link, name string, said, quoted excerpt) []contact.Link {
	if len(quoted.pieces) == 0 {
		return links
	}
	for i := range links {
		l := &links[i]
		if l.Part != name {
			continue
		}
		if from, to, ok := quoted.find(l.Start, l.End); ok {
			l.Part, l.Start, l.End = name+":quoted", from, to
		} else if from, to, ok := said.find(l.Start, l.End); ok {
			l.Start, l.End = from, to
		} else {
			l.Part, l.Start, l.End = "", 0, 0
		}
	}
	return links
}

// unquoteLines removes the marks of quoting at the beginning of lines.
func unquoteLines(s string) string {
	if s == "" {
		return ""
	}
	var out strings.Builder
	for l := range strings.SplitSeq(s, "\n") {
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		if strings.HasPrefix(strings.TrimLeft(l, " "), ">") {
			l = strings.TrimLeft(l, "> ")
		}
		out.WriteString(l)
	}
	return out.String()
}
