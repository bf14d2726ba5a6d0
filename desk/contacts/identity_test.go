package contacts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/contact/callid"
	"bonafide/contact/phone"
	"bonafide/desk/contacts"
	"bonafide/fault"
)

// company signs calls with a certificate that stands at url.
type company struct {
	url   string
	key   *ecdsa.PrivateKey
	trust callid.Trust
}

// chains is a look-up of certificates.
type chains map[string][]*x509.Certificate

func (c chains) Chain(url string) ([]*x509.Certificate, bool) { cs, ok := c[url]; return cs, ok }

func newCompany(t *testing.T, url string, at time.Time) company {
	t.Helper()
	make1 := func(tpl, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, tpl, parent, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	rootKey, key := newECKey(t), newECKey(t)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Anchor"}, IsCA: true, BasicConstraintsValid: true, NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(1, 0, 0)}
	anchor := make1(root, root, rootKey, rootKey)
	// TNAuthorizationList with the service provider code 709J (RFC 8226, 9).
	list := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}, Value: []byte{0x30, 8, 0xa0, 6, 0x16, 4, '7', '0', '9', 'J'}}
	leaf := make1(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{Organization: []string{"Example Telephone"}}, NotBefore: at.AddDate(0, -1, 0), NotAfter: at.AddDate(0, 1, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{list}}, anchor, key, rootKey)
	return company{url, key, callid.Trust{Anchors: []*x509.Certificate{anchor}, Certificates: chains{url: {leaf}}}}
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign returns the Identity header of a call.
func (c company) sign(t *testing.T, attest, orig, dest string, at time.Time) string {
	t.Helper()
	enc := base64.RawURLEncoding
	in := enc.EncodeToString([]byte(`{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"`+c.url+`"}`)) + "." +
		enc.EncodeToString(fmt.Appendf(nil, `{"attest":"%s","dest":{"tn":["%s"]},"iat":%d,"orig":{"tn":"%s"},"origid":"123e4567-e89b-12d3-a456-426655440000"}`, attest, dest, at.Unix(), orig))
	sum := sha256.Sum256([]byte(in))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return in + "." + enc.EncodeToString(raw) + ";info=<" + c.url + ">;alg=ES256;ppt=shaken"
}

