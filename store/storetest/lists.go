package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/fault"
	"bonafide/store"
)

// NewEntry makes an entry of a list that can be kept, for tests.
func NewEntry(list, value string, made time.Time) store.GuardEntry {
	return store.GuardEntry{Tenant: "main", List: list, Value: value, Ends: made.AddDate(0, 6, 0), Reason: "seen in three takeovers", Made: made, By: "p-1"}
}

func listsKept(t *testing.T, s store.Store) {
	mules := store.GuardList{Tenant: "main", Name: "mules", Field: "order.gift_recipients", About: "受け子", Made: day, By: "p-1"}
	write(t, s, func(ctx context.Context, r store.Records) error {
		other := mules
		other.Tenant = "other"
		first := NewEntry("mules", "a", day)
		first.Pending, first.Change = store.PendingAdd, "c1"
		later := NewEntry("mules", "b", day.Add(time.Second))
		theirs := NewEntry("mules", "a", day)
		theirs.Tenant = "other"
		return errorsOf(r.GuardLists.Add(ctx, mules), r.GuardLists.Add(ctx, other), r.GuardLists.Put(ctx, first), r.GuardLists.Put(ctx, first),
			r.GuardLists.Put(ctx, later), r.GuardLists.Put(ctx, NewEntry("mules", "c", day)), r.GuardLists.Put(ctx, theirs))
	})
	wantKind(t, "a list twice", s.Write(t.Context(), func(r store.Records) error { return r.GuardLists.Add(t.Context(), mules) }), fault.Conflict)
	mules.Entries = 3
	read(t, s, func(ctx context.Context, r store.Records) error {
		all, err := r.GuardLists.All(ctx, "main")
		if d := cmp.Diff([]store.GuardList{mules}, all); d != "" {
			t.Errorf("lists came back changed: %s", d)
		}
		page, next, err2 := r.GuardLists.Entries(ctx, "main", "mules", store.Page{Limit: 2})
		rest, end, err3 := r.GuardLists.Entries(ctx, "main", "mules", store.Page{Limit: 2, After: next})
		if len(page) != 2 || page[0].Value != "b" || page[1].Value != "c" || len(rest) != 1 || rest[0].Value != "a" || !end.IsZero() {
			t.Errorf("pages: %+v, %+v", page, rest)
		}
		want := NewEntry("mules", "b", day.Add(time.Second))
		if d := cmp.Diff(want, page[0]); d != "" {
			t.Errorf("an entry came back changed: %s", d)
		}
		waits, err4 := r.GuardLists.Pending(ctx, "main")
		due, err5 := r.GuardLists.Due(ctx, "main", day.AddDate(0, 6, 0).Add(time.Microsecond), 10)
		if len(waits) != 1 || waits[0].Value != "a" || len(due) != 2 {
			t.Errorf("on their way: %+v; due: %+v", waits, due)
		}
		_, err6 := r.GuardLists.Entry(ctx, "other", "mules", "b")
		wantKind(t, "an entry of another tenant", err6, fault.NotFound)
		return errorsOf(err, err2, err3, err4, err5)
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		return errorsOf(r.GuardLists.Mark(ctx, NewEntry("mules", "b", day), store.PendingRemove, "c1"), r.GuardLists.Settle(ctx, "main", "c1"))
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		_, gone := r.GuardLists.Entry(ctx, "main", "mules", "b")
		wantKind(t, "an entry that was taken off", gone, fault.NotFound)
		a, err := r.GuardLists.Entry(ctx, "main", "mules", "a")
		if a.Pending != "" || a.Change != "" {
			t.Errorf("still on its way: %+v", a)
		}
		return err
	})
	for name, change := range map[string]func(*store.GuardEntry){
		"no value": func(e *store.GuardEntry) { e.Value = "" }, "no end": func(e *store.GuardEntry) { e.Ends = time.Time{} },
		"half on its way": func(e *store.GuardEntry) { e.Change = "c2" }, "NUL": func(e *store.GuardEntry) { e.Reason = "a\x00" },
	} {
		e := NewEntry("mules", "d", day)
		change(&e)
		wantKind(t, name, s.Write(t.Context(), func(r store.Records) error { return r.GuardLists.Put(t.Context(), e) }), fault.Invalid)
	}
	wantKind(t, "a list that is none", s.Write(t.Context(), func(r store.Records) error { return r.GuardLists.Remove(t.Context(), "main", "none") }), fault.NotFound)
	write(t, s, func(ctx context.Context, r store.Records) error { return r.GuardLists.Remove(ctx, "main", "mules") })
}
