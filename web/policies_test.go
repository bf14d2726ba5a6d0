package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/data"
	"bonafide/desk/policies"
	"bonafide/desk/replays"
	"bonafide/eval/simulate/shop"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/web"
)

// smallPolicy is one that is quickly read.
func smallPolicy(many int) string {
	return fmt.Sprintf(`policy: orders
version: 1
thresholds: {challenge: 50}
decides: [order.placed]
declare:
  - {window: orders_1h, on: order.placed, key: event.account, measure: count, span: 1h}
  - {window: orders_2h, on: order.placed, key: event.account, measure: count, span: 2h}
rules:
  - id: many
    on: order.placed
    when: orders_1h >= %d
    score: 60
    reason: {en: many, de: viele, ja: 多数}
cases:
  - name: three orders <b>
    events: [{at: 0s, type: order.placed, repeat: %d, every: 1m, data: {account: a, order: {id: "o{n}", amount: 1, currency: JPY}}}]
    must: challenge
`, many, many)
}

// ruleDesk is a desk of policies of the tenant main with policy 1; it checks rights
// and tenants as the real one does.
type ruleDesk struct {
	t     testing.TB
	state store.PolicyState
	two   bool
	said  string // how the reader is named as the one who proposed
}

func (r *ruleDesk) find(a access.Actor, p access.Permission, number int64) error {
	if err := a.May(p, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return err
	}
	if number != 0 && (a.Tenant != "main" || number != 1) {
		return fault.New(fault.NotFound, "", "none")
	}
	return nil
}

func (r *ruleDesk) view(a access.Actor) policies.View {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	proof, _ := json.Marshal(policies.Proof{Problems: []string{}, Warnings: []string{evil}, Cases: 12, Cost: 900, Replayed: 120_000, Days: 7, Accounts: 20_000, Annoyed: 12, AnnoyedBefore: 10})
	v := policies.View{Number: 1, Name: "orders", Version: 1, Digest: strings.Repeat("ab", 32), State: r.state, Made: now, Author: "p-1", Revision: 2, Text: strings.Replace(smallPolicy(4), "reason: {en: many", "reason: {en: \"many "+strings.ReplaceAll(evil, `"`, "")+"\"", 1),
		Steps: []policies.Step{{State: store.PolicyDraft, Actor: "p-1", Made: now, Why: "fewer alarms for firms " + evil}, {State: r.state, Actor: "p-2", Made: now.Add(time.Hour), Why: "a week in the shadow looked right", Proof: proof}}}
	if r.said != "" {
		v.Steps[1].Actor = string(store.ActorOf(a))
	}
	return v
}

func (r *ruleDesk) ListWithSteps(_ context.Context, a access.Actor, _ int64, _ int) (list []policies.View, next int64, err error) {
	if err = r.find(a, access.PolicyRead, 0); err == nil && a.Tenant == "main" && r.state != "" {
		list = []policies.View{r.view(a)}
	}
	return list, 0, err
}

func (r *ruleDesk) Open(_ context.Context, a access.Actor, n int64) (policies.View, error) {
	if err := r.find(a, access.PolicyRead, n); err != nil {
		return policies.View{}, err
	}
	if n == 0 {
		return policies.View{}, fault.New(fault.NotFound, "", "none")
	}
	return r.view(a), nil
}

func (r *ruleDesk) Text(_ context.Context, a access.Actor, n int64) (string, error) {
	return smallPolicy(3), r.find(a, access.PolicyRead, n)
}

func (r *ruleDesk) Live(context.Context, access.Tenant) ([]byte, int64, error) {
	return []byte(smallPolicy(3)), 0, nil
}

