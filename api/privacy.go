package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/desk/privacy"
	"bonafide/store"
)

// Privacy is what the door needs of the desk of what is kept and erased.
type Privacy interface {
	Find(ctx context.Context, a access.Actor, q privacy.Ask) (privacy.Finding, error)
	Copy(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Copy, error)
	Foresee(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Body, error)
	Erase(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Certificate, error)
	Certificates(ctx context.Context, a access.Actor, p store.Page) ([]privacy.Certificate, store.Key, error)
	Certificate(ctx context.Context, a access.Actor, id string) (privacy.Certificate, error)
	Paper(c privacy.Certificate, lang string) privacy.Paper
	Holds(ctx context.Context, a access.Actor) ([]store.Hold, error)
	Hold(ctx context.Context, a access.Actor, w privacy.HoldWish) (store.Hold, error)
	Release(ctx context.Context, a access.Actor, id, reason string) error
}

// PersonAsked is a person's request: who they are, who asks and why.
type PersonAsked struct {
	Identifier string `json:"identifier" minLength:"1" maxLength:"254" doc:"Mail address, telephone number in any writing, order number, account as the shop names it; log-in or name of somebody who works here."`
	Country    string `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1 alpha-2: where numbers without a country code are read."`
	AskedBy    string `json:"asked_by" enum:"person,agent,authority" doc:"Who asks: the person, somebody for them, an authority."`
	Reason     string `json:"reason" maxLength:"2000" doc:"Why, such as the number of the letter; it goes into the audit. No personal data."`
}

func (p PersonAsked) ask() privacy.Ask {
	return privacy.Ask{Subject: request.Subject{Identifier: p.Identifier, Country: p.Country}, Asker: p.AskedBy, Reason: p.Reason}
}

// PickedRecord names a record that was found.
type PickedRecord struct {
	Kind string `json:"kind" maxLength:"64"`
	ID   string `json:"id" maxLength:"128"`
}

// PersonTaken is a person's request with the records that it is about.
type PersonTaken struct {
	PersonAsked
	Records []PickedRecord `json:"records" minItems:"1" maxItems:"2000" doc:"Which of those that POST /v1/privacy/find gave."`
}

func (p PersonTaken) picks() []privacy.Pick {
	out := make([]privacy.Pick, 0, len(p.Records))
	for _, r := range p.Records {
		out = append(out, privacy.Pick{Kind: r.Kind, ID: r.ID})
	}
	return out
}

// PersonFound is where a person was found; no text.
type PersonFound struct {
	Subject string          `json:"subject" doc:"Keyed hash by which certificates and the audit name the person."`
	Records []request.Found `json:"records" doc:"Certain ones first, newest first."`
}

// CertificatePage is a page of certificates.
type CertificatePage struct {
	Certificates []privacy.Certificate `json:"certificates" doc:"Newest first."`
	Next         string                `json:"next,omitempty" doc:"Give it as after for the next page; absent: there is none."`
}

// CertificatePaper is a certificate with its words in a language.
type CertificatePaper struct {
	privacy.Certificate
	Words *PaperWords `json:"words,omitempty" doc:"In the language that was asked for; absent without one."`
}

// PaperWords are the lines of a certificate as they are printed.
type PaperWords struct {
	Title   string      `json:"title"`
	Facts   []PaperFact `json:"facts"`
	Given   []string    `json:"given,omitempty"`
	Removed []string    `json:"removed,omitempty"`
	Kept    []string    `json:"kept,omitempty"`
	Proof   string      `json:"proof"`
}

// PaperFact is a line about the request.
type PaperFact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// HoldAsked is what shall be kept from being erased.
type HoldAsked struct {
	Kind    string `json:"kind,omitempty" maxLength:"64" doc:"Kind of record, such as report."`
	Record  string `json:"record,omitempty" maxLength:"128" doc:"Number of one record of the kind."`
	Person  string `json:"person,omitempty" maxLength:"254" doc:"All records of a person, by an identifier in any writing."`
	Country string `json:"country,omitempty" maxLength:"2" doc:"Where numbers without a country code are read."`
	From    string `json:"from,omitempty" doc:"First day on which the records were made." example:"2026-01-01"`
	Until   string `json:"until,omitempty" doc:"Last day on which they were made."`
	Ends    string `json:"ends,omitempty" doc:"Last day of the hold; absent: until it is released."`
	Reason  string `json:"reason" maxLength:"2000" doc:"Why; it goes into the audit. No personal data."`
}

