package webhook

import (
	"errors"
	"net/netip"
	"syscall"

	"bonafide/fault"
)

// errNotPublic ends a connection before it is made.
var errNotPublic = errors.New("webhook: not an address of the public internet")

func errPrivate() error {
	return fault.New(fault.Conflict, "url", "of a webhook leads into a private network or to this machine, where nothing is posted: give an address of the public internet, or have the operator allow such addresses (accounts.webhooks_private)")
}

// onlyPublic refuses a connection to an address that is not public. The dialer asks
// it with the address that it is about to connect to, once names are looked up.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !public(ap.Addr()) {
		return errNotPublic
	}
	return nil
}

// special are networks that are not of the public internet, or lead to such, beside
// those that netip knows (IANA special-purpose registries, RFC 6890 and later).
var special = func() (out []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// public reports whether an address is one of the public internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
