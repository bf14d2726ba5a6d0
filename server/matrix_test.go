package server

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/config"
	"bonafide/desk/accounts"
	"bonafide/desk/people"
	"bonafide/desk/reports"
	"bonafide/store"
	"bonafide/web"
)

// openRow is a route that answers whoever comes, and everybody alike.
type openRow struct {
	path, kind, body string
	want             int
}

const formKind = "application/x-www-form-urlencoded"

// openRoutes has a row for each route that needs neither session nor key.
var openRoutes = map[string]openRow{
	"GET /{$}":                  {"/", "", "", 200},
	"GET /now":                  {"/now", "", "", 200},
	"GET /call":                 {"/call", "", "", 200},
	"GET /helper":               {"/helper", "", "", 200},
	"GET /done":                 {"/done", "", "", 200},
	"GET /about":                {"/about", "", "", 200},
	"GET /facts":                {"/facts", "", "", 200},
	"GET /receivers":            {"/receivers?country=DE", "", "", 200},
	"GET /brands":               {"/brands", "", "", 200},
	"GET /brands/{id}":          {"/brands/amazon", "", "", 200},
	"POST /check":               {"/check", formKind, "text=hello", 200},
	"POST /share":               {"/share", formKind, "text=hello", 200},
	"POST /report":              {"/report", formKind, "text=hello", 422},
	"GET /check":                {"/check", "", "", 303},
	"GET /share":                {"/share", "", "", 303},
	"GET /report":               {"/report", "", "", 303},
	"GET /report-this":          {"/report-this", "", "", 303},
	"GET /manifest.webmanifest": {"/manifest.webmanifest", "", "", 200},
	"GET /styleguide":           {"/styleguide", "", "", 200},
	"GET /styleguide.css":       {"/styleguide.css", "", "", 200},
	"GET /sw.js":                {"/sw.js", "", "", 200},
	"GET /static/":              {"/static/style.css", "", "", 200},
	"/":                         {"/nowhere", "", "", 404},
	"GET /healthz":              {"/healthz", "", "", 200},
	"GET /readyz":               {"/readyz", "", "", 200},
	"GET /openapi.json":         {"/openapi.json", "", "", 200},
	"GET /openapi.yaml":         {"/openapi.yaml", "", "", 200},
	"POST /v1/contacts/check":   {"/v1/contacts/check", "application/json", `{"text":"hello"}`, 200},
	"GET /v1/brands":            {"/v1/brands", "", "", 200},
	"GET /v1/brands/{id}":       {"/v1/brands/amazon", "", "", 200},
	"GET /v1/receivers":         {"/v1/receivers?country=DE", "", "", 200},
	"GET /v1/facts":             {"/v1/facts", "", "", 200},
	"GET /v1/situations":        {"/v1/situations", "", "", 200},
	"POST /v1/reports/drafts":   {"/v1/reports/drafts", "application/json", `{"text":"hello"}`, 200},
	"POST /v1/reports":          {"/v1/reports", "application/json", `{"draft":"x","consent":"x","agreed":true}`, 422},
	// Pages of accounts' owners: a visit opens them, which no session or key is.
	"GET /mine/enter":       {"/mine/enter?token=x", "", "", 200},
	"POST /mine/enter":      {"/mine/enter", formKind, "token=x", 403},
	"GET /mine":             {"/mine", "", "", 403},
	"GET /mine/ask":         {"/mine/ask", "", "", 403},
	"POST /mine/answer":     {"/mine/answer", formKind, "ref=x&said=no", 403},
	"GET /mine/now":         {"/mine/now", "", "", 403},
	"POST /mine/alerts":     {"/mine/alerts", formKind, "said=yes", 403},
	"GET /mine/contact":     {"/mine/contact", "", "", 403},
	"POST /mine/contact":    {"/mine/contact", formKind, "channel=call", 403},
	"POST /mine/leave":      {"/mine/leave", formKind, "", 403},
	"POST /v1/mine/enter":   {"/v1/mine/enter", "application/json", `{"token":"x"}`, 401},
	"GET /v1/mine":          {"/v1/mine", "", "", 401},
	"POST /v1/mine/answer":  {"/v1/mine/answer", "application/json", `{"ref":"x","said":"no"}`, 401},
	"POST /v1/mine/contact": {"/v1/mine/contact", "application/json", `{"channel":"call"}`, 401},
	"POST /v1/mine/leave":   {"/v1/mine/leave", "", "", 204},
}

