package policy

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"

	"bonafide/account/event"
	"bonafide/account/riskmodel"
	"bonafide/fault"
)

// scoreFile is the section of a policy that says what a learned score is
// computed of, and when.
type scoreFile struct {
	Model    source        `yaml:"model"`
	On       words         `yaml:"on"`
	Where    source        `yaml:"where"`
	Usual    Text          `yaml:"usual"`
	Features []featureFile `yaml:"features"`
}

type featureFile struct {
	Feature   source   `yaml:"feature"`
	Is        source   `yaml:"is"`
	Direction string   `yaml:"direction"`
	Usual     *float64 `yaml:"usual"`
	Reason    Text     `yaml:"reason"`
}

// scoreName is the name by which rules read the score.
const scoreName = "score"

// scoring is the section, compiled, and the model once there is one.
type scoring struct {
	src      source
	path     string
	on       map[event.Type]bool
	where    *expr
	usual    Text // how a sentence goes on where it is known what is usual
	features []feature
	model    *riskmodel.Model
	digest   [32]byte
	row      []int // the feature of each number that the model takes
	gather   bool
}

type feature struct {
	src    source
	name   string
	is     *expr
	toward riskmodel.Direction
	usual  *float64
	reason Text
}

// Learned is what the learned score of an event was and was computed of.
type Learned struct {
	// Chance is the calibrated probability of fraud, 0 to 1, in steps of 1/10,000
	// so that it is the same on processors whose last bits differ. It is zero
	// where numbers are only gathered.
	Chance float64
	// Row holds the model's numbers in the model's order, NaN where one is missing.
	Row []float64
}

// chanceStep is how finely a chance is kept.
const chanceStep = 10_000

// LoadFrom reads a policy as Load does, and the model that its score names from
// files: the data folder, with the operator's over it. A model that is missing,
// broken, or asks for numbers that the policy has not is an error.
func LoadFrom(raw []byte, files fs.FS) (*Policy, error) {
	p, err := Load(raw)
	if err != nil || p.score == nil {
		return p, err
	}
	b, err := readModel(files, p.score.path)
	if err != nil {
		return nil, p.score.src.wrong("policy %s: the model %s cannot be read (%v): put it into the data folder or the overlay, or remove the section score", p.Name, p.score.path, err)
	}
	return p.WithModel(b)
}

func readModel(files fs.FS, path string) ([]byte, error) {
	info, err := fs.Stat(files, path)
	if err == nil && info.Size() > riskmodel.MaxFile {
		return nil, fmt.Errorf("%d bytes are more than %d", info.Size(), riskmodel.MaxFile)
	}
	b, err := fs.ReadFile(files, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file")
	}
	var perr *fs.PathError
	if errors.As(err, &perr) { // the path of the machine is nobody's business
		err = perr.Err
	}
	return b, err
}

// WithModel returns the policy with a model: a file of `bonafide train account`
// or XGBoost's JSON. Each number that the model takes must be a feature of the
// policy, by name.
func (p *Policy) WithModel(raw []byte) (*Policy, error) {
	if p.score == nil {
		return nil, fault.New(fault.Invalid, "", "the policy %s has no section score, so it takes no model", p.Name)
	}
	s := *p.score
	m, err := riskmodel.ReadEither(bytes.NewReader(raw))
	if err != nil {
		return nil, s.src.wrong("policy %s: the model %s: %v", p.Name, s.path, err)
	}
	s.model, s.digest, s.gather, s.row = m, sha256.Sum256(raw), false, nil
	if err := s.bind(p); err != nil {
		return nil, err
	}
	out := *p
	out.score = &s
	out.Warnings = slices.DeleteFunc(slices.Clone(p.Warnings), func(w Warning) bool { return strings.HasPrefix(w.Text, noModel) })
	if of := m.Card().Features; of != "" && of != p.FeaturesDigest() {
		out.Warnings = append(out.Warnings, Warning{s.src.line, s.src.col, "the model " + s.path + " was trained on features that were declared otherwise: train it again (bonafide train account)"})
	}
	return &out, nil
}

