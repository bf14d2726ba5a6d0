package callid

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of what an operator configures.
const (
	maxFile  = 1 << 20 // bytes of one file of certificates
	maxFiles = 2000    // files of a folder
	maxChain = 6       // certificates of one address
)

// LoadAnchors reads trust anchors: the certificates in one file, or those of
// all *.pem, *.crt and *.cer files of a folder (name "."), as PEM or DER. An
// error names the file that holds none, or one that is not of an authority.
func LoadAnchors(fsys fs.FS, name string) ([]*x509.Certificate, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("callid: load anchors: %w", err)
	}
	names := []string{name}
	if info.IsDir() {
		if names, err = folder(fsys, name); err != nil {
			return nil, fmt.Errorf("callid: load anchors: %w", err)
		}
	}
	var out []*x509.Certificate
	for _, n := range names {
		cs, err := certificates(fsys, n)
		if err != nil {
			return nil, fmt.Errorf("callid: load anchors: %w", err)
		}
		for _, c := range cs {
			if !c.IsCA || !c.BasicConstraintsValid {
				return nil, fmt.Errorf("callid: load anchors: %s: %q is no certificate of an authority (CA): only those may be trust anchors", n, c.Subject.CommonName)
			}
		}
		out = append(out, cs...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("callid: load anchors: %s has no *.pem, *.crt or *.cer file", name)
	}
	return out, nil
}

func folder(fsys fs.FS, name string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".pem", ".crt", ".cer"}, strings.ToLower(path.Ext(e.Name()))) {
			out = append(out, path.Join(name, e.Name()))
		}
	}
	if len(out) > maxFiles {
		return nil, fmt.Errorf("%d files: want at most %d", len(out), maxFiles)
	}
	return out, nil
}

// certificates reads the certificates of one file.
func certificates(fsys fs.FS, name string) ([]*x509.Certificate, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("%s has %d bytes: want at most %d", name, len(raw), maxFile)
	}
	if !bytes.Contains(raw, []byte("-----BEGIN")) {
		cs, err := x509.ParseCertificates(raw)
		if err != nil || len(cs) == 0 {
			return nil, fmt.Errorf("%s holds no certificate in PEM or DER form", name)
		}
		return cs, nil
	}
	var out []*x509.Certificate
	for {
		var b *pem.Block
		if b, raw = pem.Decode(raw); b == nil {
			break
		}
		if b.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s holds a %s: want certificates only", name, b.Type)
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", name, len(out)+1, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no certificate", name)
	}
	return out, nil
}

// Store holds certificates by the address that tokens name them with. It does
// not change and may be used by several goroutines.
type Store struct {
	chains map[string][]*x509.Certificate
}

// IndexFile is the list of a folder of certificates: which file stands for
// which address.
const IndexFile = "certificates.yaml"

// LoadStore reads a folder of certificates that somebody has put there; it
// fetches none. Its file certificates.yaml says which address each stands for:
//
//	certificates:
//	- url: https://cert.example.org/passport.cer
//	  file: example-2026.pem   # the signer's first, then those up to the anchor
//
// An error names the entry that is wrong.
func LoadStore(fsys fs.FS) (*Store, error) {
	raw, err := fs.ReadFile(fsys, IndexFile)
	if err != nil {
		return nil, fmt.Errorf("callid: load certificates: %w", err)
	}
	var index struct {
		AsOf         string `yaml:"as_of"`
		Source       string `yaml:"source"`
		Certificates []struct {
			URL  string `yaml:"url"`
			File string `yaml:"file"`
		} `yaml:"certificates"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&index); err != nil {
		return nil, fmt.Errorf("callid: load certificates: %s: %w", IndexFile, err)
	}
	if len(index.Certificates) > maxFiles {
		return nil, fmt.Errorf("callid: load certificates: %s: %d entries: want at most %d", IndexFile, len(index.Certificates), maxFiles)
	}
	s := &Store{chains: map[string][]*x509.Certificate{}}
	for i, e := range index.Certificates {
		wrong := func(err error) error {
			return fmt.Errorf("callid: load certificates: %s: entry %d: %w", IndexFile, i+1, err)
		}
		if !strings.HasPrefix(e.URL, "https://") {
			return nil, wrong(errors.New("url: want an https address, as tokens name it (ATIS-1000074)"))
		}
		if _, twice := s.chains[e.URL]; twice {
			return nil, wrong(errors.New("url stands twice"))
		}
		cs, err := certificates(fsys, path.Clean(e.File))
		if err != nil {
			return nil, wrong(err)
		}
		if len(cs) > maxChain {
			return nil, wrong(fmt.Errorf("%s holds %d certificates: want at most %d", e.File, len(cs), maxChain))
		}
		s.chains[e.URL] = cs
	}
	return s, nil
}

// Chain returns the certificates of an address, which must be written exactly
// as in the list. The caller must not change them.
func (s *Store) Chain(url string) ([]*x509.Certificate, bool) {
	cs, ok := s.chains[url]
	return cs, ok
}
