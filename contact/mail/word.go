package mail

import (
	"strings"

	"bonafide/contact/hypertext/charset"
)

// encodedWord is one =?charset?encoding?text?= (RFC 2047, 2).
type encodedWord struct {
	label string
	data  []byte
}

// decodeWords decodes the encoded words in a header value. Words of one
// charset that follow each other are joined before they are decoded, because
// letters are cut between them in the wild although section 5 forbids it.
// Blanks between encoded words go (6.2).
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var out strings.Builder
	var pending encodedWord
	flush := func() {
		if len(pending.data) > 0 {
			text, _ := charset.Decode(pending.data, pending.label)
			out.WriteString(text)
		}
		pending = encodedWord{}
	}
	after := false // an encoded word stands directly before
	for s != "" {
		at := strings.Index(s, "=?")
		if at < 0 {
			break
		}
		word, used, ok := cutWord(s[at:])
		if !ok {
			flush()
			out.WriteString(s[:at+2])
			s, after = s[at+2:], false
			continue
		}
		if between := s[:at]; !after || strings.Trim(between, " \t\r\n") != "" {
			flush()
			out.WriteString(between)
		}
		if pending.label != word.label {
			flush()
			pending.label = word.label
		}
		pending.data = append(pending.data, word.data...)
		s, after = s[at+used:], true
	}
	flush()
	out.WriteString(s)
	return out.String()
}

// maxWord bounds an encoded word; 75 characters are allowed, thousands occur.
const maxWord = 16 << 10

// cutWord reads the encoded word that s begins with and tells its length.
func cutWord(s string) (w encodedWord, used int, ok bool) {
	s = s[2:]
	whole := len(s)
	s = s[:min(whole, maxWord)]
	label, tail, ok := strings.Cut(s, "?")
	if !ok || len(tail) < 2 || tail[1] != '?' || len(label) > 64 || strings.ContainsAny(label, " <>@,") {
		return w, 0, false
	}
	kind := tail[0] | 0x20
	if kind != 'b' && kind != 'q' {
		return w, 0, false
	}
	end := strings.Index(tail[2:], "?=")
	var text string
	switch {
	case end >= 0:
		text, used = tail[2:2+end], len(s)-len(tail)+2+end+2
	case whole <= maxWord && !strings.ContainsAny(tail[2:], " <"): // the end is missing
		text, used = strings.TrimRight(tail[2:], "?"), whole
	default:
		return w, 0, false
	}
	label, _, _ = strings.Cut(label, "*")
	w.label = strings.ToLower(label)
	if kind == 'b' {
		w.data, _ = decodeBase64([]byte(text))
	} else {
		w.data = decodeQ(text)
	}
	return w, 2 + used, true
}

// decodeQ decodes the Q encoding (RFC 2047, 4.2).
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0:
			out = append(out, byte(hexValue(s[i+1])<<4|hexValue(s[i+2])))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
