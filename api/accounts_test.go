package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/hooks"
	"bonafide/desk/accounts/lists"
	"bonafide/desk/policies"
	"bonafide/eventlog/memory"
	"bonafide/store"
	"bonafide/store/sql"
)

// till is a server of the account guard with a key for each way of asking.
type till struct {
	t     *testing.T
	desk  *accounts.Desk
	posts *hooks.Desk
	mux   *http.ServeMux
	doc   map[string]bool // "GET /v1/…" of what is described
}

// newTill is a server of accounts; with is its desk of contacts, a usual one if none
// is given.
func newTill(t *testing.T, with ...api.Desk) *till {
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
	check, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	door := api.Desk(check)
	if len(with) > 0 {
		door = with[0]
	}
	text, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var desk *accounts.Desk
	rules, err := policies.New(policies.Config{Store: db, Data: data.FS, Now: time.Now, Shipped: text, Changed: func(a access.Tenant) { desk.PolicyChanged(a) },
		History: func(ctx context.Context, a access.Tenant, since time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
			return desk.History(ctx, a, since)
		}})
	if err != nil {
		t.Fatal(err)
	}
	desk, err = accounts.New(accounts.Config{Store: db, Log: memory.New(memory.Options{}), Data: data.FS, Policy: text, Key: bytes.Repeat([]byte("k"), 32), Now: time.Now,
		Live: rules.Live, Candidate: rules.Candidate, RollBack: rules.RollBackBurst, Burst: rules.Guardrails().Burst})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	listing, err := lists.New(lists.Config{Guard: desk, Store: db, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	key := func(tenant access.Tenant, r access.Role, scopes ...access.Permission) access.Actor {
		return access.Actor{Tenant: tenant, Person: "p", Key: "k", Roles: []access.Role{r}, Scopes: scopes}
	}
	all := []access.Permission{access.EventWrite, access.DecisionRead, access.DecisionLabel, access.PolicyRead, access.PolicyEdit, access.PolicyPublish, access.ListRead, access.ListWrite}
	posts, err := hooks.New(hooks.Config{Guard: desk, Store: db, Now: time.Now, Private: true, Wait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	x := &till{t: t, desk: desk, posts: posts, mux: http.NewServeMux(), doc: map[string]bool{}}
	doc := api.Register(x.mux, door, api.Options{BodyBytes: 1 << 20, Version: "test", Accounts: desk, Lists: listing, Hooks: posts, Policies: rules, Programs: ring{
		"all": key("main", access.Supervisor, all...), "write": key("main", access.Supervisor, access.EventWrite), "read": key("main", access.Analyst, access.DecisionRead),
		"analyst": key("main", access.Analyst, all...), "admin": key("main", access.Admin, all...), "hooks": key("main", access.Admin, access.WebhookRead, access.WebhookManage), "their hooks": key("other", access.Admin, access.WebhookRead, access.WebhookManage), "shopper": key("main", access.Shopper, all...),
		"none": key("main", access.Supervisor, access.AccountRead), "foreign": key("other", access.Supervisor, all...)}})
	for path, item := range doc.Paths {
		if item.Get != nil {
			x.doc["GET "+path] = true
		}
		if item.Post != nil {
			x.doc["POST "+path] = true
		}
		if item.Delete != nil {
			x.doc["DELETE "+path] = true
		}
	}
	return x
}

func (x *till) ask(method, path, secret, body string) *httptest.ResponseRecorder {
	x.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	rec := httptest.NewRecorder()
	x.mux.ServeHTTP(rec, r)
	return rec
}

// ev is an event as a shop sends it.
func ev(id, kind string, at time.Time, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"shop","type":%q,"time":%q,"data":%s}`, id, kind, at.UTC().Format(time.RFC3339), data)
}

// story is a short takeover that ends with a decision that is kept.
func story(name string, begin time.Time) string {
	login := func(id, device, mfa string, at time.Time) string {
		return ev(name+id, "login", at, fmt.Sprintf(`{"account":%q,"device":%q,"login":{"success":true,"mfa":%q,"enrolled":true}}`, name, device+name, mfa))
	}
	return strings.Join([]string{login("-1", "own", "totp", begin.Add(-48*time.Hour)), login("-2", "theirs", "bypassed", begin),
		ev(name+"-3", "order.placed", begin.Add(5*time.Minute), fmt.Sprintf(`{"account":%q,"device":%q,"order":{"id":"o-%s","amount":5000,"currency":"JPY","items":[{"kind":"gift_card","amount":5000,"recipient":"r-%s"}]}}`,
			name, "theirs"+name, name, name))}, "\n")
}

// decisionOf sends a takeover and returns the decision about its order.
func (x *till) decisionOf(name string) accounts.EventAnswer {
	x.t.Helper()
	rec := x.ask(http.MethodPost, "/v1/events?decide=true&lang=ja", "all", story(name, time.Now().Add(-5*time.Minute)))
	var got accounts.Taken
	if err := json.Unmarshal(rec.Body.Bytes(), &got); rec.Code != 200 || err != nil || got.Accepted != 3 || len(got.Answers) != 3 || got.Answers[2].Action == "allow" {
		x.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return got.Answers[2]
}

// TestAccounts: every route of the account guard × keys of each kind × another
// tenant × no key; a route without a row fails.
func TestAccounts(t *testing.T) {
	x := newTill(t)
	rows := map[string]map[string]int{
		"POST /v1/events":                   {"": 401, "all": 200, "write": 200, "read": 403, "analyst": 403, "admin": 200, "shopper": 403, "none": 403, "foreign": 200},
		"GET /v1/decisions":                 {"": 401, "all": 200, "write": 403, "read": 200, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 200},
		"GET /v1/decisions/stream":          {"": 401, "all": 200, "write": 403, "read": 200, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 200},
		"GET /v1/decisions/{id}":            {"": 401, "all": 200, "write": 403, "read": 200, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404},
		"POST /v1/decisions/{id}/label":     {"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404},
		"POST /v1/decisions/{id}/assign":    {"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404},
		"GET /v1/accounts/{account}":        {"": 401, "all": 200, "write": 403, "read": 200, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404},
		"GET /v1/accounts/{account}/linked": {"": 401, "all": 200, "write": 403, "read": 200, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404},
		"GET /v1/policies/precision":        {"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 200},
	}
	for pattern := range x.doc {
		if _, ok := rows[pattern]; !ok && (strings.Contains(pattern, "/v1/events") || strings.Contains(pattern, "/v1/decisions") || strings.Contains(pattern, "/v1/accounts") || strings.Contains(pattern, "/v1/policies/precision")) {
			t.Errorf("%s has no row here", pattern)
		}
	}
	n := 0
	for pattern, codes := range rows {
		if !x.doc[pattern] {
			t.Errorf("%s is not described", pattern)
		}
		method, path, _ := strings.Cut(pattern, " ")
		for secret, want := range codes {
			n++
			name := fmt.Sprintf("acct%d", n)
			got := x.decisionOf(name)
			body := map[string]string{"POST /v1/events": story(name+"x", time.Now().Add(-5*time.Minute)), "POST /v1/decisions/{id}/label": `{"label":"fraud","revision":1}`,
				"POST /v1/decisions/{id}/assign": `{"person":"","revision":1}`}[pattern]
			address := strings.NewReplacer("{id}", got.Decision, "{account}", name).Replace(path)
			if strings.HasSuffix(path, "/stream") {
				address += "?after=0&poll=true"
			}
			rec := x.ask(method, address, secret, body)
			if rec.Code != want {
				t.Errorf("%s with key %q: %d %s, want %d", pattern, secret, rec.Code, rec.Body, want)
			}
			if (want != 200 || secret == "foreign") && (strings.Contains(rec.Body.String(), got.Decision) || strings.Contains(rec.Body.String(), name+"-")) {
				t.Errorf("%s with key %q tells what it should not: %s", pattern, secret, rec.Body)
			}
		}
	}
}

func TestDecisionsOverHTTP(t *testing.T) {
	x := newTill(t)
	one := x.decisionOf("one")
	if one.Customer == "" || !strings.ContainsAny(one.Support, "のは") || one.Scope != "order" || one.ID != "one-3" {
		t.Errorf("%+v", one)
	}
	x.decisionOf("two")
	var page api.DecisionPage
	for q, want := range map[string]int{"": 2, "?account=one": 1, "?account=nobody": 0, "?action=block": -1, "?label=none": 2, "?label=fraud": 0, "?assigned=nobody": 2,
		"?assigned=p": 0, "?limit=1": 1, "?since=2100-01-01": 0} {
		rec := x.ask(http.MethodGet, "/v1/decisions"+q, "read", "")
		page = api.DecisionPage{}
		if err := json.Unmarshal(rec.Body.Bytes(), &page); rec.Code != 200 || err != nil || want >= 0 && len(page.Decisions) != want || (q == "?limit=1") != (page.Next > 0) {
			t.Errorf("%s: %d, %d decisions, next %d, %v", q, rec.Code, len(page.Decisions), page.Next, err)
		}
	}
	for _, q := range []string{"/v1/decisions?action=allow", "/v1/decisions?label=x", "/v1/decisions?limit=999", "/v1/decisions/stream?after=x&poll=true", "/v1/decisions/stream?after=-1", "/v1/decisions?since=yesterday"} {
		if rec := x.ask(http.MethodGet, q, "read", ""); rec.Code != 422 && rec.Code != 400 {
			t.Errorf("%s: %d %s", q, rec.Code, rec.Body)
		}
	}
	rec := x.ask(http.MethodPost, "/v1/decisions/"+one.Decision+"/label", "analyst", `{"label":"good","revision":1}`)
	var o accounts.Opened
	if err := json.Unmarshal(rec.Body.Bytes(), &o); rec.Code != 200 || err != nil || o.Label != store.LabelGood || o.Revision != 2 || !o.Again || o.Labelled == nil {
		t.Errorf("label: %d %s", rec.Code, rec.Body)
	}
	if rec := x.ask(http.MethodPost, "/v1/decisions/"+one.Decision+"/label", "analyst", `{"label":"good","revision":1}`); rec.Code != 409 {
		t.Errorf("a revision of before: %d", rec.Code)
	}
	rec = x.ask(http.MethodGet, "/v1/policies/precision", "analyst", "")
	if !strings.Contains(rec.Body.String(), `"good":1`) {
		t.Errorf("precision: %s", rec.Body)
	}
	rec = x.ask(http.MethodGet, "/v1/accounts/one", "read", "")
	var line accounts.Timeline
	if err := json.Unmarshal(rec.Body.Bytes(), &line); err != nil || len(line.Moments) != 3 || len(line.Orders) != 1 || len(line.Decisions) != 1 {
		t.Errorf("account: %s", rec.Body)
	}
	rec = x.ask(http.MethodPost, "/v1/events", "write", `{"id":"secret"`)
	if rec.Code != 422 || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("a broken event: %d %s", rec.Code, rec.Body)
	}
	if rec := x.ask(http.MethodPost, "/v1/events", "write", strings.Repeat(" ", accounts.MaxBody+2<<10)); rec.Code != 413 {
		t.Errorf("too large: %d", rec.Code)
	}
	if err := x.desk.Close(); err != nil {
		t.Fatal(err)
	}
	if rec := x.ask(http.MethodPost, "/v1/events", "write", story("late", time.Now().Add(-5*time.Minute))); rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("closed: %d %v", rec.Code, rec.Header())
	}
}

// TestStream: a shop pulls decisions as they come, and goes on where it was.
func TestStream(t *testing.T) {
	x := newTill(t)
	x.decisionOf("one")
	srv := httptest.NewServer(x.mux)
	defer func() { srv.CloseClientConnections(); srv.Close() }()
	follow := func(query, lastID string) (*http.Response, *bufio.Scanner, func()) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/v1/decisions/stream"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer read")
		if lastID != "" {
			r.Header.Set("Last-Event-ID", lastID)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		return res, lines, func() { cancel(); _ = res.Body.Close() }
	}
	next := func(s *bufio.Scanner) (id string, v accounts.DecisionView) {
		t.Helper()
		for s.Scan() {
			if rest, ok := strings.CutPrefix(s.Text(), "id: "); ok {
				id = rest
			}
			if rest, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(rest), &v); err != nil {
					t.Fatal(err)
				}
				return id, v
			}
		}
		t.Fatal("the stream ended")
		return "", v
	}
	res, s, stop := follow("?after=0", "")
	id, v := next(s)
	if res.Header.Get("Content-Type") != "text/event-stream" || v.EventID != "one-3" || id != fmt.Sprint(v.Sequence) {
		t.Errorf("%s %+v", id, v)
	}
	two := x.decisionOf("two")
	if _, v := next(s); string(v.ID) != two.Decision {
		t.Errorf("the second: %+v", v)
	}
	stop()
	x.decisionOf("three")
	_, s, stop = follow("", id)
	if _, v := next(s); string(v.ID) != two.Decision {
		t.Errorf("going on after the first: %+v", v)
	}
	if _, v := next(s); v.EventID != "three-3" {
		t.Errorf("and the third: %+v", v)
	}
	stop()
	done := make(chan api.DecisionNews)
	go func() {
		r, _ := http.NewRequest(http.MethodGet, srv.URL+"/v1/decisions/stream?wait=20", nil)
		r.Header.Set("Authorization", "Bearer read")
		res, err := http.DefaultClient.Do(r)
		var news api.DecisionNews
		if err == nil {
			raw, _ := io.ReadAll(res.Body)
			_ = json.Unmarshal(raw, &news)
			_ = res.Body.Close()
		}
		done <- news
	}()
	time.Sleep(200 * time.Millisecond)
	x.decisionOf("four")
	if news := <-done; len(news.Decisions) != 1 || news.Decisions[0].EventID != "four-3" || news.Last != news.Decisions[0].Sequence {
		t.Errorf("long poll: %+v", news)
	}
}
