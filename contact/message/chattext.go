package message

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"bonafide/contact"
)

// stamp is the date and time in front of a line of an exported chat, before it
// is known which of two numbers is the day.
type stamp struct {
	a, b, c      int // the three numbers of the date as written
	sep          byte
	hour, minute int
	second       int
	half         string // word for the half of the day, lower case
	signal       bool   // ISO date in brackets without a comma
}

// splitStamp reads the date in front of a line:
//
//	12/31/26, 10:15 PM - Name: text        Android, English (US)
//	31.12.26, 22:15 - Name: text           Android, German
//	2026/12/31 22:15 - Name: text          Android, Japanese
//	[31.12.26, 22:15:03] Name: text        iOS
//	[2026-12-31 22:15] Name: text          Signal, desktop export
func splitStamp(l string) (st stamp, rest string, ok bool) {
	l = strings.TrimLeft(l, "\u200e\u200f\u202a\u202c\ufeff ")
	l, bracket := strings.CutPrefix(l, "[")
	p := scanner{s: l}
	st.a, st.sep = p.number(4), p.one("/.-")
	st.b = p.number(2)
	if st.sep == 0 || p.one(string(st.sep)) == 0 {
		return st, "", false
	}
	st.c = p.number(4)
	comma := p.one(",") != 0
	p.one(".")
	p.spaces()
	st.half = p.word()
	p.spaces()
	st.hour = p.number(2)
	if p.one(":.") == 0 {
		return st, "", false
	}
	st.minute = p.number(2)
	if p.one(":.") != 0 {
		st.second = p.number(2)
	}
	if p.bad {
		return st, "", false
	}
	p.spaces()
	if w := p.word(); w != "" && st.half == "" {
		st.half = w
	}
	p.spaces()
	if bracket {
		st.signal = st.sep == '-' && !comma
		rest, ok = strings.CutPrefix(p.rest(), "]")
	} else {
		rest, ok = strings.CutPrefix(p.rest(), "-")
		if !ok {
			rest, ok = strings.CutPrefix(p.rest(), "–")
		}
	}
	return st, strings.TrimLeft(rest, " "), ok
}

// scanner reads a stamp from left to right.
type scanner struct {
	s   string
	i   int
	bad bool
}

func (p *scanner) rest() string { return p.s[p.i:] }

func (p *scanner) number(digits int) int {
	start := p.i
	for p.i < len(p.s) && p.i-start < digits && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	n, err := strconv.Atoi(p.s[start:p.i])
	if err != nil {
		p.bad = true
	}
	return n
}

func (p *scanner) one(of string) byte {
	if p.i < len(p.s) && strings.IndexByte(of, p.s[p.i]) >= 0 {
		p.i++
		return p.s[p.i-1]
	}
	return 0
}

func (p *scanner) spaces() {
	p.i += len(p.rest()) - len(strings.TrimLeft(p.rest(), " \u00a0\u202f\u200e"))
}

// word reads up to 16 bytes of letters, dots and inner spaces: "PM", "a. m.",
// "午後".
func (p *scanner) word() string {
	end := 0
	for i, r := range p.rest() {
		if i > 16 || (!unicode.IsLetter(r) && r != '.' && r != ' ' && r != '\u00a0' && r != '\u202f') {
			break
		}
		end = i + len(string(r))
	}
	w := p.rest()[:end]
	p.i += len(strings.TrimRight(w, " \u00a0\u202f"))
	return strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(w)), " "))
}

// dayFirst decides for a whole export which of two numbers separated by slashes
// is the day: a number above 12 shows it; else the twelve-hour clock goes with
// the month in front; else the day is in front.
func dayFirst(stamps []stamp) bool {
	half := false
	for _, st := range stamps {
		if st.sep == '/' && st.a <= 31 {
			if st.a > 12 {
				return true
			}
			if st.b > 12 {
				return false
			}
		}
		half = half || st.half != ""
	}
	return !half
}

func (st stamp) time(dayFirst bool, w *Words, zone *time.Location) time.Time {
	y, m, d := st.c, st.b, st.a
	switch {
	case st.a > 31:
		y, m, d = st.a, st.b, st.c
	case st.sep == '-' && st.c > 31:
		// 31-12-2026
	case st.sep == '/' && !dayFirst:
		m, d = st.a, st.b
	}
	if y < 100 {
		y += 2000
	}
	h := st.hour
	if w != nil && st.half != "" {
		switch {
		case oneOf(w.pm, st.half) && h < 12:
			h += 12
		case oneOf(w.am, st.half) && h == 12:
			h = 0
		}
	}
	if m < 1 || m > 12 || d < 1 || d > 31 || h > 23 || st.minute > 59 || st.second > 60 {
		return time.Time{}
	}
	return time.Date(y, time.Month(m), d, h, st.minute, st.second, 0, zone)
}

func oneOf(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// splitName parts "Name: text". A name is at most 80 bytes of one line.
func splitName(s string) (name, text string, ok bool) {
	i := strings.Index(s, ": ")
	if i < 0 && strings.HasSuffix(s, ":") {
		i = len(s) - 1
	}
	if i <= 0 || i > 80 {
		return "", "", false
	}
	name = strings.Trim(s[:i], " \u200e\u200f\u202a\u202c\u00a0\u202f~")
	return name, strings.TrimPrefix(s[i+1:], " "), name != ""
}

// readChatText reads an export of dated lines. Lines without a date go on with
// the message above; lines without a name are the program's own.
func readChatText(s, kind string, opt Options) (*talk, error) {
	t := &talk{platform: "whatsapp"}
	if kind == KindSignalText {
		t.platform = "signal"
	}
	var stamps []stamp
	var texts []*strings.Builder
	skip := true
	for l := range strings.Lines(s) {
		l = strings.TrimRight(l, "\r\n")
		st, rest, ok := splitStamp(l)
		if !ok {
			if !skip && texts[len(texts)-1].Len() < MaxText+1 {
				texts[len(texts)-1].WriteByte('\n')
				texts[len(texts)-1].WriteString(l)
			}
			continue
		}
		name, text, named := splitName(rest)
		if skip = !named; skip {
			continue
		}
		if len(t.lines) >= opt.Messages {
			return nil, ErrTooLarge
		}
		b := &strings.Builder{}
		b.WriteString(text)
		stamps, texts = append(stamps, st), append(texts, b)
		t.lines = append(t.lines, line{from: name})
	}
	df := dayFirst(stamps)
	kept := t.lines[:0]
	for i, l := range t.lines {
		l.at, l.text = stamps[i].time(df, opt.Words, opt.Zone), texts[i].String()
		if l.file(opt.Words) {
			kept = append(kept, l)
		}
	}
	t.lines = kept
	if len(t.lines) == 0 {
		return nil, ErrUnknownFormat
	}
	return t, nil
}

// file turns a note about a file into an attachment. It reports whether
// anything is left of the line: what the program wrote is dropped.
func (l *line) file(w *Words) bool {
	mark := strings.Trim(l.text, "\u200e\u200f \n")
	if w.isSystem(mark) {
		return false
	}
	if name, rest, ok := w.attachment(mark); ok {
		l.files = append(l.files, contact.Attachment{Name: baseName(name)})
		l.text = rest
		return true
	}
	l.text = strings.TrimRight(l.text, "\n ")
	return l.text != "" || len(l.files) > 0
}
