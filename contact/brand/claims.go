package brand

import (
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/evidence"
	"bonafide/ident"
)

// Claim says that a contact names a brand, and how much this is a claim to come
// from it.
type Claim struct {
	Brand string
	// As is where the name stands: "sender", "address", "local", "told",
	// "subject", "body", "quoted".
	As    string
	Where evidence.Where
	// Strength is 1 for a name in the sender, little for a name in passing.
	Strength float64
}

// Claims returns the brands that a contact names, strongest first, at most one
// claim for each brand and place.
func (b *Book) Claims(rs []*text.Reading, c *contact.Contact) []Claim {
	k := claimer{book: b, best: map[string]Claim{}}
	if c != nil {
		k.sender(c)
	}
	for _, r := range rs {
		if r != nil {
			k.reading(r, c)
		}
	}
	out := make([]Claim, 0, len(k.best))
	for _, x := range k.best {
		out = append(out, x)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Strength != out[j].Strength {
			return out[i].Strength > out[j].Strength
		}
		return out[i].Brand+out[i].As < out[j].Brand+out[j].As
	})
	return out
}

// Claimed returns the brands that the contact claims as its sender, strongest
// first: claims of at least the book's strength.
func (b *Book) Claimed(claims []Claim) []Claim {
	var out []Claim
	seen := map[string]bool{}
	for _, c := range claims {
		if c.Strength >= b.claims.ClaimsFrom && !seen[c.Brand] {
			seen[c.Brand] = true
			out = append(out, c)
		}
	}
	return out
}

type claimer struct {
	book *Book
	best map[string]Claim
}

func (k *claimer) add(c Claim) {
	if c.Strength <= 0 {
		return
	}
	key := c.Brand + "\x00" + c.As
	if old, ok := k.best[key]; !ok || c.Strength > old.Strength {
		k.best[key] = c
	}
}

// sender looks at who the contact says it comes from.
func (k *claimer) sender(c *contact.Contact) {
	k.senderName(c.Sender.Name, "from")
	if c.Call != nil {
		k.senderName(c.Call.Claimed, "call")
	}
	mail := c.Sender.Mail
	if c.Mail != nil {
		for i, a := range c.Mail.From {
			if i < 8 && a.Name != c.Sender.Name {
				k.senderName(a.Name, "from")
			}
		}
		if mail.Domain == "" && len(c.Mail.From) > 0 {
			mail = c.Mail.From[0].Mail
		}
	}
	k.address(mail)
}

// senderName reads a display name. A weak name counts only if it is the whole.
func (k *claimer) senderName(s, part string) {
	if s == "" {
		return
	}
	r := text.Read(contact.Part{Name: part, Text: unmarked(cut(s, 512))}, k.book.folding)
	folded := strings.TrimSpace(r.Folded)
	as, strength := "sender", k.book.claims.Strength["sender"]
	if part == "call" {
		as, strength = "told", k.book.claims.Strength["told"]
	}
	for _, h := range k.book.names.find(folded, nil) {
		st := strength
		if h.weak {
			if folded != h.text {
				continue
			}
			st *= k.book.claims.WeakFactor
		}
		k.add(Claim{Brand: h.brand, As: as, Strength: st, Where: evidence.Where{Part: part, Quote: cut(s, 160)}})
	}
	if id, ok := k.book.sms[folded]; ok {
		k.add(Claim{Brand: id, As: as, Strength: strength, Where: evidence.Where{Part: part, Quote: cut(s, 160)}})
	}
}

// address looks at the From address: the domain of a brand, an imitation of
// one, or a brand's name before the "@".
func (k *claimer) address(m ident.Mail) {
	m.Domain = unquoted(m.Domain)
	if m.Domain == "" {
		return
	}
	where := evidence.Where{Part: "from", Quote: cut(m.String(), 160)}
	st := k.book.claims.Strength
	if !k.book.freemail[m.Domain] {
		if id, _, ok := k.book.OfficialDomain(m.Domain); ok {
			k.add(Claim{Brand: id, As: "address", Strength: st["address"], Where: where})
		} else if im, ok := k.book.Lookalike(m.Domain); ok {
			k.add(Claim{Brand: im.Brand, As: "address", Strength: st["address"] * im.Strength, Where: where})
		}
	}
	for _, h := range k.book.hostParts(m.Local, "") {
		k.add(Claim{Brand: h.brand, As: "local", Strength: st["local"], Where: where})
	}
}

// reading looks at one text.
func (k *claimer) reading(r *text.Reading, c *contact.Contact) {
	st := k.book.claims.Strength
	written := func(s text.Span) string { return r.Where(s).Quote }
	for _, h := range k.book.names.find(r.Folded, written) {
		as, strength := "body", st["body"]
		switch {
		case h.inAddress:
			as, strength = "quoted", st["quoted"]
		case r.Part.Kind == contact.Quoted || r.Part.Kind == contact.Hidden:
			as, strength = "quoted", st["quoted"]
		case r.Part.Kind == contact.Told:
			as, strength = "told", st["told"]
		case r.Part.Name == "subject" && (h.spoken || h.loose) && !k.passedOn(r.Folded, c):
			as, strength = "subject", st["subject_claim"]
		case r.Part.Name == "subject":
			as, strength = "subject", st["subject"]
		case h.spoken:
			strength = st["body_claim"]
		case h.loose && short(c):
			strength = st["short_loose"]
		case k.opens(r, &h, c):
			strength = st["body_start"]
		case h.loose:
			strength = st["body_loose"]
		}
		if h.weak {
			strength *= k.book.claims.WeakFactor
		}
		k.add(Claim{Brand: h.brand, As: as, Strength: strength, Where: r.Where(h.Span)})
	}
}

// passedOn reports a subject that marks an answer or a forwarded mail, in a mail
// that bears this out: it refers to an earlier one, quotes one, or comes from a
// person's mailbox. A mark alone is a trick.
func (k *claimer) passedOn(subject string, c *contact.Contact) bool {
	subject = strings.TrimSpace(subject)
	marked := false
	for _, m := range k.book.claims.ReplyMarks {
		marked = marked || strings.HasPrefix(subject, m)
	}
	if !marked || c == nil || c.Mail == nil {
		return false
	}
	for _, name := range []string{"In-Reply-To", "References"} {
		if _, ok := c.Mail.Header(name); ok {
			return true
		}
	}
	for i := range c.Parts {
		if c.Parts[i].Kind == contact.Quoted {
			return true
		}
	}
	return k.book.freemail[c.Sender.Mail.Domain]
}

// short reports channels whose messages are short: every word of them counts.
func short(c *contact.Contact) bool {
	return c != nil && c.Channel != contact.Mail && c.Channel != contact.Letter && c.Channel != contact.Web
}

// opens reports a short message that begins with the name, as in "Amazon: …".
func (k *claimer) opens(r *text.Reading, h *hit, c *contact.Contact) bool {
	return short(c) && h.Start <= k.book.claims.StartBytes && h.End < len(r.Folded)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// unmarked takes off the marks that are stacked on letters to hide a name; the
// voicing marks of kana stay.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) && r != 0x3099 && r != 0x309A {
			return -1
		}
		return r
	}, norm.NFC.String(s))
}
