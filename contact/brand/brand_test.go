package brand

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/evidence"
	"bonafide/ident"
)

func book(t testing.TB) *Book {
	t.Helper()
	b, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestLoad(t *testing.T) {
	b := book(t)
	if len(b.Profiles()) != 15 {
		t.Errorf("%d profiles, want 15", len(b.Profiles()))
	}
	for _, p := range b.Profiles() {
		for _, lang := range []string{"en", "de", "ja"} {
			if p.Name[lang] == "" {
				t.Errorf("%s: no name in %s", p.ID, lang)
			}
			for _, x := range p.Promises {
				if x.Text[lang] == "" {
					t.Errorf("%s: promise %s: no text in %s", p.ID, x.ID, lang)
				}
			}
		}
	}
	for _, f := range b.AllFacts() {
		for _, lang := range []string{"en", "de", "ja"} {
			if f.Text[lang] == "" {
				t.Errorf("fact %s: no text in %s", f.ID, lang)
			}
		}
	}
	for name, words := range map[string]map[string]Text{"lookalike": b.how.Lookalike, "hidden": b.how.Hidden, "odd": b.how.Odd, "forged": b.how.Forged} {
		for how, w := range words {
			for _, lang := range []string{"en", "de", "ja"} {
				if w[lang] == "" {
					t.Errorf("how.yaml: %s.%s: no words in %s", name, how, lang)
				}
			}
		}
	}
}

// weights reads the weights of this room's codes alone.
func weights(t *testing.T) *evidence.Table {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{evidence.GroupsFile, "evidence/brand.yaml", "evidence/link.yaml"} {
		raw, err := os.ReadFile("../../data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: raw}
	}
	table, err := evidence.LoadTable(files)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestCodesHaveWeights(t *testing.T) {
	table := weights(t)
	for _, c := range Codes() {
		if _, ok := table.Weight(c); !ok {
			t.Errorf("code %s has no weight in data/evidence", c)
		}
	}
	if len(Codes()) != len(table.Codes()) {
		t.Errorf("%d codes here, %d in data/evidence: one list is not whole", len(Codes()), len(table.Codes()))
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"unknown key", "brands/amazon.yaml", "id: amazon\ncolour: red\n", "line 2"},
		{"other id", "brands/amazon.yaml", "id: amazonia\n", "want the name of the file"},
		{"unknown status", "brands/amazon.yaml", "domains:\n  - {domain: a.example, country: US, role: shop, status: sure, source: [v2fly]}\n", "status \"sure\""},
		{"unknown source", "brands/amazon.yaml", "domains:\n  - {domain: a.example, country: US, role: shop, status: official, source: [nobody]}\n", "source \"nobody\""},
		{"no source", "brands/amazon.yaml", "domains:\n  - {domain: a.example, country: US, role: shop, status: official}\n", "no source"},
		{"bad number", "brands/amazon.yaml", "numbers:\n  - {country: US, number: \"555\", display: x, status: official, source: [v2fly]}\n", "number x"},
		{"bad date", "brands/facts.yaml", "facts:\n  - {id: x, text: {en: a}, valid_from: soon, status: official, source: [v2fly]}\n", "date \"soon\""},
		{"bad token", "brands/amazon.yaml", "tokens: [{word: x, in: nowhere}]\n", "want word, lure"},
		{"doubled domain", "brands/example.yaml", "id: example\nname: {en: Example}\ntokens: [{word: example, in: word}]\ndomains:\n  - {domain: amazon.de, country: DE, role: shop, status: official, source: [v2fly]}\n", "stands in brands/amazon.yaml too"},
		{"new brand without a domain", "brands/example.yaml", "id: example\nname: {en: Example}\n", "at least one domain"},
		{"no YAML", "brands/amazon.yaml", "id: [", "brands/amazon.yaml"},
	} {
		_, err := Load(os.DirFS("../../data"), fstest.MapFS{c.file: {Data: []byte(c.text)}})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s: error %v; want one that names %s and says %q", c.name, err, c.file, c.want)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("an empty file system was accepted")
	}
}

func TestOverlay(t *testing.T) {
	local := fstest.MapFS{
		"brands/amazon.yaml":  {Data: []byte("country: DE\nname: {en: Amazon here}\n")},
		"brands/example.yaml": {Data: []byte("id: example\nname: {en: Example Shop, de: Beispiel, ja: 例}\ntokens: [{word: exampleshop, in: anywhere}]\nclaim: {words: [example shop]}\ndomains:\n  - {domain: shop.example, country: DE, role: shop, may_be_linked: true, may_send_mail: true, status: official, source: [\"https://shop.example/contact\"]}\n")},
		"brands/facts.yaml":   {Data: []byte("facts:\n  - {id: two_step_us, brand: amazon, topic: 2sv, country: US, text: {en: replaced}, status: seed, source: [seed0]}\n")},
	}
	b, err := Load(os.DirFS("../../data"), local)
	if err != nil {
		t.Fatal(err)
	}
	p := b.Profile("amazon")
	if p.Country != "DE" || p.Name["en"] != "Amazon here" || p.Name["de"] != "Amazon" || len(p.Domains) < 50 {
		t.Errorf("overlaid profile: country %q, name %v, %d domains: want the given fields new and the rest as shipped", p.Country, p.Name, len(p.Domains))
	}
	if id, _, ok := b.OfficialDomain("www.shop.example"); !ok || id != "example" {
		t.Errorf("the local brand's domain gives %q %v", id, ok)
	}
	if im, ok := b.Lookalike("exampleshop-login.test"); !ok || im.Brand != "example" {
		t.Errorf("an imitation of the local brand gives %+v %v", im, ok)
	}
	for _, f := range b.AllFacts() {
		if f.ID == "two_step_us" && f.Text["en"] != "replaced" {
			t.Errorf("fact not replaced: %v", f.Text)
		}
	}
}

func TestOfficialDomain(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		host   ident.Domain
		brand  string
		status Status
	}{
		{"amazon.de", "amazon", Official},
		{"pay.amazon.de", "amazon", Official},
		{"www.amazon.co.jp", "amazon", Official},
		{"amazon.at", "amazon", Unverified},
		{"buy.amazon", "amazon", Secondary},
		{"dhl.de", "dhl", Official},
		{"id.apple.com", "apple", Secondary},
		{"payments-amazon.de", "", ""},
		{"amazon.de.example.com", "", ""},
		{"xamazon.de", "", ""},
		{"amazon", "", ""},
		{"", "", ""},
	} {
		id, d, ok := b.OfficialDomain(c.host)
		if id != c.brand || ok != (c.brand != "") || d.Status != c.status {
			t.Errorf("OfficialDomain(%s) = %q, %q, %v; want %q, %q", c.host, id, d.Status, ok, c.brand, c.status)
		}
	}
}

func TestMailDomain(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		host   ident.Domain
		brand  string
		status Status
		relay  bool
	}{
		{"amazon.de", "amazon", Official, false},
		{"marketplace.amazon.co.uk", "amazon", Official, true},
		{"abc.marketplace.amazon.de", "amazon", Official, true},
		{"amazon.lu", "amazon", Secondary, false},
		{"images-amazon.com", "", "", false},
		{"icloud.com", "", "", false}, // anybody has a mailbox there
		{"live.com", "", "", false},
		{"marketplace.amazon.evil.example", "", "", false},
	} {
		id, status, ok := b.MailDomain(c.host)
		if id != c.brand || ok != (c.brand != "") || status != c.status || b.Relay(c.host) != c.relay {
			t.Errorf("MailDomain(%s) = %q, %q, %v, relay %v; want %q, %q, relay %v", c.host, id, status, ok, b.Relay(c.host), c.brand, c.status, c.relay)
		}
	}
}

