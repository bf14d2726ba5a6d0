// Package custody is the desk that looks after the records themselves: it
// verifies the audit chains, gives out their heads to be kept elsewhere, and
// exports them; it backs records up and moves them (docs/export-format.md).
//
// It is not where entries are made: whoever changes a record appends the entry
// in the same transaction (store.Change). And a chain alone does not show that
// somebody with all rights over the database wrote all of it anew: only a head
// that was kept outside does (see Anchor).
//
//	results, err := custody.New(s).Verify(ctx, custody.Scope{Anchors: kept})
package custody

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// Desk looks after the records. It is safe for concurrent use.
type Desk struct {
	store  store.Store
	sealer *keyring.Sealer
}

// New makes a desk over a store, which stays its caller's to close.
func New(s store.Store) *Desk { return &Desk{store: s} }

// WithKeys makes a desk that can open sealed values, for those exports that say
// so, over a store that seals (store/sealed). Without keys it moves them as they
// stand.
func WithKeys(s store.Store, sealer *keyring.Sealer) *Desk { return &Desk{store: s, sealer: sealer} }

// Anchor is the head of a chain as it was printed earlier and kept where nobody
// who can write to the database can change it.
type Anchor = store.Head

// ParseAnchor reads tenant:sequence:hash as head prints it; any other text is
// Invalid.
func ParseAnchor(s string) (Anchor, error) {
	part := strings.Split(strings.TrimSpace(s), ":")
	if len(part) == 3 {
		tenant, err := access.ParseTenant(part[0])
		n, bad := strconv.ParseInt(part[1], 10, 64)
		hash, worse := store.ParseHash(part[2])
		if err == nil && bad == nil && worse == nil && n > 0 {
			return Anchor{Tenant: tenant, Sequence: n, Hash: hash}, nil
		}
	}
	return Anchor{}, fault.New(fault.Invalid, "anchor", "is not tenant:sequence:hash as `bonafide audit head` prints it")
}

// Scope says which chains are meant.
type Scope struct {
	// Tenant is the one whose chain is meant; "" means all.
	Tenant access.Tenant
	// Anchors are heads that the chains must hold, at any place.
	Anchors []Anchor
}

// Result is what was found of one chain.
type Result struct {
	Tenant access.Tenant
	// Entries is how many were read before the walk ended.
	Entries int64
	// Head is the end of the part that holds.
	Head store.Head
	// Broken is the first break; nil when the chain holds.
	Broken *Break
}

// Break is the first place where a chain does not hold.
type Break struct {
	// Sequence is that of the first entry that is wrong or missing.
	Sequence int64
	// Reason says what is wrong in a sentence without personal data.
	Reason string
}

// Verify walks chains from their first entry and returns a result for each, by
// tenant. It stops in each chain at the first break: what follows cannot be
// told from what was forged. The error is one of reading, not of a chain.
func (d *Desk) Verify(ctx context.Context, scope Scope) ([]Result, error) {
	var out []Result
	err := d.store.Read(ctx, func(r store.Records) (err error) {
		out, err = chains(ctx, r.Audit, scope)
		return err
	})
	return out, err
}

