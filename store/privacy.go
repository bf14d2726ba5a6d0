package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// NewMark is the keyed hash of an identifier of a person, such as a telephone
// number in one writing: by it a record or a certificate is found again by who
// has the identifier, and the identifier is not found by who has the records
// without the key. Without a key it hides nothing from who guesses.
func NewMark(key []byte, t access.Tenant, identifier string) Hash {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "bonafide person 1 %d:%s%s", len(t), t, identifier)
	return Hash(m.Sum(nil))
}

// Marks are the marks of identifiers under several keys, the present one and
// those of before; without a key, under none.
func Marks(keys [][]byte, t access.Tenant, identifiers []string) []Hash {
	if len(keys) == 0 {
		keys = [][]byte{nil}
	}
	out := make([]Hash, 0, len(keys)*len(identifiers))
	for _, k := range keys {
		for _, x := range identifiers {
			out = append(out, NewMark(k, t, x))
		}
	}
	return out
}

// Keeps returns the hold among some that keeps a thing at a time; ok is false
// where none does. marks gives those of the thing, and is asked only where a
// hold is about a person.
func Keeps(holds []Hold, x Thing, now time.Time, marks func() []Hash) (h Hold, ok bool) {
	asked := false
	for _, h := range holds {
		if len(h.Marks) > 0 && !asked && h.Open(now) {
			x.Marks, asked = marks(), true
		}
		if h.On(x, now) {
			return h, true
		}
	}
	return Hold{}, false
}

// Held is the error of an erasure that a hold forbids.
func Held(h Hold) error {
	return fault.New(fault.Conflict, "hold", "%s keeps the record from being erased: release it first", h.ID)
}

// Thing is a record as holds and erasures see it.
type Thing struct {
	// Kind is that of data/retention, such as "report".
	Kind, ID string
	Created  time.Time
	// Marks are those of the identifiers in it; empty where none are asked for.
	Marks []Hash
}

// Buried names an erased record: a hash of tenant, kind and id. Ids are chance,
// so nobody finds one from its hash, and no key can get lost.
func Buried(t access.Tenant, kind, id string) Hash {
	return sha256.Sum256(fmt.Appendf(nil, "bonafide erased 1 %d:%s%d:%s%s", len(t), t, len(kind), kind, id))
}

// Hold keeps records from being erased: a court, an authority or a claim needs
// them (GDPR Art. 17(3), 18(1)(c)). What is not given narrows nothing.
type Hold struct {
	Tenant access.Tenant
	ID     string
	// Kind is a kind of record, Record the id of one; Record needs Kind.
	Kind, Record string
	// Marks are those of a person's identifier: records with any of them are held.
	Marks []Hash
	// From is the first instant whose records are held, Until the first that is
	// not, by when they were made.
	From, Until time.Time
	// Reason is why; no personal data.
	Reason string
	By     Actor
	Since  time.Time
	// Ends is when the hold ends by itself; zero: when it is released.
	Ends time.Time
	// Released is when it was lifted; zero: not yet.
	Released      time.Time
	ReleasedBy    Actor
	ReleaseReason string
}

// Open reports whether the hold holds at a time.
func (h *Hold) Open(now time.Time) bool {
	return h.Released.IsZero() && (h.Ends.IsZero() || now.Before(h.Ends))
}

// On reports whether the hold keeps a thing at a time.
func (h *Hold) On(x Thing, now time.Time) bool {
	switch {
	case !h.Open(now),
		h.Kind != "" && h.Kind != x.Kind,
		h.Record != "" && h.Record != x.ID,
		!h.From.IsZero() && x.Created.Before(h.From),
		!h.Until.IsZero() && !x.Created.Before(h.Until):
		return false
	}
	return len(h.Marks) == 0 || slices.ContainsFunc(h.Marks, func(m Hash) bool { return slices.Contains(x.Marks, m) })
}

// Holds are the holds of all tenants, released ones included.
type Holds interface {
	// Add keeps a new hold; an id that the tenant has is a Conflict.
	Add(ctx context.Context, h Hold) error
	// Get returns a hold of the tenant.
	Get(ctx context.Context, t access.Tenant, id string) (Hold, error)
	// Open returns all of the tenant's holds that hold at a time, however many there
	// are, newest first: what decides whether a record may go asks for these.
	Open(ctx context.Context, t access.Tenant, now time.Time) ([]Hold, error)
	// List returns the tenant's newest holds, released ones included, at most
	// MaxPage: it is for showing, never for deciding.
	List(ctx context.Context, t access.Tenant) ([]Hold, error)
	// Release lifts a hold; a Conflict when it was lifted before.
	Release(ctx context.Context, t access.Tenant, id string, when time.Time, by Actor, why string) error
	// Sweep removes the tenant's holds that were released before a time, or that
	// ended by themselves before it, and returns how many.
	Sweep(ctx context.Context, t access.Tenant, before time.Time) (int64, error)
}

// Erasure notes that a record was erased, or what it allowed was ended, so that it
// does not come back with a backup of before. It tells nothing of the record.
type Erasure struct {
	Tenant access.Tenant
	Kind   string
	// Mark is what Buried gives.
	Mark   Hash
	Erased time.Time
}

