// Package verdict turns all evidence on one contact into one Verdict: scam,
// suspicious, genuine, genuine_alarm or unknown, with the probability of fraud,
// what the other side is after, the rules that led there, and what would settle
// a case that cannot be told.
//
// Proof outranks inference: only a hit in the shop's books or an aligned
// signature of an official domain can make a contact genuine, and only when
// nothing speaks against it. No number of missing red flags does.
//
// It is not for finding evidence, nor for sentences: texts are looked up by the
// codes that it returns.
package verdict

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/evidence"
)

// Outcome is one of the five answers.
type Outcome string

// The outcomes.
const (
	Scam         Outcome = "scam"
	Suspicious   Outcome = "suspicious"
	Genuine      Outcome = "genuine"
	GenuineAlarm Outcome = "genuine_alarm"
	Unknown      Outcome = "unknown"
)

// Outcomes lists all outcomes, worst first.
func Outcomes() []Outcome { return []Outcome{Scam, Suspicious, GenuineAlarm, Unknown, Genuine} }

// Goal is what the other side is after.
type Goal string

// The goals, in the order in which they are named.
const (
	Access Goal = "access"
	Money  Goal = "money"
	Data   Goal = "data"
)

// Verdict is the answer for one contact.
type Verdict struct {
	Outcome Outcome
	// Probability of fraud, 0 to 1, calibrated per channel. It agrees with an
	// outcome that a rule led to; an unknown may have any.
	Probability float64
	// Bits is the sum of evidence before rules, log-odds of fraud.
	Bits  float64
	Goals []Goal
	// Rules are the ids of the rules that decided, first the decisive one.
	Rules []string
	// Unsettled are codes of what would settle an unknown.
	Unsettled []string
}

// Rules are the thresholds and lists that decide; they are data.
type Rules struct {
	AsOf   string `yaml:"as_of"`
	Source string `yaml:"source"`
	// Scam and Suspicious are the least probabilities for these outcomes.
	Scam       float64 `yaml:"scam"`
	Suspicious float64 `yaml:"suspicious"`
	// Proofs are codes that can make a contact genuine.
	Proofs []evidence.Code `yaml:"proofs"`
	// Tolerated is how many bits may speak against a proven contact, counted
	// in the groups of Contradicting.
	Tolerated     float64  `yaml:"tolerated"`
	Contradicting []string `yaml:"contradicting"`
	// Alarms are codes that show that somebody else uses the account.
	Alarms []evidence.Code `yaml:"alarms"`
	// AlarmProofs are codes that show that an alarm is really the shop's,
	// beside Proofs.
	AlarmProofs []evidence.Code `yaml:"alarm_proofs"`
	// Denials are codes of the person's own word that it was not them.
	Denials []evidence.Code `yaml:"denials"`
	// AtMostSuspicious are codes that never give more than suspicion when
	// nothing else speaks for fraud. NeverDecide give not even that.
	AtMostSuspicious []evidence.Code `yaml:"at_most_suspicious"`
	NeverDecide      []evidence.Code `yaml:"never_decide"`
	// LeastOther is how many bits must speak for fraud beside NeverDecide for
	// the sum to decide.
	LeastOther float64 `yaml:"least_other"`
	// Hesitate: where a code says at least so many bits against fraud, by
	// channel, nothing stands alone; it is weighed with the rest.
	Hesitate struct {
		Code evidence.Code               `yaml:"code"`
		Bits map[contact.Channel]float64 `yaml:"bits"`
	} `yaml:"hesitate"`
	// ProblemThemes in an unsolicited contact of ProblemChannels are
	// suspicious by themselves.
	ProblemThemes   []evidence.Code   `yaml:"problem_themes"`
	ProblemChannels []contact.Channel `yaml:"problem_channels"`
	// Suspects are codes of which each alone makes at least suspicious.
	Suspects []evidence.Code `yaml:"suspects"`
	// DespiteProof are codes that do so though a proof is there.
	DespiteProof []evidence.Code `yaml:"despite_proof"`
	// Calibration gives the probability that is told; thresholds stand on the
	// sum.
	Calibration Calibration `yaml:"-"`
}

// RulesFile is where the rules stand in the data.
const RulesFile = "verdict/rules.yaml"

