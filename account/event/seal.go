package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"bonafide/fault"
)

// Sealer replaces personal identifiers by keyed hashes: equal values stay equal
// within one tenant, and nobody without the key can try values out. It is safe
// for concurrent use; it allocates for each field.
type Sealer struct {
	key  []byte
	keep map[string]bool
}

// minKey is the shortest key in bytes.
const minKey = 16

// NewSealer makes a sealer with a tenant's key (16 bytes or more). Fields named
// in keep, by path, stay as they are, for shops that show them to analysts.
func NewSealer(key []byte, keep ...string) (*Sealer, error) {
	if len(key) < minKey {
		return nil, fault.New(fault.Invalid, "key", "has %d bytes: a key of the tenant has at least %d", len(key), minKey)
	}
	s := &Sealer{key: append([]byte(nil), key...), keep: map[string]bool{}}
	for _, k := range keep {
		f := FieldAt(k)
		if f == nil || f.Class != Personal {
			return nil, fault.New(fault.Invalid, "keep", "names %s, which is no personal field of the vocabulary", clip(k))
		}
		s.keep[k] = true
	}
	return s, nil
}

// Seal returns the event with every personal identifier hashed. The network of
// an address is hashed with it, so that neighbours still meet: the address
// becomes "n:<network>/<host>", and Context.Network gives the first part.
func (s *Sealer) Seal(e Event) Event {
	all := vocabulary()
	for i := range all {
		f := &all[i]
		if f.Class != Personal || f.Derived || s.keep[f.Path] {
			continue
		}
		p, ok := f.at(&e).(*string)
		if !ok || *p == "" {
			continue
		}
		if f.Path == "event.ip" {
			*p = "n:" + s.hash("event.network", e.Context.Network()) + "/" + s.hash(f.Path, *p)
			continue
		}
		*p = s.hash(domain(f.Path), *p)
	}
	if e.Subject != "" {
		e.Subject = e.Context.Account
	}
	if !s.keep["order.gift_recipients"] && len(e.Order.Items) > 0 {
		items := append([]Item(nil), e.Order.Items...)
		for i := range items {
			if items[i].Recipient != "" {
				items[i].Recipient = s.hash("recipient", items[i].Recipient)
			}
		}
		e.Order.Items = items
	}
	return e
}

// domain names what a field holds, so that the same order, card or recipient is
// the same hash wherever it stands, and a card never equals an order.
func domain(path string) string {
	switch path {
	case "order.id", "gift.order", "payment.order", "reversal.order", "label.order", "contact.order", "answer.order":
		return "order"
	case "card.fingerprint", "order.card", "payment.card":
		return "card"
	case "gift.recipient":
		return "recipient"
	case "address.id", "order.address":
		return "address"
	}
	return path
}

func (s *Sealer) hash(domain, value string) string {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte(domain))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return hex.EncodeToString(m.Sum(nil)[:16])
}
