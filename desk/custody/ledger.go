package custody

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// Ledger is the audit chain of a tenant as its own people see it: read, verified
// and exported, each by right. It is safe for concurrent use.
type Ledger struct {
	store store.Store
	now   func() time.Time
}

// NewLedger makes a ledger over a store, which stays its caller's to close.
func NewLedger(s store.Store, now func() time.Time) *Ledger { return &Ledger{store: s, now: now} }

// Actions of the entries that custody itself makes.
const (
	// ActionVerified says how far the chain held when somebody verified it.
	ActionVerified = "audit.verify"
	// ActionExported says that somebody took the chain out of the house.
	ActionExported = "audit.export"
	// ActionBackup says that a backup was written.
	ActionBackup = "records.backup"
)

// Question narrows a list of entries; a zero field narrows nothing.
type Question struct {
	// Who is the pseudonym of an actor or the login of a person.
	Who, Action, Object string
	// From is the first instant that is listed, Until the first that is not.
	From, Until time.Time
	// Before is the Next of the page before; 0: from the newest.
	Before int64
	Limit  int
}

// Listing is a page of entries, newest first.
type Listing struct {
	Entries []store.Entry
	// Next is what the next page is before; 0: this is the last.
	Next int64
	// Names are those of the people among actors and objects, by pseudonym; of
	// those who may see who works here only.
	Names map[store.Actor]string
	// Head is the end of the chain, Verified the last time that it was walked.
	Head     store.Head
	Verified Verified
}

// Verified is what the last verification found.
type Verified struct {
	// When is zero when the chain was never verified by a person of the tenant.
	When time.Time
	// Sequence is the last entry of the part that held.
	Sequence int64
	// Broken: what follows that entry is wrong or missing.
	Broken bool
}

// List returns entries of the actor's tenant. Right: audit.read.
func (l *Ledger) List(ctx context.Context, a access.Actor, q Question) (out Listing, err error) {
	if err := a.May(access.AuditRead, access.Of{Tenant: a.Tenant}, l.now()); err != nil {
		return out, err
	}
	if err := q.check(); err != nil {
		return out, err
	}
	err = l.store.Read(ctx, func(r store.Records) error {
		f := store.AuditFilter{Actor: store.Actor(q.Who), Action: q.Action, Object: q.Object, From: q.From, Until: q.Until}
		if p, err := r.People.ByLogin(ctx, a.Tenant, strings.ToLower(q.Who)); q.Who != "" && err == nil && a.Can(access.PeopleRead) {
			f.Actor = store.Actor(p.ID)
		} else if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if out.Entries, out.Next, err = r.Audit.List(ctx, a.Tenant, f, q.Before, q.Limit); err != nil {
			return err
		}
		if out.Head, err = r.Audit.Head(ctx, a.Tenant); err != nil {
			return err
		}
		if out.Verified, err = LastVerified(ctx, r.Audit, a.Tenant); err != nil || !a.Can(access.PeopleRead) {
			return err
		}
		out.Names, err = namesOf(ctx, r.People, a.Tenant, out.Entries)
		return err
	})
	return out, err
}

func (q *Question) check() error {
	for _, f := range []struct{ name, text string }{{"who", q.Who}, {"action", q.Action}, {"object", q.Object}} {
		if err := store.CheckText(f.name, f.text, 300); err != nil {
			return err
		}
	}
	if q.Before < 0 {
		return fault.New(fault.Invalid, "before", "is the number of an entry: 1 or more, or nothing")
	}
	return nil
}

// personObject begins the object of an entry that is about a person.
const personObject = "person:"

// namesOf looks up the people whom entries name. Who was erased stays a pseudonym.
func namesOf(ctx context.Context, people store.People, t access.Tenant, entries []store.Entry) (map[store.Actor]string, error) {
	out, asked := map[store.Actor]string{}, map[string]bool{}
	for _, e := range entries {
		about, _ := strings.CutPrefix(e.Object, personObject)
		for _, id := range []string{string(e.Actor), about} {
			if id == "" || asked[id] || strings.ContainsAny(id, ": ") {
				continue
			}
			asked[id] = true
			p, err := people.Get(ctx, t, store.PersonID(id))
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, err
			}
			if err == nil {
				out[store.Actor(id)] = p.Name
			}
		}
	}
	return out, nil
}

