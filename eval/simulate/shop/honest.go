package shop

import (
	"time"

	"bonafide/account/event"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// habits of honest accounts that look like parts of a takeover.
type habits struct {
	gifts, firm, seasonal, surprise, newPhone, travels, family, fan bool
}

// life writes what an honest account does.
func (m *maker) life(c *customer) {
	h := habits{gifts: m.yes(.15), firm: m.yes(.01), seasonal: m.yes(.03), surprise: m.yes(.005), newPhone: m.yes(.12), travels: m.yes(.1), family: m.yes(.05), fan: m.yes(.01)}
	if c.opened.After(begin) {
		m.emit(c.opened, event.AccountCreated, c, c.devices[0])
	}
	pace := m.between(day, 12*day)
	end := begin.Add(m.days())
	for t := c.opened.Add(m.between(0, pace)); t.Before(end); t = t.Add(m.between(pace/4, 2*pace)) {
		m.visit(t, c, h, m.yes(.5))
	}
	if h.newPhone {
		m.newPhone(c.opened.Add(m.between(2*day, m.days())), c, h)
	}
	if h.firm {
		m.firm(c)
	}
	if h.seasonal {
		m.presents(c.opened.Add(m.between(day, m.days())), c, m.device(c))
	}
	if h.surprise {
		m.surprise(c.opened.Add(m.between(2*day, m.days())), c)
	}
	if h.travels {
		m.journey(c.opened.Add(m.between(2*day, m.days())), c)
	}
	if h.family {
		m.relative(c.opened.Add(m.between(2*day, m.days())), c)
	}
	if m.yes(.02) {
		m.changes(c.opened.Add(m.between(2*day, m.days())), c)
	}
	if m.yes(.01) {
		e := m.emit(c.opened.Add(m.between(2*day, m.days())), event.ContactReported, c, place{})
		e.Contact = event.Contact{Kind: "impostor", Verdict: pick(m, []string{"scam", "suspicious", "genuine"})}
	}
}

func (m *maker) device(c *customer) place { return pick(m, c.devices) }

// enter logs in as an owner does: sometimes with a mistake, and with the second
// factor where there is one and the device is new.
func (m *maker) enter(t time.Time, c *customer, p place, fresh bool) {
	if m.yes(.06) {
		for i := range 1 + m.r.IntN(2) {
			m.login(t.Add(-time.Duration(2-i)*20*time.Second), c, p, false, "none")
		}
	}
	mfa := "none"
	switch {
	case c.enrolled && fresh:
		mfa = pick(m, []string{"totp", "sms"})
	case c.enrolled:
		mfa = pick(m, []string{"remembered", "remembered", "totp"})
	}
	m.login(t, c, p, true, mfa)
}

func (m *maker) visit(t time.Time, c *customer, h habits, buys bool) {
	p := m.device(c)
	m.enter(t, c, p, false)
	if !buys {
		return
	}
	t = t.Add(m.between(time.Minute, 15*time.Minute))
	id := ""
	switch {
	case h.gifts && m.yes(.3):
		id = m.gifts(t, c, p, c.unit*pick(m, []int64{1, 3, 5, 10}), "card", m.friend(c, h))
	default:
		id = m.goods(t, c, p)
	}
	if m.yes(.02) {
		m.hide(t.Add(m.between(time.Minute, 15*time.Minute)), c, p, id)
	}
}

// friend is somebody who gets a present: often somebody new, at times one whom
// half the world sends some.
func (m *maker) friend(c *customer, h habits) string {
	if h.fan && m.yes(.5) {
		return pick(m, m.known)
	}
	switch {
	case len(c.friends) > 0 && m.yes(.4):
		return pick(m, c.friends)
	case m.yes(.7):
		return pick(m, m.town)
	}
	return m.id("friend")
}

// somebody is one of many who get a card: each another person.
func (m *maker) somebody() string {
	if m.yes(.5) {
		return pick(m, m.town)
	}
	return m.id("friend")
}

func (m *maker) newPhone(t time.Time, c *customer, h habits) {
	p := m.place(c.country)
	m.enter(t, c, p, true)
	for range m.r.IntN(3) {
		t = t.Add(m.between(3*time.Minute, 3*hour))
		if h.gifts && m.yes(.4) || m.yes(.04) {
			m.gifts(t, c, p, c.unit*pick(m, []int64{3, 5, 10}), "card", m.friend(c, h))
		} else {
			m.goods(t, c, p)
		}
	}
	if m.yes(.15) {
		m.presents(t.Add(10*time.Minute), c, p)
	}
	if m.yes(.1) {
		e := m.emit(t.Add(m.between(5*time.Minute, hour)), event.CardAdded, c, p)
		e.Card.Fingerprint = m.id("card")
	}
	if m.yes(.05) {
		e := m.emit(t.Add(m.between(5*time.Minute, hour)), event.SessionRevoked, c, p)
		e.Session = event.Session{By: "user", Reason: "old phone"}
	}
	c.devices = append(c.devices, p)
}

// firm buys for its staff: many cards in a row, once or more often, mostly from
// the same desk.
func (m *maker) firm(c *customer) {
	p := c.devices[0]
	for t := c.opened.Add(m.between(0, 20*day)); t.Before(begin.Add(m.days())); t = t.Add(m.between(20*day, 40*day)) {
		if m.yes(.15) {
			p = m.place(c.country)
		}
		m.enter(t, c, p, false)
		at := t.Add(5 * time.Minute)
		for range 8 + m.r.IntN(25) {
			m.gifts(at, c, p, 5*c.unit, "card", m.id("staff"))
			at = at.Add(m.between(40*time.Second, 4*time.Minute))
		}
	}
}

func (m *maker) presents(t time.Time, c *customer, p place) {
	m.enter(t, c, p, false)
	for range 2 + m.r.IntN(6) {
		t = t.Add(m.between(2*time.Minute, 15*time.Minute))
		id := m.gifts(t, c, p, c.unit*pick(m, []int64{3, 5, 10}), "card", m.somebody())
		if m.yes(.05) {
			m.hide(t.Add(m.between(2*time.Minute, 15*time.Minute)), c, p, id)
		}
	}
}

// surprise is a forgotten password, won back by mail on another device, and a
// present that the family is not to see.
func (m *maker) surprise(t time.Time, c *customer) {
	p := m.place(c.country)
	e := m.emit(t, event.RecoveryUsed, c, p)
	e.Recovery.Method = "email"
	ch := m.emit(t.Add(90*time.Second), event.CredentialChange, c, p)
	ch.Credential = event.Credential{Type: "password", Change: "update", MFA: "email"}
	m.login(t.Add(2*time.Minute), c, p, true, "email")
	at := t.Add(m.between(5*time.Minute, 30*time.Minute))
	id := m.gifts(at, c, p, 5*c.unit, "card", m.friend(c, habits{}))
	m.hide(at.Add(m.between(30*time.Second, 5*time.Minute)), c, p, id)
}

func (m *maker) journey(t time.Time, c *customer) {
	p := m.device(c)
	p.country = pick(m, []string{"ES", "IT", "KR", "TH", "US", "FR"})
	p.ip = m.place("").ip
	if m.yes(.15) {
		p.device = m.id("device") // a hotel's or a new one
	}
	for range 1 + m.r.IntN(4) {
		m.enter(t, c, p, true)
		if m.yes(.4) {
			m.goods(t.Add(m.between(time.Minute, 15*time.Minute)), c, p)
		}
		t = t.Add(m.between(6*hour, 2*day))
	}
}

// relative is another person of the household on the same account.
func (m *maker) relative(t time.Time, c *customer) {
	p := m.place(c.country)
	for t.Before(begin.Add(m.days())) {
		m.enter(t, c, p, false)
		at := t.Add(m.between(time.Minute, 15*time.Minute))
		id := ""
		if m.yes(.15) {
			id = m.gifts(at, c, p, 3*c.unit, "card", m.friend(c, habits{}))
		} else {
			id = m.goods(at, c, p)
		}
		if m.yes(.05) {
			m.hide(at.Add(m.between(2*time.Minute, 15*time.Minute)), c, p, id)
		}
		t = t.Add(m.between(2*day, 20*day))
	}
}

func (m *maker) changes(t time.Time, c *customer) {
	p := m.device(c)
	m.enter(t, c, p, false)
	e := m.emit(t.Add(2*time.Minute), event.CredentialChange, c, p)
	e.Credential = event.Credential{Type: pick(m, []string{"password", "phone_sms", "email"}), Change: "update", MFA: pick(m, []string{"sms", "email", "totp", "none"})}
}
