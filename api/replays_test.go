package api_test

import (
	"context"
	"encoding/json"
	"fmt"
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
	"bonafide/desk/replays"
	"bonafide/store/sql"
)

// TestReplays: every route of replays × keys of each kind × another tenant × no
// key; a replay is started, watched and read as JSON; a route without a row fails.
func TestReplays(t *testing.T) {
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	shipped := []byte("policy: marketplace\nversion: 1\nthresholds: {challenge: 50}\ndecides: [order.placed]\nrules:\n" +
		"  - {id: large, on: order.placed, when: order.amount > 1000, score: 60, reason: {en: large, de: viel, ja: 高額}}\n")
	now := time.Now().UTC()
	desk, err := replays.New(replays.Config{Store: db, Data: data.FS, Now: time.Now, Shipped: shipped,
		History: func(_ context.Context, tenant access.Tenant, _ time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
			return func(yield func(event.Event, error) bool) {
				for i := range 40 {
					e, err := event.Parse([]byte(ev(fmt.Sprint(i), "order.placed", now.Add(time.Duration(i-50)*time.Minute),
						fmt.Sprintf(`{"account":"a%d","order":{"id":"o%d","amount":500,"currency":"JPY"}}`, i%4, i))), event.Options{})
					if tenant == "main" && !yield(e, err) {
						return
					}
				}
			}, nil, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	check, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	key := func(tenant access.Tenant, r access.Role, scopes ...access.Permission) access.Actor {
		return access.Actor{Tenant: tenant, Person: "p", Key: "k", Roles: []access.Role{r}, Scopes: scopes}
	}
	all := []access.Permission{access.PolicyRead, access.PolicyReplay, access.DecisionRead}
	x := &till{t: t, mux: http.NewServeMux(), doc: map[string]bool{}}
	doc := api.Register(x.mux, check, api.Options{BodyBytes: 1 << 20, Version: "test", Replays: desk, Programs: ring{
		"all": key("main", access.Supervisor, all...), "read": key("main", access.Analyst, access.PolicyRead), "run": key("main", access.Analyst, access.PolicyReplay),
		"admin": key("main", access.Admin, all...), "shopper": key("main", access.Shopper, all...), "foreign": key("other", access.Supervisor, all...)}})
	body := func(more string) string {
		return `{"policy":0,"from":"` + now.Add(-2*time.Hour).Format(time.RFC3339) + `"` + more + `}`
	}
	open := func(n int64, secret string) (v replays.Run, rec *httptest.ResponseRecorder) {
		for range 500 {
			rec = x.ask(http.MethodGet, fmt.Sprint("/v1/replays/", n), secret, "")
			if v = (replays.Run{}); rec.Code != 200 || json.Unmarshal(rec.Body.Bytes(), &v) != nil || v.State.Ended() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		return v, rec
	}
	start := func() int64 {
		var v replays.Run
		rec := x.ask(http.MethodPost, "/v1/replays", "all", body(""))
		if err := json.Unmarshal(rec.Body.Bytes(), &v); rec.Code != http.StatusAccepted || err != nil {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		open(v.Number, "all")
		return v.Number
	}
	rows := map[string]map[string]int{
		"POST /v1/replays":                 {"": 401, "all": 202, "read": 403, "run": 202, "admin": 403, "shopper": 403, "foreign": 202},
		"GET /v1/replays":                  {"": 401, "all": 200, "read": 200, "run": 403, "admin": 403, "shopper": 403, "foreign": 200},
		"GET /v1/replays/{number}":         {"": 401, "all": 200, "read": 200, "run": 403, "admin": 403, "shopper": 403, "foreign": 404},
		"POST /v1/replays/{number}/cancel": {"": 401, "all": 409, "read": 403, "run": 409, "admin": 403, "shopper": 403, "foreign": 404},
	}
	for path, item := range doc.Paths {
		for method, there := range map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil} {
			if _, ok := rows[method+" "+path]; there && !ok && strings.Contains(path, "/v1/replays") {
				t.Errorf("%s %s has no row here", method, path)
			}
		}
	}
	start()
	start()
	n := start() // more than the other tenant will have
	for pattern, codes := range rows {
		method, path, _ := strings.Cut(pattern, " ")
		for secret, want := range codes {
			if rec := x.ask(method, strings.ReplaceAll(path, "{number}", fmt.Sprint(n)), secret, body("")); rec.Code != want || want >= 400 && strings.Contains(rec.Body.String(), "marketplace") {
				t.Errorf("%s with key %q: %d %s, want %d", pattern, secret, rec.Code, rec.Body, want)
			}
			for other := range n + 4 {
				open(other, "all") // no more wait than may
			}
		}
	}
	v, rec := open(start(), "all")
	if v.State != replays.Done || v.Result == nil || v.Result.Events != 40 || v.Result.Form != replay.Form || !strings.Contains(rec.Body.String(), `"newly_annoyed"`) {
		t.Errorf("%s", rec.Body)
	}
	for what, c := range map[string]struct {
		body string
		want int
	}{"neither": {`{"from":"2026-11-01"}`, 422}, "both": {body(`,"text":"policy: x"`), 422}, "no period": {`{"policy":0}`, 422}, "no time": {`{"policy":0,"from":"soon"}`, 400},
		"a broken text": {`{"text":"policy: x\nversion: 1\nrules: 7","from":"2026-11-20"}`, 422}, "no such policy": {`{"policy":99,"from":"2026-11-20"}`, 404}} {
		if rec := x.ask(http.MethodPost, "/v1/replays", "all", c.body); rec.Code != c.want {
			t.Errorf("%s: %d %s, want %d", what, rec.Code, rec.Body, c.want)
		}
	}
	if rec := x.ask(http.MethodPost, "/v1/replays", "all", `{"text":"policy: x\nversion: 1\nthresholds: {challenge: 5}\nrules: 7","from":"2026-11-20"}`); !strings.Contains(rec.Body.String(), "line 4") {
		t.Errorf("the error does not name the line: %s", rec.Body)
	}
}
