package access

import "net/netip"

// Network is the part of an address that is kept and counted by: a /24, or /48 of
// IPv6, as text. It is enough to see that somebody comes from elsewhere. Empty for an
// address that is none.
func Network(a netip.Addr) string {
	bits := 24
	if a = a.Unmap().WithZone(""); a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil || !p.IsValid() {
		return ""
	}
	return p.String()
}
