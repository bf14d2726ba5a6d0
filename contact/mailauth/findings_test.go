package mailauth

import (
	"context"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"bonafide/ident"
)

// allCodes are the codes that this room can return.
var allCodes = []string{
	string(codeDMARCFail), string(codeDMARCFailOther), string(codeDMARCPass), string(codeDKIMFail), string(codeDKIMPartial),
	string(codeKeyMissing), string(codeSPFFail), string(codeSPFSoftFail), string(codeNotChecked), string(codeARCTrusted),
	string(codeUntrusted), string(codeSeveralFrom), string(codeBrokenFrom), string(codeDKIMTesting), string(codeChanged),
	string(codeBIMI),
}

func shopIsOfficial(d ident.Domain) (string, bool) {
	return "example_shop", d.Under("example.org")
}

func TestFindings(t *testing.T) {
	z := shopZone(t)
	z.txt["shop.example.org"] = []string{"v=spf1 ip4:192.0.2.7 -all"}
	z.txt["soft.example.org"] = []string{"v=spf1 ~all"}
	z.txt["_dmarc.soft.example.org"] = []string{"v=DMARC1; p=none"}
	z.txt["_dmarc.private.example"] = []string{"v=DMARC1; p=none"}
	z.txt["ed._domainkey.a.example"] = []string{keyRecord(t, edKey(), "")}
	signed := sign(t, shopMail, dkim.SignOptions{})
	broken := strings.Replace(signed, "left our house", "waits for you", 1)
	ip := func(s string) func(*Input) {
		return func(in *Input) { in.ClientIP = netip.MustParseAddr(s); in.MailFrom = "b@shop.example.org" }
	}
	for name, test := range map[string]struct {
		raw, from string
		change    func(*Input)
		want      []string
	}{
		"genuine":                    {signed, "orders@shop.example.org", ip("192.0.2.7"), []string{"auth_dmarc_pass"}},
		"forged, arriving":           {shopMail, "orders@shop.example.org", ip("192.0.2.99"), []string{"auth_dmarc_fail", "auth_spf_fail"}},
		"forged, private domain":     {strings.ReplaceAll(shopMail, "shop.example.org", "private.example"), "orders@private.example", ip("192.0.2.99"), []string{"auth_dmarc_fail_other", "auth_spf_fail"}},
		"forged, softfail":           {shopMail, "orders@soft.example.org", func(in *Input) { in.ClientIP, in.MailFrom = netip.MustParseAddr("192.0.2.9"), "b@soft.example.org" }, []string{"auth_dmarc_fail", "auth_spf_softfail"}},
		"signature broken":           {broken, "orders@shop.example.org", ip("192.0.2.99"), []string{"auth_dmarc_fail", "auth_dkim_fail", "auth_spf_fail"}},
		"signature broken, SPF good": {broken, "orders@shop.example.org", ip("192.0.2.7"), []string{"auth_dmarc_pass", "auth_dkim_fail"}},
		"subject added":              {"Subject: call us\r\n" + signed, "orders@shop.example.org", nil, []string{"auth_dmarc_pass", "auth_dkim_partial"}},
		"key gone":                   {sign(t, shopMail, dkim.SignOptions{Selector: "old"}), "orders@shop.example.org", nil, []string{"auth_key_missing", "auth_not_checked"}},
		"other signer breaks":        {strings.ReplaceAll(broken, "d=shop.example.org", "d=list.example"), "orders@shop.example.org", nil, []string{"auth_not_checked"}},
		"forwarder vouches":          {seal(t, broken, 1, "a.example", "none", sawPass), "orders@shop.example.org", func(in *Input) { in.TrustedSealers = []ident.Domain{"a.example"}; ip("192.0.2.99")(in) }, []string{"auth_arc_trusted", "auth_dkim_fail"}},
		"offline":                    {signed, "orders@shop.example.org", func(in *Input) { in.Resolver = nil }, []string{"auth_not_checked"}},
		"offline, claims results":    {goodAR + shopMail, "orders@shop.example.org", func(in *Input) { in.Resolver = nil }, []string{"auth_not_checked", "auth_header_untrusted"}},
		"offline, trusted results":   {goodAR + border + shopMail, "orders@shop.example.org", func(in *Input) { in.Resolver, in.TrustedHosts = nil, []string{"mx.example.net"} }, []string{"auth_dmarc_pass"}},
		"trusted host says fail":     {badAR + border + shopMail, "orders@shop.example.org", func(in *Input) { in.Resolver, in.TrustedHosts = nil, []string{"mx.example.net"} }, []string{"auth_dmarc_fail", "auth_spf_fail"}},
		"sender is no address":       {strings.Replace(shopMail, "<orders@shop.example.org>", "<orders@{shop.example.org}>", 1), "", nil, []string{"auth_from_broken"}},
		"no sender at all":           {"Subject: x\r\n\r\nhello", "", nil, nil},
		"two senders":                {"From: a@evil.example\r\n" + signed, "orders@shop.example.org", nil, []string{"auth_from_several"}},
	} {
		in := Input{Mail: facts(test.raw, test.from), Resolver: z, Now: now}
		if test.change != nil {
			test.change(&in)
		}
		r := Check(context.Background(), in)
		var got []string
		for _, f := range Findings(r, shopIsOfficial) {
			got = append(got, string(f.Code))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %+v\n%s", name, r.Summary(), diff)
		}
	}
}

