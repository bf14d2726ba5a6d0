package redflag_test

import "testing"

// TestCodesInTheWordsOfFriends: who asks for a code in the words of a family
// whose telephone broke asks for a code; who asks for that of the garage does not.
func TestCodesInTheWordsOfFriends(t *testing.T) {
	cat, fold := engine(t)
	for text, want := range map[string]bool{
		"Mum, mine's smashed. They sent you a code, text it over?":                                        true,
		"Nan, did a number from Amazon come through on yours? Need it to get in":                          true,
		"I put your number by accident, you got a pin from PayPal, pass it on to me":                      true,
		"dropped my phone in the sink lol. u should get 6 numbers, send them here":                        true,
		"Did you get the code for the door? Send it to me please":                                         false,
		"Got a new phone, can you send me the pics from Saturday?":                                        false,
		"Never send anybody the code you just got":                                                        false,
		"Schick mir bitte kurz den Code, den du gerade bekommen hast":                                     true,
		"Du Papa, die Nummer von Amazon ist bei dir gelandet, tippst du sie mir?":                         true,
		"Mein Handy ist ins Klo gefallen. Du hast gleich sechs Ziffern von WhatsApp, schreib sie mal her": true,
		"Hast du den Code für die Haustür bekommen? Schick ihn mir bitte":                                 false,
		"Ich hab ein neues Handy, schick mir doch mal die Fotos":                                          false,
		"Schick den Code, den du gerade bekommen hast, nie jemandem":                                      false,
		"今届いた認証コードを教えてくれる？":                                                                               true,
		"おじいちゃん、携帯こわれた。そっちに来た6桁、教えて":                                                                      true,
		"スマホ水没しちゃった。そっちに数字のメールが行くから、見せて":                                                                  true,
		"玄関のコード届いた？送ってもらえる？":                                                                              false,
		"新しいスマホにした！写真送ってね":                                                                                false,
	} {
		if _, got := flagsOf(cat, fold, text)["asks_one_time_code"]; got != want {
			t.Errorf("%q: asks_one_time_code %v, want %v", text, got, want)
		}
	}
}
