package people_test

import (
	"path/filepath"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/store"
	"bonafide/store/sql"
)

// TestLetInWhileOthersWrite: while somebody writes for long, in this process or in
// another such as an import, people and programs are let in as ever; only that
// they were here is not written down.
func TestLetInWhileOthersWrite(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "people.db")
	r := newRigAt(t, dsn)
	ctx := ctxOf(t)
	r.founded()
	ann := r.hired(people.Who{Actor: people.Console("main")}, "ann@shop.example", access.Analyst)
	secret, _, err := r.MakeKey(ctx, r.who(ann), people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 9})
	must(t, secret, err)
	elsewhere, err := sql.Open(ctx, sql.Config{DSN: dsn, Existing: true})
	must(t, elsewhere, err)
	t.Cleanup(func() { _ = elsewhere.Close() })
	for what, writer := range map[string]store.Store{"here": r.store, "in another process": elsewhere} {
		t.Run(what, func(t *testing.T) {
			r.clock.on(2 * time.Minute)
			began, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			go func() {
				done <- writer.Write(ctx, func(store.Records) error { close(began); <-end; return nil })
			}()
			<-began
			start := time.Now()
			_, err := r.Who(ctx, ann.Token, home)
			_, failed := r.Program(ctx, secret, home)
			if err != nil || failed != nil {
				t.Errorf("who is there: %v, %v", err, failed)
			}
			if took := time.Since(start); took > 8*time.Second { // SQLite's own patience is ten
				t.Errorf("they were let in after %v: want at once", took)
			}
			close(end)
			must(t, 0, <-done)
		})
	}
}
