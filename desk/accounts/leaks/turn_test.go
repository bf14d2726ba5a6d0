package leaks

import (
	"bytes"
	"context"
	"testing"
	"time"

	"bonafide/data"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
)

// noStore is a store that nothing asks.
type noStore struct{ store.Store }

// TestTurns: a shop has one look at a time, others wait for theirs as long as their
// request lasts, and whoever gave up can come again.
func TestTurns(t *testing.T) {
	d, err := New(Config{Store: noStore{}, Log: memory.New(memory.Options{}), Data: data.FS, Key: bytes.Repeat([]byte("k"), 32), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	done, err := d.begin(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.begin(t.Context(), "main"); fault.KindOf(err) != fault.Temporary {
		t.Errorf("a second look of the shop: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if _, err := d.begin(over, "other"); fault.KindOf(err) != fault.Temporary {
			t.Errorf("another shop whose time is over: %v", err)
		}
	}
	turn := make(chan error)
	go func() {
		end, err := d.begin(t.Context(), "other")
		if err == nil {
			end()
		}
		turn <- err
	}()
	select {
	case err := <-turn:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	done()
	if err := <-turn; err != nil {
		t.Errorf("its turn: %v", err)
	}
	if done, err = d.begin(t.Context(), "main"); err != nil {
		t.Errorf("once more: %v", err)
	} else {
		done()
	}
}