func (r *ruleDesk) Examine(_ context.Context, a access.Actor, text []byte) (*policies.Finding, error) {
	if err := r.find(a, access.PolicyRead, 0); err != nil {
		return nil, err
	}
	if strings.Contains(string(text), "ordrs") {
		return &policies.Finding{Wrong: &policies.Place{Line: 11, Column: 11, Text: "there is no ordrs_1h " + evil}}, nil
	}
	return &policies.Finding{Name: "orders", Version: 1, Digest: strings.Repeat("ab", 32), Rules: 1, Cost: 900, CostOf: "order.placed", MaxCost: 200_000,
		Tables: []policies.TableView{{ID: "gift_cards", Line: 8, Hit: "first", On: []string{"order.placed"}, Inputs: []string{"list.firms", "gifts_1h", "order.payment"}, Rows: []policies.RowView{
			{Rule: "gift_cards_firm", Line: 12, Cells: []string{"true", "-", "-"}}, {Rule: "gift_cards_2", Line: 13, Cells: []string{"-", ">= 10", "not(invoice) " + evil}, Score: 40, Action: "challenge", Shop: []string{"hide_gift_cards"}}}}},
		Warnings: []policies.Place{{Line: 7, Column: 14, Text: "orders_2h is never asked for " + evil}}, Cases: []policy.CaseResult{{Name: "three orders", Problems: nil}, {Name: evil, Problems: []string{"challenge was not reached " + evil}}}, Failed: 1}, nil
}

func (r *ruleDesk) Compare(_ context.Context, a access.Actor, _ string) (policies.Comparison, error) {
	return policies.Comparison{Added: 1, Removed: 1, Lines: []policies.DiffLine{{Kind: ' ', Old: 10, New: 10, Text: "    on: order.placed"}, {Kind: '-', Old: 11, Text: "    when: orders_1h >= 3"}, {Kind: '+', New: 11, Text: "    when: orders_1h >= 4 # " + evil}, {Kind: '@'}}}, r.find(a, access.PolicyRead, 0)
}

func (r *ruleDesk) Draft(_ context.Context, a access.Actor, _ []byte, why string) (policies.View, error) {
	if _, err := a.Because(access.PolicyEdit, access.Of{Tenant: a.Tenant}, why, time.Now()); err != nil {
		return policies.View{}, err
	}
	return r.view(a), nil
}

func (r *ruleDesk) step(a access.Actor, p access.Permission, w policies.Wish) (policies.View, error) {
	if err := r.find(a, p, w.Number); err != nil {
		return policies.View{}, err
	}
	if w.Revision != 2 {
		return policies.View{}, &policies.Refused{Proof: &policies.Proof{Problems: []string{"it would have stopped 300 of 2000 good accounts " + evil}}}
	}
	_, err := a.Because(p, access.Of{Tenant: a.Tenant}, w.Why, time.Now())
	return r.view(a), err
}

func (r *ruleDesk) Shadow(_ context.Context, a access.Actor, w policies.Wish) (policies.View, error) {
	return r.step(a, access.PolicyEdit, w)
}

func (r *ruleDesk) Publish(_ context.Context, a access.Actor, w policies.Wish) (policies.View, error) {
	return r.step(a, access.PolicyPublish, w)
}

func (r *ruleDesk) Retire(_ context.Context, a access.Actor, w policies.Wish) (policies.View, error) {
	return r.step(a, access.PolicyEdit, w)
}

func (r *ruleDesk) RollBack(_ context.Context, a access.Actor, why string) (int64, error) {
	_, err := a.Because(access.PolicyPublish, access.Of{Tenant: a.Tenant}, why, time.Now())
	return 0, err
}

func (r *ruleDesk) Guardrails() policies.Guardrails { return policies.Guardrails{ReplayDays: 7} }
func (r *ruleDesk) TwoPersons() bool                { return r.two }

// runDesk is a desk of replays of the tenant main with replay 1, which is done, and
// 2, which is at work; it checks rights and tenants as the real one does.
type runDesk struct {
	rep   *replay.Report
	empty bool

	mu    sync.Mutex
	state replays.State // of replay 2; guarded by mu
}

func (r *runDesk) set(s replays.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = s
}

func (r *runDesk) one(n int64) replays.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	x := replays.Run{Number: n, State: replays.Done, Author: "p-1", Asked: now, Begun: now, Ended: now, Expires: now.AddDate(0, 0, 30), From: now.AddDate(0, 0, -7), To: now, Events: 120_400, Changed: 77, At: now.AddDate(0, 0, -2),
		Candidate: replays.Compared{Number: 1, Name: "orders", Version: 2}, Baseline: replays.Compared{Name: "marketplace-takeover", Version: 2}}
	if n == 2 {
		x.State, x.Result = r.state, nil
		if r.state == replays.Failed {
			x.Trouble = evil
		}
	}
	return x
}

