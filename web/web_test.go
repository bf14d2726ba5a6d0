package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/web"
)

var langs = []string{"en", "de", "ja"}

// paths are all pages that have an address.
var paths = []string{"/", "/now", "/call", "/helper", "/done", "/receivers", "/receivers?country=", "/receivers?country=DE&kind=money_lost", "/facts", "/brands", "/brands/amazon", "/about", "/nowhere"}

// asked are forms that lead to an answer; "verdict" makes the desk of these
// tests answer with that verdict (see desk).
var asked = map[string]url.Values{
	"scam": {"channel": {"call"}, "number": {"+91 80 6605 5000"}, "country": {"US"}, "ongoing": {"1"}, "about": {"other"}, "asked": {"asks_remote_access"},
		"text": {"This is Amazon Prime security. Please download AnyDesk and read me the nine digits. Do not hang up. Call +91 80 6605 5000 or 0170 5550147."}},
	"suspicious":    {"text": {"Ihr Paket konnte nicht zugestellt werden. Bitte zahlen Sie 1,99 Euro: https://paket-zoll.example.top/de"}, "country": {"DE"}, "platform": {"verdict:suspicious"}},
	"unknown":       {"text": {"お荷物は明日午前中にお届け予定です。"}, "country": {"JP"}},
	"genuine":       {"text": {"Your order has shipped."}, "country": {"GB"}, "platform": {"verdict:genuine"}},
	"genuine_alarm": {"text": {"Your password was changed."}, "country": {"US"}, "platform": {"verdict:genuine_alarm"}},
	"done":          {"already_done": {"installed_remote", "gave_card", "typed_password"}, "gave": {"card", "password"}, "country": {"US"}},
}

// desk is the real desk; a test may ask for a verdict that would need a shop's
// books.
type desk struct{ *contacts.Desk }

func (d desk) Check(ctx context.Context, req contacts.Request, who contacts.Caller) (*contacts.Answer, error) {
	verdict, forced := strings.CutPrefix(req.Platform, "verdict:")
	if forced {
		req.Platform = ""
	}
	a, err := d.Desk.Check(ctx, req, who)
	if forced && err == nil {
		a.Verdict = verdict
	}
	return a, err
}

// loadDesk loads the knowledge once for all tests: a desk may be used by many.
var loadDesk = sync.OnceValues(func() (*contacts.Desk, error) {
	return contacts.New(contacts.Config{Data: data.FS, Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }})
})

// handler serves the pages as the server does, with its content policy
// (server/web_test.go compares the copy with the original).
func handler(t testing.TB, change ...func(*web.Options)) http.Handler {
	t.Helper()
	d, err := loadDesk()
	if err != nil {
		t.Fatal(err)
	}
	opt := web.Options{Lang: "en", BodyBytes: 4 << 20, Version: "test", Demo: true}
	for _, c := range change {
		c(&opt)
	}
	w, err := web.New(desk{d}, data.FS, opt)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := os.ReadFile("testdata/content-policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.Register(mux)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Security-Policy", string(policy))
		mux.ServeHTTP(rw, r)
	})
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func post(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

type upload struct {
	name string
	raw  []byte
}

func postFile(h http.Handler, path string, form url.Values, file upload) *httptest.ResponseRecorder {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, values := range form {
		for _, v := range values {
			_ = m.WriteField(name, v)
		}
	}
	if f, err := m.CreateFormFile("file", file.name); err == nil {
		_, _ = f.Write(file.raw)
	}
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// each calls f for every element of a page.
func each(t testing.TB, page string, f func(n *html.Node, attr map[string]string)) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		f(n, attr)
	}
}

var hole = regexp.MustCompile(`\[[a-z]+(\.[a-z0-9_]+)+\]`)

