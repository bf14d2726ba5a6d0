package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
)

// Signals is what the door needs of the desk of security event tokens.
type Signals interface {
	Take(ctx context.Context, a access.Actor, token []byte) error
}

// SETRefusal tells a transmitter what is wrong with a token, as RFC 8935 section 2.3
// has it.
type SETRefusal struct {
	Code        string `json:"err" enum:"invalid_request,invalid_key,invalid_issuer,invalid_audience" doc:"Code of RFC 8935 section 2.4."`
	Description string `json:"description" doc:"What is wrong, without a value of the token."`
}

// Error is the description.
func (r *SETRefusal) Error() string { return r.Description }

// GetStatus is 400, as the RFC wants.
func (r *SETRefusal) GetStatus() int { return http.StatusBadRequest }

// ContentType is plain JSON: this is no problem of RFC 9457.
func (r *SETRefusal) ContentType(string) string { return "application/json" }

// programSignals adds the route of security event tokens.
func (d door) programSignals(api huma.API) {
	op := d.keyedOperation(api, "send-security-event", http.MethodPost, "/v1/events/set",
		"Push a security event token (RFC 8417, RFC 8935) of a registered transmitter: CAEP and RISC events. Needs event.write.", 413)
	op.Description = "The body is the signed token in compact form (application/secevent+jwt); docs/accounts.md has the events and how a transmitter is registered. " +
		"202: it is on disk, or it is of no use here. 503: send the same again, which counts it once."
	op.MaxBodyBytes, op.DefaultStatus = access.MaxSET+1<<10, http.StatusAccepted
	op.Responses = map[string]*huma.Response{"400": {Description: "The token is refused.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[SETRefusal](), true, "")}}}}
	huma.Register(api, op, func(ctx context.Context, in *struct {
		RawBody []byte `contentType:"application/secevent+jwt"`
	}) (*struct{}, error) {
		err := d.opt.Signals.Take(ctx, actor(ctx), in.RawBody)
		var set *access.SETError
		switch {
		case errors.As(err, &set):
			return nil, &SETRefusal{set.Code, set.Error()}
		case err != nil:
			return nil, busy(err)
		}
		return nil, nil
	})
}
