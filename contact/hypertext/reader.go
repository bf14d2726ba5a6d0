package hypertext

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxDepth is how many elements are tracked within each other. Deeper ones
// take the looks of the last one tracked.
const maxDepth = 256

// maxAttributes is how many attributes of one tag are read.
const maxAttributes = 64

// looks is what an element hands down to what stands in it.
type looks struct {
	gone, invisible bool
	size            float32
	color, back     uint32
	pre, backwards  bool
}

// seen reports whether text with these looks can be seen.
func (l *looks) seen() bool {
	return !l.gone && !l.invisible && l.size > tinyPx && !alike(l.color, l.back)
}

// frame is one open element.
type frame struct {
	id    uint32
	atom  atom.Atom
	looks looks
	// turned is where backwards text began, quoted where quoted text began;
	// -1 for neither.
	turned, quoted int
}

type reader struct {
	opt      Options
	z        *html.Tokenizer
	view     View
	stack    []frame
	over     int // elements below maxDepth
	open     map[uint32]int
	sheet    sheet
	styles   map[string]style
	seen     sink
	unseen   sink
	links    []link
	link     int // index of the open link, -1 for none
	form     int // index of the open form, -1 for none
	loose    int // index of the form that holds fields outside of forms
	quoteAll int // from here to the end all is quoted, -1 for none
	nested   int // how deep in srcdoc and written pages
}

func newReader(src string, opt Options) *reader {
	r := &reader{opt: opt, link: -1, form: -1, loose: -1, quoteAll: -1}
	if len(src) > opt.MaxBytes {
		src = src[:opt.MaxBytes]
		r.view.Cut = true
	}
	r.z = html.NewTokenizer(strings.NewReader(src))
	r.stack = make([]frame, 1, 48)
	r.stack[0] = frame{looks: looks{size: 16, back: 0xFFFFFF}, turned: -1, quoted: -1}
	r.open = make(map[uint32]int, 32)
	r.styles = make(map[string]style, 32)
	r.seen.buf = make([]byte, 0, min(len(src)/4+64, 1<<16))
	return r
}

func (r *reader) top() *frame { return &r.stack[len(r.stack)-1] }

// walk reads all tokens.
func (r *reader) walk() {
	for {
		switch r.z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			r.text(r.z.Text())
		case html.StartTagToken:
			r.startTag(false)
		case html.SelfClosingTagToken:
			r.startTag(true)
		case html.EndTagToken:
			name, _ := r.z.TagName()
			r.endTag(atom.Lookup(name), tagID(name))
		}
	}
}

// tagID is the atom of a known tag, else a hash of its name.
func tagID(name []byte) uint32 {
	if a := atom.Lookup(name); a != 0 {
		return uint32(a)
	}
	h := uint32(2166136261)
	for _, c := range name {
		h = (h ^ uint32(c)) * 16777619
	}
	return h | 1<<31
}

// text takes one run of text in.
func (r *reader) text(b []byte) {
	f := r.top()
	switch f.atom {
	case atom.Script:
		r.script(string(b))
		return
	case atom.Style:
		r.sheet.add(string(b))
		return
	case atom.Title:
		if r.view.Title == "" && len(b) < 4096 {
			r.view.Title = strings.Join(strings.Fields(string(b)), " ")
		}
		return
	case atom.Iframe, atom.Noembed, atom.Noframes, atom.Template:
		return
	}
	r.put(b, &f.looks)
}

// put writes text to the sink that its looks send it to.
func (r *reader) put(b []byte, l *looks) {
	to := &r.seen
	if !l.seen() {
		to = &r.unseen
	}
	at, wrote := to.write(b, l.pre)
	if !wrote {
		return
	}
	if to == &r.seen && !r.seen.begun && letters(r.seen.buf[at:]) {
		r.seen.begun = true
		r.view.Preheader = len(r.unseen.buf)
	}
	if r.link >= 0 {
		r.links[r.link].extend(at, len(to.buf), to == &r.unseen)
	}
}

// tag is what is read from one start tag before it is acted on.
type tag struct {
	atom  atom.Atom
	id    uint32
	name  []byte
	style style
	attrs attrs
}

// attrs are the attributes that matter, as written.
type attrs struct {
	href, src, action, method, alt, value, typ, fieldName string
	content, equiv, onclick, formaction, srcdoc           string
	class, elemID, width, height                          string
	hidden, rtl, cite                                     bool
	handlers                                              int
}

func (r *reader) startTag(selfClosing bool) {
	name, more := r.z.TagName()
	t := tag{atom: atom.Lookup(name), id: tagID(name), name: name}
	var tagName string
	if t.atom != 0 {
		tagName = t.atom.String()
	} else {
		tagName = string(name)
	}
	var inline style
	for n := 0; more && n < maxAttributes; n++ {
		var key, val []byte
		key, val, more = r.z.TagAttr()
		r.attribute(&t, &inline, key, val)
	}
	r.sheet.apply(&t.style, tagName, t.attrs.class, t.attrs.elemID)
	t.style.merge(&inline)
	r.view.Handlers += t.attrs.handlers
	if t.atom == atom.Noscript {
		r.z.NextIsNotRawText()
	}
	r.closeImplied(t.atom)
	r.breaks(t.atom)
	l := r.looksOf(&t)
	r.act(&t, &l)
	// "/>" closes only elements that HTML does not know, such as <o:p/>.
	if !void(t.atom) && !(selfClosing && t.atom == 0) {
		r.push(&t, l)
	}
}

