package qr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/bmp"
)

// draw paints codes side by side on a page.
func draw(t testing.TB, side int, dark, light color.Color, texts ...string) *image.RGBA {
	t.Helper()
	page := image.NewRGBA(image.Rect(0, 0, side*len(texts), side))
	for n, text := range texts {
		bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, side, side, nil)
		if err != nil {
			t.Fatal(err)
		}
		for y := range side {
			for x := range side {
				c := light
				if bits.Get(x, y) {
					c = dark
				}
				page.Set(n*side+x, y, c)
			}
		}
	}
	return page
}

func encode(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 60})
	case "gif":
		err = gif.Encode(&b, img, nil)
	case "bmp":
		err = bmp.Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeFormats(t *testing.T) {
	const want = "https://shop.example/login?id=42"
	for _, format := range []string{"png", "jpeg", "gif", "bmp"} {
		for _, side := range []int{120, 300, 1600} {
			got, err := Decode(encode(t, format, draw(t, side, color.Black, color.White, want)), Options{})
			if err != nil || !slices.Equal(got, []string{want}) {
				t.Errorf("%s of %d pixels: got %q, %v; want %q", format, side, got, err, want)
			}
		}
	}
}

func TestDecodeColours(t *testing.T) {
	const want = "https://pay.example/"
	for name, pair := range map[string][2]color.Color{
		"light on dark": {color.White, color.Black},
		"blue on cream": {color.RGBA{20, 30, 120, 255}, color.RGBA{250, 240, 220, 255}},
		"transparent":   {color.Black, color.NRGBA{}},
	} {
		got, err := Decode(encode(t, "png", draw(t, 240, pair[0], pair[1], want)), Options{})
		if err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestDecodeSeveral(t *testing.T) {
	want := []string{"https://one.example/", "https://two.example/", "https://three.example/"}
	got, err := Decode(encode(t, "png", draw(t, 250, color.Black, color.White, want...)), Options{})
	slices.Sort(got)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]struct {
		img  []byte
		opt  Options
		want error
	}{
		"no picture":       {[]byte("hello"), Options{}, ErrFormat},
		"empty":            {nil, Options{}, ErrFormat},
		"tracking pixel":   {encode(t, "gif", image.NewGray(image.Rect(0, 0, 1, 1))), Options{}, ErrTooSmall},
		"too many pixels":  {encode(t, "png", image.NewGray(image.Rect(0, 0, 300, 300))), Options{MaxPixels: 80_000}, ErrTooLarge},
		"damaged":          {encode(t, "png", image.NewGray(image.Rect(0, 0, 300, 300)))[:60], Options{}, ErrFormat},
		"huge header only": {hugePNG(), Options{}, ErrTooLarge},
	}
	for name, test := range tests {
		if _, err := Decode(test.img, test.opt); !errors.Is(err, test.want) {
			t.Errorf("%s: got error %v, want %v", name, err, test.want)
		}
	}
}

// hugePNG is the header of a picture of 60,000 by 60,000 pixels.
func hugePNG() []byte {
	chunk := []byte("IHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x00\x00\x00\x00")
	head := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\r"), chunk...)
	return binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(chunk))
}

func TestNoCodeNoError(t *testing.T) {
	got, err := Decode(encode(t, "png", image.NewGray(image.Rect(0, 0, 400, 400))), Options{})
	if err != nil || len(got) != 0 {
		t.Errorf("a plain picture: got %q, %v; want nothing", got, err)
	}
}

// A page full of finder patterns must not take cubic time.
func TestManyFinderPatternsAreBounded(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 1200, 1200))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y0 := 0; y0+16 < 1200; y0 += 18 {
		for x0 := 0; x0+16 < 1200; x0 += 18 {
			for y := range 14 {
				for x := range 14 {
					d := max(abs(2*x-13), abs(2*y-13))
					if d > 9 || d < 7 {
						img.SetGray(x0+x, y0+y, color.Gray{})
					}
				}
			}
		}
	}
	start := time.Now()
	if _, err := Decode(encode(t, "png", img), Options{}); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("a page of finder patterns took %v, want far below 3s", took)
	}
}

func abs(x int) int { return max(x, -x) }

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, "png", draw(f, 80, color.Black, color.White, "A")))
	f.Add(encode(f, "gif", draw(f, 80, color.Black, color.White, "B")))
	f.Add(hugePNG())
	f.Fuzz(func(t *testing.T, img []byte) {
		texts, err := Decode(img, Options{MaxPixels: 200_000})
		if err != nil && len(texts) > 0 {
			t.Errorf("got both %d texts and the error %v", len(texts), err)
		}
		if strings.Join(texts, "") == "" && len(texts) > 0 {
			t.Error("an empty text was returned")
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for name, img := range map[string][]byte{
		"code":    encode(b, "png", draw(b, 400, color.Black, color.White, "https://shop.example/")),
		"nothing": encode(b, "png", image.NewGray(image.Rect(0, 0, 800, 600))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Decode(img, Options{})
			}
		})
	}
}
