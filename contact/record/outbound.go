package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"bonafide/contact"
	"bonafide/ident"
)

// Claim is a contact as far as a register can know it. Only the shop's word
// about who the person is makes To trustworthy.
type Claim struct {
	Channel contact.Channel
	// Brand is who the contact says it comes from; empty when not known.
	Brand string
	At    time.Time
	// To are the person's own numbers and mail addresses on file.
	To []string
	// From is the sender shown: number, sender id or mail address.
	From    string
	Subject string
	// Text is what was sent; empty for a call.
	Text string
	// SpokenCode is the code that the caller said.
	SpokenCode string
	Orders     []ident.Order
}

// ClaimOf reads a claim from a contact. to are the person's own numbers and
// addresses, code is what the caller gave as spoken code, brand who it claims
// to be.
func ClaimOf(c *contact.Contact, brand, code string, to []string) Claim {
	cl := Claim{Channel: c.Channel, Brand: brand, At: c.At, To: to, SpokenCode: code}
	switch {
	case c.Sender.Mail.Domain != "":
		cl.From = c.Sender.Mail.String()
	case c.Sender.Number != "":
		cl.From = c.Sender.Number
	case c.Call != nil && c.Call.Number != "":
		cl.From = c.Call.Number
	default:
		cl.From = c.Sender.Name
	}
	var body []string
	for _, p := range c.Parts {
		switch {
		case p.Name == "subject":
			cl.Subject = p.Text
		case p.Kind == contact.Said:
			body = append(body, p.Text)
		}
	}
	cl.Text = strings.Join(body, "\n")
	return cl
}

// Hash returns the form in which a register may hold receivers without naming
// them: HMAC-SHA-256 of the canonical address under the shop's key. Without a
// key, numbers are few enough to be tried out; the key must stay secret.
func Hash(key []byte, to string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(plainAddress(to)))
	return "hmac-sha256:" + hex.EncodeToString(mac.Sum(nil))
}

// Found is what the register says about a claim.
type Found int

// The answers of a register.
const (
	// NotCovered: the register does not say anything about that time and
	// channel.
	NotCovered Found = iota
	// Missing: the register is complete there and has no such contact.
	Missing
	// Possible: the shop did contact this person about then, but what was said
	// or sent cannot be told apart from somebody else's contact.
	Possible
	// Certain: this very contact stands in the register.
	Certain
)

// OutboundResult is the answer of a register with the entry that it rests on.
type OutboundResult struct {
	Found Found
	Entry Outbound
	// By lists what agrees beyond channel, time and receiver: "sender",
	// "subject", "template", "code", "order".
	By []string
	// Code tells about the spoken code.
	Code CodeAnswer
	// Near: an entry of the same time, receiver and sender says something else.
	// A missing entry then weighs less: texts change on their way.
	Near bool
}

// CodeAnswer is the answer about a spoken code.
type CodeAnswer int

// The answers about a spoken code. CodeUnknown is the zero value: none was
// given, or the register does not know any for this person and time.
const (
	CodeUnknown CodeAnswer = iota
	CodeRight
	CodeWrong
)

// Outbound looks a claim up in a register. Entries whose receiver is not among
// claim.To are never matched. key is the shop's key for hashed receivers; nil
// when the register names them.
//
// Certain needs more than channel, time and receiver, because a fraudster may
// write or call on the same day as the shop: what the entry states of sender,
// subject, text and code must agree with the claim as far as the claim can say,
// and one of them must agree in fact. A sender alone suffices for calls only
// together with the narrow window of that channel and when the entry has no
// spoken code; for messages the text or subject must agree.
func (r *Records) Outbound(cl Claim, book Book, key []byte) OutboundResult {
	res := OutboundResult{}
	if cl.At.IsZero() || len(cl.To) == 0 {
		return res
	}
	to := receivers(cl.To, key)
	if r.covered(cl, book.Covers) {
		res.Found = Missing
	}
	sawCode := false
	for _, e := range book.Entries {
		if !sameChannel(cl.Channel, e.Channel) || !r.inWindow(cl, e) || !to[receiverKey(e.To)] {
			continue
		}
		if cl.Brand != "" && e.Brand != "" && !strings.EqualFold(cl.Brand, e.Brand) {
			continue
		}
		found, by, code := agree(cl, e)
		sawCode = sawCode || code == CodeWrong
		res.Near = res.Near || (found == NotCovered && code != CodeWrong && len(by) > 0)
		if found > res.Found {
			res.Found, res.Entry, res.By = found, e, by
		}
		if code == CodeRight {
			res.Code = CodeRight
		}
	}
	if res.Code != CodeRight && cl.SpokenCode != "" && (sawCode || res.Found == Missing) {
		res.Code = CodeWrong
	}
	return res
}

