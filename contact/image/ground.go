package image

import (
	stdimage "image"
)

const (
	// edge is the width of the seam between dark and light ground, in pixels.
	edge = 3
	// tile is the side of the squares whose ground is levelled at once.
	tile = 32
	// darkBelow separates dark from light ground.
	darkBelow = 128
)

// strokeOf is more than the width of a letter's strokes: dark things that are
// thinner are letters, not ground. A screen shows about 45 letters in its width,
// so that letters grow with its pixels; 11 fits those of 800.
func strokeOf(r stdimage.Rectangle) int { return max(11, min(r.Dx(), r.Dy())/70) }

// letterOf is more than the height of a line: what lies within dark ground and
// is smaller are letters on it.
func letterOf(stroke int) int { return 7 * stroke }

// lightGround makes dark letters on light ground of everything: of screens in
// dark mode, and of light letters in coloured bubbles on a light screen.
//
// Ground is what remains of dark or light pixels when thin things are removed
// (opening). Dark ground takes in the letters on it (closing) but nothing of
// the light ground (J. Serra, "Image Analysis and Mathematical Morphology",
// 1982). It is inverted and levelled to white, and the seam around it is painted
// over, because OCR takes it for letters.
func lightGround(g *stdimage.Gray) {
	m := newMask(g, func(v uint8) bool { return v < darkBelow })
	stroke := strokeOf(g.Rect)
	m.open(stroke)
	if !m.any() {
		return
	}
	m.box(letterOf(stroke), some)
	m.box(letterOf(stroke), all)
	light := newMask(g, func(v uint8) bool { return v >= darkBelow })
	light.open(stroke)
	m.without(light)
	inner, outer := m.clone(), m.clone()
	inner.box(2*edge+1, all)
	outer.box(2*edge+1, some)
	ground := m.grounds(g)
	cols := (m.w + tile - 1) / tile
	for y := range m.h {
		line := g.Pix[y*g.Stride : y*g.Stride+m.w]
		for x := range line {
			i := y*m.w + x
			switch {
			case outer.on[i] != inner.on[i]:
				line[x] = 255
			case m.on[i]:
				full := 255 - ground[y/tile*cols+x/tile]
				line[x] = uint8(min(255, (255-int(line[x]))*255/max(full, 1)))
			}
		}
	}
}

// mask marks pixels.
type mask struct {
	w, h int
	on   []bool
	sum  []int32
}

func newMask(g *stdimage.Gray, is func(uint8) bool) *mask {
	m := &mask{w: g.Rect.Dx(), h: g.Rect.Dy()}
	m.on = make([]bool, m.w*m.h)
	m.sum = make([]int32, (m.w+1)*(m.h+1))
	for y := range m.h {
		for x := range m.w {
			m.on[y*m.w+x] = is(g.Pix[y*g.Stride+x])
		}
	}
	return m
}

// open removes what is thinner than a stroke.
func (m *mask) open(stroke int) {
	m.box(stroke, whole)
	m.box(stroke, some)
}

func (m *mask) without(other *mask) {
	for i, b := range other.on {
		m.on[i] = m.on[i] && !b
	}
}

func (m *mask) clone() *mask {
	return &mask{w: m.w, h: m.h, on: append([]bool(nil), m.on...), sum: m.sum}
}

func (m *mask) any() bool {
	for _, b := range m.on {
		if b {
			return true
		}
	}
	return false
}

// operation is what a box does to a pixel in its middle.
type operation int

const (
	// some marks it when some of its neighbourhood is marked (dilation).
	some operation = iota
	// all leaves it marked when all of its neighbourhood within the picture is
	// (erosion).
	all
	// whole also wants the neighbourhood to lie within the picture.
	whole
)

// box applies an operation with a square of the given side, in linear time by
// a table of sums.
func (m *mask) box(side int, op operation) {
	m.sums()
	r, stride := side/2, m.w+1
	for y := range m.h {
		y0, y1 := max(0, y-r), min(m.h, y+r+1)
		for x := range m.w {
			x0, x1 := max(0, x-r), min(m.w, x+r+1)
			n := m.sum[y1*stride+x1] - m.sum[y0*stride+x1] - m.sum[y1*stride+x0] + m.sum[y0*stride+x0]
			switch op {
			case some:
				m.on[y*m.w+x] = n > 0
			case all:
				m.on[y*m.w+x] = int(n) == (y1-y0)*(x1-x0)
			case whole:
				m.on[y*m.w+x] = int(n) == (2*r+1)*(2*r+1)
			}
		}
	}
}

func (m *mask) sums() {
	stride := m.w + 1
	for y := range m.h {
		row := int32(0)
		for x := range m.w {
			if m.on[y*m.w+x] {
				row++
			}
			m.sum[(y+1)*stride+x+1] = m.sum[y*stride+x+1] + row
		}
	}
}

// grounds gives each tile the middle brightness of the marked pixels in and
// around it.
func (m *mask) grounds(g *stdimage.Gray) []int {
	cols, rows := (m.w+tile-1)/tile, (m.h+tile-1)/tile
	out := make([]int, cols*rows)
	for r := range rows {
		for c := range cols {
			area := stdimage.Rect((c-1)*tile, (r-1)*tile, (c+2)*tile, (r+2)*tile).Intersect(g.Rect)
			out[r*cols+c] = m.median(g, area)
		}
	}
	return out
}

func (m *mask) median(g *stdimage.Gray, area stdimage.Rectangle) int {
	var hist [256]int
	n := 0
	for y := area.Min.Y; y < area.Max.Y; y += 2 {
		for x := area.Min.X; x < area.Max.X; x += 2 {
			if m.on[y*m.w+x] {
				hist[g.Pix[y*g.Stride+x]]++
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	for v, sum := 0, 0; v < 256; v++ {
		if sum += hist[v]; 2*sum >= n {
			return min(v, 200)
		}
	}
	return 0
}
