package attachment

import (
	"strings"
	"unicode/utf16"

	"bonafide/contact/hypertext/charset"
)

// pages writes the text of the pages in their order.
func (d *pdfDoc) pages(out *strings.Builder) {
	left := maxPages
	seen := make(map[int]bool)
	for _, n := range d.order {
		root := d.catalog(n)
		if root != nil {
			d.pageTree(root["Pages"], out, seen, &left, 0)
		}
	}
	if left < maxPages {
		return
	}
	for _, n := range d.order { // no catalog: the pages as they come
		if m, ok := d.object(n).(map[string]any); ok && m["Type"] == name("Page") && left > 0 {
			left--
			d.page(m, out)
		}
	}
}

func (d *pdfDoc) catalog(n int) map[string]any {
	if body := dictOf(d.bodies[n]); !strings.Contains(string(body[:min(len(body), 4096)]), "/Catalog") {
		return nil
	}
	m, _ := d.object(n).(map[string]any)
	if m["Type"] != name("Catalog") {
		return nil
	}
	return m
}

func (d *pdfDoc) pageTree(v any, out *strings.Builder, seen map[int]bool, left *int, depth int) {
	if r, ok := v.(ref); ok {
		if seen[int(r)] {
			return
		}
		seen[int(r)] = true
	}
	m := d.dict(v)
	if m == nil || *left <= 0 || depth > 12 {
		return
	}
	if kids, ok := d.resolve(m["Kids"]).([]any); ok {
		for _, k := range kids {
			d.pageTree(k, out, seen, left, depth+1)
		}
		return
	}
	*left--
	d.page(m, out)
}

// page writes the text of one page.
func (d *pdfDoc) page(m map[string]any, out *strings.Builder) {
	if out.Len() >= d.in.opt.MaxText {
		return
	}
	resources := m
	for range 8 {
		if resources["Resources"] != nil {
			break
		}
		if resources = d.dict(resources["Parent"]); resources == nil {
			break
		}
	}
	t := pdfText{d: d, out: out}
	var content []byte
	switch c := m["Contents"].(type) {
	case ref:
		if list, ok := d.object(int(c)).([]any); ok {
			content = d.concat(list)
		} else {
			_, content = d.stream(int(c))
		}
	case []any:
		content = d.concat(c)
	}
	t.run(content, d.dict(resources["Resources"]), 0)
	out.WriteString("\n\n")
}

func (d *pdfDoc) concat(list []any) []byte {
	var all []byte
	for _, v := range list {
		if r, ok := v.(ref); ok && len(all) < 8<<20 {
			_, b := d.stream(int(r))
			all = append(append(all, b...), '\n')
		}
	}
	return all
}

// pdfText runs the text operators of a content stream (ISO 32000-1, 9.4).
type pdfText struct {
	d     *pdfDoc
	out   *strings.Builder
	font  *pdfFont
	y     float64
	forms int
	begun bool
}

func (t *pdfText) run(content []byte, resources map[string]any, depth int) {
	p := parser{b: content}
	var args []any
	for p.i < len(p.b) && t.out.Len() < t.d.in.opt.MaxText {
		v := p.value(0)
		op, ok := v.(keyword)
		if !ok {
			if len(args) < 64 {
				args = append(args, v)
			}
			continue
		}
		if op == "BI" { // a picture in place: skip its bytes
			if end := strings.Index(string(p.b[p.i:min(len(p.b), p.i+(1<<20))]), "EI"); end > 0 {
				p.i += end
			}
		}
		t.operate(string(op), args, resources, depth)
		args = args[:0]
	}
}

func (t *pdfText) operate(op string, args []any, resources map[string]any, depth int) {
	arg := func(i int) float64 {
		if i < len(args) {
			f, _ := args[i].(float64)
			return f
		}
		return 0
	}
	switch op {
	case "Tf":
		if len(args) > 0 {
			t.font = t.d.font(resources, args[0])
		}
	case "Td", "TD":
		if t.begun {
			t.move(arg(1) != 0, arg(0) > 0)
		}
	case "Tm":
		t.move(arg(5) != t.y, true)
		t.y = arg(5)
	case "T*":
		t.move(true, false)
	case "BT":
		t.move(false, true)
	case "Tj":
		t.show(args)
	case "'", "\"":
		t.move(true, false)
		t.show(args[max(0, len(args)-1):])
	case "TJ":
		if len(args) > 0 {
			if list, ok := args[0].([]any); ok {
				t.show(list)
			}
		}
	case "Do":
		if len(args) > 0 {
			t.do(resources, args[0], depth)
		}
	}
}

// move writes the line break or blank that a move of the pen means.
func (t *pdfText) move(line, blank bool) {
	s := t.out.String()
	switch {
	case s == "" || strings.HasSuffix(s, "\n"):
	case line:
		t.out.WriteByte('\n')
	case blank && !strings.HasSuffix(s, " "):
		t.out.WriteByte(' ')
	}
}

// show writes strings; a wide gap between two of them is a blank.
func (t *pdfText) show(list []any) {
	t.begun = true
	for _, v := range list {
		switch v := v.(type) {
		case string:
			t.out.WriteString(t.font.decode(v))
		case float64:
			if v < -180 {
				t.move(false, true)
			}
		}
	}
}

