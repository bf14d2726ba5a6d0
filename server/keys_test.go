package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sealed"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

// TestKeyringAtTheStart: the first start makes the keyring beside the records; a
// start without it, or with another, is refused once values are sealed; what was
// kept before there was one is sealed by the server.
func TestKeyringAtTheStart(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Store.DSN = false, filepath.Join(dir, "records", "bonafide.db")
	day := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	db, err := sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(ctx, func(r store.Records) error { return r.Reports.Add(ctx, storetest.NewReport("main", "r1", day)) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.KeyFile() != filepath.Join(dir, "records", "keyring.json") {
		t.Errorf("the keyring is at %s: want beside the records", cfg.KeyFile())
	}
	srv, err := New(cfg, Options{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	srv.sealPlain(ctx)
	if err := s.Write(ctx, func(r store.Records) error {
		return r.Search.Put(ctx, "main", "r1", []store.Term{store.NewTerm("main", "x")}, 1)
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.(*sealed.Store).Store.Read(ctx, func(r store.Records) error {
		x, err := r.Reports.Get(ctx, "main", "r1")
		if !keyring.IsSealed(x.Text) {
			t.Errorf("after the start a report of before stands as %q", x.Text)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ring, err := os.ReadFile(cfg.KeyFile())
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, want string, cfg config.Config) {
		t.Helper()
		s, err := OpenStore(ctx, cfg)
		if err == nil {
			_ = s.Close()
		}
		if fault.KindOf(err) != fault.NotConfigured || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want that it is refused with %q", what, err, want)
		}
	}
	elsewhere := cfg
	elsewhere.Keys.File = filepath.Join(dir, "none", "keyring.json")
	refused("no keyring", "names no keyring", elsewhere)
	if _, err := os.Stat(elsewhere.Keys.File); err == nil {
		t.Error("a keyring was made over records that another one sealed")
	}
	fresh := config.Default()
	fresh.Store.DSN = filepath.Join(dir, "fresh", "bonafide.db")
	if s, err = OpenStore(ctx, fresh); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	other := cfg
	other.Keys.File = fresh.KeyFile()
	refused("another keyring", "lack key", other)
	given := elsewhere
	given.Keys.File, given.Keys.Ring = "", string(ring)
	if s, err = OpenStore(ctx, given); err != nil {
		t.Fatalf("the keyring as a text: %v", err)
	}
	_ = s.Close()
	d, done, err := Keys(context.Background(), given)
	if err != nil {
		t.Fatal(err)
	}
	if keys, plain, err := d.List(ctx); err != nil || len(keys) != 1 || plain != 0 || keys[0].Values != 2 {
		t.Errorf("the keys: %+v, %d plain, %v: want one that seals a text and the key of the index", keys, plain, err)
	}
	if _, err := d.Add(ctx); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a keyring that was given as a text was changed: %v", err)
	}
	if err := done(); err != nil {
		t.Error(err)
	}
}
