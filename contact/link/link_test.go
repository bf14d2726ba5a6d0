package link

import (
	"os"
	"slices"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/text"
)

func lists(t testing.TB) *Lists {
	t.Helper()
	l, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func reading(s string) []*text.Reading {
	return []*text.Reading{{Part: contact.Part{Name: "body", Text: s}, Folded: s}}
}

func TestFind(t *testing.T) {
	l := lists(t)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"scheme", "see https://example.com/a?b=1.", []string{"https://example.com/a?b=1"}},
		{"two", "http://example.com and www.example.org/x, ok", []string{"http://example.com", "www.example.org/x"}},
		{"bare with hyphen", "Confirm at amzn-verify.net now", []string{"amzn-verify.net"}},
		{"bare with path", "bit.ly/x9", []string{"bit.ly/x9"}},
		{"bare with port", "go to example.com:8443/a", []string{"example.com:8443/a"}},
		{"hxxp", "hxxps://example[.]com/login", []string{"https://example.com/login"}},
		{"stars", "h**p://example.com/x", []string{"http://example.com/x"}},
		{"bracketed dot", "example(.)net/pay", []string{"example.net/pay"}},
		{"spelled out", "write to helpdesk dot support today", []string{"helpdesk.support"}},
		{"spelled German", "auf refund-center Punkt info gehen", []string{"refund-center.info"}},
		{"spelled with hyphen", "amazon dash refund dot com", []string{"amazon-refund.com"}},
		{"spelled twice", "example dot co dot jp", []string{"example.co.jp"}},
		{"spelled Japanese", "アドレスはexample-pay ドット comです", []string{"example-pay.com"}},
		{"spelled Japanese glued", "example-payドットcomへ", []string{"example-pay.com"}},
		{"comma", "visit pinaswin,com now", []string{"pinaswin.com"}},
		{"Japanese around", "こちらamazon-jp.topをクリック", []string{"amazon-jp.top"}},
		{"Japanese after a path", "https://example.com/abc?id=1をご確認ください。", []string{"https://example.com/abc?id=1"}},
		{"Japanese full stop", "https://example.com/abc。次へ", []string{"https://example.com/abc"}},
		{"Japanese brackets", "「https://example.com/abc」", []string{"https://example.com/abc"}},
		{"full width", "\uff48\uff54\uff54\uff50\uff53://\uff45xample.com/\uff41", []string{"https://example.com/a"}},
		{"ideographic dot in host", "http://example。com/", []string{"http://example.com/"}},
		{"Japanese host", "https://例え.テスト例.jp/", []string{"https://例え.テスト例.jp/"}},
		{"zero width", "ama\u200bzon-pay.example.com/x", []string{"amazon-pay.example.com/x"}},
		{"Cyrillic letter", "www.\u0430mazon.com/x", []string{"www.\u0430mazon.com/x"}},
		{"parentheses", "(see https://example.com/a_(b))", []string{"https://example.com/a_(b)"}},
		{"quotes", "\"https://example.com/\"", []string{"https://example.com/"}},
		{"angle brackets", "<https://example.com/x>", []string{"https://example.com/x"}},
		{"userinfo", "https://amazon.com@evil.example.com/", []string{"https://amazon.com@evil.example.com/"}},
		{"address number", "http://203.0.113.9/amazon.co.jp", []string{"http://203.0.113.9/amazon.co.jp"}},
		{"bare address number with path", "203.0.113.9/login", []string{"203.0.113.9/login"}},
		{"data", "open data:text/html;base64,PGI+ please", []string{"data:text/html;base64,PGI+"}},
		{"upper case", "HTTPS://EXAMPLE.COM/X", []string{"HTTPS://EXAMPLE.COM/X"}},
		{"private suffix", "login at my-shop.web.app", []string{"my-shop.web.app"}},

		{"German abbreviation", "z.B. heute, d.h. u.a. bzw. usw.", nil},
		{"English abbreviation", "e.g. this, i.e. that, at 5 p.m. in the U.S.A.", nil},
		{"mail", "write to jane.doe@example.com please", nil},
		{"mail with host before", "amazon.com@example.net", nil},
		{"version", "version 1.2.3 of 4.5", nil},
		{"money", "costs 1.99 or 1,99 or 1.000,00", nil},
		{"bare address number", "server 203.0.113.9 is up", nil},
		{"file", "open report.zip and setup.py, rechnung.pdf, archive.tar.gz", nil},
		{"sentence without space", "It is ready.It is yours. Ende.Am Montag. Done.Please call", nil},
		{"small words", "call me.it is late.so what", nil},
		{"dot as a word", "the dot in the corner, join the dots now", nil},
		{"Punkt as a word", "An diesem Punkt Ende der Durchsage", nil},
		{"unknown ending", "foo.barbaz and node.js and a.b", nil},
		{"ellipsis", "well...now", nil},
		{"comma between words", "Hello,info is here", nil},
		{"nothing after the scheme", "http:// and https://", nil},
		{"Japanese sentence", "本日のご注文はありません。よろしくお願いします。", nil},
	} {
		var got []string
		for _, f := range Find(reading(c.text), l) {
			got = append(got, f.Raw)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: Find(%q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestFindPlaces(t *testing.T) {
	s := "Ihr Paket: helpdesk dot support jetzt"
	got := Find(reading(s), lists(t))
	if len(got) != 1 {
		t.Fatalf("found %d addresses, want 1", len(got))
	}
	g := got[0]
	if s[g.Start:g.End] != "helpdesk dot support" || g.Text != "helpdesk dot support" || g.Part != "body" || g.From != "text" {
		t.Errorf("place %d-%d (%q), text %q, part %q, from %q", g.Start, g.End, s[g.Start:g.End], g.Text, g.Part, g.From)
	}
}

func TestAllDropsTextOfLinks(t *testing.T) {
	s := "Go to https://example.com/a or https://example.org/b"
	c := &contact.Contact{Links: []contact.Link{{Raw: "https://evil.example.net", Text: "https://example.com/a", From: "html", Part: "body", Start: 6, End: 27}}}
	var raw []string
	for _, l := range All(c, reading(s), lists(t)) {
		raw = append(raw, l.Raw)
	}
	if want := []string{"https://evil.example.net", "https://example.org/b"}; !slices.Equal(raw, want) {
		t.Errorf("All = %q, want %q", raw, want)
	}
}

func analyse(t *testing.T, raw string) Analysis {
	t.Helper()
	return Analyse(contact.Link{Raw: raw}, lists(t))
}

func TestAnalyseHost(t *testing.T) {
	for _, c := range []struct{ raw, host, unicode, registrable, provider, suffix string }{
		{"https://www.example.co.uk/x", "www.example.co.uk", "www.example.co.uk", "example.co.uk", "example.co.uk", "co.uk"},
		{"http://EXAMPLE.com./", "example.com", "example.com", "example.com", "example.com", "com"},
		{"a.b.github.io", "a.b.github.io", "a.b.github.io", "b.github.io", "github.io", "github.io"},
		{"https://x.web.app", "x.web.app", "x.web.app", "x.web.app", "web.app", "web.app"},
		{"https://github.io", "github.io", "github.io", "github.io", "github.io", "github.io"},
		{"https://bücher.example.com", "xn--bcher-kva.example.com", "bücher.example.com", "example.com", "example.com", "com"},
		{"https://xn--mazon-3ve.com/", "xn--mazon-3ve.com", "\u0430mazon.com", "xn--mazon-3ve.com", "xn--mazon-3ve.com", "com"},
		{"https://example\u3002com", "example.com", "example.com", "example.com", "example.com", "com"},
		{"https:\\\\example.com\\x", "example.com", "example.com", "example.com", "example.com", "com"},
		{"//example.com/x", "example.com", "example.com", "example.com", "example.com", "com"},
		{"https://intranet/x", "intranet", "intranet", "", "", ""},
		{"https://ex%61mple.com", "example.com", "example.com", "example.com", "example.com", "com"},
		{"ht\ntps://exa\tmple.com", "example.com", "example.com", "example.com", "example.com", "com"},
	} {
		a := analyse(t, c.raw)
		if string(a.Host) != c.host || a.Unicode != c.unicode || string(a.Registrable) != c.registrable || string(a.Provider) != c.provider || a.Suffix != c.suffix {
			t.Errorf("Analyse(%q): host %q, Unicode %q, registrable %q, provider %q, suffix %q (problem %q); want %q %q %q %q %q",
				c.raw, a.Host, a.Unicode, a.Registrable, a.Provider, a.Suffix, a.Problem, c.host, c.unicode, c.registrable, c.provider, c.suffix)
		}
	}
}

func TestAnalyseIP(t *testing.T) {
	for _, c := range []struct{ raw, ip, form string }{
		{"http://203.0.113.9/x", "203.0.113.9", Dotted},
		{"http://3405803785/", "203.0.113.9", Decimal},
		{"http://0xcb007109/", "203.0.113.9", Hex},
		{"http://0xcb.0x00.0x71.0x09/", "203.0.113.9", Hex},
		{"http://0313.0.0161.011/", "203.0.113.9", Octal},
		{"http://203.0.28937/", "203.0.113.9", Short},
		{"http://127.1", "127.0.0.1", Short},
		{"http://2130706433/amazon.co.jp", "127.0.0.1", Decimal},
		{"http://user@203.0.113.9:8080/x", "203.0.113.9", Dotted},
		{"http://[2001:db8::1]/x", "2001:db8::1", IPv6},
		{"http://\uff12\uff10\uff13.0.113.9", "203.0.113.9", Encoded},
		{"http://%32%30%33.0.113.9", "203.0.113.9", Encoded},
	} {
		a := analyse(t, c.raw)
		if a.IP.String() != c.ip || a.IPForm != c.form || a.Host != "" {
			t.Errorf("Analyse(%q): IP %v, form %q, host %q; want %s, %s, none", c.raw, a.IP, a.IPForm, a.Host, c.ip, c.form)
		}
	}
}

func TestAnalyseTraits(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		ok        func(*Analysis) bool
	}{
		{"userinfo", "https://amazon.com@evil.example.net/", func(a *Analysis) bool { return a.Userinfo == "amazon.com" && a.Registrable == "example.net" }},
		{"userinfo with password", "https://amazon.com:80%2Fx@evil.example.net/", func(a *Analysis) bool { return strings.HasPrefix(a.Userinfo, "amazon.com:80/x") }},
		{"port", "http://example.com:8088/", func(a *Analysis) bool { return a.Port == 8088 && a.Has(OddPort) }},
		{"own port", "http://example.com:80/", func(a *Analysis) bool { return a.Port == 0 && !a.Has(OddPort) }},
		{"data", "data:text/html,<b>hi</b>", func(a *Analysis) bool { return a.Script && a.Scheme == "data" }},
		{"javascript", "javascript:alert(1)", func(a *Analysis) bool { return a.Script && a.Scheme == "javascript" }},
		{"blob", "blob:https://example.com/1", func(a *Analysis) bool { return a.Script }},
		{"file", "file:///etc/passwd", func(a *Analysis) bool { return a.Script && a.Scheme == "file" }},
		{"mailto", "mailto:a@example.com", func(a *Analysis) bool { return !a.Web() && !a.Script && a.Scheme == "mailto" }},
		{"shortener", "https://bit.ly/3xAMZ", func(a *Analysis) bool { return a.Shortener }},
		{"shortener with www", "https://www.cutt.ly/amazonjp", func(a *Analysis) bool { return a.Shortener }},
		{"no shortener", "https://example.com/bit.ly/", func(a *Analysis) bool { return !a.Shortener }},
		{"hosting by list", "https://sites.google.com/view/x", func(a *Analysis) bool { return a.Hosting }},
		{"no hosting", "https://www.google.com/maps", func(a *Analysis) bool { return !a.Hosting }},
		{"hosting s3", "https://s3.amazonaws.com/bucket/login.html", func(a *Analysis) bool { return a.Hosting && a.Provider == "amazonaws.com" }},
		{"hosting cloudfront", "https://d111.cloudfront.net/", func(a *Analysis) bool { return a.Hosting && a.Provider == "cloudfront.net" }},
		{"punycode", "https://xn--mazon-3ve.com", func(a *Analysis) bool { return a.Punycode && len(a.Mixed) == 1 && a.Has(MixedScript) }},
		{"whole Cyrillic", "https://\u0430\u0440\u0440\u04cf\u0435.com", func(a *Analysis) bool { return a.Punycode && len(a.Mixed) == 0 }},
		{"Japanese and Latin", "https://東京amazonカード.jp", func(a *Analysis) bool { return len(a.Mixed) == 0 }},
		{"odd ending", "https://example.top", func(a *Analysis) bool { return a.Has(OddTLD) }},
		{"dynamic DNS", "https://shop.duckdns.org", func(a *Analysis) bool { return a.Has(DynamicDNS) }},
		{"IPFS path", "https://example.com/ipfs/Qm1/x.html", func(a *Analysis) bool { return a.Has(IPFS) }},
		{"IPFS scheme", "ipfs://bafy/", func(a *Analysis) bool { return a.Has(IPFS) }},
		{"long host", "https://amazon.com.signin.session.id.example.com", func(a *Analysis) bool { return a.Has(LongHost) }},
		{"tokens", "https://example.com/Amazon.co.jp/Sign-In?a=B", func(a *Analysis) bool {
			return slices.Equal(a.PathTokens, []string{"amazon.co.jp", "sign-in", "a", "b"})
		}},
		{"host with a space", "http://exa mple.com", func(a *Analysis) bool { return a.Problem == "invalid" }},
		{"empty", "  ", func(a *Analysis) bool { return a.Problem == "empty" }},
		{"too long", "http://example.com/" + strings.Repeat("a", maxURL), func(a *Analysis) bool { return a.Problem == "too_long" }},
	} {
		a := analyse(t, c.raw)
		if !c.ok(&a) {
			t.Errorf("%s: Analyse(%q) = %+v", c.name, c.raw, a)
		}
	}
}

func TestUnfold(t *testing.T) {
	for _, c := range []struct {
		name, raw, kind string
		want            []string
	}{
		{"google", "https://www.google.com/url?q=https://evil.example.net/x&sa=D", "open", []string{"https://evil.example.net/x"}},
		{"google amp", "https://www.google.com/amp/s/evil.example.net/x", "amp", []string{"http://evil.example.net/x"}},
		{"yahoo", "https://r.search.yahoo.com/_ylt=Aw/RV=2/RE=1/RO=10/RU=https%3a%2f%2fevil.example.net%2f/RK=2/RS=x", "open", []string{"https://evil.example.net/"}},
		{"facebook", "https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.example.net%2F&h=AT0", "open", []string{"https://evil.example.net/"}},
		{"awstrack", "https://abc.r.us-east-1.awstrack.me/L0/https:%2F%2Fevil.example.net%2Fa/1/0100", "tracking", []string{"https://evil.example.net/a/1/0100"}},
		{"bing", "https://www.bing.com/ck/a?u=a1aHR0cHM6Ly9ldmlsLmV4YW1wbGUubmV0Lw&ntb=1", "open", []string{"https://evil.example.net/"}},
		{"safelinks", "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example.net%2F&data=04", "shield", []string{"https://evil.example.net/"}},
		{"proofpoint 2", "https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.example.net_x&d=D", "shield", []string{"https://evil.example.net/x"}},
		{"proofpoint 3", "https://urldefense.com/v3/__https://evil.example.net/x__;!!abc", "shield", []string{"https://evil.example.net/x"}},
		{"any parameter", "https://example.com/go?target=https%3A%2F%2Fevil.example.net", "parameter", []string{"https://evil.example.net/"}},
		{"base64 parameter", "https://example.com/go?t=aHR0cHM6Ly9ldmlsLmV4YW1wbGUubmV0Lw==", "parameter", []string{"https://evil.example.net/"}},
		{"double encoded", "https://example.com/go?t=https%253A%252F%252Fevil.example.net", "parameter", []string{"https://evil.example.net/"}},
		{"protocol relative", "https://example.com/go?t=//evil.example.net/x", "parameter", []string{"http://evil.example.net/x"}},
		{"in a path", "https://example.com/r/https://evil.example.net/x", "parameter", []string{"https://evil.example.net/x"}},
		{"in a fragment", "https://example.com/#https://evil.example.net/x", "parameter", []string{"https://evil.example.net/x"}},
		{"script in a parameter", "https://example.com/?u=javascript:alert(1)", "parameter", []string{"javascript:alert(1)"}},
		{"same domain", "https://example.com/login?next=https%3A%2F%2Fwww.example.com%2Fhome", "", nil},
		{"share button", "https://www.facebook.com/sharer.php?u=https%3A%2F%2Fexample.com", "", nil},
		{"archive", "https://web.archive.org/web/2020/https://example.com/", "", nil},
		{"plain", "https://example.com/?a=b", "", nil},
	} {
		a := analyse(t, c.raw)
		var got []string
		for _, x := range a.Targets {
			got = append(got, x.Href)
		}
		if a.Redirect != c.kind || !slices.Equal(got, c.want) {
			t.Errorf("%s: redirect %q, targets %q; want %q, %q", c.name, a.Redirect, got, c.kind, c.want)
		}
	}
}

func TestUnfoldIsBounded(t *testing.T) {
	raw := "https://final.example.net/"
	for i := range 12 {
		raw = "https://h" + string(rune('a'+i)) + ".example" + string(rune('a'+i)) + ".com/?u=" + strings.NewReplacer("%", "%25", ":", "%3A", "/", "%2F", "?", "%3F", "=", "%3D").Replace(raw)
		if len(raw) > maxURL {
			break
		}
	}
	if n := len(analyse(t, raw).Targets); n == 0 || n > maxDepth {
		t.Errorf("%d targets of nested addresses, want 1 to %d", n, maxDepth)
	}
	wide := "https://example.com/?" + strings.Repeat("u=https://evil.example.net/"+strings.Repeat("x", 3)+"&", 100)
	if n := len(analyse(t, wide).Targets); n != 1 {
		t.Errorf("%d targets of one address repeated, want 1", n)
	}
}

func TestMismatch(t *testing.T) {
	l := lists(t)
	for _, c := range []struct {
		name, text, raw    string
		mismatch, explicit bool
	}{
		{"other address", "https://www.example.com/login", "https://evil.example.net/", true, true},
		{"same address", "https://www.example.com/login", "https://example.com/x", false, true},
		{"name only", "Example.com", "https://evil.example.net/", true, false},
		{"name with arrow", "Example.com →", "https://evil.example.net/", true, false},
		{"words", "Click here", "https://evil.example.net/", false, false},
		{"words with a name", "More at Example.com today", "https://evil.example.net/", false, false},
		{"words with an address", "Go to https://example.com/login now", "https://evil.example.net/", true, true},
		{"target carries the text", "https://example.com/", "https://www.google.com/url?q=https://example.com/", false, true},
		{"file name", "invoice.pdf", "https://evil.example.net/", false, false},
		{"mail", "jane@example.com", "https://evil.example.net/", false, false},
		{"mailto", "www.example.com", "mailto:a@example.net", false, true},
		{"IP behind a name", "www.example.com", "http://203.0.113.9/", true, true},
	} {
		a := Analyse(contact.Link{Raw: c.raw, Text: c.text, From: "html"}, l)
		if a.Mismatch != c.mismatch || a.TextExplicit != c.explicit {
			t.Errorf("%s: mismatch %v explicit %v (text host %q), want %v %v", c.name, a.Mismatch, a.TextExplicit, a.TextHost, c.mismatch, c.explicit)
		}
	}
}

func TestNilLists(t *testing.T) {
	if a := Analyse(contact.Link{Raw: "https://bit.ly/x"}, nil); a.Shortener || a.Host != "bit.ly" {
		t.Errorf("without lists: %+v", a)
	}
	if got := Find(reading("bit.ly/x"), nil); len(got) != 1 {
		t.Errorf("without lists found %d addresses, want 1", len(got))
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"https://example.com", "a dot b dot com", "こちらamazon-jp.top、", "h**ps:\\\\x", "x,com", "\xff\xfe.com", "((((http://a.b/))))", "ドット com", "a@b.c@d.e"} {
		f.Add(s)
	}
	l := lists(f)
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, x := range Find(reading(s), l) {
			if x.Start < last || x.End < x.Start || x.End > len(s) {
				t.Fatalf("place %d-%d after %d in %d bytes", x.Start, x.End, last, len(s))
			}
			if x.Raw == "" {
				t.Fatal("an empty address was found")
			}
			last = x.End
			Analyse(x, l)
		}
	})
}

