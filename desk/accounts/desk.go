// Package accounts is the desk of the account guard: it takes events of a shop's
// customers in, keeps each in the log before it is acknowledged, decides them in
// the order of the log, and keeps what was decided so that people can look at
// it, assign it and say what it turned out to be.
//
// The log is the truth: what the guard knows is computed from it, from a snapshot
// and the events after it, and comes out the same. Which policy decides is changed
// while events come, at a place of the log that is written down first; a candidate
// decides beside it for comparison, and a burst of declines brings the policy before
// back. The desk checks every right itself (access) and hashes personal identifiers
// with the tenant's key before anything is written. It is not for rules
// (account/policy) nor for the life of their texts (desk/policies), and it does not
// render.
//
//	desk, err := accounts.New(accounts.Config{Store: s, Log: log, Policy: text, Key: key, Data: data.FS, Now: time.Now})
//	got, err := desk.Submit(ctx, actor, accounts.Batch{Body: line, Decide: true})
package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/account/burst"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/secevent"
	"bonafide/account/window"
	"bonafide/casework/retention"
	"bonafide/desk/accounts/hypothesis"
	"bonafide/desk/accounts/notices"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// Shelf keeps snapshots; see eventlog/shelf.
type Shelf interface {
	// Load returns what was saved under a name, nil if nothing was.
	Load(name string) ([]byte, error)
	// Save replaces it, whole or not at all.
	Save(name string, raw []byte) error
}

// Limits bound what waits. The zero value of a field means its default.
type Limits struct {
	// Waiting is how many events of a tenant may wait for the log (default 16,384);
	// beyond, a submission is refused with fault.Temporary.
	Waiting int
	// Unkept is how many decisions may wait for the records (default 8,192); beyond,
	// deciding waits, and so in the end does the log.
	Unkept int
	// SnapshotEvents and SnapshotEvery say when the guard is snapshotted: after so
	// many events or so long, whichever is first (defaults 200,000 and 10 minutes).
	SnapshotEvents int
	SnapshotEvery  time.Duration
	// Trail is how many of an account's newest events its page can show (default 200).
	Trail int
}

func (l Limits) filled() Limits {
	for _, x := range []struct {
		p     *int
		other int
	}{{&l.Waiting, 1 << 14}, {&l.Unkept, 1 << 13}, {&l.SnapshotEvents, 200_000}, {&l.Trail, 200}} {
		if *x.p <= 0 {
			*x.p = x.other
		}
	}
	if l.SnapshotEvery <= 0 {
		l.SnapshotEvery = 10 * time.Minute
	}
	return l
}

// Watch is told what happens, for metrics; any field may be nil. Its functions
// are called often and must not wait.
type Watch struct {
	// Decided is called for each event that was decided live.
	Decided func(t event.Type, a policy.Action)
	// Refused is called with how many events were refused, and why: invalid (of a
	// submission that one of them refuses, all), busy.
	Refused func(reason string, events int)
	// TokenRefused is called for each token of an owner's page that opened nothing.
	TokenRefused func()
	// Answered is called with the time from taking a submission in to its answer.
	Answered func(time.Duration)
	// Reading is called now and then while much of the log is read, with the place
	// that was reached and the last one.
	Reading func(at, last eventlog.Position)
	// Failed is called with what failed in the background.
	Failed func(what string, err error)
}

// Config is what a desk works with. Store, Log, Data, Policy, Key and Now are needed.
type Config struct {
	Store store.Store
	Log   eventlog.Log
	// Shelf keeps snapshots; nil: each start reads the whole log.
	Shelf Shelf
	// Cold makes a store for keys of windows that have no room in memory, one for
	// each guard; nil: they are forgotten, and counted (Windows).
	Cold func() (window.Cold, error)
	Data fs.FS
	// Policy is the text that decides for tenants of which no other is live.
	Policy []byte
	// Live gives the text that is live for a tenant and its number, 0 for the
	// configured one (desk/policies.Live); nil: Policy decides for all. After a change
	// call PolicyChanged.
	Live func(ctx context.Context, t access.Tenant) (text []byte, number int64, err error)
	// Candidate gives the text that is tried beside it and since when it is, none if there
	// is none (desk/policies.Candidate); nil: none is ever tried.
	Candidate func(ctx context.Context, t access.Tenant) (text []byte, number int64, since time.Time, err error)
	// RollBack takes the policy of a number back at a burst of declines and returns the
	// number of the one that is live then (desk/policies.RollBackBurst); nil: none is.
	RollBack func(ctx context.Context, t access.Tenant, number int64, seen burst.Alarm) (int64, error)
	// Burst is when; the zero rule: never.
	Burst burst.Rule
	// SkipUndecided goes on where the policy that decided last cannot any more, its
	// model being gone: what it had not decided is decided by none.
	SkipUndecided bool
	// Key is what each tenant's key for hashing identifiers is derived from, 32
	// bytes or more. With another key nothing of before is recognised.
	Key []byte
	// Clear names personal fields that are not hashed, by path.
	Clear []string
	// Transmitters are those whose security event tokens are believed (Signal); nil: none.
	Transmitters *secevent.Transmitters
	// Unknown says what becomes of fields that the vocabulary does not know.
	Unknown event.Unknown
	Now     func() time.Time
	Limits  Limits
	Watch   Watch
}

