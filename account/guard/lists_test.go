package guard_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/replay"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func happened(d time.Duration, kind event.Type, account, device string) event.Event {
	return event.Event{ID: fmt.Sprint(d, kind, account), Source: "t", Type: kind, Time: noon.Add(d), Context: event.Context{Account: account, Device: device}}
}

// listed is a policy that looks into two lists: in a rule, and in the condition of
// a window.
const listed = `policy: listed
version: 1
lateness: 1h
thresholds: {challenge: 10, hold: 20}
decides: [order.placed, login]
lists:
  - {name: mules, of: order.gift_recipients, entries: [{value: always}]}
  - {name: phones, of: event.device}
declare:
  - {window: from_known, key: event.account, on: login, where: list.phones, measure: count, span: 24h}
rules:
  - {id: mule, on: order.placed, when: list.mules, score: 20, reason: {en: mule, de: Paketbote, ja: 受け子}}
  - {id: phone, on: [order.placed, login], when: list.phones || from_known > 2, score: 10, reason: {en: phone, de: Telefon, ja: 電話}}
`

// inTables is the same and more in decision tables, with a story.
const inTables = `policy: tables
version: 1
lateness: 1h
thresholds: {challenge: 10, hold: 20}
decides: [order.placed, login]
lists:
  - {name: mules, of: order.gift_recipients, entries: [{value: always}]}
  - {name: phones, of: event.device}
steps:
  - {id: access, lasts: 3h, title: {en: a, de: a, ja: a}}
declare:
  - {window: from_known, key: event.account, on: login, where: list.phones, measure: count, span: 24h}
  - {window: tries, key: event.account, on: [login, order.placed], measure: count, span: 2h}
tables:
  - table: first
    on: order.placed
    hit: first
    inputs: [list.mules, list.phones, from_known]
    rows:
      - {when: ["true", "-", "> 1"], score: 20}
      - {when: ["true", "false", "-"], score: 12, shop: [{do: hide_gift_cards, for: 1h}]}
      - {when: ["-", "-", "[1..3)"], score: 5, action: challenge}
    reason: {en: r, de: r, ja: r}
  - table: all
    on: [order.placed, login]
    hit: collect
    step: access
    inputs: [tries, story.access]
    rows:
      - {when: [">= 2", "-"], score: 3}
      - {when: [">= 3", "< 6"], score: 4}
    reason: {en: "{tries}", de: "{tries}", ja: "{tries}"}
`

func changed(n int, at time.Time, c event.ListChange) event.Event {
	return event.Event{ID: fmt.Sprint("list", n), Source: "bonafide", Type: event.ListChanged, Time: at, List: &c}
}

// TestAListHoldsFromItsPlace: not before, not after its end, for its own field
// only, and no more once it is taken off.
func TestAListHoldsFromItsPlace(t *testing.T) {
	p := listedPolicy(t)
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	order := func(at time.Duration, to string) guard.Decision {
		e := ordered(at, to)
		return g.Decide(&e)
	}
	put := func(c event.ListChange) {
		c.Name = "mules"
		e := changed(0, noon.AddDate(1, 0, 0), c) // the clock of whoever puts it there is another matter
		if d := g.Decide(&e); d.Action != policy.Allow || len(d.Hits) > 0 {
			t.Errorf("a change of a list is decided: %+v", d)
		}
	}
	want := func(what string, d guard.Decision, hit bool) {
		t.Helper()
		if (d.Action == policy.Hold) != hit || d.Late {
			t.Errorf("%s: %+v", what, d)
		}
	}
	want("before", order(0, "m"), false)
	put(event.ListChange{Of: "recipient", Do: event.ListAdd, Until: noon.Add(2 * time.Hour), Values: []string{"m", "n"}})
	want("listed", order(time.Hour, "m"), true)
	want("an own entry of the policy", order(time.Hour+1, "always"), true)
	want("another", order(time.Hour+2, "o"), false)
	want("past its end", order(2*time.Hour, "m"), false)
	want("late in the log, within its time", order(2*time.Hour-time.Minute, "n"), true)
	put(event.ListChange{Of: "event.account", Do: event.ListAdd, Values: []string{"p"}})
	want("a list of something else", order(3*time.Hour, "p"), false)
	put(event.ListChange{Of: "recipient", Do: event.ListAdd, Values: []string{"m"}})
	want("again, without end", order(4*time.Hour, "m"), true)
	put(event.ListChange{Of: "recipient", Do: event.ListRemove, Values: []string{"m", "n"}})
	want("taken off", order(5*time.Hour, "m"), false)
	if n := g.Stats(); n.Listed != 1 || n.Decided != 9 {
		t.Errorf("%+v", n)
	}
}

