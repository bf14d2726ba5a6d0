package brand

import (
	"strings"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/ident"
)

// Imitation is a host or address that carries a brand's name and does not
// belong to the brand.
type Imitation struct {
	Brand string
	// How is the trick: "letters", "misspelled", "added", "ending",
	// "subdomain", "userinfo", "path".
	How string
	// Host is the host as people see it, Token the piece that imitates.
	Host, Token string
	// Strength is 0 to 1: how sure it is that the name is meant to deceive.
	Strength float64
}

type hostToken struct {
	Token
	brand    string
	skeleton string
	length   int // in runes
}

func (b *Book) indexTokens() {
	for _, id := range b.order {
		for _, t := range b.profiles[id].Tokens {
			b.tokens = append(b.tokens, hostToken{Token: t, brand: id, skeleton: b.skeleton(t.Word), length: len([]rune(t.Word))})
		}
	}
}

// Lookalike reports whether a host imitates a brand. Hosts that belong to any
// brand, and those on the list of known other owners, never do. The address
// around the host counts too: for a whole link use LookalikeLink.
func (b *Book) Lookalike(host ident.Domain) (Imitation, bool) {
	a := link.Analyse(linkTo(host), nil)
	if a.Problem != "" || a.Host == "" {
		return Imitation{}, false
	}
	return b.lookalikeHost(&a)
}

// LookalikeLink looks at a whole address: the host, what stands before "@", and
// the path.
func (b *Book) LookalikeLink(a *link.Analysis) (Imitation, bool) {
	if !a.Web() {
		return Imitation{}, false
	}
	if _, _, own := b.OfficialDomain(a.Host); own || b.exempt(a.Host) && !a.Hosting {
		return Imitation{}, false
	}
	if im, ok := b.inUserinfo(a); ok {
		return im, true
	}
	if a.Host != "" {
		if im, ok := b.lookalikeHost(a); ok {
			return im, true
		}
	}
	return b.inPath(a)
}

// known reports hosts that are a brand's own or on the list of other owners.
func (b *Book) known(host ident.Domain) bool {
	if host == "" {
		return false
	}
	if _, _, ok := b.OfficialDomain(host); ok {
		return true
	}
	return b.exempt(host)
}

// exempt reports a host on the list of domains that only look like imitations.
// A page below a place where anybody can publish is not exempt.
func (b *Book) exempt(host ident.Domain) bool {
	return above(host, func(name ident.Domain) bool { return b.allowed[name] })
}

func (b *Book) lookalikeHost(a *link.Analysis) (Imitation, bool) {
	if id, ok := b.fakes[a.Registrable]; ok && !b.known(a.Host) {
		return b.imitation(id, "added", a, string(a.Registrable), 1), true
	}
	if _, _, ok := b.OfficialDomain(a.Host); ok {
		return Imitation{}, false
	}
	if b.exempt(a.Host) && !(a.Hosting && a.Registrable != a.Provider) {
		return Imitation{}, false
	}
	label, left := labels(a)
	if im, ok := b.label(a, label); ok {
		return im, true
	}
	return b.subdomain(a, left)
}

func (b *Book) imitation(brand, how string, a *link.Analysis, token string, strength float64) Imitation {
	return Imitation{Brand: brand, How: how, Host: a.Name(), Token: cut(token, 80), Strength: strength}
}

// labels splits the Unicode host into the registrable label and what stands to
// its left. Without a known suffix the label before the last counts.
func labels(a *link.Analysis) (label string, left []string) {
	all := strings.Split(strings.ToLower(a.Unicode), ".")
	n := 1
	if a.Registrable != "" {
		n = strings.Count(string(a.Suffix), ".") + 1
		if len(string(a.Registrable)) <= len(a.Suffix) { // the host is itself a private suffix
			n = strings.Count(string(a.Provider), ".")
		}
	}
	if len(all) <= n {
		return all[0], nil
	}
	return all[len(all)-n-1], all[:len(all)-n-1]
}

