package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// keysRemoved: keys go by person and by when they ended; those of others stay.
func keysRemoved(t *testing.T, s store.Store) {
	add := func(tenant access.Tenant, person, id string, expires, ended time.Time) {
		write(t, s, func(ctx context.Context, r store.Records) error {
			return r.APIKeys.Add(ctx, store.APIKey{Tenant: tenant, Person: store.PersonID(person), ID: id, Name: "robot", Secret: store.NewMark(nil, tenant, id),
				Scopes: []access.Permission{access.ReportRead}, Created: day, Expires: expires, Ended: ended})
		})
	}
	add("main", "p1", "live", day.AddDate(1, 0, 0), time.Time{})
	add("main", "p1", "over", day.AddDate(0, 0, 1), time.Time{})
	add("main", "p2", "ended", day.AddDate(1, 0, 0), day.AddDate(0, 0, 1))
	add("main", "p2", "fresh", day.AddDate(1, 0, 0), day.AddDate(0, 0, 9))
	add("other", "p1", "over", day.AddDate(0, 0, 1), time.Time{})
	remove := func(person store.PersonID, before time.Time, want int64) {
		t.Helper()
		write(t, s, func(ctx context.Context, r store.Records) error {
			n, err := r.APIKeys.Remove(ctx, "main", person, before)
			if n != want {
				t.Errorf("%d keys removed: want %d", n, want)
			}
			return err
		})
	}
	remove("", day.AddDate(0, 0, 5), 2)
	remove("p1", time.Time{}, 1)
	read(t, s, func(ctx context.Context, r store.Records) error {
		left, err := r.APIKeys.List(ctx, "main", "")
		if len(left) != 1 || left[0].ID != "fresh" {
			t.Errorf("keys of main after: %+v: want fresh", left)
		}
		others, err2 := r.APIKeys.List(ctx, "other", "")
		if len(others) != 1 {
			t.Errorf("%d keys of other: want 1", len(others))
		}
		return errors.Join(err, err2)
	})
}

// keysAreAllAsked: what ends keys sees all that are good, also the oldest one
// behind more newer ones than a page has.
func keysAreAllAsked(t *testing.T, s store.Store) {
	write(t, s, func(ctx context.Context, r store.Records) error {
		add := func(tenant access.Tenant, person store.PersonID, id string, created time.Time, days int, ended time.Time) error {
			return r.APIKeys.Add(ctx, store.APIKey{Tenant: tenant, Person: person, ID: id, Name: "robot", Secret: store.NewMark(nil, tenant, id),
				Scopes: []access.Permission{access.ReportRead}, Created: created, Expires: created.AddDate(0, 0, days), Ended: ended})
		}
		errs := []error{add("main", "p1", "oldest", day, 300, time.Time{}), add("main", "p1", "expires", day, 1, time.Time{}),
			add("main", "p1", "grace", day.Add(time.Second), 300, day.AddDate(0, 0, 1)), add("main", "p2", "another", day, 300, time.Time{}),
			add("other", "p1", "theirs", day, 300, time.Time{})}
		for i := range store.MaxPage + 1 {
			errs = append(errs, add("main", "p1", fmt.Sprint("k", i), day.Add(time.Minute+time.Duration(i)*time.Second), 300, day.Add(time.Hour)))
		}
		return errors.Join(errs...)
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		for _, c := range []struct {
			person store.PersonID
			at     time.Time
			want   string
		}{
			{"p1", day.AddDate(0, 0, 1).Add(-time.Nanosecond), "[grace expires oldest]"},
			{"p1", day.AddDate(0, 0, 1), "[oldest]"},
			{"", day.AddDate(0, 0, 1), "[another oldest]"},
			{"p1", day.AddDate(0, 0, 300), "[]"},
		} {
			list, err := r.APIKeys.Live(ctx, "main", c.person, c.at)
			ids := []string{}
			for _, k := range list {
				ids = append(ids, k.ID)
			}
			if fmt.Sprint(ids) != c.want || err != nil {
				t.Errorf("keys of %q at %v: %v, %v: want %s", c.person, c.at, ids, err, c.want)
			}
		}
		return nil
	})
}

// NewHold makes a hold on all reports of a tenant, for tests.
func NewHold(t access.Tenant, id string, since time.Time) store.Hold {
	return store.Hold{Tenant: t, ID: id, Kind: "report", Reason: "a court asks for it", By: "p-7f3a", Since: since}
}

