package brand

import (
	"fmt"
	"strings"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/contact/text"
	"bonafide/evidence"
	"bonafide/ident"
)

// The codes of the findings. What they weigh and say stands in
// data/evidence/brand.yaml and data/evidence/link.yaml.
const (
	LookalikeDomain          evidence.Code = "lookalike_domain"
	LinkHidden               evidence.Code = "link_ip_or_hidden"
	LinkForeign              evidence.Code = "link_foreign"
	LinkOfficial             evidence.Code = "link_official"
	LinkOdd                  evidence.Code = "link_odd"
	ForgedSender             evidence.Code = "forged_sender"
	SenderOfficialUnproven   evidence.Code = "sender_official_unproven"
	SenderAuthenticated      evidence.Code = "sender_authenticated"
	SenderUnconfirmedDomain  evidence.Code = "sender_unconfirmed_domain"
	SenderRelay              evidence.Code = "sender_relay"
	AuthenticMailScamContent evidence.Code = "authentic_mail_scam_content"
	AuthenticMailContradicts evidence.Code = "authentic_mail_contradicts"
	FreemailSender           evidence.Code = "freemail_sender"
	SMSSenderName            evidence.Code = "sms_sender_name"
	ChatBrand                evidence.Code = "chat_brand"
)

// Codes lists every code that Findings can return.
func Codes() []evidence.Code {
	return []evidence.Code{LookalikeDomain, LinkHidden, LinkForeign, LinkOfficial, LinkOdd, ForgedSender,
		SenderOfficialUnproven, SenderAuthenticated, SenderUnconfirmedDomain, SenderRelay,
		AuthenticMailScamContent, AuthenticMailContradicts, FreemailSender, SMSSenderName, ChatBrand}
}

// Results of a check, as Auth and RFC 8601 name them. Any other word counts as
// NotChecked.
const (
	Pass       = "pass"
	Fail       = "fail"
	None       = "none"
	NotChecked = "not_checked"
)

// Auth is what is known of a mail's authentication. The zero value means that
// nothing was checked, which is evidence of nothing.
type Auth struct {
	// DMARC is "pass", "fail", "none" (no policy) or "not_checked".
	DMARC string
	// Aligned: SPF or DKIM passed for the domain of From (RFC 7489, 3.1).
	Aligned bool
	// Partial: what passed does not cover what is read; it proves nothing.
	Partial bool
	// SPF and DKIM are the bare results, aligned or not.
	SPF, DKIM string
	// DKIMDomains are the signing domains that passed.
	DKIMDomains []ident.Domain
}

// checked reports whether any result is there to speak of.
func (a Auth) checked() bool {
	for _, s := range []string{a.SPF, a.DKIM} {
		switch s {
		case Pass, Fail, "softfail", "neutral", "permerror", "policy":
			return true
		}
	}
	return a.DMARC == Pass || a.DMARC == Fail
}

// proved reports an aligned pass that covers what is read.
func (a Auth) proved() bool {
	return a.Aligned && !a.Partial && a.DMARC != Fail && (a.DMARC == Pass || a.SPF == Pass || a.DKIM == Pass)
}

// Input is what Findings looks at.
type Input struct {
	Contact  *contact.Contact
	Readings []*text.Reading
	// Links are all links of the contact, analysed (link.All, link.Analyse).
	Links []link.Analysis
	// Claims are those of the same contact (Book.Claims).
	Claims []Claim
	Auth   Auth
	// Numbers are the telephone numbers in the contact's text.
	Numbers []ident.Phone
	// Found are findings of other rooms on what the text says: red flags and
	// telephone numbers, with their places.
	Found []evidence.Finding
	// Country is that of the person who asks ("DE"), for the official address
	// that is named to them.
	Country string
}

// Findings compares a contact's sender and links with the brands that it claims
// to come from. It never clears: the only findings that speak for a contact are
// an authenticated official sender and links that are all official.
func (b *Book) Findings(in Input) []evidence.Finding {
	if in.Contact == nil {
		return nil
	}
	j := judge{book: b, in: &in, claimed: b.Claimed(in.Claims)}
	j.from = in.Contact.Sender.Mail
	if in.Contact.Mail != nil && len(in.Contact.Mail.From) > 0 {
		j.from = in.Contact.Mail.From[0].Mail
	}
	j.from.Domain = unquoted(j.from.Domain)
	if id, d, ok := b.OfficialDomain(j.from.Domain); ok && !b.freemail[j.from.Domain] {
		j.fromBrand, j.fromDomain = id, d
	}
	j.sender()
	j.channel()
	j.links()
	j.authentic()
	return j.out
}

