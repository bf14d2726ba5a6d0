// Package web is the door for people: pages rendered on the server, phone
// first, usable without JavaScript and better with it, in the languages of
// locale. It turns forms into questions for the contact desk and its answers
// into pages.
//
// Of what people enter for a check it keeps nothing: no session, no log of
// contents, no file. Two cookies hold the language and the country of the
// reader. Who works here logs in and has pages of their own (staff*.go), whose
// cookies hold a session. It is not for programs (api).
package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"bonafide/contact/brand"
	"bonafide/desk/contacts"
	"bonafide/locale"
	"bonafide/web/examples"
	"bonafide/web/guide"
)

// Desk is what the pages need of the contact desk.
type Desk interface {
	Check(ctx context.Context, req contacts.Request, who contacts.Caller) (*contacts.Answer, error)
	ReportMail(ctx context.Context, req contacts.Request, receiver string) ([]byte, error)
	Profile(id string) *brand.Profile
	Brands() []contacts.BrandName
	Receivers(q contacts.ReceiverQuery) ([]contacts.Receiver, error)
	Facts(lang string) []contacts.Fact
	Situations(lang string) []contacts.CodeText
	GaveKinds(lang string) []contacts.CodeText
	FlagTitles(lang string, ids ...string) []contacts.CodeText
	Countries() []string
}

// Options are settings of the pages.
type Options struct {
	// Lang and Country are assumed of people who say nothing.
	Lang, Country string
	BodyBytes     int64
	BaseURL       string
	Version       string
	// Demo shows example contacts on the first page.
	Demo bool
	// People is the desk of who works here; nil: nobody logs in.
	People PeopleDesk
	// Reports is the desk of contact reports; nil: none can be sent. It needs
	// People.
	Reports ReportsDesk
	// Ledger is the audit, System the health of the server; nil: there are no pages
	// of it. They need People.
	Ledger AuditDesk
	System SystemDesk
	// Accounts is the desk of decisions about accounts; nil: no events are taken. It
	// needs People.
	Accounts AccountsDesk
	// Policies is the desk of the guard's policies, Replays that of replays; nil:
	// there are no pages of it. They need People.
	Policies PoliciesDesk
	Replays  ReplaysDesk
	// Unhurried is the context of a request without the deadline of short answers;
	// nil: as it is.
	Unhurried func(context.Context) context.Context
	// Owners is the page of accounts' owners; nil: there is none.
	Owners OwnersDesk
	// Privacy is the desk of requests of persons, holds and certificates; nil: there
	// are no pages of it. It needs People.
	Privacy PrivacyDesk
	// Lists are the lists that policies ask for; nil: none are kept. It needs People.
	Lists ListsDesk
	// Hooks are addresses that decisions are posted to; nil: none. It needs People.
	Hooks HooksDesk
	// Leaks looks for who may have leaked orders; nil: there is no page of it. It needs
	// People.
	Leaks LeaksDesk
	// Couples ties reports to accounts; nil: there is no account guard. It needs Reports.
	Couples CouplesDesk
	// Settings are those of tenants; nil: the options hold. It needs People.
	Settings SettingsDesk
	// Client is the address of the browser, behind proxies too; nil: as connected.
	Client func(*http.Request) string
}

//go:embed pages pages/staff static
var files embed.FS

// Web renders the pages.
type Web struct {
	desk  Desk
	texts *locale.Texts
	opt   Options
	pages map[string]*template.Template
	// examples by language; empty outside of a demonstration.
	examples map[string][]examples.Example
	// guide and guideSheet are the styleguide and what it needs of styles.
	guide      guide.Data
	guideSheet string
	// news has a place for each page that follows decisions.
	news chan struct{}
}

// New parses all pages. fsys is the data folder, for the texts.
func New(desk Desk, fsys fs.FS, opt Options) (*Web, error) {
	texts, err := locale.Load(fsys)
	if err != nil {
		return nil, err
	}
	if opt.Lang == "" {
		opt.Lang = "en"
	}
	w := &Web{desk: desk, texts: texts, opt: opt, pages: map[string]*template.Template{}, news: make(chan struct{}, newsAtOnce)}
	if opt.Demo {
		if w.examples, err = examples.Load(fsys); err != nil {
			return nil, err
		}
	}
	sheet, err := files.ReadFile("static/style.css")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if w.guide, w.guideSheet, err = guide.Read(sheet); err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	assets, err := fingerprints()
	if err != nil {
		return nil, err
	}
	funcs := template.FuncMap{
		"list": func(v ...any) []any { return v }, "join": strings.Join, "groups": groups,
		"asset": func(name string) string { return "/static/" + name + "?v=" + assets[name] },
		"site":  site, "mailbox": mailbox, "cut": cut, "dated": dated, "day": locale.Day, "last": locale.Last, "asOf": locale.AsOf, "share": locale.Share, "source": source, "script": script,
	}
	staff, err := fs.Glob(files, "pages/staff/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	for _, name := range append(names, staff...) {
		base := strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")
		if path.Base(base) == "layout" {
			continue
		}
		t, err := template.New("layout.html").Funcs(funcs).ParseFS(files, path.Dir(name)+"/layout.html", name)
		if err != nil {
			return nil, fmt.Errorf("web: page %s: %w", base, err)
		}
		w.pages[base] = t
	}
	return w, nil
}

