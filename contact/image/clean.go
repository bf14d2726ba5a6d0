package image

import (
	"bytes"
	"fmt"
	stdimage "image"
	"image/color"
	"image/png"
	"math"

	"golang.org/x/image/draw"
)

const (
	// smallSide: pictures narrower than this are enlarged twice. Measured on our
	// own screenshots of 390 and 780 pixels in width: letters of 16 pixels are
	// misread more often, letters of 64 too.
	smallSide = 700
	// largePixels: photographs above this are reduced; 8 million pixels show a
	// sheet of A4 with 270 dots an inch, and OCR needs no more.
	largePixels = 8_000_000
)

// Clean decodes a picture and returns a new PNG for OCR: upright, grey, dark
// letters on light ground everywhere, small ones enlarged, without any
// metadata. Nothing of the original bytes is passed on. Only the first page or
// frame is read.
func Clean(data []byte, lim Limits) (out []byte, err error) {
	info, err := Inspect(data, lim)
	if err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil {
			out, err = nil, fmt.Errorf("image: clean %s: decoder failed: %w", info.Format, ErrBroken)
		}
	}()
	img, err := decode(info.Format, data)
	if err != nil {
		return nil, fmt.Errorf("image: clean %s of %d x %d pixels: %w", info.Format, info.Width, info.Height, ErrBroken)
	}
	if b := img.Bounds(); b.Empty() || b.Dx() > info.Width || b.Dy() > info.Height {
		return nil, fmt.Errorf("image: clean %s: size differs from its header: %w", info.Format, ErrBroken)
	}
	gray := turn(toGray(img), info.Orientation)
	gray = resize(gray)
	lightGround(gray)
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&buf, gray); err != nil {
		return nil, fmt.Errorf("image: clean: write PNG: %w", err)
	}
	return buf.Bytes(), nil
}

// toGray lays the picture on white and keeps its brightness (ITU-R BT.601, as
// color.GrayModel).
func toGray(img stdimage.Image) *stdimage.Gray {
	b := img.Bounds()
	out := stdimage.NewGray(stdimage.Rect(0, 0, b.Dx(), b.Dy()))
	if y, ok := img.(*stdimage.YCbCr); ok {
		for row := range b.Dy() {
			start := y.YOffset(b.Min.X, b.Min.Y+row)
			copy(out.Pix[row*out.Stride:], y.Y[start:start+b.Dx()])
		}
		return out
	}
	draw.Draw(out, out.Bounds(), stdimage.NewUniform(color.White), stdimage.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, b.Min, draw.Over)
	return out
}

// turn makes a picture upright according to its EXIF orientation.
func turn(g *stdimage.Gray, orientation int) *stdimage.Gray {
	if orientation <= 1 || orientation > 8 {
		return g
	}
	w, h := g.Rect.Dx(), g.Rect.Dy()
	ow, oh := w, h
	if orientation >= 5 {
		ow, oh = h, w
	}
	out := stdimage.NewGray(stdimage.Rect(0, 0, ow, oh))
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch orientation {
			case 2:
				dx = w - 1 - x
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dy = h - 1 - y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			out.Pix[dy*out.Stride+dx] = g.Pix[y*g.Stride+x]
		}
	}
	return out
}

func resize(g *stdimage.Gray) *stdimage.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	scale := 1.0
	switch {
	case w*h > largePixels:
		scale = math.Sqrt(float64(largePixels) / float64(w*h))
	case w < smallSide && w*h*4 <= largePixels:
		scale = 2
	default:
		return g
	}
	out := stdimage.NewGray(stdimage.Rect(0, 0, max(1, int(float64(w)*scale)), max(1, int(float64(h)*scale))))
	draw.CatmullRom.Scale(out, out.Rect, g, g.Rect, draw.Src, nil)
	return out
}
