package fingerprint

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// long is a mail of some 20 KB with twenty links.
func long() letter {
	l := phish("Erika Mustermann", "erika@home.test", 7, "evil.example")
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for b.Len() < 20<<10 {
		for range 12 {
			b.WriteString(vocabulary[rng.IntN(len(vocabulary))] + " ")
		}
		fmt.Fprintf(&b, "%d.\n", rng.IntN(1000))
	}
	l.body += b.String()
	for i := range 20 {
		l.links = append(l.links, fmt.Sprintf("https://site%d.example/a/%d?x=1", i%6, i))
	}
	return l
}

func BenchmarkReadMail20KB(b *testing.B) {
	k := load(b)
	in := long().input(b, k)
	b.SetBytes(int64(len(in.Readings[1].Folded)))
	b.ReportAllocs()
	for b.Loop() {
		k.rules.Read(in)
	}
}

func BenchmarkReadSMS(b *testing.B) {
	k := load(b)
	in := letter{body: "Your parcel could not be delivered today. Please pay the fee of 1.45 at https://post-example.com/track or it is returned."}.input(b, k)
	b.ReportAllocs()
	for b.Loop() {
		k.rules.Read(in)
	}
}

func BenchmarkMatch(b *testing.B) {
	k := load(b)
	x, y := phish("A B", "a@home.test", 1, "evil.example").member(b, true), phish("C D", "c@home.test", 2, "evil.example").member(b, true)
	for b.Loop() {
		k.rules.Match(&x, &y)
	}
}

// BenchmarkGroup10000 groups contacts half of which are of campaigns of 2 to
// 500, and all of which name one site of 40: buckets that are large.
func BenchmarkGroup10000(b *testing.B) {
	k := load(b)
	ms := crowd(k.rules, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		k.rules.Group(ms)
	}
}

func BenchmarkGroup100000(b *testing.B) {
	k := load(b)
	ms := crowd(k.rules, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		k.rules.Group(ms)
	}
}

func crowd(rules *Rules, n int) []Member {
	rng := rand.New(rand.NewPCG(5, 6))
	ms := make([]Member, 0, n)
	for len(ms) < n {
		size := 1
		if rng.IntN(4) == 0 {
			size = 2 + rng.IntN(1+rng.IntN(500))
		}
		text := newMinima()
		for range 200 {
			text.add(rng.Uint64())
		}
		for range min(size, n-len(ms)) {
			mine := text
			for range 10 {
				mine.add(rng.Uint64())
			}
			s := Signature{words: 200, text: mine.rows(), layout: rng.Uint64(), links: rng.Uint64(), sender: uint64(rng.IntN(5000))}
			s.points = []Mark{rules.mark(Site, fmt.Sprint(rng.IntN(40)))}
			ms = append(ms, Member{s, rng.IntN(2) == 0})
		}
	}
	return ms
}
