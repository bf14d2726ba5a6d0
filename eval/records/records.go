// Package records measures pages and searches over many contact reports: it
// fills a store with made-up reports, lets many people open pages of the real
// server at the same time, and searches by every kind of thing that people
// search for. The figures of docs/performance.md come from it.
//
// It is not for correctness (store/storetest and the tests of the desks are) and
// never for records that matter: what it adds belongs to a tenant of its own and
// stays there. It does not wire a server; cmd/bonafide hands it one.
//
//	err := records.Fill(ctx, s, tables, records.FillOptions{Reports: 1_000_000, Seed: 1})
//	r, err := records.Measure(ctx, house, records.Options{People: 200, Every: 5 * time.Second, For: time.Minute, Searches: 200})
//	err = r.WriteText(os.Stdout)
package records

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/contact/term"
	"bonafide/fault"
	"bonafide/store"
)

// Tenant is whose reports are made.
const Tenant access.Tenant = "eval-records"

// FillOptions say how many reports there are to be.
type FillOptions struct {
	Reports int
	Seed    uint64
	// Progress is told now and then how many there are; may be nil.
	Progress func(done int)
}

// perChange is how many reports are kept in one transaction.
const perChange = 2000

// indexed is a report with what it is found by.
type indexed struct {
	report store.Report
	terms  []store.Term
}

// Fill brings the tenant to the number of reports, through the contracts of the
// store. What is there already stays and is counted, so that a run that was
// broken off goes on. Reports are a function of seed and place alone.
func Fill(ctx context.Context, s store.Store, tables *term.Tables, o FillOptions) error {
	there, err := found(ctx, s, o.Seed)
	if err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	for from := there; from < o.Reports; from += perChange {
		batch := make([]indexed, min(perChange, o.Reports-from))
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w; i < len(batch); i += workers {
					batch[i] = index(tables, Made(o.Seed, from+i).Report)
				}
			})
		}
		wg.Wait()
		if err := s.Write(ctx, func(r store.Records) error { return keep(ctx, r, batch) }); err != nil {
			return fmt.Errorf("records: keep reports %d to %d: %w", from, from+len(batch), err)
		}
		if o.Progress != nil {
			o.Progress(from + len(batch))
		}
	}
	return nil
}

func index(tables *term.Tables, x store.Report) indexed {
	list := tables.Of(x.Text, x.Country)
	terms := make([]store.Term, 0, len(list))
	for _, t := range list[:min(len(list), store.MaxTerms)] {
		terms = append(terms, store.NewTerm(Tenant, t))
	}
	return indexed{x, terms}
}

func keep(ctx context.Context, r store.Records, batch []indexed) error {
	for _, x := range batch {
		if err := r.Reports.Add(ctx, x.report); err != nil {
			return err
		}
		if err := r.Search.Put(ctx, Tenant, x.report.ID, x.terms, term.Version); err != nil {
			return err
		}
	}
	return nil
}

// found makes the tenant where there is none, and counts its reports.
func found(ctx context.Context, s store.Store, seed uint64) (int, error) {
	var n int64
	err := s.Write(ctx, func(r store.Records) error {
		_, err := r.Tenants.Get(ctx, Tenant)
		if err != nil && fault.KindOf(err) == fault.NotFound {
			return r.Tenants.Add(ctx, store.Tenant{ID: Tenant, Name: "Eval", Created: began})
		}
		if err != nil {
			return err
		}
		n, err = r.Reports.Count(ctx, Tenant, store.ReportFilter{})
		if err != nil || n == 0 {
			return err
		}
		if _, err := r.Reports.Get(ctx, Tenant, Made(seed, int(n)-1).Report.ID); err != nil {
			return fault.New(fault.Invalid, "", "the records hold made-up reports of another seed or a broken run: take an empty database")
		}
		return nil
	})
	return int(n), err
}

// began is the time of the first report; each comes some seconds after the one
// before.
var began = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