// LoadRules reads the rules and checks that every code in them is in the table.
func LoadRules(fsys fs.FS, t *evidence.Table) (*Rules, error) {
	raw, err := fs.ReadFile(fsys, RulesFile)
	if err != nil {
		return nil, fmt.Errorf("verdict: %w", err)
	}
	var r Rules
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("verdict: read %s: %w", RulesFile, err)
	}
	if !(0 < r.Suspicious && r.Suspicious < r.Scam && r.Scam < 1) {
		return nil, fmt.Errorf("verdict: %s: want 0 < suspicious < scam < 1", RulesFile)
	}
	for _, list := range [][]evidence.Code{r.Proofs, r.Alarms, r.AlarmProofs, r.Denials, r.AtMostSuspicious, r.NeverDecide, r.ProblemThemes, r.Suspects, r.DespiteProof, {r.Hesitate.Code}} {
		for _, c := range list {
			if _, ok := t.Weight(c); !ok {
				return nil, fmt.Errorf("verdict: %s: no evidence has the code %q", RulesFile, c)
			}
		}
	}
	if r.Calibration, err = LoadCalibration(fsys); err != nil {
		return nil, err
	}
	return &r, nil
}

// Input is what a verdict rests on.
type Input struct {
	Contact  *contact.Contact
	Evidence []evidence.Evidence
	Table    *evidence.Table
}

// Decide gives the verdict. It is a pure function of its input.
func (r *Rules) Decide(in Input) Verdict {
	bits := in.Table.Sum(string(in.Contact.Channel), in.Evidence)
	v := Verdict{Bits: bits, Probability: r.Calibration.Probability(in.Contact.Channel, bits), Goals: goals(in)}
	switch alone := r.standsAlone(in); {
	case r.proven(in, r.Proofs) && alone == "" && r.against(in) <= r.Tolerated && !r.any(in, r.DespiteProof):
		v.decide(Genuine, "proof")
		if r.any(in, r.Alarms) || r.any(in, r.Denials) {
			v.decide(GenuineAlarm, "proof_of_alarm")
		}
	case alone != "":
		v.decide(Scam, "stands_alone:"+string(alone))
	case r.alarm(in):
		v.decide(GenuineAlarm, "alarm")
	default:
		r.weighed(in, &v)
	}
	r.bound(&v)
	if v.Outcome == Unknown || v.Outcome == Suspicious {
		v.Unsettled = unsettled(in)
	}
	return v
}

func (v *Verdict) decide(o Outcome, rule string) {
	v.Outcome = o
	v.Rules = append([]string{rule}, v.Rules...)
}

// weighed decides by the sum, within the bounds that no sum may cross.
func (r *Rules) weighed(in Input, v *Verdict) {
	switch share := in.Table.Probability(v.Bits); {
	case share >= r.Scam:
		v.decide(Scam, "sum")
	case share >= r.Suspicious:
		v.decide(Suspicious, "sum")
	default:
		v.decide(Unknown, "sum")
	}
	if v.Outcome != Unknown && r.other(in) < r.LeastOther {
		v.decide(Unknown, "weak_never_decides")
		return
	}
	if v.Outcome == Scam && r.only(in, append(slices.Clone(r.AtMostSuspicious), r.NeverDecide...)) {
		v.decide(Suspicious, "pressure_alone")
	}
	if v.Outcome == Unknown && r.any(in, r.DespiteProof) {
		v.decide(Suspicious, "despite_proof")
	}
	if v.Outcome != Unknown || in.Contact.StartedByUser == contact.Yes {
		return
	}
	if slices.Contains(r.ProblemChannels, in.Contact.Channel) && r.any(in, r.ProblemThemes) && !r.hesitates(in) {
		v.decide(Suspicious, "unsolicited_problem")
	} else if r.any(in, r.Suspects) && !r.any(in, r.Proofs) {
		v.decide(Suspicious, "suspect")
	}
}

// standsAlone returns the code of a flag that suffices by itself, or "".
func (r *Rules) standsAlone(in Input) evidence.Code {
	if r.hesitates(in) {
		return ""
	}
	for _, e := range in.Evidence {
		w, ok := in.Table.Weight(e.Code)
		if !ok || !w.StandsAlone || !in.Table.MayStandAlone(string(in.Contact.Channel), e.Diluted) {
			continue
		}
		if share := e.Diluted; share == 0 && e.Bits < w.Bits*0.9 || share > 0 && e.Bits < w.Bits*share*0.9 {
			continue
		}
		if in.Contact.StartedByUser != contact.Yes || w.KeepsAlone {
			return e.Code
		}
	}
	return ""
}

