package sql

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// decisions are those of the account guard within a transaction.
type decisions struct{ *session }

var _ store.Decisions = decisions{}

func noDecision() error {
	return fault.New(fault.NotFound, "", "there is no such decision: it was erased, or the event was allowed")
}

// Add keeps decisions. No other writer is at work meanwhile, so the newest
// sequence does not move.
func (d decisions) Add(ctx context.Context, list []store.Decision) (added int, err error) {
	last := map[access.Tenant]int64{}
	for i := range list {
		x := &list[i]
		if err := x.Check(); err != nil {
			return added, err
		}
		if _, ok := last[x.Tenant]; !ok {
			if last[x.Tenant], err = d.Newest(ctx, x.Tenant); err != nil {
				return added, err
			}
		}
		next := max(last[x.Tenant]+1, store.Micros(x.Made))
		n, err := d.q.AddDecision(ctx, queries.AddDecisionParams{
			Tenant: string(x.Tenant), ID: string(x.ID), Sequence: next, Made: store.Micros(x.Made), Happened: store.Micros(x.Happened), Place: x.Place,
			Kind: x.Type, Account: x.Account, Purchase: x.Purchase, Action: x.Action, Score: x.Score, Digest: x.Digest, Rules: store.RulesText(x.Rules),
			Body: base64.StdEncoding.EncodeToString(x.Body), Event: x.Event, RetainUntil: store.Micros(x.RetainUntil),
		})
		if err != nil {
			return added, d.done(ctx, "add a decision", err)
		}
		if n > 0 {
			last[x.Tenant] = next
			added++
		}
	}
	return added, d.failed
}

// Get returns a decision.
func (d decisions) Get(ctx context.Context, t access.Tenant, id store.DecisionID) (store.Decision, error) {
	if d.failed != nil {
		return store.Decision{}, d.failed
	}
	row, err := d.q.GetDecision(ctx, queries.GetDecisionParams{Tenant: string(t), ID: string(id)})
	if errors.Is(err, sql.ErrNoRows) {
		return store.Decision{}, noDecision()
	}
	if err != nil {
		return store.Decision{}, d.done(ctx, "read a decision", err)
	}
	return decision(row)
}

