package attachment

import (
	"bytes"

	"bonafide/contact"
)

func hasWide(b []byte, name string) bool { return bytes.Contains(b, []byte(wide(name))) }

// scanLinks finds addresses of the web in bytes that are not read otherwise,
// written in one or two bytes for each letter.
func (in *inspection) scanLinks(b []byte) {
	for _, step := range []int{1, 2} {
		start := []byte("http")
		if step == 2 {
			start = []byte(wide("http"))
		}
		rest := b
		for n := 0; n < 200; n++ {
			at := bytes.Index(rest, start)
			if at < 0 {
				break
			}
			rest = rest[at:]
			url := narrow(rest, step)
			rest = rest[len(start):]
			if after, ok := bytes.CutPrefix(bytes.TrimPrefix(url[4:], []byte("s")), []byte("://")); ok && len(after) > 3 && !schemaHost(after) {
				in.link(contact.Link{Raw: string(url)})
			}
		}
	}
}

// narrow reads an address from bytes, one letter each step.
func narrow(b []byte, step int) []byte {
	out := make([]byte, 0, 64)
	for i := 0; i < len(b) && len(out) < 2048; i += step {
		if b[i] <= ' ' || b[i] >= 0x7F || b[i] == '"' || b[i] == '<' || b[i] == '>' || step == 2 && (i+1 >= len(b) || b[i+1] != 0) {
			break
		}
		out = append(out, b[i])
	}
	return out
}

// schemaHost reports whether an address is the name of a file format, which
// stands in nearly every document.
func schemaHost(after []byte) bool {
	for _, host := range []string{"schemas.openxmlformats.org", "schemas.microsoft.com", "www.w3.org", "ns.adobe.com", "purl.org", "schemas.xmlsoap.org"} {
		if bytes.HasPrefix(after, []byte(host)) {
			return true
		}
	}
	return false
}
