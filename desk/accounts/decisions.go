package accounts

import (
	"context"
	"slices"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/fault"
	"bonafide/store"
)

// DecisionView is a decision as those see it who may: with its reasons in a language.
// Accounts, orders and devices are keyed hashes, unless they stay clear here.
type DecisionView struct {
	ID       store.DecisionID `json:"id"`
	Sequence int64            `json:"sequence" doc:"Grows with each decision; the place to go on from in the stream."`
	Made     time.Time        `json:"made_at" doc:"When it was decided."`
	Happened time.Time        `json:"happened_at" doc:"The event's own time."`
	Type     string           `json:"type" doc:"Type of the event."`
	// EventID and Source are as the shop sent them, so that it finds its own event.
	EventID    string         `json:"event_id" doc:"Id of the event, as the shop sent it."`
	Source     string         `json:"source" doc:"Source of the event, as the shop sent it."`
	Account    string         `json:"account" doc:"The account, as a keyed hash."`
	Order      string         `json:"order,omitempty" doc:"The order that the event is about, as a keyed hash."`
	Action     string         `json:"action" enum:"challenge,hold,block"`
	Scope      string         `json:"scope" enum:"order,account" doc:"What the action is about."`
	Do         []Errand       `json:"do" doc:"What the shop is asked to do besides, and until when."`
	Score      int64          `json:"score"`
	Reasons    []RuleHit      `json:"reasons" doc:"The rules that hit, with the numbers that they saw."`
	Support    string         `json:"support" doc:"What a support agent is told."`
	Customer   string         `json:"customer" doc:"What the customer may be told."`
	Assigned   store.PersonID `json:"assigned_to,omitempty" doc:"Id of the person who works on it."`
	Label      store.Label    `json:"label,omitempty" enum:"fraud,good,unsure" doc:"What it turned out to be."`
	LabelledBy store.PersonID `json:"labelled_by,omitempty"`
	Labelled   *time.Time     `json:"labelled_at,omitempty"`
	Revision   int64          `json:"revision" doc:"Give it back with a change."`
}

// RuleHit is a rule that hit.
type RuleHit struct {
	Rule  string `json:"rule" doc:"Id of the rule in the policy."`
	Score int64  `json:"score"`
	Text  string `json:"text" doc:"The reason, with the numbers filled in."`
	// Row is the row of a decision table that it is; nil for a rule of its own.
	Row *policy.Held `json:"row,omitempty" doc:"The row of a decision table that held, with what it asked and what the event had."`
}

// Chapter is a step of the story.
type Chapter struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	Score int64  `json:"score"`
	// Seconds is how long before the event it was first seen; 0: the event itself.
	Seconds int64 `json:"seconds_before" doc:"How long before the event it was first seen; 0 for the event itself."`
	Now     bool  `json:"now,omitempty"`
}

// SeenValue is something that the decision saw.
type SeenValue struct {
	Name  string `json:"name" doc:"Window or story of the policy."`
	Value string `json:"value"`
}

// Opened is a decision with all that led to it.
type Opened struct {
	DecisionView
	Story   []Chapter   `json:"story" doc:"The takeover as one story, the oldest step first."`
	Share   float64     `json:"story_share" doc:"How much of the score that blocks was reached, 0 to 1."`
	Values  []SeenValue `json:"values" doc:"Every value that the decision saw; with the event and the policy it is computed again from them."`
	Policy  string      `json:"policy"`
	Version int         `json:"policy_version"`
	Digest  string      `json:"policy_sha256"`
	// Event is the event as it was decided.
	Event string `json:"event" doc:"The event as it was decided, JSON."`
	// Again tells that it was computed again just now, and came out the same.
	Again  bool      `json:"computed_again" doc:"It was computed again just now from its values, bit for bit the same."`
	Late   bool      `json:"late,omitempty"`
	Retain time.Time `json:"retain_until"`
}

func (d *Desk) reads(a access.Actor) error {
	return a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, d.cfg.Now())
}

// decoded is a kept decision with what explains it.
type decoded struct {
	row      store.Decision
	decision guard.Decision
	event    event.Event
	policy   *policy.Policy
}

func (d *Desk) decode(ctx context.Context, x store.Decision) (out decoded, err error) {
	out.row = x
	if out.decision, err = guard.Decode(x.Body); err != nil {
		return out, err
	}
	if out.event, err = event.Parse([]byte(x.Event), event.Options{Stored: true}); err != nil {
		return out, err
	}
	out.policy, err = d.policyOf(ctx, x.Tenant, x.Digest)
	return out, err
}

