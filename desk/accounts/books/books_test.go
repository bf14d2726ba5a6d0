package books

import (
	"context"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/contact/record"
	"bonafide/ident"
)

// known is a guard with the events of one account.
type known struct {
	events []event.Event
	more   bool
}

func (known) Sealer(access.Tenant) (*event.Sealer, error) {
	return event.NewSealer([]byte("0123456789abcdef0123456789abcdef"))
}

func (k known) EventsOf(context.Context, access.Tenant, string) ([]event.Event, bool, error) {
	return k.events, k.more, nil
}

// TestWhatEventsSayOfOrders: hidden and shown again, waiting and paid, cancelled; and
// when an order can be denied. // S3.40
func TestWhatEventsSayOfOrders(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s, _ := known{}.Sealer("main")
	id := func(n string) string { return s.Seal(event.Event{Order: event.Order{ID: n}}).Order.ID }
	ev := func(days int, kind event.Type, order string) event.Event {
		e := event.Event{Type: kind, Time: now.AddDate(0, 0, -days), Order: event.Order{ID: id(order), Amount: 900, Currency: "EUR", Items: []event.Item{{Kind: "goods", Amount: 900}}}}
		if kind == event.PaymentResult {
			e.Order, e.Payment = event.Order{}, event.Payment{Order: id(order), Result: "pending"}
		}
		return e
	}
	cancelled := ev(4, event.OrderStatus, "A-1")
	cancelled.Order.Status = "Cancelled"
	list := []event.Event{ev(130, event.OrderPlaced, "A-1"), ev(100, event.OrderHidden, "A-1"), ev(50, event.OrderPlaced, "A-2"), ev(49, event.OrderHidden, "A-2"), ev(48, event.OrderShown, "A-2"),
		ev(40, event.OrderPlaced, "A-3"), ev(39, event.PaymentResult, "A-3"), cancelled, ev(1, event.OrderPlaced, "A-3"), ev(1, event.OrderHidden, "unknown")}
	ask := func(k known, named ...ident.Order) []record.Order {
		t.Helper()
		out, err := New(Config{Guard: k, Tenant: "main", Now: func() time.Time { return now }}).OrdersOf(t.Context(), record.Person{Account: "a"}, named)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := ask(known{events: list}, "a1", "A-3")
	if len(got) != 3 || got[0].ID != "" || !got[0].Hidden || got[0].Status != record.StatusCancelled || got[1].Hidden || got[1].ID != "" || got[2].ID != "A-3" || got[2].PaymentRevisionPending == nil || !*got[2].PaymentRevisionPending || got[0].PaymentRevisionPending != nil {
		t.Errorf("%+v", got)
	}
	if got := ask(known{events: list, more: true}, "B-1"); got != nil {
		t.Errorf("older ones are not known, and an order is denied: %+v", got)
	}
	if got := ask(known{events: list, more: true}, "a-2"); len(got) != 3 || got[1].ID != "a-2" {
		t.Errorf("it is among them: %+v", got)
	}
	if got := ask(known{events: list[2:]}, "B-1"); got != nil {
		t.Errorf("fifty days are known, and an order is denied: %+v", got)
	}
	young := append([]event.Event{{Type: event.AccountCreated, Time: now.AddDate(0, 0, -2)}}, list[8])
	if got := ask(known{events: young}, "B-1"); len(got) != 1 {
		t.Errorf("the account began two days ago: %+v", got)
	}
	if got := ask(known{}); got != nil {
		t.Errorf("nothing is known: %+v", got)
	}
	if got, err := New(Config{Guard: known{events: list}, Now: time.Now}).OrdersOf(t.Context(), record.Person{Account: "a"}, nil); got != nil || err != nil {
		t.Errorf("nobody's tenant: %+v, %v", got, err)
	}
}