// sound checks what holds for every page.
func sound(t *testing.T, page, lang string) {
	t.Helper()
	if !strings.Contains(page, `<html lang="`+lang+`">`) {
		t.Errorf("the page does not say that it is in %s", lang)
	}
	if h := hole.FindString(page); h != "" {
		t.Errorf("a text is missing: %s", h)
	}
	headings, ids := 0, map[string]bool{}
	labels := map[string]bool{}
	each(t, page, func(n *html.Node, attr map[string]string) {
		if n.Data == "label" {
			labels[attr["for"]] = true
		}
	})
	each(t, page, func(n *html.Node, attr map[string]string) {
		if n.Data == "h1" {
			headings++
		}
		if id := attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("two elements have the id %q", id)
			}
			ids[id] = true
		}
		if n.Data == "style" || n.Data == "script" && (attr["src"] == "" || n.FirstChild != nil) || attr["style"] != "" {
			t.Errorf("<%s> breaks the content policy", n.Data)
		}
		for name, v := range attr {
			if strings.HasPrefix(name, "on") || strings.HasPrefix(strings.ToLower(v), "javascript:") {
				t.Errorf("<%s %s=%q> breaks the content policy", n.Data, name, v)
			}
		}
		if id := attr["id"]; (n.Data == "input" || n.Data == "select" || n.Data == "textarea") && id != "" && !labels[id] {
			t.Errorf("the field %q has no label", id)
		}
	})
	if headings != 1 {
		t.Errorf("the page has %d headings of the first order", headings)
	}
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	h := handler(t)
	for _, lang := range langs {
		for _, p := range paths {
			t.Run(lang+p, func(t *testing.T) {
				rec := get(h, p, "Accept-Language", lang)
				want := http.StatusOK
				if p == "/nowhere" {
					want = http.StatusNotFound
				}
				if rec.Code != want || rec.Header().Get("Content-Language") != lang {
					t.Errorf("status %d in %q, want %d in %s", rec.Code, rec.Header().Get("Content-Language"), want, lang)
				}
				sound(t, rec.Body.String(), lang)
			})
		}
		for name, form := range asked {
			t.Run(lang+"/check/"+name, func(t *testing.T) {
				rec := post(h, "/check?lang="+lang, form)
				if rec.Code != http.StatusOK {
					t.Fatalf("status %d", rec.Code)
				}
				page := rec.Body.String()
				sound(t, page, lang)
				if !strings.Contains(page, `class="banner `+name+`"`) {
					t.Errorf("no banner for %s", name)
				}
				if strings.Contains(page, "100 %") || strings.Contains(page, "100\u00a0%") {
					t.Error("the page claims certainty")
				}
			})
		}
	}
}

// The first thing on a result is what to do; ids of our files are not shown.
func TestResultStartsWithTheActionAndShowsNoIDs(t *testing.T) {
	h := handler(t)
	for name, form := range asked {
		page := post(h, "/check", form).Body.String()
		action, steps, evidence := strings.Index(page, `<h1 id="act"`), strings.Index(page, `id="steps"`), strings.Index(page, `id="ev"`)
		if action < 0 || steps < action || name != "done" && evidence < steps {
			t.Errorf("%s: action at %d, steps at %d, reasons at %d", name, action, steps, evidence)
		}
		var shown strings.Builder
		doc, _ := html.Parse(strings.NewReader(page))
		for n := range doc.Descendants() {
			if n.Type == html.TextNode {
				shown.WriteString(n.Data + "\n")
			}
		}
		for _, id := range []string{"amazon-report", "us-ftc", "asks_remote_access", "order_notice", "seed1:", "amz_2023_notice", "date unknown"} {
			if strings.Contains(shown.String(), id) {
				t.Errorf("%s: people are shown the id %q", name, id)
			}
		}
	}
}

