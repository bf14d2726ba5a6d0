// Package envelope judges how a mail is addressed and built, whoever it claims
// to be from: answers that go to a free mailbox, a sender field that holds a
// stray name, the reader's own address where a name belongs, a mail that is
// nothing but one link. Each is weak evidence, in any language, and says so with
// the line it saw.
//
// It is not for what the mail says (contact/redflag), for signatures
// (contact/mailauth), nor for brands (contact/brand). It knows no phrase.
//
//	findings := envelope.Findings(envelope.Input{Contact: c, Links: links, Free: book.Freemail})
package envelope

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/evidence"
	"bonafide/ident"
)

// The codes of this room.
const (
	StraySender     evidence.Code = "sender_field_stray"
	RepliesToFree   evidence.Code = "replies_to_free_mailbox"
	WriteToFree     evidence.Code = "write_to_free_mailbox"
	AddressAsName   evidence.Code = "own_address_as_name"
	SenderIsReader  evidence.Code = "sender_is_reader"
	DressedSender   evidence.Code = "sender_dressed_up"
	OddSenderDomain evidence.Code = "sender_domain_odd"
	OnlyALink       evidence.Code = "only_a_link"
	OnlyAPicture    evidence.Code = "only_a_picture"
	MarkedUrgent    evidence.Code = "marked_urgent"
)

// Bounds of what is read.
const (
	maxLine     = 400 // of the head that is looked at, in bytes
	maxLinks    = 64
	maxBody     = 64 << 10
	greeting    = 160 // the first letters of a body, where a reader is greeted
	littleText  = 400 // letters of a mail that is little more than its link
	pictureText = 250 // the same where the link is a picture
	quoteLength = 160
)

// Input is what is judged. Links are those of the contact, analysed; Free
// reports whether anybody gets a mailbox at a domain for nothing, OddTLD whether
// an ending is one that shops hardly use. Either may be nil.
type Input struct {
	Contact *contact.Contact
	Links   []link.Analysis
	Free    func(ident.Domain) bool
	OddTLD  func(ident.Domain) bool
}

// judge looks at one mail.
type judge struct {
	in   Input
	m    *contact.MailFacts
	from ident.Mail
	body string
	out  []evidence.Finding
}

// Findings returns what the head and the shape of a mail say; nothing for a
// contact that is no mail.
func Findings(in Input) []evidence.Finding {
	if in.Contact == nil || in.Contact.Mail == nil {
		return nil
	}
	j := &judge{in: in, m: in.Contact.Mail, from: in.Contact.Sender.Mail, body: body(in.Contact)}
	if len(j.m.From) > 0 {
		j.from = j.m.From[0].Mail
	}
	j.stray()
	j.replies()
	j.writeTo()
	j.reader()
	j.dressed()
	j.domain()
	j.bare()
	j.urgent()
	return j.out
}

