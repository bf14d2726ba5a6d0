// Package chart draws the diagrams of pages as shapes of an SVG image, on the
// server: bars that lie below each other, and columns of days. It knows no texts
// and no colours: labels and numbers come as texts, colours are classes of the
// sheet. It is not for values that change while a page is open.
//
//	c := chart.Rows("accounts", title, desc, []chart.Row{{Label: "newly stopped", Text: "12", Class: "good", Value: 12}}, 0)
package chart

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"bonafide/account/replay"
)

// Chart is a diagram. Every bar has its number beside it, and the page shows the
// same numbers as a table.
type Chart struct {
	ID, Title, Desc string
	Width, Height   int
	Bars            []Bar
	Texts           []Text
	// Grid is the path of the lines behind.
	Grid string
	// Legend tells that there are bars of both policies.
	Legend bool
}

// Bar is a rectangle; its lengths are written as SVG has them.
type Bar struct {
	Class      string
	X, Y, W, H string
}

// Text is a text at a place; Anchor is start or end.
type Text struct {
	Class, Anchor string
	X, Y          string
	Text          string
}

// width is that of a phone's column, so that letters are as large as those
// around them.
const width = 360

// px writes a length with at most one digit after the point.
func px(x float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(math.Round(x*10)/10, 'f', 1, 64), ".0")
}

// Row is one bar that lies: what it is, its number as text, and its length.
type Row struct {
	Label, Text, Class string
	Value              float64
}

// Rows draws bars that lie below each other. most is the length of the whole
// width; 0: that of the longest.
func Rows(id, title, desc string, rows []Row, most float64) Chart {
	const high, bar = 46, 14
	c := Chart{ID: id, Title: title, Desc: desc, Width: width, Height: high * len(rows)}
	if most == 0 && len(rows) > 0 {
		most = slices.MaxFunc(rows, func(a, b Row) int { return cmp.Compare(a.Value, b.Value) }).Value
	}
	for i, r := range rows {
		y := float64(high * i)
		c.Texts = append(c.Texts, Text{"", "start", "0", px(y + 16), r.Label}, Text{"value", "end", px(width), px(y + 16), r.Text})
		w := 0.0
		if most > 0 && r.Value > 0 {
			w = max(width*r.Value/most, 2)
		}
		c.Bars = append(c.Bars, Bar{"rail", "0", px(y + 23), px(width), px(bar)}, Bar{r.Class, "0", px(y + 23), px(w), px(bar)})
		c.Legend = c.Legend || r.Class == "cand"
	}
	return c
}

// maxColumns is how many columns a chart of days has; more days are put together.
const maxColumns = 45

// Days draws what both policies stopped, day by day.
func Days(id, title, desc string, days []replay.Day, count func(int64) string) Chart {
	const left, top, bottom = 40, 10, 170
	c := Chart{ID: id, Title: title, Desc: desc, Width: width, Height: 200, Legend: true}
	step := (len(days) + maxColumns - 1) / maxColumns
	var sums []replay.Day
	for part := range slices.Chunk(days, step) {
		sum := replay.Day{Day: part[0].Day}
		for _, d := range part {
			sum.Baseline, sum.Candidate = sum.Baseline+d.Baseline, sum.Candidate+d.Candidate
		}
		sums = append(sums, sum)
	}
	most := int64(1)
	for _, d := range sums {
		most = max(most, d.Baseline, d.Candidate)
	}
	var grid strings.Builder
	marks := []int64{0, most}
	if most > 1 {
		marks = []int64{0, (most + 1) / 2, most}
	}
	for _, m := range marks {
		y := bottom - float64(bottom-top)*float64(m)/float64(most)
		grid.WriteString("M" + px(left) + " " + px(y) + "H" + px(width))
		c.Texts = append(c.Texts, Text{"tick", "end", px(left - 5), px(y + 4), count(m)})
	}
	c.Grid = grid.String()
	wide := float64(width-left) / float64(len(sums))
	bar := max(wide*.38, 1)
	for i, d := range sums {
		x := left + wide*float64(i) + wide*.1
		for k, n := range []int64{d.Baseline, d.Candidate} {
			if h := float64(bottom-top) * float64(n) / float64(most); n > 0 {
				c.Bars = append(c.Bars, Bar{[]string{"base", "cand"}[k], px(x + float64(k)*bar), px(bottom - max(h, 1)), px(bar), px(max(h, 1))})
			}
		}
	}
	c.Texts = append(c.Texts, Text{"tick", "start", px(left), px(bottom + 18), sums[0].Day}, Text{"tick", "end", px(width), px(bottom + 18), days[len(days)-1].Day})
	return c
}
