package policy

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/account/event"
	"bonafide/account/window"
)

// tabled is a policy whose decisions come from tables: one of each hit policy.
const tabled = `policy: tabled
version: 1
thresholds: {challenge: 30, hold: 50}
decides: [order.placed]
amounts:
  much: {JPY: 50000, EUR: 400}
lists:
  - name: firms
    of: event.account
    entries: [{value: firm}]
steps:
  - id: cashing
    lasts: 2h
    title: {en: cashing, de: Kasse, ja: 換金}
declare:
  - window: gifts_1h
    key: event.account
    on: order.placed
    where: order.gift_count > 0
    measure: count
    span: 1h
tables:
  - table: cards
    on: order.placed
    hit: first
    step: cashing
    inputs:
      - list.firms
      - gifts_1h
      - {input: ratio, is: "order.amount / 100"}
      - order.payment
    rows:
      - {id: firm, when: ["true", "-", "-", "-"], reason: {en: a firm, de: eine Firma, ja: 法人}}
      - {when: ["-", ">= 3", "[10..100)", "not(invoice, points)"], score: 40, action: challenge}
      - {when: ["-", ">= 2", "-", "card"], score: 20}
    reason: {en: "row {row}: {gifts_1h} cards", de: "Zeile {row}: {gifts_1h} Karten", ja: "{row}行：{gifts_1h}枚"}
  - table: amount
    on: order.placed
    hit: unique
    inputs: [order.amount]
    rows:
      - {when: ["< 100"], score: 1}
      - {when: ["[100..1000]"], score: 2}
      - {when: ["> 1000"], score: 3, shop: [{do: hide_gift_cards, for: 24h}]}
    reason: {en: amount, de: Betrag, ja: 金額}
  - table: odds
    on: order.placed
    hit: collect
    inputs: [order.amount, order.payment]
    rows:
      - {when: [">= amount.much", "-"], score: 5}
      - {when: ["-", "points"], score: 7}
      - {when: ["-", "\"gift_balance\""], score: -3}
    reason: {en: odd, de: auffällig, ja: 不審}
cases:
  - name: three cards in an hour
    events:
      - {at: 0s, type: order.placed, repeat: 3, every: 1m, data: {account: a1, order: {id: "{n}", amount: 1000, currency: JPY, payment: card, items: [{kind: gift_card, amount: 1000, recipient: m}]}}}
    must: challenge
    by: 3
    rules: [cards_2, cards_3, amount_2]
    not: [cards_firm, odds_1]
`

func paid(n int, account string, amount int64, payment string) *event.Event {
	e := order(time.Duration(n)*time.Minute, account, amount, "JPY", "m")
	e.Order.Payment = payment
	return e
}

func ids(p *Policy, r *Result) (out []string) {
	for _, h := range r.Hits {
		out = append(out, p.Rules[h.Rule].ID)
	}
	return out
}

