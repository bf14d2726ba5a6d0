package custody

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// What the first line of a file of records says it is.
const (
	// Format is the name of the format, FormatVersion its version. A change that
	// an older program would read wrongly counts the version.
	Format        = "bonafide-records"
	FormatVersion = 1
	// KindBackup is a file of all tenants, KindExport one of a single tenant.
	KindBackup = "backup"
	KindExport = "export"
	// KindPseudonyms is an export with pseudonyms for everything personal, which
	// nothing takes.
	KindPseudonyms = "pseudonyms"
)

// MaxLine is how many bytes a line of a file of records may have: a report of the
// largest size whose every character has to be escaped fits.
const MaxLine = 8 << 20

// Manifest is the first line of a file of records: what the lines after it are.
type Manifest struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Kind    string `json:"kind"`
	// Tenant is the one whose records these are; empty in a backup.
	Tenant access.Tenant `json:"tenant,omitempty"`
	// Secrets tells that families that open accounts are in it.
	Secrets bool `json:"secrets"`
	// Clear tells that sealed values were written open, Purpose what the pseudonyms
	// are for that stand in place of everything personal.
	Clear   bool   `json:"clear,omitempty"`
	Purpose string `json:"purpose,omitempty"`
	// Tables is the version of the tables that the records were in.
	Tables  int64     `json:"tables"`
	Written time.Time `json:"written"`
	// Families are in the order in which their records stand in the file.
	Families []Counted `json:"families"`
}

// maxManifest is how many bytes the first line may have.
const maxManifest = 64 << 10

// Counted says how many records of a family there are and what all their lines
// sum up to.
type Counted struct {
	Name    string `json:"name"`
	Records int64  `json:"records"`
	// SHA256 is over the lines of the family with their line ends, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// tally counts and sums the lines of one family.
type tally struct {
	records int64
	hash    hash.Hash
}

func newTally() *tally { return &tally{hash: sha256.New()} }

func (t *tally) add(line []byte) {
	t.records++
	t.hash.Write(line)
}

func (t *tally) counted(name string) Counted {
	return Counted{Name: name, Records: t.records, SHA256: hex.EncodeToString(t.hash.Sum(nil))}
}

// change makes another row of one before it is written to a file; the same row
// always gives the same.
type change func(*store.Family, store.Row) (store.Row, error)

// source is what goes into a file: the families of one tenant, or of all.
type source struct {
	mover    store.Mover
	families []store.Family
	tenant   access.Tenant
	change   change // nil: rows as they stand
}

// walk gives the lines of all families in the order of a file. The line is good
// until each returns.
func (s source) walk(ctx context.Context, each func(f *store.Family, line []byte) error) error {
	var line []byte
	for i := range s.families {
		f := &s.families[i]
		if err := s.mover.Walk(ctx, f, s.tenant, func(r store.Row) (err error) {
			if s.change != nil {
				if r, err = s.change(f, r); err != nil {
					return fmt.Errorf("write a record of %s: %w", f.Name, err)
				}
			}
			if line, err = appendLine(line[:0], f, r); err != nil {
				return fmt.Errorf("write a record of %s: %w", f.Name, err)
			}
			if len(line) > MaxLine {
				return fault.New(fault.TooLarge, f.Name, "a kept record needs %d bytes: at most %d can be written", len(line), MaxLine)
			}
			return each(f, line)
		}); err != nil {
			return err
		}
	}
	return nil
}

// count is what the records of the families sum up to.
func (s source) count(ctx context.Context) ([]Counted, error) {
	tallies := map[string]*tally{}
	for _, f := range s.families {
		tallies[f.Name] = newTally()
	}
	if err := s.walk(ctx, func(f *store.Family, line []byte) error {
		tallies[f.Name].add(line)
		return nil
	}); err != nil {
		return nil, err
	}
	out := make([]Counted, 0, len(s.families))
	for _, f := range s.families {
		out = append(out, tallies[f.Name].counted(f.Name))
	}
	return out, nil
}

// familiesOf are those that a file of a kind, with or without secrets, has.
func familiesOf(kind string, secrets bool) []store.Family {
	if kind == KindErasures {
		return laterFamilies()
	}
	return slices.DeleteFunc(store.Families(), func(f store.Family) bool { return f.Secret && !secrets })
}

// write writes a file of records from one state of them: the records are read
// twice, once to count them for the first line.
func write(ctx context.Context, m store.Mover, head Manifest, ch change, w io.Writer) (Manifest, error) {
	from := source{mover: m, families: familiesOf(head.Kind, head.Secrets), tenant: head.Tenant, change: ch}
	var err error
	if head.Tables, err = m.Version(ctx); err != nil {
		return head, err
	}
	if head.Families, err = from.count(ctx); err != nil {
		return head, err
	}
	first, err := head.line()
	if err != nil {
		return head, err
	}
	if _, err := w.Write(first); err != nil {
		return head, unwritten(err)
	}
	return head, from.walk(ctx, func(_ *store.Family, line []byte) error {
		_, err := w.Write(line)
		return unwritten(err)
	})
}

// line is the first line of a file.
func (m *Manifest) line() ([]byte, error) {
	raw, err := json.Marshal(m)
	return append(raw, '\n'), err
}

func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write a file of records: %w", err)
}

// reader reads a file of records line by line, and nothing but one as it was
// written.
type reader struct {
	lines    *bufio.Reader
	head     Manifest
	families []store.Family
	// line is the number of the last line that was read, at the family that is
	// read now, tally what was read of it.
	line, at int
	tally    *tally
}

