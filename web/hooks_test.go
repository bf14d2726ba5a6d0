package web_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts/hooks"
	"bonafide/fault"
	"bonafide/web"
)

// hookDesk is a desk with two webhooks of the tenant main; it checks rights and
// tenants as the real one does.
type hookDesk struct {
	added   hooks.NewHook
	changed hooks.HookChange
	did     []string
	resent  hooks.WebhookResent
	sent    hooks.WebhookSent
}

func (g *hookDesk) may(a access.Actor, p access.Permission, id string) error {
	if err := a.May(p, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return err
	}
	if id != "" && (a.Tenant != "main" || id != "good" && id != "ill") {
		return fault.New(fault.NotFound, "", "none")
	}
	return nil
}

func (g *hookDesk) view(id string) hooks.Webhook {
	at := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	if id == "good" {
		return hooks.Webhook{ID: id, URL: "https://shop.example/decisions", Actions: []string{"hold", "block"}, Lang: "ja", State: "on", Made: at, Delivered: 12040, LastDone: &at, Both: &at, Revision: 3}
	}
	return hooks.Webhook{ID: id, URL: "https://old.shop.example/" + evil, Actions: []string{}, Lang: "en", State: "stopped", Problem: "status_410", Made: at, Failing: &at, Due: &at, Dead: 1}
}

func (g *hookDesk) List(_ context.Context, a access.Actor) ([]hooks.Webhook, error) {
	if err := g.may(a, access.WebhookRead, ""); err != nil || a.Tenant != "main" {
		return nil, err
	}
	return []hooks.Webhook{g.view("good"), g.view("ill")}, nil
}

func (g *hookDesk) Add(_ context.Context, a access.Actor, n hooks.NewHook) (hooks.NewWebhook, error) {
	if err := g.may(a, access.WebhookManage, ""); err != nil {
		return hooks.NewWebhook{}, err
	}
	if g.added = n; !strings.HasPrefix(n.URL, "https://") {
		return hooks.NewWebhook{}, fault.New(fault.Invalid, "url", "is wrong")
	}
	return hooks.NewWebhook{Webhook: g.view("good"), Secret: "whsec_made-for-this-test"}, nil
}

func (g *hookDesk) do(a access.Actor, what, id string) error {
	err := g.may(a, access.WebhookManage, id)
	if err == nil {
		g.did = append(g.did, what+" "+id)
	}
	return err
}

func (g *hookDesk) Remove(_ context.Context, a access.Actor, id string) error {
	return g.do(a, "remove", id)
}

func (g *hookDesk) Change(_ context.Context, a access.Actor, id string, c hooks.HookChange) (hooks.Webhook, error) {
	if err := g.do(a, "change", id); err != nil {
		return hooks.Webhook{}, err
	}
	if g.changed = c; c.URL != "" && !strings.HasPrefix(c.URL, "https://") {
		return hooks.Webhook{}, fault.New(fault.Invalid, "url", "is wrong")
	}
	return g.view(id), nil
}

func (g *hookDesk) Rotate(_ context.Context, a access.Actor, id string) (hooks.NewWebhook, error) {
	return hooks.NewWebhook{Webhook: g.view(id), Secret: "whsec_another-for-this-test"}, g.do(a, "rotate", id)
}

func (g *hookDesk) Resume(_ context.Context, a access.Actor, id string) (hooks.Webhook, error) {
	return g.view(id), g.do(a, "resume", id)
}

func (g *hookDesk) Test(_ context.Context, a access.Actor, id string) (hooks.WebhookSent, error) {
	return g.sent, g.do(a, "test", id)
}

func (g *hookDesk) Graves(_ context.Context, a access.Actor, id string, before int64) (out hooks.DeadPage, err error) {
	if err := g.may(a, access.WebhookRead, id); err != nil {
		return out, err
	}
	out.Webhook = g.view(id)
	if id == "ill" && before == 0 {
		out.Dead = []hooks.DeadDecision{{Sequence: 7, Decision: "5d41402abc4b2a76b9719d911017c592", Made: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC), Problem: "silent"}}
		out.Next = 7
	}
	return out, nil
}

func (g *hookDesk) SendAgain(_ context.Context, a access.Actor, id string, sequence int64) (hooks.WebhookSent, error) {
	if sequence != 7 {
		return hooks.WebhookSent{}, fault.New(fault.NotFound, "", "none")
	}
	return g.sent, g.do(a, "again", id)
}

func (g *hookDesk) SendAllAgain(_ context.Context, a access.Actor, id string) (hooks.WebhookResent, error) {
	return g.resent, g.do(a, "again all", id)
}

