package qr

import (
	"image"
	"image/color"
)

// workPixels is the size to which larger pictures are reduced: codes that a
// telephone can read from a screen survive it.
const workPixels = 1_500_000

// plane is a picture in shades of gray, one byte each, row by row.
type plane struct {
	pix  []byte
	w, h int
}

// gray returns the brightness of a picture, on white where it is transparent,
// reduced to workPixels by averaging two rows of each square.
func gray(pic image.Image) plane {
	b := pic.Bounds()
	step := 1
	for (b.Dx()/step)*(b.Dy()/step) > workPixels {
		step++
	}
	p := plane{w: b.Dx() / step, h: b.Dy() / step}
	p.pix = make([]byte, p.w*p.h)
	row := rower(pic)
	line := make([]byte, b.Dx())
	sums := make([]int, p.w)
	if step == 1 {
		for y := 0; y < p.h; y++ {
			row(y, p.pix[y*p.w:(y+1)*p.w])
		}
		return p
	}
	for y := 0; y < p.h; y++ {
		clear(sums)
		for _, dy := range [2]int{0, step / 2} {
			row(y*step+dy, line)
			for x := range sums {
				for _, v := range line[x*step : x*step+step] {
					sums[x] += int(v)
				}
			}
		}
		for x, s := range sums {
			p.pix[y*p.w+x] = byte(s / (2 * step))
		}
	}
	return p
}

// rower returns a function that writes the brightness of row y, counted from
// 0, to line. The usual kinds of picture are read without an interface call
// per pixel.
func rower(pic image.Image) func(y int, line []byte) {
	b := pic.Bounds()
	switch p := pic.(type) {
	case *image.YCbCr:
		return func(y int, line []byte) { copy(line, p.Y[y*p.YStride:y*p.YStride+b.Dx()]) }
	case *image.Gray:
		return func(y int, line []byte) { copy(line, p.Pix[y*p.Stride:y*p.Stride+b.Dx()]) }
	case *image.NRGBA:
		return func(y int, line []byte) {
			pix := p.Pix[y*p.Stride:]
			for x := range line {
				q := pix[4*x : 4*x+4]
				l := luma(uint32(q[0]), uint32(q[1]), uint32(q[2]))
				if alpha := uint32(q[3]); alpha != 255 {
					l = (l*alpha + 255*(255-alpha)) / 255
				}
				line[x] = byte(l)
			}
		}
	case *image.RGBA:
		return func(y int, line []byte) {
			pix := p.Pix[y*p.Stride:]
			for x := range line {
				q := pix[4*x : 4*x+4]
				line[x] = byte(min(luma(uint32(q[0]), uint32(q[1]), uint32(q[2]))+255-uint32(q[3]), 255))
			}
		}
	case *image.Paletted:
		var shade [256]byte
		for i, c := range p.Palette {
			shade[i&255] = brightness(c)
		}
		return func(y int, line []byte) {
			for x := range line {
				line[x] = shade[p.Pix[y*p.Stride+x]]
			}
		}
	}
	return func(y int, line []byte) {
		for x := range line {
			line[x] = brightness(pic.At(b.Min.X+x, b.Min.Y+y))
		}
	}
}

// luma weighs red, green and blue as ITU-R BT.601 does, in 256ths.
func luma(r, g, b uint32) uint32 { return (77*r + 150*g + 29*b) >> 8 }

func brightness(c color.Color) byte {
	r, g, b, a := c.RGBA() // multiplied by alpha already, 16 bits each
	return byte(min(luma(r, g, b)+0xFFFF-a, 0xFFFF) >> 8)
}
