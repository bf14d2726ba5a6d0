package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/store"
)

// text draws texts as strangers write them: of any script, with quotes, line
// ends and signs of SQL, never one that cannot be kept.
var text = rapid.Custom(func(t *rapid.T) string {
	s := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "'; DROP TABLE reports; --", "注文 №1\r\n\u202e", "%_\\", "$1 @tenant ?"})).Draw(t, "text")
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
})

// anyReport draws a report of a tenant that can be kept, with times of the
// microsecond.
func anyReport(t *rapid.T, tenant access.Tenant, id string) store.Report {
	created := time.UnixMicro(rapid.Int64Range(1, 4e15).Draw(t, "created")).UTC()
	return store.Report{
		Tenant: tenant, ID: store.ReportID(id), Created: created,
		Channel: rapid.SampledFrom(contact.Channels()).Draw(t, "channel"),
		Lang:    rapid.SampledFrom([]string{"", "en", "de", "ja"}).Draw(t, "lang"),
		Country: rapid.SampledFrom([]string{"", "DE", "JP"}).Draw(t, "country"),
		Text:    text.Draw(t, "body"), Note: text.Draw(t, "note"),
		Outcome:     rapid.SampledFrom(verdict.Outcomes()).Draw(t, "outcome"),
		Probability: rapid.Float64Range(0, 1).Draw(t, "probability"),
		Codes:       rapid.SampledFrom([][]evidence.Code{nil, {"callback_number"}, {"a", "b", "a"}}).Draw(t, "codes"),
		Fingerprint: rapid.SampledFrom([]string{"", "f1.abc"}).Draw(t, "fingerprint"),
		Consent:     "2026-11", Status: rapid.SampledFrom(store.ReportStatuses()).Draw(t, "status"),
		RetainUntil: created.Add(time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "keep")) * time.Second), Revision: 1,
	}
}

// roundTrip: a report comes back as it was kept, whatever is in it, in the same
// transaction and in a later one.
func roundTrip(t *testing.T, s store.Store) {
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		want := anyReport(t, "main", fmt.Sprint("r", n))
		same := func(ctx context.Context, r store.Records) error {
			got, err := r.Reports.Get(ctx, "main", want.ID)
			if d := gocmp.Diff(want, got); err == nil && d != "" {
				t.Fatalf("the report came back changed:\n%s", d)
			}
			return err
		}
		if err := s.Write(context.Background(), func(r store.Records) error {
			if err := r.Reports.Add(context.Background(), want); err != nil {
				return err
			}
			return same(context.Background(), r)
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Read(context.Background(), func(r store.Records) error { return same(context.Background(), r) }); err != nil {
			t.Fatal(err)
		}
	})
	finer := NewReport("main", "finer", day.Add(999*time.Nanosecond).In(time.FixedZone("", 3600)))
	add(t, s, finer)
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Reports.Get(ctx, "main", "finer")
		if !got.Created.Equal(day) || got.Created.Location() != time.UTC {
			t.Errorf("a time of nanoseconds in another zone came back as %v: want %v", got.Created, day)
		}
		return err
	})
}

// refusals: what one of the engines could not keep is refused on both, and so
// is what breaks the rules of the record; the error holds none of it.
func refusals(t *testing.T, s store.Store) {
	for name, c := range map[string]struct {
		kind  fault.Kind
		spoil func(*store.Report)
	}{
		"NUL in a text":        {fault.Invalid, func(r *store.Report) { r.Text = "secret\x00" }},
		"broken UTF-8":         {fault.Invalid, func(r *store.Report) { r.Note = "secret\xff" }},
		"a text too long":      {fault.TooLarge, func(r *store.Report) { r.Text = strings.Repeat("secret", store.MaxReportText) }},
		"no tenant":            {fault.Invalid, func(r *store.Report) { r.Tenant = "" }},
		"no id":                {fault.Invalid, func(r *store.Report) { r.ID = "" }},
		"an id with a slash":   {fault.Invalid, func(r *store.Report) { r.ID = "../secret" }},
		"no consent":           {fault.Invalid, func(r *store.Report) { r.Consent = "" }},
		"no end":               {fault.Invalid, func(r *store.Report) { r.RetainUntil = time.Time{} }},
		"an unknown status":    {fault.Invalid, func(r *store.Report) { r.Status = "secret" }},
		"probability above 1":  {fault.Invalid, func(r *store.Report) { r.Probability = 1.5 }},
		"no probability":       {fault.Invalid, func(r *store.Report) { r.Probability = math.NaN() }},
		"a NUL among the code": {fault.Invalid, func(r *store.Report) { r.Codes = []evidence.Code{"secret\x00"} }},
	} {
		t.Run(name, func(t *testing.T) {
			x := NewReport("main", "r1", day)
			c.spoil(&x)
			err := s.Write(t.Context(), func(r store.Records) error { return r.Reports.Add(t.Context(), x) })
			wantKind(t, "add", err, c.kind)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds what was refused: %v", err)
			}
		})
	}
}

