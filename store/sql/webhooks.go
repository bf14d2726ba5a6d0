package sql

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// webhooks are the addresses of a tenant within a transaction.
type webhooks struct{ *session }

var _ store.Webhooks = webhooks{}

func listText(list []string) string {
	if list == nil {
		list = []string{}
	}
	raw, _ := json.Marshal(list) // texts: it cannot fail
	return string(raw)
}

// Add keeps a new address.
func (r webhooks) Add(ctx context.Context, w store.Webhook) error {
	if err := errors.Join(w.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddWebhook(ctx, queries.AddWebhookParams{Tenant: string(w.Tenant), ID: w.ID, Url: w.URL, Secret: w.Secret, Actions: listText(w.Actions), Lang: w.Lang,
		State: w.State, Made: store.Micros(w.Made), MadeBy: string(w.By), Place: w.Place})
	return r.added(ctx, "a webhook", n, err)
}

func webhook(row queries.Webhook) store.Webhook {
	w := store.Webhook{Tenant: access.Tenant(row.Tenant), ID: row.ID, URL: row.Url, Secret: row.Secret, Lang: row.Lang, State: row.State,
		Made: store.Time(row.Made), By: store.Actor(row.MadeBy), Revision: row.Revision,
		WebhookProgress: store.WebhookProgress{Place: row.Place, Delivered: row.Delivered, LastDone: store.Time(row.LastDone), Tries: row.Tries,
			Due: store.Time(row.Due), Failing: store.Time(row.Failing), GivenUp: row.GivenUp, Problem: row.Problem}}
	_ = json.Unmarshal([]byte(row.Actions), &w.Actions) // written by Add, or checked at an import
	return w
}

// Get returns an address.
func (r webhooks) Get(ctx context.Context, t access.Tenant, id string) (store.Webhook, error) {
	return one(ctx, r.session, "a webhook", func() (queries.Webhook, error) {
		return r.q.GetWebhook(ctx, queries.GetWebhookParams{Tenant: string(t), ID: id})
	}, webhook)
}

// All returns the addresses of a tenant.
func (r webhooks) All(ctx context.Context, t access.Tenant) ([]store.Webhook, error) {
	return many(ctx, r.session, "webhooks", func() ([]queries.Webhook, error) {
		return r.q.AllWebhooks(ctx, queries.AllWebhooksParams{Tenant: string(t), Most: store.MaxWebhooks})
	}, webhook)
}

// stale is a Conflict where nothing was written.
func (r webhooks) stale(ctx context.Context, n int64, err error) error {
	if err := r.done(ctx, "write a webhook", err); err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "revision", "somebody else changed or removed the webhook: read it again")
	}
	return nil
}

// Change writes what people decide.
func (r webhooks) Change(ctx context.Context, w store.Webhook) error {
	if err := errors.Join(w.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.ChangeWebhook(ctx, queries.ChangeWebhookParams{Tenant: string(w.Tenant), ID: w.ID, Url: w.URL, Secret: w.Secret, Actions: listText(w.Actions), Lang: w.Lang, State: w.State, Revision: w.Revision})
	return r.stale(ctx, n, err)
}

// Move writes how far an address has come.
func (r webhooks) Move(ctx context.Context, w store.Webhook) error {
	if err := errors.Join(w.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.MoveWebhook(ctx, queries.MoveWebhookParams{Tenant: string(w.Tenant), ID: w.ID, Revision: w.Revision, State: w.State, Place: w.Place, Delivered: w.Delivered,
		LastDone: store.Micros(w.LastDone), Tries: w.Tries, Due: store.Micros(w.Due), Failing: store.Micros(w.Failing), GivenUp: w.GivenUp, Problem: w.Problem})
	return r.stale(ctx, n, err)
}

// Remove removes an address with what was given up for it.
func (r webhooks) Remove(ctx context.Context, t access.Tenant, id string) error {
	if r.failed != nil {
		return r.failed
	}
	if err := r.done(ctx, "remove what a webhook gave up", r.q.RemoveDeadOf(ctx, queries.RemoveDeadOfParams{Tenant: string(t), Webhook: id})); err != nil {
		return err
	}
	n, err := r.q.RemoveWebhook(ctx, queries.RemoveWebhookParams{Tenant: string(t), ID: id})
	return r.changed(ctx, "a webhook", n, err)
}

// Bury keeps what was given up.
func (r webhooks) Bury(ctx context.Context, d store.DeadHook) error {
	if err := errors.Join(d.Check(), r.failed); err != nil {
		return err
	}
	return r.done(ctx, "write what a webhook gave up", r.q.AddDead(ctx, queries.AddDeadParams{Tenant: string(d.Tenant), Webhook: d.Webhook, Sequence: d.Sequence,
		Decision: string(d.Decision), Made: store.Micros(d.Made), Problem: d.Problem}))
}

func dead(row queries.WebhookDead) store.DeadHook {
	return store.DeadHook{Tenant: access.Tenant(row.Tenant), Webhook: row.Webhook, Sequence: row.Sequence, Decision: store.DecisionID(row.Decision),
		Made: store.Time(row.Made), Problem: row.Problem}
}

// Dead returns what was given up, newest first.
func (r webhooks) Dead(ctx context.Context, t access.Tenant, id string, before int64, limit int) ([]store.DeadHook, int64, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	most := int32(max(1, min(limit, store.MaxPage))) //nolint:gosec // bounded
	list, err := many(ctx, r.session, "what a webhook gave up", func() ([]queries.WebhookDead, error) {
		return r.q.ListDead(ctx, queries.ListDeadParams{Tenant: string(t), Webhook: id, Below: before, Most: most})
	}, dead)
	if err != nil {
		return nil, 0, err
	}
	n, err := r.q.CountDead(ctx, queries.CountDeadParams{Tenant: string(t), Webhook: id})
	return list, n, r.done(ctx, "count what a webhook gave up", err)
}

// OneDead returns one that was given up.
func (r webhooks) OneDead(ctx context.Context, t access.Tenant, id string, sequence int64) (store.DeadHook, error) {
	return one(ctx, r.session, "what a webhook gave up", func() (queries.WebhookDead, error) {
		return r.q.GetDead(ctx, queries.GetDeadParams{Tenant: string(t), Webhook: id, Sequence: sequence})
	}, dead)
}

// Unbury removes one that was given up.
func (r webhooks) Unbury(ctx context.Context, t access.Tenant, id string, sequence int64) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.RemoveDead(ctx, queries.RemoveDeadParams{Tenant: string(t), Webhook: id, Sequence: sequence})
	return r.changed(ctx, "what a webhook gave up", n, err)
}

// Sweep removes what was given up before a time.
func (r webhooks) Sweep(ctx context.Context, before time.Time) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.SweepDead(ctx, store.Micros(before))
	return n, r.done(ctx, "remove what webhooks gave up long ago", err)
}
