package mailauth

import (
	"context"
	"net"
	"strings"
)

// zone is a resolver for tests: names in lower case without a last dot.
type zone struct {
	txt   map[string][]string
	mx    map[string][]*net.MX
	ip    map[string][]string
	ptr   map[string][]string // by address
	cname map[string]string
	fail  map[string]error // for all types that a name does not answer
	asked int
}

func newZone() *zone {
	return &zone{
		txt: map[string][]string{}, mx: map[string][]*net.MX{}, ip: map[string][]string{},
		ptr: map[string][]string{}, cname: map[string]string{}, fail: map[string]error{},
	}
}

var (
	errNotFound = &net.DNSError{Err: "no such host", IsNotFound: true}
	errTimeout  = &net.DNSError{Err: "timeout", IsTimeout: true}
)

// name follows aliases; the second result is an error for a loop.
func (z *zone) name(s string) (string, error) {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	for range 8 {
		to, ok := z.cname[s]
		if !ok {
			return s, nil
		}
		s = strings.ToLower(strings.TrimSuffix(to, "."))
	}
	return "", &net.DNSError{Err: "alias loop", IsTemporary: true}
}

func (z *zone) none(name string) error {
	if err, ok := z.fail[name]; ok {
		return err
	}
	return errNotFound
}

func (z *zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	z.asked++
	name, err := z.name(name)
	if err != nil {
		return nil, err
	}
	if r := z.txt[name]; len(r) > 0 {
		return r, nil
	}
	return nil, z.none(name)
}

func (z *zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	z.asked++
	name, err := z.name(name)
	if err != nil {
		return nil, err
	}
	if r := z.mx[name]; len(r) > 0 {
		return r, nil
	}
	return nil, z.none(name)
}

func (z *zone) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	z.asked++
	name, err := z.name(name)
	if err != nil {
		return nil, err
	}
	var out []net.IPAddr
	for _, s := range z.ip[name] {
		out = append(out, net.IPAddr{IP: net.ParseIP(s)})
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, z.none(name)
}

func (z *zone) LookupAddr(_ context.Context, addr string) ([]string, error) {
	z.asked++
	key := net.ParseIP(addr).String()
	if r := z.ptr[key]; len(r) > 0 {
		return r, nil
	}
	return nil, z.none(key)
}
