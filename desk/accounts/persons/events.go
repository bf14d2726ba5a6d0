package persons

import (
	"context"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/casework/request"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// EventRequests finds, copies and erases what of an account's events can be
// erased: what the account's key opens.
type EventRequests struct{ q *Requests }

// Kind is what events are called in data/retention.
func (EventRequests) Kind() string { return past.KindEvent }

// Ready does nothing.
func (EventRequests) Ready(context.Context) error { return nil }

// Find returns one record for each account of the person that has events in the
// log since it was erased last, or a key.
func (x EventRequests) Find(ctx context.Context, r store.Records, t access.Tenant, s request.Subject) (out []request.Found, err error) {
	holds, err := r.Holds.Open(ctx, t, x.q.cfg.Now())
	if err != nil {
		return nil, err
	}
	for i := range s.Traces {
		tr := &s.Traces[i]
		erased, err := past.ErasedAt(ctx, r, past.Subject{Tenant: t, Name: tr.ID})
		if err != nil {
			return nil, err
		}
		live := false
		for _, p := range tr.Places {
			live = live || p.Received.After(erased)
		}
		if _, err := r.SubjectKeys.Get(ctx, t, tr.ID); !live && (err != nil && fault.KindOf(err) == fault.NotFound || !erased.IsZero()) {
			continue // nothing of it can be erased, or it was
		}
		_, held := x.held(holds, t, tr)
		out = append(out, request.Found{Kind: past.KindEvent, ID: tr.ID, Created: tr.Created, Certain: tr.Certain, Held: held, Hint: tr.Hint, Trace: tr})
	}
	return out, nil
}

func (x EventRequests) held(holds []store.Hold, t access.Tenant, tr *request.Trace) (store.Hold, bool) {
	thing := store.Thing{Kind: past.KindEvent, ID: tr.ID, Created: tr.Created}
	return store.Keeps(holds, thing, x.q.cfg.Now(), func() []store.Hash { return x.q.marks(t, append([]string{tr.Account}, tr.Marks...)) })
}

// CopiedEvent is an event as the person gets it. Identifiers are keyed hashes.
type CopiedEvent struct {
	Time     time.Time         `json:"time"`
	Received time.Time         `json:"received_at"`
	Type     event.Type        `json:"type"`
	EventID  string            `json:"event_id"`
	Source   string            `json:"source"`
	Device   string            `json:"device,omitempty"`
	Session  string            `json:"session,omitempty"`
	Fields   map[string]string `json:"fields"`
	Items    []event.Item      `json:"items,omitempty"`
	Erased   bool              `json:"erased,omitempty"`
}

// Read reads the events of accounts from the log, for Copy.
func (x EventRequests) Read(ctx context.Context, t access.Tenant, s request.Subject, ids []string) (map[string]any, error) {
	out := map[string]any{}
	if x.q.cfg.Log == nil {
		return out, nil
	}
	for i := range s.Traces {
		tr := &s.Traces[i]
		if !slices.Contains(ids, tr.ID) {
			continue
		}
		places := make([]eventlog.Position, 0, len(tr.Places))
		for _, p := range tr.Places {
			places = append(places, eventlog.Position(p.At))
		}
		list := make([]past.Logged, 0, len(places))
		for r, err := range past.Strand(x.q.cfg.Log, t).At(ctx, places) {
			var one past.Logged
			if err == nil {
				one, err = past.Read(r)
			}
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		out[tr.ID] = list
	}
	return out, nil
}

// Copy returns the events of an account that stand in the log.
func (x EventRequests) Copy(ctx context.Context, r store.Records, t access.Tenant, f request.Found) (any, error) {
	out := []CopiedEvent{}
	list, _ := f.Outside.([]past.Logged)
	if f.Trace == nil || len(list) == 0 {
		return out, nil
	}
	list, _, err := past.Open(ctx, r, store.Subjects{Now: x.q.cfg.Now}, past.Subject{Tenant: t, Name: f.Trace.ID}, list)
	for i := range list {
		e := &list[i].Event
		c := CopiedEvent{Time: e.Time, Received: list[i].Received, Type: e.Type, EventID: e.ID, Source: e.Source, Device: e.Context.Device, Session: e.Context.Session,
			Fields: list[i].Fields(), Items: e.Order.Items, Erased: list[i].Erased()}
		out = append(out, c)
	}
	return out, err
}

// Erase destroys the key of an account, and notes it so that neither a restored
// copy nor an event that comes late has one again.
func (x EventRequests) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error) {
	if f.ID == "" || strings.HasPrefix(f.ID, "@") {
		return nil, fault.New(fault.NotFound, "", "there is no such account")
	}
	if !e.Force && f.Trace != nil {
		holds, err := r.Holds.Open(ctx, t, e.When)
		if err != nil {
			return nil, err
		}
		if h, kept := x.held(holds, t, f.Trace); kept {
			return nil, store.Held(h)
		}
	}
	when := e.When
	if was, err := r.Erasures.When(ctx, t, past.KindEvent, store.Buried(t, past.KindEvent, f.ID)); err != nil {
		return nil, err
	} else if !was.IsZero() && e.Force {
		when = was // what came since is shown
	}
	if err := (store.Subjects{Now: func() time.Time { return when }}).Forget(ctx, r, t, f.ID); err != nil {
		return nil, err
	}
	if err := r.Erasures.Add(ctx, store.Erasure{Tenant: t, Kind: past.KindEvent, Mark: store.Buried(t, past.KindEvent, f.ID), Erased: e.When}); err != nil {
		return nil, err
	}
	parts := []request.Part{{Code: "account_key", Count: 1}}
	if f.Trace != nil {
		if _, err := r.Couplings.DropAccount(ctx, t, f.Trace.Account); err != nil {
			return nil, err
		}
	}
	if f.Trace != nil {
		n := int64(0)
		for _, p := range f.Trace.Places {
			if p.Sealed {
				n++
			}
		}
		parts = append(parts, request.Part{Code: "free_texts", Count: n})
		if x.q.cfg.Running != nil {
			account := f.Trace.Account
			e.Then(func() { x.q.cfg.Running.Forgotten(t, f.ID, account) })
		}
	}
	return parts, nil
}

// Look fills in the accounts that an identifier led to.
func (x EventRequests) Look(ctx context.Context, t access.Tenant, s request.Subject) (request.Subject, error) {
	return x.q.Look(ctx, t, s)
}

// Names are the forms by which events know whom an identifier names.
func (x EventRequests) Names(t access.Tenant, s request.Subject) ([]string, error) {
	return x.q.Names(t, s)
}

// Stays says what of the person's accounts stays in the log, and where it could
// not be read.
func (x EventRequests) Stays(s request.Subject) (out []request.Part) {
	n := int64(0)
	for _, tr := range s.Traces {
		if tr.Certain {
			n += int64(len(tr.Places))
		}
	}
	if n > 0 {
		out = append(out, request.Part{Code: "log_pseudonyms", Count: n})
		if len(x.q.cfg.Clear) > 0 {
			out = append(out, request.Part{Code: "log_clear", Count: n})
		}
	}
	if x.q.cfg.Log == nil && len(x.q.cfg.Key) > 0 {
		out = append(out, request.Part{Code: "log_unread"})
	}
	return out
}

// Walk calls f with the accounts of the tenant that have a key.
func (EventRequests) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	for after := ""; ; {
		list, err := r.SubjectKeys.List(ctx, t, after, store.MaxPage)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, s := range list {
			after = s
			if strings.HasPrefix(s, "@") { // a key of the tenant itself
				continue
			}
			if err := f(s); err != nil {
				return err
			}
		}
	}
}