// label judges the registrable label.
func (b *Book) label(a *link.Analysis, label string) (Imitation, bool) {
	if b.words[label] {
		return Imitation{}, false
	}
	st := b.hosts.Strength
	plain := b.hostParts(label, "")
	for _, p := range plain {
		switch {
		case p.whole && !a.Hosting:
			s := st["ending"]
			if country(a.Suffix) {
				s = st["ending_country"]
			}
			return b.imitation(p.brand, "ending", a, label, s), true
		case p.lured || p.whole:
			return b.imitation(p.brand, "added", a, p.token, st["added"]), true
		}
	}
	if len(plain) > 0 {
		return b.imitation(plain[0].brand, "added", a, plain[0].token, st["added_plain"]), true
	}
	if folded := unleet(label); folded != label {
		for _, p := range b.hostParts(folded, label) {
			return b.imitation(p.brand, "letters", a, label, st["letters"]), true
		}
	}
	return b.seen(a, label)
}

// seen compares what a label looks like, and what it might be a slip of.
func (b *Book) seen(a *link.Analysis, label string) (Imitation, bool) {
	st := b.hosts.Strength
	pieces := append([]string{label}, strings.FieldsFunc(label, func(r rune) bool { return r == '-' || r == '_' })...)
	lured := b.anyLure(pieces[1:])
	for i, piece := range pieces {
		if i > 12 || len(piece) > 63 || b.words[piece] || b.lures[piece] {
			continue
		}
		skeleton := b.skeleton(piece)
		for _, t := range b.tokens {
			if skeleton == t.skeleton && piece != t.Word {
				return b.imitation(t.brand, "letters", a, piece, st["letters"]), true
			}
			if t.In == "anywhere" && t.length >= b.hosts.Slip.Inside && strings.Contains(skeleton, t.skeleton) && !strings.Contains(piece, t.Word) {
				return b.imitation(t.brand, "letters", a, piece, st["letters"]), true
			}
		}
		if i > 0 && !lured && len(pieces) > 2 && len(piece) < b.hosts.Slip.Inside {
			continue
		}
		if im, ok := b.slip(a, piece, lured); ok {
			return im, true
		}
	}
	return Imitation{}, false
}

// slip finds a name with one letter wrong, or two in a long one.
func (b *Book) slip(a *link.Analysis, piece string, lured bool) (Imitation, bool) {
	slip := b.hosts.Slip
	for _, t := range b.tokens {
		if t.length < slip.One || t.length != len(t.Word) || t.In == "word" && t.length < slip.OneInWord {
			continue
		}
		limit := 1
		if t.length >= slip.Two || lured && t.length >= slip.TwoLured {
			limit = 2
		}
		switch d := damerau(piece, t.Word, limit); {
		case d == 1:
			return b.imitation(t.brand, "misspelled", a, piece, b.hosts.Strength["misspelled"]), true
		case d == 2 && limit == 2 && near(piece, t.Word, t.length >= slip.Two):
			return b.imitation(t.brand, "misspelled", a, piece, b.hosts.Strength["misspelled_far"]), true
		}
	}
	return Imitation{}, false
}

// near reports whether two letters wrong are still a slip: a short name must
// keep its length, its first and its last letter.
func near(piece, name string, long bool) bool {
	if piece[0] != name[0] {
		return false
	}
	return long || len(piece) == len(name) && piece[len(piece)-1] == name[len(name)-1]
}

func (b *Book) anyLure(pieces []string) bool {
	for _, p := range pieces {
		if b.lures[p] {
			return true
		}
	}
	return false
}

