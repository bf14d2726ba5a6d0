// Package qr reads the QR codes in a picture. A code in a mail or letter is a
// link that no text filter sees, so its content goes to the same rooms as any
// other link.
//
// It is not for judging what a code leads to, and not for other bar codes.
// Its input is hostile: the size is read from the picture's header before a
// pixel is decoded, candidates are capped, and a panic of a decoder becomes an
// error.
//
//	texts, err := qr.Decode(png, qr.Options{})
package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // the formats that mails carry
	_ "image/jpeg" // (see above)
	_ "image/png"  // (see above)

	_ "golang.org/x/image/bmp"  // (see above)
	_ "golang.org/x/image/webp" // (see above)
)

// Options bound Decode. The zero value is usable.
type Options struct {
	// MaxPixels of the whole picture; 0 means 20 million.
	MaxPixels int
	// MinSide is the least width and height in pixels that a code is looked
	// for in; 0 means 60.
	MinSide int
	// MaxCodes that are returned; 0 means 8.
	MaxCodes int
}

func (o Options) withDefaults() Options {
	if o.MaxPixels <= 0 {
		o.MaxPixels = 20_000_000
	}
	if o.MinSide <= 0 {
		o.MinSide = 60
	}
	if o.MaxCodes <= 0 {
		o.MaxCodes = 8
	}
	return o
}

// The ways in which a picture can be unreadable, for errors.Is.
var (
	// ErrTooLarge says that the picture has more pixels than allowed.
	ErrTooLarge = errors.New("qr: picture has too many pixels")
	// ErrTooSmall says that no code of use fits into the picture.
	ErrTooSmall = errors.New("qr: picture is too small for a code")
	// ErrFormat says that the bytes are no picture that is read here.
	ErrFormat = errors.New("qr: not a readable PNG, JPEG, GIF, WebP or BMP picture")
)

// Size reads width and height from the header of a picture, without decoding
// it.
func Size(img []byte) (width, height int, err error) {
	defer func() {
		if recover() != nil {
			width, height, err = 0, 0, ErrFormat
		}
	}()
	cfg, _, err := image.DecodeConfig(bytes.NewReader(img))
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return 0, 0, ErrFormat
	}
	return cfg.Width, cfg.Height, nil
}

// Decode returns the contents of the QR codes in a picture, best found first,
// each once. No code is no error. Of an animated GIF the first frame is read.
func Decode(img []byte, opt Options) (texts []string, err error) {
	opt = opt.withDefaults()
	w, h, err := Size(img)
	switch {
	case err != nil:
		return nil, err
	case w > opt.MaxPixels/h:
		return nil, fmt.Errorf("%w: %d by %d, limit %d", ErrTooLarge, w, h, opt.MaxPixels)
	case w < opt.MinSide || h < opt.MinSide:
		return nil, ErrTooSmall
	}
	defer func() {
		if p := recover(); p != nil {
			texts, err = nil, fmt.Errorf("qr: the decoder gave up on the picture: %v", p)
		}
	}()
	pic, _, err := image.Decode(bytes.NewReader(img))
	if err != nil {
		return nil, fmt.Errorf("%w: its pixels are damaged", ErrFormat)
	}
	if b := pic.Bounds(); b.Dx() < opt.MinSide || b.Dy() < opt.MinSide {
		return nil, ErrTooSmall
	}
	return search(gray(pic), opt.MaxCodes), nil
}

// DecodeImage is Decode for a picture that is decoded already.
func DecodeImage(pic image.Image, opt Options) (texts []string, err error) {
	opt = opt.withDefaults()
	b := pic.Bounds()
	if b.Dx() < opt.MinSide || b.Dy() < opt.MinSide {
		return nil, ErrTooSmall
	}
	if b.Dx() > opt.MaxPixels/b.Dy() {
		return nil, ErrTooLarge
	}
	defer func() {
		if p := recover(); p != nil {
			texts, err = nil, fmt.Errorf("qr: the decoder gave up on the picture: %v", p)
		}
	}()
	return search(gray(pic), opt.MaxCodes), nil
}
