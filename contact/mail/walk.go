package mail

import (
	"bytes"
	"fmt"
	"strings"

	"bonafide/contact"
	"bonafide/contact/attachment"
)

// place is where in the mail a part stands.
type place struct {
	// kind of the texts there: Quoted within another mail.
	kind contact.PartKind
	// unseen: another alternative is shown; only its files and links count.
	unseen bool
	// resource: stands beside the page that shows it (multipart/related).
	resource bool
	mails    int // mails within each other
}

// walk reads a part and all in it, in the order in which a reader meets them.
func (r *reader) walk(n *node, p place) {
	switch {
	case n.media == "multipart/alternative" && len(n.children) > 0:
		r.alternative(n, p)
	case n.media == "multipart/related" && len(n.children) > 0:
		r.related(n, p)
	case n.multipart():
		for _, c := range n.children {
			r.walk(c, p)
		}
	case n.media == "message/rfc822" || n.media == "message/global" || n.media == "message/news":
		r.enclosed(n, p)
	case n.media == "message/external-body":
		r.link(contact.Link{Raw: n.params.get("url"), From: "header"})
	case n.media == "application/pkcs7-mime" || n.media == "application/x-pkcs7-mime" || n.media == "application/pgp-encrypted":
		r.sealed(n, p)
	case r.isBody(n):
		r.body(n, p)
	default:
		r.attach(n, p)
	}
}

// isBody reports whether programs show a part as text of the mail.
func (r *reader) isBody(n *node) bool {
	if !n.text() || n.media == "text/x-vcard" || n.media == "text/vcard" || n.media == "text/directory" || n.media == "text/rfc822-headers" || n.media == "text/csv" {
		return false
	}
	switch {
	case n.disposition == "attachment":
		return r.bodies == 0 && n.name == ""
	case n.name == "" || n.media == "text/calendar":
		return true
	}
	// A text with a name: the first of a mail is its body, a plain one that is
	// to stand inline too.
	return r.bodies == 0 && n.depth <= 2 && !strings.HasSuffix(strings.ToLower(n.name), ".htm") && !strings.HasSuffix(strings.ToLower(n.name), ".html") ||
		n.disposition == "inline" && n.media == "text/plain"
}

// alternative shows the richest form of a text that is HTML or plain text
// (RFC 2046, 5.1.4: the last that can be shown) and takes the links and files
// of the others.
func (r *reader) alternative(n *node, p place) {
	shown := -1
	for i, c := range n.children {
		if hasMedia(c, "text/html") {
			shown = i
		}
	}
	for i := len(n.children) - 1; i >= 0 && shown < 0; i-- {
		if hasMedia(n.children[i], "text/plain") || hasMedia(n.children[i], "") {
			shown = i
		}
	}
	shown = max(shown, 0)
	before := len(r.c.Parts)
	r.walk(n.children[shown], p)
	empty := len(r.c.Parts) == before
	for i, c := range n.children {
		if i == shown {
			continue
		}
		other := p
		// An empty page beside a text: the text is what is read.
		other.unseen = p.unseen || !empty && !hasMedia(c, "text/calendar")
		r.walk(c, other)
	}
}

func hasMedia(n *node, media string) bool {
	if n.media == media {
		return n.disposition != "attachment"
	}
	for _, c := range n.children {
		if n.multipart() && hasMedia(c, media) {
			return true
		}
	}
	return false
}

// related shows the root, by default the first part (RFC 2387, 3.2); the
// others are what it is made of.
func (r *reader) related(n *node, p place) {
	root := 0
	if start := strings.Trim(n.params.get("start"), "<> "); start != "" {
		for i, c := range n.children {
			if c.id == start {
				root = i
			}
		}
	}
	r.walk(n.children[root], p)
	for i, c := range n.children {
		if i != root {
			other := p
			other.resource = true
			r.walk(c, other)
		}
	}
}

// enclosed reads a mail within the mail: its subject and texts are somebody
// else's words.
func (r *reader) enclosed(n *node, p place) {
	raw := r.content(n)
	name := n.name
	if name == "" {
		name = "mail.eml"
	}
	r.c.Attachments = append(r.c.Attachments, contact.Attachment{Name: name, Declared: n.media, Actual: "message/rfc822", Size: int64(len(raw))})
	r.inner(raw, n.depth, p)
}

// inner reads the bytes of a mail within the mail.
func (r *reader) inner(raw []byte, depth int, p place) {
	if p.mails >= 4 || depth >= r.opt.Limits.Depth || r.mails >= 100 {
		r.problem("too_deep", "mails stand deeper within each other than what is read")
		return
	}
	r.mails++
	p.kind = contact.Quoted
	p.resource = false
	p.mails++
	root := r.parse(tidy(raw), depth+1)
	if subject := root.get("subject"); subject != "" && !p.unseen {
		r.part(fmt.Sprintf("mail:%d", r.mails), contact.Quoted, r.take(r.decodeHeader([]byte(subject))))
	}
	r.walk(root, p)
}

// sealed reads a mail that is signed as one block (RFC 8551, 3.5.2): the mail
// stands in it as it is. Encrypted ones are closed to us.
func (r *reader) sealed(n *node, p place) {
	raw := r.content(n)
	at := bytes.Index(raw, []byte("Content-Type:"))
	if at < 0 || strings.Contains(n.params.get("smime-type"), "enveloped") {
		r.problem("encrypted", "mail is encrypted; its text cannot be read")
		r.attach(n, p)
		return
	}
	if n.depth < r.opt.Limits.Depth {
		r.walk(r.parse(raw[at:], n.depth+1), p)
	}
}

// attach looks at a file.
func (r *reader) attach(n *node, p place) {
	raw := r.content(n)
	if n.media == "application/pgp-signature" || strings.HasSuffix(n.media, "pkcs7-signature") {
		return
	}
	inline := p.resource || n.id != "" && n.disposition != "attachment" && strings.HasPrefix(n.media, "image/")
	r.file(n.name, n.media, n.params.get("charset"), raw, inline, p)
}

// file takes a file and what is in it into the contact.
func (r *reader) file(name, media, label string, raw []byte, inline bool, p place) {
	if len(r.c.Attachments) >= r.opt.Limits.Parts {
		r.problem("truncated", "mail has more files than are read")
		return
	}
	part := fmt.Sprintf("attachment:%d", len(r.c.Attachments)+1)
	a, extra := attachment.Inspect(name, media, raw, attachment.Options{Kinds: r.opt.Kinds, Part: part, Charset: label, Passwords: r.passwords(raw)})
	if inline {
		a.Traits = append(a.Traits, "inline")
	}
	r.c.Attachments = append(r.c.Attachments, a)
	for _, t := range extra.Texts {
		r.part(t.Name, t.Kind, r.take(t.Text))
	}
	for _, l := range extra.Links {
		r.link(l)
	}
	for _, img := range extra.Images {
		r.picture(part, img)
	}
	for _, m := range extra.Mails {
		r.inner(m, r.opt.Limits.Depth/2, p)
	}
	for _, pr := range extra.Problems {
		r.problem(pr.Code, pr.Detail)
	}
}

// maxLinks bounds the links of a mail.
const maxLinks = 5000

func (r *reader) link(l contact.Link) {
	if strings.TrimSpace(l.Raw) == "" {
		return
	}
	if len(r.c.Links) >= maxLinks {
		r.problem("truncated", "mail has more links than are read")
		return
	}
	r.c.Links = append(r.c.Links, l)
}
