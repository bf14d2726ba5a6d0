package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/casework/retention"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/outside/webhook"
	"bonafide/store"
)

// bodyOf is what is posted: type, timestamp and data, as Standard Webhooks advises.
func bodyOf(kind string, when time.Time, data any) []byte {
	raw, _ := json.Marshal(struct {
		Type string    `json:"type"`
		Time time.Time `json:"timestamp"`
		Data any       `json:"data"`
	}{kind, when.UTC(), data}) // texts, numbers and times: it cannot fail
	return raw
}

// messageOf is a decision as it is posted; its id is the same for each try.
func messageOf(v *accounts.DecisionView) webhook.Message {
	return webhook.Message{ID: "dec_" + string(v.ID), Body: bodyOf("decision.made", v.Made, v)}
}

// once posts one message and tells what became of it. Only what is wrong on this
// side is an error.
func (d *Desk) once(ctx context.Context, w *store.Webhook, m webhook.Message) (WebhookSent, error) {
	s, err := d.sender(w)
	if err != nil {
		return WebhookSent{Problem: problemOf(webhook.Answer{}, err)}, nil
	}
	defer s.Close()
	answer, err := s.Post(ctx, m)
	if ctx.Err() != nil {
		return WebhookSent{}, fault.New(fault.Temporary, "", "the time for this was over before the receiver answered: try again")
	}
	return WebhookSent{Taken: answer.Taken(), Status: answer.Status, Problem: problemOf(answer, err)}, nil
}

// problemOf is what was wrong with a try, as a code; empty: it was taken.
func problemOf(a webhook.Answer, err error) string {
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Invalid:
		return "private"
	case fault.TooLarge:
		return "large"
	}
	switch {
	case err != nil:
		return "silent"
	case a.Taken():
		return ""
	}
	return "status_" + strconv.Itoa(a.Status)
}

// soon has the addresses looked through now.
func (d *Desk) soon() {
	select {
	case d.hurry <- struct{}{}:
	default:
	}
}

// Bounds of waiting: every is how often is looked for new addresses, look how long
// an address waits before it is read again, patience how long for a decision.
const (
	every    = 5 * time.Second
	look     = 2 * time.Second
	patience = 20 * time.Second
)

// Start posts what is decided, each address by itself, until stop is called or the
// context ends.
func (d *Desk) Start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		defer all.Done()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if err := d.begin(ctx, &all); err != nil && ctx.Err() == nil {
				d.cfg.Failed("look for webhooks; it is tried again", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-d.hurry:
			}
		}
	}()
	return func() { cancel(); all.Wait() }
}

// begin puts somebody to work on each address that is on and has nobody.
func (d *Desk) begin(ctx context.Context, all *sync.WaitGroup) error {
	var on []store.Webhook
	err := d.cfg.Store.Read(ctx, func(r store.Records) error {
		tenants, bad := r.Tenants.List(ctx)
		for _, t := range tenants { // one that cannot be read stops no other
			list, err := r.Webhooks.All(ctx, t.ID)
			if err != nil {
				bad = errors.Join(bad, fmt.Errorf("of tenant %s: %w", t.ID, err))
			}
			on = append(on, slices.DeleteFunc(list, func(w store.Webhook) bool { return w.State != store.WebhookOn })...)
		}
		return bad
	})
	for _, w := range on {
		key := string(w.Tenant) + " " + w.ID
		d.mu.Lock()
		there := d.busy[key]
		d.busy[key] = true
		d.mu.Unlock()
		if there {
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			d.work(ctx, w.Tenant, w.ID)
			d.mu.Lock()
			delete(d.busy, key)
			d.mu.Unlock()
		}()
	}
	return err
}

// pause waits; false when the context ended.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// work posts to one address until it is stopped, removed, or the context ends.
func (d *Desk) work(ctx context.Context, t access.Tenant, id string) {
	var p poster
	defer p.close()
	for ctx.Err() == nil {
		w, err := d.one(ctx, self(t), id)
		if fault.KindOf(err) == fault.NotFound || err == nil && w.State != store.WebhookOn {
			return
		}
		wait := w.Due.Sub(d.cfg.Now())
		if err == nil && wait <= 0 {
			wait = 0
			err = d.round(ctx, &w, &p)
		}
		if err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Conflict { // somebody changed it: it is read again
			d.cfg.Failed("post decisions to webhook "+id+"; it is tried again", err)
			wait = look
		}
		if wait > 0 && !pause(ctx, min(wait, look)) {
			return
		}
	}
}

// poster keeps what posts to an address from one round to the next, and with it the
// connection.
type poster struct {
	sender *webhook.Sender
	by     webhook.Config // that it was made with
}

func (p *poster) close() {
	if p.sender != nil {
		p.sender.Close()
	}
}

// of is what posts to an address as it is now.
func (p *poster) of(d *Desk, w *store.Webhook) (*webhook.Sender, error) {
	c := d.posting(w)
	if p.sender != nil && p.by.URL == c.URL && p.by.Secret == c.Secret && p.by.Before == c.Before {
		return p.sender, nil
	}
	p.close()
	var err error
	p.sender, err = webhook.New(c)
	p.by = c
	return p.sender, err
}