// keyRow is a route that needs an API key.
type keyRow struct {
	path, body string
	// may are the roles whose keys get ok; own those that may only see their own,
	// which is not found; the others are forbidden. nil: everybody with a key.
	may, own []access.Role
	// foreign is what a key of another tenant with every right gets.
	foreign int
	// ok is what those who may get; 0: 200. Where nothing is there yet it is 404.
	ok int
	// there: the path names something of main. Those who may get an answer about it,
	// be it that its state forbids what is asked (409, 422), and never "not found".
	there bool
}

// watching are the roles that read and label decisions and replay policies.
var watching = []access.Role{access.Analyst, access.Supervisor}

// telling are those who work on reports.
var telling = []access.Role{access.Helper, access.Analyst, access.Supervisor}

// leading are those who make a policy decide.
var leading = []access.Role{access.Supervisor}

// caring are those who answer requests of persons.
var caring = []access.Role{access.Supervisor, access.Admin}

// A request of a person of whom nothing is kept, and with records that were not found.
const (
	askedOf = `{"identifier":"nobody@shop.example","asked_by":"person","reason":"letter of 3 May"}`
	takenOf = `{"identifier":"nobody@shop.example","asked_by":"person","reason":"letter of 3 May","records":[{"kind":"report","id":"none"}]}`
)

