package redflag

import (
	"slices"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/evidence"
)

// maxOccurrences bounds how often one concept is noted in a sentence; more of
// the same says nothing new.
const maxOccurrences = 12

// maxTokens bounds a sentence; longer ones are read in pieces.
const maxTokens = 160

// span is a half-open range of tokens.
type span struct{ start, end int16 }

// document is one part while it is read with one lexicon. Compositions are
// tried sentence by sentence; what is kept is where each first held.
type document struct {
	lex  *lexicon
	r    *text.Reading
	ch   contact.Channel
	scan *scanner  // holds what was found so far
	last text.Span // the sentence before; empty: none, or in another language
	// warned: the sentence before warns, see turnFile.
	warned bool
	uncut  bool // what stands behind a turn is not read by itself
	// learned is where the model first saw a flag, by its number there.
	model   *textmodel.Model // nil: compositions only
	learned []text.Span
	// learnedOnly: compositions raise nothing.
	learnedOnly bool
	fresh       []heldRule
	// spans are the sentences; empty ones are in another language.
	spans      []text.Span
	hushed     []int // sentences with a concept that silences the model, in order
	candidates []candidate
	alike      map[string]weight // by the shape of a sentence
	raised     map[evidence.Code]int32
	// doubtful is where a composition held in a sentence that plainly does it, of
	// which the sentences beside it tell or warn.
	doubtful map[evidence.Code]text.Span
}

// heldRule is a composition that holds in the sentence being read.
type heldRule struct {
	rule int32
	at   text.Span
}

func (l *lexicon) newDocument(r *text.Reading, sc *scanner, m *textmodel.Model) *document {
	d := &document{lex: l, r: r, scan: sc, model: m}
	if m != nil {
		d.learned = make([]text.Span, len(m.Flags))
	}
	return d
}

// skip notes that a sentence in another language stands here, so that what
// comes before and after it is not taken for neighbours.
func (d *document) skip() {
	d.last, d.warned = text.Span{}, false
	d.spans = append(d.spans, text.Span{})
}

// add reads one sentence, a long one in pieces.
func (d *document) add(s text.Span) {
	d.scan.cut = tokenise(d.r.Folded[s.Start:s.End], s.Start, d.scan.cut[:0])
	toks := d.scan.cut
	for len(toks) > maxTokens {
		d.read(toks[:maxTokens])
		toks = toks[maxTokens-20:]
	}
	d.read(toks)
}

// read reads a sentence and, where it warns and then turns round, what stands
// behind the turn by itself.
func (d *document) read(toks []token) {
	if len(toks) == 0 {
		d.skip()
		return
	}
	before := d.warned
	for range maxTurns {
		d.scan.sentence(toks)
		at, warns := d.turn()
		d.piece(toks, before && at > 0)
		if d.warned = warns; at < 0 || d.uncut || !warns && !before {
			return
		}
		if toks = toks[at:]; len(toks) == 0 {
			return
		}
		before = true
	}
}

// maxTurns bounds how often one sentence is read anew.
const maxTurns = 3

// turn returns where in the sentence the first turn behind a warning ends, or
// the first turn at all where it does not warn, -1 if there is none; and whether
// it warns.
func (d *document) turn() (at int, warns bool) {
	s, from := d.scan, 0
	for _, c := range d.lex.warns {
		if s.in(c) {
			for _, o := range s.occurs(int32(c)) {
				if !warns || int(o.start) < from {
					warns, from = true, int(o.start)
				}
			}
		}
	}
	at = -1
	for _, c := range d.lex.turns {
		if s.in(c) {
			for _, o := range s.occurs(int32(c)) {
				if end := int(o.end); end > from && (at < 0 || end < at) {
					at = end
				}
			}
		}
	}
	return at, warns
}

// piece finds the concepts of a sentence or of its end, and the compositions
// that hold in it or in it and the one before. A turned one is judged by itself.
func (d *document) piece(toks []token, turned bool) {
	whole := text.Span{Start: toks[0].start, End: toks[len(toks)-1].end}
	d.fresh = d.fresh[:0]
	for _, c := range d.scan.noted {
		if !d.scan.has[c] {
			d.scan.has[c] = true
			d.scan.hasList = append(d.scan.hasList, c)
		}
		for _, i := range d.lex.byNeed[c] {
			if d.scan.held[i].End != 0 {
				continue
			}
			if at := d.try(int(i), whole); at.End != 0 {
				d.fresh = append(d.fresh, heldRule{i, at})
			}
		}
	}
	d.weigh(whole, turned)
	d.last = whole
}

// try returns where a composition holds; empty: nowhere.
func (d *document) try(i int, whole text.Span) text.Span {
	r := &d.lex.rules[i]
	if r.across && d.last.End > 0 && d.scan.across(r) {
		return text.Span{Start: d.last.Start, End: whole.End}
	}
	if s, ok := d.scan.hold(r); ok {
		return text.Span{Start: d.scan.tokens[s.start].start, End: d.scan.tokens[s.end-1].end}
	}
	return text.Span{}
}

