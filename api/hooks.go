package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
	"bonafide/desk/accounts/hooks"
)

// Hooks is what the door needs of the desk of webhooks.
type Hooks interface {
	List(ctx context.Context, a access.Actor) ([]hooks.Webhook, error)
	Add(ctx context.Context, a access.Actor, n hooks.NewHook) (hooks.NewWebhook, error)
	Change(ctx context.Context, a access.Actor, id string, c hooks.HookChange) (hooks.Webhook, error)
	Rotate(ctx context.Context, a access.Actor, id string) (hooks.NewWebhook, error)
	Remove(ctx context.Context, a access.Actor, id string) error
	Resume(ctx context.Context, a access.Actor, id string) (hooks.Webhook, error)
	Test(ctx context.Context, a access.Actor, id string) (hooks.WebhookSent, error)
	Graves(ctx context.Context, a access.Actor, id string, before int64) (hooks.DeadPage, error)
	SendAgain(ctx context.Context, a access.Actor, id string, sequence int64) (hooks.WebhookSent, error)
	SendAllAgain(ctx context.Context, a access.Actor, id string) (hooks.WebhookResent, error)
}

type hookInput struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the webhook."`
}

// answered wraps what a desk answered.
func answered[T any](v T, err error) (*struct{ Body T }, error) {
	if err != nil {
		return nil, problem(err)
	}
	return &struct{ Body T }{v}, nil
}

// programHooks adds the routes of webhooks.
func (d door) programHooks(api huma.API) {
	h := d.opt.Hooks
	huma.Register(api, d.keyedOperation(api, "list-webhooks", http.MethodGet, "/v1/webhooks", "Addresses that decisions are posted to, and how far that has come. Needs webhook.read."),
		func(ctx context.Context, _ *struct{}) (*struct{ Body []hooks.Webhook }, error) {
			return answered(h.List(ctx, actor(ctx)))
		})
	huma.Register(api, d.keyedOperation(api, "add-webhook", http.MethodPost, "/v1/webhooks", "Have decisions posted to an address from now on (docs/webhooks.md). Needs webhook.manage.", 409),
		func(ctx context.Context, in *struct{ Body hooks.NewHook }) (*struct{ Body hooks.NewWebhook }, error) {
			return answered(h.Add(ctx, actor(ctx), in.Body))
		})
	huma.Register(api, d.keyedOperation(api, "change-webhook", http.MethodPatch, "/v1/webhooks/{id}", "Change address, actions and language; it goes on from its place. Needs webhook.manage.", 404, 409),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64" doc:"Id of the webhook."`
			Body hooks.HookChange
		}) (*struct{ Body hooks.Webhook }, error) {
			return answered(h.Change(ctx, actor(ctx), in.ID, in.Body))
		})
	huma.Register(api, d.keyedOperation(api, "rotate-webhook", http.MethodPost, "/v1/webhooks/{id}/rotate",
		"Give an address a new secret; for 24 hours messages are signed with the one of before, too. Needs webhook.manage.", 404, 409),
		func(ctx context.Context, in *hookInput) (*struct{ Body hooks.NewWebhook }, error) {
			return answered(h.Rotate(ctx, actor(ctx), in.ID))
		})
	huma.Register(api, d.keyedOperation(api, "remove-webhook", http.MethodDelete, "/v1/webhooks/{id}", "Remove an address. Needs webhook.manage.", 404),
		func(ctx context.Context, in *hookInput) (*struct{}, error) {
			if err := h.Remove(ctx, actor(ctx), in.ID); err != nil {
				return nil, problem(err)
			}
			return nil, nil
		})
	huma.Register(api, d.keyedOperation(api, "resume-webhook", http.MethodPost, "/v1/webhooks/{id}/resume", "Go on from where an address stopped, or try now. Needs webhook.manage.", 404, 409),
		func(ctx context.Context, in *hookInput) (*struct{ Body hooks.Webhook }, error) {
			return answered(h.Resume(ctx, actor(ctx), in.ID))
		})
	huma.Register(api, d.keyedOperation(api, "test-webhook", http.MethodPost, "/v1/webhooks/{id}/test", "Post a message without data of anybody to an address. Needs webhook.manage.", 404),
		func(ctx context.Context, in *hookInput) (*struct{ Body hooks.WebhookSent }, error) {
			return answered(h.Test(ctx, actor(ctx), in.ID))
		})
	huma.Register(api, d.keyedOperation(api, "list-dead", http.MethodGet, "/v1/webhooks/{id}/dead", "Decisions that were given up for an address. Needs webhook.read.", 404),
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"64" doc:"Id of the webhook."`
			Before int64  `query:"before" minimum:"0" doc:"As the page before told as next."`
		}) (*struct{ Body hooks.DeadPage }, error) {
			return answered(h.Graves(ctx, actor(ctx), in.ID, in.Before))
		})
	huma.Register(api, d.keyedOperation(api, "send-all-dead", http.MethodPost, "/v1/webhooks/{id}/dead", "Send again what was given up, oldest first, until one is not taken; a hundred at most. Needs webhook.manage.", 404, 409),
		func(ctx context.Context, in *hookInput) (*struct{ Body hooks.WebhookResent }, error) {
			return answered(h.SendAllAgain(ctx, actor(ctx), in.ID))
		})
	huma.Register(api, d.keyedOperation(api, "send-dead", http.MethodPost, "/v1/webhooks/{id}/dead/{sequence}", "Send a decision again that was given up. Needs webhook.manage.", 404, 409),
		func(ctx context.Context, in *struct {
			ID       string `path:"id" maxLength:"64" doc:"Id of the webhook."`
			Sequence int64  `path:"sequence" minimum:"1" doc:"As the list of them tells."`
		}) (*struct{ Body hooks.WebhookSent }, error) {
			return answered(h.SendAgain(ctx, actor(ctx), in.ID, in.Sequence))
		})
}
