// Package policies is the desk of the account guard's policies: a text is
// written as a draft, tried in the shadow of the one that decides, and goes live
// when its cases hold, its cost is bounded and a replay of the last days says
// that it would not have stopped too many good accounts. Every step is kept with
// who, when and why, and the one before can be brought back.
//
// What is live here decides there: desk/accounts asks for it, and is told of every
// change (Config.Changed), which takes effect at a place of the log of events.
// Without a live text the configured one decides.
//
// It checks every right itself (access) and writes an audit entry with every
// step in the same transaction. It is not where events are decided
// (desk/accounts), and it does not render.
//
//	view, err := desk.Draft(ctx, actor, text, "fewer alarms for firms")
//	view, err = desk.Shadow(ctx, actor, policies.Wish{Number: view.Number, Revision: view.Revision, Why: "try it for a week"})
//	view, err = desk.Publish(ctx, actor, policies.Wish{…})
package policies

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
	"bonafide/account/burst"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/account/window"
	"bonafide/fault"
	"bonafide/store"
)

// Config is what a desk works with. Store, Data, Now and Shipped are needed.
type Config struct {
	Store store.Store
	// Data has account/guardrails.yaml, and the models that policies name.
	Data fs.FS
	Now  func() time.Time
	// Shipped is the text that decides as long as no other is live.
	Shipped []byte
	// TwoPersons: what one person wants live another must agree to.
	TwoPersons bool
	// Changed is told after each step that may change which text of a tenant is live or
	// candidate; may be nil. It must not wait.
	Changed func(t access.Tenant)
	// History gives the tenant's events since a time, with as many before as the
	// windows need, in the order in which they were decided, and what is known of
	// them. Nil where no events are kept: then a replay checks nothing, and the
	// proof says so.
	History func(ctx context.Context, t access.Tenant, since time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error)
	// Cold makes a store for keys of windows that have no room in memory, as the
	// desk that decides has it; may be nil.
	Cold func() (window.Cold, error)
}

// Desk is the desk of policies. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	rails Guardrails

	mu      sync.Mutex // guards what follows
	proving map[access.Tenant]bool
}

// Guardrails are what a policy must pass to go live, from account/guardrails.yaml.
type Guardrails struct {
	// ReplayDays are replayed.
	ReplayDays int `yaml:"replay_days"`
	// MaxAnnoyedShare of the accounts without a known fraud may be stopped, where
	// there are LeastAccounts of them.
	MaxAnnoyedShare float64 `yaml:"max_annoyed_share"`
	LeastAccounts   int     `yaml:"least_accounts"`
	// MaxCost bounds the static cost of one event.
	MaxCost uint64 `yaml:"max_cost"`
	// MaxFaultyShare of the events may have a rule that fails.
	MaxFaultyShare float64 `yaml:"max_faulty_share"`
	// MaxSeconds, MaxEvents and MaxBytes end the replay, and nothing goes live;
	// MaxAccounts are told apart.
	MaxSeconds  int   `yaml:"max_seconds"`
	MaxEvents   int64 `yaml:"max_events"`
	MaxBytes    int64 `yaml:"max_bytes"`
	MaxAccounts int   `yaml:"max_accounts"`
	// Burst is when a policy is to be taken back.
	Burst burst.Rule `yaml:"-"`
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Data == nil || c.Now == nil || len(c.Shipped) == 0 {
		return nil, errors.New("policies: store, data, clock and the shipped policy are all needed")
	}
	rails, err := loadGuardrails(c.Data)
	if err != nil {
		return nil, err
	}
	return &Desk{cfg: c, rails: rails, proving: map[access.Tenant]bool{}}, nil
}

// Guardrails are those that hold.
func (d *Desk) Guardrails() Guardrails { return d.rails }

func loadGuardrails(data fs.FS) (Guardrails, error) {
	raw, err := fs.ReadFile(data, "account/guardrails.yaml")
	if err != nil {
		return Guardrails{}, fmt.Errorf("policies: read the guardrails: %w", err)
	}
	var f struct {
		AsOf    string     `yaml:"as_of"`
		Source  string     `yaml:"source"`
		Publish Guardrails `yaml:"publish"`
		Burst   struct {
			Window, Base  time.Duration
			Least         int64
			Share, Factor float64
		} `yaml:"burst"`
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return Guardrails{}, fault.New(fault.Invalid, "", "policies: account/guardrails.yaml: %s", err.Error())
	}
	g := f.Publish
	g.Burst = burst.Rule(f.Burst)
	if f.AsOf == "" || f.Source == "" || g.ReplayDays < 1 || g.ReplayDays > 400 || g.MaxAnnoyedShare <= 0 || g.MaxAnnoyedShare > 1 ||
		g.LeastAccounts < 1 || g.MaxCost == 0 || g.MaxFaultyShare < 0 || g.MaxFaultyShare > 1 ||
		g.MaxSeconds < 1 || g.MaxEvents < 1 || g.MaxBytes < 1 || g.MaxAccounts < 1 {
		return Guardrails{}, fault.New(fault.Invalid, "", "policies: account/guardrails.yaml: as_of, source, replay_days (1 to 400), shares (to 1), least_accounts, max_cost, max_seconds, max_events, max_bytes and max_accounts are all needed")
	}
	if err := g.Burst.Check(); err != nil {
		return Guardrails{}, fmt.Errorf("policies: account/guardrails.yaml: %w", err)
	}
	return g, nil
}

func (d *Desk) changed(t access.Tenant) {
	if d.cfg.Changed != nil {
		d.cfg.Changed(t)
	}
}

// may checks a right of the actor on policies of their tenant.
func (d *Desk) may(a access.Actor, p access.Permission) error {
	return a.May(p, access.Of{Tenant: a.Tenant}, d.cfg.Now())
}

func (d *Desk) deed(a access.Actor, action string, number int64, why string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: fmt.Sprintf("policy:%d", number), Why: why, From: a.From}
}
