package mail

import (
	"bytes"
	"strings"
)

// node is one part of MIME: its header, its body as in the bytes, and the
// parts in it. Nothing is decoded yet.
type node struct {
	fields      []field
	body        []byte
	media       string // "text/plain"; empty when nothing is declared
	params      params
	encoding    string
	disposition string
	name        string // file name, decoded
	id          string // Content-ID
	children    []*node
	depth       int
}

func (n *node) multipart() bool { return strings.HasPrefix(n.media, "multipart/") }

func (n *node) text() bool { return n.media == "" || strings.HasPrefix(n.media, "text/") }

// get returns the unfolded value of the first field of a name, given in lower
// case.
func (n *node) get(lower string) string {
	for _, f := range n.fields {
		if fieldIs(f, lower) {
			return string(unfold(f.value))
		}
	}
	return ""
}

// parse reads one part, or a whole mail, and splits it into its parts. It
// reads each byte once for each level, and levels and parts are bounded.
func (r *reader) parse(raw []byte, depth int) *node {
	fields, body, cut := splitHeader(raw, r.opt.Limits)
	if cut {
		r.problem("truncated", "header is longer than what is read")
	}
	n := &node{fields: fields, body: body, depth: depth}
	r.describe(n)
	boundary := n.params.get("boundary")
	switch {
	case n.multipart():
	case n.media == "" && bytes.HasPrefix(bytes.TrimLeft(body[:min(len(body), 512)], "\r\n"), []byte("--")), n.media == "" && n.get("mime-version") != "" && bytes.HasPrefix(body, []byte("This is a multi-part")):
		// The header lost its Content-Type but the parts are there.
		if boundary = guessBoundary(body); boundary == "" {
			return n
		}
		n.media = "multipart/mixed"
		r.problem("boundary", "parts were found without being declared")
	default:
		return n
	}
	if depth >= r.opt.Limits.Depth {
		r.problem("too_deep", "parts stand deeper within each other than what is read")
		return n
	}
	if boundary == "" || !hasBoundary(body, boundary) {
		if boundary = guessBoundary(body); boundary == "" {
			n.media = "" // no parts: read as text
			r.problem("boundary", "mail says that it has parts but has none")
			return n
		}
		r.problem("boundary", "parts are separated otherwise than declared")
	}
	r.split(n, boundary)
	if len(n.children) == 0 {
		n.media = ""
		r.problem("boundary", "mail says that it has parts but has none")
	}
	return n
}

// describe reads what the header says of the body.
func (r *reader) describe(n *node) {
	for _, f := range n.fields {
		switch {
		case fieldIs(f, "content-type"):
			if m, p := parseMedia(string(unfold(f.value))); n.media == "" && strings.IndexByte(m, '/') > 0 {
				n.media, n.params = m, p
			}
		case fieldIs(f, "content-transfer-encoding"):
			if n.encoding == "" {
				n.encoding = strings.ToLower(strings.TrimSpace(dropComment(string(unfold(f.value)))))
			}
		case fieldIs(f, "content-disposition"):
			var p params
			n.disposition, p = parseMedia(string(unfold(f.value)))
			if name := p.get("filename"); name != "" {
				n.name = r.decodeHeader([]byte(name))
			}
		case fieldIs(f, "content-id"):
			n.id = strings.Trim(string(unfold(f.value)), "<> ")
		}
	}
	if name := n.params.get("name"); n.name == "" && name != "" {
		n.name = r.decodeHeader([]byte(name))
	}
}

// hasBoundary reports whether a line begins with the boundary.
func hasBoundary(body []byte, boundary string) bool {
	return bytes.HasPrefix(body, []byte("--"+boundary)) || bytes.Contains(body, []byte("\n--"+boundary))
}

// guessBoundary finds the first line that begins with "--", has no blanks and
// is followed by a header field of a part.
func guessBoundary(body []byte) string {
	head := body[:min(len(body), 64<<10)]
	for at := 0; at < len(head); {
		end, next := lineEnd(head, at)
		line := head[at:end]
		if len(line) > 2 && len(line) < 200 && line[0] == '-' && line[1] == '-' && bytes.IndexByte(line, ' ') < 0 && next < len(head) {
			e, _ := lineEnd(head, next)
			if k := nameLength(head[next:e]); k > 8 && bytes.EqualFold(head[next:next+8], []byte("content-")) {
				return string(line[2:])
			}
		}
		at = next
	}
	return ""
}

// split cuts the body of a multipart at its boundary (RFC 2046, 5.1.1). A
// missing end is forgiven; what stands before the first part and behind the
// last is not shown by any program and left out.
func (r *reader) split(n *node, boundary string) {
	mark := []byte("\n--" + boundary)
	body := n.body
	start := -1
	for at := 0; at <= len(body); {
		line, next, last, found := nextMark(body, at, mark)
		if !found {
			break
		}
		if start >= 0 && !r.child(n, body[start:max(start, line)]) {
			return
		}
		start, at = next, next
		if last {
			return
		}
	}
	if start >= 0 && start <= len(body) {
		r.child(n, body[start:])
	}
}

// nextMark finds the next boundary line from at on, which begins with mark
// but for its line feed: where the text before it
// ends, where the text after it begins, and whether it is the last.
func nextMark(body []byte, at int, mark []byte) (line, next int, last, found bool) {
	for {
		i := at
		if at > 0 || !bytes.HasPrefix(body, mark[1:]) {
			k := bytes.Index(body[max(at-1, 0):], mark)
			if k < 0 {
				return 0, 0, false, false
			}
			i = max(at-1, 0) + k + 1
		}
		end, after := lineEnd(body, i)
		rest := bytes.TrimRight(body[i+len(mark)-1:end], " \t")
		if last = bytes.HasPrefix(rest, []byte("--")); last || len(rest) == 0 {
			line = i
			if line > 0 {
				line--
			}
			for line > 0 && body[line-1] == '\r' && line > at {
				line--
			}
			return line, after, last, true
		}
		at = after
		if at >= len(body) {
			return 0, 0, false, false
		}
	}
}

// child parses one part of n; false means that there are too many.
func (r *reader) child(n *node, raw []byte) bool {
	if r.parts++; r.parts > r.opt.Limits.Parts {
		r.problem("truncated", "mail has more parts than are read")
		return false
	}
	c := r.parse(raw, n.depth+1)
	if c.media == "" && n.media == "multipart/digest" {
		c.media = "message/rfc822" // RFC 2046, 5.1.5
	}
	n.children = append(n.children, c)
	return true
}

// content decodes the body of a part.
func (r *reader) content(n *node) []byte {
	b, ok := decodeTransfer(n.body, n.encoding)
	if !ok {
		r.problem("base64", "part is not in the encoding that it declares")
	}
	return b
}

// findLabel remembers the charset of the first text, for header fields with
// bytes above ASCII that do not say theirs.
func (r *reader) findLabel(n *node) {
	if r.label != "" {
		return
	}
	if n.text() {
		r.label = n.params.get("charset")
		return
	}
	for _, c := range n.children {
		r.findLabel(c)
	}
}
