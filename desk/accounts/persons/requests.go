// Package persons is the part of the account guard in requests of persons, holds
// and retention: it finds, copies and erases decisions and events of an account,
// and entries of lists, for desk/privacy, which checks rights and writes the audit.
//
// It is not for deciding, and it removes nothing from the log of events.
//
//	part, err := persons.New(persons.Config{Store: s, Data: data.FS, Now: time.Now, Key: key, Log: log})
//	holders := []privacy.Holder{part.Decisions(), part.Events(), part.Lists()}
package persons

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/casework/request"
	"bonafide/contact/term"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// Config is what the accounts' part in requests of persons works with.
// Store, Data and Now are needed.
type Config struct {
	Store store.Store
	Data  fs.FS
	Now   func() time.Time
	// Key and Clear are those of Config. Without a key nobody is found, and what was
	// erased is erased again all the same.
	Key   []byte
	Clear []string
	// MarkKeys make the marks of persons in holds, the present one first.
	MarkKeys [][]byte
	// Log is the log of events; nil where another process has it: then only the
	// records are looked through, and certificates say so.
	Log eventlog.Log
	// Running is what runs here and is told; nil where nothing does.
	Running Running
	// Lists is the desk of lists that runs here; nil where none does: then the log is
	// told at its next start.
	Lists Settler
}

// Running is the account guard of this process: it has the newest decisions, and
// memory of what was erased. *accounts.Desk is one.
type Running interface {
	// SettleAll waits until what was decided can be read, and fails where that takes
	// longer than a moment.
	SettleAll(ctx context.Context) error
	// Forgotten drops what is held of an account that was erased: by its name as an
	// id of requests, and by its hash.
	Forgotten(t access.Tenant, name, account string)
}

// Settler brings into the log what is on its way there. *lists.Desk is one.
type Settler interface {
	Settle(ctx context.Context, t access.Tenant) error
}

// Requests is the part of the account guard in requests of persons, holds and
// retention: decisions, and events in the log. It checks no right and writes no
// audit entry; desk/privacy does. It is safe for concurrent use.
//
// From the log nothing is removed. Of an erased account the key is destroyed, by
// which what people wrote freely could be read; identifiers stay there as keyed
// hashes, which the same events need for the same decisions.
type Requests struct {
	cfg   Config
	terms *term.Tables
}

// New makes the part.
func New(c Config) (*Requests, error) {
	if c.Store == nil || c.Data == nil || c.Now == nil {
		return nil, errors.New("persons: store, data and clock are all needed")
	}
	terms, err := term.Load(c.Data)
	return &Requests{cfg: c, terms: terms}, err
}

// Decisions is the holder of decisions, Events that of events in the log.
func (q *Requests) Decisions() DecisionRequests { return DecisionRequests{q} }

// Events is the holder of events in the log.
func (q *Requests) Events() EventRequests { return EventRequests{q} }

// Lists is the holder of entries of the shop's lists.
func (q *Requests) Lists() ListRequests { return ListRequests{q} }

// MaxTraces is how many accounts one person may be found in.
const MaxTraces = 100

