package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"bonafide/account/event"
)

// kind is the type of a symbol or an expression.
type kind int8

const (
	boolean kind = iota
	integer
	fraction
	text
	length // of time
	moment
	texts
)

// String names the kind as in errors.
func (k kind) String() string {
	return [...]string{"bool", "int", "double", "string", "duration", "timestamp", "list(string)"}[k]
}

func (k kind) cel() *cel.Type {
	return [...]*cel.Type{cel.BoolType, cel.IntType, cel.DoubleType, cel.StringType, cel.DurationType, cel.TimestampType, cel.ListType(cel.StringType)}[k]
}

func kindOf(t *cel.Type) (kind, bool) {
	for k := boolean; k <= texts; k++ {
		if k.cel().IsExactType(t) {
			return k, true
		}
	}
	return 0, false
}

func fieldKind(k event.Kind) (kind, bool) {
	switch k {
	case event.String:
		return text, true
	case event.Int:
		return integer, true
	case event.Bool:
		return boolean, true
	case event.Time:
		return moment, true
	case event.Strings:
		return texts, true
	}
	return 0, false // items are asked by derived fields
}

// expr is one compiled expression.
type expr struct {
	src  source
	kind kind
	prog cel.Program
	fast lowered // nil where CEL itself evaluates
	cost uint64
	uses []int // symbols
	tree *ast.AST
}

// Bounds of cost, in CEL's units: about one for each operation and for ten
// characters compared.
const (
	maxExprCost = 20_000
	maxTypeCost = 400_000 // of all that one event can set off
)

// compiler compiles expressions against the symbols declared so far.
type compiler struct {
	p   *Policy
	env *cel.Env
	raw []string // lines of the file
}

func newCompiler(p *Policy, raw []byte) (*compiler, error) {
	c := &compiler{p: p, raw: strings.Split(string(raw), "\n")}
	opts := []cel.EnvOption{cel.ParserExpressionSizeLimit(8192), cel.ParserRecursionLimit(64), cel.ClearMacros()}
	for i := range p.symbols {
		if f := p.symbols[i].field; f != nil && p.symbols[i].what == field && f.Class == event.Free {
			continue
		}
		opts = append(opts, cel.Variable(p.symbols[i].name, p.symbols[i].kind.cel()))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("policy: make the language: %w", err)
	}
	c.env = env
	return c, nil
}

// declare adds a symbol, for what is compiled from now on.
func (c *compiler) declare(s symbol) error {
	if _, twice := c.p.byName[s.name]; twice {
		return s.src.wrong("%q is declared twice, or is a name of the vocabulary", s.name)
	}
	c.p.byName[s.name] = len(c.p.symbols)
	c.p.symbols = append(c.p.symbols, s)
	if c.env == nil {
		return nil
	}
	env, err := c.env.Extend(cel.Variable(s.name, s.kind.cel()))
	if err != nil {
		return s.src.wrong("%q cannot be a name: %v", s.name, err)
	}
	c.env = env
	return nil
}

// place is where a position of an expression stands in the file.
func (c *compiler) place(s source, line, column int) source {
	if s.indent > 0 { // a block: its lines are indented in the file
		if at := s.line - 1; at < len(c.raw) {
			s.indent = 1 + len(c.raw[at]) - len(strings.TrimLeft(c.raw[at], " "))
		}
	}
	s.line, s.col = s.at(line, column)
	return s
}

