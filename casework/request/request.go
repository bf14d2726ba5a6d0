// Package request has the words of a person's request (GDPR Art. 15 and 17, APPI
// Art. 33 to 35) that the desks share: who asks, what was found of them, what
// goes and what stays.
//
// It finds and erases nothing: each desk that holds records does so for its own,
// and desk/privacy asks all of them.
//
//	found := request.Found{Kind: "report", ID: id, Created: when, Certain: true}
package request

import "time"

// Subject is the person as they were named: by an identifier in any writing.
type Subject struct {
	// Identifier is a mail address, a telephone number, an order number, or the
	// name or log-in of somebody who works here.
	Identifier string
	// Country is where numbers without a country code are read (ISO 3166-1); may
	// be empty.
	Country string
	// Traces are the accounts of the shop that the identifier led to, from what a
	// desk looked through before the records are asked.
	Traces []Trace
}

// Trace is an account of the shop, with where its events stand in the log.
type Trace struct {
	// Account is as events have it, ID its pseudonym.
	Account, ID string
	// Certain: it is the account of whom the identifier names. Hint says how it was
	// found: account, order, contact or recipient.
	Certain bool
	Hint    string
	// Created is the time of its first event that was found.
	Created time.Time
	Places  []Place
	// Marks are the identifiers in its events, as they stand there.
	Marks []string
}

// Place is an event in the log: where it stands, when it came, and whether it
// holds something that a key of the account opens.
type Place struct {
	At       uint64
	Received time.Time
	Sealed   bool
}

// Found is one record in which the person may be.
type Found struct {
	Kind    string    `json:"kind"`
	ID      string    `json:"id"`
	Created time.Time `json:"created_at"`
	// Certain: the identifier itself is in it, not one that looks alike.
	Certain bool `json:"certain"`
	// Held: a hold keeps it from being erased.
	Held bool `json:"held,omitempty"`
	// Hint is a code of the desk that tells records of one kind apart, such as a
	// channel; never personal.
	Hint string `json:"hint,omitempty"`
	// Unreadable: its texts do not open, so nobody can tell whether the person is in
	// it.
	Unreadable bool `json:"unreadable,omitempty"`
	// Trace is the account that it was found by; nil where it was by none.
	Trace *Trace `json:"-"`
	// Outside is what was read of it outside of the records, before a transaction, by
	// the desk that it belongs to and for that alone; nil: nothing was.
	Outside any `json:"-"`
}

// Erasing says how a record is erased.
type Erasing struct {
	// When it is, for the note that it was.
	When time.Time
	// Force erases what was erased before and came back with a backup: past holds
	// and past what protects the last administrator.
	Force bool
	// After keeps what is to be done once the erasure is kept, such as to drop what
	// memory has of it; nil: it is done never.
	After func(func())
}

// Then has f done once the erasure is kept.
func (e Erasing) Then(f func()) {
	if e.After != nil {
		e.After(f)
	}
}

// Part is a part of what there was, or of what had to stay. Doors have its
// words.
type Part struct {
	Code string `json:"code"`
	// Count is how many there are; 0 where it cannot be told.
	Count int64 `json:"count,omitempty"`
}

// Add sums parts by their codes, in the order in which codes came first.
func Add(list []Part, more ...Part) []Part {
	for _, p := range more {
		i := 0
		for i < len(list) && list[i].Code != p.Code {
			i++
		}
		if i == len(list) {
			list = append(list, Part{Code: p.Code})
		}
		list[i].Count += p.Count
	}
	return list
}