func holdsHold(t *testing.T, s store.Store) {
	h := NewHold("main", "h1", day)
	h.Record, h.Marks, h.From, h.Until, h.Ends = "r1", []store.Hash{store.NewMark([]byte("k"), "main", "m:a@shop.example"), {7}}, day.AddDate(0, -1, 0), day, day.AddDate(1, 0, 0)
	write(t, s, func(ctx context.Context, r store.Records) error {
		return errors.Join(r.Holds.Add(ctx, h), r.Holds.Add(ctx, NewHold("main", "h2", day.Add(time.Hour))), r.Holds.Add(ctx, NewHold("other", "h1", day)))
	})
	bad := func(what string, k fault.Kind, f func(ctx context.Context, r store.Records) error) {
		t.Helper()
		wantKind(t, what, s.Write(t.Context(), func(r store.Records) error { return f(t.Context(), r) }), k)
	}
	bad("an id twice", fault.Conflict, func(ctx context.Context, r store.Records) error { return r.Holds.Add(ctx, h) })
	bad("a hold on everything", fault.Invalid, func(ctx context.Context, r store.Records) error {
		x := NewHold("main", "h3", day)
		x.Kind = ""
		return r.Holds.Add(ctx, x)
	})
	bad("a record of no kind", fault.Invalid, func(ctx context.Context, r store.Records) error {
		x := NewHold("main", "h3", day)
		x.Kind, x.Record = "", "r1"
		return r.Holds.Add(ctx, x)
	})
	bad("another tenant's", fault.NotFound, func(ctx context.Context, r store.Records) error {
		return r.Holds.Release(ctx, "other", "h2", day, "p-1", "over")
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		return r.Holds.Release(ctx, "main", "h2", day.Add(2*time.Hour), "p-1", "the court is done")
	})
	bad("released twice", fault.Conflict, func(ctx context.Context, r store.Records) error {
		return r.Holds.Release(ctx, "main", "h2", day.Add(3*time.Hour), "p-1", "again")
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Holds.Get(ctx, "main", "h1")
		if d := gocmp.Diff(h, got); d != "" {
			t.Errorf("a hold comes back as\n%s", d)
		}
		list, err2 := r.Holds.List(ctx, "main")
		if len(list) != 2 || list[0].ID != "h2" || list[0].Open(day.Add(4*time.Hour)) || list[0].ReleaseReason == "" || !list[1].Open(day) || list[1].Open(day.AddDate(2, 0, 0)) {
			t.Errorf("holds of main: %+v: want h2, released, then h1, open for a year", list)
		}
		return errors.Join(err, err2)
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Holds.Sweep(ctx, "main", day.AddDate(0, 1, 0))
		m, err2 := r.Holds.Sweep(ctx, "main", day.AddDate(3, 0, 0))
		if n != 1 || m != 1 {
			t.Errorf("swept %d and %d holds: want the released one, then the one that ended by itself", n, m)
		}
		return errors.Join(err, err2)
	})
}

// holdsAreAllAsked: what decides sees every hold that holds, also the oldest one
// behind more newer ones than a page has.
func holdsAreAllAsked(t *testing.T, s store.Store) {
	write(t, s, func(ctx context.Context, r store.Records) error {
		oldest := NewHold("main", "oldest", day)
		over := NewHold("main", "over", day)
		over.Ends = day.AddDate(0, 0, 1)
		errs := []error{r.Holds.Add(ctx, oldest), r.Holds.Add(ctx, over), r.Holds.Add(ctx, NewHold("other", "theirs", day))}
		for i := range store.MaxPage + 2 {
			h := NewHold("main", fmt.Sprint("h", i), day.Add(time.Duration(i+1)*time.Second))
			if i > 0 { // the first stays open, too
				h.Released, h.ReleasedBy, h.ReleaseReason = day.Add(time.Hour), "p-1", "over"
			}
			errs = append(errs, r.Holds.Add(ctx, h))
		}
		return errors.Join(errs...)
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		for _, c := range []struct {
			at   time.Time
			want string
		}{
			{day.Add(2 * time.Hour), "[h0 oldest over]"},
			{day.AddDate(0, 0, 1).Add(-time.Nanosecond), "[h0 oldest over]"},
			{day.AddDate(0, 0, 1), "[h0 oldest]"},
		} {
			list, err := r.Holds.Open(ctx, "main", c.at)
			var ids []string
			for _, h := range list {
				if ids = append(ids, h.ID); !h.Open(c.at) {
					t.Errorf("%s is among those that hold at %v", h.ID, c.at)
				}
			}
			if fmt.Sprint(ids) != c.want || err != nil {
				t.Errorf("at %v hold %v, %v: want %s", c.at, ids, err, c.want)
			}
		}
		list, err := r.Holds.List(ctx, "main")
		if len(list) != store.MaxPage || list[0].ID != fmt.Sprint("h", store.MaxPage+1) {
			t.Errorf("%d holds are listed: want the newest %d", len(list), store.MaxPage)
		}
		return err
	})
}

