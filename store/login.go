package store

import (
	"context"
	"encoding/json"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// Session is one log-in of a person in one browser. Only the hash of its token
// is kept: who reads the records cannot take it over.
type Session struct {
	Tenant access.Tenant
	Person PersonID
	// ID names the session for the person; it opens nothing.
	ID    string
	Token Hash
	// Method is how the person logged in, such as "passkey".
	Method string
	// Agent is the kind of browser, From the network; neither names a person.
	Agent, From string
	Created     time.Time
	// Seen is about when it was last used, Confirmed when the person last proved
	// who they are.
	Seen, Confirmed time.Time
}

// Sessions are the log-ins that have not ended.
type Sessions interface {
	// Add keeps a new session; a token or id that exists is a Conflict.
	Add(ctx context.Context, s Session) error
	// Find returns the session of a token.
	Find(ctx context.Context, token Hash) (Session, error)
	// Touch writes when the session was last used.
	Touch(ctx context.Context, token Hash, seen time.Time) error
	// List returns a person's sessions, last used first.
	List(ctx context.Context, t access.Tenant, p PersonID) ([]Session, error)
	// End ends a session of the person.
	End(ctx context.Context, t access.Tenant, p PersonID, id string) error
	// EndOthers ends all sessions of the person but that of the id ("": all) and
	// returns how many.
	EndOthers(ctx context.Context, t access.Tenant, p PersonID, keep string) (int64, error)
	// Sweep ends sessions last used before idle or begun before absolute, and
	// returns how many.
	Sweep(ctx context.Context, idle, absolute time.Time) (int64, error)
}

// Ticket is something that is good once, or for a while, and whose holder knows
// a word of which only the hash is kept: an invitation, the question of a
// passkey, the code of the first set-up.
type Ticket struct {
	Kind string
	Word Hash
	// ID names the ticket in lists; it opens nothing.
	ID string
	// Tenant and Person say whose it is; both may be empty.
	Tenant access.Tenant
	Person PersonID
	// Data is what is needed when it is used; it may be personal.
	Data             string
	Created, Expires time.Time
	// Tries counts wrong answers.
	Tries int64
}

// Tickets are what is good once. A ticket past its time is not found.
type Tickets interface {
	// Add keeps a new ticket; a word that exists for the kind is a Conflict.
	Add(ctx context.Context, t Ticket) error
	// Find returns a ticket without using it.
	Find(ctx context.Context, kind string, word Hash, now time.Time) (Ticket, error)
	// Take removes a ticket and returns it: of two that take it, one gets it.
	Take(ctx context.Context, kind string, word Hash, now time.Time) (Ticket, error)
	// Try counts a wrong answer and returns how many there were.
	Try(ctx context.Context, kind string, word Hash) (int64, error)
	// List returns the tickets of a kind of the tenant, newest first, at most
	// MaxPage.
	List(ctx context.Context, kind string, t access.Tenant, now time.Time) ([]Ticket, error)
	// Drop removes the tickets of a kind that the tenant's person has; of an id
	// where one is given, of whosever then.
	Drop(ctx context.Context, kind string, t access.Tenant, p PersonID, id string) (int64, error)
	// Sweep removes tickets past their time and returns how many.
	Sweep(ctx context.Context, now time.Time) (int64, error)
}

// Attempts counts failed attempts by key: the hash of an account, an address,
// or both. Counts begin anew when the window since the first is over.
type Attempts interface {
	// Note adds to the count, takes away where by is below zero, and returns how
	// many there are since the window began; never fewer than none. A window
	// begins with the first, at when.
	Note(ctx context.Context, key Hash, by int64, when time.Time, window time.Duration) (int64, error)
	// Count returns how many there were since the window began, and when it
	// began; 0 when there are none, or the window is over at when.
	Count(ctx context.Context, key Hash, when time.Time, window time.Duration) (int64, time.Time, error)
	// Clear forgets a key.
	Clear(ctx context.Context, key Hash) error
	// Sweep forgets what began before a time.
	Sweep(ctx context.Context, before time.Time) error
}

// APIKey is a key by which a program speaks for a person. Only the hash of its
// secret is kept.
type APIKey struct {
	Tenant access.Tenant
	Person PersonID
	ID     string
	Name   string
	Secret Hash
	Scopes []access.Permission
	// Used is about when it was last used; zero: never. Ended: the key does
	// nothing from then on; zero: not ended.
	Created, Expires, Used, Ended time.Time
}

// APIKeys are the keys of programs, ended ones included.
type APIKeys interface {
	// Add keeps a new key; an id or secret that exists is a Conflict.
	Add(ctx context.Context, k APIKey) error
	// Find returns the key of a secret, whosever it is.
	Find(ctx context.Context, secret Hash) (APIKey, error)
	// Get returns a key of the tenant.
	Get(ctx context.Context, t access.Tenant, id string) (APIKey, error)
	// Live returns all keys of a person that are good at a time, however many there
	// are, newest first; of all people of the tenant for "".
	Live(ctx context.Context, t access.Tenant, p PersonID, now time.Time) ([]APIKey, error)
	// List returns the newest keys of a person, ended ones included; of all people
	// of the tenant for "". At most MaxPage: it is for showing, never for ending or
	// counting.
	List(ctx context.Context, t access.Tenant, p PersonID) ([]APIKey, error)
	// Touch writes when a key was last used.
	Touch(ctx context.Context, secret Hash, used time.Time) error
	// End sets when a key ends, unless it ends sooner.
	End(ctx context.Context, t access.Tenant, id string, when time.Time) error
	// Remove removes keys of a person of the tenant, of all people for "", and
	// returns how many: those that ended before a time, or all for the zero time.
	Remove(ctx context.Context, t access.Tenant, p PersonID, before time.Time) (int64, error)
}

// Check returns what is wrong with a session, nil if it can be kept.
func (s *Session) Check() error {
	if err := checkOwner(s.Tenant, s.Person); err != nil {
		return err
	}
	if s.ID == "" || s.Token == (Hash{}) || Micros(s.Created) <= 0 || Micros(s.Seen) <= 0 {
		return fault.New(fault.Invalid, "session", "lacks id, token or time: all are needed")
	}
	return checkTexts([]field{{"session.id", s.ID, 64}, {"session.method", s.Method, 32}, {"session.agent", s.Agent, 100}, {"session.from", s.From, 64}})
}

// Check returns what is wrong with a ticket, nil if it can be kept.
func (t *Ticket) Check() error {
	if t.Kind == "" || t.Word == (Hash{}) || Micros(t.Expires) <= 0 || Micros(t.Created) <= 0 {
		return fault.New(fault.Invalid, "ticket", "lacks kind, word or time: all are needed")
	}
	return checkTexts([]field{{"ticket.kind", t.Kind, 32}, {"ticket.id", t.ID, 64}, {"ticket.tenant", string(t.Tenant), 63},
		{"ticket.person", string(t.Person), 64}, {"ticket.data", t.Data, 64 << 10}})
}

// Check returns what is wrong with a key, nil if it can be kept.
func (k *APIKey) Check() error {
	if err := checkOwner(k.Tenant, k.Person); err != nil {
		return err
	}
	if !plainID(k.ID) || k.Secret == (Hash{}) || k.Name == "" || Micros(k.Created) <= 0 || Micros(k.Expires) <= 0 {
		return fault.New(fault.Invalid, "key", "lacks id, secret, name or end: all are needed")
	}
	for _, s := range k.Scopes {
		if _, err := access.ParsePermission(string(s)); err != nil {
			return err
		}
	}
	return CheckText("key.name", k.Name, 100)
}

// ScopesText is how scopes are kept: a JSON list.
func ScopesText(scopes []access.Permission) string {
	raw, _ := json.Marshal(append([]access.Permission{}, scopes...)) // a list of texts always can
	return string(raw)
}

// ParseScopes reads what ScopesText wrote. What it cannot read is no scope.
func ParseScopes(s string) []access.Permission {
	var out []access.Permission
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil
	}
	return out
}
