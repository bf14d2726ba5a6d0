package sql

import (
	"context"
	"errors"
	"math"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

type (
	// holds are the holds within a transaction, and so on.
	holds        struct{ *session }
	erasures     struct{ *session }
	certificates struct{ *session }
)

var (
	_ store.Holds        = holds{}
	_ store.Erasures     = erasures{}
	_ store.Certificates = certificates{}
)

// Add keeps a new hold.
func (r holds) Add(ctx context.Context, h store.Hold) error {
	if err := errors.Join(h.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddHold(ctx, queries.AddHoldParams{Tenant: string(h.Tenant), ID: h.ID, Kind: h.Kind, Record: h.Record, Marks: store.MarksText(h.Marks),
		HeldFrom: store.Micros(h.From), HeldUntil: store.Micros(h.Until), Reason: h.Reason, Actor: string(h.By), Since: store.Micros(h.Since),
		Ends: store.Micros(h.Ends), Released: store.Micros(h.Released), ReleasedBy: string(h.ReleasedBy), ReleaseReason: h.ReleaseReason})
	return r.added(ctx, "a hold", n, err)
}

// Get returns a hold.
func (r holds) Get(ctx context.Context, t access.Tenant, id string) (store.Hold, error) {
	return one(ctx, r.session, "a hold", func() (queries.Hold, error) {
		return r.q.GetHold(ctx, queries.GetHoldParams{Tenant: string(t), ID: id})
	}, hold)
}

// List returns the holds of a tenant.
func (r holds) List(ctx context.Context, t access.Tenant) ([]store.Hold, error) {
	return many(ctx, r.session, "holds", func() ([]queries.Hold, error) {
		return r.q.ListHolds(ctx, queries.ListHoldsParams{Tenant: string(t), Most: store.MaxPage})
	}, hold)
}

// Open returns the holds of a tenant that hold at a time.
func (r holds) Open(ctx context.Context, t access.Tenant, now time.Time) ([]store.Hold, error) {
	return many(ctx, r.session, "holds", func() ([]queries.Hold, error) {
		return r.q.OpenHolds(ctx, queries.OpenHoldsParams{Tenant: string(t), Now: store.Micros(now)})
	}, hold)
}

// Release lifts a hold.
func (r holds) Release(ctx context.Context, t access.Tenant, id string, when time.Time, by store.Actor, why string) error {
	h, err := r.Get(ctx, t, id)
	if err != nil {
		return err
	}
	h.Released, h.ReleasedBy, h.ReleaseReason = when, by, why
	if err := h.Check(); err != nil {
		return err
	}
	n, err := r.q.ReleaseHold(ctx, queries.ReleaseHoldParams{Tenant: string(t), ID: id, Released: store.Micros(when), ReleasedBy: string(by), ReleaseReason: why})
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "hold", "was released before")
	}
	return r.done(ctx, "release a hold", err)
}

// Sweep removes holds that ended.
func (r holds) Sweep(ctx context.Context, t access.Tenant, before time.Time) (int64, error) {
	return r.counted(ctx, "sweep holds", func() (int64, error) {
		return r.q.SweepHolds(ctx, queries.SweepHoldsParams{Tenant: string(t), Before: store.Micros(before)})
	})
}

// counted runs a statement that gives a count.
func (s *session) counted(ctx context.Context, what string, f func() (int64, error)) (int64, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	n, err := f()
	return n, s.done(ctx, what, err)
}

func hold(row queries.Hold) store.Hold {
	h := store.Hold{Tenant: access.Tenant(row.Tenant), ID: row.ID, Kind: row.Kind, Record: row.Record, From: store.Time(row.HeldFrom), Until: store.Time(row.HeldUntil),
		Reason: row.Reason, By: store.Actor(row.Actor), Since: store.Time(row.Since), Ends: store.Time(row.Ends), Released: store.Time(row.Released),
		ReleasedBy: store.Actor(row.ReleasedBy), ReleaseReason: row.ReleaseReason}
	var err error
	if h.Marks, err = store.ParseMarks(row.Marks); err != nil {
		// A damaged hold keeps too much rather than too little: it is not narrowed to
		// a person any more. What else narrows it still holds.
		h.Marks = nil
	}
	return h
}

// Add keeps a note of an erasure.
func (r erasures) Add(ctx context.Context, e store.Erasure) error {
	if err := errors.Join(e.Check(), r.failed); err != nil {
		return err
	}
	return r.done(ctx, "note an erasure", r.q.AddErasure(ctx, queries.AddErasureParams{Tenant: string(e.Tenant), Kind: e.Kind, Mark: e.Mark.String(), Erased: store.Micros(e.Erased)}))
}

