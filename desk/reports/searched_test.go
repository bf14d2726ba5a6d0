package reports_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/reports"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// searches are the entries of searches in the chain of main, newest first.
func (o *office) searches() []store.Entry {
	o.t.Helper()
	var out []store.Entry
	if err := o.db.Read(o.t.Context(), func(r store.Records) (err error) {
		out, _, err = r.Audit.List(o.t.Context(), "main", store.AuditFilter{Action: "report.search"}, 0, 0)
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
	return out
}

// TestSearchLeavesAnEntry: who searched for what kind of thing stands in the
// audit, what they searched for does not.
func TestSearchLeavesAnEntry(t *testing.T) {
	o := founded(t, storetest.SQLite().Open(t))
	o.send(letter)
	ask := func(a access.Actor, q reports.Query) error { _, err := o.List(t.Context(), a, q); return err }
	for _, c := range []struct{ q, why string }{
		{"030 55501234", "number"}, {"anna@schmidt.example", "mail address"}, {"schmidt.example", "domain"}, {"konto gesperrt", "word"},
		{"注文", "word"}, {"Schmidt 112-1234567-7654321 schmidt.example", "domain, number, word"},
	} {
		n := len(o.searches())
		if err := ask(analyst, reports.Query{Search: c.q}); err != nil {
			t.Fatalf("%q: %v", c.q, err)
		}
		list := o.searches()
		if len(list) != n+1 || list[0].Why != c.why || list[0].Actor != "p-main" || list[0].From != analyst.From {
			t.Errorf("%q left %d entries, the last %+v: want one that says %q", c.q, len(list)-n, list[0], c.why)
		}
	}
	for _, e := range o.searches() {
		for _, bad := range []string{"555", "anna", "schmidt", "konto", "注文", "112"} {
			if strings.Contains(strings.ToLower(e.Why+e.Object+e.From+string(e.Actor)), bad) {
				t.Errorf("an entry holds what was searched for: %+v", e)
			}
		}
	}
	n := len(o.searches())
	// A key that somebody made up is no way around the entry.
	if err := ask(analyst, reports.Query{Search: "konto", Page: store.Page{After: store.Key{When: noon.AddDate(9, 0, 0), ID: "x"}}}); err != nil || len(o.searches()) != n+1 {
		t.Errorf("a page after a made-up key: %v, %d entries more", err, len(o.searches())-n)
	}
	for what, err := range map[string]error{"a list": ask(analyst, reports.Query{}), "a shopper": ask(someone("main", access.Shopper), reports.Query{Search: "konto"})} {
		if err != nil || len(o.searches()) != n+1 {
			t.Errorf("%s: %v, %d entries more", what, err, len(o.searches())-n-1)
		}
	}
	if err := ask(someone("main", access.Editor), reports.Query{Search: "konto"}); fault.KindOf(err) != fault.Forbidden || len(o.searches()) != n+1 {
		t.Errorf("who may not search: %v", err)
	}
}

// TestSearchesDoNotBuryTheAudit: a program that searches all day makes a bounded
// number of entries, which tell how often it searched.
func TestSearchesDoNotBuryTheAudit(t *testing.T) {
	o := founded(t, storetest.SQLite().Open(t))
	search := func() {
		t.Helper()
		if _, err := o.List(t.Context(), analyst, reports.Query{Search: "konto"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 25 {
		search()
	}
	if n := len(o.searches()); n != 20 {
		t.Errorf("25 searches in a minute made %d entries, want 20", n)
	}
	o.now = noon.Add(2 * time.Minute)
	search()
	if list := o.searches(); len(list) != 21 || list[0].Why != "word; 5 more before without an entry of their own" {
		t.Errorf("the next one: %d entries, %q", len(list), list[0].Why)
	}
	for range 24 {
		search()
	}
	o.now = noon.Add(4 * time.Minute)
	for range 2 { // once is enough
		if err := o.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if list := o.searches(); len(list) != 41 || list[0].Why != "5 more before without an entry of their own" || list[0].Actor != "p-main" {
		t.Errorf("after it stopped: %d entries, %+v", len(list), list[0])
	}
}

// full is a store to which nothing can be written.
type full struct{ store.Store }

func (full) Write(context.Context, func(store.Records) error) error {
	return fault.New(fault.Temporary, "", "the disk is full")
}

// TestNoSearchWithoutEntry: where it cannot be written down nothing is searched;
// lists, which name nobody, go on.
func TestNoSearchWithoutEntry(t *testing.T) {
	db := storetest.SQLite().Open(t)
	id := founded(t, db).send(letter)
	o := open(t, full{db})
	if list, err := o.List(t.Context(), analyst, reports.Query{Search: "konto"}); fault.KindOf(err) != fault.Temporary || len(list.Reports) > 0 {
		t.Errorf("a search: %v, %d reports", err, len(list.Reports))
	}
	if list, err := o.List(t.Context(), analyst, reports.Query{}); err != nil || len(list.Reports) != 1 {
		t.Errorf("a list: %v, %d reports", err, len(list.Reports))
	}
	if v, err := o.Open(t.Context(), analyst, id); err != nil || !v.Masked {
		t.Errorf("one, masked: %v", err)
	}
}
