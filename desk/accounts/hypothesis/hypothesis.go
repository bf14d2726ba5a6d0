// Package hypothesis has what is suspected of takeovers and not known, from
// data/account/hypotheses.yaml, each with its status, day and source. It is shown
// beside the events that it is about; it decides nothing.
//
//	list, err := hypothesis.Load(data.FS)
//	shown := list.About(events, "ja")
package hypothesis

import (
	"fmt"
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"

	"bonafide/account/event"
)

// Hypothesis is something that is suspected and not known. It decides nothing: it
// is shown beside what fits, with its status.
type Hypothesis struct {
	ID     string `json:"id"`
	Status string `json:"status" enum:"unconfirmed,confirmed,refuted" doc:"How far it is known; unconfirmed: a rumour."`
	Text   string `json:"text"`
	AsOf   string `json:"as_of" doc:"Day of the status."`
	Source string `json:"source"`
}

// entry is one entry of data/account/hypotheses.yaml.
type entry struct {
	ID     string `yaml:"id"`
	Status string `yaml:"status"`
	About  struct {
		Channel string `yaml:"channel"`
	} `yaml:"about"`
	AsOf   string            `yaml:"as_of"`
	Source string            `yaml:"source"`
	Text   map[string]string `yaml:"text"`
}

// List is what is suspected.
type List []entry

// Load reads what is suspected; each needs status, day, source and texts.
func Load(data fs.FS) (List, error) {
	const name = "account/hypotheses.yaml"
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return nil, fmt.Errorf("hypothesis: read %s: %w", name, err)
	}
	var file struct {
		AsOf   string `yaml:"as_of"`
		Source string `yaml:"source"`
		Known  List   `yaml:"hypotheses"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("hypothesis: read %s: %w", name, err)
	}
	for _, h := range file.Known {
		channel := event.FieldAt("order.channel")
		if h.ID == "" || h.AsOf == "" || h.Source == "" || !slices.Contains([]string{"unconfirmed", "confirmed", "refuted"}, h.Status) || !slices.Contains(channel.Enum, h.About.Channel) {
			return nil, fmt.Errorf("hypothesis: %s: %q wants a day, a source, a channel of orders, and a status of unconfirmed, confirmed or refuted", name, h.ID)
		}
		for _, lang := range []string{"en", "de", "ja"} {
			if h.Text[lang] == "" {
				return nil, fmt.Errorf("hypothesis: %s: %q has no text in %s", name, h.ID, lang)
			}
		}
	}
	return file.Known, nil
}

// About are the hypotheses that concern any of the events, in a language.
func (l List) About(events []event.Event, lang string) []Hypothesis {
	out := []Hypothesis{}
	for _, h := range l {
		if !slices.ContainsFunc(events, func(e event.Event) bool { return e.Type == event.OrderPlaced && e.Order.Channel == h.About.Channel }) {
			continue
		}
		text := h.Text[lang]
		if text == "" {
			text = h.Text["en"]
		}
		out = append(out, Hypothesis{ID: h.ID, Status: h.Status, Text: text, AsOf: h.AsOf, Source: h.Source})
	}
	return out
}
