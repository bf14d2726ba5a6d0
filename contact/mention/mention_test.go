package mention

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/evidence"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func load(t testing.TB) (*Formats, *text.Folding) {
	t.Helper()
	f, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := text.LoadFolding(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

// cases of one kind of mention: text and what is found, space-separated.
type cases [][2]string

func run(t *testing.T, cs cases, list func(m Mentions) []string) {
	t.Helper()
	f, v := load(t)
	for _, c := range cs {
		r := text.Read(contact.Part{Name: "body", Text: c[0]}, v)
		got := strings.Join(list(Find([]*text.Reading{r}, f)), " | ")
		if diff := cmp.Diff(c[1], got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c[0], diff)
		}
	}
}

func TestOrders(t *testing.T) {
	run(t, cases{
		{"Your order 112-1234567-1234567 has shipped", "112-1234567-1234567 amazon named"},
		{"see 250-1234567-1234567", "250-1234567-1234567 amazon"},
		{"Digital order D01-1234567-1234567", "D01-1234567-1234567 amazon_digital named"},
		{"１１２－１２３４５６７－１２３４５６７", "112-1234567-1234567 amazon"},
		{"Order #MFHG38Z has been placed", "MFHG38Z unknown named"},
		{"Order No. AMZ-99812", "AMZ-99812 unknown named"},
		{"Bestellnummer: AMZ-99812", "AMZ-99812 unknown named"},
		{"Ihre Bestellung Nr. 8847123 ist unterwegs", "8847123 unknown named"},
		{"注文番号：AB-1234567", "AB-1234567 unknown named"},
		{"ご注文番号は250-1234567-1234567です", "250-1234567-1234567 amazon named"},
		{"order id is #P4SSW0RD99", "P4SSW0RD99 unknown named"},
		{"Your order of $763.00 and your order 12.05.2026", ""},
		{"Ihre Bestellung 39,99 Euro", ""},
		{"order 2 items before the 12th", ""},
		{"Bestellung vom 12.05.2026 um 10:30", ""},
		{"in order 2026 to win", ""},
		{"call 112-123-4567 or 888-555-0147", ""},
		{"https://example.com/order/112-1234567-1234567", ""},
		{"In order to verify, press 12345", ""},
	}, func(m Mentions) (out []string) {
		for _, o := range m.Orders {
			s := string(o.Number) + " " + o.Format
			if o.Named {
				s += " named"
			}
			if o.WellFormed != (o.Format != UnknownFormat) {
				s += " format and WellFormed disagree"
			}
			out = append(out, s)
		}
		return out
	})
}

func TestAmounts(t *testing.T) {
	run(t, cases{
		{"1.299,00 €", "129900 EUR"}, {"€1,299.00", "129900 EUR"}, {"€ 1.299", "129900 EUR"}, {"$763", "76300 USD"},
		{"763 dollars", "76300 USD"}, {"39,99 Euro", "3999 EUR"}, {"£79", "7900 GBP"}, {"¥32,800", "32800 JPY"},
		{"4,999円", "4999 JPY"}, {"3万円", "30000 JPY"}, {"40万円", "400000 JPY"}, {"JPY 5000", "5000 JPY"},
		{"CHF 20.-", "2000 CHF"}, {"20,- €", "2000 EUR"}, {"USD 1'299.50", "129950 USD"}, {"1 299,00 EUR", "129900 EUR"},
		{"1.5万円", "15000 JPY"}, {"1万2,000円", "12000 JPY"}, {"5千円", "5000 JPY"}, {"1億円", "100000000 JPY"},
		{"三万円", "30000 JPY"}, {"千五百円", "1500 JPY"}, {"九九八〇円", "9980 JPY"}, {"￥１２，８００", "12800 JPY"},
		{"$1,299.99 and £5.5", "129999 USD | 550 GBP"}, {"C$ 20 or A$30", "2000 CAD | 3000 AUD"},
		{"seven hundred sixty-three dollars", "76300 USD"},
		{"nine hundred ninety nine dollars and ninety nine cents", "99999 USD"},
		{"a hundred dollars", "10000 USD"}, {"two thousand five hundred pounds", "250000 GBP"},
		{"dreihundertneunundvierzig Euro", "34900 EUR"}, {"zweitausend Euro", "200000 EUR"},
		{"1.99 for it, 3 für 2, 24/7", ""}, {"5 euros", "500 EUR"}, {"€5", "500 EUR"}, {"Europe 5, 5 Europeans", ""},
		{"hat 3 eurolines gesehen", ""}, {"192.0.2.1 €", ""}, {"12.345.67 €", "1234567 EUR"}, {"12.345.6789 €", ""}, {"12.05.26 €", ""}, {"4,9円", ""}, {"$", ""}, {"999999999999999999999 €", ""},
		{"一番大事", ""}, {"二十四時間", ""}, {"one or two of us", ""},
	}, func(m Mentions) (out []string) {
		for _, a := range m.Amounts {
			out = append(out, fmt.Sprint(a.Minor, " ", a.Currency))
		}
		return out
	})
}

