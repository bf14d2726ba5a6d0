package window

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The plain model: it keeps every entry of a key in a sorted list, and reads
// each kind by its definition, with big numbers and without any running state.
type model struct {
	plan      Plan
	watermark int64
	keys      []map[Key]*plain
}

type plain struct {
	entries []entry
	all     []int64 // times ever, for ages
	dropped int64
}

func newModel(p Plan) *model {
	m := &model{plan: p, watermark: never}
	for range p.Series {
		m.keys = append(m.keys, map[Key]*plain{})
	}
	return m
}

func (m *model) clock(t int64) bool {
	if m.watermark != never && t < m.watermark-m.plan.Lateness.Microseconds() {
		return false
	}
	m.watermark = max(m.watermark, t)
	return true
}

func (m *model) record(s int, key Key, t, v int64) []Reading {
	p := m.keys[s][key]
	if p == nil {
		p = &plain{dropped: never}
		m.keys[s][key] = p
	}
	spec := m.plan.Series[s]
	out := make([]Reading, len(spec.Measures))
	read := func(prior bool) {
		for j, x := range spec.Measures {
			if (x.Prior || x.Kind == Since) == prior {
				out[j] = p.read(x, t)
			}
		}
	}
	read(true)
	i := 0
	for i < len(p.entries) && p.entries[i].at <= t {
		i++
	}
	p.entries = slices.Insert(p.entries, i, entry{t, v})
	p.all = append(p.all, t)
	reach := int64(0)
	for _, x := range spec.Measures {
		reach = max(reach, x.reach())
	}
	for len(p.entries) > 1 && p.entries[0].at <= m.watermark-m.plan.Lateness.Microseconds()-reach {
		p.entries = p.entries[1:]
	}
	thin := !slices.ContainsFunc(spec.Measures, func(x Measure) bool { return !x.thin() })
	for thin && len(p.entries) > 1 && p.entries[1].at <= m.watermark-m.plan.Lateness.Microseconds() {
		p.entries = p.entries[1:]
	}
	limit := spec.MaxEntries
	if limit == 0 {
		limit = 4096
	}
	for len(p.entries) > limit {
		p.dropped = max(p.dropped, p.entries[0].at)
		p.entries = p.entries[1:]
	}
	read(false)
	return out
}

func (p *plain) peek(spec Series, t int64) []Reading {
	var out []Reading
	for _, x := range spec.Measures {
		out = append(out, p.read(x, t))
	}
	return out
}

func (p *plain) read(x Measure, t int64) Reading {
	var in, old []entry
	for _, e := range p.entries {
		switch {
		case e.at > t:
		case e.at > t-x.Span.Microseconds():
			in = append(in, e)
		case e.at > t-x.Base.Microseconds():
			old = append(old, e)
		}
	}
	r := define(x, in, old, t)
	if x.Kind == Age {
		return p.age(x, t)
	}
	r.Capped = p.dropped > t-x.reach()
	return r
}

func (p *plain) age(x Measure, t int64) Reading {
	times := slices.DeleteFunc(slices.Clone(p.all), func(a int64) bool { return a > t })
	slices.Sort(times)
	if len(times) == 0 || t-times[len(times)-1] > x.Span.Microseconds() {
		return Reading{}
	}
	i := len(times) - 1
	for i > 0 && times[i]-times[i-1] <= x.Span.Microseconds() {
		i--
	}
	return Reading{Int: min(t-times[i], x.Span.Microseconds()), OK: true}
}

