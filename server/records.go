package server

import (
	"context"
	"sync"
	"time"

	"bonafide/config"
	"bonafide/desk/custody"
	"bonafide/store"
	"bonafide/store/sql"
)

// OpenStore opens the records that the configuration names, makes them where
// there are none, and brings their tables up to date. What is most sensitive in
// them is sealed with the keyring, which is made, too, where there is none.
func OpenStore(ctx context.Context, cfg config.Config) (store.Store, error) {
	db, err := sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN})
	if err != nil {
		return nil, err
	}
	s, err := seal(ctx, cfg, db)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// Custody wires the desk that looks after records that exist; it changes
// nothing, so that it can run beside a server. done closes the records.
func Custody(ctx context.Context, cfg config.Config) (d *custody.Desk, done func() error, err error) {
	s, err := sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN, Existing: true, Readers: 1})
	if err != nil {
		return nil, nil, err
	}
	return custody.New(s), s.Close, nil
}

// Moving wires the desk that backs records up and moves them. Records that exist
// are looked at beside a server; into makes an empty database where there is
// none. Tables of another version are refused. done closes the records.
func Moving(ctx context.Context, cfg config.Config, into bool) (d *custody.Desk, done func() error, err error) {
	s, err := sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN, Existing: !into, Fresh: into, Readers: 1})
	if err != nil {
		return nil, nil, err
	}
	return custody.New(s), s.Close, nil
}

// probe asks whether records can be kept, at most once a second however often
// it is asked: anybody may ask for readiness.
type probe struct {
	store store.Store
	mu    sync.Mutex
	asked time.Time // guarded by mu
	said  error     // guarded by mu
}

func newProbe(s store.Store) *probe { return &probe{store: s} }

// check returns why records cannot be kept now; nil when they can, or when none
// are kept.
func (p *probe) check(ctx context.Context, now time.Time) error {
	if p.store == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked.IsZero() && now.Sub(p.asked) < time.Second {
		return p.said
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	p.asked, p.said = now, p.store.Ping(ctx)
	return p.said
}
