package mail

import (
	"fmt"
	"strings"

	"bonafide/contact"
	"bonafide/contact/attachment"
	"bonafide/contact/hypertext"
	"bonafide/contact/hypertext/charset"
)

// body reads a text of the mail.
func (r *reader) body(n *node, p place) {
	raw := r.content(n)
	if p.unseen {
		r.unseen(n, raw)
		return
	}
	r.bodies++
	name := "body"
	if r.filled > 0 {
		name = fmt.Sprintf("body:%d", r.filled+1)
	}
	before := len(r.c.Parts)
	if len(raw) > 4*r.opt.Limits.TextBytes {
		raw = raw[:4*r.opt.Limits.TextBytes]
		r.problem("truncated", "mail has more text than is read")
	}
	switch {
	case n.media == "text/html" || n.media == "text/x-amp-html" || pageLike(raw):
		r.html(name, n, raw, p)
	case n.media == "text/calendar":
		r.part(name, p.kind, r.take(attachment.Lines(r.decode(n, raw))))
	case n.media == "text/enriched" || n.media == "text/richtext":
		r.part(name, p.kind, r.take(enriched(r.decode(n, raw))))
	default:
		r.plain(name, n, raw, p)
	}
	if len(r.c.Parts) > before {
		r.filled++
	}
}

// pageLike reports whether text that is declared otherwise is an HTML page.
func pageLike(raw []byte) bool {
	head := strings.ToLower(strings.TrimLeft(string(raw[:min(len(raw), 256)]), " \t\r\n\ufeff"))
	return strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<!doctype html")
}

// decode turns a text part into UTF-8 with lines that end in a line feed.
func (r *reader) decode(n *node, raw []byte) string {
	s, ok := charset.Decode(raw, n.params.get("charset"))
	if !ok {
		r.problem("charset", "text does not fit the charset that it declares")
	}
	return s
}

// html files a page: what is seen, what is hidden, its links.
func (r *reader) html(name string, n *node, raw []byte, p place) {
	v, ok := hypertext.ReadBytes(raw, n.params.get("charset"), hypertext.Options{Part: name, MaxBytes: 4 * r.opt.Limits.TextBytes})
	if !ok {
		r.problem("charset", "text does not fit the charset that it declares")
	}
	if v.Cut {
		r.problem("truncated", "page is longer or deeper than what is read")
	}
	text := r.take(v.Text)
	links := v.Links
	if p.kind == contact.Said {
		said, quoted := split(text, spans(text, v.Quoted))
		links = moveLinks(links, name, said, quoted)
		r.part(name, contact.Said, said.text)
		r.part(name+":quoted", contact.Quoted, quoted.text)
		r.findings = append(r.findings, v.Findings(name)...)
	} else {
		r.part(name, p.kind, text)
	}
	r.part(name+":hidden", contact.Hidden, r.take(v.Hidden))
	r.part(name+":title", contact.Hidden, v.Title)
	for _, l := range links {
		r.link(l)
	}
	for _, img := range v.Images {
		if img.Hidden || !strings.HasPrefix(img.Src, "data:") {
			continue
		}
		if b, ok := attachment.DataURI(img.Src); ok {
			r.picture(name, b)
		}
	}
}

// plain files a plain text.
func (r *reader) plain(name string, n *node, raw []byte, p place) {
	raw = r.uuencoded(raw, p)
	text := plainText(r.decode(n, raw))
	if strings.EqualFold(n.params.get("format"), "flowed") {
		text = unflow(text, strings.EqualFold(n.params.get("delsp"), "yes"))
	}
	text = r.take(text)
	if p.kind != contact.Said {
		r.part(name, p.kind, text)
		return
	}
	marked := spans(text, nil)
	said, quoted := split(text, marked)
	if len(marked) > 0 && quoted.text == "" {
		said.text = unquoteLines(said.text)
	}
	r.part(name, contact.Said, said.text)
	r.part(name+":quoted", contact.Quoted, unquoteLines(quoted.text))
}

