// Package coupling tells the account guard what contact reports say: a report that
// names an order raises the risk of that order's account for a while.
//
// What is to be told stands in the records, written in the transaction that changes
// the report; a writer brings it into the log of events and tries again until it is
// there, once whatever happens between (the event's id is made from the report).
// Only accounts and orders as events have them are told, no text. A report of
// somebody unknown is a weak sign that never adds up; one that staff tied to an
// account is a strong one. What is taken back counts no more.
//
// It is not for deciding: the policy says what a report is worth. The owner's own
// word comes by their own page (accounts.Owners).
//
//	c, err := coupling.New(coupling.Config{Guard: desk, Store: s, Now: time.Now})
//	reports.Config{…, Guard: c}
//	defer c.Start(ctx)()
package coupling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/store"
)

// Guard is what coupling needs of the account guard; *accounts.Desk is one.
type Guard interface {
	Sealer(t access.Tenant) (*event.Sealer, error)
	AccountOf(ctx context.Context, t access.Tenant, order string) (string, error)
	WriteOwn(ctx context.Context, t access.Tenant, events []event.Event) error
}

// Config is what a desk works with. Guard, Store and Now are needed.
type Config struct {
	Guard Guard
	Store store.Store
	Now   func() time.Time
	// Failed is told what failed in the background; nil: nobody is.
	Failed func(what string, err error)
}

// Desk tells the guard of reports. It is safe for concurrent use, but for Write,
// which takes one caller at a time.
type Desk struct {
	cfg   Config
	hurry chan struct{}
}

// New makes a desk; see Start.
func New(c Config) (*Desk, error) {
	if c.Guard == nil || c.Store == nil || c.Now == nil {
		return nil, errors.New("coupling: guard, store and clock are all needed")
	}
	return &Desk{cfg: c, hurry: make(chan struct{}, 1)}, nil
}

// Lasts is for how long a report counts, as the shipped policy has it.
const Lasts = 72 * time.Hour

// Sent notes what a report of somebody unknown names; nothing where it names no
// order or the check found no fraud.
func (d *Desk) Sent(ctx context.Context, r store.Records, x store.Report, orders []string) error {
	if x.Outcome != "scam" && x.Outcome != "suspicious" {
		return nil
	}
	sealed, err := d.sealed(x.Tenant, orders)
	if err != nil || len(sealed) == 0 {
		return err
	}
	return d.put(ctx, r, store.Coupling{Tenant: x.Tenant, Report: x.ID, Orders: sealed, Source: store.CoupledByStranger, Channel: string(x.Channel),
		Verdict: string(x.Outcome), Made: d.cfg.Now(), Wanted: 1})
}

// sealed are orders as events of the tenant have them.
func (d *Desk) sealed(t access.Tenant, orders []string) ([]string, error) {
	s, err := d.cfg.Guard.Sealer(t)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, o := range orders {
		if o = strings.TrimSpace(o); o != "" && len(o) <= 200 && len(out) < store.MaxCoupled {
			out = append(out, s.Seal(event.Event{Order: event.Order{ID: o}}).Order.ID)
		}
	}
	return out, nil
}

func (d *Desk) put(ctx context.Context, r store.Records, c store.Coupling) error {
	err := r.Couplings.Put(ctx, c)
	select {
	case d.hurry <- struct{}{}:
	default:
	}
	return err
}

// Tie is what somebody who works here knows of a report: whose account or order it
// is about, named as the shop names them. One of both is enough.
type Tie struct {
	Account string `json:"account,omitempty" maxLength:"200" doc:"The account, as the shop names it."`
	Order   string `json:"order,omitempty" maxLength:"200" doc:"An order of it."`
	Knew    bool   `json:"knew,omitempty" doc:"Whoever called or wrote knew what was ordered: a sign of a leak, never of honesty."`
}

// Tied is what a report says to the guard.
type Tied struct {
	By     string `json:"by" enum:"staff,stranger" doc:"Who says so."`
	Stands bool   `json:"stands" doc:"It was not taken back."`
	// Told: the log of events knows it.
	Told bool `json:"told" doc:"The guard knows it."`
	// Matched: it is known whose account it is. Whose is not told here.
	Matched bool      `json:"matched" doc:"An account of the shop was found for it."`
	Until   time.Time `json:"until" doc:"Until when it counts at most."`
}

// Tie ties a report to an account for somebody who works here and answers for it:
// from then on it is a strong sign. NotFound for a report of another tenant, Invalid
// where no such order is known.
func (d *Desk) Tie(ctx context.Context, a access.Actor, id store.ReportID, w Tie) (Tied, error) {
	if err := a.May(access.ReportChange, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return Tied{}, err
	}
	account, orders, err := d.named(ctx, a.Tenant, w)
	if err != nil {
		return Tied{}, err
	}
	var c store.Coupling
	deed := store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: "report.tie", Object: "report:" + string(store.Named(id)), From: a.From}
	err = store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error {
		x, err := r.Reports.Outline(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		if x.Status == store.ReportRejected {
			return fault.New(fault.Conflict, "status", "of the report is rejected: open it again first")
		}
		old, err := r.Couplings.Get(ctx, a.Tenant, id)
		switch {
		case fault.KindOf(err) == fault.NotFound:
		case err != nil:
			return err
		case old.Account != "" && old.Account != account:
			return fault.New(fault.Conflict, "account", "is another one already: reject the report and open it again, or erase it")
		}
		c = store.Coupling{Tenant: a.Tenant, Report: id, Account: account, Orders: orders, Source: store.CoupledByStaff, Channel: string(x.Channel),
			Verdict: string(x.Outcome), Knew: w.Knew, Made: d.cfg.Now(), Wanted: old.Wanted + 1, Written: old.Written}
		if !c.Stands() {
			c.Wanted++
		}
		return d.put(ctx, r, c)
	})
	if err != nil {
		return Tied{}, err
	}
	return tied(c), nil
}

