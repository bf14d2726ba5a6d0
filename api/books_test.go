package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"bonafide/access"
	"bonafide/data"
	"bonafide/desk/accounts/books"
	"bonafide/desk/contacts"
	"bonafide/locale"
)

// TestOrderNoticeAgainstEvents: a notice about an order is compared with the guard's
// own events of whom the shop vouches for: by number, or by amount and date; hidden
// and digital orders among them; what the events do not cover is not denied. // S3.40
func TestOrderNoticeAgainstEvents(t *testing.T) {
	secret := strings.Repeat("k", 32)
	vouchers, err := access.NewVouchers(secret)
	if err != nil {
		t.Fatal(err)
	}
	check, err := contacts.New(contacts.Config{Data: data.FS, Now: time.Now, Vouchers: vouchers})
	if err != nil {
		t.Fatal(err)
	}
	x := newTill(t, check)
	check.AlsoOrders(books.New(books.Config{Guard: x.desk, Tenant: "main", Now: time.Now}))
	now := time.Now().UTC()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	n := 0
	send := func(account, kind string, at time.Time, data string) {
		n++
		rec := x.ask(http.MethodPost, "/v1/events", "all", ev(fmt.Sprint("b", n), kind, at, fmt.Sprintf(`{"account":%q,"device":"d"%s}`, account, data)))
		if rec.Code != 200 {
			t.Fatal(rec.Body)
		}
	}
	order := func(account, id string, at time.Time, amount int, more string) {
		send(account, "order.placed", at, fmt.Sprintf(`,"order":{"id":%q,"amount":%d,"currency":"EUR","items":[{"kind":"goods","amount":%d%s}]}`, id, amount, amount, more))
	}
	send("a", "account.created", ago(300), "")
	order("a", "112-1234567-1234567", ago(4), 4990, "")
	order("a", "112-7654321-7654321", ago(3), 12345, "")
	send("a", "order.hidden", ago(3), `,"order":{"id":"112-7654321-7654321"}`)
	order("a", "D01-1111111-2222222", ago(2), 1999, `,"digital":true`)
	order("other", "112-9999999-9999999", ago(1), 7777, "")
	order("young", "112-5555555-5555555", ago(1), 800, "")
	voucher := func(account string) string {
		s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": "bonafide", "exp": now.Add(5 * time.Minute).Unix(), "account": account}).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	day := func(t time.Time) string { return locale.Day("en", t) }
	for name, c := range map[string]struct {
		account, text string
		has, not      []string // codes
		says          string
	}{
		"by number":             {"a", "Your order 112-1234567-1234567 has shipped.", []string{"order_match"}, []string{"no_matching_order", "order_match_hidden"}, day(ago(4))},
		"another spelling":      {"a", "Your order d01-1111111-2222222 is ready.", []string{"order_match", "order_match_digital"}, nil, day(ago(2))},
		"hidden":                {"a", "Your order 112-7654321-7654321 of EUR 123.45 has shipped.", []string{"order_match", "order_match_hidden"}, nil, day(ago(3))},
		"digital":               {"a", "Your order D01-1111111-2222222 is ready.", []string{"order_match", "order_match_digital"}, nil, day(ago(2))},
		"by amount and date":    {"a", "Your order of " + ago(4).Format("2 January 2006") + " for EUR 49.90 has shipped. Total: EUR 49.90", []string{"order_match"}, nil, day(ago(4))},
		"none such":             {"a", "Your order 112-0000000-0000001 for EUR 763.00 has shipped.", []string{"no_matching_order"}, []string{"order_match"}, "3 orders were checked"},
		"another's order":       {"a", "Your order 112-9999999-9999999 has shipped.", []string{"no_matching_order"}, []string{"order_match"}, "3 orders were checked"},
		"events are too young":  {"young", "Your order 112-0000000-0000001 has shipped.", nil, []string{"no_matching_order", "order_match"}, ""},
		"young, but it matches": {"young", "Your order 112-5555555-5555555 has shipped.", []string{"order_match"}, nil, day(ago(1))},
		"unknown account":       {"nobody", "Your order 112-1234567-1234567 has shipped.", nil, []string{"no_matching_order", "order_match"}, ""},
		"nobody vouches":        {"", "Your order 112-1234567-1234567 has shipped.", nil, []string{"no_matching_order", "order_match"}, ""},
	} {
		req := map[string]any{"channel": "order_notice", "text": c.text, "lang": "en", "at": now.Format(time.RFC3339)}
		if c.account != "" {
			req["voucher"] = voucher(c.account)
		}
		raw, _ := json.Marshal(req)
		rec := x.ask(http.MethodPost, "/v1/contacts/check", "", string(raw))
		var a contacts.Answer
		if err := json.Unmarshal(rec.Body.Bytes(), &a); rec.Code != 200 || err != nil {
			t.Fatalf("%s: %d %s", name, rec.Code, rec.Body)
		}
		var codes, texts []string
		for _, l := range a.Evidence {
			codes, texts = append(codes, l.Code), append(texts, l.Text)
		}
		for _, want := range c.has {
			if !slices.Contains(codes, want) {
				t.Errorf("%s: no %s in %v", name, want, codes)
			}
		}
		for _, bad := range c.not {
			if slices.Contains(codes, bad) {
				t.Errorf("%s: %s in %v", name, bad, codes)
			}
		}
		if !strings.Contains(strings.Join(texts, "\n"), c.says) {
			t.Errorf("%s: %q does not say %q", name, texts, c.says)
		}
	}
}
