package reports_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/desk/reports"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sealed"
	"bonafide/store/storetest"
)

// damaged is a desk over sealed records with two reports of which the first does
// not open any more.
func damaged(t *testing.T, e storetest.Engine, indexed bool) (o *office, bad, good store.ReportID) {
	t.Helper()
	dsn := e.DSN(t)
	ring, err := keyring.New(rand.Reader, noon)
	if err != nil {
		t.Fatal(err)
	}
	o = founded(t, sealed.New(e.OpenAt(t, dsn), keyring.NewSealer(ring, rand.Reader), func() time.Time { return noon }, rand.Reader))
	bad, good = o.send(letter), o.send("Anna Schmidt, bitte rufen Sie +49 30 555-01234 zurück")
	if !indexed { // as after a restore
		e.Exec(t, dsn, "DELETE FROM report_terms")
		e.Exec(t, dsn, "DELETE FROM report_indexed")
	}
	e.Exec(t, dsn, "UPDATE reports SET body = substr(body, 1, length(body) - 40) WHERE id = '"+string(bad)+"'")
	return o, bad, good
}

// TestUnreadStopsNothing: a report that does not open is marked in lists, searches
// and exports, is named to who looks for a person, and all others are listed,
// made searchable and found as ever. S10.1
func TestUnreadStopsNothing(t *testing.T) {
	for _, indexed := range []bool{true, false} {
		try := func(t *testing.T, e storetest.Engine) {
			o, bad, good := damaged(t, e, indexed)
			ctx := t.Context()
			err := o.Index(ctx)
			if indexed && err != nil || !indexed && (err == nil || !strings.Contains(err.Error(), string(bad)) || strings.Contains(err.Error(), "Schmidt")) {
				t.Errorf("indexed before %v: %v: want an error that names the bad one, if it was not", indexed, err)
			}
			list, err := o.List(ctx, analyst, reports.Query{})
			if err != nil || len(list.Reports) != 2 {
				t.Fatalf("the list: %+v, %v", list, err)
			}
			for _, v := range list.Reports {
				if v.Unreadable != (v.ID == bad) || v.Unreadable != (v.Text == "") {
					t.Errorf("listed as %+v: want the bad one marked, and the other not", v)
				}
			}
			found, err := o.List(ctx, analyst, reports.Query{Search: "anna schmidt"})
			if want := map[bool]int{true: 2, false: 1}[indexed]; err != nil || len(found.Reports) != want {
				t.Errorf("a search finds %d, %v: want %d", len(found.Reports), err, want)
			}
			var out bytes.Buffer
			export, err := o.Export(ctx, supervisor, reports.ExportWish{Format: reports.NDJSON, Reason: "the yearly numbers"})
			if err == nil {
				err = export.Write(ctx, &out)
			}
			if err != nil || strings.Count(out.String(), "\n") != 2 || strings.Count(out.String(), `"unreadable":true`) != 1 {
				t.Errorf("the export: %s, %v", out.String(), err)
			}
			if _, err = o.Open(ctx, analyst, bad); err == nil || fault.KindOf(err) == fault.NotFound {
				t.Errorf("the bad one opened: %v: want what is wrong with it", err)
			}
			q := o.Requests()
			if err := q.Ready(ctx); err != nil {
				t.Errorf("persons' requests: %v", err)
			}
			if err := o.db.Read(ctx, func(r store.Records) error {
				got, err := q.Find(ctx, r, "main", request.Subject{Identifier: "+49 30 55501234"})
				raw, _ := json.Marshal(got)
				if len(got) != 2 {
					t.Fatalf("the person is found in %s: want both", raw)
				}
				for _, f := range got {
					if f.Unreadable != (f.ID == string(bad)) || f.Certain != (f.ID == string(good)) {
						t.Errorf("found: %s: want the good one certain, and the bad one unreadable", raw)
					}
				}
				var ids []string
				if err := q.Walk(ctx, r, "main", func(id string) error { ids = append(ids, id); return nil }); err != nil || len(ids) != 2 {
					t.Errorf("walked: %v, %v", ids, err)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if indexed {
			t.Run("indexed before", func(t *testing.T) { try(t, storetest.SQLite()) })
			continue
		}
		storetest.Each(t, try)
	}
}

// TestUnreadIsErased: a report that does not open is erased for a reason and on
// its day, without keeping the others; a hold on any person keeps it, one on
// another report does not. S10.1
func TestUnreadIsErased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		o, bad, good := damaged(t, e, true)
		ctx := t.Context()
		hold := func(id string, change func(*store.Hold)) {
			t.Helper()
			h := storetest.NewHold("main", id, noon)
			change(&h)
			if err := o.db.Write(ctx, func(r store.Records) error { return r.Holds.Add(ctx, h) }); err != nil {
				t.Fatal(err)
			}
		}
		release := func(id string) {
			t.Helper()
			if err := o.db.Write(ctx, func(r store.Records) error { return r.Holds.Release(ctx, "main", id, o.now, "p-1", "it is over") }); err != nil {
				t.Fatal(err)
			}
		}
		hold("elsewhere", func(h *store.Hold) { h.Record = "another" })
		hold("somebody", func(h *store.Hold) { h.Marks = []store.Hash{{7}} })
		_, err := o.Erase(ctx, supervisor, bad, "the person asks")
		wantKind(t, "erased under a hold on a person", err, fault.Conflict)
		o.now = noon.AddDate(0, 0, 181)
		counts, err := o.Expire(ctx, false)
		if err != nil || len(counts) != 1 || counts[0].Erased != 1 || counts[0].Held != 1 {
			t.Errorf("on their day: %+v, %v: want the good one erased and the bad one held", counts, err)
		}
		release("somebody")
		if counts, err = o.Expire(ctx, false); err != nil || len(counts) != 1 || counts[0].Erased != 1 {
			t.Errorf("after the release: %+v, %v: want the bad one erased", counts, err)
		}
		if err := o.db.Read(ctx, func(r store.Records) error {
			for _, id := range []store.ReportID{bad, good} {
				if was, err := r.Erasures.Has(ctx, "main", reports.Kind, store.Buried("main", reports.Kind, string(id))); err != nil || !was {
					t.Errorf("%s: noted as erased %v, %v", id, was, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("for a reason", func(t *testing.T) {
		o, bad, _ := damaged(t, storetest.SQLite(), true)
		cert, err := o.Erase(t.Context(), supervisor, bad, "the person asks")
		if err != nil || len(cert.Removed) != 3 || cert.Removed[0].Count != 0 || cert.Removed[2].Count == 0 {
			t.Errorf("certificate %+v, %v: want the text without a length, and the terms counted", cert, err)
		}
		list, err := o.List(t.Context(), access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Analyst}}, reports.Query{})
		if err != nil || len(list.Reports) != 1 {
			t.Errorf("left: %+v, %v", list, err)
		}
	})
}
