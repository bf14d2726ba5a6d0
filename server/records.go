package server

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"bonafide/config"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/outside/keyfile"
	"bonafide/store"
	"bonafide/store/sealed"
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
	db, err := sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN, Existing: !into, Fresh: into, Readers: 1})
	if err != nil {
		return nil, nil, err
	}
	switch file, err := Keyring(cfg); {
	case err == nil:
		sealer := keyring.NewSealer(file, rand.Reader)
		return custody.WithKeys(sealed.New(db, sealer, time.Now, rand.Reader), sealer), db.Close, nil
	case fault.KindOf(err) != fault.NotFound:
		_ = db.Close()
		return nil, nil, err
	}
	return custody.New(db), db.Close, nil
}

// Keys wires the desk of the keyring, over records that there are; it may run
// beside a server.
func Keys(ctx context.Context, cfg config.Config) (d *custody.Keys, done func() error, err error) {
	db, err := sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN, Existing: true, Readers: 1})
	if err != nil {
		return nil, nil, err
	}
	file, err := Keyring(cfg)
	if err == nil {
		d, err = keys(cfg, db, file)
	}
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return d, db.Close, nil
}

func keys(cfg config.Config, db store.Store, file *keyfile.File) (*custody.Keys, error) {
	open, err := people.Former([]byte(cfg.People.Key), formerKeys(cfg))
	if err != nil {
		return nil, err
	}
	return custody.NewKeys(db, custody.KeysConfig{Ring: file, Sealer: keyring.NewSealer(file, rand.Reader), Now: time.Now, Random: rand.Reader,
		Follow: keyfile.Follow, Former: open}), nil
}

// probe asks whether records can be kept, at most once a second however often
// it is asked: anybody may ask for readiness.
type probe struct {
	store store.Store
	// log tells whether events could be kept; nil: none are taken.
	log   func(context.Context) error
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
	if p.said == nil && p.log != nil {
		p.said = p.log(ctx)
	}
	return p.said
}
