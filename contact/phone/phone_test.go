package phone

import (
	"errors"
	"os"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/ident"

	"github.com/google/go-cmp/cmp"
)

func tables(t testing.TB) (*Tables, *text.Folding) {
	t.Helper()
	tb, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := text.LoadFolding(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return tb, f
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in, region string
		want       Number
	}{
		{"+91 80 6605 5000", "DE", Number{E164: "+918066055000", Region: "IN", Area: "Bengaluru", Type: Fixed, Valid: true}},
		{"00918066055000", "DE", Number{E164: "+918066055000", Region: "IN", Area: "Bengaluru", Type: Fixed, Valid: true}},
		{"0091-8066055000", "", Number{E164: "+918066055000", Region: "IN", Area: "Bengaluru", Type: Fixed, Valid: true}},
		{"0091-8066055000", "JP", Number{E164: "+918066055000", Region: "IN", Area: "Bengaluru", Type: Fixed, Valid: true}},
		{"010 91 80 6605 5000", "JP", Number{E164: "+918066055000", Region: "IN", Area: "Bengaluru", Type: Fixed, Valid: true}},
		{"011 91 80 6605 5000", "US", Number{E164: "+918066055000", Region: "IN", Area: "Bengaluru", Type: Fixed, Valid: true}},
		{"(888) 555-0147", "US", Number{E164: "+18885550147", Region: "US", Type: TollFree, Valid: true}},
		{"1-888-555-0147", "US", Number{E164: "+18885550147", Region: "US", Type: TollFree, Valid: true}},
		{"tel:+1-206-555-0147", "DE", Number{E164: "+12065550147", Region: "US", Area: "Seattle", Type: Unknown, Valid: true}},
		{"+1 888 555 0147 ext. 12", "", Number{E164: "+18885550147", Region: "US", Type: TollFree, Valid: true}},
		{"０１２０－８９９－５４３", "JP", Number{E164: "+81120899543", Region: "JP", Type: TollFree, Valid: true}},
		{"ゼロ一二ゼロ八九九五四三", "JP", Number{E164: "+81120899543", Region: "JP", Type: TollFree, Valid: true, Spelled: true}},
		{"+49 (0) 30 23125 000", "", Number{E164: "+493023125000", Region: "DE", Area: "Berlin", Type: Fixed, Valid: true}},
		{"030/23125-000", "de", Number{E164: "+493023125000", Region: "DE", Area: "Berlin", Type: Fixed, Valid: true}},
		{"020 7946 0958", "GB", Number{E164: "+442079460958", Region: "GB", Area: "London", Type: Fixed, Valid: true}},
		{"0900 1 123456", "DE", Number{E164: "+499001123456", Region: "DE", Type: Premium, Valid: true}},
		{"+1 829 555 0147", "", Number{E164: "+18295550147", Region: "DO", Area: "Dominican Republic", Type: Unknown, Valid: true}},
		{"262966", "US", Number{Region: "US", Type: ShortCode, Valid: true}},
		{"+1 000 555 0147", "", Number{E164: "+10005550147", Region: "US", Type: Unknown, Valid: false}},
	} {
		got, err := shipped(t).Parse(c.in, c.region)
		if err != nil {
			t.Errorf("Parse(%q, %q): %v", c.in, c.region, err)
			continue
		}
		c.want.Raw = c.in
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Parse(%q, %q) (-want +got):\n%s", c.in, c.region, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	if _, err := shipped(t).Parse("  ", "US"); !errors.Is(err, ErrNone) {
		t.Errorf("blank: %v: want ErrNone", err)
	}
	for _, s := range []string{"withheld", "Amazon", "12", "+", "123456789012345678901234567890", strings.Repeat("9", 5000), "030 1234567"} {
		if n, err := shipped(t).Parse(s, ""); !errors.Is(err, ErrShape) {
			t.Errorf("Parse(%.20q) = %v, %v: want ErrShape", s, n, err)
		}
	}
}

