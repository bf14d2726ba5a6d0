package secevent

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"bonafide/account/event"
	"bonafide/fault"
)

const (
	issuer   = "https://idp.example.com/"
	audience = "https://shop.example.com/"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// hand is a private key that tokens are signed with.
type hand struct {
	id  string
	alg jose.SignatureAlgorithm
	key crypto.Signer
}

// hands are keys made for these tests, one for each algorithm, and after them one
// that nobody registered.
var hands = sync.OnceValue(func() []hand {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, d, _ := ed25519.GenerateKey(rand.Reader)
	_, other, _ := ed25519.GenerateKey(rand.Reader)
	return []hand{{"r", jose.RS256, r}, {"r", jose.PS256, r}, {"e", jose.ES256, e}, {"d", jose.EdDSA, d}, {"d", jose.EdDSA, other}}
})

// set is a JSON Web Key Set of public keys.
func set(t testing.TB, list ...jose.JSONWebKey) []byte {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: list})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func public(h hand) jose.JSONWebKey {
	return jose.JSONWebKey{Key: h.key.Public(), KeyID: h.id, Use: "sig"}
}

const file = `transmitters:
  - {tenant: main, issuer: "https://idp.example.com/", audience: "https://shop.example.com/", keys: idp.json}
  - {tenant: main, issuer: "https://other.example.com/", audience: "https://shop.example.com/", keys: other.json}
  - {tenant: second, issuer: "https://idp.example.com/", audience: "https://second.example.com/", keys: idp.json}
`

