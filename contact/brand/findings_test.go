package brand

import (
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/evidence"
	"bonafide/ident"
)

// pass is an aligned pass of everything.
var pass = Auth{DMARC: Pass, Aligned: true, SPF: Pass, DKIM: Pass}

type trial struct {
	channel           contact.Channel
	name, from, reply string
	subject, body     string
	links             []contact.Link
	auth              Auth
	numbers           []ident.Phone
	platform          string
}

func (x trial) findings(t *testing.T, b *Book) map[evidence.Code]evidence.Finding {
	t.Helper()
	c := &contact.Contact{Channel: x.channel, Platform: x.platform, Links: x.links,
		Parts: []contact.Part{said("subject", x.subject), said("body", x.body)}}
	c.Sender.Name = x.name
	if c.Channel == "" {
		c.Channel = contact.Mail
	}
	if x.from != "" {
		m, err := ident.ParseMail(x.from)
		if err != nil {
			t.Fatal(err)
		}
		c.Sender.Mail = m
		c.Mail = &contact.MailFacts{From: []contact.Address{{Name: x.name, Mail: m}}}
		if x.reply != "" {
			r, err := ident.ParseMail(x.reply)
			if err != nil {
				t.Fatal(err)
			}
			c.Mail.ReplyTo = []contact.Address{{Mail: r}}
		}
	}
	rs, l := read(b, c), lists(t)
	in := Input{Contact: c, Readings: rs, Claims: b.Claims(rs, c), Auth: x.auth, Numbers: x.numbers, Country: "DE"}
	for _, k := range link.All(c, rs, l) {
		in.Links = append(in.Links, link.Analyse(k, l))
	}
	out := map[evidence.Code]evidence.Finding{}
	for _, f := range b.Findings(in) {
		if old, ok := out[f.Code]; !ok || f.Strength > old.Strength {
			out[f.Code] = f
		}
	}
	return out
}

func html(raw, visible string) []contact.Link {
	return []contact.Link{{Raw: raw, Text: visible, From: "html", Part: "body"}}
}

// row is one contact and what must ("code" or "code:how") and must not ("-code")
// be found in it.
type row struct {
	name string
	trial
	want string
}

func (x row) check(t *testing.T, b *Book) {
	t.Helper()
	got := x.findings(t, b)
	for _, w := range strings.Fields(x.want) {
		code, how, _ := strings.Cut(strings.TrimPrefix(w, "-"), ":")
		f, ok := got[evidence.Code(code)]
		switch {
		case strings.HasPrefix(w, "-") && ok:
			t.Errorf("%s: found %s (%v), which must not be", x.name, code, f.Args)
		case !strings.HasPrefix(w, "-") && !ok:
			t.Errorf("%s: %s not found; found %v", x.name, code, codes(got))
		case how != "" && f.Args["how"] != how:
			t.Errorf("%s: %s by %q, want %q", x.name, code, f.Args["how"], how)
		}
	}
}

