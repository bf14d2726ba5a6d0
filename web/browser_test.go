package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axeVersion is what scripts/install-test-tools installs.
const axeVersion = "4.14.1"

// browsing starts one browser for all tests of this file.
var browsing = sync.OnceValues(func() (context.Context, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no browser is installed; this installs one: sh scripts/install-test-tools (or: apt-get install chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	for _, flag := range []string{"disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		opts = append(opts, chromedp.Flag(flag, true))
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	stopBrowser = func() { stop(); stopAlloc() }
	return ctx, chromedp.Do(ctx)
})

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// tab is one tab with its own cookies and storage, and a server to visit.
type tab struct {
	*testing.T
	ctx  context.Context
	base string
}

// open opens a tab of a width and colour scheme. The test fails when the
// console reports an error or a breach of the content policy.
func open(t *testing.T, width int64, scheme string) *tab {
	t.Helper()
	srv := httptest.NewServer(handler(t))
	b := openAt(t, srv.URL, width, scheme)
	t.Cleanup(srv.Close)
	return b
}

// openAt opens a tab onto a server that there is already.
func openAt(t *testing.T, base string, width int64, scheme string) *tab {
	t.Helper()
	root, err := browsing()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	b := &tab{t, ctx, base}
	var mu sync.Mutex
	var complaints []string
	t.Cleanup(func() {
		cancel()
		stop()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			t.Errorf("the browser's console: %s", c)
		}
	})
	err = chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			// A page that does not exist is one of the pages.
			if (e.Entry.Level == "error" || e.Entry.Level == "warning") && !strings.Contains(e.Entry.URL, "/nowhere") {
				complaints = append(complaints, fmt.Sprintf("%s %s", e.Entry.Text, e.Entry.URL))
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.scheme(width, scheme)
	return b
}

// in is the same tab in a part of the test.
func (b *tab) in(t *testing.T) *tab { return &tab{t, b.ctx, b.base} }

// scheme sets width and colours, and stops movement, so that clicks hit.
func (b *tab) scheme(width int64, scheme string) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1})
	b.must(err)
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	b.must(err)
}

func (b *tab) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	b.must(chromedp.Do(b.ctx, steps...))
}

// visit loads a page, with a language if one is named.
func (b *tab) visit(path, lang string) {
	b.Helper()
	if lang != "" {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "lang=" + lang
	}
	b.do(chromedp.Navigate(b.base + path))
}

// ask sends a form as a page without JavaScript would.
func (b *tab) ask(form url.Values, lang string) {
	b.Helper()
	fields, _ := json.Marshal(form)
	if !strings.HasPrefix(eval[string](b, `location.href`), b.base) {
		b.visit("/about", lang)
	}
	_, err := chromedp.RunResponse(b.ctx, chromedp.Evaluate[chromedp.Void](`{
		const f = Object.assign(document.createElement("form"), { method: "post", action: "/check?lang=`+lang+`" });
		for (const [name, values] of Object.entries(`+string(fields)+`)) for (const value of values)
			f.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
		document.body.append(f); f.submit(); }`))
	b.must(err)
}

func eval[T any](b *tab, js string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits for a condition in the page.
func (b *tab) until(js string) {
	b.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](js)); err == nil && ok {
			return
		}
	}
	b.Fatalf("did not come true within 10 s: %s", js)
}

// wide says how far a page is wider than its window, and what sticks out.
const wide = `(() => {
	const d = document.scrollingElement.scrollWidth - innerWidth;
	if (d <= 0) return "";
	const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
	return d + " px: " + out.slice(-3).map((e) => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40)).join(" | ");
})()`

// forEach visits every page and every answer in a language.
func (b *tab) forEach(lang string, f func(name string)) {
	for _, p := range paths {
		b.visit(p, lang)
		f(lang + " " + p)
	}
	for name, form := range asked {
		b.ask(form, lang)
		f(lang + " answer " + name)
	}
}