// Drop removes a note.
func (r erasures) Drop(ctx context.Context, t access.Tenant, kind string, mark store.Hash) error {
	if r.failed != nil {
		return r.failed
	}
	return r.done(ctx, "drop a note", r.q.DropErasure(ctx, queries.DropErasureParams{Tenant: string(t), Kind: kind, Mark: mark.String()}))
}

// When is when a record was erased.
func (e erasures) When(ctx context.Context, t access.Tenant, kind string, mark store.Hash) (time.Time, error) {
	if e.failed != nil {
		return time.Time{}, e.failed
	}
	rows, err := e.q.ErasedAt(ctx, queries.ErasedAtParams{Tenant: string(t), Kind: kind, Mark: mark.String()})
	if err != nil || len(rows) == 0 {
		return time.Time{}, e.done(ctx, "read a note of an erasure", err)
	}
	return store.Time(rows[0]), nil
}

// Has reports whether a record was erased.
func (r erasures) Has(ctx context.Context, t access.Tenant, kind string, mark store.Hash) (bool, error) {
	n, err := r.counted(ctx, "look for an erasure", func() (int64, error) {
		return r.q.CountErasure(ctx, queries.CountErasureParams{Tenant: string(t), Kind: kind, Mark: mark.String()})
	})
	return n > 0, err
}

// Count returns how many notes there are.
func (r erasures) Count(ctx context.Context, t access.Tenant) (int64, error) {
	return r.counted(ctx, "count erasures", func() (int64, error) { return r.q.CountErasures(ctx, string(t)) })
}

// Sweep removes notes that are past their time.
func (r erasures) Sweep(ctx context.Context, t access.Tenant, before time.Time) (int64, error) {
	return r.counted(ctx, "sweep erasures", func() (int64, error) {
		return r.q.SweepErasures(ctx, queries.SweepErasuresParams{Tenant: string(t), Before: store.Micros(before)})
	})
}

// Add keeps a new certificate.
func (r certificates) Add(ctx context.Context, c store.Certificate) error {
	if err := errors.Join(c.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddCertificate(ctx, queries.AddCertificateParams{Tenant: string(c.Tenant), ID: c.ID, Kind: c.Kind, Made: store.Micros(c.Made), Actor: string(c.By),
		Asker: c.Asker, Subject: c.Subject.String(), Body: c.Body, Entry: c.Entry, Hash: c.Hash.String()})
	return r.added(ctx, "a certificate", n, err)
}

// Get returns a certificate.
func (r certificates) Get(ctx context.Context, t access.Tenant, id string) (store.Certificate, error) {
	return one(ctx, r.session, "a certificate", func() (queries.Certificate, error) {
		return r.q.GetCertificate(ctx, queries.GetCertificateParams{Tenant: string(t), ID: id})
	}, certificate)
}

// List returns a page of certificates, newest first.
func (r certificates) List(ctx context.Context, t access.Tenant, p store.Page) ([]store.Certificate, store.Key, error) {
	by := queries.ListCertificatesParams{Tenant: string(t), KeyMade: math.MaxInt64, KeyID: p.After.ID, Most: int32(p.Size()) + 1}
	if !p.After.IsZero() {
		by.KeyMade = store.Micros(p.After.When)
	}
	out, err := many(ctx, r.session, "certificates", func() ([]queries.Certificate, error) { return r.q.ListCertificates(ctx, by) }, certificate)
	var next store.Key
	if len(out) > p.Size() {
		out = out[:p.Size()]
		last := out[len(out)-1]
		next = store.Key{When: last.Made, ID: last.ID}
	}
	return out, next, err
}

// Sweep removes certificates that are past their time.
func (r certificates) Sweep(ctx context.Context, t access.Tenant, before time.Time) (int64, error) {
	return r.counted(ctx, "sweep certificates", func() (int64, error) {
		return r.q.SweepCertificates(ctx, queries.SweepCertificatesParams{Tenant: string(t), Before: store.Micros(before)})
	})
}

func certificate(row queries.Certificate) store.Certificate {
	c := store.Certificate{Tenant: access.Tenant(row.Tenant), ID: row.ID, Kind: row.Kind, Made: store.Time(row.Made), By: store.Actor(row.Actor), Asker: row.Asker,
		Body: row.Body, Entry: row.Entry}
	c.Subject, _ = store.ParseHash(row.Subject)
	c.Hash, _ = store.ParseHash(row.Hash)
	return c
}
