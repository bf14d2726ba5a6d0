package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bonafide/access"
	"bonafide/casework/compromise"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/coupling"
	"bonafide/desk/accounts/leaks"
	"bonafide/desk/reports"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/web"
)

// leakDesk finds one seller whose name a stranger chose; it checks rights and tenants
// as the real one does.
type leakDesk struct{ asked leaks.Wish }

func (g *leakDesk) Look(_ context.Context, a access.Actor, w leaks.Wish) (f leaks.Found, err error) {
	if err := a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return f, err
	}
	if g.asked = w; !w.To.IsZero() && w.To.Before(w.From) {
		return f, fault.New(fault.Invalid, "from", "is after to")
	}
	f.Report = compromise.Report{Outcome: compromise.CannotTell, Lacks: compromise.FewAffected, Findings: []compromise.Finding{}}
	if a.Tenant != "main" {
		return f, nil
	}
	x := compromise.Finding{Party: compromise.Party{Kind: "seller", Name: evil}, Victims: 18, Expected: .6, Share: .6, Base: .02, Ratio: 30, Low: 17.8, High: 47.4, P: 1e-20, Adjusted: 1e-19}
	f.Report = compromise.Report{Outcome: compromise.Found, Affected: 30, Others: 2500, Tried: 12, Findings: []compromise.Finding{x}, Coverage: []compromise.Coverage{{Kind: "seller", Affected: 1, Others: .98}}}
	f.Explanation, f.Next, f.AsOf = []string{"told " + evil}, []string{"next " + evil}, "2026-11-23"
	return f, nil
}

// tieDesk ties reports of the tenant main; it checks rights and tenants as the real one does.
type tieDesk struct {
	reports *reports.Desk
	tied    coupling.Tie
}

func (g *tieDesk) Tie(ctx context.Context, a access.Actor, id store.ReportID, w coupling.Tie) (coupling.Tied, error) {
	if err := a.May(access.ReportChange, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return coupling.Tied{}, err
	}
	if _, err := g.reports.Open(ctx, a, id); err != nil {
		return coupling.Tied{}, err
	}
	if g.tied = w; w.Account == "" && w.Order == "" {
		return coupling.Tied{}, fault.New(fault.Invalid, "account", "and order are both empty")
	}
	return coupling.Tied{By: "staff", Stands: true}, nil
}

// TestLeaksPage: what stands out is told with its numbers and what to do next; a name
// is asked for by a form, so that it stands in no address; nothing of a stranger is
// markup. // S0.15
func TestLeaksPage(t *testing.T) {
	g := &leakDesk{}
	o := newOffice(t, func(opt *web.Options) { opt.Leaks = g })
	o.setUp()
	o.hire("main", "ann", access.Analyst)
	ann := o.as("main", "ann")
	for lang, want := range map[string][]string{"en": {"Somebody stands out", "60.0%", "17.8 – 47.4", "Compared within orders"}, "de": {"Jemand fällt auf", "60,0\u00a0%", "17,8 – 47,4"}, "ja": {"目立つものがあります", "60.0%"}} {
		p := ann.get("/leaks?lang="+lang).want(t, lang, 200)
		for _, w := range append(want, "told &lt;script", "next &lt;script") {
			if !strings.Contains(p.body, w) {
				t.Errorf("%s lacks %q", lang, w)
			}
		}
		if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "[leaks") || strings.Contains(p.body, "[staff") {
			t.Errorf("%s: markup of a stranger, or a text is missing", lang)
		}
	}
	if d := g.asked.To.Sub(g.asked.From); d != 56*24*time.Hour {
		t.Errorf("eight weeks are looked at where none are asked for, not %v", d)
	}
	p := ann.post("/leaks?lang=en", url.Values{"from": {"2026-10-01"}, "until": {"2026-10-31"}, "kind": {"courier"}, "name": {"Van & Co"}}).want(t, "by name", 200)
	if n := g.asked.Names; len(n) != 1 || n[0] != (compromise.Party{Kind: "courier", Name: "Van & Co"}) || g.asked.To.Sub(g.asked.From) != 31*24*time.Hour || !strings.Contains(p.body, "This name does not stand out.") {
		t.Errorf("%+v", g.asked)
	}
	for _, q := range []string{"?from=2026-10-31&until=2026-10-01", "?from=never&until=2026-10-01"} {
		if p := ann.get("/leaks"+q+"&lang=en").want(t, q, 422); !strings.Contains(p.body, "Choose a period of at most 120 days") {
			t.Errorf("%s does not say what to choose", q)
		}
	}
}

