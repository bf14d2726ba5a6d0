package redflag

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"bonafide/contact/text"
	"bonafide/contact/textmodel"
)

// tokensOf returns the set of tokens that fill a slot of the sentence.
func (s *scanner) tokensOf(slot int32) []uint64 {
	at := int(slot) * s.wide
	return s.slotAt[at : at+s.wide]
}

// scanner finds the concepts of sentences. It is reused, so that a sentence
// costs no memory but for what is found in it; one goroutine at a time.
type scanner struct {
	lex   *lexicon
	words vocabulary
	round int32 // number of the sentence

	there   []uint64    // slots that the sentence fills, a bit each
	slotAt  []uint64    // by slot: tokens that fill it, a bit each, wide numbers long
	wide    int         // how many numbers hold a bit for every token
	uses    []wordUses  // by token
	seen    []sighting  // by concept
	noted   []int32     // concepts of the sentence
	filled  []int32     // slots that a word of the sentence fills
	waiting [][]waiting // sequences to try, by level
	tokens  []token     // the sentence
	cut     []token     // room for tokens
	taken   []span      // room for around
	scorer  *textmodel.Scorer
	names   []string // room for score
	found   []int32  // room for usesOf
	key     []byte   // room for shape

	// What a part holds so far; see document.
	has      []bool      // concepts anywhere in it
	hasList  []int32     // which those are
	held     []text.Span // per rule, where it first held; empty: nowhere
	heldList []int32     // rules that held
}

func (l *lexicon) scanner() *scanner {
	if s, ok := l.scanners.Get().(*scanner); ok {
		return s
	}
	return &scanner{
		lex: l, words: newVocabulary(),
		there: make([]uint64, (l.slots+63)/64), wide: 1,
		has: make([]bool, len(l.names)), held: make([]text.Span, len(l.rules)),
		seen:    make([]sighting, len(l.names)),
		waiting: make([][]waiting, l.levels),
		round:   1, // 0 is never
	}
}

// release gives the scanner back for reuse and forgets the text it read.
func (s *scanner) release() {
	if clear(s.cut[:cap(s.cut)]); cap(s.cut) > 8*maxTokens {
		s.cut = nil // one text with an endless sentence should not cost memory for ever
	}
	clear(s.names[:cap(s.names)])
	clear(s.key[:cap(s.key)])
	s.tokens = nil
	if s.scorer != nil {
		s.scorer.Begin()
	}
	for _, c := range s.hasList {
		s.has[c] = false
	}
	for _, i := range s.heldList {
		s.held[i] = text.Span{}
	}
	s.hasList, s.heldList = s.hasList[:0], s.heldList[:0]
	s.lex.scanners.Put(s)
}

// sentence finds all concepts of a sentence, lowest level first. They stay
// known until the next but one.
func (s *scanner) sentence(toks []token) {
	s.begin(toks)
	for i := range toks {
		u := s.usesOf(&toks[i])
		s.uses = append(s.uses, u)
		at, bit := i>>6, uint64(1)<<(i&63)
		for _, slot := range s.words.slots[u.slots:u.slotsEnd] {
			s.slotAt[int(slot)*s.wide+at] |= bit
			if w, b := slot>>6, uint64(1)<<(slot&63); s.there[w]&b == 0 {
				s.there[w] |= b
				s.filled = append(s.filled, slot)
			}
		}
	}
	for i, u := range s.uses {
		list := s.words.filed[u.filed:u.filedEnd]
		for j := range list {
			f := &list[j]
			if (f.second == noNeed || s.fills(int32(f.second))) && s.firstAt(f.own) == i {
				s.waiting[f.level] = append(s.waiting[f.level], f.waiting)
			}
		}
	}
	for lv := range s.waiting {
		for i := 0; i < len(s.waiting[lv]); i++ {
			w := s.waiting[lv][i]
			if w.slot >= 0 {
				s.noteAll(int(w.id), w.slot)
			} else if p := &s.lex.programs[w.id]; p.sure || s.possible(p) {
				s.try(p)
			}
		}
	}
}

// firstAt returns the first token that fills a slot of the sentence.
func (s *scanner) firstAt(slot int32) int {
	for w, set := range s.tokensOf(slot) {
		if set != 0 {
			return w<<6 + bits.TrailingZeros64(set)
		}
	}
	return -1
}

// fills reports whether a word of the sentence fills a slot.
func (s *scanner) fills(slot int32) bool { return s.there[slot>>6]&(1<<(slot&63)) != 0 }

func (s *scanner) begin(toks []token) {
	if s.round == math.MaxInt32 {
		clear(s.seen)
		s.round = 1 // what stood in the sentence before is forgotten
	}
	s.round++
	for _, slot := range s.filled {
		s.there[slot>>6] = 0
		for i := range s.tokensOf(slot) {
			s.slotAt[int(slot)*s.wide+i] = 0
		}
	}
	s.noted, s.filled, s.uses = s.noted[:0], s.filled[:0], s.uses[:0]
	s.tokens = toks
	s.wide = max(len(toks)+63, 64) / 64
	if n := len(s.there) * 64 * s.wide; len(s.slotAt) < n {
		s.slotAt = make([]uint64, n)
	}
	s.words.begin()
	for i := range s.waiting {
		s.waiting[i] = s.waiting[i][:0]
	}
}

