package transit_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/fault"
	"bonafide/outside/transit"
)

const token = "hvs.made-up"

// vault is a small key service: it "encrypts" by turning letters around.
type vault struct {
	*httptest.Server
	status int    // other than 0: its only answer
	answer string // other than "": its only body
	asked  atomic.Int32
	slow   time.Duration
}

func turn(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func start(t *testing.T) *vault {
	t.Helper()
	v := &vault{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.asked.Add(1)
		time.Sleep(v.slow)
		var in map[string]string
		raw, _ := io.ReadAll(r.Body)
		switch {
		case v.status == http.StatusTemporaryRedirect:
			w.Header().Set("Location", "http://example.com/")
			w.WriteHeader(v.status)
		case v.status != 0:
			w.WriteHeader(v.status)
		case v.answer != "":
			_, _ = io.WriteString(w, v.answer)
		case r.Header.Get("X-Vault-Token") != token || r.Header.Get("X-Vault-Namespace") != "shop":
			w.WriteHeader(http.StatusForbidden)
		case json.Unmarshal(raw, &in) != nil || in["associated_data"] == "":
			w.WriteHeader(http.StatusBadRequest)
		case r.URL.Path == "/v1/secret/transit/encrypt/bonafide":
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"ciphertext": "vault:v1:" + turn(in["plaintext"])}})
		case r.URL.Path == "/v1/secret/transit/decrypt/bonafide":
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"plaintext": turn(strings.TrimPrefix(in["ciphertext"], "vault:v1:"))}})
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(v.Close)
	return v
}

func (v *vault) service(t *testing.T) (*transit.Service, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := transit.New(transit.Config{Address: v.URL, Mount: "secret/transit", Key: "bonafide", Namespace: "shop", TokenFile: file, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s, file
}

// TestTransit: what was wrapped is unwrapped by the same key, and does not stand in
// what comes back.
func TestTransit(t *testing.T) {
	s, file := start(t).service(t)
	const plain = `{"format":"bonafide-keyring"}`
	wrapped, err := s.Encrypt(t.Context(), []byte(plain))
	if err != nil || strings.Contains(wrapped, base64.StdEncoding.EncodeToString([]byte(plain))) || !strings.HasPrefix(wrapped, "vault:v1:") {
		t.Fatalf("wrapped to %q, %v", wrapped, err)
	}
	if got, err := s.Decrypt(t.Context(), wrapped); err != nil || string(got) != plain {
		t.Errorf("unwrapped to %q, %v", got, err)
	}
	if s.Name() != "secret/transit/bonafide" {
		t.Errorf("named %s", s.Name())
	}
	// An agent renews the token while the server runs.
	if err := os.WriteFile(file, []byte("hvs.old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Decrypt(t.Context(), wrapped); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("with an old token: %v", err)
	}
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Decrypt(t.Context(), wrapped); err != nil {
		t.Errorf("with a new token: %v", err)
	}
}

// TestTransitGone: each way in which the service does not help has its kind and
// says what to do; nothing secret stands in an error, nothing is waited for long,
// and no redirect is followed.
func TestTransitGone(t *testing.T) {
	for what, c := range map[string]struct {
		status int
		answer string
		slow   time.Duration
		kind   fault.Kind
		says   string
	}{
		"sealed":        {status: 503, kind: fault.Temporary, says: "sealed, on standby"},
		"too busy":      {status: 429, kind: fault.Temporary, says: "too much to do"},
		"no key":        {status: 404, kind: fault.NotConfigured, says: "has no secret/transit/bonafide"},
		"another key":   {status: 400, kind: fault.Invalid, says: "aes256-gcm96"},
		"token refused": {status: 403, kind: fault.Forbidden, says: "renew it"},
		"elsewhere":     {status: 307, kind: fault.Temporary, says: "active server"},
		"no answer":     {slow: time.Second, kind: fault.Temporary, says: "cannot be reached"},
		"no JSON":       {answer: "<html>", kind: fault.Invalid, says: "something else"},
		"nothing in it": {answer: "{}", kind: fault.Invalid, says: "is a transit engine"},
		"no base64":     {answer: `{"data":{"plaintext":"%%"}}`, kind: fault.Invalid, says: "no keyring"},
		"without end":   {answer: `{"data":{"plaintext":"` + strings.Repeat("A", 2<<20) + `"}}`, kind: fault.Invalid, says: "something else"},
	} {
		t.Run(what, func(t *testing.T) {
			v := start(t)
			v.status, v.answer, v.slow = c.status, c.answer, c.slow
			s, _ := v.service(t)
			_, err := s.Decrypt(t.Context(), "vault:v1:"+token)
			if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), token) || v.asked.Load() != 1 {
				t.Errorf("%v: %v after %d tries, want %v that says %q", fault.KindOf(err), err, v.asked.Load(), c.kind, c.says)
			}
		})
	}
	v := start(t)
	s, file := v.service(t)
	v.Close()
	if _, err := s.Encrypt(t.Context(), []byte("x")); fault.KindOf(err) != fault.Temporary {
		t.Errorf("gone: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Encrypt(t.Context(), []byte("x")); fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "token_file") {
		t.Errorf("without a token: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.WriteFile(file, []byte("two\nlines"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Encrypt(ended, []byte("x")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a file that is no token: %v", err)
	}
}

// TestTransitConfig: an address that would carry the token in the clear or
// elsewhere is refused.
func TestTransitConfig(t *testing.T) {
	good := transit.Config{Address: "https://vault.example:8200", Key: "bonafide", TokenFile: "token"}
	for what, change := range map[string]func(*transit.Config){
		"": func(*transit.Config) {}, "address": func(c *transit.Config) { c.Address = "http://vault.example" }, "no address": func(c *transit.Config) { c.Address = "" },
		"user": func(c *transit.Config) { c.Address = "https://me@vault.example" }, "key": func(c *transit.Config) { c.Key = "../sys" }, "no key": func(c *transit.Config) { c.Key = "" },
		"mount": func(c *transit.Config) { c.Mount = "a/../b" }, "token": func(c *transit.Config) { c.TokenFile = "" }, "namespace": func(c *transit.Config) { c.Namespace = "a\r\nb" },
	} {
		c := good
		change(&c)
		if _, err := transit.New(c); (err != nil) != (what != "") || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", what, err)
		}
	}
}
