package access

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.yaml.in/yaml/v3"

	"bonafide/fault"
)

// Bounds of a security event token and of the file of transmitters.
const (
	// MaxSET is the longest token in bytes.
	MaxSET            = 96 << 10
	maxTransmitters   = 1000
	maxTransmitterJWK = 20
	maxTransmitterAll = 4 << 20
	// A token is issued at most this long ago, which leaves a transmitter a week to
	// try again, and at most this far ahead of the server's clock.
	setAge   = 7 * 24 * time.Hour
	setAhead = 5 * time.Minute
)

// Refusals of security event tokens by the codes of RFC 8935 section 2.4.
const (
	InvalidRequest  = "invalid_request"
	InvalidKey      = "invalid_key"
	InvalidIssuer   = "invalid_issuer"
	InvalidAudience = "invalid_audience"
)

// SETError is why a token is refused. Its text holds nothing of the token.
type SETError struct {
	// Code is one of RFC 8935 section 2.4.
	Code string
	Text string
}

// Error tells what is wrong.
func (e *SETError) Error() string { return "the security event token " + e.Text }

func refusedSET(code, format string, args ...any) error {
	return &SETError{code, fmt.Sprintf(format, args...)}
}

// transmitter is who may tell a tenant of security events.
type transmitter struct {
	audience string
	keys     []jose.JSONWebKey
}

type transmitterID struct {
	tenant Tenant
	issuer string
}

// Transmitters checks security event tokens (RFC 8417) of those who are registered
// to send them (OpenID Shared Signals). Each has keys and an audience of its own; a
// token can choose neither, and no key is ever fetched. It is safe for concurrent use.
type Transmitters struct {
	list map[transmitterID]transmitter
}

// ReadTransmitters reads the file in which transmitters are registered: YAML with a
// list "transmitters" of tenant, issuer, audience and jwks, the transmitter's public
// keys as a JWK Set (RFC 7517), which as JSON is YAML, too. Errors name the place in
// the list and no key.
func ReadTransmitters(raw []byte) (*Transmitters, error) {
	var file struct {
		Transmitters []struct {
			Tenant   string `yaml:"tenant"`
			Issuer   string `yaml:"issuer"`
			Audience string `yaml:"audience"`
			Keys     any    `yaml:"jwks"`
		} `yaml:"transmitters"`
	}
	if len(raw) > maxTransmitterAll {
		return nil, fault.New(fault.TooLarge, "transmitters", "the file has %d bytes: at most %d", len(raw), maxTransmitterAll)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "transmitters", "the file is no YAML of the form transmitters: [{tenant, issuer, audience, jwks}]")
	}
	if len(file.Transmitters) > maxTransmitters {
		return nil, fault.New(fault.TooLarge, "transmitters", "the file has %d transmitters: at most %d", len(file.Transmitters), maxTransmitters)
	}
	out := &Transmitters{map[transmitterID]transmitter{}}
	for i, x := range file.Transmitters {
		wrong := func(format string, args ...any) error {
			return fault.New(fault.Invalid, "transmitters", "transmitter %d of the file: %s", i+1, fmt.Sprintf(format, args...))
		}
		tenant, err := ParseTenant(x.Tenant)
		id := transmitterID{tenant, x.Issuer}
		switch _, taken := out.list[id]; {
		case err != nil:
			return nil, wrong("its tenant is none")
		case x.Issuer == "" || len(x.Issuer) > 512 || x.Audience == "" || len(x.Audience) > 512:
			return nil, wrong("issuer and audience want 1 to 512 characters")
		case taken:
			return nil, wrong("the tenant has one of this issuer already: put all its keys into one")
		}
		keys, err := publicKeys(x.Keys)
		if err != nil {
			return nil, wrong("jwks: %v", err)
		}
		out.list[id] = transmitter{x.Audience, keys}
	}
	return out, nil
}

// publicKeys reads the keys of a JWK Set that can sign tokens.
func publicKeys(set any) ([]jose.JSONWebKey, error) {
	raw, err := json.Marshal(set)
	if err != nil {
		return nil, errors.New("is no JWK Set")
	}
	var in jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, errors.New("is no JWK Set of public keys")
	}
	out := slices.DeleteFunc(in.Keys, func(k jose.JSONWebKey) bool { return k.Use == "enc" })
	if len(out) == 0 || len(out) > maxTransmitterJWK {
		return nil, fmt.Errorf("has %d keys that sign: want 1 to %d", len(out), maxTransmitterJWK)
	}
	for i := range out {
		if len(algorithms(&out[i])) == 0 {
			return nil, fmt.Errorf("key %d is none that is taken: RSA of 2,048 bits or more, P-256 or Ed25519, public", i+1)
		}
	}
	return out, nil
}

