package corpus

import (
	"bytes"
	_ "embed" // the labels checked by hand
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// Checked is what a person found a contact to be who read it: finer than the
// label of its set, and right where that is wrong.
type Checked string

// What a contact that bears Amazon's name was found to be.
const (
	// Impersonation of Amazon: the mail speaks as Amazon or a service under its
	// name, or is sent with its address.
	Impersonation Checked = "impersonation"
	// OtherFraud only uses the name, as a prize or in passing.
	OtherFraud Checked = "other_fraud"
	// Marketing is genuine advertising of others, and no fraud.
	Marketing Checked = "marketing"
	// Genuine is a mail of Amazon's own, and no fraud.
	Genuine Checked = "genuine"
)

//go:embed labels.yaml
var checkedYAML []byte

// checkedLabel is one line of labels.yaml.
type checkedLabel struct {
	Is  Checked `yaml:"is"`
	Why string  `yaml:"why"`
}

// readChecked reads the labels checked by hand, by set and id.
func readChecked(r io.Reader) (map[string]map[string]checkedLabel, error) {
	var file struct {
		AsOf   string                             `yaml:"as_of"`
		Source string                             `yaml:"source"`
		Labels map[string]map[string]checkedLabel `yaml:"labels"`
	}
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("corpus: read labels.yaml: %w", err)
	}
	for set, labels := range file.Labels {
		for id, l := range labels {
			if l.Is != Impersonation && l.Is != OtherFraud && l.Is != Marketing && l.Is != Genuine || l.Why == "" {
				return nil, fmt.Errorf("corpus: labels.yaml: %s %s: want is (%s, %s, %s or %s) and why", set, id, Impersonation, OtherFraud, Marketing, Genuine)
			}
		}
	}
	return file.Labels, nil
}

// shippedChecked reads the embedded labels.
func shippedChecked() (map[string]map[string]checkedLabel, error) {
	return readChecked(bytes.NewReader(checkedYAML))
}
