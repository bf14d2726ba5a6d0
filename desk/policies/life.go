package policies

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/burst"
	"bonafide/account/policy"
	"bonafide/fault"
	"bonafide/store"
)

// View is a text as somebody may see it; Text is empty in lists.
type View struct {
	Number   int64             `json:"number"`
	Name     string            `json:"name"`
	Version  int               `json:"version"`
	Digest   string            `json:"digest"`
	State    store.PolicyState `json:"state"`
	Made     time.Time         `json:"made"`
	Author   string            `json:"author"`
	Revision int64             `json:"revision" doc:"Give it back with a step."`
	Text     string            `json:"text,omitempty"`
	Steps    []Step            `json:"steps,omitempty"`
}

// Step is one step of its life.
type Step struct {
	State store.PolicyState `json:"state"`
	Actor string            `json:"actor"`
	Made  time.Time         `json:"made"`
	Why   string            `json:"why"`
	Proof json.RawMessage   `json:"proof,omitempty"`
}

func view(x store.PolicyText, steps []store.PolicyStep) View {
	v := View{Number: x.Number, Name: x.Name, Version: x.Version, Digest: x.Digest, State: x.State, Made: x.Made, Author: string(x.Author), Revision: x.Revision, Text: x.Body}
	for _, s := range steps {
		v.Steps = append(v.Steps, Step{State: s.State, Actor: string(s.Actor), Made: s.Made, Why: s.Why, Proof: json.RawMessage(s.Proof)})
	}
	return v
}

// Wish asks for a step: of which text, as of which revision, and why.
type Wish struct {
	Number, Revision int64
	Why              string
}

// List returns texts below a number, newest first (policy.read).
func (d *Desk) List(ctx context.Context, a access.Actor, below int64, limit int) (list []View, next int64, err error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return nil, 0, err
	}
	var rows []store.PolicyText
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		rows, next, err = r.Policies.List(ctx, a.Tenant, below, limit)
		return err
	}); err != nil {
		return nil, 0, err
	}
	list = make([]View, 0, len(rows))
	for _, x := range rows {
		list = append(list, view(x, nil))
	}
	return list, next, nil
}

// Open returns a text with its history (policy.read).
func (d *Desk) Open(ctx context.Context, a access.Actor, number int64) (View, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return View{}, err
	}
	var x store.PolicyText
	var steps []store.PolicyStep
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if x, err = r.Policies.Get(ctx, a.Tenant, number); err != nil {
			return err
		}
		steps, err = r.Policies.Steps(ctx, a.Tenant, number)
		return err
	})
	return view(x, steps), err
}

func (d *Desk) get(ctx context.Context, t access.Tenant, number int64) (x store.PolicyText, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		x, err = r.Policies.Get(ctx, t, number)
		return err
	})
	return x, err
}

// Live returns the text that decides and its number; 0 for the shipped one.
func (d *Desk) Live(ctx context.Context, t access.Tenant) ([]byte, int64, error) {
	return d.current(ctx, t, store.PolicyLive)
}

// Candidate returns the text that is to decide beside the live one, to be
// compared and counted only, and since when it is; nil if there is none.
func (d *Desk) Candidate(ctx context.Context, t access.Tenant) (text []byte, number int64, since time.Time, err error) {
	if text, number, err = d.current(ctx, t, store.PolicyShadow); err != nil || number == 0 {
		return text, number, since, err
	}
	var steps []store.PolicyStep
	err = d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		steps, err = r.Policies.Steps(ctx, t, number)
		return err
	})
	for _, s := range steps {
		if s.State == store.PolicyShadow {
			since = s.Made // the last one counts: it may have been given up and tried again
		}
	}
	return text, number, since, err
}

func (d *Desk) current(ctx context.Context, t access.Tenant, s store.PolicyState) ([]byte, int64, error) {
	var x store.PolicyText
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		x, err = r.Policies.Current(ctx, t, s)
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound && s == store.PolicyLive:
		return d.cfg.Shipped, 0, nil
	case fault.KindOf(err) == fault.NotFound:
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	}
	return []byte(x.Body), x.Number, nil
}

// Draft keeps a text that loads (policy.edit). An error of the text tells line
// and column.
func (d *Desk) Draft(ctx context.Context, a access.Actor, text []byte, why string) (View, error) {
	reason, err := a.Because(access.PolicyEdit, access.Of{Tenant: a.Tenant}, why, d.cfg.Now())
	if err != nil {
		return View{}, err
	}
	p, err := policy.LoadFrom(text, d.cfg.Data)
	if err != nil {
		return View{}, err
	}
	x := store.PolicyText{Tenant: a.Tenant, Name: p.Name, Version: p.Version, Digest: hex.EncodeToString(p.Digest[:]), Body: string(text), Made: d.cfg.Now(), Author: store.ActorOf(a)}
	err = d.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		if x.Number, err = r.Policies.Add(ctx, x, string(reason)); err != nil {
			return err
		}
		_, err = r.Audit.Append(ctx, d.deed(a, "policy.draft", x.Number, string(reason)))
		return err
	})
	x.State, x.Revision = store.PolicyDraft, 1
	return view(x, nil), err
}