func TestNumbers(t *testing.T) {
	b := book(t)
	if id, country, status, ok := b.Official("+81120899543"); id != "amazon" || country != "JP" || status != "seed" || !ok {
		t.Errorf("Official = %q %q %q %v", id, country, status, ok)
	}
	if _, _, ok := b.OfficialNumber("+81120889543"); ok {
		t.Error("a number one digit off is listed")
	}
	for _, c := range []struct {
		p, near ident.Phone
		dist    int
	}{
		{"+81120889543", "+81120899543", 1},
		{"+81120899543", "+81120899543", 0},
		{"+18882804313", "+18882804331", 1},
	} {
		if near, dist := b.Nearest(c.p); near != c.near || dist != c.dist {
			t.Errorf("Nearest(%s) = %s, %d; want %s, %d", c.p, near, dist, c.near, c.dist)
		}
	}
	if _, d := b.Nearest("+49305550101"); d < 3 {
		t.Errorf("an unrelated number is only %d away", d)
	}
}

// S4.19: the Japanese number with hours, marked as of 2023-09.
func TestHours(t *testing.T) {
	b := book(t)
	_, n, ok := b.OfficialNumber("+81120899543")
	if !ok || n.AsOf != "2023-09" || n.Status != Seed {
		t.Fatalf("number %+v", n)
	}
	for _, c := range []struct {
		at   string
		open bool
	}{
		{"2026-11-22T20:00:00+09:00", false},
		{"2026-11-22T09:00:00+09:00", true},
		{"2026-11-22T17:59:00+09:00", true},
		{"2026-11-22T18:00:00+09:00", false},
		{"2026-11-22T03:30:00Z", true}, // 12:30 in Tokyo
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if open, known := n.Hours.OpenAt(at); open != c.open || !known {
			t.Errorf("at %s: open %v, known %v; want %v", c.at, open, known, c.open)
		}
	}
	if !b.Stale(&n.Origin, day("2026-11-22")) || b.Stale(&n.Origin, day("2024-01-01")) {
		t.Error("a number seen in 2023-09 must be stale in 2026 and not in January 2024")
	}
	if _, us, _ := b.OfficialNumber("+18882804331"); !us.Hours.Always || b.Stale(&us.Origin, day("2026-11-22")) {
		t.Errorf("US number %+v", us)
	}
	if _, known := (Hours{}).OpenAt(day("2026-01-01")); known {
		t.Error("no hours, yet known")
	}
}

