package ident_test

import (
	"strings"
	"testing"

	"bonafide/ident"
)

func TestParsePhone(t *testing.T) {
	for s, ok := range map[string]bool{"+918066055000": true, "+49301": false, "918066055000": false, "+49 30": false, "+1234567890123456": false, "": false, "+12345a7890": false} {
		if _, err := ident.ParsePhone(s); (err == nil) != ok {
			t.Errorf("ParsePhone(%q): %v, want ok %v", s, err, ok)
		}
	}
}

func TestMasksHide(t *testing.T) {
	p, _ := ident.ParsePhone("+918066055000")
	m, err := ident.ParseMail("Anna.Meyer@Example.COM")
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"phone": p.Masked(), "mail": m.Masked(), "order": ident.Order("112-1234567-1234567").Masked(), "short phone": ident.Phone("110").Masked(), "empty mail": ident.Mail{}.Masked()} {
		if strings.Contains(got, "055000") || strings.Contains(got, "Meyer") || strings.Contains(got, "1234567-") || strings.Contains(got, "110") {
			t.Errorf("%s: %q shows too much", name, got)
		}
	}
	if got := m.String(); got != "Anna.Meyer@example.com" {
		t.Errorf("mail %q: want the domain in lower case and the local part as written", got)
	}
}

func TestParseMail(t *testing.T) {
	for s, ok := range map[string]bool{"a@b.example": true, "<a@b.example>": true, "a b@c.example": false, "@b": false, "a@": false, "a": false, "a@b\n.example": false, strings.Repeat("a", 400) + "@b": false, "x@y@z.example": true} {
		if _, err := ident.ParseMail(s); (err == nil) != ok {
			t.Errorf("ParseMail(%.20q): %v, want ok %v", s, err, ok)
		}
	}
}

func TestDotRule(t *testing.T) {
	for _, tt := range []struct {
		d, parent ident.Domain
		want      bool
	}{{"pay.amazon.de", "amazon.de", true}, {"amazon.de", "amazon.de", true}, {"payments-amazon.de", "amazon.de", false}, {"amazon.de.evil.example", "amazon.de", false}, {"", "", false}, {"x", "", false}} {
		if got := tt.d.Under(tt.parent); got != tt.want {
			t.Errorf("%s under %s: %v, want %v", tt.d, tt.parent, got, tt.want)
		}
	}
}

func TestParseCardKeepsFourDigits(t *testing.T) {
	c, cut, err := ident.ParseCard("4111 1111 1111 1234")
	if err != nil || c != "1234" || !cut {
		t.Errorf("whole number: %q, cut %v, %v", c, cut, err)
	}
	if c, cut, err := ident.ParseCard("1234"); err != nil || c != "1234" || cut {
		t.Errorf("four digits: %q, cut %v, %v", c, cut, err)
	}
	if _, _, err := ident.ParseCard("12"); err == nil {
		t.Error("two digits were taken")
	}
}
