package store

import (
	"context"
	"io"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
)

// Subjects seals personal values under the key of the person or account that
// they are of, for places from which nothing can be removed, such as the log of
// events. When the key is destroyed, nobody can read them any more. It is safe for
// concurrent use.
//
//	sealed, err := subjects.Seal(ctx, r, store.Personal{Tenant: t, Subject: account, Field: "address.name"}, name)
type Subjects struct {
	// Random must be of the quality of crypto/rand.
	Random io.Reader
	Now    func() time.Time
}

// Personal is where a personal value stands. Subject is a pseudonym (see
// SubjectKey), Field what the value is, such as "address.name".
type Personal struct {
	Tenant         access.Tenant
	Subject, Field string
}

// Place is where a subject's key opens the value.
func (p Personal) Place() keyring.Place {
	return keyring.Place{Tenant: string(p.Tenant), Family: "subject", Field: p.Field, Record: p.Subject}
}

// Secret is the key of a subject, or of the tenant (IndexKey, PseudonymKey), and
// makes it where there is none; the transaction has to write then. Use what it
// sealed only when the transaction was kept. keyring.ErrErased where it was
// destroyed.
func (s Subjects) Secret(ctx context.Context, r Records, t access.Tenant, subject string) (keyring.Secret, error) {
	x, err := r.SubjectKeys.Get(ctx, t, subject)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		fresh, bad := keyring.NewSecret(s.Random)
		if bad != nil {
			return keyring.Secret{}, bad
		}
		x, err = r.SubjectKeys.Make(ctx, SubjectKey{Tenant: t, Subject: subject, Secret: fresh.String(), Created: s.Now()})
	}
	return secretOf(x, err)
}

func secretOf(x SubjectKey, err error) (keyring.Secret, error) {
	switch {
	case err != nil:
		return keyring.Secret{}, err
	case !x.Destroyed.IsZero():
		return keyring.Secret{}, keyring.ErrErased
	}
	return keyring.ParseSecret(x.Secret)
}

// Seal seals a value. The empty value stays empty. keyring.ErrErased where the
// subject was forgotten: nothing of it is kept any more.
func (s Subjects) Seal(ctx context.Context, r Records, p Personal, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	key, err := s.Secret(ctx, r, p.Tenant, p.Subject)
	if err != nil {
		return "", err
	}
	return key.Seal(s.Random, p.Place(), value)
}

// Open opens what Seal gave, where it was sealed for. keyring.ErrErased where the
// subject was forgotten; Internal where the value was changed or moved, or its key
// was never kept.
func (s Subjects) Open(ctx context.Context, r Records, p Personal, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	key, err := secretOf(r.SubjectKeys.Get(ctx, p.Tenant, p.Subject))
	if err != nil {
		return "", err
	}
	return key.Open(p.Place(), sealed)
}

// Forget destroys the key of a subject: what was sealed with it is erased
// wherever it stands, but for backups of the records that hold the key.
func (s Subjects) Forget(ctx context.Context, r Records, t access.Tenant, subject string) error {
	return r.SubjectKeys.Destroy(ctx, t, subject, s.Now())
}

// Pseudonyms gives the function that makes stable pseudonyms for a purpose: of
// equal values of a kind the same, of another tenant or purpose others.
func (s Subjects) Pseudonyms(ctx context.Context, r Records, t access.Tenant, purpose string) (func(kind, value string) string, error) {
	key, err := s.Secret(ctx, r, t, PseudonymKey+purpose)
	if err != nil {
		return nil, err
	}
	return key.Pseudonym, nil
}