// Desk is the desk of the account guard. It is safe for concurrent use.
type Desk struct {
	cfg        Config
	lim        Limits
	policy     *policy.Policy
	days       int // for which a decision is kept
	mappings   map[string]*event.Mapping
	notices    notices.Texts
	hypotheses hypothesis.List

	mu     sync.Mutex // guards what follows
	lanes  map[access.Tenant]*lane
	former map[string]*policy.Policy   // by digest, as far as they were asked for
	keys   map[past.Subject]accountKey // of accounts, as far as they were needed
	unread map[access.Tenant]bool      // those whose log or policy could not be read
	closed bool
	ended  chan struct{} // closed by End
}

// New makes a desk. It reads no event yet; see Start.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Log == nil || c.Data == nil || c.Now == nil || len(c.Policy) == 0 {
		return nil, errors.New("accounts: store, log, data, policy and clock are all needed")
	}
	if len(c.Key) < 32 {
		return nil, fault.New(fault.Invalid, "accounts.key", "has %d bytes: want at least 32", len(c.Key))
	}
	p, err := policy.LoadFrom(c.Policy, c.Data)
	if err != nil {
		return nil, fmt.Errorf("accounts: load the policy: %w", err)
	}
	d := &Desk{cfg: c, lim: c.Limits.filled(), policy: p, lanes: map[access.Tenant]*lane{}, former: map[string]*policy.Policy{}, keys: map[past.Subject]accountKey{}, unread: map[access.Tenant]bool{}, ended: make(chan struct{})}
	if _, err := event.NewSealer(c.Key, c.Clear...); err != nil {
		return nil, err
	}
	if c.Burst != (burst.Rule{}) {
		if err := c.Burst.Check(); err != nil {
			return nil, err
		}
	}
	kept, err := retention.Load(c.Data)
	if err != nil {
		return nil, err
	}
	if d.hypotheses, err = hypothesis.Load(c.Data); err != nil {
		return nil, err
	}
	d.days = kept.Kind(KindDecision).Days
	if d.notices, err = notices.Load(c.Data); err != nil {
		return nil, err
	}
	d.mappings, err = mappings(c.Data)
	return d, err
}

// mappings reads all mapping files of the data.
func mappings(data fs.FS) (map[string]*event.Mapping, error) {
	files, err := fs.Glob(data, "account/mappings/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("accounts: look for mappings: %w", err)
	}
	out := map[string]*event.Mapping{}
	for _, f := range files {
		raw, err := fs.ReadFile(data, f)
		if err != nil {
			return nil, fmt.Errorf("accounts: read a mapping: %w", err)
		}
		m, err := event.LoadMapping(raw)
		if err != nil {
			return nil, fmt.Errorf("accounts: %s: %w", f, err)
		}
		out[m.Name] = m
	}
	return out, nil
}

// Mappings lists the names of the mappings that a submission may name.
func (d *Desk) Mappings() []string {
	out := make([]string, 0, len(d.mappings))
	for name := range d.mappings {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Start brings every tenant up to the end of the log, so that the first event
// need not wait for it. One whose log or policy cannot be read keeps no other from
// being read; the error names each. Start may be called again: it reads what is left.
func (d *Desk) Start(ctx context.Context) error {
	var list []store.Tenant
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.Tenants.List(ctx)
		return err
	}); err != nil {
		return err
	}
	var failed error
	for _, t := range list {
		if _, err := d.lane(ctx, t.ID); err != nil {
			failed = errors.Join(failed, fmt.Errorf("tenant %s: %w", t.ID, err))
		}
	}
	return failed
}

// lane returns the tenant's lane and makes it where there is none: then it reads
// the log. Who comes meanwhile waits.
func (d *Desk) lane(ctx context.Context, t access.Tenant) (*lane, error) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, errClosed
	}
	l := d.lanes[t]
	if l == nil {
		l = d.newLane(t)
		d.lanes[t] = l
	}
	d.mu.Unlock()
	return l, l.begin(ctx)
}

