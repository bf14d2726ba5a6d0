// Package mailauth finds out what can be proven about the sender of a mail:
// SPF (RFC 7208), DKIM (RFC 6376, 8301, 8463), DMARC (RFC 9989, which replaced
// RFC 7489), ARC (RFC 8617), and what a trusted receiving host has written down
// about them when the mail came in (Authentication-Results, RFC 8601).
//
// It is pure: names are looked up through a resolver that the caller gives, the
// time is a value. Without a resolver nothing is looked up, and what could not
// be checked is "not_checked", never "fail".
//
// It is not for saying who may speak as a brand (contact/brand) or what a
// verdict is: a passing check proves which domain sent a mail, not that the
// domain is honest. It does not fetch anything: outside/dns does.
//
//	r := mailauth.Check(ctx, mailauth.Input{Mail: c.Mail, Resolver: resolver, Now: now})
//	r.DMARC.Value      // "pass"
//	r.Summary().Aligned // true: the domain in From is proven
package mailauth

import (
	"context"
	"net"
	"net/netip"
	"time"

	"bonafide/contact"
	"bonafide/ident"
)

// Value is the outcome of one check, in the words of RFC 8601, 2.7, and
// NotChecked for what could not be looked at.
type Value string

// The values. NotChecked is the zero value.
const (
	NotChecked Value = ""
	None       Value = "none"
	Pass       Value = "pass"
	Fail       Value = "fail"
	SoftFail   Value = "softfail"
	Neutral    Value = "neutral"
	// Policy: the check passed, but what it proves is too little: an expired
	// signature, or one that leaves a part of the body open.
	Policy    Value = "policy"
	TempError Value = "temperror"
	PermError Value = "permerror"
)

// String returns the value as it is printed; the zero value prints as
// "not_checked".
func (v Value) String() string {
	if v == NotChecked {
		return "not_checked"
	}
	return string(v)
}

// MarshalText returns the value as String does.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Resolver looks up names. Errors follow *net.DNSError: IsNotFound for a name
// or record that is not there, IsTemporary or IsTimeout for what may work
// later. *net.Resolver and the resolvers of outside/dns satisfy it.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Input is what one check rests on. Only Mail is required.
type Input struct {
	Mail *contact.MailFacts
	// Resolver answers for DNS; nil means offline.
	Resolver Resolver
	// TrustedHosts are the authserv-ids (RFC 8601, 2.5) whose
	// Authentication-Results are believed. A leading dot takes all names below
	// a domain. The same names are looked for behind "by" in Received. In a
	// mail that was unwrapped from another nothing is believed: whoever wrote
	// the outer mail wrote the inner one's lines too.
	TrustedHosts []string
	// TrustedBy are further names that those hosts write behind "by" in
	// Received; a leading dot takes all names below a domain.
	TrustedBy []string
	// TrustedNets are the networks of those hosts. A mail comes in from outside
	// with the first Received, from the top, that is not handed over within
	// them or within a private network.
	TrustedNets []netip.Prefix
	// TrustUnnamed believes results that carry no authserv-id and stand
	// directly in what a trusted host wrote: Exchange Online leaves it out.
	TrustUnnamed bool
	// TrustedSealers are the domains whose ARC seals are believed.
	TrustedSealers []ident.Domain
	// ClientIP, HELO and MailFrom tell of the SMTP connection when the
	// operator knows it. Without ClientIP it is taken from what a trusted host
	// wrote, else SPF is not checked.
	ClientIP netip.Addr
	HELO     string
	// MailFrom is the address in MAIL FROM; "<>" means the null sender.
	MailFrom string
	// Now is compared with the expiry of signatures; the zero time compares
	// nothing.
	Now time.Time
}