// S0.25: a feature by country and since when, no stale claim.
func TestTwoStepFacts(t *testing.T) {
	b := book(t)
	facts := b.Facts("amazon", "2sv", day("2026-11-22"))
	since := map[string]Date{}
	for _, f := range facts {
		since[f.Country] = f.ValidFrom
		if strings.Contains(f.Text["en"], "not yet") {
			t.Errorf("stale fact shown: %s", f.Text["en"])
		}
	}
	if since["US"] != "2015-11" || since["DE"] != "2016-12" {
		t.Errorf("since %v, want US 2015-11 and DE 2016-12", since)
	}
	if _, ok := since["JP"]; !ok {
		t.Error("no entry for JP")
	}
	if _, ok := since["GB"]; !ok {
		t.Error("no entry for GB")
	}
	for _, f := range b.Facts("amazon", "2sv", day("2016-06-01")) {
		if f.Country == "DE" {
			t.Errorf("in June 2016 Germany had %q", f.Text["en"])
		}
	}
}

// S1.7 and S1.16: the figure of Which?, with its source.
func TestLosses(t *testing.T) {
	b := book(t)
	for _, f := range b.Facts("", "losses", day("2026-11-22")) {
		if f.ID == "takeover_losses_gb" {
			s, ok := b.Source(f.Source[0])
			if f.Amount != 16e6 || f.Unit != "GBP per year" || f.AsOf != "2020-11" || !ok || !strings.Contains(s.What, "Which?") {
				t.Errorf("fact %+v, source %+v", f, s)
			}
			return
		}
	}
	t.Error("no figure of losses")
}

// S4.18: the company's name in Japan.
func TestLegalName(t *testing.T) {
	if got := book(t).Profile("amazon").LegalName("JP"); got != "アマゾンジャパン合同会社" {
		t.Errorf("LegalName(JP) = %q", got)
	}
}

// S1.15, S3.42, S3.43: the help pages of the person's country.
func TestHelp(t *testing.T) {
	p := book(t).Profile("amazon")
	for _, c := range []struct{ country, topic, address string }{
		{"DE", "identify", "amazon.de/gp/help/customer/display.html?nodeId=201909120"},
		{"JP", "identify", "amazon.co.jp/gp/help/customer/display.html?nodeId=G4YFYCCNUSENA23B"},
		{"GB", "identify", "amazon.co.uk/gp/help/customer/display.html?nodeId=G4YFYCCNUSENA23B"},
		{"US", "identify", "amazon.com/gp/help/customer/display.html?nodeId=G4YFYCCNUSENA23B"},
		{"GB", "two_step", "amazon.co.uk/2SV"},
		{"US", "fraud_tips", "trustworthyshopping.aboutamazon.com/focus/scam-prevention"},
		{"JP", "fraud_tips", "trustworthyshopping.aboutamazon.com/focus/scam-prevention"},
	} {
		pages := p.Help(c.country, c.topic)
		if len(pages) == 0 || pages[0].Address != c.address {
			t.Errorf("Help(%s, %s) = %v, want %s first", c.country, c.topic, pages, c.address)
		}
	}
	if pages := p.Help("US", "two_step"); len(pages) != 0 {
		t.Errorf("an unverified page is offered: %v", pages)
	}
}

