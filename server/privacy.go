package server

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/retention"
	"bonafide/config"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/hooks"
	"bonafide/desk/accounts/lists"
	"bonafide/desk/accounts/persons"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/privacy"
	"bonafide/desk/reports"
	"bonafide/store"
	"bonafide/store/sql"
)

// Privacy wires the desk for what is kept and what is erased, with the desks that
// hold records of persons. events is the log and its key as far as they are at
// hand, guard and listing what runs here; all may be nil.
func Privacy(cfg config.Config, s store.Store, staff *people.Desk, contacts *reports.Desk, events *Events, guard persons.Running, listing *lists.Desk) (*privacy.Desk, error) {
	c := persons.Config{Store: s, Data: Knowledge(cfg.Data.Overlay), Now: time.Now, Clear: cfg.Accounts.Clear, Running: guard}
	if events != nil {
		c.Key, c.Log = events.Key, events.Log
	}
	if listing != nil {
		c.Lists = listing
	}
	if cfg.People.Key != "" {
		c.MarkKeys = append([][]byte{[]byte(cfg.People.Key)}, formerKeys(cfg)...)
	}
	decided, err := persons.New(c)
	if err != nil {
		return nil, err
	}
	table, err := retention.Load(Knowledge(cfg.Data.Overlay))
	if err != nil {
		return nil, err
	}
	dead := hooks.Expire{Store: s, Now: time.Now, Days: table.Kind(hooks.KindDead).Days}
	return privacy.New(privacy.Config{Store: s, Data: Knowledge(cfg.Data.Overlay), Now: time.Now, Random: rand.Reader,
		Key: []byte(cfg.People.Key), FormerKeys: formerKeys(cfg),
		Holders:  []privacy.Holder{contacts.Requests(), staff.Requests(), people.Keys{Now: time.Now}, staff.Suspensions(), decided.Decisions(), decided.Events(), decided.Lists()},
		Expirers: []privacy.Expirer{contacts, staff, decided, dead}})
}

// guarding is the account guard with what replays of it keep.
type guarding struct {
	*accounts.Desk
	replays interface {
		Forget(t access.Tenant, account string) (int, error)
	}
	failed func(error)
}

// Forgotten also takes the account out of the results of replays.
func (g guarding) Forgotten(t access.Tenant, name, account string) {
	g.Desk.Forgotten(t, name, account)
	if _, err := g.replays.Forget(t, account); err != nil {
		g.failed(err)
	}
}

// running is the account guard of this server; nil where there is none.
func (s *Server) running() persons.Running {
	if s.accounts == nil {
		return nil
	}
	return guarding{s.accounts, s.replays, func(err error) {
		s.opt.Log.Error("an erased account stays in the results of replays until their days are over", "error", err)
	}}
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
			d, err = Privacy(cfg, s, staff, contacts, eventsBeside(cfg), nil, nil)
		}
	}
	if err != nil {
		_ = s.Close()
		return nil, nil, err
	}
	return d, s.Close, nil
}

// eventsBeside is what a command, which may run beside a server, knows of the events:
// the key of their identifiers, where there is one, and not the log, which one
// process has at a time.
func eventsBeside(cfg config.Config) *Events {
	if !cfg.Accounts.Enabled {
		return nil
	}
	if cfg.Accounts.Key != "" {
		return &Events{Key: []byte(cfg.Accounts.Key)}
	}
	raw, err := os.ReadFile(filepath.Join(cfg.EventsDir(), "key"))
	if err != nil || len(strings.TrimSpace(string(raw))) < 32 {
		return nil // no event was taken yet
	}
	return &Events{Key: []byte(strings.TrimSpace(string(raw)))}
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
