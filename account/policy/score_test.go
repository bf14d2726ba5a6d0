package policy

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/account/riskmodel"
)

// scored is the small policy with a score of three numbers and a rule that reads it.
const scoredRule = `  - id: alike
    on: order.placed
    when: score >= 0.5
    score: 20
    step: access
    reason: {en: "alike ({score:percent}): {score:why}", de: "gleicht ({score:percent}): {score:why}", ja: "類似（{score:percent}）：{score:why}"}
`

const scoreSection = `score:
  model: models/account.small.bin
  on: order.placed
  where: order.amount > 100
  usual: {en: "{text} (usual: {usual})", de: "{text} (üblich: {usual})", ja: "{text}（通常：{usual}）"}
  features:
    - feature: gifts
      direction: rising
      reason: {en: "senders {value}", de: "Absender {value}", ja: "送り主{value}"}
    - feature: amount
      is: order.amount
      reason: {en: "amount {value}", de: "Betrag {value}", ja: "金額{value}"}
    - feature: by_card
      is: order.payment == "card"
      reason: {en: "by card {value}", de: "mit Karte {value}", ja: "カード{value}"}
    - feature: hour
      is: last_try
      reason: {en: "try {value} ago", de: "Versuch vor {value}", ja: "試行から{value}"}
`

func scoredText() string {
	s := strings.Replace(small, "rules:\n", scoreSection+"rules:\n", 1)
	s = strings.Replace(s, "when: gifts >= 3\n", "when: gifts >= 30 || spent > 50.0\n", 1)
	return strings.Replace(s, "answers:\n", scoredRule+"answers:\n", 1)
}

