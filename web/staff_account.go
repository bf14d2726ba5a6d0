package web

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/store"
)

// accountData is the account page.
type accountData struct {
	people.Account
	PasskeysOn bool
	Provider   string
	// Scopes are what a key may be given.
	Scopes []access.Rule
	Now    time.Time
}

// Live reports whether a key still does something.
func (d accountData) Live(k store.APIKey) bool {
	return d.Now.Before(k.Expires) && (k.Ended.IsZero() || d.Now.Before(k.Ended))
}

func (v *visit) account() error {
	acc, err := v.opt.People.Account(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	d := accountData{Account: acc, PasskeysOn: v.opt.People.PasskeysOn(), Provider: v.opt.People.ProviderName(), Now: time.Now()}
	for _, rule := range access.Rules() {
		if (!rule.Confirm || rule.ByKey) && v.who.Can(rule.Permission) {
			d.Scopes = append(d.Scopes, rule)
		}
	}
	return v.page(http.StatusOK, "account", "account.title", d, "")
}

// after goes back to a page when what was asked for was done.
func (v *visit) after(err error, page string) error {
	if err != nil {
		return err
	}
	return v.done(page)
}

func (v *visit) setPassword() error {
	return v.after(v.opt.People.SetPassword(v.r.Context(), v.who, v.r.PostFormValue("password")), "/account")
}

// appData is the page with the code of an authenticator app.
type appData struct {
	people.AppOffer
	Image template.URL
}

func newAppData(o people.AppOffer) appData {
	return appData{o, template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(o.Picture))} // our own picture
}

func (v *visit) offerApp() error {
	o, err := v.opt.People.OfferApp(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "app", "account.app", newAppData(o), "")
}

func (v *visit) addApp() error {
	word := v.field("word")
	codes, err := v.opt.People.AddApp(v.r.Context(), v.who, word, v.field("code"))
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		o, again := v.opt.People.Offered(v.r.Context(), v.who, word)
		if again != nil {
			return again
		}
		text, code, _ := v.problem(err)
		return v.page(code, "app", "account.app", newAppData(o), text)
	}
	return v.once("shown.recovery", codes, err)
}

// onceData is a page with secrets that are shown this once.
type onceData struct {
	Lead  string
	Words []string
	Back  string
}

// once shows secrets this once.
func (v *visit) once(key string, words []string, err error) error {
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "once", "shown.title", onceData{v.texts.Get(v.language(v.r), key), words, v.back}, "")
}

func (v *visit) removeApp() error {
	return v.after(v.opt.People.RemoveApp(v.r.Context(), v.who), "/account")
}

func (v *visit) newRecovery() error {
	codes, err := v.opt.People.NewRecovery(v.r.Context(), v.who)
	return v.once("shown.recovery", codes, err)
}

func (v *visit) askNewPasskey() error {
	return v.ask(v.opt.People.AskNewPasskey(v.r.Context(), v.who))
}

func (v *visit) addPasskey() error {
	f, err := v.passkeyForm()
	if err != nil {
		return err
	}
	if err := v.opt.People.AddPasskey(v.r.Context(), v.who, people.PasskeyAnswer{Word: f.Word, Answer: f.Answer}, f.Name); err != nil {
		return err
	}
	return v.reply(map[string]string{"to": "/account?said=done"})
}

func (v *visit) removePasskey() error {
	return v.after(v.opt.People.RemovePasskey(v.r.Context(), v.who, v.field("id")), "/account")
}

func (v *visit) tie() error { return v.trip(people.TripTie) }

func (v *visit) endSession() error {
	return v.after(v.opt.People.EndSession(v.r.Context(), v.who, store.PersonID(v.who.Person), v.field("id")), "/account")
}

func (v *visit) endOthers() error {
	_, err := v.opt.People.EndSessions(v.r.Context(), v.who, store.PersonID(v.who.Person))
	return v.after(err, "/account")
}

func (v *visit) makeKey() error {
	w := people.KeyWish{Name: v.field("name")}
	w.Days, _ = strconv.Atoi(v.field("days"))
	for _, s := range v.r.PostForm["scope"] {
		w.Scopes = append(w.Scopes, access.Permission(s))
	}
	secret, _, err := v.opt.People.MakeKey(v.r.Context(), v.who, w)
	return v.once("shown.key", []string{secret}, err)
}

func (v *visit) rotateKey() error {
	secret, _, err := v.opt.People.RotateKey(v.r.Context(), v.who, v.field("id"))
	return v.once("shown.key", []string{secret}, err)
}

func (v *visit) endKey() error {
	return v.after(v.opt.People.EndKey(v.r.Context(), v.who.Actor, v.field("id")), "/account")
}
