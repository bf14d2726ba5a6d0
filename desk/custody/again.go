package custody

import (
	"context"
	"slices"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// again is a row with its values sealed by the active key. An Internal error says
// that one does not open because it was damaged. former may be nil
// (KeysConfig.Former).
func again(ctx context.Context, s *keyring.Sealer, former func(owner, kept string) (string, error), f *store.Family, row store.Row) (store.Row, error) {
	fresh := slices.Clone(row)
	for i, field := range f.Fields {
		v, _ := row[i].(string)
		if v == "" || !slices.Contains(f.Sealed, field.Name) {
			continue
		}
		p := placeOf(f, field.Name, row)
		text, err := s.Open(ctx, p, v)
		if err == nil && f.Name == "factors" && former != nil {
			text, err = former(p.Tenant+"/"+p.Record, text)
		}
		if err != nil {
			return nil, err
		}
		if fresh[i], err = s.Seal(ctx, p, text); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// sealTenant seals with the active key what a tenant has that is not, within a
// transaction. Without keys it does nothing: the server that makes them seals it.
// A secret of an authenticator app that people.key sealed is sealed as it stands;
// desk/people and the next rotation open it.
func (d *Desk) sealTenant(ctx context.Context, r store.Records, t access.Tenant) error {
	if d.sealer == nil {
		return nil
	}
	active, err := d.sealer.Active()
	if err != nil {
		return err
	}
	for _, f := range store.Families() {
		if len(f.Sealed) == 0 {
			continue
		}
		var after store.Row
		for {
			rows, err := r.Seals.Outdated(ctx, &f, keyring.Prefix(active), after, resealAtOnce)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			after = rows[len(rows)-1]
			for _, row := range rows {
				if err := d.sealRow(ctx, r, &f, row, t); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *Desk) sealRow(ctx context.Context, r store.Records, f *store.Family, row store.Row, t access.Tenant) error {
	if f.Tenant(row) != t {
		return nil
	}
	fresh, err := again(ctx, d.sealer, nil, f, row)
	if err != nil {
		return err
	}
	ok, err := r.Seals.Replace(ctx, f, row, fresh)
	if err == nil && !ok {
		err = fault.New(fault.Internal, f.Name, "changed while they were sealed: try again")
	}
	return err
}
