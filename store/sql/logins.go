package sql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bonafide/access"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

type (
	// sessions are the log-ins within a transaction, and so on.
	sessions struct{ *session }
	tickets  struct{ *session }
	attempts struct{ *session }
	apiKeys  struct{ *session }
)

var (
	_ store.Sessions = sessions{}
	_ store.Tickets  = tickets{}
	_ store.Attempts = attempts{}
	_ store.APIKeys  = apiKeys{}
)

// Add keeps a new session.
func (r sessions) Add(ctx context.Context, s store.Session) error {
	if err := errors.Join(s.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddSession(ctx, queries.AddSessionParams{Token: s.Token.String(), ID: s.ID, Tenant: string(s.Tenant), Person: string(s.Person),
		Method: s.Method, Agent: s.Agent, Origin: s.From, Created: store.Micros(s.Created), Seen: store.Micros(s.Seen), Confirmed: store.Micros(s.Confirmed)})
	return r.added(ctx, "a session", n, err)
}

// Find returns the session of a token.
func (r sessions) Find(ctx context.Context, token store.Hash) (store.Session, error) {
	return one(ctx, r.session, "a session", func() (queries.Session, error) { return r.q.FindSession(ctx, token.String()) }, login)
}

// Touch writes when a session was last used.
func (r sessions) Touch(ctx context.Context, token store.Hash, seen time.Time) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.TouchSession(ctx, queries.TouchSessionParams{Seen: store.Micros(seen), Token: token.String()})
	return r.changed(ctx, "a session", n, err)
}

// List returns a person's sessions.
func (r sessions) List(ctx context.Context, t access.Tenant, p store.PersonID) ([]store.Session, error) {
	return many(ctx, r.session, "sessions", func() ([]queries.Session, error) {
		return r.q.ListSessions(ctx, queries.ListSessionsParams{Tenant: string(t), Person: string(p)})
	}, login)
}

// End ends a session of a person.
func (r sessions) End(ctx context.Context, t access.Tenant, p store.PersonID, id string) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.EndSession(ctx, queries.EndSessionParams{Tenant: string(t), Person: string(p), ID: id})
	return r.changed(ctx, "a session", n, err)
}

// EndOthers ends all sessions of a person but one.
func (r sessions) EndOthers(ctx context.Context, t access.Tenant, p store.PersonID, keep string) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.EndOtherSessions(ctx, queries.EndOtherSessionsParams{Tenant: string(t), Person: string(p), Keep: keep})
	return n, r.done(ctx, "end sessions", err)
}

// Sweep ends sessions that are over.
func (r sessions) Sweep(ctx context.Context, idle, absolute time.Time) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.SweepSessions(ctx, queries.SweepSessionsParams{Idle: store.Micros(idle), Absolute: store.Micros(absolute)})
	return n, r.done(ctx, "sweep sessions", err)
}

func login(row queries.Session) store.Session {
	s := store.Session{Tenant: access.Tenant(row.Tenant), Person: store.PersonID(row.Person), ID: row.ID, Method: row.Method, Agent: row.Agent, From: row.Origin,
		Created: store.Time(row.Created), Seen: store.Time(row.Seen), Confirmed: store.Time(row.Confirmed)}
	s.Token, _ = store.ParseHash(row.Token)
	return s
}

