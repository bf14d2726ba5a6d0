package eval

import (
	"context"
	"slices"

	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
	"bonafide/eval/score"
)

// Orders of our own: what a person has ordered who got a mail about something
// else.
var otherOrders = [...]string{"302-8174653-0912837", "113-5550142-7781206"}

// orderCodes show that the answer says how the mail's order stands to the list.
var orderCodes = [...]string{"order_match", "order_match_household", "order_match_archived", "order_match_hidden", "order_match_digital", "no_matching_order", "order_cancelled"}

// twice is what was said of a mail without and with an order list.
type twice struct {
	label                  corpus.Label
	names, shown           bool
	before, after, genuine bool
}

// orders asks again about mails of both parts that name an order: about genuine
// ones with a list that has the order, about mails that impersonate Amazon with
// a list that has others.
func (m measurer) orders(ctx context.Context, t *tally) error {
	if m.opt.Limit > 0 || !m.opt.Bars && len(m.opt.Variants) == 0 {
		return nil
	}
	wanted := func(c *corpus.Contact) bool {
		return c.Checked == corpus.Impersonation || c.Label == corpus.Legitimate && m.library.BothParts(c)
	}
	var all []twice
	for _, s := range m.sets {
		if s.Channel != "mail" || !m.library.AnyBothParts(s.Name) {
			continue
		}
		for _, part := range []string{corpus.Train, corpus.Test} {
			some, err := checkSet(ctx, m.library, s, m.query(part), wanted, func(c *corpus.Contact) twice { return m.askTwice(ctx, s, c) })
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
	}
	for _, g := range []struct {
		name  string
		label corpus.Label
	}{{"genuine shop and courier mails; the list has their orders", corpus.Legitimate}, {"impersonates Amazon, hand-checked; the list has other orders", corpus.Fraud}} {
		if row := orderRow(g.name, g.label, all); row.Of > 0 {
			t.report.Orders = append(t.report.Orders, row)
		}
	}
	return nil
}

// askTwice checks a mail as it is, and again with an order list if it names an
// order.
func (m measurer) askTwice(ctx context.Context, s corpus.Set, c *corpus.Contact) twice {
	out := twice{label: c.Label}
	req := request(s, c)
	first, a := m.ask(ctx, c, req)
	if a == nil || len(a.Found.Orders) == 0 {
		return out
	}
	ids := otherOrders[:]
	if c.Label == corpus.Legitimate {
		ids = append(slices.Clone(ids), a.Found.Orders...)
	}
	for _, id := range ids {
		req.Orders = append(req.Orders, contacts.Order{ID: id})
	}
	second, _ := m.ask(ctx, c, req)
	out.names, out.before, out.after, out.genuine = true, first.alarmed(), second.alarmed(), second.cleared()
	out.shown = slices.ContainsFunc(second.fired, func(f fired) bool { return slices.Contains(orderCodes[:], f.code) })
	return out
}

func orderRow(name string, label corpus.Label, all []twice) OrderRow {
	row := OrderRow{Name: name}
	shown, before, after := 0, 0, 0
	for _, p := range all {
		if p.label != label {
			continue
		}
		row.Of++
		row.Number += one(p.names)
		row.Genuine += one(p.genuine)
		shown, before, after = shown+one(p.shown), before+one(p.before), after+one(p.after)
	}
	row.Shown, row.Before, row.After = share(shown, row.Number), score.NewShare(before, row.Number), score.NewShare(after, row.Number)
	return row
}
