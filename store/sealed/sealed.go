// Package sealed is a thin layer over a store: what is most sensitive goes down
// sealed and comes up open. Desks work with it as with the store itself.
//
// Sealed are the texts and notes of reports, the secrets of authenticator apps,
// the keys of subjects, addresses and secrets of webhooks; the terms of the search
// index are hashed with a key of the tenant. Rows that are moved (Mover) and the values whose keys are changed
// (Seals) stay as they stand, so that a backup holds nothing that is open. Values
// that are not sealed, because they were kept before there were keys or brought
// back from a backup of then, are read as they are; the next start of a server and
// the next rotation seal them. An import seals what it takes (desk/custody).
//
// It decides nothing about rights, and it does not keep keys (outside/keyfile).
//
//	s := sealed.New(db, keyring.NewSealer(ring, rand.Reader), time.Now, rand.Reader)
//	err := s.Write(ctx, func(r store.Records) error { return r.Reports.Add(ctx, report) })
package sealed

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// Store is a store whose sensitive values are sealed. It is safe for concurrent
// use.
type Store struct {
	store.Store
	sealer   *keyring.Sealer
	subjects store.Subjects
	// index are the keys of search indexes that were read from the records.
	mu    sync.Mutex
	index map[access.Tenant]keyring.Secret // guarded by mu
}

var _ store.Store = (*Store)(nil)

// New puts the layer over a store. Closing it closes the store.
func New(s store.Store, sealer *keyring.Sealer, now func() time.Time, random io.Reader) *Store {
	return &Store{Store: s, sealer: sealer, subjects: store.Subjects{Random: random, Now: now}, index: map[access.Tenant]keyring.Secret{}}
}

// Watch has warn called when the keys cannot be followed any more and nothing is
// sealed (keyring.Sealer.Watch).
func (s *Store) Watch(warn func(error)) { s.sealer.Watch(warn) }

// Ping also says no where nothing can be sealed, because the keyring changed and
// cannot be read.
func (s *Store) Ping(ctx context.Context) error {
	if _, err := s.sealer.Active(); err != nil {
		return err
	}
	return s.Store.Ping(ctx)
}

// Write runs f in one transaction of the store below.
func (s *Store) Write(ctx context.Context, f func(store.Records) error) error {
	return s.Store.Write(ctx, func(r store.Records) error { return f(s.over(r)) })
}

// Read runs f on one state of the records.
func (s *Store) Read(ctx context.Context, f func(store.Records) error) error {
	return s.Store.Read(ctx, func(r store.Records) error { return f(s.over(r)) })
}

// over puts the layer over the families of a transaction.
func (s *Store) over(r store.Records) store.Records {
	r.Reports = reports{r.Reports, s.sealer}
	r.Secrets = secrets{r.Secrets, s.sealer}
	r.SubjectKeys = subjectKeys{r.SubjectKeys, s.sealer}
	r.Webhooks = webhooks{r.Webhooks, s.sealer}
	r.Search = search{below: r.Search, records: r, sealer: s.sealer, store: s}
	return r
}

// reports seals texts and notes.
type reports struct {
	store.Reports
	sealer *keyring.Sealer
}

func place(t access.Tenant, family, field, record string) keyring.Place {
	return keyring.Place{Tenant: string(t), Family: family, Field: field, Record: record}
}

// texts are the sealed values of a report with their places.
func texts(x *store.Report) map[*string]keyring.Place {
	return map[*string]keyring.Place{&x.Text: place(x.Tenant, "reports", "body", string(x.ID)), &x.Note: place(x.Tenant, "reports", "note", string(x.ID))}
}

// Add keeps a report, its texts sealed.
func (r reports) Add(ctx context.Context, x store.Report) error {
	if err := r.seal(ctx, &x); err != nil {
		return err
	}
	return r.Reports.Add(ctx, x)
}

func (r reports) seal(ctx context.Context, x *store.Report) (err error) {
	if err := x.Check(); err != nil {
		return err
	}
	for text, p := range texts(x) {
		if *text, err = r.sealer.Seal(ctx, p, *text); err != nil {
			return err
		}
	}
	return nil
}

