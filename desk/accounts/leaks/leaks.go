// Package leaks looks in the log of events for who may have leaked orders: contact
// reports tell after which orders fraudsters called who knew of them, the orders of
// the same time are what they are compared with (casework/compromise).
//
// It checks its right itself (access), tells parties, counts and what to do next in
// the reader's language, and shows no account and no order. It is not for deciding:
// nobody is stopped by what it says, and it keeps nothing.
//
//	desk, err := leaks.New(leaks.Config{Store: s, Log: log, Data: data.FS, Key: key, Now: time.Now})
//	found, err := desk.Look(ctx, actor, leaks.Wish{From: from, To: to, Lang: "de"})
package leaks

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/casework/compromise"
	"bonafide/desk/accounts"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// Config is what a desk works with. All but Clear are needed.
type Config struct {
	Store store.Store
	Log   eventlog.Log
	// Data has account/leaks.yaml.
	Data fs.FS
	// Key and Clear are those of accounts.Config.
	Key   []byte
	Clear []string
	Now   func() time.Time
}

// Desk looks for leaks. It is safe for concurrent use. One look is at work at a time,
// since it holds up to a million orders; those of other tenants wait for it.
type Desk struct {
	cfg  Config
	rule rules
	turn chan struct{} // taken by the look at work

	mu   sync.Mutex             // guards busy
	busy map[access.Tenant]bool // those who look or wait
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Log == nil || c.Data == nil || c.Now == nil || len(c.Key) < 32 {
		return nil, errors.New("leaks: store, log, data, clock and a key of 32 bytes are all needed")
	}
	r, err := load(c.Data)
	return &Desk{cfg: c, rule: r, turn: make(chan struct{}, 1), busy: map[access.Tenant]bool{}}, err
}

// Wish is what is asked.
type Wish struct {
	// From and To bound when orders were placed; To is not included. Zero: the last
	// eight weeks, until now.
	From, To time.Time
	// Lang is the language of the sentences; en where there are none in it.
	Lang string
	// Names are parties as the shop names them: where one is named in the answer, it
	// says so, since the log may have a keyed hash only.
	Names []compromise.Party
}

// usual is how long the period is that is looked at where none is asked for.
const usual = 56 * 24 * time.Hour

// maxNames bounds the names of a wish.
const maxNames = 100

// Found is what the orders of a period say.
type Found struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to" doc:"Not included."`
	compromise.Report
	// Given are the names of the wish that stand in Findings, as they were given.
	Given map[string]string `json:"given,omitempty" doc:"Of names that were asked for and are found: by the name that stands in the findings, that which was given."`
	// Reports of contacts that count, and why others do not.
	Reports  int `json:"reports" doc:"Reports of fraudulent contacts that stand, of the period and two weeks after it."`
	Unlinked int `json:"unlinked" doc:"Those of them that name no order that is known, or more than one that it may be."`
	// Explanation tells the outcome with its numbers; Next what would settle it.
	Explanation []string `json:"explanation"`
	Next        []string `json:"next" doc:"What to do to settle it."`
	AsOf        string   `json:"as_of" doc:"Day of the numbers by which parties are named (data/account/leaks.yaml)."`
}

// Look reads the log and tells which parties stand out. fault.TooLarge where the
// period is too long, fault.Temporary where another look is at work.
func (d *Desk) Look(ctx context.Context, a access.Actor, w Wish) (Found, error) {
	if err := a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return Found{}, err
	}
	if w.To.IsZero() {
		w.To = d.cfg.Now()
	}
	if w.From.IsZero() {
		w.From = w.To.Add(-usual)
	}
	if !w.From.Before(w.To) || w.To.Sub(w.From) > time.Duration(d.rule.MaxDays)*24*time.Hour {
		return Found{}, fault.New(fault.Invalid, "from", "and to are no period of at most %d days", d.rule.MaxDays)
	}
	if len(w.Names) > maxNames {
		return Found{}, fault.New(fault.TooLarge, "names", "are %d: ask for at most %d at once", len(w.Names), maxNames)
	}
	done, err := d.begin(ctx, a.Tenant)
	if err != nil {
		return Found{}, err
	}
	defer done()
	r := &reading{d: d, tenant: a.Tenant, wish: w, table: compromise.New(), orders: map[string]int32{}, told: map[string]*told{}}
	if err = r.read(ctx); err == nil {
		err = r.tie(ctx)
	}
	if ctx.Err() != nil {
		return Found{}, fault.New(fault.TooLarge, "from", "the period has more events than can be read in the time of one request: choose a shorter one")
	}
	if err != nil {
		return Found{}, err
	}
	out := Found{From: w.From, To: w.To, Reports: r.reports, Unlinked: r.unlinked, AsOf: d.rule.AsOf}
	if out.Report, err = r.table.Analyse(d.rule.Bounds()); err != nil {
		return Found{}, err
	}
	if err := d.given(a.Tenant, w.Names, &out); err != nil {
		return Found{}, err
	}
	d.rule.explain(&out, w.Lang)
	return out, nil
}

// begin waits for the tenant's turn. A tenant has one look at a time.
func (d *Desk) begin(ctx context.Context, t access.Tenant) (done func(), err error) {
	if !d.claim(t) {
		return nil, fault.New(fault.Temporary, "", "somebody looks for leaks already: try again in a minute")
	}
	select {
	case d.turn <- struct{}{}:
		return func() { <-d.turn; d.release(t) }, nil
	case <-ctx.Done():
		d.release(t)
		return nil, fault.New(fault.Temporary, "", "other looks for leaks took the time: try again in a minute")
	}
}

func (d *Desk) claim(t access.Tenant) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[t] {
		return false
	}
	d.busy[t] = true
	return true
}

func (d *Desk) release(t access.Tenant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, t)
}

// given says which of the names that were asked for are found.
func (d *Desk) given(t access.Tenant, names []compromise.Party, out *Found) error {
	s, err := accounts.SealerOf(d.cfg.Key, t, d.cfg.Clear)
	if err != nil {
		return err
	}
	out.Given = map[string]string{}
	for _, n := range names {
		o := s.Seal(event.Event{Type: event.OrderPlaced, Order: event.Order{Seller: n.Name, Courier: n.Name, Warehouse: n.Name, Delivery: n.Name, Channel: n.Name, Payment: n.Name}}).Order
		for _, p := range partiesOf(&o) {
			for _, f := range out.Findings {
				if p.Kind == n.Kind && (p == f.Party || slices.Contains(f.Same, p) || slices.Contains(f.Explains, p)) {
					out.Given[p.Name] = n.Name
				}
			}
		}
	}
	return nil
}

// partiesOf are those who handled an order, as far as it tells.
func partiesOf(o *event.Order) []compromise.Party {
	return []compromise.Party{{Kind: "seller", Name: o.Seller}, {Kind: "courier", Name: o.Courier}, {Kind: "warehouse", Name: o.Warehouse},
		{Kind: "delivery", Name: o.Delivery}, {Kind: "channel", Name: o.Channel}, {Kind: "payment", Name: o.Payment}}
}
