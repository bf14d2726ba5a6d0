package event

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/currency"

	"bonafide/fault"
)

// Unknown says what becomes of a field that the vocabulary does not know.
type Unknown int8

// Refuse is the default: a mistyped field fails loudly. Keep puts it into Event.Extra.
const (
	Refuse Unknown = iota
	Keep
)

// Options says how to read events.
type Options struct {
	Unknown Unknown
	// Stored reads what this server wrote itself, which was checked when it came: what
	// the vocabulary asks since then (Field.Short, the enum of contact.channel) is not
	// asked of it, so that a log of before is read as it was.
	Stored bool
}

// vocabulary is the list of Fields, made once and never changed.
var vocabulary = sync.OnceValue(Fields)

// index is the vocabulary by path, made once and never changed.
var index = sync.OnceValue(func() map[string]*Field {
	all := vocabulary()
	out := make(map[string]*Field, len(all))
	for i := range all {
		out[all[i].Path] = &all[i]
	}
	return out
})

// FieldAt returns the field of a path, nil if there is none. It is for reading only.
func FieldAt(path string) *Field { return index()[path] }

// Parse reads one event in our own form: a CloudEvent in JSON whose data holds
// the vocabulary. Errors are fault.Invalid or fault.TooLarge with the exact
// place, such as "data.order.items[2].amount", and never repeat a value.
func Parse(in []byte, o Options) (Event, error) {
	n, err := readJSON(in)
	if err != nil {
		return Event{}, err
	}
	return bind(&n, o)
}

