package redflag

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/evidence"
)

// learnedStrength is how much a flag weighs that only the model saw.
const learnedStrength = 0.6

// candidate is a sentence in which compositions hold, or which is about flags.
type candidate struct {
	sentence int
	held     []heldRule
	about    []int // flags by their number in the model
	stance   float32
	turned   bool // stands behind a warning and a turn: judged by itself
}

// weigh lays the model beside the compositions that hold in the sentence: one
// that is about a flag, or in which a composition holds, becomes a candidate.
func (d *document) weigh(whole text.Span, turned bool) {
	m := d.model
	if m == nil {
		d.keep(d.fresh)
		return
	}
	d.spans = append(d.spans, whole)
	if slices.ContainsFunc(d.lex.quiet, d.scan.in) {
		d.hush(len(d.spans) - 1)
	}
	key := d.shape(d.scan.tokens)
	w, scored := d.alike[string(key)], false
	if !w.read {
		w.about, w.read, scored = d.scan.score().About(m.Bounds.Topic, nil), true, true
	}
	if len(w.about) > 0 || len(d.fresh) > 0 {
		if !w.weighed {
			if !scored {
				d.scan.score()
			}
			w.stance, w.weighed = d.scan.scorer.Stance(), true
		}
		d.candidates = append(d.candidates, candidate{len(d.spans) - 1, slices.Clone(d.fresh), w.about, w.stance, turned})
	}
	d.remember(key, w)
}

// shortest is how many bytes a sentence may have that only leads to the next, such as
// "Not you?".
const shortest = 24

// hush notes that a sentence silences the model, and a short one before it with it.
func (d *document) hush(i int) {
	if i > 0 && d.spans[i-1].End-d.spans[i-1].Start <= shortest {
		d.hushed = append(d.hushed, i-1)
	}
	d.hushed = append(d.hushed, i)
}

// least is the stance that a sentence must have for a composition to count
// there: what the model does not know, or what says surely, it does not hold back.
func (l *lexicon) least(r *rule) float32 {
	switch {
	case r.surely, !slices.Contains(l.model.Flags, string(r.code)):
		return float32(math.Inf(-1))
	case strings.HasPrefix(string(r.code), "theme_"):
		return l.model.Bounds.KeepTheme
	}
	return l.model.Bounds.Keep
}

// keep notes that compositions hold, each at its first place.
func (d *document) keep(held []heldRule) {
	for _, h := range held {
		if d.scan.held[h.rule].End == 0 {
			d.scan.held[h.rule] = h.at
			d.scan.heldList = append(d.scan.heldList, h.rule)
			d.raise(h.rule)
		}
	}
}

// raise notes which composition a flag is raised by: the strongest that counts
// here, of those that are equally strong the first.
func (d *document) raise(i int32) {
	r := &d.lex.rules[i]
	if d.model == nil || !d.counts(r) {
		return
	}
	if d.raised == nil {
		d.raised = map[evidence.Code]int32{}
	}
	if d.prevails(i) {
		d.raised[r.code] = i
	}
}

// prevails reports whether a composition would raise its flag rather than what
// raises it now.
func (d *document) prevails(i int32) bool {
	r := &d.lex.rules[i]
	j, have := d.raised[r.code]
	if !have {
		return true
	}
	o := &d.lex.rules[j]
	return r.beats(o.strength) || i < j && !o.beats(r.strength)
}

// judge decides about the candidates, now that what stands around them is
// known. A composition whose sentence tells of a fraud, warns of it or does
// rightly what frauds imitate does not count; and a sentence that is plainly
// about a flag and plainly does it raises the flag though no composition holds.
func (d *document) judge(found map[evidence.Code]evidence.Finding) {
	for _, c := range d.candidates {
		if d.settled(c, found) {
			continue
		}
		stance := d.blend(c)
		d.keep(slices.DeleteFunc(c.held, func(h heldRule) bool {
			out := stance < d.lex.leasts[h.rule]
			if out && c.stance >= d.model.Bounds.Stance {
				d.doubt(h)
			}
			return out
		}))
		if c.turned || stance < d.model.Bounds.Stance || d.quietAt(c.sentence) {
			continue // beside a warning, what was only learned says too little
		}
		for _, f := range c.about {
			if d.learned[f].End == 0 {
				d.learned[f] = d.spans[c.sentence]
			}
		}
	}
}

