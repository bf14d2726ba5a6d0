package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bonafide/account/event"
	"bonafide/account/window"
)

func (l *loader) rules() error {
	if len(l.file.Rules) == 0 || len(l.file.Rules) > maxRules {
		return source{}.wrong("a policy has 1 to %d rules and rows of tables, not %d", maxRules, len(l.file.Rules))
	}
	seen := map[string]int{}
	same := map[string]string{}
	for i := range l.file.Rules {
		f := &l.file.Rules[i]
		r, on, err := l.rule(f)
		if err != nil {
			return err
		}
		if line := seen[r.ID]; line > 0 {
			return f.ID.wrong("the rule %q stands on line %d already", r.ID, line)
		}
		seen[r.ID] = r.Line
		id := fmt.Sprint(f.On.texts(), f.When.text, f.table)
		if other := same[id]; other != "" && f.table == 0 {
			l.warn(f.When, "is the same condition as that of %q: both always hit together", other)
		}
		same[id] = r.ID
		if v, _, ok := literal(r.when.tree.Expr()); ok && v.i == 0 {
			l.warn(f.When, "is always false")
		}
		for _, t := range on {
			pr := l.program(t)
			pr.rules = append(pr.rules, len(l.p.Rules))
		}
		l.p.Rules = append(l.p.Rules, r)
	}
	return nil
}

func (l *loader) rule(f *ruleFile) (Rule, []event.Type, error) {
	r := Rule{ID: f.ID.text, Line: f.ID.line, Score: f.Score, Step: -1, Reason: f.Reason, Support: f.Support, Customer: f.Customer, on: map[event.Type]bool{}, table: f.table, row: f.row}
	if f.table > 0 {
		hit := l.p.Tables[f.table-1].Hit
		r.ends, r.adds = hit != hitCollect, hit == hitCollect
	}
	if !name.MatchString(r.ID) {
		return r, nil, f.ID.wrong("the id of a rule has small letters, digits and _")
	}
	on, err := l.types(f.ID, f.On)
	if err != nil {
		return r, nil, err
	}
	for _, t := range on {
		r.on[t] = true
	}
	if r.when, err = l.compile(f.When, boolean); err != nil {
		return r, nil, err
	}
	if err := l.carried(r.when, on); err != nil {
		return r, nil, err
	}
	l.lint(r.when)
	if f.Step != "" {
		r.Step = slices.IndexFunc(l.p.Steps, func(s Step) bool { return s.ID == f.Step })
		if r.Step < 0 {
			return r, nil, f.ID.wrong("%q is no step of this policy", f.Step)
		}
		if f.Score <= 0 {
			return r, nil, f.ID.wrong("a rule of a step has a score above zero")
		}
	}
	if f.Action != "" {
		ok := false
		if r.Floor, ok = ActionOf(f.Action); !ok {
			return r, nil, f.ID.wrong("%q is no action: allow, challenge, hold, block", f.Action)
		}
	}
	if r.Score == 0 && r.Floor == Allow && len(f.Shop) == 0 && !r.ends { // a row may end its table and ask for nothing
		return r, nil, f.ID.wrong("the rule changes nothing: give it a score, an action or something for the shop to do")
	}
	for _, s := range f.Shop {
		d, err := spanOf(s.For)
		if err != nil || !name.MatchString(s.Do) || d <= 0 {
			return r, nil, f.ID.wrong("a shop action has a name and a length of time: {do: hide_gift_cards, for: 24h}")
		}
		r.Shop = append(r.Shop, ShopAction{s.Do, d})
	}
	if err := f.Reason.whole(f.ID, "reason"); err != nil {
		return r, nil, err
	}
	for _, t := range []Text{f.Reason, f.Support, f.Customer} {
		if err := l.places(f.ID, t); err != nil {
			return r, nil, err
		}
	}
	return r, on, nil
}

