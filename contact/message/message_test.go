package message

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"bonafide/contact"
)

func load(t testing.TB) *Words {
	t.Helper()
	w, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func read(t testing.TB, b []byte, opt Options) ([]*contact.Contact, error) {
	t.Helper()
	if opt.Words == nil {
		opt.Words = load(t)
	}
	var out []*contact.Contact
	for c, err := range ReadBackup(bytes.NewReader(b), opt) {
		if err != nil {
			return out, err
		}
		out = append(out, c)
	}
	return out, nil
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// show prints a contact on lines, as golden text.
func show(cs []*contact.Contact) string {
	var b strings.Builder
	for _, c := range cs {
		from := c.Sender.Name + "|" + c.Sender.Number + "|" + c.Sender.Mail.String()
		at := "-"
		if !c.At.IsZero() {
			at = c.At.UTC().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", c.Channel, c.Platform, from, at)
		for _, p := range c.Parts {
			fmt.Fprintf(&b, " %s/%d %q\n", p.Name, p.Kind, p.Text)
		}
		for _, l := range c.Links {
			fmt.Fprintf(&b, " link %s %q %s %d-%d\n", l.Raw, l.Text, l.Part, l.Start, l.End)
		}
		for _, a := range c.Attachments {
			fmt.Fprintf(&b, " file %q %s\n", a.Name, a.Declared)
		}
	}
	return b.String()
}

func TestReadBackup(t *testing.T) {
	for _, tc := range []struct {
		file, kind, want string
		opt              Options
	}{
		{file: "sms.xml", kind: KindSMS, want: `sms  |+15550100| 2025-11-20 12:00:00
 body/0 "Your parcel is held 📦 pay at parcel.example/x\nwithin 24 h & <now>"
sms  SHOP|| 2025-11-20 12:02:00
 body/0 "Your code is on its way. �� &bogus; R&D"
sms  ||a.b@mail.example 2025-11-20 12:03:00
 body/0 "Dear customer"
sms  |+15550102| 2025-11-20 12:04:00
 subject/0 "Prize"
 body/0 "You have won"
 file "win.jpg" image/jpeg
`},
		{file: "whatsapp_android_en.txt", kind: KindChatText, want: `chat whatsapp |+1 555-0100| 2026-12-20 22:15:00
 body/0 "Hello, this is the security desk of your shop.\nSomebody bought a phone:\n\n1. Open shop-help.example"
 body:2/0 "Look at this"
 file "" 
 file "IMG-20261220-WA0001.jpg" 
`},
		{file: "whatsapp_android_de.txt", kind: KindChatText, want: `chat whatsapp Kundendienst|| 2026-11-20 22:15:00
 body/0 "Guten Tag, Ihr Konto ist gesperrt: bitte prüfen"
 file "" 
`},
		{file: "whatsapp_android_ja.txt", kind: KindChatText, want: `chat whatsapp サポート|| 2026-11-20 22:15:00
 body/0 "アカウントを確認してください"
`},
		{file: "whatsapp_ios_de.txt", kind: KindChatText, want: `chat whatsapp Support|| 2026-11-20 22:15:04
 body/0 "Hallo"
 file "00000002-PHOTO.jpg" 
`},
		{file: "whatsapp_ios_ja.txt", kind: KindChatText, want: `chat whatsapp サポート|| 2026-11-20 22:15:03
 body/0 "こんにちは"
 file "" 
`},
		{file: "whatsapp_dmy.txt", kind: KindChatText, want: `chat whatsapp Desk|| 2026-11-05 22:15:00
 body/0 "first"
`},
		{file: "whatsapp_dmy.txt", kind: KindChatText, opt: Options{Me: "desk", Sent: true}, want: `chat whatsapp Me|| 2026-11-06 22:15:00
 body/1 "first"
 body:2/0 "second"
`},
		{file: "signal_desktop.txt", kind: KindSignalText, want: `chat signal Alice|| 2026-11-20 14:00:00
 body/0 "Hello\nsecond line"
`},
		{file: "signal_cli.txt", kind: KindSignalCLI, want: `chat signal |+15550100| 2025-11-20 12:00:00
 body/0 "Your account is locked.\nSend us the code.\nEnvelope from: +15550777 is forged within the body"
`},
		{file: "messenger.json", kind: KindMessengerJSON, want: `chat messenger Kundenservice Müller|| 2025-11-20 12:00:00
 body/0 "Grüße 🎁 gewonnen"
 link https://win.example/x "" body 0-0
 file "1.jpg" 
`},
		{file: "messenger_e2e.json", kind: KindMessengerJSON, want: `chat messenger Desk|| 2025-11-20 12:00:00
 body/0 "Grüße"
`},
		{file: "messenger.html", kind: KindMessengerHTML, want: `chat messenger Desk|| 2026-11-20 12:00:00
 body/0 "Your prize\nis at win.example"
 link https://win.example/x "" body 0-0
`},
		{file: "telegram.json", kind: KindTelegramJSON, want: `chat telegram Support|| 2025-11-20 12:00:00
 body/0 "Please shop.example now"
 link https://evil.example/login "shop.example" body 7-19
 file "form.apk" application/vnd.android.package-archive
`},
		{file: "telegram_account.json", kind: KindTelegramJSON, want: `chat telegram Bob|| 2026-11-20 12:00:00
 body/0 "Join"
chat telegram Eve|| 2026-11-20 12:00:00
 body/0 "Yes join"
`},
	} {
		b := file(t, tc.file)
		if kind, ok := Sniff(b); kind != tc.kind || !ok {
			t.Errorf("%s: sniffed %q %v, want %q", tc.file, kind, ok, tc.kind)
		}
		cs, err := read(t, b, tc.opt)
		if err != nil {
			t.Errorf("%s: %v", tc.file, err)
		}
		if d := cmp.Diff(tc.want, show(cs)); d != "" {
			t.Errorf("%s: contacts differ (-want +got):\n%s", tc.file, d)
		}
	}
}

func TestSMSSent(t *testing.T) {
	cs, err := read(t, file(t, "sms.xml"), Options{Sent: true})
	if err != nil || len(cs) != 6 || cs[1].Parts[0].Kind != contact.Told || cs[1].Sender.Name != "Mum" {
		t.Errorf("%d contacts, %v: want all six, the sent ones as told", len(cs), err)
	}
}

func TestLargePictureIsNotKept(t *testing.T) {
	big := strings.Replace(string(file(t, "sms.xml")), "PLACEHOLDER", strings.Repeat("QUJD", 2<<20), 1)
	cs, err := read(t, []byte(big), Options{})
	if err != nil || len(cs) != 4 {
		t.Fatalf("backup with a picture of 8 MiB: %d contacts, %v; want 4", len(cs), err)
	}
}

func TestBounds(t *testing.T) {
	sms := file(t, "sms.xml")
	for name, tc := range map[string]struct {
		in   []byte
		opt  Options
		want error
	}{
		"bytes of xml":       {sms, Options{Bytes: 400}, ErrTooLarge},
		"messages of xml":    {sms, Options{Messages: 2}, ErrTooLarge},
		"bytes of chat":      {file(t, "whatsapp_dmy.txt"), Options{Bytes: 20}, ErrTooLarge},
		"messages of chat":   {file(t, "whatsapp_dmy.txt"), Options{Messages: 1}, ErrTooLarge},
		"depth of xml":       {[]byte("<smses>" + strings.Repeat("<a>", 100)), Options{}, ErrTooLarge},
		"endless tag":        {[]byte("<smses " + strings.Repeat("a", 2<<20)), Options{}, ErrTooLarge},
		"text of no kind":    {[]byte("Dear all, nothing here."), Options{}, ErrUnknownFormat},
		"nothing":            {nil, Options{}, ErrUnknownFormat},
		"messages of a json": {file(t, "telegram.json"), Options{Messages: 2}, ErrTooLarge},
	} {
		if _, err := read(t, tc.in, tc.opt); !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", name, err, tc.want)
		}
	}
	if cs, err := read(t, sms[:700], Options{}); err == nil || !strings.Contains(err.Error(), "ends in the middle") || len(cs) != 1 {
		t.Errorf("half a file: %d contacts, error %v; want the one that is whole, and an error", len(cs), err)
	}
}

func TestLongSMSIsCut(t *testing.T) {
	c := SMS(strings.Repeat("ü", MaxText), "+15550100", time.Time{})
	if len(c.Parts[0].Text) > MaxText || len(c.Problems) != 1 {
		t.Errorf("%d bytes kept, problems %v", len(c.Parts[0].Text), c.Problems)
	}
	if fs := Findings(c); len(fs) != 1 || fs[0].Code != "message_incomplete" {
		t.Errorf("findings %v, want message_incomplete", fs)
	}
}

func TestSender(t *testing.T) {
	for in, want := range map[string]contact.Sender{
		"+49 (30) 555-010": {Number: "+49 (30) 555-010"},
		"44398":            {Number: "44398"},
		"SHOP":             {Name: "SHOP"},
		"Sh0p-24":          {Name: "Sh0p-24"},
		" SHOP\r\n":        {Name: "SHOP"},
		"":                 {},
	} {
		if got := SMS("x", in, time.Time{}).Sender; got != want {
			t.Errorf("sender of %q = %+v, want %+v", in, got, want)
		}
	}
	c := SMS("x", "<a.b@mail.example>", time.Time{})
	if c.Sender.Mail.String() != "a.b@mail.example" {
		t.Errorf("sender %+v, want a mail address", c.Sender)
	}
	fs := Findings(c)
	if len(fs) != 1 || fs[0].Code != "sms_from_mail_address" || strings.Contains(fs[0].Args["address"], "a.b") {
		t.Errorf("findings %v: want sms_from_mail_address, masked", fs)
	}
	if fs := Findings(Chat("x", " WhatsApp ", "Support", time.Time{})); len(fs) != 1 || fs[0].Args["platform"] != "whatsapp" {
		t.Errorf("findings %v: want chat_name_is_claim", fs)
	}
	if fs := Findings(&contact.Contact{Channel: contact.Mail}); fs != nil {
		t.Errorf("a mail gives findings of a short message: %v", fs)
	}
}

func TestUnmojibake(t *testing.T) {
	for in, want := range map[string]string{
		"Gr\u00c3\u00bc\u00c3\u009fe":          "Grüße",
		"plain":                                "plain",
		"Grüße":                                "Grüße",
		"日本":                                   "日本",
		"\u00e6\u0097\u00a5\u00e6\u009c\u00ac": "日本",
	} {
		if got := Unmojibake(in); got != want {
			t.Errorf("Unmojibake(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStamps(t *testing.T) {
	w := load(t)
	for in, want := range map[string]string{
		"12/31/26, 10:15 PM - A: x":      "2026-12-31 22:15:00",
		"12/31/26, 12:15 AM - A: x":      "2026-12-31 00:15:00",
		"31/12/2026, 22:15 - A: x":       "2026-12-31 22:15:00",
		"31/12/2026, 10:15 p. m. - A: x": "2026-12-31 22:15:00",
		"[31.12.26, 22:15:03] A: x":      "2026-12-31 22:15:03",
		"2026/12/31 22:15 - A: x":        "2026-12-31 22:15:00",
		"[2026/12/31 午後10:15:03] A: x":   "2026-12-31 22:15:03",
		"[2026-12-31, 22:15:03] A: x":    "2026-12-31 22:15:03",
		"[31-12-2026 22:15:03] A: x":     "2026-12-31 22:15:03",
		"3/4/26, 9:05 AM - A: x":         "2026-03-04 09:05:00",
		"3/4/26, 09:05 - A: x":           "2026-04-03 09:05:00",
		"99/99/26, 22:15 - A: x":         "0001-01-01 00:00:00",
	} {
		st, rest, ok := splitStamp(in)
		if !ok || rest != "A: x" {
			t.Errorf("%q: rest %q %v", in, rest, ok)
			continue
		}
		if got := st.time(dayFirst([]stamp{st}), w, time.UTC).Format("2006-01-02 15:04:05"); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "1.99 - that is the price: pay", "12/31/26 at noon", "[12/31/26, 22:15 A: x", "call 12/31/26, 22:15 - A: x", "12/31-26, 22:15 - A: x"} {
		if _, _, ok := splitStamp(in); ok {
			t.Errorf("%q is read as a dated line", in)
		}
	}
}

func TestSniffRefuses(t *testing.T) {
	for _, in := range []string{"", "Hello", "From: a@example.org\nSubject: x\n\nbody", "<html><body>x</body></html>", `{"a":1}`, "20.11.26, 22:15 nothing"} {
		if kind, ok := Sniff([]byte(in)); ok {
			t.Errorf("%q is taken for %s", in, kind)
		}
	}
}

func TestCodesHaveSentences(t *testing.T) {
	b, err := os.ReadFile("../../data/evidence/message.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Codes map[string]struct{ Title, Text map[string]string }
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"sms_from_mail_address", "message_incomplete", "chat_name_is_claim"} {
		for _, lang := range []string{"en", "de", "ja"} {
			if f.Codes[code].Title[lang] == "" || f.Codes[code].Text[lang] == "" {
				t.Errorf("code %s has no %s sentence", code, lang)
			}
		}
	}
	if len(f.Codes) != 3 {
		t.Errorf("%d codes with sentences, want 3", len(f.Codes))
	}
}

func FuzzReadBackup(f *testing.F) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			f.Add(file(f, e.Name()), "")
		}
	}
	w := load(f)
	f.Fuzz(func(t *testing.T, b []byte, kind string) {
		for c, err := range ReadBackup(bytes.NewReader(b), Options{Kind: kind, Words: w, Bytes: 1 << 18, Messages: 1000}) {
			if err != nil {
				break
			}
			names := map[string]bool{}
			for _, p := range c.Parts {
				if names[p.Name] || len(p.Text) > 2*MaxText || strings.ToValidUTF8(p.Text, "") != p.Text {
					t.Errorf("part %q: name twice, too long or no UTF-8", p.Name)
				}
				names[p.Name] = true
			}
			Findings(c)
		}
	})
}

func BenchmarkReadSMS(b *testing.B) {
	one := `<sms address="+15550100" date="1763640000000" type="1" body="Your parcel is held &#55357;&#56550; pay at parcel.example/x" contact_name="(Unknown)" />` + "\n"
	in := []byte("<smses>" + strings.Repeat(one, 10_000) + "</smses>")
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		for _, err := range ReadBackup(bytes.NewReader(in), Options{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
