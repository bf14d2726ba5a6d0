package api_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/casework/compromise"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/leaks"
	"bonafide/store"
)

// leaky is a shop in which seller X had 2 % of the orders and 60 % of those that
// fraudsters knew of.
type leaky struct {
	*couple
	day  time.Time
	sent []string
}

func (x *leaky) ev(id, kind string, at time.Time, data string) {
	x.sent = append(x.sent, ev(id, kind, at, data))
}

// buy places order n of an account of its own; the courier is told when it is shipped.
func (x *leaky) buy(n int, seller, courier string) {
	at := x.day.Add(time.Duration(n) * time.Second)
	x.ev(fmt.Sprint("p", n), "order.placed", at, fmt.Sprintf(`{"account":"acc-%d","device":"d%d","order":{"id":"ord-%d","amount":900,"currency":"EUR","seller":%q,"items":[{"kind":"goods","amount":900}]}}`, n, n, n, seller))
	if courier != "" {
		x.ev(fmt.Sprint("s", n), "order.status", at.Add(time.Hour), fmt.Sprintf(`{"account":"acc-%d","order":{"id":"ord-%d","status":"shipped","courier":%q}}`, n, n, courier))
	}
}

// called tells of a call to the customer of order n who knew of it.
func (x *leaky) called(n int) {
	x.ev(fmt.Sprint("c", n), "contact.reported", x.day.Add(48*time.Hour), fmt.Sprintf(`{"account":"acc-%d","contact":{"id":"call-%d","channel":"call","verdict":"scam","kind":"impostor","knew":true,"order":"ord-%d"}}`, n, n, n))
}

func (x *leaky) send() {
	x.t.Helper()
	for part := range slices.Chunk(x.sent, 2000) {
		x.must(x.ask(http.MethodPost, "/v1/events", "all", strings.Join(part, "\n")), 200, nil)
	}
	x.sent = nil
}

func (x *leaky) look(query string) (f leaks.Found) {
	x.t.Helper()
	x.must(x.ask(http.MethodGet, "/v1/leaks"+query, "all", ""), 200, &f)
	return f
}

// TestWhoLeaked: of the orders that callers knew of, one seller had far more than its
// share; it is named with ratio and p-value in the reader's language, nobody else is,
// and the answer names no account and no order. What is taken back counts no more.
// // S0.15
func TestWhoLeaked(t *testing.T) {
	x := &leaky{couple: newCouple(t), day: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -20)}
	if f := x.look(""); f.Outcome != compromise.CannotTell || f.Lacks != compromise.FewAffected || len(f.Explanation) != 1 || len(f.Next) == 0 {
		t.Fatalf("of nothing: %+v", f)
	}
	const others, affected = 2500, 30
	for i := range others {
		seller := fmt.Sprint("s", i%49)
		if i%50 == 0 {
			seller = "seller-x"
		}
		x.buy(i, seller, fmt.Sprint("c", i%4))
	}
	for i := range affected {
		seller := fmt.Sprint("s", i)
		if i < affected*6/10 {
			seller = "seller-x"
		}
		x.buy(others+i, seller, fmt.Sprint("c", i%4))
		x.called(others + i)
	}
	x.called(others + 1_000_000) // of an order that nobody placed
	x.send()
	f := x.look("?lang=de")
	if f.Outcome != compromise.Found || f.Affected != affected || f.Others != others || f.Reports != affected+1 || f.Unlinked != 1 || len(f.Findings) != 1 {
		t.Fatalf("%+v", f)
	}
	p := f.Findings[0]
	if p.Kind != "seller" || p.Victims != 18 || math.Abs(p.Share-.6) > 1e-9 || math.Abs(p.Base-.02) > 1e-9 || math.Abs(p.Ratio-30) > .5 || p.Adjusted > 1e-10 {
		t.Errorf("%+v", p)
	}
	if want := "hatte 18 der 30 betroffenen Bestellungen in der Hand (60 %), aber 2 % von 2.500 anderen: das 30-Fache"; !strings.Contains(f.Explanation[0], want) || !strings.Contains(strings.Join(f.Explanation, " "), "kein Beweis") {
		t.Errorf("%q", f.Explanation)
	}
	if i := slices.IndexFunc(f.Coverage, func(c compromise.Coverage) bool { return c.Kind == "courier" }); i < 0 || f.Coverage[i].Affected != 1 {
		t.Errorf("the courier of a shipped order is not known: %+v", f.Coverage)
	}
	var g leaks.Found
	x.must(x.ask(http.MethodPost, "/v1/leaks", "all", `{"lang":"ja","names":[{"kind":"seller","name":"seller-x"},{"kind":"seller","name":"s3"},{"kind":"courier","name":"seller-x"}]}`), 200, &g)
	if len(g.Given) != 1 || g.Given[p.Name] != "seller-x" || !strings.HasPrefix(g.Explanation[0], "出品者 seller-xは、被害のあった注文30件のうち18件（60％）") {
		t.Errorf("by its name: %v %q", g.Given, g.Explanation)
	}
	x.leaksDoor()
	for i := range 8 {
		x.ev(fmt.Sprint("w", i), "contact.withdrawn", x.day.Add(72*time.Hour), fmt.Sprintf(`{"account":"acc-%d","contact":{"id":"call-%d"}}`, others+i, others+i))
	}
	x.send()
	if f := x.look(""); f.Affected != affected-8 || f.Findings[0].Victims != 10 {
		t.Errorf("after eight were taken back: %+v", f)
	}
	for i := 8; i < 18; i++ {
		x.ev(fmt.Sprint("w", i), "contact.withdrawn", x.day.Add(72*time.Hour), fmt.Sprintf(`{"account":"acc-%d","contact":{"id":"call-%d"}}`, others+i, others+i))
	}
	x.send()
	if f := x.look(""); f.Outcome != compromise.None || f.Affected != 12 || len(f.Findings) != 0 || !strings.HasPrefix(f.Explanation[0], "No party handled clearly more of the 12 affected orders") {
		t.Errorf("after all of the seller's were: %+v", f)
	}
}