func TestFind(t *testing.T) {
	tb, f := tables(t)
	for _, c := range []struct{ name, in, want string }{ // want: numbers, space-separated, ! when not valid
		{"international", "+49 30 23125000", "+493023125000"},
		{"two zeros", "0049 30 23125000", "+493023125000"},
		{"two zeros, hyphen", "bitte 0091-8066055000", "+918066055000"},
		{"parentheses", "Call (888) 555-0147 to cancel", "+18885550147"},
		{"toll free", "our number is 1-888-555-0147.", "+18885550147"},
		{"dots", "888.555.0147", "+18885550147"},
		{"keypad letters", "Call 1-800-FLOWERS", "+18003569377"},
		{"keypad letters, long", "dial 1-888-AMAZONHELP please", "+18882629664"},
		{"keypad letters with hyphens", "call 1-800-GO-HELP-U now", "+18004643578"},
		{"keypad letters after a space", "call 1 800 FLOWERS", "+18003569377"},
		{"postcode and town", "38 avenue Example, L-1855 Luxembourg", ""},
		{"no keypad letters in a sentence", "call 1-800 numbers only", ""},
		{"words", "call one eight eight eight five five five zero one four seven", "+18885550147"},
		{"words with oh and hyphens", "call eight-eight-eight five-five-five oh-one-four-seven", "+18885550147"},
		{"words with hundred", "call one eight hundred five five five zero one four seven", "+18005550147"},
		{"words with tens", "call eight fifty five five five five oh one forty seven", "+18555550147"},
		{"eight hundred eighty eight", "call eight hundred eighty eight five five five zero one four seven", "+18885550147"},
		{"triple", "call triple eight triple five zero one four seven", "+18885550147"},
		{"plus in words", "plus four four two oh seven nine four six oh nine five eight", "+442079460958"},
		{"mixed words and digits", "call 1 888 five five five 0147", "+18885550147"},
		{"German words", "Rufen Sie null acht hundert fünf fünf fünf null eins vier sieben an", "+498005550147"},
		{"German tens", "Rufnummer null drei null dreiundzwanzig zwölf fünfzig null null", "+493023125000"},
		{"zwo", "Telefon null drei null zwo drei eins zwo fünf null null null", "+493023125000"},
		{"Han digits", "〇一二〇八九九五四三までお電話ください", "+81120899543"},
		{"kana digits", "ゼロイチニイゼロ ハチキュウキュウ ゴーヨンサン にお電話を", "+81120899543"},
		{"mixed Japanese", "ゼロ一二ゼロの八九九の五四三へご連絡", "+81120899543"},
		{"full-width", "電話：０１２０－８９９－５４３", "+81120899543"},
		{"no such Japanese number", "電話：0120-555-0147", "!+811205550147"},
		{"letters for digits", "call 8OO.555.O147", "+18005550147"},
		{"dots between all", "call 8.8.8.5.5.5.0.1.4.7", "+18885550147"},
		{"spaces between all", "call 8 8 8 5 5 5 0 1 4 7", "+18885550147"},
		{"zero width inside", "call 888\u200b-555\u200b-01\u200b47", "+18885550147"},
		{"non-breaking hyphen", "call 888‑555‑0147", "+18885550147"},
		{"trunk prefix in parentheses", "Tel. +49 (0) 30 23125000", "+493023125000"},
		{"chat link", "https://wa.me/4915112345678", "+4915112345678"},
		{"glued to a word", "Tel030/23125000", "+493023125000"},
		{"two numbers", "Call 888-555-0147 or 206-555-0123.", "+18885550147 +12065550123"},
		{"British in English", "Call 0800 279 7234 today", "+448002797234"},
		{"German in German", "Sie erreichen uns unter 0800 363 84 69.", "+498003638469"},
		{"North American in German", "Rufen Sie sofort die 1-888-555-0147 an, um zu stornieren.", "+18885550147"},
		{"on the next line", "Customer support:\n888-555-0147", "+18885550147"},

		{"order number", "Your order 112-1234567-1234567 has shipped", ""},
		{"order number and a call", "Call us about order 112-1234567-1234567 now", ""},
		{"digital order", "D01-1234567-1234567", ""},
		{"order number without format", "Order number 8885550147", ""},
		{"order number in Japanese", "注文番号 250-1234567-1234567、受付番号 0312345678", ""},
		{"dates", "12.05.2026, 2026-05-12 10:30, 05/12/26 and 2026/05/12 10 00", ""},
		{"prices", "$1,299.00, 1.299,00 €, ¥32,800 und 39,99 Euro, € 1 299", ""},
		{"parcel", "TBA123456789012 and 1Z999AA10123456784, 00340434161094042557", ""},
		{"account", "IBAN DE89 3704 0044 0532 0130 00", ""},
		{"card", "card 4111 1111 1111 1111 or 378282246310005", ""},
		{"address of the internet", "from 192.0.2.123 and 203.0.113.7", ""},
		{"links", "https://example.com/0302312500?x=0302312500 www.example.de/8885550147 a@8885550147.example", ""},
		{"opening hours", "Mo-Fr 8:00-18:00, 24/7, 9-17 Uhr", ""},
		{"bare digits", "8885550147", ""},
		{"code", "Your code is 482913. Do not share it.", ""},
		{"postcode", "10115 Berlin, 〒100-0001 東京都", ""},
		{"prose", "one or two of the three had four to five", ""},
		{"Japanese prose", "一番大事な二つの点、三人で四時に五階へ", ""},
		{"a list", "1. one 2. two 3. three 4. four 5. five", ""},
		{"invoice", "Rechnung Nr. 0301234567 vom 3.5.2026", ""},
		{"version", "version 10.0.19045.2965", ""},
		{"isbn", "ISBN 978-3-16-148410-0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := text.Read(contact.Part{Name: "body", Text: c.in}, f)
			var got []string
			for _, n := range Find([]*text.Reading{r}, Options{Tables: tb}) {
				s := string(n.E164)
				if !n.Valid {
					s = "!" + s
				}
				got = append(got, s)
				if q := c.in[n.Where.Start:n.Where.End]; !strings.HasPrefix(q, n.Raw) || n.Where.Part != "body" {
					t.Errorf("place of %s: %q, raw %q", s, q, n.Raw)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%q (-want +got):\n%s", c.in, diff)
			}
		})
	}
}

