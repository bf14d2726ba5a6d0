package mailauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"math"
	"strconv"
	"strings"

	"bonafide/ident"
)

// signed is what DKIM-Signature and ARC-Message-Signature have in common.
type signed struct {
	raw              string // the whole field
	tags             tagList
	algorithm        string // "rsa" or "ed25519"
	domain, selector string
	headers          []string // h=, lower case
	headerC, bodyC   canon
	b, bh            []byte
	limit            int64 // l=, -1 without
	created, expires int64 // t= and x=, 0 without
}

// parseSigned reads a signature field. What could be read is returned beside
// the failure.
func parseSigned(raw string) (s signed, f *failure) {
	s = signed{raw: raw, limit: -1}
	_, value, _ := strings.Cut(raw, ":")
	var err error
	if s.tags, err = parseTags(value); err != nil {
		return s, permanent("signature: " + err.Error())
	}
	s.domain = strings.TrimSuffix(strings.ToLower(dropFWS(s.tags.get("d"))), ".")
	s.selector = strings.ToLower(dropFWS(s.tags.get("s")))
	for _, tag := range []string{"a", "b", "bh", "d", "h", "s"} {
		if s.tags.get(tag) == "" {
			return s, permanent("signature without " + tag + "=")
		}
	}
	if !isDNSName(s.domain) || !isDNSName(s.selector) {
		return s, permanent("signature: d= or s= is not a DNS name")
	}
	s.headers = colonList(s.tags.get("h"))
	if f = s.readAlgorithm(); f != nil {
		return s, f
	}
	if f = s.readNumbers(); f != nil {
		return s, f
	}
	var ok bool
	if s.headerC, s.bodyC, ok = parseCanon(dropFWS(s.tags.get("c"))); !ok {
		return s, permanent("signature: unknown c=")
	}
	if s.b, err = decode64(s.tags.get("b")); err != nil {
		return s, permanent("signature: b= is not base64")
	}
	if s.bh, err = decode64(s.tags.get("bh")); err != nil || len(s.bh) != sha256.Size {
		return s, permanent("signature: bh= is not a SHA-256 in base64")
	}
	return s, nil
}

// readAlgorithm takes a=. SHA-1 has failed for good (RFC 8301, 3.1).
func (s *signed) readAlgorithm() *failure {
	switch dropFWS(s.tags.get("a")) {
	case "rsa-sha256":
		s.algorithm = "rsa"
	case "ed25519-sha256":
		s.algorithm = "ed25519"
	case "rsa-sha1":
		return permanent("signature with SHA-1, which proves nothing any more")
	default:
		return permanent("signature: unknown a=")
	}
	return nil
}

// readNumbers takes l=, t= and x=.
func (s *signed) readNumbers() *failure {
	for _, n := range []struct {
		tag string
		to  *int64
	}{{"l", &s.limit}, {"t", &s.created}, {"x", &s.expires}} {
		v, ok := s.tags.lookup(n.tag)
		if !ok {
			continue
		}
		i, err := strconv.ParseUint(v, 10, 64)
		if err != nil && len(v) <= 76 && isDigits(v) {
			i = math.MaxInt64 // up to 76 digits are legal (RFC 6376, 3.5)
		} else if err != nil {
			return permanent("signature: " + n.tag + "= is not a number")
		}
		*n.to = int64(min(i, math.MaxInt64))
	}
	if s.created > 0 && s.expires > 0 && s.expires <= s.created {
		return permanent("signature: x= is not after t=")
	}
	return nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// check verifies body and header against the key.
func (s *signed) check(m *message, k *publicKey) *failure {
	if k.algorithm != s.algorithm {
		return permanent("key and signature are of different algorithms")
	}
	if k.hashes != nil && !contains(k.hashes, "sha256") {
		return permanent("key does not allow SHA-256")
	}
	if !k.email {
		return permanent("key is not for mail")
	}
	if !s.bodyMatches(m) {
		return &failure{value: Fail, reason: "the text was changed after it was signed"}
	}
	if !k.verify(s.digest(m), s.b) {
		return &failure{value: Fail, reason: "the signed header was changed, or the signature is not by this key"}
	}
	return nil
}

// bodyMatches compares the body with bh=.
func (s *signed) bodyMatches(m *message) bool {
	got := m.bodyHash(s.bodyC, s.limit)
	if s.limit > got.size {
		return false // RFC 6376, 3.5: l= beyond the body
	}
	return subtle.ConstantTimeCompare(got.sum[:], s.bh) == 1
}

// digest hashes the signed fields and then the signature itself without b=
// (RFC 6376, 3.7).
func (s *signed) digest(m *message) []byte {
	h := sha256.New()
	buf := make([]byte, 0, 1024)
	used := map[string]int{}
	for _, name := range s.headers {
		at := m.at[name]
		n := used[name]
		if n >= len(at) {
			continue // a field that is not there (RFC 6376, 5.4.2)
		}
		used[name] = n + 1
		buf = appendField(buf[:0], m.fields[at[len(at)-1-n]].raw, s.headerC)
		h.Write(buf)
	}
	buf = appendField(buf[:0], withoutB(s.raw), s.headerC)
	h.Write([]byte(strings.TrimSuffix(string(buf), "\r\n")))
	return h.Sum(nil)
}

// signs counts how often a name stands in h=.
func (s *signed) signs(name string) int {
	n := 0
	for _, h := range s.headers {
		if h == name {
			n++
		}
	}
	return n
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func domainOf(s string) ident.Domain {
	return ident.Domain(strings.TrimSuffix(strings.ToLower(s), "."))
}
