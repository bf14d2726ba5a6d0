package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/fault"
	"bonafide/store"
)

// NewWebhook makes an address that can be kept, for tests.
func NewWebhook(id string, made time.Time) store.Webhook {
	return store.Webhook{Tenant: "main", ID: id, URL: "https://shop.example.com/hook?token=x", Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Actions: []string{"hold", "block"},
		Lang: "ja", State: store.WebhookOn, Made: made, By: "p-1", WebhookProgress: store.WebhookProgress{Place: 7}}
}

// webhooksKept: addresses come back whole, progress and what people change do not
// overwrite each other, and what was given up goes with its address or its time.
func webhooksKept(t *testing.T, s store.Store) {
	one := NewWebhook("w1", day)
	write(t, s, func(ctx context.Context, r store.Records) error {
		theirs, all := one, NewWebhook("w2", day.Add(time.Second))
		theirs.Tenant, all.Actions = "other", nil
		return errorsOf(r.Webhooks.Add(ctx, one), r.Webhooks.Add(ctx, theirs), r.Webhooks.Add(ctx, all))
	})
	wantKind(t, "a webhook twice", s.Write(t.Context(), func(r store.Records) error { return r.Webhooks.Add(t.Context(), one) }), fault.Conflict)
	read(t, s, func(ctx context.Context, r store.Records) error {
		list, err := r.Webhooks.All(ctx, "main")
		one.Revision = 1
		if len(list) != 2 || cmp.Diff(one, list[0]) != "" || len(list[1].Actions) != 0 {
			t.Errorf("came back changed: %+v", list)
		}
		_, none := r.Webhooks.Get(ctx, "third", "w1")
		wantKind(t, "a webhook of another tenant", none, fault.NotFound)
		return err
	})
	one.WebhookProgress = store.WebhookProgress{Place: 9, Delivered: 2, LastDone: day, Tries: 3, Due: day.Add(time.Minute), Failing: day, GivenUp: 1, Problem: "status_500"}
	write(t, s, func(ctx context.Context, r store.Records) error { return r.Webhooks.Move(ctx, one) })
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Webhooks.Get(ctx, "main", "w1")
		if d := cmp.Diff(one, got); d != "" {
			t.Errorf("progress came back changed: %s", d)
		}
		return err
	})
	webhookChanges(t, s, one)
	webhookDead(t, s)
	for name, change := range map[string]func(*store.Webhook){
		"no address": func(w *store.Webhook) { w.URL = "" }, "a state that is none": func(w *store.Webhook) { w.State = "x" },
		"an action that is none": func(w *store.Webhook) { w.Actions = []string{"allow"} }, "a place below 0": func(w *store.Webhook) { w.Place = -1 },
	} {
		w := NewWebhook("w3", day)
		change(&w)
		wantKind(t, name, s.Write(t.Context(), func(r store.Records) error { return r.Webhooks.Add(t.Context(), w) }), fault.Invalid)
	}
}

// webhookChanges: a change of people ends what was on its way.
func webhookChanges(t *testing.T, s store.Store, one store.Webhook) {
	changed := one
	changed.State, changed.Actions = store.WebhookStopped, []string{"block"}
	changed.URL, changed.Secret = "https://shop.example.com/other", "another secret of at least 32 characters"
	write(t, s, func(ctx context.Context, r store.Records) error { return r.Webhooks.Change(ctx, changed) })
	wantKind(t, "progress after a change", s.Write(t.Context(), func(r store.Records) error { return r.Webhooks.Move(t.Context(), one) }), fault.Conflict)
	wantKind(t, "a change after a change", s.Write(t.Context(), func(r store.Records) error { return r.Webhooks.Change(t.Context(), one) }), fault.Conflict)
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Webhooks.Get(ctx, "main", "w1")
		if got.Revision != 2 || got.Place != 9 || got.Delivered != 2 || got.Tries != 0 || got.Problem != "" || !got.Failing.IsZero() || got.State != store.WebhookStopped ||
			got.URL != changed.URL || got.Secret != changed.Secret {
			t.Errorf("after a change: %+v", got)
		}
		return err
	})
}

func webhookDead(t *testing.T, s store.Store) {
	write(t, s, func(ctx context.Context, r store.Records) error {
		var failed []error
		for i := range 4 {
			d := store.DeadHook{Tenant: "main", Webhook: "w1", Sequence: int64(i + 1), Decision: "d", Made: day.Add(time.Duration(i) * time.Hour), Problem: "status_500"}
			failed = append(failed, r.Webhooks.Bury(ctx, d), r.Webhooks.Bury(ctx, d))
		}
		return errorsOf(append(failed, r.Webhooks.Unbury(ctx, "main", "w1", 2))...)
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		list, n, err := r.Webhooks.Dead(ctx, "main", "w1", 4, 1)
		if n != 3 || len(list) != 1 || list[0].Sequence != 3 || list[0].Problem != "status_500" {
			t.Errorf("given up: %d, %+v", n, list)
		}
		_, gone := r.Webhooks.OneDead(ctx, "main", "w1", 2)
		_, theirs := r.Webhooks.OneDead(ctx, "other", "w1", 1)
		wantKind(t, "one that was removed", gone, fault.NotFound)
		wantKind(t, "one of another tenant", theirs, fault.NotFound)
		swept, err2 := r.Webhooks.Sweep(ctx, day.Add(time.Hour))
		if swept != 1 {
			t.Errorf("swept %d, want the one before", swept)
		}
		return errorsOf(err, err2, r.Webhooks.Remove(ctx, "main", "w1"))
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		_, n, err := r.Webhooks.Dead(ctx, "main", "w1", 0, 9)
		if n != 0 {
			t.Errorf("%d were left behind", n)
		}
		return err
	})
	wantKind(t, "removed twice", s.Write(t.Context(), func(r store.Records) error { return r.Webhooks.Remove(t.Context(), "main", "w1") }), fault.NotFound)
}