const noModel = "no model was given"

// bind finds the feature of each number that the model takes.
func (s *scoring) bind(p *Policy) error {
	var lacks, has []string
	for _, f := range s.features {
		has = append(has, f.name)
	}
	nameless := true
	for i, f := range s.model.Features() {
		nameless = nameless && f.Name == fmt.Sprintf("f%d", i)
		at := slices.Index(has, f.Name)
		if at < 0 {
			lacks = append(lacks, fmt.Sprintf("%.40q", f.Name))
			continue
		}
		s.row = append(s.row, at)
	}
	switch {
	case len(lacks) > 0 && nameless:
		return s.src.wrong("policy %s: the numbers of the model %s have no names: give feature_names when it is saved, from %s", p.Name, s.path, strings.Join(has, ", "))
	case len(lacks) > 0:
		return s.src.wrong("policy %s: the model %s asks for %s, which are not features of this policy (it has %s): add them under score.features, or train without them", p.Name, s.path, strings.Join(lacks[:min(len(lacks), 8)], ", "), strings.Join(has, ", "))
	}
	return nil
}

// Gather returns the policy without a model, that only puts the numbers of
// events that would be scored into Result.Learned, in the order of Features: for
// training.
func (p *Policy) Gather() *Policy {
	if p.score == nil {
		return p
	}
	out, s := *p, *p.score
	s.model, s.gather, s.digest, s.row = nil, true, [32]byte{}, nil
	for i := range s.features {
		s.row = append(s.row, i)
	}
	out.score = &s
	return &out
}

// Features are what the policy's score can be computed of; none where it has no score.
func (p *Policy) Features() []riskmodel.Feature {
	var out []riskmodel.Feature
	if p.score != nil {
		for _, f := range p.score.features {
			out = append(out, riskmodel.Feature{Name: f.name, Direction: f.toward})
		}
	}
	return out
}

// ModelFile is the path of the model in the data folder, "" where the policy has no score.
func (p *Policy) ModelFile() string {
	if p.score == nil {
		return ""
	}
	return p.score.path
}

// ModelDigest is the SHA-256 of the model's file; zero without a model.
func (p *Policy) ModelDigest() [32]byte {
	if p.score == nil {
		return [32]byte{}
	}
	return p.score.digest
}

// ModelCard is what the model says of itself; ok is false without a model.
func (p *Policy) ModelCard() (c riskmodel.Card, ok bool) {
	if p.score == nil || p.score.model == nil {
		return c, false
	}
	return p.score.model.Card(), true
}

// Decider names what decides: the text and the file of its model, together. It is
// Digest for a policy without a model, else the SHA-256 of Digest and ModelDigest.
// The same text with another model is another decider.
func (p *Policy) Decider() [32]byte {
	m := p.ModelDigest()
	if m == [32]byte{} {
		return p.Digest
	}
	return sha256.Sum256(append(p.Digest[:], m[:]...))
}

