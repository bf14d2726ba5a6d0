// Package mail reads a mail in its raw form (RFC 5322, MIME) into a Contact:
// what its reader sees, who it says it is from, where it leads, what is
// attached. It is made for mail as criminals and broken programs write it:
// missing boundaries, wrong charsets, damaged base64. It reads on where it
// can and says in Problems what it could not read.
//
// It is not for judging the sender (contact/mailauth has the signatures), not
// for addresses written in plain text (contact/link finds those), and it
// fetches nothing.
//
//	c, err := mail.Read(raw, mail.Options{Kinds: kinds, QR: true})
//	// c.Sender.Mail, c.Parts, c.Links, c.Attachments, c.Mail.Received …
package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"bonafide/contact"
	"bonafide/contact/attachment"
	"bonafide/contact/hypertext/charset"
	"bonafide/evidence"
)

// Options steer Read. The zero value works; without Kinds the names of
// attachments are not judged.
type Options struct {
	// Limits bound the work; zero fields stand for the defaults.
	Limits Limits
	// Kinds is the table of kinds of files of contact/attachment.
	Kinds *attachment.Kinds
	// QR asks to look for QR codes in pictures. It costs milliseconds for each
	// picture; mails without pictures cost nothing.
	QR bool
}

// Limits bound the work on one mail before anything is parsed.
type Limits struct {
	// Bytes of the whole mail; more is an error. Default 64 MiB.
	Bytes int
	// Parts of MIME that are read; default 1,000.
	Parts int
	// Depth of parts and mails within each other; default 20.
	Depth int
	// HeaderBytes and HeaderFields of one header; default 512 KiB and 2,000.
	HeaderBytes, HeaderFields int
	// TextBytes of decoded text of the whole mail; default 4 MiB.
	TextBytes int
	// Images that are searched for QR codes, and Pixels of all of them
	// together; default 8 and 24 million.
	Images, Pixels int
	// NoteRunes is how long the words may be that somebody writes above a mail
	// forwarded as an attachment, for the attached mail to be judged in its
	// place; default 600.
	NoteRunes int
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	set(&l.Bytes, 64<<20)
	set(&l.Parts, 1000)
	set(&l.Depth, 20)
	set(&l.HeaderBytes, 512<<10)
	set(&l.HeaderFields, 2000)
	set(&l.TextBytes, 4<<20)
	set(&l.Images, 8)
	set(&l.Pixels, 24_000_000)
	set(&l.NoteRunes, 600)
	return l
}

// The ways in which there is nothing to read, for errors.Is.
var (
	// ErrEmpty says that there are no bytes but white space.
	ErrEmpty = errors.New("mail: the mail is empty; send it whole, as an .eml file")
	// ErrTooLarge says that the mail has more bytes than allowed.
	ErrTooLarge = errors.New("mail: the mail is too large; send it without its large attachments")
)

// maxUnwrap is how many forwards within each other are unwrapped.
const maxUnwrap = 3

// Read reads one mail. It returns an error only when there is nothing to read
// (ErrEmpty) or more than the limit (ErrTooLarge); whatever else is wrong with
// the mail stands in Problems, beside what could be read. A mail that does
// nothing but carry another one is unwrapped: the inner one is judged and
// MailFacts.Forwarded set. raw is referred to by MailFacts.Raw and not
// changed.
func Read(raw []byte, opt Options) (*contact.Contact, error) {
	c, _, err := Inspect(raw, opt)
	return c, err
}

// Inspect is Read with the findings that the bytes give and a Contact has no
// place for: hidden text, password fields, scripts. Those on attachments come
// from attachment.Findings.
func Inspect(raw []byte, opt Options) (*contact.Contact, []evidence.Finding, error) {
	opt.Limits = opt.Limits.withDefaults()
	if len(raw) > opt.Limits.Bytes {
		return nil, nil, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(raw), opt.Limits.Bytes)
	}
	raw = tidy(raw)
	if len(bytes.TrimSpace(raw[:min(len(raw), 4096)])) == 0 && len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil, ErrEmpty
	}
	r := newReader(opt)
	if bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")) {
		r.problem("msg", "Outlook message (.msg) is not opened; saved as .eml it can be read")
		return r.c, nil, nil
	}
	root := r.parse(raw, 0)
	note := ""
	for range maxUnwrap {
		inner, words, ok := r.unwrap(root)
		if !ok {
			break
		}
		note = strings.TrimSpace(note + "\n" + words)
		raw = tidy(inner)
		root = r.parse(raw, 0)
		r.c.Mail.Forwarded = true
	}
	r.c.Mail.Raw = raw
	r.facts(root)
	r.walk(root, place{})
	r.codes()
	if note != "" {
		r.c.Parts = append(r.c.Parts, contact.Part{Name: "words", Kind: contact.Told, Text: note})
	}
	return r.c, r.findings, nil
}

