package reports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/casework/retention"
	"bonafide/contact/term"
	"bonafide/fault"
	"bonafide/store"
)

// Part is a part of what there was of a report: text, verdict, terms, audit,
// backups or exports.
type Part = request.Part

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
	return d.erase(ctx, d.deed(a, "report.erase", store.Named(id), why), id)
}

func (d *Desk) erase(ctx context.Context, deed store.Deed, id store.ReportID) (Certificate, error) {
	out := Certificate{Report: id, Erased: deed.When, By: deed.Actor, Reason: deed.Why}
	err := d.cfg.Store.Write(ctx, func(r store.Records) error {
		var err error
		if out.Removed, err = d.remove(ctx, r, deed.Tenant, id, request.Erasing{When: deed.When}); err != nil {
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
		out.Kept = []Part{{Code: "audit", Count: int64(len(stay))}, {Code: "backups"}, {Code: "exports"}}
		return nil
	})
	return out, err
}

// remove removes a report and what it is found by, and notes that it did, so
// that no backup brings it back. A Conflict of the field "hold" says that a hold
// keeps it.
func (d *Desk) remove(ctx context.Context, r store.Records, t access.Tenant, id store.ReportID, e request.Erasing) ([]Part, error) {
	x, err := peek(ctx, r, t, id)
	if err != nil {
		return nil, err
	}
	if !e.Force {
		holds, err := r.Holds.Open(ctx, t, e.When)
		if err != nil {
			return nil, err
		}
		if h, kept := d.kept(holds, x, e.When); kept {
			return nil, store.Held(h)
		}
	}
	terms, err := r.Search.Drop(ctx, t, id)
	if err == nil {
		err = r.Reports.Erase(ctx, t, id)
	}
	if err == nil {
		err = store.Recouple(ctx, r, t, id, false, true)
	}
	if err == nil {
		err = r.Erasures.Add(ctx, store.Erasure{Tenant: t, Kind: Kind, Mark: store.Buried(t, Kind, string(id)), Erased: e.When})
	}
	// Of a text that does not open nobody can tell how long it was: 0.
	return []Part{{Code: "text", Count: int64(len([]rune(x.Text)))}, {Code: "verdict", Count: int64(len(x.Codes))}, {Code: "terms", Count: terms}}, err
}

// peek reads a report; one whose texts do not open comes without them, marked as
// Unreadable: it can be held and erased all the same.
func peek(ctx context.Context, r store.Records, t access.Tenant, id store.ReportID) (store.Report, error) {
	x, err := r.Reports.Get(ctx, t, id)
	if err == nil || fault.KindOf(err) == fault.NotFound {
		return x, err
	}
	x, failed := r.Reports.Outline(ctx, t, id)
	if failed != nil { // it is not the texts alone
		return x, err
	}
	x.Unreadable = true
	return x, nil
}

// kept tells which hold keeps a report with its text at a time. Whether a person
// is in one that cannot be read nobody can tell: a hold on anybody keeps it.
func (d *Desk) kept(holds []store.Hold, x store.Report, now time.Time) (store.Hold, bool) {
	thing := store.Thing{Kind: Kind, ID: string(x.ID), Created: x.Created}
	if x.Unreadable {
		for _, h := range holds {
			anybody := h
			if anybody.Marks = nil; anybody.On(thing, now) {
				return h, true
			}
		}
		return store.Hold{}, false
	}
	return store.Keeps(holds, thing, now, func() []store.Hash {
		return store.Marks(d.markKeys, x.Tenant, d.terms.Identifiers(x.Text+"\n"+x.Note, x.Country))
	})
}

// atOnce is how many reports one step of a sweep looks at.
const atOnce = 50

// Sweep erases reports whose time is over, and tidies up.
func (d *Desk) Sweep(ctx context.Context) error {
	if _, err := d.Expire(ctx, false); err != nil {
		return err
	}
	return d.Tidy(ctx)
}

// Tidy makes searchable what is not yet, and writes down what is left of
// searches. A server calls it now and then.
func (d *Desk) Tidy(ctx context.Context) error {
	if err := d.noteRest(ctx); err != nil {
		return err
	}
	return d.Index(ctx)
}

// Index makes searchable what is not yet, such as the reports of a restored
// copy. The error tells of those whose texts do not open; all others are
// searchable then.
func (d *Desk) Index(ctx context.Context) error {
	unread, err := d.indexAll(ctx)
	return errors.Join(unread.err(), err)
}

// indexAll makes searchable what it can, and tells what it cannot read.
func (d *Desk) indexAll(ctx context.Context) (unread failures, err error) {
	var after store.ReportName
	for {
		n, last, err := d.index(ctx, after, &unread)
		if err != nil || n < atOnce {
			return unread, err
		}
		after = last
	}
}

// Overdue returns how many reports are still there though their time is over and
// no hold keeps them; more says that there are more than were counted. It is for the health of the
// system, over all tenants, and asks for no right.
func (d *Desk) Overdue(ctx context.Context) (n int, more bool, err error) {
	holds := map[access.Tenant][]store.Hold{}
	var after store.Report
	for n < store.MaxPage {
		due, kept, err := d.due(ctx, d.cfg.Now(), after, holds)
		if err != nil {
			return n, false, err
		}
		for i := range due {
			if !kept[i] {
				n++
			}
		}
		if len(due) < atOnce {
			return n, false, nil
		}
		after = due[len(due)-1]
	}
	return n, true, nil
}

// Expire erases the reports of all tenants whose time is over and that no hold
// keeps, and returns how many, by tenant. A dry one erases nothing and counts
// what would go. One that cannot be erased does not keep the others: the error
// tells of the first that could not, and comes with the counts.
func (d *Desk) Expire(ctx context.Context, dry bool) ([]retention.Count, error) {
	now := d.cfg.Now()
	holds := map[access.Tenant][]store.Hold{}
	counts := map[access.Tenant]*retention.Count{}
	var failed failures
	var after store.Report
	for {
		due, kept, err := d.due(ctx, now, after, holds)
		if err != nil {
			return counted(counts), errors.Join(failed.err(), err)
		}
		for i, x := range due {
			c := counts[x.Tenant]
			if c == nil {
				c = &retention.Count{Tenant: x.Tenant, Kind: Kind}
				counts[x.Tenant] = c
			}
			if !kept[i] {
				err = d.expire(ctx, x, now, dry)
			}
			var f *fault.Error
			switch {
			case kept[i], errors.As(err, &f) && f.Field == "hold": // perhaps since it was looked at
				c.Held++
			case err == nil:
				c.Erased++
			case ctx.Err() != nil:
				return counted(counts), errors.Join(failed.err(), err)
			default:
				failed.add("erased", x.Tenant, x.ID, err)
			}
		}
		if len(due) < atOnce {
			return counted(counts), failed.err()
		}
		after = due[len(due)-1]
	}
}

// failures are reports with which something could not be done.
type failures struct {
	n     int
	first error
}

func (f *failures) add(what string, t access.Tenant, id store.ReportID, err error) {
	if f.n++; f.n == 1 {
		f.first = fmt.Errorf("reports: report %s of %s cannot be %s: %w", id, t, what, err)
	}
}

// err tells of the first and how many there are; nil where there is none.
func (f *failures) err() error {
	if f.n > 1 {
		return fmt.Errorf("%w (and %d more)", f.first, f.n-1)
	}
	return f.first
}

// counted are counts in the order of the tenants.
func counted(counts map[access.Tenant]*retention.Count) []retention.Count {
	out := make([]retention.Count, 0, len(counts))
	for _, c := range counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b retention.Count) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	return out
}

