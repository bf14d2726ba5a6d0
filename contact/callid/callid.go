// Package callid finds out whether the number that a call showed is the one
// that a telephone company signed for: STIR/SHAKEN. It reads the PASSporT
// (RFC 8225) in the Identity header of a call (RFC 8224), verifies its ES256
// signature, the certificate (RFC 8226), age, numbers, and reads what the
// company attests (RFC 8588).
//
// It is pure: certificates come through a look-up that the caller gives, the
// time is a value. An address of a certificate in a token (x5u) is a name to
// look up, and is never fetched. Without the certificate, or without trust
// anchors, a call is "not_checked", never "failed". It does not look at
// revocation lists: they would have to be fetched.
//
// It is not for judging who calls: a verified signature proves that a number
// was not forged, not that its holder is honest or is a brand.
//
//	r := callid.Check(callid.Input{Headers: hs, Caller: "+12155551212", At: at, Trust: trust})
//	s := r.Summary()
//	s.State, s.Attest // "verified", "A"
package callid

import (
	"crypto/x509"
	"time"

	"bonafide/ident"
)

// State is the outcome of looking at one PASSporT.
type State string

// The states. NotChecked is the zero value.
const (
	NotChecked State = ""
	Verified   State = "verified"
	Failed     State = "failed"
)

// String returns the state as it is printed; the zero value prints as
// "not_checked".
func (s State) String() string {
	if s == NotChecked {
		return "not_checked"
	}
	return string(s)
}

// MarshalText returns the state as String does.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reason is a short stable word that tells why a PASSporT was not checked or
// failed; empty for a verified one.
type Reason string

// Why a PASSporT was not checked. None of these speaks against the call.
const (
	// Malformed: not a PASSporT. Who copied it may have cut it off.
	Malformed Reason = "malformed"
	// UnknownType: an extension (ppt) that is not read here. RFC 8224, 6.2, has
	// it passed over.
	UnknownType Reason = "unknown_type"
	// UnknownAlgorithm: not ES256, the one of RFC 8225, 4.2, or a critical header
	// that is not known (RFC 7515, 4.1.11).
	UnknownAlgorithm Reason = "unknown_algorithm"
	NoAnchors        Reason = "no_anchors"
	NoCertificate    Reason = "no_certificate"
	// Untrusted: the certificate leads to none of our anchors.
	Untrusted Reason = "certificate_untrusted"
	// Unsuitable: no certificate for signing calls, or one that bounds what may
	// be claimed with it in a way that is not read here (RFC 8226, 8).
	Unsuitable Reason = "certificate_unsuitable"
	// Outdated: our copy of the certificate was not valid at the time of the
	// call and is not the one that signed.
	Outdated Reason = "certificate_outdated"
	// CompactForm: the token leaves out what it signs (RFC 8225, 7), and what is
	// known of the call does not restore it.
	CompactForm Reason = "compact_form"
	// NoTime, NoNumber: when the call came, or which number it showed, is not
	// known, so there is nothing to compare with.
	NoTime   Reason = "no_time"
	NoNumber Reason = "no_number"
	// DivertedCall: another number was called first, and the call was passed on
	// (RFC 8946).
	DivertedCall Reason = "diverted"
)

// Why a PASSporT failed.
const (
	// BadSignature: the signature is not that of the certificate.
	BadSignature Reason = "signature"
	// Parameters of the header contradict what is signed.
	Parameters Reason = "parameters"
	// Expired: the certificate that signed was not valid at the time of the call.
	Expired Reason = "certificate_expired"
	// NotEntitled: the certificate names numbers, and the caller's is not one of
	// them (RFC 8226, 9).
	NotEntitled Reason = "number_not_entitled"
	// Stale: made more than a minute before or after the call (RFC 8224, 6.2).
	Stale Reason = "stale"
	// OtherNumber: signed for another number than the one shown.
	OtherNumber Reason = "other_number"
	// OtherCall: signed for a call to another number.
	OtherCall Reason = "other_call"
)

// Attestation is what the company that signed says of caller and number
// (RFC 8588, 4; ATIS-1000074). Empty for a PASSporT without one.
type Attestation string

// The levels.
const (
	// Full: it knows the customer and that they may use the number.
	Full Attestation = "A"
	// Partial: it knows the customer, not whether the number is theirs.
	Partial Attestation = "B"
	// Gateway: it only knows where the call came into its network.
	Gateway Attestation = "C"
)

// Type is the extension of a PASSporT (ppt).
type Type string

// The types that are read. Base is a PASSporT without an extension.
const (
	Base   Type = ""
	Shaken Type = "shaken" // RFC 8588
	// Div and DivO say that the call was passed on (RFC 8946).
	Div  Type = "div"
	DivO Type = "div-o"
	// RCD carries a name or picture of the caller (RFC 9795).
	RCD Type = "rcd"
)

