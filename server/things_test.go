package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bonafide/access"
)

// ownersKeys is a file with a key by which a shop signs tokens of owners.
func ownersKeys(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "owners.yaml")
	if err := os.WriteFile(path, []byte("keys:\n  - {id: k, tenant: main, algorithm: HS256, secret: "+strings.Repeat("s", 32)+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// named puts things of main that are there into a path or body: {report}, a fresh one
// each time; {decision} and {account}; {policy}, {replay}, {list}, {hold}; {fresh}
// and {filled}, a list of which nobody has heard yet, empty or with the entry x.
func (b *building) named(s string) string {
	b.t.Helper()
	if !strings.Contains(s, "{") {
		return s
	}
	if b.things == nil {
		b.things = b.makeThings()
	}
	s = strings.ReplaceAll(s, "{report}", b.report())
	if empty := strings.Contains(s, "{fresh}"); empty || strings.Contains(s, "{filled}") {
		b.lists++
		name := "fresh" + strconv.Itoa(b.lists)
		b.tell("POST /v1/lists", fmt.Sprintf(`{"name":%q,"of":"order.delivery"}`, name), nil)
		if !empty {
			b.tell("POST /v1/lists/"+name+"/entries", `{"entries":[{"value":"x","reason":"for a test"}]}`, nil)
		}
		s = strings.NewReplacer("{fresh}", name, "{filled}", name).Replace(s)
	}
	for name, value := range b.things {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// tell asks as a program of the supervisor, and reads the answer.
func (b *building) tell(route, body string, into any) {
	b.t.Helper()
	_, path, _ := strings.Cut(route, " ")
	kind := ""
	if body != "" {
		kind = "application/json"
	}
	got := b.ask(route, path, kind, body, "", b.keys[string(access.Supervisor)])
	if got.Code >= 300 {
		b.t.Fatalf("%s: %d %s", route, got.Code, got.Body)
	}
	if into != nil {
		if err := json.Unmarshal(got.Body.Bytes(), into); err != nil {
			b.t.Fatal(err)
		}
	}
}

// makeThings makes one of each thing that a route can name.
func (b *building) makeThings() map[string]string {
	b.t.Helper()
	at := func(minutes int) string {
		return time.Now().UTC().Add(-time.Duration(minutes) * time.Minute).Format(time.RFC3339)
	}
	event := func(id, kind, time, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"shop","type":%q,"time":%q,"data":{"account":"thief",%s}}`, id, kind, time, data) + "\n"
	}
	b.tell("POST /v1/events?decide=true", event("t1", "login", at(2880), `"device":"own","login":{"success":true,"mfa":"totp","enrolled":true}`)+
		event("t2", "login", at(9), `"device":"theirs","login":{"success":true,"mfa":"bypassed","enrolled":true}`)+
		event("t3", "order.placed", at(5), `"device":"theirs","order":{"id":"o","amount":5000,"currency":"JPY","items":[{"kind":"gift_card","amount":5000,"recipient":"r"}]}`), nil)
	var decisions struct {
		Decisions []struct{ ID, Account string }
	}
	var draft, run struct{ Number, Revision int64 }
	var hold struct{ ID string }
	for range 100 { // kept behind the answer
		if b.tell("GET /v1/decisions", "", &decisions); len(decisions.Decisions) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(decisions.Decisions) == 0 {
		b.t.Fatal("the takeover was not stopped")
	}
	shipped, err := policyText(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	text, _ := json.Marshal(string(shipped) + "\n# for the matrix\n")
	b.tell("POST /v1/policies", fmt.Sprintf(`{"text":%s,"reason":"for the matrix"}`, text), &draft)
	b.tell("POST /v1/replays", fmt.Sprintf(`{"policy":%d,"from":%q}`, draft.Number, time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly)), &run)
	b.tell("POST /v1/lists", `{"name":"matrix","of":"event.device"}`, nil)
	b.tell("POST /v1/privacy/holds", `{"kind":"report","from":"2020-01-01","until":"2020-01-02","reason":"court order 12/26"}`, &hold)
	if hold.ID == "" || draft.Number == 0 || run.Number == 0 {
		b.t.Fatalf("things without a name: %+v %+v %+v", hold, draft, run)
	}
	return map[string]string{"decision": decisions.Decisions[0].ID, "account": decisions.Decisions[0].Account, "policy": strconv.FormatInt(draft.Number, 10),
		"replay": strconv.FormatInt(run.Number, 10), "list": "matrix", "hold": hold.ID}
}
