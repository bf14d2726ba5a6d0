// Package shadow compares what a candidate would have decided with what was
// decided, event by event, while both run: how often they agree, what the
// candidate would newly stop and let go, and each rule of both. It counts in
// bounded memory, whatever is decided.
//
// It is not for deciding (account/guard), not for history (account/replay), and it
// does not know whether anybody was right.
//
//	c := shadow.New(live, candidate)
//	c.Take(e.Type, id, e.Time, &lived, &tried)
//	report := c.Report()
package shadow

import (
	"encoding/hex"
	"slices"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
)

// MaxExamples is how many of the newest events that one of the two stops are told.
const MaxExamples = 20

// Rule is one rule, by its id, in both policies.
type Rule struct {
	Rule string `json:"rule" doc:"Id of the rule."`
	// Live and Candidate are events that it hit in each, Both in both at the same event.
	Live      int64 `json:"live" doc:"Events that it hit in the policy that decides."`
	Candidate int64 `json:"candidate" doc:"Events that it hit in the candidate."`
	Both      int64 `json:"both" doc:"Events that it hit in both."`
}

// Change counts events by what each of the two decided.
type Change struct {
	Live      string `json:"live" enum:"allow,challenge,hold,block"`
	Candidate string `json:"candidate" enum:"allow,challenge,hold,block"`
	Events    int64  `json:"events"`
}

// Example is an event that only one of the two stops.
type Example struct {
	// Decision is the id under which the live decision is kept, if it did not allow.
	Decision  string    `json:"decision"`
	Time      time.Time `json:"time"`
	Type      string    `json:"type"`
	Live      string    `json:"live"`
	Candidate string    `json:"candidate"`
	Rules     []string  `json:"rules" doc:"Rules that hit in the one that stops."`
}

// Report is what was counted. Events are of types that either policy acts on.
type Report struct {
	Compared int64 `json:"compared" doc:"Events that both decided."`
	Agreed   int64 `json:"agreed" doc:"Events with the same action."`
	// Missed events were decided while the comparison was too far behind to remember it.
	Missed int64 `json:"missed" doc:"Events that were not compared, since the shadow was too far behind."`
	// NewlyStopped would be challenged, held or blocked and were allowed; Released the opposite.
	NewlyStopped int64     `json:"newly_stopped" doc:"Allowed, and the candidate would have stopped them."`
	Released     int64     `json:"released" doc:"Stopped, and the candidate would have allowed them."`
	Stricter     int64     `json:"stricter" doc:"Stopped by both, harder by the candidate."`
	Milder       int64     `json:"milder" doc:"Stopped by both, milder by the candidate."`
	Faulty       int64     `json:"faulty" doc:"Events at which a rule of the candidate failed."`
	Changes      []Change  `json:"changes"`
	Rules        []Rule    `json:"rules"`
	Examples     []Example `json:"examples" doc:"The newest events that only one of the two stops."`
	// First and Last are the events' own times.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Lived is what was decided of an event, as much as is compared.
type Lived struct {
	ID     guard.ID
	Action policy.Action
	Hits   []policy.Hit
}

// Counter compares two policies. It is not safe for concurrent use.
type Counter struct {
	live, candidate *policy.Policy
	out             Report
	matrix          [4][4]int64
	rules           map[string]*Rule
}

// New makes a counter that has seen nothing.
func New(live, candidate *policy.Policy) *Counter {
	c := &Counter{live: live, candidate: candidate, rules: map[string]*Rule{}}
	for _, p := range []*policy.Policy{live, candidate} {
		for i := range p.Rules {
			c.rules[p.Rules[i].ID] = &Rule{Rule: p.Rules[i].ID}
		}
	}
	return c
}

// Acts tells whether events of a type are compared.
func (c *Counter) Acts(t event.Type) bool { return c.live.Decides(t) || c.candidate.Decides(t) }

// Miss counts an event of which the live decision is not known any more.
func (c *Counter) Miss(t event.Type) {
	if c.Acts(t) {
		c.out.Missed++
	}
}

// Take compares one event.
func (c *Counter) Take(e *event.Event, live *Lived, candidate *guard.Decision) {
	o := &c.out
	if len(candidate.Faults) > 0 {
		o.Faulty++
	}
	c.hits(live.Hits, candidate.Hits)
	if !c.Acts(e.Type) {
		return
	}
	o.Compared++
	c.matrix[live.Action][candidate.Action]++
	if o.First.IsZero() || e.Time.Before(o.First) {
		o.First = e.Time
	}
	if e.Time.After(o.Last) {
		o.Last = e.Time
	}
	a, b := live.Action, candidate.Action
	switch {
	case a == b:
		o.Agreed++
		return
	case a == policy.Allow:
		o.NewlyStopped++
	case b == policy.Allow:
		o.Released++
	case b > a:
		o.Stricter++
		return
	default:
		o.Milder++
		return
	}
	x := Example{Decision: hex.EncodeToString(live.ID[:]), Time: e.Time, Type: string(e.Type), Live: a.String(), Candidate: b.String(), Rules: []string{}}
	hits, of := candidate.Hits, c.candidate
	if a > b {
		hits, of = live.Hits, c.live
	}
	for _, h := range hits {
		x.Rules = append(x.Rules, of.Rules[h.Rule].ID)
	}
	if len(o.Examples) == MaxExamples {
		o.Examples = slices.Delete(o.Examples, 0, 1)
	}
	o.Examples = append(o.Examples, x)
}

func (c *Counter) hits(live, candidate []policy.Hit) {
	for _, h := range live {
		c.rules[c.live.Rules[h.Rule].ID].Live++
	}
	for _, h := range candidate {
		id := c.candidate.Rules[h.Rule].ID
		c.rules[id].Candidate++
		if slices.ContainsFunc(live, func(l policy.Hit) bool { return c.live.Rules[l.Rule].ID == id }) {
			c.rules[id].Both++
		}
	}
}

// Report tells what was counted so far; examples are newest first.
func (c *Counter) Report() Report {
	out := c.out
	out.Changes, out.Rules, out.Examples = []Change{}, []Rule{}, slices.Clone(c.out.Examples)
	slices.Reverse(out.Examples)
	if out.Examples == nil {
		out.Examples = []Example{}
	}
	for a := policy.Allow; a <= policy.Block; a++ {
		for b := policy.Allow; b <= policy.Block; b++ {
			if n := c.matrix[a][b]; n > 0 {
				out.Changes = append(out.Changes, Change{a.String(), b.String(), n})
			}
		}
	}
	for _, id := range c.ids() {
		if r := c.rules[id]; r.Live+r.Candidate > 0 {
			out.Rules = append(out.Rules, *r)
		}
	}
	return out
}

// ids are those of the candidate's rules in their order, then those that it lacks.
func (c *Counter) ids() (out []string) {
	seen := map[string]bool{}
	for _, p := range []*policy.Policy{c.candidate, c.live} {
		for i := range p.Rules {
			if id := p.Rules[i].ID; !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}
