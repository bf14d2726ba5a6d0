package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/lists"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/web"
)

// listDesk is a desk with two lists of the tenant main; it checks rights and
// tenants as the real one does.
type listDesk struct {
	put  []lists.NewEntry
	off  string
	file lists.ListFile
	made lists.NewList
	find lists.ListValue
}

func (g *listDesk) may(a access.Actor, p access.Permission, name string) error {
	if err := a.May(p, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return err
	}
	if name != "" && (a.Tenant != "main" || name != "mules" && name != "spare") {
		return fault.New(fault.NotFound, "", "none")
	}
	return nil
}

func (g *listDesk) view(name string) lists.ListView {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if name == "spare" {
		return lists.ListView{Name: "spare", Of: "event.device", Made: &now}
	}
	return lists.ListView{Name: "mules", Of: "order.gift_recipients", About: "Recipients of cards that were resold " + evil, Entries: 1204, Asked: true, Made: &now, By: "p-1"}
}

func (g *listDesk) Lists(_ context.Context, a access.Actor) ([]lists.ListView, error) {
	if err := g.may(a, access.ListRead, ""); err != nil || a.Tenant != "main" {
		return nil, err
	}
	return []lists.ListView{g.view("mules"), g.view("spare")}, nil
}

func (g *listDesk) MakeList(_ context.Context, a access.Actor, n lists.NewList) error {
	if err := g.may(a, access.ListWrite, ""); err != nil {
		return err
	}
	if g.made = n; n.Name == "Bad" {
		return fault.New(fault.Invalid, "name", "is wrong")
	}
	return nil
}

func (g *listDesk) RemoveList(_ context.Context, a access.Actor, name string) error {
	return g.may(a, access.ListWrite, name)
}

