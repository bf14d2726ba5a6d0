package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/web/owner"
)

// OwnersDesk is the page of an account's owner as this door uses it.
type OwnersDesk interface {
	Enter(ctx context.Context, token, from string) (accounts.OwnerEntry, error)
	Page(ctx context.Context, visit string) (accounts.OwnerPage, error)
	Answer(ctx context.Context, visit string, r accounts.OwnerReply) error
	Report(ctx context.Context, visit string, c accounts.OwnerContact) error
	Leave(ctx context.Context, visit string) error
}

// ownerCookie holds the word of a visit.
const ownerCookie = "mine"

// ownerBytes bounds a form of these pages; a token is the longest of what they hold.
const ownerBytes = 32 << 10

// ownerRoute is one pattern of these pages.
type ownerRoute struct {
	pattern string
	// open: it begins a visit; the shop's own site sends it.
	open bool
	do   func(*ownerVisit) error
}

func ownerRoutes() []ownerRoute {
	return []ownerRoute{
		{"GET /mine/enter", true, (*ownerVisit).doorstep},
		{"POST /mine/enter", true, (*ownerVisit).enter},
		{"GET /mine", false, (*ownerVisit).overview},
		{"GET /mine/ask", false, (*ownerVisit).ask},
		{"POST /mine/answer", false, (*ownerVisit).answer},
		{"GET /mine/now", false, (*ownerVisit).now},
		{"POST /mine/alerts", false, (*ownerVisit).alerts},
		{"GET /mine/contact", false, (*ownerVisit).contact},
		{"POST /mine/contact", false, (*ownerVisit).report},
		{"POST /mine/leave", false, (*ownerVisit).leave},
	}
}

// OwnerRoutes lists the patterns of the pages of accounts' owners, for tests that
// must know all of them; open tells those that need no visit.
func OwnerRoutes() (patterns []string, open map[string]bool) {
	open = map[string]bool{}
	for _, r := range ownerRoutes() {
		patterns = append(patterns, r.pattern)
		open[r.pattern] = r.open
	}
	return patterns, open
}

// ownerVisit is one request of somebody on the pages of their account.
type ownerVisit struct {
	*Web
	rw   http.ResponseWriter
	r    *http.Request
	word string
	page accounts.OwnerPage
}

// registerOwners adds the pages of accounts' owners. Only the entry takes a form of
// another site: that of the shop.
func (w *Web) registerOwners(mux Mux) {
	cross := http.NewCrossOriginProtection()
	if u, err := url.Parse(w.opt.BaseURL); err == nil && u.Host != "" {
		_ = cross.AddTrustedOrigin(u.Scheme + "://" + u.Host) // one that is none stays untrusted
	}
	for _, route := range ownerRoutes() {
		h := http.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.owner(rw, r, route) }))
		if !route.open {
			h = cross.Handler(h)
		}
		mux.Handle(route.pattern, h)
	}
}

// owner lets the visitor do what the route does.
func (w *Web) owner(rw http.ResponseWriter, r *http.Request, route ownerRoute) {
	v := &ownerVisit{Web: w, rw: rw, r: r}
	if c, err := r.Cookie(w.hostCookie(r, ownerCookie)); err == nil {
		v.word = c.Value
	}
	r.Body = http.MaxBytesReader(rw, r.Body, ownerBytes)
	err := error(nil)
	if r.Method == http.MethodPost {
		if err = r.ParseForm(); err != nil {
			err = fmt.Errorf("%w: %w", errForm, err)
		}
	}
	if err == nil && !route.open {
		v.page, err = w.opt.Owners.Page(r.Context(), v.word)
	}
	if err == nil {
		err = route.do(v)
	}
	if err != nil {
		v.fail(err)
	}
}

// fail tells in plain words what to do; a visit that is over looks like a token that
// is, and like one that never was.
func (v *ownerVisit) fail(err error) {
	var large *http.MaxBytesError
	kind := fault.KindOf(err)
	switch {
	case errors.As(err, &large):
		v.render(v.rw, v.r, http.StatusRequestEntityTooLarge, "error", "error.title", errorData{Text: v.texts.Get(v.language(v.r), "error.large")})
	case errors.Is(err, errForm):
		v.render(v.rw, v.r, http.StatusBadRequest, "error", "error.title", errorData{Text: v.texts.Get(v.language(v.r), "error.form")})
	case errors.Is(err, access.ErrOwnerToken) || errors.Is(err, accounts.ErrOwnerVisit):
		if v.word != "" {
			v.remind("", time.Unix(1, 0))
		}
		v.render(v.rw, v.r, http.StatusForbidden, "mine-over", "mine.over.title", nil)
	case kind == fault.NotFound || kind == fault.Invalid || kind == fault.TooLarge:
		code := map[fault.Kind]int{fault.NotFound: http.StatusNotFound, fault.Invalid: http.StatusUnprocessableEntity, fault.TooLarge: http.StatusTooManyRequests}[kind]
		v.render(v.rw, v.r, code, "mine-error", "error.title", v.texts.Get(v.language(v.r), "mine.error.again"))
	case kind == fault.Temporary:
		v.rw.Header().Set("Retry-After", "10")
		v.render(v.rw, v.r, http.StatusServiceUnavailable, "mine-error", "error.title", v.texts.Get(v.language(v.r), "mine.error.later"))
	default:
		v.render(v.rw, v.r, http.StatusInternalServerError, "mine-error", "error.title", v.texts.Get(v.language(v.r), "error.internal"))
	}
}

