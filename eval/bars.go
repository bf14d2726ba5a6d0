package eval

import (
	"bytes"
	_ "embed" // the bars
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"bonafide/eval/score"
	"bonafide/eval/simulate"
)

// Bar is one figure to be reached, with what was reached.
type Bar struct {
	Number   int    `json:"number" yaml:"number"`
	Quantity string `json:"quantity" yaml:"quantity"`
	// Want is the bar, Peers what other programs reached on the same sets.
	Want  string `json:"bar" yaml:"bar"`
	Peers string `json:"peers,omitempty" yaml:"peers"`
	// Command measures what this one cannot, or says what is missing.
	Command string `json:"command,omitempty" yaml:"command"`
	// Reached says what was measured; "" when nothing was. Met is absent when
	// the bar could not be judged, or only in part.
	Reached string `json:"reached,omitempty" yaml:"-"`
	Met     *bool  `json:"met,omitempty" yaml:"-"`
}

//go:embed bars.yaml
var barsYAML []byte

// The names of groups that bars rest on (corpus/sets.yaml).
const (
	nameShops      = "genuine shop and courier mails, both parts"
	nameAmazon     = "impersonates Amazon, hand-checked"
	nameAmazonAll  = "impersonates Amazon, hand-checked, both parts"
	namePairAmazon = "impersonates Amazon, hand-checked / shop_legit, both parts"
	nameModern     = "modern phishing, and ham of spamassassin and enron"
	nameHardHam    = "hard ham"
	nameForeign    = "languages of texts that no collected set taught (Arabic, French)"
	nameRobocalls  = "robocalls that pose as Amazon"
	nameCalls      = "legitimate halves of the synthetic calls"
)

// Names of the variants that the bars rest on.
const (
	RulesOnly = "rules only"
	ModelOnly = "model only"
	// Fitted was taught the train part of phishing_pot too, Unseen was not taught
	// modesim. Neither ships.
	Fitted = "fitted on phishing_pot for comparison"
	Unseen = "not taught modesim"
	// FittedNGrams and UnseenNGrams are a plain learner of short texts, fitted to
	// the train parts of SMS with and without modesim. Neither ships.
	FittedNGrams = "n-grams fitted on SMS for comparison"
	UnseenNGrams = "n-grams not taught modesim, for comparison"
	// FittedMails is such a learner of mails, fitted to the train parts of phishing_pot,
	// spamassassin and enron. It does not ship.
	FittedMails = "n-grams fitted on mails for comparison"
)

