package dns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ParseZone reads the lines of a zone file (RFC 1035, 5.1):
//
//	; a comment
//	sel._domainkey.example.org. 3600 IN TXT ( "v=DKIM1; k=rsa; "
//	                                          "p=MIIB…" )
//	example.org. MX 10 mx.example.org.
//
// Classes other than IN are refused, types other than TXT, MX, A, AAAA, PTR and
// CNAME passed over. Names without a trailing dot stand below $ORIGIN when that
// is given, else they are whole. An error names the line.
func ParseZone(raw []byte) (*Zone, error) {
	if len(raw) > maxFile {
		return nil, errTooLong
	}
	p := zoneParser{zone: &Zone{names: map[string]Records{}}}
	for line := range strings.Lines(string(raw)) {
		p.line++
		if err := p.read(line); err != nil {
			return nil, fmt.Errorf("dns: line %d: %w", p.line, err)
		}
	}
	if p.open {
		return nil, errors.New("dns: a bracket is not closed")
	}
	return p.zone, nil
}

// zoneParser holds what a line needs of those before it.
type zoneParser struct {
	zone          *Zone
	line          int
	origin, owner string
	// open is true between brackets; words are those of the record so far.
	open     bool
	words    []word
	indented bool // the record began with white space: same owner
}

// word is one word of a line; quoted ones are text whatever they say.
type word struct {
	text   string
	quoted bool
}

// maxWords bounds the words of one record.
const maxWords = 1024

// read takes one line, and the record when it is whole.
func (p *zoneParser) read(line string) error {
	if !p.open {
		p.indented = line != "" && (line[0] == ' ' || line[0] == '\t')
	}
	if err := p.split(line); err != nil {
		return err
	}
	if p.open || len(p.words) == 0 {
		return nil
	}
	words := p.words
	p.words = nil
	return p.record(words)
}

// split cuts a line into words and keeps track of brackets.
func (p *zoneParser) split(line string) error {
	for i := 0; i < len(line); {
		switch b := line[i]; b {
		case ' ', '\t', '\r', '\n':
			i++
		case ';':
			return nil
		case '(', ')':
			if p.open == (b == '(') {
				return errors.New("bracket where none may stand")
			}
			p.open = b == '('
			i++
		case '"':
			text, n, ok := unquote(line[i:])
			if !ok {
				return errors.New("quotation mark is not closed")
			}
			p.words = append(p.words, word{text, true})
			i += n
		default:
			n := strings.IndexAny(line[i:], " \t\r\n;()\"")
			if n < 0 {
				n = len(line) - i
			}
			p.words = append(p.words, word{line[i : i+n], false})
			i += n
		}
		if len(p.words) > maxWords {
			return fmt.Errorf("more than %d words", maxWords)
		}
	}
	return nil
}

// unquote reads a quoted string at the start of s; n is its length in s.
func unquote(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), i + 1, true
		case '\\':
			if i+3 < len(s) {
				if v, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
					b.WriteByte(byte(v))
					i += 3
					continue
				}
			}
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}

// record takes a whole record or directive.
func (p *zoneParser) record(words []word) error {
	first := words[0].text
	switch {
	case strings.EqualFold(first, "$ORIGIN") && len(words) == 2:
		p.origin = strings.TrimSuffix(words[1].text, ".")
		return nil
	case strings.EqualFold(first, "$TTL"):
		return nil
	case strings.HasPrefix(first, "$"):
		return errors.New("directive that is not known")
	}
	if !p.indented {
		p.owner = p.full(first)
		words = words[1:]
	}
	if p.owner == "" {
		return errors.New("record without a name")
	}
	for len(words) > 0 && !words[0].quoted && skipped(words[0].text) {
		words = words[1:]
	}
	if len(words) < 2 || words[0].quoted {
		return errors.New("record without type or data")
	}
	r, err := p.data(strings.ToUpper(words[0].text), words[1:])
	if err != nil {
		return err
	}
	return p.zone.add(p.owner, r)
}

// skipped reports whether a word is a TTL or the class IN.
func skipped(s string) bool {
	if strings.EqualFold(s, "IN") {
		return true
	}
	s = strings.TrimRight(s, "smhdwSMHDW")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// full returns a name with the origin where it belongs.
func (p *zoneParser) full(name string) string {
	switch {
	case name == "@":
		return p.origin
	case strings.HasSuffix(name, ".") || p.origin == "":
		return strings.TrimSuffix(name, ".")
	}
	return name + "." + p.origin
}

// data reads what stands behind the type.
func (p *zoneParser) data(kind string, words []word) (r Records, err error) {
	switch kind {
	case "TXT":
		var b strings.Builder
		for _, w := range words {
			b.WriteString(w.text)
		}
		r.TXT = []string{b.String()}
	case "A", "AAAA":
		ip, err := parseIP(kind, words[0].text)
		if err != nil {
			return r, err
		}
		r.IP = []netip.Addr{ip}
	case "MX":
		if len(words) != 2 {
			return r, errors.New("MX: want a number and a name")
		}
		pref, err := strconv.ParseUint(words[0].text, 10, 16)
		if err != nil {
			return r, errors.New("MX: the first word is not a number up to 65535")
		}
		r.MX = []net.MX{{Host: p.full(words[1].text), Pref: uint16(pref)}}
	case "PTR":
		r.PTR = []string{p.full(words[0].text)}
	case "CNAME":
		r.CNAME = p.full(words[0].text)
	case "CH", "HS", "CS":
		return r, errors.New("class other than IN")
	}
	return r, nil
}

// parseIP reads an address of the kind that the record type says.
func parseIP(kind, s string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Is4() != (kind == "A") || ip.Zone() != "" {
		return ip, fmt.Errorf("%s: not an address of that kind", kind)
	}
	return ip, nil
}