var typeName = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)?$`)

func bind(n *node, o Options) (Event, error) {
	var e Event
	b := binder{e: &e, o: o}
	if n.shape != object {
		return e, fault.New(fault.Invalid, "", "an event is an object, not %s", n.shape)
	}
	for i, name := range n.names {
		if err := b.envelope(name, &n.nodes[i]); err != nil {
			return e, err
		}
	}
	switch {
	case e.ID == "":
		return e, missing("id")
	case e.Source == "":
		return e, missing("source")
	case e.Type == "":
		return e, missing("type")
	case e.Time.IsZero():
		return e, missing("time")
	}
	if data := n.get("data"); data != nil {
		if data.shape != object {
			return e, wrongShape("data", data, "an object")
		}
		read := func() error { return b.walk("data", "", data) }
		if e.Type == ListChanged {
			read = func() error { return b.listChange(data) }
		}
		if err := read(); err != nil {
			return e, err
		}
	}
	return e, b.complete()
}

func missing(path string) error {
	return fault.New(fault.Invalid, path, "is missing: every event has it")
}

func wrongShape(path string, n *node, want string) error {
	return fault.New(fault.Invalid, path, "is %s: give %s", n.shape, want)
}

type binder struct {
	e     *Event
	o     Options
	given []string
}

func (b *binder) envelope(name string, n *node) error {
	var err error
	switch name {
	case "specversion":
		if n.shape != text || n.text != "1.0" {
			return fault.New(fault.Invalid, name, `must be "1.0"`)
		}
	case "datacontenttype":
		if n.shape != text || !strings.HasPrefix(n.text, "application/json") {
			return fault.New(fault.Invalid, name, "must be application/json")
		}
	case "id":
		b.e.ID, err = plainText(name, n)
	case "source":
		b.e.Source, err = plainText(name, n)
	case "subject":
		b.e.Subject, err = plainText(name, n)
	case "type":
		s, terr := plainText(name, n)
		if terr != nil {
			return terr
		}
		if !slices.Contains(Types(), Type(s)) && Type(s) != ListChanged {
			hint := ""
			if typeName.MatchString(s) {
				hint = " (" + clip(s) + ")"
			}
			return fault.New(fault.Invalid, name, "is no type of the vocabulary%s: see the schema, or map it", hint)
		}
		b.e.Type = Type(s)
	case "time":
		b.e.Time, err = timeOf(name, n)
	case "data":
	default:
		return b.unknown(clip(name), n)
	}
	return err
}

func (b *binder) unknown(path string, n *node) error {
	if b.o.Unknown == Refuse {
		return fault.New(fault.Invalid, path, "is unknown to the vocabulary: check the spelling, or keep unknown fields")
	}
	var s strings.Builder
	n.render(&s)
	if b.e.Extra == nil {
		b.e.Extra = map[string]string{}
	}
	b.e.Extra[path] = s.String()
	return nil
}

// walk binds the members of data: scalars are context, objects are groups.
func (b *binder) walk(path, group string, n *node) error {
	for i, name := range n.names {
		v, at := &n.nodes[i], path+"."+clip(name)
		if group == "" && v.shape == object {
			if err := b.walk(at, name, v); err != nil {
				return err
			}
			continue
		}
		key := group
		if key == "" {
			key = "event"
		}
		f := index()[key+"."+name]
		if f == nil || f.Derived || group == "event" {
			if err := b.unknown(at, v); err != nil {
				return err
			}
			continue
		}
		if v.shape == null {
			continue // absent
		}
		if !f.On(b.e.Type) {
			return fault.New(fault.Invalid, at, "does not belong to events of type %s", b.e.Type)
		}
		if err := b.set(f, at, v); err != nil {
			return err
		}
		b.given = append(b.given, f.Path)
	}
	return nil
}

func (b *binder) set(f *Field, at string, v *node) (err error) {
	switch p := f.at(b.e).(type) {
	case *string:
		if *p, err = plainText(at, v); err == nil {
			err = b.checkText(f, at, *p)
		}
	case *bool:
		if v.shape != truth {
			return wrongShape(at, v, "true or false")
		}
		*p = v.yes
	case *int64:
		*p, err = wholeNumber(at, v)
	case *time.Time:
		*p, err = timeOf(at, v)
	case *[]string:
		*p, err = texts(at, v)
	case *[]Item:
		*p, err = b.items(at, v)
	}
	return err
}

func (b *binder) checkText(f *Field, at, s string) error {
	late := b.o.Stored && (f.Short || f.Path == "contact.channel")
	if f.Short && !late && len(s) > MaxShort {
		return fault.New(fault.TooLarge, at, "has %d bytes: at most %d; it is a code of a machine or a name of a firm, and stays in the log in the clear: what people wrote does not belong there", len(s), MaxShort)
	}
	if f.Enum != nil && !late && !slices.Contains(f.Enum, s) {
		return fault.New(fault.Invalid, at, "is none of %s", strings.Join(f.Enum, ", "))
	}
	if strings.HasSuffix(f.Path, ".currency") {
		if _, err := currency.ParseISO(s); err != nil || s != strings.ToUpper(s) {
			return fault.New(fault.Invalid, at, "is no currency of ISO 4217: give three capital letters such as JPY")
		}
	}
	if f.Path == "event.country" && (len(s) != 2 || s != strings.ToUpper(s)) {
		return fault.New(fault.Invalid, at, "is no country code: give two capital letters such as JP")
	}
	return nil
}

func plainText(at string, n *node) (string, error) {
	if n.shape != text {
		return "", wrongShape(at, n, "a text")
	}
	if len(n.text) > MaxText {
		return "", fault.New(fault.TooLarge, at, "has %d bytes: at most %d", len(n.text), MaxText)
	}
	if !utf8.ValidString(n.text) {
		return "", fault.New(fault.Invalid, at, "is no UTF-8: save the table as UTF-8")
	}
	for _, c := range n.text {
		if c < 0x20 || c == 0x7f {
			return "", fault.New(fault.Invalid, at, "holds a control character: remove it")
		}
	}
	return n.text, nil
}

func wholeNumber(at string, n *node) (int64, error) {
	if n.shape != number {
		return 0, wrongShape(at, n, "a whole number (amounts in minor units)")
	}
	v, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || v > MaxAmount || v < -MaxAmount {
		return 0, fault.New(fault.Invalid, at, "is no whole number within ±%d: amounts are in minor units", int64(MaxAmount))
	}
	return v, nil
}

func timeOf(at string, n *node) (time.Time, error) {
	if n.shape != text {
		return time.Time{}, wrongShape(at, n, "a time as in 2026-01-05T10:00:00Z")
	}
	t, err := time.Parse(time.RFC3339Nano, n.text)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, at, "is no time of RFC 3339: give it as in 2026-01-05T10:00:00Z")
	}
	if t = t.UTC(); t.Year() < 2000 || t.Year() > 2100 {
		return time.Time{}, fault.New(fault.Invalid, at, "lies outside of the years 2000 to 2100: check its unit and zone")
	}
	return t.Truncate(time.Microsecond), nil
}

func texts(at string, n *node) ([]string, error) {
	if n.shape != list {
		return nil, wrongShape(at, n, "a list of texts")
	}
	if len(n.nodes) > MaxItems {
		return nil, fault.New(fault.TooLarge, at, "has %d entries: at most %d", len(n.nodes), MaxItems)
	}
	out := make([]string, 0, len(n.nodes))
	for i := range n.nodes {
		s, err := plainText(at+"["+strconv.Itoa(i)+"]", &n.nodes[i])
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// ItemKinds are the kinds of an order's line.
func ItemKinds() []string {
	return []string{"goods", GiftKind, "digital", "subscription", "service", "top_up", "other"}
}

func (b *binder) items(at string, n *node) ([]Item, error) {
	if n.shape != list {
		return nil, wrongShape(at, n, "a list of items")
	}
	if len(n.nodes) > MaxItems {
		return nil, fault.New(fault.TooLarge, at, "has %d entries: at most %d", len(n.nodes), MaxItems)
	}
	out := make([]Item, len(n.nodes))
	for i := range n.nodes {
		if err := b.item(&out[i], at+"["+strconv.Itoa(i)+"]", &n.nodes[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (b *binder) item(it *Item, at string, n *node) error {
	if n.shape != object {
		return wrongShape(at, n, "an object")
	}
	for i, name := range n.names {
		v, here := &n.nodes[i], at+"."+clip(name)
		var err error
		switch name {
		case "kind":
			if it.Kind, err = plainText(here, v); err == nil && !slices.Contains(ItemKinds(), it.Kind) {
				err = fault.New(fault.Invalid, here, "is none of %s", strings.Join(ItemKinds(), ", "))
			}
		case "amount":
			it.Amount, err = wholeNumber(here, v)
		case "quantity":
			it.Quantity, err = wholeNumber(here, v)
			if err == nil && (it.Quantity < 0 || it.Quantity > 1_000_000) {
				err = fault.New(fault.Invalid, here, "lies outside of 0 to 1000000")
			}
		case "digital":
			if it.Digital = v.yes; v.shape != truth {
				err = wrongShape(here, v, "true or false")
			}
		case "recipient":
			it.Recipient, err = plainText(here, v)
		default:
			err = b.unknown(here, v)
		}
		if err != nil {
			return err
		}
	}
	if it.Kind == "" {
		return missing(at + ".kind")
	}
	return nil
}

func (b *binder) complete() error {
	if b.e.Type == ListChanged && b.e.List == nil {
		return missing("data")
	}
	for _, f := range required()[b.e.Type] {
		if !slices.Contains(b.given, f.Path) {
			return missing(dataPath(f.Path))
		}
		if p, ok := f.at(b.e).(*string); ok && *p == "" {
			return fault.New(fault.Invalid, dataPath(f.Path), "is empty: every %s has it", b.e.Type)
		}
	}
	if b.e.Subject == "" {
		b.e.Subject = b.e.Context.Account
	}
	return nil
}

// required lists what every event of a type must carry, in the vocabulary's order.
var required = sync.OnceValue(func() map[Type][]*Field {
	out := map[Type][]*Field{}
	for _, f := range Fields() {
		for _, t := range Types() {
			if f.Required && f.On(t) {
				out[t] = append(out[t], &f)
			}
		}
	}
	return out
})

// dataPath is where a field stands in our own JSON.
func dataPath(path string) string {
	return "data." + strings.TrimPrefix(path, "event.")
}
