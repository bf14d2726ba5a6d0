package eventlog_test

import (
	"bytes"
	"fmt"
	"testing"

	"bonafide/eventlog"
)

func FuzzFrame(f *testing.F) {
	e := []eventlog.Event{{Tenant: "main", ID: "1", Key: "a", Data: []byte("x")}, {Tenant: "other", ID: "2", Key: "b"}}
	f.Add(eventlog.AppendFrame(nil, 3, 7, e))
	f.Add([]byte("BFL1"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, err := eventlog.ParseFrame(raw)
		if err != nil {
			return
		}
		events := make([]eventlog.Event, len(records))
		for i := range records {
			events[i] = records[i].Event
		}
		again, err := eventlog.ParseFrame(eventlog.AppendFrame(nil, records[0].Partition, records[0].Position, events))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(records) {
			t.Errorf("a frame does not come back: %v", err)
		}
	})
}

// TestFrameBroken: no frame with one bit changed, and none cut off, is read.
func TestFrameBroken(t *testing.T) {
	good := eventlog.AppendFrame(nil, 3, 7, []eventlog.Event{{Tenant: "main", ID: "1", Key: "a", Data: []byte("data")}})
	if r, err := eventlog.ParseFrame(good); err != nil || r[0].Position != 7 || r[0].Partition != 3 || string(r[0].Data) != "data" {
		t.Fatalf("a good frame: %+v, %v", r, err)
	}
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if _, err := eventlog.ParseFrame(bad); err == nil {
				t.Errorf("bit %d of byte %d was changed and not noticed", bit, i)
			}
		}
		if _, err := eventlog.ParseFrame(good[:i]); err == nil {
			t.Errorf("a frame of %d of its %d bytes was read", i, len(good))
		}
	}
}

func TestRecentForgets(t *testing.T) {
	r := eventlog.NewRecent(3)
	event := func(i int) *eventlog.Event { return &eventlog.Event{Tenant: "main", ID: fmt.Sprint(i)} }
	for i := 1; i <= 5; i++ {
		r.Add(event(i), eventlog.Position(i)) //nolint:gosec // small
	}
	for i, want := range []eventlog.Position{0, 0, 3, 4, 5} {
		if got := r.Find(event(i + 1)); got != want {
			t.Errorf("event %d is at %d: want %d", i+1, got, want)
		}
	}
}
