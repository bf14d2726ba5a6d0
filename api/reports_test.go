package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/desk/people"
	"bonafide/desk/reports"
	"bonafide/store"
	"bonafide/store/sql"
)

// checking is the desk of contacts that all tests ask: it keeps nothing, and reading
// its knowledge takes a second each time.
var checking = sync.OnceValues(func() (*contacts.Desk, error) { return contacts.New(contacts.Config{Data: data.FS, Now: time.Now}) })

// ring knows a key for each way of asking.
type ring map[string]access.Actor

func (k ring) Program(_ context.Context, secret string, _ people.From) (access.Actor, error) {
	a, ok := k[secret]
	if !ok {
		return access.Actor{}, people.ErrKey
	}
	return a, nil
}

// TestReports: every route of reports × keys of each kind × another tenant × no
// key; a route without a row fails.
func TestReports(t *testing.T) {
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Write(t.Context(), func(r store.Records) error {
		return r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: time.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	desk, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	book, err := reports.New(reports.Config{Store: db, Data: data.FS, Now: time.Now, Random: rand.Reader, Limits: reports.Limits{PerNetwork: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	key := func(tenant access.Tenant, r access.Role, scopes ...access.Permission) access.Actor {
		return access.Actor{Tenant: tenant, Person: "p", Key: "k", Roles: []access.Role{r}, Scopes: scopes}
	}
	all := []access.Permission{access.ReportRead, access.ReportChange, access.ReportUnmask}
	mux := http.NewServeMux()
	doc := api.Register(mux, desk, api.Options{BodyBytes: 1 << 20, Version: "test", Reports: book, Programs: ring{
		"all": key("main", access.Analyst, all...), "read": key("main", access.Analyst, access.ReportRead), "none": key("main", access.Analyst, access.AccountRead),
		"admin": key("main", access.Admin, all...), "shopper": key("main", access.Shopper, all...), "foreign": key("other", access.Supervisor, all...)}})
	ask := func(method, path, secret, body string) (int, string) {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if secret != "" {
			r.Header.Set("Authorization", "Bearer "+secret)
		}
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		raw, _ := io.ReadAll(rec.Body)
		return rec.Code, string(raw)
	}
	send := func() (id string) {
		t.Helper()
		code, body := ask(http.MethodPost, "/v1/reports/drafts", "", `{"text":"Amazon: Anna Schmidt, call 030 55501234 now 注文番号","channel":"sms","country":"DE","lang":"en"}`)
		var d api.Drafted
		if err := json.Unmarshal([]byte(body), &d); code != 200 || err != nil || d.Consent.Days != 180 {
			t.Fatalf("draft: %d %s", code, body)
		}
		raw, _ := json.Marshal(api.Sending{Draft: d.Draft, Consent: d.Consent.Version, Agreed: true})
		code, first := ask(http.MethodPost, "/v1/reports", "", string(raw))
		_, again := ask(http.MethodPost, "/v1/reports", "", string(raw))
		var got, same reports.Receipt
		if json.Unmarshal([]byte(first), &got) != nil || json.Unmarshal([]byte(again), &same) != nil || code != 201 || got.ID == "" || got.ID != same.ID || !same.Again {
			t.Fatalf("send: %d %s, again %s", code, first, again)
		}
		raw, _ = json.Marshal(api.Sending{Draft: d.Draft, Consent: d.Consent.Version})
		if code, body := ask(http.MethodPost, "/v1/reports", "", string(raw)); code != 422 {
			t.Errorf("without agreement: %d %s", code, body)
		}
		return string(got.ID)
	}
	for _, c := range []struct {
		pattern, body string
		codes         map[string]int
	}{
		{"GET /v1/reports", "", map[string]int{"": 401, "all": 200, "read": 200, "none": 403, "admin": 403, "shopper": 200, "foreign": 200}},
		{"GET /v1/reports/{id}", "", map[string]int{"": 401, "all": 200, "read": 200, "none": 403, "admin": 403, "shopper": 404, "foreign": 404}},
		{"POST /v1/reports/{id}/unmask", `{"reason":"the customer asks"}`, map[string]int{"": 401, "all": 200, "read": 403, "none": 403, "admin": 403, "shopper": 403, "foreign": 404}},
		{"POST /v1/reports/{id}/status", `{"status":"open","revision":1}`, map[string]int{"": 401, "all": 200, "read": 403, "none": 403, "admin": 403, "shopper": 403, "foreign": 404}},
		{"POST /v1/reports", `{"draft":"x","consent":"x","agreed":true}`, map[string]int{"": 422, "all": 422, "foreign": 422}},
		{"POST /v1/reports/drafts", `{"text":"hello"}`, map[string]int{"": 200, "all": 200, "foreign": 200}},
	} {
		method, path, _ := strings.Cut(c.pattern, " ")
		item := doc.Paths[path]
		if method == http.MethodGet && item.Get == nil || method == http.MethodPost && item.Post == nil {
			t.Errorf("%s is not described", c.pattern)
		}
		for secret, want := range c.codes {
			code, body := ask(method, strings.Replace(path, "{id}", send(), 1), secret, c.body)
			if code != want {
				t.Errorf("%s with key %q: %d %s, want %d", c.pattern, secret, code, body, want)
			}
			clear := strings.Contains(body, "Schmidt")
			if clear != (want == 200 && strings.HasSuffix(path, "/unmask")) || secret == "foreign" && strings.Contains(body, "created_at") {
				t.Errorf("%s with key %q shows what it should not, or nothing: %s", c.pattern, secret, body)
			}
		}
	}
	routes := 0
	for path := range doc.Paths {
		if strings.HasPrefix(path, "/v1/reports") {
			routes++
		}
	}
	if routes != 5 {
		t.Errorf("%d paths of reports are described: give a new one a row here", routes)
	}
	for q, n := range map[string]int{"?q=%2B493055501234&limit=100": 1, "?q=%E6%B3%A8%E6%96%87": 1, "?q=Schmitt": 0, "?status=done": 0, "?limit=1": 1} {
		code, body := ask(http.MethodGet, "/v1/reports"+q, "all", "")
		var p api.ReportPage
		if err := json.Unmarshal([]byte(body), &p); code != 200 || err != nil || min(len(p.Reports), 1) != n || q == "?limit=1" && p.Next == "" {
			t.Errorf("%s: %d, %d reports, %v", q, code, len(p.Reports), err)
		}
	}
	for _, q := range []string{"?q=%E6%B3%A8", "?status=x", "?after=!", "?limit=1000", "?q=" + strings.Repeat("x", 400)} {
		if code, body := ask(http.MethodGet, "/v1/reports"+q, "all", ""); code != 422 {
			t.Errorf("%s: %d %s, want 422", q, code, body)
		}
	}
	if code, _ := ask(http.MethodPost, "/v1/reports", "", `{"draft":"`+strings.Repeat("A", reports.MaxDraft+8<<10)+`","consent":"x","agreed":true}`); code != 413 {
		t.Errorf("oversized: %d", code)
	}
}
