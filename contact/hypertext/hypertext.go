// Package hypertext reads HTML as its reader sees it: the visible text with
// line breaks, apart from it the text that is in the bytes but hidden from the
// eye, the links with the words that stand in their place, forms, password
// fields, images and scripts.
//
// It reads what criminals send, so it does not build a tree: it walks the
// tokens once, in time linear in the input, with a bounded stack. It knows as
// much of CSS as is used to hide text in mails and no more, and it does not
// judge links: that is the matter of contact/link.
//
//	view := hypertext.Read(`<p>Hello</p><p style="display:none">xyz</p>`, hypertext.Options{})
//	// view.Text == "Hello", view.Hidden == "xyz"
package hypertext

import (
	"bonafide/contact"
	"bonafide/contact/hypertext/charset"
)

// Options bound and steer Read. The zero value is usable.
type Options struct {
	// Part is the name that links carry as the part their text stands in.
	// Links in hidden text carry Part + ":hidden".
	Part string
	// MaxBytes of source that are read; 0 means 4 MiB.
	MaxBytes int
	// MaxLinks and MaxImages that are kept; 0 means 2,000 each.
	MaxLinks, MaxImages int
	// Scripts asks to look for redirections in scripts and to read what
	// scripts write from encoded strings. Mail programs run no scripts; a
	// browser that opens an attached page does.
	Scripts bool
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 4 << 20
	}
	if o.MaxLinks <= 0 {
		o.MaxLinks = 2000
	}
	if o.MaxImages <= 0 {
		o.MaxImages = 2000
	}
	return o
}

// View is a page or mail as its reader sees it. All texts are UTF-8.
type View struct {
	// Title is the content of the title element; mail programs do not show it.
	Title string
	// Text is what a reader sees; alternative texts of pictures, labels of
	// buttons and hints in fields are in it.
	Text string
	// Hidden is text that a reader does not see.
	Hidden string
	// Preheader is the share of Hidden, in bytes from its start, that stood
	// before all visible text: programs show it in the list of mails, and
	// genuine senders use it so.
	Preheader int
	// Links in the order of the source. Raw is the target as written, joined
	// with the base element where there is one and the target is relative.
	Links []contact.Link
	// Forms in the order of the source.
	Forms []Form
	// Images in the order of the source.
	Images []Image
	// Scripts counts script elements and javascript: targets, Handlers counts
	// attributes such as onclick.
	Scripts, Handlers int
	// Base is the target of the base element.
	Base string
	// Refresh is the target of a meta refresh.
	Refresh string
	// Reversed counts letters that were written backwards and turned round by
	// direction; Text holds them as they are seen.
	Reversed int
	// Quoted marks the spans of Text that stand in what mail programs use for
	// quoted mails.
	Quoted []Span
	// Cut tells that a limit was reached: bytes, depth, links or images.
	Cut bool
}

// Span is a range of bytes, End exclusive.
type Span struct{ Start, End int }

// Form is a form of the page, or the fields that stand outside of any.
type Form struct {
	// Action is where it sends what is typed, empty for the page itself.
	Action string
	// Method is "get", "post" or empty.
	Method string
	Fields []Field
}

// Field is one field of a form that a person fills in.
type Field struct {
	// Type is the type attribute in lower case, "text" by default.
	Type string
	// Name is the name, id, placeholder and autocomplete attribute, joined by
	// blanks.
	Name string
}

// Image is one picture.
type Image struct {
	Src, Alt      string
	Width, Height int
	// Hidden tells that it cannot be seen: hidden, or at most 2 pixels.
	Hidden bool
}

// HasPassword reports whether the page has a field for a password.
func (v *View) HasPassword() bool { return v.hasField(isPassword) }

// HasCard reports whether the page has fields for a payment card.
func (v *View) HasCard() bool { return v.hasField(isCard) }

func (v *View) hasField(is func(Field) bool) bool {
	for _, f := range v.Forms {
		for _, field := range f.Fields {
			if is(field) {
				return true
			}
		}
	}
	return false
}

// Read reads HTML. It never fails: what is no HTML is text.
func Read(src string, opt Options) View {
	opt = opt.withDefaults()
	r := newReader(src, opt)
	r.walk()
	return r.finish()
}

// ReadBytes reads HTML in an encoding that the label names or, when it is
// empty, a meta element does; ok is false when the bytes do not fit.
func ReadBytes(src []byte, label string, opt Options) (v View, ok bool) {
	opt = opt.withDefaults()
	cut := len(src) > opt.MaxBytes
	if cut {
		src = src[:opt.MaxBytes]
	}
	if label == "" || !charset.Known(label) {
		if declared := metaCharset(src); declared != "" {
			label = declared
		}
	}
	text, ok := charset.Decode(src, label)
	// The decoded text may be up to three times as long; it is bounded by the
	// bytes already.
	opt.MaxBytes = max(opt.MaxBytes, len(text))
	v = Read(text, opt)
	v.Cut = v.Cut || cut
	return v, ok
}
