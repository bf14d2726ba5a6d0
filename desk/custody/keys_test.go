package custody_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/outside/keyfile"
	"bonafide/store"
	"bonafide/store/sealed"
	"bonafide/store/storetest"
)

// house is a database with a keyring: desks over, custody below.
type house struct {
	db, over store.Store
	ring     *keyfile.File
	keys     *custody.Keys
	sealer   *keyring.Sealer
}

func newHouse(t *testing.T, e storetest.Engine, dsn string) *house {
	t.Helper()
	h := &house{db: e.OpenAt(t, dsn)}
	var err error
	if h.ring, err = keyfile.Make(filepath.Join(t.TempDir(), "keyring.json"), rand.Reader, noon); err != nil {
		t.Fatal(err)
	}
	h.sealer = keyring.NewSealer(h.ring, rand.Reader)
	now := func() time.Time { return noon }
	h.over = sealed.New(h.db, h.sealer, now, rand.Reader)
	h.keys = custody.NewKeys(h.db, custody.KeysConfig{Ring: h.ring, Sealer: h.sealer, Now: now, Random: rand.Reader,
		Former: func(owner, kept string) (string, error) {
			if rest, ok := strings.CutPrefix(kept, "old:"+owner+":"); ok {
				return "open:" + rest, nil
			}
			return kept, nil
		}})
	for _, tenant := range []store.Tenant{{ID: "main", Name: "Main", Created: noon}, {ID: "other", Name: "Other", Created: noon}} {
		if err := h.db.Write(t.Context(), func(r store.Records) error { return r.Tenants.Add(t.Context(), tenant) }); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestReseal: everything that is sealed stands under the new key after a
// rotation, what was plain, too, and secrets that people.key sealed; a value that
// was damaged stays and is told; the chains tell how many of each tenant.
func TestReseal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		dsn := e.DSN(t)
		h := newHouse(t, e, dsn)
		ctx := t.Context()
		add := func(s store.Store, tenant, id string) {
			t.Helper()
			if err := s.Write(ctx, func(r store.Records) error {
				return r.Reports.Add(ctx, storetest.NewReport(access.Tenant(tenant), id, noon))
			}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 {
			add(h.db, "main", fmt.Sprint("plain", i))
			add(h.over, "main", fmt.Sprint("sealed", i))
			add(h.over, "other", fmt.Sprint("sealed", i))
		}
		if err := h.db.Write(ctx, func(r store.Records) error {
			return errors.Join(r.Secrets.SetTOTP(ctx, "main", "p-1", "old:main/p-1:SECRET", 1), r.Secrets.SetTOTP(ctx, "main", "p-2", "open:OTHER", 1))
		}); err != nil {
			t.Fatal(err)
		}
		first, err := h.ring.Active()
		if err != nil {
			t.Fatal(err)
		}
		e.Exec(t, dsn, "UPDATE reports SET body = (SELECT body FROM reports WHERE tenant = 'main' AND id = 'sealed0') WHERE tenant = 'other' AND id = 'sealed2'")
		out, err := h.keys.Rotate(ctx, nil)
		if err == nil || out.Failed != 1 || !strings.Contains(err.Error(), "does not open") {
			t.Errorf("a rotation over a value that was moved: %+v, %v: want that one failed", out, err)
		}
		if out.Rows["reports"] != 8 || out.Rows["factors"] != 2 || out.Key == first {
			t.Errorf("sealed again: %+v: want 8 reports and 2 factors, with a new key", out)
		}
		use, plain, err := h.keys.List(ctx)
		if err != nil || plain != 0 || len(use) != 2 || use[0].Values != 1 || use[1].Values != 10 {
			t.Errorf("the keys are %+v with %d plain values, %v", use, plain, err)
		}
		if err := h.keys.Retire(ctx, first, "test"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a key that still seals a value is retired: %v", err)
		}
		if err := h.over.Write(ctx, func(r store.Records) error { return r.Reports.Erase(ctx, "other", "sealed2") }); err != nil {
			t.Fatal(err)
		}
		if err := h.keys.Retire(ctx, first, "test"); err != nil {
			t.Errorf("a key that seals nothing: %v", err)
		}
		if err := h.over.Read(ctx, func(r store.Records) error {
			for _, id := range []store.ReportID{"plain1", "sealed1"} {
				if x, err := r.Reports.Get(ctx, "main", id); err != nil || x.Text != storetest.NewReport("main", "", noon).Text {
					t.Errorf("%s reads as %q, %v", id, x.Text, err)
				}
			}
			f, err := r.Secrets.Get(ctx, "main", "p-1")
			if f.TOTP != "open:SECRET" {
				t.Errorf("a secret of before the keyring: %q", f.TOTP)
			}
			entries, _, err2 := r.Audit.List(ctx, "other", store.AuditFilter{Action: "keys.reseal"}, 0, 0)
			if len(entries) != 1 || entries[0].Why != "2 of reports" {
				t.Errorf("the other tenant's entries: %+v", entries)
			}
			return errors.Join(err, err2)
		}); err != nil {
			t.Error(err)
		}
		for _, c := range verified(t, h.db) {
			if c.Broken != nil {
				t.Errorf("the chain of %s: %+v", c.Tenant, c.Broken)
			}
		}
	})
}

func verified(t *testing.T, s store.Store) []custody.Result {
	t.Helper()
	out, err := custody.New(s).Verify(t.Context(), custody.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestResealBesideOthers: what others write, change and erase while a rotation
// runs is neither lost nor brought back, and one that was given up goes on.
func TestResealBesideOthers(t *testing.T) {
	e := storetest.SQLite()
	h := newHouse(t, e, e.DSN(t))
	ctx := t.Context()
	const many = 450
	if err := h.over.Write(ctx, func(r store.Records) error {
		for i := range many {
			if err := r.Reports.Add(ctx, storetest.NewReport("main", fmt.Sprintf("r%03d", i), noon)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(ctx)
	out, err := h.keys.Rotate(ended, func(custody.Resealed) { cancel() })
	if !errors.Is(err, context.Canceled) || out.Rows["reports"] != 200 {
		t.Fatalf("given up after the first step: %+v, %v", out, err)
	}
	steps := 0
	out, err = h.keys.Reseal(ctx, func(custody.Resealed) {
		if steps++; steps > 1 {
			return
		}
		if err := h.over.Write(ctx, func(r store.Records) error {
			x, err := r.Reports.Get(ctx, "main", "r449")
			if err != nil {
				return err
			}
			x.Note = "written meanwhile"
			_, err = r.Reports.Update(ctx, x)
			return errors.Join(err, r.Reports.Erase(ctx, "main", "r448"), r.Reports.Add(ctx, storetest.NewReport("main", "r999", noon)))
		}); err != nil {
			t.Error(err)
		}
	})
	if err != nil || out.Rows["reports"] != many-200-1 {
		t.Errorf("went on: %+v, %v: want the %d that were left but the one that was erased", out, err, many-201)
	}
	if err := h.over.Read(ctx, func(r store.Records) error {
		n, err := r.Reports.Count(ctx, "main", store.ReportFilter{})
		x, err2 := r.Reports.Get(ctx, "main", "r449")
		if n != many || x.Note != "written meanwhile" || x.Revision != 2 {
			t.Errorf("%d reports, note %q, revision %d", n, x.Note, x.Revision)
		}
		return errors.Join(err, err2)
	}); err != nil {
		t.Error(err)
	}
	use, plain, err := h.keys.List(ctx)
	if err != nil || plain != 0 || use[0].Values != 0 {
		t.Errorf("left under the old key: %+v, %d plain, %v", use, plain, err)
	}
}

// TestSealedValuesMove: a backup and an export hold sealed values, which open
// where the keyring is; a clear export needs it, and comes back without.
func TestSealedValuesMove(t *testing.T) {
	e := storetest.SQLite()
	h := newHouse(t, e, e.DSN(t))
	ctx := t.Context()
	x := storetest.NewReport("main", "r1", noon)
	if err := store.Change(ctx, h.over, storetest.NewDeed("main", "report.add", "r1", noon), func(r store.Records) error { return r.Reports.Add(ctx, x) }); err != nil {
		t.Fatal(err)
	}
	desk := custody.WithKeys(h.over, h.sealer)
	export := func(o custody.ExportOptions) []byte {
		t.Helper()
		var b bytes.Buffer
		o.Tenant, o.Now = "main", noon
		if _, err := desk.ExportTenant(ctx, o, &b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	sealedFile, clear := export(custody.ExportOptions{}), export(custody.ExportOptions{Clear: true})
	if bytes.Contains(sealedFile, []byte(x.Text)) || !bytes.Contains(clear, []byte(x.Text)) {
		t.Error("an export holds open values, or a clear one does not")
	}
	if _, err := custody.New(h.db).ExportTenant(ctx, custody.ExportOptions{Tenant: "main", Clear: true, Now: noon}, &bytes.Buffer{}); fault.KindOf(err) != fault.NotConfigured {
		t.Errorf("a clear export without the keyring: %v", err)
	}
	if _, err := custody.New(h.db).ExportTenant(ctx, custody.ExportOptions{Tenant: "main", Purpose: "research", Now: noon}, &bytes.Buffer{}); fault.KindOf(err) != fault.NotConfigured {
		t.Errorf("pseudonyms without the keyring: %v", err)
	}
	for what, c := range map[string]struct {
		file []byte
		keys bool
		ok   bool
	}{"sealed, with the keyring": {sealedFile, true, true}, "sealed, without": {sealedFile, false, false}, "clear, without": {clear, false, true}} {
		db := e.Open(t)
		to := custody.New(db)
		if c.keys {
			to = custody.WithKeys(db, h.sealer)
		}
		_, err := to.ImportTenant(ctx, noon, bytes.NewReader(c.file))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if !c.ok {
			continue
		}
		if err := sealed.New(db, h.sealer, time.Now, rand.Reader).Read(ctx, func(r store.Records) error {
			got, err := r.Reports.Get(ctx, "main", "r1")
			if got.Text != x.Text {
				t.Errorf("%s: reads as %q", what, got.Text)
			}
			return err
		}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// FuzzAnchors: whatever a file of heads holds, reading it does not panic, and each
// head that it gives is one that is printed and read again.
func FuzzAnchors(f *testing.F) {
	head := "main:3:" + strings.Repeat("0a", 32)
	f.Add(head + "\n\n")
	f.Add(`{"type":"audit.heads","timestamp":"2026-11-22T12:00:00Z","data":{"heads":["` + head + `"]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		out, err := custody.ParseAnchors(text)
		for _, a := range out {
			if again, bad := custody.ParseAnchor(a.String()); err == nil && (bad != nil || again != a) {
				t.Errorf("%v reads again as %v, %v", a, again, bad)
			}
		}
	})
}