func receivers(to []string, key []byte) map[string]bool {
	out := make(map[string]bool, 2*len(to))
	for _, t := range to {
		if p := plainAddress(t); p != "" {
			out[p] = true
			if key != nil {
				out[Hash(key, t)] = true
			}
		}
	}
	return out
}

func receiverKey(to string) string {
	if strings.HasPrefix(to, "hmac-sha256:") {
		return strings.ToLower(to)
	}
	return plainAddress(to)
}

// plainAddress makes numbers, sender ids and mail addresses comparable: lower
// case, digits of a number without its punctuation, 00 as +.
func plainAddress(s string) string {
	s = strings.ToLower(strings.TrimSpace(norm.NFKC.String(s)))
	if strings.Contains(s, "@") || strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r > 0x7f }) {
		return strings.Trim(s, "<>")
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s)
	if strings.HasPrefix(digits, "00") {
		digits = "+" + digits[2:]
	}
	return digits
}

func sameChannel(a, b contact.Channel) bool {
	spoken := func(c contact.Channel) bool { return c == contact.Call || c == contact.Voicemail }
	mailed := func(c contact.Channel) bool { return c == contact.Mail || c == contact.OrderNotice }
	texted := func(c contact.Channel) bool { return c == contact.SMS || c == contact.Screenshot }
	switch {
	case a == b, spoken(a) && spoken(b), mailed(a) && mailed(b), texted(a) && texted(b):
		return true
	}
	return a == contact.Screenshot && (b == contact.Mail || b == contact.Chat)
}

func (r *Records) tolerance(ch contact.Channel) tolerance {
	if t, ok := r.windows.Outbound[ch]; ok {
		return t
	}
	return r.windows.Outbound[contact.SMS]
}

func (r *Records) inWindow(cl Claim, e Outbound) bool {
	ch := cl.Channel
	if ch == contact.Screenshot {
		ch = e.Channel
	}
	t := r.tolerance(ch)
	d := cl.At.Sub(e.At)
	return d >= -time.Duration(t.Before)*time.Minute && d <= time.Duration(t.After)*time.Minute
}

// covered reports whether the register is complete for the channel over the
// whole window in which an entry could stand.
func (r *Records) covered(cl Claim, covers []Coverage) bool {
	t := r.tolerance(cl.Channel)
	first := cl.At.Add(-time.Duration(t.After) * time.Minute)
	last := cl.At.Add(time.Duration(t.Before) * time.Minute)
	for _, c := range covers {
		if cl.Channel != c.Channel && !(cl.Channel != contact.Screenshot && sameChannel(cl.Channel, c.Channel)) {
			continue
		}
		// A register of one brand says nothing about a contact that claims
		// another, nor about one that claims none.
		if c.Brand != "" && !strings.EqualFold(cl.Brand, c.Brand) {
			continue
		}
		if !c.From.After(first) && !c.Until.Before(last) {
			return true
		}
	}
	return false
}

