package hypertext

import (
	"golang.org/x/net/html/atom"
)

// endTag closes an element and all that was left open in it. An end tag that
// closes nothing, or something outside of the table cell it stands in, is
// ignored as browsers do.
func (r *reader) endTag(a atom.Atom, id uint32) {
	if r.over > 0 {
		r.over--
		return
	}
	r.breaks(a)
	if r.open[id] == 0 {
		return
	}
	for i := len(r.stack) - 1; i > 0; i-- {
		f := &r.stack[i]
		if f.id == id {
			for len(r.stack) > i {
				r.pop()
			}
			return
		}
		if fence(f.atom) && !tabular(a) {
			return
		}
	}
}

// fence reports whether end tags inside an element cannot close what is
// outside of it.
func fence(a atom.Atom) bool {
	return a == atom.Td || a == atom.Th || a == atom.Table || a == atom.Caption || a == atom.Button
}

func tabular(a atom.Atom) bool {
	switch a {
	case atom.Table, atom.Tr, atom.Td, atom.Th, atom.Tbody, atom.Thead, atom.Tfoot, atom.Html, atom.Body:
		return true
	}
	return false
}

// closeImplied closes what a start tag closes without an end tag: a paragraph
// by a block, an item by the next item (HTML, 13.1.2.4 Optional tags).
func (r *reader) closeImplied(a atom.Atom) {
	switch a {
	case atom.Li:
		r.closeOpen(a, atom.Ul, atom.Ol)
	case atom.Td, atom.Th:
		r.closeOpen(atom.Td, atom.Tr, atom.Table)
		r.closeOpen(atom.Th, atom.Tr, atom.Table)
	case atom.Tr:
		r.closeOpen(atom.Tr, atom.Table, atom.Table)
	case atom.Dt, atom.Dd:
		r.closeOpen(atom.Dt, atom.Dl, atom.Dl)
		r.closeOpen(atom.Dd, atom.Dl, atom.Dl)
	case atom.Option:
		r.closeOpen(atom.Option, atom.Select, atom.Select)
	case atom.A:
		if r.link >= 0 {
			r.closeOpen(atom.A, atom.Td, atom.Table)
			r.endLink()
		}
	default:
		if gap(a) >= lineGap && a != atom.Br {
			r.closeOpen(atom.P, atom.Td, atom.Table)
		}
	}
}

// closeOpen closes the innermost open a unless one of the stops stands
// between.
func (r *reader) closeOpen(a, stop1, stop2 atom.Atom) {
	if r.open[uint32(a)] == 0 || r.over > 0 {
		return
	}
	for i := len(r.stack) - 1; i > 0 && i > len(r.stack)-32; i-- {
		switch r.stack[i].atom {
		case a:
			for len(r.stack) > i {
				r.pop()
			}
			return
		case stop1, stop2:
			return
		}
	}
}

// The gaps that elements leave between texts.
const (
	noGap = iota
	wordGap
	lineGap
	paragraphGap
)

// gap tells which gap the element leaves before and after itself.
func gap(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Ul, atom.Ol, atom.Dl, atom.Pre:
		return paragraphGap
	case atom.Div, atom.Table, atom.Tr, atom.Li, atom.Dt, atom.Dd, atom.Center, atom.Hr, atom.Form, atom.Section,
		atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Address, atom.Fieldset,
		atom.Legend, atom.Figure, atom.Figcaption, atom.Body, atom.Caption, atom.Option, atom.Textarea, atom.Html,
		atom.Xmp, atom.Plaintext, atom.Details, atom.Summary, atom.Dir, atom.Menu, atom.Marquee:
		return lineGap
	case atom.Td, atom.Th, atom.Button, atom.Select, atom.Iframe:
		return wordGap
	}
	return noGap
}

// breaks asks for the gap of an element in the text. Hidden elements leave
// none, so that letters stay together around them.
func (r *reader) breaks(a atom.Atom) {
	g := gap(a)
	if a == atom.Br {
		if r.top().looks.gone {
			r.unseen.newline()
		} else {
			r.seen.newline()
		}
		return
	}
	if g == noGap {
		return
	}
	r.unseen.gap(g)
	if !r.top().looks.gone {
		r.seen.gap(g)
	}
}

func void(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta,
		atom.Source, atom.Track, atom.Wbr, atom.Param, atom.Frame, atom.Keygen, atom.Basefont, atom.Bgsound:
		return true
	}
	return false
}

// quotes reports whether an element is what mail programs put a quoted or
// forwarded mail into: Thunderbird and Apple Mail cite, Gmail, Yahoo, Proton.
func quotes(t *tag) bool {
	if t.atom == atom.Blockquote && t.attrs.cite {
		return true
	}
	switch t.attrs.class {
	case "gmail_quote", "gmail_quote gmail_quote_container", "yahoo_quoted", "protonmail_quote", "moz-forward-container", "moz-cite-prefix", "zmail_extra":
		return true
	}
	return false
}

// quotesRest reports whether an element heads a quoted mail that runs to the
// end: Outlook puts the header lines in a division and the mail behind it.
func quotesRest(t *tag) bool {
	switch t.attrs.elemID {
	case "divRplyFwdMsg", "mail-editor-reference-message-container", "OLK_SRC_BODY_SECTION", "appendonsend":
		return true
	}
	return t.attrs.class == "OutlookMessageHeader"
}

// turn reverses the letters of the visible text from start on, as the eye
// meets them. Links within move with them.
func (r *reader) turn(start int) {
	buf := r.seen.buf
	if start >= len(buf) {
		return
	}
	seg := []rune(string(buf[start:]))
	end := len(buf)
	for i, j := 0, len(seg)-1; i < j; i, j = i+1, j-1 {
		seg[i], seg[j] = seg[j], seg[i]
	}
	turned := string(seg)
	if len(turned) != end-start { // invalid UTF-8 would move the offsets
		return
	}
	copy(buf[start:], turned)
	r.view.Reversed += len(seg)
	for i := len(r.links) - 1; i >= 0 && r.links[i].start >= start && !r.links[i].hidden; i-- {
		l := &r.links[i]
		l.start, l.end = start+end-l.end, start+end-l.start
	}
}
