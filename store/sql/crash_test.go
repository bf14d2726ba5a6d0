package sql_test

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

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

var kills = flag.Int("kills", 10, "how often TestKill ends the writing process, or the database, with SIGKILL; each time in the midst of about a hundred writes")

// The variables by which a test starts itself a second time as a writer.
const (
	crashDSN    = "BONAFIDE_TEST_CRASH_DSN"
	crashRun    = "BONAFIDE_TEST_CRASH_RUN"
	crashWrites = "BONAFIDE_TEST_CRASH_WRITES"
)

// TestCrashWriter is no test but the process that TestKill and TestSync start:
// it writes pairs of reports, each pair with its audit entry in one transaction,
// and says "ack" and the pair's name once it is acknowledged. With a number of
// writes there is one writer, which stops then; else four, which do not.
func TestCrashWriter(t *testing.T) {
	dsn, run := os.Getenv(crashDSN), os.Getenv(crashRun)
	if dsn == "" {
		t.Skip("not a test: the writer that TestKill and TestSync start")
	}
	writers, writes := 4, 1<<30
	if n, err := strconv.Atoi(os.Getenv(crashWrites)); err == nil {
		writers, writes = 1, n
	}
	s, err := sql.Open(context.Background(), sql.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range writes {
				pair := fmt.Sprintf("%s-%d-%d", run, w, i)
				if err := store.Change(context.Background(), s, storetest.NewDeed("main", "report.add", pair, noon), func(r store.Records) error {
					for _, half := range []string{"a", "b"} {
						x := storetest.NewReport("main", pair+half, noon)
						x.Text = strings.Repeat(pair, 50)
						if err := r.Reports.Add(context.Background(), x); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					return // the database was killed
				}
				_, _ = os.Stdout.WriteString("ack " + pair + "\n")
			}
		})
	}
	wg.Wait()
	_ = s.Close()
}

// writer starts the writer; trace are words to put before its command.
func writer(dsn, run string, trace ...string) *exec.Cmd {
	args := append(trace, os.Args[0], "-test.run=^TestCrashWriter$", "-test.count=1")
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), crashDSN+"="+dsn, crashRun+"="+run)
	return c
}

// TestKill ends the writing process, or all of PostgreSQL, with SIGKILL at
// random moments. Nothing that was acknowledged is lost, no pair is half there,
// each has its audit entry, and the chain holds. A longer run:
//
//	go test ./store/sql -run TestKill -kills 100
func TestKill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		dsn := e.DSN(t)
		var acked []string
		for k := range *kills {
			c := writer(dsn, fmt.Sprint("run", k))
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			lines, after := bufio.NewScanner(out), 1+rand.IntN(200)
			for n := 0; lines.Scan(); {
				pair, ok := strings.CutPrefix(lines.Text(), "ack ")
				if !ok {
					continue
				}
				acked = append(acked, pair)
				if n++; n != after {
					continue // what is still in the pipe after the kill was acknowledged, too
				}
				if e.Postgres != nil && k%2 == 1 {
					e.Postgres.Crash()
				}
				_ = c.Process.Kill()
			}
			_ = c.Process.Kill()
			_ = c.Wait()
			if e.Postgres != nil && k%2 == 1 {
				e.Postgres.Start(t)
			}
			intact(t, e, dsn, acked)
			if t.Failed() {
				t.Fatalf("after kill %d of %d", k+1, *kills)
			}
		}
		if len(acked) < 10**kills {
			t.Errorf("only %d writes were acknowledged in %d runs: this tested nothing", len(acked), *kills)
		}
		t.Logf("%d kills, %d writes acknowledged, none lost", *kills, len(acked))
	})
}

// intact checks what a killed process left.
func intact(t *testing.T, e storetest.Engine, dsn string, acked []string) {
	t.Helper()
	s, err := sql.Open(t.Context(), sql.Config{DSN: dsn})
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	defer func() { _ = s.Close() }()
	results, err := custody.New(s).Verify(t.Context(), custody.Scope{})
	if err != nil || len(results) != 1 || results[0].Broken != nil {
		t.Fatalf("the audit chain after a kill: %+v, %v", results, err)
	}
	entries := map[string]bool{}
	err = s.Read(t.Context(), func(r store.Records) error {
		n, err := r.Reports.Count(t.Context(), "main", store.ReportFilter{})
		if err != nil || n != 2*results[0].Entries {
			t.Errorf("%d reports with %d entries, %v: want a pair for each entry", n, results[0].Entries, err)
		}
		return r.Audit.Walk(t.Context(), "main", 1, func(x store.Entry) error {
			entries[strings.TrimPrefix(x.Object, "report:")] = true
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	present := map[store.ReportID]bool{}
	for key := (store.Key{}); ; {
		var list []store.Report
		if err := s.Read(t.Context(), func(r store.Records) (err error) {
			list, key, err = r.Reports.List(t.Context(), access.Tenant("main"), store.ReportFilter{}, store.Page{After: key})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			present[x.ID] = true
		}
		if key.IsZero() {
			break
		}
	}
	for _, pair := range acked {
		if !present[store.ReportID(pair+"a")] || !present[store.ReportID(pair+"b")] || !entries[pair] {
			t.Errorf("%s was acknowledged and is lost (first half %v, second %v, entry %v)", pair,
				present[store.ReportID(pair+"a")], present[store.ReportID(pair+"b")], entries[pair])
		}
	}
}

// TestSync reads a trace of system calls: before each acknowledgement the log of
// the database was synced to the disk. A killed process alone does not show it,
// as the kernel keeps what was written.
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
	run := func(t *testing.T, c *exec.Cmd) {
		t.Helper()
		c.Env = append(c.Env, crashWrites+"="+strconv.Itoa(writes))
		if out, err := c.CombinedOutput(); err != nil || strings.Count(string(out), "ack ") != writes {
			t.Fatalf("the writer: %v\n%s", err, out)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		dsn, file := storetest.SQLite().DSN(t), filepath.Join(t.TempDir(), "trace")
		run(t, writer(dsn, "run", strace, "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", file))
		synced(t, file, `-wal>`, regexp.MustCompile(`write\(1<.*"ack `), writes)
	})
	t.Run("postgres", func(t *testing.T) {
		p := storetest.StartPostgres(t, strace, "-f", "-y", "-e", "trace=fsync,fdatasync,sendto", "-o", "trace")
		run(t, writer(p.DSN(t), "run"))
		p.Crash()
		synced(t, filepath.Join(p.Dir(), "trace"), `/pg_wal/`, regexp.MustCompile(`sendto\(.*"C.*COMMIT\\0`), writes)
	})
}

// synced checks that before each of the last acknowledgements in a trace, and
// after the one before it, a sync of the log had ended well.
func synced(t *testing.T, file, log string, ack *regexp.Regexp, want int) {
	t.Helper()
	raw, err := os.ReadFile(file)
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
			pending[pid] = strings.Contains(call, log)
		case sync && strings.Contains(call, log) && strings.HasSuffix(call, "= 0"):
			n++
		case pending[pid] && strings.Contains(call, "sync resumed>") && strings.HasSuffix(call, "= 0"):
			pending[pid] = false
			n++
		case ack.MatchString(call):
			syncs = append(syncs, n)
			n = 0
		}
	}
	if len(syncs) < want {
		t.Fatalf("the trace shows %d acknowledgements: want %d", len(syncs), want)
	}
	for i, n := range syncs[len(syncs)-want:] {
		if n == 0 {
			t.Errorf("acknowledgement %d of %d was given without a sync of the log", i+1, want)
		}
	}
}