func TestItems(t *testing.T) {
	run(t, cases{
		{"Your order for an iPhone 15 Pro has been placed.", "iPhone 15 Pro"},
		{"Thank you for your purchase of Garden Hose Set, arriving today", "Garden Hose Set"},
		{"Ihre Bestellung über einen Akku-Bohrschrauber wurde versandt", "Akku-Bohrschrauber"},
		{"Artikel: Kaffeemaschine KM 300\nMenge: 1", "Kaffeemaschine KM 300"},
		{"Item: Wireless Mouse", "Wireless Mouse"},
		{"商品名：ノートパソコン 15型\n数量：1", "ノートパソコン 15型"},
		{"Your order \"Blue Lamp\" has shipped", "Blue Lamp"},
		{"「空気清浄機」のご注文を承りました", "空気清浄機"},
		{"Ihre Bestellung „Blaue Lampe“ wurde versandt", "Blaue Lampe"},
		{"order for $763.00 was placed", ""},
		{"He said \"hello\" to me", ""},
		{"in order for us to help", ""},
		{"", ""},
	}, func(m Mentions) (out []string) {
		for _, i := range m.Items {
			out = append(out, i.Name)
		}
		return out
	})
}

func TestDates(t *testing.T) {
	run(t, cases{
		{"am 12.05.2026", "2026-05-12"}, {"12. 5. 2026", "2026-05-12"}, {"3. Mai", "0000-05-03"}, {"bis 31.12. zahlen", "0000-12-31"},
		{"12. Mai 2026", "2026-05-12"}, {"am 1. Dez. 2026", "2026-12-01"}, {"2026-05-12", "2026-05-12"}, {"2026/5/12", "2026-05-12"},
		{"Your order from May 12, 2026 arrived", "2026-05-12"}, {"on 12 May 2026", "2026-05-12"}, {"by the 3rd of June", "0000-06-03"},
		{"Your package arrives on 05/12/2026 as planned", "2026-05-12"}, {"Your package arrives on 25/12/2026 as planned", "2026-12-25"},
		{"Ihre Lieferung kommt am 05/12/2026 wie geplant", "2026-12-05"},
		{"2026年5月12日", "2026-05-12"}, {"5月12日までに", "0000-05-12"}, {"令和8年5月12日", "2026-05-12"}, {"令和元年5月12日", "2019-05-12"},
		{"31.02.2026, 2026-13-01, 45.12.2026", ""}, {"192.168.1.10, 1.2.3.4.5", ""}, {"version 10.04.2", ""},
		{"you may call 5 people", ""}, {"112-1234567-1234567", ""}, {"march 45", ""}, {"3.5 kg", ""},
	}, func(m Mentions) (out []string) {
		for _, d := range m.Dates {
			out = append(out, d.Time.Format("2006-01-02"))
		}
		return out
	})
}

func TestDateIn(t *testing.T) {
	ref := time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)
	d := Date{Time: time.Date(0, 1, 3, 0, 0, 0, 0, time.UTC)}
	if got := d.In(ref).Format(time.DateOnly); got != "2027-01-03" {
		t.Errorf("3 January near the end of 2026 is %s: want 2027-01-03", got)
	}
	whole := Date{Time: ref}
	if !whole.In(time.Time{}).Equal(ref) {
		t.Error("a date with a year must stay as it is")
	}
}

