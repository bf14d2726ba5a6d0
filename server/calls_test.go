package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/server"
)

// put writes files into a new folder and returns it.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// anchorPEM makes a root certificate.
func anchorPEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Anchor"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestCalls: what an operator configures of calls reaches the answer.
func TestCalls(t *testing.T) {
	anchor := anchorPEM(t)
	dir := put(t, map[string]string{
		"anchors/a.pem": anchor, "certs/certificates.yaml": "certificates:\n- {url: \"https://cert.example.org/a\", file: a.pem}\n", "certs/a.pem": anchor,
		"reported.ndjson": `{"number": "+12065550188", "count": 3, "last": "2026-11", "source": "own", "contested": true, "note": "asked the company"}` + "\n",
	})
	ts := start(t, nil, func(c *config.Config) {
		c.Calls = config.Calls{Anchors: filepath.Join(dir, "anchors"), Certificates: filepath.Join(dir, "certs"), Reported: filepath.Join(dir, "reported.ndjson")}
	})
	// A header {"alg":"ES256","typ":"passport","x5u":"https://elsewhere.example/"} with a call of 2016.
	const identity = "eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9lbHNld2hlcmUuZXhhbXBsZS8ifQ.eyJkZXN0Ijp7InVyaSI6WyJzaXA6YWxpY2VAZXhhbXBsZS5jb20iXX0sImlhdCI6MTQ3MTM3NTQxOCwib3JpZyI6eyJ0biI6IjEyMTU1NTUxMjEyIn19.YWJj"
	res, err := http.Post(ts.URL+"/v1/contacts/check", "application/json", strings.NewReader(`{"channel":"call","call":{"number":"+12065550188","identity":"`+identity+`"}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"reason":"no_certificate"`, "number_report_contested", `"standing":"contested"`, `"note":"asked the company"`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the answer lacks %s: %.600s", want, raw)
		}
	}
}

// TestCallsMistakes: a mistake stops the start and is named.
func TestCallsMistakes(t *testing.T) {
	anchor := anchorPEM(t)
	dir := put(t, map[string]string{"a.pem": anchor, "junk.pem": "junk", "bad/certificates.yaml": "certificates:\n- {url: \"https://a.example\", file: b.pem}\n", "bad.ndjson": `{"number": "+12065550188"}`})
	at := func(name string) string { return filepath.Join(dir, name) }
	for want, calls := range map[string]config.Calls{
		"junk.pem": {Anchors: at("junk.pem")},
		"entry 1":  {Anchors: at("a.pem"), Certificates: at("bad")},
		"absent":   {Anchors: at("absent")},
		"count":    {Reported: at("bad.ndjson")},
	} {
		cfg := config.Default()
		cfg.Calls = calls
		if _, err := server.New(cfg, server.Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "2065550188") {
			t.Errorf("%s: error %v: want one that names the mistake", want, err)
		}
	}
	cfg := config.Default()
	cfg.Calls.Certificates = dir
	if errs := cfg.Check(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "calls.anchors") {
		t.Errorf("certificates without anchors: %v", errs)
	}
}
