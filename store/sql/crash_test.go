package sql_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/outside/crashtest"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

var kills = flag.Int("kills", 10, "how often TestKill ends the writing process, or the database, with SIGKILL; each time in the midst of about a hundred writes")

// TestCrashWriter is no test but the process that TestKill and TestSync start:
// it writes pairs of reports, each pair with its audit entry in one transaction.
func TestCrashWriter(t *testing.T) {
	crashtest.Write(t, func(t *testing.T, dsn, run string) func(int, int) (string, error) {
		s, err := sql.Open(context.Background(), sql.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return func(w, i int) (string, error) {
			pair := fmt.Sprintf("%s-%d-%d", run, w, i)
			return pair, store.Change(context.Background(), s, storetest.NewDeed("main", "report.add", pair, noon), func(r store.Records) error {
				for _, half := range []string{"a", "b"} {
					x := storetest.NewReport("main", pair+half, noon)
					x.Text = strings.Repeat(pair, 50)
					if err := r.Reports.Add(context.Background(), x); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
}

// TestKill ends the writing process, or all of PostgreSQL, with SIGKILL at
// random moments. Nothing that was acknowledged is lost, no pair is half there,
// each has its audit entry, and the chain holds. A longer run:
//
//	go test ./store/sql -run TestKill -kills 100
func TestKill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		dsn := e.DSN(t)
		var acked []string
		for k := range *kills {
			acked = append(acked, crashtest.Kill(t, crashtest.Writer(dsn, fmt.Sprint("run", k)), func() {
				if e.Postgres != nil && k%2 == 1 {
					e.Postgres.Crash()
				}
			})...)
			if e.Postgres != nil && k%2 == 1 {
				e.Postgres.Start(t)
			}
			intact(t, e, dsn, acked)
			if t.Failed() {
				t.Fatalf("after kill %d of %d", k+1, *kills)
			}
		}
		if len(acked) < 10**kills {
			t.Errorf("only %d writes were acknowledged in %d runs: this tested nothing", len(acked), *kills)
		}
		t.Logf("%d kills, %d writes acknowledged, none lost", *kills, len(acked))
	})
}

// intact checks what a killed process left.
func intact(t *testing.T, e storetest.Engine, dsn string, acked []string) {
	t.Helper()
	s, err := sql.Open(t.Context(), sql.Config{DSN: dsn})
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	defer func() { _ = s.Close() }()
	results, err := custody.New(s).Verify(t.Context(), custody.Scope{})
	if err != nil || len(results) != 1 || results[0].Broken != nil {
		t.Fatalf("the audit chain after a kill: %+v, %v", results, err)
	}
	entries := map[string]bool{}
	err = s.Read(t.Context(), func(r store.Records) error {
		n, err := r.Reports.Count(t.Context(), "main", store.ReportFilter{})
		if err != nil || n != 2*results[0].Entries {
			t.Errorf("%d reports with %d entries, %v: want a pair for each entry", n, results[0].Entries, err)
		}
		return r.Audit.Walk(t.Context(), "main", 1, func(x store.Entry) error {
			entries[strings.TrimPrefix(x.Object, "report:")] = true
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	present := map[store.ReportID]bool{}
	for key := (store.Key{}); ; {
		var list []store.Report
		if err := s.Read(t.Context(), func(r store.Records) (err error) {
			list, key, err = r.Reports.List(t.Context(), access.Tenant("main"), store.ReportFilter{}, store.Page{After: key})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			present[x.ID] = true
		}
		if key.IsZero() {
			break
		}
	}
	for _, pair := range acked {
		if !present[store.ReportID(pair+"a")] || !present[store.ReportID(pair+"b")] || !entries[pair] {
			t.Errorf("%s was acknowledged and is lost (first half %v, second %v, entry %v)", pair,
				present[store.ReportID(pair+"a")], present[store.ReportID(pair+"b")], entries[pair])
		}
	}
}

// TestSync reads a trace of system calls: before each acknowledgement the log of
// the database was synced to the disk. A killed process alone does not show it,
// as the kernel keeps what was written.
func TestSync(t *testing.T) {
	strace := crashtest.Strace(t)
	const writes = 25
	t.Run("sqlite", func(t *testing.T) {
		dsn, file := storetest.SQLite().DSN(t), filepath.Join(t.TempDir(), "trace")
		crashtest.Finish(t, crashtest.Writer(dsn, "run", strace, "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", file), writes)
		crashtest.Synced(t, file, `-wal>`, crashtest.Acked(), writes)
	})
	t.Run("postgres", func(t *testing.T) {
		p := storetest.StartPostgres(t, strace, "-f", "-y", "-e", "trace=fsync,fdatasync,sendto", "-o", "trace")
		crashtest.Finish(t, crashtest.Writer(p.DSN(t), "run"), writes)
		p.Crash()
		crashtest.Synced(t, filepath.Join(p.Dir(), "trace"), `/pg_wal/`, regexp.MustCompile(`sendto\(.*"C.*COMMIT\\0`), writes)
	})
}
