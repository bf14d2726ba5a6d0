package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"iter"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/evidence"
)

// Facts are what a report can say. Empty ones are left for the person to fill
// in. All values are as the person may see them; nothing is masked here.
type Facts struct {
	Brand, Country, Channel, Sender, Number, Subject, Words, Text string
	At                                                            time.Time
	// Claimed are titles of what was claimed and asked, in the language of the
	// report; Gave what the person did.
	Claimed, Gave []string
	// Indicators are numbers, addresses and links; Links only the links.
	Indicators, Links, Amounts, Orders []string
	// Attached: the original goes with the report.
	Attached bool

	prepared bool // Text and Sender are as a report writes them
}

// Prepared returns the facts ready for several reports: what is the same in all
// of them is written once.
func (f Facts) Prepared() Facts {
	if !f.prepared {
		f.Text, f.Sender, f.prepared = safeText(f.Text), Defang(f.Sender), true
	}
	return f
}

// safeText cuts a text to what a report repeats and makes its addresses
// unclickable.
func safeText(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxText {
			s = s[:i] + "…"
			break
		}
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return Defang(s)
}

// maxText bounds how much of the contact's own text a report repeats, in
// characters.
const maxText = 4000

// Language returns the language of a report to a receiver: the reader's when
// the receiver reads it, else the first of the receiver's that we write, else
// English.
func Language(r Receiver, reader string) string {
	for _, l := range r.Languages {
		if l == reader || l == "*" {
			return reader
		}
	}
	for _, l := range r.Languages {
		if l == "en" || l == "de" || l == "ja" {
			return l
		}
	}
	return "en"
}

// Subject returns the subject line of a report.
func (d *Directory) Subject(f Facts, lang string) string {
	return evidence.Fill(d.texts.Subject.In(lang), map[string]string{"brand": d.brand(f, lang)})
}

func (d *Directory) brand(f Facts, lang string) string {
	if f.Brand == "" {
		return d.texts.Somebody.In(lang)
	}
	return f.Brand
}

// Text writes the report for a receiver: its fields in its order, first those
// that it asks for, a blank "…" where a fact is not known.
func (d *Directory) Text(r Receiver, f Facts, lang string) string {
	f = f.Prepared()
	var b strings.Builder
	b.Grow(len(f.Text) + len(f.Words) + 1024)
	args := map[string]string{"brand": d.brand(f, lang)}
	b.WriteString(evidence.Fill(d.texts.Intro.In(lang), args) + "\n\n")
	for i, field := range r.Fields {
		value := d.value(field, f, lang)
		if value == "" {
			if i >= len(r.Wants) {
				continue // not asked for and not known
			}
			value = "…"
		}
		sep := " "
		if strings.Contains(value, "\n") {
			sep = "\n"
		}
		fmt.Fprintf(&b, "%s:%s%s\n", d.texts.Fields[field].In(lang), sep, value)
	}
	b.WriteString("\n" + d.texts.Closing.In(lang) + "\n")
	return b.String()
}

func (d *Directory) value(field string, f Facts, lang string) string {
	list := func(l []string) string { return strings.Join(l, "; ") }
	switch field {
	case "when":
		if f.At.IsZero() {
			return ""
		}
		return f.At.Format("2006-01-02 15:04 -0700")
	case "channel":
		return d.texts.Channels[f.Channel].In(lang)
	case "country":
		return f.Country
	case "category":
		return evidence.Fill(d.texts.Category.In(lang), map[string]string{"brand": d.brand(f, lang)})
	case "number":
		return f.Number
	case "sender":
		return f.Sender
	case "subject":
		return f.Subject
	case "brand":
		return f.Brand
	case "claimed":
		return list(f.Claimed)
	case "indicators":
		return list(f.Indicators)
	case "links":
		return list(f.Links)
	case "amounts":
		return list(f.Amounts)
	case "gave":
		return list(f.Gave)
	case "orders":
		return list(f.Orders)
	case "words":
		return f.Words
	}
	return d.longValue(field, f, lang)
}

func (d *Directory) longValue(field string, f Facts, lang string) string {
	switch field {
	case "original":
		if f.Attached {
			return d.texts.Attached.In(lang)
		}
	case "text":
		return f.Text
	}
	return ""
}

