package sql

import (
	"context"
	"strings"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// search finds reports within a transaction.
type search struct{ *session }

var _ store.Search = search{}

// checkTerms refuses what is no term: it would shift all that follow it.
func checkTerms(terms []store.Term, limit int) error {
	if len(terms) > limit {
		return fault.New(fault.TooLarge, "terms", "are %d: at most %d are looked for", len(terms), limit)
	}
	for _, x := range terms {
		if !x.Valid() {
			return fault.New(fault.Invalid, "terms", "holds what is no term: make them with store.NewTerm")
		}
	}
	return nil
}

// Put writes what a report is found by.
func (s search) Put(ctx context.Context, t access.Tenant, id store.ReportID, terms []store.Term, version int64) error {
	if err := checkTerms(terms, store.MaxTerms); err != nil {
		return err
	}
	x, err := reports(s).Get(ctx, t, id)
	if err != nil {
		return err
	}
	if _, err := s.Drop(ctx, t, id); err != nil {
		return err
	}
	var b strings.Builder
	for _, x := range terms {
		b.WriteString(string(x))
	}
	if err := s.q.PutTerms(ctx, queries.PutTermsParams{Amount: int64(len(terms)), Tenant: string(t), ID: string(id), Terms: b.String(), Created: store.Micros(x.Created)}); err != nil {
		return s.done(ctx, "make a report searchable", err)
	}
	return s.done(ctx, "make a report searchable", s.q.SetIndexed(ctx, queries.SetIndexedParams{Tenant: string(t), ID: string(id), Version: version}))
}

// Drop removes what a report is found by.
func (s search) Drop(ctx context.Context, t access.Tenant, id store.ReportID) (int64, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	n, err := s.q.DropTerms(ctx, queries.DropTermsParams{Tenant: string(t), ID: string(id)})
	if err == nil {
		_, err = s.q.DropIndexed(ctx, queries.DropIndexedParams{Tenant: string(t), ID: string(id)})
	}
	return n, s.done(ctx, "remove a report from the search", err)
}

// Stale returns reports without terms of a version, after one.
func (s search) Stale(ctx context.Context, version int64, after store.ReportName, limit int) ([]store.ReportName, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	rows, err := s.q.StaleReports(ctx, queries.StaleReportsParams{Version: version, AfterTenant: string(after.Tenant), AfterID: string(after.ID), Most: int32(store.Page{Limit: limit}.Size())})
	if err != nil {
		return nil, s.done(ctx, "list reports that cannot be searched yet", err)
	}
	out := make([]store.ReportName, 0, len(rows))
	for _, row := range rows {
		out = append(out, store.ReportName{Tenant: access.Tenant(row.Tenant), ID: store.ReportID(row.ID)})
	}
	return out, nil
}

// Reports finds reports by their terms. The rarest one leads.
func (s search) Reports(ctx context.Context, t access.Tenant, terms []store.Term, f store.ReportFilter, p store.Page) ([]store.Report, store.Key, error) {
	if err := checkTerms(terms, store.MaxSearchTerms); err != nil {
		return nil, store.Key{}, err
	}
	if len(terms) == 0 {
		return nil, store.Key{}, fault.New(fault.Invalid, "terms", "are none: list reports instead")
	}
	if s.failed != nil {
		return nil, store.Key{}, s.failed
	}
	lead, n, err := s.rarest(ctx, t, terms)
	if err != nil || n == 0 {
		return nil, store.Key{}, err
	}
	by := queries.SearchReportsParams{Tenant: string(t), Term1: string(lead), Status: string(f.Status), Channel: string(f.Channel), Outcome: string(f.Outcome),
		Lang: f.Lang, Country: f.Country, Most: int32(p.Size()) + 1}
	others := []*string{&by.Term2, &by.Term3, &by.Term4, &by.Term5, &by.Term6, &by.Term7, &by.Term8}
	for _, x := range terms {
		if x != lead {
			*others[0], others = string(x), others[1:]
		}
	}
	by.EndCreated, by.KeyCreated = span(f.From, f.Until)
	if after := store.Micros(p.After.When); !p.After.IsZero() && after < by.KeyCreated {
		by.KeyCreated, by.KeyID = after, p.After.ID
	}
	var next store.Key
	ends, err := s.q.EndOfScan(ctx, queries.EndOfScanParams{Tenant: by.Tenant, Term: by.Term1, KeyCreated: by.KeyCreated, KeyID: by.KeyID,
		CreatedFrom: by.EndCreated, Skip: store.MaxScan - 1})
	if err != nil {
		return nil, store.Key{}, s.done(ctx, "search reports", err)
	}
	if len(ends) > 0 {
		next = store.Key{When: store.Time(ends[0].Created), ID: ends[0].ID}
		by.EndCreated, by.EndID = ends[0].Created, ends[0].ID
	}
	rows, err := s.q.SearchReports(ctx, by)
	if err != nil {
		return nil, store.Key{}, s.done(ctx, "search reports", err)
	}
	out, more, err := excerpts(rows, p, func(row queries.SearchReportsRow) queries.Report { return queries.Report(row) })
	if err != nil || !more.IsZero() {
		next = more
	}
	return out, next, err
}

// rarest is the term that the fewest reports have, as far as it is counted. All
// are counted a little before any is counted further: beside a rare one nobody
// needs to know how many reports have a frequent one.
func (s search) rarest(ctx context.Context, t access.Tenant, terms []store.Term) (lead store.Term, n int64, err error) {
	for _, most := range []int64{100, 700, 2 * store.MaxScan} {
		for i, x := range terms {
			m, err := s.q.CountTerm(ctx, queries.CountTermParams{Tenant: string(t), Term: string(x), Most: int32(most)})
			if err != nil {
				return "", 0, s.done(ctx, "search reports", err)
			}
			if i == 0 || m < n {
				lead, n = x, m
			}
		}
		if n < most {
			break
		}
	}
	return lead, n, nil
}
