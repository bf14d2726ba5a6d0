package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/desk/contacts"
)

// TestOwnerRows asks one server for what the list of requirements wants of an
// account's owner's page.
func TestOwnerRows(t *testing.T) {
	x := newCounter(t)
	t.Run("second step", x.secondStepIsRecommended)
	t.Run("settled or stopped", x.settledOrStopped)
	t.Run("monthly check", x.monthlyCheck)
	t.Run("contact check", x.playbookBranches)
	x.t = t
}

// secondStepIsRecommended: an account whose second step is off is told to turn it on,
// by the shop's own name of it and the way there; one that has it is not. // S0.24 S4.27
func (x *counter) secondStepIsRecommended(t *testing.T) {
	x.t = t
	x.send("s", owner())
	off, on := false, true
	for lang, want := range map[string][]string{"de": {"Zwei-Schritt-Verifizierung", "Anmelden und Sicherheit"}, "en": {"Two-Step Verification (2SV)"}, "ja": {"2段階認証"}} {
		v := x.page(x.ask(http.MethodGet, "/v1/mine", x.visit("k1", "s", func(s *access.OwnerSays) { s.SecondStep, s.Brand, s.Lang = &off, "amazon", lang }), ""))
		if len(v.Advice) != 1 || v.Advice[0].Code != "second_step" || !v.Advice[0].Known || len(v.Advice[0].Path) == 0 {
			t.Fatalf("%s: %+v", lang, v.Advice)
		}
		for _, w := range want {
			if !strings.Contains(v.Advice[0].Name+" "+strings.Join(v.Advice[0].Path, " "), w) {
				t.Errorf("%s: %+v has no %q", lang, v.Advice[0], w)
			}
		}
	}
	if v := x.page(x.ask(http.MethodGet, "/v1/mine", x.visit("k1", "s", func(s *access.OwnerSays) { s.SecondStep = &on }), "")); len(v.Advice) != 0 {
		t.Errorf("it is on: %+v", v.Advice)
	}
	v := x.page(x.ask(http.MethodGet, "/v1/mine", x.visit("k1", "s", func(s *access.OwnerSays) { s.Brand = "no such" }), ""))
	if len(v.Advice) != 0 && (v.Advice[0].Known || v.Advice[0].Name != "") {
		t.Errorf("of an unknown shop nothing is known: %+v", v.Advice)
	}
}

// settledOrStopped: of an order that the owner denies, whom to tell first depends on
// whether its money was taken. // S4.6
func (x *counter) settledOrStopped(t *testing.T) {
	x.t = t
	for result, want := range map[string]string{"accepted": "issuer", "pending": "shop", "cancelled": "shop", "": "shop"} {
		account := "settled-" + result
		events := []string{owner(), gift(50, "new", "o-"+account, "r", "")}
		if result != "" {
			events = append(events, fmt.Sprintf(`payment.result|39|new|,"payment":{"order":"o-%s","result":%q}`, account, result))
		}
		x.send(account, events...)
		word := x.visit("k1", account, nil)
		v := x.page(x.ask(http.MethodGet, "/v1/mine", word, ""))
		if v.First != "" {
			t.Errorf("%s: nothing is denied yet: %q", result, v.First)
		}
		v = x.page(x.ask(http.MethodPost, "/v1/mine/answer", word, fmt.Sprintf(`{"ref":%q,"said":"no"}`, v.Orders[0].Ref)))
		if v.First != want {
			t.Errorf("payment %q: first %q, want %q", result, v.First, want)
		}
	}
}

// monthlyCheck: the guided check asks about hidden, waiting, digital and visible
// orders, each order once, one that was hidden and shown again among the hidden;
// alerts can be asked for. // S4.28
func (x *counter) monthlyCheck(t *testing.T) {
	x.t = t
	goods := func(minutes int, id string) string {
		return fmt.Sprintf(`order.placed|%d|own|,"order":{"id":%q,"amount":900,"currency":"EUR","items":[{"kind":"goods","amount":900}]}`, minutes, id)
	}
	x.send("m", owner(), goods(300, "visible"), goods(290, "hidden"), hide(280, "own", "hidden"), goods(270, "again"), hide(260, "own", "again"), `order.shown|250|own|,"order":{"id":"again"}`,
		`order.placed|240|own|,"order":{"id":"digital","amount":900,"currency":"EUR","items":[{"kind":"goods","amount":900,"digital":true}]}`,
		goods(230, "waits"), `payment.result|220|own|,"payment":{"order":"waits","result":"pending"}`)
	numbers := []string{"visible", "hidden", "again", "digital", "waits"}
	word := x.visit("k1", "m", func(s *access.OwnerSays) { s.Orders = numbers })
	v := x.page(x.ask(http.MethodGet, "/v1/mine", word, ""))
	parts := map[string][]string{}
	for _, q := range v.Questions {
		if q.Order != nil {
			parts[q.Part] = append(parts[q.Part], q.Order.Number)
		}
	}
	for part, want := range map[string][]string{"hidden": {"again", "hidden"}, "waiting": {"waits"}, "digital": {"digital"}, "visible": {"visible"}} {
		if !slices.Equal(parts[part], want) {
			t.Errorf("%s: asked about %v, want %v", part, parts[part], want)
		}
	}
	if len(v.Orders) != 5 || v.Alerts {
		t.Errorf("%d orders, alerts %v", len(v.Orders), v.Alerts)
	}
	if v = x.page(x.ask(http.MethodPost, "/v1/mine/answer", word, `{"about":"alerts","said":"yes"}`)); !v.Alerts {
		t.Error("alerts were asked for")
	}
}

// playbookBranches: the contact check's own door gives the same advice: a settled
// payment goes to the issuer first and a stopped one to the shop, and the second step
// is named as the shop names it. // S0.24 S4.6
func (x *counter) playbookBranches(t *testing.T) {
	x.t = t
	steps := func(body string) (ids []string, texts string) {
		rec := x.ask(http.MethodPost, "/v1/contacts/check", "", body)
		var a contacts.Answer
		if err := json.Unmarshal(rec.Body.Bytes(), &a); rec.Code != 200 || err != nil {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		for _, s := range a.NextSteps {
			ids = append(ids, s.Code)
		}
		return ids, rec.Body.String()
	}
	for settled, want := range map[bool][2]string{true: {"call_issuer", "call_shop"}, false: {"call_shop", "call_issuer"}} {
		ids, _ := steps(fmt.Sprintf(`{"already_done":["card_charged"],"settled":%v,"country":"JP"}`, settled))
		first, second := slices.Index(ids, want[0]), slices.Index(ids, want[1])
		if first < 0 || second < first {
			t.Errorf("settled %v: %v, want %s before %s", settled, ids, want[0], want[1])
		}
	}
	ids, text := steps(`{"already_done":["typed_password"],"country":"DE","lang":"de"}`)
	if !slices.Contains(ids, "enable_2sv") || !strings.Contains(text, "Zwei-Schritt-Verifizierung") || !strings.Contains(text, "Anmelden und Sicherheit") {
		t.Errorf("the second step is not named: %v", ids)
	}
}
