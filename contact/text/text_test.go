package text

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/evidence"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func read(t testing.TB, s string) *Reading {
	t.Helper()
	return Read(contact.Part{Name: "body", Text: s}, folding(t))
}

func TestFolded(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Your  Account\tis OK", "your account is ok"},
		{"line breaks", "a b\r\n\r\n  c d", "a b\nc d"},
		{"cyrillic letters in a Latin word", "Your аmаzоn order", "your amazon order"},
		{"capital look-alikes", "АMАZОN", "amazon"},
		{"greek letters in a Latin word", "ΡayΡal Αmazon", "paypal amazon"},
		{"known word wholly of look-alikes", "раураl and рауаl", "paypal and payal"},
		{"Russian stays", "Ваш банк сообщает", "ваш банк сообщает"},
		{"Latin letters in a Russian word", "бaнк пaроль", "банк пароль"},
		{"Greek stays", "ο λογαριασμός σας", "ο λογαριασμός σας"},
		{"small capitals", "ᴀᴍᴀᴢᴏɴ ꜱᴇᴄᴜʀɪᴛʏ", "amazon security"},
		{"look-alikes within Japanese", "Аmаzonから確認", "amazonから確認"},
		{"Han for katakana", "ア力ウント カ一ド ロダイン", "アカウント カード ロダイン"},
		{"Han that only stands near katakana", "センター一カ所 データ一覧 入口カード", "センター一カ所 データ一覧 入口カード"},
		{"half-width katakana", "ｱﾏｿﾞﾝ ﾊﾟｽﾜｰﾄﾞ", "アマゾン パスワード"},
		{"full-width", "ＡＭＡＺＯＮ　１２３", "amazon 123"},
		{"mathematical and enclosed", "𝐀𝐦𝐚𝐳𝐨𝐧 Ⓐⓜⓐⓩⓞⓝ", "amazon amazon"},
		{"digits for letters", "am@zon amaz0n 4mazon p4ssword Ver1fy", "amazon amazon amazon password verify"},
		{"sign at the end", "account! Acc0unt!!", "account! account!!"},
		{"numbers stay", "3 für 2, B2B, MP3, A4, 5G, h3ll0, 1st", "3 für 2, b2b, mp3, a4, 5g, h3ll0, 1st"},
		{"order numbers stay", "D01-1234567-1234567 und 112-1234567-1234567", "d01-1234567-1234567 und 112-1234567-1234567"},
		{"handle stays", "@amazon info@example.com", "@amazon info@example.com"},
		{"spaced out", "A m a z o n and v-e-r-i-f-y p.a.s.s.w.o.r.d", "amazon and verify password"},
		{"spaced out, words by vocabulary", "v e r i f y y o u r a c c o u n t", "verify your account"},
		{"spaced out, words by wide gaps", "a b c k u p   n o w x y z", "abckup nowxyz"},
		{"spaced out with digits", "a m a z 0 n", "amazon"},
		{"short series stay", "a b c, U S A, S.p.A., i o u", "a b c, u s a, s.p.a., i o u"},
		{"zero width", "acc\u200bount pass\u2060word\ufeff", "account password"},
		{"soft hyphen", "Sicher\u00adheits\u00adabteilung", "sicherheitsabteilung"},
		{"umlauts stay", "Überweisung STRAẞE Straße Maß", "überweisung straße straße maß"},
		{"decomposed umlaut", "u\u0308berweisung", "überweisung"},
		{"umlauts in a brand", "Amäzön", "amazon"},
		{"accents in an English word", "pässwörd détails Zählung", "password détails zählung"},
		{"quotes and dashes", "don’t „so“ – 5‑6", "don't \"so\" - 5-6"},
		{"windows-1252 read as latin-1", "don\u0092t pay \u0080 5", "don't pay € 5"},
		{"emoji", "OK 👨\u200d👩\u200d👧 ❤\ufe0f", "ok 👨👩👧 ❤"},
		{"reversed", "go to \u202emoc.nozama\u202c now", "go to amazon.com now"},
		{"reversed to the end", "\u202etnuoccA ruoY", "your account"},
		{"not UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"empty", "", ""},
		{"only space", " \n\t ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, read(t, c.in).Folded); diff != "" {
				t.Errorf("%q (-want +got):\n%s", c.in, diff)
			}
		})
	}
}