// attribute takes one attribute in.
func (r *reader) attribute(t *tag, inline *style, key, val []byte) {
	a := &t.attrs
	switch string(key) {
	case "style":
		r.inlineStyle(inline, val)
	case "class":
		a.class = string(val)
	case "id":
		a.elemID = string(val)
		a.fieldName += " " + a.elemID
	case "href", "xlink:href":
		a.href = string(val)
	case "src", "data", "background-src":
		a.src = string(val)
	case "action":
		a.action = string(val)
	case "method":
		a.method = lower(string(val))
	case "alt":
		a.alt = string(val)
	case "value":
		a.value = string(val)
	case "type":
		a.typ = lower(strings.TrimSpace(string(val)))
		a.cite = a.typ == "cite"
	case "name", "autocomplete", "placeholder":
		a.fieldName += " " + string(val)
		if key[0] == 'p' {
			a.alt = string(val)
		}
	case "content":
		a.content = string(val)
	case "http-equiv":
		a.equiv = lower(string(val))
	case "formaction":
		a.formaction = string(val)
	case "srcdoc":
		a.srcdoc = string(val)
	default:
		r.lookAttribute(t, key, val)
	}
}

// lookAttribute takes the attributes of old HTML in that style an element.
func (r *reader) lookAttribute(t *tag, key, val []byte) {
	a := &t.attrs
	switch string(key) {
	case "hidden":
		a.hidden = true
	case "dir":
		a.rtl = lower(string(val)) == "rtl"
	case "color", "text":
		if t.atom == atom.Font || t.atom == atom.Body {
			t.style.set |= setColor
			t.style.color = parseColor(string(val))
		}
	case "bgcolor":
		t.style.set |= setBack
		t.style.back = parseColor(string(val))
	case "background":
		if len(val) > 0 {
			t.style.set |= setBack
			t.style.back = unknownColor
		}
	case "width":
		a.width = string(val)
	case "height":
		a.height = string(val)
	default:
		if len(key) > 4 && key[0] == 'o' && key[1] == 'n' {
			a.handlers++
			if len(a.onclick) < 1<<16 {
				a.onclick += " " + string(val)
			}
		}
	}
}

// inlineStyle reads a style attribute; mails repeat few of them very often.
func (r *reader) inlineStyle(into *style, val []byte) {
	if known, ok := r.styles[string(val)]; ok {
		*into = known
		return
	}
	var s style
	text := string(val)
	s.parse(text)
	if len(r.styles) < 512 && len(text) < 2048 {
		r.styles[text] = s
	}
	*into = s
}

// looksOf derives the looks of an element from those of its parent.
func (r *reader) looksOf(t *tag) looks {
	l := r.top().looks
	s := &t.style
	if t.attrs.hidden || s.gone || s.set&setDisplay != 0 && s.none || s.squeezed() && t.atom != atom.Img {
		l.gone = true
	}
	if s.set&setVisible != 0 {
		l.invisible = !s.visible
	}
	if s.set&setSize != 0 {
		if l.size *= s.sizeEm; s.sizeEm == 0 {
			l.size = s.sizePx
		}
	}
	if s.set&setColor != 0 {
		l.color = s.color
	} else if t.atom == atom.A && t.attrs.href != "" {
		l.color = 0x0000EE
	}
	if s.set&setBack != 0 && s.back != clearColor {
		l.back = s.back
	}
	switch t.atom {
	case atom.Pre, atom.Textarea, atom.Xmp, atom.Plaintext:
		l.pre = true
	case atom.Table:
		l.pre = false
	case atom.Button, atom.Select, atom.Option:
		if s.set&setBack == 0 && s.set&setColor == 0 {
			l.color, l.back = 0, 0xF0F0F0
		}
	}
	if turns := t.atom == atom.Bdo && t.attrs.rtl || s.set&setBidi != 0 && s.override && (s.rtl || t.attrs.rtl); turns {
		l.backwards = true
	}
	return l
}

// push opens an element.
func (r *reader) push(t *tag, l looks) {
	if len(r.stack) >= maxDepth {
		r.over++
		r.view.Cut = true
		return
	}
	f := frame{id: t.id, atom: t.atom, looks: l, turned: -1, quoted: -1}
	if l.backwards && !r.top().looks.backwards {
		f.turned = r.seen.mark()
	}
	if quotes(t) {
		f.quoted = r.seen.mark()
	}
	r.open[t.id]++
	r.stack = append(r.stack, f)
}

// pop closes the innermost element.
func (r *reader) pop() {
	f := r.top()
	r.open[f.id]--
	switch f.atom {
	case atom.A:
		r.endLink()
	case atom.Form:
		r.form = -1
	}
	if f.turned >= 0 {
		r.turn(f.turned)
	}
	if f.quoted >= 0 && len(r.seen.buf) > f.quoted {
		r.view.Quoted = append(r.view.Quoted, Span{f.quoted, len(r.seen.buf)})
	}
	r.stack = r.stack[:len(r.stack)-1]
}
