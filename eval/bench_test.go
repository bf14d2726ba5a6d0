package eval_test

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"bonafide/contact/mailauth"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/eval"
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
	keys, err := eval.NewKeys()
	if err != nil {
		b.Fatal(err)
	}
	overCorpus(b, func() mailauth.Resolver { return keys })
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