func TestFindTellsMore(t *testing.T) {
	tb, f := tables(t)
	find := func(s string, opt Options) Number {
		opt.Tables = tb
		ns := Find([]*text.Reading{text.Read(contact.Part{Name: "body", Text: s}, f)}, opt)
		if len(ns) != 1 {
			t.Fatalf("%q: %d numbers: want 1", s, len(ns))
		}
		return ns[0]
	}
	if n := find("Please call us back: 888-555-0147.", Options{}); !n.Asked || n.Lang != "en" {
		t.Errorf("asked %v, language %q: want a request to call, in English", n.Asked, n.Lang)
	}
	if n := find("We are an agency in Ohio, 888-555-0147, since 1999.", Options{}); n.Asked {
		t.Error("a number without a word like call reads as a request to call")
	}
	if n := find("お電話は0120-899-543まで", Options{}); !n.Asked {
		t.Error("a Japanese request to call is not seen")
	}
	if n := find("text STOP to 262966", Options{}); n.Type != ShortCode || n.E164 != "" {
		t.Errorf("short code read as %+v", n)
	}
	if n := find("Call 0800 363 84 69 now", Options{Region: "de"}); n.Region != "DE" {
		t.Errorf("with region de the number is from %q", n.Region)
	}
	if n := find("call eight eight eight five five five zero one four seven", Options{}); !n.Spelled {
		t.Error("a number in words is not marked as spelled")
	}
	if n := find("call 1-800-FLOWERS", Options{}); n.Spelled {
		t.Error("letters of a keypad are marked as spelled")
	}
}

