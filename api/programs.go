package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"bonafide/access"
	"bonafide/desk/people"
)

// Programs is what the door needs of the desk of people: whom an API key speaks
// for.
type Programs interface {
	Program(ctx context.Context, secret string, from people.From) (access.Actor, error)
}

// actorKey is where a request's context holds who asks.
type actorKey struct{}

// keyScheme is what OpenAPI calls the way of API keys.
const keyScheme = "key"

// KeyInfo is what a program learns of its own key.
type KeyInfo struct {
	Tenant string              `json:"tenant" doc:"The organisation that the key belongs to."`
	Key    string              `json:"key" doc:"Id of the key, as its person sees it; it opens nothing."`
	Person string              `json:"person" doc:"Id of the person that the key speaks for, a pseudonym."`
	Scopes []access.Permission `json:"scopes" doc:"What the key may do of what its person may do now; docs/access.md lists all."`
}

// programs adds the routes that need an API key.
func (d door) programs(api huma.API) {
	doc := api.OpenAPI()
	if doc.Components.SecuritySchemes == nil {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{}
	}
	doc.Components.SecuritySchemes[keyScheme] = &huma.SecurityScheme{Type: "http", Scheme: "bearer",
		Description: "An API key (bonafide_…), made on the account page."}
	huma.Register(api, huma.Operation{OperationID: "get-key", Method: http.MethodGet, Path: "/v1/key",
		Summary: "Whom this key speaks for, and what it may do.", Errors: []int{401, 503},
		Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)},
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body KeyInfo }, error) {
		a, _ := ctx.Value(actorKey{}).(access.Actor)
		info := KeyInfo{Tenant: string(a.Tenant), Key: a.Key, Person: a.Person, Scopes: []access.Permission{}}
		for _, s := range a.Scopes {
			if a.Can(s) {
				info.Scopes = append(info.Scopes, s)
			}
		}
		return &struct{ Body KeyInfo }{info}, nil
	})
}

// asProgram lets a request through whose Authorization header holds a good API
// key (RFC 6750, 2.1), and answers 401 to every other one alike.
func (d door) asProgram(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			secret = ""
		}
		r, _ := humago.Unwrap(ctx)
		a, err := d.opt.Programs.Program(ctx.Context(), strings.TrimSpace(secret), d.from(r))
		if errors.Is(err, people.ErrKey) {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="bonafide"`)
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, people.ErrKey.Text)
			return
		}
		if err != nil {
			var said huma.StatusError
			if errors.As(problem(err), &said) {
				_ = huma.WriteErr(api, ctx, said.GetStatus(), said.Error())
			}
			return
		}
		next(huma.WithValue(ctx, actorKey{}, a))
	}
}

// from is where a request comes from.
func (d door) from(r *http.Request) people.From {
	var f people.From
	address := r.RemoteAddr
	if d.opt.Client != nil {
		address = d.opt.Client(r)
	}
	if ap, err := netip.ParseAddrPort(address); err == nil {
		f.Address = ap.Addr()
	} else {
		f.Address, _ = netip.ParseAddr(address)
	}
	return f
}
