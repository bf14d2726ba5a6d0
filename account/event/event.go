// Package event has what happens to a customer's account as values: one
// envelope (CloudEvents) and one vocabulary, from the log-in to the order that
// somebody hides. Everything that the guard counts, asks in a policy or shows
// to a person is a field of this vocabulary, so that a mistyped name is found
// when a policy is loaded and not when a takeover is missed.
//
// It reads foreign bytes strictly: a value that is wrong, too long or unknown
// is refused with its exact place. A shop that has its own format writes a
// mapping file (see Mapping) and not a program.
//
// It is not for deciding, counting or keeping anything, and it reads no clock.
//
//	e, err := event.Parse([]byte(`{"specversion":"1.0","id":"7","source":"shop","type":"login",
//	  "time":"2026-01-05T10:00:00Z","data":{"account":"a1","device":"d1","login":{"success":true}}}`), event.Options{})
package event

import (
	"slices"
	"strings"
	"time"
)

// Type is what happened. The names are fixed: none is ever renamed or reused.
type Type string

// The types. Comments name the public vocabulary that has the same event.
const (
	AccountCreated   Type = "account.created"
	AccountDisabled  Type = "account.disabled" // RISC account-disabled
	AccountEnabled   Type = "account.enabled"  // RISC account-enabled
	AccountPurged    Type = "account.purged"   // RISC account-purged
	LoginTried       Type = "login"
	SessionStarted   Type = "session.established"        // CAEP session-established
	SessionRevoked   Type = "session.revoked"            // CAEP session-revoked
	CredentialChange Type = "credential.changed"         // CAEP credential-change
	CredentialLeaked Type = "credential.compromised"     // RISC credential-compromise
	ResetForced      Type = "credential.change_required" // RISC account-credential-change-required
	IdentifierChange Type = "identifier.changed"         // RISC identifier-changed
	RecoveryUsed     Type = "recovery.activated"         // RISC recovery-activated
	RecoveryChanged  Type = "recovery.changed"           // RISC recovery-information-changed
	FactorChallenged Type = "factor.challenged"
	AddressAdded     Type = "address.added"
	AddressRemoved   Type = "address.removed"
	PayeeAdded       Type = "payee.added"
	PayeeRemoved     Type = "payee.removed"
	CardAdded        Type = "card.added"
	CardRemoved      Type = "card.removed"
	OrderPlaced      Type = "order.placed"
	OrderStatus      Type = "order.status"
	OrderHidden      Type = "order.hidden" // archived or hidden from "your orders"; no public vocabulary has it
	OrderShown       Type = "order.shown"
	GiftDelivered    Type = "gift_code.delivered"
	GiftRedeemed     Type = "gift_code.redeemed"
	PaymentResult    Type = "payment.result"
	Refunded         Type = "refund"
	ChargedBack      Type = "chargeback"
	ContactReported  Type = "contact.reported"  // from the contact desk
	ContactWithdrawn Type = "contact.withdrawn" // a report was taken back, erased, or found to be none
	Labelled         Type = "label"             // what was later found to be true
	OwnerAnswered    Type = "owner.answered"    // what the account's owner said on their own page
)

// Types returns every type, in the order of the vocabulary.
func Types() []Type {
	return []Type{AccountCreated, AccountDisabled, AccountEnabled, AccountPurged, LoginTried, SessionStarted, SessionRevoked,
		CredentialChange, CredentialLeaked, ResetForced, IdentifierChange, RecoveryUsed, RecoveryChanged, FactorChallenged,
		AddressAdded, AddressRemoved, PayeeAdded, PayeeRemoved, CardAdded, CardRemoved, OrderPlaced, OrderStatus, OrderHidden,
		OrderShown, GiftDelivered, GiftRedeemed, PaymentResult, Refunded, ChargedBack, ContactReported, ContactWithdrawn, Labelled, OwnerAnswered}
}

// Event is one thing that happened. A field that was not given has its zero
// value. An Event is a plain value: copy it, and do not change one that others
// read.
type Event struct {
	// ID is unique within Source; the same pair is the same event.
	ID, Source string
	Type       Type
	// Time is when it happened, UTC, to the microsecond.
	Time time.Time
	// Subject is the CloudEvents subject; the account where none is given.
	Subject string

	Context    Context
	Login      Login
	Session    Session
	Credential Credential
	Identifier Identifier
	Recovery   Recovery
	Factor     Factor
	Address    Address
	Payee      Payee
	Card       Card
	Order      Order
	Gift       Gift
	Payment    Payment
	Reversal   Reversal
	Contact    Contact
	Label      Label
	Answer     Answer
	// List is the change of a ListChanged, nil for all others.
	List *ListChange

	// Extra holds what the vocabulary does not know, as JSON by path, where
	// Options.Unknown says Keep.
	Extra map[string]string
}

// Context is who did it and from where. All but Account may be empty.
type Context struct {
	Account, Session, Device, IP string
	// Country is that of the network, two letters, as the shop sees it. It is
	// there to be compared with the account's own history; a rule that judges
	// by it alone is refused by the lint of policies.
	Country string
}