// modelOf trains a model in which the first number of many means fraud.
func modelOf(t testing.TB, p *Policy, names ...string) []byte {
	t.Helper()
	var f []riskmodel.Feature
	for _, n := range names {
		f = append(f, riskmodel.Feature{Name: n})
	}
	var r riskmodel.Rows
	for i := range 400 {
		row := make([]float64, len(names))
		row[0] = float64(i % 10)
		r.X, r.Fraud = append(r.X, row), append(r.Fraud, i%10 >= 3)
	}
	m, err := riskmodel.Train(r, r, riskmodel.Settings{Features: f, Trees: 20, Depth: 2, Rate: .5})
	if err != nil {
		t.Fatal(err)
	}
	c := m.Card()
	c.Features = p.FeaturesDigest()
	b, err := m.WithCard(c).Write()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scoredPolicy(t testing.TB) *Policy {
	t.Helper()
	files := fstest.MapFS{"models/account.small.bin": {Data: modelOf(t, load(t, scoredText()), "gifts", "by_card", "hour")}}
	p, err := LoadFrom([]byte(scoredText()), files)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRulesReadTheScore: numbers from the windows, a rule on the score, the
// reason with the numbers, and the same again from what was kept. // S4.8
func TestRulesReadTheScore(t *testing.T) {
	p := scoredPolicy(t)
	j := judge(t, p)
	for i := range 3 {
		r := j.Evaluate(order(time.Duration(i)*time.Minute, string(rune('b'+i)), 900, "JPY", "mule"))
		if want := i == 2; (len(r.Hits) == 1) != want || r.Learned == nil || r.Learned.Chance > .5 != want {
			t.Fatalf("order %d: %+v %+v", i, r, r.Learned)
		}
	}
	e := order(4*time.Minute, "a1", 900, "JPY", "mule")
	r := j.Evaluate(e)
	if !slices.Equal(r.Learned.Row, []float64{4, 0, 600}) || r.Learned.Chance < .9 || r.Score != 20 || !r.Story[0].Now {
		t.Fatalf("%+v %+v", r, r.Learned)
	}
	if got := math.Round(r.Learned.Chance*1e4) / 1e4; got != r.Learned.Chance {
		t.Errorf("the chance %v is finer than it is kept", r.Learned.Chance)
	}
	for lang, want := range map[string]string{"en": "%): senders 4 (usual: 1)", "de": " %): Absender 4 (üblich: 1)", "ja": "%）：送り主4（通常：1）"} {
		if got := p.Reasons(&r, e, lang); len(got) != 1 || !strings.HasSuffix(got[0], want) {
			t.Errorf("%s: %q", lang, got)
		}
	}
	if why := p.Why(&r, "en"); len(why) != 1 || why[0].Feature != "gifts" || why[0].Value != 4 || why[0].LogOdds <= 0 {
		t.Errorf("%+v", why)
	}
	again := p.Again(e, r.Saw, r.Late, r.Capped, r.Faults)
	if again.Learned == nil || again.Learned.Chance != r.Learned.Chance || !slices.Equal(again.Learned.Row, r.Learned.Row) || again.Score != r.Score {
		t.Errorf("again it is %+v %+v", again, again.Learned)
	}
	if r := j.Evaluate(order(5*time.Minute, "a1", 90, "JPY", "mule")); r.Learned != nil || len(r.Hits) != 0 {
		t.Errorf("an order that is not scored has %+v", r.Learned)
	}
	if r := j.Evaluate(login(6*time.Minute, true)); r.Learned != nil {
		t.Errorf("a log-in has %+v", r.Learned)
	}
}

// TestWithoutModelTheChainStands: the score is 0, says so when it is loaded, and nothing fails.
func TestWithoutModelTheChainStands(t *testing.T) {
	p := load(t, scoredText())
	if !slices.ContainsFunc(p.Warnings, func(w Warning) bool { return strings.HasPrefix(w.Text, noModel) }) {
		t.Errorf("nothing warns: %v", p.Warnings)
	}
	j := judge(t, p)
	for i := range 5 {
		if r := j.Evaluate(order(time.Duration(i)*time.Minute, string(rune('b'+i)), 900, "JPY", "mule")); r.Learned != nil || len(r.Hits) != 0 || len(r.Faults) != 0 {
			t.Errorf("%+v", r)
		}
	}
	r := judge(t, p.Gather()).Evaluate(order(0, "a1", 900, "JPY", "x"))
	if r.Learned == nil || !slices.Equal(r.Learned.Row, []float64{1, 900, 0, 600}) || r.Learned.Chance != 0 || len(p.Features()) != 4 {
		t.Errorf("gathered: %+v", r.Learned)
	}
	for _, w := range scoredPolicy(t).Warnings {
		t.Errorf("with the model there is %s", w)
	}
}

// TestMissingNumbers: what cannot be computed is missing and told, and the rest counts.
func TestMissingNumbers(t *testing.T) {
	text := strings.Replace(scoredText(), "is: order.payment == \"card\"", "is: order.amount / (order.amount - 900)", 1)
	files := fstest.MapFS{"models/account.small.bin": {Data: modelOf(t, load(t, text), "gifts", "by_card")}}
	p, err := LoadFrom([]byte(text), files)
	if err != nil {
		t.Fatal(err)
	}
	e := order(0, "a1", 900, "JPY", "x")
	r := judge(t, p).Evaluate(e)
	if r.Learned == nil || !math.IsNaN(r.Learned.Row[1]) || len(r.Faults) != 1 || r.Faults[0].Rule != OfScore || !strings.Contains(r.Faults[0].Text, "by_card: division by zero") {
		t.Fatalf("%+v %+v", r, r.Learned)
	}
	if again := p.Again(e, r.Saw, false, false, r.Faults); len(again.Faults) != 1 || again.Learned.Chance != r.Learned.Chance {
		t.Errorf("again: %+v", again)
	}
}

func TestScoreIsChecked(t *testing.T) {
	for _, c := range []struct{ old, by, want string }{
		{"  model: models/account.small.bin", "  model: ../secret", "below models/"},
		{"  on: order.placed\n  where: order.amount > 100", "  on: order.bought", "no type of event"},
		{"where: order.amount > 100", "where: order.amount", "it must be"},
		{"where: order.amount > 100", "where: login.success", "not carried by"},
		{"is: order.amount\n", "is: order.sum\n", "undeclared"},
		{"is: order.amount\n", "is: order.currency\n", "it must be"},
		{"is: order.amount\n", "is: login.success\n", "not carried by"},
		{"is: order.amount\n", "is: story.access\n", "learned from itself"},
		{"is: order.amount\n", "is: since.access\n", "learned from itself"},
		{"feature: amount", "feature: gifts", "declared twice"},
		{"feature: amount", "feature: A", "small letters"},
		{"direction: rising", "direction: up", "rising or falling"},
		{"en: \"amount {value}\"", "en: \"amount {sum}\"", "names more than"},
		{"en: \"amount {value}\", ", "", "lacks its text in en"},
		{"en: \"{text} (usual: {usual})\"", "en: \"{value}\"", "names more than"},
		{"    on: order.placed\n    when: score >= 0.5", "    on: [order.placed, login]\n    when: score >= 0.5", "not computed for events of type login"},
		{"when: score >= 0.5", "when: score >= event.account", "no matching overload"},
		{"{score:percent}", "{score:money2}", "names {score}"},
	} {
		text := strings.Replace(scoredText(), c.old, c.by, 1)
		if text == scoredText() {
			t.Fatalf("%q is not in the text", c.old)
		}
		_, err := Load([]byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v, want %q", c.by, err, c.want)
		}
	}
}

// TestScoreIsBounded: the lint tells of a score that decides by itself.
func TestScoreIsBounded(t *testing.T) {
	for _, c := range []struct{ old, by, want string }{
		{"    score: 20\n    step: access\n    reason: {en: \"alike", "    score: 90\n    step: access\n    reason: {en: \"alike", "alone reaches block"},
		{"    score: 20\n    step: access\n    reason: {en: \"alike", "    action: block\n    reason: {en: \"alike", "blocks by the learned score alone"},
		{"when: score >= 0.5", "when: order.amount > 5", "no rule reads the score"},
	} {
		text := strings.Replace(strings.Replace(scoredText(), c.old, c.by, 1), "hold: 60", "hold: 60, block: 80", 1)
		p := load(t, text)
		if !slices.ContainsFunc(p.Warnings, func(w Warning) bool { return strings.Contains(w.Text, c.want) }) {
			t.Errorf("%q: %v", c.want, p.Warnings)
		}
	}
}

// boosted is a model as XGBoost saves it: gifts < 2.5 gives -3, else 3.
const boosted = `{"learner":{"feature_names":["gifts","by_card"],"gradient_booster":{"model":{"trees":[
{"default_left":[1,0,0],"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_conditions":[2.5,-3,3],"split_indices":[0,0,0],"split_type":[0,0,0],"sum_hessian":[4,3,1]}]},"name":"gbtree"},
"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"binary:logistic"}}}`

// TestOwnModels: an operator's model, of either form, and what is said when it does not fit.
func TestOwnModels(t *testing.T) {
	at := "models/account.small.bin"
	p, err := LoadFrom([]byte(scoredText()), fstest.MapFS{at: {Data: []byte(boosted)}})
	if err != nil {
		t.Fatal(err)
	}
	j := judge(t, p)
	var chances []float64
	for i := range 3 {
		e := order(time.Duration(i)*time.Minute, string(rune('b'+i)), 900, "JPY", "mule")
		r := j.Evaluate(e)
		chances = append(chances, r.Learned.Chance)
		if i == 2 && p.Reasons(&r, e, "en")[0] != "alike (95%): senders 3" {
			t.Errorf("without what is usual the sentence is %q", p.Reasons(&r, e, "en"))
		}
	}
	if !slices.Equal(chances, []float64{.0474, .0474, .9526}) {
		t.Errorf("scores %v", chances)
	}
	other := modelOf(t, load(t, strings.Replace(scoredText(), "span: 24h", "span: 23h", 1)), "gifts")
	if p, err = LoadFrom([]byte(scoredText()), fstest.MapFS{at: {Data: other}}); err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Text, "declared otherwise") {
		t.Errorf("a model of other windows: %v %v", p.Warnings, err)
	}
	for want, b := range map[string][]byte{
		"there is no such file": nil,
		"not a model file":      []byte("PK"),
		`asks for "colour", "x1", which are not features of this policy (it has gifts, amount, by_card, hour)`: modelOf(t, p, "gifts", "colour", "x1"),
		"have no names: give feature_names": []byte(strings.Replace(boosted, `"feature_names":["gifts","by_card"],`, "", 1)),
		"only gbtree is read":               []byte(strings.Replace(boosted, "gbtree", "dart", 1)),
	} {
		files := fstest.MapFS{}
		if b != nil {
			files[at] = &fstest.MapFile{Data: b}
		}
		if _, err := LoadFrom([]byte(scoredText()), files); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := load(t, small).WithModel([]byte(boosted)); err == nil {
		t.Error("a policy without a score takes no model")
	}
	if p, err := LoadFrom([]byte(small), nil); err != nil || p.ModelFile() != "" || p.FeaturesDigest() != "" {
		t.Errorf("a policy without a score needs no files: %v", err)
	}
}

// TestDigestOfFeatures: what a number is made of is told apart, however deep, and nothing else.
func TestDigestOfFeatures(t *testing.T) {
	was := load(t, scoredText()).FeaturesDigest()
	for _, c := range []struct {
		old, by string
		same    bool
	}{
		{"measure: distinct\n    span: 24h", "measure: distinct\n    span: 12h", false},
		{"where: order.gift_count > 0\n    value: event.account", "where: order.gift_count > 1\n    value: event.account", false},
		{"direction: rising", "direction: falling", false},
		{"is: order.amount\n", "is: order.amount * 2\n", false},
		{"senders {value}", "number of senders {value}", true},
		{"span: 1h\n    base: 24h", "span: 2h\n    base: 24h", true},
		{"when: score >= 0.5", "when: score >= 0.6", true},
	} {
		text := strings.Replace(scoredText(), c.old, c.by, 1)
		if text == scoredText() {
			t.Fatalf("%q is not in the text", c.old)
		}
		if got := load(t, text).FeaturesDigest(); (got == was) != c.same {
			t.Errorf("%s: same %v", c.by, got == was)
		}
	}
}

// TestShippedScore: the model that ships fits the policy's windows of today, and the
// score can neither hold nor block alone.
func TestShippedScore(t *testing.T) {
	p := shipped(t)
	card, ok := p.ModelCard()
	if !ok || card.Licence == "" || card.Rows < 10_000 || card.Features != p.FeaturesDigest() {
		t.Fatalf("the shipped model is of other features: run make train-account: %+v", card)
	}
	most := int64(0)
	for _, r := range p.Rules {
		if slices.Contains(r.when.uses, p.byName[scoreName]) {
			if r.Step < 0 || r.Floor != Allow {
				t.Errorf("rule %s must add to a step and ask for no action", r.ID)
			}
			most = max(most, r.Score)
		}
	}
	if most == 0 || most >= p.Mark(Hold) {
		t.Errorf("the score adds up to %d: it must do something, and stay below %d", most, p.Mark(Hold))
	}
	info, err := os.Stat("../../data/" + p.ModelFile())
	if err != nil || info.Size() > 256<<10 {
		t.Errorf("the model takes %d bytes: %v", info.Size(), err)
	}
}

// BenchmarkScore: an order with a gift card as the shipped policy decides it, without
// and with the model; the model alone; the reasons, which only a reader asks for.
func BenchmarkScore(b *testing.B) {
	with := shipped(b)
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		b.Fatal(err)
	}
	var r Result
	for name, p := range map[string]*Policy{"order without model": load(b, string(raw)), "order with model": with} {
		b.Run(name, func(b *testing.B) {
			j := judge(b, p)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				r = j.Evaluate(order(time.Duration(n)*time.Hour, "a1", 5000, "JPY", "r1"))
			}
		})
	}
	r = judge(b, with).Evaluate(order(0, "a1", 5000, "JPY", "r1"))
	b.Run("model", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			with.score.model.Probability(r.Learned.Row)
		}
	})
	b.Run("reasons", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			with.Why(&r, "en")
		}
	})
}
