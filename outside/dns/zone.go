package dns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds on a file of records.
const (
	maxFile    = 8 << 20 // bytes
	maxNames   = 100_000
	maxPerName = 256 // records of one type
)

// Records are the records of one name.
type Records struct {
	// TXT holds each record as one string.
	TXT []string
	MX  []net.MX
	// IP holds A and AAAA records.
	IP []netip.Addr
	// PTR holds names, for a name below in-addr.arpa or ip6.arpa.
	PTR []string
	// CNAME is another name to look at instead.
	CNAME string
}

// Zone answers from records that are given beforehand. It never asks a network
// and is safe for concurrent use. Errors are *net.DNSError.
type Zone struct{ names map[string]Records }

// Static returns a Zone of records by name, in any case and with or without a
// trailing dot. It refuses a name that is not a plain DNS name.
func Static(names map[string]Records) (*Zone, error) {
	z := &Zone{names: make(map[string]Records, len(names))}
	for name, r := range names {
		if err := z.add(name, r); err != nil {
			return nil, err
		}
	}
	return z, nil
}

// add puts records to those that a name has already.
func (z *Zone) add(name string, r Records) error {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if CheckName(name) != nil {
		return fmt.Errorf("dns: %q is not a plain DNS name", name)
	}
	have, known := z.names[name]
	if !known && len(z.names) >= maxNames {
		return fmt.Errorf("dns: more than %d names", maxNames)
	}
	have.TXT = append(have.TXT, r.TXT...)
	have.MX = append(have.MX, r.MX...)
	have.IP = append(have.IP, r.IP...)
	have.PTR = append(have.PTR, r.PTR...)
	if r.CNAME != "" {
		have.CNAME = r.CNAME
	}
	if max(len(have.TXT), len(have.MX), len(have.IP), len(have.PTR)) > maxPerName {
		return fmt.Errorf("dns: %q has more than %d records of one type", name, maxPerName)
	}
	z.names[name] = have
	return nil
}

// File reads a Zone from a file of up to 8 MiB: YAML or JSON when its name ends
// in .yaml, .yml or .json, else lines of a zone file. ParseYAML and ParseZone
// tell what may stand in it.
func File(path string) (*Zone, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dns: read records: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("dns: read records: %w", err)
	}
	parse := ParseZone
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".json":
		parse = ParseYAML
	}
	z, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return z, nil
}

var errTooLong = errors.New("dns: records longer than the bound of 8 MiB")

// find returns the records of a name, following aliases.
func (z *Zone) find(name string) Records {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for range maxAliases {
		r := z.names[name]
		if r.CNAME == "" {
			return r
		}
		name = strings.ToLower(strings.TrimSuffix(r.CNAME, "."))
	}
	return Records{}
}

// missingOr returns the error for an empty answer.
func missingOr(n int) error {
	if n == 0 {
		return &net.DNSError{Err: "no such record", IsNotFound: true}
	}
	return nil
}

// LookupTXT returns the TXT records of a name.
func (z *Zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	r := z.find(name)
	return slices.Clone(r.TXT), missingOr(len(r.TXT))
}

// LookupMX returns the MX records of a name in the order of preference.
func (z *Zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	r := z.find(name)
	out := make([]*net.MX, len(r.MX))
	for i, mx := range r.MX {
		out[i] = &net.MX{Host: mx.Host, Pref: mx.Pref}
	}
	slices.SortStableFunc(out, func(x, y *net.MX) int { return int(x.Pref) - int(y.Pref) })
	return out, missingOr(len(out))
}

// LookupIPAddr returns the A and AAAA records of a name.
func (z *Zone) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	r := z.find(name)
	out := make([]net.IPAddr, len(r.IP))
	for i, ip := range r.IP {
		out[i] = net.IPAddr{IP: net.IP(ip.AsSlice())}
	}
	return out, missingOr(len(out))
}

// LookupAddr returns the names of an address.
func (z *Zone) LookupAddr(_ context.Context, addr string) ([]string, error) {
	name, err := reverseName(addr)
	if err != nil {
		return nil, err
	}
	r := z.find(name)
	return slices.Clone(r.PTR), missingOr(len(r.PTR))
}
