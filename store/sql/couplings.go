package sql

import (
	"context"
	"encoding/json"
	"errors"

	"bonafide/access"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// couplings are what reports say to the guard, within a transaction.
type couplings struct{ *session }

var _ store.Couplings = couplings{}

// Put writes what a report says.
func (r couplings) Put(ctx context.Context, c store.Coupling) error {
	if err := errors.Join(c.Check(), r.failed); err != nil {
		return err
	}
	return r.done(ctx, "tell the guard of a report", r.q.PutCoupling(ctx, queries.PutCouplingParams{Tenant: string(c.Tenant), Report: string(c.Report),
		Account: c.Account, Orders: store.RulesText(c.Orders), Source: c.Source, Channel: c.Channel, Verdict: c.Verdict, Knew: flag(c.Knew),
		Made: store.Micros(c.Made), Wanted: c.Wanted, Written: c.Written, Gone: flag(c.Gone)}))
}

func coupling(row queries.Coupling) store.Coupling {
	var orders []string
	_ = json.Unmarshal([]byte(row.Orders), &orders) // Put wrote it, or its check let it in
	return store.Coupling{Tenant: access.Tenant(row.Tenant), Report: store.ReportID(row.Report), Account: row.Account, Orders: orders, Source: row.Source,
		Channel: row.Channel, Verdict: row.Verdict, Knew: row.Knew == 1, Made: store.Time(row.Made), Wanted: row.Wanted, Written: row.Written, Gone: row.Gone == 1}
}

// Get returns what a report says.
func (r couplings) Get(ctx context.Context, t access.Tenant, id store.ReportID) (store.Coupling, error) {
	return one(ctx, r.session, "coupling", func() (queries.Coupling, error) {
		return r.q.GetCoupling(ctx, queries.GetCouplingParams{Tenant: string(t), Report: string(id)})
	}, coupling)
}

// Waiting returns what the log does not know.
func (r couplings) Waiting(ctx context.Context, limit int) ([]store.Coupling, error) {
	return many(ctx, r.session, "couplings", func() ([]queries.Coupling, error) { return r.q.WaitingCouplings(ctx, most(limit)) }, coupling)
}

// OfAccount returns what reports say of an account.
func (r couplings) OfAccount(ctx context.Context, t access.Tenant, account string, limit int) ([]store.Coupling, error) {
	return many(ctx, r.session, "couplings", func() ([]queries.Coupling, error) {
		return r.q.CouplingsOfAccount(ctx, queries.CouplingsOfAccountParams{Tenant: string(t), Account: account, Most: most(limit)})
	}, coupling)
}

func most(limit int) int32 {
	return int32(min(max(limit, 1), store.MaxPage)) //nolint:gosec // at most MaxPage
}

// Drop removes what a report says.
func (r couplings) Drop(ctx context.Context, t access.Tenant, id store.ReportID) error {
	if r.failed != nil {
		return r.failed
	}
	_, err := r.q.DropCoupling(ctx, queries.DropCouplingParams{Tenant: string(t), Report: string(id)})
	return r.done(ctx, "take a report back from the guard", err)
}

// DropAccount removes what reports say of an account.
func (r couplings) DropAccount(ctx context.Context, t access.Tenant, account string) (int64, error) {
	return r.counted(ctx, "forget what reports say of an account", func() (int64, error) {
		return r.q.DropCouplingsOfAccount(ctx, queries.DropCouplingsOfAccountParams{Tenant: string(t), Account: account})
	})
}