func TestSummary(t *testing.T) {
	z := shopZone(t)
	r := check(sign(t, shopMail, dkim.SignOptions{}), z)
	want := Summary{
		From: "shop.example.org", DMARC: "pass", Aligned: true, SPF: "not_checked", DKIM: "pass", ARC: "none",
		DKIMDomains: []ident.Domain{"shop.example.org"}, SignedAs: []ident.Domain{"shop.example.org"},
	}
	if diff := cmp.Diff(want, r.Summary()); diff != "" {
		t.Error(diff)
	}
	if s := check(shopMail, nil).Summary(); s.DKIM != "none" || s.Aligned || len(s.SignedAs) != 0 {
		t.Errorf("an unsigned mail, offline: got %+v", s)
	}
}

// Every code has its sentences in all languages, each blank in them is filled,
// and there is no sentence for a code that is never returned.
func TestEvidenceFile(t *testing.T) {
	raw, err := os.ReadFile("../../data/evidence/mailauth.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Sources map[string]string
		Codes   map[string]struct {
			Group, Kind string
			Bits        float64
			Source      []string
			Title, Text map[string]string
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	args := map[string][]string{
		"auth_arc_trusted": {"domain", "sealer"}, "auth_header_untrusted": {"host"}, "auth_from_several": {}, "auth_from_broken": {},
		"auth_dmarc_fail": {"domain", "policy"}, "auth_dmarc_fail_other": {"domain", "policy"},
	}
	blank := regexp.MustCompile(`\{(\w+)\}`)
	for _, code := range allCodes {
		c, ok := file.Codes[code]
		if !ok || c.Group != "auth" || len(c.Source) == 0 || !slices.Contains([]string{"strong", "weak"}, c.Kind) {
			t.Errorf("%s: got %+v", code, c)
		}
		have, known := args[code]
		if !known {
			have = []string{"domain"}
		}
		for _, lang := range []string{"en", "de", "ja"} {
			if c.Title[lang] == "" || c.Text[lang] == "" {
				t.Errorf("%s: nothing in %s", code, lang)
			}
			for _, m := range blank.FindAllStringSubmatch(c.Title[lang]+c.Text[lang], -1) {
				if !slices.Contains(have, m[1]) {
					t.Errorf("%s, %s: nothing fills {%s}", code, lang, m[1])
				}
			}
		}
		for _, s := range c.Source {
			if file.Sources[s] == "" {
				t.Errorf("%s: source %s is not explained", code, s)
			}
		}
	}
	if len(file.Codes) != len(allCodes) {
		t.Errorf("%d codes in the file: want %d", len(file.Codes), len(allCodes))
	}
	for _, context := range []string{"auth_not_checked", "auth_header_untrusted", "auth_dmarc_pass", "auth_arc_trusted", "auth_dkim_testing", "auth_changed_since", "auth_bimi_noted"} {
		if file.Codes[context].Bits != 0 {
			t.Errorf("%s weighs %v bits: want 0", context, file.Codes[context].Bits)
		}
	}
}

func TestReceivers(t *testing.T) {
	list, err := LoadReceivers(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	confirmed := 0
	for _, r := range list {
		var in Input
		in.Trust(r)
		trusts := len(in.TrustedHosts)+len(in.TrustedBy)+len(in.TrustedNets) > 0 || in.TrustUnnamed
		if trusts != (r.Status == "confirmed") {
			t.Errorf("%s is %s, believed: %v", r.ID, r.Status, trusts)
		}
		if trusts {
			confirmed++
		}
	}
	if confirmed == 0 {
		t.Error("no receiver is confirmed")
	}
}

func TestSealers(t *testing.T) {
	list, err := LoadSealers(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	var in Input
	in.Believe(list)
	for _, s := range list {
		if got := slices.Contains(in.TrustedSealers, s.Domain); got != (s.Status == "confirmed") {
			t.Errorf("%s is %s, believed: %v", s.Domain, s.Status, got)
		}
	}
	if len(in.TrustedSealers) == 0 {
		t.Error("no sealer is confirmed")
	}
	const head = "sealers:\n- {name: x, status: confirmed, source: [a], domain: "
	for _, bad := range []string{
		head + "com}", head + "co.uk}", head + "github.io}", head + "Example.org}", head + "\"\"}", head + "a b.example}", "sealers: {",
		"sealers:\n- {name: x, status: sure, source: [a], domain: example.org}", "sealers:\n- {name: x, status: confirmed, domain: example.org}",
		head + "example.org}\n- {name: y, status: confirmed, source: [a], domain: example.org}",
	} {
		if _, err := LoadSealers(mapFile{"mailauth/sealers.yaml": bad}.fs()); err == nil {
			t.Errorf("%q is taken: want an error", bad)
		}
	}
}

func TestReceiversRefused(t *testing.T) {
	const head = "receivers:\n- {id: x, status: confirmed, source: [a], "
	for _, bad := range []string{
		head + "hosts: []}", head + "hosts: [net]}", head + "hosts: [\".com\"]}", head + "hosts: [\"\"]}", head + "hosts: [mx.example.net], nets: [\"0.0.0.0/0\"]}",
		"receivers:\n- {id: x, status: sure, source: [a], hosts: [mx.example.net]}", "receivers:\n- {id: x, status: confirmed, hosts: [mx.example.net]}",
		head + "hosts: [mx.example.net]}\n- {id: x, status: confirmed, source: [a], hosts: [mx.example.net]}", "receivers: {", head + "hosts: [mx.example.net], nets: [what]}",
	} {
		if _, err := LoadReceivers(mapFile{"mailauth/receivers.yaml": bad}.fs()); err == nil {
			t.Errorf("%q is taken: want an error", bad)
		}
	}
	if _, err := LoadReceivers(mapFile{}.fs()); err == nil {
		t.Error("no file: want an error")
	}
}