// due reads some reports whose time is over, and which of them a hold keeps.
func (d *Desk) due(ctx context.Context, now time.Time, after store.Report, holds map[access.Tenant][]store.Hold) (due []store.Report, kept []bool, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if due, err = r.Reports.Due(ctx, now, after, atOnce); err != nil {
			return err
		}
		kept = make([]bool, len(due))
		for i, x := range due {
			list, known := holds[x.Tenant]
			if !known {
				if list, err = r.Holds.Open(ctx, x.Tenant, now); err != nil {
					return err
				}
				holds[x.Tenant] = list
			}
			if len(list) == 0 {
				continue
			}
			if x, err = peek(ctx, r, x.Tenant, x.ID); err != nil {
				return err
			}
			_, kept[i] = d.kept(list, x, now)
		}
		return nil
	})
	return due, kept, err
}

func (d *Desk) expire(ctx context.Context, x store.Report, now time.Time, dry bool) error {
	if dry {
		return nil
	}
	_, err := d.erase(ctx, store.Deed{Tenant: x.Tenant, When: now, Actor: "system retention", Action: "report.expire", Object: "report:" + string(x.ID)}, x.ID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // somebody else erased it meanwhile
	}
	return err
}

// index makes some reports searchable that are not, after one; it returns how
// many, and the last.
func (d *Desk) index(ctx context.Context, after store.ReportName, unread *failures) (int, store.ReportName, error) {
	var stale []store.ReportName
	var texts []store.Report
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if stale, err = r.Search.Stale(ctx, term.Version, after, atOnce); err != nil {
			return err
		}
		for _, n := range stale {
			x, err := peek(ctx, r, n.Tenant, n.ID)
			switch {
			case err != nil:
				return err
			case x.Unreadable:
				_, err = r.Reports.Get(ctx, n.Tenant, n.ID) // why
				unread.add("searched", n.Tenant, n.ID, err)
			default:
				texts = append(texts, x)
			}
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