// Get returns a report, its texts open.
func (r reports) Get(ctx context.Context, t access.Tenant, id store.ReportID) (store.Report, error) {
	x, err := r.Reports.Get(ctx, t, id)
	if err != nil {
		return x, err
	}
	for text, p := range texts(&x) {
		if *text, err = r.sealer.Open(ctx, p, *text); err != nil {
			return store.Report{}, err
		}
	}
	return x, nil
}

// List returns reports with the beginning of their texts; one whose texts do not
// open is Unreadable, and does not take the others with it.
func (r reports) List(ctx context.Context, t access.Tenant, f store.ReportFilter, p store.Page) ([]store.Report, store.Key, error) {
	list, next, err := r.Reports.List(ctx, t, f, p)
	if err == nil {
		err = openHeads(ctx, r.sealer, list)
	}
	if err != nil {
		return nil, store.Key{}, err
	}
	return list, next, nil
}

func openHeads(ctx context.Context, s *keyring.Sealer, list []store.Report) error {
	for i := range list {
		x := &list[i]
		for text, p := range texts(x) {
			head, err := s.OpenHead(ctx, p, *text)
			if lost(err) {
				x.Unreadable = true
			} else if err != nil {
				return err
			}
			*text = head
		}
		if x.Unreadable {
			x.Text, x.Note = "", ""
		}
	}
	return nil
}

// lost reports whether a value does not open because its key is not there or it
// was changed, and not because of something that passes.
func lost(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && (f.Kind == fault.NotConfigured || f.Kind == fault.Internal)
}

// Update writes what may change, the note sealed.
func (r reports) Update(ctx context.Context, x store.Report) (int64, error) {
	if err := r.seal(ctx, &x); err != nil {
		return 0, err
	}
	return r.Reports.Update(ctx, x)
}

// secrets seals the secrets of authenticator apps.
type secrets struct {
	store.Secrets
	sealer *keyring.Sealer
}

func totp(t access.Tenant, id store.PersonID) keyring.Place {
	return place(t, "factors", "totp", string(id))
}

// Get returns a person's factors, the authenticator's secret open.
func (s secrets) Get(ctx context.Context, t access.Tenant, id store.PersonID) (store.Factors, error) {
	f, err := s.Secrets.Get(ctx, t, id)
	if err == nil {
		f.TOTP, err = s.sealer.Open(ctx, totp(t, id), f.TOTP)
	}
	if err != nil {
		return store.Factors{}, err
	}
	return f, nil
}

// SetTOTP keeps the secret of an authenticator app, sealed.
func (s secrets) SetTOTP(ctx context.Context, t access.Tenant, id store.PersonID, text string, step int64) error {
	if err := store.CheckText("totp", text, store.MaxTOTP/4); err != nil {
		return err
	}
	sealed, err := s.sealer.Seal(ctx, totp(t, id), text)
	if err != nil {
		return err
	}
	return s.Secrets.SetTOTP(ctx, t, id, sealed, step)
}

// subjectKeys seals the keys of subjects.
type subjectKeys struct {
	store.SubjectKeys
	sealer *keyring.Sealer
}

func secretOf(t access.Tenant, subject string) keyring.Place {
	return place(t, "subject_keys", "secret", subject)
}

// Make keeps a key for a subject that has none, sealed.
func (k subjectKeys) Make(ctx context.Context, x store.SubjectKey) (store.SubjectKey, error) {
	err := x.Check()
	if err == nil {
		x.Secret, err = k.sealer.Seal(ctx, secretOf(x.Tenant, x.Subject), x.Secret)
	}
	if err != nil {
		return store.SubjectKey{}, err
	}
	return k.open(ctx)(k.SubjectKeys.Make(ctx, x))
}

// Get returns the key of a subject, open.
func (k subjectKeys) Get(ctx context.Context, t access.Tenant, subject string) (store.SubjectKey, error) {
	return k.open(ctx)(k.SubjectKeys.Get(ctx, t, subject))
}

func (k subjectKeys) open(ctx context.Context) func(store.SubjectKey, error) (store.SubjectKey, error) {
	return func(x store.SubjectKey, err error) (store.SubjectKey, error) {
		if err == nil {
			x.Secret, err = k.sealer.Open(ctx, secretOf(x.Tenant, x.Subject), x.Secret)
		}
		if err != nil {
			return store.SubjectKey{}, err
		}
		return x, nil
	}
}
