// Package api is the JSON door: POST /v1/contacts/check and the knowledge
// behind it, described by OpenAPI 3.1. It translates between HTTP and the
// desk; it decides nothing and keeps nothing.
//
// It is not for pages (web) and not for limits of the connection (server).
package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"bonafide/contact/brand"
	"bonafide/desk/contacts"
	"bonafide/fault"
)

// Desk is what the door needs of the contact desk.
type Desk interface {
	Check(ctx context.Context, req contacts.Request, who contacts.Caller) (*contacts.Answer, error)
	Brand(id string, at time.Time) (contacts.Brand, error)
	Brands() []contacts.BrandName
	Profile(id string) *brand.Profile
	Receivers(q contacts.ReceiverQuery) ([]contacts.Receiver, error)
	Facts(lang string) []contacts.Fact
	Situations(lang string) []contacts.CodeText
}

// Options bound the door.
type Options struct {
	// BodyBytes is the largest request body.
	BodyBytes int64
	Version   string
	// Programs knows API keys; nil: no route needs one.
	Programs Programs
	// Reports is the desk of contact reports; nil: none are taken. It needs
	// Programs.
	Reports Reports
	// Accounts is the desk of the account guard; nil: no events are taken. It needs
	// Programs.
	Accounts Accounts
	// Owners is the page of accounts' owners; nil: there is none.
	Owners Owners
	// Replays is the desk of replays; nil: none are run. It needs Programs.
	Replays Replays
	// Policies is the desk of policies of the account guard; nil: there is no door to
	// it. It needs Accounts.
	Policies Policies
	// Lists are the lists that policies ask for; nil: none are kept. It needs Programs.
	Lists Lists
	// Hooks are the addresses that decisions are posted to; nil: none are kept. It
	// needs Programs.
	Hooks Hooks
	// Leaks looks for who may have leaked orders; nil: there is no account guard. It
	// needs Programs.
	Leaks Leaks
	// Privacy is the desk of what is kept and erased; nil: there is no door to it. It
	// needs Programs.
	Privacy Privacy
	// Couples ties reports to accounts; nil: there is no account guard. It needs Reports.
	Couples Couples
	// Client is the address of the caller, behind proxies too; nil: as connected.
	Client func(*http.Request) string
}

// Register adds the routes of the API to a mux and returns the OpenAPI
// document, which is also served at /openapi.json and /openapi.yaml.
func Register(mux *http.ServeMux, desk Desk, opt Options) *huma.OpenAPI {
	cfg := huma.DefaultConfig("Bonafide", opt.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/openapi", "", ""
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Info.Description = "Is this contact really from the shop? Nothing that is sent here to be checked is kept."
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	d := door{desk: desk, opt: opt, streams: newStreams()}
	inner := http.NewServeMux()
	api := humago.New(inner, cfg)
	d.routes(api)
	if opt.Programs != nil {
		d.programs(api)
		if opt.Reports != nil {
			d.programReports(api)
			if opt.Couples != nil {
				d.coupled(api)
			}
		}
		if opt.Accounts != nil {
			d.programAccounts(api)
			if opt.Policies != nil {
				d.programPolicies(api)
			}
		}
		if opt.Leaks != nil {
			d.programLeaks(api)
		}
		if opt.Replays != nil {
			d.programReplays(api)
		}
		if opt.Privacy != nil {
			d.programPrivacy(api)
		}
		if opt.Lists != nil {
			d.programLists(api)
		}
		if opt.Hooks != nil {
			d.programHooks(api)
		}
	}
	if opt.Owners != nil {
		d.owners(api)
	}
	describeMultipart(api.OpenAPI())
	allowHousehold(api.OpenAPI())
	allowOneIdentity(api.OpenAPI())
	checkBase64Once(api.OpenAPI())
	mux.Handle("/v1/", d.multipart(inner))
	mux.Handle("GET /openapi.json", inner)
	mux.Handle("GET /openapi.yaml", inner)
	return api.OpenAPI()
}

// schemaName is what a type is called in the document. What a replay counts has
// names that others have, too: they are told apart by a word before them.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if p := t.PkgPath(); (p == "bonafide/account/replay" || p == "bonafide/desk/replays") && !strings.HasPrefix(name, "Replay") {
		return "Replay" + name
	}
	switch p := t.PkgPath(); {
	case p == "bonafide/desk/policies":
		return "Policy" + name
	case p == "bonafide/desk/accounts/leaks", p == "bonafide/casework/compromise":
		return "Leak" + name
	case p == "bonafide/account/shadow":
		return "Shadow" + name
	case p == "bonafide/desk/privacy", p == "bonafide/casework/request":
		return "Privacy" + name
	}
	return name
}

type door struct {
	desk Desk
	opt  Options
	// streams counts streams of decisions by tenant.
	streams *streams
}

type checkInput struct {
	Body contacts.Request
}

type checkOutput struct {
	Body *contacts.Answer
}

