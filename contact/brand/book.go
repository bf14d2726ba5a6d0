package brand

import (
	"fmt"
	"strings"
	"time"

	"bonafide/contact/text"
	"bonafide/evidence"
	"bonafide/ident"
)

// Book holds all brands and the lists that go with them. It is immutable after
// Load and safe for concurrent use.
type Book struct {
	folding  *text.Folding
	profiles map[string]*Profile
	order    []string // ids, shipped ones in the order of their names
	facts    []Fact
	sources  sources
	claims   claimRules
	hosts    hostRules
	mail     mailRules
	how      howWords

	domains  map[ident.Domain]domainOf
	mailAt   map[ident.Domain]mailOf
	relays   map[ident.Domain]bool
	relayAny []string // prefixes of "marketplace.amazon.*"
	tlds     map[string]string
	fakes    map[ident.Domain]string
	allowed  map[ident.Domain]bool
	freemail map[ident.Domain]bool
	services map[ident.Domain]service
	alarms   map[evidence.Code]bool
	never    map[evidence.Code]bool
	partners map[ident.Domain]string // domain -> kind
	numbers  map[ident.Phone]numberOf
	tokens   []hostToken
	lures    map[string]bool
	words    map[string]bool
	names    *names
	sms      map[string]string // folded sender id -> brand
}

type domainOf struct {
	brand string
	Domain
}

type mailOf struct {
	brand  string
	status Status
}

type numberOf struct {
	brand string
	Number
}

// index builds the look-ups.
func (b *Book) index() error {
	b.domains, b.mailAt = map[ident.Domain]domainOf{}, map[ident.Domain]mailOf{}
	b.relays, b.tlds = map[ident.Domain]bool{}, map[string]string{}
	b.fakes, b.numbers = map[ident.Domain]string{}, map[ident.Phone]numberOf{}
	b.sms = map[string]string{}
	for _, id := range b.order {
		if err := b.indexProfile(b.profiles[id]); err != nil {
			return err
		}
	}
	b.allowed, b.partners = map[ident.Domain]bool{}, map[ident.Domain]string{}
	for _, a := range b.hosts.Allow {
		b.allowed[a.Host] = true
	}
	for _, id := range b.order {
		for _, s := range b.profiles[id].NeverProof {
			b.allowed[s.Domain] = true
		}
	}
	b.freemail = map[ident.Domain]bool{}
	for _, d := range b.mail.Freemail {
		b.freemail[ident.Domain(d)] = true
	}
	b.alarms, b.never = codeSet(b.mail.Alarms), codeSet(b.mail.Never)
	b.services = map[ident.Domain]service{}
	for _, s := range b.mail.Services {
		b.services[s.Domain] = s
	}
	for kind, list := range b.mail.Partners {
		for _, d := range list {
			b.partners[ident.Domain(d)] = kind
		}
	}
	b.lures, b.words = set(b.hosts.Lures), set(b.hosts.Words)
	b.indexTokens()
	return b.indexNames()
}

