package sealed

import (
	"context"
	"encoding/base64"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// keyed is added to the version of the terms: those of before, which anybody can
// make who guesses words, count as of another version and are made anew.
const keyed = 1 << 20

// search hashes the terms of a search index with a key of the tenant. Equal words
// stay equal, so that all that can be searched stays searchable; which word a term
// stands for can only be told with the key.
type search struct {
	below   store.Search
	records store.Records // with the keys of subjects open
	sealer  *keyring.Sealer
	store   *Store
}

// Put makes the terms what a report is found by.
func (s search) Put(ctx context.Context, t access.Tenant, id store.ReportID, terms []store.Term, version int64) error {
	key, known := s.store.indexKey(t)
	if !known {
		var err error
		if key, err = s.store.subjects.Secret(ctx, s.records, t, store.IndexKey); err != nil {
			return err
		}
	}
	return s.below.Put(ctx, t, id, mask(key, terms), version+keyed)
}

// Drop removes the terms of a report.
func (s search) Drop(ctx context.Context, t access.Tenant, id store.ReportID) (int64, error) {
	return s.below.Drop(ctx, t, id)
}

// Stale returns reports without terms of the version.
func (s search) Stale(ctx context.Context, version int64, after store.ReportName, limit int) ([]store.ReportName, error) {
	return s.below.Stale(ctx, version+keyed, after, limit)
}

// Reports returns reports that have all terms.
func (s search) Reports(ctx context.Context, t access.Tenant, terms []store.Term, f store.ReportFilter, p store.Page) ([]store.Report, store.Key, error) {
	key, known := s.store.indexKey(t)
	if !known {
		x, err := s.records.SubjectKeys.Get(ctx, t, store.IndexKey)
		if err == nil {
			key, err = keyring.ParseSecret(x.Secret)
		}
		switch {
		case err == nil:
			s.store.keepIndexKey(t, key)
		case fault.KindOf(err) != fault.NotFound:
			return nil, store.Key{}, err
		}
		// Without a key nothing is in the index; the store below still says what is
		// wrong with the question.
	}
	list, next, err := s.below.Reports(ctx, t, mask(key, terms), f, p)
	if err == nil {
		err = openHeads(ctx, s.sealer, list)
	}
	if err != nil {
		return nil, store.Key{}, err
	}
	return list, next, nil
}

// indexKey is a key that was read from records that were kept. One that a
// transaction just made is not remembered: the transaction may yet fail.
func (s *Store) indexKey(t access.Tenant) (keyring.Secret, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.index[t]
	return k, ok
}

func (s *Store) keepIndexKey(t access.Tenant, k keyring.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index[t] = k
}

// mask hashes terms. What is no term stays as it is, for the store to refuse.
func mask(key keyring.Secret, terms []store.Term) []store.Term {
	out := make([]store.Term, len(terms))
	for i, x := range terms {
		out[i] = x
		if x.Valid() {
			sum := key.Mac("index", string(x))
			out[i] = store.Term(base64.RawURLEncoding.EncodeToString(sum[:store.TermSize*3/4]))
		}
	}
	return out
}
