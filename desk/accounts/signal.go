package accounts

import (
	"context"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
)

// Signal takes one security event token in (RFC 8417: what an identity provider says
// by CAEP or RISC), which must be signed by a transmitter of the tenant. Its event is
// taken as Submit takes one; of b only Decide and Lang count. A token about the
// stream itself is taken and nothing of it is kept. Errors are those of Submit, and
// for a refused token fault.Invalid with a code (secevent.CodeOf).
func (d *Desk) Signal(ctx context.Context, a access.Actor, token []byte, b Batch) (Taken, error) {
	now := d.cfg.Now()
	if err := a.May(access.EventWrite, access.Of{Tenant: a.Tenant}, now); err != nil {
		return Taken{}, err
	}
	e, ok, err := d.cfg.Transmitters.Verify(a.Tenant, token, now)
	if err == nil && ok {
		err = guard.TooEarly(&e, now)
	}
	if err != nil {
		d.refused("invalid", 1)
		return Taken{}, err
	}
	if !ok {
		return Taken{}, nil
	}
	return d.take(ctx, a.Tenant, []event.Event{e}, b)
}
