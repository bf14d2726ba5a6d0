package train

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"bonafide/contact"
	"bonafide/contact/mail"
	"bonafide/contact/text"
	"bonafide/eval/corpus"
)

// neutralSets are the sets whose legitimate contacts a shipped model may learn
// from (their licences: data/models/README.md), by the language they are in.
var neutralSets = map[string][]string{
	"en": {"mail-enron", "mail-spamassassin_ham", "sms-uci", "sms-mendeley_minus_uci", "sms-modesim", "calls-bothbosu_single", "calls-bothbosu_multi"},
	"de": {"sms-uci_de"},
}

const (
	// mostNeutral is how many neutral lines of a set are learned from, and
	// perContact how many of one contact.
	mostNeutral, perContact = 2000, 3
	// shortLine and longLine bound neutral lines, in bytes.
	shortLine, longLine = 12, 240
)

// neutral returns lines about nothing: sentences of legitimate contacts of the
// train parts. Which are taken depends only on their text.
func (t *trainer) neutral(library *corpus.Library) ([]Line, error) {
	var out []Line
	for _, name := range neutralSets[t.lang] {
		i := slices.IndexFunc(library.Sets, func(s corpus.Set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("train: the set %s is not there; give the folder of the corpora with --data", name)
		}
		var picked []Line
		for c, err := range library.Contacts(library.Sets[i], corpus.Query{Part: corpus.Train}) {
			if err != nil {
				return nil, err
			}
			if c.Label == corpus.Legitimate {
				picked = append(picked, t.sentences(c, name)...)
			}
		}
		out = append(out, pick(picked, mostNeutral)...)
	}
	return out, nil
}

// sentences returns a few sentences of one contact.
func (t *trainer) sentences(c *corpus.Contact, author string) []Line {
	parts := []contact.Part{{Name: "body", Text: c.Text}}
	if len(c.Raw) > 0 {
		m, err := mail.Read(c.Raw, mail.Options{})
		if err != nil {
			return nil
		}
		parts = m.Parts
	}
	var all []Line
	for _, p := range parts {
		if p.Kind == contact.Hidden || p.Kind == contact.Quoted {
			continue
		}
		all = append(all, t.split(p, author)...)
	}
	return pick(all, perContact)
}

func (t *trainer) split(p contact.Part, author string) []Line {
	r := text.Read(p, t.fold)
	var out []Line
	for _, s := range r.Sentences {
		if n := s.End - s.Start; n >= shortLine && n <= longLine {
			out = append(out, Line{Text: r.Folded[s.Start:s.End], Author: author})
		}
	}
	return out
}

// pick returns at most n of the lines, those whose text has the lowest hash.
func pick(lines []Line, n int) []Line {
	rank := func(l Line) uint64 {
		h := fnv.New64a()
		h.Write([]byte(l.Text))
		return h.Sum64()
	}
	sort.SliceStable(lines, func(i, j int) bool { return rank(lines[i]) < rank(lines[j]) })
	lines = slices.CompactFunc(lines, func(a, b Line) bool { return a.Text == b.Text })
	return lines[:min(n, len(lines))]
}

// honest reads our own legitimate messages, legit/<lang>*.txt: each stands
// behind a line of two percent signs.
func (t *trainer) honest(texts fs.FS) ([]Line, error) {
	names, err := fs.Glob(texts, "legit/"+t.lang+"*.txt")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []Line
	for _, name := range names {
		raw, err := fs.ReadFile(texts, name)
		if err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		for _, msg := range strings.Split(string(raw), "\n%%") {
			msg = strings.TrimSpace(strings.TrimPrefix(msg, "%%"))
			if strings.HasPrefix(msg, "[") {
				_, msg, _ = strings.Cut(msg, "\n")
			}
			for _, l := range strings.Split(msg, "\n") {
				l = strings.TrimSpace(strings.TrimPrefix(l, "Subject:"))
				if l != "" {
					out = append(out, t.split(contact.Part{Name: "body", Text: l}, "legit")...)
				}
			}
		}
	}
	return out, nil
}
