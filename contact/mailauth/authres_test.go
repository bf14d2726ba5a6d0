package mailauth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAuthResults(t *testing.T) {
	type props = map[string]string
	for value, want := range map[string]AuthResults{
		"mx.example.net; none":    {Host: "mx.example.net"},
		"MX.Example.net 1; none;": {Host: "mx.example.net"},
		"mx.example.net;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=shop.example.org header.i=@shop.example.org header.b=\"abc+/=\";\r\n\tspf=softfail (mx: domain; of x) smtp.mailfrom=a@b.example": {
			Host: "mx.example.net", Results: []Method{
				{"dkim", Pass, props{"header.d": "shop.example.org", "header.i": "@shop.example.org", "header.b": "abc+/="}},
				{"spf", SoftFail, props{"smtp.mailfrom": "a@b.example"}},
			}},
		// Exchange Online names no host.
		"spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=b.example; dkim=none (message not signed)\r\n header.d=none;dmarc=bestguesspass action=none header.from=b.example;compauth=pass reason=109": {
			Results: []Method{
				{"spf", Pass, props{"smtp.mailfrom": "b.example"}},
				{"dkim", None, props{"header.d": "none"}},
				{"dmarc", None, props{"action": "none", "header.from": "b.example"}},
				{"compauth", Pass, props{"reason": "109"}},
			}},
		// RFC 8601, appendix B.7: comments everywhere.
		"foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462": {
			Host: "foo.example.net", Results: []Method{{"dkim", Fail, props{"policy.expired": "1362471462"}}}},
		// Signs in a rewritten sender.
		"mx.example.net; spf=pass smtp.mailfrom=srs0=ab=cd=b.example=user@fwd.example": {
			Host: "mx.example.net", Results: []Method{{"spf", Pass, props{"smtp.mailfrom": "srs0=ab=cd=b.example=user@fwd.example"}}}},
		"mx.example.net; dmarc = pass header.from = shop.example.org": {
			Host: "mx.example.net", Results: []Method{{"dmarc", Pass, props{"header.from": "shop.example.org"}}}},
		"mx.example.net; dkim=hardfail; iprev=error; x=brilliant": {
			Host: "mx.example.net", Results: []Method{{"dkim", Fail, nil}, {"iprev", TempError, nil}, {"x", None, nil}}},
		// A sender's own address must not add a result.
		`mx.example.net; spf=pass smtp.mailfrom="a; dmarc=pass header.from=shop.example.org"@evil.example`: {
			Host: "mx.example.net", Results: []Method{{"spf", Pass, props{"smtp.mailfrom": "a; dmarc=pass header.from=shop.example.org@evil.example"}}}},
		`mx.example.net; spf=pass (helo; dmarc=pass \) ; dmarc=pass (still; in)) smtp.helo=x.example`: {
			Host: "mx.example.net", Results: []Method{{"spf", Pass, props{"smtp.helo": "x.example"}}}},
		"mx.example.net; dmarc=fail header.from=a.example header.from=shop.example.org": {
			Host: "mx.example.net", Results: []Method{{"dmarc", Fail, props{"header.from": "a.example"}}}},
		"": {},
	} {
		got, err := ParseAuthResults(value)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", value, err, diff)
		}
	}
}

func TestParseAuthResultsRefuses(t *testing.T) {
	for _, value := range []string{
		"mx.example.net; spf=pass (no end", `mx.example.net; spf=pass smtp.mailfrom="no end`, "mx.example.net 2; spf=pass",
		"mx.example.net 1 more; spf=pass", "mx.example.net" + strings.Repeat(" ", maxAuthField),
		"mx.example.net" + strings.Repeat("; a=pass", maxMethods+1),
	} {
		if got, err := ParseAuthResults(value); err == nil {
			t.Errorf("%.60q: got %+v: want an error", value, got)
		}
	}
}

func FuzzParseAuthResults(f *testing.F) {
	f.Add("mx.example.net; dkim=pass (a;b) header.d=shop.example.org header.b=\"x\\\"y\"; spf = fail")
	f.Add("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dmarc=bestguesspass")
	f.Add("foo 1 (a(b)c) ; dkim / 1 = (x) fail policy . expired = 1")
	f.Fuzz(func(t *testing.T, value string) {
		r, err := ParseAuthResults(value)
		if err != nil {
			return
		}
		if len(r.Results) > maxMethods {
			t.Errorf("%d results", len(r.Results))
		}
		// Results can only come from what stands between semicolons.
		if len(r.Results) > strings.Count(value, ";")+1 {
			t.Errorf("%d results of %d segments", len(r.Results), strings.Count(value, ";")+1)
		}
		for _, m := range r.Results {
			if m.Name == "" || strings.ContainsAny(m.Name, ";= \t\r\n(") || len(m.Props) > maxProps {
				t.Errorf("method %+v", m)
			}
		}
	})
}
