package mailauth

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Limits of RFC 7208, 4.6.4: terms that look up names, look-ups that find
// nothing, hosts of one "mx" and names of one address.
const (
	maxSPFTerms = 10
	maxSPFVoids = 2
	maxSPFHosts = 10
)

// spfEval evaluates SPF for one connection (RFC 7208, check_host).
type spfEval struct {
	dns *lookups
	ip  netip.Addr // without a 4-in-6 prefix
	// sender is the identity that is checked, as its local part and domain.
	local, domain, helo string
	terms, voids        int
	// names are the validated names of ip, once they were asked for.
	names      []string
	namesKnown bool
}

// checkHost evaluates the record of a domain, which changes with "include" and
// "redirect" while the sender stays.
func (s *spfEval) checkHost(ctx context.Context, domain string) Value {
	if !isVisibleName(domain) || !strings.Contains(domain, ".") {
		return None // RFC 7208, 4.3
	}
	record, v := s.record(ctx, domain)
	if v != Pass {
		return v
	}
	redirect := ""
	for _, term := range strings.Fields(record)[1:] {
		if name, value, ok := modifier(term); ok {
			if name == "redirect" {
				redirect = value
			}
			continue
		}
		if v := s.directive(ctx, term, domain); v != NotChecked {
			return v
		}
	}
	if redirect == "" {
		return Neutral // RFC 7208, 4.7
	}
	if s.terms++; s.terms > maxSPFTerms {
		return PermError
	}
	if v := s.checkHost(ctx, s.expand(ctx, redirect, domain)); v != None {
		return v
	}
	return PermError // RFC 7208, 6.1
}

// record returns the one record of a domain. The value is Pass when there is
// one. A syntax error anywhere in it is a permerror, even behind a term that
// would match (RFC 7208, 4.6).
func (s *spfEval) record(ctx context.Context, domain string) (string, Value) {
	txts, err := s.dns.visible().LookupTXT(ctx, domain)
	if err != nil {
		if lookupKind(err) == None {
			return "", None
		}
		return "", TempError
	}
	record := ""
	for _, txt := range txts {
		switch {
		case !isSPF(txt):
		case record != "" || !validSPF(txt):
			return "", PermError // several, or one that is broken
		default:
			record = txt
		}
	}
	if record == "" {
		return "", None
	}
	return record, Pass
}

// directive evaluates one mechanism. NotChecked means that it does not match.
func (s *spfEval) directive(ctx context.Context, term, domain string) Value {
	result := Pass
	switch term[0] {
	case '+', '-', '~', '?':
		result = map[byte]Value{'+': Pass, '-': Fail, '~': SoftFail, '?': Neutral}[term[0]]
		term = term[1:]
	}
	name, arg := term, ""
	if i := strings.IndexAny(term, ":/"); i >= 0 {
		name, arg = term[:i], strings.TrimPrefix(term[i:], ":")
	}
	name = strings.ToLower(name)
	var match, stop Value
	switch name {
	case "all":
		match = Pass
	case "ip4", "ip6":
		match = matches(s.inNetwork(arg))
	default:
		if s.terms++; s.terms > maxSPFTerms {
			return PermError
		}
		match, stop = s.lookupTerm(ctx, name, arg, domain)
	}
	if stop != NotChecked {
		return stop
	}
	if match == Pass {
		return result
	}
	return NotChecked
}

func matches(ok bool) Value {
	if ok {
		return Pass
	}
	return Fail
}

// lookupTerm evaluates a mechanism that asks DNS. stop ends the evaluation.
func (s *spfEval) lookupTerm(ctx context.Context, name, arg, domain string) (match, stop Value) {
	spec, bits4, bits6 := arg, 32, 128
	if name == "a" || name == "mx" {
		spec, bits4, bits6 = splitCIDR(arg)
	}
	target := domain
	if spec != "" {
		target = s.expand(ctx, spec, domain)
	}
	switch name {
	case "include":
		return included(s.checkHost(ctx, target))
	case "exists":
		ips, stop := s.addresses(ctx, target)
		for _, ip := range ips {
			if ip.Is4() {
				return Pass, stop
			}
		}
		return Fail, stop
	case "ptr":
		return s.ptr(ctx, target)
	case "a":
		ips, stop := s.addresses(ctx, target)
		return matches(s.among(ips, bits4, bits6)), stop
	}
	return s.mx(ctx, target, bits4, bits6)
}

// included is the outcome of "include" (RFC 7208, 5.2).
func included(v Value) (match, stop Value) {
	switch v {
	case Pass:
		return Pass, NotChecked
	case TempError:
		return Fail, TempError
	case PermError, None:
		return Fail, PermError
	}
	return Fail, NotChecked
}

// addresses asks for the addresses of a name.
func (s *spfEval) addresses(ctx context.Context, name string) ([]netip.Addr, Value) {
	found, err := s.dns.visible().LookupIPAddr(ctx, name)
	if stop := s.void(len(found), err); stop != NotChecked {
		return nil, stop
	}
	return addrs(found), NotChecked
}

