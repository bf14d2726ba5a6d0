package accounts

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/store"
)

// EventAnswer is what a shop is told of one event.
type EventAnswer struct {
	ID     string `json:"id" doc:"Id of the event, as it was sent."`
	Source string `json:"source" doc:"Source of the event, as it was sent."`
	// Decision names the decision, if it is kept.
	Decision string   `json:"decision" doc:"Id of the decision. Only decisions other than allow are kept under it."`
	Action   string   `json:"action" enum:"allow,challenge,hold,block" doc:"What is to be done with what the account wants to do."`
	Score    int64    `json:"score" doc:"0 and up; the policy's thresholds are met by it."`
	Scope    string   `json:"scope,omitempty" enum:"order,account" doc:"What the action is about: the order of the event, or the account."`
	Rules    []string `json:"rules" doc:"Ids of the rules that hit."`
	Do       []Errand `json:"do" doc:"What the shop is asked to do besides, and until when."`
	// Repeated: the event came before, and this is the decision of then.
	Repeated bool `json:"repeated,omitempty" doc:"The event came before; it was not counted again."`
	Late     bool `json:"late,omitempty" doc:"The event was older than the policy takes: it was judged and not counted."`
	// Support and Customer are texts for people; empty for allow.
	Support  string `json:"support,omitempty" doc:"What a support agent is told, in the language asked for."`
	Customer string `json:"customer,omitempty" doc:"What the customer may be told."`
	// Notice is what the owner is to be told, where the shop is asked to (alert_owner).
	Notice *Notice `json:"notice,omitempty" doc:"With alert_owner: what to tell the owner by another way than the account itself."`
}

// Errand is something that a shop is asked to do for a while.
type Errand struct {
	Do    string    `json:"do" doc:"Such as alert_owner, hide_gift_cards, revoke_new_sessions."`
	For   string    `json:"for" doc:"How long from the event on, such as 72h0m0s."`
	Until time.Time `json:"until" doc:"When it ends."`
}

func ordersOf(d *guard.Decision, p *policy.Policy, happened time.Time) []Errand {
	out := []Errand{}
	for _, s := range d.Orders(p) {
		out = append(out, Errand{Do: s.Do, For: s.For.String(), Until: happened.Add(s.For)})
	}
	return out
}

func scopeOf(a policy.Action, order string) string {
	switch {
	case a == policy.Allow:
		return ""
	case order != "":
		return "order"
	}
	return "account"
}

// answer is what a shop is told of an event that it sent now, and that the policy p
// decided.
func answer(e *event.Event, x *guard.Decision, p *policy.Policy, lang string) EventAnswer {
	out := EventAnswer{ID: e.ID, Source: e.Source, Decision: idText(x.ID), Action: x.Action.String(), Score: x.Score, Scope: scopeOf(x.Action, order(e)),
		Rules: []string{}, Do: ordersOf(x, p, e.Time), Repeated: x.Repeated, Late: x.Late}
	for _, h := range x.Hits {
		out.Rules = append(out.Rules, p.Rules[h.Rule].ID)
	}
	if x.Action > policy.Allow {
		out.Support, out.Customer = p.Support(&x.Result, e, lang), p.Customer(&x.Result, e, lang)
	}
	return out
}

// kept reads a decision from the records.
func (d *Desk) kept(ctx context.Context, t access.Tenant, id guard.ID) (decoded, error) {
	var x store.Decision
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		x, err = r.Decisions.Get(ctx, t, store.DecisionID(idText(id)))
		return err
	}); err != nil {
		return decoded{}, err
	}
	return d.decode(ctx, x)
}
