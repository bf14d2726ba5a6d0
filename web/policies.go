package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/desk/policies"
	"bonafide/desk/replays"
	"bonafide/fault"
	"bonafide/store"
)

// PoliciesDesk is the desk of policies as the pages use it.
type PoliciesDesk interface {
	ListWithSteps(ctx context.Context, a access.Actor, below int64, limit int) ([]policies.View, int64, error)
	Open(ctx context.Context, a access.Actor, number int64) (policies.View, error)
	Text(ctx context.Context, a access.Actor, number int64) (string, error)
	Live(ctx context.Context, t access.Tenant) ([]byte, int64, error)
	Examine(ctx context.Context, a access.Actor, text []byte) (*policies.Finding, error)
	Compare(ctx context.Context, a access.Actor, text string) (policies.Comparison, error)
	Draft(ctx context.Context, a access.Actor, text []byte, why string) (policies.View, error)
	Shadow(ctx context.Context, a access.Actor, w policies.Wish) (policies.View, error)
	Publish(ctx context.Context, a access.Actor, w policies.Wish) (policies.View, error)
	Retire(ctx context.Context, a access.Actor, w policies.Wish) (policies.View, error)
	RollBack(ctx context.Context, a access.Actor, why string) (int64, error)
	Guardrails() policies.Guardrails
	TwoPersons() bool
}

// policiesPage is how many policies a page lists.
const policiesPage = 25

// formPolicy bounds a form with a policy in it: the largest text, as a form writes
// it where half of it are other characters than letters.
const formPolicy = 2 << 20

func (v *visit) ruled() error {
	if v.opt.Policies == nil {
		return fault.New(fault.NotFound, "", "no policies are kept here")
	}
	return nil
}

// policiesData is the list of policies.
type policiesData struct {
	List []policies.View
	// Live is the number of the one that decides, 0 for the shipped one.
	Live int64
	// Now is what decides at this moment; nil where that is not known.
	Now  *accounts.Deciding
	More int64
}

// Newest is the last step of a policy.
func (policiesData) Newest(v policies.View) *policies.Step {
	if len(v.Steps) == 0 {
		return nil
	}
	return &v.Steps[len(v.Steps)-1]
}

func (v *visit) policies() error {
	if err := v.ruled(); err != nil {
		return err
	}
	ctx, a := v.r.Context(), v.who.Actor
	below, err := strconv.ParseInt("0"+v.r.URL.Query().Get("before"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "before", "is no place in the list: begin at the newest")
	}
	var d policiesData
	if d.List, d.More, err = v.opt.Policies.ListWithSteps(ctx, a, below, policiesPage); err != nil {
		return err
	}
	if _, d.Live, err = v.opt.Policies.Live(ctx, a.Tenant); err != nil {
		return err
	}
	if d.Now, err = v.deciding(); err != nil {
		return err
	}
	return v.page(http.StatusOK, "policies", "policies.title", d, "")
}

// noted is a place of a text with the line that stands there.
type noted struct {
	policies.Place
	Source string
}

// excerptLine is one line around what is wrong.
type excerptLine struct {
	Number int
	Text   string
	// Before is what stands before the place, to point at it; Here that it is the line.
	Before string
	Here   bool
}

// proven is a step with what was found for it.
type proven struct {
	policies.Step
	Proof *policies.Proof
}

// policyData is the page of one policy, or the editor of a new one.
type policyData struct {
	policies.View
	// From is the number that the text in the editor began with; Edited the text.
	From   int64
	Edited string
	Why    string
	// Refused are the guardrails that the text did not pass.
	Refused  []string
	Found    *policies.Finding
	Warnings []noted
	Excerpt  []excerptLine
	Diff     policies.Comparison
	History  []proven
	// Runs are replays of this policy, Last the newest that is done.
	Runs []replays.Run
	Last *replays.Run
	Days int
	// Trial is how the candidate compares with what is decided live; nil where the
	// policy is none.
	Trial *accounts.Trial
	// Waiting: it went live, and reads the log before it decides.
	Waiting bool
	// TwoPersons are needed; Mine tells that the reader is the first of them.
	TwoPersons, Mine bool
	CanReplay        bool
}

// In tells whether the policy is in one of the states.
func (d policyData) In(states ...string) bool { return slices.Contains(states, string(d.State)) }

// Wide is about how many lines the editor shows.
func (d policyData) Wide() int { return min(max(strings.Count(d.Edited, "\n")+2, 12), 30) }

func (v *visit) number() int64 {
	n, err := strconv.ParseInt(v.r.PathValue("id"), 10, 64)
	if err != nil || n < 1 {
		return -1 // no policy and no replay has it
	}
	return n
}

