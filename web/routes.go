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

func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "public, max-age=3600")
		next.ServeHTTP(rw, r)
	})
}

func (w *Web) static(name, kind string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		raw, err := files.ReadFile(name)
		if err != nil {
			http.Error(rw, "not found", http.StatusNotFound)
			return
		}
		rw.Header().Set("Content-Type", kind)
		_, _ = rw.Write(raw)
	}
}

// manifest makes the page installable and a target of the phone's share menu
// (W3C Web App Manifest; Web Share Target).
func (w *Web) manifest(rw http.ResponseWriter, r *http.Request) {
	lang := w.language(r)
	accept := []string{"image/png", "image/jpeg", "image/webp", "message/rfc822", "application/pdf", "text/plain", ".eml", ".txt", ".xml"}
	rw.Header().Set("Content-Type", "application/manifest+json")
	_ = json.NewEncoder(rw).Encode(map[string]any{
		"name": "Bonafide: " + w.texts.Get(lang, "app.tagline"), "short_name": "Bonafide", "start_url": "/", "scope": "/",
		"display": "standalone", "lang": lang, "background_color": "#fbfaf7", "theme_color": "#14485b",
		"icons": []map[string]string{
			{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
			{"src": "/static/icon-192.png", "sizes": "192x192", "type": "image/png"},
			{"src": "/static/icon-512.png", "sizes": "512x512", "type": "image/png"},
		},
		"share_target": map[string]any{
			"action": "/share", "method": "POST", "enctype": "multipart/form-data",
			"params": map[string]any{"title": "title", "text": "text", "url": "url",
				"files": []map[string]any{{"name": "file", "accept": accept}}},
		},
		"shortcuts": []map[string]string{{"name": w.texts.Get(lang, "home.now"), "url": "/now"}, {"name": w.texts.Get(lang, "nav.done"), "url": "/done"}},
	})
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

// resultData is an answer with the form that asked for it, so that a report
// can be made of it without the server having kept anything.
type resultData struct {
	*contacts.Answer
	Percent          int
	For, Against     []contacts.Line
	Context          []contacts.Line
	Urgencies        []urgency
	HasOriginal      bool
	Country, Voucher string
}

type urgency struct {
	Code, When string
	Steps      []contacts.Step
}

func (w *Web) check(rw http.ResponseWriter, r *http.Request) {
	req, err := w.form(rw, r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	a, err := w.desk.Check(r.Context(), req, contacts.Caller{})
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	if req.Country != "" {
		remember(rw, countryCookie, req.Country)
	}
	d := resultData{Answer: a, Percent: int(a.Probability*100 + 0.5), HasOriginal: len(req.Raw) > 0, Country: req.Country}
	for _, l := range a.Evidence {
		switch {
		case l.Bits > 0:
			d.For = append(d.For, l)
		case l.Bits < 0:
			d.Against = append(d.Against, l)
		default:
			d.Context = append(d.Context, l)
		}
	}
	for _, s := range a.NextSteps {
		if n := len(d.Urgencies); n == 0 || d.Urgencies[n-1].Code != s.Urgency {
			d.Urgencies = append(d.Urgencies, urgency{Code: s.Urgency, When: s.When})
		}
		u := &d.Urgencies[len(d.Urgencies)-1]
		u.Steps = append(u.Steps, s)
	}
	w.render(rw, r, http.StatusOK, "result", "result.title", d)
}

// report writes a report mail from the same form again: nothing was kept.
func (w *Web) report(rw http.ResponseWriter, r *http.Request) {
	req, err := w.form(rw, r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	raw, err := w.desk.ReportMail(r.Context(), req, r.FormValue("receiver"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	rw.Header().Set("Content-Type", "message/rfc822")
	rw.Header().Set("Content-Disposition", `attachment; filename="report.eml"`)
	_, _ = rw.Write(raw)
}

// fail shows an error in the reader's words; its cause stays inside.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	lang := w.language(r)
	var tooLarge *http.MaxBytesError
	text, code := w.texts.Get(lang, "error.internal"), http.StatusInternalServerError
	var f *fault.Error
	switch {
	case errors.As(err, &tooLarge) || fault.KindOf(err) == fault.TooLarge:
		text, code = w.texts.Get(lang, "error.large"), http.StatusRequestEntityTooLarge
	case errors.As(err, &f) && f.Field == "" && f.Kind == fault.Invalid:
		text, code = w.texts.Get(lang, "error.empty"), http.StatusUnprocessableEntity
	case errors.As(err, &f) && f.Kind != fault.Internal:
		text, code = f.Text, http.StatusUnprocessableEntity
	}
	w.render(rw, r, code, "error", "error.title", errorData{Text: text})
}

// memory is how much of a form is held; larger files go nowhere near a disk,
// because the body is bounded and this is above the bound.
const memory = 128 << 20

// form reads the fields of a page into a request.
func (w *Web) form(rw http.ResponseWriter, r *http.Request) (contacts.Request, error) {
	r.Body = http.MaxBytesReader(rw, r.Body, w.opt.BodyBytes)
	var req contacts.Request
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		if err := r.ParseMultipartForm(memory); err != nil {
			return req, err
		}
		defer func() { _ = r.MultipartForm.RemoveAll() }()
		if err := readFile(r, &req); err != nil {
			return req, err
		}
	} else if err := r.ParseForm(); err != nil {
		return req, err
	}
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req.Channel, req.From, req.Words, req.Platform = v("channel"), v("from"), v("words"), v("platform")
	req.Text = strings.TrimSpace(strings.Join(nonEmpty(v("title"), r.PostFormValue("text"), v("url")), "\n"))
	req.Lang, req.Country, req.Region, req.Role = w.language(r), v("country"), v("region"), v("role")
	if req.Country == "" {
		req.Country = w.country(r)
	}
	req.AlreadyDone, req.Gave, req.SpokenCode = r.PostForm["already_done"], r.PostForm["gave"], v("spoken_code")
	req.Settled, req.StartedByUser, req.Expected = yesNo(v("settled")), yesNo(v("started")), yesNo(v("expected"))
	if at, err := contacts.ParseMoment(v("at")); err == nil && !at.IsZero() {
		req.At = contacts.MomentOf(at)
	}
	if req.Channel == "call" || req.Channel == "voicemail" {
		req.Call = &contacts.Call{Number: v("number"), Withheld: v("withheld") != "", Claimed: v("claimed"),
			Asked: r.PostForm["asked"], Knew: r.PostForm["knew"], Ongoing: v("ongoing") != ""}
	}
	return req, nil
}

func readFile(r *http.Request, req *contacts.Request) error {
	for _, h := range r.MultipartForm.File["file"] {
		if h.Size == 0 {
			continue
		}
		f, err := h.Open()
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			return err
		}
		req.Raw, req.Filename = raw, h.Filename
		return nil
	}
	return nil
}

func nonEmpty(in ...string) []string {
	var out []string
	for _, s := range in {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

func yesNo(s string) *bool {
	switch s {
	case "yes":
		t := true
		return &t
	case "no":
		f := false
		return &f
	}
	return nil
}

// setCountry remembers the reader's country in their browser.
func (w *Web) setCountry(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, 4096)
	if err := r.ParseForm(); err == nil && len(r.PostFormValue("country")) == 2 {
		remember(rw, countryCookie, strings.ToUpper(r.PostFormValue("country")))
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

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
