package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/desk/reports"
	"bonafide/fault"
	"bonafide/locale"
	"bonafide/store"
)

// Gate is what the pages need of the desk of people to let somebody in.
type Gate interface {
	Founded(ctx context.Context) (bool, error)
	Tenants(ctx context.Context) ([]store.Tenant, error)
	SetUp(ctx context.Context, f people.Founding, from people.From) (people.Admission, error)
	LogIn(ctx context.Context, c people.Credentials, from people.From) (people.Admission, error)
	Second(ctx context.Context, step people.SecondStep, from people.From) (people.Admission, error)
	Beginning(ctx context.Context, word string) (people.Beginning, error)
	Begin(ctx context.Context, s people.Start, from people.From) (people.Admission, error)
}

// Presence is what the pages need to know who is there.
type Presence interface {
	Who(ctx context.Context, token string, from people.From) (people.Who, error)
	LogOut(ctx context.Context, token string, from people.From) error
	Confirm(ctx context.Context, who people.Who, given string, from people.From) (people.Admission, error)
	ProviderName() string
	BeginTrip(ctx context.Context, purpose string, who people.Who) (people.Trip, error)
	FinishTrip(ctx context.Context, who people.Who, ret people.Return, from people.From) (string, people.Admission, error)
}

// Passkeys is what the pages need for passkeys.
type Passkeys interface {
	PasskeysOn() bool
	AskPasskey(ctx context.Context) (people.Asked, error)
	LogInByPasskey(ctx context.Context, a people.PasskeyAnswer, from people.From) (people.Admission, error)
	ConfirmByPasskey(ctx context.Context, who people.Who, a people.PasskeyAnswer, from people.From) (people.Admission, error)
	AskNewPasskey(ctx context.Context, who people.Who) (people.Asked, error)
	AddPasskey(ctx context.Context, who people.Who, a people.PasskeyAnswer, name string) error
	RemovePasskey(ctx context.Context, who people.Who, id string) error
}

// OwnAccount is what the pages need for a person's own account.
type OwnAccount interface {
	Account(ctx context.Context, who people.Who) (people.Account, error)
	SetPassword(ctx context.Context, who people.Who, chosen string) error
	OfferApp(ctx context.Context, who people.Who) (people.AppOffer, error)
	Offered(ctx context.Context, who people.Who, word string) (people.AppOffer, error)
	AddApp(ctx context.Context, who people.Who, word, code string) ([]string, error)
	RemoveApp(ctx context.Context, who people.Who) error
	NewRecovery(ctx context.Context, who people.Who) ([]string, error)
}

// Revoking is what the pages need to end sessions and keys, and to make keys.
type Revoking interface {
	EndSession(ctx context.Context, who people.Who, person store.PersonID, id string) error
	EndSessions(ctx context.Context, who people.Who, person store.PersonID) (int64, error)
	MakeKey(ctx context.Context, who people.Who, w people.KeyWish) (string, store.APIKey, error)
	RotateKey(ctx context.Context, who people.Who, id string) (string, store.APIKey, error)
	EndKey(ctx context.Context, a access.Actor, id string) error
}

// Roster is what the pages need of the people who work here.
type Roster interface {
	People(ctx context.Context, a access.Actor, page store.Page) ([]store.Person, store.Key, error)
	Person(ctx context.Context, a access.Actor, id store.PersonID) (store.Person, error)
	ChangePerson(ctx context.Context, a access.Actor, id store.PersonID, c people.PersonChange) error
	Invitations(ctx context.Context, a access.Actor) ([]people.Open, error)
	Invite(ctx context.Context, a access.Actor, i people.Invitation) (string, error)
	Withdraw(ctx context.Context, a access.Actor, id string) error
	NewStart(ctx context.Context, a access.Actor, id store.PersonID, reason string) (string, error)
}

// Teams is what the pages need of teams.
type Teams interface {
	Teams(ctx context.Context, a access.Actor) ([]store.Team, error)
	AddTeam(ctx context.Context, a access.Actor, name string) error
	RemoveTeam(ctx context.Context, a access.Actor, id string) error
}

