package text

import (
	"math"
	"unicode/utf8"
)

// trainer counts letters of one language.
type trainer struct {
	base    *[0x180]uint8
	one     [symbols]float64
	two     [symbols][symbols]float64
	three   [symbols][symbols][symbols]float64
	marks   map[rune]float64
	letters float64
}

func (t *trainer) add(s string, weight float64) {
	var a, b uint8
	for _, r := range s {
		c := uint8(0)
		if r < 0x180 {
			c = t.base[r]
		}
		if c != 0 {
			t.letters += weight
			if r >= utf8.RuneSelf {
				t.marks[r] += weight
			}
		}
		if c == 0 && b == 0 {
			continue
		}
		t.one[c] += weight
		t.two[b][c] += weight
		t.three[a][b][c] += weight
		a, b = b, c
	}
}

// fill writes log probabilities with Witten-Bell smoothing.
func (t *trainer) fill(tri [][maxLatin]int16, lang int) {
	total, kinds := sum(&t.one)
	var p1 [symbols]float64
	for c := range p1 {
		p1[c] = (t.one[c] + kinds/27) / (total + kinds)
	}
	for b := range symbols {
		n2, k2 := sum(&t.two[b])
		var p2 [symbols]float64
		for c := range p2 {
			p2[c] = p1[c]
			if n2 > 0 {
				p2[c] = (t.two[b][c] + k2*p1[c]) / (n2 + k2)
			}
		}
		for a := range symbols {
			n3, k3 := sum(&t.three[a][b])
			for c := range symbols {
				p := p2[c]
				if n3 > 0 {
					p = (t.three[a][b][c] + k3*p) / (n3 + k3)
				}
				tri[(a*symbols+b)*symbols+c][lang] = int16(math.Max(math.Log(p), -12) * fineness)
			}
		}
	}
}

func sum(x *[symbols]float64) (total, kinds float64) {
	for _, n := range x {
		total += n
		if n > 0 {
			kinds++
		}
	}
	return total, kinds
}

// fillMarks weighs each accented letter by how often the languages use it.
func (l *languages) fillMarks(counts []map[rune]float64) {
	for _, m := range counts {
		for r := range m {
			for i, n := range counts {
				l.marks[r][i] = int16(math.Log(math.Max(n[r], 0.2)) * fineness)
			}
		}
	}
}
