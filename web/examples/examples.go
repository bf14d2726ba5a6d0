// Package examples reads the contacts that visitors of the demonstration can try
// (data/demo/examples.yaml). It shows nothing and checks nothing.
//
//	byLanguage, err := examples.Load(fsys)
package examples

import (
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v3"
)

// Example is a contact to try.
type Example struct {
	// Lang is the language of the visitors whom it is shown to.
	Lang    string `yaml:"lang"`
	Title   string `yaml:"title"`
	Channel string `yaml:"channel"`
	From    string `yaml:"from"`
	Text    string `yaml:"text"`
	Words   string `yaml:"words"`
}

// Load returns the examples by language, in the order of the file.
func Load(fsys fs.FS) (map[string][]Example, error) {
	raw, err := fs.ReadFile(fsys, "demo/examples.yaml")
	if err != nil {
		return nil, fmt.Errorf("examples: %w", err)
	}
	var f struct {
		AsOf     string    `yaml:"as_of"`
		Source   []string  `yaml:"source"`
		Examples []Example `yaml:"examples"`
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("examples: read demo/examples.yaml: %w", err)
	}
	out := map[string][]Example{}
	for _, e := range f.Examples {
		out[e.Lang] = append(out[e.Lang], e)
	}
	return out, nil
}
