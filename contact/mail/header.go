package mail

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"bonafide/contact/hypertext/charset"
)

// field is one header field; the value is as in the bytes, still folded.
type field struct{ name, value []byte }

func fieldIs(f field, lower string) bool {
	return len(f.name) == len(lower) && strings.EqualFold(string(f.name), lower)
}

// splitHeader cuts the header off b (RFC 5322, 2.2). It lives with what is
// seen: no blank line before the body, lines that are no field, blanks before
// the colon. cut tells that a limit was reached.
func splitHeader(b []byte, lim Limits) (fields []field, body []byte, cut bool) {
	all := b
	if len(b) > lim.HeaderBytes {
		b = b[:lim.HeaderBytes]
	}
	from := -1 // where the value of the last field began
	for at := 0; at < len(b); {
		end, next := lineEnd(b, at)
		line := b[at:end]
		switch {
		case len(line) == 0:
			return fields, all[next:], false
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			if blankLine(line) && !moreHeader(b[next:]) {
				return fields, all[next:], false
			}
			fields[len(fields)-1].value = b[from:end]
		default:
			n := nameLength(line)
			if n == 0 {
				if len(fields) == 0 || !moreHeader(b[next:]) {
					return fields, all[at:], false
				}
				break // a stray line within the header
			}
			if len(fields) >= lim.HeaderFields {
				return fields, afterBlank(all[at:]), true
			}
			colon := bytes.IndexByte(line, ':')
			from = at + colon + 1
			fields = append(fields, field{line[:n], b[from:end]})
		}
		at = next
	}
	if len(b) < len(all) {
		return fields, afterBlank(all[len(b):]), true
	}
	return fields, nil, false
}

// lineEnd returns where the line at at ends and where the next begins. Several
// carriage returns before the line feed belong to the end.
func lineEnd(b []byte, at int) (end, next int) {
	n := bytes.IndexByte(b[at:], '\n')
	if n < 0 {
		end, next = len(b), len(b)
	} else {
		end, next = at+n, at+n+1
	}
	for end > at && b[end-1] == '\r' {
		end--
	}
	return end, next
}

func blankLine(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// afterBlank returns what follows the first empty line.
func afterBlank(b []byte) []byte {
	for at := 0; at < len(b); {
		end, next := lineEnd(b, at)
		if end == at {
			return b[next:]
		}
		at = next
	}
	return nil
}

// nameLength returns the length of the field name that a line begins with, 0
// when it begins with none (RFC 5322, 3.6.8; blanks before the colon as in
// 4.5).
func nameLength(line []byte) int {
	n := 0
	for n < len(line) && n < 128 && line[n] > ' ' && line[n] < 0x7F && line[n] != ':' {
		n++
	}
	if n == 0 || n == len(line) {
		return 0
	}
	for i := n; i < len(line) && i < n+8; i++ {
		switch line[i] {
		case ':':
			return n
		case ' ', '\t':
		default:
			return 0
		}
	}
	return 0
}

// moreHeader reports whether a field that mails have follows within the next
// three lines.
func moreHeader(b []byte) bool {
	for at, n := 0, 0; at < len(b) && n < 3; n++ {
		end, next := lineEnd(b, at)
		if end == at {
			return false
		}
		if k := nameLength(b[at:end]); k > 0 && knownField(b[at:at+k]) {
			return true
		}
		at = next
	}
	return false
}

// knownField reports whether a name is one that only headers have.
func knownField(name []byte) bool {
	if len(name) > 24 {
		return len(name) > 2 && (name[0]|0x20 == 'x' && name[1] == '-')
	}
	switch s := strings.ToLower(string(name)); s {
	case "received", "from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type",
		"content-transfer-encoding", "content-disposition", "return-path", "reply-to", "delivered-to", "sender",
		"dkim-signature", "authentication-results", "received-spf", "content-id", "in-reply-to", "references", "list-unsubscribe":
		return true
	default:
		return strings.HasPrefix(s, "x-") || strings.HasPrefix(s, "arc-")
	}
}

// unfold joins the lines of a field value (RFC 5322, 2.2.3).
func unfold(v []byte) []byte {
	v = bytes.TrimSpace(v)
	if bytes.IndexByte(v, '\n') < 0 && bytes.IndexByte(v, '\r') < 0 {
		return v
	}
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] != '\r' && v[i] != '\n' {
			out = append(out, v[i])
			continue
		}
		// The blank that follows a line end is kept, one is put where none is.
		for i+1 < len(v) && (v[i+1] == '\r' || v[i+1] == '\n') {
			i++
		}
		if i+1 < len(v) && v[i+1] != ' ' && v[i+1] != '\t' {
			out = append(out, ' ')
		}
	}
	return out
}

// decodeHeader turns an unfolded value into text: encoded words are decoded,
// bytes above ASCII read as UTF-8 or else in the charset of the mail's text.
func (r *reader) decodeHeader(v []byte) string {
	if plainASCII(v) {
		if !bytes.Contains(v, []byte("=?")) {
			return string(v)
		}
		return clean(decodeWords(string(v)))
	}
	if !utf8.Valid(v) {
		label := r.label
		if label == "" {
			label = charset.Guess(v)
		}
		s, _ := charset.Decode(v, label)
		r.problem("charset", "header has letters beyond ASCII without saying in which charset")
		return clean(decodeWords(s))
	}
	return clean(decodeWords(string(v)))
}

func plainASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c == 0x1b || c < ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// clean removes control characters that a header must not have.
func clean(s string) string {
	bad := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F || r == 0xFFFE }
	if strings.IndexFunc(s, bad) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return ' '
		case bad(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// IsMail reports whether bytes begin like a mail: at least two different
// fields of its header near the beginning. 8 KiB are enough for head.
func IsMail(head []byte) bool {
	head = tidy(head[:min(len(head), 16<<10)])
	fields, _, _ := splitHeader(head, Limits{HeaderBytes: 16 << 10, HeaderFields: 100})
	var seen []string
	for _, f := range fields {
		name := strings.ToLower(string(f.name))
		if !knownField(f.name) || strings.HasPrefix(name, "content-") {
			continue
		}
		known := false
		for _, s := range seen {
			known = known || s == name
		}
		if !known {
			if seen = append(seen, name); len(seen) >= 2 {
				return true
			}
		}
	}
	return false
}

// IsBody reports whether a text that was called a mail begins like a header field
// but has none that mails have: "Your bank: the card is blocked" is what a mail
// says, and not a header with nothing below it.
func IsBody(head []byte) bool {
	head = tidy(head[:min(len(head), 16<<10)])
	fields, _, _ := splitHeader(head, Limits{HeaderBytes: 16 << 10, HeaderFields: 100})
	return len(fields) > 0 && !slices.ContainsFunc(fields, func(f field) bool { return knownField(f.name) })
}
