package web_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/desk/system"
)

// enter logs the tab in as somebody of the tenant main.
func (b *tab) enter(o *office, login string) {
	b.Helper()
	u, _ := url.Parse(o.srv.URL)
	for _, c := range o.as("main", login).Jar.Cookies(u) {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: o.srv.URL})
		b.must(err)
	}
}

// busy is an office in which something was done: people, a team, reports, a
// backup, a verified chain, and something to be looked after.
func busy(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.setUp()
	o.hire("main", "both", access.Supervisor, access.Admin)
	o.hire("main", "anna.oberhuber-wagenknecht@kundendienst.shop.example", access.Analyst, access.SellerVerifier)
	for i := range 3 {
		o.sent(fmt.Sprintf("Amazon: order %d, call 030 55501234", i))
	}
	v := o.as("main", "root")
	v.post("/audit/verify", nil).want(t, "verify", 303)
	if err := custody.New(o.db).NoteBackup(t.Context(), time.Now().Add(-9*24*time.Hour), custody.Moved{}); err != nil {
		t.Fatal(err)
	}
	o.facts.Log = &system.Log{Events: 1204331, Partitions: 8, Bytes: 3 << 30}
	o.facts.Disk = &system.Disk{Free: 900 << 20, Total: 100 << 30}
	return o
}

// tooSmall lists what can be tapped and is lower or narrower than 24 px (WCAG
// 2.2, 2.5.8), or, of buttons, fields and navigation, lower than 44 px.
const tooSmall = `(() => {
	const out = [];
	for (const e of document.querySelectorAll("button, select, nav a, summary, input:not([type=hidden]):not([type=checkbox]):not([type=radio]), .tap, .button")) {
		const r = e.getBoundingClientRect();
		if (r.width === 0 || e.closest(".visually-hidden")) continue;
		if (r.height < 43.5) out.push(e.tagName + "." + e.className + " " + Math.round(r.height) + "px: " + e.textContent.trim().slice(0, 40));
	}
	return out.join(" | ");
})()`

// TestShell: the pages of the shell in every language, on a phone and a desk:
// no barriers, nothing cut off, everything large enough to tap; with
// BONAFIDE_PICTURES set, pictures of all of them.
func TestShell(t *testing.T) {
	o := busy(t)
	b := openAt(t, o.srv.URL, 390, "light")
	b.enter(o, "both")
	// German has the longest words, Japanese the most difficult breaks.
	read, pictures := []string{"de", "ja"}, os.Getenv("BONAFIDE_PICTURES") != ""
	if pictures {
		read = langs
	}
	person := string(o.hire("main", "bert", access.Editor))
	for _, p := range []string{"/", "/audit", "/system", "/settings", "/people", "/people/" + person, "/account", "/styleguide", "/reports", "/decisions", "/decisions/d1"} {
		for _, lang := range read {
			name := strings.Trim(strings.ReplaceAll(strings.TrimSuffix(p, person), "/", "-"), "-") + "-" + lang
			b.visit(p, lang)
			b.picture(name + "-phone")
			if small := eval[string](b, tooSmall); small != "" {
				t.Errorf("%s in %s: hard to tap: %s", p, lang, small)
			}
			if out := eval[string](b, wide); out != "" {
				t.Errorf("%s in %s: wider than the phone: %s", p, lang, out)
			}
			if lang == "de" { // the longest words; colours are the same in all
				b.barriers(p, 390)
			}
			if pictures {
				b.scheme(1280, "dark")
				b.picture(name + "-desk-dark")
				b.scheme(390, "light")
			}
		}
	}
}

// TestShellLarge: with text of twice the size on a small phone nothing of the shell
// is wider than the phone, and what stands beside a label has room for a word
// (WCAG 2.2, 1.4.4): values once stood there one letter a line.
func TestShellLarge(t *testing.T) {
	o := busy(t)
	b := openAt(t, o.srv.URL, 360, "light")
	b.enter(o, "both")
	for _, p := range []string{"/audit", "/system", "/settings", "/people", "/account", "/decisions/d1", "/webhooks"} {
		b.visit(p, "de")
		eval[chromedp.Void](b, `document.documentElement.style.fontSize = "225%"; document.querySelectorAll("details").forEach((d) => { d.open = true; }); 0`)
		if out := eval[string](b, wide); out != "" {
			t.Errorf("%s: wider than the phone: %s", p, out)
		}
		if thin := eval[string](b, `[...document.querySelectorAll(".pairs > dd")].filter((e) => e.offsetWidth && e.offsetWidth < 4 * parseFloat(getComputedStyle(e).fontSize)).map((e) => e.offsetWidth + " px: " + e.textContent.trim().slice(0, 30)).join(" | ")`); thin != "" {
			t.Errorf("%s: no room for a word: %s", p, thin)
		}
	}
}
