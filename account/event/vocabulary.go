package event

import (
	"net/netip"
	"slices"
	"time"
)

// Kind is the kind of a field's value.
type Kind int8

// The kinds. Derived fields are computed and never sent.
const (
	String Kind = iota
	Int
	Bool
	Time
	Strings
	lines // the items of an order
)

// String names the kind as errors do.
func (k Kind) String() string {
	return [...]string{"text", "whole number", "true or false", "time", "list of texts", "list of items"}[k]
}

// Class tells how personal a field is.
type Class int8

// The classes. Identifiers (Personal) can be hashed on entry, as only equality is
// asked of them. What people write freely (Free) decides nothing: policies cannot
// name it, and it is kept apart (Event.Cut).
const (
	Plain Class = iota
	Personal
	Free
)

// Field is one name of the vocabulary, as policies, mappings and the schema see it.
type Field struct {
	// Path is "order.amount"; context fields begin with "event.".
	Path string
	Kind Kind
	// Types lists the events that carry the field; nil means all.
	Types []Type
	// Enum lists the values allowed; nil means any.
	Enum  []string
	Class Class
	// Short texts are codes of machines and names of firms, which stand in the log in
	// the clear for ever: they have at most MaxShort bytes.
	Short    bool
	Required bool
	Derived  bool
	// Meaning is one line for people.
	Meaning string
	at      func(*Event) any
}

// On tells whether events of the type carry the field.
func (f *Field) On(t Type) bool { return f.Types == nil || slices.Contains(f.Types, t) }

// Text returns a text field of e; empty for other kinds.
func (f *Field) Text(e *Event) string {
	if p, ok := f.at(e).(*string); ok {
		return *p
	}
	return ""
}

// Value returns the field of e: string, int64, bool, time.Time or []string.
func (f *Field) Value(e *Event) any {
	switch p := f.at(e).(type) {
	case *string:
		return *p
	case *int64:
		return *p
	case *bool:
		return *p
	case *time.Time:
		return *p
	case *[]string:
		return *p
	}
	return nil
}

// Raw returns the field of e without a box: a text, a number (true is 1, a time
// is in microseconds) or a list, by the field's kind.
func (f *Field) Raw(e *Event) (text string, number int64, list []string) {
	switch p := f.at(e).(type) {
	case *string:
		return *p, 0, nil
	case *int64:
		return "", *p, nil
	case *bool:
		if *p {
			return "", 1, nil
		}
	case *time.Time:
		return "", p.UnixMicro(), nil
	case *[]string:
		return "", 0, *p
	}
	return "", 0, nil
}

// Fields returns the vocabulary: every field once, in a fixed order.
func Fields() []Field {
	out := []Field{
		{Path: "event.account", Class: Personal, Required: true, Meaning: "the account that it happened to", at: func(e *Event) any { return &e.Context.Account }},
		{Path: "event.session", Class: Personal, Meaning: "the session", at: func(e *Event) any { return &e.Context.Session }},
		{Path: "event.device", Class: Personal, Meaning: "the device, as the shop recognises it", at: func(e *Event) any { return &e.Context.Device }},
		{Path: "event.ip", Class: Personal, Meaning: "the network address", at: func(e *Event) any { return &e.Context.IP }},
		{Path: "event.country", Meaning: "country of the network, two letters; compare it with the account's own history only", at: func(e *Event) any { return &e.Context.Country }},
		{Path: "event.network", Class: Personal, Derived: true, Meaning: "/24 or /48 of the address", at: func(e *Event) any { s := e.Context.Network(); return &s }},
		{Path: "event.id", Derived: true, Meaning: "id of the event", at: func(e *Event) any { return &e.ID }},
		{Path: "event.source", Derived: true, Meaning: "who sent the event", at: func(e *Event) any { return &e.Source }},
		{Path: "event.type", Derived: true, Meaning: "type of the event", at: func(e *Event) any { return (*string)(&e.Type) }},
		{Path: "event.time", Kind: Time, Derived: true, Meaning: "when it happened", at: func(e *Event) any { return &e.Time }},
	}
	out = append(out, accessFields()...)
	out = append(out, orderFields()...)
	return append(out, moneyFields()...)
}

func mfaWays() []string {
	return []string{"none", "totp", "sms", "email", "push", "passkey", "backup_code", "remembered", "failed", "bypassed", "other"}
}

func actors() []string { return []string{"user", "admin", "policy", "system"} }