// LastVerified reads what the last verification wrote into the chain of a tenant.
// It asks for no right: desks do.
func LastVerified(ctx context.Context, a store.Audit, t access.Tenant) (v Verified, err error) {
	last, _, err := a.List(ctx, t, store.AuditFilter{Action: ActionVerified}, 0, 1)
	if err != nil || len(last) == 0 {
		return v, err
	}
	v.When = last[0].When
	said, at, _ := strings.Cut(last[0].Why, " ")
	v.Broken = said != "holds"
	v.Sequence, _ = strconv.ParseInt(at, 10, 64)
	return v, nil
}

// Verify walks the chain of the actor's tenant from its first entry, and appends
// an entry with what it found. Right: audit.read.
func (l *Ledger) Verify(ctx context.Context, a access.Actor) (Result, error) {
	if err := a.May(access.AuditRead, access.Of{Tenant: a.Tenant}, l.now()); err != nil {
		return Result{}, err
	}
	results, err := New(l.store).Verify(ctx, Scope{Tenant: a.Tenant})
	if err != nil {
		return Result{}, err
	}
	if len(results) != 1 {
		return Result{}, fault.New(fault.Internal, "", "%d chains were verified, not one", len(results))
	}
	res := results[0]
	d := l.deed(a, ActionVerified)
	d.Why = "holds " + strconv.FormatInt(res.Head.Sequence, 10)
	if res.Broken != nil {
		d.Why = "broken-after " + strconv.FormatInt(res.Broken.Sequence-1, 10)
	}
	return res, store.Change(ctx, l.store, d, func(store.Records) error { return nil })
}

func (l *Ledger) deed(a access.Actor, action string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: l.now(), Actor: store.ActorOf(a), Action: action, Object: "tenant:" + string(a.Tenant), From: a.From}
}

// Export is the chain of a tenant on its way out; its entry is written.
type Export struct {
	ledger *Ledger
	head   store.Head
}

// Export writes down who takes the chain out of the house, and returns it to be
// written. Right: audit.export.
func (l *Ledger) Export(ctx context.Context, a access.Actor) (*Export, error) {
	if err := a.May(access.AuditExport, access.Of{Tenant: a.Tenant}, l.now()); err != nil {
		return nil, err
	}
	e := &Export{ledger: l}
	d := l.deed(a, ActionExported)
	if err := store.Change(ctx, l.store, d, func(store.Records) error { return nil }); err != nil {
		return nil, err
	}
	err := l.store.Read(ctx, func(r store.Records) (err error) {
		e.head, err = r.Audit.Head(ctx, a.Tenant)
		return err
	})
	return e, err
}

// exportStep is how many entries are read at once, so that who takes them slowly
// holds no transaction.
const exportStep = 500

// Write writes the entries up to the head of the moment as NDJSON (Line), in the
// order of the chain.
func (e *Export) Write(ctx context.Context, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for from := int64(1); from <= e.head.Sequence; {
		var step []Line
		err := e.ledger.store.Read(ctx, func(r store.Records) error {
			return r.Audit.Walk(ctx, e.head.Tenant, from, func(x store.Entry) error {
				if len(step) == exportStep || x.Sequence > e.head.Sequence {
					return errEnough
				}
				step = append(step, lineOf(x))
				return nil
			})
		})
		if err != nil && err != errEnough {
			return fmt.Errorf("audit: export: %w", err)
		}
		for _, line := range step {
			if err := enc.Encode(line); err != nil {
				return fmt.Errorf("audit: export: %w", err)
			}
		}
		if len(step) == 0 {
			return fault.New(fault.Internal, "", "audit: export: entries are missing from %d on: verify the chain", from)
		}
		from = step[len(step)-1].Sequence + 1
	}
	return nil
}

// errEnough ends a walk that has what it came for.
var errEnough = fault.New(fault.Internal, "", "custody: enough")
