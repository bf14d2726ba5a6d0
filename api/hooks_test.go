package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/desk/accounts/hooks"
)

// listener is a shop's program that checks signatures as docs/webhooks.md has them.
type listener struct {
	*httptest.Server
	mu     sync.Mutex // guards what follows
	status int
	secret string
	good   []string // ids of messages that were signed and taken
	asked  int
	bad    int
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{status: 200}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(l.secret, "whsec_"))
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		if l.asked++; !strings.Contains(r.Header.Get("webhook-signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))) || !json.Valid(body) {
			l.bad++
		}
		if l.status == 200 {
			l.good = append(l.good, r.Header.Get("webhook-id"))
		}
		w.WriteHeader(l.status)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) set(status int, secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.status = status; secret != "" {
		l.secret = secret
	}
}

func (l *listener) got() (good, asked, bad int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.good), l.asked, l.bad
}

// TestWebhooksFromEventToReceiver: what is decided of an event that came through the
// door is posted, signed; what the receiver does not take is tried, given up, listed
// and sent again; each route works on the address that it names, and on no other's.
func TestWebhooksFromEventToReceiver(t *testing.T) {
	x, shop := newTill(t), listen(t)
	ask := func(key, method, path, body string, status int, into any) {
		t.Helper()
		rec := x.ask(method, path, key, body)
		if rec.Code != status || into != nil && json.Unmarshal(rec.Body.Bytes(), into) != nil {
			t.Fatalf("%s %s: %d %s, want %d", method, path, rec.Code, rec.Body, status)
		}
	}
	var made hooks.NewWebhook
	ask("hooks", "POST", "/v1/webhooks", fmt.Sprintf(`{"url":%q,"lang":"de"}`, shop.URL+"/d?token=t"), 200, &made)
	shop.set(200, made.Secret)
	defer x.posts.Start(t.Context())()
	at := "/v1/webhooks/" + made.ID
	until := func(what string, ok func(good, asked int) bool) {
		t.Helper()
		for range 2000 {
			good, asked, bad := shop.got()
			if bad > 0 {
				t.Fatalf("%s: %d messages were not signed", what, bad)
			}
			if ok(good, asked) {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("%s never came", what)
	}
	x.decisionOf("one")
	until("the decision", func(good, _ int) bool { return good == 1 })

	shop.set(500, "")
	x.decisionOf("two")
	until("the last try", func(_, asked int) bool { return asked == 1+hooks.MostTries })
	var page hooks.DeadPage
	for range 2000 { // the last try is noted after its answer
		if ask("hooks", "GET", at+"/dead", "", 200, &page); len(page.Dead) == 1 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if len(page.Dead) != 1 || page.Dead[0].Problem != "status_500" || page.Webhook.Dead != 1 {
		t.Fatalf("given up: %+v", page)
	}
	var all hooks.WebhookResent
	if ask("hooks", "POST", at+"/dead", "", 200, &all); all != (hooks.WebhookResent{Left: 1, Problem: "status_500"}) {
		t.Errorf("all again while it is ill: %+v", all)
	}
	again := fmt.Sprintf("%s/dead/%d", at, page.Dead[0].Sequence)
	var sent hooks.WebhookSent
	if ask("hooks", "POST", again, "", 200, &sent); sent.Taken || sent.Status != 500 {
		t.Errorf("it is still ill: %+v", sent)
	}
	shop.set(200, "")
	all = hooks.WebhookResent{}
	if ask("hooks", "POST", at+"/dead", "", 200, &all); all != (hooks.WebhookResent{Taken: 1}) {
		t.Errorf("all again: %+v", all)
	}
	if ask("hooks", "POST", again, "", 404, nil); sent.Taken {
		t.Errorf("sent again: %+v", sent)
	}
	page = hooks.DeadPage{}
	if ask("hooks", "GET", at+"/dead", "", 200, &page); len(page.Dead) != 0 {
		t.Errorf("still dead: %+v", page)
	}
	if ask("hooks", "POST", at+"/test", "", 200, &sent); !sent.Taken {
		t.Errorf("a test: %+v", sent)
	}
	x.changed(ask, at, page.Webhook, shop)
	ask("hooks", "DELETE", at, "", 204, nil)
	ask("hooks", "GET", at+"/dead", "", 404, nil)
}

// changed tries what changes an address.
func (x *till) changed(ask func(key, method, path, body string, status int, into any), at string, is hooks.Webhook, shop *listener) {
	x.t.Helper()
	to := fmt.Sprintf(`{"actions":["block"],"lang":"ja","revision":%d}`, is.Revision)
	var now hooks.Webhook
	if ask("hooks", "PATCH", at, to, 200, &now); now.Lang != "ja" || len(now.Actions) != 1 || now.URL != is.URL || now.Revision != is.Revision+1 {
		x.t.Errorf("changed to %+v", now)
	}
	ask("hooks", "PATCH", at, to, 409, nil)
	ask("hooks", "PATCH", at, `{"actions":["allow"],"lang":"ja","revision":2}`, 422, nil)
	var made hooks.NewWebhook
	if ask("hooks", "POST", at+"/rotate", "", 200, &made); made.Secret == "" || made.Both == nil {
		x.t.Errorf("a new secret: %+v", made)
	}
	shop.set(200, made.Secret)
	var sent hooks.WebhookSent
	if ask("hooks", "POST", at+"/test", "", 200, &sent); !sent.Taken {
		x.t.Errorf("with the new secret: %+v", sent)
	}
	if _, _, bad := shop.got(); bad != 0 {
		x.t.Errorf("%d messages were not signed with the new secret", bad)
	}
	ask("hooks", "POST", at+"/resume", "", 200, nil)
	for _, q := range [][3]string{{"PATCH", at, fmt.Sprintf(`{"actions":[],"lang":"ja","revision":%d}`, made.Revision)}, {"POST", at + "/rotate"}, {"POST", at + "/resume"}, {"POST", at + "/test"}, {"GET", at + "/dead"}, {"POST", at + "/dead/1"}, {"DELETE", at}} {
		ask("their hooks", q[0], q[1], q[2], 404, nil)
		ask("all", q[0], q[1], q[2], 403, nil)
	}
}
