package redflag_test

import (
	"fmt"
	"strings"
	"testing"
)

// warnsThenAsks hold a warning and, behind it, the request for what it warns of:
// the warning must not buy silence.
var warnsThenAsks = []string{
	"Police have found that your account is misused. Never share your PIN with anyone - but tell our officer the PIN now so that we can lock it.",
	"We never ask for passwords, but in this case please reply with your password so that we can unlock your account.",
	"Do not tell the code to anybody except our agent, who needs the code to stop the payment.",
	"Banks never ask you to move money. However, as your account is under attack you must transfer your savings to the account below.",
	"Never buy gift cards for strangers. But since I am from Amazon, please buy three gift cards and give me the codes.",
	"You should never give out card details. This is different: send us your card number and the CVV so we can refund you.",
	"Although we normally never ask for it, please send me your online banking password so I can cancel the order.",
	"Die Polizei hat festgestellt, dass Ihr Konto missbraucht wird. Geben Sie Ihre PIN niemals weiter - aber nennen Sie unserem Beamten jetzt die PIN, damit wir es sperren können.",
	"Wir fragen nie nach Passwörtern, in diesem Fall aber bitten wir Sie, uns Ihr Passwort zu senden, damit wir Ihr Konto entsperren.",
	"Nennen Sie den Code niemandem außer unserem Mitarbeiter, der den Code braucht, um die Zahlung zu stoppen.",
	"Banken bitten Sie nie, Geld zu überweisen. Da Ihr Konto jedoch angegriffen wird, müssen Sie Ihr Erspartes auf das Konto unten überweisen.",
	"Kaufen Sie nie Geschenkkarten für Fremde. Da ich aber von Amazon bin, kaufen Sie bitte drei Geschenkkarten und nennen Sie mir die Codes.",
	"Obwohl wir sonst nie danach fragen, senden Sie mir bitte Ihr Passwort für das Online-Banking, damit ich die Bestellung stornieren kann.",
	"暗証番号は絶対に誰にも教えてはいけませんが、口座を止めるため担当官には今すぐ暗証番号をお伝えください。",
	"当行がパスワードを伺うことはありませんが、今回に限りロック解除のためパスワードをご返信ください。",
	"認証コードは当社の担当者以外には教えないでください。支払いを止めるため、担当者に認証コードをお伝えください。",
	"銀行が送金をお願いすることはありません。しかし口座が攻撃されているため、預金を下記の口座へお振り込みください。",
	"知らない人のためにギフトカードを買わないでください。私はアマゾンの者ですので、ギフトカードを3枚買ってコードを教えてください。",
	"普段はお聞きしませんが、注文を取り消すためネットバンキングのパスワードを送ってください。",
}

// warnsHonestly hold a warning and a turn behind it that asks for nothing.
var warnsHonestly = []string{
	"Your PIN is secret: never share it with anyone, but tell us at once if you think somebody knows it so that we can lock the card.",
	"Never tell anyone your PIN, but you will need it at the cash machine to take out money.",
	"We will never ask for your password by phone, only on the sign-in page of our app.",
	"Do not share this code, but enter it in the app to finish your payment: 553201.",
	"Please do not email your card number; instead enter the card details at the till on our site.",
	"We never ask you to transfer money to a safe account. However, if you did transfer money, call your bank now.",
	"Do not let callers install AnyDesk. If you did, disconnect from the internet now and tell your bank.",
	"Your new PIN is below. Do not write it down or tell it to anybody. You can only change the PIN at one of our cash machines.",
	"Ihre PIN ist geheim: Geben Sie sie niemals weiter, aber sagen Sie uns sofort Bescheid, wenn jemand sie kennt, damit wir die Karte sperren können.",
	"Nennen Sie niemandem Ihre PIN, Sie brauchen sie aber am Geldautomaten, um Geld abzuheben.",
	"Wir fragen nie am Telefon nach Ihrem Passwort, sondern nur auf der Anmeldeseite unserer App.",
	"Geben Sie diesen Code nicht weiter, sondern tippen Sie ihn in der App ein, um die Zahlung abzuschließen: 553201.",
	"Wir bitten Sie nie, Geld auf ein sicheres Konto zu überweisen. Falls Sie aber Geld überwiesen haben, rufen Sie jetzt Ihre Bank an.",
	"Anbei Ihre neue PIN. Schreiben Sie sie nicht auf und sagen Sie sie niemandem. Ändern können Sie die PIN nur an unseren Geldautomaten.",
	"暗証番号は誰にも教えないでください。ただし、他人に知られた可能性がある場合は、カードを止めますのですぐに当行へご連絡ください。",
	"暗証番号は誰にも教えないでください。ただし、ATMでお引き出しの際には暗証番号の入力が必要です。",
	"電話でパスワードをお聞きすることはありませんが、アプリのログイン画面では入力が必要です。",
	"カード番号をメールで送らないでください。代わりに、当店サイトの購入画面でカード情報をご入力ください。",
	"安全な口座への送金をお願いすることはありません。しかし、送金してしまった場合は、すぐに銀行へお電話ください。",
}

func TestAWarningBuysNoSilence(t *testing.T) {
	cat, fold := engine(t)
	asks := func(s string) (out []string) {
		for code, f := range flagsOf(cat, fold, s) {
			if strings.HasPrefix(string(code), "asks_") || code == "authority_transfer" {
				out = append(out, fmt.Sprintf("%s by %s on %q", code, f.Source, f.Where.Quote))
			}
		}
		return out
	}
	for _, s := range warnsThenAsks {
		if len(asks(s)) == 0 {
			t.Errorf("raises no request: %s", s)
		}
	}
	for _, s := range warnsHonestly {
		if got := asks(s); len(got) > 0 {
			t.Errorf("honest, raises %v: %s", got, s)
		}
	}
}
