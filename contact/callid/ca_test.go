package callid

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"bonafide/ident"
)

// The call of these tests.
const (
	url    = "https://cert.example.org/passport.cer"
	caller = ident.Phone("+12155551212")
	called = ident.Phone("+12155551213")
)

var callTime = time.Date(2026, 11, 22, 9, 30, 15, 0, time.UTC)

// authorityCert is a certificate with its key.
type authorityCert struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// newAnchor makes a root certificate.
func newAnchor(t testing.TB) authorityCert { return newAnchorAt(t, callTime) }

func newAnchorAt(t testing.TB, at time.Time) authorityCert {
	t.Helper()
	key := newKey(t)
	tpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test anchor"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: at.AddDate(-5, 0, 0), NotAfter: at.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	return authorityCert{create(t, tpl, tpl, key.Public(), key), key}
}

func create(t testing.TB, tpl, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tpl, parent, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue makes a certificate for signing calls; change may alter it.
func (a authorityCert) issue(t testing.TB, change func(*x509.Certificate)) authorityCert {
	t.Helper()
	key := newKey(t)
	return authorityCert{a.certify(t, key.Public(), change), key}
}

func (a authorityCert) certify(t testing.TB, public crypto.PublicKey, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	tpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "SHAKEN", Organization: []string{"Example Telephone"}},
		NotBefore: callTime.AddDate(0, -1, 0), NotAfter: callTime.AddDate(0, 1, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{numbers(t, false, spc("709J"))},
	}
	if change != nil {
		change(tpl)
	}
	return create(t, tpl, a.cert, public, a.key)
}

// spc, one, block are entries of a TNAuthorizationList.
func spc(code string) asn1.RawValue { return entry(0, ia5(code)) }
func one(tn string) asn1.RawValue   { return entry(2, ia5(tn)) }

func row(start string, count int) asn1.RawValue {
	b, err := asn1.Marshal(struct {
		Start string `asn1:"ia5"`
		Count int
	}{start, count})
	if err != nil {
		panic(err)
	}
	return entry(1, b)
}

func ia5(s string) []byte {
	b, err := asn1.MarshalWithParams(s, "ia5")
	if err != nil {
		panic(err)
	}
	return b
}

func entry(tag int, inner []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: inner}
}

// numbers makes the extension of RFC 8226, 9.
func numbers(t testing.TB, critical bool, entries ...asn1.RawValue) pkix.Extension {
	t.Helper()
	der, err := asn1.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}, Critical: critical, Value: der}
}

// signToken signs header and claims as JSON.
func signToken(t testing.TB, key *ecdsa.PrivateKey, header, claims string) string {
	t.Helper()
	enc := base64.RawURLEncoding
	in := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	return in + "." + enc.EncodeToString(sig(t, key, in))
}

func sig(t testing.TB, key *ecdsa.PrivateKey, in string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(in))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

// claims are those of a SHAKEN token; change may alter them.
func claims(t testing.TB, change func(map[string]any)) string {
	t.Helper()
	m := map[string]any{
		"attest": "A", "origid": "123e4567-e89b-12d3-a456-426655440000", "iat": callTime.Unix() - 2,
		"orig": map[string]any{"tn": "12155551212"}, "dest": map[string]any{"tn": []string{"12155551213"}},
	}
	if change != nil {
		change(m)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const shakenHeader = `{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"` + url + `"}`

// params are the parameters of RFC 8224, 4, behind a token.
const params = ";info=<" + url + ">;alg=ES256;ppt=shaken"

// lookup is a Certificates of one address.
type lookup []*x509.Certificate

func (l lookup) Chain(u string) ([]*x509.Certificate, bool) { return l, u == url && len(l) > 0 }
