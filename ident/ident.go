// Package ident holds the named types for what fraud leaves behind: phone
// numbers, mail addresses, domains, order numbers, cards. Each type has a
// canonical form and prints masked, so that a log line or a page shows no more
// of a person than it must.
//
// It is not for parsing what a stranger wrote: numbers in free text are found
// and read by contact/phone, addresses of the web by contact/link. The
// constructors here take text that is meant to be one identifier.
//
//	p, err := ident.ParsePhone("+918066055000")
//	p.Masked() // "+9180660•••00"
package ident

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Phone is a telephone number in E.164 form: "+", country code, national
// number, at most 15 digits (ITU-T E.164, 6.2.1). The zero value means none.
type Phone string

// ParsePhone takes a number that is already in E.164 form. It returns an error
// that names what is wrong with any other text.
func ParsePhone(s string) (Phone, error) {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' {
		return "", fmt.Errorf("ident: phone number of %d characters: want + and 7 to 15 digits", len(s))
	}
	for _, r := range s[1:] {
		if r < '0' || r > '9' {
			return "", fmt.Errorf("ident: phone number contains %q: want digits only after +", r)
		}
	}
	return Phone(s), nil
}

// Masked returns the number with three digits near its end hidden.
func (p Phone) Masked() string {
	if len(p) < 8 {
		return strings.Repeat("•", len(p))
	}
	return string(p[:len(p)-5]) + "•••" + string(p[len(p)-2:])
}

// Domain is a host name in lower case, IDNA labels as A-labels ("xn--…"),
// without a trailing dot. The zero value means none.
type Domain string

// Under reports whether d is parent or a name below it: the dot rule, by which
// pay.amazon.de belongs to amazon.de and payments-amazon.de does not.
func (d Domain) Under(parent Domain) bool {
	if d == parent {
		return d != ""
	}
	return parent != "" && strings.HasSuffix(string(d), "."+string(parent))
}

// Mail is a mail address: local part as written, domain in lower case.
type Mail struct {
	Local  string
	Domain Domain
}

// ParseMail splits an address at its last "@". It does not judge the local
// part (RFC 5321, 4.1.2 allows almost anything there) but refuses an empty one,
// an empty domain, and white space or control characters anywhere.
func ParseMail(s string) (Mail, error) {
	s = strings.Trim(strings.TrimSpace(s), "<>")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > 320 {
		return Mail{}, fmt.Errorf("ident: mail address of %d bytes: want local@domain", len(s))
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == utf8.RuneError || r == 0x7f }) {
		return Mail{}, fmt.Errorf("ident: mail address contains white space or control characters")
	}
	return Mail{Local: s[:at], Domain: Domain(strings.TrimSuffix(strings.ToLower(s[at+1:]), "."))}, nil
}

// String returns the whole address; prefer Masked where a person's own address
// may stand.
func (m Mail) String() string {
	if m.Domain == "" {
		return m.Local
	}
	return m.Local + "@" + string(m.Domain)
}

// Masked returns the address with all but the first letter of its local part
// hidden.
func (m Mail) Masked() string {
	_, n := utf8.DecodeRuneInString(m.Local)
	return m.Local[:n] + "•••@" + string(m.Domain)
}

// Order is the number of an order as the shop prints it.
type Order string

// Masked returns the order number with all but its last three characters
// hidden.
func (o Order) Masked() string {
	r := []rune(string(o))
	if len(r) <= 3 {
		return strings.Repeat("•", len(r))
	}
	return strings.Repeat("•", len(r)-3) + string(r[len(r)-3:])
}

// Card is the last four digits of a payment card. No other part of a card
// number is ever held by a value of this type.
type Card string

// ParseCard keeps the last four digits of what was typed and reports by cut
// whether there were more, so that the caller can warn. An error says that
// fewer than four digits were given.
func ParseCard(s string) (c Card, cut bool, err error) {
	digits := make([]byte, 0, 19)
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			digits = append(digits, s[i])
		}
	}
	if len(digits) < 4 {
		return "", false, fmt.Errorf("ident: card: %d digits given: want the last four", len(digits))
	}
	return Card(digits[len(digits)-4:]), len(digits) > 4, nil
}
