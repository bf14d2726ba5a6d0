package hooks_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts/hooks"
	"bonafide/fault"
	"bonafide/outside/webhook"
	"bonafide/store"
)

// TestOneConnection: decisions that come one by one go over one connection, which
// ends with the desk.
func TestOneConnection(t *testing.T) {
	s := newShop(t)
	r := receive(t, 200)
	var made, open atomic.Int64
	web := httptest.NewUnstartedServer(r.Config.Handler)
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			made.Add(1)
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	web.Start()
	t.Cleanup(web.Close)
	r.Server = web
	id := s.add(r)
	stop := s.run()
	for i := 1; i <= 10; i++ {
		s.guard.decide("hold")
		s.until("taken", func() bool { taken, _, _ := r.got(); return len(taken) == i })
	}
	if made.Load() != 1 {
		t.Errorf("%d connections for ten decisions", made.Load())
	}
	if _, err := s.Test(t.Context(), admin("main"), id); err != nil {
		t.Fatal(err)
	}
	stop()
	s.until("the connections end", func() bool { return open.Load() == 0 })
}

// TestRotate: after a new secret messages are signed with both for a day, then with
// the new one alone; another change ends the oldest at once.
func TestRotate(t *testing.T) {
	s := newShop(t)
	var later atomic.Int64
	s.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	s.again(true)
	var mu sync.Mutex
	var head http.Header // guarded by mu
	var body []byte
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		head, body = r.Header.Clone(), raw
	}))
	t.Cleanup(web.Close)
	first, err := s.Add(t.Context(), admin("main"), hooks.NewHook{URL: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	boss := func() access.Actor { a := admin("main"); a.Confirmed = s.now(); return a }
	signs := func(secrets ...string) (out string) {
		t.Helper()
		if sent, err := s.Test(t.Context(), boss(), first.ID); err != nil || !sent.Taken {
			t.Fatalf("%+v, %v", sent, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, x := range secrets {
			out += map[bool]string{true: "y", false: "n"}[webhook.Verify(x, head, body, s.now()) == nil]
		}
		return out
	}
	second, err := s.Rotate(t.Context(), admin("main"), first.ID)
	if err != nil || second.Secret == first.Secret || !strings.HasPrefix(second.Secret, "whsec_") || strings.Contains(second.Secret, " ") || second.Both == nil || second.Revision != first.Revision+1 {
		t.Fatalf("%+v, %v", second, err)
	}
	if got := signs(first.Secret, second.Secret); got != "yy" {
		t.Errorf("right after: %s", got)
	}
	third, err := s.Rotate(t.Context(), admin("main"), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := signs(first.Secret, second.Secret, third.Secret); got != "nyy" {
		t.Errorf("after another one: %s", got)
	}
	later.Store(int64(hooks.BothFor - time.Minute))
	if got := signs(second.Secret, third.Secret); got != "yy" || s.view().Both == nil {
		t.Errorf("before the day is over: %s", got)
	}
	later.Store(int64(hooks.BothFor + time.Minute))
	if got := signs(second.Secret, third.Secret); got != "ny" || s.view().Both != nil {
		t.Errorf("after the day: %s, %+v", got, s.view())
	}
	if n := s.audited("webhook.rotate"); n != 2 {
		t.Errorf("%d entries in the audit", n)
	}
	analyst, theirs := access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Analyst}}, boss()
	if _, err := s.Rotate(t.Context(), analyst, first.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an analyst: %v", err)
	}
	theirs.Tenant = "other"
	if _, err := s.Rotate(t.Context(), theirs, first.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant: %v", err)
	}
}

// TestChange: what is decided goes to the new address from the place on, and nothing
// is lost or sent twice.
func TestChange(t *testing.T) {
	s := newShop(t)
	old, now := receive(t, 500), receive(t, 200)
	id := s.add(old)
	s.wait = time.Hour
	s.again(true)
	s.run()
	s.guard.decide("hold", "block")
	s.until("the first try", func() bool { return s.view().Tries == 1 })
	v := s.view()
	for name, c := range map[string]struct {
		a    access.Actor
		to   hooks.HookChange
		kind fault.Kind
	}{
		"an older revision": {admin("main"), hooks.HookChange{Lang: "de", Revision: v.Revision - 1}, fault.Conflict},
		"another tenant":    {admin("other"), hooks.HookChange{Lang: "de", Revision: v.Revision}, fault.NotFound},
		"no right":          {access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Analyst}}, hooks.HookChange{Lang: "de", Revision: v.Revision}, fault.Forbidden},
		"no https":          {admin("main"), hooks.HookChange{URL: "http://shop.example/h", Lang: "de", Revision: v.Revision}, fault.Invalid},
		"no action":         {admin("main"), hooks.HookChange{Actions: []string{"allow"}, Lang: "de", Revision: v.Revision}, fault.Invalid},
		"no language":       {admin("main"), hooks.HookChange{Lang: "fr", Revision: v.Revision}, fault.Invalid},
	} {
		if _, err := s.Change(t.Context(), c.a, id, c.to); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := s.view(); got.Revision != v.Revision || got.Lang != v.Lang {
		t.Errorf("a refused change left something: %+v", got)
	}
	old.mu.Lock()
	now.secret = old.secret
	old.mu.Unlock()
	got, err := s.Change(t.Context(), admin("main"), id, hooks.HookChange{URL: now.URL + "/new?token=xyz", Lang: "de", Revision: v.Revision})
	if err != nil || got.URL != now.URL+"/new?…" || got.Lang != "de" || got.Revision != v.Revision+1 || got.Tries != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	s.until("both come", func() bool { taken, _, _ := now.got(); return len(taken) == 2 })
	if taken, asked, bad := now.got(); taken != "bc" || asked != 2 || bad != 0 {
		t.Errorf("%q taken, %d asked, %d bad", taken, asked, bad)
	}
	if got, err = s.Change(t.Context(), admin("main"), id, hooks.HookChange{Actions: []string{"block"}, Lang: "de", Revision: got.Revision}); err != nil || got.URL != now.URL+"/new?…" {
		t.Errorf("without an address it stays: %+v, %v", got, err)
	}
	if s.audited("webhook.change") != 2 {
		t.Errorf("%d entries in the audit", s.audited("webhook.change"))
	}
}

// unread is a store in which the webhooks of one tenant cannot be read.
type unread struct{ store.Store }

func (u unread) Read(ctx context.Context, f func(store.Records) error) error {
	return u.Store.Read(ctx, func(r store.Records) error {
		r.Webhooks = noneOf{r.Webhooks}
		return f(r)
	})
}

type noneOf struct{ store.Webhooks }

func (n noneOf) All(ctx context.Context, t access.Tenant) ([]store.Webhook, error) {
	if t == "main" {
		return nil, fault.New(fault.Internal, "", "a sealed value cannot be opened")
	}
	return n.Webhooks.All(ctx, t)
}

// TestUnreadTenant: a tenant whose webhooks cannot be read stops no other, and is told.
func TestUnreadTenant(t *testing.T) {
	s := newShop(t)
	r := receive(t, 200)
	made, err := s.Add(t.Context(), admin("other"), hooks.NewHook{URL: r.URL})
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.secret = made.Secret
	r.mu.Unlock()
	var told atomic.Value
	if s.Desk, err = hooks.New(hooks.Config{Guard: s.guard, Store: unread{s.store}, Now: s.now, Private: true, Wait: s.wait,
		Failed: func(_ string, err error) { told.Store(err.Error()) }}); err != nil {
		t.Fatal(err)
	}
	s.run()
	s.guard.decide("hold")
	for range 2000 {
		if taken, _, _ := r.got(); len(taken) == 1 {
			if text, _ := told.Load().(string); !strings.Contains(text, "of tenant main") {
				t.Errorf("told %q", text)
			}
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("the other tenant's decision never came")
}
