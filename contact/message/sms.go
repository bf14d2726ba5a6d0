package message

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"bonafide/contact"
)

// readSMS streams an "SMS Backup & Restore" file: <sms> and <mms> elements
// within <smses>. Only what was received is taken (type and msg_box 1), unless
// opt.Sent asks for the rest, which then stands in parts Told.
func readSMS(r io.Reader, opt Options, yield func(*contact.Contact, error) bool) {
	if opt.Bytes <= 0 {
		opt.Bytes = 256 << 20
	}
	dec := xml.NewDecoder(newTamer(&capped{r: r, left: opt.Bytes}))
	dec.Strict = false
	depth, seen := 0, 0
	for {
		tok, err := dec.RawToken()
		if err == io.EOF && depth <= 0 {
			return
		}
		if err != nil {
			yield(nil, fmt.Errorf("message: read %s after %d messages: %w", KindSMS, seen, xmlCause(err)))
			return
		}
		switch el := tok.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			if depth > 32 || seen >= opt.Messages {
				yield(nil, fmt.Errorf("message: read %s: %w", KindSMS, ErrTooLarge))
				return
			}
			c, err := element(dec, el, &depth, opt)
			if c == nil && err == nil {
				continue
			}
			seen++
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// element returns the contact of an <sms> or <mms>; nil for what is skipped.
func element(dec *xml.Decoder, el xml.StartElement, depth *int, opt Options) (*contact.Contact, error) {
	switch el.Name.Local {
	case "sms":
		return oneSMS(attrs(el), opt), nil
	case "mms":
		c, err := oneMMS(dec, attrs(el), depth, opt)
		if err != nil {
			return nil, fmt.Errorf("message: read %s: %w", KindSMS, xmlCause(err))
		}
		return c, nil
	}
	return nil, nil
}

// attrs reads attributes; the program writes absent ones as "null".
func attrs(el xml.StartElement) map[string]string {
	m := make(map[string]string, len(el.Attr))
	for _, a := range el.Attr {
		if a.Value != "null" {
			m[a.Name.Local] = a.Value
		}
	}
	return m
}

const received = "1"

func oneSMS(a map[string]string, opt Options) *contact.Contact {
	if a["type"] != received && !opt.Sent {
		return nil
	}
	c := build(contact.SMS, a["address"], millis(a["date"]))
	nameFrom(c, a)
	subjectAndBody(c, partKind(a["type"]), a["subject"], a["body"])
	return c
}

func partKind(box string) contact.PartKind {
	if box == received {
		return contact.Said
	}
	return contact.Told
}

func subjectAndBody(c *contact.Contact, kind contact.PartKind, subject, body string) {
	if subject != "" {
		c.Parts = append(c.Parts, contact.Part{Name: "subject", Kind: kind, Text: clean(cut(subject, MaxText))})
	}
	if body != "" || subject == "" {
		c.Parts = append(c.Parts, contact.Part{Name: "body", Kind: kind, Text: clean(cut(body, MaxText))})
	}
	if len(body) >= maxValue {
		c.Problems = append(c.Problems, contact.Problem{Code: "truncated", Detail: "a message exceeds the limit of " + strconv.Itoa(maxValue) + " bytes"})
	}
}

// nameFrom takes the name of the address book, if there is one.
func nameFrom(c *contact.Contact, a map[string]string) {
	if n := strings.TrimSpace(a["contact_name"]); n != "" && n != "(Unknown)" && c.Sender.Name == "" {
		c.Sender.Name = clean(cut(n, 320))
	}
}

// oneMMS reads the parts and addresses within an <mms>. The sender is the
// address of type 137 (PduHeaders.FROM).
func oneMMS(dec *xml.Decoder, a map[string]string, depth *int, opt Options) (*contact.Contact, error) {
	from := a["address"]
	var text []string
	var files []contact.Attachment
	for open := *depth; *depth >= open; {
		tok, err := dec.RawToken()
		if err != nil {
			return nil, err
		}
		switch el := tok.(type) {
		case xml.EndElement:
			*depth--
		case xml.StartElement:
			if *depth++; *depth > 32 {
				return nil, ErrTooLarge
			}
			p := attrs(el)
			switch {
			case el.Name.Local == "addr" && p["type"] == "137" && IsNumber(p["address"]):
				from = p["address"]
			case el.Name.Local == "part" && len(files)+len(text) < 100:
				readPart(p, &text, &files)
			}
		}
	}
	if a["msg_box"] != received && !opt.Sent {
		return nil, nil
	}
	c := build(contact.SMS, from, millis(a["date"]))
	nameFrom(c, a)
	c.Attachments = files
	subjectAndBody(c, partKind(a["msg_box"]), a["sub"], strings.Join(text, "\n"))
	return c, nil
}

func readPart(p map[string]string, text *[]string, files *[]contact.Attachment) {
	switch typ := strings.ToLower(p["ct"]); typ {
	case "application/smil", "":
	case "text/plain":
		if p["text"] != "" {
			*text = append(*text, p["text"])
		}
	default:
		name := p["name"]
		if name == "" {
			name = p["cl"]
		}
		*files = append(*files, contact.Attachment{Name: baseName(name), Declared: cut(typ, 100)})
	}
}

func baseName(s string) string {
	s = clean(cut(s, 255))
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	return s
}

func millis(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > 1<<46 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// capped fails with ErrTooLarge instead of ending silently.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		var one [1]byte
		if n, _ := c.r.Read(one[:]); n > 0 {
			return 0, ErrTooLarge
		}
		return 0, io.EOF
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	return n, err
}

func xmlCause(err error) error {
	var syn *xml.SyntaxError
	switch {
	case errors.Is(err, ErrTooLarge):
		return ErrTooLarge
	case errors.Is(err, io.EOF), errors.As(err, &syn) && syn.Msg == "unexpected EOF":
		return errors.New("file ends in the middle: copy it again")
	case errors.As(err, &syn):
		return fmt.Errorf("line %d is no XML", syn.Line)
	}
	return err
}
