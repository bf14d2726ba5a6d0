package contacts

import (
	"bytes"
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/evidence"
)

// sentences are the texts of the answer that do not belong to one piece of
// evidence.
type sentences struct {
	AsOf      string                   `yaml:"as_of"`
	Source    []string                 `yaml:"source"`
	Actions   map[string]evidence.Text `yaml:"actions"`
	Say       map[string]evidence.Text `yaml:"say"`
	Summaries map[string]evidence.Text `yaml:"summaries"`
	Goals     map[string]evidence.Text `yaml:"goals"`
	Unsettled map[string]evidence.Text `yaml:"unsettled"`
	Notes     map[string]evidence.Text `yaml:"notes"`
	Problems  map[string]evidence.Text `yaml:"problems"`
}

const sentencesFile = "verdict/texts.yaml"

// neededSentences are the keys without which an answer would have a hole.
func neededSentences(s *sentences) map[string]map[string]evidence.Text {
	return map[string]map[string]evidence.Text{
		"ongoing scam_call scam_message suspicious_call suspicious_message unknown_call unknown_message genuine_call genuine_message genuine_alarm done": s.Actions,
		"call": s.Say,
		"scam suspicious genuine genuine_alarm unknown unknown_match": s.Summaries,
		"data money access": s.Goals,
		"charset truncated encrypted other orders register":                                                       s.Problems,
		"look_in_orders mail_authentication original_mail who_started message_center ask_the_shop payment_prompt": s.Unsettled,
		"disclaimer accent calls_back season no_orders_given expected_no_proof business more":                     s.Notes,
	}
}

func loadSentences(fsys fs.FS) (*sentences, error) {
	raw, err := fs.ReadFile(fsys, sentencesFile)
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	var s sentences
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("contacts: read %s: %w", sentencesFile, err)
	}
	for keys, texts := range neededSentences(&s) {
		for _, key := range bytes.Fields([]byte(keys)) {
			for _, lang := range Languages() {
				if texts[string(key)][lang] == "" {
					return nil, fmt.Errorf("contacts: %s: %s has no text in %q", sentencesFile, key, lang)
				}
			}
		}
	}
	return &s, nil
}

// Languages lists the languages that answers are written in.
func Languages() []string { return []string{"en", "de", "ja"} }

// problem tells the reader what could not be read.
func (d *Desk) problem(p contact.Problem, lang string) string {
	t, ok := d.texts.Problems[p.Code]
	if !ok {
		t = d.texts.Problems["other"]
	}
	return evidence.Fill(t.In(lang), map[string]string{"code": p.Code})
}
