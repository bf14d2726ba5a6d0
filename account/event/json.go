package event

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"bonafide/fault"
)

// Bounds of one event. What exceeds one is refused with its name.
const (
	// MaxSize is the largest event in bytes.
	MaxSize = 64 << 10
	// MaxDepth is how deep objects and lists may nest.
	MaxDepth = 8
	// MaxNodes is how many values an event may hold.
	MaxNodes = 2048
	// MaxText is the longest text of a field in bytes.
	MaxText = 512
	// MaxShort is the longest of a short one (Field.Short).
	MaxShort = 128
	// MaxItems is the longest list of items or texts.
	MaxItems = 200
	// MaxAmount is the largest amount in minor units, either sign.
	MaxAmount = 1 << 40
)

type shape int8

const (
	null shape = iota
	text
	number
	truth
	list
	object
)

func (s shape) String() string {
	return [...]string{"null", "a text", "a number", "true or false", "a list", "an object"}[s]
}

// node is one JSON value. Objects keep their order; names are unique.
type node struct {
	shape shape
	text  string // of text and number
	yes   bool
	names []string
	nodes []node
}

func (n *node) get(name string) *node {
	if n.shape != object {
		return nil
	}
	for i, s := range n.names {
		if s == name {
			return &n.nodes[i]
		}
	}
	return nil
}

func (n *node) put(name string, v node) {
	if old := n.get(name); old != nil {
		*old = v
		return
	}
	n.shape = object
	n.names, n.nodes = append(n.names, name), append(n.nodes, v)
}

// render writes the node as JSON, for fields that are kept.
func (n *node) render(b *strings.Builder) {
	switch n.shape {
	case null:
		b.WriteString("null")
	case text:
		q, _ := json.Marshal(n.text)
		b.Write(q)
	case number:
		b.WriteString(n.text)
	case truth:
		b.WriteString(strconv.FormatBool(n.yes))
	case list, object:
		open, end := "[", "]"
		if n.shape == object {
			open, end = "{", "}"
		}
		b.WriteString(open)
		for i := range n.nodes {
			if i > 0 {
				b.WriteByte(',')
			}
			if n.shape == object {
				q, _ := json.Marshal(n.names[i])
				b.Write(q)
				b.WriteByte(':')
			}
			n.nodes[i].render(b)
		}
		b.WriteString(end)
	}
}

// reader reads one JSON value (RFC 8259) within the bounds, and nothing after it.
type reader struct {
	in    []byte
	at    int
	nodes int
	path  []crumb
}

// crumb is one step of the way to a value, for errors: a name, or a place in a list.
type crumb struct {
	name string
	at   int
}

func readJSON(in []byte) (node, error) {
	if len(in) > MaxSize {
		return node{}, fault.New(fault.TooLarge, "", "an event of %d bytes is too large: at most %d", len(in), MaxSize)
	}
	r := reader{in: in}
	n, err := r.value(0)
	if err != nil {
		return node{}, err
	}
	if r.space(); r.at < len(in) {
		return node{}, r.wrong("something stands after the event")
	}
	return n, nil
}

func (r *reader) where() string {
	var b strings.Builder
	for _, c := range r.path {
		if c.at >= 0 {
			b.WriteString("[" + strconv.Itoa(c.at) + "]")
		} else {
			b.WriteString("." + clip(c.name))
		}
	}
	return b.String()
}

func (r *reader) wrong(format string, args ...any) error {
	return fault.New(fault.Invalid, strings.TrimPrefix(r.where(), "."), "%s (byte %d)", fmt.Sprintf(format, args...), r.at)
}

func (r *reader) space() {
	for r.at < len(r.in) && (r.in[r.at] == ' ' || r.in[r.at] == '\n' || r.in[r.at] == '\t' || r.in[r.at] == '\r') {
		r.at++
	}
}

