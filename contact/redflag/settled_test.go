package redflag

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/data"
	"bonafide/evidence"
)

// plainly is Catalogue.read without what spares work: every candidate is judged,
// every sentence is read anew.
func plainly(c *Catalogue, r *text.Reading, ch contact.Channel, found map[evidence.Code]evidence.Finding) {
	for _, lang := range c.order {
		lex := c.languages[lang]
		sc := lex.scanner()
		d := lex.newDocument(r, sc, c.model(lex))
		d.ch = ch
		for i, s := range r.Sentences {
			if !speaks(r, i, lang) {
				d.skip()
				continue
			}
			d.add(s)
			d.alike = nil
		}
		for _, cand := range d.candidates {
			stance := d.blend(cand)
			d.alike = nil
			d.keep(slices.DeleteFunc(slices.Clone(cand.held), func(h heldRule) bool { return stance < lex.leasts[h.rule] }))
			if cand.turned || stance < d.model.Bounds.Stance || d.quietAt(cand.sentence) {
				continue
			}
			for _, f := range cand.about {
				if d.learned[f].End == 0 {
					d.learned[f] = d.spans[cand.sentence]
				}
			}
		}
		if !c.learnedOnly {
			d.findings(found)
		}
		d.learnedFindings(found)
		sc.release()
	}
}

// TestNothingSparedIsFound: sparing candidates that can add nothing and sentences
// of a shape that was read before changes no finding. Texts are made of lines
// that the models were trained on, with numbers among them and again and again.
func TestNothingSparedIsFound(t *testing.T) {
	cat, err := Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := text.LoadFolding(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	files, _ := filepath.Glob("../../training/redflags/*")
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // a folder
		}
		for l := range bytes.Lines(raw) {
			if l := string(bytes.TrimSpace(l)); strings.HasPrefix(l, "+ ") || strings.HasPrefix(l, "- ") {
				lines = append(lines, l[2:])
			}
		}
	}
	if len(lines) < 1000 {
		t.Fatalf("%d lines to make texts of: want a thousand", len(lines))
	}
	some := 0
	for n := range 24 {
		var b strings.Builder
		for i := range 40 {
			at := (n*7919 + i*(1+n%11)*104729) % len(lines)
			if n%3 == 0 && i%2 == 1 {
				at = n // a line that stands in the text again and again
			}
			fmt.Fprintf(&b, "%s Order %d.\n", lines[at], 24+i*n)
		}
		part := contact.Part{Name: "body", Text: b.String()}
		if n%2 == 1 {
			part.Kind = contact.Told
		}
		r := text.Read(part, fold)
		for _, c := range []*Catalogue{cat, cat.LearnedOnly()} {
			ch := []contact.Channel{contact.Mail, contact.Call}[n/2%2]
			got, want := map[evidence.Code]evidence.Finding{}, map[evidence.Code]evidence.Finding{}
			budget := MaxSentences
			c.read(r, ch, &budget, got, nil)
			plainly(c, r, ch, want)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("text %d on %s: %d findings, want %d, or others", n, ch, len(got), len(want))
			}
			some += len(got)
		}
	}
	if some == 0 {
		t.Error("no text had a finding")
	}
}
