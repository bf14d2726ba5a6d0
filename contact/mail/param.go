package mail

import (
	"net/url"
	"strings"

	"bonafide/contact/hypertext/charset"
)

// param is one parameter of Content-Type or Content-Disposition.
type param struct{ name, value string }

type params []param

func (p params) get(name string) string {
	for _, one := range p {
		if one.name == name {
			return one.value
		}
	}
	return ""
}

// parseMedia reads "type/subtype; name=value" (RFC 2045, 5.1) as it is found:
// without semicolons, with quotes that do not close, with blanks around "=".
// The value and the names of parameters come in lower case.
func parseMedia(v string) (value string, out params) {
	v = dropComment(v)
	end := strings.IndexAny(v, "; \t")
	if end < 0 {
		end = len(v)
	}
	value = strings.ToLower(strings.Trim(v[:end], " \t\"'"))
	v = v[end:]
	for n := 0; n < 64; n++ {
		v = strings.TrimLeft(v, "; \t,")
		eq := strings.IndexByte(v, '=')
		if eq < 0 {
			break
		}
		name := strings.ToLower(strings.TrimSpace(v[:eq]))
		if at := strings.LastIndexAny(name, " \t;"); at >= 0 {
			name = name[at+1:]
		}
		var val string
		val, v = paramValue(strings.TrimLeft(v[eq+1:], " \t"))
		out = append(out, param{name, val})
	}
	return value, joinParams(out)
}

// dropComment removes a comment in parentheses that stands outside of quotes.
func dropComment(v string) string {
	open := strings.IndexByte(v, '(')
	if open < 0 || strings.IndexByte(v, '"') >= 0 {
		return v
	}
	end := strings.IndexByte(v[open:], ')')
	if end < 0 {
		return v
	}
	return v[:open] + v[open+end+1:]
}

func paramValue(v string) (val, rest string) {
	if v == "" {
		return "", ""
	}
	if v[0] != '"' {
		end := strings.IndexByte(v, ';')
		if end < 0 {
			end = len(v)
		}
		// A blank ends a value when another parameter follows it.
		if sp := strings.IndexAny(v[:end], " \t"); sp >= 0 && strings.Contains(v[sp:end], "=") && !strings.HasPrefix(v, "=?") {
			end = sp
		}
		return strings.Trim(v[:end], " \t'"), v[end:]
	}
	var out []byte
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			if i+1 < len(v) && (v[i+1] == '"' || v[i+1] == '\\') {
				i++
			}
			out = append(out, v[i])
		case '"':
			return string(out), v[i+1:]
		default:
			out = append(out, v[i])
		}
	}
	// The quote does not close: up to the semicolon.
	val, rest, _ = strings.Cut(v[1:], ";")
	return strings.TrimSpace(val), rest
}

// joinParams joins continuations and decodes charsets (RFC 2231, 3 and 4).
func joinParams(in params) params {
	split := false
	for _, p := range in {
		split = split || strings.IndexByte(p.name, '*') >= 0
	}
	if !split {
		return in
	}
	var out params
	type piece struct {
		text    string
		encoded bool
	}
	pieces := make(map[string]map[string]piece)
	var order []string
	for _, p := range in {
		name, section, ok := strings.Cut(p.name, "*")
		if !ok {
			out = append(out, p)
			continue
		}
		if pieces[name] == nil {
			pieces[name] = make(map[string]piece)
			order = append(order, name)
		}
		number, encoded := strings.CutSuffix(section, "*")
		if section == "" {
			number, encoded = "0", true
		}
		pieces[name][number] = piece{p.value, encoded}
	}
	for _, name := range order {
		var raw []byte
		label := ""
		for i := 0; i < 64; i++ {
			p, ok := pieces[name][itoa(i)]
			if !ok {
				break
			}
			text := p.text
			if p.encoded {
				if i == 0 {
					if l, rest, ok := strings.Cut(text, "'"); ok {
						label = l
						_, text, _ = strings.Cut(rest, "'")
					}
				}
				if un, err := url.PathUnescape(text); err == nil {
					text = un
				}
			}
			raw = append(raw, text...)
		}
		text, _ := charset.Decode(raw, label)
		out = append(params{{name, text}}, out...)
	}
	return out
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}
