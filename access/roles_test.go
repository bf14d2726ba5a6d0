package access_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/fault"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func TestEveryRoleExistsWithLeastRights(t *testing.T) { // S2.17
	rights := func(r access.Role) []string {
		var out []string
		for _, rule := range access.Rules() {
			if reach := access.ReachOf(r, rule.Permission); reach != access.Nothing && rule.Permission != access.AccountRead &&
				rule.Permission != access.AccountChange && rule.Permission != access.SessionRevoke {
				out = append(out, string(rule.Permission)+" "+reach.String())
			}
		}
		return out
	}
	want := map[access.Role][]string{
		access.Shopper: {"report.read own"}, access.Seller: {"report.read own"}, access.Helper: {"report.read all", "report.change all"},
		access.Analyst:        {"key.manage own", "report.read all", "report.change all", "report.unmask all", "decision.read all", "decision.label all", "list.read all", "list.write all", "policy.read all", "policy.edit all", "policy.replay all"},
		access.Supervisor:     {"key.manage own", "people.read all", "report.read all", "report.change all", "report.unmask all", "report.export all", "report.erase all", "event.write all", "decision.read all", "decision.label all", "list.read all", "list.write all", "policy.read all", "policy.edit all", "policy.publish all", "policy.replay all", "privacy.read all", "privacy.find all", "privacy.copy all", "privacy.erase all", "hold.manage all", "audit.read all", "webhook.read all"},
		access.SellerVerifier: nil, access.Interviewer: nil, access.Editor: nil,
		access.Admin: {"key.manage all", "people.read all", "people.invite all", "people.change all", "people.reset all", "team.manage all",
			"event.write all", "privacy.read all", "privacy.find all", "privacy.erase all", "hold.manage all", "audit.read all", "audit.export all", "webhook.read all", "webhook.manage all", "system.health all", "system.settings all"},
	}
	for _, r := range access.Roles() {
		expected, listed := want[r]
		if got := rights(r); !listed || !slices.Equal(got, expected) {
			t.Errorf("%s has %v, want %v: a right more must be written here, too", r, got, expected)
		}
		if !access.Can(r, access.AccountChange) || access.ReachOf(r, access.AccountChange) == access.All {
			t.Errorf("%s: everybody changes their own account and nobody another's", r)
		}
		if got, err := access.ParseRole(string(r)); err != nil || got != r {
			t.Errorf("ParseRole(%s): %v, %v", r, got, err)
		}
	}
	if len(want) != len(access.Roles()) {
		t.Errorf("%d roles, want %d", len(access.Roles()), len(want))
	}
	for _, bad := range []string{"", "root", "Admin", "admin "} {
		if _, err := access.ParseRole(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("ParseRole(%q): %v, want invalid", bad, err)
		}
	}
}

func TestTableIsWellFormed(t *testing.T) {
	seen := map[access.Permission]bool{}
	for _, r := range access.Rules() {
		if seen[r.Permission] || r.Doc == "" || strings.Count(string(r.Permission), ".") != 1 {
			t.Errorf("%+v: a permission has one row, a name thing.act and a sentence", r)
		}
		seen[r.Permission] = true
		for _, role := range append(slices.Clone(r.Own), r.All...) {
			if _, err := access.ParseRole(string(role)); err != nil {
				t.Errorf("%s: %v", r.Permission, err)
			}
		}
		if len(r.All) == 0 && len(r.Own) == 0 {
			t.Errorf("%s: nobody has it", r.Permission)
		}
	}
}

