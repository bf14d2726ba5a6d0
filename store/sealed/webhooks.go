package sealed

import (
	"context"

	"bonafide/access"
	"bonafide/keyring"
	"bonafide/store"
)

// webhooks seals addresses, which may hold a token, and secrets. A value that is
// sealed already is not touched by Move, which does not write it.
type webhooks struct {
	store.Webhooks
	sealer *keyring.Sealer
}

// hookTexts are the sealed values of a webhook with their places.
func hookTexts(w *store.Webhook) map[*string]keyring.Place {
	return map[*string]keyring.Place{&w.URL: place(w.Tenant, "webhooks", "url", w.ID), &w.Secret: place(w.Tenant, "webhooks", "secret", w.ID)}
}

// Add keeps an address, sealed.
func (h webhooks) Add(ctx context.Context, w store.Webhook) error {
	if err := h.seal(ctx, &w); err != nil {
		return err
	}
	return h.Webhooks.Add(ctx, w)
}

// Change writes an address and its secret, sealed.
func (h webhooks) Change(ctx context.Context, w store.Webhook) error {
	if err := h.seal(ctx, &w); err != nil {
		return err
	}
	return h.Webhooks.Change(ctx, w)
}

func (h webhooks) seal(ctx context.Context, w *store.Webhook) error {
	err := w.Check()
	for text, p := range hookTexts(w) {
		if err == nil {
			*text, err = h.sealer.Seal(ctx, p, *text)
		}
	}
	return err
}

func (h webhooks) open(ctx context.Context, w *store.Webhook) (err error) {
	for text, p := range hookTexts(w) {
		if *text, err = h.sealer.Open(ctx, p, *text); err != nil {
			return err
		}
	}
	return nil
}

// Get returns an address, open.
func (h webhooks) Get(ctx context.Context, t access.Tenant, id string) (store.Webhook, error) {
	w, err := h.Webhooks.Get(ctx, t, id)
	if err == nil {
		err = h.open(ctx, &w)
	}
	if err != nil {
		return store.Webhook{}, err
	}
	return w, nil
}

// All returns the addresses of a tenant, open.
func (h webhooks) All(ctx context.Context, t access.Tenant) ([]store.Webhook, error) {
	list, err := h.Webhooks.All(ctx, t)
	for i := range list {
		if err == nil {
			err = h.open(ctx, &list[i])
		}
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}
