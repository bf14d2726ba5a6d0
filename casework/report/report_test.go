package report_test

import (
	"bytes"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"bonafide/casework/report"
)

func directory(t *testing.T) *report.Directory {
	t.Helper()
	d, err := report.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func ids(rs []report.Receiver) string {
	var out []string
	for _, r := range rs {
		out = append(out, r.ID)
	}
	return " " + strings.Join(out, " ") + " "
}

func TestReceiversByCountryAndKind(t *testing.T) {
	d := directory(t)
	tests := []struct {
		q         report.Query
		has, lack []string
	}{
		{report.Query{Country: "GB", Kinds: []string{"call"}}, []string{"gb-reportfraud", "amazon-report"}, []string{"us-ftc", "gb-scotland"}},
		{report.Query{Country: "GB", Region: "GB-SCT", Kinds: []string{"call"}}, []string{"gb-scotland"}, nil},
		{report.Query{Country: "US", Region: "Colorado, Arapahoe", Kinds: []string{"call", "advice"}}, []string{"us-da18", "us-ag"}, nil},
		{report.Query{Country: "US", Region: "US-CO", Kinds: []string{"call"}}, []string{"us-da18"}, nil},
		{report.Query{Country: "US", Region: "Texas", Kinds: []string{"call"}}, []string{"us-ftc"}, []string{"us-da18"}},
		{report.Query{Country: "JP", Kinds: []string{"card_used"}}, []string{"jp-card", "jp-amazon"}, nil},
		{report.Query{Country: "XX", Kinds: []string{"mail"}}, []string{"amazon-report"}, []string{"us-ftc"}},
	}
	for _, tt := range tests {
		got := ids(d.For(tt.q))
		for _, h := range tt.has {
			if !strings.Contains(got, " "+h+" ") {
				t.Errorf("%+v gives%slacking %s", tt.q, got, h)
			}
		}
		for _, l := range tt.lack {
			if strings.Contains(got, " "+l+" ") {
				t.Errorf("%+v gives%sand %s does not belong there", tt.q, got, l)
			}
		}
	}
}

func TestOpenNow(t *testing.T) {
	d := directory(t)
	r, _ := d.Find("jp-amazon")
	tokyo, _ := time.LoadLocation("Asia/Tokyo")
	for _, tt := range []struct {
		hour, minute int
		want         string
	}{{8, 59, "closed"}, {9, 0, "open"}, {17, 59, "open"}, {18, 0, "closed"}, {20, 0, "closed"}} {
		if got := d.Open(r, time.Date(2026, 11, 22, tt.hour, tt.minute, 0, 0, tokyo)); got != tt.want {
			t.Errorf("%02d:%02d in Tokyo: %s, want %s", tt.hour, tt.minute, got, tt.want)
		}
	}
	gb, _ := d.Find("gb-reportfraud")
	if got := d.Open(gb, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)); got != "closed" {
		t.Errorf("Report Fraud on a Sunday: %s, want closed", got)
	}
	ftc, _ := d.Find("us-ftc")
	if got := d.Open(ftc, time.Now()); got != "" {
		t.Errorf("no hours known: %q, want nothing", got)
	}
}

func TestReportInTheReceiversLanguageAndOrder(t *testing.T) {
	d := directory(t)
	f := report.Facts{Brand: "Amazon", Channel: "mail", Subject: "Ihr Konto", Sender: "Amazon <x@amaz0n.example>",
		Links: []string{"hxxp://amaz0n[.]example"}, Text: "Klicken Sie http://amaz0n.example/a.b jetzt",
		At: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	vz, _ := d.Find("de-vz")
	if lang := report.Language(vz, "en"); lang != "de" {
		t.Fatalf("language for Verbraucherzentrale: %s, want de", lang)
	}
	text := d.Text(vz, f, "de")
	subject, when := strings.Index(text, "Betreff:"), strings.Index(text, "Datum und Uhrzeit:")
	if subject < 0 || when < 0 || subject > when {
		t.Errorf("fields are not in the receiver's order (Betreff before Zeitpunkt):\n%s", text)
	}
	if strings.Contains(text, "http://") || !strings.Contains(text, "hxxp://amaz0n[.]example/a.b") {
		t.Errorf("an address in a report can be tapped:\n%s", text)
	}
}

func TestReportMailKeepsTheOriginal(t *testing.T) {
	d := directory(t)
	original := []byte("From: x@y.example\r\nSubject: Hallo\r\n\r\nText \xe4\r\n")
	r, _ := d.Find("amazon-report")
	raw, err := d.Mail(r, report.Facts{Brand: "Amazon", Channel: "mail"}, "en", original, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("our own mail cannot be read: %v", err)
	}
	if m.Header.Get("To") != "reportascam@amazon.com" {
		t.Errorf("To: %q", m.Header.Get("To"))
	}
	if !bytes.Contains(raw, original) {
		t.Error("the original was changed on its way into the attachment")
	}
	form, _ := d.Find("us-ftc")
	if _, err := d.Mail(form, report.Facts{}, "en", nil, ""); err == nil {
		t.Error("a receiver without a mail address got a mail")
	}
}

// TestWhatIsOursIsToldInTheReadersLanguage: receivers of every country are in
// every answer, so their labels stand in the language of the answer.
func TestWhatIsOursIsToldInTheReadersLanguage(t *testing.T) {
	d := directory(t)
	for _, r := range d.For(report.Query{Kinds: []string{"call", "mail", "website", "card_used", "money_lost"}}) {
		for _, lang := range []string{"de", "ja"} {
			if got := r.For(lang); r.Name != "Anti-Phishing Working Group" && got.Name == r.Name {
				t.Errorf("%s: %q is English in %s", r.ID, r.Name, lang)
			} else if r.Phone != "" && got.Phone == r.Phone || r.Hours != "" && got.Hours == r.Hours {
				t.Errorf("%s: remarks are English in %s: %q, %q", r.ID, lang, r.Phone, r.Hours)
			} else if got.Mail != r.Mail || got.Tap != r.Tap {
				t.Errorf("%s: address changed in %s", r.ID, lang)
			}
		}
	}
}
