// Package image looks at a picture before and after its text is read: what it
// is and how large (from its header alone), a clean copy for the OCR program,
// and the contact that the text of a screenshot or letter makes.
//
// It runs no OCR (outside/ocr does) and reads no QR codes (contact/qr). All
// bytes are hostile: nothing is decoded before its size is known from the
// header and within bounds, and a decoder that panics makes an error.
//
//	info, err := image.Inspect(data, image.Limits{})
//	png, err := image.Clean(data, image.Limits{})
//	c := layouts.FromText(text, contact.Screenshot, at)
package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	stdimage "image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Limits bound what is accepted. Zero values mean the default.
type Limits struct {
	// Bytes is the size of the file; default 20 MiB.
	Bytes int
	// Pixels is width times height; default 25 million.
	Pixels int
	// Side is the longest side in pixels; default 20,000.
	Side int
}

func (l Limits) filled() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 20 << 20
	}
	if l.Pixels <= 0 {
		l.Pixels = 25_000_000
	}
	if l.Side <= 0 {
		l.Side = 20_000
	}
	return l
}

// Info is what the header of a picture tells.
type Info struct {
	// Format is "png", "jpeg", "gif", "webp", "bmp" or "tiff".
	Format        string
	Width, Height int
	// Pages counts pages of a TIFF and frames of a GIF, at most 100; 1
	// otherwise. Only the first is read.
	Pages int
	// Orientation is the EXIF value 1 to 8 (TIFF 6.0, tag 274); 1 is upright.
	Orientation int
}

// The errors of a picture. Each says what its sender can do.
var (
	ErrTooLarge = errors.New("picture is too large: please send a smaller one, or only the part with the text")
	ErrHEIC     = errors.New("pictures in HEIC or AVIF form cannot be read: please send PNG or JPEG (a screenshot is always one of them)")
	ErrPDF      = errors.New("this is a PDF, not a picture: please send it as a document, or a screenshot of it")
	ErrUnknown  = errors.New("this is no picture that can be read: please send PNG or JPEG")
	ErrBroken   = errors.New("picture is damaged: please take or save it again")
)

// Inspect tells what a picture is from its header, without decoding it. The
// error is one of this package's, wrapped with the numbers that matter.
func Inspect(data []byte, lim Limits) (info Info, err error) {
	lim = lim.filled()
	if len(data) > lim.Bytes {
		return Info{}, fmt.Errorf("image: inspect %d bytes, limit %d: %w", len(data), lim.Bytes, ErrTooLarge)
	}
	defer func() {
		if recover() != nil {
			info, err = Info{}, fmt.Errorf("image: inspect: decoder failed: %w", ErrBroken)
		}
	}()
	format, err := sniff(data)
	if err != nil {
		return Info{}, fmt.Errorf("image: inspect: %w", err)
	}
	info = Info{Format: format, Pages: 1, Orientation: 1}
	cfg, err := config(format, data)
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return Info{}, fmt.Errorf("image: inspect %s header: %w", format, ErrBroken)
	}
	info.Width, info.Height = cfg.Width, cfg.Height
	if info.Width > lim.Side || info.Height > lim.Side || info.Width > lim.Pixels/info.Height {
		return info, fmt.Errorf("image: inspect %s of %d x %d pixels: %w", format, info.Width, info.Height, ErrTooLarge)
	}
	switch format {
	case "jpeg":
		info.Orientation = jpegOrientation(data)
	case "png":
		info.Orientation = orientation(chunk(data, 8, 8, binary.BigEndian, "eXIf"))
	case "webp":
		info.Orientation = orientation(bytes.TrimPrefix(riffChunk(data, "EXIF"), []byte("Exif\x00\x00")))
	case "tiff":
		info.Orientation, info.Pages = orientation(data), tiffPages(data)
	case "gif":
		info.Pages = gifFrames(data)
	}
	return info, nil
}

// sniff tells the format by its first bytes, whatever the file is called.
func sniff(b []byte) (string, error) {
	has := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case has("\x89PNG\r\n\x1a\n"):
		return "png", nil
	case has("\xff\xd8\xff"):
		return "jpeg", nil
	case has("GIF87a"), has("GIF89a"):
		return "gif", nil
	case has("RIFF") && len(b) >= 12 && string(b[8:12]) == "WEBP":
		return "webp", nil
	case has("BM") && len(b) >= 26:
		return "bmp", nil
	case has("II*\x00"), has("MM\x00*"):
		return "tiff", nil
	case len(b) >= 12 && string(b[4:8]) == "ftyp":
		return "", ErrHEIC
	case has("%PDF-"):
		return "", ErrPDF
	}
	return "", ErrUnknown
}

func config(format string, b []byte) (stdimage.Config, error) {
	r := bytes.NewReader(b)
	switch format {
	case "png":
		return png.DecodeConfig(r)
	case "jpeg":
		return jpeg.DecodeConfig(r)
	case "gif":
		return gif.DecodeConfig(r)
	case "webp":
		return webp.DecodeConfig(r)
	case "bmp":
		return bmp.DecodeConfig(r)
	case "tiff":
		return tiff.DecodeConfig(r)
	}
	return stdimage.Config{}, ErrUnknown
}

// decode reads the first page or frame. The caller has inspected the header.
func decode(format string, b []byte) (stdimage.Image, error) {
	r := bytes.NewReader(b)
	switch format {
	case "png":
		return png.Decode(r)
	case "jpeg":
		return jpeg.Decode(r)
	case "gif":
		return gif.Decode(r)
	case "webp":
		return webp.Decode(r)
	case "bmp":
		return bmp.Decode(r)
	case "tiff":
		return tiff.Decode(r)
	}
	return nil, ErrUnknown
}