// do runs a form and hands on a picture.
func (t *pdfText) do(resources map[string]any, which any, depth int) {
	n, ok := which.(name)
	if !ok || depth > 4 || t.forms > 200 {
		return
	}
	t.forms++
	r, ok := t.d.dict(resources["XObject"])[string(n)].(ref)
	if !ok {
		return
	}
	dict := t.d.dict(r)
	switch dict["Subtype"] {
	case name("Form"):
		_, content := t.d.stream(int(r))
		inner := t.d.dict(dict["Resources"])
		if inner == nil {
			inner = resources
		}
		t.run(content, inner, depth+1)
	case name("Image"):
		t.d.picture(int(r))
	}
}

// pdfFont turns the codes of a font into letters.
type pdfFont struct {
	wide  bool
	codes map[uint32]string
	label string
}

// font returns the font of the name in the resources, read once.
func (d *pdfDoc) font(resources map[string]any, which any) *pdfFont {
	n, _ := which.(name)
	entry := d.dict(resources["Font"])[string(n)]
	r, shared := entry.(ref)
	if shared {
		if f, ok := d.fonts[int(r)]; ok {
			return f
		}
	}
	f := d.readFont(d.dict(entry))
	if shared {
		d.fonts[int(r)] = f
	}
	return f
}

func (d *pdfDoc) readFont(m map[string]any) *pdfFont {
	f := &pdfFont{label: "windows-1252", wide: m["Subtype"] == name("Type0")}
	switch enc := d.resolve(m["Encoding"]).(type) {
	case name:
		switch {
		case strings.Contains(string(enc), "RKSJ"):
			f.label, f.wide = "shift_jis", false
		case strings.Contains(string(enc), "UTF16") || strings.Contains(string(enc), "UCS2"):
			f.label = "utf-16be"
		case strings.HasPrefix(string(enc), "EUC") || strings.HasPrefix(string(enc), "GBK"):
			f.label, f.wide = "gb18030", false
		case enc == "MacRomanEncoding":
			f.label = "macintosh"
		case f.wide:
			f.label = "" // glyph numbers, not letters
		}
	case map[string]any:
		if list, ok := d.resolve(enc["Differences"]).([]any); ok {
			f.differences(list)
		}
	}
	if r, ok := m["ToUnicode"].(ref); ok {
		_, cmap := d.stream(int(r))
		f.toUnicode(cmap, maxCodes-d.codes)
		d.codes += len(f.codes)
	}
	return f
}

// differences takes glyph names for codes (9.6.6.1).
func (f *pdfFont) differences(list []any) {
	code := uint32(0)
	f.codes = make(map[uint32]string)
	for _, v := range list {
		switch v := v.(type) {
		case float64:
			code = uint32(max(0, min(v, 255)))
		case name:
			if s := glyph(string(v)); s != "" {
				f.codes[code] = s
			}
			code++
		}
	}
}

// maxCodes bounds the entries in the maps of all fonts of a file.
const maxCodes = 300_000

// toUnicode reads a map from codes to letters (9.10.3) while there is room.
func (f *pdfFont) toUnicode(cmap []byte, room int) {
	if f.codes == nil {
		f.codes = make(map[uint32]string)
	}
	p := parser{b: cmap}
	var args []any
	for p.i < len(p.b) && len(f.codes) < min(1<<16, room) {
		v := p.value(0)
		op, ok := v.(keyword)
		if !ok {
			if len(args) < 1024 {
				args = append(args, v)
			}
			continue
		}
		switch op {
		case "endcodespacerange":
			if len(args) > 0 {
				if s, ok := args[0].(string); ok {
					f.wide = len(s) == 2
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				f.mapRange(args[i], args[i], args[i+1])
			}
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				f.mapRange(args[i], args[i+1], args[i+2])
			}
		}
		args = args[:0]
	}
}

func (f *pdfFont) mapRange(lo, hi, to any) {
	a, ok1 := lo.(string)
	b, ok2 := hi.(string)
	if !ok1 || !ok2 {
		return
	}
	from, end := codeOf(a), codeOf(b)
	if end-from > 0xFFFF || end < from {
		return
	}
	for c := from; c <= end && len(f.codes) < 1<<16; c++ {
		switch to := to.(type) {
		case string:
			r := []rune(fromUTF16(to))
			if len(r) > 0 && len(r) < 16 {
				r[len(r)-1] += rune(c - from)
				f.codes[c] = string(r)
			}
		case []any:
			if i := int(c - from); i < len(to) {
				s, _ := to[i].(string)
				f.codes[c] = fromUTF16(s)
			}
		}
	}
}

func codeOf(s string) uint32 {
	var v uint32
	for i := 0; i < len(s) && i < 4; i++ {
		v = v<<8 | uint32(s[i])
	}
	return v
}

func fromUTF16(s string) string {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s) && i < 64; i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(units))
}

// decode turns a shown string into text.
func (f *pdfFont) decode(s string) string {
	if f == nil {
		text, _ := charset.Decode([]byte(s), "windows-1252")
		return text
	}
	if len(f.codes) == 0 {
		if f.label == "" {
			return ""
		}
		text, _ := charset.Decode([]byte(s), f.label)
		return text
	}
	var out strings.Builder
	step := 1
	if f.wide {
		step = 2
	}
	for i := 0; i+step <= len(s); i += step {
		code := codeOf(s[i : i+step])
		if t, ok := f.codes[code]; ok {
			out.WriteString(t)
		} else if step == 1 && f.label != "" {
			t, _ := charset.Decode([]byte(s[i:i+1]), f.label)
			out.WriteString(t)
		}
	}
	return out.String()
}
