package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/web"
)

// ownDesk is an account's page with one visit, "word", and one token, "token".
type ownDesk struct {
	mu      sync.Mutex
	page    accounts.OwnerPage // guarded by mu
	used    bool
	reports []accounts.OwnerContact
}

func newOwnDesk(hostile string) *ownDesk {
	at := func(h int) time.Time {
		return time.Date(2026, 11, 20, 18, 1, 0, 0, time.UTC).Add(time.Duration(h) * time.Hour)
	}
	cards := 2
	p := accounts.OwnerPage{Until: at(40), Brand: "amazon", Latest: at(20), Second: "off", Cards: &cards, Devices: 2, Failed: 5, More: true}
	p.Orders = []accounts.OwnerOrder{
		{Ref: "o3", Placed: at(2), Amount: 5000, Currency: "JPY", GiftCards: 1, Digital: true, Elsewhere: true, Payment: "pending", NewDevice: true},
		{Ref: "o2", Number: "503-1234567-1234567" + hostile, Placed: at(0), Amount: 5000, Currency: "JPY", GiftCards: 1, Digital: true, Hidden: true, WasHidden: true, HiddenAt: at(1), Payment: "accepted", NewDevice: true},
		{Ref: "o1", Number: "503-7654321-7654321", Placed: at(-90), Amount: 9800, Currency: "JPY", Payment: "accepted"}}
	p.Pending = p.Orders[:1]
	p.Moments = []accounts.OwnerMoment{{Ref: "m2", Time: at(-1), Kind: "change", Type: "credential.changed", What: "password" + hostile, NewDevice: true},
		{Ref: "m1", Time: at(-2), Kind: "login", Type: "login", Country: "VN", NewDevice: true}, {Ref: "m0", Time: at(-100), Kind: "login", Type: "login", Country: "JP"}}
	return &ownDesk{page: p}
}

func (o *ownDesk) Enter(_ context.Context, token, _ string) (accounts.OwnerEntry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if token != "token" || o.used {
		return accounts.OwnerEntry{}, access.ErrOwnerToken
	}
	o.used = true
	return accounts.OwnerEntry{Visit: "word", Until: time.Now().Add(time.Hour), Lang: "ja"}, nil
}

func (o *ownDesk) Page(_ context.Context, visit string) (accounts.OwnerPage, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if visit != "word" {
		return accounts.OwnerPage{}, accounts.ErrOwnerVisit
	}
	p := o.page
	p.Orders, p.Moments = slices.Clone(p.Orders), slices.Clone(p.Moments)
	return p, nil
}

func (o *ownDesk) Answer(_ context.Context, visit string, r accounts.OwnerReply) error {
	if _, err := o.Page(context.Background(), visit); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.Said != "yes" && r.Said != "no" {
		return fault.New(fault.Invalid, "said", "is none")
	}
	if r.About == "alerts" {
		o.page.Alerts = r.Said == "yes"
		return nil
	}
	for i := range o.page.Orders {
		if x := &o.page.Orders[i]; x.Ref == r.Ref {
			x.Answer = r.Said
			o.page.Denied = o.page.Denied || r.Said == "no"
			return nil
		}
	}
	for i := range o.page.Moments {
		if x := &o.page.Moments[i]; x.Ref == r.Ref {
			x.Answer = r.Said
			return nil
		}
	}
	return fault.New(fault.NotFound, "ref", "is none")
}

func (o *ownDesk) Report(_ context.Context, visit string, c accounts.OwnerContact) error {
	if _, err := o.Page(context.Background(), visit); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Channel == "" {
		return fault.New(fault.Invalid, "channel", "is none")
	}
	o.reports = append(o.reports, c)
	return nil
}

func (o *ownDesk) Leave(context.Context, string) error { return nil }

// ownSite is a server with the page, and a browser without scripts that stands in a visit.
type ownSite struct {
	t    *testing.T
	srv  *httptest.Server
	http *http.Client
}

