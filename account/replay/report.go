package replay

import (
	"cmp"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
)

// Form is the version of the report's JSON form: fields are added, never
// renamed or used for something else.
const Form = 1

// Report is what a replay found. docs/replay.md documents its JSON.
type Report struct {
	Form      int  `json:"form"`
	Baseline  Side `json:"baseline"`
	Candidate Side `json:"candidate"`
	// First and Last are the times of the events counted.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// Events were counted, Decided are those of a type that is acted on.
	Events  int64 `json:"events"`
	Decided int64 `json:"decided"`
	// Outside of the period, sent twice, or not to be read.
	Outside      int64  `json:"outside_period"`
	Repeated     int64  `json:"repeated"`
	Refused      int64  `json:"refused"`
	FirstRefusal string `json:"first_refusal,omitempty"`
	// Untaken are events without a kept decision to compare with, Verified and
	// Differing kept decisions that were computed again.
	Untaken   int64 `json:"without_decision"`
	Verified  int64 `json:"verified"`
	Differing int64 `json:"differing"`

	Accounts  Accounts `json:"accounts"`
	Untracked int64    `json:"events_of_untracked_accounts"`
	// Accounts of which the candidate alone stops the fraud (caught) or the
	// baseline alone (missed); accounts without a fraud of which the candidate
	// alone stops something (annoyed) or the baseline alone (freed).
	NewlyCaught  int `json:"newly_caught"`
	NewlyMissed  int `json:"newly_missed"`
	NewlyAnnoyed int `json:"newly_annoyed"`
	NewlyFreed   int `json:"newly_freed"`

	// Days are the counted events by day (UTC), the oldest first; Undated are
	// those beyond MaxDays.
	Days    []Day `json:"days"`
	Undated int64 `json:"events_beyond_days"`

	Changes   []Change   `json:"changes"`
	Money     []Money    `json:"money"`
	Conflicts []Conflict `json:"conflicts"`
	Examples  Examples   `json:"examples"`
}

// Accounts counts those seen, by what is known of them.
type Accounts struct {
	Seen    int `json:"seen"`
	Fraud   int `json:"fraud"`
	Genuine int `json:"genuine"`
	Unknown int `json:"unknown"`
}

// Side is what one of the two did. Shares are missing where nothing is known to
// compute them from.
type Side struct {
	Policy  string `json:"policy,omitempty"`
	Version int    `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"`
	// Actions counts all events by action; Stopped those that were stopped, and
	// how many of them are known to be what.
	Actions        map[string]int64 `json:"actions"`
	Stopped        int64            `json:"stopped"`
	StoppedFraud   int64            `json:"stopped_fraud"`
	StoppedGenuine int64            `json:"stopped_genuine"`
	// Precision is of stopped events with a known truth, Recall of accounts with
	// a known fraud: the share of which it stopped something.
	Precision *float64 `json:"precision,omitempty"`
	Recall    *float64 `json:"recall,omitempty"`
	// CaughtAccounts have a fraud that was stopped, AnnoyedAccounts have none and
	// were stopped; AnnoyedShare is of all accounts without a fraud.
	CaughtAccounts  int      `json:"caught_accounts"`
	AnnoyedAccounts int      `json:"annoyed_accounts"`
	AnnoyedShare    *float64 `json:"annoyed_share,omitempty"`
	// Faulty events had a rule that failed, Late ones were not counted, Capped
	// ones were decided by windows that had lost entries.
	Faulty int64  `json:"faulty"`
	Late   int64  `json:"late"`
	Capped int64  `json:"capped"`
	Rules  []Rule `json:"rules"`
}

