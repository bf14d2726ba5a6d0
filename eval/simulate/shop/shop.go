// Package shop simulates a shop's stream of account events: customers with
// habits, families, firms that buy vouchers, presents, new phones, journeys and
// forgotten passwords, and among them takeovers of many kinds. It is ours: no
// event of a real person stands in it.
//
// It is deterministic: the same options give the same stream. It is there to
// see whether a policy holds beyond the few examples that it was thought of
// with; it proves nothing about the real world.
//
//	stream := shop.Make(shop.Options{Seed: 1, Accounts: 2000})
package shop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"bonafide/account/event"
)

// Options are the size and the seed of a shop.
type Options struct {
	Seed uint64
	// Accounts is how many customers there are (default 2,000), Days how long
	// they are watched (default 60), Takeovers how many there are (default one
	// for a hundred accounts).
	Accounts, Days, Takeovers int
}

// Truth is one takeover.
type Truth struct {
	Kind       string
	Start, End time.Time
	Orders     []string
}

// Stream is what a shop saw, in the order of time, and what was true.
type Stream struct {
	Events []event.Event
	Truth  map[string]Truth
}

// begin is when every simulated shop opens.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// maker makes one stream.
type maker struct {
	o     Options
	r     *rand.Rand
	out   Stream
	ids   int
	mules []string
	known []string // recipients whom many honest people know
	town  []string // those whom several know by chance
}

// customer is one account.
type customer struct {
	id, country, currency, address string
	devices                        []place
	enrolled                       bool
	friends                        []string
	unit                           int64 // a small gift card in minor units
	opened                         time.Time
}

// place is a device with its network.
type place struct {
	device, ip, country string
}

// Make makes the stream.
func Make(o Options) Stream {
	o.Accounts, o.Days = orElse(o.Accounts, 2000), orElse(o.Days, 60)
	o.Takeovers = orElse(o.Takeovers, max(o.Accounts/100, 1))
	m := &maker{o: o, r: rand.New(rand.NewPCG(o.Seed, 0x5eed)), out: Stream{Truth: map[string]Truth{}}}
	for range max(3, o.Accounts/500) {
		m.mules = append(m.mules, m.id("mule"))
	}
	for range 6 {
		m.known = append(m.known, m.id("streamer"))
	}
	for range 2500 {
		m.town = append(m.town, m.id("friend"))
	}
	all := make([]*customer, o.Accounts)
	for i := range all {
		all[i] = m.customer()
		m.life(all[i])
	}
	kinds := Kinds()
	for i, at := range m.r.Perm(len(all))[:min(o.Takeovers, len(all))] {
		m.takeover(all[at], kinds[i%len(kinds)])
	}
	slices.SortStableFunc(m.out.Events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	return m.out
}

func orElse(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

func (m *maker) id(kind string) string {
	m.ids++
	return fmt.Sprintf("%s-%d-%04x", kind, m.ids, m.r.IntN(1<<16))
}

func (m *maker) yes(p float64) bool { return m.r.Float64() < p }

func (m *maker) between(a, b time.Duration) time.Duration {
	return a + time.Duration(m.r.Int64N(int64(b-a)+1))
}

func pick[T any](m *maker, from []T) T { return from[m.r.IntN(len(from))] }

func (m *maker) customer() *customer {
	where := pick(m, []struct {
		country, currency string
		unit              int64
	}{{"JP", "JPY", 1000}, {"JP", "JPY", 1000}, {"DE", "EUR", 1000}, {"FR", "EUR", 1000}, {"GB", "GBP", 1000}, {"US", "USD", 1000}})
	c := &customer{id: m.id("account"), country: where.country, currency: where.currency, unit: where.unit, address: m.id("home"), enrolled: m.yes(.3)}
	c.opened = begin.Add(-time.Hour)
	if m.yes(.1) {
		c.opened = begin.Add(m.between(0, m.days()/2))
	}
	for range 1 + m.r.IntN(2) {
		c.devices = append(c.devices, m.place(c.country))
	}
	for range m.r.IntN(4) {
		c.friends = append(c.friends, m.id("friend"))
	}
	return c
}

func (m *maker) days() time.Duration { return time.Duration(m.o.Days) * 24 * time.Hour }

func (m *maker) place(country string) place {
	return place{device: m.id("device"), ip: fmt.Sprintf("10.%d.%d.%d", m.r.IntN(256), m.r.IntN(256), m.r.IntN(256)), country: country}
}

func (m *maker) emit(t time.Time, kind event.Type, c *customer, p place) *event.Event {
	m.ids++
	m.out.Events = append(m.out.Events, event.Event{ID: fmt.Sprint("e", m.ids), Source: "simulated", Type: kind, Time: t.Truncate(time.Second), Subject: c.id,
		Context: event.Context{Account: c.id, Device: p.device, IP: p.ip, Country: p.country}})
	return &m.out.Events[len(m.out.Events)-1]
}

func (m *maker) login(t time.Time, c *customer, p place, ok bool, mfa string) {
	e := m.emit(t, event.LoginTried, c, p)
	e.Login = event.Login{Success: ok, MFA: mfa, Enrolled: c.enrolled}
	if !ok {
		e.Login.Reason = "wrong_password"
	}
}

func (m *maker) goods(t time.Time, c *customer, p place) string {
	e := m.emit(t, event.OrderPlaced, c, p)
	n := c.unit/2 + m.r.Int64N(12*c.unit)
	e.Order = event.Order{ID: m.id("order"), Amount: n, Currency: c.currency, Payment: "card", Address: c.address, Items: []event.Item{{Kind: "goods", Amount: n}}}
	return e.Order.ID
}

// gifts places one order of gift cards, one for each recipient.
func (m *maker) gifts(t time.Time, c *customer, p place, amount int64, payment string, to ...string) string {
	e := m.emit(t, event.OrderPlaced, c, p)
	e.Order = event.Order{ID: m.id("order"), Amount: amount * int64(len(to)), Currency: c.currency, Payment: payment, Address: c.address}
	for _, r := range to {
		e.Order.Items = append(e.Order.Items, event.Item{Kind: event.GiftKind, Amount: amount, Digital: true, Recipient: r})
	}
	return e.Order.ID
}

func (m *maker) hide(t time.Time, c *customer, p place, order string) {
	e := m.emit(t, event.OrderHidden, c, p)
	e.Order.ID = order
}
