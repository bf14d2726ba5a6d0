// Package crashtest ends a process in the midst of its writes and reads traces of its
// system calls, for tests that nothing which was acknowledged is lost.
//
// The process is the test's own binary, started a second time at TestCrashWriter. What
// is written and what has to be left after a kill is the test's. Only tests import it.
//
//	func TestCrashWriter(t *testing.T) {
//		crashtest.Write(t, func(t *testing.T, where, run string) func(writer, i int) (string, error) {
//			log := open(t, where)
//			return func(w, i int) (string, error) { return name(w, i), log.Append(name(w, i)) }
//		})
//	}
//	acked := crashtest.Kill(t, crashtest.Writer(dir, "run1"), nil)
package crashtest

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The variables by which a test tells the process that it starts what to do.
const (
	where  = "BONAFIDE_TEST_CRASH_WHERE"
	run    = "BONAFIDE_TEST_CRASH_RUN"
	writes = "BONAFIDE_TEST_CRASH_WRITES"
)

// ack is what a line of the process begins with that names an acknowledged write.
const ack = "ack "

// Write is the body of TestCrashWriter, which is skipped where nobody started it: it
// opens what is written to and then writes with four writers until it is killed, or
// with one as often as Sync asks. Each write returns its name; an error ends its writer.
func Write(t *testing.T, open func(t *testing.T, where, run string) func(writer, i int) (string, error)) {
	at := os.Getenv(where)
	if at == "" {
		t.Skip("not a test: the writer that TestKill and TestSync start")
	}
	writers, most := 4, 1<<30
	if n, err := strconv.Atoi(os.Getenv(writes)); err == nil {
		writers, most = 1, n
	}
	write := open(t, at, os.Getenv(run))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range most {
				name, err := write(w, i)
				if err != nil {
					return // what it writes to was killed
				}
				_, _ = os.Stdout.WriteString(ack + name + "\n")
			}
		})
	}
	wg.Wait()
}

// Writer is the process that writes to a place; trace are words to put before its
// command.
func Writer(at, name string, trace ...string) *exec.Cmd {
	args := append(trace, os.Args[0], "-test.run=^TestCrashWriter$", "-test.count=1")
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), where+"="+at, run+"="+name)
	return c
}

// Kill starts the process and ends it with SIGKILL after some of its writes, at random
// 1 to 200. before, if set, is called first then. It returns the names of all writes
// that were acknowledged, those included that were in the pipe still.
func Kill(t *testing.T, c *exec.Cmd, before func()) (acked []string) {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines, after := bufio.NewScanner(out), 1+rand.IntN(200)
	for lines.Scan() {
		name, ok := strings.CutPrefix(lines.Text(), ack)
		if !ok {
			continue
		}
		if acked = append(acked, name); len(acked) != after {
			continue
		}
		if before != nil {
			before()
		}
		_ = c.Process.Kill()
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	return acked
}

// Strace is the path of strace; where there is none, or it may not trace, the test is
// skipped, but for want of it in CI: a killed process alone does not show that writes reach the disk, as the
// kernel keeps them.
func Strace(t *testing.T) string {
	t.Helper()
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
	return strace
}

// Finish lets the process write so often and end.
func Finish(t *testing.T, c *exec.Cmd, n int) {
	t.Helper()
	c.Env = append(c.Env, writes+"="+strconv.Itoa(n))
	if out, err := c.CombinedOutput(); err != nil || strings.Count(string(out), ack) != n {
		t.Fatalf("the writer: %v\n%s", err, out)
	}
}

// Acked is how an acknowledgement of Write stands in a trace.
func Acked() *regexp.Regexp { return regexp.MustCompile(`write\(1<.*"ack `) }

// Synced checks that before each of the last acknowledgements in a trace, and after the
// one before it, a sync of a file had ended well; file is a part of its name as the
// trace has it.
func Synced(t *testing.T, trace, file string, acked *regexp.Regexp, want int) {
	t.Helper()
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	var syncs []int // how many syncs ended before each acknowledgement
	pending, n := map[string]bool{}, 0
	for _, line := range strings.Split(string(raw), "\n") {
		pid, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		sync := strings.HasPrefix(call, "fdatasync(") || strings.HasPrefix(call, "fsync(")
		switch {
		case sync && strings.HasSuffix(call, "<unfinished ...>"):
			pending[pid] = strings.Contains(call, file)
		case sync && strings.Contains(call, file) && strings.HasSuffix(call, "= 0"):
			n++
		case pending[pid] && strings.Contains(call, "sync resumed>") && strings.HasSuffix(call, "= 0"):
			pending[pid] = false
			n++
		case acked.MatchString(call):
			syncs = append(syncs, n)
			n = 0
		}
	}
	if len(syncs) < want {
		t.Fatalf("the trace shows %d acknowledgements: want %d", len(syncs), want)
	}
	for i, n := range syncs[len(syncs)-want:] {
		if n == 0 {
			t.Errorf("acknowledgement %d of %d was given without a sync of %s", i+1, want, file)
		}
	}
}
