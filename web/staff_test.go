package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/data"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/people/onetime"
	"bonafide/desk/people/passkey"
	"bonafide/desk/people/passkey/passkeytest"
	"bonafide/desk/people/password"
	"bonafide/desk/privacy"
	"bonafide/desk/replays"
	"bonafide/desk/reports"
	"bonafide/desk/settings"
	"bonafide/desk/system"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/locale"
	"bonafide/outside/oidc"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/web"
)

const staffPassword = "four words nobody says"

// office is a server with desk pages and the desk behind them.
type office struct {
	*people.Desk
	reports *reports.Desk
	privacy *privacy.Desk
	db      store.Store
	facts   system.Facts
	t       *testing.T
	srv     *httptest.Server
	later   atomic.Int64 // seconds by which the desk's clock is ahead
}

// staffProvider is an identity provider that names Anna to whoever brings the
// code.
type staffProvider struct{ q oidc.Question }

func (p *staffProvider) Begin(_ context.Context, q oidc.Question) (string, error) {
	p.q = q
	return "https://idp.example/auth?state=" + q.State, nil
}

func (p *staffProvider) Finish(_ context.Context, code string, q oidc.Question) (oidc.Identity, error) {
	if code != "good" || q != p.q {
		return oidc.Identity{}, fault.New(fault.Invalid, "oidc", "no")
	}
	return oidc.Identity{Issuer: "https://idp.example", Subject: "1", Mail: "anna@shop.example", MailVerified: true, Name: "Anna", Groups: []string{"fraud"}}, nil
}

func newOffice(t *testing.T, change ...func(*web.Options)) *office {
	t.Helper()
	return newOfficeWith(t, nil, change...)
}