func TestParcels(t *testing.T) {
	run(t, cases{
		{"Parcel TBA123456789012 and 1Z999AA10123456784", "amazon:TBA123456789012 | ups:1Z999AA10123456784"},
		{"Sendung 00340434161094042557", "dhl:00340434161094042557"},
		{"RR123456785DE", "upu:RR123456785DE"},
		{"TBA12345", ""},
	}, func(m Mentions) (out []string) {
		for _, p := range m.Tracking {
			out = append(out, p.Carrier+":"+string(p.Number))
		}
		return out
	})
}

func TestAccountsAndCards(t *testing.T) {
	run(t, cases{
		{"IBAN DE89 3704 0044 0532 0130 00", "DE89370400440532013000 DE•••• 3000"},
		{"auf GB82WEST12345698765432 überweisen", "GB82WEST12345698765432 GB•••• 5432"},
		{"IBAN DE88 3704 0044 0532 0130 00", ""},
		{"DE89 3704 0044 0532 0130 00 bis morgen", "DE89370400440532013000 DE•••• 3000"},
	}, func(m Mentions) (out []string) {
		for _, a := range m.IBANs {
			out = append(out, a.Number+" "+a.Where.Quote)
		}
		return out
	})
	run(t, cases{
		{"card 4111 1111 1111 1111", "1111 full"}, {"4111111111111111", "1111 full"}, {"378282246310005", "0005 full"},
		{"card ending in 4242", "4242"}, {"Karte endet auf 4242", "4242"}, {"末尾4242のカード", "4242"}, {"**** 4242", "4242"}, {"VISA xxxx-xxxx-xxxx-4242", "4242"},
		{"4111 1111 1111 1112", ""}, {"in 2026", ""}, {"00340434161094042557", ""},
	}, func(m Mentions) (out []string) {
		for _, c := range m.Cards {
			s := string(c.Last)
			if c.Full {
				s += " full"
				if strings.Contains(c.Where.Quote, "4111") {
					s += ", and the number is in the quote"
				}
			}
			out = append(out, s)
		}
		return out
	})
}

func TestCodes(t *testing.T) {
	run(t, cases{
		{"Your code is 482913. Do not share it.", "6 ••••••"},
		{"482913 is your verification code", "6 ••••••"},
		{"G-482913 is your code", "6 ••••••"},
		{"Ihr Bestätigungscode: 4829", "4 ••••"},
		{"Your OTP: 123 456", "6 ••••••"},
		{"認証コード：482913", "6 ••••••"},
		{"Use promo code 12345", ""}, {"zip code 90210", ""}, {"code of conduct 2026", ""}, {"the code costs $4829", ""},
		{"クーポンコード 12345", ""}, {"no such word 482913", ""},
	}, func(m Mentions) (out []string) {
		for _, c := range m.Codes {
			out = append(out, fmt.Sprint(c.Length, " ", c.Where.Quote))
		}
		return out
	})
}

