package redflag

import (
	"strings"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/evidence"
)

// maxOccurrences bounds how often one concept is noted in a sentence; more of
// the same says nothing new.
const maxOccurrences = 12

// maxTokens bounds a sentence; longer ones are read in pieces.
const maxTokens = 160

// span is a half-open range of tokens.
type span struct{ start, end int }

// sentence is what one sentence holds: its tokens and, per concept, where it
// occurs.
type sentence struct {
	tokens []token
	occurs map[int][]span
}

// document is one part while it is read with one lexicon.
type document struct {
	lex       *lexicon
	r         *text.Reading
	ch        contact.Channel
	sentences []*sentence
	has       map[int]bool // concepts anywhere in the part
	known     map[string][]int
}

func (l *lexicon) newDocument(r *text.Reading, ch contact.Channel) *document {
	return &document{lex: l, r: r, ch: ch, has: map[int]bool{}, known: map[string][]int{}}
}

// skip notes that a sentence in another language stands here, so that what
// comes before and after it is not taken for neighbours.
func (d *document) skip() { d.sentences = append(d.sentences, nil) }

// add reads one sentence.
func (d *document) add(s text.Span) {
	toks := tokenise(d.r.Folded[s.Start:s.End], s.Start, nil)
	for len(toks) > maxTokens {
		d.sentences = append(d.sentences, d.scan(toks[:maxTokens]))
		toks = toks[maxTokens-20:]
	}
	d.sentences = append(d.sentences, d.scan(toks))
}

// scan finds all concepts of a sentence, lowest level first.
func (d *document) scan(toks []token) *sentence {
	st := &sentence{tokens: toks, occurs: map[int][]span{}}
	ids := make([][]int, len(toks))
	type start struct{ seq, pos int }
	waiting := make([][]start, d.lex.levels)
	for i, t := range toks {
		ids[i] = d.matchersOf(t)
		for _, m := range ids[i] {
			for _, q := range d.lex.bySlot[m] {
				lv := d.lex.level[d.lex.seqs[q].concept]
				waiting[lv] = append(waiting[lv], start{q, i})
			}
		}
	}
	m := matching{st: st, ids: ids}
	for lv := 0; lv < len(waiting); lv++ {
		for _, w := range waiting[lv] {
			q := d.lex.seqs[w.seq]
			end := m.match(q.elems, w.pos)
			if end < 0 || !m.note(q.concept, span{w.pos, end}) {
				continue
			}
			d.has[q.concept] = true
			for _, up := range d.lex.byRef[q.concept] {
				ul := d.lex.level[d.lex.seqs[up].concept]
				waiting[ul] = append(waiting[ul], start{up, w.pos})
			}
		}
	}
	return st
}

// matchersOf returns the matchers that accept a token.
func (d *document) matchersOf(t token) []int {
	if ids, ok := d.known[t.text]; ok && t.class == word {
		return ids
	}
	l := d.lex
	var ids []int
	look := func(k matcherKey) {
		if id, ok := l.keys[k]; ok {
			ids = append(ids, id)
		}
	}
	if t.class != word && t.class != cjk {
		look(matcherKey{kind: byClass, class: t.class})
		if t.class == phone {
			look(matcherKey{kind: byClass, class: num})
		}
	}
	look(matcherKey{kind: exact, text: t.text})
	if t.class != word {
		return ids
	}
	for n := 1; n <= len(t.text) && n <= l.maxPrefix; n++ {
		look(matcherKey{kind: prefix, text: t.text[:n]})
	}
	for n := 1; n <= len(t.text) && n <= l.maxSuffix; n++ {
		look(matcherKey{kind: suffix, text: t.text[len(t.text)-n:]})
	}
	for _, k := range l.infix {
		if len(k.text) <= len(t.text) && strings.Contains(t.text, k.text) {
			ids = append(ids, l.keys[k])
		}
	}
	d.known[t.text] = ids
	return ids
}

// matching matches sequences against one sentence.
type matching struct {
	st  *sentence
	ids [][]int
}

// note records an occurrence; it reports false when it was known or the
// concept occurs often enough.
func (m *matching) note(concept int, s span) bool {
	have := m.st.occurs[concept]
	if len(have) >= maxOccurrences {
		return false
	}
	for _, h := range have {
		if h == s {
			return false
		}
	}
	m.st.occurs[concept] = append(have, s)
	return true
}

// match returns where the elements end that start at token pos, or -1.
func (m *matching) match(elems []element, pos int) int {
	if len(elems) == 0 {
		return pos
	}
	e, rest := elems[0], elems[1:]
	switch e.kind {
	case slot:
		if pos < len(m.ids) && intersect(m.ids[pos], e.matchers) {
			return m.match(rest, pos+1)
		}
	case anyToken:
		if pos < len(m.ids) {
			return m.match(rest, pos+1)
		}
	case ref:
		for _, s := range m.st.occurs[e.concept] {
			if s.start != pos {
				continue
			}
			if end := m.match(rest, s.end); end >= 0 {
				return end
			}
		}
	case gap:
		thirds := e.gap * 3
		for p := pos; p <= len(m.ids) && thirds >= 0; p++ {
			if end := m.match(rest, p); end >= 0 {
				return end
			}
			if p < len(m.ids) {
				thirds -= thirdsOf(m.st.tokens[p])
			}
		}
	}
	return -1
}

