package accounts

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// SessionView is one session of an account, by what its newest events tell.
type SessionView struct {
	Session string `json:"session" doc:"The session, as a keyed hash."`
	// Devices are those that its events came from.
	Devices []string  `json:"devices"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Events  int       `json:"events"`
	Country string    `json:"country,omitempty" doc:"Country of the network at the newest event that tells it."`
	// Proved is how its log-in was proved, as the shop told it; empty where no log-in
	// of it is among the events.
	Proved  string `json:"proved,omitempty" doc:"How the log-in was proved: the second factor, as the shop told it."`
	Revoked bool   `json:"revoked,omitempty"`
}

// DeviceView is one device of an account, by what its newest events tell.
type DeviceView struct {
	Device   string    `json:"device" doc:"The device, as a keyed hash."`
	First    time.Time `json:"first" doc:"First seen among the events shown."`
	Last     time.Time `json:"last"`
	Events   int       `json:"events"`
	Sessions int       `json:"sessions"`
	// Stopped counts decisions other than allow about events from it.
	Stopped int `json:"stopped"`
}

// ReportedContact is a contact that was reported about the account.
type ReportedContact struct {
	Time    time.Time `json:"time"`
	Report  string    `json:"report,omitempty" doc:"Id of the report, as the shop sent it."`
	Channel string    `json:"channel,omitempty"`
	Verdict string    `json:"verdict,omitempty"`
	By      string    `json:"by,omitempty" enum:"owner,staff,stranger," doc:"Who reported it; absent: the shop itself."`
	// Withdrawn is when it was taken back: it counts no more.
	Withdrawn *time.Time `json:"withdrawn_at,omitempty" doc:"When it was taken back, erased or found to be spam: it counts no more."`
	// Leak is set where whoever called knew what was ordered.
	Leak *LeakSign `json:"leak,omitempty" doc:"They knew what was ordered: who had the order may have leaked it. It lowers no risk."`
}

// LeakSign is a hypothesis: one of those who had an order let its details out. What
// is not known of the order is empty.
type LeakSign struct {
	Order    string `json:"order,omitempty" doc:"The order, where the owner named it."`
	Seller   string `json:"seller,omitempty"`
	Delivery string `json:"delivery,omitempty" doc:"How the order went to the customer."`
	Channel  string `json:"channel,omitempty" doc:"Where the order was placed."`
}

// leakOf is the sign of a leak that a reported contact gives; nil where it gives none.
func leakOf(contact *event.Event, events []event.Event) *LeakSign {
	if !contact.Contact.Knew {
		return nil
	}
	out := &LeakSign{Order: contact.Contact.Order}
	for i := range events {
		if o := &events[i].Order; events[i].Type == event.OrderPlaced && out.Order != "" && o.ID == out.Order {
			out.Seller, out.Delivery, out.Channel = o.Seller, o.Delivery, o.Channel
		}
	}
	return out
}

// gather tells sessions, devices and reported contacts of events, newest first.
func (t *Timeline) gather(events []event.Event, stopped func(*event.Event) bool) {
	t.Sessions, t.Devices, t.Contacts = []SessionView{}, []DeviceView{}, []ReportedContact{}
	sessions, devices := map[string]int{}, map[string]int{}
	of := map[string]map[string]bool{} // sessions of devices
	for i := range events {
		e := &events[i]
		c := &e.Context
		if c.Session != "" {
			n, ok := sessions[c.Session]
			if !ok {
				n = len(t.Sessions)
				sessions[c.Session] = n
				t.Sessions = append(t.Sessions, SessionView{Session: c.Session, Devices: []string{}, First: e.Time})
			}
			t.Sessions[n].saw(e)
		}
		if c.Device != "" {
			n, ok := devices[c.Device]
			if !ok {
				n = len(t.Devices)
				devices[c.Device], of[c.Device] = n, map[string]bool{}
				t.Devices = append(t.Devices, DeviceView{Device: c.Device, First: e.Time})
			}
			d := &t.Devices[n]
			d.Last = e.Time
			if d.Events++; stopped(e) {
				d.Stopped++
			}
			if c.Session != "" {
				of[c.Device][c.Session] = true
			}
			d.Sessions = len(of[c.Device])
		}
		if e.Type == event.ContactReported {
			t.Contacts = append(t.Contacts, ReportedContact{Time: e.Time, Report: e.Contact.ID, Channel: e.Contact.Channel, Verdict: e.Contact.Verdict, By: e.Contact.By, Leak: leakOf(e, events)})
		}
		if e.Type == event.ContactWithdrawn {
			for j := range t.Contacts {
				if c := &t.Contacts[j]; c.Report == e.Contact.ID && c.Withdrawn == nil {
					c.Withdrawn = &e.Time
				}
			}
		}
	}
	slices.SortStableFunc(t.Sessions, func(a, b SessionView) int { return b.Last.Compare(a.Last) })
	slices.SortStableFunc(t.Devices, func(a, b DeviceView) int { return b.Last.Compare(a.Last) })
	slices.Reverse(t.Contacts)
}

// saw notes an event of the session; events come oldest first.
func (s *SessionView) saw(e *event.Event) {
	s.Last = e.Time
	s.Events++
	if d := e.Context.Device; d != "" && !slices.Contains(s.Devices, d) {
		s.Devices = append(s.Devices, d)
	}
	if e.Context.Country != "" {
		s.Country = e.Context.Country
	}
	switch {
	case e.Type == event.LoginTried && e.Login.Success && e.Login.MFA != "":
		s.Proved = e.Login.MFA
	case e.Type == event.SessionRevoked:
		s.Revoked = true
	}
}

// LinkedAccount is another account that shares something with one.
type LinkedAccount struct {
	Account string `json:"account" doc:"The account, as a keyed hash."`
	// Shares are kinds of what it shares: device, recipient, card, address, payee.
	Shares []string `json:"shares"`
	// Events of it have something of it; Last is the newest.
	Events int       `json:"events"`
	Last   time.Time `json:"last"`
	// Action is the newest decision about it that was not allow, if one is kept.
	Action string `json:"action,omitempty"`
}

// Links are the accounts that share something with one, as far as the log was
// looked through.
type Links struct {
	Account string          `json:"account"`
	Linked  []LinkedAccount `json:"linked" doc:"Those that share most, first. A shared device or recipient proves nothing by itself: families and firms share them."`
	// Looked events of the newest were looked through, back to Since; Whole tells
	// that these are all.
	Looked int       `json:"looked" doc:"So many of the newest events were looked through."`
	Since  time.Time `json:"since,omitzero" doc:"When the oldest of them was received."`
	Whole  bool      `json:"whole" doc:"These are all events there are."`
	// More tells that there are more linked accounts than are listed.
	More bool `json:"more,omitempty"`
}

// Bounds of a look for linked accounts.
const (
	linkEvents = 50_000          // of the log
	linkFor    = 2 * time.Second // that it may take
	linkValues = 64              // of the account that others may share
	linkMost   = 50              // accounts listed
	linkChunk  = eventlog.MaxAppend
)

// Linked looks through the newest events of the log for accounts that share a
// device, recipient, card, address or payee with an account, named as the shop
// names it or by its hash. It tells how far it looked. NotFound when the log has
// nothing of the account.
func (d *Desk) Linked(ctx context.Context, a access.Actor, account string) (Links, error) {
	if err := d.reads(a); err != nil {
		return Links{}, err
	}
	l, name, places, _, err := d.placesOf(ctx, a, account)
	if err != nil {
		return Links{}, err
	}
	found, err := l.logged(ctx, places)
	if err != nil {
		return Links{}, err
	}
	if found, err = d.unerased(ctx, a.Tenant, name, found); err != nil {
		return Links{}, err
	}
	own := eventsOf(found)
	if len(own) == 0 {
		return Links{}, fault.New(fault.NotFound, "", "nothing is known of this account here: check its name, as the shop sends it")
	}
	out := Links{Account: name, Linked: []LinkedAccount{}}
	values := sharable(own)
	by := map[string]*LinkedAccount{}
	if len(values) > 0 {
		if err := l.look(ctx, &out, func(e *event.Event) { note(by, name, values, e) }, values); err != nil {
			return Links{}, err
		}
	}
	if err := d.dropErased(ctx, a.Tenant, by); err != nil {
		return Links{}, err
	}
	for _, x := range by {
		slices.Sort(x.Shares)
		out.Linked = append(out.Linked, *x)
	}
	slices.SortFunc(out.Linked, func(x, y LinkedAccount) int {
		return cmp.Or(len(y.Shares)-len(x.Shares), y.Events-x.Events, y.Last.Compare(x.Last), cmp.Compare(x.Account, y.Account))
	})
	if out.More = len(out.Linked) > linkMost; out.More {
		out.Linked = out.Linked[:linkMost]
	}
	return out, d.actionsOf(ctx, a.Tenant, out.Linked)
}

// actionsOf adds the newest kept decision of each account.
func (d *Desk) actionsOf(ctx context.Context, t access.Tenant, list []LinkedAccount) error {
	return d.cfg.Store.Read(ctx, func(r store.Records) error {
		for i := range list {
			f := store.AnyDecision()
			f.Account = list[i].Account
			rows, _, err := r.Decisions.List(ctx, t, f, 0, 1)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				list[i].Action = rows[0].Action
			}
		}
		return nil
	})
}

// shared is something that accounts can share.
type shared struct{ kind, value string }

// sharesOf is what an event tells that others may have, too.
func sharesOf(e *event.Event) []shared {
	out := []shared{{"device", e.Context.Device}, {"card", e.Order.Card}, {"card", e.Payment.Card}, {"card", e.Card.Fingerprint}, {"address", e.Order.Address},
		{"address", e.Address.ID}, {"payee", e.Payee.ID}, {"recipient", e.Gift.Recipient}}
	for _, r := range e.Order.GiftRecipients() {
		out = append(out, shared{"recipient", r})
	}
	return slices.DeleteFunc(out, func(s shared) bool { return s.value == "" })
}

// sharable are the newest things of an account that others may have.
func sharable(own []event.Event) map[shared]bool {
	out := map[shared]bool{}
	for i := range slices.Backward(own) {
		for _, s := range sharesOf(&own[i]) {
			if len(out) < linkValues {
				out[s] = true
			}
		}
	}
	return out
}

func note(by map[string]*LinkedAccount, own string, values map[shared]bool, e *event.Event) {
	who := e.Context.Account
	if who == "" || who == own {
		return
	}
	hit := false
	for _, s := range sharesOf(e) {
		if !values[s] {
			continue
		}
		x := by[who]
		if x == nil {
			x = &LinkedAccount{Account: who, Last: e.Time}
			by[who] = x
		}
		if !slices.Contains(x.Shares, s.kind) {
			x.Shares = append(x.Shares, s.kind)
		}
		if e.Time.After(x.Last) {
			x.Last = e.Time
		}
		hit = true
	}
	if hit {
		by[who].Events++
	}
}

// look reads the newest events of the log, the newest part first, and gives those
// that hold one of the values to a function. It ends when its time is over.
func (l *lane) look(ctx context.Context, out *Links, take func(*event.Event), values map[shared]bool) error {
	end, err := l.in.Last(ctx)
	if err != nil {
		return err
	}
	var marks [][]byte
	for s := range values {
		marks = append(marks, []byte(s.value))
	}
	short, cancel := context.WithTimeout(ctx, linkFor)
	defer cancel()
	for end > 0 && out.Looked < linkEvents && short.Err() == nil {
		n := min(uint64(end), linkChunk)
		from := end - eventlog.Position(n) + 1
		for r, err := range l.in.Walk(ctx, from, end) {
			if err != nil {
				return err
			}
			if out.Looked++; r.Position == from || out.Since.IsZero() {
				if received, _, _, err := past.Split(r.Data); err == nil {
					out.Since = received
				}
			}
			if !slices.ContainsFunc(marks, func(m []byte) bool { return bytes.Contains(r.Data, m) }) {
				continue
			}
			e, _, err := past.EventOf(r)
			if err != nil {
				return err
			}
			take(&e)
		}
		end = from - 1
	}
	out.Whole = end == 0
	return nil
}

// placesOf finds where in the log the newest events of an account stand, named as
// the shop names it or by its hash; name is the hash.
func (d *Desk) placesOf(ctx context.Context, a access.Actor, account string) (l *lane, name string, places []eventlog.Position, more bool, err error) {
	if account == "" {
		return nil, "", nil, false, fault.New(fault.Invalid, "account", "is empty: name one account")
	}
	if err := store.CheckText("account", account, 512); err != nil {
		return nil, "", nil, false, err
	}
	if l, err = d.shown(ctx, a.Tenant); err != nil {
		return nil, "", nil, false, err
	}
	name = account
	if places, more = l.trail.Of(account); len(places) > 0 {
		return l, name, places, more, nil
	}
	// Links of pages name accounts by hashes, of which the trail may have let go.
	if name, err = d.nameOf(ctx, a.Tenant, account); err != nil {
		return nil, "", nil, false, err
	}
	places, more = l.trail.Of(name)
	return l, name, places, more, nil
}

// nameOf is the hash of an account, which is named as the shop names it, or by the
// hash already.
func (d *Desk) nameOf(ctx context.Context, t access.Tenant, account string) (string, error) {
	if known, err := d.knows(ctx, t, account); err != nil || known {
		return account, err
	}
	return d.accountOf(t, account)
}

// knows tells whether decisions of an account are kept, or it was erased.
func (d *Desk) knows(ctx context.Context, t access.Tenant, name string) (known bool, err error) {
	f := store.AnyDecision()
	f.Account = name
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		rows, _, err := r.Decisions.List(ctx, t, f, 0, 1)
		if err != nil || len(rows) > 0 {
			known = len(rows) > 0
			return err
		}
		at, err := past.ErasedAt(ctx, r, past.Subject{Tenant: t, Name: name})
		known = !at.IsZero()
		return err
	})
	return known, err
}

// read reads events at places of the log, which grow, oldest first.
func (l *lane) read(ctx context.Context, places []eventlog.Position) ([]event.Event, error) {
	list, err := l.logged(ctx, places)
	return eventsOf(list), err
}

func eventsOf(list []past.Logged) []event.Event {
	out := make([]event.Event, 0, len(list))
	for i := range list {
		out = append(out, list[i].Event)
	}
	return out
}

// logged reads the same with when they came and what is kept apart of them.
func (l *lane) logged(ctx context.Context, places []eventlog.Position) ([]past.Logged, error) {
	out := make([]past.Logged, 0, len(places))
	for r, err := range l.in.At(ctx, places) {
		var x past.Logged
		if err == nil {
			x, err = past.Read(r)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b past.Logged) int { return a.Event.Time.Compare(b.Event.Time) })
	return out, nil
}
