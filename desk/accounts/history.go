package accounts

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/account/window"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/store"
)

// labelMark stands in every label and in few other events: all else need not be
// parsed to find the labels.
const labelMark = `"label"`

// listMark stands in every change of a list, likewise.
const listMark = `"` + string(event.ListChanged) + `"`

// History gives the tenant's events since a time, with as many before as any window
// can look back, in the order of the log, which is that in which they were decided;
// and the labels among them; see Found for those of people here. It ends at what is the end of the log now. An error
// ends the sequence: it is of the log, not of one event.
//
// It checks no right: desks that replay do.
func (d *Desk) History(ctx context.Context, t access.Tenant, since time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
	in := past.Strand(d.cfg.Log, t)
	last, err := in.Last(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("accounts: read the log: %w", err)
	}
	from, err := past.Since(ctx, in, last, since.Add(-window.MaxSpan-time.Hour))
	if err != nil {
		return nil, nil, fmt.Errorf("accounts: %w", err)
	}
	labels := &replay.Labels{}
	for e, err := range marked(ctx, in, from, last, labelMark) {
		if err != nil {
			return nil, nil, err
		}
		labels.Note(&e)
	}
	return func(yield func(event.Event, error) bool) {
		for e, err := range marked(ctx, in, 1, from-1, listMark) { // what is on lists may be older than any window
			if (err != nil || e.List != nil) && !yield(e, err) || err != nil {
				return
			}
		}
		for e, err := range marked(ctx, in, from, last, "") {
			if !yield(e, err) {
				return
			}
		}
	}, labels, nil
}

// ErasedAt is when an account, named by its hash, was erased; zero: it was not. It
// checks no right: desks that replay do.
func (d *Desk) ErasedAt(ctx context.Context, t access.Tenant, account string) (when time.Time, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		when, err = past.ErasedAt(ctx, r, past.Subject{Tenant: t, Name: account})
		return err
	})
	return when, err
}

// maxFound bounds how many labelled decisions of a kind are taken, the newest first.
const maxFound = 20_000

// Found notes what people here said of decisions that are kept. It checks no right:
// desks that replay do.
func (d *Desk) Found(ctx context.Context, t access.Tenant, labels *replay.Labels) error {
	for _, what := range []store.Label{store.LabelFraud, store.LabelGood} {
		if err := d.found(ctx, t, what, labels); err != nil {
			return fmt.Errorf("accounts: read the labels of decisions: %w", err)
		}
	}
	return nil
}

// found notes what people here said of decisions: of their order, where they are
// about one, else of the account at that time.
func (d *Desk) found(ctx context.Context, t access.Tenant, what store.Label, labels *replay.Labels) error {
	f := store.AnyDecision()
	f.Label = string(what)
	for before, n := int64(0), 0; n < maxFound; {
		var rows []store.Decision
		if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
			rows, before, err = r.Decisions.List(ctx, t, f, before, store.MaxPage)
			return err
		}); err != nil {
			return err
		}
		for i := range rows {
			x := &rows[i]
			l := replay.Label{Verdict: replay.Fraud}
			if what == store.LabelGood {
				l.Verdict = replay.Genuine
			}
			if x.Purchase != "" {
				l.Orders = []string{x.Purchase}
			} else {
				l.Start, l.End = x.Happened, x.Happened
			}
			labels.Add(x.Account, l)
		}
		if n += len(rows); before == 0 {
			return nil
		}
	}
	return nil
}

// marked are the events of a strand between two places, both included; with a mark
// only those that hold it.
func marked(ctx context.Context, in eventlog.Strand, from, to eventlog.Position, mark string) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		for r, err := range in.Walk(ctx, from, to) {
			var e event.Event
			if err == nil {
				if !bytes.Contains(r.Data, []byte(mark)) {
					continue
				}
				e, _, err = past.EventOf(r)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
