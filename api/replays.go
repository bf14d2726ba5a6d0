package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
	"bonafide/account/policy"
	"bonafide/desk/replays"
)

// Replays is what the door needs of the desk of replays.
type Replays interface {
	Start(ctx context.Context, a access.Actor, w replays.Wish) (replays.Run, error)
	List(ctx context.Context, a access.Actor) ([]replays.Run, error)
	Open(ctx context.Context, a access.Actor, number int64) (replays.Run, error)
	Cancel(ctx context.Context, a access.Actor, number int64) error
}

type replayInput struct {
	Body struct {
		Policy  *int64 `json:"policy,omitempty" minimum:"0" doc:"Number of the policy that is tried; 0: the shipped one. Or give text."`
		Text    string `json:"text,omitempty" maxLength:"1048576" doc:"A policy (YAML) that is only tried and not kept."`
		Against *int64 `json:"against,omitempty" minimum:"0" doc:"Number of the policy that it is compared with; 0: the shipped one. Absent: the one that decides."`
		From    string `json:"from" doc:"First day or time (RFC 3339) that is counted; earlier events fill the windows." example:"2026-11-01"`
		To      string `json:"to,omitempty" doc:"End of the period, itself excluded; absent: now."`
	}
}

type replayOutput struct{ Body replays.Run }

type replayPath struct {
	Number int64 `path:"number" minimum:"1"`
}

// programReplays adds the routes of replays.
func (d door) programReplays(api huma.API) {
	keyed := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: append([]int{401, 403, 422, 503}, codes...),
			MaxBodyBytes: 16 << 10, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}}
	}
	start := keyed("start-replay", http.MethodPost, "/v1/replays", "Replay a period of the events through another policy, apart from what is live. Needs policy.replay.", 404, 409, 413)
	start.MaxBodyBytes, start.BodyReadTimeout, start.DefaultStatus = 2*policy.MaxFile, 30*time.Second, http.StatusAccepted
	start.Description = "The answer comes at once; ask for the replay by its number until its state is done. 409: too many are at work or wait already."
	huma.Register(api, start, d.startReplay)
	huma.Register(api, keyed("list-replays", http.MethodGet, "/v1/replays", "Replays, newest first, without their reports. Needs policy.read."),
		func(ctx context.Context, _ *struct{}) (*struct{ Body []replays.Run }, error) {
			list, err := d.opt.Replays.List(ctx, actor(ctx))
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body []replays.Run }{list}, nil
		})
	huma.Register(api, keyed("get-replay", http.MethodGet, "/v1/replays/{number}",
		"How far a replay has come, and its report. Needs policy.read; examples of accounts also decision.read.", 404),
		func(ctx context.Context, in *replayPath) (*replayOutput, error) { return d.replay(ctx, in.Number) })
	huma.Register(api, keyed("cancel-replay", http.MethodPost, "/v1/replays/{number}/cancel", "End a replay that waits or is at work. Needs policy.replay and, for the answer, policy.read.", 404, 409),
		func(ctx context.Context, in *replayPath) (*replayOutput, error) {
			if err := d.opt.Replays.Cancel(ctx, actor(ctx), in.Number); err != nil {
				return nil, problem(err)
			}
			return d.replay(ctx, in.Number)
		})
}

func (d door) startReplay(ctx context.Context, in *replayInput) (*replayOutput, error) {
	b := in.Body
	w := replays.Wish{Policy: replays.Live, Text: []byte(b.Text), Against: replays.Live}
	if b.Policy != nil {
		w.Policy = *b.Policy
	}
	if (b.Policy == nil) == (b.Text == "") {
		return nil, huma.Error422UnprocessableEntity("policy: name the policy that is tried by policy or by text, by one of them")
	}
	if b.Against != nil {
		w.Against = *b.Against
	}
	var err error
	if w.From, err = moment("from", b.From); err != nil {
		return nil, err
	}
	if w.To, err = moment("to", b.To); err != nil {
		return nil, err
	}
	v, err := d.opt.Replays.Start(ctx, actor(ctx), w)
	if err != nil {
		return nil, problem(err)
	}
	return &replayOutput{v}, nil
}

func (d door) replay(ctx context.Context, number int64) (*replayOutput, error) {
	v, err := d.opt.Replays.Open(ctx, actor(ctx), number)
	if err != nil {
		return nil, problem(err)
	}
	return &replayOutput{v}, nil
}