func (b *Book) indexProfile(p *Profile) error {
	for _, d := range p.Domains {
		if other, ok := b.domains[d.Domain]; ok {
			return fmt.Errorf("brand: brands/%s.yaml: domain %s stands in brands/%s.yaml too", p.ID, d.Domain, other.brand)
		}
		b.domains[d.Domain] = domainOf{p.ID, d}
		if d.Sends {
			b.mailAt[d.Domain] = mailOf{p.ID, d.Status}
		}
	}
	for _, m := range p.MailDomains {
		for _, d := range m.Values {
			if _, ok := b.mailAt[d]; !ok {
				b.mailAt[d] = mailOf{p.ID, m.Status}
			}
		}
	}
	for _, s := range p.Senders {
		for _, at := range s.At {
			if !s.Relay {
				continue
			}
			if prefix, any := strings.CutSuffix(at, "*"); any {
				b.relayAny = append(b.relayAny, prefix)
			} else {
				b.relays[ident.Domain(at)] = true
			}
		}
	}
	for _, t := range p.OwnTLDs.Values {
		b.tlds[t] = p.ID
	}
	for _, f := range p.Fakes {
		b.fakes[f.Host] = p.ID
	}
	for _, n := range p.Numbers {
		b.numbers[n.Number] = numberOf{p.ID, n}
	}
	for _, s := range p.SMSSenders {
		b.sms[strings.ToLower(s.ID)] = p.ID
	}
	return nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

// above calls f with d and every name above it, until f returns true.
func above(d ident.Domain, f func(ident.Domain) bool) bool {
	for s := string(d); s != ""; {
		if f(ident.Domain(s)) {
			return true
		}
		dot := strings.IndexByte(s, '.')
		if dot < 0 {
			return false
		}
		s = s[dot+1:]
	}
	return false
}

// Profile returns a brand's profile, or nil.
func (b *Book) Profile(id string) *Profile { return b.profiles[id] }

// Profiles returns all profiles in the order of their ids.
func (b *Book) Profiles() []*Profile {
	out := make([]*Profile, 0, len(b.order))
	for _, id := range b.order {
		out = append(out, b.profiles[id])
	}
	return out
}

// Source returns what is behind a source id.
func (b *Book) Source(id string) (Source, bool) {
	s, ok := b.sources.Sources[id]
	return s, ok
}

// Facts returns the dated facts about a brand and topic that are no longer than
// at: those that hold and may be shown. An empty brand or topic means any.
func (b *Book) Facts(brand, topic string, at time.Time) []Fact {
	var out []Fact
	for _, f := range b.facts {
		if (brand == "" || f.Brand == brand) && (topic == "" || f.Topic == topic) && f.Status.Shown() && f.ValidAt(at) {
			out = append(out, f)
		}
	}
	return out
}

// AllFacts returns every dated fact, outdated ones too.
func (b *Book) AllFacts() []Fact { return append([]Fact(nil), b.facts...) }

// Stale reports whether a fact was last seen longer ago than the book allows
// (24 months as shipped) or at no known time; a stale fact is shown with its
// age, and a stale number is not offered for dialling.
func (b *Book) Stale(o *Origin, at time.Time) bool {
	seen, ok := o.AsOf.End()
	return !ok || at.After(seen.AddDate(0, b.sources.StaleMonths, 0))
}

// OfficialDomain returns the brand that d belongs to by the dot rule: d is one
// of its domains or a name below one, or stands under its own top-level domain.
// Unverified domains are returned as well: see Domain.Status.
func (b *Book) OfficialDomain(d ident.Domain) (brand string, found Domain, ok bool) {
	ok = above(d, func(name ident.Domain) bool {
		o, hit := b.domains[name]
		if hit {
			brand, found = o.brand, o.Domain
		}
		return hit
	})
	if ok {
		return brand, found, true
	}
	last := string(d[strings.LastIndexByte(string(d), '.')+1:])
	if id, hit := b.tlds[last]; hit && len(last) < len(d) {
		o := b.profiles[id].OwnTLDs.Origin
		return id, Domain{Domain: ident.Domain(last), Country: "*", Role: "own ending", Linked: true, Origin: o}, true
	}
	return "", Domain{}, false
}

// MailDomain returns the brand that may write from d: d is a mail domain of the
// brand or a name below one. Freemail domains never are.
func (b *Book) MailDomain(d ident.Domain) (brand string, status Status, ok bool) {
	if b.freemail[d] {
		return "", "", false
	}
	ok = above(d, func(name ident.Domain) bool {
		m, hit := b.mailAt[name]
		if hit {
			brand, status = m.brand, m.status
		}
		return hit
	})
	return brand, status, ok
}

// Relay reports whether d passes on mail that strangers wrote.
func (b *Book) Relay(d ident.Domain) bool {
	if above(d, func(name ident.Domain) bool { return b.relays[name] }) {
		return true
	}
	for _, prefix := range b.relayAny {
		if strings.HasPrefix(string(d), prefix) || strings.Contains(string(d), "."+prefix) {
			if _, _, ok := b.OfficialDomain(d); ok {
				return true
			}
		}
	}
	return false
}

// Freemail reports whether anybody can have a mailbox at d.
func (b *Book) Freemail(d ident.Domain) bool { return b.freemail[d] }

// OfficialNumber returns the brand that a number is listed for. A caller id
// equal to it proves nothing.
func (b *Book) OfficialNumber(p ident.Phone) (brand string, n Number, ok bool) {
	o, ok := b.numbers[p]
	return o.brand, o.Number, ok
}

// Official is OfficialNumber in the words of contact/phone.
func (b *Book) Official(p ident.Phone) (brand, country, status string, ok bool) {
	o, ok := b.numbers[p]
	return o.brand, o.Country, string(o.Status), ok
}

// NearestNumber returns the listed number with the smallest edit distance to p
// (Damerau: exchanged neighbours count once) and the distance; the smaller
// number wins a tie. distance is -1 when no number is listed.
func (b *Book) NearestNumber(p ident.Phone) (official ident.Phone, distance int) {
	distance = -1
	for n := range b.numbers {
		d := damerau(string(p), string(n), len(p)+len(n))
		if distance < 0 || d < distance || d == distance && n < official {
			official, distance = n, d
		}
	}
	return official, distance
}

// Nearest is NearestNumber in the words of contact/phone.
func (b *Book) Nearest(p ident.Phone) (official ident.Phone, distance int) {
	return b.NearestNumber(p)
}

// damerau is the edit distance with exchanges of neighbours (optimal string
// alignment). It returns limit+1 as soon as it is sure to be greater than limit.
// Both strings are cut at 64 bytes.
func damerau(a, b string, limit int) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var rows [3][65]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur, prev, before := &rows[i%3], &rows[(i-1)%3], &rows[(i+1)%3]
		cur[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
			best = min(best, cur[j])
		}
		if best > limit {
			return limit + 1
		}
	}
	return rows[len(a)%3][len(b)]
}

func codeSet(list []evidence.Code) map[evidence.Code]bool {
	set := map[evidence.Code]bool{}
	for _, c := range list {
		set[c] = true
	}
	return set
}
