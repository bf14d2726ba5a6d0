package mailauth

import (
	"context"
	"strings"
	"time"

	"bonafide/ident"
)

// Note is a short stable word on what a signature leaves open.
type Note string

// The notes.
const (
	// NoteBodyLength: l= is used, so text may be added below what is signed.
	NoteBodyLength Note = "body_length"
	// NoteBodyOpen: text does stand below what is signed.
	NoteBodyOpen Note = "body_open"
	// NoteBodyChanged: the body is not the one that was signed. Seen without
	// a key, so it is told offline too.
	NoteBodyChanged Note = "body_changed"
	// NoteExpired: x= has passed.
	NoteExpired Note = "expired"
	// NoteFuture: t= lies more than a day ahead.
	NoteFuture Note = "future"
	// NoteShortKey: an RSA key below 2048 bits (RFC 8301, 3.2).
	NoteShortKey Note = "short_key"
	// NoteTesting: the signer says that it only tests (t=y).
	NoteTesting Note = "testing"
	// NoteOversigned: no From can be added without breaking the signature.
	NoteOversigned Note = "oversigned_from"
	// NoteSubjectOpen: a Subject that is not signed.
	NoteSubjectOpen Note = "subject_open"
	// NoteAdded: beside a signed From, Subject, To, Date, Reply-To or
	// Content-Type stands a second, unsigned one.
	NoteAdded Note = "field_added"
)

