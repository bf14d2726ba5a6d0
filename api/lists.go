package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
	"bonafide/desk/accounts/lists"
	"bonafide/store"
)

// Lists is what the door needs of the desk of accounts for lists.
type Lists interface {
	Lists(ctx context.Context, a access.Actor) ([]lists.ListView, error)
	MakeList(ctx context.Context, a access.Actor, n lists.NewList) error
	RemoveList(ctx context.Context, a access.Actor, name string) error
	Entries(ctx context.Context, a access.Actor, q lists.EntryQuery) (lists.EntryListing, error)
	PutEntries(ctx context.Context, a access.Actor, list string, entries []lists.NewEntry) (lists.ListView, error)
	TakeOff(ctx context.Context, a access.Actor, list string, values []lists.ListValue, reason string) (lists.ListView, error)
	Import(ctx context.Context, a access.Actor, list string, f lists.ListFile) (lists.Imported, error)
}

// EntryPage is a page of a list.
type EntryPage struct {
	List    lists.ListView    `json:"list"`
	Entries []lists.EntryView `json:"entries"`
	Next    string            `json:"next,omitempty" doc:"Give it as after for the next page; absent: there is none."`
}

type listInput struct {
	List string `path:"list" maxLength:"40" doc:"Name of the list."`
}

type entriesInput struct {
	List  string `path:"list" maxLength:"40" doc:"Name of the list."`
	After string `query:"after" maxLength:"800" doc:"As the page before told as next."`
	Limit int    `query:"limit" minimum:"0" maximum:"500" doc:"Entries a page; 500 if absent."`
}

type importInput struct {
	List    string `path:"list" maxLength:"40" doc:"Name of the list."`
	Reason  string `query:"reason" maxLength:"300" doc:"Reason of entries that have none."`
	Until   string `query:"until" doc:"End of entries that have none: a day (its end, UTC) or a time of RFC 3339."`
	Skip    bool   `query:"skip" doc:"Take the good lines and list the others; without it one wrong line refuses the file."`
	RawBody []byte `contentType:"text/csv"`
}

type listOutput struct{ Body lists.ListView }

// keyedOperation is a route for programs with a key.
func (d door) keyedOperation(api huma.API, id, method, path, summary string, codes ...int) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: append([]int{401, 403, 422, 503}, codes...),
		MaxBodyBytes: 16 << 10, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}}
}

// programLists adds the routes of lists.
func (d door) programLists(api huma.API) {
	huma.Register(api, d.keyedOperation(api, "list-lists", http.MethodGet, "/v1/lists", "Lists that policies ask for. Needs list.read."),
		func(ctx context.Context, _ *struct{}) (*struct{ Body []lists.ListView }, error) {
			list, err := d.opt.Lists.Lists(ctx, actor(ctx))
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body []lists.ListView }{list}, nil
		})
	huma.Register(api, d.keyedOperation(api, "make-list", http.MethodPost, "/v1/lists", "Make a list. Needs list.write.", 409),
		func(ctx context.Context, in *struct{ Body lists.NewList }) (*struct{ Body lists.NewList }, error) {
			if err := d.opt.Lists.MakeList(ctx, actor(ctx), in.Body); err != nil {
				return nil, problem(err)
			}
			return &struct{ Body lists.NewList }{in.Body}, nil
		})
	huma.Register(api, d.keyedOperation(api, "remove-list", http.MethodDelete, "/v1/lists/{list}", "Remove a list that has no entries. Needs list.write.", 404, 409),
		func(ctx context.Context, in *listInput) (*struct{}, error) {
			if err := d.opt.Lists.RemoveList(ctx, actor(ctx), in.List); err != nil {
				return nil, problem(err)
			}
			return nil, nil
		})
	huma.Register(api, d.keyedOperation(api, "list-entries", http.MethodGet, "/v1/lists/{list}/entries", "What is on a list, newest first. Needs list.read.", 404), d.entries)
	huma.Register(api, d.keyedOperation(api, "find-entry", http.MethodPost, "/v1/lists/{list}/find", "Whether a value is on a list: one entry or none. Needs list.read.", 404),
		func(ctx context.Context, in *struct {
			List string `path:"list" maxLength:"40" doc:"Name of the list."`
			Body lists.ListValue
		}) (*struct{ Body EntryPage }, error) {
			return d.entryPage(ctx, lists.EntryQuery{List: in.List, Find: in.Body})
		})
	d.programListChanges(api)
}

