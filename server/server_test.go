package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/server"
)

func start(t *testing.T, log io.Writer, change func(*config.Config)) *httptest.Server {
	t.Helper()
	cfg := config.Default()
	cfg.OCR.Enabled = false
	if change != nil {
		change(&cfg)
	}
	if log == nil {
		log = io.Discard
	}
	s, err := server.New(cfg, server.Options{Version: "test", Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s.Handler())
	t.Cleanup(ts.Close)
	return ts
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(raw)
}

func TestSecurityHeaders(t *testing.T) {
	ts := start(t, nil, nil)
	for _, path := range []string{"/", "/now", "/facts", "/v1/brands", "/healthz", "/nothing-here", "/static/app.js"} {
		res, _ := get(t, ts.URL+path)
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
			t.Errorf("%s: Content-Security-Policy %q is not strict", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
			if res.Header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, res.Header.Get(name), want)
			}
		}
		if res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
	}
}

func TestNoThirdPartyAsset(t *testing.T) {
	ts := start(t, nil, nil)
	for _, path := range []string{"/", "/now", "/call", "/helper", "/done", "/about"} {
		_, body := get(t, ts.URL+path)
		for _, bad := range []string{`src="http`, `href="http`, `src="//`, "<style", "onclick=", "javascript:"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s contains %s", path, bad)
			}
		}
	}
}

// TestLogsHoldNoPersonalData: what a person enters, their address and the query
// appear in no log line.
func TestLogsHoldNoPersonalData(t *testing.T) {
	var log bytes.Buffer
	ts := start(t, &log, nil)
	body := `{"channel":"sms","text":"Secret4711 call +44 7700 900123","words":"Private0815","from":"me@private.example"}`
	res, err := http.Post(ts.URL+"/v1/contacts/check?q=Query99", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	res, err = http.PostForm(ts.URL+"/check", map[string][]string{"text": {"Secret4711"}, "words": {"Private0815"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	get(t, ts.URL+"/brands/Secret4711")
	ts.Close() // an answer arrives before its log line is written
	if !strings.Contains(log.String(), "/v1/contacts/check") {
		t.Fatalf("the request was not logged: %s", log.String())
	}
	for _, bad := range []string{"Secret4711", "Private0815", "private.example", "7700", "Query99", "127.0.0.1"} {
		if strings.Contains(log.String(), bad) {
			t.Errorf("the log contains %s", bad)
		}
	}
}

func TestRateLimit(t *testing.T) {
	ts := start(t, nil, func(c *config.Config) { c.Limits.RatePerMinute = 4 })
	codes := map[int]int{}
	for range 6 {
		res, err := http.Post(ts.URL+"/v1/contacts/check", "application/json", strings.NewReader(`{"text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		codes[res.StatusCode]++
		if res.StatusCode == http.StatusTooManyRequests {
			if res.Header.Get("Retry-After") == "" || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
				t.Error("429 without Retry-After or problem+json")
			}
		}
		_ = res.Body.Close()
	}
	if codes[http.StatusOK] != 2 || codes[http.StatusTooManyRequests] != 4 {
		t.Errorf("answers %v, want 2 of 200 (the burst) and 4 of 429", codes)
	}
	if res, _ := get(t, ts.URL+"/now"); res.StatusCode != 200 {
		t.Error("reading pages is limited too: a frightened person must always see them")
	}
}

func TestBodyLimit(t *testing.T) {
	ts := start(t, nil, func(c *config.Config) { c.Limits.BodyBytes = 1 << 16 })
	for _, path := range []string{"/check", "/v1/contacts/check"} {
		kind := "application/x-www-form-urlencoded"
		if path != "/check" {
			kind = "application/json"
		}
		res, err := http.Post(ts.URL+path, kind, strings.NewReader(`{"text":"`+strings.Repeat("a", 1<<17)+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d, want 413", path, res.StatusCode)
		}
	}
}

// TestNothingIsWritten: the whole server answers without creating a file.
func TestNothingIsWritten(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ts := start(t, nil, nil)
	var form bytes.Buffer
	fmt.Fprintf(&form, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.eml\"\r\n\r\nFrom: a@b.example\r\nSubject: x\r\n\r\n%s\r\n--b--\r\n", strings.Repeat("text ", 100_000))
	res, err := http.Post(ts.URL+"/check", "multipart/form-data; boundary=b", &form)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	var found []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		if path != dir {
			found = append(found, path)
		}
		return nil
	})
	if len(found) > 0 {
		t.Errorf("files were written: %v", found)
	}
}

// TestRun: the server listens, is ready, serves metrics on loopback only, and
// ends when told.
func TestRun(t *testing.T) {
	free := func() string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		return ln.Addr().String()
	}
	cfg := config.Default()
	cfg.Server.Address, cfg.Server.Metrics, cfg.OCR.Enabled = free(), free(), false
	var out bytes.Buffer
	s, err := server.New(cfg, server.Options{Version: "test", Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for i := 0; ; i++ {
		res, err := http.Get("http://" + cfg.Server.Address + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			break
		}
		if i > 100 {
			t.Fatalf("not ready: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	res, err := http.Post("http://"+cfg.Server.Address+"/v1/contacts/check", "application/json", strings.NewReader(`{"channel":"sms","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if _, body := get(t, "http://"+cfg.Server.Metrics+"/metrics"); !strings.Contains(body, `bonafide_verdicts_total{channel="sms"`) {
		t.Error("metrics do not count the check")
	}
	if res, _ := get(t, "http://"+cfg.Server.Address+"/metrics"); res.StatusCode != http.StatusNotFound {
		t.Error("metrics are served to everybody")
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("end: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the server does not end")
	}
	if !strings.Contains(out.String(), "http://localhost:") {
		t.Errorf("the greeting names no address: %s", out.String())
	}
}

// TestOverlay: a file of the overlay replaces the shipped one of the same path.
func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "phone"), 0o755); err != nil {
		t.Fatal(err)
	}
	reported := "as_of: \"2026-11-22\"\nnumbers:\n  - {number: \"+442079460000\", count: 7, first: \"2026-01\", last: \"2026-11\", claimed: Amazon, source: site}\n"
	if err := os.WriteFile(filepath.Join(dir, "phone", "reported.yaml"), []byte(reported), 0o600); err != nil {
		t.Fatal(err)
	}
	ts := start(t, nil, func(c *config.Config) { c.Data.Overlay = dir })
	res, err := http.Post(ts.URL+"/v1/contacts/check", "application/json", strings.NewReader(`{"channel":"call","call":{"number":"+442079460000"},"words":"hello"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	if !strings.Contains(string(raw), "number_reported") {
		t.Errorf("the overlay's report is not seen: %.400s", raw)
	}
}
