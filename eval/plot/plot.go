// Package plot draws the pictures of docs/evaluation.md as small SVG files:
// reliability diagrams, which show how far probabilities are from what came
// true. They follow the reader's light or dark setting and say in title and
// description what they show.
//
// It computes nothing but pixels, fetches nothing and holds no text of a
// contact.
//
//	svg := plot.Reliability("Mail", calibration)
package plot

import (
	"bytes"
	"fmt"
	"html"
	"math"

	"bonafide/eval/score"
)

// The plane of a diagram in pixels: a square with margins for labels.
const (
	side   = 260
	left   = 56
	top    = 30
	bottom = 44
	right  = 14
	width  = left + side + right
	height = top + side + bottom
)

const style = `<style>
text{font:12px system-ui,sans-serif;fill:#1a1a1a}
.paper{fill:#fff}.grid{stroke:#d5d5d5;fill:none}.ideal{stroke:#666;stroke-dasharray:4 4;fill:none}
.dot{fill:#0b5cad}.bar{stroke:#0b5cad;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#eee}.paper{fill:#161a1f}.grid{stroke:#3c434b}.ideal{stroke:#aaa}.dot{fill:#7db8ff}.bar{stroke:#7db8ff}}
</style>
`

// Reliability draws the bins of a calibration: for each, the share that truly
// was fraud, with its 95 % interval, over the mean probability that was said.
// Dots grow with the number of contacts. On the dashed line both are the same.
func Reliability(what string, c score.Calibration) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title id=\"t\">%s: how often fraud came true at each probability</title>\n", html.EscapeString(what))
	fmt.Fprintf(&b, "<desc id=\"d\">Expected calibration error %.3f (%.3f to %.3f) over %d contacts. Said and true share by bin: %s.</desc>\n", c.Error, c.Low, c.High, c.Count, words(c))
	b.WriteString(style)
	fmt.Fprintf(&b, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", width, height)
	for i := 0; i <= 4; i++ {
		share := float64(i) / 4
		fmt.Fprintf(&b, "<path class=\"grid\" d=\"M%s %sH%d M%s %sV%d\"/>\n", num(x(0)), num(y(share)), left+side, num(x(share)), num(y(0)), top)
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%.2g</text><text x=\"%s\" y=\"%d\" text-anchor=\"middle\">%.2g</text>\n",
			left-6, num(y(share)+4), share, num(x(share)), top+side+16, share)
	}
	fmt.Fprintf(&b, "<path class=\"ideal\" d=\"M%s %sL%s %s\"/>\n", num(x(0)), num(y(0)), num(x(1)), num(y(1)))
	for _, bin := range c.Bins {
		if bin.Count == 0 {
			continue
		}
		s := score.NewShare(int(math.Round(bin.Was*float64(bin.Count))), bin.Count)
		radius := 2.5 + 6*math.Sqrt(float64(bin.Count)/float64(max(c.Count, 1)))
		fmt.Fprintf(&b, "<path class=\"bar\" d=\"M%s %sV%s\"/><circle class=\"dot\" cx=\"%s\" cy=\"%s\" r=\"%s\"/>\n",
			num(x(bin.Said)), num(y(s.Low)), num(y(s.High)), num(x(bin.Said)), num(y(bin.Was)), num(radius))
	}
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"18\" font-weight=\"600\">%s</text>\n", left, html.EscapeString(what))
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">probability said</text>\n", left+side/2, height-8)
	fmt.Fprintf(&b, "<text transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">share that was fraud</text>\n</svg>\n", top+side/2)
	return b.Bytes()
}

// words tells the bins to who cannot see the picture.
func words(c score.Calibration) string {
	var b bytes.Buffer
	for _, bin := range c.Bins {
		if bin.Count == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%.2f said, %.2f true (%d)", bin.Said, bin.Was, bin.Count)
	}
	return b.String()
}

func x(share float64) float64 { return left + side*share }

func y(share float64) float64 { return top + side*(1-share) }

func num(f float64) string { return fmt.Sprintf("%.1f", f) }
