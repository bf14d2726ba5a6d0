package contacts_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"bonafide/contact/mailauth"
	"bonafide/desk/contacts"
	"bonafide/outside/dns"
)

// TestSignedMails: an aligned signature of an official domain proves a mail,
// unless what it says breaks the brand's promises; a signature of another
// domain proves nothing.
func TestSignedMails(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	txt := "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
	zone, err := dns.Static(map[string]dns.Records{
		"s1._domainkey.amazon.de":    {TXT: []string{txt}},
		"_dmarc.amazon.de":           {TXT: []string{"v=DMARC1; p=quarantine"}},
		"s1._domainkey.shop.example": {TXT: []string{txt}},
		"_dmarc.shop.example":        {TXT: []string{"v=DMARC1; p=reject"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, func(c *contacts.Config) {
		c.Resolver, c.Now = func() mailauth.Resolver { return zone }, time.Now // the library signs with the clock
	})
	sign := func(domain, from, body string) []byte {
		raw := "From: " + from + "\r\nTo: anna@example.com\r\nSubject: Ihre Bestellung\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@" + domain + ">\r\n\r\n" + body + "\r\n"
		var out bytes.Buffer
		if err := dkim.Sign(&out, strings.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "s1", Signer: crypto.Signer(key)}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	notice := "Guten Tag Anna, Ihre Bestellung 302-1234567-1234567 wurde versandt."
	tests := []struct {
		name  string
		req   contacts.Request
		is    []string
		isNot []string
	}{
		{"signed by the shop", contacts.Request{Raw: sign("amazon.de", "Amazon.de <versandbestaetigung@amazon.de>", notice)}, []string{"genuine"}, nil},
		{"and the person did not order it", contacts.Request{Raw: sign("amazon.de", "Amazon.de <versandbestaetigung@amazon.de>", notice), Words: "Das habe ich nicht bestellt.", Lang: "de"}, []string{"genuine_alarm"}, nil},
		{"signed, and asks for the password", contacts.Request{Raw: sign("amazon.de", "Amazon.de <versandbestaetigung@amazon.de>", "Antworten Sie mit Ihrem Passwort.")}, []string{"scam"}, nil},
		{"signed, and links to a look-alike", contacts.Request{Raw: sign("amazon.de", "Amazon.de <versandbestaetigung@amazon.de>", "Bitte sehen Sie https://amazon.de.konto-pruefung.top/login")}, nil, []string{"genuine", "genuine_alarm"}},
		{"signed by somebody else", contacts.Request{Raw: sign("shop.example", "Amazon.de <x@shop.example>", notice)}, nil, []string{"genuine", "genuine_alarm"}},
		{"changed on the way", contacts.Request{Raw: bytes.Replace(sign("amazon.de", "Amazon.de <versandbestaetigung@amazon.de>", notice), []byte("versandt"), []byte("gestoppt"), 1)}, nil, []string{"genuine", "genuine_alarm"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := row{name: tt.name, is: tt.is, not: tt.isNot}
			a, err := d.Check(context.Background(), tt.req, contacts.Caller{})
			if err != nil {
				t.Fatal(err)
			}
			r.judge(t, a)
		})
	}
}
