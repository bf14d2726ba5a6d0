package callid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/ident"
)

// world is a certificate authority with one company, and a call.
type world struct {
	anchor, company authorityCert
	in              Input
}

func newWorld(t testing.TB) world {
	t.Helper()
	w := world{anchor: newAnchor(t)}
	w.company = w.anchor.issue(t, nil)
	w.in = Input{Caller: caller, Called: called, At: callTime, Trust: Trust{Anchors: []*x509.Certificate{w.anchor.cert}, Certificates: lookup{w.company.cert}}}
	return w
}

// identity is the header of the call with changed claims.
func (w world) identity(t testing.TB, change func(map[string]any)) string {
	t.Helper()
	return "Identity: " + signToken(t, w.company.key, shakenHeader, claims(t, change)) + params
}

// with returns the check of one header with a changed input.
func (w world) with(header string, change func(*Input)) Token {
	in := w.in
	in.Headers = []string{header}
	if change != nil {
		change(&in)
	}
	r := Check(in)
	if len(r.Tokens) != 1 {
		return Token{Reason: Reason("tokens: " + strings.Repeat("I", len(r.Tokens)))}
	}
	return r.Tokens[0]
}

func set(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }

// TestCall goes through the states of a call's signature, one change a row.
func TestCall(t *testing.T) {
	w := newWorld(t)
	good := w.identity(t, nil)
	at := func(d time.Duration) func(*Input) { return func(in *Input) { in.At = in.At.Add(d) } }
	tests := []struct {
		name   string
		header string
		change func(*Input)
		state  State
		reason Reason
	}{
		{"all holds", good, nil, Verified, ""},
		{"level B", w.identity(t, set("attest", "B")), nil, Verified, ""},
		{"level C", w.identity(t, set("attest", "C")), nil, Verified, ""},
		{"called number not known", good, func(in *Input) { in.Called = "" }, Verified, ""},
		{"name of a caller within", w.identity(t, set("rcd", map[string]any{"nam": "Bank"})), nil, Verified, ""},

		{"no anchors", good, func(in *Input) { in.Trust.Anchors = nil }, NotChecked, NoAnchors},
		{"no trust at all", good, func(in *Input) { in.Trust = Trust{} }, NotChecked, NoAnchors},
		{"no look-up", good, func(in *Input) { in.Trust.Certificates = nil }, NotChecked, NoCertificate},
		{"certificate not there", good, func(in *Input) { in.Trust.Certificates = lookup{} }, NotChecked, NoCertificate},
		{"certificate not there, signature cut", good[:len(good)-len(params)-4] + "AAAA" + params, func(in *Input) { in.Trust.Certificates = lookup{} }, NotChecked, NoCertificate},
		{"anchor of others", good, func(in *Input) { in.Trust.Anchors = []*x509.Certificate{newAnchor(t).cert} }, NotChecked, Untrusted},
		{"time not known", good, func(in *Input) { in.At = time.Time{} }, NotChecked, NoTime},
		{"number not known", good, func(in *Input) { in.Caller = "" }, NotChecked, NoNumber},
		{"address instead of a number", w.identity(t, set("orig", map[string]any{"uri": "sip:a@example.org"})), nil, NotChecked, NoNumber},

		{"signature changed", changed(good), nil, Failed, BadSignature},
		{"signed by another key", "Identity: " + signToken(t, newKey(t), shakenHeader, claims(t, nil)) + params, nil, Failed, BadSignature},
		{"claims changed", strings.Replace(good, claimsPart(good), base64.RawURLEncoding.EncodeToString([]byte(claims(t, set("orig", map[string]any{"tn": "12155550000"})))), 1), nil, Failed, BadSignature},
		{"another number shown", good, func(in *Input) { in.Caller = "+12155559999" }, Failed, OtherNumber},
		{"a call to somebody else", good, func(in *Input) { in.Called = "+12155559999" }, Failed, OtherCall},
		{"another number, another time", good, func(in *Input) { in.Caller, in.At = "+12155559999", in.At.Add(time.Hour) }, Failed, OtherNumber},
		{"a minute old", good, at(58 * time.Second), Verified, ""},
		{"more than a minute old", good, at(59 * time.Second), Failed, Stale},
		{"from the future", good, at(-63 * time.Second), Failed, Stale},
		{"time of the call in minutes", good, func(in *Input) { in.At = callTime.Truncate(time.Minute) }, Verified, ""},
		{"the minute before", good, func(in *Input) { in.At = callTime.Truncate(time.Minute).Add(-time.Minute) }, Verified, ""},
		{"three minutes before", good, func(in *Input) { in.At = callTime.Truncate(time.Minute).Add(-3 * time.Minute) }, Failed, Stale},
		{"certificate named in the header is another", strings.Replace(good, "info=<https://cert.", "info=<https://other.", 1), nil, Failed, Parameters},
		{"algorithm of the header is another", strings.Replace(good, "alg=ES256", "alg=RS256", 1), nil, Failed, Parameters},
		{"type of the header is another", strings.Replace(good, "ppt=shaken", "ppt=div", 1), nil, Failed, Parameters},

		{"no attestation", w.identity(t, func(m map[string]any) { delete(m, "attest") }), nil, NotChecked, Malformed},
		{"attestation of no level", w.identity(t, set("attest", "D")), nil, NotChecked, Malformed},
		{"no origin", w.identity(t, set("origid", "")), nil, NotChecked, Malformed},
		{"time as a text", w.identity(t, set("iat", "1443208345")), nil, NotChecked, Malformed},
		{"two callers", w.identity(t, set("orig", map[string]any{"tn": "12155551212", "uri": "sip:a@b.example"})), nil, NotChecked, Malformed},
		{"no called number", w.identity(t, func(m map[string]any) { delete(m, "dest") }), nil, NotChecked, Malformed},
		{"one called number as a text", w.identity(t, set("dest", map[string]any{"tn": "12155551213"})), nil, NotChecked, Malformed},
		{"cut off", good[:80], nil, NotChecked, Malformed},
		{"an old signature of RFC 4474", `Identity: "ZYNBbHC00VMZr2kZt6VmCvPonWJMGvQTBDqghoWeLxJ"`, nil, NotChecked, Malformed},
	}
	for _, tt := range tests {
		got := w.with(tt.header, tt.change)
		if got.State != tt.state || got.Reason != tt.reason {
			t.Errorf("%s: %s %q, want %s %q", tt.name, got.State, got.Reason, tt.state, tt.reason)
		}
	}
	got := w.with(good, nil)
	if got.Type != Shaken || got.Attest != Full || got.Orig != caller || got.OrigID == "" || got.CertificateURL != url || !got.ToCalled ||
		got.Signer != "Example Telephone" || got.SPC != "709J" || !got.IssuedAt.Equal(callTime.Add(-2*time.Second)) {
		t.Errorf("the token reads %+v", got)
	}
}

