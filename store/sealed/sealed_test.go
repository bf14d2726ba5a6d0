package sealed_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sealed"
	"bonafide/store/storetest"
)

var day = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func now() time.Time { return day }

func ring(t testing.TB) *keyring.Ring {
	t.Helper()
	r, err := keyring.New(rand.Reader, day)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func over(s store.Store, w keyring.Wrapper) *sealed.Store {
	return sealed.New(s, keyring.NewSealer(w, rand.Reader), now, rand.Reader)
}

// TestConformance: with sealed values every contract of the store holds as
// without. What the layer does is the same on both engines: one is enough.
func TestConformance(t *testing.T) {
	e := storetest.SQLite()
	e.Over = func(s store.Store) store.Store { return over(s, ring(t)) }
	storetest.Run(t, e)
}

func do(t testing.TB, s store.Store, f func(ctx context.Context, r store.Records) error) {
	t.Helper()
	if err := s.Write(t.Context(), func(r store.Records) error { return f(t.Context(), r) }); err != nil {
		t.Fatal(err)
	}
}

const number = "1-888-555-0147"

// fill keeps a report with a note, an authenticator's secret, and a subject's key.
func fill(t testing.TB, s store.Store) store.Report {
	t.Helper()
	x := storetest.NewReport("main", "r1", day)
	x.Text = "AMZ: call " + number + ". " + strings.Repeat("注文番号 ", 200)
	x.Note = "asked the seller"
	do(t, s, func(ctx context.Context, r store.Records) error {
		_, err := r.SubjectKeys.Make(ctx, store.SubjectKey{Tenant: "main", Subject: "a-1", Secret: keyring.Secret{7}.String(), Created: day})
		return errors.Join(err, r.Reports.Add(ctx, x), r.Secrets.SetTOTP(ctx, "main", "p-1", "JBSWY3DPEHPK3PXP", 5),
			r.Search.Put(ctx, "main", "r1", []store.Term{store.NewTerm("main", number)}, 1))
	})
	return x
}

// TestNothingIsOpenBelow: what is sensitive stands nowhere in the database, and
// comes back through the layer.
func TestNothingIsOpenBelow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		db := e.Open(t)
		s := over(db, ring(t))
		x := fill(t, s)
		var all bytes.Buffer
		do(t, db, func(ctx context.Context, r store.Records) error {
			for _, f := range store.Families() {
				if err := r.Mover.Walk(ctx, &f, "", func(row store.Row) error {
					for i, v := range row {
						if text, ok := v.(string); ok {
							all.WriteString(f.Fields[i].Name + "=" + text + "\n")
						}
					}
					return nil
				}); err != nil {
					return err
				}
			}
			plain, _, err := r.Search.Reports(ctx, "main", []store.Term{store.NewTerm("main", number)}, store.ReportFilter{}, store.Page{})
			if len(plain) != 0 {
				t.Error("whoever guesses the number finds its term in the index")
			}
			return err
		})
		for _, secret := range []string{number, "注文", "seller", "JBSWY3DP", keyring.Secret{7}.String()} {
			if strings.Contains(all.String(), secret) {
				t.Errorf("%q stands open in the records", secret)
			}
		}
		do(t, s, func(ctx context.Context, r store.Records) error {
			if got, err := r.Reports.Get(ctx, "main", "r1"); err != nil || got.Text != x.Text || got.Note != x.Note {
				t.Errorf("the report reads as %d bytes, %q, %v", len(got.Text), got.Note, err)
			}
			list, _, err := r.Search.Reports(ctx, "main", []store.Term{store.NewTerm("main", number)}, store.ReportFilter{}, store.Page{})
			if err != nil || len(list) != 1 || list[0].Text != keyring.Head(x.Text) {
				t.Errorf("the search finds %d reports, %v: want one with the beginning of its text", len(list), err)
			}
			if f, err := r.Secrets.Get(ctx, "main", "p-1"); err != nil || f.TOTP != "JBSWY3DPEHPK3PXP" {
				t.Errorf("the authenticator's secret: %v", err)
			}
			k, err := r.SubjectKeys.Get(ctx, "main", "a-1")
			if k.Secret != (keyring.Secret{7}).String() {
				t.Error("the key of a subject does not come back")
			}
			return err
		})
	})
}

// TestValuesStayInPlace: a value that somebody moved to another record, field or
// tenant in the database does not open there, nor one that was cut.
func TestValuesStayInPlace(t *testing.T) {
	for what, tamper := range map[string]string{
		"another record": "UPDATE reports SET body = (SELECT body FROM reports WHERE id = 'r2') WHERE id = 'r1'",
		"another field":  "UPDATE reports SET body = note WHERE id = 'r1'",
		"another tenant": "UPDATE reports SET tenant = 'other' WHERE id = 'r1'",
		"cut behind":     "UPDATE reports SET body = substr(body, 1, length(body) - 40) WHERE id = 'r1'",
		"without tail":   "UPDATE reports SET body = substr(body, 1, 1000) WHERE id = 'r1'",
	} {
		t.Run(what, func(t *testing.T) {
			e := storetest.SQLite()
			dsn := e.DSN(t)
			s := over(e.OpenAt(t, dsn), ring(t))
			x := fill(t, s)
			x.ID = "r2"
			do(t, s, func(ctx context.Context, r store.Records) error { return r.Reports.Add(ctx, x) })
			e.Exec(t, dsn, tamper)
			err := s.Read(t.Context(), func(r store.Records) error {
				tenant := access.Tenant("main")
				if what == "another tenant" {
					tenant = "other"
				}
				_, err := r.Reports.Get(t.Context(), tenant, "r1")
				return err
			})
			if err == nil || fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), number) {
				t.Errorf("error %v: want that a value does not open", err)
			}
		})
	}
}

