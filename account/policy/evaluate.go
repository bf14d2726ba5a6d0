package policy

import (
	"fmt"
	"slices"
	"time"

	"cel.dev/cel-go/interpreter"

	"bonafide/account/event"
	"bonafide/account/window"
)

// what a symbol is.
type what int8

const (
	field what = iota
	measure
	fact
	list
	amount
	story
	learned
)

// symbol is one name that expressions can use.
type symbol struct {
	name  string
	kind  kind
	what  what
	src   source
	field *event.Field // of field and list

	series, at int              // of measure and story
	absent     value            // of measure: where there is nothing to say
	scale      window.Kind      // of measure
	expr       *expr            // of fact
	until      map[string]int64 // of list: entry to its end in µs, 0 for none
	list       listKey          // of list: the shop's own
	money      map[string]int64 // of amount, by currency
}

// series is what is recorded together: windows with one key, one condition and one value.
type series struct {
	name    string
	key     int // among Policy.keys
	where   *expr
	value   *expr
	steps   []*expr
	hashed  bool
	symbols []int // of its measures, in order
}

// program is what events of one type set off.
type program struct {
	record []int // series
	keys   []int // of them, among Policy.keys, each once
	rules  []int
}

// frame is the evaluation of one event. Values are computed when they are
// first asked for, and kept.
type frame struct {
	p      *Policy
	e      *event.Event
	engine *window.Engine
	// listsOf are the shop's lists; nil when a decision is computed again.
	listsOf *Listed
	t       int64
	round   uint32
	have    []uint32 // the round in which the value was computed
	vals    []value
	faulty  []error
	saw     []int // in the order in which they were asked for
	capped  bool
	chance  float64       // the learned score of the event, 0 where there is none
	given   map[int]value // instead of an engine, when a decision is computed again
	read    []window.Reading
	keyed   []uint32 // the round in which the keys were made
	made    [][]window.Key
	ahead   *Ahead // keys that were made before; may be nil
	hashed  string // the last text that was hashed, and what it gave
	hash    int64
}

// keySpec is one key: its fields, and which of them is a list, -1 for none.
type keySpec struct {
	fields []*event.Field
	many   int
}

var _ interpreter.Activation = (*frame)(nil)

// ResolveName gives CEL the value of a name.
func (f *frame) ResolveName(name string) (any, bool) {
	i, ok := f.p.byName[name]
	if !ok {
		return nil, false
	}
	v, err := f.get(i)
	if err != nil {
		return failed(err), true
	}
	return f.p.symbols[i].kind.toCEL(v), true
}

// Parent is none.
func (f *frame) Parent() interpreter.Activation { return nil }

func (f *frame) get(i int) (value, error) {
	if f.have[i] == f.round {
		return f.vals[i], f.faulty[i]
	}
	v, err := f.compute(&f.p.symbols[i], i)
	f.have[i], f.vals[i], f.faulty[i] = f.round, v, err
	return v, err
}

// whole is get, for what has a whole number.
func (f *frame) whole(i int) (int64, error) {
	if f.have[i] == f.round {
		return f.vals[i].i, f.faulty[i]
	}
	v, err := f.get(i)
	return v.i, err
}

func (f *frame) compute(s *symbol, i int) (value, error) {
	switch s.what {
	case field:
		return fieldValue(s.field, f.e), nil
	case fact:
		return s.expr.eval(f)
	case list:
		return f.listed(s, i), nil
	case amount:
		cur := currencyOf(f.e)
		v, ok := s.money[cur]
		if !ok {
			return value{}, fmt.Errorf("%s has no amount in this currency", s.name)
		}
		return value{i: v}, nil
	case learned:
		return value{f: f.chance}, nil
	}
	f.saw = append(f.saw, i)
	if f.given != nil {
		v, ok := f.given[i]
		if !ok {
			return value{}, fmt.Errorf("%s was not recorded", s.name)
		}
		return v, nil
	}
	return f.peek(s), nil
}

func fieldValue(fd *event.Field, e *event.Event) (v value) {
	v.s, v.i, v.ss = fd.Raw(e)
	return v
}

func currencyOf(e *event.Event) string {
	for _, s := range []string{e.Order.Currency, e.Payment.Currency, e.Gift.Currency, e.Reversal.Currency} {
		if s != "" {
			return s
		}
	}
	return ""
}

// keys are the keys under which the event stands in a series; none where a
// part is empty. Several series share them.
func (f *frame) keys(n int) []window.Key {
	if made, ok := f.ahead.made(n); ok {
		return made
	}
	if f.keyed[n] != f.round {
		f.keyed[n], f.made[n] = f.round, f.p.keys[n].of(f.e, f.made[n][:0])
	}
	return f.made[n]
}

func (k *keySpec) of(e *event.Event, out []window.Key) []window.Key {
	var buf [maxKey]string
	texts := buf[:len(k.fields)]
	var list []string
	for i, fd := range k.fields {
		if i == k.many {
			_, _, list = fd.Raw(e)
			continue
		}
		if texts[i] = fd.Text(e); texts[i] == "" {
			return out
		}
	}
	if k.many < 0 {
		return append(out, window.KeyOf(texts...))
	}
	for i, s := range list {
		if s != "" && !slices.Contains(list[:i], s) {
			texts[k.many] = s
			out = append(out, window.KeyOf(texts...))
		}
	}
	return out
}