func (r *reader) value(depth int) (node, error) {
	if depth > MaxDepth {
		return node{}, fault.New(fault.TooLarge, strings.TrimPrefix(r.where(), "."), "nests deeper than %d", MaxDepth)
	}
	if r.nodes++; r.nodes > MaxNodes {
		return node{}, fault.New(fault.TooLarge, "", "the event holds more than %d values", MaxNodes)
	}
	r.space()
	if r.at >= len(r.in) {
		return node{}, r.wrong("the text ends before the value")
	}
	switch c := r.in[r.at]; {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.list(depth)
	case c == '"':
		s, err := r.text()
		return node{shape: text, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for _, w := range []struct {
		word string
		node node
	}{{"true", node{shape: truth, yes: true}}, {"false", node{shape: truth}}, {"null", node{}}} {
		if strings.HasPrefix(string(r.in[r.at:min(r.at+5, len(r.in))]), w.word) {
			r.at += len(w.word)
			return w.node, nil
		}
	}
	return node{}, r.wrong("is no JSON value")
}

func (r *reader) object(depth int) (node, error) {
	out := node{shape: object, names: make([]string, 0, 8), nodes: make([]node, 0, 8)}
	r.at++
	for first := true; ; first = false {
		r.space()
		if r.at < len(r.in) && r.in[r.at] == '}' && first {
			r.at++
			return out, nil
		}
		if r.at >= len(r.in) || r.in[r.at] != '"' {
			return out, r.wrong("a name in quotes was expected")
		}
		name, err := r.text()
		if err != nil {
			return out, err
		}
		r.path = append(r.path, crumb{name, -1})
		if out.get(name) != nil {
			return out, r.wrong("is given twice")
		}
		if r.space(); r.at >= len(r.in) || r.in[r.at] != ':' {
			return out, r.wrong("a colon was expected")
		}
		r.at++
		v, err := r.value(depth + 1)
		if err != nil {
			return out, err
		}
		r.path = r.path[:len(r.path)-1]
		out.names, out.nodes = append(out.names, name), append(out.nodes, v)
		if done, err := r.more('}'); done || err != nil {
			return out, err
		}
	}
}

func (r *reader) list(depth int) (node, error) {
	out := node{shape: list}
	r.at++
	if r.space(); r.at < len(r.in) && r.in[r.at] == ']' {
		r.at++
		return out, nil
	}
	for {
		r.path = append(r.path, crumb{at: len(out.nodes)})
		v, err := r.value(depth + 1)
		if err != nil {
			return out, err
		}
		r.path = r.path[:len(r.path)-1]
		out.nodes = append(out.nodes, v)
		if done, err := r.more(']'); done || err != nil {
			return out, err
		}
	}
}

// more reads the comma before the next member, or the end.
func (r *reader) more(end byte) (bool, error) {
	r.space()
	switch {
	case r.at < len(r.in) && r.in[r.at] == ',':
		r.at++
		return false, nil
	case r.at < len(r.in) && r.in[r.at] == end:
		r.at++
		return true, nil
	}
	return false, r.wrong("a comma or %q was expected", end)
}

func (r *reader) text() (string, error) {
	start := r.at
	for i := r.at + 1; i < len(r.in); i++ {
		switch c := r.in[i]; {
		case c == '"':
			r.at = i + 1
			raw := r.in[start+1 : i]
			if !utf8.Valid(raw) {
				return "", r.wrong("is no UTF-8")
			}
			return string(raw), nil
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			r.at = i
			return "", r.wrong("holds a control character")
		}
	}
	return "", r.wrong("a text has no end")
}

func (r *reader) escaped(start int) (string, error) {
	for i := start + 1; i < len(r.in); i++ {
		if r.in[i] == '\\' {
			i++
			continue
		}
		if r.in[i] == '"' {
			r.at = i + 1
			var s string
			if err := json.Unmarshal(r.in[start:r.at], &s); err != nil || !utf8.Valid(r.in[start:r.at]) {
				return "", r.wrong("is no valid text")
			}
			return s, nil
		}
	}
	return "", r.wrong("a text has no end")
}

func (r *reader) number() (node, error) {
	start := r.at
	for r.at < len(r.in) && strings.IndexByte("+-0123456789.eE", r.in[r.at]) >= 0 {
		r.at++
	}
	if s := r.in[start:r.at]; json.Valid(s) && len(s) <= 40 {
		return node{shape: number, text: string(s)}, nil
	}
	return node{}, r.wrong("is no JSON number of at most 40 characters")
}

// clip shortens a foreign name for an error.
func clip(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strings.Map(func(c rune) rune {
		if c < 0x20 || c == 0x7f || c == utf8.RuneError {
			return '?'
		}
		return c
	}, s)
}
