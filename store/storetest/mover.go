package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// AnyReport draws a report of a tenant that can be kept, for property tests.
func AnyReport(t *rapid.T, tenant access.Tenant, id string) store.Report {
	return anyReport(t, tenant, id)
}

// rowsMove: rows come out in the order of their bytes, of one tenant or of all,
// and go in as they came out, a chain included; a key that is there is a Conflict.
func rowsMove(t *testing.T, s store.Store) {
	ids := []string{"a", "B", "_", "Z", "-", "b", "1"}
	for _, tenant := range []access.Tenant{"main", "m-ain"} {
		for _, id := range ids {
			if err := store.Change(t.Context(), s, NewDeed(tenant, "report.add", id, day), func(r store.Records) error {
				return r.Reports.Add(t.Context(), NewReport(tenant, id, day))
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(ids)
	reports, entries := store.Families()[0], store.Families()[1]
	rows := func(ctx context.Context, r store.Records, f *store.Family, tenant access.Tenant) (out []store.Row) {
		if err := r.Mover.Walk(ctx, f, tenant, func(row store.Row) error { out = append(out, row); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	var kept []store.Row
	read(t, s, func(ctx context.Context, r store.Records) error {
		var order []string
		for _, row := range rows(ctx, r, &reports, "main") {
			order = append(order, row[1].(string))
			if err := reports.Check(row); err != nil || reports.Tenant(row) != "main" || row[2] != store.Micros(day) {
				t.Errorf("a row of a report: %v", err)
			}
		}
		if !slices.Equal(order, ids) {
			t.Errorf("reports come in the order %v: want %v", order, ids)
		}
		all := rows(ctx, r, &reports, "")
		if i := slices.IndexFunc(all, func(row store.Row) bool { return reports.Tenant(row) == "main" }); i < len(ids) {
			t.Errorf("of all tenants the first row of main is at %d: want those of m-ain before", i)
		}
		kept = rows(ctx, r, &entries, "main")
		stop, n := errors.New("enough"), 0
		if err := r.Mover.Walk(ctx, &entries, "main", func(store.Row) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
			t.Errorf("a walk that is ended at once: %d rows, %v", n, err)
		}
		for tenant, want := range map[access.Tenant]bool{"main": true, "other": false} {
			if there, err := r.Mover.Holds(ctx, &reports, tenant); err != nil || there != want {
				t.Errorf("holds of %s: %v, %v", tenant, there, err)
			}
		}
		if v, err := r.Mover.Version(ctx); err != nil || v < 3 {
			t.Errorf("version %d, %v", v, err)
		}
		return nil
	})
	row := slices.Clone(kept[len(kept)-1])
	row[1] = row[1].(int64) + 1
	write(t, s, func(ctx context.Context, r store.Records) error {
		wantKind(t, "a row that lacks a field", r.Mover.Put(ctx, &entries, row[1:]), fault.Invalid)
		return r.Mover.Put(ctx, &entries, row)
	})
	err := s.Write(t.Context(), func(r store.Records) error { return r.Mover.Put(t.Context(), &entries, row) })
	wantKind(t, "a row that is there", err, fault.Conflict)
	if err := s.Read(t.Context(), func(r store.Records) error { row[1] = int64(99); return r.Mover.Put(t.Context(), &entries, row) }); err == nil {
		t.Error("a row was put within a read")
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		if n := len(rows(ctx, r, &entries, "main")); n != len(kept)+1 {
			t.Errorf("%d rows of entries: want %d", n, len(kept)+1)
		}
		return nil
	})
	ended, cancel := context.WithCancel(t.Context())
	if err := s.Read(ended, func(r store.Records) error {
		cancel()
		return r.Mover.Walk(ended, &entries, "main", func(store.Row) error { return nil })
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("a walk with an ended context: %v", err)
	}
}
