package accounts

import (
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v3"
)

// maxDays bounds how long an operator may keep decisions.
const maxDays = 3660

// retention reads for how many days decisions are kept.
func retention(data fs.FS) (int, error) {
	raw, err := fs.ReadFile(data, "retention/records.yaml")
	if err != nil {
		return 0, fmt.Errorf("accounts: read retention/records.yaml: %w", err)
	}
	var file struct {
		AsOf  string `yaml:"as_of"`
		Kinds map[string]struct {
			Days   int    `yaml:"days"`
			Source string `yaml:"source"`
			Status string `yaml:"status"`
		} `yaml:"kinds"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return 0, fmt.Errorf("accounts: read retention/records.yaml: %w", err)
	}
	k := file.Kinds["decision"]
	if file.AsOf == "" || k.Source == "" || k.Days < 1 || k.Days > maxDays {
		return 0, fmt.Errorf("accounts: retention/records.yaml: decision needs days of 1 to %d, and a source and date", maxDays)
	}
	return k.Days, nil
}