func accessFields() []Field {
	login, cred, ident := []Type{LoginTried}, []Type{CredentialChange, CredentialLeaked, ResetForced}, []Type{IdentifierChange}
	session, factor, recovery := []Type{SessionStarted, SessionRevoked}, []Type{FactorChallenged}, []Type{RecoveryUsed, RecoveryChanged}
	return []Field{
		{Path: "login.success", Kind: Bool, Types: login, Required: true, Meaning: "the log-in succeeded", at: func(e *Event) any { return &e.Login.Success }},
		{Path: "login.reason", Types: login, Short: true, Meaning: "why it failed, as a code of the shop", at: func(e *Event) any { return &e.Login.Reason }},
		{Path: "login.mfa", Types: login, Enum: mfaWays(), Meaning: "how the second factor went", at: func(e *Event) any { return &e.Login.MFA }},
		{Path: "login.enrolled", Kind: Bool, Types: login, Meaning: "the account has a second factor", at: func(e *Event) any { return &e.Login.Enrolled }},
		{Path: "login.factors", Kind: Strings, Types: login, Meaning: "factors that were used", at: func(e *Event) any { return &e.Login.Factors }},
		{Path: "session_change.by", Types: session, Enum: actors(), Meaning: "who began or ended the session (CAEP initiating entity)", at: func(e *Event) any { return &e.Session.By }},
		{Path: "session_change.reason", Types: session, Class: Free, Meaning: "why", at: func(e *Event) any { return &e.Session.Reason }},
		{Path: "credential.type", Types: cred, Enum: []string{"password", "pin", "x509", "fido2_platform", "fido2_roaming", "fido_u2f", "phone_voice", "phone_sms", "email", "app", "other"}, Meaning: "what was changed", at: func(e *Event) any { return &e.Credential.Type }},
		{Path: "credential.change", Types: cred, Enum: []string{"create", "revoke", "update", "delete"}, Meaning: "how it was changed", at: func(e *Event) any { return &e.Credential.Change }},
		{Path: "credential.mfa", Types: cred, Enum: mfaWays(), Meaning: "how the change was proved", at: func(e *Event) any { return &e.Credential.MFA }},
		{Path: "credential.by", Types: cred, Enum: actors(), Meaning: "who changed it", at: func(e *Event) any { return &e.Credential.By }},
		{Path: "identifier.kind", Types: ident, Enum: []string{"email", "phone"}, Required: true, Meaning: "mail address or number", at: func(e *Event) any { return &e.Identifier.Kind }},
		{Path: "identifier.value", Types: ident, Class: Personal, Meaning: "the new one", at: func(e *Event) any { return &e.Identifier.Value }},
		{Path: "recovery.method", Types: recovery, Short: true, Meaning: "way back into the account", at: func(e *Event) any { return &e.Recovery.Method }},
		{Path: "factor.kind", Types: factor, Enum: []string{"totp", "sms", "email", "push", "passkey", "backup_code"}, Meaning: "which factor was asked", at: func(e *Event) any { return &e.Factor.Kind }},
		{Path: "factor.result", Types: factor, Enum: []string{"passed", "failed", "expired"}, Required: true, Meaning: "what came of it", at: func(e *Event) any { return &e.Factor.Result }},
		{Path: "factor.attempts", Kind: Int, Types: factor, Meaning: "tries", at: func(e *Event) any { return &e.Factor.Attempts }},
		{Path: "address.id", Types: []Type{AddressAdded, AddressRemoved}, Class: Personal, Required: true, Meaning: "the address", at: func(e *Event) any { return &e.Address.ID }},
		{Path: "payee.id", Types: []Type{PayeeAdded, PayeeRemoved}, Class: Personal, Required: true, Meaning: "the payee", at: func(e *Event) any { return &e.Payee.ID }},
		{Path: "card.fingerprint", Types: []Type{CardAdded, CardRemoved}, Class: Personal, Required: true, Meaning: "the card, by fingerprint", at: func(e *Event) any { return &e.Card.Fingerprint }},
	}
}

