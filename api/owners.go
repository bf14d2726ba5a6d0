package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"bonafide/access"
	"bonafide/desk/accounts"
)

// Owners is what the door needs of the page of accounts' owners.
type Owners interface {
	Enter(ctx context.Context, token, from string) (accounts.OwnerEntry, error)
	Page(ctx context.Context, visit string) (accounts.OwnerPage, error)
	Answer(ctx context.Context, visit string, r accounts.OwnerReply) error
	Report(ctx context.Context, visit string, c accounts.OwnerContact) error
	Leave(ctx context.Context, visit string) error
}

// visitScheme names how a visit is proved.
const visitScheme = "ownerVisit"

// OwnerView is the page of an account's owner with what they may be asked.
type OwnerView struct {
	accounts.OwnerPage
	Questions []accounts.OwnerQuestion `json:"questions" doc:"What the owner has not answered yet, the most telling first: the guided check."`
	// First is whom to tell first of orders that were denied.
	First  string        `json:"first,omitempty" enum:"issuer,shop," doc:"Whom the owner tells first of orders that were not theirs: the card's issuer where money was taken, else the shop."`
	Advice []OwnerAdvice `json:"advice" doc:"What would lock the account better."`
}

// OwnerAdvice is one thing by which an account is locked better.
type OwnerAdvice struct {
	Code string `json:"code" enum:"second_step" doc:"second_step: turn the second step at log-in on."`
	// Known is false where the shop has not told how it is.
	Known bool     `json:"known" doc:"It is known to be off; false: not told."`
	Name  string   `json:"name,omitempty" doc:"What the shop calls it in the page's language."`
	Path  []string `json:"path,omitempty" doc:"The way to it in the shop's menus."`
	// Confirmed is false where the menu may be named differently by now.
	Confirmed bool `json:"confirmed,omitempty" doc:"The way is confirmed at this time."`
}

// advice is what would lock the account better, with the shop's own names.
func (d door) advice(p *accounts.OwnerPage) []OwnerAdvice {
	if p.Second == "on" {
		return []OwnerAdvice{}
	}
	a := OwnerAdvice{Code: "second_step", Known: p.Second == "off"}
	if b := d.desk.Profile(strings.ToLower(p.Brand)); b != nil {
		if way, valid, ok := b.Way("two_step", p.Lang, time.Now()); ok {
			a.Name, a.Path, a.Confirmed = way.Label, way.Path, valid
		}
	}
	return []OwnerAdvice{a}
}

type ownerOutput struct{ Body OwnerView }

// owners adds the routes of accounts' owners. A visit's word is the only right.
func (d door) owners(api huma.API) {
	doc := api.OpenAPI()
	if doc.Components.SecuritySchemes == nil {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{}
	}
	doc.Components.SecuritySchemes[visitScheme] = &huma.SecurityScheme{Type: "http", Scheme: "bearer", Description: "The word of a visit, as /v1/mine/enter gave it."}
	huma.Register(api, huma.Operation{OperationID: "enter-mine", Method: http.MethodPost, Path: "/v1/mine/enter", MaxBodyBytes: 32 << 10, Errors: []int{401, 413, 422, 503},
		Summary:     "Begin a visit of an account's owner, with a token that the shop signed. The token is good once.",
		Middlewares: huma.Middlewares{d.placed}},
		func(ctx context.Context, in *struct {
			Body struct {
				Token string `json:"token" maxLength:"16384" doc:"A JSON Web Token: docs/accounts.md, \"The owner's page\"."`
			}
		}) (*struct{ Body accounts.OwnerEntry }, error) {
			from, _ := ctx.Value(placeKey{}).(string)
			e, err := d.opt.Owners.Enter(ctx, in.Body.Token, from)
			if err != nil {
				return nil, refusal(err)
			}
			return &struct{ Body accounts.OwnerEntry }{e}, nil
		})
	visit := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: append([]int{401, 422, 503}, codes...),
			MaxBodyBytes: 16 << 10, Security: []map[string][]string{{visitScheme: {}}}, Middlewares: huma.Middlewares{visited}}
	}
	huma.Register(api, visit("get-mine", http.MethodGet, "/v1/mine", "What happened in the account: orders with the hidden and digital ones, log-ins, changes, payments that wait, and what to ask."),
		func(ctx context.Context, _ *struct{}) (*ownerOutput, error) { return d.mine(ctx) })
	huma.Register(api, visit("answer-mine", http.MethodPost, "/v1/mine/answer", "Say that something was, or was not, oneself; or whether to be told of orders by another way.", 404),
		func(ctx context.Context, in *struct{ Body accounts.OwnerReply }) (*ownerOutput, error) {
			if err := d.opt.Owners.Answer(ctx, wordOf(ctx), in.Body); err != nil {
				return nil, refusal(err)
			}
			return d.mine(ctx)
		})
	huma.Register(api, visit("report-mine", http.MethodPost, "/v1/mine/contact", "Tell of a call or message: it raises the account's risk for a while.", 404),
		func(ctx context.Context, in *struct{ Body accounts.OwnerContact }) (*ownerOutput, error) {
			if err := d.opt.Owners.Report(ctx, wordOf(ctx), in.Body); err != nil {
				return nil, refusal(err)
			}
			return d.mine(ctx)
		})
	huma.Register(api, visit("leave-mine", http.MethodPost, "/v1/mine/leave", "End the visit."),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			if err := d.opt.Owners.Leave(ctx, wordOf(ctx)); err != nil {
				return nil, refusal(err)
			}
			return nil, nil
		})
}

func (d door) mine(ctx context.Context) (*ownerOutput, error) {
	p, err := d.opt.Owners.Page(ctx, wordOf(ctx))
	if err != nil {
		return nil, refusal(err)
	}
	v := OwnerView{OwnerPage: p, Questions: p.Questions(), First: p.First(), Advice: d.advice(&p)}
	if v.Questions == nil {
		v.Questions = []accounts.OwnerQuestion{}
	}
	return &ownerOutput{v}, nil
}

// refusal is 401 for tokens and visits that are not good, each alike.
func refusal(err error) error {
	if errors.Is(err, access.ErrOwnerToken) || errors.Is(err, accounts.ErrOwnerVisit) {
		return huma.ErrorWithHeaders(huma.Error401Unauthorized(err.Error()), http.Header{"WWW-Authenticate": {`Bearer realm="bonafide-owner"`}})
	}
	return busy(err)
}

type (
	visitKey struct{}
	placeKey struct{}
)

func wordOf(ctx context.Context) string {
	w, _ := ctx.Value(visitKey{}).(string)
	return w
}

// visited hands the word of a visit on (RFC 6750, 2.1).
func visited(ctx huma.Context, next func(huma.Context)) {
	scheme, word, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		word = ""
	}
	next(huma.WithValue(ctx, visitKey{}, strings.TrimSpace(word)))
}

// placed hands on where a request comes from, as coarse as the audit keeps it.
func (d door) placed(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, placeKey{}, access.Network(d.from(r).Address)))
}
