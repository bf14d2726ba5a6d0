package contacts_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/contact/record"
	"bonafide/desk/contacts"
	"bonafide/fault"
	"bonafide/ident"
)

// TestHostileInputIsBounded: every input ends in an answer or a clear error,
// soon.
func TestHostileInputIsBounded(t *testing.T) {
	d := newDesk(t)
	head := "From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("a.html")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	parts := strings.Repeat("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 10_000)
	nest := ""
	for i := range 500 {
		nest += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	big := strings.Repeat("Amazon password code http://a.example/ +1 888 555 0147\n", 50<<20/56)
	tests := map[string]contacts.Request{
		"50 MB mail":             {Raw: []byte(head + "\r\n" + big)},
		"10,000 parts":           {Raw: []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + "--b--\r\n")},
		"nested 500 deep":        {Raw: []byte("From: a@b.example\r\n" + nest)},
		"zip bomb":               {Raw: bomb.Bytes(), Filename: "a.zip"},
		"line of 1 MB":           {Channel: "mail", Text: strings.Repeat("a", 1<<20)},
		"endless redirects":      {Channel: "sms", Text: strings.Repeat("https://r.example/?u=", 2000) + "https://x.example"},
		"invalid UTF-8":          {Channel: "sms", Text: strings.Repeat("\xff\xfe amazon \xc3", 1000)},
		"control characters":     {Channel: "chat", Text: strings.Repeat("\x00\x1b[31m\u202e", 5000)},
		"a million digits":       {Channel: "sms", Text: strings.Repeat("1234567890", 90_000)},
		"many short sentences":   {Channel: "call", Text: strings.Repeat("code. ", 100_000)},
		"one word, many times":   {Channel: "sms", Text: strings.Repeat("password ", 100_000)},
		"Japanese, long":         {Channel: "mail", Text: strings.Repeat("パスワードを教えてください", 20_000)},
		"broken picture":         {Raw: append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff"), zeros...)},
		"random bytes":           {Raw: bytes.Repeat([]byte{0x80, 0, 7, 0xfe}, 1000)},
		"HTML of a million tags": {Raw: []byte("<!doctype html>" + strings.Repeat("<b><i>x", 200_000))},
	}
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			a, err := d.Check(ctx, req, contacts.Caller{})
			var f *fault.Error
			switch {
			case err == nil && a.Verdict == "":
				t.Error("neither an answer nor an error")
			case err != nil && !errors.As(err, &f):
				t.Errorf("an error without a kind: %v", err)
			case err != nil && f.Kind == fault.Internal:
				t.Errorf("our own mistake: %v", err)
			}
			if ctx.Err() != nil {
				t.Error("took more than a minute")
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	d := newDesk(f)
	f.Add("mail", "From: x\r\n\r\nAmazon http://a.example +49 30 901820", []byte(nil))
	f.Add("", "", []byte("\x89PNG"))
	f.Add("call", "Caller: read me the code", []byte("%PDF-1.4"))
	f.Fuzz(func(t *testing.T, channel, text string, raw []byte) {
		a, err := d.Check(context.Background(), contacts.Request{Channel: channel, Text: text, Raw: raw}, contacts.Caller{})
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Fatalf("internal error: %v", err)
		}
		if err == nil && (a.Verdict == "" || a.Probability < 0 || a.Probability > 1) {
			t.Fatalf("verdict %q, probability %g", a.Verdict, a.Probability)
		}
	})
}

// shopBooks are the shop's own records in a test.
type shopBooks struct {
	orders []record.Order
	book   record.Book
	asked  int
}

func (b *shopBooks) OrdersOf(_ context.Context, p record.Person, _ []ident.Order) ([]record.Order, error) {
	b.asked++
	return record.Of(b.orders, p), nil
}

func (b *shopBooks) ContactsTo(context.Context, []string, time.Time, time.Time) (record.Book, error) {
	b.asked++
	return b.book, nil
}

