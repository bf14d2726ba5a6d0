package wording_test

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/contact/wording"
	"bonafide/evidence"
)

var shipped = os.DirFS("../../data")

func load(t testing.TB) (*wording.Book, *text.Folding) {
	t.Helper()
	b, err := wording.Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	f, err := text.LoadFolding(shipped)
	if err != nil {
		t.Fatal(err)
	}
	return b, f
}

func read(f *text.Folding, s string) []*text.Reading {
	return []*text.Reading{text.Read(contact.Part{Name: "body", Text: s}, f)}
}

// TestShipped: plain examples that nothing was trained on read as they are, in each
// of our languages.
func TestShipped(t *testing.T) {
	b, f := load(t)
	tests := []struct {
		channel contact.Channel
		text    string
		want    evidence.Code
	}{
		{contact.SMS, "Your parcel is held at the depot. Pay the 1.99 redelivery fee today or it goes back: http://post-redelivery.example/pay", wording.LikeFraud},
		{contact.SMS, "Running ten minutes late, traffic on the bridge is awful. Order me a flat white please and grab the table by the window", wording.LikeHonest},
		{contact.SMS, "Ihr Konto wurde gesperrt. Bestätigen Sie sofort Ihre Daten unter http://konto-sicher.example, sonst wird Ihre Karte deaktiviert.", wording.LikeFraud},
		{contact.SMS, "Kannst du heute Abend die Kinder vom Turnen holen? Ich sitze noch bis sechs in der Besprechung, danke dir!", wording.LikeHonest},
		{contact.SMS, "お客様のアカウントに異常なログインが検出されました。24時間以内に以下のリンクから本人確認を行ってください。http://kakunin.example", wording.LikeFraud},
		{contact.SMS, "明日の飲み会、七時に駅前集合でいいかな。遅れそうな人は連絡ください。お店は予約してあります。", wording.LikeHonest},
		{contact.Call, "Hello, this is the fraud department of Amazon. There is a charge of 999 dollars on your account for an iPhone. To cancel it press one and we will connect your computer and refund the money to your bank account.", wording.LikeFraud},
		{contact.Call, "Hi, it's Dana from the garage. Your car is ready, the brakes were fine after all, so we only changed the oil. You can pick it up any time before six. Thanks, bye.", wording.LikeHonest},
	}
	for _, c := range tests {
		got := b.Findings(wording.Input{Channel: c.channel, Readings: read(f, c.text)})
		if len(got) != 1 || got[0].Code != c.want {
			t.Errorf("%s %.50q: %+v, want %s", c.channel, c.text, got, c.want)
			continue
		}
		if got[0].Code == wording.LikeFraud && (got[0].Where.Quote == "" || !strings.Contains(c.text, strings.Trim(got[0].Where.Quote, "…"))) {
			t.Errorf("%.50q: the telling passage %q is not in it", c.text, got[0].Where.Quote)
		}
		if got[0].Strength <= 0 || got[0].Strength > 1 || got[0].Source != "textmodel/"+wording.Kind(c.channel) {
			t.Errorf("%.50q: %+v", c.text, got[0])
		}
	}
}

// TestSilence: what no model knows is not judged.
func TestSilence(t *testing.T) {
	b, f := load(t)
	for _, s := range []string{"", "ok thanks", "تم تعليق حسابك، يرجى تحديث بياناتك عبر الرابط التالي خلال أربع وعشرين ساعة", "Ваш счёт заблокирован, подтвердите данные по ссылке в течение суток"} {
		if got := b.Findings(wording.Input{Channel: contact.SMS, Readings: read(f, s)}); len(got) != 0 {
			t.Errorf("%q: %+v", s, got)
		}
	}
	hidden := []*text.Reading{text.Read(contact.Part{Name: "body", Kind: contact.Hidden, Text: "Pay the fee now at http://pay.example or your account is closed forever"}, f)}
	if got := b.Findings(wording.Input{Channel: contact.Mail, Readings: hidden}); len(got) != 0 {
		t.Errorf("hidden text was read: %+v", got)
	}
}

// TestDisguiseIsUndone: letters swapped and spread do not change how a text reads.
func TestDisguiseIsUndone(t *testing.T) {
	b, f := load(t)
	plain := "Your account is suspended. Verify your password at http://verify.example now or lose access."
	strength := func(s string) float64 {
		got := b.Findings(wording.Input{Channel: contact.SMS, Readings: read(f, s)})
		if len(got) != 1 || got[0].Code != wording.LikeFraud {
			return 0
		}
		return got[0].Strength
	}
	want := strength(plain)
	for _, s := range []string{strings.ReplaceAll(plain, "o", "о"), strings.ReplaceAll(plain, "account", "acc\u200bount"), strings.ToUpper(plain[:50]) + plain[50:]} {
		if got := strength(s); got < 0.8*want || want == 0 {
			t.Errorf("%q: strength %.2f, plain %.2f", s, got, want)
		}
	}
}

