package web

import (
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v3"
)

// example is a contact that visitors of the demonstration can try.
type example struct {
	Lang    string `yaml:"lang"`
	Title   string `yaml:"title"`
	Channel string `yaml:"channel"`
	From    string `yaml:"from"`
	Text    string `yaml:"text"`
	Words   string `yaml:"words"`
}

func loadExamples(fsys fs.FS) (map[string][]example, error) {
	raw, err := fs.ReadFile(fsys, "demo/examples.yaml")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	var f struct {
		AsOf     string    `yaml:"as_of"`
		Source   []string  `yaml:"source"`
		Examples []example `yaml:"examples"`
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("web: read demo/examples.yaml: %w", err)
	}
	out := map[string][]example{}
	for _, e := range f.Examples {
		out[e.Lang] = append(out[e.Lang], e)
	}
	return out, nil
}
