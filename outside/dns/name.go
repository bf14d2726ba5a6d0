package dns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// private are top-level names that no question leaves the house for
// (RFC 6761, 6762, 7686, and .internal by ICANN).
var private = []string{"localhost", "local", "onion", "internal", "lan", "home", "corp"}

// CheckName refuses what is not a plain DNS name of two labels or more: letters,
// digits, hyphen and underscore, 63 to a label and 253 in all; no address, and
// no name of a private network. The error is a *net.DNSError with IsNotFound.
func CheckName(name string) error {
	name = strings.TrimSuffix(name, ".")
	labels := strings.Split(name, ".")
	bad := len(name) > 253 || len(labels) < 2 || slices.Contains(private, strings.ToLower(labels[len(labels)-1]))
	for _, l := range labels {
		bad = bad || !plainLabel(l)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		bad = true
	}
	if bad {
		return &net.DNSError{Err: "not a plain DNS name", IsNotFound: true}
	}
	return nil
}

func plainLabel(l string) bool {
	if l == "" || len(l) > 63 {
		return false
	}
	for i := 0; i < len(l); i++ {
		b := l[i] | 0x20
		if (b < 'a' || b > 'z') && (l[i] < '0' || l[i] > '9') && l[i] != '-' && l[i] != '_' {
			return false
		}
	}
	return true
}

// reverseName returns the name below in-addr.arpa or ip6.arpa of an address.
func reverseName(addr string) (string, error) {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return "", &net.DNSError{Err: "not an IP address", IsNotFound: true}
	}
	var b strings.Builder
	if ip = ip.Unmap(); ip.Is4() {
		v := ip.As4()
		fmt.Fprintf(&b, "%d.%d.%d.%d.in-addr.arpa", v[3], v[2], v[1], v[0])
		return b.String(), nil
	}
	v := ip.As16()
	for i := len(v) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "%x.%x.", v[i]&15, v[i]>>4)
	}
	return b.String() + "ip6.arpa", nil
}

func isNotFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// maxResolvConf bounds /etc/resolv.conf in bytes.
const maxResolvConf = 64 << 10

// systemServers reads the nameserver lines of resolv.conf.
func systemServers(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dns: read servers of the system: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxResolvConf))
	if err != nil {
		return nil, fmt.Errorf("dns: read servers of the system: %w", err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		if w := strings.Fields(line); len(w) > 1 && w[0] == "nameserver" {
			out = append(out, w[1])
		}
	}
	return out, nil
}
