package attachment

import (
	"bytes"
	"slices"
	"strings"

	"bonafide/contact"
)

// The PDF reader is our own: the libraries at hand follow a file's own tables
// without a bound, so that a few bytes make them fill the memory or loop. This
// one ignores the tables and finds the objects by their marks (ISO 32000-1,
// 7.3.10), which also reads damaged files.

// Bounds for PDF files.
const (
	maxObjects  = 50_000
	maxPages    = 30
	maxStreams  = 600
	maxPDFBytes = 32 << 20
)

// pdfDoc is a PDF file with its objects found but not yet read.
type pdfDoc struct {
	in      *inspection
	bodies  map[int][]byte // what stands behind "N G obj"
	gens    map[int]int    // generations that are not 0
	packed  map[int]bool   // objects out of a stream, which are not locked again
	crypt   *pdfCrypt      // nil when the file is not locked
	order   []int
	parsed  map[int]any
	streams int
	fonts   map[int]*pdfFont
	codes   int // entries in the maps of all fonts
}

// pdf reads links, text, pictures and signs of programs of a PDF file.
func (in *inspection) pdf() {
	data := in.data
	if len(data) > maxPDFBytes {
		data = data[:maxPDFBytes]
		in.problem("truncated", "PDF is longer than what is read")
	}
	d := &pdfDoc{in: in, bodies: make(map[int][]byte), gens: make(map[int]int), packed: make(map[int]bool), parsed: make(map[int]any), fonts: make(map[int]*pdfFont)}
	d.findObjects(data)
	locked := false
	if bytes.Contains(data, []byte("/Encrypt")) {
		var opened string
		d.crypt, opened = d.unlock(data, in.opt.Passwords)
		clear(d.parsed)
		locked = d.crypt == nil
		if locked || opened != "" {
			in.trait("encrypted")
		}
		if opened != "" {
			in.trait("password_given")
		}
	}
	if !locked {
		d.openObjectStreams()
	}
	for _, n := range d.order {
		d.signs(n, dictOf(d.bodies[n]), locked)
	}
	d.signs(-1, data[max(0, len(data)-2048):], true)
	if locked {
		in.problem("encrypted", "PDF is locked with a password: its text and links are not read")
		return
	}
	var out strings.Builder
	d.pages(&out)
	in.text(contact.Said, in.opt.Part, strings.TrimSpace(out.String()))
}

// findObjects notes where each object begins. Later ones replace earlier ones
// of the same number, as updates of a PDF do.
func (d *pdfDoc) findObjects(data []byte) {
	last, lastAt := -1, 0
	note := func(end int) {
		if last >= 0 {
			d.bodies[last] = data[lastAt:end]
		}
	}
	for at := 0; len(d.order) < maxObjects; {
		next := bytes.Index(data[at:], []byte("obj"))
		if next < 0 {
			break
		}
		at += next + 3
		num, gen, start, ok := objectNumber(data[:at-3])
		if !ok {
			continue
		}
		note(start)
		if _, known := d.bodies[num]; !known {
			d.order = append(d.order, num)
		}
		d.bodies[num] = nil
		if gen > 0 {
			d.gens[num] = gen
		}
		last, lastAt = num, at
	}
	note(len(data))
}

