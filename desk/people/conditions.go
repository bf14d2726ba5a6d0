package people

import (
	"context"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/store"
)

// conditions are what holds for the log-ins of a tenant: its own settings, else
// those of the server.
type conditions struct {
	idle, absolute time.Duration
	second         []access.Role
}

func (d *Desk) conditions(ctx context.Context, r store.Records, t access.Tenant) (conditions, error) {
	c := conditions{d.lim.Idle, d.lim.Absolute, d.cfg.SecondFor}
	s, err := r.Settings.Get(ctx, t)
	if err != nil {
		return c, err
	}
	if s.Idle > 0 {
		c.idle = s.Idle
	}
	if s.Absolute > 0 {
		c.absolute = s.Absolute
	}
	// A tenant can ask more roles for a second factor than the server, not fewer.
	c.second = append(slices.Clone(c.second), s.SecondFor...)
	return c, nil
}

// over tells whether a session is past its time.
func (c conditions) over(s store.Session, now time.Time) bool {
	return now.Sub(s.Seen) >= c.idle || now.Sub(s.Created) >= c.absolute
}

// longest are the limits of the tenant that has the longest ones: what is past
// them is past the time of everybody.
func (d *Desk) longest(ctx context.Context, r store.Records) (idle, absolute time.Duration, err error) {
	tenants, err := r.Tenants.List(ctx)
	if err != nil {
		return 0, 0, err
	}
	idle, absolute = d.lim.Idle, d.lim.Absolute
	for _, t := range tenants {
		c, err := d.conditions(ctx, r, t.ID)
		if err != nil {
			return 0, 0, err
		}
		idle, absolute = max(idle, c.idle), max(absolute, c.absolute)
	}
	return idle, absolute, nil
}
