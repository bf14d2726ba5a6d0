package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"bonafide/access"
)

// Term is what a report is found by: a word, a pair of characters, a number or
// an address, hashed together with the tenant. The hash makes all terms equally
// long; it hides nothing from who guesses words: for that the store of package
// sealed hashes it again, with a key.
type Term string

// TermSize is the length of every term in characters.
const TermSize = 16

// NewTerm makes the term of a text for a tenant.
func NewTerm(t access.Tenant, text string) Term {
	sum := sha256.Sum256([]byte(string(t) + "\x00" + text))
	return Term(base64.RawURLEncoding.EncodeToString(sum[:TermSize*3/4]))
}

// Valid reports whether a term is one that NewTerm could have made.
func (t Term) Valid() bool {
	return len(t) == TermSize && !strings.ContainsFunc(string(t), func(c rune) bool { return c > '~' || c < '!' })
}

// Limits of the search.
const (
	// MaxTerms is how many terms a report is found by at most.
	MaxTerms = 4096
	// MaxSearchTerms is how many terms one search may ask for.
	MaxSearchTerms = 8
	// MaxScan is how many reports that have the rarest term one page of a search
	// looks at.
	MaxScan = 2500
)

// ReportName names a report of any tenant.
type ReportName struct {
	Tenant access.Tenant
	ID     ReportID
}

// Search finds contact reports by terms. Reports.Erase removes the terms of the
// report it erases.
type Search interface {
	// Put makes the terms what a report is found by, in place of those before.
	// Version is that of the extraction which made them.
	Put(ctx context.Context, t access.Tenant, id ReportID, terms []Term, version int64) error
	// Drop removes the terms of a report and returns how many there were.
	Drop(ctx context.Context, t access.Tenant, id ReportID) (int64, error)
	// Stale returns at most limit reports of all tenants without terms of the
	// version, in an order of the database's own, after the one that is named: so
	// that many are gone through once. The zero name is before all.
	Stale(ctx context.Context, version int64, after ReportName, limit int) ([]ReportName, error)
	// Reports returns reports of the tenant that have all terms and pass the
	// filter, newest first, with the beginning of their texts, and the key to go
	// on after. A page may hold fewer than its limit, or none, and still have a
	// next key: one page looks at no more than MaxScan reports. The zero key says
	// that there are no more.
	Reports(ctx context.Context, t access.Tenant, terms []Term, f ReportFilter, p Page) ([]Report, Key, error)
}
