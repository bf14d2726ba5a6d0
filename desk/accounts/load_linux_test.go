package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bonafide/desk/accounts"
	"bonafide/eventlog/jetstream"
	"bonafide/fault"
)

// TestFullDisk: a full disk is said as such; what was acknowledged before is
// decided and known, what was refused can be sent again when there is room, and
// then all is decided as without the trouble.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): what a full one does is not shown", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	events := chain("a1", 0)
	ref := newShop(t)
	want := whole(ref.send(ref.desk(), boss, events...).Answers)
	s := newShop(t)
	log, err := jetstream.Open(t.Context(), jetstream.Options{Dir: filepath.Join(disk, "log"), Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	s.log = log
	d := s.desk()
	s.send(d, boss, events[:3]...)
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 16<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	refused := 0
	for i := range 200 { // the log has some room of its own
		b := accounts.Batch{Body: lines(chain(fmt.Sprint("x", i, strings.Repeat("x", 100)), 0)...)}
		_, err := d.Submit(t.Context(), boss, b)
		if err == nil {
			continue
		}
		if refused++; fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("on a full disk: %v", err)
		}
		if refused == 3 {
			break
		}
	}
	if refused == 0 {
		t.Fatal("nothing was refused: the test shows nothing")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "there is room again", func() bool {
		_, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(events[3:]...)})
		return err == nil
	})
	got := s.send(d, boss, events...)
	if got.Repeated != len(events) || whole(got.Answers) != want {
		t.Errorf("%d known, decided otherwise than without the trouble:\n%s\nwant\n%s", got.Repeated, whole(got.Answers), want)
	}
}