func newOfficeWith(t *testing.T, f *people.Federation, change ...func(*web.Options)) *office {
	t.Helper()
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "people.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	hasher, err := password.New(password.Cost{KiB: 8, Passes: 1, Lanes: 1}, 4)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := password.LoadRules(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t}
	var h http.Handler
	o.srv = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.ServeHTTP(rw, r) }))
	t.Cleanup(o.srv.Close)
	// Passkeys are bound to a name: the server is visited as localhost.
	o.srv.URL = strings.Replace(o.srv.URL, "127.0.0.1", "localhost", 1)
	party, err := passkey.New(passkey.Config{Host: "localhost", Name: "Bonafide", Origins: []string{o.srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	o.Desk, err = people.New(people.Config{Store: db, Random: rand.Reader, Hasher: hasher, Rules: rules, Passkeys: party, Federation: f,
		Now: func() time.Time { return time.Now().Add(time.Duration(o.later.Load()) * time.Second) }})
	if err != nil {
		t.Fatal(err)
	}
	// Tests send more than one person would.
	o.reports, err = reports.New(reports.Config{Store: db, Data: data.FS, Now: time.Now, Random: rand.Reader, Tenant: "main", Limits: reports.Limits{PerNetwork: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	o.db = db
	o.facts = system.Facts{Version: "1.2.3", Go: "go", System: "linux/amd64", Started: time.Now().Add(-26 * time.Hour), Swept: time.Now(), Disk: &system.Disk{Free: 40 << 30, Total: 100 << 30},
		Queues: []system.Queue{{Code: "erase"}, {Code: "events"}, {Code: "decisions", Waiting: 7}, {Code: "checks", Waiting: 2}}}
	health, err := system.New(system.Config{Store: db, Now: time.Now, Facts: func(context.Context) system.Facts { return o.facts }})
	if err != nil {
		t.Fatal(err)
	}
	choices, err := settings.New(settings.Config{Store: db, Now: time.Now, Langs: langs, Countries: []string{"DE", "JP", "US"}, Idle: 30 * time.Minute, Absolute: 12 * time.Hour, Public: "main"})
	if err != nil {
		t.Fatal(err)
	}
	o.privacy, err = privacy.New(privacy.Config{Store: db, Data: data.FS, Random: rand.Reader, Now: func() time.Time { return time.Now().Add(time.Duration(o.later.Load()) * time.Second) },
		Holders: []privacy.Holder{o.reports.Requests(), o.Requests(), people.Keys{}}, Expirers: []privacy.Expirer{o.reports}})
	if err != nil {
		t.Fatal(err)
	}
	h = handler(t, append([]func(*web.Options){func(opt *web.Options) {
		opt.People, opt.Reports, opt.System, opt.Settings, opt.Accounts = o.Desk, o.reports, health, choices, &guardDesk{}
		opt.Lists = &listDesk{}
		opt.Hooks = &hookDesk{}
		opt.Leaks, opt.Couples = &leakDesk{}, &tieDesk{reports: o.reports}
		opt.Policies, opt.Replays = &ruleDesk{t: t, state: store.PolicyShadow}, &runDesk{rep: found(), state: replays.Running}
		opt.Privacy = o.privacy
		opt.Ledger = custody.NewLedger(db, func() time.Time { return time.Now().Add(time.Duration(o.later.Load()) * time.Second) })
	}}, change...)...)
	return o
}

// setUp makes the tenant main with an administrator root.
func (o *office) setUp() {
	o.t.Helper()
	code, err := o.SetupCode(o.t.Context())
	if err == nil {
		_, err = o.SetUp(o.t.Context(), people.Founding{Code: code, Tenant: "main", TenantName: "Main", Login: "root", Name: "Root", Password: staffPassword}, people.From{})
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// hire adds somebody with roles to a tenant, past the pages.
func (o *office) hire(t access.Tenant, login string, roles ...access.Role) store.PersonID {
	o.t.Helper()
	word, err := o.Invite(o.t.Context(), people.Console(t), people.Invitation{Login: login, Name: "Name of " + login, Roles: roles})
	if err == nil {
		_, err = o.Begin(o.t.Context(), people.Start{Word: word, Password: staffPassword}, people.From{})
	}
	if err != nil {
		o.t.Fatal(err)
	}
	p, err := o.ByLogin(o.t.Context(), people.Console(t), login)
	if err != nil {
		o.t.Fatal(err)
	}
	return p.ID
}

// browser is somebody's browser: it keeps cookies and follows nothing.
type visitor struct {
	*http.Client
	o *office
}

func (o *office) visitor() *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, o}
}

// as is a browser in which somebody is logged in.
func (o *office) as(t access.Tenant, login string) *visitor {
	o.t.Helper()
	in, err := o.LogIn(o.t.Context(), people.Credentials{Tenant: t, Login: login, Password: staffPassword}, people.From{Address: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		o.t.Fatalf("%s: %v", login, err)
	}
	v := o.visitor()
	u, _ := url.Parse(o.srv.URL)
	v.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: in.Token, Path: "/"}})
	return v
}

type page struct {
	code   int
	body   string
	header http.Header
}

func (v *visitor) do(method, path, kind, body string, header ...string) page {
	v.o.t.Helper()
	r, err := http.NewRequestWithContext(v.o.t.Context(), method, v.o.srv.URL+path, strings.NewReader(body))
	if err != nil {
		v.o.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := v.Do(r)
	if err != nil {
		v.o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.o.t.Fatal(err)
	}
	return page{res.StatusCode, string(raw), res.Header}
}

func (v *visitor) get(path string, header ...string) page {
	return v.do(http.MethodGet, path, "", "", header...)
}

func (v *visitor) post(path string, form url.Values, header ...string) page {
	return v.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), header...)
}

func (v *visitor) json(path string, body any) page {
	raw, _ := json.Marshal(body)
	return v.do(http.MethodPost, path, "application/json", string(raw))
}

// want fails the test when a page has not the status.
func (p page) want(t testing.TB, what string, code int) page {
	t.Helper()
	if p.code != code {
		said := regexp.MustCompile(`(?s)role="alert".*?</p>|<p class="hint" lang="en">.*?</p>`).FindAllString(p.body, 3)
		t.Errorf("%s: status %d, want %d: %s", what, p.code, code, said)
	}
	return p
}

// row is what the matrix expects of one route.
type row struct {
	path string
	form url.Values
	// json: the route is asked by passkey.js.
	json bool
	// may are the roles that get ok; the others get 403. nil: everybody.
	may []access.Role
	ok  int
	// foreign is what somebody of another tenant gets who has every right there;
	// 0: what everybody of the tenant with the right gets.
	foreign int
	// out is what somebody gets who is not logged in; 0: sent to the log-in page.
	out int
}

var (
	admins   = []access.Role{access.Admin}
	keepers  = []access.Role{access.Analyst, access.Supervisor, access.Admin}
	workers  = []access.Role{access.Analyst, access.Supervisor}
	tellers  = []access.Role{access.Helper, access.Analyst, access.Supervisor}
	overseer = []access.Role{access.Supervisor, access.Admin}
)

// matrix has a row for each route of the desk pages. "{person}" stands for
// somebody of the tenant main, "{nobody}" for an id that nobody has.
var matrix = map[string]row{
	"GET /setup":                        {path: "/setup", ok: 303, out: 303},
	"POST /setup":                       {path: "/setup", form: url.Values{"code": {"AAAA-AAAA-AAAA-AAAA"}}, ok: 403, out: 403},
	"GET /login":                        {path: "/login", ok: 303, out: 200},
	"POST /login":                       {path: "/login", form: url.Values{"tenant": {"main"}, "login": {"{fresh}"}, "password": {"y"}}, ok: 403, out: 403},
	"POST /login/code":                  {path: "/login/code", form: url.Values{"word": {"x"}, "code": {"000000"}}, ok: 303, out: 303},
	"POST /login/passkey/ask":           {path: "/login/passkey/ask", json: true, ok: 200, out: 200},
	"POST /login/passkey":               {path: "/login/passkey", json: true, ok: 404, out: 404},
	"POST /login/provider":              {path: "/login/provider", ok: 422, out: 422},
	"GET /login/provider/return":        {path: "/login/provider/return?state=x&code=y", ok: 422, out: 422},
	"POST /logout":                      {path: "/logout", ok: 303, out: 303},
	"GET /begin/{word}":                 {path: "/begin/x", ok: 404, out: 404},
	"POST /begin/{word}":                {path: "/begin/x", form: url.Values{"password": {staffPassword}}, ok: 404, out: 404},
	"GET /confirm":                      {path: "/confirm", ok: 200},
	"POST /confirm":                     {path: "/confirm", form: url.Values{"password": {staffPassword}}, ok: 303},
	"GET /account":                      {path: "/account", ok: 200},
	"POST /account/password":            {path: "/account/password", form: url.Values{"password": {staffPassword}}, ok: 303},
	"POST /account/app/offer":           {path: "/account/app/offer", ok: 200},
	"POST /account/app":                 {path: "/account/app", form: url.Values{"word": {"x"}, "code": {"000000"}}, ok: 404},
	"POST /account/app/remove":          {path: "/account/app/remove", ok: 303},
	"POST /account/recovery":            {path: "/account/recovery", ok: 422},
	"POST /account/passkeys/ask":        {path: "/account/passkeys/ask", json: true, ok: 200, out: 403},
	"POST /account/passkeys":            {path: "/account/passkeys", json: true, ok: 404, out: 403},
	"POST /account/passkeys/remove":     {path: "/account/passkeys/remove", form: url.Values{"id": {"x"}}, ok: 404},
	"POST /account/provider":            {path: "/account/provider", ok: 422},
	"POST /account/sessions/end":        {path: "/account/sessions/end", form: url.Values{"id": {"{session}"}}, ok: 404},
	"POST /account/sessions/end-others": {path: "/account/sessions/end-others", ok: 303},
	"POST /account/keys":                {path: "/account/keys", form: url.Values{"name": {"k"}, "days": {"1"}, "scope": {"account.read"}}, may: keepers, ok: 200},
	"POST /account/keys/rotate":         {path: "/account/keys/rotate", form: url.Values{"id": {"{key}"}}, may: keepers, ok: 404},
	"POST /account/keys/end":            {path: "/account/keys/end", form: url.Values{"id": {"x"}}, may: keepers, ok: 404},
	"GET /people":                       {path: "/people", may: overseer, ok: 200},
	"POST /people/invite":               {path: "/people/invite", form: url.Values{"login": {"{fresh}"}, "name": {"New"}, "role": {"editor"}}, may: admins, ok: 200},
	"POST /people/withdraw":             {path: "/people/withdraw", form: url.Values{"id": {"x"}}, may: admins, ok: 404},
	"POST /people/teams":                {path: "/people/teams", form: url.Values{"name": {"{fresh}"}}, may: admins, ok: 303},
	"POST /people/teams/remove":         {path: "/people/teams/remove", form: url.Values{"id": {"x"}}, may: admins, ok: 404},
	"GET /people/{id}":                  {path: "/people/{person}", may: overseer, ok: 200, foreign: 404},
	"POST /people/{id}":                 {path: "/people/{person}", form: url.Values{"name": {"N"}, "role": {"editor"}, "revision": {"1"}}, may: admins, ok: 303, foreign: 404},
	"POST /people/{id}/start":           {path: "/people/{person}/start", form: url.Values{"reason": {"lost the phone"}}, may: admins, ok: 200, foreign: 404},
	"POST /people/{id}/sessions":        {path: "/people/{person}/sessions", may: admins, ok: 303, foreign: 404},
	"GET /audit":                        {path: "/audit", may: overseer, ok: 200},
	"POST /audit/verify":                {path: "/audit/verify", may: overseer, ok: 303},
	"POST /audit/export":                {path: "/audit/export", may: admins, ok: 200},
	"GET /decisions":                    {path: "/decisions", may: workers, ok: 200},
	"GET /decisions/{id}":               {path: "/decisions/d1", may: workers, ok: 200, foreign: 404},
	"POST /decisions/{id}/label":        {path: "/decisions/d1/label", form: url.Values{"label": {"good"}, "revision": {"3"}}, may: workers, ok: 303, foreign: 404},
	"POST /decisions/{id}/assign":       {path: "/decisions/d1/assign", form: url.Values{"take": {"1"}, "revision": {"3"}}, may: workers, ok: 303, foreign: 404},
	"GET /accounts/{id}":                {path: "/accounts/a1", may: workers, ok: 200, foreign: 404},
	"GET /decisions/news":               {path: "/decisions/news?after=0", may: workers, ok: 200},
	"GET /policies":                     {path: "/policies", may: workers, ok: 200},
	"GET /policies/new":                 {path: "/policies/new", may: workers, ok: 200},
	"POST /policies/check":              {path: "/policies/check", form: url.Values{"text": {"policy: x"}}, may: workers, ok: 200},
	"POST /policies":                    {path: "/policies", form: url.Values{"text": {"policy: x"}, "reason": {"fewer alarms"}}, may: workers, ok: 303},
	"GET /policies/{id}":                {path: "/policies/1", may: workers, ok: 200, foreign: 404},
	"POST /policies/{id}/shadow":        {path: "/policies/1/shadow", form: url.Values{"revision": {"2"}, "reason": {"fewer alarms"}}, may: workers, ok: 303, foreign: 404},
	"POST /policies/{id}/publish":       {path: "/policies/1/publish", form: url.Values{"revision": {"2"}, "reason": {"fewer alarms"}}, may: workers[1:], ok: 303, foreign: 404},
	"POST /policies/{id}/retire":        {path: "/policies/1/retire", form: url.Values{"revision": {"2"}, "reason": {"fewer alarms"}}, may: workers, ok: 303, foreign: 404},
	"POST /policies/{id}/rollback":      {path: "/policies/1/rollback", form: url.Values{"revision": {"2"}, "reason": {"fewer alarms"}}, may: workers[1:], ok: 409, foreign: 404},
	"POST /policies/{id}/preview":       {path: "/policies/1/preview", may: workers, ok: 303, foreign: 404},
	"GET /replays":                      {path: "/replays", may: workers, ok: 200},
	"POST /replays":                     {path: "/replays", form: url.Values{"policy": {"0"}, "against": {"-2"}, "from": {"2026-11-01"}}, may: workers, ok: 303},
	"GET /replays/{id}":                 {path: "/replays/1", may: workers, ok: 200, foreign: 404},
	"POST /replays/{id}/cancel":         {path: "/replays/2/cancel", may: workers, ok: 303, foreign: 404},
	"GET /privacy":                      {path: "/privacy", may: overseer, ok: 200},
	"POST /privacy/find":                {path: "/privacy/find", form: asking(""), may: overseer, ok: 200},
	"POST /privacy/copy":                {path: "/privacy/copy", form: asking("report:{report}"), may: workers[1:], ok: 200, foreign: 422},
	"POST /privacy/erase/ask":           {path: "/privacy/erase/ask", form: asking("report:{report}"), may: overseer, ok: 200, foreign: 422},
	"POST /privacy/erase":               {path: "/privacy/erase", form: asking("report:{report}"), may: overseer, ok: 303, foreign: 422},
	"POST /privacy/holds":               {path: "/privacy/holds", form: url.Values{"kind": {"certificate"}, "reason": {"a court asks"}}, may: overseer, ok: 303},
	"POST /privacy/holds/release":       {path: "/privacy/holds/release", form: url.Values{"id": {"x"}, "reason": {"the court is done"}}, may: overseer, ok: 404},
	"GET /privacy/certificates/{id}":    {path: "/privacy/certificates/x", may: overseer, ok: 404},
	"GET /lists":                        {path: "/lists", may: workers, ok: 200},
	"POST /lists":                       {path: "/lists", form: url.Values{"name": {"fresh"}, "of": {"event.device"}}, may: workers, ok: 303},
	"GET /lists/{id}":                   {path: "/lists/mules", may: workers, ok: 200, foreign: 404},
	"POST /lists/{id}":                  {path: "/lists/mules", form: url.Values{"value": {"v"}, "reason": {"seen twice"}}, may: workers, ok: 303, foreign: 404},
	"POST /lists/{id}/find":             {path: "/lists/mules/find", form: url.Values{"value": {"v"}}, may: workers, ok: 200, foreign: 404},
	"POST /lists/{id}/remove":           {path: "/lists/mules/remove", form: url.Values{"value": {"ab"}, "reason": {"a mistake"}}, may: workers, ok: 303, foreign: 404},
	"POST /lists/{id}/import":           {path: "/lists/mules/import", form: url.Values{"lines": {"value"}}, may: workers, ok: 200, foreign: 404},
	"POST /lists/{id}/drop":             {path: "/lists/spare/drop", may: workers, ok: 303, foreign: 404},
	"GET /webhooks":                     {path: "/webhooks", may: overseer, ok: 200},
	"POST /webhooks":                    {path: "/webhooks", form: url.Values{"url": {"https://shop.example/x"}}, may: admins, ok: 200},
	"GET /webhooks/{id}":                {path: "/webhooks/good", may: overseer, ok: 200, foreign: 404},
	"POST /webhooks/{id}/test":          {path: "/webhooks/good/test", may: admins, ok: 200, foreign: 404},
	"POST /webhooks/{id}/change":        {path: "/webhooks/good/change", form: url.Values{"of": {"hold"}, "texts": {"en"}, "revision": {"3"}}, may: admins, ok: 303, foreign: 404},
	"POST /webhooks/{id}/rotate":        {path: "/webhooks/good/rotate", may: admins, ok: 200, foreign: 404},
	"POST /webhooks/{id}/resume":        {path: "/webhooks/good/resume", may: admins, ok: 303, foreign: 404},
	"POST /webhooks/{id}/again":         {path: "/webhooks/good/again", form: url.Values{"sequence": {"7"}}, may: admins, ok: 200, foreign: 404},
	"POST /webhooks/{id}/remove":        {path: "/webhooks/good/remove", may: admins, ok: 303, foreign: 404},
	"GET /leaks":                        {path: "/leaks", may: workers, ok: 200},
	"POST /leaks":                       {path: "/leaks", form: url.Values{"kind": {"seller"}, "name": {"seller-x"}}, may: workers, ok: 200},
	"GET /settings":                     {path: "/settings", may: admins, ok: 200},
	"POST /settings":                    {path: "/settings", form: url.Values{"name": {"Main"}, "revision": {"0"}}, may: admins, ok: 303},
	"GET /system":                       {path: "/system", may: admins, ok: 200},
	"POST /report-this":                 {path: "/report-this", form: url.Values{"draft": {"{draft}"}, "consent": {"{consent}"}, "agree": {"yes"}}, ok: 200, out: 200},
	"GET /reports":                      {path: "/reports", may: []access.Role{access.Shopper, access.Seller, access.Helper, access.Analyst, access.Supervisor}, ok: 200},
	"GET /reports/{id}":                 {path: "/reports/{report}", may: tellers, ok: 200, foreign: 404},
	"POST /reports/{id}/status":         {path: "/reports/{report}/status", form: url.Values{"status": {"open"}, "revision": {"1"}}, may: tellers, ok: 303, foreign: 404},
	"POST /reports/{id}/account":        {path: "/reports/{report}/account", form: url.Values{"order": {"o-1"}}, may: tellers, ok: 303, foreign: 404},
	"POST /reports/{id}/unmask":         {path: "/reports/{report}/unmask", form: url.Values{"reason": {"the person asks"}}, may: workers, ok: 200, foreign: 404},
	"POST /reports/{id}/erase":          {path: "/reports/{report}/erase", form: url.Values{"reason": {"the person asks"}}, may: workers[1:], ok: 200, foreign: 404},
	"POST /reports/export":              {path: "/reports/export", form: url.Values{"reason": {"for the police"}, "format": {"csv"}}, may: workers[1:], ok: 200},
}

// asking is the form of a person's request.
func asking(record string) url.Values {
	return url.Values{"person": {"{order}"}, "asker": {"person"}, "reason": {"letter of 3 May"}, "record": {record}}
}

// notOwn are routes where a right that reaches only one's own makes another's
// "not found" instead of forbidden.
var notOwn = map[string]bool{"POST /people/{id}/sessions": true}

// reportsOfOwn are those of the reports: who may read only their own.
var reportsOfOwn = map[string]bool{"GET /reports/{id}": true}

// sent makes a report, and the draft of one that is not sent yet.
func (o *office) sent(text string) (sealed, consent string, id store.ReportID) {
	o.t.Helper()
	draft := func() string {
		s, c, err := o.reports.Draft(o.t.Context(), reports.Checked{Channel: "sms", Country: "DE", Text: text, Outcome: "scam", Probability: 0.9, Codes: []evidence.Code{"callback_number"}}, "en")
		if err != nil {
			o.t.Fatal(err)
		}
		consent = c.Version
		return s
	}
	got, err := o.reports.Send(o.t.Context(), reports.Wish{Draft: draft(), Consent: consent, Agreed: true}, reports.From{Door: "test", Network: "test"})
	if err != nil {
		o.t.Fatal(err)
	}
	return draft(), consent, got.ID
}

// TestMatrix: every route × every role × own and foreign tenant × logged out. A
// route without a row fails.
func TestMatrix(t *testing.T) {
	patterns, open := web.StaffRoutes()
	for _, p := range patterns {
		if _, ok := matrix[p]; !ok {
			t.Errorf("%s has no row in the matrix", p)
		}
	}
	if len(patterns) != len(matrix) {
		t.Errorf("%d routes, %d rows", len(patterns), len(matrix))
	}
	o := newOffice(t)
	o.setUp()
	for _, r := range access.Roles() {
		o.hire("main", "is-"+string(r), r)
	}
	if _, err := o.FirstAdmin(t.Context(), people.Console("other"), people.Founding{Tenant: "other", TenantName: "Other", Login: "boss", Name: "Boss"}); err != nil {
		t.Fatal(err)
	}
	o.hire("other", "all", access.Roles()...)
	n := 0
	for _, pattern := range patterns {
		want := matrix[pattern]
		ask := func(v *visitor, who string) page {
			n++
			fill := func(s string) string { return s }
			if used := fmt.Sprint(want.path, want.form); n == 1 || strings.Contains(used, "{") { // somebody, and a report, of its own
				person := o.hire("main", fmt.Sprintf("target%d", n), access.Analyst)
				sealed, consent, report := o.sent(fmt.Sprintf("target%d writes of order %d", n, 90_000_000+n))
				fill = strings.NewReplacer("{person}", string(person), "{fresh}", fmt.Sprintf("fresh%d", n), "{draft}", sealed, "{consent}", consent, "{report}", string(report), "{order}", strconv.Itoa(90_000_000+n)).Replace
			}
			method, _, _ := strings.Cut(pattern, " ")
			switch {
			case want.json:
				return v.json(want.path, map[string]any{"word": "x", "answer": map[string]any{}, "name": "n"})
			case method == http.MethodGet:
				return v.get(fill(want.path))
			}
			form := url.Values{}
			for k, vs := range want.form {
				form.Set(k, fill(vs[0]))
			}
			return v.post(fill(want.path), form)
		}
		for _, r := range access.Roles() {
			code := want.ok
			if want.may != nil && !slices.Contains(want.may, r) {
				code = http.StatusForbidden
				if notOwn[pattern] || reportsOfOwn[pattern] && access.Can(r, access.ReportRead) {
					code = http.StatusNotFound
				}
			}
			got := ask(o.as("main", "is-"+string(r)), string(r)).want(t, pattern+" as "+string(r), code)
			if code == http.StatusForbidden && strings.Contains(got.body, "target") {
				t.Errorf("%s as %s: the refusal names somebody", pattern, r)
			}
		}
		code := want.ok
		if want.foreign != 0 {
			code = want.foreign
		}
		if got := ask(o.as("other", "all"), "foreign").want(t, pattern+" from another tenant", code); strings.Contains(got.body, "target") {
			t.Errorf("%s from another tenant: names somebody", pattern)
		}
		got := ask(o.visitor(), "nobody")
		if want.out != 0 {
			got.want(t, pattern+" logged out", want.out)
		} else if got.code != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/login?to=") {
			t.Errorf("%s logged out: %d to %q, want the log-in page", pattern, got.code, got.header.Get("Location"))
		}
		if !open[pattern] && want.out == 200 {
			t.Errorf("%s answers who is not logged in", pattern)
		}
	}
}

// TestCrossSite: a form that another site sends does nothing, on any route.
func TestCrossSite(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	patterns, _ := web.StaffRoutes()
	v := o.as("main", "root")
	for _, p := range patterns {
		method, path, _ := strings.Cut(p, " ")
		if method != http.MethodPost {
			continue
		}
		path = strings.NewReplacer("{id}", "x", "{word}", "x").Replace(path)
		v.post(path, url.Values{}, "Sec-Fetch-Site", "cross-site").want(t, p+" from another site", 403)
		v.post(path, url.Values{}, "Origin", "https://evil.example").want(t, p+" with another origin", 403)
	}
	v.get("/account").want(t, "still logged in", 200)
}

// field finds the value of a hidden field.
func field(t *testing.T, body, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no field %s in\n%.800s", name, body)
	}
	return m[1]
}

