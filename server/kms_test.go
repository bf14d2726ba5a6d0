package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/fault"
)

// TestKeyService: with a key service the first start makes a keyring that nobody
// reads without it; a start without it says why; a server that runs goes on, and is
// not ready as long as it cannot tell which key seals; the way out is one command.
func TestKeyService(t *testing.T) {
	var gone atomic.Bool
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if gone.Load() || r.Header.Get("X-Vault-Token") != "t" || json.NewDecoder(r.Body).Decode(&in) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		out := map[string]string{"ciphertext": "v1:" + in["plaintext"], "plaintext": strings.TrimPrefix(in["ciphertext"], "v1:")}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": out})
	}))
	defer vault.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Store.DSN = false, filepath.Join(dir, "bonafide.db")
	cfg.Keys.KMS = config.KMS{Address: vault.URL, Mount: "transit", Key: "bonafide", TokenFile: filepath.Join(dir, "token")}
	db, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	raw, err := os.ReadFile(cfg.KeyFile())
	if err != nil || !strings.Contains(string(raw), "transit/bonafide") || strings.Contains(string(raw), "secret") {
		t.Fatalf("%v: the keyring is %s", err, raw)
	}
	s, err := New(cfg, Options{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ready := func() int {
		rec := httptest.NewRecorder()
		s.probe.asked = time.Time{}
		s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return rec.Code
	}
	gone.Store(true)
	if got := ready(); got != http.StatusOK {
		t.Errorf("the service is gone, and nothing changed: /readyz answers %d", got)
	}
	if _, err := OpenStore(t.Context(), cfg); fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "keys.kms") {
		t.Errorf("a start without the service: %v", err)
	}
	if _, done, err := Keys(t.Context(), cfg); err == nil {
		_ = done()
		t.Error("a command opens the keyring without the service")
	}
	gone.Store(false)
	desk, done, err := Keys(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = done() }()
	if _, err := desk.Rotate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	gone.Store(true)
	time.Sleep(1100 * time.Millisecond) // a server looks after the file once a second
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("another key may be active, and the service is gone: /readyz answers %d", got)
	}
	gone.Store(false)
	if err := desk.Wrap(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	cfg.Keys.KMS = config.KMS{}
	if name, err := desk.Wrapped(); name != "" || err != nil {
		t.Errorf("wrapped by %q, %v", name, err)
	}
	if again, err := OpenStore(t.Context(), cfg); err != nil {
		t.Errorf("after the service was left: %v", err)
	} else {
		_ = again.Close()
	}
}
