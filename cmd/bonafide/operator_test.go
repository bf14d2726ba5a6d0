package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bonafide/store/storetest"
)

// asProgram lets the test binary be the program.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// operator is somebody with a folder, the program in it and docs/operate.md.
type operator struct {
	t    *testing.T
	dir  string
	base string
	env  []string
	page string
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	raw, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{t: t, dir: t.TempDir(), page: string(raw)}
	if err := os.Mkdir(filepath.Join(o.dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	program := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, self)
	if err := os.WriteFile(filepath.Join(o.dir, "bin", "bonafide"), []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	_ = ln.Close()
	o.base = "http://localhost:" + port
	o.env = append(os.Environ(), "PATH="+filepath.Join(o.dir, "bin")+":"+os.Getenv("PATH"), "BONAFIDE_SERVER_ADDRESS=127.0.0.1:"+port,
		"BONAFIDE_SERVER_METRICS_ADDRESS=", "BONAFIDE_OCR_ENABLED=false")
	return o
}

// commands are the blocks of commands of a section.
func (o *operator) commands(heading string) []string {
	o.t.Helper()
	_, section, ok := strings.Cut(o.page, "\n## "+heading+"\n")
	if !ok {
		o.t.Fatalf("docs/operate.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var out []string
	for _, b := range strings.Split(section, "```sh\n")[1:] {
		block, _, _ := strings.Cut(b, "```")
		out = append(out, block)
	}
	return out
}

// run runs commands as they stand there.
func (o *operator) run(commands string) string {
	o.t.Helper()
	c := exec.CommandContext(o.t.Context(), "sh", "-e", "-c", commands)
	c.Dir, c.Env = o.dir, o.env
	out, err := c.CombinedOutput()
	if err != nil {
		o.t.Fatalf("%v\n%s\nsays\n%s", err, commands, out)
	}
	return string(out)
}

// screen is what the server prints; it is read while it prints.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }
func (s *screen) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

// serve starts the server with a command and waits until it answers.
func (o *operator) serve(command string, env ...string) (printed *screen, stop func()) {
	o.t.Helper()
	printed = &screen{}
	c := exec.Command("sh", "-c", "exec "+command)
	c.Dir, c.Env, c.Stdout, c.Stderr = o.dir, append(o.env, env...), printed, printed
	if err := c.Start(); err != nil {
		o.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			_ = c.Process.Signal(syscall.SIGTERM)
			if err := <-ended; err != nil {
				o.t.Errorf("the server ended with %v:\n%s", err, printed)
			}
		})
	}
	o.t.Cleanup(stop)
	for range 600 {
		if len(ended) > 0 {
			break
		}
		if res, err := http.Get(o.base + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return printed, stop
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	o.t.Fatalf("the server does not answer:\n%s", printed)
	return nil, nil
}

// browser is a new browser; it follows where it is sent.
func (o *operator) browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar}
}

// at opens a page or sends a form, and returns where the browser arrived.
func (o *operator) at(c *http.Client, path string, form url.Values) (arrived, body string) {
	o.t.Helper()
	var res *http.Response
	var err error
	if form == nil {
		res, err = c.Get(o.base + path)
	} else {
		res, err = c.PostForm(o.base+path, form)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		o.t.Fatalf("%s: %d, %v\n%.500s", path, res.StatusCode, err, raw)
	}
	return res.Request.URL.Path, string(raw)
}

const operatorPassword = "four words nobody says"

// logsIn logs the administrator in at a server.
func (o *operator) logsIn() {
	o.t.Helper()
	arrived, body := o.at(o.browser(), "/login", url.Values{"login": {"you@example.com"}, "password": {operatorPassword}})
	if arrived != "/account" || !strings.Contains(body, "Our shop") {
		o.t.Errorf("the log-in arrived at %s", arrived)
	}
}

// TestNewOperator: somebody new follows docs/operate.md word by word: from the
// first start to the first page, to a backup and back, and to PostgreSQL; at each
// end they log in.
func TestNewOperator(t *testing.T) {
	o := newOperator(t)
	first := o.commands("From a fresh clone to the first page")
	if len(first) != 2 || first[0] != "make build\nbin/bonafide serve\n" {
		t.Fatalf("other commands than this test knows: %q", first)
	}
	if makefile, err := os.ReadFile("../../Makefile"); err != nil || !strings.Contains(string(makefile), "\nbuild:\n") || !strings.Contains(string(makefile), "bin/bonafide") {
		t.Errorf("make build does not make bin/bonafide: %v", err)
	}
	printed, stop := o.serve("bin/bonafide serve")
	code := regexp.MustCompile(`\n    ([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})\n`).FindStringSubmatch(printed.String())
	if code == nil || !strings.Contains(printed.String(), o.base+"/setup") {
		t.Fatalf("no code and address of the set-up were printed:\n%s", printed)
	}
	me := o.browser()
	if _, body := o.at(me, "/setup", nil); !strings.Contains(body, `name="code"`) {
		t.Error("the page of the set-up does not ask for the code")
	}
	arrived, body := o.at(me, "/setup", url.Values{"code": {code[1]}, "tenant": {"main"}, "tenant_name": {"Our shop"}, "login": {"first@example.com"}, "name": {"First"}, "password": {operatorPassword}})
	if arrived == "/setup" || !strings.Contains(body, "First") {
		t.Errorf("after the set-up: %s", arrived)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "records", "bonafide.db")); err != nil {
		t.Errorf("the file of records: %v", err)
	}
	link := regexp.MustCompile(`/begin/[A-Za-z0-9_-]{43}`).FindString(o.run(first[1]))
	if arrived, body := o.at(o.browser(), link, url.Values{"password": {operatorPassword}}); arrived != "/account" || !strings.Contains(body, "you@example.com") {
		t.Errorf("the link of `admin create` arrived at %s", arrived)
	}
	o.logsIn()

	backup := o.commands("Back up and restore")
	if len(backup) != 2 {
		t.Fatalf("%d blocks of commands to back up and restore", len(backup))
	}
	o.run(backup[0])
	stop()
	if said := o.run(backup[1]); !strings.Contains(said, "the chain holds") {
		t.Errorf("after the restore: %s", said)
	}
	_, stop = o.serve("bonafide serve", "BONAFIDE_STORE_DSN=restored/bonafide.db")
	o.logsIn()
	stop()

	move := o.commands("Move a tenant, or the engine")
	dsn := storetest.StartPostgres(t).DSN(t)
	const placeholder = "postgres://bonafide:password@host/bonafide"
	if len(move) != 1 || !strings.Contains(move[0], placeholder) {
		t.Fatalf("other commands than this test knows: %q", move)
	}
	if said := o.run(strings.ReplaceAll(move[0], placeholder, dsn)); !strings.Contains(said, "the chain holds") {
		t.Errorf("after the move: %s", said)
	}
	_, stop = o.serve("bonafide serve", "BONAFIDE_STORE_DSN="+dsn)
	o.logsIn()
	stop()
}
