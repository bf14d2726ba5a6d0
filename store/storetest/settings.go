package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// settingsCount: settings of a tenant come back, count their changes, and two who
// change them at once do not overwrite each other; a tenant is renamed.
func settingsCount(t *testing.T, s store.Store) {
	set := store.TenantSettings{Tenant: "main", Lang: "ja", Country: "JP", SecondFor: []access.Role{access.Admin, access.Analyst}, Idle: 10 * time.Minute,
		Absolute: 8 * time.Hour, Notice: "お困りのときは内線12へ", Changed: day}
	put := func(x store.TenantSettings) (n int64, err error) {
		err = s.Write(t.Context(), func(r store.Records) error {
			n, err = r.Settings.Put(t.Context(), x)
			return err
		})
		return n, err
	}
	if n, err := put(set); n != 1 || err != nil {
		t.Fatalf("first change: revision %d, %v", n, err)
	}
	_, err := put(set)
	wantKind(t, "a second first change", err, fault.Conflict)
	set.Revision, set.Lang = 1, "de"
	if n, err := put(set); n != 2 || err != nil {
		t.Fatalf("second change: revision %d, %v", n, err)
	}
	_, err = put(set)
	wantKind(t, "a change of what was changed meanwhile", err, fault.Conflict)
	set.Revision = 2
	write(t, s, func(ctx context.Context, r store.Records) error {
		return errorsOf(r.Tenants.Add(ctx, store.Tenant{ID: "main", Name: "Main", Created: day}), r.Tenants.Rename(ctx, "main", "Haupthaus"))
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Settings.Get(ctx, "main")
		other, err2 := r.Settings.Get(ctx, "other")
		tenant, err3 := r.Tenants.Get(ctx, "main")
		if d := cmp.Diff(set, got) + cmp.Diff(store.TenantSettings{Tenant: "other"}, other); d != "" || tenant.Name != "Haupthaus" || !tenant.Created.Equal(day) {
			t.Errorf("came back changed: %s%v", d, tenant)
		}
		return errorsOf(err, err2, err3)
	})
	wantKind(t, "a name for nobody", s.Write(t.Context(), func(r store.Records) error { return r.Tenants.Rename(t.Context(), "third", "X") }), fault.NotFound)
	for name, change := range map[string]func(*store.TenantSettings){
		"no tenant":    func(x *store.TenantSettings) { x.Tenant = "" },
		"unknown role": func(x *store.TenantSettings) { x.SecondFor = []access.Role{"root"} },
		"half seconds": func(x *store.TenantSettings) { x.Idle = time.Millisecond },
		"no time":      func(x *store.TenantSettings) { x.Changed = time.Time{} },
		"NUL":          func(x *store.TenantSettings) { x.Notice = "a\x00" },
	} {
		x := set
		change(&x)
		_, err := put(x)
		wantKind(t, name, err, fault.Invalid)
	}
	about, err := s.About(t.Context())
	if err != nil || about.Release == "" || about.Tables < 1 || about.Bytes < 1 || (about.Engine == "sqlite") != (about.File != "") {
		t.Errorf("about: %+v, %v", about, err)
	}
}