// subdomain looks for a brand's whole address or name left of the registrable
// domain.
func (b *Book) subdomain(a *link.Analysis, left []string) (Imitation, bool) {
	if len(left) == 0 || b.partner(a.Host) != "" {
		return Imitation{}, false
	}
	joined := strings.Join(left, ".")
	if id, d, ok := b.holdsDomain(joined); ok {
		return b.imitation(id, "subdomain", a, d, b.hosts.Strength["subdomain_full"]), true
	}
	for i := len(left) - 1; i >= 0 && i > len(left)-9; i-- {
		if b.words[left[i]] {
			continue
		}
		parts := b.hostParts(left[i], "")
		if len(parts) == 0 {
			if folded := unleet(left[i]); folded != left[i] {
				parts = b.hostParts(folded, left[i])
			}
		}
		if len(parts) == 0 {
			skeleton := b.skeleton(left[i])
			for _, t := range b.tokens {
				if skeleton == t.skeleton && t.length >= b.hosts.Slip.Same {
					parts = []part{{brand: t.brand, token: left[i]}}
				}
			}
		}
		if len(parts) > 0 {
			return b.imitation(parts[0].brand, "subdomain", a, parts[0].token, b.hosts.Strength["subdomain"]), true
		}
	}
	return Imitation{}, false
}

// holdsDomain finds a brand's domain as a whole run of labels in s.
func (b *Book) holdsDomain(s string) (brand, domain string, ok bool) {
	all := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '/' || r == '_' || r == ' ' })
	for i := range all {
		if i > 24 {
			break
		}
		for n := 2; n <= 4 && i+n <= len(all); n++ {
			d := strings.Join(all[i:i+n], ".")
			if o, hit := b.domains[ident.Domain(d)]; hit && strings.Contains(s, d) {
				return o.brand, d, true
			}
		}
		// "www-amazon-com": hyphens for the dots
		if strings.Contains(all[i], "-") {
			if h := strings.ReplaceAll(all[i], "-", "."); strings.Count(h, ".") < 8 {
				if id, d, hit := b.hyphened(h); hit {
					return id, d, true
				}
			}
		}
	}
	return "", "", false
}

func (b *Book) hyphened(h string) (brand, domain string, ok bool) {
	above(ident.Domain(h), func(name ident.Domain) bool {
		o, hit := b.domains[name]
		if hit {
			brand, domain, ok = o.brand, string(name), true
		}
		return hit
	})
	return brand, domain, ok
}

func (b *Book) inUserinfo(a *link.Analysis) (Imitation, bool) {
	if a.Userinfo == "" {
		return Imitation{}, false
	}
	low := strings.ToLower(a.Userinfo)
	if id, d, ok := b.holdsDomain(low); ok {
		return b.imitation(id, "userinfo", a, d, b.hosts.Strength["userinfo"]), true
	}
	for _, piece := range strings.FieldsFunc(low, func(r rune) bool { return r == '.' || r == ':' || r == '/' }) {
		for _, p := range b.hostParts(unleet(piece), "") {
			return b.imitation(p.brand, "userinfo", a, p.token, b.hosts.Strength["userinfo"]), true
		}
	}
	return Imitation{}, false
}

// inPath finds a brand's address behind another host, or its name behind a
// short link, an IP address or on shared hosting.
func (b *Book) inPath(a *link.Analysis) (Imitation, bool) {
	path := strings.ToLower(cut(a.Path, 1024))
	if path == "" || path == "/" || len(a.Targets) > 0 || b.partner(a.Host) != "" {
		return Imitation{}, false
	}
	st := b.hosts.Strength
	if id, d, ok := b.holdsDomain(path); ok {
		s := st["path"]
		if a.IP.IsValid() {
			s = st["path_ip"]
		}
		return b.imitation(id, "path", a, d, s), true
	}
	if !a.IP.IsValid() && !a.Hosting && !a.Shortener {
		return Imitation{}, false
	}
	for i, piece := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' }) {
		if i > 8 || len(piece) > 63 || b.words[piece] {
			continue
		}
		for _, p := range b.hostParts(unleet(piece), "") {
			return b.imitation(p.brand, "path", a, p.token, st["path_name"]), true
		}
	}
	return Imitation{}, false
}

func linkTo(host ident.Domain) contact.Link {
	return contact.Link{Raw: "http://" + string(host) + "/"}
}
