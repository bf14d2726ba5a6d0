// Package logtest is the one conformance suite of the contract in package
// eventlog, run over every implementation. A promise of the contract is tested
// here and not beside one of them.
//
// Only tests import it.
//
//	func TestConformance(t *testing.T) { logtest.Run(t, open) }
package logtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/eventlog"
	"bonafide/fault"
)

// Open makes an empty log of four partitions that is closed with the test.
type Open func(t testing.TB) eventlog.Log

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, f := range map[string]func(*testing.T, Open){
		"bounds": bounds, "repeated": repeated, "concurrent": concurrent, "closed": closed, "properties": properties, "context": ended,
	} {
		t.Run(name, func(t *testing.T) { f(t, open) })
	}
}

// Event is an event for tests: number n of account key.
func Event(key string, n int) eventlog.Event {
	return eventlog.Event{Tenant: "main", ID: fmt.Sprintf("%s/%d", key, n), Key: key, Data: fmt.Appendf(nil, "data %d of %s", n, key)}
}

// All reads a whole partition in pages.
func All(t testing.TB, l eventlog.Log, partition int) []eventlog.Record {
	t.Helper()
	var out []eventlog.Record
	for {
		page, err := l.Read(context.Background(), partition, eventlog.Position(len(out)+1), 100) //nolint:gosec // a length
		if err != nil {
			t.Fatalf("read partition %d from %d: %v", partition, len(out)+1, err)
		}
		if len(page) == 0 {
			break
		}
		out = append(out, page...)
	}
	for i, r := range out {
		if r.Position != eventlog.Position(i+1) || r.Partition != partition { //nolint:gosec // an index
			t.Fatalf("record %d of partition %d says it is %d of %d", i+1, partition, r.Position, r.Partition)
		}
	}
	last, err := l.Last(context.Background(), partition)
	if err != nil || last != eventlog.Position(len(out)) { //nolint:gosec // a length
		t.Fatalf("last of partition %d is %d, %v: %d records were read", partition, last, err, len(out))
	}
	return out
}

func bounds(t *testing.T, open Open) {
	l, ctx := open(t), context.Background()
	long := strings.Repeat("x", eventlog.MaxText+1)
	for name, e := range map[string]eventlog.Event{
		"no tenant": {ID: "1", Key: "a"}, "no id": {Tenant: "main", Key: "a"}, "no key": {Tenant: "main", ID: "1"},
		"long id": {Tenant: "main", ID: long, Key: "a"}, "long key": {Tenant: "main", ID: "1", Key: long},
		"much data": {Tenant: "main", ID: "1", Key: "a", Data: make([]byte, eventlog.MaxData+1)},
	} {
		_, err := l.Append(ctx, Event("good", 1), e)
		if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%s: %v: want it refused, without the value", name, err)
		}
	}
	if _, err := l.Append(ctx, make([]eventlog.Event, eventlog.MaxAppend+1)...); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("too many at a time: %v", err)
	}
	for p := range l.Partitions() {
		if n := len(All(t, l, p)); n != 0 {
			t.Errorf("%d records are there though every append was refused", n)
		}
	}
	for _, p := range []int{-1, l.Partitions()} {
		if _, err := l.Read(ctx, p, 1, 1); fault.KindOf(err) != fault.Invalid {
			t.Errorf("read of partition %d: %v", p, err)
		}
		if _, err := l.Last(ctx, p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("last of partition %d: %v", p, err)
		}
	}
	if _, err := l.Read(ctx, 0, 1, 0); fault.KindOf(err) != fault.Invalid {
		t.Errorf("read of nothing: %v", err)
	}
	big := eventlog.Event{Tenant: "main", ID: "big", Key: "a", Data: bytes.Repeat([]byte{7}, eventlog.MaxData)}
	r, err := l.Append(ctx, big)
	if err != nil {
		t.Fatal(err)
	}
	if got := All(t, l, r[0].Partition); len(got) != 1 || !bytes.Equal(got[0].Data, big.Data) {
		t.Error("the largest event is not read as it was written")
	}
}

