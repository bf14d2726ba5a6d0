package oidc_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"bonafide/fault"
	"bonafide/outside/oidc"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// provider is an identity provider as far as a log-in needs one.
type provider struct {
	*httptest.Server
	key    *rsa.PrivateKey
	signer *rsa.PrivateKey
	claims map[string]any
	// challenge is what the code was given out for (PKCE).
	challenge string
}

var b64 = base64.RawURLEncoding

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, signer: key}
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"keys": []map[string]any{{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig",
			"n": b64.EncodeToString(key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != "good" || b64.EncodeToString(sum[:]) != p.challenge {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		reply(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.token(t)})
	})
	return p
}

func (p *provider) token(t *testing.T) string {
	head := b64.EncodeToString([]byte(`{"alg":"RS256","kid":"1"}`))
	raw, _ := json.Marshal(p.claims)
	body := head + "." + b64.EncodeToString(raw)
	sum := sha256.Sum256([]byte(body))
	sig, err := rsa.SignPKCS1v15(rand.Reader, p.signer, crypto.SHA256, sum[:])
	if err != nil {
		t.Error(err)
	}
	return body + "." + b64.EncodeToString(sig)
}

func TestLogin(t *testing.T) {
	p := newProvider(t)
	c, err := oidc.New(oidc.Config{Issuer: p.URL, ID: "bonafide", Secret: "s", Return: "https://desk.shop.example/login/oidc/return", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	q := oidc.Question{State: "state-1", Nonce: "nonce-1", Verifier: strings.Repeat("v", 43), Since: now.Unix()}
	address, err := c.Begin(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	v := u.Query()
	if v.Get("state") != "state-1" || v.Get("nonce") != "nonce-1" || v.Get("code_challenge_method") != "S256" || v.Get("prompt") != "login" ||
		strings.Contains(address, q.Verifier) || !strings.Contains(v.Get("scope"), "openid") {
		t.Errorf("address %s", address)
	}
	p.challenge = v.Get("code_challenge")
	good := func() map[string]any {
		return map[string]any{"iss": p.URL, "aud": "bonafide", "sub": "u-1", "nonce": "nonce-1", "iat": now.Unix(), "auth_time": now.Add(-time.Second).Unix(), "exp": now.Add(time.Minute).Unix(),
			"email": "anna@shop.example", "email_verified": true, "name": "Anna", "groups": []string{"fraud", "staff"}}
	}
	p.claims = good()
	who, err := c.Finish(ctx, "good", q)
	if err != nil || who.Issuer != p.URL || who.Subject != "u-1" || who.Mail != "anna@shop.example" || !who.MailVerified || len(who.Groups) != 2 {
		t.Fatalf("%+v, %v", who, err)
	}
	p.claims["groups"], p.claims["email_verified"] = "one", "true"
	if who, err := c.Finish(ctx, "good", q); err != nil || len(who.Groups) != 1 || !who.MailVerified {
		t.Errorf("a group as a text: %+v, %v", who, err)
	}
	p.claims = good()
	delete(p.claims, "auth_time")
	if _, err := c.Finish(ctx, "good", oidc.Question{State: q.State, Nonce: q.Nonce, Verifier: q.Verifier}); err != nil {
		t.Errorf("a log-in needs no new proof: %v", err)
	}
	stranger, _ := rsa.GenerateKey(rand.Reader, 2048)
	for name, change := range map[string]func(*oidc.Question) (code string){
		"another code":          func(*oidc.Question) string { return "bad" },
		"nonce of another":      func(q *oidc.Question) string { q.Nonce = "nonce-2"; return "good" },
		"no nonce":              func(q *oidc.Question) string { q.Nonce = ""; delete(p.claims, "nonce"); return "good" },
		"verifier of another":   func(q *oidc.Question) string { q.Verifier = strings.Repeat("w", 43); return "good" },
		"for another client":    func(*oidc.Question) string { p.claims["aud"] = "other"; return "good" },
		"of another issuer":     func(*oidc.Question) string { p.claims["iss"] = "https://evil.example"; return "good" },
		"expired":               func(*oidc.Question) string { p.claims["exp"] = now.Add(-time.Minute).Unix(); return "good" },
		"signed by a stranger":  func(*oidc.Question) string { p.signer = stranger; return "good" },
		"an older log-in":       func(*oidc.Question) string { p.claims["auth_time"] = now.Add(-2 * time.Minute).Unix(); return "good" },
		"no time of a log-in":   func(*oidc.Question) string { delete(p.claims, "auth_time"); return "good" },
		"no number for a time":  func(*oidc.Question) string { p.claims["auth_time"] = "now"; return "good" },
		"claims that are wrong": func(*oidc.Question) string { p.claims["email"] = 7; return "good" },
	} {
		p.claims, p.signer = good(), p.key
		q := q
		code := change(&q)
		if who, err := c.Finish(ctx, code, q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %+v, %v, want invalid", name, who, err)
		} else if strings.Contains(err.Error(), "anna") {
			t.Errorf("%s: the error holds personal data: %v", name, err)
		}
	}
}

func TestProviderIsDown(t *testing.T) {
	if _, err := oidc.New(oidc.Config{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no settings: %v", err)
	}
	p := newProvider(t)
	c, err := oidc.New(oidc.Config{Issuer: p.URL + "/elsewhere", ID: "x", Return: "https://x.example", Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(context.Background(), oidc.Question{}); fault.KindOf(err) != fault.Temporary {
		t.Errorf("no provider there: %v", err)
	}
	if _, err := c.Finish(context.Background(), "good", oidc.Question{}); fault.KindOf(err) != fault.Temporary {
		t.Errorf("no provider there: %v", err)
	}
}

// TestFollowsNoRedirect: what the operator named is asked, and nobody to whom it
// sends.
func TestFollowsNoRedirect(t *testing.T) {
	elsewhere := newProvider(t)
	asked := 0
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer there.Close()
	c, err := oidc.New(oidc.Config{Issuer: there.URL, ID: "bonafide", Return: "https://x.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(context.Background(), oidc.Question{}); fault.KindOf(err) != fault.Temporary || asked != 1 {
		t.Errorf("%v, asked %d times: want that the redirect is not followed", err, asked)
	}
}
