package server_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/cli"
	"bonafide/config"
	"bonafide/desk/people"
	"bonafide/server"
	"bonafide/store"
)

const strictPolicy = `policy: strict
version: 1
thresholds: {challenge: 50}
decides: [order.placed]
declare:
  - {window: orders_1h, on: order.placed, key: event.account, measure: count, span: 1h}
rules:
  - {id: every, on: order.placed, when: orders_1h >= 1, score: 60, reason: {en: every order, de: jede Bestellung, ja: すべての注文}}
cases:
  - name: an order
    events: [{at: 0s, type: order.placed, data: {account: a, order: {id: o, amount: 1, currency: JPY}}}]
    must: challenge
`

// TestPoliciesFromTheCommandLine: a policy is pushed, checked, tried, published and
// rolled back on a server that runs; what a key must not do is refused.
func TestPoliciesFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Accounts.Enabled, cfg.Limits.RatePerMinute = false, true, 0
	cfg.Store.DSN = filepath.Join(dir, "records", "bonafide.db")
	records, err := server.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = records.Close() }()
	now := time.Now()
	boss := access.Actor{Tenant: "main", Person: "p-1", Roles: []access.Role{access.Supervisor}, Confirmed: now}
	if err := records.Write(t.Context(), func(r store.Records) error {
		if err := r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: now}); err != nil {
			return err
		}
		return r.People.Add(t.Context(), store.Person{Tenant: "main", ID: "p-1", Login: "anna", Name: "Anna", Roles: boss.Roles, Created: now, Revision: 1})
	}); err != nil {
		t.Fatal(err)
	}
	staff, err := server.People(cfg, records)
	if err != nil {
		t.Fatal(err)
	}
	key := func(name string, scopes ...access.Permission) string {
		k, _, err := staff.MakeKey(t.Context(), people.Who{Actor: boss}, people.KeyWish{Name: name, Days: 1, Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	all, some := key("all", access.PolicyRead, access.PolicyEdit, access.PolicyPublish), key("some", access.PolicyRead, access.PolicyEdit)
	events, err := server.OpenEvents(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Close() }()
	s, err := server.New(cfg, server.Options{Version: "test", Store: records, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	file := filepath.Join(dir, "strict.yaml")
	broken := filepath.Join(dir, "broken.yaml")
	for name, text := range map[string]string{file: strictPolicy, broken: strings.Replace(strictPolicy, "orders_1h >=", "orders >=", 1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("BONAFIDE_KEY", all)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"list", 0, "decides: the configured one (marketplace-takeover version"},
		{"push " + broken + " --reason why_so_long", 1, "line 8"},
		{"push " + file + " --reason why_so_long", 0, "policy 1: strict version 1, draft"},
		{"push " + file + " --reason why_so_long", 1, "there already"},
		{"check 1", 0, "0 of 1 cases failed"},
		{"check 7", 1, "no such policy"},
		{"publish 1 --reason why_so_long", 1, "shadow first"},
		{"shadow 1", 1, "--reason"},
		{"shadow 1 --reason why_so_long", 0, "policy 1: strict version 1, shadow"},
		{"publish 1 --reason why_so_long --key " + some, 1, "policy.publish is not among your rights"},
		{"publish 1 --reason why_so_long", 0, "it decides from place 1 on"},
		{"list", 0, "decides: 1 (strict version 1), from place 1 on"},
		{"shadow", 1, "no policy is tried"},
		{"rollback --reason why_so_long", 0, "policy 0 is live again"},
		{"list --json", 0, `"state":"withdrawn"`},
		{"shadow 1 --reason why_so_long", 0, "shadow"},
		{"retire 1 --reason why_so_long", 0, "retired"},
		{"list --server nowhere", 1, "--server"},
	} {
		var out, problems bytes.Buffer
		args := append([]string{"policy"}, strings.Fields(c.args)...)
		if !strings.Contains(c.args, "--server") {
			args = append(args, "--server", web.URL)
		}
		code := cli.Run(t.Context(), args, cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems})
		if (code == 0) != (c.code == 0) || !strings.Contains(out.String()+problems.String(), c.want) {
			t.Errorf("policy %s: %d\n%s%s\nwant %q", c.args, code, out.String(), problems.String(), c.want)
		}
	}
}
