package custody

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"bonafide/fault"
	"bonafide/store"
)

// KindErasures is a file of what was erased, held and certified, of all tenants,
// for restored copies. It holds no record that was erased, only hashes of their
// numbers.
const KindErasures = "erasures"

// laterFamilies are those that a restored copy takes from the running one.
func laterFamilies() []store.Family {
	names := []string{store.FamilyErasures, store.FamilyHolds, store.FamilyCertificates}
	return slices.DeleteFunc(store.Families(), func(f store.Family) bool { return !slices.Contains(names, f.Name) })
}

// ExportErasures writes what was erased, held and certified, as it stands at one
// moment. Kept beside the backups and renewed more often than they are, it lets
// no restored copy bring back what was erased.
func (d *Desk) ExportErasures(ctx context.Context, now time.Time, w io.Writer) (out Moved, err error) {
	head := Manifest{Format: Format, Version: FormatVersion, Kind: KindErasures, Written: whole(now)}
	err = d.store.Read(ctx, func(r store.Records) error {
		out.Manifest, err = write(ctx, r.Mover, head, nil, w)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("erasures: %w", err)
	}
	return out, nil
}

// ReadErasures reads a file that ExportErasures wrote. Nothing in it is believed:
// every row is checked, and counts and sums have to hold.
func (d *Desk) ReadErasures(ctx context.Context, file io.Reader) (out store.Later, err error) {
	tables, err := d.tables(ctx)
	if err != nil {
		return out, err
	}
	f, err := open(file, KindErasures)
	if err == nil {
		err = f.start(tables)
	}
	if err == nil {
		err = f.rows(ctx, func(family *store.Family, r store.Row) error { return addLater(&out, family, r) })
	}
	if err != nil {
		return store.Later{}, fmt.Errorf("erasures: %w", err)
	}
	return out, nil
}

// Later returns what was erased, held and certified in these records: those of
// the running copy, for one that is restored.
func (d *Desk) Later(ctx context.Context) (out store.Later, err error) {
	err = d.store.Read(ctx, func(r store.Records) error {
		for _, f := range laterFamilies() {
			if err := r.Mover.Walk(ctx, &f, "", func(row store.Row) error { return addLater(&out, &f, row) }); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func addLater(out *store.Later, f *store.Family, r store.Row) (err error) {
	switch f.Name {
	case store.FamilyErasures:
		var x store.Erasure
		if x, err = store.ErasureOf(r); err == nil {
			out.Erasures = append(out.Erasures, x)
		}
	case store.FamilyHolds:
		var x store.Hold
		if x, err = store.HoldOf(r); err == nil {
			out.Holds = append(out.Holds, x)
		}
	case store.FamilyCertificates:
		var x store.Certificate
		if x, err = store.CertificateOf(r); err == nil {
			out.Certificates = append(out.Certificates, x)
		}
	default:
		err = fault.New(fault.Internal, f.Name, "is no family of what comes later")
	}
	return err
}
