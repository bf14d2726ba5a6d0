package mailauth

import (
	"bytes"
	"errors"
	"strings"
)

// field is one header field as it stands in the mail, with CRLF line ends.
type field struct {
	// name is in lower case without white space around it.
	name string
	// raw is the whole field with its folding, including the last CRLF.
	raw string
}

// value returns what stands behind the colon, still folded.
func (f field) value() string {
	_, v, _ := strings.Cut(f.raw, ":")
	return v
}

// message is a mail cut into fields and body, with CRLF line ends.
type message struct {
	fields []field
	// at lists the positions of the fields of one name, top to bottom.
	at map[string][]int
	// rest is the body as it stands in the mail; few mails are signed, so its
	// line ends are made CRLF only when it is hashed.
	rest []byte
	crlf bool // rest has CRLF line ends
	// hashes remembers body hashes, so that a body is hashed once for each
	// canonicalisation and length.
	hashes map[bodyKey]bodyHash
}

// split cuts a mail at its first empty line. Lone LF become CRLF, as they were
// on the wire (RFC 6376, 5.3), and a leading mbox "From " line is dropped.
func split(raw []byte) (*message, error) {
	if len(raw) > maxMessage {
		return nil, errors.New("mailauth: the mail is larger than the bound of 64 MiB")
	}
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[i+1:]
		}
	}
	head, rest := cutHeader(raw)
	head = toCRLF(head)
	if len(head) > maxHeader {
		return nil, errors.New("mailauth: the header section is larger than the bound of 1 MiB")
	}
	m := &message{rest: rest, at: map[string][]int{}, hashes: map[bodyKey]bodyHash{}}
	return m, m.readFields(string(head))
}

// body returns the body with CRLF line ends.
func (m *message) body() []byte {
	if !m.crlf {
		m.rest, m.crlf = toCRLF(m.rest), true
	}
	return m.rest
}

// readFields fills m.fields from the header section.
func (m *message) readFields(head string) error {
	for head != "" {
		end := fieldEnd(head)
		raw := head[:end]
		head = head[end:]
		if !strings.HasSuffix(raw, "\r\n") {
			raw += "\r\n"
		}
		name, _, ok := strings.Cut(raw, ":")
		if !ok {
			name = "" // a broken line: no name, so nothing can sign it
		}
		if len(m.fields) == maxFields {
			return errors.New("mailauth: more header fields than the bound of 4000")
		}
		name = strings.ToLower(strings.Trim(name, " \t\r\n"))
		m.at[name] = append(m.at[name], len(m.fields))
		m.fields = append(m.fields, field{name: name, raw: raw})
	}
	return nil
}

// fieldEnd returns the length of the first field in s with its folded lines.
func fieldEnd(s string) int {
	end := 0
	for {
		i := strings.IndexByte(s[end:], '\n')
		if i < 0 {
			return len(s)
		}
		end += i + 1
		if end == len(s) || (s[end] != ' ' && s[end] != '\t') {
			return end
		}
	}
}

// cutHeader splits at the first empty line, which belongs to neither half.
func cutHeader(raw []byte) (head, body []byte) {
	for at := 0; at < len(raw); {
		switch {
		case raw[at] == '\n':
			return raw[:at], raw[at+1:]
		case raw[at] == '\r' && at+1 < len(raw) && raw[at+1] == '\n':
			return raw[:at], raw[at+2:]
		}
		n := bytes.IndexByte(raw[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	return raw, nil
}

// toCRLF turns lone LF into CRLF and returns b itself when there are none.
func toCRLF(b []byte) []byte {
	lone := bytes.Count(b, []byte("\n")) - bytes.Count(b, []byte("\r\n"))
	if lone == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+lone)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		out = append(out, b[:i]...)
		if i == 0 || b[i-1] != '\r' {
			out = append(out, '\r')
		}
		out = append(out, '\n')
		b = b[i+1:]
	}
	return append(out, b...)
}