func newOwnSite(t *testing.T, d *ownDesk) *ownSite {
	t.Helper()
	srv := httptest.NewServer(handler(t, func(opt *web.Options) { opt.Owners = d }))
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &ownSite{t, srv, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (s *ownSite) ask(method, path string, form url.Values, site string) (code int, body, to string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.srv.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", site)
	}
	rec, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rec.Body.Close() }()
	raw, err := io.ReadAll(rec.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return rec.StatusCode, string(raw), rec.Header.Get("Location")
}

// TestOwnerPages: without scripts an owner enters by the shop's form, goes through the
// questions one by one, says no, is told what to do, asks for alerts, tells of a call
// and leaves; a token opens once. // S0.24 S4.6 S4.27 S4.28
func TestOwnerPages(t *testing.T) {
	d := newOwnDesk(evil)
	s := newOwnSite(t, d)
	get := func(path string, want int, has ...string) string {
		t.Helper()
		code, body, _ := s.ask(http.MethodGet, path, nil, "")
		if code != want {
			t.Fatalf("GET %s: %d, want %d", path, code, want)
		}
		for _, h := range has {
			if !strings.Contains(body, h) {
				t.Errorf("GET %s lacks %q", path, h)
			}
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || strings.Contains(body, "[mine") {
			t.Errorf("GET %s shows what a stranger wrote as it is not, or lacks a text", path)
		}
		return body
	}
	post := func(path string, want int, to string, form url.Values) {
		t.Helper()
		if code, _, at := s.ask(http.MethodPost, path, form, "same-origin"); code != want || at != to {
			t.Fatalf("POST %s: %d to %q, want %d to %q", path, code, at, want, to)
		}
	}
	get("/mine?lang=en", 403, "Please open this page again")
	get("/mine/enter?token=token&lang=en", 200, `value="token"`)
	if code, _, to := s.ask(http.MethodPost, "/mine/enter", url.Values{"token": {"token"}}, "cross-site"); code != 303 || to != "/mine?lang=ja" {
		t.Fatalf("the shop's own form: %d to %q", code, to)
	}
	if code, _, _ := s.ask(http.MethodPost, "/mine/enter", url.Values{"token": {"token"}}, "cross-site"); code != 403 {
		t.Fatalf("the token once more: %d", code)
	}
	s = newOwnSite(t, d)
	d.used = false
	post("/mine/enter", 303, "/mine?lang=ja", url.Values{"token": {"token"}})
	for _, lang := range langs {
		for _, path := range []string{"/mine", "/mine/ask", "/mine/now", "/mine/contact", "/mine/ask?after=o2", "/mine/ask?after=m2"} {
			get(path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang="+lang, 200)
		}
	}
	get("/mine?lang=de", 200, "Zwei-Schritt-Verifizierung", "Mein Konto → Anmelden und Sicherheit", "5.000", "Verborgene Bestellungen: 1", "Bestellungen, deren Zahlung wartet: 1", "Digitale Bestellungen und Geschenkkarten: 0", "Alle anderen Bestellungen: 1", "20.11.2026, 19:01 Uhr", "Jetzt prüfen (5)", "diese Zahlung")
	get("/mine?lang=ja", 200, "2段階認証", "2026年11月21日 03:01", "非表示の注文：1")
	get("/mine?lang=en", 200, "Two-Step Verification (2SV)", "Hidden orders: 1", "Orders that were hidden from your order list: 1")
	d.page.Orders[1].Hidden = false // shown again: the banner and the list still have it
	get("/mine?lang=en", 200, "Hidden orders: 1", "Orders that were hidden from your order list: 1", "was hidden for a while")
	d.page.Orders[1].Hidden = true
	if code, _, _ := s.ask(http.MethodPost, "/mine/answer", url.Values{"ref": {"o2"}, "said": {"no"}}, "cross-site"); code != 403 {
		t.Fatalf("another site answers: %d", code)
	}
	get("/mine/ask?lang=en", 200, `value="o2"`, "Questions left: 5")
	post("/mine/answer", 303, "/mine/now", url.Values{"ref": {"o2"}, "said": {"no"}})
	get("/mine/now?lang=en", 200, "Call your card company or bank") // settled: S4.6
	d.page.Orders[1].Payment = "pending"
	get("/mine/now?lang=en", 200, "Tell the shop to stop the order")
	get("/mine/ask", 200, `value="o3"`)
	get("/mine/ask?after=o3", 200, `value="o1"`)
	post("/mine/answer", 303, "/mine/ask", url.Values{"ref": {"o3"}, "said": {"yes"}})
	post("/mine/answer", 404, "", url.Values{"ref": {"nothing"}, "said": {"yes"}})
	post("/mine/answer", 422, "", url.Values{"ref": {"o1"}, "said": {"perhaps"}})
	for _, ref := range []string{"o1", "m1", "m2"} {
		post("/mine/answer", 303, "/mine/ask", url.Values{"ref": {ref}, "said": {"yes"}})
	}
	if code, _, to := s.ask(http.MethodGet, "/mine/ask", nil, ""); code != 303 || to != "/mine?said=done" {
		t.Errorf("all is answered: %d to %q", code, to)
	}
	post("/mine/alerts", 303, "/mine?said=done#alerts", url.Values{"said": {"yes"}})
	get("/mine?lang=en", 200, "End this")
	post("/mine/contact", 303, "/mine/now?said=done", url.Values{"channel": {"call"}, "knew": {"yes"}, "ref": {"o1"}})
	post("/mine/contact", 422, "", url.Values{})
	if len(d.reports) != 1 || !d.reports[0].Knew || d.reports[0].Ref != "o1" || d.reports[0].Kind != "impostor" {
		t.Errorf("reported %+v", d.reports)
	}
	post("/mine/leave", 200, "", nil)
	get("/mine", 403)
}

// TestOwnerMatrix: every route of these pages has a row, and none but the entry does
// anything without a visit.
func TestOwnerMatrix(t *testing.T) {
	rows := map[string]string{"GET /mine/enter": "?token=x", "POST /mine/enter": "", "GET /mine": "", "GET /mine/ask": "", "POST /mine/answer": "ref=o1&said=no", "GET /mine/now": "",
		"POST /mine/alerts": "said=no", "GET /mine/contact": "", "POST /mine/contact": "channel=call", "POST /mine/leave": ""}
	patterns, _ := web.OwnerRoutes()
	d := newOwnDesk("")
	s := newOwnSite(t, d)
	for _, p := range patterns {
		row, ok := rows[p]
		if !ok {
			t.Errorf("%s has no row here", p)
			continue
		}
		method, path, _ := strings.Cut(p, " ")
		want, form := 403, url.Values{}
		if method == http.MethodPost {
			form, _ = url.ParseQuery(row)
		} else {
			path += row
		}
		if p == "GET /mine/enter" {
			want = 200
		}
		if code, _, _ := s.ask(method, path, form, "same-origin"); code != want {
			t.Errorf("%s: %d, want %d", p, code, want)
		}
	}
	if d.page.Denied || len(d.reports) > 0 {
		t.Error("something was done without a visit")
	}
}

// TestOwnerInABrowser: on a phone, by keyboard, without barriers; pictures in the three
// languages and both widths where they are asked for.
func TestOwnerInABrowser(t *testing.T) {
	d := newOwnDesk("")
	d.page.Brand = "amazon"
	s := newOwnSite(t, d)
	b := openAt(t, s.srv.URL, 390, "light")
	b.visit("/mine/enter?token=token", "en")
	b.barriers("enter", 390)
	b.do(chromedp.Click(chromedp.CSS("main button")))
	b.until(`location.pathname === "/mine"`)
	for _, lang := range langs {
		for _, path := range []string{"/mine", "/mine/ask", "/mine/contact", "/mine/now"} {
			if lang != "de" && os.Getenv("BONAFIDE_PICTURES") == "" {
				continue // the texts of the others are in TestOwnerPages
			}
			name := "owner" + strings.ReplaceAll(path, "/", "-") + "-" + lang
			b.scheme(390, "light")
			b.visit(path, lang)
			b.picture(name + "-390")
			if lang == "de" {
				b.barriers(name, 390)
			}
			if os.Getenv("BONAFIDE_PICTURES") != "" {
				b.scheme(1280, "light")
				b.visit(path, lang)
				b.picture(name + "-1280")
			}
		}
	}
	b.scheme(390, "light")
	b.visit("/mine/ask", "en")
	eval[chromedp.Void](b, `document.querySelector("button[value=no]").focus();0`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`location.pathname === "/mine/now"`)
	b.visit("/mine", "en")
	b.picture("owner-mine-denied-en-390")
}
