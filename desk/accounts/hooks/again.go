package hooks

import (
	"context"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// SendAgain posts a decision that was given up, once; when it is taken it is dead no
// more. NotFound where it is none, or the decision was erased; Conflict where somebody
// sends to this address again just now. Right: webhook.manage.
func (d *Desk) SendAgain(ctx context.Context, a access.Actor, id string, sequence int64) (WebhookSent, error) {
	if err := d.may(a, access.WebhookManage); err != nil {
		return WebhookSent{}, err
	}
	done, err := d.claim(a.Tenant, id)
	if err != nil {
		return WebhookSent{}, err
	}
	defer done()
	return d.sendAgain(ctx, a, id, sequence)
}

// claim has one person at a time send again to an address, so that nothing comes twice
// for a double click.
func (d *Desk) claim(t access.Tenant, id string) (done func(), err error) {
	key := string(t) + " " + idOf(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.again[key] {
		return nil, fault.New(fault.Conflict, "", "somebody sends again to this address just now: look what became of it in a moment")
	}
	d.again[key] = true
	return func() { d.mu.Lock(); delete(d.again, key); d.mu.Unlock() }, nil
}

func (d *Desk) sendAgain(ctx context.Context, a access.Actor, id string, sequence int64) (WebhookSent, error) {
	w, err := d.one(ctx, a, id)
	if err == nil {
		err = d.cfg.Store.Read(ctx, func(r store.Records) error {
			_, err := r.Webhooks.OneDead(ctx, a.Tenant, w.ID, sequence)
			return err
		})
	}
	if err != nil {
		return WebhookSent{}, err
	}
	list, err := d.cfg.Guard.Follow(ctx, self(a.Tenant), sequence-1, 0, w.Lang)
	if err != nil {
		return WebhookSent{}, err
	}
	if len(list) == 0 || list[0].Sequence != sequence {
		return WebhookSent{}, fault.New(fault.NotFound, "sequence", "is that of a decision that was erased: it cannot be sent again")
	}
	sent, err := d.once(ctx, &w, messageOf(&list[0]))
	if err != nil {
		return WebhookSent{}, err
	}
	return sent, store.Change(ctx, d.cfg.Store, d.deed(a, "webhook.send_again", w.ID, sent.Problem), func(r store.Records) error {
		if !sent.Taken {
			return nil
		}
		if err := r.Webhooks.Unbury(ctx, a.Tenant, w.ID, sequence); fault.KindOf(err) != fault.NotFound {
			return err
		}
		return nil // somebody else sent it meanwhile
	})
}

// Bounds of SendAllAgain.
const (
	// MostAgain is how many one call sends.
	MostAgain = 100
	// againWithin is how long it goes on before it leaves the rest to another call.
	againWithin = 15 * time.Second
)

// WebhookResent is what became of all that was given up.
type WebhookResent struct {
	Taken int64 `json:"taken" doc:"Decisions that the receiver took now."`
	// Gone were erased since.
	Gone    int64  `json:"gone" doc:"Decisions that were erased since and cannot be sent."`
	Left    int64  `json:"left" doc:"Given up still: call again for them, unless there is a problem."`
	Problem string `json:"problem,omitempty" doc:"Why it ended before all were sent: that of the first that was not taken, as of the webhook."`
}

// SendAllAgain posts what was given up for an address, oldest decision first, until one
// is not taken, MostAgain went or some seconds are over. What was erased since is
// forgotten. Each stands in the audit as with SendAgain. Conflict as there. Right:
// webhook.manage.
func (d *Desk) SendAllAgain(ctx context.Context, a access.Actor, id string) (out WebhookResent, err error) {
	if err := d.may(a, access.WebhookManage); err != nil {
		return out, err
	}
	done, err := d.claim(a.Tenant, id)
	if err != nil {
		return out, err
	}
	defer done()
	w, err := d.one(ctx, a, id)
	if err != nil {
		return out, err
	}
	list, left, err := d.oldestDead(ctx, &w)
	if err != nil {
		return out, err
	}
	out.Left = left
	for until := d.cfg.Now().Add(againWithin); len(list) > 0 && d.cfg.Now().Before(until); list = list[1:] {
		sent, err := d.sendAgain(ctx, a, w.ID, list[0])
		switch {
		case fault.KindOf(err) == fault.NotFound:
			if _, err := d.one(ctx, a, w.ID); err != nil {
				return out, err // the address was removed
			}
			if err := d.forgetDead(ctx, &w, list[0]); err != nil {
				return out, err
			}
			out.Gone++
		case err != nil:
			return out, err
		case !sent.Taken:
			out.Problem = sent.Problem
			return out, nil
		default:
			out.Taken++
		}
		out.Left--
	}
	return out, nil
}

// oldestDead are the sequences of the MostAgain oldest that were given up, oldest
// first, and how many there are in all.
func (d *Desk) oldestDead(ctx context.Context, w *store.Webhook) (oldest []int64, all int64, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		oldest = nil
		for before := int64(0); ; {
			list, n, err := r.Webhooks.Dead(ctx, w.Tenant, w.ID, before, graves)
			if before == 0 {
				all = n
			}
			for _, x := range list {
				oldest, before = append(oldest, x.Sequence), x.Sequence
			}
			if err != nil || len(list) < graves {
				return err
			}
			oldest = oldest[max(0, len(oldest)-MostAgain):]
		}
	})
	oldest = oldest[max(0, len(oldest)-MostAgain):]
	slices.Reverse(oldest)
	return oldest, all, err
}

// forgetDead forgets one whose decision was erased.
func (d *Desk) forgetDead(ctx context.Context, w *store.Webhook, sequence int64) error {
	err := d.cfg.Store.Write(ctx, func(r store.Records) error { return r.Webhooks.Unbury(ctx, w.Tenant, w.ID, sequence) })
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}
