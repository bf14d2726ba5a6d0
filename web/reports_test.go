package web_test

import (
	"encoding/csv"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/desk/reports"
)

// TestReportThis: a check, the agreement, the receipt, by forms alone and
// without log-in; then the report is found, opened, unmasked, exported and
// erased by those with the right.
func TestReportThis(t *testing.T) {
	o := newOffice(t)
	check := url.Values{"text": {"Amazon security: Anna Schmidt, call 030 55501234 and read me the code. 注文番号"}, "from": {"+49 170 5550147"}, "country": {"DE"}, "channel": {"sms"}}
	if p := o.visitor().post("/check", check).want(t, "a check before the set-up", 200); strings.Contains(p.body, "/report-this") {
		t.Error("reports are offered that nobody could read")
	}
	o.setUp()
	o.hire("main", "ann", access.Analyst)
	o.hire("main", "sue", access.Supervisor)
	v := o.visitor()
	shown := v.post("/check", check).want(t, "check", 200)
	send := url.Values{"draft": {field(t, shown.body, "draft")}, "consent": {field(t, shown.body, "consent")}}
	if !strings.Contains(shown.body, "180 days") || !strings.Contains(shown.body, `name="agree"`) {
		t.Error("the page does not say how long a report is kept, or asks for no agreement")
	}
	v.post("/report-this", send).want(t, "without the agreement", 422)
	send.Set("agree", "yes")
	v.post("/report-this", send, "Sec-Fetch-Site", "cross-site").want(t, "from another site", 403)
	first := v.post("/report-this", send).want(t, "sent", 200)
	again := v.post("/report-this", send).want(t, "sent again", 200)
	number := regexp.MustCompile(`class="number">([0-9a-f]{32})<`)
	id := number.FindStringSubmatch(first.body)
	if id == nil || number.FindStringSubmatch(again.body)[1] != id[1] {
		t.Fatalf("the receipt: %.600s", first.body)
	}
	v.post("/report-this", url.Values{"draft": {strings.Repeat("A", reports.MaxDraft+8<<10)}}).want(t, "oversized", 413)
	ann := o.as("main", "ann")
	for _, q := range []string{"", "?q=" + url.QueryEscape("+49 30 55501234"), "?q=" + url.QueryEscape("注文"), "?channel=sms&status=new&outcome=&lang_of=&from=2020-01-01&until=2099-01-01", "?q=01705550147"} {
		if p := ann.get("/reports"+q).want(t, q, 200); !strings.Contains(p.body, "/reports/"+id[1]) || strings.Contains(p.body, "Schmidt") {
			t.Errorf("%s: the report is not listed, or not masked", q)
		}
	}
	for _, q := range []string{"?q=Schmitt", "?channel=mail", "?status=done", "?until=2020-01-01"} {
		if p := ann.get("/reports"+q).want(t, q, 200); strings.Contains(p.body, id[1]) {
			t.Errorf("%s lists the report", q)
		}
	}
	for _, q := range []string{"?q=" + url.QueryEscape("注"), "?channel=x", "?from=yesterday", "?after=%3Cb%3E"} {
		ann.get("/reports"+q).want(t, q, 422)
	}
	at := "/reports/" + id[1]
	if p := ann.get(at).want(t, "open", 200); strings.Contains(p.body, "Schmidt") || strings.Contains(p.body, "55501234") {
		t.Error("an opened report is not masked")
	}
	if p := ann.post(at+"/unmask", url.Values{"reason": {"the customer asks"}}).want(t, "unmask", 200); !strings.Contains(p.body, "Anna Schmidt") || !strings.Contains(p.body, "170 5550147") || p.header.Get("Cache-Control") != "no-store" {
		t.Error("not unmasked, or a browser may keep it")
	}
	ann.post(at+"/status", url.Values{"status": {"open"}, "revision": {"1"}}).want(t, "status", 303)
	sue := o.as("main", "sue")
	out := sue.post("/reports/export", url.Values{"format": {"csv"}, "reason": {"for the police"}, "status": {"open"}}).want(t, "export", 200)
	rows, err := csv.NewReader(strings.NewReader(out.body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != id[1] || strings.Contains(out.body, "Schmidt") || !strings.HasPrefix(out.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("export: %s, %v", out.body, err)
	}
	if p := sue.post(at+"/erase", url.Values{"reason": {"the person asked"}}).want(t, "erase", 200); !strings.Contains(p.body, "Certificate") || strings.Contains(p.body, "[erased") {
		t.Error("no certificate")
	}
	sue.get(at).want(t, "erased", 404)
	if p := sue.get("/reports").want(t, "empty", 200); !strings.Contains(p.body, "No report yet") {
		t.Error("the empty list does not say what to do")
	}
}

// TestReportsHoldNoScript: what strangers put into any field of a report is text
// on every page.
func TestReportsHoldNoScript(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>'{{.}}</textarea></title>`
	form := url.Values{"lang": {attack}}
	for _, name := range []string{"text", "words", "from", "platform", "number", "claimed", "url", "title", "region"} {
		form.Set(name, attack)
	}
	shown := o.visitor().post("/check", form).want(t, "check", 200)
	send := url.Values{"draft": {field(t, shown.body, "draft")}, "consent": {field(t, shown.body, "consent")}, "agree": {"yes"}}
	got := o.visitor().post("/report-this", send).want(t, "send", 200)
	id := regexp.MustCompile(`class="number">([0-9a-f]{32})<`).FindStringSubmatch(got.body)[1]
	_, _, forged := o.sent(attack)
	sue := o.as("main", "sue")
	q := url.QueryEscape(attack)
	pages := map[string]page{
		"check": shown, "receipt": got,
		"list": sue.get("/reports"), "search": sue.get("/reports?q=" + q), "filter": sue.get("/reports?status=" + q + "&from=" + q + "&lang_of=" + q + "&channel=" + q),
		"open": sue.get("/reports/" + id), "unmasked": sue.post("/reports/"+id+"/unmask", url.Values{"reason": {attack}}),
		"forged": sue.post("/reports/"+string(forged)+"/unmask", url.Values{"reason": {"a good reason"}}),
		"erased": sue.post("/reports/"+id+"/erase", url.Values{"reason": {attack}}), "nowhere": sue.get("/reports/" + q),
	}
	for name, p := range pages {
		if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<img src=x") || strings.Contains(p.body, "[reports") || strings.Contains(p.body, "[report.") {
			t.Errorf("%s: what a stranger wrote is a part of the page, or a text is missing", name)
		}
	}
	if !strings.Contains(html.UnescapeString(pages["forged"].body), attack) {
		t.Error("the unmasked text is not the one that was sent")
	}
	for _, path := range []string{"/reports/..%2f..%2fetc%2fpasswd", "/reports/%00", "/reports/" + strings.Repeat("x", 3000)} {
		sue.get(path).want(t, clipped(path), 404)
		sue.post(path+"/unmask", url.Values{"reason": {"a good reason"}}).want(t, clipped(path)+" unmask", 404)
		sue.post(path+"/erase", url.Values{"reason": {"a good reason"}}).want(t, clipped(path)+" erase", 404)
	}
}

// clipped is the beginning of a path, for messages.
func clipped(s string) string { return s[:min(len(s), 30)] }