// groups writes a telephone number large and in groups, to be read back digit
// by digit.
func groups(number string) string {
	var b strings.Builder
	digits := 0
	for _, r := range number {
		if r >= '0' && r <= '9' {
			if digits > 0 && digits%3 == 0 {
				b.WriteByte(' ')
			}
			digits++
		}
		b.WriteRune(r)
	}
	return b.String()
}

// view is what every page is rendered with.
type view struct {
	Lang, Country, Path, Title, Version string
	Languages                           []string
	Countries                           []string
	Here                                string
	// Asked: the reader has told their country before.
	Asked bool
	// Staff: people who work here can log in.
	Staff bool
	Data  any
	query url.Values
	texts *locale.Texts
}

// T returns a text in the page's language.
func (v view) T(key string, args ...string) string { return v.texts.Get(v.Lang, key, args...) }

// Kept is the text that tells what is kept of what is done on the page.
func (v view) Kept() string {
	if strings.HasPrefix(v.Here, "mine") {
		return "mine.kept"
	}
	return "app.kept"
}

// LangName is how a language calls itself.
func (v view) LangName(lang string) string { return display.Self.Name(language.Make(lang)) }

// LangLink is the address of this page in another language. A page that
// answers a form has no address of its own; app.js asks it again.
func (v view) LangLink(lang string) string {
	q := url.Values{}
	for name, values := range v.query {
		q[name] = values
	}
	q.Set("lang", lang)
	return "?" + q.Encode()
}

// CountryName is a country's name in the page's language, else its code.
func (v view) CountryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.Regions(language.Make(v.Lang)).Name(region); name != "" {
		return name
	}
	return code
}

const (
	langCookie    = "lang"
	countryCookie = "country"
)

// language picks the reader's language: asked for in the address, chosen
// before, wanted by the browser, or the server's own.
func (w *Web) language(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); w.texts.Has(l) {
		return l
	}
	if c, err := r.Cookie(w.hostCookie(r, langCookie)); err == nil && w.texts.Has(c.Value) {
		return c.Value
	}
	assumed := w.opt.Lang
	if own := w.public(r).Lang; own != "" {
		assumed = own
	}
	return w.texts.Pick(r.Header.Get("Accept-Language"), assumed)
}

// country is the reader's country: told before, else the region that the
// browser's first language names (RFC 4647), else the server's own.
func (w *Web) country(r *http.Request) (code string, asked bool) {
	if c, err := r.Cookie(w.hostCookie(r, countryCookie)); err == nil {
		if code, ok := w.knownCountry(c.Value); ok {
			return code, true
		}
	}
	assumed := w.opt.Country
	if own := w.public(r).Country; own != "" {
		assumed = own
	}
	tags, _, err := language.ParseAcceptLanguage(clip(r.Header.Get("Accept-Language"), 200))
	if err != nil || len(tags) == 0 {
		return assumed, false
	}
	base, _, region := tags[0].Raw()
	named := region.String()
	switch {
	case base.String() == "ja" && named == "ZZ":
		named = "JP" // spoken in one country; German and English are in several
	case base.String() == "en" && named == "US":
		named = "" // what browsers say all over the world when nobody has set them
	}
	if code, ok := w.knownCountry(named); ok {
		return code, false
	}
	return assumed, false
}

// knownCountry returns the code of a country that the desk has receivers for.
func (w *Web) knownCountry(s string) (string, bool) {
	code := strings.ToUpper(strings.TrimSpace(s))
	return code, slices.Contains(w.desk.Countries(), code)
}

func clip(s string, n int) string { return s[:min(len(s), n)] }

// https reports whether browsers reach us by https.
func (w *Web) https(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(w.opt.BaseURL, "https://")
}

// hostCookie is the name of a cookie: with https it begins with __Host-, which
// binds it to this host (RFC 6265bis, 4.1.3.2).
func (w *Web) hostCookie(r *http.Request, name string) string {
	if w.https(r) {
		return "__Host-" + name
	}
	return name
}

// remember sets a cookie. It holds a language or a country, nothing else.
func (w *Web) remember(rw http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(rw, &http.Cookie{Name: w.hostCookie(r, name), Value: value, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: w.https(r)})
}

// render writes a page. It is rendered whole before the first byte is sent, so
// that a mistake in a page cannot leave half of one.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, code int, page, titleKey string, data any) {
	lang := w.language(r)
	if r.URL.Query().Get("lang") == lang {
		w.remember(rw, r, langCookie, lang)
	}
	v := view{Lang: lang, Path: r.URL.Path, Version: w.opt.Version, Languages: w.texts.Languages(),
		Countries: w.desk.Countries(), Here: page, Staff: w.opt.People != nil, Data: data, query: r.URL.Query(), texts: w.texts}
	v.Country, v.Asked = w.country(r)
	v.Title = w.texts.Get(lang, titleKey)
	var b bytes.Buffer
	if err := w.pages[page].Execute(&b, v); err != nil {
		http.Error(rw, w.texts.Get(lang, "error.internal"), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Language", lang)
	rw.Header().Set("Vary", "Accept-Language, Cookie")
	rw.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = rw.Write(b.Bytes())
	}
}