// changed returns a header with one letter of its signature exchanged.
func changed(header string) string {
	i := strings.LastIndexByte(header[:strings.IndexByte(header, ';')], '.') + 10
	c := byte('A')
	if header[i] == c {
		c = 'B'
	}
	return header[:i] + string(c) + header[i+1:]
}

func claimsPart(header string) string { return strings.Split(header, ".")[1] }

// TestHeaders signs tokens with odd JOSE headers.
func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, header string
		state        State
		reason       Reason
	}{
		{"as it should be", shakenHeader, Verified, ""},
		{"media type in capitals", strings.Replace(shakenHeader, `"passport"`, `"PASSporT"`, 1), Verified, ""},
		{"no type", `{"alg":"ES256","ppt":"shaken","x5u":"` + url + `"}`, NotChecked, Malformed},
		{"a web token", strings.Replace(shakenHeader, `"passport"`, `"JWT"`, 1), NotChecked, Malformed},
		{"unsigned", strings.Replace(shakenHeader, "ES256", "none", 1), NotChecked, UnknownAlgorithm},
		{"shared secret", strings.Replace(shakenHeader, "ES256", "HS256", 1), NotChecked, UnknownAlgorithm},
		{"RSA", strings.Replace(shakenHeader, "ES256", "RS256", 1), NotChecked, UnknownAlgorithm},
		{"lower case", strings.Replace(shakenHeader, "ES256", "es256", 1), NotChecked, UnknownAlgorithm},
		{"critical header", strings.Replace(shakenHeader, `{`, `{"crit":["x"],"x":1,`, 1), NotChecked, UnknownAlgorithm},
		{"type not known", strings.Replace(shakenHeader, `"shaken"`, `"rph"`, 1), NotChecked, UnknownType},
		{"name twice", strings.Replace(shakenHeader, `{`, `{"x5u":"https://evil.example/a",`, 1), NotChecked, Malformed},
		{"name in capitals is another name", strings.Replace(shakenHeader, `"x5u"`, `"X5U"`, 1), NotChecked, NoCertificate},
		{"key within is not used", `{"alg":"ES256","ppt":"shaken","typ":"passport","jwk":{"kty":"EC"}}`, NotChecked, NoCertificate},
		{"certificate elsewhere", strings.Replace(shakenHeader, "cert.example", "evil.example", 1), NotChecked, NoCertificate},
		{"more behind", shakenHeader + "{}", NotChecked, Malformed},
		{"no object", `["ES256"]`, NotChecked, Malformed},
	} {
		got := w.with(signToken(t, w.company.key, tt.header, claims(t, nil)), nil)
		if got.State != tt.state || got.Reason != tt.reason {
			t.Errorf("%s: %s %q, want %s %q", tt.name, got.State, got.Reason, tt.state, tt.reason)
		}
	}
}

