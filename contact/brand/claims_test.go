package brand

import (
	"testing"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/ident"
)

// read makes readings of a contact's parts.
func read(b *Book, c *contact.Contact) (rs []*text.Reading) {
	for _, p := range c.Parts {
		rs = append(rs, text.Read(p, b.folding))
	}
	return rs
}

func said(name, s string) contact.Part { return contact.Part{Name: name, Text: s} }

func TestClaims(t *testing.T) {
	b := book(t)
	sms := func(s string) *contact.Contact {
		return &contact.Contact{Channel: contact.SMS, Parts: []contact.Part{said("body", s)}}
	}
	mail := func(name, address, subject, body string) *contact.Contact {
		m, err := ident.ParseMail(address)
		if err != nil {
			t.Fatal(err)
		}
		return &contact.Contact{Channel: contact.Mail, Sender: contact.Sender{Name: name, Mail: m},
			Parts: []contact.Part{said("subject", subject), said("body", body)}}
	}
	for _, c := range []struct {
		name    string
		c       *contact.Contact
		claimed string // claimed as the sender, "" for none
		named   string // named at all
	}{
		{"display name", mail("Amazon Kundenservice", "x@example.com", "Hallo", "Guten Tag"), "amazon", "amazon"},
		{"disguised display name", mail("Am\u0430zon Support", "x@example.com", "", ""), "amazon", "amazon"},
		{"display name under marks", mail("A\u073fm\u073fa\u073fz\u073fon Service", "x@example.com", "", ""), "amazon", "amazon"},
		{"answer that answers nothing", mail("Team", "x@example.com", "RE: Your Amazon account is on hold", ""), "amazon", "amazon"},
		{"display name in Japanese", mail("アマゾンジャパン", "x@example.com", "", ""), "amazon", "amazon"},
		{"address", mail("", "no-reply@amazon.de", "", ""), "amazon", "amazon"},
		{"imitated address", mail("", "no-reply@amazon-kunden.example", "", ""), "amazon", "amazon"},
		{"local part", mail("", "amazon.hilfe@gmail.com", "", ""), "amazon", "amazon"},
		{"local part is a host", mail("", "amazon.com@secure-login.example", "", ""), "amazon", "amazon"},
		{"subject speaks", mail("Info", "x@example.com", "Your Amazon account is on hold", ""), "amazon", "amazon"},
		{"subject names", mail("News", "x@example.com", "Shares of Amazon fall", "Prices today"), "", "amazon"},
		{"German account", sms("Ihr Amazon-Konto wurde gesperrt."), "amazon", "amazon"},
		{"German account without hyphen", sms("Wegen Ihres Amazon Kontos rufen wir an"), "amazon", "amazon"},
		{"signature", mail("", "x@example.com", "", "Bye.\nYour Amazon Team"), "amazon", "amazon"},
		{"opening", sms("Amazon: code 123456"), "amazon", "amazon"},
		{"Japanese bracket", sms("【Amazon】お支払い方法を更新してください"), "amazon", "amazon"},
		{"Japanese customer", sms("いつもアマゾンをご利用いただき、ありがとうございます"), "amazon", "amazon"},
		{"Japanese card", sms("楽天カードをご利用いただきありがとうございます"), "rakuten", "rakuten"},
		{"DHL", sms("Ihr DHL-Paket konnte nicht zugestellt werden"), "dhl", "dhl"},
		{"USPS", sms("USPS: your parcel is held"), "usps", "usps"},
		{"UPS in capitals", sms("UPS: your parcel is held"), "ups", "ups"},
		{"Apple ID", sms("Your Apple ID account has been locked"), "apple", "apple"},
		{"only mentioned", sms("I bought it at Amazon last week, lunch tomorrow?"), "", "amazon"},
		{"in an address", sms("see example.com/amazon/x and amazon.example.com"), "", "amazon"},
		{"short alias as a word", mail("AMZ", "x@example.com", "", ""), "amazon", "amazon"},

		{"short alias within a word", sms("gamzee and amzatron"), "", ""},
		{"apple pie", sms("Grandma bakes apple pie and an Apple pie it will be"), "", ""},
		{"apple", sms("an apple a day"), "", ""},
		{"ups and downs", sms("Life has ups and downs, ups!"), "", ""},
		{"prime minister", sms("The prime minister spoke today"), "", ""},
		{"river", sms("We crossed the Amazon river and the Amazon rainforest"), "", ""},
		{"river in Japanese", sms("アマゾン川を下る旅"), "", ""},
		{"ship", sms("宇宙戦艦ヤマトを見た"), "", ""},
		{"optimist", sms("彼は楽天的な人です"), "", ""},
		{"person", mail("Alexa Meyer", "alexa@example.com", "Hi", "See you"), "", ""},
		{"purpose", sms("groups, startups and pushups"), "", ""},
	} {
		claims := b.Claims(read(b, c.c), c.c)
		claimed, named := "", ""
		if x := b.Claimed(claims); len(x) > 0 {
			claimed = x[0].Brand
		}
		if len(claims) > 0 {
			named = claims[0].Brand
		}
		if claimed != c.claimed || named != c.named {
			t.Errorf("%s: claimed %q, named %q; want %q, %q (%+v)", c.name, claimed, named, c.claimed, c.named, claims)
		}
	}
}