func uniqueness(t *testing.T, s store.Store) {
	add(t, s, NewReport("main", "r1", day), NewReport("other", "r1", day))
	again := NewReport("main", "r1", day)
	again.Text = "a second text"
	err := s.Write(t.Context(), func(r store.Records) error {
		if err := r.Reports.Add(t.Context(), NewReport("main", "r2", day)); err != nil {
			return err
		}
		return r.Reports.Add(t.Context(), again)
	})
	wantKind(t, "the same id again", err, fault.Conflict)
	read(t, s, func(ctx context.Context, r store.Records) error {
		if got, err := r.Reports.Get(ctx, "main", "r1"); err != nil || got.Text == again.Text {
			t.Errorf("the first report: %q, %v: want it as it was", got.Text, err)
		}
		_, err := r.Reports.Get(ctx, "main", "r2")
		wantKind(t, "the report of the transaction that failed", err, fault.NotFound)
		return nil
	})
}

// foreignTenant: every call with the right id and the wrong tenant says not
// found, and changes nothing.
func foreignTenant(t *testing.T, s store.Store) {
	add(t, s, NewReport("main", "r1", day))
	write(t, s, func(ctx context.Context, r store.Records) error {
		_, err := r.Audit.Append(ctx, NewDeed("main", "report.add", "r1", day))
		return err
	})
	for _, foreign := range []access.Tenant{"other", "", "main ", "MAIN", "m"} {
		write(t, s, func(ctx context.Context, r store.Records) error {
			_, err := r.Reports.Get(ctx, foreign, "r1")
			wantKind(t, "get", err, fault.NotFound)
			x := NewReport("main", "r1", day)
			if x.Tenant = foreign; foreign == "other" {
				_, err = r.Reports.Update(ctx, x)
				wantKind(t, "update", err, fault.NotFound)
			}
			wantKind(t, "erase", r.Reports.Erase(ctx, foreign, "r1"), fault.NotFound)
			list, _, err := r.Reports.List(ctx, foreign, store.ReportFilter{}, store.Page{})
			n, err2 := r.Reports.Count(ctx, foreign, store.ReportFilter{})
			entries, _, err3 := r.Audit.List(ctx, foreign, store.AuditFilter{}, 0, 0)
			head, err4 := r.Audit.Head(ctx, foreign)
			walked := 0
			err5 := r.Audit.Walk(ctx, foreign, 1, func(store.Entry) error { walked++; return nil })
			if len(list)+int(n)+len(entries)+int(head.Sequence)+walked > 0 {
				t.Errorf("tenant %q sees records of main", foreign)
			}
			return errors.Join(err, err2, err3, err4, err5)
		})
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		_, err := r.Reports.Get(ctx, "main", "r1")
		return err
	})
}

// match is what the filter should let through, written a second time.
func match(f store.ReportFilter, x store.Report) bool {
	return (f.Status == "" || f.Status == x.Status) && (f.Channel == "" || f.Channel == x.Channel) &&
		(f.Outcome == "" || f.Outcome == x.Outcome) && (f.Lang == "" || f.Lang == x.Lang) && (f.Country == "" || f.Country == x.Country) &&
		!x.Created.Before(f.From) && (f.Until.IsZero() || x.Created.Before(f.Until))
}