// TestCertificates changes the certificate that signed.
func TestCertificates(t *testing.T) {
	w := newWorld(t)
	ext := func(entries ...asn1.RawValue) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{numbers(t, false, entries...)} }
	}
	constraint := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 27}, Value: []byte{0x30, 0}}
	for _, tt := range []struct {
		name   string
		change func(*x509.Certificate)
		state  State
		reason Reason
	}{
		{"service provider code", nil, Verified, ""},
		{"critical list", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{numbers(t, true, spc("709J"))}
		}, Verified, ""},
		{"the number itself", ext(one("12155551212")), Verified, ""},
		{"a block with it", ext(row("12155551200", 100)), Verified, ""},
		{"the last of a block", ext(row("12155551203", 10)), Verified, ""},
		{"another number and a code", ext(one("12155550000"), spc("709J")), Verified, ""},
		{"another number", ext(one("12155551213")), Failed, NotEntitled},
		{"just past a block", ext(row("12155551202", 10)), Failed, NotEntitled},
		{"the same digits, one longer", ext(one("121555512120")), Failed, NotEntitled},
		{"a special number", ext(one("*69")), NotChecked, Unsuitable},
		{"an empty list", ext(), NotChecked, Unsuitable},
		{"a list of nonsense", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: numbers(t, false).Id, Value: []byte("nonsense")}}
		}, NotChecked, Unsuitable},
		{"no list", func(c *x509.Certificate) { c.ExtraExtensions = nil }, NotChecked, Unsuitable},
		{"bounds on claims", func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, constraint) }, NotChecked, Unsuitable},
		{"another critical extension", func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})
		}, NotChecked, Unsuitable},
		{"not for signatures", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, NotChecked, Unsuitable},
		{"of an authority", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, NotChecked, Unsuitable},
		{"expired", func(c *x509.Certificate) { c.NotAfter = callTime.Add(-time.Hour) }, Failed, Expired},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = callTime.Add(time.Hour) }, Failed, Expired},
	} {
		company := w.anchor.issue(t, tt.change)
		token := signToken(t, company.key, shakenHeader, claims(t, nil)) + params
		got := w.with(token, func(in *Input) { in.Trust.Certificates = lookup{company.cert} })
		if got.State != tt.state || got.Reason != tt.reason {
			t.Errorf("%s: %s %q, want %s %q", tt.name, got.State, got.Reason, tt.state, tt.reason)
		}
	}
}