func TestMay(t *testing.T) {
	of := access.Of{Tenant: "t1", Owner: "p1"}
	fresh := func(a access.Actor) access.Actor { a.Confirmed = now.Add(-time.Minute); return a }
	person := func(tenant access.Tenant, id string, r ...access.Role) access.Actor {
		return access.Actor{Tenant: tenant, Person: id, Roles: r}
	}
	const ok = fault.Kind(-1)
	for name, c := range map[string]struct {
		who  access.Actor
		may  access.Permission
		of   access.Of
		want fault.Kind
	}{
		"nobody":                          {access.Actor{}, access.ReportRead, of, fault.NotFound},
		"nobody of the tenant":            {access.Actor{Tenant: "t1"}, access.ReportRead, of, fault.Forbidden},
		"own report":                      {person("t1", "p1", access.Shopper), access.ReportRead, of, ok},
		"another's report":                {person("t1", "p2", access.Shopper), access.ReportRead, of, fault.NotFound},
		"report of nobody":                {person("t1", "p2", access.Shopper), access.ReportRead, access.Of{Tenant: "t1"}, fault.NotFound},
		"any report of the tenant":        {person("t1", "p2", access.Analyst), access.ReportRead, of, ok},
		"report of another tenant":        {person("t2", "p2", access.Analyst), access.ReportRead, of, fault.NotFound},
		"same id in another tenant":       {person("t2", "p1", access.Shopper), access.ReportRead, of, fault.NotFound},
		"thing of no tenant":              {access.Actor{Person: "p1", Roles: access.Roles()}, access.ReportRead, access.Of{Owner: "p1"}, fault.NotFound},
		"admin reads no report":           {person("t1", "p2", access.Admin), access.ReportRead, of, fault.Forbidden},
		"two roles":                       {person("t1", "p2", access.Admin, access.Analyst), access.ReportRead, of, ok},
		"stale admin":                     {person("t1", "p2", access.Admin), access.PeopleChange, of, fault.Forbidden},
		"fresh admin":                     {fresh(person("t1", "p2", access.Admin)), access.PeopleChange, of, ok},
		"unknown role":                    {person("t1", "p2", "root"), access.ReportRead, of, fault.Forbidden},
		"unknown permission":              {person("t1", "p2", access.Roles()...), "report.burn", of, fault.Forbidden},
		"key without scope":               {access.Actor{Tenant: "t1", Person: "p2", Roles: []access.Role{access.Analyst}, Key: "k"}, access.ReportRead, of, fault.Forbidden},
		"key with scope":                  {access.Actor{Tenant: "t1", Person: "p2", Roles: []access.Role{access.Analyst}, Key: "k", Scopes: []access.Permission{access.ReportRead}}, access.ReportRead, of, ok},
		"key with more than its person":   {access.Actor{Tenant: "t1", Person: "p2", Roles: []access.Role{access.Editor}, Key: "k", Scopes: []access.Permission{access.ReportRead}}, access.ReportRead, of, fault.Forbidden},
		"key made to publish":             {access.Actor{Tenant: "t1", Person: "p2", Roles: []access.Role{access.Supervisor}, Key: "k", Scopes: []access.Permission{access.PolicyPublish}}, access.PolicyPublish, of, ok},
		"key not made to publish":         {access.Actor{Tenant: "t1", Person: "p2", Roles: []access.Role{access.Supervisor}, Key: "k", Scopes: []access.Permission{access.PolicyRead}}, access.PolicyPublish, of, fault.Forbidden},
		"key for what wants confirmation": {fresh(access.Actor{Tenant: "t1", Person: "p2", Roles: []access.Role{access.Admin}, Key: "k", Scopes: []access.Permission{access.PeopleChange}}), access.PeopleChange, of, fault.Forbidden},
		"console":                         {access.Actor{Tenant: "t1", Console: true}, access.PeopleChange, of, ok},
		"console of another tenant":       {access.Actor{Tenant: "t2", Console: true}, access.PeopleChange, of, fault.NotFound},
	} {
		err := c.who.May(c.may, c.of, now)
		if got := fault.KindOf(err); err == nil && c.want != ok || err != nil && got != c.want {
			t.Errorf("%s: %v, want kind %d", name, err, c.want)
		}
	}
	admin := person("t1", "p2", access.Admin)
	for name, at := range map[string]time.Time{"never": {}, "too long ago": now.Add(-access.FreshFor - time.Second), "in the future": now.Add(time.Second)} {
		admin.Confirmed = at
		if err := admin.May(access.PeopleChange, of, now); !errors.Is(err, access.ErrConfirm) {
			t.Errorf("confirmed %s: %v, want ErrConfirm", name, err)
		}
	}
}

