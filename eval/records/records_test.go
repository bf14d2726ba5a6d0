package records_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/contact/term"
	"bonafide/data"
	"bonafide/eval/records"
	"bonafide/server"
	"bonafide/store"
)

// TestMade: the same seed makes the same reports, each can be kept, and what a
// sample says that it is found by stands in its text.
func TestMade(t *testing.T) {
	tables, err := term.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	with := map[string]int{}
	for i := range 300 {
		s := records.Made(7, i)
		if again := records.Made(7, i); again.Report.Text != s.Report.Text || again.Report.ID != s.Report.ID || again.Spoken != s.Spoken {
			t.Fatalf("report %d is another the second time", i)
		}
		if err := s.Report.Check(); err != nil {
			t.Fatalf("report %d: %v", i, err)
		}
		if strings.ContainsAny(s.Report.Text, "{}") {
			t.Errorf("report %d has an empty slot: %s", i, s.Report.Text)
		}
		of := map[string]bool{}
		for _, x := range tables.Of(s.Report.Text, s.Report.Country) {
			of[x] = true
		}
		for name, q := range map[string]string{"number": s.Number, "spoken": s.Spoken, "order": s.Order, "mail": s.Mail, "domain": s.Domain, "words": s.Words, "pair": s.Pair, "run": s.Run} {
			if q == "" {
				continue
			}
			with[name]++
			asked, err := tables.Query(q, s.Report.Country, store.MaxSearchTerms)
			if err != nil {
				t.Fatalf("%s %q: %v", name, q, err)
			}
			for _, x := range asked.Terms {
				if !of[x] {
					t.Errorf("report %d is not found by its %s %q (%s): %s", i, name, q, x, s.Report.Text)
				}
			}
		}
	}
	if len(with) != 8 {
		t.Errorf("samples of %v: a kind is missing", with)
	}
}

// TestMeasure: the whole server over few reports; a run that was broken off goes
// on, and a second one uses what is there.
func TestMeasure(t *testing.T) {
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Store.DSN = false, filepath.Join(t.TempDir(), "eval.db")
	db, err := server.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables, err := term.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	const many = 400
	for _, n := range []int{150, many, many} {
		if err := records.Fill(t.Context(), db, tables, records.FillOptions{Reports: n, Seed: 7}); err != nil {
			t.Fatal(err)
		}
	}
	if err := records.Fill(t.Context(), db, tables, records.FillOptions{Reports: many, Seed: 8}); err == nil {
		t.Error("reports of another seed were taken for these")
	}
	desk, err := server.People(cfg, db)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(cfg, server.Options{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	house := records.House{Handler: srv.Handler(), Crew: desk, Engine: "SQLite", Reports: many, Seed: 7}
	var r *records.Result
	for range 2 { // the second time the person is there
		if r, err = records.Measure(t.Context(), house, records.Options{People: 1, Every: 20 * time.Millisecond, For: 100 * time.Millisecond, Searches: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if r.Failed > 0 || len(r.Pages) < 2 || len(r.Searches) < 10 || r.Pages[len(r.Pages)-1].Count != 5 {
		t.Errorf("%d failed, pages %+v", r.Failed, r.Pages)
	}
	for _, l := range r.Searches {
		if l.Wrong > 0 || l.Count == 0 || l.P50 > l.P95 || l.P95 > l.P99 || l.P99 > l.Max {
			t.Errorf("%+v", l)
		}
	}
	var text, raw bytes.Buffer
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "| number in another writing | 1 |") {
		t.Errorf("%v\n%s", err, &text)
	}
	var back records.Result
	if err := r.WriteJSON(&raw); err != nil || json.Unmarshal(raw.Bytes(), &back) != nil || len(back.Searches) != len(r.Searches) {
		t.Errorf("%v\n%s", err, &raw)
	}
}

// TestGood: a bar that is missed, something that failed and a search that finds
// nothing are told.
func TestGood(t *testing.T) {
	good := func() *records.Result {
		return &records.Result{Pages: []records.Line{{Kind: "one report", P95: 500}, {Kind: "all pages", P95: 199}}, Searches: []records.Line{{Kind: "order", P95: 99}}}
	}
	if !good().Good() {
		t.Error("a good result")
	}
	for what, spoil := range map[string]func(*records.Result){
		"slow pages": func(r *records.Result) { r.Pages[1].P95 = 201 }, "a slow search": func(r *records.Result) { r.Searches[0].P95 = 101 },
		"a search that found nothing": func(r *records.Result) { r.Searches[0].Wrong = 1 }, "a failure": func(r *records.Result) { r.Failed = 1 },
		"nothing measured": func(r *records.Result) { r.Searches = nil },
	} {
		r := good()
		if spoil(r); r.Good() {
			t.Error(what + " is good")
		}
	}
}
