package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/store"
)

// setupData is the form of the first set-up, with what was typed but secrets.
type setupData struct{ Tenant, TenantName, Login, Name string }

func (v *visit) setup() error {
	founded, err := v.opt.People.Founded(v.r.Context())
	if err != nil {
		return err
	}
	if founded {
		v.see("/login")
		return nil
	}
	return v.page(http.StatusOK, "setup", "setup.title", setupData{Tenant: "main"}, v.unsafe())
}

// unsafe says that nobody can log in by plain http from elsewhere; empty when
// all is well.
func (v *visit) unsafe() string {
	if v.secure() || v.local() {
		return ""
	}
	return v.texts.Get(v.language(v.r), "login.https")
}

// safely refuses to take a password by plain http from elsewhere.
func (v *visit) safely() error {
	if v.unsafe() != "" {
		return fault.New(fault.NotConfigured, "", "logging in needs https: put a proxy with TLS in front of the server and set server.base_url")
	}
	return nil
}

func (v *visit) setUp() error {
	if err := v.safely(); err != nil {
		return err
	}
	f := people.Founding{Code: v.field("code"), Tenant: access.Tenant(v.field("tenant")), TenantName: v.field("tenant_name"), Login: v.field("login"),
		Name: v.field("name"), Lang: v.language(v.r), Password: v.r.PostFormValue("password")}
	a, err := v.opt.People.SetUp(v.r.Context(), f, v.from())
	if err != nil {
		text, code, _ := v.problem(err)
		return v.page(code, "setup", "setup.title", setupData{string(f.Tenant), f.TenantName, f.Login, f.Name}, text)
	}
	return v.admit(a, "/account")
}

// loginData is the log-in page.
type loginData struct {
	To, Login, Tenant string
	// Tenants is filled where there are several.
	Tenants  []store.Tenant
	Passkeys bool
	Provider string
	Founded  bool
	// Notice is what the tenant tells whoever comes.
	Notice string
}

func (v *visit) loginData() (loginData, error) {
	tenants, err := v.opt.People.Tenants(v.r.Context())
	d := loginData{To: v.to(), Login: v.field("login"), Tenant: v.field("tenant"), Passkeys: v.opt.People.PasskeysOn(), Provider: v.opt.People.ProviderName(), Founded: len(tenants) > 0, Notice: v.public(v.r).Notice}
	if len(tenants) > 1 {
		d.Tenants = tenants
	}
	if len(tenants) == 1 {
		d.Tenant = string(tenants[0].ID)
	}
	return d, err
}

func (v *visit) login() error {
	if v.in {
		v.see(v.to())
		return nil
	}
	d, err := v.loginData()
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "login", "login.title", d, v.unsafe())
}

func (v *visit) logIn() error {
	if err := v.safely(); err != nil {
		return err
	}
	d, err := v.loginData()
	if err != nil {
		return err
	}
	a, err := v.opt.People.LogIn(v.r.Context(), people.Credentials{Tenant: access.Tenant(d.Tenant), Login: d.Login, Password: v.r.PostFormValue("password"),
		Old: v.cookie(sessionCookie)}, v.from())
	switch {
	case err != nil:
		text, code, _ := v.problem(err)
		return v.page(code, "login", "login.title", d, text)
	case a.Second != "":
		return v.page(http.StatusOK, "code", "code.title", codeData{a.Second, d.To}, "")
	}
	return v.admit(a, d.To)
}

// codeData is the second step of a log-in.
type codeData struct{ Word, To string }

func (v *visit) second() error {
	step := people.SecondStep{Word: v.field("word"), Code: v.field("code"), Old: v.cookie(sessionCookie)}
	a, err := v.opt.People.Second(v.r.Context(), step, v.from())
	if f, ok := err.(*fault.Error); ok && f.Field == "code" {
		text, code, _ := v.problem(err)
		return v.page(code, "code", "code.title", codeData{step.Word, v.to()}, text)
	}
	if err != nil {
		return err
	}
	return v.admit(a, v.to())
}

// passkeyForm is what passkey.js sends.
type passkeyForm struct {
	Word   string          `json:"word"`
	Answer json.RawMessage `json:"answer"`
	Name   string          `json:"name"`
	To     string          `json:"to"`
}

func (v *visit) passkeyForm() (passkeyForm, error) {
	var f passkeyForm
	if err := json.NewDecoder(v.r.Body).Decode(&f); err != nil {
		return f, fmt.Errorf("%w: %w", errForm, err)
	}
	v.r.Form = map[string][]string{"to": {f.To}}
	return f, nil
}

