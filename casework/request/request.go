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
}

// Erasing says how a record is erased.
type Erasing struct {
	// When it is, for the note that it was.
	When time.Time
	// Force erases what was erased before and came back with a backup: past holds
	// and past what protects the last administrator.
	Force bool
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