// TestCallIdentity follows signatures of calls from the request to the answer.
// None of them makes a call genuine, and none alone makes it a scam.
func TestCallIdentity(t *testing.T) {
	at := time.Date(2026, 11, 22, 11, 0, 20, 0, time.UTC)
	c := newCompany(t, "https://cert.example.org/a.pem", at)
	trusting := newDesk(t, func(cfg *contacts.Config) { cfg.CallTrust = c.trust })
	plain := newDesk(t)
	const amazon = "18882804331" // a number of the shop's, as data/brands has it
	call := func(number, header string) contacts.Request {
		return contacts.Request{Channel: "call", Country: "US", At: contacts.MomentOf(at), Text: "Hello, how are you today?",
			Call: &contacts.Call{Number: number, Called: "(212) 555-0123", Identity: contacts.Identities{header}}}
	}
	good := c.sign(t, "A", "12065550188", "12125550123", at)
	official := c.sign(t, "A", amazon, "12125550123", at)
	problem := call("888-280-4331", official)
	problem.Text = "This is Amazon. There is a problem with your order."
	tests := []struct {
		name   string
		desk   *contacts.Desk
		req    contacts.Request
		has    string
		lacks  string
		state  string
		reason string
	}{
		{"real number of nobody known", trusting, call("206-555-0188", good), "call_identity_full", "call_identity_official", "verified", ""},
		{"the shop's number", trusting, call("888-280-4331", official), "call_identity_official", "caller_shows_official", "verified", ""},
		{"the shop's number, a problem", trusting, problem, "call_identity_official", "", "verified", ""},
		{"the shop's number, only the gateway", trusting, call("888-280-4331", c.sign(t, "C", amazon, "12125550123", at)), "call_identity_gateway", "call_identity_official", "verified", ""},
		{"forged", trusting, call("888-280-4331", good), "call_identity_other_number", "", "failed", "other_number"},
		{"copied", trusting, call("206-555-0188", c.sign(t, "A", "12065550188", "13125550123", at)), "call_identity_other_call", "", "failed", "other_call"},
		{"broken", trusting, call("206-555-0188", strings.Replace(good, ".", ".e30", 1)), "call_identity_not_checked", "", "not_checked", "malformed"},
		{"nothing configured", plain, call("206-555-0188", good), "call_identity_not_checked", "call_identity_full", "not_checked", "no_anchors"},
	}
	for _, tt := range tests {
		a, err := tt.desk.Check(context.Background(), tt.req, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		codes := codesOf(a)
		if !slices.Contains(codes, tt.has) || tt.lacks != "" && slices.Contains(codes, tt.lacks) {
			t.Errorf("%s: %v: want %s, not %s", tt.name, codes, tt.has, tt.lacks)
		}
		if a.Verdict == "genuine" || a.Verdict == "scam" {
			t.Errorf("%s: %s: a signature neither clears nor convicts", tt.name, a.Verdict)
		}
		if len(a.Found.Identity) != 1 || a.Found.Identity[0].State != tt.state || a.Found.Identity[0].Reason != tt.reason {
			t.Errorf("%s: %+v: want %s %q", tt.name, a.Found.Identity, tt.state, tt.reason)
		}
	}
	a, err := trusting.Check(context.Background(), problem, contacts.Caller{})
	if err != nil || a.Verdict != "suspicious" {
		t.Errorf("%v %v: a signed problem call stays suspicious", a.Verdict, err)
	}
}

// TestCertificatesAreNotFetched: the desk asks no server for the certificate
// that a call names.
func TestCertificatesAreNotFetched(t *testing.T) {
	var hits atomic.Int32
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer s.Close()
	old := http.DefaultTransport
	http.DefaultTransport = s.Client().Transport
	defer func() { http.DefaultTransport = old }()
	at := time.Date(2026, 11, 22, 11, 0, 20, 0, time.UTC)
	c := newCompany(t, s.URL+"/a.pem", at)
	trust := c.trust
	trust.Certificates = chains{}
	d := newDesk(t, func(cfg *contacts.Config) { cfg.CallTrust = trust })
	a, err := d.Check(context.Background(), contacts.Request{Channel: "call", At: contacts.MomentOf(at),
		Call: &contacts.Call{Number: "+12065550188", Identity: contacts.Identities{c.sign(t, "A", "12065550188", "12125550123", at)}}}, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Found.Identity; len(got) != 1 || got[0].State != "not_checked" || got[0].Reason != "no_certificate" || hits.Load() != 0 {
		t.Errorf("%+v, asked %d times: want it not checked, and nobody asked", got, hits.Load())
	}
}

func TestIdentitiesJSON(t *testing.T) {
	for raw, want := range map[string]int{`"a.b.c"`: 1, `["a.b.c","d.e.f"]`: 2, `""`: 0, `[]`: 0, `null`: 0} {
		var call contacts.Call
		if err := json.Unmarshal([]byte(`{"identity":`+raw+`}`), &call); err != nil || len(call.Identity) != want {
			t.Errorf("%s: %d headers, %v: want %d", raw, len(call.Identity), err, want)
		}
	}
	for _, raw := range []string{`1`, `{}`, `[1]`} {
		var call contacts.Call
		if err := json.Unmarshal([]byte(`{"identity":`+raw+`}`), &call); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	d := newDesk(t)
	for _, ids := range []contacts.Identities{make(contacts.Identities, 21), {strings.Repeat("a", 200<<10)}} {
		_, err := d.Check(context.Background(), contacts.Request{Call: &contacts.Call{Identity: ids}}, contacts.Caller{})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.TooLarge {
			t.Errorf("%d headers: %v: want too large", len(ids), err)
		}
	}
}

// TestReportsNeverConvict: however often a number was reported, and whatever
// else is odd about it, the number alone makes no scam, in any channel. What
// has ended or is contested makes nothing worse than unknown.
func TestReportsNeverConvict(t *testing.T) {
	at := time.Date(2026, 11, 22, 11, 0, 20, 0, time.UTC)
	entry := func(more string) string {
		return `{"number": "+18885550147", "count": 1000000, "first": "2026-01-01", "last": "2026-11-20", "source": "own"` + more + "}"
	}
	desk := func(body string) *contacts.Desk {
		r, err := phone.LoadReports(fstest.MapFS{"r.ndjson": {Data: []byte(body)}}, "r.ndjson")
		if err != nil {
			t.Fatal(err)
		}
		return newDesk(t, func(cfg *contacts.Config) { cfg.Reports = r })
	}
	current, contested, ended := desk(entry("")), desk(entry(`, "contested": true, "note": "forged, says its holder"`)), desk(entry(`, "expires": "2026-11-21"`))
	for _, ch := range []string{"call", "voicemail", "sms", "mail", "chat", "letter", "screenshot", "order_notice", "web", ""} {
		for name, req := range map[string]contacts.Request{
			"shown":            {Channel: ch, From: "888-555-0147", Text: "Hello, please ring me.", Country: "US"},
			"in the text":      {Channel: ch, Text: "Call us at 888-555-0147", Country: "US"},
			"both, and abroad": {Channel: ch, From: "+1 888 555 0147", Text: "Call +1 888 555 0147 or +1 888 555 0148", Country: "DE"},
		} {
			req.At = contacts.MomentOf(at)
			for standing, d := range map[string]*contacts.Desk{"current": current, "contested": contested, "expired": ended} {
				a, err := d.Check(context.Background(), req, contacts.Caller{})
				if err != nil {
					t.Fatal(err)
				}
				codes := codesOf(a)
				if a.Verdict == "scam" || a.Verdict == "genuine" {
					t.Errorf("%s, %s, %s: %s (%.2f) by %v", ch, name, standing, a.Verdict, a.Probability, codes)
				}
				if slices.Contains(codes, "number_reported") != (standing == "current") {
					t.Errorf("%s, %s, %s: %v", ch, name, standing, codes)
				}
				if n := a.Found.Numbers; len(n) == 0 || n[0].Reports != 1000000 || n[0].Report == nil || n[0].Report.Standing != standing || n[0].Report.First != "2026-01-01" || n[0].Report.Last != "2026-11-20" {
					t.Errorf("%s, %s, %s: %+v: want count, dates and standing shown", ch, name, standing, n)
				}
			}
		}
	}
}

// TestContestedWeighsNothing: contesting a report takes its whole weight.
func TestContestedWeighsNothing(t *testing.T) {
	check := func(body string) *contacts.Answer {
		r, err := phone.LoadReports(fstest.MapFS{"r.ndjson": {Data: []byte(body)}}, "r.ndjson")
		if err != nil {
			t.Fatal(err)
		}
		d := newDesk(t, func(cfg *contacts.Config) { cfg.Reports = r })
		a, err := d.Check(context.Background(), contacts.Request{Channel: "call", From: "+12065550188", Country: "US", Text: "Hello, how are you?"}, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	const entry = `{"number": "+12065550188", "count": 90, "last": "2026-11-20", "source": "own"`
	none, held, contested := check(""), check(entry+"}"), check(entry+`, "contested": true, "note": "n"}`)
	if contested.Probability != none.Probability || held.Probability <= none.Probability {
		t.Errorf("no entry %.3f, contested %.3f, current %.3f: want the first two the same", none.Probability, contested.Probability, held.Probability)
	}
	if !slices.Contains(codesOf(contested), "number_report_contested") || contested.Found.Numbers[0].Report.Note != "n" {
		t.Errorf("%v: want the contested entry shown with its note", codesOf(contested))
	}
}
