package store

import (
	"context"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
)

// SubjectKey is the key of one person or account, under which personal values
// stand where nothing can be removed, such as the log of events: when the key is
// destroyed, they are erased. A subject that begins with "@" is a key of the
// tenant itself, such as that of its search index.
type SubjectKey struct {
	Tenant access.Tenant
	// Subject is a pseudonym, never a name or an address: it stays when the key is
	// destroyed. 1 to MaxSubject bytes.
	Subject string
	// Secret is a keyring.Secret as text; empty once it is destroyed. The store of
	// package sealed keeps it sealed.
	Secret  string
	Created time.Time
	// Destroyed is when the key was destroyed; zero: it is there.
	Destroyed time.Time
}

// Keys of the tenant itself.
const (
	// IndexKey is what the terms of the search index are hashed with.
	IndexKey = "@index"
	// PseudonymKey and a purpose is what pseudonyms for that purpose are made with.
	PseudonymKey = "@pseudonym/"
)

// MaxSubject is how many bytes the pseudonym of a subject has at most.
const MaxSubject = 128

// SubjectKeys are the keys of subjects. A destroyed one stays as a note that it
// was there, so that what comes late is not kept under a new one.
type SubjectKeys interface {
	// Make keeps the key for a subject that has none, and returns the one that it
	// has then: its own from before, or a destroyed one without its secret.
	Make(ctx context.Context, k SubjectKey) (SubjectKey, error)
	// Get returns the key of a subject, destroyed or not.
	Get(ctx context.Context, t access.Tenant, subject string) (SubjectKey, error)
	// Destroy removes the secret of a subject's key, and notes it where there never
	// was one. What was destroyed before stays so.
	Destroy(ctx context.Context, t access.Tenant, subject string, when time.Time) error
	// List returns at most limit subjects above one that have a key, in their order.
	List(ctx context.Context, t access.Tenant, after string, limit int) ([]string, error)
}

// Check returns what is wrong with a key of a subject, nil if it can be kept.
func (k *SubjectKey) Check() error {
	if _, err := access.ParseTenant(string(k.Tenant)); err != nil {
		return err
	}
	if k.Subject == "" || strings.ContainsAny(k.Subject, " \n\t") {
		return fault.New(fault.Invalid, "subject", "of a key is empty or has a space: want a pseudonym of one word")
	}
	if err := checkTexts([]field{{"subject", k.Subject, MaxSubject}, {"secret", k.Secret, 4096}}); err != nil {
		return err
	}
	switch {
	case Micros(k.Created) <= 0:
		return fault.New(fault.Invalid, "created", "of a key is missing")
	case k.Secret == "" && k.Destroyed.IsZero() || k.Secret != "" && !k.Destroyed.IsZero():
		return fault.New(fault.Invalid, "secret", "of a key has to be there until it is destroyed, and then no more")
	case k.Secret != "" && !keyring.IsSealed(k.Secret):
		_, err := keyring.ParseSecret(k.Secret)
		return err
	}
	return nil
}

// Seals are sealed values as they stand, for those who change the keys: of the
// fields that families name in Sealed.
type Seals interface {
	// Outdated returns at most limit rows of all tenants that hold a value in a
	// sealed field which is not empty and does not begin with the prefix. They come
	// in an order of the database's own, after the given row (nil: from the first).
	Outdated(ctx context.Context, f *Family, prefix string, after Row, limit int) ([]Row, error)
	// Replace writes the sealed fields of a row. It reports false, and writes
	// nothing, when they are not what they were in old any more, or the row is gone.
	Replace(ctx context.Context, f *Family, old, now Row) (bool, error)
	// Count returns how many values of the tenant, or of all (""), stand in the
	// family by the key that they are sealed with (keyring.Prefix); under "" those
	// that are not sealed. Empty values do not count.
	Count(ctx context.Context, f *Family, t access.Tenant) (map[string]int64, error)
}

func checkSubjectKeyRow(r Row) error {
	x := SubjectKey{Tenant: access.Tenant(r[0].(string)), Subject: r[1].(string), Secret: r[2].(string), Created: Time(r[3].(int64)), Destroyed: Time(r[4].(int64))}
	return x.Check()
}

// RecordOf is the record of a row as keyring.Place names it: its key fields.
func (f *Family) RecordOf(r Row) string {
	var key []string
	for i, field := range f.Fields {
		if field.Key && field.Kind != FieldTenant && i < len(r) {
			s, _ := r[i].(string)
			key = append(key, s)
		}
	}
	return strings.Join(key, "\x00")
}

// textLimit is the limit of a text in bytes as it stands in the records, where
// it may be sealed.
func textLimit(text string, limit int) int {
	if keyring.IsSealed(text) {
		return keyring.SealedSize(limit)
	}
	return limit
}
