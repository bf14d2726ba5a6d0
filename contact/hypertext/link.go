package hypertext

import (
	"strings"

	"bonafide/contact"
)

// link is a link while its words are still being read.
type link struct {
	raw, text, from string
	start, end      int
	begun, hidden   bool
	pictures        int
}

// extend takes words that stand at from to to into the link. Visible words
// win over hidden ones.
func (l *link) extend(from, to int, hidden bool) {
	if l.begun && (hidden && !l.hidden) {
		return
	}
	if !l.begun || l.hidden && !hidden {
		l.start, l.begun, l.hidden = from, true, hidden
	}
	l.end = to
}

func (r *reader) startLink(href string) {
	r.link = -1
	if !r.room() {
		return
	}
	r.links = append(r.links, link{raw: href, from: "html", start: -1, end: -1})
	r.link = len(r.links) - 1
	r.javascript(href)
}

// javascript looks into the target of a link that is a script.
func (r *reader) javascript(target string) {
	if t := strings.TrimSpace(target); len(t) > 11 && strings.EqualFold(t[:11], "javascript:") {
		r.view.Scripts++
		r.redirects(t[11:])
	}
}

func (r *reader) endLink() { r.link = -1 }

// standalone keeps a target that stands for no words of the text, or for the
// given ones.
func (r *reader) standalone(raw, text, from string) {
	if strings.TrimSpace(raw) == "" || !r.room() {
		return
	}
	r.links = append(r.links, link{raw: raw, text: text, from: from, start: -1, end: -1})
	r.javascript(raw)
}

func (r *reader) room() bool {
	if len(r.links) < r.opt.MaxLinks {
		return true
	}
	r.view.Cut = true
	return false
}

// finish closes all that is open and makes the view of what was read.
func (r *reader) finish() View {
	for len(r.stack) > 1 {
		r.pop()
	}
	v := &r.view
	v.Text, v.Hidden = r.seen.text(), r.unseen.text()
	if !r.seen.begun {
		v.Preheader = len(v.Hidden)
	}
	v.Preheader = min(v.Preheader, len(v.Hidden))
	if r.quoteAll >= 0 && r.quoteAll < len(v.Text) {
		v.Quoted = append(v.Quoted, Span{r.quoteAll, len(v.Text)})
	}
	v.Quoted = joined(v.Quoted, len(v.Text))
	if len(r.links) > 0 {
		v.Links = make([]contact.Link, 0, len(r.links))
	}
	for i := range r.links {
		v.Links = append(v.Links, r.contactLink(&r.links[i]))
	}
	return r.view
}

func (r *reader) contactLink(l *link) contact.Link {
	out := contact.Link{Raw: join(r.view.Base, l.raw), Text: l.text, From: l.from}
	if l.from == "html" && l.pictures > 0 && (!l.begun || l.hidden) {
		out.From = "image"
	}
	text := r.view.Text
	part := r.opt.Part
	if l.hidden {
		text, part = r.view.Hidden, r.opt.Part+":hidden"
	}
	if !l.begun || l.start > len(text) {
		return out
	}
	out.Part, out.Start, out.End = part, l.start, min(l.end, len(text))
	if !l.hidden {
		out.Text = strings.ReplaceAll(text[out.Start:out.End], "\n", " ")
	}
	return out
}

// joined sorts spans into disjoint ones within length n. Inner elements are
// closed before outer ones, so that only the last ones can overlap.
func joined(spans []Span, n int) []Span {
	out := spans[:0]
	for _, s := range spans {
		s.End = min(s.End, n)
		for len(out) > 0 && s.Start <= out[len(out)-1].End {
			s.Start = min(s.Start, out[len(out)-1].Start)
			s.End = max(s.End, out[len(out)-1].End)
			out = out[:len(out)-1]
		}
		if s.Start < s.End {
			out = append(out, s)
		}
	}
	return out
}

// join resolves a relative target against the base element in the simple way
// that mails use it: the base's site, or its folder.
func join(base, raw string) string {
	t := strings.TrimSpace(raw)
	if base == "" || t == "" || t[0] == '#' || hasScheme(t) {
		return raw
	}
	scheme, rest, ok := strings.Cut(base, "://")
	if !ok {
		return raw
	}
	if strings.HasPrefix(t, "//") {
		return scheme + ":" + t
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return base + "/" + strings.TrimPrefix(t, "/")
	}
	if t[0] == '/' {
		return scheme + "://" + rest[:slash] + t
	}
	return scheme + "://" + rest[:strings.LastIndexByte(rest, '/')+1] + t
}

// hasScheme reports whether a target begins with a scheme (RFC 3986, 3.1).
func hasScheme(t string) bool {
	for i := 0; i < len(t) && i < 40; i++ {
		c := t[i] | 0x20
		switch {
		case c >= 'a' && c <= 'z':
		case i > 0 && (t[i] >= '0' && t[i] <= '9' || t[i] == '+' || t[i] == '-' || t[i] == '.'):
		case t[i] == ':':
			return i > 0
		default:
			return false
		}
	}
	return false
}
