package hooks

import (
	"context"
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
	// Dead is how many decisions were given up and can be sent again.
	Dead int64
}

// Tally counts them.
func (d *Desk) Tally(ctx context.Context) (t Tally, err error) {
	now := d.cfg.Now()
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		t = Tally{}
		tenants, err := r.Tenants.List(ctx)
		if err != nil {
			return err
		}
		for _, x := range tenants {
			list, err := r.Webhooks.All(ctx, x.ID)
			if err != nil {
				return fmt.Errorf("webhooks of tenant %s: %w", x.ID, err)
			}
			for i := range list {
				w := &list[i]
				switch {
				case w.State != store.WebhookOn:
					t.Stopped++
				case w.Failing.IsZero():
					t.On++
				default:
					t.Failing++
					t.Longest = max(t.Longest, now.Sub(w.Failing))
				}
				_, n, err := r.Webhooks.Dead(ctx, x.ID, w.ID, 0, 1)
				if err != nil {
					return err
				}
				t.Dead += n
			}
		}
		return nil
	})
	return t, err
}
