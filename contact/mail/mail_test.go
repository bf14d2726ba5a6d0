package mail

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bonafide/contact"
	"bonafide/contact/attachment"
	"bonafide/evidence"
)

var update = flag.Bool("update", false, "write the golden files anew")

func options(t testing.TB) Options {
	t.Helper()
	kinds, err := attachment.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return Options{Kinds: kinds, QR: true}
}

// dump writes what a reader of the golden files wants to see of a contact.
func dump(c *contact.Contact, fs []evidence.Finding) string {
	var b strings.Builder
	m := c.Mail
	fmt.Fprintf(&b, "sender: %q <%s>\n", c.Sender.Name, c.Sender.Mail)
	for _, list := range []struct {
		name string
		all  []contact.Address
	}{{"from", m.From}, {"reply-to", m.ReplyTo}, {"to", m.To}} {
		for _, a := range list.all {
			fmt.Fprintf(&b, "%s: %q <%s>\n", list.name, a.Name, a.Mail)
		}
	}
	if m.Sender.Domain != "" || m.ReturnPath.Domain != "" {
		fmt.Fprintf(&b, "sent by: %s, returns to: %s\n", m.Sender, m.ReturnPath)
	}
	if !c.At.IsZero() {
		fmt.Fprintf(&b, "at: %s\n", c.At.UTC().Format("2006-01-02 15:04:05"))
	}
	if m.MessageID != "" {
		fmt.Fprintf(&b, "id: %s\n", m.MessageID)
	}
	for _, r := range m.Received {
		fmt.Fprintf(&b, "received: from %q by %q ip %q helo %q at %s\n", r.From, r.By, r.IP, r.HELO, r.At.UTC().Format("2006-01-02 15:04:05"))
	}
	if m.Forwarded {
		b.WriteString("forwarded\n")
	}
	for _, p := range c.Parts {
		fmt.Fprintf(&b, "part %s (%s):\n%s\n", p.Name, []string{"said", "told", "hidden", "quoted"}[p.Kind], "  | "+strings.ReplaceAll(p.Text, "\n", "\n  | "))
	}
	for _, l := range c.Links {
		fmt.Fprintf(&b, "link from %s: %q -> %s", l.From, l.Text, l.Raw)
		for _, p := range c.Parts {
			if p.Name == l.Part && l.End > l.Start {
				fmt.Fprintf(&b, " (at %q in %s)", p.Text[l.Start:l.End], l.Part)
			}
		}
		b.WriteByte('\n')
	}
	for _, a := range c.Attachments {
		fmt.Fprintf(&b, "file %q declared %q is %q, %d bytes, %q %q\n", a.Name, a.Declared, a.Actual, a.Size, a.Inner, a.Traits)
	}
	for _, f := range fs {
		fmt.Fprintf(&b, "finding %s %v in %s\n", f.Code, f.Args, f.Where.Part)
	}
	for _, p := range c.Problems {
		fmt.Fprintf(&b, "problem %s: %s\n", p.Code, p.Detail)
	}
	return b.String()
}

