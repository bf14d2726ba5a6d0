package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"bonafide/desk/accounts"
	"bonafide/desk/accounts/lists"
)

// byTable is a policy that asks a decision table.
const byTable = `policy: tables
version: 1
thresholds: {challenge: 10, hold: 20}
decides: [order.placed]
lists:
  - {name: mules, of: order.gift_recipients}
declare:
  - {window: cards, key: event.account, on: order.placed, where: order.gift_count > 0, measure: count, span: 1h}
tables:
  - table: gifts
    on: order.placed
    hit: first
    inputs: [list.mules, cards, order.amount, event.device]
    rows:
      - {when: ["true", ">= 2", "-", "not(x)"], score: 20}
      - {when: ["-", ">= 2", "< 1000", "-"], score: 10}
    reason: {en: "{cards} cards", de: "{cards} Karten", ja: "{cards}枚"}
`

// TestADecisionTellsItsRow: the row of a decision table, what it asked and what the
// event had, whatever the lists and windows are by now; identifiers are shortened.
func TestADecisionTellsItsRow(t *testing.T) {
	s := newShop(t)
	s.policy, s.now = []byte(byTable), start
	d := s.desk()
	if _, err := s.lists(d).PutEntries(t.Context(), boss, "mules", []lists.NewEntry{value("m1")}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"allow", "hold"} {
		if got := s.action(d, gift(i, time.Duration(i)*time.Second, "d1", "m1")); got != want {
			t.Errorf("order %d: %s, want %s", i, got, want)
		}
	}
	if _, err := s.lists(d).TakeOff(t.Context(), boss, "mules", []lists.ListValue{{Value: "m1"}}, "it was a mistake"); err != nil {
		t.Fatal(err)
	}
	if got := s.action(d, gift(3, 3*time.Second, "d1", "m1")); got != "challenge" {
		t.Errorf("taken off: %s", got)
	}
	page, err := d.List(t.Context(), boss, accounts.AllDecisions("de"))
	if err != nil || len(page.Decisions) != 2 {
		t.Fatalf("%+v, %v", page, err)
	}
	for i, want := range []string{"{gifts first 2 [{list.mules - nein} {cards >= 2 3} {order.amount < 1000 1,00 EUR} {event.device - ", "{gifts first 1 [{list.mules true ja} {cards >= 2 2} {order.amount - 1,00 EUR} {event.device not(x) …"} {
		x, err := d.Open(t.Context(), boss, page.Decisions[i].ID, "de")
		if err != nil || !x.Again || len(x.Reasons) != 1 || x.Reasons[0].Row == nil {
			t.Fatalf("%+v, %v", x, err)
		}
		if got := fmt.Sprint(*x.Reasons[0].Row); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
