package web

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"bonafide/contact/brand"
	"bonafide/desk/contacts"
	"bonafide/fault"
)

// Register adds the pages to a mux.
func (w *Web) Register(mux *http.ServeMux) {
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
	mux.HandleFunc("GET /check", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/", http.StatusSeeOther) })
	mux.HandleFunc("POST /report", w.report)
	mux.HandleFunc("POST /country", w.setCountry)
	mux.HandleFunc("GET /manifest.webmanifest", w.manifest)
	mux.HandleFunc("GET /sw.js", w.static("static/sw.js", "text/javascript; charset=utf-8"))
	sub, err := fs.Sub(files, "static")
	if err == nil {
		mux.Handle("GET /static/", cached(http.StripPrefix("/static/", http.FileServerFS(sub))))
	}
	mux.HandleFunc("/", w.elsewhere)
}

// elsewhere answers everything that no other pattern answers.
func (w *Web) elsewhere(rw http.ResponseWriter, r *http.Request) {
	lang := w.language(r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		rw.Header().Set("Allow", "GET, HEAD")
		w.render(rw, r, http.StatusMethodNotAllowed, "error", "error.title", errorData{Text: w.texts.Get(lang, "error.notfound")})
		return
	}
	w.render(rw, r, http.StatusNotFound, "error", "error.title", errorData{Text: w.texts.Get(lang, "error.notfound")})
}

type homeData struct {
	Channels []string
	Examples []example
}

func (w *Web) homeData(r *http.Request) any {
	return homeData{Channels: channels(), Examples: w.examples[w.language(r)]}
}

func channels() []string {
	return []string{"sms", "mail", "chat", "call", "voicemail", "web", "letter", "screenshot", "order_notice"}
}

type callData struct {
	Asked, Knew []contacts.CodeText
	Channels    []string
}

// callData lists what people can tap. The ids are red flags; their titles come
// from the table of evidence.
func (w *Web) callData(r *http.Request) any {
	lang := w.language(r)
	return callData{
		Asked: w.desk.FlagTitles(lang, "asks_order_details", "asks_one_time_code", "asks_password", "asks_card_bank", "asks_identity",
			"asks_remote_access", "asks_install", "asks_gift_card", "asks_pay_outside", "asks_fee", "unusual_site_or_step", "channel_switch"),
		Knew: w.desk.FlagTitles(lang, "knows_order_details", "impersonated_staff", "theme_security_breach", "theme_fraudulent_charge",
			"theme_refund", "theme_unpaid_demand", "keeps_on_line", "secrecy", "threat_consequence", "urgency_deadline",
			"authority_transfer", "press_key_robocall"),
		Channels: channels(),
	}
}

type doneData struct{ Situations, Gave []contacts.CodeText }

func (w *Web) doneData(r *http.Request) any {
	lang := w.language(r)
	var d doneData
	for _, s := range w.desk.Situations(lang) {
		if s.Code != "only_received" {
			d.Situations = append(d.Situations, s)
		}
	}
	d.Gave = w.desk.GaveKinds(lang)
	return d
}

type errorData struct{ Text string }

type receiversData struct {
	List                  []contacts.Receiver
	Country, Region, Kind string
	Kinds                 []string
}

func (w *Web) receivers(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	d := receiversData{Country: strings.ToUpper(q.Get("country")), Region: q.Get("region"), Kind: q.Get("kind"),
		Kinds: []string{"mail", "call", "sms", "chat", "website", "money_lost", "remote_access", "card_used", "identity_theft", "account_takeover", "gift_card", "advice"}}
	if !q.Has("country") {
		d.Country = w.country(r)
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
	Shown   string
	Help    []brand.HelpPage
	Reports []brand.ReportAddress
	Paths   []brand.UIPath
}

func (w *Web) brand(rw http.ResponseWriter, r *http.Request) {
	p := w.desk.Profile(strings.ToLower(r.PathValue("id")))
	lang, country := w.language(r), w.country(r)
	if p == nil {
		w.render(rw, r, http.StatusNotFound, "error", "error.title", errorData{Text: w.texts.Get(lang, "error.notfound")})
		return
	}
	d := brandData{Profile: p, Shown: p.Name.In(lang), Reports: p.Reports(country, time.Now())}
	for _, topic := range []string{"identify", "fraud_tips", "protect", "two_step", "contact"} {
		d.Help = append(d.Help, p.Help(country, topic)...)
	}
	for _, u := range p.UIPaths {
		if u.Lang == lang {
			d.Paths = append(d.Paths, u)
		}
	}
	w.render(rw, r, http.StatusOK, "brand", "nav.facts", d)
}