func TestClaimsOrder(t *testing.T) {
	b := book(t)
	c := &contact.Contact{Channel: contact.Mail, Sender: contact.Sender{Name: "PayPal"},
		Parts: []contact.Part{said("subject", "News of Amazon"), said("body", "We use DHL, your Amazon team")}}
	claims := b.Claims(read(b, c), c)
	if len(claims) < 3 || claims[0].Brand != "paypal" || claims[0].As != "sender" || claims[len(claims)-1].Brand != "dhl" {
		t.Errorf("claims %+v: want PayPal as sender first, DHL in passing last", claims)
	}
	for _, x := range claims {
		if x.As == "body" && x.Brand == "dhl" && x.Where.Quote != "DHL" {
			t.Errorf("where %+v: want the place of the word", x.Where)
		}
	}
}

func TestClaimsOfPassedOnMail(t *testing.T) {
	b := book(t)
	c := &contact.Contact{Channel: contact.Mail, Sender: contact.Sender{Name: "Jane", Mail: ident.Mail{Local: "jane", Domain: "example.com"}},
		Mail:  &contact.MailFacts{Headers: []contact.Header{{Name: "References", Value: "<1@example.com>"}}},
		Parts: []contact.Part{said("subject", "Fwd: Your Amazon order 1")}}
	if x := b.Claimed(b.Claims(read(b, c), c)); len(x) != 0 {
		t.Errorf("a forwarded mail claims %+v", x)
	}
}

func TestClaimsTold(t *testing.T) {
	b := book(t)
	c := &contact.Contact{Channel: contact.Call, Call: &contact.CallFacts{Claimed: "Amazon fraud department"},
		Parts: []contact.Part{{Name: "words", Kind: contact.Told, Text: "somebody from microsoft called"}}}
	x := b.Claimed(b.Claims(read(b, c), c))
	if len(x) != 2 || x[0].As != "told" || x[1].As != "told" {
		t.Errorf("claimed %+v, want amazon and microsoft as told", x)
	}
	q := &contact.Contact{Channel: contact.Mail, Parts: []contact.Part{{Name: "body", Kind: contact.Quoted, Text: "Your Amazon account is locked"}}}
	if x := b.Claimed(b.Claims(read(b, q), q)); len(x) != 0 {
		t.Errorf("a quoted text makes a claim: %+v", x)
	}
	if x := b.Claims(nil, nil); len(x) != 0 {
		t.Errorf("claims of nothing: %+v", x)
	}
}

func FuzzClaims(f *testing.F) {
	for _, s := range []string{"Your Amazon account", "アマゾンより", "UPS", "amazon.co.jp", "楽天\xff", "amazon\namazon amazon"} {
		f.Add(s, s)
	}
	b := book(f)
	f.Fuzz(func(t *testing.T, name, body string) {
		c := &contact.Contact{Channel: contact.SMS, Sender: contact.Sender{Name: name, Mail: ident.Mail{Local: name, Domain: ident.Domain(body)}}, Parts: []contact.Part{said("body", body)}}
		for _, x := range b.Claims(read(b, c), c) {
			if x.Strength <= 0 || x.Strength > 1 || b.profiles[x.Brand] == nil {
				t.Fatalf("claim %+v", x)
			}
		}
	})
}

func BenchmarkClaims(b *testing.B) {
	k := book(b)
	s := ""
	for range 60 {
		s += "Your Amazon order is on its way with DHL, thank you for shopping. アマゾンをご利用いただきありがとうございます。\n"
	}
	c := &contact.Contact{Channel: contact.Mail, Parts: []contact.Part{said("body", s)}}
	rs := read(k, c)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		k.Claims(rs, c)
	}
}
