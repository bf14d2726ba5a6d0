// Package window counts over the recent past: exact sliding windows over event
// time, for any key. A window of an hour holds what happened in the hour before
// the event that is looked at, to the microsecond, and not what fell into a
// bucket of the clock; so the same events give the same numbers however they
// are batched, on however many shards, and after a restart in the middle.
//
// All arithmetic is in whole numbers, so that a sum taken forwards, backwards
// or from a snapshot is the same bit for bit; means, deviations and ratios are
// divided once at the end.
//
// It is not for deciding (account/policy does) and knows no event, no clock and
// no file. Keys and texts come in as hashes.
//
//	e, err := window.New(window.Plan{Lateness: time.Minute, Series: []window.Series{{Name: "gifts by account",
//	  Measures: []window.Measure{{Kind: window.Count, Span: time.Hour}}}}}, 1)
//	if e.Clock(t) { readings = e.Record(0, window.KeyOf("a1"), t, 5000, nil) }
package window

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Kind is what a measure says of the entries in its window.
type Kind int8

// The kinds.
const (
	// Count is how many entries there are.
	Count Kind = iota
	// Sum, Min, Max, Mean of their values; Mean, Min and Max are missing without entries.
	Sum
	Min
	Max
	Mean
	// StdDev is the standard deviation of the population.
	StdDev
	// Distinct is how many different values there are.
	Distinct
	// Quantile is the nearest-rank quantile Measure.Q: the ⌈q·n⌉-th smallest value.
	Quantile
	// Last is the value of the latest entry.
	Last
	// Age is the time since the key was first seen, in microseconds. The key is
	// forgotten after Span without an entry.
	Age
	// Since is the time since the latest entry before this one, in microseconds.
	Since
	// RatioCount, RatioSum: the rate in Span over the rate in the part of Base
	// before it. RatioMean: the mean in Span over the mean before. Missing where
	// there is no history or it is zero.
	RatioCount
	RatioSum
	RatioMean
	// Sequence is how many of Measure.Steps steps were completed in this order
	// within Span, with anything between; Gap bounds the time between two steps.
	// An entry's value is the set of steps that it is, one bit each.
	Sequence
	// Set is how many of the steps happened within Span, in any order.
	Set
)

var kindNames = [...]string{"count", "sum", "min", "max", "mean", "stddev", "distinct", "quantile", "last", "age", "since", "ratio_count", "ratio_sum", "ratio_mean", "sequence", "set"}

// String is the name of the kind in policy files.
func (k Kind) String() string { return kindNames[k] }

// KindOf returns the kind of a name; ok is false if there is none.
func KindOf(name string) (k Kind, ok bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i), true
		}
	}
	return 0, false
}

// Fractional tells that readings of the kind are numbers with a fraction, in Reading.Float.
func (k Kind) Fractional() bool {
	return k == Mean || k == StdDev || k == RatioCount || k == RatioSum || k == RatioMean
}

// Optional tells that a reading of the kind may be missing.
func (k Kind) Optional() bool {
	return k != Count && k != Sum && k != Distinct && k != Sequence && k != Set
}

// arithmetic tells that the kind calculates with values; others only compare them.
func (k Kind) arithmetic() bool {
	return k == Sum || k == Min || k == Max || k == Mean || k == StdDev || k == Quantile || k == RatioSum || k == RatioMean
}

// Bounds of a plan. Values of arithmetic measures are clamped to ±MaxValue and
// counted in Stats.
const (
	MinSpan     = time.Minute
	MaxSpan     = 400 * 24 * time.Hour
	MaxValue    = 1 << 40
	MaxEntries  = 1 << 20 // of one key in one series
	MaxSteps    = 16
	MaxMeasures = 64 // of one series
	MaxSeries   = 256
	MaxKeys     = 1 << 26 // of one series in memory
)

// Measure is one number over one series.
type Measure struct {
	Kind Kind
	// Span is the length of the window: an entry at time s counts at time t when t-Span < s ≤ t.
	Span time.Duration
	// Base is the history that a ratio compares with, counted back from t like Span.
	Base time.Duration
	// Prior leaves out the entry that is being recorded.
	Prior bool
	// Q is the quantile, 0 to 1.
	Q float64
	// Steps is how many steps a Sequence or Set has; Gap is optional.
	Steps int
	Gap   time.Duration
}

// Series is what is kept for each key: the times and values of its entries, as
// long as a measure needs them.
type Series struct {
	Name     string
	Measures []Measure
	// MaxEntries bounds the entries of one key (default 4096); the oldest are
	// dropped and readings over them are marked Capped.
	MaxEntries int
	// MaxKeys bounds the keys in memory (default 1,048,576), of which each takes
	// about 150 bytes and 16 for each entry after its first. The one that was not
	// recorded for the longest goes to the store (Engine.Spill); without one it is
	// forgotten and counted in Stats.
	MaxKeys int
}

// Plan is what an engine keeps.
type Plan struct {
	// Lateness is how much older than the newest event one may be to be counted.
	Lateness time.Duration
	Series   []Series
}