// peek reads one measure without recording.
func (f *frame) peek(s *symbol) value {
	at := s.at
	if s.what == story {
		at = 0
	}
	v, some := s.absent, false
	for _, k := range f.keys(f.p.series[s.series].key) {
		f.read = f.engine.Peek(s.series, k, f.t, f.read[:0])
		v, some = f.larger(s, f.read[at], v, some)
	}
	return v
}

// larger takes a reading in; of several keys the largest counts.
func (f *frame) larger(s *symbol, r window.Reading, v value, some bool) (value, bool) {
	f.capped = f.capped || r.Capped
	if !r.OK {
		return v, some
	}
	n := value{i: r.Int, f: r.Float}
	if s.kind == fraction && !s.scale.Fractional() {
		n.f = float64(r.Int)
	}
	if !some || n.i > v.i || n.f > v.f {
		return n, true
	}
	return v, some
}

// record puts the event into one series and keeps what its measures say.
func (f *frame) record(n int) error {
	s := &f.p.series[n]
	if s.where != nil {
		if yes, err := s.where.yes(f); err != nil || !yes {
			return err
		}
	}
	v := value{i: 1}
	if s.value != nil {
		var err error
		if v, err = s.value.eval(f); err != nil {
			return err
		}
		if s.value.kind == text {
			if v.s == "" {
				return nil
			}
			if v.s != f.hashed {
				f.hashed, f.hash = v.s, window.ValueOf(v.s)
			}
			v.i = f.hash
		}
	}
	if s.steps != nil {
		v.i = 0
		for i, st := range s.steps {
			yes, err := st.yes(f)
			if err != nil {
				return err
			}
			if yes {
				v.i |= 1 << i
			}
		}
		if v.i == 0 {
			return nil
		}
	}
	var any [window.MaxMeasures]bool
	some := any[:len(s.symbols)]
	for _, k := range f.keys(s.key) {
		f.read = f.engine.Record(n, k, f.t, v.i, f.read[:0])
		for j, sym := range s.symbols {
			x := &f.p.symbols[sym]
			if f.have[sym] != f.round {
				f.have[sym], f.vals[sym], f.faulty[sym] = f.round, x.absent, nil
				f.saw = append(f.saw, sym)
			}
			f.vals[sym], some[j] = f.larger(x, f.read[j], f.vals[sym], some[j])
		}
	}
	return nil
}

// Hit is a rule that was true.
type Hit struct {
	Rule  int
	Score int64
}

// Grade is how far a step of the story is proved, and since when.
type Grade struct {
	Step  int
	Score int64
	// Now tells that a rule of this very event gave it; otherwise it is
	// remembered from Since before the event.
	Now   bool
	Since time.Duration
}

// Seen is a value that windows and story had when the event was decided. Symbol
// counts the names that the policy declares, from 0, and not those of the
// vocabulary, which grows: what was kept is read alike after that.
type Seen struct {
	Symbol int
	Int    int64
	Float  float64
}

// Result is what a policy says of one event.
type Result struct {
	Score  int64
	Action Action
	// Floor is what a rule asked for at least, whatever the score.
	Floor Action
	Hits  []Hit
	Story []Grade
	Saw   []Seen
	// Learned is the learned score; nil where none was computed.
	Learned *Learned
	// Faults are rules that could not be evaluated, with the reason; OfWindow and
	// OfScore stand for what is no rule. They never count as hits.
	Faults []Fault
	// Late tells that the event was too old to be counted, Capped that a window
	// had lost entries.
	Late, Capped bool
}

// Fault is a rule that could not be evaluated.
type Fault struct {
	Rule int
	Text string
}

// What has a fault and is no rule.
const (
	// OfWindow is a window, in which the event was not counted.
	OfWindow = -1
	// OfScore is the learned score: a number that was missing for it.
	OfScore = -2
)

// Judge evaluates a policy with an engine of its own, one event after the
// other. It is not safe for concurrent use: events have an order.
type Judge struct {
	p      *Policy
	engine *window.Engine
	frame  *frame
	lists  Listed
}

// NewJudge makes a judge. The engine must have been made for p.Plan.
func NewJudge(p *Policy, engine *window.Engine) *Judge {
	j := &Judge{p: p, engine: engine, frame: p.frame()}
	j.frame.listsOf = &j.lists
	return j
}

// Listed are the shop's lists, which the judge looks into.
func (j *Judge) Listed() *Listed { return &j.lists }

// Engine is the engine that the judge counts in.
func (j *Judge) Engine() *window.Engine { return j.engine }

// Policy is the policy that it judges by.
func (j *Judge) Policy() *Policy { return j.p }

// Evaluate counts the event and judges it. A change of a list is taken in, and
// neither counted nor judged; it does not move the time.
func (j *Judge) Evaluate(e *event.Event) Result { return j.EvaluateWith(e, nil) }

