package event

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/currency"

	"bonafide/fault"
)

// Mapping turns a shop's own JSON or CSV into events; docs/mappings.md
// describes its file. It is read-only after loading and safe for concurrent use.
type Mapping struct {
	Name    string
	Version int
	Format  Format
	file    mappingFile
	typ     rule
	id      rule
	source  rule
	time    rule
	fields  []fieldRule
	each    path
	items   []fieldRule
}

// Format is how the foreign events stand in a file.
type Format string

// The formats: one object or a list of them; one object a line; a header and rows.
const (
	JSON   Format = "json"
	NDJSON Format = "ndjson"
	CSV    Format = "csv"
)

type mappingFile struct {
	Mapping string              `yaml:"mapping"`
	Version int                 `yaml:"version"`
	Source  string              `yaml:"source"`
	About   string              `yaml:"about"`
	Date    string              `yaml:"date"`
	Format  Format              `yaml:"format"`
	Comma   string              `yaml:"comma"`
	ID      ruleFile            `yaml:"id"`
	From    ruleFile            `yaml:"sender"`
	Time    ruleFile            `yaml:"time"`
	Type    ruleFile            `yaml:"type"`
	Fields  map[string]ruleFile `yaml:"fields"`
	Items   map[string]ruleFile `yaml:"items"`
}

// ruleFile is one place: a path alone, or an object.
type ruleFile struct {
	From   string            `yaml:"from"`
	Value  string            `yaml:"value"`
	As     string            `yaml:"as"`
	Values map[string]string `yaml:"values"`
	Others string            `yaml:"others"`
	Else   string            `yaml:"else"`
}

// UnmarshalYAML reads a path alone as {from: path}.
func (r *ruleFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		r.From = n.Value
		return nil
	}
	type plain ruleFile
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains([]string{"from", "value", "as", "values", "others", "else"}, k.Value) {
			return fmt.Errorf("line %d: field %s not found: use from, value, as, values, others, else", k.Line, clip(k.Value))
		}
	}
	return n.Decode((*plain)(r))
}

type rule struct {
	set    bool
	from   path
	value  string
	as     string
	values map[string]string
	others string
	other  string // taken for a value that values does not list
}

type fieldRule struct {
	field *Field // nil for items
	name  string
	rule
}

// LoadMapping reads a mapping file and checks every name in it against the
// vocabulary. Errors name the place in the file.
func LoadMapping(raw []byte) (*Mapping, error) {
	if len(raw) > MaxSize {
		return nil, fault.New(fault.TooLarge, "", "a mapping of %d bytes is too large: at most %d", len(raw), MaxSize)
	}
	m := &Mapping{}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&m.file); err != nil {
		return nil, fault.New(fault.Invalid, "", "read a mapping: %s", err.Error())
	}
	f := &m.file
	m.Name, m.Version, m.Format = f.Mapping, f.Version, f.Format
	if m.Name == "" || m.Version < 1 {
		return nil, fault.New(fault.Invalid, "mapping", "a mapping has a name and a version from 1")
	}
	if !slices.Contains([]Format{JSON, NDJSON, CSV}, m.Format) {
		return nil, fault.New(fault.Invalid, "format", "is none of json, ndjson, csv")
	}
	if f.Comma == "" {
		f.Comma = ","
	}
	if len(f.Comma) != 1 || strings.ContainsAny(f.Comma, "\"\r\n") {
		return nil, fault.New(fault.Invalid, "comma", "is one character")
	}
	if f.ID.From == "" || f.Time.From == "" {
		return nil, fault.New(fault.Invalid, "id", "id and time come from a path: name it for both")
	}
	var err error
	for _, x := range []struct {
		name string
		file ruleFile
		to   *rule
	}{{"id", f.ID, &m.id}, {"sender", f.From, &m.source}, {"time", f.Time, &m.time}, {"type", f.Type, &m.typ}} {
		if *x.to, err = compile(x.name, x.file); err != nil {
			return nil, err
		}
		if !x.to.set {
			return nil, fault.New(fault.Invalid, x.name, "is missing: give a path or a value")
		}
	}
	for from, to := range f.Type.Values {
		if !slices.Contains(Types(), Type(to)) {
			return nil, fault.New(fault.Invalid, "type.values."+clip(from), "is no type of the vocabulary")
		}
	}
	return m, m.compileFields()
}