// places checks the names in braces of a text.
func (l *loader) places(at source, t Text) error {
	for lang, s := range t {
		for rest := s; ; {
			_, after, ok := strings.Cut(rest, "{")
			if !ok {
				break
			}
			n, tail, ok := strings.Cut(after, "}")
			n, how, _ := strings.Cut(n, ":")
			if _, known := l.p.byName[n]; !ok || !known || !howKnown(n, how) {
				return at.wrong("the text in %s names {%s}, which is no value here", lang, n)
			}
			rest = tail
		}
	}
	return nil
}

// howKnown tells whether a value can be written that way.
func howKnown(name, how string) bool {
	switch how {
	case "", "money":
		return true
	case "percent", "why":
		return name == scoreName
	}
	return false
}

func (l *loader) marks() error {
	last := int64(0)
	for a := Challenge; a <= Block; a++ {
		m, ok := l.file.Thresholds[a.String()]
		if !ok {
			continue
		}
		if m <= last {
			return source{}.wrong("thresholds: %s must be above zero and above the milder actions", a)
		}
		l.p.marks[a], last = m, m
	}
	for k := range l.file.Thresholds {
		if a, ok := ActionOf(k); !ok || a == Allow {
			return source{}.wrong("thresholds: %q is none of challenge, hold, block", k)
		}
	}
	for _, t := range l.file.Decides {
		if !slices.Contains(event.Types(), event.Type(t)) {
			return source{}.wrong("decides: %q is no type of event", t)
		}
		l.p.decides[event.Type(t)] = true
		l.program(event.Type(t)) // a remembered story counts even where no rule is
	}
	if len(l.p.decides) == 0 {
		return source{}.wrong("decides is missing: name the types of event that are acted on")
	}
	for _, k := range slices.Sorted(maps.Keys(l.file.Answers)) {
		a, ok := ActionOf(k)
		if !ok {
			return source{}.wrong("answers: %q is no action", k)
		}
		x := l.file.Answers[k]
		at := source{}
		if err := x.Customer.whole(at, "answers: customer"); err != nil {
			return err
		}
		if err := x.Support.whole(at, "answers: support"); err != nil {
			return err
		}
		l.p.Answers[a] = Answers(x)
	}
	return nil
}

// finish bounds the whole and looks for what can never happen.
func (l *loader) finish() error {
	p := l.p
	p.plan.Lateness = p.lateness
	if err := p.plan.Check(); err != nil {
		return source{}.wrong("%v", err)
	}
	facts := uint64(0)
	for i := range p.symbols {
		if p.symbols[i].what == fact {
			facts += p.symbols[i].expr.cost
		}
	}
	for t, pr := range p.onType {
		cost := facts + p.scoreCost(t) // each is computed once an event, if at all
		for _, n := range pr.record {
			s := &p.series[n]
			for _, e := range append([]*expr{s.where, s.value}, s.steps...) {
				if e != nil {
					cost += e.cost
				}
			}
		}
		for _, i := range pr.rules {
			cost += p.Rules[i].when.cost
		}
		p.costs[t] = cost
		if cost > maxTypeCost {
			return source{}.wrong("one event of type %s can cost %d: at most %d", t, cost, maxTypeCost)
		}
	}
	for i := range p.Steps {
		if !slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Step == i }) {
			l.warn(l.file.Steps[i].ID, "no rule is evidence for the step %q", p.Steps[i].ID)
		}
	}
	best := p.best()
	for a := Challenge; a <= Block; a++ {
		if p.marks[a] > best {
			l.warn(source{line: 1, col: 1}, "no score reaches %s: all rules together give %d of %d", a, best, p.marks[a])
		}
	}
	if err := l.scored(); err != nil {
		return err
	}
	l.unused()
	slices.SortStableFunc(p.Warnings, func(a, b Warning) int { return a.Line - b.Line })
	return nil
}

