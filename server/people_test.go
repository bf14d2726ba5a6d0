package server_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/server"
)

// screen is where a server greets; it is read while the server writes.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }
func (s *screen) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

// TestFirstStart: the first start prints a code, with which the pages make the
// first administrator; the next start prints none.
func TestFirstStart(t *testing.T) {
	cfg := config.Default()
	cfg.Server.Address, cfg.Server.Metrics, cfg.OCR.Enabled = "127.0.0.1:0", "", false
	cfg.Store.DSN = filepath.Join(t.TempDir(), "records", "bonafide.db")
	records, err := server.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = records.Close() }()
	code := regexp.MustCompile(`\n    ([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})\n`)
	start := func() (h http.Handler, out *screen, stop func()) {
		out = &screen{}
		s, err := server.New(cfg, server.Options{Version: "test", Out: out, Store: records})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(300 * time.Millisecond)
		return s.Handler(), out, func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	h, out, stop := start()
	m := code.FindStringSubmatch(out.String())
	if m == nil || !strings.Contains(out.String(), "/setup") {
		t.Fatalf("no code was printed:\n%s", out)
	}
	form := url.Values{"code": {m[1]}, "tenant": {"main"}, "tenant_name": {"Main"}, "login": {"root"}, "name": {"Root"}, "password": {"four words nobody says"}}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/setup", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if rec.Code != http.StatusSeeOther || len(rec.Result().Cookies()) != 2 {
		t.Errorf("set-up: %d with %d cookies", rec.Code, len(rec.Result().Cookies()))
	}
	for _, name := range []string{"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"} {
		if rec.Header().Get(name) == "" {
			t.Errorf("the set-up page lacks %s", name)
		}
	}
	r = httptest.NewRequest(http.MethodGet, "http://localhost/v1/key", nil)
	r.Header.Set("Authorization", "Bearer bonafide_"+strings.Repeat("x", 43))
	rec = httptest.NewRecorder()
	if h.ServeHTTP(rec, r); rec.Code != http.StatusUnauthorized {
		t.Errorf("an unknown key: %d", rec.Code)
	}
	stop()
	_, out, stop = start()
	stop()
	if code.MatchString(out.String()) {
		t.Error("a code was printed after the set-up")
	}
}

// TestNoRecordsNoDesk: pages that nobody needs to log in for are served without
// records, and the desk pages are not there then.
func TestNoRecordsNoDesk(t *testing.T) {
	h, _ := serve(t)
	for _, p := range []string{"/login", "/setup", "/account", "/people"} {
		if rec := fetch(h, http.MethodGet, p, ""); rec.Code != http.StatusNotFound {
			t.Errorf("%s without records: %d", p, rec.Code)
		}
	}
	if rec := fetch(h, http.MethodGet, "/", ""); rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "/login") {
		t.Errorf("the first page: %d", rec.Code)
	}
}

// TestProviderSettings: an identity provider is wired without being asked.
func TestProviderSettings(t *testing.T) {
	cfg := config.Default()
	cfg.Store.DSN = filepath.Join(t.TempDir(), "bonafide.db")
	records, err := server.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = records.Close() }()
	cfg.Server.BaseURL = "https://desk.shop.example"
	cfg.People.Issuer, cfg.People.ClientID, cfg.People.Groups = "https://idp.example", "bonafide", []string{"fraud=analyst"}
	d, err := server.People(cfg, records)
	if err != nil || d.ProviderName() == "" || !d.PasskeysOn() {
		t.Errorf("%v", err)
	}
	cfg.People.Issuer, cfg.Server.BaseURL = "", "http://desk.shop.example"
	if d, err := server.People(cfg, records); err != nil || d.PasskeysOn() {
		t.Errorf("passkeys by plain http from elsewhere: %v", err)
	}
	cfg.People.Key = "short"
	if _, err := server.People(cfg, records); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a short key: %v", err)
	}
}
