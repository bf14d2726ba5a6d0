package mailauth

import (
	"errors"
	"strings"
)

// Bounds on one Authentication-Results field.
const (
	maxAuthField = 16 << 10 // bytes
	maxMethods   = 64       // results
	maxProps     = 32       // properties of one result
	maxClaims    = 20       // untrusted fields that are listed
)

// AuthResults is one Authentication-Results field (RFC 8601, 2.2), read.
type AuthResults struct {
	// Host is the authserv-id, empty when the field names none.
	Host    string   `json:"host,omitempty"`
	Results []Method `json:"results,omitempty"`
}

// Method is the result of one method: "spf", "dkim", "dmarc", "arc" …
type Method struct {
	Name  string `json:"name"`
	Value Value  `json:"value"`
	// Props are properties such as "header.from", keys in lower case. Of a
	// property given twice the first counts.
	Props map[string]string `json:"props,omitempty"`
}

// ParseAuthResults reads the value of an Authentication-Results field. Comments
// are dropped and quoted strings taken as one word, so that an address chosen
// by a sender cannot add a result. An error says that nothing can be made of
// the field.
func ParseAuthResults(value string) (AuthResults, error) {
	var r AuthResults
	if len(value) > maxAuthField {
		return r, errors.New("mailauth: Authentication-Results longer than the bound of 16 KiB")
	}
	parts, err := segments(value)
	if err != nil {
		return r, err
	}
	if len(parts) > 0 && !parts[0].hasEquals() {
		if len(parts[0]) > 2 || (len(parts[0]) == 2 && parts[0][1].text != "1") {
			return r, errors.New("mailauth: Authentication-Results of another version")
		}
		if len(parts[0]) > 0 {
			r.Host = strings.ToLower(parts[0][0].text)
		}
		parts = parts[1:]
	}
	for _, p := range parts {
		if m, ok := p.method(); ok {
			if len(r.Results) == maxMethods {
				return r, errors.New("mailauth: more results than the bound of 64")
			}
			r.Results = append(r.Results, m)
		}
	}
	return r, nil
}

// word is one word of a field. equals is where its first "=" stands that is not
// in a quoted string, -1 when there is none: what is quoted never counts as
// structure.
type word struct {
	text   string
	equals int
}

// pair splits a word at its sign.
func (w word) pair() (key, value string, ok bool) {
	if w.equals < 0 {
		return w.text, "", false
	}
	return strings.ToLower(w.text[:w.equals]), w.text[w.equals+1:], true
}

// segment is what stands between two semicolons: words, where "key=value" is
// one word whatever white space stood around the sign.
type segment []word

func (s segment) hasEquals() bool { return len(s) > 0 && s[0].equals >= 0 }

// method reads "method[/version]=result" and its properties.
func (s segment) method() (Method, bool) {
	if !s.hasEquals() {
		return Method{}, false // "none", or nothing
	}
	name, result, _ := s[0].pair()
	name, _, _ = strings.Cut(name, "/")
	m := Method{Name: name, Value: parseValue(result)}
	for _, w := range s[1:] {
		key, v, ok := w.pair()
		if !ok || key == "" || len(m.Props) == maxProps {
			continue
		}
		if _, twice := m.Props[key]; twice {
			continue
		}
		if m.Props == nil {
			m.Props = map[string]string{}
		}
		m.Props[key] = v
	}
	return m, isKeyword(name)
}

// isKeyword checks the Keyword of RFC 8601, 2.2: letters, digits and hyphens.
func isKeyword(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return s != ""
}

// parseValue maps a result word; what RFC 8601 does not know proves nothing.
func parseValue(s string) Value {
	switch v := Value(strings.ToLower(s)); v {
	case None, Pass, Fail, SoftFail, Neutral, Policy, TempError, PermError:
		return v
	case "hardfail": // RFC 5451, 2.4.2
		return Fail
	case "error":
		return TempError
	case "unknown":
		return PermError
	}
	return None
}

