package call

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"bonafide/contact"
)

func load(t testing.TB) *Labels {
	t.Helper()
	l, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTranscript(t *testing.T) {
	l := load(t)
	for _, tc := range []struct {
		name, in, said, told string
		started              contact.Answer
	}{
		{"lines", "Caller: Hello, this is the shop.\nYou: Oh?\nCaller: Your account\nis locked.\n", "Hello, this is the shop.\nYour account\nis locked.", "Oh?", 0},
		{"inline", "Innocent: Hello.  Suspect: Hi, I am from the shop. Your card: is it here? Innocent: What? Suspect: Read it to me.", "Hi, I am from the shop. Your card: is it here?\nRead it to me.", "Hello.\nWhat?", 0},
		{"inline lower case", "caller: Good day. I have a question: are you there? recipient: I'm here. caller: Fine.", "Good day. I have a question: are you there?\nFine.", "I'm here.", 0},
		{"German", "Anrufer: Hier ist der Kundendienst.\nIch: Ja?\nAnrufer: Bitte öffnen Sie die Seite.", "Hier ist der Kundendienst.\nBitte öffnen Sie die Seite.", "Ja?", 0},
		{"Japanese", "発信者：アカウントが停止されます。\n自分：えっ。\n発信者：番号を教えてください。", "アカウントが停止されます。\n番号を教えてください。", "えっ。", 0},
		{"agent and caller", "Agent: How can I help?\nCaller: I forgot my password.", "How can I help?", "I forgot my password.", 0},
		{"own call", "Caller: I forgot my password.\nVoice: Please hold.", "Please hold.", "I forgot my password.", contact.Yes},
		{"unclear labels", "A: Hello\nB: Hello, who is there?", "Hello\nHello, who is there?", "", 0},
		{"numbered speakers", "Speaker 1: Give me the code.\nSpeaker 2: Which?\nSpeaker 1: The one you got.", "Give me the code.\nWhich?\nThe one you got.", "", 0},
		{"name and me", "Kevin: I am from support.\nMe: Really?\nKevin: Yes.", "I am from support.\nYes.", "Really?", 0},
		{"scammer and name", "Scammer: Pay now.\nAnna Meier: No.\nScammer: Now!\nAnna Meier: Bye.", "Pay now.\nNow!", "No.\nBye.", 0},
		{"no labels", "This is a call about your order. Press one.", "This is a call about your order. Press one.", "", 0},
		{"times in front", "[00:01:02] Caller: Hello.\n00:01:05 Me: Hi.\n(00:01) Caller: Pay.", "Hello.\nPay.", "Hi.", 0},
		{"bold labels", "**Caller:** Hello there.\n**Me:** Hi.", "Hello there.", "Hi.", 0},
		{"addresses are no labels", "Go to https://shop.example now\nhttps: is safe, he said\nat 10:30 then", "Go to https://shop.example now\nhttps: is safe, he said\nat 10:30 then", "", 0},
		{"words before the first label", "I wrote this down.\nCaller: Hello.\nMe: Hi.", "I wrote this down.\nHello.", "Hi.", 0},
		{"vtt", "WEBVTT - call\n\nSTYLE\n::cue { color: red }\n\nNOTE mine: x\n\n1\n00:00:01.000 --> 00:00:03.000 align:start\n<v Caller>We are the <b>shop</b> &amp; bank.</v>\n\n00:00:04.000 --> 00:00:05.000\n<v Me>Oh.</v>\n", "We are the shop & bank.", "Oh.", 0},
		{"srt", "1\r\n00:00:01,000 --> 00:00:03,000\r\nCaller: Your order\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nis on hold.\r\n\r\n3\r\n00:00:05,000 --> 00:00:06,000\r\nMe: Which?\r\n", "Your order\nis on hold.", "Which?", 0},
		{"empty", " \n", "", "", 0},
	} {
		c := l.Transcript(tc.in, Facts{StartedByUser: tc.started})
		got := map[string]string{}
		for _, p := range c.Parts {
			got[p.Name] = p.Text
			if (p.Kind == contact.Told) != (p.Name == "transcript:me") {
				t.Errorf("%s: part %s has kind %d", tc.name, p.Name, p.Kind)
			}
		}
		if d := cmp.Diff([]string{tc.said, tc.told}, []string{got["transcript"], got["transcript:me"]}); d != "" {
			t.Errorf("%s: said and told differ (-want +got):\n%s", tc.name, d)
		}
	}
}

func TestTurnsKeepTheOrder(t *testing.T) {
	var got []string
	for _, turn := range load(t).Turns("Caller: One.\nMe: Two.\nCaller: Three.\nCaller: Four.", false) {
		got = append(got, turn.Speaker+"="+turn.Text)
	}
	if d := cmp.Diff([]string{"Caller=One.", "Me=Two.", "Caller=Three.\nFour."}, got); d != "" {
		t.Errorf("turns differ (-want +got):\n%s", d)
	}
}

func TestFromAccount(t *testing.T) {
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	c := FromAccount(Facts{CallFacts: contact.CallFacts{Number: "+1 555-0100", Claimed: "the shop"}, At: at, Expected: contact.No}, "He wanted a code")
	if c.Channel != contact.Call || !c.At.Equal(at) || c.Sender.Number != "+1 555-0100" || c.Sender.Name != "the shop" || c.Expected != contact.No {
		t.Errorf("contact %+v: facts are lost", c)
	}
	if len(c.Parts) != 1 || c.Parts[0].Kind != contact.Told || c.Parts[0].Name != "words" {
		t.Errorf("parts %+v: the person's words must be told, not said", c.Parts)
	}
	v := FromVoicemail(Facts{}, "Call us back at once")
	if v.Channel != contact.Voicemail || v.Parts[0].Kind != contact.Said {
		t.Errorf("voicemail %+v: want channel voicemail, text said", v)
	}
	if c := FromAccount(Facts{}, "  "); len(c.Parts) != 0 {
		t.Errorf("no words give parts %v", c.Parts)
	}
	long := FromAccount(Facts{}, strings.Repeat("ü", MaxText))
	if len(long.Parts[0].Text) > MaxText || len(long.Problems) != 1 {
		t.Errorf("long account: %d bytes, problems %v", len(long.Parts[0].Text), long.Problems)
	}
}

// TestAccentNeverWeighs is acceptance row S0.13.
func TestAccentNeverWeighs(t *testing.T) {
	l := load(t)
	for words, want := range map[string]string{
		"He had a STRONG ACCENT and was rude":            "STRONG ACCENT",
		"Er sprach in schlechtem Deutsch mit uns":        "schlechtem Deutsch",
		"Die Frau hatte einen starken Akzent":            "Akzent",
		"相手の日本語は訛りがありました":                                "訛り",
		"He spoke perfect English":                       "",
		"The accent wall arrived broken":                 "",
		"Sie wollten das akzentuiert darstellen":         "",
		"İİİ he spoke with an accent (İ grows in lower)": "with an accent",
	} {
		c := FromAccount(Facts{}, words)
		fs := l.Findings(c)
		got := ""
		for _, f := range fs {
			if f.Code == "accent_noted" {
				got = f.Where.Quote
				if words[f.Where.Start:f.Where.End] != got {
					t.Errorf("%q: the place %d-%d is not %q", words, f.Where.Start, f.Where.End, got)
				}
			}
		}
		if got != want {
			t.Errorf("%q: noted %q, want %q", words, got, want)
		}
	}
	if fs := l.Findings(l.Transcript("Caller: I have a strong accent, sorry", Facts{})); len(fs) != 0 {
		t.Errorf("what the caller says of themselves is noted: %v", fs)
	}
}

func TestContextWeighsNothing(t *testing.T) {
	c := FromAccount(Facts{CallFacts: contact.CallFacts{Ongoing: true}, StartedByUser: contact.Yes, Expected: contact.Yes}, "with an accent")
	b, err := os.ReadFile("../../data/evidence/call.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Codes map[string]struct {
			Bits        float64
			Title, Text map[string]string
		}
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	fs := load(t).Findings(c)
	if len(fs) != 4 || len(f.Codes) != 4 {
		t.Fatalf("%d findings, %d codes; want 4 and 4", len(fs), len(f.Codes))
	}
	for _, x := range fs {
		e, ok := f.Codes[string(x.Code)]
		if !ok || e.Bits != 0 {
			t.Errorf("%s: listed %v, weighs %v; want listed, 0", x.Code, ok, e.Bits)
		}
		for _, lang := range []string{"en", "de", "ja"} {
			if e.Title[lang] == "" || e.Text[lang] == "" {
				t.Errorf("%s: no %s sentence", x.Code, lang)
			}
		}
	}
	if got := load(t).Findings(nil); got != nil {
		t.Errorf("no contact gives %v", got)
	}
}

func TestSniff(t *testing.T) {
	for in, want := range map[string]string{
		"WEBVTT\n\n00:01.000 --> 00:02.000\nx":                         KindVTT,
		"1\n00:00:01,000 --> 00:00:02,000\nx":                          KindSRT,
		"Caller: a\nMe: b\nCaller: c":                                  KindTranscript,
		"Suspect: a\nInnocent: b":                                      KindTranscript,
		"Dear customer,\nplease call.":                                 "",
		"From: a@example.org\nTo: b@example.org\nSubject: hello\n\nhi": "",
		"":                     "",
		"Note: one thing only": "",
	} {
		if got, ok := Sniff([]byte(in)); got != want || ok != (want != "") {
			t.Errorf("Sniff(%q) = %q %v, want %q", in, got, ok, want)
		}
	}
}

func FuzzTranscript(f *testing.F) {
	for _, s := range []string{
		"Caller: Hello.\nYou: Oh?", "Innocent: Hello.  Suspect: Hi. Innocent: no", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>x</v>",
		"1\n00:00:01,000 --> 00:00:02,000\nx", "発信者：はい。自分：え", "::::", "[00:00] :", "<v \n>", "A: b: c: d",
	} {
		f.Add(s)
	}
	l := load(f)
	f.Fuzz(func(t *testing.T, s string) {
		c := l.Transcript(s, Facts{})
		n := 0
		for _, p := range c.Parts {
			n += len(p.Text)
			if strings.ToValidUTF8(p.Text, "") != p.Text {
				t.Error("part is no UTF-8")
			}
		}
		if n > 3*len(s)+100 {
			t.Errorf("%d bytes grew to %d", len(s), n)
		}
		l.Findings(FromAccount(Facts{}, s))
	})
}

func BenchmarkTranscript(b *testing.B) {
	l := load(b)
	s := strings.Repeat("Suspect: Hello, this is the shop: listen. Innocent: What do you want? ", 500)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		l.Transcript(s, Facts{})
	}
}