// Shadow lets a text decide beside the live one (policy.edit). Its cases must
// hold and its cost be bounded; what it would stop is what the shadow is to tell.
func (d *Desk) Shadow(ctx context.Context, a access.Actor, w Wish) (View, error) {
	return d.step(ctx, a, w, access.PolicyEdit, "policy.shadow", func(x store.PolicyText, _ []store.PolicyStep) (store.PolicyState, *Proof, error) {
		if x.State != store.PolicyDraft && x.State != store.PolicyRetired && x.State != store.PolicyWithdrawn {
			return "", nil, wrongState(x.State, "a draft or one that was given up is tried")
		}
		p, err := policy.LoadFrom([]byte(x.Body), d.cfg.Data)
		if err != nil {
			return "", nil, err
		}
		proof := &Proof{Problems: []string{}, Warnings: []string{}}
		if err := proof.cases(p); err != nil {
			return "", nil, err
		}
		if proof.Cost, _ = p.Cost(); proof.Cost > d.rails.MaxCost {
			proof.problem("one event can cost %d: at most %d", proof.Cost, d.rails.MaxCost)
		}
		return store.PolicyShadow, proof, nil
	})
}

// Publish makes a text that was tried decide, if it passes the guardrails
// (policy.publish). Where two persons are needed it is proposed, and a second
// call by another person makes it decide.
func (d *Desk) Publish(ctx context.Context, a access.Actor, w Wish) (View, error) {
	return d.step(ctx, a, w, access.PolicyPublish, "policy.publish", func(x store.PolicyText, steps []store.PolicyStep) (store.PolicyState, *Proof, error) {
		if x.State != store.PolicyShadow && x.State != store.PolicyProposed {
			return "", nil, wrongState(x.State, "only one that was tried goes live: let it run in the shadow first")
		}
		if d.cfg.TwoPersons && a.Key != "" {
			return "", nil, fault.New(fault.Forbidden, "", "two persons are needed here, and a key shows none: propose and agree in the browser")
		}
		to := store.PolicyLive
		if d.cfg.TwoPersons && x.State == store.PolicyShadow {
			to = store.PolicyProposed
		}
		if last := steps[len(steps)-1]; d.cfg.TwoPersons && x.State == store.PolicyProposed && last.Actor == store.ActorOf(a) {
			return "", nil, fault.New(fault.Forbidden, "", "you proposed this policy: another person must agree")
		}
		p, err := policy.LoadFrom([]byte(x.Body), d.cfg.Data)
		if err != nil {
			return "", nil, err
		}
		proof, err := d.prove(ctx, a.Tenant, p)
		return to, proof, err
	})
}

// Retire gives a draft or candidate up (policy.edit). The live one goes only by
// another that goes live, or by RollBack.
func (d *Desk) Retire(ctx context.Context, a access.Actor, w Wish) (View, error) {
	return d.step(ctx, a, w, access.PolicyEdit, "policy.retire", func(x store.PolicyText, _ []store.PolicyStep) (store.PolicyState, *Proof, error) {
		if x.State == store.PolicyLive || x.State == store.PolicyRetired || x.State == store.PolicyWithdrawn {
			return "", nil, wrongState(x.State, "publish another, or roll this one back")
		}
		return store.PolicyRetired, nil, nil
	})
}

func wrongState(s store.PolicyState, hint string) error {
	return fault.New(fault.Conflict, "state", "of the policy is %s: %s", s, hint)
}

// Refused is the error of a text that fails the guardrails; Proof tells why.
type Refused struct{ Proof *Proof }

// Error tells the problems.
func (r *Refused) Error() string {
	return "the policy cannot be taken: " + strings.Join(r.Proof.Problems, "; ")
}

// Unwrap makes it fault.Invalid.
func (r *Refused) Unwrap() error {
	return fault.New(fault.Invalid, "policy", "fails the guardrails: change it, or the guardrails")
}

