// Package dns answers the questions that the check of a mail's sender asks of
// DNS: keys of signatures (selector._domainkey.…), policies (_dmarc.…), and the
// names that an SPF evaluation reaches. It remembers answers within bounds,
// asks each question once at a time, and never asks more than it is allowed to.
//
// It is not for anything else: no name of a link, a sender's web site or a
// person's contact is ever looked up with it, so that asking about a fraud does
// not tell the fraudster that somebody looks. Nothing is asked unless an
// operator names servers; Static and File answer without any network, and a
// Store keeps answers in a file for a check that is repeated.
//
//	r, err := dns.New(dns.Config{Servers: []string{"192.0.2.53"}})
//	res := mailauth.Check(ctx, mailauth.Input{Mail: m, Resolver: r.ForMessage()})
package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Config tells whom to ask and how much. The zero value is refused by New:
// asking DNS is off until an operator switches it on.
type Config struct {
	// Servers are recursive resolvers, "address" or "address:port". They are
	// asked in this order.
	Servers []string
	// System takes the servers of /etc/resolv.conf when Servers is empty.
	System bool
	// Timeout bounds one question to one server, Attempts how often all
	// servers are asked in turn. Zero means 2 s and 2.
	Timeout  time.Duration
	Attempts int
	// CacheSize is the number of answers remembered; zero means 4096, below
	// zero none.
	CacheSize int
	// MaxTTL and NegativeTTL bound how long an answer, and the answer that
	// there is none, is remembered. Zero means one hour and five minutes.
	MaxTTL, NegativeTTL time.Duration
	// MaxConcurrent bounds the questions on their way; zero means 32.
	MaxConcurrent int
	// MaxPerMessage bounds the questions of one ForMessage; zero means 100.
	MaxPerMessage int
	// Store keeps answers beyond the process; nil keeps none. With a Store and
	// no server nothing is asked: what is not in it cannot be answered now.
	Store *Store
	// Now gives the time for the cache; nil means time.Now.
	Now func() time.Time
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	c.Timeout = or(c.Timeout, 2*time.Second)
	c.Attempts = or(c.Attempts, 2)
	c.CacheSize = or(c.CacheSize, 4096)
	c.MaxTTL = or(c.MaxTTL, time.Hour)
	c.NegativeTTL = or(c.NegativeTTL, 5*time.Minute)
	c.MaxConcurrent = or(c.MaxConcurrent, 32)
	c.MaxPerMessage = or(c.MaxPerMessage, 100)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Resolver asks recursive resolvers over UDP, and over TCP where an answer is
// too long. It is safe for concurrent use. All errors of its look-ups are
// *net.DNSError and name no question.
type Resolver struct {
	conf    Config
	servers []string
	cache   *cache
	flights flights
	// slots holds a token for each question on its way.
	slots chan struct{}
	stats counters
}

// counters count what Stats reports.
type counters struct{ asked, hits, failed atomic.Int64 }

// Stats are totals since the Resolver was made.
type Stats struct {
	// Asked is the number of questions sent to servers, Hits those answered
	// from memory or the Store, Failed those that no server answered.
	Asked, Hits, Failed int64
}

// New makes a Resolver. It returns an error when no server is named or one is
// not an address.
func New(c Config) (*Resolver, error) {
	c = c.withDefaults()
	servers := c.Servers
	if len(servers) == 0 && c.System {
		var err error
		if servers, err = systemServers("/etc/resolv.conf"); err != nil {
			return nil, err
		}
	}
	if len(servers) == 0 && c.Store == nil {
		return nil, errors.New("dns: no server: name one, or allow those of the system")
	}
	if c.Attempts < 1 || c.MaxConcurrent < 1 || c.MaxPerMessage < 1 || c.Timeout < 0 {
		return nil, errors.New("dns: attempts, limits and timeout must be above zero")
	}
	r := &Resolver{conf: c, cache: newCache(c.CacheSize), slots: make(chan struct{}, c.MaxConcurrent)}
	for _, s := range servers {
		addr, err := serverAddr(s)
		if err != nil {
			return nil, err
		}
		r.servers = append(r.servers, addr)
	}
	return r, nil
}

// serverAddr adds port 53 where none is given.
func serverAddr(s string) (string, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.String(), nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return netip.AddrPortFrom(a, 53).String(), nil
	}
	return "", fmt.Errorf("dns: server %q is not an IP address with or without port", s)
}

// Stats returns the totals.
func (r *Resolver) Stats() Stats {
	return Stats{Asked: r.stats.asked.Load(), Hits: r.stats.hits.Load(), Failed: r.stats.failed.Load()}
}

// LookupTXT returns the TXT records of a name, the strings of one joined.
func (r *Resolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	a, err := r.lookup(ctx, name, dnsmessage.TypeTXT)
	return slices.Clone(a.texts), err
}

