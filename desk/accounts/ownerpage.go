package accounts

import (
	"context"
	"slices"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
)

// OwnerOrder is one order, as its owner sees it.
type OwnerOrder struct {
	Ref string `json:"ref" doc:"Names the order in answers."`
	// Number is the shop's own, where the token named it; else empty: it stands here as a keyed hash only.
	Number    string    `json:"number,omitempty" doc:"The shop's number, where the shop named it in the token."`
	Placed    time.Time `json:"placed_at"`
	Amount    int64     `json:"amount" doc:"In minor units."`
	Currency  string    `json:"currency"`
	GiftCards int64     `json:"gift_cards"`
	Digital   bool      `json:"digital"`
	Elsewhere bool      `json:"elsewhere" doc:"Placed with the pay button of another shop."`
	Hidden    bool      `json:"hidden" doc:"Hidden from the list of orders now."`
	WasHidden bool      `json:"was_hidden" doc:"Hidden at some time."`
	HiddenAt  time.Time `json:"hidden_at,omitzero"`
	Status    string    `json:"status,omitempty" doc:"In the shop's words."`
	Payment   string    `json:"payment,omitempty" doc:"accepted, declined, pending, cancelled, refund or chargeback; absent: nothing is known."`
	NewDevice bool      `json:"new_device" doc:"From a device that first appeared with this account within a day before."`
	Answer    string    `json:"answer,omitempty" doc:"yes or no, as the owner said."`
	id        string
}

// OwnerMoment is a log-in or a change, as the account's owner sees it.
type OwnerMoment struct {
	Ref  string     `json:"ref"`
	Time time.Time  `json:"time"`
	Kind string     `json:"kind" enum:"login,change,payment"`
	Type event.Type `json:"type"`
	// What tells more where the event does: password, phone_sms, email and the like.
	What      string `json:"what,omitempty"`
	Country   string `json:"country,omitempty" doc:"Country of the network, as the shop saw it."`
	NewDevice bool   `json:"new_device"`
	Answer    string `json:"answer,omitempty"`
}

// OwnerPage is all that the owner of an account is shown.
type OwnerPage struct {
	Until time.Time `json:"until" doc:"When the visit ends."`
	Brand string    `json:"brand,omitempty"`
	Lang  string    `json:"lang,omitempty"`
	Zone  string    `json:"zone,omitempty" doc:"Time zone of the owner, as the shop said."`
	// Latest is when the shop last sent anything about the account.
	Latest time.Time `json:"latest,omitzero" doc:"Time of the newest event: what came after is not known here."`
	// Orders are newest first, hidden and digital ones among them.
	Orders  []OwnerOrder  `json:"orders"`
	Moments []OwnerMoment `json:"moments" doc:"Log-ins and changes, newest first."`
	// Pending are payments that wait, by what the shop sent.
	Pending []OwnerOrder `json:"pending" doc:"Orders whose payment really waits."`
	Failed  int          `json:"failed_logins" doc:"Failed log-ins among the newest events."`
	Contact int          `json:"contacts" doc:"Contacts that were reported for this account."`
	// Second is "on", "off" or "": not known.
	Second   string `json:"second_step,omitempty" enum:"on,off," doc:"The second step at log-in; absent: not known."`
	Cards    *int   `json:"cards,omitempty" doc:"Stored cards, as the shop said; absent: not known."`
	Sessions *int   `json:"sessions,omitempty"`
	// Devices is as the shop said, else how many appear in the newest events.
	Devices int  `json:"devices"`
	Alerts  bool `json:"alerts" doc:"The owner wants to be told of orders by another way."`
	// Denied tells that the owner said no to something.
	Denied bool `json:"denied"`
	More   bool `json:"more" doc:"Older events are in the log and not shown."`
}

// Page returns what happened in the account of a visit.
func (o *Owners) Page(ctx context.Context, word string) (OwnerPage, error) {
	v, err := o.visit(ctx, word)
	if err != nil {
		return OwnerPage{}, err
	}
	l, err := o.d.shown(ctx, v.tenant)
	if err != nil {
		return OwnerPage{}, err
	}
	places, more := l.trail.Of(v.Account)
	events, err := l.readShown(ctx, v.Account, places)
	if err != nil {
		return OwnerPage{}, err
	}
	p := OwnerPage{Until: v.until, Brand: v.Brand, Lang: v.Lang, Zone: v.Zone, Cards: v.Cards, Sessions: v.Sessions, Orders: []OwnerOrder{}, Moments: []OwnerMoment{}, Pending: []OwnerOrder{}, More: more}
	p.fill(events, v)
	if v.Second != nil {
		p.Second = map[bool]string{true: "on", false: "off"}[*v.Second]
	}
	if v.Devices != nil {
		p.Devices = *v.Devices
	}
	return p, nil
}

