package policy

import (
	"slices"
	"strings"
)

// overlaps points out rows that are never reached, and refuses those that can hold
// together where the hit policy forbids it.
func (l *loader) overlaps(f *tableFile, rows [][]cell, columns []column) error {
	for j := range rows {
		for i := range j {
			switch {
			case f.Hit.text == hitUnique && both(rows[i], rows[j], columns, (*cell).meets):
				return f.at(j).wrong("rows %d and %d of the table %s can hold together, and hit is unique: make a cell differ, or write first where the order decides",
					i+1, j+1, f.Table.text)
			case f.Hit.text == hitCollect && both(rows[i], rows[j], columns, (*cell).covers) && both(rows[j], rows[i], columns, (*cell).covers):
				l.warn(f.at(j), "row %d of the table %s asks for the same as row %d: both always hit together", j+1, f.Table.text, i+1)
			}
		}
		if f.Hit.text == hitFirst && j > 0 {
			if by := reachedBefore(rows[:j], rows[j], columns); by >= 0 {
				l.warn(f.at(j), "row %d of the table %s is never reached: row %d takes all that it takes", j+1, f.Table.text, by+1)
			} else if filled(rows[:j], rows[j], columns) {
				l.warn(f.at(j), "row %d of the table %s is never reached: the rows before it together take all that it takes", j+1, f.Table.text)
			}
		}
	}
	return nil
}

// both tells whether something holds for the cells of two rows in every column.
func both(a, b []cell, columns []column, f func(a, b *cell, c column) bool) bool {
	for i := range a {
		if !f(&a[i], &b[i], columns[i]) {
			return false
		}
	}
	return true
}

// reachedBefore is the row that takes all that another takes, -1 for none.
func reachedBefore(before [][]cell, row []cell, columns []column) int {
	return slices.IndexFunc(before, func(b []cell) bool { return both(b, row, columns, (*cell).covers) })
}

// maxPoints bounds the places that filled looks at.
const maxPoints = 5_000

// filled tells whether some rows together surely take all that a row takes: each
// column falls into pieces at the values that its cells name, within which no cell
// tells two values apart, so one value of each piece is tried. A name in a cell of
// the row is taken for anything, and a row before with a name takes nothing.
func filled(before [][]cell, row []cell, columns []column) bool {
	var sure [][]cell
	for _, b := range before {
		if !slices.ContainsFunc(b, func(c cell) bool { return !c.known() }) {
			sure = append(sure, b)
		}
	}
	points, size := make([][]value, len(columns)), 1
	for i, c := range columns {
		all := c.pieces(append(slices.Clone(sure), row), i)
		if row[i].known() {
			all = slices.DeleteFunc(all, func(v value) bool { return !row[i].takes(c.kind, v) })
		}
		if points[i] = all; size > maxPoints/max(len(all), 1) {
			return false // too many to look at: nothing is said
		}
		size *= len(all)
	}
	at := make([]int, len(columns))
	for range size {
		if !slices.ContainsFunc(sure, func(b []cell) bool {
			for i := range b {
				if !b[i].takes(columns[i].kind, points[i][at[i]]) {
					return false
				}
			}
			return true
		}) {
			return false
		}
		for i := range at {
			if at[i]++; at[i] < len(points[i]) {
				break
			}
			at[i] = 0
		}
	}
	return len(sure) > 0
}

// pieces are values of a column of which each stands for all that no cell tells
// apart from it.
func (c column) pieces(rows [][]cell, i int) (out []value) {
	var named []value
	for _, r := range rows {
		for _, b := range r[i].in {
			if b.known {
				named = append(named, b.v)
			}
		}
		for _, b := range []*bound{r[i].lo, r[i].hi} {
			if b != nil && b.known {
				named = append(named, b.v)
			}
		}
	}
	switch c.kind {
	case boolean:
		return []value{boolValue(false), boolValue(true)}
	case text: // and one that nobody names
		longest := 0
		for _, v := range named {
			longest = max(longest, len(v.s))
		}
		return append(named, value{s: strings.Repeat("x", longest+1)})
	}
	for _, v := range named {
		if c.kind == fraction {
			out = append(out, v)
			continue
		}
		out = append(out, v, value{i: v.i - 1}, value{i: v.i + 1}) // between whole numbers lies nothing
	}
	if c.kind == fraction {
		slices.SortFunc(out, c.kind.compare)
		for n := len(named); n > 1; n-- {
			out = append(out, value{f: out[n-2].f + (out[n-1].f-out[n-2].f)/2})
		}
		if len(named) > 0 {
			out = append(out, value{f: out[0].f - 1 - abs(out[0].f)}, value{f: out[len(named)-1].f + 1 + abs(out[len(named)-1].f)})
		}
	}
	if len(out) == 0 {
		out = []value{{}}
	}
	slices.SortFunc(out, c.kind.compare)
	return slices.CompactFunc(out, func(a, b value) bool { return c.kind.compare(a, b) == 0 })
}

func abs(x float64) float64 { return max(x, -x) }
