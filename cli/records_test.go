package cli_test

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bonafide/cli"
	"bonafide/desk/custody"
	storesql "bonafide/store/sql"
	"bonafide/store/storetest"
)

// recordsDSN is the database that a script or a page of the documentation names.
func recordsDSN() string { return cmp.Or(os.Getenv("BONAFIDE_STORE_DSN"), os.Getenv("RECORDS")) }

// openRecords opens the records to move them.
func openRecords(ctx context.Context, _ string, into bool) (cli.Mover, func() error, error) {
	s, err := storesql.Open(ctx, storesql.Config{DSN: recordsDSN(), Existing: !into, Fresh: into})
	if err != nil {
		return nil, nil, err
	}
	return custody.New(s), s.Close, nil
}

// TestOperateCommands runs the commands of docs/operate.md as they stand there,
// section by section, on records with three entries of the tenant main.
func TestOperateCommands(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "docs", "operate.md"))
	if err != nil {
		t.Fatal(err)
	}
	p := storetest.StartPostgres(t)
	dir := t.TempDir()
	for i, heading := range []string{"Back up and restore", "Move a tenant, or the engine"} {
		_, section, ok := strings.Cut(string(raw), "\n## "+heading+"\n")
		if !ok {
			t.Fatalf("docs/operate.md has no section %q", heading)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		var b strings.Builder
		b.WriteString("env RECORDS=$WORK/records/bonafide.db\naudit-seed main\nexec sh -e commands\nstdout 'main: [345] entries, the chain holds'\n-- commands --\n")
		blocks := strings.Split(section, "```sh\n")[1:]
		if len(blocks) == 0 {
			t.Fatalf("docs/operate.md: the section %q has no commands", heading)
		}
		for _, block := range blocks {
			commands, _, _ := strings.Cut(block, "```")
			b.WriteString(strings.ReplaceAll(commands, "postgres://bonafide:password@host/bonafide", p.DSN(t)))
		}
		if err := os.WriteFile(filepath.Join(dir, []string{"backup", "move"}[i]+".txtar"), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{Dir: dir})
}

// TestInterruptedBackupIsNoSuccess: a backup that is given up ends with a code
// that scripts see, and leaves no file.
func TestInterruptedBackupIsNoSuccess(t *testing.T) {
	e := storetest.SQLite()
	dsn := e.DSN(t)
	e.OpenAt(t, dsn)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	var stdout, stderr strings.Builder
	code := cli.Run(ctx, []string{"backup", filepath.Join(dir, "b.ndjson")}, cli.Env{
		Stdout: &stdout, Stderr: &stderr,
		Records: func(context.Context, string, bool) (cli.Mover, func() error, error) {
			s, err := storesql.Open(t.Context(), storesql.Config{DSN: dsn})
			cancel()
			return custody.New(s), s.Close, err
		},
	})
	if code != cli.ExitFailed || !strings.Contains(stderr.String(), "backup was interrupted") {
		t.Errorf("code %d, %q: want %d and that it was interrupted", code, stderr.String(), cli.ExitFailed)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
