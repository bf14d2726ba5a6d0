package shop

import (
	"slices"
	"time"

	"bonafide/account/event"
)

// Kinds lists the kinds of takeover.
func Kinds() []string {
	return []string{
		"chain",      // failures, factor got around, number changed, cards, hidden
		"session",    // stolen session, no log-in
		"slow",       // a card every hour or two
		"quiet",      // two cards, nothing hidden
		"proxy",      // through a network of the victim's own country, nothing else odd at log-in
		"relay",      // the victim typed the code into a false page: the factor was passed
		"swap",       // number taken over, recovery, codes pass
		"patient",    // logs in and waits for days
		"balance",    // the gift balance goes first
		"eviction",   // the owner is logged out, mails bury the notices
		"big-order",  // one order with many cards
		"one-mule",   // many cards to one mailbox that nobody used before
		"fresh-mule", // a new mailbox for each card, new country
		"test-order", // a few yen first
		"other-euro", // another currency, address and card added
		"cold",       // an account of which nothing was seen before
		"own-device", // a program on the owner's own computer
	}
}

// plan is how one kind goes.
type plan struct {
	cards                int
	step                 [2]time.Duration
	hides                float64
	mule                 float64 // share of cards to the shared mules
	abroad               float64
	failures             int
	mfa                  string
	unit                 []int64
	payment              string
	change, evict, flood bool
	noLogin              bool
	wait                 time.Duration
}

func (m *maker) plan(kind string) plan {
	p := plan{cards: 3 + m.r.IntN(9), step: [2]time.Duration{30 * time.Second, 8 * time.Minute}, hides: .6, mule: .6, abroad: .7, mfa: "none", unit: []int64{3, 4, 5}, payment: "card"}
	switch kind {
	case "chain":
		p.failures, p.mfa, p.change = m.r.IntN(6), "bypassed", true
	case "session":
		p.noLogin = true
	case "slow":
		p.step = [2]time.Duration{30 * time.Minute, 3 * hour}
	case "quiet":
		p.cards, p.hides = 2, 0
	case "proxy":
		p.abroad = 0
	case "relay":
		p.mfa = "sms"
	case "swap":
		p.mfa, p.change = "sms", true
	case "patient":
		p.wait = m.between(2*day, 5*day)
	case "balance":
		p.payment = "gift_balance"
	case "eviction":
		p.evict, p.flood = true, true
	case "one-mule":
		p.mule, p.cards = 0, 6+m.r.IntN(6)
	case "fresh-mule":
		p.mule, p.abroad = 0, 1
	case "test-order":
		p.cards = 5
	case "own-device":
		p.noLogin, p.hides = true, .9
	}
	return p
}

func (m *maker) takeover(c *customer, kind string) {
	p := m.plan(kind)
	t := c.opened.Add(m.between(5*day, m.days()-7*day))
	if kind == "cold" {
		m.forget(c, t)
	}
	from := m.place(c.country)
	if m.yes(p.abroad) {
		from.country = pick(m, []string{"RO", "VN", "NG", "BR", "NL", "US"})
	}
	if kind == "own-device" {
		from = c.devices[0]
	}
	truth := Truth{Kind: kind, Start: t}
	for i := range p.failures {
		m.login(t.Add(-time.Duration(p.failures-i)*20*time.Second), c, from, false, "none")
	}
	if kind == "swap" {
		e := m.emit(t.Add(-time.Minute), event.RecoveryUsed, c, from)
		e.Recovery.Method = "sms"
	}
	if !p.noLogin {
		m.login(t, c, from, true, p.mfa)
	}
	t = t.Add(m.between(time.Minute, 8*time.Minute))
	m.settle(t, c, from, kind, &p)
	t = t.Add(p.wait).Add(m.between(time.Minute, 5*time.Minute))
	truth.Orders, truth.End = m.cashOut(t, c, from, kind, &p)
	e := m.emit(truth.End.Add(m.between(3*hour, 30*hour)), event.ResetForced, c, place{})
	e.Credential.By = "system"
	m.out.Truth[c.id] = truth
}

// settle is what is done to the account before it is emptied.
func (m *maker) settle(t time.Time, c *customer, from place, kind string, p *plan) {
	if p.change {
		e := m.emit(t, event.CredentialChange, c, from)
		e.Credential = event.Credential{Type: "phone_sms", Change: "update", MFA: p.mfa}
		if kind == "chain" {
			e.Credential.MFA = "none"
		}
	}
	if p.evict {
		for i := range 2 + m.r.IntN(2) {
			e := m.emit(t.Add(time.Duration(10+i*10)*time.Second), event.SessionRevoked, c, from)
			e.Session.By = "user"
		}
	}
	if p.flood {
		e := m.emit(t.Add(2*time.Minute), event.ContactReported, c, place{})
		e.Contact = event.Contact{Kind: "mail_flood", Verdict: "suspicious"}
	}
	if kind == "other-euro" {
		a := m.emit(t, event.AddressAdded, c, from)
		a.Address.ID = m.id("home")
		k := m.emit(t.Add(time.Minute), event.CardAdded, c, from)
		k.Card.Fingerprint = m.id("card")
	}
}

func (m *maker) cashOut(t time.Time, c *customer, from place, kind string, p *plan) ([]string, time.Time) {
	mule := m.id("mailbox")
	to := func() string {
		switch {
		case kind == "one-mule":
			return mule
		case m.yes(p.mule):
			return pick(m, m.mules)
		}
		return m.id("mailbox")
	}
	var orders []string
	if kind == "big-order" {
		var all []string
		for range p.cards {
			all = append(all, to())
		}
		orders = append(orders, m.gifts(t, c, from, pick(m, p.unit)*c.unit, p.payment, all...))
		m.hide(t.Add(30*time.Second), c, from, orders[0])
		return orders, t.Add(time.Minute)
	}
	for i := range p.cards {
		amount := pick(m, p.unit) * c.unit
		if kind == "test-order" && i == 0 {
			amount = c.unit / 90
		}
		id := m.gifts(t, c, from, amount, p.payment, to())
		orders = append(orders, id)
		if m.yes(p.hides) {
			m.hide(t.Add(m.between(10*time.Second, 90*time.Second)), c, from, id)
		}
		t = t.Add(m.between(p.step[0], p.step[1]))
	}
	return orders, t
}

// forget takes away what was seen of an account before t.
func (m *maker) forget(c *customer, t time.Time) {
	m.out.Events = slices.DeleteFunc(m.out.Events, func(e event.Event) bool { return e.Context.Account == c.id && e.Time.Before(t) })
}
