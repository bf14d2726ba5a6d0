package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// Actor is a pseudonym of who did something: the id of a person's record, of an
// API key, or "system" with a name of the task. It is no name and no address,
// so that an entry can stay when the person is erased.
type Actor string

// ActorOf is how who asks a desk for something stands in records: the operator's
// console, the API key that speaks for a person, or the person.
func ActorOf(a access.Actor) Actor {
	switch {
	case a.Console:
		return "system console"
	case a.Key != "":
		return Actor(a.Key)
	}
	return Actor(a.Person)
}

// Named is an id that somebody sent as it may stand in a deed: what is no id of
// ours, and so is found by nobody, is "-".
func Named[T ~string](id T) T {
	if plainID(string(id)) {
		return id
	}
	return "-"
}

// Deed is what an audit entry says: who did what to which record, when, why and
// from where. It holds no personal data: objects are named by kind and id, and
// a reason is what the actor wrote, to be asked for with that warning.
type Deed struct {
	Tenant access.Tenant
	When   time.Time
	Actor  Actor
	// Action is kind and verb, such as "report.update" or "report.unmask".
	Action string
	// Object is kind and id, such as "report:4f…"; may be empty.
	Object string
	// Why is the reason that the actor gave; may be empty.
	Why string
	// From is the door that it came through and, where that is lawful, a
	// shortened address; may be empty.
	From string
}

// Check returns what is wrong with a deed, nil if an entry can be made of it.
func (d *Deed) Check() error {
	if _, err := access.ParseTenant(string(d.Tenant)); err != nil {
		return err
	}
	if Micros(d.When) <= 0 || d.Actor == "" || d.Action == "" {
		return fault.New(fault.Invalid, "audit", "entry lacks when, actor or action: all three are needed")
	}
	for _, f := range []struct {
		name, text string
		limit      int
	}{{"audit.actor", string(d.Actor), 100}, {"audit.action", d.Action, 100}, {"audit.object", d.Object, 300}, {"audit.why", d.Why, 2000}, {"audit.from", d.From, 200}} {
		if err := CheckText(f.name, f.text, f.limit); err != nil {
			return err
		}
	}
	return nil
}

// Hash is the SHA-256 of an audit entry. The zero value stands before the first.
type Hash [sha256.Size]byte

// String returns the hash in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads 64 hexadecimal digits; any other text is Invalid.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if n, err := hex.Decode(h[:], []byte(s[:min(len(s), 2*len(h))])); err != nil || n != len(h) || len(s) != 2*len(h) {
		return Hash{}, fault.New(fault.Invalid, "hash", "is not one: want 64 hexadecimal digits")
	}
	return h, nil
}

// Entry is one link of a tenant's audit chain. Sequence counts from 1 without a
// gap; Prev is the hash of the entry before.
type Entry struct {
	Deed
	Sequence   int64
	Prev, Hash Hash
}

// Sum is the hash that the entry must have: over all other fields, each with
// its length before it, so that no two entries read the same.
func (e *Entry) Sum() Hash {
	b := make([]byte, 0, 256)
	text := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	text("bonafide audit 1")
	text(string(e.Tenant))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Sequence))
	b = binary.BigEndian.AppendUint64(b, uint64(Micros(e.When)))
	text(string(e.Actor))
	text(e.Action)
	text(e.Object)
	text(e.Why)
	text(e.From)
	b = append(b, e.Prev[:]...)
	return sha256.Sum256(b)
}

// Head is the end of a chain: its last sequence and that entry's hash. A chain
// without an entry has sequence 0.
type Head struct {
	Tenant   access.Tenant
	Sequence int64
	Hash     Hash
}

// String returns the head as one word to be kept outside: tenant:sequence:hash.
func (h Head) String() string { return fmt.Sprintf("%s:%d:%s", h.Tenant, h.Sequence, h.Hash) }

// AuditFilter narrows a list of audit entries; a zero field narrows nothing.
type AuditFilter struct {
	Actor  Actor
	Action string
	Object string
	// From is the first instant that is listed, Until the first that is not.
	From, Until time.Time
}

// Audit is the chains of audit entries, one per tenant. Entries are only ever
// appended.
type Audit interface {
	// Append makes the deed the next entry of its tenant's chain and returns it.
	Append(ctx context.Context, d Deed) (Entry, error)
	// List returns at most limit entries of the tenant, newest first, whose
	// sequence is below before (0: from the newest), and the sequence to go on
	// before; 0 when there are no more. Limit is bounded as that of a Page.
	List(ctx context.Context, t access.Tenant, f AuditFilter, before int64, limit int) (entries []Entry, next int64, err error)
	// Head returns the end of the tenant's chain as it was written down with the
	// last entry.
	Head(ctx context.Context, t access.Tenant) (Head, error)
	// Heads returns the ends of all chains, by tenant. A chain whose head was lost
	// has sequence 0 there.
	Heads(ctx context.Context) ([]Head, error)
	// Walk calls f with the tenant's entries in the order of their sequence, from
	// the given one on, as they stand in the records, broken or not: from 1 a whole
	// chain, from below that also what should not be there. It ends with the first
	// error of f.
	Walk(ctx context.Context, t access.Tenant, from int64, f func(Entry) error) error
}