// judge fills the table of bars from what was measured.
func judge(r *Report) ([]Bar, error) {
	var file struct {
		AsOf   string `yaml:"as_of"`
		Source string `yaml:"source"`
		Bars   []Bar  `yaml:"bars"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(barsYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("eval: read bars.yaml: %w", err)
	}
	judges := map[int]func(*Report) verdictOnBar{
		1: shops, 2: amazon, 3: modern, 4: hardHam, 5: texts, 6: unseen, 7: foreign, 8: robocalls, 9: fast, 10: memory, 12: disguised, 13: calibrated,
	}
	for i := range file.Bars {
		b := &file.Bars[i]
		if f := judges[b.Number]; f != nil {
			v := f(r)
			b.Reached, b.Met = strings.Join(v.said, "; "), v.met()
		}
	}
	return file.Bars, nil
}

// verdictOnBar gathers what was reached. open: something of the bar was not
// measured.
type verdictOnBar struct {
	said       []string
	open, fail bool
}

func (v *verdictOnBar) say(ok bool, format string, args ...any) {
	v.said = append(v.said, fmt.Sprintf(format, args...))
	v.fail = v.fail || !ok
}

// lacks notes that a figure was not measured.
func (v *verdictOnBar) lacks(what string) {
	v.open = true
	v.said = append(v.said, what+": not measured")
}

// met is false when any figure misses, nothing when one is open.
func (v *verdictOnBar) met() *bool {
	ok := !v.fail
	if ok && v.open || len(v.said) == 0 {
		return nil
	}
	return &ok
}

func find(rows []Row, name string) *Row {
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == name }); i >= 0 {
		return &rows[i]
	}
	return nil
}

func shops(r *Report) (v verdictOnBar) {
	row := find(r.Subsets, nameShops)
	if row == nil || row.FalseAlarms == nil {
		v.lacks("false alarms")
		return v
	}
	v.say(row.FalseAlarms.Hits <= 1, "%d of %d (up to %.0f %%)", row.FalseAlarms.Hits, row.FalseAlarms.Of, 100*row.FalseAlarms.High)
	if len(r.Orders) == 0 || r.Orders[0].Shown == nil {
		v.lacks("order match")
		return v
	}
	o := r.Orders[0]
	v.say(o.Shown.Hits == o.Shown.Of, "match shown in %d of %d that name an order", o.Shown.Hits, o.Shown.Of)
	cleared := row.Confusion["legitimate"]["genuine"] + row.Confusion["legitimate"]["genuine_alarm"]
	v.say(cleared == 0, "%d called genuine without an order list", cleared)
	return v
}

func amazon(r *Report) (v verdictOnBar) {
	for _, name := range []string{nameAmazon, nameAmazonAll} {
		row := find(r.Subsets, name)
		if row == nil || row.Recall == nil {
			v.lacks(name)
			continue
		}
		part := r.Part + " part"
		if row.BothParts {
			part = "both parts"
		}
		v.say(row.Recall.Value >= 0.97, "%s: %s", part, percent(row.Recall))
	}
	if i := slices.IndexFunc(r.Pairs, func(p Pair) bool { return p.Name == namePairAmazon }); i >= 0 {
		v.say(r.Pairs[i].Area.Value >= 0.97, "AUC, both parts: %s", area(&r.Pairs[i].Area))
	} else {
		v.lacks("AUC")
	}
	return v
}

func modern(r *Report) (v verdictOnBar) {
	one := func(name string, subsets []Row, bar float64) {
		row := find(subsets, nameModern)
		if row == nil || row.Recall == nil || row.FalseAlarms == nil {
			v.lacks(name)
			return
		}
		v.say(row.Recall.Value >= bar && row.FalseAlarms.Value <= 0.01, "%s: %s with %s false alarms", name, percent(row.Recall), percent(row.FalseAlarms))
	}
	rules, fitted := r.Subsets, false
	for _, x := range r.Variants {
		if x.Name == RulesOnly && x.Missing == "" {
			rules = x.Subsets
		}
		fitted = fitted || x.Name == ModelOnly && x.Missing == ""
	}
	one(RulesOnly, rules, 0.6)
	if fitted {
		one("as shipped, with the model", r.Subsets, 0.8)
	} else {
		v.lacks("with a shipped model")
	}
	// The bar asks for one model fitted for comparison; the product's own, fitted so, is
	// told as well.
	row := find(variant(r, FittedMails), nameModern)
	if row == nil || row.AtHundredth == nil {
		v.lacks("fitted for comparison")
		return v
	}
	v.say(row.AtHundredth.Recall.Value >= 0.97, "n-grams fitted for comparison: %s at 1 %% false alarms", percent(&row.AtHundredth.Recall))
	if row := find(variant(r, Fitted), nameModern); row != nil && row.AtHundredth != nil {
		v.say(true, "the models that ship, fitted for comparison and ranked by probability: %s", percent(&row.AtHundredth.Recall))
	}
	return v
}

// variant returns the groups of a variant; nil when it was not measured.
func variant(r *Report, name string) []Row {
	for _, x := range r.Variants {
		if x.Name == name && x.Missing == "" {
			return x.Subsets
		}
	}
	return nil
}

// unseen judges texts of a set that the model was not taught.
func unseen(r *Report) (v verdictOnBar) {
	for _, x := range r.Variants {
		if x.Name != Unseen || x.Missing != "" {
			continue
		}
		if row := find(x.Sets, "sms-modesim"); row != nil && row.AtHundredth != nil {
			v.say(row.AtHundredth.Recall.Value >= 0.93 && row.AtThousandth.Recall.Value >= 0.8, "%.1f and %.1f %%", 100*row.AtHundredth.Recall.Value, 100*row.AtThousandth.Recall.Value)
			v.alongside(r, UnseenNGrams, "n-grams not taught it, which do not ship,", "sms-modesim")
			return v
		}
	}
	v.lacks("a model that was not taught modesim")
	return v
}

func hardHam(r *Report) (v verdictOnBar) {
	if row := find(r.Subsets, nameHardHam); row != nil && row.FalseAlarms != nil {
		v.say(row.FalseAlarms.Value <= 0.02, "%s", percent(row.FalseAlarms))
	} else {
		v.lacks(nameHardHam)
	}
	return v
}

func texts(r *Report) (v verdictOnBar) {
	for _, s := range []struct {
		set, name  string
		one, tenth float64
	}{{"sms-uci", "UCI", 0.95, 0.9}, {"sms-modesim", "modesim", 0.98, 0.92}} {
		row := find(r.Sets, s.set)
		if row == nil || row.AtHundredth == nil {
			v.lacks(s.name)
			continue
		}
		v.say(row.AtHundredth.Recall.Value >= s.one && row.AtThousandth.Recall.Value >= s.tenth, "%s %.1f and %.1f %%", s.name, 100*row.AtHundredth.Recall.Value, 100*row.AtThousandth.Recall.Value)
	}
	v.alongside(r, ModelOnly, "models alone", "sms-uci", "sms-modesim")
	v.alongside(r, FittedNGrams, "n-grams fitted for comparison, which do not ship,", "sms-uci", "sms-modesim")
	return v
}

// alongside says what a variant reached on sets, without judging it.
func (v *verdictOnBar) alongside(r *Report, name, called string, sets ...string) {
	for _, x := range r.Variants {
		if x.Name != name || x.Missing != "" {
			continue
		}
		for _, set := range sets {
			if row := find(x.Sets, set); row != nil && row.AtHundredth != nil {
				v.say(true, "%s on %s %.1f and %.1f %%", called, strings.TrimPrefix(set, "sms-"), 100*row.AtHundredth.Recall.Value, 100*row.AtThousandth.Recall.Value)
			}
		}
	}
}

func foreign(r *Report) (v verdictOnBar) {
	if row := find(r.Subsets, nameForeign); row != nil && row.FalseAlarms != nil {
		v.say(row.FalseAlarms.Value <= 0.05, "Arabic and French: %s", percent(row.FalseAlarms))
	} else {
		v.lacks("Arabic and French")
	}
	return v
}

func robocalls(r *Report) (v verdictOnBar) {
	if row := find(r.Subsets, nameRobocalls); row != nil && row.Recall != nil {
		v.say(row.Recall.Hits == row.Recall.Of, "%s", percent(row.Recall))
	} else {
		v.lacks("robocalls")
	}
	if row := find(r.Subsets, nameCalls); row != nil && row.FalseAlarms != nil {
		v.say(row.FalseAlarms.Value <= 0.05, "false alarms %s", percent(row.FalseAlarms))
	} else {
		v.lacks("false alarms")
	}
	return v
}

func fast(r *Report) (v verdictOnBar) {
	for _, s := range []struct {
		channel, name string
		bar           float64
	}{{"mail", "mails", 600}, {"sms", "SMS", 10000}} {
		n, cpu := 0, 0.0
		for _, row := range r.Sets {
			if row.Channel == s.channel && row.Timed != nil {
				n, cpu = n+row.Timed.Contacts, cpu+row.Timed.CPUSeconds
			}
		}
		if cpu == 0 {
			v.lacks(s.name)
			continue
		}
		v.say(float64(n)/cpu >= s.bar, "%s %.0f", s.name, float64(n)/cpu)
	}
	return v
}

func memory(r *Report) (v verdictOnBar) {
	if r.PeakMemory == 0 {
		v.lacks("this system does not tell it")
		return v
	}
	v.say(r.PeakMemory <= 80_000_000, "%.0f MB at the peak of this process, which keeps all results besides, %d at a time", float64(r.PeakMemory)/1e6, r.Machine.Cores)
	return v
}

// barKinds are the disguises that bar 12 names.
var barKinds = [...]simulate.Kind{simulate.ZeroWidth, simulate.Homoglyph, simulate.Leet, simulate.Spacing, simulate.Hiding}

func disguised(r *Report) (v verdictOnBar) {
	for _, k := range barKinds {
		worst, found := score.Loss{Points: math.Inf(-1)}, false
		channel := ""
		for _, d := range r.Disguises {
			if d.Kind == string(k) && (d.Group == "mail" || d.Group == "sms") && d.Loss.Points > worst.Points {
				worst, channel, found = d.Loss, d.Group, true
			}
		}
		if !found {
			v.lacks(string(k))
			continue
		}
		v.say(worst.Points <= 2, "%s %s (%s)", k, points(worst), channel)
	}
	return v
}

func calibrated(r *Report) (v verdictOnBar) {
	for _, ch := range channels {
		if c, ok := r.Calibration[ch]; ok && c.Count > 0 {
			v.say(c.Error <= 0.05, "%s %.3f (%.3f-%.3f)", ch, c.Error, c.Low, c.High)
		} else {
			v.lacks(ch)
		}
	}
	return v
}
