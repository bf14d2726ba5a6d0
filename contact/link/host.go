package link

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"bonafide/ident"
)

// setHost fills everything that follows from the parsed host.
func (a *Analysis) setHost(host, written string) {
	if ip, ok := numericHost(host); ok {
		a.IP, a.IPForm = ip, ipForm(ip, host, written)
		return
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if strings.Contains(host, "%") { // opaque hosts of schemes that browsers do not know
		host = strings.ToLower(unescape(host))
	}
	if host == "" || len(host) > 253 {
		return
	}
	a.Host = ident.Domain(host)
	a.Unicode = toUnicode(host)
	a.Registrable, a.Provider, a.Suffix, a.Hosting = Registrable(a.Host)
	for _, label := range strings.Split(a.Unicode, ".") {
		if mixedScript(label) {
			a.Mixed = append(a.Mixed, label)
		}
	}
	a.Punycode = strings.HasPrefix(host, "xn--") || strings.Contains(host, ".xn--")
}

func numericHost(host string) (netip.Addr, bool) {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	ip, err := netip.ParseAddr(host)
	return ip, err == nil && ip.Zone() == ""
}

// ipForm tells how a numeric host was written.
func ipForm(ip netip.Addr, host, written string) string {
	w := strings.ToLower(strings.TrimSuffix(written, "."))
	switch {
	case ip.Is6():
		return IPv6
	case w == host:
		return Dotted
	case strings.ContainsFunc(w, func(r rune) bool { return r == '%' || r > unicode.MaxASCII }):
		return Encoded
	case strings.Contains(w, "0x"):
		return Hex
	}
	parts := strings.Split(w, ".")
	for _, p := range parts {
		if len(p) > 1 && p[0] == '0' {
			return Octal
		}
	}
	if len(parts) == 1 {
		return Decimal
	}
	return Short
}

// Registrable splits a host by the public suffix list. registrable counts the
// private section of the list (names that companies hand out, such as
// github.io), provider only the ICANN section. hosting is true when the two
// differ or the host is itself a private suffix. All are empty for a name under
// no known suffix.
func Registrable(host ident.Domain) (registrable, provider ident.Domain, suffix string, hosting bool) {
	h := string(host)
	suffix, icann := publicsuffix.PublicSuffix(h)
	if !icann && !strings.Contains(suffix, ".") {
		return "", "", "", false // the list's default rule: not a known ending
	}
	registrable = oneMore(h, suffix)
	if icann {
		return registrable, registrable, suffix, false
	}
	official := icannSuffix(suffix)
	provider = oneMore(h, official)
	if registrable == "" {
		registrable = provider
	}
	return registrable, provider, suffix, true
}

// icannSuffix finds the ICANN suffix above a private one.
func icannSuffix(private string) string {
	for s := private; ; {
		dot := strings.IndexByte(s, '.')
		if dot < 0 {
			return s
		}
		s = s[dot+1:]
		if suffix, icann := publicsuffix.PublicSuffix(s); icann {
			return suffix
		}
	}
}

// oneMore returns the suffix with one label more of host, or "".
func oneMore(host, suffix string) ident.Domain {
	if len(host) <= len(suffix)+1 || !strings.HasSuffix(host, "."+suffix) {
		return ""
	}
	rest := host[:len(host)-len(suffix)-1]
	return ident.Domain(host[strings.LastIndexByte(rest, '.')+1:])
}

// knownHost reports whether h (as found in text) is a host under a suffix that
// exists, with at least one label of its own.
func knownHost(h string) bool {
	if len(h) > 253 || strings.HasPrefix(h, ".") || strings.HasPrefix(h, "-") || strings.Contains(h, "..") {
		return false
	}
	ascii := strings.ToLower(h)
	if !plainASCII(ascii) || strings.Contains(ascii, "xn--") {
		var err error
		if ascii, err = idna.Punycode.ToASCII(ascii); err != nil {
			return false
		}
	}
	for label, rest, more := "", ascii, true; more; {
		label, rest, more = strings.Cut(rest, ".")
		if label == "" || len(label) > 63 {
			return false
		}
	}
	registrable, _, _, _ := Registrable(ident.Domain(ascii))
	return registrable != ""
}

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func toUnicode(host string) string {
	if !strings.Contains(host, "xn--") {
		return host
	}
	u, err := idna.Punycode.ToUnicode(host)
	if err != nil || u == "" {
		return host
	}
	return strings.ToValidUTF8(u, "\uFFFD")
}

// mixedScript reports letters of scripts in one label that no writing system
// combines (UTS #39, 5.2: Latin goes with the scripts of Japanese, Korean and
// Chinese, nothing else goes with anything).
func mixedScript(label string) bool {
	var latin, cjk, other bool
	var first *unicode.RangeTable
	for _, r := range label {
		if r <= unicode.MaxASCII {
			latin = latin || unicode.IsLetter(r)
			continue
		}
		if !unicode.IsLetter(r) || r == 'ー' {
			continue
		}
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
			cjk = true
		default:
			t := scriptOf(r)
			if other && t != first {
				return true
			}
			other, first = true, t
		}
	}
	return other && (latin || cjk)
}

// scriptOf returns the script of a letter among those with look-alikes of Latin
// letters; the rest share one answer.
func scriptOf(r rune) *unicode.RangeTable {
	for _, t := range []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Hebrew, unicode.Arabic, unicode.Cherokee, unicode.Georgian, unicode.Thai, unicode.Devanagari} {
		if unicode.Is(t, r) {
			return t
		}
	}
	return nil
}
