package mailauth

import (
	"net/netip"
	"strconv"
	"strings"
)

// isSPF reports whether a TXT record is one of SPF (RFC 7208, 4.5).
func isSPF(txt string) bool {
	const version = "v=spf1"
	return len(txt) >= len(version) && strings.EqualFold(txt[:len(version)], version) &&
		(len(txt) == len(version) || txt[len(version)] == ' ')
}

// validSPF checks a record against the grammar of RFC 7208, 12.
func validSPF(txt string) bool {
	for i := 0; i < len(txt); i++ {
		if txt[i] < 0x20 || txt[i] > 0x7e {
			return false
		}
	}
	once := map[string]bool{}
	for i, term := range strings.Split(txt, " ") {
		if i == 0 || term == "" {
			continue
		}
		if name, value, ok := modifier(term); ok {
			if !validModifier(name, value, once) {
				return false
			}
		} else if !validDirective(term) {
			return false
		}
	}
	return true
}

// modifier splits name "=" value, where the sign comes before any ":" or "/".
func modifier(term string) (name, value string, ok bool) {
	i := strings.IndexAny(term, "=:/")
	if i <= 0 || term[i] != '=' || !isLetter(term[0]) {
		return "", "", false
	}
	for j := 0; j < i; j++ {
		if !isAlnum(term[j]) && !strings.ContainsRune("-_.", rune(term[j])) {
			return "", "", false
		}
	}
	return strings.ToLower(term[:i]), term[i+1:], true
}

// validModifier checks redirect= and exp=, which may stand once each, and the
// macros in all others.
func validModifier(name, value string, once map[string]bool) bool {
	if name != "redirect" && name != "exp" {
		return validMacros(value)
	}
	if once[name] {
		return false
	}
	once[name] = true
	return validDomainSpec(value)
}

// validDirective checks one mechanism with its qualifier.
func validDirective(term string) bool {
	term = strings.TrimLeft(term[:1], "+-?~") + term[1:]
	name, arg, colon := term, "", false
	if i := strings.IndexAny(term, ":/"); i >= 0 {
		name, arg, colon = term[:i], term[i:], term[i] == ':'
	}
	if colon {
		arg = arg[1:]
	}
	switch strings.ToLower(name) {
	case "all":
		return !colon && arg == ""
	case "include", "exists":
		return colon && validDomainSpec(arg)
	case "ptr":
		return !colon && arg == "" || colon && validDomainSpec(arg)
	case "a", "mx":
		domain, ok := cutDualCIDR(arg)
		return ok && (!colon && domain == "" || colon && validDomainSpec(domain))
	case "ip4":
		return colon && validNetwork(arg, 32)
	case "ip6":
		return colon && validNetwork(arg, 128)
	}
	return false
}

// cutDualCIDR removes "/n", "//n" or "/n//m" from the end. A name may itself
// contain "/", so only digits at the very end count.
func cutDualCIDR(s string) (rest string, ok bool) {
	if i := strings.LastIndex(s, "//"); i >= 0 && isDigits(s[i+2:]) {
		if !validLength(s[i+2:], 128) {
			return s, false
		}
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 && isDigits(s[i+1:]) {
		if !validLength(s[i+1:], 32) {
			return s, false
		}
		s = s[:i]
	}
	return s, true
}

// validLength checks a prefix length: no leading zero, at most limit.
func validLength(s string, limit int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= limit && (s == "0" || s[0] != '0')
}

// validNetwork checks an address with an optional prefix length.
func validNetwork(s string, bits int) bool {
	addr, length, has := strings.Cut(s, "/")
	ip, err := netip.ParseAddr(addr)
	if err != nil || ip.Zone() != "" || ip.Is4() != (bits == 32) {
		return false
	}
	return !has || isDigits(length) && validLength(length, bits)
}

// validDomainSpec checks macro-string and domain-end: a macro, or a last label
// that is not all digits.
func validDomainSpec(s string) bool {
	if s == "" || !validMacros(s) {
		return false
	}
	if strings.HasSuffix(s, "}") {
		return true
	}
	for _, macro := range []string{"%%", "%_", "%-"} {
		if strings.HasSuffix(s, macro) {
			return true
		}
	}
	s = strings.TrimSuffix(s, ".")
	dot := strings.LastIndexByte(s, '.')
	return dot >= 0 && validTopLabel(s[dot+1:])
}

// validTopLabel wants letters, digits and inner hyphens, and not digits alone.
func validTopLabel(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' || isDigits(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

// validMacros checks each "%" of a macro-string (RFC 7208, 7.1).
func validMacros(s string) bool {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return true
		}
		if s = s[i+1:]; s == "" {
			return false
		}
		switch s[0] {
		case '%', '_', '-':
			s = s[1:]
		case '{':
			body, rest, ok := strings.Cut(s[1:], "}")
			if !ok || !validMacro(body) {
				return false
			}
			s = rest
		default:
			return false
		}
	}
}

// validMacro checks what stands between the braces: a letter, digits, "r" and
// delimiters. The letters c, r and t are for explanations only.
func validMacro(s string) bool {
	if s == "" || !strings.ContainsRune("slodiphv", rune(s[0]|0x20)) {
		return false
	}
	s = s[1:]
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && strings.Trim(s[:digits], "0") == "" {
		return false
	}
	s = s[digits:]
	if s != "" && s[0]|0x20 == 'r' {
		s = s[1:]
	}
	return strings.Trim(s, ".-+,/_=") == ""
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

func isAlnum(b byte) bool { return isLetter(b) || '0' <= b && b <= '9' }