// PeopleDesk is the desk of people as the pages use it.
type PeopleDesk interface {
	Gate
	Presence
	Passkeys
	OwnAccount
	Revoking
	Roster
	Teams
}

// Cookies of the desk pages. With https they begin with __Host-, which binds
// them to this host (RFC 6265bis, 4.1.3.2).
const (
	sessionCookie = "session"
	deviceCookie  = "device"
	tripCookie    = "trip"
)

// formBytes bounds the forms of the desk pages.
const formBytes = 128 << 10

// staffRoute is one route of the desk pages. Open ones answer whoever comes;
// the others send who is not logged in to the log-in page.
type staffRoute struct {
	pattern string
	open    bool
	do      func(*visit) error
	// back is the page that a form belongs to.
	back string
	// bytes bounds the form; 0: formBytes.
	bytes int64
}

// visit is one request of somebody to the desk pages.
type visit struct {
	*Web
	rw   http.ResponseWriter
	r    *http.Request
	who  people.Who
	in   bool
	back string
}

// StaffRoutes lists the patterns of the desk pages, for tests that must know
// all of them; open tells those that need no log-in.
func StaffRoutes() (patterns []string, open map[string]bool) {
	open = map[string]bool{}
	for _, r := range staffRoutes() {
		patterns = append(patterns, r.pattern)
		open[r.pattern] = r.open
	}
	return patterns, open
}