// objectNumber reads "N G " backwards from the end of b.
func objectNumber(b []byte) (num, gen, start int, ok bool) {
	i := len(b)
	back := func(is func(byte) bool, most int) (int, int) {
		end := i
		for i > 0 && end-i < most && is(b[i-1]) {
			i--
		}
		return i, end
	}
	blank := func(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	if s, e := back(blank, 4); s == e {
		return 0, 0, 0, false
	}
	s, e := back(digit, 5)
	if s == e {
		return 0, 0, 0, false
	}
	for _, c := range b[s:e] {
		gen = gen*10 + int(c-'0')
	}
	if s, e := back(blank, 4); s == e {
		return 0, 0, 0, false
	}
	if s, e = back(digit, 8); s == e {
		return 0, 0, 0, false
	}
	for _, c := range b[s:e] {
		num = num*10 + int(c-'0')
	}
	return num, gen, s, true
}

// dictOf returns the part of an object before its stream.
func dictOf(body []byte) []byte {
	if at := bytes.Index(body, []byte("stream")); at >= 0 && (at < 3 || string(body[at-3:at]) != "end") {
		return body[:at]
	}
	return body
}

// openObjectStreams adds the objects that stand packed in streams (7.5.7).
func (d *pdfDoc) openObjectStreams() {
	for _, n := range slices.Clone(d.order) {
		if !bytes.Contains(dictOf(d.bodies[n]), []byte("/ObjStm")) {
			continue
		}
		dict, data := d.stream(n)
		first, count := number(dict["First"]), number(dict["N"])
		if first <= 0 || first > len(data) || count <= 0 || count > maxObjects {
			continue
		}
		p := parser{b: data[:first]}
		var nums, offs []int
		for range count {
			a, ok1 := p.value(0).(float64)
			b, ok2 := p.value(0).(float64)
			if !ok1 || !ok2 || b < 0 || int(b) > len(data)-first {
				break
			}
			nums, offs = append(nums, int(a)), append(offs, first+int(b))
		}
		for i, num := range nums {
			end := len(data)
			if i+1 < len(offs) {
				end = offs[i+1]
			}
			if end <= offs[i] || i > 0 && offs[i] < offs[i-1] {
				continue // objects that overlap would cost quadratic time
			}
			if _, known := d.bodies[num]; !known && len(d.order) < maxObjects {
				d.order = append(d.order, num)
				d.bodies[num] = data[offs[i]:end]
				d.packed[num] = true
			}
		}
	}
}

// signs looks in the dictionary of the object num for links and for what runs.
func (d *pdfDoc) signs(num int, b []byte, locked bool) {
	if bytes.IndexByte(b, '/') < 0 {
		return
	}
	if bytes.IndexByte(b, '#') >= 0 {
		b = plainNames(b)
	}
	for _, s := range []struct{ name, trait string }{
		{"/JavaScript", "javascript"}, {"/Launch", "launch"}, {"/EmbeddedFile", "embedded_file"}, {"/AcroForm", "pdf_form"},
	} {
		if hasName(b, s.name) {
			d.in.trait(s.trait)
		}
	}
	if locked {
		return
	}
	for rest := b; len(d.in.extra.Links) < maxLinks; {
		at := bytes.Index(rest, []byte("/URI"))
		if at < 0 {
			return
		}
		rest = rest[at+4:]
		p := parser{b: rest[:min(len(rest), 8192)]}
		s, ok := p.value(14).(string)
		if ok {
			rest = rest[p.i:] // what is read once is not read again
		}
		if ok && d.crypt != nil && !d.packed[num] {
			s = string(d.crypt.open(num, d.gens[num], []byte(s)))
		}
		if ok && strings.TrimSpace(s) != "" {
			d.in.link(contact.Link{Raw: strings.TrimSpace(s)})
		}
	}
}

// hasName reports whether a name stands in b whole, not as the beginning of a
// longer one.
func hasName(b []byte, name string) bool {
	for {
		at := bytes.Index(b, []byte(name))
		if at < 0 {
			return false
		}
		b = b[at+len(name):]
		if len(b) == 0 || delimiter(b[0]) {
			return true
		}
	}
}

// plainNames undoes #xx in names (7.3.5), which hides them from a search.
func plainNames(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) && unhex(b[i+1]) >= 0 && unhex(b[i+2]) >= 0 {
			if c := byte(unhex(b[i+1])<<4 | unhex(b[i+2])); c > ' ' && c < 0x7F && c != '(' && c != ')' {
				out = append(out, c)
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

// object returns the value of an object, read once.
func (d *pdfDoc) object(n int) any {
	if v, ok := d.parsed[n]; ok {
		return v
	}
	body, ok := d.bodies[n]
	if !ok {
		return nil
	}
	p := parser{b: body}
	v := p.value(0)
	if d.crypt != nil && !d.packed[n] {
		v = d.crypt.openStrings(n, d.gens[n], v)
	}
	d.parsed[n] = v
	return v
}

// resolve follows references, a few at most.
func (d *pdfDoc) resolve(v any) any {
	for range 8 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = d.object(int(r))
	}
	return nil
}

func (d *pdfDoc) dict(v any) map[string]any {
	m, _ := d.resolve(v).(map[string]any)
	return m
}

func number(v any) int {
	f, _ := v.(float64)
	return int(max(min(f, 1e9), -1e9))
}