// findings adds to found, for every flag not yet found, the first place where
// one of its compositions holds.
func (d *document) findings(found map[evidence.Code]evidence.Finding) {
	slices.Sort(d.scan.heldList)
	for _, i := range d.scan.heldList {
		held := d.scan.held[i]
		r := &d.lex.rules[i]
		old, have := found[r.code]
		if have && !r.beats(old.Strength) || !d.counts(r) {
			continue
		}
		found[r.code] = d.finding(r.code, held, r.strength, "redflags/")
	}
}

// finding is a flag at a place of the part; by tells what saw it, before the language.
func (d *document) finding(code evidence.Code, at text.Span, strength float64, by string) evidence.Finding {
	where := d.r.Where(at)
	return evidence.Finding{
		Code: code, Where: where, Strength: strength,
		Args:   map[string]string{"words": where.Quote},
		Source: by + d.lex.lang,
	}
}

// beats reports whether a composition is stronger than a finding or another
// composition; a strength of 0 is full.
func (r *rule) beats(strength float64) bool {
	return strength != 0 && (r.strength == 0 || r.strength > strength)
}

// counts reports whether a composition that holds raises its flag in this part:
// some do so on certain channels only, or where somebody tells of a contact.
func (d *document) counts(r *rule) bool {
	return (r.channels == nil || r.channels[d.ch]) &&
		(r.in != "told" || d.r.Part.Kind == contact.Told) &&
		(r.in != "said" || d.r.Part.Kind != contact.Told) && !d.any(r.docNot)
}

func (d *document) any(concepts []int) bool {
	for _, c := range concepts {
		if d.scan.has[c] {
			return true
		}
	}
	return false
}

// in reports whether a concept occurs in the sentence.
func (s *scanner) in(c int) bool { return s.seen[c].round == s.round }

// inLast reports whether it occurs in the sentence before.
func (s *scanner) inLast(c int) bool {
	at := &s.seen[c]
	return at.round == s.round-1 || at.round == s.round && at.before == s.round-1
}

// across reports whether all needed concepts stand in the sentence before and
// this one together, and none of the excluded ones in either.
func (s *scanner) across(r *rule) bool {
	for i, c := range r.need {
		here, there := s.in(c), s.inLast(c)
		if !here && !there || r.ordered && (i == 0 && !there || i == len(r.need)-1 && !here) {
			return false
		}
	}
	for _, c := range r.not {
		if s.in(c) || s.inLast(c) {
			return false
		}
	}
	return true
}

// hold reports where in the sentence the composition holds: the narrowest range
// around one occurrence of the first concept.
func (s *scanner) hold(r *rule) (span, bool) {
	for _, c := range r.need {
		if !s.in(c) {
			return span{}, false
		}
	}
	for _, c := range r.not {
		if s.in(c) {
			return span{}, false
		}
	}
	best, ok := span{}, false
	for _, first := range s.occurs(int32(r.need[0])) {
		at, fits := s.around(r, first)
		if !fits || r.near > 0 && s.width(at) > r.near*3 {
			continue
		}
		if n := at.end - at.start - (best.end - best.start); !ok || n < 0 || n == 0 && at.start < best.start {
			best, ok = at, true
		}
	}
	return best, ok
}

// width is the length of a range in thirds of a word.
func (s *scanner) width(at span) int {
	n := 0
	for _, t := range s.tokens[at.start:at.end] {
		n += thirdsOf(t)
	}
	return n
}

// around widens the range of one occurrence by the nearest of each further
// concept; in order where the composition says so. No two concepts may rest on
// the same word: "update" is not both what is installed and the installing.
func (s *scanner) around(r *rule, at span) (span, bool) {
	s.taken = append(s.taken[:0], at)
	last := at
	for _, c := range r.need[1:] {
		var near span
		dist := -1
		for _, o := range s.occurs(int32(c)) {
			if r.ordered && o.start < last.end || overlaps(s.taken, o) {
				continue
			}
			if d := distance(at, o); dist < 0 || d < dist {
				near, dist = o, d
			}
		}
		if dist < 0 {
			return at, false
		}
		last = near
		s.taken = append(s.taken, near)
		at = span{min(at.start, near.start), max(at.end, near.end)}
	}
	return at, true
}

func overlaps(taken []span, o span) bool {
	for _, t := range taken {
		if o.start < t.end && t.start < o.end {
			return true
		}
	}
	return false
}

func distance(a, b span) int {
	switch {
	case b.start >= a.end:
		return int(b.start - a.end)
	case a.start >= b.end:
		return int(a.start - b.end)
	}
	return 0
}