const unfolded = `document.querySelectorAll("details").forEach((d) => { d.open = true; })`

// WCAG 2.2, 1.4.10 and 1.4.4: no scrolling sideways on a small phone, also not
// with text of twice the size.
func TestNarrowAndLarge(t *testing.T) {
	for _, lang := range langs {
		t.Run(lang, func(t *testing.T) {
			b := open(t, 360, "light")
			b.forEach(lang, func(name string) {
				eval[chromedp.Void](b, unfolded)
				if out := eval[string](b, wide); out != "" {
					b.Errorf("%s is wider than 360 px by %s", name, out)
				}
				eval[chromedp.Void](b, `document.documentElement.style.fontSize = "225%"`)
				if out := eval[string](b, wide); out != "" {
					b.Errorf("%s with text of 200 %% is wider than 360 px by %s", name, out)
				}
			})
		})
	}
}

// axeRun asks axe-core for barriers. The colours are all that differs in the
// dark.
const axeRun = `axe.run(document, { runOnly: matchMedia("(prefers-color-scheme: dark)").matches ? { type: "rule", values: ["color-contrast"] } :
	["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
	.then((r) => JSON.stringify(r.violations.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)) }))))`

// WCAG 2.2 A and AA, as far as axe-core can tell, in both colour schemes and
// with everything unfolded.
func TestBarriers(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil || !strings.Contains(string(axe[:min(len(axe), 200)]), axeVersion) {
		t.Fatalf("axe-core %s is not installed; this installs it: sh scripts/install-test-tools (%v)", axeVersion, err)
	}
	type problem struct {
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}
	b := open(t, 360, "light")
	check := func(name string) {
		var found []problem
		if err := json.Unmarshal([]byte(eval[string](b, axeRun)), &found); err != nil {
			b.Fatal(err)
		}
		for _, p := range found {
			b.Errorf("%s: %s (%s): %s", name, p.Help, p.ID, strings.Join(p.Nodes, "\n    "))
		}
	}
	b.forEach("en", func(name string) {
		eval[chromedp.Void](b, unfolded)
		eval[chromedp.Void](b, string(axe)+";0")
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(360, scheme)
			check(name + ", " + scheme)
		}
	})
	for _, lang := range []string{"de", "ja"} {
		b.ask(asked["scam"], lang)
		eval[chromedp.Void](b, string(axe)+";0")
		check(lang + " answer")
	}
}

// The way of a person without a mouse: to the text, to the answer, to a step.
func TestKeyboardOnly(t *testing.T) {
	b := open(t, 1280, "light")
	b.visit("/", "en")
	focus := func(want string) {
		b.Helper()
		for range 40 {
			b.do(chromedp.KeyEvent(kb.Tab))
			if eval[bool](b, `document.activeElement.matches(`+"`"+want+"`"+`)`) {
				ring := eval[string](b, `(() => { const e = document.activeElement, s = getComputedStyle(e), n = e.nextElementSibling; return e.closest(".tap") ? getComputedStyle(n).outlineStyle : s.outlineStyle })()`)
				if ring == "none" {
					b.Errorf("%s shows no focus", want)
				}
				return
			}
		}
		b.Fatalf("Tab does not reach %s", want)
	}
	focus(".skip")
	focus("a.urgent")
	focus("#text")
	b.do(chromedp.KeyEvent("Amazon: your account is on hold, verify at https://amazon.com.verify.example/"))
	focus("#check [type=submit]")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`location.pathname === "/check" && document.readyState === "complete"`)
	if h := eval[string](b, `document.querySelector("h1").textContent`); len(h) < 20 {
		t.Errorf("the answer begins with %q", h)
	}
	focus(".steps input")
	b.do(chromedp.KeyEvent(" "))
	if !eval[bool](b, `document.activeElement.checked`) {
		t.Error("the space bar does not tick a step")
	}
	focus("details:not([open]) > summary")
	b.do(chromedp.KeyEvent(kb.Enter))
	if !eval[bool](b, `document.activeElement.parentElement.open`) {
		t.Error("Enter does not unfold")
	}
	b.visit("/helper", "")
	b.until(`document.activeElement.id === "words"`) // the helper starts in the story
	b.do(chromedp.KeyEvent("She was told to buy gift cards for Amazon."))
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(`location.pathname === "/check" && document.readyState === "complete"`)
	if !eval[bool](b, `!!document.querySelector(".banner")`) {
		t.Error("Ctrl+Enter does not lead to an answer")
	}
	b.visit("/call", "")
	focus("[name=asked]")
	b.do(chromedp.KeyEvent(" "))
	if !eval[bool](b, `document.activeElement.checked`) {
		t.Error("the space bar does not tick what they wanted")
	}
}

