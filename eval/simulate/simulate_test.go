package simulate_test

import (
	"bytes"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/mail"
	"bonafide/eval/simulate"
)

func maker(t testing.TB) *simulate.Maker {
	t.Helper()
	m, err := simulate.New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const text = "Your parcel is waiting. Please confirm the delivery at https://parcel.example/track?id=77 or call 030 1234567 today."

// letter is a mail of our own in two forms, with a picture and an odd header.
const letter = "From: \"Parcel Service\" <info@parcel.example>\nTo: anna@example.net\nFrom: second@parcel.example\n" +
	"Subject: =?utf-8?q?Your_parcel_is_w=C3=A4iting?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"outer\"\n\n" +
	"--outer\nContent-Type: multipart/alternative; boundary=inner\n\n" +
	"--inner\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nPlease confirm the delivery: https://parcel.example/track  Gr=FC=DFe\n" +
	"--inner\nContent-Type: text/html; charset=utf-8\n\n<html><head><style>.delivery{color:red}</style></head><body><p>Please <b>confirm</b> the delivery &amp; pay</p><a href=\"https://parcel.example/track\">Track parcel</a></body></html>\n" +
	"--inner--\n--outer\nContent-Type: image/gif; name=\"a.gif\"\nContent-Transfer-Encoding: base64\n\nR0lGODlhAQABAAAAACw=\n--outer--\n"

func read(t *testing.T, raw []byte) (*contact.Contact, string) {
	t.Helper()
	c, err := mail.Read(raw, mail.Options{QR: true})
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, p := range c.Parts {
		if p.Kind == contact.Said || p.Kind == contact.Quoted {
			said.WriteString(p.Text + "\n")
		}
	}
	return c, said.String()
}

// TestEveryKindOnAMail: every kind changes a mail, the same way each time, and
// leaves its sender and its link.
func TestEveryKindOnAMail(t *testing.T) {
	m := maker(t)
	for _, k := range simulate.Kinds() {
		o := simulate.Original{ID: "1", Raw: []byte(letter)}
		c, ok := m.Copy(k, o, 1)
		if !ok || bytes.Equal(c.Raw, o.Raw) || string(o.Raw) != letter {
			t.Errorf("%s: applies %v, changed the original: %v", k, ok, string(o.Raw) != letter)
			continue
		}
		again, _ := m.Copy(k, o, 1)
		if !bytes.Equal(again.Raw, c.Raw) {
			t.Errorf("%s: two copies with one seed differ", k)
		}
		if n := bytes.Count(c.Raw, []byte("From: ")); k != simulate.Nested && n != 2 {
			t.Errorf("%s: %d From fields, want both", k, n)
		}
		got, said := read(t, c.Raw)
		if got.Sender.Mail.String() != "info@parcel.example" {
			t.Errorf("%s: the sender is %q", k, got.Sender.Mail)
		}
		led := false
		for _, l := range got.Links {
			led = led || strings.HasPrefix(l.Raw, "https://parcel.example/track")
		}
		if !led {
			t.Errorf("%s: the link is gone: %v", k, got.Links)
		}
		if k == simulate.Nested && !strings.Contains(said, "Please confirm") || k == simulate.Picture && strings.Contains(said, "delivery") {
			t.Errorf("%s: says %q", k, said)
		}
	}
}

// TestWordsComeBack: what is disguised in the letters reads the same when the
// disguise is taken off, and addresses and numbers stay.
func TestWordsComeBack(t *testing.T) {
	m := maker(t)
	undo := map[simulate.Kind]func(string) string{
		simulate.ZeroWidth: strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u034f", "", "\u180e", "").Replace,
		simulate.Leet:      nil, simulate.Homoglyph: nil, simulate.Spacing: nil, simulate.Reversed: nil,
	}
	for k, back := range undo {
		for seed := range uint64(20) {
			c, ok := m.Copy(k, simulate.Original{ID: "1", Text: text}, seed)
			if !ok {
				continue // no word was drawn
			}
			if !strings.Contains(c.Text, "https://parcel.example/track?id=77") || !strings.Contains(c.Text, "030 1234567") {
				t.Errorf("%s: an address or number is gone: %q", k, c.Text)
			}
			if back != nil && back(c.Text) != text {
				t.Errorf("%s: %q is not the text with something invisible in it", k, c.Text)
			}
		}
	}
}

func TestWhatDoesNotApply(t *testing.T) {
	m := maker(t)
	for _, k := range []simulate.Kind{simulate.Hiding, simulate.Picture, simulate.Code, simulate.Nested, simulate.Chain} {
		if _, ok := m.Copy(k, simulate.Original{ID: "1", Text: text}, 1); ok {
			t.Errorf("%s applies to a text", k)
		}
	}
	if _, ok := m.Copy(simulate.Code, simulate.Original{ID: "1", Raw: []byte("Subject: x\n\nno link here\n")}, 1); ok {
		t.Error("a mail without a link has a QR code")
	}
	if _, ok := m.Copy(simulate.Leet, simulate.Original{ID: "1", Text: "12 34"}, 1); ok {
		t.Error("a text without words is disguised")
	}
}

// TestHiding: what is shown stays the same, and the filler is not shown.
func TestHiding(t *testing.T) {
	m := maker(t)
	plain := "From: a@parcel.example\nSubject: x\n\nPlease confirm the delivery now\n"
	for seed := range uint64(12) {
		c, ok := m.Copy(simulate.Hiding, simulate.Original{ID: "1", Raw: []byte(plain)}, seed)
		if !ok {
			continue
		}
		if _, said := read(t, c.Raw); !strings.Contains(strings.Join(strings.Fields(said), " "), "Please confirm the delivery now") {
			t.Errorf("seed %d: shown is %q", seed, said)
		}
	}
}

func TestParseKinds(t *testing.T) {
	if ks, err := simulate.ParseKinds([]string{"all"}); err != nil || len(ks) != len(simulate.Kinds()) {
		t.Errorf("all is %v, %v", ks, err)
	}
	if ks, err := simulate.ParseKinds([]string{"l33t", "rtl", "l33t"}); err != nil || len(ks) != 2 {
		t.Errorf("two kinds are %v, %v", ks, err)
	}
	if _, err := simulate.ParseKinds([]string{"pigeon"}); err == nil || !strings.Contains(err.Error(), "zero-width") {
		t.Errorf("an unknown kind gives %v: want the list", err)
	}
}

// FuzzCopy: mails as broken programs write them are copied without a panic.
func FuzzCopy(f *testing.F) {
	f.Add([]byte(letter), uint8(0))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\n\n--a--"), uint8(5))
	f.Add([]byte("From:\nSubject:\n"), uint8(7))
	m := maker(f)
	f.Fuzz(func(t *testing.T, raw []byte, k uint8) {
		kinds := simulate.Kinds()
		c, ok := m.Copy(kinds[int(k)%len(kinds)], simulate.Original{ID: "1", Raw: raw}, 1)
		if ok && len(raw) > 0 && len(c.Raw) == 0 {
			t.Error("a copy is empty")
		}
	})
}