// Defang writes web addresses so that no program makes a link of them:
// hxxp://example[.]com.
func Defang(s string) string {
	if !strings.ContainsRune(s, '.') && !strings.Contains(s, "://") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 32)
	for w := range pieces(s) {
		if looksLikeAddress(w) {
			w = strings.Replace(w, "http", "hxxp", 1)
			end := strings.IndexAny(strings.TrimPrefix(strings.TrimPrefix(w, "hxxps://"), "hxxp://"), "/?#")
			if end < 0 {
				end = len(w)
			} else {
				end += len(w) - len(strings.TrimPrefix(strings.TrimPrefix(w, "hxxps://"), "hxxp://"))
			}
			w = strings.ReplaceAll(w[:end], ".", "[.]") + w[end:]
		}
		b.WriteString(w)
	}
	return b.String()
}

// pieces yields the words of a text and the white space between them.
func pieces(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, space := 0, false
		for i, r := range s {
			if ws := r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\u3000'; ws != space {
				if i > start && !yield(s[start:i]) {
					return
				}
				start, space = i, ws
			}
		}
		yield(s[start:])
	}
}

func looksLikeAddress(w string) bool {
	if strings.Contains(w, "://") || strings.HasPrefix(w, "www.") {
		return true
	}
	dot := strings.IndexByte(w, '.')
	return dot > 0 && dot < len(w)-2 && isLetter(w[dot+1]) && isLetter(w[dot-1]) && isLetter(w[len(w)-1])
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// Mail writes the report as a mail ready to be sent (RFC 5322) with the
// original attached as message/rfc822 when it is one, otherwise as a file. It
// has no From and no Date: the person's own program adds them (X-Unsent opens
// it for editing in many programs).
func (d *Directory) Mail(r Receiver, f Facts, lang string, original []byte, name string) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	to := firstAddress(r.Mail)
	if to == "" {
		return nil, fmt.Errorf("report: receiver %s takes no mail: use its form or number", r.ID)
	}
	head := "To: " + to + "\r\nSubject: " + mime.QEncoding.Encode("utf-8", d.Subject(f, lang)) +
		"\r\nX-Unsent: 1\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"" + w.Boundary() + "\"\r\n\r\n"
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Type": {"text/plain; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
	if err != nil {
		return nil, fmt.Errorf("report: write mail: %w", err)
	}
	f.Attached = len(original) > 0
	q := quotedprintable.NewWriter(part)
	if _, err := q.Write([]byte(d.Text(r, f, lang))); err != nil {
		return nil, fmt.Errorf("report: write mail: %w", err)
	}
	if err := q.Close(); err != nil {
		return nil, fmt.Errorf("report: write mail: %w", err)
	}
	if f.Attached {
		if err := attach(w, f.Channel == "mail", original, name); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("report: write mail: %w", err)
	}
	return append([]byte(head), b.Bytes()...), nil
}

func attach(w *multipart.Writer, isMail bool, original []byte, name string) error {
	if name == "" {
		name = "original.eml"
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if isMail {
		// RFC 2046, 5.2.1: message/rfc822 takes no transfer encoding but 7bit,
		// 8bit and binary; the bytes stay as they are, so signatures hold.
		h.Set("Content-Type", "message/rfc822")
		h.Set("Content-Transfer-Encoding", "8bit")
		part, err := w.CreatePart(h)
		if err != nil {
			return fmt.Errorf("report: attach original: %w", err)
		}
		_, err = part.Write(original)
		return err
	}
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Transfer-Encoding", "base64")
	part, err := w.CreatePart(h)
	if err != nil {
		return fmt.Errorf("report: attach original: %w", err)
	}
	enc := base64.StdEncoding.EncodeToString(original)
	for len(enc) > 76 {
		if _, err := part.Write([]byte(enc[:76] + "\r\n")); err != nil {
			return err
		}
		enc = enc[76:]
	}
	_, err = part.Write([]byte(enc + "\r\n"))
	return err
}

// firstAddress returns the first mail address in a text such as
// "a@b.example (unverified)".
func firstAddress(s string) string {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '(' || r == ')' || r == ',' || r == ';' }) {
		if at := strings.IndexByte(f, '@'); at > 0 && strings.Contains(f[at:], ".") {
			return f
		}
	}
	return ""
}