func (x *decoded) view(lang string) DecisionView {
	r := &x.row
	v := DecisionView{ID: r.ID, Sequence: r.Sequence, Made: r.Made, Happened: r.Happened, Type: r.Type, EventID: x.event.ID, Source: x.event.Source, Account: r.Account,
		Order: r.Purchase, Action: r.Action, Scope: scopeOf(x.decision.Action, r.Purchase), Do: ordersOf(&x.decision, x.policy, r.Happened), Score: r.Score,
		Reasons: []RuleHit{}, Support: x.policy.Support(&x.decision.Result, &x.event, lang), Customer: x.policy.Customer(&x.decision.Result, &x.event, lang),
		Assigned: r.Assigned, Label: r.Label, LabelledBy: r.LabelledBy, Revision: r.Revision}
	if !r.Labelled.IsZero() {
		v.Labelled = &r.Labelled
	}
	for i, text := range x.policy.Reasons(&x.decision.Result, &x.event, lang) {
		h := x.decision.Hits[i]
		v.Reasons = append(v.Reasons, RuleHit{Rule: x.policy.Rules[h.Rule].ID, Score: h.Score, Text: text, Row: x.policy.Held(h, &x.decision.Result, &x.event, lang)})
	}
	return v
}

// Query says which decisions are wanted. Filter fields that are store.Any, and
// an empty Account, narrow nothing; see AllDecisions.
type Query struct {
	Filter store.DecisionFilter
	// Account is the account as the shop names it, or by its hash.
	Account string
	// Before is the sequence to go on below; 0: from the newest.
	Before int64
	Limit  int
	Lang   string
}

// AllDecisions is the query for everything.
func AllDecisions(lang string) Query {
	return Query{Filter: store.AnyDecision(), Limit: 50, Lang: lang}
}

// check refuses a filter that no decision can pass.
func (q Query) check() error {
	f := q.Filter
	if f.Action != store.Any && !slices.Contains([]string{"challenge", "hold", "block"}, f.Action) {
		return fault.New(fault.Invalid, "action", "is none that is kept: want challenge, hold or block")
	}
	if f.Label != store.Any && f.Label != "" && !slices.Contains(store.Labels(), store.Label(f.Label)) {
		return fault.New(fault.Invalid, "label", "is none: want fraud, good, unsure, or none")
	}
	if err := store.CheckText("assigned", f.Assigned, 64); err != nil {
		return err
	}
	return store.CheckText("account", q.Account, 512)
}

// Listing is a page of decisions.
type Listing struct {
	Decisions []DecisionView
	// Next is the sequence to go on below; 0: there are no more.
	Next int64
}

// List returns decisions of the actor's tenant, newest first. What was decided
// when it is called is among them.
func (d *Desk) List(ctx context.Context, a access.Actor, q Query) (Listing, error) {
	if err := d.reads(a); err != nil {
		return Listing{}, err
	}
	if err := q.check(); err != nil {
		return Listing{}, err
	}
	var err error
	if q.Account != "" {
		if q.Filter.Account, err = d.nameOf(ctx, a.Tenant, q.Account); err != nil {
			return Listing{}, err
		}
	}
	d.settle(ctx, a.Tenant)
	var rows []store.Decision
	var out Listing
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		rows, out.Next, err = r.Decisions.List(ctx, a.Tenant, q.Filter, q.Before, q.Limit)
		return err
	}); err != nil {
		return Listing{}, err
	}
	out.Decisions, err = d.views(ctx, rows, q.Lang)
	return out, err
}

func (d *Desk) views(ctx context.Context, rows []store.Decision, lang string) ([]DecisionView, error) {
	out := make([]DecisionView, 0, len(rows))
	for _, row := range rows {
		x, err := d.decode(ctx, row)
		if err != nil {
			return nil, err
		}
		out = append(out, x.view(lang))
	}
	return out, nil
}

// settleFor is how long a reader waits for decisions on their way to the records.
const settleFor = time.Second

// settle waits until what was decided so far can be read; false: a moment is over.
func (d *Desk) settle(ctx context.Context, t access.Tenant) bool {
	d.mu.Lock()
	l := d.lanes[t]
	d.mu.Unlock()
	if l == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, settleFor)
	defer cancel()
	return l.keeper.flush(ctx)
}

// get reads a decision that the actor may read.
func (d *Desk) get(ctx context.Context, a access.Actor, id store.DecisionID) (x store.Decision, err error) {
	if err := d.reads(a); err != nil {
		return x, err
	}
	d.settle(ctx, a.Tenant)
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		x, err = r.Decisions.Get(ctx, a.Tenant, store.Named(id))
		return err
	})
	return x, err
}