// TestWholeStory: set-up, log-out, log-in, an authenticator app, an invitation
// and a key, by forms alone.
func TestWholeStory(t *testing.T) {
	o := newOffice(t)
	v := o.visitor()
	v.get("/login").want(t, "log-in before the set-up", 200)
	v.get("/setup").want(t, "set-up", 200)
	code, err := o.SetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"code": {code}, "tenant": {"main"}, "tenant_name": {"Main shop"}, "login": {"root"}, "name": {"Root"}, "password": {"weak"}}
	weak := v.post("/setup", form).want(t, "weak password", 422)
	if !strings.Contains(weak.body, `value="Main shop"`) || strings.Contains(weak.body, code) {
		t.Error("what was typed is gone, or the code stands in the page")
	}
	form.Set("password", staffPassword)
	in := v.post("/setup", form).want(t, "set-up", 303)
	for _, c := range in.header["Set-Cookie"] {
		if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Path=/") {
			t.Errorf("cookie %s", regexp.MustCompile(`=[^;]+`).ReplaceAllString(c, "=…"))
		}
	}
	account := v.get("/account").want(t, "account", 200)
	if !strings.Contains(account.body, "Main shop") || account.header.Get("Cache-Control") != "no-store" {
		t.Error("the account page")
	}
	v.get("/setup").want(t, "set-up again", 303)
	v.post("/logout", nil).want(t, "log out", 303)
	v.get("/account").want(t, "after logging out", 303)
	// Log in, wrong and right; unknown names read the same.
	wrong := v.post("/login", url.Values{"login": {"root"}, "password": {"wrong"}}).want(t, "wrong", 403)
	unknown := v.post("/login", url.Values{"login": {"rXXt"}, "password": {"wrong"}}).want(t, "unknown", 403)
	if strings.ReplaceAll(unknown.body, "rXXt", "root") != wrong.body {
		t.Error("a known and an unknown name read differently")
	}
	in = v.post("/login", url.Values{"login": {"root"}, "password": {staffPassword}, "to": {"/people"}}).want(t, "log in", 303)
	if in.header.Get("Location") != "/people" {
		t.Errorf("sent to %q", in.header.Get("Location"))
	}
	// An app.
	offer := v.post("/account/app/offer", nil).want(t, "offer", 200)
	word := field(t, offer.body, "word")
	secret := onetime.Secret(regexp.MustCompile(`[A-Z2-7]{32}`).FindString(offer.body))
	again := v.post("/account/app", url.Values{"word": {word}, "code": {"000000"}}).want(t, "wrong code", 422)
	if field(t, again.body, "word") != word || !strings.Contains(again.body, "data:image/png;base64,") {
		t.Error("the page after a wrong code")
	}
	shown, _ := secret.Code(time.Now())
	once := v.post("/account/app", url.Values{"word": {word}, "code": {shown}}).want(t, "app", 200)
	recovery := regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4}){3}`).FindAllString(once.body, -1)
	if len(recovery) != onetime.Recoveries {
		t.Errorf("%d recovery codes", len(recovery))
	}
	v.post("/logout", nil)
	second := v.post("/login", url.Values{"login": {"root"}, "password": {staffPassword}}).want(t, "first step", 200)
	v.get("/account").want(t, "between the steps", 303)
	word = field(t, second.body, "word")
	v.post("/login/code", url.Values{"word": {word}, "code": {"000000"}}).want(t, "wrong code", 403)
	v.post("/login/code", url.Values{"word": {word}, "code": {recovery[0]}}).want(t, "recovery code", 303)
	// An invitation; the link lets somebody in, once.
	link := regexp.MustCompile(`/begin/[A-Za-z0-9_-]{43}`).FindString(v.post("/people/invite", url.Values{"login": {"anna"}, "name": {"Anna"}, "role": {"analyst", "helper"}}).want(t, "invite", 200).body)
	anna := o.visitor()
	if p := anna.get(link).want(t, "link", 200); !strings.Contains(p.body, "Anna") {
		t.Error("the page does not greet")
	}
	anna.post(link, url.Values{"password": {staffPassword}}).want(t, "begin", 303)
	anna.get("/account").want(t, "begun", 200)
	anna.get(link).want(t, "link again", 404)
	// A key, shown once, in no list; with what people confirm, where keys may have it.
	if p := v.get("/account"); strings.Contains(p.body, `value="privacy.copy"`) || !strings.Contains(p.body, `value="privacy.erase"`) || strings.Contains(p.body, `value="people.change"`) {
		t.Error("an administrator is offered other rights for a key than one can have")
	}
	key := regexp.MustCompile(`bonafide_[A-Za-z0-9_-]{43}`).FindString(anna.post("/account/keys", url.Values{"name": {"robot"}, "days": {"9"}, "scope": {"report.read"}}).want(t, "key", 200).body)
	if a, err := o.Program(t.Context(), key, people.From{}); err != nil || !a.Can(access.ReportRead) {
		t.Errorf("the key: %v", err)
	}
	if p := anna.get("/account"); strings.Contains(p.body, key) || !strings.Contains(p.body, "robot") {
		t.Error("the key is shown again, or not listed")
	}
}

// TestPasskeyPages: a passkey is made and used by what the pages' script sends.
func TestPasskeyPages(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	v := o.as("main", "root")
	d := &passkeytest.Device{Origin: o.srv.URL}
	question := func(p page) (ask []byte, word string) {
		t.Helper()
		var q struct {
			Ask  json.RawMessage `json:"ask"`
			Word string          `json:"word"`
		}
		if err := json.Unmarshal([]byte(p.body), &q); err != nil {
			t.Fatalf("%v in %s", err, p.body)
		}
		return q.Ask, q.Word
	}
	ask, word := question(v.json("/account/passkeys/ask", map[string]any{}).want(t, "ask", 200))
	answer, err := d.New(ask)
	if err != nil {
		t.Fatal(err)
	}
	v.json("/account/passkeys", map[string]any{"word": word, "answer": json.RawMessage(answer), "name": "Laptop"}).want(t, "add", 200)
	if p := v.get("/account"); !strings.Contains(p.body, "Laptop") {
		t.Error("not listed")
	}
	stranger := o.visitor()
	ask, word = question(stranger.json("/login/passkey/ask", map[string]any{}).want(t, "ask", 200))
	if answer, err = d.Login(ask); err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"word": word, "answer": json.RawMessage(answer), "to": "https://evil.example"}
	in := stranger.json("/login/passkey", body).want(t, "log in", 200)
	if !strings.Contains(in.body, `"/account"`) {
		t.Errorf("sent to %s", in.body)
	}
	stranger.get("/account").want(t, "logged in", 200)
	o.visitor().json("/login/passkey", body).want(t, "replay", 404)
	v.do("POST", "/login/passkey", "application/json", "{").want(t, "no JSON", 400)
	v.do("POST", "/account/passkeys", "application/json", `{"x":"`+strings.Repeat("x", 200<<10)+`"}`).want(t, "endless", 413)
}

// TestProviderPages: who comes back from the identity provider is logged in, in
// the browser that went there and in no other.
func TestProviderPages(t *testing.T) {
	idp := &staffProvider{}
	o := newOfficeWith(t, &people.Federation{Provider: idp, Name: "Shop sign-on", Tenant: "main", Groups: map[string]access.Role{"fraud": access.Analyst}})
	o.setUp()
	v := o.visitor()
	if p := v.get("/login"); !strings.Contains(p.body, "Shop sign-on") {
		t.Error("the log-in page does not name the provider")
	}
	trip := v.post("/login/provider", nil).want(t, "trip", 200)
	if !strings.Contains(trip.body, `href="https://idp.example/auth?state=`) || strings.Contains(trip.body, idp.q.Verifier) {
		t.Error("the page that leads there")
	}
	back := "/login/provider/return?code=good&state=" + url.QueryEscape(idp.q.State)
	o.visitor().get(back).want(t, "in another browser", 404)
	v.get(back).want(t, "back", 303)
	if p := v.get("/account").want(t, "account", 200); !strings.Contains(p.body, "anna@shop.example") || strings.Contains(p.body, "Root") {
		t.Error("not Anna's account")
	}
	v.get(back).want(t, "back again", 404)
	o.later.Store(15 * 60)
	v.post("/account/app/remove", nil).want(t, "stale", 303)
	if p := v.get("/confirm").want(t, "confirm", 200); !strings.Contains(p.body, "Shop sign-on") || strings.Contains(p.body, `name="password"`) {
		t.Error("who has only the provider cannot confirm by it")
	}
	v.post("/login/provider", nil).want(t, "trip to confirm", 200)
	v.get("/login/provider/return?code=good&state="+url.QueryEscape(idp.q.State)).want(t, "confirmed", 303)
	v.post("/account/password", url.Values{"password": {staffPassword}}).want(t, "fresh", 303)
	root := o.as("main", "root")
	root.post("/account/provider", nil).want(t, "tie", 200)
	root.get("/login/provider/return?code=good&state="+url.QueryEscape(idp.q.State)).want(t, "tied to somebody else", 409)
}

