package api

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/account/secevent"
	"bonafide/desk/accounts"
	"bonafide/fault"
)

// tokenType is the media type of a security event token (RFC 8417, 7.2).
const tokenType = "application/secevent+jwt"

// Delivery is why a security event token was not taken (RFC 8935, 2.3).
type Delivery struct {
	Code        secevent.Code `json:"err" enum:"invalid_request,invalid_key,invalid_issuer,invalid_audience,authentication_failed,access_denied" doc:"Code of RFC 8935, 2.4."`
	Description string        `json:"description" doc:"What is wrong and what to do; never a value of the token."`
}

// signals takes a security event token where one is sent, by push delivery (RFC
// 8935): 202 without a body when it is on disk. All else goes on to next.
func (d door) signals(ctx huma.Context, next func(huma.Context)) {
	if kind, _, _ := mime.ParseMediaType(ctx.Header("Content-Type")); kind != tokenType {
		next(ctx)
		return
	}
	got, err := d.signal(ctx)
	switch {
	case err != nil:
		notDelivered(ctx, err)
	case ctx.Query("decide") == "true":
		ctx.SetHeader("Content-Type", "application/json")
		ctx.SetStatus(http.StatusOK)
		_ = json.NewEncoder(ctx.BodyWriter()).Encode(got)
	default:
		ctx.SetStatus(http.StatusAccepted)
	}
}

func (d door) signal(ctx huma.Context) (accounts.Taken, error) {
	_ = ctx.SetReadDeadline(time.Now().Add(30 * time.Second)) // not every connection has one
	token, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), secevent.MaxToken+1))
	if err != nil {
		return accounts.Taken{}, fault.New(fault.Invalid, "", "the token broke off: send it again")
	}
	return d.opt.Accounts.Signal(ctx.Context(), actor(ctx.Context()), token, accounts.Batch{Decide: ctx.Query("decide") == "true", Lang: ctx.Query("lang")})
}

// notDelivered answers a refusal as RFC 8935, 2.3 has it: 400 with a code, or the
// status that tells more.
func notDelivered(ctx huma.Context, err error) {
	told := Delivery{Code: secevent.CodeOf(err), Description: err.Error()}
	status := Status(fault.KindOf(err))
	switch status {
	case http.StatusUnprocessableEntity:
		status = http.StatusBadRequest
	case http.StatusServiceUnavailable:
		ctx.SetHeader("Retry-After", "1")
	case http.StatusInternalServerError:
		told.Description = "This failed. It is our mistake; the request id helps to find it."
	}
	ctx.SetHeader("Content-Type", "application/json")
	ctx.SetHeader("Content-Language", "en")
	ctx.SetStatus(status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(told)
}

// describeSignals adds tokens to the OpenAPI document.
func describeSignals(api huma.API) {
	op, registry := api.OpenAPI().Paths["/v1/events"].Post, api.OpenAPI().Components.Schemas
	op.RequestBody.Content[tokenType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(secevent.MaxToken),
		Description: fmt.Sprintf("One security event token (RFC 8417), signed by a transmitter of accounts.transmitters; at most %d bytes.", secevent.MaxToken)}}
	op.Responses["202"] = &huma.Response{Description: "A security event token is on disk, or was about the stream itself (RFC 8935); with decide=true the answer is that of events."}
	op.Responses["400"] = &huma.Response{Description: "A security event token is refused (RFC 8935, 2.3).", Content: map[string]*huma.MediaType{
		"application/json": {Schema: registry.Schema(reflect.TypeFor[Delivery](), true, "Delivery")}}}
}
