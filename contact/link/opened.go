package link

import whatwg "github.com/nlnwa/whatwg-url/url"

// opened is an address as the parser of the WHATWG URL Standard takes it apart.
type opened struct {
	scheme, username, password, host, path, query, href string
	port                                                int // 0: the scheme's own
}

// open takes an address apart; ok is false when it is none.
func open(s string) (opened, bool) {
	if o, ok := ordinary(s); ok {
		return o, true
	}
	u, err := parseWHATWG(s, "")
	if err != nil || u == nil {
		return opened{}, false
	}
	return openedFrom(u), true
}

func openedFrom(u *whatwg.Url) opened {
	o := opened{
		scheme: u.Scheme(), username: u.Username(), password: u.Password(), host: u.Hostname(),
		path: u.Pathname(), query: u.Query(), href: u.Href(false),
	}
	if u.Port() != "" {
		o.port = u.DecodedPort()
	}
	return o
}

// ordinary takes an address apart in which the parser of the standard would
// change nothing: http or https in small letters, a host of plain labels, no
// port, and only characters that are left as they are. Nine of ten addresses
// are of that kind, and are read without a copy. TestOrdinary holds it against
// the parser.
func ordinary(s string) (o opened, ok bool) {
	var rest string
	switch {
	case len(s) > 8 && s[:8] == "https://":
		o.scheme, rest = s[:5], s[8:]
	case len(s) > 7 && s[:7] == "http://":
		o.scheme, rest = s[:4], s[7:]
	default:
		return opened{}, false
	}
	end := plainHost(rest)
	if end == 0 {
		return opened{}, false
	}
	o.host = rest[:end]
	path, query, fragment := parts(rest[end:])
	if !kept(path, true) || !kept(query, false) || !kept(fragment, false) {
		return opened{}, false
	}
	o.href, o.path = s, path
	if path == "" {
		at := len(s) - len(rest) + end
		o.path, o.href = "/", s[:at]+"/"+s[at:]
	}
	if query != "" {
		o.query = query[1:]
	}
	return o, true
}

// parts cuts what follows a host; query and fragment keep their sign.
func parts(s string) (path, query, fragment string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '#' {
			s, fragment = s[:i], s[i:]
			break
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '?' {
			return s[:i], s[i:], fragment
		}
	}
	return s, "", fragment
}

// plainHost returns the length of the host that s begins with: labels of small
// letters, digits and single hyphens, the last one beginning with a letter. 0
// when there is none, or when something else than path, query or fragment
// follows.
func plainHost(s string) int {
	i, label, dots := 0, 0, 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		case c == '-':
			if i == label || s[i-1] == '-' {
				return 0
			}
		case c == '.':
			if i == label || s[i-1] == '-' || i-label > 63 {
				return 0
			}
			label = i + 1
			dots++
		case c == '/' || c == '?' || c == '#':
			goto end
		default:
			return 0
		}
	}
end:
	if i == label || s[i-1] == '-' || i-label > 63 || i > 253 || dots == 0 || s[label] < 'a' {
		return 0
	}
	return i
}

// kept reports whether a path, query or fragment stands as it is in the address
// that the parser writes: no character that it escapes, no dot segment, no empty
// query.
func kept(s string, path bool) bool {
	if !path && len(s) == 1 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9':
		case c == '.':
			if path && s[i-1] == '/' {
				return false
			}
		case c == '%':
			if path && s[i-1] == '/' {
				return false
			}
		case c == '/' || c == '-' || c == '_' || c == '~' || c == '=' || c == '&' || c == '+' || c == ',' || c == ';' || c == ':' || c == '@' || c == '!' || c == '*' || c == '$':
		case (c == '?' || c == '#') && i == 0:
		case c == '?' && !path:
		default:
			return false
		}
	}
	return true
}
