package policies_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/access"
	"bonafide/account/burst"
	"bonafide/account/event"
	"bonafide/account/replay"
	"bonafide/data"
	"bonafide/desk/policies"
	"bonafide/eval/simulate/shop"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

type office struct {
	*policies.Desk
	t   *testing.T
	db  store.Store
	now time.Time
}

func shipped(t *testing.T) []byte {
	t.Helper()
	raw, err := fs.ReadFile(data.FS, "account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func open(t *testing.T, change func(*policies.Config)) *office {
	t.Helper()
	e := storetest.SQLite()
	o := &office{t: t, db: e.Open(t), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	c := policies.Config{Store: o.db, Data: data.FS, Now: func() time.Time { return o.now }, Shipped: shipped(t)}
	if change != nil {
		change(&c)
	}
	var err error
	if o.Desk, err = policies.New(c); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) who(person string, roles ...access.Role) access.Actor {
	return access.Actor{Tenant: "main", Person: person, Roles: roles, Confirmed: o.now}
}

func small(version string) []byte {
	return []byte(`policy: orders
version: ` + version + `
thresholds: {challenge: 50}
decides: [order.placed]
declare:
  - {window: orders_1h, on: order.placed, key: event.account, measure: count, span: 1h}
rules:
  - id: many
    on: order.placed
    when: orders_1h >= 3
    score: 60
    reason: {en: many, de: viele, ja: 多数}
cases:
  - name: three orders
    events: [{at: 0s, type: order.placed, repeat: 3, every: 1m, data: {account: a, order: {id: "o{n}", amount: 1, currency: JPY}}}]
    must: challenge
`)
}

func (o *office) draft(text []byte) policies.View {
	o.t.Helper()
	v, err := o.Draft(o.t.Context(), o.who("p-1", access.Analyst), text, "the first of its kind")
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

// live brings a text to decide.
func (o *office) live(text []byte) policies.View {
	o.t.Helper()
	o.now = o.now.Add(time.Minute)
	boss := o.who("p-2", access.Supervisor)
	v := o.draft(text)
	for _, f := range []func(context.Context, access.Actor, policies.Wish) (policies.View, error){o.Shadow, o.Publish} {
		var err error
		if v, err = f(o.t.Context(), boss, policies.Wish{Number: v.Number, Revision: v.Revision, Why: "it looks right"}); err != nil {
			o.t.Fatal(err)
		}
	}
	return v
}

func want(t *testing.T, what string, err error, k fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != k {
		t.Errorf("%s: %v", what, err)
	}
}

// TestLife: a draft is tried, goes live, and is rolled back to the one before it
// and at last to the shipped one; each step has an audit entry.
func TestLife(t *testing.T) {
	o := open(t, nil)
	ctx := t.Context()
	if text, n, err := o.Live(ctx, "main"); err != nil || n != 0 || !bytes.Equal(text, shipped(t)) {
		t.Fatalf("at first the shipped policy decides: %d, %v", n, err)
	}
	first := o.live(small("1"))
	second := o.live(small("2"))
	if _, n, _ := o.Live(ctx, "main"); first.State != store.PolicyLive || n != second.Number {
		t.Errorf("live is %d", n)
	}
	if v, err := o.Open(ctx, o.who("p-1", access.Analyst), first.Number); err != nil || v.State != store.PolicyRetired || len(v.Steps) != 4 || v.Text == "" ||
		!strings.Contains(string(v.Steps[2].Proof), `"cases":1`) || v.Steps[2].Actor != "p-2" {
		t.Errorf("%+v, %v", v, err)
	}
	boss := o.who("p-2", access.Supervisor)
	if n, err := o.RollBack(ctx, boss, "too many calls"); err != nil || n != first.Number {
		t.Errorf("rolled back to %d, %v", n, err)
	}
	_, err := o.RollBackBurst(ctx, "main", second.Number, burst.Alarm{})
	want(t, "a burst of a policy that is not live any more", err, fault.Conflict)
	if n, err := o.RollBackBurst(ctx, "main", first.Number, burst.Alarm{Decided: 100, Stopped: 60}); err != nil || n != 0 {
		t.Errorf("the one that was rolled back must not come again: %d, %v", n, err)
	}
	if text, n, _ := o.Live(ctx, "main"); n != 0 || !bytes.Equal(text, shipped(t)) {
		t.Error("without one before it the shipped policy decides")
	}
	var actions []string
	if err := o.db.Read(ctx, func(r store.Records) error {
		list, _, err := r.Audit.List(ctx, "main", store.AuditFilter{}, 0, 100)
		for _, e := range list {
			actions = append(actions, e.Action)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(actions, " "); got != "policy.roll_back policy.withdrawn policy.roll_back policy.withdrawn policy.publish policy.retired policy.shadow policy.draft policy.publish policy.shadow policy.draft" {
		t.Errorf("audit: %s", got)
	}
}

func TestRights(t *testing.T) {
	o := open(t, nil)
	ctx := t.Context()
	v := o.draft(small("1"))
	w := policies.Wish{Number: v.Number, Revision: v.Revision, Why: "it looks right"}
	analyst, admin, other := o.who("p-1", access.Analyst), o.who("p-3", access.Admin), o.who("p-2", access.Supervisor)
	other.Tenant = "other"
	_, err := o.Open(ctx, admin, v.Number)
	want(t, "an administrator reads", err, fault.Forbidden)
	_, err = o.Open(ctx, other, v.Number)
	want(t, "another tenant reads", err, fault.NotFound)
	_, err = o.Shadow(ctx, other, w)
	want(t, "another tenant tries", err, fault.NotFound)
	_, err = o.Publish(ctx, analyst, w)
	want(t, "an analyst publishes", err, fault.Forbidden)
	_, err = o.RollBack(ctx, analyst, "too many calls")
	want(t, "an analyst rolls back", err, fault.Forbidden)
	_, err = o.Shadow(ctx, analyst, policies.Wish{Number: v.Number, Revision: v.Revision, Why: ""})
	want(t, "without a reason", err, fault.Invalid)
	stale := o.who("p-2", access.Supervisor)
	stale.Confirmed = o.now.Add(-time.Hour)
	if _, err = o.Publish(ctx, stale, w); !errors.Is(err, access.ErrConfirm) {
		t.Errorf("an old proof of identity: %v", err)
	}
	_, err = o.Draft(ctx, analyst, []byte("policy: x"), "no policy at all")
	want(t, "a text that does not load", err, fault.Invalid)
	_, err = o.Draft(ctx, analyst, small("1"), "the very same text")
	want(t, "the same text", err, fault.Conflict)
	_, err = o.Publish(ctx, o.who("p-2", access.Supervisor), w)
	want(t, "a draft goes live", err, fault.Conflict)
	if _, err = o.Shadow(ctx, analyst, w); err != nil {
		t.Fatal(err)
	}
	_, err = o.Retire(ctx, analyst, w)
	want(t, "an old revision", err, fault.Conflict)
	second := o.draft(small("2"))
	_, err = o.Shadow(ctx, analyst, policies.Wish{Number: second.Number, Revision: second.Revision, Why: "two at a time"})
	want(t, "a second candidate", err, fault.Conflict)
	if text, n, since, err := o.Candidate(ctx, "main"); err != nil || n != v.Number || len(text) == 0 || since.IsZero() {
		t.Errorf("candidate %d, %v", n, err)
	}
}

func TestTwoPersons(t *testing.T) {
	o := open(t, func(c *policies.Config) { c.TwoPersons = true })
	ctx := t.Context()
	one, two := o.who("p-2", access.Supervisor), o.who("p-4", access.Supervisor)
	v := o.draft(small("1"))
	step := func(f func(context.Context, access.Actor, policies.Wish) (policies.View, error), a access.Actor) error {
		x, err := f(ctx, a, policies.Wish{Number: v.Number, Revision: v.Revision, Why: "it looks right"})
		if err == nil {
			v = x
		}
		return err
	}
	if err := errors.Join(step(o.Shadow, one), step(o.Publish, one)); err != nil || v.State != store.PolicyProposed {
		t.Fatalf("%s, %v", v.State, err)
	}
	want(t, "the same person agrees", step(o.Publish, one), fault.Forbidden)
	if _, n, _ := o.Live(ctx, "main"); n != 0 {
		t.Error("it is live before a second person agreed")
	}
	if err := step(o.Publish, two); err != nil || v.State != store.PolicyLive {
		t.Errorf("%s, %v", v.State, err)
	}
}

// TestGuardrails: a text whose cases fail, that costs too much, or that would
// have stopped too many good accounts in the last days is refused with the reason.
func TestGuardrails(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 2, Accounts: 700, Days: 20})
	o := open(t, func(c *policies.Config) {
		c.History = func(context.Context, access.Tenant, time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
			l := &replay.Labels{}
			for who, x := range s.Truth {
				l.Add(who, replay.Label{Verdict: replay.Fraud, Orders: x.Orders})
			}
			return func(yield func(event.Event, error) bool) {
				for i := range s.Events {
					if !yield(s.Events[i], nil) {
						return
					}
				}
			}, l, nil
		}
	})
	o.now = s.Events[len(s.Events)*9/10].Time
	ctx, boss := t.Context(), o.who("p-2", access.Supervisor)
	broken := o.draft(bytes.Replace(small("1"), []byte("orders_1h >= 3"), []byte("orders_1h >= 4"), 1))
	_, err := o.Shadow(ctx, boss, policies.Wish{Number: broken.Number, Revision: 1, Why: "it looks right"})
	want(t, "a case fails", err, fault.Invalid)
	if err == nil || !strings.Contains(err.Error(), `"three orders" does not hold`) {
		t.Errorf("it is not told why: %v", err)
	}
	all := o.draft(bytes.Replace(small("2"), []byte("orders_1h >= 3"), []byte("orders_1h >= 1"), 1))
	v, err := o.Shadow(ctx, boss, policies.Wish{Number: all.Number, Revision: 1, Why: "it looks right"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Publish(ctx, boss, policies.Wish{Number: v.Number, Revision: v.Revision, Why: "it looks right"})
	want(t, "everybody is stopped", err, fault.Invalid)
	var refused *policies.Refused
	if !errors.As(err, &refused) || refused.Proof.Annoyed < 100 || refused.Proof.Report == nil {
		t.Fatalf("%v", err)
	}
	if _, err := o.Retire(ctx, boss, policies.Wish{Number: v.Number, Revision: v.Revision, Why: "it stops all"}); err != nil {
		t.Fatal(err)
	}
	good := o.live(append(shipped(t), "# tried here\n"...))
	p, err := o.Check(ctx, boss, good.Number)
	if err != nil || len(p.Problems) > 0 || p.Replayed == 0 || p.Cases == 0 || p.Cost == 0 || p.Cost > o.Guardrails().MaxCost {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestReplayBeforePublicationIsBounded: by time, events and memory, one at a time, and a
// log that cannot be read to its end is no proof.
func TestReplayBeforePublicationIsBounded(t *testing.T) {
	rails, err := fs.ReadFile(data.FS, "account/guardrails.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := shop.Make(shop.Options{Seed: 2, Accounts: 40, Days: 20})
	for _, c := range []struct {
		name, old, new string
		blocks         bool
		broken         error
		kind           fault.Kind
		says           string
	}{
		{"events", "max_events: 20000000", "max_events: 100", false, nil, fault.TooLarge, "more than 100 events"},
		{"memory", "max_bytes: 1073741824", "max_bytes: 1024", false, nil, fault.TooLarge, "MiB of memory"},
		{"time", "max_seconds: 120", "max_seconds: 1", true, nil, fault.TooLarge, "longer than 1 seconds"},
		{"a log that breaks off", "", "", false, fault.New(fault.Temporary, "", "the disk does not answer"), fault.Temporary, "the disk does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			began, second := make(chan struct{}), make(chan struct{})
			o := open(t, func(cfg *policies.Config) {
				cfg.Data = upper{fstest.MapFS{"account/guardrails.yaml": {Data: []byte(strings.Replace(string(rails), c.old, c.new, 1))}}, data.FS}
				cfg.History = func(ctx context.Context, _ access.Tenant, _ time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
					close(began)
					<-second
					return func(yield func(event.Event, error) bool) {
						for i := range s.Events {
							if !yield(s.Events[i], nil) {
								return
							}
						}
						if c.blocks {
							<-ctx.Done()
							yield(event.Event{}, ctx.Err())
						}
						if c.broken != nil {
							yield(event.Event{}, c.broken)
						}
					}, &replay.Labels{}, nil
				}
			})
			o.now = s.Events[len(s.Events)-1].Time
			boss := o.who("p-2", access.Supervisor)
			x := o.draft(small("1"))
			failed := make(chan error, 1)
			go func() {
				_, err := o.Check(t.Context(), boss, x.Number)
				failed <- err
			}()
			<-began
			_, err := o.Check(t.Context(), boss, x.Number)
			want(t, "a second one at the same time", err, fault.Conflict)
			close(second)
			if err := <-failed; fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// upper looks into the first file system first.
type upper struct{ first, then fs.FS }

func (u upper) Open(name string) (fs.File, error) {
	if f, err := u.first.Open(name); err == nil {
		return f, nil
	}
	return u.then.Open(name)
}

// TestFaultsCountInASmallShop: rules that fail are refused where there are too few
// accounts to judge the rest by.
func TestFaultsCountInASmallShop(t *testing.T) {
	o := open(t, func(c *policies.Config) {
		c.History = func(context.Context, access.Tenant, time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
			return func(yield func(event.Event, error) bool) {
				for i := range 40 {
					e := event.Event{ID: fmt.Sprint(i), Source: "shop", Type: event.OrderPlaced, Time: time.Date(2026, 11, 20, i%24, i, 0, 0, time.UTC), Context: event.Context{Account: fmt.Sprint("a", i)}}
					e.Order = event.Order{ID: e.ID, Amount: 1, Currency: "JPY"}
					if !yield(e, nil) {
						return
					}
				}
			}, &replay.Labels{}, nil
		}
	})
	v := o.draft(bytes.Replace(small("1"), []byte("orders_1h >= 3"), []byte("orders_1h >= 3 || 1 / (orders_1h - 1) > 5"), 1))
	p, err := o.Check(t.Context(), o.who("p-2", access.Supervisor), v.Number)
	if err != nil || !strings.Contains(strings.Join(p.Problems, "\n"), "of 40 events a rule failed") {
		t.Errorf("%q, %q, %v", p.Problems, p.Warnings, err)
	}
}

// TestRollBackToCandidate: the text that decided before comes back though it is
// tried again by now; one that was withdrawn does not, wherever it stands.
func TestRollBackToCandidate(t *testing.T) {
	o := open(t, nil)
	ctx, boss := t.Context(), o.who("p-2", access.Supervisor)
	again := func(number int64, f func(context.Context, access.Actor, policies.Wish) (policies.View, error)) {
		t.Helper()
		boss.Confirmed = o.now
		v, err := o.Open(ctx, boss, number)
		if err == nil {
			_, err = f(ctx, boss, policies.Wish{Number: number, Revision: v.Revision, Why: "once more, please"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	back := func(want int64) {
		t.Helper()
		boss.Confirmed = o.now
		if n, err := o.RollBack(ctx, boss, "too many calls"); err != nil || n != want {
			t.Fatalf("rolled back to %d, %v: want %d", n, err, want)
		}
	}
	first, second, third := o.live(small("1")), o.live(small("2")), o.live(small("3"))
	again(second.Number, o.Shadow)
	back(second.Number)
	if _, n, _, err := o.Candidate(ctx, "main"); n != 0 || err != nil {
		t.Errorf("it is live and a candidate: %d, %v", n, err)
	}
	again(third.Number, o.Shadow) // withdrawn, tried again, given up
	again(third.Number, o.Retire)
	again(first.Number, o.Shadow)
	back(first.Number)
	back(0)
}

// TestAKeyIsNoSecondPerson: where two persons are needed a key neither proposes nor
// agrees; where one is enough it publishes, if it was made for it.
func TestAKeyIsNoSecondPerson(t *testing.T) {
	for _, two := range []bool{true, false} {
		o := open(t, func(c *policies.Config) { c.TwoPersons = two })
		v := o.draft(small("1"))
		key := access.Actor{Tenant: "main", Person: "p-2", Key: "k", Roles: []access.Role{access.Supervisor}, Scopes: []access.Permission{access.PolicyEdit, access.PolicyPublish}}
		var err error
		if v, err = o.Shadow(t.Context(), key, policies.Wish{Number: v.Number, Revision: v.Revision, Why: "try it for a week"}); err != nil {
			t.Fatal(err)
		}
		_, err = o.Publish(t.Context(), key, policies.Wish{Number: v.Number, Revision: v.Revision, Why: "it looks right"})
		if two {
			want(t, "a key proposes", err, fault.Forbidden)
		} else if err != nil {
			t.Errorf("a key that was made for it: %v", err)
		}
		key.Scopes = []access.Permission{access.PolicyEdit}
		_, err = o.RollBack(t.Context(), key, "it looks wrong")
		want(t, "a key that was not made for it", err, fault.Forbidden)
	}
}

// TestChangesAreTold: each step that may change who decides is told, a draft is not.
func TestChangesAreTold(t *testing.T) {
	told := 0
	o := open(t, func(c *policies.Config) { c.Changed = func(access.Tenant) { told++ } })
	o.draft(small("1"))
	if told != 0 {
		t.Error("a draft changes nothing")
	}
	v := o.live(small("2"))
	if told != 2 {
		t.Errorf("shadow and publish: told %d times", told)
	}
	if _, err := o.RollBackBurst(t.Context(), "main", v.Number, burst.Alarm{}); err != nil || told != 3 {
		t.Errorf("a burst: told %d times, %v", told, err)
	}
	if _, err := o.RollBackBurst(t.Context(), "main", v.Number, burst.Alarm{}); err == nil || told != 3 {
		t.Errorf("nothing is live: told %d times, %v", told, err)
	}
}
