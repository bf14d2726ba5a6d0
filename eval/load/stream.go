package load

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"bonafide/account/event"
)

// begin is when the stream begins.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// stream draws events of a shop without end: the same seed, the same events.
// It is cheap, so that what is measured is not its work.
type stream struct {
	r        *rand.Rand
	accounts []string
	devices  []string
	ips      []string
	cards    []string
	step     time.Duration
	now      time.Time
	n        int
}

// newStream draws events of so many accounts, which come so fast that events of
// them fall into days.
func newStream(seed uint64, accounts, events int, days int) *stream {
	s := &stream{r: rand.New(rand.NewPCG(seed, 0x10ad)), now: begin}
	s.step = max(time.Duration(days)*24*time.Hour/time.Duration(max(events, 1)), 2*time.Microsecond)
	for i := range accounts {
		s.accounts = append(s.accounts, fmt.Sprintf("account-%06d", i))
		s.cards = append(s.cards, fmt.Sprintf("card-%06d-%08x", i, s.r.Uint32()))
		for range 2 {
			s.devices = append(s.devices, fmt.Sprintf("device-%016x", s.r.Uint64()))
		}
		s.ips = append(s.ips, fmt.Sprintf("198.%d.%d.%d", s.r.IntN(256), s.r.IntN(256), s.r.IntN(256)))
	}
	return s
}

// next draws one event.
func (s *stream) next(e *event.Event) {
	s.n++
	s.now = s.now.Add(time.Duration(s.r.Int64N(int64(2*s.step))) / time.Microsecond * time.Microsecond)
	i := s.r.IntN(len(s.accounts))
	busy := s.r.IntN(20) == 0
	if busy { // one event of twenty is of few accounts, which are what rules look for
		i = s.r.IntN(len(s.accounts)/200 + 1)
	}
	device := s.devices[2*i]
	if s.r.IntN(5) == 0 {
		device = s.devices[2*i+1]
	}
	*e = event.Event{ID: strconv.Itoa(s.n), Source: "load", Time: s.now, Subject: s.accounts[i],
		Context: event.Context{Account: s.accounts[i], Device: device, IP: s.ips[i], Country: "JP"}}
	if busy && i%2 == 0 {
		e.Context.Device, e.Context.IP = s.devices[0], s.ips[0]
	}
	switch k := s.r.IntN(100); {
	case k < 50:
		e.Type = event.LoginTried
		e.Login = event.Login{Success: s.r.IntN(20) > 0, MFA: "remembered", Enrolled: i%3 == 0}
	case k < 85:
		e.Type = event.OrderPlaced
		e.Order = event.Order{ID: "o" + e.ID, Amount: int64(500 + s.r.IntN(20000)), Currency: "JPY", Payment: "card", Card: s.cards[i], Channel: "shop"}
		if busy {
			e.Order.Card = s.cards[i/4]
		}
		if s.r.IntN(8) == 0 {
			e.Order.Items = []event.Item{{Kind: event.GiftKind, Amount: 3000, Quantity: 1, Digital: true, Recipient: s.accounts[s.r.IntN(len(s.accounts))]}}
		}
	case k < 90:
		e.Type = event.CredentialChange
		e.Credential = event.Credential{Type: "password", Change: "update", MFA: []string{"totp", "totp", "none"}[s.r.IntN(3)], By: "user"}
	case k < 95:
		e.Type = event.OrderHidden
		e.Order.ID = "o" + strconv.Itoa(max(s.n-s.r.IntN(1000), 1))
	default:
		e.Type = event.SessionRevoked
		e.Session.By = "user"
	}
}

// part draws the next n events into buf.
func (s *stream) part(buf []event.Event, n int) []event.Event {
	buf = buf[:0]
	for range n {
		var e event.Event
		s.next(&e)
		buf = append(buf, e)
	}
	return buf
}