func (m *Mapping) compileFields() error {
	for name, file := range m.file.Fields {
		f := FieldAt(name)
		if f == nil || f.Derived || f.Kind == lines {
			return fault.New(fault.Invalid, "fields."+clip(name), "is no field of the vocabulary that can be sent (items stand under items)")
		}
		r, err := compile("fields."+name, file)
		if err != nil {
			return err
		}
		m.fields = append(m.fields, fieldRule{field: f, name: name, rule: r})
	}
	for name, file := range m.file.Items {
		r, err := compile("items."+clip(name), file)
		if err != nil {
			return err
		}
		if name == "each" {
			m.each = r.from
			continue
		}
		if !slices.Contains([]string{"kind", "amount", "quantity", "digital", "recipient"}, name) {
			return fault.New(fault.Invalid, "items."+clip(name), "is none of each, kind, amount, quantity, digital, recipient")
		}
		m.items = append(m.items, fieldRule{name: name, rule: r})
	}
	byName := func(a, b fieldRule) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(m.fields, byName)
	slices.SortFunc(m.items, byName)
	return nil
}

func compile(at string, f ruleFile) (rule, error) {
	r := rule{value: f.Value, as: f.As, values: f.Values, others: f.Others, other: f.Else}
	if f.From != "" {
		p, err := parsePath(f.From)
		if err != nil {
			return r, fault.New(fault.Invalid, at, "%s", err.Error())
		}
		r.from = p
		r.set = true
	}
	r.set = r.set || f.Value != ""
	if !slices.Contains([]string{"", "unix", "unix_ms", "rfc3339", "minor", "decimal"}, f.As) {
		return r, fault.New(fault.Invalid, at+".as", "is none of unix, unix_ms, rfc3339, minor, decimal")
	}
	if !slices.Contains([]string{"", "keep", "skip", "refuse"}, f.Others) {
		return r, fault.New(fault.Invalid, at+".others", "is none of keep, skip, refuse")
	}
	return r, nil
}

// Event turns one foreign JSON object into an event. ok is false where the
// mapping says that its type is skipped. Errors name the field that was to be
// filled and never repeat a value.
func (m *Mapping) Event(raw []byte) (e Event, ok bool, err error) {
	n, err := readJSON(raw)
	if err != nil {
		return Event{}, false, err
	}
	return m.event(&n)
}

func (m *Mapping) event(in *node) (Event, bool, error) {
	t, skip, err := m.typ.text("type", in)
	if skip || err != nil {
		return Event{}, false, err
	}
	out := node{shape: object}
	out.put("type", node{shape: text, text: t})
	for _, x := range []struct {
		name string
		rule rule
	}{{"id", m.id}, {"source", m.source}} {
		s, skip, err := x.rule.text(x.name, in)
		if skip || err != nil {
			return Event{}, false, err
		}
		out.put(x.name, node{shape: text, text: s})
	}
	when := m.time
	v, err := when.convert("time", Time, in, "")
	if err != nil {
		return Event{}, false, err
	}
	if v != nil {
		out.put("time", *v)
	}
	data := node{shape: object}
	if err := m.data(&data, Type(t), in); err != nil {
		return Event{}, false, err
	}
	out.put("data", data)
	e, err := bind(&out, Options{})
	return e, err == nil, err
}

func (m *Mapping) data(data *node, t Type, in *node) error {
	money := ""
	for _, f := range m.fields { // the currency first: decimals need it
		if strings.HasSuffix(f.name, ".currency") && f.field.On(t) {
			s, _, err := f.text(f.name, in)
			if err != nil {
				return err
			}
			money = s
		}
	}
	for _, f := range m.fields {
		if !f.field.On(t) {
			continue
		}
		v, err := f.convert(f.name, f.field.Kind, in, money)
		if err != nil {
			return err
		}
		if v == nil {
			continue
		}
		group, name, _ := strings.Cut(f.name, ".")
		if group == "event" {
			data.put(name, *v)
			continue
		}
		if data.get(group) == nil {
			data.put(group, node{shape: object})
		}
		data.get(group).put(name, *v)
	}
	if t != OrderPlaced || len(m.items) == 0 {
		return nil
	}
	items, err := m.orderItems(in, money)
	if err != nil || len(items.nodes) == 0 {
		return err
	}
	if data.get("order") == nil {
		data.put("order", node{shape: object})
	}
	data.get("order").put("items", items)
	return nil
}

