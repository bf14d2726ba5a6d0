package record

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/evidence"
	"bonafide/ident"
)

func load(t testing.TB) *Records {
	t.Helper()
	r, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func readOrders(t testing.TB, name string) ([]Order, Skipped) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	orders, skipped, err := load(t).ReadOrders(bytes.NewReader(b), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return orders, skipped
}

func codes(fs []evidence.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, string(f.Code))
	}
	slices.Sort(out)
	return out
}

func find(fs []evidence.Finding, code string) (evidence.Finding, bool) {
	for _, f := range fs {
		if string(f.Code) == code {
			return f, true
		}
	}
	return evidence.Finding{}, false
}

func TestReadOrders(t *testing.T) {
	type want struct {
		id       ident.Order
		total    int64
		currency string
		items    int
		day      string
		status   Status
	}
	for _, tc := range []struct {
		file string
		want []want
		skip int
	}{
		{"orders_own.csv", []want{
			{"112-1234567-1234567", 19999, "EUR", 2, "2026-11-20", StatusClosed},
			{"D01-7654321-7654321", 399, "EUR", 1, "2026-11-10", StatusClosed},
		}, 0},
		{"orders_own.json", []want{
			{"249-0000001-0000002", 24800, "JPY", 1, "2026-11-18", StatusOpen},
			{"249-0000003-0000004", 500, "JPY", 0, "2026-10-01", StatusUnknown},
		}, 2},
		{"retail_history.csv", []want{
			{"112-1111111-2222222", 112319, "USD", 2, "2026-11-01", StatusClosed},
			{"112-3333333-4444444", 500, "USD", 1, "2026-09-01", StatusCancelled},
		}, 0},
		{"digital_items.csv", []want{{"D01-1234567-7654321", 299, "EUR", 1, "2026-11-05", StatusUnknown}}, 0},
		{"orders_de.csv", []want{{"302-1234567-1234567", 104990, "EUR", 1, "2026-11-20", StatusCancelled}}, 0},
	} {
		orders, skipped := readOrders(t, tc.file)
		var got []want
		for _, o := range orders {
			got = append(got, want{o.ID, o.TotalMinor, o.Currency, len(o.Items), day(o.PlacedAt), o.Status})
		}
		if d := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); d != "" {
			t.Errorf("%s: orders differ (-want +got):\n%s", tc.file, d)
		}
		n := 0
		for _, c := range skipped {
			n += c
		}
		if n != tc.skip {
			t.Errorf("%s: skipped %v, want %d", tc.file, skipped, tc.skip)
		}
	}
	digital, _ := readOrders(t, "digital_items.csv")
	if !digital[0].Digital {
		t.Error("an order of the list of digital items is not marked digital")
	}
}