// programListChanges adds the routes that change what is on lists.
func (d door) programListChanges(api huma.API) {
	put := d.keyedOperation(api, "put-entries", http.MethodPost, "/v1/lists/{list}/entries", "Put values on a list, all or none. Needs list.write.", 404, 413)
	put.MaxBodyBytes = lists.MaxListFile
	put.Description = "The answer means that the change stands in the log of events: every event after it finds the values. 503: send the same again."
	huma.Register(api, put, func(ctx context.Context, in *struct {
		List string `path:"list" maxLength:"40" doc:"Name of the list."`
		Body struct {
			Entries []lists.NewEntry `json:"entries" minItems:"1" maxItems:"10000"`
		}
	}) (*listOutput, error) {
		v, err := d.opt.Lists.PutEntries(ctx, actor(ctx), in.List, in.Body.Entries)
		return listAnswer(v, err)
	})
	off := d.keyedOperation(api, "take-entries-off", http.MethodPost, "/v1/lists/{list}/remove", "Take values off a list, all or none. Needs list.write.", 404, 413)
	off.MaxBodyBytes = lists.MaxListFile
	huma.Register(api, off, func(ctx context.Context, in *struct {
		List string `path:"list" maxLength:"40" doc:"Name of the list."`
		Body struct {
			Values []lists.ListValue `json:"values" minItems:"1" maxItems:"10000"`
			Reason string            `json:"reason" minLength:"5" maxLength:"300" doc:"Why; it goes into the audit."`
		}
	}) (*listOutput, error) {
		v, err := d.opt.Lists.TakeOff(ctx, actor(ctx), in.List, in.Body.Values, in.Body.Reason)
		return listAnswer(v, err)
	})
	huma.Register(api, d.keyedOperation(api, "take-entry-off", http.MethodDelete, "/v1/lists/{list}/entries/{value}", "Take one value off a list, named by its hash. Needs list.write.", 404),
		func(ctx context.Context, in *struct {
			List   string `path:"list" maxLength:"40" doc:"Name of the list."`
			Value  string `path:"value" maxLength:"512" doc:"The value as the list shows it, never in the clear: addresses are logged on their way."`
			Reason string `query:"reason" required:"true" minLength:"5" maxLength:"300" doc:"Why; it goes into the audit."`
		}) (*struct{}, error) {
			_, err := d.opt.Lists.TakeOff(ctx, actor(ctx), in.List, []lists.ListValue{{Value: in.Value, Hashed: true}}, in.Reason)
			if err != nil {
				return nil, busy(err)
			}
			return nil, nil
		})
	file := d.keyedOperation(api, "import-entries", http.MethodPost, "/v1/lists/{list}/import",
		"Put the entries of a file on a list: CSV with a first line of names (value,until,reason,hashed), or one JSON object a line. Needs list.write.", 404, 413)
	file.MaxBodyBytes, file.BodyReadTimeout = lists.MaxListFile+1<<10, 30*time.Second
	huma.Register(api, file, d.importEntries)
}

func listAnswer(v lists.ListView, err error) (*listOutput, error) {
	if err != nil {
		return nil, busy(err)
	}
	return &listOutput{v}, nil
}

func (d door) entries(ctx context.Context, in *entriesInput) (*struct{ Body EntryPage }, error) {
	after, err := store.ParseKey(in.After)
	if err != nil {
		return nil, problem(err)
	}
	return d.entryPage(ctx, lists.EntryQuery{List: in.List, Page: store.Page{After: after, Limit: in.Limit}})
}

func (d door) entryPage(ctx context.Context, q lists.EntryQuery) (*struct{ Body EntryPage }, error) {
	got, err := d.opt.Lists.Entries(ctx, actor(ctx), q)
	if err != nil {
		return nil, problem(err)
	}
	return &struct{ Body EntryPage }{EntryPage{List: got.List, Entries: got.Entries, Next: got.Next.String()}}, nil
}

func (d door) importEntries(ctx context.Context, in *importInput) (*struct{ Body lists.Imported }, error) {
	f := lists.ListFile{Body: in.RawBody, Reason: in.Reason, Skip: in.Skip}
	var err error
	if in.Until != "" {
		if f.Until, err = lists.ParseUntil(in.Until); err != nil {
			return nil, problem(err)
		}
	}
	got, err := d.opt.Lists.Import(ctx, actor(ctx), in.List, f)
	if err != nil {
		return nil, busy(err)
	}
	return &struct{ Body lists.Imported }{got}, nil
}
