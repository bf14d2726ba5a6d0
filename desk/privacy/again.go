package privacy

import (
	"context"
	"fmt"
	"slices"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/fault"
	"bonafide/store"
)

// Again says what was done anew in a restored copy.
type Again struct {
	// Erased are the records that were erased again, Holds and Certificates those
	// that the copy did not have, or not as they are.
	Erased       int64 `json:"erased"`
	Holds        int64 `json:"holds"`
	Certificates int64 `json:"certificates"`
	// NoAdmin are tenants of which no administrator is left: those of the backup
	// were erased since, and their successors are not in it.
	NoAdmin []access.Tenant `json:"no_admin,omitempty"`
}

// Again brings restored records up to what was erased, held and certified since
// their backup, within the transaction that restores them: nothing that was
// erased comes back. Each tenant that it changes gets an audit entry. It may be
// done any number of times.
func (d *Desk) Again(ctx context.Context, r store.Records, later store.Later) (Again, error) {
	var out Again
	counts := map[access.Tenant]*Again{}
	of := func(t access.Tenant) *Again {
		if counts[t] == nil {
			counts[t] = &Again{}
		}
		return counts[t]
	}
	for _, h := range later.Holds {
		if changed, err := againHold(ctx, r, h); err != nil {
			return out, err
		} else if changed {
			of(h.Tenant).Holds++
		}
	}
	for _, e := range later.Erasures {
		if err := r.Erasures.Add(ctx, e); err != nil {
			return out, err
		}
	}
	for _, c := range later.Certificates {
		_, err := r.Certificates.Get(ctx, c.Tenant, c.ID)
		if fault.KindOf(err) == fault.NotFound {
			err = r.Certificates.Add(ctx, c)
			of(c.Tenant).Certificates++
		}
		if err != nil {
			return out, err
		}
	}
	tenants, err := r.Tenants.List(ctx)
	if err != nil {
		return out, err
	}
	for _, t := range tenants {
		n, err := d.eraseAgain(ctx, r, t.ID)
		if err != nil {
			return out, err
		}
		if n > 0 {
			of(t.ID).Erased += n
		}
		if admins, err := r.People.CountActive(ctx, t.ID, access.Admin); err != nil {
			return out, err
		} else if n > 0 && admins == 0 {
			out.NoAdmin = append(out.NoAdmin, t.ID)
		}
	}
	for t, c := range counts {
		out.Erased, out.Holds, out.Certificates = out.Erased+c.Erased, out.Holds+c.Holds, out.Certificates+c.Certificates
		if _, err := r.Audit.Append(ctx, store.Deed{Tenant: t, When: d.cfg.Now(), Actor: "system console", Action: "erasures.again", From: "console",
			Why: fmt.Sprintf("after a restore: %d erased, %d holds, %d certificates", c.Erased, c.Holds, c.Certificates)}); err != nil {
			return out, err
		}
	}
	slices.Sort(out.NoAdmin)
	return out, nil
}

// againHold keeps a hold that is not there, or releases one that was released.
func againHold(ctx context.Context, r store.Records, h store.Hold) (changed bool, err error) {
	old, err := r.Holds.Get(ctx, h.Tenant, h.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return true, r.Holds.Add(ctx, h)
	case err == nil && old.Released.IsZero() && !h.Released.IsZero():
		return true, r.Holds.Release(ctx, h.Tenant, h.ID, h.Released, h.ReleasedBy, h.ReleaseReason)
	}
	return false, err
}

// eraseAgain erases the records of a tenant that were erased before.
func (d *Desk) eraseAgain(ctx context.Context, r store.Records, t access.Tenant) (n int64, err error) {
	for _, h := range d.cfg.Holders {
		var ids []string
		if err := h.Walk(ctx, r, t, func(id string) error {
			was, err := r.Erasures.Has(ctx, t, h.Kind(), store.Buried(t, h.Kind(), id))
			if was {
				ids = append(ids, id)
			}
			return err
		}); err != nil {
			return n, err
		}
		for _, id := range ids {
			if _, err := h.Erase(ctx, r, t, request.Found{Kind: h.Kind(), ID: id}, request.Erasing{When: d.cfg.Now(), Force: true}); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// Apply does Again in a transaction of its own, for records that were restored
// without it.
func (d *Desk) Apply(ctx context.Context, later store.Later) (out Again, err error) {
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		out, err = d.Again(ctx, r, later)
		return err
	})
	return out, err
}
