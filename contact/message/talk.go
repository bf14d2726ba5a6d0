package message

import (
	"slices"
	"strings"
	"time"

	"bonafide/contact"
)

// talk is one exported chat.
type talk struct {
	platform string
	// me and other are hints of the export itself; empty when it has none.
	me, other string
	lines     []line
	problems  []contact.Problem
}

// line is one message of a chat.
type line struct {
	at    time.Time
	from  string
	text  string
	links []contact.Link
	files []contact.Attachment
	// buf gathers the text while a reader is at it.
	buf []byte
}

// contacts makes one contact for each person other than the exporter, in the
// order of their first messages.
func (t *talk) contacts(opt Options) []*contact.Contact {
	me, known := t.exporter(opt)
	byName := map[string]*contact.Contact{}
	var out []*contact.Contact
	for i := range t.lines {
		l := &t.lines[i]
		if known && sameName(l.from, me) {
			continue
		}
		key := nameKey(l.from)
		c := byName[key]
		if c == nil {
			c = build(contact.Chat, l.from, l.at)
			c.Platform = t.platform
			c.Problems = slices.Clone(t.problems)
			byName[key], out = c, append(out, c)
		}
		take(c, l)
	}
	if opt.Sent && known && len(out) == 1 {
		return []*contact.Contact{t.whole(out[0], me)}
	}
	return out
}

// whole builds the contact of a chat of two again, with both sides in the order
// in which they wrote.
func (t *talk) whole(c *contact.Contact, me string) *contact.Contact {
	c.Parts, c.Links, c.Attachments = nil, nil, nil
	for i := range t.lines {
		l := &t.lines[i]
		if !sameName(l.from, me) {
			take(c, l)
		} else if l.text != "" && len(c.Parts) < maxParts {
			addPart(c, contact.Told, l.text)
		}
	}
	return c
}

func take(c *contact.Contact, l *line) {
	if len(c.Parts) >= maxParts {
		if !slices.ContainsFunc(c.Problems, func(p contact.Problem) bool { return p.Code == "truncated" }) {
			c.Problems = append(c.Problems, contact.Problem{Code: "truncated", Detail: "more messages than one contact holds"})
		}
		return
	}
	c.Attachments = append(c.Attachments, l.files...)
	if l.text == "" {
		return
	}
	addText(c, l.text)
	for _, link := range l.links {
		link.Part = c.Parts[len(c.Parts)-1].Name
		c.Links = append(c.Links, link)
	}
}

// exporter tells who exported the chat. False means that nobody can tell, and
// everybody is taken for the other side.
func (t *talk) exporter(opt Options) (string, bool) {
	names := t.names()
	pick := func(is func(string) bool) (string, bool) {
		if i := slices.IndexFunc(names, is); i >= 0 {
			return names[i], true
		}
		return "", false
	}
	if opt.Me != "" {
		// Who is named but wrote nothing is still the exporter.
		return opt.Me, true
	}
	if n, ok := pick(func(n string) bool { return t.me != "" && sameName(n, t.me) }); ok {
		return n, true
	}
	if n, ok := pick(opt.Words.isSelf); ok {
		return n, true
	}
	if len(names) != 2 {
		return "", false
	}
	if t.other != "" {
		if sameName(names[0], t.other) {
			return names[1], true
		}
		if sameName(names[1], t.other) {
			return names[0], true
		}
	}
	return names[1], true
}

// names lists the writers in the order of their first messages, at most 1,000.
func (t *talk) names() []string {
	seen := map[string]bool{}
	var out []string
	for i := range t.lines {
		k := nameKey(t.lines[i].from)
		if !seen[k] && len(out) < 1000 {
			seen[k] = true
			out = append(out, t.lines[i].from)
		}
	}
	return out
}

func nameKey(s string) string {
	if IsNumber(s) {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '+' {
				return r
			}
			return -1
		}, s)
	}
	return strings.ToLower(strings.TrimSpace(strings.Trim(s, "\u200e\u200f\u202a\u202c~ \u00a0\u202f")))
}

func sameName(a, b string) bool { return nameKey(a) == nameKey(b) }
