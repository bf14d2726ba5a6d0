package people

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/fault"
	"bonafide/store"
)

// Keys is the part of API keys in restored copies: what ended stays ended. Keys
// are found, copied and erased with their person.
type Keys struct {
	// Now is the clock by which keys are good. Nil: Walk gives ended ones, too.
	Now func() time.Time
}

// Kind is what keys are called in data/retention.
func (Keys) Kind() string { return KindAPIKey }

// Ready does nothing.
func (Keys) Ready(context.Context) error { return nil }

// Find finds nothing: keys come with their person.
func (Keys) Find(context.Context, store.Records, access.Tenant, request.Subject) ([]request.Found, error) {
	return nil, nil
}

// Copy finds nothing: keys come with their person.
func (Keys) Copy(context.Context, store.Records, access.Tenant, request.Found) (any, error) {
	return nil, noKey(nil)
}

// Erase ends a key.
func (Keys) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error) {
	return []request.Part{{Code: "api_keys", Count: 1}}, r.APIKeys.End(ctx, t, f.ID, e.When)
}

// Walk calls f with the ids of the tenant's keys that are good, those included
// that end soon because they were rotated: they may have been ended at once since.
func (k Keys) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	var now time.Time
	if k.Now != nil {
		now = k.Now()
	}
	list, err := r.APIKeys.Live(ctx, t, "", now)
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := f(x.ID); err != nil {
			return err
		}
	}
	return nil
}

// Suspensions is the part of suspended people in restored copies: who was
// suspended since the backup stays out. Nobody asks for them: they come with their
// person.
type Suspensions struct{ d *Desk }

// Suspensions returns the desk's part in restored copies.
func (d *Desk) Suspensions() Suspensions { return Suspensions{d} }

// Kind is what the notes of suspensions are called.
func (Suspensions) Kind() string { return KindSuspension }

// Ready does nothing.
func (Suspensions) Ready(context.Context) error { return nil }

// Find finds nothing: suspensions come with their person.
func (Suspensions) Find(context.Context, store.Records, access.Tenant, request.Subject) ([]request.Found, error) {
	return nil, nil
}

// Copy finds nothing: suspensions come with their person.
func (Suspensions) Copy(context.Context, store.Records, access.Tenant, request.Found) (any, error) {
	return nil, fault.New(fault.NotFound, "", "a suspension is copied with its person")
}

// Erase suspends a person again.
func (s Suspensions) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, _ request.Erasing) ([]request.Part, error) {
	p, err := r.People.Get(ctx, t, store.PersonID(f.ID))
	if err != nil {
		return nil, err
	}
	if err := s.d.suspend(ctx, r, p, true); err != nil {
		return nil, err
	}
	p.Suspended = true
	_, err = r.People.Update(ctx, p)
	return []request.Part{{Code: "person", Count: 1}}, err
}

// Walk calls f with the ids of all people of the tenant who are not suspended.
func (s Suspensions) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	return s.d.Requests().each(ctx, r, t, func(p store.Person) error {
		if p.Suspended {
			return nil
		}
		return f(string(p.ID))
	})
}
