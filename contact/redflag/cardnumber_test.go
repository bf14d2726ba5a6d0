package redflag_test

import (
	"strings"
	"testing"

	"bonafide/evidence"
)

// TestNumberOnTheCard: to call the number on one's own card is what banks advise and
// what careful people do; to read it out is what fraudsters ask (S0.9).
func TestNumberOnTheCard(t *testing.T) {
	cat, fold := engine(t)
	for _, s := range []string{
		"Your bank: card ending 2231 was used at AMAZON MKTP for 64.20 GBP. Not you? Call the number on your card.",
		"I called the number on the back of my bank card and the lady there blocked my card after the strange payment to Amazon.",
		"I phoned my bank myself with the number on my card, and they blocked it.",
		"Sparkasse: Ihre Karte mit Endziffern 2231 wurde bei AMAZON für 64,20 EUR eingesetzt. Nicht Sie? Rufen Sie die Nummer auf Ihrer Karte an.",
		"Ich habe selbst die Nummer hinten auf meiner Karte angerufen, und die Bank hat die Karte gesperrt.",
	} {
		for code, f := range flagsOf(cat, fold, s) {
			if strings.HasPrefix(string(code), "asks_") || code == "callback_number" || code == "theme_fraudulent_charge" {
				t.Errorf("%q raises %s by %s on %q", s, code, f.Source, f.Where.Quote)
			}
		}
	}
	for _, s := range []string{
		"Your Amazon order is on hold. Call us and read the number on the back of your card.",
		"Call our agent now and tell him the number on your card.",
		"Ihre Karte wird gesperrt. Rufen Sie uns an und nennen Sie die Nummer auf der Rückseite Ihrer Karte.",
	} {
		if _, ok := flagsOf(cat, fold, s)["asks_card_bank"]; !ok {
			t.Errorf("%q does not raise asks_card_bank", s)
		}
	}
}

// TestRightName: a composition names what was asked, not a sum or an app beside it.
func TestRightName(t *testing.T) {
	cat, fold := engine(t)
	for _, tt := range []struct {
		text string
		not  evidence.Code
	}{
		{"She said somebody in another state ordered two laptops for 2,400 dollars on my account.", "asks_fee"},
		{"Somebody bought an iPhone on my account for 999 dollars, he said, and I should stay on the line.", "asks_fee"},
		{"She told me to open my banking app and look whether the money was gone.", "asks_install"},
		{"Ich solle die App meiner Bank öffnen, sagte sie.", "asks_install"},
	} {
		if f, ok := flagsOf(cat, fold, tt.text)[tt.not]; ok && !strings.HasPrefix(f.Source, "textmodel/") {
			t.Errorf("%q raises %s on %q", tt.text, tt.not, f.Where.Quote)
		}
	}
}
