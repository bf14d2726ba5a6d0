package mail

import (
	"net/netip"
	"strings"
	"time"

	"bonafide/contact"
)

// parseReceived reads one Received field (RFC 5321, 4.4) in the ways that
// Postfix, Sendmail, Exim, qmail and Exchange write it.
func parseReceived(v string) contact.Received {
	var out contact.Received
	if semi := strings.LastIndexByte(v, ';'); semi >= 0 {
		out.At = parseDate(v[semi+1:])
		v = v[:semi]
	}
	from := clause(v, "from")
	by := clause(v, "by")
	out.By = firstWord(by)
	head, comment := splitComment(from)
	out.HELO = firstWord(head)
	out.From = out.HELO
	out.IP = address(from)
	for _, w := range strings.Fields(comment) {
		w = strings.Trim(w, "()[],")
		switch {
		case w == "" || strings.EqualFold(w, "helo") || strings.EqualFold(w, "may"):
		case len(w) > 5 && strings.EqualFold(w[:5], "helo="):
			out.HELO = w[5:]
		case strings.Contains(w, ".") && !strings.ContainsAny(w, "@:=") && !isIP(w):
			out.From = w
		}
		if strings.EqualFold(w, "helo") { // qmail: from rdns (HELO name) (ip)
			_, after, _ := strings.Cut(comment[strings.Index(strings.ToLower(comment), "helo")+4:], " ")
			out.HELO = strings.Trim(firstWord(after), "()")
			out.From = firstWord(head)
			break
		}
	}
	out.From = strings.TrimSuffix(strings.Trim(out.From, "[]()"), ".")
	out.HELO = strings.TrimSuffix(strings.Trim(out.HELO, "[]()"), ".")
	return out
}

// clause returns what stands behind a keyword up to the next one.
func clause(v, word string) string {
	low := strings.ToLower(v)
	at := -1
	depth := 0
	for i := 0; i+len(word) < len(low) && i < 4096; i++ {
		switch low[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth <= 0 && strings.HasPrefix(low[i:], word) && (i == 0 || low[i-1] == ' ' || low[i-1] == '\t' || low[i-1] == ')') && (low[i+len(word)] == ' ' || low[i+len(word)] == '\t') {
			at = i + len(word)
			break
		}
	}
	if at < 0 {
		return ""
	}
	rest, lowRest := v[at:], low[at:]
	end := len(rest)
	for _, stop := range []string{" by ", " with ", " id ", " for ", " via "} {
		if i := strings.Index(lowRest, stop); i >= 0 && i < end && strings.TrimSpace(stop) != word {
			end = i
		}
	}
	return strings.TrimSpace(rest[:end])
}

// splitComment returns what stands before the first comment, and that comment.
func splitComment(s string) (head, comment string) {
	if open := strings.IndexByte(s, '('); open >= 0 {
		depth := 0
		for i := open; i < len(s); i++ {
			switch s[i] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					// qmail puts the name and the address into two of them.
					if next := strings.TrimSpace(s[i+1:]); strings.HasPrefix(next, "(") && strings.Contains(strings.ToLower(s[open:i]), "helo") {
						return strings.TrimSpace(s[:open]), s[open:]
					}
					return strings.TrimSpace(s[:open]), s[open : i+1]
				}
			}
		}
		return strings.TrimSpace(s[:open]), s[open:]
	}
	return s, ""
}

func firstWord(s string) string {
	s = strings.TrimSpace(s)
	if end := strings.IndexAny(s, " \t("); end >= 0 {
		s = s[:end]
	}
	return s
}

// address returns the first IP address in s, in canonical form.
func address(s string) string {
	for n := 0; s != "" && n < 64; n++ {
		start := strings.IndexAny(s, "0123456789abcdefABCDEF:")
		if start < 0 {
			return ""
		}
		s = s[start:]
		end := 0
		for end < len(s) && strings.IndexByte("0123456789abcdefABCDEF:.", s[end]) >= 0 {
			end++
		}
		if ip, err := netip.ParseAddr(strings.TrimPrefix(strings.Trim(s[:end], "."), "IPv6:")); err == nil {
			return ip.String()
		}
		s = s[end:]
		// Skip the rest of a word, so that letters in names are not tried.
		if end == 0 || s != "" && (s[0] > ' ' && s[0] != ')' && s[0] != ']' && s[0] != '[' && s[0] != '(' && s[0] != ',') {
			if next := strings.IndexAny(s, " ([:"); next >= 0 {
				s = s[next:]
				if s[0] == ':' {
					s = s[1:]
				}
			} else {
				return ""
			}
		}
	}
	return ""
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// parseDate reads a date (RFC 5322, 3.3) by its parts, in whatever order and
// with whatever is left out. The zero time means that it cannot be read.
func parseDate(s string) time.Time {
	var day, year int
	var month time.Month
	hour, minute, second := 0, 0, 0
	zone := 0
	timed := false
	for _, w := range strings.FieldsFunc(s[:min(len(s), 256)], func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '(' || r == ')' }) {
		switch {
		case strings.Count(w, ":") >= 1 && !timed:
			timed = clock(w, &hour, &minute, &second)
		case len(w) == 5 && (w[0] == '+' || w[0] == '-') && timed:
			zone = zoneOffset(w)
		case digits(w) && len(w) <= 2 && day == 0:
			day = number(w)
		case digits(w) && (len(w) == 4 || len(w) == 2) && year == 0 && day != 0:
			if year = number(w); len(w) == 2 {
				year += 1900
				if year < 1970 {
					year += 100
				}
			}
		case month == 0 && len(w) >= 3:
			month = monthOf(w)
			if month == 0 && strings.Count(w, "-") == 2 {
				day, month, year = dashed(w)
			}
		}
	}
	if day < 1 || day > 31 || month == 0 || year < 1970 || year > 2200 {
		return time.Time{}
	}
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC).Add(-time.Duration(zone) * time.Minute)
}

func clock(w string, h, m, s *int) bool {
	p := strings.SplitN(w, ":", 3)
	if !digits(p[0]) || !digits(p[1]) || len(p[0]) > 2 || len(p[1]) > 2 {
		return false
	}
	*h, *m = number(p[0]), number(p[1])
	if len(p) == 3 && len(p[2]) >= 2 && digits(p[2][:2]) {
		*s = number(p[2][:2])
	}
	return true
}

// dashed reads 2024-05-01 and 01-May-2024.
func dashed(w string) (day int, month time.Month, year int) {
	p := strings.Split(w, "-")
	switch {
	case digits(p[0]) && digits(p[1]) && digits(p[2]) && len(p[0]) == 4:
		if m := number(p[1]); m >= 1 && m <= 12 {
			return number(p[2]), time.Month(m), number(p[0])
		}
	case digits(p[0]) && digits(p[2]):
		return number(p[0]), monthOf(p[1]), number(p[2])
	}
	return 0, 0, 0
}

func monthOf(w string) time.Month {
	if len(w) < 3 {
		return 0
	}
	at := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(w[:3]))
	if at < 0 || at%3 != 0 {
		return 0
	}
	return time.Month(at/3 + 1)
}

func zoneOffset(w string) int {
	if !digits(w[1:]) {
		return 0
	}
	v := number(w[1:3])*60 + number(w[3:5])
	if v > 24*60 {
		return 0
	}
	if w[0] == '-' {
		return -v
	}
	return v
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// number reads up to nine digits.
func number(s string) int {
	v := 0
	for i := 0; i < len(s) && i < 9; i++ {
		v = v*10 + int(s[i]-'0')
	}
	return v
}
