package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/account/event"
	"bonafide/account/window"
)

const small = `policy: small
version: 1
lateness: 1m
thresholds: {challenge: 30, hold: 60}
decides: [order.placed]
amounts:
  little: {JPY: 600, EUR: 500}
lists:
  - name: friends
    of: event.account
    entries:
      - {value: a9}
      - {value: a8, until: 2026-01-05T10:30:00Z}
steps:
  - id: access
    lasts: 2h
    title: {en: came in, de: kam herein, ja: 侵入}
declare:
  - window: tries
    key: event.account
    on: login
    where: "!login.success"
    measure: count
    span: 10m
  - window: gifts
    key: order.gift_recipients
    on: order.placed
    where: order.gift_count > 0
    value: event.account
    measure: distinct
    span: 24h
  - window: spent
    key: [event.account, order.currency]
    on: order.placed
    value: order.amount
    measure: ratio_sum
    span: 1h
    base: 24h
    default: 0.0
  - window: last_try
    key: event.account
    on: login
    where: "!login.success"
    measure: since
    span: 10m
    default: 10m
  - fact: hammered
    is: tries >= 3
rules:
  - id: guessed
    on: login
    when: login.success && hammered && last_try < duration("5m")
    score: 25
    step: access
    reason: {en: "after {tries} tries, {last_try} ago", de: "nach {tries} Versuchen", ja: "{tries}回失敗"}
  - id: big
    on: order.placed
    when: order.amount > amount.little * 10
    score: 10
    shop: [{do: hide_gift_cards, for: 24h}]
    reason: {en: "{order.amount:money} is much", de: "{order.amount:money} ist viel", ja: "{order.amount:money}は高額"}
    customer: {en: please confirm, de: bitte bestätigen, ja: ご確認ください}
  - id: shared
    on: order.placed
    when: gifts >= 3
    score: 60
    action: hold
    reason: {en: "{gifts} accounts, …{order.id}", de: "{gifts} Konten", ja: "{gifts}件"}
  - id: friend
    on: order.placed
    when: list.friends
    score: -40
    reason: {en: known, de: bekannt, ja: 既知}
answers:
  challenge:
    support: {en: s, de: s, ja: s}
    customer: {en: prove, de: beweise, ja: 確認}
`

