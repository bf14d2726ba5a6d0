// Package attachment looks at a file that came with a contact: what it is by
// its content and by its name, whether it runs something, asks for a password,
// is locked, and which texts, links and pictures it holds for the other rooms.
//
// It is no virus scanner: it knows kinds of files, not samples. It opens
// nothing further than it must, and each step has a bound: archives are
// listed, not unpacked; documents are read up to a number of bytes and pages.
//
//	kinds, err := attachment.Load(data.FS)
//	a, extra := attachment.Inspect("order.pdf.html", "text/html", b, attachment.Options{Kinds: kinds})
//	// a.Traits: double_extension, form, password_field; extra.Links: where it sends them
package attachment

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/contact/hypertext"
	"bonafide/contact/hypertext/charset"
)

// Options bound and steer Inspect. The zero value works; without Kinds only
// the content is judged, not the name.
type Options struct {
	// Kinds is the table of endings from data/attachment.
	Kinds *Kinds
	// Part is the name under which texts and links are filed; empty means
	// "attachment:1".
	Part string
	// Charset is what the part of the mail declared, if it did.
	Charset string
	// Passwords to try on a locked PDF beside the empty one: words of the mail
	// that it came with. The first twelve are tried.
	Passwords []string
	// MaxNames of an archive that are listed; 0 means 200.
	MaxNames int
	// MaxInflate is how many bytes are unpacked of one file in all; 0 means
	// 16 MiB.
	MaxInflate int
	// MaxText is how many bytes of text are taken; 0 means 256 KiB.
	MaxText int
	// depth counts archives within each other.
	depth int
}

func (o Options) withDefaults() Options {
	if o.Part == "" {
		o.Part = "attachment:1"
	}
	if o.MaxNames <= 0 {
		o.MaxNames = 200
	}
	if o.MaxInflate <= 0 {
		o.MaxInflate = 16 << 20
	}
	if o.MaxText <= 0 {
		o.MaxText = 256 << 10
	}
	return o
}

// Extra is what an attachment holds for other rooms.
type Extra struct {
	// Links that it leads to; From is "attachment", or "form" for the target
	// of a form in an attached page.
	Links []contact.Link
	// Texts that a reader sees who opens it, and those hidden in it.
	Texts []contact.Part
	// Images to look for QR codes in: encoded, in the formats of contact/qr.
	Images [][]byte
	// Mails are whole mails in it, for contact/mail.
	Mails [][]byte
	// Problems that hindered the reading.
	Problems []contact.Problem
}

// The numbers of links, images and mails that are handed on.
const (
	maxLinks  = 500
	maxImages = 8
	maxMails  = 8
	maxTraits = 32
)

// inspection is the work on one attachment.
type inspection struct {
	opt    Options
	name   string
	data   []byte
	out    contact.Attachment
	extra  Extra
	budget int // bytes that may still be unpacked
}

// Inspect looks at one file. The name and the declared type are as the mail
// gives them, decoded. It never fails: what it could not read stands in
// Extra.Problems.
func Inspect(name, declared string, data []byte, opt Options) (contact.Attachment, Extra) {
	opt = opt.withDefaults()
	name = strings.ToValidUTF8(baseName(name), "?")
	in := &inspection{opt: opt, name: name, data: data, budget: opt.MaxInflate}
	in.out = contact.Attachment{Name: name, Declared: mediaType(declared), Size: int64(len(data)), Digest: digest(data)}
	in.out.Actual = sniff(data, ending(cleanName(name)))
	in.judgeName(name)
	in.open()
	in.compareTypes()
	return in.out, in.extra
}

// digest names a content by its hash, so that the same file is known again.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// mediaType cuts a Content-Type down to type/subtype in lower case.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToValidUTF8(strings.ToLower(strings.TrimSpace(s)), "?")
}

// open reads the file according to what it is.
func (in *inspection) open() {
	switch in.out.Actual {
	case typeHTML, typeSVG:
		in.page()
	case typeZip:
		in.zip()
	case typePDF:
		in.pdf()
	case typeOLE:
		in.ole()
	case typeRTF:
		in.rtf()
	case typeRAR:
		in.rar()
	case type7z:
		in.sevenZip()
	case typeGzip:
		in.gzip()
	case typeTar:
		in.tar(in.data)
	case typeISO:
		in.iso()
	case typeCalendar, typeCard, typeText, typeCSV:
		in.plain()
	case typeMail:
		in.mail(in.data)
	case typePNG, typeJPEG, typeGIF, typeWebP, typeBMP:
		in.image(in.data)
	case typeTNEF:
		in.problem("tnef", "attachment in Outlook's TNEF format (winmail.dat) is not opened")
	case typeShortcut:
		in.shortcut()
	}
	in.byType()
}

