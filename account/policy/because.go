package policy

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Because is one number that moved the learned score, as a person reads it.
type Because struct {
	// Feature is its name in the policy, Text its sentence with the numbers.
	Feature, Text string
	// Value is the number: a length of time in seconds, yes as 1; NaN where it is missing.
	Value float64
	// LogOdds is how far it moved the score; positive speaks for a takeover.
	LogOdds float64
}

// Why returns what moved the learned score of a result, the strongest first, in
// a language; nothing where there was none, or the policy has no model.
func (p *Policy) Why(r *Result, lang string) []Because {
	s := p.score
	if s == nil || s.model == nil || r.Learned == nil || s.model.Check(r.Learned.Row) != nil {
		return nil
	}
	_, all := s.model.Contributions(r.Learned.Row)
	of := s.model.Features()
	out := make([]Because, 0, len(all))
	for _, c := range all {
		f := &s.features[s.row[c.Feature]]
		usual := f.usual
		if usual == nil {
			usual = of[c.Feature].Usual
		}
		text := strings.ReplaceAll(f.reason.In(lang), "{value}", f.show(&c.Value, lang))
		if usual != nil && s.usual != nil {
			text = strings.NewReplacer("{text}", text, "{usual}", f.show(usual, lang)).Replace(s.usual.In(lang))
		}
		out = append(out, Because{Feature: f.name, Text: text, Value: c.Value, LogOdds: c.LogOdds})
	}
	return out
}

// namedAtMost is how many numbers a reason names.
const namedAtMost = 3

// showScore writes the score, or the numbers that spoke most for a takeover.
func (p *Policy) showScore(how string, r *Result, lang string) string {
	if r.Learned == nil {
		return "?"
	}
	if how != "why" {
		sign := "%"
		if lang == "de" {
			sign = " %"
		}
		return strconv.FormatFloat(100*r.Learned.Chance, 'f', 0, 64) + sign
	}
	var out []string
	for _, b := range p.Why(r, lang) {
		if b.LogOdds > 0 && len(out) < namedAtMost {
			out = append(out, b.Text)
		}
	}
	if lang == "ja" {
		return strings.Join(out, "、")
	}
	return strings.Join(out, ", ")
}

// show writes a number of the feature for people.
func (f *feature) show(x *float64, lang string) string {
	switch {
	case x == nil || math.IsNaN(*x):
		return "?"
	case f.is.kind == boolean:
		return yesNo(*x != 0, lang)
	case f.is.kind == length:
		return minutes(time.Duration(*x*1e6)*time.Microsecond, lang)
	case f.is.kind == fraction:
		return strconv.FormatFloat(*x, 'f', 1, 64)
	}
	return strconv.FormatFloat(*x, 'f', -1, 64)
}

// yesNo writes true or false for people.
func yesNo(yes bool, lang string) string {
	words := [2]string{"no", "yes"}
	switch lang {
	case "de":
		words = [2]string{"nein", "ja"}
	case "ja":
		words = [2]string{"いいえ", "はい"}
	}
	if yes {
		return words[1]
	}
	return words[0]
}
