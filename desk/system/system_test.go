package system_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/desk/system"
	"bonafide/fault"
	"bonafide/locale"
	"bonafide/store"
	"bonafide/store/sql"

	"bonafide/data"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func facts() system.Facts {
	return system.Facts{Version: "1", Started: noon.Add(-time.Hour / 2), Disk: &system.Disk{Free: 50 << 30, Total: 100 << 30}, Log: &system.Log{Events: 7},
		Queues: []system.Queue{{Code: "erase"}, {Code: "checks"}}}
}

// TestFindings: each thing that can be wrong is told, with its level, and has
// texts in every language; what is right tells nothing.
func TestFindings(t *testing.T) {
	db, err := sql.Open(t.Context(), sql.Config{DSN: t.TempDir() + "/records.db"})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := locale.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	admin := access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Admin}}
	note := func(action, why string, when time.Time) {
		d := store.Deed{Tenant: "main", When: when, Actor: "p", Action: action, Why: why}
		if err := store.Change(t.Context(), db, d, func(store.Records) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*system.Facts)
		// ready is whether the server can work, want what is told beside what the
		// records always tell here.
		ready bool
		want  string
	}{
		{"all is well", func(*system.Facts) {}, true, ""},
		{"stopping", func(f *system.Facts) { f.Stopping = true }, false, "stopping"},
		{"records cannot be written", func(f *system.Facts) { f.Ping = errors.New("disk full") }, false, "records"},
		{"no event can be written", func(f *system.Facts) { f.Log.Ping = errors.New("disk full") }, false, "log"},
		{"the log of one tenant cannot be read", func(f *system.Facts) { f.Log.Unread = 1 }, true, "log_unread"},
		{"no log", func(f *system.Facts) { f.Log = nil }, true, ""},
		{"full disk", func(f *system.Facts) { f.Disk.Free = 1 << 20 }, false, "disk_full"},
		{"disk that fills", func(f *system.Facts) { f.Disk.Free = 1 << 30 }, true, "disk_low"},
		{"small disk with room", func(f *system.Facts) { f.Disk.Free, f.Disk.Total = 1<<30, 3<<30 }, true, ""},
		{"disk elsewhere", func(f *system.Facts) { f.Disk = nil }, true, ""},
		{"reports are not erased", func(f *system.Facts) { f.Queues[0].Late = true }, true, "late_erase"},
		{"too many requests", func(f *system.Facts) { f.Queues[1].Late = true }, true, "late_checks"},
		{"the sweep fails", func(f *system.Facts) { f.Swept, f.Failed = noon, true }, true, "sweep"},
		{"the sweep stands still", func(f *system.Facts) { f.Started = noon.Add(-2 * time.Hour) }, true, "sweep"},
	} {
		f := facts()
		c.change(&f)
		h := health(t, db, f, admin)
		var got []string
		for _, x := range h.Findings {
			if x.Code != "backup_none" {
				got = append(got, x.Code)
			}
			for _, lang := range texts.Languages() {
				if key := "system.finding." + x.Code; texts.Or(lang, key, "") == "" || texts.Or(lang, key+".do", "") == "" {
					t.Errorf("%s: %s has no text in %s", c.name, x.Code, lang)
				}
			}
		}
		if want := slices.DeleteFunc([]string{c.want}, func(s string) bool { return s == "" }); !slices.Equal(got, want) || h.Ready() != c.ready {
			t.Errorf("%s: findings %v, ready %v; want %v, %v", c.name, got, h.Ready(), want, c.ready)
		}
	}
	codes := func() (out []string) {
		for _, f := range health(t, db, facts(), admin).Findings {
			out = append(out, f.Code)
		}
		return out
	}
	note(custody.ActionBackup, "7 records", noon.Add(-8*24*time.Hour))
	note(custody.ActionVerified, "holds 1", noon.Add(-40*24*time.Hour))
	if got := codes(); !slices.Equal(got, []string{"backup_old", "chain_old"}) {
		t.Errorf("an old backup and an old verification: %v", got)
	}
	note(custody.ActionBackup, "7 records", noon.Add(-time.Hour))
	note(custody.ActionVerified, "broken-after 1", noon)
	if got := codes(); !slices.Equal(got, []string{"chain_broken"}) {
		t.Errorf("a new backup and a broken chain: %v", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if h := health(t, db, facts(), admin); h.Ready() || !h.Unknown {
		t.Errorf("records that are gone: %+v", h)
	}
}

func health(t *testing.T, db store.Store, f system.Facts, a access.Actor) system.Health {
	t.Helper()
	d, err := system.New(system.Config{Store: db, Now: func() time.Time { return noon }, Facts: func(context.Context) system.Facts { return f }})
	if err != nil {
		t.Fatal(err)
	}
	h, err := d.Health(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestRight: who has not the right is told nothing.
func TestRight(t *testing.T) { // S2.17
	d, err := system.New(system.Config{Store: broken{}, Now: func() time.Time { return noon }, Facts: func(context.Context) system.Facts { return facts() }})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range access.Roles() {
		_, err := d.Health(t.Context(), access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{r}})
		if want := access.Can(r, access.SystemHealth); (err == nil) != want || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v, want allowed %v", r, err, want)
		}
	}
}

// broken are records that cannot be asked.
type broken struct{ store.Store }

func (broken) About(context.Context) (store.About, error) { return store.About{}, errors.New("gone") }
