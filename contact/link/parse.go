package link

import (
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"bonafide/ident"
)

// parse reads an address as a browser would that is given it in an address bar
// or an href. written is the host as it stood in the raw text. problem is empty
// on success.
func parse(raw string) (o opened, written, problem string) {
	if len(raw) > maxURL {
		return opened{}, "", "too_long"
	}
	bare := raw
	if strings.ContainsAny(raw, "\t\n\r") {
		bare = unbroken.Replace(raw)
	}
	bare = refang(strings.Trim(bare, " \"'<>\u00a0\u3000"))
	if bare == "" {
		return opened{}, "", "empty"
	}
	s := withScheme(bare)
	if s != bare && !strings.HasPrefix(bare, "//") && !strings.HasPrefix(bare, `\\`) {
		if host := writtenHost(s); !isQuad(host) && !knownHost(strings.TrimSuffix(host, ".")) {
			return opened{}, "", "relative"
		}
	}
	o, ok := open(s)
	if !ok {
		return opened{}, "", "invalid"
	}
	return o, writtenHost(s), ""
}

// unbroken drops what browsers drop from anywhere in an address.
var unbroken = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// parseWHATWG calls the URL parser. The parser is foreign code fed with hostile
// bytes, so a panic in it is turned into "could not be read".
func parseWHATWG(s, base string) (u *whatwg.Url, err error) {
	defer func() {
		if recover() != nil {
			u, err = nil, errParser
		}
	}()
	if base == "" {
		return whatwg.Parse(s)
	}
	return whatwg.ParseRef(base, s)
}

type parserError string

func (e parserError) Error() string { return string(e) }

const errParser = parserError("link: the URL parser gave up on this address")

// refang undoes the marks by which people make an address unclickable: hxxp,
// [.], (.), [:].
func refang(s string) string {
	if len(s) >= 4 && (s[0] == 'h' || s[0] == 'H') && (strings.EqualFold(s[1:3], "xx") || s[1:3] == "**") && (s[3] == 'p' || s[3] == 'P') {
		s = "http" + s[4:]
	}
	if !strings.ContainsAny(s, "[({") {
		return s
	}
	return bracketed.Replace(s)
}

var bracketed = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "[:]", ":", "[://]", "://", "[/]", "/")

// withScheme puts http:// before a bare host, as browsers do.
func withScheme(s string) string {
	if strings.HasPrefix(s, "//") || strings.HasPrefix(s, `\\`) {
		return "http:" + s
	}
	colon := strings.IndexByte(s, ':')
	if colon > 0 && isScheme(s[:colon]) {
		rest := s[colon+1:]
		// "example.com:8080/x" is a host with a port, "mailto:x" a scheme.
		if !strings.Contains(s[:colon], ".") || strings.HasPrefix(rest, "//") {
			return s
		}
	}
	if s == "" || s[0] == '#' || s[0] == '?' || s[0] == '/' {
		return s
	}
	return "http://" + s
}

// isScheme checks RFC 3986, 3.1.
func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !('0' <= s[i] && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.')) {
			return false
		}
	}
	return s != ""
}

// writtenHost cuts the host out of an address as it was written, with the
// separators that browsers accept.
func writtenHost(s string) string {
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return ""
	}
	rest := strings.TrimLeft(s[colon+1:], `/\`)
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if strings.HasPrefix(rest, "[") {
		return rest
	}
	if port := strings.LastIndexByte(rest, ':'); port >= 0 {
		rest = rest[:port]
	}
	return rest
}

func userinfo(user, password string) string {
	user, password = unescape(user), unescape(password)
	if password != "" {
		return cut(user+":"+password, 256)
	}
	return cut(user, 256)
}

// unescape undoes one level of percent signs and leaves what is not one.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Host returns the host of an address or bare name as an ident.Domain with
// A-labels; ok is false when s has none or is numeric.
func Host(s string) (host ident.Domain, ok bool) {
	a := look(s, &Lists{})
	return a.Host, a.Problem == "" && a.Host != ""
}