// TestConfirmPage: what is dangerous asks for a fresh proof first.
func TestConfirmPage(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	person := o.hire("main", "anna", access.Analyst)
	v := o.as("main", "root")
	o.later.Store(15 * 60)
	p := v.post("/people/"+string(person)+"/start", url.Values{"reason": {"lost the phone"}}).want(t, "stale", 303)
	to := p.header.Get("Location")
	if to != "/confirm?to="+url.QueryEscape("/people/"+string(person)) {
		t.Fatalf("sent to %q", to)
	}
	u, _ := url.Parse(o.srv.URL)
	before := v.Jar.Cookies(u)[0].Value
	page := v.get(to).want(t, "confirm", 200)
	v.post("/confirm", url.Values{"password": {"wrong"}, "to": {field(t, page.body, "to")}}).want(t, "wrong", 403)
	v.post("/confirm", url.Values{"password": {staffPassword}, "to": {field(t, page.body, "to")}}).want(t, "right", 303)
	for _, c := range v.Jar.Cookies(u) {
		if c.Name == "session" && c.Value == before {
			t.Error("the token did not change")
		}
	}
	v.post("/people/"+string(person)+"/start", url.Values{"reason": {"lost the phone"}}).want(t, "fresh", 200)
	v.post("/people/"+string(person)+"/start", url.Values{}).want(t, "without a reason", 422)
	for _, evil := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "/people/../../x?y", "/people/\r\nSet-Cookie: a=b", "javascript:alert(1)"} {
		if got := v.post("/confirm", url.Values{"password": {staffPassword}, "to": {evil}}).header.Get("Location"); got != "/account" && !strings.HasPrefix(got, "/people/") {
			t.Errorf("%q leads to %q", evil, got)
		}
	}
}

