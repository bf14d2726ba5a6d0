package records

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/store"
)

// Sample is a made-up report with what it can be found by.
type Sample struct {
	Report store.Report
	// Number is a telephone number as the text writes it, Spoken the same as
	// somebody else would write it.
	Number, Spoken      string
	Order, Mail, Domain string
	// Words are two words of the text that not many texts have; Pair is a pair of
	// characters and Run several in a row, of Japanese texts only.
	Words, Pair, Run string
}

// spacing is the time between two reports.
const spacing = 13 * time.Second

// vocabulary is how many made-up words there are.
const vocabulary = 20_000

// sentences of the texts, by language, with what they leave open.
var sentences = map[string][]string{
	"en": {
		"Your account was locked after an order of {amount}. Call {number} now to keep it open.",
		"Order {order} for a gift card of {amount} will be delivered today. If this was not you call our security team: {number}.",
		"Your parcel waits at the depot. Pay the fee of {amount} at https://{domain}/pay within 24 hours.",
		"Dear {name}, your refund of {amount} for order {order} could not be sent. Answer to {mail} with your bank details.",
		"This is the fraud department. Somebody bought a phone with your card. Write to {mail} or call {number}.",
	},
	"de": {
		"Ihr Konto wurde gesperrt. Rufen Sie sofort {number} an, sonst wird die Bestellung {order} über {amount} ausgeführt.",
		"Guten Tag {name}, Ihr Paket wartet beim Zoll. Bezahlen Sie die Gebühr von {amount} unter https://{domain}/zoll.",
		"Ihre Erstattung von {amount} für die Bestellung {order} konnte nicht überwiesen werden. Schreiben Sie an {mail}.",
		"Hier ist die Sicherheitsabteilung. Jemand hat mit Ihrem Konto eine Geschenkkarte gekauft: {number} oder {mail}.",
	},
	"ja": {
		"お客様のアカウントは停止されました。至急{number}までお電話ください。注文番号{order}、金額{amount}。",
		"{name}様、{pair}の返金手続きが完了していません。{mail}までご連絡ください。注文{order}。",
		"お荷物をお預かりしています。https://{domain}/ から料金{amount}をお支払いください。{pair}について{run}。",
	},
}

// kanji are what pairs of characters are made of.
var kanji = []rune("銀行口座番号確認変更停止解除連絡先住所氏名電話会員登録配送荷物税関料金返金支払期限警察署担当者身分証明書類送付安全対策詐欺注意個人情報保護規約更新延滞未納請求額円玄関玉子海山川空森林田町村市県都府区駅東西南北春夏秋冬朝昼夜光風雨雪雲星月火水木金土日")

var syllables = strings.Fields("ba be bi bo da de di do fa fe fi fo ga ge gi go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi vo za ze zi zo")

// word is one of the vocabulary; the first ones come often (Zipf's law).
func word(r *rand.Rand) string { return named(int(math.Pow(vocabulary, r.Float64()))) }

// named is the word of a rank.
func named(rank int) string {
	var b strings.Builder
	n := len(syllables)
	for x := rank + n; x > 0; x /= n {
		b.WriteString(syllables[x%n])
	}
	return b.String()
}

// Made is the report at a place, the same for the same seed.
func Made(seed uint64, i int) Sample {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	lang := []string{"en", "en", "de", "ja"}[r.IntN(4)]
	s := Sample{}
	area, last := 200+r.IntN(790), r.IntN(10000)
	s.Number, s.Spoken = fmt.Sprintf("+1 %d-555-%04d", area, last), fmt.Sprintf("(%d) 555.%04d", area, last)
	s.Order = fmt.Sprintf("%03d-%07d-%07d", r.IntN(1000), r.IntN(10_000_000), r.IntN(10_000_000))
	s.Mail = fmt.Sprintf("%s.%d@%s.example", named(r.IntN(vocabulary)), r.IntN(100_000), named(r.IntN(500)))
	s.Domain = fmt.Sprintf("%s-%s.example", named(r.IntN(3000)), named(r.IntN(60)))
	run := make([]rune, 6)
	for k := range run {
		run[k] = kanji[r.IntN(len(kanji))]
	}
	s.Words = named(2000+r.IntN(vocabulary-2000)) + " " + named(200+r.IntN(1800))
	amount := fmt.Sprintf("%d.%02d", 5+r.IntN(900), r.IntN(100))
	name := named(3000 + r.IntN(5000))
	fill := strings.NewReplacer("{number}", s.Number, "{order}", s.Order, "{mail}", s.Mail, "{domain}", s.Domain, "{amount}", amount,
		"{name}", strings.ToUpper(name[:1])+name[1:], "{pair}", string(run[:2]), "{run}", string(run))
	all := sentences[lang]
	first := r.IntN(len(all))
	text := all[first]
	if r.IntN(3) == 0 {
		text += " " + all[(first+1)%len(all)]
	}
	for _, x := range []struct {
		slot  string
		value *string
	}{{"{number}", &s.Number}, {"{order}", &s.Order}, {"{mail}", &s.Mail}, {"{domain}", &s.Domain}} {
		if !strings.Contains(text, x.slot) {
			*x.value = ""
		}
	}
	if s.Number == "" {
		s.Spoken = ""
	}
	if strings.Contains(text, "{pair}") {
		s.Pair = string(run[:2])
	}
	if strings.Contains(text, "{run}") {
		s.Run = string(run)
	}
	text = fill.Replace(text)
	if lang != "ja" {
		// Between a short text message and a letter.
		more := []string{s.Words}
		for range int(math.Pow(60, r.Float64())) {
			more = append(more, word(r))
		}
		text += " " + strings.Join(more, " ") + "."
	} else {
		s.Words = ""
	}
	s.Report = report(seed, i, r, lang, text)
	return s
}

func report(seed uint64, i int, r *rand.Rand, lang, text string) store.Report {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], seed)
	binary.BigEndian.PutUint64(raw[8:], uint64(i))
	id := sha256.Sum256(raw[:])
	x := store.Report{Tenant: Tenant, ID: store.ReportID(hex.EncodeToString(id[:16])), Created: began.Add(time.Duration(i) * spacing),
		Channel: contact.SMS, Lang: lang, Country: map[string]string{"en": "US", "de": "DE", "ja": "JP"}[lang], Text: text,
		Outcome: verdict.Scam, Probability: 0.5 + r.Float64()/2, Codes: []evidence.Code{"callback_number", "urgency_deadline", "asks_fee"},
		Consent: "eval", Status: store.ReportDone}
	x.RetainUntil = x.Created.AddDate(1, 0, 0)
	switch n := r.IntN(100); {
	case n < 25:
		x.Channel = contact.Mail
	case n < 35:
		x.Channel = contact.Call
	case n < 36:
		x.Channel = contact.Letter
	}
	switch n := r.IntN(100); {
	case n < 20:
		x.Outcome = verdict.Suspicious
	case n < 30:
		x.Outcome = verdict.Unknown
	case n < 32:
		x.Outcome = verdict.Genuine
	}
	switch n := r.IntN(1000); {
	case n < 5:
		x.Status = store.ReportNew
	case n < 20:
		x.Status = store.ReportOpen
	case n < 60:
		x.Status = store.ReportRejected
	}
	return x
}
