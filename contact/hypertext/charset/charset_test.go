package charset

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

func TestDecodeKnownCharsets(t *testing.T) {
	tests := []struct{ label, text string }{
		{"utf-8", "Grüße, 注文 заказ"}, {"UTF8", "Grüße"}, {"iso-8859-1", "Grüße für Sie"}, {"windows-1252", "„Anführung“ – €"},
		{"iso-8859-2", "Zażółć gęślą"}, {"iso-8859-5", "Заказ"}, {"iso-8859-7", "Παραγγελία"}, {"iso-8859-9", "Sipariş"}, {"iso-8859-15", "10 €"},
		{"windows-1250", "Zażółć"}, {"windows-1251", "Ваш заказ"}, {"windows-1253", "Παραγγελία"}, {"windows-1254", "Sipariş"},
		{"windows-1255", "הזמנה"}, {"windows-1256", "طلبك"}, {"windows-1257", "Ačiū"}, {"windows-1258", "Đơn"}, {"windows-874", "คำสั่งซื้อ"},
		{"koi8-r", "Ваш заказ"}, {"koi8-u", "Ваше замовлення"}, {"macintosh", "Grüße"}, {"ibm866", "Заказ"},
		{"shift_jis", "ご注文の確認"}, {"x-sjis", "ご注文"}, {"cp932", "ご注文"}, {"euc-jp", "ご注文の確認"}, {"iso-2022-jp", "ご注文の確認"}, {"ISO-2022-JP-2", "確認"},
		{"gb2312", "您的订单"}, {"gbk", "您的訂單"}, {"gb18030", "您的订单"}, {"big5", "您的訂單"}, {"euc-kr", "주문 확인"}, {"ks_c_5601-1987", "주문"},
		{"utf-16be", "Grüße 注文"}, {"utf-16le", "Grüße 注文"},
	}
	for _, test := range tests {
		enc, err := htmlindex.Get(map[string]string{
			"UTF8": "utf-8", "x-sjis": "shift_jis", "cp932": "shift_jis", "ISO-2022-JP-2": "iso-2022-jp", "ks_c_5601-1987": "euc-kr", "iso-8859-1": "windows-1252",
		}[test.label])
		if err != nil {
			if enc, err = htmlindex.Get(test.label); err != nil {
				t.Fatalf("%s: %v", test.label, err)
			}
		}
		raw, err := enc.NewEncoder().String(test.text)
		if err != nil {
			t.Fatalf("%s cannot write %q: %v", test.label, test.text, err)
		}
		if got, ok := Decode([]byte(raw), test.label); got != test.text || !ok {
			t.Errorf("Decode(%q in %s) = %q, %v; want %q, true", test.text, test.label, got, ok, test.text)
		}
	}
}

func TestDecodeOddities(t *testing.T) {
	tests := []struct {
		name, in, label, want string
		ok                    bool
	}{
		{"utf-7", "Gr+APwA3w-e +- +bOhlhw- A+ImIDkQ.", "utf-7", "Grüße + 注文 A≢Α.", true},
		{"utf-7 with a pair", "+2D3cSw-", "UNICODE-1-1-UTF-7", "👋", true},
		{"iso-2022-kr", "\x1b$)C\x0eGQ1[\x0f ok", "iso-2022-kr", "한글 ok", true},
		{"hz", "~{VPND~} ok", "hz-gb-2312", "中文 ok", true},
		{"byte order mark", "\xef\xbb\xbfabc", "utf-8", "abc", true},
		{"no label, UTF-8", "Grüße", "", "Grüße", true},
		{"no label, Latin-1", "Gr\xfc\xdfe", "", "Grüße", false},
		{"no label, iso-2022-jp", "\x1b$BCmJ8\x1b(B", "", "注文", true},
		{"no label, Shift JIS", "\x82\xb2\x92\x8d\x95\xb6\x82\xcc\x8am\x94F\x82\xf0\x82\xa8\x8a\xe8\x82\xa2\x82\xb5\x82\xdc\x82\xb7", "", "ご注文の確認をお願いします", false},
		{"unknown label, Latin-1", "Gr\xfc\xdfe", "x-klingon", "Grüße", false},
		{"unknown label, ASCII", "abc", "x-klingon", "abc", true},
		{"wrong label, really UTF-8", "Grüße für Müller", "iso-8859-1", "Grüße für Müller", false},
		{"wrong label, really Latin-1", "F\xfcr Gr\xfc\xdfe", "utf-8", "Für Grüße", false},
		{"ascii label, 8 bits", "Gr\xfc\xdfe", "us-ascii", "Grüße", false},
		{"UTF-8 with one broken letter", "Grüße für Müller \xff", "utf-8", "Grüße für Müller \uFFFD", false},
		{"label in quotes and blanks", "Gr\xfc\xdfe", " \"ISO-8859-1\" ", "Grüße", true},
		{"label without dash", "Gr\xfc\xdfe", "iso8859-1", "Grüße", true},
		{"cp-1252", "\x80", "cp-1252", "€", true},
		{"win-1251", "\xc7\xe0\xea\xe0\xe7", "win-1251", "Заказ", true},
		{"empty", "", "koi8-r", "", true},
	}
	for _, test := range tests {
		got, ok := Decode([]byte(test.in), test.label)
		if got != test.want || ok != test.ok {
			t.Errorf("%s: Decode = %q, %v; want %q, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}

func TestGuessOtherScripts(t *testing.T) {
	for _, test := range []struct{ charset, text string }{
		{"windows-1251", "Уважаемый покупатель, ваш заказ принят и будет отправлен завтра."},
		{"koi8-r", "уважаемый покупатель, ваш заказ принят и будет отправлен завтра."},
		{"euc-kr", "고객님의 주문이 확인되었습니다. 감사합니다."},
		{"gb18030", "尊敬的客户，您的订单已经确认，感谢您的购买。"},
		{"euc-jp", "お客様のご注文を確認いたしました。ありがとうございます。"},
	} {
		enc, err := htmlindex.Get(test.charset)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := enc.NewEncoder().String(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := Decode([]byte(raw), ""); got != test.text {
			t.Errorf("unlabelled %s was read as %q (guess %s)", test.charset, got, Guess([]byte(raw)))
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("Gr\xfc\xdfe"), "iso-8859-1")
	f.Add([]byte("+2D3cSw-"), "utf-7")
	f.Add([]byte("\x1b$BCmJ8"), "iso-2022-jp")
	f.Add([]byte{0xd8, 0, 1}, "utf-16")
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		s, _ := Decode(b, label)
		if !utf8.ValidString(s) {
			t.Errorf("Decode(%q, %q) is no valid UTF-8", b, label)
		}
		if len(s) > 8*len(b)+16 {
			t.Errorf("Decode made %d bytes of %d", len(s), len(b))
		}
		if strings.ToLower(Canonical(label)) != Canonical(label) && len(label) < 40 {
			t.Errorf("Canonical(%q) is not in lower case", label)
		}
	})
}