// agree compares what an entry states with what a claim says.
func agree(cl Claim, e Outbound) (Found, []string, CodeAnswer) {
	var by []string
	code := CodeUnknown
	if e.SpokenCode != "" && cl.SpokenCode != "" {
		code = compareCode(cl, e)
		if code == CodeWrong {
			return NotCovered, nil, code
		}
		by = append(by, "code")
	}
	if e.From != "" && cl.From != "" {
		if plainAddress(e.From) != plainAddress(cl.From) {
			return NotCovered, nil, code
		}
		by = append(by, "sender")
	}
	text, contradicts := agreeText(cl, e)
	if contradicts {
		return NotCovered, by, code
	}
	by = append(by, text...)
	spoken := cl.Channel == contact.Call || cl.Channel == contact.Voicemail
	switch {
	case code == CodeRight, len(text) > 0:
		return Certain, by, code
	case spoken && e.SpokenCode == "" && len(by) > 0:
		return Certain, by, code
	}
	return Possible, by, code
}

func agreeText(cl Claim, e Outbound) (by []string, contradicts bool) {
	if e.Subject != "" && cl.Subject != "" {
		switch {
		case fits(e.Subject, cl.Subject):
			by = append(by, "subject")
		case !strings.HasSuffix(foldLinks(cl.Subject), foldLinks(e.Subject)):
			// A prefix ("Fwd:") neither proves nor contradicts.
			return nil, true
		}
	}
	if e.Template != "" && cl.Text != "" && cl.Channel != contact.Call && cl.Channel != contact.Voicemail {
		switch {
		case fits(e.Template, cl.Text):
			by = append(by, "template")
		case cl.Channel != contact.Screenshot:
			// What was read off a picture holds clocks and misreadings too: it
			// contradicts nothing.
			return nil, true
		}
	}
	return by, false
}

// compareCode compares without regard to case and spacing, in constant time.
func compareCode(cl Claim, e Outbound) CodeAnswer {
	if !e.ExpiresAt.IsZero() && cl.At.After(e.ExpiresAt) {
		return CodeWrong
	}
	a, b := fold(norm.NFKC.String(cl.SpokenCode)), fold(norm.NFKC.String(e.SpokenCode))
	if b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 {
		return CodeRight
	}
	return CodeWrong
}

// fits reports whether text is what a template gives: its fixed pieces in
// their order, from the first to the last, and between them only blanks. A blank
// ({name}, *) takes at most 200 bytes, and never a link: otherwise a
// fraudster's text around a genuine phrase would fit. Linear in the text.
func fits(template, text string) bool {
	pieces := pieces(template)
	folded := foldLinks(text)
	fixed := 0
	for i, p := range pieces {
		fixed += len(p)
		at := strings.Index(folded, p)
		if at < 0 || (i == 0 && at > 0 && p != "") || strings.Contains(folded[:at], linkMark) || at > 200 {
			return false
		}
		folded = folded[at+len(p):]
	}
	if last := pieces[len(pieces)-1]; last != "" && folded != "" {
		return false
	}
	return fixed >= 8 && len(folded) <= 200 && !strings.Contains(folded, linkMark)
}

// linkMark stands for an address of the web in folded text; fold would remove
// the punctuation by which it is known.
const linkMark = "\x00"

func foldLinks(s string) string {
	var b strings.Builder
	for _, f := range strings.Fields(norm.NFKC.String(s)) {
		if dot := strings.IndexByte(f, '.'); strings.Contains(f, "://") || (dot > 0 && strings.IndexByte(f, '/') > dot) || strings.HasPrefix(strings.ToLower(f), "www.") {
			b.WriteString(linkMark)
		}
		b.WriteString(fold(f))
	}
	return b.String()
}

func pieces(template string) []string {
	var out []string
	rest := template
	for {
		i := strings.IndexAny(rest, "{*")
		if i < 0 || len(out) > 100 {
			return append(out, foldLinks(rest))
		}
		out = append(out, foldLinks(rest[:i]))
		end := i + 1
		if rest[i] == '{' {
			if j := strings.IndexByte(rest[i:], '}'); j > 0 {
				end = i + j + 1
			}
		}
		rest = rest[end:]
	}
}