func FuzzAnalyse(f *testing.F) {
	for _, s := range []string{"https://example.com", "http://[::1", "//", "javascript:", "http://%", "https://a/?u=https://b/?u=https://c", "aHR0cDovLw==", "http://0x.0x", "http://xn--", "data:,"} {
		f.Add(s, s)
	}
	l := lists(f)
	f.Fuzz(func(t *testing.T, raw, visible string) {
		a := Analyse(contact.Link{Raw: raw, Text: visible}, l)
		if len(a.Targets) > maxTargets || len(a.PathTokens) > maxTokens {
			t.Fatalf("%d targets, %d tokens: the bounds do not hold", len(a.Targets), len(a.PathTokens))
		}
		if a.Problem == "" && a.Scheme == "" {
			t.Fatal("read without a problem and without a scheme")
		}
		if a.Registrable != "" && !a.Host.Under(a.Registrable) {
			t.Fatalf("host %q is not under %q", a.Host, a.Registrable)
		}
		a.Name()
	})
}

func BenchmarkFind(b *testing.B) {
	s := strings.Repeat("Your parcel is waiting, see https://example.com/track?id=1 or call us. 荷物はexample-jp.topで確認。\n", 100)
	l, rs := lists(b), reading(s)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Find(rs, l)
	}
}

func BenchmarkFindHostile(b *testing.B) {
	s := strings.Repeat("a.", 1<<15) + strings.Repeat("http://", 1<<13) + strings.Repeat(")", 1<<15) + strings.Repeat("x dot ", 1<<13) + "http://" + strings.Repeat("あ", 1<<14)
	l, rs := lists(b), reading(s)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Find(rs, l)
	}
}

func BenchmarkAnalyse(b *testing.B) {
	l := lists(b)
	for b.Loop() {
		Analyse(contact.Link{Raw: "https://www.google.com/url?q=https%3A%2F%2Famazon.com.account.example.top%2Fsignin", Text: "https://www.amazon.com"}, l)
	}
}
