package link

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/contact/text"
)

// Find returns the bare addresses that stand in the text of the readings: with
// or without a scheme, made unclickable (hxxp, [.]), spelled out ("example dot
// com", ドット), with a comma for the dot, and between Japanese letters. Raw is
// the address as it should be read, Text what stood there when that differs.
// Mail addresses, file names, abbreviations and numbers are not addresses of
// the web. lists may be nil: nothing spelled out is then found.
func Find(rs []*text.Reading, lists *Lists) []contact.Link {
	if lists == nil {
		lists = &Lists{}
	}
	var out []contact.Link
	for _, r := range rs {
		if r != nil {
			out = append(out, findIn(r.Part, lists)...)
		}
	}
	return out
}

// All returns the links of a contact together with those found in its text,
// leaving out what stands within the visible text of a link that is there
// already.
func All(c *contact.Contact, rs []*text.Reading, lists *Lists) []contact.Link {
	out := append([]contact.Link(nil), c.Links...)
	known := make(map[string]bool, len(c.Links))
	for _, l := range c.Links {
		known[l.Part+"\x00"+l.Raw] = true
		known[l.Part+"\x00"+strings.TrimSpace(l.Text)] = true
	}
	for _, l := range Find(rs, lists) {
		if known[l.Part+"\x00"+l.Raw] || within(&l, c.Links) {
			continue
		}
		out = append(out, l)
	}
	return out
}

func within(l *contact.Link, links []contact.Link) bool {
	for i := range links {
		k := &links[i]
		if k.Part == l.Part && k.End > k.Start && l.Start < k.End && k.Start < l.End {
			return true
		}
	}
	return false
}

func findIn(p contact.Part, lists *Lists) []contact.Link {
	v := newView(p.Text)
	s := scanner{view: v, lists: lists}
	s.scan()
	s.spelled()
	out := make([]contact.Link, 0, len(s.found))
	for _, f := range s.found {
		start, end := v.origin(f.start), v.origin(f.end)
		l := contact.Link{Raw: f.raw, From: "text", Part: p.Name, Start: start, End: end}
		if written := strings.ToValidUTF8(p.Text[start:end], "\uFFFD"); written != f.raw {
			l.Text = cut(written, 256)
		}
		out = append(out, l)
	}
	return out
}

// found is one address: a span of the view and how to read it.
type found struct {
	start, end int
	raw        string
}

type scanner struct {
	view  view
	lists *Lists
	found []found
}

func (s *scanner) add(start, end int, raw string) {
	if len(s.found) < maxFound {
		s.found = append(s.found, found{start, end, raw})
	}
}

// scan walks the view once and takes what begins with a scheme or is a host.
func (s *scanner) scan() {
	b := s.view.b
	for i := 0; i < len(b) && len(s.found) < maxFound; {
		if i > 0 && isAlnum(b[i-1]) {
			// in the middle of a word, after something that was no host
		} else if n := schemeAt(b[i:]); n > 0 {
			if end := s.full(i, n); end > i {
				i = end
				continue
			}
		}
		if n := hostRune(b[i:]); n > 0 && b[i] != '.' {
			i = s.bare(i)
			continue
		}
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, n := utf8.DecodeRune(b[i:])
		i += n
	}
}

// schemeAt returns the length of a scheme with its slashes at the start of b.
func schemeAt(b []byte) int {
	if len(b) < 8 {
		return 0
	}
	switch first, second := b[0]|0x20, b[1]|0x20; {
	case first == 'h' && (second == 't' || second == 'x' || b[1] == '*'):
	case first == 'f' && second == 't', first == 'b' && second == 'l', first == 'd' && second == 'a',
		first == 'j' && second == 'a', first == 'v' && second == 'b':
	default:
		return 0
	}
	head := strings.ToLower(string(b[:min(len(b), 14)]))
	for _, p := range []string{"http", "hxxp", "h**p", "ftp", "blob:http"} {
		if !strings.HasPrefix(head, p) {
			continue
		}
		rest := strings.TrimPrefix(head[len(p):], "s")
		for _, sep := range []string{"://", ":\\\\", ":/", "//"} {
			if strings.HasPrefix(rest, sep) {
				return len(head) - len(rest) + len(sep)
			}
		}
	}
	for _, p := range []string{"data:text/", "data:image/sv", "javascript:", "vbscript:"} {
		if strings.HasPrefix(head, p) {
			return len(p)
		}
	}
	return 0
}

