package privacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/retention"
	"bonafide/store"
)

// Run is what one run of the retention did.
type Run struct {
	// Dry: nothing was erased; the counts say what would go.
	Dry    bool              `json:"dry"`
	When   time.Time         `json:"when"`
	Counts []retention.Count `json:"counts"`
}

// Retain erases what is past its time, of all kinds and tenants, but for what a
// hold keeps. A tenant of which something went or was held gets one audit entry
// with the counts. A dry run changes nothing. What cannot be erased does not keep
// the rest: the error joins all that failed, and comes with what the run did. A
// server calls it now and then.
func (d *Desk) Retain(ctx context.Context, dry bool) (Run, error) {
	out := Run{Dry: dry, When: d.cfg.Now(), Counts: []retention.Count{}}
	var counts []retention.Count
	var failed []error
	for _, e := range d.cfg.Expirers {
		more, err := e.Expire(ctx, dry)
		failed = append(failed, err)
		counts = append(counts, more...)
	}
	tenants, err := d.Tenants(ctx)
	if err != nil {
		return out, errors.Join(append(failed, err)...)
	}
	names := map[access.Tenant]bool{}
	for _, t := range tenants {
		names[t.ID] = true
	}
	for _, c := range counts {
		if c.Tenant == "" {
			out.add(c)
		} else {
			names[c.Tenant] = true
		}
	}
	for t := range names {
		own := slices.DeleteFunc(slices.Clone(counts), func(c retention.Count) bool { return c.Tenant != t })
		own, err = d.retain(ctx, t, own, out.When, dry)
		failed = append(failed, err)
		for _, c := range own {
			out.add(c)
		}
	}
	slices.SortStableFunc(out.Counts, func(a, b retention.Count) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	return out, errors.Join(failed...)
}

func (r *Run) add(c retention.Count) {
	if c.Erased > 0 || c.Held > 0 {
		r.Counts = append(r.Counts, c)
	}
}

// retain erases what is past its time of the tenant's kinds that no other desk
// looks after, and writes the audit entry of all.
func (d *Desk) retain(ctx context.Context, t access.Tenant, counts []retention.Count, now time.Time, dry bool) ([]retention.Count, error) {
	err := store.Try(ctx, d.cfg.Store, dry, func(r store.Records) error {
		holds, err := r.Holds.Open(ctx, t, now)
		if err != nil {
			return err
		}
		for _, x := range []struct {
			kind  string
			sweep func(context.Context, access.Tenant, time.Time) (int64, error)
		}{
			{"api_key", func(ctx context.Context, t access.Tenant, before time.Time) (int64, error) {
				return r.APIKeys.Remove(ctx, t, "", before)
			}},
			{"hold", r.Holds.Sweep}, {"erasure", r.Erasures.Sweep}, {"certificate", r.Certificates.Sweep},
		} {
			c := retention.Count{Tenant: t, Kind: x.kind}
			kind := d.table.Kind(x.kind)
			if kind.Hold && heldAny(holds, x.kind, now) {
				// Which of them the hold means cannot be told apart here: all stay.
				continue
			}
			if c.Erased, err = x.sweep(ctx, t, kind.Before(now)); err != nil {
				return err
			}
			counts = append(counts, c)
		}
		why := said(counts)
		if dry || why == "" {
			return nil
		}
		_, err = r.Audit.Append(ctx, store.Deed{Tenant: t, When: now, Actor: "system retention", Action: "retention.run", Why: why})
		return err
	})
	return counts, err
}

// heldAny reports whether a hold keeps records of a kind: all of them, or some, such as
// those of a person.
func heldAny(holds []store.Hold, kind string, now time.Time) bool {
	return slices.ContainsFunc(holds, func(h store.Hold) bool {
		return h.Open(now) && (h.Kind == "" || h.Kind == kind)
	})
}

// said is what a run did, in the words of the audit; "" when nothing was erased.
func said(counts []retention.Count) string {
	var out []string
	erased := false
	for _, c := range counts {
		if c.Erased > 0 {
			out = append(out, fmt.Sprintf("%s: %d erased", c.Kind, c.Erased))
			erased = true
		}
		if c.Held > 0 {
			out = append(out, fmt.Sprintf("%s: %d held", c.Kind, c.Held))
		}
	}
	if !erased {
		return "" // what is held stays so from run to run
	}
	return strings.Join(out, "; ")
}