// compile checks an expression. want lists the kinds that it may have.
func (c *compiler) compile(s source, want ...kind) (*expr, error) {
	checked, issues := c.env.Compile(s.text)
	if issues.Err() != nil {
		e := issues.Errors()[0]
		return nil, c.place(s, e.Location.Line(), e.Location.Column()).wrong("%s", e.Message)
	}
	k, ok := kindOf(checked.OutputType())
	if !ok || !slices.Contains(want, k) {
		return nil, c.place(s, 1, 0).wrong("the expression is %s: it must be %v", checked.OutputType(), want)
	}
	e := &expr{src: s, kind: k, tree: checked.NativeRep()}
	est, err := c.env.EstimateCost(checked, sizes{})
	if err != nil {
		return nil, c.place(s, 1, 0).wrong("its cost cannot be told: %v", err)
	}
	if e.cost = est.Max; e.cost > maxExprCost {
		return nil, c.place(s, 1, 0).wrong("it can cost %s: at most %d", costText(e.cost), maxExprCost)
	}
	if e.prog, err = c.env.Program(checked, cel.EvalOptions(cel.OptOptimize)); err != nil {
		return nil, c.place(s, 1, 0).wrong("%v", err)
	}
	ast.PreOrderVisit(e.tree.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if x.Kind() == ast.IdentKind {
			if i, ok := c.p.byName[x.AsIdent()]; ok && !slices.Contains(e.uses, i) {
				e.uses = append(e.uses, i)
			}
		}
	}))
	e.fast = c.lower(e.tree.Expr())
	return e, nil
}

func costText(n uint64) string {
	if n == math.MaxUint64 {
		return "without bound"
	}
	return fmt.Sprint(n)
}

// sizes tells the estimator the bounds of event.Parse.
type sizes struct{}

// EstimateSize is the longest text or list that an event can hold.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	switch n.Type().Kind() {
	case types.StringKind:
		return &cost.SizeEstimate{Max: event.MaxText}
	case types.ListKind:
		return &cost.SizeEstimate{Max: event.MaxItems}
	}
	return nil
}

// EstimateCallCost leaves all functions to CEL's own table.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// names returns every field that the expression looks at, through facts.
func (c *compiler) fieldsOf(e *expr, seen map[int]bool, out []*event.Field) []*event.Field {
	for _, i := range e.uses {
		s := &c.p.symbols[i]
		if seen[i] {
			continue
		}
		seen[i] = true
		if s.field != nil {
			out = append(out, s.field)
		}
		if s.what == fact {
			out = c.fieldsOf(s.expr, seen, out)
		}
	}
	return out
}

// carried checks that events of all the types have the fields asked for. An
// expression that asks for event.type is taken to know what it does.
func (c *compiler) carried(e *expr, on []event.Type) error {
	fields := c.fieldsOf(e, map[int]bool{}, nil)
	if slices.ContainsFunc(fields, func(f *event.Field) bool { return f.Path == "event.type" }) {
		return nil
	}
	for _, f := range fields {
		for _, t := range on {
			if !f.On(t) {
				return c.place(e.src, 1, 0).wrong("%s is not carried by events of type %s: name the types under on", f.Path, t)
			}
		}
	}
	return nil
}

// byCountry finds comparisons of the country with something fixed: a rule
// against where people come from.
func (c *compiler) byCountry(e *expr) bool {
	found := false
	ast.PreOrderVisit(e.tree.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if x.Kind() != ast.CallKind {
			return
		}
		args := x.AsCall().Args()
		if x.AsCall().IsMemberFunction() {
			args = append([]ast.Expr{x.AsCall().Target()}, args...)
		}
		for i, a := range args {
			for j, b := range args {
				country, _ := holds(a)
				other, text := holds(b)
				found = found || i != j && country == "event.country" && other == "" && text
			}
		}
	}))
	for _, i := range e.uses {
		if s := &c.p.symbols[i]; s.what == list && s.field.Path == "event.country" {
			found = true
		}
	}
	return found
}

// holds tells which name an expression holds ("event.country" before others)
// and whether a text that is not empty stands in it: to ask whether the country
// is known at all is not to judge by it.
func holds(x ast.Expr) (name string, text bool) {
	ast.PreOrderVisit(x, ast.NewExprVisitor(func(y ast.Expr) {
		switch y.Kind() {
		case ast.IdentKind:
			if name != "event.country" {
				name = y.AsIdent()
			}
		case ast.LiteralKind:
			if s, ok := y.AsLiteral().Value().(string); ok && s != "" {
				text = true
			}
		}
	}))
	return name, text
}

