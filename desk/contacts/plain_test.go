package contacts_test

import (
	"slices"
	"strings"
	"testing"

	"bonafide/desk/contacts"
)

// TestWhoAskedForACallIsNotToldOfFraud: a call that the person asked for in the
// shop's app convicts nobody by itself; what is asked in it still may (S1.20).
func TestWhoAskedForACallIsNotToldOfFraud(t *testing.T) {
	called(t, []inCase{
		{"call", "en", "I pressed the button for a call and they called me back.", false},
		{"call", "en", "I asked for a call in the Amazon app, and a woman rang me within a minute about my missing parcel.", false},
		{"call", "en", "I requested a call in the app. The man asked me to read him the code from my phone and to buy gift cards.", true},
		{"call", "de", "Ich hatte in der App um einen Rückruf gebeten. Die Dame rief wegen meiner Erstattung an und fragte nach der Bestellnummer.", false},
		{"call", "de", "Ich habe den Anruf selbst in der App angefordert, und ein Mitarbeiter hat das verlorene Paket neu verschickt.", false},
		{"call", "de", "Ich habe den Anruf selbst in der App angefordert. Der Mann wollte, dass ich Geschenkkarten kaufe und ihm die Codes vorlese.", true},
		{"call", "ja", "アプリで電話のボタンを押したら、折り返しの電話がありました。", false},
		{"call", "ja", "アプリから折り返しを依頼しました。担当の方から電話があり、返金について注文番号を聞かれました。", false},
		{"call", "ja", "アプリで電話のボタンを押したら電話があり、ギフトカードを買って番号を教えるように言われました。", true},
	})
}

// TestStepsDependOnWhatWasDone: who gave nothing away in a call is asked about it
// and need not change a password; who talked to them does (S0.22).
func TestStepsDependOnWhatWasDone(t *testing.T) {
	d := newDesk(t)
	steps := func(req contacts.Request) (codes []string) {
		req.Channel, req.Lang = "call", "en"
		req.Text = "A man claiming to be from Amazon said there was a charge of 900 dollars on my account. I hung up."
		a, err := d.Check(t.Context(), req, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.NextSteps {
			codes = append(codes, s.Code)
		}
		return codes
	}
	if got := steps(contacts.Request{}); slices.Contains(got, "change_pw") || !slices.Contains(got, "if_given") {
		t.Errorf("nothing given: %v", got)
	}
	for _, req := range []contacts.Request{{AlreadyDone: []string{"called_back"}}, {Gave: []string{"password"}}} {
		if got := steps(req); !slices.Contains(got, "change_pw") || slices.Contains(got, "if_given") {
			t.Errorf("%v %v: %v", req.AlreadyDone, req.Gave, got)
		}
	}
}

// TestReceiversInTheReadersLanguage: what is ours about them is not told in English.
func TestReceiversInTheReadersLanguage(t *testing.T) {
	d := newDesk(t)
	for lang, country := range map[string]string{"de": "DE", "ja": "JP"} {
		a, err := d.Check(t.Context(), contacts.Request{Channel: "call", Text: "Amazon 900 $", Lang: lang, Country: country}, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range a.ReportTo {
			if strings.Contains(r.Name, "report") {
				t.Errorf("%s: %s", lang, r.Name)
			}
		}
	}
}

// TestAColonIsNoHeader: what a mail says may begin with a name and a colon.
func TestAColonIsNoHeader(t *testing.T) {
	d := newDesk(t)
	for _, text := range []string{
		"HMRC: You are owed a council tax refund of 412 pounds. Claim before Friday and enter your card at https://refund-council.top/claim",
		"Booking.com: Ihre Karte konnte nicht bestätigt werden. Geben Sie sie innerhalb von 12 Stunden neu ein, sonst wird die Buchung storniert: https://booking-guest.top/id",
	} {
		a, err := d.Check(t.Context(), contacts.Request{Channel: "mail", Raw: []byte(text + "\n")}, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Channel != "mail" || len(a.Evidence) == 0 || a.Verdict == "unknown" {
			t.Errorf("%s on %s with %d reasons: %s", a.Verdict, a.Channel, len(a.Evidence), text)
		}
	}
}