// leaksDoor: who may ask, for what, and what the answer does not hold.
func (x *leaky) leaksDoor() {
	t := x.t
	raw := x.ask(http.MethodGet, "/v1/leaks", "all", "").Body.String()
	for _, secret := range []string{"acc-", "ord-", "call-", "known\""} {
		if strings.Contains(raw, secret) {
			t.Errorf("the answer has %q", secret)
		}
	}
	for secret, want := range map[string]int{"": 401, "read": 403, "admin": 403} {
		x.must(x.ask(http.MethodGet, "/v1/leaks", secret, ""), want, nil)
		x.must(x.ask(http.MethodPost, "/v1/leaks", secret, `{}`), want, nil)
	}
	var f leaks.Found
	x.must(x.ask(http.MethodGet, "/v1/leaks", "foreign", ""), 200, &f)
	if f.Affected+f.Others+f.Reports != 0 || f.Outcome != compromise.CannotTell {
		t.Errorf("another tenant: %+v", f)
	}
	for _, query := range []string{"?from=today", "?from=2020-01-01&to=2026-01-01", "?from=2026-01-02&to=2026-01-01", "?lang=fr"} {
		x.must(x.ask(http.MethodGet, "/v1/leaks"+query, "all", ""), 422, nil)
	}
	before := x.day.AddDate(0, 0, -1).Format(time.DateOnly)
	if f := x.look("?to=" + before); f.Others != 0 || f.Reports != 31 { // reports come up to two weeks after
		t.Errorf("a period before: %+v", f)
	}
}

// TestWhichOrderWasKnown: a report counts for the order that it names, or for the only
// one of its account in the two weeks before where the caller knew of it; staff and
// strangers come by the reports' own way; what was erased is left out. // S0.15
func TestWhichOrderWasKnown(t *testing.T) {
	x := &leaky{couple: newCouple(t), day: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -20)}
	expect := func(what string, affected, others, reports, unlinked int) {
		t.Helper()
		if f := x.look(""); f.Affected != affected || f.Others != others || f.Reports != reports || f.Unlinked != unlinked {
			t.Errorf("%s: affected %d, others %d, reports %d, unlinked %d", what, f.Affected, f.Others, f.Reports, f.Unlinked)
		}
	}
	contact := func(id, account, more string, days int) {
		x.ev(id, "contact.reported", x.day.AddDate(0, 0, days), fmt.Sprintf(`{"account":%q,"contact":{"id":%q,"channel":"call","verdict":"scam"%s}}`, account, id, more))
	}
	for n := range 4 {
		x.buy(n, "s1", "")
	}
	x.ev("p9", "order.placed", x.day.Add(time.Hour), `{"account":"acc-3","order":{"id":"ord-9","amount":1,"currency":"EUR","items":[{"kind":"goods","amount":1}]}}`)
	contact("r0", "acc-0", `,"knew":true`, 2)                   // its only order
	contact("r1", "acc-1", ``, 2)                               // the caller knew nothing
	contact("r2", "acc-2", `,"knew":true`, 15)                  // too late
	contact("r3", "acc-3", `,"knew":true`, 2)                   // two it may be
	contact("r4", "acc-1", `,"order":"ord-0"`, 2)               // of somebody else
	contact("r5", "acc-0", `,"order":"ord-0","knew":true`, 3)   // the same victim again
	contact("r6", "acc-2", `,"order":"ord-2","knew":false`, -1) // before the order
	x.send()
	expect("who knew of what", 1, 4, 7, 5)
	x.ev("g", "contact.reported", x.day.AddDate(0, 0, 2), `{"account":"acc-2","contact":{"id":"g","channel":"call","verdict":"genuine","order":"ord-2"}}`)
	x.send()
	expect("a genuine contact", 1, 4, 7, 5)

	x.order("told", knownOrder) // placed now: reports of today are about it
	id := x.report(knownOrder)
	x.told()
	expect("a stranger's report", 2, 4, 8, 5)
	x.must(x.ask(http.MethodPost, "/v1/reports/"+id+"/account", "all", `{"order":"`+knownOrder+`","knew":true}`), 200, nil)
	x.told()
	expect("the same, tied by staff", 2, 4, 8, 5)
	x.must(x.ask(http.MethodPost, "/v1/reports/"+id+"/status", "all", `{"status":"rejected","revision":1}`), 200, nil)
	x.told()
	expect("found to be spam", 1, 5, 7, 5)

	s, err := x.guard.Sealer("main")
	if err != nil {
		t.Fatal(err)
	}
	name := s.Seal(event.Event{Context: event.Context{Account: "acc-0"}}).Context.Account
	if err := x.db.Write(t.Context(), func(r store.Records) error {
		return r.Erasures.Add(t.Context(), store.Erasure{Tenant: "main", Kind: accounts.KindEvent, Mark: store.Buried("main", accounts.KindEvent, name), Erased: time.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	expect("the victim was erased", 0, 5, 7, 5)
}
