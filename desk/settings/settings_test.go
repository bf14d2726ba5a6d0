package settings_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/settings"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type rig struct {
	*settings.Desk
	db  store.Store
	now time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db, err := sql.Open(t.Context(), sql.Config{DSN: t.TempDir() + "/records.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Write(t.Context(), func(r store.Records) error {
		return errors.Join(r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: noon}),
			r.Tenants.Add(t.Context(), store.Tenant{ID: "other", Name: "Other", Created: noon}))
	}); err != nil {
		t.Fatal(err)
	}
	r := &rig{db: db, now: noon}
	r.Desk, err = settings.New(settings.Config{Store: db, Now: func() time.Time { return r.now }, Langs: []string{"en", "de", "ja"}, Countries: []string{"DE", "JP"},
		Idle: 30 * time.Minute, Absolute: 12 * time.Hour, Public: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func admin(t access.Tenant) access.Actor {
	return access.Actor{Tenant: t, Person: "p1", Roles: []access.Role{access.Admin}, Confirmed: noon, From: "192.0.2.0/24"}
}

// TestChange: what changes is kept and written down with old and new, one entry a
// setting; what stays is not; who comes late is told; another tenant sees nothing.
func TestChange(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	v := settings.Values{Name: " Main  house ", Lang: "de", Country: "de", SecondFor: []access.Role{access.Admin, access.Analyst, access.Admin}, Idle: 10 * time.Minute, Notice: "Call 12\r\n<b>now</b>"}
	if err := r.Change(ctx, admin("main"), v); err != nil {
		t.Fatal(err)
	}
	if err := r.Change(ctx, admin("main"), v); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a change of settings that were changed meanwhile: %v", err)
	}
	got, err := r.Get(ctx, admin("main"))
	if err != nil || got.Name != "Main house" || got.Country != "DE" || len(got.SecondFor) != 2 || got.Revision != 1 || got.Notice != "Call 12\n<b>now</b>" || !got.Changed.Equal(noon) {
		t.Errorf("settings are %+v, %v", got, err)
	}
	if err := r.Change(ctx, admin("main"), got.Values); err != nil {
		t.Errorf("a change of nothing: %v", err)
	}
	next := got.Values
	next.Idle, next.Notice = 0, ""
	if err := r.Change(ctx, admin("main"), next); err != nil {
		t.Fatal(err)
	}
	var said []string
	if err := r.db.Read(ctx, func(x store.Records) error {
		list, _, err := x.Audit.List(ctx, "main", store.AuditFilter{Action: "settings.change"}, 0, 100)
		for _, e := range list {
			said = append(said, e.Object+": "+e.Why)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"settings:notice: Call 12\n<b>now</b> → –", "settings:idle: 10m0s → –", "settings:notice: – → Call 12\n<b>now</b>", "settings:idle: – → 10m0s",
		"settings:second_for: – → admin, analyst", "settings:country: – → DE", "settings:lang: – → de", "settings:name: Main → Main house"}
	if strings.Join(said, "|") != strings.Join(want, "|") {
		t.Errorf("the audit says\n%q, want\n%q", said, want)
	}
	if other, err := r.Get(ctx, admin("other")); err != nil || other.Name != "Other" || other.Lang != "" {
		t.Errorf("the other tenant's settings: %+v, %v", other, err)
	}
}

// TestRights: only who has the right looks; to change asks for a fresh proof.
func TestRights(t *testing.T) { // S2.17
	r := newRig(t)
	for _, role := range access.Roles() {
		a := admin("main")
		a.Roles = []access.Role{role}
		_, err := r.Get(t.Context(), a)
		change := r.Change(t.Context(), a, settings.Values{})
		if may := access.Can(role, access.SystemSettings); (err == nil) != may || !may && fault.KindOf(change) != fault.Forbidden {
			t.Errorf("%s looks: %v, changes: %v", role, err, change)
		}
	}
	old := admin("main")
	old.Confirmed = noon.Add(-time.Hour)
	if _, err := r.Get(t.Context(), old); err != nil {
		t.Errorf("to look without a fresh proof: %v", err)
	}
	if err := r.Change(t.Context(), old, settings.Values{Name: "X"}); !errors.Is(err, access.ErrConfirm) {
		t.Errorf("to change without a fresh proof: %v", err)
	}
	if _, err := r.Get(t.Context(), access.Actor{}); err == nil {
		t.Error("nobody may look")
	}
}

// TestRefused: what is out of bounds is refused, by the name of the setting.
func TestRefused(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		field  string
		change func(*settings.Values)
	}{
		{"name", func(v *settings.Values) { v.Name = " " }},
		{"name", func(v *settings.Values) { v.Name = strings.Repeat("x", 61) }},
		{"name", func(v *settings.Values) { v.Name = "a\u202eb" }},
		{"lang", func(v *settings.Values) { v.Lang = "xx" }},
		{"country", func(v *settings.Values) { v.Country = "ZZ" }},
		{"second_for", func(v *settings.Values) { v.SecondFor = []access.Role{"root"} }},
		{"idle", func(v *settings.Values) { v.Idle = time.Minute }},
		{"idle", func(v *settings.Values) { v.Idle = 25 * time.Hour }},
		{"idle", func(v *settings.Values) { v.Idle, v.Absolute = 3*time.Hour, 2*time.Hour }},
		{"idle", func(v *settings.Values) { v.Idle = 13 * time.Hour }},
		{"absolute", func(v *settings.Values) { v.Absolute = 31 * 24 * time.Hour }},
		{"notice", func(v *settings.Values) { v.Notice = strings.Repeat("x", 301) }},
		{"notice", func(v *settings.Values) { v.Notice = strings.Repeat("😀", 300) }},
		{"notice", func(v *settings.Values) { v.Notice = "a\x00b" }},
	} {
		v := settings.Values{Name: "Main"}
		c.change(&v)
		var f *fault.Error
		if err := r.Change(t.Context(), admin("main"), v); !errors.As(err, &f) || f.Kind != fault.Invalid || f.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	long := settings.Values{Name: "Main", Notice: strings.Repeat("注", 300)}
	if err := r.Change(t.Context(), admin("main"), long); err != nil {
		t.Errorf("a notice of 300 Japanese characters: %v", err)
	}
	long.Revision, long.Notice = 1, strings.Repeat("文", 300)
	if err := r.Change(t.Context(), admin("main"), long); err != nil {
		t.Errorf("another in its place, both in one audit entry: %v", err)
	}
}

// TestPublic: what everybody sees is that of the one tenant, changes at once when
// it is changed here, and stays while the records are gone.
func TestPublic(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	if p := r.Public(ctx); p != (settings.Public{}) {
		t.Errorf("before any change: %+v", p)
	}
	if err := r.Change(ctx, admin("other"), settings.Values{Name: "Other", Lang: "ja"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Change(ctx, admin("main"), settings.Values{Name: "Main", Lang: "de", Country: "DE", Notice: "Hello"}); err != nil {
		t.Fatal(err)
	}
	want := settings.Public{Lang: "de", Country: "DE", Notice: "Hello"}
	if p := r.Public(ctx); p != want {
		t.Errorf("after a change: %+v", p)
	}
	if err := r.db.Close(); err != nil {
		t.Fatal(err)
	}
	r.now = noon.Add(time.Minute)
	if p := r.Public(ctx); p != want {
		t.Errorf("while the records are gone: %+v", p)
	}
}

// TestConsoleIsNamed: what the operator's console changes stands in the audit
// under its name.
func TestConsoleIsNamed(t *testing.T) {
	r := newRig(t)
	if err := r.Change(t.Context(), access.Actor{Tenant: "main", Console: true}, settings.Values{Name: "Main house"}); err != nil {
		t.Fatal(err)
	}
	if err := r.db.Read(t.Context(), func(x store.Records) error {
		list, _, err := x.Audit.List(t.Context(), "main", store.AuditFilter{Action: "settings.change"}, 0, 100)
		if len(list) != 1 || list[0].Actor != "system console" {
			t.Errorf("entries %+v", list)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