// Rule is what one rule was good for.
type Rule struct {
	ID string `json:"id"`
	// Hits are events, Alone those where no other rule hit.
	Hits     int64 `json:"hits"`
	Alone    int64 `json:"alone"`
	Accounts int   `json:"accounts"`
	// Fraud and Genuine count accounts that it hit, by what is known of them.
	Fraud   int `json:"fraud_accounts"`
	Genuine int `json:"genuine_accounts"`
	// NewlyStopped are accounts of which the candidate alone stops something, and
	// at whose first such event this rule hit; NewlyAnnoyed those of them without a
	// known fraud. Both are 0 for the rules of the baseline.
	NewlyStopped int `json:"newly_stopped_accounts"`
	NewlyAnnoyed int `json:"newly_annoyed_accounts"`
	// Precision is of accounts of which something is known, Recall the share of
	// accounts with a known fraud that it hit.
	Precision *float64 `json:"precision,omitempty"`
	Recall    *float64 `json:"recall,omitempty"`
}

// Day is what was counted of one day.
type Day struct {
	// Day is its date in UTC, such as 2026-11-01.
	Day    string `json:"day"`
	Events int64  `json:"events"`
	// Stopped events, by who stopped them.
	Baseline  int64 `json:"stopped_by_baseline"`
	Candidate int64 `json:"stopped_by_candidate"`
	// New are those that only the candidate stopped, Gone those that only the
	// baseline did.
	New  int64 `json:"newly_stopped"`
	Gone int64 `json:"no_longer_stopped"`
}

// MaxDays is how many days a report tells apart.
const MaxDays = 1200

// dated counts an event in its day.
func (r *Replay) dated(at time.Time, base, cand bool) {
	n := at.Unix() / 86400
	d := r.days[n]
	if d == nil {
		if len(r.days) >= MaxDays {
			r.out.Undated++
			return
		}
		d = &Day{Day: time.Unix(n*86400, 0).UTC().Format(time.DateOnly)}
		r.days[n] = d
	}
	d.Events++
	if base {
		d.Baseline++
	}
	if cand {
		d.Candidate++
	}
	if cand && !base {
		d.New++
	} else if base && !cand {
		d.Gone++
	}
}

// Change counts events of types that are acted on, by what the two did.
type Change struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Events int64  `json:"events"`
}

// Money is the sum of orders in minor units of one currency, by who stopped
// them; those that both stopped are in neither New nor Gone.
type Money struct {
	Currency  string `json:"currency"`
	Placed    int64  `json:"placed"`
	Baseline  int64  `json:"stopped_by_baseline"`
	Candidate int64  `json:"stopped_by_candidate"`
	New       int64  `json:"newly_stopped"`
	Gone      int64  `json:"no_longer_stopped"`
	// Of orders known to be fraud, and of those known to be genuine.
	Fraud            int64 `json:"fraud"`
	FraudBaseline    int64 `json:"fraud_saved_by_baseline"`
	FraudCandidate   int64 `json:"fraud_saved_by_candidate"`
	GenuineBaseline  int64 `json:"genuine_stopped_by_baseline"`
	GenuineCandidate int64 `json:"genuine_stopped_by_candidate"`
}

func (m *Money) add(amount int64, truth Truth, base, cand bool) {
	m.Placed += amount
	if truth == Fraud {
		m.Fraud += amount
	}
	if base {
		m.Baseline += amount
		if truth == Fraud {
			m.FraudBaseline += amount
		} else if truth == Genuine {
			m.GenuineBaseline += amount
		}
	}
	if cand {
		m.Candidate += amount
		if truth == Fraud {
			m.FraudCandidate += amount
		} else if truth == Genuine {
			m.GenuineCandidate += amount
		}
	}
	if cand && !base {
		m.New += amount
	} else if base && !cand {
		m.Gone += amount
	}
}

// Conflict is something about the candidate's rules that the history shows.
type Conflict struct {
	// Kind: never (the rule did not hit), together (the two always hit together),
	// opposite (one lowers the score or lets pass what the other stops).
	Kind   string   `json:"kind"`
	Rules  []string `json:"rules"`
	Events int64    `json:"events"`
}

