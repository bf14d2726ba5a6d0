package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/desk/privacy"
	"bonafide/fault"
	"bonafide/store"
)

// PrivacyDesk is the desk of what is kept and erased as the pages use it.
type PrivacyDesk interface {
	Find(ctx context.Context, a access.Actor, q privacy.Ask) (privacy.Finding, error)
	Copy(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Copy, error)
	Foresee(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Body, error)
	Erase(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Certificate, error)
	Certificates(ctx context.Context, a access.Actor, p store.Page) ([]privacy.Certificate, store.Key, error)
	Certificate(ctx context.Context, a access.Actor, id string) (privacy.Certificate, error)
	Papers
	Holding
}

// Papers puts certificates into words.
type Papers interface {
	Paper(c privacy.Certificate, lang string) privacy.Paper
	Words(b privacy.Body, lang string) (removed, kept []string)
}

// Holding is what the pages need of holds.
type Holding interface {
	Kinds() []string
	Holds(ctx context.Context, a access.Actor) ([]store.Hold, error)
	Hold(ctx context.Context, a access.Actor, w privacy.HoldWish) (store.Hold, error)
	Release(ctx context.Context, a access.Actor, id, reason string) error
}

// privacyPage is the page on which what was asked for is done.
const privacyPage = "/privacy"

// privacyRoutes are those of requests, holds and certificates.
func privacyRoutes() []staffRoute {
	return []staffRoute{
		{"GET /privacy", false, (*visit).privacy, "", 0},
		{"POST /privacy/find", false, (*visit).findPerson, "/privacy", 0},
		{"POST /privacy/copy", false, (*visit).copyPerson, "/privacy", 0},
		{"POST /privacy/erase/ask", false, (*visit).askErase, "/privacy", 0},
		{"POST /privacy/erase", false, (*visit).erasePerson, "/privacy", 0},
		{"POST /privacy/holds", false, (*visit).addHold, "/privacy", 0},
		{"POST /privacy/holds/release", false, (*visit).releaseHold, "/privacy", 0},
		{"GET /privacy/certificates/{id}", false, (*visit).certificate, "/privacy/certificates/{id}", 0},
	}
}

// privacyData is the page of requests, holds and certificates.
type privacyData struct {
	Asked        privacy.Ask
	Askers       []string
	Kinds        []string
	Holds        []heldRow
	Certificates []privacy.Certificate
	// More is the address of older certificates; empty: there are none.
	More string
}

// heldRow is a hold as the page shows it.
type heldRow struct {
	store.Hold
	// State is holds, released or ended.
	State string
}

func (h heldRow) OfPerson() bool { return len(h.Marks) > 0 }

// Last is the last day on which held records were made.
func (h heldRow) Last() time.Time {
	if h.Until.IsZero() {
		return h.Until
	}
	return h.Until.AddDate(0, 0, -1)
}

// keeps reports whether there is a desk of privacy at all.
func (v *visit) keeps() error {
	if v.opt.Privacy == nil {
		return fault.New(fault.NotFound, "", "nothing is kept here that could be asked for")
	}
	return nil
}

// asked is the request that a form brings, with the records that were chosen.
func (v *visit) asked() (privacy.Ask, []privacy.Pick) {
	q := privacy.Ask{Subject: request.Subject{Identifier: v.field("person"), Country: v.field("country")}, Asker: v.field("asker"), Reason: v.field("reason")}
	var picks []privacy.Pick
	for _, x := range v.r.PostForm["record"] {
		if kind, id, ok := strings.Cut(x, ":"); ok && len(picks) < 2000 {
			picks = append(picks, privacy.Pick{Kind: kind, ID: id})
		}
	}
	return q, picks
}

// privacyHome shows the page; problem says what was wrong with a form of it.
func (v *visit) privacyHome(code int, q privacy.Ask, problem string) error {
	ctx := v.r.Context()
	p := store.Page{Limit: 20}
	if after := v.r.URL.Query().Get("after"); after != "" {
		key, err := store.ParseKey(after)
		if err != nil {
			return err
		}
		p.After = key
	}
	list, next, err := v.opt.Privacy.Certificates(ctx, v.who.Actor, p)
	if err != nil {
		return err
	}
	holds, err := v.opt.Privacy.Holds(ctx, v.who.Actor)
	if err != nil {
		return err
	}
	d := privacyData{Asked: q, Askers: privacy.Askers(), Kinds: v.opt.Privacy.Kinds(), Certificates: list}
	if !next.IsZero() {
		d.More = privacyPage + "?" + url.Values{"after": {next.String()}}.Encode()
	}
	now := time.Now()
	for _, h := range holds {
		row := heldRow{h, "holds"}
		switch {
		case !h.Released.IsZero():
			row.State = "released"
		case !h.Open(now):
			row.State = "ended"
		}
		d.Holds = append(d.Holds, row)
	}
	return v.page(code, "privacy", "privacy.title", d, problem)
}

func (v *visit) privacy() error {
	if err := v.keeps(); err != nil {
		return err
	}
	return v.privacyHome(http.StatusOK, privacy.Ask{Asker: privacy.ByPerson}, "")
}

