package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cell is what a row asks of one input. The zero value takes nothing; any takes all.
type cell struct {
	any bool
	// in are values of which one must be met, or none with not.
	in  []bound
	not bool
	// lo and hi bound a range.
	lo, hi *bound
}

// bound is a value in a cell: one that is known, or a name.
type bound struct {
	text  string // as CEL writes it
	v     value
	known bool
	open  bool // of a range: the value itself is outside
}

// cell reads a cell: - for any, a value, values with commas, not(…), a comparison,
// or a range as [3..10), with ( and ) where the bound is outside.
func (l *loader) cell(s source, c column) (cell, error) {
	t := strings.TrimSpace(s.text)
	if len(t) > maxCell {
		return cell{}, s.wrong("a cell has at most %d bytes: more values belong on a list", maxCell)
	}
	if t == "-" {
		return cell{any: true}, nil
	}
	if inner, ok := strings.CutPrefix(t, "not("); ok && strings.HasSuffix(inner, ")") {
		in, err := l.values(s, strings.TrimSuffix(inner, ")"), c)
		return cell{in: in, not: true}, err
	}
	if n := len(t); n > 4 && strings.ContainsRune("[(", rune(t[0])) && strings.ContainsRune("])", rune(t[n-1])) {
		if from, to, ok := strings.Cut(t[1:n-1], ".."); ok {
			return l.span(s, c, [2]string{from, to}, [2]bool{t[0] == '(', t[n-1] == ')'})
		}
	}
	for _, op := range []string{"<=", ">=", "!=", "==", "<", ">"} {
		rest, ok := strings.CutPrefix(t, op)
		if !ok {
			continue
		}
		if op == "==" || op == "!=" {
			in, err := l.values(s, rest, c)
			return cell{in: in, not: op == "!="}, err
		}
		b, err := l.bound(s, rest, c, true)
		b.open = len(op) == 1
		out := cell{lo: &b}
		if op[0] == '<' {
			out = cell{hi: &b}
		}
		if err == nil {
			err = out.whole(s, c.kind)
		}
		return out, err
	}
	in, err := l.values(s, t, c)
	return cell{in: in}, err
}

func (l *loader) span(s source, c column, ends [2]string, open [2]bool) (cell, error) {
	lo, err := l.bound(s, ends[0], c, true)
	if err != nil {
		return cell{}, err
	}
	hi, err := l.bound(s, ends[1], c, true)
	lo.open, hi.open = open[0], open[1]
	out := cell{lo: &lo, hi: &hi}
	if err == nil {
		err = out.whole(s, c.kind)
	}
	return out, err
}

// whole makes closed ends of the open ones of whole numbers, so that it can be told
// which values lie between them, and refuses what holds no value.
func (c *cell) whole(s source, k kind) error {
	if k == integer {
		for _, x := range []struct {
			b    *bound
			step int64
			edge int64
		}{{c.lo, 1, math.MaxInt64}, {c.hi, -1, math.MinInt64}} {
			if x.b == nil || !x.b.known || !x.b.open {
				continue
			}
			if x.b.v.i == x.edge {
				return s.wrong("the range holds no value: no whole number is beyond it")
			}
			x.b.v.i, x.b.open = x.b.v.i+x.step, false
			x.b.text = strconv.FormatInt(x.b.v.i, 10)
		}
	}
	if c.lo != nil && c.hi != nil && c.lo.known && c.hi.known {
		if n := k.compare(c.lo.v, c.hi.v); n > 0 || n == 0 && (c.lo.open || c.hi.open) {
			return s.wrong("the range holds no value: write the smaller bound first")
		}
	}
	return nil
}

// maxValues is how many values a cell names, maxCell how long it is in bytes.
const (
	maxValues = 50
	maxCell   = 1000
)