func (r *runDesk) find(a access.Actor, p access.Permission, n int64) error {
	if err := a.May(p, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return err
	}
	if n != 0 && (a.Tenant != "main" || n < 0 || n > 2) {
		return fault.New(fault.NotFound, "", "none")
	}
	return nil
}

func (r *runDesk) Start(_ context.Context, a access.Actor, w replays.Wish) (replays.Run, error) {
	if err := r.find(a, access.PolicyReplay, 0); err != nil {
		return replays.Run{}, err
	}
	if w.Policy != 0 && a.Tenant != "main" {
		return replays.Run{}, fault.New(fault.NotFound, "", "none")
	}
	if !w.To.IsZero() && !w.From.Before(w.To) {
		return replays.Run{}, fault.New(fault.Invalid, "from", "is not before the end")
	}
	return r.one(2), nil
}

func (r *runDesk) List(_ context.Context, a access.Actor) (list []replays.Run, err error) {
	if err = r.find(a, access.PolicyRead, 0); err == nil && a.Tenant == "main" && !r.empty {
		list = []replays.Run{r.one(2), r.one(1)}
	}
	return list, err
}

func (r *runDesk) Open(_ context.Context, a access.Actor, n int64) (replays.Run, error) {
	x := r.one(n)
	if n == 1 {
		x.Result = r.rep
	}
	return x, r.find(a, access.PolicyRead, n)
}

func (r *runDesk) Cancel(_ context.Context, a access.Actor, n int64) error {
	return r.find(a, access.PolicyReplay, n)
}

func (r *runDesk) Limits() replays.Limits {
	return replays.Limits{MaxDays: 400, KeepDays: 30, Waiting: 4}
}

