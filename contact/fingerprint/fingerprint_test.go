package fingerprint

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/contact/text"
	"bonafide/data"
	"bonafide/ident"
)

// knowledge is what the tests load once.
type knowledge struct {
	rules   *Rules
	folding *text.Folding
	lists   *link.Lists
}

var loaded = sync.OnceValues(func() (k knowledge, err error) {
	if k.rules, err = Load(data.FS); err != nil {
		return k, err
	}
	if k.folding, err = text.LoadFolding(data.FS); err != nil {
		return k, err
	}
	k.lists, err = link.Load(data.FS)
	return k, err
})

func load(t testing.TB) knowledge {
	t.Helper()
	k, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// book knows one organisation.
type book struct{}

func (book) Owned(d ident.Domain) bool    { return d.Under("bigshop.test") || d.Under("bigshop.com") }
func (book) Listed(p ident.Phone) bool    { return p == "+18005550100" }
func (book) Freemail(d ident.Domain) bool { return d == "gmail.com" }

// letter is a mail in a test.
type letter struct {
	from, replyTo, to, toName string
	subject, body             string
	links                     []string
	numbers                   []ident.Phone
	accounts                  []string
	digest                    string
	forged                    bool
}

func (l letter) input(t testing.TB, k knowledge) Input {
	t.Helper()
	c := &contact.Contact{Channel: contact.Mail, Mail: &contact.MailFacts{}}
	address := func(s string) ident.Mail {
		m, err := ident.ParseMail(s)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if l.from != "" {
		c.Sender.Mail = address(l.from)
	}
	if l.to != "" {
		c.Mail.To = []contact.Address{{Name: l.toName, Mail: address(l.to)}}
	}
	if l.replyTo != "" {
		c.Mail.ReplyTo = []contact.Address{{Mail: address(l.replyTo)}}
	}
	if l.subject != "" {
		c.Parts = append(c.Parts, contact.Part{Name: "subject", Text: l.subject})
	}
	c.Parts = append(c.Parts, contact.Part{Name: "body", Text: l.body})
	for _, raw := range l.links {
		c.Links = append(c.Links, contact.Link{Raw: raw, From: "html"})
	}
	if l.digest != "" {
		c.Attachments = []contact.Attachment{{Name: "a.pdf", Size: 9, Digest: l.digest}}
	}
	in := Input{Contact: c, Numbers: l.numbers, Accounts: l.accounts, Known: book{}, Forged: l.forged}
	for _, p := range c.Parts {
		in.Readings = append(in.Readings, text.Read(p, k.folding))
	}
	for _, x := range link.All(c, in.Readings, k.lists) {
		in.Links = append(in.Links, link.Analyse(x, k.lists))
	}
	return in
}

func (l letter) member(t testing.TB, doubted bool) Member {
	k := load(t)
	s, points := k.rules.Read(l.input(t, k))
	if len(points) != len(s.Points()) {
		t.Fatalf("%d points for %d marks", len(points), len(s.Points()))
	}
	return Member{s, doubted}
}

// phish is a mail of one campaign to some receiver.
func phish(name, address string, n int, host string) letter {
	return letter{
		from: fmt.Sprintf("info@sender%d.example", n), to: address, toName: name,
		subject: fmt.Sprintf("%s, your parcel %d-%d is on hold", name, n*7919, n),
		body: fmt.Sprintf("Dear %s,\n\nyour parcel with number JD%09dX could not be delivered on %02d.11.2026 because a customs fee of %d.95 USD has not been paid.\n"+
			"Please confirm your address and pay the outstanding amount within the next %d hours, or the parcel will be returned to its sender.\n"+
			"Confirm here: https://%s/p/%x\nThis mail was sent to %s by the customer service of the parcel centre.\n", name, n*31, n%28+1, n%9, 24+n%3, host, n*65537, address),
	}
}

// order is a genuine mail of a shop to some customer.
func order(name, address string, n int, item string) letter {
	return letter{
		from: "orders@small-shop.example", to: address, toName: name, subject: fmt.Sprintf("Your order %d has been shipped", n),
		body: fmt.Sprintf("Hello %s,\n\nthank you for shopping with us. Your order %d of %d November has left our warehouse today and is on its way to you.\n"+
			"It contains: %s, %d.99 EUR.\nYou can follow the parcel in your account at any time. If something is wrong with your order, call our customer service or answer this mail.\n"+
			"Your team of the small shop\n", name, n, n%28+1, item, n%50),
		links: []string{"https://www.small-shop.example/account/orders/" + fmt.Sprint(n), "https://facebook.com/smallshop"}, numbers: []ident.Phone{"+4930123456"},
	}
}

func TestOneCampaign(t *testing.T) {
	k := load(t)
	a, b := phish("Erika Mustermann", "erika@home.test", 4711, "pay-parcel.example"), phish("John Public", "jqp1970@other.test", 1234, "pay-parcel.example")
	x, y := a.member(t, false), b.member(t, false)
	m := k.rules.Match(&x, &y)
	if m.Words != 1 || len(m.Shared) != 1 || m.Shared[0].Kind() != Site {
		t.Errorf("two mails of one campaign: %+v, want the same words and one site", m)
	}
	if !m.Campaign {
		t.Error("the same words of two senders with one site are no campaign although nobody doubts")
	}
	far := phish("Jane Roe", "jane@third.test", 99, "other-place.example")
	z := far.member(t, false)
	if k.rules.Match(&x, &z).Campaign {
		t.Error("the same words alone are a campaign although nobody doubts")
	}
	z.Doubted = true
	if !k.rules.Match(&x, &z).Campaign {
		t.Error("the same words with another site are no campaign although one is doubted")
	}
}

func TestOrderMails(t *testing.T) {
	k := load(t)
	a, b := order("Erika Mustermann", "erika@home.test", 100234, "coffee maker, red"), order("John Public", "john@other.test", 100777, "garden chair, four pieces")
	x, y := a.member(t, false), b.member(t, false)
	m := k.rules.Match(&x, &y)
	if m.Words < 0.6 || len(m.Shared) == 0 {
		t.Fatalf("the two are too different to test anything: %+v", m)
	}
	if m.Campaign {
		t.Errorf("order mails of one shop to two customers are a campaign: %+v", m)
	}
	x.Doubted = true
	if k.rules.Match(&x, &y).Campaign {
		t.Error("one wrong verdict makes a campaign of a shop's order mails")
	}
	// The same text once more, to another customer.
	c := order("Max Roe", "max@third.test", 555, "coffee maker, red")
	z := c.member(t, false)
	if k.rules.Match(&x, &z).Campaign {
		t.Error("one wrong verdict makes a campaign of two order mails for the same article")
	}
	// Both doubted: the shop is a front.
	z.Doubted = true
	if !k.rules.Match(&x, &z).Campaign {
		t.Error("two doubted mails of one sender with the same words are no campaign")
	}
}

func TestKnownOrganisation(t *testing.T) {
	k := load(t)
	mk := func(name string, n int) letter {
		l := order(name, "x@home.test", n, "coffee maker, red")
		l.from, l.links, l.numbers = "orders@bigshop.test", []string{"https://www.bigshop.com/orders"}, []ident.Phone{"+18005550100"}
		return l
	}
	x, y := mk("Erika Mustermann", 12345).member(t, true), mk("John Public", 777).member(t, true)
	if m := k.rules.Match(&x, &y); m.Campaign || m.Words < 0.9 {
		t.Errorf("mails from a known organisation that lead only to it: %+v, want no campaign", m)
	}
	// The same words in its name, from its address as it seems, leading elsewhere.
	elsewhere := func(name string, n int) letter {
		l := mk(name, n)
		l.links = append(l.links, "https://bigshop-orders.example/login")
		return l
	}
	x, y = elsewhere("Erika Mustermann", 12345).member(t, true), elsewhere("John Public", 777).member(t, true)
	if m := k.rules.Match(&x, &y); !m.Campaign {
		t.Errorf("mails in the name of a known organisation that lead elsewhere: %+v, want a campaign", m)
	}
	// A mail of the campaign that nobody doubts does not join what a shop sends,
	// but joins where the sender is forged.
	y.Doubted = false
	if k.rules.Match(&x, &y).Campaign {
		t.Error("one sender that leads home and one doubt make a campaign")
	}
	forged := elsewhere("John Public", 777)
	forged.forged = true
	y = forged.member(t, false)
	if !k.rules.Match(&x, &y).Campaign {
		t.Error("a forged sender keeps a mail out of its campaign")
	}
}

// TestTemplateOfTwoShops: two shops with the same software.
func TestTemplateOfTwoShops(t *testing.T) {
	k := load(t)
	a, b := order("Erika Mustermann", "e@home.test", 17, "tea"), order("John Public", "j@home.test", 18, "tea")
	b.from, b.links, b.numbers = "shop@tea-house.example", []string{"https://tea-house.example/o/18"}, nil
	x, y := a.member(t, false), b.member(t, false)
	if m := k.rules.Match(&x, &y); m.Campaign {
		t.Errorf("two shops with one template: %+v, want no campaign", m)
	}
}

func TestMasks(t *testing.T) {
	k := load(t)
	const tail = " and please read on, because this sentence has words enough to be compared with the other one in all its length"
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"order number", "Your order 112-1234567-1234567 waits" + tail, "Your order 305-7654321-0000001 waits" + tail, true},
		{"amount", "You pay $ 763.00 today" + tail, "You pay $ 1,299.95 today" + tail, true},
		{"hex id", "Reference 9f86d081884c7d65" + tail, "Reference a7ffc6f8bf1ed766" + tail, true},
		{"mail address", "Mail to erika@home.test was sent" + tail, "Mail to j.public@other.example was sent" + tail, true},
		{"web address", "See https://a.example/x?u=1 now" + tail, "See https://b.test/y now" + tail, true},
		{"token", "Key abcdefghijklmnopqrstuvwxyzabcdefgh stands" + tail, "Key zyxwvutsrqponmlkjihgfedcbaaaaaaa stands" + tail, true},
		{"name", "Dear Erika Mustermann,\nwe write" + tail, "Dear John,\nwe write" + tail, true},
		{"German name", "Sehr geehrte Frau Mustermann,\nwir schreiben" + tail, "Sehr geehrter Herr Dr. Max Roe,\nwir schreiben" + tail, true},
		{"Japanese name", "山田太郎様\nご利用ありがとうございます。お荷物をお届けできませんでした。", "鈴木花子様\nご利用ありがとうございます。お荷物をお届けできませんでした。", true},
		{"Japanese text", "ご利用ありがとうございます。お荷物をお届けできませんでした。", "アカウントに不審なログインがありました。至急ご確認をお願いします。", false},
		{"other words", "Your order 112 waits" + tail, "Our parcel 112 left" + tail, false},
		{"letters dressed up", "Your account is locked" + tail, "Your a\u200bccount is lоcked" + tail, true},
	}
	for _, tt := range tests {
		x, y := letter{body: tt.a}.member(t, false), letter{body: tt.b}.member(t, false)
		if got := k.rules.Match(&x, &y).Words == 1; got != tt.same {
			t.Errorf("%s: same words %v, want %v (%.2f)", tt.name, got, tt.same, k.rules.Match(&x, &y).Words)
		}
	}
}