// EvaluateWith is Evaluate, with the keys that Policy.Look has made of the event;
// nil for none. It says the same.
func (j *Judge) EvaluateWith(e *event.Event, a *Ahead) Result {
	if e.List != nil {
		j.lists.Apply(e.List)
		return Result{}
	}
	p, engine, f := j.p, j.engine, j.frame
	f.start(e)
	f.engine, f.ahead = engine, a
	var r Result
	r.Late = !engine.Clock(f.t)
	prog := p.onType[e.Type]
	if prog == nil {
		return r
	}
	if !r.Late {
		for _, n := range prog.record {
			if err := f.record(n); err != nil {
				r.Faults = append(r.Faults, Fault{OfWindow, p.series[n].name + ": " + err.Error()})
			}
		}
	}
	p.judge(f, prog, &r)
	if !r.Late {
		p.remember(f, &r)
	}
	return r
}

// Again judges the event from the values that it saw, without an engine. It
// gives the same result as Judge.Evaluate gave, bit for bit; late, capped and the faults of windows
// are those of then.
func (p *Policy) Again(e *event.Event, saw []Seen, late, capped bool, faults []Fault) Result {
	f := p.frame()
	f.start(e)
	f.given = p.seen(saw)
	r := Result{Late: late}
	for _, x := range faults {
		if x.Rule == OfWindow {
			r.Faults = append(r.Faults, x)
		}
	}
	if prog := p.onType[e.Type]; prog != nil {
		p.judge(f, prog, &r)
	}
	r.Saw, r.Capped = saw, capped
	return r
}

// seen are the values of a result by their symbols.
func (p *Policy) seen(saw []Seen) map[int]value {
	out := make(map[int]value, len(saw))
	for _, s := range saw {
		out[s.Symbol+p.own] = value{i: s.Int, f: s.Float}
	}
	return out
}

func (p *Policy) frame() *frame {
	n := len(p.symbols)
	return &frame{p: p, have: make([]uint32, n), vals: make([]value, n), faulty: make([]error, n),
		keyed: make([]uint32, len(p.keys)), made: make([][]window.Key, len(p.keys))}
}

// start forgets all values and takes the next event.
func (f *frame) start(e *event.Event) {
	if f.round++; f.round == 0 { // after four thousand million events
		clear(f.have)
		clear(f.keyed)
		f.round = 1
	}
	f.e, f.t, f.saw, f.capped = e, e.Micros(), f.saw[:0], false
}

func (p *Policy) judge(f *frame, prog *program, r *Result) {
	var grades [maxSteps]int64
	var sums [maxTables]int64 // of tables whose scores add up
	ended := uint64(0)        // tables of which a row held that ends them
	free := int64(0)
	p.learn(f, r)
	for _, i := range prog.rules {
		rule := &p.Rules[i]
		if rule.ends && ended>>rule.table&1 > 0 {
			continue
		}
		yes, err := rule.when.yes(f)
		if err != nil {
			r.Faults = append(r.Faults, Fault{i, err.Error()})
			continue
		}
		if !yes {
			continue
		}
		r.Hits = append(r.Hits, Hit{i, rule.Score})
		r.Floor = max(r.Floor, rule.Floor)
		if rule.ends {
			ended |= 1 << rule.table
		}
		score := rule.Score
		if rule.adds && rule.Step >= 0 {
			sums[rule.table-1] += score
			score = sums[rule.table-1]
		}
		if rule.Step >= 0 {
			grades[rule.Step] = max(grades[rule.Step], score)
		} else {
			free += score
		}
	}
	r.Score = free
	for i := range p.Steps {
		before, _ := f.get(p.Steps[i].grade)
		g := Grade{Step: i, Score: grades[i], Now: grades[i] > 0}
		if before.i > grades[i] {
			since, _ := f.get(p.Steps[i].since)
			g = Grade{Step: i, Score: before.i, Since: time.Duration(since.i) * time.Microsecond}
		}
		if g.Score > 0 {
			r.Story = append(r.Story, g)
			r.Score += g.Score
		}
	}
	r.Score = max(r.Score, 0)
	if p.decides[f.e.Type] {
		for a := Challenge; a <= Block; a++ {
			if p.marks[a] > 0 && r.Score >= p.marks[a] {
				r.Action = a
			}
		}
		r.Action = max(r.Action, r.Floor)
	}
	r.Capped = f.capped
	r.Saw = make([]Seen, 0, len(f.saw))
	for _, i := range f.saw {
		r.Saw = append(r.Saw, Seen{Symbol: i - p.own, Int: f.vals[i].i, Float: f.vals[i].f})
	}
}

// remember keeps what the event proved, for the events after it.
func (p *Policy) remember(f *frame, r *Result) {
	for _, g := range r.Story {
		if !g.Now {
			continue
		}
		st := &p.Steps[g.Step]
		for _, k := range f.keys(st.key) {
			f.read = f.engine.Record(st.series, k, f.t, g.Score, f.read[:0])
		}
	}
}
