package jetstream

import (
	"context"
	"strings"
	"testing"
)

// TestAcks: a frame that would not be the next is refused with the store's reason and
// not written, and one that the caller gives up on is no acknowledgement.
func TestAcks(t *testing.T) {
	l, err := Open(t.Context(), Options{Dir: t.TempDir(), Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	a := l.parts[0].acks
	if err := a.publish(t.Context(), []byte("first"), 0); err != nil {
		t.Errorf("the first frame: %v", err)
	}
	for _, last := range []uint64{0, 2} {
		if err := a.publish(t.Context(), []byte("wrong"), last); err == nil || !strings.Contains(err.Error(), "wrong last sequence: 1") {
			t.Errorf("a frame after %d: %v: want it refused", last, err)
		}
	}
	if err := a.publish(t.Context(), []byte("second"), 1); err != nil {
		t.Errorf("the second frame: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.publish(gone, []byte("third"), 2); err == nil {
		t.Error("a frame was taken for acknowledged though nobody waited for it")
	}
}
