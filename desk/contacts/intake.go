package contacts

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/contact/attachment"
	"bonafide/contact/call"
	"bonafide/contact/hypertext"
	"bonafide/contact/image"
	"bonafide/contact/mail"
	"bonafide/contact/message"
	"bonafide/contact/qr"
	"bonafide/fault"
	"bonafide/ident"
)

// Bounds of one request, beside those of the rooms.
const (
	// MaxRaw is the largest file in bytes.
	MaxRaw = 64 << 20
	// MaxText is the longest text or words in bytes.
	MaxText   = 1 << 20
	maxOrders = 500
	maxList   = 60
)

// normalise checks a request and fills in what can be.
func (d *Desk) normalise(req *Request) error {
	switch {
	case len(req.Raw) > MaxRaw:
		return fault.New(fault.TooLarge, "raw", "has %d bytes: at most %d are read; send the mail without its large attachments", len(req.Raw), MaxRaw)
	case len(req.Text) > MaxText:
		return fault.New(fault.TooLarge, "text", "has %d bytes: at most %d are read", len(req.Text), MaxText)
	case len(req.Words) > MaxText:
		return fault.New(fault.TooLarge, "words", "has %d bytes: at most %d are read", len(req.Words), MaxText)
	case len(req.Orders) > maxOrders:
		return fault.New(fault.TooLarge, "orders", "has %d entries: at most %d are compared", len(req.Orders), maxOrders)
	case len(req.From) > 1000:
		return fault.New(fault.TooLarge, "from", "has %d bytes: at most 1000", len(req.From))
	}
	if req.Channel != "" && !slices.Contains(contact.Channels(), contact.Channel(req.Channel)) {
		return fault.New(fault.Invalid, "channel", "%q is none of call, voicemail, sms, mail, chat, web, letter, screenshot, order_notice", clipText(req.Channel, 30))
	}
	if err := d.normaliseLists(req); err != nil {
		return err
	}
	if !slices.Contains(Languages(), req.Lang) {
		req.Lang = "en"
	}
	req.Country = strings.ToUpper(strings.TrimSpace(req.Country))
	if req.Country == "UK" {
		req.Country = "GB" // ISO 3166-1 has GB; people write UK
	}
	if req.Country != "" && len(req.Country) != 2 {
		return fault.New(fault.Invalid, "country", "%q: want two letters such as DE (ISO 3166-1)", clipText(req.Country, 20))
	}
	if req.Role != "" && !slices.Contains([]string{"buyer", "seller", "business"}, req.Role) {
		return fault.New(fault.Invalid, "role", "%q: want buyer, seller or business", clipText(req.Role, 20))
	}
	if len(req.Raw) == 0 && strings.TrimSpace(req.Text+req.Words+req.From) == "" && req.Call == nil &&
		len(req.AlreadyDone)+len(req.Gave) == 0 {
		return fault.New(fault.Invalid, "", "nothing to look at: give text, raw, words, call or already_done")
	}
	return nil
}

func (d *Desk) normaliseLists(req *Request) error {
	for i, id := range req.AlreadyDone {
		if !d.playbooks.Has(id) {
			return fault.New(fault.Invalid, "already_done", "%q (number %d) is no id of a playbook: GET /v1/situations lists them", clipText(id, 40), i+1)
		}
	}
	if len(req.Gave) > maxList || req.Call != nil && len(req.Call.Asked)+len(req.Call.Knew) > maxList {
		return fault.New(fault.TooLarge, "call", "lists more than %d things", maxList)
	}
	if req.Call != nil {
		if err := req.Call.Identity.check(); err != nil {
			return err
		}
	}
	for i, o := range req.Orders {
		if len(o.ID) > 100 || len(o.Items) > 200 {
			return fault.New(fault.TooLarge, "orders", "order %d: at most 100 characters of id and 200 items", i+1)
		}
	}
	return nil
}

// read turns a request into a contact.
func (d *Desk) read(ctx context.Context, req Request) (*sight, error) {
	s := &sight{now: d.cfg.Now(), lang: req.Lang, country: req.Country}
	var err error
	switch {
	case len(req.Raw) > 0:
		err = d.readRaw(ctx, req, s)
	default:
		d.readText(req, s)
	}
	if err != nil {
		return nil, err
	}
	d.complete(req, s)
	return s, nil
}