// TestHookPages: state and what was given up are told in words, a secret is shown
// once, messages are sent by forms, and nothing of a stranger is more than text.
func TestHookPages(t *testing.T) {
	g := &hookDesk{}
	o := newOffice(t, func(opt *web.Options) { opt.Hooks = g })
	o.setUp()
	o.hire("main", "anna", access.Supervisor)
	o.hire("main", "root2", access.Admin)
	for _, who := range []string{"anna", "root2"} {
		v := o.as("main", who)
		for _, path := range []string{"/webhooks", "/webhooks/good", "/webhooks/ill"} {
			for _, lang := range langs {
				p := v.get(path+"?lang="+lang).want(t, path, 200)
				if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<img src=x") {
					t.Errorf("%s in %s shows what a stranger wrote as it is not", path, lang)
				}
				if i := strings.Index(p.body, "[hooks"); i >= 0 {
					t.Errorf("%s in %s lacks a text: %.40s", path, lang, p.body[i:])
				}
				if manages := strings.Contains(p.body, `method="post" action="/webhooks`); manages != (who == "root2") {
					t.Errorf("%s as %s: forms %v", path, who, manages)
				}
			}
		}
	}
	v := o.as("main", "root2")
	if p := v.get("/webhooks?lang=de"); !strings.Contains(p.body, "angenommen: 12.040") || !strings.Contains(p.body, "aufgegeben: 1") || !strings.Contains(p.body, "antwortete mit Status 410") {
		t.Error("the list does not tell how they are")
	}
	if p := v.get("/webhooks/ill?lang=en"); !strings.Contains(p.body, "What was decided since waits") || !strings.Contains(p.body, "/decisions/5d41402abc4b2a76b9719d911017c592") || !strings.Contains(p.body, "?before=7") {
		t.Error("a stopped one does not tell what to do")
	}
	if p := v.get("/webhooks/ill?before=7&lang=en").want(t, "older", 200); !strings.Contains(p.body, "Nothing was given up.") {
		t.Error("the older ones")
	}
	v.get("/webhooks/nobody").want(t, "no such webhook", 404)
	p := v.post("/webhooks", url.Values{"url": {"http://shop.example/x"}, "of": {"hold"}, "texts": {"de"}}).want(t, "no https", 422)
	if !strings.Contains(p.body, "must begin with https") || !strings.Contains(p.body, `value="http://shop.example/x"`) || !strings.Contains(p.body, `value="hold" checked`) {
		t.Error("what was typed is lost, or it is not told what is wrong")
	}
	p = v.post("/webhooks", url.Values{"url": {"https://shop.example/x"}, "of": {"hold", "block"}, "texts": {"ja"}}).want(t, "added", 200)
	if !strings.Contains(p.body, "whsec_made-for-this-test") || g.added.Lang != "ja" || !slices.Equal(g.added.Actions, []string{"hold", "block"}) {
		t.Errorf("%+v", g.added)
	}
	g.sent = hooks.WebhookSent{Problem: "silent"}
	if p := v.post("/webhooks/good/test", nil).want(t, "test", 200); !strings.Contains(p.body, "was not taken") || !strings.Contains(p.body, "did not answer") {
		t.Error("a test that failed is not told")
	}
	g.sent = hooks.WebhookSent{Taken: true, Status: 204}
	if p := v.post("/webhooks/ill/again", url.Values{"sequence": {"7"}}).want(t, "again", 200); !strings.Contains(p.body, "The message was taken.") {
		t.Error("a message that was taken is not told")
	}
	g.resent = hooks.WebhookResent{Taken: 1200, Gone: 1, Left: 7, Problem: "status_503"}
	if p := v.post("/webhooks/ill/again?lang=de", url.Values{"sequence": {"all"}}).want(t, "all again", 200); !strings.Contains(p.body, "Jetzt angenommen: 1.200. Noch aufgegeben: 7.") ||
		!strings.Contains(p.body, "Inzwischen gelöscht: 1.") || !strings.Contains(p.body, "Status 503") {
		t.Errorf("what became of all is not told: %s", p.body)
	}
	v.post("/webhooks/ill/again", url.Values{"sequence": {"x"}}).want(t, "no number", 400)
	v.post("/webhooks/ill/resume", nil).want(t, "resume", 303)
	if p := v.get("/webhooks/good?lang=en"); !strings.Contains(p.body, `name="revision" value="3"`) || !strings.Contains(p.body, `value="hold" checked`) || strings.Contains(p.body, `value="challenge" checked`) || !strings.Contains(p.body, "Earlier secret good until") {
		t.Errorf("what it is stands in the form: %s", p.body)
	}
	v.post("/webhooks/good/change", url.Values{"url": {""}, "of": {"challenge"}, "texts": {"de"}, "revision": {"3"}}).want(t, "change", 303)
	if g.changed.URL != "" || !slices.Equal(g.changed.Actions, []string{"challenge"}) || g.changed.Lang != "de" || g.changed.Revision != 3 {
		t.Errorf("changed to %+v", g.changed)
	}
	if p := v.post("/webhooks/good/change", url.Values{"url": {"http://x.example"}, "texts": {"de"}, "revision": {"3"}}).want(t, "no https", 422); !strings.Contains(p.body, `value="http://x.example"`) || !strings.Contains(p.body, "<details class=\"card\" open>") {
		t.Errorf("what was typed is lost: %s", p.body)
	}
	v.post("/webhooks/good/change", url.Values{"texts": {"de"}, "revision": {"x"}}).want(t, "no revision", 400)
	if p := v.post("/webhooks/good/rotate", nil).want(t, "rotate", 200); !strings.Contains(p.body, "whsec_another-for-this-test") || !strings.Contains(p.body, "within 24 hours") {
		t.Errorf("the secret is not shown: %s", p.body)
	}
	v.post("/webhooks/ill/remove", nil).want(t, "remove", 303)
	if want := []string{"test good", "again ill", "again all ill", "resume ill", "change good", "change good", "rotate good", "remove ill"}; !slices.Equal(g.did, want) {
		t.Errorf("%q, want %q", g.did, want)
	}
}
