// Package secevent proves who sent a security event token (RFC 8417): what an
// identity provider says of a customer's account by CAEP or RISC is believed only
// where a key of that provider signed it, for us, a short while ago.
//
// Keys come from files that the operator put there; none is ever fetched, and none
// that a token brings along is looked at. The package keeps nothing: that a token
// counts once (jti) is for the log, as for every event. It is not for the meaning of
// the event (event.ParseSET).
//
//	senders, err := secevent.Read(file, readBeside)
//	e, ok, err := senders.Verify("main", token, time.Now())
package secevent

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/fault"
)

// Bounds of a token.
const (
	// MaxToken is the largest one in bytes: the largest event in base64, with
	// header and signature.
	MaxToken = event.MaxSize/3*4 + 8<<10
	// MaxAhead is how far ahead of our clock it may be issued, MaxAge how long ago: a
	// transmitter that could not reach us sends again for a while, and what comes
	// later than the policy's lateness is judged and not counted.
	MaxAhead = 5 * time.Minute
	MaxAge   = 7 * 24 * time.Hour
	// maxHeader is the largest header, in base64.
	maxHeader = 8 << 10
)

// Code is an error code of the delivery of security event tokens (RFC 8935, 2.4).
type Code string

// The codes.
const (
	InvalidRequest       Code = "invalid_request"
	InvalidKey           Code = "invalid_key"
	InvalidIssuer        Code = "invalid_issuer"
	InvalidAudience      Code = "invalid_audience"
	AuthenticationFailed Code = "authentication_failed"
	AccessDenied         Code = "access_denied"
)

// refusal is a fault with its code.
type refusal struct {
	code Code
	why  *fault.Error
}

// Error returns the text of the fault.
func (r *refusal) Error() string { return r.why.Error() }

// Unwrap returns the fault.
func (r *refusal) Unwrap() error { return r.why }

func refuse(c Code, field, format string, args ...any) error {
	return &refusal{c, fault.New(fault.Invalid, field, format, args...)}
}

// CodeOf returns the code of an error: that of Verify, access_denied for
// fault.Forbidden, else invalid_request.
func CodeOf(err error) Code {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r.code
	case fault.KindOf(err) == fault.Forbidden:
		return AccessDenied
	}
	return InvalidRequest
}

// algorithms are those of RFC 7518 and RFC 8037 by which a signature is believed:
// only such as nobody who has the public key can make. There is no "none" among
// them and no HMAC.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA}
}

// Verify returns the event of a token that a transmitter of the tenant signed for
// it. ok is false for a token about the stream itself (event.Claims.Stream), which
// says nothing of any account. Errors are fault.Invalid or fault.TooLarge with the
// place that was wrong and never a value; CodeOf tells their code.
func (t *Transmitters) Verify(tenant access.Tenant, token []byte, now time.Time) (e event.Event, ok bool, err error) {
	senders := t.senders(tenant)
	if len(senders) == 0 {
		return e, false, refuse(InvalidIssuer, "iss", "there is no transmitter of security events here: register it first (accounts.transmitters)")
	}
	jws, err := parse(token)
	if err != nil {
		return e, false, err
	}
	claims := jws.UnsafePayloadWithoutVerification() // not believed before verify
	c, err := event.SETClaims(claims)
	if err != nil {
		return e, false, err
	}
	from := senders[c.Issuer]
	if from == nil {
		return e, false, refuse(InvalidIssuer, "iss", "is no transmitter that is registered here: register it (accounts.transmitters), in the same writing")
	}
	if err := from.verify(jws); err != nil {
		return e, false, err
	}
	if err := from.admit(c, now); err != nil || c.Stream {
		return e, false, err
	}
	e, err = event.ParseSET(claims)
	return e, err == nil, err
}

// parse takes a token apart (RFC 7515, compact form) and looks at its header,
// without believing any of it.
func parse(token []byte) (*jose.JSONWebSignature, error) {
	if len(token) > MaxToken {
		return nil, fault.New(fault.TooLarge, "", "a security event token of %d bytes is too large: at most %d", len(token), MaxToken)
	}
	token = bytes.TrimSpace(token)
	malformed := refuse(InvalidRequest, "", "this is no signed token in compact form: three parts of base64url with dots between them (RFC 7515)")
	other := func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if bytes.Count(token, []byte(".")) != 2 || bytes.IndexFunc(token, other) >= 0 {
		return nil, malformed
	}
	if bytes.IndexByte(token, '.') > maxHeader {
		return nil, fault.New(fault.TooLarge, "header", "is too large: at most %d bytes", maxHeader)
	}
	jws, err := jose.ParseSignedCompact(string(token), algorithms())
	var unexpected *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &unexpected):
		return nil, refuse(InvalidKey, "alg", "is none of RS256, PS256, ES256, EdDSA: a token without a signature, or with one that whoever knows the key can make, proves nothing")
	case err != nil: // its text may hold parts of the token
		return nil, malformed
	}
	h := jws.Signatures[0].Protected
	if _, found := h.ExtraHeaders["crit"]; found {
		return nil, refuse(InvalidRequest, "crit", "wants something to be understood that is not")
	}
	// RFC 7515, 4.1.9: the prefix may be left out, and letters are of either case.
	kind, _ := h.ExtraHeaders[jose.HeaderType].(string)
	if kind = strings.TrimPrefix(strings.ToLower(kind), "application/"); kind != "secevent+jwt" {
		return nil, refuse(InvalidRequest, "typ", "is not secevent+jwt: only security event tokens are taken here (RFC 8417, 2.3)")
	}
	return jws, nil
}

// verify checks the signature with the keys of the transmitter.
func (x *transmitter) verify(jws *jose.JSONWebSignature) error {
	h := jws.Signatures[0].Protected
	tried := 0
	for _, k := range x.keys {
		if h.KeyID != "" && k.id != h.KeyID || !slices.Contains(k.algorithms, jose.SignatureAlgorithm(h.Algorithm)) {
			continue
		}
		tried++
		if _, err := jws.Verify(k.key); err == nil {
			return nil
		}
	}
	if tried == 0 {
		return refuse(InvalidKey, "kid", "and alg fit no key of this transmitter here: bring its file of keys up to date")
	}
	return refuse(AuthenticationFailed, "signature", "is not of the transmitter's key, or the token was changed after it was signed")
}

// admit checks what a token with a good signature is for, and when it was issued.
func (x *transmitter) admit(c event.Claims, now time.Time) error {
	switch {
	case !slices.Contains(c.Audience, x.audience):
		return refuse(InvalidAudience, "aud", "does not name this server: the token is for somebody else, or the audience is registered in another writing (accounts.transmitters)")
	case c.Issued.IsZero():
		return refuse(InvalidRequest, "iat", "is missing: every security event token has it")
	case c.Issued.Sub(now) > MaxAhead:
		return refuse(InvalidRequest, "iat", "is more than %s ahead: set the transmitter's clock, or ours", MaxAhead)
	case now.Sub(c.Issued) > MaxAge:
		return refuse(InvalidRequest, "iat", "is more than %d days ago: the token is too old to be taken", int(MaxAge.Hours()/24))
	case !c.Expires.IsZero() && !now.Before(c.Expires):
		return refuse(InvalidRequest, "exp", "has passed: the token has ended")
	case c.NotBefore.Sub(now) > MaxAhead:
		return refuse(InvalidRequest, "nbf", "is ahead: the token does not hold yet")
	}
	return nil
}
