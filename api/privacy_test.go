package api_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/privacy"
	"bonafide/desk/reports"
	"bonafide/store"
	"bonafide/store/sql"
)

// care is the door of privacy over one store, with a report that names somebody.
type care struct {
	*till
	db     *sql.DB
	report string
	rows   []string // routes that are described
}

const subject = "030 555 01234"

func newCare(t *testing.T) *care {
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
	book, err := reports.New(reports.Config{Store: db, Data: data.FS, Now: time.Now, Random: rand.Reader, Limits: reports.Limits{PerNetwork: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := privacy.New(privacy.Config{Store: db, Data: data.FS, Now: time.Now, Random: rand.Reader, Key: make([]byte, 32), Holders: []privacy.Holder{book.Requests()}})
	if err != nil {
		t.Fatal(err)
	}
	check, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	key := func(tenant access.Tenant, r access.Role, scopes ...access.Permission) access.Actor {
		return access.Actor{Tenant: tenant, Person: "p", Key: "k", Roles: []access.Role{r}, Scopes: scopes, From: "192.0.2.0/24"}
	}
	all := []access.Permission{access.PrivacyRead, access.PrivacyFind, access.PrivacyCopy, access.PrivacyErase, access.HoldManage, access.PeopleChange}
	c := &care{till: &till{t: t, mux: http.NewServeMux(), doc: map[string]bool{}}, db: db}
	doc := api.Register(c.mux, check, api.Options{BodyBytes: 1 << 20, Version: "test", Privacy: desk, Programs: ring{
		"all": key("main", access.Supervisor, all...), "find": key("main", access.Supervisor, access.PrivacyFind, access.PrivacyRead), "admin": key("main", access.Admin, all...),
		"analyst": key("main", access.Analyst, all...), "foreign": key("other", access.Supervisor, all...)}})
	for path, item := range doc.Paths {
		for method, there := range map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil} {
			if there && strings.Contains(path, "/v1/privacy") {
				c.rows = append(c.rows, method+" "+path)
			}
		}
	}
	draft, consent, err := book.Draft(t.Context(), reports.Checked{Channel: "sms", Country: "DE", Text: "Anna Schmidt, call +49 30 55501234", Outcome: "scam", Probability: 0.9}, "en")
	if err != nil {
		t.Fatal(err)
	}
	got, err := book.Send(t.Context(), reports.Wish{Draft: draft, Consent: consent.Version, Agreed: true}, reports.From{Door: "test", Network: "n"})
	if err != nil {
		t.Fatal(err)
	}
	c.report = string(got.ID)
	return c
}

// asked is a request of the person, with records where some are given.
func asked(records ...string) string {
	out := fmt.Sprintf(`{"identifier":%q,"country":"DE","asked_by":"person","reason":"letter of 3 May"`, subject)
	if len(records) > 0 {
		out += `,"records":[`
		for i, id := range records {
			if i > 0 {
				out += ","
			}
			out += fmt.Sprintf(`{"kind":"report","id":%q}`, id)
		}
		out += "]"
	}
	return out + "}"
}

// read asks and reads the answer, which must be of a status and not kept on the way.
func (c *care) read(method, path, secret, body string, want int, into any) {
	c.t.Helper()
	rec := c.ask(method, path, secret, body)
	if rec.Code != want {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, rec.Code, rec.Body, want)
	}
	if into == nil {
		return
	}
	if rec.Header().Get("Cache-Control") != "no-store" {
		c.t.Errorf("%s %s may be kept on the way", method, path)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
		c.t.Fatal(err)
	}
}

// entries counts the audit entries of an action.
func (c *care) entries(action string) (list []store.Entry) {
	c.t.Helper()
	if err := c.db.Read(c.t.Context(), func(r store.Records) (err error) {
		list, _, err = r.Audit.List(c.t.Context(), "main", store.AuditFilter{Action: action}, 0, 0)
		return err
	}); err != nil {
		c.t.Fatal(err)
	}
	return list
}

// TestPrivacyRights: every route of privacy × keys of each kind × another tenant ×
// no key; a route without a row fails.
func TestPrivacyRights(t *testing.T) {
	c := newCare(t)
	const hold = `{"kind":"report","from":"2020-01-01","until":"2020-01-02","reason":"court order 12/26"}`
	rows := map[string]struct {
		body  string
		codes map[string]int
	}{
		"POST /v1/privacy/find":               {asked(), map[string]int{"": 401, "all": 200, "find": 200, "admin": 200, "analyst": 403, "foreign": 200}},
		"POST /v1/privacy/copy":               {asked(c.report), map[string]int{"": 401, "all": 200, "find": 403, "admin": 403, "analyst": 403, "foreign": 422}},
		"POST /v1/privacy/erase/preview":      {asked(c.report), map[string]int{"": 401, "all": 200, "find": 403, "admin": 200, "analyst": 403, "foreign": 422}},
		"POST /v1/privacy/erase":              {asked("another"), map[string]int{"": 401, "all": 422, "find": 403, "admin": 422, "analyst": 403, "foreign": 422}},
		"GET /v1/privacy/certificates":        {"", map[string]int{"": 401, "all": 200, "find": 200, "admin": 200, "analyst": 403, "foreign": 200}},
		"GET /v1/privacy/certificates/{id}":   {"", map[string]int{"": 401, "all": 404, "find": 404, "admin": 404, "analyst": 403, "foreign": 404}},
		"GET /v1/privacy/holds":               {"", map[string]int{"": 401, "all": 200, "find": 200, "admin": 200, "analyst": 403, "foreign": 200}},
		"POST /v1/privacy/holds":              {hold, map[string]int{"": 401, "all": 201, "find": 403, "admin": 201, "analyst": 403, "foreign": 201}},
		"POST /v1/privacy/holds/{id}/release": {`{"reason":"the court is done"}`, map[string]int{"": 401, "all": 404, "find": 403, "admin": 404, "analyst": 403, "foreign": 404}},
	}
	for _, pattern := range c.rows {
		if _, ok := rows[pattern]; !ok {
			t.Errorf("%s has no row here", pattern)
		}
	}
	for pattern, row := range rows {
		if !slices.Contains(c.rows, pattern) {
			t.Errorf("%s is no route", pattern)
		}
		method, path, _ := strings.Cut(pattern, " ")
		for secret, want := range row.codes {
			rec := c.ask(method, strings.ReplaceAll(path, "{id}", "none"), secret, row.body)
			if rec.Code != want || secret != "all" && strings.Contains(rec.Body.String(), "Schmidt") {
				t.Errorf("%s with key %q: %d %s, want %d", pattern, secret, rec.Code, rec.Body, want)
			}
			if secret == "foreign" && strings.Contains(rec.Body.String(), c.report) {
				t.Errorf("%s tells another tenant of a report: %s", pattern, rec.Body)
			}
		}
	}
}

// TestPrivacyOfAPerson: a person is found, given their copy, and erased, each with
// its certificate and audit entry; what a hold keeps stays until it is lifted.
func TestPrivacyOfAPerson(t *testing.T) {
	c := newCare(t)
	var found api.PersonFound
	c.read(http.MethodPost, "/v1/privacy/find", "all", asked(), 200, &found)
	if len(found.Records) != 1 || found.Records[0].ID != c.report || !found.Records[0].Certain || len(c.entries("privacy.find")) != 1 {
		t.Fatalf("found %+v, entries %v", found, c.entries("privacy.find"))
	}
	var given privacy.Copy
	c.read(http.MethodPost, "/v1/privacy/copy", "all", asked(c.report), 200, &given)
	if len(given.Records) != 1 || !strings.Contains(string(given.Records[0].Data), "Anna Schmidt") || given.Certificate.Subject != found.Subject {
		t.Errorf("given %+v", given)
	}
	var hold api.HoldView
	c.read(http.MethodPost, "/v1/privacy/holds", "all", fmt.Sprintf(`{"person":%q,"country":"DE","reason":"court order 12/26"}`, subject), 201, &hold)
	if !hold.OfPerson || !hold.Holding || hold.Reason != "court order 12/26" {
		t.Errorf("hold %+v", hold)
	}
	var ahead privacy.Body
	c.read(http.MethodPost, "/v1/privacy/erase/preview", "all", asked(c.report), 200, &ahead)
	if len(ahead.Removed) != 0 || len(ahead.Kept) == 0 || ahead.Kept[0].Code != "held" || len(c.entries("privacy.erase")) != 0 {
		t.Errorf("a held record will go: %+v", ahead)
	}
	c.read(http.MethodPost, "/v1/privacy/holds/"+hold.ID+"/release", "all", `{"reason":"the court is done"}`, 204, nil)
	var holds []api.HoldView
	c.read(http.MethodGet, "/v1/privacy/holds", "find", "", 200, &holds)
	if len(holds) != 1 || holds[0].Holding || holds[0].ReleaseReason != "the court is done" {
		t.Errorf("holds %+v", holds)
	}
	var done privacy.Certificate
	c.read(http.MethodPost, "/v1/privacy/erase", "all", asked(c.report), 200, &done)
	if len(done.Removed) != 1 || done.Removed[0].Records != 1 || len(c.entries("report.erase")) != 1 {
		t.Errorf("erased %+v", done)
	}
	c.read(http.MethodPost, "/v1/privacy/find", "all", asked(), 200, &found)
	if len(found.Records) != 0 {
		t.Errorf("found again: %+v", found)
	}
	var page api.CertificatePage
	c.read(http.MethodGet, "/v1/privacy/certificates?limit=1", "find", "", 200, &page)
	if len(page.Certificates) != 1 || page.Certificates[0].ID != done.ID || page.Next == "" {
		t.Errorf("page %+v", page)
	}
	for lang, word := range map[string]string{"": "", "en": "erasure", "de": "Lösch", "ja": "消去"} {
		var paper api.CertificatePaper
		c.read(http.MethodGet, "/v1/privacy/certificates/"+done.ID+"?lang="+lang, "find", "", 200, &paper)
		if paper.Reason != "letter of 3 May" || (paper.Words == nil) != (lang == "") {
			t.Errorf("%s: %+v", lang, paper)
		}
		if paper.Words != nil && (!strings.Contains(paper.Words.Title, word) || len(paper.Words.Removed) == 0 || len(paper.Words.Facts) < 5) {
			t.Errorf("%s: %+v", lang, paper.Words)
		}
	}
}

// TestPrivacyRefuses: what is wrong with a request is named, nothing is done, and
// who works here is not erased by a key.
func TestPrivacyRefuses(t *testing.T) {
	c := newCare(t)
	for what, x := range map[string]struct {
		path, body string
		want       int
	}{
		"no reason":           {"find", strings.Replace(asked(), "letter of 3 May", "", 1), 422},
		"no such asker":       {"find", strings.Replace(asked(), "person", "robot", 1), 422},
		"no country":          {"find", strings.Replace(asked(), `"DE"`, `"D"`, 1), 422},
		"no identifier":       {"find", strings.Replace(asked(), subject, "", 1), 422},
		"a long identifier":   {"find", strings.Replace(asked(), subject, strings.Repeat("1", 300), 1), 422},
		"no records":          {"erase", asked(), 422},
		"another's record":    {"erase", asked(c.report, "another"), 422},
		"somebody works here": {"erase", strings.Replace(asked("x"), `"kind":"report"`, `"kind":"person"`, 1), 403},
		"no day":              {"holds", `{"kind":"report","from":"soon","reason":"court order 12/26"}`, 422},
		"a hold of nothing":   {"holds", `{"reason":"court order 12/26"}`, 422},
		"no such kind":        {"holds", `{"kind":"robot","reason":"court order 12/26"}`, 422},
		"a huge body":         {"erase", asked(slices.Repeat([]string{c.report}, 12000)...), 413},
		"too many records":    {"erase", asked(slices.Repeat([]string{"x"}, 2001)...), 422},
	} {
		if rec := c.ask(http.MethodPost, "/v1/privacy/"+x.path, "all", x.body); rec.Code != x.want || strings.Contains(rec.Body.String(), "Schmidt") {
			t.Errorf("%s: %d %.300s, want %d", what, rec.Code, rec.Body, x.want)
		}
	}
	if n := len(c.entries("report.erase")) + len(c.entries("hold.add")); n != 0 {
		t.Errorf("%d things were done", n)
	}
}
