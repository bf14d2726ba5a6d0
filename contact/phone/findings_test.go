package phone

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/evidence"
	"bonafide/ident"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// officials is a book of three facts.
type officials struct{}

var facts = map[ident.Phone][3]string{
	"+81120899543":  {"shop", "JP", "official"},
	"+18882804331":  {"shop", "US", "secondary"},
	"+498003638469": {"shop", "DE", "unverified"},
}

func (officials) Official(p ident.Phone) (brand, country, status string, ok bool) {
	f, ok := facts[p]
	return f[0], f[1], f[2], ok
}

func (officials) Nearest(p ident.Phone) (best ident.Phone, distance int) {
	distance = 99
	for q := range facts {
		if d := Distance(p, q); d < distance {
			best, distance = q, d
		}
	}
	return best, distance
}

const register = `
numbers:
  - {number: "+12065550147", count: 7, first: "2026-01", last: "2026-11-02", claimed: shop, source: own, expires: "2027-11-02"}
  - {number: "+13125550160", count: 90, first: "2026-01", last: "2026-11-02", source: own, contested: true, note: "the holder says that it was forged"}
  - {number: "+18295550100", count: 1, first: "2019", last: "2019", claimed: shop, source: own, expires: "2021-01-01"}
`

func reports(t testing.TB) Reports {
	t.Helper()
	r, err := LoadReports(fstest.MapFS{"r.yaml": {Data: []byte(register)}}, "r.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFindings(t *testing.T) {
	tb, f := tables(t)
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	call := func(number string, withheld bool) *contact.Contact {
		return &contact.Contact{Channel: contact.Call, At: at, Call: &contact.CallFacts{Number: number, Withheld: withheld}}
	}
	said := func(ch contact.Channel, text string) *contact.Contact {
		return &contact.Contact{Channel: ch, At: at, Parts: []contact.Part{{Name: "body", Text: text}}}
	}
	for _, c := range []struct {
		name string
		c    *contact.Contact
		home string
		want []string
	}{
		{"nothing shown", call("", false), "DE", nil},
		{"withheld", call("", true), "DE", []string{"caller_withheld", "caller_id_untrusted why=withheld 0.5"}},
		{"official number", call("0120-899-543", false), "JP", []string{"caller_shows_official", "caller_id_untrusted why=matches_official 0.1"}},
		{"one digit off", call("0120-889-543", false), "JP", []string{"number_one_digit_off", "number_no_reports", "caller_id_untrusted why=one_digit_off 1"}},
		{"reported", call("206-555-0147", false), "US", []string{"number_reported", "caller_id_untrusted why=reported 1"}},
		{"block of a reported one", call("206-555-0199", false), "US", []string{"number_same_block 1", "caller_id_untrusted why=same_block 0.7"}},
		{"old report, foreign", call("+1 829 555 0100", false), "DE", []string{"number_reported_before 0.5", "caller_foreign", "caller_id_untrusted why=foreign 0.4"}},
		{"contested report", call("312-555-0160", false), "US", []string{"number_report_contested 1"}},
		{"neighbour of a contested one", call("312-555-0161", false), "US", []string{"number_no_reports"}},
		{"foreign", call("+91 80 6605 5000", false), "DE", []string{"number_no_reports", "caller_foreign", "caller_id_untrusted why=foreign 0.4"}},
		{"foreign, home not known", call("+91 80 6605 5000", false), "", []string{"number_no_reports"}},
		{"home number", call("030 23125000", false), "DE", []string{"number_no_reports"}},
		{"no such number", call("+1 000 555 0147", false), "US", []string{"number_no_reports", "caller_id_untrusted why=impossible 0.6"}},
		{"name instead of a number", &contact.Contact{Channel: contact.SMS, Sender: contact.Sender{Number: "Amazon"}}, "DE", nil},
		{"short code", &contact.Contact{Channel: contact.SMS, Sender: contact.Sender{Number: "262966"}}, "US", nil},

		{"asked to call", said(contact.SMS, "Call 888-555-0147 now"), "US", []string{"number_no_reports", "callback_number 1"}},
		{"only named", said(contact.Mail, "Agency Ltd, 888-555-0147"), "US", []string{"number_no_reports", "callback_number 0.35"}},
		{"named twice", said(contact.Mail, "Call 888-555-0147. Again: call 888-555-0147!"), "US", []string{"number_no_reports", "callback_number 1"}},
		{"in words", said(contact.SMS, "call eight eight eight five five five zero one four seven"), "US", []string{"number_no_reports", "number_disguised", "callback_number 1"}},
		{"official in the text", said(contact.Mail, "お電話は0120-899-543まで"), "JP", []string{"number_official_in_text"}},
		{"unconfirmed official in the text", said(contact.Mail, "Rufen Sie uns an: 0800 363 84 69"), "DE", nil},
		{"premium rate", said(contact.SMS, "Rufen Sie 0900 1 123456 an"), "DE", []string{"number_premium", "number_no_reports", "callback_number 1"}},
		{"said in a call", said(contact.Call, "please call 888-555-0147"), "US", []string{"number_no_reports"}},
		{"in the person's own words", &contact.Contact{Channel: contact.SMS, At: at, Parts: []contact.Part{{Name: "words", Kind: contact.Told, Text: "they want me to call 206-555-0147"}}}, "US", []string{"number_reported"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rs []*text.Reading
			for _, p := range c.c.Parts {
				rs = append(rs, text.Read(p, f))
			}
			ns := Find(rs, Options{Tables: tb, Region: c.home})
			var got []string
			for _, x := range Findings(c.c, ns, Book{Tables: tb, Officials: officials{}, Reports: reports(t), Home: c.home}) {
				s := string(x.Code)
				if why := x.Args["why"]; why != "" {
					s += " why=" + why
				}
				if x.Strength != 0 && x.Code != codeReported {
					s += fmt.Sprintf(" %.2g", x.Strength)
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindingsWithoutBook(t *testing.T) {
	c := &contact.Contact{Channel: contact.Call, Call: &contact.CallFacts{Number: "+918066055000"}}
	if got := Findings(c, nil, Book{}); len(got) != 0 {
		t.Errorf("findings without any book: %v", got)
	}
}

func TestReports(t *testing.T) {
	r := reports(t)
	if _, ok := r.Block("+12065550147"); ok {
		t.Error("a number is reported as its own neighbour")
	}
	old, ok := r.Number("+18295550100")
	if !ok || old.Current(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !old.Current(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("the entry must end when it expires")
	}
}

func TestShippedReports(t *testing.T) {
	r, err := LoadReports(os.DirFS("../../data"), "phone/reported.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rep, ok := r.Number("+918066055000")
	if !ok || !rep.Historic || rep.Source != "seed0" || rep.Current(time.Time{}) {
		t.Errorf("the historic entry reads %+v, found %v", rep, ok)
	}
}

func TestLoadReportsRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"number":   `numbers: [{number: "030 1", count: 1, source: x}]`,
		"count":    `numbers: [{number: "+12065550147", source: x, last: "2026"}]`,
		"source":   `numbers: [{number: "+12065550147", count: 1, last: "2026"}]`,
		"expires":  `numbers: [{number: "+12065550147", count: 1, source: x, last: "2026", expires: soon}]`,
		"twice":    `numbers: [{number: "+12065550147", count: 1, source: x, last: "2026"}, {number: "+12065550147", count: 1, source: x, last: "2026"}]`,
		"last":     `numbers: [{number: "+12065550147", count: 1, source: x}]`,
		"order":    `numbers: [{number: "+12065550147", count: 1, source: x, first: "2026-02", last: "2026-01"}]`,
		"for ever": `numbers: [{number: "+12065550147", count: 1, source: x, last: "2026", expires: "2099-01-01"}]`,
		"note":     `numbers: [{number: "+12065550147", count: 1, source: x, last: "2026", note: "` + strings.Repeat("n", 501) + `"}]`,
		"field":    `numbers: [{number: "+12065550147", count: 1, source: x, last: "2026", contest: true}]`,
		"yaml":     `numbers: {`,
	} {
		_, err := LoadReports(fstest.MapFS{"r.yaml": {Data: []byte(data)}}, "r.yaml")
		if err == nil {
			t.Errorf("%s: accepted %q", name, data)
		} else if strings.Contains(err.Error(), "2065550") {
			t.Errorf("%s: the error shows the number: %v", name, err)
		}
	}
}

// TestEvidenceIsDescribed: every code has its entry, and no sentence asks for an
// argument that the finding does not bring.
func TestEvidenceIsDescribed(t *testing.T) {
	b, err := os.ReadFile("../../data/evidence/phone.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Codes map[evidence.Code]struct {
			Group string
			Text  map[string]string
			Title map[string]string
		}
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []evidence.Code{codeUntrusted, codeWithheld, codeForeign, codeShown, codeReported, codeHistoric, codeContested, codeSameBlock, codeNoReports, codePremium, codeOneOff, codeImpossible, codeHidden, codeCallback, codeInText} {
		for _, lang := range []string{"en", "de", "ja"} {
			if file.Codes[c].Text[lang] == "" || file.Codes[c].Title[lang] == "" || file.Codes[c].Group == "" {
				t.Errorf("%s has no title, text or group in %s", c, lang)
			}
		}
	}
	if n := len(file.Codes); n != 15 {
		t.Errorf("%d codes described: want 15", n)
	}
}