// Examples are events by which a change can be looked at, one an account, the
// oldest first.
type Examples struct {
	Caught  []Example `json:"caught"`
	Missed  []Example `json:"missed"`
	Annoyed []Example `json:"annoyed"`
	Freed   []Example `json:"freed"`
}

// Example is one event that the two decided differently.
type Example struct {
	Source    string    `json:"source"`
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Time      time.Time `json:"time"`
	Account   string    `json:"account"`
	Order     string    `json:"order,omitempty"`
	Truth     string    `json:"truth"`
	Baseline  Outcome   `json:"baseline"`
	Candidate Outcome   `json:"candidate"`
}

// Outcome is what one side decided of an event.
type Outcome struct {
	Action string   `json:"action"`
	Score  int64    `json:"score"`
	Rules  []string `json:"rules"`
}

func (r *Replay) example(e *event.Event, b, c *guard.Decision, truth Truth) *Example {
	return &Example{Source: e.Source, ID: e.ID, Type: string(e.Type), Time: e.Time, Account: e.Context.Account, Order: e.Order.ID,
		Truth: truth.String(), Baseline: outcome(r.s.Baseline, b), Candidate: outcome(r.s.Candidate, c)}
}

func outcome(p *policy.Policy, d *guard.Decision) Outcome {
	o := Outcome{Action: d.Action.String(), Score: d.Score, Rules: []string{}}
	for _, h := range d.Hits {
		if p != nil && h.Rule < len(p.Rules) {
			o.Rules = append(o.Rules, p.Rules[h.Rule].ID)
		}
	}
	return o
}

