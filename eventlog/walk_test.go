package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
	"bonafide/fault"
)

// TestWalk: a walk gives all of a strand between two places and nothing else, in
// order; At gives what stands at places.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		log := memory.New(memory.Options{Partitions: 2})
		n := rapid.IntRange(0, 60).Draw(rt, "events")
		if rapid.IntRange(0, 20).Draw(rt, "long") == 0 {
			n = 2*eventlog.MaxAppend + 3
		}
		var list []eventlog.Event
		for i := range n {
			tenant := rapid.SampledFrom([]access.Tenant{"main", "other"}).Draw(rt, "tenant")
			key := rapid.SampledFrom([]string{"events", "else"}).Draw(rt, "key")
			list = append(list, eventlog.Event{Tenant: tenant, Key: key, ID: fmt.Sprint(i), Data: []byte{byte(i)}})
		}
		for c := range slices.Chunk(list, eventlog.MaxAppend) {
			if _, err := log.Append(ctx, c...); err != nil {
				rt.Fatal(err)
			}
		}
		part := eventlog.Strand{Log: log, Tenant: "main", Key: "events"}
		last, err := part.Last(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		var own []eventlog.Position
		want := map[eventlog.Position]string{}
		for at := eventlog.Position(1); at <= last; at++ {
			r, err := log.Read(ctx, part.Partition(), at, 1)
			if err != nil || len(r) != 1 {
				rt.Fatal(err)
			}
			if part.Has(&r[0]) {
				own = append(own, at)
				want[at] = r[0].ID
			}
		}
		from := eventlog.Position(rapid.IntRange(0, int(last)+2).Draw(rt, "from"))
		to := eventlog.Position(rapid.IntRange(0, int(last)).Draw(rt, "to"))
		if rapid.Bool().Draw(rt, "to the end") {
			to = eventlog.End
		}
		var got, expected []eventlog.Position
		for r, err := range part.Walk(ctx, from, to) {
			if err != nil || r.ID != want[r.Position] {
				rt.Fatalf("place %v: %v", r, err)
			}
			got = append(got, r.Position)
		}
		var places []eventlog.Position
		for _, at := range own {
			if at >= from && at <= to {
				expected = append(expected, at)
			}
		}
		if !slices.Equal(got, expected) {
			rt.Fatalf("from %d to %d: %v, want %v", from, to, got, expected)
		}
		for at := eventlog.Position(1); at <= last; at++ {
			if rapid.IntRange(0, 1+int(last)/8).Draw(rt, "take") == 0 {
				places = append(places, at)
			}
		}
		got, expected = nil, nil
		for r, err := range part.At(ctx, places) {
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, r.Position)
		}
		for _, at := range places {
			if _, is := want[at]; is {
				expected = append(expected, at)
			}
		}
		if !slices.Equal(got, expected) {
			rt.Fatalf("at %v: %v, want %v", places, got, expected)
		}
	})
}

// silent is a log of which the second read fails.
type silent struct {
	eventlog.Log
	reads int
}

var errDisk = errors.New("the disk does not answer")

func (s *silent) Read(ctx context.Context, partition int, from eventlog.Position, limit int) ([]eventlog.Record, error) {
	if s.reads++; s.reads > 1 {
		return nil, errDisk
	}
	return s.Log.Read(ctx, partition, from, 1)
}

// TestWalkEnds: a log that is shorter than it should be, or fails, ends a walk with
// an error and not as if it were whole.
func TestWalkEnds(t *testing.T) {
	log := memory.New(memory.Options{})
	for i := range 2 {
		if _, err := log.Append(t.Context(), eventlog.Event{Tenant: "main", Key: "events", ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		log  eventlog.Log
		to   eventlog.Position
		want func(error) bool
	}{
		"shorter": {log, 5, func(err error) bool { return fault.KindOf(err) == fault.Temporary }},
		"broken":  {&silent{Log: log}, 2, func(err error) bool { return errors.Is(err, errDisk) }},
	} {
		var last error
		n := 0
		for r, err := range (eventlog.Strand{Log: c.log, Tenant: "main", Key: "events"}).Walk(t.Context(), 1, c.to) {
			if last = err; r != nil {
				n++
			}
		}
		if last == nil || !c.want(last) || n == 0 {
			t.Errorf("%s: %d records, then %v", name, n, last)
		}
	}
}
