package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/desk/accounts/coupling"
	"bonafide/desk/contacts"
	"bonafide/desk/reports"
	"bonafide/evidence"
	"bonafide/store"
)

// Reports is what the door needs of the desk of contact reports. Export and
// erasure ask for a fresh proof of who somebody is, which a key cannot give:
// they are on the pages alone.
type Reports interface {
	Draft(ctx context.Context, c reports.Checked, lang string) (string, reports.Consent, error)
	Send(ctx context.Context, w reports.Wish, from reports.From) (reports.Receipt, error)
	List(ctx context.Context, a access.Actor, q reports.Query) (reports.Listing, error)
	Open(ctx context.Context, a access.Actor, id store.ReportID) (reports.View, error)
	Unmask(ctx context.Context, a access.Actor, id store.ReportID, reason string) (reports.View, error)
	SetStatus(ctx context.Context, a access.Actor, id store.ReportID, status store.ReportStatus, revision int64) error
}

// Couples is what the door needs of what tells the account guard of reports.
type Couples interface {
	Tie(ctx context.Context, a access.Actor, id store.ReportID, w coupling.Tie) (coupling.Tied, error)
}

// Drafted is a contact that was checked and waits for an agreement.
type Drafted struct {
	Draft   string          `json:"draft" doc:"What was checked, sealed; nothing is kept. Give it back to POST /v1/reports within a day."`
	Consent reports.Consent `json:"consent" doc:"What the person has to be shown."`
	Verdict string          `json:"verdict"`
}

// Sending is a report that a person agreed to send.
type Sending struct {
	Draft   string `json:"draft" doc:"From POST /v1/reports/drafts. Sent again, it is kept once."`
	Consent string `json:"consent" doc:"Version of the text that the person read."`
	Agreed  bool   `json:"agreed" doc:"True when the person agreed."`
}

// ReportPage is a page of reports.
type ReportPage struct {
	Reports []reports.View `json:"reports"`
	Next    string         `json:"next,omitempty" doc:"Give it as after for the next page; absent: there is none. A search may give few reports and still go on."`
}

type reportsInput struct {
	Status  string `query:"status" doc:"new, open, done or rejected."`
	Outcome string `query:"outcome"`
	Channel string `query:"channel"`
	Lang    string `query:"lang" doc:"Language of the contact."`
	Country string `query:"country"`
	From    string `query:"from" doc:"First time (RFC 3339) or day."`
	Until   string `query:"until" doc:"First time or day that is not listed."`
	Query   string `query:"q" maxLength:"300" doc:"Words, telephone numbers in any writing, order numbers, mail addresses, domains: all must be there."`
	After   string `query:"after" maxLength:"200"`
	Limit   int    `query:"limit" minimum:"0" maximum:"100" doc:"At most so many; default 25."`
}

type reportInput struct {
	ID string `path:"id" maxLength:"64"`
}

type viewOutput struct{ Body reports.View }

// programReports adds the routes of contact reports.
func (d door) programReports(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "draft-report", Method: http.MethodPost, Path: "/v1/reports/drafts",
		Summary: "Check a contact and prepare its report. Nothing is kept.", MaxBodyBytes: d.opt.BodyBytes, BodyReadTimeout: 30 * time.Second, Errors: []int{400, 413, 422, 429, 503},
	}, func(ctx context.Context, in *checkInput) (*struct{ Body Drafted }, error) {
		out, err := d.draft(ctx, in.Body)
		if err != nil {
			return nil, problem(err)
		}
		return &struct{ Body Drafted }{out}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "send-report", Method: http.MethodPost, Path: "/v1/reports",
		Summary: "Send a report that a person agreed to. The same draft is kept once.", DefaultStatus: http.StatusCreated,
		MaxBodyBytes: reports.MaxDraft + 4<<10, Errors: []int{400, 409, 413, 422, 429, 503}, Middlewares: huma.Middlewares{d.withNetwork},
	}, func(ctx context.Context, in *struct{ Body Sending }) (*struct{ Body reports.Receipt }, error) {
		network, _ := ctx.Value(networkKey{}).(string)
		got, err := d.opt.Reports.Send(ctx, reports.Wish{Draft: in.Body.Draft, Consent: in.Body.Consent, Agreed: in.Body.Agreed}, reports.From{Door: "api", Network: network})
		if err != nil {
			return nil, problem(err)
		}
		return &struct{ Body reports.Receipt }{got}, nil
	})
	keyed := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: []int{401, 403, 404, 409, 422, 503},
			MaxBodyBytes: 16 << 10, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}}
	}
	huma.Register(api, keyed("list-reports", http.MethodGet, "/v1/reports", "Reports of the key's organisation, newest first, masked. Needs report.read."), d.listReports)
	huma.Register(api, keyed("get-report", http.MethodGet, "/v1/reports/{id}", "One report, masked. Needs report.read."),
		func(ctx context.Context, in *reportInput) (*viewOutput, error) {
			return viewed(d.opt.Reports.Open(ctx, actor(ctx), store.ReportID(in.ID)))
		})
	huma.Register(api, keyed("unmask-report", http.MethodPost, "/v1/reports/{id}/unmask", "One report unmasked, for a reason that is kept in the audit. Needs report.unmask."),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Body struct {
				Reason string `json:"reason" doc:"5 to 500 characters; no personal data."`
			}
		}) (*viewOutput, error) {
			return viewed(d.opt.Reports.Unmask(ctx, actor(ctx), store.ReportID(in.ID), in.Body.Reason))
		})
	huma.Register(api, keyed("set-report-status", http.MethodPost, "/v1/reports/{id}/status", "Write how far a report has come. Needs report.change and, for the answer, report.read."),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Body struct {
				Status   store.ReportStatus `json:"status"`
				Revision int64              `json:"revision" doc:"As it was read; 409 when somebody else changed the report since."`
			}
		}) (*viewOutput, error) {
			if err := d.opt.Reports.SetStatus(ctx, actor(ctx), store.ReportID(in.ID), in.Body.Status, in.Body.Revision); err != nil {
				return nil, problem(err)
			}
			return viewed(d.opt.Reports.Open(ctx, actor(ctx), store.ReportID(in.ID)))
		})
}