// step checks right and reason, lets judge look at the text as it is (which may
// take long, so outside of a transaction), and moves it if nobody else has.
func (d *Desk) step(ctx context.Context, a access.Actor, w Wish, right access.Permission, action string,
	judge func(store.PolicyText, []store.PolicyStep) (store.PolicyState, *Proof, error)) (View, error) {
	reason, err := a.Because(right, access.Of{Tenant: a.Tenant}, w.Why, d.cfg.Now())
	if err != nil {
		return View{}, err
	}
	var x store.PolicyText
	var steps []store.PolicyStep
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if x, err = r.Policies.Get(ctx, a.Tenant, w.Number); err == nil {
			steps, err = r.Policies.Steps(ctx, a.Tenant, w.Number)
		}
		return err
	}); err != nil {
		return View{}, err
	}
	if x.Revision != w.Revision || len(steps) == 0 {
		return View{}, fault.New(fault.Conflict, "revision", "is not the kept one: somebody else moved the policy; read it again")
	}
	to, proof, err := judge(x, steps)
	if err != nil {
		return View{}, err
	}
	s := store.PolicyStep{Tenant: a.Tenant, Number: x.Number, Sequence: x.Revision + 1, State: to, Actor: store.ActorOf(a), Made: d.cfg.Now(), Why: string(reason)}
	if proof != nil {
		if len(proof.Problems) > 0 {
			return View{}, &Refused{proof}
		}
		raw, err := json.Marshal(proof)
		if err != nil {
			return View{}, err
		}
		s.Proof = string(raw)
	}
	if err := store.Change(ctx, d.cfg.Store, d.deed(a, action, x.Number, string(reason)), func(r store.Records) error {
		if to == store.PolicyLive {
			if err := d.endLive(ctx, r, a, store.PolicyStep{State: store.PolicyRetired, Made: s.Made, Why: fmt.Sprintf("policy %d goes live", x.Number)}); err != nil {
				return err
			}
		}
		return r.Policies.Move(ctx, s)
	}); err != nil {
		return View{}, err
	}
	d.changed(a.Tenant)
	x.State, x.Revision = to, s.Sequence
	return view(x, append(steps, s)), nil
}

// endLive makes room for another live text, with the step that ends the one that is.
func (d *Desk) endLive(ctx context.Context, r store.Records, a access.Actor, s store.PolicyStep) error {
	x, err := r.Policies.Current(ctx, a.Tenant, store.PolicyLive)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	s.Tenant, s.Number, s.Sequence, s.Actor = a.Tenant, x.Number, x.Revision+1, store.ActorOf(a)
	if err := r.Policies.Move(ctx, s); err != nil {
		return err
	}
	_, err = r.Audit.Append(ctx, d.deed(a, "policy."+string(s.State), x.Number, s.Why))
	return err
}

// RollBack brings the policy back that decided before the live one, or the
// shipped one if there was none (policy.publish). It returns its number, 0 for
// the shipped one.
func (d *Desk) RollBack(ctx context.Context, a access.Actor, why string) (int64, error) {
	reason, err := a.Because(access.PolicyPublish, access.Of{Tenant: a.Tenant}, why, d.cfg.Now())
	if err != nil {
		return 0, err
	}
	return d.rollBack(ctx, a, 0, string(reason))
}

// RollBackBurst is RollBack by the server itself, of the text that decided when
// a burst was seen; if another is live meanwhile it does nothing.
func (d *Desk) RollBackBurst(ctx context.Context, t access.Tenant, number int64, seen burst.Alarm) (int64, error) {
	return d.rollBack(ctx, access.Actor{Tenant: t, Key: "system policy.burst"}, number, "a burst: "+seen.String())
}

// maxBack bounds among how many texts the one before is looked for.
const maxBack = 100

func (d *Desk) rollBack(ctx context.Context, a access.Actor, only int64, why string) (to int64, err error) {
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		live, err := r.Policies.Current(ctx, a.Tenant, store.PolicyLive)
		if err != nil {
			return err
		}
		if only != 0 && live.Number != only {
			return fault.New(fault.Conflict, "policy", "is not live any more: nothing is rolled back")
		}
		before, err := d.before(ctx, r, live)
		if err != nil {
			return err
		}
		now := d.cfg.Now()
		if err := d.endLive(ctx, r, a, store.PolicyStep{State: store.PolicyWithdrawn, Made: now, Why: why}); err != nil {
			return err
		}
		if before != nil {
			to = before.Number
			if err := r.Policies.Move(ctx, store.PolicyStep{Tenant: a.Tenant, Number: to, Sequence: before.Revision + 1, State: store.PolicyLive,
				Actor: store.ActorOf(a), Made: now, Why: why}); err != nil {
				return err
			}
		}
		_, err = r.Audit.Append(ctx, d.deed(a, "policy.roll_back", to, why))
		return err
	})
	if err == nil {
		d.changed(a.Tenant)
	}
	return to, err
}

// before is the text that was live last and not withdrawn since, nil if there is
// none. It may be tried again by now, as a candidate.
func (d *Desk) before(ctx context.Context, r store.Records, live store.PolicyText) (*store.PolicyText, error) {
	list, _, err := r.Policies.List(ctx, live.Tenant, 0, maxBack)
	if err != nil {
		return nil, err
	}
	var best *store.PolicyText
	var when time.Time
	for i := range list {
		if list[i].Number == live.Number {
			continue
		}
		steps, err := r.Policies.Steps(ctx, live.Tenant, list[i].Number)
		if err != nil {
			return nil, err
		}
		if last := lastLive(steps); !last.IsZero() && !last.Before(when) {
			best, when = &list[i], last
		}
	}
	return best, nil
}

// lastLive is when a text went live last; zero if it never did, or was withdrawn
// since.
func lastLive(steps []store.PolicyStep) (when time.Time) {
	for _, s := range steps {
		switch s.State {
		case store.PolicyLive:
			when = s.Made
		case store.PolicyWithdrawn:
			when = time.Time{}
		}
	}
	return when
}