// List returns decisions, newest first.
func (d decisions) List(ctx context.Context, t access.Tenant, f store.DecisionFilter, before int64, limit int) ([]store.Decision, int64, error) {
	if d.failed != nil {
		return nil, 0, d.failed
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	size := store.Page{Limit: limit}.Size()
	by := queries.ListDecisionsOfAccountParams{Tenant: string(t), Account: f.Account, Below: before, Action: f.Action, Assigned: f.Assigned,
		Label: f.Label, Lowest: store.Micros(f.Since), Most: int32(size) + 1}
	var rows []queries.Decision
	var err error
	if f.Account != "" {
		rows, err = d.q.ListDecisionsOfAccount(ctx, by)
	} else {
		rows, err = d.q.ListDecisions(ctx, queries.ListDecisionsParams{Tenant: by.Tenant, Below: by.Below, Action: by.Action, Assigned: by.Assigned,
			Label: by.Label, Lowest: by.Lowest, Most: by.Most})
	}
	if err != nil {
		return nil, 0, d.done(ctx, "list decisions", err)
	}
	var next int64
	if len(rows) > size {
		rows = rows[:size]
		next = rows[size-1].Sequence
	}
	out, err := decisionList(rows)
	return out, next, err
}

// After returns decisions above a sequence, oldest first.
func (d decisions) After(ctx context.Context, t access.Tenant, after int64, limit int) ([]store.Decision, error) {
	if d.failed != nil {
		return nil, d.failed
	}
	rows, err := d.q.DecisionsAfter(ctx, queries.DecisionsAfterParams{Tenant: string(t), After: after, Most: int32(store.Page{Limit: limit}.Size())})
	if err != nil {
		return nil, d.done(ctx, "read decisions that came since", err)
	}
	return decisionList(rows)
}

// Newest is the highest sequence.
func (d decisions) Newest(ctx context.Context, t access.Tenant) (int64, error) {
	if d.failed != nil {
		return 0, d.failed
	}
	rows, err := d.q.NewestDecision(ctx, string(t))
	if err != nil || len(rows) == 0 {
		return 0, d.done(ctx, "read the newest decision", err)
	}
	return rows[0], nil
}

// Assign writes who works on a decision.
func (d decisions) Assign(ctx context.Context, x store.Decision) (int64, error) {
	if err := x.Check(); err != nil {
		return 0, err
	}
	if d.failed != nil {
		return 0, d.failed
	}
	revision, err := d.q.AssignDecision(ctx, queries.AssignDecisionParams{Assigned: string(x.Assigned), Tenant: string(x.Tenant), ID: string(x.ID), Revision: x.Revision})
	return d.changed(ctx, x, revision, err)
}

// SetLabel writes what a decision turned out to be.
func (d decisions) SetLabel(ctx context.Context, x store.Decision) (int64, error) {
	if err := x.Check(); err != nil {
		return 0, err
	}
	if d.failed != nil {
		return 0, d.failed
	}
	revision, err := d.q.LabelDecision(ctx, queries.LabelDecisionParams{Label: string(x.Label), LabelledBy: string(x.LabelledBy),
		Labelled: store.Micros(x.Labelled), Tenant: string(x.Tenant), ID: string(x.ID), Revision: x.Revision})
	return d.changed(ctx, x, revision, err)
}

// changed tells why no row was changed, where none was.
func (d decisions) changed(ctx context.Context, x store.Decision, revision int64, err error) (int64, error) {
	if !errors.Is(err, sql.ErrNoRows) {
		return revision, d.done(ctx, "change a decision", err)
	}
	if _, err := d.Get(ctx, x.Tenant, x.ID); err != nil {
		return 0, err
	}
	return 0, fault.New(fault.Conflict, "revision", "is not the kept one: somebody else changed the decision; read it again")
}

// LabelledRules counts labelled decisions by their rules.
func (d decisions) LabelledRules(ctx context.Context, t access.Tenant, since time.Time) ([]store.RuleCount, error) {
	if d.failed != nil {
		return nil, d.failed
	}
	rows, err := d.q.CountLabelledRules(ctx, queries.CountLabelledRulesParams{Tenant: string(t), Lowest: store.Micros(since)})
	if err != nil {
		return nil, d.done(ctx, "count labelled decisions", err)
	}
	out := make([]store.RuleCount, 0, len(rows))
	for _, row := range rows {
		x := store.RuleCount{Label: store.Label(row.Label), Amount: row.Amount}
		if err := json.Unmarshal([]byte(row.Rules), &x.Rules); err != nil {
			return nil, failure("read the rules of a decision", err)
		}
		out = append(out, x)
	}
	return out, nil
}

// Counts counts decisions by action and label.
func (d decisions) Counts(ctx context.Context, t access.Tenant, since time.Time) ([]store.ActionCount, error) {
	if d.failed != nil {
		return nil, d.failed
	}
	rows, err := d.q.CountDecisions(ctx, queries.CountDecisionsParams{Tenant: string(t), Lowest: store.Micros(since)})
	if err != nil {
		return nil, d.done(ctx, "count decisions", err)
	}
	out := make([]store.ActionCount, 0, len(rows))
	for _, row := range rows {
		out = append(out, store.ActionCount{Action: row.Action, Label: store.Label(row.Label), Amount: row.Amount})
	}
	return out, nil
}

// Due returns decisions whose time is over.
func (d decisions) Due(ctx context.Context, now time.Time, after store.Decision, limit int) ([]store.Decision, error) {
	if d.failed != nil {
		return nil, d.failed
	}
	rows, err := d.q.DueDecisions(ctx, queries.DueDecisionsParams{Due: store.Micros(now), AfterUntil: store.Micros(after.RetainUntil), AfterTenant: string(after.Tenant),
		AfterID: string(after.ID), Most: int32(store.Page{Limit: limit}.Size())})
	if err != nil {
		return nil, d.done(ctx, "list decisions whose time is over", err)
	}
	return decisionList(rows)
}

// Erase removes a decision.
func (d decisions) Erase(ctx context.Context, t access.Tenant, id store.DecisionID) error {
	if d.failed != nil {
		return d.failed
	}
	n, err := d.q.EraseDecision(ctx, queries.EraseDecisionParams{Tenant: string(t), ID: string(id)})
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "", "there is no such decision")
	}
	return d.done(ctx, "erase a decision", err)
}

