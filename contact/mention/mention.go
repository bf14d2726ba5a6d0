// Package mention finds what a text says of orders: their numbers, articles,
// amounts, dates and parcels, and of money: bank accounts, cards and one-time
// codes. It tells where each stands, so that it can be held against a person's
// own orders and shown.
//
// It is not for judging requests (contact/redflag) nor for comparing with books
// (contact/record). A number in the right format proves nothing. Of cards and
// codes nothing is kept that could be used: the last four digits, the length.
//
//	f, err := mention.Load(data.FS)
//	m := mention.Find(readings, f)
//	m.Orders[0].Number, m.Orders[0].Format // "112-1234567-1234567", "amazon"
package mention

import (
	"time"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/evidence"
	"bonafide/ident"
)

// UnknownFormat is the format of an order number that no known shop uses.
const UnknownFormat = "unknown"

// limit bounds each kind of mention of one text.
const limit = 64

// Mentions is what some texts mention, in order of place.
type Mentions struct {
	Orders   []Order
	Amounts  []Amount
	Items    []Item
	Dates    []Date
	Tracking []Tracking
	IBANs    []IBAN
	Cards    []Card
	Codes    []Code
}

// Order is an order number.
type Order struct {
	// Number in capital letters, as written otherwise.
	Number ident.Order
	// Format is the id of the format that it has ("amazon",
	// "amazon_digital"), or UnknownFormat.
	Format string
	// Brand is the brand whose format it is; "" when unknown.
	Brand string
	// WellFormed tells that some known shop uses the format.
	WellFormed bool
	// Named tells that a word for "order" stands before it.
	Named bool
	// Told tells that it stands in the person's own words.
	Told  bool
	Where evidence.Where
}

// Amount is an amount of money.
type Amount struct {
	// Minor is the amount in the smallest unit of the currency: cents for EUR,
	// yen for JPY.
	Minor int64
	// Currency by ISO 4217.
	Currency string
	Told     bool
	Where    evidence.Where
}

// Item is the name of an article.
type Item struct {
	Name  string
	Told  bool
	Where evidence.Where
}

// Date is a calendar day.
type Date struct {
	// Time is the beginning of the day in UTC; its year is 0 when the text
	// names none (see In).
	Time  time.Time
	Told  bool
	Where evidence.Where
}

// In returns the day, in the year that brings it nearest to ref when the text
// names none.
func (d Date) In(ref time.Time) time.Time {
	if d.Time.Year() != 0 || ref.IsZero() {
		return d.Time
	}
	best, least := time.Time{}, time.Duration(1<<63-1)
	for y := ref.Year() - 1; y <= ref.Year()+1; y++ {
		t := time.Date(y, d.Time.Month(), d.Time.Day(), 0, 0, 0, 0, time.UTC)
		if gap := t.Sub(ref).Abs(); gap < least {
			best, least = t, gap
		}
	}
	return best
}

// Tracking is the number of a parcel.
type Tracking struct {
	Number ident.Order
	// Carrier is the id of the carrier that uses the format; "upu" for postal
	// services in general.
	Carrier string
	Told    bool
	Where   evidence.Where
}

// IBAN is a bank account number with right check digits (ISO 13616).
type IBAN struct {
	// Number without spaces, in capital letters.
	Number string
	Told   bool
	// Where it stands; its quote is masked.
	Where evidence.Where
}

// Masked returns the account number with all but country and last four
// characters hidden.
func (i IBAN) Masked() string { return maskMiddle(i.Number, 2, 4) }

// Card is a payment card.
type Card struct {
	// Last are its last four digits.
	Last ident.Card
	// Full tells that the whole number stood there, with a right check digit
	// (ISO/IEC 7812-1). It is not kept.
	Full bool
	Told bool
	// Where it stands; its quote is masked when Full.
	Where evidence.Where
}

// Code is a one-time code. The code itself is not kept.
type Code struct {
	// Length is the number of its characters.
	Length int
	Told   bool
	// Where it stands; its quote is masked.
	Where evidence.Where
}

// Find returns what some texts mention, at most 64 of each kind in each text.
// It takes linear time and never fails. A nil f finds nothing.
func Find(rs []*text.Reading, f *Formats) Mentions {
	var m Mentions
	if f == nil {
		return m
	}
	for _, r := range rs {
		x := finder{f: f, r: r, s: r.Folded, told: r.Part.Kind == contact.Told, m: &m}
		x.tokens()
		x.money()
		x.kanjiMoney()
		x.spokenMoney()
		x.items()
		x.dates()
		x.accounts()
		x.cardEnds()
		x.codes()
	}
	return m
}

// finder looks through one text.
type finder struct {
	f         *Formats
	r         *text.Reading
	s         string
	told      bool
	m         *Mentions
	firstItem int         // where this text's articles begin
	taken     []text.Span // numbers that are known to be something
}

func (x *finder) where(start, end int) evidence.Where {
	return x.r.Where(text.Span{Start: start, End: end})
}

func (x *finder) take(start, end int) {
	if len(x.taken) < 4*limit {
		x.taken = append(x.taken, text.Span{Start: start, End: end})
	}
}

// free reports whether no number found before overlaps a span.
func (x *finder) free(start, end int) bool {
	for _, t := range x.taken {
		if start < t.End && t.Start < end {
			return false
		}
	}
	return true
}

func maskMiddle(s string, head, tail int) string {
	if len(s) <= head+tail {
		return "••••"
	}
	return s[:head] + "•••• " + s[len(s)-tail:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isAlnum(c byte) bool { return isDigit(c) || isLower(c) }
