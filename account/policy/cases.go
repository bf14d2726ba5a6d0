package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/account/event"
	"bonafide/account/window"
)

// Case is one test case of a policy: events, and what must come of them.
type Case struct {
	Name string `yaml:"name"`
	// About says why the case matters.
	About  string     `yaml:"about"`
	Events caseEvents `yaml:"events"`
	// Must is the mildest action that must be reached, at the latest by the
	// event with the number By (from 1; the last if zero).
	Must string `yaml:"must"`
	By   int    `yaml:"by"`
	// Never is the mildest action that no event may get.
	Never string `yaml:"never"`
	// Rules must hit somewhere, Not must hit nowhere.
	Rules []string `yaml:"rules"`
	Not   []string `yaml:"not"`
}

type caseEvents []caseEvent

type caseEvent struct {
	At     string         `yaml:"at"`
	Type   string         `yaml:"type"`
	Repeat int            `yaml:"repeat"`
	Every  string         `yaml:"every"`
	Data   map[string]any `yaml:"data"`
}

// UnmarshalYAML takes lists of events in the list, so that cases can share a
// history by an anchor. What is visited is bounded: lists of lists of aliases
// could else be long without holding an event.
func (c *caseEvents) UnmarshalYAML(n *yaml.Node) error {
	budget := 4 * maxCaseEvents
	return c.take(n, &budget)
}

func (c *caseEvents) take(n *yaml.Node, budget *int) error {
	for _, x := range n.Content {
		if *budget--; *budget < 0 {
			return fmt.Errorf("line %d: the events of a case are more than %d, or lists of lists of them", x.Line, maxCaseEvents)
		}
		for x.Kind == yaml.AliasNode {
			x = x.Alias
		}
		if x.Kind == yaml.SequenceNode {
			if err := c.take(x, budget); err != nil {
				return err
			}
			continue
		}
		var e caseEvent
		if err := x.Decode(&e); err != nil {
			return err
		}
		*c = append(*c, e)
	}
	return nil
}

// maxCaseEvents bounds the events of one case.
const maxCaseEvents = 2000

// caseStart is the time from which cases count: a Monday.
var caseStart = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func (l *loader) cases() error {
	for i := range l.file.Cases {
		c := &l.file.Cases[i]
		at := source{}
		if c.Name == "" || c.Must == "" && c.Never == "" && len(c.Rules) == 0 && len(c.Not) == 0 {
			return at.wrong("case %d (%q) has a name and says what must come of it", i+1, c.Name)
		}
		for _, a := range []string{c.Must, c.Never} {
			if _, ok := ActionOf(a); a != "" && !ok {
				return at.wrong("case %q: %q is no action", c.Name, a)
			}
		}
		for _, id := range append(slices.Clone(c.Rules), c.Not...) {
			if !slices.ContainsFunc(l.p.Rules, func(r Rule) bool { return r.ID == id }) {
				return at.wrong("case %q: %q is no rule of this policy", c.Name, id)
			}
		}
		if _, err := c.events(); err != nil {
			return at.wrong("case %q: %v", c.Name, err)
		}
	}
	l.p.Cases = l.file.Cases
	return nil
}