// FeaturesDigest tells two declarations of the features apart, down to the windows,
// facts and rules behind them: a model is as good as the numbers that it was trained on.
func (p *Policy) FeaturesDigest() string {
	if p.score == nil {
		return ""
	}
	h := sha256.New()
	seen := map[int]bool{}
	var tell func(e *expr)
	tell = func(e *expr) {
		if e == nil {
			return
		}
		fmt.Fprintln(h, e.src.text)
		for _, i := range e.uses {
			if seen[i] {
				continue
			}
			seen[i] = true
			s := &p.symbols[i]
			fmt.Fprintln(h, s.name, s.money)
			tell(s.expr)
			if s.what == story || s.what == measure && strings.HasPrefix(s.name, "since.") {
				for _, r := range p.Rules {
					fmt.Fprintln(h, r.Step, r.Score, r.when.src.text)
				}
				continue
			}
			if s.what == measure {
				sr := &p.series[s.series]
				m := p.plan.Series[s.series].Measures[s.at]
				fmt.Fprintf(h, "%v %v\n", s.absent.i, s.absent.f)
				fmt.Fprintf(h, "%+v\n", m)
				for _, k := range p.keys[sr.key].fields {
					fmt.Fprintln(h, k.Path)
				}
				for _, x := range append([]*expr{sr.where, sr.value}, sr.steps...) {
					tell(x)
				}
			}
		}
	}
	tell(p.score.where)
	for _, f := range p.score.features {
		fmt.Fprintln(h, f.name, f.toward)
		tell(f.is)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// scoring reads the section; what is compiled after it can read the score.
func (l *loader) scoring() error {
	f := l.file.Score
	if f == nil {
		return nil
	}
	if !fs.ValidPath(f.Model.text) || !strings.HasPrefix(f.Model.text, "models/") {
		return f.Model.wrong("score: model is the path of a file below models/, as models/account.NAME.bin")
	}
	s := &scoring{src: f.Model, path: f.Model.text, usual: f.Usual, on: map[event.Type]bool{}}
	on, err := l.types(f.Model, f.On)
	if err != nil {
		return err
	}
	for _, t := range on {
		s.on[t] = true
		l.program(t)
	}
	if f.Where.text != "" {
		if s.where, err = l.compile(f.Where, boolean); err != nil {
			return err
		}
		if err := l.carried(s.where, on); err != nil {
			return err
		}
		l.lint(s.where)
	}
	if f.Usual != nil {
		if err := f.Usual.whole(f.Model, "score: usual"); err != nil {
			return err
		}
		for lang, t := range f.Usual {
			if strings.ContainsAny(strings.NewReplacer("{text}", "", "{usual}", "").Replace(t), "{}") {
				return f.Model.wrong("score: usual: the text in %s names more than {text} and {usual}", lang)
			}
		}
	}
	if len(f.Features) == 0 || len(f.Features) > riskmodel.MaxFeatures {
		return f.Model.wrong("score: %d features: 1 to %d", len(f.Features), riskmodel.MaxFeatures)
	}
	seen := map[string]bool{}
	for i := range f.Features {
		x, err := l.feature(&f.Features[i], on)
		if err != nil {
			return err
		}
		if seen[x.name] {
			return x.src.wrong("the feature %q is declared twice", x.name)
		}
		seen[x.name] = true
		s.features = append(s.features, x)
	}
	l.p.score = s
	l.warn(s.src, noModel+" for the score: it is 0 until one is read")
	return l.declare(symbol{name: scoreName, kind: fraction, what: learned, src: f.Model})
}

func (l *loader) feature(f *featureFile, on []event.Type) (feature, error) {
	x := feature{src: f.Feature, name: f.Feature.text, usual: f.Usual, reason: f.Reason}
	if !name.MatchString(x.name) {
		return x, f.Feature.wrong("the name of a feature has small letters, digits and _")
	}
	is := f.Is
	if is.text == "" {
		is = f.Feature
	}
	var err error
	if x.is, err = l.compile(is, boolean, integer, fraction, length); err != nil {
		return x, err
	}
	if err := l.carried(x.is, on); err != nil {
		return x, err
	}
	l.lint(x.is)
	switch f.Direction {
	case "":
	case "rising":
		x.toward = riskmodel.Rising
	case "falling":
		x.toward = riskmodel.Falling
	default:
		return x, f.Feature.wrong("direction is rising or falling, or absent: %q is neither", f.Direction)
	}
	if f.Usual != nil && (math.IsNaN(*f.Usual) || math.IsInf(*f.Usual, 0)) {
		return x, f.Feature.wrong("usual is a number")
	}
	if err := f.Reason.whole(f.Feature, "reason of the feature"); err != nil {
		return x, err
	}
	for lang, t := range f.Reason {
		if strings.ContainsAny(strings.ReplaceAll(t, "{value}", ""), "{}") {
			return x, f.Feature.wrong("the text in %s names more than {value}", lang)
		}
	}
	return x, nil
}

// scored checks what rules make of the score: on which events they read it, that
// no feature comes back to it through a step of the story, and that it cannot
// block by itself.
func (l *loader) scored() error {
	s := l.p.score
	if s == nil {
		return nil
	}
	tainted := map[int]bool{}
	most := map[int]int64{}
	read := false
	at := l.p.byName[scoreName]
	for i := range l.p.Rules {
		r := &l.p.Rules[i]
		if !slices.Contains(r.when.uses, at) {
			continue
		}
		read = true
		for t := range r.on {
			if !s.on[t] {
				return r.when.src.wrong("the score is not computed for events of type %s: add it under score.on, or name other types here", t)
			}
		}
		if r.Step >= 0 {
			tainted[r.Step] = true
			most[r.Step] = max(most[r.Step], r.Score)
		} else {
			most[-1] += max(r.Score, 0)
		}
		if r.Floor >= Block {
			l.warn(r.when.src, "blocks by the learned score alone: let other evidence have a say")
		}
	}
	sum := int64(0)
	for _, n := range most {
		sum += n
	}
	if b := l.p.marks[Block]; b > 0 && sum >= b {
		l.warn(s.src, "the learned score alone reaches block (%d of %d): let other evidence have a say", sum, b)
	}
	if !read {
		l.warn(s.src, "no rule reads the score")
	}
	seen := map[int]bool{}
	for _, f := range s.features {
		if step := l.through(f.is, tainted, seen); step >= 0 {
			return f.src.wrong("the feature depends on the step %q, to which a rule adds that reads the score: it would be learned from itself", l.p.Steps[step].ID)
		}
	}
	return nil
}

// through finds a tainted step that an expression depends on, -1 for none.
func (l *loader) through(e *expr, tainted map[int]bool, seen map[int]bool) int {
	if e == nil {
		return -1
	}
	for _, i := range e.uses {
		if seen[i] {
			continue
		}
		seen[i] = true
		s := &l.p.symbols[i]
		if s.what == story || s.what == measure && s.series < len(l.p.Steps) {
			if tainted[s.series] {
				return s.series
			}
			continue
		}
		next := []*expr{s.expr}
		if s.what == measure {
			sr := &l.p.series[s.series]
			next = append([]*expr{sr.where, sr.value}, sr.steps...)
		}
		for _, x := range next {
			if step := l.through(x, tainted, seen); step >= 0 {
				return step
			}
		}
	}
	return -1
}

// scoreCost is what computing the features of an event can cost.
func (p *Policy) scoreCost(t event.Type) (sum uint64) {
	if p.score == nil || !p.score.on[t] {
		return 0
	}
	if p.score.where != nil {
		sum = p.score.where.cost
	}
	for _, f := range p.score.features {
		sum += f.is.cost
	}
	return sum
}

// learn computes the score of the event, if it is one that is scored. A feature
// that cannot be computed is missing, and told as a fault of the score (-2).
func (p *Policy) learn(f *frame, r *Result) {
	s := p.score
	f.chance = 0
	if s == nil || s.row == nil || !s.on[f.e.Type] {
		return
	}
	if s.where != nil {
		yes, err := s.where.yes(f)
		if err != nil {
			r.Faults = append(r.Faults, Fault{OfScore, err.Error()})
		}
		if err != nil || !yes {
			return
		}
	}
	x := &Learned{Row: make([]float64, len(s.row))}
	for i, n := range s.row {
		ft := &s.features[n]
		v, err := ft.is.eval(f)
		if err != nil {
			r.Faults = append(r.Faults, Fault{OfScore, ft.name + ": " + err.Error()})
			x.Row[i] = math.NaN()
			continue
		}
		x.Row[i] = ft.is.kind.number(v)
	}
	if s.model != nil {
		x.Chance = math.Round(s.model.Probability(x.Row)*chanceStep) / chanceStep
	}
	f.chance, r.Learned = x.Chance, x
}

// number is the value as a number: a length of time in seconds.
func (k kind) number(v value) float64 {
	switch k {
	case fraction:
		return v.f
	case length:
		return float64(v.i) / 1e6
	}
	return float64(v.i)
}

// reads tells whether an expression reads the score.
func (c *compiler) reads(x ast.Expr) bool {
	return x.Kind() == ast.IdentKind && x.AsIdent() == scoreName && c.p.score != nil
}
