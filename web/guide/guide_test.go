package guide

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func style(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("../static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestContrast: every pair of colours that pages use has the contrast that WCAG
// AA asks for, in both schemes.
func TestContrast(t *testing.T) {
	d, _, err := Read(style(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Schemes {
		for _, p := range s.Pairs {
			if !p.Holds {
				t.Errorf("%s: %s on %s has a contrast of %s, needs %.1f", s.Name, p.On, p.Ground, p.Ratio, p.Needs)
			}
		}
	}
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#0000ff", "#ffffff", 8.59}} {
		if got, err := contrast(c.a, c.b); err != nil || got < c.want-.01 || got > c.want+.01 {
			t.Errorf("contrast of %s and %s is %.2f, want %.2f (%v)", c.a, c.b, got, c.want, err)
		}
	}
	if _, err := contrast("red", "#ffffff"); err == nil {
		t.Error("a name is taken for a colour")
	}
}

// TestSheetIsMadeOfTokens: colours, sizes of text, corners, shadows and spaces
// stand in the sheet by name only; each name exists in both schemes, and each is
// used.
func TestSheetIsMadeOfTokens(t *testing.T) {
	s, err := readSheet(style(t))
	if err != nil {
		t.Fatal(err)
	}
	rest := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(s.rest, "")
	if found := regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(|:[^;{}]*\b(?:white|black|red|green|blue|gray|grey|yellow|orange|purple|pink)\b`).FindAllString(rest, -1); found != nil {
		t.Errorf("colours that have no name: %q", found)
	}
	for prop, allowed := range map[string]string{
		"font-size":                          `^(?:var\(--text-[a-z]+\)|112\.5%|11pt|inherit)$`,
		"border-radius":                      `^(?:var\(--round(?:-[a-z]+)?\)|0)$`,
		"box-shadow":                         `^(?:var\(--shadow\)|none)$`,
		"(?:margin|padding)(?:-[a-z]+)?|gap": `^(?:-?(?:var\(--space-\d\)|0|auto|2\.3rem|\.\d+em|1px)\s*)+$`,
	} {
		for _, m := range regexp.MustCompile(`[;{ ](`+prop+`): ([^;}]+)`).FindAllStringSubmatch(rest, -1) {
			if !regexp.MustCompile(allowed).MatchString(strings.TrimSpace(m[2])) {
				t.Errorf("%s: %s is no token", m[1], m[2])
			}
		}
	}
	names := func(tokens []Token) (out []string) {
		for _, x := range tokens {
			out = append(out, x.Name)
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(names(s.Light), names(s.Dark)) {
		t.Errorf("light has the colours %v, dark %v", names(s.Light), names(s.Dark))
	}
	all := append(names(s.Light), names(s.Both)...)
	var both strings.Builder
	for _, x := range s.Both {
		both.WriteString(x.Value + " ")
	}
	for _, name := range all {
		if !strings.Contains(rest+both.String(), "var(--"+name+")") {
			t.Errorf("the token %s is used nowhere", name)
		}
	}
	for _, m := range regexp.MustCompile(`var\(--([a-z0-9-]+)\)`).FindAllStringSubmatch(rest+both.String(), -1) {
		if !slices.Contains(all, m[1]) {
			t.Errorf("the token %s is not there", m[1])
		}
	}
}
