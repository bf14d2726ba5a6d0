package server

import (
	"net/http/httptest"
	"testing"
	"time"
)

// TestForwardedAddress: nobody chooses the address that they are counted by,
// however the proxies write the list; whatever is no address counts as the
// connection's own.
func TestForwardedAddress(t *testing.T) {
	for name, c := range map[string]struct {
		remote  string
		proxies int
		lines   []string
		want    string
	}{
		"no proxy is believed":           {"198.51.100.7:1", 0, []string{"203.0.113.99"}, "198.51.100.7"},
		"one proxy":                      {"10.0.0.1:443", 1, []string{"198.51.100.7"}, "198.51.100.7"},
		"added to the client's own line": {"10.0.0.1:443", 1, []string{"203.0.113.99, 198.51.100.7"}, "198.51.100.7"},
		"added as a line of its own":     {"10.0.0.1:443", 1, []string{"203.0.113.99", "198.51.100.7"}, "198.51.100.7"},
		"two proxies":                    {"10.0.0.1:443", 2, []string{"203.0.113.99", "198.51.100.7", "10.0.0.9"}, "198.51.100.7"},
		"shorter than told":              {"10.0.0.1:443", 2, []string{"203.0.113.99"}, "10.0.0.1"},
		"none":                           {"10.0.0.1:443", 1, nil, "10.0.0.1"},
		"with a port":                    {"10.0.0.1:443", 1, []string{"198.51.100.7:51111"}, "198.51.100.7"},
		"no address":                     {"10.0.0.1:443", 1, []string{"unknown"}, "10.0.0.1"},
		"IPv6":                           {"10.0.0.1:443", 1, []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"},
		"IPv6 with a port":               {"10.0.0.1:443", 1, []string{"[2001:db8:1:2:3:4:5:6]:99"}, "2001:db8:1:2::"},
		"IPv6 with a zone":               {"[fe80::1%eth0]:443", 0, nil, "fe80::"},
		"IPv4 within IPv6":               {"[::ffff:198.51.100.7]:1", 0, nil, "198.51.100.7"},
	} {
		r := httptest.NewRequest("POST", "/login", nil)
		r.RemoteAddr = c.remote
		for _, line := range c.lines {
			r.Header.Add("X-Forwarded-For", line)
		}
		if got := newLimiter(60, 4, c.proxies).address(r); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestFullLimiter: many addresses at once are not looked through at each request.
func TestFullLimiter(t *testing.T) {
	l := newLimiter(60, 4, 0)
	l.maxClients = 2
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	if !l.allow("a", now) || !l.allow("b", now) || l.allow("c", now) {
		t.Error("two fit, a third does not")
	}
	swept := l.lastSwept
	l.allow("c", now.Add(time.Second/2))
	if !l.lastSwept.Equal(swept) {
		t.Error("looked through twice within a second")
	}
	if !l.allow("c", now.Add(3*time.Minute)) {
		t.Error("who is gone for two minutes makes room")
	}
}
