package eval

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"bonafide/eval/corpus"
	"bonafide/eval/score"
)

// tally gathers results into a report.
type tally struct {
	report Report
	all    []result
	// other are results of the other part, for groups measured over both.
	other []result
	sets  map[string]corpus.Set
}

// newTally begins a report. In JSON a list is never null.
func newTally() *tally {
	return &tally{sets: map[string]corpus.Set{}, report: Report{
		Missing: []string{}, Sets: []Row{}, Subsets: []Row{}, Channels: []Row{}, Languages: []Row{}, Pairs: []Pair{},
		Machine: Machine{Cores: runtime.GOMAXPROCS(0), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()},
	}}
}

// add takes the results of one set.
func (t *tally) add(s corpus.Set, rs []result, speed Speed) {
	t.sets[s.Name] = s
	t.all = append(t.all, rs...)
	row := newRow(rs)
	row.Name, row.Channel, row.Origin, row.What, row.Goal, row.Speed = s.Name, s.Channel, s.About.Origin, s.About.What, s.About.Goal, &speed
	t.report.Sets = append(t.report.Sets, row)
}

// newRow counts one group of results.
func newRow(rs []result) Row {
	row := Row{Confusion: map[string]map[string]int{}, Goal: true}
	var fraud, caught, cleared, legit, alarms, spam, called int
	var pos, neg []float64
	for i := range rs {
		r := &rs[i]
		if r.verdict == "" {
			row.Empty++
			continue
		}
		row.Number++
		label := string(r.contact.Label)
		if row.Confusion[label] == nil {
			row.Confusion[label] = map[string]int{}
		}
		row.Confusion[label][r.verdict]++
		switch r.contact.Label {
		case corpus.Fraud:
			fraud++
			caught += one(r.alarmed())
			cleared += one(r.cleared())
			pos = append(pos, r.value())
		case corpus.Legitimate:
			legit++
			alarms += one(r.alarmed())
			neg = append(neg, r.value())
		case corpus.Spam:
			spam++
			called += one(r.alarmed())
		}
	}
	row.Recall, row.Cleared = share(caught, fraud), share(cleared, fraud)
	row.FalseAlarms, row.SpamCalled = share(alarms, legit), share(called, spam)
	if a, ok := score.NewArea(pos, neg); ok {
		row.Area = &a
	}
	if l, ok := score.RecallAt(pos, neg, 0.01); ok {
		row.AtHundredth = &l
	}
	if l, ok := score.RecallAt(pos, neg, 0.001); ok {
		row.AtThousandth = &l
	}
	if fraud > 0 && legit > 0 {
		c := calibration(rs)
		row.Calibration = &c
	}
	return row
}

// calibration compares the probabilities of answers with the labels fraud and
// legitimate.
func calibration(rs []result) Calibration {
	var points []score.Point
	for i := range rs {
		if r := &rs[i]; r.verdict != "" && r.verdict != failed && r.contact.Label != corpus.Spam {
			points = append(points, score.Point{Probability: r.probability, Positive: r.contact.Label == corpus.Fraud})
		}
	}
	return score.NewCalibration(points, 1)
}

// value is what a contact is ranked by: its probability of fraud, or the worst
// one where the check failed.
func (r *result) value() float64 {
	if r.verdict == failed && r.contact.Label == corpus.Legitimate {
		return 1
	}
	return r.probability
}

