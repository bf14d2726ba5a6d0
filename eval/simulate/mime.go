package simulate

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"

	"bonafide/contact/hypertext/charset"
)

// maxDepth of parts within each other.
const maxDepth = 10

// part is one entity of a mail: its header as it stands, blank line excluded,
// and its body.
type part struct {
	head, body []byte
}

// cut splits an entity at its first blank line.
func cut(raw []byte) part {
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(blank)); i >= 0 {
			if j := bytes.Index(raw, []byte("\n\n")); blank == "\r\n\r\n" && j >= 0 && j < i {
				continue
			}
			return part{raw[:i], raw[i+len(blank):]}
		}
	}
	return part{head: raw}
}

// fields yields the fields of a header with their folded lines.
func (p part) fields(do func(name string, field []byte)) {
	lines := bytes.SplitAfter(p.head, []byte("\n"))
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && len(lines[j]) > 0 && (lines[j][0] == ' ' || lines[j][0] == '\t') {
			j++
		}
		field := bytes.Join(lines[i:j], nil)
		name, _, _ := bytes.Cut(field, []byte(":"))
		do(strings.ToLower(strings.TrimSpace(string(name))), field)
		i = j
	}
}

// value returns the first field of a name, unfolded.
func (p part) value(name string) (v string) {
	p.fields(func(n string, field []byte) {
		if n == name && v == "" {
			_, rest, _ := bytes.Cut(field, []byte(":"))
			v = strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(string(rest)))
		}
	})
	return v
}

// without returns the header without some fields, ending with a
// line break unless none is left.
func (p part) without(names ...string) []byte {
	var out []byte
	p.fields(func(n string, field []byte) {
		for _, x := range names {
			if n == x {
				return
			}
		}
		if len(bytes.TrimSpace(field)) > 0 {
			out = append(out, field...)
		}
	})
	if out = bytes.TrimRight(out, "\r\n"); len(out) == 0 {
		return nil
	}
	return append(out, "\r\n"...)
}

// kind returns the media type of a part and its parameters.
func (p part) kind() (media string, params map[string]string) {
	v := p.value("content-type")
	if v == "" {
		return "text/plain", nil
	}
	media, params, err := mime.ParseMediaType(v)
	if err == nil || media != "" {
		return media, params
	}
	media, rest, _ := strings.Cut(v, ";")
	params = map[string]string{}
	for _, s := range strings.Split(rest, ";") {
		k, v, _ := strings.Cut(s, "=")
		params[strings.ToLower(strings.TrimSpace(k))] = strings.Trim(strings.TrimSpace(v), `"`)
	}
	return strings.ToLower(strings.TrimSpace(media)), params
}

// decoded returns the text of a part.
func (p part) decoded(label string) string {
	body := p.body
	switch strings.ToLower(p.value("content-transfer-encoding")) {
	case "base64":
		clean := bytes.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/' {
				return r
			}
			return -1
		}, body)
		out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
		n, _ := base64.RawStdEncoding.Decode(out, clean)
		body = out[:n]
	case "quoted-printable":
		body, _ = io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body))) // what could be read
	}
	text, _ := charset.Decode(body, label)
	return text
}

// entity writes a part of UTF-8 text or of bytes in base64.
func entity(head []byte, media string, body []byte) []byte {
	var b bytes.Buffer
	b.Write(head)
	b.WriteString("Content-Type: " + media + "\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	enc := base64.StdEncoding.EncodeToString(body)
	for len(enc) > 76 {
		b.WriteString(enc[:76] + "\r\n")
		enc = enc[76:]
	}
	b.WriteString(enc + "\r\n")
	return b.Bytes()
}

// rewrite hands each text of a mail that its reader sees to do, which returns
// what shall stand there, and whether it is HTML. The structure stays.
func rewrite(raw []byte, depth int, do func(html bool, text string) (newHTML bool, newText string)) []byte {
	p := cut(raw)
	media, params := p.kind()
	attached := strings.HasPrefix(strings.ToLower(p.value("content-disposition")), "attachment")
	switch {
	case strings.HasPrefix(media, "multipart/") && params["boundary"] != "" && depth < maxDepth:
		return p.multipart(params["boundary"], depth, do)
	case media == "message/rfc822" && depth < maxDepth && p.value("content-transfer-encoding") == "":
		return append(append(bytes.Clone(p.head), "\r\n\r\n"...), rewrite(p.body, depth+1, do)...)
	case media != "text/plain" && media != "text/html" || attached:
		return raw
	}
	html, text := do(media == "text/html", p.decoded(params["charset"]))
	kind := "text/plain; charset=utf-8"
	if html {
		kind = "text/html; charset=utf-8"
	}
	return entity(p.without("content-type", "content-transfer-encoding"), kind, []byte(text))
}

// multipart rewrites the parts between boundaries.
func (p part) multipart(boundary string, depth int, do func(bool, string) (bool, string)) []byte {
	out := append(bytes.Clone(p.head), "\r\n\r\n"...)
	mark := []byte("--" + boundary)
	var open []byte
	inside := false
	flush := func() {
		if inside {
			out = append(out, bytes.TrimRight(rewrite(open, depth+1, do), "\r\n")...)
			out = append(out, "\r\n"...)
		}
		open = nil
	}
	for _, line := range bytes.SplitAfter(p.body, []byte("\n")) {
		trimmed := bytes.TrimRight(line, " \t\r\n")
		if bytes.HasPrefix(trimmed, mark) && (len(trimmed) == len(mark) || string(trimmed[len(mark):]) == "--") {
			flush()
			out = append(append(out, trimmed...), "\r\n"...)
			inside = len(trimmed) == len(mark)
			continue
		}
		if inside {
			open = append(open, line...)
		}
	}
	flush()
	return out
}

// decodeWords reads encoded words of a header.
func decodeWords(s string) string {
	dec := mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
		raw, err := io.ReadAll(r)
		text, _ := charset.Decode(raw, label)
		return strings.NewReader(text), err
	}}
	out, err := dec.DecodeHeader(s)
	if err != nil {
		return s
	}
	return out
}

// retitle returns the mail with its subjects, and the names in From, changed.
// Every field stays where it was.
func retitle(raw []byte, subject, name func(string) string) []byte {
	p := cut(raw)
	var head []byte
	p.fields(func(field string, line []byte) {
		_, value, _ := bytes.Cut(line, []byte(":"))
		v := strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(string(value)))
		switch {
		case field == "subject" && v != "":
			line = []byte("Subject: " + mime.BEncoding.Encode("utf-8", subject(decodeWords(v))))
		case field == "from" && v != "":
			line = []byte("From: " + renamed(v, name))
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			head = append(append(head, line...), "\r\n"...)
		}
	})
	return append(append(head, "\r\n"...), p.body...)
}

// renamed writes the value of From with its name changed. What is no name with
// one address stays as it is.
func renamed(from string, do func(string) string) string {
	name, address := from, ""
	if i := strings.LastIndexByte(from, '<'); i >= 0 {
		name, address = strings.TrimSpace(from[:i]), " "+from[i:]
	} else if strings.Contains(from, "@") {
		return from
	}
	name = strings.Trim(name, `"`)
	if name == "" || strings.ContainsAny(name, `"@<>`) {
		return from
	}
	to := mime.BEncoding.Encode("utf-8", do(decodeWords(name)))
	if !strings.HasPrefix(to, "=?") {
		to = `"` + strings.ReplaceAll(to, `"`, "") + `"`
	}
	return to + address
}
