package accounts

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// reign is a policy that decides a tenant's events from a place of the log on. It
// is read-only once others can see it.
type reign struct {
	policy *policy.Policy
	text   []byte
	// digest names text and model, as guard_policies and decisions do.
	digest string
	// number is that of desk/policies, 0 for the configured text.
	number int64
	since  eventlog.Position
	made   time.Time
}

// reigning names a reign: a text that was taken back and came again reigns anew.
type reigning struct {
	digest string
	since  eventlog.Position
}

func (r *reign) named() reigning { return reigning{r.digest, r.since} }

func deciderOf(p *policy.Policy) string {
	d := p.Decider()
	return hex.EncodeToString(d[:])
}

// liveText is the text that is to decide for a tenant.
func (d *Desk) liveText(ctx context.Context, t access.Tenant) ([]byte, int64, error) {
	if d.cfg.Live == nil {
		return d.cfg.Policy, 0, nil
	}
	text, number, err := d.cfg.Live(ctx, t)
	if err == nil && len(text) == 0 {
		text, number = d.cfg.Policy, 0
	}
	return text, number, err
}

// reignOf loads a text that is to decide.
func (d *Desk) reignOf(text []byte, number int64) (*reign, error) {
	p := d.policy
	if !bytes.Equal(text, d.cfg.Policy) {
		var err error
		if p, err = policy.LoadFrom(text, d.cfg.Data); err != nil {
			return nil, fault.New(fault.Temporary, "", "policy %d is live and cannot be loaded, so it decides nothing: mend what it names, or bring the one before back (%s)", number, err)
		}
	}
	return &reign{policy: p, text: text, digest: deciderOf(p), number: number}, nil
}

// wanted is the policy that is to decide for a tenant.
func (d *Desk) wanted(ctx context.Context, t access.Tenant) (*reign, error) {
	text, number, err := d.liveText(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("accounts: read which policy is live: %w", err)
	}
	return d.reignOf(text, number)
}

// decides is the policy that decides a tenant's events now; the configured one
// before the first event.
func (d *Desk) decides(t access.Tenant) *policy.Policy {
	d.mu.Lock()
	l := d.lanes[t]
	d.mu.Unlock()
	if l != nil {
		if r := l.reign.Load(); r != nil {
			return r.policy
		}
	}
	return d.policy
}

// policies are those that decided, the one that began last first.
func (l *lane) policies(ctx context.Context) (list []store.GuardPolicy, err error) {
	err = l.desk.cfg.Store.Read(ctx, func(r store.Records) error {
		list, err = r.GuardPolicies.List(ctx, l.tenant)
		return err
	})
	return list, err
}

// beginPolicy writes down from which place on a policy decides. Each begins later
// than the one before, whatever the clock says, so that the last can be told.
func (l *lane) beginPolicy(ctx context.Context, r *reign, since eventlog.Position) error {
	d, p := l.desk, r.policy
	r.since, r.made = since, d.cfg.Now().UTC().Truncate(time.Microsecond)
	if !r.made.After(l.begun) {
		r.made = l.begun.Add(time.Microsecond)
	}
	row := store.GuardPolicy{Tenant: l.tenant, Since: int64(since), Digest: r.digest, Name: p.Name, Version: p.Version, Body: string(r.text), Made: r.made} //nolint:gosec // positions are small
	deed := store.Deed{Tenant: l.tenant, When: row.Made, Actor: "system accounts", Action: "policy.begin",
		Object: fmt.Sprintf("policy:%s/%d", p.Name, p.Version), Why: fmt.Sprintf("number %d, from place %d on, SHA-256 %s", r.number, since, row.Digest)}
	err := store.Change(ctx, d.cfg.Store, deed, func(rec store.Records) error { return rec.GuardPolicies.Put(ctx, row) })
	if err == nil {
		l.begun = r.made
	}
	return err
}

// began tells whether the policy that began last is this one.
func (l *lane) began(ctx context.Context, r *reign) (bool, error) {
	rows, err := l.policies(ctx)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	x := &rows[0]
	return x.Digest == r.digest && x.Since == int64(r.since) && x.Made.Equal(r.made), nil //nolint:gosec // positions are small
}

// errLost is that of a policy that cannot decide any more as it did.
func errLost(was *store.GuardPolicy, why string) error {
	return fault.New(fault.Temporary, "", "policy %s version %d decided last, up to an unknown place, and %s: put back what it had (its model, most likely) for one start; or set accounts.skip_undecided, and what it had not decided yet is decided by none", was.Name, was.Version, why)
}

// former loads the policy that decided before, as it was: with the very model.
func (l *lane) former(was *store.GuardPolicy) (*reign, error) {
	p, err := policy.LoadFrom([]byte(was.Body), l.desk.cfg.Data)
	if err != nil {
		return nil, errLost(was, "cannot be loaded any more")
	}
	// Rows of before this form name the text alone.
	if deciderOf(p) != was.Digest && hex.EncodeToString(p.Digest[:]) != was.Digest {
		return nil, errLost(was, "its model is another one now")
	}
	return &reign{policy: p, text: []byte(was.Body), digest: was.Digest, since: eventlog.Position(was.Since), made: was.Made}, nil //nolint:gosec // from 1
}

// feed lets a guard that decides nothing read the log after a place up to another
// one. It returns how many events it read.
func (l *lane) feed(ctx context.Context, g *guard.Guard, place *eventlog.Position, to eventlog.Position) (n int, err error) {
	for r, err := range l.in.Walk(ctx, *place+1, to) {
		var e event.Event
		if err == nil {
			e, _, err = past.EventOf(r)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return n, err
		}
		g.Decide(&e)
		n++
		*place = r.Position
	}
	*place = max(*place, to)
	return n, nil
}