// HoldView is a hold. Whom it is about it does not tell.
type HoldView struct {
	ID            string      `json:"id"`
	Kind          string      `json:"kind,omitempty"`
	Record        string      `json:"record,omitempty"`
	OfPerson      bool        `json:"of_person" doc:"It holds the records of a person, who is not named."`
	From          time.Time   `json:"from,omitzero" doc:"First instant whose records are held."`
	Until         time.Time   `json:"until,omitzero" doc:"First instant whose records are not."`
	Reason        string      `json:"reason"`
	By            store.Actor `json:"by"`
	Since         time.Time   `json:"since"`
	Ends          time.Time   `json:"ends,omitzero" doc:"First instant at which it holds no more by itself."`
	Holding       bool        `json:"holding" doc:"It holds now."`
	Released      time.Time   `json:"released_at,omitzero"`
	ReleasedBy    store.Actor `json:"released_by,omitempty"`
	ReleaseReason string      `json:"release_reason,omitempty"`
}

func holdView(h store.Hold, now time.Time) HoldView {
	return HoldView{h.ID, h.Kind, h.Record, len(h.Marks) > 0, h.From, h.Until, h.Reason, h.By, h.Since, h.Ends, h.Open(now), h.Released, h.ReleasedBy, h.ReleaseReason}
}

type (
	askInput  struct{ Body PersonAsked }
	takeInput struct{ Body PersonTaken }
	// private is an answer that nobody on the way may keep.
	private[T any] struct {
		CacheControl string `header:"Cache-Control"`
		Body         T
	}
)

func answer[T any](body T, err error) (*private[T], error) {
	if err != nil {
		return nil, problem(err)
	}
	return &private[T]{"no-store", body}, nil
}

// programPrivacy adds the routes of requests of persons, holds and certificates.
// What a person confirms on the page needs a key that was made for it: whoever
// makes one proves then who they are.
func (d door) programPrivacy(api huma.API) {
	keyed := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: append([]int{401, 403, 422, 503}, codes...),
			MaxBodyBytes: 512 << 10, BodyReadTimeout: 30 * time.Second, Security: []map[string][]string{{keyScheme: {}}}, Middlewares: huma.Middlewares{d.asProgram(api)}}
	}
	desk := d.opt.Privacy
	huma.Register(api, keyed("find-person", http.MethodPost, "/v1/privacy/find", "In which records a person is, by an identifier; no text. Needs privacy.find.", 413),
		func(ctx context.Context, in *askInput) (*private[PersonFound], error) {
			found, err := desk.Find(Unhurried(ctx), actor(ctx), in.Body.ask())
			if found.Found == nil {
				found.Found = []request.Found{}
			}
			return answer(PersonFound{found.Subject.String(), found.Found}, err)
		})
	huma.Register(api, keyed("copy-person", http.MethodPost, "/v1/privacy/copy",
		"All that is kept of a person, in the clear, with a certificate (GDPR Art. 15, APPI Art. 33). Needs privacy.copy.", 404, 413),
		func(ctx context.Context, in *takeInput) (*private[privacy.Copy], error) {
			return answer(desk.Copy(Unhurried(ctx), actor(ctx), in.Body.ask(), in.Body.picks()))
		})
	huma.Register(api, keyed("foresee-erasure", http.MethodPost, "/v1/privacy/erase/preview",
		"What an erasure would remove and what would stay, and why; nothing is changed. Needs privacy.erase.", 404, 409, 413),
		func(ctx context.Context, in *takeInput) (*private[privacy.Body], error) {
			return answer(desk.Foresee(Unhurried(ctx), actor(ctx), in.Body.ask(), in.Body.picks()))
		})
	erase := keyed("erase-person", http.MethodPost, "/v1/privacy/erase",
		"Erase records of a person and certify what went and what had to stay (GDPR Art. 17, APPI Art. 35). Needs privacy.erase.", 404, 409, 413)
	erase.Description = "Whole or not at all; it cannot be undone. Somebody who works here is erased on the page: that needs a person."
	huma.Register(api, erase, func(ctx context.Context, in *takeInput) (*private[privacy.Certificate], error) {
		return answer(desk.Erase(Unhurried(ctx), actor(ctx), in.Body.ask(), in.Body.picks()))
	})
	d.certificates(api, keyed)
	d.holds(api, keyed)
}

