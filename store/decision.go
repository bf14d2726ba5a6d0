package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// DecisionID names a decision of the account guard: the hash of its event's
// source and id, 32 hexadecimal digits. The same event has the same decision.
type DecisionID string

// Label is what a decision turned out to be, as somebody found who looked.
type Label string

// The labels; the empty one: nobody has said.
const (
	LabelFraud  Label = "fraud"
	LabelGood   Label = "good"
	LabelUnsure Label = "unsure"
)

// Labels lists all labels.
func Labels() []Label { return []Label{LabelFraud, LabelGood, LabelUnsure} }

// Decision is what the account guard decided of one event, unless it allowed it:
// that is computed again from the log of events. It holds all that it takes to
// compute and explain it again. Account, Purchase and the event hold keyed hashes.
type Decision struct {
	Tenant access.Tenant
	ID     DecisionID
	// Sequence grows with each decision of the tenant; Add gives it. It is near the
	// microseconds since 1970 and says nothing more.
	Sequence int64
	// Made is when it was decided, Happened the event's own time.
	Made, Happened time.Time
	// Place is the position of the event in the tenant's log.
	Place int64
	// Type is the type of the event, such as "order.placed".
	Type    string
	Account string
	// Purchase is the order that the event is about; may be empty.
	Purchase string
	// Action is challenge, hold or block.
	Action string
	Score  int64
	// Digest names the policy by its text and model, as GuardPolicy does.
	Digest string
	// Rules are the ids of the rules that hit.
	Rules []string
	// Body is the decision as package guard writes it.
	Body []byte
	// Event is the event as the guard saw it, in our own JSON.
	Event string
	// Assigned is who works on it; empty: nobody.
	Assigned   PersonID
	Label      Label
	LabelledBy PersonID
	Labelled   time.Time
	// RetainUntil is when it is erased at the latest.
	RetainUntil time.Time
	// Revision counts the changes, 1 when added.
	Revision int64
}

// Any in a DecisionFilter narrows nothing; the empty text asks for none.
const Any = "*"

// DecisionFilter narrows a list of decisions.
type DecisionFilter struct {
	// Action, Assigned and Label are Any, or what the decision must have; an empty
	// Assigned or Label asks for those that nobody has or has labelled.
	Action, Assigned, Label string
	// Account is empty for any.
	Account string
	// Since is the earliest time of decision; zero: any.
	Since time.Time
}

// AnyDecision is the filter that lets all through.
func AnyDecision() DecisionFilter { return DecisionFilter{Action: Any, Assigned: Any, Label: Any} }

// RuleCount counts labelled decisions in which the same rules hit.
type RuleCount struct {
	Rules  []string
	Label  Label
	Amount int64
}

// ActionCount counts decisions of an action with a label.
type ActionCount struct {
	Action string
	Label  Label
	Amount int64
}

// Decisions are those of the account guard that did not allow.
type Decisions interface {
	// Add keeps decisions in their order; one whose id is there stays as it is. It
	// gives each new one a sequence, above all before, and returns how many are new.
	Add(ctx context.Context, list []Decision) (added int, err error)
	// Get returns a decision of the tenant.
	Get(ctx context.Context, t access.Tenant, id DecisionID) (Decision, error)
	// List returns decisions with a sequence below before (0: from the newest),
	// newest first, and the sequence to go on below; 0: there are no more.
	List(ctx context.Context, t access.Tenant, f DecisionFilter, before int64, limit int) (list []Decision, next int64, err error)
	// After returns decisions with a sequence above after, oldest first.
	After(ctx context.Context, t access.Tenant, after int64, limit int) ([]Decision, error)
	// Newest is the highest sequence, 0 if there is none.
	Newest(ctx context.Context, t access.Tenant) (int64, error)
	// Assign writes who works on a decision ("": nobody) and returns its new
	// revision; Conflict when somebody else changed it since.
	Assign(ctx context.Context, d Decision) (revision int64, err error)
	// SetLabel writes label, who gave it and when, and returns the new revision;
	// Conflict when somebody else changed it since.
	SetLabel(ctx context.Context, d Decision) (revision int64, err error)
	// LabelledRules counts labelled decisions since a time by their rules.
	LabelledRules(ctx context.Context, t access.Tenant, since time.Time) ([]RuleCount, error)
	// Counts counts decisions since a time by action and label.
	Counts(ctx context.Context, t access.Tenant, since time.Time) ([]ActionCount, error)
	// Due returns at most limit decisions of all tenants whose time is over, longest
	// due first, after one; the zero Decision begins.
	Due(ctx context.Context, now time.Time, after Decision, limit int) ([]Decision, error)
	// Erase removes a decision; NotFound where there is none.
	Erase(ctx context.Context, t access.Tenant, id DecisionID) error
}

// GuardPolicy is the text of a policy and from which place of the tenant's log
// on it decided.
type GuardPolicy struct {
	Tenant access.Tenant
	// Since is the position of the first event that it decided. A log that was lost
	// begins again at 1, so two may have the same.
	Since int64
	// Digest is the SHA-256 of the text, or of it and its model's file, 64 hexadecimal digits.
	Digest  string
	Name    string
	Version int
	Body    string
	// Made is when it began to decide; each of a tenant is later than the one before.
	Made time.Time
}

// GuardPolicies are the policies that decided, so that what they decided can be
// explained and computed again.
type GuardPolicies interface {
	// Put keeps a policy; one of the same place and time is replaced, no other.
	Put(ctx context.Context, p GuardPolicy) error
	// List returns the tenant's policies, the one that began last first.
	List(ctx context.Context, t access.Tenant) ([]GuardPolicy, error)
	// Get returns the policy of a digest.
	Get(ctx context.Context, t access.Tenant, digest string) (GuardPolicy, error)
}

