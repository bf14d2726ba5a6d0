package redflag_test

import (
	"testing"

	"bonafide/evidence"
)

// TestAsPeopleTellIt holds wordings in which victims, honest warners and people
// at the door speak (S0.6, S0.19, S1.4, S3.12, S3.32, S4.37): flags that must be
// raised, and flags that must not.
func TestAsPeopleTellIt(t *testing.T) {
	cat, fold := engine(t)
	const started = "user_started"
	for _, c := range []struct {
		text     string
		has, not []evidence.Code
	}{
		{"Ein Herr fragte nach meinem Geburtsdatum und der Postleitzahl.", []evidence.Code{"asks_identity"}, nil},
		{"Am Telefon wurde ich nach Namen und Geburtsdatum gefragt.", []evidence.Code{"asks_identity"}, nil},
		{"Meine Enkelin hat nach meinem Geburtstag gefragt.", nil, []evidence.Code{"asks_identity"}},
		{"There were three purchases on my account that I had not made.", []evidence.Code{"theme_fraudulent_charge"}, nil},
		{"Finanzministerium: Ihre Steuererstattung liegt für Sie bereit: https://geld-zurueck.top", []evidence.Code{"impersonates_authority"}, nil},
		// who asked for a call, and who was asked to call
		{"I had pressed the button for a call in the app.", []evidence.Code{started}, []evidence.Code{"keeps_on_line"}},
		{"He asked me to call him back at once.", nil, []evidence.Code{started}},
		{"Auf der Mailbox wurde ich um Rückruf gebeten.", nil, []evidence.Code{started}},
		{"Ich hatte selbst um Rückruf gebeten.", []evidence.Code{started}, nil},
		{"折り返し電話するように言われました。", nil, []evidence.Code{started}},
		{"アプリから電話をお願いしたら、すぐにかかってきました。", []evidence.Code{started}, []evidence.Code{"keeps_on_line", "urgency_deadline", "unusual_site_or_step"}},
		// honest warnings, and what only looks like one
		{"Your bank here. We will never ask you for your PIN.", nil, []evidence.Code{"asks_card_bank"}},
		{"Scam alert from the residents: callers claim to be engineers. Please put the phone down.", nil, []evidence.Code{"keeps_on_line"}},
		{"If you put the phone down you will lose your money, he said.", []evidence.Code{"keeps_on_line"}, nil},
		{"He said never tell anybody, and I was to read him the code on my phone.", []evidence.Code{"asks_one_time_code"}, nil},
		// somebody says to be family with a new number and asks for money
		{"母さん、携帯が壊れて番号が変わった。今日中に50万円振り込んでくれない?", []evidence.Code{"asks_pay_outside"}, nil},
		{"Hi dad, this is my new number, my phone is broken. Could you pay a bill for me today?", []evidence.Code{"asks_pay_outside"}, nil},
		{"Ich habe eine neue Nummer, kannst du die Rechnung für mich überweisen?", []evidence.Code{"channel_switch"}, nil},
		{"スマホ壊れて修理に3万円かかった。今月は節約しないと。", nil, []evidence.Code{"asks_pay_outside"}},
		{"My phone is broken, so I am at the repair shop. Can you pay for dinner tonight?", nil, []evidence.Code{"asks_pay_outside"}},
		{"Hallo Oma, ich habe eine neue Nummer, du erkennst mich am Foto. Bis Sonntag zum Kaffee!", nil, []evidence.Code{"channel_switch"}},
		{"Die Dame rief wegen meiner Erstattung an und fragte nach der Bestellnummer.", nil, []evidence.Code{"callback_number"}},
		{"Hi mum, dropped my phone down the loo, this is my new number. Can you text me back on WhatsApp? I need to pay a bill today.", []evidence.Code{"channel_switch"}, []evidence.Code{"asks_one_time_code"}},
		{"My bank's app rang and showed a message that they are calling me.", nil, []evidence.Code{"asks_card_bank"}},
		// a parcel at the door
		{"A courier rang the bell and asked me to sign for a parcel from Amazon.", nil, []evidence.Code{"impersonated_staff", "theme_lost_package"}},
		{"Der Paketbote hat geklingelt und wollte eine Unterschrift für das Paket.", nil, []evidence.Code{"theme_lost_package"}},
		{"I rang the number on my card and they blocked it.", nil, []evidence.Code{"asks_card_bank"}},
	} {
		got := flagsOf(cat, fold, c.text)
		for _, f := range c.has {
			if _, ok := got[f]; !ok {
				t.Errorf("%s: lacks %s", c.text, f)
			}
		}
		for _, f := range c.not {
			if g, ok := got[f]; ok {
				t.Errorf("%s: %s on %q", c.text, f, g.Where.Quote)
			}
		}
	}
}
