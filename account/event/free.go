package event

// Cut takes out of the event what decides nothing and may name a person: its free
// texts, and the fields that the vocabulary does not know. It returns them by
// path, the latter as JSON; nil where there are none. What is left is all that a
// policy can see, so that the same is decided with and without them.
func (e *Event) Cut() map[string]string {
	var out map[string]string
	put := func(path, text string) {
		if out == nil {
			out = map[string]string{}
		}
		out[path] = text
	}
	all := vocabulary()
	for i := range all {
		f := &all[i]
		if f.Class != Free {
			continue
		}
		if p, ok := f.at(e).(*string); ok && *p != "" {
			put(f.Path, *p)
			*p = ""
		}
	}
	for path, text := range e.Extra {
		put(path, text)
	}
	e.Extra = nil
	return out
}

// Marks are the identifiers of an event by which its account, or who it is about,
// can be found again, as they stand in it: account, orders, what the account is
// reached by, and who received gift cards.
func (e *Event) Marks() []string {
	out := make([]string, 0, 8)
	add := func(list ...string) {
		for _, s := range list {
			if s != "" {
				out = append(out, s)
			}
		}
	}
	add(e.Context.Account, e.Order.ID, e.Gift.Order, e.Payment.Order, e.Reversal.Order, e.Label.Order, e.Contact.Order, e.Answer.Order,
		e.Identifier.Value, e.Gift.Recipient)
	for _, it := range e.Order.Items {
		add(it.Recipient)
	}
	return out
}

// Named is how a value that names somebody stands in sealed events, by what it may
// be: account, order, contact (mail address or number) and recipient.
func (s *Sealer) Named(value string) map[string]string {
	var e Event
	e.Context.Account, e.Order.ID, e.Identifier.Value, e.Gift.Recipient = value, value, value, value
	e = s.Seal(e)
	return map[string]string{"account": e.Context.Account, "order": e.Order.ID, "contact": e.Identifier.Value, "recipient": e.Gift.Recipient}
}
