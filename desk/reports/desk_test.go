package reports_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/data"
	"bonafide/desk/custody"
	"bonafide/desk/reports"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// office is a desk with its store and clock.
type office struct {
	*reports.Desk
	t   *testing.T
	db  store.Store
	now time.Time
}

func open(t *testing.T, db store.Store, change ...func(*reports.Config)) *office {
	t.Helper()
	o := &office{t: t, db: db, now: noon}
	c := reports.Config{Store: db, Data: data.FS, Now: func() time.Time { return o.now }, Random: rand.Reader, Tenant: "main"}
	for _, f := range change {
		f(&c)
	}
	var err error
	if o.Desk, err = reports.New(c); err != nil {
		t.Fatal(err)
	}
	return o
}

// founded is a desk with the tenants main and other.
func founded(t *testing.T, db store.Store, change ...func(*reports.Config)) *office {
	t.Helper()
	o := open(t, db, change...)
	if err := db.Write(t.Context(), func(r store.Records) error {
		for _, id := range []access.Tenant{"main", "other"} {
			if err := r.Tenants.Add(t.Context(), store.Tenant{ID: id, Name: "Shop " + string(id), Created: noon}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return o
}

func someone(t access.Tenant, roles ...access.Role) access.Actor {
	return access.Actor{Tenant: t, Person: "p-" + string(t), Roles: roles, Confirmed: noon, From: "192.0.2.0/24"}
}

var (
	analyst    = someone("main", access.Analyst)
	supervisor = someone("main", access.Supervisor)
	foreign    = someone("other", access.Roles()...)
)

func (o *office) draft(text string) string {
	o.t.Helper()
	sealed, _, err := o.Draft(o.t.Context(), reports.Checked{Channel: "sms", Country: "DE", Text: text, Outcome: "scam", Probability: 0.9, Codes: []evidence.Code{"callback_number"}}, "de")
	if err != nil {
		o.t.Fatal(err)
	}
	return sealed
}

func (o *office) wish(sealed string) reports.Wish {
	c, err := o.Consent(o.t.Context(), "en")
	if err != nil {
		o.t.Fatal(err)
	}
	return reports.Wish{Draft: sealed, Consent: c.Version, Agreed: true}
}

func (o *office) send(text string) store.ReportID {
	o.t.Helper()
	got, err := o.Send(o.t.Context(), o.wish(o.draft(text)), reports.From{Door: "web", Network: "192.0.2.1/32"})
	if err != nil {
		o.t.Fatal(err)
	}
	return got.ID
}

func (o *office) actions(t access.Tenant) string {
	o.t.Helper()
	var out []string
	if err := o.db.Read(o.t.Context(), func(r store.Records) error {
		list, _, err := r.Audit.List(o.t.Context(), t, store.AuditFilter{}, 0, 0)
		for _, e := range list {
			out = append(out, e.Action)
			if strings.Contains(e.Why+e.Object+string(e.Actor)+e.From, "Schmidt") {
				o.t.Errorf("an entry holds personal data: %+v", e)
			}
		}
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func wantKind(t *testing.T, what string, err error, k fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != k {
		t.Errorf("%s: %v (kind %d), want kind %d", what, err, fault.KindOf(err), k)
	}
}

const letter = "Anna Schmidt, Ihr Konto wurde gesperrt! Rufen Sie +49 30 555-01234 an. Bestellung 112-1234567-7654321 ご注文番号 anna@schmidt.example"

// TestStory: sent once, found, opened, unmasked, worked on, exported, erased;
// the audit tells all of it, on both engines.
func TestStory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		o := founded(t, e.Open(t))
		ctx := t.Context()
		wish := o.wish(o.draft(letter))
		var ids sync.Map
		var wg sync.WaitGroup
		for range 5 { // five clicks at the same time
			wg.Go(func() {
				got, err := o.Send(ctx, wish, reports.From{Door: "web", Network: "n"})
				if err != nil {
					t.Error(err)
				}
				ids.Store(got.ID, got)
			})
		}
		wg.Wait()
		var id store.ReportID
		n := 0
		ids.Range(func(k, v any) bool { n++; id = k.(store.ReportID); return true })
		if n != 1 || o.actions("main") != "report.add" {
			t.Fatalf("%d reports, audit %s", n, o.actions("main"))
		}
		for i := range 30 {
			o.now = noon.Add(time.Duration(i) * time.Second)
			if _, err := o.Send(ctx, o.wish(o.draft("Ihr Paket wartet beim Zoll")), reports.From{Door: "web", Network: string(rune('a' + i))}); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []string{"030 55501234", "konto gesperrt", "注文", "注文番号", "112-1234567-7654321", "schmidt.example", "anna@schmidt.example"} {
			list, err := o.List(ctx, analyst, reports.Query{Search: q, Page: store.Page{Limit: 5}})
			if err != nil || len(list.Reports) != 1 || list.Reports[0].ID != id || !list.Reports[0].Masked {
				t.Errorf("%s: %+v, %v", q, list, err)
			} else if strings.Contains(list.Reports[0].Text, "Schmidt") || strings.ContainsAny(list.Reports[0].Text, "0123456789") {
				t.Errorf("%s: not masked: %s", q, list.Reports[0].Text)
			}
			if list, err := o.List(ctx, foreign, reports.Query{Search: q}); err != nil || len(list.Reports) != 0 || list.Any {
				t.Errorf("%s: another tenant sees %+v, %v", q, list, err)
			}
		}
		v, err := o.Open(ctx, analyst, id)
		if err != nil || !v.Masked || !strings.Contains(v.Text, "Konto wurde gesperrt") || v.Lang != "de" || v.Status != store.ReportNew {
			t.Errorf("masked: %+v, %v", v, err)
		}
		_, err = o.Unmask(ctx, analyst, id, "x")
		wantKind(t, "without a reason", err, fault.Invalid)
		if v, err = o.Unmask(ctx, analyst, id, "the customer asks"); err != nil || v.Text != letter || v.Masked {
			t.Errorf("unmasked: %+v, %v", v, err)
		}
		if err := o.SetStatus(ctx, analyst, id, store.ReportDone, v.Revision); err != nil {
			t.Error(err)
		}
		wantKind(t, "a stale revision", o.SetStatus(ctx, analyst, id, store.ReportNew, v.Revision), fault.Conflict)
		wantKind(t, "no status", o.SetStatus(ctx, analyst, id, "<b>", v.Revision+1), fault.Invalid)
		var out bytes.Buffer
		ex, err := o.Export(ctx, supervisor, reports.ExportWish{Format: reports.NDJSON, Reason: "for the police", Query: reports.Query{Filter: store.ReportFilter{Status: store.ReportDone}}, Clear: true})
		if err == nil {
			err = ex.Write(ctx, &out)
		}
		var line reports.View
		if err != nil || json.Unmarshal(out.Bytes(), &line) != nil || line.Text != letter || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("export: %s, %v", out.String(), err)
		}
		cert, err := o.Erase(ctx, supervisor, id, "the person asked for it")
		if err != nil || len(cert.Removed) != 3 || cert.Removed[2].Count == 0 || cert.Kept[0].Count != 4 || cert.Hash == "" {
			t.Errorf("certificate: %+v, %v", cert, err)
		}
		if list, err := o.List(ctx, analyst, reports.Query{Search: "Schmidt"}); err != nil || len(list.Reports) != 0 {
			t.Errorf("found after it was erased: %+v, %v", list, err)
		}
		if got := o.actions("main"); !strings.HasPrefix(got, "report.search report.erase report.export report.unmask report.status report.unmask report.search") {
			t.Errorf("audit: %s", got)
		}
		results, err := custody.New(o.db).Verify(ctx, custody.Scope{})
		if err != nil || len(results) == 0 || results[0].Broken != nil {
			t.Errorf("the chain: %+v, %v", results, err)
		}
		o.now = noon.AddDate(0, 0, 181)
		if err := o.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if list, err := o.List(ctx, analyst, reports.Query{}); err != nil || list.Any {
			t.Errorf("after their time: %+v, %v", list, err)
		}
	})
}

// TestRights: what each role may do with a report, that of another tenant is
// not found, and nobody who may not learns that it is there.
func TestRights(t *testing.T) {
	o := founded(t, storetest.SQLite().Open(t))
	ctx := t.Context()
	id := o.send(letter)
	const none = fault.Kind(-1)
	acts := map[string]func(a access.Actor) error{
		"list": func(a access.Actor) error {
			l, err := o.List(ctx, a, reports.Query{})
			if err == nil && len(l.Reports) > 0 && a.ReachOf(access.ReportRead) != access.All {
				t.Errorf("%v lists what is not theirs", a.Roles)
			}
			return err
		},
		"open":   func(a access.Actor) error { _, err := o.Open(ctx, a, id); return err },
		"unmask": func(a access.Actor) error { _, err := o.Unmask(ctx, a, id, "a good reason"); return err },
		"status": func(a access.Actor) error {
			x, err := o.Open(ctx, analyst, id)
			if err != nil {
				return err
			}
			return o.SetStatus(ctx, a, id, store.ReportOpen, x.Revision)
		},
		"export": func(a access.Actor) error {
			_, err := o.Export(ctx, a, reports.ExportWish{Format: reports.CSV, Reason: "a good reason"})
			return err
		},
		"erase": func(a access.Actor) error {
			if a.Tenant == "main" && a.Can(access.ReportErase) {
				_, err := o.Erase(ctx, a, o.send("another text"), "a good reason")
				return err
			}
			_, err := o.Erase(ctx, a, id, "a good reason")
			return err
		},
	}
	own := map[string]fault.Kind{"list": none, "open": fault.NotFound, "unmask": fault.Forbidden, "status": fault.Forbidden, "export": fault.Forbidden, "erase": fault.Forbidden}
	nobody := map[string]fault.Kind{"list": fault.Forbidden, "open": fault.Forbidden, "unmask": fault.Forbidden, "status": fault.Forbidden, "export": fault.Forbidden, "erase": fault.Forbidden}
	want := map[access.Role]map[string]fault.Kind{access.Shopper: own, access.Seller: own, access.SellerVerifier: nobody,
		access.Interviewer: nobody, access.Editor: nobody, access.Admin: nobody,
		access.Helper:     {"list": none, "open": none, "unmask": fault.Forbidden, "status": none, "export": fault.Forbidden, "erase": fault.Forbidden},
		access.Analyst:    {"list": none, "open": none, "unmask": none, "status": none, "export": fault.Forbidden, "erase": fault.Forbidden},
		access.Supervisor: {"list": none, "open": none, "unmask": none, "status": none, "export": none, "erase": none}}
	check := func(who string, a access.Actor, kinds map[string]fault.Kind) {
		t.Helper()
		for name, act := range acts {
			err := act(a)
			if k := kinds[name]; k == none && err != nil || k != none && (err == nil || fault.KindOf(err) != k) {
				t.Errorf("%s: %s: %v, want kind %d", who, name, err, k)
			}
		}
	}
	for _, r := range access.Roles() {
		check(string(r), someone("main", r), want[r])
	}
	check("nobody", access.Actor{Tenant: "main"}, nobody)
	check("another tenant", foreign, map[string]fault.Kind{"list": none, "open": fault.NotFound, "unmask": fault.NotFound, "status": fault.NotFound, "export": none, "erase": fault.NotFound})
	key := analyst
	key.Key, key.Scopes = "k", []access.Permission{access.ReportRead}
	check("a key to read", key, map[string]fault.Kind{"list": none, "open": none, "unmask": fault.Forbidden, "status": fault.Forbidden, "export": fault.Forbidden, "erase": fault.Forbidden})
	late := supervisor
	late.Confirmed = noon.Add(-time.Hour)
	check("an old proof of identity", late, map[string]fault.Kind{"list": none, "open": none, "unmask": none, "status": none, "export": fault.Forbidden, "erase": fault.Forbidden})
	if strings.Contains(o.actions("other"), "unmask") {
		t.Errorf("a refused unmasking left an entry: %s", o.actions("other"))
	}
}

// TestSendingIsBounded: without consent, without a draft of ours, too late, too
// large or too often nothing is kept.
func TestSendingIsBounded(t *testing.T) {
	db := storetest.SQLite().Open(t)
	empty := open(t, db)
	_, _, err := empty.Draft(t.Context(), reports.Checked{Text: "x"}, "en")
	wantKind(t, "before the set-up", err, fault.NotConfigured)
	o := founded(t, db, func(c *reports.Config) { c.Limits = reports.Limits{PerNetwork: 2, PerTenant: 3} })
	ctx := t.Context()
	send := func(w reports.Wish, network string) error {
		_, err := o.Send(ctx, w, reports.From{Door: "web", Network: network})
		return err
	}
	good := o.wish(o.draft(letter))
	bad := good
	bad.Agreed = false
	wantKind(t, "no agreement", send(bad, "a"), fault.Invalid)
	bad = good
	bad.Consent = "an older text"
	wantKind(t, "another text", send(bad, "a"), fault.Invalid)
	for name, sealed := range map[string]string{"none": "", "no base64": "<b>", "cut": good.Draft[:40], "changed": good.Draft[:len(good.Draft)-8] + "AAAAAAAA"} {
		bad = good
		bad.Draft = sealed
		wantKind(t, name, send(bad, "a"), fault.Invalid)
	}
	bad.Draft = strings.Repeat("A", reports.MaxDraft+1)
	wantKind(t, "oversized", send(bad, "a"), fault.TooLarge)
	other := elsewhere(t, db)
	_, err = other.Send(ctx, good, reports.From{})
	wantKind(t, "sealed by another server", err, fault.Invalid)
	o.now = noon.Add(25 * time.Hour)
	wantKind(t, "a day later", send(good, "a"), fault.Invalid)
	o.now = noon
	for i, want := range []fault.Kind{-1, -1, fault.Temporary} {
		if err := send(o.wish(o.draft("one")), "a"); want >= 0 {
			wantKind(t, "too often", err, want)
		} else if err != nil {
			t.Errorf("report %d: %v", i, err)
		}
	}
	if err := send(o.wish(o.draft("two")), "b"); err != nil {
		t.Error(err)
	}
	wantKind(t, "too many in all", send(o.wish(o.draft("three")), "c"), fault.Temporary)
	o.now = noon.Add(61 * time.Minute)
	if err := send(o.wish(o.draft("four")), "a"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	o.now = noon.Add(3 * time.Hour)
	id := func() store.ReportID {
		got, err := o.Send(ctx, o.wish(o.draft(strings.Repeat("注", 1<<19)+"\x00\xff")), reports.From{Network: "a"})
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}()
	if v, err := o.Unmask(ctx, analyst, id, "a good reason"); err != nil || len(v.Text) > reports.MaxText || !strings.HasSuffix(v.Text, "注…") {
		t.Errorf("a huge text: %d bytes, %v", len(v.Text), err)
	}
}

// elsewhere is a second server over the same records, with a key of its own.
func elsewhere(t *testing.T, db store.Store) *office { return open(t, db) }

// TestCSVHoldsNoFormula: no cell that an office program would run.
func TestCSVHoldsNoFormula(t *testing.T) {
	o := founded(t, storetest.SQLite().Open(t))
	texts := []string{`=HYPERLINK("https://evil.example","x")`, "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "  =1", "＝1+1", "harmless\n=cmd|' /C calc'!A0", "\"=1", ";=1", "\u200b=1", "a\r=1", "|calc", "plain, with \"quotes\""}
	for i, s := range texts {
		if _, err := o.Send(t.Context(), o.wish(o.draft(s)), reports.From{Network: string(rune('a' + i))}); err != nil {
			t.Fatal(err)
		}
	}
	ex, err := o.Export(t.Context(), supervisor, reports.ExportWish{Format: reports.CSV, Reason: "a good reason", Clear: true})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := ex.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != len(texts)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			for _, l := range strings.Split(cell, "\n") {
				if l = strings.TrimLeft(l, " \t\u200b\";,"); l != "" && strings.ContainsRune("=+-@＝|", []rune(l)[0]) {
					t.Errorf("a cell is a formula: %q", cell)
				}
			}
		}
	}
	_, err = o.Export(t.Context(), supervisor, reports.ExportWish{Format: "xls", Reason: "a good reason"})
	wantKind(t, "no format", err, fault.Invalid)
}

// TestMaskHidesPeople: names, numbers and addresses of any script are hidden.
func TestMaskHidesPeople(t *testing.T) {
	o := founded(t, storetest.SQLite().Open(t))
	for text, shown := range map[string]string{
		"Dear Anna Müller-Weber, your account 4711 is blocked": "your account ••• is blocked",
		"山田太郎様、ご注文番号２５０はキャンセルされました":                            "注文番号",
		"mail max.mustermann@example.org now":                  "mail ••• now",
		"call (030) 1234567":                                   "call (•••) •••",
	} {
		v, err := o.Open(t.Context(), analyst, o.send(text))
		if err != nil || !strings.Contains(v.Text, shown) {
			t.Errorf("%q: %q, %v: want %q in it", text, v.Text, err, shown)
		}
		for _, secret := range []string{"Anna", "Müller", "Weber", "4711", "山田", "太郎", "２５０", "max", "example", "030", "1234567"} {
			if strings.Contains(v.Text, secret) {
				t.Errorf("%q shows %q: %q", text, secret, v.Text)
			}
		}
	}
}

// TestOldReportsBecomeSearchable: what came before the index, or from a restored
// copy, is found after a sweep.
func TestOldReportsBecomeSearchable(t *testing.T) {
	o := founded(t, storetest.SQLite().Open(t))
	ctx := context.Background()
	if err := o.db.Write(ctx, func(r store.Records) error { return r.Reports.Add(ctx, storetest.NewReport("main", "old", noon)) }); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1} {
		if list, err := o.List(ctx, analyst, reports.Query{Search: "888 555 0147"}); err != nil || len(list.Reports) != n {
			t.Errorf("%d found, %v: want %d", len(list.Reports), err, n)
		}
		if err := o.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
