package past

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// KindEvent is what events in the log are called in data/retention, KindDecision
// decisions.
const (
	KindEvent    = "event"
	KindDecision = "decision"
)

// Subject is an account as keys of accounts have it.
type Subject struct {
	Tenant access.Tenant
	Name   string
}

// DecisionsOf is the name of all decisions about an account in requests of persons
// and in notes of their erasure.
func DecisionsOf(name string) string { return "account-" + name }

// Strand is that of a log in which the events of a tenant stand.
func Strand(log eventlog.Log, t access.Tenant) eventlog.Strand {
	return eventlog.Strand{Log: log, Tenant: t, Key: Key}
}

// Since is the first place of a strand's partition, up to the last one, whose record
// was received at a time or later; the place after the last where there is none. An
// event is never received more than minutes before it happened.
func Since(ctx context.Context, in eventlog.Strand, last eventlog.Position, at time.Time) (eventlog.Position, error) {
	var failed error
	partition := in.Partition()
	n := sort.Search(int(last), func(i int) bool { //nolint:gosec // positions are small
		if failed != nil {
			return true
		}
		records, err := in.Log.Read(ctx, partition, eventlog.Position(i+1), 1) //nolint:gosec // positions are small
		if err != nil || len(records) == 0 {
			failed = err
			return true
		}
		received, _, _, err := Split(records[0].Data)
		return err != nil || !received.Before(at) // what cannot be read is met when it is read
	})
	if failed != nil {
		return 0, fmt.Errorf("read the log of events: %w", failed)
	}
	return eventlog.Position(n + 1), nil //nolint:gosec // positions are small
}

// idOf is the identity of an event as records and answers have it.
func idOf(e *event.Event) string {
	id := guard.IDOf(e)
	return hex.EncodeToString(id[:])
}

// FreeOf is where the free texts of an event are sealed.
func FreeOf(t access.Tenant, name string, e *event.Event) store.Personal {
	return store.Personal{Tenant: t, Subject: name, Field: "event.free:" + idOf(e)}
}

// ErasedAt is when an account was erased; zero: it was not.
func ErasedAt(ctx context.Context, r store.Records, s Subject) (time.Time, error) {
	k, err := r.SubjectKeys.Get(ctx, s.Tenant, s.Name)
	switch {
	case err == nil && !k.Destroyed.IsZero():
		return k.Destroyed, nil
	case err != nil && !notFound(err):
		return time.Time{}, err
	}
	return r.Erasures.When(ctx, s.Tenant, KindEvent, store.Buried(s.Tenant, KindEvent, s.Name))
}

func notFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

// Open opens what was kept apart of events of one account, and leaves out
// those that came before it was erased; erased is nil where it was not.
func Open(ctx context.Context, r store.Records, subjects store.Subjects, s Subject, list []Logged) (out []Logged, erased *time.Time, err error) {
	when, err := ErasedAt(ctx, r, s)
	if err != nil {
		return nil, nil, err
	}
	if !when.IsZero() {
		erased = &when
	}
	for _, x := range list {
		if erased != nil && !x.Received.After(when) {
			continue
		}
		if err := x.openWith(ctx, r, subjects, s); err != nil {
			return nil, erased, err
		}
		out = append(out, x)
	}
	return out, erased, nil
}

// openWith opens what was kept apart of one event.
func (x *Logged) openWith(ctx context.Context, r store.Records, subjects store.Subjects, s Subject) error {
	if x.Sealed == "" || x.Sealed == Erased {
		return nil
	}
	raw, err := subjects.Open(ctx, r, FreeOf(s.Tenant, s.Name, &x.Event), x.Sealed)
	switch {
	case errors.Is(err, keyring.ErrErased) || notFound(err):
		return nil // its key is gone
	case err != nil:
		return err
	}
	if err := json.Unmarshal([]byte(raw), &x.Open); err != nil {
		return errRecord
	}
	x.Sealed = ""
	return nil
}

// Erased reports whether the event said more that cannot be opened any more.
func (x *Logged) Erased() bool { return x.Sealed != "" }

// Keyed reports whether the event holds what a key of its account seals.
func (x *Logged) Keyed() bool { return x.Sealed != "" && x.Sealed != Erased }

// Fields is what the event says beside its envelope, by the paths of the
// vocabulary, and what could be opened of the rest.
func (x *Logged) Fields() map[string]string {
	out := FieldsOf(&x.Event)
	for path, text := range x.Open {
		out[path] = text
	}
	return out
}

// FieldsOf is what an event says beside its envelope.
func FieldsOf(e *event.Event) map[string]string {
	out := map[string]string{}
	for _, f := range event.Fields() {
		if f.Derived || !f.On(e.Type) || f.Path == "event.account" || f.Path == "event.device" || f.Path == "event.session" {
			continue
		}
		switch v := f.Value(e).(type) {
		case string:
			if v != "" {
				out[f.Path] = v
			}
		case int64:
			if v != 0 {
				out[f.Path] = strconv.FormatInt(v, 10)
			}
		case bool:
			if v || f.Required {
				out[f.Path] = strconv.FormatBool(v)
			}
		case time.Time:
			if !v.IsZero() {
				out[f.Path] = v.Format(time.RFC3339)
			}
		}
	}
	return out
}
