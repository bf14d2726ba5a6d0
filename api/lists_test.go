package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bonafide/api"
	"bonafide/desk/accounts/lists"
)

// TestListRoutes: every route of lists × keys of each kind × another tenant × no
// key; a route without a row fails.
func TestListRoutes(t *testing.T) {
	x := newTill(t)
	reads := map[string]int{"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 404}
	own := map[string]int{"": 401, "all": 200, "write": 403, "read": 403, "analyst": 200, "admin": 403, "shopper": 403, "none": 403, "foreign": 200}
	gone := map[string]int{"": 401, "all": 204, "write": 403, "read": 403, "analyst": 204, "admin": 403, "shopper": 403, "none": 403, "foreign": 404}
	rows := map[string]map[string]int{
		"GET /v1/lists": own, "POST /v1/lists": own, "DELETE /v1/lists/{list}": gone, "GET /v1/lists/{list}/entries": reads, "POST /v1/lists/{list}/find": reads,
		"POST /v1/lists/{list}/entries": reads, "POST /v1/lists/{list}/remove": reads, "DELETE /v1/lists/{list}/entries/{value}": gone, "POST /v1/lists/{list}/import": reads,
	}
	for pattern := range x.doc {
		if _, ok := rows[pattern]; !ok && strings.Contains(pattern, "/v1/lists") {
			t.Errorf("%s has no row here", pattern)
		}
	}
	bodies := map[string]string{"POST /v1/lists/{list}/find": `{"value":"v"}`, "POST /v1/lists/{list}/entries": `{"entries":[{"value":"w","reason":"for a test"}]}`,
		"POST /v1/lists/{list}/remove": `{"values":[{"value":"v"}],"reason":"for a test"}`, "POST /v1/lists/{list}/import": "value,reason\nx,for a test\n"}
	n := 0
	for pattern, codes := range rows {
		if !x.doc[pattern] {
			t.Errorf("%s is not described", pattern)
		}
		method, path, _ := strings.Cut(pattern, " ")
		for secret, want := range codes {
			n++
			name := fmt.Sprint("list", n)
			if rec := x.ask(http.MethodPost, "/v1/lists", "all", `{"name":"`+name+`","of":"event.device"}`); rec.Code != 200 {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			var page api.EntryPage
			if pattern != "DELETE /v1/lists/{list}" {
				x.ask(http.MethodPost, "/v1/lists/"+name+"/entries", "all", `{"entries":[{"value":"v","reason":"for a test"}]}`)
				rec := x.ask(http.MethodGet, "/v1/lists/"+name+"/entries", "all", "")
				if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil || len(page.Entries) != 1 {
					t.Fatalf("%d %s", rec.Code, rec.Body)
				}
			}
			address := strings.ReplaceAll(path, "{list}", name)
			if len(page.Entries) > 0 && strings.Contains(path, "{value}") {
				address = strings.ReplaceAll(address, "{value}", page.Entries[0].Value) + "?reason=for+a+test"
			}
			body := bodies[pattern]
			if pattern == "POST /v1/lists" {
				body = `{"name":"more` + fmt.Sprint(n) + `","of":"event.device"}`
			}
			rec := x.ask(method, address, secret, body)
			if rec.Code != want {
				t.Errorf("%s with key %q: %d %s, want %d", pattern, secret, rec.Code, rec.Body, want)
			}
			if (want >= 400 || secret == "foreign") && strings.Contains(rec.Body.String(), name) {
				t.Errorf("%s with key %q tells what it should not: %s", pattern, secret, rec.Body)
			}
		}
	}
}

// TestListsOverHTTP: a recipient is blocked by a list over the API, and what is
// wrong is refused with its place and without the value.
func TestListsOverHTTP(t *testing.T) {
	x := newTill(t)
	for body, want := range map[string]int{
		`{"entries":[{"value":"secret-1","reason":"for a test","until":"2020-01-01T00:00:00Z"}]}`: 422,
		`{"entries":[]}`: 422,
		`{"entries":[{"value":"secret-1","reason":"for a test"},{"value":"secret-2","hashed":true,"reason":"for a test"}]}`: 422,
		`{"entries":[{"value":"secret-1","reason":"for a test"}]}`:                                                          200,
	} {
		rec := x.ask(http.MethodPost, "/v1/lists/known_mule/entries", "analyst", body)
		if rec.Code != want || strings.Contains(rec.Body.String(), "secret") {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	rec := x.ask(http.MethodPost, "/v1/lists/known_mule/import?reason=a+list+of+before&skip=true&until=2099-01-01", "analyst", "value\nm1\n")
	if rec.Code != 422 {
		t.Errorf("an end too far ahead: %d %s", rec.Code, rec.Body)
	}
	rec = x.ask(http.MethodPost, "/v1/lists/known_mule/import?reason=a+list+of+before&skip=true", "analyst", "value,until\nm1,\nm2,x\n")
	var got lists.Imported
	if err := json.Unmarshal(rec.Body.Bytes(), &got); rec.Code != 200 || err != nil || got.Added != 1 || len(got.Refused) != 1 || got.Refused[0].Line != 3 || !got.List.Asked {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := x.ask(http.MethodGet, "/v1/lists/known_mule/entries?after=x", "analyst", ""); rec.Code != 422 {
		t.Errorf("no place in the list: %d", rec.Code)
	}
	rec = x.ask(http.MethodPost, "/v1/lists/known_mule/find", "analyst", `{"value":"m1"}`)
	var page api.EntryPage
	if err := json.Unmarshal(rec.Body.Bytes(), &page); rec.Code != 200 || err != nil || len(page.Entries) != 1 || page.List.Of != "order.gift_recipients" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := x.ask(http.MethodPost, "/v1/lists/voucher_firm/find", "analyst", `{"value":"m1"}`); rec.Code != 200 || !strings.Contains(rec.Body.String(), `"entries":[]`) {
		t.Errorf("a list that only the policy names: %d %s", rec.Code, rec.Body)
	}
}