func body(c *contact.Contact) string {
	var b strings.Builder
	for _, p := range c.Parts {
		if p.Kind == contact.Said && strings.HasPrefix(p.Name, "body") && b.Len() < maxBody {
			b.WriteString(p.Text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (j *judge) add(code evidence.Code, part, quote string, strength float64) {
	quote = cut(quote)
	j.out = append(j.out, evidence.Finding{
		Code: code, Where: evidence.Where{Part: part, Quote: quote}, Args: map[string]string{"line": quote},
		Source: "envelope", Strength: strength,
	})
}

func cut(s string) string {
	for i := range s {
		if i > quoteLength {
			return s[:i] + "…"
		}
	}
	return s
}

// free reports a domain of free mailboxes.
func (j *judge) free(d ident.Domain) bool { return j.in.Free != nil && d != "" && j.in.Free(d) }

// same reports whether two hosts have one owner.
func same(a, b ident.Domain) bool {
	x, _, _, _ := link.Registrable(a)
	y, _, _, _ := link.Registrable(b)
	return a == b || x != "" && x == y
}

// stray reports a From in whose list of addresses something stands that is no
// address (RFC 5322, 3.4: every entry of a mailbox-list has one). Programs that
// write a name with a comma quote it; kits that paste one in do not.
func (j *judge) stray() {
	line := rawFrom(j.m.Raw)
	if line == "" || len(j.m.From) > 1 {
		return
	}
	entries := split(line)
	addresses := 0
	for _, e := range entries {
		if strings.Contains(e, "@") {
			addresses++
		}
	}
	if addresses == 1 && len(entries) > 1 {
		j.add(StraySender, "from", decoded(line), 0)
	}
}

// rawFrom returns the From field of a head, unfolded and not decoded; "" when
// there is none or it is too long to be a name and an address.
func rawFrom(raw []byte) string {
	raw = raw[:min(len(raw), maxBody)]
	for len(raw) > 0 {
		var l []byte
		if l, raw, _ = bytes.Cut(raw, newline); len(bytes.TrimRight(l, "\r")) == 0 {
			return ""
		}
		if len(l) < 5 || !bytes.EqualFold(l[:5], from) {
			continue
		}
		v := string(bytes.TrimSpace(l[5:]))
		for len(v) <= maxLine && len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') {
			l, raw, _ = bytes.Cut(raw, newline)
			v += " " + string(bytes.TrimSpace(l))
		}
		if len(v) > maxLine {
			return ""
		}
		return v
	}
	return ""
}

var newline, from = []byte{'\n'}, []byte("from:")

// split cuts a list of addresses at its commas and semicolons, but for those in
// quoted strings, comments and angle brackets. Empty entries are left out.
func split(line string) []string {
	var out []string
	quoted, angle, depth, from := false, false, 0, 0
	entry := func(to int) {
		if e := strings.TrimSpace(line[from:to]); e != "" {
			out = append(out, e)
		}
		from = to + 1
	}
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '\\':
			i++
		case quoted:
			quoted = b != '"'
		case b == '"':
			quoted = true
		case b == '(':
			depth++
		case b == ')' && depth > 0:
			depth--
		case b == '<':
			angle = true
		case b == '>':
			angle = false
		case (b == ',' || b == ';') && !angle && depth == 0:
			entry(i)
		}
	}
	if from < len(line) {
		entry(len(line))
	}
	return out
}

func decoded(line string) string {
	if s, err := new(mime.WordDecoder).DecodeHeader(line); err == nil {
		return s
	}
	return line
}

// replies reports answers that would go to a free mailbox though the mail came
// from elsewhere: who answers writes to somebody else than it seems.
func (j *judge) replies() {
	for i, r := range j.m.ReplyTo {
		if i > 4 || !j.free(r.Mail.Domain) || j.from.Domain == "" || same(r.Mail.Domain, j.from.Domain) {
			continue
		}
		strength := 1.0
		if j.free(j.from.Domain) {
			strength = 0.6 // a person with two mailboxes
		}
		j.add(RepliesToFree, "header:reply-to", "Reply-To: "+r.Mail.String(), strength)
		return
	}
}

// writeTo reports a text of somebody with a domain of their own that asks to
// write to a free mailbox.
func (j *judge) writeTo() {
	if j.from.Domain == "" || j.free(j.from.Domain) {
		return
	}
	for _, f := range j.out {
		if f.Code == RepliesToFree {
			return
		}
	}
	for _, word := range mailAddresses(j.body) {
		a, err := mail.ParseAddress(word)
		if err != nil {
			continue
		}
		at := strings.LastIndexByte(a.Address, '@')
		d := ident.Domain(strings.ToLower(a.Address[at+1:]))
		if !j.free(d) || j.readerHas(strings.ToLower(a.Address)) {
			continue
		}
		j.add(WriteToFree, "body", word, 0)
		return
	}
}

// mailAddresses returns the first words of a text that look like a mail address.
func mailAddresses(s string) []string {
	var out []string
	for len(out) < 16 {
		at := strings.IndexByte(s, '@')
		if at < 0 {
			return out
		}
		from, to := at, at+1
		for from > 0 && at-from < 64 && addressByte(s[from-1]) {
			from--
		}
		for to < len(s) && to-at < 255 && addressByte(s[to]) {
			to++
		}
		word := strings.Trim(s[from:to], ".-")
		if from < at && strings.Contains(s[at:to], ".") {
			out = append(out, word)
		}
		s = s[to:]
	}
	return out
}

func addressByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("._+-", b) >= 0
}

// readerHas reports whether an address is one of the reader's.
func (j *judge) readerHas(address string) bool {
	for i, a := range j.m.To {
		if i > 15 {
			break
		}
		if strings.EqualFold(a.Mail.String(), address) {
			return true
		}
	}
	return false
}

