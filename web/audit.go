package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/store"
)

// AuditDesk is the audit chain of a tenant as the pages use it.
type AuditDesk interface {
	List(ctx context.Context, a access.Actor, q custody.Question) (custody.Listing, error)
	Verify(ctx context.Context, a access.Actor) (custody.Result, error)
	Export(ctx context.Context, a access.Actor) (*custody.Export, error)
}

// auditPage is how many entries a page lists.
const auditPage = 50

// auditActions are the actions that the filter offers: all that have words, and
// by a test every action has them. Another one can be asked for in the address.
func (v *visit) auditActions() (out []string) {
	for _, key := range v.texts.Keys() {
		if action, ok := strings.CutPrefix(key, "audit.action."); ok {
			out = append(out, action)
		}
	}
	return out
}

// auditData is the page of the audit.
type auditData struct {
	custody.Listing
	Who, Action, Object, From, Until string
	Actions                          []string
	Narrowed                         bool
	// More is the address of the next page.
	More string
}

// Name is what somebody is called whom an entry names; empty for who is not
// known any more, or was never a person.
func (d auditData) Name(id any) string {
	switch id := id.(type) {
	case store.Actor:
		return d.Names[id]
	case string:
		return d.Names[store.Actor(strings.TrimPrefix(id, "person:"))]
	}
	return ""
}

// ledger reports whether the audit can be read here at all.
func (v *visit) ledger() error {
	if v.opt.Ledger == nil {
		return fault.New(fault.NotFound, "", "no audit is kept here")
	}
	return nil
}

// Deed is what an action means, in words; its code where there are none.
func (s staffView) Deed(action string) string {
	return s.texts.Or(s.Lang, "audit.action."+action, action)
}

// Place is the page of what an entry is about, for those who may open it.
func (s staffView) Place(object string) string {
	kind, id, _ := strings.Cut(object, ":")
	may := map[string]access.Permission{"person": access.PeopleRead, "report": access.ReportRead}
	pages := map[string]string{"person": "/people/", "report": "/reports/"}
	if p, ok := may[kind]; !ok || id == "" || s.Who.ReachOf(p) != access.All {
		return ""
	}
	return pages[kind] + url.PathEscape(id)
}

func (v *visit) audit() error {
	if err := v.ledger(); err != nil {
		return err
	}
	asked := v.r.URL.Query()
	get := func(name string) string { return clip(strings.TrimSpace(asked.Get(name)), 300) }
	d := auditData{Who: get("who"), Action: get("action"), Object: get("object"), From: get("from"), Until: get("until"), Actions: v.auditActions()}
	q := custody.Question{Who: d.Who, Action: d.Action, Object: d.Object, Limit: auditPage}
	kept := url.Values{}
	for _, name := range []string{"who", "action", "object", "from", "until"} {
		if x := get(name); x != "" {
			kept.Set(name, x)
		}
	}
	d.Narrowed = len(kept) > 0
	var err error
	if before := get("before"); before != "" {
		if q.Before, err = strconv.ParseInt(before, 10, 64); err != nil {
			err = fault.New(fault.Invalid, "before", "is no number of an entry: begin at the newest")
		}
	}
	if err == nil {
		q.From, err = day("from", d.From)
	}
	if err == nil {
		q.Until, err = day("until", d.Until)
	}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // the day itself is meant, too
	}
	if err == nil {
		d.Listing, err = v.opt.Ledger.List(v.r.Context(), v.who.Actor, q)
	}
	d.More = goesOn("/audit", kept, d.Next)
	return v.listing("audit", d, err)
}

func (v *visit) verifyAudit() error {
	if err := v.ledger(); err != nil {
		return err
	}
	_, err := v.opt.Ledger.Verify(v.r.Context(), v.who.Actor)
	return v.after(err, "/audit")
}

func (v *visit) exportAudit() error {
	if err := v.ledger(); err != nil {
		return err
	}
	e, err := v.opt.Ledger.Export(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	h := v.rw.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="audit.ndjson"`)
	h.Set("Cache-Control", "no-store")
	if err := e.Write(v.r.Context(), v.rw); err != nil {
		panic(http.ErrAbortHandler) // half a file must not be taken for a whole one
	}
	return nil
}
