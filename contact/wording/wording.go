// Package wording judges how a whole text reads: like fraud of its channel, or
// like what honest senders write. It lays what a model learned from many texts
// (contact/textmodel) beside the red flags, as bounded evidence with the most
// telling passage marked.
//
// It is not for deciding: no verdict rests on it alone, and it clears nothing. It
// says nothing of texts that are very short or in a language it has not learned.
//
//	book, err := wording.Load(data.FS)
//	findings := book.Findings(wording.Input{Channel: contact.SMS, Readings: readings, })
package wording

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/contact/redflag"
	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/evidence"
)

// The codes of this room.
const (
	LikeFraud  evidence.Code = "reads_like_fraud"
	LikeHonest evidence.Code = "reads_like_honest"
	Undecided  evidence.Code = "reads_undecided"
)

// most is what the table of evidence gives for a code at full strength, in bits;
// maxWords bounds what is read of a text.
const (
	most     = 8.0
	maxWords = 800
)

// BoundsFile is where the bounds stand among the data.
const BoundsFile = "models/wording.yaml"

// Bound is how much a model may say for and against fraud, in bits.
type Bound struct {
	For     float64 `yaml:"for"`
	Against float64 `yaml:"against"`
}

type bounds struct {
	AsOf   string  `yaml:"as_of"`
	Source string  `yaml:"source"`
	Fewest int     `yaml:"fewest"`
	Least  float64 `yaml:"least"`
	// Enough is how many words a text must have to speak against fraud with all
	// that its bound allows: a single line is soon written like honest ones. Flagged is
	// the same for a text in which a red flag stands, where Fewest words say nothing.
	Enough  float64 `yaml:"enough"`
	Flagged float64 `yaml:"flagged"`
	// Sure is from how many bits on a text reads so like fraud that what stands in a
	// warning counts all the same.
	Sure   float64          `yaml:"sure"`
	Bounds map[string]Bound `yaml:"bounds"`
}

// Input is a text. Red flags are no part of it: their models learned from some of
// the same texts, so they look surer there than they are.
type Input struct {
	Channel  contact.Channel
	Readings []*text.Reading
	// Flagged tells that a red flag stands in the text. It is no evidence here, but a
	// short text with one is not cleared by how it reads.
	Flagged bool
}

// Book holds the models, one per kind of channel. It does not change after Load
// and may be used by many goroutines.
type Book struct {
	models map[string]*channelModel
	bounds bounds
}

type channelModel struct {
	m    *textmodel.Whole
	idle sync.Pool // of *textmodel.WholeScorer
}

// Kinds are the kinds of channel that have a model.
func Kinds() []string { return []string{"mail", "sms", "call"} }

// ModelFile is where the model of a kind of channel lies among the data.
func ModelFile(kind string) string { return "models/wording." + kind + ".bin" }

// Kind is the kind of channel whose model reads a contact.
func Kind(ch contact.Channel) string {
	switch ch {
	case contact.Call, contact.Voicemail:
		return "call"
	case contact.SMS, contact.Chat:
		return "sms"
	}
	return "mail"
}

// Load reads the models. One that is missing leaves its channels without.
func Load(fsys fs.FS) (*Book, error) {
	b := &Book{models: map[string]*channelModel{}}
	if err := b.bounds.read(fsys); err != nil {
		return nil, fmt.Errorf("wording: %s: %w", BoundsFile, err)
	}
	for _, kind := range Kinds() {
		f, err := fsys.Open(ModelFile(kind))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("wording: %w", err)
		}
		m, err := textmodel.ReadWhole(f)
		_ = f.Close()
		if err != nil {
			return nil, fmt.Errorf("wording: %s: %w", ModelFile(kind), err)
		}
		if m.Channel != kind {
			return nil, fmt.Errorf("wording: %s: is of %q", ModelFile(kind), m.Channel)
		}
		b.use(m)
	}
	return b, nil
}

func (b *bounds) read(fsys fs.FS) error {
	raw, err := fs.ReadFile(fsys, BoundsFile)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(b); err != nil {
		return err
	}
	if !(0 < b.Sure && b.Sure <= most) {
		return fmt.Errorf("sure %g: want more than 0 and at most %g", b.Sure, most)
	}
	if b.Fewest < 1 || !(b.Enough >= 1) || !(b.Flagged > float64(b.Fewest)) {
		return fmt.Errorf("fewest %d, enough %g and flagged %g: want 1 or more, and flagged more than fewest", b.Fewest, b.Enough, b.Flagged)
	}
	for _, kind := range Kinds() {
		if x, ok := b.Bounds[kind]; !ok || !(0 <= x.For && x.For <= most && 0 <= x.Against && x.Against <= most) {
			return fmt.Errorf("bounds of %s: want for and against, each 0 to %g", kind, most)
		}
	}
	return nil
}

