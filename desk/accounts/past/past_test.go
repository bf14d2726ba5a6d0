package past_test

import (
	"fmt"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func login(id string) event.Event {
	return event.Event{ID: id, Source: "shop", Type: event.LoginTried, Time: noon, Context: event.Context{Account: "a1"}, Login: event.Login{Success: true}}
}

// TestEntry: what is written comes back, with when it came and what is kept apart.
func TestEntry(t *testing.T) {
	e := login("1")
	for _, free := range []string{"", past.Erased, "k1.sealed"} {
		x := past.Entry(&e, free, noon)
		x.Tenant = "main"
		got, err := past.Read(&eventlog.Record{Event: x, Position: 7})
		if err != nil || got.Event.ID != "1" || !got.Received.Equal(noon) || got.Sealed != free {
			t.Errorf("free %q: %+v, %v", free, got, err)
		}
		if got.Erased() != (free != "") || got.Keyed() != (free == "k1.sealed") {
			t.Errorf("free %q: erased %v, keyed %v", free, got.Erased(), got.Keyed())
		}
	}
}

// TestSince: the first place whose record came at a time or later, among those of
// others and such as cannot be read.
func TestSince(t *testing.T) {
	log := memory.New(memory.Options{Partitions: 1})
	for i := range 20 {
		e := login(fmt.Sprint(i))
		x := past.Entry(&e, "", noon.Add(time.Duration(i/2)*time.Minute))
		if x.Tenant = "main"; i%3 == 0 {
			x.Tenant = "other"
		}
		if _, err := log.Append(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	for minutes, want := range map[int]eventlog.Position{-1: 1, 0: 1, 1: 3, 4: 9, 9: 19, 10: 21} {
		at, err := past.Since(t.Context(), past.Strand(log, "main"), 20, noon.Add(time.Duration(minutes)*time.Minute))
		if err != nil || at != want {
			t.Errorf("after %d minutes: place %d, %v: want %d", minutes, at, err, want)
		}
	}
	if _, err := log.Append(t.Context(), eventlog.Event{Tenant: "main", ID: "bad", Key: past.Key, Data: []byte("no event")}); err != nil {
		t.Fatal(err)
	}
	if at, err := past.Since(t.Context(), past.Strand(log, "main"), 21, noon.Add(time.Hour)); err != nil || at != 21 {
		t.Errorf("what cannot be read is met at its place: %d, %v", at, err)
	}
}

// FuzzRead: no record makes the reader panic, and what it reads is read the same when
// it is written again.
func FuzzRead(f *testing.F) {
	e := login("1")
	f.Add(past.Entry(&e, "free", noon).Data)
	f.Add([]byte{1, 0, 2, '{', '}', '{', '}'})
	f.Add([]byte{2, 0x80, 0x80})
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, err := past.Read(&eventlog.Record{Event: eventlog.Event{Data: raw}, Position: 1})
		if err != nil || raw[0] == 1 {
			return
		}
		again, err := past.Read(&eventlog.Record{Event: past.Entry(&x.Event, x.Sealed, x.Received), Position: 1})
		if err != nil || again.Sealed != x.Sealed || !again.Received.Equal(x.Received) || again.Event.Key() != x.Event.Key() {
			t.Errorf("%+v comes back as %+v, %v", x, again, err)
		}
	})
}