// Add keeps a new ticket.
func (r tickets) Add(ctx context.Context, t store.Ticket) error {
	if err := errors.Join(t.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddTicket(ctx, queries.AddTicketParams{Kind: t.Kind, Word: t.Word.String(), ID: t.ID, Tenant: string(t.Tenant), Person: string(t.Person),
		Data: t.Data, Created: store.Micros(t.Created), Expires: store.Micros(t.Expires), Tries: t.Tries})
	return r.added(ctx, "a ticket", n, err)
}

// Find returns a ticket without using it.
func (r tickets) Find(ctx context.Context, kind string, word store.Hash, now time.Time) (store.Ticket, error) {
	return one(ctx, r.session, "a ticket", func() (queries.Ticket, error) {
		return r.q.FindTicket(ctx, queries.FindTicketParams{Kind: kind, Word: word.String(), Now: store.Micros(now)})
	}, ticket)
}

// Take removes a ticket and returns it.
func (r tickets) Take(ctx context.Context, kind string, word store.Hash, now time.Time) (store.Ticket, error) {
	return one(ctx, r.session, "a ticket", func() (queries.Ticket, error) {
		return r.q.TakeTicket(ctx, queries.TakeTicketParams{Kind: kind, Word: word.String(), Now: store.Micros(now)})
	}, ticket)
}

// Try counts a wrong answer.
func (r tickets) Try(ctx context.Context, kind string, word store.Hash) (int64, error) {
	return one(ctx, r.session, "a ticket", func() (int64, error) {
		return r.q.TryTicket(ctx, queries.TryTicketParams{Kind: kind, Word: word.String()})
	}, func(n int64) int64 { return n })
}

// List returns the tickets of a kind.
func (r tickets) List(ctx context.Context, kind string, t access.Tenant, now time.Time) ([]store.Ticket, error) {
	return many(ctx, r.session, "tickets", func() ([]queries.Ticket, error) {
		return r.q.ListTickets(ctx, queries.ListTicketsParams{Tenant: string(t), Kind: kind, Now: store.Micros(now), Most: store.MaxPage})
	}, ticket)
}

// Drop removes tickets of a kind, by person or by id.
func (r tickets) Drop(ctx context.Context, kind string, t access.Tenant, p store.PersonID, id string) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	var n int64
	var err error
	if id != "" {
		n, err = r.q.DropTicket(ctx, queries.DropTicketParams{Tenant: string(t), Kind: kind, ID: id})
	} else {
		n, err = r.q.DropTicketsOf(ctx, queries.DropTicketsOfParams{Tenant: string(t), Kind: kind, Person: string(p)})
	}
	return n, r.done(ctx, "drop tickets", err)
}

// Sweep removes tickets past their time.
func (r tickets) Sweep(ctx context.Context, now time.Time) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.SweepTickets(ctx, store.Micros(now))
	return n, r.done(ctx, "sweep tickets", err)
}

func ticket(row queries.Ticket) store.Ticket {
	t := store.Ticket{Kind: row.Kind, ID: row.ID, Tenant: access.Tenant(row.Tenant), Person: store.PersonID(row.Person), Data: row.Data,
		Created: store.Time(row.Created), Expires: store.Time(row.Expires), Tries: row.Tries}
	t.Word, _ = store.ParseHash(row.Word)
	return t
}

// Note adds to the count of failed attempts. No other writer is at work
// meanwhile, so the count does not move between reading and writing it.
func (r attempts) Note(ctx context.Context, key store.Hash, by int64, when time.Time, window time.Duration) (int64, error) {
	n, began, err := r.Count(ctx, key, when, window)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		began = when
	}
	n = max(n+by, 0)
	return n, r.done(ctx, "count a failed attempt", r.q.SetAttempts(ctx, queries.SetAttemptsParams{Hash: key.String(), Began: store.Micros(began), Failed: n}))
}

// Count returns how many failed attempts there were.
func (r attempts) Count(ctx context.Context, key store.Hash, when time.Time, window time.Duration) (int64, time.Time, error) {
	if r.failed != nil {
		return 0, time.Time{}, r.failed
	}
	row, err := r.q.GetAttempts(ctx, key.String())
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if err != nil {
		return 0, time.Time{}, r.done(ctx, "read failed attempts", err)
	}
	began := store.Time(row.Began)
	if when.Sub(began) >= window {
		return 0, time.Time{}, nil
	}
	return row.Failed, began, nil
}

// Clear forgets a key.
func (r attempts) Clear(ctx context.Context, key store.Hash) error {
	if r.failed != nil {
		return r.failed
	}
	return r.done(ctx, "forget failed attempts", r.q.ClearAttempts(ctx, key.String()))
}