// Reading is what a measure says at one moment.
type Reading struct {
	// Int is the value; of fractional kinds, Float is.
	Int   int64
	Float float64
	// OK is false where there is nothing to say (the mean of nothing).
	OK bool
	// Capped tells that older entries were dropped, so that more may be true.
	Capped bool
}

// Key is the hash by which a series is kept; see KeyOf.
type Key [16]byte

// KeyOf hashes the parts of a key; a pair is two parts. Different parts give
// different keys (SHA-256, 128 bits of it).
func KeyOf(parts ...string) Key {
	var buf [192]byte
	b := buf[:0]
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return Key(sum[:16])
}

// ValueOf hashes a text to the value of a Distinct or Last measure, so that
// different texts are different values (64 bits).
func ValueOf(text string) int64 {
	k := KeyOf(text)
	return int64(binary.LittleEndian.Uint64(k[:8]))
}

// Check tells whether the plan is within the bounds; the error names the place.
func (p *Plan) Check() error {
	if p.Lateness < 0 || p.Lateness > 7*24*time.Hour {
		return fmt.Errorf("lateness %s is outside of 0 to 7 days", p.Lateness)
	}
	if len(p.Series) > MaxSeries {
		return fmt.Errorf("%d series are more than %d", len(p.Series), MaxSeries)
	}
	for i := range p.Series {
		s := &p.Series[i]
		if len(s.Measures) == 0 || len(s.Measures) > MaxMeasures {
			return fmt.Errorf("series %q has %d measures: 1 to %d", s.Name, len(s.Measures), MaxMeasures)
		}
		if s.MaxEntries < 0 || s.MaxEntries > MaxEntries || s.MaxKeys < 0 || s.MaxKeys > MaxKeys {
			return fmt.Errorf("series %q: at most %d entries a key and %d keys, and not less than none", s.Name, MaxEntries, MaxKeys)
		}
		for j := range s.Measures {
			if err := s.Measures[j].check(p.Lateness); err != nil {
				return fmt.Errorf("series %q, measure %d (%s): %w", s.Name, j, s.Measures[j].Kind, err)
			}
		}
	}
	return nil
}

func (m *Measure) check(late time.Duration) error {
	ratio := m.Kind == RatioCount || m.Kind == RatioSum || m.Kind == RatioMean
	steps := m.Kind == Sequence || m.Kind == Set
	switch {
	case m.Kind < 0 || m.Kind > Set:
		return fmt.Errorf("is no kind")
	case m.Span < MinSpan || m.Span > MaxSpan:
		return fmt.Errorf("span %s is outside of 1 minute to 400 days", m.Span)
	case ratio && (m.Base <= m.Span || m.Base > MaxSpan):
		return fmt.Errorf("base %s must be longer than the span, at most 400 days", m.Base)
	case !ratio && m.Base != 0:
		return fmt.Errorf("a base belongs to ratios")
	case m.Kind == Quantile && !(m.Q >= 0 && m.Q <= 1):
		return fmt.Errorf("quantile %v is outside of 0 to 1", m.Q)
	case steps && (m.Steps < 2 || m.Steps > MaxSteps):
		return fmt.Errorf("%d steps are outside of 2 to %d", m.Steps, MaxSteps)
	case m.Gap < 0 || m.Gap > 0 && m.Kind != Sequence:
		return fmt.Errorf("a gap belongs to sequences")
	case m.Kind == Age && late > m.Span:
		return fmt.Errorf("an age must be remembered for longer than the lateness")
	}
	return nil
}

// reach is how far back the measure looks, in microseconds.
func (m *Measure) reach() int64 {
	switch m.Kind {
	case Age:
		return 0
	case RatioCount, RatioSum, RatioMean:
		return m.Base.Microseconds()
	}
	return m.Span.Microseconds()
}

// thin tells that only the latest entry matters.
func (m *Measure) thin() bool { return m.Kind == Last || m.Kind == Since || m.Kind == Age }

// total is a count, a sum and an exact sum of squares.
type total struct {
	n, sum int64
	hi, lo uint64 // sum of squares
}

func reading(k Kind, a, b total, m *Measure) Reading {
	switch k {
	case Count:
		return Reading{Int: a.n, OK: true}
	case Sum:
		return Reading{Int: a.sum, OK: true}
	case Mean:
		if a.n == 0 {
			return Reading{}
		}
		return Reading{Float: float64(a.sum) / float64(a.n), OK: true}
	case StdDev:
		return a.deviation()
	}
	var x, y float64
	scale := 1.0
	switch k {
	case RatioCount, RatioSum:
		x, y = float64(a.n), float64(b.n)
		if k == RatioSum {
			x, y = float64(a.sum), float64(b.sum)
		}
		scale = float64((m.Base - m.Span).Microseconds()) / float64(m.Span.Microseconds())
	case RatioMean:
		if a.n == 0 || b.n == 0 {
			return Reading{}
		}
		x, y = float64(a.sum)/float64(a.n), float64(b.sum)/float64(b.n)
	}
	if y == 0 || b.n == 0 {
		return Reading{}
	}
	return Reading{Float: x / y * scale, OK: true}
}

// rank is the place of a quantile among n sorted values, from 0.
func rank(q float64, n int) int {
	r := int(math.Ceil(q*float64(n))) - 1
	return min(max(r, 0), n-1)
}