func TestReadOrdersRefuses(t *testing.T) {
	r := load(t)
	if _, _, err := r.ReadOrders(strings.NewReader("colour,size\nred,1\n"), Limits{}); !errors.Is(err, ErrNoColumns) {
		t.Errorf("table without order numbers: error %v, want ErrNoColumns", err)
	}
	if _, _, err := r.ReadOrders(strings.NewReader("order id\n"+strings.Repeat("1\n", 50)), Limits{Bytes: 20}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("20 bytes allowed: error %v, want ErrTooLarge", err)
	}
	if _, _, err := r.ReadOrders(strings.NewReader("order id\n"+strings.Repeat("1\n", 50)), Limits{Rows: 10}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("10 rows allowed: error %v, want ErrTooLarge", err)
	}
	if _, _, err := r.ReadOrders(strings.NewReader(`[{"id":"secret-1"},{"id":`), Limits{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("broken JSON: error %v, want one without the content", err)
	}
	if got, _, err := r.ReadOrders(strings.NewReader(""), Limits{}); err != nil || got == nil || len(got) != 0 {
		t.Errorf("empty list: %v, %v; want an empty list that is not nil", got, err)
	}
}

func TestParseAmount(t *testing.T) {
	for _, tc := range []struct {
		in, cur string
		want    int64
		wantCur string
	}{
		{"1,234.56", "USD", 123456, "USD"}, {"1.234,56 €", "", 123456, "EUR"}, {"￥24,800", "", 24800, "JPY"},
		{"24.800", "EUR", 2480000, "EUR"}, {"1,099", "USD", 109900, "USD"}, {"0.999", "USD", 99, "USD"}, {"12", "EUR", 1200, "EUR"},
		{"12,5", "EUR", 1250, "EUR"}, {"3円", "", 3, "JPY"}, {"", "EUR", 0, "EUR"}, {"free", "EUR", 0, "EUR"},
		{"-5.00", "EUR", 0, "EUR"}, {"99999999999999999999", "EUR", 0, "EUR"}, {"1.234.567,89", "EUR", 123456789, "EUR"},
	} {
		cur := tc.cur
		if got := parseAmount(tc.in, &cur); got != tc.want || cur != tc.wantCur {
			t.Errorf("parseAmount(%q) = %d %s, want %d %s", tc.in, got, cur, tc.want, tc.wantCur)
		}
	}
}

func TestMatch(t *testing.T) {
	r := load(t)
	orders, _ := readOrders(t, "orders_own.csv")
	ja, _ := readOrders(t, "orders_own.json")
	orders = append(orders, ja...)
	when := at("2026-11-20 14:00")
	for _, tc := range []struct {
		name string
		m    Mentions
		want ident.Order
		by   string
	}{
		{"number", Mentions{Orders: []ident.Order{"112-1234567-1234567"}}, "112-1234567-1234567", "number"},
		{"number read from a picture", Mentions{Orders: []ident.Order{"1I2-12345б7-1234567", "112 I234567 l234567"}}, "112-1234567-1234567", "number"},
		{"item and rough amount", Mentions{Items: []string{"a blue bicycle"}, Amounts: []Amount{{20000, "EUR"}}}, "112-1234567-1234567", "item,amount"},
		{"item of several words", Mentions{Items: []string{"city bicycle 28"}}, "112-1234567-1234567", "item"},
		{"Japanese item", Mentions{Items: []string{"シティサイクル"}}, "249-0000001-0000002", "item"},
		{"exact amount and day", Mentions{Amounts: []Amount{{399, ""}}, Dates: []time.Time{at("2026-11-10 00:00")}}, "D01-7654321-7654321", "amount,date"},
		{"digital item", Mentions{Items: []string{"film rental"}, Amounts: []Amount{{399, "EUR"}}}, "D01-7654321-7654321", "item,amount"},
		{"other currency", Mentions{Items: []string{"phone"}, Amounts: []Amount{{399, "USD"}}}, "", ""},
		{"amount alone is not asked", Mentions{Amounts: []Amount{{399, "EUR"}}}, "", ""},
		{"other number", Mentions{Orders: []ident.Order{"112-9999999-9999999"}}, "", ""},
		{"rough amount alone", Mentions{Items: []string{"telephone"}, Amounts: []Amount{{20000, "EUR"}}}, "", ""},
		{"nothing", Mentions{}, "", ""},
	} {
		res := r.Match(tc.m, orders, when)
		best, ok := res.Best()
		if best.Order.ID != tc.want || ok != (tc.want != "") || (ok && strings.Join(best.By, ",") != tc.by) {
			t.Errorf("%s: matched %q by %v, want %q by %s", tc.name, best.Order.ID, best.By, tc.want, tc.by)
		}
		if res.Checked != len(orders) || !res.Given {
			t.Errorf("%s: checked %d given %v, want %d true", tc.name, res.Checked, res.Given, len(orders))
		}
	}
}

func TestMatchPrefersNearestTie(t *testing.T) {
	r := load(t)
	m := Mentions{Items: []string{"garden chair"}}
	orders := []Order{
		{ID: "1", Items: []Item{{Name: "garden chair"}}, Household: SameBusiness, Recipient: "A•••"},
		{ID: "2", Items: []Item{{Name: "garden chair"}}, Recipient: "B•••"},
	}
	res := r.Match(m, orders, time.Time{})
	if len(res.Matches) != 2 || res.Matches[0].Order.ID != "2" {
		t.Errorf("matches %+v: want both recipients' orders, the person's own first", res.Matches)
	}
}

// TestSoonAfter is acceptance row S0.3.
func TestSoonAfter(t *testing.T) {
	r := load(t)
	orders := []Order{{ID: "112-1234567-1234567", PlacedAt: at("2026-11-20 10:00")}}
	for _, tc := range []struct {
		at    string
		hours string
	}{
		{"2026-11-20 14:00", "4"}, {"2026-11-20 10:05", "1"}, {"2026-11-23 10:00", "72"},
		{"2026-11-23 10:01", ""}, {"2026-12-30 10:00", ""}, {"2026-11-20 10:00", ""}, {"2026-11-20 09:00", ""},
	} {
		fs := r.Findings(Question{Channel: contact.Call, At: at(tc.at), Orders: orders})
		f, ok := find(fs, "contact_soon_after_order")
		if ok != (tc.hours != "") || f.Args["hours"] != tc.hours {
			t.Errorf("call at %s: hours %q found %v, want %q", tc.at, f.Args["hours"], ok, tc.hours)
		}
	}
	wide := r.WithSoonAfter(100 * 24 * time.Hour)
	if fs := wide.Findings(Question{At: at("2026-12-30 10:00"), Orders: orders}); len(fs) != 1 {
		t.Errorf("window of 100 days: %v, want contact_soon_after_order", codes(fs))
	}
}

// TestHousehold is acceptance row S0.5.
func TestHousehold(t *testing.T) {
	r := load(t)
	all, _ := readOrders(t, "orders_own.csv")
	person := Person{Account: "acc-parent", Phones: []ident.Phone{"+4930555010"}}
	mine := Of(all, person)
	if len(mine) != 1 || mine[0].Household != SamePhone {
		t.Fatalf("orders of the person = %+v, want the son's order by the same phone", mine)
	}
	fs := r.Findings(Question{Channel: contact.Call, At: at("2026-11-20 14:00"), Orders: mine,
		Mentions: Mentions{Items: []string{"bicycle"}, Amounts: []Amount{{20000, "EUR"}}}})
	f, ok := find(fs, "order_match_household")
	if !ok || f.Args["reason_en"] != "same phone" || f.Args["reason_de"] != "gleiche Telefonnummer" {
		t.Errorf("findings %v, args %v: want order_match_household by the same phone", codes(fs), f.Args)
	}
	if strings.Contains(f.Args["order"], "112-1234567") {
		t.Errorf("the order number stands unmasked in %q", f.Args["order"])
	}
	if stranger := Of(all, Person{Account: "acc-x"}); stranger == nil || len(stranger) != 0 {
		t.Errorf("a stranger gets %d orders, want an empty list", len(stranger))
	}
	// Empty fields tie nobody.
	if _, ok := (Person{}).Tied(Person{}); ok {
		t.Error("two empty persons are tied")
	}
}

// TestOrderFindings covers acceptance rows S3.15, S3.40 and S0.14.
func TestOrderFindings(t *testing.T) {
	r := load(t)
	number := Mentions{Orders: []ident.Order{"112-1234567-1234567"}, Places: []evidence.Where{{Part: "subject", Start: 3, End: 9}}}
	order := Order{ID: "112-1234567-1234567", PlacedAt: at("2026-11-01 10:00")}
	with := func(change func(*Order)) []Order { o := order; change(&o); return []Order{{ID: "9"}, o} }
	for _, tc := range []struct {
		name   string
		ch     contact.Channel
		orders []Order
		want   string
	}{
		{"genuine confirmation", contact.Mail, with(func(*Order) {}), "order_match"},
		{"fake confirmation", contact.Mail, []Order{{ID: "9"}}, "no_matching_order"},
		{"person without any order", contact.Mail, []Order{}, "no_matching_order"},
		{"no list given", contact.Mail, nil, ""},
		{"archived", contact.Mail, with(func(o *Order) { o.Archived = true }), "order_match order_match_archived"},
		{"hidden", contact.OrderNotice, with(func(o *Order) { o.Hidden = true }), "order_match order_match_hidden"},
		{"digital", contact.Mail, with(func(o *Order) { o.Digital = true }), "order_match order_match_digital"},
		{"cancelled", contact.Mail, with(func(o *Order) { o.Status = StatusCancelled }), "order_cancelled order_match"},
		{"caller knows it", contact.Call, with(func(*Order) {}), "order_details_right"},
	} {
		fs := r.Findings(Question{Channel: tc.ch, At: at("2026-11-20 14:00"), Mentions: number, Orders: tc.orders})
		if got := strings.Join(codes(fs), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	f, _ := find(r.Findings(Question{Channel: contact.Mail, At: at("2026-11-20 14:00"), Mentions: number, Orders: with(func(*Order) {})}), "order_match")
	if f.Args["date"] != "2026-11-01" || f.Where.Part != "subject" || f.Args["by_ja"] != "注文番号" {
		t.Errorf("order_match args %v where %v: want date, place and words", f.Args, f.Where)
	}
	f, _ = find(r.Findings(Question{Channel: contact.Mail, Mentions: number, Orders: []Order{{ID: "1"}, {ID: "2"}}}), "no_matching_order")
	if f.Args["checked"] != "2" {
		t.Errorf("no_matching_order args %v, want checked 2", f.Args)
	}
}

// TestPayment is acceptance row S3.41.
func TestPayment(t *testing.T) {
	r := load(t)
	order := func(p *bool, when string) Order { return Order{ID: "1", PlacedAt: at(when), PaymentRevisionPending: p} }
	for _, tc := range []struct {
		name   string
		asks   bool
		orders []Order
		answer contact.Answer
		want   string
	}{
		{"none pending", true, []Order{order(new(false), "2026-11-10 10:00")}, 0, "payment_prompt_missing"},
		{"one pending", true, []Order{order(new(false), "2026-11-10 10:00"), order(new(true), "2026-11-01 10:00")}, 0, "payment_prompt_pending"},
		{"books outrank the answer", true, []Order{order(new(true), "2026-11-01 10:00")}, contact.No, "payment_prompt_pending"},
		{"books do not say", true, []Order{order(nil, "2026-11-10 10:00")}, 0, ""},
		{"old orders need not say", true, []Order{order(nil, "2025-11-10 10:00")}, 0, "payment_prompt_missing"},
		{"no books, looked", true, nil, contact.No, "payment_prompt_missing"},
		{"no books, saw it", true, nil, contact.Yes, "payment_prompt_pending"},
		{"no books, not looked", true, nil, 0, ""},
		{"no orders at all", true, []Order{}, 0, "payment_prompt_missing"},
		{"not asked for", false, []Order{order(new(false), "2026-11-10 10:00")}, contact.No, ""},
	} {
		fs := r.Findings(Question{Channel: contact.Mail, At: at("2026-11-20 14:00"), AsksPayment: tc.asks, Orders: tc.orders, PaymentPrompt: tc.answer})
		if got := strings.Join(codes(fs), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestCodesHaveSentences checks that every code given here has its weight and
// its sentences, and that the sentences use only blanks that are filled.
func TestCodesHaveSentences(t *testing.T) {
	b, err := os.ReadFile("../../data/evidence/record.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Codes map[string]struct {
			Kind        string
			Bits        float64
			Title, Text map[string]string
		}
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	src := ""
	for _, name := range []string{"finding.go"} {
		s, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src += string(s)
	}
	filled := map[string]bool{}
	for _, n := range []string{"order", "date", "recipient", "site", "checked", "hours", "at", "channel", "by_en", "by_de", "by_ja", "reason_en", "reason_de", "reason_ja"} {
		filled[n] = true
	}
	for code, c := range file.Codes {
		if !strings.Contains(src, `"`+code+`"`) {
			t.Errorf("code %s has a sentence but is never given", code)
		}
		for _, lang := range []string{"en", "de", "ja"} {
			if c.Title[lang] == "" || c.Text[lang] == "" {
				t.Errorf("code %s: no %s title or text", code, lang)
			}
			for rest := c.Text[lang]; ; {
				_, after, ok := strings.Cut(rest, "{")
				if !ok {
					break
				}
				name, r, _ := strings.Cut(after, "}")
				if !filled[name] {
					t.Errorf("code %s %s: blank {%s} is never filled", code, lang, name)
				}
				rest = r
			}
		}
		if strings.HasPrefix(code, "order_match") && (c.Kind == "proof" || c.Bits < -3) {
			t.Errorf("code %s: order details must never clear a contact", code)
		}
	}
	for _, code := range []string{"order_match", "order_details_right", "no_matching_order", "contact_soon_after_order", "payment_prompt_missing", "payment_prompt_pending", "outbound_match", "outbound_missing", "outbound_possible", "spoken_code_ok", "spoken_code_wrong"} {
		if _, ok := file.Codes[code]; !ok {
			t.Errorf("code %s has no sentence", code)
		}
	}
	if file.Codes["order_details_right"].Bits < 0 {
		t.Error("order details known to a caller lower the risk")
	}
}
