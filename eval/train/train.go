// Package train makes the learned files that ship: the models of the red flags.
// It learns from texts that we wrote ourselves (training/) and, where their
// licence allows it, from the train parts of labelled data; it reads no report
// of any user, so that nobody can teach it from outside.
//
// The same files give the same bytes. What is learned is tested on authors that
// were left out, never on the lines it was learned from.
//
//	m, err := train.Flags(train.Sources{os.DirFS("training"), data.FS, library}, "en")
//	err = m.Write(file)
package train

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"testing/fstest"

	"bonafide/contact"
	"bonafide/contact/redflag"
	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/eval/corpus"
	"bonafide/evidence"
)

// bounds are the thresholds of the models that ship: of a composition that
// holds, of what a line is about, and of a line without composition. They were
// chosen per language on authors left out (data/models/README.md), never on the
// closed wordings of contact/redflag.
var bounds = map[string]textmodel.Bounds{
	"en": {Keep: 0.25, KeepTheme: -1, Topic: -0.5, Stance: 1.25},
	"de": {Keep: 0.25, KeepTheme: -1, Topic: -0.5, Stance: 1.5},
	"ja": {Keep: 0.7, KeepTheme: -0.25, Topic: -0.5, Stance: 2.5},
}

// trainer reads lines as the red flags do.
type trainer struct {
	data fs.FS
	lang string
	cat  *redflag.Catalogue
	fold *text.Folding
	// others are lines about nothing: sentences of legitimate messages.
	others []Line
}

// Sources are what is learned from: our own texts (redflags/, legit/), the
// shipped knowledge, and labelled data for what honest messages say.
type Sources struct {
	Texts, Data fs.FS
	Corpora     *corpus.Library
	// Except are sets that are not learned from, to measure how well a model
	// does on a set it has not seen.
	Except []string
	// Also are further sets to learn from, and how much a contact counts. It is
	// for comparison: most sets that are not learned from forbid it by licence.
	Also map[string]float64
}

func newTrainer(src Sources, lang string) (*trainer, error) {
	cat, err := redflag.Load(src.Data)
	if err != nil {
		return nil, err
	}
	fold, err := text.LoadFolding(src.Data)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(cat.Languages(), lang) {
		return nil, fmt.Errorf("train: there are no red flags in language %q", lang)
	}
	t := &trainer{data: src.Data, lang: lang, cat: cat, fold: fold}
	if t.others, err = t.honest(src.Texts); err != nil {
		return nil, err
	}
	more, err := t.neutral(src.Corpora)
	t.others = append(t.others, more...)
	return t, err
}

// Flags trains the model of the red flags of a language.
func Flags(src Sources, lang string) (*textmodel.Model, error) {
	t, err := newTrainer(src, lang)
	if err != nil {
		return nil, err
	}
	lines, err := Lines(src, lang)
	if err != nil {
		return nil, err
	}
	return t.fit(lines)
}

func (t *trainer) fit(lines []Line) (*textmodel.Model, error) {
	known := t.cat.Flags(t.lang)
	lines = append(slices.Clone(lines), t.others...)
	out := make([]textmodel.Line, 0, len(lines))
	for _, l := range lines {
		if l.Flag != "" && !slices.Contains(known, evidence.Code(l.Flag)) {
			return nil, fmt.Errorf("train: %q: no flag %q in language %q", l.Text, l.Flag, t.lang)
		}
		s := t.cat.Sample(t.read(l.Text), t.lang)
		e := textmodel.Line{Words: s.Words, Concepts: s.Concepts, Flag: l.Flag, Does: l.Does, Also: l.Also}
		for _, r := range s.Raised {
			if string(r) != l.Flag {
				e.Also = append(e.Also, string(r))
			}
		}
		out = append(out, e)
	}
	return textmodel.Fit(out, textmodel.Settings{Lang: t.lang, Script: t.lang == "ja", Bounds: bounds[t.lang]})
}

func (t *trainer) read(s string) *text.Reading {
	return text.Read(contact.Part{Name: "body", Text: s}, t.fold)
}

// Rates are how often lines raised their flag.
type Rates struct {
	Hits, Positives, Alarms, Negatives int
	// Others counts flags raised that the line was not written for, and that no
	// composition raised.
	Others int
}

// measure checks lines with a model in place of the shipped one.
func (t *trainer) measure(lines []Line, m *textmodel.Model) (Rates, error) {
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		return Rates{}, err
	}
	cat, err := redflag.Load(over{t.data, redflag.ModelFile(t.lang), b.Bytes()})
	if err != nil {
		return Rates{}, err
	}
	var r Rates
	for _, l := range lines {
		found := cat.Find([]*text.Reading{t.read(l.Text)}, contact.Unknown)
		raised := slices.ContainsFunc(found, func(f evidence.Finding) bool { return string(f.Code) == l.Flag })
		for _, f := range found {
			if string(f.Code) != l.Flag && !slices.Contains(l.Also, string(f.Code)) && f.Source == "textmodel/"+t.lang {
				r.Others++
			}
		}
		switch {
		case l.Does:
			r.Positives++
			r.Hits += one(raised)
		case !slices.Contains(l.Also, l.Flag):
			r.Negatives++
			r.Alarms += one(raised)
		}
	}
	return r, nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// over lays one file over a file system.
type over struct {
	below   fs.FS
	name    string
	content []byte
}

func (o over) Open(name string) (fs.File, error) {
	if name == o.name {
		return fstest.MapFS{name: {Data: o.content}}.Open(name)
	}
	return o.below.Open(name)
}

// LeftOut is what a model learned of all other authors does on the lines of
// one.
type LeftOut struct {
	Lang, Author string
	Bounds       textmodel.Bounds
	Rates        Rates
}

// LeaveOut trains without each author in turn and measures on their lines, with
// each of the bounds.
func LeaveOut(src Sources, lang string, all []textmodel.Bounds) ([]LeftOut, error) {
	t, err := newTrainer(src, lang)
	if err != nil {
		return nil, err
	}
	lines, err := Lines(src, lang)
	if err != nil {
		return nil, err
	}
	var authors []string
	for _, l := range lines {
		if l.Author != fitted && !slices.Contains(authors, l.Author) {
			authors = append(authors, l.Author)
		}
	}
	var out []LeftOut
	for _, a := range authors {
		var in, of []Line
		for _, l := range lines {
			if l.Author == a {
				of = append(of, l)
			} else {
				in = append(in, l)
			}
		}
		m, err := t.fit(in)
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			m.Bounds = b
			r, err := t.measure(of, m)
			if err != nil {
				return nil, err
			}
			out = append(out, LeftOut{lang, a, b, r})
		}
	}
	return out, nil
}
