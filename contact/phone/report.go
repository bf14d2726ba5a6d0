package phone

import (
	"time"

	"bonafide/ident"
)

// Report is what is known of a number, or of the block it is from, because
// people reported it. A number may be forged, and be given to somebody else in
// the end: so every report ends, may be contested, and shows how many reports
// it rests on and from when.
type Report struct {
	Number ident.Phone
	// Count is the number of reports, at least 1.
	Count int
	// First and Last are the dates of the first and last report as known: a
	// year, a month or a day ("2017", "2017-05", "2017-05-31").
	First, Last string
	// Claimed is who the callers said they were.
	Claimed string
	// Source is the id of who keeps the record.
	Source string
	// Expires is when the entry ends.
	Expires time.Time
	// Historic entries are shown as an example, not held against anybody.
	Historic bool
	// Contested: somebody, such as the holder of the number, says that the
	// reports are wrong, and it is not settled. Note says how it stands.
	Contested bool
	Note      string
}

// Standing is how far a report still speaks against its number.
type Standing string

// The standings. Only a current report is held against a number.
const (
	Current   Standing = "current"
	Expired   Standing = "expired"
	Contested Standing = "contested"
	Historic  Standing = "historic"
)

// Standing returns how a report stands at a time; the zero time asks without
// one, so that nothing has expired.
func (r Report) Standing(at time.Time) Standing {
	switch {
	case r.Historic:
		return Historic
	case r.Contested:
		return Contested
	case !at.IsZero() && !r.Expires.IsZero() && !at.Before(r.Expires):
		return Expired
	}
	return Current
}

// Current reports whether the entry still speaks against the number at a time;
// the zero time asks without one.
func (r Report) Current(at time.Time) bool { return r.Standing(at) == Current }

// Reports is the contract of every register of reported numbers: the files of
// this package, and one of our own reports. The answers come from memory: a
// register that lives elsewhere keeps a copy here and exchanges it as a whole,
// because a room does no I/O. It must be safe for use by several goroutines.
//
// Due process is part of the contract: a report says how many people reported,
// from when to when, who keeps it, and when it ends; a contested one stays
// visible and is not held against a number or its neighbours.
type Reports interface {
	// Number returns the report of exactly this number, of any standing.
	Number(p ident.Phone) (Report, bool)
	// Block returns the report of another number that differs in its last two
	// digits only: one that is not contested; before a historic one any other,
	// and of these the one with most reports.
	Block(p ident.Phone) (Report, bool)
}
