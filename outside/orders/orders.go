// Package orders fetches a shop's own books: the orders of a person and the
// register of contacts that the shop made, from files that an operator names or
// from a lookup address that a shop offers.
//
// It is not for comparing them with a contact (contact/record does that), and
// it does not decide for whom books may be opened: whoever calls has made sure
// that the shop vouches for the person, or is an operator.
//
//	files, err := orders.OpenFiles(orders.FilesConfig{Records: records, Orders: []string{"orders.csv"}})
//	list, err := files.Orders(ctx, orders.Query{Person: person, Limit: 200})
package orders

import (
	"context"
	"errors"
	"slices"
	"time"

	"bonafide/contact/record"
)

// Source knows orders.
type Source interface {
	// Orders returns the orders that are tied to a person, latest first, each
	// with its tie. A person without orders gives an empty list that is not nil.
	Orders(ctx context.Context, q Query) ([]record.Order, error)
}

// Register knows the contacts that a shop made.
type Register interface {
	// Contacts returns the entries for a receiver and a time, and for which
	// channels and times the register is complete.
	Contacts(ctx context.Context, q ContactQuery) (record.Book, error)
}

// Query asks for orders. A zero Person is an error: books are never listed
// whole.
type Query struct {
	Person record.Person
	// Since leaves out older orders; zero takes all.
	Since time.Time
	// Limit is the number of orders; default and most 1,000.
	Limit int
}

// ContactQuery asks for contacts that were made to one person.
type ContactQuery struct {
	// To are the person's own numbers and mail addresses.
	To []string
	// From and Until bound the time of the entries; record.Records.Span gives
	// them.
	From, Until time.Time
}

// maxOrders bounds every answer.
const maxOrders = 1000

// The errors of a lookup, for errors.Is.
var (
	// ErrNobody: the query names no person or receiver.
	ErrNobody = errors.New("orders: the query names no person")
	// ErrUnavailable: the books cannot be read now; judge without them.
	ErrUnavailable = errors.New("the shop's books cannot be read now")
	// ErrRefused: the shop refused the key.
	ErrRefused = errors.New("the shop's lookup refused the key")
)

// pick ties, sorts and cuts orders for a query.
func pick(list []record.Order, q Query) []record.Order {
	limit := q.Limit
	if limit <= 0 || limit > maxOrders {
		limit = maxOrders
	}
	out := make([]record.Order, 0, min(len(list), limit))
	for _, o := range list {
		if q.Since.IsZero() || o.PlacedAt.IsZero() || !o.PlacedAt.Before(q.Since) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b record.Order) int { return b.PlacedAt.Compare(a.PlacedAt) })
	return out[:min(len(out), limit)]
}
