// Package reports is the desk of contact reports: it takes what people send
// with "report this" after a check, and lets those with the right list, search,
// open, unmask, export and erase it.
//
// It checks every right itself (access), masks texts until somebody gives a
// reason, and writes an audit entry with every change and every unmasking in the
// same transaction. It is not where contacts are checked (desk/contacts), and it
// does not render.
//
//	draft, consent, err := desk.Draft(ctx, reports.Checked{Text: …, Outcome: "scam"}, "en")
//	receipt, err := desk.Send(ctx, reports.Wish{Draft: draft, Consent: consent.Version, Agreed: true}, from)
package reports

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"bonafide/access"
	"bonafide/contact/term"
	"bonafide/fault"
	"bonafide/store"
)

// Limits bound what strangers may send. The zero value of a field means its
// default.
type Limits struct {
	// Window is how long sent reports count; PerNetwork and PerTenant how many
	// are taken within it.
	Window                time.Duration
	PerNetwork, PerTenant int64
	// DraftFor is how long after a check its report may be sent.
	DraftFor time.Duration
}

func (l Limits) filled() Limits {
	if l.Window <= 0 {
		l.Window = time.Hour
	}
	if l.PerNetwork <= 0 {
		l.PerNetwork = 20
	}
	if l.PerTenant <= 0 {
		l.PerTenant = 2000
	}
	if l.DraftFor <= 0 {
		l.DraftFor = 24 * time.Hour
	}
	return l
}

// Config is what a desk works with. Store, Data, Now and Random are needed.
type Config struct {
	Store  store.Store
	Data   fs.FS
	Now    func() time.Time
	Random io.Reader
	// Key seals drafts and hides for which networks reports are counted. Without
	// one the desk draws its own, and a draft of before a restart is refused.
	Key []byte
	// FormerKeys are those that holds on a person may have been marked with.
	FormerKeys [][]byte
	// Tenant is whose reports strangers send; "": the only one that there is.
	Tenant access.Tenant
	Limits Limits
	// Guard is told what reports say of accounts; nil: nobody is.
	Guard Guard
}

// Guard is what tells the account guard of reports (desk/accounts/coupling).
type Guard interface {
	// Sent tells, within the transaction that keeps it, of a report that somebody
	// unknown sent, and the orders that it names.
	Sent(ctx context.Context, r store.Records, x store.Report, orders []string) error
}

// Desk is the desk of reports. It is safe for concurrent use.
type Desk struct {
	cfg     Config
	lim     Limits
	consent consent
	terms   *term.Tables
	// known are words that stay readable in a masked text.
	known map[string]bool
	// markKeys are what the marks of persons are made with, the present one first.
	markKeys [][]byte
	// home is whose reports strangers send, once it is known.
	home     atomic.Pointer[store.Tenant]
	searched searched
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Data == nil || c.Now == nil || c.Random == nil {
		return nil, errors.New("reports: store, data, clock and randomness are all needed")
	}
	d := &Desk{cfg: c, lim: c.Limits.filled()}
	if len(c.Key) > 0 {
		d.markKeys = append([][]byte{c.Key}, c.FormerKeys...)
	}
	if len(c.Key) == 0 {
		d.cfg.Key = make([]byte, 32)
		if _, err := io.ReadFull(c.Random, d.cfg.Key); err != nil {
			return nil, fmt.Errorf("reports: draw a key: %w", err)
		}
	}
	var err error
	if d.known, err = plainWords(c.Data); err != nil {
		return nil, err
	}
	if d.consent, err = loadConsent(c.Data); err != nil {
		return nil, err
	}
	d.terms, err = term.Load(c.Data)
	return d, err
}

// Tell has the guard told of reports that are sent from now on. Call it before the
// desk is used.
func (d *Desk) Tell(g Guard) { d.cfg.Guard = g }

// receiver is whose reports strangers send; NotConfigured while there is nobody
// who could read them.
func (d *Desk) receiver(ctx context.Context) (store.Tenant, error) {
	if t := d.home.Load(); t != nil {
		return *t, nil
	}
	var list []store.Tenant
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.Tenants.List(ctx)
		return err
	}); err != nil {
		return store.Tenant{}, err
	}
	for _, t := range list {
		if t.ID == d.cfg.Tenant || d.cfg.Tenant == "" && len(list) == 1 {
			if d.cfg.Tenant != "" {
				d.home.Store(&t) // the only one may not stay the only one
			}
			return t, nil
		}
	}
	return store.Tenant{}, fault.New(fault.NotConfigured, "report", "cannot be sent here yet: the operator has to set up the first administrator, or to name the receiver of reports in reports.tenant")
}

// mac is a keyed hash of parts, for one use.
func (d *Desk) mac(use string, parts ...string) store.Hash {
	m := hmac.New(sha256.New, d.cfg.Key)
	fmt.Fprintf(m, "reports %s", use)
	for _, p := range parts {
		fmt.Fprintf(m, " %d:%s", len(p), p)
	}
	return store.Hash(m.Sum(nil))
}

// deed is the audit entry of what an actor does.
func (d *Desk) deed(a access.Actor, action string, id store.ReportID, why access.Reason) store.Deed {
	deed := store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Why: string(why), From: a.From}
	if id != "" {
		deed.Object = "report:" + string(id)
	}
	return deed
}
