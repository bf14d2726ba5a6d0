package store

import (
	"context"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// PolicyState is how far a text of a policy has come.
type PolicyState string

// The states. A text begins as a draft; only one of a tenant is a candidate
// (shadow or proposed), and only one is live.
const (
	// PolicyDraft: written, and checked to load.
	PolicyDraft PolicyState = "draft"
	// PolicyShadow: decides beside the live one; its decisions are only counted.
	PolicyShadow PolicyState = "shadow"
	// PolicyProposed: as shadow, and somebody wants it live: a second person must agree.
	PolicyProposed PolicyState = "proposed"
	// PolicyLive: decides.
	PolicyLive PolicyState = "live"
	// PolicyRetired: was live until another was, or was given up. It may be brought back.
	PolicyRetired PolicyState = "retired"
	// PolicyWithdrawn: was live and was rolled back; it is tried again before it is live.
	PolicyWithdrawn PolicyState = "withdrawn"
)

// PolicyStates lists all states.
func PolicyStates() []PolicyState {
	return []PolicyState{PolicyDraft, PolicyShadow, PolicyProposed, PolicyLive, PolicyRetired, PolicyWithdrawn}
}

// PolicyText is one text of a policy of the account guard. It never changes but
// for its state: another text is another record.
type PolicyText struct {
	Tenant access.Tenant
	// Number counts the tenant's texts, from 1; Add gives it.
	Number int64
	// Name and Version are those in the text, Digest its SHA-256 in 64 hexadecimal digits.
	Name    string
	Version int
	Digest  string
	Body    string
	// Made is when it was added, Author who did.
	Made   time.Time
	Author Actor
	State  PolicyState
	// Revision is the sequence of its last step.
	Revision int64
}

// PolicyStep is one step in the life of a text: to which state, by whom, when
// and why. Steps are only ever added.
type PolicyStep struct {
	Tenant access.Tenant
	Number int64
	// Sequence counts the steps of the text, from 1.
	Sequence int64
	State    PolicyState
	Actor    Actor
	Made     time.Time
	Why      string
	// Proof is what was found when it was checked for the step, as JSON; may be empty.
	Proof string
}

// Policies are the texts of policies with their history.
type Policies interface {
	// Add keeps a text as a draft, with its first step, and returns its number;
	// Conflict when the tenant has the very text.
	Add(ctx context.Context, p PolicyText, why string) (number int64, err error)
	// Get returns a text.
	Get(ctx context.Context, t access.Tenant, number int64) (PolicyText, error)
	// Current returns the text that is live, or the candidate for shadow and
	// proposed; NotFound if there is none.
	Current(ctx context.Context, t access.Tenant, s PolicyState) (PolicyText, error)
	// List returns texts below a number (0: from the newest), newest first and
	// without their bodies, and the number to go on below; 0: there are no more.
	List(ctx context.Context, t access.Tenant, below int64, limit int) (list []PolicyText, next int64, err error)
	// Move adds the next step, whose Sequence must be the text's revision and one;
	// Conflict when somebody else moved it since, or when another text of the
	// tenant is live, or candidate, already.
	Move(ctx context.Context, s PolicyStep) error
	// Steps returns the steps of a text, the first one first.
	Steps(ctx context.Context, t access.Tenant, number int64) ([]PolicyStep, error)
}

// Limits of a text and its steps in bytes.
const (
	MaxPolicyBody  = 1 << 20
	MaxPolicyProof = 64 << 10
)

// Check returns what is wrong with a text, nil if it can be kept.
func (p *PolicyText) Check() error {
	if _, err := access.ParseTenant(string(p.Tenant)); err != nil {
		return err
	}
	if _, err := ParseHash(p.Digest); err != nil {
		return err
	}
	if p.Name == "" || p.Version < 1 || Micros(p.Made) <= 0 || p.Body == "" || p.Author == "" {
		return fault.New(fault.Invalid, "policy", "lacks name, version, time, text or author: all are needed")
	}
	return checkTexts([]field{{"name", p.Name, 200}, {"body", p.Body, MaxPolicyBody}, {"author", string(p.Author), 100}})
}

// Check returns what is wrong with a step, nil if it can be kept.
func (s *PolicyStep) Check() error {
	if _, err := access.ParseTenant(string(s.Tenant)); err != nil {
		return err
	}
	if s.Number < 1 || s.Sequence < 1 || Micros(s.Made) <= 0 || s.Actor == "" || !slices.Contains(PolicyStates(), s.State) {
		return fault.New(fault.Invalid, "policy", "step lacks number, sequence, state, time or actor: all are needed")
	}
	return checkTexts([]field{{"actor", string(s.Actor), 100}, {"why", s.Why, 2000}, {"proof", s.Proof, MaxPolicyProof}})
}

// policyFamilies declares those of policies.
func policyFamilies() []Family {
	return []Family{
		{Name: "policy_texts", Check: checkPolicyTextRow, Plain: []string{"name", "digest", "body", "state"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"number", FieldNumber, true}, {"name", FieldText, false}, {"version", FieldNumber, false},
			{"digest", FieldText, false}, {"body", FieldText, false}, {"made", FieldTime, false}, {"author", FieldText, false},
			{"state", FieldText, false}, {"revision", FieldNumber, false}}},
		{Name: "policy_steps", Check: checkPolicyStepRow, Plain: []string{"state"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"number", FieldNumber, true}, {"sequence", FieldNumber, true}, {"state", FieldText, false},
			{"actor", FieldText, false}, {"made", FieldTime, false}, {"why", FieldText, false}, {"proof", FieldText, false}}},
	}
}

func checkPolicyTextRow(r Row) error {
	p := PolicyText{Tenant: access.Tenant(r[0].(string)), Number: r[1].(int64), Name: r[2].(string), Version: int(r[3].(int64)), Digest: r[4].(string),
		Body: r[5].(string), Made: Time(r[6].(int64)), Author: Actor(r[7].(string)), State: PolicyState(r[8].(string)), Revision: r[9].(int64)}
	if p.Number < 1 || p.Revision < 1 || !slices.Contains(PolicyStates(), p.State) {
		return fault.New(fault.Invalid, "policy", "has no number, revision or state")
	}
	return p.Check()
}

func checkPolicyStepRow(r Row) error {
	s := PolicyStep{Tenant: access.Tenant(r[0].(string)), Number: r[1].(int64), Sequence: r[2].(int64), State: PolicyState(r[3].(string)),
		Actor: Actor(r[4].(string)), Made: Time(r[5].(int64)), Why: r[6].(string), Proof: r[7].(string)}
	return s.Check()
}