func orderFields() []Field {
	any4 := []Type{OrderPlaced, OrderStatus, OrderHidden, OrderShown}
	placed, handled := []Type{OrderPlaced}, []Type{OrderPlaced, OrderStatus}
	return []Field{
		{Path: "order.id", Types: any4, Class: Personal, Required: true, Meaning: "the order", at: func(e *Event) any { return &e.Order.ID }},
		{Path: "order.amount", Kind: Int, Types: placed, Required: true, Meaning: "total in minor units", at: func(e *Event) any { return &e.Order.Amount }},
		{Path: "order.currency", Types: placed, Required: true, Meaning: "ISO 4217", at: func(e *Event) any { return &e.Order.Currency }},
		{Path: "order.items", Kind: lines, Types: placed, Meaning: "the lines: kind, amount, quantity, digital, recipient", at: func(e *Event) any { return &e.Order.Items }},
		{Path: "order.payment", Types: placed, Enum: []string{"card", "gift_balance", "wallet", "invoice", "points", "bank", "cash", "other"}, Meaning: "how it is paid", at: func(e *Event) any { return &e.Order.Payment }},
		{Path: "order.card", Types: placed, Class: Personal, Meaning: "fingerprint of the card", at: func(e *Event) any { return &e.Order.Card }},
		{Path: "order.seller", Types: placed, Class: Personal, Meaning: "the seller, who may be a person", at: func(e *Event) any { return &e.Order.Seller }},
		{Path: "order.address", Types: placed, Class: Personal, Meaning: "where it goes", at: func(e *Event) any { return &e.Order.Address }},
		{Path: "order.delivery", Types: placed, Short: true, Meaning: "how it goes there", at: func(e *Event) any { return &e.Order.Delivery }},
		{Path: "order.courier", Types: handled, Short: true, Meaning: "who carries it: a firm or a depot, never a person", at: func(e *Event) any { return &e.Order.Courier }},
		{Path: "order.warehouse", Types: handled, Short: true, Meaning: "where it is packed", at: func(e *Event) any { return &e.Order.Warehouse }},
		{Path: "order.channel", Types: placed, Enum: []string{"shop", "app", "external_checkout"}, Meaning: "where it was placed; external_checkout is a pay button in another shop", at: func(e *Event) any { return &e.Order.Channel }},
		{Path: "order.status", Types: []Type{OrderStatus}, Required: true, Short: true, Meaning: "the new state", at: func(e *Event) any { return &e.Order.Status }},
		{Path: "order.gift_amount", Kind: Int, Types: placed, Derived: true, Meaning: "sum of the gift cards in minor units", at: func(e *Event) any { n := e.Order.GiftAmount(); return &n }},
		{Path: "order.gift_count", Kind: Int, Types: placed, Derived: true, Meaning: "how many gift cards", at: func(e *Event) any { n := e.Order.GiftCount(); return &n }},
		{Path: "order.gift_recipients", Kind: Strings, Types: placed, Class: Personal, Derived: true, Meaning: "who receives the gift cards", at: func(e *Event) any { s := e.Order.GiftRecipients(); return &s }},
	}
}

