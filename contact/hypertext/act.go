package hypertext

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// act does what the start tag of an element asks for beyond its looks: opens
// links and forms, keeps fields and pictures.
func (r *reader) act(t *tag, l *looks) {
	a := &t.attrs
	switch t.atom {
	case atom.A:
		if a.href != "" {
			r.startLink(a.href)
		}
	case atom.Area:
		r.standalone(a.href, a.alt, "html")
	case atom.Base:
		if r.view.Base == "" && len(a.href) < 2048 {
			r.view.Base = strings.TrimSpace(a.href)
		}
	case atom.Meta:
		r.meta(a)
	case atom.Iframe, atom.Frame, atom.Embed, atom.Object:
		r.frame(a)
	case atom.Img, atom.Image:
		r.image(a, l)
	case atom.Form:
		r.startForm(a)
	case atom.Input, atom.Select, atom.Textarea, atom.Button:
		r.field(t, l)
	case atom.Script:
		if !strings.Contains(a.typ, "json") { // data about the order, which mails carry for programs
			r.view.Scripts++
		}
		if a.src != "" && r.opt.Scripts {
			r.standalone(a.src, "", "html")
		}
	}
	if r.link >= 0 && t.style.picture && !l.gone {
		r.links[r.link].pictures++
	}
	if a.onclick != "" {
		r.redirects(a.onclick)
	}
	if r.quoteAll < 0 && quotesRest(t) {
		r.quoteAll = r.seen.mark()
	}
}

// meta keeps a redirection by meta refresh.
func (r *reader) meta(a *attrs) {
	if a.equiv != "refresh" {
		return
	}
	at := strings.Index(lower(a.content), "url=")
	if at < 0 {
		return
	}
	target := strings.Trim(a.content[at+len("url="):], " \t\r\n'\"")
	if r.view.Refresh == "" {
		r.view.Refresh = target
	}
	r.standalone(target, "", "html")
}

// frame keeps the target of an embedded page and reads one given in place.
func (r *reader) frame(a *attrs) {
	if a.src != "" {
		r.standalone(a.src, "", "html")
	}
	if a.srcdoc != "" {
		r.written(a.srcdoc)
	}
}

func (r *reader) image(a *attrs, l *looks) {
	if a.src == "" {
		a.src = a.href
	}
	img := Image{Src: a.src, Alt: strings.Join(strings.Fields(a.alt), " "), Width: pixels(a.width), Height: pixels(a.height)}
	tiny := img.Width >= 0 && img.Width <= 2 && a.width != "" || img.Height >= 0 && img.Height <= 2 && a.height != ""
	img.Hidden = l.gone || l.invisible || tiny
	if len(r.view.Images) < r.opt.MaxImages {
		r.view.Images = append(r.view.Images, img)
	} else {
		r.view.Cut = true
	}
	if img.Hidden {
		return
	}
	if r.link >= 0 {
		r.links[r.link].pictures++
	}
	if img.Alt == "" || len(img.Alt) > 2000 {
		return
	}
	// The words for a picture are met where it stands; they have its looks,
	// not those of the text around it.
	r.seen.gap(wordGap)
	seen := looks{size: 16, back: 0xFFFFFF}
	r.put([]byte(img.Alt), &seen)
	r.seen.gap(wordGap)
}

// pixels reads a width or height attribute; -1 means not said in pixels.
func pixels(v string) int {
	v = strings.TrimSpace(v)
	if !startsNumber(v) || strings.HasSuffix(v, "%") {
		return -1
	}
	return int(min(leadingNumber(v), 1e6))
}

func (r *reader) startForm(a *attrs) {
	r.form = -1
	if len(r.view.Forms) >= 100 {
		r.view.Cut = true
		return
	}
	r.view.Forms = append(r.view.Forms, Form{Action: strings.TrimSpace(a.action), Method: a.method})
	r.form = len(r.view.Forms) - 1
	if a.action != "" {
		r.standalone(a.action, "", "form")
	}
}

// field keeps a field of a form and writes its label or hint.
func (r *reader) field(t *tag, l *looks) {
	a := &t.attrs
	if a.formaction != "" {
		r.standalone(a.formaction, "", "form")
	}
	typ := a.typ
	switch t.atom {
	case atom.Button:
		return
	case atom.Select, atom.Textarea:
		typ = t.atom.String()
	case atom.Input:
		if typ == "" {
			typ = "text"
		}
	}
	switch typ {
	case "hidden":
		return
	case "submit", "button", "reset", "image":
		r.label(a.value, l)
		return
	case "checkbox", "radio":
	default:
		r.label(a.alt, l)
	}
	form := r.form
	if form < 0 {
		if r.loose < 0 {
			r.view.Forms = append(r.view.Forms, Form{})
			r.loose = len(r.view.Forms) - 1
		}
		form = r.loose
	}
	f := &r.view.Forms[form]
	if len(f.Fields) < 200 {
		f.Fields = append(f.Fields, Field{Type: typ, Name: strings.TrimSpace(a.fieldName)})
	}
}

// label writes the words on a button or in an empty field.
func (r *reader) label(words string, l *looks) {
	if words == "" {
		return
	}
	look := *l
	look.pre = false
	if !look.gone && !look.invisible {
		look.color, look.back, look.size = 0, 0xFFFFFF, 16
	}
	r.seen.gap(wordGap)
	r.put([]byte(words), &look)
	r.seen.gap(wordGap)
}

// isPassword and isCard know the names and autocomplete tokens of fields
// (HTML, 4.10.18.7.1 Autofill detail tokens).
func isPassword(f Field) bool {
	n := lower(f.Name)
	return f.Type == "password" || strings.Contains(n, "current-password") || strings.Contains(n, "passwd")
}

func isCard(f Field) bool {
	n := lower(f.Name)
	for _, token := range []string{"cc-number", "cc-csc", "cc-exp", "cardnumber", "card_number", "card-number", "cvv", "cvc", "ccnum"} {
		if strings.Contains(n, token) {
			return true
		}
	}
	return false
}