// A number in a contact is text. Only numbers of receivers that are confirmed
// may be called with a tap.
func TestOnlyConfirmedReceiversAreLinks(t *testing.T) {
	d, err := loadDesk()
	if err != nil {
		t.Fatal(err)
	}
	may := map[string]bool{}
	for _, c := range append(d.Countries(), "") {
		list, err := d.Receivers(contacts.ReceiverQuery{Country: c, Lang: "en"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.Tap != "" && !r.Unconfirmed {
				may["tel:"+r.Tap] = true
			}
		}
	}
	h := handler(t)
	links := 0
	check := func(where, page string) {
		each(t, page, func(n *html.Node, attr map[string]string) {
			href := attr["href"]
			if strings.HasPrefix(href, "tel:") || strings.HasPrefix(href, "sms:") {
				links++
				if !may[href] {
					t.Errorf("%s: %s may not be a link", where, href)
				}
			}
			if strings.Contains(href, "paket-zoll") {
				t.Errorf("%s: a link of the contact can be opened: %s", where, href)
			}
		})
	}
	for name, form := range asked {
		check(name, post(h, "/check", form).Body.String())
	}
	check("receivers", get(h, "/receivers?country=").Body.String())
	if links == 0 {
		t.Error("no confirmed number can be called with a tap")
	}
}

func TestHostileInputIsOnlyText(t *testing.T) {
	h := handler(t)
	for _, evil := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, `</textarea><svg onload=alert(1)>`, `{{.T "x"}}`, "\x00\xff\u202e</title><style>"} {
		form := url.Values{"text": {evil + " Amazon"}, "from": {evil}, "words": {evil}, "claimed": {evil}, "number": {evil}, "region": {evil}, "channel": {"call"}, "country": {"US"}, "spoken_code": {evil}, "at": {evil}}
		q := "?region=" + url.QueryEscape(evil) + "&kind=" + url.QueryEscape(evil)
		for where, rec := range map[string]*httptest.ResponseRecorder{
			"check": post(h, "/check", form), "channel": post(h, "/check", url.Values{"text": {"x"}, "channel": {evil}}),
			"done": post(h, "/check", url.Values{"already_done": {evil}}), "country": post(h, "/check", url.Values{"text": {"x"}, "country": {evil}}),
			"file":  postFile(h, "/check", url.Values{"words": {"x"}}, upload{evil + ".txt", []byte(evil)}),
			"query": get(h, "/receivers"+q), "lang": get(h, "/?lang="+url.QueryEscape(evil)), "path": get(h, "/brands/"+url.PathEscape(evil)),
		} {
			page := rec.Body.String()
			if rec.Code >= 500 {
				t.Errorf("%s with %q: status %d", where, evil, rec.Code)
			}
			each(t, page, func(n *html.Node, attr map[string]string) {
				if n.Data == "img" || n.Data == "svg" || n.Data == "style" || n.Data == "script" && !strings.HasPrefix(attr["src"], "/static/app.js") {
					t.Errorf("%s with %q: <%s> came through", where, evil, n.Data)
				}
				for name := range attr {
					if strings.HasPrefix(name, "on") {
						t.Errorf("%s with %q: %s came through", where, evil, name)
					}
				}
			})
		}
	}
	if page := post(h, "/check", url.Values{"text": {"<b>bold</b>"}}).Body.String(); !strings.Contains(page, "&lt;b&gt;bold") {
		t.Error("what was written is not shown as it was written")
	}
}

func TestRefusals(t *testing.T) {
	h := handler(t, func(o *web.Options) { o.BodyBytes = 64 << 10 })
	big := strings.Repeat("x", 100<<10)
	for _, c := range []struct {
		name string
		rec  *httptest.ResponseRecorder
		code int
		says string
	}{
		{"nothing", post(h, "/check", url.Values{}), 422, "nothing to look at"},
		{"empty share", post(h, "/share", url.Values{"title": {" "}}), 422, "nothing to look at"},
		{"too large", post(h, "/check", url.Values{"text": {big}}), 413, "too large"},
		{"file too large", postFile(h, "/check", nil, upload{"a.eml", []byte(big)}), 413, "too large"},
		{"unknown channel", post(h, "/check", url.Values{"text": {"x"}, "channel": {"telepathy"}}), 422, "incomplete"},
		{"unknown receiver", post(h, "/report", url.Values{"text": {"x"}, "receiver": {"nobody"}}), 422, "incomplete"},
		{"unknown brand", get(h, "/brands/nobody"), 404, "does not exist"},
	} {
		if c.rec.Code != c.code || !strings.Contains(c.rec.Body.String(), c.says) {
			t.Errorf("%s: status %d, want %d and %q", c.name, c.rec.Code, c.code, c.says)
		}
		sound(t, c.rec.Body.String(), "en")
	}
	torn := httptest.NewRequest(http.MethodPost, "/check", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nYour acc"))
	torn.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, torn)
	if rec.Code != http.StatusBadRequest {
		t.Errorf("a form cut off: status %d", rec.Code)
	}
}

