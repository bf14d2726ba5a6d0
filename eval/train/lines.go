package train

import (
	"bufio"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Line is one written example: a line that raises a flag, or a legitimate
// look-alike of one that does.
type Line struct {
	Text string
	Flag string
	Does bool
	// Also lists further flags that the line raises.
	Also []string
	// Author names who wrote it: lines of one author resemble each other, so
	// that none may stand on both sides of a test.
	Author string
}

// fitted is the author of the cases that ship with the red flags: their
// compositions were written with these in view.
const fitted = "cases"

// Lines reads the examples of a language: redflags/<lang>.<author>.txt of our
// texts, and the cases that ship. They come in a fixed order.
func Lines(src Sources, lang string) ([]Line, error) {
	names, err := fs.Glob(src.Texts, "redflags/"+lang+".*.txt")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []Line
	for _, name := range names {
		raw, err := fs.ReadFile(src.Texts, name)
		if err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		author := strings.TrimSuffix(strings.TrimPrefix(path.Base(name), lang+"."), ".txt")
		ls, err := parse(string(raw), author)
		if err != nil {
			return nil, fmt.Errorf("train: %s: %w", name, err)
		}
		out = append(out, ls...)
	}
	cases, err := cases(src.Data, lang)
	return append(out, cases...), err
}

// parse reads the form of training/redflags: "# flag" heads the lines of a
// flag, "+ text" raises it, "- text" must not, and further flags that a line
// raises stand behind two bars.
func parse(raw, author string) ([]Line, error) {
	var out []Line
	flag := ""
	sc := bufio.NewScanner(strings.NewReader(raw))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		s := strings.TrimSpace(sc.Text())
		switch {
		case s == "":
		case strings.HasPrefix(s, "# "):
			flag = strings.TrimSpace(s[2:])
		case flag != "" && (strings.HasPrefix(s, "+ ") || strings.HasPrefix(s, "- ")):
			said, also, _ := strings.Cut(s[2:], "||")
			l := Line{Text: strings.TrimSpace(said), Flag: flag, Does: s[0] == '+', Author: author}
			for _, a := range strings.Split(also, ",") {
				if a = strings.TrimSpace(a); a != "" {
					l.Also = append(l.Also, a)
				}
			}
			out = append(out, l)
		default:
			return nil, fmt.Errorf("line %d: want \"# flag\", \"+ text\" or \"- text\"", n)
		}
	}
	return out, sc.Err()
}

// cases reads the wordings that ship beside the compositions.
func cases(data fs.FS, lang string) ([]Line, error) {
	names, err := fs.Glob(data, "redflags/cases/"+lang+"*.yaml")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []Line
	for _, name := range names {
		if base := path.Base(name); base != lang+".yaml" && !strings.HasPrefix(base, lang+".") {
			continue
		}
		raw, err := fs.ReadFile(data, name)
		if err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		var f struct {
			Flags map[string]struct {
				Hit  []string `yaml:"hit"`
				Miss []string `yaml:"miss"`
			} `yaml:"flags"`
		}
		if err := yaml.Unmarshal(raw, &f); err != nil {
			return nil, fmt.Errorf("train: %s: %w", name, err)
		}
		flags := make([]string, 0, len(f.Flags))
		for flag := range f.Flags {
			flags = append(flags, flag)
		}
		sort.Strings(flags)
		for _, flag := range flags {
			for _, s := range f.Flags[flag].Hit {
				out = append(out, Line{Text: s, Flag: flag, Does: true, Author: fitted})
			}
			for _, s := range f.Flags[flag].Miss {
				out = append(out, Line{Text: s, Flag: flag, Author: fitted})
			}
		}
	}
	return out, nil
}