// heads are the ends of the chains that are meant, those of anchors included,
// though their chain is gone.
func (s Scope) heads(ctx context.Context, a store.Audit) ([]store.Head, error) {
	heads, err := a.Heads(ctx)
	if err != nil {
		return nil, err
	}
	wanted := []access.Tenant{s.Tenant}
	for _, anchor := range s.Anchors {
		wanted = append(wanted, anchor.Tenant)
	}
	for _, t := range wanted {
		if t != "" && !slices.ContainsFunc(heads, func(h store.Head) bool { return h.Tenant == t }) {
			heads = append(heads, store.Head{Tenant: t})
		}
	}
	if s.Tenant != "" {
		heads = slices.DeleteFunc(heads, func(h store.Head) bool { return h.Tenant != s.Tenant })
	}
	slices.SortFunc(heads, func(a, b store.Head) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	return heads, nil
}

// errBroken ends the walk at the first break.
var errBroken = errors.New("custody: the chain is broken")

// verify walks one chain up to the head that was written down.
func verify(ctx context.Context, a store.Audit, written store.Head, anchors []Anchor) (Result, error) {
	res := Result{Tenant: written.Tenant, Head: store.Head{Tenant: written.Tenant}}
	broken := func(at int64, reason string) { res.Broken = &Break{Sequence: at, Reason: reason} }
	err := a.Walk(ctx, written.Tenant, math.MinInt64, func(e store.Entry) error {
		res.Entries++
		if reason := follows(res.Head, e, anchors); reason != "" {
			broken(min(e.Sequence, res.Head.Sequence+1), reason)
			return errBroken
		}
		res.Head.Sequence, res.Head.Hash = e.Sequence, e.Hash
		return nil
	})
	if res.Broken != nil {
		return res, nil
	}
	if err != nil {
		return res, err
	}
	missing := res.Head.Sequence + 1
	switch {
	case written.Sequence > res.Head.Sequence:
		broken(missing, fmt.Sprintf("entries are missing at the end: the head that was written down is entry %d", written.Sequence))
	case written != res.Head:
		broken(missing, fmt.Sprintf("the head that was written down is not the last entry, but entry %d or another with its number", written.Sequence))
	}
	for _, anchor := range anchors {
		if res.Broken == nil && anchor.Tenant == res.Tenant && anchor.Sequence > res.Head.Sequence {
			broken(missing, fmt.Sprintf("entries are missing at the end: the anchor is entry %d", anchor.Sequence))
		}
	}
	return res, nil
}

// follows says why an entry cannot follow the head, "" if it does.
func follows(head store.Head, e store.Entry, anchors []Anchor) string {
	switch {
	case e.Sequence < 1 || e.Sequence < head.Sequence:
		return "an entry stands before the first"
	case e.Sequence != head.Sequence+1:
		return fmt.Sprintf("entries are missing: the next one is entry %d", e.Sequence)
	case e.Prev != head.Hash:
		return "it does not name the hash of the entry before: one of the two was replaced"
	case e.Hash != e.Sum():
		return "it was changed: its hash is not that of what it says"
	}
	for _, a := range anchors {
		if a.Tenant == e.Tenant && a.Sequence == e.Sequence && a.Hash != e.Hash {
			return "it is not the entry that was anchored: the chain was written anew"
		}
	}
	return ""
}

// Heads returns the ends of the chains, to be printed and kept elsewhere.
func (d *Desk) Heads(ctx context.Context, scope Scope) (heads []store.Head, err error) {
	err = d.store.Read(ctx, func(r store.Records) error {
		heads, err = scope.heads(ctx, r.Audit)
		return err
	})
	return heads, err
}

// Line is an audit entry as Export writes it: one JSON object a line. The
// format is stable; further fields may come.
type Line struct {
	Tenant   access.Tenant `json:"tenant"`
	Sequence int64         `json:"sequence"`
	When     time.Time     `json:"when"`
	Actor    store.Actor   `json:"actor"`
	Action   string        `json:"action"`
	Object   string        `json:"object,omitempty"`
	Why      string        `json:"why,omitempty"`
	From     string        `json:"from,omitempty"`
	Prev     string        `json:"prev"`
	Hash     string        `json:"hash"`
}

func lineOf(e store.Entry) Line {
	return Line{Tenant: e.Tenant, Sequence: e.Sequence, When: e.When, Actor: e.Actor, Action: e.Action,
		Object: e.Object, Why: e.Why, From: e.From, Prev: e.Prev.String(), Hash: e.Hash.String()}
}

// Export writes the entries of the chains as NDJSON, tenant by tenant in the
// order of the chain, and returns how many. It writes what is kept, broken or
// not.
func (d *Desk) Export(ctx context.Context, scope Scope, w io.Writer) (n int64, err error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err = d.store.Read(ctx, func(r store.Records) error {
		heads, err := scope.heads(ctx, r.Audit)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if err := r.Audit.Walk(ctx, h.Tenant, math.MinInt64, func(e store.Entry) error {
				n++
				return enc.Encode(lineOf(e))
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
