package access

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.yaml.in/yaml/v3"

	"bonafide/fault"
)

// OwnerAudience is the audience of a token that opens the page of an account's
// owner. It differs from that of vouchers, so that neither opens what the other does.
const OwnerAudience = "bonafide-owner"

// OwnerSays is what a shop says of the account's owner in a token: RFC 7519
// claims with the shop's knowledge beside them. What is not given is not known.
type OwnerSays struct {
	jwt.RegisteredClaims
	// Lang is the language of the page: en, de or ja.
	Lang string `json:"lang,omitempty"`
	// Brand is the id of the brand whose names of menus are shown, such as "amazon".
	Brand string `json:"brand,omitempty"`
	// Zone is the time zone of the page, such as "Asia/Tokyo".
	Zone string `json:"zone,omitempty"`
	// Orders are the numbers of orders as the shop's events name them: those that
	// are known here are shown by number, all others by date and amount only.
	Orders []string `json:"orders,omitempty"`
	// SecondStep tells whether the account has a second step at log-in.
	SecondStep *bool `json:"second_step,omitempty"`
	// Cards, Sessions and Devices are how many the account has now.
	Cards    *int `json:"cards,omitempty"`
	Sessions *int `json:"sessions,omitempty"`
	Devices  *int `json:"devices,omitempty"`
}

// Owner is whose page a token opens.
type Owner struct {
	Tenant Tenant
	// Key is the id of the key that signed, Serial the token's own (jti): together
	// they tell the token apart, so that it is good once.
	Key, Serial string
	// Account is named as the shop's events name it.
	Account string
	Expires time.Time
	OwnerSays
}

// ownerKey is one key that tokens are checked with.
type ownerKey struct {
	tenant    Tenant
	algorithm string
	key       any
	until     time.Time
}

// OwnerKeys checks tokens that shops sign for the pages of their customers. Each
// key has one algorithm and one tenant; a token cannot choose either. It is safe
// for concurrent use.
type OwnerKeys struct{ keys map[string]ownerKey }

// Bounds of a token and of the file of keys.
const (
	maxOwnerToken  = 16 << 10
	maxOwnerOrders = 200
	maxOwnerKeys   = 1000
	maxOwnerFile   = 1 << 20
)

// ErrOwnerToken is the one answer to every token that opens nothing; what was wrong
// with it stands behind it, for the server's log.
var ErrOwnerToken = fault.New(fault.Forbidden, "token", "this link does not open anything any more: it is good once and for some minutes; open the page again from your account at the shop")

// ReadOwnerKeys reads the file in which keys are registered: YAML with a list
// "keys" of id, tenant, algorithm (EdDSA, ES256 or HS256), public_key (PEM) or
// secret (HS256, 32 bytes or more), and until, where it ends by itself. Errors
// name the key and no secret.
func ReadOwnerKeys(raw []byte) (*OwnerKeys, error) {
	var file struct {
		Keys []struct {
			ID        string    `yaml:"id"`
			Tenant    string    `yaml:"tenant"`
			Algorithm string    `yaml:"algorithm"`
			Public    string    `yaml:"public_key"`
			Secret    string    `yaml:"secret"`
			Until     time.Time `yaml:"until"`
		} `yaml:"keys"`
	}
	if len(raw) > maxOwnerFile {
		return nil, fault.New(fault.TooLarge, "owner keys", "the file has %d bytes: at most %d", len(raw), maxOwnerFile)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "owner keys", "the file is no YAML of the form keys: [{id, tenant, algorithm, public_key or secret, until}]")
	}
	if len(file.Keys) > maxOwnerKeys {
		return nil, fault.New(fault.TooLarge, "owner keys", "the file has %d keys: at most %d", len(file.Keys), maxOwnerKeys)
	}
	out := &OwnerKeys{keys: map[string]ownerKey{}}
	for i, k := range file.Keys {
		wrong := func(format string, args ...any) error {
			return fault.New(fault.Invalid, "owner keys", "key %d of the file: %s", i+1, fmt.Sprintf(format, args...))
		}
		tenant, err := ParseTenant(k.Tenant)
		if err != nil {
			return nil, wrong("its tenant is none")
		}
		if len(k.ID) < 1 || len(k.ID) > 64 {
			return nil, wrong("its id has %d characters: want 1 to 64", len(k.ID))
		}
		if _, ok := out.keys[k.ID]; ok {
			return nil, wrong("its id is taken by another one")
		}
		key, err := keyOf(k.Algorithm, k.Public, k.Secret)
		if err != nil {
			return nil, wrong("%v", err)
		}
		out.keys[k.ID] = ownerKey{tenant, k.Algorithm, key, k.Until}
	}
	return out, nil
}