// registered are the transmitters of these tests: one with a key of each kind,
// another with the last one, of the same id.
func registered(t testing.TB) *Transmitters {
	t.Helper()
	h := hands()
	files := map[string][]byte{"idp.json": set(t, public(h[0]), public(h[2]), public(h[3])), "other.json": set(t, public(h[4]))}
	out, err := Read([]byte(file), func(name string) ([]byte, error) {
		if raw, ok := files[name]; ok {
			return raw, nil
		}
		return nil, fs.ErrNotExist
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// claims are those of a token; change replaces some, nil takes one away.
func claims(change map[string]any) string {
	c := map[string]any{"iss": issuer, "jti": "756e69717565", "iat": now.Unix(), "aud": []string{audience, "https://x.example.com/"},
		"sub_id": map[string]any{"format": "opaque", "id": "a-42"},
		"events": map[string]any{"https://schemas.openid.net/secevent/caep/event-type/session-revoked": map[string]any{"event_timestamp": now.Unix() - 5}}}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// sign signs claims; header adds to that of the token.
func sign(t testing.TB, h hand, claims string, header map[string]any) string {
	t.Helper()
	o := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{jose.HeaderType: "secevent+jwt"}}
	for k, v := range header {
		o.ExtraHeaders[jose.HeaderKey(k)] = v
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: h.alg, Key: jose.JSONWebKey{Key: h.key, KeyID: h.id}}, o)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := s.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// byHand puts a token together of parts, for what no library signs.
func byHand(header, claims string, seal func(in string) []byte) string {
	enc := base64.RawURLEncoding
	in := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	return in + "." + enc.EncodeToString(seal(in))
}

func TestGoodTokens(t *testing.T) {
	x := registered(t)
	for _, h := range hands()[:4] {
		e, ok, err := x.Verify("main", []byte(sign(t, h, claims(nil), nil)+"\n"), now)
		if err != nil || !ok || e.Type != event.SessionRevoked || e.Source != issuer || e.ID != "756e69717565" || e.Context.Account != "a-42" {
			t.Errorf("%s: %+v %v %v", h.alg, e, ok, err)
		}
	}
	for name, token := range map[string]string{
		"typ with its prefix":                    sign(t, hands()[3], claims(nil), map[string]any{"typ": "application/secevent+JWT"}),
		"no kid":                                 sign(t, hand{"", jose.EdDSA, hands()[3].key}, claims(nil), nil),
		"one audience":                           sign(t, hands()[3], claims(map[string]any{"aud": audience}), nil),
		"issued a while ago":                     sign(t, hands()[3], claims(map[string]any{"iat": now.Add(-MaxAge).Unix()}), nil),
		"a clock that is a bit fast":             sign(t, hands()[3], claims(map[string]any{"iat": now.Add(MaxAhead).Unix()}), nil),
		"an end that has not come":               sign(t, hands()[3], claims(map[string]any{"exp": now.Unix() + 1}), nil),
		"a key that it brings along, of its own": sign(t, hands()[3], claims(nil), map[string]any{"jku": "https://idp.example.com/keys"}),
	} {
		if _, ok, err := x.Verify("main", []byte(token), now); !ok || err != nil {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
	stream := map[string]any{"events": map[string]any{"https://schemas.openid.net/secevent/ssf/event-type/verification": map[string]any{"state": "x"}}}
	if _, ok, err := x.Verify("main", []byte(sign(t, hands()[3], claims(stream), nil)), now); ok || err != nil {
		t.Errorf("a verification of the stream: %v %v", ok, err)
	}
	if _, _, err := x.Verify("main", []byte(sign(t, hands()[4], claims(stream), nil)), now); CodeOf(err) != AuthenticationFailed {
		t.Errorf("a forged verification of the stream: %v", err)
	}
}

func TestRefusedTokens(t *testing.T) {
	x, h := registered(t), hands()
	good := sign(t, h[3], claims(nil), nil)
	parts := strings.Split(good, ".")
	other := strings.Split(sign(t, h[3], claims(map[string]any{"sub_id": map[string]any{"format": "opaque", "id": "a-43"}}), nil), ".")
	der, err := x509.MarshalPKIXPublicKey(h[0].key.Public())
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string][]byte{"the public key in DER": der, "the public key in PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"the raw public key": h[3].key.Public().(ed25519.PublicKey)}
	type row struct {
		name, token string
		code        Code
		want        string
	}
	rows := []row{
		{"a wrong key of the same id", sign(t, h[4], claims(nil), nil), AuthenticationFailed, "signature: is not of the transmitter's key"},
		{"the key of another transmitter", sign(t, h[3], claims(map[string]any{"iss": "https://other.example.com/"}), nil), AuthenticationFailed, "signature"},
		{"a kid that nobody has", sign(t, hand{"x", jose.EdDSA, h[3].key}, claims(nil), nil), InvalidKey, "kid: and alg fit no key"},
		{"an algorithm that its key is not for", sign(t, hand{"e", jose.EdDSA, h[3].key}, claims(nil), nil), InvalidKey, "kid"},
		{"an algorithm that is not taken", sign(t, hand{"r", jose.RS512, h[0].key}, claims(nil), nil), InvalidKey, "alg: is none of"},
		{"a key that it brings along", sign(t, h[4], claims(nil), map[string]any{"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519",
			"x": base64.RawURLEncoding.EncodeToString(h[4].key.Public().(ed25519.PublicKey))}}), AuthenticationFailed, "signature"},
		{"no algorithm", byHand(`{"typ":"secevent+jwt","alg":"none"}`, claims(nil), func(string) []byte { return nil }), InvalidKey, "alg: is none of"},
		{"no algorithm and the signature of another", byHand(`{"typ":"secevent+jwt","alg":"None","kid":"d"}`, claims(nil), func(string) []byte { return make([]byte, 64) }), InvalidKey, "alg: is none of"},
		{"no algorithm named", byHand(`{"typ":"secevent+jwt"}`, claims(nil), func(string) []byte { return nil }), InvalidKey, "alg: is none of"},
		{"an empty signature", parts[0] + "." + parts[1] + ".", AuthenticationFailed, "signature"},
		{"claims of another token", parts[0] + "." + other[1] + "." + parts[2], AuthenticationFailed, "signature"},
		{"a header of another token", strings.Split(sign(t, h[3], claims(nil), map[string]any{"x": 1}), ".")[0] + "." + parts[1] + "." + parts[2], AuthenticationFailed, "signature"},
		{"a wrong audience", sign(t, h[3], claims(map[string]any{"aud": []string{"https://second.example.com/"}}), nil), InvalidAudience, "aud: does not name"},
		{"no audience", sign(t, h[3], claims(map[string]any{"aud": nil}), nil), InvalidAudience, "aud"},
		{"another audience in letters", sign(t, h[3], claims(map[string]any{"aud": strings.ToUpper(audience)}), nil), InvalidAudience, "aud"},
		{"an issuer that nobody registered", sign(t, h[3], claims(map[string]any{"iss": "https://idp.example.org/"}), nil), InvalidIssuer, "iss: is no transmitter"},
		{"no issuer", sign(t, h[3], claims(map[string]any{"iss": nil}), nil), InvalidRequest, "iss: is missing"},
		{"no id", sign(t, h[3], claims(map[string]any{"jti": nil}), nil), InvalidRequest, "jti: is missing"},
		{"an empty id", sign(t, h[3], claims(map[string]any{"jti": ""}), nil), InvalidRequest, "jti: is empty"},
		{"no time", sign(t, h[3], claims(map[string]any{"iat": nil}), nil), InvalidRequest, "iat: is missing"},
		{"a time that is none", sign(t, h[3], claims(map[string]any{"iat": "now"}), nil), InvalidRequest, "iat: is no number"},
		{"issued in the future", sign(t, h[3], claims(map[string]any{"iat": now.Add(MaxAhead).Unix() + 1}), nil), InvalidRequest, "iat: is more than 5m0s ahead"},
		{"issued long ago", sign(t, h[3], claims(map[string]any{"iat": now.Add(-MaxAge).Unix() - 1}), nil), InvalidRequest, "iat: is more than 7 days ago"},
		{"an end that has passed", sign(t, h[3], claims(map[string]any{"exp": now.Unix()}), nil), InvalidRequest, "exp: has passed"},
		{"a begin that has not come", sign(t, h[3], claims(map[string]any{"nbf": now.Add(time.Hour).Unix()}), nil), InvalidRequest, "nbf: is ahead"},
		{"a token of another kind", sign(t, h[3], claims(nil), map[string]any{"typ": "JWT"}), InvalidRequest, "typ: is not secevent+jwt"},
		{"what must be understood", sign(t, h[3], claims(nil), map[string]any{"crit": []string{"b64"}, "b64": true}), InvalidRequest, "crit"},
		{"an event without a counterpart", sign(t, h[3], claims(map[string]any{"events": map[string]any{"https://example.com/x": map[string]any{}}}), nil), InvalidRequest, "events: is no event of CAEP"},
		{"an issuer given twice", sign(t, h[3], strings.Replace(claims(nil), `{`, `{"iss":"https://other.example.com/",`, 1), nil), InvalidRequest, "iss: is given twice"},
		{"an issuer in other letters", sign(t, h[4], strings.Replace(claims(nil), `{`, `{"ISS":"https://other.example.com/",`, 1), nil), AuthenticationFailed, "signature"},
		{"four parts", good + ".x", InvalidRequest, "compact form"},
		{"the form in JSON", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, InvalidRequest, "compact form"},
		{"a line break within", parts[0] + ".\n" + parts[1] + "." + parts[2], InvalidRequest, "compact form"},
		{"claims without a signature", claims(nil), InvalidRequest, "compact form"},
		{"nothing", "", InvalidRequest, "compact form"},
	}
	for name, secret := range secrets {
		for _, id := range []string{"r", "d"} {
			forged := byHand(`{"typ":"secevent+jwt","alg":"HS256","kid":"`+id+`"}`, claims(nil), func(in string) []byte {
				m := hmac.New(sha256.New, secret)
				_, _ = m.Write([]byte(in))
				return m.Sum(nil)
			})
			rows = append(rows, row{"HMAC with " + name, forged, InvalidKey, "alg: is none of"})
		}
	}
	for _, r := range rows {
		e, ok, err := x.Verify("main", []byte(r.token), now)
		if err == nil || ok || fault.KindOf(err) != fault.Invalid || CodeOf(err) != r.code || !strings.Contains(err.Error(), r.want) || e.ID != "" {
			t.Errorf("%s: %v %v (%s, kind %v), want %s: %s", r.name, ok, err, CodeOf(err), fault.KindOf(err), r.code, r.want)
			continue
		}
		for _, value := range []string{"a-42", "756e69717565", "idp.example", "shop.example"} {
			if strings.Contains(err.Error(), value) {
				t.Errorf("%s: the refusal repeats a value: %v", r.name, err)
			}
		}
	}
}

// TestEveryByteIsSigned: no byte of a token can be another one.
func TestEveryByteIsSigned(t *testing.T) {
	x := registered(t)
	good := sign(t, hands()[3], claims(nil), nil)
	for i := range good {
		for _, c := range []byte("A_9") {
			bad := []byte(good)
			if bad[i] = c; good[i] == c {
				continue
			}
			if e, ok, err := x.Verify("main", bad, now); err == nil || ok {
				// The last letter of a part holds bits that base64 does not use.
				if last := i+1 == len(good) || good[i+1] == '.'; !last || e.Context.Account != "a-42" {
					t.Fatalf("byte %d of %q as %c is taken: %+v", i, good, c, e)
				}
			}
		}
	}
}

func TestTokensAreBounded(t *testing.T) {
	x := registered(t)
	for name, token := range map[string][]byte{
		"a large token":  []byte(strings.Repeat("a", MaxToken+1)),
		"a large header": []byte(sign(t, hands()[3], claims(nil), map[string]any{"x": strings.Repeat("a", maxHeader)})),
		"large claims":   []byte(sign(t, hands()[3], claims(map[string]any{"x": strings.Repeat("a", event.MaxSize)}), nil)),
	} {
		if _, _, err := x.Verify("main", token, now); fault.KindOf(err) != fault.TooLarge || CodeOf(err) != InvalidRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	most := claims(map[string]any{"x": strings.Repeat("a", 60<<10)})
	if _, ok, err := x.Verify("main", []byte(sign(t, hands()[0], most, nil)), now); !ok || err != nil {
		t.Errorf("a token of %d bytes: %v", len(most), err)
	}
}

func TestTenantsApart(t *testing.T) {
	x := registered(t)
	token := []byte(sign(t, hands()[3], claims(nil), nil))
	if _, _, err := x.Verify("second", token, now); CodeOf(err) != InvalidAudience {
		t.Errorf("a token for another tenant: %v", err)
	}
	if _, _, err := x.Verify("third", token, now); CodeOf(err) != InvalidIssuer || !strings.Contains(err.Error(), "no transmitter") {
		t.Errorf("a tenant without transmitters: %v", err)
	}
	var none *Transmitters
	if _, _, err := none.Verify("main", token, now); CodeOf(err) != InvalidIssuer || none.Has("main", issuer) || none.Len() != 0 {
		t.Errorf("no transmitters at all: %v", err)
	}
	if !x.Has("second", issuer) || x.Has("second", "https://other.example.com/") || x.Len() != 3 {
		t.Error("who is registered where")
	}
	if CodeOf(fault.New(fault.Forbidden, "", "no")) != AccessDenied {
		t.Error("who may not send at all")
	}
}

func TestReadRefuses(t *testing.T) {
	h := hands()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	one := func(keys string) string {
		return fmt.Sprintf("transmitters: [{tenant: main, issuer: i, audience: a, keys: %s}]", keys)
	}
	files := map[string][]byte{
		"good":      set(t, public(h[3])),
		"private":   set(t, jose.JSONWebKey{Key: h[3].key, KeyID: "d"}),
		"symmetric": []byte(`{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}`),
		"weak":      set(t, jose.JSONWebKey{Key: weak.Public(), KeyID: "w"}),
		"curve":     set(t, jose.JSONWebKey{Key: p384.Public(), KeyID: "c"}),
		"use":       set(t, jose.JSONWebKey{Key: h[3].key.Public(), Use: "enc"}),
		"alg":       set(t, jose.JSONWebKey{Key: h[0].key.Public(), Algorithm: "RS512"}),
		"ops":       []byte(strings.Replace(string(set(t, public(h[3]))), `{"use"`, `{"key_ops":["encrypt"],"use"`, 1)),
		"none":      []byte(`{"keys":[]}`),
		"other":     []byte(`[1]`),
		"scalar":    []byte(`{"keys":[1]}`),
		"many":      []byte(`{"keys":[` + strings.Repeat("{},", maxKeys) + `{}]}`),
		"large":     make([]byte, maxFile+1),
	}
	open := func(name string) ([]byte, error) {
		if raw, ok := files[name]; ok {
			return raw, nil
		}
		return nil, fs.ErrNotExist
	}
	for in, want := range map[string]string{
		one("private"):   "private or symmetric",
		one("symmetric"): "private or symmetric",
		one("weak"):      "none of 1 can be used",
		one("curve"):     "none of 1 can be used",
		one("use"):       "none of 1 can be used",
		one("alg"):       "none of 1 can be used",
		one("ops"):       "none of 1 can be used",
		one("none"):      "none of 0 can be used",
		one("other"):     "no JSON Web Key Set",
		one("scalar"):    "key 1 is no JSON Web Key",
		one("many"):      "at most 100",
		one("large"):     "at most 1048576",
		one("missing"):   "entry 1 of the file: read its keys",
		"transmitters: [{tenant: Main, issuer: i, audience: a, keys: good}]":                                                     "its tenant is none",
		"transmitters: [{tenant: main, audience: a, keys: good}]":                                                                "its issuer has 0 bytes",
		"transmitters: [{tenant: main, issuer: i, keys: good}]":                                                                  "its audience has 0 bytes",
		"transmitters: [{tenant: main, issuer: i, audience: a, keys: good, url: x}]":                                             "no YAML of the form",
		"transmitters: [{tenant: main, issuer: i, audience: a, keys: good}, {tenant: main, issuer: i, audience: b, keys: good}]": "there already",
		strings.Repeat("#", maxFile+1):                                                                                           "at most 1048576",
	} {
		if _, err := Read([]byte(in), open); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.90s: want %q, got %v", in, want, err)
		}
	}
	if _, err := Read([]byte(one("missing")), open); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
	if x, err := Read(nil, open); err != nil || x.Len() != 0 {
		t.Errorf("an empty file: %v", err)
	}
	// A key that names its algorithm is used by no other one.
	files["one"] = set(t, jose.JSONWebKey{Key: h[0].key.Public(), KeyID: "r", Algorithm: "PS256"})
	x, err := Read([]byte(strings.Replace(one("one"), "issuer: i, audience: a", `issuer: "`+issuer+`", audience: "`+audience+`"`, 1)), open)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := x.Verify("main", []byte(sign(t, h[0], claims(nil), nil)), now); CodeOf(err) != InvalidKey {
		t.Errorf("RS256 by a key for PS256: %v", err)
	}
	if _, ok, err := x.Verify("main", []byte(sign(t, h[1], claims(nil), nil)), now); !ok {
		t.Errorf("PS256 by a key for it: %v", err)
	}
}

// FuzzVerify: no bytes make it panic, and none that is not one of our own tokens
// comes out as an event.
func FuzzVerify(f *testing.F) {
	x := registered(f)
	for _, h := range hands()[:4] {
		token := sign(f, h, claims(nil), nil)
		f.Add([]byte(token))
	}
	f.Add([]byte(sign(f, hands()[4], claims(nil), nil)))
	f.Add([]byte(byHand(`{"typ":"secevent+jwt","alg":"none"}`, claims(nil), func(string) []byte { return nil })))
	f.Add([]byte("a.b.c"))
	f.Fuzz(func(t *testing.T, token []byte) {
		e, ok, err := x.Verify("main", token, now)
		if ok != (err == nil) {
			t.Fatalf("ok %v, error %v", ok, err)
		}
		if ok && e.Context.Account != "a-42" {
			t.Fatalf("a token of nobody is taken: %s", token)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.TooLarge {
			t.Fatalf("kind of %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	x := registered(b)
	for _, h := range hands()[:4] {
		token := []byte(sign(b, h, claims(nil), nil))
		b.Run(string(h.alg), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := x.Verify("main", token, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