// TestKeys: only P-256 signs calls.
func TestKeys(t *testing.T) {
	w := newWorld(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*x509.Certificate{"RSA": w.anchor.certify(t, rsaKey.Public(), nil), "P-384": w.anchor.certify(t, p384.Public(), nil)} {
		got := w.with(w.identity(t, nil), func(in *Input) { in.Trust.Certificates = lookup{c} })
		if got.State != NotChecked || got.Reason != Unsuitable {
			t.Errorf("%s: %s %q, want it not checked", name, got.State, got.Reason)
		}
	}
}

// TestOutdatedCopy: a certificate that was exchanged since is not held against
// the call.
func TestOutdatedCopy(t *testing.T) {
	w := newWorld(t)
	later := w.anchor.issue(t, func(c *x509.Certificate) { c.NotBefore = callTime.Add(time.Hour) })
	got := w.with(w.identity(t, nil), func(in *Input) { in.Trust.Certificates = lookup{later.cert} })
	if got.State != NotChecked || got.Reason != Outdated {
		t.Errorf("%s %q, want not_checked outdated", got.State, got.Reason)
	}
}

// TestDelegation: a certificate below another that names numbers may not sign
// for more than that one (RFC 8226, 9; RFC 9060).
func TestDelegation(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		parent asn1.RawValue
		state  State
	}{
		"within": {row("12155551000", 1000), Verified},
		"beyond": {row("12155552000", 1000), Failed},
		"a code": {spc("709J"), Verified},
	} {
		middle := w.anchor.issue(t, func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
			c.Subject.CommonName = "Delegating"
			c.ExtraExtensions = []pkix.Extension{numbers(t, true, tt.parent)}
		})
		leaf := middle.issue(t, func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{numbers(t, false, one("12155551212"))} })
		token := signToken(t, leaf.key, shakenHeader, claims(t, nil)) + params
		got := w.with(token, func(in *Input) { in.Trust.Certificates = lookup{leaf.cert, middle.cert} })
		if got.State != tt.state {
			t.Errorf("%s: %s %q, want %s", name, got.State, got.Reason, tt.state)
		}
		got = w.with(token, func(in *Input) { in.Trust.Certificates = lookup{leaf.cert} })
		if got.State != NotChecked || got.Reason != Untrusted {
			t.Errorf("%s, without the one between: %s %q, want it not checked", name, got.State, got.Reason)
		}
	}
}