// keyOf reads what tokens of one algorithm are checked with.
func keyOf(algorithm, public, secret string) (any, error) {
	if algorithm == "HS256" {
		if len(secret) < 32 || public != "" {
			return nil, errors.New("HS256 wants a secret of 32 bytes or more, and no public_key")
		}
		return []byte(secret), nil
	}
	if algorithm != "EdDSA" && algorithm != "ES256" {
		return nil, errors.New("its algorithm is none of EdDSA, ES256, HS256")
	}
	block, _ := pem.Decode([]byte(public))
	if block == nil || block.Type != "PUBLIC KEY" || secret != "" {
		return nil, errors.New("it wants a public_key in PEM (BEGIN PUBLIC KEY), and no secret")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("its public_key cannot be read")
	}
	switch k := key.(type) {
	case ed25519.PublicKey:
		if algorithm == "EdDSA" {
			return k, nil
		}
	case *ecdsa.PublicKey:
		if algorithm == "ES256" && k.Curve == elliptic.P256() {
			return k, nil
		}
	}
	return nil, errors.New("its public_key is not of its algorithm (EdDSA: Ed25519; ES256: P-256)")
}

// Len is how many keys there are.
func (k *OwnerKeys) Len() int {
	if k == nil {
		return 0
	}
	return len(k.keys)
}

// Check returns whose page a token opens at a time. That it was not used before is
// for who keeps that (desk/accounts). Every error is ErrOwnerToken; the second
// result tells the server's log what was wrong, without a value of the token.
func (k *OwnerKeys) Check(token string, now time.Time) (o Owner, why string, err error) {
	if k.Len() == 0 || token == "" || len(token) > maxOwnerToken {
		return o, "no key is registered, or the token is empty or too long", ErrOwnerToken
	}
	var c OwnerSays
	var found ownerKey
	var id string
	_, err = jwt.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		id, _ = t.Header["kid"].(string)
		var ok bool
		if found, ok = k.keys[id]; !ok {
			return nil, errors.New("names no key that is registered (kid)")
		}
		if t.Method.Alg() != found.algorithm || t.Header["crit"] != nil {
			return nil, errors.New("is not of the algorithm of its key, or wants what is not understood (crit)")
		}
		if !found.until.IsZero() && !now.Before(found.until) {
			return nil, errors.New("is signed with a key that has ended")
		}
		return found.key, nil
	}, jwt.WithValidMethods([]string{"EdDSA", "ES256", "HS256"}), jwt.WithAudience(OwnerAudience), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return now }))
	switch {
	case err != nil:
		return o, reasonOf(err), ErrOwnerToken
	case c.ExpiresAt.After(now.Add(MaxAge)):
		return o, "is valid for more than 15 minutes", ErrOwnerToken
	case c.Subject == "" || len(c.Subject) > 512:
		return o, "names no account (sub)", ErrOwnerToken
	case len(c.ID) < 16 || len(c.ID) > 128:
		return o, "has no serial (jti) of 16 to 128 characters", ErrOwnerToken
	case len(c.Orders) > maxOwnerOrders || slices.ContainsFunc(c.Orders, func(s string) bool { return s == "" || len(s) > 100 }):
		return o, "has more than 200 orders, or one whose number is empty or long", ErrOwnerToken
	case len(c.Lang) > 8 || len(c.Brand) > 40 || len(c.Zone) > 40 || !few(c.Cards) || !few(c.Sessions) || !few(c.Devices):
		return o, "has a count below 0 or above 10,000, or a long text", ErrOwnerToken
	}
	return Owner{Tenant: found.tenant, Key: id, Serial: c.ID, Account: c.Subject, Expires: c.ExpiresAt.Time, OwnerSays: c}, "", nil
}

func few(n *int) bool { return n == nil || *n >= 0 && *n <= 10_000 }

// reasonOf is what is wrong with a token by its kind: the library's texts can hold
// parts of it.
func reasonOf(err error) string {
	for _, x := range []struct {
		err  error
		text string
	}{{jwt.ErrTokenUnverifiable, "names no key that is registered and still good, or another algorithm than its key's"},
		{jwt.ErrTokenSignatureInvalid, "is not signed by its key"}, {jwt.ErrTokenExpired, "is too old"},
		{jwt.ErrTokenInvalidAudience, "is for another audience"}, {jwt.ErrTokenRequiredClaimMissing, "lacks its end or its audience"}} {
		if errors.Is(err, x.err) {
			return x.text
		}
	}
	return "is no token, or not good yet"
}

// SignOwner makes a token, as a shop does it; for demonstrations and tests. The key
// is an ed25519.PrivateKey, an *ecdsa.PrivateKey of P-256 or a secret.
func SignOwner(kid string, key any, says OwnerSays) (string, error) {
	var m jwt.SigningMethod = jwt.SigningMethodHS256
	switch key.(type) {
	case ed25519.PrivateKey:
		m = jwt.SigningMethodEdDSA
	case *ecdsa.PrivateKey:
		m = jwt.SigningMethodES256
	}
	says.Audience = jwt.ClaimStrings{OwnerAudience}
	t := jwt.NewWithClaims(m, says)
	t.Header["kid"] = kid
	return t.SignedString(key)
}