// examine fills in what is known of the text in the editor.
func (v *visit) examine(d *policyData) (err error) {
	ctx, a := v.r.Context(), v.who.Actor
	if d.Found, err = v.opt.Policies.Examine(ctx, a, []byte(d.Edited)); err != nil {
		return err
	}
	lines := strings.Split(d.Edited, "\n")
	at := func(n int) string {
		if n < 1 || n > len(lines) {
			return ""
		}
		return clip(strings.TrimRight(lines[n-1], "\r"), 300)
	}
	if w := d.Found.Wrong; w != nil && w.Line > 0 {
		for n := max(w.Line-2, 1); n <= min(w.Line+2, len(lines)); n++ {
			l := excerptLine{Number: n, Text: at(n), Here: n == w.Line}
			if l.Here && w.Column > 0 {
				l.Before = strings.Repeat(" ", min(w.Column-1, len(l.Text)))
			}
			d.Excerpt = append(d.Excerpt, l)
		}
	}
	for _, w := range d.Found.Warnings {
		d.Warnings = append(d.Warnings, noted{w, strings.TrimSpace(at(w.Line))})
	}
	if d.Found.Wrong == nil {
		d.Diff, err = v.opt.Policies.Compare(ctx, a, d.Edited)
	}
	return err
}

// newPolicy opens the editor with the text of a policy, the one that decides if
// none is named.
func (v *visit) newPolicy() error {
	if err := v.ruled(); err != nil {
		return err
	}
	ctx, a := v.r.Context(), v.who.Actor
	var d policyData
	var err error
	if from := v.r.URL.Query().Get("from"); from != "" {
		if d.From, err = strconv.ParseInt(from, 10, 64); err != nil || d.From < 0 {
			return fault.New(fault.NotFound, "", "there is no such policy: look at the list")
		}
	} else if _, d.From, err = v.opt.Policies.Live(ctx, a.Tenant); err != nil {
		return err
	}
	if d.Edited, err = v.opt.Policies.Text(ctx, a, d.From); err != nil {
		return err
	}
	return v.page(http.StatusOK, "policy", "policy.new", d, "")
}

// typed is the text as it was typed: browsers send lines with CR LF.
func (v *visit) typed() string { return strings.ReplaceAll(v.r.PostFormValue("text"), "\r\n", "\n") }

// edited is the editor as somebody sent it.
func (v *visit) edited() policyData {
	from, _ := strconv.ParseInt(v.field("from"), 10, 64)
	return policyData{From: max(from, 0), Edited: v.typed(), Why: clip(v.field("reason"), 2000)}
}

// checkPolicy tells what the text in the editor is worth; nothing is kept.
func (v *visit) checkPolicy() error {
	if err := v.ruled(); err != nil {
		return err
	}
	d := v.edited()
	if err := v.examine(&d); err != nil {
		return err
	}
	return v.page(http.StatusOK, "policy", "policy.new", d, "")
}

// draftPolicy keeps the text in the editor as a draft.
func (v *visit) draftPolicy() error {
	if err := v.ruled(); err != nil {
		return err
	}
	x, err := v.opt.Policies.Draft(v.r.Context(), v.who.Actor, []byte(v.typed()), v.field("reason"))
	if err == nil {
		return v.done("/policies/" + strconv.FormatInt(x.Number, 10))
	}
	said, code, _ := v.problem(err)
	if code != http.StatusUnprocessableEntity && code != http.StatusConflict {
		return err
	}
	d := v.edited()
	if err := v.examine(&d); err != nil {
		return err
	}
	if d.Found.Wrong != nil {
		said = v.texts.Get(v.language(v.r), "policy.wrong")
	}
	return v.page(code, "policy", "policy.new", d, said)
}

func (v *visit) policy() error {
	if err := v.ruled(); err != nil {
		return err
	}
	return v.showPolicy(http.StatusOK, "", "", nil)
}

// showPolicy shows a policy, with what was wrong with the step that somebody asked for.
func (v *visit) showPolicy(code int, said, why string, refused []string) error {
	ctx, a := v.r.Context(), v.who.Actor
	x, err := v.opt.Policies.Open(ctx, a, v.number())
	if err != nil {
		return err
	}
	d := policyData{View: x, From: x.Number, Edited: x.Text, Why: why, Refused: refused, Days: v.opt.Policies.Guardrails().ReplayDays,
		TwoPersons: v.opt.Policies.TwoPersons(), CanReplay: v.opt.Replays != nil}
	if err := v.examine(&d); err != nil {
		return err
	}
	for _, s := range slices.Backward(x.Steps) {
		p := proven{Step: s}
		if len(s.Proof) > 0 {
			var proof policies.Proof
			if json.Unmarshal(s.Proof, &proof) == nil {
				p.Proof = &proof
			}
		}
		d.History = append(d.History, p)
	}
	if n := len(x.Steps); n > 0 && x.State == store.PolicyProposed {
		d.Mine = x.Steps[n-1].Actor == string(store.ActorOf(a))
	}
	if err := v.trialOf(&d); err != nil {
		return err
	}
	if err := v.runsOf(&d); err != nil {
		return err
	}
	return v.page(code, "policy", "policy.title", d, said)
}

// trialOf adds how a candidate does in the shadow, and whether what went live
// decides already.
func (v *visit) trialOf(d *policyData) error {
	x, err := v.deciding()
	if err != nil || x == nil {
		return err
	}
	d.Waiting = x.Waiting && d.State == store.PolicyLive
	if x.Trial != nil && x.Trial.Policy == d.Number && d.In("shadow", "proposed") {
		d.Trial = x.Trial
	}
	return nil
}

