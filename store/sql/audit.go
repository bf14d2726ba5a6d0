package sql

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"bonafide/access"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// audit is the chains of audit entries within a transaction.
type audit struct{ *session }

var _ store.Audit = audit{}

// Append makes the deed the next entry. No other writer is at work meanwhile,
// so the head does not move between reading and writing it.
func (a audit) Append(ctx context.Context, d store.Deed) (store.Entry, error) {
	if err := d.Check(); err != nil {
		return store.Entry{}, err
	}
	head, err := a.Head(ctx, d.Tenant)
	if err != nil {
		return store.Entry{}, err
	}
	d.When = store.Time(store.Micros(d.When))
	e := store.Entry{Deed: d, Sequence: head.Sequence + 1, Prev: head.Hash}
	e.Hash = e.Sum()
	if err := a.q.AddAuditEntry(ctx, queries.AddAuditEntryParams{
		Tenant: string(e.Tenant), Sequence: e.Sequence, Made: store.Micros(e.When), Actor: string(e.Actor), Action: e.Action,
		Object: e.Object, Why: e.Why, Origin: e.From, Prev: e.Prev.String(), Hash: e.Hash.String(),
	}); err != nil {
		return store.Entry{}, a.done(ctx, "append an audit entry", err)
	}
	if err := a.q.SetAuditHead(ctx, queries.SetAuditHeadParams{Tenant: string(e.Tenant), Sequence: e.Sequence, Hash: e.Hash.String()}); err != nil {
		return store.Entry{}, a.done(ctx, "write down the head of the audit chain", err)
	}
	return e, nil
}

// List returns entries before a sequence, newest first.
func (a audit) List(ctx context.Context, t access.Tenant, f store.AuditFilter, before int64, limit int) ([]store.Entry, int64, error) {
	if a.failed != nil {
		return nil, 0, a.failed
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	size := store.Page{Limit: limit}.Size()
	from, until := span(f.From, f.Until)
	by := queries.ListAuditOfObjectParams{Tenant: string(t), Object: f.Object, Before: before, Actor: string(f.Actor), Action: f.Action,
		MadeFrom: from, MadeUntil: until, Most: int32(size) + 1}
	var rows []queries.AuditEntry
	var err error
	switch {
	case f.Object != "":
		rows, err = a.q.ListAuditOfObject(ctx, by)
	case f.Action != "":
		rows, err = a.q.ListAuditOfAction(ctx, queries.ListAuditOfActionParams{Tenant: by.Tenant, Action: by.Action, Before: by.Before, Actor: by.Actor,
			MadeFrom: by.MadeFrom, MadeUntil: by.MadeUntil, Most: by.Most})
	case f.Actor != "":
		rows, err = a.q.ListAuditOfActor(ctx, queries.ListAuditOfActorParams{Tenant: by.Tenant, Actor: by.Actor, Before: by.Before,
			MadeFrom: by.MadeFrom, MadeUntil: by.MadeUntil, Most: by.Most})
	default:
		rows, err = a.q.ListAudit(ctx, queries.ListAuditParams{Tenant: by.Tenant, Before: by.Before, MadeFrom: by.MadeFrom, MadeUntil: by.MadeUntil, Most: by.Most})
	}
	if err != nil {
		return nil, 0, a.done(ctx, "list audit entries", err)
	}
	var next int64
	if len(rows) > size {
		rows = rows[:size]
		next = rows[size-1].Sequence
	}
	out := make([]store.Entry, 0, len(rows))
	for _, row := range rows {
		out = append(out, entry(row))
	}
	return out, next, nil
}

// Head returns the end of a chain.
func (a audit) Head(ctx context.Context, t access.Tenant) (store.Head, error) {
	if a.failed != nil {
		return store.Head{}, a.failed
	}
	row, err := a.q.GetAuditHead(ctx, string(t))
	if errors.Is(err, sql.ErrNoRows) {
		return store.Head{Tenant: t}, nil
	}
	if err != nil {
		return store.Head{}, a.done(ctx, "read the head of the audit chain", err)
	}
	return head(row), nil
}

// Heads returns the ends of all chains.
func (a audit) Heads(ctx context.Context) ([]store.Head, error) {
	if a.failed != nil {
		return nil, a.failed
	}
	rows, err := a.q.ListAuditHeads(ctx)
	if err != nil {
		return nil, a.done(ctx, "read the heads of the audit chains", err)
	}
	out := make([]store.Head, 0, len(rows))
	for _, row := range rows {
		out = append(out, head(queries.AuditHead(row)))
	}
	return out, nil
}

// Walk calls f with the entries in the order of the chain, a page at a time.
func (a audit) Walk(ctx context.Context, t access.Tenant, from int64, f func(store.Entry) error) error {
	for {
		if a.failed != nil {
			return a.failed
		}
		rows, err := a.q.WalkAudit(ctx, queries.WalkAuditParams{Tenant: string(t), Sequence: from, Most: store.MaxPage})
		if err != nil {
			return a.done(ctx, "walk the audit chain", err)
		}
		for _, row := range rows {
			if err := f(entry(row)); err != nil {
				return err
			}
		}
		if len(rows) < store.MaxPage {
			return nil
		}
		from = rows[len(rows)-1].Sequence + 1
	}
}

// entry is a row as an entry. What is no hash reads as the zero hash, which no
// entry has: whoever verifies the chain finds it.
func entry(row queries.AuditEntry) store.Entry {
	e := store.Entry{
		Deed: store.Deed{Tenant: access.Tenant(row.Tenant), When: store.Time(row.Made), Actor: store.Actor(row.Actor), Action: row.Action,
			Object: row.Object, Why: row.Why, From: row.Origin},
		Sequence: row.Sequence,
	}
	e.Prev, _ = store.ParseHash(row.Prev)
	e.Hash, _ = store.ParseHash(row.Hash)
	return e
}

func head(row queries.AuditHead) store.Head {
	h := store.Head{Tenant: access.Tenant(row.Tenant), Sequence: row.Sequence}
	h.Hash, _ = store.ParseHash(row.Hash)
	return h
}