func define(x Measure, in, old []entry, t int64) Reading {
	sum := func(e []entry) int64 {
		n := int64(0)
		for _, a := range e {
			n += a.value
		}
		return n
	}
	var values []int64
	seen := map[int64]bool{}
	for _, a := range in {
		values = append(values, a.value)
		seen[a.value] = true
	}
	slices.Sort(values)
	switch x.Kind {
	case Count:
		return Reading{Int: int64(len(in)), OK: true}
	case Sum:
		return Reading{Int: sum(in), OK: true}
	case Distinct:
		return Reading{Int: int64(len(seen)), OK: true}
	case Sequence:
		return Reading{Int: int64(longest(x, in, 0, 0)), OK: true}
	case Set:
		mask := int64(0)
		for _, a := range in {
			mask |= a.value
		}
		n := 0
		for i := range x.Steps {
			n += int(mask >> i & 1)
		}
		return Reading{Int: int64(n), OK: true}
	case RatioCount, RatioSum, RatioMean:
		a, b := float64(len(in)), float64(len(old))
		scale := float64((x.Base - x.Span).Microseconds()) / float64(x.Span.Microseconds())
		if x.Kind != RatioCount {
			a, b = float64(sum(in)), float64(sum(old))
		}
		if x.Kind == RatioMean {
			if len(in) == 0 || len(old) == 0 {
				return Reading{}
			}
			a, b, scale = a/float64(len(in)), b/float64(len(old)), 1
		}
		if b == 0 {
			return Reading{}
		}
		return Reading{Float: a / b * scale, OK: true}
	}
	if len(in) == 0 {
		return Reading{}
	}
	switch x.Kind {
	case Min:
		return Reading{Int: values[0], OK: true}
	case Max:
		return Reading{Int: values[len(values)-1], OK: true}
	case Mean:
		return Reading{Float: float64(sum(in)) / float64(len(in)), OK: true}
	case Quantile:
		return Reading{Int: values[max(int(math.Ceil(x.Q*float64(len(values))))-1, 0)], OK: true}
	case Last:
		return Reading{Int: in[len(in)-1].value, OK: true}
	case Since:
		return Reading{Int: t - in[len(in)-1].at, OK: true}
	case StdDev:
		n, s, q := big.NewInt(int64(len(in))), big.NewInt(sum(in)), new(big.Int)
		for _, a := range in {
			q.Add(q, new(big.Int).Mul(big.NewInt(a.value), big.NewInt(a.value)))
		}
		v, _ := new(big.Float).SetInt(n.Sub(q.Mul(q, n), s.Mul(s, s))).Float64()
		return Reading{Float: math.Sqrt(v) / float64(len(in)), OK: true}
	}
	return Reading{}
}

// longest tries every way through the steps.
func longest(x Measure, in []entry, done int, last int64) int {
	if done == x.Steps {
		return done
	}
	best := done
	for i, a := range in {
		if a.value>>done&1 == 1 && (done == 0 || x.Gap == 0 || a.at-last <= x.Gap.Microseconds()) {
			if best = max(best, longest(x, in[i+1:], done+1, a.at)); best == x.Steps {
				return best
			}
		}
	}
	return best
}

func same(a, b []Reading) bool {
	return slices.EqualFunc(a, b, func(x, y Reading) bool {
		near := x.Float == y.Float || math.Abs(x.Float-y.Float) <= 1e-12*math.Abs(y.Float)
		return x.Int == y.Int && x.OK == y.OK && x.Capped == y.Capped && near
	})
}

const minute = int64(time.Minute / time.Microsecond)

type op struct {
	series int
	key    string
	t, v   int64
	peek   bool
}

