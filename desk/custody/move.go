package custody

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// Moved is what a backup, a copy or a move did.
type Moved struct {
	Manifest
	// Chains is what was found of the audit chains that were moved.
	Chains []Result
	// Lacking is how many records of a backup hold a value that does not open with
	// the keyring that is here, or with none.
	Lacking int64
}

// console is the actor of what an operator does on the command line.
const console store.Actor = "system console"

// Backup writes the records of all tenants as they stand at one moment, while
// others go on writing, and tells what it found of the audit chains: one that
// does not hold is written as it is. The file holds everything that opens
// accounts; it is as secret as the database. Check what was written with Inspect.
func (d *Desk) Backup(ctx context.Context, now time.Time, w io.Writer) (out Moved, err error) {
	head := Manifest{Format: Format, Version: FormatVersion, Kind: KindBackup, Secrets: true, Written: whole(now)}
	err = d.store.Read(ctx, func(r store.Records) error {
		if out.Chains, err = chains(ctx, r.Audit, Scope{}); err != nil {
			return err
		}
		out.Manifest, err = write(ctx, r.Mover, head, nil, w)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("backup: %w", err)
	}
	return out, nil
}

// NoteBackup writes into the chain of each tenant that a backup with its records
// was made: it is a copy of everything, on its way to elsewhere. It is called when
// the file is whole. A chain whose head is lost stays as it is.
func (d *Desk) NoteBackup(ctx context.Context, now time.Time, m Moved) error {
	err := d.store.Write(ctx, func(r store.Records) error {
		heads, err := r.Audit.Heads(ctx)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if h.Sequence == 0 {
				continue
			}
			deed := store.Deed{Tenant: h.Tenant, When: now, Actor: console, Action: "records.backup", Object: "tenant:" + string(h.Tenant), From: "console"}
			for _, c := range m.Chains {
				if c.Tenant == h.Tenant {
					deed.Why = fmt.Sprintf("with the chain up to entry %d", c.Entries)
				}
			}
			if _, err := r.Audit.Append(ctx, deed); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("backup: write it into the audit: %w", err)
	}
	return nil
}

// whole is a time without what a first line does not tell.
func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Inspect reads a whole file of records of the kind, from a database whose tables
// have the version of this one, and returns its first line. It changes nothing.
func (d *Desk) Inspect(ctx context.Context, kind string, file io.Reader) (head Manifest, err error) {
	tables, err := d.tables(ctx)
	if err != nil {
		return head, err
	}
	return inspect(ctx, kind, tables, file, nil)
}

func (d *Desk) tables(ctx context.Context) (v int64, err error) {
	err = d.store.Read(ctx, func(r store.Records) error {
		v, err = r.Mover.Version(ctx)
		return err
	})
	return v, err
}

// inspect reads a file to its end. Rows of an export, which may come from
// anywhere, are checked one by one.
func inspect(ctx context.Context, kind string, tables int64, file io.Reader, also each) (Manifest, error) {
	f, err := open(file, kind)
	if err != nil {
		return Manifest{}, err
	}
	if err := f.start(tables); err != nil {
		return f.head, err
	}
	return f.head, f.rows(ctx, func(family *store.Family, r store.Row) error {
		if kind == KindExport {
			if err := family.Check(r); err != nil {
				return err
			}
		}
		if also != nil {
			return also(family, r)
		}
		return nil
	})
}

// each is what is done with the rows of a file.
type each func(*store.Family, store.Row) error

// Restore brings a backup back into records that are empty. The file is read
// twice: to its end before anything is written, then into one transaction, in
// which what was written is read again and compared with the first line. Either
// all of it is kept or nothing. A chain that did not hold when the backup was made
// comes back as it was and is told.
func (d *Desk) Restore(ctx context.Context, file io.ReadSeeker) (Moved, error) {
	return d.RestoreThen(ctx, file, nil)
}

// RestoreThen is Restore with what has to be done in the same transaction, such
// as to erase again what was erased since the backup; nil for nothing.
func (d *Desk) RestoreThen(ctx context.Context, file io.ReadSeeker, then func(store.Records) error) (Moved, error) {
	var finish func(store.Records, Moved) error
	if then != nil {
		finish = func(r store.Records, _ Moved) error { return then(r) }
	}
	out, err := d.take(ctx, KindBackup, file, finish)
	if err != nil {
		return out, fmt.Errorf("restore: nothing was restored: %w", err)
	}
	return out, nil
}

// ExportOptions say which tenant is written.
type ExportOptions struct {
	Tenant access.Tenant
	// Secrets writes what opens accounts, too, such as hashes of passwords.
	Secrets bool
	// Clear writes sealed values open: for those who have not the keyring.
	Clear bool
	// Purpose, where it is not empty, replaces everything personal by pseudonyms
	// for that purpose. Such a file cannot be imported.
	Purpose string
	// Why is the reason; it is kept in the audit.
	Why string
	Now time.Time
}

// head is the first line of what the options ask for, and the deed.
func (o ExportOptions) head() (Manifest, store.Deed, error) {
	m := Manifest{Format: Format, Version: FormatVersion, Kind: KindExport, Tenant: o.Tenant, Secrets: o.Secrets, Purpose: o.Purpose, Clear: o.Clear, Written: whole(o.Now)}
	d := store.Deed{Tenant: o.Tenant, When: o.Now, Actor: console, Action: "tenant.export", Object: "tenant:" + string(o.Tenant), Why: o.Why, From: "console"}
	switch {
	case o.Purpose != "" && (o.Secrets || o.Clear):
		return m, d, fault.New(fault.Invalid, "pseudonyms", "go with no secrets and no clear values")
	case o.Purpose != "":
		if len(o.Purpose) > 32 || strings.Trim(o.Purpose, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return m, d, fault.New(fault.Invalid, "pseudonyms", "are for a purpose of at most 32 small letters, digits and hyphens, such as research")
		}
		m.Kind, d.Action = KindPseudonyms, "tenant.pseudonyms"
	case o.Clear:
		d.Action = "tenant.export.clear"
	}
	return m, d, nil
}

// ExportTenant writes the records of one tenant as documented in
// docs/export-format.md, as they stand at one moment. Before it appends an
// audit entry to the tenant's chain, which is therefore in the file. A tenant
// without a record is NotFound.
func (d *Desk) ExportTenant(ctx context.Context, o ExportOptions, w io.Writer) (out Moved, err error) {
	head, deed, err := o.head()
	if err != nil {
		return out, fmt.Errorf("export: %w", err)
	}
	var ch change
	if o.Clear {
		ch = opened(ctx, d.sealer)
	}
	if err = store.Change(ctx, d.store, deed, func(r store.Records) error {
		name, err := held(ctx, r.Mover, o.Tenant)
		if err == nil && name == "" {
			err = fault.New(fault.NotFound, "tenant", "has no record here: check its name and store.dsn")
		}
		if err == nil && o.Purpose != "" {
			ch, err = d.pseudonyms(ctx, r, o)
		}
		return err
	}); err == nil {
		err = d.store.Read(ctx, func(r store.Records) error {
			if out.Chains, err = chains(ctx, r.Audit, Scope{Tenant: o.Tenant}); err != nil {
				return err
			}
			out.Manifest, err = write(ctx, r.Mover, head, ch, w)
			return err
		})
	}
	if err != nil {
		return out, fmt.Errorf("export: %w", err)
	}
	return out, nil
}

// pseudonyms makes the change of rows for a purpose, with a key that is kept.
func (d *Desk) pseudonyms(ctx context.Context, r store.Records, o ExportOptions) (change, error) {
	if d.sealer == nil {
		return nil, errNoKeys
	}
	name, err := store.Subjects{Random: rand.Reader, Now: func() time.Time { return o.Now }}.Pseudonyms(ctx, r, o.Tenant, o.Purpose)
	return pseudonymous(ctx, d.sealer, name), err
}

// ImportTenant takes the export of a tenant into records that hold none of it.
// Nothing in the file is believed: every record is checked, counts, sums and the
// audit chain have to hold, and all of it is kept or nothing. What was written is
// read again and compared with the first line; then what must be sealed and is
// not, such as all of an export with --clear, is sealed where the keyring is, and
// an audit entry is appended.
func (d *Desk) ImportTenant(ctx context.Context, now time.Time, file io.ReadSeeker) (Moved, error) {
	out, err := d.take(ctx, KindExport, file, func(r store.Records, m Moved) error {
		for _, c := range m.Chains {
			if c.Broken != nil {
				return fault.New(fault.Invalid, "audit_entries", "do not make a chain that holds: entry %d: %s", c.Broken.Sequence, c.Broken.Reason)
			}
		}
		if err := d.sealTenant(ctx, r, m.Tenant); err != nil {
			return err
		}
		_, err := r.Audit.Append(ctx, store.Deed{Tenant: m.Tenant, When: now, Actor: console, Action: "tenant.import", Object: "tenant:" + string(m.Tenant), From: "console"})
		return err
	})
	if err != nil {
		return out, fmt.Errorf("import: nothing was imported: %w", err)
	}
	return out, nil
}

// take reads a file into the records. finish runs in the same transaction.
func (d *Desk) take(ctx context.Context, kind string, file io.ReadSeeker, finish func(store.Records, Moved) error) (out Moved, err error) {
	tables, err := d.tables(ctx)
	if err != nil {
		return out, err
	}
	if out.Manifest, err = inspect(ctx, kind, tables, file, d.lacking(ctx, kind, &out.Lacking)); err != nil {
		return out, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return out, fmt.Errorf("read a file of records from its beginning again: %w", err)
	}
	err = d.store.Write(ctx, func(r store.Records) error {
		switch name, err := held(ctx, r.Mover, out.Tenant); {
		case err != nil:
			return err
		case name != "" && kind == KindBackup:
			return fault.New(fault.Conflict, "store.dsn", "leads to records that are not empty (%s): a backup is brought back into an empty database; set store.dsn to a new one", name)
		case name != "":
			return fault.New(fault.Conflict, "tenant", "has records here already (%s): import it into a database that has none of it", name)
		}
		if err := put(ctx, r.Mover, kind, tables, out.Manifest, file); err != nil {
			return err
		}
		kept, err := source{mover: r.Mover, families: familiesOf(kind, out.Secrets), tenant: out.Tenant}.count(ctx)
		if err != nil {
			return err
		}
		for i, c := range kept {
			if c != out.Families[i] {
				return fault.New(fault.Internal, c.Name, "were not kept as they stand in the file (%d of %d records): the database changes what it is given", c.Records, out.Families[i].Records)
			}
		}
		if out.Chains, err = chains(ctx, r.Audit, Scope{Tenant: out.Tenant}); err != nil || finish == nil {
			return err
		}
		return finish(r, out)
	})
	return out, err
}

// lacking counts into n the records whose sealed values do not open here. An
// import refuses the first one: a backup may come back before its keyring does.
func (d *Desk) lacking(ctx context.Context, kind string, n *int64) each {
	return func(family *store.Family, r store.Row) error {
		err := opens(ctx, d.sealer, family, r)
		if err != nil && kind == KindBackup {
			*n++
			return nil
		}
		return err
	}
}

// put writes the rows of a file that was inspected. A file that changed since is
// seen by its sums.
func put(ctx context.Context, m store.Mover, kind string, tables int64, seen Manifest, file io.Reader) error {
	f, err := open(file, kind)
	if err != nil {
		return err
	}
	if err := f.start(tables); err != nil {
		return err
	}
	if f.head.Tenant != seen.Tenant || f.head.Secrets != seen.Secrets || !slices.Equal(f.head.Families, seen.Families) {
		return fault.New(fault.Conflict, "line 1", "changed while the file was read: try again with a file that nobody writes to")
	}
	return f.rows(ctx, func(family *store.Family, r store.Row) error { return m.Put(ctx, family, r) })
}

// held names a family that has a record of the tenant, or of any; "" for none.
func held(ctx context.Context, m store.Mover, t access.Tenant) (string, error) {
	for _, f := range store.Families() {
		switch there, err := m.Holds(ctx, &f, t); {
		case err != nil:
			return "", err
		case there:
			return f.Name, nil
		}
	}
	return "", nil
}

// chains verifies the chains of a scope within a transaction.
func chains(ctx context.Context, a store.Audit, scope Scope) ([]Result, error) {
	heads, err := scope.heads(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []Result
	for _, h := range heads {
		res, err := verify(ctx, a, h, scope.Anchors)
		if err != nil {
			return nil, err
		}
		out = append(out, res)
	}
	return out, nil
}