var errClosed = fault.New(fault.Temporary, "", "the desk of accounts is closed: try again when the server has started")

// End lets streams end, so that a server can stop; nothing else.
func (d *Desk) End() {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.ended:
	default:
		close(d.ended)
	}
}

// Close refuses new events, waits for what was taken in to be decided and kept,
// and writes snapshots. The log and the store stay the caller's.
func (d *Desk) Close() error {
	d.End()
	d.mu.Lock()
	d.closed = true
	var lanes []*lane
	for _, l := range d.lanes {
		lanes = append(lanes, l)
	}
	d.mu.Unlock()
	var err error
	for _, l := range lanes {
		err = errors.Join(err, l.close())
	}
	return err
}

// Ping tells whether events could be taken in now. fault.Temporary: the log cannot
// be written, or of no tenant it could be read; see Unread.
func (d *Desk) Ping(ctx context.Context) error {
	if err := d.cfg.Log.Ping(ctx); err != nil {
		return err
	}
	if n, all := d.Unread(); n > 0 && n == all {
		return fault.New(fault.Temporary, "", "the log of events, or the policy that is live, cannot be read for %d tenants, which are all: the server's log names the cause", n)
	}
	return nil
}

// Unread is of how many tenants events are refused, since their log or policy could
// not be read when that was tried last; of is how many were tried.
func (d *Desk) Unread() (tenants, of int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	of = len(d.lanes)
	for t := range d.unread {
		if d.lanes[t] == nil {
			of++
		}
	}
	return len(d.unread), of
}

// Waiting is how many events wait for the log or to be decided, and how many
// decisions for the records, of all tenants.
func (d *Desk) Waiting() (events, decisions int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lanes {
		e, k := l.waitingNow()
		events, decisions = events+e, decisions+k
	}
	return events, decisions
}

// sealer hashes with the key of a tenant.
func (d *Desk) sealer(t access.Tenant) (*event.Sealer, error) {
	return SealerOf(d.cfg.Key, t, d.cfg.Clear)
}

// SealerOf hashes with the key of a tenant that is derived from a key, all but
// the fields that stay clear.
func SealerOf(key []byte, t access.Tenant, clear []string) (*event.Sealer, error) {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "accounts identifiers %d:%s", len(t), t)
	return event.NewSealer(m.Sum(nil), clear...)
}

// accountOf is an account as events have it: hashed, unless accounts stay clear.
func (d *Desk) accountOf(t access.Tenant, account string) (string, error) {
	s, err := d.sealer(t)
	if err != nil {
		return "", err
	}
	e := s.Seal(event.Event{Context: event.Context{Account: account}})
	return e.Context.Account, nil
}

// policyOf returns the policy of a digest: the present one, or one that decided
// before.
func (d *Desk) policyOf(ctx context.Context, t access.Tenant, digest string) (*policy.Policy, error) {
	if p := d.decides(t); digest == deciderOf(p) {
		return p, nil
	}
	d.mu.Lock()
	p := d.former[digest]
	d.mu.Unlock()
	if p != nil {
		return p, nil
	}
	var kept store.GuardPolicy
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		kept, err = r.GuardPolicies.Get(ctx, t, digest)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p, err = policy.LoadFrom([]byte(kept.Body), d.cfg.Data); err != nil {
		p, err = policy.Load([]byte(kept.Body)) // its model is gone: the rest can still be told
	}
	if err != nil {
		return nil, fmt.Errorf("accounts: the policy that decided cannot be read any more: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.former) >= maxFormer {
		clear(d.former)
	}
	d.former[digest] = p
	return p, nil
}

// maxFormer is how many policies of before are held in memory.
const maxFormer = 16

// deed is the audit entry of what an actor does to a decision.
func (d *Desk) deed(a access.Actor, action, object, why string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: object, Why: why, From: a.From}
}

func (d *Desk) failed(what string, err error) {
	if err != nil && d.cfg.Watch.Failed != nil {
		d.cfg.Watch.Failed(what, err)
	}
}

func (d *Desk) refused(reason string, n int) {
	if d.cfg.Watch.Refused != nil {
		d.cfg.Watch.Refused(reason, n)
	}
}

// idText is the identity of an event as records and answers have it.
func idText(id guard.ID) string { return hex.EncodeToString(id[:]) }

// order is the order that an event is about, empty if none.
func order(e *event.Event) string {
	for _, s := range []string{e.Order.ID, e.Gift.Order, e.Payment.Order, e.Reversal.Order, e.Label.Order, e.Contact.Order, e.Answer.Order} {
		if s != "" {
			return s
		}
	}
	return ""
}
