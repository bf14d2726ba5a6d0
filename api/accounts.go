package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/store"
)

// Accounts is what the door needs of the desk of the account guard.
type Accounts interface {
	Submit(ctx context.Context, a access.Actor, b accounts.Batch) (accounts.Taken, error)
	Signal(ctx context.Context, a access.Actor, token []byte, b accounts.Batch) (accounts.Taken, error)
	List(ctx context.Context, a access.Actor, q accounts.Query) (accounts.Listing, error)
	Open(ctx context.Context, a access.Actor, id store.DecisionID, lang string) (accounts.Opened, error)
	Assign(ctx context.Context, a access.Actor, id store.DecisionID, to store.PersonID, revision int64) error
	SetLabel(ctx context.Context, a access.Actor, id store.DecisionID, label store.Label, revision int64) error
	Precisions(ctx context.Context, a access.Actor, since time.Time) ([]accounts.Precision, error)
	Latest(ctx context.Context, a access.Actor) (int64, error)
	Follow(ctx context.Context, a access.Actor, after int64, wait time.Duration, lang string) ([]accounts.DecisionView, error)
	Deciding(ctx context.Context, a access.Actor) (accounts.Deciding, error)
	Trial(ctx context.Context, a access.Actor) (accounts.Trial, error)
	Account(ctx context.Context, a access.Actor, account, lang string) (accounts.Timeline, error)
	Linked(ctx context.Context, a access.Actor, account string) (accounts.Links, error)
}

// DecisionPage is a page of decisions.
type DecisionPage struct {
	Decisions []accounts.DecisionView `json:"decisions"`
	Next      int64                   `json:"next,omitempty" doc:"Give it as before for the next page; absent: there is none."`
}

// DecisionNews is what came since, for those who pull.
type DecisionNews struct {
	Decisions []accounts.DecisionView `json:"decisions" doc:"Oldest first."`
	Last      int64                   `json:"last" doc:"Give it as after the next time."`
}

type eventsInput struct {
	Decide  bool   `query:"decide" doc:"Wait for the decisions and answer them."`
	Mapping string `query:"mapping" doc:"Name of a mapping on the server, for a shop's own format (docs/mappings.md); absent: events of our own form."`
	Skip    bool   `query:"skip" doc:"Take the good events and list the others; without it one wrong event refuses all."`
	Lang    string `query:"lang" doc:"Language of texts: en, de or ja."`
	RawBody []byte `contentType:"application/x-ndjson"`
}

type decisionsInput struct {
	Action   string `query:"action" doc:"challenge, hold or block; absent: any."`
	Account  string `query:"account" doc:"Account as the shop names it, which is hashed on the server, or its hash." maxLength:"512"`
	Since    string `query:"since" doc:"First time (RFC 3339) or day."`
	Assigned string `query:"assigned" doc:"Id of a person, or nobody; absent: any." maxLength:"64"`
	Label    string `query:"label" doc:"fraud, good, unsure, or none; absent: any."`
	Before   int64  `query:"before" minimum:"0" doc:"As the page before told as next."`
	Limit    int    `query:"limit" minimum:"0" maximum:"200" doc:"Decisions a page; 50 if absent."`
	Lang     string `query:"lang" doc:"Language of texts: en, de or ja."`
}

type openInput struct {
	ID   string `path:"id" maxLength:"64"`
	Lang string `query:"lang" doc:"Language of texts: en, de or ja."`
}

type openOutput struct{ Body accounts.Opened }

type followInput struct {
	After  string `query:"after" doc:"Sequence of the last decision that you have; 0: all that is kept. Absent: only new ones."`
	LastID string `header:"Last-Event-ID" doc:"As after, for a stream that goes on."`
	Wait   int    `query:"wait" minimum:"0" maximum:"25" doc:"Long poll: seconds to wait for a decision. Absent: a stream of server-sent events."`
	Lang   string `query:"lang" doc:"Language of texts: en, de or ja."`
	Poll   bool   `query:"poll" doc:"Answer at once, as a long poll that waits for nothing."`
}