type brandInput struct {
	ID string `path:"id" doc:"Id of the brand, such as amazon."`
	At string `query:"at" doc:"Day (YYYY-MM-DD) for which facts must have been valid; default today."`
}

type receiversInput struct {
	Country string `query:"country" doc:"ISO 3166-1 alpha-2."`
	Region  string `query:"region" doc:"ISO 3166-2, or a county's name."`
	Kind    string `query:"kind" doc:"mail, call, sms, chat, website, money_lost, remote_access, card_used, identity_theft, account_takeover, gift_card, advice; empty: all."`
	Lang    string `query:"lang"`
	At      string `query:"at" doc:"Time (RFC 3339) for open or closed; default now."`
}

type langInput struct {
	Lang string `query:"lang" doc:"en, de or ja."`
}

func (d door) routes(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "check-contact", Method: http.MethodPost, Path: "/v1/contacts/check",
		Summary: "Is this contact really from the shop?", MaxBodyBytes: d.opt.BodyBytes, BodyReadTimeout: 30 * time.Second,
		Errors: []int{400, 413, 422, 429, 503},
	}, func(ctx context.Context, in *checkInput) (*checkOutput, error) {
		a, err := d.desk.Check(ctx, in.Body, contacts.Caller{})
		if err != nil {
			return nil, problem(err)
		}
		return &checkOutput{a}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "get-brand", Method: http.MethodGet, Path: "/v1/brands/{id}",
		Summary: "A brand's profile: domains, numbers, promises, report addresses, each with source and status.", Errors: []int{400, 404},
	}, func(_ context.Context, in *brandInput) (*struct{ Body contacts.Brand }, error) {
		at, err := moment("at", in.At)
		if err != nil {
			return nil, err
		}
		b, ferr := d.desk.Brand(in.ID, at)
		if ferr != nil {
			return nil, problem(ferr)
		}
		return &struct{ Body contacts.Brand }{b}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "list-brands", Method: http.MethodGet, Path: "/v1/brands",
		Summary: "All brands."}, func(context.Context, *struct{}) (*struct{ Body []contacts.BrandName }, error) {
		return &struct{ Body []contacts.BrandName }{d.desk.Brands()}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "list-receivers", Method: http.MethodGet, Path: "/v1/receivers",
		Summary: "Whom to report to and whom to ask.", Errors: []int{400},
	}, func(_ context.Context, in *receiversInput) (*struct{ Body []contacts.Receiver }, error) {
		at, err := moment("at", in.At)
		if err != nil {
			return nil, err
		}
		rs, ferr := d.desk.Receivers(contacts.ReceiverQuery{Country: in.Country, Region: in.Region, Kind: in.Kind, Lang: in.Lang, At: at})
		if ferr != nil {
			return nil, problem(ferr)
		}
		return &struct{ Body []contacts.Receiver }{rs}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "list-facts", Method: http.MethodGet, Path: "/v1/facts",
		Summary: "Dated facts with source."}, func(_ context.Context, in *langInput) (*struct{ Body []contacts.Fact }, error) {
		return &struct{ Body []contacts.Fact }{d.desk.Facts(in.Lang)}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "list-situations", Method: http.MethodGet, Path: "/v1/situations",
		Summary: "What may already have happened: ids for already_done."},
		func(_ context.Context, in *langInput) (*struct{ Body []contacts.CodeText }, error) {
			return &struct{ Body []contacts.CodeText }{d.desk.Situations(in.Lang)}, nil
		})
}

func moment(field, s string) (time.Time, error) {
	t, err := contacts.ParseMoment(s)
	if err != nil {
		return t, huma.Error400BadRequest(field + ": " + err.Error())
	}
	return t, nil
}

// problem maps an error of the desk to problem+json (RFC 9457). The cause of an
// internal error stays inside.
func problem(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return huma.Error500InternalServerError("This failed. It is our mistake; the request id helps to find it.")
	}
	status := Status(f.Kind)
	if status == http.StatusInternalServerError {
		return huma.Error500InternalServerError("This failed. It is our mistake; the request id helps to find it.")
	}
	detail := &huma.ErrorDetail{Message: f.Text}
	if f.Field != "" {
		detail.Location = "body." + f.Field
	}
	return huma.NewError(status, f.Error(), detail)
}

// Status maps a kind of fault to an HTTP status.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid, fault.NotConfigured:
		return http.StatusUnprocessableEntity
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Conflict:
		return http.StatusConflict
	case fault.Temporary:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// multipart lets a form with a file be sent to the same address: the field
