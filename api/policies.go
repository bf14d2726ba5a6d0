package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
	"bonafide/account/policy"
	"bonafide/desk/accounts"
	"bonafide/desk/policies"
)

// Policies is what the door needs of the desk of policies.
type Policies interface {
	List(ctx context.Context, a access.Actor, below int64, limit int) (list []policies.View, next int64, err error)
	Open(ctx context.Context, a access.Actor, number int64) (policies.View, error)
	Draft(ctx context.Context, a access.Actor, text []byte, why string) (policies.View, error)
	Check(ctx context.Context, a access.Actor, number int64) (*policies.Proof, error)
	Shadow(ctx context.Context, a access.Actor, w policies.Wish) (policies.View, error)
	Publish(ctx context.Context, a access.Actor, w policies.Wish) (policies.View, error)
	Retire(ctx context.Context, a access.Actor, w policies.Wish) (policies.View, error)
	RollBack(ctx context.Context, a access.Actor, why string) (int64, error)
}

// PolicyPage is a page of policies.
type PolicyPage struct {
	Policies []policies.View `json:"policies" doc:"Newest first, without their texts."`
	Next     int64           `json:"next,omitempty" doc:"Give it as below for the next page; absent: there is none."`
}

// PolicyBack tells what a roll back brought.
type PolicyBack struct {
	Policy int64 `json:"policy" doc:"Number of the policy that is live now; 0: the configured one."`
}

type policyPath struct {
	Number int64 `path:"number" minimum:"1"`
}

type policyStep struct {
	Number int64 `path:"number" minimum:"1"`
	Body   struct {
		Revision int64  `json:"revision" doc:"As it was read; 409 when somebody else moved it since."`
		Reason   string `json:"reason" maxLength:"2000" doc:"Why; it goes into the history and the audit."`
	}
}

type policyOutput struct{ Body policies.View }

// policyProblem is problem with the places of a text, and the guardrails that a
// policy does not hold, one by one.
func policyProblem(err error) error {
	var refused *policies.Refused
	if errors.As(err, &refused) {
		var details []error
		for _, p := range refused.Proof.Problems {
			details = append(details, &huma.ErrorDetail{Message: p, Location: "policy"})
		}
		return huma.NewError(http.StatusUnprocessableEntity, "The policy fails the guardrails: change it, or the guardrails.", details...)
	}
	if at := policies.PlaceOf(err); at != nil && at.Line > 0 {
		return huma.NewError(http.StatusUnprocessableEntity, err.Error(), &huma.ErrorDetail{Message: at.Text, Location: "body.text", Value: map[string]int{"line": at.Line, "column": at.Column}})
	}
	return problem(err)
}

func policyView(v policies.View, err error) (*policyOutput, error) {
	if err != nil {
		return nil, policyProblem(err)
	}
	return &policyOutput{v}, nil
}

