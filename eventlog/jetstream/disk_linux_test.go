package jetstream_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/eventlog/logtest"
	"bonafide/fault"
)

// TestDiskFull: a full disk is said as such, nothing acknowledged is lost, and
// when there is room again the same log goes on by itself.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): what a full one does is not shown", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	dir := filepath.Join(disk, "log")
	l := open(t, jetstream.Options{Dir: dir, Partitions: 1})
	event := func(n int) eventlog.Event {
		e := logtest.Event("a", n)
		e.Data = make([]byte, 100_000)
		return e
	}
	if _, err := l.Append(t.Context(), event(0)); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 16<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	acked, failed := 1, 0
	for range 20 {
		if _, err := l.Append(t.Context(), event(acked)); err == nil {
			acked++
			continue
		} else if fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("append on a full disk: %v: want that the disk is full, Temporary", err)
		}
		failed++
		time.Sleep(20 * time.Millisecond)
	}
	if err := l.Ping(t.Context()); failed == 0 || err == nil {
		t.Errorf("%d appends failed, ping says %v: want both to see a full disk", failed, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	time.Sleep(250 * time.Millisecond)
	for n := range acked + 3 { // all again, and three more
		r, err := l.Append(t.Context(), event(n))
		if err != nil || n < acked && !r[0].Repeated {
			t.Errorf("append %d when there is room again: %+v, %v", n, r, err)
		}
	}
	for n, r := range logtest.All(t, l, 0) {
		if r.ID != event(n).ID {
			t.Errorf("record %d is %s", n, r.ID)
		}
	}
	if err := l.Ping(t.Context()); err != nil {
		t.Errorf("ping when there is room again: %v", err)
	}
}