// Open returns a decision with its story, every value that it saw, and whether
// it comes out the same when it is computed again.
func (d *Desk) Open(ctx context.Context, a access.Actor, id store.DecisionID, lang string) (Opened, error) {
	row, err := d.get(ctx, a, id)
	if err != nil {
		return Opened{}, err
	}
	x, err := d.decode(ctx, row)
	if err != nil {
		return Opened{}, err
	}
	out := Opened{DecisionView: x.view(lang), Story: []Chapter{}, Values: []SeenValue{}, Policy: x.policy.Name, Version: x.policy.Version, Digest: row.Digest,
		Event: row.Event, Late: x.decision.Late, Retain: row.RetainUntil}
	story := x.decision.Tell(x.policy, lang)
	out.Share = story.Share
	for _, c := range story.Chapters {
		out.Story = append(out.Story, Chapter{Step: c.Step, Title: c.Title, Score: c.Score, Seconds: int64(c.Ago / time.Second), Now: c.Now})
	}
	for _, s := range x.decision.Saw {
		text := strconv.FormatInt(s.Int, 10)
		if s.Float != 0 {
			text = strconv.FormatFloat(s.Float, 'g', -1, 64)
		}
		out.Values = append(out.Values, SeenValue{Name: x.policy.Symbol(s.Symbol), Value: text})
	}
	_, err = x.decision.Again(x.policy, &x.event)
	out.Again = err == nil
	return out, nil
}

// Assign writes who works on a decision: the person of the id, "" for nobody.
// Conflict when somebody else changed it since the revision.
func (d *Desk) Assign(ctx context.Context, a access.Actor, id store.DecisionID, to store.PersonID, revision int64) error {
	return d.change(ctx, a, "decision.assign", string(to), id, func(r store.Records, x store.Decision) error {
		if to != "" {
			if _, err := r.People.Get(ctx, a.Tenant, to); err != nil {
				return err
			}
		}
		x.Assigned, x.Revision = to, revision
		_, err := r.Decisions.Assign(ctx, x)
		return err
	})
}

// SetLabel writes what a decision turned out to be. It counts for the precision
// of each rule that hit.
func (d *Desk) SetLabel(ctx context.Context, a access.Actor, id store.DecisionID, label store.Label, revision int64) error {
	if !slices.Contains(store.Labels(), label) {
		return fault.New(fault.Invalid, "label", "is none: want fraud, good or unsure")
	}
	return d.change(ctx, a, "decision.label", string(label), id, func(r store.Records, x store.Decision) error {
		x.Label, x.LabelledBy, x.Labelled, x.Revision = label, store.PersonID(a.Person), d.cfg.Now(), revision
		_, err := r.Decisions.SetLabel(ctx, x)
		return err
	})
}

func (d *Desk) change(ctx context.Context, a access.Actor, action, why string, id store.DecisionID, f func(store.Records, store.Decision) error) error {
	if err := a.May(access.DecisionLabel, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return err
	}
	d.settle(ctx, a.Tenant)
	if store.CheckText("why", why, 64) != nil {
		why = "-"
	}
	return store.Change(ctx, d.cfg.Store, d.deed(a, action, "decision:"+string(store.Named(id)), why), func(r store.Records) error {
		x, err := r.Decisions.Get(ctx, a.Tenant, store.Named(id))
		if err != nil {
			return err
		}
		return f(r, x)
	})
}

// Precision is how often a rule was right, of the decisions that somebody labelled.
type Precision struct {
	Rule  string `json:"rule"`
	Fraud int64  `json:"fraud"`
	Good  int64  `json:"good"`
	// Unsure are not counted in Share, the part of fraud among fraud and good.
	Unsure int64   `json:"unsure"`
	Share  float64 `json:"precision" doc:"Fraud among fraud and good; 0 where neither is known."`
}

// Precisions tells for each rule how often it was right since a time, by its id.
func (d *Desk) Precisions(ctx context.Context, a access.Actor, since time.Time) ([]Precision, error) {
	if err := a.May(access.PolicyRead, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return nil, err
	}
	var rows []store.RuleCount
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		rows, err = r.Decisions.LabelledRules(ctx, a.Tenant, since)
		return err
	}); err != nil {
		return nil, err
	}
	by := map[string]*Precision{}
	var names []string
	for _, row := range rows {
		for _, rule := range row.Rules {
			p := by[rule]
			if p == nil {
				p = &Precision{Rule: rule}
				by[rule], names = p, append(names, rule)
			}
			switch row.Label {
			case store.LabelFraud:
				p.Fraud += row.Amount
			case store.LabelGood:
				p.Good += row.Amount
			default:
				p.Unsure += row.Amount
			}
		}
	}
	slices.Sort(names)
	out := make([]Precision, 0, len(names))
	for _, n := range names {
		p := *by[n]
		if all := p.Fraud + p.Good; all > 0 {
			p.Share = float64(p.Fraud) / float64(all)
		}
		out = append(out, p)
	}
	return out, nil
}