// events makes the events of the case, in the order of their times.
func (c *Case) events() ([]event.Event, error) {
	var out []event.Event
	for i := range c.Events {
		x := &c.Events[i]
		at, err := offset(x.At)
		if err != nil {
			return nil, fmt.Errorf("event %d: at: %w", i+1, err)
		}
		every := time.Duration(0)
		if x.Every != "" {
			if every, err = spanOf(x.Every); err != nil {
				return nil, fmt.Errorf("event %d: every: %w", i+1, err)
			}
		}
		for n := range max(x.Repeat, 1) {
			if len(out) >= maxCaseEvents {
				return nil, fmt.Errorf("more than %d events", maxCaseEvents)
			}
			raw, err := json.Marshal(map[string]any{"specversion": "1.0", "id": fmt.Sprint(len(out) + 1), "source": "case", "type": x.Type,
				"time": caseStart.Add(at + time.Duration(n)*every).Format(time.RFC3339Nano), "data": numbered(x.Data, n+1)})
			if err != nil {
				return nil, fmt.Errorf("event %d: %w", i+1, err)
			}
			e, err := event.Parse(raw, event.Options{})
			if err != nil {
				return nil, fmt.Errorf("event %d: %w", i+1, err)
			}
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	return out, nil
}

// offset is a length of time before (-) or after the start of the case.
func offset(s string) (time.Duration, error) {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		d, err := spanOf(rest)
		return -d, err
	}
	return spanOf(s)
}

// numbered puts the number of a repeated event in the place of {n}.
func numbered(v any, n int) any {
	switch x := v.(type) {
	case string:
		return strings.ReplaceAll(x, "{n}", fmt.Sprint(n))
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = numbered(e, n)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = numbered(x[i], n)
		}
		return out
	}
	return v
}

// CaseResult is what came of one case; Problems is empty where all is well.
type CaseResult struct {
	Name     string
	Problems []string
	// Hits are the rules and rows of tables that hit somewhere in it, in the order of
	// the policy.
	Hits []string
}

// Test runs the cases of the policy, each with an empty engine.
func (p *Policy) Test() ([]CaseResult, error) {
	out := make([]CaseResult, 0, len(p.Cases))
	for i := range p.Cases {
		c := &p.Cases[i]
		events, err := c.events()
		if err != nil {
			return nil, fmt.Errorf("policy %s: case %q: %w", p.Name, c.Name, err)
		}
		engine, err := window.New(p.plan, 1)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name, err)
		}
		problems, hit := c.check(p, NewJudge(p, engine), events)
		x := CaseResult{Name: c.Name, Problems: problems}
		for i := range p.Rules {
			if id := p.Rules[i].ID; hit[id] {
				x.Hits = append(x.Hits, id)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Untried are the rows of decision tables that hit in none of the results.
func (p *Policy) Untried(results []CaseResult) (out []string) {
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.table > 0 && !slices.ContainsFunc(results, func(x CaseResult) bool { return slices.Contains(x.Hits, r.ID) }) {
			out = append(out, r.ID)
		}
	}
	return out
}

func (c *Case) check(p *Policy, j *Judge, events []event.Event) (problems []string, hit map[string]bool) {
	must, _ := ActionOf(c.Must)
	never, guarded := ActionOf(c.Never)
	by := c.By
	if by == 0 {
		by = len(events)
	}
	reached := 0
	hit = map[string]bool{}
	for n := range events {
		r := j.Evaluate(&events[n])
		if r.Action >= must && reached == 0 {
			reached = n + 1
		}
		var why []string
		for _, h := range r.Hits {
			hit[p.Rules[h.Rule].ID] = true
			why = append(why, p.Rules[h.Rule].ID)
		}
		if guarded && r.Action >= never {
			problems = append(problems, fmt.Sprintf("event %d (%s) got %s with score %d: %v, story %v", n+1, events[n].Type, r.Action, r.Score, why, r.Story))
		}
		for _, f := range r.Faults {
			problems = append(problems, fmt.Sprintf("event %d (%s): %s", n+1, events[n].Type, f.Text))
		}
	}
	if c.Must != "" && (reached == 0 || reached > by) {
		problems = append(problems, fmt.Sprintf("%s was reached at event %d of %d (0: never), and must be by %d", must, reached, len(events), by))
	}
	for _, id := range c.Rules {
		if !hit[id] {
			problems = append(problems, fmt.Sprintf("rule %s did not hit", id))
		}
	}
	for _, id := range c.Not {
		if hit[id] {
			problems = append(problems, fmt.Sprintf("rule %s hit", id))
		}
	}
	return problems, hit
}