func TestFindings(t *testing.T) {
	f, v := load(t)
	for _, c := range []struct {
		name, text string
		kind       contact.PartKind
		claimed    []string
		want       []string
	}{
		{"wrong format", "Amazon order #MFHG38Z", contact.Said, []string{"amazon"}, []string{"order_number_format MFHG38Z"}},
		{"right format", "Amazon order 112-1234567-1234567", contact.Said, []string{"amazon"}, nil},
		{"a right one beside another shop's", "order 112-1234567-1234567, seller order ABC-12345", contact.Said, []string{"amazon"}, nil},
		{"no claim", "order #MFHG38Z", contact.Said, nil, nil},
		{"brand without known format", "order #MFHG38Z", contact.Said, []string{"ebay"}, nil},
		{"own words", "order #MFHG38Z", contact.Told, []string{"amazon"}, nil},
		{"card", "card 4111 1111 1111 1111", contact.Told, nil, []string{"full_card_seen "}},
		{"account", "IBAN DE89370400440532013000", contact.Said, nil, []string{"iban_in_text "}},
		{"own account", "IBAN DE89370400440532013000", contact.Told, nil, nil},
	} {
		r := text.Read(contact.Part{Name: "body", Kind: c.kind, Text: c.text}, v)
		var got []string
		for _, x := range Findings(Find([]*text.Reading{r}, f), c.claimed, f) {
			got = append(got, string(x.Code)+" "+x.Args["number"])
			for k, a := range x.Args {
				if strings.Contains(a, "0532013000") || strings.Contains(a, "41111") {
					t.Errorf("%s: argument %s shows the whole number: %q", c.name, k, a)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestEvidenceIsDescribed(t *testing.T) {
	b, err := os.ReadFile("../../data/evidence/mention.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Codes map[evidence.Code]struct{ Text, Title map[string]string }
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []evidence.Code{codeFormat, codeFullCard, codeIBAN} {
		for _, lang := range []string{"en", "de", "ja"} {
			if file.Codes[c].Text[lang] == "" || file.Codes[c].Title[lang] == "" {
				t.Errorf("%s has no title or text in %s", c, lang)
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"pattern": `formats: [{id: x, pattern: '(', example: x}]`,
		"example": `formats: [{id: x, pattern: '\d+', example: x}]`,
		"yaml":    `formats: {`,
	} {
		if _, err := Load(fstest.MapFS{"mention/orders.yaml": {Data: []byte(s)}}); err == nil {
			t.Errorf("%s: accepted %q", name, s)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("an empty folder is accepted")
	}
	if m := Find(nil, nil); len(m.Orders) != 0 {
		t.Error("nothing finds something")
	}
}

func TestFindIsBounded(t *testing.T) {
	f, v := load(t)
	for _, s := range []string{"$1 ", "order #A1234 ", "112-1234567-1234567 ", "1.1.2026 ", "「注文」", "三万円", "one dollar ", "4111 1111 1111 1111 ", "code 123456\n", "de89 ", "9", "order for a b c "} {
		r := text.Read(contact.Part{Name: "body", Text: strings.Repeat(s, 60000/len(s))}, v)
		m := Find([]*text.Reading{r}, f)
		for _, n := range []int{len(m.Orders), len(m.Items), len(m.Dates), len(m.Tracking), len(m.IBANs), len(m.Codes)} {
			if n > limit {
				t.Errorf("%q: %d mentions of one kind: want at most %d", s, n, limit)
			}
		}
		if len(m.Amounts) > 3*limit || len(m.Cards) > 2*limit {
			t.Errorf("%q: %d amounts, %d cards", s, len(m.Amounts), len(m.Cards))
		}
	}
}

func FuzzFind(f *testing.F) {
	forms, v := load(f)
	for _, s := range []string{"order #MFHG38Z $1,299.00 12.05.2026", "注文番号：250-1234567-1234567 3万円 令和8年5月12日", "IBAN DE89 3704 0044 0532 0130 00 4111 1111 1111 1111", "code 123 456 seven hundred dollars and one cent", "商品名:「x」 order for a b", "1億2万3千円 千五百円"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := text.Read(contact.Part{Name: "body", Text: s}, v)
		m := Find([]*text.Reading{r}, forms)
		check := func(w evidence.Where) {
			if w.Start < 0 || w.End > len(s) || w.Start > w.End {
				t.Fatalf("mention at [%d,%d) of %d bytes", w.Start, w.End, len(s))
			}
		}
		for _, a := range m.Amounts {
			if check(a.Where); a.Minor < 0 || a.Currency == "" {
				t.Fatalf("amount %v", a)
			}
		}
		for _, o := range m.Orders {
			check(o.Where)
		}
		for _, d := range m.Dates {
			check(d.Where)
		}
		for _, i := range m.Items {
			check(i.Where)
		}
		Findings(m, []string{"amazon"}, forms)
	})
}

const benchSMS = "Your order 112-1234567-1234567 for a Garden Hose of $1,299.00 arrives on 24 Dec 2026. Your code is 482913. Parcel TBA123456789012, card ending in 4242."

func BenchmarkFindSMS(b *testing.B) { bench(b, benchSMS) }
func BenchmarkFindMail20KB(b *testing.B) {
	bench(b, strings.Repeat("Thank you for your order. It will arrive on Monday and costs 39.99 in total.\n", 20<<10/78)+benchSMS)
}

func bench(b *testing.B, s string) {
	f, v := load(b)
	rs := []*text.Reading{text.Read(contact.Part{Name: "body", Text: s}, v)}
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Find(rs, f)
	}
}