// Everything but the comforts works without JavaScript.
func TestScriptSwitchedOff(t *testing.T) {
	b := open(t, 360, "light")
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	b.visit("/", "en")
	click := func(sel string) {
		b.Helper()
		_, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(sel)))
		b.must(err)
	}
	text := func(sel string) string {
		b.Helper()
		s, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(sel)))
		b.must(err)
		return s
	}
	click("a.urgent")
	if !strings.Contains(text("h1"), "Hang up") {
		t.Errorf("one tap leads to %q", text("h1"))
	}
	b.visit("/", "")
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "Amazon: your account is on hold, verify at https://amazon.com.verify.example/"),
		chromedp.SetValue(chromedp.CSS("#country"), "GB"))
	click("#check [type=submit]")
	if !strings.Contains(text(".banner"), "link") || !strings.Contains(text("#steps"), "What to do") {
		t.Errorf("the answer: %q", text(".banner"))
	}
	b.do(chromedp.Click(chromedp.CSS(".receiver details summary")))
	report, err := chromedp.Run(b.ctx, chromedp.Value(chromedp.CSS(".receiver textarea")))
	b.must(err)
	if len(report) < 50 {
		t.Errorf("the report text: %q", report)
	}
	b.visit("/done", "")
	b.do(chromedp.Click(chromedp.CSS(`[name=already_done][value=gave_card]`)))
	click("form.card [type=submit]")
	if text(".steps li") == "" {
		t.Error("no steps after something was done")
	}
	b.do(chromedp.Click(chromedp.CSS("details.group:last-of-type:not([open]) > summary")))
	if text("details.group:last-of-type .steps li") == "" {
		t.Error("later steps cannot be unfolded")
	}
}

