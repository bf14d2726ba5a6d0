package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/desk/accounts"
)

// linkedAccounts adds the route of accounts that share something.
func (d door) linkedAccounts(api huma.API, keyed func(id, method, path, summary string, codes ...int) huma.Operation) {
	huma.Register(api, keyed("linked-accounts", http.MethodGet, "/v1/accounts/{account}/linked",
		"Accounts that share a device, recipient, card, address or payee with one, among the newest events. Needs decision.read.", 404),
		func(ctx context.Context, in *struct {
			Account string `path:"account" maxLength:"512" doc:"As the shop names it; hashed on the server."`
		}) (*struct{ Body accounts.Links }, error) {
			links, err := d.opt.Accounts.Linked(ctx, actor(ctx), in.Account)
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body accounts.Links }{links}, nil
		})
}
