package link

import (
	"encoding/base64"
	"strings"

	"bonafide/ident"
)

// unfold lists the addresses that a carries in its query, path or fragment,
// and those that they carry, at most maxDepth deep and maxTargets in all.
func unfold(a *Analysis, lists *Lists) {
	level := []Analysis{*a}
	for depth := 0; depth < maxDepth && len(level) > 0; depth++ {
		var next []Analysis
		for i := range level {
			kind, found := carried(&level[i], lists)
			if depth == 0 {
				a.Redirect = kind
			}
			for _, s := range found {
				if len(a.Targets) == maxTargets {
					return
				}
				t := look(s, lists)
				if t.Problem == "" && !repeats(a, &t) {
					a.Targets = append(a.Targets, t)
					next = append(next, t)
				}
			}
		}
		level = next
	}
}

func repeats(a, t *Analysis) bool {
	if t.Href == a.Href {
		return true
	}
	for i := range a.Targets {
		if a.Targets[i].Href == t.Href {
			return true
		}
	}
	return false
}

// carried returns the addresses that a holds itself. kind is that of the
// redirector, or "parameter".
func carried(a *Analysis, lists *Lists) (kind string, found []string) {
	if a.Script || a.Host == "" && !a.IP.IsValid() || lists.at(lists.carriers, a) {
		return "", nil
	}
	path, query, fragment := split(a.Href)
	var known *redirector
	above(a.Host, func(name string) bool {
		for i := range lists.redirectors[name] {
			r := &lists.redirectors[name][i]
			if !strings.HasPrefix(path, r.Path) {
				continue
			}
			if s := r.target(path, query); s != "" {
				known, found = r, append(found, s)
				return true
			}
		}
		return false
	})
	if known != nil {
		return known.Kind, found
	}
	for _, s := range append(values(query, nil), values(fragment, nil)...) {
		if t := address(s, false); t != "" && elsewhere(a, t) {
			found = append(found, t)
		}
	}
	if t := inPath(path, false); t != "" && elsewhere(a, t) {
		found = append(found, t)
	}
	if len(found) > 0 {
		kind = "parameter"
	}
	return kind, found
}

// elsewhere reports whether the address leads to another registrable domain.
func elsewhere(a *Analysis, s string) bool {
	t := look(s, &Lists{})
	if t.Problem != "" || !t.Web() && !t.Script {
		return false
	}
	return t.Registrable != a.Registrable || t.Registrable == "" && t.Host != a.Host
}

// split cuts a serialised URL into path, query and fragment.
func split(href string) (path, query, fragment string) {
	href, fragment, _ = strings.Cut(href, "#")
	href, query, _ = strings.Cut(href, "?")
	if _, rest, ok := strings.Cut(href, "://"); ok {
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			path = rest[slash:]
		}
	}
	return path, query, fragment
}

// values returns the values of a query, at most maxParams; names limits them.
func values(query string, names []string) []string {
	var out []string
	for n := 0; query != "" && n < maxParams; n++ {
		var pair string
		if end := strings.IndexAny(query, "&;"); end >= 0 {
			pair, query = query[:end], query[end+1:]
		} else {
			pair, query = query, ""
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			name, value = "", pair
		}
		if wanted(name, names) && value != "" {
			out = append(out, value)
		}
	}
	return out
}

