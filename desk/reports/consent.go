package reports

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"bonafide/casework/retention"
)

// Kind is what reports are called in data/retention and in holds.
const Kind = "report"

// Consent is what a person agrees to, in their language.
type Consent struct {
	// Version is kept with each report.
	Version string `json:"version" doc:"Version of the text; give it back with the report."`
	Days    int    `json:"days" doc:"After so many days the report is erased."`
	Agree   string `json:"agree" doc:"The sentence to agree to."`
	// Points say what is kept, what for, how long, and what one may ask.
	Points []string `json:"points" doc:"What is kept, what for, how long, and what one may ask for."`
}

type consentFile struct {
	Version string                       `yaml:"version"`
	AsOf    string                       `yaml:"as_of"`
	Source  string                       `yaml:"source"`
	Texts   map[string]map[string]string `yaml:"texts"`
}

// points are the parts of a consent text in the order in which they are shown.
func points() []string { return []string{"kept", "purpose", "period", "rights", "advice"} }

// consent is the text and the time that reports are kept.
type consent struct {
	file consentFile
	days int
}

func loadConsent(fsys fs.FS) (consent, error) {
	var c consent
	raw, err := fs.ReadFile(fsys, "consent/report.yaml")
	if err == nil {
		err = yaml.Unmarshal(raw, &c.file)
	}
	if err != nil {
		return c, fmt.Errorf("reports: read consent/report.yaml: %w", err)
	}
	kept, err := retention.Load(fsys)
	if err != nil {
		return c, fmt.Errorf("reports: %w", err)
	}
	if c.file.Version == "" || len(c.file.Version) > 64 || c.file.Source == "" || c.file.AsOf == "" {
		return c, fmt.Errorf("reports: consent/report.yaml needs version, source and date")
	}
	for _, lang := range []string{"en", "de", "ja"} {
		for _, key := range append(points(), "agree") {
			if c.file.Texts[lang][key] == "" {
				return c, fmt.Errorf("reports: consent/report.yaml: %s has no text for %s", lang, key)
			}
		}
	}
	c.days = kept.Kind(Kind).Days
	return c, nil
}

// in is the consent text in a language, else in English.
func (c consent) in(lang, tenant string) Consent {
	texts, ok := c.file.Texts[lang]
	if !ok {
		texts = c.file.Texts["en"]
	}
	fill := strings.NewReplacer("{days}", strconv.Itoa(c.days), "{tenant}", tenant)
	out := Consent{Version: c.file.Version, Days: c.days, Agree: fill.Replace(texts["agree"])}
	for _, key := range points() {
		out.Points = append(out.Points, fill.Replace(texts[key]))
	}
	return out
}
