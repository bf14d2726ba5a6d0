package takeover

import (
	"runtime"
	"testing"
	"time"

	"bonafide/account/guard"
	"bonafide/eval/simulate/shop"
)

// BenchmarkShippedPolicy decides the stream of a simulated shop of 5,000
// accounts, on one core; it tells events a second and the heap an account.
func BenchmarkShippedPolicy(b *testing.B) {
	s := shop.Make(shop.Options{Seed: 9, Accounts: 5000})
	p := shipped(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		g, err := guard.New(p, guard.Options{})
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b.StartTimer()
		start := time.Now()
		for i := range s.Events {
			g.Decide(&s.Events[i])
		}
		spent := time.Since(start)
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		st := g.Stats().Windows
		b.ReportMetric(float64(len(s.Events))/spent.Seconds(), "events/s")
		b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/5000, "heap-bytes/account")
		b.ReportMetric(float64(st.Keys)/5000, "keys/account")
		b.ReportMetric(float64(len(g.Snapshot()))/5000, "snapshot-bytes/account")
		b.StartTimer()
	}
}
