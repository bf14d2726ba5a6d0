package window

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkRecord records into one series and reads one measure of each kind,
// with 1,000 keys of about 200 entries each in a window of a day.
func BenchmarkRecord(b *testing.B) {
	keys := make([]Key, 1000)
	for i := range keys {
		keys[i] = KeyOf(fmt.Sprint(i))
	}
	for k := Count; k <= Set; k++ {
		m := Measure{Kind: k, Span: 24 * time.Hour, Q: .9}
		switch k {
		case RatioCount, RatioSum, RatioMean:
			m.Base = 48 * time.Hour
		case Sequence, Set:
			m.Steps = 4
		}
		b.Run(k.String(), func(b *testing.B) {
			e, err := New(Plan{Lateness: time.Minute, Series: []Series{{Name: "s", Measures: []Measure{m}}}}, 1)
			if err != nil {
				b.Fatal(err)
			}
			var out []Reading
			step := (24 * time.Hour).Microseconds() / 200_000
			record := func(i int) {
				t := int64(i) * step
				e.Clock(t)
				out = e.Record(0, keys[i%len(keys)], t, int64(i*2654435761)&1023, out[:0])
			}
			for i := range 400_000 {
				record(i)
			}
			b.ReportAllocs()
			i := 400_000
			for b.Loop() {
				record(i)
				i++
			}
			st := e.Stats()
			b.ReportMetric(float64(st.Entries)/float64(st.Keys), "entries/key")
		})
	}
}

func BenchmarkKeyOf(b *testing.B) {
	for b.Loop() {
		KeyOf("0123456789abcdef0123456789abcdef", "0123456789abcdef")
	}
}

func BenchmarkSnapshot(b *testing.B) {
	p := Plan{Series: []Series{{Name: "s", Measures: []Measure{{Kind: Sum, Span: 24 * time.Hour}}}}}
	e, _ := New(p, 1)
	for i := range 200_000 {
		e.Clock(int64(i) * 1000)
		e.Record(0, KeyOf(fmt.Sprint(i%20000)), int64(i)*1000, int64(i), nil)
	}
	raw := e.Snapshot()
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			raw = e.Snapshot()
		}
		b.ReportMetric(float64(len(raw))/200_000, "bytes/entry")
	})
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			if _, err := Restore(p, 1, raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// FuzzRestore: foreign bytes never panic and never take much memory.
func FuzzRestore(f *testing.F) {
	p := Plan{Series: []Series{{Name: "s", Measures: []Measure{{Kind: Sum, Span: time.Hour}, {Kind: Age, Span: time.Hour}}}}}
	e, _ := New(p, 1)
	for i := range 20 {
		e.Clock(int64(i) * 1e6)
		e.Record(0, KeyOf(fmt.Sprint(i%3)), int64(i)*1e6, int64(i), nil)
	}
	f.Add(e.Snapshot())
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := Restore(p, 1, in)
		if err == nil {
			e.Clock(1e12)
			e.Record(0, KeyOf("a"), 1e12, 1, nil)
		}
	})
}
