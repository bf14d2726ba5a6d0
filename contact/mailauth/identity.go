package mailauth

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"bonafide/ident"
)

// asciiDomain returns a domain in lower case with A-labels. What IDNA refuses
// is only put in lower case.
func asciiDomain(s string) ident.Domain {
	s = strings.TrimSuffix(strings.ToLower(strings.Trim(s, "<>[] \t\r\n\"")), ".")
	if isDNSName(s) {
		return ident.Domain(s)
	}
	if a, err := idna.Lookup.ToASCII(s); err == nil {
		s = a
	}
	return ident.Domain(s)
}

// organisational returns the registered domain by the public suffix list, or
// the domain itself when it is a public suffix.
func organisational(d ident.Domain) ident.Domain {
	org, err := publicsuffix.EffectiveTLDPlusOne(string(d))
	if err != nil {
		return d
	}
	return ident.Domain(org)
}

// What can be wrong with From.
const (
	problemFields  = "several From fields"
	problemSeveral = "several addresses in From"
	problemDomain  = "no domain in From"
	problemAddress = "no address in From"
	problemNone    = "no From"
	problemLong    = "From is too long"
)

// isMailDomain reports whether d is a DNS name and no address.
func isMailDomain(d ident.Domain) bool {
	last := d[strings.LastIndexByte(string(d), '.')+1:]
	return isDNSName(string(d)) && !isDigits(string(last))
}

// from returns the domain of the one address in From. The problem says why
// there is none to judge: several fields or addresses leave open which one a
// reader is shown (RFC 7489, 6.6.1), and some senders do that on purpose. The
// field is read here too, because a mail room that is kind to broken names may
// see one address where there are two.
func (c *checker) from() (d ident.Domain, problem string) {
	at := c.msg.at["from"]
	if len(at) > 1 {
		return "", problemFields
	}
	var list []string
	if len(at) == 1 {
		value := c.msg.fields[at[0]].value()
		if len(value) > maxAuthField {
			return "", problemLong
		}
		list = addresses(value)
	}
	var known []ident.Domain
	for _, a := range c.in.Mail.From {
		if a.Mail.Domain != "" {
			known = append(known, a.Mail.Domain)
		}
	}
	switch {
	case len(list) > 1 || len(known) > 1:
		return "", problemSeveral
	case len(known) == 1:
		d = asciiDomain(string(known[0]))
	case len(list) == 1:
		d = asciiDomain(list[0][strings.LastIndexByte(list[0], '@')+1:])
	case len(at) == 0:
		return "", problemNone
	default:
		return "", problemAddress
	}
	if !isMailDomain(d) {
		return "", problemDomain
	}
	return d, ""
}

// addresses finds the addresses of a From field, however broken the names
// around them are: what stands between angle brackets, else every word with an
// "@". Quoted strings and comments are names and count for nothing.
func addresses(value string) []string {
	var angle, bare []string
	var word strings.Builder
	quoted, inAngle, depth := false, false, 0
	end := func() {
		if w := word.String(); strings.Contains(w, "@") {
			bare = append(bare, w)
		}
		word.Reset()
	}
	for i := 0; i < len(value); i++ {
		b := value[i]
		switch {
		case b == '\\':
			i++
		case quoted:
			quoted = b != '"'
		case b == '(' && !inAngle:
			depth++
		case depth > 0:
			if b == ')' {
				depth--
			}
		case b == '"':
			quoted = true
		case inAngle && b == '>':
			angle = append(angle, word.String())
			word.Reset()
			inAngle = false
		case b == '<':
			word.Reset()
			inAngle = true
		case !inAngle && strings.IndexByte(" \t\r\n,;", b) >= 0:
			end()
		default:
			word.WriteByte(b)
		}
	}
	end()
	if len(angle) > 0 {
		return angle
	}
	return bare
}

// dkimDomain returns the domain of a dkim result: header.d, else header.i.
func dkimDomain(m Method) ident.Domain {
	d := m.Props["header.d"]
	if d == "" {
		d = m.Props["header.i"]
	}
	return asciiDomain(d[strings.LastIndexByte(d, '@')+1:])
}

// spfIdentity returns the domain that an spf result is about.
func spfIdentity(m Method) (ident.Domain, string) {
	for _, key := range []string{"smtp.mailfrom", "smtp.mfrom", "smtp.mail", "smtp.helo"} {
		v := m.Props[key]
		d := asciiDomain(v[strings.LastIndexByte(v, '@')+1:])
		if !isDNSName(string(d)) {
			continue
		}
		if key == "smtp.helo" {
			return d, "helo"
		}
		return d, "mailfrom"
	}
	return "", ""
}