func load(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func judge(t testing.TB, p *Policy) *Judge {
	t.Helper()
	e, err := window.New(p.Plan(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return NewJudge(p, e)
}

var start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func login(at time.Duration, ok bool) *event.Event {
	return &event.Event{ID: fmt.Sprint(at), Source: "t", Type: event.LoginTried, Time: start.Add(at), Context: event.Context{Account: "a1", Device: "d1"}, Login: event.Login{Success: ok}}
}

func order(at time.Duration, account string, amount int64, currency string, to ...string) *event.Event {
	e := &event.Event{ID: fmt.Sprint(at, account), Source: "t", Type: event.OrderPlaced, Time: start.Add(at), Context: event.Context{Account: account, Device: "d1"},
		Order: event.Order{ID: "order-12345", Amount: amount, Currency: currency}}
	for _, r := range to {
		e.Order.Items = append(e.Order.Items, event.Item{Kind: event.GiftKind, Amount: amount / int64(len(to)), Recipient: r})
	}
	return e
}

func TestStoryIsRemembered(t *testing.T) {
	p := load(t, small)
	j := judge(t, p)
	for i := range 3 {
		j.Evaluate(login(time.Duration(i)*time.Minute, false))
	}
	in := login(4*time.Minute, true)
	r := j.Evaluate(in)
	if r.Score != 25 || r.Action != Allow {
		t.Errorf("a log-in is not acted on: %+v", r)
	}
	if got := p.Reasons(&r, in, "en"); len(got) != 1 || got[0] != "after 3 tries, 2 min ago" {
		t.Errorf("reasons %q", got)
	}
	o := order(time.Hour, "a1", 7000, "JPY")
	r = j.Evaluate(o)
	if r.Score != 35 || r.Action != Challenge || len(r.Story) != 1 || r.Story[0].Now || r.Story[0].Since != 56*time.Minute {
		t.Errorf("the log-in must be remembered: %+v", r)
	}
	for lang, want := range map[string]string{"en": "7,000 JPY is much", "de": "7.000 JPY ist viel", "ja": "7,000円は高額"} {
		if got := p.Reasons(&r, o, lang); got[0] != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
	if got := p.Customer(&r, o, "de"); got != "bitte bestätigen" {
		t.Errorf("customer is told %q", got)
	}
	if r = j.Evaluate(order(3*time.Hour, "a1", 7000, "JPY")); r.Score != 10 || r.Action != Allow {
		t.Errorf("after two hours it is forgotten: %+v", r)
	}
}

// TestSeenIsNumberedByThePolicy: values are kept under numbers of the policy's own
// names, so that a field more in the vocabulary leaves what was kept as it is.
func TestSeenIsNumberedByThePolicy(t *testing.T) {
	p := load(t, small)
	j := judge(t, p)
	j.Evaluate(login(0, false))
	in := login(time.Minute, true)
	r := j.Evaluate(in)
	if len(r.Saw) == 0 {
		t.Fatal("nothing was seen")
	}
	own := len(p.symbols) - p.own
	for _, s := range r.Saw {
		if s.Symbol < 0 || s.Symbol >= own || event.FieldAt(p.Symbol(s.Symbol)) != nil || p.Symbol(s.Symbol) == "" {
			t.Errorf("value %d is %q, and the policy has %d names", s.Symbol, p.Symbol(s.Symbol), own)
		}
	}
	if p.Symbol(own) != "" || p.Symbol(-1) != "" {
		t.Error("a number that is none has a name")
	}
	before := len(p.symbols)
	p.symbols, p.own = append([]symbol{{name: "one.more", what: field}}, p.symbols...), p.own+1
	if name := p.Symbol(r.Saw[0].Symbol); name != p.symbols[before-own+1+r.Saw[0].Symbol].name || name == "" {
		t.Errorf("with a field more the value is %q", name)
	}
}

func TestListsAmountsAndManyKeys(t *testing.T) {
	p := load(t, small)
	j := judge(t, p)
	j.Evaluate(order(0, "a1", 100, "EUR", "r1", "r2"))
	j.Evaluate(order(time.Minute, "a2", 100, "EUR", "r2"))
	e := order(2*time.Minute, "a3", 100, "EUR", "r9", "r2")
	r := j.Evaluate(e)
	if r.Score != 60 || r.Action != Hold || r.Floor != Hold {
		t.Errorf("the recipient with most accounts counts: %+v", r)
	}
	if got := p.Reasons(&r, e, "en")[0]; got != "3 accounts, ……2345" {
		t.Errorf("identifiers are masked: %q", got)
	}
	if r = j.Evaluate(order(3*time.Minute, "a9", 100, "EUR", "r2")); r.Score != 20 || r.Action != Hold {
		t.Errorf("a friend, but the rule asks for hold: %+v", r)
	}
	if r = j.Evaluate(order(29*time.Minute, "a8", 9000, "EUR")); r.Score != 0 {
		t.Errorf("on the list until half past ten: %+v", r)
	}
	if r = j.Evaluate(order(31*time.Minute, "a8", 9000, "EUR")); r.Score != 10 {
		t.Errorf("no longer on the list: %+v", r)
	}
	if r = j.Evaluate(order(32*time.Minute, "a7", 9000, "USD")); len(r.Faults) != 1 || !strings.Contains(r.Faults[0].Text, "currency") || r.Score != 0 {
		t.Errorf("without an amount in the currency the rule fails visibly: %+v", r)
	}
	if r = j.Evaluate(order(10*time.Minute, "a1", 9000, "EUR", "r2")); !r.Late || r.Action != Hold {
		t.Errorf("a late event is judged and not counted: %+v", r)
	}
}

// TestErrorsHaveLineAndColumn: every mistake is found when the policy is loaded.
func TestErrorsHaveLineAndColumn(t *testing.T) {
	lineOf := func(s string) int { return strings.Count(small[:strings.Index(small, s)], "\n") + 1 }
	for _, c := range []struct{ old, new, place, text string }{
		{"order.amount > amount", "order.amuont > amount", fmt.Sprintf("line %d, column 16", lineOf("order.amount > amount")), "undeclared reference to 'order.amuont'"},
		{"order.amount > amount.little * 10", "order.amount > 'x'", fmt.Sprintf("line %d, column 24", lineOf("order.amount > amount")), "no matching overload"},
		{"    when: gifts >= 3", "    when: |\n      gifts >= 3 &&\n        gitfs >= 3", fmt.Sprintf("line %d, column 9", lineOf("    when: gifts >= 3")+2), "undeclared reference to 'gitfs'"},
		{`where: "!login.success"`, `where: "!login.succes"`, fmt.Sprintf("line %d, column 19", lineOf(`where: "!login.success"`)), "login.succes"},
		{"when: gifts >= 3", "when: gifts", fmt.Sprintf("line %d", lineOf("when: gifts >= 3")), "must be [bool]"},
		{"when: gifts >= 3", "when: login.success", fmt.Sprintf("line %d", lineOf("when: gifts >= 3")), "login.success is not carried by events of type order.placed"},
		{"when: gifts >= 3", "when: " + strings.Repeat("event.account.matches(event.device) || ", 9) + "false", fmt.Sprintf("line %d", lineOf("when: gifts >= 3")), "cost"},
		{"is: tries >= 3", "is: tries >= 3 && hammered", fmt.Sprintf("line %d", lineOf("is: tries")), "undeclared"},
		{"fact: hammered", "fact: tries", fmt.Sprintf("line %d, column 11", lineOf("fact: hammered")), "twice"},
		{"key: [event.account, order.currency]", "key: [event.account, order.curency]", "line", "order.curency"},
		{"key: [event.account, order.currency]", "key: [order.items]", "line", "no text field"},
		{"measure: count", "measure: cuont", "line", "cuont"},
		{"span: 10m\n  - window: gifts", "span: 10s\n  - window: gifts", "line", "1 minute"},
		{"base: 24h", "base: 1h", "line", "base"},
		{"    default: 0.0\n", "", "line", "give a default"},
		{"value: event.account\n    measure: distinct", "value: event.account\n    measure: sum", "line", "needs a number"},
		{"step: access\n    reason", "step: acces\n    reason", "line", "no step"},
		{"    reason: {en: known, de: bekannt, ja: 既知}", "    reason: {en: known, de: bekannt}", "line", "lacks its text in ja"},
		{"de: bekannt, ja: 既知", "de: bekannt, wie sonst, ja: 既知", "line", `"wie sonst" and no words`},
		{`{en: "{gifts} accounts`, `{en: "{gitfs} accounts`, "line", "{gitfs}"},
		{"id: friend", "id: shared", fmt.Sprintf("line %d, column 9", lineOf("id: friend")), "stands on line"},
		{"action: hold", "action: halt", "line", "no action"},
		{"on: login\n    when", "on: logon\n    when", "line", "no type of event"},
		{"decides: [order.placed]", "decides: []", "", "decides is missing"},
		{"{challenge: 30, hold: 60}", "{challenge: 30, hold: 20}", "", "above the milder"},
		{"lateness: 1m", "latenes: 1m", "", "latenes"},
		{"lateness: 1m", "lateness: x", "", "lateness"},
		{"version: 1", "version: 0", "", "version"},
	} {
		if !strings.Contains(small, c.old) {
			t.Fatalf("%q is not in the policy", c.old)
		}
		_, err := Load([]byte(strings.Replace(small, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.place) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%q: want %q and %q, got %v", c.new, c.place, c.text, err)
		}
	}
}

func TestLint(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"when: list.friends", `when: event.country == "RO"`, "country of origin"},
		{"when: list.friends", `when: event.country in ["RO", "VN"]`, "country of origin"},
		{"when: list.friends", `when: event.country.startsWith("R")`, "country of origin"},
		{"when: list.friends", `when: (event.country + "x") == "ROx"`, "country of origin"},
		{"when: list.friends", `when: '{"RO": true}[event.country]'`, "country of origin"},
		{"when: list.friends", `when: '"RO VN".contains(event.country)'`, "country of origin"},
		{"of: event.account", "of: event.country", "country of origin"},
		{"key: event.account\n    on: login\n    where: \"!login.success\"\n    measure: since", "key: event.country\n    on: login\n    where: \"!login.success\"\n    measure: since", "country of origin"},
		{"key: [event.account, order.currency]", "key: event.account", "different currencies"},
		{"when: list.friends", "when: gifts >= 3", "same condition"},
		{"when: list.friends", "when: \"false\"", "always false"},
		{"hammered && ", "", "hammered is never asked for"},
		{"{challenge: 30, hold: 60}", "{challenge: 30, block: 600}", "no score reaches block"},
		{"step: access\n    reason", "reason", "no rule is evidence"},
	} {
		if !strings.Contains(small, c.old) {
			t.Fatalf("%q is not in the policy", c.old)
		}
		p := load(t, strings.Replace(small, c.old, c.new, 1))
		found := false
		for _, w := range p.Warnings {
			found = found || strings.Contains(w.Text, c.want)
		}
		if !found {
			t.Errorf("%q: want a warning of %q, got %v", c.new, c.want, p.Warnings)
		}
	}
	p := load(t, strings.Replace(small, "when: list.friends", `when: list.friends && event.country != ""`, 1))
	for _, w := range append(p.Warnings, load(t, small).Warnings...) {
		if strings.Contains(w.Text, "country") {
			t.Errorf("to ask whether a country is known is no judgement by it: %v", w)
		}
	}
}

// TestLoweredIsCEL: what runs as a closure is what CEL itself says.
func TestLoweredIsCEL(t *testing.T) {
	p := load(t, small)
	c, err := newCompiler(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	ints := []string{"order.amount", "tries", "gifts", "order.gift_count", "amount.little", "3", "-2", "9223372036854775807"}
	texts := []string{"event.account", "event.device", `"a1"`, `""`, "order.currency"}
	lengths := []string{"last_try", `duration("5m")`, `duration("0s")`}
	bools := []string{"login.success", "hammered", "list.friends", "true", "false"}
	lowered := 0
	rapid.Check(t, func(t *rapid.T) {
		var number, yes func(d int) string
		pick := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "x") }
		number = func(d int) string {
			if d == 0 || rapid.Bool().Draw(t, "leaf") {
				return pick(ints)
			}
			return "(" + number(d-1) + pick([]string{" + ", " - ", " * "}) + number(d-1) + ")"
		}
		yes = func(d int) string {
			cmp := func() string { return pick([]string{" == ", " != ", " < ", " <= ", " > ", " >= "}) }
			switch n := rapid.IntRange(0, 9).Draw(t, "form"); {
			case d == 0 || n == 0:
				return pick(bools)
			case n == 1:
				return "(" + number(2) + cmp() + number(2) + ")"
			case n == 2:
				return "(" + pick(texts) + cmp() + pick(texts) + ")"
			case n == 3:
				return "(" + pick(lengths) + pick([]string{" + ", " - "}) + pick(lengths) + cmp() + pick(lengths) + ")"
			case n == 4:
				return "(" + pick(texts) + ` in ["a1", "a9", "JPY"])`
			case n == 5:
				return "(" + pick(texts) + " in order.gift_recipients)"
			case n == 6:
				return "!" + yes(d-1)
			case n == 7:
				return "(" + yes(d-1) + " ? " + yes(d-1) + " : " + yes(d-1) + ")"
			case n == 8:
				return "(" + yes(d-1) + " || " + yes(d-1) + ")"
			}
			return "(" + yes(d-1) + " && " + yes(d-1) + ")"
		}
		text := yes(4)
		e, err := c.compile(source{text: text}, boolean)
		if err != nil {
			return // too dear, or a constant overflow that CEL folds to an error
		}
		if e.fast == nil {
			return
		}
		lowered++
		currency := rapid.SampledFrom([]string{"JPY", "USD", ""}).Draw(t, "currency")
		ev := order(0, rapid.SampledFrom([]string{"a1", "a9"}).Draw(t, "account"), int64(rapid.IntRange(-1, 5).Draw(t, "amount")), currency, "a1")
		ev.Login.Success = rapid.Bool().Draw(t, "success")
		frame := func() *frame {
			f := p.frame()
			f.start(ev)
			f.given = map[int]value{p.byName["tries"]: {i: 4}, p.byName["last_try"]: {i: 300e6}}
			if ev.Login.Success {
				f.given[p.byName["gifts"]] = value{i: 2} // else asking for it is an error
			}
			return f
		}
		a, errA := e.fast(frame())
		b, errB := e.slow(frame())
		if (errA == nil) != (errB == nil) || errA == nil && a.i != b.i {
			t.Fatalf("%s: lowered %v (%v), CEL %v (%v)", text, a.i, errA, b.i, errB)
		}
	})
	if lowered == 0 {
		t.Error("nothing was lowered")
	}
}

// TestShippedRulesAreLowered: what each order sets off runs without boxes.
func TestShippedRulesAreLowered(t *testing.T) {
	p := shipped(t)
	for i := range p.Rules {
		if p.Rules[i].when.fast == nil {
			t.Errorf("rule %s is evaluated by CEL: about ten times slower", p.Rules[i].ID)
		}
	}
	for i := range p.symbols {
		if s := &p.symbols[i]; s.what == fact && s.expr.fast == nil {
			t.Errorf("fact %s is evaluated by CEL", s.name)
		}
	}
}

func TestCasesAreChecked(t *testing.T) {
	p := load(t, small+`cases:
  - name: good
    must: challenge
    by: 5
    rules: [guessed, big]
    events:
      - &tries {at: 0s, type: login, repeat: 3, every: 1m, data: {account: a1, login: {success: false}}}
      - {at: 4m, type: login, data: {account: a1, login: {success: true}}}
      - {at: 5m, type: order.placed, data: {account: a1, order: {id: "o{n}", amount: 7000, currency: JPY}}}
  - name: wrong
    never: challenge
    not: [guessed]
    must: block
    events:
      - [*tries]
      - {at: 4m, type: login, data: {account: a1, login: {success: true}}}
      - {at: 5m, type: order.placed, data: {account: a1, order: {id: o1, amount: 7000, currency: JPY}}}
`)
	got, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	if len(got[0].Problems) != 0 || len(got[1].Problems) != 3 {
		t.Errorf("%v", got)
	}
	for _, bad := range []string{"must: blok", "rules: [gessed]", "never: hold\n    events: [{at: 0s, type: login, data: {acount: a1}}]"} {
		if _, err := Load([]byte(small + "cases:\n  - name: c\n    " + bad + "\n")); err == nil {
			t.Errorf("%q must be refused", bad)
		}
	}
}

func TestFaultsHoldNoPersonalData(t *testing.T) {
	p := load(t, strings.Replace(small, "when: list.friends", "when: int(event.account) > 3 || order.amount / tries > 1", 1))
	r := judge(t, p).Evaluate(order(0, "secret-account", 100, "EUR"))
	if len(r.Faults) != 1 || strings.Contains(r.Faults[0].Text, "secret") {
		t.Errorf("%+v", r.Faults)
	}
}

func TestListsOfAliasesAreBounded(t *testing.T) {
	bomb := small + "cases:\n  - name: c\n    never: hold\n    events:\n      - &a []\n"
	for i := range 9 {
		bomb += fmt.Sprintf("      - &%c [%s]\n", 'b'+i, strings.Repeat(fmt.Sprintf("*%c, ", 'a'+i), 20))
	}
	if _, err := Load([]byte(bomb)); err == nil {
		t.Error("a list of 20^9 aliases must be refused")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(tabled))
	if raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml"); err == nil {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := Load(raw); err == nil {
			e, err := window.New(p.Plan(), 1)
			if err != nil {
				t.Fatal(err)
			}
			NewJudge(p, e).Evaluate(login(0, true))
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	p := shipped(b)
	j := judge(b, p)
	events := make([]*event.Event, 10_000)
	for i := range events {
		at := time.Duration(i) * time.Second
		if i%3 == 0 {
			events[i] = order(at, fmt.Sprint(i/3%1000), 5000, "JPY", fmt.Sprint("r", i%700))
			events[i].Order.ID = fmt.Sprint(i)
		} else {
			events[i] = login(at, i%5 != 0)
			events[i].Context.Account = fmt.Sprint(i / 3 % 1000)
			events[i].Context.Country = "JP"
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e := *events[i%len(events)]
		e.Time = e.Time.Add(time.Duration(i/len(events)) * 10_000 * time.Second)
		j.Evaluate(&e)
		i++
	}
	st := j.Engine().Stats()
	b.ReportMetric(float64(st.Keys), "keys")
}