// value is what an expression or a symbol has at one event.
type value struct {
	i  int64 // integer; length in µs; moment in µs; boolean 0 or 1
	f  float64
	s  string
	ss []string
}

func boolValue(b bool) value {
	if b {
		return value{i: 1}
	}
	return value{}
}

// toCEL boxes a value.
func (k kind) toCEL(v value) ref.Val {
	switch k {
	case boolean:
		return types.Bool(v.i != 0)
	case integer:
		return types.Int(v.i)
	case fraction:
		return types.Double(v.f)
	case text:
		return types.String(v.s)
	case length:
		return types.Duration{Duration: time.Duration(v.i) * time.Microsecond}
	case moment:
		return types.Timestamp{Time: time.UnixMicro(v.i).UTC()}
	}
	return types.NewStringList(types.DefaultTypeAdapter, v.ss)
}

func (k kind) fromCEL(v ref.Val) (value, error) {
	switch x := v.(type) {
	case types.Bool:
		return boolValue(bool(x)), nil
	case types.Int:
		return value{i: int64(x)}, nil
	case types.Double:
		return value{f: float64(x)}, nil
	case types.String:
		return value{s: string(x)}, nil
	case types.Duration:
		return value{i: x.Microseconds()}, nil
	case types.Timestamp:
		return value{i: x.UnixMicro()}, nil
	}
	return value{}, fmt.Errorf("the value is no %s", k)
}

// eval evaluates the expression.
func (e *expr) eval(f *frame) (value, error) {
	if e.fast != nil {
		return e.fast(f)
	}
	return e.slow(f)
}

// slow evaluates by CEL, which is the reference of the lowered form.
func (e *expr) slow(f *frame) (value, error) {
	v, _, err := e.prog.Eval(f)
	if err != nil {
		return value{}, e.without(f, err)
	}
	return e.kind.fromCEL(v)
}

// without makes an error that holds no value of the event: CEL's own name what
// could not be converted.
func (e *expr) without(f *frame, err error) error {
	for _, i := range e.uses {
		if f.have[i] == f.round && f.faulty[i] != nil {
			return f.faulty[i]
		}
	}
	for _, known := range []string{"overflow", "division by zero", "modulus by zero", "index out of bounds", "no such overload"} {
		if strings.Contains(err.Error(), known) {
			return errors.New(known)
		}
	}
	return errors.New("a value has no such form as the expression needs")
}

func (e *expr) yes(f *frame) (bool, error) {
	v, err := e.eval(f)
	return v.i != 0, err
}

// literal is the value of a constant of the tree, folded.
func literal(x ast.Expr) (value, kind, bool) {
	if x.Kind() == ast.LiteralKind {
		k := integer
		switch x.AsLiteral().(type) {
		case types.Bool:
			k = boolean
		case types.Int:
		case types.Double:
			k = fraction
		case types.String:
			k = text
		default:
			return value{}, 0, false
		}
		v, err := k.fromCEL(x.AsLiteral())
		return v, k, err == nil
	}
	if x.Kind() == ast.CallKind && x.AsCall().FunctionName() == "duration" && len(x.AsCall().Args()) == 1 {
		v, k, ok := literal(x.AsCall().Args()[0])
		if !ok || k != text {
			return value{}, 0, false
		}
		d, err := time.ParseDuration(v.s)
		return value{i: d.Microseconds()}, length, err == nil && d%time.Microsecond == 0
	}
	if x.Kind() == ast.CallKind && x.AsCall().FunctionName() == operators.Negate {
		v, k, ok := literal(x.AsCall().Args()[0])
		return value{i: -v.i, f: -v.f}, k, ok && (k == integer || k == fraction)
	}
	return value{}, 0, false
}
