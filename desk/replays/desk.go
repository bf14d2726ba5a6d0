// Package replays is the desk of replays on a running server: a period of a
// tenant's log of events is decided again by another policy, apart from the live
// state, and the result is kept for a while. It bounds how many run, what one may
// cost, and how long a result is there; one that a stop of the server ended says so.
//
// It checks every right itself (access) and writes an audit entry with each start
// and each end by a person. It is not for counting (account/replay), not for
// reading the log (the caller gives the events), and it does not render.
//
//	desk, err := replays.New(replays.Config{Store: s, Data: data.FS, Now: time.Now, Shipped: text, History: accounts.History, Shelf: shelf})
//	view, err := desk.Start(ctx, actor, replays.Wish{Policy: 3, From: from, To: to})
//	view, err = desk.Open(ctx, actor, view.Number)
package replays

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/account/window"
	"bonafide/fault"
	"bonafide/store"
)

// Shelf keeps results; see eventlog/shelf.
type Shelf interface {
	// Load returns what was saved under a name, nil if nothing was.
	Load(name string) ([]byte, error)
	// Save replaces it, whole or not at all.
	Save(name string, raw []byte) error
}

// History gives a tenant's events since a time, with as many before as the windows
// need, in the order in which they were decided, and what is known of them.
type History func(ctx context.Context, t access.Tenant, since time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error)

// Config is what a desk works with. Store, Data, Now, Shipped and History are needed.
type Config struct {
	Store store.Store
	// Data has account/replays.yaml, and the models that policies name.
	Data fs.FS
	Now  func() time.Time
	// Shipped is the text that decides as long as no other is live.
	Shipped []byte
	History History
	// Cold makes a store for keys of windows that have no room in memory, as the
	// desk that decides has it; may be nil.
	Cold func() (window.Cold, error)
	// Erased tells when an account, named by its hash, was erased; zero: it was not.
	// Nil: no accounts are erased here.
	Erased func(ctx context.Context, t access.Tenant, account string) (time.Time, error)
	// Shelf keeps results over a restart; nil: they end with the server.
	Shelf Shelf
	// Failed is called with what failed in the background; may be nil.
	Failed func(what string, err error)
}

// Limits bound replays, from account/replays.yaml.
type Limits struct {
	// AtOnce replays are at work, of all tenants; Waiting of one tenant may wait.
	AtOnce  int `yaml:"at_once"`
	Waiting int `yaml:"waiting"`
	// MaxEvents and MaxBytes end a replay; MaxAccounts are told apart.
	MaxEvents   int64 `yaml:"max_events"`
	MaxBytes    int64 `yaml:"max_bytes"`
	MaxAccounts int   `yaml:"max_accounts"`
	// MaxMinutes is how long one may be at work.
	MaxMinutes int `yaml:"max_minutes"`
	// MaxDays is the longest period.
	MaxDays int `yaml:"max_days"`
	// KeepDays is how long a result is kept, Keep how many of a tenant.
	KeepDays int `yaml:"keep_days"`
	Keep     int `yaml:"keep"`
}

func loadLimits(data fs.FS) (Limits, error) {
	raw, err := fs.ReadFile(data, "account/replays.yaml")
	if err != nil {
		return Limits{}, fmt.Errorf("replays: read the limits: %w", err)
	}
	var f struct {
		AsOf   string `yaml:"as_of"`
		Source string `yaml:"source"`
		Limits `yaml:",inline"`
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return Limits{}, fault.New(fault.Invalid, "", "replays: account/replays.yaml: %s", err.Error())
	}
	l := f.Limits
	if f.AsOf == "" || f.Source == "" || l.AtOnce < 1 || l.AtOnce > 16 || l.Waiting < 1 || l.MaxEvents < 1 || l.MaxBytes < 1 || l.MaxAccounts < 1 || l.MaxMinutes < 1 ||
		l.MaxDays < 1 || l.MaxDays > replay.MaxDays || l.KeepDays < 1 || l.Keep < 1 || l.Keep > 1000 {
		return Limits{}, fault.New(fault.Invalid, "", "replays: account/replays.yaml: as_of, source and all numbers are needed, each above 0 (max_days to %d, at_once to 16, keep to 1000)", replay.MaxDays)
	}
	return l, nil
}

// Desk is the desk of replays. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	lim   Limits
	slots chan struct{}
	wg    sync.WaitGroup
	ctx   context.Context // ends when the desk closes
	stop  context.CancelFunc

	mu     sync.Mutex // guards what follows
	books  map[access.Tenant]*book
	turns  map[access.Tenant]chan struct{} // one of each tenant waits for a slot
	closed bool
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Data == nil || c.Now == nil || len(c.Shipped) == 0 || c.History == nil {
		return nil, errors.New("replays: store, data, clock, the shipped policy and the history are all needed")
	}
	lim, err := loadLimits(c.Data)
	if err != nil {
		return nil, err
	}
	d := &Desk{cfg: c, lim: lim, slots: make(chan struct{}, lim.AtOnce), books: map[access.Tenant]*book{}, turns: map[access.Tenant]chan struct{}{}}
	d.ctx, d.stop = context.WithCancel(context.Background())
	return d, nil
}

// Limits are those that hold.
func (d *Desk) Limits() Limits { return d.lim }

// Close ends what is at work, which then says that it was interrupted, and waits
// for it.
func (d *Desk) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.stop()
	d.wg.Wait()
	return nil
}

func (d *Desk) may(a access.Actor, p access.Permission) error {
	return a.May(p, access.Of{Tenant: a.Tenant}, d.cfg.Now())
}

func (d *Desk) deed(a access.Actor, action string, number int64, why string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: fmt.Sprintf("replay:%d", number), Why: why, From: a.From}
}

func (d *Desk) failed(what string, err error) {
	if err != nil && d.cfg.Failed != nil {
		d.cfg.Failed(what, err)
	}
}
