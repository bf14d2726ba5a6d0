package mailauth

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"bonafide/ident"
)

// seal puts an ARC set in front of a mail, as a forwarder does.
func seal(t testing.TB, mail string, i int, domain, cv, results string) string {
	t.Helper()
	m, err := split([]byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	body := m.bodyHash(relaxed, -1)
	aar := fmt.Sprintf("ARC-Authentication-Results: i=%d; mx.%s; %s\r\n", i, domain, results)
	ams := fmt.Sprintf("ARC-Message-Signature: i=%d; a=ed25519-sha256; c=relaxed/relaxed; d=%s; s=ed;\r\n h=from:to:subject:dkim-signature; bh=%s; b=", i, domain, base64.StdEncoding.EncodeToString(body.sum[:]))
	s := signed{raw: ams, headers: []string{"from", "to", "subject", "dkim-signature"}, headerC: relaxed}
	ams += base64.StdEncoding.EncodeToString(ed25519.Sign(edKey(), s.digest(m))) + "\r\n"
	as := fmt.Sprintf("ARC-Seal: i=%d; a=ed25519-sha256; cv=%s; d=%s; s=ed; b=", i, cv, domain)
	var chain []byte
	for n := 1; n < i; n++ {
		for _, name := range []string{arcResults, arcMessage, arcSeal} {
			at := slices.IndexFunc(m.fields, func(f field) bool {
				got, ok := instance(f)
				return f.name == name && ok && got == n
			})
			chain = appendField(chain, m.fields[at].raw, relaxed)
		}
	}
	chain = appendField(appendField(chain, aar, relaxed), ams, relaxed)
	chain = append(chain, strings.TrimSuffix(string(appendField(nil, as, relaxed)), "\r\n")...)
	sum := sha256.Sum256(chain)
	as += base64.StdEncoding.EncodeToString(ed25519.Sign(edKey(), sum[:])) + "\r\n"
	return as + ams + aar + mail
}

const sawPass = "dmarc=pass header.from=shop.example.org; dkim=pass header.d=shop.example.org"

func TestARCTrust(t *testing.T) {
	z := shopZone(t)
	for _, d := range []string{"a.example", "b.example", "c.example"} {
		z.txt["ed._domainkey."+d] = []string{keyRecord(t, edKey(), "")}
	}
	signed := sign(t, shopMail, dkim.SignOptions{})
	footer := strings.TrimRight(signed, "\r\n") + "\r\n-- \r\nlist footer\r\n" // what breaks the shop's signature
	one := seal(t, footer, 1, "a.example", "none", sawPass)
	two := seal(t, one, 2, "b.example", "pass", "dmarc=fail header.from=shop.example.org")
	three := seal(t, two, 3, "c.example", "pass", "arc=pass")
	for name, test := range map[string]struct {
		raw      string
		sealers  []ident.Domain
		want     Value
		instance int
		trusted  bool // a trusted host saw DMARC pass
	}{
		"nobody is trusted":               {one, nil, Pass, 0, false},
		"one forwarder":                   {one, []ident.Domain{"a.example"}, Pass, 1, true},
		"all of three":                    {three, []ident.Domain{"a.example", "b.example", "c.example"}, Pass, 1, true},
		"the oldest is not trusted":       {three, []ident.Domain{"b.example", "c.example"}, Pass, 2, false},
		"the newest is not trusted":       {three, []ident.Domain{"a.example", "b.example"}, Pass, 0, false},
		"no domain in what it saw":        {seal(t, footer, 1, "a.example", "none", "dmarc=pass"), []ident.Domain{"a.example"}, Pass, 1, false},
		"it saw another domain pass":      {seal(t, footer, 1, "a.example", "none", "dmarc=pass header.from=evil.example"), []ident.Domain{"a.example"}, Pass, 1, false},
		"a gap in the middle":             {three, []ident.Domain{"a.example", "c.example"}, Pass, 3, false},
		"a subdomain is another sealer":   {one, []ident.Domain{"example"}, Pass, 0, false},
		"text changed after the seal":     {strings.Replace(one, "list footer", "call us", 1), []ident.Domain{"a.example"}, Fail, 0, false},
		"results changed":                 {strings.Replace(two, "dmarc=fail", "dmarc=pass", 1), []ident.Domain{"a.example", "b.example"}, Fail, 0, false},
		"a set was taken out":             {strings.Replace(three, "i=2;", "i=9;", 3), []ident.Domain{"c.example"}, Fail, 0, false},
		"a forwarder saw it broken":       {seal(t, one, 2, "b.example", "fail", "arc=fail"), []ident.Domain{"b.example"}, Fail, 0, false},
		"the seal of another mail's text": {seal(t, signed, 1, "a.example", "none", sawPass)[:strings.Index(seal(t, signed, 1, "a.example", "none", sawPass), "DKIM-")] + footer, []ident.Domain{"a.example"}, Fail, 0, false},
	} {
		in := Input{Mail: facts(test.raw, "orders@shop.example.org"), Resolver: z, TrustedSealers: test.sealers, Now: now, MailFrom: "list@a.example"}
		r := Check(context.Background(), in)
		if r.ARC.Value != test.want || r.ARC.Instance != test.instance || r.Summary().ARCTrusted != test.trusted {
			t.Errorf("%s: got %v, instance %d, trusted %v (%s): want %v, %d, %v", name,
				r.ARC.Value, r.ARC.Instance, r.Summary().ARCTrusted, r.ARC.Reason, test.want, test.instance, test.trusted)
		}
		in.Resolver = nil
		if off := Check(context.Background(), in); off.ARC.Value != NotChecked || off.ARC.Trusted {
			t.Errorf("%s: offline: got %v, trusted %v", name, off.ARC.Value, off.ARC.Trusted)
		}
	}
	r := Check(context.Background(), Input{Mail: facts(strings.Replace(two, "From: ", "X: y\r\nFrom: ", 1), ""), Resolver: z})
	if r.ARC.OldestPass != 0 || r.ARC.Sets != 2 || r.ARC.Seals[1] != (Seal{"b.example", "ed", "pass"}) {
		t.Errorf("got %+v", r.ARC)
	}
	z.txt["ed._domainkey.a.example"], z.fail["ed._domainkey.a.example"] = nil, errTimeout
	if r = Check(context.Background(), Input{Mail: facts(one, ""), Resolver: z}); r.ARC.Value != TempError {
		t.Errorf("key cannot be had now: got %v", r.ARC.Value)
	}
}

func TestARCBound(t *testing.T) {
	var b strings.Builder
	for i := range 51 {
		fmt.Fprintf(&b, "ARC-Seal: i=%d\nARC-Message-Signature: i=%d\nARC-Authentication-Results: i=%d; x\n", i+1, i+1, i+1)
	}
	z := newZone()
	r := Check(context.Background(), Input{Mail: facts(b.String()+"\nx", ""), Resolver: z})
	if r.ARC.Value != Fail || r.ARC.Reason != "more than 50 sets" || z.asked > 0 {
		t.Errorf("51 sets: got %v (%s), %d questions", r.ARC.Value, r.ARC.Reason, z.asked)
	}
}

// fuzzZone answers every key question with one key.
type fuzzZone struct {
	*zone
	record string
}

func (z fuzzZone) LookupTXT(_ context.Context, name string) ([]string, error) {
	z.asked++
	if strings.Contains(name, "._domainkey.") {
		return []string{z.record}, nil
	}
	return []string{"v=DMARC1; p=reject", "v=spf1 a mx include:%{d} -all"}, nil
}

func FuzzARC(f *testing.F) {
	signed := seal(f, shopMail, 1, "a.example", "none", sawPass)
	f.Add(signed[:strings.Index(signed, "From: ")])
	two := seal(f, signed, 2, "b.example", "pass", "arc=pass")
	f.Add(two[:strings.Index(two, "From: ")])
	f.Add("ARC-Seal: i=1; cv=none\r\nARC-Authentication-Results: i=1\r\nARC-Message-Signature: i=1; i=2\r\n")
	z := fuzzZone{newZone(), keyRecord(f, edKey(), "")}
	f.Fuzz(func(t *testing.T, fields string) {
		z.asked = 0
		r := Check(context.Background(), Input{Mail: facts(fields+shopMail, "orders@shop.example.org"), Resolver: z, TrustedSealers: []ident.Domain{"a.example"}})
		if r.ARC.Trusted && r.ARC.Value != Pass {
			t.Errorf("trusted with %v", r.ARC.Value)
		}
		if r.ARC.Sets > maxARC || z.asked > maxLookups {
			t.Errorf("%d sets, %d questions", r.ARC.Sets, z.asked)
		}
	})
}
