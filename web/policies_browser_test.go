package web_test

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bonafide/access"
	"bonafide/desk/replays"
	"bonafide/store"
	"bonafide/web"
)

// TestPoliciesInABrowser: by keyboard alone a text is checked, and the caret goes to
// the line that is wrong; new decisions are announced; a replay at work is looked at
// again until it is done; without scripts all of it can be read.
func TestPoliciesInABrowser(t *testing.T) {
	rules, runs := &ruleDesk{t: t, state: store.PolicyDraft}, &runDesk{rep: found(), state: replays.Running}
	o := newOffice(t, func(opt *web.Options) {
		opt.Accounts, opt.Policies, opt.Replays = &guardDesk{behind: true}, rules, runs
	})
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	b := openAt(t, o.srv.URL, 390, "light")
	b.enter(o, "sue")
	b.visit("/policies/new", "en")
	eval[chromedp.Void](b, `document.getElementById("text").value = document.getElementById("text").value.replace("orders_1h >=", "ordrs_1h >="); document.getElementById("text").focus(); 0`)
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`location.pathname === "/policies/check" && document.readyState === "complete"`)
	b.picture("policy-wrong-en-phone")
	b.barriers("a text that is wrong", 390)
	eval[chromedp.Void](b, `document.querySelector("[data-line]").focus(); 0`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.id === "text"`)
	if got := eval[string](b, `(() => { const a = document.activeElement; return a.value.slice(a.selectionStart, a.selectionEnd); })()`); !strings.Contains(got, "ordrs_1h") || strings.Contains(got, "\n") {
		t.Errorf("the caret stands at %q", got)
	}
	b.visit("/policies/1", "en")
	eval[chromedp.Void](b, `document.getElementById("why-step").focus(); 0`)
	b.do(chromedp.KeyEvent("try it for a week"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`location.search === "?said=done" && document.readyState === "complete"`)
	b.visit("/decisions", "en")
	b.until(`document.querySelector("[data-news] a")?.textContent === "1 new – show"`)
	b.picture("news-en-phone")
	b.visit("/replays/2", "en")
	runs.set(replays.Cancelled)
	b.until(`document.body.textContent.includes("It was cancelled") && document.readyState === "complete"`)
	runs.set(replays.Running)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	for _, path := range []string{"/policies", "/policies/1", "/replays", "/replays/1", "/replays/2", "/decisions"} {
		b.do(chromedp.Navigate(o.srv.URL + path))
		b.do(chromedp.WaitVisible(chromedp.CSS(`main h1`)))
	}
	b.do(chromedp.Navigate(o.srv.URL+"/replays/2"), chromedp.WaitVisible(chromedp.CSS(`[data-watch] a.button`)))
}

// TestAnalystPages: the pages of analysts in every language, on a phone and a desk,
// as TestShell has the others.
func TestAnalystPages(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	b := openAt(t, o.srv.URL, 390, "light")
	b.enter(o, "sue")
	read, pictures := []string{"de", "ja"}, os.Getenv("BONAFIDE_PICTURES") != ""
	if pictures {
		read = langs
	}
	for _, p := range []string{"/policies", "/policies/1", "/policies/new", "/replays", "/replays/1", "/replays/2", "/accounts/a1", "/lists", "/lists/mules", "/webhooks", "/webhooks/good", "/webhooks/ill"} {
		for _, lang := range read {
			name := strings.Trim(strings.ReplaceAll(p, "/", "-"), "-") + "-" + lang
			b.visit(p, lang)
			b.picture(name + "-phone")
			if small := eval[string](b, tooSmall); small != "" {
				t.Errorf("%s in %s: hard to tap: %s", p, lang, small)
			}
			if out := eval[string](b, wide); out != "" {
				t.Errorf("%s in %s: wider than the phone: %s", p, lang, out)
			}
			if lang == "de" {
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
