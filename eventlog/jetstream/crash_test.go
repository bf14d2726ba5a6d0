package jetstream_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/eventlog/logtest"
)

var kills = flag.Int("kills", 10, "how often TestKill ends the writing process with SIGKILL, each time in the midst of about a hundred appends")

// The variables by which a test starts itself a second time as a writer.
const (
	crashDir    = "BONAFIDE_TEST_LOG_DIR"
	crashRun    = "BONAFIDE_TEST_LOG_RUN"
	crashWrites = "BONAFIDE_TEST_LOG_WRITES"
)

// TestCrashWriter is no test but the process that TestKill and TestSync start:
// it appends events and says "ack", their key and number once they are
// acknowledged. With a number of writes there is one writer, which stops then;
// else four, which do not.
func TestCrashWriter(t *testing.T) {
	dir, run := os.Getenv(crashDir), os.Getenv(crashRun)
	if dir == "" {
		t.Skip("not a test: the writer that TestKill and TestSync start")
	}
	writers, writes := 4, 1<<30
	if n, err := strconv.Atoi(os.Getenv(crashWrites)); err == nil {
		writers, writes = 1, n
	}
	l := open(t, jetstream.Options{Dir: dir, Partitions: 2})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			key := fmt.Sprintf("%s-%d", run, w)
			for i := range writes {
				if _, err := l.Append(context.Background(), logtest.Event(key, i)); err != nil {
					t.Error(err)
					return
				}
				_, _ = os.Stdout.WriteString("ack " + key + " " + strconv.Itoa(i) + "\n")
			}
		})
	}
	wg.Wait()
}

// writer starts the writer; trace are words to put before its command.
func writer(dir, run string, trace ...string) *exec.Cmd {
	args := append(trace, os.Args[0], "-test.run=^TestCrashWriter$", "-test.count=1")
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), crashDir+"="+dir, crashRun+"="+run)
	return c
}

// TestKill ends the writing process with SIGKILL at random moments. No event
// that was acknowledged is lost, none is there twice, and what is sent again,
// acknowledged or not, is there once. A longer run:
//
//	go test ./eventlog/jetstream -run TestKill -kills 100
func TestKill(t *testing.T) {
	dir, total := t.TempDir(), 0
	for k := range *kills {
		c := writer(dir, fmt.Sprint("run", k))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		acked := map[string]int{} // events of a key, from 0
		lines, after := bufio.NewScanner(out), 1+rand.IntN(200)
		for n := 0; lines.Scan(); {
			f := strings.Fields(lines.Text())
			if len(f) != 3 || f[0] != "ack" {
				continue
			}
			acked[f[1]]++
			if n++; n == after {
				_ = c.Process.Kill() // what is still in the pipe was acknowledged, too
			}
		}
		_ = c.Wait()
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
	strace, err := exec.LookPath("strace")
	if err != nil {
		const why = "strace is not installed: that each acknowledgement waits for the disk is not shown here (scripts/install-test-tools)"
		if os.Getenv("CI") == "true" { // where it is installed before
			t.Fatal(why)
		}
		t.Skip(why)
	}
	if out, err := exec.Command(strace, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: that each acknowledgement waits for the disk is not shown here (%s)", strings.TrimSpace(string(out)))
	}
	const writes = 25
	file := filepath.Join(t.TempDir(), "trace")
	c := writer(t.TempDir(), "run", strace, "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", file)
	c.Env = append(c.Env, crashWrites+"="+strconv.Itoa(writes))
	if out, err := c.CombinedOutput(); err != nil || strings.Count(string(out), "ack ") != writes {
		t.Fatalf("the writer: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	synced, acks, pending := 0, 0, map[string]bool{}
	ack := regexp.MustCompile(`^write\(1<.*"ack `)
	for _, line := range strings.Split(string(raw), "\n") {
		pid, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		sync := strings.HasPrefix(call, "fsync(") || strings.HasPrefix(call, "fdatasync(")
		block := strings.Contains(call, ".blk>")
		switch {
		case sync && strings.HasSuffix(call, "<unfinished ...>"):
			pending[pid] = block
		case sync && block && strings.HasSuffix(call, "= 0"):
			synced++
		case pending[pid] && strings.Contains(call, "sync resumed>") && strings.HasSuffix(call, "= 0"):
			pending[pid] = false
			synced++
		case ack.MatchString(call):
			if acks++; synced == 0 {
				t.Errorf("acknowledgement %d was given without a sync of the partition", acks)
			}
			synced = 0
		}
	}
	if acks != writes {
		t.Errorf("the trace shows %d acknowledgements: want %d", acks, writes)
	}
}

var _ eventlog.Log = (*jetstream.Log)(nil)