func addrs(list []net.IPAddr) []netip.Addr {
	out := make([]netip.Addr, 0, len(list))
	for _, a := range list {
		if ip, ok := netip.AddrFromSlice(a.IP); ok {
			out = append(out, ip.Unmap())
		}
	}
	return out
}

// void counts a look-up that found nothing and tells what ends the evaluation.
func (s *spfEval) void(n int, err error) Value {
	switch {
	case err == nil && n > 0:
		return NotChecked
	case err != nil && lookupKind(err) != None:
		return TempError
	}
	if s.voids++; s.voids > maxSPFVoids {
		return PermError
	}
	return NotChecked
}

// mx evaluates "mx": the addresses of the mail hosts, of which there may be
// ten (RFC 7208, 4.6.4).
func (s *spfEval) mx(ctx context.Context, name string, bits4, bits6 int) (match, stop Value) {
	hosts, err := s.dns.visible().LookupMX(ctx, name)
	if len(hosts) > 0 {
		err = nil // what could be read of them is used
	}
	if stop := s.void(len(hosts), err); stop != NotChecked {
		return Fail, stop
	}
	if len(hosts) > maxSPFHosts {
		return Fail, PermError
	}
	var all []netip.Addr
	for _, h := range hosts {
		found, err := s.dns.visible().LookupIPAddr(ctx, strings.TrimSuffix(h.Host, "."))
		if err != nil && lookupKind(err) != None {
			return Fail, TempError
		}
		all = append(all, addrs(found)...)
	}
	return matches(s.among(all, bits4, bits6)), NotChecked
}

// ptr evaluates "ptr". An error of the reverse zone is no match: it is not the
// domain's own (RFC 7208, 5.5).
func (s *spfEval) ptr(ctx context.Context, target string) (match, stop Value) {
	if stop := s.validNames(ctx); stop == PermError {
		return Fail, stop
	}
	for _, n := range s.names {
		if below(n, target) {
			return Pass, NotChecked
		}
	}
	return Fail, NotChecked
}

// validNames looks up the names of the address, once, and keeps those that lead
// back to it.
func (s *spfEval) validNames(ctx context.Context) (stop Value) {
	if s.namesKnown {
		return NotChecked
	}
	s.namesKnown = true
	found, err := s.dns.LookupAddr(ctx, s.ip.String())
	if stop = s.void(len(found), err); stop != NotChecked {
		return stop
	}
	for _, n := range found[:min(len(found), maxSPFHosts)] {
		n = strings.ToLower(strings.TrimSuffix(n, "."))
		back, err := s.dns.visible().LookupIPAddr(ctx, n)
		if err == nil && s.among(addrs(back), 32, 128) {
			s.names = append(s.names, n)
		}
	}
	return NotChecked
}

// below reports whether a name is a domain or lies under it.
func below(name, domain string) bool {
	name, domain = strings.ToLower(name), strings.ToLower(strings.TrimSuffix(domain, "."))
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// among reports whether the address lies in the network of one of a list.
func (s *spfEval) among(list []netip.Addr, bits4, bits6 int) bool {
	for _, ip := range list {
		bits := bits6
		if ip.Is4() {
			bits = bits4
		}
		if ip.Is4() == s.ip.Is4() && netip.PrefixFrom(ip, bits).Contains(s.ip) {
			return true
		}
	}
	return false
}

// inNetwork evaluates "ip4" and "ip6", which the grammar has checked.
func (s *spfEval) inNetwork(arg string) bool {
	if !strings.Contains(arg, "/") {
		ip, err := netip.ParseAddr(arg)
		return err == nil && ip.Unmap() == s.ip
	}
	addr, length, _ := strings.Cut(arg, "/")
	ip, err := netip.ParseAddr(addr)
	bits, err2 := strconv.Atoi(length)
	if err != nil || err2 != nil {
		return false
	}
	if ip.Is4In6() {
		ip, bits = ip.Unmap(), max(bits-96, 0)
	}
	return netip.PrefixFrom(ip, bits).Contains(s.ip)
}

// splitCIDR cuts "domain/4//6" into its parts.
func splitCIDR(s string) (spec string, bits4, bits6 int) {
	bits4, bits6 = 32, 128
	if i := strings.LastIndex(s, "//"); i >= 0 && isDigits(s[i+2:]) {
		bits6, _ = strconv.Atoi(s[i+2:])
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 && isDigits(s[i+1:]) {
		bits4, _ = strconv.Atoi(s[i+1:])
		s = s[:i]
	}
	return s, bits4, bits6
}

// isVisibleName reports whether s is a name that SPF may ask for: labels of
// visible characters and blanks, as macros make them (RFC 7208, 7.1).
func isVisibleName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := 0; i < len(label); i++ {
			if label[i] < 0x20 || label[i] > 0x7e {
				return false
			}
		}
	}
	return true
}