func staffRoutes() []staffRoute {
	return slices.Concat(privacyRoutes(), listRoutes(), hookRoutes(), []staffRoute{
		{"GET /setup", true, (*visit).setup, "", 0},
		{"POST /setup", true, (*visit).setUp, "/setup", 0},
		{"GET /login", true, (*visit).login, "", 0},
		{"POST /login", true, (*visit).logIn, "/login", 0},
		{"POST /login/code", true, (*visit).second, "/login", 0},
		{"POST /login/passkey/ask", true, (*visit).askPasskey, "/login", 0},
		{"POST /login/passkey", true, (*visit).passkey, "/login", 0},
		{"POST /login/provider", true, (*visit).provider, "/login", 0},
		{"GET /login/provider/return", true, (*visit).returned, "/login", 0},
		{"POST /logout", true, (*visit).logOut, "/login", 0},
		{"GET /begin/{word}", true, (*visit).beginning, "", 0},
		{"POST /begin/{word}", true, (*visit).begin, "", 0},
		{"GET /confirm", false, (*visit).confirming, "", 0},
		{"POST /confirm", false, (*visit).confirm, "/confirm", 0},
		{"GET /account", false, (*visit).account, "", 0},
		{"POST /account/password", false, (*visit).setPassword, "/account", 0},
		{"POST /account/app/offer", false, (*visit).offerApp, "/account", 0},
		{"POST /account/app", false, (*visit).addApp, "/account", 0},
		{"POST /account/app/remove", false, (*visit).removeApp, "/account", 0},
		{"POST /account/recovery", false, (*visit).newRecovery, "/account", 0},
		{"POST /account/passkeys/ask", false, (*visit).askNewPasskey, "/account", 0},
		{"POST /account/passkeys", false, (*visit).addPasskey, "/account", 0},
		{"POST /account/passkeys/remove", false, (*visit).removePasskey, "/account", 0},
		{"POST /account/provider", false, (*visit).tie, "/account", 0},
		{"POST /account/sessions/end", false, (*visit).endSession, "/account", 0},
		{"POST /account/sessions/end-others", false, (*visit).endOthers, "/account", 0},
		{"POST /account/keys", false, (*visit).makeKey, "/account", 0},
		{"POST /account/keys/rotate", false, (*visit).rotateKey, "/account", 0},
		{"POST /account/keys/end", false, (*visit).endKey, "/account", 0},
		{"GET /people", false, (*visit).people, "", 0},
		{"POST /people/invite", false, (*visit).invite, "/people", 0},
		{"POST /people/withdraw", false, (*visit).withdraw, "/people", 0},
		{"POST /people/teams", false, (*visit).addTeam, "/people", 0},
		{"POST /people/teams/remove", false, (*visit).removeTeam, "/people", 0},
		{"GET /people/{id}", false, (*visit).person, "/people/{id}", 0},
		{"POST /people/{id}", false, (*visit).changePerson, "/people/{id}", 0},
		{"POST /people/{id}/start", false, (*visit).newStart, "/people/{id}", 0},
		{"POST /people/{id}/sessions", false, (*visit).endTheirs, "/people/{id}", 0},
		{"GET /audit", false, (*visit).audit, "", 0},
		{"POST /audit/verify", false, (*visit).verifyAudit, "/audit", 0},
		{"POST /audit/export", false, (*visit).exportAudit, "/audit", 0},
		{"GET /decisions", false, (*visit).decisions, "", 0},
		{"GET /decisions/news", false, (*visit).decisionNews, "", 0},
		{"GET /decisions/{id}", false, (*visit).decision, "/decisions/{id}", 0},
		{"POST /decisions/{id}/label", false, (*visit).labelDecision, "/decisions/{id}", 0},
		{"POST /decisions/{id}/assign", false, (*visit).assignDecision, "/decisions/{id}", 0},
		{"GET /accounts/{id}", false, (*visit).accountOfShop, "/accounts/{id}", 0},
		{"GET /policies", false, (*visit).policies, "", 0},
		{"POST /policies", false, (*visit).draftPolicy, "/policies", formPolicy},
		{"GET /policies/new", false, (*visit).newPolicy, "", 0},
		{"POST /policies/check", false, (*visit).checkPolicy, "/policies/new", formPolicy},
		{"GET /policies/{id}", false, (*visit).policy, "/policies/{id}", 0},
		{"POST /policies/{id}/shadow", false, (*visit).shadowPolicy, "/policies/{id}", 0},
		{"POST /policies/{id}/publish", false, (*visit).publishPolicy, "/policies/{id}", 0},
		{"POST /policies/{id}/retire", false, (*visit).retirePolicy, "/policies/{id}", 0},
		{"POST /policies/{id}/rollback", false, (*visit).rollBackPolicy, "/policies/{id}", 0},
		{"POST /policies/{id}/preview", false, (*visit).previewPolicy, "/policies/{id}", 0},
		{"GET /replays", false, (*visit).replays, "", 0},
		{"POST /replays", false, (*visit).startReplay, "/replays", 0},
		{"GET /replays/{id}", false, (*visit).replay, "/replays/{id}", 0},
		{"POST /replays/{id}/cancel", false, (*visit).cancelReplay, "/replays/{id}", 0},
		{"GET /leaks", false, (*visit).leaks, "", 0},
		{"POST /leaks", false, (*visit).leaks, "/leaks", 0},
		{"GET /settings", false, (*visit).settings, "", 0},
		{"POST /settings", false, (*visit).changeSettings, "/settings", 0},
		{"GET /system", false, (*visit).system, "", 0},
		{"POST /report-this", true, (*visit).reportThis, "/", reports.MaxDraft + 4<<10},
		{"GET /reports", false, (*visit).reports, "", 0},
		{"POST /reports/export", false, (*visit).exportReports, "/reports", 0},
		{"GET /reports/{id}", false, (*visit).openReport, "/reports/{id}", 0},
		{"POST /reports/{id}/status", false, (*visit).setReportStatus, "/reports/{id}", 0},
		{"POST /reports/{id}/account", false, (*visit).tieReport, "/reports/{id}", 0},
		{"POST /reports/{id}/unmask", false, (*visit).unmaskReport, "/reports/{id}", 0},
		{"POST /reports/{id}/erase", false, (*visit).eraseReport, "/reports/{id}", 0},
	})
}

