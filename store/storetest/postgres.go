package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Postgres is a PostgreSQL of its own for tests: a cluster in a temporary
// folder that listens on a Unix socket in it and nowhere else. It syncs as in
// earnest. It is stopped and removed with the test.
type Postgres struct {
	dir, bin string
	run      *syscall.SysProcAttr
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	// ended is closed when the server has ended.
	ended     <-chan struct{}
	log       bytes.Buffer
	databases atomic.Int64
	// trace are words to put before the server's command, such as strace.
	trace []string
}

// StartPostgres makes and starts a PostgreSQL. Where none is installed the test
// is skipped; with CI=true it fails, so that nobody takes a skipped test for a
// passed one. trace are words to put before the server's command.
func StartPostgres(t testing.TB, trace ...string) *Postgres {
	t.Helper()
	bin := findPostgres()
	if bin == "" {
		missing(t, "PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql): run scripts/install-test-tools")
	}
	dir, err := os.MkdirTemp("", "bonafide-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &Postgres{dir: dir, bin: bin, run: &syscall.SysProcAttr{Setpgid: true}, trace: trace}
	if os.Geteuid() == 0 { // initdb refuses to run as root
		uid, gid, err := unprivileged()
		if err != nil {
			missing(t, "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: "+err.Error())
		}
		p.run.Credential = &syscall.Credential{Uid: uid, Gid: gid}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", p.data(), "-U", "bonafide", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	init.SysProcAttr, init.Dir = p.run, dir
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	t.Cleanup(p.Crash)
	p.Start(t)
	return p
}

// missing skips a test, or fails it in CI.
func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// findPostgres returns the folder of the programs, "" if there is none.
func findPostgres() string {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	found = append(found, "/usr/local/bin/initdb")
	sort.Sort(sort.Reverse(sort.StringSlice(found)))
	for _, p := range found {
		if _, err := os.Stat(p); err == nil {
			return filepath.Dir(p)
		}
	}
	return ""
}

// unprivileged returns a user that a server may run as.
func unprivileged() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		var u *user.User
		if u, err = user.Lookup(name); err != nil {
			continue
		}
		id, bad := strconv.ParseUint(u.Uid, 10, 32)
		group, worse := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(id), uint32(group), errors.Join(bad, worse)
	}
	return 0, 0, err
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// Start starts the server after Crash or Stop, and waits until it answers.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	for range 3 { // after a crash the processes of the old one may take a moment to be gone
		if p.start(t) {
			return
		}
		p.Crash()
		time.Sleep(500 * time.Millisecond)
	}
	t.Fatalf("PostgreSQL did not start:\n%s", p.log.String())
}

// watched runs a command and ends it when standard input does: when this
// process ends, however it does, its server goes with it.
const watched = `exec 3<&0; (read -r _ <&3; kill -INT $$) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-`

func (p *Postgres) start(t testing.TB) bool {
	t.Helper()
	args := append([]string{"-c", watched, "sh"}, p.trace...)
	args = append(args, filepath.Join(p.bin, "postgres"), "-D", p.data(), "-k", p.dir, "-c", "listen_addresses=",
		"-c", "shared_buffers=32MB", "-c", "max_connections=60", "-c", "log_checkpoints=off")
	p.cmd = exec.Command("sh", args...)
	attr := *p.run
	p.cmd.SysProcAttr, p.cmd.Dir = &attr, p.dir
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.WaitDelay = time.Second
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	p.ended = ended
	cmd := p.cmd
	go func() { _ = cmd.Wait(); close(ended) }()
	for range 600 {
		if exec.Command(filepath.Join(p.bin, "pg_isready"), "-q", "-h", p.dir, "-U", "bonafide", "-d", "postgres").Run() == nil {
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return false
}

// Crash ends all processes of the server with SIGKILL: what they had not handed
// to the kernel is lost.
func (p *Postgres) Crash() {
	if p.cmd == nil {
		return
	}
	raw, _ := os.ReadFile(filepath.Join(p.data(), "postmaster.pid"))
	first, _, _ := strings.Cut(string(raw), "\n")
	server, _ := strconv.Atoi(first)
	if server > 1 {
		for _, pid := range append([]int{server}, children(server)...) { // each child is in a session of its own
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	p.Stop()
}

// children lists the processes that a process started, where /proc tells.
func children(pid int) []int {
	var out []int
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		raw, _ := os.ReadFile(list)
		for _, s := range strings.Fields(string(raw)) {
			if n, err := strconv.Atoi(s); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// Dir is the folder of the server, in which it was started and may write.
func (p *Postgres) Dir() string { return p.dir }

// Stop ends the server in good order.
func (p *Postgres) Stop() {
	if p.cmd == nil {
		return
	}
	_ = p.stdin.Close()
	<-p.ended
	p.cmd = nil
}

// DSN makes an empty database and returns its address.
func (p *Postgres) DSN(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("t%d", p.databases.Add(1))
	if out, err := exec.Command(filepath.Join(p.bin, "createdb"), "-h", p.dir, "-U", "bonafide", name).CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, out)
	}
	return "postgres:///" + name + "?host=" + p.dir + "&user=bonafide"
}

// Exec runs a statement in a database that DSN gave, as somebody with psql
// would, past all of our code.
func (p *Postgres) Exec(t testing.TB, dsn, statement string) {
	t.Helper()
	out, err := exec.Command(filepath.Join(p.bin, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-c", statement).CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}
