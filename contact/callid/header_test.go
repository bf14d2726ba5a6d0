package callid

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	one := header{token: "aa.bb.cc", info: "https://a.example/x,y;z", alg: "ES256", ppt: "shaken", hasPPT: true}
	const params = ";info=<https://a.example/x,y;z>;alg=ES256;ppt=shaken"
	bare := header{token: "dd.ee.ff"}
	for _, tt := range []struct {
		name  string
		given []string
		want  []header
	}{
		{"value", []string{"aa.bb.cc" + params}, []header{one}},
		{"with its name", []string{"Identity: aa.bb.cc" + params}, []header{one}},
		{"compact name", []string{"y:aa.bb.cc" + params}, []header{one}},
		{"quoted, with spaces, parameters not known", []string{`identity : aa.bb.cc ; info = <https://a.example/x,y;z> ; ALG="ES256";ppt="shaken";more=1;flag`}, []header{one}},
		{"folded", []string{"Identity: aa.bb.\r\n cc;info=<https://a.exa\r\n mple/x,y;z>;alg=ES256;ppt=shaken\r\n"}, []header{one}},
		{"broken by a copy within the address", []string{"Identity: aa.bb.cc;info=<\nhttps://a.example/x,y;z>;alg=ES256;ppt=shaken"}, []header{one}},
		{"two with a comma", []string{"aa.bb.cc" + params + ", dd.ee.ff"}, []header{one, bare}},
		{"two lines", []string{"Identity: aa.bb.cc" + params + "\nIdentity: dd.ee.ff\n"}, []header{one, bare}},
		{"two texts", []string{"aa.bb.cc" + params, "dd.ee.ff"}, []header{one, bare}},
		{"a whole message", []string{"INVITE sip:b@example.org SIP/2.0\r\nVia: SIP/2.0/TLS a\r\nIdentity: aa.bb.cc" + params + "\r\nFrom: <sip:a@example.org>\r\n ;tag=1\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"}, []header{one}},
		{"compact form", []string{"..cc;info=<u>"}, []header{{token: "..cc", info: "u"}}},
		{"parameter twice", []string{"aa.bb.cc;alg=a;alg=b"}, []header{{token: "aa.bb.cc", alg: "b", broken: true}}},
		{"no token", []string{";info=<u>"}, []header{{info: "u", broken: true}}},
		{"four parts", []string{"a.b.c.d"}, []header{{token: "a.b.c.d", broken: true}}},
		{"other letters", []string{"a+.b/.c="}, []header{{token: "a+.b/.c=", broken: true}}},
		{"too long", []string{strings.Repeat("a", maxHeader) + ".b.c"}, []header{{broken: true}}},
		{"nothing", []string{"", " \n", ",,"}, nil},
	} {
		got, left := split(tt.given)
		if d := cmp.Diff(tt.want, got, cmp.AllowUnexported(header{})); d != "" || left != 0 {
			t.Errorf("%s: %d left, differs (-want +got):\n%s", tt.name, left, d)
		}
	}
	got, left := split([]string{strings.Repeat("a.b.c,", 14)})
	if len(got) != maxHeaders || left != 4 {
		t.Errorf("%d headers, %d left: want %d and 4", len(got), left, maxHeaders)
	}
}

// FuzzIdentity: no header makes the check fail, take long, or come out verified
// without the key.
func FuzzIdentity(f *testing.F) {
	w := newWorld(f)
	good := w.identity(f, nil)
	for _, s := range []string{
		good, changed(good), "", "..", "a.b.c", "Identity:", `a.b.c;info=<`, `a.b.c;x="`, "y:a.b.c,,;", "\n\n:", "..AAAA;info=<https://cert.example.org/passport.cer>",
		signToken(f, newKey(f), shakenHeader, `{"iat":1,"orig":{"tn":"1"},"dest":{}}`),
		signToken(f, newKey(f), shakenHeader, `{"iat":99999999999999999999,"orig":{},"dest":{"tn":[1]}}`),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := w.in
		in.Headers = []string{s}
		r := Check(in)
		if len(r.Tokens) > maxHeaders {
			t.Fatalf("%d tokens", len(r.Tokens))
		}
		for _, tok := range r.Tokens {
			if (tok.State == Verified) != (tok.Reason == "") {
				t.Fatalf("%s with reason %q", tok.State, tok.Reason)
			}
			if tok.State == Verified && !strings.Contains(strip(s), strings.Split(strings.TrimPrefix(good, "Identity: "), ";")[0]) {
				t.Fatalf("verified: %q", s)
			}
		}
		Findings(r, nil)
	})
}

// FuzzAuthority: the list of numbers of a certificate is foreign bytes too.
func FuzzAuthority(f *testing.F) {
	for _, e := range [][]byte{numbers(f, false, spc("709J")).Value, numbers(f, false, one("12155551212"), row("1215555", 5)).Value, {0x30, 0x80}, nil} {
		f.Add(e)
	}
	f.Fuzz(func(_ *testing.T, der []byte) {
		if a, err := readAuthority(der); err == nil {
			a.covers(caller)
		}
	})
}
