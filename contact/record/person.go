package record

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"bonafide/ident"
)

// personJSON is Person with addresses as plain text.
type personJSON struct {
	Account   string   `json:"account,omitempty"`
	Phones    []string `json:"phones,omitempty"`
	Mails     []string `json:"mails,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Household string   `json:"household,omitempty"`
	Business  string   `json:"business,omitempty"`
}

// MarshalJSON writes numbers and mail addresses as plain text.
func (p Person) MarshalJSON() ([]byte, error) {
	j := personJSON{Account: p.Account, Addresses: p.Addresses, Household: p.Household, Business: p.Business}
	for _, n := range p.Phones {
		j.Phones = append(j.Phones, string(n))
	}
	for _, m := range p.Mails {
		j.Mails = append(j.Mails, m.String())
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes. Numbers that are not in E.164
// form and wrong mail addresses are left out: they could tie nobody.
func (p *Person) UnmarshalJSON(b []byte) error {
	var j personJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return errors.New("record: person: wrong form")
	}
	*p = Person{Account: j.Account, Addresses: head(j.Addresses), Household: j.Household, Business: j.Business}
	for _, s := range head(j.Phones) {
		if n, err := ident.ParsePhone(plainAddress(s)); err == nil {
			p.Phones = append(p.Phones, n)
		}
	}
	for _, s := range head(j.Mails) {
		if m, err := ident.ParseMail(s); err == nil {
			p.Mails = append(p.Mails, m)
		}
	}
	return nil
}

// IsZero reports that nothing is known of the person.
func (p Person) IsZero() bool {
	return p.Account == "" && len(p.Phones) == 0 && len(p.Mails) == 0 && len(p.Addresses) == 0 && p.Household == "" && p.Business == ""
}

// For returns the part of a book that is about one receiver and a time, with
// all that it says of its coverage. Entries need not be sorted. key opens hashed
// receivers; nil when there are none.
func (b Book) For(to []string, key []byte, from, until time.Time) Book {
	want := receivers(to, key)
	out := Book{Covers: slices.Clone(b.Covers)}
	for _, e := range b.Entries {
		if !e.At.Before(from) && !e.At.After(until) && want[receiverKey(e.To)] {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}

// Span tells between which times an entry for a contact could stand, so that a
// register need not be read whole.
func (r *Records) Span(cl Claim) (from, until time.Time) {
	before, after := 0, 0
	for ch, t := range r.windows.Outbound {
		if sameChannel(cl.Channel, ch) {
			before, after = max(before, t.Before), max(after, t.After)
		}
	}
	return cl.At.Add(-time.Duration(after) * time.Minute), cl.At.Add(time.Duration(before) * time.Minute)
}
