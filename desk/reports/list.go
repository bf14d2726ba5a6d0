package reports

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/term"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/store"
)

// View is a report as somebody may see it.
type View struct {
	ID          store.ReportID     `json:"id"`
	Created     time.Time          `json:"created_at"`
	Channel     contact.Channel    `json:"channel"`
	Lang        string             `json:"lang,omitempty"`
	Country     string             `json:"country,omitempty"`
	Outcome     verdict.Outcome    `json:"outcome"`
	Probability float64            `json:"probability"`
	Codes       []evidence.Code    `json:"codes"`
	Status      store.ReportStatus `json:"status"`
	Consent     string             `json:"consent" doc:"Version of the text that the person agreed to."`
	RetainUntil time.Time          `json:"retain_until"`
	Revision    int64              `json:"revision" doc:"Give it back with a change."`
	// Masked: Text shows only words that frauds are told by.
	Masked bool   `json:"masked"`
	Text   string `json:"text"`
	// Unreadable: the text does not open, and is empty.
	Unreadable bool `json:"unreadable,omitempty" doc:"The text does not open with the keys of this server; all else is there."`
}

// excerptBytes is how much of a text a list shows.
const excerptBytes = 400

func (d *Desk) view(x store.Report, m access.Masking) View {
	v := View{ID: x.ID, Created: x.Created, Channel: x.Channel, Lang: x.Lang, Country: x.Country, Outcome: x.Outcome, Probability: x.Probability,
		Codes: x.Codes, Status: x.Status, Consent: x.Consent, RetainUntil: x.RetainUntil, Revision: x.Revision, Masked: m == (access.Masking{}), Unreadable: x.Unreadable}
	if v.Codes == nil {
		v.Codes = []evidence.Code{}
	}
	v.Text = m.Show(d.mask(x.Text), x.Text)
	return v
}

// Query says which reports are wanted.
type Query struct {
	Filter store.ReportFilter
	// Search are words, numbers, addresses that must all be in the text; "": any.
	Search string
	Page   store.Page
}

// Listing is a page of reports.
type Listing struct {
	Reports []View
	// Next is where the next page begins; the zero key: there is none. A search
	// may give fewer reports than a page holds and still go on.
	Next store.Key
	// Any: the tenant has reports, whatever the query lets through.
	Any bool
}

// read checks that an actor may read reports of all; own tells that they may
// only read their own, of which there are none: reports are tied to nobody.
func (d *Desk) read(a access.Actor) (own bool, err error) {
	if err := a.May(access.ReportRead, access.Of{Tenant: a.Tenant, Owner: a.Person}, d.cfg.Now()); err != nil {
		return false, err
	}
	return a.ReachOf(access.ReportRead) != access.All, nil
}

// check refuses a filter that no report can pass.
func (q Query) check() error {
	f := q.Filter
	for _, x := range []struct {
		field, value string
		known        func() bool
	}{
		{"status", string(f.Status), func() bool { return in(f.Status, store.ReportStatuses()) }},
		{"channel", string(f.Channel), func() bool { return in(f.Channel, contact.Channels()) }},
		{"outcome", string(f.Outcome), func() bool { return in(f.Outcome, verdict.Outcomes()) }},
		{"lang", f.Lang, func() bool { return len(f.Lang) <= 35 }},
		{"country", f.Country, func() bool { return len(f.Country) == 2 }},
	} {
		if x.value == "" {
			continue
		}
		if !x.known() {
			return fault.New(fault.Invalid, x.field, "is none that reports have: choose one of the list")
		}
		if err := store.CheckText(x.field, x.value, 64); err != nil {
			return err
		}
	}
	return nil
}

