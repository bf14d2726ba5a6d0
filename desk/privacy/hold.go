package privacy

import (
	"context"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/fault"
	"bonafide/store"
)

// HoldWish is what shall be kept. What is not given narrows nothing; something
// must be.
type HoldWish struct {
	// Kind is one of Kinds, Record the number of one record of it.
	Kind, Record string
	// Subject is a person, whose records are all held.
	Subject request.Subject
	// From and Until are days on which records were made, Until included.
	From, Until time.Time
	// Ends is the day after which the hold ends by itself; zero: none.
	Ends   time.Time
	Reason string
}

// Kinds lists the kinds of records that can be held.
func (d *Desk) Kinds() []string {
	var out []string
	for _, k := range d.table.Kinds() {
		if k.Hold {
			out = append(out, k.Name)
		}
	}
	return out
}

// Hold keeps records from being erased, by time or by request, until it is
// released.
func (d *Desk) Hold(ctx context.Context, a access.Actor, w HoldWish) (store.Hold, error) {
	why, err := a.Because(access.HoldManage, all(a), w.Reason, d.cfg.Now())
	if err != nil {
		return store.Hold{}, err
	}
	if w.Kind != "" && !d.table.Kind(w.Kind).Hold {
		return store.Hold{}, fault.New(fault.Invalid, "kind", "is none that can be held: want one of %s", strings.Join(d.Kinds(), ", "))
	}
	id, err := d.id()
	if err != nil {
		return store.Hold{}, err
	}
	deed := d.deed(a, "hold.add", "hold:"+id, why)
	h := store.Hold{Tenant: a.Tenant, ID: id, Kind: w.Kind, Record: strings.TrimSpace(w.Record), From: w.From, Until: w.Until, Ends: w.Ends,
		Reason: string(why), By: deed.Actor, Since: store.Time(store.Micros(deed.When))}
	if !h.Until.IsZero() {
		h.Until = h.Until.AddDate(0, 0, 1)
	}
	if !h.Ends.IsZero() {
		if h.Ends = h.Ends.AddDate(0, 0, 1); !h.Ends.After(deed.When) {
			return h, fault.New(fault.Invalid, "ends", "is over: name a day to come, or none")
		}
	}
	if s := strings.TrimSpace(w.Subject.Identifier); s != "" {
		if len(s) > maxIdentifier {
			return h, fault.New(fault.TooLarge, "identifier", "has %d bytes: at most %d are read", len(s), maxIdentifier)
		}
		who := request.Subject{Identifier: s, Country: strings.ToUpper(strings.TrimSpace(w.Subject.Country))}
		var names []string
		for _, l := range d.lookers() {
			more, err := l.Names(a.Tenant, who)
			if err != nil {
				return h, err
			}
			names = append(names, more...)
		}
		h.Marks = d.marks(a.Tenant, who, names...)
	}
	if err := h.Check(); err != nil {
		return h, err
	}
	return h, store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error { return r.Holds.Add(ctx, h) })
}

// Holds lists the tenant's holds, newest first: all that hold, and of those that
// were released or ended as many as are among the newest store.MaxPage.
func (d *Desk) Holds(ctx context.Context, a access.Actor) (list []store.Hold, err error) {
	now := d.cfg.Now()
	if err := a.May(access.PrivacyRead, all(a), now); err != nil {
		return nil, err
	}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		if list, err = r.Holds.Open(ctx, a.Tenant, now); err != nil {
			return err
		}
		newest, err := r.Holds.List(ctx, a.Tenant)
		for _, h := range newest {
			if !h.Open(now) {
				list = append(list, h)
			}
		}
		return err
	})
	slices.SortStableFunc(list, func(a, b store.Hold) int { return b.Since.Compare(a.Since) })
	return list, err
}

// Release lifts a hold: what it kept and whose time is over goes with the next
// run.
func (d *Desk) Release(ctx context.Context, a access.Actor, id, reason string) error {
	why, err := a.Because(access.HoldManage, all(a), reason, d.cfg.Now())
	if err != nil {
		return err
	}
	deed := d.deed(a, "hold.release", "hold:"+store.Named(id), why)
	return store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error {
		return r.Holds.Release(ctx, a.Tenant, id, deed.When, deed.Actor, string(why))
	})
}
