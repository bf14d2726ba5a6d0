package contacts

import (
	"context"
	"strings"
	"testing"

	"bonafide/fault"
)

// TestTurns: one check computes at a time where there is one turn, those that came
// first before the others; who waits for others lets the next one in, and small
// and huge ones wait for nobody.
func TestTurns(t *testing.T) {
	one, mail := make(turns, 1), &Request{Raw: make([]byte, 20<<10)}
	ctx, leave, err := one.enter(t.Context(), mail)
	if err != nil {
		t.Fatal(err)
	}
	for what, req := range map[string]*Request{"small": {Text: "hello"}, "huge": {Raw: make([]byte, turnTo+1)}} {
		_, done, err := one.enter(t.Context(), req)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		done()
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := one.enter(gone, mail); fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "busy") {
		t.Errorf("the turn was taken, and nobody waits: %v", err)
	}
	back := aside(ctx)
	_, second, err := one.enter(t.Context(), mail)
	if err != nil {
		t.Fatal(err)
	}
	returned := make(chan struct{})
	go func() {
		back()
		close(returned)
	}()
	select {
	case <-returned:
		t.Error("two have the one turn")
	default:
	}
	second()
	<-returned
	leave()
	if len(one) != 0 {
		t.Error("a turn was not given back")
	}
	aside(t.Context())() // a check without a turn
}