// TestBounds: no text says more than its bound, and a short one speaks less
// against fraud.
func TestBounds(t *testing.T) {
	b, f := load(t)
	long := strings.Repeat("We walked along the river with the dogs and had soup at home in the evening. ", 30)
	got := b.Findings(wording.Input{Channel: contact.Mail, Readings: read(f, long)})
	if len(got) != 1 || got[0].Code != wording.LikeHonest || got[0].Strength*8 > 3+1e-6 {
		t.Errorf("a long honest mail: %+v, want at most 3 of 8", got)
	}
	short := b.Findings(wording.Input{Channel: contact.SMS, Readings: read(f, "see you at home for dinner")})
	if len(short) == 1 && short[0].Code == wording.LikeHonest && short[0].Strength > 6.0/12+1e-6 {
		t.Errorf("six words speak with strength %.2f", short[0].Strength)
	}
}

// TestLoadRefuses: bounds and models that make no sense are named.
func TestLoadRefuses(t *testing.T) {
	good, err := os.ReadFile("../../data/" + wording.BoundsFile)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ file, content, want string }{
		{wording.BoundsFile, strings.Replace(string(good), "mail:", "post:", 1), "mail"},
		{wording.BoundsFile, strings.Replace(string(good), "flagged: 20", "flagged: 5", 1), "enough"},
		{wording.BoundsFile, "surprise: 1\n", "surprise"},
		{wording.ModelFile("sms"), "not a model", "version 1"},
		{wording.ModelFile("sms"), "BFTW\x01\x04mail", "weights"},
	}
	for _, c := range tests {
		m := fstest.MapFS{wording.BoundsFile: {Data: good}}
		m[c.file] = &fstest.MapFile{Data: []byte(c.content)}
		if _, err := wording.Load(m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %q", c.content, err, c.want)
		}
	}
}

// TestTraining: a model tells the texts that it was taught, the same examples give
// the same bytes, and the file gives the same scores.
func TestTraining(t *testing.T) {
	line := func(s string) textmodel.Text { return textmodel.Text{Sentences: [][]string{strings.Fields(s)}} }
	var ex []textmodel.Example
	for _, s := range []string{"pay the fee now", "verify your account now", "claim your prize today"} {
		ex = append(ex, textmodel.Example{Text: line(s), Fraud: true, Cost: 1})
	}
	for _, s := range []string{"see you at lunch", "the meeting is at noon", "thanks for the photos"} {
		ex = append(ex, textmodel.Example{Text: line(s), Cost: 1})
	}
	m, err := textmodel.FitWhole("sms", ex)
	if err != nil {
		t.Fatal(err)
	}
	var scores []float32
	var fraud []bool
	cost := make([]float64, len(ex))
	for i, e := range ex {
		s, _ := m.Scorer().Score(e.Text)
		scores, fraud, cost[i] = append(scores, s), append(fraud, e.Fraud), 1
		if (s > 0) != e.Fraud {
			t.Errorf("%v scored %.2f", e.Sentences, s)
		}
	}
	m.Scales = []textmodel.Scale{textmodel.FitScale("", scores, fraud, cost)}
	if low, high := m.Bits("en", slices.Min(scores)), m.Bits("en", slices.Max(scores)); low >= 0 || high <= 0 {
		t.Errorf("bits from %.1f to %.1f", low, high)
	}
	again, _ := textmodel.FitWhole("sms", ex)
	again.Scales = m.Scales
	var a, b bytes.Buffer
	if err := m.Write(&a); err != nil {
		t.Fatal(err)
	}
	if err := again.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same examples gave another model")
	}
	copied, err := textmodel.ReadWhole(&a)
	if err != nil {
		t.Fatal(err)
	}
	s := copied.Scorer()
	for i, e := range ex { // one scorer for all: nothing of a text stays behind
		if got, _ := s.Score(e.Text); math.Abs(float64(got-scores[i])) > 1e-6 {
			t.Errorf("%v: %.4f from the file, %.4f before", e.Sentences, got, scores[i])
		}
	}
	if _, telling := s.Score(textmodel.Text{Sentences: [][]string{strings.Fields("see you at lunch"), strings.Fields("pay the fee now")}}); telling != 1 {
		t.Errorf("the telling sentence is %d, want 1", telling)
	}
}

// FuzzReadWhole: no file makes the reader fail, and one that it takes gives scores.
func FuzzReadWhole(f *testing.F) {
	f.Add([]byte("BFTW\x01\x03sms\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := textmodel.ReadWhole(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if s, _ := m.Scorer().Score(textmodel.Text{Sentences: [][]string{{"pay", "now"}}}); s != s {
			t.Error("score is not a number")
		}
	})
}

func BenchmarkFindings(b *testing.B) {
	book, fold := load(b)
	for _, c := range []struct {
		name, text string
		channel    contact.Channel
	}{
		{"sms", "Your parcel is held at the depot. Pay the 1.99 redelivery fee today or it goes back.", contact.SMS},
		{"mail", strings.Repeat("Thank you for your order of two shirts, which we sent to you on Monday with our usual courier. ", 20), contact.Mail},
	} {
		rs := read(fold, c.text)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				book.Findings(wording.Input{Channel: c.channel, Readings: rs})
			}
		})
	}
}
