package simulate

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"
)

// inText hands the texts of a page to do; tags stay byte for byte.
func inText(src string, do func(string) string) string {
	var b strings.Builder
	tokens(src, func(text bool, raw string) {
		if text {
			raw = html.EscapeString(do(html.UnescapeString(raw)))
		}
		b.WriteString(raw)
	})
	return b.String()
}

// tokens yields the pieces of a page: text that is shown is marked as such.
func tokens(src string, do func(text bool, raw string)) {
	z := nethtml.NewTokenizer(strings.NewReader(src))
	silent := false // inside of style, script or title
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			do(false, string(z.Raw()))
			return
		case nethtml.TextToken:
			do(!silent, string(z.Raw()))
		case nethtml.StartTagToken, nethtml.EndTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			switch string(name) {
			case "style", "script", "title":
				silent = !strings.HasPrefix(raw, "</")
			}
			do(false, raw)
		default:
			do(false, string(z.Raw()))
		}
	}
}

// hide makes what a filter reads differ from what is shown: hidden words stand
// between and inside of the shown ones, and the plain form of the mail holds
// innocent text only.
func (c *copier) hide(raw []byte) []byte {
	pages := 0
	rewrite(raw, 0, func(isHTML bool, s string) (bool, string) {
		if isHTML {
			pages++
		}
		return isHTML, s
	})
	return rewrite(raw, 0, func(isHTML bool, s string) (bool, string) {
		switch {
		case isHTML:
			return true, c.hideIn(s)
		case pages > 0:
			return false, c.innocent(600)
		}
		page := strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n")
		return true, c.hideIn("<html><body>" + page + "</body></html>")
	})
}

// hideIn writes a page with hidden words.
func (c *copier) hideIn(src string) string {
	page := strings.Builder{}
	tokens(src, func(text bool, raw string) {
		if !text {
			page.WriteString(raw)
			return
		}
		c.veil(&page, html.UnescapeString(raw))
	})
	out := page.String()
	block := c.hidden(c.innocent(800 + c.chance.IntN(3000)))
	if i := strings.Index(strings.ToLower(out), "<body"); i >= 0 {
		if j := strings.IndexByte(out[i:], '>'); j >= 0 {
			return out[:i+j+1] + block + out[i+j+1:]
		}
	}
	return block + out
}

// veil writes a text with hidden pieces inside of some of its words.
func (c *copier) veil(b *strings.Builder, s string) {
	for len(s) > 0 {
		end := strings.IndexFunc(s, unicode.IsSpace)
		switch {
		case end == 0:
			_, size := utf8.DecodeRuneInString(s)
			b.WriteString(s[:size])
			s = s[size:]
			continue
		case end < 0:
			end = len(s)
		}
		chunk := []rune(s[:end])
		s = s[end:]
		if len(chunk) < 3 || address(string(chunk)) || !unicode.IsLetter(chunk[0]) || c.chance.Float64() > c.share {
			b.WriteString(html.EscapeString(string(chunk)))
			continue
		}
		c.changed++
		at := 1 + c.chance.IntN(len(chunk)-1)
		b.WriteString(html.EscapeString(string(chunk[:at])))
		b.WriteString(c.splinter())
		b.WriteString(html.EscapeString(string(chunk[at:])))
	}
}

// splinter is something invisible that stands inside of a word.
func (c *copier) splinter() string {
	switch c.chance.IntN(5) {
	case 0:
		return "<!-- " + c.filler() + " -->"
	case 1:
		return "<wbr>"
	case 2:
		return "<b></b>"
	}
	return c.hidden(c.filler())
}

// filler is a word of our own.
func (c *copier) filler() string {
	words := strings.Fields(c.sentences[c.chance.IntN(len(c.sentences))])
	return strings.Trim(words[c.chance.IntN(len(words))], ".,;")
}

// hidden wraps a text so that nobody sees it. How is the same all over a copy.
func (c *copier) hidden(s string) string {
	styles := []string{
		"display:none", "font-size:0", "visibility:hidden;position:absolute", "opacity:0;font-size:1px",
		"position:absolute;left:-9999px", "color:#ffffff;background:#ffffff;font-size:1px",
	}
	return fmt.Sprintf(`<span style="%s">%s</span>`, styles[c.style%len(styles)], html.EscapeString(s))
}

// paragraphs writes a text as HTML.
func paragraphs(s string) string {
	var b strings.Builder
	for _, p := range strings.Split(s, "\n\n") {
		b.WriteString("<p>" + html.EscapeString(p) + "</p>\n")
	}
	return b.String()
}

// seen returns what the reader of a mail sees, as plain text, and the first web
// address that it leads to.
func seen(raw []byte) (text, link string) {
	var plain, page strings.Builder
	rewrite(raw, 0, func(isHTML bool, s string) (bool, string) {
		if !isHTML {
			plain.WriteString(s + "\n")
			return isHTML, s
		}
		tokens(s, func(shown bool, raw string) {
			switch {
			case shown:
				page.WriteString(html.UnescapeString(raw))
			case link == "" && strings.HasPrefix(strings.ToLower(raw), "<a"):
				link = href(raw)
			case strings.HasPrefix(raw, "<p") || strings.HasPrefix(raw, "<br") || strings.HasPrefix(raw, "<div") || strings.HasPrefix(raw, "<td"):
				page.WriteByte('\n')
			}
		})
		return isHTML, s
	})
	text = page.String()
	if strings.TrimSpace(text) == "" {
		text = plain.String()
	}
	if i := strings.Index(text, "http"); link == "" && i >= 0 {
		if end := strings.IndexFunc(text[i:], func(r rune) bool { return unicode.IsSpace(r) || r == '<' || r == '>' || r == '"' }); end > 0 {
			link = text[i : i+end]
		}
	}
	if len(link) > 2000 {
		link = ""
	}
	return text, link
}

// href returns the web address in the tag of a link.
func href(tag string) string {
	z := nethtml.NewTokenizer(strings.NewReader(tag))
	z.Next()
	for _, a := range z.Token().Attr {
		if v := strings.TrimSpace(a.Val); a.Key == "href" && strings.HasPrefix(strings.ToLower(v), "http") {
			return v
		}
	}
	return ""
}
