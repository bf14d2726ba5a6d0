// Package eval measures Bonafide: it runs the contact desk, as it is shipped,
// over labelled contacts and tells how often it is right, with intervals, how
// honest its probabilities are, and how fast it is.
//
// It changes and tunes nothing, and no report of it holds text of a contact:
// errors are named by set and id, with the codes of evidence that fired.
//
//	library, err := corpus.Open(os.DirFS("corpora"))
//	report, err := eval.Measure(ctx, desk, library, eval.Options{Part: "test"})
//	err = report.WriteText(os.Stdout)
package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/desk/contacts"
	"bonafide/eval/clock"
	"bonafide/eval/corpus"
	"bonafide/eval/simulate"
	"bonafide/fault"
)

// Checker is the desk that is measured. It is called from many goroutines.
type Checker interface {
	Check(ctx context.Context, req contacts.Request, who contacts.Caller) (*contacts.Answer, error)
}

// Options say what is measured.
type Options struct {
	// Sets bounds the sets by name; empty means all.
	Sets []string
	// Part is corpus.Test or corpus.Train.
	Part string
	// Limit bounds the contacts of each set, a sample drawn by Seed; 0: all.
	Limit int
	Seed  uint64
	// Errors is how many of the worst errors of each set and kind are listed.
	Errors int
	// Language tells the language of contacts whose sets do not, and how sure
	// that is (0 to 1); nil: nobody does.
	Language func(text string) (lang string, confidence float64)
	// Variants are measured like the desk, to tell what it owes to what.
	Variants []Variant
	// Obfuscate lists disguises whose copies are compared with the originals.
	Obfuscate []simulate.Kind
	// Timed makes the desk whose speed is measured with authentication (see Keys); nil:
	// it is not.
	Timed func() (Checker, error)
	// Bars: the table of bars is part of the report.
	Bars bool
	// Version and Day (2006-01-02) are printed with the results.
	Version, Day string
}

// Variant is a desk that lacks something.
type Variant struct {
	Name string
	Desk Checker
	// Make makes the desk when it is needed, in place of Desk: what it costs in
	// memory and time is then not counted as the product's.
	Make func(context.Context) (Checker, error)
	// Missing says why it cannot be measured; Desk is then not asked.
	Missing string
	// Channel bounds the sets to those of a channel; "" for all.
	Channel string
}

// result is what the desk said of one contact. It holds no text.
type result struct {
	contact     corpus.Contact // without Raw and Text
	verdict     string         // "" when empty, failed when the check failed
	probability float64
	fired       []fired // heaviest first
	rule        string
	lang        string // as the set says, else as detected
	detected    bool
	failure     string
}

// fired is one piece of evidence by its code.
type fired struct {
	code string
	bits float64
}

// failed stands for a verdict where the desk gave none.
const failed = "failed"

// verdicts lists what an answer can say, worst first.
var verdicts = [...]string{"scam", "suspicious", "unknown", "genuine", "genuine_alarm", failed}

// alarmed reports whether a contact was called fraudulent.
func (r *result) alarmed() bool { return r.verdict == "scam" || r.verdict == "suspicious" }

// cleared reports whether a contact was said to be really from the shop.
func (r *result) cleared() bool { return r.verdict == "genuine" || r.verdict == "genuine_alarm" }

// measurer is what every check of a measurement needs.
type measurer struct {
	desk    Checker
	tongue  func(string) (string, float64)
	library *corpus.Library
	sets    []corpus.Set
	opt     Options
}

// Measure checks all contacts that the options name and reports.
func Measure(ctx context.Context, desk Checker, library *corpus.Library, o Options) (*Report, error) {
	sets, missing, err := choose(library, o.Sets)
	if err != nil {
		return nil, err
	}
	t := newTally()
	t.report.Part, t.report.Limit, t.report.Seed, t.report.Version, t.report.Day = o.Part, o.Limit, o.Seed, o.Version, o.Day
	t.report.Missing = append(t.report.Missing, missing...)
	m := measurer{desk, o.Language, library, sets, o}
	start, cpu := time.Now(), clock.CPU()
	if err := m.pass(ctx, t); err != nil {
		return nil, err
	}
	t.report.Speed = newSpeed(len(t.all), time.Since(start), clock.CPU()-cpu)
	t.report.PeakMemory = peakMemory()
	for _, step := range []func(context.Context, *tally) error{m.timed, m.otherPart, m.orders, m.variants, m.disguises} {
		if err := step(ctx, t); err != nil {
			return nil, err
		}
	}
	t.finish(library, o)
	if o.Bars {
		if t.report.Bars, err = judge(&t.report); err != nil {
			return nil, err
		}
	}
	return &t.report, nil
}

