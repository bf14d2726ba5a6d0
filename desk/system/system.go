// Package system is the desk of whoever keeps the server running: which version
// runs, where records and events stand and how much room there is, what waits,
// when the last backup was made, and what is to be done about it.
//
// It measures nothing itself: the server hands facts in, the desk asks for the
// right, adds what the records say, and judges. It is not for metrics of
// programs (those are on the loopback address of the server), and it changes
// nothing.
//
//	health, err := system.New(system.Config{Store: s, Now: time.Now, Facts: facts}).Health(ctx, actor)
package system

import (
	"context"
	"errors"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/store"
)

// Facts are what the server knows of itself at a moment.
type Facts struct {
	// Version is that of Bonafide, Go that of its compiler, System what it runs on.
	Version, Go, System string
	Started             time.Time
	// Disk is the room where records stand on this machine; nil: not known, or they
	// stand elsewhere.
	Disk *Disk
	// Log is the log of events; nil: this server keeps none.
	Log *Log
	// Queues are what waits.
	Queues []Queue
	// Swept is when what is past its time was last removed, zero: not yet; Failed:
	// the last try failed.
	Swept  time.Time
	Failed bool
	// Stopping: the server takes no more requests. Ping is why records cannot be
	// written; nil when they can.
	Stopping bool
	Ping     error
}

// Disk is room in bytes.
type Disk struct{ Free, Total int64 }

// Log is the log of events.
type Log struct {
	// Events is how many it holds, Partitions in how many parts, Bytes how much
	// room they take; 0: not known.
	Events, Bytes int64
	Partitions    int
	// Unread is of how many tenants no event is taken, since their log or policy could
	// not be read.
	Unread int
	// Ping is why no event can be appended; nil when one can.
	Ping error
}

// Queue is something that waits to be done. Code names it; its text is data.
type Queue struct {
	Code string
	// Waiting is how many wait; More: there are more than were counted.
	Waiting int64
	More    bool
	// Late: so many, or for so long, that somebody should look.
	Late bool
}

// Config is what a desk works with. All are needed.
type Config struct {
	Store store.Store
	Now   func() time.Time
	// Facts asks the server; it must not block for longer than its context.
	Facts func(context.Context) Facts
}

// Desk tells how the system is. It is safe for concurrent use.
type Desk struct{ cfg Config }

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Now == nil || c.Facts == nil {
		return nil, errors.New("system: store, clock and facts are all needed")
	}
	return &Desk{c}, nil
}

// Health is how the system is at a moment.
type Health struct {
	Facts
	Now time.Time
	// Records is where records stand; Unknown: it could not be asked.
	Records store.About
	Unknown bool
	// Backup is when the last backup was written; zero: none that is known of.
	Backup time.Time
	// Chain is what the last verification of the audit found, Entries how long the
	// chain is.
	Chain   custody.Verified
	Entries int64
	// Findings are what somebody should do, the worst first.
	Findings []Finding
}

// Ready reports whether the server can do its work.
func (h Health) Ready() bool {
	for _, f := range h.Findings {
		if f.Level == Bad {
			return false
		}
	}
	return true
}

// Uptime is how long the server runs.
func (h Health) Uptime() time.Duration { return h.Now.Sub(h.Started) }

// Health returns how the system is. Right: system.health. That the records
// cannot be reached is a finding, not an error, as long as the actor is known.
func (d *Desk) Health(ctx context.Context, a access.Actor) (Health, error) {
	now := d.cfg.Now()
	if err := a.May(access.SystemHealth, access.Of{Tenant: a.Tenant}, now); err != nil {
		return Health{}, err
	}
	h := Health{Facts: d.cfg.Facts(ctx), Now: now}
	about, err := d.cfg.Store.About(ctx)
	if err == nil {
		h.Records = about
		err = d.cfg.Store.Read(ctx, func(r store.Records) error { return h.read(ctx, r.Audit, a.Tenant) })
	}
	h.Unknown = err != nil
	h.Findings = judge(&h)
	return h, nil
}

// read adds what the audit says.
func (h *Health) read(ctx context.Context, a store.Audit, t access.Tenant) error {
	last, _, err := a.List(ctx, t, store.AuditFilter{Action: custody.ActionBackup}, 0, 1)
	if err != nil {
		return err
	}
	if len(last) > 0 {
		h.Backup = last[0].When
	}
	head, err := a.Head(ctx, t)
	if err != nil {
		return err
	}
	h.Entries = head.Sequence
	h.Chain, err = custody.LastVerified(ctx, a, t)
	return err
}