func share(hits, of int) *score.Share {
	if of == 0 {
		return nil
	}
	s := score.NewShare(hits, of)
	return &s
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// finish makes what needs the results of all sets.
func (t *tally) finish(l *corpus.Library, o Options) {
	for _, s := range l.Subsets {
		if s.BothParts && o.Limit > 0 {
			continue
		}
		rs := t.pick(s.BothParts, func(r *result) bool { return corpus.Any(s.Of, &r.contact) })
		if len(rs) > 0 {
			row := newRow(rs)
			row.Name, row.BothParts = s.Name, s.BothParts
			t.report.Subsets = append(t.report.Subsets, row)
		}
	}
	t.channels()
	t.languages()
	for _, p := range l.Pairs {
		if p.BothParts && o.Limit > 0 {
			continue
		}
		pos := t.values(p.BothParts, p.Fraud, corpus.Fraud)
		neg := t.values(p.BothParts, p.Legitimate, corpus.Legitimate)
		if a, ok := score.NewArea(pos, neg); ok {
			t.report.Pairs = append(t.report.Pairs, Pair{p.Name, p.BothParts, a})
		}
	}
	t.worst()
	t.mistakes(o.Errors)
	t.codes()
}

// pick returns the results that hold, those of the other part with them if both
// is true.
func (t *tally) pick(both bool, holds func(*result) bool) []result {
	var out []result
	for i := range t.all {
		if holds(&t.all[i]) {
			out = append(out, t.all[i])
		}
	}
	for i := range t.other {
		if both && holds(&t.other[i]) {
			out = append(out, t.other[i])
		}
	}
	return out
}

// values are the probabilities of the contacts of one label.
func (t *tally) values(both bool, ss []corpus.Selector, label corpus.Label) []float64 {
	var out []float64
	for _, r := range t.pick(both, func(r *result) bool {
		return r.verdict != "" && r.contact.Label == label && corpus.Any(ss, &r.contact)
	}) {
		out = append(out, r.value())
	}
	return out
}

// channels makes one row for each channel, a second one for its real sets where
// it has others too, and its calibration.
func (t *tally) channels() {
	t.report.Calibration = map[string]Calibration{}
	for _, ch := range channels {
		mine := t.pick(false, func(r *result) bool { return t.of(r).Channel == ch && t.of(r).About.Goal })
		if len(mine) == 0 {
			continue
		}
		real := t.pick(false, func(r *result) bool {
			s := t.of(r)
			return s.Channel == ch && s.About.Goal && s.About.Origin == "real"
		})
		row := newRow(mine)
		row.Name, row.Channel = ch, ch
		t.report.Channels = append(t.report.Channels, row)
		if len(real) > 0 && len(real) < len(mine) {
			row := newRow(real)
			row.Name, row.Channel, row.Origin = ch+", real sets alone", ch, "real"
			t.report.Channels = append(t.report.Channels, row)
		}
		t.report.Calibration[ch] = calibration(mine)
	}
}

// channels in the order in which they are reported.
var channels = [...]string{"mail", "sms", "calls"}

func (t *tally) of(r *result) corpus.Set { return t.sets[r.contact.Set] }

// languages makes one row for each channel and language.
func (t *tally) languages() {
	groups := map[string][]result{}
	for _, r := range t.pick(false, func(r *result) bool { return t.of(r).About.Goal && r.verdict != "" }) {
		key := t.of(&r).Channel + " " + cmp.Or(r.lang, "not told")
		groups[key] = append(groups[key], r)
	}
	for key, rs := range groups {
		row := newRow(rs)
		row.Name, row.Channel = key, t.of(&rs[0]).Channel
		for _, r := range rs {
			row.Detected += one(r.detected)
		}
		t.report.Languages = append(t.report.Languages, row)
	}
	slices.SortFunc(t.report.Languages, func(a, b Row) int {
		return cmp.Or(cmp.Compare(slices.Index(channels[:], a.Channel), slices.Index(channels[:], b.Channel)), cmp.Compare(b.Number, a.Number), cmp.Compare(a.Name, b.Name))
	})
}

// mistakeKinds in the order in which they are listed.
var mistakeKinds = [...]string{failed, "cleared", "missed", "false_alarm"}

// kind names the error in a result; "" for none.
func (r *result) kind() string {
	fraud := r.contact.Label == corpus.Fraud
	switch {
	case r.verdict == "":
		return ""
	case r.verdict == failed:
		return failed
	case fraud && r.cleared():
		return "cleared"
	case fraud && !r.alarmed():
		return "missed"
	case r.contact.Label == corpus.Legitimate && r.alarmed():
		return "false_alarm"
	}
	return ""
}

// mistakes lists the worst errors of each set and kind.
func (t *tally) mistakes(most int) {
	for _, set := range t.report.Sets {
		for _, kind := range mistakeKinds {
			rs := t.pick(false, func(r *result) bool { return r.contact.Set == set.Name && set.Goal && r.kind() == kind })
			slices.SortStableFunc(rs, func(a, b result) int {
				c := cmp.Compare(a.probability, b.probability)
				if kind == "false_alarm" {
					c = -c
				}
				return c
			})
			for _, r := range rs[:min(len(rs), max(most, 0))] {
				m := Mistake{Set: set.Name, ID: r.contact.ID, Kind: kind, Verdict: r.verdict, Probability: r.probability, Rule: r.rule, Failure: r.failure, Codes: []string{}}
				for _, f := range r.fired {
					m.Codes = append(m.Codes, fmt.Sprintf("%s %+.1f", f.code, f.bits))
				}
				t.report.Mistakes = append(t.report.Mistakes, m)
			}
		}
	}
}

// maxWorst is how many errors of each channel are listed in every report.
const maxWorst = 20

// worst lists the errors whose probabilities are farthest from the truth, of
// the sets whose fraud is a goal: by channel and id, without codes.
func (t *tally) worst() {
	far := func(r *result) float64 {
		if r.contact.Label == corpus.Fraud {
			return 1 - r.value()
		}
		return r.value()
	}
	for _, ch := range channels {
		rs := t.pick(false, func(r *result) bool { return t.of(r).Channel == ch && t.of(r).About.Goal && r.kind() != "" })
		slices.SortStableFunc(rs, func(a, b result) int {
			return cmp.Or(cmp.Compare(far(&b), far(&a)), cmp.Compare(a.contact.Set, b.contact.Set), cmp.Compare(a.contact.ID, b.contact.ID))
		})
		for _, r := range rs[:min(len(rs), maxWorst)] {
			t.report.Worst = append(t.report.Worst, Mistake{Set: r.contact.Set, ID: r.contact.ID, Kind: r.kind(), Verdict: r.verdict, Probability: r.probability, Rule: r.rule, Failure: r.failure, Codes: []string{}})
		}
	}
}

// codes counts codes by set.
func (t *tally) codes() {
	counts := map[[2]string]*CodeCount{}
	for i := range t.all {
		r := &t.all[i]
		seen := map[string]bool{}
		heaviest := ""
		for _, f := range r.fired {
			if f.bits <= 0 || seen[f.code] {
				continue
			}
			if len(seen) == 0 {
				heaviest = f.code
			}
			seen[f.code] = true
			key := [2]string{r.contact.Set, f.code}
			if counts[key] == nil {
				counts[key] = &CodeCount{Set: key[0], Code: f.code}
			}
			c := counts[key]
			c.Fraud += one(r.contact.Label == corpus.Fraud)
			c.Legitimate += one(r.contact.Label == corpus.Legitimate)
			alarm := r.kind() == "false_alarm"
			c.FalseAlarms += one(alarm)
			c.Heaviest += one(alarm && f.code == heaviest)
		}
	}
	t.report.Codes = []CodeCount{}
	for _, c := range counts {
		t.report.Codes = append(t.report.Codes, *c)
	}
	slices.SortFunc(t.report.Codes, func(a, b CodeCount) int {
		return cmp.Or(cmp.Compare(b.FalseAlarms, a.FalseAlarms), cmp.Compare(b.Heaviest, a.Heaviest), cmp.Compare(a.Set, b.Set), cmp.Compare(a.Code, b.Code))
	})
}
