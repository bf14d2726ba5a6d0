// Package record compares a contact with a shop's own books: the orders of a
// person and the register of contacts that the shop made. What the books show
// outranks what a text looks like.
//
// The books are private. This package never fetches them: orders and register
// entries come in as values, and it is the desk that decides for whom they may
// be consulted: only for a person whom the shop vouches for (signed in, or a
// callback to the address on file) or by an operator. A stranger who asks "is
// there an order 112-…?" must not learn it from here; so the desk passes nil
// orders and a nil book for strangers, and no finding of this package is given.
//
// It is not for finding order numbers or amounts in a text (contact/mention
// does that), and not for fetching books (outside/orders).
//
// Details of an order that are right never clear a contact: they leak at
// sellers, couriers and in breaches. On a call they carry no weight at all.
//
//	w, err := record.Load(data.FS)
//	res := w.Match(mentions, orders, c.At)
//	fs := w.Findings(record.Question{Channel: c.Channel, At: c.At, Mentions: mentions, Orders: orders})
package record

import (
	"time"

	"bonafide/contact"
	"bonafide/evidence"
	"bonafide/ident"
)

// Item is one line of an order.
type Item struct {
	// Name is the article as the shop names it.
	Name string `json:"name"`
	// AmountMinor is the price of the line in the smallest unit of the order's
	// currency (cent, yen); zero when not known.
	AmountMinor int64 `json:"amount_minor,omitempty"`
}

// Status is the state of an order, as far as this package must know it.
type Status string

// The states of an order. A word that is none of these reads as StatusUnknown.
const (
	StatusUnknown   Status = ""
	StatusOpen      Status = "open"
	StatusClosed    Status = "closed"
	StatusCancelled Status = "cancelled"
)

// Tie tells how the account of an order hangs together with the person who
// asks. The zero value is Own.
type Tie string

// The ties, from nearest to farthest.
const (
	Own           Tie = ""
	SamePhone     Tie = "same_phone"
	SameMail      Tie = "same_mail"
	SameAddress   Tie = "same_address"
	SameHousehold Tie = "same_household"
	SameBusiness  Tie = "same_business"
)

// Person is what ties people to orders: who asks, or who holds the account of
// an order. Empty fields tie nothing.
type Person struct {
	// Account is the shop's own id of the account.
	Account string `json:"account,omitempty"`
	// Phones and Mails are addresses on file, canonical.
	Phones []ident.Phone `json:"phones,omitempty"`
	Mails  []ident.Mail  `json:"mails,omitempty"`
	// Addresses are postal addresses in any one canonical form, or their hashes.
	Addresses []string `json:"addresses,omitempty"`
	// Household and Business are ids by which the shop groups accounts.
	Household string `json:"household,omitempty"`
	Business  string `json:"business,omitempty"`
}

// Tied tells how an order of holder hangs together with p. False means that
// nothing ties them; then the order must not be used for p.
func (p Person) Tied(holder Person) (Tie, bool) {
	switch {
	case p.Account != "" && p.Account == holder.Account:
		return Own, true
	case shares(p.Phones, holder.Phones):
		return SamePhone, true
	case shares(p.Mails, holder.Mails):
		return SameMail, true
	case shares(p.Addresses, holder.Addresses):
		return SameAddress, true
	case p.Household != "" && p.Household == holder.Household:
		return SameHousehold, true
	case p.Business != "" && p.Business == holder.Business:
		return SameBusiness, true
	}
	return "", false
}

func shares[T comparable](a, b []T) bool {
	var zero T
	for _, x := range a {
		if x == zero {
			continue
		}
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// Order is one order of the shop's books.
type Order struct {
	ID       ident.Order `json:"id"`
	Brand    string      `json:"brand,omitempty"`
	PlacedAt time.Time   `json:"placed_at"`
	Items    []Item      `json:"items,omitempty"`
	// TotalMinor is the whole price in the smallest unit of Currency
	// (ISO 4217); zero when not known.
	TotalMinor int64  `json:"total_minor,omitempty"`
	Currency   string `json:"currency,omitempty"`
	Status     Status `json:"status,omitempty"`
	// Archived: moved out of the default list by the account. Hidden: removed
	// from view, as account thieves do.
	Archived bool `json:"archived,omitempty"`
	Hidden   bool `json:"hidden,omitempty"`
	Digital  bool `json:"digital,omitempty"`
	// Household tells how the order is tied to the person who asks.
	Household Tie `json:"household,omitempty"`
	// Recipient is a masked reference of the receiver: one business account has
	// many. It is shown as it is.
	Recipient string `json:"recipient,omitempty"`
	// Site is the country site or marketplace of the order ("example.de").
	Site string `json:"site,omitempty"`
	// PaymentRevisionPending: does the shop ask for another way of payment for
	// this order? Nil means that the books do not say.
	PaymentRevisionPending *bool `json:"payment_revision_pending,omitempty"`
	// Holder is who placed the order; the zero value means that the caller has
	// already selected the orders of the person who asks.
	Holder Person `json:"holder,omitzero"`
}

// Of returns the orders that are tied to p, each with its tie, nearest tie
// first and in their order otherwise. Orders without a holder are left out.
func Of(orders []Order, p Person) []Order {
	byTie := make(map[Tie][]Order)
	for _, o := range orders {
		if tie, ok := p.Tied(o.Holder); ok {
			o.Household = tie
			byTie[tie] = append(byTie[tie], o)
		}
	}
	out := []Order{}
	for _, tie := range []Tie{Own, SamePhone, SameMail, SameAddress, SameHousehold, SameBusiness} {
		out = append(out, byTie[tie]...)
	}
	return out
}

// Outbound is one contact that the shop made, as its register has it.
type Outbound struct {
	Channel contact.Channel `json:"channel"`
	Brand   string          `json:"brand,omitempty"`
	At      time.Time       `json:"at"`
	// To is the number or mail address of the receiver, canonical, or its hash
	// as Hash gives it.
	To string `json:"to"`
	// From is the number, sender id or mail address shown to the receiver.
	From    string `json:"from,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Template is the text that was sent, with {…} or * where it varies.
	Template string `json:"template,omitempty"`
	// SpokenCode is what the agent says and the customer checks.
	SpokenCode string      `json:"spoken_code,omitempty"`
	Order      ident.Order `json:"order,omitempty"`
	// ExpiresAt ends the use of the spoken code; zero means with the window.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Coverage says that a register is complete for a channel and a time: only
// then does a missing entry mean anything.
type Coverage struct {
	Channel contact.Channel `json:"channel"`
	Brand   string          `json:"brand,omitempty"`
	From    time.Time       `json:"from"`
	Until   time.Time       `json:"until"`
}

// Book is what a register answered.
type Book struct {
	Entries []Outbound `json:"entries"`
	Covers  []Coverage `json:"covers"`
}

// Amount is an amount of money named in a contact, in the smallest unit of its
// currency (ISO 4217; empty when the text names none).
type Amount struct {
	Minor    int64
	Currency string
}

// Mentions are the marks of orders that a contact names, as contact/mention
// finds them.
type Mentions struct {
	Orders  []ident.Order
	Amounts []Amount
	Items   []string
	Dates   []time.Time
	// Places are where the marks stand; the first is shown.
	Places []evidence.Where
}

// Empty reports whether nothing is named that could be looked up. An amount or
// a date alone names no order.
func (m Mentions) Empty() bool { return len(m.Orders) == 0 && len(m.Items) == 0 }

func (m Mentions) place() evidence.Where {
	if len(m.Places) == 0 {
		return evidence.Where{}
	}
	return m.Places[0]
}
