package call

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"bonafide/contact"
)

// The kinds of text that Sniff tells apart.
const (
	KindTranscript = "transcript" // turns with speaker labels
	KindSRT        = "srt"        // SubRip captions
	KindVTT        = "vtt"        // WebVTT captions
)

// maxTurns bounds the turns of one transcript; the rest goes into the last.
const maxTurns = 5000

// Turn is what one speaker says before the other does.
type Turn struct {
	// Speaker is the label as written; empty when there is none.
	Speaker string
	Side    Side
	Text    string
	// parts gather the text while it is read.
	parts []string
}

// Sniff tells captions and labelled transcripts from other text by their first
// bytes. A transcript needs two turns, each on a line of its own: what stands
// inline only Labels can find.
func Sniff(head []byte) (kind string, ok bool) {
	head = bytes.TrimPrefix(head[:min(len(head), 16<<10)], []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(head, []byte("WEBVTT")) {
		return KindVTT, true
	}
	lines := strings.SplitN(string(head), "\n", 60)
	for i, l := range lines {
		if isTiming(l) && i > 0 {
			return KindSRT, true
		}
	}
	seen, twice := map[string]bool{}, false
	for _, l := range lines {
		if label, _, ok := lineLabel(l); ok {
			key := strings.ToLower(label)
			twice = twice || seen[key]
			seen[key] = true
		}
	}
	if twice && len(seen) <= 6 || len(seen) == 2 && len(lines) <= 4 {
		return KindTranscript, true
	}
	return "", false
}

// isTiming reports a line "00:00:01,000 --> 00:00:04,000" of captions.
func isTiming(l string) bool {
	a, b, ok := strings.Cut(strings.TrimSpace(l), "-->")
	return ok && len(l) < 200 && startsWithTime(a) && startsWithTime(strings.TrimSpace(b))
}

func startsWithTime(s string) bool {
	return len(s) >= 5 && s[0] >= '0' && s[0] <= '9' && strings.ContainsRune(s, ':')
}

// Transcript builds the contact of a transcript or captions. The other side's
// words make the part "transcript" (said), the words of the person who was
// called the part "transcript:me" (told). A text without labels, or with labels
// that tell nothing, is all said.
func (l *Labels) Transcript(text string, facts Facts) *contact.Contact {
	c := start(facts)
	p := part(c, "transcript", contact.Said, text)
	var said, told []string
	for _, t := range l.Turns(p.Text, facts.StartedByUser == contact.Yes) {
		if t.Side == Me {
			told = append(told, t.Text)
		} else {
			said = append(said, t.Text)
		}
	}
	if len(said) > 0 {
		c.Parts = append(c.Parts, contact.Part{Name: "transcript", Kind: contact.Said, Text: strings.Join(said, "\n")})
	}
	if len(told) > 0 {
		c.Parts = append(c.Parts, contact.Part{Name: "transcript:me", Kind: contact.Told, Text: strings.Join(told, "\n")})
	}
	return c
}

// Turns parts a transcript into turns, for showing it and for telling the sides
// apart. startedByUser says that the person rang up themselves: then "caller" is
// the person. Every turn has text.
func (l *Labels) Turns(text string, startedByUser bool) []Turn {
	switch kind, _ := Sniff([]byte(text)); kind {
	case KindVTT, KindSRT:
		text = captionText(text)
	}
	turns := l.split(text)
	l.decide(turns, startedByUser)
	return merge(turns)
}

// split parts text at labels at the start of lines, and at known labels after
// the end of a sentence.
func (l *Labels) split(text string) []Turn {
	known := l.lineLabels(text)
	var turns []Turn
	add := func(speaker, s string) {
		if s = strings.TrimSpace(s); s == "" {
			return
		}
		if n := len(turns); n > 0 && (speaker == "" || n >= maxTurns) {
			turns[n-1].parts = append(turns[n-1].parts, s)
			return
		}
		turns = append(turns, Turn{Speaker: speaker, parts: []string{s}})
	}
	for line := range strings.Lines(text) {
		line = dropTime(strings.TrimRight(line, "\r\n"))
		speaker := ""
		if label, rest, ok := lineLabel(line); ok && (known[strings.ToLower(label)] || l.known(label)) {
			speaker, line = label, rest
		}
		for {
			at, label, rest := l.inline(line)
			if at < 0 {
				add(speaker, line)
				break
			}
			add(speaker, line[:at])
			speaker, line = label, rest
		}
	}
	for i := range turns {
		turns[i].Text = strings.Join(turns[i].parts, "\n")
	}
	return turns
}

func (l *Labels) known(label string) bool {
	_, ok := l.side[plainLabel(label)]
	return ok
}

// plainLabel drops a number behind a label and brackets around it.
func plainLabel(s string) string {
	s = strings.ToLower(strings.Trim(s, " []()*_"))
	return strings.TrimSpace(strings.TrimRight(s, "0123456789０１２３４５６７８９#"))
}

// lineLabels lists labels that begin at least two lines, in lower case: names
// of people, for instance.
func (l *Labels) lineLabels(text string) map[string]bool {
	count := map[string]int{}
	for line := range strings.Lines(text) {
		if label, _, ok := lineLabel(dropTime(line)); ok && len(count) < 200 {
			count[strings.ToLower(label)]++
		}
	}
	out := map[string]bool{}
	for label, n := range count {
		if n >= 2 {
			out[label] = true
		}
	}
	return out
}

// lineLabel parts "Label: text" at the start of a line. A label has at most
// three words and 30 runes, begins with a letter, and is no address or time.
func lineLabel(line string) (label, rest string, ok bool) {
	line = strings.TrimSpace(line)
	i := strings.IndexAny(line, ":：")
	if i <= 0 || i > 90 {
		return "", "", false
	}
	label = strings.Trim(line[:i], " []()*_")
	_, size := utf8.DecodeRuneInString(line[i:])
	rest = strings.TrimLeft(line[i+size:], " *_\u3000")
	first, _ := utf8.DecodeRuneInString(label)
	if !unicode.IsLetter(first) || utf8.RuneCountInString(label) > 30 || len(strings.Fields(label)) > 3 || strings.HasPrefix(rest, "//") {
		return "", "", false
	}
	return label, rest, !strings.ContainsAny(label, ".,;!?/@\"")
}

// inline finds the first label within a line that the vocabulary knows, after
// the end of a sentence or a run of spaces.
func (l *Labels) inline(line string) (at int, label, rest string) {
	for from := 0; ; {
		i := strings.IndexAny(line[from:], ":：")
		if i < 0 {
			return -1, "", ""
		}
		i += from
		start := l.labelBefore(line[:i])
		_, size := utf8.DecodeRuneInString(line[i:])
		if start > 0 {
			return start, strings.Trim(line[start:i], " []()*_"), strings.TrimLeft(line[i+size:], " *_\u3000")
		}
		from = i + size
	}
}

// labelBefore returns where a label that ends s begins; 0 when none does.
func (l *Labels) labelBefore(s string) int {
	start, runes := len(s), 0
	for start > 0 && runes <= l.longest+3 {
		r, size := utf8.DecodeLastRuneInString(s[:start])
		if unicode.IsSpace(r) || strings.ContainsRune(".!?。！？…\"”*", r) {
			if l.known(s[start:]) && sentenceEnd(s[:start]) {
				return start
			}
			if !unicode.IsSpace(r) {
				return 0
			}
		}
		start -= size
		runes++
	}
	return 0
}

func sentenceEnd(s string) bool {
	trimmed := strings.TrimRight(s, " \t\u3000*_[(")
	if len(s)-len(trimmed) >= 2 {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(trimmed)
	return strings.ContainsRune(".!?。！？…\"”’')）」-—", r)
}

// dropTime removes a time in front of a line: "[00:01:02] ", "00:12 - ".
func dropTime(line string) string {
	s := strings.TrimLeft(line, " \t[(")
	i := 0
	for i < len(s) && i < 12 && (s[i] >= '0' && s[i] <= '9' || s[i] == ':' || s[i] == '.' || s[i] == ',') {
		i++
	}
	if i < 4 || !strings.Contains(s[:i], ":") {
		return line
	}
	if rest := strings.TrimLeft(s[i:], " \t])-–"); i == len(s) || len(rest) < len(s[i:]) {
		return rest
	}
	return line
}

// decide gives each turn its side from its label and from who else speaks.
func (l *Labels) decide(turns []Turn, startedByUser bool) {
	agent, sides := false, map[string]Side{}
	for _, t := range turns {
		k := plainLabel(t.Speaker)
		agent = agent || l.agent[k]
		sides[strings.ToLower(t.Speaker)] = l.side[k]
	}
	has := map[Side]bool{}
	for name, s := range sides {
		if s == caller {
			// With an agent on the line, or when the person rang up, the caller
			// is the customer.
			if s = Other; agent || startedByUser {
				s = Me
			}
			sides[name] = s
		}
		has[s] = true
	}
	delete(sides, "")
	// Of two speakers, knowing one is knowing both. "Me" alone shows it; "Other"
	// alone leaves unclear words on the other side, where they are looked at.
	if len(sides) == 2 {
		for name, s := range sides {
			switch {
			case s == Unclear && has[Other]:
				sides[name] = Me
			case s == Unclear && has[Me]:
				sides[name] = Other
			}
		}
	}
	for i := range turns {
		turns[i].Side = sides[strings.ToLower(turns[i].Speaker)]
	}
}

func merge(turns []Turn) []Turn {
	var out []Turn
	for _, t := range turns {
		if n := len(out); n > 0 && out[n-1].Side == t.Side && out[n-1].Speaker == t.Speaker {
			out[n-1].parts = append(out[n-1].parts, t.parts...)
			continue
		}
		out = append(out, t)
	}
	for i := range out {
		out[i].Text = strings.Join(out[i].parts, "\n")
		out[i].parts = nil
	}
	return out
}

// captionText makes labelled lines of captions: counters, timings, styles and
// notes go, and a voice tag <v Name> becomes a label. Captions that go on in the
// next cue without a new label belong to the same speaker.
func captionText(s string) string {
	var b strings.Builder
	block := false // within STYLE, NOTE, REGION
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimSpace(strings.TrimRight(l, "\r"))
		switch {
		case l == "":
			block = false
		case strings.HasPrefix(l, "WEBVTT"), isTiming(l), block:
		case l == "STYLE", l == "REGION", strings.HasPrefix(l, "NOTE"):
			block = true
		case i+1 < len(lines) && isTiming(lines[i+1]):
			// The counter or name of a cue.
		default:
			b.WriteString(untag(l))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// untag removes tags of captions and turns voice tags into labels.
func untag(l string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(l, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(l[open:], '>')
		if end < 0 {
			break
		}
		tag := l[open+1 : open+end]
		b.WriteString(l[:open])
		l = l[open+end+1:]
		if tag == "v" || strings.HasPrefix(tag, "v ") || strings.HasPrefix(tag, "v.") {
			if _, name, ok := strings.Cut(tag, " "); ok {
				if b.Len() > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(strings.TrimSpace(name) + ": ")
			}
		}
	}
	b.WriteString(l)
	return html.UnescapeString(b.String())
}