// named finds the account of a tie, as events have it.
func (d *Desk) named(ctx context.Context, t access.Tenant, w Tie) (account string, orders []string, err error) {
	if w.Account == "" && w.Order == "" {
		return "", nil, fault.New(fault.Invalid, "account", "and order are both empty: name one")
	}
	if orders, err = d.sealed(t, []string{w.Order}); err != nil {
		return "", nil, err
	}
	if len(orders) > 0 {
		if account, err = d.cfg.Guard.AccountOf(ctx, t, orders[0]); err != nil {
			return "", nil, err
		}
	}
	if w.Account == "" {
		if account == "" {
			return "", nil, fault.New(fault.Invalid, "order", "is not known here: name the account, as the shop sends it")
		}
		return account, orders, nil
	}
	s, err := d.cfg.Guard.Sealer(t)
	if err != nil {
		return "", nil, err
	}
	name := s.Seal(event.Event{Context: event.Context{Account: w.Account}}).Context.Account
	if account != "" && account != name {
		return "", nil, fault.New(fault.Invalid, "order", "is one of another account")
	}
	return name, orders, nil
}

func tied(c store.Coupling) Tied {
	return Tied{By: c.Source, Stands: c.Stands(), Told: c.Written == c.Wanted, Matched: c.Account != "", Until: c.Made.Add(Lasts)}
}

// atOnce is how many are looked at in one step.
const atOnce = 100

// Write brings what waits into the log, and returns how many are settled. What the
// log cannot take now waits on; the same event is never written twice.
func (d *Desk) Write(ctx context.Context) (int, error) {
	var list []store.Coupling
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.Couplings.Waiting(ctx, atOnce)
		return err
	}); err != nil {
		return 0, err
	}
	for i := range list {
		if err := d.write(ctx, list[i]); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// write tells the guard what one report says.
func (d *Desk) write(ctx context.Context, c store.Coupling) error {
	for _, o := range c.Orders {
		if c.Account != "" {
			break
		}
		var err error
		if c.Account, err = d.cfg.Guard.AccountOf(ctx, c.Tenant, o); err != nil {
			return err
		}
		if c.Account != "" {
			c.Orders = []string{o}
		}
	}
	if c.Account != "" {
		standing, err := d.standing(ctx, c)
		if err != nil {
			return err
		}
		if err := d.cfg.Guard.WriteOwn(ctx, c.Tenant, []event.Event{d.eventOf(c, standing)}); err != nil {
			return err
		}
	}
	return d.cfg.Store.Write(ctx, func(r store.Records) error {
		now, err := r.Couplings.Get(ctx, c.Tenant, c.Report)
		if fault.KindOf(err) == fault.NotFound {
			return nil // its account was erased meanwhile
		}
		if err != nil {
			return err
		}
		now.Written = max(now.Written, c.Wanted)
		if now.Account == "" {
			now.Account, now.Orders = c.Account, c.Orders
		}
		if now.Gone && now.Written == now.Wanted {
			return r.Couplings.Drop(ctx, c.Tenant, c.Report)
		}
		return r.Couplings.Put(ctx, now)
	})
}

// eventOf is what the log is told; its id is the same however often it is written.
func (d *Desk) eventOf(c store.Coupling, standing int64) event.Event {
	e := event.Event{ID: fmt.Sprintf("report-%s-%d", c.Report, c.Wanted), Source: accounts.OwnSource, Type: event.ContactWithdrawn, Time: d.cfg.Now().UTC().Truncate(time.Microsecond),
		Context: event.Context{Account: c.Account}, Contact: event.Contact{ID: string(c.Report), By: c.Source, Standing: standing}}
	if c.Stands() {
		e.Type = event.ContactReported
		e.Contact.Channel, e.Contact.Verdict, e.Contact.Kind, e.Contact.Knew = c.Channel, c.Verdict, "impostor", c.Knew
		if len(c.Orders) > 0 {
			e.Contact.Order = c.Orders[0]
		}
	}
	return e
}

// standing is the most that reports say of an account with this one: 0 nothing, 1 a
// stranger's stands, 2 one of staff.
func (d *Desk) standing(ctx context.Context, c store.Coupling) (out int64, err error) {
	var list []store.Coupling
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.Couplings.OfAccount(ctx, c.Tenant, c.Account, store.MaxPage)
		return err
	}); err != nil {
		return 0, err
	}
	for _, x := range append(list, c) {
		mine := x.Report == c.Report
		if mine {
			x = c
		}
		if !x.Stands() || !mine && x.Written == 0 || d.cfg.Now().Sub(x.Made) > Lasts {
			continue
		}
		out = max(out, map[string]int64{store.CoupledByStranger: 1, store.CoupledByStaff: 2}[x.Source])
	}
	return out, nil
}

// every is how often is looked for what waits, beside what says so itself.
const every = 5 * time.Second

// Start writes what waits, now and whenever something comes, until stop is called or
// the context ends.
func (d *Desk) Start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if _, err := d.Write(ctx); err != nil && ctx.Err() == nil && d.cfg.Failed != nil {
				d.cfg.Failed("tell the guard of contact reports; it is tried again", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-d.hurry:
				select { // the change that said so is about to be kept
				case <-ctx.Done():
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}
