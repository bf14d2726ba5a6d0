package sql

import (
	"context"
	"errors"
	"math"
	"time"

	"bonafide/access"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// guardLists are the lists of shops within a transaction.
type guardLists struct{ *session }

var _ store.GuardLists = guardLists{}

// Add keeps a new list.
func (r guardLists) Add(ctx context.Context, l store.GuardList) error {
	if err := errors.Join(l.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddGuardList(ctx, queries.AddGuardListParams{Tenant: string(l.Tenant), Name: l.Name, Field: l.Field, About: l.About,
		Made: store.Micros(l.Made), MadeBy: string(l.By)})
	return r.added(ctx, "a list", n, err)
}

func guardList(row queries.GuardList) store.GuardList {
	return store.GuardList{Tenant: access.Tenant(row.Tenant), Name: row.Name, Field: row.Field, About: row.About, Made: store.Time(row.Made), By: store.Actor(row.MadeBy)}
}

// Get returns a list.
func (r guardLists) Get(ctx context.Context, t access.Tenant, name string) (store.GuardList, error) {
	return one(ctx, r.session, "a list", func() (queries.GuardList, error) {
		return r.q.GetGuardList(ctx, queries.GetGuardListParams{Tenant: string(t), Name: name})
	}, guardList)
}

// All returns the lists of a tenant with the counts of their entries.
func (r guardLists) All(ctx context.Context, t access.Tenant) ([]store.GuardList, error) {
	list, err := many(ctx, r.session, "lists", func() ([]queries.GuardList, error) {
		return r.q.AllGuardLists(ctx, queries.AllGuardListsParams{Tenant: string(t), Most: store.MaxLists})
	}, guardList)
	if err != nil {
		return nil, err
	}
	rows, err := r.q.CountGuardEntries(ctx, string(t))
	if err != nil {
		return nil, r.done(ctx, "count the entries of lists", err)
	}
	for i := range list {
		for _, row := range rows {
			if row.List == list[i].Name {
				list[i].Entries = row.Amount
			}
		}
	}
	return list, nil
}

// Remove removes a list.
func (r guardLists) Remove(ctx context.Context, t access.Tenant, name string) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.RemoveGuardList(ctx, queries.RemoveGuardListParams{Tenant: string(t), Name: name})
	return r.changed(ctx, "a list", n, err)
}

// Put keeps an entry.
func (r guardLists) Put(ctx context.Context, e store.GuardEntry) error {
	if err := errors.Join(e.Check(), r.failed); err != nil {
		return err
	}
	return r.done(ctx, "write an entry of a list", r.q.PutGuardEntry(ctx, queries.PutGuardEntryParams{Tenant: string(e.Tenant), List: e.List, Value: e.Value,
		Ends: store.Micros(e.Ends), Reason: e.Reason, Made: store.Micros(e.Made), MadeBy: string(e.By), Pending: e.Pending, Change: e.Change}))
}

// Mark writes what becomes of an entry.
func (r guardLists) Mark(ctx context.Context, e store.GuardEntry, pending, change string) error {
	e.Pending, e.Change = pending, change
	if err := errors.Join(e.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.MarkGuardEntry(ctx, queries.MarkGuardEntryParams{Tenant: string(e.Tenant), List: e.List, Value: e.Value, Pending: pending, Change: change})
	return r.changed(ctx, "an entry of a list", n, err)
}

func guardEntry(row queries.GuardEntry) store.GuardEntry {
	return store.GuardEntry{Tenant: access.Tenant(row.Tenant), List: row.List, Value: row.Value, Ends: store.Time(row.Ends), Reason: row.Reason,
		Made: store.Time(row.Made), By: store.Actor(row.MadeBy), Pending: row.Pending, Change: row.Change}
}

// Entry returns an entry.
func (r guardLists) Entry(ctx context.Context, t access.Tenant, list, value string) (store.GuardEntry, error) {
	return one(ctx, r.session, "an entry of a list", func() (queries.GuardEntry, error) {
		return r.q.GetGuardEntry(ctx, queries.GetGuardEntryParams{Tenant: string(t), List: list, Value: value})
	}, guardEntry)
}

// Entries returns a page of a list, newest first.
func (r guardLists) Entries(ctx context.Context, t access.Tenant, list string, p store.Page) ([]store.GuardEntry, store.Key, error) {
	made, value, size := int64(math.MaxInt64), "", p.Size()
	if !p.After.IsZero() {
		made, value = store.Micros(p.After.When), p.After.ID
	}
	out, err := many(ctx, r.session, "the entries of a list", func() ([]queries.GuardEntry, error) {
		return r.q.ListGuardEntries(ctx, queries.ListGuardEntriesParams{Tenant: string(t), List: list, Made: made, Value: value, Most: int32(size) + 1}) //nolint:gosec // at most MaxPage
	}, guardEntry)
	if err != nil || len(out) <= size {
		return out, store.Key{}, err
	}
	last := out[size-1]
	return out[:size], store.Key{When: last.Made, ID: last.Value}, nil
}

// Pending returns the entries that are on their way.
func (r guardLists) Pending(ctx context.Context, t access.Tenant) ([]store.GuardEntry, error) {
	return many(ctx, r.session, "the changes of lists", func() ([]queries.GuardEntry, error) {
		return r.q.PendingGuardEntries(ctx, queries.PendingGuardEntriesParams{Tenant: string(t), Most: store.MaxListEntries})
	}, guardEntry)
}

// Settle notes that a change stands in the log.
func (r guardLists) Settle(ctx context.Context, t access.Tenant, change string) error {
	if r.failed != nil {
		return r.failed
	}
	_, err := r.q.DropGuardEntries(ctx, queries.DropGuardEntriesParams{Tenant: string(t), Change: change})
	if err == nil {
		_, err = r.q.SettleGuardEntries(ctx, queries.SettleGuardEntriesParams{Tenant: string(t), Change: change})
	}
	return r.done(ctx, "settle a change of a list", err)
}

// Due returns entries that ended before a time.
func (r guardLists) Due(ctx context.Context, t access.Tenant, before time.Time, limit int) ([]store.GuardEntry, error) {
	return many(ctx, r.session, "the entries that ended", func() ([]queries.GuardEntry, error) {
		return r.q.DueGuardEntries(ctx, queries.DueGuardEntriesParams{Tenant: string(t), Before: store.Micros(before), Most: int32(max(1, min(limit, 100_000)))}) //nolint:gosec // bounded
	}, guardEntry)
}
