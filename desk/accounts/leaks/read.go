package leaks

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/casework/compromise"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/past"
	"bonafide/fault"
	"bonafide/store"
)

// reading is one look at the log.
type reading struct {
	d      *Desk
	tenant access.Tenant
	wish   Wish
	table  *compromise.Table
	// orders are places in placed, by the order as the log has it.
	orders map[string]int32
	placed []placed
	// told are reports of contacts that stand, by their id.
	told              map[string]*told
	reports, unlinked int
}

// placed is an order of the period. Its reference in the table is its place.
type placed struct {
	account string
	at      time.Time
}

// told is a report of a contact.
type told struct {
	id, account, order string
	at                 time.Time
	// knew: whoever called knew what was ordered. known: who answers for it says so.
	knew, known bool
}

// marks are the events that are looked at; all others need not be parsed.
func marks() [][]byte {
	var out [][]byte
	for _, t := range []event.Type{event.OrderPlaced, event.OrderStatus, event.ContactReported, event.ContactWithdrawn} {
		out = append(out, []byte(`"`+string(t)+`"`))
	}
	return out
}

// read reads the period from the log, and what came after it.
func (r *reading) read(ctx context.Context) error {
	log := past.Strand(r.d.cfg.Log, r.tenant)
	last, err := log.Last(ctx)
	if err != nil {
		return fmt.Errorf("leaks: read the log: %w", err)
	}
	at, err := past.Since(ctx, log, last, r.wish.From.Add(-time.Hour))
	if err != nil {
		return fmt.Errorf("leaks: %w", err)
	}
	marks := marks()
	for x, err := range log.Walk(ctx, at, last) {
		if err != nil {
			return fmt.Errorf("leaks: %w", err)
		}
		if !slices.ContainsFunc(marks, func(m []byte) bool { return bytes.Contains(x.Data, m) }) {
			continue
		}
		e, err := past.Read(x)
		if err == nil {
			err = r.take(&e.Event)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// take notes an event.
func (r *reading) take(e *event.Event) error {
	switch e.Type {
	case event.OrderPlaced:
		return r.order(e)
	case event.OrderStatus:
		if i, ok := r.orders[e.Order.ID]; ok {
			for _, p := range partiesOf(&event.Order{Courier: e.Order.Courier, Warehouse: e.Order.Warehouse}) {
				if err := r.table.Touch(compromise.Ref(i), p); err != nil {
					return err
				}
			}
		}
	case event.ContactReported:
		return r.contact(e)
	case event.ContactWithdrawn:
		delete(r.told, e.Contact.ID)
	}
	return nil
}

// order adds an order of the period; the first event of an order counts.
func (r *reading) order(e *event.Event) error {
	if _, twice := r.orders[e.Order.ID]; twice || e.Time.Before(r.wish.From) || !e.Time.Before(r.wish.To) {
		return nil
	}
	if len(r.placed) >= r.d.rule.MaxOrders {
		return fault.New(fault.TooLarge, "from", "the period has more than %d orders: choose a shorter one", r.d.rule.MaxOrders)
	}
	ref, err := r.table.Add(stratumOf(e), partiesOf(&e.Order)...)
	if err != nil {
		return err
	}
	r.orders[e.Order.ID] = int32(ref)
	r.placed = append(r.placed, placed{e.Context.Account, e.Time})
	return nil
}

// stratumOf is what an order is compared within: orders of one week, currency and
// kind of goods, since in some weeks and of some goods more is reported.
func stratumOf(e *event.Event) string {
	year, week := e.Time.ISOWeek()
	kind := "goods"
	digital := len(e.Order.Items) > 0
	for _, it := range e.Order.Items {
		digital = digital && it.Digital
	}
	if e.Order.GiftCount() > 0 {
		kind = "gift"
	} else if digital {
		kind = "digital"
	}
	return fmt.Sprintf("%d-%d %s %s", year, week, e.Order.Currency, kind)
}

// contact notes a report of a fraudulent contact.
func (r *reading) contact(e *event.Event) error {
	c := &e.Contact
	if c.Verdict == "genuine" || c.Verdict == "genuine_alarm" || c.Kind == "mail_flood" || c.Kind == "other" || e.Time.Before(r.wish.From) || e.Time.After(r.wish.To.Add(r.d.rule.within())) {
		return nil
	}
	id := c.ID
	if id == "" {
		id = e.Source + "\x00" + e.ID
	}
	x := &told{id: id, account: e.Context.Account, order: c.Order, at: e.Time, knew: c.Knew, known: c.By != "stranger"}
	if old := r.told[id]; old != nil { // staff tied what a stranger sent
		x.known, x.knew = x.known || old.known, x.knew || old.knew
		if x.at = old.at; x.order == "" {
			x.order = old.order
		}
	} else if len(r.told) >= r.d.rule.MaxReports {
		return fault.New(fault.TooLarge, "from", "the period has more than %d reports of contacts: choose a shorter one", r.d.rule.MaxReports)
	}
	r.told[id] = x
	return nil
}

// tie finds the orders that reports are about, those of erased accounts left out.
func (r *reading) tie(ctx context.Context) error {
	list := make([]*told, 0, len(r.told))
	asked := map[string][]int32{} // orders of accounts that reports name without an order
	for _, x := range r.told {
		list = append(list, x)
		if x.order == "" && x.knew {
			asked[x.account] = nil
		}
	}
	slices.SortFunc(list, func(a, b *told) int {
		if n := a.at.Compare(b.at); n != 0 {
			return n
		}
		return strings.Compare(a.id, b.id)
	})
	for i := range r.placed {
		if all, ok := asked[r.placed[i].account]; ok {
			asked[r.placed[i].account] = append(all, int32(i)) //nolint:gosec // at most MaxOrders
		}
	}
	erased, err := r.erased(ctx, list)
	if err != nil {
		return err
	}
	for _, x := range list {
		i, ok := r.orderOf(x, asked[x.account])
		if r.reports++; !ok {
			r.unlinked++
			continue
		}
		if account := r.placed[i].account; erased[account] {
			r.table.Drop(compromise.Ref(i))
		} else {
			r.table.Hit(compromise.Ref(i), account, x.known)
		}
	}
	return nil
}

// orderOf is the order that a report is about: the one that it names, or the only
// one of the account of which the caller can have known.
func (r *reading) orderOf(x *told, asked []int32) (int32, bool) {
	fits := func(i int32) bool {
		p := &r.placed[i]
		return (x.account == "" || p.account == x.account) && !x.at.Before(p.at) && x.at.Sub(p.at) <= r.d.rule.within()
	}
	if x.order != "" {
		i, ok := r.orders[x.order]
		return i, ok && fits(i)
	}
	asked = slices.DeleteFunc(slices.Clone(asked), func(i int32) bool { return !fits(i) })
	if len(asked) != 1 {
		return 0, false
	}
	return asked[0], true
}

// erased are the accounts among those of reports that were erased.
func (r *reading) erased(ctx context.Context, list []*told) (map[string]bool, error) {
	out := map[string]bool{}
	err := r.d.cfg.Store.Read(ctx, func(rec store.Records) error {
		for _, x := range list {
			if _, done := out[x.account]; done {
				continue
			}
			name, err := accounts.SubjectOf(r.d.cfg.Key, r.tenant, r.d.cfg.Clear, x.account)
			if err != nil {
				return err
			}
			when, err := past.ErasedAt(ctx, rec, past.Subject{Tenant: r.tenant, Name: name})
			if err != nil {
				return err
			}
			out[x.account] = !when.IsZero()
		}
		return nil
	})
	return out, err
}