// Erasures are the notes of what was erased.
type Erasures interface {
	// Add keeps a note; one that is there stays as it is.
	Add(ctx context.Context, e Erasure) error
	// Drop removes a note, of what may come back after all; that there is none is no
	// error.
	Drop(ctx context.Context, t access.Tenant, kind string, mark Hash) error
	// Has reports whether a record was erased.
	Has(ctx context.Context, t access.Tenant, kind string, mark Hash) (bool, error)
	// When is when a record was erased; zero: it was not.
	When(ctx context.Context, t access.Tenant, kind string, mark Hash) (time.Time, error)
	// Count returns how many notes the tenant has.
	Count(ctx context.Context, t access.Tenant) (int64, error)
	// Sweep removes the tenant's notes of before a time and returns how many.
	Sweep(ctx context.Context, t access.Tenant, before time.Time) (int64, error)
}

// Certificate says what was done when a person asked: a copy given, records
// erased, what stayed and why. It holds no value of the person.
type Certificate struct {
	Tenant access.Tenant
	ID     string
	// Kind is copy or erasure.
	Kind string
	Made time.Time
	By   Actor
	// Asker is who asked: person, agent (for the person) or authority.
	Asker string
	// Subject is the mark of the identifier that they gave.
	Subject Hash
	// Body is what was found, removed and kept, in JSON.
	Body string
	// Entry is the place of the act in the audit, Hash its hash there.
	Entry int64
	Hash  Hash
}

// Certificates are the certificates of all tenants.
type Certificates interface {
	// Add keeps a new certificate; an id that the tenant has is a Conflict.
	Add(ctx context.Context, c Certificate) error
	// Get returns a certificate of the tenant.
	Get(ctx context.Context, t access.Tenant, id string) (Certificate, error)
	// List returns a page of the tenant's certificates, newest first, and the key
	// of the next page.
	List(ctx context.Context, t access.Tenant, p Page) ([]Certificate, Key, error)
	// Sweep removes the tenant's certificates of before a time and returns how many.
	Sweep(ctx context.Context, t access.Tenant, before time.Time) (int64, error)
}

// Later is what has to be done anew in records that come back from a backup:
// what was erased, held and certified since. More than that does no harm.
type Later struct {
	Erasures     []Erasure
	Holds        []Hold
	Certificates []Certificate
}

// Limits of the texts of holds and certificates in bytes.
const (
	maxKind     = 64
	maxWhy      = 2000
	maxMarks    = 100
	maxCertBody = 64 << 10
)

// Check returns what is wrong with a hold, nil if it can be kept.
func (h *Hold) Check() error {
	if err := checkOwner(h.Tenant, PersonID(h.ID)); err != nil {
		return err
	}
	switch {
	case h.Reason == "" || h.By == "" || Micros(h.Since) <= 0:
		return fault.New(fault.Invalid, "hold", "lacks its reason, who ordered it or since when: all are needed")
	case h.Record != "" && h.Kind == "":
		return fault.New(fault.Invalid, "kind", "is missing: a single record is held by its kind and number")
	case h.Kind == "" && len(h.Marks) == 0 && h.From.IsZero() && h.Until.IsZero():
		return fault.New(fault.Invalid, "hold", "narrows nothing: name a kind, a record, a person or a span of days")
	case len(h.Marks) > maxMarks:
		return fault.New(fault.TooLarge, "hold", "has %d marks: at most %d are kept", len(h.Marks), maxMarks)
	}
	for _, x := range []time.Time{h.From, h.Until, h.Ends, h.Released} {
		if Micros(x) < 0 {
			return fault.New(fault.Invalid, "hold", "has a day before 1970")
		}
	}
	return checkTexts([]field{{"kind", h.Kind, maxKind}, {"record", h.Record, 300}, {"reason", h.Reason, maxWhy}, {"by", string(h.By), 100},
		{"released_by", string(h.ReleasedBy), 100}, {"release_reason", h.ReleaseReason, maxWhy}})
}

// Check returns what is wrong with a note, nil if it can be kept.
func (e *Erasure) Check() error {
	if _, err := access.ParseTenant(string(e.Tenant)); err != nil {
		return err
	}
	if e.Kind == "" || e.Mark == (Hash{}) || Micros(e.Erased) <= 0 {
		return fault.New(fault.Invalid, "erasure", "lacks kind, mark or time: all are needed")
	}
	return CheckText("kind", e.Kind, maxKind)
}

// Check returns what is wrong with a certificate, nil if it can be kept.
func (c *Certificate) Check() error {
	if err := checkOwner(c.Tenant, PersonID(c.ID)); err != nil {
		return err
	}
	if c.Kind == "" || c.By == "" || c.Subject == (Hash{}) || Micros(c.Made) <= 0 || c.Entry < 1 || c.Hash == (Hash{}) {
		return fault.New(fault.Invalid, "certificate", "lacks kind, actor, subject, time or audit entry: all are needed")
	}
	if !json.Valid([]byte(c.Body)) {
		return fault.New(fault.Invalid, "certificate", "has a body that is no JSON")
	}
	return checkTexts([]field{{"kind", c.Kind, maxKind}, {"by", string(c.By), 100}, {"asker", c.Asker, 32}, {"body", c.Body, maxCertBody}})
}

// MarksText is how marks are kept: a JSON list.
func MarksText(marks []Hash) string {
	out := make([]string, 0, len(marks))
	for _, m := range marks {
		out = append(out, m.String())
	}
	raw, _ := json.Marshal(out) // a list of texts always can
	return string(raw)
}

// ParseMarks reads what MarksText wrote.
func ParseMarks(s string) ([]Hash, error) {
	var list []string
	if json.Unmarshal([]byte(s), &list) != nil {
		return nil, fault.New(fault.Invalid, "marks", "are no list")
	}
	var out []Hash
	for _, x := range list {
		h, err := ParseHash(x)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}
