package mailauth

import (
	"net/netip"
	"strings"
	"testing"
)

// RFC 7208, 7.4: the examples of macros.
func TestSPFMacros(t *testing.T) {
	z := newZone()
	e := &spfEval{dns: newLookups(z), ip: netip.MustParseAddr("192.0.2.3"), local: "strong-bad", domain: "email.example.com", helo: "mx.example.org"}
	six := *e
	six.ip = netip.MustParseAddr("2001:db8::cb01")
	for spec, want := range map[string]string{
		"%{s}": "strong-bad@email.example.com", "%{o}": "email.example.com", "%{d}": "email.example.com",
		"%{d4}": "email.example.com", "%{d3}": "email.example.com", "%{d2}": "example.com", "%{d1}": "com",
		"%{dr}": "com.example.email", "%{d2r}": "example.email", "%{l}": "strong-bad", "%{l-}": "strong.bad",
		"%{lr}": "strong-bad", "%{lr-}": "bad.strong", "%{l1r-}": "strong",
		"%{ir}.%{v}._spf.%{d2}": "3.2.0.192.in-addr._spf.example.com", "%{lr-}.lp._spf.%{d2}": "bad.strong.lp._spf.example.com",
		"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}":  "3.2.0.192.in-addr.strong.lp._spf.example.com",
		"%{d2}.trusted-domains.example.net": "example.com.trusted-domains.example.net",
		"%%%_%-.x":                          "% %20.x", "%{S}.x": "strong-bad%40email.example.com.x", "%{h}": "mx.example.org", "%{p}.x": "unknown.x",
		strings.Repeat("label.", 60) + "example.com": strings.Repeat("label.", 40) + "example.com",
	} {
		if got := e.expand(t.Context(), spec, "email.example.com"); got != want {
			t.Errorf("%s: got %q, want %q", spec, got, want)
		}
	}
	const v6 = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
	if got := six.expand(t.Context(), "%{ir}.%{v}._spf.%{d2}", "email.example.com"); got != v6 {
		t.Errorf("IPv6: got %q, want %q", got, v6)
	}
}

// Whatever a record says, its evaluation ends within the bounds.
func FuzzSPF(f *testing.F) {
	for _, s := range []string{"v=spf1 a mx ptr exists:%{ir}.%{v}.%{d2} include:%{o} -all", "v=spf1 redirect=%{d}", "v=spf1 ip4:192.0.2.0/0 ip6:::/0 a:x.example/24//64", "v=spf1 a:%{p}.%{S}.%_%- ?all exp=%{c}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, record string) {
		z := newZone()
		z.txt["a.example"], z.txt["b.example"] = []string{record}, []string{record}
		z.ip["a.example"], z.ptr["192.0.2.1"] = []string{"192.0.2.1", "2001:db8::1"}, []string{"a.example"}
		for _, ip := range []string{"192.0.2.1", "2001:db8::1"} {
			z.asked = 0
			switch v := checkSPF(z, ip, "b.example", "x@a.example"); v {
			case Pass, Fail, SoftFail, Neutral, None, PermError, TempError:
			default:
				t.Errorf("value %v", v)
			}
			if z.asked > maxLookups {
				t.Errorf("%d questions", z.asked)
			}
		}
	})
}