func drawPlan(t *rapid.T) Plan {
	span := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(1, 30).Draw(t, name)) * time.Minute
	}
	p := Plan{Lateness: time.Duration(rapid.SampledFrom([]int{0, 1, 5}).Draw(t, "late")) * time.Minute}
	for range rapid.IntRange(1, 2).Draw(t, "series") {
		s := Series{Name: "s", MaxEntries: rapid.SampledFrom([]int{0, 0, 7, 40}).Draw(t, "cap")}
		for range rapid.IntRange(1, 5).Draw(t, "measures") {
			m := Measure{Kind: Kind(rapid.IntRange(0, int(Set)).Draw(t, "kind")), Span: span("span"), Prior: rapid.Bool().Draw(t, "prior")}
			switch m.Kind {
			case Quantile:
				m.Q = rapid.SampledFrom([]float64{0, .1, .5, .9, 1}).Draw(t, "q")
			case RatioCount, RatioSum, RatioMean:
				m.Base = m.Span + span("base")
			case Sequence:
				m.Steps = rapid.IntRange(2, 3).Draw(t, "steps")
				m.Gap = time.Duration(rapid.IntRange(0, 3).Draw(t, "gap")) * time.Minute
			case Set:
				m.Steps = 3
			case Age:
				m.Span = max(m.Span, p.Lateness)
			}
			s.Measures = append(s.Measures, m)
		}
		p.Series = append(p.Series, s)
	}
	return p
}

func drawOps(t *rapid.T, p Plan) []op {
	now := int64(1000) * minute
	n := rapid.IntRange(1, 160).Draw(t, "n")
	keys := rapid.SampledFrom([]string{"a", "ab"}).Draw(t, "keys")
	out := make([]op, n)
	for i := range out {
		now += int64(rapid.IntRange(0, 80).Draw(t, "step")) * minute / 20
		out[i] = op{
			series: rapid.IntRange(0, len(p.Series)-1).Draw(t, "at"), key: string(keys[rapid.IntRange(0, len(keys)-1).Draw(t, "key")]),
			t: now - int64(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 3, 6}).Draw(t, "back"))*minute, v: int64(rapid.IntRange(-3, 7).Draw(t, "v")),
			peek: rapid.IntRange(0, 9).Draw(t, "peek") == 0,
		}
	}
	return out
}

func run(e *Engine, o op) ([]Reading, bool) {
	if !e.Clock(o.t) {
		return nil, false
	}
	if o.peek {
		return e.Peek(o.series, KeyOf(o.key), o.t, nil), true
	}
	return e.Record(o.series, KeyOf(o.key), o.t, o.v, nil), true
}

// TestEngineIsItsDefinition: the engine equals the plain model, on any number
// of shards, and with a restart after any event.
func TestEngineIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		ops := drawOps(t, p)
		one, err := New(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		many, _ := New(p, 7)
		def := newModel(p)
		stop := rapid.IntRange(0, len(ops)).Draw(t, "restart")
		for i, o := range ops {
			if i == stop {
				was := many.Snapshot()
				if string(was) != string(one.Snapshot()) {
					t.Fatalf("snapshots differ between shards at %d", i)
				}
				if many, err = Restore(p, 3, was); err != nil {
					t.Fatal(err)
				}
			}
			a, ok := run(one, o)
			b, _ := run(many, o)
			if ok != def.clock(o.t) {
				t.Fatalf("event %d: accepted %v, and should not", i, ok)
			}
			if !ok {
				continue
			}
			var want []Reading
			if o.peek {
				k := def.keys[o.series][KeyOf(o.key)]
				if k == nil {
					k = &plain{dropped: never}
				}
				want = k.peek(p.Series[o.series], o.t)
			} else {
				want = def.record(o.series, KeyOf(o.key), o.t, o.v)
			}
			if !same(a, want) || !slices.Equal(a, b) {
				t.Fatalf("event %d %+v\nplan %+v\ngot  %+v\nthen %+v\nwant %+v", i, o, p.Series[o.series], a, b, want)
			}
		}
		if string(one.Snapshot()) != string(many.Snapshot()) {
			t.Fatal("after a restart the snapshots differ")
		}
	})
}

