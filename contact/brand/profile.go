// Package brand knows who may speak as a brand and what only imitates one. It
// reads the profiles of data/brands (domains, senders, numbers, promises, help
// pages, each fact with source, status and dates) and answers: which brand does
// this contact claim to come from, does this host belong to it, and do the
// sender and the links fit the claim?
//
// It does not judge: it returns findings, and a match with a profile is never
// enough to call a contact genuine. It does not read addresses (contact/link),
// find numbers (contact/phone) or check signatures (contact/mailauth).
//
//	book, err := brand.Load(data.FS)
//	id, _, ok := book.OfficialDomain("pay.amazon.de") // "amazon", true
//	im, ok := book.Lookalike("amazon.com.account-verify.top") // "amazon", "subdomain"
package brand

import (
	"time"

	"bonafide/ident"
)

// Status tells how well a fact is known.
type Status string

// The statuses. Only Official, Secondary and Seed may be shown as facts, and
// nothing Unverified ever clears a contact.
const (
	Official     Status = "official"
	Secondary    Status = "secondary"
	Seed         Status = "seed"
	Former       Status = "former"
	Outdated     Status = "outdated"
	Unverified   Status = "unverified"
	Contradicted Status = "contradicted"
)

// Shown reports whether a fact of this status may be shown as one.
func (s Status) Shown() bool { return s == Official || s == Secondary || s == Seed }

// Origin is where a fact is from and when it holds. It is part of every fact.
type Origin struct {
	// Source lists ids of the book's sources, or addresses.
	Source     []string `yaml:"source"`
	Status     Status   `yaml:"status"`
	StatusNote string   `yaml:"status_note"`
	// AsOf is when somebody last saw that it is so.
	AsOf Date `yaml:"as_of"`
	// ValidFrom and ValidUntil bound the time in which it holds, both
	// inclusive; empty means not known.
	ValidFrom  Date   `yaml:"valid_from"`
	ValidUntil Date   `yaml:"valid_until"`
	Note       string `yaml:"note"`
	Caveat     string `yaml:"caveat"`
}

// ValidAt reports whether the fact holds at a time, by its own dates and
// status: a former fact without dates holds at no time.
func (o *Origin) ValidAt(t time.Time) bool {
	if from, ok := o.ValidFrom.Start(); ok && t.Before(from) {
		return false
	}
	if until, ok := o.ValidUntil.End(); ok {
		return t.Before(until)
	}
	return o.Status != Former && o.Status != Outdated
}

// Text is a text by language: "en", "de", "ja".
type Text map[string]string

// In returns the text in a language, in English if there is none.
func (t Text) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	return t["en"]
}

// Profile is what is known of one brand. It is immutable after Load.
type Profile struct {
	ID string `yaml:"id"`
	// AsOf is when the file was last gone through.
	AsOf Date `yaml:"as_of"`
	// Level is "full" or "small".
	Level      string              `yaml:"profile"`
	Country    string              `yaml:"country"`
	Name       Text                `yaml:"name"`
	LegalNames []LegalName         `yaml:"legal_names"`
	Aliases    map[string][]string `yaml:"aliases"`
	Claim      ClaimWords          `yaml:"claim"`
	Tokens     []Token             `yaml:"tokens"`
	Domains    []Domain            `yaml:"domains"`
	OwnTLDs    OwnTLDs             `yaml:"own_tlds"`
	Rules      []Rule              `yaml:"domain_rules"`
	NeverProof []Shared            `yaml:"never_proof"`
	Fakes      []Fake              `yaml:"known_fakes"`
	// MailDomains are the lists of domains that the brand publishes for mail.
	MailDomains []MailDomains `yaml:"mail_domains"`
	Senders     []Sender      `yaml:"senders"`
	MailRules   []string      `yaml:"mail_rules"`
	SMSSenders  []SMSSender   `yaml:"sms_senders"`
	SMSFacts    []SMSFact     `yaml:"sms_facts"`
	Numbers     []Number      `yaml:"numbers"`
	NumberRules []string      `yaml:"number_rules"`
	ScamNumbers []ScamNumber  `yaml:"scam_numbers"`
	Promises    []Promise     `yaml:"promises"`
	// ReportAddresses is where to report a contact that imitates the brand.
	ReportAddresses []ReportAddress `yaml:"report_addresses"`
	HelpPages       []HelpPage      `yaml:"help_pages"`
	UIPaths         []UIPath        `yaml:"ui_paths"`
	ArchivedHistory []History       `yaml:"archived_orders_history"`
	ArchivedAdvice  Text            `yaml:"archived_orders_advice"`
	Identifiers     Identifiers     `yaml:"identifiers"`
	Seasons         []Season        `yaml:"seasons"`
	Facts           []Fact          `yaml:"facts"`
	Notes           []string        `yaml:"notes"`
}

