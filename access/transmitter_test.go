package access

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"bonafide/fault"
)

// issuers makes keys once: RSA takes its time.
var issuers = sync.OnceValue(func() map[jose.SignatureAlgorithm]crypto.Signer {
	r, _ := rsa.GenerateKey(rand.Reader, 2048)
	e, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, d, _ := ed25519.GenerateKey(rand.Reader)
	return map[jose.SignatureAlgorithm]crypto.Signer{jose.RS256: r, jose.PS256: r, jose.ES256: e, jose.EdDSA: d}
})

func jwks(keys ...jose.JSONWebKey) string {
	raw, _ := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	return string(raw)
}

func registered(t testing.TB, issuer, set string) *Transmitters {
	t.Helper()
	list, err := ReadTransmitters([]byte("transmitters:\n- tenant: main\n  issuer: " + issuer + "\n  audience: https://shop.example\n  jwks: " + set + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func signed(t testing.TB, key jose.SigningKey, typ, claims string) string {
	t.Helper()
	s, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := o.CompactSerialize()
	return out
}

var setNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func setClaims(iss, aud string, issued time.Time, more string) string {
	return fmt.Sprintf(`{"iss":%q,"aud":%s,"iat":%d,"jti":"1"%s}`, iss, aud, issued.Unix(), more)
}

// Who says that a session was revoked must be who it says it is.
func TestSecurityEventTokensOfTransmitters(t *testing.T) {
	const iss, typ = "https://idp.example/", "secevent+jwt"
	good := setClaims(iss, `"https://shop.example"`, setNow, "")
	for alg, key := range issuers() {
		list := registered(t, iss, jwks(jose.JSONWebKey{Key: key.Public(), KeyID: "1", Algorithm: string(alg)}))
		for _, kid := range []string{"1", ""} {
			token := signed(t, jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, typ, good)
			if claims, err := list.Check("main", []byte(token+"\n"), setNow); err != nil || string(claims) != good {
				t.Errorf("%s: %s %v", alg, claims, err)
			}
			if _, err := list.Check("other", []byte(token), setNow); codeOf(err) != InvalidIssuer {
				t.Errorf("%s: a tenant takes what is registered for another: %v", alg, err)
			}
		}
	}
}

// carrying signs with a key that the token itself brings.
func carrying(t testing.TB, key crypto.Signer, claims string) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("secevent+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := o.CompactSerialize()
	return out
}

func codeOf(err error) string {
	var e *SETError
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

func TestSecurityEventTokensThatAreRefused(t *testing.T) {
	const iss, typ = "https://idp.example/", "secevent+jwt"
	keys := issuers()
	own := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: keys[jose.ES256], KeyID: "1"}}
	list := registered(t, iss, jwks(jose.JSONWebKey{Key: keys[jose.ES256].Public(), KeyID: "1"}, jose.JSONWebKey{Key: keys[jose.RS256].Public(), KeyID: "rsa", Algorithm: "PS256"}))
	claims := func(aud string, issued time.Time, more string) string { return setClaims(iss, aud, issued, more) }
	here := `"https://shop.example"`
	stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	good := signed(t, own, typ, claims(here, setNow, ""))
	part := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	public := jwks(jose.JSONWebKey{Key: keys[jose.ES256].Public()})
	for name, x := range map[string]struct{ token, want string }{
		"good":               {good, ""},
		"several audiences":  {signed(t, own, typ, claims(`["x",`+here+`]`, setNow, "")), ""},
		"long type":          {signed(t, own, "application/secevent+jwt", claims(here, setNow, "")), ""},
		"another key":        {signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: stranger, KeyID: "1"}}, typ, claims(here, setNow, "")), InvalidKey},
		"unknown kid":        {signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: keys[jose.ES256], KeyID: "2"}}, typ, claims(here, setNow, "")), InvalidKey},
		"not its algorithm":  {signed(t, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: keys[jose.RS256], KeyID: "rsa"}}, typ, claims(here, setNow, "")), InvalidKey},
		"none":               {b64([]byte(`{"alg":"none","typ":"secevent+jwt"}`)) + "." + part[1] + ".", InvalidRequest},
		"HMAC of the key":    {signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(public)}, typ, claims(here, setNow, "")), InvalidRequest},
		"key in the token":   {carrying(t, stranger, claims(here, setNow, "")), InvalidKey},
		"changed":            {part[0] + "." + b64([]byte(claims(here, setNow, `,"x":1`))) + "." + part[2], InvalidKey},
		"other type":         {signed(t, own, "JWT", claims(here, setNow, "")), InvalidRequest},
		"other issuer":       {signed(t, own, typ, setClaims("https://other.example/", here, setNow, "")), InvalidIssuer},
		"other audience":     {signed(t, own, typ, claims(`"https://other.example"`, setNow, "")), InvalidAudience},
		"no audience":        {signed(t, own, typ, claims(`5`, setNow, "")), InvalidAudience},
		"too old":            {signed(t, own, typ, claims(here, setNow.Add(-8*24*time.Hour), "")), InvalidRequest},
		"ahead":              {signed(t, own, typ, claims(here, setNow.Add(time.Hour), "")), InvalidRequest},
		"no time":            {signed(t, own, typ, `{"iss":"https://idp.example/","aud":"https://shop.example"}`), InvalidRequest},
		"far time":           {signed(t, own, typ, `{"iss":"https://idp.example/","aud":"https://shop.example","iat":1e300}`), InvalidRequest},
		"expired":            {signed(t, own, typ, claims(here, setNow, fmt.Sprintf(`,"exp":%d`, setNow.Unix()))), InvalidRequest},
		"no claims":          {signed(t, own, typ, `[]`), InvalidRequest},
		"nothing":            {"", InvalidRequest},
		"too long":           {strings.Repeat("a", MaxSET+1), InvalidRequest},
		"JSON serialization": {`{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`, InvalidRequest},
	} {
		_, err := list.Check("main", []byte(x.token), setNow)
		if codeOf(err) != x.want || x.want != "" && (err == nil || strings.Contains(err.Error(), "example")) {
			t.Errorf("%s: %v, want %s", name, err, x.want)
		}
	}
	if _, err := (*Transmitters)(nil).Check("main", []byte(good), setNow); codeOf(err) != InvalidIssuer {
		t.Errorf("nobody is registered: %v", err)
	}
}

