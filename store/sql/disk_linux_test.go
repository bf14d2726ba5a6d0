package sql_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

// TestDiskFull: a full disk is said as such and the store is not ready, nothing
// half is kept, what is kept can be read, and when there is room again the same
// store goes on.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): what a full one does is not shown", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, 0) })
	s, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(disk, "bonafide.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	change := func(id string) error {
		return store.Change(t.Context(), s, storetest.NewDeed("main", "report.add", id, noon), func(r store.Records) error {
			x := storetest.NewReport("main", id, noon)
			x.Text = strings.Repeat("x", 20_000)
			return r.Reports.Add(t.Context(), x)
		})
	}
	count := func() (n int64) {
		t.Helper()
		if err := s.Read(t.Context(), func(r store.Records) (err error) {
			n, err = r.Reports.Count(t.Context(), "main", store.ReportFilter{})
			head, _ := r.Audit.Head(t.Context(), "main")
			if n != head.Sequence {
				t.Errorf("%d reports with %d entries", n, head.Sequence)
			}
			return err
		}); err != nil {
			t.Errorf("reading what is kept: %v", err)
		}
		return n
	}
	if err := change("before"); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 4<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	for what, err := range map[string]error{"change": change("during"), "ping": s.Ping(t.Context())} {
		if fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("%s on a full disk: %v: want that the disk is full, Temporary", what, err)
		}
	}
	if n := count(); n != 1 {
		t.Errorf("%d reports are kept: want the one from before", n)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping when there is room again: %v", err)
	}
	if err := change("after"); err != nil || count() != 2 {
		t.Errorf("a change when there is room again: %v; %d reports", err, count())
	}
}
