package web

import (
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"bonafide/contact/brand"
	"bonafide/desk/contacts"
	"bonafide/web/examples"
)

// Mux takes routes, as http.ServeMux does.
type Mux interface {
	Handle(pattern string, h http.Handler)
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Register adds the pages to a mux.
func (w *Web) Register(mux Mux) {
	if w.opt.People != nil {
		w.registerStaff(mux)
	}
	if w.opt.Owners != nil {
		w.registerOwners(mux)
	}
	w.registerGuide(mux)
	page := func(name, title string, data func(r *http.Request) any) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			var d any
			if data != nil {
				d = data(r)
			}
			w.render(rw, r, http.StatusOK, name, title, d)
		}
	}
	mux.HandleFunc("GET /{$}", page("home", "home.title", w.homeData))
	mux.HandleFunc("GET /now", page("now", "now.title", nil))
	mux.HandleFunc("GET /call", page("call", "call.title", w.callData))
	mux.HandleFunc("GET /helper", page("helper", "helper.title", w.callData))
	mux.HandleFunc("GET /done", page("done", "done.title", w.doneData))
	mux.HandleFunc("GET /about", page("about", "about.title", nil))
	mux.HandleFunc("GET /facts", page("facts", "facts.title", func(r *http.Request) any { return w.desk.Facts(w.language(r)) }))
	mux.HandleFunc("GET /receivers", w.receivers)
	mux.HandleFunc("GET /brands", page("brands", "nav.facts", func(*http.Request) any { return w.desk.Brands() }))
	mux.HandleFunc("GET /brands/{id}", w.brand)
	mux.HandleFunc("POST /check", w.check)
	mux.HandleFunc("POST /share", w.check)
	mux.HandleFunc("POST /report", w.report)
	for _, answered := range []string{"GET /check", "GET /share", "GET /report", "GET /report-this"} {
		mux.HandleFunc(answered, w.home)
	}
	mux.HandleFunc("GET /manifest.webmanifest", w.manifest)
	mux.HandleFunc("GET /sw.js", w.static("static/sw.js", "text/javascript; charset=utf-8"))
	sub, err := fs.Sub(files, "static")
	if err == nil {
		mux.Handle("GET /static/", w.staticFiles(http.StripPrefix("/static/", http.FileServerFS(sub))))
	}
	mux.HandleFunc("/", w.elsewhere)
}

// home sends whoever opens the address of an answer to the first page: answers
// are not kept, so they cannot be opened again. A language asked for stays.
func (w *Web) home(rw http.ResponseWriter, r *http.Request) {
	to := "/"
	if l := r.URL.Query().Get("lang"); w.texts.Has(l) {
		to = "/?lang=" + l
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
}

// elsewhere answers everything that no other pattern answers.
func (w *Web) elsewhere(rw http.ResponseWriter, r *http.Request) {
	code := http.StatusNotFound
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		rw.Header().Set("Allow", "GET, HEAD")
		code = http.StatusMethodNotAllowed
	}
	w.render(rw, r, code, "error", "error.title", errorData{Text: w.texts.Get(w.language(r), "error.notfound")})
}

type homeData struct {
	Channels []string
	Examples []examples.Example
}

func (w *Web) homeData(r *http.Request) any {
	return homeData{Channels: channels(), Examples: w.examples[w.language(r)]}
}

func channels() []string {
	return []string{"sms", "mail", "chat", "call", "voicemail", "web", "letter", "screenshot", "order_notice"}
}

// callData is what people can tap of a call: the usual first, the rest folded.
type callData struct {
	Asked, AskedMore, Knew, KnewMore, Situations []contacts.CodeText
	Channels                                     []string
}

// callData lists what people can tap. The ids are red flags; their titles come
// from the table of evidence.
func (w *Web) callData(r *http.Request) any {
	lang := w.language(r)
	return callData{
		Asked: w.desk.FlagTitles(lang, "asks_order_details", "asks_one_time_code", "asks_password", "asks_card_bank",
			"asks_remote_access", "asks_gift_card", "asks_fee"),
		AskedMore: w.desk.FlagTitles(lang, "asks_identity", "asks_install", "asks_pay_outside", "unusual_site_or_step", "channel_switch"),
		Knew: w.desk.FlagTitles(lang, "knows_order_details", "impersonated_staff", "theme_security_breach", "theme_fraudulent_charge",
			"urgency_deadline", "keeps_on_line"),
		KnewMore: w.desk.FlagTitles(lang, "theme_refund", "theme_unpaid_demand", "secrecy", "threat_consequence",
			"authority_transfer", "press_key_robocall"),
		Channels: channels(), Situations: w.situations(lang),
	}
}

// situations are what may have happened beyond receiving something.
func (w *Web) situations(lang string) []contacts.CodeText {
	return slices.DeleteFunc(w.desk.Situations(lang), func(s contacts.CodeText) bool { return s.Code == "only_received" })
}

type doneData struct{ Situations, Gave []contacts.CodeText }

func (w *Web) doneData(r *http.Request) any {
	lang := w.language(r)
	return doneData{Situations: w.situations(lang), Gave: w.desk.GaveKinds(lang)}
}

// errorData says what went wrong; Detail is for whoever runs the server.
type errorData struct{ Text, Detail string }

type receiversData struct {
	List                  []contacts.Receiver
	Country, Region, Kind string
	Kinds                 []string
	// Chosen: a country is known or "all" was asked for; before, the list would
	// be too long to help.
	Chosen bool
}

func (w *Web) receivers(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	d := receiversData{Region: q.Get("region"), Kind: q.Get("kind"),
		Kinds: []string{"mail", "call", "sms", "chat", "website", "money_lost", "remote_access", "card_used", "identity_theft", "account_takeover", "gift_card", "advice"}}
	d.Country, _ = w.country(r)
	if q.Has("country") {
		var known bool
		if d.Country, known = w.knownCountry(q.Get("country")); known {
			w.remember(rw, r, countryCookie, d.Country)
		}
	}
	if d.Chosen = d.Country != "" || q.Has("country"); !d.Chosen {
		w.render(rw, r, http.StatusOK, "receivers", "receivers.title", d)
		return
	}
	list, err := w.desk.Receivers(contacts.ReceiverQuery{Country: d.Country, Region: d.Region, Kind: d.Kind, Lang: w.language(r)})
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	d.List = list
	w.render(rw, r, http.StatusOK, "receivers", "receivers.title", d)
}

type brandData struct {
	*brand.Profile
	Shown string
	Help  []brand.HelpPage
	// Takes are addresses that take reports; Profile has a method Reports.
	Takes []brand.ReportAddress
	Paths []brand.UIPath
	// Numbers are those that may be shown to people.
	Numbers []brand.Number
}

func (w *Web) brand(rw http.ResponseWriter, r *http.Request) {
	p := w.desk.Profile(strings.ToLower(r.PathValue("id")))
	if p == nil {
		w.elsewhere(rw, r)
		return
	}
	lang := w.language(r)
	country, _ := w.country(r)
	d := brandData{Profile: p, Shown: p.Name.In(lang), Takes: p.Reports(country, time.Now())}
	for _, topic := range []string{"identify", "fraud_tips", "protect", "two_step", "contact"} {
		d.Help = append(d.Help, p.Help(country, topic)...)
	}
	for _, u := range p.UIPaths {
		if u.Lang == lang {
			d.Paths = append(d.Paths, u)
		}
	}
	for _, n := range p.Numbers {
		if n.Status.Shown() {
			d.Numbers = append(d.Numbers, n)
		}
	}
	w.render(rw, r, http.StatusOK, "brand", "nav.facts", d)
}