// TestTooManyAttempts: guesses end with a page that says how to get in all the
// same; the right password is not judged then, but in a known browser.
func TestTooManyAttempts(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	known := o.visitor()
	known.post("/login", url.Values{"login": {"root"}, "password": {staffPassword}}).want(t, "log in", 303)
	known.post("/logout", nil).want(t, "log out", 303)
	thief := o.visitor()
	for range 5 {
		thief.post("/login", url.Values{"login": {"root"}, "password": {"guess"}}).want(t, "guess", 403)
	}
	p := thief.post("/login", url.Values{"login": {"root"}, "password": {staffPassword}}).want(t, "one more", 429)
	if p.header.Get("Retry-After") == "" || !strings.Contains(p.body, "passkey") {
		t.Error("the page does not say how to go on")
	}
	known.post("/login", url.Values{"login": {"root"}, "password": {staffPassword}}).want(t, "the person's own browser", 303)
}

// TestPlantedCookie: a session that somebody planted in the browser is not the
// one that a log-in begins.
func TestPlantedCookie(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	u, _ := url.Parse(o.srv.URL)
	v := o.visitor()
	v.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: "planted", Path: "/"}})
	v.post("/login", url.Values{"login": {"root"}, "password": {staffPassword}}).want(t, "log in", 303)
	for _, c := range v.Jar.Cookies(u) {
		if c.Name == "session" && c.Value == "planted" {
			t.Error("the planted token is the session's")
		}
	}
	thief := o.visitor()
	thief.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: "planted", Path: "/"}})
	thief.get("/account").want(t, "the thief", 303)
}

