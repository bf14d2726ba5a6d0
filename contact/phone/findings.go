package phone

import (
	"strconv"
	"strings"
	"time"

	"bonafide/contact"
	"bonafide/evidence"
	"bonafide/ident"
)

// The codes of this room; weights and sentences stand in
// data/evidence/phone.yaml.
const (
	codeUntrusted  evidence.Code = "caller_id_untrusted"
	codeWithheld   evidence.Code = "caller_withheld"
	codeForeign    evidence.Code = "caller_foreign"
	codeShown      evidence.Code = "caller_shows_official"
	codeReported   evidence.Code = "number_reported"
	codeHistoric   evidence.Code = "number_reported_before"
	codeContested  evidence.Code = "number_report_contested"
	codeSameBlock  evidence.Code = "number_same_block"
	codeNoReports  evidence.Code = "number_no_reports"
	codePremium    evidence.Code = "number_premium"
	codeOneOff     evidence.Code = "number_one_digit_off"
	codeImpossible evidence.Code = "number_impossible"
	codeHidden     evidence.Code = "number_disguised"
	codeCallback   evidence.Code = "callback_number"
	codeInText     evidence.Code = "number_official_in_text"
)

// Why a caller's number is not to be trusted: the words of
// Args["why"] of caller_id_untrusted.
const (
	whyWithheld = "withheld"
	whyForeign  = "foreign"
	whyOfficial = "matches_official"
	whyNear     = "one_digit_off"
	whyReported = "reported"
	whyBlock    = "same_block"
	whyInvalid  = "impossible"
)

// strengths of caller_id_untrusted by reason: a foreign number is common among
// honest callers, a reported one is not.
var strengths = map[string]float64{
	whyReported: 1, whyNear: 1, whyBlock: 0.7, whyInvalid: 0.6, whyWithheld: 0.5, whyForeign: 0.4, whyOfficial: 0.1,
}

// Officials tells which numbers belong to a brand.
type Officials interface {
	// Official returns the brand, the country and the status of a fact
	// ("official", "secondary", "unverified" …) of a number.
	Official(p ident.Phone) (brand, country, status string, ok bool)
	// Nearest returns the official number with the fewest digits to change,
	// and their count; "" when there is none.
	Nearest(p ident.Phone) (official ident.Phone, distance int)
}

// Book is what numbers are held against. Fields may be nil or empty.
type Book struct {
	// Tables read the number that was shown; without them it is not judged.
	Tables    *Tables
	Officials Officials
	Reports   Reports
	// Home is the country (ISO 3166) of the person who was contacted.
	Home string
	// Proven tells that a telephone company signed that the caller may use the
	// number shown (contact/callid): it is not forged.
	Proven bool
	// Now decides whether a report has expired where it is not known when the
	// contact came.
	Now time.Time
}

// Findings judges the numbers of a contact: the one that the caller or sender
// showed, and those that its text names. ns are the numbers of its texts, from
// Find. A number in the person's own words is judged only by its reports: they
// may have looked it up themselves.
func Findings(c *contact.Contact, ns []Number, book Book) []evidence.Finding {
	j := judge{c: c, book: book, kinds: map[string]contact.PartKind{}, seen: map[ident.Phone]bool{}, named: map[ident.Phone]bool{}}
	for _, p := range c.Parts {
		j.kinds[p.Name] = p.Kind
	}
	j.caller()
	for _, n := range ns {
		j.inText(n)
	}
	return j.out
}

type judge struct {
	c     *contact.Contact
	book  Book
	kinds map[string]contact.PartKind
	seen  map[ident.Phone]bool // judged by reputation already
	named map[ident.Phone]bool // named as a number to call already
	out   []evidence.Finding
}

func (j *judge) add(code evidence.Code, where evidence.Where, source string, strength float64, args ...string) {
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	j.out = append(j.out, evidence.Finding{Code: code, Args: m, Where: where, Source: source, Strength: strength})
}

// caller judges the number that was shown.
func (j *judge) caller() {
	shown, withheld, where := j.c.Sender.Number, false, evidence.Where{Part: "from"}
	if call := j.c.Call; call != nil {
		where.Part = "call"
		withheld = call.Withheld
		if call.Number != "" {
			shown = call.Number
		}
	}
	if withheld {
		j.add(codeWithheld, where, "", 0)
		j.untrusted(where, []string{whyWithheld})
		return
	}
	if j.book.Tables == nil {
		return
	}
	n, err := j.book.Tables.Parse(shown, j.book.Home)
	if err != nil || n.E164 == "" {
		return // nothing shown, a name, or a short code
	}
	where.Quote = n.Raw
	why := j.reputation(n, where)
	if !n.Valid {
		why = append(why, whyInvalid)
	}
	if o := j.book.Officials; o != nil {
		// What warns of forged numbers is out of place for one that is not.
		if brand, country, _, ok := o.Official(n.E164); ok && !j.book.Proven {
			why = append(why, whyOfficial)
			j.add(codeShown, where, brand, 0, "number", string(n.E164), "brand", brand, "country", country)
		}
	}
	if j.foreign(n) {
		why = append(why, whyForeign)
		j.add(codeForeign, where, "", 0, "number", string(n.E164), "country", n.Region, "place", place(n))
	}
	j.untrusted(where, why)
}

