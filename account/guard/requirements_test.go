package guard

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/account/policy"
)

// run decides a stream by the shipped policy and returns the decisions with the
// ids of the rules that hit.
func run(t *testing.T, events []event.Event) (*policy.Policy, []Decision, [][]string) {
	t.Helper()
	p := shipped(t)
	g := guardOf(t, p, Options{})
	var ds []Decision
	var hits [][]string
	for i := range events {
		events[i].ID = fmt.Sprint(i)
		d := g.Decide(&events[i])
		var ids []string
		for _, h := range d.Hits {
			ids = append(ids, p.Rules[h.Rule].ID)
		}
		ds, hits = append(ds, d), append(hits, ids)
	}
	return p, ds, hits
}

func owner(days int) event.Event {
	e := at(-time.Duration(days)*24*time.Hour, event.LoginTried, "a", "own")
	e.Login = event.Login{Success: true, MFA: "none"}
	e.Context.Country = "JP"
	return e
}

func in(d time.Duration, device string, ok bool, mfa string, enrolled bool) event.Event {
	e := at(d, event.LoginTried, "a", device)
	e.Login = event.Login{Success: ok, MFA: mfa, Enrolled: enrolled}
	e.Context.Country = "JP"
	return e
}

func card(d time.Duration, device, id, to string) event.Event {
	e := at(d, event.OrderPlaced, "a", device)
	e.Order = event.Order{ID: id, Amount: 5000, Currency: "JPY", Items: []event.Item{{Kind: event.GiftKind, Amount: 5000, Recipient: to}}}
	return e
}

func hidden(d time.Duration, device, id string) event.Event {
	e := at(d, event.OrderHidden, "a", device)
	e.Order.ID = id
	return e
}

// TestS4_2PasswordBroken: five failures and a success on a new device.
func TestS4_2PasswordBroken(t *testing.T) {
	events := []event.Event{owner(20)}
	for i := range 5 {
		events = append(events, in(time.Duration(i)*20*time.Second, "new", false, "none", false))
	}
	_, _, hits := run(t, append(events, in(2*time.Minute, "new", true, "none", false)))
	if !slices.Contains(hits[6], "takeover_login") {
		t.Errorf("hits %v", hits)
	}
	_, _, hits = run(t, []event.Event{owner(20), in(0, "own", false, "none", false), in(time.Minute, "own", true, "none", false)})
	if slices.Contains(hits[2], "takeover_login") {
		t.Error("a typing mistake on the own device is none")
	}
}

// TestS4_3SecondFactorBroken and S4.33: an account with a second factor, a new
// device, and no challenge: the silence itself is the signal.
func TestS4_3SecondFactorBroken(t *testing.T) {
	_, ds, hits := run(t, []event.Event{owner(20), in(0, "new", true, "none", true), card(5*time.Minute, "new", "o1", "r")})
	if !slices.Contains(hits[1], "mfa_absent") || ds[2].Action < policy.Challenge {
		t.Errorf("hits %v, then %s", hits, ds[2].Action)
	}
	_, ds, hits = run(t, []event.Event{owner(20), in(0, "new", true, "totp", true), card(5*time.Minute, "new", "o1", "r")})
	if slices.Contains(hits[1], "mfa_absent") || ds[2].Action != policy.Allow {
		t.Errorf("a factor that was passed is none: %v, then %s", hits, ds[2].Action)
	}
}

// TestS4_4HistoryHidden: an order at 03:00, hidden at 03:01, from a new device.
func TestS4_4HistoryHidden(t *testing.T) {
	p, ds, _ := run(t, []event.Event{owner(20), in(17*time.Hour-5*time.Minute, "new", true, "none", false), card(17*time.Hour, "new", "o1", "r"), hidden(17*time.Hour+time.Minute, "new", "o1")})
	d := ds[3]
	if d.Action < policy.Challenge || !slices.ContainsFunc(d.Orders(p), func(s policy.ShopAction) bool { return s.Do == "alert_owner" && s.For == 72*time.Hour }) {
		t.Errorf("want at least a challenge and an alert to the owner: %s, %v", d.Action, d.Orders(p))
	}
	if _, ds, _ = run(t, []event.Event{owner(20), card(0, "own", "o1", "r"), hidden(10*time.Minute, "own", "o1")}); ds[2].Action != policy.Allow {
		t.Error("the owner may hide a present")
	}
}

