package hooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/hooks"
	"bonafide/fault"
	"bonafide/outside/webhook"
	"bonafide/store"
	"bonafide/store/sql"
)

// guard has decisions, by tenant.
type guard struct {
	mu   sync.Mutex
	list []accounts.DecisionView // guarded by mu
}

func (g *guard) decide(actions ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range actions {
		n := int64(len(g.list) + 1)
		g.list = append(g.list, accounts.DecisionView{ID: store.DecisionID(strings.Repeat("0", 31) + string(rune('a'+n))), Sequence: n, Action: a, Made: time.Unix(1795340000+n, 0)})
	}
}

func (g *guard) Latest(context.Context, access.Actor) (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int64(len(g.list)), nil
}

func (g *guard) Follow(ctx context.Context, a access.Actor, after int64, wait time.Duration, _ string) ([]accounts.DecisionView, error) {
	if err := a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return nil, err
	}
	for end := time.Now().Add(wait); ; {
		g.mu.Lock()
		list := slices.Clone(g.list[min(int(after), len(g.list)):])
		g.mu.Unlock()
		if len(list) > 0 || time.Now().After(end) || ctx.Err() != nil {
			return list, nil
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// receiver answers with the statuses in turn, the last one for good, and checks each
// signature.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status []int
	secret string
	ids    []string // of messages, as they came
	taken  []string // of those that were taken
	kinds  []string
	bad    int
}

func receive(t *testing.T, status ...int) *receiver {
	t.Helper()
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		code := r.status[min(len(r.ids), len(r.status)-1)]
		id := req.Header.Get("webhook-id")
		r.ids = append(r.ids, id)
		if webhook.Verify(r.secret, req.Header, body, time.Now()) != nil {
			r.bad++
		}
		var m struct {
			Type string
			Data struct{ ID string }
		}
		if json.Unmarshal(body, &m) != nil || m.Type == "decision.made" && id != "dec_"+m.Data.ID {
			r.bad++
		}
		r.kinds = append(r.kinds, m.Type)
		if code == 200 {
			r.taken = append(r.taken, id[len(id)-1:])
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status ...int) { r.mu.Lock(); defer r.mu.Unlock(); r.status = status }

func (r *receiver) got() (taken string, asked, bad int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.taken, ""), len(r.ids), r.bad
}

type shop struct {
	*hooks.Desk
	t     *testing.T
	store store.Store
	guard *guard
	now   func() time.Time
	wait  time.Duration
	tried map[hooks.Outcome]*atomic.Int64
}

func newShop(t *testing.T) *shop {
	t.Helper()
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Write(t.Context(), func(r store.Records) error {
		return errors.Join(r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: time.Now()}), r.Tenants.Add(t.Context(), store.Tenant{ID: "other", Name: "Other", Created: time.Now()}))
	}); err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, store: db, guard: &guard{}, now: time.Now, wait: time.Millisecond, tried: map[hooks.Outcome]*atomic.Int64{hooks.Taken: {}, hooks.Refused: {}, hooks.GaveUp: {}}}
	s.again(true)
	return s
}

// again makes the desk anew, as a start of the server does.
func (s *shop) again(private bool) {
	s.t.Helper()
	var err error
	if s.Desk, err = hooks.New(hooks.Config{Guard: s.guard, Store: s.store, Now: func() time.Time { return s.now() }, Private: private, Wait: s.wait,
		Failed: func(what string, err error) { s.t.Log(what, err) }, Tried: func(o hooks.Outcome) { s.tried[o].Add(1) }}); err != nil {
		s.t.Fatal(err)
	}
}

// run starts the desk until the test or the returned stop ends it.
func (s *shop) run() (stop func()) {
	stop = sync.OnceFunc(s.Start(s.t.Context()))
	s.t.Cleanup(stop)
	return stop
}

func admin(t access.Tenant) access.Actor {
	return access.Actor{Tenant: t, Person: "p-1", Roles: []access.Role{access.Admin}, Confirmed: time.Now()}
}