// Login is one try to log in.
type Login struct {
	Success bool
	Reason  string
	// MFA is how the second factor went: none (not asked), totp, sms, email,
	// push, passkey, backup_code, remembered (device trusted), failed, bypassed
	// (set for the account, and got around).
	MFA string
	// Enrolled tells that the account has a second factor.
	Enrolled bool
	Factors  []string
}

// Session tells who ended or began a session and why.
type Session struct{ By, Reason string }

// Credential is a change of what proves a person, in CAEP's words.
type Credential struct {
	// Type: password, pin, x509, fido2_platform, fido2_roaming, fido_u2f, phone_voice, phone_sms, email, app, other.
	Type string
	// Change: create, revoke, update, delete.
	Change string
	// MFA is how the change itself was proved; see Login.MFA.
	MFA string
	By  string
}

// Identifier is a change of the mail address or number by which the account is known.
type Identifier struct{ Kind, Value string }

// Recovery is a way back into an account.
type Recovery struct{ Method string }

// Factor is one second-factor challenge.
type Factor struct {
	Kind     string
	Result   string
	Attempts int64
}

// Address is a postal address in the account.
type Address struct{ ID string }

// Payee is who receives money from the account.
type Payee struct{ ID string }

// Card is a stored card, by its fingerprint and never by its number.
type Card struct{ Fingerprint string }

// Order is an order placed, changed, hidden or shown again.
type Order struct {
	ID string
	// Amount is the total in minor units of Currency (yen, cents).
	Amount   int64
	Currency string
	Items    []Item
	Payment  string
	Card     string
	Seller   string
	Address  string
	Delivery string
	// Courier carries it and Warehouse packed it; a state of the order can tell them, too.
	Courier   string
	Warehouse string
	Channel   string
	Status    string
}

// Item is one line of an order.
type Item struct {
	Kind string
	// Amount is that of the line, in minor units of the order's currency.
	Amount    int64
	Quantity  int64
	Digital   bool
	Recipient string
}

// Gift is a gift code on its way.
type Gift struct {
	Code, Order, Recipient string
	Amount                 int64
	Currency               string
}

// Payment is what became of a payment.
type Payment struct {
	Order, Result, Reason, Card string
	Amount                      int64
	Currency                    string
}

// Reversal is money that goes back: a refund or a chargeback.
type Reversal struct {
	Order, Reason string
	Amount        int64
	Currency      string
}

// Contact is a contact that the account's owner reported to the contact desk.
type Contact struct {
	ID, Channel, Verdict string
	// Kind: impostor, mail_flood, other.
	Kind string
	// Order is the order that the contact was about, where it is known, and Knew
	// that the caller knew what was ordered: a sign of a leak, never of honesty.
	Order string
	Knew  bool
	// By is who reported it: owner (on a page that the shop opened), staff (somebody
	// who is logged in), stranger (nobody vouches for them); empty: the shop itself.
	By string
	// Standing is what reports of staff and strangers say of the account with this
	// event: 0 nothing any more, 1 a stranger's stands, 2 one of staff.
	Standing int64
}

// Answer is what the account's owner said when asked "was this you?", or whether
// they want to be told of orders by another way.
type Answer struct {
	// Said: yes, no.
	Said string
	// About: order, login, change, payment, alerts.
	About string
	// Event names the event that was asked about, as decisions are named.
	Event string
	// Order is the order that it was about.
	Order string
}

// Label is what was later found to be true of an account, order or decision.
type Label struct {
	// Verdict: fraud, genuine.
	Verdict  string
	Kind, By string
	Order    string
	KnownAt  time.Time
}

// GiftKind is the kind of an item that is a gift card, on paper or not.
const GiftKind = "gift_card"

// GiftAmount is the sum of the gift cards of an order in minor units.
func (o *Order) GiftAmount() int64 {
	var n int64
	for i := range o.Items {
		if o.Items[i].Kind == GiftKind {
			n += o.Items[i].Amount
		}
	}
	return n
}

// GiftCount is how many gift cards an order holds; a line without a quantity is one.
func (o *Order) GiftCount() int64 {
	var n int64
	for i := range o.Items {
		if o.Items[i].Kind == GiftKind {
			n += max(o.Items[i].Quantity, 1)
		}
	}
	return n
}

// GiftRecipients are the distinct recipients of the gift cards, in their order.
func (o *Order) GiftRecipients() []string {
	var out []string
	for i := range o.Items {
		r := o.Items[i].Recipient
		if o.Items[i].Kind == GiftKind && r != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// Key tells an event from all others: source and id.
func (e *Event) Key() string { return e.Source + "\x00" + e.ID }

// Micros is the time in microseconds since 1970, the unit of the windows.
func (e *Event) Micros() int64 { return e.Time.UnixMicro() }

// Network is the network of the address: /24 of IPv4, /48 of IPv6, the first
// part of a sealed address, and otherwise the text itself.
func (c *Context) Network() string {
	if strings.HasPrefix(c.IP, "n:") {
		n, _, _ := strings.Cut(c.IP, "/")
		return n
	}
	if i := strings.LastIndexByte(c.IP, '.'); i > 0 && strings.Count(c.IP, ".") == 3 {
		return c.IP[:i] + ".0/24"
	}
	if strings.Count(c.IP, ":") >= 2 {
		return prefix48(c.IP)
	}
	return c.IP
}