func wanted(name string, names []string) bool {
	if len(names) == 0 {
		return true
	}
	for _, n := range names {
		if n == "*" || strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// target finds what a known redirector leads to, or "".
func (r *redirector) target(path, query string) string {
	if len(r.Params) > 0 {
		for _, v := range values(query, r.Params) {
			if t := r.decoded(v); t != "" {
				return t
			}
		}
	}
	if !r.InPath {
		return ""
	}
	rest := strings.TrimPrefix(path, r.Path)
	if query != "" {
		rest += "?" + query
	}
	if r.Marker != "" {
		_, after, ok := strings.Cut(path, r.Marker)
		if !ok {
			return ""
		}
		rest = after
	}
	if r.End != "" {
		rest, _, _ = strings.Cut(rest, r.End)
	}
	if t := r.decoded(rest); t != "" {
		return t
	}
	return inPath(path, true)
}

// decoded undoes the redirector's own way of writing a target.
func (r *redirector) decoded(v string) string {
	switch r.Decode {
	case "base64":
		return address(unbase64(strings.TrimPrefix(unescape(v), r.Prefix)), true)
	case "proofpoint2": // "-" stands for "%", "_" for "/"
		return address(strings.NewReplacer("-", "%", "_", "/").Replace(v), true)
	case "proofpoint3": // __<address>__;
		v, _, _ = strings.Cut(strings.TrimPrefix(unescape(v), "__"), "__;")
		return address(v, true)
	}
	return address(v, true)
}

// address returns v decoded if it is an address, else "". Within a known
// redirector a host without a scheme is enough.
func address(v string, known bool) string {
	for round := 0; round < 3; round++ {
		v = strings.TrimSpace(v)
		if isAddress(v) {
			return cut(v, maxURL)
		}
		if d := unescape(v); d != v {
			v = d
			continue
		}
		break
	}
	if strings.HasPrefix(v, "aHR0c") { // "http" in base64
		if d := unbase64(v); isAddress(d) {
			return cut(d, maxURL)
		}
	}
	if known {
		host, _, _ := strings.Cut(v, "/")
		if knownHost(host) && !strings.ContainsAny(host, "@ ") {
			return cut("http://"+v, maxURL)
		}
	}
	return ""
}

func isAddress(v string) bool {
	if len(v) < 8 {
		return false
	}
	low := strings.ToLower(v[:min(len(v), 11)])
	for _, p := range []string{"http:/", "https:/", "http:\\", "https:\\", "javascript:", "data:text/"} {
		if strings.HasPrefix(low, p) {
			return true
		}
	}
	if strings.HasPrefix(v, "//") {
		host, _, _ := strings.Cut(v[2:], "/")
		return knownHost(host)
	}
	return false
}

func unbase64(v string) string {
	v = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(cut(v, maxURL)), "=")
	b, err := base64.RawStdEncoding.DecodeString(v)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// inPath finds an address that stands in a path after its first byte.
func inPath(path string, known bool) string {
	for round := 0; round < 3; round++ {
		low := strings.ToLower(path)
		if len(low) == len(path) && len(path) > 1 {
			at := strings.Index(low[1:], "http:/")
			if s := strings.Index(low[1:], "https:/"); s >= 0 && (at < 0 || s < at) {
				at = s
			}
			if at >= 0 {
				return address(path[1+at:], known)
			}
		}
		next := unescape(path)
		if next == path {
			break
		}
		path = next
	}
	return ""
}

// matchText compares the visible text with where the address leads.
func matchText(a *Analysis) {
	text := strings.TrimSpace(cut(a.Link.Text, maxText))
	if text == "" {
		return
	}
	raw, explicit := addressIn(text)
	if raw == "" {
		return
	}
	t := look(raw, &Lists{})
	if t.Problem != "" || t.Registrable == "" {
		return
	}
	a.TextHost, a.TextRegistrable, a.TextExplicit = t.Host, t.Registrable, explicit
	if a.Problem != "" || a.Scheme == "mailto" || a.Scheme == "tel" {
		return
	}
	a.Mismatch = !leadsTo(a, t.Registrable)
}

func leadsTo(a *Analysis, d ident.Domain) bool {
	if a.Registrable == d || a.Provider == d {
		return true
	}
	for i := range a.Targets {
		if a.Targets[i].Registrable == d {
			return true
		}
	}
	return false
}

// addressIn returns the address that a link's text is or holds. A bare host
// counts only when it is the whole text.
func addressIn(text string) (raw string, explicit bool) {
	v := newView(text)
	s := scanner{view: v, lists: &Lists{}}
	s.scan()
	if len(s.found) == 0 {
		return "", false
	}
	f := s.found[0]
	low := strings.ToLower(f.raw)
	explicit = strings.Contains(low, "://") || strings.HasPrefix(low, "www.") || strings.ContainsAny(f.raw, "/?")
	whole := strings.Trim(text, " \t\r\n<>()[]\"'.,:;!?›»→")
	if !explicit && len(whole) > f.end-f.start {
		return "", false
	}
	return f.raw, explicit
}