func TestSenderFindings(t *testing.T) {
	b := book(t)
	for _, c := range []row{
		// S3.38
		{"name against address", trial{name: "Amazon.com", from: "security@amaz0n-alerts.com"}, "forged_sender:name lookalike_domain:letters"},
		{"DMARC fails", trial{from: "no-reply@amazon.com", auth: Auth{DMARC: Fail}}, "forged_sender:dmarc_fail -sender_authenticated"},
		// the examples of the red flag
		{"imitation", trial{name: "Amazon", from: "cp@amazonpre.com"}, "forged_sender:name lookalike_domain"},
		{"punycode", trial{name: "Amazon.co.jp", from: "info@xn--mazon-fra.cn"}, "forged_sender:name"},
		{"reply elsewhere", trial{from: "auto-confirm@amazon.de", reply: "amazon.hilfe@gmail.com"}, "forged_sender:reply_to sender_official_unproven"},
		{"other domain", trial{name: "no-reply@amazon.co.uk", from: "k3x@mail-amzn.com"}, "forged_sender:name lookalike_domain:added"},
		{"stranger", trial{name: "Amazon Kundenservice", from: "kunde@t-online-mail.info"}, "forged_sender:name"},
		{"name before the at sign", trial{from: "amazon@service-mail.support"}, "forged_sender:name"},
		{"host before the at sign", trial{from: "amazon.com@secure-login.top"}, "forged_sender:name"},
		{"free mailbox", trial{name: "Amazon", from: "ebillinvoice@web.de"}, "forged_sender:name freemail_sender"},
		{"Apple at iCloud", trial{name: "Apple Support", from: "help.desk@icloud.com", auth: pass}, "forged_sender:name freemail_sender -sender_authenticated"},
		{"subject speaks", trial{from: "x@example.com", subject: "Your Amazon order is on hold"}, "forged_sender:subject"},
		{"unaligned results", trial{from: "info@amazon.de", auth: Auth{DMARC: None, SPF: Pass, DKIM: None}}, "forged_sender:unaligned"},
		// must not
		{"authenticated", trial{name: "Amazon.de", from: "auto-confirm@amazon.de", auth: pass}, "sender_authenticated -forged_sender -sender_official_unproven"},
		{"aligned without a policy", trial{from: "x@amazon.de", auth: Auth{DMARC: None, Aligned: true, DKIM: Pass}}, "sender_authenticated -forged_sender"},
		{"nothing checked", trial{from: "auto-confirm@amazon.de"}, "sender_official_unproven -forged_sender -sender_authenticated"},
		{"temporary error", trial{from: "auto-confirm@amazon.de", auth: Auth{DMARC: "temperror", SPF: "temperror", DKIM: "temperror"}}, "sender_official_unproven -forged_sender"},
		{"aligned said, nothing passed", trial{from: "auto-confirm@amazon.de", auth: Auth{Aligned: true}}, "sender_official_unproven -sender_authenticated"},
		{"unverified domain", trial{from: "x@amazon.at", auth: pass}, "sender_unconfirmed_domain -sender_authenticated"},
		{"relay", trial{from: "abc@marketplace.amazon.de", auth: pass}, "sender_relay -sender_authenticated"},
		{"unknown owner", trial{name: "eBay", from: "x@ebay-confirm.com"}, "-forged_sender -lookalike_domain -sender_authenticated"},
		{"news", trial{name: "Daily News", from: "news@example.com", subject: "Amazon shares fall", body: "The company said"}, "-forged_sender -link_foreign"},
		{"friend", trial{name: "Jane", from: "jane@gmail.com", body: "I bought it at Amazon: https://example.com/x"}, "-forged_sender -freemail_sender -link_foreign"},
		{"reply to the same company", trial{from: "auto-confirm@amazon.de", reply: "cs-reply@amazon.com", auth: pass}, "-forged_sender"},
		{"seller through PayPal", trial{name: "PayPal", from: "service@paypal.com", reply: "shop@example.com", auth: pass}, "sender_authenticated"},
	} {
		c.check(t, b)
	}
}