// best is the score of an event for which all rules hit that can hit together.
func (p *Policy) best() int64 {
	best := int64(0)
	tables := make([]int64, len(p.Tables))
	steps := make([]int64, len(p.Steps))
	for i := range p.Rules {
		switch r := &p.Rules[i]; {
		case r.Score <= 0:
		case r.adds:
			tables[r.table-1] += r.Score
		case r.ends:
			tables[r.table-1] = max(tables[r.table-1], r.Score)
		case r.Step >= 0:
			steps[r.Step] = max(steps[r.Step], r.Score)
		default:
			best += r.Score
		}
	}
	for i, n := range tables {
		if at := slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == p.Tables[i].Step }); at >= 0 {
			steps[at] = max(steps[at], n)
		} else {
			best += n
		}
	}
	for _, n := range steps {
		best += n
	}
	return best
}

// unused warns of windows and facts that nothing asks for.
func (l *loader) unused() {
	used := map[int]bool{}
	var visit func(e *expr)
	visit = func(e *expr) {
		if e == nil {
			return
		}
		for _, i := range e.uses {
			if !used[i] {
				used[i] = true
				visit(l.p.symbols[i].expr)
			}
		}
	}
	if s := l.p.score; s != nil {
		visit(s.where)
		for _, f := range s.features {
			visit(f.is)
		}
	}
	for i := range l.p.Rules {
		visit(l.p.Rules[i].when)
		for _, t := range []Text{l.p.Rules[i].Reason, l.p.Rules[i].Support, l.p.Rules[i].Customer} {
			for n, i := range l.p.byName {
				if strings.Contains(t["en"], "{"+n) {
					used[i] = true
				}
			}
		}
	}
	for i := range l.p.series {
		s := &l.p.series[i]
		for _, e := range append([]*expr{s.where, s.value}, s.steps...) {
			visit(e)
		}
	}
	for i, s := range l.p.symbols {
		if (s.what == measure || s.what == fact || s.what == list || s.what == amount) && !used[i] && !strings.HasPrefix(s.name, "since.") {
			l.warn(s.src, "%s is never asked for", s.name)
		}
	}
}

func (l *loader) warn(at source, format string, args ...any) {
	l.p.Warnings = append(l.p.Warnings, Warning{max(at.line, 1), max(at.col, 1), fmt.Sprintf(format, args...)})
}

const originWarning = "judges by the country: country of origin is no sign of fraud, and a rule by it is unlawful in many places; compare with the account's own history"

func (l *loader) lint(e *expr) {
	if l.byCountry(e) {
		l.warn(l.place(e.src, 1, 0), originWarning)
	}
}

// lintKey warns of windows that count people by country, and of sums over
// several currencies.
func (l *loader) lintKey(d *declFile, key []*event.Field) {
	if len(key) == 1 && key[0].Path == "event.country" {
		l.warn(d.Window, originWarning)
	}
	if !strings.HasSuffix(d.Value.text, "amount") || d.Measure == window.Count.String() {
		return
	}
	if !slices.ContainsFunc(key, func(f *event.Field) bool { return strings.HasSuffix(f.Path, "currency") }) {
		l.warn(d.Window, "adds up or compares amounts of different currencies: add the currency to the key")
	}
}

// minutes writes a length of time for people.
func minutes(d time.Duration, lang string) string {
	units := map[string][4]string{"en": {" s", " min", " h", " days"}, "de": {" s", " min", " h", " Tagen"}, "ja": {"秒", "分", "時間", "日"}}
	u, ok := units[lang]
	if !ok {
		u = units["en"]
	}
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d%s", d/time.Second, u[0])
	case d < 2*time.Hour:
		return fmt.Sprintf("%d%s", d/time.Minute, u[1])
	case d < 48*time.Hour:
		return fmt.Sprintf("%d%s", d/time.Hour, u[2])
	}
	return fmt.Sprintf("%d%s", d/(24*time.Hour), u[3])
}
