package custody_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sealed"
	"bonafide/store/storetest"
)

type inner = custody.Ring

// hooked is a ring with something that happens around each change.
type hooked struct {
	inner
	before, after func() error
}

func (h hooked) Change(f func(*keyring.Ring) (*keyring.Ring, error)) error {
	if h.before != nil {
		if err := h.before(); err != nil {
			return err
		}
	}
	if err := h.inner.Change(f); err != nil || h.after == nil {
		return err
	}
	return h.after()
}

func (h *house) keysWith(r custody.Ring) *custody.Keys {
	return custody.NewKeys(h.db, custody.KeysConfig{Ring: r, Sealer: h.sealer, Now: func() time.Time { return noon }, Random: rand.Reader})
}

func actions(t *testing.T, s store.Store, action string) (objects []string) {
	t.Helper()
	if err := s.Read(t.Context(), func(r store.Records) error {
		list, _, err := r.Audit.List(t.Context(), "main", store.AuditFilter{Action: action}, 0, 0)
		for _, e := range list {
			objects = append(objects, e.Object)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return objects
}

// TestRetireLosesNothing: what a server that did not follow seals with the key
// while it is being destroyed stays readable: the key stays or comes back.
func TestRetireLosesNothing(t *testing.T) {
	for _, when := range []string{"before the change", "after it"} {
		e := storetest.SQLite()
		h := newHouse(t, e, e.DSN(t))
		ctx := t.Context()
		former := h.ring.Ring() // never changes: a server that cannot read the file
		first, err := former.Active()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.keys.Rotate(ctx, nil); err != nil {
			t.Fatal(err)
		}
		behind := sealed.New(h.db, keyring.NewSealer(former, rand.Reader), time.Now, rand.Reader)
		once := false
		late := func() error {
			if once {
				return nil
			}
			once = true
			return behind.Write(ctx, func(r store.Records) error { return r.Reports.Add(ctx, storetest.NewReport("main", "late", noon)) })
		}
		ring := hooked{inner: h.ring, after: late}
		if when == "before the change" {
			ring = hooked{inner: h.ring, before: late}
		}
		if err := h.keysWith(ring).Retire(ctx, first, "test"); fault.KindOf(err) != fault.Conflict || err == nil || !once {
			t.Errorf("%s: %v: want Conflict", when, err)
		}
		if undone := actions(t, h.db, "keys.retire.undone"); (len(undone) == 1) != (when == "after it") {
			t.Errorf("%s: entries of what was undone: %v", when, undone)
		}
		for _, k := range h.ring.Ring().Keys() {
			if k.ID == first && k.State != keyring.DecryptOnly {
				t.Errorf("%s: the key is %s", when, k.State)
			}
		}
		if _, err := h.keys.Reseal(ctx, nil); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if err := h.keys.Retire(ctx, first, "test"); err != nil {
			t.Errorf("%s: once nothing is sealed with it: %v", when, err)
		}
		if err := h.over.Read(ctx, func(r store.Records) error {
			x, err := r.Reports.Get(ctx, "main", "late")
			if x.Text != storetest.NewReport("main", "", noon).Text {
				t.Errorf("%s: reads as %q", when, x.Text)
			}
			return err
		}); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
}

// TestKilledRotationIsNoted: a rotation that ends right behind the change of the
// ring and is continued has its entry in the audit.
func TestKilledRotationIsNoted(t *testing.T) {
	e := storetest.SQLite()
	h := newHouse(t, e, e.DSN(t))
	killed := errors.New("killed")
	if _, err := h.keysWith(hooked{inner: h.ring, after: func() error { return killed }}).Rotate(t.Context(), nil); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	out, err := h.keys.Reseal(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := actions(t, h.db, "keys.rotate"); len(got) != 1 || got[0] != "key:"+out.Key {
		t.Errorf("entries %v: want one for %s", got, out.Key)
	}
	if _, err := h.keysWith(hooked{inner: h.ring, after: func() error { return killed }}).Add(t.Context()); !errors.Is(err, killed) || len(actions(t, h.db, "keys.add")) != 1 {
		t.Errorf("a key that was added: %v", err)
	}
}

// TestImportSeals: what a clear export brings beside a running server is sealed
// when the import ends; what belongs to others stays as it is.
func TestImportSeals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		h := newHouse(t, e, e.DSN(t))
		ctx := t.Context()
		const many = 203 // more than one step
		if err := store.Change(ctx, h.over, storetest.NewDeed("main", "report.add", "r", noon), func(r store.Records) error {
			for i := range many {
				if err := r.Reports.Add(ctx, storetest.NewReport("main", "r"+string(rune('a'+i/26))+string(rune('a'+i%26)), noon)); err != nil {
					return err
				}
			}
			return r.Secrets.SetTOTP(ctx, "main", "p-1", "SECRET", 1)
		}); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := custody.WithKeys(h.over, h.sealer).ExportTenant(ctx, custody.ExportOptions{Tenant: "main", Clear: true, Secrets: false, Now: noon}, &file); err != nil {
			t.Fatal(err)
		}
		db := e.Open(t)
		if err := db.Write(ctx, func(r store.Records) error {
			return errors.Join(r.Tenants.Add(ctx, store.Tenant{ID: "other", Name: "Other", Created: noon}), r.Reports.Add(ctx, storetest.NewReport("other", "plain", noon)))
		}); err != nil {
			t.Fatal(err)
		}
		over := sealed.New(db, h.sealer, time.Now, rand.Reader)
		if _, err := custody.WithKeys(over, h.sealer).ImportTenant(ctx, noon, bytes.NewReader(file.Bytes())); err != nil {
			t.Fatal(err)
		}
		if err := over.Read(ctx, func(r store.Records) error {
			for _, f := range store.Families() {
				n, err := r.Seals.Count(ctx, &f, "main")
				if err != nil {
					return err
				}
				if n[""] > 0 {
					t.Errorf("%s: %d values are not sealed", f.Name, n[""])
				}
			}
			x, err := r.Reports.Get(ctx, "main", "rab")
			if err != nil || x.Text != storetest.NewReport("main", "", noon).Text {
				t.Errorf("reads as %q", x.Text)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		for _, c := range verified(t, db) {
			if c.Broken != nil {
				t.Errorf("the chain of %s: %+v", c.Tenant, c.Broken)
			}
		}
	})
}
