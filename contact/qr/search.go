package qr

import (
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// Bounds of the search. The library's own search for several codes tries all
// triples of finder patterns, which a hostile picture has thousands of.
const (
	maxCenters  = 48
	maxAttempts = 16
	maxTries    = 60 // candidates whose cross is checked, per row of pixels
)

// search looks for codes with a local threshold and for light codes on dark;
// with a global threshold too where there were marks but no code.
func search(p plane, maxCodes int) []string {
	source, err := gozxing.NewPlanarYUVLuminanceSource(p.pix, p.w, p.h, 0, 0, p.w, p.h, false)
	if err != nil {
		return nil
	}
	global := gozxing.NewGlobalHistgramBinarizer(source).GetBlackMatrix
	local := func() (*gozxing.BitMatrix, error) { return binarize(p) }
	if p.w < leastRow || p.h < leastRow {
		local = gozxing.NewHybridBinarizer(source).GetBlackMatrix
	}
	var texts []string
	marks := 0
	for n, blackAndWhite := range []func() (*gozxing.BitMatrix, error){local, global} {
		if n > 0 && marks == 0 {
			break
		}
		bits, err := blackAndWhite()
		if err != nil {
			marks++
			continue
		}
		for range 2 {
			found, seen := codes(bits, maxCodes)
			marks += seen
			for _, t := range found {
				if !slices.Contains(texts, t) && len(texts) < maxCodes {
					texts = append(texts, t)
				}
			}
			if len(texts) > 0 {
				return texts
			}
			bits.FlipAll()
		}
	}
	return texts
}

// codes reads all codes of a picture in black and white, and tells how many
// marks it has that could belong to codes.
func codes(bits *gozxing.BitMatrix, maxCodes int) (texts []string, marks int) {
	centers := finderPatterns(bits)
	triples := rank(centers)
	det, dec := detector.NewDetector(bits), decoder.NewDecoder()
	used := make([]bool, len(centers))
	for n, t := range triples {
		if n-len(texts) >= maxAttempts || len(texts) >= maxCodes {
			break
		}
		if used[t.i] || used[t.j] || used[t.k] {
			continue
		}
		if text, ok := decode(det, dec, centers[t.i], centers[t.j], centers[t.k]); ok {
			used[t.i], used[t.j], used[t.k] = true, true, true
			texts = append(texts, text)
		}
	}
	return texts, len(centers)
}

func decode(det *detector.Detector, dec *decoder.Decoder, a, b, c *detector.FinderPattern) (string, bool) {
	p1, p2, p3 := gozxing.ResultPoint_OrderBestPatterns(a, b, c)
	bl, ok1 := p1.(*detector.FinderPattern)
	tl, ok2 := p2.(*detector.FinderPattern)
	tr, ok3 := p3.(*detector.FinderPattern)
	if !ok1 || !ok2 || !ok3 {
		return "", false
	}
	found, err := det.ProcessFinderPatternInfo(detector.NewFinderPatternInfo(bl, tl, tr))
	if err != nil {
		return "", false
	}
	result, err := dec.Decode(found.GetBits(), nil)
	if err != nil || result.GetText() == "" {
		return "", false
	}
	return result.GetText(), true
}

// finderPatterns returns the marks 1:1:3:1:1 of the picture, those seen in
// several rows first, at most maxCenters.
func finderPatterns(bits *gozxing.BitMatrix) []*detector.FinderPattern {
	f := detector.NewFinderPatternFinder(bits, nil)
	w, h := bits.GetWidth(), bits.GetHeight()
	skip := max(3*h/(4*detector.FinderPatternFinder_MAX_MODULES), 3)
	var row *gozxing.BitArray
	for y := skip - 1; y < h && len(f.GetPossibleCenters()) < 4*maxCenters; y += skip {
		row = bits.GetRow(y, row)
		scanRow(f, row, y, w)
	}
	centers := slices.Clone(f.GetPossibleCenters())
	slices.SortStableFunc(centers, func(a, b *detector.FinderPattern) int { return b.GetCount() - a.GetCount() })
	if len(centers) > maxCenters {
		centers = centers[:maxCenters]
	}
	return centers
}

// scanRow looks for runs of dark and light in the ratio of a finder pattern. What
// stands beside the picture is light.
func scanRow(f *detector.FinderPatternFinder, row *gozxing.BitArray, y, w int) {
	var runs [5]int // dark, light, dark, light, dark
	state, tries := 0, 0
	for x := 0; x <= w; {
		next, dark := w+1, false
		if x < w && row.Get(x) {
			next, dark = row.GetNextUnset(x), true
		} else if x < w {
			if next = row.GetNextSet(x); next == w {
				next = w + 1
			}
		}
		n := next - x
		switch {
		case dark == (state&1 == 0):
			runs[state] += n
		case state < 4:
			if state > 0 || runs[0] > 0 {
				state++
				runs[state] = n
			}
		case tries < maxTries && detector.FinderPatternFinder_foundPatternCross(runs[:]) && f.HandlePossibleCenter(runs[:], y, x):
			tries++
			runs, state = [5]int{}, 0
		default:
			runs = [5]int{runs[2], runs[3], runs[4], n, 0}
			state = 3
		}
		x = next
	}
}

// triple is three centers and how far they are from the corners of a square.
type triple struct {
	i, j, k int
	off     float64
}

// rank returns the triples that could be one code, best first.
func rank(c []*detector.FinderPattern) []triple {
	var out []triple
	for i := range c {
		for j := i + 1; j < len(c); j++ {
			for k := j + 1; k < len(c); k++ {
				if off, ok := distortion(c[i], c[j], c[k]); ok {
					out = append(out, triple{i, j, k, off})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b triple) int {
		switch {
		case a.off < b.off:
			return -1
		case a.off > b.off:
			return 1
		}
		return (a.i-b.i)*4096 + (a.j-b.j)*64 + a.k - b.k
	})
	return out
}

// distortion is 0 for three corners of a square with marks of one size. Codes
// are seen askew, so a good deal is allowed.
func distortion(a, b, c *detector.FinderPattern) (float64, bool) {
	small := min(a.GetEstimatedModuleSize(), b.GetEstimatedModuleSize(), c.GetEstimatedModuleSize())
	large := max(a.GetEstimatedModuleSize(), b.GetEstimatedModuleSize(), c.GetEstimatedModuleSize())
	if small <= 0 || large > 1.4*small {
		return 0, false
	}
	sides := []float64{square(a, b), square(b, c), square(a, c)}
	slices.Sort(sides)
	if sides[0] <= 0 {
		return 0, false
	}
	modules := math.Sqrt(sides[0]) / large
	if modules < 8 || modules > 180 {
		return 0, false
	}
	off := (math.Abs(sides[2]-2*sides[1]) + math.Abs(sides[2]-2*sides[0])) / sides[2]
	return off + (large-small)/small, off < 0.8
}

func square(a, b *detector.FinderPattern) float64 {
	x, y := a.GetX()-b.GetX(), a.GetY()-b.GetY()
	return x*x + y*y
}