// TestLongRuns drives keys beyond the size where running states begin.
func TestLongRuns(t *testing.T) {
	var measures []Measure
	for k := Count; k <= Set; k++ {
		m := Measure{Kind: k, Span: 20 * time.Minute, Q: .75}
		switch k {
		case RatioCount, RatioSum, RatioMean:
			m.Base = 50 * time.Minute
		case Sequence, Set:
			m.Steps = 3
		}
		measures = append(measures, m, m)
		measures[len(measures)-1].Prior = true
	}
	p := Plan{Lateness: 2 * time.Minute, Series: []Series{{Name: "all", Measures: measures, MaxEntries: 150}}}
	e, err := New(p, 2)
	if err != nil {
		t.Fatal(err)
	}
	def := newModel(p)
	seed, now := uint64(1), int64(1e6)*minute
	rnd := func(n int) int64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int64(seed>>33) % int64(n)
	}
	for i := range 3000 {
		now += rnd(int(minute / 5))
		if i%700 == 699 {
			now += 45 * minute
		}
		at := now
		if rnd(15) == 0 {
			at -= rnd(int(2 * minute))
		}
		if e.Clock(at) != def.clock(at) {
			t.Fatal("clocks differ")
		}
		v := rnd(1<<20) - 1<<19
		if rnd(3) == 0 {
			v = rnd(9)
		}
		key := KeyOf(fmt.Sprint(rnd(2)))
		if got, want := e.Record(0, key, at, v, nil), def.record(0, key, at, v); !same(got, want) {
			for j := range got {
				if !same(got[j:j+1], want[j:j+1]) {
					t.Errorf("event %d, %s: got %+v, want %+v", i, measures[j].Kind, got[j], want[j])
				}
			}
			t.FailNow()
		}
	}
	if st := e.Stats(); st.Keys != 2 || st.Dropped == 0 {
		t.Errorf("stats %+v: the cap should have been met", st)
	}
}

func TestKeysAreBoundedAndEvictionIsVisible(t *testing.T) {
	p := Plan{Series: []Series{{Name: "ip", MaxKeys: 3, Measures: []Measure{{Kind: Count, Span: time.Hour}}}}}
	e, _ := New(p, 4)
	for i, k := range []string{"a", "b", "c", "a", "d", "b"} {
		e.Clock(int64(i) * minute)
		e.Record(0, KeyOf(k), int64(i)*minute, 1, nil)
	}
	st := e.Stats()
	if st.Keys != 3 || st.Evicted != 2 || st.Entries != 4 {
		t.Errorf("stats %+v: want 3 keys, 2 evicted (b, then c), 4 entries", st)
	}
	for k, want := range map[string]int64{"a": 2, "b": 1, "c": 0, "d": 1} {
		if got := e.Peek(0, KeyOf(k), 6*minute, nil)[0].Int; got != want {
			t.Errorf("%s counts %d, want %d", k, got, want)
		}
	}
	back, err := Restore(p, 1, e.Snapshot())
	if err != nil || back.Stats() != st {
		t.Errorf("restored %+v: %v", back, err)
	}
}

func TestIdleKeysAreForgotten(t *testing.T) {
	e, _ := New(Plan{Series: []Series{{Name: "s", Measures: []Measure{{Kind: Sum, Span: time.Hour}, {Kind: Age, Span: 2 * time.Hour}}}}}, 1)
	for i := range 10000 {
		at := int64(i) * minute
		e.Clock(at)
		e.Record(0, KeyOf(fmt.Sprint(i)), at, 1, nil)
	}
	if st := e.Stats(); st.Keys > 125 || st.Entries > 125 || st.Evicted != 0 {
		t.Errorf("%+v: keys of the last two hours should be kept, and no more", st)
	}
}

