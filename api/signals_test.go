package api_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts"
)

// provider is an identity provider that signs security events.
var provider = ed25519.NewKeyFromSeed([]byte("a seed of 32 bytes for the tests"))

func transmitters(t *testing.T) *access.Transmitters {
	t.Helper()
	set, _ := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: provider.Public(), KeyID: "1"}}})
	list, err := access.ReadTransmitters([]byte("transmitters: [{tenant: main, issuer: 'https://idp.example/', audience: 'https://shop.example', jwks: " + string(set) + "}]"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// told is a token of the provider about an account.
func told(t *testing.T, id, kind, account string, at time.Time) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: provider, KeyID: "1"}}, (&jose.SignerOptions{}).WithType("secevent+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Sign(fmt.Appendf(nil, `{"iss":"https://idp.example/","aud":"https://shop.example","jti":%q,"iat":%d,"sub_id":{"format":"opaque","id":%q},"events":{"https://schemas.openid.net/secevent/%s":{}}}`,
		id, at.Unix(), account, kind))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := o.CompactSerialize()
	return out
}

// What an identity provider tells of an account stands in its history, once, and
// only where the provider is who it says it is (RFC 8935).
func TestSecurityEventTokensThroughTheDoor(t *testing.T) {
	x := newTill(t)
	const door = "/v1/events/set"
	now := time.Now().Add(-time.Minute)
	token := told(t, "1", "risc/event-type/credential-compromise", "acc-7", now)
	for range 2 {
		if rec := x.ask(http.MethodPost, door, "write", token); rec.Code != http.StatusAccepted || rec.Body.Len() != 0 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	var line accounts.Timeline
	read := func() {
		t.Helper()
		if rec := x.ask(http.MethodGet, "/v1/accounts/acc-7", "all", ""); rec.Code != 200 || json.Unmarshal(rec.Body.Bytes(), &line) != nil {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	if read(); len(line.Moments) != 1 || line.Moments[0].Type != event.CredentialLeaked {
		t.Errorf("what was told stands there as %+v", line.Moments)
	}
	if rec := x.ask(http.MethodPost, door, "write", told(t, "2", "ssf/event-type/verification", "x", now)); rec.Code != http.StatusAccepted {
		t.Errorf("the transmitter tries the way: %d %s", rec.Code, rec.Body)
	}
	bad := func(key, token string, status int, code string) {
		t.Helper()
		rec := x.ask(http.MethodPost, door, key, token)
		var why struct{ Err, Description string }
		_ = json.Unmarshal(rec.Body.Bytes(), &why)
		if rec.Code != status || why.Err != code || code != "" && (why.Description == "" || rec.Header().Get("Content-Type") != "application/json") {
			t.Errorf("%d %s %s, want %d %s", rec.Code, rec.Header().Get("Content-Type"), rec.Body, status, code)
		}
	}
	bad("write", token[:len(token)-8]+"AAAAAAAA", 400, access.InvalidKey)
	bad("write", "x", 400, access.InvalidRequest)
	bad("write", told(t, "", "caep/event-type/session-revoked", "acc-7", now), 400, access.InvalidRequest)
	bad("foreign", token, 400, access.InvalidIssuer)
	bad("read", token, 403, "")
	bad("nobody", token, 401, "")
	bad("write", strings.Repeat("a", access.MaxSET+2<<10), 413, "")
	if read(); len(line.Moments) != 1 {
		t.Errorf("a refused token left something: %+v", line.Moments)
	}
}
