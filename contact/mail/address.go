package mail

import (
	"strings"

	"golang.org/x/net/idna"

	"bonafide/contact"
	"bonafide/ident"
)

// maxAddresses is how many addresses of one field are read.
const maxAddresses = 500

// addresses reads an address list (RFC 5322, 3.4) as mail programs do with
// broken ones: the name is what stands before the last "<", whatever it is.
// The value is unfolded and not yet decoded, so that a comma or bracket that
// comes out of an encoded word cannot split it.
func (r *reader) addresses(v []byte) []contact.Address {
	var out []contact.Address
	before := "" // a name with a comma in it that nobody quoted
	for _, item := range splitAddresses(string(v[:min(len(v), 64<<10)])) {
		if strings.TrimSpace(item) == "" {
			continue
		}
		if !strings.ContainsAny(decodeWords(item), "@<") && len(before) < 1024 {
			before = strings.TrimSpace(before+" "+strings.TrimSpace(item)) + ","
			continue
		}
		if a, ok := r.address(before + " " + item); ok && len(out) < maxAddresses {
			out = append(out, a)
		}
		before = ""
	}
	if before = strings.Trim(before, ", "); before != "" && len(out) == 0 {
		if a, ok := r.address(before); ok {
			out = append(out, a)
		}
	}
	return out
}

// splitAddresses cuts a list at commas and semicolons outside of quotes,
// comments and brackets. A group's name is dropped, its members stay.
func splitAddresses(v string) []string {
	var out []string
	start, comment := 0, 0
	quoted, angle := false, false
	// What never closes is a letter like any other.
	lastQuote, lastAngle, lastComment := strings.LastIndexByte(v, '"'), strings.LastIndexByte(v, '>'), strings.LastIndexByte(v, ')')
	for i := 0; i < len(v) && len(out) <= maxAddresses; i++ {
		switch c := v[i]; {
		case c == '\\' && (quoted || comment > 0):
			i++
		case c == '"' && comment == 0:
			quoted = !quoted && i < lastQuote
		case quoted:
		case c == '(' && !angle:
			if comment > 0 || i < lastComment {
				comment++
			}
		case c == ')' && comment > 0:
			comment--
		case comment > 0:
		case c == '<':
			angle = i < lastAngle
		case c == '>':
			angle = false
		case angle:
		case c == ',' || c == ';':
			out = append(out, v[start:i])
			start = i + 1
		case c == ':' && !strings.Contains(v[start:i], "@") && groupFollows(v[i+1:]):
			start = i + 1
		}
	}
	if start <= len(v) {
		out = append(out, v[start:])
	}
	return out
}

// groupFollows reports whether a colon opens a group: a semicolon closes it.
func groupFollows(rest string) bool { return strings.IndexByte(rest[:min(len(rest), 2000)], ';') >= 0 }

// address reads one address.
func (r *reader) address(item string) (contact.Address, bool) {
	item = strings.TrimSpace(item)
	if item == "" || len(item) > 8192 {
		return contact.Address{}, false
	}
	name, addr := cutAddress(item)
	name = r.displayName(name)
	if addr == "" && strings.Contains(name, "@") {
		// All of it was encoded: brackets come out only now.
		name, addr = cutAddress(name)
		name = strings.Trim(name, " \"")
	}
	m, err := parseMail(r.decodeHeader([]byte(addr)))
	if err != nil {
		if name == "" {
			name = addr
		}
		if name == "" {
			return contact.Address{}, false
		}
	}
	return contact.Address{Name: name, Mail: m}, true
}

// cutAddress splits into display name and address.
func cutAddress(item string) (name, addr string) {
	if open := strings.LastIndexByte(item, '<'); open >= 0 {
		addr = item[open+1:]
		if end := strings.IndexByte(addr, '>'); end >= 0 {
			// "<a@b.example> (Name)"
			if tail := strings.TrimSpace(addr[end+1:]); open == 0 && tail != "" {
				return strings.Trim(tail, "()"), strings.TrimSpace(addr[:end])
			}
			addr = addr[:end]
		}
		if !strings.Contains(addr, "@") && strings.Contains(item[:open], "@") && strings.TrimSpace(addr) == "" {
			return cutAddress(item[:open])
		}
		return item[:open], strings.TrimSpace(addr)
	}
	if open := strings.IndexByte(item, '('); open > 0 {
		before, comment := strings.TrimSpace(item[:open]), strings.Trim(item[open:], "() ")
		if strings.Contains(before, "@") {
			return comment, before
		}
	}
	at := strings.LastIndexByte(item, '@')
	if at < 0 {
		return item, ""
	}
	if quote := strings.IndexByte(item, '"'); quote >= 0 && quote < at-1 && item[at-1] == '"' {
		return item[:quote], item[quote:] // "odd local part"@b.example
	}
	// "Name a@b.example" without brackets.
	start := strings.LastIndexAny(item[:at], " \t\"") + 1
	end := len(item)
	if sp := strings.IndexAny(item[at:], " \t\""); sp >= 0 {
		end = at + sp
	}
	return item[:start], item[start:end]
}

// displayName removes the quotes of a name and decodes it. Programs decode
// encoded words within quotes although RFC 2047, 5 forbids it.
func (r *reader) displayName(name string) string {
	name = strings.TrimSpace(name)
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = name[1 : len(name)-1]
	}
	if strings.IndexByte(name, '\\') >= 0 {
		name = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(name)
	}
	name = r.decodeHeader([]byte(name))
	return strings.Join(strings.Fields(strings.Trim(name, "\"' \t")), " ")
}

// parseMail is ident.ParseMail with what mails get wrong: blanks and quotes
// around it, "mailto:", a domain in letters beyond ASCII.
func parseMail(s string) (ident.Mail, error) {
	s = strings.TrimSpace(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if quote := strings.LastIndex(s, "\"@"); quote > 0 {
		s = strings.TrimSpace(strings.TrimLeft(s[:quote], "\"")) + s[quote+1:]
	}
	s = strings.Trim(s, "<>\"' \t,;")
	if strings.ContainsAny(s, " \t") {
		s = strings.Join(strings.Fields(s), "")
	}
	if strings.HasPrefix(s, "@") {
		s = `""` + s // nobody's address, but the domain is seen
	}
	m, err := ident.ParseMail(s)
	if err != nil {
		return ident.Mail{}, err
	}
	if d := string(m.Domain); !plainASCII([]byte(d)) {
		if a, err := idna.Lookup.ToASCII(d); err == nil {
			m.Domain = ident.Domain(a)
		}
	}
	return m, nil
}

// firstMail keeps the address that is known, else takes the first of a list.
func firstMail(known ident.Mail, list []contact.Address) ident.Mail {
	if known.Domain == "" && len(list) > 0 {
		return list[0].Mail
	}
	return known
}
