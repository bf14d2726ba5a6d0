package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// chains: entries of several tenants, appended in turn, make a gapless chain for
// each, whose every hash is the sum of what came back.
func chains(t *testing.T, s store.Store) {
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		tenants := []access.Tenant{access.Tenant(fmt.Sprint("a", n)), access.Tenant(fmt.Sprint("b", n))}
		last := map[access.Tenant]store.Entry{}
		for range rapid.IntRange(1, 12).Draw(t, "entries") {
			d := store.Deed{
				Tenant: rapid.SampledFrom(tenants).Draw(t, "tenant"), Actor: "p1", Action: "report.update", Object: "report:r1",
				When: day.Add(time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "when"))), Why: text.Draw(t, "why"), From: text.Draw(t, "from"),
			}
			if len(d.From) > 200 {
				d.From = ""
			}
			if err := s.Write(context.Background(), func(r store.Records) error {
				e, err := r.Audit.Append(context.Background(), d)
				if prev := last[d.Tenant]; err == nil && (e.Sequence != prev.Sequence+1 || e.Prev != prev.Hash || e.Hash != e.Sum()) {
					t.Fatalf("entry %d after %d does not continue the chain", e.Sequence, prev.Sequence)
				}
				last[d.Tenant] = e
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		read(t, s, func(ctx context.Context, r store.Records) error {
			for _, tenant := range tenants {
				var prev store.Entry
				if err := r.Audit.Walk(ctx, tenant, 1, func(e store.Entry) error {
					if e.Tenant != tenant || e.Sequence != prev.Sequence+1 || e.Prev != prev.Hash || e.Hash != e.Sum() {
						t.Fatalf("entry %d came back so that the chain does not hold", e.Sequence)
					}
					prev = e
					return nil
				}); err != nil {
					return err
				}
				head, err := r.Audit.Head(ctx, tenant)
				if err != nil || head.Sequence != prev.Sequence || head.Hash != prev.Hash || prev != last[tenant] {
					t.Fatalf("head %v, %v: want that of entry %d", head, err, last[tenant].Sequence)
				}
			}
			return nil
		})
	})
}

func auditList(t *testing.T, s store.Store) {
	write(t, s, func(ctx context.Context, r store.Records) error {
		for i := range store.MaxPage + 20 {
			d := NewDeed("main", []string{"report.add", "report.update"}[i%2], fmt.Sprint("r", i%5), day.Add(time.Duration(i)*time.Second))
			d.Actor = store.Actor(fmt.Sprint("p", i%3))
			if _, err := r.Audit.Append(ctx, d); err != nil {
				return err
			}
		}
		_, err := r.Audit.Append(ctx, NewDeed("other", "report.add", "r1", day))
		return err
	})
	for _, c := range []struct {
		name   string
		filter store.AuditFilter
		want   int
	}{
		{"all", store.AuditFilter{}, 520}, {"an actor", store.AuditFilter{Actor: "p1"}, 173}, {"an action", store.AuditFilter{Action: "report.add"}, 260},
		{"an object", store.AuditFilter{Object: "report:r1"}, 104}, {"an object and an action", store.AuditFilter{Object: "report:r1", Action: "report.add"}, 52},
		{"a time", store.AuditFilter{From: day.Add(10 * time.Second), Until: day.Add(20 * time.Second)}, 10}, {"nothing", store.AuditFilter{Object: "report:%"}, 0},
	} {
		for _, size := range []int{0, 7} {
			read(t, s, func(ctx context.Context, r store.Records) error {
				n, before := 0, int64(0)
				for {
					list, next, err := r.Audit.List(ctx, "main", c.filter, before, size)
					if err != nil {
						return err
					}
					for _, e := range list {
						if before != 0 && e.Sequence >= before || e.Hash != e.Sum() {
							t.Errorf("%s: entry %d after %d, or changed", c.name, e.Sequence, before)
						}
						before = e.Sequence
						n++
					}
					if next == 0 {
						break
					}
				}
				if n != c.want {
					t.Errorf("%s in pages of %d: %d entries: want %d", c.name, size, n, c.want)
				}
				return nil
			})
		}
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		heads, err := r.Audit.Heads(ctx)
		heads = slices.DeleteFunc(heads, func(h store.Head) bool { return h.Tenant == Elsewhere })
		if len(heads) != 2 || heads[0].Tenant != "main" || heads[0].Sequence != 520 || heads[1].Tenant != "other" || heads[1].Sequence != 1 {
			t.Errorf("heads: %v: want main:520 and other:1", heads)
		}
		walked, stop := 0, errors.New("enough")
		if err := r.Audit.Walk(ctx, "main", 510, func(e store.Entry) error {
			walked++
			if e.Sequence == 515 {
				return stop
			}
			return nil
		}); !errors.Is(err, stop) || walked != 6 {
			t.Errorf("a walk from 510 that stops at 515: %d entries, %v", walked, err)
		}
		return err
	})
	for name, spoil := range map[string]func(*store.Deed){
		"no actor": func(d *store.Deed) { d.Actor = "" }, "no action": func(d *store.Deed) { d.Action = "" },
		"no time": func(d *store.Deed) { d.When = time.Time{} }, "no tenant": func(d *store.Deed) { d.Tenant = "" },
		"a NUL": func(d *store.Deed) { d.Why = "a\x00b" },
	} {
		d := NewDeed("main", "report.add", "r1", day)
		spoil(&d)
		err := store.Change(t.Context(), s, d, func(store.Records) error { t.Errorf("%s: the change was begun", name); return nil })
		wantKind(t, name, err, fault.Invalid)
	}
}

func concurrentChain(t *testing.T, s store.Store) {
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("r%d-%d", w, i)
				if err := store.Change(t.Context(), s, NewDeed("main", "report.add", id, day), func(r store.Records) error {
					return r.Reports.Add(t.Context(), NewReport("main", id, day))
				}); err != nil {
					t.Errorf("add %s: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
	read(t, s, func(ctx context.Context, r store.Records) error {
		var prev store.Entry
		err := r.Audit.Walk(ctx, "main", 1, func(e store.Entry) error {
			if e.Sequence != prev.Sequence+1 || e.Prev != prev.Hash {
				t.Errorf("entry %d does not continue the chain", e.Sequence)
			}
			prev = e
			return nil
		})
		if prev.Sequence != writers*each {
			t.Errorf("%d entries: want %d", prev.Sequence, writers*each)
		}
		return err
	})
}