// thirdsOf is the length of a token in thirds of a word.
func thirdsOf(t token) int {
	if t.class == cjk {
		return 1
	}
	return 3
}

func intersect(a, b []int) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// findings adds to found, for every flag not yet found, the first place where
// one of its compositions holds.
func (d *document) findings(found map[evidence.Code]evidence.Finding) {
	for i := range d.lex.rules {
		r := &d.lex.rules[i]
		old, have := found[r.code]
		if have && (old.Strength == 0 || r.strength > 0 && r.strength <= old.Strength) {
			continue
		}
		if r.channels != nil && !r.channels[d.ch] ||
			r.in == "told" && d.r.Part.Kind != contact.Told ||
			r.in == "said" && d.r.Part.Kind == contact.Told || d.any(r.docNot) {
			continue
		}
		if where, ok := d.hold(r); ok {
			found[r.code] = evidence.Finding{
				Code: r.code, Where: where, Strength: r.strength,
				Args:   map[string]string{"words": where.Quote},
				Source: "redflags/" + d.lex.lang,
			}
		}
	}
}

func (d *document) any(concepts []int) bool {
	for _, c := range concepts {
		if d.has[c] {
			return true
		}
	}
	return false
}

// hold looks for the first sentence, or pair of sentences, in which a
// composition holds.
func (d *document) hold(r *rule) (evidence.Where, bool) {
	for _, c := range r.need {
		if !d.has[c] {
			return evidence.Where{}, false
		}
	}
	for i, st := range d.sentences {
		if st == nil {
			continue
		}
		if s, ok := st.hold(r); ok {
			return d.r.Where(text.Span{Start: st.tokens[s.start].start, End: st.tokens[s.end-1].end}), true
		}
		if !r.across || i+1 >= len(d.sentences) || d.sentences[i+1] == nil {
			continue
		}
		if next := d.sentences[i+1]; acrossHolds(r, st, next) {
			return d.r.Where(text.Span{Start: st.tokens[0].start, End: next.tokens[len(next.tokens)-1].end}), true
		}
	}
	return evidence.Where{}, false
}

// acrossHolds reports whether all needed concepts stand in the two sentences
// together and none of the excluded ones in either.
func acrossHolds(r *rule, a, b *sentence) bool {
	if len(a.tokens) == 0 || len(b.tokens) == 0 || a.anyOf(r.not) || b.anyOf(r.not) {
		return false
	}
	for i, c := range r.need {
		inA, inB := len(a.occurs[c]) > 0, len(b.occurs[c]) > 0
		if !inA && !inB || r.ordered && (i == 0 && !inA || i == len(r.need)-1 && !inB) {
			return false
		}
	}
	return true
}

func (st *sentence) anyOf(concepts []int) bool {
	for _, c := range concepts {
		if len(st.occurs[c]) > 0 {
			return true
		}
	}
	return false
}

// hold reports where in the sentence the composition holds: the narrowest range
// around one occurrence of the first concept.
func (st *sentence) hold(r *rule) (span, bool) {
	if len(st.tokens) == 0 || st.anyOf(r.not) {
		return span{}, false
	}
	best, ok := span{}, false
	for _, first := range st.occurs[r.need[0]] {
		s, fits := st.around(r, first)
		if !fits || r.near > 0 && st.width(s) > r.near*3 {
			continue
		}
		if !ok || s.end-s.start < best.end-best.start {
			best, ok = s, true
		}
	}
	return best, ok
}

// width is the length of a range in thirds of a word.
func (st *sentence) width(s span) int {
	n := 0
	for _, t := range st.tokens[s.start:s.end] {
		n += thirdsOf(t)
	}
	return n
}

// around widens the range of one occurrence by the nearest of each further
// concept; in order where the composition says so. No two concepts may rest on
// the same word: "update" is not both what is installed and the installing.
func (st *sentence) around(r *rule, s span) (span, bool) {
	taken := make([]span, 1, len(r.need))
	taken[0] = s
	last := s
	for _, c := range r.need[1:] {
		var near span
		dist := -1
		for _, o := range st.occurs[c] {
			if r.ordered && o.start < last.end || overlaps(taken, o) {
				continue
			}
			if d := distance(s, o); dist < 0 || d < dist {
				near, dist = o, d
			}
		}
		if dist < 0 {
			return s, false
		}
		last = near
		taken = append(taken, near)
		s = span{min(s.start, near.start), max(s.end, near.end)}
	}
	return s, true
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
		return b.start - a.end
	case a.start >= b.end:
		return a.start - b.end
	}
	return 0
}
