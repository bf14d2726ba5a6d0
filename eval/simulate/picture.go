package simulate

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The size of a drawn page in characters.
const (
	perLine  = 84
	maxLines = 60
)

// picture draws a text in black on white as a PNG. The font is Latin; other
// letters become boxes, which costs nothing where no picture is read.
func picture(text string) []byte {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		l = strings.Join(strings.Fields(l), " ")
		for len(l) > perLine {
			at := strings.LastIndexByte(l[:perLine], ' ')
			if at <= 0 {
				at = perLine
			}
			lines, l = append(lines, l[:at]), strings.TrimSpace(l[at:])
		}
		if l != "" {
			lines = append(lines, l)
		}
	}
	lines = lines[:min(len(lines), maxLines)]
	const size, margin = 16, 12
	page := image.NewGray(image.Rect(0, 0, perLine*7+2*margin, len(lines)*size+2*margin))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: page, Src: image.Black, Face: basicfont.Face7x13}
	for i, l := range lines {
		d.Dot = fixed.P(margin, margin+(i+1)*size-4)
		d.DrawString(l)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, page); err != nil {
		return nil // cannot happen: a gray picture into memory
	}
	return b.Bytes()
}
