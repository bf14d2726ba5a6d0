package mailauth

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"bonafide/contact"
	"bonafide/ident"
)

// published is a zone in which these TXT records stand, and the shop's keys for
// every domain that signs.
func published(t *testing.T, txt map[string]string) *zone {
	z := newZone()
	for _, d := range []string{"shop.example.org", "example.org", "mail.shop.example.org", "other.example", "a.github.io", "b.github.io", "shop.co.uk", "other.co.uk"} {
		z.txt["ed._domainkey."+d] = []string{keyRecord(t, edKey(), "")}
	}
	for name, r := range txt {
		z.txt[name] = []string{r}
	}
	z.ip["shop.example.org"] = []string{"192.0.2.7"}
	return z
}

func TestDMARCAlignment(t *testing.T) {
	const reject = "v=DMARC1; p=reject"
	for name, test := range map[string]struct {
		from, signer string
		txt          map[string]string
		want         Value
		policy       string
		aligned      bool
	}{
		"same domain":                {"shop.example.org", "shop.example.org", map[string]string{"_dmarc.shop.example.org": reject}, Pass, "reject", true},
		"same organisation":          {"shop.example.org", "mail.shop.example.org", map[string]string{"_dmarc.example.org": reject}, Pass, "reject", true},
		"parent signs":               {"shop.example.org", "example.org", map[string]string{"_dmarc.example.org": reject}, Pass, "reject", true},
		"strict":                     {"shop.example.org", "example.org", map[string]string{"_dmarc.example.org": reject + "; adkim=s"}, Fail, "reject", false},
		"strict, same":               {"shop.example.org", "shop.example.org", map[string]string{"_dmarc.example.org": reject + "; adkim=s"}, Pass, "reject", true},
		"other domain":               {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject}, Fail, "reject", false},
		"public suffix":              {"shop.co.uk", "other.co.uk", map[string]string{"_dmarc.shop.co.uk": reject, "_dmarc.co.uk": reject}, Fail, "reject", false},
		"customers of one host":      {"a.github.io", "b.github.io", map[string]string{"_dmarc.a.github.io": reject, "_dmarc.github.io": reject}, Fail, "reject", false},
		"no record":                  {"shop.example.org", "shop.example.org", nil, None, "", true},
		"record above the top":       {"shop.co.uk", "shop.co.uk", map[string]string{"_dmarc.co.uk": reject}, None, "", true},
		"subdomain policy":           {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject + "; sp=none"}, Fail, "none", false},
		"own record before parent's": {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject, "_dmarc.shop.example.org": "v=DMARC1; p=quarantine"}, Fail, "quarantine", false},
		"testing":                    {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject + "; t=y"}, Fail, "quarantine", false},
		"organisation of its own":    {"shop.example.org", "example.org", map[string]string{"_dmarc.shop.example.org": reject + "; psd=n", "_dmarc.example.org": reject}, Fail, "reject", false},
		"own organisation, below":    {"shop.example.org", "mail.shop.example.org", map[string]string{"_dmarc.shop.example.org": reject + "; psd=n"}, Pass, "reject", true},
		"parent is a public suffix":  {"shop.example.org", "example.org", map[string]string{"_dmarc.shop.example.org": reject, "_dmarc.example.org": reject + "; psd=y"}, Fail, "reject", false},
		"capitals and blanks":        {"shop.example.org", "shop.example.org", map[string]string{"_dmarc.shop.example.org": "v=DMARC1;P=none; p = REJECT ;;junk; x"}, Pass, "reject", true},
		"a hundred percent":          {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject + "; pct=100"}, Fail, "reject", false},
		"half of it":                 {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject + "; pct=50"}, Fail, "reject", false},
		"nothing of it is testing":   {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": reject + "; pct=0"}, Fail, "quarantine", false},
		"name that does not exist":   {"ghost.example.org", "other.example", map[string]string{"_dmarc.example.org": "v=DMARC1; p=none; sp=quarantine; np=reject"}, Fail, "reject", false},
		"name that exists, np=":      {"shop.example.org", "other.example", map[string]string{"_dmarc.example.org": "v=DMARC1; p=none; sp=quarantine; np=reject"}, Fail, "quarantine", false},
		"np= is not for the top":     {"example.org", "other.example", map[string]string{"_dmarc.example.org": "v=DMARC1; p=none; np=reject"}, Fail, "none", false},
		"suffix asks for all":        {"shop.co.uk", "other.co.uk", map[string]string{"_dmarc.co.uk": "v=DMARC1; p=none; sp=reject; psd=y"}, Fail, "reject", false},
		"suffix aligns nobody":       {"shop.co.uk", "shop.co.uk", map[string]string{"_dmarc.co.uk": "v=DMARC1; p=reject; psd=y"}, Pass, "reject", true},
		"no policy but reports":      {"shop.example.org", "other.example", map[string]string{"_dmarc.shop.example.org": "v=DMARC1; rua=mailto:a@example.org"}, Fail, "none", false},
		"no policy, no reports":      {"shop.example.org", "other.example", map[string]string{"_dmarc.shop.example.org": "v=DMARC1; adkim=s"}, None, "", false},
		"version not first":          {"shop.example.org", "shop.example.org", map[string]string{"_dmarc.shop.example.org": "p=reject; v=DMARC1"}, None, "", true},
		"another version":            {"shop.example.org", "shop.example.org", map[string]string{"_dmarc.shop.example.org": "v=DMARC2; p=reject"}, None, "", true},
	} {
		mail := strings.Replace(shopMail, "orders@shop.example.org", "orders@"+test.from, 1)
		raw := sign(t, mail, dkim.SignOptions{Domain: test.signer, Selector: "ed", Signer: edKey()})
		in := Input{Mail: facts(raw, "orders@"+test.from), Resolver: published(t, test.txt), ClientIP: netip.MustParseAddr("192.0.2.7"), MailFrom: "b@bounce.example"}
		r := Check(context.Background(), in)
		if r.DMARC.Value != test.want || r.DMARC.Policy != test.policy || r.Summary().Aligned != test.aligned {
			t.Errorf("%s: got %v, policy %q, aligned %v (%s): want %v, %q, %v", name,
				r.DMARC.Value, r.DMARC.Policy, r.Summary().Aligned, r.DMARC.Reason, test.want, test.policy, test.aligned)
		}
	}
}