func TestTricks(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string // kind:quote
	}{
		{"Your аmаzon order", []string{"mixed_script:аmаzon"}},
		{"Your amaz0n order", []string{"leet:amaz0n"}},
		{"Your аmаz0n order", []string{"mixed_script:аmаz0n", "leet:аmаz0n"}},
		{"acc\u200bount", []string{"zero_width:acc\u200bount"}},
		{"A\u00adm\u00ada\u00adz\u00ado\u00adn", []string{"zero_width:A\u00adm\u00ada\u00adz\u00ado\u00adn"}},
		{"Sicher\u00adheits\u00adabteilung", nil},
		{"p a s s w o r d", []string{"spaced_out:p a s s w o r d"}},
		{"go to \u202emoc.nozama\u202c now", []string{"bidi_override:moc.nozama"}},
		{"ＡＭＡＺＯＮ", []string{"fullwidth_latin:ＡＭＡＺＯＮ"}},
		{"カ一ド", []string{"mixed_script:カ一ド"}},
		{"\u200b \u200b preheader \u034f \u200c", nil},
		{"می\u200cخواهم", nil},
		{"5 µm, 20 kΩ, α-Version, I♥NY", nil},
		{"Wi-Fi роутер, iPhone и USB-кабель", nil},
		{"détails de la facture, Zählung", nil},
		{"👨\u200d👩\u200d👧", nil},
		{"Press 1, 2B or not 2B, COVID19 A1B2C3", nil},
	} {
		r := read(t, c.in)
		var got []string
		for _, tr := range r.Tricks {
			got = append(got, tr.Kind+":"+r.Where(tr.Span).Quote)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: tricks (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"Hello there. Call me! Why? Now", []string{"hello there.", "call me!", "why?", "now"}},
		{"Sie sparen z.B. 1.99 Euro auf www.example.de heute. Gut", []string{"sie sparen z.b. 1.99 euro auf www.example.de heute.", "gut"}},
		{"Ihre Bestellung Nr. 123 kommt am 3. Mai. Danke", []string{"ihre bestellung nr. 123 kommt am 3. mai.", "danke"}},
		{"Order No. 5 is late. I said no. Call us", []string{"order no. 5 is late.", "i said no.", "call us"}},
		{"注文を確認しました。至急ご連絡ください！本当ですか？はい", []string{"注文を確認しました。", "至急ご連絡ください!", "本当ですか?", "はい"}},
		{"one\ntwo", []string{"one", "two"}},
		{"• eins • zwei", []string{"• eins", "• zwei"}},
		{"He asked \"why?\" Then he left.", []string{"he asked \"why?\"", "then he left."}},
		{"This is a line of the length that mail programs use to break\nsentences in two. Next", []string{"this is a line of the length that mail programs use to break\nsentences in two.", "next"}},
	} {
		r := read(t, c.in)
		var got []string
		for _, s := range r.Sentences {
			got = append(got, r.Folded[s.Start:s.End])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestLongSentenceIsCut(t *testing.T) {
	r := read(t, strings.Repeat("word ", 1000))
	for _, s := range r.Sentences {
		if n := utf8.RuneCountInString(r.Folded[s.Start:s.End]); n > sentenceRunes {
			t.Errorf("a sentence of %d characters: want at most %d", n, sentenceRunes)
		}
	}
}

func TestPassages(t *testing.T) {
	r := read(t, "Guten Tag, Ihr Konto wurde gesperrt.\nBitte melden Sie sich an.\nYour account has been locked. Please sign in now.\nアカウントが停止されました。")
	var got []string
	for _, p := range r.Passages {
		got = append(got, p.Lang)
	}
	if diff := cmp.Diff([]string{"de", "en", "ja"}, got); diff != "" {
		t.Errorf("languages of the passages (-want +got):\n%s", diff)
	}
	if at := strings.Index(r.Folded, "locked"); r.LangAt(at) != "en" {
		t.Errorf("LangAt(%d) = %q: want en", at, r.LangAt(at))
	}
}

func TestWhere(t *testing.T) {
	in := "Ihr  ＡＭＡＺＯＮ Kοnto, p\u200bassw0rd – ½ Preis"
	r := read(t, in)
	for folded, want := range map[string]string{
		"amazon": "ＡＭＡＺＯＮ", "konto": "Kοnto", "password": "p\u200bassw0rd", "preis": "Preis", "- 1": "– ½", "zon k": "ＺＯＮ K",
	} {
		i := strings.Index(r.Folded, folded)
		if i < 0 {
			t.Fatalf("%q not in %q", folded, r.Folded)
		}
		w := r.Where(Span{i, i + len(folded)})
		if w.Quote != want || in[w.Start:w.End] != want || w.Part != "body" {
			t.Errorf("place of %q: quote %q, bytes %q: want %q", folded, w.Quote, in[w.Start:w.End], want)
		}
	}
	if w := r.Where(Span{-5, 1 << 20}); w.Start != 0 || w.End != len(in) {
		t.Errorf("a span out of range leads to [%d,%d): want all %d bytes", w.Start, w.End, len(in))
	}
	long := read(t, strings.Repeat("ä", 500))
	if q := long.Where(Span{0, len(long.Folded)}).Quote; len(q) > quoteLimit || !utf8.ValidString(q) {
		t.Errorf("quote of %d bytes, valid %v", len(q), utf8.ValidString(q))
	}
}

func TestReadWithoutTables(t *testing.T) {
	if got := Read(contact.Part{Text: "Аmazon ＯＫ p4ssword"}, nil).Folded; got != "аmazon ok p4ssword" {
		t.Errorf("read without tables: %q", got)
	}
}

func TestLimit(t *testing.T) {
	r := read(t, strings.Repeat("あ", Limit))
	if len(r.Part.Text) > Limit || !utf8.ValidString(r.Part.Text) {
		t.Errorf("%d bytes read, valid %v: want at most %d", len(r.Part.Text), utf8.ValidString(r.Part.Text), Limit)
	}
}

func TestSkeleton(t *testing.T) {
	f := folding(t)
	for _, c := range [][2]string{
		{"amazon.com", "аmаzоn.com"}, {"amazon", "arnazon"}, {"paypal", "раураl"}, {"google", "g00gle"[:1] + "ооgle"}, {"アカウント", "ア力ウント"}, {"apple", "ａｐｐｌｅ"}, {"pay\u200bpal", "paypal"},
	} {
		if a, b := f.Skeleton(c[0]), f.Skeleton(c[1]); a != b {
			t.Errorf("%q and %q: skeletons %q and %q: want the same", c[0], c[1], a, b)
		}
	}
	for _, c := range [][2]string{{"amazon", "amazone"}, {"paypal", "payball"}} {
		if f.Skeleton(c[0]) == f.Skeleton(c[1]) {
			t.Errorf("%q and %q have one skeleton: want two", c[0], c[1])
		}
	}
}

func TestFindings(t *testing.T) {
	f := folding(t)
	codes := func(p contact.Part) []string {
		var out []string
		for _, x := range Findings([]*Reading{Read(p, f)}) {
			out = append(out, string(x.Code)+":"+x.Args["word"]+":"+x.Args["count"])
		}
		return out
	}
	if diff := cmp.Diff([]string{"mixed_script_word:amazon:2", "leet_word:account:1"},
		codes(contact.Part{Name: "body", Text: "аmazon аmazon acc0unt"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, p := range []contact.Part{
		{Name: "words", Kind: contact.Told, Text: "they wrote аmazon"},
		{Name: "body", Text: "ＡＭＡＺＯＮからのお知らせです。"},
		{Name: "transcript", Text: "that is T-E-A-M-V-I-E-W-E-R dot com"},
	} {
		if got := codes(p); got != nil {
			t.Errorf("%q in %s: findings %v: want none", p.Text, p.Name, got)
		}
	}
}

// TestEvidenceIsDescribed: every code has its title and text in all languages.
func TestEvidenceIsDescribed(t *testing.T) {
	var file struct {
		Codes map[evidence.Code]struct{ Text, Title map[string]string }
	}
	if err := readYAML(os.DirFS("../../data"), "evidence/text.yaml", &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []evidence.Code{codeHidden, codeReversed, codeMixed, codeLeet, codeSpaced, codeStyled} {
		for _, lang := range []string{"en", "de", "ja"} {
			if file.Codes[c].Text[lang] == "" || file.Codes[c].Title[lang] == "" {
				t.Errorf("%s has no title or text in %s", c, lang)
			}
		}
	}
}

func TestLanguageOfOtherScripts(t *testing.T) {
	for s, want := range map[string]string{
		"您的帐户已被锁定,请验证": "zh", "请点击链接": "zh", "계정이 잠겼습니다": "ko", "تم تعليق حسابك": "ar", "Ваш аккаунт заблокирован": "ru",
		"Ο λογαριασμός σας": "el", "החשבון שלך ננעל": "he", "आपका खाता": "hi", "บัญชีของคุณ": "th", "至急": "ja", "": "", "123 !": "", "A": "",
	} {
		if got, sure := folding(t).Language(s); got != want || sure < 0 || sure > 1 {
			t.Errorf("Language(%q) = %q, %.2f: want %q", s, got, sure, want)
		}
	}
}

// checkOffsets asserts what Reading promises of places: in range, in order, at
// runes of the original text.
func checkOffsets(t interface{ Fatalf(string, ...any) }, r *Reading) {
	last := 0
	for i := range len(r.Folded) {
		start, end := r.origin(Span{i, i + 1})
		if start < last || end < start || end > len(r.Part.Text) {
			t.Fatalf("byte %d of %q leads to [%d,%d) after %d, of %d bytes", i, r.Folded, start, end, last, len(r.Part.Text))
		}
		last = start
	}
	if !utf8.ValidString(r.Folded) {
		t.Fatalf("folded text %q is not UTF-8", r.Folded)
	}
	at := 0
	for _, s := range r.Sentences {
		if s.Start < at || s.End <= s.Start || s.End > len(r.Folded) {
			t.Fatalf("sentence %v after %d, of %d bytes", s, at, len(r.Folded))
		}
		at = s.End
	}
	for _, x := range r.Tricks {
		if x.Span.Start > x.Span.End || x.Span.End > len(r.Folded) || r.Folded[x.Span.Start:x.Span.End] != x.Word {
			t.Fatalf("trick %v does not stand in %q", x, r.Folded)
		}
		r.Where(x.Span)
	}
}

func TestOffsetsHold(t *testing.T) {
	f := folding(t)
	alphabet := []rune("aAmzon 0@1!.-\n\t äßéаоАΑ力カ一ーｱﾞＡ①½ﬁ‥㈱\u200b\u00ad\u202e\u0308\u0301한ᄀ\u1161漢。！？•“”\u0092\U0001f468")
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom(alphabet)).Draw(t, "text")
		checkOffsets(t, Read(contact.Part{Name: "body", Text: s}, f))
	})
}

// TestFoldingIsStable: what was folded once does not fold to something else.
func TestFoldingIsStable(t *testing.T) {
	f := folding(t)
	for _, s := range []string{benchSMS, benchDE, benchJA, "аmаz0n p a s s w o r d ﬁ ½ ＡＢ"} {
		once := Read(contact.Part{Text: s}, f).Folded
		if twice := Read(contact.Part{Text: once}, f).Folded; twice != once {
			t.Errorf("folded twice: %q, once: %q", twice, once)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{benchSMS, benchDE, benchJA, "аmаz0n p a s s w o r d ﬁ ½ ＡＢ\u202e", "ア力ウント v-e-r-i-f-y", "a\xff\u0308\u1161"} {
		f.Add(s)
	}
	v := folding(f)
	f.Fuzz(func(t *testing.T, s string) {
		checkOffsets(t, Read(contact.Part{Name: "body", Text: s}, v))
		v.Skeleton(s)
	})
}