// full takes an address whose scheme has n bytes and returns its end, or start
// when nothing follows the scheme.
func (s *scanner) full(start, n int) int {
	b := s.view.b
	end := start + n
	host := end
	inHost := true
	for end < len(b) && end-start < maxURL {
		r, size := utf8.DecodeRune(b[end:])
		if stops(r) || strings.ContainsRune("「」『』【】〔〕《》〈〉、。", r) {
			break
		}
		if inHost && (r == '/' || r == '?' || r == '#' || r == '\\') {
			inHost = false
		}
		if unspaced(r) && (!inHost || end-host > 255 || knownHost(strings.TrimRight(hostOf(b[host:end]), "."))) {
			break
		}
		end += size
	}
	end = trimEnd(b, start, end)
	if end <= host {
		return start
	}
	raw := string(b[start:end])
	if low := strings.ToLower(raw[:min(4, len(raw))]); low == "http" || low == "hxxp" || low == "h**p" {
		if !strings.HasPrefix(strings.TrimPrefix(strings.ToLower(raw[4:min(8, len(raw))]), "s"), "://") || low != "http" {
			raw = tidyScheme(raw)
		}
	}
	s.add(start, end, raw)
	return end
}

// tidyScheme writes "hxxps:/x", "https//x" as "https://x".
func tidyScheme(raw string) string {
	scheme := "http"
	rest := raw[4:]
	if rest != "" && rest[0]|0x20 == 's' {
		scheme, rest = "https", rest[1:]
	}
	return scheme + "://" + strings.TrimLeft(rest, `:/\`)
}

// hostOf cuts the userinfo off.
func hostOf(b []byte) string {
	s := string(b)
	return s[strings.LastIndexByte(s, '@')+1:]
}

// bare looks at a run of host letters at start and returns where to go on.
func (s *scanner) bare(start int) int {
	b := s.view.b
	end, dotted := start, false
	for end < len(b) {
		n := hostRune(b[end:])
		if n == 0 {
			break
		}
		dotted = dotted || b[end] == '.'
		end += n
	}
	if end-start > 300 || start > 0 && (b[start-1] == '@' || b[start-1] == '/' || b[start-1] == '\\' || b[start-1] == '&' || b[start-1] == '=') {
		return end
	}
	hostEnd := end
	for hostEnd > start && (b[hostEnd-1] == '.' || b[hostEnd-1] == '-' || b[hostEnd-1] == '_') {
		hostEnd--
	}
	if !dotted || bytes.IndexByte(b[start:hostEnd], '.') < 0 {
		return s.comma(start, end)
	}
	host := string(b[start:hostEnd])
	if end < len(b) && b[end] == '@' {
		return mailEnd(b, end)
	}
	stop := s.tail(hostEnd, end)
	if !s.isBare(host, stop > hostEnd, b, hostEnd) {
		return end
	}
	s.add(start, stop, string(b[start:stop]))
	return stop
}

// mailEnd skips the domain of a mail address.
func mailEnd(b []byte, at int) int {
	end := at + 1
	for end < len(b) {
		n := hostRune(b[end:])
		if n == 0 {
			break
		}
		end += n
	}
	return end
}

// tail returns where port, path and query of a bare host end.
func (s *scanner) tail(hostEnd, runEnd int) int {
	b := s.view.b
	if hostEnd != runEnd || hostEnd >= len(b) {
		return hostEnd
	}
	end := hostEnd
	if b[end] == ':' {
		digits := end + 1
		for digits < len(b) && '0' <= b[digits] && b[digits] <= '9' && digits-end < 6 {
			digits++
		}
		if digits == end+1 {
			return hostEnd
		}
		end = digits
	}
	if end < len(b) && (b[end] == '/' || b[end] == '?' || b[end] == '#') {
		for end < len(b) && end-hostEnd < maxURL {
			r, n := utf8.DecodeRune(b[end:])
			if stops(r) || unspaced(r) {
				break
			}
			end += n
		}
		end = trimEnd(b, hostEnd, end)
	}
	return end
}

// isBare decides whether a host without a scheme is meant as an address.
func (s *scanner) isBare(host string, more bool, b []byte, end int) bool {
	if isQuad(host) {
		return more
	}
	if !knownHost(host) {
		return false
	}
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	low := strings.ToLower(last)
	if more || strings.EqualFold(labels[0], "www") {
		return true
	}
	if s.lists.fileTLD[low] {
		return len(labels) > 2
	}
	if len(labels) > 2 {
		return !abbreviation(labels)
	}
	if capitalised(last) && !s.lists.strongTLD[low] {
		return false
	}
	if s.lists.wordTLD[low] {
		return strings.ContainsAny(labels[0], "-0123456789")
	}
	return utf8.RuneCountInString(labels[0]) > 1
}

// abbreviation reports "z.B.de", "U.S.A": all labels but the last of one letter.
func abbreviation(labels []string) bool {
	for _, l := range labels[:len(labels)-1] {
		if utf8.RuneCountInString(l) > 1 {
			return false
		}
	}
	return true
}

func capitalised(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r) && n < len(s) && strings.ToLower(s[n:]) == s[n:]
}

func isQuad(host string) bool {
	parts := strings.Split(host, ".")
	if len(parts) != 4 {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

// comma takes "example,com": a host word, a comma, an ending and no more.
func (s *scanner) comma(start, end int) int {
	b := s.view.b
	if end-start < 4 || end+3 >= len(b)+1 || end >= len(b) || b[end] != ',' {
		return end
	}
	stop := end + 1
	for stop < len(b) && (isAlnum(b[stop]) || b[stop] == '-') {
		stop++
	}
	tld := strings.ToLower(string(b[end+1 : stop]))
	if !s.lists.commaTLD[tld] || string(b[end+1:stop]) != tld && capitalised(string(b[end+1:stop])) {
		return end
	}
	if n := s.tail(stop, stop); n > stop {
		stop = n
	}
	s.add(start, stop, string(b[start:end])+"."+string(b[end+1:stop]))
	return stop
}

// hostRune returns the size of a letter that may stand in a host within running
// text: ASCII letters, digits, "-", "_", "." and letters of alphabets that are
// written with spaces between words.
func hostRune(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	c := b[0]
	if c < utf8.RuneSelf {
		if isAlnum(c) || c == '-' || c == '.' || c == '_' {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError || unspaced(r) || !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
		return 0
	}
	return n
}

// unspaced reports letters of scripts that put no spaces between words.
func unspaced(r rune) bool {
	return r > 0x0E00 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Hangul) || r == 'ー')
}

// stops reports what never stands within an address in running text.
func stops(r rune) bool {
	return r <= ' ' || r == utf8.RuneError || unicode.IsSpace(r) || r == 0x7F || strings.ContainsRune("<>\"`{}|^“”„«»‹›…", r)
}

// trimEnd takes closing punctuation off that belongs to the sentence.
func trimEnd(b []byte, start, end int) int {
	round, square := 0, 0
	for _, c := range b[start:end] {
		switch c {
		case '(':
			round++
		case ')':
			round--
		case '[':
			square++
		case ']':
			square--
		}
	}
	for ; end > start; end-- {
		switch c := b[end-1]; {
		case strings.IndexByte(".,;:!?'*~", c) >= 0:
		case c == ')' && round < 0:
			round++
		case c == ']' && square < 0:
			square++
		default:
			return end
		}
	}
	return end
}
