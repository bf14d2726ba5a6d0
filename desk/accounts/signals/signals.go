// Package signals takes security event tokens (RFC 8417) of registered transmitters,
// as OpenID Shared Signals has them (CAEP, RISC), and gives their events to the
// account guard. It is not for events of the shop's own: those are in our own form
// or have a mapping (desk/accounts).
//
//	d := signals.New(signals.Config{Guard: accounts, Transmitters: list, Now: time.Now})
//	err := d.Take(ctx, actor, token)
package signals

import (
	"context"
	"errors"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts"
	"bonafide/fault"
)

// Guard is what this needs of the account guard; *accounts.Desk is one.
type Guard interface {
	Submit(ctx context.Context, a access.Actor, b accounts.Batch) (accounts.Taken, error)
}

// Config is what a desk works with; all of it is needed but Transmitters, without
// which every token is of an unknown issuer.
type Config struct {
	Guard        Guard
	Transmitters *access.Transmitters
	Now          func() time.Time
}

// Desk takes tokens. It is safe for concurrent use.
type Desk struct{ cfg Config }

// New makes a desk.
func New(c Config) *Desk { return &Desk{c} }

// Take checks a token for the actor's tenant; without error its event is on disk. The
// issuer and the token's jti are the event's source and id: one that comes again is
// counted once. An event that the vocabulary has no word for, such as the one that
// tries the way (verification), is acknowledged, as RFC 8935 section 2.2 asks of who
// has no use for it, and not kept. *access.SETError: the token is refused and nothing
// was kept. fault.Temporary: send the same again.
func (d *Desk) Take(ctx context.Context, a access.Actor, token []byte) error {
	now := d.cfg.Now()
	if err := a.May(access.EventWrite, access.Of{Tenant: a.Tenant}, now); err != nil {
		return err
	}
	claims, err := d.cfg.Transmitters.Check(a.Tenant, token, now)
	if err != nil {
		return err
	}
	e, err := event.ParseSET(claims)
	if errors.Is(err, event.ErrNoCounterpart) {
		return nil
	}
	if err == nil {
		_, err = d.cfg.Guard.Submit(ctx, a, accounts.Batch{Body: e.JSON()})
	}
	if k := fault.KindOf(err); err != nil && (k == fault.Invalid || k == fault.TooLarge) {
		return &access.SETError{Code: access.InvalidRequest, Text: "cannot be taken: " + err.Error()}
	}
	return err
}