func erasuresNoted(t *testing.T, s store.Store) {
	e := store.Erasure{Tenant: "main", Kind: "report", Mark: store.Buried("main", "report", "r1"), Erased: day}
	write(t, s, func(ctx context.Context, r store.Records) error {
		again := e
		again.Erased = day.AddDate(1, 0, 0)
		return errors.Join(r.Erasures.Add(ctx, e), r.Erasures.Add(ctx, again),
			r.Erasures.Add(ctx, store.Erasure{Tenant: "other", Kind: "report", Mark: store.Buried("other", "report", "r1"), Erased: day}))
	})
	wantKind(t, "an erasure of nothing", s.Write(t.Context(), func(r store.Records) error {
		return r.Erasures.Add(t.Context(), store.Erasure{Tenant: "main", Kind: "report", Erased: day})
	}), fault.Invalid)
	write(t, s, func(ctx context.Context, r store.Records) error {
		for _, c := range []struct {
			tenant access.Tenant
			kind   string
			mark   store.Hash
			want   bool
		}{{"main", "report", e.Mark, true}, {"other", "report", e.Mark, false}, {"main", "person", e.Mark, false}, {"main", "report", store.Buried("main", "report", "r2"), false}} {
			if has, err := r.Erasures.Has(ctx, c.tenant, c.kind, c.mark); err != nil || has != c.want {
				t.Errorf("%s %s: erased %v, %v: want %v", c.tenant, c.kind, has, err, c.want)
			}
		}
		extra := store.Erasure{Tenant: "main", Kind: "person", Mark: e.Mark, Erased: day}
		if err := errors.Join(r.Erasures.Add(ctx, extra), r.Erasures.Drop(ctx, "main", "person", e.Mark), r.Erasures.Drop(ctx, "main", "person", e.Mark)); err != nil {
			return err
		}
		if has, err := r.Erasures.Has(ctx, "main", "person", e.Mark); has || err != nil {
			t.Errorf("a note that was dropped is there: %v, %v", has, err)
		}
		n, err := r.Erasures.Count(ctx, "main")
		gone, err2 := r.Erasures.Sweep(ctx, "main", day.Add(time.Second))
		left, err3 := r.Erasures.Count(ctx, "other")
		if n != 1 || gone != 1 || left != 1 {
			t.Errorf("%d notes, %d swept (the first time of a note counts), %d of another tenant: want 1 each", n, gone, left)
		}
		return errors.Join(err, err2, err3)
	})
}

func certificatesComeBack(t *testing.T, s store.Store) {
	c := func(id string, made time.Time) store.Certificate {
		return store.Certificate{Tenant: "main", ID: id, Kind: "erasure", Made: made, By: "p-1", Asker: "person", Subject: store.Hash{1}, Body: `{"removed":[]}`, Entry: 7, Hash: store.Hash{2}}
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		for i := range 5 {
			if err := r.Certificates.Add(ctx, c(fmt.Sprint("c", i), day.Add(time.Duration(i/2)*time.Hour))); err != nil {
				return err
			}
		}
		return nil
	})
	for what, x := range map[string]store.Certificate{"no JSON": func() store.Certificate { x := c("x", day); x.Body = "{"; return x }(),
		"no entry": func() store.Certificate { x := c("x", day); x.Entry = 0; return x }()} {
		wantKind(t, what, s.Write(t.Context(), func(r store.Records) error { return r.Certificates.Add(t.Context(), x) }), fault.Invalid)
	}
	wantKind(t, "twice", s.Write(t.Context(), func(r store.Records) error { return r.Certificates.Add(t.Context(), c("c0", day)) }), fault.Conflict)
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Certificates.Get(ctx, "main", "c4")
		if d := gocmp.Diff(c("c4", day.Add(2*time.Hour)), got); d != "" || err != nil {
			t.Errorf("a certificate comes back as\n%s%v", d, err)
		}
		_, err = r.Certificates.Get(ctx, "other", "c4")
		wantKind(t, "another tenant's", err, fault.NotFound)
		var order string
		page := store.Page{Limit: 2}
		for {
			list, next, err := r.Certificates.List(ctx, "main", page)
			if err != nil {
				return err
			}
			for _, x := range list {
				order += x.ID + " "
			}
			if page.After = next; next.IsZero() {
				break
			}
		}
		if order != "c4 c3 c2 c1 c0 " {
			t.Errorf("certificates come as %s: want the newest first, each once", order)
		}
		return nil
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Certificates.Sweep(ctx, "main", day.Add(time.Hour))
		if n != 2 {
			t.Errorf("%d swept: want 2", n)
		}
		return err
	})
}
