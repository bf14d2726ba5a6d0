package callid

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
	"time"
)

// checker holds one check while it runs.
type checker struct{ in Input }

// token looks at one header: first what keeps it from being checked at all,
// then the signature, then what is signed.
func (c *checker) token(h header) Token {
	if h.broken {
		return Token{Reason: Malformed, Type: Type(clip(h.ppt))}
	}
	if strings.HasPrefix(h.token, "..") {
		return c.compact(h)
	}
	p, err := read(h.token)
	if err != nil {
		return Token{Reason: Malformed, Type: Type(clip(h.ppt))}
	}
	t := Token{
		Type: Type(clip(string(p.typeOf))), Attest: p.attest, OrigID: p.origID, Orig: p.orig, Dest: p.dest, IssuedAt: p.iat,
		CertificateURL: p.x5u, Rich: p.hasRich,
	}
	t.State, t.Reason = c.judge(h, p, &t)
	return t
}

// clip bounds a word of a stranger's that is shown.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 24)], "") }

// judge says what becomes of a PASSporT that could be read. The steps are those
// of RFC 8224, 6.2; a certificate that we do not have comes before all others.
func (c *checker) judge(h header, p *passport, t *Token) (State, Reason) {
	switch p.typeOf {
	case Base, Shaken, Div, DivO, RCD:
	default:
		return NotChecked, UnknownType
	}
	if p.alg != "ES256" || p.critical {
		return NotChecked, UnknownAlgorithm
	}
	chain, reason := c.chain(p.x5u)
	if reason != "" {
		return NotChecked, reason
	}
	t.Signer, t.SPC = signer(chain[0])
	if reason = suitable(chain[0]); reason != "" {
		return NotChecked, reason
	}
	at := c.in.At
	if at.IsZero() {
		at = p.iat
	}
	if !verify(chain[0], p.signed, p.signature) {
		if at.Before(chain[0].NotBefore) || at.After(chain[0].NotAfter) {
			return NotChecked, Outdated
		}
		return Failed, BadSignature
	}
	// From here on it is known that the holder of this certificate signed.
	if state, reason := c.path(chain, at, p.orig); reason != "" {
		return state, reason
	}
	if h.info != "" && h.info != p.x5u || h.alg != "" && h.alg != p.alg || h.hasPPT && Type(h.ppt) != p.typeOf {
		return Failed, Parameters
	}
	return c.compare(p, t)
}

// compare holds what is signed against the call.
func (c *checker) compare(p *passport, t *Token) (State, Reason) {
	if c.in.Caller != "" && p.orig != "" && p.orig != c.in.Caller {
		return Failed, OtherNumber
	}
	if c.in.Called != "" && len(p.dest) > 0 {
		if !slices.Contains(p.dest, c.in.Called) {
			return Failed, OtherCall
		}
		t.ToCalled = true
	}
	// Last, because the time that a person gives is the least sure.
	if !c.in.At.IsZero() && !fresh(p.iat, c.in.At) {
		return Failed, Stale
	}
	switch {
	case c.in.At.IsZero():
		return NotChecked, NoTime
	case c.in.Caller == "" || p.orig == "":
		return NotChecked, NoNumber
	}
	return Verified, ""
}

// fresh reports whether a token was made within a minute of the call. A time
// without seconds was read off a clock and means the whole minute.
func fresh(iat, at time.Time) bool {
	from, until := window(at)
	return !iat.Before(from) && !iat.After(until)
}

func window(at time.Time) (from, until time.Time) {
	from, until = at.Add(-freshness), at.Add(freshness)
	if at.Second() == 0 && at.Nanosecond() == 0 {
		until = until.Add(59 * time.Second)
	}
	return from, until
}

// verify checks an ES256 signature: two numbers of 32 bytes over the SHA-256 of
// what is signed (RFC 7518, 3.4).
func verify(leaf *x509.Certificate, signed string, signature []byte) bool {
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || len(signature) != 64 {
		return false
	}
	sum := sha256.Sum256([]byte(signed))
	return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

// compact checks a token in compact form: the signature alone. What it signs is
// restored from the call, for every second that the call may have been signed
// in, because the Date header that had it is not at hand. That none fits proves
// nothing: then it is not checked, never failed. RFC 8588 has no compact form for
// "shaken": what it attests could not be restored.
func (c *checker) compact(h header) Token {
	t := Token{Type: Type(clip(h.ppt)), CertificateURL: h.info, Compact: true, Reason: CompactForm}
	signature, err := decode(h.token[2:])
	switch {
	case err != nil || len(signature) != 64 || h.info == "":
		t.Reason = Malformed
		return t
	case h.ppt != "" || c.in.Caller == "" || c.in.Called == "" || c.in.At.IsZero():
		return t
	case h.alg != "" && h.alg != "ES256":
		t.Reason = UnknownAlgorithm
		return t
	}
	chain, reason := c.chain(h.info)
	if reason == "" {
		t.Signer, t.SPC = signer(chain[0])
		reason = suitable(chain[0])
	}
	if reason != "" {
		t.Reason = reason
		return t
	}
	from, until := window(c.in.At.Truncate(time.Second))
	for at := from; !at.After(until); at = at.Add(time.Second) {
		if !verify(chain[0], restore(h.info, c.in.Caller, c.in.Called, at), signature) {
			continue
		}
		t.Orig, t.Dest, t.IssuedAt, t.ToCalled = c.in.Caller, append(t.Dest, c.in.Called), at.UTC(), true
		t.State, t.Reason = c.path(chain, c.in.At, t.Orig)
		if t.Reason == "" {
			t.State = Verified
		}
		return t
	}
	return t
}