// Sweep forgets what began before a time.
func (r attempts) Sweep(ctx context.Context, before time.Time) error {
	if r.failed != nil {
		return r.failed
	}
	return r.done(ctx, "sweep failed attempts", r.q.SweepAttempts(ctx, store.Micros(before)))
}

// Add keeps a new key.
func (r apiKeys) Add(ctx context.Context, k store.APIKey) error {
	if err := errors.Join(k.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddKey(ctx, queries.AddKeyParams{Tenant: string(k.Tenant), ID: k.ID, Person: string(k.Person), Name: k.Name, Secret: k.Secret.String(),
		Scopes: store.ScopesText(k.Scopes), Created: store.Micros(k.Created), Expires: store.Micros(k.Expires), Used: store.Micros(k.Used), Ended: store.Micros(k.Ended)})
	return r.added(ctx, "a key", n, err)
}

// Find returns the key of a secret.
func (r apiKeys) Find(ctx context.Context, secret store.Hash) (store.APIKey, error) {
	return one(ctx, r.session, "a key", func() (queries.ApiKey, error) { return r.q.FindKey(ctx, secret.String()) }, apiKey)
}

// Get returns a key of the tenant.
func (r apiKeys) Get(ctx context.Context, t access.Tenant, id string) (store.APIKey, error) {
	return one(ctx, r.session, "a key", func() (queries.ApiKey, error) {
		return r.q.GetKey(ctx, queries.GetKeyParams{Tenant: string(t), ID: id})
	}, apiKey)
}

// Live returns the keys of a person or of the tenant that are good at a time.
func (r apiKeys) Live(ctx context.Context, t access.Tenant, p store.PersonID, now time.Time) ([]store.APIKey, error) {
	return many(ctx, r.session, "keys", func() ([]queries.ApiKey, error) {
		return r.q.LiveKeys(ctx, queries.LiveKeysParams{Tenant: string(t), Person: string(p), Now: store.Micros(now)})
	}, apiKey)
}

// List returns the keys of a person or of the tenant.
func (r apiKeys) List(ctx context.Context, t access.Tenant, p store.PersonID) ([]store.APIKey, error) {
	return many(ctx, r.session, "keys", func() ([]queries.ApiKey, error) {
		return r.q.ListKeys(ctx, queries.ListKeysParams{Tenant: string(t), Person: string(p), Most: store.MaxPage})
	}, apiKey)
}

// Touch writes when a key was last used.
func (r apiKeys) Touch(ctx context.Context, secret store.Hash, used time.Time) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.TouchKey(ctx, queries.TouchKeyParams{Used: store.Micros(used), Secret: secret.String()})
	return r.changed(ctx, "a key", n, err)
}

// End sets when a key ends.
func (r apiKeys) End(ctx context.Context, t access.Tenant, id string, when time.Time) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.EndKey(ctx, queries.EndKeyParams{Ended: store.Micros(when), Tenant: string(t), ID: id})
	return r.changed(ctx, "a key", n, err)
}

// Remove removes keys.
func (r apiKeys) Remove(ctx context.Context, t access.Tenant, p store.PersonID, before time.Time) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.RemoveKeys(ctx, queries.RemoveKeysParams{Tenant: string(t), Person: string(p), Before: store.Micros(before)})
	return n, r.done(ctx, "remove keys", err)
}

func apiKey(row queries.ApiKey) store.APIKey {
	k := store.APIKey{Tenant: access.Tenant(row.Tenant), Person: store.PersonID(row.Person), ID: row.ID, Name: row.Name, Scopes: store.ParseScopes(row.Scopes),
		Created: store.Time(row.Created), Expires: store.Time(row.Expires), Used: store.Time(row.Used), Ended: store.Time(row.Ended)}
	k.Secret, _ = store.ParseHash(row.Secret)
	return k
}