func in[T comparable](x T, list []T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// scans is how many pages of the store one page of a search looks through at
// most, and patience how long it may have looked before it begins another: the
// page then says where to go on, and whoever searches goes on from there.
const (
	scans    = 3
	patience = 25 * time.Millisecond
)

// List returns a page of the actor's tenant's reports, newest first, masked. A
// search leaves an audit entry of what kinds of things were searched for.
func (d *Desk) List(ctx context.Context, a access.Actor, q Query) (Listing, error) {
	var out Listing
	own, err := d.read(a)
	if err != nil || own {
		return out, err
	}
	if err := q.check(); err != nil {
		return out, err
	}
	if q.Search != "" {
		// Each page: the key of a page is whatever its asker makes of it.
		if err := d.noteSearch(ctx, a, q); err != nil {
			return out, err
		}
	}
	list, next, err := d.find(ctx, a, q)
	if err != nil {
		return out, err
	}
	out.Next, out.Any = next, len(list) > 0
	for _, x := range list {
		x.Text = x.Text[:cut(x.Text, excerptBytes)]
		out.Reports = append(out.Reports, d.view(x, access.Masking{}))
	}
	if !out.Any {
		err = d.cfg.Store.Read(ctx, func(r store.Records) error {
			any, _, err := r.Reports.List(ctx, a.Tenant, store.ReportFilter{}, store.Page{Limit: 1})
			out.Any = len(any) > 0
			return err
		})
	}
	return out, err
}

// cut is where a text of at most n bytes ends.
func cut(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return n
}

// find returns reports with the beginning of their texts.
func (d *Desk) find(ctx context.Context, a access.Actor, q Query) (out []store.Report, next store.Key, err error) {
	if q.Search == "" {
		err = d.cfg.Store.Read(ctx, func(r store.Records) error {
			out, next, err = r.Reports.List(ctx, a.Tenant, q.Filter, q.Page)
			return err
		})
		return out, next, err
	}
	asked, err := d.terms.Query(q.Search, q.Filter.Country, store.MaxSearchTerms)
	if err != nil {
		return nil, next, err
	}
	terms := make([]store.Term, 0, len(asked.Terms))
	for _, s := range asked.Terms {
		terms = append(terms, store.NewTerm(a.Tenant, s))
	}
	page, start := q.Page, d.cfg.Now()
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		for range scans {
			page.Limit = q.Page.Size() - len(out)
			list, on, err := r.Search.Reports(ctx, a.Tenant, terms, q.Filter, page)
			if err != nil {
				return err
			}
			for _, x := range list {
				ok, err := holds(ctx, r, asked, x)
				if err != nil {
					return err
				}
				if ok {
					out = append(out, x)
				}
			}
			page.After, next = on, on
			if on.IsZero() || len(out) == q.Page.Size() || d.cfg.Now().Sub(start) > patience {
				return nil
			}
		}
		return nil
	})
	return out, next, err
}

// holds reports whether a report that has all terms holds what is searched; of one
// that cannot be read the terms are all there is to tell.
func holds(ctx context.Context, r store.Records, q term.Query, x store.Report) (bool, error) {
	if q.Exact() {
		return true, nil
	}
	whole, err := peek(ctx, r, x.Tenant, x.ID)
	return err == nil && (whole.Unreadable || q.Match(whole.Text)), err
}

// get reads a report that the actor may read.
func (d *Desk) get(ctx context.Context, a access.Actor, id store.ReportID) (x store.Report, err error) {
	own, err := d.read(a)
	if err != nil {
		return x, err
	}
	if own {
		return x, store.NoReport()
	}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		x, err = r.Reports.Get(ctx, a.Tenant, id)
		return err
	})
	return x, err
}

// Open returns a report, masked.
func (d *Desk) Open(ctx context.Context, a access.Actor, id store.ReportID) (View, error) {
	x, err := d.get(ctx, a, id)
	if err != nil {
		return View{}, err
	}
	return d.view(x, access.Masking{}), nil
}

// Unmask returns a report in the clear, once the reason stands in the audit.
func (d *Desk) Unmask(ctx context.Context, a access.Actor, id store.ReportID, reason string) (View, error) {
	open, why, err := a.Unmask(access.ReportUnmask, access.Of{Tenant: a.Tenant}, reason, d.cfg.Now())
	if err != nil {
		return View{}, err
	}
	var x store.Report
	err = d.change(ctx, d.deed(a, "report.unmask", store.Named(id), why), func(r store.Records) (err error) {
		x, err = r.Reports.Get(ctx, a.Tenant, id)
		return err
	})
	if err != nil {
		return View{}, err
	}
	return d.view(x, open), nil
}

// SetStatus writes how far a report has come. Conflict when somebody else
// changed it since the revision.
func (d *Desk) SetStatus(ctx context.Context, a access.Actor, id store.ReportID, status store.ReportStatus, revision int64) error {
	if err := a.May(access.ReportChange, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return err
	}
	deed := d.deed(a, "report.status", store.Named(id), "")
	if in(status, store.ReportStatuses()) {
		deed.Why = string(status)
	}
	return d.change(ctx, deed, func(r store.Records) error {
		x, err := r.Reports.Get(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		x.Status, x.Revision = status, revision
		if _, err = r.Reports.Update(ctx, x); err == nil {
			err = store.Recouple(ctx, r, a.Tenant, id, status != store.ReportRejected, false)
		}
		return err
	})
}

// change does f with its audit entry.
func (d *Desk) change(ctx context.Context, deed store.Deed, f func(store.Records) error) error {
	return store.Change(ctx, d.cfg.Store, deed, f)
}
