package accounts

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sort"
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
	part := eventlog.Partition(t, past.Key, d.cfg.Log.Partitions())
	last, err := d.cfg.Log.Last(ctx, part)
	if err != nil {
		return nil, nil, fmt.Errorf("accounts: read the log: %w", err)
	}
	from, err := d.placeOf(ctx, part, last, since.Add(-window.MaxSpan-time.Hour))
	if err != nil {
		return nil, nil, err
	}
	labels := &replay.Labels{}
	for e, err := range d.logged(ctx, t, part, from, last, labelMark) {
		if err != nil {
			return nil, nil, err
		}
		labels.Note(&e)
	}
	return func(yield func(event.Event, error) bool) {
		for e, err := range d.logged(ctx, t, part, 1, from-1, listMark) { // what is on lists may be older than any window
			if (err != nil || e.List != nil) && !yield(e, err) || err != nil {
				return
			}
		}
		for e, err := range d.logged(ctx, t, part, from, last, "") {
			if !yield(e, err) {
				return
			}
		}
	}, labels, nil
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

// placeOf is the first place of a partition whose record was received at a time or
// later. An event is never received more than minutes before it happened.
func (d *Desk) placeOf(ctx context.Context, part int, last eventlog.Position, at time.Time) (eventlog.Position, error) {
	var failed error
	n := sort.Search(int(last), func(i int) bool { //nolint:gosec // positions are small
		if failed != nil {
			return true
		}
		records, err := d.cfg.Log.Read(ctx, part, eventlog.Position(i+1), 1) //nolint:gosec // positions are small
		if err != nil || len(records) == 0 {
			failed = err
			return true
		}
		received, _, _, err := past.Split(records[0].Data)
		return err != nil || !received.Before(at) // what cannot be read is met when it is read
	})
	if failed != nil {
		return 0, fmt.Errorf("accounts: read the log: %w", failed)
	}
	return eventlog.Position(n + 1), nil //nolint:gosec // positions are small
}

// logged are the tenant's events between two places, both included; with a mark
// only those that hold it.
func (d *Desk) logged(ctx context.Context, t access.Tenant, part int, from, to eventlog.Position, mark string) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		for at := from; at <= to; {
			records, err := d.cfg.Log.Read(ctx, part, at, eventlog.MaxAppend)
			if err != nil {
				yield(event.Event{}, fmt.Errorf("accounts: read the log: %w", err))
				return
			}
			if len(records) == 0 {
				return
			}
			for i := range records {
				r := &records[i]
				if at = r.Position + 1; r.Position > to {
					return
				}
				if r.Tenant != t || r.Key != past.Key || mark != "" && !bytes.Contains(r.Data, []byte(mark)) {
					continue
				}
				e, _, err := past.EventOf(r)
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}