func repeated(t *testing.T, open Open) {
	l, ctx := open(t), context.Background()
	first, err := l.Append(ctx, Event("a", 1), Event("a", 2), Event("a", 1))
	if err != nil {
		t.Fatal(err)
	}
	if first[0].Repeated || first[1].Repeated || !first[2].Repeated || first[2].Position != first[0].Position {
		t.Errorf("twice in one append: %+v", first)
	}
	again, err := l.Append(ctx, Event("a", 2), Event("a", 3))
	if err != nil || !again[0].Repeated || again[0].Position != first[1].Position || again[1].Repeated || again[1].Position != 3 {
		t.Errorf("once more: %+v, %v", again, err)
	}
	other := Event("a", 1)
	other.Tenant = "other"
	if r, err := l.Append(ctx, other); err != nil || r[0].Repeated {
		t.Errorf("the same id of another tenant: %+v, %v: want it written", r, err)
	}
	if r, err := l.Append(ctx); err != nil || len(r) != 0 {
		t.Errorf("append of nothing: %v, %v", r, err)
	}
}

func concurrent(t *testing.T, open Open) {
	l := open(t)
	const writers, each = 16, 60
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			key := fmt.Sprint("k", w/2) // two writers send the same events
			for i := range each {
				if _, err := l.Append(context.Background(), Event(key, i)); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	next, n := map[string]int{}, 0
	for p := range l.Partitions() {
		for _, r := range All(t, l, p) {
			if want := Event(r.Key, next[r.Key]); r.ID != want.ID || !bytes.Equal(r.Data, want.Data) {
				t.Fatalf("of %s came %s: want %s", r.Key, r.ID, want.ID)
			}
			next[r.Key]++
			n++
		}
	}
	if n != writers/2*each {
		t.Errorf("%d events: want %d, each once", n, writers/2*each)
	}
}

func closed(t *testing.T, open Open) {
	l := open(t)
	if err := l.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, appended := l.Append(t.Context(), Event("a", 1))
	_, read := l.Read(t.Context(), 0, 1, 1)
	_, last := l.Last(t.Context(), 0)
	for what, err := range map[string]error{"append": appended, "read": read, "last": last, "ping": l.Ping(t.Context())} {
		if !errors.Is(err, eventlog.ErrClosed) {
			t.Errorf("%s on a closed log: %v", what, err)
		}
	}
}

func ended(t *testing.T, open Open) {
	l := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Append(ctx, Event("a", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	if _, err := l.Read(ctx, 0, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
}

// properties: whatever is appended in whatever parts, and from wherever it is
// read, the log agrees with a plain list.
func properties(t *testing.T, open Open) {
	l, round := open(t), 0
	lists := make([][]eventlog.Event, l.Partitions())
	seen := map[string]eventlog.Position{}
	rapid.Check(t, func(t *rapid.T) {
		round++
		events := make([]eventlog.Event, rapid.IntRange(0, 300).Draw(t, "events"))
		for i := range events {
			events[i] = Event(fmt.Sprint("k", rapid.IntRange(0, 9).Draw(t, "key")), rapid.IntRange(0, 200).Draw(t, "n"))
			events[i].Tenant = access.Tenant([]string{"main", "other"}[rapid.IntRange(0, 1).Draw(t, "tenant")])
		}
		receipts, err := l.Append(context.Background(), events...)
		if err != nil || len(receipts) != len(events) {
			t.Fatalf("append of %d: %d receipts, %v", len(events), len(receipts), err)
		}
		for i, e := range events {
			p, id := eventlog.Partition(e.Tenant, e.Key, l.Partitions()), string(e.Tenant)+"\x00"+e.ID
			before := seen[id]
			if before == 0 {
				lists[p] = append(lists[p], e)
				seen[id] = eventlog.Position(len(lists[p])) //nolint:gosec // a length
			}
			if r := receipts[i]; r.Partition != p || r.Position != seen[id] || r.Repeated != (before > 0) {
				t.Fatalf("receipt %d is %+v: want %d of %d, repeated %v", i, r, seen[id], p, before > 0)
			}
		}
		p := rapid.IntRange(0, l.Partitions()-1).Draw(t, "partition")
		from, limit := rapid.IntRange(0, len(lists[p])+2).Draw(t, "from"), rapid.IntRange(1, 400).Draw(t, "limit")
		got, err := l.Read(context.Background(), p, eventlog.Position(from), limit) //nolint:gosec // positive
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		start := min(max(from, 1)-1, len(lists[p]))
		want := lists[p][start:min(start+limit, len(lists[p]))]
		if len(got) != len(want) {
			t.Fatalf("%d records of partition %d from %d, at most %d: want %d", len(got), p, from, limit, len(want))
		}
		for i, r := range got {
			if r.ID != want[i].ID || r.Tenant != want[i].Tenant || r.Position != eventlog.Position(start+i+1) { //nolint:gosec // an index
				t.Fatalf("record %d is %s at %d: want %s", i, r.ID, r.Position, want[i].ID)
			}
		}
	})
}
