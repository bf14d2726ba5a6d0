package hypertext

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// maxWritten is how many times pages that a script writes are read, and
// maxNested how deep.
const (
	maxWritten = 16
	maxNested  = 3
)

// script looks into a script for where it sends the reader and what it writes.
func (r *reader) script(code string) {
	if !r.opt.Scripts || len(code) > 1<<20 {
		return
	}
	r.redirects(code)
	for _, call := range []string{"atob(", "unescape(", "decodeURIComponent("} {
		rest := code
		for n := 0; n < maxWritten; n++ {
			at := strings.Index(rest, call)
			if at < 0 {
				break
			}
			rest = rest[at+len(call):]
			if inner, ok := decoded(call, firstString(rest, 40)); ok {
				r.written(inner)
			}
		}
	}
}

// decoded undoes what the named function undoes.
func decoded(call, s string) (string, bool) {
	if len(s) < 12 {
		return "", false
	}
	if call == "atob(" {
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
		if err != nil {
			b, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "= \r\n"))
		}
		return string(b), err == nil
	}
	out, err := url.PathUnescape(s)
	return out, err == nil && out != s
}

// written reads a page that a script writes or a frame holds, and takes what
// it shows in. A bare address is a link.
func (r *reader) written(page string) {
	if r.nested >= maxNested || len(page) > r.opt.MaxBytes {
		r.view.Cut = true
		return
	}
	if t := strings.TrimSpace(page); strings.HasPrefix(t, "http") && !strings.ContainsAny(t, " <>\n") {
		r.standalone(t, "", "html")
		return
	}
	if !strings.Contains(page, "<") {
		return
	}
	opt := r.opt
	opt.MaxLinks = max(1, opt.MaxLinks-len(r.links))
	inner := newReader(page, opt)
	inner.nested = r.nested + 1
	inner.walk()
	v := inner.finish()
	r.seen.gap(paragraphGap)
	at := r.seen.mark()
	r.seen.write([]byte(v.Text), true)
	r.seen.gap(paragraphGap)
	for _, l := range v.Links {
		if r.room() {
			k := link{raw: l.Raw, text: l.Text, from: l.From, start: -1, end: -1}
			if l.Part == r.opt.Part && l.End > l.Start {
				k.begun, k.start, k.end = true, at+l.Start, at+l.End
			}
			r.links = append(r.links, k)
		}
	}
	if len(r.view.Forms) < 100 {
		r.view.Forms = append(r.view.Forms, v.Forms...)
	}
	r.view.Scripts += v.Scripts
	r.view.Handlers += v.Handlers
	if r.view.Refresh == "" {
		r.view.Refresh = v.Refresh
	}
}

// redirects keeps the addresses that a script assigns to location or opens.
func (r *reader) redirects(code string) {
	for _, word := range []string{"location", "open("} {
		rest := code
		for n := 0; n < 20; n++ {
			at := strings.Index(rest, word)
			if at < 0 {
				break
			}
			rest = rest[at+len(word):]
			if target := firstString(rest, 48); target != "" && (hasScheme(target) || strings.HasPrefix(target, "/") || strings.HasPrefix(target, "www.")) && !strings.HasPrefix(target, "javascript:") {
				r.standalone(target, "", "html")
			}
		}
	}
}

// firstString returns the first quoted string that opens within the first
// window bytes of code.
func firstString(code string, window int) string {
	at := strings.IndexAny(code[:min(window, len(code))], "'\"`;\n")
	if at < 0 || code[at] == ';' || code[at] == '\n' {
		return ""
	}
	s := code[at+1:]
	end := strings.IndexByte(s, code[at])
	if end < 0 {
		return ""
	}
	return s[:end]
}

// metaCharset finds the charset that a meta element within the first 2 KiB
// declares.
func metaCharset(src []byte) string {
	head := lower(string(src[:min(len(src), 2048)]))
	for {
		at := strings.Index(head, "charset")
		if at < 0 {
			return ""
		}
		head = strings.TrimLeft(head[at+len("charset"):], " \t\r\n")
		if !strings.HasPrefix(head, "=") {
			continue
		}
		v := strings.TrimLeft(head[1:], " \t\r\n\"'")
		if end := strings.IndexAny(v, " \t\r\n\"';/>"); end > 0 {
			return v[:end]
		}
	}
}
