package server

import (
	"context"
	"crypto/rand"
	"time"

	"bonafide/config"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/privacy"
	"bonafide/desk/reports"
	"bonafide/store"
	"bonafide/store/sql"
)

// Privacy wires the desk for what is kept and what is erased, with the desks that
// hold records of persons.
func Privacy(cfg config.Config, s store.Store, staff *people.Desk, contacts *reports.Desk) (*privacy.Desk, error) {
	return privacy.New(privacy.Config{Store: s, Data: Knowledge(cfg.Data.Overlay), Now: time.Now, Random: rand.Reader,
		Key: []byte(cfg.People.Key), FormerKeys: formerKeys(cfg),
		Holders:  []privacy.Holder{contacts.Requests(), staff.Requests(), people.Keys{Now: time.Now}, staff.Suspensions()},
		Expirers: []privacy.Expirer{contacts, staff}})
}

// Keeping wires the same for commands, over the records of the configuration;
// asleep: over those that a restore fills, whose keyring may come later, for
// nothing but to erase again. done closes the records.
func Keeping(ctx context.Context, cfg config.Config, asleep bool) (d *privacy.Desk, done func() error, err error) {
	var s store.Store
	if asleep {
		s, err = sql.Open(ctx, sql.Config{DSN: cfg.Store.DSN, Existing: true, Readers: 1})
	} else {
		s, err = OpenStore(ctx, cfg)
	}
	if err != nil {
		return nil, nil, err
	}
	staff, err := People(cfg, s)
	if err == nil {
		var contacts *reports.Desk
		if contacts, err = Reports(cfg, s); err == nil {
			d, err = Privacy(cfg, s, staff, contacts)
		}
	}
	if err != nil {
		_ = s.Close()
		return nil, nil, err
	}
	return d, s.Close, nil
}

// Later reads what was erased, held and certified in the records at a DSN, beside
// a running server.
func Later(ctx context.Context, dsn string) (store.Later, error) {
	s, err := sql.Open(ctx, sql.Config{DSN: dsn, Existing: true, Readers: 1})
	if err != nil {
		return store.Later{}, err
	}
	defer func() { _ = s.Close() }()
	return custody.New(s).Later(ctx)
}

func formerKeys(cfg config.Config) [][]byte {
	var out [][]byte
	for _, k := range cfg.People.FormerKeys {
		out = append(out, []byte(k))
	}
	return out
}
