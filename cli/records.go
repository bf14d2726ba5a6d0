package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/store"
)

// Mover is what backup, restore, export and import need of the desk of custody.
type Mover interface {
	Backup(ctx context.Context, now time.Time, w io.Writer) (custody.Moved, error)
	NoteBackup(ctx context.Context, now time.Time, m custody.Moved) error
	Restore(ctx context.Context, file io.ReadSeeker) (custody.Moved, error)
	RestoreThen(ctx context.Context, file io.ReadSeeker, then func(store.Records) error) (custody.Moved, error)
	LaterReader
	ExportTenant(ctx context.Context, o custody.ExportOptions, w io.Writer) (custody.Moved, error)
	ImportTenant(ctx context.Context, now time.Time, file io.ReadSeeker) (custody.Moved, error)
	Inspect(ctx context.Context, kind string, file io.Reader) (custody.Manifest, error)
}

type backupCmd struct {
	File string `arg:"" help:"File to be made; one that exists is left alone." type:"path"`
}

type restoreCmd struct {
	File            string `arg:"" help:"File that backup made." type:"existingfile"`
	Running         string `help:"The records that run now (as in store.dsn): what was erased there since the backup is erased again." placeholder:"DSN"`
	Erasures        string `help:"The same from a file of bonafide erasures export." type:"existingfile" placeholder:"FILE"`
	Revoke          bool   `help:"End all API keys, sessions and open invitations of the copy: where the backup may have leaked."`
	WithoutErasures bool   `help:"Bring back what was erased since, too: where neither is at hand."`
}

type exportCmd struct {
	Tenant  string `help:"Whose records." required:"" placeholder:"NAME"`
	Secrets bool   `help:"Write what opens accounts, too, such as hashes of passwords: to move people with their log-ins."`
	Clear   bool   `help:"Write sealed values open, for those who have not the keyring (docs/keys.md)."`

	Pseudonyms string `help:"Replace everything personal by pseudonyms that are stable for this purpose, such as research; such a file cannot be imported." placeholder:"PURPOSE"`

	Why  string `help:"The reason, for the audit; no personal data." placeholder:"TEXT"`
	File string `arg:"" help:"File to be made; one that exists is left alone." type:"path"`
}

type importCmd struct {
	File string `arg:"" help:"File that export made." type:"existingfile"`
}

// moveRecords runs backup, restore, export or import.
func (g *grammar) moveRecords(ctx context.Context, command string, env Env) (err error) {
	command, _, _ = strings.Cut(command, " ")
	var tenant access.Tenant
	if command == "export" {
		if tenant, err = access.ParseTenant(g.Export.Tenant); err != nil {
			return err
		}
	}
	into := command == "restore" || command == "import"
	desk, done, err := env.Records(ctx, g.Config, into)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, done())
		if errors.Is(err, context.Canceled) { // no success, unlike a server that is stopped
			err = fault.New(fault.Temporary, "", "%s was interrupted: no file was made, and what was begun is most likely not kept; see `bonafide audit head`, then run it again", command)
		}
	}()
	switch command {
	case "backup":
		return backUp(ctx, desk, g.Backup.File, env)
	case "export":
		o := custody.ExportOptions{Tenant: tenant, Secrets: g.Export.Secrets, Clear: g.Export.Clear, Purpose: g.Export.Pseudonyms, Why: g.Export.Why, Now: time.Now()}
		kind := custody.KindExport
		if o.Purpose != "" {
			kind = custody.KindPseudonyms
		}
		return makeFile(ctx, desk, kind, g.Export.File, env.Stdout, func(w io.Writer) (custody.Moved, error) {
			return desk.ExportTenant(ctx, o, w)
		})
	case "restore":
		return g.restore(ctx, desk, env)
	}
	return takeFile(ctx, g.Import.File, "imported and compared", env.Stdout, func(ctx context.Context, f io.ReadSeeker) (custody.Moved, error) {
		return desk.ImportTenant(ctx, time.Now(), f)
	})
}

// backUp makes a backup and writes into the audit that it was made. A database
// to which nothing can be written is backed up all the same: then it is needed
// most.
func backUp(ctx context.Context, desk Mover, path string, env Env) error {
	var made custody.Moved
	err := makeFile(ctx, desk, custody.KindBackup, path, env.Stdout, func(w io.Writer) (_ custody.Moved, err error) {
		made, err = desk.Backup(ctx, time.Now(), w)
		return made, err
	})
	if err != nil && !errors.Is(err, errBroken) {
		return err
	}
	if noted := desk.NoteBackup(ctx, time.Now(), made); noted != nil {
		fmt.Fprintf(env.Stderr, "bonafide: the backup is whole, and the audit does not tell of it: %v\n", noted)
	}
	return err
}

// makeFile writes a file that only its owner can read, beside its place, reads
// it again, and puts it there when it is whole and on the disk.
func makeFile(ctx context.Context, desk Mover, kind, path string, out io.Writer, write func(io.Writer) (custody.Moved, error)) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, kind, "the file exists already: name a new one")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".bonafide-*.part") // 0600
	if err != nil {
		return fmt.Errorf("%s: make the file: %w", kind, err)
	}
	defer func() {
		_ = f.Close()
		if err != nil && !errors.Is(err, errBroken) {
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	moved, err := write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%s: read the file again: %w", kind, err)
	}
	head, err := desk.Inspect(ctx, kind, f)
	if err == nil && !slices.Equal(head.Families, moved.Families) {
		err = fault.New(fault.Internal, "", "the file is not what was written")
	}
	if err != nil {
		return fmt.Errorf("%s: the file was written, and reading it again failed, so that it was removed: %w", kind, err)
	}
	if err := settle(f, path); err != nil {
		return fmt.Errorf("%s: put the file to its place: %w", kind, err)
	}
	return printMoved(moved, path+": read again and compared", out)
}

// settle gives a synced file its name, and syncs the name.
func settle(f *os.File, path string) error {
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func takeFile(ctx context.Context, path, said string, out io.Writer, take func(context.Context, io.ReadSeeker) (custody.Moved, error)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the file of records: %w", err)
	}
	defer func() { _ = f.Close() }()
	moved, err := take(ctx, f)
	if err != nil {
		return err
	}
	return printMoved(moved, path+": "+said, out)
}

// printMoved prints what was moved, family by family, and the chains.
func printMoved(m custody.Moved, said string, w io.Writer) error {
	fmt.Fprintln(w, said)
	if m.Lacking > 0 {
		fmt.Fprintf(w, "%d records hold sealed values that no key here opens: bring the keyring of then (keys.file) before the server starts\n", m.Lacking)
	}
	for _, f := range m.Families {
		fmt.Fprintf(w, "%-16s %9d records  sha256 %s\n", f.Name, f.Records, f.SHA256)
	}
	return printResults(m.Chains, w)
}
