package sql

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// policies are the texts of policies within a transaction.
type policies struct{ *session }

var _ store.Policies = policies{}

// Add keeps a text and its first step.
func (p policies) Add(ctx context.Context, x store.PolicyText, why string) (int64, error) {
	if err := x.Check(); err != nil {
		return 0, err
	}
	step := store.PolicyStep{Tenant: x.Tenant, Number: 1, Sequence: 1, State: store.PolicyDraft, Actor: x.Author, Made: x.Made, Why: why}
	if err := step.Check(); err != nil {
		return 0, err
	}
	if p.failed != nil {
		return 0, p.failed
	}
	var err error
	step.Number, err = p.q.AddPolicyText(ctx, queries.AddPolicyTextParams{Tenant: string(x.Tenant), Name: x.Name, Version: int64(x.Version), Digest: x.Digest,
		Body: x.Body, Made: store.Micros(x.Made), Author: string(x.Author)})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Conflict, "policy", "of the very text is there already: go on with that one")
	}
	if err != nil {
		return 0, p.done(ctx, "add a policy", err)
	}
	return step.Number, p.step(ctx, step)
}

func (p policies) step(ctx context.Context, s store.PolicyStep) error {
	return p.done(ctx, "add a step of a policy", p.q.AddPolicyStep(ctx, queries.AddPolicyStepParams{Tenant: string(s.Tenant), Number: s.Number,
		Sequence: s.Sequence, State: string(s.State), Actor: string(s.Actor), Made: store.Micros(s.Made), Why: s.Why, Proof: s.Proof}))
}

func policyText(row queries.PolicyText) store.PolicyText {
	return store.PolicyText{Tenant: access.Tenant(row.Tenant), Number: row.Number, Name: row.Name, Version: int(row.Version), Digest: row.Digest, Body: row.Body,
		Made: store.Time(row.Made), Author: store.Actor(row.Author), State: store.PolicyState(row.State), Revision: row.Revision}
}

func (p policies) one(ctx context.Context, row queries.PolicyText, err error) (store.PolicyText, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return store.PolicyText{}, fault.New(fault.NotFound, "", "there is no such policy: look at the list")
	}
	if err != nil {
		return store.PolicyText{}, p.done(ctx, "read a policy", err)
	}
	return policyText(row), nil
}

// Get returns a text.
func (p policies) Get(ctx context.Context, t access.Tenant, number int64) (store.PolicyText, error) {
	if p.failed != nil {
		return store.PolicyText{}, p.failed
	}
	row, err := p.q.GetPolicyText(ctx, queries.GetPolicyTextParams{Tenant: string(t), Number: number})
	return p.one(ctx, row, err)
}

// Current returns the text that is live, or the candidate.
func (p policies) Current(ctx context.Context, t access.Tenant, s store.PolicyState) (store.PolicyText, error) {
	if p.failed != nil {
		return store.PolicyText{}, p.failed
	}
	switch s {
	case store.PolicyLive:
		row, err := p.q.LivePolicyText(ctx, string(t))
		return p.one(ctx, row, err)
	case store.PolicyShadow, store.PolicyProposed:
		row, err := p.q.CandidatePolicyText(ctx, string(t))
		return p.one(ctx, row, err)
	}
	return store.PolicyText{}, fault.New(fault.Invalid, "state", "may be that of many policies: ask for live or shadow")
}

// List returns texts without their bodies, newest first.
func (p policies) List(ctx context.Context, t access.Tenant, below int64, limit int) ([]store.PolicyText, int64, error) {
	if p.failed != nil {
		return nil, 0, p.failed
	}
	if below <= 0 {
		below = math.MaxInt64
	}
	size := store.Page{Limit: limit}.Size()
	rows, err := p.q.ListPolicyTexts(ctx, queries.ListPolicyTextsParams{Tenant: string(t), Below: below, Most: int32(size) + 1}) //nolint:gosec // at most MaxPage
	if err != nil {
		return nil, 0, p.done(ctx, "list policies", err)
	}
	var next int64
	if len(rows) > size {
		rows = rows[:size]
		next = rows[size-1].Number
	}
	out := make([]store.PolicyText, 0, len(rows))
	for _, r := range rows {
		out = append(out, policyText(queries.PolicyText{Tenant: r.Tenant, Number: r.Number, Name: r.Name, Version: r.Version, Digest: r.Digest, Made: r.Made,
			Author: r.Author, State: r.State, Revision: r.Revision}))
	}
	return out, next, nil
}

// Move adds the next step of a text. No other writer is at work meanwhile, so
// what is counted first holds until the end.
func (p policies) Move(ctx context.Context, s store.PolicyStep) error {
	if err := s.Check(); err != nil {
		return err
	}
	if p.failed != nil {
		return p.failed
	}
	if one := s.State; one == store.PolicyLive || one == store.PolicyShadow || one == store.PolicyProposed {
		other := one
		if one != store.PolicyLive {
			one, other = store.PolicyShadow, store.PolicyProposed
		}
		n, err := p.q.OthersInState(ctx, queries.OthersInStateParams{Tenant: string(s.Tenant), Number: s.Number, One: string(one), Other: string(other)})
		if err != nil {
			return p.done(ctx, "count policies", err)
		}
		if n > 0 {
			return fault.New(fault.Conflict, "state", "is that of another policy: retire it first")
		}
	}
	n, err := p.q.MovePolicyText(ctx, queries.MovePolicyTextParams{Tenant: string(s.Tenant), Number: s.Number, State: string(s.State), Revision: s.Sequence - 1})
	if err != nil {
		return p.done(ctx, "move a policy", err)
	}
	if n == 0 {
		if _, err := p.Get(ctx, s.Tenant, s.Number); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "revision", "is not the kept one: somebody else moved the policy; read it again")
	}
	return p.step(ctx, s)
}

// Steps returns the steps of a text.
func (p policies) Steps(ctx context.Context, t access.Tenant, number int64) ([]store.PolicyStep, error) {
	if p.failed != nil {
		return nil, p.failed
	}
	rows, err := p.q.ListPolicySteps(ctx, queries.ListPolicyStepsParams{Tenant: string(t), Number: number, Most: 2 * store.MaxPage})
	if err != nil {
		return nil, p.done(ctx, "read the steps of a policy", err)
	}
	out := make([]store.PolicyStep, 0, len(rows))
	for _, r := range rows {
		out = append(out, store.PolicyStep{Tenant: access.Tenant(r.Tenant), Number: r.Number, Sequence: r.Sequence, State: store.PolicyState(r.State),
			Actor: store.Actor(r.Actor), Made: store.Time(r.Made), Why: r.Why, Proof: r.Proof})
	}
	return out, nil
}