func TestLinkFindings(t *testing.T) {
	b := book(t)
	for _, c := range []row{
		{"foreign link", trial{name: "Amazon", from: "x@example.com", links: html("https://example.net/login", "Sign in")}, "link_foreign"},
		{"text message with a foreign link", trial{channel: contact.SMS, body: "Amazon: confirm at https://example.net/a"}, "link_foreign"},
		{"official link", trial{name: "Amazon", from: "auto-confirm@amazon.de", links: html("https://www.amazon.de/gp/css", "Bestellung")}, "link_official -link_foreign"},
		{"own short link", trial{name: "Amazon", from: "auto-confirm@amazon.de", links: html("https://amzn.to/abc", "Artikel")}, "-link_ip_or_hidden -link_foreign"},
		{"courier in a shop's mail", trial{name: "Amazon", from: "auto-confirm@amazon.de", auth: pass, links: html("https://www.dhl.de/track", "Sendung")}, "-link_foreign"},
		{"social footer", trial{name: "Amazon", from: "auto-confirm@amazon.de", auth: pass, links: html("https://www.facebook.com/amazon", "Facebook")}, "-link_foreign -lookalike_domain"},
		{"picture", trial{name: "Amazon", from: "x@example.com", links: []contact.Link{{Raw: "https://example.net/logo.png", From: "image"}}}, "-link_foreign"},
		{"bare IP", trial{links: html("http://203.0.113.9/amazon.co.jp", "Anmelden")}, "link_ip_or_hidden:ip lookalike_domain:path"},
		{"decimal IP", trial{links: html("http://3405803785/", "x")}, "link_ip_or_hidden:ip"},
		{"router at home", trial{links: html("http://192.168.1.1/", "router")}, "-link_ip_or_hidden"},
		{"shortener", trial{name: "Amazon", from: "x@example.com", links: html("https://bit.ly/3x", "Hier")}, "link_ip_or_hidden:shortener"},
		{"mismatch", trial{links: html("https://evil.example.net/", "https://www.amazon.de/anmelden")}, "link_ip_or_hidden:mismatch"},
		{"userinfo", trial{links: html("https://amazon.com@evil.example.net/", "Login")}, "link_ip_or_hidden:userinfo lookalike_domain:userinfo"},
		{"data", trial{links: html("data:text/html;base64,PGI+", "Rechnung")}, "link_ip_or_hidden:data"},
		{"hosting", trial{name: "Amazon", from: "x@example.com", links: html("https://my-page.web.app/", "Login")}, "link_ip_or_hidden:shared_hosting link_foreign"},
		{"open redirect", trial{name: "Amazon", from: "x@example.com", links: html("https://www.google.com/url?q=https://amazon-login.example.top/", "Login")}, "link_ip_or_hidden:redirect lookalike_domain:subdomain"},
		{"Japanese host", trial{links: html("https://例え.jp/", "サイト")}, "-link_ip_or_hidden"},
		{"mixed letters", trial{links: html("https://xn--mazon-3ve.com/", "x")}, "lookalike_domain:letters link_ip_or_hidden:punycode"},
		{"odd ending", trial{name: "Amazon", from: "x@example.com", links: html("https://example.icu/", "x")}, "link_odd:odd_tld"},
		{"both domains of one brand", trial{name: "Amazon", from: "x@amazon.de", links: html("https://www.amazon.com/x", "www.amazon.de")}, "-link_ip_or_hidden -link_foreign"},
	} {
		c.check(t, b)
	}
}

func TestOtherChannelFindings(t *testing.T) {
	b := book(t)
	for _, c := range []row{
		// authentic mail of a service
		{"invoice with a number", trial{name: "service@paypal.com", from: "service@paypal.com", auth: pass, body: "Note from seller: your Amazon order of 899 USD, to cancel call +1 888 555 0147", numbers: []ident.Phone{"+18885550147"}}, "authentic_mail_scam_content"},
		{"envelope with a link", trial{name: "Amazon billing via DocuSign", from: "dse@docusign.net", auth: pass, links: html("https://example.net/pay", "Pay")}, "authentic_mail_scam_content"},
		{"receipt", trial{name: "PayPal", from: "service@paypal.com", auth: pass, body: "You sent 20 EUR to Example Shop", links: html("https://www.paypal.com/x", "Details")}, "-authentic_mail_scam_content sender_authenticated"},
		{"invoice of a craftsman", trial{name: "PayPal", from: "service@paypal.com", auth: pass, body: "Invoice of Example Plumbing, call 030 5550101", numbers: []ident.Phone{"+49305550101"}}, "-authentic_mail_scam_content"},
		{"unproved service", trial{name: "PayPal", from: "service@paypal.com", body: "your Amazon order", numbers: []ident.Phone{"+18885550147"}}, "-authentic_mail_scam_content"},
		{"official number in it", trial{name: "PayPal", from: "service@paypal.com", auth: pass, body: "your Amazon order", numbers: []ident.Phone{"+18882804331"}}, "-authentic_mail_scam_content"},
		// other channels
		{"sender id", trial{channel: contact.SMS, name: "Amazon", body: "Your code is 123456"}, "sms_sender_name -chat_brand"},
		{"messenger", trial{channel: contact.Chat, platform: "whatsapp", name: "Amazon Support", body: "Hello"}, "chat_brand"},
		{"friend in a chat", trial{channel: contact.Chat, platform: "whatsapp", name: "Jane", body: "got it at Amazon"}, "-chat_brand"},
		{"nothing", trial{name: "Jane", from: "jane@example.com", body: "Lunch at noon?"}, "-forged_sender -lookalike_domain -link_ip_or_hidden -link_foreign"},
	} {
		c.check(t, b)
	}
}

