package mailauth

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
)

// errOffline tells that there is no resolver.
var errOffline = errors.New("mailauth: offline")

// lookups asks the resolver on behalf of one check: each TXT name once, plain
// DNS names only, and no more questions than the bound.
type lookups struct {
	resolver Resolver
	left     *int
	txt      map[string]txtAnswer
	// plain reports which names may be asked.
	plain func(string) bool
}

// visible returns a view for SPF, whose macros make names that are not plain.
// It counts with l. What resolvers of the world outside make of them is theirs:
// those of outside/dns ask for plain names only.
func (l *lookups) visible() *lookups {
	v := *l
	v.plain = isVisibleName
	return &v
}

type txtAnswer struct {
	records []string
	err     error
}

func newLookups(r Resolver) *lookups {
	left := maxLookups
	return &lookups{resolver: r, left: &left, txt: map[string]txtAnswer{}, plain: isDNSName}
}

// ask counts a question and refuses what must not be asked.
func (l *lookups) ask(name string) error {
	if l.resolver == nil {
		return errOffline
	}
	if !l.plain(strings.TrimSuffix(name, ".")) {
		return &net.DNSError{Err: "not a name to ask for", IsNotFound: true}
	}
	if *l.left == 0 {
		return &net.DNSError{Err: "more DNS questions than the bound of 200", IsTemporary: true}
	}
	*l.left--
	return nil
}

// LookupTXT returns the TXT records of a name.
func (l *lookups) LookupTXT(ctx context.Context, name string) ([]string, error) {
	name = strings.ToLower(name)
	if a, ok := l.txt[name]; ok {
		return a.records, a.err
	}
	var a txtAnswer
	if a.err = l.ask(name); a.err == nil {
		a.records, a.err = l.resolver.LookupTXT(ctx, name)
	}
	l.txt[name] = a
	return a.records, a.err
}

// LookupMX returns the MX records of a name.
func (l *lookups) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	if err := l.ask(name); err != nil {
		return nil, err
	}
	return l.resolver.LookupMX(ctx, name)
}

// LookupIPAddr returns the addresses of a name.
func (l *lookups) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	if err := l.ask(host); err != nil {
		return nil, err
	}
	return l.resolver.LookupIPAddr(ctx, host)
}

// LookupAddr returns the names of an address.
func (l *lookups) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if err := l.ask("ptr"); err != nil {
		return nil, err
	}
	return l.resolver.LookupAddr(ctx, addr)
}

// lookupKind sorts an error of a lookup: TempError for what may work later,
// None for what is not there, PermError for the rest.
func lookupKind(err error) Value {
	var dns *net.DNSError
	switch {
	case err == nil:
		return Pass
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return TempError
	case !errors.As(err, &dns):
		return TempError
	case dns.IsNotFound:
		return None
	case dns.IsTemporary || dns.IsTimeout:
		return TempError
	}
	return PermError
}

// matchHost reports whether a host is named by one of the patterns: the same
// name, or any below it when the pattern begins with a dot.
func matchHost(host string, patterns []string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host != "" && slices.ContainsFunc(patterns, func(p string) bool {
		p = strings.TrimSuffix(strings.ToLower(p), ".")
		if strings.HasPrefix(p, ".") {
			return len(p) > 1 && strings.HasSuffix(host, p)
		}
		return p == host
	})
}
