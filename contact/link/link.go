// Package link finds the web addresses in a contact and tells what each of them
// is: which host it names once written out, who could have registered that
// host, what hides behind it (an IP address, a shortener, another address in
// its query), and whether the visible text names a different one.
//
// It reads an address as browsers do (WHATWG URL Standard), because a reader
// that is stricter or laxer than the browser is what fraudsters look for. It
// knows no brands (that is contact/brand) and it never fetches anything.
//
//	lists, err := link.Load(data.FS)
//	a := link.Analyse(contact.Link{Raw: "http://2130706433/amazon.co.jp"}, lists)
//	a.IP, a.IPForm // 127.0.0.1, "decimal"
package link

import (
	"net/netip"
	"strings"

	"bonafide/contact"
	"bonafide/ident"
)

// Bounds. All of them cut before anything is parsed.
const (
	maxURL     = 4 << 10 // bytes of one address that are read
	maxText    = 2 << 10 // bytes of a link's visible text that are read
	maxParams  = 64      // parameters looked into
	maxDepth   = 5       // addresses within addresses
	maxTargets = 16      // targets listed for one link
	maxFound   = 500     // bare addresses taken from one reading
	maxTokens  = 64      // pieces of a path
)

// Forms of a numeric host.
const (
	Dotted  = "dotted"  // 203.0.113.9
	Decimal = "decimal" // 3405803785
	Octal   = "octal"   // 0313.0.0161.011
	Hex     = "hex"     // 0xcb.0x00.0x71.0x09
	Short   = "short"   // 127.1
	Encoded = "encoded" // percent signs, full-width digits
	IPv6    = "ipv6"    // [2001:db8::1]
)

// Oddity is a weak sign that an address is unusual for a large shop.
type Oddity string

// The oddities.
const (
	OddTLD      Oddity = "odd_tld"
	DynamicDNS  Oddity = "dynamic_dns"
	IPFS        Oddity = "ipfs"
	AMP         Oddity = "amp"
	LongHost    Oddity = "long_host"
	OddPort     Oddity = "odd_port"
	MixedScript Oddity = "mixed_script"
)

// Analysis is what an address is. It is a plain value, immutable once returned.
type Analysis struct {
	// Link is the link as it was found.
	Link contact.Link
	// Problem says in one word why the address could not be read as a URL
	// ("invalid", "empty", "too_long", "relative" for what names no host); the
	// other fields are then empty.
	Problem string
	// Href is the address as a browser would open it, at most 4 KiB.
	Href string
	// Scheme is in lower case without the colon.
	Scheme string
	// Host is the host name with A-labels, without a trailing dot. Empty for
	// numeric hosts and for schemes without a host.
	Host ident.Domain
	// Unicode is Host as a browser may show it.
	Unicode string
	// Registrable is the shortest name below a public suffix, private suffixes
	// included: who holds it decides what Host serves. For "a.evil.github.io"
	// that is evil.github.io. Empty when Host is not under a known suffix.
	Registrable ident.Domain
	// Provider is the registrable domain by the ICANN section alone
	// (github.io): the same as Registrable unless Hosting.
	Provider ident.Domain
	// Suffix is the public suffix of Host.
	Suffix string
	// Hosting: anybody may publish below Provider, or on this path of it.
	Hosting bool
	// IP is the address that a numeric host means; IPForm how it was written.
	IP     netip.Addr
	IPForm string
	// Userinfo is what stands before "@" in the authority, decoded.
	Userinfo string
	// Port is the port if it is not the scheme's own, else 0.
	Port int
	// Path is the decoded path; PathTokens its pieces and those of the query in
	// lower case.
	Path       string
	PathTokens []string
	// Punycode: the host has labels written with xn--.
	Punycode bool
	// Mixed lists labels (Unicode form) whose letters are of scripts that no
	// language mixes (UTS #39, 5.2, highly restrictive).
	Mixed []string
	// Script: the address is code or content, not a place (data:, javascript:,
	// blob:, vbscript:), or a file of the reader's own machine (file:).
	Script bool
	// Shortener: a service that hides the target.
	Shortener bool
	// Redirect is "open", "tracking", "shield", "amp" for known redirectors and
	// "parameter" for any other that carries an address of another registrable
	// domain; empty otherwise.
	Redirect string
	// Targets are the addresses that this one carries, outermost first, each
	// analysed without its own Targets.
	Targets []Analysis
	// TextHost is the host that the visible text names, TextRegistrable the
	// registrable domain of it; both empty when the text is no address.
	TextHost, TextRegistrable ident.Domain
	// TextExplicit: the text is a whole address (scheme, www or a path), not
	// only a name such as "Booking.com".
	TextExplicit bool
	// Mismatch: the text names another registrable domain than the address and
	// than every target it carries.
	Mismatch bool
	// Odd lists weak signs.
	Odd []Oddity
}

// Has reports whether the address shows an oddity.
func (a *Analysis) Has(o Oddity) bool {
	for _, x := range a.Odd {
		if x == o {
			return true
		}
	}
	return false
}

// Name is what to call the place in a sentence: the Unicode host, the IP
// address, or the scheme. At most 80 bytes.
func (a *Analysis) Name() string {
	switch {
	case a.Host != "":
		return cut(a.Unicode, 80)
	case a.IP.IsValid():
		return a.IP.String()
	case a.Scheme != "":
		return a.Scheme + ":"
	}
	return cut(a.Link.Raw, 80)
}

// Web reports whether the address opens a place in the web.
func (a *Analysis) Web() bool {
	return (a.Scheme == "http" || a.Scheme == "https") && (a.Host != "" || a.IP.IsValid())
}

// Final is the innermost target that the address carries, or the address.
func (a *Analysis) Final() *Analysis {
	if len(a.Targets) > 0 {
		return &a.Targets[len(a.Targets)-1]
	}
	return a
}

// Analyse tells what the address of l is. Nothing is fetched or resolved. lists
// may be nil: shorteners, redirectors and oddities are then unknown.
func Analyse(l contact.Link, lists *Lists) Analysis {
	if lists == nil {
		lists = &Lists{}
	}
	a := look(l.Raw, lists)
	a.Link = l
	if a.Problem == "" {
		unfold(&a, lists)
	}
	matchText(&a)
	return a
}

// look reads one address without what it carries.
func look(raw string, lists *Lists) Analysis {
	o, written, problem := parse(raw)
	a := Analysis{Link: contact.Link{Raw: raw}, Problem: problem}
	if problem != "" {
		return a
	}
	a.Href = cut(o.href, maxURL)
	a.Scheme = o.scheme
	switch a.Scheme {
	case "data", "javascript", "blob", "vbscript", "file":
		a.Script = true
	}
	a.Userinfo, a.Port = userinfo(o.username, o.password), o.port
	a.Path = unescape(o.path)
	if !a.Script {
		a.PathTokens = tokens(a.Path + " " + unescape(o.query))
	}
	if o.host != "" {
		a.setHost(o.host, written)
	}
	lists.mark(&a)
	return a
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// tokens splits a path and query at everything that is no letter or digit,
// dots and hyphens kept, in lower case.
func tokens(s string) []string {
	fields := strings.FieldsFunc(strings.ToLower(cut(s, maxURL)), func(r rune) bool {
		return r < 0x80 && !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '-')
	})
	if len(fields) > maxTokens {
		fields = fields[:maxTokens]
	}
	return fields
}
