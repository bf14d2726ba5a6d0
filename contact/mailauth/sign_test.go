package mailauth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"bonafide/contact"
	"bonafide/ident"
)

// now is the time at which the test mails are checked: the library signs with
// the clock, and a signature of the future does not count.
var now = time.Now().UTC()

var (
	rsaKey  = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	weakKey = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(1024) })
	edKey   = sync.OnceValue(func() ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	})
)

func newRSA(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

// keyRecord returns the TXT record of a key, with further tags in front of p=.
func keyRecord(t testing.TB, k crypto.Signer, tags string) string {
	t.Helper()
	if pub, ok := k.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; " + tags + "p=" + base64.StdEncoding.EncodeToString(pub)
	}
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; k=rsa; " + tags + "p=" + base64.StdEncoding.EncodeToString(der)
}

// shopMail is a mail of our own, with CRLF line ends.
var shopMail = strings.ReplaceAll(`From: "Example Shop" <orders@shop.example.org>
To: customer@example.net
Subject: Your parcel  is
  on its way
Date: Sun, 22 Nov 2026 11:00:00 +0000
Message-ID: <1@shop.example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello,

your parcel  left our house today.	

Example Shop


`, "\n", "\r\n")

// sign puts a signature in front of a mail.
func sign(t testing.TB, mail string, o dkim.SignOptions) string {
	t.Helper()
	if o.Domain == "" {
		o.Domain = "shop.example.org"
	}
	if o.Selector == "" {
		o.Selector = "s1"
	}
	if o.Signer == nil {
		o.Signer = rsaKey()
	}
	if o.HeaderKeys == nil {
		o.HeaderKeys = []string{"From", "From", "To", "Subject", "Date", "Message-ID", "Content-Type"}
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(mail), &o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// shopZone publishes the keys and policy of shop.example.org.
func shopZone(t testing.TB) *zone {
	z := newZone()
	z.txt["s1._domainkey.shop.example.org"] = []string{keyRecord(t, rsaKey(), "")}
	z.txt["ed._domainkey.shop.example.org"] = []string{keyRecord(t, edKey(), "")}
	z.txt["_dmarc.shop.example.org"] = []string{"v=DMARC1; p=reject"}
	return z
}

// facts returns what the mail room would say of a raw mail.
func facts(raw, from string) *contact.MailFacts {
	m := &contact.MailFacts{Raw: []byte(raw)}
	if from != "" {
		m.From = []contact.Address{{Mail: mustMail(from)}}
	}
	return m
}

func mustMail(s string) ident.Mail {
	m, err := ident.ParseMail(s)
	if err != nil {
		panic(err)
	}
	return m
}

// check looks at a mail of the shop.
func check(raw string, z Resolver) Result {
	return Check(context.Background(), Input{Mail: facts(raw, "orders@shop.example.org"), Resolver: z, Now: now})
}

// x509PKCS1 returns the other form in which RSA keys are published.
func x509PKCS1(k *rsa.PrivateKey) []byte { return x509.MarshalPKCS1PublicKey(&k.PublicKey) }

// mapFile is a folder in memory.
type mapFile map[string]string

func (m mapFile) fs() fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range m {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}
