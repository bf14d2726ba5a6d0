package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// termsOf makes the terms of words for a tenant.
func termsOf(t access.Tenant, words ...string) []store.Term {
	out := make([]store.Term, 0, len(words))
	for _, w := range words {
		out = append(out, store.NewTerm(t, w))
	}
	return out
}

// found lists the ids that a search gives over all its pages.
func found(t teller, s store.Store, tenant access.Tenant, terms []store.Term, f store.ReportFilter, size int) []string {
	t.Helper()
	var out []string
	page := store.Page{Limit: size}
	for range 1000 {
		read(t, s, func(ctx context.Context, r store.Records) error {
			list, next, err := r.Search.Reports(ctx, tenant, terms, f, page)
			for _, x := range list {
				if x.Tenant != tenant {
					t.Errorf("a search of %s gives a report of %s", tenant, x.Tenant)
				}
				out = append(out, string(x.ID))
			}
			page.After = next
			return err
		})
		if page.After.IsZero() {
			return out
		}
	}
	t.Fatalf("a search does not end")
	return nil
}

// searching: whatever terms reports have, a search gives those that have all
// that it asks for and pass the filter, newest first, each once, in pages of any
// size.
func searching(t *testing.T, s store.Store) {
	vocabulary := []string{"注文", "番号", "konto", "n:55501234", "m:a@b.example", "'; --", "", "x", "y", "z"}
	tenants := 0
	rapid.Check(t, func(t *rapid.T) {
		tenants++
		tenant := access.Tenant(fmt.Sprint("t", tenants))
		has := map[string][]string{}
		var all []store.Report
		for i := range rapid.IntRange(0, 15).Draw(t, "reports") {
			x := anyReport(t, tenant, fmt.Sprint("r", i))
			x.Created = day.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "when")) * time.Microsecond)
			all = append(all, x)
			has[string(x.ID)] = rapid.SliceOfDistinct(rapid.SampledFrom(vocabulary), rapid.ID[string]).Draw(t, "terms")
		}
		add(t, s, all...)
		write(t, s, func(ctx context.Context, r store.Records) error {
			for _, x := range all {
				if err := r.Search.Put(ctx, tenant, x.ID, termsOf(tenant, has[string(x.ID)]...), 1); err != nil {
					return err
				}
			}
			return nil
		})
		words := rapid.SliceOfNDistinct(rapid.SampledFrom(vocabulary), 1, store.MaxSearchTerms, rapid.ID[string]).Draw(t, "query")
		filter := store.ReportFilter{
			Status: rapid.SampledFrom(append(store.ReportStatuses(), "", "", "")).Draw(t, "status"),
			Lang:   rapid.SampledFrom([]string{"", "", "de"}).Draw(t, "lang"),
			From:   rapid.SampledFrom([]time.Time{{}, day.Add(time.Microsecond)}).Draw(t, "from"),
			Until:  rapid.SampledFrom([]time.Time{{}, day.Add(3 * time.Microsecond)}).Draw(t, "until"),
		}
		slices.SortFunc(all, func(a, b store.Report) int {
			if c := b.Created.Compare(a.Created); c != 0 {
				return c
			}
			return strings.Compare(string(b.ID), string(a.ID))
		})
		var want []string
		for _, x := range all {
			if match(filter, x) && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(has[string(x.ID)], w) }) {
				want = append(want, string(x.ID))
			}
		}
		if got := found(t, s, tenant, termsOf(tenant, words...), filter, rapid.IntRange(1, 5).Draw(t, "size")); !slices.Equal(got, want) {
			t.Fatalf("a search for %q with %+v gives %v: want %v", words, filter, got, want)
		}
	})
}

