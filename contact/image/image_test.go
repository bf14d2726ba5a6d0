package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	stdimage "image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// picture is 40 x 20, white, with a black upper left corner.
func picture() *stdimage.RGBA {
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			m.Set(x, y, color.White)
			if x < 4 && y < 4 {
				m.Set(x, y, color.Black)
			}
		}
	}
	return m
}

func encode(t testing.TB, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, picture())
	case "jpeg":
		err = jpeg.Encode(&b, picture(), &jpeg.Options{Quality: 95})
	case "gif":
		err = gif.Encode(&b, picture(), nil)
	case "bmp":
		err = bmp.Encode(&b, picture())
	case "tiff":
		err = tiff.Encode(&b, picture(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is a TIFF structure with one tag, the orientation.
func exif(orientation uint16) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	b = binary.BigEndian.AppendUint16(b, 274)
	b = binary.BigEndian.AppendUint16(b, 3)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint16(b, orientation)
	return append(b, 0, 0, 0, 0, 0, 0)
}

func jpegWith(t testing.TB, orientation uint16) []byte {
	b := encode(t, "jpeg")
	seg := append([]byte("Exif\x00\x00"), exif(orientation)...)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1}, byte((len(seg)+2)>>8), byte(len(seg)+2))
	return append(append(head, seg...), b[2:]...)
}

func TestInspect(t *testing.T) {
	for _, f := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		info, err := Inspect(encode(t, f), Limits{})
		if err != nil || info != (Info{f, 40, 20, 1, 1}) {
			t.Errorf("%s: %+v, %v; want 40 x 20, one page, upright", f, info, err)
		}
	}
	if info, err := Inspect(jpegWith(t, 6), Limits{}); err != nil || info.Orientation != 6 {
		t.Errorf("JPEG with EXIF: %+v, %v; want orientation 6", info, err)
	}
	var anim bytes.Buffer
	p := stdimage.NewPaletted(stdimage.Rect(0, 0, 4, 4), color.Palette{color.White, color.Black})
	if err := gif.EncodeAll(&anim, &gif.GIF{Image: []*stdimage.Paletted{p, p, p}, Delay: []int{1, 1, 1}}); err != nil {
		t.Fatal(err)
	}
	if info, err := Inspect(anim.Bytes(), Limits{}); err != nil || info.Pages != 3 {
		t.Errorf("GIF of three frames: %+v, %v", info, err)
	}
}

func TestInspectRefuses(t *testing.T) {
	huge := encode(t, "png")
	binary.BigEndian.PutUint32(huge[16:], 60_000)
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	// The checksum of the header chunk must fit the new size.
	fixPNG(huge)
	for name, tc := range map[string]struct {
		in   []byte
		lim  Limits
		want error
	}{
		"bomb":         {huge, Limits{}, ErrTooLarge},
		"many bytes":   {encode(t, "png"), Limits{Bytes: 10}, ErrTooLarge},
		"many pixels":  {encode(t, "png"), Limits{Pixels: 799}, ErrTooLarge},
		"heic":         {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), Limits{}, ErrHEIC},
		"pdf":          {[]byte("%PDF-1.7\n"), Limits{}, ErrPDF},
		"text":         {[]byte("hello"), Limits{}, ErrUnknown},
		"nothing":      {nil, Limits{}, ErrUnknown},
		"half a PNG":   {encode(t, "png")[:20], Limits{}, ErrBroken},
		"half a JPEG":  {encode(t, "jpeg")[:30], Limits{}, ErrBroken},
		"half a WebP":  {[]byte("RIFF\x10\x00\x00\x00WEBPVP8 "), Limits{}, ErrBroken},
		"TIFF nowhere": {[]byte("II*\x00\xff\xff\xff\xff"), Limits{}, ErrBroken},
	} {
		if _, err := Inspect(tc.in, tc.lim); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if _, err := Clean(tc.in, tc.lim); !errors.Is(err, tc.want) {
			t.Errorf("clean %s: %v, want %v", name, err, tc.want)
		}
	}
}