// TestRFC8225 reads the token of RFC 8225, appendix A, and writes its header as
// printed there. The signature printed there is not that of the key printed
// there (neither crypto/ecdsa nor openssl takes it), so that it must fail here
// too; the same claims signed with a key of ours hold.
func TestRFC8225(t *testing.T) {
	const head = "eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0LmV4YW1wbGUub3JnL3Bhc3Nwb3J0LmNlciJ9"
	const body = "eyJkZXN0Ijp7InVyaSI6WyJzaXA6YWxpY2VAZXhhbXBsZS5jb20iXX0sImlhdCI6MTQ3MTM3NTQxOCwib3JpZyI6eyJ0biI6IjEyMTU1NTUxMjEyIn19"
	const signature = "VLBCIVDCaeK6M4hLJb6SHQvacAQVvoiiEOWQ_iUqkk79UD81fHQ0E1b3_GluIkba7UWYRM47ZbNFdOJquE35cw"
	const key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8HNbQd/TmvCKwPKHkMF9fScavGeH\n78YTU8qLS8I5HLHSSmlATLcslQMhNC/OhlWBYC626nIlo7XeebYS7Sb37g==\n-----END PUBLIC KEY-----\n"
	b, _ := pem.Decode([]byte(key))
	public, err := x509.ParsePKIXPublicKey(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := strings.Cut(restore(url, caller, called, callTime), "."); got != head {
		t.Errorf("the canonical header is %s, want %s", got, head)
	}
	signed := time.Unix(1471375418, 0)
	w := newWorld(t)
	valid := func(c *x509.Certificate) { c.NotBefore, c.NotAfter = signed.AddDate(0, -1, 0), signed.AddDate(0, 1, 0) }
	anchor := newAnchorAt(t, signed)
	printed, own := anchor.certify(t, public, valid), anchor.issue(t, valid)
	for name, tt := range map[string]struct {
		token  string
		leaf   *x509.Certificate
		state  State
		reason Reason
	}{
		"as printed": {head + "." + body + "." + signature, printed, Failed, BadSignature},
		"our key":    {head + "." + body + "." + base64.RawURLEncoding.EncodeToString(sig(t, own.key, head+"."+body)), own.cert, Verified, ""},
	} {
		got := w.with(tt.token, func(in *Input) {
			in.At, in.Trust = signed, Trust{Anchors: []*x509.Certificate{anchor.cert}, Certificates: lookup{tt.leaf}}
		})
		if got.State != tt.state || got.Reason != tt.reason || got.Orig != caller || got.ToCalled || got.Type != Base || !got.IssuedAt.Equal(signed) {
			t.Errorf("%s: %+v: want %s for %s, with no called number to compare", name, got, tt.state, caller)
		}
	}
}

// TestES256 is the signature of RFC 7515, appendix A.3.
func TestES256(t *testing.T) {
	point := []byte{4} // uncompressed
	for _, c := range []string{"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"} {
		b, err := decode(c)
		if err != nil {
			t.Fatal(err)
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{PublicKey: key}
	signature, err := decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
	if err != nil {
		t.Fatal(err)
	}
	const signed = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	if !verify(leaf, signed, signature) {
		t.Error("the vector of the standard does not hold")
	}
	if verify(leaf, signed+"A", signature) || verify(leaf, signed, signature[:63]) || verify(leaf, signed, append(signature, 0)) || verify(leaf, signed, make([]byte, 64)) {
		t.Error("what was changed holds")
	}
}

// TestCompact: the compact form of RFC 8225, 7.
func TestCompact(t *testing.T) {
	w := newWorld(t)
	full := restore(url, caller, called, callTime.Add(-7*time.Second))
	header := ".." + base64.RawURLEncoding.EncodeToString(sig(t, w.company.key, full)) + ";info=<" + url + ">;alg=ES256"
	for _, tt := range []struct {
		name, header string
		change       func(*Input)
		state        State
		reason       Reason
	}{
		{"restored", header, nil, Verified, ""},
		{"with an empty info", strings.Replace(header, url, "", 1), nil, NotChecked, Malformed},
		{"another caller", header, func(in *Input) { in.Caller = "+12155550000" }, NotChecked, CompactForm},
		{"another called number", header, func(in *Input) { in.Called = "+12155550000" }, NotChecked, CompactForm},
		{"called number not known", header, func(in *Input) { in.Called = "" }, NotChecked, CompactForm},
		{"another time", header, func(in *Input) { in.At = in.At.Add(time.Hour) }, NotChecked, CompactForm},
		{"shaken has no compact form", header + ";ppt=shaken", nil, NotChecked, CompactForm},
		{"no certificate", header, func(in *Input) { in.Trust.Certificates = lookup{} }, NotChecked, NoCertificate},
		{"no signature", "..;info=<" + url + ">", nil, NotChecked, Malformed},
	} {
		got := w.with(tt.header, tt.change)
		if got.State != tt.state || got.Reason != tt.reason || !got.Compact {
			t.Errorf("%s: %s %q (compact %v), want %s %q", tt.name, got.State, got.Reason, got.Compact, tt.state, tt.reason)
		}
	}
}

// TestSeveralHeaders: the best of the tokens for the caller counts; a diverted
// call explains why the called number is another.
func TestSeveralHeaders(t *testing.T) {
	w := newWorld(t)
	good, bad := w.identity(t, nil), changed(w.identity(t, nil))
	div := signToken(t, w.company.key, strings.Replace(shakenHeader, `"shaken"`, `"div"`, 1), claims(t, func(m map[string]any) {
		m["div"] = map[string]any{"tn": "12155551213"}
		m["dest"] = map[string]any{"tn": []string{"12155557777"}}
	}))
	name := signToken(t, w.company.key, strings.Replace(shakenHeader, `"shaken"`, `"rcd"`, 1), claims(t, set("rcd", map[string]any{"nam": "Bank"})))
	for _, tt := range []struct {
		title   string
		headers []string
		called  ident.Phone
		want    Summary
	}{
		{"none", nil, called, Summary{}},
		{"one", []string{good}, called, Summary{State: Verified, Type: Shaken, Attest: Full, Number: caller, Proven: true, ToCalled: true}},
		{"one bad beside it", []string{bad, good}, called, Summary{State: Verified, Type: Shaken, Attest: Full, Number: caller, Proven: true, ToCalled: true}},
		{"B is not proven", []string{w.identity(t, set("attest", "B"))}, called, Summary{State: Verified, Type: Shaken, Attest: Partial, Number: caller, ToCalled: true}},
		{"bad only", []string{bad, "what"}, called, Summary{State: Failed, Reason: BadSignature, Type: Shaken, Attest: Full, Number: caller}},
		{"passed on", []string{good, div}, "+12155557777", Summary{Reason: DivertedCall, Type: Shaken, Attest: Full, Number: caller, Diverted: true}},
		{"a name alone", []string{name}, called, Summary{Reason: UnknownType, Rich: true}},
		{"a name beside it", []string{name, good}, called, Summary{State: Verified, Type: Shaken, Attest: Full, Number: caller, Proven: true, ToCalled: true, Rich: true}},
	} {
		in := w.in
		in.Headers, in.Called = tt.headers, tt.called
		if got := Check(in).Summary(); got != tt.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.title, got, tt.want)
		}
	}
}

// TestNothingIsFetched: the address of a certificate is asked for in our
// look-up and nowhere else, whatever a token says.
func TestNothingIsFetched(t *testing.T) {
	var hits atomic.Int32
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer s.Close()
	old := http.DefaultTransport
	http.DefaultTransport = s.Client().Transport // it would trust this server
	defer func() { http.DefaultTransport = old }()
	w := newWorld(t)
	// The certificate names addresses of its own: issuer, OCSP, revocation list.
	company := w.anchor.issue(t, func(c *x509.Certificate) {
		c.IssuingCertificateURL, c.OCSPServer, c.CRLDistributionPoints = []string{s.URL + "/ca"}, []string{s.URL + "/ocsp"}, []string{s.URL + "/crl"}
	})
	there := s.URL + "/passport.cer"
	header := strings.Replace(shakenHeader, url, there, 1)
	var asked []string
	got := w.with(signToken(t, company.key, header, claims(t, nil))+";info=<"+there+">", func(in *Input) {
		in.Trust.Certificates = asker(func(u string) ([]*x509.Certificate, bool) {
			asked = append(asked, u)
			return []*x509.Certificate{company.cert}, true
		})
	})
	if got.State != Verified || len(asked) != 1 || asked[0] != there {
		t.Errorf("%s %q, asked for %q: want one question in the look-up", got.State, got.Reason, asked)
	}
	if got := w.with(signToken(t, company.key, header, claims(t, nil)), nil); got.State != NotChecked || got.Reason != NoCertificate {
		t.Errorf("not in the look-up: %s %q, want not_checked", got.State, got.Reason)
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the server of the token was asked %d times: want never", n)
	}
}

type asker func(string) ([]*x509.Certificate, bool)

func (a asker) Chain(u string) ([]*x509.Certificate, bool) { return a(u) }