// LegalName is the company's name in a country.
type LegalName struct {
	Country string `yaml:"country"`
	Name    string `yaml:"name"`
	Origin  `yaml:",inline"`
}

// ClaimWords tell how the brand is named in texts, besides the aliases.
type ClaimWords struct {
	Words []string `yaml:"words"`
	// Cased names count in a text only in exactly one of these writings,
	// because in small letters they are ordinary words (UPS, Apple).
	Cased []string `yaml:"cased"`
	// Weak names are also names of persons, products or other things.
	Weak []string `yaml:"weak"`
	// Never are phrases that contain a name and do not mean the brand.
	Never []string `yaml:"never"`
}

// Token is how the brand is named within host names.
type Token struct {
	Word string `yaml:"word"`
	// In is where it counts: "word" (between hyphens), "lure" (also joined to
	// a word that lures), "edge" (at the start or end), "anywhere".
	In string `yaml:"in"`
}

// Domain is a domain of the brand. Every name below it belongs to it too.
type Domain struct {
	Domain  ident.Domain `yaml:"domain"`
	Country string       `yaml:"country"`
	Role    string       `yaml:"role"`
	// Linked: the brand's own contacts may lead here. Sends: they may come
	// from here.
	Linked bool `yaml:"may_be_linked"`
	Sends  bool `yaml:"may_send_mail"`
	Origin `yaml:",inline"`
}

// OwnTLDs are top-level domains that the brand holds, as A-labels.
type OwnTLDs struct {
	Values []string `yaml:"values"`
	Origin `yaml:",inline"`
}

// Rule is a rule that the brand gives for its addresses.
type Rule struct {
	ID        string `yaml:"id"`
	Rule      string `yaml:"rule"`
	Exception string `yaml:"exception"`
	Origin    `yaml:",inline"`
}

// Shared is a domain that the brand runs for others: it proves nothing.
type Shared struct {
	Domain ident.Domain `yaml:"domain"`
	Why    string       `yaml:"why"`
	Origin `yaml:",inline"`
}

// Fake is a host that a source names as an imitation.
type Fake struct {
	Host   ident.Domain `yaml:"host"`
	Origin `yaml:",inline"`
}

// MailDomains is one published list of mail domains, for a country or purpose.
type MailDomains struct {
	For    string         `yaml:"for"`
	Values []ident.Domain `yaml:"values"`
	Origin `yaml:",inline"`
}

// Sender is an address that the brand writes from: necessary at best, never
// sufficient, because it can be forged.
type Sender struct {
	// Local is the part before "@"; "*" means any.
	Local string `yaml:"local"`
	// At are the domains; "marketplace.amazon.*" stands for all countries.
	At      []string `yaml:"at"`
	Purpose string   `yaml:"purpose"`
	// Relay: strangers' texts are passed on from here.
	Relay  bool `yaml:"relay"`
	Origin `yaml:",inline"`
}

// SMSSender is a sender id or short code. It can be forged.
type SMSSender struct {
	Country string `yaml:"country"`
	ID      string `yaml:"id"`
	Kind    string `yaml:"kind"`
	Purpose string `yaml:"purpose"`
	Use     string `yaml:"use"`
	Origin  `yaml:",inline"`
}

