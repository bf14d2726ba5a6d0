package callid

import "strings"

// header is one Identity header field (RFC 8224, 4):
//
//	token;info=<https://cert.example.org/passport.cer>;alg=ES256;ppt=shaken
//
// broken is set when it does not follow that grammar.
type header struct {
	token          string
	info, alg, ppt string
	hasPPT         bool
	broken         bool
}

// split takes what was given apart into single headers, at most maxHeaders.
// Several fields may stand in one text, each on its own line or with a comma
// between; lines may be folded, or broken by whoever copied them.
func split(given []string) (out []header, left int) {
	for _, text := range given {
		for _, field := range fields(text) {
			for _, one := range outside(field, ',') {
				if strings.TrimSpace(one) == "" {
					continue
				}
				if len(out) == maxHeaders {
					left++
					continue
				}
				out = append(out, parse(one))
			}
		}
	}
	return out, left
}

// fields cuts a text into the values of Identity fields. A line that names no
// field continues the one before. Where a field is named, all that is not
// Identity is left out: a whole SIP message may have been given.
func fields(text string) []string {
	var f fieldReader
	for line := range strings.Lines(text) {
		f.line(line)
	}
	f.end()
	if f.named != nil {
		return f.named
	}
	return f.bare
}

// fieldReader gathers the fields of one text.
type fieldReader struct {
	cur         strings.Builder
	inField     bool // the current field has a name
	skip        bool // what comes belongs to no Identity field
	named, bare []string
}

func (f *fieldReader) line(line string) {
	name, value, ok := fieldName(line)
	switch {
	case f.inField && strings.TrimSpace(line) == "": // the end of the header section
		f.end()
		f.skip = true
	case !ok || unclosed(f.cur.String()):
		// Beyond the bound a field is broken, however it goes on.
		if !f.skip && f.cur.Len() <= maxHeader*maxHeaders {
			f.cur.WriteString(line)
		}
	case strings.EqualFold(name, "identity") || strings.EqualFold(name, "y"): // compact name, RFC 8224, 4
		f.end()
		f.inField, f.skip = true, false
		f.cur.WriteString(value)
	default:
		f.end()
		f.skip = true
	}
}

func (f *fieldReader) end() {
	if f.cur.Len() == 0 {
		return
	}
	if f.inField {
		f.named = append(f.named, f.cur.String())
	} else {
		f.bare = append(f.bare, f.cur.String())
	}
	f.cur.Reset()
	f.inField = false
}

// fieldName returns the name of the header field that a line begins.
func fieldName(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || len(name) > 40 {
		return "", "", false
	}
	for i := range len(name) {
		if c := name[i] | 0x20; (c < 'a' || c > 'z') && name[i] != '-' {
			return "", "", false
		}
	}
	return name, value, true
}

// unclosed reports whether a text ends within an address in angle brackets.
func unclosed(s string) bool { return strings.LastIndexByte(s, '<') > strings.LastIndexByte(s, '>') }

// outside cuts a text at a separator that stands neither in quotes nor in angle
// brackets.
func outside(s string, sep byte) []string {
	var out []string
	quoted, angled, start := false, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !angled:
			quoted = !quoted
		case c == '<' && !quoted:
			angled = true
		case c == '>' && !quoted:
			angled = false
		case c == sep && !quoted && !angled:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// parse reads one header. A parameter that stands twice breaks it; parameters
// that are not known are passed over, as RFC 8224, 4, has it.
func parse(s string) header {
	if len(s) > maxHeader {
		return header{broken: true}
	}
	parts := outside(s, ';')
	h := header{token: strip(parts[0])}
	seen := map[string]bool{}
	for _, p := range parts[1:] {
		name, value, _ := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		value = unwrap(strings.TrimSpace(value))
		if name != "" && seen[name] {
			h.broken = true
		}
		seen[name] = true
		switch name {
		case "info":
			h.info = strip(value)
		case "alg":
			h.alg = value
		case "ppt":
			h.ppt, h.hasPPT = value, true
		}
	}
	h.broken = h.broken || !tokenShape(h.token)
	return h
}

// unwrap takes the quotes or angle brackets off a value.
func unwrap(s string) string {
	if n := len(s); n > 1 && (s[0] == '"' && s[n-1] == '"' || s[0] == '<' && s[n-1] == '>') {
		return s[1 : n-1]
	}
	return s
}

// strip takes white space out of a token: no part of one has any, and copies
// are often broken into lines.
func strip(s string) string { return strings.Join(strings.Fields(s), "") }

// tokenShape reports whether a text is three parts of base64url with dots
// between (RFC 7515, 3.1).
func tokenShape(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return strings.Count(s, ".") == 2
}