// round posts what follows the place of an address, until one is not taken. Where
// nothing follows it waits for a decision.
func (d *Desk) round(ctx context.Context, w *store.Webhook, p *poster) error {
	list, err := d.cfg.Guard.Follow(ctx, self(w.Tenant), w.Place, patience, w.Lang)
	if err != nil || len(list) == 0 {
		return err
	}
	sender, bad := p.of(d, w)
	passed := false
	for i := range list {
		v := &list[i]
		if len(w.Actions) > 0 && !slices.Contains(w.Actions, v.Action) {
			w.Place, passed = v.Sequence, true
			continue
		}
		if on, err := d.still(ctx, w); err != nil || !on {
			return err
		}
		var answer webhook.Answer
		err := bad
		if bad == nil {
			answer, err = sender.Post(ctx, messageOf(v))
		}
		if ctx.Err() != nil {
			return ctx.Err() // it may have come: it is sent again under the same id
		}
		taken, err := d.note(ctx, w, v, answer, err)
		if err != nil || !taken {
			return err
		}
		passed = false
	}
	if !passed {
		return nil
	}
	return d.cfg.Store.Write(ctx, func(r store.Records) error { return r.Webhooks.Move(ctx, *w) })
}

// still reports whether an address is on, as it was read: it may have been removed
// while a decision was waited for.
func (d *Desk) still(ctx context.Context, w *store.Webhook) (bool, error) {
	now, err := d.one(ctx, self(w.Tenant), w.ID)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil && now.State == store.WebhookOn && now.Revision == w.Revision, err
}

// note writes what became of a try, and tells whether the next decision may come.
func (d *Desk) note(ctx context.Context, w *store.Webhook, v *accounts.DecisionView, a webhook.Answer, failed error) (taken bool, err error) {
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	p := &w.WebhookProgress
	if failed == nil && a.Taken() {
		*p = store.WebhookProgress{Place: v.Sequence, Delivered: p.Delivered + 1, LastDone: now}
		d.cfg.Tried(Taken)
		return true, d.cfg.Store.Write(ctx, func(r store.Records) error { return r.Webhooks.Move(ctx, *w) })
	}
	p.Tries++
	p.Problem = problemOf(a, failed)
	if p.Failing.IsZero() {
		p.Failing = now
	}
	p.Due = now.Add(d.backOff(p.Tries, a.After))
	var dead *store.DeadHook
	why := ""
	switch {
	case a.Status == http.StatusGone:
		why = "the receiver says that it is gone (410)"
	case p.Tries >= MostTries:
		dead = &store.DeadHook{Tenant: w.Tenant, Webhook: w.ID, Sequence: v.Sequence, Decision: v.ID, Made: now, Problem: p.Problem}
		p.Place, p.Tries, p.Due = v.Sequence, 0, time.Time{}
		if p.GivenUp++; p.GivenUp >= MostDead {
			why = fmt.Sprintf("%d decisions in a row were given up", p.GivenUp)
		}
	}
	if why == "" && dead != nil && p.GivenUp >= FewDead && now.Sub(p.Failing) >= MostFailing {
		why = fmt.Sprintf("%d decisions in a row were given up, and nothing was taken for a day", p.GivenUp)
	}
	outcome := Refused
	if dead != nil {
		outcome = GaveUp
	}
	d.cfg.Tried(outcome)
	if why != "" {
		w.State, p.Due = store.WebhookStopped, time.Time{}
	}
	return false, d.cfg.Store.Write(ctx, func(r store.Records) error {
		err := r.Webhooks.Move(ctx, *w)
		if err == nil && dead != nil {
			err = r.Webhooks.Bury(ctx, *dead)
		}
		if err == nil && why != "" {
			_, err = r.Audit.Append(ctx, store.Deed{Tenant: w.Tenant, When: now, Actor: "system webhooks", Action: "webhook.stop", Object: "webhook:" + w.ID, Why: why})
		}
		return err
	})
}

// backOff is how long the next try waits: doubled for each try, give or take a
// fifth, so that many do not come at once; longer where the receiver asks for it.
func (d *Desk) backOff(tries int64, asked time.Duration) time.Duration {
	wait := d.cfg.Wait << min(max(tries-1, 0), 20)
	wait += time.Duration(float64(wait) * 0.4 * (rand.Float64() - 0.5)) //nolint:gosec // no secret
	return max(wait, min(asked, time.Hour))
}

// KindDead is what a decision that was given up is called in data/retention.
const KindDead = "webhook_dead"

// Expire removes what was given up long ago, of all tenants; for the desk of privacy.
type Expire struct {
	Store store.Store
	Now   func() time.Time
	Days  int
}

// Expire removes it and tells how many; a dry one removes nothing.
func (e Expire) Expire(ctx context.Context, dry bool) ([]retention.Count, error) {
	if e.Days <= 0 {
		return nil, errors.New("hooks: how long is kept what was given up is not known")
	}
	var n int64
	err := store.Try(ctx, e.Store, dry, func(r store.Records) (err error) {
		n, err = r.Webhooks.Sweep(ctx, e.Now().AddDate(0, 0, -e.Days))
		return err
	})
	if err != nil || n == 0 {
		return nil, err
	}
	return []retention.Count{{Kind: KindDead, Erased: n}}, nil
}
