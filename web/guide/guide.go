// Package guide reads the sheet of styles for the styleguide: its tokens, the
// contrast of each pair of colours that pages use, and a sample of each. It is not
// for the page itself (web) and knows no texts.
//
//	d, css, err := guide.Read(sheet)
package guide

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Token is a named value of the sheet of styles.
type Token struct{ Name, Value string }

// sheet is what the styleguide reads of style.css: the tokens of each scheme and
// those of both.
type sheet struct {
	Light, Dark, Both []Token
	// rest is the sheet without its tokens.
	rest string
}

var (
	rootBlock  = regexp.MustCompile(`(?s):root \{(.*?)\}`)
	tokenInCSS = regexp.MustCompile(`--([a-z0-9-]+): ([^;]+);`)
)

// readSheet reads the tokens: three blocks of :root stand at the beginning of
// the sheet, for light, for dark, and for both.
func readSheet(raw []byte) (sheet, error) {
	blocks := rootBlock.FindAllSubmatchIndex(raw, -1)
	if len(blocks) != 3 {
		return sheet{}, fmt.Errorf("guide: style.css has %d blocks of tokens: want light, dark, and both", len(blocks))
	}
	var of [3][]Token
	for i, b := range blocks {
		for _, m := range tokenInCSS.FindAllSubmatch(raw[b[2]:b[3]], -1) {
			of[i] = append(of[i], Token{string(m[1]), string(m[2])})
		}
	}
	return sheet{of[0], of[1], of[2], string(raw[blocks[2][1]:])}, nil
}

// Pair is two colours that are seen one on the other, and the contrast that they
// must have: 4.5 for text, 3 for edges and the focus ring (WCAG 2.2, 1.4.3, 1.4.11).
type Pair struct {
	On, Ground string
	Needs      float64
}

// pairs are all pairs of colours that the pages use.
func pairs() []Pair {
	var out []Pair
	for _, ground := range []string{"ground", "card"} {
		for _, text := range []string{"ink", "soft", "link", "accent", "bad", "warn", "good"} {
			out = append(out, Pair{text, ground, 4.5})
		}
		out = append(out, Pair{"edge", ground, 3}, Pair{"focus", ground, 3})
	}
	for _, kind := range []string{"bad", "warn", "good", "alarm", "open"} {
		out = append(out, Pair{kind, kind + "-ground", 4.5}, Pair{"focus", kind + "-ground", 3})
	}
	return append(out, Pair{"on-accent", "accent", 4.5}, Pair{"on-urgent", "urgent", 4.5})
}

// contrast is the ratio of two colours #rrggbb (WCAG 2.2, relative luminance).
func contrast(a, b string) (float64, error) {
	x, err := luminance(a)
	if err != nil {
		return 0, err
	}
	y, err := luminance(b)
	if err != nil {
		return 0, err
	}
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05), nil
}

func luminance(colour string) (float64, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		return 0, fmt.Errorf("guide: %q is no colour #rrggbb", colour)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0), nil
}

func valueOf(tokens []Token, name string) string {
	for _, t := range tokens {
		if t.Name == name {
			return t.Value
		}
	}
	return ""
}

// guideCSS makes both schemes choosable by class, and a sample of each token: the
// content policy allows no style in a page.
func guideCSS(s sheet) string {
	var b strings.Builder
	for _, scheme := range []struct {
		name   string
		tokens []Token
	}{{"light", s.Light}, {"dark", s.Dark}} {
		fmt.Fprintf(&b, ".scheme-%s { color-scheme: %s; color: var(--ink); background: var(--ground);", scheme.name, scheme.name)
		for _, t := range scheme.tokens {
			fmt.Fprintf(&b, " --%s: %s;", t.Name, t.Value)
		}
		b.WriteString(" }\n")
	}
	for _, t := range s.Light {
		fmt.Fprintf(&b, ".sample-%s { background: var(--%s); }\n", t.Name, t.Name)
	}
	for _, t := range s.Both {
		what := map[string]string{"space": "width", "text": "font-size", "round": "border-radius", "shadow": "box-shadow"}[strings.SplitN(t.Name, "-", 2)[0]]
		if what != "" {
			fmt.Fprintf(&b, ".sample-%s { %s: var(--%s); }\n", t.Name, what, t.Name)
		}
	}
	return b.String()
}

// Measured is a pair with its contrast in a scheme.
type Measured struct {
	Pair
	Ratio string
	Holds bool
}

// Scheme is the styleguide in one scheme.
type Scheme struct {
	Name     string
	Colours  []Token
	Pairs    []Measured
	Verdicts []string
}

// Data is the whole styleguide.
type Data struct {
	Schemes []Scheme
	Both    []Token
}

// Of are the tokens of both schemes whose name begins so.
func (d Data) Of(kind string) (out []Token) {
	for _, t := range d.Both {
		if strings.HasPrefix(t.Name, kind) {
			out = append(out, t)
		}
	}
	return out
}

// Read measures the sheet; css are the styles that the styleguide's own page needs.
func Read(raw []byte) (d Data, css string, err error) {
	s, err := readSheet(raw)
	if err != nil {
		return d, "", err
	}
	d.Both = s.Both
	for _, scheme := range []Scheme{{Name: "light", Colours: s.Light}, {Name: "dark", Colours: s.Dark}} {
		scheme.Verdicts = []string{"scam", "suspicious", "genuine", "genuine_alarm", "unknown"}
		for _, p := range pairs() {
			ratio, err := contrast(valueOf(scheme.Colours, p.On), valueOf(scheme.Colours, p.Ground))
			if err != nil {
				return d, "", err
			}
			scheme.Pairs = append(scheme.Pairs, Measured{p, fmt.Sprintf("%.1f", ratio), ratio >= p.Needs})
		}
		d.Schemes = append(d.Schemes, scheme)
	}
	return d, guideCSS(s), nil
}