// programAccounts adds the routes of the account guard.
func (d door) programAccounts(api huma.API) {
	keyed := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: append([]int{401, 403, 422, 503}, codes...),
			MaxBodyBytes: 16 << 10, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}}
	}
	send := keyed("send-events", http.MethodPost, "/v1/events", "Send what happened to accounts, one event or one a line, and have it decided. Needs event.write.", 413)
	send.MaxBodyBytes, send.BodyReadTimeout = accounts.MaxBody+1<<10, 30*time.Second
	send.Description = "The body is one CloudEvent (application/cloudevents+json), one a line (application/x-ndjson) or a list (application/cloudevents-batch+json); " +
		"the schema of their data is docs/account-event.schema.json. With a mapping it is the shop's own format. The answer means that all accepted events are on disk. " +
		"As application/secevent+jwt it is one security event token, signed by a transmitter of the shop (docs/accounts.md). " +
		"503: nothing is lost; send the same again, which counts no event twice."
	send.Middlewares = append(send.Middlewares, d.signals)
	huma.Register(api, send, d.sendEvents)
	describeSignals(api)
	huma.Register(api, keyed("list-decisions", http.MethodGet, "/v1/decisions", "Decisions other than allow, newest first. Needs decision.read."), d.listDecisions)
	huma.Register(api, keyed("follow-decisions", http.MethodGet, "/v1/decisions/stream",
		"Decisions as they are made: server-sent events, or a long poll with wait. Needs decision.read."), d.followDecisions)
	huma.Register(api, keyed("get-decision", http.MethodGet, "/v1/decisions/{id}", "One decision with its story and every value that it saw. Needs decision.read.", 404),
		func(ctx context.Context, in *openInput) (*openOutput, error) { return d.opened(ctx, in.ID, in.Lang) })
	huma.Register(api, keyed("label-decision", http.MethodPost, "/v1/decisions/{id}/label", "Write what a decision turned out to be. Needs decision.label and, for the answer, decision.read.", 404, 409),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Lang string `query:"lang" doc:"Language of texts: en, de or ja."`
			Body struct {
				Label    store.Label `json:"label" enum:"fraud,good,unsure"`
				Revision int64       `json:"revision" doc:"As it was read; 409 when somebody else changed it since."`
			}
		}) (*openOutput, error) {
			if err := d.opt.Accounts.SetLabel(ctx, actor(ctx), store.DecisionID(in.ID), in.Body.Label, in.Body.Revision); err != nil {
				return nil, problem(err)
			}
			return d.opened(ctx, in.ID, in.Lang)
		})
	huma.Register(api, keyed("assign-decision", http.MethodPost, "/v1/decisions/{id}/assign", "Write who works on a decision. Needs decision.label and, for the answer, decision.read.", 404, 409),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Lang string `query:"lang" doc:"Language of texts: en, de or ja."`
			Body struct {
				Person   store.PersonID `json:"person" maxLength:"64" doc:"Id of a person; empty: nobody."`
				Revision int64          `json:"revision" doc:"As it was read; 409 when somebody else changed it since."`
			}
		}) (*openOutput, error) {
			if err := d.opt.Accounts.Assign(ctx, actor(ctx), store.DecisionID(in.ID), in.Body.Person, in.Body.Revision); err != nil {
				return nil, problem(err)
			}
			return d.opened(ctx, in.ID, in.Lang)
		})
	huma.Register(api, keyed("get-account", http.MethodGet, "/v1/accounts/{account}", "What happened to an account and what was decided, hidden orders included. Needs decision.read.", 404),
		func(ctx context.Context, in *struct {
			Account string `path:"account" maxLength:"512" doc:"As the shop names it; hashed on the server."`
			Lang    string `query:"lang" doc:"Language of texts: en, de or ja."`
		}) (*struct{ Body accounts.Timeline }, error) {
			t, err := d.opt.Accounts.Account(ctx, actor(ctx), in.Account, in.Lang)
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body accounts.Timeline }{t}, nil
		})
	d.linkedAccounts(api, keyed)
	huma.Register(api, keyed("rule-precision", http.MethodGet, "/v1/policies/precision", "How often each rule was right, by labels. Needs policy.read."),
		func(ctx context.Context, in *struct {
			Since string `query:"since" doc:"First time (RFC 3339) or day."`
		}) (*struct{ Body []accounts.Precision }, error) {
			since, err := moment("since", in.Since)
			if err != nil {
				return nil, err
			}
			list, err := d.opt.Accounts.Precisions(ctx, actor(ctx), since)
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body []accounts.Precision }{list}, nil
		})
}

// busy is a problem that tells when to try again.
func busy(err error) error {
	if fault.KindOf(err) != fault.Temporary {
		return problem(err)
	}
	return huma.ErrorWithHeaders(problem(err), http.Header{"Retry-After": {"1"}})
}

func (d door) sendEvents(ctx context.Context, in *eventsInput) (*struct{ Body accounts.Taken }, error) {
	got, err := d.opt.Accounts.Submit(ctx, actor(ctx), accounts.Batch{Body: in.RawBody, Mapping: in.Mapping, Decide: in.Decide, Skip: in.Skip, Lang: in.Lang})
	if err != nil {
		return nil, busy(err)
	}
	return &struct{ Body accounts.Taken }{got}, nil
}

