package sql_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

// TestUpgradeFromEveryVersion: a database of each version that ever was, with
// the rows of testdata/upgrade as that version wrote them, opens with this
// program, keeps its rows, and takes new ones.
func TestUpgradeFromEveryVersion(t *testing.T) {
	versions, err := sql.Versions()
	if err != nil || len(versions) < 2 {
		t.Fatalf("versions %v, %v", versions, err)
	}
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		for n := range len(versions) + 1 {
			from := int64(0)
			if n > 0 {
				from = versions[n-1]
			}
			t.Run(fmt.Sprintf("from %05d", from), func(t *testing.T) { upgrade(t, e, versions[:n]) })
		}
	})
}

func upgrade(t *testing.T, e storetest.Engine, versions []int64) {
	ctx, dsn := t.Context(), e.DSN(t)
	before := map[string]int{}
	for _, v := range versions {
		d, err := sql.Early(ctx, dsn, v)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := os.ReadFile(filepath.Join("testdata", "upgrade", fmt.Sprintf("%05d.sql", v)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := d.Raw(ctx, string(rows)); err != nil {
			t.Fatalf("rows of version %d: %v", v, err)
		}
		if before, err = d.Rows(ctx); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d, err := sql.Open(ctx, sql.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	after, err := d.Rows(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for table, n := range before {
		if after[table] != n {
			t.Errorf("table %s had %d rows and has %d", table, n, after[table])
		}
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if err := store.Change(ctx, d, storetest.NewDeed("main", "report.add", "new", now), func(r store.Records) error {
		if len(versions) > 0 {
			x, err := r.Reports.Get(ctx, "main", "old-1")
			if err != nil || !strings.HasSuffix(x.Text, "注文") || x.Revision != 3 || len(x.Codes) != 1 || x.Created.UnixMicro() != 1795340000000000 {
				t.Errorf("the report of the first version reads as %+v, %v", x, err)
			}
		}
		return r.Reports.Add(ctx, storetest.NewReport("main", "new", now))
	}); err != nil {
		t.Errorf("a change after the upgrade: %v", err)
	}
}

// TestNewerTables: a program that is older than the tables keeps its hands off.
func TestNewerTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		ctx, dsn := t.Context(), e.DSN(t)
		d, err := sql.Open(ctx, sql.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		applied := "1"
		if e.Name == "postgres" {
			applied = "true"
		}
		if err := d.Raw(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, "+applied+")"); err != nil {
			t.Fatal(err)
		}
		for _, existing := range []bool{false, true} {
			_, err = sql.Open(ctx, sql.Config{DSN: dsn, Existing: existing})
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "newer Bonafide") {
				t.Errorf("existing %v: error %v: want that the records are of a newer Bonafide", existing, err)
			}
		}
	})
}

// TestAStepThatIsMissing: tables that lack a step and have later ones are refused,
// and the operator is told which, and what to do; nothing is changed.
func TestAStepThatIsMissing(t *testing.T) {
	versions, err := sql.Versions()
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		ctx := t.Context()
		for name, c := range map[string]struct{ last, missing int }{
			"of the newest tables": {len(versions) - 1, len(versions) - 2},
			"of older ones":        {len(versions) - 2, 3},
		} {
			t.Run(name, func(t *testing.T) {
				dsn := e.DSN(t)
				d, err := sql.Early(ctx, dsn, versions[c.last])
				if err != nil {
					t.Fatal(err)
				}
				if err := d.Raw(ctx, fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id = %d", versions[c.missing])); err != nil {
					t.Fatal(err)
				}
				_ = d.Close()
				step, last := fmt.Sprintf("on which %05d_", versions[c.missing]), fmt.Sprintf("up to %05d were taken", versions[c.last])
				for _, existing := range []bool{false, true} {
					_, err = sql.Open(ctx, sql.Config{DSN: dsn, Existing: existing})
					if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), step) || !strings.Contains(err.Error(), last) || !strings.Contains(err.Error(), "restore a backup") {
						t.Errorf("existing %v: error %v: want which step is missing, and what to do", existing, err)
					}
				}
			})
		}
	})
}

// TestTwoServersStartTogether: whoever comes second finds the tables made.
func TestTwoServersStartTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		dsn := e.DSN(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				d, err := sql.Open(t.Context(), sql.Config{DSN: dsn})
				if err != nil {
					t.Errorf("one of four that start together: %v", err)
					return
				}
				if err := d.Ping(t.Context()); err != nil {
					t.Errorf("ping: %v", err)
				}
				_ = d.Close()
			})
		}
		wg.Wait()
	})
}