func TestContactPoints(t *testing.T) {
	k := load(t)
	tests := []struct {
		name string
		l    letter
		want []string
	}{
		{"site", letter{links: []string{"https://www.evil.example/a", "http://pay.evil.example/b"}}, []string{"site evil.example"}},
		{"sender's own", letter{from: "a@shop.example", links: []string{"https://www.shop.example/a"}}, nil},
		{"receiver's own", letter{to: "a@home.test", links: []string{"https://home.test/intranet"}}, nil},
		{"known organisation", letter{links: []string{"https://www.bigshop.com/a"}, numbers: []ident.Phone{"+18005550100"}}, nil},
		{"everybody's", letter{links: []string{"https://www.facebook.com/x", "http://www.w3.org/TR"}}, nil},
		{"page", letter{links: []string{"https://bit.ly/3abcd", "https://storage.googleapis.com/bucket/file.html?x=1"}}, []string{"page bit.ly/3abcd", "page storage.googleapis.com/bucket/file.html"}},
		{"private suffix", letter{links: []string{"https://login-page.web.app/x"}}, []string{"site login-page.web.app"}},
		{"address of numbers", letter{links: []string{"http://2130706433/x"}}, []string{"site 127.0.0.1"}},
		{"behind a redirector", letter{links: []string{"https://www.google.com/url?q=https://evil.example/a"}}, []string{"site evil.example"}},
		{"messenger", letter{links: []string{"https://wa.me/491701234567"}}, []string{"account wa.me/•••67"}},
		{"number", letter{numbers: []ident.Phone{"+18885550147"}}, []string{"number +188855•••47"}},
		{"free mailbox", letter{from: "help.desk@gmail.com"}, []string{"mailbox h•••@gmail.com"}},
		{"answers elsewhere", letter{from: "a@shop.example", replyTo: "box@other.example"}, []string{"mailbox b•••@other.example"}},
		{"answers at home", letter{from: "a@shop.example", replyTo: "box@mail.shop.example"}, nil},
		{"mail link", letter{links: []string{"mailto:desk@gmail.com?subject=x"}}, []string{"mailbox d•••@gmail.com"}},
		{"bank account", letter{accounts: []string{"DE02120300000000202051"}}, []string{"account DE•••2051"}},
		{"file", letter{digest: strings.Repeat("ab", 32)}, []string{"file abababababab"}},
		{"wallets", letter{body: "Send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa or bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4, or 0x52908400098527886E0F7030069857D2E4169EE7."},
			[]string{"account 1A1z•••vfNa", "account bc1q•••f3t4", "account 0x52•••9ee7"}},
		{"no wallet", letter{body: "Code 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb and bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5 are wrong."}, nil},
	}
	for _, tt := range tests {
		in := tt.l.input(t, k)
		_, points := k.rules.Read(in)
		var got []string
		for _, p := range points {
			got = append(got, p.Mark.Kind().String()+" "+p.Shown)
		}
		slices.Sort(got)
		slices.Sort(tt.want)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestManyPoints(t *testing.T) {
	var links []string
	for i := range 500 {
		links = append(links, fmt.Sprintf("https://site%d.example/", i))
	}
	x := letter{body: "a", links: links}.member(t, false)
	if n := len(x.Signature.Points()); n > maxPoints {
		t.Errorf("%d points kept, want at most %d", n, maxPoints)
	}
	if n := len(x.Signature.String()); n > 471 {
		t.Errorf("text form of %d characters, want at most 471", n)
	}
}

func TestKey(t *testing.T) {
	k := load(t)
	in := phish("Erika Mustermann", "erika@home.test", 1, "evil.example").input(t, k)
	plain, _ := k.rules.Read(in)
	one, _ := k.rules.With([]byte("one key")).Read(in)
	again, _ := k.rules.With([]byte("one key")).Read(in)
	two, _ := k.rules.With([]byte("another key")).Read(in)
	if plain.Keyed() || !one.Keyed() || !reflect.DeepEqual(one, again) {
		t.Error("a key makes no other signature, or not the same one twice")
	}
	for name, other := range map[string]Signature{"no key": plain, "another key": two} {
		if alike(&one.text, &other.text) > 0.1 || len(slices.Collect(shared(one.points, other.points))) > 0 || one.sender == other.sender {
			t.Errorf("a signature with a key has hashes of one with %s", name)
		}
		if m := k.rules.Match(&Member{one, true}, &Member{other, true}); !reflect.DeepEqual(m, Match{}) {
			t.Errorf("signatures of two keys are compared: %+v", m)
		}
	}
}

func TestEmpty(t *testing.T) {
	k := load(t)
	var none Member
	none.Doubted = true
	if m := k.rules.Match(&none, &none); m.Campaign || m.Words != 0 {
		t.Errorf("two contacts with nothing in them: %+v", m)
	}
	s, points := k.rules.Read(Input{Contact: &contact.Contact{}})
	if !reflect.DeepEqual(s, Signature{}) || points != nil {
		t.Errorf("an empty contact has the signature %v", s)
	}
	if got := k.rules.Group(make([]Member, 5)); got != nil {
		t.Errorf("empty contacts are grouped: %v", got)
	}
}

// TestEstimate: the share of equal rows is near the true resemblance, for short
// texts too.
func TestEstimate(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{10, 60, 1000} {
		for _, want := range []float64{0.2, 0.5, 0.8} {
			sum, n := 0.0, 200
			for range n {
				a, b := newMinima(), newMinima()
				common := int(2 * float64(size) * want / (1 + want))
				for range common {
					h := rng.Uint64()
					a.add(h)
					b.add(h)
				}
				for range size - common {
					a.add(rng.Uint64())
					b.add(rng.Uint64())
				}
				x, y := a.rows(), b.rows()
				sum += alike(&x, &y)
				want = float64(common) / float64(2*size-common)
			}
			if got := sum / float64(n); got < want-0.04 || got > want+0.04 {
				t.Errorf("%d elements: mean estimate %.3f, want %.3f ± 0.04", size, got, want)
			}
		}
	}
}

var vocabulary = strings.Fields("account parcel fee delivery customs bank office window garden river mountain letter evening morning report meeting " +
	"project budget music theatre kitchen recipe doctor school teacher holiday island weather summer winter engine bicycle train ticket " +
	"market price offer member club newsletter issue article author history museum picture camera phone battery cable screen keyboard")

// sentence draws words.
func sentence(t *rapid.T, label string, least, most int) []string {
	return rapid.SliceOfN(rapid.SampledFrom(vocabulary), least, most).Draw(t, label)
}

// TestTinyEdits: one word changed in a text of 60 or more keeps it in its group.
func TestTinyEdits(t *testing.T) {
	k := load(t)
	rapid.Check(t, func(rt *rapid.T) {
		words := sentence(rt, "text", 60, 300)
		edited := slices.Clone(words)
		edited[rapid.IntRange(0, len(words)-1).Draw(rt, "at")] = "changed"
		x, y := letter{body: strings.Join(words, " ")}.member(t, true), letter{body: strings.Join(edited, " ")}.member(t, true)
		if m := k.rules.Match(&x, &y); m.Words < 0.7 {
			rt.Fatalf("one word of %d changed: resemblance %.2f", len(words), m.Words)
		}
		if len(words) >= 120 {
			if got := k.rules.Group([]Member{x, y}); len(got) != 1 {
				rt.Fatalf("one word of %d changed: groups %v", len(words), got)
			}
		}
	})
}

// TestUnrelated: texts of the same words in other orders do not meet.
func TestUnrelated(t *testing.T) {
	k := load(t)
	rapid.Check(t, func(rt *rapid.T) {
		x := letter{body: strings.Join(sentence(rt, "a", 20, 200), " ")}.member(t, true)
		y := letter{body: "begin here " + strings.Join(sentence(rt, "b", 20, 200), " then ")}.member(t, true)
		if got := k.rules.Group([]Member{x, y}); got != nil {
			rt.Fatalf("unrelated texts are grouped: %+v", k.rules.Match(&x, &y))
		}
	})
}

// TestOrderOfMembers: the same groups whatever the order of the members.
func TestOrderOfMembers(t *testing.T) {
	k := load(t)
	var ms []Member
	for c := range 6 {
		for n := range 7 {
			l := phish(fmt.Sprintf("Name%c", 'a'+n), fmt.Sprintf("n%d@home.test", n), 100*c+n, fmt.Sprintf("host%d.example", c))
			l.body += strings.Repeat(vocabulary[c]+" "+vocabulary[c+9]+" "+vocabulary[c+20]+"\n", 1) + strings.Join(vocabulary[c*5:c*5+25], " ")
			ms = append(ms, l.member(t, n%3 == 0))
		}
		ms = append(ms, order("Max Roe", "max@home.test", c, vocabulary[c]).member(t, false))
	}
	want := k.rules.Group(ms)
	if len(want) == 0 {
		t.Fatal("nothing is grouped")
	}
	rapid.Check(t, func(rt *rapid.T) {
		perm := rapid.Permutation(seq(len(ms))).Draw(rt, "order")
		mixed := make([]Member, len(ms))
		for i, p := range perm {
			mixed[i] = ms[p]
		}
		got := k.rules.Group(mixed)
		for _, g := range got {
			for i := range g {
				g[i] = perm[g[i]]
			}
			slices.Sort(g)
		}
		sortGroups(got)
		expect := slices.Clone(want)
		sortGroups(expect)
		if !reflect.DeepEqual(got, expect) {
			rt.Fatalf("groups %v, want %v", got, expect)
		}
	})
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func sortGroups(gs [][]int) {
	slices.SortFunc(gs, func(a, b []int) int { return slices.Compare(a, b) })
}

func TestParse(t *testing.T) {
	x := phish("Erika Mustermann", "erika@home.test", 1, "evil.example").member(t, false)
	s := x.Signature.String()
	back, err := Parse(s)
	if err != nil || !reflect.DeepEqual(back, x.Signature) {
		t.Errorf("Parse(String()): %v", err)
	}
	if _, err := Parse("f2.AAAA"); err != ErrVersion {
		t.Errorf("another version: %v, want ErrVersion", err)
	}
	for name, bad := range map[string]string{
		"empty": "", "no version": "AAAA", "cut": s[:len(s)-4], "no base64": s + "!", "line break": s[:40] + "\n" + s[40:], "long": s + strings.Repeat("A", 2000),
	} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	x := phish("Erika Mustermann", "erika@home.test", 1, "evil.example").member(f, false)
	f.Add(x.Signature.String())
	f.Add(Signature{}.String())
	f.Add("f1.")
	f.Add("f2.AAAA")
	k := load(f)
	f.Fuzz(func(t *testing.T, s string) {
		sig, err := Parse(s)
		if err != nil {
			return
		}
		if got := sig.String(); got != s {
			t.Errorf("%q is accepted and written as %q", s, got)
		}
		m := Member{sig, true}
		k.rules.Match(&m, &x)
		k.rules.Group([]Member{m, x, m})
	})
}

// FuzzRead: any text, cut anywhere, is read within its bounds and gives the
// same signature twice.
func FuzzRead(f *testing.F) {
	f.Add("Dear John,\nyour order 112-1234567-1234567 at www.evil.example/a 様 山田様\n@ a@b //")
	k := load(f)
	f.Fuzz(func(t *testing.T, s string) {
		in := letter{body: s}.input(t, k)
		a, _ := k.rules.Read(in)
		b, _ := k.rules.Read(in)
		if !reflect.DeepEqual(a, b) {
			t.Error("two signatures of one text")
		}
		if back, err := Parse(a.String()); err != nil || !reflect.DeepEqual(a, back) {
			t.Errorf("the text form does not lead back: %v", err)
		}
	})
}