// doubt notes a composition that only the neighbours of its sentence hold back.
func (d *document) doubt(h heldRule) {
	r := &d.lex.rules[h.rule]
	if _, have := d.doubtful[r.code]; have || !d.counts(r) {
		return
	}
	if d.doubtful == nil {
		d.doubtful = map[evidence.Code]text.Span{}
	}
	d.doubtful[r.code] = h.at
}

// doubts adds the flags that were held back by neighbours only.
func (d *document) doubts(to map[evidence.Code]evidence.Finding) {
	for code, at := range d.doubtful {
		if _, have := to[code]; have {
			continue
		}
		to[code] = d.finding(code, at, learnedStrength, "redflags/")
	}
}

// quietAt reports whether a sentence or one beside it silences the model.
func (d *document) quietAt(i int) bool {
	at, _ := slices.BinarySearch(d.hushed, i-1)
	return at < len(d.hushed) && d.hushed[at] <= i+1
}

// settled reports whether a candidate can add nothing: all that it holds or is
// about was found before it, in this part or another, or would not count here.
func (d *document) settled(c candidate, found map[evidence.Code]evidence.Finding) bool {
	return !slices.ContainsFunc(c.held, func(h heldRule) bool { return d.open(h.rule, found) }) &&
		!slices.ContainsFunc(c.about, func(f int) bool {
			if d.learned[f].End != 0 {
				return false
			}
			code := evidence.Code(d.model.Flags[f])
			_, have := found[code]
			_, raised := d.raised[code]
			return !have && (d.learnedOnly || !raised)
		})
}

// open reports whether it would change what is found that a composition holds.
func (d *document) open(i int32, found map[evidence.Code]evidence.Finding) bool {
	r := &d.lex.rules[i]
	if d.scan.held[i].End != 0 || !d.counts(r) || !d.prevails(i) {
		return false
	}
	old, have := found[r.code]
	return !have || r.beats(old.Strength)
}

// aroundTokens is how much of the sentences before and after is read with one.
const aroundTokens = 40

// blend is the mean of the stance of a sentence by itself and among its
// neighbours: "A caller may ask for your code. Hang up."
func (d *document) blend(c candidate) float32 {
	if c.turned {
		return c.stance
	}
	i := c.sentence
	toks := d.tokensOf(i-1, d.scan.cut[:0])
	if n := len(toks) - aroundTokens; n > 0 {
		toks = append(toks[:0], toks[n:]...)
	}
	before := len(toks)
	toks = d.tokensOf(i, toks)
	here := len(toks)
	toks = d.tokensOf(i+1, toks)
	toks = toks[:min(len(toks), here+aroundTokens, maxTokens)]
	d.scan.cut = toks
	if before == 0 && len(toks) <= here {
		return c.stance
	}
	key := d.shape(toks)
	w := d.alike[string(key)]
	if !w.weighed {
		d.scan.sentence(toks)
		w.stance, w.weighed = d.scan.score().Stance(), true
		d.remember(key, w)
	}
	return (w.stance + c.stance) / 2
}

// weight is what the model says of a sentence: the flags that it is about, once
// it was read, and its stance, once it was weighed.
type weight struct {
	about         []int
	stance        float32
	read, weighed bool
}

// repeats is the number of sentences from which a part is long enough to repeat
// itself: lists of orders, forms, what stands below every mail.
const repeats = 12

// shape is what the model and the patterns see of a sentence: sentences of one
// shape differ in numbers and addresses alone, and weigh the same. It is nil
// where little would repeat, and good until the next call.
func (d *document) shape(toks []token) []byte {
	if len(d.spans) < repeats {
		return nil
	}
	key := d.scan.key[:0]
	for i := range toks {
		t := &toks[i]
		key = append(append(key, t.name()...), 0)
		if t.class != word && t.class != cjk && d.lex.writes(t) {
			key = append(append(key, t.text...), 0)
		}
	}
	d.scan.key = key
	return key
}

