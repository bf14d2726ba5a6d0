// Package notices has the texts by which the owner of an account is told of an order
// by another way than the account itself, from data/account/notices.yaml. It is not
// for deciding who is told: the policy does.
//
//	texts, err := notices.Load(data.FS)
//	title := texts["de"]["title"]
package notices

import (
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v3"
)

// Texts are the texts by language and name: title, hidden, placed and other, which
// hold {time}, {order}, {amount} and {placed}.
type Texts map[string]map[string]string

// Load reads the texts; each language needs all of them, and the file day and source.
func Load(data fs.FS) (Texts, error) {
	raw, err := fs.ReadFile(data, "account/notices.yaml")
	if err != nil {
		return nil, fmt.Errorf("accounts: read account/notices.yaml: %w", err)
	}
	var file struct {
		AsOf   string `yaml:"as_of"`
		Source string `yaml:"source"`
		Texts  Texts  `yaml:"texts"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("accounts: read account/notices.yaml: %w", err)
	}
	for _, lang := range []string{"en", "de", "ja"} {
		for _, name := range []string{"title", "hidden", "placed", "other"} {
			if file.Texts[lang][name] == "" || file.AsOf == "" || file.Source == "" {
				return nil, fmt.Errorf("accounts: account/notices.yaml: want source, date, and title, hidden, placed and other in %s", lang)
			}
		}
	}
	return file.Texts, nil
}
