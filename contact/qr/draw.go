package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Draw returns a PNG picture of a QR code with white margins, side pixels wide
// and high. It is for tests and for measuring (eval/simulate): nothing that is
// shown to people leads anywhere.
func Draw(text string, side int) ([]byte, error) {
	bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, side, side, nil)
	if err != nil {
		return nil, fmt.Errorf("qr: draw a code of %d bytes: %w", len(text), err)
	}
	page := image.NewGray(image.Rect(0, 0, bits.GetWidth(), bits.GetHeight()))
	for y := range bits.GetHeight() {
		for x := range bits.GetWidth() {
			if !bits.Get(x, y) {
				page.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, page); err != nil {
		return nil, fmt.Errorf("qr: write the picture: %w", err)
	}
	return b.Bytes(), nil
}