// TestPlainHTTP: from elsewhere nobody logs in by http, and with https cookies
// are Secure and bound to the host.
func TestPlainHTTP(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	form := strings.NewReader(url.Values{"login": {"root"}, "password": {staffPassword}}.Encode())
	r := httptest.NewRequest(http.MethodPost, "http://desk.shop.example/login", form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	o.srv.Config.Handler.ServeHTTP(rec, r)
	if rec.Code != 422 || len(rec.Result().Cookies()) != 0 {
		t.Errorf("by http from elsewhere: %d", rec.Code)
	}
	s := newOffice(t, func(opt *web.Options) { opt.BaseURL = "https://desk.shop.example" })
	s.setUp()
	in := s.visitor().post("/login", url.Values{"login": {"root"}, "password": {staffPassword}}, "Origin", "https://desk.shop.example").want(t, "https", 303)
	if len(in.header["Set-Cookie"]) != 2 {
		t.Errorf("%d cookies", len(in.header["Set-Cookie"]))
	}
	for _, c := range in.header["Set-Cookie"] {
		if !strings.HasPrefix(c, "__Host-") || !strings.Contains(c, "Secure") || !strings.Contains(c, "HttpOnly") {
			t.Errorf("cookie %.20s…", c)
		}
	}
}

// TestStaffPagesInEveryLanguage: every desk page has all its texts, a heading
// and labels, no inline script or style, and shows what strangers wrote as text.
func TestStaffPagesInEveryLanguage(t *testing.T) {
	o := newOffice(t)
	front := o.visitor()
	pages := map[string]func(lang string) page{
		"/setup": func(l string) page { return front.get("/setup?lang=" + l) },
	}
	check := func() {
		t.Helper()
		missing, inline := regexp.MustCompile(`\[[a-z]+\.[a-z.]+\]`), regexp.MustCompile(`<style|<script>|\sstyle="|\son[a-z]+="`)
		for _, lang := range langs {
			for name, ask := range pages {
				p := ask(lang)
				if p.code != 200 && p.code != 404 && p.code != 403 {
					t.Errorf("%s %s: status %d", lang, name, p.code)
				}
				if m := missing.FindString(p.body); m != "" {
					t.Errorf("%s %s: no text for %s", lang, name, m)
				}
				if m := inline.FindString(p.body); m != "" {
					t.Errorf("%s %s: inline %s", lang, name, m)
				}
				if strings.Count(p.body, "<h1>") != 1 || !strings.Contains(p.body, `<html lang="`+lang+`"`) {
					t.Errorf("%s %s: headings or language", lang, name)
				}
				if strings.Contains(p.body, "<b>x") || strings.Contains(p.body, "alert(1)</script>") {
					t.Errorf("%s %s: what a stranger wrote is markup", lang, name)
				}
			}
		}
	}
	check()
	o.setUp()
	hostile := `<b>x"'</b><script>alert(1)</script>`
	person := o.hire("main", "a&b<b>x", access.Roles()...)
	p, err := o.Person(t.Context(), people.Console("main"), person)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(o.ChangePerson(t.Context(), people.Console("main"), person, people.PersonChange{Name: hostile, Roles: p.Roles, Revision: p.Revision}))
	must(o.AddTeam(t.Context(), people.Console("main"), hostile+"team"))
	word, err := o.Invite(t.Context(), people.Console("main"), people.Invitation{Login: "i&<b>x", Name: hostile, Roles: admins})
	must(err)
	reset, err := o.NewStart(t.Context(), people.Console("main"), person, "lost the phone")
	must(err)
	v := o.as("main", "root")
	other := o.as("main", "a&b<b>x")
	other.post("/account/keys", url.Values{"name": {hostile}, "days": {"1"}, "scope": {"report.read"}}).want(t, "key", 200)
	pages = map[string]func(lang string) page{
		"/login":            func(l string) page { return front.get("/login?lang=" + l) },
		"/login, wrong":     func(l string) page { return front.post("/login?lang="+l, url.Values{"login": {hostile}}) },
		"/begin, invited":   func(l string) page { return front.get("/begin/" + word + "?lang=" + l) },
		"/begin, again":     func(l string) page { return front.get("/begin/" + reset + "?lang=" + l) },
		"/begin, unknown":   func(l string) page { return front.get("/begin/x?lang=" + l) },
		"/confirm":          func(l string) page { return v.get("/confirm?lang=" + l) },
		"/account":          func(l string) page { return v.get("/account?said=done&lang=" + l) },
		"/account, hostile": func(l string) page { return other.get("/account?lang=" + l) },
		"/account/app":      func(l string) page { return v.post("/account/app/offer?lang="+l, nil) },
		"/people":           func(l string) page { return v.get("/people?lang=" + l) },
		"/people/{id}":      func(l string) page { return v.get("/people/" + string(person) + "?lang=" + l) },
		"/people/{id}, no":  func(l string) page { return v.get("/people/nobody?lang=" + l) },
	}
	check()
	if home := get(handler(t), "/"); strings.Contains(home.Body.String(), `href="/login"`) {
		t.Error("a server without records offers to log in")
	}
	if home := front.get("/"); !strings.Contains(home.body, `href="/login"`) {
		t.Error("nobody finds the log-in page")
	}
	if r := front.get("/people?after=!!"); r.code != 303 {
		t.Errorf("logged out with a bad page: %d", r.code)
	}
	v.get("/people?after=!!").want(t, "a bad page", 422)
	v.post("/account/password", url.Values{"password": {strings.Repeat("x", 1<<20)}}).want(t, "endless form", 413)
	v.do("POST", "/account/password", "application/x-www-form-urlencoded", "%zz").want(t, "broken form", 400)
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(pages["/account"]("en").header)
	if strings.Contains(b.String(), "root") {
		t.Error("headers name the person")
	}
}

// TestErrorsLeadOn: a page that is not there, or not for the person, never leads
// back to itself; what was too large for a form is told of a form.
func TestErrorsLeadOn(t *testing.T) {
	o := newOffice(t, func(opt *web.Options) { opt.Accounts = &guardDesk{} })
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	back := regexp.MustCompile(`<a class="button primary" href="([^"]*)">`)
	for _, c := range []struct{ who, page, want string }{
		{"root", "/decisions", "/account"}, {"root", "/decisions/d1", "/decisions"}, {"root", "/accounts/a1", "/decisions"},
		{"sue", "/reports/nothing", "/reports"}, {"sue", "/people/nobody", "/people"},
	} {
		p := o.as("main", c.who).get(c.page + "?lang=en")
		if m := back.FindStringSubmatch(p.body); p.code < 400 || m == nil || m[1] != c.want {
			t.Errorf("%s at %s: %d, leads to %q, want %s", c.who, c.page, p.code, m, c.want)
		}
	}
	if p := o.as("main", "root").post("/settings?lang=en", url.Values{"name": {strings.Repeat("a", 3<<20)}}).want(t, "too large", 413); strings.Contains(p.body, "picture") || !strings.Contains(p.body, "Send less at once") {
		t.Error("what is too large is told of a mail")
	}
}

// TestKeysAreToldInWords: what a key may be given is told in every language, in
// English as the table of rights has it.
func TestKeysAreToldInWords(t *testing.T) {
	texts, err := locale.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range access.Rules() {
		key := "may." + string(rule.Permission)
		if rule.Confirm && !rule.ByKey {
			continue
		}
		if got := texts.Get("en", key); got != rule.Doc {
			t.Errorf("%s: %q, and the table of rights has %q", key, got, rule.Doc)
		}
	}
	o := newOffice(t)
	o.setUp()
	if p := o.as("main", "root").get("/account?lang=ja"); !strings.Contains(p.body, "監査記録の閲覧") || strings.Contains(p.body, "read the audit entries") {
		t.Error("what a key may do is told in English only")
	}
}
