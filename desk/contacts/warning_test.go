package contacts_test

import (
	"testing"

	"bonafide/desk/contacts"
)

// TestAWarningBeforeTheRequest: what begins with a warning of fraud and then asks is
// fraud, where the whole of it reads so; what warns is not (S0.9, S1.7).
func TestAWarningBeforeTheRequest(t *testing.T) {
	called(t, []inCase{
		{"mail", "", "Police have found your card details with fraudsters. To keep your money safe, tell our officer your PIN when he calls.", true},
		{"mail", "", "Phishing is on the rise. To stay safe, confirm your card number and PIN on this page now: https://card-safe.example.top", true},
		{"sms", "", "Beware of scams! Amazon security: tell us the code we sent you to keep your account safe.", true},
		{"sms", "", "Achtung, Betrüger sind unterwegs. Bestätigen Sie deshalb jetzt Ihre Kartendaten unter https://karte-sicher.example.top", true},
		{"mail", "", "フィッシング詐欺が増えています。安全のため、下記よりカード情報をご確認ください。https://card-anzen.example.top/", true},
		{"mail", "", "A word from the parish newsletter: fraudsters ring older people and pretend to be the police. They want the bank card. Never hand it over.", false},
		{"mail", "", "Beware of scams: fraudsters ask you to confirm your card number and PIN. Never do so. We do not ask for it.", false},
		{"call", "", "A caller may ask you to install AnyDesk. Hang up. Amazon never asks for remote access.", false},
		{"sms", "", "Achtung Betrug: Anrufer geben sich als Amazon aus und wollen Ihre Kartendaten. Legen Sie auf.", false},
		{"mail", "", "アマゾンを装うSMSが届いています。カード情報を入力しないでください。すぐに削除してください。", false},
	})
}

// inCase is a text in a language ("" for that of the text) and whether it is to be called
// fraud.
type inCase struct {
	channel, lang, text string
	fraud               bool
}

// called holds that of texts just those are called scam or suspicious that are fraud.
func called(t *testing.T, cases []inCase) {
	t.Helper()
	d := newDesk(t)
	for _, c := range cases {
		a, err := d.Check(t.Context(), contacts.Request{Channel: c.channel, Text: c.text, Lang: c.lang}, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Verdict == "scam" || a.Verdict == "suspicious"; got != c.fraud {
			t.Errorf("%s (%.2f): %s", a.Verdict, a.Probability, c.text)
		}
	}
}
