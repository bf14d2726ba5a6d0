package policy

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"bonafide/account/event"
	"bonafide/account/window"
)

// Bounds of a policy.
const (
	maxSteps = 16
	maxRules = 500
	maxDecls = 400
	maxKey   = 3 // fields
)

var name = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func failed(err error) ref.Val { return types.NewErr("%s", err.Error()) }

// Load reads and checks a policy. Errors are fault.Invalid and tell line and
// column; the first one ends the reading. A policy with a learned score has no
// model yet, so its score is 0, and a warning says so: see LoadFrom.
func Load(raw []byte) (*Policy, error) {
	f, err := readFile(raw)
	if err != nil {
		return nil, err
	}
	top := source{line: 1, col: 1}
	if !name.MatchString(strings.ReplaceAll(f.Policy, "-", "_")) || f.Version < 1 {
		return nil, top.wrong("a policy has a name (small letters, digits, -) and a version from 1")
	}
	p := &Policy{Name: f.Policy, Version: f.Version, Digest: sha256.Sum256(raw), Source: f.Source, Date: f.Date,
		byName: map[string]int{}, onType: map[event.Type]*program{}, costs: map[event.Type]uint64{}, decides: map[event.Type]bool{}, Answers: map[Action]Answers{}}
	if f.Lateness != "" {
		if p.lateness, err = spanOf(f.Lateness); err != nil {
			return nil, top.wrong("lateness: %v", err)
		}
	}
	l := &loader{file: f, p: p}
	for _, fd := range event.Fields() {
		if k, ok := fieldKind(fd.Kind); ok {
			if fd.Class != event.Free { // it has its place, and no expression finds it
				p.byName[fd.Path] = len(p.symbols)
			}
			p.symbols = append(p.symbols, symbol{name: fd.Path, kind: k, what: field, field: event.FieldAt(fd.Path)})
		}
	}
	p.own = len(p.symbols)
	if l.compiler, err = newCompiler(p, raw); err != nil {
		return nil, err
	}
	for _, step := range []func() error{l.amounts, l.lists, l.steps, l.declarations, l.scoring, l.tables, l.rules, l.marks, l.cases, l.finish} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("policy: load %s: %w", p.Name, err)
		}
	}
	return p, nil
}

type loader struct {
	*compiler
	file   *file
	p      *Policy
	groups map[string]int // series by what they record
}

