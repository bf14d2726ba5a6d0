package mailauth

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
)

// Key sizes of RSA in bits: below minRSA a signature is not valid, below
// weakRSA it is noted (RFC 8301, 3.2); above maxRSA it would cost too much.
const (
	minRSA  = 1024
	weakRSA = 2048
	maxRSA  = 8192
	maxKey  = 8 << 10 // bytes of a key record
)

// failure says why a signature does not pass.
type failure struct {
	value  Value
	reason string
	// keyGone is true when there is no key, or none any more.
	keyGone bool
}

func permanent(reason string) *failure {
	return &failure{value: PermError, reason: reason}
}

func noKey(reason string) *failure {
	return &failure{value: PermError, reason: reason, keyGone: true}
}

// publicKey is a key record of DNS (RFC 6376, 3.6.1), read.
type publicKey struct {
	algorithm string // "rsa" or "ed25519"
	rsa       *rsa.PublicKey
	ed        ed25519.PublicKey
	// hashes are those that h= allows; nil allows all.
	hashes []string
	// email is false when s= excludes mail.
	email bool
	// testing is t=y, strict is t=s.
	testing, strict bool
}

// key looks up and reads the key of a selector and domain.
func (l *lookups) key(ctx context.Context, selector, domain string) (*publicKey, *failure) {
	name := selector + "._domainkey." + domain
	if !isDNSName(name) {
		return nil, permanent("selector or domain is not a DNS name")
	}
	records, err := l.LookupTXT(ctx, name)
	if err != nil {
		return nil, keyFailure(err)
	}
	switch len(records) {
	case 0:
		return nil, noKey("no key record")
	case 1:
		return parseKey(records[0])
	}
	// RFC 6376, 3.6.2.2 leaves it undefined: refuse, so that nobody can choose.
	return nil, permanent("several key records")
}

func keyFailure(err error) *failure {
	if err == errOffline {
		return &failure{value: NotChecked, reason: "offline"}
	}
	switch lookupKind(err) {
	case None:
		return noKey("no key record")
	case TempError:
		return &failure{value: TempError, reason: "key record cannot be looked up now"}
	}
	return permanent("key record cannot be looked up")
}

// parseKey reads a key record.
func parseKey(record string) (*publicKey, *failure) {
	if len(record) > maxKey {
		return nil, permanent("key record too long")
	}
	tags, err := parseTags(record)
	if err != nil {
		return nil, permanent("key record: " + err.Error())
	}
	if v, ok := tags.lookup("v"); ok && (v != "DKIM1" || tags.names[0] != "v") {
		return nil, permanent("key record of another version")
	}
	p, ok := tags.lookup("p")
	if !ok {
		return nil, permanent("key record without a key")
	}
	if p == "" {
		return nil, noKey("key revoked")
	}
	der, err := decode64(p)
	if err != nil {
		return nil, permanent("key is not base64")
	}
	k := &publicKey{algorithm: tags.get("k"), email: true}
	if h, ok := tags.lookup("h"); ok {
		k.hashes = colonList(h)
	}
	if s, ok := tags.lookup("s"); ok {
		services := colonList(s)
		k.email = slices.Contains(services, "*") || slices.Contains(services, "email")
	}
	flags := colonList(tags.get("t"))
	k.testing, k.strict = slices.Contains(flags, "y"), slices.Contains(flags, "s")
	return k, k.read(der)
}

// read fills in the key itself.
func (k *publicKey) read(der []byte) *failure {
	switch k.algorithm {
	case "", "rsa":
		k.algorithm = "rsa"
		pub, err := parseRSA(der)
		if err != nil {
			return permanent("key is not an RSA key")
		}
		if n := pub.N.BitLen(); n < minRSA || n > maxRSA {
			return permanent(fmt.Sprintf("RSA key of %d bits: want %d to %d", n, minRSA, maxRSA))
		}
		k.rsa = pub
	case "ed25519":
		if len(der) != ed25519.PublicKeySize {
			return permanent("key is not an Ed25519 key")
		}
		k.ed = der
	default:
		return permanent("key of an unknown algorithm")
	}
	return nil
}

// parseRSA takes both forms of RFC 6376 erratum 3017.
func parseRSA(der []byte) (*rsa.PublicKey, error) {
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return x509.ParsePKCS1PublicKey(der)
	}
	k, ok := pub.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a %T", pub)
	}
	return k, nil
}

// verify checks a signature over a SHA-256 digest.
func (k *publicKey) verify(digest, sig []byte) bool {
	if k.rsa != nil {
		return rsa.VerifyPKCS1v15(k.rsa, crypto.SHA256, digest, sig) == nil
	}
	return ed25519.Verify(k.ed, digest, sig)
}

// colonList splits a list at colons, in lower case, without white space.
func colonList(s string) []string {
	if s = dropFWS(s); s == "" {
		return nil
	}
	return strings.Split(strings.ToLower(s), ":")
}
