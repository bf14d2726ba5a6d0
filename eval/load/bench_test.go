package load

import (
	"context"
	"testing"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/eval/clock"
)

// BenchmarkDecide decides events of the scenario, after 300,000 others.
func BenchmarkDecide(b *testing.B) {
	p, err := policy.Load(scenario)
	if err != nil {
		b.Fatal(err)
	}
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		b.Fatal(err)
	}
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
	c := clock.CPU()
	for i := range buf {
		g.Decide(&buf[i])
	}
	b.ReportMetric(float64(b.N)/(clock.CPU()-c).Seconds(), "cpu-decisions/s")
}

// BenchmarkReplay replays events of the scenario.
func BenchmarkReplay(b *testing.B) {
	p, err := policy.Load(scenario)
	if err != nil {
		b.Fatal(err)
	}
	x, err := replay.New(replay.Setup{Candidate: p, Taken: func(guard.ID) (guard.Decision, bool) { return guard.Decision{}, false }})
	if err != nil {
		b.Fatal(err)
	}
	s := newStream(1, 100_000, b.N, 30)
	b.ReportAllocs()
	b.ResetTimer()
	c := clock.CPU()
	if err := x.Run(context.Background(), func(yield func(event.Event, error) bool) {
		for range b.N {
			var e event.Event
			s.next(&e)
			if !yield(e, nil) {
				return
			}
		}
	}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/(clock.CPU()-c).Seconds(), "cpu-events/s")
}

// BenchmarkSingles takes single events at 1,000 a second on the disk of the
// temporary folder, and what the disk alone would take. Run it by -benchtime 1x.
func BenchmarkSingles(b *testing.B) {
	p, err := policy.Load(scenario)
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Seconds: 10, Rate: 1000, Batch: 1, Batches: 1}.filled()
	o.Accounts = 20_000
	for b.Loop() {
		var r Result
		if err := r.durable(context.Background(), o, p, b.TempDir()); err != nil {
			b.Fatal(err)
		}
		for name, v := range map[string]float64{"p50": r.Durable.DecidedP50, "p99": r.Durable.DecidedP99, "disk-p50": r.Durable.Floor.DueP50,
			"disk-p99": r.Durable.Floor.DueP99, "sync-p50": r.Durable.Floor.P50, "sync-p99": r.Durable.Floor.P99, "late-p50": r.Durable.Floor.LateP50} {
			b.ReportMetric(v, name+"-ms")
		}
	}
}