func TestWrongMethods(t *testing.T) {
	h := handler(t)
	for _, c := range []struct {
		method, path string
		code         int
		location     string
	}{
		{"POST", "/now", 405, ""}, {"PUT", "/check", 405, ""}, {"DELETE", "/", 405, ""}, {"POST", "/static/app.js", 405, ""},
		{"GET", "/check", 303, "/"}, {"GET", "/share?lang=ja", 303, "/?lang=ja"}, {"GET", "/report?lang=xx", 303, "/"}, {"HEAD", "/now", 200, ""},
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(c.method, c.path, nil))
		if rec.Code != c.code || rec.Header().Get("Location") != c.location {
			t.Errorf("%s %s: status %d to %q, want %d to %q", c.method, c.path, rec.Code, rec.Header().Get("Location"), c.code, c.location)
		}
		if c.method == "HEAD" && rec.Body.Len() > 0 {
			t.Errorf("HEAD %s has a body", c.path)
		}
	}
}

func TestCookiesHoldLanguageAndCountryOnly(t *testing.T) {
	secret := url.Values{"text": {"Amazon: call 0170 5550147, order 302-1234567-7654321"}, "country": {"de"}, "region": {"Berlin"}, "words": {"my secret"}}
	for _, c := range []struct {
		name   string
		rec    *httptest.ResponseRecorder
		want   map[string]string
		secure bool
	}{
		{"visit", get(handler(t), "/"), map[string]string{}, false},
		{"language", get(handler(t), "/?lang=de"), map[string]string{"lang": "de"}, false},
		{"no such language", get(handler(t), "/?lang=fr"), map[string]string{}, false},
		{"check", post(handler(t), "/check", secret), map[string]string{"country": "DE"}, false},
		{"no such country", post(handler(t), "/check", url.Values{"text": {"x"}, "country": {"ZZ"}}), map[string]string{}, false},
		{"receivers", get(handler(t), "/receivers?country=JP"), map[string]string{"country": "JP"}, false},
		{"by TLS", get(handler(t, func(o *web.Options) { o.BaseURL = "https://check.example" }), "/?lang=ja"), map[string]string{"__Host-lang": "ja"}, true},
	} {
		got := map[string]string{}
		for _, k := range c.rec.Result().Cookies() {
			got[k.Name] = k.Value
			if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.MaxAge <= 0 || k.Secure != c.secure {
				t.Errorf("%s: flags of %v", c.name, k)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: cookies %v, want %v", c.name, got, c.want)
		}
		for name, v := range c.want {
			if got[name] != v {
				t.Errorf("%s: cookies %v, want %v", c.name, got, c.want)
			}
		}
	}
}

func TestLanguageIsTheReaders(t *testing.T) {
	h := handler(t)
	for _, c := range []struct{ query, cookie, accept, want string }{
		{"", "", "", "en"}, {"", "", "de-AT,de;q=0.9,en;q=0.5", "de"}, {"", "", "ja", "ja"}, {"", "", "fr-FR, ja;q=0.3", "ja"},
		{"", "", "fr", "en"}, {"", "ja", "de", "ja"}, {"de", "ja", "en", "de"}, {"xx", "xx", "de", "de"}, {"", "", "*;;q=x,\xff", "en"}, {"", "", strings.Repeat("de,", 5000), "de"},
	} {
		p := "/now"
		if c.query != "" {
			p += "?lang=" + c.query
		}
		rec := get(h, p, "Accept-Language", c.accept, "Cookie", "lang="+c.cookie)
		if got := rec.Header().Get("Content-Language"); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	page := get(h, "/receivers?country=DE&kind=sms&lang=en").Body.String()
	if !strings.Contains(page, `href="?country=DE&amp;kind=sms&amp;lang=ja"`) {
		t.Error("the link to another language loses what was asked")
	}
}

func TestCountryIsAskedOnce(t *testing.T) {
	h := handler(t)
	chosen := regexp.MustCompile(`<option value="([A-Z]{2})" selected`)
	for _, c := range []struct{ cookie, accept, want string }{
		{"", "de-AT", "AT"}, {"", "de", ""}, {"", "ja", "JP"}, {"", "en-US,en", ""}, {"", "en-GB", "GB"}, {"", "pl-PL", ""}, {"DE", "ja", "DE"}, {"<b>", "de-CH", "CH"},
	} {
		page := get(h, "/", "Accept-Language", c.accept, "Cookie", "country="+c.cookie).Body.String()
		got := ""
		if m := chosen.FindStringSubmatch(page); m != nil {
			got = m[1]
		}
		if got != c.want {
			t.Errorf("%+v: %q is chosen", c, got)
		}
		open := !regexp.MustCompile(`<summary>(Country: |Land: |国：)`).MatchString(page)
		if asks := c.cookie == "" || c.cookie == "<b>"; asks != open {
			t.Errorf("%+v: asked openly: %v", c, open)
		}
	}
}

var mailFile = []byte("From: \"Amazon\" <no-reply@amazon-account.example>\r\nTo: me@example.com\r\nSubject: Your account is on hold\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@amazon-account.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour Amazon account is on hold. Verify now: https://amazon.com.verify.example/login\r\n")

// The phone's share menu sends what the manifest promises to take.
func TestShareTarget(t *testing.T) {
	h := handler(t)
	var m struct {
		StartURL string `json:"start_url"`
		Icons    []struct{ Src, Sizes, Type string }
		Share    struct {
			Action, Method, Enctype string
			Params                  struct {
				Title, Text, URL string
				Files            []struct {
					Name   string
					Accept []string
				}
			}
		} `json:"share_target"`
	}
	rec := get(h, "/manifest.webmanifest")
	if err := json.Unmarshal(rec.Body.Bytes(), &m); err != nil || rec.Header().Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("%v, %s", err, rec.Header())
	}
	p := m.Share.Params
	if m.Share.Action != "/share" || m.Share.Method != "POST" || m.Share.Enctype != "multipart/form-data" || len(p.Files) != 1 || p.Files[0].Name != "file" || !slices.Contains(p.Files[0].Accept, "image/png") {
		t.Errorf("share target: %+v", m.Share)
	}
	shared := url.Values{p.Title: {"Message"}, p.Text: {"Amazon: your account is locked, verify within 24 hours"}, p.URL: {"https://amazon.com.verify.example/"}}
	page := postFile(h, m.Share.Action, shared, upload{"", nil}).Body.String()
	for _, want := range []string{"Message", "your account is locked", "amazon.com.verify.example", `id="act"`} {
		if !strings.Contains(page, want) {
			t.Errorf("a shared text leads to a page without %q", want)
		}
	}
	if rec := postFile(h, m.Share.Action, nil, upload{"mail.eml", mailFile}); rec.Code != 200 || !strings.Contains(rec.Body.String(), "account is on hold") {
		t.Errorf("a shared mail: status %d", rec.Code)
	}
	for _, i := range m.Icons {
		rec := get(h, i.Src)
		if rec.Code != 200 {
			t.Errorf("%s: status %d", i.Src, rec.Code)
		}
		if i.Type == "image/png" {
			c, err := png.DecodeConfig(rec.Body)
			if want, _, _ := strings.Cut(i.Sizes, "x"); err != nil || want != strings.TrimSpace(jsonNumber(c.Width)) || c.Width != c.Height {
				t.Errorf("%s is %dx%d, %v", i.Src, c.Width, c.Height, err)
			}
		}
	}
}

func jsonNumber(n int) string { b, _ := json.Marshal(n); return string(b) }

// The report is a mail that carries the original, byte for byte.
func TestReportMailCarriesTheOriginal(t *testing.T) {
	rec := postFile(handler(t), "/report", url.Values{"receiver": {"amazon-report"}, "country": {"US"}}, upload{"mail.eml", mailFile})
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "message/rfc822" || !strings.Contains(rec.Header().Get("Content-Disposition"), `attachment; filename="report.eml"`) {
		t.Fatalf("status %d, %v", rec.Code, rec.Header())
	}
	m, err := mail.ReadMessage(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	if to, err := m.Header.AddressList("To"); err != nil || to[0].Address != "reportascam@amazon.com" {
		t.Errorf("to %v, %v", to, err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("no part is the original: %v", err)
		}
		raw, _ := io.ReadAll(p)
		if strings.HasPrefix(p.Header.Get("Content-Type"), "message/rfc822") {
			if !bytes.Contains(raw, bytes.TrimSpace(mailFile)) {
				t.Errorf("the original was changed:\n%s", raw)
			}
			return
		}
	}
}

// Without JavaScript: the report text is there to copy, the sheet takes four
// digits and belongs to no form, so that nothing of it can be sent.
func TestWithoutJavaScript(t *testing.T) {
	page := post(handler(t), "/check", asked["done"]).Body.String()
	var report, card bool
	each(t, page, func(n *html.Node, attr map[string]string) {
		if n.Data == "textarea" && strings.HasPrefix(attr["id"], "t-") && n.FirstChild != nil && len(n.FirstChild.Data) > 50 {
			report = true
		}
		if attr["id"] == "ready-card_last4" {
			card = true
			if attr["maxlength"] != "4" || attr["name"] != "" {
				t.Errorf("the field of the card: %v", attr)
			}
		}
		if strings.HasPrefix(attr["id"], "ready-") && attr["name"] != "" {
			t.Errorf("%s could be sent", attr["id"])
		}
		for up := n.Parent; up != nil; up = up.Parent {
			if strings.HasPrefix(attr["id"], "ready-") && up.Data == "form" {
				t.Errorf("%s stands in a form", attr["id"])
			}
		}
		if n.Data == "button" {
			hidden := false
			for up := n; up != nil; up = up.Parent {
				for _, a := range up.Attr {
					hidden = hidden || a.Key == "class" && strings.Contains(a.Val, "needs-js")
				}
			}
			if !hidden && attr["type"] != "submit" {
				t.Errorf("a button that does nothing without JavaScript is shown: %v", attr)
			}
		}
	})
	if !report || !card {
		t.Errorf("report text: %v, field of the card: %v", report, card)
	}
	if !strings.Contains(page, "kept on the server") {
		t.Error("the page does not say that nothing is kept")
	}
}

func TestStaticFilesAreNamedByContent(t *testing.T) {
	h := handler(t)
	page := get(h, "/").Body.String()
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		rec := get(h, m[1])
		if rec.Code != 200 || !regexp.MustCompile(`\?v=[0-9a-f]{12}$`).MatchString(m[1]) || !strings.Contains(rec.Header().Get("Cache-Control"), "max-age") {
			t.Errorf("%s: status %d, %v", m[1], rec.Code, rec.Header())
		}
	}
	if rec := get(h, "/sw.js"); rec.Code != 200 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("the service worker: %d, %v", rec.Code, rec.Header())
	}
	for _, p := range []string{"/static/", "/static/../web.go", "/static/none.css", "/static/%c0%ae", "/static/."} {
		if rec := get(h, p); rec.Code == 200 || rec.Code >= 500 {
			t.Errorf("%s is served", p)
		}
	}
}

func TestExamplesOnlyInTheDemonstration(t *testing.T) {
	for _, demo := range []bool{true, false} {
		page := get(handler(t, func(o *web.Options) { o.Demo = demo }), "/").Body.String()
		if got := strings.Contains(page, `class="examples"`); got != demo {
			t.Errorf("demo %v: examples shown: %v", demo, got)
		}
	}
}

// TestCallForExperts: the signature of a call can be pasted, and reports of a
// number are shown with their dates.
func TestCallForExperts(t *testing.T) {
	form := url.Values{"channel": {"call"}, "number": {"+91 80 6605 5000"}, "called": {"+49 30 23125000"}, "identity": {"Identity: YQ.Yg.Yw;info=<https://cert.example.org/a>"}}
	req := httptest.NewRequest("POST", "/check", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	handler(t).ServeHTTP(rec, req)
	for _, want := range []string{"Signature of the call not checked", "Reports: 1, from 2017 to 2017 (historic"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%d: the page lacks %q", rec.Code, want)
		}
	}
}