// algorithms are those that a key may be used with.
func algorithms(k *jose.JSONWebKey) []jose.SignatureAlgorithm {
	var out []jose.SignatureAlgorithm
	switch p := k.Key.(type) {
	case *rsa.PublicKey:
		if p.N.BitLen() >= 2048 {
			out = []jose.SignatureAlgorithm{jose.RS256, jose.PS256}
		}
	case *ecdsa.PublicKey:
		if p.Curve.Params().BitSize == 256 {
			out = []jose.SignatureAlgorithm{jose.ES256}
		}
	case ed25519.PublicKey:
		out = []jose.SignatureAlgorithm{jose.EdDSA}
	}
	if k.Algorithm != "" {
		out = slices.DeleteFunc(out, func(a jose.SignatureAlgorithm) bool { return string(a) != k.Algorithm })
	}
	return out
}

// Len is how many there are.
func (t *Transmitters) Len() int {
	if t == nil {
		return 0
	}
	return len(t.list)
}

// Check returns the claims of a token (compact serialization) for a tenant, signed by
// the issuer that it names and made for the audience that is registered with it. The
// token must be typed as RFC 8417 section 2.3 has it, so that no other token of the
// issuer passes for one. Every error is a *SETError.
func (t *Transmitters) Check(tenant Tenant, token []byte, now time.Time) (claims []byte, err error) {
	if len(token) > MaxSET {
		return nil, refusedSET(InvalidRequest, "has %d bytes: at most %d", len(token), MaxSET)
	}
	s, err := jose.ParseSignedCompact(strings.TrimSpace(string(token)), []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA})
	if err != nil {
		return nil, refusedSET(InvalidRequest, "is no token in compact form that is signed with RS256, PS256, ES256 or EdDSA")
	}
	head := s.Signatures[0].Protected
	if kind, _ := head.ExtraHeaders[jose.HeaderType].(string); !setType(kind) {
		return nil, refusedSET(InvalidRequest, "is not of the type secevent+jwt (typ)")
	}
	if _, ok := head.ExtraHeaders["crit"]; ok {
		return nil, refusedSET(InvalidRequest, "wants what is not understood (crit)")
	}
	var is struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(s.UnsafePayloadWithoutVerification(), &is); err != nil {
		return nil, refusedSET(InvalidRequest, "holds no claims in JSON")
	}
	if t == nil {
		return nil, refusedSET(InvalidIssuer, "is of an issuer that is not registered here")
	}
	from, ok := t.list[transmitterID{tenant, is.Issuer}]
	if !ok {
		return nil, refusedSET(InvalidIssuer, "is of an issuer that is not registered here")
	}
	if claims, err = from.verify(s); err != nil {
		return nil, err
	}
	return claims, from.meant(claims, now)
}

func setType(s string) bool {
	s = strings.ToLower(s)
	return s == "secevent+jwt" || s == "application/secevent+jwt"
}

// verify checks the signature with the keys that may have made it.
func (x transmitter) verify(s *jose.JSONWebSignature) ([]byte, error) {
	head := s.Signatures[0].Protected
	for i := range x.keys {
		k := &x.keys[i]
		if head.KeyID != "" && k.KeyID != "" && k.KeyID != head.KeyID || !slices.Contains(algorithms(k), jose.SignatureAlgorithm(head.Algorithm)) {
			continue
		}
		if claims, err := s.Verify(k.Key); err == nil {
			return claims, nil
		}
	}
	return nil, refusedSET(InvalidKey, "is not signed by a key of its issuer: register its present keys")
}

// meant checks whom the claims are for, and when they were issued.
func (x transmitter) meant(claims []byte, now time.Time) error {
	var c struct {
		Audience json.RawMessage `json:"aud"`
		Issued   *float64        `json:"iat"`
		Expires  *float64        `json:"exp"`
	}
	if err := json.Unmarshal(claims, &c); err != nil {
		return refusedSET(InvalidRequest, "has a claim aud, iat or exp of another form than RFC 7519 has it")
	}
	var one string
	var several []string
	if json.Unmarshal(c.Audience, &one) == nil {
		several = []string{one}
	} else if json.Unmarshal(c.Audience, &several) != nil {
		return refusedSET(InvalidAudience, "names no audience (aud)")
	}
	if !slices.Contains(several, x.audience) {
		return refusedSET(InvalidAudience, "is for another audience than the one registered")
	}
	at := func(sec float64) time.Time { return time.Unix(int64(min(max(sec, 0), 1<<40)), 0) }
	switch {
	case c.Issued == nil:
		return refusedSET(InvalidRequest, "does not tell when it was issued (iat)")
	case at(*c.Issued).After(now.Add(setAhead)):
		return refusedSET(InvalidRequest, "was issued more than 5 minutes ahead of the server's clock")
	case at(*c.Issued).Before(now.Add(-setAge)):
		return refusedSET(InvalidRequest, "was issued more than 7 days ago")
	case c.Expires != nil && !at(*c.Expires).After(now):
		return refusedSET(InvalidRequest, "has expired")
	}
	return nil
}