func TestDMARCBySPF(t *testing.T) {
	z := published(t, map[string]string{
		"_dmarc.shop.example.org": "v=DMARC1; p=reject", "_dmarc.strict.example.org": "v=DMARC1; p=reject; aspf=s",
		"shop.example.org": "v=spf1 ip4:192.0.2.7 ~all", "bounce.shop.example.org": "v=spf1 ip4:192.0.2.7 -all",
		"strict.example.org": "v=spf1 -all", "bounce.strict.example.org": "v=spf1 +all",
	})
	for name, test := range map[string]struct {
		from, mailFrom, ip string
		spf, dmarc         Value
	}{
		"same":            {"shop.example.org", "b@shop.example.org", "192.0.2.7", Pass, Pass},
		"bounce domain":   {"shop.example.org", "b@bounce.shop.example.org", "192.0.2.7", Pass, Pass},
		"strict":          {"strict.example.org", "b@bounce.strict.example.org", "192.0.2.7", Pass, Fail},
		"softfail":        {"shop.example.org", "b@shop.example.org", "192.0.2.8", SoftFail, Fail},
		"not aligned":     {"shop.example.org", "b@other.example", "192.0.2.7", None, Fail},
		"mapped address":  {"shop.example.org", "b@shop.example.org", "::ffff:192.0.2.7", Pass, Pass},
		"at in the local": {"shop.example.org", `"a@b"@shop.example.org`, "192.0.2.7", Pass, Pass},
	} {
		mail := strings.Replace(shopMail, "orders@shop.example.org", "orders@"+test.from, 1)
		r := Check(context.Background(), Input{Mail: facts(mail, "orders@"+test.from), Resolver: z, ClientIP: netip.MustParseAddr(test.ip), MailFrom: test.mailFrom})
		if r.SPF.Value != test.spf || r.DMARC.Value != test.dmarc {
			t.Errorf("%s: SPF %v, DMARC %v (%s): want %v, %v", name, r.SPF.Value, r.DMARC.Value, r.DMARC.Reason, test.spf, test.dmarc)
		}
	}
}