// tidy cuts off what may stand before the header, and gives lines an end that
// is found: a mail with bare carriage returns is copied, a file in UTF-16
// decoded.
func tidy(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		label := "utf-16le"
		if raw[0] == 0xFE {
			label = "utf-16be"
		}
		text, _ := charset.Decode(raw[2:], label)
		raw = []byte(text)
	}
	for len(raw) > 0 && (raw[0] == '\n' || raw[0] == '\r') {
		raw = raw[1:]
	}
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		if end := bytes.IndexByte(raw, '\n'); end >= 0 {
			raw = raw[end+1:]
		}
	}
	if bytes.IndexByte(raw[:min(len(raw), 64<<10)], '\n') < 0 && bytes.IndexByte(raw, '\r') >= 0 {
		raw = bytes.ReplaceAll(raw, []byte{'\r'}, []byte{'\n'})
	}
	return raw
}

// reader holds what is gathered from one mail.
type reader struct {
	opt      Options
	c        *contact.Contact
	findings []evidence.Finding
	parts    int // parts of MIME met
	bodies   int // bodies met
	filled   int // bodies that had a text
	text     int // bytes of text that may still be taken
	mails    int // mails within this one
	label    string
	pictures []picture
	names    map[string]int
}

// picture is an image to look for QR codes in.
type picture struct {
	part string
	data []byte
}

func newReader(opt Options) *reader {
	return &reader{
		opt:   opt,
		c:     &contact.Contact{Channel: contact.Mail, Mail: &contact.MailFacts{}},
		text:  opt.Limits.TextBytes,
		names: make(map[string]int, 8),
	}
}

// problem notes what could not be read, each kind once.
func (r *reader) problem(code, detail string) {
	for _, p := range r.c.Problems {
		if p.Code == code {
			return
		}
	}
	r.c.Problems = append(r.c.Problems, contact.Problem{Code: code, Detail: detail})
}

// part files a text under a name that is unique in the contact. Empty texts
// are not filed.
func (r *reader) part(name string, kind contact.PartKind, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if n := r.names[name]; n > 0 {
		r.names[name]++
		name = fmt.Sprintf("%s:%d", name, n+1)
	}
	r.names[name]++
	r.c.Parts = append(r.c.Parts, contact.Part{Name: name, Kind: kind, Text: text})
}

// take counts text against the limit and cuts it where that is reached.
func (r *reader) take(s string) string {
	if len(s) > r.text {
		r.problem("truncated", "mail has more text than is read")
		s = strings.ToValidUTF8(s[:max(r.text, 0)], "")
	}
	r.text -= len(s)
	return s
}

// facts takes the header of the mail that is judged.
func (r *reader) facts(root *node) {
	m := r.c.Mail
	r.findLabel(root)
	m.Headers = make([]contact.Header, 0, len(root.fields))
	for _, f := range root.fields {
		r.fact(m, f)
	}
	if len(root.fields) == 0 {
		r.problem("no_header", "bytes have no header of a mail; all is read as its text")
	}
	if len(m.From) > 0 {
		r.c.Sender = contact.Sender{Name: m.From[0].Name, Mail: m.From[0].Mail}
	}
	if len(m.Received) > 0 {
		r.c.At = m.Received[0].At
	}
	if date, ok := m.Header("Date"); ok && r.c.At.IsZero() {
		r.c.At = parseDate(date)
	}
	if subject, ok := m.Header("Subject"); ok {
		r.part("subject", contact.Said, r.take(subject))
	}
}

// fact takes one header field.
func (r *reader) fact(m *contact.MailFacts, f field) {
	raw := unfold(f.value)
	value := r.decodeHeader(raw)
	m.Headers = append(m.Headers, contact.Header{Name: string(f.name), Value: value})
	switch {
	case fieldIs(f, "from"):
		m.From = append(m.From, r.addresses(raw)...)
	case fieldIs(f, "reply-to"):
		m.ReplyTo = append(m.ReplyTo, r.addresses(raw)...)
	case fieldIs(f, "to"), fieldIs(f, "cc"):
		if len(m.To) < 1000 {
			m.To = append(m.To, r.addresses(raw)...)
		}
	case fieldIs(f, "sender"):
		m.Sender = firstMail(m.Sender, r.addresses(raw))
	case fieldIs(f, "return-path"):
		m.ReturnPath = firstMail(m.ReturnPath, r.addresses(raw))
	case fieldIs(f, "message-id"):
		if m.MessageID == "" {
			m.MessageID = strings.Trim(strings.TrimSpace(value), "<>")
		}
	case fieldIs(f, "received"):
		if len(m.Received) < 100 {
			m.Received = append(m.Received, parseReceived(value))
		}
	}
}

// At returns the time of the Date field of a mail as written; the zero time
// when there is none or it cannot be read. Contact.At is the time of receipt
// where the mail tells it.
func At(m *contact.MailFacts) time.Time {
	date, _ := m.Header("Date")
	return parseDate(date)
}