// paging: whatever the filter and the size of pages, all pages together are the
// sorted list, also when many reports came in the same microsecond.
func paging(t *testing.T, s store.Store) {
	tenants := 0
	rapid.Check(t, func(t *rapid.T) {
		tenants++
		tenant := access.Tenant(fmt.Sprint("t", tenants))
		var all []store.Report
		for i := range rapid.IntRange(0, 25).Draw(t, "reports") {
			x := anyReport(t, tenant, fmt.Sprint("r", i))
			x.Created = day.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "when")) * time.Microsecond)
			all = append(all, x)
		}
		add(t, s, all...)
		filter := store.ReportFilter{
			Status:  rapid.SampledFrom(append(store.ReportStatuses(), "", "", "")).Draw(t, "status"),
			Channel: rapid.SampledFrom([]contact.Channel{"", "", contact.SMS}).Draw(t, "channel"),
			Outcome: rapid.SampledFrom([]verdict.Outcome{"", "", verdict.Scam}).Draw(t, "outcome"),
			Lang:    rapid.SampledFrom([]string{"", "", "de"}).Draw(t, "lang"),
			Country: rapid.SampledFrom([]string{"", "", "JP"}).Draw(t, "country"),
			From:    rapid.SampledFrom([]time.Time{{}, day.Add(time.Microsecond)}).Draw(t, "from"),
			Until:   rapid.SampledFrom([]time.Time{{}, day.Add(3 * time.Microsecond)}).Draw(t, "until"),
		}
		var want []string
		slices.SortFunc(all, func(a, b store.Report) int {
			return cmp.Or(b.Created.Compare(a.Created), strings.Compare(string(b.ID), string(a.ID)))
		})
		for _, x := range all {
			if match(filter, x) {
				want = append(want, string(x.ID))
			}
		}
		var got []string
		page := store.Page{Limit: rapid.IntRange(1, 9).Draw(t, "size")}
		for {
			var list []store.Report
			read(t, s, func(ctx context.Context, r store.Records) (err error) {
				list, page.After, err = r.Reports.List(ctx, tenant, filter, page)
				return err
			})
			for _, x := range list {
				got = append(got, string(x.ID))
			}
			if len(list) > page.Limit || len(list) == 0 && !page.After.IsZero() {
				t.Fatalf("a page of %d records with the next key %q: want 1 to %d, or the last", len(list), page.After, page.Limit)
			}
			if page.After.IsZero() {
				break
			}
			back, err := store.ParseKey(page.After.String())
			if err != nil || back.ID != page.After.ID || !back.When.Equal(page.After.When) {
				t.Fatalf("key %v reads back as %v, %v", page.After, back, err)
			}
			page.After = back
		}
		if d := gocmp.Diff(want, got); d != "" {
			t.Fatalf("pages of %d with filter %+v:\n%s", page.Limit, filter, d)
		}
		read(t, s, func(ctx context.Context, r store.Records) error {
			n, err := r.Reports.Count(ctx, tenant, filter)
			if int(n) != len(want) {
				t.Fatalf("count %d: want %d", n, len(want))
			}
			return err
		})
	})
}

// excerpts: a list gives the beginning of texts, cut between characters.
func excerpts(t *testing.T, s store.Store) {
	for _, n := range []int{0, store.Excerpt - 1, store.Excerpt, store.Excerpt + 1, 100_000} {
		tenant := access.Tenant(fmt.Sprint("t", n))
		x := NewReport(tenant, "r1", day)
		x.Text, x.Note = strings.Repeat("注", n), strings.Repeat("é", min(n, 20_000))
		add(t, s, x)
		for _, status := range []store.ReportStatus{"", store.ReportNew} {
			read(t, s, func(ctx context.Context, r store.Records) error {
				list, _, err := r.Reports.List(ctx, tenant, store.ReportFilter{Status: status}, store.Page{})
				if len(list) != 1 || list[0].Text != excerpt(x.Text) || list[0].Note != excerpt(x.Note) {
					t.Errorf("of a text of %d characters the list of state %q does not give the beginning", n, status)
				}
				got, err2 := r.Reports.Get(ctx, tenant, "r1")
				if got.Text != x.Text || got.Note != x.Note {
					t.Errorf("a text of %d characters does not come back whole", n)
				}
				return errors.Join(err, err2)
			})
		}
	}
}

