package event

import (
	"slices"
	"strconv"
	"time"

	"bonafide/fault"
)

// Claims are what a security event token says of itself, beside its event.
// Nothing of it is proved before the token's signature is checked with a key of
// the issuer (account/secevent).
type Claims struct {
	// Issuer is iss and ID jti; both are always there.
	Issuer, ID string
	// Audience is aud, which may be one text or a list; may be empty.
	Audience []string
	// Issued, Expires and NotBefore are iat, exp and nbf; zero where they are absent.
	Issued, Expires, NotBefore time.Time
	// Stream tells that the event is about the stream itself and about nobody's
	// account: a verification of the stream, or that it was paused or resumed
	// (OpenID Shared Signals Framework 1.0, 8.1.4 and 8.1.5).
	Stream bool
}

// ssf is the namespace of events about a stream.
const ssf = "https://schemas.openid.net/secevent/ssf/event-type/"

// SETClaims reads the claims of a security event token by the same strict reader
// as ParseSET, so that both see the same values. Errors are fault.Invalid or
// fault.TooLarge, name the claim and never repeat a value.
func SETClaims(claims []byte) (Claims, error) {
	var c Claims
	n, err := readJSON(claims)
	if err != nil {
		return c, err
	}
	if n.shape != object {
		return c, fault.New(fault.Invalid, "", "the claims of a security event token are an object, not %s", n.shape)
	}
	for name, to := range map[string]*string{"iss": &c.Issuer, "jti": &c.ID} {
		v := n.get(name)
		if v == nil {
			return c, missing(name)
		}
		if *to, err = plainText(name, v); err != nil {
			return c, err
		}
		if *to == "" {
			return c, fault.New(fault.Invalid, name, "is empty: every security event token has it")
		}
	}
	if v := n.get("aud"); v != nil {
		if c.Audience, err = audience(v); err != nil {
			return c, err
		}
	}
	for name, to := range map[string]*time.Time{"iat": &c.Issued, "exp": &c.Expires, "nbf": &c.NotBefore} {
		if v := n.get(name); v != nil {
			if *to, err = numericDate(name, v); err != nil {
				return c, err
			}
		}
	}
	if all := n.get("events"); all != nil && all.shape == object && len(all.names) == 1 {
		c.Stream = slices.Contains([]string{ssf + "verification", ssf + "stream-updated"}, all.names[0])
	}
	return c, nil
}

// audience reads aud (RFC 7519, 4.1.3).
func audience(v *node) ([]string, error) {
	if v.shape != list {
		one, err := plainText("aud", v)
		return []string{one}, err
	}
	return texts("aud", v)
}

// numericDate reads seconds since 1970 (RFC 7519, 2), with fractions as far as
// microseconds.
func numericDate(at string, v *node) (time.Time, error) {
	sec, err := strconv.ParseFloat(v.text, 64)
	if v.shape != number || err != nil || sec < 0 || sec > 1<<33 {
		return time.Time{}, fault.New(fault.Invalid, at, "is no number of seconds since 1970")
	}
	return time.UnixMicro(int64(sec * 1e6)).UTC(), nil
}