// values reads values with commas between them; texts may stand in quotes.
func (l *loader) values(s source, t string, c column) (out []bound, err error) {
	for len(strings.TrimSpace(t)) > 0 || len(out) == 0 {
		if len(out) >= maxValues {
			return nil, s.wrong("a cell names at most %d values: more belong on a list", maxValues)
		}
		t = strings.TrimSpace(t)
		var one string
		if c.kind == text && strings.HasPrefix(t, `"`) {
			q, err := strconv.QuotedPrefix(t)
			if err != nil {
				return nil, s.wrong("a text in quotes has no end")
			}
			one, t = q, strings.TrimSpace(t[len(q):])
			if t != "" && t[0] != ',' {
				return nil, s.wrong("a comma belongs between values")
			}
			t = strings.TrimPrefix(t, ",")
		} else {
			one, t, _ = strings.Cut(t, ",")
		}
		b, err := l.bound(s, one, c, false)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

var errNoValue = errors.New("no value")

// bound reads one value of a column's kind, or the name of one.
func (l *loader) bound(s source, t string, c column, ordered bool) (b bound, err error) {
	t = strings.TrimSpace(t)
	if ordered && (c.kind == text || c.kind == boolean) {
		return b, s.wrong("%s is %s, which has no order: give values, or not(…)", c.name, c.kind)
	}
	b.known = true
	switch c.kind {
	case text:
		if b.v.s = t; strings.HasPrefix(t, `"`) {
			b.v.s, err = strconv.Unquote(t)
		}
		b.text = strconv.Quote(b.v.s)
		if err == nil && t == "" {
			err = errNoValue
		}
	case boolean:
		b.text = t
		if b.v = boolValue(t == "true"); t != "true" && t != "false" {
			err = errNoValue
		}
	case integer:
		b.v.i, err = strconv.ParseInt(strings.ReplaceAll(t, "_", ""), 10, 64)
		b.text = strconv.FormatInt(b.v.i, 10)
	case fraction:
		b.v.f, err = strconv.ParseFloat(t, 64)
		if err == nil && (math.IsNaN(b.v.f) || math.IsInf(b.v.f, 0)) {
			err = errNoValue
		}
		if b.text = strconv.FormatFloat(b.v.f, 'f', -1, 64); !strings.Contains(b.text, ".") {
			b.text += ".0"
		}
	case length:
		var d time.Duration
		d, err = spanOf(t)
		d = d.Truncate(time.Microsecond)
		b.v.i, b.text = d.Microseconds(), fmt.Sprintf("duration(%q)", d.String())
	}
	if err == nil {
		return b, nil
	}
	if n, ok := l.p.byName[t]; ok && c.kind != text && l.p.symbols[n].kind == c.kind {
		return bound{text: t}, nil
	}
	return b, s.wrong("%s is %s: %q is neither such a value nor the name of one", c.name, c.kind, t)
}

// condition is a row in CEL.
func condition(columns []column, row []cell) string {
	var parts []string
	for i, c := range row {
		if !c.any {
			parts = append(parts, c.cel(columns[i]))
		}
	}
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " && ")
}

// cel is the cell in CEL.
func (c *cell) cel(col column) string {
	var parts, values []string
	if c.lo != nil {
		parts = append(parts, col.name+map[bool]string{true: " > ", false: " >= "}[c.lo.open]+c.lo.text)
	}
	if c.hi != nil {
		parts = append(parts, col.name+map[bool]string{true: " < ", false: " <= "}[c.hi.open]+c.hi.text)
	}
	if len(parts) > 0 {
		return strings.Join(parts, " && ")
	}
	for _, b := range c.in {
		parts, values = append(parts, col.name+" == "+b.text), append(values, b.text)
	}
	yes := "(" + strings.Join(parts, " || ") + ")"
	if col.kind == text && len(c.in) > 1 {
		yes = "(" + col.name + " in [" + strings.Join(values, ", ") + "])"
	}
	if c.not {
		return "!" + yes
	}
	return yes
}

// compare orders two values of a kind.
func (k kind) compare(a, b value) int {
	switch k {
	case text:
		return strings.Compare(a.s, b.s)
	case fraction:
		switch {
		case a.f < b.f:
			return -1
		case a.f > b.f:
			return 1
		}
		return 0
	}
	switch {
	case a.i < b.i:
		return -1
	case a.i > b.i:
		return 1
	}
	return 0
}

// takes tells whether a cell without names holds for a value.
func (c *cell) takes(k kind, v value) bool {
	if c.any {
		return true
	}
	if c.in != nil {
		return slices.ContainsFunc(c.in, func(b bound) bool { return k.compare(b.v, v) == 0 }) != c.not
	}
	above := func(b *bound, n int) bool { return b == nil || n > 0 || n == 0 && !b.open }
	lo, hi := 1, 1
	if c.lo != nil {
		lo = k.compare(v, c.lo.v)
	}
	if c.hi != nil {
		hi = k.compare(c.hi.v, v)
	}
	return above(c.lo, lo) && above(c.hi, hi)
}

// known tells whether nothing in the cell is a name.
func (c *cell) known() bool {
	return !slices.ContainsFunc(c.in, func(b bound) bool { return !b.known }) && (c.lo == nil || c.lo.known) && (c.hi == nil || c.hi.known)
}

// covers tells that a cell surely takes all that another takes.
func (c *cell) covers(o *cell, col column) bool {
	switch {
	case c.any || !o.any && c.cel(col) == o.cel(col):
		return true
	case o.any:
		return false
	case !c.known() || !o.known():
		return false
	case o.in != nil && !o.not:
		return !slices.ContainsFunc(o.in, func(b bound) bool { return !c.takes(col.kind, b.v) })
	case c.in != nil && c.not:
		return !slices.ContainsFunc(c.in, func(b bound) bool { return o.takes(col.kind, b.v) })
	case c.in != nil || o.in != nil:
		return false
	}
	within := func(mine, theirs *bound, sign int) bool {
		if mine == nil || theirs == nil {
			return mine == nil
		}
		n := sign * col.kind.compare(theirs.v, mine.v)
		return n > 0 || n == 0 && (!mine.open || theirs.open)
	}
	return within(c.lo, o.lo, 1) && within(c.hi, o.hi, -1)
}

// meets tells whether two cells may hold for the same value.
func (c *cell) meets(o *cell, col column) bool {
	k := col.kind
	if c.any || o.any || !c.known() || !o.known() {
		return true
	}
	for _, x := range [][2]*cell{{c, o}, {o, c}} {
		if x[0].in != nil && !x[0].not {
			return slices.ContainsFunc(x[0].in, func(b bound) bool { return x[1].takes(k, b.v) })
		}
	}
	apart := func(lo, hi *bound) bool {
		if lo == nil || hi == nil {
			return false
		}
		n := k.compare(lo.v, hi.v)
		return n > 0 || n == 0 && (lo.open || hi.open)
	}
	return !apart(c.lo, o.hi) && !apart(o.lo, c.hi)
}
