package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// secret is some key of a subject.
var secret = keyring.Secret{1, 2, 3}.String()

// keysOfSubjects: a subject has one key, and a destroyed one stays destroyed.
func keysOfSubjects(t *testing.T, s store.Store) {
	key := store.SubjectKey{Tenant: "main", Subject: "a-1", Secret: secret, Created: day}
	write(t, s, func(ctx context.Context, r store.Records) error {
		first, err := r.SubjectKeys.Make(ctx, key)
		if err != nil || first != key {
			t.Errorf("the first key is %v, %v: want the one that was given", first, err)
		}
		other := key
		other.Secret, other.Created = keyring.Secret{9}.String(), day.AddDate(0, 0, 1)
		if again, err := r.SubjectKeys.Make(ctx, other); err != nil || again != key {
			t.Errorf("a second key is %v, %v: want the first one", again, err)
		}
		other.Tenant = "other"
		_, err = r.SubjectKeys.Make(ctx, other)
		return err
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		if got, err := r.SubjectKeys.Get(ctx, "main", "a-1"); err != nil || got != key {
			t.Errorf("the key reads as %v, %v", got, err)
		}
		if got, err := r.SubjectKeys.Get(ctx, "other", "a-1"); err != nil || got.Secret == secret {
			t.Errorf("the other tenant's key reads as %v, %v", got, err)
		}
		_, err := r.SubjectKeys.Get(ctx, "third", "a-1")
		wantKind(t, "the key of a tenant without one", err, fault.NotFound)
		return nil
	})
	later := day.AddDate(0, 1, 0)
	write(t, s, func(ctx context.Context, r store.Records) error {
		for _, subject := range []string{"a-1", "never-there"} {
			for _, when := range []int{1, 2} {
				if err := r.SubjectKeys.Destroy(ctx, "main", subject, day.AddDate(0, when, 0)); err != nil {
					return err
				}
			}
			key.Subject = subject
			got, err := r.SubjectKeys.Make(ctx, key)
			if err != nil || got.Secret != "" || !got.Destroyed.Equal(later) {
				t.Errorf("%s, destroyed, is made to %v, %v: want no secret, destroyed at first", subject, got, err)
			}
		}
		return nil
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		if got, err := r.SubjectKeys.Get(ctx, "other", "a-1"); err != nil || got.Secret == "" {
			t.Errorf("the other tenant's key, after that of this one was destroyed: %v, %v", got, err)
		}
		return nil
	})
	for what, bad := range map[string]store.SubjectKey{
		"no tenant":  {Subject: "a", Secret: secret, Created: day},
		"no subject": {Tenant: "main", Secret: secret, Created: day},
		"a space":    {Tenant: "main", Subject: "Jane Roe", Secret: secret, Created: day},
		"no secret":  {Tenant: "main", Subject: "a", Created: day},
		"no key":     {Tenant: "main", Subject: "a", Secret: "x", Created: day},
		"no time":    {Tenant: "main", Subject: "a", Secret: secret},
		"both":       {Tenant: "main", Subject: "a", Secret: secret, Created: day, Destroyed: day},
	} {
		err := s.Write(t.Context(), func(r store.Records) error { _, err := r.SubjectKeys.Make(t.Context(), bad); return err })
		wantKind(t, what, err, fault.Invalid)
	}
}

// sealsChange: the values that a prefix does not begin are read page by page,
// counted, and replaced unless somebody else was faster.
func sealsChange(t *testing.T, s store.Store) {
	family := store.Families()[0]
	at := slices.IndexFunc(family.Fields, func(f store.Field) bool { return f.Name == "body" })
	prefix := keyring.Prefix("0a0b0c0d")
	for i := range 5 {
		add(t, s, NewReport("main", fmt.Sprint("r", i), day), NewReport("m-2", fmt.Sprint("r", i), day))
	}
	var first store.Row
	seen := map[string]int{}
	for {
		var rows []store.Row
		write(t, s, func(ctx context.Context, r store.Records) (err error) {
			if rows, err = r.Seals.Outdated(ctx, &family, prefix, first, 3); err != nil {
				return err
			}
			for _, row := range rows {
				if family.Tenant(row) == Elsewhere {
					continue
				}
				seen[string(family.Tenant(row))+"/"+family.RecordOf(row)]++
				now := slices.Clone(row)
				if now[at] = prefix + strings.Repeat("x", 20); row[1] == "r0" {
					continue
				}
				if ok, err := r.Seals.Replace(ctx, &family, row, now); err != nil || !ok {
					t.Errorf("a value is not replaced: %v, %v", ok, err)
				}
				if ok, err := r.Seals.Replace(ctx, &family, row, now); err != nil || ok {
					t.Errorf("a value that changed meanwhile is replaced: %v, %v", ok, err)
				}
			}
			return nil
		})
		if len(rows) == 0 {
			break
		}
		first = rows[len(rows)-1]
	}
	if len(seen) != 10 {
		t.Errorf("%d rows were seen: want all 10, each once: %v", len(seen), seen)
	}
	for row, n := range seen {
		if n != 1 {
			t.Errorf("%s was seen %d times", row, n)
		}
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		rows, err := r.Seals.Outdated(ctx, &family, prefix, nil, 100)
		rows = slices.DeleteFunc(rows, func(row store.Row) bool { return family.Tenant(row) == Elsewhere })
		if err != nil || len(rows) != 2 {
			t.Errorf("%d rows are left, %v: want the 2 that were not replaced", len(rows), err)
		}
		for tenant, want := range map[string]int64{"main": 4, "m-2": 4, "": 8, "none": 0} {
			n, err := r.Seals.Count(ctx, &family, access.Tenant(tenant))
			if err != nil || n[prefix] != want {
				t.Errorf("of %q %v stand by key, %v: want %d", tenant, n, err, want)
			}
		}
		return nil
	})
}
