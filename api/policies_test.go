package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bonafide/desk/accounts"
	"bonafide/desk/policies"
)

// counting is a policy that stops the n-th log-in of an account.
func counting(version, n int) string {
	return fmt.Sprintf(`policy: counting
version: %d
thresholds: {challenge: 50}
decides: [login]
declare:
  - {window: tries, on: login, key: event.account, measure: count, span: 1h}
rules:
  - {id: many, on: login, when: tries >= %d, score: 60, reason: {en: many, de: viele, ja: 多数}}
cases:
  - name: many
    events: [{at: 0s, type: login, repeat: %d, every: 1m, data: {account: a, login: {success: true}}}]
    must: challenge
`, version, n, n)
}

func quoted(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// draft puts a policy and returns it.
func (x *till) draft(text string) (v policies.View) {
	x.t.Helper()
	rec := x.ask(http.MethodPost, "/v1/policies", "all", `{"text":`+quoted(text)+`,"reason":"to see what it does"}`)
	if err := json.Unmarshal(rec.Body.Bytes(), &v); rec.Code != http.StatusCreated || err != nil || v.Number == 0 {
		x.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return v
}

func (x *till) step(name, secret string, v *policies.View) int {
	x.t.Helper()
	rec := x.ask(http.MethodPost, fmt.Sprintf("/v1/policies/%d/%s", v.Number, name), secret, fmt.Sprintf(`{"revision":%d,"reason":"it looks right"}`, v.Revision))
	if rec.Code == 200 {
		if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil {
			x.t.Fatal(err)
		}
	}
	return rec.Code
}

// TestPolicyRoutes: every route of policies × keys of each kind × another tenant ×
// no key; a route without a row fails.
func TestPolicyRoutes(t *testing.T) {
	x := newTill(t)
	read := map[string]int{"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404}
	own := map[string]int{"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 200}
	lead := map[string]int{"": 401, "all": 200, "write": 403, "read": 403, "analyst": 403, "admin": 403, "shopper": 403, "none": 403, "foreign": 404}
	made := map[string]int{"": 401, "all": 201, "write": 403, "read": 403, "analyst": 201, "admin": 403, "shopper": 403, "none": 403, "foreign": 201}
	rows := map[string]map[string]int{
		"GET /v1/policies": own, "POST /v1/policies": made, "GET /v1/policies/{number}": read, "POST /v1/policies/{number}/check": read,
		"POST /v1/policies/{number}/shadow": read, "POST /v1/policies/{number}/publish": lead, "POST /v1/policies/{number}/retire": read,
		"POST /v1/policies/rollback": lead, "GET /v1/policies/deciding": own, "GET /v1/policies/shadow": read,
		"GET /v1/policies/precision": own, // TestAccounts has it
	}
	for pattern := range x.doc {
		if strings.Contains(pattern, "/v1/policies") && rows[pattern] == nil {
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
			v := x.draft(counting(n, 3))
			body := ""
			switch {
			case pattern == "POST /v1/policies":
				body = `{"text":` + quoted(strings.Replace(counting(1000+n, 3), "counting", "posted", 1)) + `,"reason":"to see what it does"}`
			case strings.HasSuffix(path, "/publish"), pattern == "GET /v1/policies/shadow", path == "/v1/policies/rollback":
				if code := x.step("shadow", "all", &v); code != 200 {
					t.Fatalf("%s: %d", pattern, code)
				}
				if path == "/v1/policies/rollback" && x.step("publish", "all", &v) != 200 {
					t.Fatal("it is not live")
				}
			}
			if pattern == "GET /v1/policies/shadow" && want == 200 {
				x.tried(v.Number)
			}
			if method == "POST" && body == "" {
				body = fmt.Sprintf(`{"revision":%d,"reason":"it looks right"}`, v.Revision)
				switch {
				case path == "/v1/policies/rollback":
					body = `{"reason":"it looks wrong"}`
				case strings.HasSuffix(path, "/check"):
					body = ""
				}
			}
			rec := x.ask(method, strings.Replace(path, "{number}", fmt.Sprint(v.Number), 1), secret, body)
			if rec.Code != want {
				t.Errorf("%s with key %q: %d %s, want %d", pattern, secret, rec.Code, rec.Body, want)
			}
			if secret == "foreign" && strings.Contains(rec.Body.String(), `"counting"`) {
				t.Errorf("%s tells another tenant: %s", pattern, rec.Body)
			}
			x.clear(v.Number)
		}
	}
}

// clear makes room for the next candidate.
func (x *till) clear(number int64) {
	x.t.Helper()
	var v policies.View
	rec := x.ask(http.MethodGet, fmt.Sprintf("/v1/policies/%d", number), "all", "")
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		x.t.Fatal(err)
	}
	if v.State == "shadow" && x.step("retire", "all", &v) != 200 {
		x.t.Fatal("it is not retired")
	}
}

// deciding waits for what is told of the policy that decides.
func (x *till) deciding(what string, ok func(accounts.Deciding) bool) (d accounts.Deciding) {
	x.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		rec := x.ask(http.MethodGet, "/v1/policies/deciding", "all", "")
		d = accounts.Deciding{}
		if err := json.Unmarshal(rec.Body.Bytes(), &d); err != nil || rec.Code != 200 {
			x.t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if ok(d) {
			return d
		}
		if time.Now().After(end) {
			x.t.Fatalf("%s: not after 20 seconds: %+v", what, d)
		}
	}
}

// tried waits until a candidate is tried.
func (x *till) tried(number int64) {
	x.t.Helper()
	x.deciding("it is tried", func(d accounts.Deciding) bool { return d.Trial != nil && d.Trial.Policy == number })
}

// TestAPolicyFromDraftToDecision: a text is put, tried, published, decides the next
// event without a restart, and is rolled back; every step is told.
func TestAPolicyFromDraftToDecision(t *testing.T) {
	x := newTill(t)
	logIn := func(id string) string {
		x.t.Helper()
		rec := x.ask(http.MethodPost, "/v1/events?decide=true", "all", ev(id, "login", time.Now(), `{"account":"a","device":"d","login":{"success":true}}`))
		var got accounts.Taken
		if err := json.Unmarshal(rec.Body.Bytes(), &got); rec.Code != 200 || err != nil || len(got.Answers) != 1 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		return got.Answers[0].Action
	}
	for i := range 4 {
		if a := logIn(fmt.Sprint("before", i)); a != "allow" {
			t.Fatalf("the shipped policy: %s", a)
		}
	}
	v := x.draft(counting(1, 3))
	if code := x.step("publish", "all", &v); code != 409 {
		t.Errorf("published without a trial: %d", code)
	}
	if code := x.step("shadow", "analyst", &v); code != 200 {
		t.Fatalf("shadow: %d", code)
	}
	x.deciding("it has read the past", func(d accounts.Deciding) bool {
		return d.Trial != nil && d.Trial.Policy == v.Number && d.Trial.Behind == 0
	})
	if a := logIn("tried"); a != "allow" {
		t.Errorf("a candidate is answered: %s", a)
	}
	d := x.deciding("it is compared", func(d accounts.Deciding) bool { return d.Trial.Compared > 0 })
	if d.Policy != 0 || d.Trial.NewlyStopped != 1 || d.Trial.Rules[0].Rule != "many" {
		t.Errorf("%+v", d.Trial)
	}
	if code := x.step("publish", "all", &v); code != 200 || v.State != "live" {
		t.Fatalf("publish: %d %s", code, v.State)
	}
	d = x.deciding("it decides", func(d accounts.Deciding) bool { return d.Policy == v.Number })
	if d.Name != "counting" || d.Place != 6 || d.Trial != nil {
		t.Errorf("%+v", d)
	}
	if a := logIn("after"); a != "challenge" {
		t.Errorf("it knows the past and decides: %s", a)
	}
	rec := x.ask(http.MethodPost, "/v1/policies/rollback", "all", `{"reason":"too strict after all"}`)
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), `"policy":0`) {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	x.deciding("the shipped one decides", func(d accounts.Deciding) bool { return d.Policy == 0 && !d.Waiting })
	if a := logIn("back"); a != "allow" {
		t.Errorf("rolled back: %s", a)
	}
	rec = x.ask(http.MethodGet, fmt.Sprintf("/v1/policies/%d", v.Number), "analyst", "")
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil || len(v.Steps) != 4 || v.State != "withdrawn" || v.Steps[3].Why != "too strict after all" || v.Text == "" {
		t.Errorf("%v: %s", err, rec.Body)
	}
}

// TestAWrongTextIsToldWithItsPlace: line and column stand beside the words.
func TestAWrongTextIsToldWithItsPlace(t *testing.T) {
	x := newTill(t)
	text := strings.Replace(counting(1, 3), "when: tries", "when: trys", 1)
	rec := x.ask(http.MethodPost, "/v1/policies", "all", `{"text":`+quoted(text)+`,"reason":"to see what it does"}`)
	var told struct {
		Errors []struct {
			Message, Location string
			Value             struct{ Line, Column int }
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &told); rec.Code != 422 || err != nil || len(told.Errors) != 1 || told.Errors[0].Value.Line != 8 || told.Errors[0].Value.Column == 0 || told.Errors[0].Location != "body.text" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	v := x.draft(strings.Replace(counting(2, 3), "must: challenge", "never: challenge", 1))
	rec = x.ask(http.MethodPost, fmt.Sprintf("/v1/policies/%d/shadow", v.Number), "all", fmt.Sprintf(`{"revision":%d,"reason":"it looks right"}`, v.Revision))
	if rec.Code != 422 || !strings.Contains(rec.Body.String(), "case") {
		t.Errorf("a case that does not hold: %d %s", rec.Code, rec.Body)
	}
}