// makeOperation describes a route that needs a key.
type makeOperation func(id, method, path, summary string, codes ...int) huma.Operation

func (d door) certificates(api huma.API, keyed makeOperation) {
	desk := d.opt.Privacy
	huma.Register(api, keyed("list-certificates", http.MethodGet, "/v1/privacy/certificates", "Certificates of requests of persons, newest first. Needs privacy.read."),
		func(ctx context.Context, in *struct {
			After string `query:"after" doc:"As the page before told as next."`
			Limit int    `query:"limit" minimum:"0" maximum:"200" doc:"Certificates a page; 50 if absent."`
		}) (*private[CertificatePage], error) {
			after, err := store.ParseKey(in.After)
			if err != nil {
				return nil, problem(err)
			}
			list, next, err := desk.Certificates(ctx, actor(ctx), store.Page{After: after, Limit: in.Limit})
			if list == nil {
				list = []privacy.Certificate{}
			}
			return answer(CertificatePage{list, next.String()}, err)
		})
	huma.Register(api, keyed("get-certificate", http.MethodGet, "/v1/privacy/certificates/{id}", "One certificate, with its reason. Needs privacy.read.", 404),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Lang string `query:"lang" enum:"en,de,ja" doc:"Its words in a language, too."`
		}) (*private[CertificatePaper], error) {
			c, err := desk.Certificate(ctx, actor(ctx), in.ID)
			out := CertificatePaper{Certificate: c}
			if err == nil && in.Lang != "" {
				p := desk.Paper(c, in.Lang)
				out.Words = &PaperWords{Title: p.Title, Given: p.Given, Removed: p.Removed, Kept: p.Kept, Proof: p.Proof, Facts: []PaperFact{}}
				for _, f := range p.Facts {
					out.Words.Facts = append(out.Words.Facts, PaperFact{f.Name, f.Text})
				}
			}
			return answer(out, err)
		})
}

func (d door) holds(api huma.API, keyed makeOperation) {
	desk := d.opt.Privacy
	huma.Register(api, keyed("list-holds", http.MethodGet, "/v1/privacy/holds", "What is kept from being erased: all that hold, and the newest of those that do no more. Needs privacy.read."),
		func(ctx context.Context, _ *struct{}) (*private[[]HoldView], error) {
			list, err := desk.Holds(ctx, actor(ctx))
			out, now := make([]HoldView, 0, len(list)), time.Now()
			for _, h := range list {
				out = append(out, holdView(h, now))
			}
			return answer(out, err)
		})
	add := keyed("add-hold", http.MethodPost, "/v1/privacy/holds", "Keep records from being erased, by time or by request. Needs hold.manage.", 400, 409, 413)
	add.DefaultStatus = http.StatusCreated
	huma.Register(api, add, func(ctx context.Context, in *struct{ Body HoldAsked }) (*private[HoldView], error) {
		b := in.Body
		w := privacy.HoldWish{Kind: b.Kind, Record: b.Record, Subject: request.Subject{Identifier: b.Person, Country: b.Country}, Reason: b.Reason}
		for _, x := range []struct {
			name, value string
			to          *time.Time
		}{{"from", b.From, &w.From}, {"until", b.Until, &w.Until}, {"ends", b.Ends, &w.Ends}} {
			if x.value == "" {
				continue
			}
			var err error
			if *x.to, err = time.Parse(time.DateOnly, x.value); err != nil {
				return nil, huma.Error422UnprocessableEntity(x.name + ": is no day: want YYYY-MM-DD")
			}
		}
		h, err := desk.Hold(ctx, actor(ctx), w)
		return answer(holdView(h, time.Now()), err)
	})
	release := keyed("release-hold", http.MethodPost, "/v1/privacy/holds/{id}/release", "Lift a hold: what it kept and whose time is over goes with the next run. Needs hold.manage.", 404, 409, 413)
	release.DefaultStatus = http.StatusNoContent
	huma.Register(api, release, func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Reason string `json:"reason" maxLength:"2000" doc:"Why; it goes into the audit."`
		}
	}) (*struct{}, error) {
		if err := desk.Release(ctx, actor(ctx), in.ID, in.Body.Reason); err != nil {
			return nil, problem(err)
		}
		return nil, nil //nolint:nilnil // 204: there is no body
	})
}
