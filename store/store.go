// Package store says what Bonafide remembers and what may be relied upon: the
// record types and one contract per record family. Every implementation passes
// the one suite in store/storetest; the one that ships is store/sql, on SQLite
// or PostgreSQL.
//
// It is not for events of accounts (those go to an append-only log), not for
// knowledge (brands, weights, texts are data), and it decides nothing: who may
// read or change a record is asked in the desks.
//
//	err := store.Change(ctx, s, store.Deed{Tenant: t, Actor: who, Action: "report.add", Object: "report:" + string(id), When: now},
//		func(r store.Records) error { return r.Reports.Add(ctx, report) })
//
// What holds for every family:
//
//   - A record belongs to one tenant. Asked for by another tenant it is not
//     found, as if it did not exist.
//   - Times are kept to the microsecond and come back in UTC.
//   - Texts are valid UTF-8 without the NUL character; others are refused as
//     Invalid, before anything is written.
//   - Errors have a kind of package fault: NotFound, Conflict (exists already,
//     or changed meanwhile), Invalid, TooLarge, Temporary (try again: the disk is
//     full, the database is gone or busy). They hold no value of a record. When
//     the context ends, its error is in the chain.
package store

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/fault"
)

// Store keeps records. It is safe for concurrent use.
type Store interface {
	// Write runs f in one transaction: all that f wrote is kept when f and Write
	// return nil, and then it is on disk; nothing of it otherwise. Transactions
	// that write run one after the other, so what f reads does not change under
	// it, and f runs exactly once. The records are valid until f returns, in one
	// goroutine. A Write within f waits for itself: never do that, and do nothing
	// slow in f. When the context ends while the outcome is on its way, the error
	// does not tell whether it was kept.
	Write(ctx context.Context, f func(Records) error) error
	// Read runs f on one state of the records: what others write meanwhile is not
	// seen. Writing in f fails.
	Read(ctx context.Context, f func(Records) error) error
	// Ping reports whether records can be read and written now; nil when so, and
	// when they can be read while somebody else writes for long. It writes to the
	// disk: at most once a second is enough.
	Ping(ctx context.Context) error
	// Close ends all use. What was acknowledged is on disk before.
	Close() error
	// About tells what the records stand in, for whoever looks after the server.
	About(ctx context.Context) (About, error)
}

// About is what the records stand in.
type About struct {
	// Engine is "sqlite" or "postgres", Release the version of its program.
	Engine, Release string
	// Tables is the version of the tables, Bytes how much room all of them take.
	Tables, Bytes int64
	// File is where the records stand on this machine's disk; empty: elsewhere.
	File string
}

// Records are the families of records within one transaction.
type Records struct {
	Reports Reports
	Search  Search
	Audit   Audit

	Tenants    Tenants
	Settings   Settings
	People     People
	Teams      Teams
	Secrets    Secrets
	Passkeys   Passkeys
	Identities Identities

	Sessions Sessions
	Tickets  Tickets
	Attempts Attempts
	APIKeys  APIKeys

	Policies      Policies
	Decisions     Decisions
	GuardPolicies GuardPolicies
	GuardLists    GuardLists
	Couplings     Couplings
	Webhooks      Webhooks
	Holds         Holds
	Erasures      Erasures
	Certificates  Certificates

	SubjectKeys SubjectKeys

	// Mover moves rows of all families as they stand, Seals changes the keys of
	// what is sealed in them.
	Mover Mover
	Seals Seals
}

// Change does f and appends the audit entry of the deed, in one transaction:
// there is no change without its entry and no entry without its change. f may
// append further entries. The deed is checked first, so that a wrong one does
// nothing.
func Change(ctx context.Context, s Store, d Deed, f func(Records) error) error {
	if err := d.Check(); err != nil {
		return err
	}
	return s.Write(ctx, func(r Records) error {
		if err := f(r); err != nil {
			return err
		}
		_, err := r.Audit.Append(ctx, d)
		return err
	})
}

// errTried ends the transaction of a dry run.
var errTried = errors.New("store: a dry run keeps nothing")

// Try is Write that keeps nothing where it is dry: f runs, and what it did is
// undone.
func Try(ctx context.Context, s Store, dry bool, f func(Records) error) error {
	err := s.Write(ctx, func(r Records) error {
		if err := f(r); err != nil || !dry {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// Key is the place of a record in a list ordered by time and id, newest first:
// what follows is older, or as old with a smaller id. The zero value is the
// place before the newest.
type Key struct {
	When time.Time
	ID   string
}

// IsZero reports whether the key is the place before the newest record, and as
// the key of a next page, that there is none.
func (k Key) IsZero() bool { return k.When.IsZero() && k.ID == "" }

// String returns the key as one word that can stand in an address; "" for the
// zero value. It holds the time and id of a record in the clear.
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(Micros(k.When), 10) + " " + k.ID))
}

// ParseKey reads what String wrote; any other text is Invalid.
func ParseKey(s string) (Key, error) {
	if s == "" {
		return Key{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	micros, id, ok := strings.Cut(string(raw), " ")
	n, bad := strconv.ParseInt(micros, 10, 64)
	if err != nil || !ok || bad != nil || id == "" || CheckText("page", id, 512) != nil {
		return Key{}, fault.New(fault.Invalid, "page", "is not a place in a list: begin at the first page")
	}
	return Key{When: Time(n), ID: id}, nil
}

// Page says which part of a list is wanted: at most Limit records after the
// key. A limit of 0 or less, or above MaxPage, means MaxPage.
type Page struct {
	After Key
	Limit int
}

// MaxPage is the most records that one page of a list holds.
const MaxPage = 500

// Size is the limit within its bounds.
func (p Page) Size() int {
	if p.Limit <= 0 || p.Limit > MaxPage {
		return MaxPage
	}
	return p.Limit
}

// Micros is a time as it is kept: microseconds since 1970, rounded down. The
// zero time, which means none, is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is what Micros wrote, in UTC; 0 is the zero time.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// CheckText returns an Invalid error when a text is not UTF-8 or holds the NUL
// character, which not every database keeps, and a TooLarge error when it has
// more than limit bytes. The error names the field, never the text.
func CheckText(field, s string, limit int) error {
	switch {
	case len(s) > limit:
		return fault.New(fault.TooLarge, field, "has %d bytes: at most %d are kept", len(s), limit)
	case !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0:
		return fault.New(fault.Invalid, field, "is not text: want UTF-8 without the NUL character")
	}
	return nil
}