// SMSFact is something known of the brand's text messages.
type SMSFact struct {
	Country string `yaml:"country"`
	Fact    string `yaml:"fact"`
	Origin  `yaml:",inline"`
}

// Number is a telephone number of the brand.
type Number struct {
	Country string      `yaml:"country"`
	Number  ident.Phone `yaml:"number"`
	Display string      `yaml:"display"`
	Purpose string      `yaml:"purpose"`
	Hours   Hours       `yaml:"hours"`
	Origin  `yaml:",inline"`
}

// ScamNumber is a number from which somebody posed as the brand.
type ScamNumber struct {
	Number  ident.Phone `yaml:"number"`
	Country string      `yaml:"country"`
	Claimed string      `yaml:"claimed"`
	Origin  `yaml:",inline"`
}

// Promise is what the brand says that it does or never does.
type Promise struct {
	ID    string `yaml:"id"`
	Never bool   `yaml:"never"`
	Text  Text   `yaml:"text"`
	// Covers lists red flags that break the promise.
	Covers []string `yaml:"covers"`
	Origin `yaml:",inline"`
}

// ReportAddress is where the brand takes reports.
type ReportAddress struct {
	// Kind is "mail" or "web".
	Kind    string `yaml:"kind"`
	Value   string `yaml:"value"`
	Country string `yaml:"country"`
	Wants   string `yaml:"wants"`
	Origin  `yaml:",inline"`
}

// HelpPage is an official page to type in by hand.
type HelpPage struct {
	Country string `yaml:"country"`
	// Topic is "identify", "fraud_tips", "protect", "two_step", "contact".
	Topic string `yaml:"topic"`
	Title string `yaml:"title"`
	// Path is below the brand's shop domain of the person's country; Address,
	// when set, is the whole address instead.
	Path    string `yaml:"path"`
	Address string `yaml:"address"`
	Origin  `yaml:",inline"`
}

// UIPath is the way to a screen of the brand's site or app.
type UIPath struct {
	// ID is "your_orders", "message_center", "hidden_orders", "two_step", "chat".
	ID      string   `yaml:"id"`
	Lang    string   `yaml:"lang"`
	Country string   `yaml:"country"`
	Label   string   `yaml:"label"`
	Path    []string `yaml:"path"`
	Alt     []string `yaml:"alt"`
	// Instead is what to do where the menu may be gone.
	Instead string `yaml:"instead"`
	Origin  `yaml:",inline"`
}

// History is one step in the history of a function.
type History struct {
	When    string `yaml:"when"`
	Country string `yaml:"country"`
	Fact    string `yaml:"fact"`
	Origin  `yaml:",inline"`
}

// Identifiers are the forms of numbers that the brand gives out. A wrong form
// is a flag; a right one proves nothing.
type Identifiers struct {
	OrderNumber []Pattern `yaml:"order_number"`
	Tracking    []Pattern `yaml:"tracking"`
	Note        string    `yaml:"note"`
}

// Pattern is one form, as a regular expression of package regexp.
type Pattern struct {
	Pattern string `yaml:"pattern"`
	Example string `yaml:"example"`
	Origin  `yaml:",inline"`
}

// Season is a time of the year in which contacts in the brand's name abound.
type Season struct {
	Name   string `yaml:"name"`
	When   string `yaml:"when"`
	Fact   string `yaml:"fact"`
	Origin `yaml:",inline"`
}

// Fact is a dated figure or event.
type Fact struct {
	ID      string  `yaml:"id"`
	Brand   string  `yaml:"brand"`
	Topic   string  `yaml:"topic"`
	Country string  `yaml:"country"`
	Year    int     `yaml:"year"`
	Fact    string  `yaml:"fact"`
	Text    Text    `yaml:"text"`
	Amount  float64 `yaml:"amount"`
	Unit    string  `yaml:"unit"`
	// Months limits a season to months of the year, 1 to 12.
	Months []int `yaml:"months"`
	Origin `yaml:",inline"`
}
