package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"bonafide/config"
	"bonafide/server"
)

// serve is the whole server with its logs written to a buffer.
func serve(t *testing.T) (http.Handler, *bytes.Buffer) {
	t.Helper()
	cfg := config.Default()
	cfg.MailAuth.DNS = false
	var logs bytes.Buffer
	srv, err := server.New(cfg, server.Options{Version: "test", Log: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	return srv.Handler(), &logs
}

func fetch(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// The tests of the pages run under a copy of the content policy: it must be
// the one that people's browsers get.
func TestPagesAreTestedUnderTheRealPolicy(t *testing.T) {
	want, err := os.ReadFile("../web/testdata/content-policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := serve(t)
	for _, p := range []string{"/", "/now", "/nowhere", "/static/app.js", "/sw.js"} {
		if got := fetch(h, http.MethodGet, p, "").Header().Get("Content-Security-Policy"); got != string(want) {
			t.Errorf("%s: %s\nweb/testdata has %s", p, got, want)
		}
	}
}

func TestPagesOfTheWholeServer(t *testing.T) {
	h, _ := serve(t)
	inline := regexp.MustCompile(`<style|<script>|\sstyle="|\son[a-z]+="`)
	for p, code := range map[string]int{"/": 200, "/now": 200, "/call": 200, "/done": 200, "/helper": 200, "/receivers": 200, "/facts": 200,
		"/brands": 200, "/brands/amazon": 200, "/about": 200, "/manifest.webmanifest": 200, "/sw.js": 200, "/static/style.css": 200, "/nowhere": 404, "/healthz": 200} {
		rec := fetch(h, http.MethodGet, p, "")
		if rec.Code != code {
			t.Errorf("%s: status %d, want %d", p, rec.Code, code)
		}
		if strings.Contains(rec.Header().Get("Content-Type"), "html") && inline.MatchString(rec.Body.String()) {
			t.Errorf("%s breaks the content policy: %q", p, inline.FindString(rec.Body.String()))
		}
		if !strings.HasPrefix(p, "/static/") && rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept by a proxy", p)
		}
	}
}

// Nothing that a person enters reaches a log or a cookie.
func TestNothingEnteredIsKept(t *testing.T) {
	h, logs := serve(t)
	secrets := url.Values{"text": {"Amazon secret-text 4111 1111 1111 1111"}, "words": {"secret-words"}, "from": {"secret-from@example.com"}, "number": {"+4917055501471"},
		"claimed": {"secret-claim"}, "region": {"secret-region"}, "channel": {"call"}, "country": {"DE"}, "receiver": {"secret-receiver"}}
	for _, p := range []string{"/check", "/share", "/report", "/check?lang=secret-query", "/nowhere/secret-path"} {
		rec := fetch(h, http.MethodPost, p, secrets.Encode())
		for _, c := range rec.Result().Cookies() {
			if c.Name != "lang" && c.Name != "country" {
				t.Errorf("%s sets the cookie %s", p, c.Name)
			}
		}
	}
	fetch(h, http.MethodGet, "/receivers?region=secret-query", "")
	if logs.Len() == 0 {
		t.Fatal("nothing is logged: the test proves nothing")
	}
	for _, s := range []string{"secret", "4111", "5501471", "192.0.2.1"} {
		if strings.Contains(logs.String(), s) {
			t.Errorf("the log contains %q:\n%s", s, logs)
		}
	}
}
