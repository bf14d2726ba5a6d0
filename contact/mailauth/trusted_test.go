package mailauth

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// The lines that hosts of our tests write.
const (
	border   = "Received: from mail.shop.example.org (mail.shop.example.org [192.0.2.7])\r\n by mx.example.net (Postfix) with ESMTPS id 1\r\n for <customer@example.net>; Sun, 22 Nov 2026 11:00:01 +0000\r\n"
	inside   = "Received: from mx.example.net (mx.example.net [10.1.2.3]) by store.example.net with LMTP id 2; Sun, 22 Nov 2026 11:00:02 +0000\r\n"
	foreign  = "Received: from a.example (a.example [198.51.100.9]) by mx.other.example with ESMTP id 3; Sun, 22 Nov 2026 11:00:00 +0000\r\n"
	goodAR   = "Authentication-Results: mx.example.net; dkim=pass header.d=shop.example.org; spf=pass smtp.mailfrom=b@shop.example.org;\r\n dmarc=pass header.from=shop.example.org\r\n"
	badAR    = "Authentication-Results: mx.example.net; dkim=none; spf=fail smtp.mailfrom=b@shop.example.org; dmarc=fail header.from=shop.example.org\r\n"
	path     = "Return-Path: <b@shop.example.org>\r\n"
	plainEnd = "From: orders@shop.example.org\r\nSubject: x\r\n\r\nhello\r\n"
)

// Who writes what where decides what is believed.
func TestTrustedBlock(t *testing.T) {
	unnamed := strings.NewReplacer("mx.example.net; ", "").Replace
	for name, test := range map[string]struct {
		raw     string
		change  func(*Input)
		want    Value // DMARC
		claimed int
	}{
		"results above the line of arrival":       {goodAR + border + plainEnd, nil, Pass, 0},
		"results below it, as Gmail writes them":  {border + path + goodAR + plainEnd, nil, Pass, 0},
		"handed on within the house":              {path + inside + border + goodAR + plainEnd, nil, Pass, 0},
		"handed on without a sender":              {"Received: by 2002:a01:203::1 with SMTP id x; date\r\n" + border + goodAR + plainEnd, nil, Pass, 0},
		"no Received at all":                      {goodAR + plainEnd, nil, Pass, 0},
		"host fails":                              {badAR + border + plainEnd, nil, Fail, 0},
		"host is not trusted":                     {goodAR + border + plainEnd, func(in *Input) { in.TrustedHosts = nil }, NotChecked, 1},
		"other host is trusted":                   {goodAR + border + plainEnd, func(in *Input) { in.TrustedHosts = []string{"mx.other.example"} }, NotChecked, 1},
		"below a foreign line":                    {foreign + goodAR + plainEnd, nil, NotChecked, 1},
		"forged arrival below a foreign line":     {foreign + border + goodAR + plainEnd, nil, NotChecked, 1},
		"forged below the mail's own fields":      {border + "Subject: x\r\n" + goodAR + plainEnd, nil, NotChecked, 1},
		"forged below a second line":              {border + border + goodAR + plainEnd, nil, NotChecked, 1},
		"forged below results above the line":     {badAR + border + goodAR + plainEnd, nil, Fail, 1},
		"forged below results below the line":     {border + badAR + goodAR + plainEnd, nil, Fail, 0},
		"forged line that hands on to a house":    {foreign + inside + border + goodAR + plainEnd, nil, NotChecked, 1},
		"other domain in From":                    {strings.ReplaceAll(goodAR, "from=shop", "from=evil") + border + plainEnd, nil, NotChecked, 0},
		"unnamed results, not allowed":            {border + unnamed(goodAR) + plainEnd, nil, NotChecked, 1},
		"unnamed results, allowed":                {border + unnamed(goodAR) + plainEnd, func(in *Input) { in.TrustUnnamed = true }, Pass, 0},
		"unnamed results without a trusted line":  {unnamed(goodAR) + plainEnd, func(in *Input) { in.TrustUnnamed = true }, NotChecked, 1},
		"a host below a trusted domain":           {goodAR + border + plainEnd, func(in *Input) { in.TrustedHosts = []string{".example.net"} }, Pass, 0},
		"a domain is not a host":                  {goodAR + border + plainEnd, func(in *Input) { in.TrustedHosts = []string{"example.net"} }, NotChecked, 1},
		"a look-alike of a trusted domain":        {strings.ReplaceAll(goodAR, "mx.example", "mx.badexample") + border + plainEnd, func(in *Input) { in.TrustedHosts = []string{".example.net"} }, NotChecked, 1},
		"own network":                             {strings.ReplaceAll(inside, "10.1.2.3", "203.0.113.5") + border + goodAR + plainEnd, func(in *Input) { in.TrustedNets = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }, Pass, 0},
		"network that is not own":                 {strings.ReplaceAll(inside, "10.1.2.3", "203.0.113.5") + border + goodAR + plainEnd, nil, NotChecked, 1},
		"results that cannot be read":             {"Authentication-Results: mx.example.net; dmarc=pass (x\r\n" + border + plainEnd, nil, NotChecked, 0},
		"a method is spoken of by the topmost":    {"Authentication-Results: mx.example.net; dmarc=fail header.from=shop.example.org\r\n" + goodAR + border + plainEnd, nil, Fail, 0},
		"milters that write one field per method": {"Authentication-Results: mx.example.net; dkim=none\r\n" + "Authentication-Results: mx.example.net; dmarc=pass header.from=shop.example.org\r\n" + border + plainEnd, nil, Pass, 0},
	} {
		in := Input{Mail: facts(test.raw, "orders@shop.example.org"), TrustedHosts: []string{"mx.example.net"}, TrustedBy: []string{"store.example.net"}, Now: now}
		if test.change != nil {
			test.change(&in)
		}
		r := Check(context.Background(), in)
		if r.DMARC.Value != test.want || len(r.Claimed) != test.claimed || r.FromTrustedHeader != (test.want != NotChecked) && test.want != NotChecked {
			t.Errorf("%s: DMARC %v, %d claimed: want %v, %d", name, r.DMARC.Value, len(r.Claimed), test.want, test.claimed)
		}
	}
}