// spellings are the ways in which a shop may have sent an identifier.
func (q *Requests) spellings(s request.Subject) []string {
	raw := strings.TrimSpace(s.Identifier)
	out := []string{raw, strings.ToLower(raw)}
	for _, x := range q.terms.Identifiers(raw, s.Country) {
		kind, text, _ := strings.Cut(x, ":")
		switch kind {
		case "t":
			out = append(out, "+"+text, text)
		default:
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// named are the forms of an identifier in sealed events, with what each may be;
// the surest kind wins.
func (q *Requests) named(t access.Tenant, s request.Subject) (map[string]string, error) {
	out := map[string]string{}
	if len(q.cfg.Key) == 0 {
		return out, nil
	}
	sealer, err := accounts.SealerOf(q.cfg.Key, t, q.cfg.Clear)
	if err != nil {
		return nil, err
	}
	for _, spelling := range q.spellings(s) {
		forms := sealer.Named(spelling)
		for _, kind := range []string{"recipient", "contact", "order", "account"} {
			out[forms[kind]] = kind
		}
	}
	return out, nil
}

// markOf is how an identifier in a sealed event stands among the marks of a person.
func markOf(form string) string { return "guard:" + form }

// Names are the forms by which events know whom an identifier names.
func (q *Requests) Names(t access.Tenant, s request.Subject) ([]string, error) {
	forms, err := q.named(t, s)
	out := make([]string, 0, len(forms))
	for f := range forms {
		out = append(out, markOf(f))
	}
	slices.Sort(out)
	return out, err
}

func (q *Requests) marks(t access.Tenant, forms []string) []store.Hash {
	names := make([]string, 0, len(forms))
	for _, f := range forms {
		names = append(names, markOf(f))
	}
	return store.Marks(q.cfg.MarkKeys, t, names)
}

// Look fills in the accounts that an identifier led to. It reads the tenant's
// whole log, once for the accounts and once for their events.
func (q *Requests) Look(ctx context.Context, t access.Tenant, s request.Subject) (request.Subject, error) {
	forms, err := q.named(t, s)
	if err != nil || len(forms) == 0 {
		return s, err
	}
	found := map[string]*request.Trace{}
	each := q.eachEvent
	if q.cfg.Log == nil {
		each = q.eachDecided
	}
	err = each(ctx, t, slices.Sorted(maps.Keys(forms)), func(x *past.Logged, _ uint64) error { return q.meet(t, found, forms, &x.Event) })
	if err != nil || len(found) == 0 {
		return s, err
	}
	names := slices.Sorted(maps.Keys(found))
	err = each(ctx, t, names, func(x *past.Logged, at uint64) error {
		if f := found[x.Event.Context.Account]; f != nil {
			f.Marks = append(f.Marks, x.Event.Marks()...)
			if f.Created.IsZero() || x.Event.Time.Before(f.Created) {
				f.Created = x.Event.Time
			}
			if at > 0 {
				f.Places = append(f.Places, request.Place{At: at, Received: x.Received, Sealed: x.Keyed()})
			}
		}
		return nil
	})
	for _, a := range names {
		slices.Sort(found[a].Marks)
		found[a].Marks = slices.Compact(found[a].Marks)
		s.Traces = append(s.Traces, *found[a])
	}
	slices.SortFunc(s.Traces, func(a, b request.Trace) int { return strings.Compare(a.ID, b.ID) })
	return s, err
}

// meet notes the account of an event in which one of the forms stands.
func (q *Requests) meet(t access.Tenant, found map[string]*request.Trace, forms map[string]string, e *event.Event) error {
	for _, m := range e.Marks() {
		kind := forms[m]
		if kind == "" {
			continue
		}
		account := e.Context.Account
		if kind == "account" && m != account {
			continue
		}
		if kind == "recipient" && m == e.Identifier.Value {
			kind = "contact"
		}
		x := found[account]
		if x == nil {
			if len(found) >= MaxTraces {
				return fault.New(fault.TooLarge, "identifier", "is found in more than %d accounts: it names no single person; ask for the account or an order of theirs", MaxTraces)
			}
			id, err := accounts.SubjectOf(q.cfg.Key, t, q.cfg.Clear, account)
			if err != nil {
				return err
			}
			x = &request.Trace{Account: account, ID: id, Hint: kind}
			found[account] = x
		}
		// Who received a gift card of an account is somebody else than its owner.
		if x.Certain = x.Certain || kind != "recipient"; kind == "account" || x.Hint == "recipient" {
			x.Hint = kind
		}
	}
	return nil
}

// eachEvent calls f with the events of a tenant in the log in which any of some
// forms stands, and their places.
func (q *Requests) eachEvent(ctx context.Context, t access.Tenant, forms []string, f func(*past.Logged, uint64) error) error {
	needles := needlesOf(forms)
	for r, err := range past.Strand(q.cfg.Log, t).Walk(ctx, 1, eventlog.End) {
		if err != nil {
			return err
		}
		if !holdsAny(r.Data, needles) {
			continue
		}
		x, err := past.Read(r)
		if err == nil {
			err = f(&x, uint64(r.Position))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eachDecided calls f with the events that decisions hold, without places.
func (q *Requests) eachDecided(ctx context.Context, t access.Tenant, forms []string, f func(*past.Logged, uint64) error) error {
	needles := needlesOf(forms)
	return q.cfg.Store.Read(ctx, func(r store.Records) error {
		for after := int64(0); ; {
			list, err := r.Decisions.After(ctx, t, after, store.MaxPage)
			if err != nil || len(list) == 0 {
				return err
			}
			for i := range list {
				after = list[i].Sequence
				if !holdsAny([]byte(list[i].Event), needles) {
					continue
				}
				e, err := event.Parse([]byte(list[i].Event), event.Options{Stored: true})
				if err == nil {
					err = f(&past.Logged{Event: e}, 0)
				}
				if err != nil {
					return err
				}
			}
		}
	})
}

// needlesOf are forms as they stand in JSON.
func needlesOf(forms []string) [][]byte {
	out := make([][]byte, 0, len(forms))
	for _, f := range forms {
		raw, _ := json.Marshal(f) // a text always can
		out = append(out, raw)
	}
	return out
}

func holdsAny(raw []byte, needles [][]byte) bool {
	return slices.ContainsFunc(needles, func(n []byte) bool { return bytes.Contains(raw, n) })
}
