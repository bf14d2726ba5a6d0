package api_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/secevent"
	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/eventlog/memory"
	"bonafide/store"
	"bonafide/store/sql"
)

// signer is a transmitter of security events.
type signer struct {
	key ed25519.PrivateKey
	now time.Time
}

// token is a signed token about an account; change is a pair of texts in its claims.
func (s signer) token(jti, account string, change ...string) string {
	claims := fmt.Sprintf(`{"iss":"https://idp.example.com/","aud":"https://shop.example.com/","jti":%q,"iat":%d,"sub_id":{"format":"opaque","id":%q},`+
		`"events":{"https://schemas.openid.net/secevent/risc/event-type/credential-compromise":{"credential_type":"password"}}}`, jti, s.now.Unix(), account)
	if len(change) == 2 {
		claims = strings.Replace(claims, change[0], change[1], 1)
	}
	enc := base64.RawURLEncoding
	in := enc.EncodeToString([]byte(`{"alg":"EdDSA","kid":"1","typ":"secevent+jwt"}`)) + "." + enc.EncodeToString([]byte(claims))
	return in + "." + enc.EncodeToString(ed25519.Sign(s.key, []byte(in)))
}

// newReceiver is a server that believes one transmitter, and that one.
func newReceiver(t *testing.T) (*till, signer) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","use":"sig","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public))
	from, err := secevent.Read([]byte(`transmitters: [{tenant: main, issuer: "https://idp.example.com/", audience: "https://shop.example.com/", keys: idp.json}]`),
		func(string) ([]byte, error) { return []byte(set), nil })
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	now := time.Now()
	if err := db.Write(t.Context(), func(r store.Records) error {
		for _, id := range []access.Tenant{"main", "other"} {
			if err := r.Tenants.Add(t.Context(), store.Tenant{ID: id, Name: "Shop", Created: now}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	text, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	desk, err := accounts.New(accounts.Config{Store: db, Log: memory.New(memory.Options{}), Data: data.FS, Policy: text, Key: bytes.Repeat([]byte("k"), 32),
		Now: func() time.Time { return now }, Transmitters: from})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	check, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	key := func(tenant access.Tenant, scopes ...access.Permission) access.Actor {
		return access.Actor{Tenant: tenant, Person: "p", Key: "k", Roles: []access.Role{access.Supervisor}, Scopes: scopes}
	}
	x := &till{t: t, desk: desk, mux: http.NewServeMux()}
	api.Register(x.mux, check, api.Options{BodyBytes: 1 << 20, Version: "test", Accounts: desk, Programs: ring{
		"all": key("main", access.EventWrite, access.DecisionRead), "read": key("main", access.DecisionRead), "foreign": key("other", access.EventWrite)}})
	return x, signer{private, now}
}

// deliver sends a token as a transmitter does.
func (x *till) deliver(path, secret, token string) *httptest.ResponseRecorder {
	x.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(token))
	r.Header.Set("Content-Type", "application/secevent+jwt")
	r.Header.Set("Authorization", "Bearer "+secret)
	rec := httptest.NewRecorder()
	x.mux.ServeHTTP(rec, r)
	return rec
}

// TestSignedSecurityEvents: what an identity provider says is taken where it signed
// it, once, and stands at the account.
func TestSignedSecurityEvents(t *testing.T) {
	x, idp := newReceiver(t)
	if got := x.deliver("/v1/events", "all", idp.token("1", "a-42")); got.Code != http.StatusAccepted || got.Body.Len() != 0 {
		t.Fatalf("%d %q, want 202 and no body (RFC 8935, 2.2)", got.Code, got.Body)
	}
	got := x.deliver("/v1/events?decide=true&lang=de", "all", idp.token("1", "a-42"))
	var taken accounts.Taken
	if err := json.Unmarshal(got.Body.Bytes(), &taken); err != nil || got.Code != http.StatusOK || taken.Accepted != 1 || taken.Repeated != 1 || len(taken.Answers) != 1 {
		t.Errorf("the same token again: %d %s", got.Code, got.Body)
	}
	page := x.ask("GET", "/v1/accounts/a-42", "all", "")
	if page.Code != http.StatusOK || strings.Count(page.Body.String(), `"type":"credential.compromised"`) != 1 {
		t.Errorf("the account's page: %d %s", page.Code, page.Body)
	}
	verification := idp.token("v", "stream", "risc/event-type/credential-compromise", "ssf/event-type/verification")
	if got := x.deliver("/v1/events?decide=true", "all", verification); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"accepted":0`) {
		t.Errorf("a verification of the stream: %d %s", got.Code, got.Body)
	}
}

// TestForgedSecurityEvents: no one else speaks for an identity provider, by a token
// or by an event that names it.
func TestForgedSecurityEvents(t *testing.T) {
	x, idp := newReceiver(t)
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	thief := signer{key, idp.now}
	for name, c := range map[string]struct {
		secret, token, code string
		status              int
	}{
		"another key":         {"all", thief.token("2", "a-7"), "authentication_failed", 400},
		"another kid":         {"all", strings.Replace(idp.token("2", "a-7"), "eyJhbGciOiJFZERTQSIsImtpZCI6IjEi", "eyJhbGciOiJFZERTQSIsImtpZCI6IjIi", 1), "invalid_key", 400},
		"another audience":    {"all", idp.token("2", "a-7", "shop.example.com", "shop.example.org"), "invalid_audience", 400},
		"another issuer":      {"all", idp.token("2", "a-7", "idp.example.com", "idp.example.org"), "invalid_issuer", 400},
		"another tenant":      {"foreign", idp.token("2", "a-7"), "invalid_issuer", 400},
		"no token":            {"all", `{"iss":"https://idp.example.com/"}`, "invalid_request", 400},
		"an event of later":   {"all", idp.token("2", "a-7", `"credential_type"`, fmt.Sprintf(`"event_timestamp":%d,"credential_type"`, idp.now.Add(time.Hour).Unix())), "invalid_request", 400},
		"a large one":         {"all", strings.Repeat("a", secevent.MaxToken+1), "invalid_request", 413},
		"no right to send it": {"read", idp.token("2", "a-7"), "access_denied", 403},
	} {
		got := x.deliver("/v1/events", c.secret, c.token)
		var told api.Delivery
		if err := json.Unmarshal(got.Body.Bytes(), &told); err != nil || got.Code != c.status || string(told.Code) != c.code || told.Description == "" {
			t.Errorf("%s: %d %s, want %d %s", name, got.Code, got.Body, c.status, c.code)
		}
		if strings.Contains(got.Body.String(), "a-7") {
			t.Errorf("%s: the answer repeats the account: %s", name, got.Body)
		}
	}
	if got := x.deliver("/v1/events", "wrong", idp.token("2", "a-7")); got.Code != http.StatusUnauthorized {
		t.Errorf("without a key: %d", got.Code)
	}
	// An event in our own form cannot speak for the transmitter, in any batch.
	event := strings.Replace(ev("2", "credential.compromised", idp.now, `{"account":"a-7","credential":{"type":"password"}}`), `"shop"`, `"https://idp.example.com/"`, 1)
	if got := x.ask("POST", "/v1/events", "all", event); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "source: is a transmitter") {
		t.Errorf("an unsigned event of the transmitter: %d %s", got.Code, got.Body)
	}
	if got := x.ask("POST", "/v1/events", "foreign", event); got.Code != http.StatusOK {
		t.Errorf("another tenant has no such transmitter: %d %s", got.Code, got.Body)
	}
	if got := x.ask("GET", "/v1/accounts/a-7", "all", ""); got.Code != http.StatusNotFound {
		t.Errorf("something of it was kept: %d %s", got.Code, got.Body)
	}
	// A server without transmitters takes no token, signed or not.
	if got := newTill(t).deliver("/v1/events", "all", idp.token("2", "a-7")); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "invalid_issuer") {
		t.Errorf("no transmitter at all: %d %s", got.Code, got.Body)
	}
}
