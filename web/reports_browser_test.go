package web_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bonafide/access"
)

// picture keeps what the tab shows in the folder that BONAFIDE_PICTURES names,
// for people to look at; without it nothing is kept.
func (b *tab) picture(name string) {
	b.Helper()
	dir := os.Getenv("BONAFIDE_PICTURES")
	if dir == "" {
		return
	}
	raw, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	b.must(err)
	b.must(os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o600))
}

// barriers fails where the page has WCAG 2.2 A or AA barriers in one of the
// schemes, or is wider than the tab.
func (b *tab) barriers(name string, width int64) {
	b.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		b.Fatalf("axe-core %s is not installed; this installs it: sh scripts/install-test-tools (%v)", axeVersion, err)
	}
	eval[chromedp.Void](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; });0`)
	eval[chromedp.Void](b, string(axe)+";0")
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(width, scheme)
		var found []struct {
			ID    string   `json:"id"`
			Help  string   `json:"help"`
			Nodes []string `json:"nodes"`
		}
		b.must(json.Unmarshal([]byte(eval[string](b, axeRun)), &found))
		for _, p := range found {
			b.Errorf("%s, %s: %s (%s): %s", name, scheme, p.Help, p.ID, strings.Join(p.Nodes, "\n    "))
		}
	}
	if wide := eval[float64](b, `document.documentElement.scrollWidth`); int64(wide) > width {
		b.Errorf("%s: %.0f pixels wide", name, wide)
	}
	b.scheme(width, "light")
}

// TestReportingInABrowser: on a phone somebody checks, agrees and reports, by
// keyboard alone; somebody else finds the report and unmasks it.
func TestReportingInABrowser(t *testing.T) {
	const phone = 360
	o := newOffice(t)
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	b := openAt(t, o.srv.URL, phone, "light")
	b.visit("/", "en")
	b.do(chromedp.SetValue(chromedp.CSS(`#text`), "Amazon: Anna Schmidt, your account is blocked. Call 030 55501234 now. 注文番号"), chromedp.Submit(chromedp.CSS(`#text`)))
	b.until(`location.pathname === "/check" && document.readyState === "complete"`)
	eval[chromedp.Void](b, `document.querySelector("#reportthis summary").focus();0`)
	b.do(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	b.until(`document.activeElement.name === "agree"`)
	b.picture("report-this-en-phone")
	b.barriers("the answer", phone)
	eval[chromedp.Void](b, `document.querySelector("[name=agree]").focus();0`)
	b.do(chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`location.pathname === "/report-this" && document.readyState === "complete"`)
	b.picture("reported-en-phone")
	b.barriers("the receipt", phone)
	number := eval[string](b, `document.querySelector(".number").textContent`)
	u, _ := url.Parse(o.srv.URL)
	for _, c := range o.as("main", "sue").Jar.Cookies(u) {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: o.srv.URL})
		b.must(err)
	}
	for _, lang := range langs {
		b.visit("/reports", lang)
		b.barriers("the list in "+lang, phone)
		b.picture("reports-" + lang + "-phone")
	}
	b.visit("/reports", "en")
	b.do(chromedp.SetValue(chromedp.CSS(`#q`), "+49 (30) 555 01234"), chromedp.Submit(chromedp.CSS(`#q`)))
	b.until(`location.search.includes("q=") && document.readyState === "complete"`)
	if eval[float64](b, `document.querySelectorAll("main ul.plain > li").length`) != 1 {
		t.Error("the search does not find the report by its number")
	}
	b.do(chromedp.Click(chromedp.CSS(`main ul.plain > li a`)))
	b.until(`location.pathname.endsWith("` + number + `") && document.readyState === "complete"`)
	for _, lang := range langs {
		b.visit("/reports/"+number, lang)
		b.barriers("a report in "+lang, phone)
		b.picture("report-" + lang + "-phone")
	}
	b.visit("/reports/"+number, "en")
	if strings.Contains(eval[string](b, `document.body.textContent`), "Schmidt") {
		t.Error("the report is not masked")
	}
	b.do(chromedp.SetValue(chromedp.CSS(`#why-unmask`), "the customer asks"), chromedp.Submit(chromedp.CSS(`#why-unmask`)))
	b.until(`location.pathname.endsWith("/unmask") && document.readyState === "complete"`)
	if !strings.Contains(eval[string](b, `document.body.textContent`), "Anna Schmidt") {
		t.Error("the report is not unmasked")
	}
	b.scheme(1200, "light")
	b.visit("/reports", "de")
	b.picture("reports-de-desktop")
	b.barriers("the list on a desk", 1200)
	b.visit("/reports/"+number, "en")
	eval[chromedp.Void](b, `document.querySelector("details").open = true;0`)
	b.do(chromedp.SetValue(chromedp.CSS(`#why-erase`), "the person asked"), chromedp.Submit(chromedp.CSS(`#why-erase`)))
	b.until(`location.pathname.endsWith("/erase") && document.readyState === "complete"`)
	b.picture("erased-en-desktop")
	b.barriers("the certificate", 1200)
	b.scheme(phone, "light")
	b.visit("/reports", "ja")
	b.picture("empty-ja-phone")
	b.barriers("the empty list", phone)
}
