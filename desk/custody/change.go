package custody

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// errNoKeys is for what needs the keyring and has none.
var errNoKeys error = fault.New(fault.NotConfigured, "keys", "are not there, and values are sealed: run this where the keyring is")

// opened gives rows with their sealed values open.
func opened(ctx context.Context, s *keyring.Sealer) change {
	return func(f *store.Family, row store.Row) (store.Row, error) {
		out := slices.Clone(row)
		for i, field := range f.Fields {
			v, _ := row[i].(string)
			if !slices.Contains(f.Sealed, field.Name) || !keyring.IsSealed(v) {
				continue
			}
			if s == nil {
				return nil, errNoKeys
			}
			text, err := s.Open(ctx, placeOf(f, field.Name, row), v)
			if err != nil {
				return nil, err
			}
			out[i] = text
		}
		return out, nil
	}
}

// opens returns an error unless every sealed value of a row opens here.
func opens(ctx context.Context, s *keyring.Sealer, f *store.Family, row store.Row) error {
	_, err := opened(ctx, s)(f, row)
	if err != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%s: a value is sealed by a key that is not here (bring the keyring, or export with --clear where it is): %w", f.Name, err)
	}
	return err
}

// pseudonymous gives rows whose texts are replaced by pseudonyms, but for those
// that can name nobody (store.Family.Plain). Equal texts have the same pseudonym
// wherever they stand, so that records can still be joined.
func pseudonymous(ctx context.Context, s *keyring.Sealer, name func(kind, value string) string) change {
	open := opened(ctx, s)
	alias := func(v string) string {
		if v == "" {
			return ""
		}
		return name("value", v)
	}
	return func(f *store.Family, row store.Row) (store.Row, error) {
		out, err := open(f, row)
		if err != nil {
			return nil, err
		}
		for i, field := range f.Fields {
			v, ok := out[i].(string)
			if !ok || field.Kind == store.FieldTenant || slices.Contains(f.Plain, field.Name) {
				continue
			}
			kind, id, named := strings.Cut(v, ":")
			switch {
			case field.Kind == store.FieldList:
				out[i] = aliases(v, alias)
			case field.Name == "object" && named:
				out[i] = kind + ":" + alias(id)
			default:
				out[i] = alias(v)
			}
		}
		return out, nil
	}
}

// aliases replaces the texts of a list; what is none is replaced as a whole.
func aliases(list string, alias func(string) string) string {
	var texts []string
	if json.Unmarshal([]byte(list), &texts) != nil {
		texts = []string{list}
	}
	for i := range texts {
		texts[i] = alias(texts[i])
	}
	if texts == nil {
		texts = []string{}
	}
	raw, err := json.Marshal(texts)
	if err != nil { // texts always marshal
		return "[]"
	}
	return string(raw)
}
