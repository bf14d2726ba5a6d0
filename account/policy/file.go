package policy

import (
	"bytes"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/fault"
)

// MaxFile is the largest policy in bytes.
const MaxFile = 1 << 20

type file struct {
	Policy     string                      `yaml:"policy"`
	Version    int                         `yaml:"version"`
	Source     string                      `yaml:"source"`
	Date       string                      `yaml:"date"`
	About      string                      `yaml:"about"`
	Lateness   string                      `yaml:"lateness"`
	Thresholds map[string]int64            `yaml:"thresholds"`
	Decides    []string                    `yaml:"decides"`
	Amounts    map[string]map[string]int64 `yaml:"amounts"`
	Lists      []listFile                  `yaml:"lists"`
	Declare    []declFile                  `yaml:"declare"`
	Score      *scoreFile                  `yaml:"score"`
	Steps      []stepFile                  `yaml:"steps"`
	Rules      []ruleFile                  `yaml:"rules"`
	Tables     []tableFile                 `yaml:"tables"`
	Answers    map[string]answerFile       `yaml:"answers"`
	Cases      []Case                      `yaml:"cases"`
}

type listFile struct {
	Name    source `yaml:"name"`
	Of      source `yaml:"of"`
	Entries []struct {
		Value string    `yaml:"value"`
		Until time.Time `yaml:"until"`
		Note  string    `yaml:"note"`
	} `yaml:"entries"`
}

// declFile is a window or a fact; they stand in one list because each may use
// those before it.
type declFile struct {
	Window  source  `yaml:"window"`
	Fact    source  `yaml:"fact"`
	Is      source  `yaml:"is"`
	Key     words   `yaml:"key"`
	On      words   `yaml:"on"`
	Where   source  `yaml:"where"`
	Value   source  `yaml:"value"`
	Steps   sources `yaml:"steps"`
	Measure string  `yaml:"measure"`
	Span    string  `yaml:"span"`
	Base    string  `yaml:"base"`
	Gap     string  `yaml:"gap"`
	Q       float64 `yaml:"q"`
	Prior   bool    `yaml:"prior"`
	Default source  `yaml:"default"`
	Entries int     `yaml:"max_entries"`
	Keys    int     `yaml:"max_keys"`
}

type stepFile struct {
	ID    source `yaml:"id"`
	Lasts string `yaml:"lasts"`
	Key   words  `yaml:"key"`
	Title Text   `yaml:"title"`
}

type ruleFile struct {
	ID       source     `yaml:"id"`
	On       words      `yaml:"on"`
	When     source     `yaml:"when"`
	Score    int64      `yaml:"score"`
	Step     string     `yaml:"step"`
	Action   string     `yaml:"action"`
	Shop     []shopFile `yaml:"shop"`
	Reason   Text       `yaml:"reason"`
	Support  Text       `yaml:"support"`
	Customer Text       `yaml:"customer"`

	// table and row are of a row of a decision table, from 1.
	table, row int
}

type shopFile struct {
	Do  string `yaml:"do"`
	For string `yaml:"for"`
}

type answerFile struct {
	Support  Text `yaml:"support"`
	Customer Text `yaml:"customer"`
}

// source is a text with its place in the file.
type source struct {
	text      string
	line, col int
	indent    int // of a block's lines, -1 where columns are lost
}

// UnmarshalYAML keeps the place.
func (s *source) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a text was expected", n.Line)
	}
	*s = source{text: n.Value, line: n.Line, col: n.Column}
	switch n.Style {
	case yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle:
		s.col++
	case yaml.LiteralStyle:
		s.line++
		s.indent = 1
	case yaml.FoldedStyle:
		s.indent = -1
	}
	return nil
}

// words is one text or a list of them.
type words []source

// UnmarshalYAML takes one for a list of one.
func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		var s source
		err := s.UnmarshalYAML(n)
		*w = words{s}
		return err
	}
	return n.Decode((*[]source)(w))
}

type sources = words

func (w words) texts() []string {
	var out []string
	for _, s := range w {
		out = append(out, s.text)
	}
	return out
}

func readFile(raw []byte) (*file, error) {
	if len(raw) > MaxFile {
		return nil, fault.New(fault.TooLarge, "", "a policy of %d bytes is too large: at most %d", len(raw), MaxFile)
	}
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fault.New(fault.Invalid, "", "read a policy: %s", err.Error())
	}
	return &f, nil
}

// wrong makes the error of a place: "line 12, column 9: …".
func (s source) wrong(format string, args ...any) error {
	return fault.New(fault.Invalid, fmt.Sprintf("line %d, column %d", max(s.line, 1), max(s.col, 1)), format, args...)
}

// at is the place in the file of a place in the text.
func (s source) at(line, column int) (int, int) {
	switch {
	case s.indent < 0:
		return s.line, s.col
	case s.indent > 0:
		return s.line + line - 1, s.indent + column
	case line > 1:
		return s.line + line - 1, column + 1
	}
	return s.line, s.col + column
}

// span reads a length of time: Go's, and days as in 30d.
func spanOf(s string) (time.Duration, error) {
	var days int
	if n, err := fmt.Sscanf(s, "%dd", &days); n == 1 && err == nil && fmt.Sprintf("%dd", days) == s {
		return time.Duration(days) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no length of time: write 10m, 24h or 30d", s)
	}
	return d, nil
}