// remind sets the cookie of the visit; empty ends it.
func (v *ownerVisit) remind(word string, until time.Time) {
	c := &http.Cookie{Name: v.hostCookie(v.r, ownerCookie), Value: word, Path: "/", HttpOnly: true, Secure: v.https(v.r), SameSite: http.SameSiteLaxMode, Expires: until}
	if word == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.rw, c)
}

func (v *ownerVisit) see(to string) error {
	http.Redirect(v.rw, v.r, to, http.StatusSeeOther)
	return nil
}

// doorstep shows one button: whoever only looks at a link, such as a program that
// checks mails, does not use the token up.
func (v *ownerVisit) doorstep() error {
	token := v.r.URL.Query().Get("token")
	if token == "" || len(token) > ownerBytes/2 {
		return access.ErrOwnerToken
	}
	v.render(v.rw, v.r, http.StatusOK, "mine-enter", "mine.enter.title", token)
	return nil
}

// enter takes the token and begins the visit.
func (v *ownerVisit) enter() error {
	in, err := v.opt.Owners.Enter(v.r.Context(), v.r.PostFormValue("token"), v.network())
	if err != nil {
		return err
	}
	if v.word != "" {
		_ = v.opt.Owners.Leave(v.r.Context(), v.word) // it ends by itself
	}
	v.remind(in.Visit, in.Until)
	to := "/mine"
	if lang := v.r.URL.Query().Get("lang"); v.texts.Has(lang) {
		to += "?lang=" + lang
	} else if v.texts.Has(in.Lang) {
		to += "?lang=" + in.Lang
	}
	return v.see(to)
}

// network is where the visitor comes from, as coarse as the audit keeps it.
func (v *ownerVisit) network() string {
	address := v.r.RemoteAddr
	if v.opt.Client != nil {
		address = v.opt.Client(v.r)
	} else if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	a, _ := netip.ParseAddr(address) // of what is none there is no network
	return access.Network(a)
}

func (v *ownerVisit) data() *owner.Data {
	d := owner.New(v.page, v.desk.Profile(strings.ToLower(v.page.Brand)), v.language(v.r), time.Now())
	d.Said = v.r.URL.Query().Get("said") == "done"
	return d
}

func (v *ownerVisit) show(page, title string, d *owner.Data) error {
	v.render(v.rw, v.r, http.StatusOK, page, title, d)
	return nil
}

func (v *ownerVisit) overview() error { return v.show("mine", "mine.title", v.data()) }

// ask shows one question: the first that is open, or the one after that which the
// visitor left open.
func (v *ownerVisit) ask() error {
	d := v.data()
	list := d.Questions()
	if len(list) == 0 {
		return v.see("/mine?said=done")
	}
	at := 0
	for i := range list {
		if list[i].Ref() == v.r.URL.Query().Get("after") {
			at = (i + 1) % len(list)
		}
	}
	d.Question, d.Next = &list[at], list[at].Ref()
	return v.show("mine-ask", "mine.ask.title", d)
}

func (v *ownerVisit) answer() error {
	said := v.r.PostFormValue("said")
	if err := v.opt.Owners.Answer(v.r.Context(), v.word, accounts.OwnerReply{Ref: clip(v.r.PostFormValue("ref"), 64), Said: said}); err != nil {
		return err
	}
	if said == "no" {
		return v.see("/mine/now")
	}
	return v.see("/mine/ask")
}

func (v *ownerVisit) now() error { return v.show("mine-now", "mine.now.title", v.data()) }

func (v *ownerVisit) alerts() error {
	if err := v.opt.Owners.Answer(v.r.Context(), v.word, accounts.OwnerReply{About: "alerts", Said: v.r.PostFormValue("said")}); err != nil {
		return err
	}
	return v.see("/mine?said=done#alerts")
}

func (v *ownerVisit) contact() error { return v.show("mine-contact", "mine.contact.title", v.data()) }

func (v *ownerVisit) report() error {
	get := v.r.PostFormValue
	c := accounts.OwnerContact{Channel: get("channel"), Kind: "impostor", Knew: get("knew") == "yes", Ref: clip(get("ref"), 64)}
	if get("flood") != "" {
		c.Kind = "mail_flood"
	}
	if err := v.opt.Owners.Report(v.r.Context(), v.word, c); err != nil {
		return err
	}
	return v.see("/mine/now?said=done")
}

func (v *ownerVisit) leave() error {
	if err := v.opt.Owners.Leave(v.r.Context(), v.word); err != nil {
		return err
	}
	v.remind("", time.Unix(1, 0))
	v.render(v.rw, v.r, http.StatusOK, "mine-left", "mine.left.title", nil)
	return nil
}
