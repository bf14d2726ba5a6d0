package cli_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bonafide/cli"
	"bonafide/desk/custody"
	"bonafide/keyring"
	"bonafide/outside/keyfile"
	"bonafide/store"
	"bonafide/store/sealed"
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
	if ring, err := keyfile.Open(ringPath()); err == nil {
		sealer := keyring.NewSealer(ring, rand.Reader)
		return custody.WithKeys(sealed.New(s, sealer, time.Now, rand.Reader), sealer), s.Close, nil
	}
	return custody.New(s), s.Close, nil
}

// ringPath is the keyring of a script, beside the records of its beginning.
func ringPath() string {
	return cmp.Or(os.Getenv("BONAFIDE_KEYS_FILE"), filepath.Join(filepath.Dir(os.Getenv("RECORDS")), "keyring.json"))
}

// openKeys opens the keyring of a script. Where END names a number, the process
// is killed once so many records were sealed again.
func openKeys(ctx context.Context, _ string) (cli.KeyDesk, func() error, error) {
	s, err := storesql.Open(ctx, storesql.Config{DSN: recordsDSN(), Existing: true})
	if err != nil {
		return nil, nil, err
	}
	ring, err := keyfile.Open(ringPath())
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	d := custody.NewKeys(s, custody.KeysConfig{Ring: ring, Sealer: keyring.NewSealer(ring, rand.Reader), Now: time.Now, Random: rand.Reader})
	end, _ := strconv.Atoi(os.Getenv("END"))
	return mortal{d, end}, s.Close, nil
}

// mortal is a desk whose process is killed in the middle of a rotation.
type mortal struct {
	*custody.Keys
	end int
}

func (m mortal) Rotate(ctx context.Context, progress func(custody.Resealed)) (custody.Resealed, error) {
	return m.Keys.Rotate(ctx, func(r custody.Resealed) {
		if m.end > 0 && r.Rows["reports"] >= int64(m.end) {
			p, err := os.FindProcess(os.Getpid())
			fatal(err)
			fatal(p.Kill())
			select {} // until the signal arrives
		}
		progress(r)
	})
}

// seedKeys is the command `keys-seed N`: a tenant with N reports, half of them
// kept before there was a keyring.
func seedKeys() {
	ctx := context.Background()
	db, err := storesql.Open(ctx, storesql.Config{DSN: os.Getenv("RECORDS")})
	fatal(err)
	ring, err := keyfile.Make(ringPath(), rand.Reader, time.Now())
	fatal(err)
	over := sealed.New(db, keyring.NewSealer(ring, rand.Reader), time.Now, rand.Reader)
	n, err := strconv.Atoi(os.Args[1])
	fatal(err)
	day := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	fatal(db.Write(ctx, func(r store.Records) error {
		return r.Tenants.Add(ctx, store.Tenant{ID: "main", Name: "Main", Created: day})
	}))
	for i := range n {
		var s store.Store = over
		if i%2 == 0 {
			s = db
		}
		id := fmt.Sprint("r", i)
		fatal(store.Change(ctx, s, storetest.NewDeed("main", "report.add", id, day), func(r store.Records) error {
			x := storetest.NewReport("main", id, day)
			x.Text = "AMZ: call 1-888-555-0147, number " + id
			return r.Reports.Add(ctx, x)
		}))
	}
	fatal(db.Close())
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
	for _, page := range []struct{ heading, seed, want string }{
		{"Back up and restore", "audit-seed main", "main: [3456] entries, the chain holds"},
		{"Move a tenant, or the engine", "audit-seed main", "main: [3456] entries, the chain holds"},
		{"Rotate keys", "keys-seed 10", "sealed again: 10 reports\n(.*\n)*.*destroyed; what it sealed"},
		{"Erase a person", "person-seed", "removed  report: 2\n(.*\n)*.*removed  person: 1\n(.*\n)*erased again: 3 records.*\nnothing is kept of this person"},
	} {
		heading := page.heading
		_, section, ok := strings.Cut(string(raw), "\n## "+heading+"\n")
		if !ok {
			t.Fatalf("docs/operate.md has no section %q", heading)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		var b strings.Builder
		b.WriteString("env RECORDS=$WORK/records/bonafide.db\n" + page.seed + "\nexec sh -e commands\nstdout '" + strings.ReplaceAll(page.want, "\n", "\\n") + "'\n-- commands --\n")
		blocks := strings.Split(section, "```sh\n")[1:]
		if len(blocks) == 0 {
			t.Fatalf("docs/operate.md: the section %q has no commands", heading)
		}
		for _, block := range blocks {
			commands, _, _ := strings.Cut(block, "```")
			b.WriteString(strings.ReplaceAll(commands, "postgres://bonafide:password@host/bonafide", p.DSN(t)))
		}
		if err := os.WriteFile(filepath.Join(dir, strings.Fields(heading)[0]+".txtar"), []byte(b.String()), 0o600); err != nil {
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