func decisionList(rows []queries.Decision) ([]store.Decision, error) {
	out := make([]store.Decision, 0, len(rows))
	for _, row := range rows {
		x, err := decision(row)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// decision is a row as a record.
func decision(row queries.Decision) (store.Decision, error) {
	x := store.Decision{Tenant: access.Tenant(row.Tenant), ID: store.DecisionID(row.ID), Sequence: row.Sequence, Made: store.Time(row.Made),
		Happened: store.Time(row.Happened), Place: row.Place, Type: row.Kind, Account: row.Account, Purchase: row.Purchase, Action: row.Action,
		Score: row.Score, Digest: row.Digest, Event: row.Event, Assigned: store.PersonID(row.Assigned), Label: store.Label(row.Label),
		LabelledBy: store.PersonID(row.LabelledBy), Labelled: store.Time(row.Labelled), RetainUntil: store.Time(row.RetainUntil), Revision: row.Revision}
	var err error
	if x.Body, err = base64.StdEncoding.DecodeString(row.Body); err != nil {
		return store.Decision{}, failure("read the body of a decision", err)
	}
	if err := json.Unmarshal([]byte(row.Rules), &x.Rules); err != nil {
		return store.Decision{}, failure("read the rules of a decision", err)
	}
	if len(x.Rules) == 0 {
		x.Rules = nil
	}
	return x, nil
}

// guardPolicies are the policies that decided, within a transaction.
type guardPolicies struct{ *session }

var _ store.GuardPolicies = guardPolicies{}

// Put keeps a policy.
func (g guardPolicies) Put(ctx context.Context, p store.GuardPolicy) error {
	if err := p.Check(); err != nil {
		return err
	}
	if g.failed != nil {
		return g.failed
	}
	return g.done(ctx, "keep a policy", g.q.PutPolicy(ctx, queries.PutPolicyParams{Tenant: string(p.Tenant), Since: p.Since, Digest: p.Digest,
		Name: p.Name, Version: int64(p.Version), Body: p.Body, Made: store.Micros(p.Made)}))
}

// List returns policies, the latest first.
func (g guardPolicies) List(ctx context.Context, t access.Tenant) ([]store.GuardPolicy, error) {
	if g.failed != nil {
		return nil, g.failed
	}
	rows, err := g.q.ListPolicies(ctx, queries.ListPoliciesParams{Tenant: string(t), Most: store.MaxPage})
	if err != nil {
		return nil, g.done(ctx, "list policies", err)
	}
	out := make([]store.GuardPolicy, 0, len(rows))
	for _, row := range rows {
		out = append(out, guardPolicy(row))
	}
	return out, nil
}

// Get returns the policy of a digest.
func (g guardPolicies) Get(ctx context.Context, t access.Tenant, digest string) (store.GuardPolicy, error) {
	if g.failed != nil {
		return store.GuardPolicy{}, g.failed
	}
	rows, err := g.q.GetPolicy(ctx, queries.GetPolicyParams{Tenant: string(t), Digest: digest})
	if err != nil {
		return store.GuardPolicy{}, g.done(ctx, "read a policy", err)
	}
	if len(rows) == 0 {
		return store.GuardPolicy{}, fault.New(fault.NotFound, "", "there is no such policy: it never decided here")
	}
	return guardPolicy(rows[0]), nil
}

func guardPolicy(row queries.GuardPolicy) store.GuardPolicy {
	return store.GuardPolicy{Tenant: access.Tenant(row.Tenant), Since: row.Since, Digest: row.Digest, Name: row.Name, Version: int(row.Version),
		Body: row.Body, Made: store.Time(row.Made)}
}
