package accounts

import (
	"context"
	"errors"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
)

// What desks beside this one need of the guard; see desk/accounts/lists.

// OwnSource is the source of events that this server writes itself.
const OwnSource = "bonafide"

// Listed is a value that the guard has on a list of the shop.
type Listed struct {
	// List is its name, Of the domain of its values (event.DomainOf).
	List, Of, Value string
	// Until is in microseconds since 1970, 0 for none.
	Until int64
}

// Sealer hashes with the key of a tenant. It checks no right.
func (d *Desk) Sealer(t access.Tenant) (*event.Sealer, error) { return d.sealer(t) }

// Asked are the lists that the policy asks for that decides for a tenant.
func (d *Desk) Asked(t access.Tenant) []policy.ListOf { return d.decides(t).Lists() }

// Listed is what the guard has on the tenant's lists, after all that is in the log
// now. It checks no right.
func (d *Desk) Listed(ctx context.Context, t access.Tenant) ([]Listed, error) {
	var found []Listed
	c := &call{decide: true, done: make(chan struct{}), look: func(l *lane) {
		l.guard.Listed(func(name, of, value string, until int64) { found = append(found, Listed{name, of, value, until}) })
	}}
	if err := d.through(ctx, t, c); err != nil {
		return nil, err // the decider may still look
	}
	return found, nil
}

// WriteOwn writes events of this server into the log, in their order and together,
// and waits until the guard has them. They need an id, a time and the source
// OwnSource, hold hashed values only, and are at most eventlog.MaxAppend; one that
// the log has is not written again. It checks no right. fault.Temporary: they may
// come to be written all the same; the same can be sent again.
func (d *Desk) WriteOwn(ctx context.Context, t access.Tenant, events []event.Event) error {
	c := &call{events: events, received: d.cfg.Now(), decide: true, done: make(chan struct{})}
	for i := range events {
		e := &events[i]
		if e.Source != OwnSource || e.ID == "" || e.Time.IsZero() {
			return errors.New("accounts: an event of this server lacks its source, id or time")
		}
		x := past.Entry(e, "", c.received) // nothing in it was written freely
		x.Tenant = t
		c.entries = append(c.entries, x)
	}
	return d.through(ctx, t, c)
}

// through lets a call through the tenant's lane.
func (d *Desk) through(ctx context.Context, t access.Tenant, c *call) error {
	l, err := d.lane(ctx, t)
	if err != nil {
		return err
	}
	if err := l.enqueue(c); err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fault.New(fault.Temporary, "", "the log took too long: what was to be written may come to be written still; send the same again")
	}
}

// caughtUp is a tenant's lane once its guard has all that was acknowledged before.
func (d *Desk) caughtUp(ctx context.Context, t access.Tenant) (*lane, error) {
	if err := d.through(ctx, t, &call{decide: true, done: make(chan struct{})}); err != nil {
		return nil, err
	}
	return d.lane(ctx, t)
}

// shown is caughtUp for pages: where that takes longer than a moment, they show how
// far the guard has come.
func (d *Desk) shown(ctx context.Context, t access.Tenant) (*lane, error) {
	moment, cancel := context.WithTimeout(ctx, settleFor)
	defer cancel()
	if l, err := d.caughtUp(moment, t); err == nil {
		return l, nil
	}
	return d.lane(ctx, t)
}

// AccountOf finds whose order it is, both as events have them; empty where the order
// is not among the newest, or its account was erased since. It checks no right.
func (d *Desk) AccountOf(ctx context.Context, t access.Tenant, order string) (string, error) {
	l, err := d.caughtUp(ctx, t)
	if err != nil {
		return "", err
	}
	at, ok := l.trail.Order(order)
	if !ok {
		return "", nil
	}
	list, err := l.logged(ctx, []eventlog.Position{at})
	if err != nil || len(list) == 0 || list[0].Event.Order.ID != order {
		return "", err
	}
	account := list[0].Event.Context.Account
	if list, err = d.unerased(ctx, t, account, list); err != nil || len(list) == 0 {
		return "", err
	}
	return account, nil
}

// EventsOf are the newest events of an account, named as the shop names it, oldest
// first, without those of before an erasure; more tells that there are older ones.
// What was acknowledged before is among them: whoever asks may deny what is not
// there. It checks no right.
func (d *Desk) EventsOf(ctx context.Context, t access.Tenant, account string) (list []event.Event, more bool, err error) {
	name, err := d.accountOf(t, account)
	if err != nil {
		return nil, false, err
	}
	l, err := d.caughtUp(ctx, t)
	if err != nil {
		return nil, false, err
	}
	places, more := l.trail.Of(name)
	list, err = l.readShown(ctx, name, places)
	return list, more, err
}