// keyRoutes has a row for each route that needs an API key.
var keyRoutes = map[string]keyRow{
	"GET /v1/key":     {path: "/v1/key", foreign: 200},
	"GET /v1/reports": {path: "/v1/reports", may: []access.Role{access.Shopper, access.Seller, access.Helper, access.Analyst, access.Supervisor}, foreign: 200},
	"GET /v1/reports/{id}": {path: "/v1/reports/{report}", may: telling,
		own: []access.Role{access.Shopper, access.Seller}, foreign: 404},
	"POST /v1/reports/{id}/unmask": {path: "/v1/reports/{report}/unmask", body: `{"reason":"the customer asks"}`, may: []access.Role{access.Analyst, access.Supervisor}, foreign: 404},
	"POST /v1/events": {path: "/v1/events", body: `{"specversion":"1.0","id":"e1","source":"shop","type":"login","time":"2026-01-01T00:00:00Z","data":{"account":"a","device":"d","login":{"success":true}}}`,
		may: []access.Role{access.Supervisor, access.Admin}, foreign: 200},
	"GET /v1/decisions":                       {path: "/v1/decisions", may: watching, foreign: 200},
	"GET /v1/decisions/stream":                {path: "/v1/decisions/stream?after=0&poll=true", may: watching, foreign: 200},
	"GET /v1/decisions/{id}":                  {path: "/v1/decisions/{decision}", may: watching, foreign: 404, there: true},
	"POST /v1/decisions/{id}/label":           {path: "/v1/decisions/{decision}/label", body: `{"label":"fraud","revision":1}`, may: watching, foreign: 404, there: true},
	"POST /v1/decisions/{id}/assign":          {path: "/v1/decisions/{decision}/assign", body: `{"person":"","revision":1}`, may: watching, foreign: 404, there: true},
	"GET /v1/accounts/{account}":              {path: "/v1/accounts/{account}", may: watching, foreign: 404, there: true},
	"GET /v1/accounts/{account}/linked":       {path: "/v1/accounts/{account}/linked", may: watching, foreign: 404, there: true},
	"GET /v1/policies/precision":              {path: "/v1/policies/precision", may: watching, foreign: 200},
	"GET /v1/policies":                        {path: "/v1/policies", may: watching, foreign: 200},
	"POST /v1/policies":                       {path: "/v1/policies", body: `{"text":"policy: 1","reason":"to see what it does"}`, may: watching, foreign: 422, ok: 422},
	"GET /v1/policies/{number}":               {path: "/v1/policies/{policy}", may: watching, foreign: 404, there: true},
	"POST /v1/policies/{number}/check":        {path: "/v1/policies/{policy}/check", may: watching, foreign: 404, there: true},
	"POST /v1/policies/{number}/shadow":       {path: "/v1/policies/{policy}/shadow", body: `{"revision":1,"reason":"to see what it does"}`, may: watching, foreign: 404, there: true},
	"POST /v1/policies/{number}/publish":      {path: "/v1/policies/{policy}/publish", body: `{"revision":1,"reason":"it looks right"}`, may: leading, foreign: 404, there: true},
	"POST /v1/policies/{number}/retire":       {path: "/v1/policies/{policy}/retire", body: `{"revision":1,"reason":"it looks wrong"}`, may: watching, foreign: 404, there: true},
	"POST /v1/policies/rollback":              {path: "/v1/policies/rollback", body: `{"reason":"it looks wrong"}`, may: leading, foreign: 404, ok: 404},
	"GET /v1/policies/deciding":               {path: "/v1/policies/deciding", may: watching, foreign: 200},
	"GET /v1/policies/shadow":                 {path: "/v1/policies/shadow", may: watching, foreign: 404, ok: 404},
	"GET /v1/replays":                         {path: "/v1/replays", may: watching, foreign: 200},
	"POST /v1/replays":                        {path: "/v1/replays", body: `{"policy":{policy},"from":"2026-01-01"}`, may: watching, foreign: 404, there: true},
	"GET /v1/replays/{number}":                {path: "/v1/replays/{replay}", may: watching, foreign: 404, there: true},
	"POST /v1/replays/{number}/cancel":        {path: "/v1/replays/{replay}/cancel", may: watching, foreign: 404, there: true},
	"POST /v1/privacy/find":                   {path: "/v1/privacy/find", body: askedOf, may: caring, foreign: 200},
	"POST /v1/privacy/copy":                   {path: "/v1/privacy/copy", body: takenOf, may: leading, foreign: 422, ok: 422},
	"POST /v1/privacy/erase/preview":          {path: "/v1/privacy/erase/preview", body: takenOf, may: caring, foreign: 422, ok: 422},
	"POST /v1/privacy/erase":                  {path: "/v1/privacy/erase", body: takenOf, may: caring, foreign: 422, ok: 422},
	"GET /v1/privacy/certificates":            {path: "/v1/privacy/certificates", may: caring, foreign: 200},
	"GET /v1/privacy/certificates/{id}":       {path: "/v1/privacy/certificates/none", may: caring, foreign: 404, ok: 404},
	"GET /v1/privacy/holds":                   {path: "/v1/privacy/holds", may: caring, foreign: 200},
	"POST /v1/privacy/holds":                  {path: "/v1/privacy/holds", body: `{"kind":"report","from":"2020-01-01","until":"2020-01-02","reason":"court order 12/26"}`, may: caring, foreign: 201, ok: 201},
	"POST /v1/privacy/holds/{id}/release":     {path: "/v1/privacy/holds/{hold}/release", body: `{"reason":"the court is done"}`, may: caring, foreign: 404, there: true},
	"POST /v1/reports/{id}/account":           {path: "/v1/reports/{report}/account", body: `{"account":"a"}`, may: telling, foreign: 404},
	"POST /v1/reports/{id}/status":            {path: "/v1/reports/{report}/status", body: `{"status":"open","revision":1}`, may: telling, foreign: 404},
	"GET /v1/leaks":                           {path: "/v1/leaks", may: watching, foreign: 200},
	"POST /v1/leaks":                          {path: "/v1/leaks", body: `{"names":[{"kind":"seller","name":"x"}]}`, may: watching, foreign: 200},
	"GET /v1/webhooks":                        {path: "/v1/webhooks", may: caring, foreign: 200},
	"POST /v1/webhooks":                       {path: "/v1/webhooks", body: `{"url":"http://shop.example/h"}`, may: []access.Role{access.Admin}, foreign: 422, ok: 422},
	"DELETE /v1/webhooks/{id}":                {path: "/v1/webhooks/none", may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"PATCH /v1/webhooks/{id}":                 {path: "/v1/webhooks/none", body: `{"actions":[],"lang":"en","revision":1}`, may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"POST /v1/webhooks/{id}/rotate":           {path: "/v1/webhooks/none/rotate", may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"POST /v1/webhooks/{id}/resume":           {path: "/v1/webhooks/none/resume", may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"POST /v1/webhooks/{id}/test":             {path: "/v1/webhooks/none/test", may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"GET /v1/webhooks/{id}/dead":              {path: "/v1/webhooks/none/dead", may: caring, foreign: 404, ok: 404},
	"POST /v1/webhooks/{id}/dead":             {path: "/v1/webhooks/none/dead", may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"POST /v1/webhooks/{id}/dead/{sequence}":  {path: "/v1/webhooks/none/dead/1", may: []access.Role{access.Admin}, foreign: 404, ok: 404},
	"GET /v1/lists":                           {path: "/v1/lists", may: watching, foreign: 200},
	"POST /v1/lists":                          {path: "/v1/lists", body: `{"name":"x","of":"order.amount"}`, may: watching, foreign: 422, ok: 422},
	"DELETE /v1/lists/{list}":                 {path: "/v1/lists/{fresh}", may: watching, foreign: 404, there: true},
	"GET /v1/lists/{list}/entries":            {path: "/v1/lists/{list}/entries", may: watching, foreign: 404, there: true},
	"POST /v1/lists/{list}/find":              {path: "/v1/lists/{filled}/find", body: `{"value":"x"}`, may: watching, foreign: 404, there: true},
	"POST /v1/lists/{list}/entries":           {path: "/v1/lists/{list}/entries", body: `{"entries":[{"value":"x","reason":"for a test"}]}`, may: watching, foreign: 404, there: true},
	"POST /v1/lists/{list}/remove":            {path: "/v1/lists/{filled}/remove", body: `{"values":[{"value":"x"}],"reason":"for a test"}`, may: watching, foreign: 404, there: true},
	"POST /v1/lists/{list}/import":            {path: "/v1/lists/{list}/import", body: `{"value":"x","reason":"for a test"}`, may: watching, foreign: 404, there: true},
	"DELETE /v1/lists/{list}/entries/{value}": {path: "/v1/lists/{filled}/entries/x?reason=for+a+test", may: watching, foreign: 404, there: true},
}

// building is a whole server with people of each role in it.
type building struct {
	*Server
	t    *testing.T
	logs *bytes.Buffer
	// tokens and keys are sessions and keys by role, and of "foreign"; ended is a
	// key of the supervisor that ended.
	tokens, keys map[string]string
	ended        string
	things       map[string]string // of main, by their places in paths; see named
	lists        int               // that were made for one question each
}

func build(t *testing.T) *building {
	t.Helper()
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Store.DSN, cfg.Limits.BodyBytes = false, filepath.Join(t.TempDir(), "bonafide.db"), 1<<20
	cfg.Limits.RatePerMinute, cfg.Reports.PerNetwork, cfg.Reports.Tenant = 0, 10_000, "main"
	cfg.Accounts.Owners = ownersKeys(t)
	db, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &building{t: t, logs: &bytes.Buffer{}, tokens: map[string]string{}, keys: map[string]string{}}
	events, err := OpenEvents(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = events.Close() })
	if b.Server, err = New(cfg, Options{Version: "test", Store: db, Events: events, Log: slog.New(slog.NewTextHandler(b.logs, nil))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	for _, tenant := range []access.Tenant{"main", "other"} {
		if _, err := b.people.FirstAdmin(t.Context(), people.Console(tenant), people.Founding{Tenant: tenant, TenantName: "Shop", Login: "root", Name: "Root"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range access.Roles() {
		b.hire("main", string(r), []access.Role{r})
	}
	b.hire("other", "foreign", access.Roles())
	return b
}

// hire adds somebody who makes a key while they may do everything, and is then
// left with the roles: so each role has a key that may ask for more than it.
func (b *building) hire(tenant access.Tenant, name string, roles []access.Role) {
	b.t.Helper()
	ctx, console := b.t.Context(), people.Console(tenant)
	from := people.From{Address: netip.MustParseAddr("192.0.2.1")}
	word, err := b.people.Invite(ctx, console, people.Invitation{Login: "is-" + name, Name: name, Roles: access.Roles()})
	if err != nil {
		b.t.Fatal(err)
	}
	in, err := b.people.Begin(ctx, people.Start{Word: word, Password: "four words nobody says"}, from)
	if err != nil {
		b.t.Fatal(err)
	}
	who, err := b.people.Who(ctx, in.Token, from)
	if err != nil {
		b.t.Fatal(err)
	}
	var scopes []access.Permission // all that a key can have
	for _, r := range access.Rules() {
		if !r.Confirm || r.ByKey {
			scopes = append(scopes, r.Permission)
		}
	}
	wish := people.KeyWish{Name: "k", Days: 1, Scopes: scopes}
	if b.keys[name], _, err = b.people.MakeKey(ctx, who, wish); err != nil {
		b.t.Fatal(err)
	}
	if name == string(access.Supervisor) {
		var k store.APIKey
		if b.ended, k, err = b.people.MakeKey(ctx, who, wish); err == nil {
			err = b.people.EndKey(ctx, who.Actor, k.ID)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	p, err := b.people.Person(ctx, console, store.PersonID(who.Person))
	if err == nil {
		err = b.people.ChangePerson(ctx, console, p.ID, people.PersonChange{Name: p.Name, Roles: roles, Revision: p.Revision})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.tokens[name] = in.Token
}

// report makes a report of the tenant main.
func (b *building) report() string {
	b.t.Helper()
	sealed, consent, err := b.reports.Draft(b.t.Context(), reports.Checked{Channel: "sms", Text: "target writes", Outcome: "scam", Probability: 0.9}, "en")
	if err != nil {
		b.t.Fatal(err)
	}
	got, err := b.reports.Send(b.t.Context(), reports.Wish{Draft: sealed, Consent: consent.Version, Agreed: true}, reports.From{Door: "test", Network: "test"})
	if err != nil {
		b.t.Fatal(err)
	}
	return string(got.ID)
}

// ask asks the whole server, as somebody's browser or program.
func (b *building) ask(pattern, path, kind, body, token, key string) *httptest.ResponseRecorder {
	method, _, ok := strings.Cut(pattern, " ")
	if !ok {
		method = http.MethodGet
	}
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	rec := httptest.NewRecorder()
	b.Handler().ServeHTTP(rec, r)
	return rec
}

// TestMatrix asks one whole server, because each person in it costs a hash: every
// route × every role × own and foreign tenant × nobody, and what no route takes.
func TestMatrix(t *testing.T) {
	b := build(t)
	t.Run("every route has a row", b.everyRouteHasARow)
	t.Run("open routes", b.openRoutes)
	t.Run("refusals are logged", b.refusalsAreLogged)
	t.Run("path traversal", b.pathTraversal)
	t.Run("oversized and packed bodies", b.oversizedAndPacked)
	t.Run("routes for programs", b.keyRoutes) // suspends somebody: the last
}

// everyRouteHasARow: each route of the whole server stands in exactly one of
// the matrices: those that answer everybody and those that need a key are here,
// those of the desk pages in TestMatrix of web, which has a row for each.
func (b *building) everyRouteHasARow(t *testing.T) {
	staff, _ := web.StaffRoutes()
	if len(b.routes) < 60 || len(staff) < 30 {
		t.Fatalf("%d routes, %d of the desk: not all are told", len(b.routes), len(staff))
	}
	for _, pattern := range b.routes {
		n := 0
		if slices.Contains(staff, pattern) {
			n++
		}
		if _, ok := openRoutes[pattern]; ok {
			n++
		}
		if _, ok := keyRoutes[pattern]; ok {
			n++
		}
		if n != 1 {
			t.Errorf("%s has %d rows: give a new route one, in openRoutes or keyRoutes here, or in the matrix of web", pattern, n)
		}
		_, path, ok := strings.Cut(pattern, " ")
		if !ok || path == "/{$}" {
			continue
		}
		path = strings.NewReplacer("{id}", "x", "{word}", "x", "{account}", "x", "{number}", "1", "{list}", "x", "{value}", "x", "{sequence}", "1").Replace(path)
		if got := route(httptest.NewRequest(http.MethodGet, path, nil)); got == "other" {
			t.Errorf("%s is logged as other: add it to route", pattern)
		}
	}
	for pattern := range openRoutes {
		if !slices.Contains(b.routes, pattern) {
			t.Errorf("%s has a row and is no route", pattern)
		}
	}
	for pattern := range keyRoutes {
		if !slices.Contains(b.routes, pattern) {
			t.Errorf("%s has a row and is no route", pattern)
		}
	}
}

// openRoutes: a route without log-in answers everybody alike, whatever
// session or key they bring.
func (b *building) openRoutes(t *testing.T) {
	for pattern, row := range openRoutes {
		if got := b.ask(pattern, row.path, row.kind, row.body, "", ""); got.Code != row.want {
			t.Errorf("%s: %d, want %d", pattern, got.Code, row.want)
		}
		for name, token := range b.tokens {
			if got := b.ask(pattern, row.path, row.kind, row.body, token, b.keys[name]); got.Code != row.want {
				t.Errorf("%s as %s: %d, want %d", pattern, name, got.Code, row.want)
			}
		}
		if got := b.ask(pattern, row.path, row.kind, row.body, "planted", "bonafide_wrong"); got.Code != row.want {
			t.Errorf("%s with a wrong session and key: %d, want %d", pattern, got.Code, row.want)
		}
	}
}

// keyRoutes: every route for programs × the key of every role × another
// tenant × no key, a wrong one, an ended one, and a session in its place.
func (b *building) keyRoutes(t *testing.T) {
	for _, pattern := range slices.Sorted(maps.Keys(keyRoutes)) { // what reads comes before what changes
		row := keyRoutes[pattern]
		ask := func(token, key string) *httptest.ResponseRecorder {
			kind := ""
			if row.body != "" {
				kind = "application/json"
			}
			return b.ask(pattern, b.named(row.path), kind, b.named(row.body), token, key)
		}
		for _, r := range access.Roles() {
			want := http.StatusForbidden
			switch {
			case row.may == nil || slices.Contains(row.may, r):
				want = max(row.ok, http.StatusOK)
			case slices.Contains(row.own, r):
				want = http.StatusNotFound
			}
			got := ask("", b.keys[string(r)])
			if row.there && slices.Contains(row.may, r) {
				if got.Code >= 500 || got.Code >= 400 && got.Code != http.StatusConflict && got.Code != http.StatusUnprocessableEntity {
					t.Errorf("%s with a key of %s: %d %s, want an answer about what is there", pattern, r, got.Code, got.Body)
				}
				continue
			}
			if got.Code != want || want != http.StatusOK && strings.Contains(got.Body.String(), "target") {
				t.Errorf("%s with a key of %s: %d %s, want %d", pattern, r, got.Code, got.Body, want)
			}
		}
		if got := ask("", b.keys["foreign"]); got.Code != row.foreign || strings.Contains(got.Body.String(), "target") || strings.Contains(got.Body.String(), "created_at") {
			t.Errorf("%s with a key of another tenant: %d %s, want %d and nothing of main", pattern, got.Code, got.Body, row.foreign)
		}
		for what, key := range map[string]string{"no key": "", "an ended key": b.ended, "a wrong key": "bonafide_" + strings.Repeat("x", 43), "a session as a key": b.tokens["supervisor"]} {
			if got := ask(b.tokens["supervisor"], key); got.Code != http.StatusUnauthorized {
				t.Errorf("%s with %s: %d, want 401", pattern, what, got.Code)
			}
		}
	}
	paths, bodies := map[string]string{}, map[string]string{} // made by the supervisor, while they may
	for pattern, row := range keyRoutes {
		paths[pattern], bodies[pattern] = b.named(row.path), b.named(row.body)
	}
	p, err := b.people.ByLogin(t.Context(), people.Console("main"), "is-supervisor")
	if err == nil {
		err = b.people.ChangePerson(t.Context(), people.Console("main"), p.ID, people.PersonChange{Name: p.Name, Roles: p.Roles, Revision: p.Revision, Suspended: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range keyRoutes {
		if got := b.ask(pattern, paths[pattern], "application/json", bodies[pattern], "", b.keys["supervisor"]); got.Code != http.StatusUnauthorized {
			t.Errorf("%s with the key of somebody suspended: %d, want 401", pattern, got.Code)
		}
	}
}

// oversizedAndPacked: no route takes a body beyond its bound, whoever sends
// it, and none unpacks one.
func (b *building) oversizedAndPacked(t *testing.T) {
	huge := strings.Repeat("a", 3<<20)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, `{"text":"hello"}`)
	_ = z.Close()
	staff, _ := web.StaffRoutes()
	tried := 0
	for _, pattern := range b.routes {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodPost {
			continue
		}
		if row, ok := openRoutes[pattern]; ok && row.body == "" {
			continue // it reads none
		}
		tried++
		path = strings.NewReplacer("{id}", "x", "{word}", "x", "{account}", "x", "{number}", "1", "{list}", "x", "{value}", "x", "{sequence}", "1").Replace(path)
		if path == "/v1/events" {
			huge = strings.Repeat("a", accounts.MaxBody)
		}
		kind, body := formKind, "text="+huge+"&draft=x"
		if strings.HasPrefix(path, "/v1/") {
			kind, body = "application/json", `{"text":"`+huge+`","draft":"x"}`
		}
		got := b.ask(pattern, path, kind, body, b.tokens["foreign"], b.keys["supervisor"])
		if row, ok := keyRoutes[pattern]; ok && row.body == "" {
			if got.Code < 400 || got.Code >= 500 { // it reads none
				t.Errorf("%s with a body that it does not take: %d, want a refusal", pattern, got.Code)
			}
		} else if got.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s takes 3 MB: %d, want 413", pattern, got.Code)
		}
		if slices.Contains(staff, pattern) {
			continue
		}
		r := httptest.NewRequest(method, "http://localhost"+path, bytes.NewReader(packed.Bytes()))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("Authorization", "Bearer "+b.keys["supervisor"])
		rec := httptest.NewRecorder()
		if b.Handler().ServeHTTP(rec, r); rec.Code < 400 || rec.Code >= 500 {
			t.Errorf("%s with a packed body: %d, want a refusal", pattern, rec.Code)
		}
	}
	if tried < 30 {
		t.Errorf("%d routes were tried: want all that take a body", tried)
	}
}

// pathTraversal: no way of writing a path leads out of what is served.
func (b *building) pathTraversal(t *testing.T) {
	srv := httptest.NewServer(b.Handler())
	defer srv.Close()
	jar, _ := cookiejar.New(nil)
	u, _ := url.Parse(srv.URL)
	jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: b.tokens["supervisor"], Path: "/"}})
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, base := range []string{"/static/", "/brands/", "/v1/brands/", "/begin/", "/people/", "/reports/", "/v1/reports/"} {
		for _, way := range []string{"../web.go", "..%2fweb.go", "..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..\\..\\etc\\passwd", "%5c..%5cetc%5cpasswd", "....//....//etc/passwd",
			"/etc/passwd", "%00", "style.css%00.go", "..;/etc/passwd", "%c0%ae%c0%ae/etc/passwd", "%252e%252e%252fetc%252fpasswd"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = base + way // as it stands, without being cleaned
			res, err := c.Do(r)
			if err != nil {
				continue // the client does not send it
			}
			raw, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK || res.StatusCode >= 500 || bytes.Contains(raw, []byte("root:")) || bytes.Contains(raw, []byte("package web")) {
				t.Errorf("%s%s: %d", base, way, res.StatusCode)
			}
		}
	}
}

// refusalsAreLogged: what was refused is a warning that names what and where,
// with one pseudonym for one network, and no address or key.
func (b *building) refusalsAreLogged(t *testing.T) {
	b.logs.Reset()
	ask := func(from, method, path, kind, body string, header ...string) {
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		r.RemoteAddr = from
		r.Header.Set("Content-Type", kind)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		b.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("192.0.2.7:1", "POST", "/login", formKind, "tenant=main&login=is-analyst&password=Secret4711")
	ask("192.0.2.8:1", "GET", "/v1/key", "", "", "Authorization", "Bearer bonafide_Secret4711")
	ask("198.51.100.7:1", "POST", "/logout", formKind, "", "Sec-Fetch-Site", "cross-site")
	ask("198.51.100.7:1", "GET", "/now", "", "")
	var events, from []string
	for _, line := range strings.Split(b.logs.String(), "\n") {
		if strings.Contains(line, "msg=security") {
			_, rest, _ := strings.Cut(line, "event=")
			_, who, _ := strings.Cut(rest, " from=")
			event, _, _ := strings.Cut(rest, " request_id=")
			events, from = append(events, event), append(from, who)
		}
	}
	if want := []string{"forbidden", `"key refused"`, "forbidden"}; !slices.Equal(events, want) {
		t.Fatalf("events %q, want %q:\n%s", events, want, b.logs)
	}
	if from[0] != from[1] || from[0] == from[2] || len(from[0]) != 12 {
		t.Errorf("pseudonyms %q: want one a network", from)
	}
	for _, bad := range []string{"Secret4711", "192.0.2", "198.51", "is-analyst"} {
		if strings.Contains(b.logs.String(), bad) {
			t.Errorf("the log holds %s", bad)
		}
	}
}

// TestHTTPSHeaders: where people come by https, browsers are told to stay with
// it, through a proxy too.
func TestHTTPSHeaders(t *testing.T) {
	for base, want := range map[string]string{"": "", "http://desk.shop.example": "", "https://desk.shop.example": "max-age=31536000; includeSubDomains"} {
		cfg := config.Default()
		cfg.OCR.Enabled, cfg.Server.BaseURL = false, base
		s, err := New(cfg, Options{Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/v1/brands", "/healthz", "/static/app.js", "/nowhere"} {
			rec := httptest.NewRecorder()
			s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path+"?lang=de", nil))
			if got := rec.Header().Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s with %q: %q, want %q", path, base, got, want)
			}
			for _, c := range rec.Result().Cookies() {
				if strings.HasPrefix(c.Name, "__Host-") != (want != "") || c.Secure != (want != "") || !c.HttpOnly {
					t.Errorf("%s with %q: %s", path, base, fmt.Sprint(c))
				}
			}
		}
	}
}