// unquoted takes quotes off that a careless sender left at the end.
func unquoted(d ident.Domain) ident.Domain { return ident.Domain(strings.Trim(string(d), `"'> `)) }

// judge collects the findings on one contact.
type judge struct {
	book    *Book
	in      *Input
	claimed []Claim
	from    ident.Mail
	// fromBrand and fromDomain are set when From is an official domain.
	fromBrand  string
	fromDomain Domain
	out        []evidence.Finding
	count      map[string]int
}

// The lists behind findings, as their sources.
const (
	claimsList = "brands/" + claimsFile
	hostsList  = "brands/" + hostsFile
	mailList   = "brands/" + mailFile
)

// maxOfCode bounds the findings of one code for one contact.
const maxOfCode = 6

func (j *judge) add(f evidence.Finding) {
	if j.count == nil {
		j.count = map[string]int{}
	}
	key := string(f.Code)
	same := key + "\x00" + f.Args["how"] + "\x00" + f.Args["host"] + "\x00" + f.Args["from"]
	if f.Strength <= 0 || j.count[key] >= maxOfCode || j.count[same] > 0 {
		return
	}
	j.count[key]++
	j.count[same]++
	j.out = append(j.out, f)
}

// say puts a trick and its words into the arguments of a sentence.
func say(args map[string]string, how string, words Text) map[string]string {
	args["how"] = how
	for lang, s := range words {
		args["how_"+lang] = s
	}
	return args
}

// nameArgs are a brand's name and its address for the person's country.
func (j *judge) nameArgs(id string) map[string]string {
	args := map[string]string{"brand_id": id}
	if p := j.book.profiles[id]; p != nil {
		args["brand"], args["brand_ja"] = p.Name["en"], p.Name.In("ja")
		args["official"] = string(p.Shop(j.in.Country))
	}
	return args
}

// strongest returns how strongly the contact claims to come from a brand.
func (j *judge) strongest(id string) float64 {
	for _, c := range j.claimed {
		if c.Brand == id {
			return c.Strength
		}
	}
	return 0
}

// claimsSender reports whether the brand stands in the sender or the subject
// speaks for it, and which.
func (j *judge) claimsSender() (id, as string, strength float64) {
	for _, c := range j.in.Claims {
		switch {
		case c.As == "sender" || c.As == "address" || c.As == "local":
			return c.Brand, "name", c.Strength
		case c.As == "subject" && c.Strength >= j.book.claims.ClaimsFrom && id == "":
			id, as, strength = c.Brand, "subject", c.Strength
		}
	}
	return id, as, strength
}

// channel looks at sender ids of text messages and at private messengers.
func (j *judge) channel() {
	c := j.in.Contact
	if c.Channel == contact.SMS && c.Sender.Name != "" {
		for _, x := range j.in.Claims {
			if x.As == "sender" {
				args := j.nameArgs(x.Brand)
				args["name"] = cut(c.Sender.Name, 40)
				j.add(evidence.Finding{Code: SMSSenderName, Args: args, Where: x.Where, Source: claimsList, Strength: 1})
				break
			}
		}
	}
	if c.Channel != contact.Chat {
		return
	}
	platform := strings.ToLower(c.Platform)
	for _, x := range j.claimed {
		if x.As == "told" && c.StartedByUser == contact.Yes {
			continue
		}
		args := j.nameArgs(x.Brand)
		args["platform"] = cut(c.Platform, 40)
		strength := x.Strength
		if platform == "" || !j.book.messenger(platform) {
			strength *= j.book.mail.Factors["unknown_chat"]
		}
		j.add(evidence.Finding{Code: ChatBrand, Args: args, Where: x.Where, Source: claimsList, Strength: strength})
		return
	}
}

func (b *Book) messenger(platform string) bool {
	for _, m := range b.claims.Messengers {
		if strings.Contains(platform, m) {
			return true
		}
	}
	return false
}

// partner returns the kind of a domain to which honest shops lead, or "".
func (b *Book) partner(host ident.Domain) (kind string) {
	above(host, func(name ident.Domain) bool {
		k, ok := b.partners[name]
		if ok {
			kind = k
		}
		return ok
	})
	return kind
}

func line(name string, a contact.Address) string {
	if a.Name == "" {
		return cut(fmt.Sprintf("%s: %s", name, a.Mail), 200)
	}
	return cut(fmt.Sprintf("%s: %s <%s>", name, a.Name, a.Mail), 200)
}