// Report tells what was found so far.
func (r *Replay) Report() *Report {
	out := r.out
	out.Form, out.Changes, out.Money = Form, []Change{}, []Money{}
	out.Examples = Examples{[]Example{}, []Example{}, []Example{}, []Example{}}
	for i := range r.matrix {
		for j, n := range r.matrix[i] {
			if n > 0 {
				out.Changes = append(out.Changes, Change{policy.Action(i).String(), policy.Action(j).String(), n})
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(r.money)) {
		out.Money = append(out.Money, *r.money[c])
	}
	out.Days = []Day{}
	for _, n := range slices.Sorted(maps.Keys(r.days)) {
		out.Days = append(out.Days, *r.days[n])
	}
	r.people(&out)
	out.Baseline = r.base.report(0, r.accounts, out.Accounts)
	out.Candidate = r.cand.report(1, r.accounts, out.Accounts)
	r.blame(out.Candidate.Rules)
	out.Conflicts = r.conflicts()
	return &out
}

// blame counts for each rule of the candidate the accounts that it helped to stop
// newly.
func (r *Replay) blame(rules []Rule) {
	at := make(map[string]int, len(rules))
	for i := range rules {
		at[rules[i].ID] = i
	}
	for _, a := range r.accounts {
		if a.stopped(0) || !a.stopped(1) || a.first[1] == nil {
			continue
		}
		for _, id := range a.first[1].Candidate.Rules {
			x := &rules[at[id]]
			if x.NewlyStopped++; !a.fraud {
				x.NewlyAnnoyed++
			}
		}
	}
}

// people counts accounts and chooses examples.
func (r *Replay) people(out *Report) {
	x := &out.Examples
	for _, a := range r.accounts {
		out.Accounts.Seen++
		switch {
		case a.fraud:
			out.Accounts.Fraud++
		case a.genuine:
			out.Accounts.Genuine++
		default:
			out.Accounts.Unknown++
		}
		before, after := a.stopped(0), a.stopped(1)
		switch {
		case before == after:
		case a.fraud && after:
			out.NewlyCaught++
			x.Caught = with(x.Caught, a.first[1])
		case a.fraud:
			out.NewlyMissed++
			x.Missed = with(x.Missed, a.first[0])
		case after:
			out.NewlyAnnoyed++
			x.Annoyed = with(x.Annoyed, a.first[1])
		default:
			out.NewlyFreed++
			x.Freed = with(x.Freed, a.first[0])
		}
	}
	for _, list := range []*[]Example{&x.Caught, &x.Missed, &x.Annoyed, &x.Freed} {
		slices.SortFunc(*list, func(a, b Example) int {
			return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
		})
		*list = slices.Clip((*list)[:min(len(*list), r.s.Examples)])
	}
}

func with(list []Example, e *Example) []Example {
	if e == nil {
		return list
	}
	return append(list, *e)
}

func (s *side) report(which int, accounts map[string]*account, all Accounts) Side {
	out := Side{Actions: map[string]int64{}, Rules: []Rule{}}
	if s.p != nil {
		out.Policy, out.Version, out.Digest = s.p.Name, s.p.Version, hex.EncodeToString(s.p.Digest[:8])
	}
	for a, n := range s.n.actions {
		out.Actions[policy.Action(a).String()] = n
	}
	n := &s.n
	out.StoppedFraud, out.StoppedGenuine = n.stopped[Fraud], n.stopped[Genuine]
	out.Stopped = n.stopped[Fraud] + n.stopped[Genuine] + n.stopped[Unknown]
	out.Faulty, out.Late, out.Capped = n.faulty, n.late, n.capped
	hit, caught, genuine := make([]int, len(s.rules)), make([]int, len(s.rules)), make([]int, len(s.rules))
	for _, a := range accounts {
		if a.stopped(which) && a.fraud {
			out.CaughtAccounts++
		} else if a.stopped(which) {
			out.AnnoyedAccounts++
		}
		for i := range s.rules {
			if bits := a.rules[which]; bits != nil && bits[i/64]>>(i%64)&1 == 1 {
				hit[i]++
				if a.fraud {
					caught[i]++
				} else if a.genuine {
					genuine[i]++
				}
			}
		}
	}
	out.Precision = share(out.StoppedFraud, out.StoppedFraud+out.StoppedGenuine)
	out.Recall = share(int64(out.CaughtAccounts), int64(all.Fraud))
	out.AnnoyedShare = share(int64(out.AnnoyedAccounts), int64(all.Seen-all.Fraud))
	for i := range s.rules {
		t := &s.rules[i]
		out.Rules = append(out.Rules, Rule{ID: s.p.Rules[i].ID, Hits: t.hits, Alone: t.alone, Accounts: hit[i], Fraud: caught[i], Genuine: genuine[i],
			Precision: share(int64(caught[i]), int64(caught[i]+genuine[i])), Recall: share(int64(caught[i]), int64(all.Fraud))})
	}
	return out
}

func share(a, of int64) *float64 {
	if of == 0 {
		return nil
	}
	x := float64(a) / float64(of)
	return &x
}

// conflicts is what the history shows about the candidate's rules.
func (r *Replay) conflicts() []Conflict {
	out := []Conflict{}
	rules := r.s.Candidate.Rules
	for i := range rules {
		if r.cand.rules[i].hits == 0 {
			out = append(out, Conflict{Kind: "never", Rules: []string{rules[i].ID}})
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(r.pairs), func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) }) {
		a, b, n := &rules[k[0]], &rules[k[1]], r.pairs[k]
		c := Conflict{Rules: []string{a.ID, b.ID}, Events: n}
		switch {
		case opposite(a, b) || opposite(b, a):
			c.Kind = "opposite"
		case n == r.cand.rules[k[0]].hits && n == r.cand.rules[k[1]].hits:
			c.Kind = "together"
		default:
			continue
		}
		out = append(out, c)
	}
	return out
}

// opposite: a lowers the score, b raises it or asks for an action.
func opposite(a, b *policy.Rule) bool {
	return a.Score < 0 && (b.Score > 0 || b.Floor > policy.Allow)
}
