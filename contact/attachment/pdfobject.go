package attachment

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"strconv"
)

// ref is a reference to an object of a PDF file.
type ref int

// name is a name object, without its slash.
type name string

// keyword is anything else that is a bare word, such as an operator.
type keyword string

// parser reads the objects of a PDF file (ISO 32000-1, 7.3) from bytes:
// float64, string, name, ref, keyword, []any, map[string]any, nil at the end.
type parser struct {
	b     []byte
	i     int
	nodes int
}

const maxNodes = 200_000

func delimiter(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', '\f', 0, '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch c := p.b[p.i]; c {
		case ' ', '\t', '\r', '\n', '\f', 0:
			p.i++
		case '%':
			for p.i < len(p.b) && p.b[p.i] != '\n' && p.b[p.i] != '\r' {
				p.i++
			}
		default:
			return
		}
	}
}

// value reads one object; depth counts how deep it stands.
func (p *parser) value(depth int) any {
	p.space()
	if p.nodes++; p.i >= len(p.b) || p.nodes > maxNodes || depth > 24 {
		p.i = len(p.b)
		return nil
	}
	switch c := p.b[p.i]; {
	case c == '/':
		p.i++
		return name(plainNames(p.word()))
	case c == '(':
		return p.literal()
	case c == '<' && p.i+1 < len(p.b) && p.b[p.i+1] == '<':
		p.i += 2
		return p.dictionary(depth)
	case c == '<':
		return p.hex()
	case c == '[':
		p.i++
		return p.array(depth)
	case c == ']' || c == '}' || c == '{' || c == ')':
		p.i++
		return keyword(c)
	case c == '>':
		p.i++
		if p.i < len(p.b) && p.b[p.i] == '>' {
			p.i++
		}
		return keyword(">>")
	}
	return p.bare()
}

func (p *parser) word() []byte {
	from := p.i
	for p.i < len(p.b) && !delimiter(p.b[p.i]) {
		p.i++
	}
	return p.b[from:p.i]
}

// bare reads a number, a reference or a keyword.
func (p *parser) bare() any {
	w := p.word()
	if len(w) == 0 {
		p.i++
		return keyword("")
	}
	if c := w[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if c != '-' && c != '+' && c != '.' && len(w) < 9 {
			if n, ok := p.reference(w); ok {
				return n
			}
		}
		f, err := strconv.ParseFloat(string(w[:min(len(w), 32)]), 64)
		if err != nil || f != f {
			return 0.0
		}
		return f
	}
	return keyword(w[:min(len(w), 64)])
}

// reference looks whether "G R" follows the number w.
func (p *parser) reference(w []byte) (ref, bool) {
	i := p.i
	for i < len(p.b) && (p.b[i] == ' ' || p.b[i] == '\n' || p.b[i] == '\r') {
		i++
	}
	from := i
	for i < len(p.b) && i-from < 5 && p.b[i] >= '0' && p.b[i] <= '9' {
		i++
	}
	if i == from {
		return 0, false
	}
	for i < len(p.b) && (p.b[i] == ' ' || p.b[i] == '\n' || p.b[i] == '\r') {
		i++
	}
	if i >= len(p.b) || p.b[i] != 'R' || i+1 < len(p.b) && !delimiter(p.b[i+1]) {
		return 0, false
	}
	n, err := strconv.Atoi(string(w))
	if err != nil {
		return 0, false
	}
	p.i = i + 1
	return ref(n), true
}

func (p *parser) array(depth int) any {
	out := []any{}
	for p.i < len(p.b) {
		v := p.value(depth + 1)
		if k, ok := v.(keyword); ok && (k == "]" || k == ">>" || k == "endobj") {
			break
		}
		out = append(out, v)
	}
	return out
}

func (p *parser) dictionary(depth int) any {
	out := make(map[string]any)
	for p.i < len(p.b) {
		k := p.value(depth + 1)
		n, ok := k.(name)
		if !ok {
			if w, is := k.(keyword); is && (w == ">>" || w == "endobj" || w == "stream") || k == nil {
				break
			}
			continue
		}
		v := p.value(depth + 1)
		if w, is := v.(keyword); is && w == ">>" {
			break
		}
		out[string(n)] = v
	}
	return out
}

