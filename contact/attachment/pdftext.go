package attachment

import "strings"

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
