package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// member is one name of an event's data and what stands under it: a field, or
// the fields of a group. Names are sorted, so that an event has one form.
type member struct {
	name   string
	field  *Field // nil: a group
	fields []member
}

// layouts lists the members of the data of each type; those under no type are
// what every event may carry.
var layouts = sync.OnceValue(func() map[Type][]member {
	out := map[Type][]member{}
	for _, t := range append(Types(), "") {
		out[t] = layout(t)
	}
	return out
})

func layout(t Type) []member {
	var out []member
	all := vocabulary()
	for i := range all {
		f := &all[i]
		if f.Derived || !f.On(t) {
			continue
		}
		group, name, _ := strings.Cut(f.Path, ".")
		if group == "event" {
			out = append(out, member{name: name, field: f})
			continue
		}
		at := slices.IndexFunc(out, func(m member) bool { return m.field == nil && m.name == group })
		if at < 0 {
			at, out = len(out), append(out, member{name: group})
		}
		out[at].fields = append(out[at].fields, member{name: name, field: f})
	}
	byName := func(a, b member) int { return cmp.Compare(a.name, b.name) }
	slices.SortFunc(out, byName)
	for i := range out {
		slices.SortFunc(out[i].fields, byName)
	}
	return out
}

// JSON writes the event in our own form, without spaces and with sorted names;
// Parse reads it back to the same value.
func (e *Event) JSON() []byte {
	b := make([]byte, 0, 512)
	b = append(b, `{"data":`...)
	if e.List != nil {
		b = appendAny(b, e.List.data())
	} else {
		b = e.appendData(b)
	}
	b = appendText(append(b, `,"id":`...), e.ID)
	b = appendText(append(b, `,"source":`...), e.Source)
	b = append(b, `,"specversion":"1.0"`...)
	if e.Subject != "" && e.Subject != e.Context.Account {
		b = appendText(append(b, `,"subject":`...), e.Subject)
	}
	b = appendTime(append(b, `,"time":`...), e.Time)
	b = appendText(append(b, `,"type":`...), string(e.Type))
	return append(b, '}')
}

func (e *Event) appendData(b []byte) []byte {
	all, ok := layouts()[e.Type]
	if !ok {
		all = layouts()[""]
	}
	b = append(b, '{')
	for i := range all {
		if m := &all[i]; m.field != nil {
			b, _ = m.append(b, e)
		} else {
			b = m.appendGroup(b, e)
		}
	}
	return append(b, '}')
}

// appendGroup writes a group, where one of its fields has a value.
func (m *member) appendGroup(b []byte, e *Event) []byte {
	begun := len(b)
	b = append(appendName(b, m.name), '{')
	some := false
	for i := range m.fields {
		var is bool
		b, is = m.fields[i].append(b, e)
		some = some || is
	}
	if !some {
		return b[:begun]
	}
	return append(b, '}')
}

// append writes a field that has a value or must be there.
func (m *member) append(b []byte, e *Event) ([]byte, bool) {
	begun := len(b)
	b, is := appendValue(appendName(b, m.name), m.field.at(e))
	if !is && !m.field.Required {
		return b[:begun], false
	}
	return b, true
}

// appendName writes the name of a member and what parts it from the one before.
// Names are those of the vocabulary, which need no escaping.
func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(b, '"'), name...)
	return append(b, '"', ':')
}

// appendValue writes the value of a field and tells whether it is other than zero.
func appendValue(b []byte, at any) ([]byte, bool) {
	switch p := at.(type) {
	case *string:
		return appendText(b, *p), *p != ""
	case *int64:
		return strconv.AppendInt(b, *p, 10), *p != 0
	case *bool:
		return strconv.AppendBool(b, *p), *p
	case *time.Time:
		return appendTime(b, *p), !p.IsZero()
	case *[]string:
		return appendTexts(b, *p), len(*p) > 0
	case *[]Item:
		return appendItems(b, *p), len(*p) > 0
	}
	return append(b, "null"...), false
}

func appendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

func appendItems(b []byte, items []Item) []byte {
	b = append(b, '[')
	for i := range items {
		if i > 0 {
			b = append(b, ',')
		}
		it := &items[i]
		b = strconv.AppendInt(append(b, `{"amount":`...), it.Amount, 10)
		if it.Digital {
			b = append(b, `,"digital":true`...)
		}
		b = appendText(append(b, `,"kind":`...), it.Kind)
		if it.Quantity != 0 {
			b = strconv.AppendInt(append(b, `,"quantity":`...), it.Quantity, 10)
		}
		if it.Recipient != "" {
			b = appendText(append(b, `,"recipient":`...), it.Recipient)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendText writes a text. Those of plain ASCII, as nearly all are, go as they are.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return appendAny(b, s)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

// appendAny writes a value of texts, numbers and maps of them as the standard
// library does, marks of HTML left as they are.
func appendAny(b []byte, v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // texts, numbers and maps of them only
	return append(b, bytes.TrimSpace(buf.Bytes())...)
}