// TestTables: the first row that holds ends its table, rows of a unique one exclude
// each other, collected scores add up, within a step as well; and a hit tells its
// row with what it asked and what the event had.
func TestTables(t *testing.T) {
	p := load(t, tabled)
	if len(p.Warnings) > 0 {
		t.Errorf("warnings: %v", p.Warnings)
	}
	j := judge(t, p)
	j.Evaluate(paid(0, "a1", 500, "card"))
	r := j.Evaluate(paid(1, "a1", 500, "card"))
	if got := ids(p, &r); !slices.Equal(got, []string{"cards_3", "amount_2"}) || r.Score != 22 {
		t.Errorf("the second card: %v, %+v", got, r)
	}
	e := paid(2, "a1", 60_00, "card")
	r = j.Evaluate(e)
	if got := ids(p, &r); !slices.Equal(got, []string{"cards_2", "amount_3"}) || r.Score != 43 || r.Action != Challenge || r.Floor != Challenge {
		t.Errorf("the third: %v, %+v", got, r)
	}
	if got := p.Reasons(&r, e, "de"); got[0] != "Zeile 2: 3 Karten" {
		t.Errorf("reasons %q", got)
	}
	held := p.Held(r.Hits[0], &r, e, "ja")
	want := Held{"cards", "first", 2, []HeldCell{{"list.firms", "-", "いいえ"}, {"gifts_1h", ">= 3", "3"}, {"ratio", "[10..100)", "60"}, {"order.payment", "not(invoice, points)", "card"}}}
	if held == nil || fmt.Sprint(*held) != fmt.Sprint(want) {
		t.Errorf("held: %+v", held)
	}
	if held := p.Held(r.Hits[1], &r, e, "en"); held.Cells[0].Value != "6,000 JPY" {
		t.Errorf("an amount: %+v", held)
	}
	if p := load(t, small); p.Held(Hit{Rule: 0}, &r, e, "en") != nil {
		t.Error("a rule of its own is said to be of a table")
	}
	for range 4 {
		r = j.Evaluate(paid(3, "firm", 60_00, "points"))
	}
	if got := ids(p, &r); !slices.Equal(got, []string{"cards_firm", "amount_3", "odds_2"}) || r.Score != 10 || r.Action != Allow {
		t.Errorf("a firm: %v, %+v", got, r)
	}
	r = j.Evaluate(paid(4, "a2", 50_000, "points"))
	if got := ids(p, &r); !slices.Equal(got, []string{"amount_3", "odds_1", "odds_2"}) || r.Score != 15 {
		t.Errorf("collected: %v, %+v", got, r)
	}
	if tab := p.Tables; len(tab) != 3 || tab[0].Rows[1].Cells[2] != "[10..100)" || p.Rules[tab[2].Rows[1].Rule].ID != "odds_2" || tab[0].Step != "cashing" {
		t.Errorf("%+v", tab)
	}
	for _, c := range must(t, p) {
		if len(c.Problems) > 0 {
			t.Errorf("%s: %v", c.Name, c.Problems)
		}
	}
	step := load(t, strings.Replace(strings.Replace(tabled, "hit: collect\n", "hit: collect\n    step: cashing\n", 1), "score: -3", "score: 3", 1))
	r = judge(t, step).Evaluate(paid(4, "a2", 50_000, "points"))
	if r.Score != 15 || len(r.Story) != 1 || r.Story[0].Score != 12 {
		t.Errorf("collected for a step: %+v", r)
	}
}

