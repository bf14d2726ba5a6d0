package image

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/ident"
)

// MaxText is the number of bytes of read text that are kept; a full page of a
// letter has about 5,000.
const MaxText = 128 << 10

// Layouts know what stands on screens and letters beside the message: header
// lines of mail programs, buttons, names of chat programs. Immutable after
// Load, safe for concurrent use.
type Layouts struct {
	header    map[string]string // label in lower case -> "from", "to", "subject" …
	chrome    map[string]bool
	platforms map[string]string
}

// Load reads message/layout.yaml of the data folder.
func Load(fsys fs.FS) (*Layouts, error) {
	const name = "message/layout.yaml"
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("image: read %s: %w", name, err)
	}
	var f struct {
		From, To, Subject, Date, Reply, Chrome []string
		Platforms                              map[string][]string
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("image: parse %s: %w", name, err)
	}
	if len(f.From) == 0 || len(f.Subject) == 0 {
		return nil, fmt.Errorf("image: %s: want from and subject", name)
	}
	l := &Layouts{header: map[string]string{}, chrome: map[string]bool{}, platforms: map[string]string{}}
	for field, list := range map[string][]string{"from": f.From, "to": f.To, "subject": f.Subject, "date": f.Date, "reply": f.Reply} {
		for _, w := range list {
			l.header[w] = field
		}
	}
	for _, w := range f.Chrome {
		l.chrome[w] = true
	}
	for id, list := range f.Platforms {
		for _, w := range list {
			l.platforms[w] = id
		}
	}
	return l, nil
}

// FromText builds the contact of a screenshot or letter from the text that OCR
// read. It recognises the header of a mail and the sender at the top of a
// screen of messages; both are what the picture claims. The text goes into the
// part "ocr", with what OCR breaks mended: spaces between Japanese characters,
// words and addresses broken across lines, lines wrapped on the screen.
func (l *Layouts) FromText(text string, ch contact.Channel, at time.Time) *contact.Contact {
	c := &contact.Contact{Channel: ch, At: at}
	if len(text) > MaxText {
		n := MaxText
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
		c.Problems = append(c.Problems, contact.Problem{Code: "truncated", Detail: "the text of a picture exceeds the limit"})
	}
	lines := tidyLines(text)
	screen := ch != contact.Letter
	if screen {
		lines = dropStatusBar(lines)
	}
	rest, mail := l.mailHeader(c, lines)
	if !mail && screen {
		rest = l.screenHeader(c, lines)
	}
	body := unwrap(rest)
	if body == "" {
		c.Problems = append(c.Problems, contact.Problem{Code: "no_text", Detail: "no text was found in the picture"})
		return c
	}
	c.Parts = append(c.Parts, contact.Part{Name: "ocr", Kind: contact.Said, Text: body})
	return c
}

// tidyLines splits into trimmed lines with the spaces between Japanese
// characters removed. Empty lines stay, at most one after another.
func tidyLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\x00", "").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	var out []string
	for line := range strings.Lines(text) {
		line = JoinJapanese(strings.TrimSpace(line))
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return out
}

// JoinJapanese removes the spaces that OCR puts between characters of scripts
// that are written without: "お 荷物 の" becomes "お荷物の".
func JoinJapanese(s string) string {
	if !strings.ContainsFunc(s, wide) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	before := rune(0)
	for i, r := range s {
		if r == ' ' || r == '\u3000' || r == '\u00a0' {
			after, _ := utf8.DecodeRuneInString(strings.TrimLeft(s[i:], " \u3000\u00a0"))
			if wide(before) && wide(after) || wide(before) && after >= '0' && after <= '9' || wide(after) && endsInNumber(s[:i]) || wide(before) && strings.ContainsRune(":,.!?)", after) || before == '(' && wide(after) {
				continue
			}
		} else {
			before = r
		}
		b.WriteRune(r)
	}
	return b.String()
}

// endsInNumber reports whether the last word is a number, and not the end of an
// address.
func endsInNumber(s string) bool {
	digits := 0
	for len(s) > 0 && digits < 16 {
		r, size := utf8.DecodeLastRuneInString(s)
		if r < '0' || r > '9' {
			return digits > 0 && (r == ' ' || wide(r))
		}
		s = s[:len(s)-size]
		digits++
	}
	return digits > 0 && len(s) == 0
}

func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3001 && r <= 0x303f || r == 'ー' || r >= 0xff01 && r <= 0xff9f
}

// dropStatusBar removes the clock and signs at the top of a telephone's screen.
func dropStatusBar(lines []string) []string {
	for len(lines) > 0 {
		first := lines[0]
		bar := utf8.RuneCountInString(first) <= 40 && startsWithClock(first) || len(strings.Fields(first)) <= 3 && strings.HasSuffix(first, "%")
		if first != "" && !bar {
			return lines
		}
		lines = lines[1:]
	}
	return lines
}