// searchKept: terms take the place of those before, go with their report, and
// are not found by another tenant; what is not indexed is named.
func searchKept(t *testing.T, s store.Store) {
	add(t, s, NewReport("main", "r1", day), NewReport("other", "r1", day))
	stale := func(version int64) (out []store.ReportName) {
		read(t, s, func(ctx context.Context, r store.Records) (err error) {
			// One after the other, so that each is given once.
			for after := (store.ReportName{}); ; after = out[len(out)-1] {
				next, err := r.Search.Stale(ctx, version, after, 1)
				if err != nil || len(next) == 0 {
					return err
				}
				if out = append(out, next...); len(out) > 1000 {
					return errors.New("it never ends")
				}
			}
		})
		// A copy with contents is tried too: its reports are not this test's.
		return slices.DeleteFunc(out, func(n store.ReportName) bool { return n.Tenant == Elsewhere })
	}
	if got := stale(1); len(got) != 2 {
		t.Errorf("not indexed: %v, want both", got)
	}
	put := func(tenant access.Tenant, words ...string) {
		write(t, s, func(ctx context.Context, r store.Records) error {
			return r.Search.Put(ctx, tenant, "r1", termsOf(tenant, words...), 1)
		})
	}
	put("main", "old", "both")
	put("main", "new", "both", "both")
	put("other")
	if got := stale(1); len(got) != 0 {
		t.Errorf("still not indexed: %v", got)
	}
	if got := stale(2); len(got) != 2 {
		t.Errorf("of an older version: %v, want both", got)
	}
	for word, n := range map[string]int{"old": 0, "new": 1, "both": 1} {
		if got := found(t, s, "main", termsOf("main", word), store.ReportFilter{}, 5); len(got) != n {
			t.Errorf("%q finds %v: want %d", word, got, n)
		}
		// Not even the terms of one tenant lead another to its reports.
		if got := found(t, s, "other", termsOf("main", word), store.ReportFilter{}, 5); len(got) != 0 {
			t.Errorf("%q finds %v for another tenant", word, got)
		}
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Search.Drop(ctx, "other", "r1")
		if n != 0 {
			t.Errorf("%d terms dropped of another tenant's report of that name", n)
		}
		wantKind(t, "terms of what is not there", r.Search.Put(ctx, "main", "r9", termsOf("main", "x"), 1), fault.NotFound)
		return errors.Join(err, r.Reports.Erase(ctx, "main", "r1"))
	})
	add(t, s, NewReport("main", "r1", day))
	if got := found(t, s, "main", termsOf("main", "new"), store.ReportFilter{}, 5); len(got) != 0 {
		t.Errorf("an erased report left what it is found by")
	}
	for what, terms := range map[string][]store.Term{"none": nil, "no hash": {"short"}, "two in one": {store.NewTerm("main", "a") + store.NewTerm("main", "b")}, "no text": {"注文注文1234"}} {
		err := s.Read(t.Context(), func(r store.Records) error {
			_, _, err := r.Search.Reports(t.Context(), "main", terms, store.ReportFilter{}, store.Page{})
			return err
		})
		wantKind(t, what, err, fault.Invalid)
	}
}

// searchMany: a report of as many terms as may be, and a search that looks at
// more reports than one page may, ends and finds what is far behind.
func searchMany(t *testing.T, s store.Store) {
	words := make([]string, store.MaxTerms)
	for i := range words {
		words[i] = fmt.Sprint("word", i)
	}
	add(t, s, NewReport("main", "first", day))
	write(t, s, func(ctx context.Context, r store.Records) error {
		return r.Search.Put(ctx, "main", "first", termsOf("main", words...), 1)
	})
	for _, w := range []string{words[0], words[len(words)-1]} {
		if got := found(t, s, "main", termsOf("main", w), store.ReportFilter{}, 5); len(got) != 1 {
			t.Errorf("%s finds %v", w, got)
		}
	}
	err := s.Write(t.Context(), func(r store.Records) error {
		return r.Search.Put(t.Context(), "main", "first", termsOf("main", append(words, "more")...), 1)
	})
	wantKind(t, "too many terms", err, fault.TooLarge)
	const many = store.MaxScan + 10
	write(t, s, func(ctx context.Context, r store.Records) error {
		for i := range many {
			x := NewReport("main", fmt.Sprint("r", i), day.Add(time.Duration(i+1)*time.Second))
			x.Text = "short"
			if err := r.Reports.Add(ctx, x); err != nil {
				return err
			}
			if err := r.Search.Put(ctx, "main", x.ID, termsOf("main", words[0]), 1); err != nil {
				return err
			}
		}
		return r.Search.Put(ctx, "main", "r3", termsOf("main", words[0], words[1]), 1)
	})
	// Both words are frequent enough that the search goes down the first one.
	if got := found(t, s, "main", termsOf("main", words[0]), store.ReportFilter{Lang: "ja"}, 5); len(got) != 0 {
		t.Errorf("a search for nothing finds %v", got)
	}
	if got := found(t, s, "main", termsOf("main", words[0]), store.ReportFilter{}, store.MaxPage); len(got) != many+1 {
		t.Errorf("%d found: want %d", len(got), many+1)
	}
	if got := found(t, s, "main", termsOf("main", words[0], words[1]), store.ReportFilter{}, 5); !slices.Equal(got, []string{"r3", "first"}) {
		t.Errorf("both words: %v", got)
	}
}