// With returns the book with a model in place of that of its channel. It is for
// measuring a model that does not ship.
func (b *Book) With(m *textmodel.Whole) *Book {
	out := &Book{models: maps.Clone(b.models), bounds: b.bounds}
	out.use(m)
	return out
}

func (b *Book) use(m *textmodel.Whole) {
	c := &channelModel{m: m}
	c.idle.New = func() any { return m.Scorer() }
	b.models[m.Channel] = c
}

// place is where a sentence stands.
type place struct {
	reading *text.Reading
	span    text.Span
}

// Sample returns a text as the models read it, and its language.
func Sample(in Input) (t textmodel.Text, lang string) {
	t, lang, _ = sample(in)
	return t, lang
}

func sample(in Input) (t textmodel.Text, lang string, at []place) {
	words := 0
	size := map[string]int{}
	var marks shape
	var cutter redflag.Cutter
	var all []string // the words of all sentences, one after the other
	for _, r := range in.Readings {
		if k := r.Part.Kind; k == contact.Hidden || k == contact.Quoted || k == contact.Told && in.Channel != contact.Call && in.Channel != contact.Voicemail {
			continue
		}
		size[r.Lang] += len(r.Folded)
		for _, s := range r.Sentences {
			if words >= maxWords {
				break
			}
			from := len(all)
			all = cutter.Words(r.Folded[s.Start:s.End], all)
			line := all[from:len(all):len(all)]
			words += len(line)
			marks.see(line)
			t.Sentences = append(t.Sentences, line)
			at = append(at, place{r, s})
		}
	}
	t.Marks = marks.marks(words)
	slices.Sort(t.Marks)
	for l, n := range size {
		if n > size[lang] || n == size[lang] && l < lang {
			lang = l
		}
	}
	return t, lang, at
}

// shape counts things in a text.
type shape struct{ links, phones, money, mails, questions, codes int }

func (s *shape) see(line []string) {
	for _, w := range line {
		switch w {
		case "<link>":
			s.links++
		case "<phone>":
			s.phones++
		case "<money>":
			s.money++
		case "<mail>":
			s.mails++
		case "<code>":
			s.codes++
		case "?":
			s.questions++
		}
	}
}

func (s *shape) marks(words int) []string {
	var out []string
	mark := func(has bool, name string) {
		if has {
			out = append(out, "s:"+name)
		}
	}
	mark(s.links == 1, "link")
	mark(s.links > 1, "links")
	mark(s.phones > 0, "phone")
	mark(s.money > 0, "money")
	mark(s.mails > 0, "mail")
	mark(s.codes > 0, "code")
	mark(s.questions > 0, "question")
	mark(true, "length:"+strconv.Itoa(int(math.Log2(float64(words+1)))))
	return out
}

// Findings returns one finding, how the text reads, with its most telling passage;
// none for a text that no model reads.
func (b *Book) Findings(in Input) []evidence.Finding {
	c := b.models[Kind(in.Channel)]
	if c == nil {
		return nil
	}
	t, lang, at := sample(in)
	words := 0
	for _, s := range t.Sentences {
		words += len(s)
	}
	if words < b.bounds.Fewest || !known(c.m, lang) {
		return nil
	}
	sc := c.idle.Get().(*textmodel.WholeScorer)
	score, telling := sc.Score(t)
	c.idle.Put(sc)
	bound := b.bounds.Bounds[c.m.Channel]
	bits := math.Max(-bound.Against*b.bounds.heard(words, in.Flagged), math.Min(bound.For, float64(c.m.Bits(lang, score))))
	f := evidence.Finding{Code: LikeFraud, Strength: math.Abs(bits) / most, Source: "textmodel/" + c.m.Channel}
	switch {
	case math.Abs(bits) < b.bounds.Least:
		f.Code, f.Strength = Undecided, 0
	case bits < 0:
		f.Code = LikeHonest
	case telling >= 0:
		f.Where = at[telling].reading.Where(at[telling].span)
		f.Args = map[string]string{"words": f.Where.Quote}
	}
	return []evidence.Finding{f}
}

// Sure reports whether a text reads so like fraud, by its findings, that it may be one
// that hides behind a warning.
func (b *Book) Sure(fs []evidence.Finding) bool {
	return slices.ContainsFunc(fs, func(f evidence.Finding) bool { return f.Code == LikeFraud && f.Strength*most >= b.bounds.Sure })
}

// heard is the share of its bound with which a text of so many words speaks against
// fraud.
func (b *bounds) heard(words int, flagged bool) float64 {
	share := float64(words) / b.Enough
	if flagged {
		fewest := float64(b.Fewest)
		share = (float64(words) - fewest) / (b.Flagged - fewest)
	}
	return math.Min(1, share)
}

// known reports whether a language was learned; a text of which none is known is
// short and in Latin letters mostly, and is read as English.
func known(m *textmodel.Whole, lang string) bool {
	return lang == "" || m.Knows(lang)
}