// uuencoded takes files out that stand in the text between "begin" and "end".
func (r *reader) uuencoded(raw []byte, p place) []byte {
	for range 16 {
		at := uuBegin(raw)
		if at < 0 {
			return raw
		}
		name, data, used := decodeUU(raw[at:])
		r.file(name, "", "", data, false, p)
		raw = append(append(make([]byte, 0, len(raw)-used), raw[:at]...), raw[at+used:]...)
	}
	return raw
}

// unseen takes the links of an alternative that is not shown: some readers
// see this one.
func (r *reader) unseen(n *node, raw []byte) {
	raw = raw[:min(len(raw), r.opt.Limits.TextBytes)]
	if n.media == "text/html" || n.media == "text/x-amp-html" {
		v, _ := hypertext.ReadBytes(raw, n.params.get("charset"), hypertext.Options{})
		for _, l := range v.Links {
			l.Part, l.Start, l.End = "", 0, 0
			r.linkOnce(l)
		}
		return
	}
	if n.media != "" && n.media != "text/plain" {
		return
	}
	text := r.decode(n, raw)
	for range 200 {
		at := strings.Index(text, "http")
		if at < 0 {
			return
		}
		picture := at > 0 && text[at-1] == '[' // how programs write <img> as text
		text = text[at:]
		end := strings.IndexFunc(text, func(c rune) bool {
			return c <= ' ' || c == '<' || c == '>' || c == '"' || c == ')' || c == ']' || c == 0x3000
		})
		if end < 0 {
			end = len(text)
		}
		url := strings.TrimRight(text[:end], ".,;:!?'")
		text = text[max(end, 4):]
		if picture {
			continue
		}
		if strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://") {
			r.linkOnce(contact.Link{Raw: url, From: "text"})
		}
	}
}

// linkOnce files a link whose target is not known yet.
func (r *reader) linkOnce(l contact.Link) {
	if len(r.c.Links) > 300 {
		return
	}
	for i := range r.c.Links {
		if r.c.Links[i].Raw == l.Raw {
			return
		}
	}
	r.link(l)
}

// plainText makes line ends one line feed each and removes control characters.
func plainText(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7F }) < 0 {
		return strings.TrimRight(s, " \n\t")
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\r':
			if i+1 == len(s) || s[i+1] != '\n' && s[i+1] != '\r' {
				out.WriteByte('\n')
			}
		case c == '\f':
			out.WriteByte('\n')
		case c >= ' ' && c != 0x7F || c == '\n' || c == '\t':
			out.WriteByte(c)
		}
	}
	return strings.TrimRight(out.String(), " \n\t")
}

// unflow joins flowed lines (RFC 3676, 4): a line that ends in a blank goes on
// in the next one of the same quote depth, but not the mark of a signature.
func unflow(s string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(s))
	depth, flowing := 0, false
	for line := range strings.SplitSeq(s, "\n") {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		body := strings.TrimPrefix(line[d:], " ")
		joins := flowing && d == depth && body != "-- "
		flowing = strings.HasSuffix(body, " ") && body != "-- "
		depth = d
		if flowing && delSp {
			body = body[:len(body)-1]
		}
		if !joins {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			if d > 0 {
				out.WriteString(line[:d] + " ")
			}
		}
		out.WriteString(body)
	}
	return out.String()
}

// enriched removes the commands of text/enriched (RFC 1896).
func enriched(s string) string {
	var out strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		out.WriteString(s[:open])
		s = s[open:]
		if strings.HasPrefix(s, "<<") {
			out.WriteByte('<')
			s = s[2:]
			continue
		}
		end := strings.IndexByte(s, '>')
		if end < 0 {
			break
		}
		if strings.EqualFold(s[:end+1], "<param>") {
			if stop := strings.Index(strings.ToLower(s), "</param>"); stop > 0 {
				end = stop + len("</param>") - 1
			}
		}
		s = s[end+1:]
	}
	out.WriteString(s)
	return plainText(out.String())
}
