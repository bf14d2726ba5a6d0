package reports

import (
	"context"
	"slices"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/contact/term"
	"bonafide/fault"
	"bonafide/store"
)

// Requests is the desk's part in requests of persons: it finds, copies and
// erases reports for desk/privacy, which checks rights and writes the audit.
type Requests struct{ d *Desk }

// Requests returns the desk's part in requests of persons.
func (d *Desk) Requests() Requests { return Requests{d} }

// Kind is what reports are called in data/retention.
func (Requests) Kind() string { return Kind }

// Ready makes sure that all reports can be found that can be read; Find names the
// others.
func (q Requests) Ready(ctx context.Context) error {
	_, err := q.d.indexAll(ctx)
	return err
}

// MaxFound is how many reports one person may be found in.
const MaxFound = 1000

// Find returns the reports of the tenant in which a person may be: all that hold
// the identifier in any writing, and those that hold a number with the same end,
// which are not Certain.
func (q Requests) Find(ctx context.Context, r store.Records, t access.Tenant, s request.Subject) ([]request.Found, error) {
	asked, err := q.d.terms.Query(s.Identifier, s.Country, store.MaxSearchTerms)
	if err != nil {
		return nil, err
	}
	terms := make([]store.Term, 0, len(asked.Terms))
	for _, x := range asked.Terms {
		terms = append(terms, store.NewTerm(t, x))
	}
	holds, err := r.Holds.Open(ctx, t, q.d.cfg.Now())
	if err != nil {
		return nil, err
	}
	same := q.d.terms.Identifiers(s.Identifier, s.Country)
	var out []request.Found
	page := store.Page{}
	for {
		list, next, err := r.Search.Reports(ctx, t, terms, store.ReportFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			if x, err = peek(ctx, r, t, x.ID); err != nil {
				return nil, err
			}
			if x.Unreadable {
				out = append(out, q.unread(holds, x))
				continue
			}
			if !asked.Match(x.Text) {
				continue
			}
			found := request.Found{Kind: Kind, ID: string(x.ID), Created: x.Created, Hint: string(x.Channel)}
			found.Certain = slices.ContainsFunc(q.d.terms.Identifiers(x.Text, x.Country), func(i string) bool { return slices.Contains(same, i) })
			_, found.Held = q.d.kept(holds, x, q.d.cfg.Now())
			out = append(out, found)
		}
		if len(out) > MaxFound {
			return nil, fault.New(fault.TooLarge, "identifier", "is found in more than %d reports: it names no single person; ask for a number or an address of theirs", MaxFound)
		}
		if next.IsZero() {
			return q.perhaps(ctx, r, t, holds, out)
		}
		page.After = next
	}
}

// MaxUnread is how many reports that cannot be read are named where a person is
// looked for.
const MaxUnread = 50

// perhaps adds reports that cannot be searched because their texts do not open:
// the person may be in them.
func (q Requests) perhaps(ctx context.Context, r store.Records, t access.Tenant, holds []store.Hold, out []request.Found) ([]request.Found, error) {
	stale, err := r.Search.Stale(ctx, term.Version, store.ReportName{Tenant: t}, MaxUnread)
	if err != nil {
		return nil, err
	}
	for _, n := range stale {
		if n.Tenant != t {
			break
		}
		x, err := peek(ctx, r, t, n.ID)
		if err != nil {
			return nil, err
		}
		if x.Unreadable {
			out = append(out, q.unread(holds, x))
		}
	}
	return out, nil
}

func (q Requests) unread(holds []store.Hold, x store.Report) request.Found {
	_, held := q.d.kept(holds, x, q.d.cfg.Now())
	return request.Found{Kind: Kind, ID: string(x.ID), Created: x.Created, Held: held, Hint: string(x.Channel), Unreadable: true}
}

// copied is a report as the person gets it.
type copied struct {
	View
	Note        string `json:"note,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Copy returns all that is kept of a report, in the clear.
func (q Requests) Copy(ctx context.Context, r store.Records, t access.Tenant, f request.Found) (any, error) {
	id := f.ID
	x, err := r.Reports.Get(ctx, t, store.ReportID(id))
	if err != nil {
		return nil, err
	}
	v := q.d.view(x, access.Masking{})
	v.Text, v.Masked = x.Text, false
	return copied{v, x.Note, x.Fingerprint}, nil
}

// Erase removes a report within a transaction; a Conflict where a hold keeps it.
func (q Requests) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error) {
	return q.d.remove(ctx, r, t, store.ReportID(f.ID), e)
}

// Walk calls f with the ids of all reports of the tenant, also of those that
// cannot be read.
func (Requests) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	var after store.ReportID
	for {
		ids, err := r.Reports.IDs(ctx, t, after, store.MaxPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := f(string(id)); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}
