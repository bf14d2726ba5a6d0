// Package lists is the desk of a shop's lists: trusted and blocked recipients,
// devices, accounts, cards, whatever a policy asks for by the name of a list. It
// checks every right itself, keeps what people need beside an entry (why, who,
// until when) in the records, and writes each change into the log of events by the
// desk of accounts, where it holds from its place on.
//
// It is not for deciding (account/policy asks the lists that the log made), and
// there is one desk of lists for a desk of accounts.
//
//	desk, err := lists.New(lists.Config{Guard: accounts, Store: s, Now: time.Now})
//	view, err := desk.PutEntries(ctx, actor, "known_mule", []lists.NewEntry{{ListValue: lists.ListValue{Value: "m@example.com"}, Reason: "three takeovers"}})
package lists

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/desk/accounts"
	"bonafide/store"
)

// KindEntry is what an entry of a list is called in data/retention.
const KindEntry = "list_entry"

// Guard is what lists need of the account guard; *accounts.Desk is one.
type Guard interface {
	// Sealer hashes values as events of the tenant have them.
	Sealer(t access.Tenant) (*event.Sealer, error)
	// Asked are the lists that the policy that decides asks for.
	Asked(t access.Tenant) []policy.ListOf
	// WriteOwn writes events of this server into the log, in their order, and waits
	// until the guard has them.
	WriteOwn(ctx context.Context, t access.Tenant, events []event.Event) error
	// Listed is what the guard has on lists, as the log made them so far.
	Listed(ctx context.Context, t access.Tenant) ([]accounts.Listed, error)
}

// Config is what a desk works with. All is needed.
type Config struct {
	Guard Guard
	Store store.Store
	Now   func() time.Time
}

// Desk is the desk of lists. It is safe for concurrent use.
type Desk struct {
	cfg Config

	mu    sync.Mutex // guards turns
	turns map[access.Tenant]*turn
}

// turn lets changes of a tenant's lists take turns.
type turn struct {
	sync.Mutex
	// compared: log and records were compared since the start.
	compared bool
}

// New makes a desk; see Start.
func New(c Config) (*Desk, error) {
	if c.Guard == nil || c.Store == nil || c.Now == nil {
		return nil, errors.New("lists: guard, store and clock are all needed")
	}
	return &Desk{cfg: c, turns: map[access.Tenant]*turn{}}, nil
}

// Start brings into the log what is on its way there, of every tenant: changes that
// stopped halfway, and what was erased or is past its time. Once a start it compares
// the log with the records. A server calls it when it starts, and now and then.
func (d *Desk) Start(ctx context.Context) error {
	var failed error
	err := d.each(ctx, func(ctx context.Context, t access.Tenant) error {
		if err := d.Settle(ctx, t); err != nil {
			failed = errors.Join(failed, fmt.Errorf("tenant %s: %w", t, err)) // the others are settled all the same
		}
		return nil
	})
	return errors.Join(failed, err)
}

// Settle does so for one tenant.
func (d *Desk) Settle(ctx context.Context, t access.Tenant) error {
	turn := d.turn(t)
	turn.Lock()
	defer turn.Unlock()
	return d.settle(ctx, t, turn)
}

// each calls f with every tenant.
func (d *Desk) each(ctx context.Context, f func(context.Context, access.Tenant) error) error {
	var tenants []store.Tenant
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		tenants, err = r.Tenants.List(ctx)
		return err
	}); err != nil {
		return err
	}
	for _, t := range tenants {
		if err := f(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) turn(t access.Tenant) *turn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.turns[t] == nil {
		d.turns[t] = &turn{}
	}
	return d.turns[t]
}

// deed is the audit entry of what an actor does to a list.
func (d *Desk) deed(a access.Actor, action, object, why string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: object, Why: why, From: a.From}
}