// found is a report with something of everything, of which strangers wrote what they can.
func found() *replay.Report {
	half, most, few := .5, .934, .0123
	rules := []replay.Rule{{ID: "gift_cards_by_the_dozen", Hits: 1_204, Alone: 12, Accounts: 130, Fraud: 120, Genuine: 3, NewlyStopped: 9, NewlyAnnoyed: 2, Precision: &most}, {ID: "new_device_and_recipient", Hits: 77, Precision: nil}}
	r := &replay.Report{Form: 1, Events: 120_400, Decided: 31_007, Outside: 400_123, Accounts: replay.Accounts{Seen: 20_000, Fraud: 210, Genuine: 120, Unknown: 19_670}, NewlyCaught: 7, NewlyMissed: 1, NewlyAnnoyed: 12, NewlyFreed: 3,
		Baseline:  replay.Side{Stopped: 1_500, CaughtAccounts: 190, AnnoyedAccounts: 30, AnnoyedShare: &few, Precision: &half, Recall: &most, Rules: rules},
		Candidate: replay.Side{Stopped: 1_700, CaughtAccounts: 196, AnnoyedAccounts: 39, AnnoyedShare: &few, Precision: &most, Recall: &most, Rules: rules},
		Money: []replay.Money{{Currency: "EUR", Placed: 123_456_789, Baseline: 4_000_000, Candidate: 4_500_000, New: 600_000, Gone: 100_000, Fraud: 5_000_000, FraudBaseline: 3_000_000, FraudCandidate: 3_800_000},
			{Currency: "JPY", Placed: 9_876_543, Baseline: 300_000, Candidate: 280_000}},
		Conflicts: []replay.Conflict{{Kind: "never", Rules: []string{"silent"}}, {Kind: "opposite", Rules: []string{"a", "b"}}}}
	for i := range 30 {
		r.Days = append(r.Days, replay.Day{Day: time.Date(2026, 10, 24+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Events: 4000, Baseline: int64(40 + i*i%37), Candidate: int64(43 + i*7%41)})
	}
	for _, list := range []*[]replay.Example{&r.Examples.Annoyed, &r.Examples.Caught, &r.Examples.Missed, &r.Examples.Freed} {
		*list = []replay.Example{{Source: evil, ID: evil, Type: "order.placed", Time: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Account: "a1b2c3d4e5f60718293a4b5c6d7e8f90", Order: evil,
			Baseline: replay.Outcome{Action: "allow"}, Candidate: replay.Outcome{Action: "hold", Score: 80, Rules: []string{"gift_cards_by_the_dozen"}}}}
	}
	return r
}

// TestPolicyPages: what strangers wrote is only text, every state has its buttons,
// what is wrong is shown at its line, and what was typed is not lost.
func TestPolicyPages(t *testing.T) {
	rules, runs := &ruleDesk{t: t, state: store.PolicyShadow}, &runDesk{rep: found(), state: replays.Running}
	o := newOffice(t, func(opt *web.Options) { opt.Policies, opt.Replays = rules, runs })
	o.setUp()
	o.hire("main", "anna", access.Analyst)
	o.hire("main", "sue", access.Supervisor)
	anna, sue := o.as("main", "anna"), o.as("main", "sue")
	for _, path := range []string{"/policies", "/policies/1", "/policies/new", "/replays", "/replays/1", "/replays/2"} {
		for _, lang := range langs {
			p := sue.get(path+"?lang="+lang).want(t, path, 200)
			if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<img src=x") || strings.Contains(p.body, "three orders <b>") {
				t.Errorf("%s in %s shows what a stranger wrote as it is not", path, lang)
			}
			for _, prefix := range []string{"[polic", "[repla", "[staff"} {
				if i := strings.Index(p.body, prefix); i >= 0 {
					t.Errorf("%s in %s lacks a text: %.50s", path, lang, p.body[i:])
				}
			}
		}
	}
	for state, c := range map[store.PolicyState]struct{ has, not []string }{
		store.PolicyDraft:     {[]string{"/1/shadow", "/1/retire"}, []string{"/1/publish", "/1/rollback"}},
		store.PolicyShadow:    {[]string{"/1/publish", "/1/retire"}, []string{"/1/shadow", "/1/rollback"}},
		store.PolicyProposed:  {[]string{"/1/publish", "/1/retire"}, []string{"/1/shadow", "/1/rollback"}},
		store.PolicyLive:      {[]string{"/1/rollback"}, []string{"/1/shadow", "/1/publish", "/1/retire"}},
		store.PolicyRetired:   {[]string{"/1/shadow"}, []string{"/1/publish", "/1/retire", "/1/rollback"}},
		store.PolicyWithdrawn: {[]string{"/1/shadow"}, []string{"/1/publish", "/1/retire", "/1/rollback"}},
	} {
		rules.state = state
		p := sue.get("/policies/1").want(t, string(state), 200)
		for i, list := range [][]string{c.has, c.not} {
			for _, x := range list {
				if strings.Contains(p.body, `action="/policies`+x+`"`) != (i == 0) {
					t.Errorf("%s: the button for %s", state, x)
				}
			}
		}
		if a := anna.get("/policies/1").want(t, string(state), 200); strings.Contains(a.body, `formaction="/policies/1/publish"`) || strings.Contains(a.body, `formaction="/policies/1/rollback"`) {
			t.Errorf("%s: an analyst is offered to publish", state)
		}
	}
	rules.state, rules.two, rules.said = store.PolicyProposed, true, "me"
	if p := sue.get("/policies/1?lang=en"); !strings.Contains(p.body, "another person must agree") || !strings.Contains(p.body, " disabled>") {
		t.Error("who proposed may agree")
	}
	wrong := strings.Replace(smallPolicy(3), "orders_1h >=", "ordrs_1h >=", 1)
	p := anna.post("/policies/check?lang=en", url.Values{"text": {strings.ReplaceAll(wrong, "\n", "\r\n")}, "reason": {"my reason"}, "from": {"0"}}).want(t, "check", 200)
	for _, want := range []string{"line 11, column 11", `<mark class="pro">    when: ordrs_1h`, "▲", "my reason", `data-line="11"`, "ordrs_1h &gt;= 3\n    score"} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the check of a wrong text lacks %q", want)
		}
	}
	if p := anna.post("/policies?lang=en", url.Values{"text": {smallPolicy(5)}, "reason": {"no"}}).want(t, "no reason", 422); !strings.Contains(p.body, "orders_1h &gt;= 5") || !strings.Contains(p.body, "Say why") {
		t.Error("what was typed is lost")
	}
	rules.state, rules.two, rules.said = store.PolicyShadow, false, ""
	if p := sue.post("/policies/1/publish?lang=en", url.Values{"revision": {"1"}, "reason": {"it looks right"}}).want(t, "refused", 422); !strings.Contains(p.body, "300 of 2000 good accounts") || !strings.Contains(p.body, `value="it looks right"`) {
		t.Error("why it was refused, or the reason, is not shown")
	}
	sue.post("/policies/1/publish", url.Values{"revision": {"2"}, "reason": {"x"}}).want(t, "no reason to publish", 422)
	rules.state, runs.empty = "", true
	if p := anna.get("/policies?lang=en"); !strings.Contains(p.body, "No policies of your own yet") || !strings.Contains(p.body, "/policies/new") {
		t.Error("an empty list does not say what to do first")
	}
	if p := anna.get("/replays?lang=en"); !strings.Contains(p.body, "No replays yet") {
		t.Error("an empty list of replays says nothing")
	}
	if p := anna.post("/replays?lang=en", url.Values{"policy": {"1"}, "against": {"-2"}, "from": {"2026-11-20"}, "until": {"2026-11-10"}}).want(t, "backwards", 422); !strings.Contains(p.body, `value="2026-11-10"`) {
		t.Error("the period that was typed is lost")
	}
	anna.post("/replays", url.Values{"policy": {"no number"}, "against": {"-2"}, "from": {"2026-11-10"}, "until": {"2026-11-20"}}).want(t, "no number of a policy", 422)
	for s, text := range map[replays.State]string{replays.Interrupted: "The server stopped", replays.Cancelled: "It was cancelled", replays.Failed: "It failed", replays.Waiting: "It waits for its turn"} {
		runs.set(s)
		if p := anna.get("/replays/2?lang=en").want(t, string(s), 200); !strings.Contains(p.body, text) || strings.Contains(p.body, "data-watch") == s.Ended() {
			t.Errorf("%s is not told", s)
		}
	}
}