// LookupMX returns the MX records of a name in the order of preference.
func (r *Resolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	a, err := r.lookup(ctx, name, dnsmessage.TypeMX)
	out := make([]*net.MX, len(a.mx))
	for i, mx := range a.mx {
		out[i] = &net.MX{Host: mx.Host, Pref: mx.Pref}
	}
	slices.SortStableFunc(out, func(x, y *net.MX) int { return int(x.Pref) - int(y.Pref) })
	return out, err
}

// LookupIPAddr returns the A and AAAA records of a name. When only one kind can
// be had, it returns that.
func (r *Resolver) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	type half struct {
		a   answer
		err error
	}
	six := make(chan half, 1)
	go func() { // ends with the look-up, which has a timeout
		a, err := r.lookup(ctx, name, dnsmessage.TypeAAAA)
		six <- half{a, err}
	}()
	a4, err4 := r.lookup(ctx, name, dnsmessage.TypeA)
	a6 := <-six
	var out []net.IPAddr
	for _, ip := range append(slices.Clone(a4.ips), a6.a.ips...) {
		out = append(out, net.IPAddr{IP: net.IP(ip.AsSlice())})
	}
	if len(out) > 0 {
		return out, nil
	}
	if err4 != nil && !isNotFound(err4) {
		return nil, err4
	}
	return nil, a6.err
}

// LookupAddr returns the names of an address.
func (r *Resolver) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	name, err := reverseName(addr)
	if err != nil {
		return nil, err
	}
	a, err := r.lookup(ctx, name, dnsmessage.TypePTR)
	return slices.Clone(a.texts), err
}

// lookup answers from memory, or asks, or waits for who already asks.
func (r *Resolver) lookup(ctx context.Context, name string, kind dnsmessage.Type) (answer, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if err := CheckName(name); err != nil {
		return answer{}, err
	}
	key := question{name, kind}
	if a, ok := r.cache.get(key, r.conf.Now()); ok {
		r.stats.hits.Add(1)
		return a, a.err()
	}
	if a, ok := r.conf.Store.get(key); ok {
		r.stats.hits.Add(1)
		return a, a.err()
	}
	a, err := r.flights.do(ctx, key, func() answer {
		a := r.ask(key)
		r.conf.Store.put(key, a)
		r.cache.put(key, a, r.conf.Now().Add(r.keep(a)))
		return a
	})
	if err != nil {
		return answer{}, err
	}
	return a, a.err()
}

// keep says how long an answer is remembered. A failure is kept for a moment,
// so that a flood of mails does not become a flood of questions (RFC 9520).
func (r *Resolver) keep(a answer) time.Duration {
	switch a.state {
	case found:
		return min(a.ttl, r.conf.MaxTTL)
	case missing:
		return min(a.ttl, r.conf.NegativeTTL)
	}
	return 5 * time.Second
}

// ask sends a question to the servers in turn.
func (r *Resolver) ask(q question) answer {
	total := r.conf.Timeout * time.Duration(r.conf.Attempts*len(r.servers)+1)
	ctx, cancel := context.WithTimeout(context.Background(), total)
	defer cancel()
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		r.stats.failed.Add(1)
		return answer{state: failed}
	}
	for range r.conf.Attempts {
		for _, server := range r.servers {
			r.stats.asked.Add(1)
			if a := exchange(ctx, server, q, r.conf.Timeout); a.state != failed {
				return a
			}
		}
	}
	r.stats.failed.Add(1)
	return answer{state: failed}
}

// Message is a Resolver for the check of one mail, which may not ask more than
// Config.MaxPerMessage questions. It is safe for concurrent use.
type Message struct {
	r    *Resolver
	left atomic.Int64
}

// ForMessage returns a view of r for one mail.
func (r *Resolver) ForMessage() *Message {
	m := &Message{r: r}
	m.left.Store(int64(r.conf.MaxPerMessage))
	return m
}

// take counts questions and refuses those beyond the bound.
func (m *Message) take(n int64) error {
	if m.left.Add(-n) < 0 {
		return &net.DNSError{Err: "more questions for one mail than allowed", IsTemporary: true}
	}
	return nil
}

// LookupTXT is Resolver.LookupTXT within the bound.
func (m *Message) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if err := m.take(1); err != nil {
		return nil, err
	}
	return m.r.LookupTXT(ctx, name)
}

// LookupMX is Resolver.LookupMX within the bound.
func (m *Message) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	if err := m.take(1); err != nil {
		return nil, err
	}
	return m.r.LookupMX(ctx, name)
}

// LookupIPAddr is Resolver.LookupIPAddr within the bound; it counts twice.
func (m *Message) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	if err := m.take(2); err != nil {
		return nil, err
	}
	return m.r.LookupIPAddr(ctx, name)
}

// LookupAddr is Resolver.LookupAddr within the bound.
func (m *Message) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if err := m.take(1); err != nil {
		return nil, err
	}
	return m.r.LookupAddr(ctx, addr)
}
