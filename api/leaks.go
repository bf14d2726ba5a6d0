package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
	"bonafide/casework/compromise"
	"bonafide/desk/accounts/leaks"
	"bonafide/fault"
)

// Leaks is what the door needs to look for who may have leaked orders.
type Leaks interface {
	Look(ctx context.Context, a access.Actor, w leaks.Wish) (leaks.Found, error)
}

// leaksFor is how long one look may take.
const leaksFor = 2 * time.Minute

// leakQuery is a look without names.
type leakQuery struct {
	From string `query:"from" doc:"First day (UTC) on which orders were placed; eight weeks before to if absent."`
	To   string `query:"to" doc:"Last day, itself included; today if absent."`
	Lang string `query:"lang" enum:"en,de,ja" doc:"Language of the explanation."`
}

// leakWish is a look with names.
type leakWish struct {
	Body struct {
		From  string             `json:"from,omitempty" doc:"First day (UTC) on which orders were placed; eight weeks before to if absent."`
		To    string             `json:"to,omitempty" doc:"Last day, itself included; today if absent."`
		Lang  string             `json:"lang,omitempty" enum:"en,de,ja," doc:"Language of the explanation."`
		Names []compromise.Party `json:"names,omitempty" maxItems:"100" doc:"Parties as the shop names them: what is found of them is told by that name."`
	}
}

type leakOutput struct{ Body leaks.Found }

// programLeaks adds the routes of the look for leaks. Names are sent in a body, since
// addresses are logged on their way.
func (d door) programLeaks(api huma.API) {
	const what = "Which seller, courier, warehouse or app handled more of the orders that fraudsters knew of than its share. Needs decision.read."
	get := d.keyedOperation(api, "look-for-leaks", http.MethodGet, "/v1/leaks", what, 413)
	get.Description = "An association and no proof: docs/leaks.md. Nobody is named on few reports."
	huma.Register(api, get, func(ctx context.Context, in *leakQuery) (*leakOutput, error) {
		return d.leaks(ctx, in.From, in.To, leaks.Wish{Lang: in.Lang})
	})
	post := d.keyedOperation(api, "look-for-leaks-of", http.MethodPost, "/v1/leaks", what+" With names of the shop's own, in place of hashes.", 413)
	huma.Register(api, post, func(ctx context.Context, in *leakWish) (*leakOutput, error) {
		return d.leaks(ctx, in.Body.From, in.Body.To, leaks.Wish{Lang: in.Body.Lang, Names: in.Body.Names})
	})
}

func (d door) leaks(ctx context.Context, from, to string, w leaks.Wish) (*leakOutput, error) {
	first, err := leaks.Day("from", from)
	last, late := leaks.Day("to", to)
	if err = errors.Join(err, late); err != nil {
		return nil, problem(fault.New(fault.Invalid, "from", "and to are days: want YYYY-MM-DD"))
	}
	w.From = first
	if !last.IsZero() {
		w.To = last.AddDate(0, 0, 1)
	}
	who := actor(ctx) // the context without the deadline does not have it
	ctx, cancel := context.WithTimeout(Unhurried(ctx), leaksFor)
	defer cancel()
	found, err := d.opt.Leaks.Look(ctx, who, w)
	if err != nil {
		return nil, busy(err)
	}
	return &leakOutput{found}, nil
}
