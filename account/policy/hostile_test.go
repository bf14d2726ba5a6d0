package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/account/window"
)

// TestHostilePoliciesAreRefused: what would cost much memory or time is refused
// when the policy is loaded, by its cost, its size or its depth, and never panics.
func TestHostilePoliciesAreRefused(t *testing.T) {
	for name, when := range map[string]string{
		"deep brackets":           strings.Repeat("(", 50_000) + "gifts >= 3" + strings.Repeat(")", 50_000),
		"deep conditionals":       strings.Repeat("gifts >= 3 ? true : (", 500) + "false" + strings.Repeat(")", 500),
		"deep lists":              strings.Repeat("[", 500) + "1" + strings.Repeat("]", 500) + " == []",
		"a megabyte":              "gifts >= 3" + strings.Repeat(" || gifts >= 3", 80_000),
		"macros over macros":      `[1, 2, 3].all(a, [1, 2, 3].all(b, [1, 2, 3].all(c, a + b + c > 0)))`,
		"an expression of events": strings.Repeat("event.account.matches(event.device) || ", 9) + "false",
		"a huge expression":       `event.account.matches("` + strings.Repeat("(a|b)", 1500) + `")`,
		"repeats of repeats":      `event.account.matches("((((a{1,100}){1,100}){1,100}){1,100}){1,100}")`,
		"a broken expression":     `event.account.matches("(((")`,
		"texts that grow":         `(` + strings.Repeat("event.account + ", 4000) + `event.account) == "x"`,
		"types confused":          `dyn(gifts) == dyn(event.account) && gifts`,
		"a type made of a text":   `int(event.account)`,
		"a message":               `google.protobuf.Any{}`,
		"a name of the language":  `__comprehension__`,
		"no expression":           "\u0000",
		"numbers out of range":    `gifts >= 99999999999999999999999999`,
	} {
		text := strings.Replace(small, "when: gifts >= 3", "when: |\n      "+when, 1)
		begun := time.Now()
		_, err := Load([]byte(text))
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("%s: refused only after %s", name, took)
		}
		if len(err.Error()) > 2000 {
			t.Errorf("%s: the refusal has %d characters", name, len(err.Error()))
		}
	}
	for name, text := range map[string]string{
		"too many rules":   small + strings.Repeat("\n", 1) + manyRules(20_000),
		"too many windows": strings.Replace(small, "declare:\n", "declare:\n"+manyWindows(1000), 1),
		"entries":          strings.Replace(small, "measure: count\n    span: 10m", "measure: count\n    span: 10m\n    max_entries: 2000000000", 1),
		"keys":             strings.Replace(small, "measure: count\n    span: 10m", "measure: count\n    span: 10m\n    max_keys: -1", 1),
		"span":             strings.Replace(small, "base: 24h", "base: 9000000h", 1),
		"no text":          "",
		"bytes":            "\xff\xfe\x00",
		"nothing but deep": strings.Repeat("[", 100_000),
	} {
		if text == small {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := Load([]byte(text)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// manyTables are tables whose rows are dear to compare: a piece of each column more
// with each row.
func manyTables(tables, rows int) string {
	var b strings.Builder
	b.WriteString("tables:\n")
	for i := range tables {
		fmt.Fprintf(&b, "  - table: t%d\n    on: order.placed\n    hit: first\n    inputs: [order.amount, order.payment, order.gift_count, event.device, order.address]\n    reason: {en: r, de: r, ja: r}\n    rows:\n", i)
		for n := range rows {
			fmt.Fprintf(&b, "      - {when: [\">= %d\", \"not(p%d)\", \"[%d..%d)\", \"not(d%d)\", \"-\"], score: 1}\n", n, n, n%10, n%10+2, n)
		}
	}
	return b.String()
}

// TestHostileTables: many rows are refused, as many as may be are compared in a
// moment, and long or odd cells are told.
func TestHostileTables(t *testing.T) {
	for name, text := range map[string]string{
		"too many tables": small + manyTables(33, 1),
		"too many rows":   small + manyTables(1, 101),
		"rows in sum":     small + manyTables(6, 100),
		"a long cell":     strings.Replace(tabled, `"not(invoice, points)"`, `"`+strings.Repeat("x, ", 200_000)+`"`, 1),
		"a long number":   strings.Replace(tabled, `"[10..100)"`, `"`+strings.Repeat("9", 500_000)+`"`, 1),
		"many values":     strings.Replace(tabled, `"not(invoice, points)"`, `"`+strings.Repeat("x, ", 60)+`"`, 1),
		"an odd cell":     strings.Replace(tabled, `"not(invoice, points)"`, `"\u0000("`, 1) + "\x00",
		"cells in a cell": strings.Replace(tabled, `"not(invoice, points)"`, `[card]`, 1),
	} {
		if _, err := Load([]byte(text)); err == nil {
			t.Errorf("%s: taken", name)
		} else if len(err.Error()) > 2000 {
			t.Errorf("%s: the refusal has %d characters", name, len(err.Error()))
		}
	}
	begun := time.Now()
	if _, err := Load([]byte(small + manyTables(4, 100))); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("400 rows are read only after %s", took)
	}
}

func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {id: r%d, on: login, when: 'tries >= 3 || tries >= 4', score: 1, reason: {en: a, de: a, ja: a}}\n", i)
	}
	return b.String()
}

func manyWindows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {window: w%d, key: event.account, on: login, measure: count, span: %dm}\n", i, i+1)
	}
	return b.String()
}

// TestWrongAtRunTime: what only shows with an event (a division by zero, a number
// that overflows, a type that is another) is a fault of that rule, with a reason
// and no value; the others count, and the event is decided.
func TestWrongAtRunTime(t *testing.T) {
	for name, when := range map[string]string{
		"division by zero":  `order.amount / gifts == 1 || order.amount % gifts == 1`,
		"overflow":          `order.amount * 9223372036854775807 * 9223372036854775807 > 0`,
		"negative overflow": `-9223372036854775807 - order.amount - 2 < 0`,
	} {
		text := strings.Replace(small, "when: gifts >= 3", "when: "+when, 1)
		p, err := Load([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		engine, err := window.New(p.Plan(), 1)
		if err != nil {
			t.Fatal(err)
		}
		j := NewJudge(p, engine)
		e := event.Event{ID: "1", Source: "s", Type: event.OrderPlaced, Time: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC),
			Context: event.Context{Account: "secret-account", Device: "d"}, Order: event.Order{ID: "o", Amount: 9000, Currency: "EUR"}}
		r := j.Evaluate(&e)
		if len(r.Faults) != 1 || r.Faults[0].Rule < 0 || strings.Contains(r.Faults[0].Text, "secret") {
			t.Errorf("%s: %+v", name, r.Faults)
		}
		again := p.Again(&e, r.Saw, r.Late, r.Capped, r.Faults)
		if fmt.Sprint(again) != fmt.Sprint(r) {
			t.Errorf("%s: computed again:\n%+v\nwas\n%+v", name, again, r)
		}
	}
}
