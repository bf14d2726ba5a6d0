package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/fault"
	"bonafide/store"
)

// couplingsWait: what a report says to the guard comes back, waits until it is
// written, is found by its account, and goes with either.
func couplingsWait(t *testing.T, s store.Store) {
	x := store.Coupling{Tenant: "main", Report: "r1", Account: "a", Orders: []string{"o1", "o2"}, Source: store.CoupledByStaff, Channel: "call", Verdict: "scam",
		Knew: true, Made: day, Wanted: 1}
	y := store.Coupling{Tenant: "other", Report: "r1", Account: "a", Source: store.CoupledByStranger, Made: day.Add(-time.Hour), Wanted: 2, Written: 1, Gone: true}
	z := store.Coupling{Tenant: "main", Report: "r2", Account: "a", Source: store.CoupledByStranger, Made: day.Add(time.Hour), Wanted: 1, Written: 1}
	put := func(c store.Coupling) error {
		return s.Write(t.Context(), func(r store.Records) error { return r.Couplings.Put(t.Context(), c) })
	}
	for _, c := range []store.Coupling{x, y, z} {
		if err := put(c); err != nil {
			t.Fatal(err)
		}
	}
	y.Orders = nil
	read(t, s, func(ctx context.Context, r store.Records) error {
		waiting, err := r.Couplings.Waiting(ctx, 10)
		one, err2 := r.Couplings.Waiting(ctx, 1)
		if d := cmp.Diff([]string{"other", "main"}, []string{string(waiting[0].Tenant), string(waiting[1].Tenant)}); d != "" || len(waiting) != 2 || len(one) != 1 {
			t.Errorf("waiting: %+v", waiting)
		}
		got, err3 := r.Couplings.Get(ctx, "main", "r1")
		if d := cmp.Diff(x, got); d != "" || !got.Stands() {
			t.Errorf("came back changed: %s", d)
		}
		of, err4 := r.Couplings.OfAccount(ctx, "main", "a", 10)
		if len(of) != 2 || of[0].Report != "r2" {
			t.Errorf("of the account: %+v", of)
		}
		_, none := r.Couplings.Get(ctx, "main", "r9")
		wantKind(t, "a report that says nothing", none, fault.NotFound)
		return errorsOf(err, err2, err3, err4)
	})
	x.Written = 1
	if err := put(x); err != nil {
		t.Fatal(err)
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Couplings.DropAccount(ctx, "main", "a")
		if n != 2 {
			t.Errorf("%d went with the account: want 2", n)
		}
		return errorsOf(err, r.Couplings.Drop(ctx, "other", "r1"), r.Couplings.Drop(ctx, "other", "r1"))
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		left, err := r.Couplings.Waiting(ctx, 10)
		if len(left) != 0 {
			t.Errorf("left: %+v", left)
		}
		return err
	})
	for name, change := range map[string]func(*store.Coupling){
		"no source":       func(c *store.Coupling) { c.Source = "" },
		"too many orders": func(c *store.Coupling) { c.Orders = []string{"1", "2", "3", "4", "5"} },
		"written ahead":   func(c *store.Coupling) { c.Written = 2 },
		"no time":         func(c *store.Coupling) { c.Made = time.Time{} },
		"NUL":             func(c *store.Coupling) { c.Account = "a\x00" },
	} {
		c := x
		change(&c)
		wantKind(t, name, put(c), fault.Invalid)
	}
}
