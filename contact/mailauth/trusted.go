package mailauth

import (
	"net/netip"
	"strings"
)

// block is what a trusted host wrote on top of the mail when it came in.
type block struct {
	// host is the authserv-id that is believed; results are its words, from
	// the top, the first for each method counting.
	host    string
	results []Method
	claimed []AuthResults
	// ip and helo are of the host that handed the mail to the trusted one.
	ip   netip.Addr
	helo string
	// returnPath is the envelope sender as the trusted host wrote it.
	returnPath    string
	hasReturnPath bool
}

// trustedBlock reads down from the top of the mail, where each host adds its
// lines above those that were there. It believes what stands
//
//   - above and between the Received fields of trusted hosts, and
//   - if nothing stood there, directly below the one with which the mail came
//     in from outside,
//
// and nothing below: those lines may have been in the mail when it came
// (RFC 8601, 5 and 7.1). Without a Received of a trusted host nothing but what
// stands above the first Received at all is believed.
func (c *checker) trustedBlock() block {
	var b block
	s := scan{c: c, b: &b}
	for _, f := range c.msg.fields {
		if !s.done {
			s.field(f)
		}
		if f.name == "authentication-results" && !s.believe(f) {
			b.claim(f)
		}
	}
	return b
}

// claim lists a field that nobody vouches for.
func (b *block) claim(f field) {
	if len(b.claimed) == maxClaims {
		return
	}
	if r, err := ParseAuthResults(f.value()); err == nil {
		b.claimed = append(b.claimed, r)
	}
}

// scan walks the fields of a mail from the top.
type scan struct {
	c *checker
	b *block
	// named: a Received of a trusted host was seen. inside: the one by which
	// the mail came in was seen. done: all below is the mail's own.
	named, inside, done bool
}

// field moves the scan past one field.
func (s *scan) field(f field) {
	switch {
	case f.name == "received":
		s.received(parseReceived(f.value()))
	case f.name == "return-path" && !s.b.hasReturnPath:
		s.b.hasReturnPath = true
		s.b.returnPath = strings.Trim(f.value(), "<> \t\r\n")
	case !writtenOnArrival(f.name):
		s.done = true
	}
}

// received decides whether the mail came in from outside with this hop.
func (s *scan) received(h hop) {
	trusted := matchHost(h.by, s.c.in.TrustedHosts) || matchHost(h.by, s.c.in.TrustedBy)
	switch {
	case s.inside:
		s.done = true
	case trusted:
		s.named = true
		if h.from != "" && !(h.ip.IsValid() && s.ours(h.ip)) {
			// Here the mail came in; from where is not always readable.
			s.inside, s.b.ip, s.b.helo = true, h.ip, h.from
			// A host writes its results either above this line or below it.
			s.done = len(s.b.results) > 0
		}
	case h.from == "" && internalBy(h.by):
		// handed on within one house, as Gmail writes it
	default:
		s.done = true
	}
}

// believe takes over the results of a field when a trusted host wrote it.
func (s *scan) believe(f field) bool {
	if s.done {
		return false
	}
	r, err := ParseAuthResults(f.value())
	if err != nil {
		return false
	}
	unnamed := r.Host == "" && s.c.in.TrustUnnamed && s.named
	if !unnamed && !matchHost(r.Host, s.c.in.TrustedHosts) {
		return false
	}
	if s.b.host == "" {
		s.b.host = r.Host
	}
	s.b.add(r.Results)
	return true
}

// add appends the results of methods that no field above has spoken of.
func (b *block) add(results []Method) {
	seen := map[string]bool{}
	for _, m := range b.results {
		seen[m.Name] = true
	}
	for _, m := range results {
		if !seen[m.Name] && len(b.results) < maxMethods {
			b.results = append(b.results, m)
		}
	}
}

// result returns the first result of a method.
func (b *block) result(name string) (Method, bool) {
	for _, m := range b.results {
		if m.Name == name {
			return m, true
		}
	}
	return Method{}, false
}

// writtenOnArrival tells the fields that receiving hosts add from those that a
// mail brings along.
func writtenOnArrival(name string) bool {
	switch name {
	case "authentication-results", "received-spf", "arc-seal", "arc-message-signature",
		"arc-authentication-results", "return-path", "delivered-to", "envelope-to",
		"dkim-filter", "delivery-date", "original-recipient", "bimi-indicator", "bimi-location",
		"authentication-results-original":
		return true
	}
	return strings.HasPrefix(name, "x-")
}

