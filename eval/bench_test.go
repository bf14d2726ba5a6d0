package eval_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"bonafide/contact/mailauth"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/eval/clock"
	"bonafide/eval/corpus"
)

// BenchmarkCorpus checks real contacts of the train parts, one after the other,
// and tells how many a second of processor time, the collector's work counted:
// other work on the machine changes it little. It is skipped where the corpora
// are not there.
//
//	GOMAXPROCS=1 go test -run '^$' -bench Corpus/ -benchtime 1200x ./eval
func BenchmarkCorpus(b *testing.B) { overCorpus(b, nil) }

// BenchmarkCorpusWithKeys is BenchmarkCorpus with SPF, DKIM, DMARC and ARC evaluated:
// each name has a record and each selector a key. The keys of the senders are not
// known, so every signature is computed to its end and found wrong.
func BenchmarkCorpusWithKeys(b *testing.B) {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	if err != nil {
		b.Fatal(err)
	}
	key := "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
	overCorpus(b, func() mailauth.Resolver { return answers(key) })
}

// answers has a record for every name; the text is what its selectors hold.
type answers string

func (a answers) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch {
	case strings.Contains(name, "._domainkey."):
		return []string{string(a)}, nil
	case strings.HasPrefix(name, "_dmarc."):
		return []string{"v=DMARC1; p=none"}, nil
	}
	return []string{"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx ~all"}, nil
}

func (answers) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mx." + name, Pref: 10}}, nil
}

func (answers) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return []net.IPAddr{{IP: net.IPv4(192, 0, 2, 1)}}, nil
}

func (answers) LookupAddr(context.Context, string) ([]string, error) {
	return []string{"mx.example.com."}, nil
}

func overCorpus(b *testing.B, resolver func() mailauth.Resolver) {
	const folder = "../../shared/corpora"
	if _, err := os.Stat(folder); err != nil {
		b.Skip("needs the corpora beside the project (../shared/corpora); the other benchmarks of ./desk/contacts need nothing")
	}
	library, err := corpus.Open(os.DirFS(folder))
	if err != nil {
		b.Fatal(err)
	}
	desk, err := contacts.New(contacts.Config{Data: data.FS, Now: time.Now, Resolver: resolver})
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range library.Sets {
		b.Run(s.Name, func(b *testing.B) {
			var reqs []contacts.Request
			for c, err := range library.Contacts(s, corpus.Query{Part: corpus.Train, Limit: 400, Seed: 1}) {
				if err != nil {
					b.Fatal(err)
				}
				if len(c.Raw) == 0 && strings.TrimSpace(c.Text) == "" {
					continue
				}
				reqs = append(reqs, contacts.Request{Channel: strings.Replace(s.Channel, "calls", "call", 1), Raw: c.Raw, Text: c.Text, Brief: true})
			}
			if len(reqs) == 0 {
				b.Skip("has no train part")
			}
			runtime.GC()
			b.ReportAllocs()
			b.ResetTimer()
			cpu := clock.CPU()
			for i := range b.N {
				if _, err := desk.Check(context.Background(), reqs[i%len(reqs)], contacts.Caller{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/max(clock.CPU()-cpu, 1).Seconds(), "contacts/cpu-s")
		})
	}
}
