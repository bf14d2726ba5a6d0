package server_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/config"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/server"
	"bonafide/store"
)

// TestABadLogIsTold: where the log of one tenant cannot be read, the server goes on
// for the others, and readiness and metrics tell of it; where it is true of all, it is
// not ready.
func TestABadLogIsTold(t *testing.T) {
	for _, tenants := range [][]access.Tenant{{"main", "other"}, {"main"}} {
		cfg := config.Default()
		cfg.OCR.Enabled = false
		cfg.Store.DSN = filepath.Join(t.TempDir(), "records", "bonafide.db")
		for _, at := range []*string{&cfg.Server.Address, &cfg.Server.Metrics} {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			*at = ln.Addr().String()
			_ = ln.Close()
		}
		records, err := server.OpenStore(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := records.Write(t.Context(), func(r store.Records) error {
			for _, id := range tenants {
				if err := r.Tenants.Add(t.Context(), store.Tenant{ID: id, Name: string(id), Created: time.Now()}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		events, err := server.OpenEvents(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := events.Log.Append(t.Context(), eventlog.Event{Tenant: "main", ID: "bad", Key: past.Key, Data: []byte("no event")}); err != nil {
			t.Fatal(err)
		}
		s, err := server.New(cfg, server.Options{Version: "test", Store: records, Events: events})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		want, text := http.StatusOK, "events of 1 tenants are refused"
		if len(tenants) == 1 {
			want, text = http.StatusServiceUnavailable, "not ready"
		}
		var code int
		var said string
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if c, err := net.Dial("tcp", cfg.Server.Address); err != nil {
				continue
			} else {
				_ = c.Close()
			}
			res, body := get(t, "http://"+cfg.Server.Address+"/readyz")
			if code, said = res.StatusCode, body; code == want && strings.Contains(said, text) {
				break
			}
		}
		if code != want || !strings.Contains(said, text) {
			t.Errorf("%v: readiness %d %q: want %d, %q", tenants, code, said, want, text)
		}
		if _, body := get(t, "http://"+cfg.Server.Metrics+"/metrics"); !strings.Contains(body, "bonafide_account_tenants_unread 1\n") || !strings.Contains(body, "bonafide_owner_tokens_refused_total 0\n") ||
			!strings.Contains(body, "bonafide_webhooks{state=\"stopped\"} 0\n") || !strings.Contains(body, "bonafide_webhook_failing_seconds 0\n") {
			t.Error("the metrics do not tell of it")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_, _, _ = s.Close(), events.Close(), records.Close()
	}
}