func (s *shop) add(r *receiver, actions ...string) string {
	s.t.Helper()
	m, err := s.Add(s.t.Context(), admin("main"), hooks.NewHook{URL: r.URL + "/h?token=abc", Actions: actions, Lang: "ja"})
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.Contains(m.URL, "abc") || m.Lang != "ja" || m.State != "on" {
		s.t.Errorf("added: %+v", m.Webhook)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = m.Secret
	return m.ID
}

func (s *shop) view() hooks.Webhook {
	s.t.Helper()
	list, err := s.List(s.t.Context(), admin("main"))
	if err != nil || len(list) != 1 {
		s.t.Fatalf("%d webhooks, %v", len(list), err)
	}
	return list[0]
}

// until waits for something that comes by itself.
func (s *shop) until(what string, f func() bool) {
	s.t.Helper()
	for range 4000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("%s: never came; %+v", what, s.view())
}

func (s *shop) audited(action string) (n int) {
	s.t.Helper()
	if err := s.store.Read(s.t.Context(), func(r store.Records) error {
		list, _, err := r.Audit.List(s.t.Context(), "main", store.AuditFilter{Action: action}, 0, 100)
		n = len(list)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// TestInOrder: each decision that is wanted comes once, in its order, signed; what
// is not wanted and what was decided before does not; a restart goes on from the place.
func TestInOrder(t *testing.T) {
	s := newShop(t)
	s.guard.decide("block") // before
	r := receive(t, 200)
	s.add(r, "block", "hold")
	stop := s.run()
	s.guard.decide("block", "challenge", "hold", "challenge") // 2 to 5
	s.until("two decisions", func() bool { v := s.view(); return v.Delivered == 2 && v.Place == 5 })
	stop()
	s.guard.decide("hold") // 6, while the server is down
	s.again(true)
	s.run()
	s.guard.decide("block") // 7
	s.until("two more", func() bool { return s.view().Delivered == 4 })
	if taken, asked, bad := r.got(); taken != "cegh" || asked != 4 || bad != 0 {
		t.Errorf("taken %q of %d, %d not as they should be", taken, asked, bad)
	}
}

// TestTriesAgain: what is not taken is tried again before the next one comes, across
// a restart, and then nothing is failing any more.
func TestTriesAgain(t *testing.T) {
	s := newShop(t)
	r := receive(t, 500, 503, 302, 200)
	s.add(r)
	s.guard.decide("hold", "block")
	stop := s.run()
	s.until("a first try", func() bool { return s.view().Tries > 0 || s.view().Delivered > 0 })
	stop()
	s.again(true)
	s.run()
	s.until("both", func() bool { return s.view().Delivered == 2 })
	taken, asked, bad := r.got()
	if v := s.view(); taken != "bc" || asked < 5 || bad != 0 || v.Problem != "" || v.Failing != nil || v.Tries != 0 || v.Due != nil {
		t.Errorf("taken %q of %d: %+v", taken, asked, v)
	}
}

// TestGone: 410 stops an address at once; resumed, it goes on with the same decision.
func TestGone(t *testing.T) {
	s := newShop(t)
	r := receive(t, 410)
	id := s.add(r)
	s.guard.decide("hold")
	s.run()
	s.until("stopped", func() bool { return s.view().State == "stopped" })
	if v := s.view(); v.Problem != "status_410" || v.Dead != 0 || s.audited("webhook.stop") != 1 {
		t.Errorf("stopped: %+v, %d entries", v, s.audited("webhook.stop"))
	}
	r.answer(200)
	if v, err := s.Resume(t.Context(), admin("main"), id); err != nil || v.State != "on" || v.Problem != "" {
		t.Fatalf("resumed: %+v, %v", v, err)
	}
	s.until("taken", func() bool { return s.view().Delivered == 1 })
}

// TestGivenUp: after MostTries a decision is dead and the next one comes; after
// MostDead in a row the address stops; a dead one is sent again.
func TestGivenUp(t *testing.T) {
	s := newShop(t)
	s.wait = time.Microsecond
	s.again(true)
	r := receive(t, 500)
	id := s.add(r)
	for range hooks.MostDead + 1 {
		s.guard.decide("hold")
	}
	s.run()
	s.until("stopped", func() bool { return s.view().State == "stopped" })
	v := s.view()
	if _, asked, _ := r.got(); v.Dead != hooks.MostDead || v.Place != hooks.MostDead || asked != hooks.MostDead*hooks.MostTries || s.audited("webhook.stop") != 1 {
		t.Errorf("stopped after %d tries: %+v", asked, v)
	}
	page, err := s.Graves(t.Context(), admin("main"), id, 0)
	if err != nil || len(page.Dead) != hooks.MostDead || page.Dead[0].Sequence != hooks.MostDead || page.Dead[0].Problem != "status_500" {
		t.Fatalf("dead: %+v, %v", page, err)
	}
	if sent, err := s.SendAgain(t.Context(), admin("main"), id, 3); err != nil || sent.Taken || sent.Problem != "status_500" || s.view().Dead != hooks.MostDead {
		t.Errorf("not taken again: %+v, %v", sent, err)
	}
	r.answer(200)
	if sent, err := s.SendAgain(t.Context(), admin("main"), id, 3); err != nil || !sent.Taken || s.view().Dead != hooks.MostDead-1 {
		t.Errorf("sent again: %+v, %v", sent, err)
	}
	if _, err := s.SendAgain(t.Context(), admin("main"), id, 3); fault.KindOf(err) != fault.NotFound {
		t.Errorf("sent a third time: %v", err)
	}
	n, err := hooks.Expire{Store: s.store, Now: func() time.Time { return time.Now().AddDate(0, 0, 31) }, Days: 30}.Expire(t.Context(), false)
	if err != nil || len(n) != 1 || n[0].Erased != hooks.MostDead-1 || s.view().Dead != 0 {
		t.Errorf("swept: %+v, %v", n, err)
	}
}

// TestSendAllAgain: all that was given up is sent again in order until one is not taken;
// what was erased is forgotten; a call sends no more than MostAgain; the tries and the
// state of addresses are counted for those who run the server.
func TestSendAllAgain(t *testing.T) {
	s := newShop(t)
	s.wait = time.Microsecond
	s.again(true)
	r := receive(t, 500)
	id := s.add(r)
	for range hooks.MostDead {
		s.guard.decide("hold")
	}
	stop := s.run()
	s.until("stopped", func() bool { return s.view().State == "stopped" })
	stop()
	if x, err := s.Tally(t.Context()); err != nil || x != (hooks.Tally{Stopped: 1, Dead: hooks.MostDead}) {
		t.Errorf("tally: %+v, %v", x, err)
	}
	if up, no := s.tried[hooks.GaveUp].Load(), s.tried[hooks.Refused].Load(); up != hooks.MostDead || no != hooks.MostDead*(hooks.MostTries-1) {
		t.Errorf("%d given up and %d refused were counted", up, no)
	}
	if got, err := s.SendAllAgain(t.Context(), admin("main"), id); err != nil || got != (hooks.WebhookResent{Left: hooks.MostDead, Problem: "status_500"}) {
		t.Errorf("while it is ill: %+v, %v", got, err)
	}
	_, asked, _ := r.got()
	r.answer(append(slices.Repeat([]int{500}, asked), 200, 200, 200, 503)...)
	s.guard.mu.Lock()
	s.guard.list[1].Sequence = -1 // erased
	s.guard.mu.Unlock()
	if got, err := s.SendAllAgain(t.Context(), admin("main"), id); err != nil || got != (hooks.WebhookResent{Taken: 3, Gone: 1, Left: hooks.MostDead - 4, Problem: "status_503"}) {
		t.Errorf("until one is not taken: %+v, %v", got, err)
	}
	if taken, _, _ := r.got(); taken != "bde" {
		t.Errorf("taken %q: want the oldest first, without the erased one", taken)
	}
	r.answer(200)
	if got, err := s.SendAllAgain(t.Context(), admin("main"), id); err != nil || got != (hooks.WebhookResent{Taken: hooks.MostDead - 4}) || s.view().Dead != 0 {
		t.Errorf("the rest: %+v, %v", got, err)
	}
	if n := s.audited("webhook.send_again"); n != hooks.MostDead+1 {
		t.Errorf("%d entries in the audit, want one for each message that was posted", n)
	}
	if err := s.store.Write(t.Context(), func(r store.Records) (err error) {
		for i := range int64(hooks.MostAgain + 3) {
			err = errors.Join(err, r.Webhooks.Bury(t.Context(), store.DeadHook{Tenant: "main", Webhook: id, Sequence: 1000 + i, Decision: store.DecisionID(strings.Repeat("0", 32)), Made: time.Now(), Problem: "silent"}))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.SendAllAgain(t.Context(), admin("main"), id); err != nil || got != (hooks.WebhookResent{Gone: hooks.MostAgain, Left: 3}) {
		t.Errorf("more than a call sends: %+v, %v", got, err)
	}
}

// TestFailingForADay: an address stops when FewDead were given up in a row and nothing
// was taken for a day; quiet days between two troubles stop it not.
func TestFailingForADay(t *testing.T) {
	s := newShop(t)
	var days atomic.Int64
	s.now = func() time.Time { return time.Now().Add(time.Duration(days.Load()) * hooks.MostFailing) }
	s.again(true)
	r := receive(t, 500)
	s.add(r)
	s.run()
	s.guard.decide("hold")
	s.until("given up", func() bool { return s.view().Place == 1 })
	days.Store(2)
	r.answer(append(slices.Repeat([]int{500}, hooks.MostTries+1), 200)...)
	s.guard.decide("hold")
	s.until("taken at the second try", func() bool { return s.view().Delivered == 1 })
	r.answer(500)
	s.guard.decide("hold")
	s.until("given up again", func() bool { return s.view().Place == 3 })
	if v := s.view(); v.State != "on" || s.audited("webhook.stop") != 0 {
		t.Errorf("stopped within a day of what was taken: %+v", v)
	}
	days.Store(4)
	s.guard.decide("hold")
	s.until("given up after quiet days", func() bool { return s.view().Place == 4 })
	if v := s.view(); v.State != "on" || s.audited("webhook.stop") != 0 {
		t.Errorf("stopped by two troubles with quiet days between: %+v", v)
	}
	if x, err := s.Tally(t.Context()); err != nil || x.Failing != 1 || x.Longest < 2*hooks.MostFailing || x.Dead != 3 || x.Oldest != 0 {
		t.Errorf("tally: %+v, %v", x, err)
	}
	s.guard.decide("hold")
	s.until("stopped", func() bool { return s.audited("webhook.stop") == 1 && s.view().State == "stopped" })
	if _, asked, _ := r.got(); asked != 4*hooks.MostTries+2 {
		t.Errorf("it was asked %d times: want each decision's tries, %d", asked, 4*hooks.MostTries+2)
	}
}

// TestPrivate: without the setting an address of one's own network is not taken, and
// one that was added before is not posted to.
func TestPrivate(t *testing.T) {
	s := newShop(t)
	r := receive(t, 200)
	id := s.add(r)
	s.again(false)
	for _, address := range []string{r.URL, "https://127.0.0.1/h", "https://10.0.0.8/h", "https://localhost/h", "http://shop.example.com/h", "ftp://shop.example.com", ""} {
		if _, err := s.Add(t.Context(), admin("main"), hooks.NewHook{URL: address}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v, want Invalid", address, err)
		}
	}
	if sent, err := s.Test(t.Context(), admin("main"), id); err != nil || sent.Taken || sent.Problem != "private" {
		t.Errorf("test of a private address: %+v, %v", sent, err)
	}
	s.again(true)
	if sent, err := s.Test(t.Context(), admin("main"), id); err != nil || !sent.Taken || s.audited("webhook.test") != 2 {
		t.Errorf("test: %+v, %v", sent, err)
	}
	if _, asked, bad := r.got(); asked != 1 || bad != 0 || r.kinds[0] != "webhook.test" {
		t.Errorf("asked %d times, %d not as they should be, %v", asked, bad, r.kinds)
	}
}

// TestRights: who may not, and who is of another tenant, sees and changes nothing.
func TestRights(t *testing.T) {
	s := newShop(t)
	id := s.add(receive(t, 200))
	acts := func(a access.Actor) map[string]error {
		_, list := s.List(t.Context(), a)
		_, add := s.Add(t.Context(), a, hooks.NewHook{URL: "https://shop.example.com/h"})
		_, test := s.Test(t.Context(), a, id)
		_, resume := s.Resume(t.Context(), a, id)
		_, dead := s.Graves(t.Context(), a, id, 0)
		_, again := s.SendAgain(t.Context(), a, id, 1)
		_, all := s.SendAllAgain(t.Context(), a, id)
		return map[string]error{"all again": all, "list": list, "add": add, "test": test, "resume": resume, "dead": dead, "again": again, "remove": s.Remove(t.Context(), a, id)}
	}
	stale := admin("main")
	stale.Confirmed = time.Now().Add(-time.Hour)
	for name, err := range acts(stale) {
		if read := name == "list" || name == "dead"; read && err != nil || !read && !errors.Is(err, access.ErrConfirm) {
			t.Errorf("%s without a fresh proof: %v", name, err)
		}
	}
	analyst := access.Actor{Tenant: "main", Person: "p-2", Roles: []access.Role{access.Analyst}, Confirmed: time.Now()}
	for name, err := range acts(analyst) {
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s as an analyst: %v", name, err)
		}
	}
	for name, err := range acts(admin("other")) {
		if name != "list" && name != "add" && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s of another tenant: %v", name, err)
		}
	}
	if err := s.Remove(t.Context(), admin("main"), id); err != nil || s.audited("webhook.remove") != 1 {
		t.Errorf("remove: %v", err)
	}
}

// TestNobodySendsAgainTwice: while somebody sends again, another is told so, and nothing
// comes twice; what waits for a slow receiver is told with its age.
func TestNobodySendsAgainTwice(t *testing.T) {
	s := newShop(t)
	held, release := make(chan struct{}, 8), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { held <- struct{}{}; <-release }))
	defer slow.Close()
	m, err := s.Add(t.Context(), admin("main"), hooks.NewHook{URL: slow.URL})
	if err != nil {
		t.Fatal(err)
	}
	s.guard.decide("hold")
	if x, err := s.Tally(t.Context()); err != nil || x.On != 1 || x.Oldest <= 0 {
		t.Errorf("what waits: %+v, %v", x, err)
	}
	if err := s.store.Write(t.Context(), func(r store.Records) error {
		return r.Webhooks.Bury(t.Context(), store.DeadHook{Tenant: "main", Webhook: m.ID, Sequence: 1, Decision: store.DecisionID(strings.Repeat("0", 32)), Made: time.Now(), Problem: "silent"})
	}); err != nil {
		t.Fatal(err)
	}
	first := make(chan hooks.WebhookResent)
	go func() {
		got, err := s.SendAllAgain(t.Context(), admin("main"), m.ID)
		if err != nil {
			t.Error(err)
		}
		first <- got
	}()
	<-held
	if _, err := s.SendAllAgain(t.Context(), admin("main"), m.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("all, twice at once: %v", err)
	}
	if _, err := s.SendAgain(t.Context(), admin("main"), m.ID, 1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("one, twice at once: %v", err)
	}
	close(release)
	if got := <-first; got != (hooks.WebhookResent{Taken: 1}) || len(held) != 0 {
		t.Errorf("%+v, and %d more requests", got, len(held))
	}
	if got, err := s.SendAllAgain(t.Context(), admin("main"), m.ID); err != nil || got != (hooks.WebhookResent{}) {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}
