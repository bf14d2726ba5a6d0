package sql_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestWrongAddresses: each says what to do, and none repeats the address, which
// may hold a password.
func TestWrongAddresses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "hunter2", "none.db")
	file := filepath.Join(t.TempDir(), "hunter2")
	if err := os.WriteFile(file, []byte("this is no database, hunter2, and it is longer than a header of one, so that it is read as such"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dsn string
		existing  bool
		kind      fault.Kind
	}{
		{"empty", "", false, fault.Invalid},
		{"another kind", "mysql://root:hunter2@localhost/x", false, fault.Invalid},
		{"broken", "postgres://root:hunter2@localhost:port/x", false, fault.Invalid},
		{"nobody there", "postgres://root:hunter2@127.0.0.1:1/x", false, fault.Temporary},
		{"no file yet", missing, true, fault.NotFound},
		{"a file below a file", filepath.Join(file, "x.db"), false, fault.Invalid},
		{"no database", file, false, fault.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := sql.Open(t.Context(), sql.Config{DSN: c.dsn, Existing: c.existing})
			if err == nil {
				_ = d.Close()
				t.Fatal("it was opened")
			}
			if fault.KindOf(err) != c.kind || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), ":") {
				t.Errorf("kind %d, %v: want kind %d and no part of the address", fault.KindOf(err), err, c.kind)
			}
		})
	}
	if _, err := os.Stat(filepath.Dir(missing)); err == nil {
		t.Error("looking at records made a folder")
	}
}

// TestFileOfItsOwner: nobody else on the machine can read the records.
func TestFileOfItsOwner(t *testing.T) {
	e := storetest.SQLite()
	dsn := e.DSN(t)
	s := e.OpenAt(t, "sqlite:"+dsn)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dsn, dsn + "-wal", dsn + "-shm", filepath.Dir(dsn)} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has rights %v: want its owner's only", filepath.Base(name), info.Mode().Perm())
		}
	}
}

// TestErasedIsOverwritten: the text of an erased report is not in the file any
// more, once the log was written back (Close does).
func TestErasedIsOverwritten(t *testing.T) {
	e := storetest.SQLite()
	dsn := e.DSN(t)
	s := e.OpenAt(t, dsn)
	x := storetest.NewReport("main", "r1", noon)
	x.Text = strings.Repeat("Erika Mustermann, Heidestraße 17. ", 300)
	if err := s.Write(t.Context(), func(r store.Records) error { return r.Reports.Add(t.Context(), x) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(r store.Records) error { return r.Reports.Erase(t.Context(), "main", "r1") }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "Mustermann") {
		t.Error("the text of an erased report is still in the file")
	}
}

// TestPostgresGone: without the server every call says so soon, and when it is
// back the same store goes on.
func TestPostgresGone(t *testing.T) {
	p := storetest.StartPostgres(t)
	s, err := sql.Open(t.Context(), sql.Config{DSN: p.DSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	change := func(id string) error {
		return store.Change(t.Context(), s, storetest.NewDeed("main", "report.add", id, noon), func(r store.Records) error {
			return r.Reports.Add(t.Context(), storetest.NewReport("main", id, noon))
		})
	}
	if err := change("r1"); err != nil {
		t.Fatal(err)
	}
	for round, end := range []func(){p.Stop, p.Crash} {
		end()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		for name, err := range map[string]error{"ping": s.Ping(ctx), "change": change("r2"),
			"read": s.Read(ctx, func(store.Records) error { return nil })} {
			if fault.KindOf(err) != fault.Temporary {
				t.Errorf("%s without the server: %v: want a Temporary error", name, err)
			}
		}
		cancel()
		p.Start(t)
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping when the server is back: %v", err)
		}
		if err := change([]string{"r3", "r4"}[round]); err != nil {
			t.Errorf("a change when the server is back: %v", err)
		}
	}
	// The server ends a connection in the middle of a transaction.
	err = s.Write(t.Context(), func(r store.Records) error {
		p.Crash()
		return r.Reports.Add(t.Context(), storetest.NewReport("main", "r5", noon))
	})
	if fault.KindOf(err) != fault.Temporary {
		t.Errorf("a change during which the server went away: %v: want a Temporary error", err)
	}
}

// TestPostgresThatForgets: a server that acknowledges what is not on disk is
// refused.
func TestPostgresThatForgets(t *testing.T) {
	p := storetest.StartPostgres(t)
	dsn := p.DSN(t)
	_, err := sql.Open(t.Context(), sql.Config{DSN: dsn + "&synchronous_commit=off"})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("error %v: want that synchronous_commit is off", err)
	}
}