// deciding is which policy decides events now; nil where none are taken, or the
// guard still reads its log.
func (v *visit) deciding() (*accounts.Deciding, error) {
	if v.opt.Accounts == nil {
		return nil, nil
	}
	x, err := v.opt.Accounts.Deciding(v.r.Context(), v.who.Actor)
	switch fault.KindOf(err) {
	case fault.Temporary, fault.NotFound:
		return nil, nil
	}
	return &x, err
}

// runsOf adds the replays of the policy.
func (v *visit) runsOf(d *policyData) error {
	if v.opt.Replays == nil {
		return nil
	}
	ctx, a := v.r.Context(), v.who.Actor
	list, err := v.opt.Replays.List(ctx, a)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Candidate.Number != d.Number || len(d.Runs) == 5 {
			continue
		}
		d.Runs = append(d.Runs, r)
		if d.Last == nil && r.State == replays.Done {
			last, err := v.opt.Replays.Open(ctx, a, r.Number)
			if err != nil {
				return err
			}
			d.Last = &last
		}
	}
	return nil
}

// stepFor is how long a step may take: before a policy goes live days are replayed.
const stepFor = 150 * time.Second

// stepPolicy moves a policy, and shows it with the reason where it is not taken.
func (v *visit) stepPolicy(step func(ctx context.Context, w policies.Wish) error) error {
	if err := v.ruled(); err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(v.field("revision"), 10, 64)
	ctx, cancel := context.WithTimeout(v.unhurried(), stepFor)
	defer cancel()
	err := step(ctx, policies.Wish{Number: v.number(), Revision: revision, Why: v.field("reason")})
	if err == nil {
		return v.done("/policies/" + strconv.FormatInt(v.number(), 10))
	}
	var refused *policies.Refused
	if errors.As(err, &refused) {
		return v.showPolicy(http.StatusUnprocessableEntity, v.texts.Get(v.language(v.r), "policy.refused"), v.field("reason"), refused.Proof.Problems)
	}
	var f *fault.Error
	if errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		said, code, detail := v.problem(err)
		return v.showPolicy(code, said, v.field("reason"), []string{detail})
	}
	return err
}

// unhurried is the request's context without the deadline of short answers.
func (v *visit) unhurried() context.Context {
	if v.opt.Unhurried == nil {
		return v.r.Context()
	}
	return v.opt.Unhurried(v.r.Context())
}

func (v *visit) shadowPolicy() error {
	return v.stepPolicy(func(ctx context.Context, w policies.Wish) error {
		_, err := v.opt.Policies.Shadow(ctx, v.who.Actor, w)
		return err
	})
}

func (v *visit) publishPolicy() error {
	return v.stepPolicy(func(ctx context.Context, w policies.Wish) error {
		_, err := v.opt.Policies.Publish(ctx, v.who.Actor, w)
		return err
	})
}

func (v *visit) retirePolicy() error {
	return v.stepPolicy(func(ctx context.Context, w policies.Wish) error {
		_, err := v.opt.Policies.Retire(ctx, v.who.Actor, w)
		return err
	})
}

// rollBackPolicy brings the policy of before back, if the page is of the live one.
func (v *visit) rollBackPolicy() error {
	return v.stepPolicy(func(ctx context.Context, w policies.Wish) error {
		if err := v.who.May(access.PolicyPublish, access.Of{Tenant: v.who.Tenant}, time.Now()); err != nil && !errors.Is(err, access.ErrConfirm) {
			return err
		}
		x, err := v.opt.Policies.Open(ctx, v.who.Actor, w.Number)
		if err != nil {
			return err
		}
		if x.State != store.PolicyLive || x.Revision != w.Revision {
			return fault.New(fault.Conflict, "state", "of the policy is %s: only the one that decides is rolled back", x.State)
		}
		_, err = v.opt.Policies.RollBack(ctx, v.who.Actor, w.Why)
		return err
	})
}

// previewPolicy replays the last days through a policy.
func (v *visit) previewPolicy() error {
	if err := v.ruled(); err != nil {
		return err
	}
	if err := v.replayed(); err != nil {
		return err
	}
	run, err := v.opt.Replays.Start(v.r.Context(), v.who.Actor, replays.Wish{Policy: v.number(), Against: replays.Live,
		From: time.Now().AddDate(0, 0, -v.opt.Policies.Guardrails().ReplayDays)})
	if fault.KindOf(err) == fault.Conflict {
		said, code, detail := v.problem(err)
		return v.showPolicy(code, said, "", []string{detail})
	}
	if err != nil {
		return err
	}
	v.see("/replays/" + strconv.FormatInt(run.Number, 10))
	return nil
}

// By is who did a step, for people: the reader themselves, the server, or a
// pseudonym.
func (s staffView) By(actor string) string {
	switch {
	case actor == s.Who.Person:
		return s.T("policy.you")
	case strings.HasPrefix(actor, "system "):
		return s.T("policy.server")
	}
	return actor
}

// Big is Count of a cost.
func (s staffView) Big(n uint64) string { return s.Count(int64(min(n, 1<<62))) } //nolint:gosec // bounded