func moneyFields() []Field {
	gift, pay, back := []Type{GiftDelivered, GiftRedeemed}, []Type{PaymentResult}, []Type{Refunded, ChargedBack}
	contact, told, label, answer := []Type{ContactReported}, []Type{ContactReported, ContactWithdrawn}, []Type{Labelled}, []Type{OwnerAnswered}
	return []Field{
		{Path: "gift.code", Types: gift, Class: Personal, Meaning: "the code, hashed by the shop", at: func(e *Event) any { return &e.Gift.Code }},
		{Path: "gift.order", Types: gift, Class: Personal, Meaning: "the order that it is from", at: func(e *Event) any { return &e.Gift.Order }},
		{Path: "gift.recipient", Types: gift, Class: Personal, Meaning: "who received or redeemed it", at: func(e *Event) any { return &e.Gift.Recipient }},
		{Path: "gift.amount", Kind: Int, Types: gift, Meaning: "value in minor units", at: func(e *Event) any { return &e.Gift.Amount }},
		{Path: "gift.currency", Types: gift, Meaning: "ISO 4217", at: func(e *Event) any { return &e.Gift.Currency }},
		{Path: "payment.order", Types: pay, Class: Personal, Meaning: "the order that is paid", at: func(e *Event) any { return &e.Payment.Order }},
		{Path: "payment.result", Types: pay, Enum: []string{"accepted", "declined", "pending", "cancelled"}, Required: true, Meaning: "what came of it", at: func(e *Event) any { return &e.Payment.Result }},
		{Path: "payment.reason", Types: pay, Short: true, Meaning: "why, as the bank's code or short words", at: func(e *Event) any { return &e.Payment.Reason }},
		{Path: "payment.card", Types: pay, Class: Personal, Meaning: "fingerprint of the card", at: func(e *Event) any { return &e.Payment.Card }},
		{Path: "payment.amount", Kind: Int, Types: pay, Meaning: "in minor units", at: func(e *Event) any { return &e.Payment.Amount }},
		{Path: "payment.currency", Types: pay, Meaning: "ISO 4217", at: func(e *Event) any { return &e.Payment.Currency }},
		{Path: "reversal.order", Types: back, Class: Personal, Meaning: "the order that the money was for", at: func(e *Event) any { return &e.Reversal.Order }},
		{Path: "reversal.reason", Types: back, Class: Free, Meaning: "why", at: func(e *Event) any { return &e.Reversal.Reason }},
		{Path: "reversal.amount", Kind: Int, Types: back, Meaning: "in minor units", at: func(e *Event) any { return &e.Reversal.Amount }},
		{Path: "reversal.currency", Types: back, Meaning: "ISO 4217", at: func(e *Event) any { return &e.Reversal.Currency }},
		{Path: "contact.id", Types: told, Meaning: "the report", at: func(e *Event) any { return &e.Contact.ID }},
		{Path: "contact.channel", Types: contact, Enum: []string{"call", "voicemail", "sms", "mail", "chat", "web", "letter", "screenshot", "order_notice", "other"}, Meaning: "how the contact came", at: func(e *Event) any { return &e.Contact.Channel }},
		{Path: "contact.verdict", Types: contact, Enum: []string{"scam", "suspicious", "genuine", "genuine_alarm", "unknown"}, Meaning: "what the contact desk found", at: func(e *Event) any { return &e.Contact.Verdict }},
		{Path: "contact.kind", Types: contact, Enum: []string{"impostor", "mail_flood", "other"}, Meaning: "what was reported; mail_flood is hundreds of mails that bury the notices", at: func(e *Event) any { return &e.Contact.Kind }},
		{Path: "contact.order", Types: contact, Class: Personal, Meaning: "the order that the contact was about", at: func(e *Event) any { return &e.Contact.Order }},
		{Path: "contact.knew", Kind: Bool, Types: contact, Meaning: "whoever called or wrote knew what was ordered: a sign of a leak, never of honesty", at: func(e *Event) any { return &e.Contact.Knew }},
		{Path: "contact.by", Types: told, Enum: []string{"owner", "staff", "stranger"}, Meaning: "who reported it; absent: the shop itself", at: func(e *Event) any { return &e.Contact.By }},
		{Path: "contact.standing", Kind: Int, Types: told, Meaning: "what reports of staff and strangers say of the account now: 0 nothing, 1 a stranger's stands, 2 one of staff", at: func(e *Event) any { return &e.Contact.Standing }},
		{Path: "label.verdict", Types: label, Enum: []string{"fraud", "genuine"}, Required: true, Meaning: "what was found", at: func(e *Event) any { return &e.Label.Verdict }},
		{Path: "label.kind", Types: label, Short: true, Meaning: "which kind", at: func(e *Event) any { return &e.Label.Kind }},
		{Path: "label.by", Types: label, Class: Free, Meaning: "who found it", at: func(e *Event) any { return &e.Label.By }},
		{Path: "label.order", Types: label, Class: Personal, Meaning: "the order that it is about", at: func(e *Event) any { return &e.Label.Order }},
		{Path: "label.known_at", Kind: Time, Types: label, Meaning: "when it became known", at: func(e *Event) any { return &e.Label.KnownAt }},
		{Path: "answer.said", Types: answer, Enum: []string{"yes", "no"}, Required: true, Meaning: "what the owner said", at: func(e *Event) any { return &e.Answer.Said }},
		{Path: "answer.about", Types: answer, Enum: []string{"order", "login", "change", "payment", "alerts"}, Required: true, Meaning: "what they were asked about; alerts: whether they want to be told of orders by another way", at: func(e *Event) any { return &e.Answer.About }},
		{Path: "answer.event", Types: answer, Meaning: "the event that was asked about, as decisions are named", at: func(e *Event) any { return &e.Answer.Event }},
		{Path: "answer.order", Types: answer, Class: Personal, Meaning: "the order that it is about", at: func(e *Event) any { return &e.Answer.Order }},
	}
}

func prefix48(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	p, err := a.WithZone("").Prefix(48)
	if err != nil {
		return ip
	}
	return p.String()
}