// TestBooksAreOpenedOnlyForWhomTheShopVouches: a stranger learns nothing of
// the books, neither from the answer nor from whether they were asked.
func TestBooksAreOpenedOnlyForWhomTheShopVouches(t *testing.T) {
	key := strings.Repeat("k", 32)
	vouchers, err := access.NewVouchers(key)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	books := &shopBooks{
		orders: []record.Order{{ID: "112-1234567-1234567", PlacedAt: now.Add(-48 * time.Hour), Holder: record.Person{Account: "acc-1"}}},
		book: record.Book{Entries: []record.Outbound{{Channel: "call", At: now.Add(-10 * time.Minute), To: "+4915112345678", From: "+498001234567", SpokenCode: "tulip 42"}},
			Covers: []record.Coverage{{Channel: "call", From: now.Add(-24 * time.Hour), Until: now.Add(time.Hour)}}},
	}
	d := newDesk(t, func(c *contacts.Config) { c.Vouchers, c.Orders, c.Outbound = vouchers, books, books })
	notice := contacts.Request{Channel: "order_notice", Text: "Order 112-1234567-1234567 has shipped.", At: contacts.MomentOf(now)}
	stranger, err := d.Check(context.Background(), notice, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	other := notice
	other.Text = "Order 112-9999999-9999999 has shipped."
	stranger2, err := d.Check(context.Background(), other, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	if books.asked != 0 {
		t.Error("the books were opened for a stranger")
	}
	if a, b := fmt.Sprint(codesOf(stranger), stranger.Verdict), fmt.Sprint(codesOf(stranger2), stranger2.Verdict); a != b {
		t.Errorf("a stranger can tell a real order from none: %s / %s", a, b)
	}
	token := func(account string) string {
		s, err := vouchers.Sign(access.Person{Account: account, Phones: []string{"+4915112345678"}}, now.Add(5*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	notice.Voucher = token("acc-1")
	mine, err := d.Check(context.Background(), notice, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(fmt.Sprint(codesOf(mine)), "order_match") {
		t.Errorf("vouched: %v lacks order_match", codesOf(mine))
	}
	notice.Voucher = token("acc-2")
	if theirs, err := d.Check(context.Background(), notice, contacts.Caller{}); err != nil || strings.Contains(fmt.Sprint(codesOf(theirs)), "order_match") {
		t.Errorf("another account sees the order: %v %v", codesOf(theirs), err)
	}
	notice.Voucher = "forged"
	if _, err := d.Check(context.Background(), notice, contacts.Caller{}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("forged voucher: %v, want forbidden", err)
	}
	callReq := contacts.Request{Channel: "call", Words: "Amazon called", Call: &contacts.Call{Number: "+498001234567"}, At: contacts.MomentOf(now.Add(-9 * time.Minute)), SpokenCode: "tulip 42", Voucher: token("acc-1")}
	real, err := d.Check(context.Background(), callReq, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	if real.Verdict != "genuine" {
		t.Errorf("a call in the register with its spoken code: %s %v %v", real.Verdict, codesOf(real), real.Rules)
	}
	callReq.SpokenCode = "rose 13"
	fake, err := d.Check(context.Background(), callReq, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	if fake.Verdict == "genuine" || !strings.Contains(fmt.Sprint(codesOf(fake)), "spoken_code_wrong") {
		t.Errorf("a wrong spoken code: %s %v", fake.Verdict, codesOf(fake))
	}
}

// TestSameInputSameAnswer: the order of maps and goroutines decides nothing.
func TestSameInputSameAnswer(t *testing.T) {
	d := newDesk(t)
	req := contacts.Request{Channel: "mail", Text: "Amazon: your account is locked. Verify your password at http://amazon.login.example.top or call +1 888 555 0147 within 24 hours. Order #MFHG38Z, $763.00."}
	first := ""
	for range 20 {
		a, err := d.Check(context.Background(), req, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%+v", *a); first == "" {
			first = got
		} else if len(got) != len(first) {
			t.Fatal("the same contact got two answers")
		}
	}
}

const benchSMS = "AMZ: your parcel is on hold. Pay the customs fee of $1.99 within 24 hours: amazon.com.parcel-release.top/pay"

func benchMail() []byte {
	row := "<tr><td style=\"padding:8px\"><p>Your order 112-1234567-1234567 of <b>USB-C cable</b> for $9.99 has shipped.</p><a href=\"https://www.amazon.com/gp/css/order-history?ref=x\">Your Orders</a></td></tr>\r\n"
	return []byte("From: Amazon.com <shipment-tracking@amazon.com>\r\nTo: anna@example.com\r\nSubject: Your order has shipped\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><table>" +
		strings.Repeat(row, 20000/len(row)) + "</table></body></html>\r\n")
}

// BenchmarkCheckMail20KB is a typical mail from bytes to answer.
func BenchmarkCheckMail20KB(b *testing.B) { bench(b, contacts.Request{Raw: benchMail()}) }

// BenchmarkCheckSMS is a typical text message from text to answer.
func BenchmarkCheckSMS(b *testing.B) { bench(b, contacts.Request{Channel: "sms", Text: benchSMS}) }

func bench(b *testing.B, req contacts.Request) {
	d := newDesk(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := d.Check(context.Background(), req, contacts.Caller{}); err != nil {
			b.Fatal(err)
		}
	}
}