// literal reads a string in parentheses (7.3.4.2).
func (p *parser) literal() string {
	var out []byte
	depth := 0
	for p.i++; p.i < len(p.b); p.i++ {
		c := p.b[p.i]
		switch {
		case c == '\\' && p.i+1 < len(p.b):
			p.i++
			out = p.escape(out)
			continue
		case c == '(':
			depth++
		case c == ')':
			if depth == 0 {
				p.i++
				return string(out)
			}
			depth--
		}
		out = append(out, c)
	}
	return string(out)
}

func (p *parser) escape(out []byte) []byte {
	switch c := p.b[p.i]; c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b', 'f':
		return out
	case '\r':
		if p.i+1 < len(p.b) && p.b[p.i+1] == '\n' {
			p.i++
		}
		return out
	case '\n':
		return out
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v := 0
		n := 0
		for ; n < 3 && p.i+n < len(p.b) && p.b[p.i+n] >= '0' && p.b[p.i+n] <= '7'; n++ {
			v = v<<3 | int(p.b[p.i+n]-'0')
		}
		p.i += n - 1
		return append(out, byte(v))
	default:
		return append(out, c)
	}
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (p *parser) hex() string {
	var out []byte
	have, v := false, 0
	for p.i++; p.i < len(p.b) && p.b[p.i] != '>'; p.i++ {
		d := unhex(p.b[p.i])
		if d < 0 {
			continue
		}
		if v = v<<4 | d; have {
			out = append(out, byte(v))
			v = 0
		}
		have = !have
	}
	if have {
		out = append(out, byte(v<<4))
	}
	p.i = min(p.i+1, len(p.b))
	return string(out)
}

// stream returns the dictionary of an object and its stream, unpacked within
// the budget. Streams in formats of pictures come as they are.
func (d *pdfDoc) stream(n int) (map[string]any, []byte) {
	body := d.bodies[n]
	dict, _ := d.object(n).(map[string]any)
	head := dictOf(body)
	if dict == nil || len(head) == len(body) || d.streams >= maxStreams {
		return dict, nil
	}
	d.streams++
	data := body[len(head)+len("stream"):]
	data = bytes.TrimPrefix(data, []byte("\r"))
	data = bytes.TrimPrefix(data, []byte("\n"))
	length := number(d.resolve(dict["Length"]))
	if length > 0 && length <= len(data) && bytes.HasPrefix(bytes.TrimLeft(data[length:], "\r\n "), []byte("endstream")) {
		data = data[:length]
	} else if end := bytes.LastIndex(data, []byte("endstream")); end >= 0 {
		data = bytes.TrimSuffix(bytes.TrimSuffix(data[:end], []byte("\n")), []byte("\r"))
	}
	if d.crypt != nil && dict["Type"] != name("XRef") {
		if d.in.budget < len(data) {
			return dict, nil
		}
		data = d.crypt.open(n, d.gens[n], data)
	}
	var filters []any
	switch f := d.resolve(dict["Filter"]).(type) {
	case name:
		filters = []any{f}
	case []any:
		filters = f
	}
	for i, f := range filters {
		if i >= 4 {
			return dict, nil
		}
		data = d.unfilter(d.resolve(f), data)
	}
	if d.in.budget < len(data) { // every use costs, so that reuse is bounded
		return dict, nil
	}
	d.in.budget -= len(data)
	return dict, data
}

// unfilter undoes one filter (7.4). Those of pictures are left on.
func (d *pdfDoc) unfilter(f any, data []byte) []byte {
	n, _ := f.(name)
	switch n {
	case "FlateDecode", "Fl":
		if len(data) < 3 || d.in.budget <= 0 {
			return nil
		}
		data = inflate(flate.NewReader(bytes.NewReader(data[2:])), min(d.in.budget, 4<<20))
	case "ASCIIHexDecode", "AHx":
		p := parser{b: append([]byte{'<'}, data...)}
		data = []byte(p.hex())
	case "ASCII85Decode", "A85":
		data = bytes.TrimPrefix(bytes.TrimSpace(data), []byte("<~"))
		if end := bytes.IndexByte(data, '~'); end >= 0 {
			data = data[:end]
		}
		out := make([]byte, 4*len(data)+4)
		m, _, _ := ascii85.Decode(out, data, true)
		data = out[:m]
	case "DCTDecode", "DCT":
	default:
		return nil
	}
	return data
}
