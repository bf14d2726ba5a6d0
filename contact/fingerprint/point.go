package fingerprint

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/ident"
)

// Kind is what sort of contact point a mark stands for.
type Kind uint8

// The kinds, never renumbered: they stand in stored signatures.
const (
	// Site is a domain, or an IP address, that a link leads to.
	Site Kind = 1
	// Page is an address at a place where anybody can publish, or behind a
	// shortener: host and path.
	Page Kind = 2
	// Number is a telephone number.
	Number Kind = 3
	// Mailbox is a mail address that answers go to.
	Mailbox Kind = 4
	// Account is a bank account, a wallet or an account of a messenger.
	Account Kind = 5
	// File is the content of an attachment.
	File Kind = 6
)

// String returns the stable word for a kind: "site".
func (k Kind) String() string {
	switch k {
	case Site:
		return "site"
	case Page:
		return "page"
	case Number:
		return "number"
	case Mailbox:
		return "mailbox"
	case Account:
		return "account"
	case File:
		return "file"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Mark is the hash of one contact point: its kind in the upper 8 bits, 56 bits
// of the hash below.
type Mark uint64

// Kind is what the mark stands for.
func (m Mark) Kind() Kind { return Kind(m >> 56) }

// String is the mark in 16 hexadecimal digits.
func (m Mark) String() string { return fmt.Sprintf("%016x", uint64(m)) }

// Point is a contact point as people may be shown it: Shown is masked where a
// person could be meant.
type Point struct {
	Mark  Mark
	Shown string
}

func (r *Rules) mark(k Kind, value string) Mark {
	sum := r.sum(k.String(), value)
	return Mark(k)<<56 | Mark(binary.BigEndian.Uint64(sum[:])>>8)
}

// gathering is the work on the contact points of one contact.
type gathering struct {
	rules  *Rules
	in     *Input
	sender ident.Domain
	// home are the registrable domains of sender and receivers.
	home   []ident.Domain
	points []Point
	seen   map[string]bool
	// led: a link leads to the sender's domain.
	led bool
	// runs counts what was tried as a wallet.
	runs int
}

// contactPoints fills what the signature knows of the sender and the points.
func (r *Rules) contactPoints(in Input, s *Signature, longRuns bool) []Point {
	g := gathering{rules: r, in: &in, seen: map[string]bool{}}
	g.people()
	for i := range in.Links[:min(len(in.Links), maxLinks)] {
		g.link(&in.Links[i])
	}
	for _, n := range in.Numbers {
		if n != "" && !in.Known.Listed(n) {
			g.add(Number, string(n), n.Masked())
		}
	}
	for _, a := range in.Accounts {
		g.account(a)
	}
	if longRuns {
		for _, rd := range in.Readings {
			if rd.Part.Kind == contact.Said {
				g.wallets(rd.Part.Text)
			}
		}
	}
	for _, a := range in.Contact.Attachments {
		if a.Digest != "" && a.Size > 0 && !slices.Contains(a.Traits, "inline") {
			g.add(File, a.Digest, a.Digest[:min(len(a.Digest), 12)])
		}
	}
	slices.SortFunc(g.points, func(a, b Point) int { return cmp.Compare(a.Mark, b.Mark) })
	if len(g.points) > maxPoints {
		g.fewest()
	}
	for _, p := range g.points {
		s.points = append(s.points, p.Mark)
	}
	if g.sender != "" {
		sum := r.sum("sender", string(g.sender))
		s.sender = binary.BigEndian.Uint64(sum[:]) | 1
	}
	s.house = g.sender != "" && (g.led || len(g.points) == 0)
	s.own = g.sender != "" && len(g.points) == 0 && in.Known.Owned(g.sender)
	return g.points
}

// fewest keeps the points with the smallest hashes, whatever their kind.
func (g *gathering) fewest() {
	hash := func(p Point) uint64 { return uint64(p.Mark) << 8 }
	slices.SortFunc(g.points, func(a, b Point) int { return cmp.Compare(hash(a), hash(b)) })
	g.points = g.points[:maxPoints]
	slices.SortFunc(g.points, func(a, b Point) int { return cmp.Compare(a.Mark, b.Mark) })
}

func (g *gathering) add(k Kind, value, shown string) {
	id := k.String() + "\x00" + value
	if value == "" || g.seen[id] || len(g.seen) >= 4*maxPoints {
		return
	}
	g.seen[id] = true
	g.points = append(g.points, Point{g.rules.mark(k, value), shown})
}

// registrable is the domain that somebody holds: the last two labels where the
// list of public suffixes does not know better.
func registrable(d ident.Domain) ident.Domain {
	if reg, _, _, _ := link.Registrable(d); reg != "" {
		return reg
	}
	if dot := strings.LastIndexByte(string(d), '.'); dot > 0 {
		return d[strings.LastIndexByte(string(d[:dot]), '.')+1:]
	}
	return d
}

// people takes sender, receivers and where answers go.
func (g *gathering) people() {
	c := g.in.Contact
	from := c.Sender.Mail
	switch {
	case from.Domain == "" || g.in.Forged:
	case g.in.Known.Freemail(from.Domain):
		g.mailbox(from)
	default:
		g.sender = registrable(from.Domain)
		g.home = append(g.home, g.sender)
	}
	if c.Mail == nil {
		return
	}
	for i, to := range c.Mail.To {
		if i == 8 {
			break
		}
		if to.Mail.Domain != "" && !g.in.Known.Freemail(to.Mail.Domain) {
			g.home = append(g.home, registrable(to.Mail.Domain))
		}
	}
	for i, to := range c.Mail.ReplyTo {
		if i == 4 {
			break
		}
		if d := to.Mail.Domain; d != "" && !slices.Contains(g.home, registrable(d)) && !g.in.Known.Owned(d) {
			g.mailbox(to.Mail)
		}
	}
}

func (g *gathering) mailbox(m ident.Mail) {
	for _, to := range g.to() {
		if strings.EqualFold(to.Mail.String(), m.String()) {
			return
		}
	}
	g.add(Mailbox, strings.ToLower(m.String()), m.Masked())
}

func (g *gathering) to() []contact.Address {
	if g.in.Contact.Mail == nil {
		return nil
	}
	return g.in.Contact.Mail.To[:min(len(g.in.Contact.Mail.To), 8)]
}

// link takes where a link leads in the end.
func (g *gathering) link(l *link.Analysis) {
	if l.Link.From == "image" {
		return
	}
	if l.Scheme == "mailto" {
		g.mailto(l)
		return
	}
	a := l.Final()
	if (a.Redirect == "tracking" || a.Redirect == "shield" || a.Redirect == "amp") && !a.Shortener || !a.Web() {
		return
	}
	if a.IP.IsValid() {
		g.add(Site, a.IP.String(), a.IP.String())
		return
	}
	held := a.Registrable
	if held == "" {
		held = registrable(a.Host)
	}
	g.led = g.led || g.sender != "" && (held == g.sender || g.in.Known.Owned(a.Host) && g.in.Known.Owned(g.sender))
	path := clean(a.Path)
	host := ident.Domain(strings.TrimPrefix(string(a.Host), "www."))
	switch {
	case g.rules.accounts[host]:
		if path != "" {
			g.add(Account, string(host)+path, string(host)+"/"+hidden(path[1:]))
		}
	case g.in.Known.Owned(a.Host) && !a.Hosting || slices.Contains(g.home, held):
	case a.Shortener || a.Hosting && (a.Provider == a.Registrable || a.Registrable == "" || g.rules.common[a.Registrable] || g.rules.common[a.Provider]):
		g.add(Page, string(host)+path, short(string(host)+path))
	case g.rules.common[a.Registrable] || g.rules.common[a.Provider]:
	default:
		g.add(Site, string(held), short(string(held)))
	}
}

func (g *gathering) mailto(l *link.Analysis) {
	addr, _, _ := strings.Cut(l.Link.Raw, "?")
	if len(addr) < len("mailto:") {
		return
	}
	if m, err := ident.ParseMail(addr[len("mailto:"):]); err == nil && g.in.Known.Freemail(m.Domain) {
		g.mailbox(m)
	}
}

// clean cuts a path to its first three pieces, without an empty last one.
func clean(path string) string {
	pieces := strings.SplitN(strings.Trim(path, "/"), "/", 4)
	path = strings.Join(pieces[:min(len(pieces), 3)], "/")
	if path == "" {
		return ""
	}
	return "/" + path
}

// hidden leaves the last two letters or digits of what may name a person.
func hidden(s string) string {
	r := []rune(s)
	return "•••" + string(r[max(0, len(r)-2):])
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func (g *gathering) account(a string) {
	a = strings.ToUpper(strings.ReplaceAll(a, " ", ""))
	if len(a) > 4 {
		g.add(Account, a, a[:2]+"•••"+a[len(a)-4:])
	}
}

// linkShape hashes what the links look like whatever their hosts: number and
// kind of the pieces of the path, the names in the query.
func (r *Rules) linkShape(links []link.Analysis) uint64 {
	var t tally
	for i := range links[:min(len(links), 64)] {
		a := links[i].Final()
		if !a.Web() {
			continue
		}
		h := join(r.seed, 1)
		for piece := range strings.SplitSeq(strings.Trim(a.Path, "/"), "/") {
			h = join(h, pieceShape(piece))
		}
		if _, query, ok := strings.Cut(a.Href, "?"); ok {
			query, _, _ = strings.Cut(query, "#")
			for pair := range strings.SplitSeq(query, "&") {
				name, _, _ := strings.Cut(pair, "=")
				h = join(h, hashWord(name))
			}
		}
		t.add(mix(h))
	}
	return t.hash()
}

// pieceShape is the piece itself where it is a word, else of what it is made.
func pieceShape(s string) uint64 {
	letters, digits := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letters++
		}
	}
	switch {
	case digits == 0 && letters < longWord:
		return hashWord(strings.ToLower(s))
	case letters == 0:
		return 2
	}
	return 3 + uint64(min(len(s)/8, 8))
}
