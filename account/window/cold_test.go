package window

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawer is a store in memory, in the order of Put; it may refuse and forget.
type drawer struct {
	list    []ColdKey
	series  []int
	refuses bool
	broken  bool
	most    int
}

func (d *drawer) find(series int, key [16]byte) int {
	for i := range d.list {
		if d.series[i] == series && d.list[i].Key == key {
			return i
		}
	}
	return -1
}

func (d *drawer) Put(series int, key [16]byte, until, safe int64, raw []byte) error {
	if d.refuses {
		return errors.New("the disk is full")
	}
	if d.find(series, key) >= 0 {
		panic("a key is put twice")
	}
	for i := len(d.list) - 1; i >= 0; i-- {
		if d.list[i].Until <= safe {
			d.list, d.series = slices.Delete(d.list, i, i+1), slices.Delete(d.series, i, i+1)
		}
	}
	d.list, d.series = append(d.list, ColdKey{series, key, until, slices.Clone(raw)}), append(d.series, series)
	d.most = max(d.most, len(d.list))
	return nil
}

func (d *drawer) Get(series int, key [16]byte, take bool) ([]byte, error) {
	i := d.find(series, key)
	if i < 0 {
		return nil, nil
	}
	if d.broken {
		return nil, errors.New("the disk does not answer")
	}
	raw := d.list[i].Raw
	if take {
		d.list, d.series = slices.Delete(d.list, i, i+1), slices.Delete(d.series, i, i+1)
	}
	return raw, nil
}

func (d *drawer) Len(series int) (n int) {
	for _, s := range d.series {
		if s == series {
			n++
		}
	}
	return n
}

func (d *drawer) All() iter.Seq2[ColdKey, error] {
	return func(yield func(ColdKey, error) bool) {
		for i := range d.list {
			if d.broken {
				yield(ColdKey{}, errors.New("the disk does not answer"))
				return
			}
			if !yield(d.list[i], nil) {
				return
			}
		}
	}
}

// TestSpillChangesNothing: an engine with room for one to three keys and a store
// for the others reads the same as one without caps and as the plain model, also
// after a restart in the middle.
func TestSpillChangesNothing(t *testing.T) {
	spilled := 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		ops := drawOps(t, p)
		tight := Plan{Lateness: p.Lateness, Series: slices.Clone(p.Series)}
		for i := range tight.Series {
			tight.Series[i].MaxKeys = rapid.IntRange(1, 3).Draw(t, "keys")
		}
		free, err := New(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		store := &drawer{}
		small, _ := New(tight, 2)
		small.Spill(store)
		def := newModel(p)
		stop := rapid.IntRange(0, len(ops)).Draw(t, "restart")
		for i, o := range ops {
			if i == stop {
				spilled += store.most
				store = &drawer{}
				if small, err = RestoreWith(tight, 1, store, small.Snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			a, ok := run(free, o)
			b, _ := run(small, o)
			if ok != def.clock(o.t) {
				t.Fatalf("event %d: accepted %v, and should not", i, ok)
			}
			if !ok {
				continue
			}
			if !slices.Equal(a, b) {
				t.Fatalf("event %d %+v\nplan %+v\nwithout caps %+v\nspilled      %+v", i, o, p.Series[o.series], a, b)
			}
			if !o.peek {
				if want := def.record(o.series, KeyOf(o.key), o.t, o.v); !same(b, want) {
					t.Fatalf("event %d: %+v, want %+v", i, b, want)
				}
			}
		}
		for i := range tight.Series {
			if st := small.StatsOf(i); st.Keys > tight.Series[i].MaxKeys || st.Evicted > 0 {
				t.Fatalf("series %d: %+v, at most %d keys", i, st, tight.Series[i].MaxKeys)
			}
		}
		spilled += store.most
	})
	if spilled == 0 {
		t.Error("nothing was ever spilled: this tested nothing")
	}
}

// TestSpillThatFails: what the store does not take is evicted and counted; what
// it cannot give back is counted, and its readings say that more may be true.
func TestSpillThatFails(t *testing.T) {
	p := Plan{Series: []Series{{Name: "ip", MaxKeys: 2, Measures: []Measure{{Kind: Count, Span: time.Hour}}}}}
	e, _ := New(p, 1)
	store := &drawer{}
	e.Spill(store)
	record := func(i int, key string) Reading {
		e.Clock(int64(i) * minute)
		return e.Record(0, KeyOf(key), int64(i)*minute, 1, nil)[0]
	}
	for i, k := range []string{"a", "b", "c", "d"} { // a and b go
		record(i, k)
	}
	if st := e.Stats(); st.Keys != 2 || st.Cold != 2 || st.Evicted != 0 {
		t.Errorf("%+v", st)
	}
	if got := e.Peek(0, KeyOf("a"), 4*minute, nil)[0]; got.Int != 1 || e.Stats().Cold != 2 {
		t.Errorf("a look at a key elsewhere: %+v", got)
	}
	store.broken = true
	if e.Snapshot() != nil {
		t.Error("a snapshot without the keys elsewhere")
	}
	if got := record(5, "a"); got.Int != 1 || !got.Capped || e.Stats().Lost != 1 {
		t.Errorf("a key that is lost: %+v, %+v", got, e.Stats())
	}
	store.broken, store.refuses = false, true
	record(6, "e")
	if st := e.Stats(); st.Evicted != 1 || st.Keys != 2 {
		t.Errorf("a store that refuses: %+v", st)
	}
}

// BenchmarkSpill records ever other keys of a series, with room for all and for a
// tenth of them.
func BenchmarkSpill(b *testing.B) {
	keys := make([]Key, 10_000)
	for i := range keys {
		keys[i] = KeyOf(fmt.Sprint(i))
	}
	for name, room := range map[string]int{"all": 0, "tenth": 1000} {
		b.Run(name, func(b *testing.B) {
			e, _ := New(Plan{Series: []Series{{Name: "s", MaxKeys: room, Measures: []Measure{{Kind: Count, Span: 24 * time.Hour}}}}}, 1)
			e.Spill(&mapCold{m: map[Key][]byte{}})
			var out []Reading
			i := 0
			for b.Loop() {
				e.Clock(int64(i) * 1000)
				out = e.Record(0, keys[i*7919%len(keys)], int64(i)*1000, 1, out[:0])
				i++
			}
		})
	}
}

// mapCold is a store that costs little.
type mapCold struct {
	drawer
	m map[Key][]byte
}

func (c *mapCold) Put(_ int, key [16]byte, _, _ int64, raw []byte) error {
	c.m[key] = slices.Clone(raw)
	return nil
}

func (c *mapCold) Len(int) int { return len(c.m) }

func (c *mapCold) Get(_ int, key [16]byte, take bool) ([]byte, error) {
	raw := c.m[key]
	if take {
		delete(c.m, key)
	}
	return raw, nil
}
