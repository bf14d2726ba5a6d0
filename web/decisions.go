package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/store"
)

// AccountsDesk is the desk of accounts as the pages use it.
type AccountsDesk interface {
	List(ctx context.Context, a access.Actor, q accounts.Query) (accounts.Listing, error)
	Open(ctx context.Context, a access.Actor, id store.DecisionID, lang string) (accounts.Opened, error)
	Assign(ctx context.Context, a access.Actor, id store.DecisionID, to store.PersonID, revision int64) error
	SetLabel(ctx context.Context, a access.Actor, id store.DecisionID, label store.Label, revision int64) error
	Account(ctx context.Context, a access.Actor, account, lang string) (accounts.Timeline, error)
	Linked(ctx context.Context, a access.Actor, account string) (accounts.Links, error)
	Deciding(ctx context.Context, a access.Actor) (accounts.Deciding, error)
	Latest(ctx context.Context, a access.Actor) (int64, error)
	Follow(ctx context.Context, a access.Actor, after int64, wait time.Duration, lang string) ([]accounts.DecisionView, error)
}

// decisionsPage is how many decisions a page lists.
const decisionsPage = 25

func (v *visit) decided() error {
	if v.opt.Accounts == nil {
		return fault.New(fault.NotFound, "", "no events of accounts are taken here")
	}
	return nil
}

// decisionsData is the list of decisions.
type decisionsData struct {
	accounts.Listing
	Account  string
	Selects  []choice
	Narrowed bool
	// More is the address of the next page.
	More string
	// News is where the page hears of new decisions; empty where none could be in
	// the list.
	News string
}

// news is the address of the stream for a list. One that is narrowed by what only
// people write, or by an account, has no news.
func (v *visit) newsFor(d *decisionsData) error {
	kept := url.Values{}
	for _, s := range d.Selects {
		switch {
		case s.Name == "action" && s.Chosen != "":
			kept.Set("action", s.Chosen)
		case s.Chosen != "" && s.Chosen != "none":
			return nil
		}
	}
	if d.Account != "" || v.r.URL.Query().Get("before") != "" {
		return nil
	}
	latest, err := v.opt.Accounts.Latest(v.r.Context(), v.who.Actor)
	kept.Set("after", strconv.FormatInt(latest, 10))
	d.News = "/decisions/news?" + kept.Encode()
	return err
}

// mine stands for the person who asks, in the filter.
const mine = "me"

func (v *visit) decisions() error {
	if err := v.decided(); err != nil {
		return err
	}
	asked, lang := v.r.URL.Query(), v.language(v.r)
	get := func(name string) string { return clip(strings.TrimSpace(asked.Get(name)), 512) }
	text := func(prefix string) func(string) string {
		return func(s string) string { return v.texts.Or(lang, prefix+s, s) }
	}
	d := decisionsData{Account: get("account"), Selects: []choice{
		{"action", get("action"), []string{"challenge", "hold", "block"}, text("decisions.action.")},
		{"label", get("label"), append([]string{"none"}, names(store.Labels())...), text("decisions.label.")},
		{"assigned", get("assigned"), []string{mine, "none"}, text("decisions.assigned.")}}}
	q := accounts.AllDecisions(lang)
	q.Account, q.Limit = d.Account, decisionsPage
	kept := url.Values{}
	if d.Account != "" {
		kept.Set("account", d.Account)
	}
	into := map[string]*string{"action": &q.Filter.Action, "label": &q.Filter.Label, "assigned": &q.Filter.Assigned}
	for _, s := range d.Selects {
		switch s.Chosen {
		case "":
			continue
		case "none":
			*into[s.Name] = ""
		case mine:
			*into[s.Name] = v.who.Person
		default:
			*into[s.Name] = s.Chosen
		}
		kept.Set(s.Name, s.Chosen)
	}
	d.Narrowed = len(kept) > 0
	var err error
	if before := get("before"); before != "" {
		if q.Before, err = strconv.ParseInt(before, 10, 64); err != nil || q.Before < 0 {
			err = fault.New(fault.Invalid, "before", "is no place in the list: begin at the newest")
		}
	}
	if err == nil {
		err = v.newsFor(&d) // before the list is read, so that none is missed
	}
	if err == nil {
		d.Listing, err = v.opt.Accounts.List(v.r.Context(), v.who.Actor, q)
	}
	d.More = goesOn("/decisions", kept, d.Next)
	return v.listing("decisions", d, err)
}

