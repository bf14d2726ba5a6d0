// Package local tells whether a host is this machine itself, where plain http
// lets nobody listen. It is not a rule of who may connect.
//
//	if u.Scheme == "http" && !local.Host(u.Hostname()) { … }
package local

import (
	"net/netip"
	"strings"
)

// Host tells whether a host name or address, without port, is this machine:
// "localhost" (RFC 6761 6.3) or a loopback address. No name is looked up, so
// that "127.evil.example" is somebody else's.
func Host(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