func (g *listDesk) Entries(_ context.Context, a access.Actor, q lists.EntryQuery) (out lists.EntryListing, err error) {
	if err := g.may(a, access.ListRead, q.List); err != nil {
		return out, err
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	out.List, g.find = g.view(q.List), q.Find
	if q.List == "mules" && q.Find.Value != "nobody" {
		out.Entries = []lists.EntryView{{Value: "5d41402abc4b2a76b9719d911017c592", Reason: "three takeovers " + evil, Until: now.AddDate(1, 0, 0), Made: now, By: "p-1"},
			{Value: "7d793037a0760186574b0282f2f435e7", Reason: "told by a bank", Until: now.AddDate(1, 0, 0), Made: now, By: "p-1", Waiting: true}}
		out.Next = store.Key{When: now, ID: "x"}
	}
	return out, nil
}

func (g *listDesk) PutEntries(_ context.Context, a access.Actor, list string, e []lists.NewEntry) (lists.ListView, error) {
	g.put = e
	return g.view(list), g.may(a, access.ListWrite, list)
}

func (g *listDesk) TakeOff(_ context.Context, a access.Actor, list string, v []lists.ListValue, reason string) (lists.ListView, error) {
	g.off = v[0].Value + " " + reason
	return g.view(list), g.may(a, access.ListWrite, list)
}

func (g *listDesk) Import(_ context.Context, a access.Actor, list string, f lists.ListFile) (lists.Imported, error) {
	g.file = f
	return lists.Imported{List: g.view(list), Added: 2, Refused: []accounts.Refusal{{Line: 3, Text: "until: is no day " + evil}}}, g.may(a, access.ListWrite, list)
}

// TestListPages: values are looked for and added by forms that are posted, files
// and pasted lines reach the desk, and nothing that a stranger wrote is more
// than text.
func TestListPages(t *testing.T) {
	g := &listDesk{}
	o := newOffice(t, func(opt *web.Options) { opt.Lists = g })
	o.setUp()
	o.hire("main", "anna", access.Analyst)
	v := o.as("main", "anna")
	for _, path := range []string{"/lists", "/lists/mules"} {
		for _, lang := range langs {
			p := v.get(path+"?lang="+lang).want(t, path, 200)
			if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<img src=x") || !strings.Contains(p.body, "&lt;script&gt;") {
				t.Errorf("%s in %s shows what a stranger wrote as it is not", path, lang)
			}
			if i := strings.Index(p.body, "[list"); i >= 0 {
				t.Errorf("%s in %s lacks a text: %.40s", path, lang, p.body[i:])
			}
		}
	}
	if p := v.get("/lists?lang=de"); !strings.Contains(p.body, "Einträge: 1.204") || !strings.Contains(p.body, "fragt nicht nach dieser Liste") {
		t.Error("counts, or that no policy asks, are not told")
	}
	if p := v.post("/lists/mules/find?lang=en", url.Values{"value": {"nobody"}}).want(t, "look", 200); !strings.Contains(p.body, "is not on the list") || g.find.Hashed {
		t.Error("a value that is not there is not told")
	}
	v.post("/lists/mules/find", url.Values{"value": {"ab"}, "hashed": {"1"}}).want(t, "look for a hash", 200)
	if !g.find.Hashed || g.find.Value != "ab" {
		t.Errorf("looked for %+v", g.find)
	}
	v.post("/lists/mules", url.Values{"value": {"m@example.com"}, "until": {"2027-01-31"}, "reason": {"seen twice"}}).want(t, "add", 303)
	if e := g.put[0]; e.Value != "m@example.com" || e.Hashed || e.Reason != "seen twice" || e.Until.Format(time.RFC3339) != "2027-02-01T00:00:00Z" {
		t.Errorf("added %+v", e)
	}
	if p := v.post("/lists/mules?lang=en", url.Values{"value": {"kept@example.com"}, "until": {"soon"}, "reason": {"seen twice"}}).want(t, "no day", 422); !strings.Contains(p.body, "kept@example.com") || !strings.Contains(p.body, "two years from now") {
		t.Error("what was typed is lost, or the error is not told")
	}
	v.post("/lists/mules/remove", url.Values{"value": {"ab12"}, "reason": {"a mistake"}}).want(t, "take off", 303)
	if g.off != "ab12 a mistake" {
		t.Errorf("took off %q", g.off)
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "list.csv")
	if err == nil {
		_, err = part.Write([]byte("value\na\nb\n"))
	}
	if err == nil {
		err = m.WriteField("reason", "a list of before")
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if p := v.do(http.MethodPost, "/lists/mules/import?lang=en", m.FormDataContentType(), b.String()).want(t, "a file", 200); string(g.file.Body) != "value\na\nb\n" || g.file.Reason != "a list of before" || !g.file.Skip ||
		!strings.Contains(p.body, "2 taken") || !strings.Contains(p.body, "Line 3:") {
		t.Errorf("import: %q, %s", g.file.Body, g.file.Reason)
	}
	if p := v.post("/lists/mules/import?lang=de", url.Values{"lines": {"value\nc\n"}}).want(t, "pasted", 200); !strings.Contains(p.body, "Der letzte Tag liegt zwischen morgen") || strings.Contains(p.body, "is no day") {
		t.Error("a line that was not taken is told in English only")
	}
	if string(g.file.Body) != "value\nc\n" {
		t.Errorf("pasted: %q", g.file.Body)
	}
	v.post("/lists", url.Values{"name": {"fresh"}, "of": {"event.device"}}).want(t, "make", 303)
	if p := v.post("/lists?lang=en", url.Values{"name": {"Bad"}, "of": {"event.device"}}).want(t, "a bad name", 422); !strings.Contains(p.body, "begins with a letter") || !strings.Contains(p.body, `value="Bad"`) {
		t.Error("a name that is none is not told, or is lost")
	}
	v.post("/lists/spare/drop", nil).want(t, "drop", 303)
	v.get("/lists/mules?after=x").want(t, "no place", 422)
	if p := o.as("main", "root").get("/account"); strings.Contains(p.body, `href="/lists"`) {
		t.Error("the navigation leads an administrator where they may not go")
	}
}