// fill lays the events of an account together, oldest first.
func (p *OwnerPage) fill(events []event.Event, v *visitData) {
	orders := map[string]*OwnerOrder{}
	answers := map[string]string{}
	devices := map[string]time.Time{}
	var placed []*OwnerOrder
	for i := range events {
		e := &events[i]
		if e.Source != ownerSource {
			p.Latest = e.Time
		}
		first, known := devices[e.Context.Device]
		if e.Context.Device != "" && !known && (e.Type != event.LoginTried || e.Login.Success) {
			first = e.Time
			devices[e.Context.Device] = first
		}
		// The first device that is known of the account tells nothing.
		fresh := e.Context.Device != "" && len(devices) > 1 && e.Time.Sub(first) < 24*time.Hour
		if e.Type == event.OrderPlaced && orders[e.Order.ID] == nil {
			x := &OwnerOrder{Ref: idText(guard.IDOf(e)), Number: v.Orders[e.Order.ID], Placed: e.Time, Amount: e.Order.Amount, Currency: e.Order.Currency, GiftCards: e.Order.GiftCount(),
				Digital: len(e.Order.Items) > 0, Elsewhere: e.Order.Channel == "external_checkout", NewDevice: fresh, id: e.Order.ID}
			for _, it := range e.Order.Items {
				x.Digital = x.Digital && it.Digital
			}
			orders[e.Order.ID], placed = x, append(placed, x)
		}
		if x := orders[order(e)]; x != nil {
			x.happened(e)
		}
		p.happened(e, fresh, answers)
	}
	p.Devices = len(devices)
	for _, x := range slices.Backward(placed) {
		x.Answer = answers[x.Ref]
		p.Orders = append(p.Orders, *x)
		if x.Payment == "pending" {
			p.Pending = append(p.Pending, *x)
		}
	}
	slices.Reverse(p.Moments)
	for i := range p.Moments {
		p.Moments[i].Answer = answers[p.Moments[i].Ref]
	}
	for _, said := range answers {
		p.Denied = p.Denied || said == "no"
	}
}

// happened notes what an event did to the order.
func (x *OwnerOrder) happened(e *event.Event) {
	p := Purchase{Hidden: x.Hidden, WasHidden: x.WasHidden, Status: x.Status, Payment: x.Payment}
	p.happened(e)
	if p.Hidden && !x.Hidden {
		x.HiddenAt = e.Time
	}
	x.Hidden, x.WasHidden, x.Status, x.Payment = p.Hidden, p.WasHidden, p.Status, p.Payment
}

// happened notes what an event says of the account.
func (p *OwnerPage) happened(e *event.Event, fresh bool, answers map[string]string) {
	switch e.Type {
	case event.LoginTried:
		if !e.Login.Success {
			p.Failed++
			return
		}
		// That none was enrolled or asked may only mean that the shop does not say.
		if e.Login.Enrolled || !slices.Contains([]string{"", "none", "failed"}, e.Login.MFA) {
			p.Second = "on"
		}
	case event.ContactReported:
		p.Contact++
	case event.OwnerAnswered:
		if e.Answer.About == "alerts" {
			p.Alerts = e.Answer.Said == "yes"
		} else if e.Answer.Event != "" {
			answers[e.Answer.Event] = e.Answer.Said
		}
	}
	kind := ownerKind(e)
	if kind == "" || kind == "order" || kind == "payment" {
		return
	}
	p.Moments = append(p.Moments, OwnerMoment{Ref: idText(guard.IDOf(e)), Time: e.Time, Kind: kind, Type: e.Type, What: whatOf(e), Country: e.Context.Country, NewDevice: fresh})
}

// whatOf is what was changed, in the words of the vocabulary.
func whatOf(e *event.Event) string {
	switch e.Type {
	case event.CredentialChange:
		return e.Credential.Type
	case event.IdentifierChange:
		return e.Identifier.Kind
	}
	return ""
}

// OwnerQuestion is one thing to ask the owner about: an order or a moment.
type OwnerQuestion struct {
	Order  *OwnerOrder  `json:"order,omitempty"`
	Moment *OwnerMoment `json:"moment,omitempty"`
	// Part is hidden, waiting, digital, visible or login.
	Part string `json:"part" enum:"hidden,waiting,digital,visible,login"`
}

// Ref names the thing in answers.
func (q OwnerQuestion) Ref() string {
	if q.Order != nil {
		return q.Order.Ref
	}
	return q.Moment.Ref
}

// Questions are what the owner has not answered yet, the most telling first: hidden
// orders, payments that wait, digital ones, all others, then log-ins from new devices
// and changes. It is the guided check of an account.
func (p *OwnerPage) Questions() (out []OwnerQuestion) {
	for _, part := range []string{"hidden", "waiting", "digital", "visible"} {
		for i := range p.Orders {
			x := &p.Orders[i]
			if x.Answer == "" && x.Part() == part {
				out = append(out, OwnerQuestion{Order: x, Part: part})
			}
		}
	}
	for i := range p.Moments {
		m := &p.Moments[i]
		if m.Answer == "" && (m.Kind == "change" || m.NewDevice) {
			out = append(out, OwnerQuestion{Moment: m, Part: "login"})
		}
	}
	return out
}

// Part is where the guided check and the lists have the order: hidden (now or at some
// time), waiting, digital or visible.
func (x *OwnerOrder) Part() string {
	switch {
	case x.WasHidden:
		return "hidden"
	case x.Payment == "pending":
		return "waiting"
	case x.Digital || x.GiftCards > 0:
		return "digital"
	}
	return "visible"
}

// First is whom the owner tells first of orders that they deny: the issuer of the card
// where money was taken already, the shop otherwise; empty where none is denied.
func (p *OwnerPage) First() string {
	first := ""
	for _, o := range p.Orders {
		switch {
		case o.Answer == "no" && o.Payment == "accepted":
			return "issuer"
		case o.Answer == "no":
			first = "shop"
		}
	}
	return first
}