// complete adds to the contact what the request says beside its text.
func (d *Desk) complete(req Request, s *sight) {
	c := s.contact
	if at := req.At.Time(); !at.IsZero() {
		c.At = at
	}
	if a := answerOf(req.StartedByUser); a != contact.NotSaid {
		c.StartedByUser = a
	}
	if a := answerOf(req.Expected); a != contact.NotSaid {
		c.Expected = a
	}
	if c.Platform == "" {
		c.Platform = req.Platform
	}
	sender(c, req.From)
	if req.Call != nil && c.Call == nil {
		c.Call = callFacts(req)
	}
	if req.Words != "" && !slices.ContainsFunc(c.Parts, func(p contact.Part) bool { return p.Name == "words" }) {
		c.Parts = append(c.Parts, contact.Part{Name: "words", Kind: contact.Told, Text: req.Words})
	}
	if c.Call != nil {
		d.addSaid(c)
	}
	for _, p := range c.Problems {
		s.problems = append(s.problems, d.problem(p, req.Lang))
	}
}

// addSaid puts plain words of a call's taps where the red flags are looked
// for; ids of red flags are findings by themselves.
func (d *Desk) addSaid(c *contact.Contact) {
	var words []string
	for _, list := range [][]string{c.Call.Asked, c.Call.Knew} {
		for _, w := range list {
			if d.FlagTitles("en", w) == nil || len(d.FlagTitles("en", w)) == 0 {
				words = append(words, w)
			}
		}
	}
	if c.Call.Claimed != "" {
		c.Parts = append(c.Parts, contact.Part{Name: "claimed", Kind: contact.Told, Text: c.Call.Claimed})
	}
	if len(words) > 0 {
		c.Parts = append(c.Parts, contact.Part{Name: "asked", Kind: contact.Told, Text: strings.Join(words, ".\n")})
	}
}

// sender fills in what was shown as sender, unless the bytes say it better.
func sender(c *contact.Contact, from string) {
	from = strings.TrimSpace(from)
	if from == "" {
		return
	}
	if c.Mail == nil && strings.Contains(from, "@") {
		name, addr := "", from
		if i := strings.LastIndexByte(from, '<'); i >= 0 {
			name, addr = strings.Trim(strings.TrimSpace(from[:i]), `"'`), from[i:]
		}
		if a, err := ident.ParseMail(addr); err == nil {
			if c.Sender.Name == "" {
				c.Sender.Name = name
			}
			c.Sender.Mail = a
			return
		}
	}
	if message.IsNumber(from) {
		if c.Sender.Number == "" {
			c.Sender.Number = from
		}
	} else if c.Sender.Name == "" {
		c.Sender.Name = from
	}
}

func callFacts(req Request) *contact.CallFacts {
	f := &contact.CallFacts{Number: req.From}
	if k := req.Call; k != nil {
		*f = contact.CallFacts{Number: k.Number, Withheld: k.Withheld, Claimed: k.Claimed, Asked: k.Asked, Knew: k.Knew, Ongoing: k.Ongoing,
			Called: k.Called, Identity: k.Identity}
		if f.Number == "" && message.IsNumber(req.From) {
			f.Number = req.From
		}
	}
	return f
}

// recognise tells the channel of a text that came without one.
func recognise(req Request) contact.Channel {
	head := req.Text[:min(len(req.Text), 4096)]
	from := strings.TrimSpace(req.From)
	text := strings.TrimSpace(req.Text)
	if _, ok := call.Sniff([]byte(head)); ok || req.Call != nil {
		return contact.Call
	}
	switch {
	case mail.IsMail([]byte(head)) || strings.Contains(from, "@"):
		return contact.Mail
	case req.Platform != "":
		return contact.Chat
	case text == "" && req.Words != "":
		return contact.Call
	case loneAddress(text):
		return contact.Web
	case from != "" || utf8.RuneCountInString(text) <= 320:
		return contact.SMS
	}
	return contact.Mail
}