// Signature is one DKIM signature and what became of it.
type Signature struct {
	Value Value `json:"value"`
	// Domain (d=) vouches for the mail; Selector (s=) names its key.
	Domain   ident.Domain `json:"domain,omitempty"`
	Selector string       `json:"selector,omitempty"`
	// Algorithm is a=, KeyBits the size of an RSA key, 0 when not known.
	Algorithm string `json:"algorithm,omitempty"`
	KeyBits   int    `json:"key_bits,omitempty"`
	// Signed and Expires are t= and x=, zero when not given.
	Signed  time.Time `json:"signed,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Notes   []Note    `json:"notes,omitempty"`
	// Reason is for operators.
	Reason string `json:"reason,omitempty"`
	// KeyGone is true when the key is not published, or not any more.
	KeyGone bool `json:"key_gone,omitempty"`
	// Aligned is true when it passes and speaks for the domain in From.
	Aligned bool `json:"aligned,omitempty"`
	// FromHeader is true when Value is what a trusted host had seen.
	FromHeader bool `json:"from_header,omitempty"`

	b string // b= as written, to find the signature that a header speaks of
}

// Has reports whether a note was made.
func (s Signature) Has(n Note) bool {
	for _, have := range s.Notes {
		if have == n {
			return true
		}
	}
	return false
}

// open reports whether a passing signature leaves what a reader is shown to
// others, or asks to be taken for none because it is a test (t=y: RFC 6376,
// 3.6.1). Such a pass proves nothing of the mail as it is read.
func (s Signature) open() bool {
	return s.Has(NoteBodyOpen) || s.Has(NoteAdded) || s.Has(NoteSubjectOpen) || s.Has(NoteTesting)
}

// dkim verifies the DKIM signatures from the top and counts those beyond the
// bound.
func (c *checker) dkim(ctx context.Context) (all []Signature, left int) {
	at := c.msg.at["dkim-signature"]
	for i, pos := range at {
		if i == maxSignatures {
			return all, len(at) - i
		}
		all = append(all, c.signature(ctx, c.msg.fields[pos].raw))
	}
	return all, 0
}

// signature verifies one DKIM signature. The rules are written out here and not
// taken from a library because ARC shares them, the time must be a value, l= is
// to be told apart from a broken signature, and a body is hashed once for all
// signatures; tests compare the outcome with a library's.
func (c *checker) signature(ctx context.Context, raw string) Signature {
	s, f := parseSigned(raw)
	out := Signature{
		Domain: domainOf(s.domain), Selector: s.selector,
		Algorithm: dropFWS(s.tags.get("a")), b: dropFWS(s.tags.get("b")),
	}
	if s.created > 0 && s.created < 1<<40 {
		out.Signed = time.Unix(s.created, 0).UTC()
	}
	if s.expires > 0 && s.expires < 1<<40 {
		out.Expires = time.Unix(s.expires, 0).UTC()
	}
	if f == nil {
		f = dkimRules(s)
	}
	if f == nil {
		out.Notes = c.notes(s)
		var k *publicKey
		if k, f = c.dns.key(ctx, s.selector, s.domain); f == nil {
			f = c.verify(&out, &s, k)
		}
	}
	if f != nil {
		out.Value, out.Reason, out.KeyGone = f.value, f.reason, f.keyGone
		return out
	}
	out.Value, out.Reason = c.limits(out)
	return out
}

// dkimRules are the rules that ARC-Message-Signature does not share
// (RFC 6376, 3.5 and 6.1.1).
func dkimRules(s signed) *failure {
	if s.tags.get("v") != "1" {
		return permanent("signature of another version")
	}
	if s.signs("from") == 0 {
		return permanent("signature does not cover From")
	}
	if q, ok := s.tags.lookup("q"); ok && !contains(colonList(q), "dns/txt") {
		return permanent("signature: key is not in DNS")
	}
	if d := auidDomain(s); d != "" && !domainOf(d).Under(domainOf(s.domain)) {
		return permanent("signature: i= is not below d=")
	}
	return nil
}

// auidDomain returns the domain of i=, empty when the tag is not there.
func auidDomain(s signed) string {
	i, ok := s.tags.lookup("i")
	if !ok {
		return ""
	}
	i = dropFWS(i)
	return i[strings.LastIndexByte(i, '@')+1:]
}

// verify checks one signature against its key.
func (c *checker) verify(out *Signature, s *signed, k *publicKey) *failure {
	if k.rsa != nil {
		out.KeyBits = k.rsa.N.BitLen()
		if out.KeyBits < weakRSA {
			out.Notes = append(out.Notes, NoteShortKey)
		}
	}
	if k.strict {
		if d := auidDomain(*s); d != "" && !strings.EqualFold(d, s.domain) {
			return permanent("signature: i= differs from d=, which the key forbids")
		}
	}
	f := s.check(c.msg, k)
	if k.testing {
		out.Notes = append(out.Notes, NoteTesting)
		if f != nil && f.value == Fail {
			// RFC 6376, 3.6.1: a failed test counts as no signature.
			return &failure{value: Neutral, reason: f.reason + " (the signer only tests)"}
		}
	}
	return f
}

// limits lowers a valid signature that proves too little.
func (c *checker) limits(s Signature) (Value, string) {
	switch {
	case s.Has(NoteExpired):
		return Policy, "the signature is valid but has expired"
	case s.Has(NoteFuture):
		return Policy, "the signature is valid but dated in the future"
	case s.Has(NoteBodyOpen):
		return Policy, "the signature is valid but text was added below what it covers"
	}
	return Pass, ""
}

// notes lists what can be seen of a signature without its key.
func (c *checker) notes(s signed) []Note {
	var n []Note
	got := c.msg.bodyHash(s.bodyC, s.limit)
	if s.limit >= 0 {
		n = append(n, NoteBodyLength)
		if got.size > s.limit {
			n = append(n, NoteBodyOpen)
		}
	}
	if !s.bodyMatches(c.msg) {
		n = append(n, NoteBodyChanged)
	}
	if now := c.in.Now; !now.IsZero() {
		if s.expires > 0 && now.Unix() > s.expires {
			n = append(n, NoteExpired)
		}
		if s.created > now.Unix()+24*60*60 {
			n = append(n, NoteFuture)
		}
	}
	return append(n, c.coverage(s)...)
}

// coverage looks at which fields a signature leaves open.
func (c *checker) coverage(s signed) []Note {
	var n []Note
	if s.signs("from") > len(c.msg.at["from"]) {
		n = append(n, NoteOversigned)
	}
	if len(c.msg.at["subject"]) > 0 && s.signs("subject") == 0 {
		n = append(n, NoteSubjectOpen)
	}
	for _, name := range []string{"from", "subject", "to", "date", "reply-to", "content-type"} {
		if k := s.signs(name); k > 0 && len(c.msg.at[name]) > k {
			n = append(n, NoteAdded)
			break
		}
	}
	return n
}