// ours reports whether an address is of a trusted host's own networks.
func (s *scan) ours(ip netip.Addr) bool {
	if internal(ip) {
		return true
	}
	for _, n := range s.c.in.TrustedNets {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// hop is one Received field (RFC 5321, 4.4), as far as it is needed.
type hop struct {
	from, by string
	// ip is the address of the client, invalid unless the field names exactly
	// one: the name in HELO is the client's own and may look like an address.
	ip netip.Addr
}

// maxHop bounds the part of a Received field that is read.
const maxHop = 4 << 10

// parseReceived reads who handed the mail to whom.
func parseReceived(value string) hop {
	var h hop
	value, _, _ = strings.Cut(value[:min(len(value), maxHop)], ";")
	words, from, depth, next := strings.Fields(value), false, 0, ""
	several := false
	for _, w := range words {
		if depth == 0 {
			switch next {
			case "from":
				h.from, next = strings.Trim(w, "[]()"), ""
			case "by":
				h.by = strings.ToLower(strings.TrimRight(w, ".;,"))
				if several {
					h.ip = netip.Addr{}
				}
				return h
			}
			switch l := strings.ToLower(w); {
			case l == "from" && !from:
				next, from = l, true
			case l == "by":
				next = l
			}
		}
		if from {
			if ip, ok := literal(w); ok {
				several = several || (h.ip.IsValid() && h.ip != ip)
				h.ip = ip
			}
		}
		depth = max(0, depth+strings.Count(w, "(")-strings.Count(w, ")"))
	}
	if several {
		h.ip = netip.Addr{}
	}
	return h
}

// literal reads a word such as "[192.0.2.1])", "(192.0.2.1)" or "[IPv6:…]".
func literal(w string) (netip.Addr, bool) {
	if !strings.ContainsAny(w, "[(") {
		return netip.Addr{}, false
	}
	if i := strings.LastIndexByte(w, '['); i >= 0 {
		w, _, _ = strings.Cut(w[i+1:], "]")
	}
	w = strings.Trim(w, "()[],;")
	if len(w) > 5 && strings.EqualFold(w[:5], "ipv6:") {
		w = w[5:]
	}
	ip, err := netip.ParseAddr(w)
	return ip.Unmap().WithZone(""), err == nil
}

// internal reports whether an address belongs to no public network.
func internal(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}

// internalBy reports whether the name behind "by" is an address of an internal
// network, or 6to4 of one (RFC 3056), which is how Gmail writes its own hosts.
func internalBy(by string) bool {
	ip, err := netip.ParseAddr(strings.Trim(by, "[]()"))
	if err != nil {
		return false
	}
	if b := ip.As16(); b[0] == 0x20 && b[1] == 0x02 {
		ip = netip.AddrFrom4([4]byte{b[2], b[3], b[4], b[5]})
	}
	return internal(ip)
}

// merge lets the words of a trusted host stand where the own check did not
// come to a pass: it saw the mail with the keys of the day.
func merge(r *Result, b block) {
	if m, ok := b.result("spf"); ok && r.SPF.Value != Pass {
		r.SPF.Value, r.SPF.FromHeader, r.SPF.Reason = m.Value, true, ""
		r.SPF.Domain, r.SPF.Identity = spfIdentity(m)
	}
	taken := make([]bool, len(r.DKIM))
	for _, m := range b.results {
		if m.Name != "dkim" || m.Value == None {
			continue
		}
		i := matchSignature(r.DKIM, taken, m)
		if i < 0 {
			if len(r.DKIM) < 2*maxSignatures {
				r.DKIM = append(r.DKIM, headerSignature(m))
				taken = append(taken, true)
			}
			continue
		}
		taken[i] = true
		s := &r.DKIM[i]
		switch {
		case m.Value == Pass && (s.Value == Fail || s.Has(NoteBodyChanged)):
			r.Changed = true // seen without a key too
		case s.Value != Pass && s.Value != Fail:
			s.Value, s.FromHeader, s.Reason, s.KeyGone = m.Value, true, "", false
		}
	}
}

func headerSignature(m Method) Signature {
	return Signature{
		Value: m.Value, Domain: dkimDomain(m),
		Selector: strings.ToLower(m.Props["header.s"]), FromHeader: true,
	}
}

// matchSignature finds the signature that a result speaks of: the same domain,
// and selector and beginning of b= where they are told (RFC 6008).
func matchSignature(all []Signature, taken []bool, m Method) int {
	d := dkimDomain(m)
	for i, s := range all {
		sel, b := m.Props["header.s"], m.Props["header.b"]
		if !taken[i] && s.Domain == d && d != "" &&
			(sel == "" || strings.EqualFold(sel, s.Selector)) &&
			(b == "" || strings.HasPrefix(s.b, b)) {
			return i
		}
	}
	return -1
}