// possible reports whether all words and concepts of a sequence occur in the
// sentence.
func (s *scanner) possible(p *program) bool {
	for _, n := range s.lex.needs[p.need:p.upto] {
		if n >= 0 && !s.fills(int32(n)) || n < 0 && s.seen[^n].round != s.round {
			return false
		}
	}
	return true
}

// try notes every place where a sequence holds.
func (s *scanner) try(p *program) {
	first := s.lex.steps[p.step]
	if first.kind == ref {
		for i, at := 0, &s.seen[first.id]; i < int(at.n); i++ {
			s.tryAt(p, int(at.spans[i].start))
		}
		return
	}
	for w, set := range s.tokensOf(first.id) {
		for ; set != 0; set &= set - 1 {
			s.tryAt(p, w<<6+bits.TrailingZeros64(set))
		}
	}
}

// noteAll notes a concept at every word that fills a slot.
func (s *scanner) noteAll(concept int, slot int32) {
	for w, set := range s.tokensOf(slot) {
		for ; set != 0; set &= set - 1 {
			at := w<<6 + bits.TrailingZeros64(set)
			s.note(concept, span{int16(at), int16(at + 1)})
		}
	}
}

func (s *scanner) tryAt(p *program, pos int) {
	if end := s.match(s.lex.steps[p.step:p.end], pos); end >= 0 {
		s.note(int(p.concept), span{int16(pos), int16(end)})
	}
}

// sighting is where a concept stands in the sentence, all in one place of
// memory: round is that of the sentence in which it was last found, before that
// of the time before.
type sighting struct {
	round, before int32
	n             int32
	spans         [maxOccurrences]span
}

// occurs returns where a concept stands in the sentence in which it was last
// found.
func (s *scanner) occurs(concept int32) []span {
	at := &s.seen[concept]
	return at.spans[:at.n]
}

// note records an occurrence, but for one that is known already or of a
// concept that occurs often enough.
func (s *scanner) note(concept int, at span) {
	have := &s.seen[concept]
	if have.round != s.round {
		have.before, have.round, have.n = have.round, s.round, 0
		s.noted = append(s.noted, int32(concept))
		for _, p := range s.lex.byRef[concept] {
			lv := s.lex.programs[p].level
			s.waiting[lv] = append(s.waiting[lv], waiting{p, -1})
		}
	}
	if have.n >= maxOccurrences || slices.Contains(have.spans[:have.n], at) {
		return
	}
	have.spans[have.n] = at
	have.n++
}

// match returns where the steps end that start at token pos, or -1.
func (s *scanner) match(steps []step, pos int) int {
	if len(steps) == 0 {
		return pos
	}
	st, rest := steps[0], steps[1:]
	switch st.kind {
	case slot:
		if pos < len(s.tokens) && s.fills(st.id) && s.tokensOf(st.id)[pos>>6]&(1<<(pos&63)) != 0 {
			return s.match(rest, pos+1)
		}
	case anyToken:
		if pos < len(s.tokens) {
			return s.match(rest, pos+1)
		}
	case ref:
		for _, o := range s.occurs(st.id) {
			if int(o.start) != pos {
				continue
			}
			if end := s.match(rest, int(o.end)); end >= 0 {
				return end
			}
		}
	case gap:
		thirds := int(st.gap) * 3
		for p := pos; p <= len(s.tokens) && thirds >= 0; p++ {
			if end := s.match(rest, p); end >= 0 {
				return end
			}
			if p < len(s.tokens) {
				thirds -= thirdsOf(s.tokens[p])
			}
		}
	}
	return -1
}

// usesOf returns what a token fills and which sequences that calls for.
func (s *scanner) usesOf(t *token) wordUses {
	known := t.class == word || t.class == cjk
	if known {
		if u, ok := s.words.of(t.text); ok {
			return u
		}
	} else if !s.lex.writes(t) {
		if u := &s.words.classes[t.class]; u.known {
			return u.wordUses
		}
	}
	s.found = s.found[:0]
	for _, m := range s.lex.matchersOf(*t) {
		s.found = append(s.found, s.lex.opens[m]...)
	}
	slices.Sort(s.found)
	u := s.words.add(s.lex, slices.Compact(s.found))
	if known {
		s.words.remember(t.text, u)
	} else if !s.lex.writes(t) {
		s.words.classes[t.class] = classUses{u, true}
	}
	return u
}

// writes reports whether a pattern has a number, address or sign in these very
// letters, so that it is more to the patterns than one of its class.
func (l *lexicon) writes(t *token) bool {
	_, ok := l.keys[matcherKey{kind: exact, text: t.text}]
	return ok
}

// matchersOf returns the matchers that accept a token.
func (l *lexicon) matchersOf(t token) []int {
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
	for lens := l.prefixes[t.text[0]]; lens != 0; lens &= lens - 1 {
		if n := bits.TrailingZeros64(lens); n <= len(t.text) {
			look(matcherKey{kind: prefix, text: t.text[:n]})
		}
	}
	for lens := l.suffixes[t.text[len(t.text)-1]]; lens != 0; lens &= lens - 1 {
		if n := bits.TrailingZeros64(lens); n <= len(t.text) {
			look(matcherKey{kind: suffix, text: t.text[len(t.text)-n:]})
		}
	}
	for _, k := range l.infix {
		if len(k.text) <= len(t.text) && strings.Contains(t.text, k.text) {
			ids = append(ids, l.keys[k])
		}
	}
	return ids
}

// thirdsOf is the length of a token in thirds of a word.
func thirdsOf(t token) int {
	if t.class == cjk {
		return 1
	}
	return 3
}
