package policy

import (
	"fmt"
	"math"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// lowered is an expression as a closure: the common part of CEL without boxes.
// TestLoweredIsCEL holds it to CEL itself, errors included.
type lowered func(*frame) (value, error)

// part is a lowered expression with its kind.
type part struct {
	run  lowered
	kind kind
	sure bool // of a fraction: it is a number, never NaN

	symbol   int    // the place of the name that it is, from 1; 0 where it is none
	constant *value // the value that it always has, nil where it has none
}

// lower returns the closure of an expression, nil where it uses more of CEL.
func (c *compiler) lower(x ast.Expr) lowered {
	if p, ok := c.part(x); ok {
		return p.run
	}
	return nil
}

func (c *compiler) part(x ast.Expr) (part, bool) {
	if v, k, ok := literal(x); ok {
		return part{run: func(*frame) (value, error) { return v, nil }, kind: k, sure: v.f == v.f, constant: &v}, true
	}
	switch x.Kind() {
	case ast.IdentKind:
		i, ok := c.p.byName[x.AsIdent()]
		if !ok {
			return part{}, false
		}
		return part{run: func(f *frame) (value, error) { return f.get(i) }, kind: c.p.symbols[i].kind, sure: c.reads(x), symbol: i + 1}, true
	case ast.CallKind:
		call := x.AsCall()
		if call.IsMemberFunction() {
			return part{}, false
		}
		if call.FunctionName() == operators.In {
			return c.in(call)
		}
		args := make([]part, len(call.Args()))
		for i, a := range call.Args() {
			p, ok := c.part(a)
			if !ok {
				return part{}, false
			}
			args[i] = p
		}
		return operation(call.FunctionName(), args)
	}
	return part{}, false
}

func operation(name string, a []part) (part, bool) {
	switch name {
	case operators.LogicalNot:
		return part{run: func(f *frame) (value, error) {
			v, err := a[0].run(f)
			return boolValue(v.i == 0), err
		}, kind: boolean}, true
	case operators.LogicalAnd:
		return part{run: logic(a, 0), kind: boolean}, true
	case operators.LogicalOr:
		return part{run: logic(a, 1), kind: boolean}, true
	case operators.Conditional:
		return part{run: func(f *frame) (value, error) {
			v, err := a[0].run(f)
			if err != nil {
				return value{}, err
			}
			if v.i != 0 {
				return a[1].run(f)
			}
			return a[2].run(f)
		}, kind: a[1].kind}, true
	}
	if len(a) != 2 || a[0].kind != a[1].kind {
		return part{}, false
	}
	if cmp := comparison(name); cmp != nil {
		return compare(a, cmp)
	}
	if a[0].kind == integer || a[0].kind == length && name != operators.Multiply {
		return arithmetic(name, a)
	}
	return part{}, false
}

// logic is && (stop at 0) or || (stop at 1) as CEL has them: an error on one
// side gives way to a value on the other that settles it.
func logic(a []part, stop int64) lowered {
	return func(f *frame) (value, error) {
		var first error
		for _, p := range a {
			v, err := p.run(f)
			if err == nil && v.i == stop {
				return value{i: stop}, nil
			}
			if err != nil && first == nil {
				first = err
			}
		}
		return value{i: 1 - stop}, first
	}
}

func comparison(name string) func(int) bool {
	switch name {
	case operators.Equals:
		return func(n int) bool { return n == 0 }
	case operators.NotEquals:
		return func(n int) bool { return n != 0 }
	case operators.Less:
		return func(n int) bool { return n < 0 }
	case operators.LessEquals:
		return func(n int) bool { return n <= 0 }
	case operators.Greater:
		return func(n int) bool { return n > 0 }
	case operators.GreaterEquals:
		return func(n int) bool { return n >= 0 }
	}
	return nil
}

func compare(a []part, yes func(int) bool) (part, bool) {
	k := a[0].kind
	if k == texts || k == fraction && !(a[0].sure && a[1].sure) { // lists and the number that is none: CEL's own business
		return part{}, false
	}
	answers := [3]bool{yes(-1), yes(0), yes(1)}
	if whole := k != text && k != fraction; whole && a[0].symbol > 0 && a[1].constant != nil {
		return part{run: against(a[0].symbol-1, a[1].constant.i, answers), kind: boolean}, true
	}
	x, y := a[0].run, a[1].run
	return part{run: func(f *frame) (value, error) {
		v, err := x(f)
		if err != nil {
			return value{}, err
		}
		w, err := y(f)
		if err != nil {
			return value{}, err
		}
		n := 1
		switch {
		case k == text && v.s < w.s, k == fraction && v.f < w.f, k != text && v.i < w.i:
			n = 0
		case k == text && v.s > w.s, k == fraction && v.f > w.f, k != text && v.i > w.i:
			n = 2
		}
		return boolValue(answers[n]), nil
	}, kind: boolean}, true
}

// against compares a name with a number that is always the same, as most
// conditions do. The answers are for less, equal and more.
func against(symbol int, w int64, answers [3]bool) lowered {
	return func(f *frame) (value, error) {
		v, err := f.whole(symbol)
		if err != nil {
			return value{}, err
		}
		n := 1
		switch {
		case v < w:
			n = 0
		case v > w:
			n = 2
		}
		return boolValue(answers[n]), nil
	}
}

func arithmetic(name string, a []part) (part, bool) {
	op, ok := map[string]func(x, y int64) (int64, bool){
		operators.Add: func(x, y int64) (int64, bool) {
			return x + y, !(y > 0 && x > math.MaxInt64-y || y < 0 && x < math.MinInt64-y)
		},
		operators.Subtract: func(x, y int64) (int64, bool) {
			return x - y, !(y < 0 && x > math.MaxInt64+y || y > 0 && x < math.MinInt64+y)
		},
		operators.Multiply: func(x, y int64) (int64, bool) {
			if x == 0 || y == 0 {
				return 0, true
			}
			z := x * y
			return z, z/y == x && !(x == -1 && y == math.MinInt64) && !(y == -1 && x == math.MinInt64)
		},
	}[name]
	if !ok {
		return part{}, false
	}
	x, y := a[0].run, a[1].run
	return part{run: func(f *frame) (value, error) {
		v, err := x(f)
		if err != nil {
			return value{}, err
		}
		w, err := y(f)
		if err != nil {
			return value{}, err
		}
		z, ok := op(v.i, w.i)
		if !ok {
			return value{}, fmt.Errorf("integer overflow")
		}
		return value{i: z}, nil
	}, kind: a[0].kind}, true
}

// in is membership in a list of constants, or of a text in a list of the event.
func (c *compiler) in(call ast.CallExpr) (part, bool) {
	x, ok := c.part(call.Args()[0])
	if !ok || x.kind != text {
		return part{}, false
	}
	if l := call.Args()[1]; l.Kind() == ast.ListKind {
		var all []string
		for _, e := range l.AsList().Elements() {
			v, k, ok := literal(e)
			if !ok || k != text {
				return part{}, false
			}
			all = append(all, v.s)
		}
		return part{run: func(f *frame) (value, error) {
			v, err := x.run(f)
			return boolValue(slices.Contains(all, v.s)), err
		}, kind: boolean}, true
	}
	y, ok := c.part(call.Args()[1])
	if !ok || y.kind != texts {
		return part{}, false
	}
	return part{run: func(f *frame) (value, error) {
		v, err := x.run(f)
		if err != nil {
			return value{}, err
		}
		w, err := y.run(f)
		return boolValue(slices.Contains(w.ss, v.s)), err
	}, kind: boolean}, true
}
