package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/coupling"
	"bonafide/desk/accounts/leaks"
	"bonafide/desk/contacts"
	"bonafide/desk/reports"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
)

// killed is a guard whose server dies after the log has an event and before
// anybody hears of it, as often as it says.
type killed struct {
	*accounts.Desk
	times int
}

func (k *killed) WriteOwn(ctx context.Context, t access.Tenant, events []event.Event) error {
	err := k.Desk.WriteOwn(ctx, t, events)
	if k.times > 0 {
		k.times--
		return fault.New(fault.Temporary, "", "killed")
	}
	return err
}

// couple is a server of reports and accounts that know of each other.
type couple struct {
	till
	couples *coupling.Desk
	guard   *killed
	db      store.Store
	n       int
}

func newCouple(t *testing.T) *couple {
	t.Helper()
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Write(t.Context(), func(r store.Records) error {
		return r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: time.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	check, err := contacts.New(contacts.Config{Data: data.FS, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	book, err := reports.New(reports.Config{Store: db, Data: data.FS, Now: time.Now, Random: rand.Reader, Limits: reports.Limits{PerNetwork: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	log, key := memory.New(memory.Options{}), bytes.Repeat([]byte("k"), 32)
	desk, err := accounts.New(accounts.Config{Store: db, Log: log, Data: data.FS, Policy: text, Key: key, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	looks, err := leaks.New(leaks.Config{Store: db, Log: log, Data: data.FS, Key: key, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	x := &couple{till: till{t: t, desk: desk, mux: http.NewServeMux()}, guard: &killed{Desk: desk}, db: db}
	if x.couples, err = coupling.New(coupling.Config{Guard: x.guard, Store: db, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	book.Tell(x.couples)
	all := []access.Permission{access.ReportRead, access.ReportChange, access.EventWrite, access.DecisionRead}
	api.Register(x.mux, check, api.Options{BodyBytes: 1 << 20, Version: "test", Accounts: desk, Reports: book, Couples: x.couples, Leaks: looks,
		Client: func(*http.Request) string { return "192.0.2.7" }, Programs: ring{
			"all":     {Tenant: "main", Person: "p", Key: "k", Roles: []access.Role{access.Supervisor}, Scopes: all},
			"read":    {Tenant: "main", Person: "p", Key: "k", Roles: []access.Role{access.Analyst}, Scopes: []access.Permission{access.ReportRead}},
			"admin":   {Tenant: "main", Person: "p", Key: "k", Roles: []access.Role{access.Admin}, Scopes: all},
			"foreign": {Tenant: "other", Person: "p", Key: "k", Roles: []access.Role{access.Supervisor}, Scopes: all}}})
	return x
}

func (x *couple) must(rec *httptest.ResponseRecorder, code int, into any) {
	x.t.Helper()
	if rec.Code != code {
		x.t.Fatalf("%d, want %d: %s", rec.Code, code, rec.Body)
	}
	if into != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			x.t.Fatal(err)
		}
	}
}

const knownOrder = "112-1234567-1234567"

// report sends a fraudulent contact that names an order with "report this".
func (x *couple) report(number string) string {
	x.t.Helper()
	var d api.Drafted
	raw, _ := json.Marshal(map[string]string{"channel": "sms", "country": "DE", "lang": "en",
		"text": "Amazon: your order " + number + " was charged with $763. Call 1-888-555-0147 now and give the agent the code from your phone, or your account is closed."})
	x.must(x.ask(http.MethodPost, "/v1/reports/drafts", "", string(raw)), 200, &d)
	if d.Verdict != "scam" && d.Verdict != "suspicious" {
		x.t.Fatalf("the example is %s", d.Verdict)
	}
	raw, _ = json.Marshal(api.Sending{Draft: d.Draft, Consent: d.Consent.Version, Agreed: true})
	var got reports.Receipt
	x.must(x.ask(http.MethodPost, "/v1/reports", "", string(raw)), 201, &got)
	return string(got.ID)
}

// told brings what waits into the log.
func (x *couple) told() {
	x.t.Helper()
	for range 20 {
		n, err := x.couples.Write(x.t.Context())
		if err == nil && n == 0 {
			return
		}
		if err != nil && fault.KindOf(err) != fault.Temporary {
			x.t.Fatal(err)
		}
	}
	x.t.Fatal("what waits is never told")
}

// order places one more order of the account from its own device.
func (x *couple) order(account, number string) accounts.EventAnswer {
	x.t.Helper()
	x.n++
	var got accounts.Taken
	x.must(x.ask(http.MethodPost, "/v1/events?decide=true&lang=en", "all", fmt.Sprintf(`{"specversion":"1.0","id":"o%d","source":"shop","type":"order.placed","time":%q,
		"data":{"account":%q,"device":"own","order":{"id":%q,"amount":900,"currency":"EUR","seller":"seller-x","items":[{"kind":"goods","amount":900}]}}}`,
		x.n, time.Now().UTC().Format(time.RFC3339Nano), account, number)), 200, &got)
	return got.Answers[0]
}

func (x *couple) contacts(account string) []accounts.ReportedContact {
	x.t.Helper()
	var line accounts.Timeline
	x.must(x.ask(http.MethodGet, "/v1/accounts/"+account, "all", ""), 200, &line)
	return line.Contacts
}

// TestStrangersAreAWeakSign: a report of somebody unknown that names an order raises
// its account's risk a little, once, whatever dies between; many more raise it no
// further and stop nothing; what is found to be spam counts no more. // S0.14
func TestStrangersAreAWeakSign(t *testing.T) {
	x := newCouple(t)
	if a := x.order("a", knownOrder); a.Score != 0 || a.Action != "allow" {
		t.Fatalf("before: %+v", a)
	}
	x.guard.times = 2
	id := x.report(knownOrder)
	x.told()
	if got := x.contacts("a"); len(got) != 1 || got[0].By != "stranger" || got[0].Report != id || got[0].Leak != nil {
		t.Fatalf("on the page of the account, once: %+v", got)
	}
	if a := x.order("a", "o2"); a.Score != 5 || a.Action != "allow" || !slices.Contains(a.Rules, "reported_by_stranger") {
		t.Errorf("the next order: %+v", a)
	}
	x.order("b", "o-of-b")
	if a := x.order("b", "o-of-b2"); a.Score != 0 {
		t.Errorf("another account: %+v", a)
	}
	var many []string
	for range 40 {
		many = append(many, x.report(knownOrder))
	}
	x.report("112-9999999-9999999") // of nobody
	x.told()
	if a := x.order("a", "o3"); a.Score != 5 || a.Action != "allow" {
		t.Errorf("after many: %+v", a)
	}
	for _, r := range append(many, id) {
		x.must(x.ask(http.MethodPost, "/v1/reports/"+r+"/status", "all", `{"status":"rejected","revision":1}`), 200, nil)
	}
	x.told()
	if a := x.order("a", "o4"); a.Score != 0 || len(a.Rules) != 0 {
		t.Errorf("after all were found to be spam: %+v", a)
	}
	for _, c := range x.contacts("a") {
		if c.Withdrawn == nil {
			t.Errorf("a report that was taken back still stands: %+v", c)
		}
	}
	x.must(x.ask(http.MethodPost, "/v1/reports/"+id+"/status", "all", `{"status":"open","revision":2}`), 200, nil)
	x.told()
	if a := x.order("a", "o5"); a.Score != 5 {
		t.Errorf("after one was opened again: %+v", a)
	}
}

// TestStaffAreAStrongSign: a report that staff tie to an account lowers its
// thresholds, is a sign of a leak where the caller knew the order, and a stranger
// lowers nothing of it; only who may change reports can tie one. // S0.14
func TestStaffAreAStrongSign(t *testing.T) {
	x := newCouple(t)
	x.order("a", knownOrder)
	id := x.report("112-9999999-9999999")
	tie := "/v1/reports/" + id + "/account"
	for secret, want := range map[string]int{"": 401, "read": 403, "admin": 403, "foreign": 404} {
		x.must(x.ask(http.MethodPost, tie, secret, `{"account":"a"}`), want, nil)
	}
	for body, want := range map[string]int{`{}`: 422, `{"order":"of-nobody"}`: 422, `{"account":"b","order":"` + knownOrder + `"}`: 422} {
		x.must(x.ask(http.MethodPost, tie, "all", body), want, nil)
	}
	var got coupling.Tied
	x.must(x.ask(http.MethodPost, tie, "all", `{"order":"`+knownOrder+`","knew":true}`), 200, &got)
	if got.By != "staff" || !got.Stands || !got.Matched || got.Told {
		t.Errorf("tied: %+v", got)
	}
	x.told()
	a := x.order("a", "o2")
	if a.Score != 15 || a.Action != "allow" || !slices.Contains(a.Rules, "reported_by_staff") {
		t.Errorf("the next order: %+v", a)
	}
	c := x.contacts("a")
	if len(c) != 1 || c[0].By != "staff" || c[0].Leak == nil || len(c[0].Leak.Seller) != 32 {
		t.Errorf("the sign of a leak: %+v", c)
	}
	x.report(knownOrder)
	x.told()
	if a := x.order("a", "o3"); a.Score != 15 {
		t.Errorf("a stranger's report beside it changed the score to %d", a.Score)
	}
	x.must(x.ask(http.MethodPost, tie, "all", `{"account":"b"}`), 409, nil)
	x.must(x.ask(http.MethodPost, "/v1/reports/"+id+"/status", "all", `{"status":"rejected","revision":1}`), 200, nil)
	x.told()
	if a := x.order("a", "o4"); a.Score != 5 {
		t.Errorf("the stranger's report alone gives 5, is %d", a.Score)
	}
	raw := x.ask(http.MethodGet, "/v1/accounts/a", "all", "").Body.String()
	if strings.Contains(raw, knownOrder) || strings.Contains(raw, "$763") || strings.Contains(raw, "555-0147") {
		t.Error("the log has what a report says")
	}
}
