package web_test

import (
	"net/url"
	"strings"
	"testing"

	"bonafide/access"
)

// TestSettings: what an administrator sets holds: for readers who say nothing, on
// the log-in page, for whoever lacks a second factor; and it is in the audit.
func TestSettings(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	o.hire("main", "anna", access.Analyst)
	v := o.as("main", "root")
	form := url.Values{"name": {"Main <i>house</i>"}, "reader_lang": {"ja"}, "reader_country": {"JP"}, "role": {"analyst"}, "idle": {"5"}, "absolute": {"1"},
		"notice": {"Call <script>alert(1)</script>"}, "revision": {"0"}}
	bad := url.Values{"name": {"x"}, "revision": {"0"}, "idle": {"1"}, "notice": {"typed before"}}
	if p := v.post("/settings", bad).want(t, "too short", 422); !strings.Contains(p.body, "typed before") || !strings.Contains(p.body, "5 to 1440") {
		t.Error("what was typed is gone, or the reason is not told")
	}
	v.post("/settings", form).want(t, "change", 303)
	v.post("/settings", form).want(t, "change of what was changed", 409)
	for _, path := range []string{"/settings?lang=en", "/audit?lang=en", "/audit?action=settings.change", "/login"} {
		who := v
		if path == "/login" {
			who = o.visitor()
		}
		p := who.get(path).want(t, path, 200)
		if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<i>") || !strings.Contains(p.body, "&lt;script&gt;alert") {
			t.Errorf("%s shows the text of the log-in page as it is not", path)
		}
		if path == "/login" && p.header.Get("Content-Language") != "ja" {
			t.Errorf("a reader who says nothing reads %s", p.header.Get("Content-Language"))
		}
	}
	anna := o.as("main", "anna")
	if p := anna.get("/reports"); p.code != 303 || p.header.Get("Location") != "/account#h-app" {
		t.Errorf("who lacks a second factor is led to %q (%d)", p.header.Get("Location"), p.code)
	}
	anna.get("/account").want(t, "the account of who lacks it", 200)
	o.later.Store(6 * 60)
	if p := anna.get("/account"); p.code != 303 || !strings.HasPrefix(p.header.Get("Location"), "/login") {
		t.Errorf("a session that was not used for six minutes: %d", p.code)
	}
}

// TestAuditPage: filters narrow, pages go on, what is verified is told, and what a
// person wrote is shown as text.
func TestAuditPage(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	v := o.as("main", "root")
	if p := v.get("/audit?lang=en").want(t, "before", 200); !strings.Contains(p.body, "Nobody has verified") {
		t.Error("says that the chain was verified")
	}
	person := o.hire("main", "anna", access.Analyst)
	v.post("/people/"+string(person)+"/start", url.Values{"reason": {"lost <img src=x onerror=alert(1)>"}}).want(t, "new start", 200)
	v.post("/audit/verify", nil).want(t, "verify", 303)
	p := v.get("/audit?lang=en").want(t, "after", 200)
	if !strings.Contains(p.body, "every entry is there and unchanged") || strings.Contains(p.body, "<img src=x") || !strings.Contains(p.body, "&lt;img src=x") {
		t.Error("does not tell that the chain holds, or shows a reason as it is not")
	}
	if p := v.get("/audit?action=person.reset&lang=en"); strings.Count(p.body, "<li>") != 1 || !strings.Contains(p.body, "/people/"+string(person)) {
		t.Errorf("one action: %d entries", strings.Count(p.body, "<li>"))
	}
	for path, want := range map[string]string{"/audit?who=anna&lang=en": "Joined", "/audit?who=root&action=person.reset&lang=en": "new start",
		"/audit?object=person:" + string(person) + "&lang=en": "Joined", "/audit?who=nobody&lang=en": "No entry fits"} {
		if p := v.get(path).want(t, path, 200); !strings.Contains(p.body, want) {
			t.Errorf("%s does not show %q", path, want)
		}
	}
	for _, path := range []string{"/audit?before=x", "/audit?from=yesterday", "/audit?who=%00"} {
		v.get(path).want(t, path, 422)
	}
	for range 60 {
		o.as("main", "root")
	}
	p = v.get("/audit?lang=en")
	_, rest, _ := strings.Cut(p.body, `href="/audit?before=`)
	before, _, ok := strings.Cut(rest, `"`)
	if !ok || strings.Count(v.get("/audit?before="+before).want(t, "next page", 200).body, "<li>") < 5 {
		t.Error("a long list has no next page")
	}
	if p := v.post("/audit/export", nil).want(t, "export", 200); strings.Count(p.body, "\n") < 60 || !strings.Contains(p.header.Get("Content-Disposition"), "audit.ndjson") {
		t.Error("the export lacks entries")
	}
	o.later.Store(11 * 60)
	if p := v.post("/audit/export", nil); p.code != 303 || p.header.Get("Location") != "/confirm?to=%2Faudit" {
		t.Errorf("an export without a fresh proof: %d to %q", p.code, p.header.Get("Location"))
	}
}
