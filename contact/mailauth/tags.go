package mailauth

import (
	"encoding/base64"
	"errors"
	"strings"
)

// maxTags bounds a tag list; real ones have about a dozen.
const maxTags = 64

// tagList is a parsed tag=value list (RFC 6376, 3.2). Names keep their case.
type tagList struct {
	names, values []string
}

// get returns the value of a tag without white space around it, empty when the
// tag is not there.
func (t tagList) get(name string) string {
	v, _ := t.lookup(name)
	return v
}

func (t tagList) lookup(name string) (string, bool) {
	for i, n := range t.names {
		if n == name {
			return t.values[i], true
		}
	}
	return "", false
}

// parseTags reads a tag=value list. It refuses a name that occurs twice, a name
// that is not one, and an item without "=".
func parseTags(s string) (tagList, error) {
	var t tagList
	items := 0
	for rest, more := s, true; more; {
		var item string
		item, rest, more = strings.Cut(rest, ";")
		if items++; items > maxTags {
			return t, errors.New("more tags than the bound of 64")
		}
		item = trimFWS(item)
		if item == "" {
			if more && trimFWS(rest) != "" {
				return t, errors.New("empty tag")
			}
			continue
		}
		name, value, ok := strings.Cut(item, "=")
		name = trimFWS(name)
		if !ok || !isTagName(name) {
			return t, errors.New("malformed tag")
		}
		if _, twice := t.lookup(name); twice {
			return t, errors.New("tag given twice")
		}
		t.names = append(t.names, name)
		t.values = append(t.values, trimFWS(value))
	}
	return t, nil
}

// lenientTags reads a tag list and passes over what is malformed in it, as
// DMARC asks for (RFC 9989, 4.7). Of a tag given twice the first counts.
func lenientTags(s string) tagList {
	var t tagList
	for item := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(item, "=")
		name = trimFWS(name)
		if _, twice := t.lookup(name); !ok || twice || !isTagName(name) {
			continue
		}
		if len(t.names) == maxTags {
			break
		}
		t.names = append(t.names, name)
		t.values = append(t.values, trimFWS(value))
	}
	return t
}

// isTagName checks ALPHA *(ALPHA / DIGIT / "_") of RFC 6376, 3.2.
func isTagName(s string) bool {
	for i := 0; i < len(s); i++ {
		b := s[i] | 0x20
		letter := 'a' <= b && b <= 'z'
		if !letter && (i == 0 || (s[i] != '_' && (s[i] < '0' || s[i] > '9'))) {
			return false
		}
	}
	return s != ""
}

func trimFWS(s string) string { return strings.Trim(s, " \t\r\n") }

// dropFWS removes all white space; most values have none.
func dropFWS(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, s)
}

// decode64 reads base64 with white space anywhere in it (RFC 6376, 2.10).
func decode64(s string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(dropFWS(s))
}

// withoutB returns a signature field with the value of its b= tag removed and
// all else as it was (RFC 6376, 3.5 and 3.7).
func withoutB(raw string) string {
	name, value, _ := strings.Cut(raw, ":")
	var out strings.Builder
	out.Grow(len(raw))
	out.WriteString(name)
	out.WriteByte(':')
	for rest, more := value, true; more; {
		var item string
		item, rest, more = strings.Cut(rest, ";")
		tag, _, ok := strings.Cut(item, "=")
		if ok && trimFWS(tag) == "b" {
			out.WriteString(tag)
			out.WriteByte('=')
		} else {
			out.WriteString(item)
		}
		if more {
			out.WriteByte(';')
		}
	}
	return out.String()
}

// isDNSName reports whether s is a plain DNS name of one label or more:
// letters, digits, hyphen and underscore, labels up to 63, 253 in all.
func isDNSName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := 0; i < len(label); i++ {
			b := label[i]
			if (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') && b != '-' && b != '_' {
				return false
			}
		}
	}
	return true
}