func fixPNG(b []byte) {
	crc := uint32(0xffffffff)
	for _, c := range b[12:29] {
		crc ^= uint32(c)
		for range 8 {
			if crc&1 == 1 {
				crc = crc>>1 ^ 0xedb88320
			} else {
				crc >>= 1
			}
		}
	}
	binary.BigEndian.PutUint32(b[29:], ^crc)
}

func clean(t testing.TB, b []byte) *stdimage.Gray {
	t.Helper()
	out, err := Clean(b, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	g, ok := img.(*stdimage.Gray)
	if !ok {
		t.Fatalf("clean picture is %T, want grey", img)
	}
	return g
}

func TestCleanTurnsUpright(t *testing.T) {
	// Where the black corner lands, as fractions of the upright picture.
	for o, want := range map[uint16][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}} {
		g := clean(t, jpegWith(t, o))
		w, h := g.Rect.Dx(), g.Rect.Dy()
		if turned := w < h; turned != (o >= 5) {
			t.Errorf("orientation %d: %d x %d", o, w, h)
		}
		x, y := 2+want[0]*(w-5), 2+want[1]*(h-5)
		if g.GrayAt(x, y).Y > 100 {
			t.Errorf("orientation %d: no black corner at %d,%d", o, x, y)
		}
	}
}

func TestCleanStripsMetadata(t *testing.T) {
	in := jpegWith(t, 1)
	out, err := Clean(in, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out, []byte("Exif")) || bytes.Contains(out, []byte("eXIf")) || bytes.Contains(out, []byte("tEXt")) {
		t.Error("the clean picture has metadata")
	}
}

func TestCleanAllFormats(t *testing.T) {
	for _, f := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		g := clean(t, encode(t, f))
		if g.Rect.Dx() != 80 || g.Rect.Dy() != 40 {
			t.Errorf("%s: %v, want 80 x 40", f, g.Rect)
		}
	}
}

func TestLightGround(t *testing.T) {
	// A screen in dark mode with light strokes of 4 pixels, and on the right a
	// light page with dark strokes.
	g := stdimage.NewGray(stdimage.Rect(0, 0, 800, 400))
	for y := range 400 {
		for x := range 800 {
			ground, ink := uint8(20), uint8(230)
			if x >= 400 {
				ground, ink = 240, 10
			}
			g.Pix[y*g.Stride+x] = ground
			if x%40 >= 20 && x%40 < 24 && y%60 >= 20 && y%60 < 44 {
				g.Pix[y*g.Stride+x] = ink
			}
		}
	}
	lightGround(g)
	for _, p := range []struct {
		x, y  int
		light bool
	}{{105, 10, true}, {122, 30, true}, {382, 30, false}, {62, 30, false}, {500, 10, true}, {582, 30, false}} {
		x := p.x
		if got := g.GrayAt(x, p.y).Y > 128; got != p.light {
			t.Errorf("pixel %d,%d: light %v, want %v", x, p.y, got, p.light)
		}
	}
}

// TestBubbles: light letters on saturated bubbles become dark letters on white.
func TestBubbles(t *testing.T) {
	b, err := os.ReadFile("testdata/bubbles.png")
	if err != nil {
		t.Fatal(err)
	}
	g := clean(t, b)
	dark, n := 0, 0
	for _, v := range g.Pix {
		n++
		if v < 128 {
			dark++
		}
	}
	if share := float64(dark) / float64(n); share > 0.06 {
		t.Errorf("%.1f %% of the clean picture is dark: the bubbles were not made light", 100*share)
	}
}

func FuzzClean(f *testing.F) {
	for _, format := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		f.Add(encode(f, format))
	}
	f.Add(jpegWith(f, 6))
	f.Add([]byte("RIFF\x10\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, b []byte) {
		lim := Limits{Pixels: 10_000, Bytes: 1 << 16}
		info, err := Inspect(b, lim)
		if err == nil && (info.Width*info.Height > 10_000 || info.Pages < 1 || info.Orientation < 1 || info.Orientation > 8) {
			t.Errorf("accepted %+v", info)
		}
		out, err := Clean(b, lim)
		if err == nil && !bytes.HasPrefix(out, []byte("\x89PNG")) {
			t.Error("clean picture is no PNG")
		}
	})
}

func BenchmarkClean(b *testing.B) {
	in, err := os.ReadFile("testdata/bubbles.png")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Clean(in, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