// A fail is only said when nothing is left that could have passed.
func TestDMARCDoubt(t *testing.T) {
	signed := sign(t, shopMail, dkim.SignOptions{Selector: "ed", Signer: edKey()})
	policy := map[string]string{"_dmarc.shop.example.org": "v=DMARC1; p=reject"}
	gone := published(t, policy)
	delete(gone.txt, "ed._domainkey.shop.example.org")
	slow := published(t, policy)
	delete(slow.txt, "ed._domainkey.shop.example.org")
	slow.fail["ed._domainkey.shop.example.org"] = errTimeout
	noPolicy := published(t, nil)
	noPolicy.fail["_dmarc.shop.example.org"] = errTimeout
	base := Input{Mail: facts(signed, "orders@shop.example.org")}
	arriving := Input{Mail: base.Mail, ClientIP: netip.MustParseAddr("192.0.2.7"), MailFrom: "b@other.example"}
	for name, test := range map[string]struct {
		in   Input
		z    Resolver
		want Value
	}{
		"offline":                           {base, nil, NotChecked},
		"key gone, seen later":              {base, gone, NotChecked},
		"key gone, while it arrives":        {arriving, gone, Fail},
		"key cannot be had now":             {arriving, slow, TempError},
		"policy cannot be had now":          {arriving, noPolicy, TempError},
		"not signed, connection not known":  {Input{Mail: facts(shopMail, "orders@shop.example.org")}, gone, NotChecked},
		"not signed, while it arrives":      {Input{Mail: facts(shopMail, "orders@shop.example.org"), ClientIP: arriving.ClientIP, MailFrom: arriving.MailFrom}, gone, Fail},
		"changed, envelope is somebody's":   {Input{Mail: facts(strings.Replace(signed, "house", "shed", 1), "orders@shop.example.org"), MailFrom: "b@other.example"}, published(t, policy), Fail},
		"changed, envelope not known":       {Input{Mail: facts(strings.Replace(signed, "house", "shed", 1), "orders@shop.example.org")}, published(t, policy), NotChecked},
		"changed, envelope is the shop's":   {Input{Mail: facts(strings.Replace(signed, "house", "shed", 1), "orders@shop.example.org"), MailFrom: "b@shop.example.org"}, published(t, policy), NotChecked},
		"no raw message":                    {Input{Mail: &contact.MailFacts{}}, gone, NotChecked},
		"no mail at all":                    {Input{}, gone, NotChecked},
		"context that has ended is no fail": {arriving, ended{}, TempError},
	} {
		test.in.Resolver = test.z
		if r := Check(context.Background(), test.in); r.DMARC.Value != test.want {
			t.Errorf("%s: got %v (%s): want %v", name, r.DMARC.Value, r.DMARC.Reason, test.want)
		}
	}
}

// ended is a resolver whose caller has given up.
type ended struct{ *zone }

func (ended) LookupTXT(context.Context, string) ([]string, error) { return nil, context.Canceled }

func TestFrom(t *testing.T) {
	addr := func(list ...string) (out []contact.Address) {
		for _, s := range list {
			out = append(out, contact.Address{Mail: mustMail(s)})
		}
		return out
	}
	for name, test := range map[string]struct {
		raw     string
		from    []contact.Address
		want    ident.Domain
		problem string
	}{
		"one":               {"From: a@shop.example.org\n\n", addr("a@shop.example.org"), "shop.example.org", ""},
		"several addresses": {"From: a@shop.example.org, b@evil.example\n\n", addr("a@shop.example.org", "b@evil.example"), "", "several addresses in From"},
		"several fields":    {"From: a@shop.example.org\nFrom: b@evil.example\n\n", addr("a@shop.example.org"), "", "several From fields"},
		"none":              {"To: a@shop.example.org\n\n", nil, "", "no From"},
		"read here":         {"From: \"a@shop.example.org\" <b@Evil.example>\n\n", nil, "evil.example", ""},
		"folded":            {"From: Shop\n <a@shop.example.org>\n\n", nil, "shop.example.org", ""},
		"IDN":               {"From: a@bücher.example\n\n", addr("a@bücher.example"), "xn--bcher-kva.example", ""},
		"no domain":         {"From: a@[192.0.2.1]\n\n", addr("a@[192.0.2.1]"), "", "no domain in From"},
		"nonsense":          {"From: <<>>\n\n", nil, "", "no domain in From"},
		"name looks so":     {"From: a@shop.example.org <b@evil.example>\n\n", nil, "evil.example", ""},
		"comment looks so":  {"From: (a@shop.example.org) b@evil.example (c@shop.example.org)\n\n", nil, "evil.example", ""},
		"broken words":      {"From: =?x-what?B?!!?= \xf0\x9f, Shop <b@evil.example>\n\n", nil, "evil.example", ""},
		"two in brackets":   {"From: <a@shop.example.org> <b@evil.example>\n\n", nil, "", "several addresses in From"},
		"two without":       {"From: a@shop.example.org, b@evil.example\n\n", nil, "", "several addresses in From"},
		"quoted local":      {"From: \"a@b\"@evil.example\n\n", nil, "evil.example", ""},
		"not closed":        {"From: Shop <b@evil.example\n\n", nil, "evil.example", ""},
	} {
		m, err := split([]byte(test.raw))
		if err != nil {
			t.Fatal(err)
		}
		c := &checker{in: Input{Mail: &contact.MailFacts{From: test.from}}, msg: m}
		if got, problem := c.from(); got != test.want || problem != test.problem {
			t.Errorf("%s: got %q, %q: want %q, %q", name, got, problem, test.want, test.problem)
		}
	}
}

func TestWalkIsBounded(t *testing.T) {
	deep := ident.Domain(strings.Repeat("a.", 100) + "example.org")
	names := walkNames(deep, organisational(deep))
	if len(names) != maxWalk || names[0] != deep || names[maxWalk-1] != "example.org" {
		t.Errorf("got %d names, %v", len(names), names)
	}
}