func TestParseReceived(t *testing.T) {
	for value, want := range map[string]hop{
		"from a.example (b.example [192.0.2.1]) by mx.example.net with ESMTP; date":                    {"a.example", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"from a.example (192.0.2.1) by\r\n MX.example.net (10.0.0.1) with Microsoft SMTP Server; date": {"a.example", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"from a.example ([IPv6:2001:db8::1]) by mx.example.net":                                        {"a.example", "mx.example.net", netip.MustParseAddr("2001:db8::1")},
		"from unknown (HELO a.example) (192.0.2.1) by mx.example.net with SMTP":                        {"unknown", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"from [192.0.2.1] (helo=a.example) by mx.example.net":                                          {"192.0.2.1", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"from b.example ([192.0.2.1] helo=a.example) by mx.example.net":                                {"b.example", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"from [198.51.100.1] (b.example [192.0.2.1]) by mx.example.net":                                {"198.51.100.1", "mx.example.net", netip.Addr{}}, // HELO is the client's own
		"from [192.0.2.1] (helo=[198.51.100.1]) by mx.example.net":                                     {"192.0.2.1", "mx.example.net", netip.Addr{}},
		"from a.example (by evil [192.0.2.1] by evil) by mx.example.net":                               {"a.example", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"by mx.example.net with HTTP; date":                                                            {"", "mx.example.net", netip.Addr{}},
		"from a.example by mx.example.net. with SMTP":                                                  {"a.example", "mx.example.net", netip.Addr{}},
		"":     {},
		"from": {},
		"from a.example (::ffff:192.0.2.1) by mx.example.net":                                                  {"a.example", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
		"from a.example ([fe80::1%3]) by mx.example.net":                                                       {"a.example", "mx.example.net", netip.MustParseAddr("fe80::1")},
		"from a.example (b.example [192.0.2.1]) (using TLSv1.3 with cipher (256/256 bits)) by mx.example.net ": {"a.example", "mx.example.net", netip.MustParseAddr("192.0.2.1")},
	} {
		if got := parseReceived(value); got != want {
			t.Errorf("%q: got %+v, want %+v", value, got, want)
		}
	}
}

// SPF is evaluated for the host that handed the mail to the trusted one, and
// for the sender that it wrote down; never for what stands further below.
func TestSPFFromReceived(t *testing.T) {
	z := newZone()
	z.txt["shop.example.org"] = []string{"v=spf1 ip4:192.0.2.7 -all"}
	z.txt["_dmarc.shop.example.org"] = []string{"v=DMARC1; p=reject"}
	in := Input{Resolver: z, TrustedHosts: []string{"mx.example.net"}, TrustedBy: []string{"store.example.net"}}
	for name, test := range map[string]struct {
		raw        string
		spf, dmarc Value
	}{
		"border":                     {path + border + plainEnd, Pass, Pass},
		"behind a hop of the house":  {path + inside + border + plainEnd, Pass, Pass},
		"wrong host":                 {path + strings.Replace(border, "192.0.2.7", "198.51.100.7", 1) + plainEnd, Fail, Fail},
		"forged line below":          {path + strings.Replace(border, "192.0.2.7", "198.51.100.7", 1) + border + plainEnd, Fail, Fail},
		"sender in the mail's own":   {border + "Subject: y\r\n" + path + plainEnd, NotChecked, NotChecked},
		"unaligned sender":           {strings.Replace(path, "shop.example.org", "other.example", 1) + border + plainEnd, None, Fail},
		"unknown host, aligned":      {path + plainEnd, NotChecked, NotChecked},
		"unknown host, unaligned":    {strings.Replace(path, "shop.example.org", "other.example", 1) + plainEnd, NotChecked, Fail},
		"nothing known":              {plainEnd, NotChecked, NotChecked},
		"null sender, HELO of shop":  {"Return-Path: <>\r\n" + border + plainEnd, None, Fail},
		"line of a host not trusted": {path + foreign + plainEnd, NotChecked, NotChecked},
	} {
		in.Mail = facts(test.raw, "orders@shop.example.org")
		r := Check(context.Background(), in)
		if r.SPF.Value != test.spf || r.DMARC.Value != test.dmarc {
			t.Errorf("%s: SPF %v (%s), DMARC %v (%s): want %v, %v", name, r.SPF.Value, r.SPF.Reason, r.DMARC.Value, r.DMARC.Reason, test.spf, test.dmarc)
		}
	}
}

// The word of a trusted host stands where the own check could not come to a
// result, and never turns an own fail into a pass.
func TestMerge(t *testing.T) {
	signed := sign(t, shopMail, dkim.SignOptions{})
	head := "Authentication-Results: mx.example.net; dkim=pass header.d=shop.example.org header.s=s1; dmarc=pass header.from=shop.example.org\r\n" + border
	in := Input{TrustedHosts: []string{"mx.example.net"}, Now: now}
	see := func(raw string, z Resolver) Result {
		in.Mail, in.Resolver = facts(raw, "orders@shop.example.org"), z
		return Check(context.Background(), in)
	}
	r := see(head+signed, nil)
	if s := one(t, r); s.Value != Pass || !s.FromHeader || !r.DMARC.DKIM || r.TrustedHost != "mx.example.net" {
		t.Errorf("offline: got %+v", r)
	}
	r = see(head+signed, shopZone(t))
	if s := one(t, r); s.Value != Pass || s.FromHeader || r.DMARC.FromHeader {
		t.Errorf("own check passes: got %+v: want it to stand alone", r)
	}
	r = see(head+signed, newZone())
	if s := one(t, r); s.Value != Pass || !s.FromHeader || s.KeyGone {
		t.Errorf("key gone since: got %+v: want the host's word", s)
	}
	r = see(head+strings.Replace(signed, "left our house", "waits for you", 1), shopZone(t))
	if s := one(t, r); s.Value != Fail || s.FromHeader {
		t.Errorf("changed since: got %+v: want fail", s)
	}
	r = see(strings.Replace(head, "header.s=s1", "header.s=s2", 1)+signed, nil)
	if len(r.DKIM) != 2 || r.DKIM[0].Value != NotChecked || r.DKIM[1].Selector != "s2" {
		t.Errorf("result for another selector: got %+v", r.DKIM)
	}
}