// Certificates gives the certificates that stand at an address, leaf first,
// then those between it and an anchor. It does not fetch: it says false for
// what it does not have. It must be safe for use by several goroutines.
type Certificates interface {
	Chain(url string) ([]*x509.Certificate, bool)
}

// Trust is what signatures are checked with. The zero value checks none.
type Trust struct {
	// Anchors are the root certificates that are believed.
	Anchors      []*x509.Certificate
	Certificates Certificates
}

// Input is what one check rests on.
type Input struct {
	// Headers are Identity header fields, each with or without its name.
	Headers []string
	// Caller is the number shown, Called the one that was called; empty when
	// not known. Without Called the check leaves open to whom the call went.
	Caller, Called ident.Phone
	// At is when the call came. One without seconds means the whole minute; the
	// zero time is not known.
	At    time.Time
	Trust Trust
}

// Bounds on what one call may cost.
const (
	maxHeaders = 10       // PASSporTs that are looked at
	maxHeader  = 16 << 10 // bytes of one, with its parameters
	maxDest    = 50       // called numbers that one token names
)

// freshness is how far the making of a token may be from the call: RFC 8224,
// 6.2, recommends 60 seconds.
const freshness = time.Minute

// Token is one PASSporT and what became of it.
type Token struct {
	State  State
	Reason Reason
	Type   Type
	Attest Attestation
	// OrigID names the origin of the call within the company that signed
	// (RFC 8588, 5); it can be traced there only.
	OrigID string
	// Orig is the number signed for, Dest those that were called.
	Orig ident.Phone
	Dest []ident.Phone
	// IssuedAt is when it was signed.
	IssuedAt time.Time
	// CertificateURL is the x5u as written. It was not fetched.
	CertificateURL string
	// Signer is the organisation in the certificate, SPC its service provider
	// code; only set when a certificate was found.
	Signer, SPC string
	// Compact tells that the token came in the compact form.
	Compact bool
	// ToCalled is true when Called was given and the token is for it.
	ToCalled bool
	// Rich tells that it carries a name or picture of the caller. A name proves
	// nothing and is not shown.
	Rich bool
}

// Result is what was found. It owns its memory.
type Result struct {
	Tokens []Token
	// Left counts tokens beyond the bound.
	Left int
}

// Check looks at the Identity headers of one call. It never fails as a whole:
// what cannot be read shows in the state of a token. It may be called by
// several goroutines.
func Check(in Input) Result {
	hs, left := split(in.Headers)
	r := Result{Left: left}
	c := checker{in: in}
	for _, h := range hs {
		r.Tokens = append(r.Tokens, c.token(h))
	}
	excuseDiverted(r.Tokens)
	return r
}

// excuseDiverted: a call that was passed on was signed for the number that was
// called first. Whether it was rightly passed on is not looked at.
func excuseDiverted(ts []Token) {
	diverted := false
	for _, t := range ts {
		diverted = diverted || t.Type == Div || t.Type == DivO
	}
	for i := range ts {
		if diverted && ts[i].Reason == OtherCall {
			ts[i].State, ts[i].Reason = NotChecked, DivertedCall
		}
	}
}

// Summary is what other rooms need of a Result.
type Summary struct {
	State  State
	Reason Reason
	// Type, Attest, Number are those of the PASSporT that counted.
	Type   Type
	Attest Attestation
	Number ident.Phone
	// Proven: a company signed that the caller may use the number shown. It is
	// not forged. Who calls, and what they want, stays open.
	Proven bool
	// ToCalled: signed for a call to the number that was called.
	ToCalled bool
	// Diverted and Rich tell of PASSporTs for calls passed on and for names.
	Diverted, Rich bool
}

// Summary returns the result in short: that of the best token for the caller's
// number. Anybody on the way may add a header, so one that fails beside one
// that holds says nothing.
func (r Result) Summary() Summary {
	var s Summary
	best := -1
	for i, t := range r.Tokens {
		s.Diverted = s.Diverted || t.Type == Div || t.Type == DivO
		s.Rich = s.Rich || t.Rich || t.Type == RCD
		if t.Type != Base && t.Type != Shaken {
			continue
		}
		if best < 0 || rank(t) > rank(r.Tokens[best]) {
			best = i
		}
	}
	if best < 0 {
		if len(r.Tokens) > 0 {
			s.Reason = UnknownType
		}
		return s
	}
	t := r.Tokens[best]
	s.State, s.Reason, s.Type, s.Attest, s.Number, s.ToCalled = t.State, t.Reason, t.Type, t.Attest, t.Orig, t.ToCalled
	s.Proven = t.State == Verified && t.Attest == Full
	return s
}

// rank orders tokens from what says least to what says most.
func rank(t Token) int {
	switch t.State {
	case Verified:
		return 10 + map[Attestation]int{Full: 3, Partial: 2, "": 1, Gateway: 0}[t.Attest]
	case Failed:
		// Staleness may be a wrong watch: anything else says more.
		if t.Reason == Stale {
			return 1
		}
		return 2
	}
	return 0
}
