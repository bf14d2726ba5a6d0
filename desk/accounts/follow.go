package accounts

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// FollowMost is how many decisions Follow returns at once.
const FollowMost = 100

// Latest is the sequence of the newest decision: who follows from there hears of
// new ones only.
func (d *Desk) Latest(ctx context.Context, a access.Actor) (n int64, err error) {
	if err := d.reads(a); err != nil {
		return 0, err
	}
	d.settle(ctx, a.Tenant)
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		n, err = r.Decisions.Newest(ctx, a.Tenant)
		return err
	})
	return n, err
}

// Follow returns decisions with a sequence above after, oldest first. Where there
// are none it waits for one, at most so long, and may return none. A tenant's
// decisions come in one order, so that who goes on from the last misses none.
// fault.Temporary when the desk ends.
func (d *Desk) Follow(ctx context.Context, a access.Actor, after int64, wait time.Duration, lang string) ([]DecisionView, error) {
	if err := d.reads(a); err != nil {
		return nil, err
	}
	l, err := d.lane(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	d.settle(ctx, a.Tenant)
	ctx, cancel := context.WithTimeout(ctx, wait+settleFor)
	defer cancel()
	deadline := time.NewTimer(max(wait, 0))
	defer deadline.Stop()
	for {
		news := l.keeper.news()
		var rows []store.Decision
		if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
			rows, err = r.Decisions.After(ctx, a.Tenant, after, FollowMost)
			return err
		}); err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			return d.views(ctx, rows, lang)
		}
		select {
		case <-news:
		case <-deadline.C:
			return nil, nil
		case <-d.ended:
			return nil, fault.New(fault.Temporary, "", "the server stops: ask again, from the last sequence that you have")
		case <-ctx.Done():
			return nil, nil
		}
	}
}