// Limits of a decision in bytes.
const (
	MaxDecisionBody  = 64 << 10
	MaxDecisionEvent = 128 << 10
	MaxPolicyText    = 1 << 20
)

// Check returns what is wrong with a decision, nil if it can be kept.
func (d *Decision) Check() error {
	if _, err := access.ParseTenant(string(d.Tenant)); err != nil {
		return err
	}
	if !plainID(string(d.ID)) || Micros(d.Made) <= 0 || Micros(d.Happened) <= 0 || Micros(d.RetainUntil) <= 0 || d.Place < 1 || len(d.Body) == 0 {
		return fault.New(fault.Invalid, "decision", "lacks id, times, place or body: all are needed")
	}
	if !slices.Contains([]string{"challenge", "hold", "block"}, d.Action) {
		return fault.New(fault.Invalid, "action", "of a decision that is kept is challenge, hold or block")
	}
	if d.Label != "" && !slices.Contains(Labels(), d.Label) {
		return fault.New(fault.Invalid, "label", "is none: want fraud, good or unsure")
	}
	if _, err := ParseHash(d.Digest); err != nil {
		return err
	}
	if len(d.Body) > MaxDecisionBody || len(d.Rules) > 1000 {
		return fault.New(fault.TooLarge, "body", "of a decision is larger than is kept")
	}
	for _, r := range d.Rules {
		if err := CheckText("rules", r, 200); err != nil {
			return err
		}
	}
	return checkTexts([]field{{"type", d.Type, 64}, {"account", d.Account, 512}, {"purchase", d.Purchase, 512}, {"event", d.Event, MaxDecisionEvent},
		{"assigned", string(d.Assigned), 64}, {"labelled_by", string(d.LabelledBy), 64}})
}

// Check returns what is wrong with a policy, nil if it can be kept.
func (p *GuardPolicy) Check() error {
	if _, err := access.ParseTenant(string(p.Tenant)); err != nil {
		return err
	}
	if _, err := ParseHash(p.Digest); err != nil {
		return err
	}
	if p.Since < 1 || p.Name == "" || p.Version < 1 || Micros(p.Made) <= 0 || p.Body == "" {
		return fault.New(fault.Invalid, "policy", "lacks name, version, place, time or text: all are needed")
	}
	return checkTexts([]field{{"name", p.Name, 200}, {"body", p.Body, MaxPolicyText}})
}

// RulesText is how the rules of a decision are kept: a JSON list.
func RulesText(rules []string) string {
	raw, _ := json.Marshal(append([]string{}, rules...)) // a list of texts always can
	return string(raw)
}

// guardFamilies declares those of the account guard.
func guardFamilies() []Family {
	return []Family{
		{Name: "decisions", Check: checkDecisionRow, Plain: []string{"kind", "action", "digest", "rules", "label"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"id", FieldText, true}, {"sequence", FieldNumber, false}, {"made", FieldTime, false},
			{"happened", FieldTime, false}, {"place", FieldNumber, false}, {"kind", FieldText, false}, {"account", FieldText, false},
			{"purchase", FieldText, false}, {"action", FieldText, false}, {"score", FieldNumber, false}, {"digest", FieldText, false},
			{"rules", FieldList, false}, {"body", FieldText, false}, {"event", FieldText, false}, {"assigned", FieldText, false},
			{"label", FieldText, false}, {"labelled_by", FieldText, false}, {"labelled", FieldTime, false}, {"retain_until", FieldTime, false},
			{"revision", FieldNumber, false}}},
		{Name: "guard_policies", Check: checkPolicyRow, Plain: []string{"digest", "name", "body"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"since", FieldNumber, true}, {"digest", FieldText, false}, {"name", FieldText, false},
			{"version", FieldNumber, false}, {"body", FieldText, false}, {"made", FieldTime, true}}},
		couplingFamily(),
	}
}

func checkDecisionRow(r Row) error {
	body, err := base64.StdEncoding.DecodeString(r[13].(string))
	if err != nil {
		return fault.New(fault.Invalid, "body", "of a decision is not base64")
	}
	var rules []string
	if json.Unmarshal([]byte(r[12].(string)), &rules) != nil {
		return fault.New(fault.Invalid, "rules", "of a decision are no list")
	}
	d := Decision{Tenant: access.Tenant(r[0].(string)), ID: DecisionID(r[1].(string)), Sequence: r[2].(int64), Made: Time(r[3].(int64)),
		Happened: Time(r[4].(int64)), Place: r[5].(int64), Type: r[6].(string), Account: r[7].(string), Purchase: r[8].(string), Action: r[9].(string),
		Score: r[10].(int64), Digest: r[11].(string), Rules: rules, Body: body, Event: r[14].(string), Assigned: PersonID(r[15].(string)),
		Label: Label(r[16].(string)), LabelledBy: PersonID(r[17].(string)), Labelled: Time(r[18].(int64)), RetainUntil: Time(r[19].(int64)), Revision: r[20].(int64)}
	if d.Sequence < 1 || d.Revision < 1 {
		return fault.New(fault.Invalid, "sequence", "or revision of a decision is below 1")
	}
	return d.Check()
}

func checkPolicyRow(r Row) error {
	p := GuardPolicy{Tenant: access.Tenant(r[0].(string)), Since: r[1].(int64), Digest: r[2].(string), Name: r[3].(string), Version: int(r[4].(int64)),
		Body: r[5].(string), Made: Time(r[6].(int64))}
	return p.Check()
}
