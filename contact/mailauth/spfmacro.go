package mailauth

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// expand replaces the macros of a domain-spec, which the grammar has checked,
// and shortens a result that is too long from the left (RFC 7208, 7).
func (s *spfEval) expand(ctx context.Context, spec, domain string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(spec, '%')
		if i < 0 || i+1 >= len(spec) {
			b.WriteString(spec)
			break
		}
		b.WriteString(spec[:i])
		next := spec[i+1]
		spec = spec[i+2:]
		switch next {
		case '%':
			b.WriteByte('%')
		case '_':
			b.WriteByte(' ')
		case '-':
			b.WriteString("%20")
		case '{':
			body, rest, _ := strings.Cut(spec, "}")
			spec = rest
			b.WriteString(s.macro(ctx, body, domain))
		}
	}
	name := strings.TrimSuffix(b.String(), ".")
	for len(name) > 253 {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = rest
	}
	return name
}

// macro expands what stands between the braces: a letter, how many parts are
// kept from the right, "r" to turn them round, and what parts them.
func (s *spfEval) macro(ctx context.Context, body, domain string) string {
	letter := body[0]
	value := s.letter(ctx, letter|0x20, domain)
	body = body[1:]
	digits := body[:len(body)-len(strings.TrimLeft(body, "0123456789"))]
	body = body[len(digits):]
	turn := strings.HasPrefix(strings.ToLower(body), "r")
	if turn {
		body = body[1:]
	}
	if body == "" {
		body = "."
	}
	parts := splitAny(value, body)
	if turn {
		slices.Reverse(parts)
	}
	if n, err := strconv.Atoi(digits); err == nil && n < len(parts) {
		parts = parts[len(parts)-n:]
	}
	value = strings.Join(parts, ".")
	if letter < 'a' { // upper case asks for URL escaping (RFC 7208, 7.3)
		value = strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	}
	return value
}

// splitAny splits at each byte of a set and keeps empty parts.
func splitAny(s, set string) []string {
	var out []string
	for {
		i := strings.IndexAny(s, set)
		if i < 0 {
			return append(out, s)
		}
		out, s = append(out, s[:i]), s[i+1:]
	}
}

// letter returns the value of a macro letter (RFC 7208, 7.2).
func (s *spfEval) letter(ctx context.Context, letter byte, domain string) string {
	switch letter {
	case 's':
		return s.local + "@" + s.domain
	case 'l':
		return s.local
	case 'o':
		return s.domain
	case 'd':
		return domain
	case 'h':
		return s.helo
	case 'v':
		if s.ip.Is4() {
			return "in-addr"
		}
		return "ip6"
	case 'i':
		return s.dotted()
	case 'p':
		return s.validName(ctx, domain)
	}
	return ""
}

// dotted writes the address: of IPv6 each half byte is a part.
func (s *spfEval) dotted() string {
	if s.ip.Is4() {
		return s.ip.String()
	}
	hex := strings.ReplaceAll(s.ip.StringExpanded(), ":", "")
	return strings.Join(strings.Split(hex, ""), ".")
}

// validName is the name of the address that fits a domain best: the domain
// itself, one below it, any other, or "unknown" (RFC 7208, 7.3).
func (s *spfEval) validName(ctx context.Context, domain string) string {
	s.validNames(ctx)
	best := "unknown"
	for _, n := range s.names {
		switch {
		case strings.EqualFold(n, domain):
			return n
		case below(n, domain) && !below(best, domain), best == "unknown":
			best = n
		}
	}
	return best
}