// TestKeysThatAreNotThere: with another keyring the error names the key that is
// missing; nothing else fails.
func TestKeysThatAreNotThere(t *testing.T) {
	db := storetest.SQLite().Open(t)
	mine := ring(t)
	fill(t, over(db, mine))
	id, _ := mine.Active()
	other := over(db, ring(t))
	err := other.Read(t.Context(), func(r store.Records) error { _, err := r.Reports.Get(t.Context(), "main", "r1"); return err })
	if fault.KindOf(err) != fault.NotConfigured || !strings.Contains(err.Error(), id) {
		t.Errorf("error %v: want NotConfigured that names key %s", err, id)
	}
	if err := other.Read(t.Context(), func(r store.Records) error { _, err := r.Audit.Heads(t.Context()); return err }); err != nil {
		t.Error(err)
	}
}

// TestPlainValuesOfBefore: what was kept before there was a keyring is read as it
// is, and its terms count as stale.
func TestPlainValuesOfBefore(t *testing.T) {
	db := storetest.SQLite().Open(t)
	x := fill(t, db)
	s := over(db, ring(t))
	do(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Reports.Get(ctx, "main", "r1")
		if err != nil || got.Text != x.Text {
			t.Errorf("a plain report reads as %q, %v", got.Text, err)
		}
		list, _, err := r.Reports.List(ctx, "main", store.ReportFilter{}, store.Page{})
		if err != nil || len(list) != 1 || list[0].Text != keyring.Head(x.Text) {
			t.Errorf("a plain report is listed as %v, %v", list, err)
		}
		stale, err := r.Search.Stale(ctx, 1, store.ReportName{}, 10)
		if err != nil || len(stale) != 1 {
			t.Errorf("%d reports are to be made searchable anew, %v: want the one whose terms were made without a key", len(stale), err)
		}
		if err := r.Search.Put(ctx, "main", "r1", []store.Term{store.NewTerm("main", "x")}, 1); err != nil {
			return err
		}
		if stale, err = r.Search.Stale(ctx, 1, store.ReportName{}, 10); err != nil || len(stale) != 0 {
			t.Errorf("%d reports are stale after that, %v", len(stale), err)
		}
		return nil
	})
}

// TestIndexKeyOfALostTransaction: a transaction that makes the key of the index
// and fails leaves none behind in the process either.
func TestIndexKeyOfALostTransaction(t *testing.T) {
	s := over(storetest.SQLite().Open(t), ring(t))
	term := []store.Term{store.NewTerm("main", "x")}
	lost := errors.New("lost")
	put := func(r store.Records) error {
		return errors.Join(r.Reports.Add(t.Context(), storetest.NewReport("main", "r1", day)), r.Search.Put(t.Context(), "main", "r1", term, 1))
	}
	if err := s.Write(t.Context(), func(r store.Records) error { return errors.Join(put(r), lost) }); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	do(t, s, func(ctx context.Context, r store.Records) error {
		list, _, err := r.Search.Reports(ctx, "main", term, store.ReportFilter{}, store.Page{})
		if len(list) != 1 {
			t.Errorf("%d reports found: want 1", len(list))
		}
		return err
	})
}

// TestForgottenSubject: what stands under the key of somebody who was forgotten
// can be read by nobody, and that is told from a fault.
func TestForgottenSubject(t *testing.T) {
	s := over(storetest.SQLite().Open(t), ring(t))
	subjects := store.Subjects{Random: rand.Reader, Now: now}
	name := store.Personal{Tenant: "main", Subject: "a-1", Field: "address.name"}
	var value string
	do(t, s, func(ctx context.Context, r store.Records) (err error) {
		value, err = subjects.Seal(ctx, r, name, "Jane Roe")
		return err
	})
	open := func(p store.Personal) (out string, err error) {
		err = s.Read(t.Context(), func(r store.Records) error {
			out, err = subjects.Open(t.Context(), r, p, value)
			return err
		})
		return out, err
	}
	if got, err := open(name); err != nil || got != "Jane Roe" || strings.Contains(value, "Jane") {
		t.Errorf("%q opens as %q, %v", value, got, err)
	}
	elsewhere := name
	elsewhere.Field = "address.city"
	if got, err := open(elsewhere); err == nil {
		t.Errorf("in another field it opens as %q", got)
	}
	do(t, s, func(ctx context.Context, r store.Records) error { return subjects.Forget(ctx, r, "main", "a-1") })
	if got, err := open(name); got != "" || !errors.Is(err, keyring.ErrErased) {
		t.Errorf("a forgotten value: %q, %v: want ErrErased", got, err)
	}
	err := s.Write(t.Context(), func(r store.Records) error {
		_, err := subjects.Seal(t.Context(), r, name, "Jane Roe")
		return err
	})
	if !errors.Is(err, keyring.ErrErased) {
		t.Errorf("a value that comes late: %v: want ErrErased", err)
	}
	do(t, s, func(ctx context.Context, r store.Records) error {
		one, err := subjects.Pseudonyms(ctx, r, "main", "research")
		two, err2 := subjects.Pseudonyms(ctx, r, "main", "research")
		other, err3 := subjects.Pseudonyms(ctx, r, "other", "research")
		if err = errors.Join(err, err2, err3); err != nil {
			return err
		}
		if p := one("login", "jane"); p != two("login", "jane") || p == other("login", "jane") || p == one("name", "jane") || len(p) != 32 {
			t.Errorf("pseudonym %q is not stable, or not of its tenant and kind alone", p)
		}
		return nil
	})
}