// foreign reports whether a number is from another country than the person;
// numbers that belong to no country are not.
func (j *judge) foreign(n Number) bool {
	return j.book.Home != "" && n.Region != "" && !strings.EqualFold(n.Region, j.book.Home)
}

func place(n Number) string {
	if n.Area != "" {
		return n.Area
	}
	return n.Region
}

// untrusted adds the one finding on the number shown, as strong as its
// strongest reason. It says that numbers can be forged: of one that is not,
// the reasons speak for themselves.
func (j *judge) untrusted(where evidence.Where, why []string) {
	if len(why) == 0 || j.book.Proven {
		return
	}
	strength := 0.0
	for _, w := range why {
		strength = max(strength, strengths[w])
	}
	j.add(codeUntrusted, where, "", strength, "why", strings.Join(why, ","))
}

// reputation adds what is known of a number, once, and returns the reasons it
// gives not to trust it as a caller's.
func (j *judge) reputation(n Number, where evidence.Where) (why []string) {
	p := n.E164
	if p == "" || j.seen[p] {
		return nil
	}
	j.seen[p] = true
	official := false
	if o := j.book.Officials; o != nil {
		_, _, _, official = o.Official(p)
		if near, d := o.Nearest(p); !official && near != "" && d == 1 {
			brand, _, _, _ := o.Official(near)
			why = append(why, whyNear)
			j.add(codeOneOff, where, brand, 0, "number", string(p), "official", string(near), "brand", brand)
		}
	}
	if n.Type == Premium && !official {
		j.add(codePremium, where, "", 0, "number", string(p), "country", n.Region)
	}
	if j.book.Reports == nil {
		return why
	}
	if r, ok := j.book.Reports.Number(p); ok {
		if j.reported(codeReported, r, p, where) {
			why = append(why, whyReported)
		}
		return why
	}
	if r, ok := j.book.Reports.Block(p); ok {
		if j.reported(codeSameBlock, r, p, where) {
			why = append(why, whyBlock)
		}
		return why
	}
	if !official {
		j.add(codeNoReports, where, "", 0, "number", string(p))
	}
	return why
}

// at is when the contact came, or else now: a report must not outlive its end
// because a person did not say when.
func (j *judge) at() time.Time {
	if j.c.At.IsZero() {
		return j.book.Now
	}
	return j.c.At
}

// reported adds a report and tells whether it still speaks against the number.
// One that has ended or is contested is shown, and weighs little or nothing.
func (j *judge) reported(code evidence.Code, r Report, p ident.Phone, where evidence.Where) bool {
	strength := 0.5
	if r.Count >= 3 {
		strength = 1
	}
	standing := r.Standing(j.at())
	switch {
	case standing == Contested:
		code = codeContested
	case standing != Current && code == codeSameBlock:
		strength = 0.2 // worth knowing of a neighbour, and hardly weighs
	case standing != Current:
		code = codeHistoric
	}
	j.add(code, where, r.Source, strength, "number", string(p), "count", strconv.Itoa(r.Count),
		"first", r.First, "last", r.Last, "expires", r.Expires.Format(time.DateOnly), "claimed", r.Claimed, "reported", string(r.Number))
	return standing == Current
}

// maxNamed bounds the numbers of one contact that are named as ones to call.
const maxNamed = 8

// inText judges a number that a text names.
func (j *judge) inText(n Number) {
	if n.E164 == "" {
		return
	}
	official, brand, status := false, "", ""
	if o := j.book.Officials; o != nil {
		brand, _, status, official = o.Official(n.E164)
	}
	// An unconfirmed fact is not shown, and only keeps from a false alarm.
	if official && status != "unverified" && !j.named[n.E164] {
		j.named[n.E164] = true
		j.add(codeInText, n.Where, brand, 0, "number", string(n.E164), "brand", brand)
	}
	j.reputation(n, n.Where)
	kind := j.kinds[n.Where.Part]
	if kind == contact.Told || official || j.named[n.E164] || len(j.named) >= maxNamed {
		return
	}
	j.named[n.E164] = true
	if n.Spelled && j.written() {
		j.add(codeHidden, n.Where, "", 0, "number", string(n.E164), "raw", n.Raw)
	}
	if !n.Valid {
		j.add(codeImpossible, n.Where, "", 0, "number", n.Raw)
	}
	if !j.callable() {
		return
	}
	strength := 0.35
	if n.Asked {
		strength = 1
	}
	if kind != contact.Said {
		strength /= 2
	}
	j.add(codeCallback, n.Where, "", strength, "number", n.Raw, "country", n.Region, "place", place(n))
}

// written reports whether the contact is a text that was typed, where a number
// in words is a disguise.
func (j *judge) written() bool {
	switch j.c.Channel {
	case contact.SMS, contact.Mail, contact.Chat, contact.OrderNotice, contact.Web:
		return true
	}
	return false
}

// callable reports whether a number in the text of this channel is one that the
// receiver is meant to call.
func (j *judge) callable() bool {
	switch j.c.Channel {
	case contact.Mail, contact.SMS, contact.Chat, contact.Letter, contact.Voicemail, contact.OrderNotice, contact.Screenshot:
		return true
	}
	return false
}