// byType adds the traits that the content alone gives.
func (in *inspection) byType() {
	switch in.out.Actual {
	case typePE, typeELF, typeMachO, typeJava, typeMSI, typeAPK, typeJar, typeDMG:
		in.trait("executable")
	case typeLNK, typeISO, typeVHD, typeOneNote, typeCHM, typeShortcut:
		in.trait("autorun")
	case typeScript, typeHTA:
		in.trait("script")
	}
}

// page reads an attached page as a browser would show it.
func (in *inspection) page() {
	v, ok := hypertext.ReadBytes(in.data, in.opt.Charset, hypertext.Options{
		Part: in.opt.Part, Scripts: true, MaxLinks: maxLinks, MaxBytes: 2 << 20})
	if !ok {
		in.problem("charset", "attached page does not fit its declared charset")
	}
	in.takeView(&v)
}

func (in *inspection) takeView(v *hypertext.View) {
	if v.Scripts > 0 || v.Handlers > 0 && in.out.Actual == typeSVG {
		in.trait("script")
	}
	for _, f := range v.Forms {
		if len(f.Fields) > 0 {
			in.trait("form")
		}
	}
	if v.HasPassword() {
		in.trait("password_field")
	}
	if v.HasCard() {
		in.trait("card_field")
	}
	if v.Refresh != "" {
		in.trait("redirect")
	}
	if v.Cut {
		in.problem("truncated", "attached page is longer or deeper than what is read")
	}
	for _, l := range v.Links {
		if l.From != "form" {
			l.From = "attachment"
		}
		in.link(l)
	}
	in.text(contact.Said, in.opt.Part, v.Text)
	in.text(contact.Hidden, in.opt.Part+":hidden", v.Hidden)
	for _, img := range v.Images {
		if b, ok := DataURI(img.Src); ok && !img.Hidden {
			in.image(b)
		}
	}
}

// plain reads text, calendars and visiting cards.
func (in *inspection) plain() {
	b := in.data[:min(len(in.data), 4*in.opt.MaxText)]
	s, ok := charset.Decode(b, in.opt.Charset)
	if !ok {
		in.problem("charset", "attached text does not fit its declared charset")
	}
	if in.out.Actual == typeCalendar || in.out.Actual == typeCard {
		s = Lines(s)
	}
	in.text(contact.Said, in.opt.Part, s)
}

func (in *inspection) mail(b []byte) {
	if len(in.extra.Mails) < maxMails {
		in.extra.Mails = append(in.extra.Mails, b)
	}
}

func (in *inspection) image(b []byte) {
	if len(in.extra.Images) < maxImages {
		in.extra.Images = append(in.extra.Images, b)
	}
}

// link files a link; From is "attachment" unless the caller said otherwise.
func (in *inspection) link(l contact.Link) {
	if strings.TrimSpace(l.Raw) == "" || strings.HasPrefix(l.Raw, "#") || strings.HasPrefix(l.Raw, "data:image/") {
		return
	}
	if l.From == "" {
		l.From = "attachment"
	}
	in.trait("links")
	if len(in.extra.Links) < maxLinks {
		l.Raw = strings.ToValidUTF8(l.Raw, "?")
		in.extra.Links = append(in.extra.Links, l)
	}
}

// text files a text under a name, cut to what may be taken.
func (in *inspection) text(kind contact.PartKind, name, s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	if len(s) > in.opt.MaxText {
		s = s[:in.opt.MaxText]
		for len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-4):]) && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		in.problem("truncated", "text of an attachment is longer than what is read")
	}
	in.extra.Texts = append(in.extra.Texts, contact.Part{Name: name, Kind: kind, Text: strings.ToValidUTF8(s, "?")})
}

func (in *inspection) trait(t string) {
	if len(in.out.Traits) < maxTraits && !slices.Contains(in.out.Traits, t) {
		in.out.Traits = append(in.out.Traits, t)
	}
}

func (in *inspection) problem(code, detail string) {
	for _, p := range in.extra.Problems {
		if p.Code == code {
			return
		}
	}
	in.extra.Problems = append(in.extra.Problems, contact.Problem{Code: code, Detail: detail})
}

// inner lists the name of a file within an archive and takes over what its
// name says.
func (in *inspection) inner(name string) {
	name = strings.ToValidUTF8(name, "?")
	if len(in.out.Inner) >= in.opt.MaxNames {
		in.problem("truncated", "archive has more files than are listed")
		return
	}
	in.out.Inner = append(in.out.Inner, name[:min(len(name), 255)])
	in.judgeName(baseName(name))
	if in.opt.Kinds.id(ending(cleanName(name))) == "archive" {
		in.trait("nested_archive")
	}
	if strings.EqualFold(baseName(name), "autorun.inf") {
		in.trait("autorun")
	}
}