// programPolicies adds the routes of policies of the account guard.
func (d door) programPolicies(api huma.API) {
	keyed := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: append([]int{401, 403, 422, 503}, codes...),
			MaxBodyBytes: 16 << 10, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}}
	}
	huma.Register(api, keyed("list-policies", http.MethodGet, "/v1/policies", "Policies of the account guard, newest first. Needs policy.read."),
		func(ctx context.Context, in *struct {
			Below int64 `query:"below" minimum:"0" doc:"As the page before told as next."`
			Limit int   `query:"limit" minimum:"0" maximum:"200" doc:"Policies a page; 50 if absent."`
		}) (*struct{ Body PolicyPage }, error) {
			if in.Limit == 0 {
				in.Limit = 50
			}
			list, next, err := d.opt.Policies.List(ctx, actor(ctx), in.Below, in.Limit)
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body PolicyPage }{PolicyPage{list, next}}, nil
		})
	put := keyed("draft-policy", http.MethodPost, "/v1/policies", "Keep a text as a draft, if it loads. Needs policy.edit.", 409, 413)
	put.Description = "An error of the text is 422 with errors[].value holding line and column. 409: the very text is there already."
	put.MaxBodyBytes, put.BodyReadTimeout, put.DefaultStatus = 2*policy.MaxFile, 30*time.Second, http.StatusCreated
	huma.Register(api, put, func(ctx context.Context, in *struct {
		Body struct {
			Text   string `json:"text" maxLength:"1048576" doc:"The policy, YAML (docs/policies.md)."`
			Reason string `json:"reason" maxLength:"2000" doc:"Why; it goes into the history and the audit."`
		}
	}) (*policyOutput, error) {
		return policyView(d.opt.Policies.Draft(ctx, actor(ctx), []byte(in.Body.Text), in.Body.Reason))
	})
	huma.Register(api, keyed("get-policy", http.MethodGet, "/v1/policies/{number}", "A policy with its text and history. Needs policy.read.", 404),
		func(ctx context.Context, in *policyPath) (*policyOutput, error) {
			return policyView(d.opt.Policies.Open(ctx, actor(ctx), in.Number))
		})
	check := keyed("check-policy", http.MethodPost, "/v1/policies/{number}/check",
		"Whether it may go live: its cases, its cost, and a replay of the last days. Changes nothing. Needs policy.read.", 404)
	check.Description = "problems is empty when it may go live."
	huma.Register(api, check, func(ctx context.Context, in *policyPath) (*struct{ Body *policies.Proof }, error) {
		p, err := d.opt.Policies.Check(Unhurried(ctx), actor(ctx), in.Number) // days are replayed; the guardrails end it
		if err != nil {
			return nil, policyProblem(err)
		}
		return &struct{ Body *policies.Proof }{p}, nil
	})
	d.policySteps(api, keyed)
	huma.Register(api, keyed("roll-back-policy", http.MethodPost, "/v1/policies/rollback", "Bring the policy back that was live before. Needs policy.publish.", 404, 409),
		func(ctx context.Context, in *struct {
			Body struct {
				Reason string `json:"reason" maxLength:"2000" doc:"Why; it goes into the history and the audit."`
			}
		}) (*struct{ Body PolicyBack }, error) {
			n, err := d.opt.Policies.RollBack(ctx, actor(ctx), in.Body.Reason)
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body PolicyBack }{PolicyBack{n}}, nil
		})
	d.decidingPolicies(api, keyed)
}

// decidingPolicies adds the routes that tell what decides and how the candidate does.
func (d door) decidingPolicies(api huma.API, keyed func(id, method, path, summary string, codes ...int) huma.Operation) {
	huma.Register(api, keyed("deciding-policy", http.MethodGet, "/v1/policies/deciding",
		"Which policy decides, from which place on, how the candidate does beside it, and the last burst of declines. Needs policy.read."),
		func(ctx context.Context, _ *struct{}) (*struct{ Body accounts.Deciding }, error) {
			x, err := d.opt.Accounts.Deciding(ctx, actor(ctx))
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body accounts.Deciding }{x}, nil
		})
	huma.Register(api, keyed("shadow-summary", http.MethodGet, "/v1/policies/shadow", "How the candidate does beside the policy that decides. Needs policy.read.", 404),
		func(ctx context.Context, _ *struct{}) (*struct{ Body accounts.Trial }, error) {
			x, err := d.opt.Accounts.Trial(ctx, actor(ctx))
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body accounts.Trial }{x}, nil
		})
}

// policySteps adds the routes that move a policy.
func (d door) policySteps(api huma.API, keyed func(id, method, path, summary string, codes ...int) huma.Operation) {
	for _, s := range []struct {
		name, what string
		do         func(context.Context, access.Actor, policies.Wish) (policies.View, error)
	}{
		{"shadow", "Let it decide beside the live one, for comparison only. Needs policy.edit.", d.opt.Policies.Shadow},
		{"publish", "Let it decide, if it was tried and passes the guardrails. Needs policy.publish; not by key where two persons are needed.", d.opt.Policies.Publish},
		{"retire", "Give a draft or candidate up. Needs policy.edit.", d.opt.Policies.Retire},
	} {
		op := keyed(s.name+"-policy", http.MethodPost, "/v1/policies/{number}/"+s.name, s.what, 404, 409)
		op.Description = "It takes effect within moments, at a place of the log of events: GET /v1/policies/deciding tells. 422: errors lists the guardrails that do not hold."
		huma.Register(api, op, func(ctx context.Context, in *policyStep) (*policyOutput, error) {
			return policyView(s.do(Unhurried(ctx), actor(ctx), policies.Wish{Number: in.Number, Revision: in.Body.Revision, Why: in.Body.Reason}))
		})
	}
}
