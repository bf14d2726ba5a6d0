package policy

import (
	"maps"
	"slices"
	"strings"

	"bonafide/account/event"
)

// Listed are the lists of a shop as the log of events made them: what was put on
// them and not taken off, with its end. A list holds from its place in the log
// on; an entry ends by the time of the event that asks. The zero value is ready.
// It is not safe for concurrent use: it belongs to one Judge.
type Listed struct{ by map[listKey]map[string]int64 }

// listKey is a list of values of one domain (event.DomainOf).
type listKey struct{ name, of string }

// Apply takes a change in.
func (l *Listed) Apply(c *event.ListChange) {
	k := listKey{c.Name, c.Of}
	values := l.by[k]
	if c.Do == event.ListRemove {
		for _, v := range c.Values {
			delete(values, v)
		}
		if len(values) == 0 {
			delete(l.by, k)
		}
		return
	}
	if values == nil {
		if l.by == nil {
			l.by = map[listKey]map[string]int64{}
		}
		values = map[string]int64{}
		l.by[k] = values
	}
	end := int64(0)
	if !c.Until.IsZero() {
		end = c.Until.UnixMicro()
	}
	for _, v := range c.Values {
		values[v] = end
	}
}

// onList tells whether a value is on a list at a time.
func onList(values map[string]int64, v value, t int64) bool {
	on := func(s string) bool {
		until, ok := values[s]
		return ok && (until == 0 || t < until)
	}
	return len(values) > 0 && (slices.ContainsFunc(v.ss, on) || on(v.s))
}

// Size is how many entries all lists have.
func (l *Listed) Size() (n int) {
	for _, values := range l.by {
		n += len(values)
	}
	return n
}

// All calls f with every entry, in an order that depends on nothing but the
// entries. until is in microseconds since 1970, 0 for none.
func (l *Listed) All(f func(name, of, value string, until int64)) {
	keys := slices.SortedFunc(maps.Keys(l.by), func(a, b listKey) int {
		if a.name != b.name {
			return strings.Compare(a.name, b.name)
		}
		return strings.Compare(a.of, b.of)
	})
	for _, k := range keys {
		for _, v := range slices.Sorted(maps.Keys(l.by[k])) {
			f(k.name, k.of, v, l.by[k][v])
		}
	}
}

// Restored puts back an entry that All told.
func (l *Listed) Restored(name, of, value string, until int64) {
	k := listKey{name, of}
	if l.by == nil {
		l.by = map[listKey]map[string]int64{}
	}
	if l.by[k] == nil {
		l.by[k] = map[string]int64{}
	}
	l.by[k][value] = until
}

// ListOf is a list that a policy asks for.
type ListOf struct {
	Name string
	// Field is the field of the vocabulary that is looked for, Of its domain.
	Field, Of string
}

// Lists are the lists that the policy asks for, in its order.
func (p *Policy) Lists() []ListOf {
	var out []ListOf
	for i := range p.symbols {
		if s := &p.symbols[i]; s.what == list {
			out = append(out, ListOf{s.list.name, s.field.Path, s.list.of})
		}
	}
	return out
}

// listed tells whether the event's value is on a list: one of the policy's own
// entries, or of the shop's. That the shop's had it is kept with what was seen;
// what is not kept was not on it.
func (f *frame) listed(s *symbol, i int) value {
	v := fieldValue(s.field, f.e)
	switch {
	case onList(s.until, v, f.t):
		return boolValue(true)
	case f.given != nil:
		return f.given[i]
	case f.listsOf != nil && onList(f.listsOf.by[s.list], v, f.t):
		f.saw = append(f.saw, i)
		return boolValue(true)
	}
	return value{}
}
