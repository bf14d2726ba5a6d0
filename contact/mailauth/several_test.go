package mailauth

import (
	"context"
	"crypto"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"bonafide/ident"
)

// Of several signatures each that passes and is aligned counts, in any order
// and whatever becomes of the others. What is unaligned never counts.
func TestSignaturesThatCount(t *testing.T) {
	z := shopZone(t)
	z.txt["ed._domainkey.esp.example"] = []string{keyRecord(t, edKey(), "")}
	z.txt["rsa._domainkey.shop.example.org"] = []string{keyRecord(t, rsaKey(), "")}
	shop := dkim.SignOptions{Selector: "ed", Signer: edKey()}
	shopRSA := dkim.SignOptions{Selector: "s1"}
	service := dkim.SignOptions{Domain: "esp.example", Selector: "ed", Signer: edKey()}
	gone := dkim.SignOptions{Selector: "gone"}
	wrong := dkim.SignOptions{Selector: "s1", Signer: weakKey()} // not the key that is published
	for name, test := range map[string]struct {
		by      []dkim.SignOptions // the last stands on top
		want    Value
		aligned string
	}{
		"Ed25519 alone (RFC 8463)":         {[]dkim.SignOptions{shop}, Pass, "ed"},
		"both algorithms":                  {[]dkim.SignOptions{shopRSA, shop}, Pass, "ed s1"},
		"the shop and its service":         {[]dkim.SignOptions{shop, service}, Pass, "ed"},
		"the service and then the shop":    {[]dkim.SignOptions{service, shopRSA}, Pass, "s1"},
		"the service alone":                {[]dkim.SignOptions{service}, NotChecked, ""},
		"one without a key, one good":      {[]dkim.SignOptions{gone, shop}, Pass, "ed"},
		"one by another key, one good":     {[]dkim.SignOptions{wrong, shop}, Pass, "ed"},
		"one by another key, the service":  {[]dkim.SignOptions{wrong, service}, NotChecked, ""},
		"the same twice":                   {[]dkim.SignOptions{shop, shop}, Pass, "ed ed"},
		"one beyond repair, the good last": {[]dkim.SignOptions{shop, wrong, gone}, Pass, "ed"},
	} {
		raw := shopMail
		for _, o := range test.by {
			raw = sign(t, raw, o)
		}
		r := check(raw, z)
		var aligned []string
		for _, s := range r.DKIM {
			if s.Aligned {
				aligned = append(aligned, s.Selector)
			}
		}
		if r.DMARC.Value != test.want || strings.Join(aligned, " ") != test.aligned {
			t.Errorf("%s: DMARC %v (%s), aligned %v: want %v, %s", name, r.DMARC.Value, r.DMARC.Reason, aligned, test.want, test.aligned)
		}
		if r.Summary().Partial {
			t.Errorf("%s: partial: want a whole proof", name)
		}
	}
}

// A pass that leaves open what a reader is shown, or that is only a test, is
// no proof, unless another covers the mail.
func TestPartial(t *testing.T) {
	z := shopZone(t)
	z.txt["t._domainkey.shop.example.org"] = []string{keyRecord(t, edKey(), "t=y; ")}
	whole := sign(t, shopMail, dkim.SignOptions{Selector: "ed", Signer: edKey()})
	noSubject := dkim.SignOptions{Selector: "ed", Signer: edKey(), HeaderKeys: []string{"From", "To", "Date"}}
	noOversign := dkim.SignOptions{Selector: "ed", Signer: edKey(), HeaderKeys: []string{"From", "From", "To", "Subject"}}
	test := dkim.SignOptions{Selector: "t", Signer: edKey()}
	m, _ := split([]byte(shopMail))
	length := handSign(t, shopMail, fmt.Sprintf("a=rsa-sha256; l=%d;", m.bodyHash(relaxed, -1).size), crypto.SHA256)
	for name, tt := range map[string]struct {
		raw     string
		partial bool
		code    string
	}{
		"whole":                        {whole, false, ""},
		"subject is not signed":        {sign(t, shopMail, noSubject), true, "auth_dkim_partial"},
		"a second subject on top":      {"Subject: Call us\r\n" + sign(t, shopMail, noOversign), true, "auth_dkim_partial"},
		"a second subject, oversigned": {"Subject: Call us\r\n" + length, true, "auth_dkim_partial"},
		"a test":                       {sign(t, shopMail, test), true, "auth_dkim_testing"},
		"a test beside a whole one":    {sign(t, whole, test), false, "auth_dkim_testing"},
		"length over the whole body":   {length, false, ""},
	} {
		r := check(tt.raw, z)
		s := r.Summary()
		if s.DMARC != "pass" || !s.Aligned || s.Partial != tt.partial {
			t.Errorf("%s: DMARC %s, aligned %v, partial %v: want pass, aligned, %v", name, s.DMARC, s.Aligned, s.Partial, tt.partial)
		}
		var codes []string
		for _, f := range Findings(r, shopIsOfficial) {
			codes = append(codes, string(f.Code))
		}
		if all := strings.Join(codes, " "); tt.code != "" && !strings.Contains(all, tt.code) || tt.code == "" && all != "auth_dmarc_pass" {
			t.Errorf("%s: findings %s: want %s", name, all, tt.code)
		}
	}
}