// decisionData is the page of one decision.
type decisionData struct {
	accounts.Opened
	Labels []store.Label
}

// Ago is a number of seconds as a span.
func (decisionData) Ago(seconds int64) time.Duration { return time.Duration(seconds) * time.Second }

// Percent is how much of the score that blocks was reached.
func (d decisionData) Percent() string { return strconv.Itoa(int(d.Share*100 + .5)) }

func (v *visit) decisionID() store.DecisionID { return store.DecisionID(clip(v.r.PathValue("id"), 64)) }

func (v *visit) decision() error {
	if err := v.decided(); err != nil {
		return err
	}
	x, err := v.opt.Accounts.Open(v.r.Context(), v.who.Actor, v.decisionID(), v.language(v.r))
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "decision", "decision.title", decisionData{x, store.Labels()}, "")
}

func (v *visit) labelDecision() error {
	if err := v.decided(); err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(v.field("revision"), 10, 64)
	return v.after(v.opt.Accounts.SetLabel(v.r.Context(), v.who.Actor, v.decisionID(), store.Label(v.field("label")), revision), v.back)
}

// assignDecision takes a decision on, or gives it back.
func (v *visit) assignDecision() error {
	if err := v.decided(); err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(v.field("revision"), 10, 64)
	to := store.PersonID("")
	if v.field("take") != "" {
		to = store.PersonID(v.who.Person)
	}
	return v.after(v.opt.Accounts.Assign(v.r.Context(), v.who.Actor, v.decisionID(), to, revision), v.back)
}

// timelineData is the page of one account of the shop.
type timelineData struct {
	accounts.Timeline
	Links accounts.Links
	// Reports are the ids of reported contacts that are kept here.
	Reports map[string]bool
}

// maxContacts bounds the reports that are looked up for one page.
const maxContacts = 20

func (v *visit) accountOfShop() error {
	if err := v.decided(); err != nil {
		return err
	}
	ctx, a, account := v.r.Context(), v.who.Actor, clip(v.r.PathValue("id"), 512)
	t, err := v.opt.Accounts.Account(ctx, a, account, v.language(v.r))
	if err != nil {
		return err
	}
	d := timelineData{Timeline: t, Reports: map[string]bool{}}
	// An account of which only old decisions are kept has no events to share.
	if d.Links, err = v.opt.Accounts.Linked(ctx, a, t.Account); err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	for _, c := range t.Contacts[:min(len(t.Contacts), maxContacts)] {
		if c.Report == "" || v.opt.Reports == nil || !a.Can(access.ReportRead) {
			continue
		}
		_, err := v.opt.Reports.Open(ctx, a, store.ReportID(c.Report))
		d.Reports[c.Report] = err == nil
	}
	return v.page(http.StatusOK, "timeline", "timeline.title", d, "")
}

// Money is an amount in minor units with its currency.
func (s staffView) Money(minor int64, currency string) string {
	if currency == "JPY" || currency == "KRW" {
		return s.Count(minor) + " " + currency
	}
	rest := strconv.FormatInt(minor%100+100, 10)[1:]
	return s.Count(minor/100) + s.Decimal(".") + rest + " " + currency
}

// Word is a text that may not exist; its code then.
func (s view) Word(prefix, code string) string { return s.texts.Or(s.Lang, prefix+code, code) }