// S3.44: today's address for reports first, the old one as former.
func TestReports(t *testing.T) {
	p := book(t).Profile("amazon")
	values := func(at string) (out []string) {
		for _, r := range p.Reports("US", day(at)) {
			if r.Kind == "mail" {
				out = append(out, r.Value)
			}
		}
		return out
	}
	if got := values("2026-11-22"); len(got) != 2 || got[0] != "reportascam@amazon.com" || got[1] != "stop-spoofing@amazon.com" {
		t.Errorf("today %v", got)
	}
	if got := values("2020-12-01"); len(got) != 2 || got[0] != "stop-spoofing@amazon.com" {
		t.Errorf("2020 %v", got)
	}
	if got := p.Reports("US", day("2026-11-22")); got[0].Value != "amazon.com/reportascam" {
		t.Errorf("first today: %v", got[0])
	}
	for _, r := range p.Reports("DE", day("2026-11-22")) {
		if r.Status == Unverified {
			t.Errorf("an unverified address is offered: %s", r.Value)
		}
	}
}

// S4.22: the way to hidden orders in 2023, and what to do today.
func TestHiddenOrders(t *testing.T) {
	p := book(t).Profile("amazon")
	way, valid, ok := p.Way("hidden_orders", "ja", day("2023-09-14"))
	if !ok || !valid || strings.Join(way.Path, ">") != "アカウントサービス>お買い物設定>非表示にした注文の表示" {
		t.Errorf("2023: %v %v %v", way.Path, valid, ok)
	}
	way, valid, ok = p.Way("hidden_orders", "ja", day("2026-11-22"))
	if !ok || valid || !strings.Contains(way.Instead, "カード明細") {
		t.Errorf("today: valid %v, instead %q", valid, way.Instead)
	}
	if way, valid, _ := p.Way("hidden_orders", "de", day("2026-11-22")); valid || way.Instead == "" {
		t.Errorf("an unverified way is called valid: %v", way)
	}
	if _, valid, ok := p.Way("your_orders", "de", day("2026-11-22")); !ok || !valid {
		t.Error("the way to the orders is missing")
	}
	if _, _, ok := p.Way("nothing", "de", day("2026-11-22")); ok {
		t.Error("a way to nothing")
	}
}

func TestIdentifiers(t *testing.T) {
	id := book(t).Profile("amazon").Identifiers
	for _, x := range append(id.OrderNumber, id.Tracking...) {
		if x.Example != "" && !regexp.MustCompile(x.Pattern).MatchString(x.Example) {
			t.Errorf("%s does not match its example %s", x.Pattern, x.Example)
		}
	}
	if regexp.MustCompile(id.OrderNumber[0].Pattern).MatchString("#MFHG38Z") {
		t.Error("a wrong order number matches")
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ d, start, end string }{
		{"2023", "2023-01-01", "2024-01-01"},
		{"~2023-09", "2023-09-01", "2023-10-01"},
		{"2023-09-14", "2023-09-14", "2023-09-15"},
	} {
		start, ok1 := Date(c.d).Start()
		end, ok2 := Date(c.d).End()
		if !ok1 || !ok2 || start != day(c.start) || end != day(c.end) {
			t.Errorf("%s: %v to %v, want %s to %s", c.d, start, end, c.start, c.end)
		}
	}
	if _, ok := Date("date unknown").Start(); ok {
		t.Error("\"date unknown\" has a start")
	}
}

func TestDamerau(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"amazon", "amazon", 0}, {"amzaon", "amazon", 1}, {"amazom", "amazon", 1}, {"amazn", "amazon", 1}, {"amazing", "amazon", 2}, {"", "abc", 3}, {"ca", "abc", 3}} {
		if got := damerau(c.a, c.b, 9); got != c.want {
			t.Errorf("damerau(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