// loneAddress reports whether a text is one web address and nothing else.
func loneAddress(s string) bool {
	if strings.ContainsAny(s, " \n\t　") || !strings.Contains(s, ".") || strings.Contains(s, "@") && !strings.Contains(s, "://") {
		return false
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	return err == nil && strings.Contains(u.Host, ".") || err != nil && strings.Contains(s, "://")
}

// readText turns a pasted text into a contact.
func (d *Desk) readText(req Request, s *sight) {
	ch := contact.Channel(req.Channel)
	if ch == contact.Unknown {
		ch = recognise(req)
	}
	at := req.At.Time()
	switch ch {
	case contact.Call, contact.Voicemail:
		s.contact = d.readCall(req, ch)
	case contact.SMS:
		s.contact = message.SMS(req.Text, req.From, at)
	case contact.Chat:
		s.contact = message.Chat(req.Text, req.Platform, req.From, at)
	case contact.Screenshot, contact.Letter:
		s.contact = d.layouts.FromText(req.Text, ch, at)
	case contact.Mail, contact.OrderNotice:
		d.readPastedMail(req, ch, s)
	case contact.Web:
		s.contact = &contact.Contact{At: at, Parts: []contact.Part{{Name: "body", Text: req.Text}}}
		if text := strings.TrimSpace(req.Text); loneAddress(text) {
			s.contact.Links = []contact.Link{{Raw: text, From: "text"}}
		}
	}
	s.contact.Channel = ch
}

// readPastedMail reads a mail that was pasted: with its headers as a mail,
// without them as the text that a picture of it would have.
func (d *Desk) readPastedMail(req Request, ch contact.Channel, s *sight) {
	if mail.IsMail([]byte(req.Text)) {
		if c, fs, err := mail.Inspect([]byte(req.Text), mail.Options{Kinds: d.kinds}); err == nil {
			s.contact = c
			s.add(fs...)
			return
		}
	}
	s.contact = d.layouts.FromText(req.Text, contact.Screenshot, req.At.Time())
	s.contact.Channel = ch
}

func (d *Desk) readCall(req Request, ch contact.Channel) *contact.Contact {
	facts := call.Facts{
		CallFacts: *callFacts(req), At: req.At.Time(), Voicemail: ch == contact.Voicemail,
		StartedByUser: answerOf(req.StartedByUser), Expected: answerOf(req.Expected),
	}
	switch {
	case strings.TrimSpace(req.Text) == "":
		return call.FromAccount(facts, req.Words)
	case ch == contact.Voicemail:
		return call.FromVoicemail(facts, req.Text)
	}
	return d.labels.Transcript(req.Text, facts)
}

// readRaw turns bytes into a contact, by what they are.
func (d *Desk) readRaw(ctx context.Context, req Request, s *sight) error {
	raw, head := req.Raw, req.Raw[:min(len(req.Raw), 4096)]
	ch := contact.Channel(req.Channel)
	if _, err := image.Inspect(raw, image.Limits{}); !errors.Is(err, image.ErrUnknown) && !errors.Is(err, image.ErrPDF) {
		return d.readPicture(ctx, req, s)
	}
	if isAudio(head) {
		return d.readAudio(ctx, req, s)
	}
	if ch == contact.Unknown || ch == contact.SMS || ch == contact.Chat {
		if kind, ok := message.Sniff(head); ok {
			return d.readBackup(raw, kind, s)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("%PDF")) || bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return d.readDocument(req, s)
	case ch == contact.Mail && !mail.IsBody(head) || ch == contact.OrderNotice && mail.IsMail(head) || ch == "" && mail.IsMail(head):
		return d.readMail(req, s)
	case hypertextLike(head):
		return d.readPage(req, s)
	case !utf8.Valid(head) && !likelyText(head):
		return fault.New(fault.Invalid, "raw", "is of no kind that can be read: send a mail (.eml), a picture (PNG, JPEG), a chat export, a PDF or audio")
	}
	req.Text, req.Raw = strings.ToValidUTF8(string(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))), "\ufffd"), nil
	if len(req.Text) > MaxText {
		req.Text = strings.ToValidUTF8(req.Text[:MaxText], "")
	}
	d.readText(req, s)
	return nil
}

func (d *Desk) readMail(req Request, s *sight) error {
	raw := req.Raw
	if bytes.HasPrefix(raw, []byte("From ")) {
		for first, err := range mail.SplitMbox(bytes.NewReader(raw)) {
			if err == nil {
				raw = first
			}
			break
		}
	}
	c, fs, err := mail.Inspect(raw, mail.Options{Kinds: d.kinds, QR: true})
	if err != nil {
		return fault.New(fault.Invalid, "raw", "%s", err.Error())
	}
	s.contact = c
	s.add(fs...)
	if contact.Channel(req.Channel) == contact.OrderNotice {
		c.Channel = contact.OrderNotice
	}
	return nil
}

func (d *Desk) readBackup(raw []byte, kind string, s *sight) error {
	for c, err := range message.ReadBackup(bytes.NewReader(raw), message.Options{Kind: kind, Words: d.words}) {
		if err != nil {
			return fault.New(fault.Invalid, "raw", "%s", err.Error())
		}
		if s.contact == nil {
			s.contact = c
			continue
		}
		c.Problems = nil
		s.more++
	}
	if s.contact == nil {
		return fault.New(fault.Invalid, "raw", "holds no message that somebody else sent")
	}
	return nil
}

