// Package privacy is the desk for what is kept and what is erased: it erases
// records whose time is over (data/retention), keeps those that a hold names,
// answers persons who ask for a copy or for erasure (GDPR Art. 15 and 17, APPI
// Art. 33 to 35), and sees to it that nothing erased comes back with a backup.
//
// It checks every right itself and writes an audit entry with every act. It does
// not know how a record looks: each desk that keeps records of persons has a
// Holder, which finds, copies and erases its own.
//
//	run, err := desk.Retain(ctx, false)
//	found, err := desk.Find(ctx, actor, privacy.Ask{Subject: request.Subject{Identifier: "anna@shop.example"}, Asker: privacy.ByPerson, Reason: "letter of 3 May"})
package privacy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/casework/retention"
	"bonafide/contact/term"
	"bonafide/locale"
	"bonafide/store"
)

// Holder is the part that a desk with records of persons has in their requests.
// It checks no right and writes no audit entry.
type Holder interface {
	// Kind is what its records are called in data/retention.
	Kind() string
	// Ready makes sure that all records can be found, before a transaction.
	Ready(ctx context.Context) error
	// Find returns the records in which the person may be.
	Find(ctx context.Context, r store.Records, t access.Tenant, s request.Subject) ([]request.Found, error)
	// Copy returns all that is kept of a record, in the clear, to be written as
	// JSON.
	Copy(ctx context.Context, r store.Records, t access.Tenant, f request.Found) (any, error)
	// Erase removes a record, notes it in r.Erasures, and says what it removed. A
	// Conflict of the field "hold" says that a hold keeps it.
	// Of what was found only the id is given where it is erased again.
	Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error)
	// Walk calls f with the ids of the tenant's records.
	Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error
}

// Looker is a Holder whose records are found by what stands outside of them, such
// as the log of events.
type Looker interface {
	// Look fills in the traces of a person, before a transaction.
	Look(ctx context.Context, t access.Tenant, s request.Subject) (request.Subject, error)
	// Names are the forms by which its records know whom an identifier names, for
	// holds; each is hashed.
	Names(t access.Tenant, s request.Subject) ([]string, error)
	// Stays says what of a person stays where nothing can be removed.
	Stays(s request.Subject) []request.Part
}

// Reader is a Holder whose copies have what stands outside of the records, such as
// in the log of events.
type Reader interface {
	// Read reads it before a transaction, of those of the person's records that have
	// one of the ids. What it returns by their ids comes back with what is found
	// (request.Found.Outside).
	Read(ctx context.Context, t access.Tenant, s request.Subject, ids []string) (map[string]any, error)
}

// Expirer erases what is past its time of the kinds that it keeps. A dry one
// erases nothing and counts what would go.
type Expirer interface {
	Expire(ctx context.Context, dry bool) ([]retention.Count, error)
}

// Config is what a desk works with. All but Key and FormerKeys are needed.
type Config struct {
	Store  store.Store
	Data   fs.FS
	Now    func() time.Time
	Random io.Reader
	// Key makes the marks of persons in holds and certificates; FormerKeys those of
	// before. Without a key whoever reads the records can try identifiers out.
	Key        []byte
	FormerKeys [][]byte
	Holders    []Holder
	Expirers   []Expirer
}

// Desk is the desk of privacy. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	table *retention.Table
	terms *term.Tables
	texts *locale.Texts
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Data == nil || c.Now == nil || c.Random == nil || len(c.Holders) == 0 {
		return nil, errors.New("privacy: store, data, clock, randomness and holders are all needed")
	}
	d := &Desk{cfg: c}
	var err error
	if d.table, err = retention.Load(c.Data); err != nil {
		return nil, err
	}
	if d.terms, err = term.Load(c.Data); err != nil {
		return nil, err
	}
	d.texts, err = locale.Load(c.Data)
	return d, err
}

// Retention is the table of what is kept for how long.
func (d *Desk) Retention() *retention.Table { return d.table }

// holder returns the holder of a kind; nil where there is none.
func (d *Desk) holder(kind string) Holder {
	for _, h := range d.cfg.Holders {
		if h.Kind() == kind {
			return h
		}
	}
	return nil
}

// id draws the name of a record: 128 bits of chance that open nothing.
func (d *Desk) id() (string, error) {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(d.cfg.Random, raw); err != nil {
		return "", fmt.Errorf("privacy: draw an id: %w", err)
	}
	return fmt.Sprintf("%x", raw), nil
}

// identifiers are the forms of what names a person, the surest first: addresses
// and numbers, else the words as they were written.
func (d *Desk) identifiers(s request.Subject) []string {
	list := d.terms.Identifiers(s.Identifier, s.Country)
	for _, kind := range []string{"m:", "t:"} { // a telephone number is no order's
		for _, x := range list {
			if strings.HasPrefix(x, kind) {
				return []string{x}
			}
		}
	}
	if len(list) > 0 {
		return list
	}
	return []string{term.Named(s.Identifier)}
}

// marks are those of a person under the present key, by the identifiers and by
// other names for them.
func (d *Desk) marks(t access.Tenant, s request.Subject, names ...string) []store.Hash {
	var keys [][]byte
	if len(d.cfg.Key) > 0 {
		keys = [][]byte{d.cfg.Key}
	}
	return store.Marks(keys, t, append(d.identifiers(s), names...))
}

// lookers are the holders that look outside of the records.
func (d *Desk) lookers() (out []Looker) {
	for _, h := range d.cfg.Holders {
		if l, ok := h.(Looker); ok {
			out = append(out, l)
		}
	}
	return out
}

// deed is the audit entry of what an actor does.
func (d *Desk) deed(a access.Actor, action, object string, why access.Reason) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: object, Why: string(why), From: a.From}
}

// all is what a right over the whole tenant is asked for.
func all(a access.Actor) access.Of { return access.Of{Tenant: a.Tenant} }

// Tenants lists the tenants, for commands that name none.
func (d *Desk) Tenants(ctx context.Context) (list []store.Tenant, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		list, err = r.Tenants.List(ctx)
		return err
	})
	return list, err
}
