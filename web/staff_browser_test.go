package web_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"bonafide/access"
	"bonafide/desk/people"
)

// login logs the tab in as somebody by the form.
func (b *tab) login(login string) {
	b.Helper()
	b.visit("/login", "en")
	b.do(chromedp.SetValue(chromedp.CSS(`#login`), login), chromedp.SetValue(chromedp.CSS(`#password`), staffPassword), chromedp.Submit(chromedp.CSS(`#password`)),
		chromedp.WaitVisible(chromedp.CSS(`#h-passkeys`)))
}

// TestPasskeyInABrowser: a real browser makes a passkey on the account page and
// logs in with it, with the pages' own script and content policy.
func TestPasskeyInABrowser(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	b := openAt(t, o.srv.URL, 800, "light")
	_, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{})
	b.must(err)
	_, err = chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	b.must(err)
	b.login("root")
	b.do(chromedp.SetValue(chromedp.CSS(`#passkeyname`), "Office laptop"), chromedp.Click(chromedp.CSS(`[data-passkey="new"]`)),
		chromedp.WaitVisible(chromedp.CSS(`.banner.genuine`)))
	if list := eval[string](b, `document.querySelector("#h-passkeys").closest("section").textContent`); !strings.Contains(list, "Office laptop") {
		t.Fatalf("not listed: %s", list)
	}
	b.do(chromedp.Click(chromedp.CSS(`.desk button`)), chromedp.WaitVisible(chromedp.CSS(`[data-passkey="login"]`)),
		chromedp.Click(chromedp.CSS(`[data-passkey="login"]`)), chromedp.WaitVisible(chromedp.CSS(`#h-sessions`)))
	if list := eval[string](b, `document.querySelector("#h-sessions").closest("section").textContent`); !strings.Contains(list, "passkey") {
		t.Errorf("sessions: %s", list)
	}
}

// TestStaffBarriers: WCAG 2.2 A and AA on the desk pages, in both schemes, and
// nothing wider than a phone.
func TestStaffBarriers(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core %s is not installed; this installs it: sh scripts/install-test-tools (%v)", axeVersion, err)
	}
	o := newOffice(t)
	b := openAt(t, o.srv.URL, 360, "light")
	check := func(name string) {
		t.Helper()
		eval[chromedp.Void](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; });0`)
		eval[chromedp.Void](b, string(axe)+";0")
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(360, scheme)
			var found []struct {
				ID    string   `json:"id"`
				Help  string   `json:"help"`
				Nodes []string `json:"nodes"`
			}
			if err := json.Unmarshal([]byte(eval[string](b, axeRun)), &found); err != nil {
				t.Fatal(err)
			}
			for _, p := range found {
				t.Errorf("%s, %s: %s (%s): %s", name, scheme, p.Help, p.ID, strings.Join(p.Nodes, "\n    "))
			}
		}
		if wide := eval[float64](b, `document.documentElement.scrollWidth`); wide > 360 {
			t.Errorf("%s: %.0f pixels wide", name, wide)
		}
	}
	b.visit("/setup", "de")
	check("set-up")
	o.setUp()
	person := o.hire("main", "anna", access.Analyst)
	if err := o.AddTeam(t.Context(), people.Console("main"), "Night shift"); err != nil {
		t.Fatal(err)
	}
	v := o.as("main", "root")
	v.post("/people/invite", url.Values{"login": {"bert"}, "name": {"Bert"}, "role": {"editor"}}).want(t, "invite", 200)
	v.post("/account/keys", url.Values{"name": {"robot"}, "days": {"9"}, "scope": {"people.read"}}).want(t, "key", 200)
	u, _ := url.Parse(o.srv.URL)
	b.visit("/login", "ja")
	check("log-in")
	for _, c := range v.Jar.Cookies(u) {
		if c.Name == "session" {
			_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: o.srv.URL})
			b.must(err)
		}
	}
	for _, page := range []struct{ path, lang string }{{"/account", "en"}, {"/account", "ja"}, {"/people", "de"}, {"/people/" + string(person), "de"}, {"/confirm", "en"}, {"/people/nowhere", "en"}} {
		b.visit(page.path, page.lang)
		check(page.path)
	}
	b.visit("/account", "en")
	b.do(chromedp.Click(chromedp.CSS(`form[action="/account/app/offer"] button`)), chromedp.WaitVisible(chromedp.CSS(`img.code`)))
	check("app")
}
