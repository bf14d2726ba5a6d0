package contacts_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"bonafide/contact/mailauth"
	"bonafide/desk/contacts"
	"bonafide/outside/dns"
)

// mailKey is the key of the senders of these tests, whoever they are.
func mailKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
}

// zoneFile writes the records of some domains as an operator keeps them for
// --dns-file, and reads them.
func zoneFile(t *testing.T, domains ...string) func() mailauth.Resolver {
	t.Helper()
	var b strings.Builder
	key := base64.StdEncoding.EncodeToString(mailKey().Public().(ed25519.PublicKey))
	for _, d := range domains {
		b.WriteString("s1._domainkey." + d + ". 3600 IN TXT \"v=DKIM1; k=ed25519; p=" + key + "\"\n")
		b.WriteString("_dmarc." + d + ". 3600 IN TXT \"v=DMARC1; p=reject\"\n")
	}
	path := filepath.Join(t.TempDir(), "records.zone")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	zone, err := dns.File(path)
	if err != nil {
		t.Fatal(err)
	}
	return func() mailauth.Resolver { return zone }
}

// signedMail is a mail from a sender, signed by a domain; without one, not.
func signedMail(t *testing.T, domain, from, subject, body string) []byte {
	t.Helper()
	raw := "From: " + from + "\r\nTo: anna@example.com\r\nSubject: " + subject +
		"\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@mail.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		strings.ReplaceAll(body, "\n", "\r\n") + "\r\n"
	if domain == "" {
		return []byte(raw)
	}
	var out bytes.Buffer
	o := &dkim.SignOptions{Domain: domain, Selector: "s1", Signer: crypto.Signer(mailKey())}
	if err := dkim.Sign(&out, strings.NewReader(raw), o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// boilerplate is what stands below the text of a real invoice: long enough that
// single words above it hardly count.
func boilerplate() string {
	return strings.Repeat("\nThis invoice was sent on behalf of the seller. The seller is responsible for the goods and services that are described in it.\nPlease do not reply to this mail. Answers and settings are in your account under Help.\nCopyright 1999-2026. All rights reserved.", 14)
}

// Fraud is sent through real systems. A proved sender stands in the answer on
// the side for, what contradicts the brand on the side against, and the mail is
// never called genuine; plain mails signed in the same way are.
func TestFraudThroughRealSystems(t *testing.T) {
	d := newDesk(t, func(c *contacts.Config) {
		c.Resolver, c.Now = zoneFile(t, "paypal.com", "amazon.com", "amazon.de", "amazon.co.jp"), time.Now // the library signs with the clock
	})
	const (
		pp   = "PayPal <service@paypal.com>"
		az   = "Amazon.com <shipment-tracking@amazon.com>"
		azde = "Amazon.de <versandbestaetigung@amazon.de>"
		azjp = "Amazon.co.jp <shipment-tracking@amazon.co.jp>"
	)
	senders := map[string]string{pp: "paypal.com", az: "amazon.com", azde: "amazon.de", azjp: "amazon.co.jp"}
	fraud := []string{"scam", "suspicious"}
	for _, tt := range []struct {
		name, from, subject, body string
		is                        []string
		against                   string // a code that must speak against it
	}{
		{"invoice with a number", pp, "Invoice from Billing Department", "Billing Department sent you an invoice for $599.99 USD.\nNote from seller: Your account was charged for Norton 360. If you did not authorise this, call +1 888 555 0147 right away to cancel.", fraud, "authentic_mail_contradicts"},
		{"the same above a long footer", pp, "Invoice from Billing Department", "Billing Department sent you an invoice for $599.99 USD.\nNote from seller: Your account was charged for Norton 360. If you did not authorise this, call +1 888 555 0147 right away to cancel." + boilerplate(), fraud, "authentic_mail_contradicts"},
		{"no word of another brand", pp, "Invoice from Billing Department (0012)", "Billing Department sent you an invoice for $599.99 USD.\nNote from seller: We detected unusual activity. If you did not make this purchase, call PayPal support at +1 (888) 555-0147 to cancel and get a refund.", fraud, "authentic_mail_contradicts"},
		{"invoice in another brand's name", pp, "Invoice from Amazon Billing", "Amazon Billing sent you an invoice for $899.00 USD.\nNote from seller: To cancel your Amazon order call +1 888 555 0147.", fraud, "authentic_mail_scam_content"},
		{"a code below a long text", pp, "Money request", "Support sent you a money request.\nNote: please read our agent the one-time code that we send to your phone." + boilerplate(), fraud, "authentic_mail_contradicts"},
		{"call", az, "Your order of $1,499.00", "Hello Anna,\nthank you for your order of a laptop for $1,499.00. If you did not place this order, call our fraud department at +1 (888) 555-0147 immediately to cancel it.", fraud, "authentic_mail_contradicts"},
		{"pay outside", az, "Problem with your order", "Hello Anna,\nto release your order 112-1234567-1234567, please pay by bank transfer to the account of our seller and send us the receipt.", []string{"scam"}, "asks_pay_outside"},
		{"gift cards", az, "Problem with your order", "Hello Anna,\nto verify your account please buy gift cards worth $200 and send us the codes on the back.", []string{"scam"}, "asks_gift_card"},
		{"read a code", az, "Verify your account", "Hello Anna,\nour agent will call you. Please read him the one-time code that we send to your phone.", []string{"scam"}, "asks_one_time_code"},
		{"call, German", azde, "Ihre Bestellung über 1.299,00 EUR", "Guten Tag Anna,\nvielen Dank für Ihre Bestellung über 1.299,00 EUR. Falls Sie nicht bestellt haben, rufen Sie sofort unsere Betrugsabteilung unter +49 30 55501234 an, um zu stornieren.", fraud, "authentic_mail_contradicts"},
		{"pay outside, German", azde, "Zahlung Ihrer Bestellung", "Guten Tag Anna,\nbitte überweisen Sie den Betrag für Ihre Bestellung 302-1234567-1234567 direkt auf das Konto unseres Verkäufers.", []string{"scam"}, "asks_pay_outside"},
		{"read a code, German", azde, "Konto bestätigen", "Guten Tag Anna,\nunser Mitarbeiter ruft Sie gleich an. Bitte lesen Sie ihm den Einmalcode vor, den wir Ihnen per SMS schicken.", []string{"scam"}, "asks_one_time_code"},
		{"call, Japanese", azjp, "ご注文の確認", "アンナ様\n149,800円のご注文を承りました。お心当たりがない場合は、至急 050-5555-0147 のサポートセンターまでお電話ください。", fraud, "authentic_mail_contradicts"},
		{"gift cards, Japanese", azjp, "お支払いについて", "アンナ様\nコンビニでギフト券を購入し、番号をこのメールに返信してください。", []string{"scam"}, "asks_gift_card"},
		{"read a code, Japanese", azjp, "本人確認", "アンナ様\n担当者からお電話します。SMSで届く認証コードを担当者にお伝えください。", []string{"scam"}, "asks_one_time_code"},

		{"order", az, "Your package with \"USB cable\" has shipped", "Hello Anna,\nyour package with order 112-1234567-1234567 was shipped and will arrive on Monday.\nTrack it in Your Orders: https://www.amazon.com/your-orders", []string{"genuine"}, ""},
		{"order, German", azde, "Ihre Bestellung wurde versandt", "Guten Tag Anna,\nIhre Bestellung 302-1234567-1234567 wurde versandt und kommt am Montag an.\nhttps://www.amazon.de/gp/css/order-history", []string{"genuine"}, ""},
		{"order, Japanese", azjp, "ご注文の発送", "アンナ様\nご注文 250-1234567-1234567 の商品を発送しました。月曜日にお届けします。\nhttps://www.amazon.co.jp/your-orders", []string{"genuine"}, ""},
		{"receipt", pp, "Receipt for your payment to Corner Books", "Hello Anna,\nyou sent a payment of $24.00 USD to Corner Books. It may take a few moments for this transaction to appear in your account.\nTransaction ID: 5XY12345AB678901C", []string{"genuine"}, ""},
		{"receipt, the merchant's number in it", pp, "Receipt for your payment to Corner Books", "Hello Anna,\nyou sent a payment of $24.00 USD to Corner Books.\nMerchant: Corner Books, books@corner.example, +1 415 555 0123\nTransaction ID: 5XY12345AB678901C", []string{"genuine", "unknown"}, ""},
		{"receipt, number and warning far apart", pp, "Receipt for your payment to Corner Books", "Hello Anna,\nyou sent a payment of $24.00 USD to Corner Books.\nMerchant: Corner Books, +1 415 555 0123" + boilerplate() + "\nIf you notice an unauthorized charge, open your account and report it there.", []string{"genuine", "unknown"}, ""},
		{"the shop's own number", az, "Your order", "Hello Anna,\nyour order 112-1234567-1234567 was cancelled and you were not charged. Questions? Our customer service is at 1-888-280-4331.", []string{"genuine", "unknown"}, ""},
		{"sign-in notice", az, "New sign-in to your account", "Hello Anna,\nsomebody signed in to your account from a new device. If this was you, you need do nothing. If not, open the app and change your password there.", []string{"genuine", "genuine_alarm", "unknown"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			domain := senders[tt.from]
			a := mustCheck(t, d, contacts.Request{Raw: signedMail(t, domain, tt.from, tt.subject, tt.body)})
			if !slices.Contains(tt.is, a.Verdict) {
				t.Errorf("signed by %s: %s (%.2f, %v) %v: want %v", domain, a.Verdict, a.Probability, a.Rules, codesOf(a), tt.is)
			}
			if bits(a, "sender_authenticated") >= 0 {
				t.Errorf("%v: want sender_authenticated on the side for it", codesOf(a))
			}
			if tt.against != "" && bits(a, tt.against) <= 0 {
				t.Errorf("%v: want %s on the side against it", codesOf(a), tt.against)
			}
			if strings.Contains(textOf(a, tt.against), "…") {
				t.Errorf("a blank is not filled: %s", textOf(a, tt.against))
			}
			// The same without a signature is never better.
			plain := mustCheck(t, d, contacts.Request{Raw: signedMail(t, "", tt.from, tt.subject, tt.body)})
			if plain.Probability < a.Probability && a.Verdict == "genuine" || strings.HasPrefix(plain.Verdict, "genuine") {
				t.Errorf("not signed: %s (%.2f), signed: %s (%.2f)", plain.Verdict, plain.Probability, a.Verdict, a.Probability)
			}
		})
	}
}

// An address alone never helps: of the mails that impersonate Amazon, 17 in 66
// have a From of exactly amazon.com. Whatever stands in such a mail, nothing of
// sender or check speaks for it, offline and with records, and its probability
// is no lower than that of the same mail from a stranger's address. (A mail
// that only leads to the shop is a stranger's more than the shop's: there the
// stranger is worse.)
func TestOfficialAddressAloneNeverHelps(t *testing.T) {
	offline := newDesk(t)
	online := newDesk(t, func(c *contacts.Config) { c.Resolver, c.Now = zoneFile(t, "amazon.com", "mailer.example"), time.Now })
	bodies := []string{
		"Your account is on hold. Verify your payment: https://amazon.com.verify-account.example/login",
		"Hello, your order 112-1234567-1234567 has shipped. https://www.amazon.com/your-orders",
		"We charged $499.99 for your Prime membership. To cancel call +1 888 555 0147.",
		"See the attached invoice.",
	}
	for _, body := range bodies {
		for where, d := range map[string]*contacts.Desk{"offline": offline, "online": online} {
			real := mustCheck(t, d, contacts.Request{Raw: signedMail(t, "", "Customer Service <account-update@amazon.com>", "Your account", body)})
			other := mustCheck(t, d, contacts.Request{Raw: signedMail(t, "", "Customer Service <account-update@mailer.example>", "Your account", body)})
			other2 := mustCheck(t, d, contacts.Request{Raw: signedMail(t, "mailer.example", "Amazon.com <account-update@amazon.com>", "Your account", body)})
			for name, a := range map[string]*contacts.Answer{"not signed": real, "signed by a stranger": other2} {
				if a.Verdict == "genuine" || a.Verdict == "genuine_alarm" || a.Probability < other.Probability && !strings.Contains(body, "//www.amazon.com/") {
					t.Errorf("%s, %s, %.40q: %s %.3f, from a stranger's address %.3f: an address that anybody can write must not help", where, name, body, a.Verdict, a.Probability, other.Probability)
				}
				for _, e := range a.Evidence {
					if e.Bits < 0 && (strings.HasPrefix(e.Code, "sender_") || strings.HasPrefix(e.Code, "auth_")) {
						t.Errorf("%s, %s: %s speaks for the mail with %v bits", where, name, e.Code, e.Bits)
					}
				}
			}
		}
	}
}

func mustCheck(t *testing.T, d *contacts.Desk, req contacts.Request) *contacts.Answer {
	t.Helper()
	a, err := d.Check(context.Background(), req, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func bits(a *contacts.Answer, code string) float64 {
	for _, e := range a.Evidence {
		if e.Code == code {
			return e.Bits
		}
	}
	return 0
}

func textOf(a *contacts.Answer, code string) string {
	for _, e := range a.Evidence {
		if e.Code == code {
			return e.Text
		}
	}
	return ""
}