// reply answers passkey.js.
func (v *visit) reply(value any) error {
	v.rw.Header().Set("Content-Type", "application/json")
	v.rw.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(v.rw).Encode(value)
}

func (v *visit) ask(a people.Asked, err error) error {
	if err != nil {
		return err
	}
	return v.reply(map[string]any{"ask": json.RawMessage(a.Ask), "word": a.Word})
}

func (v *visit) askPasskey() error { return v.ask(v.opt.People.AskPasskey(v.r.Context())) }

// passkey logs in by passkey; who is logged in confirms by it.
func (v *visit) passkey() error {
	f, err := v.passkeyForm()
	if err != nil {
		return err
	}
	answer := people.PasskeyAnswer{Word: f.Word, Answer: f.Answer, Old: v.cookie(sessionCookie)}
	var a people.Admission
	if v.in {
		a, err = v.opt.People.ConfirmByPasskey(v.r.Context(), v.who, answer, v.from())
	} else {
		a, err = v.opt.People.LogInByPasskey(v.r.Context(), answer, v.from())
	}
	if err != nil {
		return err
	}
	v.keep(a)
	return v.reply(map[string]string{"to": v.to()})
}

// provider sends the browser to the identity provider: to log in, or to confirm
// for who is logged in.
func (v *visit) provider() error {
	purpose := people.TripLogIn
	if v.in {
		purpose = people.TripConfirm
	}
	return v.trip(purpose)
}

// tripFor is how long the cookie of a trip is kept.
const tripFor = 10 * time.Minute

func (v *visit) trip(purpose string) error {
	t, err := v.opt.People.BeginTrip(v.r.Context(), purpose, v.who)
	if err != nil {
		return err
	}
	v.setCookie(tripCookie, t.Word, time.Now().Add(tripFor))
	// A page with a link, not a redirect: the content policy lets forms lead to
	// this server only.
	return v.page(http.StatusOK, "trip", "login.title", t.Address, "")
}

func (v *visit) returned() error {
	word := v.cookie(tripCookie)
	v.setCookie(tripCookie, "", time.Unix(1, 0))
	q := v.r.URL.Query()
	purpose, a, err := v.opt.People.FinishTrip(v.r.Context(), v.who, people.Return{Word: word, State: q.Get("state"), Code: q.Get("code"), Old: v.cookie(sessionCookie)}, v.from())
	if err != nil {
		return err
	}
	if purpose == people.TripTie {
		return v.done("/account")
	}
	return v.admit(a, "/account")
}

func (v *visit) logOut() error {
	if err := v.opt.People.LogOut(v.r.Context(), v.cookie(sessionCookie), v.from()); err != nil {
		return err
	}
	v.setCookie(sessionCookie, "", time.Unix(1, 0))
	v.rw.Header().Set("Clear-Site-Data", `"cache"`)
	v.see("/login")
	return nil
}

func (v *visit) beginning() error {
	b, err := v.opt.People.Beginning(v.r.Context(), v.r.PathValue("word"))
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "begin", "begin.title", b, v.unsafe())
}

func (v *visit) begin() error {
	if err := v.safely(); err != nil {
		return err
	}
	word := v.r.PathValue("word")
	b, err := v.opt.People.Beginning(v.r.Context(), word)
	if err != nil {
		return err
	}
	a, err := v.opt.People.Begin(v.r.Context(), people.Start{Word: word, Password: v.r.PostFormValue("password"), Lang: v.language(v.r), Old: v.cookie(sessionCookie)}, v.from())
	if err != nil {
		text, code, _ := v.problem(err)
		return v.page(code, "begin", "begin.title", b, text)
	}
	return v.admit(a, "/account")
}

// confirmData is the page that asks for a new proof of identity.
type confirmData struct {
	To                 string
	Password, Passkeys bool
	Provider           string
}

func (v *visit) confirmData() (confirmData, error) {
	acc, err := v.opt.People.Account(v.r.Context(), v.who)
	d := confirmData{To: v.to(), Password: acc.HasPassword, Passkeys: len(acc.Passkeys) > 0 && v.opt.People.PasskeysOn()}
	if len(acc.Identities) > 0 {
		d.Provider = v.opt.People.ProviderName()
	}
	return d, err
}

func (v *visit) confirming() error {
	d, err := v.confirmData()
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "confirm", "confirm.title", d, "")
}

func (v *visit) confirm() error {
	a, err := v.opt.People.Confirm(v.r.Context(), v.who, v.r.PostFormValue("password"), v.from())
	if err != nil {
		text, code, _ := v.problem(err)
		d, err := v.confirmData()
		if err != nil {
			return err
		}
		return v.page(code, "confirm", "confirm.title", d, text)
	}
	return v.admit(a, v.to())
}
