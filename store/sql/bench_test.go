package sql_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

var records = flag.Int("records", 20_000, "how many reports the benchmarks work on")

// BenchmarkRecords measures a change, and the reads of a list page and a detail
// page. Over a million reports:
//
//	go test ./store/sql -run '^$' -bench Records -records 1000000 -timeout 1h
func BenchmarkRecords(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			e := storetest.SQLite()
			if name == "postgres" {
				p := storetest.StartPostgres(b)
				e = storetest.Engine{Name: name, DSN: p.DSN, Postgres: p}
			}
			dsn := e.DSN(b)
			s, err := sql.Open(b.Context(), sql.Config{DSN: dsn})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			fill(b, s)
			if e.Postgres != nil {
				e.Exec(b, dsn, "ANALYZE")
			}
			measure(b, s)
		})
	}
}

// fill keeps the reports, one in a thousand of a rare channel and state.
func fill(b *testing.B, s store.Store) {
	b.Helper()
	for i := 0; i < *records; {
		if err := s.Write(b.Context(), func(r store.Records) error {
			for range 5000 {
				x := storetest.NewReport("main", fmt.Sprintf("r%08d", i), noon.Add(time.Duration(i)*time.Second))
				x.Text = "AMZ: order #MFHG38Z $763 call 1-888-555-0147 if this was not you. Our security team is waiting for your call now."
				x.Status = store.ReportDone
				if i%1000 == 0 {
					x.Status, x.Channel = store.ReportNew, contact.Letter
				}
				if err := r.Reports.Add(b.Context(), x); err != nil {
					return err
				}
				if i++; i >= *records {
					break
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// measure runs the benchmarks.
func measure(b *testing.B, s store.Store) {
	page := func(f store.ReportFilter, p store.Page) func(int) error {
		return func(int) error {
			return s.Read(b.Context(), func(r store.Records) error {
				_, _, err := r.Reports.List(b.Context(), "main", f, p)
				return err
			})
		}
	}
	middle := store.Key{When: noon.Add(time.Duration(*records/2) * time.Second), ID: "r"}
	for _, c := range []struct {
		name string
		do   func(i int) error
	}{
		{"change with its entry", func(i int) error {
			id := fmt.Sprintf("b%d-%d", time.Now().UnixNano(), i)
			return store.Change(b.Context(), s, storetest.NewDeed("main", "report.add", id, noon), func(r store.Records) error {
				return r.Reports.Add(b.Context(), storetest.NewReport("main", id, noon))
			})
		}},
		{"one report", func(i int) error {
			return s.Read(b.Context(), func(r store.Records) error {
				_, err := r.Reports.Get(b.Context(), "main", store.ReportID(fmt.Sprintf("r%08d", i*7919%*records)))
				return err
			})
		}},
		{"first page of 50", page(store.ReportFilter{}, store.Page{Limit: 50})},
		{"page of 50 in the middle", page(store.ReportFilter{}, store.Page{Limit: 50, After: middle})},
		{"page of 50 of a rare state", page(store.ReportFilter{Status: store.ReportNew}, store.Page{Limit: 50})},
		{"page of 50 of a rare channel", page(store.ReportFilter{Channel: contact.Letter}, store.Page{Limit: 50})},
		{"page of what is not there", page(store.ReportFilter{Outcome: verdict.Genuine}, store.Page{Limit: 50})},
		{"count of a state", func(int) error {
			return s.Read(b.Context(), func(r store.Records) error {
				_, err := r.Reports.Count(b.Context(), "main", store.ReportFilter{Status: store.ReportNew})
				return err
			})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if err := c.do(i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
