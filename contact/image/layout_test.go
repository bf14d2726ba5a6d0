package image

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/contact"
)

func layouts(t testing.TB) *Layouts {
	t.Helper()
	l, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFromText(t *testing.T) {
	l := layouts(t)
	for _, tc := range []struct {
		name, in               string
		ch                     contact.Channel
		from, number, platform string
		mail, subject, text    string
	}{
		{name: "SMS with a number", ch: contact.Screenshot,
			in:     "9:41 LTE 80%\n+1 (555) 010-0147\nText Message\nToday 9:40\nShop Alert: an order for a phone of\n$1,199.00 was placed on your account.\n\nIf this was not you, call 1-800-555-0199\nnow.\n\nReply STOP to end\n",
			number: "+1 (555) 010-0147",
			text:   "Shop Alert: an order for a phone of $1,199.00 was placed on your account.\nIf this was not you, call 1-800-555-0199 now.\nReply STOP to end"},
		{name: "Japanese SMS", ch: contact.Screenshot,
			in:     "9:41 LTE 80%\n\n+81 90-5550-0123\n\nお 荷物 の お 届け に あがり まし た が 不在 の\n為 持ち 帰り まし た 。 ご 確認 くだ さい 。\n\nhttps://nimotsu.example/jp\n",
			number: "+81 90-5550-0123",
			text:   "お荷物のお届けにあがりましたが不在の為持ち帰りました。ご確認ください。\nhttps://nimotsu.example/jp"},
		{name: "name at the top", ch: contact.Screenshot,
			in:   "22:15 5G\n< Kundendienst\nTextnachricht\nIhr Paket konnte nicht zugestellt wer-\nden. Bitte bezahlen Sie die Zollgebühr.\n",
			from: "Kundendienst", text: "Ihr Paket konnte nicht zugestellt werden. Bitte bezahlen Sie die Zollgebühr."},
		{name: "mail", ch: contact.Screenshot,
			in:   "9:41\nInbox\nFrom: Shop Support <help@shop-\nalerts.example>\nTo: me\nSubject: Your payment was declined\n\nDear customer, please update your payment at https://shop-\nbilling.example/renew or your account is closed.\n",
			from: "Shop Support", mail: "help@shop-alerts.example", subject: "Your payment was declined",
			text: "Dear customer, please update your payment at https://shop-billing.example/renew or your account is closed."},
		{name: "Japanese mail", ch: contact.Screenshot,
			in:   "差 出 人 : お 客 様 サポ ー ト <info@shop-account.example>\n件 名 : お 支払 い 方法 の 確認\n\nお 客 様 の アカウント\n",
			from: "お客様サポート", mail: "info@shop-account.example", subject: "お支払い方法の確認", text: "お客様のアカウント"},
		{name: "German mail, bare address", ch: contact.Screenshot,
			in:   "Von: service@shop.example\nBetreff: Ihr Konto\nGuten Tag",
			mail: "service@shop.example", subject: "Ihr Konto", text: "Guten Tag"},
		{name: "letter is not searched for a screen's header", ch: contact.Letter,
			in:   "Shop Service\nDear Mrs Example, we write to you about your account which\nwas suspended.",
			text: "Shop Service\nDear Mrs Example, we write to you about your account which was suspended."},
		{name: "from in a text is no header", ch: contact.Letter, in: "From: London\nWe write to you about a parcel.", text: "From: London\nWe write to you about a parcel."},
		{name: "chat program", ch: contact.Screenshot, in: "WhatsApp\nMum\nHi, this is my new number, please save it", platform: "whatsapp", from: "Mum", text: "Hi, this is my new number, please save it"},
		{name: "time in a sentence stays", ch: contact.Screenshot, in: "9:00 clock appointment tomorrow with the bank", text: "9:00 clock appointment tomorrow with the bank"},
	} {
		c := l.FromText(tc.in, tc.ch, time.Time{})
		got := map[string]string{"from": c.Sender.Name, "number": c.Sender.Number, "platform": c.Platform, "mail": c.Sender.Mail.String()}
		for _, p := range c.Parts {
			got[p.Name] = p.Text
		}
		want := map[string]string{"from": tc.from, "number": tc.number, "platform": tc.platform, "mail": tc.mail, "ocr": tc.text}
		if tc.subject != "" {
			want["subject"] = tc.subject
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: contact differs (-want +got):\n%s", tc.name, d)
		}
		if c.Channel != tc.ch {
			t.Errorf("%s: channel %q", tc.name, c.Channel)
		}
	}
	empty := l.FromText(" \n\f", contact.Screenshot, time.Time{})
	if len(empty.Parts) != 0 || len(empty.Problems) != 1 || empty.Problems[0].Code != "no_text" {
		t.Errorf("empty text: %+v, want the problem no_text", empty)
	}
}

func TestJoinJapanese(t *testing.T) {
	for in, want := range map[string]string{
		"お 荷物 の お 届け":           "お荷物のお届け",
		"Amazon から の お知らせ":      "Amazon からのお知らせ",
		"24 時間 以内 に":            "24時間以内に",
		"約 24 時間":               "約24時間",
		"https://x.example/1 を": "https://x.example/1 を",
		"確認 くだ さい 。":            "確認ください。",
		"two words":             "two words",
		"件 名 : お 支払":            "件名: お支払",
		"サー ビス（ 無料 ）":           "サービス（無料）",
	} {
		if got := JoinJapanese(in); got != want {
			t.Errorf("JoinJapanese(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzFromText(f *testing.F) {
	f.Add("9:41 LTE\n+1 555 0100\nHello there, this is a message-\nbreak")
	f.Add("差 出 人 : お 客 様 <a@b.example>\n件 名 : x\n\n本 文")
	f.Add("From: <\n<\n:\n-\n-a")
	l := layouts(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, ch := range []contact.Channel{contact.Screenshot, contact.Letter} {
			c := l.FromText(s, ch, time.Time{})
			n := 0
			for _, p := range c.Parts {
				n += len(p.Text)
				if strings.ToValidUTF8(p.Text, "") != p.Text {
					t.Error("part is no UTF-8")
				}
			}
			if n > 4*len(s)+16 {
				t.Errorf("%d bytes grew to %d", len(s), n)
			}
		}
	})
}