// segments cuts a value at semicolons that stand in neither a comment nor a
// quoted string, and each piece into words.
func segments(s string) ([]segment, error) {
	l := lexer{in: s}
	for l.pos < len(l.in) {
		if err := l.step(); err != nil {
			return nil, err
		}
	}
	l.endSegment()
	return l.out, nil
}

// lexer holds segments while it runs over a value.
type lexer struct {
	in  string
	pos int
	// text is the word being read; it may be empty so far when inWord is true.
	text   strings.Builder
	equals int // as in word, when inWord is true
	inWord bool
	seg    segment
	out    []segment
}

// begin starts a word unless one is being read.
func (l *lexer) begin() {
	if !l.inWord {
		l.inWord, l.equals = true, -1
		l.text.Reset()
	}
}

// step consumes one byte, comment or quoted string.
func (l *lexer) step() error {
	switch b := l.in[l.pos]; b {
	case ' ', '\t', '\r', '\n':
		l.endWord()
		for l.pos+1 < len(l.in) && strings.IndexByte(" \t\r\n", l.in[l.pos+1]) >= 0 {
			l.pos++
		}
	case ';':
		l.endSegment()
	case '(':
		l.endWord()
		return l.comment()
	case '"':
		return l.quoted()
	case '=':
		l.sign()
	default:
		l.begin()
		l.text.WriteByte(b)
	}
	l.pos++
	return nil
}

// sign takes "=" and joins "key = value" to one word. In a word that already
// has a sign it is a letter: rewritten senders contain it.
func (l *lexer) sign() {
	if last := len(l.seg) - 1; !l.inWord && last >= 0 && l.seg[last].equals < 0 {
		l.begin()
		l.text.WriteString(l.seg[last].text)
		l.seg = l.seg[:last]
	}
	l.begin()
	if l.equals < 0 {
		l.equals = l.text.Len()
	}
	l.text.WriteByte('=')
}

// endWord closes a word, except directly behind "key=", whose value follows.
func (l *lexer) endWord() {
	if !l.inWord || (l.equals >= 0 && l.equals == l.text.Len()-1 && l.valueFollows()) {
		return
	}
	l.close()
}

func (l *lexer) close() {
	l.seg = append(l.seg, word{l.text.String(), l.equals})
	l.inWord = false
}

// valueFollows looks past white space for something other than the end.
func (l *lexer) valueFollows() bool {
	for i := l.pos; i < len(l.in); i++ {
		if b := l.in[i]; b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b != ';'
		}
	}
	return false
}

func (l *lexer) endSegment() {
	if l.inWord {
		l.close()
	}
	l.out = append(l.out, l.seg.glued())
	l.seg = nil
}

// glued joins what white space and comments may part: the "/" in front of a
// version and the "." within a property (RFC 8601, appendix B.7).
func (s segment) glued() segment {
	out := s[:0]
	for i := 0; i < len(s); i++ {
		if (s[i].text == "/" || s[i].text == ".") && len(out) > 0 && i+1 < len(s) && out[len(out)-1].equals < 0 {
			front := out[len(out)-1].text + s[i].text
			next := s[i+1]
			if next.equals >= 0 {
				next.equals += len(front)
			}
			out[len(out)-1] = word{front + next.text, next.equals}
			i++
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// comment skips a comment with those nested in it (RFC 5322, 3.2.2).
func (l *lexer) comment() error {
	depth := 0
	for ; l.pos < len(l.in); l.pos++ {
		switch l.in[l.pos] {
		case '\\':
			l.pos++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.pos++
				return nil
			}
		}
	}
	return errors.New("mailauth: Authentication-Results with a comment that does not end")
}

// quoted adds a quoted string to the word (RFC 5322, 3.2.4).
func (l *lexer) quoted() error {
	l.begin()
	for l.pos++; l.pos < len(l.in); l.pos++ {
		switch b := l.in[l.pos]; b {
		case '"':
			l.pos++
			return nil
		case '\\':
			if l.pos++; l.pos < len(l.in) {
				l.text.WriteByte(l.in[l.pos])
			}
		case '\r', '\n':
		default:
			l.text.WriteByte(b)
		}
	}
	return errors.New("mailauth: Authentication-Results with a quoted string that does not end")
}