func TestFindIsBounded(t *testing.T) {
	tb, f := tables(t)
	for _, s := range []string{strings.Repeat("1 2 3 4 5 6 7 8 9 ", 5000), strings.Repeat("0301234567 ", 5000), strings.Repeat("+", 50000), strings.Repeat("one two ", 9000), strings.Repeat("一", 40000), strings.Repeat("call 030 ", 9000)} {
		r := text.Read(contact.Part{Name: "body", Text: s}, f)
		if n := len(Find([]*text.Reading{r}, Options{Tables: tb})); n > maxFound {
			t.Errorf("%d numbers of %.20q…: want at most %d", n, s, maxFound)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b ident.Phone
		want int
	}{
		{"+81120899543", "+81120899543", 0},
		{"+81120889543", "+81120899543", 1},
		{"+8112089954", "+81120899543", 1},
		{"+811208995430", "+81120899543", 1},
		{"+81120998543", "+81120899543", 2},
		{"", "+49", 3},
	} {
		if got, back := Distance(c.a, c.b), Distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("Distance(%q, %q) = %d and %d: want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestSameBlock(t *testing.T) {
	for _, c := range []struct {
		a, b ident.Phone
		want bool
	}{
		{"+918066055000", "+918066055099", true},
		{"+918066055000", "+918066055000", false},
		{"+918066055000", "+918066055100", false},
		{"+918066055000", "+9180660550001", false},
		{"", "", false},
	} {
		if got := SameBlock(c.a, c.b); got != c.want {
			t.Errorf("SameBlock(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestArea(t *testing.T) {
	tb, _ := tables(t)
	if got := tb.Area("+918066055000", "ja"); got != "ベンガルール" {
		t.Errorf("Area in Japanese: %q", got)
	}
	if got := tb.Area("+4989123456", "fr"); got != "Munich" {
		t.Errorf("Area in a language without names: %q: want the English one", got)
	}
	if got := tb.Area("", "en"); got != "" {
		t.Errorf("Area of no number: %q", got)
	}
}

func FuzzFind(f *testing.F) {
	tb, fold := tables(f)
	for _, s := range []string{"call 1-800-FLOWERS", "+49 (0) 30 23125000", "one eight hundred five five five", "〇一二〇八九九五四三", "112-1234567-1234567", "IBAN DE89 3704", "8OO.555.O147", "triple eight plus oh"} {
		f.Add(s, "de")
	}
	f.Fuzz(func(t *testing.T, s, region string) {
		r := text.Read(contact.Part{Name: "body", Text: s}, fold)
		for _, n := range Find([]*text.Reading{r}, Options{Tables: tb, Region: region}) {
			if n.Where.Start < 0 || n.Where.End > len(s) || n.Where.Start > n.Where.End {
				t.Fatalf("number at [%d,%d) of %d bytes", n.Where.Start, n.Where.End, len(s))
			}
			if n.E164 != "" {
				if _, err := ident.ParsePhone(string(n.E164)); err != nil {
					t.Fatalf("found %q: %v", n.E164, err)
				}
			}
		}
		if n, err := tb.Parse(s, region); err == nil && n.E164 == "" && n.Type != ShortCode {
			t.Fatalf("Parse(%q): no number and no error", s)
		}
	})
}

const benchSMS = "Your parcel could not be delivered today. Please call our office at (888) 555-0147 or pay the fee of 1.45 at https://post-example.com/t/8812 before 24.12.2026."

func BenchmarkFindSMS(b *testing.B) { benchFind(b, benchSMS) }
func BenchmarkFindMail20KB(b *testing.B) {
	benchFind(b, strings.Repeat("Thank you for your order. It will arrive on Monday and costs 39.99 in total.\n", 20<<10/78)+benchSMS)
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := shipped(b).Parse("0091-8066055000", "DE"); err != nil {
			b.Fatal(err)
		}
	}
}

func benchFind(b *testing.B, s string) {
	tb, f := tables(b)
	rs := []*text.Reading{text.Read(contact.Part{Name: "body", Text: s}, f)}
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Find(rs, Options{Tables: tb})
	}
}

func shipped(t testing.TB) *Tables {
	t.Helper()
	tb, _ := tables(t)
	return tb
}