// refused shows the page again with what was wrong; what is no fault of the form
// stays an error.
func (v *visit) refused(err error, q privacy.Ask) error {
	k := fault.KindOf(err)
	if k != fault.Invalid && k != fault.TooLarge && k != fault.Conflict || err == access.ErrConfirm { //nolint:errorlint // a value
		return err
	}
	text, code, _ := v.problem(err)
	return v.privacyHome(code, q, text)
}

// foundData is where a person was found.
type foundData struct {
	Asked   privacy.Ask
	Finding privacy.Finding
}

// Hint tells records of one kind apart, in words.
func (s staffView) FoundHint(f request.Found) string {
	for _, prefix := range []string{"privacy.hint.", "channel."} {
		if text := s.texts.Or(s.Lang, prefix+f.Hint, ""); f.Hint != "" && text != "" {
			return text
		}
	}
	return ""
}

func (v *visit) findPerson() error {
	if err := v.keeps(); err != nil {
		return err
	}
	q, _ := v.asked()
	found, err := v.opt.Privacy.Find(v.unhurried(), v.who.Actor, q)
	if err != nil {
		return v.refused(err, q)
	}
	return v.page(http.StatusOK, "found", "privacy.found", foundData{q, found}, "")
}

// copyPerson gives the copy as a file. The certificate of it is on the page.
func (v *visit) copyPerson() error {
	if err := v.keeps(); err != nil {
		return err
	}
	q, picks := v.asked()
	given, err := v.opt.Privacy.Copy(v.unhurried(), v.who.Actor, q, picks)
	if err != nil {
		return v.refused(err, q)
	}
	h := v.rw.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="copy-`+given.Certificate.ID+`.json"`)
	h.Set("Cache-Control", "no-store")
	enc := json.NewEncoder(v.rw)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(given); err != nil {
		panic(http.ErrAbortHandler) // half a copy must not be taken for a whole one
	}
	return nil
}

// foreseenData says what an erasure will do, before it is done.
type foreseenData struct {
	Asked       privacy.Ask
	Picks       []privacy.Pick
	Goes, Stays []string
	NothingGoes bool
}

func (v *visit) askErase() error {
	if err := v.keeps(); err != nil {
		return err
	}
	q, picks := v.asked()
	body, err := v.opt.Privacy.Foresee(v.unhurried(), v.who.Actor, q, picks)
	if err != nil {
		return v.refused(err, q)
	}
	d := foreseenData{Asked: q, Picks: picks, NothingGoes: len(body.Removed) == 0}
	d.Goes, d.Stays = v.opt.Privacy.Words(body, v.language(v.r))
	return v.page(http.StatusOK, "foreseen", "privacy.sure", d, "")
}

func (v *visit) erasePerson() error {
	if err := v.keeps(); err != nil {
		return err
	}
	q, picks := v.asked()
	c, err := v.opt.Privacy.Erase(v.unhurried(), v.who.Actor, q, picks)
	if err != nil {
		return v.refused(err, q)
	}
	v.see(privacyPage + "/certificates/" + url.PathEscape(c.ID))
	return nil
}

// paperData is a certificate on its page.
type paperData struct {
	privacy.Paper
	Copy bool
}

func (v *visit) certificate() error {
	if err := v.keeps(); err != nil {
		return err
	}
	c, err := v.opt.Privacy.Certificate(v.r.Context(), v.who.Actor, clip(v.r.PathValue("id"), 64))
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "certificate", "certificate."+c.Kind, paperData{v.opt.Privacy.Paper(c, v.language(v.r)), c.Kind == "copy"}, "")
}

func (v *visit) addHold() error {
	if err := v.keeps(); err != nil {
		return err
	}
	w := privacy.HoldWish{Kind: v.field("kind"), Record: v.field("record"), Subject: request.Subject{Identifier: v.field("person"), Country: v.field("country")}, Reason: v.field("reason")}
	if w.Kind != "" && !slices.Contains(v.opt.Privacy.Kinds(), w.Kind) {
		return v.refused(fault.New(fault.Invalid, "kind", "is none that can be held"), privacy.Ask{})
	}
	var err error
	for _, x := range []struct {
		name string
		to   *time.Time
	}{{"from", &w.From}, {"until", &w.Until}, {"ends", &w.Ends}} {
		if *x.to, err = day(x.name, v.field(x.name)); err != nil {
			return v.refused(err, privacy.Ask{})
		}
	}
	if _, err = v.opt.Privacy.Hold(v.r.Context(), v.who.Actor, w); err != nil {
		return v.refused(err, privacy.Ask{})
	}
	return v.done(privacyPage)
}

func (v *visit) releaseHold() error {
	if err := v.keeps(); err != nil {
		return err
	}
	if err := v.opt.Privacy.Release(v.r.Context(), v.who.Actor, clip(v.field("id"), 64), v.field("reason")); err != nil {
		return v.refused(err, privacy.Ask{})
	}
	return v.done(privacyPage)
}