// TestS4_7GiftCardToNewRecipient: the category and the recipient count.
func TestS4_7GiftCardToNewRecipient(t *testing.T) {
	_, _, hits := run(t, []event.Event{owner(20), in(0, "new", true, "none", false), card(5*time.Minute, "new", "o1", "r"), card(20*time.Minute, "new", "o2", "r")})
	if !slices.Contains(hits[2], "gift_card_to_new_recipient") || slices.Contains(hits[3], "gift_card_to_new_recipient") {
		t.Errorf("the first card goes to somebody new, the second does not: %v", hits)
	}
}

// TestS4_8ManySmallAmounts: eight cards of 5,000 yen within ten minutes, against
// three birthday cards in a day.
func TestS4_8ManySmallAmounts(t *testing.T) {
	events := []event.Event{owner(20), in(0, "new", true, "none", false)}
	for i := range 8 {
		events = append(events, card(time.Minute+time.Duration(i)*75*time.Second, "new", fmt.Sprint("o", i), "r"))
	}
	p, ds, _ := run(t, events)
	first := slices.IndexFunc(ds, func(d Decision) bool { return d.Action >= policy.Challenge })
	if first < 0 || first > 5 {
		t.Errorf("must be stopped by the fourth order: event %d", first)
	}
	for lang, want := range map[string]string{"en": "3 gift cards for one recipient", "de": "3 Geschenkkarten für einen Empfänger", "ja": "ギフト券3件"} {
		if got := ds[first].Explain(p, &events[first], lang); !strings.Contains(got, want) {
			t.Errorf("%s: the reason names the numbers: %q", lang, got)
		}
	}
	var birthday []event.Event
	for i := range 3 {
		birthday = append(birthday, card(-24*20*time.Hour+time.Duration(i)*time.Hour, "own", fmt.Sprint("b", i), fmt.Sprint("aunt", i)))
	}
	for i := range 3 {
		birthday = append(birthday, card(time.Duration(i)*3*time.Hour, "own", fmt.Sprint("c", i), fmt.Sprint("aunt", i)))
	}
	_, ds, _ = run(t, append([]event.Event{owner(30)}, birthday...))
	for i := range ds {
		if ds[i].Action != policy.Allow {
			t.Errorf("birthday card %d: %s", i, ds[i].Action)
		}
	}
}

// TestS4_34ResetAfterAbuse: the shop's own reset comes after the abuse; it is
// no evidence, and the story keeps the order of things.
func TestS4_34ResetAfterAbuse(t *testing.T) {
	events := chain("a")
	reset := at(3*24*time.Hour+30*time.Minute, event.ResetForced, "a", "")
	p, ds, hits := run(t, append(events, reset))
	if n := len(ds) - 1; len(hits[n]) != 0 || ds[n].Action != policy.Allow {
		t.Errorf("a forced reset is no evidence: %v", hits[n])
	}
	s := ds[9].Tell(p, "ja")
	for i := 1; i < len(s.Chapters); i++ {
		if s.Chapters[i].Ago > s.Chapters[i-1].Ago {
			t.Errorf("the story is out of order: %+v", s.Chapters)
		}
	}
	if len(s.Chapters) < 4 {
		t.Errorf("the story has factor, foothold, cashing, hiding: %+v", s.Chapters)
	}
}

// TestS4_35ExternalCheckout: orders by a pay button elsewhere count in the same windows.
func TestS4_35ExternalCheckout(t *testing.T) {
	events := []event.Event{owner(20), in(0, "new", true, "none", false)}
	for i := range 3 {
		e := card(time.Minute*time.Duration(i+1), "new", fmt.Sprint("o", i), "r")
		e.Order.Channel = "external_checkout"
		events = append(events, e)
	}
	if _, ds, _ := run(t, events); ds[4].Action < policy.Challenge {
		t.Errorf("the third order elsewhere: %s", ds[4].Action)
	}
}

// TestS0_3ContactSoonAfterOrder: a contact hours after an order, and one 40 days later.
func TestS0_3ContactSoonAfterOrder(t *testing.T) {
	for wait, want := range map[time.Duration]bool{4 * time.Hour: true, 40 * 24 * time.Hour: false} {
		call := at(wait, event.ContactReported, "a", "")
		call.Contact = event.Contact{Kind: "impostor", Verdict: "scam", Channel: "call"}
		events := []event.Event{owner(20), card(0, "own", "o1", "r"), call}
		p, ds, hits := run(t, events)
		if slices.Contains(hits[2], "contact_soon_after_order") != want {
			t.Errorf("after %s: %v", wait, hits[2])
		}
		if got := ds[2].Explain(p, &events[2], "en"); want && !strings.Contains(got, "The contact came 4 h after an order") {
			t.Errorf("reason %q", got)
		}
	}
}