func must(t *testing.T, p *Policy) []CaseResult {
	t.Helper()
	out, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTablesAreChecked: each wrong cell is told with its line and column.
func TestTablesAreChecked(t *testing.T) {
	good := tabled
	for name, c := range map[string]struct{ old, now, want string }{
		"no value of the kind":  {`"[10..100)"`, `"[ten..100)"`, `line 34, column 31: cards.ratio`},
		"no number":             {`">= 3"`, `">= 3.5"`, "line 34, column 23: gifts_1h"},
		"no order of texts":     {`"not(invoice, points)"`, `"> card"`, "has no order"},
		"no range":              {`"[10..100)"`, `"[100..10]"`, "holds no value"},
		"no whole number in it": {`"[10..100)"`, `"(10..11)"`, "holds no value"},
		"a cell too few":        {`["-", ">= 2", "-", "card"]`, `["-", ">= 2", "card"]`, "line 35, column 18: row 3 has 3 cells"},
		"no hit policy":         {"hit: first", "hit: any", "line 25, column 10: hit is first"},
		"no hit policy at all":  {"    hit: first\n", "", "line 23, column 12: hit is first"},
		"unknown input":         {"- gifts_1h\n      - {", "- gifts_2h\n      - {", "line 29, column 9: undeclared reference to 'gifts_2h'"},
		"an input too much":     {`{input: ratio, is: `, `{input: ratio, if: `, `"if"`},
		"no input of the event": {"    on: order.placed\n    hit: unique", "    on: login\n    hit: unique", "not carried"},
		"an overlap":            {`"[100..1000]"`, `"[99..1000]"`, "rows 1 and 2"},
		"no reason":             {"    reason: {en: amount, de: Betrag, ja: 金額}\n", "", "lacks its text"},
		"a step and below zero": {"hit: collect", "step: cashing\n    hit: collect", "below zero"},
		"an unknown key":        {"inputs: [order.amount]", "input: [order.amount]", "field input not found"},
		"twice the same name":   {"table: amount", "table: cards", "cards_2"},
		"an empty row":          {`score: 7`, `score: 0`, "changes nothing"},
		"a moment":              {"inputs: [order.amount]", "inputs: [event.time]", "an input is"},
		"a comma":               {`"\"gift_balance\""`, `"\"gift_balance\" x"`, "comma"},
		"a text without an end": {`"\"gift_balance\""`, `"\"gift_balance"`, "no end"},
	} {
		text := strings.Replace(good, c.old, c.now, 1)
		if text == good {
			t.Fatalf("%s: the text has no %s", name, c.old)
		}
		if _, err := Load([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, c := range map[string]struct{ old, now, want string }{
		"one row takes all":       {`"[10..100)", "not(invoice, points)"`, `"-", "-"`, "line 35, column 18: row 3 of the table cards is never reached: the rows before it"},
		"one row takes another":   {`when: ["-", ">= 2", "-", "card"]`, `when: ["-", ">= 4", "[20..30]", "card"]`, "row 3 of the table cards is never reached: row 2 takes"},
		"a twin":                  {`{when: ["-", "points"], score: 7}`, `{when: [">= amount.much", "-"], score: 7}`, "row 2 of the table odds asks for the same as row 1"},
		"a country":               {"inputs: [order.amount]\n    rows:\n      - {when: [\"< 100\"], score: 1}\n      - {when: [\"[100..1000]\"]", "inputs: [event.country]\n    rows:\n      - {when: [\"XX\"], score: 1}\n      - {when: [\"YY\"]", "judges by the country"},
		"an input nobody asks of": {`"[10..100)"`, `"-"`, "cards.ratio is never asked for"},
	} {
		text := strings.Replace(good, c.old, c.now, 1)
		if name == "one row takes all" { // two and more, and fewer than two, and then anything
			text = strings.Replace(text, `">= 3"`, `">= 2"`, 1)
			text = strings.Replace(text, `when: ["-", ">= 2", "-", "card"]`, `when: ["false", "[2..5]", "-", "not(points)"]`, 1)
			text = strings.Replace(text, `when: ["true", "-", "-", "-"]`, `when: ["true", "-", "-", "not(card)"]`, 1)
			c.want = "row 3 of the table cards is never reached"
		}
		if name == "a country" {
			text = strings.Replace(text, `"> 1000"`, `"ZZ"`, 1)
		}
		p, err := Load([]byte(text))
		if err != nil || !strings.Contains(fmt.Sprint(p.Warnings), c.want) {
			t.Errorf("%s: %v, %v, want %q", name, p, err, c.want)
		}
	}
}

// drawn is a table as the property test draws it, with a reading of its own.
type drawn struct {
	hit  string
	rows [][3]drawnCell
}

type drawnCell struct {
	text  string
	holds func(v any) bool
}

func drawCell(t *rapid.T, input int) drawnCell {
	kind := rapid.IntRange(0, 5).Draw(t, "cell")
	if kind == 0 {
		return drawnCell{"-", func(any) bool { return true }}
	}
	if input == 2 {
		a, b := rapid.SampledFrom([]string{"card", "points", "cod"}).Draw(t, "a"), rapid.SampledFrom([]string{"card", "invoice"}).Draw(t, "b")
		switch kind {
		case 1, 2:
			return drawnCell{a, func(v any) bool { return v == a }}
		case 3:
			return drawnCell{"!= " + a, func(v any) bool { return v != a }}
		case 4:
			return drawnCell{a + ", " + b, func(v any) bool { return v == a || v == b }}
		}
		return drawnCell{"not(" + a + ", " + b + ")", func(v any) bool { return v != a && v != b }}
	}
	lo := rapid.IntRange(0, 6).Draw(t, "lo")
	hi := lo + rapid.IntRange(2, 4).Draw(t, "hi")
	at := func(v any) float64 {
		if n, ok := v.(int); ok {
			return float64(n)
		}
		return v.(float64)
	}
	dot := ""
	if input == 1 {
		dot = ".5"
	}
	l, h := float64(lo), float64(hi)
	if input == 1 {
		l, h = l+.5, h+.5
	}
	switch kind {
	case 1:
		return drawnCell{fmt.Sprint("> ", lo, dot), func(v any) bool { return at(v) > l }}
	case 2:
		return drawnCell{fmt.Sprint("<= ", lo, dot), func(v any) bool { return at(v) <= l }}
	case 3:
		return drawnCell{fmt.Sprint("(", lo, dot, "..", hi, dot, "]"), func(v any) bool { return at(v) > l && at(v) <= h }}
	case 4:
		return drawnCell{fmt.Sprint("[", lo, dot, "..", hi, dot, ")"), func(v any) bool { return at(v) >= l && at(v) < h }}
	}
	return drawnCell{fmt.Sprint("not(", lo, dot, ", ", hi, dot, ")"), func(v any) bool { return at(v) != l && at(v) != h }}
}

func drawTable(t *rapid.T) (out drawn) {
	out.hit = rapid.SampledFrom([]string{hitFirst, hitFirst, hitUnique, hitCollect}).Draw(t, "hit")
	for range rapid.IntRange(1, 6).Draw(t, "rows") {
		out.rows = append(out.rows, [3]drawnCell{drawCell(t, 0), drawCell(t, 1), drawCell(t, 2)})
	}
	return out
}

func (d drawn) text() string {
	var b strings.Builder
	b.WriteString("policy: drawn\nversion: 1\nthresholds: {hold: 5}\ndecides: [order.placed]\ntables:\n  - table: t\n    on: order.placed\n    hit: " + d.hit +
		"\n    inputs: [order.amount, {input: half, is: \"double(order.amount) * 0.5\"}, order.payment]\n    reason: {en: r, de: r, ja: r}\n    rows:\n")
	for i, r := range d.rows {
		fmt.Fprintf(&b, "      - {when: [%q, %q, %q], score: %d}\n", r[0].text, r[1].text, r[2].text, 1<<i)
	}
	return b.String()
}

// TestTablesMeanWhatTheySay: a table decides as its cells read, one by one; what is
// said never to be reached never is, and the other way round; rows that are let
// through as unique never hold together; and a decision comes out the same when it
// is computed again.
func TestTablesMeanWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTable(t)
		p, err := Load([]byte(d.text()))
		met := make([]bool, len(d.rows)) // rows that some event gets to
		together := false
		for amount := -1; amount <= 24; amount++ {
			for _, payment := range []string{"card", "points", "cod", "invoice", "", "other"} {
				score, n := int64(0), 0
				for i, r := range d.rows {
					if !r[0].holds(amount) || !r[1].holds(float64(amount)*.5) || !r[2].holds(payment) {
						continue
					}
					if n++; d.hit == hitCollect || n == 1 {
						score += 1 << i
						met[i] = true
					}
				}
				together = together || n > 1
				if err != nil {
					continue
				}
				e := order(0, "a", int64(amount), "EUR")
				e.Order.Payment = payment
				engine, err := window.New(p.Plan(), 1)
				if err != nil {
					t.Fatal(err)
				}
				r := NewJudge(p, engine).Evaluate(e)
				if r.Score != score || len(r.Faults) > 0 {
					t.Fatalf("%s\namount %d, payment %q: %+v, want %d", d.text(), amount, payment, r, score)
				}
				if again := p.Again(e, r.Saw, false, false, nil); fmt.Sprint(again) != fmt.Sprint(r) {
					t.Fatalf("again: %+v is not %+v", again, r)
				}
				for _, h := range r.Hits {
					if x := p.Held(h, &r, e, "en"); x == nil || len(x.Cells) != 3 {
						t.Fatalf("a hit is not explained: %+v", x)
					}
				}
			}
		}
		if err != nil {
			if d.hit != hitUnique || !strings.Contains(err.Error(), "hold together") {
				t.Fatalf("%s\n%v", d.text(), err)
			}
			return
		}
		if d.hit == hitUnique && together {
			t.Fatalf("two rows of a unique table hold together:\n%s", d.text())
		}
		for i := range met {
			said := slices.ContainsFunc(p.Warnings, func(w Warning) bool {
				return strings.HasPrefix(w.Text, fmt.Sprintf("row %d of the table t is never reached", i+1))
			})
			if said && met[i] {
				t.Fatalf("row %d is reached, and is said not to be:\n%s\n%v", i+1, d.text(), p.Warnings)
			}
		}
	})
}

// TestFilled: rows that only together take all are seen to.
func TestFilled(t *testing.T) {
	d := drawn{hit: hitFirst}
	cells := func(a, b, c string) [3]drawnCell { return [3]drawnCell{{text: a}, {text: b}, {text: c}} }
	for _, c := range []struct {
		rows [][3]drawnCell
		want bool
	}{
		{[][3]drawnCell{cells("< 3", "-", "-"), cells(">= 3", "-", "-"), cells("-", "-", "card")}, true},
		{[][3]drawnCell{cells("< 3", "-", "-"), cells("> 3", "-", "-"), cells("-", "-", "card")}, false},
		{[][3]drawnCell{cells("< 3", "-", "-"), cells("> 2", "-", "-"), cells("-", "-", "-")}, true}, // whole numbers
		{[][3]drawnCell{cells("-", "< 1.5", "-"), cells("-", "> 1.5", "-"), cells("-", "-", "-")}, false},
		{[][3]drawnCell{cells("-", "<= 1.5", "-"), cells("-", "> 1.5", "card"), cells("-", "> 1.5", "not(card)"), cells("-", "-", "-")}, true},
		{[][3]drawnCell{cells("[0..4]", "-", "card"), cells("[5..9]", "-", "card"), cells("[2..7]", "-", "card")}, true},
		{[][3]drawnCell{cells("[0..4]", "-", "card"), cells("[5..9]", "-", "card"), cells("[2..10]", "-", "card")}, false},
	} {
		d.rows = c.rows
		p := load(t, d.text())
		if got := strings.Contains(fmt.Sprint(p.Warnings), fmt.Sprintf("row %d of the table t is never reached", len(c.rows))); got != c.want {
			t.Errorf("%s\n%v, want %v", d.text(), p.Warnings, c.want)
		}
	}
	d.rows = [][3]drawnCell{cells("> 9223372036854775807", "-", "-")}
	if _, err := Load([]byte(d.text())); err == nil {
		t.Error("a range beyond all numbers is loaded")
	}
}

// TestTableInTheDocs: the policy that docs/policies.md shows loads without a warning
// and holds its cases.
func TestTableInTheDocs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(raw), "```yaml\npolicy: gift-cards")
	text, _, _ = strings.Cut(text, "```")
	p := load(t, "policy: gift-cards"+text)
	if len(p.Warnings) > 0 || len(p.Cases) != 2 || len(p.Tables) != 1 {
		t.Errorf("%v, %d cases, %d tables", p.Warnings, len(p.Cases), len(p.Tables))
	}
	for _, c := range must(t, p) {
		if len(c.Problems) > 0 {
			t.Errorf("%s: %v", c.Name, c.Problems)
		}
	}
}