func codes(m map[evidence.Code]evidence.Finding) (out []string) {
	for c, f := range m {
		out = append(out, string(c)+":"+f.Args["how"])
	}
	return out
}

// S3.38: the header line is the evidence.
func TestForgedSenderShowsTheLine(t *testing.T) {
	b := book(t)
	f := trial{name: "Amazon.com", from: "security@amaz0n-alerts.com"}.findings(t, b)[ForgedSender]
	if f.Args["line"] != "From: Amazon.com <security@amaz0n-alerts.com>" || f.Args["brand"] != "Amazon" || f.Args["how_de"] == "" {
		t.Errorf("args %v", f.Args)
	}
	f = trial{name: "Amazon.de", from: "auto-confirm@amazon.de", reply: "a@gmail.com"}.findings(t, b)[ForgedSender]
	if f.Args["line"] != "Reply-To: a@gmail.com" {
		t.Errorf("args %v", f.Args)
	}
	if f := (trial{links: html("https://payments-amazon.de/", "x")}).findings(t, b)[LookalikeDomain]; f.Args["official"] != "amazon.de" {
		t.Errorf("the official address for Germany is %q", f.Args["official"])
	}
}

// Every blank of every sentence is filled by its finding.
func TestSentencesAreFilled(t *testing.T) {
	table := weights(t)
	b := book(t)
	for _, x := range []trial{
		{name: "Amazon.com", from: "security@amaz0n-alerts.com", links: html("http://203.0.113.9/amazon.de", "https://www.amazon.de/x")},
		{name: "Amazon", from: "x@gmail.com", links: html("https://example.icu/", "x")},
		{from: "x@amazon.de"}, {from: "x@amazon.de", auth: pass, links: html("https://amazon.de/x", "x")}, {from: "x@amazon.at", auth: pass},
		{from: "x@marketplace.amazon.de", auth: pass}, {from: "x@amazon.de", auth: Auth{DMARC: Fail}},
		{name: "Amazon via DocuSign", from: "dse@docusign.net", auth: pass, numbers: []ident.Phone{"+18885550147"}},
		{channel: contact.SMS, name: "Amazon"}, {channel: contact.Chat, platform: "WhatsApp", name: "Amazon"},
	} {
		for code, f := range x.findings(t, b) {
			w, ok := table.Weight(code)
			if !ok {
				t.Errorf("code %s has no weight", code)
				continue
			}
			for _, lang := range []string{"en", "de", "ja"} {
				if s := evidence.Fill(w.Text[lang], f.Args); strings.Contains(s, "…") {
					t.Errorf("%s in %s has an empty blank: %s", code, lang, s)
				}
			}
		}
	}
}

func TestFindingsOfNothing(t *testing.T) {
	b := book(t)
	if f := b.Findings(Input{}); f != nil {
		t.Errorf("findings of nothing: %v", f)
	}
	if f := b.Findings(Input{Contact: &contact.Contact{}}); len(f) != 0 {
		t.Errorf("findings of an empty contact: %v", f)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	b := book(t)
	x := trial{name: "Amazon", from: "x@example.com"}
	for i := range 200 {
		x.links = append(x.links, html("https://amazon-login"+string(rune('a'+i%26))+string(rune('a'+i/26))+".example.top/", "x")...)
	}
	c := &contact.Contact{Channel: contact.Mail, Links: x.links, Sender: contact.Sender{Name: "Amazon"}}
	in := Input{Contact: c, Claims: b.Claims(nil, c)}
	for _, k := range c.Links {
		in.Links = append(in.Links, link.Analyse(k, lists(t)))
	}
	if n := len(b.Findings(in)); n > 4*maxOfCode {
		t.Errorf("%d findings of 200 links", n)
	}
}
