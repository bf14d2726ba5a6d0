// Package books gives the contact check what the account guard's own events know of
// a person's orders, so that a notice about an order can be compared with them: which
// were placed, hidden, paid. The shop has vouched for the person before.
//
// The events know numbers as keyed hashes: an order is named only where the contact
// named it. It denies nothing that the events do not cover, checks no right and keeps
// nothing. It is not for comparing (contact/record).
//
//	desk.AlsoOrders(books.New(books.Config{Guard: accounts, Tenant: "main", Now: time.Now}))
package books

import (
	"context"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/contact/record"
	"bonafide/ident"
	"bonafide/store"
)

// Guard is what books need of the account guard; *accounts.Desk is one.
type Guard interface {
	Sealer(t access.Tenant) (*event.Sealer, error)
	EventsOf(ctx context.Context, t access.Tenant, account string) (list []event.Event, more bool, err error)
}

// Config is what a book works with. Guard and Now are needed, and Tenant or Store.
type Config struct {
	Guard Guard
	// Tenant is whose events they are; empty: the only tenant of Store, nobody's where
	// there are more.
	Tenant access.Tenant
	Store  store.Store
	Now    func() time.Time
}

// Book is a book of orders. It is safe for concurrent use.
type Book struct{ cfg Config }

// New makes a book.
func New(c Config) *Book { return &Book{c} }

// covered is for how long the events of an account must be known before they can
// deny an order: twice what data/record/windows.yaml compares by amount and date.
const covered = 120 * 24 * time.Hour

// OrdersOf returns the orders of a person, with the numbers of those that are among
// the named ones. nil where the events do not go back far enough to deny an order and
// none of the named is among them.
func (b *Book) OrdersOf(ctx context.Context, p record.Person, named []ident.Order) ([]record.Order, error) {
	tenant, err := b.tenant(ctx)
	if err != nil || tenant == "" || p.Account == "" {
		return nil, err
	}
	s, err := b.cfg.Guard.Sealer(tenant)
	if err != nil {
		return nil, err
	}
	list, more, err := b.cfg.Guard.EventsOf(ctx, tenant, p.Account)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	numbers := map[string]ident.Order{}
	for _, n := range named {
		for _, spelling := range spellings(string(n)) {
			numbers[s.Seal(event.Event{Order: event.Order{ID: spelling}}).Order.ID] = n
		}
	}
	out, hit := ordersOf(list, numbers)
	whole := !more && (list[0].Type == event.AccountCreated || b.cfg.Now().Sub(list[0].Time) >= covered)
	if !whole && !hit {
		return nil, nil
	}
	return out, nil
}

// ordersOf lays events of an account, oldest first, together to its orders; hit tells
// that one of them has a number.
func ordersOf(list []event.Event, numbers map[string]ident.Order) (out []record.Order, hit bool) {
	out = []record.Order{}
	at := map[string]int{}
	for i := range list {
		e := &list[i]
		id := e.Order.ID
		if e.Type == event.PaymentResult {
			id = e.Payment.Order
		}
		n, known := at[id]
		if e.Type == event.OrderPlaced && !known {
			n, known = len(out), true
			at[id] = n
			out = append(out, placed(e, numbers[id]))
			hit = hit || numbers[id] != ""
		}
		if known {
			happened(&out[n], e)
		}
	}
	return out, hit
}

func placed(e *event.Event, number ident.Order) record.Order {
	o := record.Order{ID: number, PlacedAt: e.Time, TotalMinor: e.Order.Amount, Currency: e.Order.Currency, Household: record.Own, Digital: len(e.Order.Items) > 0}
	for _, it := range e.Order.Items {
		o.Digital = o.Digital && (it.Digital || it.Kind == "gift_card")
	}
	return o
}

// happened notes what an event says of the order.
func happened(o *record.Order, e *event.Event) {
	switch e.Type {
	case event.OrderHidden:
		o.Hidden = true
	case event.OrderShown:
		o.Hidden = false
	case event.OrderStatus:
		if s := strings.ToLower(e.Order.Status); s == "cancelled" || s == "canceled" {
			o.Status = record.StatusCancelled
		}
	case event.PaymentResult:
		pending := e.Payment.Result == "pending"
		o.PaymentRevisionPending = &pending
	}
}

// spellings are the ways in which a shop may have sent a number that a contact has
// in one of them: with and without what people write between its groups.
func spellings(number string) []string {
	number = strings.TrimSpace(number)
	bare := strings.NewReplacer("-", "", " ", "", ".", "", "#", "").Replace(number)
	dashed := strings.ReplaceAll(number, " ", "-")
	out := []string{number, bare, dashed}
	for _, s := range []string{number, bare, dashed} {
		out = append(out, strings.ToUpper(s), strings.ToLower(s))
	}
	return out
}

// tenant is whose events are looked at; empty where that is not known.
func (b *Book) tenant(ctx context.Context) (access.Tenant, error) {
	if b.cfg.Tenant != "" || b.cfg.Store == nil {
		return b.cfg.Tenant, nil
	}
	var list []store.Tenant
	err := b.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.Tenants.List(ctx)
		return err
	})
	if err != nil || len(list) != 1 {
		return "", err
	}
	return list[0].ID, nil
}