// TestAgeOfWhoBeganLater: an age is the same for who saw a key from its first day as for
// who began to read its span ago, as a replay does.
func TestAgeOfWhoBeganLater(t *testing.T) {
	const day = 24 * 60 * minute
	plan := Plan{Series: []Series{{Name: "s", Measures: []Measure{{Kind: Age, Span: 400 * 24 * time.Hour}}}}}
	all, _ := New(plan, 1)
	late, _ := New(plan, 1)
	for i := range int64(900) {
		at := i * day
		all.Clock(at)
		full := all.Record(0, KeyOf("a"), at, 1, nil)[0]
		if i < 450 {
			if i <= 400 && (full.Int != at || !full.OK) {
				t.Fatalf("day %d: %+v", i, full)
			}
			continue
		}
		late.Clock(at)
		part := late.Record(0, KeyOf("a"), at, 1, nil)[0]
		if i >= 850 && full != part {
			t.Fatalf("day %d: %+v for who saw all, %+v for who began 400 days ago", i, full, part)
		}
	}
}

func TestLateEventsAreCountedAndRefused(t *testing.T) {
	e, _ := New(Plan{Lateness: time.Minute, Series: []Series{{Name: "s", Measures: []Measure{{Kind: Sum, Span: time.Hour}}}}}, 1)
	if !e.Clock(10*minute) || !e.Clock(9*minute) || e.Clock(9*minute-1) {
		t.Error("one minute of lateness is accepted, and not more")
	}
	if e.Stats().TooLate != 1 {
		t.Error("what was too late is counted")
	}
	if e.Record(0, KeyOf("a"), 10*minute, math.MaxInt64, nil)[0].Int != MaxValue || e.Stats().Clamped != 1 {
		t.Error("values are clamped, visibly")
	}
}

func TestDamagedSnapshotsAreRefused(t *testing.T) {
	p := Plan{Series: []Series{{Name: "s", Measures: []Measure{{Kind: Sum, Span: time.Hour}, {Kind: Age, Span: time.Hour}}}}}
	e, _ := New(p, 1)
	for i := range 50 {
		e.Clock(int64(i) * minute)
		e.Record(0, KeyOf(fmt.Sprint(i%5)), int64(i)*minute, int64(i), nil)
	}
	good := e.Snapshot()
	for i := range good {
		bad := slices.Clone(good)
		bad[i] ^= 1
		if _, err := Restore(p, 1, bad); err == nil {
			t.Fatalf("byte %d was changed and nobody saw it", i)
		}
		if _, err := Restore(p, 1, good[:i]); err == nil {
			t.Fatalf("cut after %d and nobody saw it", i)
		}
	}
	other := Plan{Series: []Series{{Name: "s", Measures: []Measure{{Kind: Sum, Span: 2 * time.Hour}, {Kind: Age, Span: time.Hour}}}}}
	if _, err := Restore(other, 1, good); !errors.Is(err, ErrOtherPlan) {
		t.Errorf("want ErrOtherPlan, got %v", err)
	}
}

func TestPlansAreChecked(t *testing.T) {
	for want, m := range map[string]Measure{
		"outside of 1 minute": {Kind: Count, Span: time.Second},
		"400 days":            {Kind: Count, Span: 401 * 24 * time.Hour},
		"base":                {Kind: RatioSum, Span: time.Hour, Base: time.Hour},
		"belongs to ratios":   {Kind: Sum, Span: time.Hour, Base: 2 * time.Hour},
		"quantile":            {Kind: Quantile, Span: time.Hour, Q: math.NaN()},
		"steps":               {Kind: Set, Span: time.Hour, Steps: 17},
		"gap":                 {Kind: Set, Span: time.Hour, Steps: 3, Gap: time.Minute},
		"remembered":          {Kind: Age, Span: time.Minute},
	} {
		p := Plan{Lateness: 5 * time.Minute, Series: []Series{{Name: "s", Measures: []Measure{m}}}}
		if _, err := New(p, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: want an error with %q, got %v", m, want, err)
		}
	}
	for k := Count; k <= Set; k++ {
		if back, ok := KindOf(k.String()); !ok || back != k {
			t.Errorf("%s has no way back", k)
		}
	}
	if KeyOf("ab", "c") == KeyOf("a", "bc") {
		t.Error("pairs must not run into each other")
	}
}
