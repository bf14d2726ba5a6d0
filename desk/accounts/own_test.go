package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/desk/accounts"
)

// S3.40: an order that was acknowledged is known to who asks next, be the guard
// ever so far behind; else an honest notice would be told to have no order.
func TestAcknowledgedOrdersAreKnown(t *testing.T) {
	s := newShop(t)
	busy := make(chan struct{})
	s.change = func(c *accounts.Config) {
		c.Watch.Decided = func(kind event.Type, _ policy.Action) {
			if kind == event.LoginTried {
				<-busy
			}
		}
	}
	d := s.desk()
	for _, e := range []event.Event{at(0, event.LoginTried, "a", "d"), at(time.Minute, event.OrderPlaced, "a", "d")} {
		if e.Type == event.OrderPlaced {
			e.Order = event.Order{ID: "o-1", Amount: 4990, Currency: "EUR"}
		}
		if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(e)}); err != nil {
			t.Fatal(err)
		}
	}
	var list []event.Event
	failed := make(chan error, 1)
	go func() {
		var err error
		list, _, err = d.EventsOf(t.Context(), "main", "a")
		failed <- err
	}()
	select {
	case <-failed:
		t.Error("it did not wait for the guard")
	case <-time.After(50 * time.Millisecond):
	}
	close(busy)
	if t.Failed() {
		return
	}
	if err := <-failed; err != nil || len(list) != 2 || list[1].Type != event.OrderPlaced {
		t.Errorf("%+v, %v", list, err)
	}
	for i := range 20 { // the guard is quick now, but may come after who asks
		account := fmt.Sprint("new", i)
		if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(at(time.Hour, event.LoginTried, account, "d"))}); err != nil {
			t.Fatal(err)
		}
		if line, err := d.Account(t.Context(), analyst, account, "en"); err != nil || len(line.Moments) != 1 {
			t.Fatalf("the account's page: %+v, %v", line, err)
		}
	}
}