// remember notes what a sentence of a shape weighs, for this part only.
func (d *document) remember(key []byte, w weight) {
	if key == nil {
		return
	}
	if d.alike == nil {
		d.alike = map[string]weight{}
	}
	d.alike[string(key)] = w
}

// tokensOf appends the tokens of a sentence to out, where there is one.
func (d *document) tokensOf(i int, out []token) []token {
	if i < 0 || i >= len(d.spans) || d.spans[i].End == 0 {
		return out
	}
	s := d.spans[i]
	return tokenise(d.r.Folded[s.Start:s.End], s.Start, out)
}

// learnedFindings adds the flags that only the model saw.
func (d *document) learnedFindings(found map[evidence.Code]evidence.Finding) {
	for f, at := range d.learned {
		code := evidence.Code(d.model.Flags[f])
		if _, have := found[code]; have || at.End == 0 {
			continue
		}
		found[code] = d.finding(code, at, learnedStrength, "textmodel/")
	}
}

// score hands the sentence to the model.
func (s *scanner) score() *textmodel.Scorer {
	s.names = append(s.names[:0], opens)
	for i := range s.tokens {
		s.names = append(s.names, s.tokens[i].name())
	}
	s.names = append(s.names, closes)
	if s.scorer == nil {
		s.scorer = s.lex.model.Scorer()
	}
	s.scorer.Begin()
	s.scorer.Words(s.names)
	for _, c := range s.noted {
		s.scorer.Concept(s.lex.learnt[c])
	}
	return s.scorer
}

// opens and closes mark the ends of a sentence: how it begins and ends tells
// much of what it does.
const opens, closes = "<s>", "</s>"

// name is what the model calls a token: its letters, or its class.
func (t *token) name() string {
	switch t.class {
	case num:
		return "<num>"
	case money:
		return "<money>"
	case phone:
		return "<phone>"
	case link:
		return "<link>"
	case mail:
		return "<mail>"
	}
	return t.text
}

// ModelFile is where the model of a language lies among the data.
func ModelFile(lang string) string { return "models/redflags." + lang + ".bin" }

// learn loads the model of the lexicon's language, where there is one.
func (l *lexicon) learn(fsys fs.FS) error {
	f, err := fsys.Open(ModelFile(l.lang))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := textmodel.Read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", ModelFile(l.lang), err)
	}
	if m.Lang != l.lang {
		return fmt.Errorf("%s: is of language %q", ModelFile(l.lang), m.Lang)
	}
	l.use(m)
	return nil
}

// use gives the lexicon its model.
func (l *lexicon) use(m *textmodel.Model) {
	l.model = m
	l.learnt = make([]int32, len(l.names))
	for i, n := range l.names {
		l.learnt[i] = m.Find(textmodel.ConceptKey(n))
	}
	l.leasts = make([]float32, len(l.rules))
	for i := range l.rules {
		l.leasts[i] = l.least(&l.rules[i])
	}
}

// Sample is what a line looks like to the model, for training.
type Sample struct {
	Words    []string
	Concepts []string
	// Raised are the flags whose compositions hold, whatever the model says.
	Raised []evidence.Code
}

// Sample reads one line, of one or more sentences, in a language of the
// catalogue. It returns an empty sample for other languages.
func (c *Catalogue) Sample(r *text.Reading, lang string) Sample {
	lex := c.languages[lang]
	if lex == nil {
		return Sample{}
	}
	sc := lex.scanner()
	defer sc.release()
	d := lex.newDocument(r, sc, nil)
	d.uncut = true // the model learns of sentences as they stand
	var out Sample
	for _, s := range r.Sentences {
		d.add(s)
		out.Words = append(out.Words, opens)
		for i := range sc.cut {
			out.Words = append(out.Words, sc.cut[i].name())
		}
		out.Words = append(out.Words, closes)
	}
	for i, has := range sc.has {
		if has && !slices.Contains(lex.warns, i) && !slices.Contains(lex.turns, i) {
			out.Concepts = append(out.Concepts, lex.names[i])
		}
	}
	for i, h := range sc.held {
		if h.End > 0 {
			out.Raised = append(out.Raised, lex.rules[i].code)
		}
	}
	return out
}