// Bounds on what one mail may cost. More signatures than maxSignatures are
// counted and not verified.
const (
	maxMessage    = 64 << 20 // bytes of a mail that are looked at
	maxHeader     = 1 << 20  // bytes of its header section
	maxFields     = 4000     // header fields
	maxSignatures = 10       // DKIM signatures that are verified
	maxARC        = 50       // ARC sets, RFC 8617, 4.2.1
	maxLookups    = 200      // DNS questions of one check
)

// Result is what was found. It owns its memory.
type Result struct {
	// From is the domain of the address in From; empty when there is none or
	// more than one address.
	From  ident.Domain `json:"from,omitempty"`
	SPF   SPF          `json:"spf"`
	DKIM  []Signature  `json:"dkim,omitempty"`
	DMARC DMARC        `json:"dmarc"`
	ARC   ARC          `json:"arc"`
	// FromTrustedHeader is true when at least one value above was taken from
	// what a trusted host had written into the mail.
	FromTrustedHeader bool `json:"from_trusted_header"`
	// TrustedHost is the authserv-id of that host.
	TrustedHost string `json:"trusted_host,omitempty"`
	// Changed is true when a trusted host saw a signature pass that does not
	// match the text any more: what the host saw is not what is judged here.
	Changed bool `json:"changed,omitempty"`
	// Claimed are results that the mail brings along and nobody vouches for.
	// They never count.
	Claimed []AuthResults `json:"claimed,omitempty"`
	// BIMI tells of a logo. It says nothing about the sender: noted only.
	BIMI BIMI `json:"bimi,omitzero"`
	// Offline is true when no resolver was given.
	Offline bool `json:"offline"`
	// SignaturesLeft counts DKIM signatures beyond the bound.
	SignaturesLeft int `json:"signatures_left,omitempty"`
	// Problem tells why a mail could not be read at all; empty otherwise.
	Problem string `json:"problem,omitempty"`
}

// SPF is the result of Sender Policy Framework.
type SPF struct {
	Value Value `json:"value"`
	// Domain is the one that was asked, Identity says where it stood:
	// "mailfrom" or "helo".
	Domain   ident.Domain `json:"domain,omitempty"`
	Identity string       `json:"identity,omitempty"`
	// IP is the address of the sending host.
	IP netip.Addr `json:"ip,omitzero"`
	// Reason is for operators.
	Reason     string `json:"reason,omitempty"`
	FromHeader bool   `json:"from_header,omitempty"`
}

// Check looks at one mail. It never fails as a whole: what cannot be read or
// looked up shows in the values.
func Check(ctx context.Context, in Input) Result {
	res := Result{Offline: in.Resolver == nil}
	if in.Mail == nil || len(in.Mail.Raw) == 0 {
		res.Problem = "no raw message"
		return res
	}
	msg, err := split(in.Mail.Raw)
	if err != nil {
		res.Problem = err.Error()
		return res
	}
	if in.Mail.Forwarded {
		in.TrustedHosts, in.TrustedBy, in.TrustUnnamed = nil, nil, false
	}
	c := &checker{in: in, msg: msg, dns: newLookups(in.Resolver)}
	from, fromProblem := c.from()
	res.From = from
	res.DKIM, res.SignaturesLeft = c.dkim(ctx)
	block := c.trustedBlock()
	res.Claimed = block.claimed
	res.SPF = c.spf(ctx, block)
	res.ARC = c.arc(ctx)
	merge(&res, block)
	res.DMARC = c.dmarc(ctx, res, fromProblem, block)
	res.FromTrustedHeader = usesHeader(res)
	if res.FromTrustedHeader {
		res.TrustedHost = block.host
	}
	res.BIMI = c.bimi(ctx, res.DMARC)
	return res
}

// usesHeader reports whether a value was taken from a trusted host.
func usesHeader(r Result) bool {
	if r.SPF.FromHeader || r.DMARC.FromHeader {
		return true
	}
	for _, s := range r.DKIM {
		if s.FromHeader {
			return true
		}
	}
	return false
}

// checker holds one check while it runs.
type checker struct {
	in  Input
	msg *message
	dns *lookups
}