func (m *Mapping) orderItems(in *node, money string) (node, error) {
	out := node{shape: list}
	from := m.each.find(in)
	if from == nil {
		return out, nil
	}
	each := []node{*from}
	if from.shape == list {
		each = from.nodes
	}
	kinds := map[string]Kind{"amount": Int, "quantity": Int, "digital": Bool}
	for i := range each {
		item := node{shape: object}
		for _, f := range m.items {
			v, err := f.convert("order.items["+strconv.Itoa(i)+"]."+f.name, kinds[f.name], &each[i], money)
			if err != nil {
				return out, err
			}
			if v != nil {
				item.put(f.name, *v)
			}
		}
		out.nodes = append(out.nodes, item)
	}
	return out, nil
}

// text is the value of a rule as a text; skip where the rule says so.
func (r *rule) text(at string, in *node) (s string, skip bool, err error) {
	s = r.value
	if n := r.from.find(in); n != nil && r.from != nil {
		switch n.shape {
		case text, number:
			s = n.text
		case truth:
			s = strconv.FormatBool(n.yes)
		default:
			return "", false, wrongShape(at, n, "a text")
		}
	} else if r.value == "" {
		return "", false, missing(at)
	}
	if r.values == nil {
		return s, false, nil
	}
	if to, ok := r.values[s]; ok {
		return to, false, nil
	}
	if r.other != "" {
		return r.other, false, nil
	}
	switch r.others {
	case "skip":
		return "", true, nil
	case "keep":
		return s, false, nil
	}
	return "", false, fault.New(fault.Invalid, at, "has a value that the mapping does not list: add it, or say others: skip")
}

// convert makes the node that the field wants; nil where the place is absent.
func (r *rule) convert(at string, k Kind, in *node, money string) (*node, error) {
	if r.value == "" && (r.from == nil || r.from.find(in) == nil) && !r.whole(in) {
		return nil, nil
	}
	if k == Strings {
		return r.from.find(in), nil
	}
	s, skip, err := r.text(at, in)
	if skip || err != nil {
		return nil, err
	}
	if s == "" && r.value == "" {
		return nil, nil // an empty cell of a table is absent
	}
	switch k {
	case Int:
		n, err := amount(at, s, r.as, money)
		return &node{shape: number, text: n}, err
	case Bool:
		yes, err := strconv.ParseBool(s)
		if err != nil {
			return nil, fault.New(fault.Invalid, at, "is neither true nor false: list its values in the mapping")
		}
		return &node{shape: truth, yes: yes}, nil
	case Time:
		t, err := moment(at, s, r.as)
		return &node{shape: text, text: t}, err
	}
	return &node{shape: text, text: s}, nil
}

// whole tells that the rule's path is $ itself.
func (r *rule) whole(in *node) bool {
	return r.set && r.value == "" && len(r.from) == 0 && in.shape != object && in.shape != list && in.shape != null
}

func amount(at, s, as, money string) (string, error) {
	if as != "decimal" {
		return s, nil
	}
	unit, err := currency.ParseISO(money)
	if err != nil {
		return "", fault.New(fault.Invalid, at, "is a decimal amount without a currency: map the currency too")
	}
	scale, _ := currency.Standard.Rounding(unit)
	v, ok := new(big.Rat).SetString(s)
	if !ok || len(s) > 40 || strings.ContainsAny(s, "eE/") {
		return "", fault.New(fault.Invalid, at, "is no decimal amount such as 12.50")
	}
	v.Mul(v, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	if !v.IsInt() {
		return "", fault.New(fault.Invalid, at, "has more decimals than its currency")
	}
	return v.Num().String(), nil
}

func moment(at, s, as string) (string, error) {
	if as == "" || as == "rfc3339" {
		return s, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > 1<<43 {
		return "", fault.New(fault.Invalid, at, "is no number of seconds or milliseconds since 1970")
	}
	t := time.Unix(n, 0)
	if as == "unix_ms" {
		t = time.UnixMilli(n)
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}
