package record

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/ident"
)

func readBook(t testing.TB, name string) (Book, Skipped) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	book, skipped, err := load(t).ReadOutbound(bytes.NewReader(b), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return book, skipped
}

func TestReadOutbound(t *testing.T) {
	book, skipped := readBook(t, "outbound.ndjson")
	if len(book.Entries) != 3 || len(book.Covers) != 2 || len(skipped) != 1 {
		t.Errorf("ndjson: %d entries, %d covers, skipped %v; want 3, 2 and one reason", len(book.Entries), len(book.Covers), skipped)
	}
	book, skipped = readBook(t, "outbound.csv")
	if len(book.Entries) != 1 || book.Entries[0].Order != "112-1234567-1234567" || len(skipped) != 1 {
		t.Errorf("csv: %+v, skipped %v; want one entry with its order", book.Entries, skipped)
	}
}

func TestOutbound(t *testing.T) {
	r := load(t)
	book, _ := readBook(t, "outbound.ndjson")
	phone, mail := []string{"+49 30 555010"}, []string{"Anna@Example.org"}
	genuine := "Shop: Your parcel JJD0099 arrives on Friday. Details in the app."
	for _, tc := range []struct {
		name string
		cl   Claim
		want string
	}{
		{"the very SMS", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), To: phone, From: "shop", Text: genuine}, "outbound_match"},
		{"read an hour later", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 15:05"), To: phone, Text: genuine}, "outbound_match"},
		{"another text on the same day", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), To: phone, From: "SHOP", Text: "Shop: your parcel is held. Pay at pay.example/x"}, "outbound_missing"},
		{"genuine words with a link", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), To: phone, Text: "Shop: Your parcel http://pay.example/x arrives on Friday. Details in the app."}, "outbound_missing"},
		{"genuine words with more behind", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), To: phone, Text: genuine + " Call +1 555 0100 now"}, "outbound_missing"},
		{"another person", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), To: []string{"+49305550777"}, Text: genuine}, "outbound_missing"},
		{"receiver not vouched for", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), Text: genuine}, ""},
		{"time not covered", Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-22 14:05"), To: phone, Text: genuine}, ""},
		{"claims another brand", Claim{Channel: contact.SMS, Brand: "courier", At: at("2026-11-20 14:05"), To: phone, Text: genuine}, ""},
		{"call with the code", Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 16:03"), To: phone, SpokenCode: "4711"}, "outbound_match spoken_code_ok"},
		{"call without the code", Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 16:03"), To: phone, From: "+49 30 555 01 99"}, "outbound_possible"},
		{"call with a wrong code", Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 16:03"), To: phone, SpokenCode: "1234"}, "outbound_missing spoken_code_wrong"},
		{"call at another time", Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 18:00"), To: phone}, "outbound_missing"},
		{"invented code", Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 18:00"), To: phone, SpokenCode: "9999"}, "outbound_missing spoken_code_wrong"},
		{"the very mail", Claim{Channel: contact.Mail, At: at("2026-11-20 09:20"), To: mail, From: "order@shop.example", Subject: "Your order 112-1 has shipped"}, "outbound_match"},
		{"forwarded mail", Claim{Channel: contact.Mail, At: at("2026-11-20 09:20"), To: mail, Subject: "Fwd: Your order 112-1 has shipped"}, ""},
		{"mail of another sender", Claim{Channel: contact.Mail, At: at("2026-11-20 09:20"), To: mail, From: "order@shop-example.test", Subject: "Your order 112-1 has shipped"}, ""},
	} {
		fs := r.Findings(Question{Channel: tc.cl.Channel, At: tc.cl.At, Claim: tc.cl, Book: &book})
		if got := strings.Join(codes(fs), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	near := r.Findings(Question{Book: &book, Claim: Claim{Channel: contact.SMS, Brand: "shop", At: at("2026-11-20 14:05"), To: phone, From: "SHOP", Text: "Shop: something else"}})
	if len(near) != 1 || near[0].Strength >= 1 {
		t.Errorf("%v: an entry of the same sender and hour must soften outbound_missing", near)
	}
}

func TestOutboundHashed(t *testing.T) {
	r := load(t)
	key := []byte("key of the shop")
	book := Book{Entries: []Outbound{{Channel: contact.Call, At: at("2026-11-20 16:00"), To: Hash(key, "+4930555010"), From: "+49305550199"}}}
	cl := Claim{Channel: contact.Call, At: at("2026-11-20 16:05"), To: []string{"0049 30 555010"}, From: "+49305550199"}
	if got := r.Outbound(cl, book, key); got.Found != Certain {
		t.Errorf("with the key: %v, want Certain", got.Found)
	}
	if got := r.Outbound(cl, book, []byte("another")); got.Found != NotCovered {
		t.Errorf("with another key: %v, want NotCovered", got.Found)
	}
}

func TestOutboundMatchSilencesSoonAfter(t *testing.T) {
	r := load(t)
	book, _ := readBook(t, "outbound.ndjson")
	q := Question{Channel: contact.Call, At: at("2026-11-20 16:03"), Book: &book,
		Orders: []Order{{ID: "1", PlacedAt: at("2026-11-20 10:00")}},
		Claim:  Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 16:03"), To: []string{"+4930555010"}, SpokenCode: "4711"}}
	if _, ok := find(r.Findings(q), "contact_soon_after_order"); ok {
		t.Error("a call that stands in the register is flagged as coming soon after an order")
	}
}

func TestClaimOf(t *testing.T) {
	c := &contact.Contact{Channel: contact.Mail, At: at("2026-11-20 09:00"),
		Sender: contact.Sender{Mail: ident.Mail{Local: "order", Domain: "shop.example"}},
		Parts: []contact.Part{{Name: "subject", Text: "Hello"}, {Name: "body", Text: "Text"},
			{Name: "body:2", Kind: contact.Hidden, Text: "hidden"}, {Name: "words", Kind: contact.Told, Text: "told"}}}
	cl := ClaimOf(c, "shop", "", []string{"a@example.org"})
	if cl.From != "order@shop.example" || cl.Subject != "Hello" || cl.Text != "Text" {
		t.Errorf("claim %+v: want sender, subject and what was said only", cl)
	}
}

func FuzzReadOrders(f *testing.F) {
	for _, n := range []string{"orders_own.csv", "orders_own.json", "retail_history.csv", "digital_items.csv", "orders_de.csv"} {
		b, err := os.ReadFile("testdata/" + n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	r := load(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		orders, _, err := r.ReadOrders(bytes.NewReader(b), Limits{Bytes: 1 << 16, Rows: 500})
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %v", err)
		}
		for _, o := range orders {
			if o.ID == "" || len(o.Items) > 200 {
				t.Errorf("order without number or with %d items", len(o.Items))
			}
		}
		r.Match(Mentions{Orders: []ident.Order{"1"}, Items: []string{"自転車 bicycle"}}, orders, at("2026-11-20 14:00"))
	})
}

func FuzzReadOutbound(f *testing.F) {
	for _, n := range []string{"outbound.ndjson", "outbound.csv"} {
		b, err := os.ReadFile("testdata/" + n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "Shop: text")
	}
	r := load(f)
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		book, _, _ := r.ReadOutbound(bytes.NewReader(b), Limits{Bytes: 1 << 16, Rows: 500})
		r.Outbound(Claim{Channel: contact.SMS, At: at("2026-11-20 14:05"), To: []string{"+4930555010"}, Text: text}, book, nil)
	})
}

func BenchmarkMatch(b *testing.B) {
	r := load(b)
	orders := make([]Order, 1000)
	for i := range orders {
		orders[i] = Order{ID: "112-1234567-1234567", PlacedAt: at("2026-11-01 10:00"), Items: []Item{{Name: "City bicycle 28 inch blue"}}}
	}
	m := Mentions{Orders: []ident.Order{"x-1"}, Items: []string{"coffee machine"}}
	for b.Loop() {
		r.Match(m, orders, at("2026-11-20 10:00"))
	}
}