// TestTieReport: a volunteer of a helpline ties a report to an order on its page and
// closes it; what cannot be tied is told, and unmasked it is for nobody but analysts.
// // S0.14
func TestTieReport(t *testing.T) {
	o := newOffice(t, func(opt *web.Options) {
		opt.Couples = &tieDesk{reports: opt.Reports.(*reports.Desk)}
	})
	o.setUp()
	o.hire("main", "vera", access.Helper)
	_, _, id := o.sent("Amazon: Anna Schmidt, call 030 55501234")
	vera, at := o.as("main", "vera"), "/reports/"+string(id)
	if p := vera.get(at+"?lang=en").want(t, "the report", 200); strings.Contains(p.body, "Schmidt") || strings.Contains(p.body, at+"/unmask") || !strings.Contains(p.body, `action="`+at+`/account"`) {
		t.Error("the page of a volunteer is not masked, or has no form to tie it")
	}
	if p := vera.post(at+"/account?lang=en", url.Values{"knew": {"yes"}}).want(t, "nothing named", 422); !strings.Contains(p.body, "Name an account or an order.") || !strings.Contains(p.body, " checked") {
		t.Error("it is not told what is lacking, or what was typed is gone")
	}
	vera.post(at+"/account", url.Values{"order": {"112-1234567-1234567"}, "knew": {"yes"}}).want(t, "tied", 303)
	vera.post(at+"/status", url.Values{"status": {"done"}, "revision": {"1"}}).want(t, "closed", 303)
	vera.post(at+"/unmask", url.Values{"reason": {"I would like to know"}}).want(t, "unmasked", 403)
}

// leakyShop is a log in which one seller had 2 % of 1,500 orders and 60 % of those
// that callers knew of.
func leakyShop(t *testing.T, o *office) *leaks.Desk {
	t.Helper()
	text, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	log, key := memory.New(memory.Options{}), bytes.Repeat([]byte("k"), 32)
	guard, err := accounts.New(accounts.Config{Store: o.db, Log: log, Data: data.FS, Policy: text, Key: key, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = guard.Close() })
	var body strings.Builder
	day := time.Now().UTC().AddDate(0, 0, -20)
	event := func(id, kind string, at time.Time, data string) {
		fmt.Fprintf(&body, `{"specversion":"1.0","id":%q,"source":"shop","type":%q,"time":%q,"data":{%s}}`+"\n", id, kind, at.Format(time.RFC3339), data)
	}
	for i := range 1530 {
		seller := fmt.Sprint("seller-", i%40)
		if i%50 == 0 || i >= 1500 && i < 1518 {
			seller = "seller-north"
		}
		event(fmt.Sprint("p", i), "order.placed", day, fmt.Sprintf(`"account":"a%d","device":"d%d","order":{"id":"o%d","amount":900,"currency":"EUR","seller":%q,"courier":"van-%d","items":[{"kind":"goods","amount":900}]}`, i, i, i, seller, i%3))
		if i >= 1500 {
			event(fmt.Sprint("c", i), "contact.reported", day.Add(time.Hour), fmt.Sprintf(`"account":"a%d","contact":{"id":"c%d","channel":"call","verdict":"scam","knew":true,"order":"o%d"}`, i, i, i))
		}
	}
	boss := access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Supervisor}}
	if _, err := guard.Submit(t.Context(), boss, accounts.Batch{Body: []byte(body.String())}); err != nil {
		t.Fatal(err)
	}
	found, err := leaks.New(leaks.Config{Store: o.db, Log: log, Data: data.FS, Key: key, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// lateLeaks is a desk that is there once the office is.
type lateLeaks struct{ web.LeaksDesk }

// TestLeaksInABrowser: the page on a phone and a wide screen, by keyboard, without
// barriers, in three languages; pictures where they are asked for. // S0.15
func TestLeaksInABrowser(t *testing.T) {
	const phone = 390
	late := &lateLeaks{&leakDesk{}}
	o := newOffice(t, func(opt *web.Options) { opt.Leaks = late })
	o.setUp()
	o.hire("main", "ann", access.Analyst)
	late.LeaksDesk = leakyShop(t, o)
	_, _, id := o.sent("Amazon: your order, call 030 55501234")
	b := openAt(t, o.srv.URL, phone, "light")
	b.enter(o, "ann")
	show := func(name, path, lang string) {
		b.visit(path, lang)
		eval[chromedp.Void](b, `document.querySelectorAll("main details").forEach((d) => { d.open = true; });0`)
		b.picture("leaks-" + name + "-" + lang + "-390")
		if out := eval[string](b, wide); out != "" {
			t.Errorf("%s in %s: wider than the phone: %s", name, lang, out)
		}
		if small := eval[string](b, tooSmall); small != "" {
			t.Errorf("%s in %s: hard to tap: %s", name, lang, small)
		}
		if lang == "de" {
			b.barriers(name, phone)
		}
		if os.Getenv("BONAFIDE_PICTURES") != "" {
			b.scheme(1280, "dark")
			b.picture("leaks-" + name + "-" + lang + "-1280")
			b.scheme(phone, "light")
		}
	}
	for _, lang := range langs {
		show("found", "/leaks", lang)
		show("none", "/leaks?from=2026-01-01&until=2026-01-02", lang)
		show("tie", "/reports/"+string(id), lang)
	}
	b.visit("/leaks", "en")
	eval[chromedp.Void](b, `document.querySelector("#name").focus();0`)
	b.do(chromedp.KeyEvent("seller-north"), chromedp.KeyEvent(kb.Enter))
	// The page before has the name in the field as well: what is told tells them apart.
	b.until(`document.querySelector("main").textContent.includes("Seller seller-north handled 18 of the 30 affected orders (60 %)")`)
}
