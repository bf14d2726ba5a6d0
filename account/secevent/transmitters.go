package secevent

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"go.yaml.in/yaml/v3"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/fault"
)

// Bounds of the files of transmitters and of their keys.
const (
	maxFile         = 1 << 20
	maxTransmitters = 1000
	maxKeys         = 100
	// RSA keys below 2048 bits are too weak (RFC 7518, 3.3); above 8192 checking one
	// costs too much.
	minRSA, maxRSA = 2048, 8192
)

// Transmitters are those whose security events are believed, by tenant and issuer.
// A nil one has none. It is safe for concurrent use.
type Transmitters struct {
	of map[access.Tenant]map[string]*transmitter
}

// transmitter is one who signs.
type transmitter struct {
	audience string
	keys     []publicKey
}

// publicKey is one key with the algorithms that it may be used by.
type publicKey struct {
	id         string
	key        any
	algorithms []jose.SignatureAlgorithm
}

// Read reads the file in which transmitters are registered: YAML with a list
// "transmitters" of tenant, issuer (iss), audience (one of aud) and keys, the name of
// a file with a JSON Web Key Set (RFC 7517), which open gives the bytes of. Errors
// name the entry and no key.
func Read(raw []byte, open func(name string) ([]byte, error)) (*Transmitters, error) {
	var file struct {
		Transmitters []struct {
			Tenant   string `yaml:"tenant"`
			Issuer   string `yaml:"issuer"`
			Audience string `yaml:"audience"`
			Keys     string `yaml:"keys"`
		} `yaml:"transmitters"`
	}
	if len(raw) > maxFile {
		return nil, fault.New(fault.TooLarge, "transmitters", "the file has %d bytes: at most %d", len(raw), maxFile)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "transmitters", "the file is no YAML of the form transmitters: [{tenant, issuer, audience, keys}]")
	}
	if len(file.Transmitters) > maxTransmitters {
		return nil, fault.New(fault.TooLarge, "transmitters", "the file has %d: at most %d", len(file.Transmitters), maxTransmitters)
	}
	out := &Transmitters{of: map[access.Tenant]map[string]*transmitter{}}
	for i, x := range file.Transmitters {
		wrong := func(format string, args ...any) error {
			return fault.New(fault.Invalid, "transmitters", "entry %d of the file: %s", i+1, fmt.Sprintf(format, args...))
		}
		tenant, err := access.ParseTenant(x.Tenant)
		if err != nil {
			return nil, wrong("its tenant is none")
		}
		if n := len(x.Issuer); n < 1 || n > event.MaxText {
			return nil, wrong("its issuer has %d bytes: want what its tokens have as iss, 1 to %d", n, event.MaxText)
		}
		if n := len(x.Audience); n < 1 || n > event.MaxText {
			return nil, wrong("its audience has %d bytes: want what its tokens for this server have as aud, 1 to %d", n, event.MaxText)
		}
		if out.Has(tenant, x.Issuer) {
			return nil, wrong("its issuer is there already for this tenant")
		}
		set, err := open(x.Keys)
		if err != nil {
			return nil, fmt.Errorf("transmitters: entry %d of the file: read its keys: %w", i+1, err)
		}
		keys, err := readKeys(set)
		if err != nil {
			return nil, wrong("its keys: %v", err)
		}
		if out.of[tenant] == nil {
			out.of[tenant] = map[string]*transmitter{}
		}
		out.of[tenant][x.Issuer] = &transmitter{audience: x.Audience, keys: keys}
	}
	return out, nil
}

func (t *Transmitters) senders(tenant access.Tenant) map[string]*transmitter {
	if t == nil {
		return nil
	}
	return t.of[tenant]
}

// Has tells whether an issuer is a transmitter of the tenant: events that name it as
// their source come as its tokens, and in no other way.
func (t *Transmitters) Has(tenant access.Tenant, issuer string) bool {
	return t.senders(tenant)[issuer] != nil
}

// Len is how many there are.
func (t *Transmitters) Len() (n int) {
	if t == nil {
		return 0
	}
	for _, x := range t.of {
		n += len(x)
	}
	return n
}

// readKeys reads a JSON Web Key Set. Keys of kinds that are not used here are left
// out (RFC 7517, 5); a private or a symmetric one is refused, since it has no place
// on a server that only checks.
func readKeys(raw []byte) ([]publicKey, error) {
	if len(raw) > maxFile {
		return nil, fmt.Errorf("the file has %d bytes: at most %d", len(raw), maxFile)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, errors.New("the file is no JSON Web Key Set: want {\"keys\": [...]}")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("the file has %d keys: at most %d", len(set.Keys), maxKeys)
	}
	var out []publicKey
	for i, one := range set.Keys {
		var said struct {
			Kind    string          `json:"kty"`
			Use     string          `json:"use"`
			Ops     []string        `json:"key_ops"`
			Private json.RawMessage `json:"d"`
			Secret  json.RawMessage `json:"k"`
		}
		if err := json.Unmarshal(one, &said); err != nil {
			return nil, fmt.Errorf("key %d is no JSON Web Key", i+1)
		}
		if said.Kind == "oct" || said.Private != nil || said.Secret != nil {
			return nil, fmt.Errorf("key %d is private or symmetric: put the public keys there only, and change that key, which was given away", i+1)
		}
		if said.Use != "" && said.Use != "sig" || said.Ops != nil && !slices.Contains(said.Ops, "verify") {
			continue
		}
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(one); err != nil {
			continue // a kind or a curve that is not known, or no key at all
		}
		if by := fitting(k); len(by) > 0 {
			out = append(out, publicKey{id: k.KeyID, key: k.Key, algorithms: by})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("none of %d can be used: want RSA (%d to %d bits), P-256 or Ed25519 for signatures", len(set.Keys), minRSA, maxRSA)
	}
	return out, nil
}

// fitting are the algorithms that a key may be used by: those of its kind, and the
// one that it names if it names one. So a token does not choose how its key is used.
func fitting(k jose.JSONWebKey) []jose.SignatureAlgorithm {
	var by []jose.SignatureAlgorithm
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n >= minRSA && n <= maxRSA && key.E > 2 {
			by = []jose.SignatureAlgorithm{jose.RS256, jose.PS256}
		}
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			by = []jose.SignatureAlgorithm{jose.ES256}
		}
	case ed25519.PublicKey:
		if len(key) == ed25519.PublicKeySize {
			by = []jose.SignatureAlgorithm{jose.EdDSA}
		}
	}
	if k.Algorithm == "" {
		return by
	}
	return slices.DeleteFunc(by, func(a jose.SignatureAlgorithm) bool { return string(a) != k.Algorithm })
}
