package persons

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/casework/request"
	"bonafide/casework/retention"
	"bonafide/desk/accounts/past"
	"bonafide/fault"
	"bonafide/store"
)

// DecisionRequests finds, copies and erases decisions, and knows whom events are
// about.
type DecisionRequests struct{ q *Requests }

// Kind is what decisions are called in data/retention.
func (DecisionRequests) Kind() string { return past.KindDecision }

// Ready waits until what was decided here can be found in the records.
func (q DecisionRequests) Ready(ctx context.Context) error {
	if q.q.cfg.Running != nil {
		return q.q.cfg.Running.SettleAll(ctx)
	}
	return nil
}

// kept tells which hold keeps a decision at a time.
func (q *Requests) kept(holds []store.Hold, x store.Decision, now time.Time) (store.Hold, bool) {
	thing := store.Thing{Kind: past.KindDecision, ID: string(x.ID), Created: x.Happened}
	return store.Keeps(holds, thing, now, func() []store.Hash {
		forms := []string{x.Account, x.Purchase}
		if e, err := event.Parse([]byte(x.Event), event.Options{Stored: true}); err == nil {
			forms = append(forms, e.Marks()...)
		}
		slices.Sort(forms)
		return q.marks(x.Tenant, slices.Compact(forms))
	})
}

// all reads the decisions of an account.
func (DecisionRequests) all(ctx context.Context, r store.Records, t access.Tenant, account string) (out []store.Decision, err error) {
	f := store.AnyDecision()
	f.Account = account
	for before := int64(0); ; {
		list, next, err := r.Decisions.List(ctx, t, f, before, store.MaxPage)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if before = next; next == 0 {
			return out, nil
		}
	}
}

// Find returns one record for each account of the person that has decisions.
func (q DecisionRequests) Find(ctx context.Context, r store.Records, t access.Tenant, s request.Subject) (out []request.Found, err error) {
	holds, err := r.Holds.Open(ctx, t, q.q.cfg.Now())
	if err != nil {
		return nil, err
	}
	for i := range s.Traces {
		x := &s.Traces[i]
		list, err := q.all(ctx, r, t, x.Account)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			continue
		}
		f := request.Found{Kind: past.KindDecision, ID: past.DecisionsOf(x.ID), Created: list[len(list)-1].Happened, Certain: x.Certain, Hint: x.Hint, Trace: x}
		for _, one := range list {
			_, held := q.q.kept(holds, one, q.q.cfg.Now())
			f.Held = f.Held || held
		}
		out = append(out, f)
	}
	return out, nil
}

// CopiedDecision is a decision as the person gets it, with its reasons in each
// language.
type CopiedDecision struct {
	ID       store.DecisionID    `json:"id"`
	Made     time.Time           `json:"made_at"`
	Happened time.Time           `json:"happened_at"`
	Type     string              `json:"type"`
	Action   string              `json:"action"`
	Score    int64               `json:"score"`
	Rules    []string            `json:"rules"`
	Reasons  map[string][]string `json:"reasons,omitempty"`
	Label    store.Label         `json:"label,omitempty"`
	Retain   time.Time           `json:"retain_until"`
	// Event is the event as it was decided; identifiers are keyed hashes.
	Event json.RawMessage `json:"event"`
}