// open reads and checks the first line.
func open(r io.Reader, kind string) (*reader, error) {
	f := &reader{lines: bufio.NewReaderSize(r, MaxLine), tally: newTally()}
	line, err := f.next()
	if err == io.EOF {
		return nil, fault.New(fault.Invalid, "line 1", "is missing: the file is empty")
	}
	if err != nil {
		return nil, err
	}
	wrong := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "line 1", format, args...)
	}
	if len(line) > maxManifest {
		return nil, f.place(fault.New(fault.TooLarge, "", "has more than %d bytes: it is not that of a file of records", maxManifest))
	}
	var name struct{ Format string }
	if json.Unmarshal(line, &name) != nil || name.Format != Format {
		return nil, wrong("is not that of a file of records: want what `bonafide backup` or `bonafide export` wrote")
	}
	var version struct{ Version int }
	if json.Unmarshal(line, &version) != nil || version.Version != FormatVersion {
		return nil, wrong("tells another version of the format than %d: use the program that wrote the file", FormatVersion)
	}
	if json.Unmarshal(line, &f.head) != nil {
		return nil, wrong("has a field of another form than this version knows: use the program that wrote the file")
	}
	if again, err := f.head.line(); err != nil || !bytes.Equal(again, line) {
		return nil, wrong("has a field that this version does not know, or is not written as an export writes it")
	}
	switch {
	case f.head.Kind == KindBackup && kind == KindExport:
		return nil, wrong("says that this is a backup of all tenants: bring it back with `bonafide restore`")
	case f.head.Kind == KindExport && kind == KindBackup:
		return nil, wrong("says that this is an export of one tenant: take it in with `bonafide import`")
	case f.head.Kind == KindPseudonyms && kind != KindPseudonyms:
		return nil, wrong("says that this is an export with pseudonyms, which nothing takes in: export without --pseudonyms")
	case f.head.Kind != kind && kind == KindErasures:
		return nil, wrong("does not say that this is a file of `bonafide erasures export`")
	case f.head.Kind != kind:
		return nil, wrong("tells neither a backup nor an export")
	case (f.head.Tenant == "") == (kind == KindExport || kind == KindPseudonyms), kind == KindBackup && !f.head.Secrets:
		return nil, wrong("tells a tenant or secrets that do not go with the kind of file")
	}
	if f.head.Tenant != "" {
		if _, err := access.ParseTenant(string(f.head.Tenant)); err != nil {
			return nil, fmt.Errorf("line 1: %w", err)
		}
	}
	return f, nil
}

// start checks that the file is of this program's tables and families. It is
// apart from open so that a file of another version is named as such first.
func (f *reader) start(tables int64) error {
	if f.head.Tables != tables {
		return fault.New(fault.Invalid, "line 1", "tells records of tables %d, and here they are %d: use the version of Bonafide that wrote the file, then start this one on its records, which brings them up to date", f.head.Tables, tables)
	}
	f.families = familiesOf(f.head.Kind, f.head.Secrets)
	if !slices.EqualFunc(f.families, f.head.Families, func(f store.Family, c Counted) bool { return f.Name == c.Name && c.Records >= 0 }) {
		return fault.New(fault.Invalid, "line 1", "does not tell the families that such a file has, in their order")
	}
	return nil
}

// next reads a line of bounded length; io.EOF at the end.
func (f *reader) next() ([]byte, error) {
	line, err := f.lines.ReadSlice('\n')
	f.line++
	switch {
	case err == nil:
		return line, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, f.place(fault.New(fault.TooLarge, "", "has more than %d bytes: no record is so large", MaxLine))
	case err == io.EOF && len(line) > 0:
		return nil, f.place(fault.New(fault.Invalid, "", "has no end: the file was cut off"))
	case err == io.EOF:
		return nil, io.EOF
	}
	return nil, fmt.Errorf("read line %d of a file of records: %w", f.line, err)
}

func (f *reader) place(err error) error { return fmt.Errorf("line %d: %w", f.line, err) }

// rows gives each record to each, and checks counts and sums at the end of each
// family.
func (f *reader) rows(ctx context.Context, each func(*store.Family, store.Row) error) error {
	for f.at = range f.families {
		family, want := &f.families[f.at], f.head.Families[f.at]
		f.tally = newTally()
		for f.tally.records < want.Records {
			if err := ctx.Err(); err != nil {
				return err
			}
			line, err := f.next()
			if err == io.EOF {
				return fault.New(fault.Invalid, family.Name, "has %d records, and the first line tells %d: the file was cut off", f.tally.records, want.Records)
			}
			if err != nil {
				return err
			}
			row, err := parseLine(family, line)
			if err != nil {
				return f.place(err)
			}
			if f.head.Tenant != "" && family.Tenant(row) != f.head.Tenant {
				return f.place(errLine(family, "tenant", "is another than that of the file: a file holds records of its own tenant only"))
			}
			f.tally.add(line)
			if err := each(family, row); err != nil {
				return f.place(err)
			}
		}
		if f.tally.counted(family.Name) != want {
			return fault.New(fault.Invalid, family.Name, "are not what was written: their checksum is not that of the first line")
		}
	}
	if _, err := f.next(); err != io.EOF {
		return f.place(fault.New(fault.Invalid, "", "should not be there: the file has more records than its first line tells"))
	}
	return nil
}