// TestLacking: who still has to add a second factor can do just that.
func TestLacking(t *testing.T) {
	of := access.Of{Tenant: "t1", Owner: "p1"}
	a := access.Actor{Tenant: "t1", Person: "p1", Roles: access.Roles(), Confirmed: now, Lacking: true}
	for _, rule := range access.Rules() {
		err := a.May(rule.Permission, of, now)
		if rule.Basic != (err == nil) || !rule.Basic && !errors.Is(err, access.ErrSecondFactor) {
			t.Errorf("%s: %v", rule.Permission, err)
		}
		if err := a.May(rule.Permission, access.Of{Tenant: "t1", Owner: "p2"}, now); err == nil {
			t.Errorf("%s on another's", rule.Permission)
		}
	}
}

func TestMaskedByDefault(t *testing.T) {
	of := access.Of{Tenant: "t1"}
	who := access.Actor{Tenant: "t1", Person: "p", Roles: []access.Role{access.Analyst}}
	var m access.Masking
	if got := m.Show("+49 …47", "+49 30 5550147"); got != "+49 …47" {
		t.Errorf("zero value shows %q", got)
	}
	for _, reason := range []string{"", "  ", "x", "a  b", strings.Repeat("long ", 200)} {
		if m, _, err := who.Unmask(access.ReportUnmask, of, reason, now); fault.KindOf(err) != fault.Invalid || m.Show("m", "c") != "m" {
			t.Errorf("reason %.10q: %v, want invalid and masked", reason, err)
		}
	}
	m, why, err := who.Unmask(access.ReportUnmask, of, " victim asks\nfor a call ", now)
	if err != nil || why != "victim asks for a call" || m.Show("m", "c") != "c" {
		t.Errorf("good reason: %q, %v", why, err)
	}
	who.Roles = []access.Role{access.Admin}
	if m, _, err := who.Unmask(access.ReportUnmask, of, "curiosity", now); fault.KindOf(err) != fault.Forbidden || m.Show("m", "c") != "m" {
		t.Errorf("admin unmasks: %v", err)
	}
}

// TestRightsProperties: whatever the roles and the thing, nobody reaches into
// another tenant, more roles never take a right away, and a key never has more
// than its person.
func TestRightsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := rapid.SliceOf(rapid.SampledFrom(access.Roles())).Draw(t, "roles")
		rule := rapid.SampledFrom(access.Rules()).Draw(t, "rule")
		tenants := rapid.SampledFrom([]access.Tenant{"t1", "t2", ""})
		of := access.Of{Tenant: tenants.Draw(t, "of"), Owner: rapid.SampledFrom([]string{"", "p1", "p2"}).Draw(t, "owner")}
		a := access.Actor{Tenant: tenants.Draw(t, "tenant"), Person: "p1", Roles: roles, Confirmed: now}
		err := a.May(rule.Permission, of, now)
		if err == nil && (a.Tenant != of.Tenant || of.Tenant == "") {
			t.Fatalf("%+v may %s on %+v", a, rule.Permission, of)
		}
		more := a
		more.Roles = append(slices.Clone(roles), rapid.SampledFrom(access.Roles()).Draw(t, "more"))
		if err == nil && more.May(rule.Permission, of, now) != nil {
			t.Fatalf("a role more takes %s away", rule.Permission)
		}
		key := a
		key.Key, key.Scopes = "k", rapid.SliceOf(rapid.Map(rapid.SampledFrom(access.Rules()), func(r access.Rule) access.Permission { return r.Permission })).Draw(t, "scopes")
		if key.May(rule.Permission, of, now) == nil && (err != nil || !slices.Contains(key.Scopes, rule.Permission)) {
			t.Fatalf("a key may %s, its person may not", rule.Permission)
		}
	})
}

func TestDocumentationIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != access.Markdown() {
		t.Error("docs/access.md is stale: run make generate")
	}
}