// registerStaff adds the desk pages. A form that another site sends is refused
// (http.CrossOriginProtection: Sec-Fetch-Site, else Origin).
func (w *Web) registerStaff(mux Mux) {
	cross := http.NewCrossOriginProtection()
	if u, err := url.Parse(w.opt.BaseURL); err == nil && u.Host != "" {
		// An address that is none stays untrusted: then only what browsers say holds.
		_ = cross.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	cross.SetDenyHandler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := &visit{Web: w, rw: rw, r: r, back: "/account"}
		v.fail(fault.New(fault.Forbidden, "origin", "another site sent this form"))
	}))
	for _, route := range staffRoutes() {
		mux.Handle(route.pattern, cross.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.visit(rw, r, route) })))
	}
}

// visit finds out who is there and lets them do what the route does.
func (w *Web) visit(rw http.ResponseWriter, r *http.Request, route staffRoute) {
	v := &visit{Web: w, rw: rw, r: r, back: strings.ReplaceAll(route.back, "{id}", url.PathEscape(clip(r.PathValue("id"), 64)))}
	if v.back == "" {
		v.back = r.URL.Path
	}
	r.Body = http.MaxBytesReader(rw, r.Body, max(route.bytes, formBytes))
	if token := v.cookie(sessionCookie); token != "" {
		who, err := w.opt.People.Who(r.Context(), token, v.from())
		if err != nil && !errors.Is(err, people.ErrNoSession) {
			v.fail(err)
			return
		}
		v.who, v.in = who, err == nil
	}
	if !route.open && !v.in {
		v.fail(people.ErrNoSession)
		return
	}
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := r.ParseForm(); err != nil {
			v.fail(fmt.Errorf("%w: %w", errForm, err))
			return
		}
	}
	if err := route.do(v); err != nil {
		v.fail(err)
	}
}

// from is where the request comes from.
func (v *visit) from() people.From {
	address := v.r.RemoteAddr
	if v.opt.Client != nil {
		address = v.opt.Client(v.r)
	} else if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	f := people.From{Agent: clip(v.r.UserAgent(), 400), Device: clip(v.cookie(deviceCookie), 100)}
	f.Address, _ = netip.ParseAddr(address)
	return f
}

// secure reports whether the browser reaches us by https.
func (v *visit) secure() bool { return v.https(v.r) }