// readDocument reads a PDF or Office file as a letter.
func (d *Desk) readDocument(req Request, s *sight) error {
	ch := contact.Channel(req.Channel)
	if ch == contact.Unknown {
		ch = contact.Letter
	}
	a, extra := attachment.Inspect(req.Filename, "", req.Raw, attachment.Options{Kinds: d.kinds, Part: "body"})
	s.contact = &contact.Contact{Channel: ch, Attachments: []contact.Attachment{a}, Links: extra.Links, Parts: extra.Texts, Problems: extra.Problems}
	for _, img := range extra.Images {
		d.codes(img, s)
	}
	return nil
}

func (d *Desk) readPage(req Request, s *sight) error {
	ch := contact.Channel(req.Channel)
	if ch == contact.Unknown {
		ch = contact.Web
	}
	v, _ := hypertext.ReadBytes(req.Raw, "", hypertext.Options{Part: "body", Scripts: true})
	s.contact = &contact.Contact{Channel: ch, Links: v.Links, Parts: []contact.Part{{Name: "body", Text: v.Text}}}
	if v.Hidden != "" {
		s.contact.Parts = append(s.contact.Parts, contact.Part{Name: "body:hidden", Kind: contact.Hidden, Text: v.Hidden})
	}
	s.add(v.Findings("body")...)
	return nil
}

// readPicture reads text and codes in a picture.
func (d *Desk) readPicture(ctx context.Context, req Request, s *sight) error {
	ch := contact.Channel(req.Channel)
	if ch == contact.Unknown {
		ch = contact.Screenshot
	}
	png, err := image.Clean(req.Raw, image.Limits{})
	if err != nil {
		return fault.New(fault.Invalid, "raw", "%s", err.Error())
	}
	words := ""
	if d.cfg.Pictures != nil {
		back := aside(ctx)
		words, err = d.cfg.Pictures.ReadPicture(ctx, png)
		back()
	} else {
		err = fault.New(fault.NotConfigured, "raw", "reading text in pictures is switched off on this server")
	}
	s.contact = d.layouts.FromText(words, ch, req.At.Time())
	s.contact.Channel = ch
	d.codes(req.Raw, s)
	if err != nil {
		if len(s.contact.Links) == 0 && strings.TrimSpace(req.Text+req.Words) == "" {
			return err
		}
		s.problems = append(s.problems, err.Error())
	}
	if req.Text != "" {
		s.contact.Parts = append(s.contact.Parts, contact.Part{Name: "body", Text: req.Text})
	}
	return nil
}

// codes adds the addresses of QR codes in a picture.
func (d *Desk) codes(img []byte, s *sight) {
	texts, err := qr.Decode(img, qr.Options{})
	if err != nil {
		return
	}
	for _, t := range texts {
		s.contact.Links = append(s.contact.Links, contact.Link{Raw: t, From: "qr"})
	}
}

func (d *Desk) readAudio(ctx context.Context, req Request, s *sight) error {
	if d.cfg.Speech == nil {
		return fault.New(fault.NotConfigured, "raw",
			"is audio, and no speech-to-text address is configured on this server (speech.url): write down what was said instead")
	}
	back := aside(ctx)
	words, err := d.cfg.Speech.Transcribe(ctx, req.Filename, req.Raw)
	back()
	if err != nil {
		return err
	}
	req.Text, req.Raw = words, nil
	ch := contact.Channel(req.Channel)
	if ch == contact.Unknown {
		ch = contact.Voicemail
	}
	s.contact = d.readCall(req, ch)
	return nil
}

// isAudio knows the usual containers by their first bytes.
func isAudio(b []byte) bool {
	has := func(at int, magic string) bool {
		return len(b) >= at+len(magic) && string(b[at:at+len(magic)]) == magic
	}
	return has(0, "ID3") || has(0, "\xff\xfb") || has(0, "\xff\xf3") || has(0, "OggS") || has(0, "fLaC") ||
		has(0, "RIFF") && has(8, "WAVE") || has(4, "ftypM4A") || has(0, "#!AMR") || has(0, "\x1aE\xdf\xa3")
}

func hypertextLike(head []byte) bool {
	h := bytes.ToLower(bytes.TrimSpace(head[:min(len(head), 512)]))
	return bytes.HasPrefix(h, []byte("<!doctype html")) || bytes.HasPrefix(h, []byte("<html"))
}

// likelyText: bytes in an old charset still have few control characters.
func likelyText(b []byte) bool {
	n := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			n++
		}
	}
	return n*50 < len(b)
}