func listedPolicy(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policy.Load([]byte(listed))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ordered(after time.Duration, to string) event.Event {
	e := happened(after, event.OrderPlaced, "a1", "d1")
	e.ID = fmt.Sprint(after, to)
	e.Order = event.Order{ID: "o", Amount: 1, Currency: "JPY", Items: []event.Item{{Kind: event.GiftKind, Recipient: to}}}
	return e
}

// withLists draws a stream of events in which lists change now and then.
func withLists(t *rapid.T) (out []event.Event) {
	now := time.Duration(0)
	for i := range rapid.IntRange(1, 80).Draw(t, "n") {
		now += time.Duration(rapid.IntRange(0, 90).Draw(t, "gap")) * time.Minute
		who, phone := rapid.SampledFrom([]string{"a1", "a2"}).Draw(t, "account"), rapid.SampledFrom([]string{"d1", "d2"}).Draw(t, "device")
		to := rapid.SampledFrom([]string{"m1", "m2"}).Draw(t, "recipient")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			c := event.ListChange{Name: "mules", Of: "recipient", Do: rapid.SampledFrom([]string{event.ListAdd, event.ListAdd, event.ListRemove}).Draw(t, "do"), Values: []string{to}}
			if rapid.Bool().Draw(t, "phones") {
				c.Name, c.Of, c.Values = "phones", "event.device", []string{phone}
			}
			if c.Do == event.ListAdd && rapid.Bool().Draw(t, "ends") {
				c.Until = noon.Add(now + time.Duration(rapid.IntRange(-60, 600).Draw(t, "until"))*time.Minute)
			}
			out = append(out, changed(i, noon.Add(now), c))
		case 1:
			e := ordered(now-time.Duration(rapid.IntRange(0, 40).Draw(t, "late"))*time.Minute, to)
			e.ID, e.Context.Account, e.Context.Device = fmt.Sprint("o", i), who, phone
			out = append(out, e)
		default:
			e := happened(now, event.LoginTried, who, phone)
			e.ID, e.Login.Success = fmt.Sprint("l", i), true
			out = append(out, e)
		}
	}
	return out
}

// TestSameEventsSameDecisionsWithLists: live = restart in the middle = other
// shards = what comes back from the log = replay = computed again from what was
// seen, with lists that change at any place, by rules and by decision tables.
func TestSameEventsSameDecisionsWithLists(t *testing.T) {
	tables, err := policy.Load([]byte(inTables))
	if err != nil {
		t.Fatal(err)
	}
	both := []*policy.Policy{listedPolicy(t), tables}
	rapid.Check(t, func(t *rapid.T) {
		events, p := withLists(t), both[rapid.IntRange(0, 1).Draw(t, "policy")]
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		live, other := mustGuard(t, p, guard.Options{}), mustGuard(t, p, guard.Options{Shards: 7})
		taken := map[guard.ID]guard.Decision{}
		for i := range events {
			d := live.Decide(&events[i])
			if i+1 == cut {
				var err error
				if other, err = guard.Restore(p, guard.Options{}, live.Snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			if i < cut {
				if i+1 < cut {
					other.Decide(&events[i])
				}
			} else {
				e, err := event.Parse(events[i].JSON(), event.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if o := other.Decide(&e); !bytes.Equal(o.Append(nil), d.Append(nil)) {
					t.Fatalf("event %d of %d, restarted after %d: %+v is not %+v", i, len(events), cut, o, d)
				}
			}
			if events[i].List != nil {
				continue
			}
			if _, err := d.Again(p, &events[i]); err != nil {
				t.Fatalf("event %d: %v: %+v", i, err, d)
			}
			taken[d.ID] = d
		}
		if !bytes.Equal(live.Snapshot(), other.Snapshot()) {
			t.Fatal("the snapshots differ")
		}
		r, err := replay.New(replay.Setup{Candidate: p, Baseline: p, Taken: func(id guard.ID) (guard.Decision, bool) { d, ok := taken[id]; return d, ok }})
		if err != nil {
			t.Fatal(err)
		}
		r.Take(events)
		if got := r.Report(); got.Differing > 0 || got.Verified != int64(len(taken)) || got.Untaken > 0 {
			t.Fatalf("replay differs from live: %+v", got)
		}
	})
}

func mustGuard(t *rapid.T, p *policy.Policy, o guard.Options) *guard.Guard {
	g, err := guard.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestNoRuleIsAboutChangesOfLists: they are none of the vocabulary.
func TestNoRuleIsAboutChangesOfLists(t *testing.T) {
	if _, err := policy.Load([]byte(strings.Replace(listed, "[order.placed, login], when", "list.changed, when", 1))); err == nil {
		t.Error("a rule on list.changed is loaded")
	}
	if bytes.Contains(event.Schema(), []byte("list.changed")) {
		t.Error("the published schema offers an event that no shop may send")
	}
}