// TestReplayCharts: diagrams have titles, their numbers stand in tables too, and
// nothing is drawn beyond its image.
func TestReplayCharts(t *testing.T) {
	o := newOffice(t, func(opt *web.Options) { opt.Replays = &runDesk{rep: found()} })
	o.setUp()
	o.hire("main", "anna", access.Analyst)
	p := o.as("main", "anna").get("/replays/1?lang=de").want(t, "replay", 200)
	if n := strings.Count(p.body, `<svg class="chart"`); n != 5 || strings.Count(p.body, `role="img"`) != n || strings.Count(p.body, "<title id=") != n {
		t.Errorf("%d diagrams", n)
	}
	for _, want := range []string{"1.234.567,89 EUR", "9.876.543 JPY", "93,4\u00a0%", "2026-11-22", "gift_cards_by_the_dozen", "Neu aufgehaltene Konten: 19", `href="/accounts/a1b2c3d4e5f60718293a4b5c6d7e8f90"`} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"NaN", "Inf", `width="-`, `height="-`, "ZgotmplZ"} {
		if strings.Contains(p.body, bad) {
			t.Errorf("a diagram has %s", bad)
		}
	}
}

// TestNewsOfDecisions: the page hears how many there are, of the action that it
// shows, and nothing about them.
func TestNewsOfDecisions(t *testing.T) {
	o := newOffice(t)
	o.setUp()
	o.hire("main", "anna", access.Analyst)
	v := o.as("main", "anna")
	if p := v.get("/decisions"); !strings.Contains(p.body, `data-news="/decisions/news?after=7"`) {
		t.Error("the list does not say where to hear of news")
	}
	if p := v.get("/decisions?label=fraud"); strings.Contains(p.body, "data-news") {
		t.Error("a list of labelled decisions waits for new ones")
	}
	if p := v.get("/decisions/news?after=6").want(t, "news", 200); !strings.Contains(p.body, "id: 7\nevent: news\ndata: 1\n") || strings.Contains(p.body, "alert(1)") || p.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s", p.body)
	}
	if p := v.get("/decisions/news?after=6", "Last-Event-ID", "7"); strings.Contains(p.body, "event: news") {
		t.Error("a browser that comes back hears the same again")
	}
	if p := v.get("/decisions/news?after=6&action=hold"); strings.Contains(p.body, "event: news") {
		t.Error("another action is counted")
	}
	v.get("/decisions/news?after=x").want(t, "no place", 422)
}

