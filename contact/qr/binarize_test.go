package qr

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// TestBinarize: black and white as the library makes it, at any size, for
// noise, slopes and plain shades; and rows are scanned as pixel by pixel.
func TestBinarize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		p := plane{w: leastRow + r.IntN(90), h: leastRow + r.IntN(90)}
		p.pix = make([]byte, p.w*p.h)
		base, noise, slope := r.IntN(256), 1+r.IntN(256), r.IntN(5)
		for i := range p.pix {
			p.pix[i] = byte(max(0, min(255, base+r.IntN(noise)-noise/2+slope*(i%p.w)-slope*(i/p.w))))
		}
		got, err := binarize(p)
		if err != nil {
			t.Fatal(err)
		}
		source, err := gozxing.NewPlanarYUVLuminanceSource(p.pix, p.w, p.h, 0, 0, p.w, p.h, false)
		if err != nil {
			t.Fatal(err)
		}
		want, err := gozxing.NewHybridBinarizer(source).GetBlackMatrix()
		if err != nil {
			t.Fatal(err)
		}
		for y := range p.h {
			for x := range p.w {
				if got.Get(x, y) != want.Get(x, y) {
					t.Fatalf("picture %d, %d by %d: pixel %d, %d is dark: %v, want %v", n, p.w, p.h, x, y, got.Get(x, y), want.Get(x, y))
				}
			}
		}
	}
}

// scanPixels is scanRow pixel by pixel.
func scanPixels(f *detector.FinderPatternFinder, bits *gozxing.BitMatrix, y, w int) {
	var runs [5]int
	state, tries := 0, 0
	for x := 0; x <= w; x++ {
		dark := x < w && bits.Get(x, y)
		switch {
		case dark == (state&1 == 0):
			runs[state]++
		case state < 4:
			if state > 0 || runs[0] > 0 {
				state++
				runs[state]++
			}
		case tries < maxTries && detector.FinderPatternFinder_foundPatternCross(runs[:]) && f.HandlePossibleCenter(runs[:], y, x):
			tries++
			runs, state = [5]int{}, 0
		default:
			runs = [5]int{runs[2], runs[3], runs[4], 1, 0}
			state = 3
		}
	}
}

// TestScanRow: run by run the same marks are found as pixel by pixel, among
// blocks of every size and in the negative too.
func TestScanRow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	marks := 0
	for n := range 300 {
		side := 40 + r.IntN(100)
		bits, err := gozxing.NewBitMatrix(side, side)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(4) { // marks like those of codes, and noise
			m, x0, y0 := 1+r.IntN(4), r.IntN(side), r.IntN(side)
			for y := range 7 * m {
				for x := range 7 * m {
					ring := max(max(x/m-3, 3-x/m), max(y/m-3, 3-y/m))
					if ring != 2 && x0+x < side && y0+y < side {
						bits.Set(x0+x, y0+y)
					}
				}
			}
		}
		for range r.IntN(40) {
			bits.Flip(r.IntN(side), r.IntN(side))
		}
		if n%3 == 0 {
			bits.FlipAll()
		}
		got, want := detector.NewFinderPatternFinder(bits, nil), detector.NewFinderPatternFinder(bits, nil)
		for y := range side {
			scanRow(got, bits.GetRow(y, nil), y, side)
			scanPixels(want, bits, y, side)
		}
		if g, w := got.GetPossibleCenters(), want.GetPossibleCenters(); !reflect.DeepEqual(g, w) {
			t.Fatalf("matrix %d: %d marks, want %d, or elsewhere", n, len(g), len(w))
		}
		marks += len(want.GetPossibleCenters())
	}
	if marks == 0 {
		t.Error("no matrix had a mark")
	}
}
