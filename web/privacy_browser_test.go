package web_test

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/desk/privacy"
)

// TestPrivacyInABrowser: by keyboard alone, on a phone: a person is found, what
// will go and stay is shown, is erased, and the certificate is there in each
// language. A hold is placed and released. Empty states say what to do.
// S10.2
func TestPrivacyInABrowser(t *testing.T) {
	const phone = 390
	o := newOffice(t)
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	b := openAt(t, o.srv.URL, phone, "light")
	b.enter(o, "sue")
	pictures := os.Getenv("BONAFIDE_PICTURES") != ""
	show := func(name, lang string) {
		b.picture("privacy-" + name + "-" + lang + "-phone")
		if out := eval[string](b, wide); out != "" {
			t.Errorf("%s in %s: wider than the phone: %s", name, lang, out)
		}
		if small := eval[string](b, tooSmall); small != "" {
			t.Errorf("%s in %s: hard to tap: %s", name, lang, small)
		}
		if pictures {
			b.scheme(1280, "dark")
			b.picture("privacy-" + name + "-" + lang + "-desk-dark")
			b.scheme(phone, "light")
		}
	}
	for _, lang := range langs {
		b.visit("/privacy", lang)
		show("empty", lang)
	}
	b.visit("/privacy", "de")
	b.barriers("requests, empty", phone)
	for i, lang := range langs {
		o.sent("Amazon: Anna Schmidt, call 030 55501234")
		b.visit("/privacy", lang)
		eval[chromedp.Void](b, `document.querySelector("#person").focus();0`)
		b.do(chromedp.KeyEvent("030 55501234"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("DE"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab),
			chromedp.KeyEvent("letter of 3 May"), chromedp.KeyEvent(kb.Enter))
		b.until(`location.pathname === "/privacy/find" && document.readyState === "complete"`)
		show("found", lang)
		if i == 1 {
			b.barriers("what was found", phone)
		}
		eval[chromedp.Void](b, `document.querySelector("button[formaction]").focus();0`)
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until(`location.pathname === "/privacy/erase/ask" && document.readyState === "complete"`)
		show("sure", lang)
		if i == 1 {
			b.barriers("what goes and stays", phone)
		}
		if o.held(t) != 1 {
			t.Fatalf("%s: it was erased before it was confirmed", lang)
		}
		eval[chromedp.Void](b, `document.querySelector("form .urgent").focus();0`)
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until(`location.pathname.startsWith("/privacy/certificates/") && document.readyState === "complete"`)
		show("certificate", lang)
		if i == 1 {
			b.barriers("the certificate", phone)
		}
		said := eval[string](b, `document.querySelector("main").textContent`)
		if strings.Contains(said, "55501234") || strings.Contains(said, "certificate.") || !strings.Contains(said, "letter of 3 May") {
			t.Errorf("the certificate in %s: %s", lang, said)
		}
		if o.held(t) != 0 {
			t.Errorf("%s: it is still there", lang)
		}
	}
	b.visit("/privacy", "de")
	eval[chromedp.Void](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }); document.querySelector("#h-person").focus();0`)
	b.do(chromedp.KeyEvent("anna@shop.example"))
	eval[chromedp.Void](b, `document.querySelector("#h-reason").focus();0`)
	b.do(chromedp.KeyEvent("ein Gericht braucht es"), chromedp.KeyEvent(kb.Enter))
	b.until(`location.search.includes("said=done") && document.readyState === "complete"`)
	for _, lang := range langs {
		b.visit("/privacy", lang)
		show("full", lang)
	}
	b.visit("/privacy", "de")
	b.barriers("requests", phone)
	eval[chromedp.Void](b, `document.querySelector("[id^=r-]").focus();0`)
	b.do(chromedp.KeyEvent("das Gericht ist fertig"), chromedp.KeyEvent(kb.Enter))
	b.until(`location.search.includes("said=done") && document.readyState === "complete"`)
	b.visit("/privacy", "en")
	if said := eval[string](b, `document.querySelector("main").textContent`); !strings.Contains(said, "released") || strings.Contains(said, "anna@") {
		t.Errorf("after the release: %s", said)
	}
}

// held is how many reports there are.
func (o *office) held(t *testing.T) int {
	t.Helper()
	f, err := o.privacy.Find(t.Context(), access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Supervisor}, From: "test"},
		privacy.Ask{Subject: subject("030 55501234"), Asker: privacy.ByPerson, Reason: "looking in a test"})
	if err != nil {
		t.Fatal(err)
	}
	return len(f.Found)
}

func subject(identifier string) request.Subject {
	return request.Subject{Identifier: identifier, Country: "DE"}
}
