package event

import (
	"strings"
	"time"

	"bonafide/fault"
)

// ListChanged is an event of our own and none of the vocabulary: somebody here
// put values on a list of the shop or took them off. It stands in the log of
// events so that a list holds from a definite place on, for every policy and in
// every replay. No shop sends it, and no rule is about it.
const ListChanged Type = "list.changed"

// What becomes of the values of a ListChange.
const (
	ListAdd    = "add"
	ListRemove = "remove"
)

// ListChange is a change of a list of the shop. It is read-only once it is in an event.
type ListChange struct {
	// Name is that of the list, Of what its values are: a domain of DomainOf.
	Name, Of string
	// Do is ListAdd or ListRemove.
	Do string
	// Until is when added values end, by the time of the event that asks; zero: never.
	Until time.Time
	// Values are as fields of events have them: hashed, unless the field stays
	// clear. At most MaxItems.
	Values []string
}

// DomainOf is what a text field of the vocabulary holds: fields of the same
// domain have the same hash for the same value, so that one list serves all of
// them. ok is false for what is no text field.
func DomainOf(path string) (of string, ok bool) {
	f := FieldAt(path)
	if f == nil || f.Kind != String && f.Kind != Strings {
		return "", false
	}
	if f.Path == "order.gift_recipients" {
		return "recipient", true
	}
	return domain(f.Path), true
}

// Value is a value as the field of a path has it in sealed events. The error is
// fault.Invalid for what is no text field, and for an empty or too long value.
func (s *Sealer) Value(path, value string) (string, error) {
	of, ok := DomainOf(path)
	switch {
	case !ok:
		return "", fault.New(fault.Invalid, "of", "is no text field of the vocabulary: see docs/account-event.schema.json")
	case value == "":
		return "", fault.New(fault.Invalid, "value", "is empty")
	}
	if _, err := plainText("value", &node{shape: text, text: value}); err != nil {
		return "", err
	}
	f := FieldAt(path)
	switch {
	case f.Class != Personal || s.keep[path]:
		return value, nil
	case path == "event.ip":
		return s.Seal(Event{Context: Context{IP: value}}).Context.IP, nil
	case path == "event.network":
		c := Context{IP: value}
		if s.keep["event.ip"] {
			return c.Network(), nil
		}
		if at, _, ok := strings.Cut(value, "/"); ok { // given as 192.0.2.0/24
			c.IP = at
		}
		sealed := s.Seal(Event{Context: c}).Context
		return sealed.Network(), nil
	}
	return s.hash(of, value), nil
}

// listChange reads the data of a ListChanged.
func (b *binder) listChange(n *node) error {
	c := &ListChange{}
	for i, name := range n.names {
		v, at := &n.nodes[i], "data."+clip(name)
		var err error
		switch name {
		case "list":
			c.Name, err = plainText(at, v)
		case "of":
			c.Of, err = plainText(at, v)
		case "do":
			c.Do, err = plainText(at, v)
		case "until":
			c.Until, err = timeOf(at, v)
		case "values":
			c.Values, err = texts(at, v)
		default:
			err = b.unknown(at, v)
		}
		if err != nil {
			return err
		}
	}
	if c.Name == "" || c.Of == "" || len(c.Values) == 0 || c.Do != ListAdd && c.Do != ListRemove {
		return fault.New(fault.Invalid, "data", "of a change of a list lacks list, of, values, or do (add, remove)")
	}
	b.e.List = c
	return nil
}

func (c *ListChange) data() map[string]any {
	out := map[string]any{"list": c.Name, "of": c.Of, "do": c.Do, "values": c.Values}
	if !c.Until.IsZero() {
		out["until"] = c.Until.UTC().Format(time.RFC3339Nano)
	}
	return out
}