// query is what the options want of one part.
func (m measurer) query(part string) corpus.Query {
	return corpus.Query{Part: part, Limit: m.opt.Limit, Seed: m.opt.Seed}
}

// pass checks all sets once.
func (m measurer) pass(ctx context.Context, t *tally) error {
	for _, s := range m.sets {
		start, cpu := time.Now(), clock.CPU()
		results, err := checkSet(ctx, m.library, s, m.query(m.opt.Part), nil, func(c *corpus.Contact) result { return m.checkOne(ctx, s, c) })
		if err != nil {
			return err
		}
		t.add(s, results, newSpeed(len(results), time.Since(start), clock.CPU()-cpu))
	}
	return nil
}

// otherPart checks the contacts of the other part that belong to a group which
// is measured over both, and what those contacts say of orders.
func (m measurer) otherPart(ctx context.Context, t *tally) error {
	if m.opt.Limit > 0 {
		return nil // a sample of a few tells nothing
	}
	for _, s := range m.sets {
		wanted := func(c *corpus.Contact) bool { return m.library.BothParts(c) }
		if !m.library.AnyBothParts(s.Name) {
			continue
		}
		results, err := checkSet(ctx, m.library, s, m.query(corpus.Other(m.opt.Part)), wanted, func(c *corpus.Contact) result { return m.checkOne(ctx, s, c) })
		if err != nil {
			return err
		}
		t.other = append(t.other, results...)
	}
	return nil
}

// choose picks the sets that the options name; missing are those that should
// be measured and are not there.
func choose(l *corpus.Library, names []string) (sets []corpus.Set, missing []string, err error) {
	if len(names) == 0 {
		if len(l.Sets) == 0 {
			return nil, nil, fault.New(fault.Invalid, "--data", "holds no labelled set: want mail-*.{train,test}.tar.gz, sms-*.jsonl.gz or calls-*.jsonl.gz")
		}
		return l.Sets, l.Missing, nil
	}
	for _, s := range l.Sets {
		if slices.Contains(names, s.Name) {
			sets = append(sets, s)
		}
	}
	for _, n := range names {
		there := slices.ContainsFunc(l.Sets, func(s corpus.Set) bool { return s.Name == n })
		switch {
		case there:
		case slices.Contains(l.Missing, n):
			missing = append(missing, n)
		default:
			return nil, nil, fault.New(fault.Invalid, "--set", "%q is no set: want some of %s", n, strings.Join(setNames(l), ", "))
		}
	}
	return sets, missing, nil
}

func setNames(l *corpus.Library) []string {
	names := slices.Clone(l.Missing)
	for _, s := range l.Sets {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names
}

// request is how a labelled contact is put to the desk: as a person would, with
// nothing but what they received.
func request(s corpus.Set, c *corpus.Contact) contacts.Request {
	req := contacts.Request{Lang: "en", Brief: true}
	switch s.Channel {
	case "mail":
		req.Channel, req.Raw, req.Filename = "mail", c.Raw, "message.eml"
	case "calls":
		req.Channel, req.Text = "call", c.Text
	default:
		req.Channel, req.Text = s.Channel, c.Text
	}
	return req
}

// checkOne asks the desk and keeps of its answer what has no text in it.
func (m measurer) checkOne(ctx context.Context, s corpus.Set, c *corpus.Contact) result {
	r, _ := m.ask(ctx, c, request(s, c))
	return r
}

// ask puts a request about a contact to the desk. The answer is nil when the
// contact is empty or the check failed.
func (m measurer) ask(ctx context.Context, c *corpus.Contact, req contacts.Request) (r result, a *contacts.Answer) {
	r.contact = *c
	r.contact.Raw, r.contact.Text = nil, ""
	r.lang = c.Lang
	if len(c.Raw) == 0 && strings.TrimSpace(c.Text) == "" {
		return r, nil
	}
	defer func() {
		if p := recover(); p != nil {
			r.verdict, r.failure = failed, "panic" // its value may hold text
		}
	}()
	a, err := m.desk.Check(ctx, req, contacts.Caller{})
	if err != nil {
		r.verdict, r.failure = failed, fmt.Sprintf("error of kind %d", fault.KindOf(err))
		return r, nil
	}
	r.verdict, r.probability = a.Verdict, a.Probability
	if len(a.Rules) > 0 {
		r.rule = a.Rules[0]
	}
	for _, e := range a.Evidence {
		r.fired = append(r.fired, fired{e.Code, e.Bits})
	}
	if r.lang == "" {
		r.lang, r.detected = m.language(a), true
	}
	return r, a
}
