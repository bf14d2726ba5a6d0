package callid

import (
	"encoding/pem"
	"strings"
	"testing"
	"testing/fstest"
)

func pemOf(certs ...authorityCert) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})...)
	}
	return out
}

func TestLoadAnchors(t *testing.T) {
	a, b := newAnchor(t), newAnchor(t)
	leaf := a.issue(t, nil)
	fsys := fstest.MapFS{
		"two.pem": {Data: pemOf(a, b)}, "der.cer": {Data: a.cert.Raw}, "leaf.pem": {Data: pemOf(leaf)}, "junk.crt": {Data: []byte("junk")},
		"key.pem":    {Data: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})},
		"good/a.PEM": {Data: pemOf(a)}, "good/b.crt": {Data: b.cert.Raw}, "good/read.me": {Data: []byte("no certificate")},
		"none/read.me": {Data: nil},
	}
	for name, want := range map[string]int{"two.pem": 2, "der.cer": 1, "good": 2} {
		got, err := LoadAnchors(fsys, name)
		if err != nil || len(got) != want {
			t.Errorf("%s: %d anchors, %v: want %d", name, len(got), err, want)
		}
	}
	for name, want := range map[string]string{"leaf.pem": "no certificate of an authority", "junk.crt": "junk.crt", "key.pem": "PRIVATE KEY", "none": "has no", "absent": "absent", ".": ""} {
		if _, err := LoadAnchors(fsys, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, want)
		}
	}
}

func TestLoadStore(t *testing.T) {
	a := newAnchor(t)
	leaf := a.issue(t, nil)
	fsys := func(index string) fstest.MapFS {
		return fstest.MapFS{IndexFile: {Data: []byte(index)}, "a.pem": {Data: pemOf(leaf, a)}, "long.pem": {Data: pemOf(a, a, a, a, a, a, a)}}
	}
	s, err := LoadStore(fsys("as_of: x\nsource: y\ncertificates:\n- {url: \"" + url + "\", file: ./a.pem}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if cs, ok := s.Chain(url); !ok || len(cs) != 2 || !cs[0].Equal(leaf.cert) {
		t.Errorf("%d certificates, %v: want the signer's and the next", len(cs), ok)
	}
	if _, ok := s.Chain(strings.ToUpper(url)); ok {
		t.Error("an address that is written otherwise is another")
	}
	for name, index := range map[string]string{
		"url":       "certificates:\n- {url: \"http://a.example/\", file: a.pem}",
		"twice":     "certificates:\n- {url: \"https://a.example/\", file: a.pem}\n- {url: \"https://a.example/\", file: a.pem}",
		"entry 1":   "certificates:\n- {url: \"https://a.example/\", file: ../a.pem}",
		"at most":   "certificates:\n- {url: \"https://a.example/\", file: long.pem}",
		"not found": "certificates:\n- {uri: \"https://a.example/\", file: a.pem}",
		"yaml":      "certificates: {",
	} {
		if _, err := LoadStore(fsys(index)); err == nil || !strings.Contains(err.Error(), name) && name != "yaml" {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := LoadStore(fstest.MapFS{}); err == nil {
		t.Error("a folder without its list: want an error")
	}
}
