package reports

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/contact/term"
	"bonafide/fault"
	"bonafide/store"
)

// Part is a part of what there was of a report; doors have its words.
type Part struct {
	// Code is text, verdict, terms, audit, backups or exports.
	Code string `json:"code"`
	// Count is how many there are; 0 where it cannot be told.
	Count int64 `json:"count,omitempty"`
}

// Certificate says what was removed of a report, and what had to stay. It holds
// nothing of the report.
type Certificate struct {
	Report store.ReportID `json:"report"`
	Erased time.Time      `json:"erased_at"`
	By     store.Actor    `json:"by"`
	Reason string         `json:"reason"`
	// Entry is the place of the erasure in the audit, Hash its hash there.
	Entry   int64  `json:"entry"`
	Hash    string `json:"hash"`
	Removed []Part `json:"removed"`
	Kept    []Part `json:"kept"`
}

// Erase removes a report for a reason, and certifies it.
func (d *Desk) Erase(ctx context.Context, a access.Actor, id store.ReportID, reason string) (Certificate, error) {
	why, err := a.Because(access.ReportErase, access.Of{Tenant: a.Tenant}, reason, d.cfg.Now())
	if err != nil {
		return Certificate{}, err
	}
	return d.erase(ctx, d.deed(a, "report.erase", clip(id), why), id)
}

func (d *Desk) erase(ctx context.Context, deed store.Deed, id store.ReportID) (Certificate, error) {
	out := Certificate{Report: id, Erased: deed.When, By: deed.Actor, Reason: deed.Why}
	err := d.cfg.Store.Write(ctx, func(r store.Records) error {
		x, err := r.Reports.Get(ctx, deed.Tenant, id)
		if err != nil {
			return err
		}
		terms, err := r.Search.Drop(ctx, deed.Tenant, id)
		if err == nil {
			err = r.Reports.Erase(ctx, deed.Tenant, id)
		}
		if err != nil {
			return err
		}
		entry, err := r.Audit.Append(ctx, deed)
		if err != nil {
			return err
		}
		stay, _, err := r.Audit.List(ctx, deed.Tenant, store.AuditFilter{Object: deed.Object}, 0, 0)
		if err != nil {
			return err
		}
		out.Entry, out.Hash = entry.Sequence, entry.Hash.String()
		out.Removed = []Part{{"text", int64(len([]rune(x.Text)))}, {"verdict", int64(len(x.Codes))}, {"terms", terms}}
		out.Kept = []Part{{"audit", int64(len(stay))}, {"backups", 0}, {"exports", 0}}
		return nil
	})
	return out, err
}

// atOnce is how many reports one step of Sweep looks at.
const atOnce = 50

// Sweep erases reports whose time is over, makes searchable what is not yet, and
// writes down what is left of searches. A server calls it now and then.
func (d *Desk) Sweep(ctx context.Context) error {
	if err := d.noteRest(ctx); err != nil {
		return err
	}
	for {
		n, err := d.expire(ctx)
		if err != nil {
			return err
		}
		if n < atOnce {
			break
		}
	}
	var after store.ReportName
	for {
		n, last, err := d.index(ctx, after)
		if err != nil || n < atOnce {
			return err
		}
		after = last
	}
}

// Overdue returns how many reports are still there though their time is over; more
// says that there are more than were counted. It is for the health of the
// system, over all tenants, and asks for no right.
func (d *Desk) Overdue(ctx context.Context) (n int, more bool, err error) {
	now := d.cfg.Now()
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		due, err := r.Reports.Due(ctx, now, store.MaxPage)
		n, more = len(due), len(due) == store.MaxPage
		return err
	})
	return n, more, err
}

// expire erases some reports whose time is over.
func (d *Desk) expire(ctx context.Context) (int, error) {
	now := d.cfg.Now()
	var due []store.Report
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		due, err = r.Reports.Due(ctx, now, atOnce)
		return err
	}); err != nil {
		return 0, err
	}
	for _, x := range due {
		_, err := d.erase(ctx, store.Deed{Tenant: x.Tenant, When: now, Actor: "system retention", Action: "report.expire", Object: "report:" + string(x.ID)}, x.ID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return 0, err
		}
	}
	return len(due), nil
}

// index makes some reports searchable that are not, after one; it returns how
// many, and the last.
func (d *Desk) index(ctx context.Context, after store.ReportName) (int, store.ReportName, error) {
	var stale []store.ReportName
	var texts []store.Report
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if stale, err = r.Search.Stale(ctx, term.Version, after, atOnce); err != nil {
			return err
		}
		for _, n := range stale {
			x, err := r.Reports.Get(ctx, n.Tenant, n.ID)
			if err != nil {
				return err
			}
			texts = append(texts, x)
		}
		return nil
	}); err != nil {
		return 0, after, err
	}
	for _, x := range texts {
		terms := d.termsOf(x)
		err := d.cfg.Store.Write(ctx, func(r store.Records) error { return r.Search.Put(ctx, x.Tenant, x.ID, terms, term.Version) })
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return 0, after, err
		}
	}
	if len(stale) > 0 {
		after = stale[len(stale)-1]
	}
	return len(stale), after, nil
}
