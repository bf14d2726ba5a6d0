package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/eventlog/logtest"
	"bonafide/fault"
)

func open(t testing.TB, o jetstream.Options) *jetstream.Log {
	t.Helper()
	l, err := jetstream.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestConformance(t *testing.T) {
	logtest.Run(t, func(t testing.TB) eventlog.Log {
		return open(t, jetstream.Options{Dir: t.TempDir(), Partitions: 4})
	})
}

// TestReopen: what was written is there, repetitions are known, the folder is
// for one program at a time, and the number of partitions stays.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	l := open(t, jetstream.Options{Dir: dir, Partitions: 2})
	for i := range 20 {
		if _, err := l.Append(t.Context(), logtest.Event("a", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := jetstream.Open(t.Context(), jetstream.Options{Dir: dir}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("opened a second time: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := jetstream.Open(t.Context(), jetstream.Options{Dir: dir, Partitions: 3}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("opened with other partitions: %v", err)
	}
	l = open(t, jetstream.Options{Dir: dir, Window: 5})
	for _, i := range []int{19, 15, 20} { // in this order: the new one ends the window of the oldest
		if r, err := l.Append(t.Context(), logtest.Event("a", i)); err != nil || r[0].Repeated != (i < 20) {
			t.Errorf("event %d after a restart: %+v, %v: want repeated %v", i, r, err, i < 20)
		}
	}
}

// TestBackPressure: a queue that is full refuses at once, and what was refused
// is taken later.
func TestBackPressure(t *testing.T) {
	l := open(t, jetstream.Options{Dir: t.TempDir(), Partitions: 1, MaxQueue: 4})
	var wg sync.WaitGroup
	var refused, taken atomic.Int64
	for w := range 64 {
		wg.Go(func() {
			_, err := l.Append(context.Background(), logtest.Event("a", 2*w), logtest.Event("a", 2*w+1))
			switch {
			case err == nil:
				taken.Add(2)
			case fault.KindOf(err) == fault.Temporary && strings.Contains(err.Error(), "send fewer"):
				refused.Add(2)
			default:
				t.Errorf("append: %v", err)
			}
		})
	}
	wg.Wait()
	if last, _ := l.Last(t.Context(), 0); refused.Load() == 0 || int64(last) != taken.Load() { //nolint:gosec // small
		t.Errorf("%d taken, %d refused, %d in the log", taken.Load(), refused.Load(), last)
	}
}

// TestVerify: all frames hold beside a running log; a byte changed, or a frame
// taken out, is named.
func TestVerify(t *testing.T) {
	dir := t.TempDir()
	l := open(t, jetstream.Options{Dir: dir, Partitions: 1})
	for i := range 10 {
		if _, err := l.Append(t.Context(), logtest.Event("a", i)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want string, frames uint64) {
		t.Helper()
		r, err := jetstream.Verify(t.Context(), dir)
		if err != nil || len(r) != 1 || !strings.Contains(r[0].Broken, want) || (want == "") != (r[0].Broken == "") || r[0].Frames != frames {
			t.Errorf("%+v, %v: want %d frames and %q", r, err, frames, want)
		}
	}
	check("", 10)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "jetstream", "$G", "streams", "p0", "msgs", "1.blk")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(good), "data 4 of a")
	rest := strings.Index(string(good), "data 5 of a") - at // length of a record
	for what, c := range map[string]struct {
		raw    []byte
		want   string
		frames uint64
	}{
		"changed":  {[]byte(strings.Replace(string(good), "data 4 of a", "data 4 of b", 1)), "frame 5 (file 1.blk, byte", 4},
		"gone":     {append(append([]byte(nil), good[:4*rest]...), good[5*rest:]...), "frame 5 (file 1.blk, byte", 4},
		"cut off":  {good[:len(good)-9], "", 9},
		"unharmed": {good, "", 10},
	} {
		t.Run(what, func(t *testing.T) {
			if err := os.WriteFile(file, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			check(c.want, c.frames)
		})
	}
	if _, err := jetstream.Verify(t.Context(), t.TempDir()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("verify of an empty folder: %v", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 100, 4096} {
		b.Run(fmt.Sprint("events=", n), func(b *testing.B) {
			l := open(b, jetstream.Options{Dir: b.TempDir()})
			events := make([]eventlog.Event, n)
			for i := 0; b.Loop(); i++ {
				for j := range events {
					events[j] = logtest.Event(fmt.Sprint("k", j%997), i*n+j)
					events[j].Data = make([]byte, 300)
				}
				if _, err := l.Append(context.Background(), events...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