// What a trusted host saw is not believed of a text that is another by now, nor
// of a mail that was unwrapped from one.
func TestTrustedPassOfAnotherText(t *testing.T) {
	signed := sign(t, shopMail, dkim.SignOptions{})
	changed := strings.Replace(signed, "left our house", "waits: call us", 1)
	head := goodAR + border
	dmarcOnly := "Authentication-Results: mx.example.net; dmarc=pass header.from=shop.example.org\r\n" + border
	bySPF := "Authentication-Results: mx.example.net; dkim=fail header.d=shop.example.org; spf=pass smtp.mailfrom=b@shop.example.org; dmarc=pass header.from=shop.example.org\r\n" + border
	for name, tt := range map[string]struct {
		raw       string
		forwarded bool
		offline   Value
		online    Value
		whole     bool // passes and covers what is read
		changed   bool
	}{
		"as it came":                    {head + signed, false, Pass, Pass, true, false},
		"another text":                  {head + changed, false, NotChecked, NotChecked, false, true},
		"another text, DMARC told only": {dmarcOnly + changed, false, NotChecked, NotChecked, false, false},
		"broken before, passed by SPF":  {bySPF + changed, false, Pass, Pass, true, false},
		"unwrapped from another":        {head + shopMail, true, NotChecked, NotChecked, false, false},
		"unwrapped, signed":             {head + signed, true, NotChecked, Pass, false, false},
	} {
		in := Input{Mail: facts(tt.raw, "orders@shop.example.org"), TrustedHosts: []string{"mx.example.net"}, Now: now}
		in.Mail.Forwarded = tt.forwarded
		off := Check(context.Background(), in)
		in.Resolver = shopZone(t)
		on := Check(context.Background(), in)
		if off.DMARC.Value != tt.offline || on.DMARC.Value != tt.online {
			t.Errorf("%s: DMARC offline %v, online %v (%s): want %v, %v", name, off.DMARC.Value, on.DMARC.Value, on.DMARC.Reason, tt.offline, tt.online)
		}
		if s := off.Summary(); (s.Aligned && !s.Partial) != tt.whole || off.Changed != tt.changed {
			t.Errorf("%s: offline aligned %v, partial %v, changed %v: want whole %v, changed %v", name, s.Aligned, s.Partial, off.Changed, tt.whole, tt.changed)
		}
	}
}

// Several hosts may be trusted; each is believed for what it wrote above the
// line with which the mail came in, and the topmost word on a method counts.
func TestSeveralTrustedHosts(t *testing.T) {
	const (
		edge  = "Authentication-Results: mx.example.net; dkim=pass header.d=shop.example.org; spf=pass smtp.mailfrom=b@shop.example.org; dmarc=pass header.from=shop.example.org\r\n"
		inner = "Authentication-Results: store.example.net; dmarc=fail header.from=shop.example.org\r\n"
		other = "Authentication-Results: evil.example; dmarc=pass header.from=shop.example.org\r\n"
	)
	for name, tt := range map[string]struct {
		raw   string
		hosts []string
		want  Value
		host  string
	}{
		"both, the inner one speaks last":     {inner + inside + edge + border + plainEnd, []string{"mx.example.net", "store.example.net"}, Fail, "store.example.net"},
		"the inner one is not trusted":        {inner + inside + edge + border + plainEnd, []string{"mx.example.net"}, NotChecked, ""},
		"the outer one is not trusted":        {inside + edge + border + plainEnd, []string{"store.example.net"}, NotChecked, ""},
		"a stranger above does not hide it":   {other + edge + border + plainEnd, []string{"mx.example.net", "store.example.net"}, Pass, "mx.example.net"},
		"a stranger alone":                    {other + border + plainEnd, []string{"mx.example.net", "store.example.net"}, NotChecked, ""},
		"the name of a host in another's":     {strings.Replace(edge, "mx.example.net", "mx.example.net.evil.example", 1) + border + plainEnd, []string{"mx.example.net"}, NotChecked, ""},
		"trusted and forged below the border": {border + "To: a@example.net\r\n" + edge + plainEnd, []string{"mx.example.net"}, NotChecked, ""},
	} {
		r := Check(context.Background(), Input{Mail: facts(tt.raw, "orders@shop.example.org"), TrustedHosts: tt.hosts, Now: now})
		if r.DMARC.Value != tt.want || r.TrustedHost != tt.host {
			t.Errorf("%s: DMARC %v by %q: want %v by %q", name, r.DMARC.Value, r.TrustedHost, tt.want, tt.host)
		}
	}
}

// A logo is noted, its record only of a mail that passes, and it never counts.
func TestBIMIRecord(t *testing.T) {
	z := shopZone(t)
	z.txt["default._bimi.shop.example.org"] = []string{"v=BIMI1; l=https://shop.example.org/logo.svg; a=https://shop.example.org/vmc.pem"}
	z.txt["brand._bimi.example.org"] = []string{"v=BIMI1; l=http://shop.example.org/logo.svg"}
	signed := sign(t, shopMail, dkim.SignOptions{})
	full := BIMI{Domain: "shop.example.org", Logo: "https://shop.example.org/logo.svg", Certificate: "https://shop.example.org/vmc.pem"}
	for name, tt := range map[string]struct {
		raw  string
		want BIMI
	}{
		"record":                          {signed, full},
		"selector, record of the parent":  {"BIMI-Selector: v=BIMI1; s=brand;\r\n" + signed, BIMI{Selector: "brand", Domain: "example.org"}},
		"selector without a record":       {"BIMI-Selector: v=BIMI1; s=none\r\n" + signed, BIMI{Selector: "none"}},
		"not signed":                      {shopMail, BIMI{}},
		"not signed, with its own fields": {"BIMI-Location: v=BIMI1; l=https://shop.example.org/logo.svg\r\n" + shopMail, BIMI{Selector: "default"}},
	} {
		r := check(tt.raw, z)
		if r.BIMI != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, r.BIMI, tt.want)
		}
		noted := false
		for _, f := range Findings(r, func(ident.Domain) (string, bool) { return "", false }) {
			noted = noted || f.Code == codeBIMI
		}
		if noted != (tt.want != BIMI{}) {
			t.Errorf("%s: noted %v", name, noted)
		}
	}
}