// alarm reports whether the shop's own record shows an order or change that
// the person denies, or one that was hidden, with nothing against the notice.
func (r *Rules) alarm(in Input) bool {
	if r.against(in) > r.Tolerated {
		return false
	}
	if r.proven(in, r.AlarmProofs) && (r.any(in, r.Denials) || r.any(in, r.Alarms)) {
		return true
	}
	return false
}

// proven reports whether one of the codes is there and speaks against fraud.
func (r *Rules) proven(in Input, codes []evidence.Code) bool {
	for _, e := range in.Evidence {
		if slices.Contains(codes, e.Code) && e.Bits <= 0 {
			return true
		}
	}
	return false
}

// against sums what contradicts a proven contact.
func (r *Rules) against(in Input) float64 {
	sum := 0.0
	for _, e := range in.Evidence {
		if e.Bits > 0 && slices.Contains(r.Contradicting, e.Group) {
			sum += e.Bits
		}
	}
	return sum
}

func (r *Rules) any(in Input, codes []evidence.Code) bool {
	for _, e := range in.Evidence {
		if slices.Contains(codes, e.Code) {
			return true
		}
	}
	return false
}

// hesitates reports whether the contact as a whole reads so ordinary that no
// single thing in it decides: then all of it is weighed together.
func (r *Rules) hesitates(in Input) bool {
	least, ok := r.Hesitate.Bits[in.Contact.Channel]
	if !ok {
		return false
	}
	for _, e := range in.Evidence {
		if e.Code == r.Hesitate.Code && -e.Bits >= least {
			return true
		}
	}
	return false
}

// other sums what speaks for fraud beside what never decides.
func (r *Rules) other(in Input) float64 {
	sum := 0.0
	for _, e := range in.Evidence {
		if e.Bits > 0 && !slices.Contains(r.NeverDecide, e.Code) {
			sum += e.Bits
		}
	}
	return sum
}

// only reports whether all that speaks for fraud is among the codes.
func (r *Rules) only(in Input, codes []evidence.Code) bool {
	some := false
	for _, e := range in.Evidence {
		if e.Bits <= 0 {
			continue
		}
		if !slices.Contains(codes, e.Code) {
			return false
		}
		some = true
	}
	return some
}

// bound makes the probability agree with an outcome that a rule and not the sum
// led to. An unknown may have any: where a text reads like fraud and nothing else
// shows it, the probability says so and the verdict does not.
func (r *Rules) bound(v *Verdict) {
	p := v.Probability
	switch v.Outcome {
	case Scam:
		if v.Rules[0] != "sum" {
			p = math.Max(p, r.Scam)
		}
	case Suspicious:
		p = math.Max(p, r.Suspicious)
	case Genuine, GenuineAlarm:
		p = math.Min(p, 0.05)
	}
	v.Probability = math.Min(math.Max(p, 0.0001), 0.9999)
}

// goals names what the evidence shows the other side to be after.
func goals(in Input) []Goal {
	sum := map[Goal]float64{}
	for _, e := range in.Evidence {
		if e.Bits <= 0 {
			continue
		}
		w, _ := in.Table.Weight(e.Code)
		for _, g := range w.Goals {
			share := 1.0
			if w.Group == "theme" || w.Group == "link" || w.Group == "number" {
				share = 0.25 // a pretext hints at a goal, a request shows it
			}
			sum[Goal(g)] += e.Bits * share
		}
	}
	best := math.Max(sum[Access], math.Max(sum[Money], sum[Data]))
	var out []Goal
	for _, g := range []Goal{Access, Money, Data} {
		if sum[g] > 0 && sum[g] >= best*0.4 {
			out = append(out, g)
		}
	}
	return out
}

// unsettled lists what is missing that would settle the case.
func unsettled(in Input) []string {
	has := map[evidence.Code]bool{}
	for _, e := range in.Evidence {
		has[e.Code] = true
	}
	c := in.Contact
	var out []string
	if !has["order_match"] && !has["no_matching_order"] {
		out = append(out, "look_in_orders")
	}
	if c.Channel == contact.Mail && c.Mail != nil && has["auth_not_checked"] {
		out = append(out, "mail_authentication")
	}
	if c.Channel == contact.Screenshot || c.Channel == contact.Mail && c.Mail == nil {
		out = append(out, "original_mail")
	}
	if c.StartedByUser == contact.NotSaid && (c.Channel == contact.Call || c.Channel == contact.Voicemail) {
		out = append(out, "who_started")
	}
	if c.Channel != contact.Call && c.Channel != contact.Voicemail {
		out = append(out, "message_center")
	}
	return append(out, "ask_the_shop")
}
