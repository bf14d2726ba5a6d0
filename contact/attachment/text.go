package attachment

import (
	"encoding/base64"
	"net/url"
	"strings"

	"bonafide/contact"
)

// Lines returns what a reader sees of a calendar entry (RFC 5545) or visiting
// card (RFC 6350): the values of the fields made for reading, one a line.
// Links stand in the text as they are.
func Lines(s string) string {
	s = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r\n", "\n").Replace(s)
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		head, value, ok := strings.Cut(line, ":")
		if !ok || len(out) >= 2000 {
			continue
		}
		name, params, _ := strings.Cut(strings.ToUpper(head), ";")
		if dot := strings.LastIndexByte(name, '.'); dot >= 0 { // item1.URL
			name = name[dot+1:]
		}
		switch name {
		case "SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "URL", "NOTE", "FN", "ORG", "TITLE", "TEL", "EMAIL", "ADR", "ATTACH":
			if !strings.Contains(params, "ENCODING=B") && len(value) < 1<<16 {
				out = append(out, unescapeLine(value))
			}
		case "ORGANIZER":
			out = append(out, strings.TrimPrefix(strings.TrimPrefix(value, "mailto:"), "MAILTO:"))
		}
	}
	return strings.Join(out, "\n")
}

func unescapeLine(v string) string {
	return strings.TrimSpace(strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(v))
}

// DataURI returns the bytes of a data: address (RFC 2397) and whether it is
// one. Those longer than 8 MiB are refused.
func DataURI(s string) ([]byte, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 6 || len(s) > 8<<20 || !strings.EqualFold(s[:5], "data:") {
		return nil, false
	}
	head, body, ok := strings.Cut(s[5:], ",")
	if !ok {
		return nil, false
	}
	if !strings.HasSuffix(strings.ToLower(strings.TrimSpace(head)), ";base64") {
		b, err := url.PathUnescape(body)
		return []byte(b), err == nil
	}
	body = strings.NewReplacer("\n", "", "\r", "", " ", "", "\t", "", "%2B", "+", "%2F", "/", "%3D", "=").Replace(body)
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(body, "="))
	return b, err == nil
}

// shortcut reads the target of an internet shortcut (.url).
func (in *inspection) shortcut() {
	text := string(in.data[:min(len(in.data), 8192)])
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && (strings.EqualFold(name, "URL") || strings.EqualFold(name, "BaseURL")) {
			in.link(contact.Link{Raw: strings.TrimSpace(value)})
		}
	}
}
