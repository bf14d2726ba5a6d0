package text

import (
	"strings"
	"testing"

	"bonafide/contact"
)

const (
	benchSMS = "Your parcel could not be delivered today. Please pay the outstanding fee of 1.45 at https://post-example.com/track or it will be returned to the sender. Thanks.\n"
	benchDE  = "Guten Tag, Ihre Bestellung wurde heute verschickt und trifft voraussichtlich übermorgen bei Ihnen ein. Die Rechnung über 39,99 Euro finden Sie in Ihrem Konto.\n"
	benchJA  = "お客様のアカウントに不審なサインインがありました。二十四時間以内にご確認いただけない場合、ご利用を制限いたします。\n"
)

func BenchmarkReadSMS(b *testing.B) { benchRead(b, benchSMS) }
func BenchmarkReadMail20KB(b *testing.B) {
	benchRead(b, strings.Repeat(benchSMS, 20<<10/len(benchSMS)))
}
func BenchmarkReadMailDE(b *testing.B) { benchRead(b, strings.Repeat(benchDE, 20<<10/len(benchDE))) }
func BenchmarkReadMailJA(b *testing.B) { benchRead(b, strings.Repeat(benchJA, 20<<10/len(benchJA))) }
func BenchmarkReadDisguised(b *testing.B) {
	benchRead(b, "Yоur аmаz0n acc\u200bount is l0cked, p l e a s e v e r i f y P@ssw0rd\n")
}

func BenchmarkSkeleton(b *testing.B) {
	f := folding(b)
	for b.Loop() {
		f.Skeleton("аmazon-paymеnts.com")
	}
}

func benchRead(b *testing.B, s string) {
	f := folding(b)
	p := contact.Part{Name: "body", Text: s}
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Read(p, f)
	}
}
