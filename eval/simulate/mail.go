package simulate

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"bonafide/contact/qr"
)

// mail disguises a mail.
func (c *copier) mail(raw []byte) ([]byte, bool) {
	switch c.kind {
	case ZeroWidth, Homoglyph, Leet, Spacing, Reversed:
		out := rewrite(raw, 0, func(isHTML bool, s string) (bool, string) {
			if isHTML {
				return true, inText(s, c.words)
			}
			return false, c.words(s)
		})
		return retitle(out, c.words, c.words), c.changed > 0
	case Hiding:
		return c.hide(raw), c.changed > 0
	case Picture, Code:
		return c.drawn(raw)
	case Nested:
		return c.nest(raw), true
	case Chain:
		return c.chain(raw), true
	case Padding:
		filler := c.innocent(4000 + c.chance.IntN(12000))
		return c.append(raw, filler, paragraphs(filler)), true
	}
	return raw, false
}

// append adds to the end of each text of a mail.
func (c *copier) append(raw []byte, plain, page string) []byte {
	return rewrite(raw, 0, func(isHTML bool, s string) (bool, string) {
		if !isHTML {
			return false, s + "\r\n\r\n" + plain
		}
		if i := strings.LastIndex(strings.ToLower(s), "</body"); i >= 0 && i <= len(s) {
			return true, s[:i] + page + s[i:]
		}
		return true, s + page
	})
}

// chain makes a mail look like the last of an exchange: earlier mails, quoted,
// of which not a word has to do with it.
func (c *copier) chain(raw []byte) []byte {
	names := []string{"Anna Berg", "Tom Hale", "Keiko Mori", "Paul Lang"}
	var plain, page strings.Builder
	for level := range 1 + c.chance.IntN(3) {
		who := names[c.chance.IntN(len(names))]
		text := c.innocent(400 + c.chance.IntN(900))
		intro := fmt.Sprintf("On Tue, %d Mar, %s wrote:", 3+level, who)
		mark := strings.Repeat("> ", level+1)
		plain.WriteString("\r\n" + intro + "\r\n" + mark + strings.ReplaceAll(text, "\n", "\r\n"+mark) + "\r\n")
		page.WriteString("<div>" + intro + "</div><blockquote>" + paragraphs(text))
	}
	page.WriteString(strings.Repeat("</blockquote>", strings.Count(page.String(), "<blockquote>")))
	out := c.append(raw, plain.String(), page.String())
	out = retitle(out, func(s string) string { return "Re: " + s }, func(s string) string { return s })
	return append([]byte("In-Reply-To: <20260304.101112@mail.example>\r\nReferences: <20260304.101112@mail.example>\r\n"), out...)
}

// nest hides a mail behind base64: the whole of it attached, in parts within
// parts.
func (c *copier) nest(raw []byte) []byte {
	p := cut(raw)
	inner := part{head: bytes.TrimRight(p.without(), "\r\n"), body: p.body}
	mail := append(append(bytes.Clone(inner.head), "\r\n\r\n"...), inner.body...)
	body := entity(nil, `message/rfc822; name="message.eml"`, mail)
	for level := range 1 + c.chance.IntN(3) {
		mark := fmt.Sprintf("nested-%d-%08x", level, c.chance.Uint32())
		var b bytes.Buffer
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n--%s\r\n", mark, mark)
		b.Write(bytes.TrimRight(body, "\r\n"))
		fmt.Fprintf(&b, "\r\n--%s--\r\n", mark)
		body = b.Bytes()
	}
	head := p.without("content-type", "content-transfer-encoding", "mime-version")
	return append(append(head, "MIME-Version: 1.0\r\n"...), body...)
}

// drawn replaces the text of a mail by a picture of it, or by a QR code of its
// link.
func (c *copier) drawn(raw []byte) ([]byte, bool) {
	text, link := seen(raw)
	if strings.TrimSpace(text) == "" && c.kind == Picture || link == "" && c.kind == Code {
		return raw, false
	}
	pic, page := []byte(nil), ""
	if c.kind == Picture {
		pic = picture(text)
		page = `<img src="cid:page@mail.example" alt="">`
		if link != "" {
			page = `<a href="` + html.EscapeString(link) + `">` + page + "</a>"
		}
	} else {
		var err error
		if pic, err = qr.Draw(link, 320); err != nil {
			return raw, false // longer than a code can hold
		}
		page = `<p>Please scan the code with your phone.</p><img src="cid:page@mail.example" alt="">`
	}
	head := cut(raw).without("content-type", "content-transfer-encoding", "mime-version")
	mark := fmt.Sprintf("drawn-%08x", c.chance.Uint32())
	var b bytes.Buffer
	b.Write(head)
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=%q\r\n\r\n--%s\r\n", mark, mark)
	b.Write(entity(nil, "text/html; charset=utf-8", []byte("<html><body>"+page+"</body></html>")))
	fmt.Fprintf(&b, "--%s\r\n", mark)
	b.Write(entity([]byte("Content-ID: <page@mail.example>\r\nContent-Disposition: inline; filename=\"page.png\"\r\n"), `image/png; name="page.png"`, pic))
	fmt.Fprintf(&b, "--%s--\r\n", mark)
	return b.Bytes(), true
}