// reader reports the reader's own address where a sender who knows them writes a
// name, and a sender who claims to be the reader.
func (j *judge) reader() {
	if len(j.m.To) != 1 {
		return
	}
	own := strings.ToLower(j.m.To[0].Mail.String())
	local, _, ok := strings.Cut(own, "@")
	if !ok || len(local) < 3 {
		return
	}
	if strings.EqualFold(j.from.String(), own) {
		j.add(SenderIsReader, "from", "From: "+j.from.String(), 0)
		return // mails to oneself name oneself
	}
	subject := j.subject()
	start := j.body
	n := 0
	for i := range start {
		if n++; n > greeting {
			start = start[:i]
			break
		}
	}
	switch {
	case strings.Contains(strings.ToLower(subject), own):
		j.add(AddressAsName, "subject", subject, 1)
	case strings.Contains(strings.ToLower(start), own):
		j.add(AddressAsName, "body", start, 0.4)
	}
}

func (j *judge) subject() string {
	for _, p := range j.in.Contact.Parts {
		if p.Name == "subject" {
			return p.Text
		}
	}
	return ""
}

// dressed reports pictures and trade marks in a sender's name or a subject.
func (j *judge) dressed() {
	name := ""
	if len(j.m.From) > 0 {
		name = j.m.From[0].Name
	}
	switch {
	case strings.ContainsFunc(name, ornament):
		j.add(DressedSender, "from", name, 1)
	case strings.ContainsFunc(j.subject(), picture):
		j.add(DressedSender, "subject", j.subject(), 0.7)
	}
}

func ornament(r rune) bool { return r == '®' || r == '™' || picture(r) }

// picture reports emoji and dingbats.
func picture(r rune) bool {
	return 0x1F300 <= r && r <= 0x1FAFF || 0x2600 <= r && r <= 0x27BF || 0x2B00 <= r && r <= 0x2BFF
}

// domain reports a sender's domain that reads like chance, or ends as hardly any
// shop's does.
func (j *judge) domain() {
	reg, _, _, _ := link.Registrable(j.from.Domain)
	if reg == "" {
		return
	}
	name, _, _ := strings.Cut(string(reg), ".")
	switch {
	case byChance(name):
		j.add(OddSenderDomain, "from", "From: "+j.from.String(), 1)
	case j.in.OddTLD != nil && j.in.OddTLD(reg):
		j.add(OddSenderDomain, "from", "From: "+j.from.String(), 0.7)
	}
}

// byChance reports a name that nobody would choose: six consonants in a row or
// four digits. Names in A-labels are not read.
func byChance(name string) bool {
	if strings.HasPrefix(name, "xn--") {
		return false
	}
	consonants, digits := 0, 0
	for i := 0; i < len(name); i++ {
		switch b := name[i]; {
		case '0' <= b && b <= '9':
			digits++
			consonants = 0
		case strings.IndexByte("aeiouy-", b) >= 0:
			consonants, digits = 0, 0
		default:
			consonants++
			digits = 0
		}
		if consonants >= 6 || digits >= 4 {
			return true
		}
	}
	return false
}

// bare reports a mail that is little more than one link to a place that is not
// the sender's, or a picture with such a link.
func (j *judge) bare() {
	letters, pictured := 0, false
	for _, r := range j.body {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters >= littleText || len(j.in.Links) == 0 || len(j.in.Links) > maxLinks {
		return
	}
	var host ident.Domain
	quote, laid := "", false
	for _, a := range j.in.Links {
		if a.Problem != "" || a.Host == "" || a.Link.From == "header" {
			continue
		}
		reg := a.Registrable
		if reg == "" {
			reg = a.Host
		}
		if host != "" && host != reg || same(a.Host, j.from.Domain) {
			return
		}
		host, quote = reg, a.Unicode
		pictured = pictured || a.Link.From == "image"
		laid = laid || pictured || a.Link.From == "html"
	}
	if host == "" || !laid { // an address in plain text is a person's way
		return
	}
	if pictured && letters < pictureText {
		j.add(OnlyAPicture, "body", quote, 0)
		return
	}
	j.add(OnlyALink, "body", quote, 0)
}

// urgent reports the sender's own mark of highest priority.
func (j *judge) urgent() {
	for _, name := range [...]string{"X-Priority", "Importance", "Priority", "X-MSMail-Priority"} {
		v, ok := j.m.Header(name)
		if !ok {
			continue
		}
		v = strings.ToLower(strings.TrimSpace(v))
		first, _ := utf8.DecodeRuneInString(v)
		if first == '1' || first == '2' || v == "high" || v == "urgent" {
			j.add(MarkedUrgent, "header:"+strings.ToLower(name), name+": "+v, 0)
			return
		}
	}
}
