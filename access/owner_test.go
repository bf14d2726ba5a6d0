package access_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"bonafide/access"
)

func pemOf(t *testing.T, public any) string {
	t.Helper()
	raw, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw}))
}

func keysFile(entries ...string) []byte {
	return []byte("keys:\n" + strings.Join(entries, ""))
}

func entry(id, alg, field, value string) string {
	return fmt.Sprintf("  - id: %s\n    tenant: main\n    algorithm: %s\n    %s: %q\n", id, alg, field, value)
}

// TestOwnerTokens: each algorithm opens the page of its tenant's account, and
// nothing that is wrong in any way does.
func TestOwnerTokens(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	edPub, ed, _ := ed25519.GenerateKey(rand.Reader)
	_, strangerEd, _ := ed25519.GenerateKey(rand.Reader)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Repeat("s", 32)
	ended := entry("old", "HS256", "secret", secret) + "    until: 2026-11-22T11:00:00Z\n"
	edPEM := pemOf(t, edPub)
	keys, err := access.ReadOwnerKeys(keysFile(entry("ed", "EdDSA", "public_key", edPEM), entry("ec", "ES256", "public_key", pemOf(t, &ec.PublicKey)), entry("hs", "HS256", "secret", secret), ended))
	if err != nil || keys.Len() != 4 {
		t.Fatalf("%v, %d keys", err, keys.Len())
	}
	says := func(change func(*access.OwnerSays)) access.OwnerSays {
		s := access.OwnerSays{RegisteredClaims: jwt.RegisteredClaims{Subject: "a-42", ID: "0123456789abcdef", ExpiresAt: jwt.NewNumericDate(now.Add(5 * time.Minute))}, Orders: []string{"o-7"}}
		if change != nil {
			change(&s)
		}
		return s
	}
	sign := func(kid string, key any, s access.OwnerSays) string {
		token, err := access.SignOwner(kid, key, s)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for kid, key := range map[string]any{"ed": ed, "ec": ec, "hs": []byte(secret)} {
		o, why, err := keys.Check(sign(kid, key, says(nil)), now)
		if err != nil || o.Tenant != "main" || o.Account != "a-42" || o.Key != kid || o.Serial != "0123456789abcdef" || len(o.Orders) != 1 {
			t.Errorf("%s: %+v, %s, %v", kid, o, why, err)
		}
	}
	many := -1
	bare := func(header, body map[string]any) string { // alg none
		h, _ := json.Marshal(header)
		b, _ := json.Marshal(body)
		return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(b) + "."
	}
	other := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{Subject: "a-42", ID: "0123456789abcdef", Audience: jwt.ClaimStrings{"bonafide"}, ExpiresAt: jwt.NewNumericDate(now.Add(time.Minute))})
	other.Header["kid"] = "hs"
	voucher, _ := other.SignedString([]byte(secret))
	crit := jwt.NewWithClaims(jwt.SigningMethodHS256, says(func(s *access.OwnerSays) { s.Audience = jwt.ClaimStrings{access.OwnerAudience} }))
	crit.Header["kid"], crit.Header["crit"] = "hs", []string{"b64"}
	critical, _ := crit.SignedString([]byte(secret))
	for name, token := range map[string]string{
		"empty": "", "no token": "a.b.c", "too long": strings.Repeat("a", 20<<10),
		"a stranger's key":                  sign("ed", strangerEd, says(nil)),
		"no such key":                       sign("nobody", ed, says(nil)),
		"the public key as an HMAC secret":  sign("ed", []byte(edPEM), says(nil)),
		"another algorithm than the key's":  sign("ec", ed, says(nil)),
		"no algorithm":                      bare(map[string]any{"alg": "none", "kid": "hs"}, map[string]any{"sub": "a", "aud": access.OwnerAudience, "jti": "0123456789abcdef", "exp": now.Add(time.Minute).Unix()}),
		"a key that ended":                  sign("old", []byte(secret), says(nil)),
		"a voucher":                         voucher,
		"something critical":                critical,
		"too old":                           sign("ed", ed, says(func(s *access.OwnerSays) { s.ExpiresAt = jwt.NewNumericDate(now.Add(-time.Second)) })),
		"too long good":                     sign("ed", ed, says(func(s *access.OwnerSays) { s.ExpiresAt = jwt.NewNumericDate(now.Add(16 * time.Minute)) })),
		"no end":                            sign("ed", ed, says(func(s *access.OwnerSays) { s.ExpiresAt = nil })),
		"not yet":                           sign("ed", ed, says(func(s *access.OwnerSays) { s.NotBefore = jwt.NewNumericDate(now.Add(time.Minute)) })),
		"no account":                        sign("ed", ed, says(func(s *access.OwnerSays) { s.Subject = "" })),
		"no serial":                         sign("ed", ed, says(func(s *access.OwnerSays) { s.ID = "" })),
		"a count below zero":                sign("ed", ed, says(func(s *access.OwnerSays) { s.Cards = &many })),
		"too many orders":                   sign("ed", ed, says(func(s *access.OwnerSays) { s.Orders = make([]string, 300) })),
		"a signature with one letter other": flip(sign("ed", ed, says(nil))),
	} {
		if o, why, err := keys.Check(token, now); err == nil || o.Account != "" || why == "" {
			t.Errorf("%s: opened %+v, %q", name, o, why)
		} else if strings.Contains(why, "a-42") {
			t.Errorf("%s: the log would have the account: %q", name, why)
		}
	}
	for name, file := range map[string]string{
		"a short secret": entry("k", "HS256", "secret", "short"), "no algorithm": entry("k", "none", "secret", secret), "RSA": entry("k", "RS256", "public_key", edPEM),
		"a key of another algorithm": entry("k", "ES256", "public_key", edPEM), "no PEM": entry("k", "EdDSA", "public_key", "x"), "twice": entry("k", "HS256", "secret", secret) + entry("k", "HS256", "secret", secret),
		"no id": entry(`""`, "HS256", "secret", secret), "an unknown field": entry("k", "HS256", "secrets", secret),
	} {
		if _, err := access.ReadOwnerKeys(keysFile(file)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if k, err := access.ReadOwnerKeys(nil); err != nil || k.Len() != 0 {
		t.Errorf("an empty file: %v", err)
	}
}

// flip changes a letter in the middle of the signature.
func flip(token string) string {
	b := []byte(token)
	i := len(b) - 20
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// FuzzOwnerToken: whatever comes, nothing opens and nothing breaks.
func FuzzOwnerToken(f *testing.F) {
	keys, err := access.ReadOwnerKeys(keysFile(entry("hs", "HS256", "secret", strings.Repeat("s", 32))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if o, _, err := keys.Check(token, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)); err == nil {
			t.Errorf("opened %+v", o)
		}
	})
}