// local reports whether the browser is on this machine, where http is enough.
func (v *visit) local() bool {
	host := v.r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (v *visit) cookieName(name string) string { return v.hostCookie(v.r, name) }

func (v *visit) cookie(name string) string {
	c, err := v.r.Cookie(v.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie until a time; a time past removes it.
func (v *visit) setCookie(name, value string, until time.Time) {
	c := &http.Cookie{Name: v.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: v.secure(), SameSite: http.SameSiteLaxMode, Expires: until}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.rw, c)
}

// admit gives the browser what a log-in gave, and sends it on.
func (v *visit) admit(a people.Admission, to string) error {
	v.keep(a)
	v.see(to)
	return nil
}

func (v *visit) keep(a people.Admission) {
	v.setCookie(sessionCookie, a.Token, a.Until)
	if a.Device != "" {
		v.setCookie(deviceCookie, a.Device, a.DeviceUntil)
	}
}

// see sends the browser to another page.
func (v *visit) see(to string) { http.Redirect(v.rw, v.r, to, http.StatusSeeOther) }

// done says on a page that what was asked for was done.
func (v *visit) done(page string) error {
	v.see(page + "?said=done")
	return nil
}

// to is where somebody wanted to go: a page of the desk, nothing else.
func (v *visit) to() string {
	to := v.r.FormValue("to")
	for _, page := range []string{"/people", "/reports", "/decisions", "/accounts", "/policies", "/replays", "/leaks", "/lists", "/webhooks", "/audit", "/privacy", "/system", "/settings"} {
		if to == page || strings.HasPrefix(to, page+"/") && len(to) < 100 && !strings.ContainsAny(to, "\\?#") {
			return to
		}
	}
	return "/account"
}

// field is a field of the form.
func (v *visit) field(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }

// staffView is what the desk pages are rendered with.
type staffView struct {
	view
	Who  people.Who
	In   bool
	Back string
	// Problem says what was wrong with the form; Said that it was done.
	Problem, Said string
	// Reports, Ledger, System: there are pages of them.
	Reports, Ledger, System, Settings, Decisions, Policies, Replays, Lists, Hooks, Leaks, Couples, Privacy bool
	// Fresh: dangerous acts need no new proof now.
	Fresh bool
	// Detail is for whoever runs the server.
	Detail string
}

// place is one entry of the navigation.
type place struct {
	Page, Key string
	Here      bool
}

// Places are the pages that the person's rights allow, in the order of work.
func (s staffView) Places() []place {
	var out []place
	for _, p := range []struct {
		page, key string
		there     bool
		needs     access.Permission
	}{
		{"/reports", "staff.nav.reports", s.Reports, access.ReportRead},
		{"/decisions", "staff.nav.decisions", s.Decisions, access.DecisionRead},
		{"/leaks", "staff.nav.leaks", s.Leaks, access.DecisionRead},
		{"/policies", "staff.nav.policies", s.Policies, access.PolicyRead},
		{"/replays", "staff.nav.replays", s.Replays, access.PolicyRead},
		{"/lists", "staff.nav.lists", s.Lists, access.ListRead},
		{"/webhooks", "staff.nav.hooks", s.Hooks, access.WebhookRead},
		{"/people", "staff.nav.people", true, access.PeopleRead},
		{"/audit", "staff.nav.audit", s.Ledger, access.AuditRead},
		{"/privacy", "staff.nav.privacy", s.Privacy, access.PrivacyRead},
		{"/settings", "staff.nav.settings", s.Settings, access.SystemSettings},
		{"/system", "staff.nav.system", s.System, access.SystemHealth},
		{"/account", "staff.nav.account", true, access.AccountRead},
	} {
		if p.there && s.Who.Can(p.needs) {
			out = append(out, place{p.page, p.key, s.Path == p.page || strings.HasPrefix(s.Path, p.page+"/")})
		}
	}
	return out
}

// May tells whether a page shows a part.
func (s staffView) May(p string) bool { return s.Who.Can(access.Permission(p)) }

// Day is a time for people: day and hour in UTC.
func (s staffView) Day(t time.Time) string {
	if t.IsZero() {
		return s.T("staff.never")
	}
	return locale.Moment(s.Lang, t)
}

// Up is where a page that cannot be shown leads: not to itself, but to the list
// that it is of, or to the own account.
func (s staffView) Up() string {
	if parts := strings.Split(s.Path, "/"); s.Back != s.Path {
		return s.Back
	} else if list := "/" + parts[1]; len(parts) > 2 {
		return strings.Replace(list, "/accounts", "/decisions", 1)
	}
	return "/account"
}

// LangLink is the address of the page in another language; of the page that a
// form belongs to where this one answers a form.
func (s staffView) LangLink(lang string) string {
	q := url.Values{"lang": {lang}}
	for _, name := range []string{"to", "q", "status", "outcome", "channel", "lang_of", "from", "until", "who", "action", "object", "before", "label", "assigned", "account"} {
		if v := s.query.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return s.Back + "?" + q.Encode()
}

// page renders a desk page.
func (v *visit) page(code int, page, titleKey string, data any, problem string) error {
	lang := v.language(v.r)
	if v.r.URL.Query().Get("lang") == lang {
		v.remember(v.rw, v.r, langCookie, lang)
	}
	s := staffView{view: view{Lang: lang, Path: v.r.URL.Path, Version: v.opt.Version, Languages: v.texts.Languages(), Here: "staff-" + page,
		Title: v.texts.Get(lang, titleKey), Data: data, query: v.r.URL.Query(), texts: v.texts}, Who: v.who, In: v.in, Back: v.back, Problem: problem, Reports: v.opt.Reports != nil,
		Ledger: v.opt.Ledger != nil, System: v.opt.System != nil, Settings: v.opt.Settings != nil, Decisions: v.opt.Accounts != nil,
		Policies: v.opt.Policies != nil, Replays: v.opt.Replays != nil, Privacy: v.opt.Privacy != nil, Lists: v.opt.Lists != nil, Hooks: v.opt.Hooks != nil,
		Leaks: v.opt.Leaks != nil, Couples: v.opt.Couples != nil}
	if v.r.URL.Query().Get("said") == "done" {
		s.Said = v.texts.Get(lang, "staff.done")
	}
	s.Fresh = v.in && time.Since(v.who.Confirmed) < access.FreshFor
	if e, ok := data.(errorData); ok {
		s.Detail = e.Detail
	}
	var b bytes.Buffer
	if err := v.pages["staff/"+page].Execute(&b, s); err != nil {
		return fmt.Errorf("web: page %s: %w", page, err)
	}
	h := v.rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "no-store")
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		h.Set("Retry-After", "60")
	}
	v.rw.WriteHeader(code)
	_, _ = v.rw.Write(b.Bytes())
	return nil
}

// problem is the text for people of an error, and its status.
func (v *visit) problem(err error) (text string, code int, detail string) {
	key, code := "staff.error.internal", http.StatusInternalServerError
	var f *fault.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		key, code = "staff.error.large", http.StatusRequestEntityTooLarge
	case errors.Is(err, errForm):
		key, code = "error.form", http.StatusBadRequest
	case errors.Is(err, people.ErrRefused):
		key, code = "staff.error.refused", http.StatusForbidden
	case errors.Is(err, people.ErrNoSession):
		key, code = "login.title", http.StatusForbidden
	case errors.As(err, &f) && f.Kind == fault.Temporary && f.Field == people.FieldLogIn:
		key, code, detail = "staff.error.wait", http.StatusTooManyRequests, f.Error()
	case errors.As(err, &f):
		kinds := map[fault.Kind]struct {
			key  string
			code int
		}{
			fault.Invalid: {"staff.error.invalid", http.StatusUnprocessableEntity}, fault.TooLarge: {"staff.error.large", http.StatusRequestEntityTooLarge},
			fault.NotFound: {"staff.error.notfound", http.StatusNotFound}, fault.Forbidden: {"staff.error.forbidden", http.StatusForbidden},
			fault.Temporary: {"staff.error.later", http.StatusServiceUnavailable}, fault.NotConfigured: {"staff.error.cannot", http.StatusUnprocessableEntity},
			fault.Conflict: {"staff.error.conflict", http.StatusConflict},
		}
		if k, ok := kinds[f.Kind]; ok {
			key, code, detail = k.key, k.code, f.Error()
		}
		own := "staff.error." + f.Field
		if slices.Contains([]string{"password", "login", "code", "roles", "reason", "scopes", "passkey", "provider", "setup", "origin", "second", "q", "report"}, f.Field) {
			key = own
		}
	}
	return v.texts.Get(v.language(v.r), key), code, detail
}

// fail answers what went wrong: by the log-in page, by the page to confirm, or
// in words. Scripts get the words as text.
func (v *visit) fail(err error) {
	text, code, detail := v.problem(err)
	switch {
	case strings.HasPrefix(v.r.Header.Get("Content-Type"), "application/json"):
		if errors.Is(err, access.ErrConfirm) {
			text = v.texts.Get(v.language(v.r), "confirm.title")
		}
		v.rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		v.rw.WriteHeader(code)
		_, _ = v.rw.Write([]byte(text))
		return
	case errors.Is(err, people.ErrNoSession):
		if v.cookie(sessionCookie) != "" {
			v.setCookie(sessionCookie, "", time.Unix(1, 0))
		}
		v.see("/login?to=" + url.QueryEscape(v.back))
		return
	case errors.Is(err, access.ErrSecondFactor):
		v.see("/account#h-app") // where it is added; the page says why
		return
	case errors.Is(err, access.ErrConfirm):
		v.see("/confirm?to=" + url.QueryEscape(v.back))
		return
	}
	if v.page(code, "error", "error.title", errorData{Text: text, Detail: detail}, "") != nil {
		http.Error(v.rw, text, http.StatusInternalServerError)
	}
}