// "request" holds the JSON, "file" the bytes; single fields of the request may
// stand beside them.
func (d door) multipart(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method != http.MethodPost || r.URL.Path != "/v1/contacts/check" || kind != "multipart/form-data" {
			next.ServeHTTP(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, d.opt.BodyBytes)
		req, err := readForm(r)
		if err != nil {
			writeProblem(w, err)
			return
		}
		a, err := d.desk.Check(r.Context(), req, contacts.Caller{})
		if err != nil {
			writeProblem(w, problem(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a)
	})
}

func writeProblem(w http.ResponseWriter, err error) {
	var se huma.StatusError
	if !errors.As(err, &se) {
		se = huma.Error500InternalServerError("This failed. It is our mistake.")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(se.GetStatus())
	_ = json.NewEncoder(w).Encode(se)
}

// maxFields bounds the parts of a form.
const maxFields = 40

// readForm reads a multipart request without touching the disk.
func readForm(r *http.Request) (contacts.Request, error) {
	var req contacts.Request
	mr, err := r.MultipartReader()
	if err != nil {
		return req, huma.Error400BadRequest("multipart form: " + err.Error())
	}
	fields := map[string]any{}
	for n := 0; ; n++ {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return req, bodyError(err)
		}
		if n >= maxFields {
			return req, huma.Error400BadRequest(fmt.Sprintf("multipart form: more than %d fields", maxFields))
		}
		raw, err := io.ReadAll(p)
		if err != nil {
			return req, bodyError(err)
		}
		switch name := p.FormName(); name {
		case "request":
			if err := strict(raw, &req); err != nil {
				return req, err
			}
		case "file", "raw":
			req.Raw, req.Filename = raw, p.FileName()
		default:
			fields[name] = formValue(name, string(raw))
		}
	}
	if len(fields) > 0 {
		raw, err := json.Marshal(fields)
		if err != nil {
			return req, huma.Error400BadRequest("multipart form: " + err.Error())
		}
		if err := strict(raw, &req); err != nil {
			return req, err
		}
	}
	return req, nil
}

func strict(raw []byte, req *contacts.Request) error {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(req); err != nil {
		return huma.Error422UnprocessableEntity("request: " + err.Error())
	}
	return nil
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return huma.NewError(http.StatusRequestEntityTooLarge, fmt.Sprintf("The request is larger than %d bytes.", tooLarge.Limit))
	}
	return huma.Error400BadRequest("multipart form: " + err.Error())
}

// formValue turns the text of a form field into the JSON type of its field.
func formValue(name, value string) any {
	t := reflect.TypeFor[contacts.Request]()
	for i := 0; i < t.NumField(); i++ {
		if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); tag != name {
			continue
		}
		kind := t.Field(i).Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch kind.Kind() {
		case reflect.Bool:
			if value == "true" || value == "1" || value == "yes" {
				return true
			}
			if value == "false" || value == "0" || value == "no" {
				return false
			}
		case reflect.Slice, reflect.Struct, reflect.Int:
			if kind != reflect.TypeFor[contacts.Moment]() && json.Valid([]byte(value)) {
				return json.RawMessage(value)
			}
		}
	}
	return value
}

// describeMultipart adds the form to the OpenAPI document.
func describeMultipart(doc *huma.OpenAPI) {
	op := doc.Paths["/v1/contacts/check"].Post
	ref := op.RequestBody.Content["application/json"].Schema
	op.RequestBody.Content["multipart/form-data"] = &huma.MediaType{Schema: &huma.Schema{
		Type: "object",
		Properties: map[string]*huma.Schema{
			"request": ref,
			"file":    {Type: "string", Format: "binary", Description: "Mail, picture, chat export or audio file."},
		},
	}}
}

// jsonFormat is JSON; bytes that are not base64 are named as such.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		err := huma.DefaultJSONFormat.Unmarshal(data, v)
		if at := base64.CorruptInputError(0); errors.As(err, &at) {
			return fmt.Errorf("expected string to be base64 encoded (RFC 4648 section 4): wrong at its byte %d", int64(at))
		}
		return err
	},
}

// checkBase64Once keeps huma from reading every text of bytes by a regular expression
// before it is decoded, which took a seventh of the check of a mail: what is not base64
// is found by decoding it. The document says the same as before.
func checkBase64Once(doc *huma.OpenAPI) {
	for _, schema := range doc.Components.Schemas.Map() {
		for _, p := range schema.Properties {
			if p.ContentEncoding == "base64" {
				p.ContentEncoding, p.Extensions = "", map[string]any{"contentEncoding": "base64"}
			}
		}
	}
}

// allowHousehold lets the household of an order be true, false or a text.
func allowHousehold(doc *huma.OpenAPI) {
	h := doc.Components.Schemas.Map()["Order"].Properties["household"]
	*h = huma.Schema{Description: "true, or what links the two people (such as \"same phone\")."}
}

// allowOneIdentity lets the signature of a call be one text or a list.
func allowOneIdentity(doc *huma.OpenAPI) {
	p := doc.Components.Schemas.Map()["Call"].Properties["identity"]
	text := &huma.Schema{Type: huma.TypeString}
	*p = huma.Schema{Description: p.Description, OneOf: []*huma.Schema{text, {Type: huma.TypeArray, Items: text}}}
	p.PrecomputeMessages()
}
