package jetstream_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/eventlog/logtest"
	"bonafide/outside/crashtest"
)

var kills = flag.Int("kills", 10, "how often TestKill ends the writing process with SIGKILL, each time in the midst of about a hundred appends")

// TestCrashWriter is no test but the process that TestKill and TestSync start:
// it appends events, each named by its key and number.
func TestCrashWriter(t *testing.T) {
	crashtest.Write(t, func(t *testing.T, dir, run string) func(int, int) (string, error) {
		l := open(t, jetstream.Options{Dir: dir, Partitions: 2})
		return func(w, i int) (string, error) {
			key := fmt.Sprintf("%s-%d", run, w)
			_, err := l.Append(context.Background(), logtest.Event(key, i))
			if err != nil {
				t.Error(err)
			}
			return key + " " + strconv.Itoa(i), err
		}
	})
}

// TestKill ends the writing process with SIGKILL at random moments. No event
// that was acknowledged is lost, none is there twice, and what is sent again,
// acknowledged or not, is there once. A longer run:
//
//	go test ./eventlog/jetstream -run TestKill -kills 100
func TestKill(t *testing.T) {
	dir, total := t.TempDir(), 0
	for k := range *kills {
		acked := map[string]int{} // events of a key, from 0
		for _, name := range crashtest.Kill(t, crashtest.Writer(dir, fmt.Sprint("run", k)), nil) {
			key, _, _ := strings.Cut(name, " ")
			acked[key]++
		}
		total += intact(t, dir, acked)
		if t.Failed() {
			t.Fatalf("after kill %d of %d", k+1, *kills)
		}
	}
	if total < 10**kills {
		t.Errorf("only %d appends were acknowledged in %d runs: this tested nothing", total, *kills)
	}
	t.Logf("%d kills, %d appends acknowledged, none lost, none doubled", *kills, total)
}

// intact checks what a killed process left, and sends its last events again. It
// returns how many were acknowledged.
func intact(t *testing.T, dir string, acked map[string]int) (total int) {
	t.Helper()
	results, err := jetstream.Verify(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Broken != "" {
			t.Errorf("verify: %+v", r)
		}
	}
	l := open(t, jetstream.Options{Dir: dir})
	for key, n := range acked {
		total += n
		for i := max(0, n-3); i <= n; i++ { // the last was not acknowledged
			r, err := l.Append(t.Context(), logtest.Event(key, i))
			if err != nil || i < n && !r[0].Repeated {
				t.Errorf("%s/%d sent again: %+v, %v: want it known", key, i, r, err)
			}
		}
	}
	next := map[string]int{}
	for p := range l.Partitions() {
		for _, r := range logtest.All(t, l, p) {
			want := logtest.Event(r.Key, next[r.Key])
			if r.ID != want.ID || string(r.Data) != string(want.Data) {
				t.Errorf("of %s came %s: want %s: lost, doubled or out of order", r.Key, r.ID, want.ID)
			}
			next[r.Key]++
		}
	}
	for key, n := range acked {
		if next[key] < n {
			t.Errorf("of %s %d events were acknowledged and %d are there", key, n, next[key])
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	return total
}

// TestSync reads a trace of system calls: before each acknowledgement the file
// of the partition was synced to the disk. A killed process alone does not show
// it, as the kernel keeps what was written.
func TestSync(t *testing.T) {
	const writes = 25
	file := filepath.Join(t.TempDir(), "trace")
	crashtest.Finish(t, crashtest.Writer(t.TempDir(), "run", crashtest.Strace(t), "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", file), writes)
	crashtest.Synced(t, file, ".blk>", crashtest.Acked(), writes)
}

var _ eventlog.Log = (*jetstream.Log)(nil)