// Copy returns all that is kept of the decisions about an account.
func (q DecisionRequests) Copy(ctx context.Context, r store.Records, t access.Tenant, f request.Found) (any, error) {
	if f.Trace == nil {
		return nil, fault.New(fault.NotFound, "", "there is no such account")
	}
	list, err := q.all(ctx, r, t, f.Trace.Account)
	if err != nil {
		return nil, err
	}
	policies := map[string]*policy.Policy{}
	out := make([]CopiedDecision, 0, len(list))
	for _, x := range list {
		c := CopiedDecision{ID: x.ID, Made: x.Made, Happened: x.Happened, Type: x.Type, Action: x.Action, Score: x.Score, Rules: x.Rules, Label: x.Label,
			Retain: x.RetainUntil, Event: json.RawMessage(x.Event)}
		if c.Reasons, err = q.reasons(ctx, r, x, policies); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// reasons are those of a decision in each language; none where its policy cannot
// be read any more.
func (q DecisionRequests) reasons(ctx context.Context, r store.Records, x store.Decision, known map[string]*policy.Policy) (map[string][]string, error) {
	p := known[x.Digest]
	if p == nil {
		kept, err := r.GuardPolicies.Get(ctx, x.Tenant, x.Digest)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if p, err = policy.LoadFrom([]byte(kept.Body), q.q.cfg.Data); err != nil {
			if p, err = policy.Load([]byte(kept.Body)); err != nil {
				return nil, nil //nolint:nilerr // the rules are named all the same
			}
		}
		known[x.Digest] = p
	}
	d, err := guard.Decode(x.Body)
	if err != nil {
		return nil, err
	}
	e, err := event.Parse([]byte(x.Event), event.Options{Stored: true})
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, lang := range []string{"en", "de", "ja"} {
		out[lang] = p.Reasons(&d.Result, &e, lang)
	}
	return out, nil
}

// Erase removes the decisions of an account, or one decision that was removed
// before. Those that a hold keeps stay, and none is removed then: the hold is
// about the account or an event of it.
func (q DecisionRequests) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error) {
	var list []store.Decision
	var err error
	switch {
	case f.Trace != nil && f.ID == past.DecisionsOf(f.Trace.ID):
		list, err = q.all(ctx, r, t, f.Trace.Account)
	default:
		var one store.Decision
		one, err = r.Decisions.Get(ctx, t, store.DecisionID(f.ID))
		list = []store.Decision{one}
	}
	if err != nil {
		return nil, err
	}
	if !e.Force {
		if err := q.free(ctx, r, t, list, e.When); err != nil {
			return nil, err
		}
	}
	for _, x := range list {
		if err := q.q.bury(ctx, r, x, e.When); err != nil {
			return nil, err
		}
	}
	if f.Trace != nil {
		if err := q.q.close(ctx, r, t, f.ID, e.When); err != nil {
			return nil, err
		}
	}
	return []request.Part{{Code: "decisions", Count: int64(len(list))}}, nil
}

// free is a Conflict where a hold keeps one of some decisions.
func (q DecisionRequests) free(ctx context.Context, r store.Records, t access.Tenant, list []store.Decision, now time.Time) error {
	holds, err := r.Holds.Open(ctx, t, now)
	if err != nil {
		return err
	}
	for _, x := range list {
		if h, kept := q.q.kept(holds, x, now); kept {
			return store.Held(h)
		}
	}
	return nil
}

// bury removes a decision and notes that it did: else it would come out of the log
// again, or back with a backup.
func (q *Requests) bury(ctx context.Context, r store.Records, x store.Decision, when time.Time) error {
	if err := r.Decisions.Erase(ctx, x.Tenant, x.ID); err != nil {
		return err
	}
	return r.Erasures.Add(ctx, store.Erasure{Tenant: x.Tenant, Kind: past.KindDecision, Mark: store.Buried(x.Tenant, past.KindDecision, string(x.ID)), Erased: when})
}

// close notes that all decisions of an account were erased: what was decided before
// and is on its way to the records is not kept any more. The newest note holds.
func (q *Requests) close(ctx context.Context, r store.Records, t access.Tenant, id string, when time.Time) error {
	mark := store.Buried(t, past.KindDecision, id)
	if err := r.Erasures.Drop(ctx, t, past.KindDecision, mark); err != nil {
		return err
	}
	return r.Erasures.Add(ctx, store.Erasure{Tenant: t, Kind: past.KindDecision, Mark: mark, Erased: when})
}

// Walk calls f with the ids of all decisions of the tenant.
func (DecisionRequests) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	for after := int64(0); ; {
		list, err := r.Decisions.After(ctx, t, after, store.MaxPage)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, x := range list {
			after = x.Sequence
			if err := f(string(x.ID)); err != nil {
				return err
			}
		}
	}
}

// sweepAtOnce is how many decisions one step of a sweep looks at.
const sweepAtOnce = 200

// Expire erases the decisions and entries of lists of all tenants whose time is over
// and that no hold keeps, and returns how many, by tenant. A dry one erases nothing and counts
// what would go.
func (q *Requests) Expire(ctx context.Context, dry bool) ([]retention.Count, error) {
	now := q.cfg.Now()
	counts := map[access.Tenant]*retention.Count{}
	var after store.Decision
	for {
		due, err := q.expire(ctx, now, after, dry, counts)
		if err != nil {
			return nil, err
		}
		if len(due) < sweepAtOnce {
			break
		}
		after = due[len(due)-1]
	}
	out, err := q.expireLists(ctx, dry)
	for _, c := range counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b retention.Count) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	return out, err
}

var errDry = errors.New("persons: a dry run keeps nothing")

// expire does one step of a sweep, in one transaction. That a decision went needs
// no note: what is past its time is not kept when the log is decided again.
func (q *Requests) expire(ctx context.Context, now time.Time, after store.Decision, dry bool, counts map[access.Tenant]*retention.Count) (due []store.Decision, err error) {
	step := map[access.Tenant]*retention.Count{}
	err = q.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		clear(step)
		if due, err = r.Decisions.Due(ctx, now, after, sweepAtOnce); err != nil {
			return err
		}
		holds := map[access.Tenant][]store.Hold{}
		for _, x := range due {
			list, known := holds[x.Tenant]
			if !known {
				if list, err = r.Holds.Open(ctx, x.Tenant, now); err != nil {
					return err
				}
				holds[x.Tenant], step[x.Tenant] = list, &retention.Count{Tenant: x.Tenant, Kind: past.KindDecision}
			}
			if _, held := q.kept(list, x, now); held {
				step[x.Tenant].Held++
				continue
			}
			if err := r.Decisions.Erase(ctx, x.Tenant, x.ID); err != nil {
				return err
			}
			step[x.Tenant].Erased++
		}
		if dry {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	for t, c := range step {
		if counts[t] == nil {
			counts[t] = &retention.Count{Tenant: t, Kind: past.KindDecision}
		}
		counts[t].Erased, counts[t].Held = counts[t].Erased+c.Erased, counts[t].Held+c.Held
	}
	return due, err
}