func (l *loader) amounts() error {
	for _, n := range slices.Sorted(maps.Keys(l.file.Amounts)) {
		if !name.MatchString(n) || len(l.file.Amounts[n]) == 0 {
			return source{}.wrong("amounts: %q needs a name and one amount for each currency", n)
		}
		for cur := range l.file.Amounts[n] {
			if len(cur) != 3 || cur != strings.ToUpper(cur) {
				return source{}.wrong("amounts: %s: %q is no currency of ISO 4217", n, cur)
			}
		}
		if err := l.declare(symbol{name: "amount." + n, kind: integer, what: amount, money: l.file.Amounts[n]}); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) lists() error {
	for _, f := range l.file.Lists {
		fd := event.FieldAt(f.Of.text)
		if !name.MatchString(f.Name.text) || fd == nil || fd.Class == event.Free || fd.Kind != event.String && fd.Kind != event.Strings {
			return f.Name.wrong("a list has a name and is of a text field of the vocabulary, or a list of texts")
		}
		of, _ := event.DomainOf(f.Of.text)
		until := map[string]int64{}
		for _, e := range f.Entries {
			if e.Value == "" {
				return f.Name.wrong("an entry of the list has no value")
			}
			until[e.Value] = 0
			if !e.Until.IsZero() {
				until[e.Value] = e.Until.UnixMicro()
			}
		}
		if err := l.declare(symbol{name: "list." + f.Name.text, kind: boolean, what: list, src: f.Name, field: fd, until: until, list: listKey{f.Name.text, of}}); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) steps() error {
	if len(l.file.Steps) > maxSteps {
		return source{}.wrong("%d steps are more than %d", len(l.file.Steps), maxSteps)
	}
	for i, f := range l.file.Steps {
		lasts, err := spanOf(f.Lasts)
		if err != nil || lasts < window.MinSpan || lasts > window.MaxSpan {
			return f.ID.wrong("lasts is a length of time from 1m to 400d")
		}
		if !name.MatchString(f.ID.text) {
			return f.ID.wrong("the id of a step has small letters, digits and _")
		}
		if err := f.Title.whole(f.ID, "title"); err != nil {
			return err
		}
		st := Step{ID: f.ID.text, Title: f.Title, Lasts: lasts, Key: f.Key.texts()}
		if len(st.Key) == 0 {
			st.Key = []string{"event.account"}
		}
		if st.key, err = l.keyFields(f.ID, st.Key, false); err != nil {
			return err
		}
		st.grade = len(l.p.symbols)
		l.p.Steps = append(l.p.Steps, st)
		if err := l.declare(symbol{name: "story." + st.ID, kind: integer, what: story, src: f.ID, series: i, at: i}); err != nil {
			return err
		}
	}
	// a second symbol for each: since when
	for i := range l.p.Steps {
		l.p.Steps[i].since = len(l.p.symbols)
		if err := l.declare(symbol{name: "since." + l.p.Steps[i].ID, kind: length, what: measure, src: l.file.Steps[i].ID, series: i, at: 1, scale: window.Age}); err != nil {
			return err
		}
	}
	for i := range l.p.Steps {
		st := &l.p.Steps[i]
		st.series = i
		l.p.series = append(l.p.series, series{name: "story " + st.ID, key: st.key})
		l.p.plan.Series = append(l.p.plan.Series, window.Series{Name: "story " + st.ID, Measures: []window.Measure{
			{Kind: window.Max, Span: st.Lasts}, {Kind: window.Age, Span: max(st.Lasts, l.p.lateness)}}})
	}
	return nil
}

// whole tells what a text lacks. A language without words is what YAML makes of a
// comma in a text without quotes.
func (t Text) whole(at source, what string) error {
	for lang, words := range t {
		if words == "" {
			return at.wrong("%s has %q and no words for it: put a text that holds a comma in quotes", what, lang)
		}
	}
	for _, lang := range []string{"en", "de", "ja"} {
		if t[lang] == "" {
			return at.wrong("%s lacks its text in %s", what, lang)
		}
	}
	return nil
}

// keyFields reads a key of one to three fields, of which one may be a list, and
// returns its place among all keys.
func (l *loader) keyFields(at source, names []string, listed bool) (int, error) {
	if len(names) == 0 || len(names) > maxKey {
		return 0, at.wrong("a key has one to three fields")
	}
	k := keySpec{many: -1}
	for i, n := range names {
		fd := event.FieldAt(n)
		switch {
		case fd == nil || fd.Kind != event.String && fd.Kind != event.Strings:
			return 0, at.wrong("%q is no text field of the vocabulary", n)
		case fd.Class == event.Free:
			return 0, at.wrong("%q is what people write freely: nothing is decided by it", n)
		case fd.Kind == event.Strings && (k.many >= 0 || !listed):
			return 0, at.wrong("%q is a list: a key has at most one, and a step has none", n)
		case fd.Kind == event.Strings:
			k.many = i
		}
		k.fields = append(k.fields, fd)
	}
	for i := range l.p.keys {
		if slices.Equal(l.p.keys[i].fields, k.fields) {
			return i, nil
		}
	}
	l.p.keys = append(l.p.keys, k)
	return len(l.p.keys) - 1, nil
}

func (l *loader) types(at source, on words) ([]event.Type, error) {
	var out []event.Type
	for _, s := range on {
		if !slices.Contains(event.Types(), event.Type(s.text)) {
			return nil, s.wrong("%q is no type of event", s.text)
		}
		out = append(out, event.Type(s.text))
	}
	if len(out) == 0 {
		return nil, at.wrong("on is missing: name the types of event")
	}
	return out, nil
}

func (l *loader) declarations() error {
	if len(l.file.Declare) > maxDecls {
		return source{}.wrong("%d declarations are more than %d", len(l.file.Declare), maxDecls)
	}
	l.groups = map[string]int{}
	for i := range l.file.Declare {
		d := &l.file.Declare[i]
		switch {
		case d.Window.text != "" && d.Fact.text == "":
			if err := l.window(d); err != nil {
				return err
			}
		case d.Fact.text != "" && d.Window.text == "":
			if !name.MatchString(d.Fact.text) {
				return d.Fact.wrong("a name has small letters, digits and _")
			}
			e, err := l.compile(d.Is, boolean, integer, fraction, length) // no texts: facts of facts could grow without bound
			if err != nil {
				return err
			}
			l.lint(e)
			if err := l.declare(symbol{name: d.Fact.text, kind: e.kind, what: fact, src: d.Fact, expr: e}); err != nil {
				return err
			}
		default:
			return source{}.wrong("declaration %d is either a window or a fact", i+1)
		}
	}
	return nil
}

// window declares one window, in the series of those that record the same.
func (l *loader) window(d *declFile) error {
	m, err := l.measure(d)
	if err != nil {
		return err
	}
	on, err := l.types(d.Window, d.On)
	if err != nil {
		return err
	}
	key, err := l.keyFields(d.Window, d.Key.texts(), true)
	if err != nil {
		return err
	}
	for _, k := range l.p.keys[key].fields {
		for _, t := range on {
			if !k.On(t) {
				return d.Window.wrong("%s is not carried by events of type %s", k.Path, t)
			}
		}
	}
	k := integer
	if m.Kind.Fractional() {
		k = fraction
	} else if m.Kind == window.Age || m.Kind == window.Since {
		k = length
	}
	sym := symbol{name: d.Window.text, kind: k, what: measure, src: d.Window, scale: m.Kind}
	if m.Kind.Optional() {
		if sym.absent, err = l.absent(d, k); err != nil {
			return err
		}
	} else if d.Default.text != "" {
		return d.Default.wrong("%s always has a value: it needs no default", m.Kind)
	}
	n, err := l.seriesOf(d, on, key, m.Kind)
	if err != nil {
		return err
	}
	sym.series, sym.at = n, len(l.p.plan.Series[n].Measures)
	if d.Entries < 0 || d.Keys < 0 {
		return d.Window.wrong("max_entries and max_keys are not less than none")
	}
	ps := &l.p.plan.Series[n]
	ps.Measures = append(ps.Measures, m)
	ps.MaxEntries, ps.MaxKeys = max(ps.MaxEntries, d.Entries), max(ps.MaxKeys, d.Keys)
	l.p.series[n].symbols = append(l.p.series[n].symbols, len(l.p.symbols))
	if !name.MatchString(sym.name) {
		return d.Window.wrong("a name has small letters, digits and _")
	}
	return l.declare(sym)
}

func (l *loader) measure(d *declFile) (window.Measure, error) {
	k, ok := window.KindOf(d.Measure)
	if !ok {
		return window.Measure{}, d.Window.wrong("%q is no measure: count, sum, min, max, mean, stddev, distinct, quantile, last, age, since, ratio_count, ratio_sum, ratio_mean, sequence, set", d.Measure)
	}
	m := window.Measure{Kind: k, Prior: d.Prior, Q: d.Q, Steps: len(d.Steps)}
	if k == window.Last {
		return m, d.Window.wrong("last is kept as a hash: ask whether a value is new by count over the pair of keys, with prior")
	}
	for _, x := range []struct {
		text string
		to   *time.Duration
	}{{d.Span, &m.Span}, {d.Base, &m.Base}, {d.Gap, &m.Gap}} {
		if x.text == "" {
			continue
		}
		var err error
		if *x.to, err = spanOf(x.text); err != nil {
			return m, d.Window.wrong("%v", err)
		}
	}
	check := window.Plan{Lateness: l.p.lateness, Series: []window.Series{{Name: d.Window.text, Measures: []window.Measure{m}}}}
	if err := check.Check(); err != nil {
		return m, d.Window.wrong("%v", err)
	}
	return m, nil
}

func (l *loader) absent(d *declFile, k kind) (value, error) {
	if d.Default.text == "" {
		return value{}, d.Window.wrong("%s has no value where nothing was counted: give a default", d.Measure)
	}
	if k == length {
		v, err := spanOf(d.Default.text)
		if err != nil {
			return value{}, d.Default.wrong("%v", err)
		}
		return value{i: v.Microseconds()}, nil
	}
	e, err := l.compile(d.Default, k)
	if err != nil {
		return value{}, err
	}
	v, _, ok := literal(e.tree.Expr())
	if !ok {
		return value{}, d.Default.wrong("a default is a number")
	}
	return v, nil
}

// seriesOf finds or makes the series of a window.
func (l *loader) seriesOf(d *declFile, on []event.Type, key int, k window.Kind) (int, error) {
	id := fmt.Sprintf("%v|%v|%s|%s|%v", d.On.texts(), d.Key.texts(), d.Where.text, d.Value.text, d.Steps.texts())
	if n, ok := l.groups[id]; ok {
		return n, l.fits(d, &l.p.series[n], k)
	}
	s := series{name: d.Window.text, key: key}
	var err error
	take := func(src source, want ...kind) *expr {
		if src.text == "" || err != nil {
			return nil
		}
		var e *expr
		if e, err = l.compile(src, want...); err == nil {
			err = l.carried(e, on)
			l.lint(e)
		}
		return e
	}
	s.where = take(d.Where, boolean)
	s.value = take(d.Value, integer, text)
	for _, st := range d.Steps {
		s.steps = append(s.steps, take(st, boolean))
	}
	if err != nil {
		return 0, err
	}
	s.hashed = s.value != nil && s.value.kind == text
	if err := l.fits(d, &s, k); err != nil {
		return 0, err
	}
	l.lintKey(d, l.p.keys[key].fields)
	n := len(l.p.series)
	l.groups[id] = n
	l.p.series = append(l.p.series, s)
	l.p.plan.Series = append(l.p.plan.Series, window.Series{Name: s.name})
	for _, t := range on {
		pr := l.program(t)
		pr.record = append(pr.record, n)
		if !slices.Contains(pr.keys, key) {
			pr.keys = append(pr.keys, key)
		}
	}
	return n, nil
}

// fits tells whether a measure can be taken of what the series records.
func (l *loader) fits(d *declFile, s *series, k window.Kind) error {
	steps := k == window.Sequence || k == window.Set
	switch {
	case steps != (s.steps != nil):
		return d.Window.wrong("steps belong to the measures sequence and set")
	case steps && s.value != nil:
		return d.Window.wrong("a sequence has steps and no value")
	case s.hashed && k != window.Distinct && k != window.Count && k != window.Age && k != window.Since && k != window.RatioCount:
		return d.Window.wrong("%s needs a number: its value is a text", k)
	case k == window.Distinct && s.value == nil:
		return d.Window.wrong("distinct needs a value: what is to differ")
	}
	return nil
}

func (l *loader) program(t event.Type) *program {
	if l.p.onType[t] == nil {
		l.p.onType[t] = &program{}
	}
	return l.p.onType[t]
}