// excerpt is the beginning of a text as a list gives it.
func excerpt(s string) string {
	if r := []rune(s); len(r) > store.Excerpt {
		return string(r[:store.Excerpt])
	}
	return s
}

func pagingWhileAdding(t *testing.T, s store.Store) {
	for i := range 6 {
		add(t, s, NewReport("main", fmt.Sprint("r", i), day.Add(time.Duration(i)*time.Second)))
	}
	var got []string
	page := store.Page{Limit: 2}
	for i := 0; ; i++ {
		read(t, s, func(ctx context.Context, r store.Records) error {
			list, next, err := r.Reports.List(ctx, "main", store.ReportFilter{}, page)
			for _, x := range list {
				got = append(got, string(x.ID))
			}
			page.After = next
			return err
		})
		if page.After.IsZero() {
			break
		}
		add(t, s, NewReport("main", fmt.Sprint("newer", i), day.Add(time.Hour+time.Duration(i))))
	}
	if want := []string{"r5", "r4", "r3", "r2", "r1", "r0"}; !slices.Equal(got, want) {
		t.Errorf("pages while others add: %v: want %v", got, want)
	}
}

// updates: only what may change changes, and nobody overwrites what they have
// not read.
func updates(t *testing.T, s store.Store) {
	add(t, s, NewReport("main", "r1", day))
	x := NewReport("main", "r1", day)
	x.Status, x.Note, x.RetainUntil, x.Text = store.ReportOpen, "looked at", day.AddDate(1, 0, 0), "another text"
	write(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Reports.Update(ctx, x)
		if err == nil && n != 2 {
			t.Errorf("revision %d after the first change: want 2", n)
		}
		return err
	})
	stale := x
	stale.Note = "overwritten"
	err := s.Write(t.Context(), func(r store.Records) error { _, err := r.Reports.Update(t.Context(), stale); return err })
	wantKind(t, "an update of what somebody else changed", err, fault.Conflict)
	none := NewReport("main", "r9", day)
	err = s.Write(t.Context(), func(r store.Records) error { _, err := r.Reports.Update(t.Context(), none); return err })
	wantKind(t, "an update of what is not there", err, fault.NotFound)
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Reports.Get(ctx, "main", "r1")
		want := NewReport("main", "r1", day)
		want.Status, want.Note, want.RetainUntil, want.Revision = x.Status, x.Note, x.RetainUntil, 2
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("after the updates:\n%s", d)
		}
		return err
	})
}

func dueAndErased(t *testing.T, s store.Store) {
	for i := range 5 {
		x := NewReport(access.Tenant([]string{"main", "other"}[i%2]), fmt.Sprint("r", i), day)
		x.RetainUntil = day.Add(time.Duration(5-i) * time.Hour)
		add(t, s, x)
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		due, err := r.Reports.Due(ctx, day.Add(3*time.Hour), store.Report{}, 2)
		if err != nil {
			return err
		}
		if len(due) != 2 || due[0].ID != "r4" || due[1].ID != "r3" || due[1].Tenant != "other" || due[0].Text != "" {
			t.Errorf("due: %+v: want r4 of main and r3 of other, longest due first, without texts", due)
		}
		if rest, err := r.Reports.Due(ctx, day.Add(3*time.Hour), due[1], 2); err != nil || len(rest) != 1 || rest[0].ID != "r2" {
			t.Errorf("due after r3: %+v, %v: want r2", rest, err)
		}
		for _, x := range due {
			if err := r.Reports.Erase(ctx, x.Tenant, x.ID); err != nil {
				return err
			}
		}
		return nil
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		wantKind(t, "erase again", r.Reports.Erase(ctx, "main", "r4"), fault.NotFound)
		due, err := r.Reports.Due(ctx, day.Add(3*time.Hour), store.Report{}, 0)
		if len(due) != 1 || due[0].ID != "r2" {
			t.Errorf("due after erasing: %+v: want r2", due)
		}
		n, err2 := r.Reports.Count(ctx, "main", store.ReportFilter{})
		if n != 2 {
			t.Errorf("%d reports of main are left: want 2", n)
		}
		return errors.Join(err, err2)
	})
}
