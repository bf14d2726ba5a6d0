package accounts

import (
	"context"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts/hypothesis"
	"bonafide/desk/accounts/past"
	"bonafide/fault"
	"bonafide/store"
)

// EventView is one event of an account, as its page shows it. Identifiers are keyed
// hashes, unless they stay clear here; Fields holds what else the event says, and
// fields beyond the vocabulary, where they are kept, as the shop sent them.
type EventView struct {
	Time time.Time  `json:"time"`
	Type event.Type `json:"type"`
	// EventID and Source are as the shop sent them.
	EventID string            `json:"event_id"`
	Source  string            `json:"source"`
	Device  string            `json:"device,omitempty"`
	Session string            `json:"session,omitempty"`
	Order   string            `json:"order,omitempty"`
	Hidden  bool              `json:"hidden,omitempty" doc:"An order that is hidden from the owner now."`
	Fields  map[string]string `json:"fields" doc:"What the event says, by the paths of the vocabulary."`
	// Erased: it said more, in words that people wrote, and that was erased.
	Erased bool `json:"erased,omitempty" doc:"It said more, which was erased at the person's request."`
	// Decision names the decision, where it did not allow.
	Decision store.DecisionID `json:"decision,omitempty"`
	Action   string           `json:"action,omitempty"`
}

// Purchase is one order of an account with what became of it.
type Purchase struct {
	Order    string    `json:"order"`
	Placed   time.Time `json:"placed_at"`
	Amount   int64     `json:"amount" doc:"In minor units."`
	Currency string    `json:"currency"`
	// GiftCards is how many gift cards it holds, Digital that all of it is digital.
	GiftCards int64  `json:"gift_cards"`
	Digital   bool   `json:"digital"`
	Hidden    bool   `json:"hidden" doc:"It is hidden from the owner's list of orders now."`
	WasHidden bool   `json:"was_hidden" doc:"It was hidden at some time."`
	Status    string `json:"status,omitempty"`
	Payment   string `json:"payment,omitempty" doc:"What became of the payment."`
	Action    string `json:"action,omitempty" doc:"The strictest decision about it, where it was not allowed."`
}

// Timeline is the page of one account.
type Timeline struct {
	Account string `json:"account" doc:"The account, as a keyed hash."`
	// Moments are its newest events, newest first.
	Moments []EventView `json:"events"`
	// Orders are those among them, hidden ones included, newest first.
	Orders    []Purchase     `json:"orders"`
	Decisions []DecisionView `json:"decisions"`
	// Sessions, Devices and Contacts are by what its newest events tell, the newest first.
	Sessions []SessionView     `json:"sessions"`
	Devices  []DeviceView      `json:"devices"`
	Contacts []ReportedContact `json:"contacts" doc:"Contacts that were reported about the account, by whom, and whether they were taken back."`
	// Hypotheses are what is suspected, and not known, of orders like those of the account.
	Hypotheses []hypothesis.Hypothesis `json:"hypotheses" doc:"What is suspected of orders like these; none of it decides anything."`
	// More tells that older events are in the log and not shown.
	More bool `json:"more" doc:"Older events are in the log and not shown."`
	// Erased is when the account was erased: what came before is not shown.
	Erased *time.Time `json:"erased_at,omitempty" doc:"When the account was erased; nothing from before is shown."`
}

// Account returns what happened to an account, named as the shop names it or by
// its hash, and what was decided. NotFound when nothing is known of it.
func (d *Desk) Account(ctx context.Context, a access.Actor, account, lang string) (Timeline, error) {
	if err := d.reads(a); err != nil {
		return Timeline{}, err
	}
	l, name, places, more, err := d.placesOf(ctx, a, account)
	if err != nil {
		return Timeline{}, err
	}
	out := Timeline{Account: name, Moments: []EventView{}, Orders: []Purchase{}, More: more}
	found, err := l.logged(ctx, places)
	if err != nil {
		return Timeline{}, err
	}
	d.settle(ctx, a.Tenant)
	f := store.AnyDecision()
	f.Account = out.Account
	var rows []store.Decision
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if rows, _, err = r.Decisions.List(ctx, a.Tenant, f, 0, 200); err != nil {
			return err
		}
		found, out.Erased, err = d.openFree(ctx, r, a.Tenant, out.Account, found)
		return err
	}); err != nil {
		return Timeline{}, err
	}
	if len(found)+len(rows) == 0 && out.Erased == nil {
		return Timeline{}, fault.New(fault.NotFound, "", "nothing is known of this account here: check its name, as the shop sends it")
	}
	out.fill(found, rows)
	out.Hypotheses = d.hypotheses.About(eventsOf(found), lang)
	out.Decisions, err = d.views(ctx, rows, lang)
	return out, err
}

// fill lays events, orders and decisions together.
func (t *Timeline) fill(events []past.Logged, rows []store.Decision) {
	type key struct{ source, id string }
	actions := map[string]string{} // by order
	decided := map[key]store.Decision{}
	rank := []string{"", "challenge", "hold", "block"}
	for _, r := range rows {
		if e, err := event.Parse([]byte(r.Event), event.Options{Stored: true}); err == nil {
			decided[key{e.Source, e.ID}] = r
		}
		if r.Purchase != "" && slices.Index(rank, r.Action) > slices.Index(rank, actions[r.Purchase]) {
			actions[r.Purchase] = r.Action
		}
	}
	orders := map[string]*Purchase{}
	var placed []*Purchase
	for i := range events {
		e := &events[i].Event
		if e.Type == event.OrderPlaced && orders[e.Order.ID] == nil {
			p := &Purchase{Order: e.Order.ID, Placed: e.Time, Amount: e.Order.Amount, Currency: e.Order.Currency, GiftCards: e.Order.GiftCount(),
				Digital: len(e.Order.Items) > 0, Action: actions[e.Order.ID]}
			for _, it := range e.Order.Items {
				p.Digital = p.Digital && it.Digital
			}
			orders[e.Order.ID], placed = p, append(placed, p)
		}
		if p := orders[order(e)]; p != nil {
			p.happened(e)
		}
		m := EventView{Time: e.Time, Type: e.Type, EventID: e.ID, Source: e.Source, Device: e.Context.Device, Session: e.Context.Session, Order: order(e), Fields: past.FieldsOf(e), Erased: events[i].Sealed != ""}
		for path, text := range events[i].Open {
			m.Fields[path] = text
		}
		if r, ok := decided[key{e.Source, e.ID}]; ok {
			m.Decision, m.Action = r.ID, r.Action
		}
		t.Moments = append(t.Moments, m)
	}
	for i := range t.Moments {
		p := orders[t.Moments[i].Order]
		t.Moments[i].Hidden = p != nil && p.Hidden
	}
	slices.Reverse(t.Moments)
	t.gather(eventsOf(events), func(e *event.Event) bool { _, ok := decided[key{e.Source, e.ID}]; return ok })
	for _, p := range slices.Backward(placed) {
		t.Orders = append(t.Orders, *p)
	}
}

// happened notes what an event did to the order.
func (p *Purchase) happened(e *event.Event) {
	switch e.Type {
	case event.OrderHidden:
		p.Hidden, p.WasHidden = true, true
	case event.OrderShown:
		p.Hidden = false
	case event.OrderStatus:
		p.Status = e.Order.Status
	case event.PaymentResult:
		p.Payment = e.Payment.Result
	case event.Refunded, event.ChargedBack:
		p.Payment = string(e.Type)
	}
}
