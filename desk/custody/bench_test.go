package custody_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/desk/custody"
	"bonafide/store"
	"bonafide/store/storetest"
)

var records = flag.Int("records", 1000, "how many reports of 1 kB, each with its audit entry, BenchmarkMove moves")

// BenchmarkMove tells how long a backup and its restore take.
func BenchmarkMove(b *testing.B) {
	pg := storetest.StartPostgres(b)
	for _, e := range []storetest.Engine{storetest.SQLite(), {Name: "postgres", DSN: pg.DSN, Postgres: pg}} {
		b.Run(e.Name, func(b *testing.B) {
			s := e.Open(b)
			for done := 0; done < *records; done += 5000 {
				if err := s.Write(b.Context(), func(r store.Records) error {
					for i := done; i < min(*records, done+5000); i++ {
						x := storetest.NewReport("main", fmt.Sprint("r", i), noon)
						x.Text = strings.Repeat("a report of words ", 55)
						if err := r.Reports.Add(b.Context(), x); err != nil {
							return err
						}
						if _, err := r.Audit.Append(b.Context(), storetest.NewDeed("main", "report.add", string(x.ID), noon)); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				f, err := os.Create(filepath.Join(b.TempDir(), "backup.ndjson"))
				if err != nil {
					b.Fatal(err)
				}
				begun := time.Now()
				if _, err := custody.New(s).Backup(b.Context(), noon, f); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(begun).Seconds(), "s/backup")
				if _, err := f.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				target := e.Open(b)
				begun = time.Now()
				if _, err := custody.New(target).Restore(b.Context(), f); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(begun).Seconds(), "s/restore")
				_ = f.Close()
			}
		})
	}
}