// TestPolicyLife: from the text that ships to one that decides and back, by the
// pages and the real desks behind them.
func TestPolicyLife(t *testing.T) {
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "policies.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	shipped := []byte(smallPolicy(3))
	rules, err := policies.New(policies.Config{Store: db, Data: data.FS, Now: time.Now, Shipped: shipped, TwoPersons: true})
	if err != nil {
		t.Fatal(err)
	}
	stream := shop.Make(shop.Options{Seed: 4, Accounts: 40, Days: 20, Takeovers: 4}).Events
	shift := time.Since(stream[len(stream)-1].Time)
	runs, err := replays.New(replays.Config{Store: db, Data: data.FS, Now: time.Now, Shipped: shipped,
		History: func(context.Context, access.Tenant, time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
			return func(yield func(event.Event, error) bool) {
				for _, e := range stream {
					if e.Time = e.Time.Add(shift); !yield(e, nil) {
						return
					}
				}
			}, nil, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = runs.Close() })
	o := newOffice(t, func(opt *web.Options) { opt.Policies, opt.Replays = rules, runs })
	o.setUp()
	o.hire("main", "sue", access.Supervisor)
	o.hire("main", "tom", access.Supervisor)
	sue, tom := o.as("main", "sue"), o.as("main", "tom")
	why := func(revision string) url.Values {
		return url.Values{"revision": {revision}, "reason": {"fewer alarms"}}
	}
	made := sue.post("/policies", url.Values{"text": {strings.ReplaceAll(smallPolicy(2), "\n", "\r\n")}, "reason": {"catch them sooner"}}).want(t, "draft", 303)
	if made.header.Get("Location") != "/policies/1?said=done" {
		t.Fatalf("sent to %s", made.header.Get("Location"))
	}
	sue.post("/policies", url.Values{"text": {smallPolicy(2)}, "reason": {"the same again"}}).want(t, "the very text", 409)
	run := sue.post("/policies/1/preview", nil).want(t, "preview", 303).header.Get("Location")
	var p page
	for range 500 {
		if p = sue.get(run + "?lang=en"); !strings.Contains(p.body, "data-watch") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !strings.Contains(p.body, "Newly stopped accounts: ") || !strings.Contains(p.body, `<svg class="chart"`) {
		t.Errorf("the preview ended with %.3000s", p.body)
	}
	if p := sue.get("/policies/1?lang=en"); !strings.Contains(p.body, "Newly stopped:") || !strings.Contains(p.body, "lines: 2 added, 2 removed") {
		t.Error("the page of the policy has no preview, or no differences")
	}
	sue.post("/policies/1/publish", why("1")).want(t, "a draft", 409)
	sue.post("/policies/1/shadow", why("1")).want(t, "shadow", 303)
	sue.post("/policies/1/publish", why("2")).want(t, "propose", 303)
	sue.post("/policies/1/publish", why("3")).want(t, "agree with oneself", 403)
	tom.post("/policies/1/publish", why("3")).want(t, "agree", 303)
	if p := sue.get("/policies?lang=en"); !strings.Contains(p.body, "This one decides:") {
		t.Error("the list does not say which decides")
	}
	tom.post("/policies/1/rollback", why("3")).want(t, "an old page", 409)
	tom.post("/policies/1/rollback", why("4")).want(t, "roll back", 303)
	if p := sue.get("/policies/1?lang=en"); !strings.Contains(p.body, "Rolled back") || strings.Count(p.body, "fewer alarms") < 3 {
		t.Error("the history is not whole")
	}
	sue.get("/policies/99").want(t, "none", http.StatusNotFound)
	sue.get("/policies/x").want(t, "no number", http.StatusNotFound)
}
