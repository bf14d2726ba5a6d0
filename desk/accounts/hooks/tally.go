package hooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bonafide/store"
)

// Tally is how the addresses of all tenants are, for those who run the server.
type Tally struct {
	// On take what comes, Failing did not take the last, Stopped wait for somebody.
	On, Failing, Stopped int
	// Longest is how long the Failing address that failed first takes nothing.
	Longest time.Duration
	// Oldest is how long the oldest decision waits that was not posted yet to an address
	// that is on.
	Oldest time.Duration
	// Dead is how many decisions were given up and can be sent again.
	Dead int64
}

// Tally counts them. Where it fails for some tenants it counts those of the others.
func (d *Desk) Tally(ctx context.Context) (t Tally, err error) {
	var on []store.Webhook
	now := d.cfg.Now()
	bad := d.cfg.Store.Read(ctx, func(r store.Records) error {
		t, on = Tally{}, nil
		tenants, bad := r.Tenants.List(ctx)
		for _, x := range tenants {
			list, err := r.Webhooks.All(ctx, x.ID)
			if err != nil {
				bad = errors.Join(bad, fmt.Errorf("webhooks of tenant %s: %w", x.ID, err))
			}
			for i := range list {
				t.add(&list[i], now)
				if list[i].State == store.WebhookOn {
					on = append(on, list[i])
				}
				_, n, err := r.Webhooks.Dead(ctx, x.ID, list[i].ID, 0, 1)
				t.Dead, bad = t.Dead+n, errors.Join(bad, err)
			}
		}
		return bad
	})
	for i := range on {
		waits, err := d.waits(ctx, &on[i])
		t.Oldest, bad = max(t.Oldest, waits), errors.Join(bad, err)
	}
	return t, bad
}

func (t *Tally) add(w *store.Webhook, now time.Time) {
	switch {
	case w.State != store.WebhookOn:
		t.Stopped++
	case w.Failing.IsZero():
		t.On++
	default:
		t.Failing++
		t.Longest = max(t.Longest, now.Sub(w.Failing))
	}
}

// waits is how long the decision waits that comes next to an address; 0: none does.
func (d *Desk) waits(ctx context.Context, w *store.Webhook) (time.Duration, error) {
	last, err := d.cfg.Guard.Latest(ctx, self(w.Tenant))
	if err != nil || last <= w.Place {
		return 0, err
	}
	list, err := d.cfg.Guard.Follow(ctx, self(w.Tenant), w.Place, 0, w.Lang)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return max(0, d.cfg.Now().Sub(list[0].Made)), nil
}