func (d door) opened(ctx context.Context, id, lang string) (*openOutput, error) {
	x, err := d.opt.Accounts.Open(ctx, actor(ctx), store.DecisionID(id), lang)
	if err != nil {
		return nil, problem(err)
	}
	return &openOutput{x}, nil
}

// chosen is a filter's value: absent is any, and the word for none is empty.
func chosen(s, none string) string {
	switch s {
	case "":
		return store.Any
	case none:
		return ""
	}
	return s
}

func (d door) listDecisions(ctx context.Context, in *decisionsInput) (*struct{ Body DecisionPage }, error) {
	q := accounts.AllDecisions(in.Lang)
	q.Filter.Action, q.Filter.Assigned, q.Filter.Label = chosen(in.Action, ""), chosen(in.Assigned, "nobody"), chosen(in.Label, "none")
	q.Account, q.Before = in.Account, in.Before
	if in.Limit > 0 {
		q.Limit = in.Limit
	}
	var err error
	if q.Filter.Since, err = moment("since", in.Since); err != nil {
		return nil, err
	}
	list, err := d.opt.Accounts.List(ctx, actor(ctx), q)
	if err != nil {
		return nil, problem(err)
	}
	return &struct{ Body DecisionPage }{DecisionPage{Decisions: list.Decisions, Next: list.Next}}, nil
}

// streamFor is how long one stream lasts before the client asks anew with its
// key: a key that was ended opens none for longer.
const streamFor = 10 * time.Minute

// stillThere is how often a stream says that it is there.
const stillThere = 15 * time.Second

// followDecisions streams decisions, or waits for some.
func (d door) followDecisions(ctx context.Context, in *followInput) (*huma.StreamResponse, error) {
	a := actor(ctx)
	from := in.After
	if from == "" {
		from = in.LastID
	}
	after, err := strconv.ParseInt(from, 10, 64)
	if from == "" {
		after, err = d.opt.Accounts.Latest(ctx, a)
		if err != nil {
			return nil, problem(err)
		}
	}
	if err != nil || after < 0 {
		return nil, problem(fault.New(fault.Invalid, "after", "is no sequence of a decision: give the last that you have, or 0"))
	}
	if in.Wait > 0 || in.Poll {
		end, err := d.streams.begin(a.Tenant)
		if err != nil {
			return nil, busy(err)
		}
		defer end()
		list, err := d.opt.Accounts.Follow(ctx, a, after, time.Duration(in.Wait)*time.Second, in.Lang)
		if err != nil {
			return nil, busy(err)
		}
		news := DecisionNews{Decisions: list, Last: after}
		if list == nil {
			news.Decisions = []accounts.DecisionView{}
		}
		for _, v := range list {
			news.Last = v.Sequence
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "application/json")
			_ = json.NewEncoder(hc.BodyWriter()).Encode(news)
		}}, nil
	}
	// The first question shows whether the actor may follow at all.
	first, err := d.opt.Accounts.Follow(ctx, a, after, 0, in.Lang)
	if err != nil {
		return nil, busy(err)
	}
	end, err := d.streams.begin(a.Tenant)
	if err != nil {
		return nil, busy(err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer end()
		d.stream(hc, a, after, first, in.Lang)
	}}, nil
}

// stream writes server-sent events (WHATWG HTML, 9.2) until its time is over or
// the client goes.
func (d door) stream(hc huma.Context, a access.Actor, after int64, list []accounts.DecisionView, lang string) {
	r, w := humago.Unwrap(hc)
	ctx, cancel := context.WithTimeout(Unhurried(r.Context()), streamFor)
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	conn := http.NewResponseController(w)
	for {
		_ = conn.SetWriteDeadline(time.Now().Add(stillThere)) // not every writer has one
		text := ": here\n\n"
		if len(list) > 0 {
			text = ""
		}
		for _, v := range list {
			raw, err := json.Marshal(v)
			if err != nil {
				return
			}
			text += fmt.Sprintf("id: %d\nevent: decision\ndata: %s\n\n", v.Sequence, raw)
			after = v.Sequence
		}
		if _, err := w.Write([]byte(text)); err != nil || conn.Flush() != nil {
			return
		}
		var err error
		if list, err = d.opt.Accounts.Follow(ctx, a, after, stillThere, lang); err != nil || ctx.Err() != nil {
			return
		}
	}
}

// unhurriedKey is where a request's context holds the one without its deadline.
type unhurriedKey struct{}

// Hurried returns a context with a deadline that remembers the one without, for
// the few answers that last.
func Hurried(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, unhurriedKey{}, ctx), d)
}

// Unhurried is the context of before Hurried; it ends when the client goes.
func Unhurried(ctx context.Context) context.Context {
	if before, ok := ctx.Value(unhurriedKey{}).(context.Context); ok {
		return before
	}
	return ctx
}
