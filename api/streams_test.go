package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestStreamsAreBounded: one tenant cannot open any number of streams; another one's
// stay, and a stream that ends makes room.
func TestStreamsAreBounded(t *testing.T) {
	x := newTill(t)
	srv := httptest.NewServer(x.mux)
	defer func() { srv.CloseClientConnections(); srv.Close() }()
	follow := func(secret, query string) (*http.Response, func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/v1/decisions/stream"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res, func() { cancel(); _ = res.Body.Close() }
	}
	var stop func()
	for n := range 50 {
		res, end := follow("read", "?after=0")
		if stop = end; res.StatusCode != http.StatusOK {
			t.Fatalf("stream %d: %d", n+1, res.StatusCode)
		}
		defer end()
	}
	for _, query := range []string{"?after=0", "?wait=1"} {
		res, end := follow("all", query)
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			t.Errorf("one stream more (%s): %d, Retry-After %q", query, res.StatusCode, res.Header.Get("Retry-After"))
		}
		end()
	}
	res, end := follow("foreign", "?after=0")
	if res.StatusCode != http.StatusOK {
		t.Errorf("a stream of another tenant: %d", res.StatusCode)
	}
	end()
	stop()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		res, end := follow("read", "?after=0")
		end()
		if res.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a stream that ended makes no room")
		}
	}
}