func TestFileOfTransmitters(t *testing.T) {
	key := issuers()[jose.ES256]
	small, _ := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // must be refused
	set := jwks(jose.JSONWebKey{Key: key.Public(), KeyID: "1"})
	row := func(tenant, issuer, audience, keys string) string {
		return "- {tenant: " + tenant + ", issuer: " + issuer + ", audience: " + audience + ", jwks: " + keys + "}\n"
	}
	for name, x := range map[string]struct{ rows, want string }{
		"good":        {row("main", "i", "a", set) + row("other", "i", "a", set), ""},
		"no tenant":   {row(`"A b"`, "i", "a", set), "transmitter 1 of the file: its tenant is none"},
		"no audience": {row("main", "i", `""`, set), "1 to 512"},
		"twice":       {row("main", "i", "a", set) + row("main", "i", "b", set), "transmitter 2 of the file: the tenant has one"},
		"no keys":     {row("main", "i", "a", "{keys: []}"), "has 0 keys"},
		"encryption":  {row("main", "i", "a", jwks(jose.JSONWebKey{Key: key.Public(), Use: "enc"})), "has 0 keys"},
		"private":     {row("main", "i", "a", jwks(jose.JSONWebKey{Key: key})), "key 1 is none that is taken"},
		"secret":      {row("main", "i", "a", jwks(jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef")})), "key 1 is none that is taken"},
		"small":       {row("main", "i", "a", jwks(jose.JSONWebKey{Key: small.Public()})), "key 1 is none that is taken"},
		"wrong kind":  {row("main", "i", "a", jwks(jose.JSONWebKey{Key: key.Public(), Algorithm: "RS256"})), "key 1 is none that is taken"},
		"no set":      {row("main", "i", "a", "5"), "jwks"},
		"not known":   {"- {tenant: main, url: x}\n", "no YAML of the form"},
	} {
		list, err := ReadTransmitters([]byte("transmitters:\n" + x.rows))
		if x.want == "" && (err != nil || list.Len() != 2) || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want) || fault.KindOf(err) != fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := ReadTransmitters(nil); err != nil || list.Len() != 0 {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := ReadTransmitters(make([]byte, maxTransmitterAll+1)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a large file: %v", err)
	}
}

func FuzzSecurityEventToken(f *testing.F) {
	key := issuers()[jose.ES256]
	list := registered(f, "i", jwks(jose.JSONWebKey{Key: key.Public()}))
	good := signed(f, jose.SigningKey{Algorithm: jose.ES256, Key: key}, "secevent+jwt", setClaims("i", `"https://shop.example"`, setNow, ""))
	for _, s := range []string{good, "", "..", good + "x", "a.b.c", good[1:]} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := list.Check("main", in, setNow); err == nil && strings.TrimSpace(string(in)) != good {
			// Base64 has spare bits at its end: the same token may be written in other ways.
			if parts := strings.Split(strings.TrimSpace(string(in)), "."); parts[0] != strings.Split(good, ".")[0] || parts[1] != strings.Split(good, ".")[1] {
				t.Fatalf("took %q", in)
			}
		}
	})
}