// coupled adds the route by which a report is tied to an account.
func (d door) coupled(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "tie-report", Method: http.MethodPost, Path: "/v1/reports/{id}/account",
		Summary: "Tie a report to an account or order of the shop: for 72 hours the account guard lets less of that account through. Needs report.change.",
		Errors:  []int{401, 403, 404, 409, 422, 503}, MaxBodyBytes: 16 << 10, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Body coupling.Tie
		}) (*struct{ Body coupling.Tied }, error) {
			got, err := d.opt.Couples.Tie(ctx, actor(ctx), store.ReportID(in.ID), in.Body)
			if err != nil {
				return nil, problem(err)
			}
			return &struct{ Body coupling.Tied }{got}, nil
		})
}

func actor(ctx context.Context) access.Actor {
	a, _ := ctx.Value(actorKey{}).(access.Actor)
	return a
}

func viewed(v reports.View, err error) (*viewOutput, error) {
	if err != nil {
		return nil, problem(err)
	}
	return &viewOutput{v}, nil
}

func (d door) draft(ctx context.Context, req contacts.Request) (Drafted, error) {
	a, err := d.desk.Check(ctx, req, contacts.Caller{})
	if err != nil {
		return Drafted{}, err
	}
	s := reports.Shown{Channel: a.Channel, Country: a.Country, From: req.From, Outcome: a.Verdict, Probability: a.Probability, Orders: a.Found.Orders}
	if req.Call != nil {
		s.Number = req.Call.Number
	}
	if a.Fingerprint != nil {
		s.Fingerprint = a.Fingerprint.Signature
	}
	for _, p := range a.Marked {
		text := ""
		for _, r := range p.Runs {
			text += r.Text
		}
		s.Parts = append(s.Parts, text)
	}
	for _, l := range a.Evidence {
		s.Codes = append(s.Codes, evidence.Code(l.Code))
	}
	out := Drafted{Verdict: a.Verdict}
	out.Draft, out.Consent, err = d.opt.Reports.Draft(ctx, reports.CheckedOf(s), a.Lang)
	return out, err
}

// listReports lists and searches reports.
func (d door) listReports(ctx context.Context, in *reportsInput) (*struct{ Body ReportPage }, error) {
	q := reports.Query{Search: in.Query, Filter: store.ReportFilter{Status: store.ReportStatus(in.Status), Outcome: verdict.Outcome(in.Outcome),
		Channel: contact.Channel(in.Channel), Lang: in.Lang, Country: in.Country}, Page: store.Page{Limit: 25}}
	if in.Limit > 0 {
		q.Page.Limit = in.Limit
	}
	var err error
	if q.Filter.From, err = moment("from", in.From); err != nil {
		return nil, err
	}
	if q.Filter.Until, err = moment("until", in.Until); err != nil {
		return nil, err
	}
	if q.Page.After, err = store.ParseKey(in.After); err != nil {
		return nil, problem(err)
	}
	list, err := d.opt.Reports.List(ctx, actor(ctx), q)
	if err != nil {
		return nil, problem(err)
	}
	out := ReportPage{Reports: list.Reports, Next: list.Next.String()}
	if out.Reports == nil {
		out.Reports = []reports.View{}
	}
	return &struct{ Body ReportPage }{out}, nil
}

// networkKey is where a request's context holds the network it comes from.
type networkKey struct{}

// withNetwork puts the network of the caller where Send counts by it.
func (d door) withNetwork(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	a := d.from(r).Address.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		p = netip.Prefix{}
	}
	next(huma.WithValue(ctx, networkKey{}, p.String()))
}