// TestBroken reads mails that are broken as mails are in the wild; what is
// wanted stands beside each.
func TestBroken(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.eml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d mails in testdata/broken, %v; want at least 50", len(files), err)
	}
	opt := options(t)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, fs, err := Inspect(raw, opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		check(t, c)
		got := dump(c, fs)
		golden := strings.TrimSuffix(name, ".eml") + ".want"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// check holds what must be true of every contact.
func check(t *testing.T, c *contact.Contact) {
	t.Helper()
	parts := make(map[string]string)
	for _, p := range c.Parts {
		if _, twice := parts[p.Name]; twice {
			t.Errorf("two parts are named %q", p.Name)
		}
		if strings.ToValidUTF8(p.Text, "") != p.Text {
			t.Errorf("part %s is no valid UTF-8", p.Name)
		}
		parts[p.Name] = p.Text
	}
	for _, l := range c.Links {
		if l.Start < 0 || l.End < l.Start || l.Part != "" && l.End > len(parts[l.Part]) && l.End > 0 {
			t.Errorf("link at %d to %d of part %q with %d bytes", l.Start, l.End, l.Part, len(parts[l.Part]))
		}
		if strings.TrimSpace(l.Raw) == "" {
			t.Error("an empty link")
		}
	}
	if c.Mail == nil || c.Channel != contact.Mail {
		t.Error("a mail without the facts of a mail")
	}
	seen := make(map[string]bool)
	for _, p := range c.Problems {
		if seen[p.Code] || p.Detail == "" {
			t.Errorf("problem %q is told twice or without detail", p.Code)
		}
		seen[p.Code] = true
	}
}

func TestNothingToRead(t *testing.T) {
	for _, raw := range []string{"", "\r\n\r\n", " \n\t\n"} {
		if _, err := Read([]byte(raw), Options{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("Read(%q): %v, want ErrEmpty", raw, err)
		}
	}
	if _, err := Read(make([]byte, 2000), Options{Limits: Limits{Bytes: 1000}}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v, want ErrTooLarge", err)
	}
}

func TestRawIsTheJudgedMail(t *testing.T) {
	raw, err := os.ReadFile("testdata/broken/forward_eml_base64.eml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(raw, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(c.Mail.Raw, []byte("Received: from mx.evil.example")) || !c.Mail.Forwarded {
		t.Errorf("Raw begins %.60q, forwarded %v; want the inner mail", c.Mail.Raw, c.Mail.Forwarded)
	}
}

func TestIsMail(t *testing.T) {
	for in, want := range map[string]bool{
		"From: a@b.example\nSubject: x\n\nhello":                         true,
		"Received: by x\n\tid 1\nDate: today\n":                          true,
		"From x@y.example Mon Jan  1 00:00:00 2024\nTo: a\nSubject: b\n": true,
		"Dear customer: your order is here.\nCall: 555":                  false,
		"Subject: only one":                                              false,
		"Content-Type: text/html\nContent-Length: 3\n":                   false,
		"":            false,
		"\x89PNG\r\n": false,
	} {
		if got := IsMail([]byte(in)); got != want {
			t.Errorf("IsMail(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"Tue, 05 Mar 2024 10:00:00 +0100":      "2024-03-05 09:00:00",
		"5 Mar 24 10:00 GMT":                   "2024-03-05 10:00:00",
		"Tue, 5 Mar 2024 23:30:00 -0800 (PST)": "2024-03-06 07:30:00",
		"Tue Mar  5 10:00:00 2024":             "2024-03-05 10:00:00",
		"2024-03-05 10:00:00 +0000":            "2024-03-05 10:00:00",
		"05-Mar-2024 10:00:00":                 "2024-03-05 10:00:00",
		"Mar 5, 2024 10:00:00":                 "2024-03-05 10:00:00",
		"nonsense":                             "",
		"":                                     "",
		"99 Foo 2024":                          "",
		"Tue, 05 Mar 0024 10:00:00 +0100":      "",
	} {
		got := ""
		if at := parseDate(in); !at.IsZero() {
			got = at.UTC().Format("2006-01-02 15:04:05")
		}
		if got != want {
			t.Errorf("parseDate(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseMedia(t *testing.T) {
	for _, test := range []struct{ in, media, key, value string }{
		{`text/plain; charset=utf-8`, "text/plain", "charset", "utf-8"},
		{`TEXT/HTML;CHARSET="ISO-8859-1"`, "text/html", "charset", "ISO-8859-1"},
		{`text/html charset=utf-8`, "text/html", "charset", "utf-8"},
		{`multipart/mixed; boundary="a;b=c"`, "multipart/mixed", "boundary", "a;b=c"},
		{`multipart/mixed; boundary=a b; x=y`, "multipart/mixed", "boundary", "a b"},
		{`text/plain; charset="utf-8; format=flowed`, "text/plain", "charset", "utf-8"},
		{`application/pdf; name*=UTF-8''a%20b.pdf`, "application/pdf", "name", "a b.pdf"},
		{`application/pdf; name*0="a"; name*1="b.pdf"`, "application/pdf", "name", "ab.pdf"},
		{`application/pdf; name*1*=%62; name*0*=iso-8859-1''%FC`, "application/pdf", "name", "üb"},
		{`text/plain (a comment); charset=utf-8`, "text/plain", "charset", "utf-8"},
		{`attachment; filename="a\"b.pdf"`, "attachment", "filename", `a"b.pdf`},
		{`attachment; filename=my file.pdf`, "attachment", "filename", "my file.pdf"},
		{``, "", "x", ""},
	} {
		media, p := parseMedia(test.in)
		if media != test.media || p.get(test.key) != test.value {
			t.Errorf("parseMedia(%q) = %q, %q; want %q, %s=%q", test.in, media, p, test.media, test.key, test.value)
		}
	}
}
