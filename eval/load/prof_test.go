package load

import (
	"testing"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
)

// BenchmarkDecide decides events of the scenario.
func BenchmarkDecide(b *testing.B) {
	p, err := policy.Load(scenario)
	if err != nil {
		b.Fatal(err)
	}
	g, _ := guard.New(p, guard.Options{})
	s := newStream(1, 100_000, 1_000_000, 30)
	var buf []event.Event
	for range 15 {
		buf = s.part(buf, 20000)
		for i := range buf {
			g.Decide(&buf[i])
		}
	}
	buf = s.part(make([]event.Event, 0, b.N), b.N)
	b.ReportAllocs()
	b.ResetTimer()
	c := cpuTime()
	for i := range buf {
		g.Decide(&buf[i])
	}
	b.ReportMetric(float64(b.N)/(cpuTime()-c).Seconds(), "cpu-decisions/s")
}