func TestComforts(t *testing.T) {
	b := open(t, 360, "light")
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: "granted", Origin: b.base,
			BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		})
		b.must(err)
	}
	b.visit("/", "en")
	b.do(chromedp.SetValue(chromedp.CSS("#country"), "US"))
	mailPath := filepath.Join(t.TempDir(), "mail.eml")
	b.must(os.WriteFile(mailPath, mailFile, 0o600))
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{mailPath}))
	_, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS("#check [type=submit]")))
	b.must(err)

	t.Run("read aloud", func(t *testing.T) {
		b := b.in(t)
		if !eval[bool](b, `document.querySelector(".banner [data-speak]").checkVisibility()`) {
			t.Error("the answer cannot be read aloud")
		}
	})
	t.Run("what to do stands on the first screen", func(t *testing.T) {
		b := b.in(t)
		if y := eval[float64](b, `document.querySelector(".steps .step").getBoundingClientRect().bottom`); y > 800 {
			t.Errorf("the first step ends at %v px of 800", y)
		}
	})
	t.Run("copy", func(t *testing.T) {
		b := b.in(t)
		b.do(chromedp.Click(chromedp.CSS(".receiver details summary")), chromedp.Click(chromedp.CSS("[data-copy-from]")))
		b.until(`document.querySelector("[data-copy-from]").textContent === "Copied"`)
		if got, want := eval[string](b, `navigator.clipboard.readText()`), eval[string](b, `document.querySelector(".receiver textarea").value`); got != want || len(got) < 50 {
			t.Errorf("copied %q, want %q", got, want)
		}
	})
	t.Run("report mail", func(t *testing.T) {
		b := b.in(t)
		eval[chromedp.Void](b, `window.saved = null; URL.createObjectURL = ((f) => (blob) => { window.saved = blob; return f.call(URL, blob); })(URL.createObjectURL)`)
		b.until(`document.querySelector("[data-eml]").checkVisibility()`)
		b.do(chromedp.Click(chromedp.CSS("[data-eml]")))
		b.until(`!!window.saved`)
		if raw := eval[string](b, `window.saved.text()`); !strings.Contains(raw, "Message-ID: <1@amazon-account.example>") {
			t.Errorf("the original is not in the report mail:\n%s", raw)
		}
	})
	t.Run("card digits", func(t *testing.T) {
		b := b.in(t)
		eval[chromedp.Void](b, unfolded)
		b.do(chromedp.SendKeys(chromedp.ID("ready-card_last4"), "4111 1111 1111 1234"))
		if v := eval[string](b, `document.getElementById("ready-card_last4").value`); v != "1234" {
			t.Errorf("%q stays in the field", v)
		}
		if eval[string](b, `document.getElementById("last4").textContent`) == "" {
			t.Error("nobody is told that only four digits stay")
		}
	})
	t.Run("other language", func(t *testing.T) {
		b := b.in(t)
		b.do(chromedp.Click(chromedp.CSS(`[data-lang="de"]`)))
		b.until(`document.documentElement.lang === "de" && document.readyState === "complete"`)
		if !eval[bool](b, `!!document.querySelector(".banner") && document.body.textContent.includes("account is on hold")`) {
			t.Error("the answer is lost with the change of language")
		}
	})
	t.Run("forgotten", func(t *testing.T) {
		b := b.in(t)
		b.visit("/", "")
		b.until(`sessionStorage.getItem("tab") !== null`)
		n := `new Promise((done) => { const r = indexedDB.open("bonafide", 1); r.onsuccess = () => { const q = r.result.transaction("form").objectStore("form").count(); q.onsuccess = () => { r.result.close(); done(q.result); }; }; })`
		for range 50 {
			if eval[float64](b, n) == 0 {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Error("the browser still keeps what was asked")
	})
	t.Run("offline", func(t *testing.T) {
		b := b.in(t)
		eval[chromedp.Void](b, `navigator.serviceWorker.ready.then(() => 1)`)
		kept := eval[[]string](b, `caches.keys().then((k) => caches.open(k[0])).then((c) => c.keys()).then((k) => k.map((r) => new URL(r.url).pathname))`)
		if len(kept) != 4 || kept[0] != "/now" {
			t.Errorf("the service worker keeps %v", kept)
		}
	})
}

// A page that is dropped a file, or a text, takes it.
func TestDrop(t *testing.T) {
	b := open(t, 1280, "light")
	b.visit("/", "en")
	eval[chromedp.Void](b, `{ const d = new DataTransfer(); d.items.add(new File(["x"], "letter.png", { type: "image/png" })); dispatchEvent(new DragEvent("drop", { dataTransfer: d, cancelable: true })); }`)
	if got := eval[string](b, `document.getElementById("file").files[0].name`); got != "letter.png" {
		t.Errorf("dropped file: %q", got)
	}
	eval[chromedp.Void](b, `{ const d = new DataTransfer(); d.setData("text", "Your parcel"); dispatchEvent(new DragEvent("drop", { dataTransfer: d, cancelable: true })); }`)
	if got := eval[string](b, `document.getElementById("text").value`); got != "Your parcel" {
		t.Errorf("dropped text: %q", got)
	}
}