func startsWithClock(s string) bool {
	h, rest, ok := strings.Cut(s, ":")
	if !ok || len(h) < 1 || len(h) > 2 || strings.Trim(h, "0123456789") != "" || len(rest) < 2 || strings.Trim(rest[:2], "0123456789") != "" {
		return false
	}
	// "9:00 Uhr Termin" goes on with words; a status bar with short signs.
	words := strings.Fields(rest[2:])
	long := 0
	for _, w := range words {
		if utf8.RuneCountInString(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })) > 4 {
			long++
		}
	}
	return long == 0
}

// mailHeader takes the header lines of a mail program from the first lines. It
// reports whether there was a line "From: …".
func (l *Layouts) mailHeader(c *contact.Contact, lines []string) (rest []string, found bool) {
	last, seen := 0, 0
	subject, taken := "", map[int]bool{}
	top := lines[:min(len(lines), 16)]
	for i := 0; i < len(top); i++ {
		field, value := l.headerLine(top[i])
		if field == "" {
			continue
		}
		used := i + 1
		// A value that ends within an address goes on in the next line.
		if strings.Contains(value, "<") && !strings.Contains(value, ">") && used < len(lines) {
			if lines[used] == "" && used+1 < len(lines) {
				used++
			}
			value += lines[used]
			taken[used] = true
			used++
		}
		switch field {
		case "from":
			if !found {
				c.Sender = claimed(value)
			}
			found = true
		case "subject":
			subject = value
		}
		seen++
		last, i = used, used-1
	}
	if !found || (seen < 2 && c.Sender.Mail.Domain == "") {
		// One line "From: London" in a letter is no mail.
		c.Sender = contact.Sender{}
		return lines, false
	}
	if subject != "" {
		c.Parts = append(c.Parts, contact.Part{Name: "subject", Kind: contact.Said, Text: subject})
	}
	for i, line := range lines[:last] {
		if f, _ := l.headerLine(line); f == "" && !taken[i] && line != "" && !l.isChrome(line) {
			rest = append(rest, line)
		}
	}
	return append(rest, lines[last:]...), true
}

func (l *Layouts) headerLine(line string) (field, value string) {
	i := strings.IndexAny(line, ":：")
	if i <= 0 || i > 40 {
		return "", ""
	}
	_, size := utf8.DecodeRuneInString(line[i:])
	return l.header[strings.ToLower(strings.TrimSpace(line[:i]))], strings.TrimSpace(line[i+size:])
}

// claimed reads "Name <a@b>", "a@b" or "Name".
func claimed(s string) contact.Sender {
	name, addr := s, s
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		name, addr = s[:i], strings.TrimRight(s[i+1:], "> ")
	} else if i := strings.LastIndexByte(s, '('); i >= 0 && strings.Contains(s[i:], "@") {
		name, addr = s[:i], strings.TrimRight(s[i+1:], ") ")
	}
	out := contact.Sender{Name: cutRunes(strings.Trim(name, " \"'"), 120)}
	if m, err := ident.ParseMail(strings.ReplaceAll(addr, " ", "")); err == nil {
		out.Mail = m
		if name == addr {
			out.Name = ""
		}
	}
	return out
}

func cutRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// screenHeader takes the sender's name or number from the top of a screen of
// messages, and drops the buttons around.
func (l *Layouts) screenHeader(c *contact.Contact, lines []string) []string {
	var rest []string
	open := true
	for i, line := range lines {
		switch {
		case line == "":
			rest = append(rest, line)
			continue
		case l.isChrome(line):
			if id, ok := l.platforms[strings.ToLower(line)]; ok && i < 4 {
				c.Platform = id
			}
			continue
		case open && i < 6 && isNumber(line):
			c.Sender.Number, open = line, false
			continue
		case open && i < 3 && isName(line) && followed(lines[i+1:]):
			c.Sender.Name, open = strings.Trim(line, "<>‹› "), false
			continue
		}
		open = false
		rest = append(rest, line)
	}
	return rest
}

func (l *Layouts) isChrome(line string) bool {
	low := strings.ToLower(strings.Trim(line, "<>‹›«» •·"))
	if l.chrome[low] || l.platforms[low] != "" {
		return true
	}
	// "Today 9:41", "iMessage Heute 14:05"
	words := strings.Fields(low)
	for _, w := range words {
		if !l.chrome[w] && strings.Trim(w, "0123456789:.,-/amp") != "" {
			return false
		}
	}
	return len(words) > 0 && l.chrome[words[0]]
}

func isNumber(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-()/. <>‹›\u2011\u2013", r):
			return false
		}
	}
	return digits >= 4 && digits <= 16
}

// isName reports a line that could be a sender's name at the top of a screen:
// short, without the end of a sentence, no address.
func isName(s string) bool {
	n := utf8.RuneCountInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return n >= 2 && n <= 30 && len(strings.Fields(s)) <= 4 && !strings.ContainsRune(".!?,:;。！？、", last) &&
		!strings.ContainsAny(s, "/@") && strings.ContainsFunc(s, unicode.IsLetter)
}

// followed reports whether a message comes after a name: a line longer than a
// name.
func followed(lines []string) bool {
	for _, l := range lines {
		if utf8.RuneCountInString(l) > 15 {
			return true
		}
	}
	return false
}
